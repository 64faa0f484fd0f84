//! What changes hands as a table (CSV) and as an alluvial chart (SVG): actors of before on the left, areas on the right.

use std::fmt::Write as _;

use super::super::boundaries::Rows;
use super::super::map::label::shortened;
use super::super::map::svg::Svg;
use super::{Consulted, how};
use crate::consultation::hands::{Flow, Hands};
use crate::plan::Plan;
use crate::territory::index_u32;
use crate::words::{clean, number};

/// What changes hands by some plans, one row an actor and municipality: with the actors of the consultation and their homes.
///
/// Columns: `plan`, `actor`, `kind`, `nis`, `municipality`, `homes` (empty: not known), `area` (empty: the plan gives none),
/// `successor` (actors and companies separated by `;`), `by` (how the successor is known), `stays` (true where the actor
/// itself carries on there).
#[must_use]
pub fn flows_csv<'p>(all: &Consulted<'_>, plans: impl IntoIterator<Item = (&'p Plan, &'p Hands)>) -> Vec<u8> {
    let mut rows =
        Rows::new(&["plan", "actor", "kind", "nis", "municipality", "homes", "area", "successor", "by", "stays"]);
    for (plan, hands) in plans {
        for flow in &hands.flows {
            let actor = &all.consultation.actors[flow.actor];
            let municipality = &all.context.territory.municipalities()[flow.municipality];
            let (area, (by, successor)) = match flow.area {
                Some(area) => (
                    plan.areas[area as usize].as_str(),
                    how(&hands.areas[area as usize].successor, &all.consultation.actors),
                ),
                None => ("", ("", Vec::new())),
            };
            rows.row(&[
                &plan.name,
                &actor.name,
                &actor.kind,
                &municipality.code,
                &municipality.name,
                &flow.homes.map_or_else(String::new, |n| n.to_string()),
                area,
                &successor.join(";"),
                by,
                if flow.stays { "true" } else { "false" },
            ]);
        }
    }
    rows.bytes()
}

const WIDTH: f64 = 1400.0;
/// Where the columns of the chart stand, and how wide they are.
const LEFT: f64 = 440.0;
const RIGHT: f64 = 880.0;
const BAR: f64 = 18.0;
const TOP: f64 = 120.0;
const GAP: f64 = 10.0;
/// Least height of a place on the left (one line of text) and on the right (two lines).
const LEAST: [f64; 2] = [24.0, 44.0];
/// Most letters of a label on the left and on the right.
const LETTERS: [usize; 2] = [34, 50];

/// The homes of an actor that go to one area, or to none.
struct Band {
    actor: usize,
    area: Option<u32>,
    homes: u64,
    unknown: bool,
    stays: bool,
}

/// A place in a column: where it begins, how high its bar is, and what of it is taken by bands.
#[derive(Clone, Copy)]
struct Place {
    top: f64,
    height: f64,
    taken: f64,
}

/// The chart of what a plan makes change hands; none where no actor is active in what it covers.
///
/// Widths are to scale by homes. What stays is blue and plain, what changes hands is orange and hatched, so that it shows
/// without colour too; a number that is not known is a dashed line. Labels have places of their own and do not overlap.
pub(super) fn flows_svg(all: &Consulted<'_>, plan: &Plan, hands: &Hands) -> Option<String> {
    let bands = bands(hands);
    let total: u64 = bands.iter().map(|b| b.homes).sum();
    let mut actors: Vec<usize> = bands.iter().map(|b| b.actor).collect();
    actors.dedup();
    if actors.is_empty() {
        return None;
    }
    let outside = index_u32(plan.areas.len());
    let mut areas: Vec<u32> = bands.iter().map(|b| b.area.unwrap_or(outside)).collect();
    areas.sort_unstable();
    areas.dedup();
    // Each actor stands about as high as where its homes go: fewer bands cross.
    let centre = |actor: usize| {
        let own = bands.iter().filter(|b| b.actor == actor);
        let (sum, weight) = own.fold((0u128, 0u128), |(sum, weight), b| {
            let (homes, at) = (u128::from(b.homes) + 1, areas.binary_search(&b.area.unwrap_or(outside)).unwrap_or(0));
            (sum + homes * at as u128, weight + homes)
        });
        (sum * 1000 / weight.max(1), actor)
    };
    actors.sort_by_cached_key(|&a| centre(a));
    let scale = (30.0 * as_f64(actors.len().max(areas.len()) as u64)).max(500.0) / as_f64(total.max(1));
    let homes_of = |pick: &dyn Fn(&Band) -> bool| bands.iter().filter(|b| pick(b)).map(|b| b.homes).sum::<u64>();
    let left: Vec<u64> = actors.iter().map(|&a| homes_of(&|b| b.actor == a)).collect();
    let right: Vec<u64> = areas.iter().map(|&a| homes_of(&|b| b.area.unwrap_or(outside) == a)).collect();
    let (mut from, low) = places(&left, scale, LEAST[0]);
    let (mut to, lower) = places(&right, scale, LEAST[1]);
    let height = low.max(lower) + 20.0;

    let lang = all.context.lang;
    let shown = |n: u64| number(lang, as_f64(n), 0);
    let mut ribbons = Svg::default();
    for (i, &actor) in actors.iter().enumerate() {
        for band in bands.iter().filter(|b| b.actor == actor) {
            let area = band.area.unwrap_or(outside);
            let Ok(j) = areas.binary_search(&area) else { continue };
            let title = all.say(
                "flow.band",
                &[("actor", all.actor(actor)), ("homes", &shown(band.homes)), ("area", &target(all, plan, band.area))],
            );
            ribbon(&mut ribbons, band, scale, &mut from[i], &mut to[j], &title);
        }
    }
    let mut labels = Svg::default();
    for (i, (&actor, place)) in actors.iter().zip(&from).enumerate() {
        bar(&mut labels, LEFT, place);
        let text = format!("{} ({})", shortened(&clean(all.actor(actor)), LETTERS[0]), shown(left[i]));
        label(&mut labels, [LEFT - 8.0, place.top + place.height / 2.0 + 5.0], "end", &text);
    }
    for ((&area, place), homes) in areas.iter().zip(&to).zip(&right) {
        bar(&mut labels, RIGHT, place);
        let middle = place.top + place.height / 2.0;
        let known = hands.areas.get(area as usize);
        let name = target(all, plan, known.map(|a| a.area));
        let text = format!("{} ({})", shortened(&clean(&name), LETTERS[0]), shown(*homes));
        label(&mut labels, [RIGHT + BAR + 8.0, middle - 3.0], "start", &text);
        if let Some(known) = known {
            let successor = shortened(&all.successor(&known.successor), LETTERS[1]);
            label(&mut labels, [RIGHT + BAR + 8.0, middle + 15.0], "start", &successor);
        }
    }

    let values = [
        ("plan", plan.name.clone()),
        ("stays", shown(homes_of(&|b| b.stays))),
        ("moves", shown(homes_of(&|b| !b.stays && b.area.is_some()))),
        ("outside", shown(homes_of(&|b| b.area.is_none()))),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let title = all.say("flow.title", &values[..1]);
    let mut out = Svg::default();
    out.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-labelledby=\"lf-title lf-desc\" \
         lang=\"{lang}\" font-family=\"'Source Sans 3','Segoe UI','Helvetica Neue',Arial,sans-serif\" font-size=\"16\" fill=\"#1A1A1A\">\n"
    ));
    out.element("title", " id=\"lf-title\"", &title);
    out.element("desc", " id=\"lf-desc\"", &description(all, plan, &bands, &values));
    out.raw(&format!(
        "<defs><pattern id=\"lf-moves\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"8\" height=\"8\" fill=\"#F3C567\"/><rect width=\"2\" height=\"8\" fill=\"#8A5A00\"/></pattern></defs>\n\
         <rect width=\"{WIDTH}\" height=\"{height:.0}\" fill=\"#fff\"/>\n"
    ));
    out.element("text", " x=\"20\" y=\"36\" font-size=\"24\" font-weight=\"bold\"", &shortened(&title, 90));
    legend(all, &mut out, &bands);
    out.raw(&ribbons.0);
    out.raw(&labels.0);
    out.raw("</svg>\n");
    Some(out.0)
}

/// Homes by actor and area, of the actors that are active in what the plan covers; sorted by actor, then area, none last.
fn bands(hands: &Hands) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    for own in hands.flows.chunk_by(|x, y| x.actor == y.actor) {
        if own.iter().all(|f| f.area.is_none()) {
            continue;
        }
        let mut own: Vec<&Flow> = own.iter().collect();
        own.sort_by_key(|f| (f.area.unwrap_or(u32::MAX), f.municipality));
        for same in own.chunk_by(|x, y| x.area == y.area) {
            bands.push(Band {
                actor: same[0].actor,
                area: same[0].area,
                homes: same.iter().filter_map(|f| f.homes).sum(),
                unknown: same.iter().any(|f| f.homes.is_none()),
                stays: same[0].stays,
            });
        }
    }
    bands
}

/// One below another, each as high as its homes but no lower than its label; and where they end.
fn places(homes: &[u64], scale: f64, least: f64) -> (Vec<Place>, f64) {
    let mut y = TOP;
    let place = |&homes: &u64| {
        let height = as_f64(homes) * scale;
        let slot = height.max(least);
        let place = Place { top: y + (slot - height) / 2.0, height, taken: 0.0 };
        y += slot + GAP;
        place
    };
    let places = homes.iter().map(place).collect();
    (places, y)
}

fn ribbon(out: &mut Svg, band: &Band, scale: f64, from: &mut Place, to: &mut Place, title: &str) {
    let height = as_f64(band.homes) * scale;
    let (x1, x2, middle) = (LEFT + BAR, RIGHT, f64::midpoint(LEFT + BAR, RIGHT));
    let (y1, y2) = (from.top + from.taken, to.top + to.taken);
    from.taken += height;
    to.taken += height;
    let fill = match (band.stays, band.area) {
        (_, None) => "#D0D0D0",
        (true, _) => "#4A8FC2",
        (false, _) => "url(#lf-moves)",
    };
    out.raw("<g>");
    out.element("title", "", title);
    if band.homes > 0 {
        let (z1, z2) = (y1 + height, y2 + height);
        let _ = writeln!(
            out.0,
            "<path d=\"M{x1} {y1:.1}C{middle} {y1:.1} {middle} {y2:.1} {x2} {y2:.1}V{z2:.1}C{middle} {z2:.1} {middle} {z1:.1} {x1} {z1:.1}Z\" \
             fill=\"{fill}\" fill-opacity=\".8\" stroke=\"#fff\" stroke-width=\"1\"/>"
        );
    }
    if band.unknown || band.homes == 0 {
        let _ = writeln!(
            out.0,
            "<path d=\"M{x1} {y1:.1}C{middle} {y1:.1} {middle} {y2:.1} {x2} {y2:.1}\" fill=\"none\" stroke=\"#1A1A1A\" stroke-width=\"1.5\" \
             stroke-dasharray=\"5 4\"/>"
        );
    }
    out.raw("</g>\n");
}

fn bar(out: &mut Svg, x: f64, place: &Place) {
    let (top, height) = (place.top, place.height.max(2.0));
    out.raw(&format!("<rect x=\"{x}\" y=\"{top:.1}\" width=\"{BAR}\" height=\"{height:.1}\" fill=\"#1A1A1A\"/>\n"));
}

fn label(out: &mut Svg, [x, y]: [f64; 2], anchor: &str, text: &str) {
    out.element("text", &format!(" x=\"{x}\" y=\"{y:.1}\" text-anchor=\"{anchor}\""), text);
}

fn legend(all: &Consulted<'_>, out: &mut Svg, bands: &[Band]) {
    let kinds = [
        ("flow.stays", "fill=\"#4A8FC2\"", bands.iter().any(|b| b.stays)),
        ("flow.moves", "fill=\"url(#lf-moves)\"", bands.iter().any(|b| !b.stays && b.area.is_some())),
        ("flow.outside", "fill=\"#D0D0D0\"", bands.iter().any(|b| b.area.is_none())),
        (
            "flow.unknown",
            "fill=\"#fff\" stroke=\"#1A1A1A\" stroke-dasharray=\"5 4\"",
            bands.iter().any(|b| b.unknown || b.homes == 0),
        ),
    ];
    let mut x = 20.0;
    for (key, paint, _) in kinds.into_iter().filter(|kind| kind.2) {
        out.raw(&format!("<rect x=\"{x}\" y=\"60\" width=\"34\" height=\"18\" {paint}/>\n"));
        let text = all.say(key, &[]);
        out.element("text", &format!(" x=\"{}\" y=\"75\"", x + 42.0), &text);
        x += 80.0 + 9.0 * as_f64(text.chars().count() as u64);
    }
}

/// The chart in words: the sums, and the widest of what changes hands.
fn description(all: &Consulted<'_>, plan: &Plan, bands: &[Band], values: &[(&str, &str)]) -> String {
    const MOST: usize = 12;
    let mut sentences = vec![all.say("flow.description", values)];
    let mut moving: Vec<&Band> = bands.iter().filter(|b| !b.stays && b.area.is_some()).collect();
    moving.sort_by_key(|b| std::cmp::Reverse(b.homes));
    sentences.extend(moving.into_iter().take(MOST).map(|b| {
        let homes = number(all.context.lang, as_f64(b.homes), 0);
        let area = target(all, plan, b.area);
        all.say("flow.band", &[("actor", all.actor(b.actor)), ("homes", &homes), ("area", &area)]) + "."
    }));
    sentences.join(" ")
}

/// Where homes go, in words.
fn target(all: &Consulted<'_>, plan: &Plan, area: Option<u32>) -> String {
    match area.and_then(|a| plan.areas.get(a as usize)) {
        Some(label) => label.clone(),
        None => all.say("flow.outside", &[]),
    }
}

#[expect(clippy::cast_precision_loss, reason = "homes and counts stay far below 2^52")]
fn as_f64(n: u64) -> f64 {
    n as f64
}
