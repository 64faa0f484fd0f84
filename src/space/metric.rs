//! Metrics that add up over the steps of the walk: the best plans proved, and the exact distribution.
//!
//! The diagram has every plan as a path, and an additive metric is a sum over the path's arcs; so one pass backwards
//! finds the best of all plans (Bellman's principle), or how many plans have each value, without listing them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::diagram::{Arc, Diagram, Tier};
use super::frame::{Step, bits};
use crate::territory::index_u32;

/// Most metrics that are weighed at once.
pub const AXES: usize = 4;

/// Sums of up to [`AXES`] metrics, each to be as small as may be; the first goes before the second, and so on.
pub type Value = [i64; AXES];

/// Most values that a node's Pareto set may hold.
const MOST_TRADES: usize = 1 << 14;

/// How much of a metric a plan has: so much for each area, and for each pair of neighbours that it parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cost {
    /// For each area.
    pub area: i64,
    /// For each pair of neighbours in different areas: `(a, b, weight)` with `a < b`, sorted.
    pub cut: Vec<(u32, u32, i64)>,
}

impl Cost {
    fn weight(&self, a: u32, b: u32) -> i64 {
        let key = (a.min(b), a.max(b));
        self.cut.binary_search_by(|l| (l.0, l.1).cmp(&key)).map_or(0, |i| self.cut[i].2)
    }
}

/// What the arcs of a diagram cost, looked up beforehand.
#[derive(Debug, Clone)]
pub struct Prices {
    area: Value,
    /// For each step the pairs that it may part: the node that is placed and each neighbour placed before.
    back: Vec<Vec<Value>>,
    /// Pairs of exclaves.
    exclaves: Vec<Vec<Value>>,
}

impl Prices {
    /// What an arc adds.
    pub(super) fn of(&self, diagram: &Diagram, at: usize, step: &Step, arc: &Arc) -> Value {
        let mut sum = [0; AXES];
        if step.tail {
            // All links between exclaves, less those within an area (see the closing steps for the others).
            let all = (1u32 << diagram.frame.exclaves.len()) - 1;
            sum = self.inside(all);
            for &area in &diagram.frame.tails[arc.code as usize] {
                sum = minus(sum, self.inside(area));
            }
        } else if step.enter.is_some() {
            for (bit, price) in self.back[at].iter().enumerate() {
                if arc.code >> bit & 1 == 0 {
                    sum = plus(sum, *price);
                }
            }
        } else {
            sum = minus(sum, self.inside(arc.code));
        }
        for (sum, area) in sum.iter_mut().zip(self.area) {
            *sum += area * i64::from(arc.closed);
        }
        sum
    }

    /// The same with so much more for an area, on the first axis.
    pub(super) fn with_area(&self, more: i64) -> Self {
        let mut prices = self.clone();
        prices.area[0] += more;
        prices
    }

    /// What the links within a set of exclaves come to.
    pub(super) fn inside(&self, set: u32) -> Value {
        let pairs = bits(set).flat_map(|i| bits(set).filter(move |&j| i < j).map(move |j| (i, j)));
        pairs.fold([0; AXES], |sum, (i, j)| plus(sum, self.exclaves[i][j]))
    }
}

/// The sum of two values, axis by axis.
pub(crate) fn plus(a: Value, b: Value) -> Value {
    std::array::from_fn(|i| a[i] + b[i])
}

fn minus(a: Value, b: Value) -> Value {
    std::array::from_fn(|i| a[i] - b[i])
}

/// Whether one value is as small as another on each axis.
fn dominates(a: &Value, b: &Value) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b)
}

/// Leaves only values that no other is as small as on each axis; of equal ones the lowest rank. Sorted.
pub(super) fn pareto<R: Ord>(list: &mut Vec<(Value, R)>) {
    list.sort_unstable();
    let mut kept: Vec<(Value, R)> = Vec::new();
    for item in list.drain(..) {
        // Whoever dominates comes first in the order; most are dominated by one of the last.
        if !kept.iter().rev().any(|k| dominates(&k.0, &item.0)) {
            kept.push(item);
        }
    }
    *list = kept;
}

impl Diagram {
    /// Looks up what the arcs cost, for up to [`AXES`] costs; further ones are left out.
    #[must_use]
    pub fn prices(&self, costs: &[Cost]) -> Prices {
        let weight = |a, b| std::array::from_fn(|i| costs.get(i).map_or(0, |c| c.weight(a, b)));
        let back = |step: &Step| match &step.enter {
            Some(enter) => enter.back.iter().map(|&(w, _)| weight(enter.node, w)).collect(),
            None => Vec::new(),
        };
        let exclaves = &self.frame.exclaves;
        Prices {
            area: std::array::from_fn(|i| costs.get(i).map_or(0, |c| c.area)),
            back: self.frame.steps.iter().map(back).collect(),
            exclaves: exclaves.iter().map(|&a| exclaves.iter().map(|&b| weight(a, b)).collect()).collect(),
        }
    }

    /// Goes through the levels from the last to the first; `of_node` makes what a node has of its arcs and of what
    /// the nodes after it have.
    fn backwards<T: Send + Sync>(
        &self,
        last: impl Fn(u128) -> T,
        of_node: impl Fn(usize, &Step, &[Arc], &Tier, &[T]) -> T + Sync,
        mut keep: impl FnMut(Vec<T>),
    ) {
        let counts = self.tiers.last().map(|t| &t.counts[..]).unwrap_or_default();
        let mut after: Vec<T> = counts.iter().map(|&n| last(n)).collect();
        for (at, step) in self.frame.steps.iter().enumerate().rev() {
            let (tier, next) = (&self.tiers[at], &self.tiers[at + 1]);
            let node = |node: usize| of_node(at, step, tier.arcs(index_u32(node)), next, &after);
            let now: Vec<T> = (0..tier.counts.len()).into_par_iter().with_min_len(64).map(node).collect();
            keep(std::mem::replace(&mut after, now));
        }
        keep(after);
    }

    /// The `most` plans with the least cost, each with its cost and its rank; equals by rank.
    ///
    /// Proved: every plan is a path, and no path with a smaller sum is passed over.
    #[must_use]
    pub fn best(&self, prices: &Prices, most: usize) -> Vec<(Value, u128)> {
        self.lists(prices, |list| {
            list.sort_unstable();
            list.truncate(most);
            true
        })
        .unwrap_or_default()
    }

    /// The Pareto set: each combination of costs that no plan is as good as on every axis, with the lowest rank that
    /// has it. None where it is too large to be held.
    #[must_use]
    pub fn pareto(&self, prices: &Prices) -> Option<Vec<(Value, u128)>> {
        self.lists(prices, |list| {
            pareto(list);
            list.len() <= MOST_TRADES
        })
    }

    /// Lists of plans from the end backwards, cut down at each node by `cut`; none where it says false.
    fn lists(
        &self,
        prices: &Prices,
        cut: impl Fn(&mut Vec<(Value, u128)>) -> bool + Sync,
    ) -> Option<Vec<(Value, u128)>> {
        let too_many = std::sync::atomic::AtomicBool::new(false);
        let mut first = Vec::new();
        self.backwards(
            |n| vec![([0; AXES], 0); usize::from(n > 0)],
            |at, step, arcs, next, after: &[Vec<(Value, u128)>]| {
                let mut list = Vec::new();
                let mut before = 0;
                for arc in arcs {
                    let own = prices.of(self, at, step, arc);
                    list.extend(after[arc.to as usize].iter().map(|&(value, rank)| (plus(value, own), before + rank)));
                    before += next.counts[arc.to as usize];
                }
                if !cut(&mut list) {
                    too_many.store(true, std::sync::atomic::Ordering::Relaxed);
                    list.clear();
                }
                list
            },
            |lists| first = lists,
        );
        let whole = !too_many.into_inner();
        whole.then(|| first.into_iter().next().unwrap_or_default())
    }

    /// Plans in order of their cost, equals by rank; as many as are asked for.
    ///
    /// A best-first search whose bound is exact (the least cost from each node on), so that only what leads to a plan
    /// that is asked for is looked at (Hart, Nilsson, Raphael 1968, doi:10.1109/TSSC.1968.300136).
    #[must_use]
    pub fn ordered(&self, prices: Prices) -> Ordered<'_> {
        let least = self.least(&prices);
        let mut heap = BinaryHeap::new();
        if let Some(Some(value)) = least.first().and_then(|tier| tier.first()) {
            heap.push(Reverse(Open { value: *value, rank: 0, spent: [0; AXES], level: 0, node: 0 }));
        }
        Ordered { diagram: self, prices, least, heap }
    }

    /// The least cost from each node of each level on; none where no plan goes on from it.
    pub(super) fn least(&self, prices: &Prices) -> Vec<Vec<Option<Value>>> {
        let mut least: Vec<Vec<Option<Value>>> = Vec::new();
        self.backwards(
            |n| (n > 0).then_some([0; AXES]),
            |at, step, arcs, _, after: &[Option<Value>]| {
                let costs =
                    arcs.iter().filter_map(|arc| Some(plus(after[arc.to as usize]?, prices.of(self, at, step, arc))));
                costs.min()
            },
            |tier| least.push(tier),
        );
        least.reverse();
        least
    }

    /// How many plans have each cost on the first axis, ascending; exact.
    ///
    /// Meant for costs that are small whole numbers: memory grows with the number of different sums.
    #[must_use]
    pub fn histogram(&self, prices: &Prices) -> Vec<(i64, u128)> {
        let mut first = Vec::new();
        self.backwards(
            |n| vec![(0, 1); usize::from(n > 0)],
            |at, step, arcs, _, after: &[Vec<(i64, u128)>]| {
                let mut sums: std::collections::BTreeMap<i64, u128> = std::collections::BTreeMap::new();
                for arc in arcs {
                    let [own, ..] = prices.of(self, at, step, arc);
                    for &(value, count) in &after[arc.to as usize] {
                        *sums.entry(value + own).or_default() += count;
                    }
                }
                sums.into_iter().collect()
            },
            |lists| first = lists,
        );
        first.into_iter().next().unwrap_or_default()
    }

    /// The cost of the plan of a rank.
    #[must_use]
    pub fn cost_at(&self, prices: &Prices, mut rank: u128) -> Option<Value> {
        if rank >= self.count() {
            return None;
        }
        let (mut node, mut sum) = (0, [0; AXES]);
        for (at, step) in self.frame.steps.iter().enumerate() {
            let next = &self.tiers[at + 1];
            for arc in self.tiers[at].arcs(node) {
                let count = next.counts[arc.to as usize];
                if rank < count {
                    sum = plus(sum, prices.of(self, at, step, arc));
                    node = arc.to;
                    break;
                }
                rank -= count;
            }
        }
        Some(sum)
    }
}

/// The beginning of some plans: what the cheapest of them costs, and the least rank among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    value: Value,
    rank: u128,
    spent: Value,
    level: u32,
    node: u32,
}

/// Plans in order of their cost; see [`Diagram::ordered`].
#[derive(Debug)]
pub struct Ordered<'d> {
    diagram: &'d Diagram,
    prices: Prices,
    /// The least cost from each node on.
    least: Vec<Vec<Option<Value>>>,
    heap: BinaryHeap<Reverse<Open>>,
}

impl Iterator for Ordered<'_> {
    type Item = (Value, u128);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(Reverse(open)) = self.heap.pop() {
            let level = open.level as usize;
            let Some(step) = self.diagram.frame.steps.get(level) else { return Some((open.value, open.rank)) };
            let mut rank = open.rank;
            for arc in self.diagram.tiers[level].arcs(open.node) {
                if let Some(rest) = self.least[level + 1][arc.to as usize] {
                    let spent = plus(open.spent, self.prices.of(self.diagram, level, step, arc));
                    let (value, level, node) = (plus(spent, rest), open.level + 1, arc.to);
                    self.heap.push(Reverse(Open { value, rank, spent, level, node }));
                }
                rank += self.diagram.tiers[level + 1].counts[arc.to as usize];
            }
        }
        None
    }
}
