//! Which polygons overlap: evidence from open pieces, then the area by intersection of the two polygons.

use geo::{Area as _, BooleanOps as _, MultiPolygon};
use rayon::prelude::*;

use super::fabric::{Fabric, NODING_M, distance};
use super::grid::{Box4, Grid, around, meet};
use super::matching::Matching;
use super::noding::{Noding, Piece, project_on};
use super::shape;
use super::validity::{crossing, orient, passes};

/// Segments in one box.
const CHUNK: usize = 16;

/// Pairs whose area is measured exactly; beyond, the area is left open.
pub(super) const MEASURED_PAIRS: usize = 20_000;

/// Two features that overlap.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Overlap {
    pub(super) a: u32,
    pub(super) b: u32,
    /// Square metres, if measured.
    pub(super) area_m2: Option<f64>,
    /// In the metric image of the file.
    pub(super) place: [f64; 2],
}

impl Overlap {
    /// Less than the noding distance over ten metres is rounding, not an overlap.
    pub(super) fn is_rounding(&self) -> bool {
        self.area_m2.is_some_and(|m2| m2 <= NODING_M * 10.0)
    }
}

/// Boxes over runs of [`CHUNK`] segments of each ring, so that a polygon is looked at where it matters.
struct Chunks {
    first: Vec<u32>,
    boxes: Vec<Box4>,
}

impl Chunks {
    fn new(fabric: &Fabric<'_>) -> Self {
        let rings = &fabric.boundaries.rings;
        let mut first = Vec::with_capacity(rings.len() + 1);
        let mut count = 0u32;
        for ring in rings {
            first.push(count);
            count += ring.len.div_ceil(16);
        }
        first.push(count);
        let boxes = rings
            .par_iter()
            .flat_map_iter(|ring| {
                let (start, end) = (ring.start as usize, (ring.start + ring.len) as usize);
                (start..end).step_by(CHUNK).map(move |from| {
                    let to = (from + CHUNK).min(end);
                    let positions = (from..to).chain(std::iter::once(fabric.next(to - 1)));
                    positions
                        .map(|p| fabric.flat(p))
                        .fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, [x, y]| {
                            [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)]
                        })
                })
            })
            .collect();
        Self { first, boxes }
    }

    /// Segments of a ring in chunks whose box passes `keep`.
    fn segments<'c>(
        &'c self,
        fabric: &'c Fabric<'_>,
        ring: usize,
        keep: impl Fn(&Box4) -> bool + 'c,
    ) -> impl Iterator<Item = usize> + 'c {
        let r = fabric.boundaries.rings[ring];
        let end = (r.start + r.len) as usize;
        (self.first[ring] as usize..self.first[ring + 1] as usize).filter(move |&c| keep(&self.boxes[c])).flat_map(
            move |c| {
                let from = r.start as usize + (c - self.first[ring] as usize) * CHUNK;
                from..(from + CHUNK).min(end)
            },
        )
    }
}

/// Finds the overlapping pairs, sorted; with their areas if `measure`.
pub(super) fn find(fabric: &Fabric<'_>, matching: &Matching, noding: &Noding, measure: bool) -> Vec<Overlap> {
    let middle = |a: [f64; 2], b: [f64; 2]| [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
    let mut evidence: Vec<(u32, u32, [f64; 2])> = matching
        .same_side
        .iter()
        .map(|&(a, b, s)| (a, b, middle(fabric.flat(s as usize), fabric.flat(fabric.next(s as usize)))))
        .chain(
            noding
                .same_side
                .iter()
                .map(|&(a, b, p)| (a, b, middle(noding.nodes[p.from as usize].flat, noding.nodes[p.to as usize].flat))),
        )
        .collect();
    evidence.extend(from_open_pieces(fabric, noding));
    evidence
        .sort_by(|x, y| (x.0, x.1).cmp(&(y.0, y.1)).then(x.2[0].total_cmp(&y.2[0])).then(x.2[1].total_cmp(&y.2[1])));
    evidence.dedup_by_key(|e| (e.0, e.1));
    let measured = if measure { evidence.len().min(MEASURED_PAIRS) } else { 0 };
    let mut areas: Vec<Option<f64>> =
        evidence[..measured].par_iter().map(|&(a, b, _)| Some(common_area(fabric, a, b))).collect();
    areas.resize(evidence.len(), None);
    evidence.into_iter().zip(areas).map(|((a, b, place), area_m2)| Overlap { a, b, area_m2, place }).collect()
}

fn common_area(fabric: &Fabric<'_>, a: u32, b: u32) -> f64 {
    let polygon = |f: u32| -> MultiPolygon<f64> { shape(fabric.boundaries, &fabric.projected, f as usize) };
    polygon(a).intersection(&polygon(b)).unsigned_area()
}

/// Open pieces that cross another polygon's line, or lie inside it.
fn from_open_pieces(fabric: &Fabric<'_>, noding: &Noding) -> Vec<(u32, u32, [f64; 2])> {
    if noding.open.is_empty() {
        return Vec::new();
    }
    let chunks = Chunks::new(fabric);
    let features = &fabric.boundaries.features;
    let boxes: Vec<Box4> = features
        .iter()
        .map(|f| {
            let range = chunks.first[f.rings.start as usize] as usize..chunks.first[f.rings.end as usize] as usize;
            chunks.boxes[range]
                .iter()
                .fold([f64::NAN; 4], |b, c| [b[0].min(c[0]), b[1].min(c[1]), b[2].max(c[2]), b[3].max(c[3])])
        })
        .collect();
    let filled: Vec<u32> = (0u32..).zip(&boxes).filter(|(_, b)| !b[0].is_nan()).map(|(i, _)| i).collect();
    let grid = Grid::new(filled.iter().map(|&i| boxes[i as usize]).collect());
    let crowded = crowded(noding);
    noding
        .open
        .par_iter()
        .enumerate()
        .with_min_len(64)
        .flat_map_iter(|(i, piece)| {
            let (a, b) = (noding.nodes[piece.from as usize].flat, noding.nodes[piece.to as usize].flat);
            let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
            let starts = starts_run(noding, &crowded, i);
            let window = around(a, b, 0.0);
            let mut found = Vec::new();
            grid.visit(&window, |candidate| {
                let other = filled[candidate as usize];
                if other != piece.feature {
                    let place = crosses(fabric, &chunks, other, a, b, &window)
                        .or_else(|| (starts && covers(fabric, &chunks, other, middle)).then_some(middle));
                    found.extend(place.map(|place| (piece.feature.min(other), piece.feature.max(other), place)));
                }
            });
            found
        })
        .collect()
}

/// Nodes that more than one feature touches.
fn crowded(noding: &Noding) -> Vec<bool> {
    let mut crowded = vec![false; noding.nodes.len()];
    for pair in noding.contacts.windows(2) {
        if pair[0].0 == pair[1].0 {
            crowded[pair[0].0 as usize] = true;
        }
    }
    crowded
}

/// Does a run of open pieces begin here? Along a run nothing but a crossing changes what it lies in.
fn starts_run(noding: &Noding, crowded: &[bool], i: usize) -> bool {
    let piece: Piece = noding.open[i];
    let before = i.checked_sub(1).map(|j| noding.open[j]);
    let after = noding.open.get(i + 1);
    let continues = |other: Option<&Piece>| {
        other.is_some_and(|o| o.feature == piece.feature && o.to == piece.from && !crowded[piece.from as usize])
    };
    // In a ring that the file walks the other way, the piece before stands after this one.
    !continues(before.as_ref()) && !continues(after)
}

/// Where `a b` properly crosses the line of a feature; nearer than the noding distance to an end is a touch.
fn crosses(
    fabric: &Fabric<'_>,
    chunks: &Chunks,
    feature: u32,
    a: [f64; 2],
    b: [f64; 2],
    window: &Box4,
) -> Option<[f64; 2]> {
    let meets = |c: &Box4| meet(c, window);
    let apart = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| {
        let (along, off) = project_on(p, q, r);
        off.abs() > NODING_M || !(0.0..=1.0).contains(&along)
    };
    let rings = fabric.boundaries.features[feature as usize].rings.clone();
    for ring in rings {
        for s in chunks.segments(fabric, ring as usize, meets) {
            let (c, d) = (fabric.flat(s), fabric.flat(fabric.next(s)));
            if !meets(&around(c, d, 0.0)) {
                continue;
            }
            let (oa, ob) = (orient(c, d, a), orient(c, d, b));
            if oa * ob < 0.0
                && orient(a, b, c) * orient(a, b, d) < 0.0
                && apart(a, b, c)
                && apart(a, b, d)
                && apart(c, d, a)
                && apart(c, d, b)
            {
                return Some(crossing(a, b, oa, ob));
            }
        }
    }
    None
}

/// Is a point inside a feature, and further than the noding distance from its line?
fn covers(fabric: &Fabric<'_>, chunks: &Chunks, feature: u32, p: [f64; 2]) -> bool {
    let mut odd = false;
    for ring in fabric.boundaries.features[feature as usize].rings.clone() {
        let right = |c: &[f64; 4]| c[2] >= p[0] - NODING_M && c[1] <= p[1] + NODING_M && c[3] >= p[1] - NODING_M;
        for s in chunks.segments(fabric, ring as usize, right) {
            let (c, d) = (fabric.flat(s), fabric.flat(fabric.next(s)));
            let (along, off) = project_on(c, d, p);
            if (0.0..=1.0).contains(&along) && off.abs() <= NODING_M && distance(c, d) > 0.0 {
                return false;
            }
            odd ^= passes(c, d, p);
        }
    }
    odd
}
