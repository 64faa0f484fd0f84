//! The whole diagram in memory: every plan has a rank, and every rank its plan.
//!
//! After the walk forwards the states are forgotten; what stays is, for each node, its arcs and how many plans lead
//! on from it. The rank of a plan is the number of plans that go before it in the order of the arcs, so finding a
//! plan by its rank and the rank of a plan take one descent, and a plan drawn by a random rank is drawn uniformly:
//! no chain, no burn-in, each draw independent of the others.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use super::count::{Progress, too_much};
use super::error::SpaceError;
use super::frame::{Frame, bits};
use super::level::Level;
use super::limits::Limits;
use crate::territory::{Graph, index_u32};

/// An arc: the node of the next level that it leads to, what was decided, and how many areas that closed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arc {
    pub(super) to: u32,
    pub(super) code: u32,
    pub(super) closed: u32,
}

/// The nodes of a level.
#[derive(Debug, Default)]
pub(super) struct Tier {
    /// Where each node's arcs begin, and where the last one's end.
    first: Vec<u32>,
    arcs: Vec<Arc>,
    /// How many plans lead on from each node.
    pub(super) counts: Vec<u128>,
}

impl Tier {
    pub(super) fn arcs(&self, node: u32) -> &[Arc] {
        let node = node as usize;
        &self.arcs[self.first[node] as usize..self.first[node + 1] as usize]
    }
}

/// All partitions of a graph into connected areas that satisfy some limits, each with a rank from 0.
///
/// The order is fixed by the graph and the limits; it is the same on every machine and for any number of threads.
#[derive(Debug)]
pub struct Diagram {
    pub(super) frame: Frame,
    /// One a step; the final nodes, which have no arcs, come last.
    pub(super) tiers: Vec<Tier>,
    nodes: usize,
    states: u64,
}

impl Diagram {
    /// Builds the diagram.
    ///
    /// # Errors
    ///
    /// The frontier is too wide, the diagram takes more than `memory` bytes, or it has 2^128 plans or more.
    ///
    /// # Example
    ///
    /// ```
    /// use landmeter::space::{Diagram, Limits};
    /// use landmeter::territory::Graph;
    ///
    /// let path = Graph::new(3, [(0, 1), (1, 2)].into_iter());
    /// let space = Diagram::new(&path, &Limits::default(), 1 << 30)?;
    /// assert_eq!(space.count(), 4);
    /// let plan = space.plan(2).expect("there are four");
    /// assert_eq!(space.rank(&plan), Some(2));
    /// assert_eq!(space.plan(4), None);
    /// # Ok::<(), landmeter::space::SpaceError>(())
    /// ```
    pub fn new(graph: &Graph, limits: &Limits, memory: u64) -> Result<Self, SpaceError> {
        Self::watched(graph, limits, memory, &mut |_| true)
    }

    /// The same, telling now and then how far it is.
    ///
    /// # Errors
    ///
    /// Those of [`Diagram::new`], and [`SpaceError::Interrupted`] as soon as `watch` gives false.
    pub fn watched(
        graph: &Graph,
        limits: &Limits,
        memory: u64,
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Self, SpaceError> {
        let frame = Frame::new(graph, limits, limits.areas.is_some())?;
        match frame.words() {
            1 => Self::build::<1>(frame, memory, watch),
            2 => Self::build::<2>(frame, memory, watch),
            3 => Self::build::<3>(frame, memory, watch),
            4 => Self::build::<4>(frame, memory, watch),
            _ => Self::build::<8>(frame, memory, watch),
        }
    }

    fn build<const W: usize>(
        frame: Frame,
        memory: u64,
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Self, SpaceError> {
        const OFTEN: usize = 1 << 16;
        let levels = frame.steps.len();
        let mut tiers = Vec::with_capacity(frame.steps.len() + 1);
        let mut now = Level::<W>::with(frame.start());
        let mut next = Level::<W>::new();
        let (mut kept, mut states) = (0usize, 1u64);
        for (level, step) in frame.steps.iter().enumerate() {
            next.clear();
            let mut tier = Tier { first: vec![0], ..Tier::default() };
            for (done, key) in now.keys.iter().enumerate() {
                if done.is_multiple_of(OFTEN) && !watch(Progress { level, levels, states }) {
                    return Err(SpaceError::Interrupted { level, levels });
                }
                frame.follow(step, key, &mut |key, code, closed| {
                    tier.arcs.push(Arc { to: next.find_or_add(key), code, closed });
                });
                tier.first.push(index_u32(tier.arcs.len()));
                let bytes = kept + tier_bytes(&tier) + now.bytes() + next.bytes();
                if bytes as u64 > memory || tier.arcs.len() > (u32::MAX / 2) as usize {
                    let at = (level, levels);
                    return Err(too_much(at, (done, now.keys.len()), next.keys.len(), bytes as u64, memory));
                }
            }
            tier.arcs.shrink_to_fit();
            kept += tier_bytes(&tier);
            tiers.push(tier);
            std::mem::swap(&mut now, &mut next);
            states += now.keys.len() as u64;
        }
        let fewest = frame.areas.map_or(0, |(fewest, _)| fewest);
        let accepted = |key: &[u64; W]| u128::from(frame.areas.is_none() || frame.closed(key) >= fewest);
        let counts = now.keys.iter().map(accepted).collect();
        tiers.push(Tier { counts, ..Tier::default() });
        let nodes = frame.nodes;
        let mut diagram = Self { frame, tiers, nodes, states };
        diagram.count_backwards()?;
        Ok(diagram)
    }

    fn count_backwards(&mut self) -> Result<(), SpaceError> {
        for at in (0..self.tiers.len().saturating_sub(1)).rev() {
            let (before, after) = self.tiers.split_at_mut(at + 1);
            let (tier, next) = (&mut before[at], &after[0]);
            let mut counts = Vec::with_capacity(tier.first.len() - 1);
            for node in 0..index_u32(tier.first.len() - 1) {
                let sum = |sum: u128, arc: &Arc| sum.checked_add(next.counts[arc.to as usize]);
                counts.push(tier.arcs(node).iter().try_fold(0u128, sum).ok_or(SpaceError::TooManyPlans)?);
            }
            tier.counts = counts;
        }
        Ok(())
    }

    /// How many plans there are.
    #[must_use]
    pub fn count(&self) -> u128 {
        self.tiers.first().and_then(|t| t.counts.first()).copied().unwrap_or(0)
    }

    /// How many nodes the graph has.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// How many nodes the diagram has.
    #[must_use]
    pub fn states(&self) -> u64 {
        self.states
    }

    /// The area of each node in the plan of a rank; areas are numbered from 0 in order of their first node.
    #[must_use]
    pub fn plan(&self, rank: u128) -> Option<Vec<u32>> {
        if rank >= self.count() {
            return None;
        }
        let mut codes = Vec::with_capacity(self.frame.steps.len());
        self.descend(rank, &mut codes);
        Some(self.areas(&codes))
    }

    /// What is decided at each step on the way to a rank.
    fn descend(&self, mut rank: u128, codes: &mut Vec<u32>) {
        let mut node = 0;
        codes.clear();
        for tiers in self.tiers.windows(2) {
            for arc in tiers[0].arcs(node) {
                let count = tiers[1].counts[arc.to as usize];
                if rank < count {
                    codes.push(arc.code);
                    node = arc.to;
                    break;
                }
                rank -= count;
            }
        }
    }

    /// The areas that some decisions come to.
    pub(super) fn areas(&self, codes: &[u32]) -> Vec<u32> {
        // Each node points to an earlier member of its area; the last in the chain stands for the area.
        let mut parent: Vec<u32> = (0..index_u32(self.nodes)).collect();
        for (step, &code) in self.frame.steps.iter().zip(codes) {
            if step.tail {
                for &area in self.frame.tails.get(code as usize).into_iter().flatten() {
                    let mut members = bits(area).map(|i| self.frame.exclaves[i]);
                    if let Some(first) = members.next() {
                        members.for_each(|m| join(&mut parent, first, m));
                    }
                }
            } else if let Some(enter) = &step.enter {
                for (bit, &(w, _)) in enter.back.iter().enumerate() {
                    if code >> bit & 1 == 1 {
                        join(&mut parent, enter.node, w);
                    }
                }
            } else if let Some(&(v, _)) = step.leave.first() {
                bits(code).for_each(|i| join(&mut parent, v, self.frame.exclaves[i]));
            }
        }
        number((0..index_u32(self.nodes)).map(|v| root(&mut parent, v)), self.nodes)
    }

    fn all_exclaves(&self) -> u32 {
        (1 << self.frame.exclaves.len()) - 1
    }

    /// The rank of a plan, given as an area for each node; none where it is not one of these plans.
    #[must_use]
    pub fn rank(&self, areas: &[u32]) -> Option<u128> {
        if areas.len() != self.nodes {
            return None;
        }
        let codes = self.codes(areas)?;
        if self.areas(&codes) != number(areas.iter().copied(), 0) {
            return None;
        }
        let (mut node, mut rank) = (0, 0u128);
        for (tiers, &code) in self.tiers.windows(2).zip(&codes) {
            let mut arcs = tiers[0].arcs(node).iter();
            node = loop {
                let arc = arcs.next()?;
                if arc.code == code {
                    break arc.to;
                }
                rank += tiers[1].counts[arc.to as usize];
            };
        }
        (self.tiers.last()?.counts[node as usize] == 1).then_some(rank)
    }

    /// What is decided at each step for a plan.
    fn codes(&self, areas: &[u32]) -> Option<Vec<u32>> {
        let exclaves = &self.frame.exclaves;
        let of_area = |area: u32| -> u32 {
            exclaves.iter().enumerate().map(|(i, &e)| u32::from(areas[e as usize] == area) << i).sum()
        };
        // A node's step of leaving is its area's last one unless another of the area leaves after it.
        let leaves: Vec<u32> =
            self.frame.steps.iter().filter(|s| s.enter.is_none()).flat_map(|s| s.leave.iter().map(|l| l.0)).collect();
        let mut left = self.all_exclaves();
        let mut gone = 0;
        self.frame
            .steps
            .iter()
            .map(|step| {
                if step.tail {
                    let mut own: Vec<u32> = bits(left).map(|i| of_area(areas[exclaves[i] as usize]) & left).collect();
                    own.sort_unstable();
                    own.dedup();
                    return self.frame.tails_of(left).find(|&way| {
                        let mut way = self.frame.tails[way as usize].clone();
                        way.sort_unstable();
                        way == own
                    });
                }
                if let Some(enter) = &step.enter {
                    let own = areas[enter.node as usize];
                    let shared = enter.back.iter().enumerate();
                    return Some(shared.map(|(bit, &(w, _))| u32::from(areas[w as usize] == own) << bit).sum());
                }
                let &(v, _) = step.leave.first()?;
                gone += 1;
                let area = areas[v as usize];
                let is_last = leaves[gone..].iter().all(|&w| areas[w as usize] != area);
                let code = if is_last { of_area(area) } else { 0 };
                left &= !code;
                Some(code)
            })
            .collect()
    }

    /// Plans by rank, from `first` on.
    pub fn iter_from(&self, first: u128) -> impl Iterator<Item = Vec<u32>> {
        (first..self.count()).map_while(|rank| self.plan(rank))
    }

    /// Ranks drawn uniformly and independently, with repetition; none from an empty space.
    ///
    /// The draws depend on the seed and on their number in the row only, not on threads.
    #[must_use]
    pub fn draw_ranks(&self, draws: usize, seed: u64) -> Vec<u128> {
        const ROW: usize = 1024;
        let count = self.count();
        if count == 0 {
            return Vec::new();
        }
        let rows = draws.div_ceil(ROW);
        let row = |row: usize| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(row as u64);
            let here = ROW.min(draws - row * ROW);
            (0..here).map(|_| below(count, &mut random)).collect::<Vec<u128>>()
        };
        (0..rows).into_par_iter().flat_map_iter(row).collect()
    }

    /// Plans drawn uniformly and independently; see [`Diagram::draw_ranks`].
    #[must_use]
    pub fn draw(&self, draws: usize, seed: u64) -> Vec<Vec<u32>> {
        self.draw_ranks(draws, seed).into_par_iter().filter_map(|rank| self.plan(rank)).collect()
    }
}

fn tier_bytes(tier: &Tier) -> usize {
    tier.arcs.capacity() * size_of::<Arc>() + tier.first.capacity() * (4 + size_of::<u128>())
}

/// A number from 0 to `count` (not included), each equally likely: numbers of as many bits are drawn until one is
/// small enough.
fn below(count: u128, random: &mut ChaCha8Rng) -> u128 {
    let unused = (count - 1).leading_zeros().min(127);
    loop {
        let (high, low) = (random.next_u64(), random.next_u64());
        let drawn = (u128::from(high) << 64 | u128::from(low)) >> unused;
        if drawn < count {
            return drawn;
        }
    }
}

fn root(parent: &mut [u32], mut v: u32) -> u32 {
    while parent[v as usize] != v {
        let above = parent[parent[v as usize] as usize];
        parent[v as usize] = above;
        v = above;
    }
    v
}

fn join(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[a.max(b) as usize] = a.min(b);
}

/// Numbers areas from 0 in order of their first node; `most` is one more than the largest name, or 0 if unknown.
pub(super) fn number(areas: impl Iterator<Item = u32>, most: usize) -> Vec<u32> {
    let mut by_name = vec![u32::MAX; most];
    let mut others: Vec<(u32, u32)> = Vec::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    areas
        .map(|area| match by_name.get_mut(area as usize) {
            Some(name) => {
                if *name == u32::MAX {
                    *name = fresh();
                }
                *name
            }
            None => match others.iter().find(|o| o.0 == area) {
                Some(&(_, name)) => name,
                None => {
                    let name = fresh();
                    others.push((area, name));
                    name
                }
            },
        })
        .collect()
}
