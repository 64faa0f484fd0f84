//! Which municipalities of a region are inside: areas of these alone can be enclosed, and no others.
//!
//! Which lie on the outer border is what the check says; besides, an area with a neighbour in another region has two
//! areas around it. Where another region has a say, or an exclave, there is no answer.

use super::frame::Frame;
use super::region::Region;
use crate::rules::on_outer_border;
use crate::territory::adjacency::LinkKind;
use crate::territory::{Territory, index_u32};

/// A region whose inside is looked for.
struct Survey<'s> {
    region: &'s Region,
    /// For each node its neighbours in the territory over a line (or a declared link), with metres.
    lines: Vec<Vec<(u32, f64)>>,
}

/// The nodes inside, whatever the areas; none where the rule can't be brought down to them. `zone` has the region of
/// each municipality of the territory.
pub(super) fn inside(territory: &Territory, region: &Region, zone: &[u32]) -> Option<Vec<u32>> {
    let Some(outer) = on_outer_border(territory) else {
        // Nothing is known of the outer border: the check only warns.
        return Some(Vec::new());
    };
    let around = |&m: &u32| {
        let lines = territory.adjacency().neighbours(m as usize).filter(|(_, l)| l.kind != LinkKind::Point);
        lines.map(|(n, l)| (index_u32(n), l.length_m)).collect()
    };
    let survey = Survey { region, lines: region.members.iter().map(around).collect() };
    let open: Vec<bool> = region.members.iter().map(|&m| outer[m as usize]).collect();
    if survey.hangs_on_another(&open, zone) {
        return None;
    }
    let doubtful: Vec<usize> = (0..region.members.len())
        .filter(|&v| !open[v] && !survey.lines[v].is_empty())
        .filter(|&v| survey.lines[v].iter().all(|l| survey.node(l.0).is_some()))
        .collect();
    let is_exclave = |v: &usize| region.limits.exclaves.iter().any(|e| e.0 as usize == *v);
    if doubtful.iter().any(|v| is_exclave(v) || !survey.same_neighbours(*v)) {
        return None;
    }
    let inside = survey.large_enough(&doubtful);
    if inside.is_empty() {
        return Some(inside);
    }
    let mut limits = region.limits.clone();
    limits.inside.clone_from(&inside);
    let fits = Frame::new(&region.graph, &limits, true).is_ok();
    fits.then_some(inside)
}

impl Survey<'_> {
    fn node(&self, municipality: u32) -> Option<usize> {
        self.region.members.binary_search(&municipality).ok()
    }

    /// Whether a part of the region without a way out lies in one other region: its plan may enclose an area here.
    fn hangs_on_another(&self, open: &[bool], zone: &[u32]) -> bool {
        let mut seen = vec![false; self.lines.len()];
        for start in 0..self.lines.len() {
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            let (mut stack, mut others, mut way_out) = (vec![start], Vec::new(), false);
            while let Some(v) = stack.pop() {
                way_out |= open[v];
                for &(m, _) in &self.lines[v] {
                    match self.node(m) {
                        Some(w) if !seen[w] => {
                            seen[w] = true;
                            stack.push(w);
                        }
                        Some(_) => {}
                        None => others.push(zone[m as usize]),
                    }
                }
            }
            others.sort_unstable();
            others.dedup();
            if others.len() == 1 && !way_out {
                return true;
            }
        }
        false
    }

    fn same_neighbours(&self, v: usize) -> bool {
        let mut lines: Vec<u32> = self.lines[v].iter().filter_map(|l| self.node(l.0)).map(index_u32).collect();
        lines.sort_unstable();
        let mut links = self.region.graph.neighbours(v).to_vec();
        links.sort_unstable();
        lines == links
    }

    /// Whether an area, with the exclaves that it may take, can meet the least sums.
    fn can_be_an_area(&self, area: impl Iterator<Item = usize> + Clone) -> bool {
        let exclaves = self.region.limits.exclaves.iter().map(|e| e.0 as usize);
        self.region.limits.sums.iter().all(|s| {
            let sum: Option<u64> = area.clone().chain(exclaves.clone()).map(|v| s.values[v]).sum();
            sum.is_none_or(|sum| sum >= s.at_least)
        })
    }

    /// The nodes of those pieces that hold enough for an area; the others need not be told from nodes with a way out.
    fn large_enough(&self, doubtful: &[usize]) -> Vec<u32> {
        let mut group = vec![0; self.lines.len()];
        doubtful.iter().for_each(|&v| group[v] = 1);
        let (piece, _) = self.region.graph.components_within(&group);
        let piece = &piece;
        let of = |v: usize| doubtful.iter().copied().filter(move |&w| piece[w] == piece[v]);
        doubtful.iter().copied().filter(|&v| self.can_be_an_area(of(v))).map(index_u32).collect()
    }
}
