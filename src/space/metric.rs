//! Metrics that add up over the steps of the walk: the best plans proved, and the exact distribution.
//!
//! The diagram has every plan as a path, and an additive metric is a sum over the path's arcs; so one pass backwards
//! finds the best of all plans (Bellman's principle), or how many plans have each value, without listing them.

use rayon::prelude::*;

use super::diagram::{Arc, Diagram};
use super::frame::{Step, bits};

/// How much of a metric each arc of a diagram adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cost {
    /// One for each area.
    Areas,
    /// A weight for each pair of neighbours in different areas: `(a, b, weight)` with `a < b`, sorted.
    Cut(Vec<(u32, u32, i64)>),
}

impl Cost {
    fn weight(&self, a: u32, b: u32) -> i64 {
        let Self::Cut(links) = self else { return 0 };
        let key = (a.min(b), a.max(b));
        links.binary_search_by(|l| (l.0, l.1).cmp(&key)).map_or(0, |i| links[i].2)
    }

    /// What an arc adds.
    fn of(&self, diagram: &Diagram, step: &Step, arc: &Arc) -> i64 {
        if *self == Self::Areas {
            return i64::from(arc.closed);
        }
        let inside = |set: u32| -> i64 {
            let exclaves = &diagram.frame.exclaves;
            let pairs = bits(set).flat_map(|i| bits(set).filter(move |&j| i < j).map(move |j| (i, j)));
            pairs.map(|(i, j)| self.weight(exclaves[i], exclaves[j])).sum()
        };
        if step.tail {
            // All links between exclaves, less those within an area (see the closing steps for the others).
            let all = (1u32 << diagram.frame.exclaves.len()) - 1;
            let kept: i64 = diagram.frame.tails[arc.code as usize].iter().map(|&area| inside(area)).sum();
            return inside(all) - kept;
        }
        match &step.enter {
            Some(enter) => {
                let cut = enter.back.iter().enumerate().filter(|(bit, _)| arc.code >> bit & 1 == 0);
                cut.map(|(_, &(w, _))| self.weight(enter.node, w)).sum()
            }
            None => -inside(arc.code),
        }
    }
}

impl Diagram {
    /// The `most` plans with the least cost, each with its cost and its rank; equals by rank.
    ///
    /// Proved: every plan is a path, and no path with a smaller sum is passed over.
    #[must_use]
    pub fn best(&self, cost: &Cost, most: usize) -> Vec<(i64, u128)> {
        let last = self.tiers.last().map(|t| &t.counts[..]).unwrap_or_default();
        let mut after: Vec<Vec<(i64, u128)>> = last.iter().map(|&n| vec![(0, 0); usize::from(n > 0)]).collect();
        for (at, step) in self.frame.steps.iter().enumerate().rev() {
            let (tier, next) = (&self.tiers[at], &self.tiers[at + 1]);
            let of_node = |node: usize| {
                let mut list = Vec::new();
                let mut before = 0;
                for arc in tier.arcs(crate::territory::index_u32(node)) {
                    let own = cost.of(self, step, arc);
                    list.extend(after[arc.to as usize].iter().map(|&(value, rank)| (value + own, before + rank)));
                    before += next.counts[arc.to as usize];
                }
                list.sort_unstable();
                list.truncate(most);
                list
            };
            after = (0..tier.counts.len()).into_par_iter().map(of_node).collect();
        }
        after.into_iter().next().unwrap_or_default()
    }

    /// How many plans have each cost, ascending; exact.
    ///
    /// Meant for costs that are small whole numbers: memory grows with the number of different sums.
    #[must_use]
    pub fn histogram(&self, cost: &Cost) -> Vec<(i64, u128)> {
        let last = self.tiers.last().map(|t| &t.counts[..]).unwrap_or_default();
        let mut after: Vec<Vec<(i64, u128)>> = last.iter().map(|&n| vec![(0, 1); usize::from(n > 0)]).collect();
        for (at, step) in self.frame.steps.iter().enumerate().rev() {
            let tier = &self.tiers[at];
            let of_node = |node: usize| {
                let mut sums: std::collections::BTreeMap<i64, u128> = std::collections::BTreeMap::new();
                for arc in tier.arcs(crate::territory::index_u32(node)) {
                    let own = cost.of(self, step, arc);
                    for &(value, count) in &after[arc.to as usize] {
                        *sums.entry(value + own).or_default() += count;
                    }
                }
                sums.into_iter().collect()
            };
            after = (0..tier.counts.len()).into_par_iter().map(of_node).collect();
        }
        after.into_iter().next().unwrap_or_default()
    }

    /// The cost of the plan of a rank.
    #[must_use]
    pub fn cost_at(&self, cost: &Cost, mut rank: u128) -> Option<i64> {
        if rank >= self.count() {
            return None;
        }
        let (mut node, mut sum) = (0, 0);
        for (at, step) in self.frame.steps.iter().enumerate() {
            let next = &self.tiers[at + 1];
            for arc in self.tiers[at].arcs(node) {
                let count = next.counts[arc.to as usize];
                if rank < count {
                    sum += cost.of(self, step, arc);
                    node = arc.to;
                    break;
                }
                rank -= count;
            }
        }
        Some(sum)
    }
}
