//! What the municipalities that proposals leave open could become, from the exact space of all plans.

use std::collections::BTreeMap;

use num_bigint::BigUint;
use rayon::prelude::*;

use super::Assessor;
use crate::plan::{NONE, Plan};
use crate::rules::Verdict;
use crate::search::clash::{Clash, clash_left};
use crate::space::{self, Metric, Narrowing, Objective, Region, Regions, Space, SpaceError};

/// The metric of the best completion: less is better.
pub const COMPLETED_BY: &str = "cut_border_km";

/// What is left of a region beside decided areas.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// The region.
    pub region: String,
    /// Municipalities that are left (positions in the territory, sorted); never none.
    pub municipalities: Vec<usize>,
    /// How many lawful plans they have; why that can't be counted.
    pub count: Result<BigUint, String>,
    /// Why there is none, where there is none.
    pub clash: Option<Clash>,
}

/// A map that fills in what is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The plan: what was decided, and the best of what is left.
    pub plan: Plan,
    /// Length of the borders between its areas within each region that it fills in, in km; no other completion has less.
    pub cut_border_km: f64,
    /// The verdict on it.
    pub verdict: Verdict,
}

/// What is left beside one proposal, or beside several that can stand together.
#[derive(Debug, Clone, PartialEq)]
pub struct Rest {
    /// The regions that are not wholly decided: for one proposal those that it touches, for a set all of them; by name.
    pub regions: Vec<Left>,
    /// How many lawful plans what is left has in these regions together; none where one can't be counted.
    pub count: Option<BigUint>,
    /// The best completion; none where there is none, or where it can't be worked out.
    pub best: Option<Completion>,
}

impl Rest {
    /// Whether some region has no lawful plan any more.
    #[must_use]
    pub fn is_impossible(&self) -> bool {
        self.regions.iter().any(|r| r.count == Ok(BigUint::ZERO))
    }
}

/// What is left beside each proposal, and beside each of some sets of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rests {
    /// One a proposal.
    pub proposals: Vec<Rest>,
    /// One a set.
    pub sets: Vec<Rest>,
    /// Hard rules that the counts leave out (the completions are judged by them).
    pub untested: Vec<String>,
    /// Attributes with estimated figures that the counts rest on.
    pub estimated: Vec<String>,
}

impl Rests {
    /// Counts, region by region, the plans that hold the areas of a map of some municipalities as they are, and finds the one
    /// with the least cut border; `memory` in bytes is for each region. Where there is none the rules that clash are looked for.
    ///
    /// `narrowing` says what narrows the rulebook's space (its region is not looked at). The maps are the plans of all proposals,
    /// of which the regions that they touch are asked about, and `unions`, of which all are. What is the same for several of
    /// them is worked out once.
    ///
    /// # Errors
    ///
    /// A rulebook that can't be turned into a space. A region that is too large is no error: its count says so.
    pub fn new(
        assessor: &Assessor<'_>,
        unions: &[Plan],
        narrowing: &Narrowing,
        memory: u64,
    ) -> Result<Self, SpaceError> {
        let (territory, rulebook) = assessor.grounds();
        let narrowing = Narrowing { region: None, ..narrowing.clone() };
        let all = Regions::new(territory, rulebook, &narrowing)?;
        let ground = Ground { assessor, narrowing: &narrowing, memory, regions: &all };
        let proposals = &assessor.consultation().proposals;
        let maps: Vec<(&Plan, bool)> =
            proposals.iter().map(|p| (&p.plan, false)).chain(unions.iter().map(|plan| (plan, true))).collect();
        let keys: Vec<Vec<Key>> = maps.iter().map(|&(plan, whole)| ground.keys(plan, whole)).collect();
        // Each once, with the map that asks for it first.
        let mut asked: BTreeMap<&Key, &Plan> = BTreeMap::new();
        for (own, &(plan, _)) in keys.iter().zip(&maps) {
            for key in own {
                asked.entry(key).or_insert(plan);
            }
        }
        let asked: Vec<(&Key, &Plan)> = asked.into_iter().collect();
        let found: Vec<Found> = asked.par_iter().map(|&(key, plan)| ground.found(key.0, plan)).collect();
        let found: BTreeMap<&Key, &Found> = asked.iter().map(|a| a.0).zip(&found).collect();
        let rest = |i: usize| ground.rest(maps[i].0, &keys[i].iter().map(|key| found[key]).collect::<Vec<_>>());
        let mut rests = (0..maps.len()).into_par_iter().map(rest).collect::<Result<Vec<Rest>, SpaceError>>()?;
        let sets = rests.split_off(proposals.len());
        Ok(Self { proposals: rests, sets, untested: all.untested, estimated: all.estimated })
    }
}

/// A region, and the members of what is decided there, area by area: what is left depends on these alone.
type Key = (usize, Vec<Vec<usize>>);

/// Areas: label and members.
type Areas = Vec<(String, Vec<usize>)>;

/// What is left of a region.
struct Found {
    left: Left,
    /// The areas of its best plan.
    best: Areas,
}

struct Ground<'g> {
    assessor: &'g Assessor<'g>,
    narrowing: &'g Narrowing,
    memory: u64,
    regions: &'g Regions,
}

impl Ground<'_> {
    /// The regions that a map leaves open: all of them, or those that it touches.
    fn keys(&self, plan: &Plan, whole: bool) -> Vec<Key> {
        let mut keys = Vec::new();
        for (i, region) in self.regions.regions.iter().enumerate() {
            let mut decided: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            let mut open = false;
            for &m in &region.members {
                match plan.of[m as usize] {
                    NONE => open = true,
                    area => {
                        decided.entry(area).or_insert_with(|| plan.members(area).collect());
                    }
                }
            }
            if open && (whole || !decided.is_empty()) {
                let mut decided: Vec<Vec<usize>> = decided.into_values().collect();
                decided.sort();
                keys.push((i, decided));
            }
        }
        keys
    }

    fn found(&self, region: usize, plan: &Plan) -> Found {
        let region = &self.regions.regions[region];
        let open = |m: &u32| plan.of[*m as usize] == NONE;
        let municipalities = region.members.iter().filter(|m| open(m)).map(|&m| m as usize).collect();
        let mut left = Left { region: region.name.clone(), municipalities, count: Ok(1u32.into()), clash: None };
        let mut best = Vec::new();
        if let Some(rest) = region.left_by(plan) {
            match self.count(&rest) {
                Ok((count, areas)) => (left.count, best) = (Ok(count), areas),
                Err(error) => left.count = Err(error.to_string()),
            }
        }
        if left.count == Ok(BigUint::ZERO) {
            let (territory, rulebook) = self.assessor.grounds();
            left.clash =
                clash_left(territory, rulebook, self.narrowing, &region.name, plan, self.memory).ok().flatten();
        }
        best.retain(|(_, members): &(String, Vec<usize>)| members.iter().all(|&m| plan.of[m] == NONE));
        Found { left, best }
    }

    /// How many plans what is left of a region has, and the areas of the best.
    fn count(&self, rest: &Region) -> Result<(BigUint, Areas), SpaceError> {
        let (territory, rulebook) = self.assessor.grounds();
        let one = Regions { regions: vec![rest.clone()], untested: Vec::new(), estimated: Vec::new() };
        let space = match Space::new(territory, rulebook.contiguity, one, self.memory) {
            Err(SpaceError::TooManyPlans) => {
                return Ok((space::count(&rest.graph, &rest.limits, self.memory)?.total, Vec::new()));
            }
            space => space?,
        };
        let best = space.best(&[Metric::CutBorder.into()], 1);
        let areas = best.first().map_or_else(Vec::new, |(_, ranks)| {
            let plan = space.plan("", ranks);
            (0..).zip(&plan.areas).map(|(area, label)| (label.clone(), plan.members(area).collect())).collect()
        });
        Ok((space.count(), areas))
    }

    fn rest(&self, plan: &Plan, parts: &[&Found]) -> Result<Rest, SpaceError> {
        let counts: Option<Vec<&BigUint>> = parts.iter().map(|part| part.left.count.as_ref().ok()).collect();
        let count = counts.map(|counts| counts.into_iter().product::<BigUint>());
        let known = count.is_some() && parts.iter().all(|part| !part.best.is_empty());
        let best = known.then(|| self.completed(plan, parts)).transpose()?;
        Ok(Rest { regions: parts.iter().map(|part| part.left.clone()).collect(), count, best })
    }

    fn completed(&self, plan: &Plan, parts: &[&Found]) -> Result<Completion, SpaceError> {
        let (territory, rulebook) = self.assessor.grounds();
        let mut whole = plan.clone();
        for (label, members) in parts.iter().flat_map(|part| &part.best) {
            let area = crate::territory::index_u32(whole.areas.len());
            members.iter().for_each(|&m| whole.of[m] = area);
            whole.areas.push(label.clone());
        }
        let whole = relabelled(&whole);
        let filled = |region: &&Region| parts.iter().any(|part| part.left.region == region.name);
        let regions = self.regions.regions.iter().filter(filled);
        let sum = Objective::from(Metric::CutBorder).of_plan(territory, rulebook.contiguity, regions, &whole);
        let verdict = self.assessor.verdict(&whole).map_err(|e| SpaceError::Rulebook(e.to_string()))?;
        Ok(Completion { plan: whole, cut_border_km: Metric::CutBorder.value(sum), verdict })
    }
}

/// The plan with its areas sorted by label, and each label once.
pub(super) fn relabelled(plan: &Plan) -> Plan {
    let mut labels: Vec<String> = Vec::with_capacity(plan.areas.len());
    for label in &plan.areas {
        let unique = (1..).map(|n: u32| if n == 1 { label.clone() } else { format!("{label} ({n})") });
        labels.extend(unique.into_iter().find(|own| !labels.contains(own)));
    }
    let of: Vec<Option<&str>> = plan.of.iter().map(|&a| labels.get(a as usize).map(String::as_str)).collect();
    let mut sorted = Plan::from_labels(plan.name.clone(), &of);
    if !plan.companies.is_empty() {
        let before = |label: &String| labels.iter().position(|l| l == label).and_then(|i| plan.companies.get(i));
        sorted.companies = sorted.areas.iter().map(|label| before(label).cloned().unwrap_or_default()).collect();
    }
    sorted.irregularities.clone_from(&plan.irregularities);
    sorted
}
