//! Voids: places that the coverage encloses and nobody covers, from a city of another country to a sliver.
//!
//! Open pieces are walked with the void on the right; a walk that closes clockwise goes round a void.

use rustc_hash::FxHashMap;

use super::fabric::{Fabric, distance};
use super::noding::Noding;
use crate::territory::index_u32;

/// A place that nobody covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Void {
    /// Codes of the municipalities around it, sorted.
    pub municipalities: Vec<String>,
    /// Square metres.
    pub area_m2: f64,
    /// Metres around it.
    pub perimeter_m: f64,
    /// A position on its border, in the file's coordinates.
    pub place: [f64; 2],
}

/// A void by the features around it.
pub(super) struct Loop {
    pub(super) features: Vec<u32>,
    pub(super) area_m2: f64,
    pub(super) perimeter_m: f64,
    pub(super) place: [f64; 2],
}

/// Walks all loops and keeps those that enclose a void, in the order of the pieces.
pub(super) fn find(fabric: &Fabric<'_>, noding: &Noding) -> Vec<Loop> {
    let mut leaving: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (i, piece) in noding.open.iter().enumerate() {
        leaving.entry(piece.from).or_default().push(index_u32(i));
    }
    let mut seen = vec![false; noding.open.len()];
    let mut loops = Vec::new();
    for start in 0..noding.open.len() {
        if seen[start] {
            continue;
        }
        let (mut walk, mut at) = (Vec::new(), start);
        while !seen[at] {
            seen[at] = true;
            walk.push(at);
            let Some(next) = next(noding, leaving.get(&noding.open[at].to), at) else { break };
            at = next;
        }
        if at == start {
            loops.extend(enclosed(fabric, noding, &walk));
        }
    }
    loops
}

/// The next piece with the same void on its right: the first one counter-clockwise from where we came.
fn next(noding: &Noding, leaving: Option<&Vec<u32>>, at: usize) -> Option<usize> {
    let flat = |n: u32| noding.nodes[n as usize].flat;
    let piece = noding.open[at];
    let here = flat(piece.to);
    let angle = |p: [f64; 2]| (p[1] - here[1]).atan2(p[0] - here[0]);
    let back = angle(flat(piece.from));
    let turn = |i: u32| {
        let turn = angle(flat(noding.open[i as usize].to)) - back;
        if turn <= 0.0 { turn + std::f64::consts::TAU } else { turn }
    };
    leaving?.iter().copied().min_by(|&a, &b| turn(a).total_cmp(&turn(b))).map(|i| i as usize)
}

/// The void that a closed walk goes round, if it goes clockwise.
fn enclosed(fabric: &Fabric<'_>, noding: &Noding, walk: &[usize]) -> Option<Loop> {
    let corner = |i: usize| noding.nodes[noding.open[i].from as usize].projected;
    let line: Vec<[f64; 2]> = walk.iter().map(|&i| corner(i)).collect();
    let area = super::fabric::signed_area(&line);
    if area >= 0.0 {
        return None;
    }
    let perimeter_m = (0..line.len()).map(|i| distance(line[i], line[(i + 1) % line.len()])).sum();
    let mut features: Vec<u32> = walk.iter().map(|&i| noding.open[i].feature).collect();
    features.sort_unstable();
    features.dedup();
    let place = fabric.at(noding.nodes[noding.open[walk[0]].from as usize].position as usize);
    Some(Loop { features, area_m2: -area, perimeter_m, place })
}
