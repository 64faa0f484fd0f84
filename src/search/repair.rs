//! The nearest plan that conforms: the fewest municipalities (or homes, or people) that must change area, proved.
//!
//! A working area lies inside one region, so each region is mended by itself, exactly (by dynamic programming over the
//! frontier of its graph); an area that crosses regions may stay in one of them, and every choice of one is weighed.

use rustc_hash::FxHashMap;

use super::labelled::{Bound, Labelling, Region, cheapest};
use crate::plan::{NONE, Plan};
use crate::rules::{CheckError, Checker, Kind, Move, Register, Rulebook, Severity, Status, Verdict};
use crate::territory::{Graph, Territory, index_u32};

/// Areas that cross a region's border that are weighed at most.
const MOST_CROSSING: usize = 10;

/// Ways to leave crossing areas in one region each that are weighed at most.
const MOST_WAYS: usize = 1 << 20;

/// How to repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairOptions {
    /// The attribute whose sum over the moved municipalities is to be least; none: their number.
    pub weigh: Option<String>,
    /// States held at most in one region (about 200 bytes each).
    pub most_states: usize,
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self { weigh: None, most_states: 20_000_000 }
    }
}

/// A repair that can't be tried.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RepairError {
    /// The rulebook does not fit the territory.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The territory has no such attribute.
    #[error("the territory has no attribute {attribute} to weigh by (it has: {known})")]
    NoAttribute {
        /// The attribute.
        attribute: String,
        /// Those it has.
        known: String,
    },
    /// A municipality has no figure, or a negative one, to weigh by.
    #[error("municipality {code} has no figure of 0 or more for {attribute}, so its move can't be weighed")]
    NoFigure {
        /// The municipality.
        code: String,
        /// The attribute.
        attribute: String,
    },
    /// More areas or a wider frontier than a region can have here.
    #[error("{region} is too large for an exact repair: more than {most} states; name a rulebook with smaller regions")]
    TooLarge {
        /// The region.
        region: String,
        /// States allowed.
        most: usize,
    },
}

/// A plan that was mended.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// The mended plan, under the name of the one given.
    pub plan: Plan,
    /// Who moves, sorted by code.
    pub moves: Vec<Move>,
    /// Municipalities, or the sum of the attribute weighed by, that move.
    pub amount: f64,
    /// No plan that conforms can be nearer than this.
    pub bound: f64,
    /// True where `amount` is proved to be the least.
    pub proved_smallest: bool,
    /// The verdict on the mended plan, by the code that judges every plan.
    pub verdict: Verdict,
}

/// What came of a repair.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A plan that conforms.
    Repaired(Box<Repair>),
    /// Proved: no plan of this region conforms, whatever moves.
    Impossible {
        /// The region (empty: the whole territory).
        region: String,
    },
    /// The nearest plan by the rules that the search knows breaks another rule, which it does not know.
    Unmended(Box<Repair>),
}

/// Mends a plan: every municipality in one area, areas contiguous, each inside one region, sums within hard bounds, with
/// the fewest changes.
///
/// Bounds on estimated figures do not bind, as in a check. Rules that the search does not know (enclosure, together, apart,
/// balance, number of areas) are checked afterwards; where one breaks, the outcome is [`Outcome::Unmended`] and nothing is
/// claimed but the bound.
///
/// # Errors
///
/// See [`RepairError`].
pub fn repair(
    territory: &Territory,
    plan: &Plan,
    rulebook: &Rulebook,
    options: &RepairOptions,
) -> Result<Outcome, RepairError> {
    let register = Register::default();
    let checker = Checker::new(territory, rulebook, &register)?;
    let ground = Ground::new(territory, plan, rulebook, options)?;
    if let Some(region) = ground.regions.iter().find(|r| r.crossing.len() > MOST_CROSSING) {
        return Err(RepairError::TooLarge { region: region.name.clone(), most: 1 << MOST_CROSSING });
    }
    let mut tables = Vec::with_capacity(ground.regions.len());
    for region in &ground.regions {
        let table = ground.table(region)?;
        if table.iter().all(Option::is_none) {
            return Ok(Outcome::Impossible { region: region.name.clone() });
        }
        tables.push(table);
    }
    if ground.ways() > MOST_WAYS {
        return Err(RepairError::TooLarge { region: "the territory".to_owned(), most: MOST_WAYS });
    }
    let Some(way) = ground.best_way(&tables) else {
        return Ok(Outcome::Impossible { region: String::new() });
    };
    let mended = ground.apply(plan, &tables, &way);
    let verdict = checker.findings(&mended, &mut crate::rules::Scratch::default());
    let repair = Box::new(ground.report(plan, mended, verdict));
    Ok(if repair.verdict.status == Status::NotConform { Outcome::Unmended(repair) } else { Outcome::Repaired(repair) })
}

/// A region with its municipalities and the areas that have any of them.
struct Part {
    name: String,
    members: Vec<usize>,
    areas: Vec<u32>,
    /// Those of `areas` that other regions have too.
    crossing: Vec<u32>,
}

/// The cheapest labelling of a region: area of each member (`NONE - i` for the i-th new one), and cost.
type Best = Option<(Vec<u32>, u64)>;

struct Ground<'g> {
    territory: &'g Territory,
    plan: &'g Plan,
    graph: Graph,
    mainland: Vec<bool>,
    regions: Vec<Part>,
    cost: Vec<u64>,
    bounds: Vec<Bound>,
    fixed: Vec<u32>,
    /// False where something was left out of the search that could be cheaper.
    whole: bool,
    options: &'g RepairOptions,
}

impl<'g> Ground<'g> {
    fn new(
        territory: &'g Territory,
        plan: &'g Plan,
        rulebook: &Rulebook,
        options: &'g RepairOptions,
    ) -> Result<Self, RepairError> {
        let graph = territory.adjacency().graph(rulebook.contiguity);
        let exclaves_count =
            rulebook.rules.iter().any(|r| matches!(r.kind, Kind::Contiguity { exclaves_count: true, .. }));
        let components = graph.components();
        let mainland: Vec<bool> = components.of.iter().map(|&c| exclaves_count || c == components.mainland).collect();
        let (regions, all_in_a_region) = regions(territory, plan, rulebook);
        let alone = (0u32..).zip(&components.sizes).all(|(c, &size)| c == components.mainland || size == 1);
        let whole = all_in_a_region && (exclaves_count || alone);
        let bounds = bounds(territory, rulebook);
        let fixed = fixed(territory, plan, rulebook);
        let cost = costs(territory, options)?;
        Ok(Self { territory, plan, graph, mainland, regions, cost, bounds, fixed, whole, options })
    }

    /// The cheapest labelling for each set of the crossing areas that may stay in the region.
    fn table(&self, region: &Part) -> Result<Vec<Best>, RepairError> {
        (0..1usize << region.crossing.len()).map(|kept| self.solve(region, kept)).collect()
    }

    fn solve(&self, region: &Part, kept: usize) -> Result<Best, RepairError> {
        let gone = |a: u32| region.crossing.iter().position(|&c| c == a).is_some_and(|i| kept & (1 << i) == 0);
        let areas: Vec<u32> = region.areas.iter().copied().filter(|&a| !gone(a)).collect();
        let local = |a: u32| areas.iter().position(|&known| known == a).map_or(NONE, index_u32);
        let position: FxHashMap<usize, u32> = (0u32..).zip(&region.members).map(|(i, &m)| (m, i)).collect();
        let pairs: Vec<(u32, u32)> = region
            .members
            .iter()
            .flat_map(|&m| self.graph.neighbours(m).iter().map(move |&w| (m, w as usize)))
            .filter(|(m, w)| m < w)
            .filter_map(|(m, w)| Some((*position.get(&m)?, *position.get(&w)?)))
            .collect();
        let graph = Graph::new(region.members.len(), pairs.iter().copied());
        let pick = |of: &[u32]| -> Vec<u32> {
            region.members.iter().map(|&m| of.get(m).copied().map_or(NONE, local)).collect()
        };
        let (now, fixed) = (pick(&self.plan.of), pick(&self.fixed));
        let cost: Vec<u64> = region.members.iter().map(|&m| self.cost[m]).collect();
        let free: Vec<bool> = region.members.iter().map(|&m| !self.mainland[m]).collect();
        let bounds: Vec<Bound> = self
            .bounds
            .iter()
            .map(|b| Bound { values: region.members.iter().map(|&m| b.values[m]).collect(), ..*b })
            .collect();
        let most = self.options.most_states;
        let count = index_u32(region.members.len());
        let run = |new_areas: u32, limit: u64| {
            let region = Region {
                graph: &graph,
                free: &free,
                areas: index_u32(areas.len()),
                new_areas,
                now: &now,
                fixed: &fixed,
                cost: &cost,
                bounds: &bounds,
            };
            cheapest(&region, limit, most)
        };
        let too_large = || RepairError::TooLarge { region: region.name.clone(), most };
        // More and more may be paid, so that little is looked at where little needs to move.
        let all: u64 = cost.iter().sum();
        let mut limit = cost.iter().copied().filter(|&c| c > 0).min().unwrap_or(1);
        let mut allowed = 0;
        loop {
            // A new area has only municipalities that move, so there are no more of them than moves.
            let most_new =
                if self.options.weigh.is_some() { count } else { u32::try_from(allowed).unwrap_or(count).min(count) };
            match run(most_new, allowed) {
                Labelling::Found(labels, cost) => {
                    let new = |l: u32| NONE - 1 - (l - index_u32(areas.len()));
                    let named = |l: u32| areas.get(l as usize).copied().unwrap_or_else(|| new(l));
                    return Ok(Some((labels.into_iter().map(named).collect(), cost)));
                }
                Labelling::TooMany => return Err(too_large()),
                Labelling::None if allowed >= all => return Ok(None),
                Labelling::None => {
                    allowed = limit.min(all);
                    limit = if self.options.weigh.is_some() { limit * 2 } else { limit + 1 };
                }
            }
        }
    }

    /// In how many ways the crossing areas can stay in one region each.
    fn ways(&self) -> usize {
        let mut regions_of: FxHashMap<u32, usize> = FxHashMap::default();
        self.regions.iter().flat_map(|r| &r.crossing).for_each(|&a| *regions_of.entry(a).or_default() += 1);
        regions_of.values().fold(1, |ways, &n| ways.saturating_mul(n))
    }

    /// For each crossing area the region that keeps it, so that the sum is least; then each region's set as a number.
    fn best_way(&self, tables: &[Vec<Best>]) -> Option<Vec<usize>> {
        let mut crossing: Vec<u32> = self.regions.iter().flat_map(|r| r.crossing.iter().copied()).collect();
        crossing.sort_unstable();
        crossing.dedup();
        let mut ways: Vec<Vec<usize>> = vec![vec![0; self.regions.len()]];
        for &area in &crossing {
            let mut longer = Vec::new();
            for way in &ways {
                for (r, region) in self.regions.iter().enumerate() {
                    if let Some(i) = region.crossing.iter().position(|&c| c == area) {
                        let mut way = way.clone();
                        way[r] |= 1 << i;
                        longer.push(way);
                    }
                }
            }
            ways = longer;
        }
        let cost = |way: &Vec<usize>| -> Option<u64> {
            way.iter().zip(tables).map(|(&kept, table)| table.get(kept)?.as_ref().map(|b| b.1)).sum()
        };
        ways.into_iter().filter_map(|way| Some((cost(&way)?, way))).min_by_key(|(cost, _)| *cost).map(|(_, way)| way)
    }

    /// The plan with every region's labelling.
    fn apply(&self, plan: &Plan, tables: &[Vec<Best>], way: &[usize]) -> Plan {
        let mut labels: Vec<Option<String>> = vec![None; self.territory.len()];
        let mut fresh = 0;
        for ((region, table), &kept) in self.regions.iter().zip(tables).zip(way) {
            let Some(Some((areas, _))) = table.get(kept) else { continue };
            let mut names: FxHashMap<u32, String> = FxHashMap::default();
            for (&m, &area) in region.members.iter().zip(areas) {
                let known = plan.areas.get(area as usize).cloned();
                let label = known.unwrap_or_else(|| {
                    let name = names.entry(area).or_insert_with(|| {
                        loop {
                            fresh += 1;
                            let name = format!("new-{fresh}");
                            if !plan.areas.contains(&name) {
                                return name;
                            }
                        }
                    });
                    name.clone()
                });
                labels[m] = Some(label);
            }
        }
        let labels: Vec<Option<&str>> = labels.iter().map(Option::as_deref).collect();
        Plan::from_labels(&*plan.name, &labels)
    }

    fn report(&self, plan: &Plan, mended: Plan, verdict: Verdict) -> Repair {
        let label = |plan: &Plan, m: usize| plan.of.get(m).and_then(|&a| plan.areas.get(a as usize)).cloned();
        let mut moves = Vec::new();
        let mut paid = 0;
        for (m, municipality) in self.territory.municipalities().iter().enumerate() {
            let (from, to) = (label(plan, m), label(&mended, m));
            if let Some(to) = to.filter(|to| from.as_ref() != Some(to)) {
                moves.push(Move { municipality: municipality.code.clone(), from, to });
                paid += self.cost[m];
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "sums of homes or people in thousandths are far below 2^52")]
        let amount = if self.options.weigh.is_some() { paid as f64 / 1000.0 } else { paid as f64 };
        let conforms = verdict.findings.iter().all(|f| f.severity != Severity::Violation);
        let proved_smallest = self.whole && conforms;
        let bound = if self.whole { amount } else { 0.0 };
        Repair { plan: mended, moves, amount, bound, proved_smallest, verdict }
    }
}

/// The regions of the first hard nesting rule, or the whole territory; and whether every municipality is in one.
fn regions(territory: &Territory, plan: &Plan, rulebook: &Rulebook) -> (Vec<Part>, bool) {
    let division = rulebook.rules.iter().filter(|r| r.hard).find_map(|r| match &r.kind {
        Kind::Nesting { division } => division.iter().find_map(|name| territory.division(name)),
        _ => None,
    });
    let zone = |m: usize| division.and_then(|d| d.of[m]);
    let mut by_zone: std::collections::BTreeMap<Option<u32>, Vec<usize>> = std::collections::BTreeMap::new();
    for m in 0..territory.len() {
        by_zone.entry(zone(m)).or_default().push(m);
    }
    let all = division.is_none() || !by_zone.contains_key(&None);
    let mut zones_of: FxHashMap<u32, Vec<Option<u32>>> = FxHashMap::default();
    for (&zone, members) in &by_zone {
        for area in areas_of(plan, members) {
            zones_of.entry(area).or_default().push(zone);
        }
    }
    let parts = by_zone
        .iter()
        .map(|(&zone, members)| {
            let areas = areas_of(plan, members);
            let crossing = areas.iter().copied().filter(|a| zones_of[a].len() > 1).collect();
            let name = zone.and_then(|z| division.map(|d| d.zones[z as usize].clone())).unwrap_or_default();
            Part { name, members: members.clone(), areas, crossing }
        })
        .collect();
    (parts, all)
}

/// The areas of some municipalities, sorted.
fn areas_of(plan: &Plan, members: &[usize]) -> Vec<u32> {
    let mut areas: Vec<u32> = members.iter().filter_map(|&m| plan.of.get(m).copied()).filter(|&a| a != NONE).collect();
    areas.sort_unstable();
    areas.dedup();
    areas
}

/// The hard bounds on real figures, in thousandths.
fn bounds(territory: &Territory, rulebook: &Rulebook) -> Vec<Bound> {
    let mut found = Vec::new();
    for rule in rulebook.rules.iter().filter(|r| r.hard) {
        let Kind::Bounds { attribute, at_least, at_most } = &rule.kind else { continue };
        let values: Option<Vec<i64>> = match attribute.iter().find_map(|name| territory.attribute(name)) {
            // An estimate does not bind, and a missing figure leaves the sum open: the check says so too.
            Some(figures) if figures.estimated => None,
            Some(figures) => figures.values.iter().map(|v| v.map(thousandths)).collect(),
            None if attribute.iter().any(|a| a == "municipalities") => Some(vec![1000; territory.len()]),
            None => None,
        };
        // The state keeps no sum beyond the minimum, which is only right where nothing is negative.
        if let Some(values) = values.filter(|v| v.iter().all(|&v| v >= 0)) {
            let at_least = at_least.map_or(0, thousandths);
            found.push(Bound { values, at_least, at_most: at_most.map_or(i64::MAX, thousandths) });
        }
    }
    found
}

#[expect(clippy::cast_possible_truncation, reason = "saturates far beyond any figure")]
fn thousandths(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

/// The area that each municipality must have by a hard rule, or [`NONE`].
fn fixed(territory: &Territory, plan: &Plan, rulebook: &Rulebook) -> Vec<u32> {
    let mut fixed = vec![NONE; territory.len()];
    for rule in rulebook.rules.iter().filter(|r| r.hard) {
        if let Kind::Fixed { municipalities, area } = &rule.kind {
            let Some(number) = plan.areas.iter().position(|a| a == area).map(index_u32) else { continue };
            for m in municipalities.iter().filter_map(|code| territory.position(code)) {
                fixed[m] = number;
            }
        }
    }
    fixed
}

/// What each municipality's move costs: 1, or its figure in thousandths.
fn costs(territory: &Territory, options: &RepairOptions) -> Result<Vec<u64>, RepairError> {
    let name = match options.weigh.as_deref() {
        None | Some("municipalities") => {
            return Ok(vec![if options.weigh.is_some() { 1000 } else { 1 }; territory.len()]);
        }
        Some(name) => name,
    };
    let Some(attribute) = territory.attribute(name) else {
        let known: Vec<&str> = territory.attributes().iter().map(|a| a.name.as_str()).collect();
        return Err(RepairError::NoAttribute { attribute: name.to_owned(), known: known.join(", ") });
    };
    let figure = |(value, m): (&Option<f64>, &crate::Municipality)| {
        value
            .and_then(|v| u64::try_from(thousandths(v)).ok())
            .ok_or_else(|| RepairError::NoFigure { code: m.code.clone(), attribute: name.to_owned() })
    };
    attribute.values.iter().zip(territory.municipalities()).map(figure).collect()
}
