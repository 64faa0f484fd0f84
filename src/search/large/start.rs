//! A first plan: areas grown from random seeds, then changed unit by unit.
//!
//! Units move to a neighbouring area, or two change places; what makes a plan worse is accepted up to a threshold that
//! falls (G. Dueck, T. Scheuer, *Threshold accepting*, Journal of Computational Physics 90 (1990),
//! doi:10.1016/0021-9991(90)90201-B). Areas stay connected all the time, sums outside the bounds cost more and more.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use super::Problem;

/// What the rounds came to.
pub(crate) struct Found {
    /// The cheapest plan within the bounds.
    pub(crate) plan: Option<(u64, Vec<u32>)>,
    /// What the plan costs that came nearest to the bounds.
    pub(crate) near: u64,
}

/// What a division into areas costs, and what a change makes of that.
pub(crate) trait Gauge: Clone + Sync {
    /// What it costs as it is; whatever is remembered of another division is forgotten.
    fn begin(&mut self, of: &[u32], areas: usize) -> i64;
    /// What it costs more where a unit goes from its area to another, and perhaps one other unit the way back.
    fn change(&mut self, of: &[u32], v: usize, to: u32, back: Option<usize>) -> i64;
    /// The change has been made: the unit has gone from one area to another.
    fn made(&mut self, v: usize, from: u32, to: u32, back: Option<usize>);
    /// What a change costs, roughly.
    fn step(&self) -> f64;
}

/// The cost of the links that are cut.
#[derive(Clone)]
pub(super) struct Cut<'p> {
    problem: &'p Problem,
    around: Vec<Vec<(u32, u64)>>,
}

impl<'p> Cut<'p> {
    pub(super) fn new(problem: &'p Problem) -> Self {
        Self { problem, around: around(problem) }
    }

    /// What it costs more to give a unit to another area, where perhaps one other has moved already.
    fn one(&self, of: &[u32], v: usize, from: u32, to: u32, moved: Option<(usize, u32)>) -> i64 {
        let of = |w: u32| match moved {
            Some((moved, area)) if moved == w as usize => area,
            _ => of[w as usize],
        };
        let sign = |w: u32| i64::from(of(w) == from) - i64::from(of(w) == to);
        self.around[v].iter().map(|&(w, cost)| sign(w) * cost.cast_signed()).sum()
    }
}

impl Gauge for Cut<'_> {
    fn begin(&mut self, of: &[u32], _: usize) -> i64 {
        self.problem.cost(of).cast_signed()
    }

    fn change(&mut self, of: &[u32], v: usize, to: u32, back: Option<usize>) -> i64 {
        let from = of[v];
        self.one(of, v, from, to, None) + back.map_or(0, |y| self.one(of, y, to, from, Some((v, to))))
    }

    fn made(&mut self, _: usize, _: u32, _: u32, _: Option<usize>) {}

    #[expect(clippy::cast_precision_loss, reason = "a rough figure")]
    fn step(&self) -> f64 {
        let links: u64 = self.problem.links.iter().map(|l| l.2).sum();
        (links as f64 / self.problem.links.len().max(1) as f64).max(1e-9)
    }
}

/// The gauge of the links that are cut.
pub(crate) fn cut(problem: &Problem) -> impl Gauge {
    Cut::new(problem)
}

fn around(problem: &Problem) -> Vec<Vec<(u32, u64)>> {
    let mut around = vec![Vec::new(); problem.weights.len()];
    for &(a, b, cost) in &problem.links {
        around[a as usize].push((b, cost));
        around[b as usize].push((a, cost));
    }
    around
}

/// The best of some rounds, numbered from `first`; the same for any number of threads.
pub(crate) fn search<G: Gauge>(problem: &Problem, gauge: &G, seed: u64, first: u64, rounds: u64) -> Found {
    let of_round = |round: u64| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(round);
        let span = problem.areas.1 - problem.areas.0 + 1;
        let areas = problem.areas.0 + u32::try_from(round % u64::from(span)).unwrap_or(0);
        Walk::new(problem, gauge.clone(), areas as usize, random).map(Walk::run)
    };
    let rounds: Vec<Option<Walked>> = (first..first + rounds).into_par_iter().map(of_round).collect();
    let rounds: Vec<Walked> = rounds.into_iter().flatten().collect();
    let near = rounds.iter().min_by(|a, b| a.off.total_cmp(&b.off).then(a.near.cmp(&b.near))).map_or(0, |w| w.near);
    Found { plan: rounds.into_iter().filter_map(|w| w.best).min(), near }
}

/// What a round came to.
struct Walked {
    best: Option<(u64, Vec<u32>)>,
    off: f64,
    near: u64,
}

struct Walk<'p, G> {
    problem: &'p Problem,
    gauge: G,
    around: Vec<Vec<(u32, u64)>>,
    random: ChaCha8Rng,
    of: Vec<u32>,
    sums: Vec<u64>,
    sizes: Vec<u32>,
    /// What an area should have, roughly.
    ideal: f64,
    mark: Vec<u32>,
    stamp: u32,
    stack: Vec<u32>,
}

impl<'p, G: Gauge> Walk<'p, G> {
    /// Grows areas; none where a component without a seed is left over.
    #[expect(clippy::cast_precision_loss, reason = "rough figures")]
    fn new(problem: &'p Problem, gauge: G, areas: usize, random: ChaCha8Rng) -> Option<Self> {
        let n = problem.weights.len();
        let total: u64 = problem.weights.iter().sum();
        let mut walk = Self {
            problem,
            gauge,
            around: around(problem),
            random,
            of: vec![u32::MAX; n],
            sums: vec![0; areas],
            sizes: vec![0; areas],
            ideal: (total as f64 / areas.max(1) as f64).max(1.0),
            mark: vec![0; n],
            stamp: 0,
            stack: Vec::new(),
        };
        if areas == 0 || areas > n {
            return None;
        }
        let mut seeds = 0;
        while seeds < areas {
            let v = walk.below(n);
            if walk.of[v] == u32::MAX {
                walk.give(v, seeds);
                seeds += 1;
            }
        }
        let mut by_sum: Vec<usize> = (0..areas).collect();
        let mut left = n - areas;
        while left > 0 {
            by_sum.sort_by_key(|&a| walk.sums[a]);
            let mut given = false;
            for &area in &by_sum {
                let touches = |v: &usize| {
                    walk.of[*v] == u32::MAX
                        && walk.around[*v].iter().any(|&(w, _)| walk.of[w as usize] as usize == area)
                };
                let at_hand: Vec<usize> = (0..n).filter(touches).collect();
                if !at_hand.is_empty() {
                    let v = at_hand[walk.below(at_hand.len())];
                    walk.give(v, area);
                    given = true;
                    break;
                }
            }
            if !given {
                return None;
            }
            left -= 1;
        }
        Some(walk)
    }

    fn give(&mut self, v: usize, area: usize) {
        self.of[v] = u32::try_from(area).unwrap_or(u32::MAX);
        self.sums[area] += self.problem.weights[v];
        self.sizes[area] += 1;
    }

    #[expect(clippy::cast_possible_truncation, reason = "the product's high half is below `count`")]
    fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.random.next_u64()) * count as u128) >> 64) as usize
    }

    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    fn unit(&mut self) -> f64 {
        (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// How far a sum is outside the bounds, in areas.
    #[expect(clippy::cast_precision_loss, reason = "rough figures")]
    fn off(&self, sum: u64) -> f64 {
        let short = self.problem.at_least.saturating_sub(sum);
        let over = self.problem.at_most.map_or(0, |most| sum.saturating_sub(most));
        (short + over) as f64 / self.ideal
    }

    #[expect(clippy::cast_precision_loss, reason = "rough figures")]
    fn run(mut self) -> Walked {
        let n = self.problem.weights.len();
        let moves = 4000 * n + 400_000;
        let mut cost = self.gauge.begin(&self.of, self.sums.len());
        let step = self.gauge.step();
        let mut off: f64 = self.sums.iter().map(|&s| self.off(s)).sum();
        let mut walked = Walked { best: None, off: f64::MAX, near: 0 };
        for at in 0..moves {
            let done = at as f64 / moves as f64;
            let threshold = step * 4.0 * (1.0 - done) * (1.0 - done);
            let strict = step * (20.0 + 4000.0 * done * done);
            let v = self.below(n);
            if self.around[v].is_empty() {
                continue;
            }
            let pick = self.below(self.around[v].len());
            let (from, to) = (self.of[v], self.of[self.around[v][pick].0 as usize]);
            if from == to || self.sizes[from as usize] == 1 {
                continue;
            }
            let back = self.partner(v, from, to);
            let weight = self.problem.weights[v];
            let (mut sum_from, mut sum_to) = (self.sums[from as usize] - weight, self.sums[to as usize] + weight);
            if let Some(y) = back {
                sum_from += self.problem.weights[y];
                sum_to -= self.problem.weights[y];
            }
            let old = self.off(self.sums[from as usize]) + self.off(self.sums[to as usize]);
            let new = self.off(sum_from) + self.off(sum_to);
            let more = self.gauge.change(&self.of, v, to, back);
            let worse = more as f64 + strict * (new - old);
            if worse > 0.0 && worse > threshold * self.unit() {
                continue;
            }
            self.of[v] = to;
            if let Some(y) = back {
                self.of[y] = from;
            }
            let (gone, come) = if back.is_some() { (0, 0) } else { (1, 1) };
            self.sizes[from as usize] -= gone;
            self.sizes[to as usize] += come;
            if !self.is_connected(from) || (back.is_some() && !self.is_connected(to)) {
                self.of[v] = from;
                if let Some(y) = back {
                    self.of[y] = to;
                }
                self.sizes[from as usize] += gone;
                self.sizes[to as usize] -= come;
                continue;
            }
            (self.sums[from as usize], self.sums[to as usize]) = (sum_from, sum_to);
            self.gauge.made(v, from, to, back);
            cost += more;
            off = if old == new { off } else { self.sums.iter().map(|&s| self.off(s)).sum() };
            let now = cost.unsigned_abs();
            if off < walked.off || (off == walked.off && now < walked.near) {
                (walked.off, walked.near) = (off, now);
            }
            if off == 0.0 && walked.best.as_ref().is_none_or(|b| now < b.0) {
                walked.best = Some((now, self.of.clone()));
            }
        }
        walked
    }

    /// For half of the moves a unit that goes the other way.
    fn partner(&mut self, v: usize, from: u32, to: u32) -> Option<usize> {
        if self.random.next_u64() & 1 == 0 {
            return None;
        }
        let y = self.below(self.of.len());
        let touches = |&(w, _): &(u32, u64)| w as usize != v && self.of[w as usize] == from;
        (self.of[y] == to && self.around[y].iter().any(touches)).then_some(y)
    }

    fn is_connected(&mut self, area: u32) -> bool {
        let Some(first) = self.of.iter().position(|&a| a == area) else { return false };
        self.stamp += 1;
        self.mark[first] = self.stamp;
        self.stack.push(u32::try_from(first).unwrap_or(u32::MAX));
        let mut reached = 0;
        while let Some(v) = self.stack.pop() {
            reached += 1;
            for &(w, _) in &self.around[v as usize] {
                if self.of[w as usize] == area && self.mark[w as usize] != self.stamp {
                    self.mark[w as usize] = self.stamp;
                    self.stack.push(w);
                }
            }
        }
        reached == self.sizes[area as usize]
    }
}
