//! Mergers and renumbering: carries codes, figures and divisions from one date to another.
//!
//! A code holds between two dates. A territory has one date; a code that it lacks either *expired* before that
//! date (it became something) or is *later* (it was made from something). Both are found by following the
//! changes one date at a time, so chains (2018 to 2019 to 2025) need no special case. A municipality that grew
//! may keep its code (Antwerpen, which absorbed Borsbeek): then old and new code are the same text, and only the
//! other codes in a table tell which is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Territory;

/// Mergers and renumberings, sorted by date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// One row an old code.
    pub changes: Vec<Change>,
}

/// An old code and what it became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The code before.
    pub old_code: String,
    /// The name before.
    pub old_name: String,
    /// The code after (it may equal the old one: a municipality that grew).
    pub new_code: String,
    /// The name after.
    pub new_name: String,
    /// From when the new code holds, `YYYY-MM-DD`.
    pub date: String,
}

/// Where a code ended up after following the changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The codes at the other date, sorted.
    pub codes: Vec<String>,
    /// Date of the last change that was followed.
    pub date: String,
}

/// Where a code of any date lies in a territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located {
    /// It is one of the territory's codes: its position.
    Here(usize),
    /// It expired before the territory's date; `to` is what it became (positions, sorted).
    Expired {
        /// Positions in the territory.
        to: Vec<usize>,
        /// Date of the change.
        date: String,
    },
    /// It was made after the territory's date; `from` are its parts (positions, sorted).
    Later {
        /// Positions in the territory.
        from: Vec<usize>,
        /// Date of the change.
        date: String,
    },
    /// Nobody knows it.
    Unknown,
}

impl History {
    /// Sorts the changes by date and drops those that stand there twice.
    ///
    /// ```
    /// use landmeter::territory::history::{Change, History};
    /// let change = |old: &str, new: &str, date: &str| Change {
    ///     old_code: old.into(), old_name: String::new(), new_code: new.into(), new_name: String::new(), date: date.into(),
    /// };
    /// let history = History::new(vec![
    ///     change("C", "D", "2025-01-01"), change("B", "C", "2019-01-01"), change("A", "C", "2019-01-01"),
    /// ]);
    /// assert_eq!(history.forward("A", None, None).unwrap().codes, ["D"]);
    /// assert_eq!(history.forward("A", None, Some("2024-12-31")).unwrap().codes, ["C"]);
    /// assert_eq!(history.backward("D", Some("2018-01-01")).unwrap().codes, ["A", "B"]);
    /// ```
    #[must_use]
    pub fn new(mut changes: Vec<Change>) -> Self {
        changes.sort_by(|x, y| (&x.date, &x.new_code, &x.old_code).cmp(&(&y.date, &y.new_code, &y.old_code)));
        changes.dedup();
        Self { changes }
    }

    /// What a code became through the changes after `after` (none: from the beginning) up to and including `until`.
    ///
    /// `None` if no change touches it.
    #[must_use]
    pub fn forward(&self, code: &str, after: Option<&str>, until: Option<&str>) -> Option<Carried> {
        let within = |date: &str| after.is_none_or(|a| date > a) && until.is_none_or(|u| date <= u);
        let steps = self.changes.chunk_by(|x, y| x.date == y.date).filter(|step| within(&step[0].date));
        follow(code, steps, |change| (&change.old_code, &change.new_code))
    }

    /// What a code was made from, at the date `to` (none: at the beginning): the changes after that date, undone.
    ///
    /// `None` if no change touches it.
    #[must_use]
    pub fn backward(&self, code: &str, to: Option<&str>) -> Option<Carried> {
        let steps = self.changes.chunk_by(|x, y| x.date == y.date).rev();
        let steps = steps.filter(|step| to.is_none_or(|t| step[0].date.as_str() > t));
        follow(code, steps, |change| (&change.new_code, &change.old_code))
    }

    /// The code that carried this name before a change, where exactly one did.
    #[must_use]
    pub fn code_of_old_name(&self, matches: impl Fn(&str) -> bool) -> Option<&str> {
        let mut codes = self.changes.iter().filter(|c| matches(&c.old_name)).map(|c| c.old_code.as_str());
        let first = codes.next()?;
        codes.all(|c| c == first).then_some(first)
    }
}

fn follow<'h>(
    code: &str,
    steps: impl Iterator<Item = &'h [Change]>,
    direction: impl Fn(&'h Change) -> (&'h String, &'h String),
) -> Option<Carried> {
    let mut codes = BTreeSet::from([code.to_owned()]);
    let mut date = None;
    for step in steps {
        let mut next = BTreeSet::new();
        for code in codes {
            let became: Vec<&String> =
                step.iter().map(&direction).filter(|(from, _)| **from == code).map(|(_, to)| to).collect();
            if became.is_empty() {
                next.insert(code);
            } else {
                next.extend(became.into_iter().cloned());
                date = Some(step[0].date.clone());
            }
        }
        codes = next;
    }
    date.map(|date| Carried { codes: codes.into_iter().collect(), date })
}

/// A table brought to a territory's codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Carry<T> {
    /// One a municipality, in the territory's order.
    pub values: Vec<Option<T>>,
    /// What had to be left open, sorted by code.
    pub open: Vec<Open>,
    /// How many rows carried a code of another date.
    pub carried: usize,
}

/// A value that can't be carried to another date without guessing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Open {
    /// A merged municipality of which the table lacks a part.
    MissingPart {
        /// The municipality in the territory.
        code: String,
        /// The parts without a row.
        missing: Vec<String>,
    },
    /// A merged municipality whose parts lie in different zones.
    PartsDiffer {
        /// The municipality in the territory.
        code: String,
        /// Each part with its zone.
        parts: Vec<(String, String)>,
    },
    /// A figure of a later, merged municipality, which can't be divided over its parts.
    CannotDivide {
        /// The code in the table.
        code: String,
        /// Its parts in the territory.
        parts: Vec<String>,
    },
    /// A code that nobody knows.
    Unknown {
        /// The code in the table.
        code: String,
    },
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingPart { code, missing } => {
                write!(f, "{code} is left open: the table has no row for its part {}", missing.join(", "))
            }
            Self::PartsDiffer { code, parts } => {
                let parts: Vec<_> = parts.iter().map(|(part, zone)| format!("{part} in {zone}")).collect();
                write!(f, "{code} is left open: its parts differ ({})", parts.join(", "))
            }
            Self::CannotDivide { code, parts } => {
                write!(f, "the figure of {code} can't be divided over its parts {}", parts.join(", "))
            }
            Self::Unknown { code } => write!(f, "code {code} is unknown"),
        }
    }
}

/// The rows of a table by municipality: `(code as written, value, came from a later code)`.
struct Claims<'r, T> {
    by_municipality: BTreeMap<usize, Vec<(&'r str, T, bool)>>,
    open: Vec<Open>,
    carried: usize,
}

impl Territory {
    /// Where a code of any date lies in this territory.
    #[must_use]
    pub fn locate(&self, code: &str) -> Located {
        if let Some(i) = self.position(code) {
            return Located::Here(i);
        }
        let here = |carried: Carried| {
            let mut to: Vec<usize> = carried.codes.iter().filter_map(|c| self.position(c)).collect();
            to.sort_unstable();
            (!to.is_empty()).then_some((to, carried.date))
        };
        if let Some((to, date)) = self.history.forward(code, None, self.date()).and_then(here) {
            return Located::Expired { to, date };
        }
        match self.history.backward(code, self.date()).and_then(here) {
            Some((from, date)) => Located::Later { from, date },
            None => Located::Unknown,
        }
    }

    /// Brings figures to this territory's codes: those of merged municipalities are the sum of their parts.
    ///
    /// A sum of which a part is missing, and a figure that would have to be divided, are left open.
    #[must_use]
    pub fn carry_sum(&self, rows: &[(&str, f64)]) -> Carry<f64> {
        let claims = self.claims(rows.iter().map(|&(code, value)| (code, value)));
        let mut values = vec![None; self.len()];
        let mut open = claims.open;
        for (i, rows) in claims.by_municipality {
            if let Some((later, ..)) = rows.iter().find(|(_, _, later)| *later) {
                if let Located::Later { from, .. } = self.locate(later) {
                    let parts = from.iter().map(|&p| self.municipalities[p].code.clone()).collect();
                    open.push(Open::CannotDivide { code: (*later).to_owned(), parts });
                }
                continue;
            }
            let missing = self.missing_parts(i, rows.iter().map(|(code, ..)| *code), claims.carried > 0);
            if missing.is_empty() {
                values[i] = Some(rows.iter().map(|(_, value, _)| value).sum());
            } else {
                open.push(Open::MissingPart { code: self.municipalities[i].code.clone(), missing });
            }
        }
        open.sort();
        open.dedup();
        Carry { values, open, carried: claims.carried }
    }

    /// Brings a division to this territory's codes: a merged municipality lies where all its parts lie, or is left
    /// open; the parts of a later municipality lie where it lies.
    #[must_use]
    pub fn carry_zones(&self, rows: &[(&str, &str)]) -> Carry<String> {
        let claims = self.claims(rows.iter().map(|&(code, zone)| (code, zone)));
        let mut values = vec![None; self.len()];
        let mut open = claims.open;
        for (i, rows) in claims.by_municipality {
            if rows.iter().all(|(_, zone, _)| *zone == rows[0].1) {
                values[i] = Some(rows[0].1.to_owned());
            } else {
                let parts = rows.iter().map(|&(code, zone, _)| (code.to_owned(), zone.to_owned())).collect();
                open.push(Open::PartsDiffer { code: self.municipalities[i].code.clone(), parts });
            }
        }
        open.sort();
        open.dedup();
        Carry { values, open, carried: claims.carried }
    }

    fn claims<'r, T: Copy>(&self, rows: impl Iterator<Item = (&'r str, T)>) -> Claims<'r, T> {
        let mut claims = Claims { by_municipality: BTreeMap::new(), open: Vec::new(), carried: 0 };
        for (code, value) in rows {
            let (positions, later) = match self.locate(code) {
                Located::Here(i) => (vec![i], false),
                Located::Expired { to, .. } => (to, false),
                Located::Later { from, .. } => (from, true),
                Located::Unknown => {
                    claims.open.push(Open::Unknown { code: code.to_owned() });
                    continue;
                }
            };
            claims.carried += usize::from(self.position(code).is_none());
            for i in positions {
                claims.by_municipality.entry(i).or_default().push((code, value, later));
            }
        }
        claims
    }

    /// Parts of a municipality that the codes of a table do not cover; `old` says that the table has expired codes.
    fn missing_parts<'r>(&self, i: usize, codes: impl Iterator<Item = &'r str>, old: bool) -> Vec<String> {
        let codes: BTreeSet<&str> = codes.collect();
        let own = self.municipalities[i].code.as_str();
        let mut missing = Vec::new();
        let mut open = vec![(own.to_owned(), self.date.clone())];
        while let Some((code, until)) = open.pop() {
            let before = |c: &&Change| c.new_code == code && until.as_ref().is_none_or(|u| c.date <= *u);
            let step: Vec<&Change> = self.history.changes.iter().filter(before).collect();
            let last = step.iter().map(|c| c.date.as_str()).max();
            let kept = step.iter().any(|c| c.old_code == code);
            if codes.contains(code.as_str()) && !(kept && old && code == own) {
                continue;
            }
            match last {
                None => missing.push(code),
                Some(last) => {
                    for change in step.iter().filter(|c| c.date == last) {
                        if !codes.contains(change.old_code.as_str()) {
                            open.push((change.old_code.clone(), Some(just_before(last))));
                        }
                    }
                }
            }
        }
        missing.sort();
        missing
    }
}

/// A text that sorts just below a date and above every earlier one.
fn just_before(date: &str) -> String {
    let mut text = date.to_owned();
    if let Some(last) = text.pop() {
        text.push(char::from_u32(u32::from(last).saturating_sub(1)).unwrap_or(last));
        text.push('~');
    }
    text
}

/// Is this a day of the calendar, written `YYYY-MM-DD`?
///
/// ```
/// use landmeter::territory::history::is_date;
/// assert!(is_date("2024-02-29") && !is_date("2023-02-29") && !is_date("1 May 2024"));
/// ```
#[must_use]
pub fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u16::from(leap),
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::territory::Municipality;

    fn history() -> History {
        let rows = [
            ("a", "m", "2019-01-01"),
            ("b", "m", "2019-01-01"),
            ("m", "n", "2025-01-01"),
            ("c", "n", "2025-01-01"),
            ("big", "big", "2025-01-01"),
            ("small", "big", "2025-01-01"),
        ];
        let change = |&(old, new, date): &(&str, &str, &str)| Change {
            old_code: old.into(),
            old_name: format!("name of {old}"),
            new_code: new.into(),
            new_name: format!("name of {new}"),
            date: date.into(),
        };
        History::new(rows.iter().map(change).collect())
    }

    fn territory(codes: &[&str], date: &str) -> Territory {
        let municipalities = codes.iter().map(|&c| Municipality::new(c, c)).collect();
        Territory::new("t", municipalities, vec![]).unwrap().with_date(Some(date.into())).with_history(history())
    }

    #[test]
    fn chains_are_followed_one_date_at_a_time() {
        let h = history();
        let carried = |codes: &[&str], date: &str| Carried {
            codes: codes.iter().map(|&c| c.into()).collect(),
            date: date.into(),
        };
        assert_eq!(h.forward("a", None, Some("2025-01-01")), Some(carried(&["n"], "2025-01-01")));
        assert_eq!(h.forward("a", None, Some("2024-06-30")), Some(carried(&["m"], "2019-01-01")));
        assert_eq!(h.forward("m", Some("2025-01-01"), None), None);
        assert_eq!(h.backward("n", Some("2019-01-01")), Some(carried(&["c", "m"], "2025-01-01")));
        assert_eq!(h.backward("n", None), Some(carried(&["a", "b", "c"], "2019-01-01")));
        assert_eq!(h.backward("big", Some("2019-01-01")), Some(carried(&["big", "small"], "2025-01-01")));
    }

    #[test]
    fn a_code_of_any_date_is_located() {
        let new = territory(&["big", "n"], "2025-01-01");
        assert_eq!(new.locate("a"), Located::Expired { to: vec![1], date: "2025-01-01".into() });
        assert_eq!(new.locate("small"), Located::Expired { to: vec![0], date: "2025-01-01".into() });
        assert_eq!(new.locate("big"), Located::Here(0));
        let old = territory(&["big", "c", "m", "small"], "2019-01-01");
        assert_eq!(old.locate("n"), Located::Later { from: vec![1, 2], date: "2025-01-01".into() });
        assert_eq!(old.locate("a"), Located::Expired { to: vec![2], date: "2019-01-01".into() });
        assert_eq!(old.locate("x"), Located::Unknown);
    }

    #[test]
    fn figures_are_summed_and_never_divided() {
        let new = territory(&["big", "n"], "2025-01-01");
        let carry = new.carry_sum(&[("a", 1.0), ("b", 2.0), ("c", 4.0), ("big", 10.0), ("small", 5.0)]);
        assert_eq!(carry.values, [Some(15.0), Some(7.0)]);
        assert_eq!((carry.open, carry.carried), (vec![], 4));
        let carry = new.carry_sum(&[("a", 1.0), ("c", 4.0), ("big", 10.0)]);
        let missing = |code: &str, part: &str| Open::MissingPart { code: code.into(), missing: vec![part.into()] };
        assert_eq!(carry.values, [None, None]);
        assert_eq!(carry.open, [missing("big", "small"), missing("n", "b")]);
        assert_eq!(new.carry_sum(&[("big", 10.0)]).values, [Some(10.0), None]);
        let old = territory(&["big", "c", "m", "small"], "2019-01-01");
        let carry = old.carry_sum(&[("n", 7.0)]);
        assert_eq!(carry.values, [None; 4]);
        assert_eq!(carry.open, [Open::CannotDivide { code: "n".into(), parts: vec!["c".into(), "m".into()] }]);
    }

    #[test]
    fn zones_are_kept_where_the_parts_agree() {
        let new = territory(&["big", "n"], "2025-01-01");
        let carry = new.carry_zones(&[("m", "east"), ("c", "east"), ("big", "north"), ("small", "south")]);
        assert_eq!(carry.values, [None, Some("east".to_owned())]);
        let parts = vec![("big".into(), "north".into()), ("small".into(), "south".into())];
        assert_eq!(carry.open, [Open::PartsDiffer { code: "big".into(), parts }]);
        let old = territory(&["big", "c", "m", "small"], "2019-01-01");
        assert_eq!(old.carry_zones(&[("n", "east")]).values[1..3], [Some("east".to_owned()), Some("east".to_owned())]);
    }
}
