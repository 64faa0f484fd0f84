//! Which polygons overlap, by how much and where: pairs that come near each other, then what they have in common.
//!
//! How often a place is covered is told by the open pieces alone, as matched pieces cancel out. So an overlap that no
//! open piece betrays (between two polygons inside two maps that lie over each other, say) continues one that is
//! betrayed, and is found from there: who else lies where two polygons overlap?

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::common::{Part, Sweep};
use super::fabric::{Fabric, NODING_M, signed_area};
use super::grid::{Box4, Grid, around, meet};
use super::matching::Matching;
use super::noding::{Noding, Piece};
use super::validity::passes;
use crate::territory::plane::PlaneError;

/// Segments in one box.
const CHUNK: usize = 16;

/// Two features that overlap.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Overlap {
    pub(super) a: u32,
    pub(super) b: u32,
    /// Square metres, all parts together.
    pub(super) area_m2: f64,
    /// Of those, square metres of parts that are wider somewhere than the noding distance.
    evident_m2: f64,
    /// In the largest part, where that is widest; in the metric image of the file.
    pub(super) place: [f64; 2],
    /// Whether it is all of both.
    pub(super) same: bool,
    /// The box around all parts.
    bounds: Box4,
    /// Centre of gravity.
    centre: [f64; 2],
}

impl Overlap {
    /// Less than the noding distance over ten metres is rounding, not an overlap; as is what is nowhere wider than that
    /// distance, which is one line, rounded twice.
    pub(super) fn is_rounding(&self) -> bool {
        self.evident_m2 <= NODING_M * 10.0
    }

    /// The sum of the parts; none where nothing is wider than the noding distance.
    fn of(a: u32, b: u32, parts: &[Part]) -> Option<Self> {
        let largest = parts.iter().max_by(|x, y| x.area.total_cmp(&y.area))?;
        let sum = |of: fn(&Part) -> f64| parts.iter().map(of).sum::<f64>();
        let area_m2 = sum(|p| p.area);
        let evident_m2: f64 = parts.iter().filter(|p| p.width > NODING_M).map(|p| p.area).sum();
        let centre = [sum(|p| p.moment[0]) / area_m2, sum(|p| p.moment[1]) / area_m2];
        let bounds = parts.iter().fold(largest.bounds, |b, p| {
            let p = p.bounds;
            [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[2]), b[3].max(p[3])]
        });
        let overlap = Self { a, b, area_m2, evident_m2, place: largest.place, same: false, bounds, centre };
        (evident_m2 > 0.0).then_some(overlap)
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

    /// The runs of a ring, each with its box.
    fn of<'c>(&'c self, fabric: &Fabric<'_>, ring: usize) -> impl Iterator<Item = (Range<usize>, &'c Box4)> + use<'c> {
        let ring_of = fabric.boundaries.rings[ring];
        let (start, end) = (ring_of.start as usize, (ring_of.start + ring_of.len) as usize);
        let boxes = &self.boxes[self.first[ring] as usize..self.first[ring + 1] as usize];
        boxes.iter().enumerate().map(move |(i, b)| {
            let from = start + i * CHUNK;
            (from..(from + CHUNK).min(end), b)
        })
    }

    /// Segments of a ring in runs whose box passes `keep`.
    fn segments<'c>(
        &'c self,
        fabric: &Fabric<'_>,
        ring: usize,
        keep: impl Fn(&Box4) -> bool + 'c,
    ) -> impl Iterator<Item = usize> + 'c {
        self.of(fabric, ring).filter(move |(_, b)| keep(b)).flat_map(|(range, _)| range)
    }
}

/// Finds the overlapping pairs, sorted.
pub(super) fn find(fabric: &Fabric<'_>, matching: &Matching, noding: &Noding) -> Result<Vec<Overlap>, PlaneError> {
    let mut next: Vec<(u32, u32)> = matching
        .same_side
        .iter()
        .map(|&(a, b, _)| (a, b))
        .chain(noding.same_side.iter().map(|&(a, b, _)| (a, b)))
        .collect();
    if noding.open.is_empty() && next.is_empty() {
        return Ok(Vec::new());
    }
    let ground = Ground::new(fabric);
    next.extend(from_open_pieces(&ground, noding));
    let mut overlaps: Vec<Overlap> = Vec::new();
    let mut looked_at: FxHashSet<(u32, u32)> = FxHashSet::default();
    while !next.is_empty() {
        next.par_sort_unstable();
        next.dedup();
        next.retain(|&pair| looked_at.insert(pair));
        let found: Vec<Overlap> = next.par_iter().filter_map(|&(a, b)| ground.common(a, b)).collect();
        next = found.par_iter().flat_map_iter(|o| ground.neighbours(o)).collect();
        overlaps.extend(found);
    }
    overlaps.par_sort_unstable_by_key(|o| (o.a, o.b));
    let centres: Vec<[f64; 2]> = overlaps.iter().map(|o| o.centre).collect();
    for (overlap, scale) in overlaps.iter_mut().zip(fabric.squares(&centres)?) {
        overlap.area_m2 *= scale;
        overlap.evident_m2 *= scale;
    }
    Ok(overlaps)
}

/// All features with their boxes, to be looked at where it matters.
struct Ground<'a> {
    fabric: &'a Fabric<'a>,
    chunks: Chunks,
    /// The box around each feature; not a number without geometry.
    boxes: Vec<Box4>,
    /// Features with geometry, as the grid numbers them.
    filled: Vec<u32>,
    grid: Grid,
}

impl<'a> Ground<'a> {
    fn new(fabric: &'a Fabric<'a>) -> Self {
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
        Self { fabric, chunks, boxes, filled, grid }
    }

    /// Calls `visit` for each feature whose box meets the window.
    fn visit(&self, window: &Box4, mut visit: impl FnMut(u32)) {
        self.grid.visit(window, |candidate| visit(self.filled[candidate as usize]));
    }

    fn rings(&self, feature: u32) -> std::ops::Range<usize> {
        let rings = &self.fabric.boundaries.features[feature as usize].rings;
        rings.start as usize..rings.end as usize
    }

    fn segment(&self, segment: usize) -> ([f64; 2], [f64; 2]) {
        (self.fabric.flat(segment), self.fabric.flat(self.fabric.next(segment)))
    }

    /// Does a segment of the feature come into the window (as far as boxes tell)?
    fn comes_into(&self, feature: u32, window: &Box4) -> bool {
        self.rings(feature).any(|ring| {
            self.chunks.segments(self.fabric, ring, |c| meet(c, window)).any(|s| {
                let (c, d) = self.segment(s);
                meet(&around(c, d, 0.0), window)
            })
        })
    }

    /// Is a point inside a feature?
    fn covers(&self, feature: u32, p: [f64; 2]) -> bool {
        let right = |c: &Box4| c[2] >= p[0] && c[1] <= p[1] && c[3] >= p[1];
        self.rings(feature)
            .flat_map(|ring| self.chunks.segments(self.fabric, ring, right))
            .fold(false, |odd, s| {
                let (c, d) = self.segment(s);
                odd ^ passes(c, d, p)
            })
    }

    /// What two features have in common.
    fn common(&self, a: u32, b: u32) -> Option<Overlap> {
        let (p, q) = (self.boxes[a as usize], self.boxes[b as usize]);
        if !meet(&p, &q) {
            return None;
        }
        let window = [p[0].max(q[0]), p[1].max(q[1]), p[2].min(q[2]), p[3].min(q[3])];
        let mut sweep = Sweep::new(window);
        self.lines(a, &window, |from, to| sweep.first(from, to));
        self.lines(b, &window, |from, to| sweep.second(from, to));
        let overlap = Overlap::of(a, b, &sweep.parts())?;
        let all = |f: u32| (self.area(f) - overlap.area_m2).abs() < 1e-6 * overlap.area_m2;
        Some(Overlap { same: p == q && all(a) && all(b), ..overlap })
    }

    /// Square metres of a feature in the metric image.
    fn area(&self, feature: u32) -> f64 {
        let area = |ring: usize| {
            let ring = &self.fabric.boundaries.rings[ring];
            let line: Vec<[f64; 2]> =
                (ring.start as usize..(ring.start + ring.len) as usize).map(|p| self.fabric.flat(p)).collect();
            if ring.hole { -signed_area(&line).abs() } else { signed_area(&line).abs() }
        };
        self.rings(feature).map(area).sum()
    }

    /// The lines of a feature as far as they matter in a window. A run of them with its box outside is replaced by the
    /// line from its start to its end: no point of the window lies between the two.
    fn lines(&self, feature: u32, window: &Box4, mut add: impl FnMut([f64; 2], [f64; 2])) {
        for ring in self.rings(feature) {
            for (range, bounds) in self.chunks.of(self.fabric, ring) {
                if meet(bounds, window) {
                    range.for_each(|s| {
                        let (from, to) = self.segment(s);
                        add(from, to);
                    });
                } else {
                    add(self.fabric.flat(range.start), self.fabric.flat(self.fabric.next(range.end - 1)));
                }
            }
        }
    }

    /// Pairs of either feature with who else lies where the two overlap.
    fn neighbours(&self, overlap: &Overlap) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        self.visit(&overlap.bounds, |other| {
            for one in [overlap.a, overlap.b] {
                pairs.extend((other != overlap.a && other != overlap.b).then(|| (one.min(other), one.max(other))));
            }
        });
        pairs
    }
}

/// Pairs of which an open piece of one comes near the line of the other, or lies inside it.
fn from_open_pieces(ground: &Ground<'_>, noding: &Noding) -> Vec<(u32, u32)> {
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
            let window = around(a, b, NODING_M);
            let mut found = Vec::new();
            ground.visit(&window, |other| {
                let near = other != piece.feature
                    && (ground.comes_into(other, &window) || (starts && ground.covers(other, middle)));
                found.extend(near.then(|| (piece.feature.min(other), piece.feature.max(other))));
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
