//! Numbers as each language writes them.

use super::{Lang, clean, try_say};

/// A number in the language's way, with at most `decimals` decimals and no trailing zeros: `1,234.5` in English,
/// `1.234,5` in Dutch. What is no number shows as `?`.
///
/// ```
/// use landmeter::words::{Lang, number};
/// assert_eq!(number(Lang::En, 1234.5, 1), "1,234.5");
/// assert_eq!(number(Lang::Nl, 1234.5, 1), "1.234,5");
/// assert_eq!(number(Lang::Nl, -0.004, 2), "0");
/// ```
#[must_use]
pub fn number(lang: Lang, value: f64, decimals: usize) -> String {
    spelled(lang, value, decimals, true)
}

/// As [`number`], with exactly two decimals (lengths in a column).
#[must_use]
pub fn cents(lang: Lang, value: f64) -> String {
    spelled(lang, value, 2, false)
}

fn spelled(lang: Lang, value: f64, decimals: usize, trim: bool) -> String {
    if !value.is_finite() {
        return "?".to_owned();
    }
    let (thousands, point) = match lang {
        Lang::En => (',', '.'),
        Lang::Nl => ('.', ','),
    };
    // Halves go up, as people round; the format itself would round them to even.
    let step = 10f64.powi(i32::try_from(decimals).unwrap_or(0));
    let halves_up = (value.abs() * step).round() / step;
    let plain = format!("{:.decimals$}", if halves_up.is_finite() { halves_up } else { value.abs() });
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let part = if trim { part.trim_end_matches('0') } else { part };
    let mut out = String::with_capacity(plain.len() + 4);
    if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('-');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(thousands);
        }
        out.push(digit);
    }
    if !part.is_empty() {
        out.push(point);
        out.push_str(part);
    }
    out
}

/// A number with its unit in the language's words, rounded to what a reader needs: whole from 100 up, else three
/// significant digits. The unit is empty for a count; `share` is written as a percentage.
///
/// ```
/// use landmeter::words::{Lang, quantity};
/// assert_eq!(quantity(Lang::En, 1234.4, "m"), "1,234 m");
/// assert_eq!(quantity(Lang::Nl, 0.0123, "m"), "0,0123 m");
/// assert_eq!(quantity(Lang::Nl, 1.0, "homes"), "1 woning");
/// ```
#[must_use]
pub fn quantity(lang: Lang, value: f64, unit: &str) -> String {
    let (value, unit) = if unit == "share" { (value * 100.0, "%") } else { (value, unit) };
    let decimals = match value.abs() {
        v if v >= 100.0 || v.fract() == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        v if v >= 0.1 => 3,
        _ => 4,
    };
    let mut out = number(lang, value, decimals);
    if !unit.is_empty() {
        let unit = try_say(lang, &format!("unit.{unit}"), &[("n", &out)]).unwrap_or_else(|| clean(unit));
        out.push(' ');
        out.push_str(&unit);
    }
    out
}

/// A whole number of any length, given in digits, with a mark between thousands.
#[must_use]
pub fn grouped(lang: Lang, digits: &str) -> String {
    let mark = if lang == Lang::Nl { '.' } else { ',' };
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}
