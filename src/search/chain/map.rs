//! What a chain walks on: the graph of all regions in flat arrays, with the bounds of each region.

use super::ChainError;
use crate::space::{Region, Regions};
use crate::territory::adjacency::Contiguity;
use crate::territory::{Territory, index_u32};

/// Millimetres in a metre.
const MILLIMETRES: f64 = 1000.0;
/// The greatest sum of figures, so that no sum of sums overflows.
const MOST_SUM: u64 = 1 << 60;

/// An attribute that areas have bounds on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Its name.
    pub name: String,
    /// One a unit.
    pub values: Vec<u64>,
    /// Least and greatest sum of an area, by region.
    pub bounds: Vec<(u64, u64)>,
}

/// A region of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) areas: Option<(u32, u32)>,
    pub(super) members: Vec<u32>,
}

/// Units, links between units of one region (a link from one region to another is cut in every plan), and bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Map {
    /// Where the links of a unit begin, in `around` and `link_of`.
    pub(super) first: Vec<u32>,
    pub(super) around: Vec<u32>,
    /// Of each entry of `around` its link.
    pub(super) link_of: Vec<u32>,
    pub(super) ends: Vec<(u32, u32)>,
    pub(super) border_mm: Vec<u64>,
    /// At least one; the first is the tightest.
    pub(super) figures: Vec<Figures>,
    pub(super) region_of: Vec<u32>,
    pub(super) regions: Vec<Part>,
    /// Units that need not be connected to their area; they have no links here.
    pub(super) loose: Vec<u32>,
    pub(super) is_loose: Vec<bool>,
    /// Links of these to others of their region.
    pub(super) loose_links: Vec<(u32, u32, u64)>,
    pub(super) together: Vec<Vec<u32>>,
    pub(super) apart: Vec<Vec<u32>>,
    /// Whether a unit is inside, so that an area of such units alone may not be enclosed by one other; empty where no rule
    /// asks.
    pub(super) inside: Vec<bool>,
    /// Links that are cut in every plan, and their length.
    pub(super) always_cut: (u64, u64),
}

impl Map {
    /// One region of units numbered from 0, with bounds on one figure. `links` are pairs, each once, with their length in
    /// millimetres.
    ///
    /// ```
    /// use landmeter::search::chain::Map;
    ///
    /// let line = Map::plain(&[(0, 1, 1000), (1, 2, 1000)], vec![1, 1, 1], (1, 2))?;
    /// assert_eq!(line.units(), 3);
    /// # Ok::<(), landmeter::search::chain::ChainError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A link that names a unit that is not there, figures too large to add up.
    pub fn plain(links: &[(u32, u32, u64)], values: Vec<u64>, bounds: (u64, u64)) -> Result<Self, ChainError> {
        let units = values.len();
        let members = (0..index_u32(units)).collect();
        let mut map = Self {
            figures: vec![Figures { name: "weight".to_owned(), values, bounds: vec![bounds] }],
            region_of: vec![0; units],
            regions: vec![Part { name: "all".to_owned(), areas: None, members }],
            is_loose: vec![false; units],
            ..Self::default()
        };
        map.link(links)?;
        map.checked()
    }

    /// The map of the regions of a territory, with every limit that [`Regions`] has. Units are numbered as in the
    /// territory; those of a region that was left out are in none, and never move.
    ///
    /// # Errors
    ///
    /// A municipality without a figure that bounds need, figures too large to add up.
    pub fn new(territory: &Territory, contiguity: Contiguity, regions: &Regions) -> Result<Self, ChainError> {
        let units = territory.len();
        let mut map = Self {
            region_of: vec![u32::MAX; units],
            is_loose: vec![false; units],
            regions: regions
                .regions
                .iter()
                .map(|r| Part { name: r.name.clone(), areas: r.limits.areas, members: r.members.clone() })
                .collect(),
            ..Self::default()
        };
        for (number, region) in (0..).zip(&regions.regions) {
            region.members.iter().for_each(|&m| map.region_of[m as usize] = number);
            map.add_limits(number as usize, region, regions.regions.len(), units)?;
        }
        if map.figures.is_empty() {
            let bounds = vec![(0, u64::MAX); map.regions.len()];
            map.figures.push(Figures { name: "municipalities".to_owned(), values: vec![1; units], bounds });
        }
        map.tightest_first();
        let mut links = Vec::new();
        for link in territory.adjacency().links().iter().filter(|l| contiguity.counts(l)) {
            let (a, b) = (map.region_of[link.a as usize], map.region_of[link.b as usize]);
            let loose = map.is_loose[link.a as usize] || map.is_loose[link.b as usize];
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length of a border")]
            let mm = (link.length_m * MILLIMETRES).round().max(0.0) as u64;
            if a == b && a != u32::MAX {
                let links = if loose { &mut map.loose_links } else { &mut links };
                links.push((link.a, link.b, mm));
            } else if a != b && a != u32::MAX && b != u32::MAX {
                map.always_cut.0 += 1;
                map.always_cut.1 += mm;
            }
        }
        map.link(&links)?;
        map.checked()
    }

    fn add_limits(&mut self, number: usize, region: &Region, regions: usize, units: usize) -> Result<(), ChainError> {
        let unit = |v: &u32| region.members[*v as usize];
        let units_of = |set: &Vec<u32>| set.iter().map(unit).collect::<Vec<_>>();
        for sum in &region.limits.sums {
            let at = self.figures.iter().position(|f| f.name == sum.name).unwrap_or_else(|| {
                let bounds = vec![(0, u64::MAX); regions];
                self.figures.push(Figures { name: sum.name.clone(), values: vec![0; units], bounds });
                self.figures.len() - 1
            });
            let figures = &mut self.figures[at];
            for (&m, value) in region.members.iter().zip(&sum.values) {
                figures.values[m as usize] = value
                    .ok_or_else(|| ChainError::Figure { region: region.name.clone(), attribute: sum.name.clone() })?;
            }
            let bounds = &mut figures.bounds[number];
            *bounds = (bounds.0.max(sum.at_least), bounds.1.min(sum.at_most.unwrap_or(u64::MAX)));
        }
        self.together.extend(region.limits.together.iter().map(units_of).filter(|set| set.len() > 1));
        self.apart.extend(region.limits.apart.iter().map(units_of).filter(|set| set.len() > 1));
        for (v, _) in &region.limits.exclaves {
            self.loose.push(unit(v));
            self.is_loose[unit(v) as usize] = true;
        }
        if !region.limits.inside.is_empty() {
            self.inside.resize(units, false);
            region.limits.inside.iter().for_each(|v| self.inside[unit(v) as usize] = true);
        }
        Ok(())
    }

    /// A sum with little room between its bounds decides most: it comes first.
    fn tightest_first(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "an order of magnitude")]
        let room = |f: &Figures| {
            let share = |&(least, most): &(u64, u64)| (most.saturating_sub(least) as f64 + 1.0) / (most as f64 + 1.0);
            f.bounds.iter().map(share).fold(0.0, f64::max)
        };
        self.figures.sort_by(|a, b| room(a).total_cmp(&room(b)));
    }

    fn link(&mut self, links: &[(u32, u32, u64)]) -> Result<(), ChainError> {
        let units = self.region_of.len();
        self.first = vec![0; units + 1];
        for &(a, b, mm) in links {
            if a == b || a as usize >= units || b as usize >= units {
                return Err(ChainError::Link { a, b, units });
            }
            self.first[a as usize + 1] += 1;
            self.first[b as usize + 1] += 1;
            self.ends.push((a, b));
            self.border_mm.push(mm);
        }
        for v in 0..units {
            self.first[v + 1] += self.first[v];
        }
        let mut next = self.first.clone();
        self.around = vec![0; links.len() * 2];
        self.link_of = vec![0; links.len() * 2];
        for (number, &(a, b, _)) in (0..).zip(links) {
            for (from, to) in [(a, b), (b, a)] {
                let at = next[from as usize] as usize;
                (self.around[at], self.link_of[at]) = (to, number);
                next[from as usize] += 1;
            }
        }
        Ok(())
    }

    fn checked(self) -> Result<Self, ChainError> {
        for figures in &self.figures {
            let sum: u128 = figures.values.iter().map(|&v| u128::from(v)).sum();
            if sum > u128::from(MOST_SUM) {
                return Err(ChainError::TooLarge { attribute: figures.name.clone(), sum });
            }
        }
        Ok(self)
    }

    /// Sets the number of areas, where there is one region.
    pub fn areas(&mut self, fewest: u32, most: u32) {
        self.regions.iter_mut().for_each(|r| r.areas = Some((fewest, most)));
    }

    /// How many units there are, those of no region included.
    #[must_use]
    pub fn units(&self) -> usize {
        self.region_of.len()
    }

    /// The attributes that areas have bounds on, the tightest first.
    #[must_use]
    pub fn figures(&self) -> &[Figures] {
        &self.figures
    }

    /// Whether there are units that are cut off, and that a chain moves by themselves.
    #[must_use]
    pub fn has_loose(&self) -> bool {
        !self.loose.is_empty()
    }

    /// The neighbours of a unit in its region.
    pub(super) fn neighbours(&self, v: u32) -> &[u32] {
        &self.around[self.first[v as usize] as usize..self.first[v as usize + 1] as usize]
    }

    /// Millimetres of border between two units; 0 where they are no neighbours.
    pub(super) fn length(&self, v: u32, w: u32) -> u64 {
        let entries = self.first[v as usize] as usize..self.first[v as usize + 1] as usize;
        let link = self.around[entries.clone()].iter().position(|&u| u == w).map(|i| self.link_of[entries.start + i]);
        link.map_or(0, |link| self.border_mm[link as usize])
    }

    /// How many neighbours some units have together.
    pub(super) fn entries(&self, units: &[u32]) -> usize {
        units.iter().map(|&v| (self.first[v as usize + 1] - self.first[v as usize]) as usize).sum()
    }

    /// Whether more is asked of a plan than connected areas within bounds.
    pub(super) fn asks_more(&self) -> bool {
        !(self.together.is_empty() && self.apart.is_empty() && self.inside.is_empty())
    }

    /// Whether a division keeps to what is asked besides connected areas and sums: together, apart, not enclosed.
    /// `mark` has two numbers an area.
    pub(super) fn admits(&self, of: &[u32], mark: &mut Vec<(u32, bool)>) -> bool {
        let area = |v: &u32| of[*v as usize];
        let together = |set: &Vec<u32>| set.iter().all(|v| area(v) == area(&set[0]));
        let apart = |set: &Vec<u32>| set.iter().enumerate().all(|(i, v)| set[..i].iter().all(|w| area(v) != area(w)));
        self.together.iter().all(together) && self.apart.iter().all(apart) && self.none_enclosed(of, mark)
    }

    /// Whether no area of inside units alone has one other area for all its neighbours.
    fn none_enclosed(&self, of: &[u32], seen: &mut Vec<(u32, bool)>) -> bool {
        const NOBODY: u32 = u32::MAX;
        if self.inside.is_empty() {
            return true;
        }
        // Of each area the one other area around it (or NOBODY), and whether it may be left out of the question.
        seen.iter_mut().for_each(|s| *s = (NOBODY, false));
        for (v, &area) in (0..).zip(of).filter(|(_, a)| **a != u32::MAX) {
            if seen.len() <= area as usize {
                seen.resize(area as usize + 1, (NOBODY, false));
            }
            let state = &mut seen[area as usize];
            state.1 |= !self.inside[v as usize];
            for &w in self.neighbours(v).iter().filter(|w| of[**w as usize] != area) {
                let other = of[w as usize];
                state.1 |= state.0 != NOBODY && state.0 != other;
                state.0 = other;
            }
        }
        seen.iter().all(|&(other, free)| free || other == NOBODY)
    }
}
