//! The most compact plan of one region that the exact space can't hold: proved, or with a bound where work ends first.
//!
//! Each area has a centre, one of its units, and costs what its units cost under the best centre it has. With their people
//! times the squared distance for costs that is the moment of inertia (S. Hess et al. 1965, doi:10.1287/opre.13.6.998).
//!
//! A plan is looked for first: by moves of single units, then by dividing two or three neighbouring areas anew. Then a
//! multiplier for each unit gives a bound: first with areas that need not be connected, nor consist of whole units, then with
//! areas that may be those of a plan. What would cost as much as the plan is left out. Where few areas are left they are
//! listed and put together. Else the centres of a unit are parted in two, and both cases are gone through in the same way.
//!
//! The published measure: H. Validi, A. Buchanan, E. Lykhovyd, *Imposing contiguity constraints in political districting
//! models*, Operations Research 70 (2022), doi:10.1287/opre.2021.2141: they have the first bound, what it leaves out, and an
//! integer program for the rest. `benches/large.md` has both side by side.
//!
//! ```
//! use landmeter::search::centres::{Problem, solve};
//! use landmeter::search::large::{Effort, Outcome};
//!
//! // Six units in a row, one kilometre apart, into two areas of three: each has its middle for a centre.
//! let far = |a: u64, b: u64| a.abs_diff(b) * a.abs_diff(b);
//! let problem = Problem {
//!     links: (0..5).map(|v| (v, v + 1)).collect(),
//!     weights: vec![1; 6],
//!     at_least: 3,
//!     at_most: Some(3),
//!     areas: (2, 2),
//!     costs: (0..36).map(|i| far(i / 6, i % 6)).collect(),
//! };
//! let answer = solve(&problem, &Effort::default(), &mut |_| true)?;
//! assert_eq!((answer.outcome, answer.value, answer.bound), (Outcome::Optimal, Some(4), 4));
//! assert_eq!(answer.plan, Some(vec![0, 0, 0, 1, 1, 1]));
//! # Ok::<(), landmeter::search::large::LargeError>(())
//! ```

mod cover;
mod dual;
mod gauge;
mod price;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::large::{self, Answer, Effort, LargeError, Outcome, Progress, Stage, Trace, improve, start};
use crate::territory::index_u32;
use cover::{Covered, cover};
use dual::{Ascent, Node, Raised, raise};
use gauge::Around;

/// Most units.
pub const MOST_UNITS: usize = 128;
/// Greatest sum of the greatest costs of all units.
pub const MOST_COST: u64 = 1 << 52;

/// A set of units.
type Set = u128;

/// Connected areas with bounds on one sum, and what it costs to belong to a centre. Units are numbered from 0.
///
/// What else a rulebook may ask is not known here; whoever shows a plan has it judged by [`crate::rules`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Pairs of neighbours, each once.
    pub links: Vec<(u32, u32)>,
    /// What each unit has (people, homes).
    pub weights: Vec<u64>,
    /// Least sum of an area.
    pub at_least: u64,
    /// Greatest sum of an area.
    pub at_most: Option<u64>,
    /// Fewest and most areas.
    pub areas: (u32, u32),
    /// What each unit costs in the area of each centre: unit by unit, one for each centre.
    pub costs: Vec<u64>,
}

impl Problem {
    /// What an area costs under the best of its units.
    fn cost_of(&self, area: &[u32]) -> u64 {
        let n = self.weights.len();
        let around = |c: &u32| area.iter().map(|&v| self.costs[v as usize * n + *c as usize]).sum();
        area.iter().map(around).min().unwrap_or(0)
    }

    /// The problem of dividing some units (in order) into so many areas.
    fn part(&self, own: &[usize], areas: u32) -> Self {
        let n = self.weights.len();
        let at = |v: u32| own.binary_search(&(v as usize)).ok().map(index_u32);
        Self {
            links: self.links.iter().filter_map(|&(a, b)| Some((at(a)?, at(b)?))).collect(),
            weights: own.iter().map(|&v| self.weights[v]).collect(),
            areas: (areas, areas),
            costs: own.iter().flat_map(|&v| own.iter().map(move |&c| self.costs[v * n + c])).collect(),
            ..*self
        }
    }

    /// What a plan costs; the areas may have any names.
    #[must_use]
    pub fn cost(&self, plan: &[u32]) -> u64 {
        let mut names = plan.to_vec();
        names.sort_unstable();
        names.dedup();
        let members =
            |name: &u32| -> Vec<u32> { (0..).zip(plan).filter(|(_, a)| *a == name).map(|(v, _)| v).collect() };
        names.iter().map(|name| self.cost_of(&members(name))).sum()
    }

    /// Whether a plan has so many connected areas, each within the bounds. Independent of how plans are found.
    #[must_use]
    pub fn accepts(&self, plan: &[u32]) -> bool {
        self.linked().accepts(plan)
    }

    /// The same with links that cost something to cut.
    fn linked(&self) -> large::Problem {
        large::Problem {
            links: self.links.iter().map(|l| (l.0, l.1, 1)).collect(),
            weights: self.weights.clone(),
            at_least: self.at_least,
            at_most: self.at_most,
            areas: self.areas,
        }
    }
}

/// A problem made ready.
#[derive(Debug)]
struct Ground {
    weights: Vec<i64>,
    least: i64,
    most: i64,
    /// Fewest and most areas.
    areas: (usize, usize),
    around: Vec<Set>,
    /// Centre by centre, what each unit costs there.
    costs: Vec<i64>,
    /// What the multiplier of each unit is changed by, roughly.
    scale: Vec<f64>,
    /// What a unit of weight may cost, so that sums fit.
    steepest: i64,
}

impl Ground {
    /// The problem with its bounds in small numbers.
    fn new(problem: &Problem, linked: &large::Problem) -> Self {
        let n = problem.weights.len();
        let weights: Vec<i64> = linked.weights.iter().map(|w| w.cast_signed()).collect();
        let total: i64 = weights.iter().sum();
        let mut around: Vec<Set> = vec![0; n];
        for &(a, b, _) in &linked.links {
            around[a as usize] |= 1 << b;
            around[b as usize] |= 1 << a;
        }
        let cost = |c: usize, v: usize| problem.costs[v * n + c].cast_signed();
        let costs: Vec<i64> = (0..n).flat_map(|c| (0..n).map(move |v| cost(c, v))).collect();
        #[expect(clippy::cast_precision_loss, reason = "a rough figure")]
        let scale = (0..n).map(|v| (0..n).map(|c| cost(c, v) as f64).sum::<f64>() / n as f64 + 1.0).collect();
        let least = linked.at_least.cast_signed();
        let most = linked.at_most.map_or(total, u64::cast_signed);
        let fewest = if most > 0 { total.div_euclid(most) + i64::from(total % most > 0) } else { 0 };
        let areas_by_sum = if least > 0 { total / least } else { i64::MAX };
        let as_number = |v: i64| usize::try_from(v).unwrap_or(usize::MAX);
        Self {
            areas: (
                as_number(fewest).max(linked.areas.0 as usize).max(1),
                as_number(areas_by_sum).min(linked.areas.1 as usize),
            ),
            weights,
            least,
            most,
            around,
            costs,
            scale,
            steepest: (1 << 54) / total.max(1),
        }
    }

    fn len(&self) -> usize {
        self.weights.len()
    }

    fn all(&self) -> Set {
        if self.len() == MOST_UNITS { Set::MAX } else { (1 << self.len()) - 1 }
    }

    /// What each unit costs under a centre.
    fn costs(&self, centre: usize) -> &[i64] {
        &self.costs[centre * self.len()..(centre + 1) * self.len()]
    }

    fn sum(&self, set: Set) -> i64 {
        units(set).map(|v| self.weights[v as usize]).sum()
    }

    /// What can be reached from a set within another.
    fn reach(&self, from: Set, within: Set) -> Set {
        let (mut reached, mut edge) = (from & within, from & within);
        while edge != 0 {
            let next = units(edge).fold(0, |set, v| set | self.around[v as usize]) & within & !reached;
            reached |= next;
            edge = next;
        }
        reached
    }

    /// Whether no unit of a set is a better centre; of equal ones the first is the best.
    fn is_best(&self, centre: usize, set: Set) -> bool {
        let around = |c: usize| units(set).map(|v| self.costs(c)[v as usize]).sum::<i64>();
        let own = (around(centre), centre);
        units(set).all(|c| (around(c as usize), c as usize) >= own)
    }
}

/// The units of a set, in order.
fn units(mut set: Set) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let unit = set.trailing_zeros();
            set &= set - 1;
            unit
        })
    })
}

/// Looks for the best plan. `watch` is told how far it is, and gives false to put an end to it.
///
/// The answer depends on the problem and the effort only, not on threads or the clock, unless the watch ends it.
///
/// # Errors
///
/// What [`large::solve`] refuses; more than [`MOST_UNITS`] units; costs that are not one for each unit and centre, or that
/// are too large.
pub fn solve(
    problem: &Problem,
    effort: &Effort,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Answer, LargeError> {
    let n = problem.weights.len();
    let linked = problem.linked().reduced()?.0;
    if n > MOST_UNITS {
        return Err(LargeError::TooMany { units: n, most: MOST_UNITS });
    }
    if problem.costs.len() != n * n {
        return Err(LargeError::Costs { given: problem.costs.len(), expected: n * n });
    }
    let greatest = |v: usize| problem.costs[v * n..(v + 1) * n].iter().max().map_or(0, |&c| u128::from(c));
    let sum: u128 = (0..n).map(greatest).sum();
    if sum > u128::from(MOST_COST) {
        return Err(LargeError::TooLarge { what: "costs", sum, most: MOST_COST });
    }
    if n == 0 {
        // No unit, no area.
        let none = problem.areas.0 == 0;
        let outcome = if none { Outcome::Optimal } else { Outcome::Infeasible };
        let (plan, value) = (none.then(Vec::new), none.then_some(0));
        return Ok(Answer { outcome, plan, value, bound: 0, interrupted: false, trace: Vec::new() });
    }
    let ground = Ground::new(problem, &linked);
    let run = Run {
        problem,
        linked: &linked,
        ground: &ground,
        effort,
        watch,
        best: None,
        bound: 0,
        nodes: 0,
        most_nodes: usize::MAX,
        trace: Vec::new(),
        interrupted: false,
    };
    Ok(run.solve(sum))
}

struct Run<'r> {
    problem: &'r Problem,
    linked: &'r large::Problem,
    ground: &'r Ground,
    effort: &'r Effort,
    watch: &'r mut dyn FnMut(&Progress) -> bool,
    best: Option<(u64, Vec<u32>)>,
    bound: i64,
    nodes: usize,
    /// After so many it is given up.
    most_nodes: usize,
    trace: Vec<Trace>,
    interrupted: bool,
}

/// The first bound, with fillings; and with sets.
const ROOT: Ascent = Ascent { rounds: 300, exact: false, steps: 0 };
const ROOT_EXACT: Ascent = Ascent { rounds: 200, exact: true, steps: 20_000 };
/// The first bound of a part of a plan.
const PART: Ascent = Ascent { rounds: 60, exact: false, steps: 0 };
/// Nodes for a part of a plan.
const PART_NODES: usize = 150;
/// The same after a decision.
const BRANCH: Ascent = Ascent { rounds: 24, exact: false, steps: 0 };
const BRANCH_EXACT: Ascent = Ascent { rounds: 16, exact: true, steps: 20_000 };
/// After a decision sets are looked for where the gap is a part of the cut-off no greater than one in so many.
const NEAR: i64 = 50;
/// Steps for listing the areas of a node.
const LIST: usize = 1 << 14;
/// Steps for listing those of the root, which spares all branches.
const LIST_ROOT: usize = 1 << 22;

impl Run<'_> {
    fn solve(mut self, greatest: u128) -> Answer {
        let proved = self.is_impossible() || self.search(i64::try_from(greatest).unwrap_or(i64::MAX) + 1);
        let outcome = match (&self.best, proved) {
            (Some(_), true) => Outcome::Optimal,
            (Some(_), false) => Outcome::Feasible,
            (None, true) => Outcome::Infeasible,
            (None, false) => Outcome::Stopped,
        };
        let value = self.best.as_ref().map(|b| b.0);
        let bound = self.bound.max(0).unsigned_abs();
        Answer {
            outcome,
            bound: value.map_or(bound, |v| if proved { v } else { v.min(bound) }),
            plan: self.best.map(|(_, plan)| large::numbered(&plan)),
            value,
            interrupted: self.interrupted,
            trace: self.trace,
        }
    }

    /// Whether sums alone show that there is no plan.
    fn is_impossible(&self) -> bool {
        let ground = self.ground;
        ground.areas.0 > ground.areas.1
            || ground.areas.0 > ground.len()
            || ground.weights.iter().any(|&w| w > ground.most)
            || ground.least > ground.most
    }

    fn tell(&mut self, stage: Stage, states: usize) -> bool {
        let value = self.best.as_ref().map(|b| b.0);
        let bound = self.bound.max(0).unsigned_abs();
        let bound = value.map_or(bound, |v| v.min(bound));
        let goes_on = (self.watch)(&Progress { stage, level: self.nodes, states, value, bound });
        self.interrupted |= !goes_on;
        goes_on
    }

    /// Keeps a plan where it is better, and stands the check.
    fn take(&mut self, plan: &[u32]) {
        let cost = self.problem.cost(plan);
        if self.best.as_ref().is_none_or(|b| cost < b.0) && self.problem.accepts(plan) {
            self.best = Some((cost, plan.to_vec()));
        }
    }

    /// Keeps a plan that consists of these areas.
    fn take_sets(&mut self, sets: &[Set]) {
        let mut plan = vec![0; self.ground.len()];
        for (area, &set) in (0..).zip(sets) {
            units(set).for_each(|v| plan[v as usize] = area);
        }
        self.take(&plan);
    }

    /// True where the best plan, or that there is none, is proved; `greatest` is above what any plan costs.
    fn search(&mut self, greatest: i64) -> bool {
        if !self.start() {
            return false;
        }
        if self.best.is_none() {
            match self.first() {
                Some(true) => return true,
                Some(false) => {}
                None => return false,
            }
        }
        self.improve() && self.branch(greatest)
    }

    /// Divides two or three neighbouring areas at a time anew, as long as that helps; false where it was interrupted.
    fn improve(&mut self) -> bool {
        let Some((_, mut plan)) = self.best.clone() else { return true };
        let mut tried: BTreeSet<Vec<usize>> = BTreeSet::new();
        loop {
            let before = self.best.as_ref().map(|b| b.0);
            for set in improve::neighbouring(self.linked, &plan, true) {
                let own: Vec<usize> = (0..plan.len()).filter(|&v| set.contains(&plan[v])).collect();
                if own.len() == plan.len() || own.len() > improve::MOST_UNITS || !tried.insert(own.clone()) {
                    continue;
                }
                if !self.tell(Stage::Improve, 0) {
                    return false;
                }
                let Some(areas) = self.divide(&own, &plan, &set) else { continue };
                for (&v, &area) in own.iter().zip(&areas) {
                    plan[v] = set[area as usize];
                }
                self.take(&plan);
            }
            if self.interrupted {
                return false;
            }
            if self.best.as_ref().map(|b| b.0) == before {
                return true;
            }
        }
    }

    /// A better division of some areas of a plan, if one is found soon: the area of each unit, numbered from 0.
    fn divide(&mut self, own: &[usize], plan: &[u32], set: &[u32]) -> Option<Vec<u32>> {
        let problem = self.problem.part(own, index_u32(set.len()));
        let linked = problem.linked().reduced().ok()?.0;
        let ground = Ground::new(&problem, &linked);
        let now: Vec<u32> = own.iter().map(|&v| plan[v]).collect();
        let cost = problem.cost(&now);
        let greatest = i64::try_from(cost).unwrap_or(i64::MAX);
        let effort = self.effort;
        let mut watch = |_: &Progress| self.tell(Stage::Improve, 0);
        let mut run = Run {
            problem: &problem,
            linked: &linked,
            ground: &ground,
            effort,
            watch: &mut watch,
            best: Some((cost, now)),
            bound: 0,
            nodes: 0,
            most_nodes: PART_NODES,
            trace: Vec::new(),
            interrupted: false,
        };
        run.branch(greatest);
        let (found, areas) = run.best?;
        (found < cost).then(|| large::numbered(&areas))
    }

    /// The first plans; false where it was interrupted.
    fn start(&mut self) -> bool {
        const AT_ONCE: u64 = 4;
        let gauge = Around::new(self.problem);
        let mut done = 0;
        while done < self.effort.rounds {
            if !self.tell(Stage::Start, 0) {
                return false;
            }
            let rounds = AT_ONCE.min(self.effort.rounds - done);
            let found = start::search(self.linked, &gauge, self.effort.seed, done, rounds);
            if let Some((_, plan)) = found.plan {
                self.take(&plan);
            }
            done += rounds;
        }
        true
    }

    /// Any plan at all, where moves found none: true where there is none, none where it was interrupted.
    fn first(&mut self) -> Option<bool> {
        let effort = Effort { rounds: 1, ..self.effort.clone() };
        let watch = &mut *self.watch;
        let answer =
            large::solve(self.linked, &effort, &mut |p| watch(&Progress { value: None, bound: 0, ..*p })).ok()?;
        if answer.interrupted {
            self.interrupted = true;
        }
        if let Some(plan) = answer.plan {
            self.take(&plan);
        }
        match answer.outcome {
            Outcome::Infeasible => Some(true),
            _ if self.interrupted && self.best.is_none() => None,
            _ => Some(false),
        }
    }

    /// What a plan must cost less than to be better.
    fn cutoff(&self, greatest: i64) -> i64 {
        self.best.as_ref().map_or(greatest, |b| b.0.cast_signed())
    }

    /// Goes through the decisions, those with the least bound first.
    fn branch(&mut self, greatest: i64) -> bool {
        let ground = self.ground;
        let mut open: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
        let mut nodes: Vec<Option<Node>> = vec![Some(Node::new(ground))];
        open.push(Reverse((0, 0)));
        while let Some(Reverse((bound, at))) = open.pop() {
            let cutoff = self.cutoff(greatest);
            self.bound = self.bound.max(bound.min(cutoff));
            if bound >= cutoff {
                break;
            }
            // Sets, multipliers and a place in the queue for each unit.
            let bytes = (open.len() * ground.len() * 48) as u64;
            if self.nodes >= self.most_nodes || bytes > self.effort.memory {
                return false;
            }
            let Some(mut node) = nodes[at].take() else { continue };
            let root = self.nodes == 0 && self.most_nodes == usize::MAX;
            self.nodes += 1;
            match self.work(&mut node, root, greatest) {
                Raised::Done => continue,
                // What is still open has no lower bound than this.
                Raised::Interrupted => {
                    self.bound = self.bound.max(node.bound.min(open.peek().map_or(i64::MAX, |o| o.0.0)));
                    return false;
                }
                Raised::Open => {}
            }
            let children = self.children(node);
            if children.is_empty() {
                return false;
            }
            for child in children {
                open.push(Reverse((child.bound, nodes.len())));
                nodes.push(Some(child));
            }
        }
        self.bound = self.cutoff(greatest);
        true
    }

    /// Raises the bound of a node, and goes through all of it where little is left.
    fn work(&mut self, node: &mut Node, root: bool, greatest: i64) -> Raised {
        let ground = self.ground;
        let ascents = match self.nodes {
            1 if root => [ROOT, ROOT_EXACT],
            1 => [PART, BRANCH_EXACT],
            _ => [BRANCH, BRANCH_EXACT],
        };
        for ascent in &ascents {
            let cutoff = self.cutoff(greatest);
            // Sets take longer than fillings, and only help where these have come near.
            if ascent.exact && !root && cutoff - node.bound > cutoff / NEAR {
                break;
            }
            let mut states = 0;
            let raised = raise(ground, node, cutoff, ascent, &mut |bound| {
                states += 1;
                if root {
                    self.bound = self.bound.max(bound.min(cutoff));
                }
                self.tell(Stage::Multipliers, states)
            });
            if root {
                let kept: u32 = node.allowed.iter().map(|a| a.count_ones()).sum();
                let bound = node.bound.clamp(0, cutoff).unsigned_abs();
                let cutoff = cutoff.unsigned_abs();
                self.trace.push(Trace { cutoff, stage: Stage::Multipliers, states, kept: kept as usize, bound });
            }
            if raised != Raised::Open {
                return raised;
            }
        }
        let most = if root { LIST_ROOT } else { LIST };
        let covered = cover(ground, node, self.cutoff(greatest), most, &mut || self.tell(Stage::Branch, 0));
        match covered {
            Covered::Whole(found) => {
                found.iter().for_each(|sets| self.take_sets(sets));
                Raised::Done
            }
            Covered::TooMany(found) => {
                found.iter().for_each(|sets| self.take_sets(sets));
                Raised::Open
            }
            Covered::Interrupted => Raised::Interrupted,
        }
    }

    /// Both cases of a decision: the centre of a unit is one of some near each other, or one of the others. The unit is one
    /// that was given to centres far and wide, and that costs much.
    fn children(&self, node: Node) -> Vec<Node> {
        let ground = self.ground;
        let n = ground.len();
        let live: Vec<usize> = units(node.live()).map(|c| c as usize).collect();
        let spread = |v: usize| {
            let own: Vec<usize> = live.iter().copied().filter(|&c| node.allowed[c] >> v & 1 == 1).collect();
            let total: f64 = own.iter().map(|&c| node.shares[c * n + v]).sum::<f64>().max(1e-9);
            let alike: f64 = own.iter().map(|&c| (node.shares[c * n + v] / total).powi(2)).sum();
            (own.len() > 1).then_some(((1.0 - alike).max(1e-6) * ground.scale[v], own, total))
        };
        let spreads = (0..n).filter_map(|v| spread(v).map(|s| (v, s)));
        let Some((v, (_, own, total))) = spreads.max_by(|a, b| a.1.0.total_cmp(&b.1.0).then(b.0.cmp(&a.0))) else {
            return Vec::new();
        };
        let share = |c: usize| node.shares[c * n + v] / total;
        let Some(first) = own.iter().copied().max_by(|&a, &b| share(a).total_cmp(&share(b)).then(b.cmp(&a))) else {
            return Vec::new();
        };
        let far = |c: usize| {
            (ground.costs(c)[first] + ground.costs(first)[c]) as f64 / (ground.scale[c] + ground.scale[first])
        };
        let mut near = own.clone();
        near.sort_by(|&a, &b| far(a).total_cmp(&far(b)).then((a != first).cmp(&(b != first))).then(a.cmp(&b)));
        let mut mass = 0.0;
        let count = near
            .iter()
            .take_while(|&&c| {
                let below = mass < 0.5;
                mass += share(c);
                below
            })
            .count();
        let (some, others) = near.split_at(count.clamp(1, near.len() - 1));
        let bare = Node { shares: Vec::new(), ..node };
        let without = |centres: &[usize]| {
            let mut child = bare.clone();
            centres.iter().for_each(|&c| child.allowed[c] &= !(1 << v));
            child
        };
        vec![without(others), without(some)]
    }
}
