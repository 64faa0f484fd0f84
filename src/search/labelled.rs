//! The cheapest lawful labelling of one region, by dynamic programming over the frontier of its graph.
//!
//! Municipalities are given an area one by one. The state is the area of each municipality that still has an ungiven
//! neighbour, which of those are already joined, what each area has gathered, and which areas are complete. Equal states
//! merge, the cheaper one stays. Areas have names here (a plan is mended, not made), so two neighbours in one area are
//! joined by definition. Frontier method: Kawahara, Inoue, Iwashita, Minato 2017, doi:10.1587/transfun.E100.A.1773.

use rustc_hash::FxHashMap;

use crate::plan::NONE;
use crate::territory::{Graph, index_u32};

/// A region as the labelling sees it; municipalities are numbered from 0.
pub(super) struct Region<'r> {
    /// Who joins whom.
    pub(super) graph: &'r Graph,
    /// Municipalities that need not be joined to their area (exclaves of the whole territory).
    pub(super) free: &'r [bool],
    /// Areas that exist, by number, and how many new ones there may be.
    pub(super) areas: u32,
    pub(super) new_areas: u32,
    /// Area of each municipality now, or [`NONE`].
    pub(super) now: &'r [u32],
    /// The only area that a municipality may have, or [`NONE`].
    pub(super) fixed: &'r [u32],
    /// What it costs to give a municipality another area.
    pub(super) cost: &'r [u64],
    /// Bounds on what an area gathers.
    pub(super) bounds: &'r [Bound],
}

/// A bound on an area's sum, in thousandths of the attribute's unit.
pub(super) struct Bound {
    pub(super) values: Vec<i64>,
    pub(super) at_least: i64,
    pub(super) at_most: i64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Labelling {
    /// Area of each municipality (new ones are numbered after those that exist), and the cost.
    Found(Vec<u32>, u64),
    /// Nothing within the limit.
    None,
    /// More states than allowed.
    TooMany,
}

/// Beyond this the frontier is too wide for any memory, and its groups no longer fit a byte.
const MOST_MUNICIPALITIES: usize = 600;
const MOST_FRONTIER: usize = 200;

/// Nothing of it yet; its frontier holds it; complete.
const UNSEEN: u8 = 0;
const OPEN: u8 = 1;
const CLOSED: u8 = 2;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    /// Area and joined group of each frontier municipality.
    front: Vec<(u32, u8)>,
    /// Of each area: nothing yet, open, complete.
    status: Vec<u8>,
    /// Exclaves that each area has: 0, 1, or 2 for more.
    exclaves: Vec<u8>,
    /// What each area has gathered, for each bound, no more than decides it.
    sums: Vec<i64>,
}

/// A step of the walk: which municipality, who of the frontier it touches, who leaves the frontier after it.
struct Step {
    municipality: usize,
    touches: Vec<usize>,
    leaves: Vec<usize>,
}

/// The cheapest labelling that costs at most `limit`; ties go to fewer new areas, then to the first found.
pub(super) fn cheapest(region: &Region<'_>, limit: u64, most_states: usize) -> Labelling {
    if region.graph.len() > MOST_MUNICIPALITIES {
        return Labelling::TooMany;
    }
    let (steps, widest) = steps(region);
    if widest > MOST_FRONTIER {
        return Labelling::TooMany;
    }
    let labels = (region.areas + region.new_areas) as usize;
    let start = State {
        front: Vec::new(),
        status: vec![UNSEEN; labels],
        exclaves: vec![0; labels],
        sums: vec![0; labels * region.bounds.len()],
    };
    let mut layer: Vec<(State, (u64, u32))> = vec![(start, (0, 0))];
    let mut trail: Vec<Vec<(u32, u32)>> = Vec::with_capacity(steps.len());
    let mut states = 0;
    for step in &steps {
        let mut next: Vec<(State, (u64, u32))> = Vec::new();
        let mut from: Vec<(u32, u32)> = Vec::new();
        let mut index: FxHashMap<State, u32> = FxHashMap::default();
        for (parent, (state, cost)) in layer.iter().enumerate() {
            for label in choices(region, step.municipality, state) {
                let moved = region.now[step.municipality] != label;
                let paid = cost.0 + if moved { region.cost[step.municipality] } else { 0 };
                if paid > limit {
                    continue;
                }
                let opens = label >= region.areas && state.status[label as usize] == UNSEEN;
                let total = (paid, cost.1 + u32::from(opens));
                let Some(after) = place(region, step, state, label) else { continue };
                match index.get(&after) {
                    Some(&at) if next[at as usize].1 <= total => {}
                    Some(&at) => {
                        next[at as usize].1 = total;
                        from[at as usize] = (index_u32(parent), label);
                    }
                    None => {
                        index.insert(after.clone(), index_u32(next.len()));
                        next.push((after, total));
                        from.push((index_u32(parent), label));
                    }
                }
            }
        }
        states += next.len();
        if states > most_states {
            return Labelling::TooMany;
        }
        trail.push(from);
        layer = next;
    }
    let complete = layer.iter().enumerate().filter(|(_, (state, _))| finish(region, state));
    let Some((best, (_, (cost, _)))) = complete.min_by_key(|(_, (_, cost))| *cost) else { return Labelling::None };
    Labelling::Found(follow(&steps, &trail, best), *cost)
}

/// Areas that a municipality may have: those that are not complete, and of the new ones no more than the next.
fn choices<'s>(region: &'s Region<'_>, municipality: usize, state: &'s State) -> impl Iterator<Item = u32> + 's {
    let fixed = region.fixed[municipality];
    let mut next_new = true;
    (0..region.areas + region.new_areas).filter(move |&label| {
        let unseen = state.status[label as usize] == UNSEEN && state.exclaves[label as usize] == 0;
        if label >= region.areas && unseen && !std::mem::replace(&mut next_new, false) {
            return false;
        }
        (fixed == NONE || fixed == label) && state.status[label as usize] != CLOSED
    })
}

/// The state after a municipality got an area; none where that can't become lawful.
fn place(region: &Region<'_>, step: &Step, state: &State, label: u32) -> Option<State> {
    let mut after = state.clone();
    let area = label as usize;
    for (b, bound) in region.bounds.iter().enumerate() {
        let sum = &mut after.sums[area * region.bounds.len() + b];
        *sum += bound.values[step.municipality];
        if *sum > bound.at_most {
            return None;
        }
        if bound.at_most == i64::MAX {
            *sum = (*sum).min(bound.at_least);
        }
    }
    if region.free[step.municipality] {
        after.exclaves[area] = (after.exclaves[area] + 1).min(2);
        return Some(after);
    }
    let group = after.front.iter().map(|f| f.1 + 1).max().unwrap_or(0);
    after.status[area] = OPEN;
    for &i in &step.touches {
        if after.front[i].0 == label {
            let old = after.front[i].1;
            after.front.iter_mut().filter(|f| f.1 == old).for_each(|f| f.1 = group);
        }
    }
    after.front.push((label, group));
    // Those who leave are marked and taken out together; the last of a group closes its area.
    let mut keep = vec![true; after.front.len()];
    for &i in &step.leaves {
        keep[i] = false;
        let (label, group) = after.front[i];
        let others = || after.front.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(f, _)| f);
        if others().any(|f| f.1 == group) {
            continue;
        }
        let area = label as usize;
        let rest = others().any(|f| f.0 == label);
        let sums = &after.sums[area * region.bounds.len()..(area + 1) * region.bounds.len()];
        if rest || region.bounds.iter().zip(sums).any(|(b, &sum)| sum < b.at_least) {
            return None;
        }
        after.status[area] = CLOSED;
        after.sums[area * region.bounds.len()..(area + 1) * region.bounds.len()].fill(0);
    }
    let mut keep = keep.into_iter();
    after.front.retain(|_| keep.next().unwrap_or(true));
    renumber(&mut after.front);
    Some(after)
}

/// Numbers the groups by their first member, so that equal states are equal.
fn renumber(front: &mut [(u32, u8)]) {
    let mut names: Vec<u8> = Vec::with_capacity(front.len());
    for f in front.iter_mut() {
        let at = names.iter().position(|&n| n == f.1).unwrap_or_else(|| {
            names.push(f.1);
            names.len() - 1
        });
        #[expect(
            clippy::cast_possible_truncation,
            reason = "groups are fewer than the frontier, which is far below 256 here"
        )]
        {
            f.1 = at as u8;
        }
    }
}

/// In the end an area has a connected part, or is one exclave alone that meets the bounds.
fn finish(region: &Region<'_>, state: &State) -> bool {
    (0..state.status.len()).all(|area| {
        let sums = &state.sums[area * region.bounds.len()..(area + 1) * region.bounds.len()];
        match (state.status[area], state.exclaves[area]) {
            (UNSEEN, 0) | (CLOSED, _) => true,
            (UNSEEN, 1) => region.bounds.iter().zip(sums).all(|(b, &sum)| sum >= b.at_least),
            _ => false,
        }
    })
}

fn follow(steps: &[Step], trail: &[Vec<(u32, u32)>], last: usize) -> Vec<u32> {
    let mut labels = vec![NONE; steps.len()];
    let mut at = last;
    for (step, from) in steps.iter().zip(trail).rev() {
        let (parent, label) = from[at];
        labels[step.municipality] = label;
        at = parent as usize;
    }
    labels
}

/// Exclaves first; then an order that keeps the frontier narrow: from several starts, always the municipality after
/// which the frontier is smallest, and the start whose widest frontier is narrowest.
fn steps(region: &Region<'_>) -> (Vec<Step>, usize) {
    const STARTS: usize = 24;
    let n = region.graph.len();
    let bound: Vec<usize> = (0..n).filter(|&v| !region.free[v]).collect();
    let every = bound.len().div_ceil(STARTS).max(1);
    let orders = bound.iter().step_by(every).map(|&start| order(region, &bound, start));
    let (widest, _, best) = orders.min_by_key(|(widest, total, _)| (*widest, *total)).unwrap_or_default();
    let free = (0..n).filter(|&v| region.free[v]);
    let mut placed = vec![false; n];
    let mut front: Vec<usize> = Vec::new();
    let mut steps: Vec<Step> =
        free.map(|municipality| Step { municipality, touches: Vec::new(), leaves: Vec::new() }).collect();
    for v in best {
        placed[v] = true;
        let touches = (0..front.len()).filter(|&i| region.graph.neighbours(v).contains(&index_u32(front[i]))).collect();
        front.push(v);
        let leaves: Vec<usize> = (0..front.len()).filter(|&i| done(region, &placed, front[i])).collect();
        front.retain(|&u| !done(region, &placed, u));
        steps.push(Step { municipality: v, touches, leaves });
    }
    (steps, widest)
}

/// Has every neighbour of a placed municipality been placed?
fn done(region: &Region<'_>, placed: &[bool], v: usize) -> bool {
    region.graph.neighbours(v).iter().all(|&w| placed[w as usize] || region.free[w as usize])
}

/// Widest frontier, sum of the frontiers, and the order.
fn order(region: &Region<'_>, bound: &[usize], start: usize) -> (usize, usize, Vec<usize>) {
    let mut placed = vec![false; region.graph.len()];
    let mut front: Vec<usize> = Vec::new();
    let mut order = Vec::with_capacity(bound.len());
    let (mut widest, mut total) = (0, 0);
    while order.len() < bound.len() {
        let candidates = bound.iter().copied().filter(|&v| {
            !placed[v]
                && (front.is_empty() || region.graph.neighbours(v).iter().any(|&w| front.contains(&(w as usize))))
        });
        let after = |v: usize| {
            let mut then = placed.clone();
            then[v] = true;
            front.iter().chain([&v]).filter(|&&u| !done(region, &then, u)).count()
        };
        let next = if order.is_empty() { Some(start) } else { candidates.min_by_key(|&v| (after(v), v)) };
        let Some(v) = next.or_else(|| bound.iter().copied().find(|&v| !placed[v])) else { break };
        placed[v] = true;
        order.push(v);
        front.push(v);
        front.retain(|&u| !done(region, &placed, u));
        widest = widest.max(front.len());
        total += front.len();
    }
    (widest, total, order)
}
