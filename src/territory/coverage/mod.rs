//! Do the polygons fit together? Overlaps, gaps, slivers, and the borders they share.

mod common;
mod fabric;
mod grid;
mod ground;
mod matching;
mod noding;
mod overlap;
mod sight;
mod strips;
mod validity;
mod voids;

use std::collections::BTreeMap;
use std::ops::Range;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::adjacency::{Link, LinkKind};
use super::plane::{Crs, PlaneError};
use fabric::{Fabric, NOBODY};
use grid::Grid;
use ground::Ground;
use matching::Matching;
use noding::Noding;
use overlap::Overlap;
use strips::Strip;
use voids::Hole;
pub use voids::Void;

/// The polygons of a boundary file as it gives them, in flat arrays; filled by the readers in `io`.
#[derive(Debug, Clone, Default)]
pub struct Boundaries {
    /// In the order of the file, those without usable geometry included.
    pub features: Vec<Feature>,
    /// Rings of all features, in the order of the features.
    pub rings: Vec<Ring>,
    /// Positions (x, y: metres or degrees, longitude first) of all rings, one after another; the closing position is dropped.
    pub coords: Vec<[f64; 2]>,
    /// The coordinate system that the positions are in.
    pub crs: Crs,
    /// What the reader saw: unclosed rings, positions that are no numbers, null geometry, ...
    pub problems: Vec<Problem>,
}

/// A feature of a boundary file.
#[derive(Debug, Clone, Default)]
pub struct Feature {
    /// Its code (the key property), as text.
    pub code: String,
    /// Its name, where the file has one.
    pub name: Option<String>,
    /// Where it stands, for messages: `feature 12`, `record 3`.
    pub place: String,
    /// Its rings, positions in [`Boundaries::rings`]; empty for null, empty or unusable geometry.
    pub rings: Range<u32>,
    /// The other properties.
    pub properties: Vec<(String, Value)>,
}

/// A property's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number.
    Number(f64),
    /// Text, or anything else as it stands in the file.
    Text(String),
}

/// A ring of a polygon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ring {
    /// First position in [`Boundaries::coords`].
    pub start: u32,
    /// Number of positions, the closing one not counted.
    pub len: u32,
    /// The feature it belongs to.
    pub feature: u32,
    /// Which of the feature's parts (from 0) it belongs to.
    pub part: u32,
    /// True for a hole.
    pub hole: bool,
}

/// Something wrong with a boundary file, with its place and size.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Stable code: `B` and three digits.
    pub code: &'static str,
    /// Kind, in words a script can compare: `overlap`, `gap`, `sliver`, `invalid-ring`, `duplicate-code`, ...
    pub kind: &'static str,
    /// Codes of the municipalities concerned, sorted.
    pub municipalities: Vec<String>,
    /// Metres along the border, where that says something.
    pub length_m: Option<f64>,
    /// Square metres, where that says something.
    pub area_m2: Option<f64>,
    /// Greatest width in metres, where that says something.
    pub width_m: Option<f64>,
    /// Where, in the file's coordinates.
    pub place: Option<[f64; 2]>,
    /// Where in the file: `feature 12`, `record 3`, `line 7`.
    pub at: Option<String>,
    /// What is wrong, in a few words of English for the log; the report has its own sentence by code.
    pub detail: String,
}

impl Problem {
    /// A problem of this code, with the kind that belongs to it and nothing else yet.
    ///
    /// # Panics
    ///
    /// A code that is not in [`PROBLEMS`]: a fault of the program.
    #[must_use]
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        let kind = PROBLEMS.iter().find(|p| p.0 == code).expect("every problem has a code of the list").1;
        Self {
            code,
            kind,
            municipalities: Vec::new(),
            length_m: None,
            area_m2: None,
            width_m: None,
            place: None,
            at: None,
            detail: detail.into(),
        }
    }
}

/// The codes of all problems, with the kind of each.
pub const PROBLEMS: &[(&str, &str)] = &[
    ("B101", "unclosed-ring"),
    ("B102", "invalid-ring"),
    ("B103", "invalid-ring"),
    ("B104", "empty-geometry"),
    ("B105", "not-a-polygon"),
    ("B106", "invalid-ring"),
    ("B107", "wrong-orientation"),
    ("B109", "hole-outside-shell"),
    ("B201", "duplicate-code"),
    ("B202", "missing-code"),
    ("B203", "unreadable-feature"),
    ("B301", "overlap"),
    ("B302", "gap"),
    ("B303", "sliver"),
    ("B304", "overlap"),
    ("B305", "hole"),
    ("B306", "near-miss"),
    ("B401", "elsewhere"),
    ("B402", "lost-character"),
];

/// How to examine a coverage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExamineOptions {
    /// How far apart borders may lie and still count as shared, in metres.
    pub tolerance_m: f64,
    /// How far apart borders may lie to be reported as a gap, an overlap or a sliver, in metres.
    pub search_m: f64,
    /// Whether to look for voids (links, overlaps, open gaps and faults of single polygons are always found).
    pub problems: bool,
}

impl Default for ExamineOptions {
    fn default() -> Self {
        Self { tolerance_m: 0.0, search_m: 10.0, problems: true }
    }
}

/// Two municipalities whose borders run close by without being shared: they would be linked at a greater tolerance.
#[derive(Debug, Clone, PartialEq)]
pub struct NearMiss {
    /// Position of the first feature; `a < b`.
    pub a: u32,
    /// Position of the second.
    pub b: u32,
    /// Metres of border that run close by.
    pub length_m: f64,
    /// Greatest distance between them, metres: a tolerance of as much counts all of it.
    pub width_m: f64,
}

/// What an examination finds.
#[derive(Debug, Clone, Default)]
pub struct Examination {
    /// Name of the plane on which lengths and areas were measured.
    pub plane: String,
    /// Who touches whom: positions in [`Boundaries::features`]; sorted, each pair once.
    pub links: Vec<Link>,
    /// Pairs without a common border that run within [`ExamineOptions::search_m`] of each other; sorted.
    pub near: Vec<NearMiss>,
    /// Everything wrong, those that the reader saw included; sorted by code and municipalities.
    pub problems: Vec<Problem>,
    /// Larger places that the coverage encloses and nobody covers: worth knowing, not wrong.
    pub voids: Vec<Void>,
    /// Positions of [`Boundaries::coords`] on the plane, metres.
    pub projected: Vec<[f64; 2]>,
    /// Area of each feature, m2.
    pub area_m2: Vec<f64>,
    /// Perimeter of each feature (all rings), m.
    pub perimeter_m: Vec<f64>,
}

/// Examines a coverage: what is wrong with it, and who touches whom with metres of common border.
///
/// A border is shared where two polygons walk the same line in opposite directions. Lines that do not match vertex by
/// vertex are noded first; places within 0.1 mm are the same (the rounding of nine decimals of a degree). With a
/// tolerance, lines that face each other across a gap or an overlap no wider than it count too. Matching is done on
/// the coordinates of the file, lengths are measured on the plane.
///
/// A tolerance decides what counts as a common border; it hides nothing. Whatever two polygons both cover is an overlap,
/// one for each pair: its area is that of all parts together, however thin, and its place lies in the largest. Left out
/// is only what is nowhere wider than 0.1 mm, or less than 10 cm2 in all. Whatever the coverage encloses and nobody
/// covers is a gap if it is narrow (no wider than [`ExamineOptions::search_m`] on the mean), and a void if it is not; as
/// is a narrow stretch between two borders that is open at an end a gap. Gaps between the same two municipalities are
/// one, with the place of the largest; where their borders also overlap, a sliver. What narrows to 0.1 mm ends there.
///
/// Time is proportional to the number of vertices
/// (times the logarithm of a sort), and memory to about 100 bytes a vertex.
///
/// Terms (valid coverage, gap, overlap, edge-matched) as in the JTS Topology Suite, package `org.locationtech.jts.coverage`.
///
/// # Errors
///
/// A coordinate system that can't be brought to a plane.
pub fn examine(boundaries: &Boundaries, options: ExamineOptions) -> Result<Examination, PlaneError> {
    let fabric = Fabric::new(boundaries)?;
    let matching = matching::exact(&fabric);
    let (mut problems, repeated) = validity::examine(&fabric);
    let noding = noding::node(&fabric, &matching);
    let ground = Ground::new(&fabric);
    let mut overlaps = overlap::find(&ground, &matching, &noding)?;
    let holes = if options.problems { voids::find(&ground, &noding)? } else { Vec::new() };
    let (narrow, wide): (Vec<Hole>, Vec<Hole>) = holes.into_iter().partition(|h| h.mean_width_m() <= options.search_m);
    let reach = options.search_m.max(options.tolerance_m);
    let strips = strips::find(&noding, &overlaps, &voids::stretches(&narrow), reach, options.tolerance_m);
    let mut links = borders(&fabric, &matching, &noding, &strips);
    overlaps.retain(|o| !o.is_rounding());
    let mut contacts = points(&fabric, &matching, &noding, &repeated, options.tolerance_m);
    contacts.retain(|pair| links.binary_search_by_key(pair, |l| (l.a, l.b)).is_err());
    // Corners that overlap within the tolerance in both directions are one point; who overlaps more does not touch.
    let point_m2 = 4.0 * options.tolerance_m * options.tolerance_m;
    let apart = |o: &Overlap| o.area_m2 > point_m2;
    contacts.retain(|pair| !overlaps.binary_search_by_key(pair, |o| (o.a, o.b)).is_ok_and(|i| apart(&overlaps[i])));
    links.extend(contacts.into_iter().map(|(a, b)| Link::point(a as usize, b as usize)));
    links.sort_unstable_by_key(|l| (l.a, l.b));
    problems.extend(boundaries.problems.iter().cloned());
    problems.extend(duplicate_codes(boundaries));
    problems.extend(overlaps.iter().map(|o| overlap_problem(&fabric, o, &strips)));
    problems.extend(gap_problems(&fabric, &narrow, &strips, &overlaps));
    let voids = wide
        .iter()
        .map(|hole| Void {
            municipalities: pair_codes(&fabric, &hole.features),
            area_m2: hole.area_m2,
            perimeter_m: hole.perimeter_m,
            place: fabric.unflatten(hole.place),
        })
        .collect();
    problems.sort_by(|x, y| {
        let key = |p: &Problem| (p.code, p.municipalities.clone(), p.at.clone());
        let place = |p: &Problem| p.place.unwrap_or_default();
        key(x).cmp(&key(y)).then(place(x)[0].total_cmp(&place(y)[0])).then(place(x)[1].total_cmp(&place(y)[1]))
    });
    let near = near_misses(&strips, &links);
    let (area_m2, perimeter_m) = sizes(&fabric);
    Ok(Examination {
        plane: fabric.plane.name,
        links,
        near,
        problems,
        voids,
        projected: fabric.projected,
        area_m2,
        perimeter_m,
    })
}

/// The polygon of a feature, with positions on the plane; empty for a feature without geometry.
#[must_use]
pub fn shape(boundaries: &Boundaries, projected: &[[f64; 2]], feature: usize) -> MultiPolygon<f64> {
    let range = boundaries.features[feature].rings.clone();
    let mut parts: BTreeMap<u32, (Option<LineString>, Vec<LineString>)> = BTreeMap::new();
    for ring in &boundaries.rings[range.start as usize..range.end as usize] {
        let mut line: Vec<Coord<f64>> =
            fabric::positions(projected, ring).iter().map(|&[x, y]| Coord { x, y }).collect();
        line.extend(line.first().copied());
        let part = parts.entry(ring.part).or_default();
        if ring.hole { part.1.push(LineString(line)) } else { part.0 = Some(LineString(line)) }
    }
    parts.into_values().filter_map(|(shell, holes)| Some(Polygon::new(shell?, holes))).collect()
}

/// All common borders, summed in the order of the first feature's rings, so that no thread changes a bit.
fn borders(fabric: &Fabric<'_>, matching: &Matching, noding: &Noding, strips: &[Strip]) -> Vec<Link> {
    let boundaries = fabric.boundaries;
    let mut found: Vec<(u32, u32, f64, f64)> = (0..boundaries.features.len())
        .into_par_iter()
        .with_min_len(64)
        .flat_map_iter(|feature| {
            let a = super::index_u32(feature);
            let mut sums: Vec<(u32, u32, f64, f64)> = Vec::new();
            let range = boundaries.features[feature].rings.clone();
            for ring in &boundaries.rings[range.start as usize..range.end as usize] {
                for s in ring.start as usize..(ring.start + ring.len) as usize {
                    let b = matching.partner[s];
                    if b == NOBODY || b <= a {
                        continue;
                    }
                    let length = fabric.length_m(s);
                    match sums.iter_mut().rev().find(|sum| sum.1 == b) {
                        Some(sum) => sum.2 += length,
                        None => sums.push((a, b, length, 0.0)),
                    }
                }
            }
            sums
        })
        .collect();
    found.extend(matching.extra.iter().map(|&(a, b, s)| (a, b, fabric.length_m(s as usize), 0.0)));
    found.extend(noding.borders.iter().map(|&(a, b, length)| (a, b, length, 0.0)));
    found.extend(
        strips
            .iter()
            .filter(|s| s.within_tolerance_m > 0.0)
            .map(|s| (s.a, s.b, s.within_tolerance_m, s.within_tolerance_m)),
    );
    found.sort_by(|x, y| (x.0, x.1).cmp(&(y.0, y.1)).then(x.3.total_cmp(&y.3)).then(y.2.total_cmp(&x.2)));
    found
        .chunk_by(|x, y| (x.0, x.1) == (y.0, y.1))
        .map(|pair| Link {
            within_tolerance_m: pair.iter().map(|p| p.3).sum(),
            ..Link::border(pair[0].0 as usize, pair[0].1 as usize, pair.iter().map(|p| p.2).sum())
        })
        .collect()
}

/// Pairs that have a point in common, sorted.
///
/// A point contact lies at a position where the neighbour changes along a ring, where a feature meets itself, or at a
/// node of the noding; nowhere else can a third polygon come in.
fn points(
    fabric: &Fabric<'_>,
    matching: &Matching,
    noding: &Noding,
    repeated: &[u32],
    tolerance: f64,
) -> Vec<(u32, u32)> {
    let bits = |p: usize| {
        let [x, y] = fabric.at(p);
        ((x + 0.0).to_bits(), (y + 0.0).to_bits())
    };
    let node_at: FxHashMap<(u64, u64), u32> = noding.node_of.iter().map(|&(p, n)| (bits(p as usize), n)).collect();
    let place =
        |p: usize| node_at.get(&bits(p)).map_or_else(|| bits(p), |&n| bits(noding.nodes[n as usize].position as usize));
    let twice: FxHashSet<(u64, u64)> = repeated.iter().map(|&p| bits(p as usize)).collect();
    let mut meetings: Vec<((u64, u64), u32)> = (0..fabric.len())
        .into_par_iter()
        .with_min_len(4096)
        .filter(|&i| {
            let (before, after) = (matching.partner[fabric.previous(i)], matching.partner[i]);
            (before != after && (before != NOBODY || after != NOBODY))
                || (!twice.is_empty() && twice.contains(&bits(i)))
        })
        .map(|i| (place(i), fabric.feature(i)))
        .collect();
    let representative = |n: u32| bits(noding.nodes[n as usize].position as usize);
    meetings.extend(noding.contacts.iter().map(|&(node, feature)| (representative(node), feature)));
    meetings.par_sort_unstable();
    meetings.dedup();
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for group in meetings.chunk_by(|a, b| a.0 == b.0) {
        for (i, &(_, a)) in group.iter().enumerate() {
            pairs.extend(group[i + 1..].iter().map(|&(_, b)| (a, b)));
        }
    }
    if tolerance > 0.0 {
        pairs.extend(close_corners(noding, tolerance));
    }
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

/// Pairs of features whose corners lie within the tolerance of each other.
fn close_corners(noding: &Noding, tolerance: f64) -> Vec<(u32, u32)> {
    let at = |contact: &(u32, u32)| noding.nodes[contact.0 as usize].flat;
    let grid = Grid::new(noding.contacts.iter().map(|c| grid::around(at(c), at(c), 0.0)).collect());
    noding
        .contacts
        .par_iter()
        .with_min_len(64)
        .flat_map_iter(|contact| {
            let here = at(contact);
            let mut near = Vec::new();
            grid.visit(&grid::around(here, here, tolerance), |other| {
                let other = noding.contacts[other as usize];
                if other.1 > contact.1 && fabric::distance(here, at(&other)) <= tolerance {
                    near.push((contact.1, other.1));
                }
            });
            near
        })
        .collect()
}

fn duplicate_codes(boundaries: &Boundaries) -> Vec<Problem> {
    let mut by_code: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for feature in &boundaries.features {
        by_code.entry(feature.code.trim()).or_default().push(&feature.place);
    }
    by_code.remove("");
    by_code
        .into_iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(code, places)| Problem {
            municipalities: vec![code.to_owned()],
            at: Some(places.join(", ")),
            ..Problem::new("B201", format!("{} features carry this code", places.len()))
        })
        .collect()
}

fn pair_codes(fabric: &Fabric<'_>, features: &[u32]) -> Vec<String> {
    let mut codes: Vec<String> = features.iter().map(|&f| fabric.code(f)).collect();
    codes.sort();
    codes.dedup();
    codes
}

fn overlap_problem(fabric: &Fabric<'_>, o: &Overlap, strips: &[Strip]) -> Problem {
    let strip = strips.binary_search_by_key(&(o.a, o.b), |s| (s.a, s.b)).ok().map(|i| strips[i]);
    // Wider than was searched in places: then the strip tells of its rims only. Much more: of what only seems to overlap.
    let strip = strip.filter(|s| o.area_m2 < 1.5 * s.overlap_m2 && s.overlap_m2 < 1.5 * o.area_m2);
    let (code, detail) = if o.same { ("B304", "the same polygon twice") } else { ("B301", "the polygons overlap") };
    Problem {
        municipalities: pair_codes(fabric, &[o.a, o.b]),
        length_m: strip.map(|s| s.overlap_m),
        area_m2: Some(o.area_m2),
        width_m: strip.map(|s| s.overlap_width_m),
        place: Some(fabric.unflatten(o.place)),
        ..Problem::new(code, detail)
    }
}

/// A narrow place that nobody covers, enclosed or open at an end.
struct Gap {
    /// Sorted.
    features: Vec<u32>,
    area_m2: f64,
    length_m: f64,
    width_m: f64,
    /// Where it is widest, in the metric image of the file.
    place: [f64; 2],
}

/// Gaps: narrow places that nobody covers, enclosed or open at an end; those between the same two are one. Where their
/// borders cross to and fro, they are slivers.
fn gap_problems(fabric: &Fabric<'_>, narrow: &[Hole], strips: &[Strip], overlaps: &[Overlap]) -> Vec<Problem> {
    let strip_of = |pair: (u32, u32)| strips.binary_search_by_key(&pair, |s| (s.a, s.b)).ok().map(|i| &strips[i]);
    let overlapping = |pair: (u32, u32)| overlaps.binary_search_by_key(&pair, |o| (o.a, o.b)).is_ok();
    let open = strips.iter().filter(|s| s.open_m > 0.0 && s.is_narrow(s.open_m, s.open_m2, s.open_width_m));
    let mut gaps: Vec<Gap> = narrow
        .iter()
        .map(|h| Gap {
            features: h.features.clone(),
            area_m2: h.area_m2,
            length_m: h.perimeter_m / 2.0,
            width_m: h.width_m,
            place: h.place,
        })
        .chain(open.map(|s| Gap {
            features: vec![s.a, s.b],
            area_m2: s.open_m2,
            length_m: s.open_m,
            width_m: s.open_width_m,
            place: s.place,
        }))
        .collect();
    // What is no wider than the noding distance is one line, rounded twice.
    gaps.retain(|gap| gap.area_m2 > fabric::NODING_M * gap.length_m);
    gaps.sort_by(|x, y| {
        let place = x.place[0].total_cmp(&y.place[0]).then(x.place[1].total_cmp(&y.place[1]));
        x.features.cmp(&y.features).then(y.area_m2.total_cmp(&x.area_m2)).then(place)
    });
    let crossing = |pair: (u32, u32)| {
        strip_of(pair).is_some_and(|s| s.overlap_m > 0.0 && (overlapping(pair) || s.overlap_m2 > 0.1 * s.gap_m2))
    };
    let problem = |run: &[Gap]| {
        let (code, detail) = match run[0].features[..] {
            [a, b] if crossing((a, b)) => ("B303", "the borders cross to and fro"),
            [_, _] => ("B302", "a gap lies between the borders"),
            _ => ("B302", "a narrow place that nobody covers"),
        };
        Problem {
            municipalities: pair_codes(fabric, &run[0].features),
            length_m: Some(run.iter().map(|g| g.length_m).sum()),
            area_m2: Some(run.iter().map(|g| g.area_m2).sum()),
            width_m: Some(run.iter().map(|g| g.width_m).fold(0.0, f64::max)),
            place: Some(fabric.unflatten(run[0].place)),
            ..Problem::new(code, detail)
        }
    };
    gaps.chunk_by(|x, y| x.features.len() == 2 && x.features == y.features).map(problem).collect()
}

fn near_misses(strips: &[Strip], links: &[Link]) -> Vec<NearMiss> {
    let bordering = |s: &Strip| {
        links.binary_search_by_key(&(s.a, s.b), |l| (l.a, l.b)).is_ok_and(|i| links[i].kind == LinkKind::Border)
    };
    strips
        .iter()
        .filter(|s| s.is_narrow(s.gap_m + s.overlap_m, s.gap_m2 + s.overlap_m2, s.gap_width_m) && !bordering(s))
        .map(|s| NearMiss {
            a: s.a,
            b: s.b,
            length_m: s.gap_m + s.overlap_m,
            width_m: s.gap_width_m.max(s.overlap_width_m),
        })
        .collect()
}

/// Area and perimeter of each feature.
fn sizes(fabric: &Fabric<'_>) -> (Vec<f64>, Vec<f64>) {
    let boundaries = fabric.boundaries;
    boundaries
        .features
        .par_iter()
        .map(|feature| {
            let rings = &boundaries.rings[feature.rings.start as usize..feature.rings.end as usize];
            rings.iter().fold((0.0, 0.0), |(area, perimeter), ring| {
                let own = fabric::signed_area(fabric::positions(&fabric.projected, ring)).abs();
                let length: f64 =
                    (ring.start as usize..(ring.start + ring.len) as usize).map(|s| fabric.length_m(s)).sum();
                (if ring.hole { area - own } else { area + own }, perimeter + length)
            })
        })
        .unzip()
}
