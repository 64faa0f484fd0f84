//! The best plans of a region by a metric of its areas, where there are too many plans to look at each.
//!
//! The diagram is gone through level by level with what each path has of its areas: the sets that are still open, and what
//! the closed ones come to. Paths to one node with the same open sets have the same future, so of these only the best
//! are kept; whatever can't become better than a plan that is known is left out, by a bound on what its open sets and the
//! areas to come may be. A level that is too wide is cut down to the most hopeful, and the best that what was cut off
//! could have become stays as the bound. So the answer is proved where nothing was cut off that could be better.
//!
//! Of `moved_ATTR` an area has no term of its own: each area before stays with one area, so a path chooses for each area
//! that it closes which part of it stays ([`Scorer::parts`]), and which areas before are taken is part of the future.
//!
//! Where borders and areas cost something too, their least cost to come is exact at each node, and what an area costs is
//! shared between them and the metric so that both together bound the sum (Lagrangian decomposition: M. Guignard, S. Kim
//! 1987, doi:10.1007/BF02592954).
//!
//! Restricted decision diagrams: Bergman, Cire, van Hoeve, Hooker 2016, *Decision Diagrams for Optimization*,
//! doi:10.1007/978-3-319-42849-9.

use rayon::prelude::*;

use super::diagram::{Arc, Diagram, number};
use super::frame::{Step, bits_of};
use super::look::{LARGEST, key};
use super::metric::{Cost, Prices, Value};
use super::region::Region;
use super::scan::{MOST_SCANNED, follow, frontiers, to_come, to_place};
use super::worth::Worth;
use crate::plan::{NONE, assignment};
use crate::score::{Aggregate, Better, Scorer, Scratch};
use crate::territory::index_u32;

/// What the passes keep of a level that is too wide, and how many paths. Those by hope find good plans, those by bound
/// show how much better others can be; each begins with the plans of the one before.
const PASSES: [(Keep, usize); 5] = [
    (Keep::Hope, 1 << 9),
    (Keep::Hope, 1 << 12),
    (Keep::Hope, 1 << 14),
    (Keep::Bound, 1 << 11),
    (Keep::Bound, 1 << 17),
];
/// Most metrics that are added to one.
pub(super) const MOST_CENTRED: usize = 3;
/// Steps towards better multipliers.
const ROUNDS: usize = 600;
/// Where several plans are wanted, so many times as many paths are kept at most.
const MOST_TIMES: usize = 8;
/// As many passes as there are.
pub(super) const ALL_PASSES: usize = PASSES.len();
/// Passes that take about a second.
pub(super) const FEW_PASSES: usize = 2;
/// So many plans are looked at one by one in no time.
const MANY: u128 = 1 << 17;
/// Paths of a level that one thread follows at a time.
const PIECE: usize = 1 << 9;

#[derive(Debug, Clone, Copy)]
enum Keep {
    Hope,
    Bound,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layered {
    /// The best plans: keys and ranks, best first.
    pub(super) plans: Vec<(i64, u128)>,
    /// Others that were met, good ones and plain ones, in the same order.
    pub(super) others: Vec<(i64, u128)>,
    /// No plan of the region that is not among these has a smaller key, as far as that matters: it is no more than the
    /// key of the last of as many as were wanted.
    pub(super) bound: i64,
}

/// What the closed areas of a path come to.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Closed {
    areas: u32,
    /// The sum of the terms.
    sum: f64,
    /// The sum of the terms or of their squares; the least, or the greatest of them.
    first: f64,
    /// The greatest, where both are wanted.
    second: f64,
}

/// The beginning of a plan.
#[derive(Debug, Clone)]
struct Path {
    node: u32,
    /// The areas that are open, as sets of nodes.
    open: Vec<u128>,
    closed: Closed,
    /// The smallest key that a plan which begins like this may have.
    bound: i64,
    /// The least rank of such a plan.
    rank: u128,
    /// Areas that the diagram has closed: those that nothing further fits in may still lie on the frontier.
    settled: u32,
    /// Areas of the baseline of which a part stays with a closed area.
    taken: u64,
    /// Exclaves that closed areas have.
    exclaves: u128,
    /// What borders and areas have cost.
    spent: i64,
    /// What the closed areas have of the other metrics.
    beside: [f64; MOST_CENTRED],
}

/// A way through the diagram.
struct Walk<'w, 's> {
    diagram: &'w Diagram,
    region: &'w Region,
    scorer: &'w Scorer<'s>,
    aggregate: Aggregate,
    /// The areas of the baseline, where what moves is counted; at most 64.
    before: Vec<u32>,
    /// For each level, the nodes on the frontier after it.
    frontier: Vec<u128>,
    /// For each level, the nodes that no area has before it.
    to_place: Vec<u128>,
    /// For each level and node, the fewest and the most areas that are still to be closed.
    to_come: Vec<Vec<(u32, u32)>>,
    /// The nodes that may join an area without touching it.
    exclaves: u128,
    /// The sum of the terms of all municipalities, where terms add up.
    total: Option<f64>,
    /// What municipalities pay, where areas have centres, once some plans are known.
    worth: Option<Worth>,
    /// How many times the metric counts, where others are added.
    weight: i64,
    /// What borders and areas cost, where they do.
    prices: Option<Prices>,
    /// For each level and node what they cost at least on the way to a plan, less `per_area` for each area to come.
    to_go: Vec<Vec<Option<Value>>>,
    /// What an area to come costs with the metric rather than with borders and areas: any figure gives a bound.
    per_area: i64,
    /// Other metrics, how many times they count, and what municipalities pay there.
    centred: Vec<(i64, &'w Scorer<'s>, Option<Worth>)>,
    number: usize,
}

/// What is looked for.
pub(super) struct Asked<'a, 's> {
    /// What is to be good.
    pub(super) scorer: &'a Scorer<'s>,
    /// Areas of the baseline of which no part stays.
    pub(super) leaving: &'a [u32],
    /// What is added to it.
    pub(super) beside: Option<Beside<'a, 's>>,
    /// How many plans.
    pub(super) number: usize,
    /// How many of the passes.
    pub(super) passes: usize,
}

/// What is added to a metric whose terms are summed up, in whole numbers like its keys.
pub(super) struct Beside<'a, 's> {
    /// How many times the metric itself counts; above 0.
    pub(super) weight: i64,
    /// What borders and areas cost, on the first axis.
    pub(super) prices: Prices,
    /// Other metrics whose areas have centres, at most [`MOST_CENTRED`], and how many times each counts; above 0.
    pub(super) centred: Vec<(i64, &'a Scorer<'s>)>,
}

/// The `number` best plans, or as many as there are; none where this does not know the metric. `go_on` is asked now and
/// then: where it gives false, what is known by then is the answer.
pub(super) fn best(
    (region, diagram): &(Region, Diagram),
    asked: Asked<'_, '_>,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Option<Layered> {
    if diagram.nodes() > MOST_SCANNED {
        return None;
    }
    let Asked { scorer, leaving, beside, number, passes } = asked;
    let mut walk = Walk::new(region, diagram, scorer, number)?;
    walk.before.retain(|area| !leaving.contains(area));
    if let Some(beside) = beside {
        walk.add(beside)?;
    }
    let known = walk.known();
    let plans = known[..known.len().min(number)].to_vec();
    walk.pay(&plans);
    let root = walk.bound(0, &walk.start(), &mut Scratch::default());
    let mut found = Layered { plans, others: known, bound: root };
    for &(keep, width) in PASSES.iter().take(passes) {
        let last = found.plans.get(number - 1).map_or(i64::MAX, |p| p.0);
        if found.bound >= last {
            break;
        }
        let before = found.bound;
        let Some(cut_off) = walk.pass(keep, width * number.min(MOST_TIMES), &mut found.plans, go_on) else { break };
        // Of what was not cut off nothing is better than the last of the plans.
        let last = found.plans.get(number - 1).map_or(i64::MAX, |p| p.0);
        found.bound = found.bound.max(cut_off.min(last));
        // A bound that is the same for all tells nobody what to keep.
        if matches!(keep, Keep::Bound) && found.bound == before && walk.worth.is_none() {
            break;
        }
    }
    // A plan below what all have at least shows that the figures are not those of shapes.
    let slack = root.saturating_abs() / 100_000_000_000 + 1;
    if found.plans.first().is_some_and(|p| p.0 < root.saturating_sub(slack)) {
        return None;
    }
    found.others.retain(|plan| !found.plans.contains(plan));
    Some(found)
}

/// Whether this knows a metric over a region.
pub(super) fn knows((region, diagram): &(Region, Diagram), scorer: &Scorer<'_>) -> bool {
    diagram.nodes() <= MOST_SCANNED && known_by(region, scorer).is_some()
}

/// Whether this is likely to be sooner than a look at all plans: where areas have centres, and there are many.
pub(super) fn is_sooner(part: &(Region, Diagram), scorer: &Scorer<'_>) -> bool {
    part.1.count() > MANY && scorer.share(0, 0).is_some() && knows(part, scorer)
}

/// How the terms of a metric come together, and the areas of the baseline where what moves is counted; none of a metric
/// that is not known here.
fn known_by(region: &Region, scorer: &Scorer<'_>) -> Option<(Aggregate, Vec<u32>)> {
    let mut scratch = Scratch::default();
    if let Some(parts) = scorer.parts(&region.members) {
        let before: Vec<u32> = parts.iter().filter_map(|p| p.0).collect();
        return (before.len() <= u64::BITS as usize).then_some((Aggregate::Sum, before));
    }
    // Of all members together: where figures are missing or below 0, this says so.
    scorer.range(&region.members, &[], &mut scratch)?;
    // Shares are taken for no more than 1, which holds for shapes, but not for any figures of area and perimeter.
    let is_share = scorer.range(&[], &[], &mut scratch).is_some_and(|range| range[1] <= 1.0);
    let mut alone = region.members.iter().map(std::slice::from_ref).chain([&region.members[..]]);
    if is_share && !alone.all(|members| scorer.area(members, &mut scratch) <= 1.0) {
        return None;
    }
    let aggregate = scorer.metric().aggregate()?;
    let known = match aggregate {
        Aggregate::Sum | Aggregate::Max => scorer.metric().better() == Better::Lower,
        Aggregate::Mean | Aggregate::Min => scorer.metric().better() == Better::Higher,
        Aggregate::Range | Aggregate::Deviation | Aggregate::Cv => scorer.is_additive(),
    };
    known.then_some((aggregate, Vec::new()))
}

impl<'w, 's> Walk<'w, 's> {
    fn new(region: &'w Region, diagram: &'w Diagram, scorer: &'w Scorer<'s>, number: usize) -> Option<Self> {
        let (aggregate, before) = known_by(region, scorer).filter(|_| number > 0)?;
        let total = scorer.is_additive().then(|| scorer.area(&region.members, &mut Scratch::default()));
        let (frontier, to_place) = (frontiers(&diagram.frame), to_place(diagram));
        let to_come = to_come(diagram);
        let exclaves = diagram.frame.exclaves.iter().fold(0, |all, &v| all | 1 << v);
        Some(Self {
            diagram,
            region,
            scorer,
            aggregate,
            before,
            frontier,
            to_place,
            to_come,
            exclaves,
            total,
            worth: None,
            weight: 1,
            prices: None,
            to_go: Vec::new(),
            per_area: 0,
            centred: Vec::new(),
            number,
        })
    }

    /// Adds to the metric; none where that is not known.
    fn add(&mut self, beside: Beside<'w, 's>) -> Option<()> {
        let Beside { weight, prices, centred } = beside;
        let known = self.aggregate == Aggregate::Sum
            && weight > 0
            && centred.len() <= MOST_CENTRED
            && centred.iter().all(|&(weight, scorer)| weight > 0 && scorer.share(0, 0).is_some())
            && centred.iter().all(|(_, scorer)| known_by(self.region, scorer).is_some());
        self.weight = weight;
        self.to_go = self.diagram.least(&prices);
        self.prices = Some(prices);
        self.centred = centred.into_iter().map(|(weight, scorer)| (weight, scorer, None)).collect();
        known.then_some(())
    }

    /// Has municipalities pay for being taken, where areas have centres; the steps aim at a plan that is known.
    #[expect(clippy::cast_precision_loss, reason = "any multipliers will do")]
    fn pay(&mut self, plans: &[(i64, u128)]) {
        let (Aggregate::Sum, Some(last)) = (self.aggregate, plans.last()) else { return };
        let Some(figures) = self.figures(last.1) else { return };
        let (region, areas) = (self.region, self.to_come[0][0]);
        for ((_, scorer, worth), &known) in self.centred.iter_mut().zip(&figures.beside) {
            *worth = Worth::new(region, scorer, areas, 0.0, known as f64 / 1e6, ROUNDS);
        }
        self.shift(figures.key);
        let known = figures.key as f64 / 1e6;
        self.worth = self.worth(known + self.per_area_of_metric() * f64::from(areas.1), ROUNDS);
    }

    fn worth(&self, known: f64, rounds: usize) -> Option<Worth> {
        Worth::new(self.region, self.scorer, self.to_come[0][0], self.per_area_of_metric(), known, rounds)
    }

    /// What an area costs, in the unit of the metric.
    #[expect(clippy::cast_precision_loss, reason = "any figure will do")]
    fn per_area_of_metric(&self) -> f64 {
        self.per_area as f64 / self.weight as f64 / 1e6
    }

    /// Many small areas are good for the metric, and few for borders: looks for what an area should cost with the one, and
    /// bring in with the other, so that what both cost at least comes near to what they cost together.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "any figure will do")]
    fn shift(&mut self, known: i64) {
        const TRIES: usize = 12;
        let Some(prices) = self.prices.take() else { return };
        let (fewest, most) = self.to_come[0][0];
        if fewest < most && self.scorer.share(0, 0).is_some() {
            let at = |walk: &mut Self, per_area: i64| -> i64 {
                walk.per_area = per_area;
                walk.to_go = walk.diagram.least(&prices.with_area(-per_area));
                let known = known as f64 / 1e6 + walk.per_area_of_metric() * f64::from(most);
                walk.worth = walk.worth(known, ROUNDS / 4);
                walk.bound(0, &walk.start(), &mut Scratch::default())
            };
            let mut best = (at(self, 0), 0);
            let mut by = (known as f64 * self.weight as f64 / f64::from(most)) as i64;
            for _ in 0..TRIES / 2 {
                // Whole parts of the metric, so that rounding comes to the same.
                let tries = [best.1 + by, best.1 - by].map(|p| p - p % self.weight);
                let tries = tries.map(|per_area| (at(self, per_area), per_area));
                let better = tries.into_iter().max().filter(|tried| tried.0 > best.0);
                best = better.unwrap_or(best);
                by /= if better.is_some() { 1 } else { 3 };
            }
            self.per_area = best.1;
        }
        self.to_go = self.diagram.least(&prices.with_area(-self.per_area));
        self.prices = Some(prices);
    }

    fn start(&self) -> Path {
        let (least, greatest) = (f64::INFINITY, f64::NEG_INFINITY);
        let (first, second) = match self.aggregate {
            Aggregate::Sum | Aggregate::Mean | Aggregate::Cv => (0.0, 0.0),
            Aggregate::Min | Aggregate::Range | Aggregate::Deviation => (least, greatest),
            Aggregate::Max => (greatest, 0.0),
        };
        let closed = Closed { areas: 0, sum: 0.0, first, second };
        Path {
            node: 0,
            open: Vec::new(),
            closed,
            bound: i64::MIN,
            rank: 0,
            settled: 0,
            taken: 0,
            exclaves: 0,
            spent: 0,
            beside: [0.0; MOST_CENTRED],
        }
    }

    /// Plans to begin with: those with the fewest and the most areas, the fewest cut links, and some that are drawn.
    fn known(&self) -> Vec<(i64, u128)> {
        const DRAWS: usize = 1 << 10;
        let links = |weight: i64| {
            let graph = &self.region.graph;
            let pairs =
                (0..index_u32(graph.len())).flat_map(|v| graph.neighbours(v as usize).iter().map(move |&w| (v, w)));
            pairs.filter(|(v, w)| v < w).map(|(v, w)| (v, w, weight)).collect::<Vec<_>>()
        };
        let costs =
            [Cost { area: 1, cut: links(0) }, Cost { area: -1, cut: links(0) }, Cost { area: 0, cut: links(1) }];
        let prices = costs.map(|c| self.diagram.prices(&[c]));
        let prices = prices.iter().chain(&self.prices);
        let best = prices.flat_map(|prices| self.diagram.best(prices, self.number.max(16)));
        let before = |&m: &u32| self.scorer.parts(&[m])?.first()?.0;
        let baseline: Option<Vec<u32>> = self.region.members.iter().map(before).collect();
        let baseline = baseline.and_then(|areas| self.diagram.rank(&number(areas.into_iter(), 0)));
        let ranks: Vec<u128> = best.map(|b| b.1).chain(baseline).chain(self.diagram.draw_ranks(DRAWS, 0)).collect();
        let mut plans: Vec<(i64, u128)> =
            ranks.into_par_iter().filter_map(|rank| Some((self.key_of(rank)?, rank))).collect();
        plans.sort_unstable();
        plans.dedup();
        plans
    }

    /// One way through the levels. Better plans that it meets go into `plans`; gives the smallest key that something cut
    /// off may have, none where it was stopped.
    fn pass(
        &self,
        keep: Keep,
        width: usize,
        plans: &mut Vec<(i64, u128)>,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Option<i64> {
        let mut cut_off = i64::MAX;
        let mut level = vec![self.start()];
        for (at, step) in self.diagram.frame.steps.iter().enumerate() {
            // What can't be better than the last of the plans is no loss.
            let enough = plans.get(self.number - 1).map_or(i64::MAX, |p| p.0);
            let pieces = level.par_chunks(PIECE).map(|paths| {
                let mut next = Vec::new();
                if go_on() {
                    self.follow(at, step, paths, enough, &mut next);
                }
                next
            });
            let mut next: Vec<Path> = pieces.collect::<Vec<_>>().concat();
            if !go_on() {
                return None;
            }
            self.merge(&mut next);
            if next.len() > width {
                match keep {
                    Keep::Hope => next.par_sort_by_cached_key(|path| (self.hope(path), path.rank)),
                    Keep::Bound => next.par_sort_unstable_by_key(|path| (path.bound, path.rank)),
                }
                let bounds = next[width..].iter().map(|path| path.bound);
                cut_off = bounds.fold(cut_off, i64::min);
                next.truncate(width);
            }
            level = next;
        }
        let complete = level.iter().filter_map(|path| Some((self.key_of(path.rank)?, path.rank)));
        plans.extend(complete.collect::<Vec<_>>());
        plans.sort_unstable();
        plans.dedup();
        plans.truncate(self.number);
        Some(cut_off)
    }

    /// The paths from some paths on, one level further.
    fn follow(&self, at: usize, step: &Step, paths: &[Path], enough: i64, next: &mut Vec<Path>) {
        let (tier, after) = (&self.diagram.tiers[at], &self.diagram.tiers[at + 1]);
        let mut scratch = Scratch::default();
        for path in paths {
            let mut rank = path.rank;
            for arc in tier.arcs(path.node) {
                let count = after.counts[arc.to as usize];
                if count == 0 {
                    continue;
                }
                for mut further in self.along(at, step, path, arc, rank, &mut scratch) {
                    further.bound = self.bound(at + 1, &further, &mut scratch).max(path.bound);
                    if further.bound < enough {
                        next.push(further);
                    }
                }
                rank += count;
            }
        }
    }

    /// The path along an arc; of what moves one for each choice of what stays.
    fn along(&self, at: usize, step: &Step, path: &Path, arc: &Arc, rank: u128, scratch: &mut Scratch) -> Vec<Path> {
        let mut further = Path {
            node: arc.to,
            open: Vec::with_capacity(path.open.len() + 1),
            rank,
            settled: path.settled + arc.closed,
            spent: path.spent + self.prices.as_ref().map_or(0, |prices| prices.of(self.diagram, at, step, arc)[0]),
            ..*path
        };
        let (mut closing, frontier) = (Vec::new(), self.frontier[at]);
        follow(&self.diagram.frame, frontier, step, arc, &path.open, &mut further.open, |area| closing.push(area));
        // Equal sets of areas are to be equal.
        further.open.sort_unstable();
        let mut ways = vec![further];
        for area in closing {
            let exclaves = area & self.exclaves;
            ways.iter_mut().for_each(|way| way.exclaves |= exclaves);
            let members = self.members(area);
            for (i, (_, scorer, _)) in self.centred.iter().enumerate() {
                let term = scorer.area(&members, scratch);
                ways.iter_mut().for_each(|way| way.beside[i] += term);
            }
            let Some(parts) = self.scorer.parts(&members) else {
                let term = self.scorer.area(&members, scratch);
                ways.iter_mut().for_each(|way| self.close(&mut way.closed, term));
                continue;
            };
            let all: f64 = parts.iter().map(|p| p.1).sum();
            let stays = |way: Path| {
                let of = |stays: f64, taken: u64| {
                    let mut way = Path { taken: way.taken | taken, ..way.clone() };
                    self.close(&mut way.closed, all - stays);
                    way
                };
                let parts = parts.iter().map(|&(before, part)| (self.bit(before) & !way.taken, part));
                let taken = parts.filter(|p| p.0 != 0).map(|(bit, part)| of(part, bit));
                taken.chain([of(0.0, 0)]).collect::<Vec<_>>()
            };
            ways = ways.into_iter().flat_map(stays).collect();
        }
        ways
    }

    /// Adds an area to the closed ones.
    fn close(&self, closed: &mut Closed, term: f64) {
        closed.areas += 1;
        closed.sum += term;
        match self.aggregate {
            Aggregate::Sum | Aggregate::Mean => closed.first += term,
            Aggregate::Cv => closed.first += term * term,
            Aggregate::Min => closed.first = closed.first.min(term),
            Aggregate::Max => closed.first = closed.first.max(term),
            Aggregate::Range | Aggregate::Deviation => {
                closed.first = closed.first.min(term);
                closed.second = closed.second.max(term);
            }
        }
    }

    /// An area of the baseline in the set of those that are taken; nothing for none.
    fn bit(&self, before: Option<u32>) -> u64 {
        before.and_then(|area| self.before.binary_search(&area).ok()).map_or(0, |i| 1 << i)
    }

    /// The least and the greatest term of an area that may still have more members, where some areas before are taken.
    fn range(&self, members: &[u32], more: &[u32], taken: u64, scratch: &mut Scratch) -> Option<[f64; 2]> {
        let Some(parts) = self.scorer.parts(members) else { return self.scorer.range(members, more, scratch) };
        let may_stay = parts.iter().filter(|p| self.bit(p.0) & !taken != 0).map(|p| p.1).fold(0.0, f64::max);
        Some([parts.iter().map(|p| p.1).sum::<f64>() - may_stay, f64::INFINITY])
    }

    fn members(&self, area: u128) -> Vec<u32> {
        bits_of(area).map(|v| self.region.members[v]).collect()
    }

    /// Of the paths with the same future those that `number` others are not as good as; in order of node and open sets.
    fn merge(&self, paths: &mut Vec<Path>) {
        let counted = matches!(self.aggregate, Aggregate::Mean | Aggregate::Cv | Aggregate::Deviation);
        let areas = |path: &Path| if counted { path.closed.areas } else { 0 };
        let future = |path: &Path| (path.node, areas(path), path.taken);
        // Smaller is better.
        let sign = match self.aggregate {
            Aggregate::Min | Aggregate::Range | Aggregate::Deviation => -1.0,
            Aggregate::Mean if self.scorer.metric().better() == Better::Higher => -1.0,
            _ => 1.0,
        };
        paths.par_sort_unstable_by(|a, b| {
            let figures = |p: &Path| (self.sum_of(p).unwrap_or(p.closed.first * sign), p.closed.second);
            let ((a1, a2), (b1, b2)) = (figures(a), figures(b));
            future(a)
                .cmp(&future(b))
                .then_with(|| a.open.cmp(&b.open))
                .then(a1.total_cmp(&b1))
                .then(a2.total_cmp(&b2))
                .then(a.rank.cmp(&b.rank))
        });
        let two = matches!(self.aggregate, Aggregate::Range | Aggregate::Deviation);
        // Each metric of a plan is rounded before it is weighted.
        let weights = self.centred.iter().fold(self.weight, |all, centred| all.saturating_add(centred.0));
        #[expect(clippy::cast_precision_loss, reason = "weights are far below 2^53")]
        let rounding = if weights > 1 { weights as f64 } else { 0.0 };
        let mut kept: Vec<Path> = Vec::with_capacity(paths.len());
        let mut group = 0;
        for path in paths.drain(..) {
            if kept.get(group).is_some_and(|first| future(first) != future(&path) || first.open != path.open) {
                group = kept.len();
            }
            // One beginning may come in several ways, of which the first is the best.
            if !self.before.is_empty() && kept[group..].iter().any(|other| other.rank == path.rank) {
                continue;
            }
            // The first figure is as good for all that come before in the group, but for what rounding makes of it.
            let as_good = |other: &&Path| match (self.sum_of(other), self.sum_of(&path)) {
                (Some(own), Some(sum)) => own + rounding <= sum,
                _ => !two || other.closed.second <= path.closed.second,
            };
            if kept[group..].iter().filter(as_good).take(self.number).count() < self.number {
                kept.push(path);
            }
        }
        *paths = kept;
    }

    /// What a path is kept for: its bound, but for shares, of which new areas might all be 1, the key that it would have
    /// if its open areas were closed as they are.
    fn hope(&self, path: &Path) -> i64 {
        if !matches!(self.aggregate, Aggregate::Mean | Aggregate::Min) || self.total.is_some() {
            return path.bound;
        }
        let mut scratch = Scratch::default();
        let open: Vec<f64> =
            path.open.iter().map(|&area| self.scorer.area(&self.members(area), &mut scratch)).collect();
        let value = match self.aggregate {
            Aggregate::Min => open.iter().copied().fold(path.closed.first, f64::min),
            _ => (path.closed.first + open.iter().sum::<f64>()) / f64::from(path.closed.areas + index_u32(open.len())),
        };
        lowest(self.scorer, value)
    }

    /// The smallest key that a plan may have which begins like this.
    fn bound(&self, level: usize, path: &Path, scratch: &mut Scratch) -> i64 {
        let free = path.open.iter().fold(self.to_place[level] & !path.exclaves, |free, area| free & !area);
        let (fewest, areas) = self.to_come[level][path.node as usize];
        let to_come = |more: u32| (path.settled + more).saturating_sub(path.closed.areas);
        let around = |worth: &Option<Worth>| {
            worth.as_ref().and_then(|worth| worth.rest(&path.open, free, (to_come(fewest), to_come(areas))))
        };
        let mut beside = 0i64;
        if !self.to_go.is_empty() {
            for ((weight, scorer, worth), closed) in self.centred.iter().zip(path.beside) {
                let least = lowest(scorer, closed + around(worth).unwrap_or(0.0));
                beside = beside.saturating_add(weight.saturating_mul(least));
            }
            // The diagram may have closed areas that are still open here, which are to come with the metric only.
            let earlier = i64::from(path.settled) - i64::from(path.closed.areas);
            let to_go = self.to_go[level][path.node as usize].map_or(i64::MAX, |value| value[0]);
            beside = beside.saturating_add(path.spent).saturating_add(to_go).saturating_sub(earlier * self.per_area);
        }
        let with = |key: i64| self.weight.saturating_mul(key).saturating_add(beside);
        if let Some(rest) = around(&self.worth) {
            return with(lowest(self.scorer, path.closed.first + rest));
        }
        // Without multipliers an area to come costs nothing but what it has.
        let beside = i64::from(to_come(if self.per_area > 0 { fewest } else { areas })) * self.per_area + beside;
        let with = |key: i64| self.weight.saturating_mul(key).saturating_add(beside);
        // Open areas may still become one.
        let all = path.open.iter().fold(free, |all, area| all | area);
        let mut most_of = |area: u128| self.range(&self.members(area), &self.members(all & !area), path.taken, scratch);
        let mut open = Open { any: most_of(0).filter(|_| free != 0).map_or(0.0, |range| range[1]), ..Open::default() };
        for &area in &path.open {
            let [least, most] = most_of(area).unwrap_or([0.0, f64::INFINITY]);
            open.sum += least;
            open.greatest = open.greatest.max(least);
            open.most_sum += most;
            open.smallest = open.smallest.min(most);
        }
        with(lowest(self.scorer, self.value(&path.closed, &open, (to_come(fewest), to_come(areas)))))
    }

    /// The best value that closed areas can come to, with so many areas to come (open ones among them).
    fn value(&self, closed: &Closed, open: &Open, (fewest, areas): (u32, u32)) -> f64 {
        let left = self.total.map(|total| total - closed.sum);
        let mean = |areas: u32| left.map_or(f64::NAN, |left| left / f64::from(areas));
        // With so many areas to come: their least and greatest term at best, together with those of the others.
        let around = |areas: u32| {
            let (first, second) = (closed.first, closed.second.max(open.greatest));
            if areas == 0 { (first, second) } else { (first.min(mean(areas)), second.max(mean(areas))) }
        };
        let of_whole = |more: u32| self.total.map_or(f64::NAN, |total| total / f64::from(closed.areas + more));
        let each = || (fewest..=areas).filter(|more| closed.areas + more > 0);
        let least = |value: &dyn Fn(u32) -> f64| each().map(value).fold(f64::INFINITY, f64::min);
        match self.aggregate {
            Aggregate::Sum => closed.first + open.sum,
            Aggregate::Mean => {
                let with = |more: u32| {
                    // Where there may be new areas, the open ones may become one, which none of them hinders.
                    let rest = match more {
                        0 => 0.0,
                        _ if open.any > 0.0 => open.smallest.min(open.any) + f64::from(more - 1) * open.any,
                        _ => open.most_sum,
                    };
                    (closed.first + rest) / f64::from(closed.areas + more)
                };
                each().map(with).fold(f64::NEG_INFINITY, f64::max)
            }
            Aggregate::Min if areas == 0 => closed.first,
            Aggregate::Min if fewest > 0 && left.is_some() => closed.first.min(mean(fewest)),
            Aggregate::Min => closed.first.min(open.smallest),
            Aggregate::Max => {
                let shared = if areas > 0 && left.is_some() { mean(areas) } else { f64::NEG_INFINITY };
                closed.first.max(open.greatest).max(shared)
            }
            Aggregate::Range => least(&|more| {
                let (low, high) = around(more);
                high - low
            }),
            Aggregate::Deviation => least(&|more| {
                let ((low, high), mean) = (around(more), of_whole(more));
                if mean > 0.0 { (high - mean).max(mean - low) / mean } else { 0.0 }
            }),
            Aggregate::Cv => least(&|more| {
                let whole = of_whole(more);
                let squares = if more > 0 { mean(more) * mean(more) * f64::from(more) } else { 0.0 };
                let variance = (closed.first + squares) / f64::from(closed.areas + more) - whole * whole;
                if whole > 0.0 { variance.max(0.0).sqrt() / whole } else { 0.0 }
            }),
        }
    }

    /// What moves where the areas consist of these parts, in millionths.
    fn moved(&self, areas: &[Vec<(Option<u32>, f64)>]) -> i64 {
        let of = |area: usize, column: usize| {
            areas[area].iter().find(|p| p.0 == Some(self.before[column])).map_or(0, |p| millionths(p.1))
        };
        let stays = assignment(areas.len(), self.before.len(), &of);
        let kept =
            (0..).zip(stays).filter(|(_, column)| *column != NONE).map(|(area, column)| of(area, column as usize));
        areas.iter().flatten().map(|p| millionths(p.1)).sum::<i64>() - kept.sum::<i64>()
    }

    /// What a path has so far, of a metric to which others are added.
    #[expect(clippy::cast_precision_loss, reason = "sums of terms are no more exact")]
    fn sum_of(&self, path: &Path) -> Option<f64> {
        self.prices.as_ref()?;
        let centred = self.centred.iter().zip(path.beside).map(|((weight, ..), sum)| *weight as f64 * sum * 1e6);
        Some(self.weight as f64 * path.closed.first * 1e6 + centred.sum::<f64>() + path.spent as f64)
    }

    /// The key of a plan of the region.
    fn key_of(&self, rank: u128) -> Option<i64> {
        let figures = self.figures(rank)?;
        let Some(prices) = &self.prices else { return Some(figures.key) };
        let spent = self.diagram.cost_at(prices, rank)?[0];
        let centred = self.centred.iter().zip(&figures.beside);
        let terms = centred.map(|((weight, ..), &key)| (*weight, key)).chain([(self.weight, figures.key)]);
        let sum = terms.fold(i128::from(spent), |sum, (weight, key)| sum + i128::from(weight) * i128::from(key));
        i64::try_from(sum).ok().filter(|sum| sum.abs() <= LARGEST)
    }

    /// What a plan has of each metric, as keys.
    fn figures(&self, rank: u128) -> Option<Figures> {
        let areas = self.diagram.plan(rank)?;
        let mut scratch = Scratch::default();
        let of_area = |area: u32| -> Vec<u32> {
            let own = self.region.members.iter().zip(&areas).filter(|(_, a)| **a == area);
            own.map(|(&m, _)| m).collect()
        };
        let members: Vec<Vec<u32>> = (0..=areas.iter().max().copied()?).map(of_area).collect();
        let mut of = |scorer: &Scorer<'_>| {
            let terms: Vec<f64> = members.iter().map(|members| scorer.area(members, &mut scratch)).collect();
            key(scorer, scorer.whole(&terms)).filter(|key| key.abs() <= LARGEST)
        };
        let beside: Vec<i64> = self.centred.iter().map(|(_, scorer, _)| of(scorer)).collect::<Option<_>>()?;
        let parts: Option<Vec<_>> = members.iter().map(|members| self.scorer.parts(members)).collect();
        let key = parts.map_or_else(|| of(self.scorer), |parts| Some(self.moved(&parts)))?;
        Some(Figures { key, beside })
    }
}

/// What a plan has of the metric, and of the others.
struct Figures {
    key: i64,
    beside: Vec<i64>,
}

/// Figures with up to six decimals as whole numbers.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and figures beyond 10^12 are no counts")]
fn millionths(value: f64) -> i64 {
    (value * 1e6).round() as i64
}

/// What is known of the terms of the areas that are open, from the members that they have.
struct Open {
    /// The sum of what each has at least, and at most.
    sum: f64,
    most_sum: f64,
    /// What the greatest is at least, and the least at most.
    greatest: f64,
    smallest: f64,
    /// What an area that is not yet open has at most; 0 where there will be none.
    any: f64,
}

impl Default for Open {
    fn default() -> Self {
        Self { sum: 0.0, most_sum: 0.0, greatest: 0.0, smallest: f64::INFINITY, any: f64::INFINITY }
    }
}

/// The smallest key of a value that is no better than this one; sums in another order may differ in the last digits.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is checked first")]
fn lowest(scorer: &Scorer<'_>, best: f64) -> i64 {
    let sign = if scorer.metric().better() == Better::Higher { -1.0 } else { 1.0 };
    let scaled = best * 1e6 * sign;
    if scaled.is_nan() || scaled <= -(LARGEST as f64) {
        return i64::MIN;
    }
    let scaled = (scaled - scaled.abs() * 1e-12 - 1e-3).round();
    if scaled < LARGEST as f64 { scaled as i64 } else { LARGEST }
}

#[cfg(test)]
mod tests;
