//! Which polygons overlap, by how much and where: pairs that come near each other, then what they have in common.
//!
//! How often a place is covered is told by the open pieces alone, as matched pieces cancel out. So an overlap that no
//! open piece betrays (between two polygons inside two maps that lie over each other, say) continues one that is
//! betrayed, and is found from there: who else lies where two polygons overlap?

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::common::{Part, ROUNDING_M, Sweep};
use super::fabric::NODING_M;
use super::grid::{Box4, around, meet};
use super::ground::Ground;
use super::matching::Matching;
use super::noding::{Noding, Piece};
use crate::territory::plane::PlaneError;

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

/// Finds the overlapping pairs, sorted.
pub(super) fn find(ground: &Ground<'_>, matching: &Matching, noding: &Noding) -> Result<Vec<Overlap>, PlaneError> {
    let mut next: Vec<(u32, u32)> = matching
        .same_side
        .iter()
        .map(|&(a, b, _)| (a, b))
        .chain(noding.same_side.iter().map(|&(a, b, _)| (a, b)))
        .collect();
    next.extend(from_open_pieces(ground, noding));
    let mut overlaps: Vec<Overlap> = Vec::new();
    let mut looked_at: FxHashSet<(u32, u32)> = FxHashSet::default();
    while !next.is_empty() {
        next.par_sort_unstable();
        next.dedup();
        next.retain(|&pair| looked_at.insert(pair));
        let found: Vec<Overlap> = next.par_iter().filter_map(|&(a, b)| common(ground, a, b)).collect();
        next = found.par_iter().flat_map_iter(|o| neighbours(ground, o)).collect();
        overlaps.extend(found);
    }
    overlaps.par_sort_unstable_by_key(|o| (o.a, o.b));
    let centres: Vec<[f64; 2]> = overlaps.iter().map(|o| o.centre).collect();
    for (overlap, scale) in overlaps.iter_mut().zip(ground.fabric.squares(&centres)?) {
        overlap.area_m2 *= scale;
        overlap.evident_m2 *= scale;
    }
    Ok(overlaps)
}

/// What two features have in common.
fn common(ground: &Ground<'_>, a: u32, b: u32) -> Option<Overlap> {
    let (p, q) = (ground.boxes[a as usize], ground.boxes[b as usize]);
    if !meet(&p, &q) {
        return None;
    }
    let window = [p[0].max(q[0]), p[1].max(q[1]), p[2].min(q[2]), p[3].min(q[3])];
    let mut sweep = Sweep::new(window);
    for feature in [a, b] {
        ground.draw(feature, &mut sweep);
    }
    let overlap = Overlap::of(a, b, &sweep.parts(2, ROUNDING_M))?;
    let all = |f: u32| (ground.area(f) - overlap.area_m2).abs() < 1e-6 * overlap.area_m2;
    Some(Overlap { same: p == q && all(a) && all(b), ..overlap })
}

/// Pairs of either feature with who else lies where the two overlap.
fn neighbours(ground: &Ground<'_>, overlap: &Overlap) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    ground.visit(&overlap.bounds, |other| {
        for one in [overlap.a, overlap.b] {
            pairs.extend((other != overlap.a && other != overlap.b).then(|| (one.min(other), one.max(other))));
        }
    });
    pairs
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
