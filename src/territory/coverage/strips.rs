//! Strips: stretches of two borders that face each other across a small gap or a small overlap.
//!
//! Only open pieces are looked at (those that nothing runs along), so a third polygon never lies between. A strip is
//! measured along the border: the common border of two polygons that overlap by 10 m over a kilometre is a kilometre,
//! not the perimeter of the overlap.

use rayon::prelude::*;

use super::fabric::distance;
use super::grid::{Grid, around};
use super::noding::{Noding, project_on};

/// Cosine of the greatest angle between two borders that face each other (45 degrees).
const FACING: f64 = -std::f64::consts::FRAC_1_SQRT_2;

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
    /// Metres of border, gap or overlap, no wider than the tolerance.
    pub(super) within_tolerance_m: f64,
    /// Where it is widest, in the metric image of the file.
    pub(super) place: [f64; 2],
}

/// A stretch of one piece that faces another feature: places along the piece, signed distances (outside positive).
#[derive(Clone, Copy)]
struct Stretch {
    other: u32,
    from: f64,
    to: f64,
    off_from: f64,
    off_to: f64,
}

/// Finds all strips up to `reach` metres wide, sorted by the pair of features.
pub(super) fn find(noding: &Noding, reach: f64, tolerance: f64) -> Vec<Strip> {
    if noding.open.is_empty() || reach <= 0.0 {
        return Vec::new();
    }
    let flat = |n: u32| noding.nodes[n as usize].flat;
    let grid = Grid::new(noding.open.iter().map(|p| around(flat(p.from), flat(p.to), 0.0)).collect());
    let mut halves: Vec<Strip> = noding
        .open
        .par_iter()
        .with_min_len(64)
        .flat_map_iter(|piece| {
            let (a, b) = (flat(piece.from), flat(piece.to));
            let mut stretches: Vec<Stretch> = Vec::new();
            grid.visit(&around(a, b, reach), |candidate| {
                let other = noding.open[candidate as usize];
                if other.feature != piece.feature {
                    let stretch = facing(a, b, flat(other.from), flat(other.to), reach);
                    stretches.extend(stretch.map(|s| Stretch { other: other.feature, ..s }));
                }
            });
            stretches.sort_by(|x, y| x.other.cmp(&y.other).then(x.from.total_cmp(&y.from)).then(x.to.total_cmp(&y.to)));
            let plane =
                distance(noding.nodes[piece.from as usize].projected, noding.nodes[piece.to as usize].projected);
            let feature = piece.feature;
            stretches
                .chunk_by(|x, y| x.other == y.other)
                .map(|run| measure(feature, a, b, plane, run, tolerance))
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
    (from < to).then(|| Stretch { other: 0, from, to, off_from: at(from), off_to: at(to) })
}

/// Sums the stretches of one piece towards one feature; what two of them cover counts once.
fn measure(feature: u32, a: [f64; 2], b: [f64; 2], plane_m: f64, run: &[Stretch], tolerance: f64) -> Strip {
    let flat_m = distance(a, b);
    let mut strip = Strip { a: feature.min(run[0].other), b: feature.max(run[0].other), ..Strip::default() };
    let mut covered = f64::NEG_INFINITY;
    for stretch in run {
        let (from, to) = (stretch.from.max(covered), stretch.to);
        if from >= to {
            continue;
        }
        covered = to;
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
        marks.sort_by(f64::total_cmp);
        for pair in marks.windows(2) {
            let (length, middle) = ((pair[1] - pair[0]) * plane_m, off(f64::midpoint(pair[0], pair[1])));
            let widest = if off(pair[0]).abs() > off(pair[1]).abs() { pair[0] } else { pair[1] };
            let width = off(widest).abs();
            if width > strip.gap_width_m.max(strip.overlap_width_m) {
                strip.place = [a[0] + (b[0] - a[0]) * widest, a[1] + (b[1] - a[1]) * widest];
            }
            let area = (pair[1] - pair[0]) * flat_m * middle.abs();
            if middle > 0.0 {
                strip.gap_m += length;
                strip.gap_m2 += area;
                strip.gap_width_m = strip.gap_width_m.max(width);
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
        strip.within_tolerance_m += half.within_tolerance_m;
        if half.gap_width_m.max(half.overlap_width_m) > strip.gap_width_m.max(strip.overlap_width_m) {
            strip.place = half.place;
        }
        strip.gap_width_m = strip.gap_width_m.max(half.gap_width_m);
        strip.overlap_width_m = strip.overlap_width_m.max(half.overlap_width_m);
    }
    for sum in [
        &mut strip.gap_m,
        &mut strip.overlap_m,
        &mut strip.gap_m2,
        &mut strip.overlap_m2,
        &mut strip.within_tolerance_m,
    ] {
        *sum /= 2.0;
    }
    strip
}
