//! Strips: stretches of two borders that face each other across a small gap or a small overlap.
//!
//! Only open pieces are looked at (those that nothing runs along), and of those the nearest, so that a third polygon
//! never lies between. A strip is measured along the border: the common border of two polygons that overlap by 10 m over a kilometre is a kilometre,
//! not the perimeter of the overlap.

use rayon::prelude::*;

use super::fabric::{NODING_M, distance};
use super::grid::{Grid, around};
use super::noding::{Noding, project_on};
use super::overlap::Overlap;
use super::sight::{Stretch, seen};
use super::voids;

/// Cosine of the greatest angle between two borders that face each other (45 degrees).
const FACING: f64 = -std::f64::consts::FRAC_1_SQRT_2;

/// Length of a wedge, in widths, from which on it is a gap (a degree or so): borders don't part as slowly as that.
const WEDGE: f64 = 50.0;

/// Width in metres from which on two polygons that overlap are known to: what is narrower hides in the noding.
const EVIDENT: f64 = 10.0 * NODING_M;

/// What lies between the borders of two features.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Strip {
    pub(super) a: u32,
    pub(super) b: u32,
    /// Metres of border across a gap, and across an overlap.
    pub(super) gap_m: f64,
    pub(super) overlap_m: f64,
    /// Square metres of the gap, and of the overlap.
    pub(super) gap_m2: f64,
    pub(super) overlap_m2: f64,
    /// Greatest width of the gap, and of the overlap.
    pub(super) gap_width_m: f64,
    pub(super) overlap_width_m: f64,
    /// Of the gap, what is not round a void: metres of border, square metres, greatest width.
    pub(super) open_m: f64,
    pub(super) open_m2: f64,
    pub(super) open_width_m: f64,
    /// Where that is widest, in the metric image of the file.
    pub(super) place: [f64; 2],
    /// Metres of border, gap or overlap, no wider than the tolerance.
    pub(super) within_tolerance_m: f64,
    /// Ends at which the gap widens beyond what was searched, counted along both borders.
    pub(super) opens: u32,
}

impl Strip {
    /// Is the gap or overlap long and narrow, as between two borders that should be one? What is short and wide is a
    /// notch in the coast; what opens like a wedge is where two polygons part at an angle.
    pub(super) fn is_narrow(&self, length: f64, area: f64, widest: f64) -> bool {
        let wedges = f64::from(self.opens.div_ceil(2));
        let opens = wedges > 0.0 && 4.0 * area > length * widest && length < WEDGE * widest * wedges;
        length * length > 10.0 * area && !opens
    }
}

/// Finds all strips up to `reach` metres wide, sorted by the pair of features.
///
/// What is round a void as told by `voids` (sorted by piece) is counted apart.
///
/// Only features that overlap, in `overlaps`, can have an overlap of more than [`EVIDENT`] between their borders: else
/// the two lines are the far sides of two narrow neighbours.
pub(super) fn find(
    noding: &Noding,
    overlaps: &[Overlap],
    voids: &[voids::Stretch],
    reach: f64,
    tolerance: f64,
) -> Vec<Strip> {
    if noding.open.is_empty() || reach <= 0.0 {
        return Vec::new();
    }
    let flat = |n: u32| noding.nodes[n as usize].flat;
    let grid = Grid::new(noding.open.iter().map(|p| around(flat(p.from), flat(p.to), 0.0)).collect());
    let mut halves: Vec<Strip> = noding
        .open
        .par_iter()
        .enumerate()
        .with_min_len(64)
        .flat_map_iter(|(i, piece)| {
            let first = voids.partition_point(|v| (v.piece as usize) < i);
            let round = &voids[first..first + voids[first..].partition_point(|v| v.piece as usize == i)];
            let (a, b) = (flat(piece.from), flat(piece.to));
            let mut stretches: Vec<Stretch> = Vec::new();
            grid.visit(&around(a, b, reach), |candidate| {
                let other = noding.open[candidate as usize];
                let stretch = facing(a, b, flat(other.from), flat(other.to), reach);
                stretches.extend(stretch.map(|s| Stretch { other: other.feature, ..s }));
            });
            let plane =
                distance(noding.nodes[piece.from as usize].projected, noding.nodes[piece.to as usize].projected);
            let feature = piece.feature;
            seen(feature, stretches)
                .chunk_by(|x, y| x.other == y.other)
                .map(|run| {
                    let pair = (feature.min(run[0].other), feature.max(run[0].other));
                    let overlap = overlaps.binary_search_by_key(&pair, |o| (o.a, o.b)).is_ok();
                    measure(pair, [a, b], plane, run, round, tolerance, overlap)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    halves.retain(|s| s.gap_m + s.overlap_m > 0.0);
    halves.sort_by_key(|half| (half.a, half.b));
    halves.chunk_by(|x, y| (x.a, x.b) == (y.a, y.b)).map(join).collect()
}

/// The stretch of segment `a b` that faces segment `c d`, walked the other way, no further off than `reach`.
fn facing(a: [f64; 2], b: [f64; 2], c: [f64; 2], d: [f64; 2], reach: f64) -> Option<Stretch> {
    let (u, v) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
    let cosine = (u[0] * v[0] + u[1] * v[1]) / (u[0].hypot(u[1]) * v[0].hypot(v[1]));
    if cosine.is_nan() || cosine > FACING {
        return None;
    }
    // d comes first along a b. Interior is on the left, so outside is a negative distance to the left.
    let ((t0, left0), (t1, left1)) = (project_on(a, b, d), project_on(a, b, c));
    let at = |t: f64| -(left0 + (left1 - left0) * (t - t0) / (t1 - t0));
    let (mut from, mut to) = (t0.max(0.0), t1.min(1.0));
    // Where the distance is a line through t, keep the part within reach on both sides.
    let slope = (at(1.0) - at(0.0)).abs();
    if slope > 0.0 {
        let (x, y) = ((-reach - at(0.0)) / (at(1.0) - at(0.0)), (reach - at(0.0)) / (at(1.0) - at(0.0)));
        from = from.max(x.min(y));
        to = to.min(x.max(y));
    } else if at(0.0).abs() > reach {
        return None;
    }
    let opens = u32::from(from > t0.max(0.0) && at(from) > 0.0) + u32::from(to < t1.min(1.0) && at(to) > 0.0);
    (from < to).then(|| Stretch { other: 0, from, to, off_from: at(from), off_to: at(to), opens })
}

/// Sums the stretches of one piece, `line` on the file's image and `plane_m` long, towards one feature.
fn measure(
    (low, high): (u32, u32),
    [a, b]: [[f64; 2]; 2],
    plane_m: f64,
    run: &[Stretch],
    round: &[voids::Stretch],
    tolerance: f64,
    overlap: bool,
) -> Strip {
    let flat_m = distance(a, b);
    let mut strip = Strip { a: low, b: high, ..Strip::default() };
    for stretch in run {
        let (from, to) = (stretch.from, stretch.to);
        strip.opens += stretch.opens;
        let slope = (stretch.off_to - stretch.off_from) / (stretch.to - stretch.from);
        let off = |t: f64| stretch.off_from + slope * (t - stretch.from);
        // Cut where the borders cross, and where the tolerance is passed.
        let mut marks = vec![from, to];
        if slope != 0.0 {
            marks.extend(
                [0.0, tolerance, -tolerance]
                    .into_iter()
                    .map(|level| stretch.from + (level - stretch.off_from) / slope)
                    .filter(|&t| t > from && t < to),
            );
        }
        marks.extend(round.iter().flat_map(|v| [v.start, v.end]).filter(|&t| t > from && t < to));
        marks.sort_by(f64::total_cmp);
        for pair in marks.windows(2) {
            let (length, middle) = ((pair[1] - pair[0]) * plane_m, off(f64::midpoint(pair[0], pair[1])));
            if middle < -EVIDENT && !overlap {
                continue;
            }
            let widest = if off(pair[0]).abs() > off(pair[1]).abs() { pair[0] } else { pair[1] };
            let width = off(widest).abs();
            let area = (pair[1] - pair[0]) * flat_m * middle.abs();
            if middle > 0.0 {
                strip.gap_m += length;
                strip.gap_m2 += area;
                strip.gap_width_m = strip.gap_width_m.max(width);
                let here = f64::midpoint(pair[0], pair[1]);
                if !round.iter().any(|v| v.start <= here && here <= v.end) {
                    strip.open_m += length;
                    strip.open_m2 += area;
                    if width > strip.open_width_m {
                        strip.open_width_m = width;
                        strip.place = [a[0] + (b[0] - a[0]) * widest, a[1] + (b[1] - a[1]) * widest];
                    }
                }
            } else {
                strip.overlap_m += length;
                strip.overlap_m2 += area;
                strip.overlap_width_m = strip.overlap_width_m.max(width);
            }
            if tolerance > 0.0 && middle.abs() <= tolerance {
                strip.within_tolerance_m += length;
            }
        }
    }
    strip
}

/// Joins what was measured along both borders: the mean of the two.
fn join(halves: &[Strip]) -> Strip {
    let mut strip = halves[0];
    for half in &halves[1..] {
        strip.gap_m += half.gap_m;
        strip.overlap_m += half.overlap_m;
        strip.gap_m2 += half.gap_m2;
        strip.overlap_m2 += half.overlap_m2;
        strip.open_m += half.open_m;
        strip.open_m2 += half.open_m2;
        strip.within_tolerance_m += half.within_tolerance_m;
        strip.opens += half.opens;
        if half.open_width_m > strip.open_width_m {
            (strip.open_width_m, strip.place) = (half.open_width_m, half.place);
        }
        strip.gap_width_m = strip.gap_width_m.max(half.gap_width_m);
        strip.overlap_width_m = strip.overlap_width_m.max(half.overlap_width_m);
    }
    for sum in [
        &mut strip.gap_m,
        &mut strip.overlap_m,
        &mut strip.gap_m2,
        &mut strip.overlap_m2,
        &mut strip.open_m,
        &mut strip.open_m2,
        &mut strip.within_tolerance_m,
    ] {
        *sum /= 2.0;
    }
    strip
}
