//! What chains did, as SVG: of each metric its trace over the steps, and how its values are spread, chain by chain.

use std::fmt::Write as _;

use super::chart::escaped;

const WIDTH: f64 = 900.0;
const ROW: f64 = 190.0;
const TOP: f64 = 70.0;
/// The field of a trace, and that of a histogram.
const LEFT: f64 = 90.0;
const TRACE: f64 = 540.0;
const SPREAD: f64 = 670.0;
const SPREAD_WIDE: f64 = 190.0;
const TALL: f64 = 130.0;
/// Points of a trace at most.
const POINTS: usize = 400;
/// Bars of a histogram.
const BARS: usize = 24;
/// Dark enough on white, and told apart by those who see few colours; more chains begin anew (P. Tol, technical note
/// SRON/EPS/TN/09-002).
const COLOURS: [&str; 6] = ["#4477aa", "#ee6677", "#228833", "#aa3377", "#66ccee", "#999933"];

/// Draws a row for each metric: its name, and the values of each chain.
#[must_use]
pub fn trace_svg(title: &str, metrics: &[(String, Vec<Vec<f64>>)]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    let height = TOP + ROW * metrics.len() as f64 + 20.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n<text x=\"20\" y=\"28\" font-size=\"14\">{title}</text>\n",
        title = escaped(title)
    );
    for (row, (name, chains)) in metrics.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a row")]
        let top = TOP + ROW * row as f64;
        metric(&mut svg, top, name, chains);
    }
    svg.push_str("</svg>\n");
    svg
}

#[expect(clippy::cast_precision_loss, reason = "positions in a picture")]
fn metric(svg: &mut String, top: f64, name: &str, chains: &[Vec<f64>]) {
    let all = || chains.iter().flatten().copied().filter(|v| v.is_finite());
    let (least, most) = (all().fold(f64::MAX, f64::min), all().fold(f64::MIN, f64::max));
    if least > most {
        return;
    }
    let span = if most > least { most - least } else { 1.0 };
    let bottom = top + TALL;
    let y = |value: f64| bottom - (value - least) / span * TALL;
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{:.1}\" font-size=\"13\">{}</text>\n\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n\
         <path d=\"M{LEFT} {top:.1}V{bottom:.1}h{TRACE}M{SPREAD} {top:.1}V{bottom:.1}\" fill=\"none\" stroke=\"#333\"/>",
        top - 8.0,
        escaped(name),
        LEFT - 6.0,
        bottom + 4.0,
        short(least),
        LEFT - 6.0,
        top + 4.0,
        short(most),
    );
    let longest = chains.iter().map(Vec::len).max().unwrap_or(0).max(2);
    let densest = chains.iter().map(|c| bars(c, least, span).into_iter().fold(0.0, f64::max)).fold(1e-12, f64::max);
    for (chain, values) in chains.iter().enumerate() {
        let colour = COLOURS[chain % COLOURS.len()];
        let every = values.len().div_ceil(POINTS).max(1);
        let mut line = String::new();
        for (i, value) in values.iter().enumerate().filter(|(i, v)| i % every == 0 && v.is_finite()) {
            let x = LEFT + TRACE * i as f64 / (longest - 1) as f64;
            let _ = write!(line, "{}{x:.1} {:.1}", if line.is_empty() { "M" } else { "L" }, y(*value));
        }
        let _ = writeln!(svg, "<path d=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"0.8\"/>");
        // The outline of the histogram, lying on its side along the same scale.
        let mut outline = format!("M{SPREAD} {bottom:.1}");
        for (bar, share) in bars(values, least, span).into_iter().enumerate() {
            let x = SPREAD + SPREAD_WIDE * share / densest;
            let (from, to) = (bar as f64 / BARS as f64, (bar + 1) as f64 / BARS as f64);
            let _ = write!(outline, "L{x:.1} {:.1}L{x:.1} {:.1}", bottom - from * TALL, bottom - to * TALL);
        }
        let _ = writeln!(
            svg,
            "<path d=\"{outline}L{SPREAD} {top:.1}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.2\"/>"
        );
    }
}

/// The share of the values in each bar.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bars")]
fn bars(values: &[f64], least: f64, span: f64) -> Vec<f64> {
    let mut shares = vec![0.0; BARS];
    for value in values.iter().filter(|v| v.is_finite()) {
        let bar = ((value - least) / span * BARS as f64) as usize;
        shares[bar.min(BARS - 1)] += 1.0 / values.len() as f64;
    }
    shares
}

/// A number with few digits.
fn short(value: f64) -> String {
    let text = if value.abs() >= 100.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.4}") };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
