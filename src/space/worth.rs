//! A bound on what areas around centres cost: each municipality pays what it is worth to be taken.
//!
//! Where the term of an area is what its members cost under the best centre among them, multipliers bound the cost of
//! all plans: that each municipality lies in exactly one area is let go of, and paid for instead; what is left falls apart
//! by centre (S. Hess et al. 1965, doi:10.1287/opre.13.6.998, for the model; M. Held, P. Wolfe, H. Crowder 1974,
//! doi:10.1007/BF01580223, for the steps). An area need not be connected here, only have its members' least sum, so any
//! plan costs at least as much. On the way to a plan the same multipliers say what the rest costs at least.

use rayon::prelude::*;

use super::frame::bits_of;
use super::region::Region;
use crate::score::Scorer;

/// A least sum is counted in at most so many parts.
const PARTS: u64 = 1 << 10;
/// Of more open areas the ways in which they may become one are too many to go through.
const MOST_OPEN: usize = 8;

/// Multipliers, and what they leave of the costs.
#[derive(Debug)]
pub(super) struct Worth {
    nodes: usize,
    /// What each node pays.
    multipliers: Vec<f64>,
    /// What each area costs beyond that: dear where there must be more of them, cheap where there must not.
    each: f64,
    /// An area around a centre costs at least so much more than it and its members pay; infinite where it can't be a centre.
    least: Vec<f64>,
    /// The same where the least sum is paid for, too, so that members add up.
    loose: Vec<f64>,
    /// Node by node, centre by centre: what is added where it is a member, and where it can't be one.
    inside: Vec<f64>,
    outside: Vec<f64>,
}

/// What multipliers leave: a bound on all plans, and how often each node is taken.
struct Left {
    bound: f64,
    taken: Vec<f64>,
}

/// The costs of a region.
struct Costs {
    nodes: usize,
    /// Centre by centre, what each node costs there.
    costs: Vec<f64>,
    /// What an area costs beyond its nodes.
    area: f64,
    /// What each node has of the sum, and what an area must have: rounded in favour of the areas.
    weights: Vec<u64>,
    at_least: u64,
}

impl Worth {
    /// Multipliers for a region with from `fewest` to `most` areas, each of which costs `area` as well, by so many steps towards
    /// what is `known` of a plan's cost; none for a metric that does not have such terms.
    pub(super) fn new(
        region: &Region,
        scorer: &Scorer<'_>,
        (fewest, most): (u32, u32),
        area: f64,
        known: f64,
        rounds: usize,
    ) -> Option<Self> {
        let costs = Costs::new(region, scorer, area)?;
        let areas = (fewest as usize, most as usize);
        let n = costs.nodes;
        let scale: Vec<f64> = (0..n).map(|v| (0..n).map(|c| costs.of(c)[v]).sum::<f64>() / n as f64 + 1.0).collect();
        let mut multipliers = vec![0.0; n];
        let (mut best, mut top) = (multipliers.clone(), f64::NEG_INFINITY);
        let (mut push, mut theta, mut vain) = (vec![0.0; n], 1.0, 0);
        for _ in 0..rounds {
            let left = costs.left(&multipliers, areas);
            vain += 1;
            if left.bound > top {
                if left.bound - top > (known - left.bound) / 1000.0 {
                    vain = 0;
                }
                top = left.bound;
                best.clone_from(&multipliers);
            }
            if vain >= 8 {
                theta *= 0.8;
                vain = 0;
            }
            step(&mut multipliers, &mut push, &left.taken, &scale, theta * (known - left.bound).max(0.0));
        }
        Some(Self::with(&costs, best, areas))
    }

    fn with(costs: &Costs, multipliers: Vec<f64>, (fewest, most): (usize, usize)) -> Self {
        let n = costs.nodes;
        let (mut inside, mut outside) = (vec![0.0; n * n], vec![0.0; n * n]);
        let mut loose = Vec::with_capacity(n);
        let mut least = Vec::with_capacity(n);
        for c in 0..n {
            let prices = costs.prices(c, &multipliers);
            let per_part = costs.price_of_sum(c, &prices);
            let rest = |v: usize| prices[v] - per_part * costs.weights[v] as f64;
            let others = (0..n).filter(|&v| v != c);
            loose.push(
                costs.area
                    + per_part * costs.at_least as f64
                    + rest(c)
                    + others.clone().map(|v| rest(v).min(0.0)).sum::<f64>(),
            );
            least.push(costs.cheapest(c, &prices).0);
            for v in others {
                inside[v * n + c] = rest(v).max(0.0);
                outside[v * n + c] = (-rest(v)).max(0.0);
            }
        }
        // So that all that are needed pay, and no more than may be there.
        let mut sorted = least.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |areas: usize| sorted.get(areas.wrapping_sub(1)).copied().filter(|value| value.is_finite());
        let each = at(fewest).filter(|&v| v > 0.0).or(at(most).filter(|&v| v < 0.0)).unwrap_or(0.0);
        least.iter_mut().chain(&mut loose).for_each(|value| *value -= each);
        Self { nodes: n, multipliers, each, least, loose, inside, outside }
    }

    /// What a plan costs at least beyond its closed areas, where it has these open ones (sets of nodes), which may become
    /// one, and these nodes are free; `fewest` to `most` areas are still to be closed. None where there are too many open ones.
    pub(super) fn rest(&self, open: &[u128], free: u128, (fewest, most): (u32, u32)) -> Option<f64> {
        if open.len() > MOST_OPEN {
            return None;
        }
        let n = self.nodes;
        let all = open.iter().fold(free, |all, area| all | area);
        let add = |sums: &mut [f64], rows: &[f64], set: u128| {
            for v in bits_of(set) {
                sums.iter_mut().zip(&rows[v * n..(v + 1) * n]).for_each(|(sum, x)| *sum += x);
            }
        };
        let mut gone = self.loose.clone();
        add(&mut gone, &self.outside, ((1u128 << (n - 1) << 1).wrapping_sub(1)) & !all);
        let mut with = vec![0.0; open.len() * n];
        let mut without = vec![0.0; open.len() * n];
        for (i, &area) in open.iter().enumerate() {
            add(&mut with[i * n..(i + 1) * n], &self.inside, area);
            add(&mut without[i * n..(i + 1) * n], &self.outside, area);
        }
        // For each set of open areas, what an area of these and of free nodes costs at least; and then what all do.
        let sets = 1usize << open.len();
        let mut ways = vec![0.0; sets];
        let mut sums = vec![0.0; n];
        for (set, way) in ways.iter_mut().enumerate().skip(1) {
            sums.clone_from(&gone);
            let mut centres = free;
            for (i, &area) in open.iter().enumerate() {
                let rows = if set >> i & 1 == 1 { &with } else { &without };
                centres |= if set >> i & 1 == 1 { area } else { 0 };
                sums.iter_mut().zip(&rows[i * n..(i + 1) * n]).for_each(|(sum, x)| *sum += x);
            }
            *way = bits_of(centres).map(|c| sums[c].max(self.least[c])).fold(f64::INFINITY, f64::min);
        }
        let mut together = vec![0.0; sets];
        for set in 1..sets {
            let first = 1 << set.trailing_zeros();
            let rest = set & !first;
            // All sets of which the first is one.
            let (mut part, mut least) = (rest, f64::INFINITY);
            loop {
                least = least.min(ways[part | first] + together[rest & !part]);
                if part == 0 {
                    break;
                }
                part = (part - 1) & rest;
            }
            together[set] = least;
        }
        // New areas, where they help.
        sums.clone_from(&gone);
        for i in 0..open.len() {
            sums.iter_mut().zip(&without[i * n..(i + 1) * n]).for_each(|(sum, x)| *sum += x);
        }
        let new: f64 = bits_of(free).map(|c| sums[c].max(self.least[c]).min(0.0)).sum();
        let paid: f64 = bits_of(all).map(|v| self.multipliers[v]).sum();
        let areas = self.each * f64::from(if self.each > 0.0 { fewest } else { most });
        Some(paid + areas + together[sets - 1] + new)
    }
}

impl Costs {
    fn new(region: &Region, scorer: &Scorer<'_>, area: f64) -> Option<Self> {
        let members = &region.members;
        let nodes = members.len();
        let pairs = members.iter().flat_map(|&c| members.iter().map(move |&m| (m, c)));
        let costs: Vec<f64> = pairs.map(|(m, c)| scorer.share(m, c)).collect::<Option<_>>()?;
        if nodes == 0 || !costs.iter().all(|&cost| cost.is_finite() && cost >= 0.0) {
            return None;
        }
        // The sum of which an area must have the largest part of all there is.
        let known = region.limits.sums.iter().filter_map(|s| {
            let values: Vec<u64> = s.values.iter().copied().collect::<Option<_>>()?;
            let total: u128 = values.iter().map(|&v| u128::from(v)).sum();
            (s.at_least > 0 && total > 0).then_some((s.at_least as f64 / total as f64, s.at_least, values))
        });
        let (at_least, weights) =
            known.max_by(|a, b| a.0.total_cmp(&b.0)).map_or((0, vec![0; nodes]), |(_, at_least, values)| {
                let part = at_least.div_ceil(PARTS);
                (at_least / part, values.iter().map(|v| v.div_ceil(part)).collect())
            });
        Some(Self { nodes, costs, area, weights, at_least })
    }

    fn of(&self, centre: usize) -> &[f64] {
        &self.costs[centre * self.nodes..(centre + 1) * self.nodes]
    }

    fn prices(&self, centre: usize, multipliers: &[f64]) -> Vec<f64> {
        self.of(centre).iter().zip(multipliers).map(|(cost, paid)| cost - paid).collect()
    }

    /// What of the least sum a centre lacks with all nodes that pay more than they cost.
    fn lacking(&self, centre: usize, prices: &[f64]) -> u64 {
        let own = (0..self.nodes).filter(|&v| v == centre || prices[v] < 0.0);
        own.fold(self.at_least, |lacking, v| lacking.saturating_sub(self.weights[v]))
    }

    /// The nodes that could make up for it.
    fn others<'p>(&'p self, centre: usize, prices: &'p [f64]) -> impl Iterator<Item = usize> + 'p {
        (0..self.nodes).filter(move |&v| v != centre && prices[v] >= 0.0 && self.weights[v] > 0)
    }

    /// The price of a part of the least sum, where the cheapest fractional filling ends (G. Dantzig 1957,
    /// doi:10.1287/opre.5.2.266).
    fn price_of_sum(&self, centre: usize, prices: &[f64]) -> f64 {
        let mut lacking = self.lacking(centre, prices);
        let mut ratios: Vec<(f64, u64)> =
            self.others(centre, prices).map(|v| (prices[v] / self.weights[v] as f64, self.weights[v])).collect();
        ratios.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut each = 0.0;
        for (ratio, weight) in ratios {
            if lacking == 0 {
                break;
            }
            each = ratio;
            lacking = lacking.saturating_sub(weight);
        }
        each
    }

    /// The cheapest area around a centre, connected or not, and its nodes; infinite where none has the least sum.
    fn cheapest(&self, centre: usize, prices: &[f64]) -> (f64, u128) {
        let own = (0..self.nodes).filter(|&v| v == centre || prices[v] < 0.0);
        let (price, set) = own.fold((self.area, 0u128), |(price, set), v| (price + prices[v], set | 1 << v));
        let lacking = usize::try_from(self.lacking(centre, prices)).unwrap_or(usize::MAX);
        if lacking == 0 {
            return (price, set);
        }
        // For each part of what is lacking, the cheapest way to make up for it.
        let mut ways = vec![(f64::INFINITY, 0u128); lacking + 1];
        ways[0] = (0.0, 0);
        for v in self.others(centre, prices) {
            let weight = usize::try_from(self.weights[v]).unwrap_or(usize::MAX);
            for part in (1..=lacking).rev() {
                let (before, nodes) = ways[part.saturating_sub(weight)];
                if before + prices[v] < ways[part].0 {
                    ways[part] = (before + prices[v], nodes | 1 << v);
                }
            }
        }
        (price + ways[lacking].0, set | ways[lacking].1)
    }

    fn left(&self, multipliers: &[f64], (fewest, most): (usize, usize)) -> Left {
        let cheapest = |c: usize| self.cheapest(c, &self.prices(c, multipliers));
        let areas: Vec<(f64, u128)> = (0..self.nodes).into_par_iter().map(cheapest).collect();
        let mut order: Vec<usize> = (0..self.nodes).collect();
        order.sort_by(|&a, &b| areas[a].0.total_cmp(&areas[b].0));
        let mut left = Left { bound: multipliers.iter().sum(), taken: vec![0.0; self.nodes] };
        for (i, c) in order.into_iter().take(most).enumerate() {
            if i < fewest || areas[c].0 < 0.0 {
                left.bound += areas[c].0;
                bits_of(areas[c].1).for_each(|v| left.taken[v] += 1.0);
            }
        }
        left
    }
}

/// A step along what is taken too often or not at all.
fn step(multipliers: &mut [f64], push: &mut [f64], taken: &[f64], scale: &[f64], length: f64) {
    const MOMENTUM: f64 = 0.4;
    push.iter_mut().zip(taken).for_each(|(push, taken)| *push = (1.0 - taken) + MOMENTUM * *push);
    let norm: f64 = push.iter().zip(scale).map(|(p, s)| p * p * s).sum();
    if norm > 1e-9 {
        let moves = push.iter().zip(scale).map(|(p, s)| length / norm * p * s);
        multipliers.iter_mut().zip(moves).for_each(|(multiplier, by)| *multiplier += by);
    }
}
