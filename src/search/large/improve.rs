//! A better plan: two or three neighbouring areas at a time are divided anew, exactly, as long as that helps.

use std::collections::BTreeSet;

use super::ladder::{Watcher, climb};
use super::{Problem, order_of};
use crate::territory::index_u32;

/// Units in the areas that are divided anew together, at most.
pub(crate) const MOST_UNITS: usize = 45;

/// Divides neighbouring areas anew until no pair, and (with `three`) no three of them, can be divided better; false
/// where it was interrupted.
pub(super) fn improve(
    problem: &Problem,
    plan: &mut (u64, Vec<u32>),
    three: bool,
    memory: u64,
    watcher: &mut Watcher<'_>,
) -> bool {
    // Sets of areas, by their units, that were tried in vain.
    let mut tried: BTreeSet<Vec<u32>> = BTreeSet::new();
    loop {
        let before = plan.0;
        for set in neighbouring(problem, &plan.1, three) {
            let units: Vec<u32> = (0..index_u32(plan.1.len())).filter(|&v| set.contains(&plan.1[v as usize])).collect();
            if set.len() > 2 && units.len() > MOST_UNITS || !tried.insert(units.clone()) {
                continue;
            }
            let part = part_of(problem, &units, index_u32(set.len()));
            let now = part.cost(&units.iter().map(|&v| plan.1[v as usize]).collect::<Vec<_>>());
            let order = order_of(&part);
            let mut unseen = Vec::new();
            let mut inner = Watcher { step: &mut *watcher.step, trace: &mut unseen };
            let memory = if set.len() > 2 { memory / 8 } else { memory };
            let found = climb(&part, &order, now, memory, &mut inner);
            if let Some((cost, areas)) = found.plan {
                plan.0 -= now - cost;
                // The areas of the part are named after its first units; they get the names of the set.
                let mut names: Vec<(u32, u32)> = Vec::new();
                for (&v, &area) in units.iter().zip(&areas) {
                    if !names.iter().any(|n| n.0 == area) {
                        names.push((area, set[names.len().min(set.len() - 1)]));
                    }
                    if let Some(name) = names.iter().find(|n| n.0 == area) {
                        plan.1[v as usize] = name.1;
                    }
                }
            }
            if !(watcher.step)(super::Stage::Improve, 0, 0) {
                return false;
            }
        }
        if plan.0 == before {
            return true;
        }
    }
}

/// Pairs of areas that touch, then (with `three`) three of which each touches another.
pub(crate) fn neighbouring(problem: &Problem, of: &[u32], three: bool) -> Vec<Vec<u32>> {
    let mut pairs: BTreeSet<(u32, u32)> = BTreeSet::new();
    for &(a, b, _) in &problem.links {
        let (a, b) = (of[a as usize], of[b as usize]);
        if a != b {
            pairs.insert((a.min(b), a.max(b)));
        }
    }
    let mut sets: Vec<Vec<u32>> = pairs.iter().map(|&(a, b)| vec![a, b]).collect();
    if three {
        let mut threes: BTreeSet<Vec<u32>> = BTreeSet::new();
        for &(a, b) in &pairs {
            for &(c, d) in &pairs {
                let set: BTreeSet<u32> = [a, b, c, d].into();
                if set.len() == 3 {
                    threes.insert(set.into_iter().collect());
                }
            }
        }
        sets.extend(threes);
    }
    sets
}

/// The problem of dividing some units into so many areas.
fn part_of(problem: &Problem, units: &[u32], areas: u32) -> Problem {
    let at = |v: u32| units.binary_search(&v).ok().map(index_u32);
    let links = problem.links.iter().filter_map(|&(a, b, cost)| Some((at(a)?, at(b)?, cost))).collect();
    let weights = units.iter().map(|&v| problem.weights[v as usize]).collect();
    Problem { links, weights, areas: (areas, areas), ..*problem }
}
