//! One pass over the sums: with rounded sums for a bound on what is to come, or with exact ones for the best plan.
//!
//! A node of a pass is a structure, the number of closed areas, and what each open area has gathered: exactly, or in
//! whole grains. Nodes that agree are one; one that stands for several different sums knows the least and the greatest
//! of each, and goes on wherever one of them might. So a rounded pass has a path for every plan and never costs more: its
//! cheapest path is a bound for all plans, and its cost from a node to the end a bound for what is to come.
//!
//! Sources: D. Bergman, A. Cire, W.-J. van Hoeve, J. Hooker, *Decision Diagrams for Optimization*, Springer 2016,
//! doi:10.1007/978-3-319-42849-9 (relaxed diagrams); N. Christofides, A. Mingozzi, P. Toth, *State-space relaxation
//! procedures*, Networks 11 (1981), doi:10.1002/net.3230110207; C. Raphael, *Coarse-to-fine dynamic programming*, IEEE
//! TPAMI 23 (2001), doi:10.1109/34.977562.

use super::Problem;
use super::structures::{AREAS, FAR, NEW, Structures, bits};
use crate::territory::index_u32;

const EMPTY: u32 = u32::MAX;
/// Rounded sums of a coarser pass that are looked up at most for one node; beyond that it is let through.
const MOST_LOOKED_UP: u64 = 1000;

/// What a pass is told.
pub(super) struct Pass<'p> {
    pub(super) problem: &'p Problem,
    pub(super) structures: &'p Structures,
    /// Only plans that cost less are looked for.
    pub(super) cutoff: u64,
    /// The size of a grain; 0 for exact sums.
    pub(super) grain: u64,
    /// A coarser pass, to leave out what can't lead below the cut-off.
    pub(super) coarser: Option<&'p Rounded>,
    /// Bytes that the pass may take.
    pub(super) memory: u64,
    /// For exact sums: nodes kept on a level at most, those that promise most. The answer is then only a plan.
    pub(super) beam: Option<usize>,
}

/// How a pass ended.
pub(super) enum Ended {
    /// With rounded sums.
    Rounded(Rounded),
    /// With exact sums: the best plan below the cut-off, if any; and a bound for what a beam passed over.
    Exact(Option<(u64, Vec<u32>)>, u64),
    /// It took too much memory.
    Memory,
    Interrupted,
}

/// A pass with rounded sums: what may lead below the cut-off, and at what cost.
pub(super) struct Rounded {
    layers: Vec<Layer>,
    rounding: Rounding,
    /// No plan costs less (the cut-off where none was found below it).
    pub(super) bound: u64,
    pub(super) kept: usize,
}

/// How many grains each unit has, and where counting stops.
#[derive(Clone)]
struct Rounding {
    grains: Vec<u32>,
    most: u32,
}

impl Rounding {
    fn new(problem: &Problem, structures: &Structures, grain: u64) -> Self {
        let n = problem.weights.len();
        // Sums beyond the least allowed need not be told apart where nothing is too large.
        let cap = |in_grains: u64| u32::try_from(in_grains).unwrap_or(u32::MAX / 2);
        if grain == 0 {
            let most = problem.at_most.map_or(cap(problem.at_least), |_| u32::MAX / 2);
            return Self { grains: problem.weights.iter().map(|&w| cap(w)).collect(), most };
        }
        let most = problem.at_most.map_or(cap(problem.at_least.div_ceil(grain) + 3), |_| u32::MAX / 2);
        // What rounding leaves is passed on to the unit above in a tree, so errors within an area cancel but along its border.
        let mut around = vec![Vec::new(); n];
        for &(a, b, _) in &problem.links {
            around[a as usize].push(b as usize);
            around[b as usize].push(a as usize);
        }
        let (mut above, mut seen, mut walk) = (vec![n; n], vec![false; n], Vec::with_capacity(n));
        let middle = structures.steps.get(n / 2).map_or(0, |s| s.unit as usize);
        for root in std::iter::once(middle).chain(0..n) {
            if seen[root] {
                continue;
            }
            seen[root] = true;
            walk.push(root);
            let mut next = walk.len() - 1;
            while let Some(&v) = walk.get(next) {
                next += 1;
                for &w in &around[v] {
                    if !std::mem::replace(&mut seen[w], true) {
                        above[w] = v;
                        walk.push(w);
                    }
                }
            }
        }
        let (mut carried, mut grains) = (vec![0i128; n + 1], vec![0; n]);
        for &v in walk.iter().rev() {
            let total = i128::from(problem.weights[v]) + carried[v];
            let own = ((total + i128::from(grain / 2)).div_euclid(i128::from(grain))).max(0);
            carried[above[v]] += total - own * i128::from(grain);
            grains[v] = cap(u64::try_from(own).unwrap_or(u64::MAX)).min(u32::MAX / 4096);
        }
        Self { grains, most }
    }
}

/// What a node knows of an open area: least and greatest sum, least and greatest sum in the grains of the coarser pass.
type Range = [u32; 4];

/// The nodes of one level. A node's key is the number of closed areas, then the sum of each open area.
#[derive(Default)]
struct Layer {
    structure: Vec<u32>,
    first: Vec<u32>,
    keys: Vec<u32>,
    ranges: Vec<Range>,
    cost: Vec<u64>,
    to_come: Vec<u64>,
    table: Vec<u32>,
}

impl Layer {
    fn start() -> Self {
        let mut layer = Self::empty();
        layer.find_or_add(0, &[0]);
        layer.cost.push(0);
        layer
    }

    fn empty() -> Self {
        Self { first: vec![0], ..Self::default() }
    }

    fn len(&self) -> usize {
        self.structure.len()
    }

    fn bytes(&self) -> u64 {
        (self.len() * (4 + 4 + 8 + 8) + self.keys.len() * 4 + self.ranges.len() * 16 + self.table.len() * 4) as u64
    }

    fn key(&self, node: usize) -> &[u32] {
        &self.keys[self.first[node] as usize..self.first[node + 1] as usize]
    }

    fn ranges(&self, node: usize) -> &[Range] {
        // Every key has one entry more than there are areas.
        &self.ranges[self.first[node] as usize - node..self.first[node + 1] as usize - node - 1]
    }

    fn find(&self, structure: u32, key: &[u32]) -> Option<usize> {
        if self.table.is_empty() {
            return None;
        }
        let mut at = place(structure, key, self.table.len());
        while self.table[at] != EMPTY {
            let node = self.table[at] as usize;
            if self.structure[node] == structure && self.key(node) == key {
                return Some(node);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
        None
    }

    /// The node, and whether it is new.
    fn find_or_add(&mut self, structure: u32, key: &[u32]) -> (usize, bool) {
        if (self.len() + 1) * 2 > self.table.len() {
            let size = (self.table.len() * 2).max(64);
            self.table = vec![EMPTY; size];
            for node in 0..self.len() {
                let mut at = place(self.structure[node], self.key(node), size);
                while self.table[at] != EMPTY {
                    at = (at + 1) & (size - 1);
                }
                self.table[at] = index_u32(node);
            }
        }
        if let Some(node) = self.find(structure, key) {
            return (node, false);
        }
        let mut at = place(structure, key, self.table.len());
        while self.table[at] != EMPTY {
            at = (at + 1) & (self.table.len() - 1);
        }
        let node = self.len();
        self.table[at] = index_u32(node);
        self.structure.push(structure);
        self.keys.extend_from_slice(key);
        self.first.push(index_u32(self.keys.len()));
        (node, true)
    }

    /// Only these nodes, in their order.
    fn only(&self, nodes: impl Iterator<Item = usize>) -> Self {
        let mut layer = Self::empty();
        for node in nodes {
            layer.find_or_add(self.structure[node], self.key(node));
            layer.cost.push(self.cost[node]);
            if !self.to_come.is_empty() {
                layer.to_come.push(self.to_come[node]);
            }
            if !self.ranges.is_empty() {
                layer.ranges.extend_from_slice(self.ranges(node));
            }
        }
        layer
    }
}

/// Where a node comes in a table whose size is a power of two.
#[expect(clippy::cast_possible_truncation, reason = "a hash; any bits will do")]
fn place(structure: u32, key: &[u32], size: usize) -> usize {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = u64::from(structure).wrapping_mul(ODD);
    for &word in key {
        hash = (hash ^ u64::from(word)).wrapping_mul(ODD);
        hash ^= hash >> 32;
    }
    hash as usize & (size - 1)
}

/// What comes of a node on a way.
struct Child {
    key: [u32; AREAS],
    ranges: [Range; AREAS],
}

impl Pass<'_> {
    /// Runs the pass; `watch` is told how many nodes there are, and gives false to interrupt.
    pub(super) fn run(&self, watch: &mut dyn FnMut(usize, usize) -> bool) -> (Ended, usize) {
        let rounding = Rounding::new(self.problem, self.structures, self.grain);
        let mut remaining: u64 = self.problem.weights.iter().sum();
        let mut layers = Vec::new();
        let mut arcs: Vec<Arcs> = Vec::new();
        let mut layer = Layer::start();
        let (mut nodes, mut held, mut dropped) = (1, 0, FAR);
        for at in 0..self.structures.steps.len() {
            remaining -= self.problem.weights[self.structures.steps[at].unit as usize];
            if !watch(at, nodes) {
                return (Ended::Interrupted, nodes);
            }
            let room = self.memory.saturating_sub(held);
            let Some((mut next, own)) = self.step(at, remaining, &layer, &rounding, room) else {
                return (Ended::Memory, nodes + layer.len());
            };
            nodes += next.len();
            let mut own = own;
            if let Some(beam) = self.beam.filter(|&beam| next.len() > beam) {
                dropped = dropped.min(self.narrow(at + 1, beam, &mut next, &mut own));
            }
            layer.ranges = Vec::new();
            if self.grain == 0 {
                layer = Layer { structure: Vec::new(), ..Layer::default() };
            } else {
                held += layer.bytes();
            }
            held += own.bytes();
            arcs.push(own);
            layers.push(std::mem::replace(&mut layer, next));
        }
        if self.grain == 0 {
            return (Ended::Exact(self.trace(&layer, &arcs), dropped), nodes);
        }
        layers.push(layer);
        (Ended::Rounded(self.backward(layers, arcs, rounding)), nodes)
    }

    /// From one level to the next; none where that takes more memory than there is.
    fn step(&self, at: usize, remaining: u64, layer: &Layer, rounding: &Rounding, room: u64) -> Option<(Layer, Arcs)> {
        let exact = self.grain == 0;
        let level = &self.structures.levels[at];
        let mut next = Layer::empty();
        let mut arcs = Arcs { first: vec![0], to: Vec::new() };
        let mut child = Child { key: [0; AREAS], ranges: [[0; 4]; AREAS] };
        for node in 0..layer.len() {
            let closed = layer.key(node)[0] as usize;
            for (number, way) in level.ways(layer.structure[node]) {
                let then = closed + usize::from(way.closes);
                let cost = layer.cost[node] + way.cost;
                let counted = !self.problem.counts_areas() || then <= self.problem.areas.1 as usize;
                if !counted || cost.saturating_add(self.structures.to_come(at + 1, way.to, then)) >= self.cutoff {
                    continue;
                }
                let open = usize::from(way.open);
                let from = (layer.key(node), layer.ranges(node));
                if !self.gather(at, level.parts(way), open, from, then, remaining, rounding, &mut child) {
                    continue;
                }
                if let Some(coarser) = self.coarser
                    && !coarser.leads_below(at + 1, way.to, child.key[0], &child.ranges[..open], self.cutoff - cost)
                {
                    continue;
                }
                let (to, new) = next.find_or_add(way.to, &child.key[..=open]);
                let ranges = &child.ranges[..open];
                if new {
                    next.cost.push(cost);
                    next.ranges.extend_from_slice(ranges);
                    if exact {
                        arcs.to.push((index_u32(node), number));
                    }
                    if to % 4096 == 0 && next.bytes() + arcs.bytes() > room {
                        return None;
                    }
                } else {
                    if cost < next.cost[to] {
                        next.cost[to] = cost;
                        if exact {
                            arcs.to[to] = (index_u32(node), number);
                        }
                    }
                    let first = next.first[to] as usize - to;
                    for (old, own) in next.ranges[first..].iter_mut().zip(ranges) {
                        *old = [old[0].min(own[0]), old[1].max(own[1]), old[2].min(own[2]), old[3].max(own[3])];
                    }
                }
                if !exact {
                    arcs.to.push((index_u32(to), number));
                }
            }
            arcs.first.push(index_u32(arcs.to.len()));
        }
        Some((next, arcs))
    }

    /// The sums after a way; false where no plan can come of it.
    #[expect(clippy::too_many_arguments, reason = "the inner loop's state")]
    fn gather(
        &self,
        at: usize,
        parts: &[u32],
        open: usize,
        (key, ranges): (&[u32], &[Range]),
        closed: usize,
        remaining: u64,
        rounding: &Rounding,
        child: &mut Child,
    ) -> bool {
        let problem = self.problem;
        let unit = self.structures.steps[at].unit as usize;
        let coarse = self.coarser.map(|c| &c.rounding);
        let most = problem.at_most.unwrap_or(u64::MAX);
        let (mut least_left, mut most_left) = (remaining, remaining);
        for (i, &part) in parts.iter().enumerate() {
            let (mut grains, mut range) = (0u32, [0u64; 4]);
            if part & NEW != 0 {
                grains = rounding.grains[unit];
                let coarse = coarse.map_or(0, |c| u64::from(c.grains[unit]));
                range = [problem.weights[unit], problem.weights[unit], coarse, coarse];
            }
            for area in bits(part & !NEW) {
                grains += key[area];
                range.iter_mut().zip(&ranges[area - 1]).for_each(|(sum, &own)| *sum += u64::from(own));
            }
            let [mut low, mut high, mut coarse_low, mut coarse_high] = range;
            if low > most {
                return false;
            }
            if i >= open {
                if high < problem.at_least {
                    return false;
                }
                continue;
            }
            match problem.at_most {
                Some(most) => high = high.min(most),
                None => (low, high) = (low.min(problem.at_least), high.min(problem.at_least)),
            }
            if let Some(coarse) = coarse {
                let most = u64::from(coarse.most);
                (coarse_low, coarse_high) = (coarse_low.min(most), coarse_high.min(most));
            }
            least_left += low;
            most_left += high;
            child.key[i + 1] = grains.min(rounding.most);
            let narrow = |x: u64| u32::try_from(x).unwrap_or(u32::MAX);
            child.ranges[i] = [narrow(low), narrow(high), narrow(coarse_low), narrow(coarse_high)];
        }
        child.key[0] = if problem.counts_areas() { index_u32(closed) } else { 0 };
        problem.may_fill(closed, least_left, most_left)
    }

    /// Keeps the nodes that promise most; gives a bound for the others.
    fn narrow(&self, at: usize, beam: usize, layer: &mut Layer, arcs: &mut Arcs) -> u64 {
        let promise = |node: usize| {
            let to_come = self.structures.to_come(at, layer.structure[node], layer.key(node)[0] as usize);
            let finer = self
                .coarser
                .map_or(0, |c| c.to_come(at, layer.structure[node], layer.key(node)[0], layer.ranges(node)));
            layer.cost[node] + to_come.max(finer)
        };
        let mut order: Vec<(u64, usize)> = (0..layer.len()).map(|node| (promise(node), node)).collect();
        order.sort_unstable();
        let bound = order[beam].0;
        let mut kept: Vec<usize> = order[..beam].iter().map(|o| o.1).collect();
        kept.sort_unstable();
        arcs.to = kept.iter().map(|&node| arcs.to[node]).collect();
        *layer = layer.only(kept.into_iter());
        bound
    }

    /// The best of the last level, followed back.
    fn trace(&self, last: &Layer, arcs: &[Arcs]) -> Option<(u64, Vec<u32>)> {
        let (&cost, mut node) = last.cost.iter().zip(0..).min()?;
        let mut area: Vec<u32> = (0..index_u32(self.problem.weights.len())).collect();
        let mut codes = Vec::with_capacity(arcs.len());
        for (at, arcs) in arcs.iter().enumerate().rev() {
            let (from, number) = arcs.to[node];
            codes.push((at, self.structures.levels[at].way(number).code));
            node = from as usize;
        }
        for (at, code) in codes.into_iter().rev() {
            let step = &self.structures.steps[at];
            for bit in bits(code) {
                let (own, other) = (area[step.unit as usize], area[step.back[bit].2 as usize]);
                area.iter_mut().filter(|a| **a == own).for_each(|a| *a = other);
            }
        }
        Some((cost, area))
    }

    /// The costs to come; only what may lead below the cut-off is kept.
    fn backward(&self, mut layers: Vec<Layer>, mut arcs: Vec<Arcs>, rounding: Rounding) -> Rounded {
        let mut kept = 0;
        for at in (0..layers.len()).rev() {
            let to_come: Vec<u64> = match arcs.get(at) {
                None => vec![0; layers[at].len()],
                Some(arcs) => {
                    let level = &self.structures.levels[at];
                    let next = &layers[at + 1];
                    let of = |node: usize| {
                        let own = &arcs.to[arcs.first[node] as usize..arcs.first[node + 1] as usize];
                        own.iter().map(|&(to, way)| next.to_come[to as usize] + level.way(way).cost).min()
                    };
                    (0..layers[at].len()).map(|node| of(node).unwrap_or(FAR).min(FAR)).collect()
                }
            };
            layers[at].to_come = to_come;
            arcs.truncate(at);
            let layer = &layers[at];
            kept += layer.cost.iter().zip(&layer.to_come).filter(|(c, t)| **c + **t < self.cutoff).count();
        }
        let bound = layers[0].to_come.first().copied().unwrap_or(FAR).min(self.cutoff);
        for layer in &mut layers {
            let alive = |node: &usize| layer.cost[*node] + layer.to_come[*node] < self.cutoff;
            *layer = layer.only((0..layer.len()).filter(alive));
        }
        Rounded { layers, rounding, bound, kept }
    }
}

/// Arcs of a level: for rounded sums those of each node, to a node of the next level; for exact ones the best that comes
/// to each node of the next level. Each with the number of its way.
struct Arcs {
    first: Vec<u32>,
    to: Vec<(u32, u32)>,
}

impl Arcs {
    fn bytes(&self) -> u64 {
        (self.first.len() * 4 + self.to.len() * 8) as u64
    }
}

impl Rounded {
    /// Whether some node that these ranges come to costs less than `room` to the end.
    fn leads_below(&self, at: usize, structure: u32, closed: u32, ranges: &[Range], room: u64) -> bool {
        self.any(at, structure, closed, ranges, &mut |to_come| to_come < room).unwrap_or(true)
    }

    /// Least cost to the end of the nodes that these ranges come to.
    fn to_come(&self, at: usize, structure: u32, closed: u32, ranges: &[Range]) -> u64 {
        let mut least = FAR;
        let looked = self.any(at, structure, closed, ranges, &mut |to_come| {
            least = least.min(to_come);
            false
        });
        if looked.is_some() { least } else { 0 }
    }

    /// Goes through the nodes that these ranges come to until one is found; none where there are too many of them.
    fn any(
        &self,
        at: usize,
        structure: u32,
        closed: u32,
        ranges: &[Range],
        found: &mut dyn FnMut(u64) -> bool,
    ) -> Option<bool> {
        let size = ranges.iter().try_fold(1u64, |size, r| size.checked_mul(u64::from(r[3] - r[2]) + 1))?;
        if size > MOST_LOOKED_UP {
            return None;
        }
        let layer = &self.layers[at];
        let mut key = [0; AREAS];
        key[0] = closed;
        key[1..].iter_mut().zip(ranges).for_each(|(k, r)| *k = r[2]);
        loop {
            if let Some(node) = layer.find(structure, &key[..=ranges.len()])
                && found(layer.to_come[node])
            {
                return Some(true);
            }
            // The next combination, as an odometer turns.
            let Some(turn) = ranges.iter().zip(&key[1..]).position(|(r, &k)| k < r[3]) else { return Some(false) };
            key[1 + turn] += 1;
            key[1..].iter_mut().zip(ranges).take(turn).for_each(|(k, r)| *k = r[2]);
        }
    }
}
