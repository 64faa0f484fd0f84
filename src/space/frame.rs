//! The walk over the frontier: what a state is, and which states follow it.
//!
//! Nodes are placed one by one. A state says which nodes of the frontier share an area, which of those open areas may
//! never merge (a border between them was cut), and what each has gathered. Placing a node joins it to some of the
//! open areas around it, which then are one, and cuts it from the others: so every partition has exactly one walk.
//! An area is closed when its last node leaves the frontier, or as soon as no further node fits in it. Equal states
//! are one: what happened before does not matter for what can follow.
//!
//! Sources: D. E. Knuth, The Art of Computer Programming 4A, 7.1.4 (Simpath); J. Kawahara, T. Horiyama, K. Hotta,
//! S. Minato, *Generating all patterns of graph partitions within a disparity bound*, WALCOM 2017,
//! doi:10.1007/978-3-319-53925-6_10; B. Fifield, K. Imai, J. Kawahara, C. Kenny, *The essential role of empirical
//! validation in legislative redistricting simulation*, Statistics and Public Policy 7 (2020),
//! doi:10.1080/2330443X.2020.1791773. Those go edge by edge; going node by node skips the states between.

use super::around::{AREAS, Around, MOST_PENDING, most_pending};
use super::error::SpaceError;
use super::limits::{Limits, Test, accept, add, full, too_large, torn};
use super::order;
use crate::territory::{Graph, index_u32};

/// Most nodes on the frontier.
pub(super) const WIDEST: usize = 26;
/// Where the node that is being placed stands.
const PLACED: usize = WIDEST;
/// Most exclaves.
const MOST_EXCLAVES: usize = 8;

/// A node that is placed.
#[derive(Debug)]
pub(super) struct Enter {
    pub(super) node: u32,
    /// Its neighbours placed before, each with its slot on the frontier.
    pub(super) back: Vec<(u32, u8)>,
    /// Its own slot, where it stays on the frontier.
    pub(super) home: Option<u8>,
}

/// A step of the walk.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) enter: Option<Enter>,
    /// Nodes that leave the frontier, with their slots; one at most where exclaves are spread.
    pub(super) leave: Vec<(u32, u8)>,
    /// The exclaves that no area took form areas of their own.
    pub(super) tail: bool,
    /// Least figure of the nodes still to come, for each test.
    least: Vec<u64>,
    /// How many nodes are still to come.
    to_come: u32,
}

/// What is the same for all states.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) steps: Vec<Step>,
    pub(super) nodes: usize,
    pub(super) exclaves: Vec<u32>,
    /// All ways to divide sets of exclaves into areas (sets again), by the set that is divided.
    pub(super) tails: Vec<Vec<u32>>,
    /// Where the ways of each set begin, and where those of the last end.
    tail_of: Vec<u32>,
    /// Fewest and most areas, where asked for.
    pub(super) areas: Option<(u32, u32)>,
    pub(super) tests: Vec<Test>,
    weights: Vec<u64>,
    pub(super) slots: usize,
    id_bits: u32,
    sum_bits: u32,
    /// Bits for the number of closed areas; 0 where it is not part of the state.
    closed_bits: u32,
    /// Which nodes are inside; empty where enclosure is not asked about.
    pub(super) inside: Vec<bool>,
    /// How many sets of areas may be pending; see [`Around`].
    pending: usize,
}

/// A state, unpacked. Areas are numbered from 1 in order of their first slot; 0 is an empty slot, or one whose area
/// is closed.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) ids: [u8; WIDEST + 1],
    pub(super) areas: usize,
    pub(super) apart: [u32; AREAS],
    pub(super) sums: [u64; AREAS],
    pub(super) closed: u32,
    pub(super) left: u32,
    pub(super) around: Around,
}

impl Frame {
    /// Chooses the order and lays out the states; `count_areas` makes the number of areas part of them.
    pub(super) fn new(graph: &Graph, limits: &Limits, count_areas: bool) -> Result<Self, SpaceError> {
        check(graph, limits)?;
        let n = graph.len();
        let (tests, sum_bits) = Test::all(n, limits);
        if sum_bits > 62 {
            let names = limits.sums.iter().map(|s| s.name.clone()).collect::<Vec<_>>().join(", ");
            return Err(SpaceError::TooManyBounds { names, bits: sum_bits });
        }
        let mut core = vec![true; n];
        limits.exclaves.iter().for_each(|&(v, _)| core[v as usize] = false);
        let exclaves: Vec<u32> = (0..n).filter(|&v| !core[v]).map(index_u32).collect();
        if exclaves.len() > MOST_EXCLAVES {
            return Err(SpaceError::TooManyExclaves { found: exclaves.len(), most: MOST_EXCLAVES });
        }
        let order = order::narrow(graph, &core);
        let (steps, slots) = plan_steps(graph, &core, &order, !exclaves.is_empty(), &tests);
        let id_bits = usize::BITS - slots.leading_zeros();
        // No areas at all where it is clear from the start that there is no plan.
        let hopeless = limits.are_hopeless(graph);
        let areas = if hopeless { Some((1, 0)) } else { limits.areas };
        let most = areas.map_or(index_u32(n), |(_, most)| most.min(index_u32(n)));
        let closed_bits = if count_areas || hopeless { (u32::BITS - most.leading_zeros()).max(1) } else { 0 };
        let weights = (0..n).map(|v| tests.iter().fold(0, |w, t| w | t.weight(v))).collect();
        let mut inside = vec![false; if limits.inside.is_empty() { 0 } else { n }];
        limits.inside.iter().for_each(|&v| inside[v as usize] = true);
        let pending = most_pending(graph, &inside, slots);
        let mut frame = Self {
            steps,
            nodes: n,
            exclaves,
            tails: Vec::new(),
            tail_of: Vec::new(),
            areas,
            tests,
            weights,
            slots,
            id_bits,
            sum_bits,
            closed_bits,
            inside,
            pending,
        };
        if frame.words() > 8 || slots > WIDEST || pending > MOST_PENDING {
            return Err(SpaceError::TooWide { nodes: n, frontier: slots, bits: frame.bits() });
        }
        let ways = frame.ways_of_exclaves(graph, limits);
        frame.tail_of.push(0);
        for of_set in ways {
            frame.tails.extend(of_set);
            frame.tail_of.push(index_u32(frame.tails.len()));
        }
        Ok(frame)
    }

    fn bits(&self) -> usize {
        let pairs = self.slots * self.slots.saturating_sub(1) / 2;
        let per_slot = (self.id_bits + self.sum_bits) as usize;
        let around =
            if self.inside.is_empty() { 0 } else { self.slots * (1 + self.id_bits as usize + self.pending) + pairs };
        self.slots * per_slot + pairs + self.closed_bits as usize + self.exclaves.len() + around
    }

    /// How many 64-bit words a state takes.
    pub(super) fn words(&self) -> usize {
        self.bits().div_ceil(64).max(1)
    }

    /// Widest frontier.
    pub(super) fn frontier(&self) -> usize {
        self.slots
    }

    /// The ways to divide a set of exclaves.
    pub(super) fn tails_of(&self, left: u32) -> std::ops::Range<u32> {
        self.tail_of[left as usize]..self.tail_of[left as usize + 1]
    }

    /// The state before the first step.
    pub(super) fn start<const W: usize>(&self) -> [u64; W] {
        let open = Open {
            ids: [0; WIDEST + 1],
            areas: 0,
            apart: [0; AREAS],
            sums: [0; AREAS],
            closed: 0,
            left: (1 << self.exclaves.len()) - 1,
            around: Around::NONE,
        };
        let mut writer = Writer::new();
        self.write_head(&open.ids, open.closed, open.left, &mut writer);
        writer.words
    }

    /// How many areas a final state has; 0 where the number is not part of the states.
    pub(super) fn closed<const W: usize>(&self, key: &[u64; W]) -> u32 {
        self.read(key).closed
    }

    /// Every state that follows, with what was decided and how many areas that closed.
    ///
    /// What was decided: at a placing, a bit for each earlier neighbour that shares the area; at a leaving, the
    /// exclaves that the closed area takes; at the tail, which of the ways to divide the remaining exclaves.
    pub(super) fn follow<const W: usize>(&self, step: &Step, key: &[u64; W], out: &mut impl FnMut([u64; W], u32, u32)) {
        let open = self.read(key);
        if step.tail {
            let mut next = Open { left: 0, ..open };
            for way in self.tails_of(open.left) {
                self.emit(step, &mut next, way, index_u32(self.tails[way as usize].len()), out);
            }
        } else if let Some(enter) = &step.enter {
            let around = enter.back.iter().fold(0u32, |set, &(_, slot)| set | 1 << open.ids[slot as usize]) & !1;
            if let Some(own) = add(&self.tests, 0, self.weights[enter.node as usize]) {
                self.join(step, enter, &open, around, around, 0, own, out);
            }
        } else if let Some(&(_, slot)) = step.leave.first() {
            self.leave(step, open, slot, out);
        }
    }

    /// Goes through the sets of areas that the placed node joins: none of them apart, their sum not too large.
    #[expect(clippy::too_many_arguments, reason = "a recursion's state")]
    fn join<const W: usize>(
        &self,
        step: &Step,
        enter: &Enter,
        open: &Open,
        around: u32,
        rest: u32,
        joined: u32,
        sums: u64,
        out: &mut impl FnMut([u64; W], u32, u32),
    ) {
        if rest == 0 {
            self.place(step, enter, *open, around, joined, sums, out);
            return;
        }
        let area = rest.trailing_zeros() as usize;
        let rest = rest & (rest - 1);
        self.join(step, enter, open, around, rest, joined, sums, out);
        if open.apart[area] & joined == 0
            && let Some(sums) = add(&self.tests, sums, open.sums[area])
        {
            self.join(step, enter, open, around, rest, joined | 1 << area, sums, out);
        }
    }

    /// Places the node in one area with those that it joins.
    #[expect(clippy::too_many_arguments, reason = "a recursion's state")]
    fn place<const W: usize>(
        &self,
        step: &Step,
        enter: &Enter,
        mut open: Open,
        around: u32,
        joined: u32,
        sums: u64,
        out: &mut impl FnMut([u64; W], u32, u32),
    ) {
        let mut code = 0;
        for (bit, &(_, slot)) in enter.back.iter().enumerate() {
            code |= u32::from(joined >> open.ids[slot as usize] & 1 == 1) << bit;
        }
        open.areas += 1;
        let new = open.areas;
        let mut apart = around & !joined;
        for id in &mut open.ids[..self.slots] {
            if joined >> *id & 1 == 1 {
                apart |= open.apart[*id as usize];
                *id = u8::try_from(new).unwrap_or(u8::MAX);
            }
        }
        open.ids[PLACED] = u8::try_from(new).unwrap_or(u8::MAX);
        open.apart[new] = apart;
        open.sums[new] = sums;
        for area in bits(apart) {
            open.apart[area] |= 1 << new;
        }
        if !self.inside.is_empty() {
            let inside = self.inside[enter.node as usize];
            if !open.around.join(new, joined, around & !joined, inside) {
                return;
            }
        }
        let mut closed = 0;
        // Where enclosure is asked about, an area stays open as long as a neighbour of it may come.
        if self.exclaves.is_empty() && self.inside.is_empty() {
            // Bit 0 stands for the slots without an open area.
            let mut seen = 1u32;
            for slot in (0..self.slots).chain([PLACED]) {
                let id = open.ids[slot];
                if seen >> id & 1 == 0 {
                    seen |= 1 << id;
                    if full(&self.tests, open.sums[id as usize], &step.least) {
                        if !accept(&self.tests, open.sums[id as usize]) {
                            return;
                        }
                        closed += 1;
                        open.ids.iter_mut().filter(|i| **i == id).for_each(|i| *i = 0);
                    }
                }
            }
        }
        for &(_, slot) in &step.leave {
            let slot = if slot == u8::MAX { PLACED } else { slot as usize };
            let id = std::mem::take(&mut open.ids[slot]);
            if id != 0 && !open.ids.contains(&id) {
                if !accept(&self.tests, open.sums[id as usize]) || !self.close(&mut open, id) {
                    return;
                }
                closed += 1;
            }
        }
        let placed = std::mem::take(&mut open.ids[PLACED]);
        if let Some(home) = enter.home {
            open.ids[home as usize] = placed;
        }
        self.emit(step, &mut open, code, closed, out);
    }

    /// Closes an area; false where it is enclosed.
    fn close(&self, open: &mut Open, id: u8) -> bool {
        self.inside.is_empty() || open.around.close(id as usize, &mut open.apart)
    }

    /// A node leaves; where it was its area's last, the area takes some of the exclaves that are left.
    fn leave<const W: usize>(&self, step: &Step, mut open: Open, slot: u8, out: &mut impl FnMut([u64; W], u32, u32)) {
        let id = std::mem::take(&mut open.ids[slot as usize]);
        if open.ids.contains(&id) {
            self.emit(step, &mut open, 0, 0, out);
            return;
        }
        if !self.close(&mut open, id) {
            return;
        }
        for taken in 0..=open.left {
            if taken & !open.left != 0 {
                continue;
            }
            let mut exclaves = bits(taken).map(|i| self.weights[self.exclaves[i] as usize]);
            let sums = exclaves.try_fold(open.sums[id as usize], |sums, w| add(&self.tests, sums, w));
            if sums.is_some_and(|sums| accept(&self.tests, sums)) {
                self.emit(step, &mut Open { left: open.left & !taken, ..open }, taken, 1, out);
            }
        }
    }

    /// Numbers the areas anew, drops what can't be completed, and packs the state.
    fn emit<const W: usize>(
        &self,
        step: &Step,
        open: &mut Open,
        code: u32,
        closed: u32,
        out: &mut impl FnMut([u64; W], u32, u32),
    ) {
        let mut new_id = [0u8; AREAS];
        let mut old_id = [0u8; AREAS];
        let mut ids = [0u8; WIDEST + 1];
        let mut areas = 0;
        for (id, &old) in ids.iter_mut().zip(&open.ids[..self.slots]).filter(|(_, old)| **old != 0) {
            let new = &mut new_id[old as usize];
            if *new == 0 {
                areas += 1;
                *new = u8::try_from(areas).unwrap_or(u8::MAX);
                old_id[areas] = old;
            }
            *id = *new;
        }
        let mut closed_now = open.closed;
        if self.closed_bits > 0 {
            closed_now += closed;
            let (fewest, most) = self.areas.unwrap_or((0, u32::MAX));
            let to_come = step.to_come + open.left.count_ones();
            let at_least = closed_now + u32::from(areas > 0 || to_come > 0);
            if at_least > most || closed_now + index_u32(areas) + to_come < fewest {
                return;
            }
        }
        if !self.inside.is_empty() {
            open.around.settle(&mut open.apart);
        }
        let mut all_apart = [0u32; AREAS];
        let mut writer = Writer::new();
        self.write_head(&ids, closed_now, open.left, &mut writer);
        for i in 1..=areas {
            let old = old_id[i] as usize;
            let (sums, row) = (open.sums[old], open.apart[old]);
            let mut apart = 0u64;
            for (j, &other) in (1..).zip(&old_id[1..i]) {
                let others = open.sums[other as usize];
                if row >> other & 1 == 1 || too_large(&self.tests, sums, others, &step.least) {
                    if torn(&self.tests, sums, others) {
                        return;
                    }
                    apart |= 1 << (j - 1);
                    all_apart[i] |= 1 << j;
                    all_apart[j] |= 1 << i;
                }
            }
            writer.push(apart, index_u32(i - 1));
            writer.push(sums, self.sum_bits);
        }
        if !self.inside.is_empty() {
            let around = open.around.renumbered(&old_id[..=areas], &new_id, &all_apart);
            self.write_around(&around, areas, &mut writer);
        }
        out(writer.words, code, closed);
    }

    fn write_head<const W: usize>(&self, ids: &[u8], closed: u32, left: u32, writer: &mut Writer<W>) {
        for &id in &ids[..self.slots] {
            writer.push(u64::from(id), self.id_bits);
        }
        writer.push(u64::from(closed), self.closed_bits);
        writer.push(u64::from(left), index_u32(self.exclaves.len()));
    }

    fn write_around<const W: usize>(&self, around: &Around, areas: usize, writer: &mut Writer<W>) {
        for i in 1..=areas {
            writer.push(u64::from(around.free >> i & 1), 1);
            writer.push(u64::from(around.by[i]), self.id_bits);
            writer.push(u64::from(around.touch[i] >> 1) & ((1 << (i - 1)) - 1), index_u32(i - 1));
        }
        for &set in &around.pending[..self.pending] {
            writer.push(u64::from(set >> 1), index_u32(self.slots));
        }
    }

    fn read_around<const W: usize>(&self, areas: usize, reader: &mut Reader<'_, W>) -> Around {
        let mut around = Around::NONE;
        for i in 1..=areas {
            around.free |= low32(reader.pull(1)) << i;
            around.by[i] = low8(reader.pull(self.id_bits));
            around.touch[i] |= low32(reader.pull(index_u32(i - 1)) << 1);
            for j in bits(around.touch[i]) {
                around.touch[j] |= 1 << i;
            }
        }
        for set in &mut around.pending[..self.pending] {
            *set = low32(reader.pull(index_u32(self.slots)) << 1);
        }
        around
    }

    pub(super) fn read<const W: usize>(&self, key: &[u64; W]) -> Open {
        let mut reader = Reader { words: key, at: 0 };
        let mut open = Open {
            ids: [0; WIDEST + 1],
            areas: 0,
            apart: [0; AREAS],
            sums: [0; AREAS],
            closed: 0,
            left: 0,
            around: Around::NONE,
        };
        for id in &mut open.ids[..self.slots] {
            *id = low8(reader.pull(self.id_bits));
            open.areas = open.areas.max(*id as usize);
        }
        open.closed = low32(reader.pull(self.closed_bits));
        open.left = low32(reader.pull(index_u32(self.exclaves.len())));
        for i in 1..=open.areas {
            let row = low32(reader.pull(index_u32(i - 1)) << 1);
            open.apart[i] |= row;
            for j in bits(row) {
                open.apart[j] |= 1 << i;
            }
            open.sums[i] = reader.pull(self.sum_bits);
        }
        if !self.inside.is_empty() {
            open.around = self.read_around(open.areas, &mut reader);
        }
        open
    }

    /// For each set of exclaves the divisions into areas that are allowed.
    fn ways_of_exclaves(&self, graph: &Graph, limits: &Limits) -> Vec<Vec<Vec<u32>>> {
        let component: Vec<u32> =
            self.exclaves.iter().map(|&v| limits.exclaves.iter().find(|e| e.0 == v).map_or(0, |e| e.1)).collect();
        let allowed: Vec<bool> =
            (0..1u32 << self.exclaves.len()).map(|set| set != 0 && self.is_area(graph, &component, set)).collect();
        let mut ways: Vec<Vec<Vec<u32>>> = vec![vec![Vec::new()]];
        for set in 1..1u32 << self.exclaves.len() {
            let first = set & set.wrapping_neg();
            let mut of_set = Vec::new();
            for area in (1..=set).filter(|a| a & !set == 0 && a & first != 0 && allowed[*a as usize]) {
                for rest in &ways[(set & !area) as usize] {
                    of_set.push(std::iter::once(area).chain(rest.iter().copied()).collect());
                }
            }
            ways.push(of_set);
        }
        ways
    }

    /// Whether these exclaves may be an area of their own.
    fn is_area(&self, graph: &Graph, component: &[u32], set: u32) -> bool {
        let mut weights = bits(set).map(|i| self.weights[self.exclaves[i] as usize]);
        let sums = weights.try_fold(0, |sums, w| add(&self.tests, sums, w));
        if !sums.is_some_and(|sums| accept(&self.tests, sums)) {
            return false;
        }
        // The first of the components with most members, as the check has it.
        let size = |c: u32| bits(set).filter(|&i| component[i] == c).count();
        let mut home = u32::MAX;
        for i in bits(set) {
            if home == u32::MAX || size(component[i]) > size(home) {
                home = component[i];
            }
        }
        let members: Vec<usize> = bits(set).filter(|&i| component[i] == home).collect();
        let mut reached = 1u32 << members.first().copied().unwrap_or(0);
        loop {
            let touches = |i: &usize| {
                let around = graph.neighbours(self.exclaves[*i] as usize);
                bits(reached).any(|r| around.contains(&self.exclaves[r]))
            };
            let grown = members.iter().filter(|i| touches(i)).fold(reached, |r, &i| r | 1 << i);
            if grown == reached {
                return members.iter().all(|&i| reached >> i & 1 == 1);
            }
            reached = grown;
        }
    }
}

/// Refuses limits that name nodes which are not there.
fn check(graph: &Graph, limits: &Limits) -> Result<(), SpaceError> {
    let nodes = graph.len();
    let none = |what: &str, node: usize| Err(SpaceError::NoNode { what: what.to_owned(), node, nodes });
    for sum in &limits.sums {
        if sum.values.len() != nodes {
            return none(&sum.name, sum.values.len());
        }
    }
    let inside = std::iter::once(("inside", &limits.inside));
    let named =
        limits.together.iter().map(|s| ("together", s)).chain(limits.apart.iter().map(|s| ("apart", s))).chain(inside);
    for (what, set) in named {
        if let Some(&v) = set.iter().find(|&&v| v as usize >= nodes) {
            return none(what, v as usize);
        }
    }
    match limits.exclaves.iter().find(|e| e.0 as usize >= nodes) {
        Some(e) => none("the exclaves", e.0 as usize),
        None => Ok(()),
    }
}

/// The steps for an order of the nodes, and how many slots the frontier takes.
fn plan_steps(graph: &Graph, core: &[bool], order: &[u32], exclaves: bool, tests: &[Test]) -> (Vec<Step>, usize) {
    const OFF: usize = usize::MAX;
    let mut left: Vec<usize> =
        (0..graph.len()).map(|v| graph.neighbours(v).iter().filter(|&&w| core[w as usize]).count()).collect();
    let mut slot = vec![OFF; graph.len()];
    let mut taken: Vec<bool> = Vec::new();
    let mut steps: Vec<Step> = Vec::new();
    let as_slot = |s: usize| u8::try_from(s).unwrap_or(u8::MAX - 1);
    for (i, &v) in order.iter().enumerate() {
        let to_come = &order[i + 1..];
        let least: Vec<u64> = tests.iter().map(|t| t.least(to_come)).collect();
        let to_come = index_u32(to_come.len());
        let back: Vec<(u32, u8)> = graph
            .neighbours(v as usize)
            .iter()
            .filter(|&&w| slot[w as usize] != OFF)
            .map(|&w| (w, as_slot(slot[w as usize])))
            .collect();
        for &(w, _) in &back {
            left[w as usize] -= 1;
        }
        left[v as usize] -= back.len();
        let mut leave: Vec<(u32, u8)> = back.iter().copied().filter(|&(w, _)| left[w as usize] == 0).collect();
        let stays = left[v as usize] > 0;
        if !exclaves {
            leave.iter().for_each(|&(_, s)| taken[s as usize] = false);
        }
        let home = (stays || exclaves).then(|| {
            let free = taken.iter().position(|t| !t).unwrap_or_else(|| {
                taken.push(false);
                taken.len() - 1
            });
            taken[free] = true;
            slot[v as usize] = free;
            as_slot(free)
        });
        if !stays {
            leave.push((v, home.unwrap_or(u8::MAX)));
        }
        leave.iter().for_each(|&(w, _)| slot[w as usize] = OFF);
        let enter = Some(Enter { node: v, back, home });
        if exclaves {
            steps.push(Step { enter, leave: Vec::new(), tail: false, least: least.clone(), to_come });
            for (w, s) in leave {
                taken[s as usize] = false;
                steps.push(Step { enter: None, leave: vec![(w, s)], tail: false, least: least.clone(), to_come });
            }
        } else {
            steps.push(Step { enter, leave, tail: false, least, to_come });
        }
    }
    if exclaves {
        let least = tests.iter().map(|t| t.least(&[])).collect();
        steps.push(Step { enter: None, leave: Vec::new(), tail: true, least, to_come: 0 });
    }
    (steps, taken.len())
}

/// The positions of the bits that are set.
/// The members of a set of up to 128, ascending.
pub(super) fn bits_of(set: u128) -> impl Iterator<Item = usize> {
    let mut rest = set;
    std::iter::from_fn(move || {
        (rest != 0).then(|| {
            let bit = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            bit
        })
    })
}

pub(super) fn bits(set: u32) -> impl Iterator<Item = usize> {
    let mut rest = set;
    std::iter::from_fn(move || {
        (rest != 0).then(|| {
            let bit = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            bit
        })
    })
}

#[expect(clippy::cast_possible_truncation, reason = "the field has at most 32 bits")]
fn low32(value: u64) -> u32 {
    value as u32
}

#[expect(clippy::cast_possible_truncation, reason = "the field has at most 8 bits")]
fn low8(value: u64) -> u8 {
    value as u8
}

struct Writer<const W: usize> {
    words: [u64; W],
    at: usize,
}

impl<const W: usize> Writer<W> {
    fn new() -> Self {
        Self { words: [0; W], at: 0 }
    }

    fn push(&mut self, value: u64, bits: u32) {
        if bits == 0 {
            return;
        }
        let (word, shift) = (self.at / 64, self.at % 64);
        self.words[word] |= value << shift;
        if shift + bits as usize > 64 {
            self.words[word + 1] |= value >> (64 - shift);
        }
        self.at += bits as usize;
    }
}

struct Reader<'w, const W: usize> {
    words: &'w [u64; W],
    at: usize,
}

impl<const W: usize> Reader<'_, W> {
    fn pull(&mut self, bits: u32) -> u64 {
        if bits == 0 {
            return 0;
        }
        let (word, shift) = (self.at / 64, self.at % 64);
        let mut value = self.words[word] >> shift;
        if shift + bits as usize > 64 {
            value |= self.words[word + 1] << (64 - shift);
        }
        self.at += bits as usize;
        if bits >= 64 { value } else { value & ((1 << bits) - 1) }
    }
}
