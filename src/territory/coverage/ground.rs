//! The ground: all features with boxes around them and around runs of their lines, to be looked at where it matters.

use std::ops::Range;

use rayon::prelude::*;

use super::common::Sweep;
use super::fabric::{Fabric, signed_area};
use super::grid::{Box4, Grid, around, meet};
use super::validity::passes;

/// Segments in one box.
const CHUNK: usize = 16;

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

/// All features with their boxes, to be looked at where it matters.
pub(super) struct Ground<'a> {
    pub(super) fabric: &'a Fabric<'a>,
    chunks: Chunks,
    /// The box around each feature; not a number without geometry.
    pub(super) boxes: Vec<Box4>,
    /// Features with geometry, as the grid numbers them.
    filled: Vec<u32>,
    grid: Grid,
}

impl<'a> Ground<'a> {
    pub(super) fn new(fabric: &'a Fabric<'a>) -> Self {
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
    pub(super) fn visit(&self, window: &Box4, mut visit: impl FnMut(u32)) {
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
    pub(super) fn comes_into(&self, feature: u32, window: &Box4) -> bool {
        self.rings(feature).any(|ring| {
            self.chunks.segments(self.fabric, ring, |c| meet(c, window)).any(|s| {
                let (c, d) = self.segment(s);
                meet(&around(c, d, 0.0), window)
            })
        })
    }

    /// Is a point inside a feature: in its shells, and not in its holes?
    pub(super) fn covers(&self, feature: u32, p: [f64; 2]) -> bool {
        let right = |c: &Box4| c[2] >= p[0] && c[1] <= p[1] && c[3] >= p[1];
        let mut inside = [false; 2];
        for ring in self.rings(feature) {
            let inside = &mut inside[usize::from(self.fabric.boundaries.rings[ring].hole)];
            for s in self.chunks.segments(self.fabric, ring, right) {
                let (c, d) = self.segment(s);
                *inside ^= passes(c, d, p);
            }
        }
        inside == [true, false]
    }

    /// Is a point inside any feature?
    pub(super) fn covered(&self, p: [f64; 2]) -> bool {
        let mut covered = false;
        self.visit(&around(p, p, 0.0), |feature| covered = covered || self.covers(feature, p));
        covered
    }

    /// Square metres of a feature in the metric image.
    pub(super) fn area(&self, feature: u32) -> f64 {
        let area = |ring: usize| {
            let ring = &self.fabric.boundaries.rings[ring];
            let line: Vec<[f64; 2]> =
                (ring.start as usize..(ring.start + ring.len) as usize).map(|p| self.fabric.flat(p)).collect();
            if ring.hole { -signed_area(&line).abs() } else { signed_area(&line).abs() }
        };
        self.rings(feature).map(area).sum()
    }

    /// Adds a feature to a sweep, as far as it matters there. A run of lines with its box outside of the window is
    /// replaced by the line from its start to its end: no point of the window lies between the two.
    pub(super) fn draw(&self, feature: u32, sweep: &mut Sweep) {
        sweep.begin();
        let window = sweep.window();
        for ring in self.rings(feature) {
            let hole = self.fabric.boundaries.rings[ring].hole;
            for (range, bounds) in self.chunks.of(self.fabric, ring) {
                if meet(bounds, &window) {
                    range.for_each(|s| {
                        let (from, to) = self.segment(s);
                        sweep.line(from, to, hole);
                    });
                } else {
                    sweep.line(self.fabric.flat(range.start), self.fabric.flat(self.fabric.next(range.end - 1)), hole);
                }
            }
        }
    }
}
