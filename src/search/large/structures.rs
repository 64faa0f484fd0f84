//! How a plan can look on the frontier, sums left out: the diagram that every pass over the sums goes through.
//!
//! Units are placed one by one, in an order that keeps the frontier narrow. A structure says which units of the frontier
//! share an area so far, and which of those open areas are apart for good (a link between them was cut); see
//! [`crate::space`] for the same walk with the sums in it. Here a structure stands once for all sums, so its ways on are
//! worked out once, and a pass over the sums only adds numbers. Ways that can't lead to a plan below the cut-off, even if
//! sums did not matter, are left out at once.

use rustc_hash::FxHashMap;

use super::Problem;
use crate::territory::{Graph, index_u32};

/// Most units on the frontier; areas are numbered in four bits.
pub(super) const WIDEST: usize = 15;
/// Where the unit that is being placed stands.
const PLACED: usize = WIDEST;
/// Open areas are numbered from 1, and one may be added before others close.
pub(super) const AREAS: usize = WIDEST + 2;
/// More than any cost.
pub(super) const FAR: u64 = u64::MAX / 4;
/// In a part: the unit that is being placed.
pub(super) const NEW: u32 = 1 << 31;

/// A unit is placed, others leave the frontier.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) unit: u32,
    /// Its neighbours placed before: slot, cost of the link where it is cut, unit.
    pub(super) back: Vec<(u8, u64, u32)>,
    home: Option<u8>,
    leave: Vec<u8>,
}

/// A way on from a structure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) to: u32,
    /// A bit for each earlier neighbour that shares the area.
    pub(super) code: u32,
    pub(super) cost: u64,
    parts: u32,
    /// Open areas after it, and how many close.
    pub(super) open: u8,
    pub(super) closes: u8,
}

/// The structures of one level, and their ways on.
#[derive(Debug, Default)]
pub(super) struct Level {
    first: Vec<u32>,
    ways: Vec<Way>,
    parts: Vec<u32>,
    structures: usize,
    /// Least cost to come, for each structure and number of areas closed before.
    to_come: Vec<u64>,
}

impl Level {
    /// The ways on from a structure, each with its number.
    pub(super) fn ways(&self, structure: u32) -> impl Iterator<Item = (u32, &Way)> {
        let range = self.first[structure as usize]..self.first[structure as usize + 1];
        range.map(|i| (i, &self.ways[i as usize]))
    }

    pub(super) fn way(&self, number: u32) -> &Way {
        &self.ways[number as usize]
    }

    /// Of which areas before (bits from 1 on; [`NEW`]: the placed unit) each area consists: the open ones, then those that close.
    pub(super) fn parts(&self, way: &Way) -> &[u32] {
        let at = way.parts as usize;
        &self.parts[at..at + usize::from(way.open) + usize::from(way.closes)]
    }
}

/// All structures that may be part of a plan below the cut-off.
#[derive(Debug)]
pub(super) struct Structures {
    pub(super) steps: Vec<Step>,
    pub(super) levels: Vec<Level>,
    /// How many numbers of closed areas are told apart.
    counts: usize,
    pub(super) number: usize,
}

/// Why there are no structures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMany {
    /// The frontier is too wide.
    Wide,
    /// More structures than allowed.
    Structures,
}

impl Structures {
    pub(super) fn new(problem: &Problem, order: &[u32], cutoff: u64, most: usize) -> Result<Self, TooMany> {
        let (steps, slots) = steps(problem, order).ok_or(TooMany::Wide)?;
        let counts = if problem.counts_areas() { problem.areas.1 as usize + 1 } else { 1 };
        let mut all = Self { steps, levels: Vec::new(), counts, number: 1 };
        let last = all.forward(slots, cutoff, most)?;
        all.backward(problem, last, cutoff);
        Ok(all)
    }

    /// Least cost to come from a structure, sums left out.
    pub(super) fn to_come(&self, level: usize, structure: u32, closed: usize) -> u64 {
        self.levels[level].to_come[structure as usize * self.counts + closed.min(self.counts - 1)]
    }

    /// Goes through the levels; gives the least costs so far, by level.
    fn forward(&mut self, slots: usize, cutoff: u64, most: usize) -> Result<Vec<Vec<u64>>, TooMany> {
        let counts = self.counts;
        let mut keys = vec![Key::default()];
        let mut so_far = vec![FAR; counts];
        so_far[0] = 0;
        let mut costs = Vec::with_capacity(self.steps.len() + 1);
        for step in &self.steps {
            let mut level = Level { first: vec![0], structures: keys.len(), ..Level::default() };
            let mut index: FxHashMap<Key, u32> = FxHashMap::default();
            let mut next = Next { keys: Vec::new(), costs: Vec::new(), counts };
            for (at, key) in keys.iter().enumerate() {
                let shape = Shape::read(key, slots);
                let own = &so_far[at * counts..(at + 1) * counts];
                let mut joined = shape.around(step);
                let around = joined;
                loop {
                    if shape.may_join(joined) {
                        shape.follow(step, slots, around, joined, &mut level, |key, cost, closes| {
                            next.arrive(&mut index, key, own, cost, closes, cutoff)
                        });
                    }
                    if joined == 0 {
                        break;
                    }
                    joined = (joined - 1) & around;
                }
                level.first.push(index_u32(level.ways.len()));
            }
            self.number += next.keys.len();
            // A way takes about as much as two structures; the numbers are 32 bits.
            if self.number > most || level.parts.len() > u32::MAX as usize / 2 {
                return Err(TooMany::Structures);
            }
            self.levels.push(level);
            costs.push(std::mem::replace(&mut so_far, next.costs));
            keys = next.keys;
        }
        self.levels.push(Level { structures: keys.len(), ..Level::default() });
        costs.push(so_far);
        Ok(costs)
    }

    /// The least costs to come; leaves out the ways that reach the cut-off.
    fn backward(&mut self, problem: &Problem, so_far: Vec<Vec<u64>>, cutoff: u64) {
        let counts = self.counts;
        let last = self.levels.len() - 1;
        let end = |closed: usize| {
            let enough = !problem.counts_areas() || closed >= problem.areas.0 as usize;
            if enough { 0 } else { FAR }
        };
        self.levels[last].to_come = (0..self.levels[last].structures).flat_map(|_| (0..counts).map(end)).collect();
        for at in (0..last).rev() {
            let (before, after) = self.levels.split_at_mut(at + 1);
            let (level, next) = (&mut before[at], &after[0]);
            let mut to_come = vec![FAR; level.structures * counts];
            let (mut ways, mut first) = (Vec::with_capacity(level.ways.len()), vec![0]);
            for s in 0..level.structures {
                for (_, way) in level.ways(index_u32(s)) {
                    let mut alive = false;
                    for closed in 0..counts {
                        let then = closed + usize::from(way.closes);
                        let then = if counts == 1 { 0 } else { then };
                        if then >= counts {
                            break;
                        }
                        let total = way.cost + next.to_come[way.to as usize * counts + then];
                        let own = &mut to_come[s * counts + closed];
                        *own = total.min(*own);
                        alive |= so_far[at][s * counts + closed].saturating_add(total) < cutoff;
                    }
                    if alive {
                        ways.push(*way);
                    }
                }
                first.push(index_u32(ways.len()));
            }
            (level.to_come, level.ways, level.first) = (to_come, ways, first);
        }
    }
}

type Key = [u64; 3];

/// Structures of the next level, as they are found.
struct Next {
    keys: Vec<Key>,
    costs: Vec<u64>,
    counts: usize,
}

impl Next {
    /// Takes note of a structure; its number, or none where nothing below the cut-off comes to it.
    fn arrive(
        &mut self,
        index: &mut FxHashMap<Key, u32>,
        key: Key,
        own: &[u64],
        cost: u64,
        closes: usize,
        cutoff: u64,
    ) -> Option<u32> {
        let closes = if self.counts == 1 { 0 } else { closes };
        let reached = self.counts.saturating_sub(closes);
        if !own[..reached].iter().any(|&c| c.saturating_add(cost) < cutoff) {
            return None;
        }
        let to = *index.entry(key).or_insert_with(|| {
            self.keys.push(key);
            self.costs.resize(self.keys.len() * self.counts, FAR);
            index_u32(self.keys.len() - 1)
        });
        let costs = &mut self.costs[to as usize * self.counts..][..self.counts];
        for (c, &own) in own[..reached].iter().enumerate() {
            costs[c + closes] = costs[c + closes].min(own.saturating_add(cost));
        }
        Some(to)
    }
}

/// A structure, unpacked: the open area of each slot (0: none), and which areas are apart.
struct Shape {
    ids: [u8; WIDEST + 1],
    apart: [u32; AREAS],
    areas: usize,
}

impl Shape {
    fn read(key: &Key, slots: usize) -> Self {
        let mut shape = Self { ids: [0; WIDEST + 1], apart: [0; AREAS], areas: 0 };
        for (slot, id) in shape.ids[..slots].iter_mut().enumerate() {
            *id = (key[0] >> (4 * slot) & 15) as u8;
            shape.areas = shape.areas.max(*id as usize);
        }
        let bits = u128::from(key[1]) | u128::from(key[2]) << 64;
        let mut at = 0;
        for a in 1..=shape.areas {
            for b in 1..a {
                if bits >> at & 1 == 1 {
                    shape.apart[a] |= 1 << b;
                    shape.apart[b] |= 1 << a;
                }
                at += 1;
            }
        }
        shape
    }

    /// The open areas that the step's unit touches.
    fn around(&self, step: &Step) -> u32 {
        step.back.iter().fold(0, |set, b| set | 1 << self.ids[b.0 as usize])
    }

    /// Are none of these apart?
    fn may_join(&self, joined: u32) -> bool {
        bits(joined).all(|a| self.apart[a] & joined == 0)
    }

    /// Places the step's unit in one area with those joined; `arrive` numbers the structure that comes of it.
    fn follow(
        &self,
        step: &Step,
        slots: usize,
        around: u32,
        joined: u32,
        level: &mut Level,
        arrive: impl FnOnce(Key, u64, usize) -> Option<u32>,
    ) {
        let (mut code, mut cost) = (0u32, 0);
        for (bit, &(slot, link, _)) in step.back.iter().enumerate() {
            if joined >> self.ids[slot as usize] & 1 == 1 {
                code |= 1 << bit;
            } else {
                cost += link;
            }
        }
        let new = self.areas + 1;
        let as_id = |id: usize| u8::try_from(id).unwrap_or(u8::MAX);
        let (mut ids, mut apart) = (self.ids, self.apart);
        for id in ids[..slots].iter_mut().filter(|id| joined >> **id & 1 == 1) {
            *id = as_id(new);
        }
        ids[PLACED] = as_id(new);
        apart[new] = bits(joined).fold(around & !joined, |set, a| set | self.apart[a]);
        for a in bits(apart[new]) {
            apart[a] |= 1 << new;
        }
        let part = |id: usize| if id == new { joined | NEW } else { 1 << id };
        let mut closed: Vec<u32> = Vec::new();
        for &slot in &step.leave {
            let id = std::mem::take(&mut ids[slot as usize]);
            if id != 0 && !ids.contains(&id) {
                closed.push(part(id as usize));
            }
        }
        let placed = std::mem::take(&mut ids[PLACED]);
        if let Some(home) = step.home {
            ids[home as usize] = placed;
        }
        let (mut number, mut old, mut open) = ([0u8; AREAS], [0usize; AREAS], 0);
        let mut key = Key::default();
        for (slot, &id) in ids[..slots].iter().enumerate().filter(|(_, id)| **id != 0) {
            if number[id as usize] == 0 {
                open += 1;
                number[id as usize] = as_id(open);
                old[open] = id as usize;
            }
            key[0] |= u64::from(number[id as usize]) << (4 * slot);
        }
        let mut at = 0;
        for a in 1..=open {
            for b in 1..a {
                if apart[old[a]] >> old[b] & 1 == 1 {
                    key[1 + at / 64] |= 1 << (at % 64);
                }
                at += 1;
            }
        }
        if let Some(to) = arrive(key, cost, closed.len()) {
            let parts = index_u32(level.parts.len());
            level.parts.extend(old[1..=open].iter().map(|&id| part(id)));
            level.parts.extend(&closed);
            level.ways.push(Way { to, code, cost, parts, open: as_id(open), closes: as_id(closed.len()) });
        }
    }
}

/// The positions of the bits that are set.
pub(super) fn bits(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let bit = set.trailing_zeros() as usize;
            set &= set - 1;
            bit
        })
    })
}

/// The steps for an order of the units, and how many slots the frontier takes; none where that is too wide.
fn steps(problem: &Problem, order: &[u32]) -> Option<(Vec<Step>, usize)> {
    const OFF: usize = usize::MAX;
    let n = problem.weights.len();
    let mut neighbours: Vec<Vec<(u32, u64)>> = vec![Vec::new(); n];
    for &(a, b, cost) in &problem.links {
        neighbours[a as usize].push((b, cost));
        neighbours[b as usize].push((a, cost));
    }
    neighbours.iter_mut().for_each(|list| list.sort_unstable());
    let mut left: Vec<usize> = neighbours.iter().map(Vec::len).collect();
    let mut slot = vec![OFF; n];
    let mut taken: Vec<bool> = Vec::new();
    let mut steps = Vec::with_capacity(n);
    let as_slot = |s: usize| u8::try_from(s).unwrap_or(u8::MAX);
    for &v in order {
        let placed = neighbours[v as usize].iter().filter(|w| slot[w.0 as usize] != OFF);
        let back: Vec<(u8, u64, u32)> = placed.map(|&(w, cost)| (as_slot(slot[w as usize]), cost, w)).collect();
        left[v as usize] -= back.len();
        let mut leave = Vec::new();
        for &(own, _, w) in &back {
            left[w as usize] -= 1;
            if left[w as usize] == 0 {
                leave.push(own);
                taken[own as usize] = false;
                slot[w as usize] = OFF;
            }
        }
        let stays = left[v as usize] > 0;
        let home = stays.then(|| {
            let free = taken.iter().position(|t| !t).unwrap_or_else(|| {
                taken.push(false);
                taken.len() - 1
            });
            taken[free] = true;
            slot[v as usize] = free;
            as_slot(free)
        });
        if !stays {
            leave.push(as_slot(PLACED));
        }
        if taken.len() > WIDEST || back.len() > 31 {
            return None;
        }
        steps.push(Step { unit: v, back, home, leave });
    }
    Some((steps, taken.len()))
}

/// Moves single units to another place in the order as long as that makes the frontier narrower: few units sooner or
/// later is enough, as the order is a good one from the start.
pub(super) fn narrower(graph: &Graph, mut order: Vec<u32>) -> Vec<u32> {
    const REACH: usize = 12;
    const ROUNDS: usize = 8;
    let n = order.len();
    let mut least = price(graph, &order);
    for _ in 0..ROUNDS {
        let before = least;
        for from in 0..n {
            for to in from.saturating_sub(REACH)..(from + REACH + 1).min(n) {
                let move_it = |order: &mut Vec<u32>, from: usize, to: usize| {
                    let v = order.remove(from);
                    order.insert(to, v);
                };
                move_it(&mut order, from, to);
                let now = price(graph, &order);
                if now < least * (1.0 - 1e-9) {
                    least = now;
                } else {
                    move_it(&mut order, to, from);
                }
            }
        }
        if least >= before {
            break;
        }
    }
    order
}

/// What an order costs: the sum over its steps of a power of the frontier's width.
fn price(graph: &Graph, order: &[u32]) -> f64 {
    let mut left: Vec<usize> = (0..graph.len()).map(|v| graph.neighbours(v).len()).collect();
    let mut placed = vec![false; graph.len()];
    let (mut width, mut sum) = (0i32, 0.0);
    for &v in order {
        placed[v as usize] = true;
        for &w in graph.neighbours(v as usize) {
            left[w as usize] -= 1;
            width -= i32::from(placed[w as usize] && left[w as usize] == 0);
        }
        width += i32::from(left[v as usize] > 0);
        sum += 3f64.powi(width);
    }
    sum
}
