//! The best plan of a territory with regions that the space can't hold, region by region.

use super::centres;
use super::large::{self, Answer, Effort, LargeError, Outcome, Problem, Progress};
use crate::plan::Plan;
use crate::score::Scorer;
use crate::space::{Objective, Region, Regions};
use crate::territory::adjacency::Contiguity;
use crate::territory::{Link, Territory, index_u32};

/// Why the search can't be asked this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BeyondError {
    /// A metric of which more is better, or a number of areas that is to be small while it is not fixed.
    #[error(
        "of a space too large to be held only the least cut_links, cut_border_km or inertia_ATTR can be searched for, or a sum of \
         the first two"
    )]
    Objective,
    /// A municipality without a figure.
    #[error("region {region}: {attribute} is not known of every municipality, which the search needs")]
    Figure {
        /// The region.
        region: String,
        /// The attribute.
        attribute: String,
    },
    /// Municipalities that are cut off from the rest.
    #[error("region {region} has municipalities that are cut off from the rest, which the search does not know of")]
    Exclaves {
        /// The region.
        region: String,
    },
    /// The figures don't fit.
    #[error("region {region}: {error}")]
    Large {
        /// The region.
        region: String,
        /// Why.
        error: LargeError,
    },
}

/// The best plan found, and what is proved of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// The worst outcome of the regions.
    pub outcome: Outcome,
    /// The plan; none where a region has none.
    pub plan: Option<Plan>,
    /// The objective of the plan; of inertia in millionths.
    pub value: i64,
    /// No plan has less.
    pub bound: i64,
    /// The first region without a plan, of those with the worst outcome.
    pub without: Option<String>,
}

/// Who is told how far it is, region by region; gives false to put an end to it.
type Watch<'w> = dyn FnMut(&str, &Progress) -> bool + 'w;

/// Searches each region with [`large::solve`]. One sum is held within its bounds, that with the most narrow ones; what
/// else the limits demand (other sums, together, apart, enclosure) is left out, so that the bound holds. A plan of a region
/// that breaks another sum, or what must be together or apart, is not taken (the outcome is `Stopped`); enclosure, and
/// what no limit renders, must be judged by the caller.
///
/// # Errors
///
/// See [`BeyondError`].
pub fn beyond(
    territory: &Territory,
    contiguity: Contiguity,
    regions: &Regions,
    objective: Objective,
    effort: &Effort,
    watch: &mut dyn FnMut(&str, &Progress) -> bool,
) -> Result<Beyond, BeyondError> {
    let links = counting(territory, contiguity);
    let (mut found, gap) = gather(territory, regions, watch, |region, watch| {
        let problem = problem(region, &links, objective)?;
        large::solve(&problem, effort, watch).map_err(|error| refused(region, error))
    })?;
    let areas = |region: &Region| region.limits.areas.map_or(0, |(fewest, _)| i64::from(fewest));
    found.bound = found.bound.saturating_add(regions.regions.iter().map(areas).sum::<i64>() * objective.area);
    if let Some(plan) = &found.plan {
        found.value = objective.of_plan(territory, contiguity, regions.regions.iter(), plan);
        found.bound = found.value - gap;
    }
    Ok(found)
}

/// The same for the least inertia (a scorer of `inertia_ATTR`), by [`centres::solve`].
///
/// What each municipality adds is counted in whole millionths of the metric's unit, or in the finest power of ten with
/// which all of it fits (2^52 of them), and rounded down; the bound of a plan that is not proved best is lowered by what that may
/// leave out. A plan that is proved best is so but for that: less than one of what is counted for each municipality.
///
/// # Errors
///
/// See [`BeyondError`].
pub fn most_compact(
    territory: &Territory,
    contiguity: Contiguity,
    regions: &Regions,
    scorer: &Scorer<'_>,
    effort: &Effort,
    watch: &mut dyn FnMut(&str, &Progress) -> bool,
) -> Result<Beyond, BeyondError> {
    let links = counting(territory, contiguity);
    let most = |region: &Region| {
        let greatest = |&m: &u32| shares(region, scorer, m).fold(0.0, f64::max);
        region.members.iter().map(greatest).sum::<f64>()
    };
    let most = regions.regions.iter().map(most).fold(0.0, f64::max);
    // Millionths that make one of what is counted.
    let mut each = 1;
    while most * 1e6 / f64::from(each) > MOST_COUNTED && each < 1_000_000 {
        each *= 10;
    }
    let (mut found, gap) = gather(territory, regions, watch, |region, watch| {
        let problem = centred(region, &links, scorer, 1e6 / f64::from(each))?;
        centres::solve(&problem, effort, watch).map_err(|error| refused(region, error))
    })?;
    let each = i64::from(each);
    found.bound = found.bound.saturating_mul(each);
    if let Some(plan) = &found.plan {
        #[expect(clippy::cast_possible_truncation, reason = "below 2^52 of at most a million millionths")]
        let value = (scorer.plan(plan) * 1e6).round() as i64;
        let rounded = if gap > 0 { i64::from(index_u32(territory.len())) * each } else { 0 };
        (found.value, found.bound) = (value, (value - gap.saturating_mul(each) - rounded).max(0));
    }
    Ok(found)
}

/// What is counted, at most: more than [`centres::MOST_COST`] is refused, and this is below it.
const MOST_COUNTED: f64 = 4e15;

/// The links that count.
fn counting(territory: &Territory, contiguity: Contiguity) -> Vec<&Link> {
    territory.adjacency().links().iter().filter(|l| contiguity.counts(l)).collect()
}

fn refused(region: &Region, error: LargeError) -> BeyondError {
    BeyondError::Large { region: region.name.clone(), error }
}

/// What a municipality adds under each centre of its region.
fn shares<'s>(region: &'s Region, scorer: &'s Scorer<'_>, m: u32) -> impl Iterator<Item = f64> + 's {
    region.members.iter().map(move |&c| scorer.share(m, c).unwrap_or(f64::NAN))
}

/// Puts the plans of the regions together; the bound is that of the regions, and the gap that of their plans to it.
fn gather(
    territory: &Territory,
    regions: &Regions,
    watch: &mut Watch<'_>,
    mut solve: impl FnMut(&Region, &mut dyn FnMut(&Progress) -> bool) -> Result<Answer, BeyondError>,
) -> Result<(Beyond, i64), BeyondError> {
    let mut labels: Vec<Option<String>> = vec![None; territory.len()];
    let mut found = Beyond { outcome: Outcome::Optimal, plan: None, value: 0, bound: 0, without: None };
    let mut gap = 0;
    for region in &regions.regions {
        let solved = solve(region, &mut |progress| watch(&region.name, progress))?;
        let rank = |o: Outcome| match o {
            Outcome::Optimal => 0,
            Outcome::Feasible => 1,
            Outcome::Stopped => 2,
            Outcome::Infeasible => 3,
        };
        let plan = solved.plan.zip(solved.value).filter(|(areas, _)| keeps(region, areas));
        let outcome = match solved.outcome {
            Outcome::Optimal | Outcome::Feasible if plan.is_none() => Outcome::Stopped,
            outcome => outcome,
        };
        if rank(outcome) > rank(found.outcome) {
            found.outcome = outcome;
            if plan.is_none() {
                found.without = Some(region.name.clone());
            }
        }
        found.bound = found.bound.saturating_add(whole(solved.bound));
        let Some((areas, value)) = plan else { continue };
        gap += whole(value - solved.bound);
        let names = region.area_labels(territory, &areas);
        for (&m, &area) in region.members.iter().zip(&areas) {
            labels[m as usize] = names.get(area as usize).cloned();
        }
    }
    if found.without.is_none() {
        found.plan = Some(Plan::from_labels("proposal-1", &labels.iter().map(Option::as_deref).collect::<Vec<_>>()));
    }
    Ok((found, gap))
}

/// A region with what each of its municipalities adds under each centre, `counted` of them to the metric's unit.
fn centred(
    region: &Region,
    links: &[&Link],
    scorer: &Scorer<'_>,
    counted: f64,
) -> Result<centres::Problem, BeyondError> {
    let problem = problem(region, links, Objective::default())?;
    let known = |v: f64| if v.is_finite() && v >= 0.0 { Some((v * counted).floor()) } else { None };
    let costs = region.members.iter().flat_map(|&m| shares(region, scorer, m));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, not below 0; refused where large"
    )]
    let costs: Option<Vec<u64>> = costs.map(|v| known(v).map(|v| v as u64)).collect();
    let attribute = scorer.metric().name().to_owned();
    let large::Problem { links, weights, at_least, at_most, areas } = problem;
    Ok(centres::Problem {
        links: links.iter().map(|l| (l.0, l.1)).collect(),
        weights,
        at_least,
        at_most,
        areas,
        costs: costs.ok_or_else(|| BeyondError::Figure { region: region.name.clone(), attribute })?,
    })
}

/// Whether a plan keeps to the sums and to what must be together or apart.
fn keeps(region: &Region, areas: &[u32]) -> bool {
    let most = areas.iter().max().map_or(0, |&m| m + 1);
    let sums = region.limits.sums.iter().all(|s| {
        (0..most).all(|area| {
            let own = areas.iter().zip(&s.values).filter(|(a, _)| **a == area).map(|(_, v)| *v);
            let sum: Option<u64> = own.sum();
            sum.is_none_or(|sum| sum >= s.at_least && s.at_most.is_none_or(|m| sum <= m))
        })
    });
    let of = |v: &u32| areas[*v as usize];
    let together = region.limits.together.iter().all(|set| set.iter().all(|v| of(v) == of(&set[0])));
    let apart = region.limits.apart.iter().all(|set| {
        let mut own: Vec<u32> = set.iter().map(of).collect();
        own.sort_unstable();
        own.windows(2).all(|w| w[0] != w[1])
    });
    sums && together && apart
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn problem(region: &Region, links: &[&Link], objective: Objective) -> Result<Problem, BeyondError> {
    let (fewest, most) = region.limits.areas.unwrap_or((1, index_u32(region.members.len())));
    if objective.area != 0 && fewest != most || objective.link < 0 || objective.border < 0 {
        return Err(BeyondError::Objective);
    }
    if !region.limits.exclaves.is_empty() {
        return Err(BeyondError::Exclaves { region: region.name.clone() });
    }
    let node = |m: u32| region.members.binary_search(&m).ok().map(index_u32);
    let cost = |l: &&Link| Some((node(l.a)?, node(l.b)?, u64::try_from(objective.of(l)).ok()?));
    let mut problem = Problem {
        links: links.iter().filter_map(cost).collect(),
        weights: vec![1; region.members.len()],
        at_least: 0,
        at_most: None,
        areas: (fewest, most),
    };
    // A sum with a maximum binds more than one without, and one with little room between more than one with much.
    let room = |s: &&crate::space::Sum| s.at_most.map_or(u64::MAX, |most| most.saturating_sub(s.at_least));
    if let Some(sum) = region.limits.sums.iter().min_by_key(room) {
        let weights: Option<Vec<u64>> = sum.values.iter().copied().collect();
        problem.weights =
            weights.ok_or_else(|| BeyondError::Figure { region: region.name.clone(), attribute: sum.name.clone() })?;
        (problem.at_least, problem.at_most) = (sum.at_least, sum.at_most);
    }
    Ok(problem)
}
