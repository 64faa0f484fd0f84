//! The end of a branch: all areas that can be part of a better plan, and the cheapest plan made of them.
//!
//! With good multipliers few areas cost so little more than they are worth that they fit below the best plan known. Where
//! they can all be listed, they are put together unit by unit (R. Garfinkel, G. Nemhauser 1970, doi:10.1287/mnsc.16.8.B495).

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::dual::{Ascent, NEVER, Node, Values, choice};
use super::price::{Priced, Wanted};
use super::{Ground, Set, units};

/// Steps between two looks at the watch.
const STEPS: usize = 1 << 18;

/// No steps: the bounds by fillings are at hand.
const ANY: Ascent = Ascent { rounds: 0, exact: false, steps: 0 };

/// What came of it.
pub(super) enum Covered {
    /// All plans that cost less than the cut-off were looked at; the cheapest, if there is one.
    Whole(Option<Vec<Set>>),
    /// Too many areas, or too many ways to put them together; the cheapest plan seen.
    TooMany(Option<Vec<Set>>),
    Interrupted,
}

/// The cheapest plan of a node that costs less than the cut-off.
pub(super) fn cover(ground: &Ground, node: &Node, cutoff: i64, most: usize, tell: &mut dyn FnMut() -> bool) -> Covered {
    let Some(values) = Values::new(ground, node, &ANY) else { return Covered::Whole(None) };
    let base: i64 = node.multipliers.iter().sum();
    let live: Vec<(usize, i64)> = (0..values.centres.len())
        .filter_map(|i| {
            let (c, value) = (values.centres[i].0, values.values[i]);
            let with = choice(ground, &values.order, node.open | 1 << c)?.0;
            // What is left for this centre where the others take as little as they can.
            let own = cutoff - base - with + value;
            (value < NEVER && own > value).then_some((i, own))
        })
        .collect();
    let each = most / live.len().max(1);
    let listed: Vec<Priced> = live
        .par_iter()
        .map(|&(i, own)| values.centres[i].1.search(Wanted { cutoff: own, all: true, steps: each, sets: each }))
        .collect();
    if !tell() {
        return Covered::Interrupted;
    }
    let whole = listed.iter().all(|p| p.whole);
    let mut sets: Vec<(i64, Set)> = Vec::new();
    let mut least: Vec<i64> = Vec::new();
    for priced in listed {
        least.extend(priced.sets.iter().map(|s| s.0).min());
        sets.extend(priced.sets);
    }
    least.sort_unstable();
    let mut puzzle = Puzzle::new(ground, sets, &least, cutoff - base);
    let ended = puzzle.go(&mut Vec::new(), 0, 0, most, tell);
    match ended {
        Ended::Whole if whole => Covered::Whole(puzzle.best),
        Ended::Whole | Ended::TooMany => Covered::TooMany(puzzle.best),
        Ended::Interrupted => Covered::Interrupted,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Whole,
    TooMany,
    Interrupted,
}

/// Areas to be put together so that each unit is in one.
struct Puzzle<'g> {
    ground: &'g Ground,
    /// Units in order: those in few areas first.
    order: Vec<u32>,
    /// The areas by their first unit in this order, the cheapest first.
    first: Vec<Vec<(i64, Set)>>,
    by_units: FxHashMap<Set, i64>,
    /// The least that so many areas cost.
    least: Vec<i64>,
    budget: i64,
    best: Option<Vec<Set>>,
    steps: usize,
}

impl<'g> Puzzle<'g> {
    fn new(ground: &'g Ground, sets: Vec<(i64, Set)>, least: &[i64], budget: i64) -> Self {
        let n = ground.len();
        let mut count = vec![0usize; n];
        sets.iter().for_each(|s| units(s.1).for_each(|v| count[v as usize] += 1));
        let mut order: Vec<u32> = units(ground.all()).collect();
        order.sort_by_key(|&v| count[v as usize]);
        let mut place = vec![0; n];
        order.iter().enumerate().for_each(|(at, &v)| place[v as usize] = at);
        let mut first = vec![Vec::new(); n];
        let mut by_units = FxHashMap::default();
        for (cost, set) in sets {
            if let Some(at) = units(set).map(|v| place[v as usize]).min() {
                first[at].push((cost, set));
                by_units.entry(set).and_modify(|c: &mut i64| *c = (*c).min(cost)).or_insert(cost);
            }
        }
        first.iter_mut().for_each(|list| list.sort_unstable());
        let mut sums = vec![0];
        for cost in least {
            sums.push(sums.last().copied().unwrap_or(0) + cost);
        }
        Self { ground, order, first, by_units, least: sums, budget, best: None, steps: 0 }
    }

    /// The least that the areas still to come cost.
    fn to_come(&self, used: usize) -> i64 {
        let (fewest, most) =
            (self.ground.areas.0.saturating_sub(used).max(1), self.ground.areas.1.saturating_sub(used));
        let most = most.min(self.least.len().saturating_sub(1));
        (fewest..=most).map(|more| self.least[more]).min().unwrap_or(NEVER)
    }

    fn go(
        &mut self,
        taken: &mut Vec<Set>,
        covered: Set,
        spent: i64,
        most: usize,
        tell: &mut dyn FnMut() -> bool,
    ) -> Ended {
        let rest = self.ground.all() & !covered;
        if taken.len() >= self.ground.areas.1 {
            return Ended::Whole;
        }
        if taken.len() + 1 >= self.ground.areas.0
            && let Some(&cost) = self.by_units.get(&rest)
            && spent + cost < self.budget
        {
            self.budget = spent + cost;
            self.best = Some(taken.iter().copied().chain([rest]).collect());
        }
        if taken.len() + 1 >= self.ground.areas.1 {
            return Ended::Whole;
        }
        let Some(at) = self.order.iter().position(|&v| covered >> v & 1 == 0) else { return Ended::Whole };
        let others = self.to_come(taken.len() + 1);
        for i in 0..self.first[at].len() {
            let (cost, set) = self.first[at][i];
            if spent + cost + others >= self.budget {
                break;
            }
            self.steps += 1;
            if self.steps.is_multiple_of(STEPS) && !tell() {
                return Ended::Interrupted;
            }
            if self.steps > most.saturating_mul(16) {
                return Ended::TooMany;
            }
            if set & covered != 0 || set == rest {
                continue;
            }
            taken.push(set);
            let ended = self.go(taken, covered | set, spent + cost, most, tell);
            taken.pop();
            if ended != Ended::Whole {
                return ended;
            }
        }
        Ended::Whole
    }
}
