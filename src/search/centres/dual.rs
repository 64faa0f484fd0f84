//! Bounds by multipliers: each unit pays what it is worth to be taken, and each centre takes what pays most.
//!
//! That every unit lies in exactly one area is let go of, and paid for instead (Lagrange; M. Held, P. Wolfe, H. Crowder 1974,
//! doi:10.1007/BF01580223, for the steps). What is left falls apart by centre. Any multipliers give a bound, and all of it
//! is whole numbers, so that no rounding can make a bound too high.

use rayon::prelude::*;

use super::price::{Centre, Wanted};
use super::{Ground, Set, units};

/// A price that nobody pays.
pub(super) const NEVER: i64 = i64::MAX / 4;
/// Multipliers stay within so many times what a unit costs on average, so that sums fit.
const MOST_TIMES: f64 = 64.0;

/// What is left of a problem after some decisions.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// For each centre the units that may belong to it; none where it is no centre.
    pub(super) allowed: Vec<Set>,
    /// Units that must be centres.
    pub(super) open: Set,
    /// For each centre the units that can belong to no other.
    pub(super) must: Vec<Set>,
    pub(super) multipliers: Vec<i64>,
    /// No plan of it costs less.
    pub(super) bound: i64,
    /// How often each unit was given to each centre of late, for each centre its units.
    pub(super) shares: Vec<f64>,
}

impl Node {
    pub(super) fn new(ground: &Ground) -> Self {
        let n = ground.len();
        let cheapest = |v: usize| (0..n).filter(|&c| c != v).map(|c| ground.costs(c)[v]).min().unwrap_or(0);
        Self {
            allowed: vec![ground.all(); n],
            open: 0,
            must: vec![0; n],
            multipliers: (0..n).map(cheapest).collect(),
            bound: 0,
            shares: Vec::new(),
        }
    }

    /// Draws conclusions; false where there is no plan.
    pub(super) fn settle(&mut self, ground: &Ground) -> bool {
        let n = ground.len();
        loop {
            let before = (self.allowed.clone(), self.open);
            for c in units(self.open) {
                let others = (0..n).filter(|&o| o != c as usize);
                others.for_each(|o| self.allowed[o] &= !(1 << c));
            }
            let (mut some, mut several): (Set, Set) = (0, 0);
            for c in 0..n {
                let own = self.allowed[c];
                let own = if own >> c & 1 == 1 { ground.reach(1 << c, own) } else { 0 };
                self.allowed[c] = if ground.sum(own) < ground.least { 0 } else { own };
                several |= some & self.allowed[c];
                some |= self.allowed[c];
            }
            let live = self.live();
            if some != ground.all() || self.open & !live != 0 {
                return false;
            }
            for c in units(live) {
                let c = c as usize;
                let only = self.allowed[c] & !several;
                if only != 0 {
                    self.open |= 1 << c;
                }
                self.must[c] = only | 1 << c;
                if ground.sum(self.must[c]) > ground.most {
                    if self.open >> c & 1 == 1 {
                        return false;
                    }
                    self.allowed[c] = 0;
                }
            }
            let (open, live) = (self.open.count_ones() as usize, self.live().count_ones() as usize);
            if open > ground.areas.1 || live < ground.areas.0 {
                return false;
            }
            if open == ground.areas.1 {
                units(self.live() & !self.open).for_each(|c| self.allowed[c as usize] = 0);
            }
            if live == ground.areas.0 {
                self.open = self.live();
            }
            if (&self.allowed, self.open) == (&before.0, before.1) {
                return true;
            }
        }
    }

    /// What may be a centre.
    pub(super) fn live(&self) -> Set {
        (0..).zip(&self.allowed).filter(|(_, a)| **a != 0).fold(0, |set, (c, _): (u32, _)| set | 1 << c)
    }

    pub(super) fn centre<'g>(&self, ground: &'g Ground, c: usize) -> Centre<'g> {
        Centre::new(ground, c, self.allowed[c], self.must[c], &self.multipliers)
    }
}

/// How the bound of a node is raised.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ascent {
    /// Steps.
    pub(super) rounds: usize,
    /// Whether the sets must be connected and within the bounds; else any filling will do.
    pub(super) exact: bool,
    /// Most steps of one search around a centre.
    pub(super) steps: usize,
}

/// What came of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raised {
    /// None of its plans is better.
    Done,
    Open,
    Interrupted,
}

/// The cheapest choice of centres: its sum, and the centres. None where there are too few.
pub(super) fn choice(ground: &Ground, order: &[(i64, usize)], open: Set) -> Option<(i64, Set)> {
    let (mut sum, mut chosen, mut count): (i64, Set, usize) = (0, 0, 0);
    for &(value, c) in order.iter().filter(|o| open >> o.1 & 1 == 1) {
        sum = sum.saturating_add(value);
        chosen |= 1 << c;
        count += 1;
    }
    for &(value, c) in order.iter().filter(|o| open >> o.1 & 1 == 0) {
        if count >= ground.areas.1 || (value >= 0 && count >= ground.areas.0) {
            break;
        }
        sum = sum.saturating_add(value);
        chosen |= 1 << c;
        count += 1;
    }
    (count >= ground.areas.0 && count <= ground.areas.1 && chosen & open == open).then_some((sum, chosen))
}

/// The values at some multipliers.
pub(super) struct Values<'g> {
    pub(super) centres: Vec<(usize, Centre<'g>)>,
    pub(super) values: Vec<i64>,
    sets: Vec<Option<Set>>,
    exact: Vec<bool>,
    /// Centre by cost.
    pub(super) order: Vec<(i64, usize)>,
    bound: i64,
    chosen: Set,
}

impl<'g> Values<'g> {
    pub(super) fn new(ground: &'g Ground, node: &Node, ascent: &Ascent) -> Option<Self> {
        let live: Vec<usize> = units(node.live()).map(|c| c as usize).collect();
        let centres: Vec<(usize, Centre<'_>)> = live.iter().map(|&c| (c, node.centre(ground, c))).collect();
        let mut own = Values {
            values: centres.iter().map(|c| c.1.loose).collect(),
            sets: vec![None; centres.len()],
            exact: vec![!ascent.exact; centres.len()],
            centres,
            order: Vec::new(),
            bound: 0,
            chosen: 0,
        };
        loop {
            own.choose(ground, node)?;
            let rough: Vec<usize> =
                (0..own.centres.len()).filter(|&i| !own.exact[i] && own.chosen >> own.centres[i].0 & 1 == 1).collect();
            if rough.is_empty() {
                return Some(own);
            }
            own.sharpen(&rough, ascent.steps);
        }
    }

    fn choose(&mut self, ground: &Ground, node: &Node) -> Option<()> {
        let valued = self.centres.iter().zip(&self.values).filter(|(_, v)| **v < NEVER);
        self.order = valued.map(|(c, &v)| (v, c.0)).collect();
        self.order.sort_unstable();
        let (sum, chosen) = choice(ground, &self.order, node.open)?;
        self.bound = sum.saturating_add(node.multipliers.iter().sum());
        self.chosen = chosen;
        Some(())
    }

    /// Looks for the cheapest sets around some centres.
    fn sharpen(&mut self, which: &[usize], steps: usize) {
        let wanted = Wanted { cutoff: NEVER, all: false, steps, sets: usize::MAX };
        let found: Vec<_> = which.par_iter().map(|&i| self.centres[i].1.search(wanted)).collect();
        for (&i, priced) in which.iter().zip(found) {
            self.exact[i] = true;
            self.values[i] = self.values[i].max(priced.bound);
            self.sets[i] = priced.sets.first().map(|s| s.1);
        }
    }
}

/// Raises the bound of a node, and leaves out what can't be part of a better plan than one that costs `cutoff`.
pub(super) fn raise(
    ground: &Ground,
    node: &mut Node,
    cutoff: i64,
    ascent: &Ascent,
    tell: &mut dyn FnMut(i64) -> bool,
) -> Raised {
    let n = ground.len();
    let mut best = node.multipliers.clone();
    let mut shares = vec![0.0; n * n];
    let mut weight_of_shares = 0.0;
    let (mut theta, mut vain) = (1.0, 0);
    let mut push = vec![0.0f64; n];
    let mut top = -NEVER;
    if !node.settle(ground) {
        return Raised::Done;
    }
    for round in 0..ascent.rounds {
        let Some(values) = Values::new(ground, node, ascent) else { return Raised::Done };
        let better = values.bound > top;
        if better {
            vain = if values.bound - top > (cutoff - values.bound) / 1000 { 0 } else { vain + 1 };
            top = values.bound;
            best.clone_from(&node.multipliers);
            node.bound = node.bound.max(top);
        } else {
            vain += 1;
        }
        if node.bound >= cutoff {
            return Raised::Done;
        }
        if vain >= 8 {
            theta *= 0.75;
            vain = 0;
        }
        let fix = (better && round % 4 == 3) || round + 1 == ascent.rounds;
        // How often each unit is taken.
        let mut taken = vec![0.0f64; n];
        let fade = 0.9;
        shares.iter_mut().for_each(|s| *s *= fade);
        weight_of_shares = weight_of_shares * fade + (1.0 - fade);
        for (i, (c, centre)) in values.centres.iter().enumerate() {
            if values.chosen >> c & 1 == 1 {
                let mut take = |v: usize, share: f64| {
                    taken[v] += share;
                    shares[c * n + v] += share * (1.0 - fade);
                };
                match values.sets[i] {
                    Some(set) => units(set).for_each(|v| take(v as usize, 1.0)),
                    None => centre.shares(take),
                }
            }
        }
        if fix && !leave_out(ground, node, &values, cutoff) {
            return Raised::Done;
        }
        if !tell(node.bound) {
            return Raised::Interrupted;
        }
        step(ground, node, &taken, &mut push, theta, cutoff - values.bound);
    }
    node.multipliers = best;
    shares.iter_mut().for_each(|s| *s /= weight_of_shares);
    node.shares = shares;
    if node.settle(ground) { Raised::Open } else { Raised::Done }
}

/// A step along what is taken too often or not at all.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "any multipliers will do")]
fn step(ground: &Ground, node: &mut Node, taken: &[f64], push: &mut [f64], theta: f64, gap: i64) {
    const MOMENTUM: f64 = 0.4;
    for (push, taken) in push.iter_mut().zip(taken) {
        *push = (1.0 - taken) + MOMENTUM * *push;
    }
    let norm: f64 = push.iter().zip(&ground.scale).map(|(p, s)| p * p * s).sum();
    if norm < 1e-9 {
        return;
    }
    let length = theta * gap as f64 / norm;
    for ((m, push), scale) in node.multipliers.iter_mut().zip(push.iter()).zip(&ground.scale) {
        let moved = *m as f64 + length * push * scale;
        *m = moved.clamp(-MOST_TIMES * scale, MOST_TIMES * scale).round() as i64;
    }
}

/// Leaves out centres, and units of centres, that would cost too much; false where there is nothing left.
fn leave_out(ground: &Ground, node: &mut Node, values: &Values<'_>, cutoff: i64) -> bool {
    let base: i64 = node.multipliers.iter().sum();
    let with = |c: usize| choice(ground, &values.order, node.open | 1 << c).map_or(NEVER, |s| base.saturating_add(s.0));
    let without = |c: usize| {
        let order: Vec<(i64, usize)> = values.order.iter().copied().filter(|o| o.1 != c).collect();
        choice(ground, &order, node.open).map_or(NEVER, |s| base.saturating_add(s.0))
    };
    let judged = values.centres.par_iter().zip(&values.values).map(|((c, centre), &value)| {
        let with = if value < NEVER { with(*c) } else { NEVER };
        if with >= cutoff {
            return (*c, 0, false);
        }
        let room = cutoff - with;
        let keeps = |way: &Option<i64>| way.is_some_and(|way| (centre.loose + way - value).max(0) < room);
        let kept =
            centre.ways().iter().enumerate().filter(|(_, way)| keeps(way)).fold(0, |set: Set, (v, _)| set | 1 << v);
        let must = values.chosen >> c & 1 == 1 && node.open >> c & 1 == 0 && without(*c) >= cutoff;
        (*c, kept, must)
    });
    let judged: Vec<(usize, Set, bool)> = judged.collect();
    for (c, kept, must) in judged {
        node.allowed[c] &= kept;
        if must {
            node.open |= 1 << c;
        }
    }
    node.settle(ground)
}
