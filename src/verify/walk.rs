//! One step of a walk over the units, written from the definition: which states follow a state, and at what cost.
//!
//! A state says everything that matters for what may still come: which units with a neighbour to come share an open
//! area, which open areas may not become one, what each has gathered, and, where enclosure counts, what lies around
//! it. Placing a unit joins it to some of the open areas around it and cuts it from the others. An area is closed when
//! it has no unit left with a neighbour to come, or when no further unit fits in it.

use std::collections::BTreeSet;

use super::region::{Gathered, Region};

/// Most open areas around one unit.
const MOST_AROUND: usize = 20;

/// A state. Areas are in order of their first unit; units by their position in the order of the walk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct State {
    pub(super) areas: Vec<Area>,
    /// Pairs of areas that may not become one, the smaller first; sorted.
    pub(super) apart: Vec<(usize, usize)>,
    /// Sets of three or more areas that may not all become one.
    pub(super) mixed: BTreeSet<BTreeSet<usize>>,
    /// How many areas are closed; 0 where the claim does not limit the number.
    pub(super) closed: u32,
    /// Exclaves without an area, by their position among the exclaves.
    pub(super) left: BTreeSet<usize>,
}

/// An open area.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Area {
    /// Its units with a neighbour to come, sorted.
    pub(super) units: Vec<usize>,
    /// What it has gathered for each limit.
    pub(super) sums: Vec<Gathered>,
    /// What lies around it; none where it can't be enclosed any more, or where that is allowed.
    pub(super) around: Option<Around>,
}

/// What lies around an area that could still be enclosed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Around {
    pub(super) open: BTreeSet<usize>,
    /// The closed area that it touches, by a number that only says which are the same.
    pub(super) closed: Option<u32>,
}

/// A walk: a region, the order of its units, which limits the proof uses, and the cost.
#[derive(Debug)]
pub(super) struct Walk<'r> {
    pub(super) region: &'r Region,
    /// Units of the region, in the order in which they are placed.
    pub(super) order: Vec<usize>,
    /// Positions in the region's limits.
    pub(super) limits: Vec<usize>,
    /// Whether the number of areas is limited.
    pub(super) counts: bool,
    /// Units (by number in the region) of which areas may be enclosed; empty where enclosure is left out.
    pub(super) inside: BTreeSet<usize>,
    /// For each level the positions in the order of the placed units with a neighbour to come.
    frontiers: Vec<BTreeSet<usize>>,
    /// For each position the earlier neighbours, each with the cost of the link.
    earlier: Vec<Vec<(usize, i64)>>,
    /// For each step and each limit the least that a unit to come brings.
    least: Vec<Vec<Option<u64>>>,
    area_cost: i64,
    link_cost: Vec<(usize, usize, i64)>,
}

/// A state in the middle of a step: areas keep their numbers until it is done.
#[derive(Debug, Clone)]
struct Work {
    areas: Vec<Option<Area>>,
    apart: BTreeSet<(usize, usize)>,
    mixed: BTreeSet<BTreeSet<usize>>,
    closed: u32,
    left: BTreeSet<usize>,
    cost: i64,
    /// Number for the next area that is closed.
    next: u32,
}

fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

impl Area {
    /// Whether two areas around it will certainly be different ones, or it has a way out.
    fn is_free(&self, apart: &BTreeSet<(usize, usize)>) -> bool {
        let Some(around) = &self.around else { return true };
        let differ = |a: &usize, b: &usize| apart.contains(&pair(*a, *b));
        (around.closed.is_some() && !around.open.is_empty())
            || around.open.iter().any(|a| around.open.iter().any(|b| differ(a, b)))
    }
}

impl Work {
    /// Some areas become part of `new`; false where what may not become one does.
    fn rename(&mut self, joined: &[usize], new: usize) -> bool {
        let name = |a: usize| if joined.contains(&a) { new } else { a };
        self.apart = self.apart.iter().map(|&(a, b)| pair(name(a), name(b))).collect();
        self.mixed = self.mixed.iter().map(|set| set.iter().map(|&a| name(a)).collect()).collect();
        for area in self.areas.iter_mut().flatten() {
            if let Some(around) = &mut area.around {
                around.open = around.open.iter().map(|&a| name(a)).collect();
            }
        }
        self.apart.iter().all(|(a, b)| a != b) && self.mixed.iter().all(|set| set.len() > 1)
    }

    /// Keeps a set of areas from all becoming one.
    fn keep_mixed(&mut self, set: BTreeSet<usize>) {
        match set.iter().copied().collect::<Vec<_>>()[..] {
            [a, b] => {
                self.apart.insert((a, b));
            }
            _ => {
                self.mixed.insert(set);
            }
        }
    }

    /// Closes an area; false where another encloses it. What is gathered in it is judged elsewhere.
    fn close(&mut self, id: usize, area: &Area, area_cost: i64) -> bool {
        self.mixed.retain(|set| !set.contains(&id));
        if !area.is_free(&self.apart)
            && let Some(around) = &area.around
        {
            if around.closed.is_some() || around.open.len() == 1 {
                return false;
            }
            if !around.open.is_empty() {
                self.keep_mixed(around.open.clone());
            }
        }
        let closed = self.next;
        self.next += 1;
        for other in self.areas.iter_mut().flatten() {
            if let Some(around) = &mut other.around
                && around.open.remove(&id)
            {
                if around.closed.is_some() {
                    // Two closed areas around it.
                    other.around = None;
                } else {
                    around.closed = Some(closed);
                }
            }
        }
        self.apart.retain(|&(a, b)| a != id && b != id);
        self.closed += 1;
        self.cost = self.cost.saturating_add(area_cost);
        true
    }
}

impl<'r> Walk<'r> {
    /// A walk over all units that are no exclaves, in an order of these.
    pub(super) fn new(
        region: &'r Region,
        order: Vec<usize>,
        limits: Vec<usize>,
        counts: bool,
        inside: BTreeSet<usize>,
        costs: (i64, Vec<(usize, usize, i64)>),
    ) -> Self {
        let (area_cost, link_cost) = costs;
        let mut place = vec![None; region.units.len()];
        order.iter().enumerate().for_each(|(at, &unit)| place[unit] = Some(at));
        let mut earlier: Vec<Vec<(usize, i64)>> = vec![Vec::new(); order.len()];
        let mut last: Vec<usize> = (0..order.len()).collect();
        for &(a, b, cost) in &link_cost {
            if let (Some(a), Some(b)) = (place[a], place[b]) {
                let (first, second) = pair(a, b);
                earlier[second].push((first, cost));
                last[first] = last[first].max(second);
            }
        }
        let waits = |level: usize| (0..level).filter(|&at| last[at] >= level).collect();
        let frontiers = (0..=order.len()).map(waits).collect();
        let to_come = |step: usize| {
            let bring = |limit: &usize| order[step + 1..].iter().map(|&u| region.limits[*limit].least_of(u)).min();
            limits.iter().map(bring).collect()
        };
        let least = (0..order.len()).map(to_come).collect();
        Self { region, limits, counts, inside, frontiers, earlier, least, area_cost, link_cost, order }
    }

    /// The state before the first unit.
    pub(super) fn start(&self) -> State {
        State { left: (0..self.region.exclaves.len()).collect(), ..State::default() }
    }

    /// The units that a state of a level tells of.
    pub(super) fn frontier(&self, level: usize) -> &BTreeSet<usize> {
        &self.frontiers[level]
    }

    /// Whether areas are closed as soon as nothing fits in them. An exclave may still fit, and what touches an area
    /// tells whether it is enclosed: with these it stays open as long as a neighbour may come.
    fn closes_early(&self) -> bool {
        self.region.exclaves.is_empty() && self.inside.is_empty()
    }

    /// Every state that follows a state of this level, with what the step costs.
    ///
    /// # Errors
    ///
    /// More open areas around the unit than choices can be made for.
    pub(super) fn follow(
        &self,
        step: usize,
        state: &State,
        out: &mut dyn FnMut(State, i64),
    ) -> Result<(), &'static str> {
        let area_of = |unit: usize| state.areas.iter().position(|a| a.units.contains(&unit));
        let around: BTreeSet<usize> = self.earlier[step].iter().filter_map(|&(w, _)| area_of(w)).collect();
        if around.len() > MOST_AROUND {
            return Err("a unit has more than 20 open areas around it");
        }
        let mut choices: Vec<Vec<usize>> = vec![Vec::new()];
        for &area in &around {
            let meets = |joined: &Vec<usize>| joined.iter().any(|&j| state.apart.binary_search(&pair(j, area)).is_ok());
            let more: Vec<Vec<usize>> =
                choices.iter().filter(|c| !meets(c)).map(|c| [&c[..], &[area]].concat()).collect();
            choices.extend(more);
        }
        for joined in choices {
            self.place(step, state, &around, &joined, out);
        }
        Ok(())
    }

    /// The unit joins these areas and is cut from the others.
    fn place(
        &self,
        step: usize,
        state: &State,
        around: &BTreeSet<usize>,
        joined: &[usize],
        out: &mut dyn FnMut(State, i64),
    ) {
        let unit = self.order[step];
        let mut sums: Vec<Gathered> = Vec::with_capacity(self.limits.len());
        for (i, &limit) in self.limits.iter().enumerate() {
            let limit = &self.region.limits[limit];
            let others = joined.iter().map(|&j| state.areas[j].sums[i]);
            let Some(sum) = others.fold(limit.of(unit), |sum, other| limit.add(sum?, other)) else { return };
            sums.push(sum);
        }
        let new = state.areas.len();
        let cut = self.earlier[step].iter().filter(|(w, _)| joined.iter().all(|&j| !state.areas[j].units.contains(w)));
        let mut work = Work {
            areas: state.areas.iter().cloned().map(Some).collect(),
            apart: state.apart.iter().copied().collect(),
            mixed: state.mixed.clone(),
            closed: state.closed,
            left: state.left.clone(),
            cost: cut.map(|(_, cost)| cost).sum(),
            next: 1 + state.areas.iter().filter_map(|a| a.around.as_ref()?.closed).max().unwrap_or(0),
        };
        let parted: BTreeSet<usize> = around.iter().copied().filter(|a| !joined.contains(a)).collect();
        let own = self.inside.contains(&unit).then(|| Around { open: parted.clone(), closed: None });
        let mut area = Area { units: vec![step], sums, around: own };
        for &j in joined {
            let Some(other) = work.areas[j].take() else { continue };
            area.units.extend(other.units);
            area.around = match (area.around, other.around) {
                (Some(a), Some(b)) if a.closed.is_none() || b.closed.is_none() || a.closed == b.closed => {
                    Some(Around { open: a.open.union(&b.open).copied().collect(), closed: a.closed.or(b.closed) })
                }
                // One has a way out, or they touch two closed areas.
                _ => None,
            };
        }
        area.units.sort_unstable();
        for &other in &parted {
            if let Some(Area { around: Some(around), .. }) = &mut work.areas[other] {
                around.open.insert(new);
            }
        }
        work.areas.push(Some(area));
        if !work.rename(joined, new) {
            return;
        }
        work.apart.extend(parted.iter().map(|&other| (other, new)));
        self.leave(step, work, out);
    }

    /// Units without a neighbour to come leave; areas without any other unit are closed.
    fn leave(&self, step: usize, mut work: Work, out: &mut dyn FnMut(State, i64)) {
        let stays = &self.frontiers[step + 1];
        let mut closing = Vec::new();
        for (id, area) in work.areas.iter_mut().enumerate() {
            let Some(area) = area else { continue };
            area.units.retain(|unit| stays.contains(unit));
            if area.units.is_empty() || (self.closes_early() && self.is_full(step, &area.sums)) {
                closing.push(id);
            }
        }
        self.close(step, work, &closing, out);
    }

    /// Closes areas one after the other, each with the exclaves that it may take.
    fn close(&self, step: usize, mut work: Work, closing: &[usize], out: &mut dyn FnMut(State, i64)) {
        let Some((&id, rest)) = closing.split_first() else {
            let cost = work.cost;
            if let Some(state) = self.settled(step, work) {
                out(state, cost);
            }
            return;
        };
        let Some(area) = work.areas[id].take() else { return };
        if !work.close(id, &area, self.area_cost) {
            return;
        }
        let left: Vec<usize> = work.left.iter().copied().collect();
        for taken in subsets(&left) {
            let gathers = |(i, &limit): (usize, &usize)| {
                let limit = &self.region.limits[limit];
                let exclaves = taken.iter().map(|&e| self.region.exclaves[e].0);
                let sum = exclaves.clone().try_fold(area.sums[i], |sum, e| limit.add(sum, limit.of(e)?));
                sum.is_some_and(|sum| limit.accepts(sum))
            };
            if self.limits.iter().enumerate().all(gathers) {
                let mut next = work.clone();
                next.left.retain(|e| !taken.contains(e));
                next.cost = next.cost.saturating_add(self.between(&taken, &next.left));
                self.close(step, next, rest, out);
            }
        }
    }

    /// What the links between two sets of exclaves cost.
    fn between(&self, some: &[usize], others: &BTreeSet<usize>) -> i64 {
        let at = |unit: usize| self.region.exclaves.iter().position(|e| e.0 == unit);
        let cut = |a: usize, b: usize| some.contains(&a) && others.contains(&b);
        let costs = self.link_cost.iter().filter_map(|&(a, b, cost)| {
            let (a, b) = (at(a)?, at(b)?);
            (cut(a, b) || cut(b, a)).then_some(cost)
        });
        costs.sum()
    }

    /// Whether an area can't take any unit to come.
    fn is_full(&self, step: usize, sums: &[Gathered]) -> bool {
        let full = |(i, &limit): (usize, &usize)| self.region.limits[limit].is_beyond(sums[i], self.least[step][i]);
        self.limits.iter().enumerate().any(full)
    }

    /// Whether two areas can't become one, which takes a unit to come.
    fn is_too_large(&self, step: usize, a: &[Gathered], b: &[Gathered]) -> bool {
        let beyond = |(i, &limit): (usize, &usize)| {
            let limit = &self.region.limits[limit];
            limit.most_is_sure() && limit.add(a[i], b[i]).is_none_or(|sum| limit.is_beyond(sum, self.least[step][i]))
        };
        self.limits.iter().enumerate().any(beyond)
    }

    /// The state that the step ends in; none where no plan can come of it.
    fn settled(&self, step: usize, work: Work) -> Option<State> {
        let mut open: Vec<(usize, Area)> =
            work.areas.into_iter().enumerate().filter_map(|(id, area)| Some((id, area?))).collect();
        open.sort_by(|a, b| a.1.units.cmp(&b.1.units));
        let number = |id: usize| open.iter().position(|o| o.0 == id);
        let mut apart: BTreeSet<(usize, usize)> =
            work.apart.iter().filter_map(|&(a, b)| Some(pair(number(a)?, number(b)?))).collect();
        let mut mixed: Vec<BTreeSet<usize>> =
            work.mixed.iter().map(|set| set.iter().filter_map(|&a| number(a)).collect()).collect();
        for set in mixed.extract_if(.., |set| set.len() == 2) {
            apart.extend(set.first().copied().zip(set.last().copied()));
        }
        for (i, (_, a)) in open.iter().enumerate() {
            for (j, (_, b)) in open.iter().enumerate().skip(i + 1) {
                if self.is_too_large(step, &a.sums, &b.sums) {
                    apart.insert((i, j));
                }
            }
        }
        let torn = |&(i, j): &(usize, usize)| self.are_torn(&open[i].1.sums, &open[j].1.sums);
        if apart.iter().any(torn) {
            return None;
        }
        let numbers: Vec<usize> = open.iter().map(|o| o.0).collect();
        let mut areas: Vec<Area> = open.into_iter().map(|o| o.1).collect();
        let mut names: Vec<u32> = Vec::new();
        for area in &mut areas {
            if let Some(around) = &mut area.around {
                around.open = around.open.iter().filter_map(|id| numbers.iter().position(|n| n == id)).collect();
            }
            if area.is_free(&apart) {
                area.around = None;
            }
            if let Some(name) = area.around.as_mut().and_then(|a| a.closed.as_mut()) {
                let at = names.iter().position(|n| n == name).unwrap_or_else(|| {
                    names.push(*name);
                    names.len() - 1
                });
                *name = u32::try_from(at + 1).ok()?;
            }
        }
        // A set follows from a pair in it that is apart, and from a smaller set in it.
        mixed.retain(|set| !apart.iter().any(|(a, b)| set.contains(a) && set.contains(b)));
        let smallest: BTreeSet<BTreeSet<usize>> =
            mixed.iter().filter(|set| !mixed.iter().any(|m| m != *set && m.is_subset(set))).cloned().collect();
        let closed = if self.counts { work.closed } else { 0 };
        let state = State { areas, apart: apart.into_iter().collect(), mixed: smallest, closed, left: work.left };
        self.can_count(step, &state).then_some(state)
    }

    /// Whether the number of areas may still come within its limits.
    fn can_count(&self, step: usize, state: &State) -> bool {
        let (true, Some((fewest, most))) = (self.counts, self.region.areas) else { return true };
        let open = state.areas.len();
        let to_come = self.order.len() - step - 1 + state.left.len();
        let (closed, fewest, most) = (u64::from(state.closed), u64::from(fewest), u64::from(most));
        closed + u64::from(open + to_come > 0) <= most && closed + (open + to_come) as u64 >= fewest
    }

    /// Whether two areas that stay apart hold parts of what must be together.
    fn are_torn(&self, a: &[Gathered], b: &[Gathered]) -> bool {
        let torn = |(i, &limit): (usize, &usize)| self.region.limits[limit].is_torn(a[i], b[i]);
        self.limits.iter().enumerate().any(torn)
    }

    /// The least that a state of the last level still costs: the exclaves without an area form areas of their own.
    pub(super) fn at_the_end(&self, state: &State) -> Option<i64> {
        let left: Vec<usize> = state.left.iter().copied().collect();
        let costs = divisions(&left).into_iter().filter_map(|areas| {
            let number = u64::from(state.closed) + areas.len() as u64;
            let within = |(fewest, most): (u32, u32)| (u64::from(fewest)..=u64::from(most)).contains(&number);
            let counted = !self.counts || self.region.areas.is_none_or(within);
            let lawful = |area: &Vec<usize>| {
                let members: Vec<usize> = area.iter().map(|&e| self.region.exclaves[e].0).collect();
                let holds = |&limit: &usize| {
                    let limit = &self.region.limits[limit];
                    limit.gathered(&members).is_some_and(|sum| limit.accepts(sum))
                };
                self.region.is_connected(&members) && self.limits.iter().all(holds)
            };
            if !counted || !areas.iter().all(lawful) {
                return None;
            }
            let mut rest = state.left.clone();
            let mut cost = 0i64;
            for area in &areas {
                rest.retain(|e| !area.contains(e));
                cost = cost.saturating_add(self.between(area, &rest)).saturating_add(self.area_cost);
            }
            Some(cost)
        });
        costs.min()
    }
}

/// All subsets of a few items.
fn subsets(items: &[usize]) -> Vec<Vec<usize>> {
    items.iter().fold(vec![Vec::new()], |all, &item| {
        let with = all.iter().map(|set: &Vec<usize>| [&set[..], &[item]].concat()).collect();
        [all, with].concat()
    })
}

/// All ways to divide a few items into sets.
fn divisions(items: &[usize]) -> Vec<Vec<Vec<usize>>> {
    items.iter().fold(vec![Vec::new()], |all, &item| {
        let with_item = |sets: Vec<Vec<usize>>| {
            let joins = (0..sets.len()).map(|i| {
                let mut sets = sets.clone();
                sets[i].push(item);
                sets
            });
            let mut ways: Vec<Vec<Vec<usize>>> = joins.collect();
            ways.push([&sets[..], &[vec![item]]].concat());
            ways
        };
        all.into_iter().flat_map(with_item).collect()
    })
}
