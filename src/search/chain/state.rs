//! Where a chain is: the area of each unit, and everything that is kept up to date with it.

use super::ChainError;
use super::map::Map;
use super::random::Random;
use crate::territory::index_u32;

/// No area.
pub(super) const NONE: u32 = u32::MAX;

/// A division of the map, with the sums and cuts of it.
#[derive(Debug, Clone)]
pub struct State {
    /// Area of each unit, or `u32::MAX` for one of no region.
    pub(super) of: Vec<u32>,
    /// Units of each area, those that are cut off apart; in the order in which they came.
    pub(super) members: Vec<Vec<u32>>,
    /// Of each figure the sum of each area.
    pub(super) sums: Vec<Vec<u64>>,
    /// Of each figure what the units that are cut off have of the sum of each area.
    pub(super) loose: Vec<Vec<u64>>,
    /// How many units that are cut off each area has.
    pub(super) loose_units: Vec<u32>,
    pub(super) region_of: Vec<u32>,
    /// The areas of each region.
    pub(super) areas_of: Vec<Vec<u32>>,
    /// Links between areas (those of two regions apart), and their length.
    pub(super) cut: u64,
    pub(super) cut_mm: u64,
}

impl State {
    /// Takes a division as it is. Areas may have any numbers; they get new ones from 0 in the order of their first units.
    ///
    /// # Errors
    ///
    /// A unit without an area, an area in two regions, in pieces, or out of bounds; what else the map asks and the division
    /// does not keep to.
    pub fn new(map: &Map, labels: &[u32]) -> Result<Self, ChainError> {
        let wrong = |what: String| Err(ChainError::Start { what });
        if labels.len() != map.units() {
            return wrong(format!("it has {} units, and the territory {}", labels.len(), map.units()));
        }
        let of = numbered(map, labels);
        let Some(of) = of else { return wrong("a municipality has no area".to_owned()) };
        let areas = of.iter().filter(|a| **a != NONE).max().map_or(0, |a| *a as usize + 1);
        let mut state = Self {
            members: vec![Vec::new(); areas],
            sums: vec![vec![0; areas]; map.figures.len()],
            loose: vec![vec![0; areas]; map.figures.len()],
            loose_units: vec![0; areas],
            region_of: vec![NONE; areas],
            areas_of: vec![Vec::new(); map.regions.len()],
            cut: 0,
            cut_mm: 0,
            of,
        };
        for v in 0..index_u32(map.units()) {
            let area = state.of[v as usize] as usize;
            if area == NONE as usize {
                continue;
            }
            let region = map.region_of[v as usize];
            if state.region_of[area] == NONE {
                state.region_of[area] = region;
                state.areas_of[region as usize].push(index_u32(area));
            } else if state.region_of[area] != region {
                return wrong(format!(
                    "an area lies in {} and in {}",
                    map.regions[region as usize].name, map.regions[state.region_of[area] as usize].name
                ));
            }
            let is_loose = map.is_loose[v as usize];
            if is_loose {
                state.loose_units[area] += 1;
            } else {
                state.members[area].push(v);
            }
            for (k, figures) in map.figures.iter().enumerate() {
                state.sums[k][area] += figures.values[v as usize];
                state.loose[k][area] += if is_loose { figures.values[v as usize] } else { 0 };
            }
        }
        for (link, &(a, b)) in map.ends.iter().enumerate() {
            if state.of[a as usize] != state.of[b as usize] {
                state.cut += 1;
                state.cut_mm += map.border_mm[link];
            }
        }
        state.judged(map)
    }

    /// Whether it is what a chain may be in.
    fn judged(self, map: &Map) -> Result<Self, ChainError> {
        let wrong = |what: String| Err(ChainError::Start { what });
        let mut seen = vec![false; map.units()];
        let mut stack = Vec::new();
        for (area, members) in self.members.iter().enumerate() {
            let region = &map.regions[self.region_of[area] as usize];
            let Some(&first) = members.first() else {
                return wrong(format!("region {} has an area of municipalities that are cut off alone", region.name));
            };
            seen[first as usize] = true;
            stack.push(first);
            let mut reached = 0;
            while let Some(v) = stack.pop() {
                reached += 1;
                for &w in map.neighbours(v) {
                    if self.of[w as usize] as usize == area && !std::mem::replace(&mut seen[w as usize], true) {
                        stack.push(w);
                    }
                }
            }
            if reached != members.len() {
                return wrong(format!("an area of region {} is in pieces", region.name));
            }
            for (figures, sums) in map.figures.iter().zip(&self.sums) {
                let (least, most) = figures.bounds[self.region_of[area] as usize];
                if !(least..=most).contains(&sums[area]) {
                    let shown = if most == u64::MAX { "any".to_owned() } else { most.to_string() };
                    return wrong(format!(
                        "an area of region {} has {} of {}, expected from {least} to {shown}",
                        region.name, sums[area], figures.name
                    ));
                }
            }
        }
        for (region, areas) in map.regions.iter().zip(&self.areas_of) {
            let (fewest, most) = region.areas.unwrap_or((1, u32::MAX));
            if !(fewest..=most).contains(&index_u32(areas.len())) {
                return wrong(format!("region {} has {} areas, expected {fewest} to {most}", region.name, areas.len()));
            }
        }
        if !map.admits(&self.of, &mut Vec::new()) {
            return wrong("it breaks what must be together or apart, or encloses an area".to_owned());
        }
        Ok(self)
    }

    /// The area of each unit (`u32::MAX` for one of no region).
    #[must_use]
    pub fn plan(&self) -> &[u32] {
        &self.of
    }

    /// How many areas there are.
    #[must_use]
    pub fn areas(&self) -> usize {
        self.members.len()
    }

    /// Links between areas and their length in millimetres, with those between regions.
    #[must_use]
    pub fn cut(&self, map: &Map) -> (u64, u64) {
        let apart = map.loose_links.iter().filter(|l| self.of[l.0 as usize] != self.of[l.1 as usize]);
        let (links, mm) = apart.fold((0, 0), |(n, mm), link| (n + 1, mm + link.2));
        (self.cut + links + map.always_cut.0, self.cut_mm + mm + map.always_cut.1)
    }

    /// Sum of each area, of the figure of this number.
    #[must_use]
    pub fn sums(&self, figure: usize) -> &[u64] {
        &self.sums[figure]
    }

    /// Puts everything in the order that only depends on the areas of the units, so that a chain that was stopped goes on as
    /// if it had not been.
    pub(super) fn settle(&mut self, map: &Map) -> Result<(), ChainError> {
        *self = Self::new(map, &self.of)?;
        Ok(())
    }

    /// A pair of units in two areas of one region that touch: each cut link with the same probability. None where nothing is
    /// cut.
    ///
    /// Links are drawn until one is cut. That takes the number of links by that of those cut, which is of the order of a
    /// pair of areas, and there is no set to keep up to date.
    pub(super) fn cut_link(&self, map: &Map, random: &mut Random) -> Option<(u32, u32)> {
        if self.cut == 0 {
            return None;
        }
        loop {
            let (v, w) = map.ends[random.below(index_u32(map.ends.len())) as usize];
            if self.of[v as usize] != self.of[w as usize] {
                return Some((v, w));
            }
        }
    }

    /// Gives a unit that is cut off to any area of its region, each with the same probability, where the sums allow it.
    /// True where it has gone to another. The reverse step is as likely.
    pub(super) fn move_loose(&mut self, map: &Map, random: &mut Random, mark: &mut Vec<(u32, bool)>) -> bool {
        let v = map.loose[random.below(index_u32(map.loose.len())) as usize];
        let areas = &self.areas_of[map.region_of[v as usize] as usize];
        let to = areas[random.below(index_u32(areas.len())) as usize];
        let from = self.of[v as usize];
        let fits = map.figures.iter().zip(&self.sums).all(|(figures, sums)| {
            let (least, most) = figures.bounds[map.region_of[v as usize] as usize];
            let value = figures.values[v as usize];
            sums[from as usize] >= least.saturating_add(value) && sums[to as usize] + value <= most
        });
        if from == to || !fits {
            return false;
        }
        self.of[v as usize] = to;
        if map.asks_more() && !map.admits(&self.of, mark) {
            self.of[v as usize] = from;
            return false;
        }
        self.loose_units[from as usize] -= 1;
        self.loose_units[to as usize] += 1;
        for (k, figures) in map.figures.iter().enumerate() {
            let value = figures.values[v as usize];
            for sums in [&mut self.sums[k], &mut self.loose[k]] {
                sums[from as usize] -= value;
                sums[to as usize] += value;
            }
        }
        true
    }
}

/// The areas numbered from 0 in the order of their first units; none where a unit of a region has none.
pub(super) fn numbered(map: &Map, labels: &[u32]) -> Option<Vec<u32>> {
    let mut names: Vec<u32> = labels.to_vec();
    names.sort_unstable();
    names.dedup();
    let mut number = vec![NONE; names.len()];
    let mut next = 0;
    let mut of = vec![NONE; labels.len()];
    for (v, label) in labels.iter().enumerate().filter(|(v, _)| map.region_of[*v] != u32::MAX) {
        let at = names.binary_search(label).ok().filter(|_| *label != NONE)?;
        if number[at] == NONE {
            number[at] = next;
            next += 1;
        }
        of[v] = number[at];
    }
    Some(of)
}

/// One step of a method and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The plan is another one.
    Moved,
    /// The plan stays, which is a step as well.
    Stayed,
}
