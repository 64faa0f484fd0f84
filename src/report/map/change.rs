//! The map of what moves between two plans: old and new lines, and each municipality that goes to another area.

use std::collections::BTreeMap;

use super::label::{self, Taken, shortened};
use super::lines::{self, Border, Frame, OUTSIDE, Point};
use super::svg::Svg;
use super::{HIGHEST, MARGIN, TOP, WIDTH, legend, style};
use crate::plan::NONE;
use crate::plan::compare::Comparison;
use crate::report::ReportError;
use crate::report::compare::{Compared, Pair};
use crate::report::table::wrap;
use crate::territory::index_u32;
use crate::words::{clean, say};

/// Moves listed at most.
const MOST_MOVES: usize = 60;

/// The change map of a pair of plans as SVG.
///
/// Areas that gain or lose a municipality are tinted; what moves has the tint of the area that it goes to, striped with that
/// of the area that it leaves, a heavy outline and the number under which it stands in the list below, so that the map can
/// be read without colour. Solid lines are the areas of the second plan, dashed ones those of the first only.
///
/// # Errors
///
/// A territory without shapes.
pub fn change_svg(compared: &Compared<'_>, pair: &Pair) -> Result<String, ReportError> {
    let none = || ReportError::NoShapes { territory: compared.territory.name().to_owned() };
    let shapes = compared.territory.shapes().ok_or_else(none)?;
    let frame = Frame::fit(&shapes.polygons, WIDTH - 2 * MARGIN, HIGHEST, [MARGIN, TOP]).ok_or_else(none)?;
    let picture = Picture::new(compared, pair, frame, lines::borders(&shapes.polygons, frame));
    Ok(picture.draw(shapes.schematic))
}

/// From which area to which; none for no area.
type Way = (Option<u32>, Option<u32>);

struct Picture<'a> {
    compared: &'a Compared<'a>,
    pair: &'a Pair,
    frame: Frame,
    borders: Vec<Border>,
    /// Municipalities by the way they go, in the order of the list.
    ways: Vec<(Way, Vec<u32>)>,
    /// Tint of each area of the first plan and of the second; areas that go together have one.
    tints: [Vec<usize>; 2],
    /// Whether an area of the second plan gains or loses a municipality.
    involved: Vec<bool>,
}

impl<'a> Picture<'a> {
    fn new(compared: &'a Compared<'a>, pair: &'a Pair, frame: Frame, borders: Vec<Border>) -> Self {
        let (a, b) = (&compared.plans[pair.a], &compared.plans[pair.b]);
        let found: &Comparison = &pair.comparison;
        let mut ways: BTreeMap<Way, Vec<u32>> = BTreeMap::new();
        for m in &found.moved {
            ways.entry((m.from, m.to)).or_default().push(index_u32(m.municipality));
        }
        // Areas that go together are one class; those of the first plan that ended come after the second's.
        let mut class_of_a = vec![NONE; a.areas.len()];
        found.matched.iter().for_each(|m| class_of_a[m.a as usize] = m.b);
        let mut classes = index_u32(b.areas.len());
        for class in class_of_a.iter_mut().filter(|c| **c == NONE) {
            (*class, classes) = (classes, classes + 1);
        }
        let class_a = |m: u32| class_of_a.get(a.of[m as usize] as usize).copied().unwrap_or(NONE);
        let class_b = |m: u32| b.of[m as usize];
        let links = compared.territory.adjacency().links().iter().map(|l| (l.a, l.b));
        let each = (0..index_u32(a.of.len())).map(|m| (m, m));
        let mut touching: Vec<(u32, u32)> = links
            .chain(each)
            .flat_map(|(x, y)| [class_a(x), class_b(x)].map(|c| [(c, class_a(y)), (c, class_b(y))]))
            .flatten()
            .filter(|&(x, y)| x != y && x != NONE && y != NONE)
            .map(|(x, y)| (x.min(y), x.max(y)))
            .collect();
        touching.sort_unstable();
        touching.dedup();
        let tints = style::colours(classes as usize, &touching);
        let mut involved = vec![false; classes as usize];
        for m in &found.moved {
            let from = m.from.map(|area| class_of_a[area as usize]);
            from.into_iter().chain(m.to).for_each(|class| involved[class as usize] = true);
        }
        Self {
            compared,
            pair,
            frame,
            borders,
            ways: ways.into_iter().collect(),
            tints: [class_of_a.iter().map(|&c| tints[c as usize]).collect(), tints[..b.areas.len()].to_vec()],
            involved,
        }
    }

    fn draw(&self, schematic: bool) -> String {
        let lang = self.compared.lang;
        let (a, b) = (&self.compared.names[self.pair.a], &self.compared.names[self.pair.b]);
        let title = say(lang, "compare.title", &[("a", a), ("b", b)]);
        let sentence = self.compared.sentence(self.pair);
        let mut body = Svg::default();
        self.fills(&mut body);
        self.borderlines(&mut body);
        self.labels(&mut body);
        let mut y = legend::scale_bar(&mut body, self.frame.scale, lang, TOP + self.frame.height + 70);
        self.signs(&mut body, y - 44);
        y = self.list(&mut body, y + 180);
        let mut foot = self.compared.change_sentences(self.pair);
        foot.extend(schematic.then(|| say(lang, "map.schematic", &[])));
        foot.extend(self.compared.estimated(self.pair).then(|| say(lang, "basis.estimated", &[])));
        for paragraph in &foot {
            for line in wrap(&clean(paragraph), 165) {
                y += 54;
                body.text([MARGIN, y], 42, " fill=\"#444\"", &line);
            }
        }
        y += MARGIN;
        let mut out = Svg::default();
        out.raw(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" role=\"img\" \
             aria-labelledby=\"lm-title lm-desc\" lang=\"{lang}\" font-family=\"'Source Sans 3','Segoe UI','Helvetica Neue',Arial,sans-serif\" \
             fill=\"{}\">\n",
            style::INK
        ));
        out.element("title", " id=\"lm-title\"", &title);
        let told: Vec<String> = self.ways.iter().take(MOST_MOVES).map(|(way, all)| self.line(*way, all)).collect();
        out.element("desc", " id=\"lm-desc\"", &format!("{sentence} {}", told.join(" ")));
        self.patterns(&mut out);
        out.raw(&format!("<rect width=\"{WIDTH}\" height=\"{y}\" fill=\"#fff\"/>\n"));
        out.text([MARGIN, 130], 92, " font-weight=\"bold\"", &shortened(&clean(&title), 76));
        for (i, line) in (0i32..).zip(wrap(&clean(&sentence), 126).iter().take(2)) {
            out.text([MARGIN, 205 + 62 * i], 54, "", line);
        }
        out.raw(&body.0);
        out.raw("</svg>\n");
        out.0
    }

    /// Stripes for each way: the tint of the area left on that of the area reached, with a thin dark line between.
    fn patterns(&self, out: &mut Svg) {
        out.raw("<defs>\n");
        for (i, (way, _)) in self.ways.iter().enumerate() {
            let (from, to) = self.colours(*way);
            out.raw(&format!(
                "<pattern id=\"lm-w{}\" width=\"64\" height=\"64\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
                 <rect width=\"64\" height=\"64\" fill=\"{to}\"/><rect width=\"24\" height=\"64\" fill=\"{from}\"/>\
                 <path d=\"M0 0V64M24 0V64\" stroke=\"{}\" stroke-width=\"3\"/></pattern>\n",
                i + 1,
                style::INK
            ));
        }
        out.raw("</defs>\n");
    }

    /// The colours of an area left and of one reached.
    fn colours(&self, (from, to): Way) -> (&'static str, &'static str) {
        let tint =
            |plan: usize, area: Option<u32>, none| area.map_or(none, |a| style::TINTS[self.tints[plan][a as usize]]);
        (tint(0, from, "#FFFFFF"), tint(1, to, style::NO_AREA))
    }

    fn area_of(&self, plan: usize, municipality: u32) -> u32 {
        self.compared.plans[plan].of[municipality as usize]
    }

    fn fills(&self, out: &mut Svg) {
        let b = self.pair.b;
        let areas = lines::outlines(&self.borders, self.tints[1].len(), |m| self.area_of(b, m));
        for (area, rings) in areas.iter().enumerate() {
            let (fill, opacity) =
                if self.involved[area] { (style::TINTS[self.tints[1][area]], ".45") } else { ("#FAFAF8", "1") };
            out.shape(rings, &format!("fill=\"{fill}\" fill-opacity=\"{opacity}\""));
        }
        let nowhere = lines::outline(&self.borders, |m| self.area_of(b, m) == NONE);
        out.shape(&nowhere, &format!("fill=\"{}\"", style::NO_AREA));
        for (i, (_, all)) in self.ways.iter().enumerate() {
            let rings = lines::outline(&self.borders, |m| all.binary_search(&m).is_ok());
            out.shape(&rings, &format!("fill=\"url(#lm-w{})\"", i + 1));
        }
    }

    fn borderlines(&self, out: &mut Svg) {
        let both = |b: &&Border| b.along != OUTSIDE && b.against != OUTSIDE;
        let parts = |plan: usize, b: &Border| self.area_of(plan, b.along) != self.area_of(plan, b.against);
        let (before, after) = (self.pair.a, self.pair.b);
        let chains = |wanted: &dyn Fn(&Border) -> bool| {
            lines::chains(self.borders.iter().filter(|b| wanted(b)).map(|b| (b.a, b.b)))
        };
        let within = chains(&|b| both(&b) && !parts(after, b));
        out.line(&within, "stroke=\"#777\" stroke-width=\"3\"");
        for (i, (_, all)) in self.ways.iter().enumerate() {
            // Each way by itself, so that the outlines of two that touch are both there.
            let edge = lines::outline(&self.borders, |m| all.binary_search(&m).is_ok());
            out.shape(
                &edge,
                &format!("fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"", style::INK, if i > 200 { 6 } else { 12 }),
            );
        }
        out.line(
            &chains(&|b| !both(&b) || parts(after, b)),
            &format!("stroke=\"{}\" stroke-width=\"8\" stroke-linecap=\"round\"", style::INK),
        );
        let gone = chains(&|b| both(&b) && parts(before, b) && !parts(after, b));
        out.line(&gone, "stroke=\"#fff\" stroke-width=\"16\"");
        out.line(&gone, DASHED);
    }

    /// The number of its way on each municipality that moves, and the names of the areas involved where they fit.
    fn labels(&self, out: &mut Svg) {
        let mut taken = Taken::default();
        for (i, (_, all)) in self.ways.iter().enumerate() {
            let number = (i + 1).to_string();
            for &m in all {
                let rings = lines::outline(&self.borders, |other| other == m);
                let Some(spot) = label::roomiest(&rings) else { continue };
                let half = [label::text_width(&number, 46) / 2 + 16, 30];
                let shifts = [[0, 0], [0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, -1]];
                let at = taken.place(spot.at, half, &shifts).unwrap_or(spot.at);
                badge(out, at, half, &number);
            }
        }
        let b = &self.compared.plans[self.pair.b];
        let areas = lines::outlines(&self.borders, b.areas.len(), |m| b.of[m as usize]);
        for (area, rings) in areas.iter().enumerate().filter(|(area, _)| self.involved[*area]) {
            let Some(spot) = label::roomiest(rings) else { continue };
            let names = label::name_lines(&clean(&b.areas[area]), 14);
            let rows = i32::try_from(names.len()).unwrap_or(i32::MAX / 1000);
            let half = [names.iter().map(|l| label::text_width(l, 42)).max().unwrap_or(0) / 2 + 6, rows * 24 + 4];
            let shifts = [[0, 0], [0, 1], [0, -1], [0, 2], [0, -2]];
            if let Some(at) = taken.place(spot.at, half, &shifts) {
                for (row, line) in (0i32..).zip(names) {
                    out.halo([at[0], at[1] - half[1] + 40 + 46 * row], 42, "", &line);
                }
            }
        }
    }

    fn signs(&self, out: &mut Svg, y: i32) {
        let lang = self.compared.lang;
        let (a, b) = (&self.compared.names[self.pair.a], &self.compared.names[self.pair.b]);
        let solid = format!("<path d=\"M0 0h110\" stroke=\"{}\" stroke-width=\"8\"/>", style::INK);
        let dashed = format!("<path d=\"M0 0h110\" {DASHED}/>");
        let stripes = if self.ways.is_empty() {
            String::new()
        } else {
            format!(
                "<rect y=\"-25\" width=\"110\" height=\"50\" fill=\"url(#lm-w1)\" stroke=\"{}\" stroke-width=\"4\"/>",
                style::INK
            )
        };
        let samples = [
            (solid, say(lang, "compare.line-after", &[("plan", b)])),
            (dashed, say(lang, "compare.line-before", &[("plan", a)])),
            (stripes, say(lang, "compare.stripes", &[])),
        ];
        for (i, (sample, text)) in (0i32..).zip(samples).filter(|(_, (sample, _))| !sample.is_empty()) {
            let (x, y) = (1020 + i % 2 * 1450, y + i / 2 * 70);
            out.raw(&format!("<g transform=\"translate({x} {})\">{sample}</g>\n", y + 30));
            out.text([x + 135, y + 45], 42, "", &shortened(&clean(&text), if i < 2 { 52 } else { 110 }));
        }
    }

    /// `1. from → to: municipalities`.
    fn line(&self, (from, to): Way, all: &[u32]) -> String {
        let lang = self.compared.lang;
        let (a, b) = (&self.compared.plans[self.pair.a], &self.compared.plans[self.pair.b]);
        let none = say(lang, "map.unassigned", &[]);
        let from = from.map_or(&none, |area| &a.areas[area as usize]);
        let to = to.map_or(&none, |area| &b.areas[area as usize]);
        let names: Vec<&str> =
            all.iter().map(|&m| self.compared.territory.municipalities()[m as usize].name.as_str()).collect();
        format!("{} → {}: {}.", clean(from), clean(to), clean(&names.join(", ")))
    }

    /// What each number stands for, in two columns; gives the next free height.
    fn list(&self, out: &mut Svg, y: i32) -> i32 {
        const LINE: i32 = 52;
        let lang = self.compared.lang;
        let mut entries: Vec<(Option<usize>, Vec<String>)> = Vec::new();
        for (i, (way, all)) in self.ways.iter().take(MOST_MOVES).enumerate() {
            entries.push((Some(i + 1), wrap(&self.line(*way, all), 74)));
        }
        if let Some(more) = self.ways.len().checked_sub(MOST_MOVES).filter(|n| *n > 0) {
            entries.push((None, vec![say(lang, "compare.more", &[("n", &more.to_string())])]));
        }
        let height = |lines: &[String]| i32::try_from(lines.len()).unwrap_or(i32::MAX / 1000) * LINE + 20;
        let total: i32 = entries.iter().map(|e| height(&e.1)).sum();
        let (mut x, mut at, mut lowest) = (MARGIN, 0, 0);
        for (number, lines) in &entries {
            if x == MARGIN && at > 0 && at + height(lines) / 2 > total / 2 {
                (x, at) = (WIDTH / 2 + 20, 0);
            }
            let top = y + at;
            if let Some(number) = number {
                out.raw(&format!(
                    "<rect x=\"{x}\" y=\"{}\" width=\"110\" height=\"50\" fill=\"url(#lm-w{number})\" stroke=\"{}\" stroke-width=\"4\"/>\n",
                    top - 4,
                    style::INK
                ));
                let half = [label::text_width(&number.to_string(), 46) / 2 + 16, 30];
                badge(out, [x + 170, top + 21], half, &number.to_string());
            }
            for (k, line) in (0i32..).zip(lines) {
                out.text([x + 235, top + 36 + k * LINE], 42, "", line);
            }
            at += height(lines);
            lowest = lowest.max(at);
        }
        y + lowest
    }
}

/// A line of the first plan that the second does not have.
const DASHED: &str = "stroke=\"#8C2D04\" stroke-width=\"10\" stroke-dasharray=\"34 20\"";

/// A number in a white box.
fn badge(out: &mut Svg, at: Point, half: [i32; 2], number: &str) {
    out.raw(&format!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"26\" fill=\"#fff\" stroke=\"{}\" stroke-width=\"4\"/>\n",
        at[0] - half[0],
        at[1] - half[1],
        2 * half[0],
        2 * half[1],
        style::INK
    ));
    out.text([at[0], at[1] + 16], 46, " font-weight=\"bold\" text-anchor=\"middle\"", number);
}
