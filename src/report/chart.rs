//! A bar chart as SVG: how many plans have which value, and where one plan stands.

use std::fmt::Write as _;

use crate::words::clean;

/// Bars of a distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What is shown.
    pub title: String,
    /// What the bars stand on.
    pub axis: String,
    /// First and last value of each bar, and its share of all (0 to 1), ascending.
    pub bars: Vec<(f64, f64, f64)>,
    /// A value to point at, with its name.
    pub mark: Option<(f64, String)>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// The corner of the bars' field, and its size.
const LEFT: f64 = 70.0;
const TOP: f64 = 80.0;
const INNER: f64 = 620.0;
const TALL: f64 = 250.0;

/// Draws the chart; readable without colour.
#[must_use]
pub fn chart_svg(chart: &Chart) -> String {
    let first = chart.bars.first().map_or(0.0, |b| b.0);
    let last = chart.bars.last().map_or(1.0, |b| b.1);
    let (low, high) = match &chart.mark {
        Some((at, _)) => (first.min(*at), last.max(*at)),
        None => (first, last),
    };
    // Every bar is as wide as its values, and half a step stays free on both sides.
    let step = chart.bars.first().map_or(1.0, |b| b.1 - b.0).max((high - low) / 60.0).max(1e-9);
    let x = |value: f64| LEFT + INNER * (value - low + step) / (high - low + 2.0 * step);
    let most = chart.bars.iter().map(|b| b.2).fold(1e-12, f64::max);
    let bottom = TOP + TALL;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"17\">{title}</text>\n<g fill=\"#4a7aa7\">\n",
        title = escaped(&chart.title)
    );
    for &(from, to, share) in &chart.bars {
        let middle = x(f64::midpoint(from, to));
        let wide = ((to - from).max(step * 0.8) / (high - low + 2.0 * step) * INNER * 0.94).max(1.0);
        let tall = TALL * share / most;
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\"/>",
            middle - wide / 2.0,
            bottom - tall
        );
    }
    let _ = writeln!(svg, "</g>\n<path d=\"M{LEFT} {bottom}h{INNER}\" stroke=\"#333\"/>");
    for at in ticks(low, high) {
        let (at_x, label_y) = (x(at), bottom + 18.0);
        let _ = writeln!(svg, "<text x=\"{at_x:.1}\" y=\"{label_y}\" text-anchor=\"middle\">{at}</text>");
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.2} %</text>",
        LEFT + INNER / 2.0,
        bottom + 42.0,
        escaped(&chart.axis),
        LEFT - 6.0,
        TOP + 5.0,
        most * 100.0
    );
    if let Some((at, name)) = &chart.mark {
        let at_x = x(*at);
        let anchor = if at_x > LEFT + INNER / 2.0 { "end" } else { "start" };
        let _ = writeln!(
            svg,
            "<path d=\"M{at_x:.1} {:.1}V{bottom}\" stroke=\"#b3261e\" stroke-width=\"2\" stroke-dasharray=\"6 3\"/>\n<text x=\"{at_x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"#b3261e\">{}: {at}</text>",
            TOP - 14.0,
            TOP - 20.0,
            escaped(name)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// A handful of round values.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let rough = ((high - low) / 8.0).max(1e-6);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|m| m * power).find(|s| *s >= rough).unwrap_or(rough);
    let step = if step < 1.0 && low.fract() == 0.0 && high.fract() == 0.0 { 1.0 } else { step };
    let start = (low / step).ceil() * step;
    let tick = |i: u32| start + f64::from(i) * step;
    (0..20).map(tick).take_while(|t| *t <= high + step * 1e-6).map(|t| (t * 1000.0).round() / 1000.0).collect()
}

pub(super) fn escaped(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(3.0, 9.0), [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        assert_eq!(ticks(12.0, 95.0), [20.0, 40.0, 60.0, 80.0]);
    }

    #[test]
    fn a_chart_has_a_bar_for_each_class_and_escapes_names() {
        let bars = vec![(1.0, 1.0, 0.25), (2.0, 2.0, 0.75)];
        let mark = Some((2.0, "a<b".to_owned()));
        let svg = chart_svg(&Chart { title: "t".into(), axis: "cut_links".into(), bars, mark });
        assert_eq!(svg.matches("<rect x=").count(), 2);
        assert!(svg.contains("a&lt;b: 2") && svg.ends_with("</svg>\n"));
    }
}
