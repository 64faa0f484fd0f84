//! Exact matching: two polygons walk one segment in opposite directions.
//!
//! One sort of all segments by place and a hash of their unordered ends; time n log n with a small constant, in parallel.
//! What does not match exactly goes on to the noding.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::fabric::{Fabric, NOBODY};
use crate::territory::index_u32;

/// What exact matching finds.
#[derive(Default)]
pub(super) struct Matching {
    /// The feature on the other side of each segment, or [`NOBODY`].
    pub(super) partner: Vec<u32>,
    /// Borders of a segment with a second or third partner: (feature, feature, segment).
    pub(super) extra: Vec<(u32, u32, u32)>,
    /// Two features on the same side of one segment: they overlap there.
    pub(super) same_side: Vec<(u32, u32, u32)>,
}

/// Matches every segment with its equal walked the other way.
pub(super) fn exact(fabric: &Fabric<'_>) -> Matching {
    let cells = Cells::new(&fabric.boundaries.coords);
    let mut records: Vec<(u64, u32)> = (0..fabric.len())
        .into_par_iter()
        .with_min_len(4096)
        .map(|i| (cells.key(fabric.at(i), fabric.at(fabric.next(i))), index_u32(i)))
        .collect();
    records.par_sort_unstable();
    let partner: Vec<AtomicU32> = (0..fabric.len()).map(|_| AtomicU32::new(NOBODY)).collect();
    let rest: Vec<Group> = records
        .par_chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > 1)
        .filter_map(|group| {
            if let [(_, a), (_, b)] = *group {
                let (a, b) = (a as usize, b as usize);
                let (fa, fb) = (fabric.feature(a), fabric.feature(b));
                if fa != fb && opposite(fabric, a, b) {
                    partner[a].store(fb, Ordering::Relaxed);
                    partner[b].store(fa, Ordering::Relaxed);
                    return None;
                }
            }
            Some(several(fabric, group))
        })
        .collect();
    let mut matching =
        Matching { partner: partner.into_iter().map(AtomicU32::into_inner).collect(), ..Matching::default() };
    for group in rest {
        for (segment, feature) in group.partner {
            matching.partner[segment as usize] = feature;
        }
        matching.extra.extend(group.extra);
        matching.same_side.extend(group.same_side);
    }
    matching
}

#[derive(Default)]
struct Group {
    partner: Vec<(u32, u32)>,
    extra: Vec<(u32, u32, u32)>,
    same_side: Vec<(u32, u32, u32)>,
}

/// The rare group: more than two segments, two on one side, two of one feature, or a collision of hashes.
fn several(fabric: &Fabric<'_>, group: &[(u64, u32)]) -> Group {
    let mut out = Group::default();
    for (i, &(_, a)) in group.iter().enumerate() {
        let fa = fabric.feature(a as usize);
        let mut first = None;
        for (j, &(_, b)) in group.iter().enumerate() {
            let (sa, sb) = (a as usize, b as usize);
            let fb = fabric.feature(sb);
            if i == j || fabric.at(sa) == fabric.at(fabric.next(sa)) {
                continue;
            }
            if opposite(fabric, sa, sb) {
                if first.is_none_or(|f| f == fa) {
                    first = Some(fb);
                } else if fb != fa && first != Some(fb) && fa < fb {
                    out.extra.push((fa, fb, a));
                }
            } else if fa < fb && along(fabric, sa, sb) {
                out.same_side.push((fa, fb, a));
            }
        }
        if let Some(fb) = first {
            out.partner.push((a, fb));
        }
    }
    out
}

/// Same ends, walked the other way.
fn opposite(fabric: &Fabric<'_>, a: usize, b: usize) -> bool {
    let ((a0, a1), (b0, b1)) = (fabric.ends(a), fabric.ends(b));
    fabric.at(a0) == fabric.at(b1) && fabric.at(a1) == fabric.at(b0)
}

/// Same ends, walked the same way.
fn along(fabric: &Fabric<'_>, a: usize, b: usize) -> bool {
    let ((a0, a1), (b0, b1)) = (fabric.ends(a), fabric.ends(b));
    fabric.at(a0) == fabric.at(b0) && fabric.at(a1) == fabric.at(b1)
}

/// A coarse grid over the positions. Its cell leads the key, so that what is sorted together lies together in memory.
struct Cells {
    origin: [f64; 2],
    per_unit: [f64; 2],
}

impl Cells {
    /// Cells on a side: their number takes the top 12 bits of a key.
    const SIDE: f64 = 64.0;

    fn new(coords: &[[f64; 2]]) -> Self {
        let (low, high) = coords.iter().fold(([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]), |(low, high), c| {
            ([low[0].min(c[0]), low[1].min(c[1])], [high[0].max(c[0]), high[1].max(c[1])])
        });
        let per_unit = [0, 1].map(|axis| Self::SIDE / (high[axis] - low[axis]).max(f64::MIN_POSITIVE));
        Self { origin: low, per_unit }
    }

    /// A key that does not depend on the direction: the cell of the lower end, and the sum of two well-mixed hashes.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..64")]
    fn key(&self, a: [f64; 2], b: [f64; 2]) -> u64 {
        let cell = |axis: usize| {
            let low = a[axis].min(b[axis]);
            ((low - self.origin[axis]) * self.per_unit[axis]).clamp(0.0, Self::SIDE - 1.0) as u64
        };
        (cell(1) << 58) | (cell(0) << 52) | (mix(a).wrapping_add(mix(b)) >> 12)
    }
}

/// Mixes the bits of a position (the finaliser of `SplitMix64`, Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195).
fn mix([x, y]: [f64; 2]) -> u64 {
    // Adding zero turns -0.0 into 0.0, which compare equal but differ in their bits.
    let mut z = (x + 0.0).to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (y + 0.0).to_bits().rotate_left(32);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
