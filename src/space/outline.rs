//! Which municipalities of a region are inside: areas of these alone can be enclosed, and no others.
//!
//! Which lie on the outer border is what the check says; besides, an area with a neighbour in another region has two
//! areas around it. Where another region has a say, or an exclave, there is no answer.

use std::collections::BTreeSet;

use super::frame::Frame;
use super::region::Region;
use crate::rules::on_outer_border;
use crate::territory::adjacency::Components;
use crate::territory::{Graph, Territory, index_u32};

/// The nodes inside, whatever the areas; none where the rule can't be brought down to them. `zone` has the region of
/// each municipality of the territory.
pub(super) fn inside(territory: &Territory, region: &Region, zone: &[u32]) -> Option<Vec<u32>> {
    let Some(outer) = on_outer_border(territory) else {
        // Nothing is known of the outer border: the check only warns.
        return Some(Vec::new());
    };
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    // For each node the other regions that it touches.
    let mut others: Vec<Vec<u32>> = vec![Vec::new(); region.members.len()];
    for (v, &m) in region.members.iter().enumerate() {
        for (n, _) in territory.adjacency().neighbours_over_lines(m as usize) {
            match region.members.binary_search(&index_u32(n)) {
                Ok(w) if v < w => pairs.push((index_u32(v), index_u32(w))),
                Ok(_) => {}
                Err(_) => others[v].push(zone[n]),
            }
        }
    }
    // What touches over a line, which is not always what counts for contiguity.
    let lines = Graph::new(region.members.len(), pairs.iter().copied());
    let way_out = |v: usize| outer[region.members[v] as usize];
    if hangs_on_another(&lines, &others, way_out) {
        return None;
    }
    let doubtful: Vec<usize> = (0..region.members.len())
        .filter(|&v| !way_out(v) && others[v].is_empty() && !lines.neighbours(v).is_empty())
        .collect();
    let is_exclave = |v: &usize| region.limits.exclaves.iter().any(|e| e.0 as usize == *v);
    if doubtful.iter().any(|v| is_exclave(v) || lines.neighbours(*v) != region.graph.neighbours(*v)) {
        return None;
    }
    let inside = large_enough(region, &doubtful);
    if inside.is_empty() {
        return Some(inside);
    }
    let mut limits = region.limits.clone();
    limits.inside.clone_from(&inside);
    let fits = Frame::new(&region.graph, &limits, true).is_ok();
    fits.then_some(inside)
}

/// Whether a part of the region without a way out lies in one other region: its plan may enclose an area here.
fn hangs_on_another(lines: &Graph, others: &[Vec<u32>], way_out: impl Fn(usize) -> bool) -> bool {
    let Components { of, sizes, .. } = lines.components();
    let mut around: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); sizes.len()];
    let mut closed = vec![true; sizes.len()];
    for (v, &part) in of.iter().enumerate() {
        around[part as usize].extend(&others[v]);
        closed[part as usize] &= !way_out(v);
    }
    around.iter().zip(closed).any(|(around, closed)| closed && around.len() == 1)
}

/// Whether an area, with the exclaves that it may take, can meet the least sums.
fn can_be_an_area(region: &Region, area: impl Iterator<Item = usize> + Clone) -> bool {
    let exclaves = region.limits.exclaves.iter().map(|e| e.0 as usize);
    region.limits.sums.iter().all(|s| {
        let sum: Option<u64> = area.clone().chain(exclaves.clone()).map(|v| s.values[v]).sum();
        sum.is_none_or(|sum| sum >= s.at_least)
    })
}

/// The nodes of those pieces that hold enough for an area; the others need not be told from nodes with a way out.
fn large_enough(region: &Region, doubtful: &[usize]) -> Vec<u32> {
    let mut group = vec![0; region.members.len()];
    doubtful.iter().for_each(|&v| group[v] = 1);
    let (piece, _) = region.graph.components_within(&group);
    let piece = &piece;
    let of = |v: usize| doubtful.iter().copied().filter(move |&w| piece[w] == piece[v]);
    doubtful.iter().copied().filter(|&v| can_be_an_area(region, of(v))).map(index_u32).collect()
}
