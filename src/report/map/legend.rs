//! Below the drawing: how far is a kilometre, what the lines are, which number is which area, what was found.

use super::label::{self, shortened};
use super::svg::Svg;
use super::{MARGIN, Picture, WIDTH, marks, style};
use crate::plan::NONE;
use crate::rules::Kind;
use crate::words::{self, Lang, clean, say};

/// A region's line, in the drawing and in the legend.
pub(super) const REGION_LINE: &str = "stroke=\"#0B3C6F\" stroke-width=\"13\" stroke-dasharray=\"46 24\"";
/// Findings listed at most; the rest is said to be in the report.
pub(super) const MOST_FINDINGS: usize = 40;
/// Letters of a finding's line at its size.
const LETTERS: usize = 76;

/// A bar of a round number of metres, about a sixth of the width; gives the next free height.
pub(super) fn scale_bar(out: &mut Svg, scale: f64, lang: Lang, y: i32) -> i32 {
    let wanted = f64::from(WIDTH) / 6.0 / scale;
    let power = 10f64.powf(wanted.log10().floor());
    let metres = [5.0, 2.0, 1.0].into_iter().map(|m| m * power).find(|m| *m <= wanted).unwrap_or(power);
    let length = super::lines::whole(metres * scale);
    let (x, half) = (MARGIN, length / 2);
    out.raw(&format!(
        "<path d=\"M{x} {y}h{length}v20h-{length}z\" fill=\"#fff\" stroke=\"{0}\" stroke-width=\"4\"/>\
         <path d=\"M{x} {y}h{half}v20h-{half}z\" fill=\"{0}\"/>\n",
        style::INK
    ));
    let (value, unit) = if metres >= 1000.0 { (metres / 1000.0, "km") } else { (metres, "m") };
    out.text([x, y + 66], 42, "", "0");
    let end = format!("{} {unit}", words::number(lang, value, 6));
    out.text([x + length, y + 66], 42, " text-anchor=\"middle\"", &end);
    y + 60
}

/// What lines and hatches mean, the areas, the findings; gives the next free height.
pub(super) fn legend(picture: &Picture<'_>, out: &mut Svg, y: i32) -> i32 {
    signs(picture, out, y - 44);
    let y = areas(picture, out, y + 110);
    if picture.verdict.is_some() { findings(picture, out, y + 40) } else { y }
}

fn signs(picture: &Picture<'_>, out: &mut Svg, y: i32) {
    let lang = picture.context.lang;
    let ink = style::INK;
    let mut samples = vec![
        (format!("<path d=\"M0 0h110\" stroke=\"{ink}\" stroke-width=\"9\"/>"), say(lang, "map.area-line", &[])),
        (
            "<path d=\"M0 0h110\" stroke=\"#444\" stroke-width=\"3\"/>".to_owned(),
            say(lang, "map.municipality-line", &[]),
        ),
    ];
    if let Some(division) = picture.division {
        let name = words::attribute(lang, &division.name);
        samples.push((
            format!("<path d=\"M0 0h110\" {REGION_LINE}/>"),
            say(lang, "map.region-line", &[("division", &name)]),
        ));
    }
    let drawn = |wanted: fn(&Kind) -> bool| {
        picture.findings().any(|f| picture.context.rule(f).is_some_and(|rule| wanted(&rule.kind)))
    };
    if drawn(|kind| matches!(kind, Kind::Contiguity { .. })) {
        samples.push((
            "<rect y=\"-22\" width=\"110\" height=\"44\" rx=\"20\" fill=\"none\" stroke=\"#A50026\" stroke-width=\"14\"/>".to_owned(),
            say(lang, "map.cut-off", &[]),
        ));
    }
    if drawn(|kind| matches!(kind, Kind::Nesting { .. })) {
        samples.push((
            "<rect y=\"-22\" width=\"110\" height=\"44\" fill=\"url(#lm-x1)\" fill-opacity=\".55\" stroke=\"#A50026\" stroke-width=\"6\"/>".to_owned(),
            say(lang, "map.across", &[]),
        ));
    }
    // To the right of the scale bar, three in a row.
    for (i, (sample, text)) in (0i32..).zip(samples) {
        let (x, y) = (1020 + i % 3 * 980, y + 30 + i / 3 * 64);
        out.raw(&format!("<g transform=\"translate({x} {y})\">{sample}</g>\n"));
        out.text([x + 135, y + 15], 42, "", &shortened(&clean(&text), 38));
    }
}

fn areas(picture: &Picture<'_>, out: &mut Svg, y: i32) -> i32 {
    const COLUMNS: i32 = 4;
    let lang = picture.context.lang;
    out.text([MARGIN, y + 50], 54, " font-weight=\"bold\"", &say(lang, "map.areas", &[]));
    let mut sizes = vec![0u32; picture.plan.areas.len()];
    for &area in picture.plan.of.iter().filter(|&&a| a != NONE) {
        sizes[area as usize] += 1;
    }
    let mut entries: Vec<(Option<usize>, String)> = sizes
        .iter()
        .enumerate()
        .map(|(i, n)| {
            let name = shortened(&clean(&picture.plan.areas[i]), 32);
            (Some(picture.tints[i]), format!("{}. {name} ({})", i + 1, words::number(lang, f64::from(*n), 0)))
        })
        .collect();
    if picture.plan.of.contains(&NONE) {
        entries.push((None, say(lang, "map.unassigned", &[])));
    }
    let rows = i32::try_from(entries.len().div_ceil(4)).unwrap_or(i32::MAX / 1000).max(1);
    for (i, (tint, text)) in (0i32..).zip(entries) {
        let (x, y) = (MARGIN + i / rows * ((WIDTH - 2 * MARGIN) / COLUMNS), y + 84 + i % rows * 60);
        let rect = |fill: &str| {
            format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"76\" height=\"44\" fill=\"{fill}\" stroke=\"{}\" stroke-width=\"4\"/>",
                style::INK
            )
        };
        out.raw(&rect(tint.map_or(style::NO_AREA, |t| style::TINTS[t])));
        if let Some(tint) = tint.filter(|&t| !style::HATCHES[t].is_empty()) {
            out.raw(&rect(&format!("url(#lm-h{tint})")));
        }
        out.raw("\n");
        out.text([x + 96, y + 37], 42, "", &text);
    }
    y + 84 + rows * 60
}

/// Two columns of findings, each with its code and sentence.
fn findings(picture: &Picture<'_>, out: &mut Svg, y: i32) -> i32 {
    const LINE: i32 = 52;
    let lang = picture.context.lang;
    out.text([MARGIN, y + 50], 54, " font-weight=\"bold\"", &say(lang, "map.findings", &[]));
    let all = picture.findings().count();
    let mut entries: Vec<(Option<(marks::Mark, &str)>, Vec<String>)> = picture
        .findings()
        .take(MOST_FINDINGS)
        .map(|f| {
            let mut sentence = words::finding(lang, f, picture.context.territory);
            if f.derogation.is_some() {
                sentence.push_str(&format!(" ({})", say(lang, "map.covered", &[])));
            }
            (Some((marks::mark(f), f.code)), crate::report::table::wrap(&sentence, LETTERS))
        })
        .collect();
    if all > MOST_FINDINGS {
        let n = words::number(lang, super::count(all - MOST_FINDINGS), 0);
        entries.push((None, vec![say(lang, "map.more", &[("n", &n)])]));
    } else if all == 0 {
        entries.push((None, vec![say(lang, "map.no-findings", &[])]));
    }
    let height = |lines: &Vec<String>| i32::try_from(lines.len()).unwrap_or(i32::MAX / 1000) * LINE + 18;
    let total: i32 = entries.iter().map(|(_, lines)| height(lines)).sum();
    let (mut x, mut at, mut lowest) = (MARGIN, 0, 0);
    for (code, lines) in &entries {
        if x == MARGIN && at > 0 && at + height(lines) / 2 > total / 2 {
            (x, at) = (WIDTH / 2 + 20, 0);
        }
        let top = y + 84 + at;
        if let Some((mark, code)) = code {
            let half = [label::text_width(code, 40) / 2 + 22, 29];
            marks::badge(out, [x + half[0], top + 24], half, 40, *mark, code);
        }
        for (k, line) in (0i32..).zip(lines) {
            out.text([x + 165, top + 38 + k * LINE], 42, "", line);
        }
        at += height(lines);
        lowest = lowest.max(at);
    }
    y + 84 + lowest
}
