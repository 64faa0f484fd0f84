//! The map of a plan as SVG: one picture that explains itself, in colour or in black and white.

mod change;
pub(super) mod label;
mod legend;
mod lines;
mod marks;
mod style;
pub(super) mod svg;

pub use change::change_svg;

use super::text::{count, headline, rests_on};
use super::{Context, ReportError};
use crate::plan::{NONE, Plan};
use crate::rules::{Finding, Kind, Severity, Verdict};
use crate::territory::{Division, index_u32};
use crate::words::{self, say};
use label::{Spot, Taken};
use lines::{Border, Frame, OUTSIDE, Point};
use svg::Svg;

/// Width of the picture in its own units; at the width of an A4 page a unit is about a twentieth of a millimetre.
const WIDTH: i32 = 4000;
const MARGIN: i32 = 80;
/// Where the drawing begins, below title and sentence.
const TOP: i32 = 300;
/// Highest that a drawing may be.
const HIGHEST: i32 = 4600;

/// The map of a plan as SVG, with the findings of its verdict in place.
///
/// Areas differ by tint and hatch and carry a number (and their name, where it fits); a legend lists areas and
/// findings, and a text description tells the same to those who can't see it. Coordinates are whole units of a
/// picture 4000 wide, so the same plan gives the same bytes everywhere.
///
/// # Errors
///
/// A territory without shapes.
pub fn map_svg(context: &Context<'_>, plan: &Plan, verdict: Option<&Verdict>) -> Result<String, ReportError> {
    let none = || ReportError::NoShapes { territory: context.territory.name().to_owned() };
    let shapes = context.territory.shapes().ok_or_else(none)?;
    let frame = Frame::fit(&shapes.polygons, WIDTH - 2 * MARGIN, HIGHEST, [MARGIN, TOP]).ok_or_else(none)?;
    let picture = Picture::new(context, plan, verdict, frame, lines::borders(&shapes.polygons, frame));
    Ok(picture.draw(shapes.schematic))
}

/// Everything that the layers of the picture are drawn from.
struct Picture<'a> {
    context: &'a Context<'a>,
    plan: &'a Plan,
    verdict: Option<&'a Verdict>,
    frame: Frame,
    borders: Vec<Border>,
    /// Rings of each area.
    areas: Vec<Vec<Vec<Point>>>,
    /// Tint of each area.
    tints: Vec<usize>,
    /// Roomiest spot of each area; none where it has no shape.
    spots: Vec<Option<Spot>>,
    /// The division whose lines are drawn: the one that the nesting rule names.
    division: Option<&'a Division>,
}

impl<'a> Picture<'a> {
    fn new(
        context: &'a Context<'a>,
        plan: &'a Plan,
        verdict: Option<&'a Verdict>,
        frame: Frame,
        borders: Vec<Border>,
    ) -> Self {
        let area_of = |m: u32| plan.of.get(m as usize).copied().unwrap_or(NONE);
        let areas = lines::outlines(&borders, plan.areas.len(), area_of);
        let mut touching: Vec<(u32, u32)> = borders
            .iter()
            .filter(|b| b.along != OUTSIDE && b.against != OUTSIDE)
            .map(|b| (b.along, b.against))
            .chain(context.territory.adjacency().links().iter().map(|l| (l.a, l.b)))
            .map(|(a, b)| (area_of(a), area_of(b)))
            .filter(|&(a, b)| a != b && a != NONE && b != NONE)
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        touching.sort_unstable();
        touching.dedup();
        let division = context.rulebook.rules.iter().find_map(|rule| match &rule.kind {
            Kind::Nesting { division } => division.iter().find_map(|name| context.territory.division(name)),
            _ => None,
        });
        Self {
            context,
            plan,
            verdict,
            frame,
            tints: style::colours(areas.len(), &touching),
            spots: areas.iter().map(|rings| label::roomiest(rings)).collect(),
            areas,
            borders,
            division,
        }
    }

    fn area_of(&self, municipality: u32) -> u32 {
        self.plan.of.get(municipality as usize).copied().unwrap_or(NONE)
    }

    /// Findings that are drawn or listed, in the order of the report.
    fn findings(&self) -> impl Iterator<Item = &'a Finding> {
        self.verdict.into_iter().flat_map(|v| super::text::groups(v)).flat_map(|(_, _, findings)| findings)
    }

    fn draw(&self, schematic: bool) -> String {
        let lang = self.context.lang;
        let mut body = Svg::default();
        self.fills(&mut body);
        self.borderlines(&mut body);
        let mut taken = Taken::default();
        let mut marks = Svg::default();
        marks::places(self, &mut marks);
        let mut labels = Svg::default();
        self.labels(&mut labels, &mut taken);
        marks::badges(self, &mut labels, &mut taken);
        let mut below = Svg::default();
        let mut y = TOP + self.frame.height + 70;
        y = legend::scale_bar(&mut below, self.frame.scale, lang, y);
        y = legend::legend(self, &mut below, y);
        y = self.footer(&mut below, schematic, y);

        let title = say(lang, "map.title", &[("plan", &self.plan.name)]);
        let mut out = Svg::default();
        out.raw(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" role=\"img\" \
             aria-labelledby=\"lm-title lm-desc\" lang=\"{lang}\" font-family=\"'Source Sans 3','Segoe UI','Helvetica Neue',Arial,sans-serif\" \
             fill=\"{}\">\n",
            style::INK
        ));
        out.element("title", " id=\"lm-title\"", &title);
        out.element("desc", " id=\"lm-desc\"", &self.description(schematic));
        self.definitions(&mut out);
        out.raw(&format!("<rect width=\"{WIDTH}\" height=\"{y}\" fill=\"#fff\"/>\n"));
        out.text([MARGIN, 130], 92, " font-weight=\"bold\"", &label::shortened(&words::clean(&title), 76));
        if let Some(verdict) = self.verdict {
            out.text([MARGIN, 215], 56, "", &label::shortened(&headline(self.context, verdict), 126));
        }
        for layer in [body, marks, labels, below] {
            out.raw(&layer.0);
        }
        out.raw("</svg>\n");
        out.0
    }

    fn definitions(&self, out: &mut Svg) {
        out.raw("<defs>\n");
        let mut used = self.tints.clone();
        used.sort_unstable();
        used.dedup();
        for tint in used.into_iter().filter(|&t| !style::HATCHES[t].is_empty()) {
            out.raw(&format!(
                "<pattern id=\"lm-h{tint}\" width=\"36\" height=\"36\" patternUnits=\"userSpaceOnUse\">\
                 <path d=\"{}\" fill=\"none\" stroke=\"#000\" stroke-opacity=\".3\" stroke-width=\"{}\" stroke-linecap=\"round\"/></pattern>\n",
                style::HATCHES[tint],
                if tint == 5 { 9 } else { 3 }
            ));
        }
        for (area, rings) in self.areas.iter().enumerate().filter(|(_, rings)| !rings.is_empty()) {
            out.raw(&format!("<path id=\"lm-a{}\" fill-rule=\"evenodd\" d=\"", area + 1));
            out.path(rings, true);
            out.raw("\"/>\n");
        }
        out.raw(marks::PATTERNS);
        out.raw("</defs>\n");
    }

    fn fills(&self, out: &mut Svg) {
        let nowhere = lines::outline(&self.borders, |m| self.area_of(m) == NONE);
        if !nowhere.is_empty() {
            out.shape(&nowhere, &format!("fill=\"{}\" stroke=\"{}\" stroke-width=\"6\"", style::NO_AREA, style::INK));
        }
        for (area, tint) in self.tints.iter().enumerate().filter(|(area, _)| !self.areas[*area].is_empty()) {
            out.raw(&format!("<use href=\"#lm-a{}\" fill=\"{}\"/>\n", area + 1, style::TINTS[*tint]));
            if !style::HATCHES[*tint].is_empty() {
                out.raw(&format!("<use href=\"#lm-a{}\" fill=\"url(#lm-h{tint})\"/>\n", area + 1));
            }
        }
        self.specks(out);
    }

    /// A ring around each municipality that is too small to be seen.
    fn specks(&self, out: &mut Svg) {
        const VISIBLE: i32 = 16;
        let mut boxes: Vec<Option<[Point; 2]>> = vec![None; self.context.territory.len()];
        for border in &self.borders {
            for owner in [border.along, border.against].into_iter().filter(|&o| o != OUTSIDE) {
                let known = &mut boxes[owner as usize];
                let [low, high] = known.unwrap_or([border.a; 2]);
                let (a, b) = (border.a, border.b);
                *known = Some([
                    [low[0].min(a[0]).min(b[0]), low[1].min(a[1]).min(b[1])],
                    [high[0].max(a[0]).max(b[0]), high[1].max(a[1]).max(b[1])],
                ]);
            }
        }
        for (m, [low, high]) in boxes.iter().enumerate().filter_map(|(m, b)| b.map(|b| (m, b))) {
            if (high[0] - low[0]).max(high[1] - low[1]) < VISIBLE {
                let fill =
                    self.tints.get(self.area_of(index_u32(m)) as usize).map_or(style::NO_AREA, |&t| style::TINTS[t]);
                let (x, y) = (i32::midpoint(low[0], high[0]), i32::midpoint(low[1], high[1]));
                out.raw(&format!(
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"12\" fill=\"{fill}\" stroke=\"{}\" stroke-width=\"4\"/>\n",
                    style::INK
                ));
            }
        }
    }

    fn borderlines(&self, out: &mut Svg) {
        let both = |b: &&Border| b.along != OUTSIDE && b.against != OUTSIDE;
        let within = |b: &&Border| both(b) && self.area_of(b.along) == self.area_of(b.against);
        let thin = lines::chains(self.borders.iter().filter(within).map(|b| (b.a, b.b)));
        out.line(&thin, "stroke=\"#fff\" stroke-width=\"7\" stroke-opacity=\".7\"");
        out.line(&thin, "stroke=\"#444\" stroke-width=\"3\"");
        let outer = |b: &&Border| !within(b);
        let (small, large): (Vec<_>, Vec<_>) =
            lines::chains(self.borders.iter().filter(outer).map(|b| (b.a, b.b))).into_iter().partition(|l| is_small(l));
        out.line(&large, &format!("stroke=\"{}\" stroke-width=\"9\" stroke-linecap=\"round\"", style::INK));
        // A thick line would blacken an exclave of a few units.
        out.line(&small, &format!("stroke=\"{}\" stroke-width=\"3\"", style::INK));
        if let Some(division) = self.division {
            let zone = |m: u32| division.of.get(m as usize).copied().flatten();
            let across = |b: &&Border| both(b) && zone(b.along) != zone(b.against);
            let lines = lines::chains(self.borders.iter().filter(across).map(|b| (b.a, b.b)));
            out.line(&lines, "stroke=\"#fff\" stroke-width=\"22\"");
            out.line(&lines, legend::REGION_LINE);
        }
    }

    /// The number of each area, with its name where that fits; the largest first.
    fn labels(&self, out: &mut Svg, taken: &mut Taken) {
        let mut order: Vec<(Spot, usize)> =
            self.spots.iter().enumerate().filter_map(|(area, spot)| spot.map(|s| (s, area))).collect();
        order.sort_by(|x, y| y.0.room.total_cmp(&x.0.room).then(x.1.cmp(&y.1)));
        for (spot, area) in order {
            let number = (area + 1).to_string();
            let name = words::clean(&self.plan.areas[area]);
            let fits = [46, 40, 34].into_iter().find_map(|size| {
                let names = label::name_lines(&name, 12);
                let widest = names.iter().map(|l| label::text_width(l, size)).max().unwrap_or(0);
                let rows = i32::try_from(names.len()).unwrap_or(i32::MAX / 1000) + 1;
                let half = [widest / 2 + 6, rows * size * 27 / 50];
                let inside = f64::from(half[0]) < 2.5 * spot.room && f64::from(half[1]) < 2.0 * spot.room;
                (inside && rows < 6)
                    .then(|| taken.place(spot.at, half, &[[0, 0]]))
                    .flatten()
                    .map(|at| (size, at, names, half))
            });
            match fits {
                Some((size, at, names, half)) => {
                    let mut y = at[1] - half[1] + size * 9 / 10;
                    out.halo([at[0], y], size, " font-weight=\"bold\"", &number);
                    for line in names {
                        y += size * 27 / 25;
                        out.halo([at[0], y], size, "", &line);
                    }
                }
                None => {
                    let half = [label::text_width(&number, 50) / 2 + 8, 28];
                    let shifts = [[0, 0], [0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1]];
                    let at = taken.place(spot.at, half, &shifts).unwrap_or(spot.at);
                    out.halo([at[0], at[1] + 17], 50, " font-weight=\"bold\"", &number);
                }
            }
        }
    }

    fn footer(&self, out: &mut Svg, schematic: bool, mut y: i32) -> i32 {
        let lang = self.context.lang;
        let mut sentences = Vec::new();
        if schematic {
            sentences.push(say(lang, "map.schematic", &[]));
        }
        sentences.extend(self.missing());
        sentences.push(rests_on(self.context));
        y += 30;
        for line in super::table::wrap(&sentences.join(" "), 165) {
            y += 54;
            out.text([MARGIN, y], 42, " fill=\"#444\"", &line);
        }
        y + MARGIN
    }

    /// Says how many municipalities can't be drawn, if any.
    fn missing(&self) -> Option<String> {
        let shapes = self.context.territory.shapes()?;
        let n = shapes.polygons.iter().filter(|p| p.0.is_empty()).count();
        (n > 0).then(|| {
            say(self.context.lang, "map.without-shape", &[("n", &words::number(self.context.lang, count(n), 0))])
        })
    }

    fn description(&self, schematic: bool) -> String {
        let lang = self.context.lang;
        let number = |n: usize| words::number(lang, count(n), 0);
        let values = [("n", number(self.context.territory.len())), ("areas", number(self.plan.areas.len()))];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut sentences = vec![say(lang, "map.description", &values)];
        if schematic {
            sentences.push(say(lang, "map.schematic", &[]));
        }
        sentences.extend(self.missing());
        if let Some(verdict) = self.verdict {
            sentences.push(headline(self.context, verdict));
        }
        let told = self.findings().filter(|f| f.severity != Severity::Note);
        sentences.extend(
            told.take(legend::MOST_FINDINGS)
                .map(|f| format!("{}: {}", f.code, words::finding(lang, f, self.context.territory))),
        );
        sentences.join(" ")
    }
}

/// Whether a line stays within a box that is lost on a printed page.
fn is_small(line: &[Point]) -> bool {
    const SMALL: i32 = 60;
    (0..2).all(|i| {
        let (low, high) = line.iter().fold((i32::MAX, i32::MIN), |(low, high), p| (low.min(p[i]), high.max(p[i])));
        high - low < SMALL
    })
}
