//! The regions together: a plan of the territory is a plan of each region, and counts multiply.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigUint;
use rayon::prelude::*;

use super::count::Progress;
use super::diagram::{Diagram, number};
use super::error::SpaceError;
use super::goal::Goal;
use super::metric::{Cost, Prices, Value, plus};
use super::region::{Region, Regions};
use crate::plan::{NONE, Plan};
use crate::territory::adjacency::Contiguity;
use crate::territory::{Link, Territory};

/// Most combinations of the regions' Pareto sets that are looked at together.
const MOST_COMBINED: usize = 1 << 24;

/// A metric that adds up over borders or areas, of which the best plans can be proved. Less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// `areas`: how many areas.
    Areas,
    /// `cut_links`: links that count for contiguity between municipalities of different areas.
    CutLinks,
    /// `cut_border_km`: their length, summed in whole millimetres.
    CutBorder,
}

impl Metric {
    /// A metric by its name.
    ///
    /// # Errors
    ///
    /// A name that is none of these; the message lists them.
    pub fn by_name(name: &str) -> Result<Self, String> {
        match name {
            "areas" => Ok(Self::Areas),
            "cut_links" => Ok(Self::CutLinks),
            "cut_border_km" => Ok(Self::CutBorder),
            _ => Err(format!(
                "{name} does not add up over borders and areas, or is no metric; those that do: areas, cut_links, cut_border_km"
            )),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Areas => "areas",
            Self::CutLinks => "cut_links",
            Self::CutBorder => "cut_border_km",
        }
    }

    /// A sum in the metric's unit.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a border is shorter than 2^52 mm")]
    pub fn value(self, sum: i64) -> f64 {
        if self == Self::CutBorder { sum as f64 / 1e6 } else { sum as f64 }
    }
}

/// A metric or a weighted sum of them: so much for each area, each cut link, and each millimetre of cut border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Objective {
    /// For each area.
    pub area: i64,
    /// For each cut link.
    pub link: i64,
    /// For each millimetre of cut border.
    pub border: i64,
}

impl From<Metric> for Objective {
    fn from(metric: Metric) -> Self {
        match metric {
            Metric::Areas => Self { area: 1, ..Self::default() },
            Metric::CutLinks => Self { link: 1, ..Self::default() },
            Metric::CutBorder => Self { border: 1, ..Self::default() },
        }
    }
}

impl Objective {
    /// What a cut link costs.
    #[must_use]
    pub fn of(self, link: &Link) -> i64 {
        self.link.saturating_add(self.border.saturating_mul(millimetres(link.length_m)))
    }

    /// What a plan costs over the municipalities of some regions: their areas, and the links between two of them in
    /// different areas.
    #[must_use]
    pub fn of_plan<'r>(
        self,
        territory: &Territory,
        contiguity: Contiguity,
        regions: impl Iterator<Item = &'r Region>,
        plan: &Plan,
    ) -> i64 {
        let of = |m: u32| plan.of.get(m as usize).copied().unwrap_or(NONE);
        let (mut inside, mut areas) = (vec![false; territory.len()], BTreeSet::new());
        for &m in regions.flat_map(|region| &region.members) {
            inside[m as usize] = true;
            areas.extend(Some(of(m)).filter(|&a| a != NONE));
        }
        let links = territory.adjacency().links().iter().filter(|l| contiguity.counts(l));
        let cut = links.filter(|l| inside[l.a as usize] && inside[l.b as usize] && of(l.a) != of(l.b));
        let areas = i64::try_from(areas.len()).unwrap_or(i64::MAX);
        cut.map(|l| self.of(l)).sum::<i64>().saturating_add(areas.saturating_mul(self.area))
    }
}

impl std::ops::AddAssign for Objective {
    fn add_assign(&mut self, other: Self) {
        self.area += other.area;
        self.link += other.link;
        self.border += other.border;
    }
}

/// One plan for each region, by rank.
pub type Ranks = Vec<u128>;

/// Every plan of a territory (or of one of its regions), as one diagram a region.
#[derive(Debug)]
pub struct Space<'t> {
    territory: &'t Territory,
    contiguity: Contiguity,
    /// The regions, each with its diagram.
    pub parts: Vec<(Region, Diagram)>,
}

impl<'t> Space<'t> {
    /// Builds the diagrams of all regions, in parallel; `memory` in bytes is for each of them.
    ///
    /// # Errors
    ///
    /// A region whose diagram can't be built; the first in order of name.
    pub fn new(
        territory: &'t Territory,
        contiguity: Contiguity,
        regions: Regions,
        memory: u64,
    ) -> Result<Self, SpaceError> {
        Self::watched(territory, contiguity, regions, memory, &|_, _| true)
    }

    /// The same, telling now and then how far each region is (by its position).
    ///
    /// # Errors
    ///
    /// Those of [`Space::new`], and [`SpaceError::Interrupted`] where `watch` gives false.
    pub fn watched(
        territory: &'t Territory,
        contiguity: Contiguity,
        regions: Regions,
        memory: u64,
        watch: &(dyn Fn(usize, Progress) -> bool + Sync),
    ) -> Result<Self, SpaceError> {
        let build =
            |i: usize, r: &Region| Diagram::watched(&r.graph, &r.limits, memory, &mut |progress| watch(i, progress));
        let built: Vec<Diagram> =
            largest_first(&regions.regions, build).into_iter().collect::<Result<_, SpaceError>>()?;
        Ok(Self { territory, contiguity, parts: regions.regions.into_iter().zip(built).collect() })
    }

    /// The territory, and which of its links count.
    #[must_use]
    pub fn ground(&self) -> (&'t Territory, Contiguity) {
        (self.territory, self.contiguity)
    }

    /// How many municipalities the territory has, in these regions or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.territory.len()
    }

    /// Whether the territory has no municipality.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.territory.is_empty()
    }

    /// How many plans there are.
    #[must_use]
    pub fn count(&self) -> BigUint {
        self.parts.iter().map(|(_, d)| BigUint::from(d.count())).product()
    }

    /// The regions' ranks of the plan of a rank; the last region's rank runs fastest.
    #[must_use]
    pub fn ranks(&self, rank: &BigUint) -> Option<Ranks> {
        if *rank >= self.count() {
            return None;
        }
        let mut rest = rank.clone();
        let mut ranks = Vec::with_capacity(self.parts.len());
        for (_, diagram) in self.parts.iter().rev() {
            let count = BigUint::from(diagram.count());
            ranks.push(u128::try_from(&rest % &count).unwrap_or(0));
            rest /= count;
        }
        ranks.reverse();
        Some(ranks)
    }

    /// The rank of the plan of the regions' ranks.
    #[must_use]
    pub fn rank(&self, ranks: &[u128]) -> BigUint {
        let digits = self.parts.iter().zip(ranks);
        digits.fold(BigUint::ZERO, |sum, ((_, diagram), &rank)| sum * diagram.count() + rank)
    }

    /// The plan of the regions' ranks; municipalities outside the regions have no area.
    #[must_use]
    pub fn plan(&self, name: &str, ranks: &[u128]) -> Plan {
        let mut labels: Vec<Option<String>> = vec![None; self.territory.len()];
        for ((region, diagram), &rank) in self.parts.iter().zip(ranks) {
            let areas = diagram.plan(rank).unwrap_or_default();
            let names = region.area_labels(self.territory, &areas);
            for (&m, &area) in region.members.iter().zip(&areas) {
                labels[m as usize] = names.get(area as usize).cloned();
            }
        }
        Plan::from_labels(name, &labels.iter().map(Option::as_deref).collect::<Vec<_>>())
    }

    /// The regions' ranks of a plan.
    ///
    /// # Errors
    ///
    /// Names the first region in which the plan is not one of the space.
    pub fn ranks_of(&self, plan: &Plan) -> Result<Ranks, String> {
        let of_part = |(region, diagram): &(Region, Diagram)| {
            let areas: Vec<u32> =
                region.members.iter().map(|&m| plan.of.get(m as usize).copied().unwrap_or(NONE)).collect();
            let whole = areas.iter().all(|&a| a != NONE) && self.stays_inside(region, plan);
            whole.then(|| diagram.rank(&number(areas.into_iter(), 0))).flatten().ok_or_else(|| region.name.clone())
        };
        self.parts.iter().map(of_part).collect()
    }

    /// Whether no area of the region's municipalities goes beyond the region.
    fn stays_inside(&self, region: &Region, plan: &Plan) -> bool {
        let inside = |m: usize| u32::try_from(m).is_ok_and(|m| region.members.binary_search(&m).is_ok());
        let mut own: Vec<u32> = region.members.iter().filter_map(|&m| plan.of.get(m as usize).copied()).collect();
        own.sort_unstable();
        plan.of.iter().enumerate().all(|(m, area)| inside(m) || own.binary_search(area).is_err())
    }

    /// Plans drawn uniformly and independently, as the regions' ranks.
    #[must_use]
    pub fn draw(&self, draws: usize, seed: u64) -> Vec<Ranks> {
        let by_part: Vec<Vec<u128>> =
            (0u64..).zip(&self.parts).map(|(i, (_, d))| d.draw_ranks(draws, seed ^ (i << 48))).collect();
        (0..draws).filter_map(|k| by_part.iter().map(|ranks| ranks.get(k).copied()).collect()).collect()
    }

    /// The objectives as costs of the plans of a region, by its position in `parts`; links to other regions are not
    /// among them (see [`Space::between`]).
    ///
    /// # Panics
    ///
    /// There is no such region.
    #[must_use]
    pub fn costs(&self, objectives: &[Objective], part: usize) -> Vec<Cost> {
        let members = &self.parts[part].0.members;
        let node = |m: u32| members.binary_search(&m).ok().map(crate::territory::index_u32);
        let cost = |o: &Objective| {
            let links = self.links().filter_map(|l| Some((node(l.a)?, node(l.b)?, o.of(l))));
            Cost { area: o.area, cut: links.collect() }
        };
        objectives.iter().map(cost).collect()
    }

    /// What the arcs of a region's diagram cost.
    pub(super) fn prices(&self, objectives: &[Objective], part: usize) -> Prices {
        self.parts[part].1.prices(&self.costs(objectives, part))
    }

    /// The links that count.
    fn links(&self) -> impl Iterator<Item = &Link> {
        self.territory.adjacency().links().iter().filter(|l| self.contiguity.counts(l))
    }

    /// What every plan has in common: the links between the regions are always cut.
    #[must_use]
    pub fn between(&self, objectives: &[Objective]) -> Value {
        let mut part = vec![usize::MAX; self.territory.len()];
        for (i, (region, _)) in self.parts.iter().enumerate() {
            region.members.iter().for_each(|&m| part[m as usize] = i);
        }
        let of = |l: &Link| (part[l.a as usize], part[l.b as usize]);
        let cut: Vec<&Link> =
            self.links().filter(|l| matches!(of(l), (a, b) if a != b && a != usize::MAX && b != usize::MAX)).collect();
        std::array::from_fn(|i| objectives.get(i).map_or(0, |o| cut.iter().map(|l| o.of(l)).sum()))
    }

    /// The metric's sum of any plan over the regions' municipalities, whether or not the plan is one of the space.
    #[must_use]
    pub fn sum_of(&self, metric: Metric, plan: &Plan) -> i64 {
        let regions = self.parts.iter().map(|(region, _)| region);
        Objective::from(metric).of_plan(self.territory, self.contiguity, regions, plan)
    }

    /// The `most` best plans, proved: sums and the regions' ranks, best first, equals in order of rank.
    #[must_use]
    pub fn best(&self, objectives: &[Objective], most: usize) -> Vec<(Value, Ranks)> {
        let own = |(i, (_, diagram)): (usize, &(Region, Diagram))| diagram.best(&self.prices(objectives, i), most);
        let lists: Vec<Vec<(Value, u128)>> = self.parts.par_iter().enumerate().map(own).collect();
        let mut found: Vec<(Value, Ranks)> = vec![(self.between(objectives), Vec::new())];
        for own in lists {
            found = combined(&found, &own);
            found.sort_unstable();
            found.truncate(most);
        }
        found
    }

    /// The Pareto set over some goals, sorted, with one plan for each combination of values; none where it is too large.
    /// Where a goal does not add up over borders and areas every plan of each region is looked at, and what is found until
    /// `go_on` gives false may not be all.
    ///
    /// # Errors
    ///
    /// Those of [`Space::undominated`], for such goals.
    ///
    /// # Panics
    ///
    /// Those of [`Space::undominated`], for such goals.
    pub fn pareto(
        &self,
        goals: &[Goal<'_>],
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<(Value, Ranks)>>, SpaceError> {
        let sums: Vec<Objective> = goals.iter().map(|g| g.sum).collect();
        let add_up = goals.iter().all(|g| g.scored.is_empty());
        let own = |(i, (_, diagram)): (usize, &(Region, Diagram))| {
            if add_up { Ok(diagram.pareto(&self.prices(&sums, i))) } else { self.undominated(goals, i, go_on) }
        };
        let lists: Vec<Option<_>> = self.parts.par_iter().enumerate().map(own).collect::<Result<_, SpaceError>>()?;
        let Some(lists) = lists.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        let mut found: Vec<(Value, Ranks)> = vec![(self.between(&sums), Vec::new())];
        for own in lists {
            if found.len().saturating_mul(own.len()) > MOST_COMBINED {
                return Ok(None);
            }
            found = combined(&found, &own);
            super::metric::pareto(&mut found);
        }
        Ok(Some(found))
    }

    /// How many plans have each sum of a metric of small whole numbers, ascending; exact.
    #[must_use]
    pub fn histogram(&self, metric: Metric) -> Vec<(i64, BigUint)> {
        let objective = [Objective::from(metric)];
        let mut sums: BTreeMap<i64, BigUint> = BTreeMap::from([(self.between(&objective)[0], BigUint::from(1u32))]);
        for (i, (_, diagram)) in self.parts.iter().enumerate() {
            let own = diagram.histogram(&self.prices(&objective, i));
            let mut next: BTreeMap<i64, BigUint> = BTreeMap::new();
            for (sum, count) in &sums {
                for (value, times) in &own {
                    *next.entry(sum + value).or_default() += count * times;
                }
            }
            sums = next;
        }
        sums.into_iter().collect()
    }

    /// The metric's sums of some plans, in their order.
    #[must_use]
    pub fn sums_of(&self, metric: Metric, plans: &[Ranks]) -> Vec<i64> {
        let objective = [Objective::from(metric)];
        let prices: Vec<Prices> = (0..self.parts.len()).map(|i| self.prices(&objective, i)).collect();
        let [between, ..] = self.between(&objective);
        let of_plan = |ranks: &Ranks| {
            let parts = self.parts.iter().zip(&prices).zip(ranks);
            between + parts.filter_map(|(((_, d), prices), &rank)| d.cost_at(prices, rank)).map(|v| v[0]).sum::<i64>()
        };
        plans.par_iter().map(of_plan).collect()
    }
}

/// Each plan of some regions with each of another one.
fn combined(found: &[(Value, Ranks)], own: &[(Value, u128)]) -> Vec<(Value, Ranks)> {
    let with = |(sum, ranks): &(Value, Ranks)| {
        let longer = |&(value, rank): &(Value, u128)| (plus(*sum, value), [&ranks[..], &[rank]].concat());
        own.iter().map(longer).collect::<Vec<_>>()
    };
    found.iter().flat_map(with).collect()
}

/// Does something for each region, in parallel and the one with most municipalities first, as that takes longest; what
/// it gives is in the regions' order.
pub fn largest_first<T: Send>(regions: &[Region], work: impl Fn(usize, &Region) -> T + Sync) -> Vec<T> {
    let mut order: Vec<(usize, &Region)> = regions.iter().enumerate().collect();
    order.sort_by_key(|(_, r)| std::cmp::Reverse(r.members.len()));
    // A bridge hands them out one by one, in this order.
    let mut done: Vec<(usize, T)> = order.into_iter().par_bridge().map(|(i, r)| (i, work(i, r))).collect();
    done.sort_unstable_by_key(|d| d.0);
    done.into_iter().map(|d| d.1).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "a border is shorter than 2^52 mm")]
fn millimetres(length_m: f64) -> i64 {
    (length_m * 1000.0).round() as i64
}
