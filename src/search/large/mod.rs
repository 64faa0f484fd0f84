//! The best plan of one region that the exact space can't hold: proved, or with a bound where work ends first.
//!
//! With a tight balance (US counties into congressional districts within 1 %) hardly two sums agree, and a diagram of all
//! plans has no end. But only plans cheaper than the best one known matter. So a plan is looked for first (by moves of
//! single units, then by dividing neighbouring areas anew), and the diagram is gone through with rounded sums, coarse ones
//! and then finer ones: each pass is a bound, and leaves out what can't become cheaper than the plan. What is left in the
//! end is gone through with exact sums.
//!
//! The published measure: H. Validi, A. Buchanan, *Political districting to minimize cut edges*, Mathematical Programming
//! Computation 14 (2022), doi:10.1007/s12532-022-00221-5; H. Validi, A. Buchanan, E. Lykhovyd, *Imposing contiguity
//! constraints in political districting models*, Operations Research 70 (2022), doi:10.1287/opre.2021.2141. They use integer
//! programs; `benches/large.md` has both side by side.
//!
//! ```
//! use landmeter::search::large::{Effort, Outcome, Problem, solve};
//!
//! // A square of 3 x 3 cells into three areas of three cells: six links must be cut.
//! let right = (0..9u32).filter(|v| v % 3 < 2).map(|v| (v, v + 1, 1));
//! let down = (0..6u32).map(|v| (v, v + 3, 1));
//! let problem = Problem {
//!     links: right.chain(down).collect(),
//!     weights: vec![1; 9],
//!     at_least: 3,
//!     at_most: Some(3),
//!     areas: (3, 3),
//! };
//! let answer = solve(&problem, &Effort::default(), &mut |_| true)?;
//! assert_eq!((answer.outcome, answer.value, answer.bound), (Outcome::Optimal, Some(6), 6));
//! # Ok::<(), landmeter::search::large::LargeError>(())
//! ```

mod bound;
pub(super) mod improve;
mod ladder;
pub(crate) mod start;
mod structures;
mod sums;

use crate::territory::{Graph, index_u32};
use ladder::{Climb, End, Watcher, climb};

/// Connected areas with bounds on one sum, and what it costs to cut a link. Units are numbered from 0.
///
/// What else a rulebook may ask (exclaves, enclosure, several sums) is not known here; whoever shows a plan has it judged
/// by [`crate::rules`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Pairs of neighbours, each once, with the cost of lying in different areas: 1 for cut links, millimetres for cut
    /// border.
    pub links: Vec<(u32, u32, u64)>,
    /// What each unit has (people, homes).
    pub weights: Vec<u64>,
    /// Least sum of an area.
    pub at_least: u64,
    /// Greatest sum of an area.
    pub at_most: Option<u64>,
    /// Fewest and most areas.
    pub areas: (u32, u32),
}

/// How much work is done. None of it depends on the clock: to stop after a time, let the watch give false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effort {
    /// What random choices begin from.
    pub seed: u64,
    /// Rounds of changing a random plan unit by unit.
    pub rounds: u64,
    /// Bytes that a proof may take, roughly; of more than 12 GB no use is made.
    pub memory: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { seed: 1, rounds: 32, memory: 4 << 30 }
    }
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looking for a first plan.
    Start,
    /// Dividing neighbouring areas anew.
    Improve,
    /// Laying out what the frontier can look like.
    Structures,
    /// A pass with sums rounded to whole grains.
    Rounded {
        /// The size of a grain.
        grain: u64,
    },
    /// The pass with exact sums.
    Exact,
    /// A pass with exact sums that keeps only what promises most.
    Beam,
    /// Setting what each unit is worth, by which there is a bound.
    Multipliers,
    /// Going through the areas that are left.
    Branch,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Units gone through in this pass.
    pub level: usize,
    /// States of this pass so far.
    pub states: usize,
    /// Cost of the best plan so far.
    pub value: Option<u64>,
    /// No plan costs less.
    pub bound: u64,
}

/// What came of one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// Only plans that cost less were looked for.
    pub cutoff: u64,
    /// Which pass.
    pub stage: Stage,
    /// How many states it had.
    pub states: usize,
    /// How many of them may lead below the cut-off.
    pub kept: usize,
    /// The bound after it: no plan costs less.
    pub bound: u64,
}

/// What is known in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The plan is proved best.
    Optimal,
    /// There is a plan, and a gap to the bound: the work ended first.
    Feasible,
    /// It is proved that there is no plan.
    Infeasible,
    /// Neither a plan nor a proof that there is none: the work ended first.
    Stopped,
}

/// The best plan found, and what is proved of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What is known.
    pub outcome: Outcome,
    /// The area of each unit; areas are numbered from 0 in order of their first unit.
    pub plan: Option<Vec<u32>>,
    /// What the plan costs.
    pub value: Option<u64>,
    /// No plan costs less. Where there is none at all it says nothing.
    pub bound: u64,
    /// The watch put an end to it.
    pub interrupted: bool,
    /// The passes of the proof, in order.
    pub trace: Vec<Trace>,
}

/// A problem that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LargeError {
    /// A link names a unit that is not there, or a unit twice.
    #[error("link {a}-{b} is not between two of the {units} units")]
    Link {
        /// One end.
        a: u32,
        /// The other.
        b: u32,
        /// How many units there are.
        units: usize,
    },
    /// A pair of units is linked twice.
    #[error("link {a}-{b} is there twice")]
    Twice {
        /// One end.
        a: u32,
        /// The other.
        b: u32,
    },
    /// The weights or the costs are too large to add up.
    #[error("the {what} add up to {sum} in their common unit, and {most} is the most that can be counted with")]
    TooLarge {
        /// Weights or costs.
        what: &'static str,
        /// Their sum.
        sum: u128,
        /// What it may be.
        most: u64,
    },
    /// More units than can be counted with.
    #[error("{units} units are more than the {most} that can be counted with")]
    TooMany {
        /// How many units there are.
        units: usize,
        /// How many there may be.
        most: usize,
    },
    /// Not one cost for each unit and each centre.
    #[error("{given} costs were given, and {expected} are needed: one for each unit and each centre")]
    Costs {
        /// How many there are.
        given: usize,
        /// How many there must be.
        expected: usize,
    },
    /// More areas at least than at most, or none.
    #[error("from {0} to {1} areas is no number of areas")]
    Areas(u32, u32),
}

/// Greatest sum of weights, after division by what they have in common.
const MOST_WEIGHT: u64 = u32::MAX as u64 / 2;
/// Greatest sum of costs.
const MOST_COST: u64 = 1 << 60;
/// Cut-offs that are tried at most.
const MOST_CLIMBS: usize = 24;
/// Bytes for dividing a few areas anew.
const SMALL: u64 = 128 << 20;

impl Problem {
    /// What a plan costs; the areas may have any names.
    #[must_use]
    pub fn cost(&self, plan: &[u32]) -> u64 {
        self.links.iter().filter(|l| plan[l.0 as usize] != plan[l.1 as usize]).map(|l| l.2).sum()
    }

    /// Whether a plan has so many connected areas, each within the bounds. Independent of how plans are found.
    #[must_use]
    pub fn accepts(&self, plan: &[u32]) -> bool {
        if plan.len() != self.weights.len() {
            return false;
        }
        let graph = self.graph();
        let mut names = plan.to_vec();
        names.sort_unstable();
        names.dedup();
        let areas = index_u32(names.len());
        let within = names.iter().all(|name| {
            let sum: u64 = plan.iter().zip(&self.weights).filter(|(area, _)| *area == name).map(|(_, w)| w).sum();
            sum >= self.at_least && self.at_most.is_none_or(|most| sum <= most)
        });
        within && self.areas.0 <= areas && areas <= self.areas.1 && graph.components_within(plan).1 == areas
    }

    fn graph(&self) -> Graph {
        Graph::new(self.weights.len(), self.links.iter().map(|l| (l.0, l.1)))
    }

    /// Is the number of areas bounded at all?
    fn counts_areas(&self) -> bool {
        self.areas.0 > 1 || (self.areas.1 as usize) < self.weights.len()
    }

    /// What an area should have, roughly.
    fn ideal(&self) -> u64 {
        self.at_most.map_or(self.at_least, |most| u64::midpoint(self.at_least, most))
    }

    /// Whether what is open and to come may fill the areas that are left, where so many are closed.
    fn may_fill(&self, closed: usize, least: u64, most: u64) -> bool {
        let mut fewest = u64::from(least > 0);
        let mut areas = most.checked_div(self.at_least).unwrap_or(u64::MAX);
        if let Some(at_most) = self.at_most.filter(|&m| m > 0) {
            fewest = fewest.max(least.div_ceil(at_most));
        }
        if self.counts_areas() {
            fewest = fewest.max(u64::from(self.areas.0).saturating_sub(closed as u64));
            areas = areas.min(u64::from(self.areas.1).saturating_sub(closed as u64));
        }
        fewest <= areas
    }

    /// The same problem in its smallest numbers, and what its costs are multiplied by.
    pub(super) fn reduced(&self) -> Result<(Self, u64), LargeError> {
        let units = self.weights.len();
        let mut links = self.links.clone();
        for link in &mut links {
            let (a, b) = (link.0.min(link.1), link.0.max(link.1));
            if a == b || b as usize >= units {
                return Err(LargeError::Link { a: link.0, b: link.1, units });
            }
            (link.0, link.1) = (a, b);
        }
        links.sort_unstable();
        if let Some(pair) = links.windows(2).find(|p| (p[0].0, p[0].1) == (p[1].0, p[1].1)) {
            return Err(LargeError::Twice { a: pair[0].0, b: pair[0].1 });
        }
        if self.areas.0 > self.areas.1 || self.areas.1 == 0 {
            return Err(LargeError::Areas(self.areas.0, self.areas.1));
        }
        let common = |values: &mut dyn Iterator<Item = u64>| values.fold(0, gcd).max(1);
        let per_cost = common(&mut links.iter().map(|l| l.2));
        links.iter_mut().for_each(|l| l.2 /= per_cost);
        let per_weight = common(&mut self.weights.iter().copied());
        let weights: Vec<u64> = self.weights.iter().map(|w| w / per_weight).collect();
        let total: u128 = weights.iter().map(|&w| u128::from(w)).sum();
        if total > u128::from(MOST_WEIGHT) {
            return Err(LargeError::TooLarge { what: "weights", sum: total, most: MOST_WEIGHT });
        }
        let costs: u128 = links.iter().map(|l| u128::from(l.2)).sum();
        if costs > u128::from(MOST_COST) {
            return Err(LargeError::TooLarge { what: "costs", sum: costs, most: MOST_COST });
        }
        let total: u64 = weights.iter().sum();
        // More than all there is can't be reached by any area; one more says the same in small numbers.
        let at_least = self.at_least.div_ceil(per_weight).min(total + 1);
        let at_most = self.at_most.map(|m| m / per_weight).filter(|&m| m < total);
        let most = self.areas.1.min(index_u32(units).max(1));
        Ok((Self { links, weights, at_least, at_most, areas: (self.areas.0, most) }, per_cost))
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// An order that keeps the frontier narrow.
fn order_of(problem: &Problem) -> Vec<u32> {
    let graph = problem.graph();
    let order = crate::space::narrow_order(&graph);
    structures::narrower(&graph, order)
}

/// Looks for the best plan. `watch` is told how far it is, and gives false to put an end to it.
///
/// The answer depends on the problem and the effort only, not on threads or the clock, unless the watch ends it.
///
/// # Errors
///
/// A link that is none, or is there twice; weights or costs too large to add up; a number of areas that is none.
pub fn solve(
    problem: &Problem,
    effort: &Effort,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Answer, LargeError> {
    let (small, per_cost) = problem.reduced()?;
    let mut run = Run { problem: &small, effort, watch, best: None, bound: 0, trace: Vec::new(), interrupted: false };
    let proved = run.solve();
    let Run { best, bound, mut trace, interrupted, .. } = run;
    let outcome = match (&best, proved) {
        (Some(_), true) => Outcome::Optimal,
        (Some(_), false) => Outcome::Feasible,
        (None, true) => Outcome::Infeasible,
        (None, false) => Outcome::Stopped,
    };
    for pass in &mut trace {
        (pass.cutoff, pass.bound) = (pass.cutoff * per_cost, pass.bound * per_cost);
    }
    let value = best.as_ref().map(|b| b.0 * per_cost);
    let bound = value.map_or(bound * per_cost, |v| v.min(bound * per_cost));
    let plan = best.map(|(_, plan)| numbered(&plan));
    Ok(Answer { outcome, plan, value, bound, interrupted, trace })
}

/// Areas numbered from 0 in order of their first unit.
pub(super) fn numbered(plan: &[u32]) -> Vec<u32> {
    let mut names: Vec<u32> = Vec::new();
    let number = |name: &u32| {
        let at = names.iter().position(|n| n == name).unwrap_or_else(|| {
            names.push(*name);
            names.len() - 1
        });
        index_u32(at)
    };
    plan.iter().map(number).collect()
}

struct Run<'r> {
    problem: &'r Problem,
    effort: &'r Effort,
    watch: &'r mut dyn FnMut(&Progress) -> bool,
    best: Option<(u64, Vec<u32>)>,
    bound: u64,
    trace: Vec<Trace>,
    interrupted: bool,
}

impl Run<'_> {
    /// True where the best plan, or that there is none, is proved.
    fn solve(&mut self) -> bool {
        let problem = self.problem;
        let units = problem.weights.len();
        if units == 0 || problem.areas.0 as usize > units || problem.at_least > problem.weights.iter().sum() {
            // No unit, no area; more areas than units; or no area can have enough.
            if problem.weights.is_empty() && problem.areas.0 == 0 {
                self.best = Some((0, Vec::new()));
            }
            return true;
        }
        if problem.at_most.is_some_and(|most| problem.weights.iter().any(|&w| w > most)) {
            return true;
        }
        let near = self.start();
        if self.interrupted || !self.improve(false) {
            return false;
        }
        let order = order_of(problem);
        if self.prove(&order, near) {
            return true;
        }
        if !self.interrupted {
            self.bound = self.bound.max(bound::simple(problem, &order, SMALL));
            self.improve(true);
        }
        self.best.as_ref().is_some_and(|b| b.0 <= self.bound)
    }

    fn tell(&mut self, stage: Stage, level: usize, states: usize) -> bool {
        let value = self.best.as_ref().map(|b| b.0);
        let goes_on = (self.watch)(&Progress { stage, level, states, value, bound: self.bound });
        self.interrupted |= !goes_on;
        goes_on
    }

    /// The first plans; gives what a plan costs, roughly.
    fn start(&mut self) -> u64 {
        const AT_ONCE: u64 = 8;
        let mut near = u64::MAX;
        let mut done = 0;
        while done < self.effort.rounds && self.tell(Stage::Start, 0, 0) {
            let rounds = AT_ONCE.min(self.effort.rounds - done);
            let found = start::search(self.problem, &start::Cut::new(self.problem), self.effort.seed, done, rounds);
            near = near.min(found.near);
            self.take(found.plan);
            done += rounds;
        }
        near
    }

    /// Keeps a plan where it is better, and stands the check.
    fn take(&mut self, plan: Option<(u64, Vec<u32>)>) {
        if let Some((cost, plan)) = plan
            && self.best.as_ref().is_none_or(|b| cost < b.0)
            && self.problem.accepts(&plan)
        {
            self.best = Some((self.problem.cost(&plan), plan));
        }
    }

    /// Divides neighbouring areas anew; false where it was interrupted.
    fn improve(&mut self, three: bool) -> bool {
        let Some(mut plan) = self.best.clone() else { return true };
        let problem = self.problem;
        let mut unseen = Vec::new();
        let mut step = |_: Stage, level: usize, states: usize| self.tell(Stage::Improve, level, states);
        let mut watcher = Watcher { step: &mut step, trace: &mut unseen };
        let went_on = improve::improve(problem, &mut plan, three, SMALL, &mut watcher);
        self.take(Some(plan));
        went_on
    }

    /// Climbs below one cut-off after the other: below the best plan where there is one, else higher and higher; lower
    /// where a climb takes too much memory.
    fn prove(&mut self, order: &[u32], near: u64) -> bool {
        let all: u64 = self.problem.links.iter().map(|l| l.2).sum::<u64>() + 1;
        let mut guess = near.saturating_add(near / 10 + 1).min(all);
        let mut too_high = u64::MAX;
        for _ in 0..MOST_CLIMBS {
            let target = self.best.as_ref().map_or(guess, |b| b.0);
            if target <= self.bound && self.best.is_some() {
                return true;
            }
            let mut cutoff = target;
            if too_high <= cutoff {
                cutoff = u64::midpoint(self.bound, too_high);
                // Not worth another climb.
                if cutoff - self.bound <= target / 500 {
                    return false;
                }
            }
            let climbed = self.climb(order, cutoff);
            self.bound = self.bound.max(climbed.bound);
            let found = climbed.plan.is_some();
            self.take(climbed.plan);
            match climbed.end {
                End::Wide | End::Interrupted => return false,
                // A better plan is another cut-off to try.
                End::Memory if found && too_high == u64::MAX => {}
                End::Memory => too_high = cutoff,
                End::Proved if found => return true,
                End::Proved => {
                    self.bound = self.bound.max(cutoff);
                    if self.best.is_none() && cutoff >= all {
                        return true;
                    }
                    // Further from the guess there is likely none at all, and all of the work will be done in any case.
                    guess = if cutoff < near.saturating_mul(2) { cutoff + cutoff / 8 + 1 } else { cutoff * 2 }.min(all);
                }
            }
        }
        false
    }

    fn climb(&mut self, order: &[u32], cutoff: u64) -> Climb {
        let mut trace = std::mem::take(&mut self.trace);
        let (problem, memory) = (self.problem, self.effort.memory);
        let mut step = |stage: Stage, level: usize, states: usize| self.tell(stage, level, states);
        let climbed = climb(problem, order, cutoff, memory, &mut Watcher { step: &mut step, trace: &mut trace });
        self.trace = trace;
        climbed
    }
}
