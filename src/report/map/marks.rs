//! Findings in place: a cut-off piece ringed and tied to the rest, municipalities across a region's line hatched,
//! everything else with its code beside the area's number.

use super::Picture;
use super::label::{self, Taken};
use super::lines::{self, Point};
use super::svg::Svg;
use crate::rules::{Finding, Kind, Severity};
use crate::territory::index_u32;

/// Hatches of municipalities that lie outside the region of their area: uncovered, and the rest.
pub(super) const PATTERNS: &str = "<pattern id=\"lm-x1\" width=\"30\" height=\"30\" patternUnits=\"userSpaceOnUse\">\
     <path d=\"M0 0 30 30M30 0 0 30\" stroke=\"#A50026\" stroke-width=\"5\"/></pattern>\n\
     <pattern id=\"lm-x2\" width=\"30\" height=\"30\" patternUnits=\"userSpaceOnUse\">\
     <path d=\"M0 0 30 30M30 0 0 30\" stroke=\"#4B2E83\" stroke-width=\"4\"/></pattern>\n";

/// Ink of a finding: uncovered violations in dark red, covered ones in violet, the rest in brown and grey; their
/// lines differ too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) colour: &'static str,
    /// Broken lines for all that is not an uncovered violation.
    pub(super) dash: &'static str,
    pub(super) filled: bool,
}

pub(super) fn mark(finding: &Finding) -> Mark {
    match (finding.severity, finding.derogation.is_some()) {
        (Severity::Violation, false) => Mark { colour: "#A50026", dash: "", filled: true },
        (Severity::Violation, true) => Mark { colour: "#4B2E83", dash: " stroke-dasharray=\"34 16\"", filled: false },
        (Severity::Warning, _) => Mark { colour: "#7A4B00", dash: " stroke-dasharray=\"14 14\"", filled: false },
        (Severity::Note, _) => Mark { colour: "#555555", dash: " stroke-dasharray=\"6 14\"", filled: false },
    }
}

/// What a finding looks like on the map.
enum Look {
    Ring,
    Hatch,
    Beside,
}

fn look(picture: &Picture<'_>, finding: &Finding) -> Look {
    match picture.context.rule(finding).map(|rule| &rule.kind) {
        Some(Kind::Contiguity { .. }) => Look::Ring,
        Some(Kind::Nesting { .. }) => Look::Hatch,
        _ => Look::Beside,
    }
}

/// Positions of the finding's municipalities.
fn members(picture: &Picture<'_>, finding: &Finding) -> Vec<u32> {
    finding.municipalities.iter().filter_map(|code| picture.context.territory.position(code)).map(index_u32).collect()
}

/// Draws rings, ties and hatches.
pub(super) fn places(picture: &Picture<'_>, out: &mut Svg) {
    for finding in picture.findings() {
        let mark = mark(finding);
        let members = members(picture, finding);
        let rings = lines::outline(&picture.borders, |m| members.contains(&m));
        let stroke = format!(
            "fill=\"none\" stroke-linejoin=\"round\" stroke=\"{}\" stroke-width=\"16\"{}",
            mark.colour, mark.dash
        );
        match look(picture, finding) {
            Look::Ring => {
                out.shape(&rings, "fill=\"none\" stroke=\"#fff\" stroke-width=\"30\" stroke-linejoin=\"round\"");
                out.shape(&rings, &stroke);
                for [from, to] in ties(picture, finding, &members) {
                    let line = [vec![from, to]];
                    out.line(&line, "stroke=\"#fff\" stroke-width=\"28\"");
                    out.line(
                        &line,
                        &format!("stroke=\"{}\" stroke-width=\"14\" stroke-dasharray=\"4 26\"", mark.colour),
                    );
                }
            }
            Look::Hatch if finding.severity != Severity::Note => {
                let hatch = if mark.filled { "lm-x1" } else { "lm-x2" };
                out.shape(&rings, &format!("fill=\"url(#{hatch})\" fill-opacity=\".55\""));
                out.shape(&rings, &stroke);
            }
            Look::Hatch | Look::Beside => {}
        }
    }
}

/// From each piece that is cut off, the shortest way to the rest of its area; none where there is no rest.
fn ties(picture: &Picture<'_>, finding: &Finding, members: &[u32]) -> Vec<[Point; 2]> {
    let Some(area) = finding.area.as_ref().and_then(|a| picture.plan.areas.binary_search(a).ok()) else {
        return Vec::new();
    };
    let rest =
        corners(&lines::outline(&picture.borders, |m| picture.area_of(m) == index_u32(area) && !members.contains(&m)));
    pieces(picture, members)
        .iter()
        .filter_map(|piece| {
            let piece = corners(&lines::outline(&picture.borders, |m| piece.contains(&m)));
            let pairs = piece.iter().flat_map(|&p| rest.iter().map(move |&q| [p, q]));
            pairs.min_by_key(|&[p, q]| {
                let d = |i: usize| i64::from(p[i]) - i64::from(q[i]);
                (d(0) * d(0) + d(1) * d(1), p, q)
            })
        })
        .collect()
}

/// Connected pieces of some municipalities.
fn pieces(picture: &Picture<'_>, members: &[u32]) -> Vec<Vec<u32>> {
    let graph = picture.context.territory.adjacency().graph(picture.context.rulebook.contiguity);
    let group: Vec<u32> = (0..graph.len()).map(|i| u32::from(members.contains(&index_u32(i)))).collect();
    let (component, _) = graph.components_within(&group);
    let mut by_piece: Vec<(u32, u32)> =
        members.iter().filter_map(|&m| component.get(m as usize).map(|&c| (c, m))).collect();
    by_piece.sort_unstable();
    by_piece.chunk_by(|x, y| x.0 == y.0).map(|piece| piece.iter().map(|&(_, m)| m).collect()).collect()
}

/// The corners of rings, thinned where there are very many (the ends of a tie need no more).
fn corners(rings: &[Vec<Point>]) -> Vec<Point> {
    const ENOUGH: usize = 1500;
    let all = rings.iter().map(Vec::len).sum::<usize>();
    rings.iter().flatten().copied().step_by(all.div_ceil(ENOUGH).max(1)).collect()
}

/// Puts the code of each finding that is not a mere note beside what it is about, where there is room.
pub(super) fn badges(picture: &Picture<'_>, out: &mut Svg, taken: &mut Taken) {
    const SIZE: i32 = 40;
    for finding in picture.findings().filter(|f| f.severity != Severity::Note) {
        let members = members(picture, finding);
        let area = finding.area.as_ref().and_then(|a| picture.plan.areas.binary_search(a).ok());
        let of_area = area.and_then(|area| picture.spots[area]);
        let own = || label::roomiest(&lines::outline(&picture.borders, |m| members.contains(&m)));
        let spot = match look(picture, finding) {
            Look::Ring | Look::Hatch => own().or(of_area),
            Look::Beside => of_area.or_else(own),
        };
        let Some(spot) = spot else { continue };
        let text = if matches!(finding.severity, Severity::Warning) {
            format!("{}?", finding.code)
        } else {
            finding.code.to_owned()
        };
        let half = [label::text_width(&text, SIZE) / 2 + 22, 29];
        let shifts: Vec<Point> = (0..6)
            .flat_map(|ring| (-ring..=ring).flat_map(move |x| [[x, ring], [x, -ring], [ring, x], [-ring, x]]))
            .collect();
        if let Some(centre) = taken.place(spot.at, half, &shifts) {
            let away = (0..2).any(|i| (centre[i] - spot.at[i]).abs() > half[i]);
            if away && matches!(look(picture, finding), Look::Ring | Look::Hatch) {
                let lead = [vec![spot.at, centre]];
                out.line(&lead, &format!("stroke=\"{}\" stroke-width=\"5\"", mark(finding).colour));
            }
            badge(out, centre, half, SIZE, mark(finding), &text);
        }
    }
}

/// A code in a box: filled for an uncovered violation, open for the rest.
pub(super) fn badge(out: &mut Svg, centre: Point, half: [i32; 2], size: i32, mark: Mark, text: &str) {
    let (fill, ink) = if mark.filled { (mark.colour, "#fff") } else { ("#fff", mark.colour) };
    out.raw(&format!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"12\" fill=\"{fill}\" stroke=\"{}\" stroke-width=\"5\"{}/>\n",
        centre[0] - half[0] + 4,
        centre[1] - half[1] + 4,
        2 * half[0] - 8,
        2 * half[1] - 8,
        mark.colour,
        if mark.filled { "" } else { " stroke-dasharray=\"14 7\"" },
    ));
    let attributes = format!(" text-anchor=\"middle\" font-weight=\"bold\" fill=\"{ink}\"");
    out.text([centre[0], centre[1] + size * 7 / 20], size, &attributes, text);
}
