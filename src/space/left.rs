//! What is left of a region where some areas are decided already.

use std::collections::{BTreeMap, BTreeSet};

use super::limits::{Limits, Sum};
use super::region::Region;
use crate::plan::{NONE, Plan};
use crate::territory::{Graph, index_u32};

/// Limits that no plan meets.
const NEVER: Option<(u32, u32)> = Some((1, 0));

impl Region {
    /// The region without the areas of a plan of some municipalities: its plans are those of the rest with which these areas
    /// stand as they are. None where nothing is left.
    ///
    /// What is wrong with the decided areas themselves is not held against the rest. Where one of them may be enclosed by an area
    /// of the rest, or enclose one, it stays in the graph as one node (its first municipality in the region) that no other may
    /// join; all others are taken out. That a decided area which goes beyond the region encloses an area together with its part
    /// there is not seen.
    #[must_use]
    pub fn left_by(&self, plan: &Plan) -> Option<Self> {
        let n = self.members.len();
        let area = |v: u32| plan.of.get(self.members[v as usize] as usize).copied().unwrap_or(NONE);
        let all = 0..index_u32(n);
        if all.clone().all(|v| area(v) != NONE) {
            return None;
        }
        let mut decided: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for v in all.clone().filter(|&v| area(v) != NONE) {
            decided.entry(area(v)).or_default().push(v);
        }
        if decided.is_empty() {
            return Some(self.clone());
        }
        let kept = self.in_question(plan, &decided, area);
        // The node that stands for each: itself, or the first of its area; none where it is taken out.
        let stands = |v: u32| match area(v) {
            NONE => Some(v),
            a => kept.contains_key(&a).then(|| decided[&a][0]),
        };
        let nodes: BTreeSet<u32> = all.clone().filter_map(stands).collect();
        let nodes: Vec<u32> = nodes.into_iter().collect();
        let node = |v: u32| stands(v).and_then(|v| nodes.binary_search(&v).ok()).map(index_u32);
        let mut pairs: Vec<(u32, u32)> = all
            .flat_map(|v| self.graph.neighbours(v as usize).iter().map(move |&w| (v, w)))
            .filter_map(|(v, w)| Some((node(v)?, node(w)?)))
            .filter(|(v, w)| v < w)
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let left = |v: &u32| area(*v) == NONE;
        let beside_decided = |v: u32| {
            let mut around = self.graph.neighbours(v as usize).iter();
            around.any(|&w| !left(&w) && !kept.contains_key(&area(w)))
        };
        let inside = nodes.iter().filter(|&&v| match area(v) {
            NONE => self.limits.inside.binary_search(&v).is_ok() && !beside_decided(v),
            a => kept.get(&a) == Some(&true),
        });
        let limits = Limits {
            sums: self.sums_of(&nodes, left),
            inside: inside.filter_map(|&v| node(v)).collect(),
            exclaves: self
                .limits
                .exclaves
                .iter()
                .filter(|e| left(&e.0))
                .filter_map(|e| Some((node(e.0)?, e.1)))
                .collect(),
            apart: self.limits.apart.iter().map(|set| nodes_of(set, left, node)).filter(|set| set.len() > 1).collect(),
            together: self
                .limits
                .together
                .iter()
                .map(|set| nodes_of(set, left, node))
                .filter(|s| s.len() > 1)
                .collect(),
            areas: self.areas_left(decided.len() - kept.len(), left),
        };
        Some(Self {
            name: self.name.clone(),
            members: nodes.iter().map(|&v| self.members[v as usize]).collect(),
            graph: Graph::new(nodes.len(), pairs.into_iter()),
            limits,
            labels: self.labels.iter().filter(|l| left(&l.0)).filter_map(|l| Some((node(l.0)?, l.1.clone()))).collect(),
            reserved: self.reserved.clone(),
        })
    }

    /// The decided areas on which enclosure depends, and whether it is they that may be enclosed: all around such an area is
    /// left; or all around a piece of what is left is that area.
    fn in_question(
        &self,
        plan: &Plan,
        decided: &BTreeMap<u32, Vec<u32>>,
        area: impl Fn(u32) -> u32,
    ) -> BTreeMap<u32, bool> {
        let is_inside = |v: &u32| self.limits.inside.binary_search(v).is_ok();
        let mut kept = BTreeMap::new();
        if self.limits.inside.is_empty() {
            return kept;
        }
        for (&a, members) in decided {
            let whole = plan.members(a).count() == members.len() && members.iter().all(is_inside);
            let around = members.iter().flat_map(|&v| self.graph.neighbours(v as usize)).filter(|w| area(**w) != a);
            if whole && around.map(|&w| area(w)).all(|other| other == NONE) {
                kept.insert(a, true);
            }
        }
        let group: Vec<u32> = (0..index_u32(self.members.len())).map(|v| u32::from(area(v) != NONE)).collect();
        let (piece, pieces) = self.graph.components_within(&group);
        for p in 0..pieces {
            let of_piece = || (0..index_u32(self.members.len())).filter(|&v| piece[v as usize] == p && area(v) == NONE);
            if !of_piece().all(|v| is_inside(&v)) {
                continue;
            }
            let around = of_piece().flat_map(|v| self.graph.neighbours(v as usize)).map(|&w| area(w));
            let around: BTreeSet<u32> = around.filter(|&a| a != NONE).collect();
            if around.len() == 1 {
                for a in around {
                    kept.entry(a).or_insert(false);
                }
            }
        }
        kept
    }

    /// The sums of what is left. A decided area is judged by none of them, but by one that keeps everybody out of it.
    fn sums_of(&self, nodes: &[u32], left: impl Fn(&u32) -> bool) -> Vec<Sum> {
        let figure = |sum: &Sum, v: &u32| if left(v) { sum.values[*v as usize] } else { None };
        let of = |sum: &Sum| Sum { values: nodes.iter().map(|v| figure(sum, v)).collect(), ..sum.clone() };
        let mut sums: Vec<Sum> = self.limits.sums.iter().map(of).collect();
        if !nodes.iter().all(&left) {
            let all = nodes.iter().filter(|v| left(v)).count() as u64;
            let values = nodes.iter().map(|v| Some(if left(v) { 1 } else { all })).collect();
            sums.push(Sum { name: "closed".to_owned(), values, at_least: 0, at_most: Some(all) });
        }
        sums
    }

    /// How many areas there may be beside those that were taken out; none may where someone who is left must be with
    /// someone who is decided.
    fn areas_left(&self, taken: usize, left: impl Fn(&u32) -> bool) -> Option<(u32, u32)> {
        let torn = |set: &Vec<u32>| set.iter().any(&left) && !set.iter().all(&left);
        if self.limits.together.iter().any(torn) {
            return NEVER;
        }
        let (fewest, most) = self.limits.areas?;
        let taken = index_u32(taken);
        most.checked_sub(taken).map_or(NEVER, |most| Some((fewest.saturating_sub(taken), most)))
    }
}

/// Those of a set that are left, as nodes.
fn nodes_of(set: &[u32], left: impl Fn(&u32) -> bool, node: impl Fn(u32) -> Option<u32>) -> Vec<u32> {
    set.iter().filter(|v| left(v)).filter_map(|&v| node(v)).collect()
}
