//! Any metric over a space: exact by the diagram where it adds up, plan by plan where it does not.

use num_bigint::BigUint;

use super::distribution::{Distribution, Method};
use super::error::SpaceError;
use super::goal::Goal;
use super::layers::{ALL_PASSES, FEW_PASSES};
use super::look::{Question, key, value};
use super::whole::{Metric, Objective, Ranks, Space};
use crate::plan::{NONE, Plan};
use crate::score::{Aggregate, Better, Note, ScoreError, Scorer};

/// A metric, ready for a territory. Its values are whole numbers here (keys), of which less is better.
#[derive(Debug)]
pub enum Measure<'t> {
    /// One that adds up over the diagram.
    Sum(Metric),
    /// One that is worked out plan by plan.
    Scored(Box<Scorer<'t>>),
}

/// The best plans by a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Best {
    /// Their keys and the regions' ranks, best first, equals in order of rank.
    pub plans: Vec<(i64, Ranks)>,
    /// No plan of the space has a smaller key; none where some were drawn, and nothing is known of the others.
    pub bound: Option<i64>,
    /// Whether it is proved that no plan that is left out is better than one of these.
    pub proved: bool,
}

impl Best {
    /// `unlisted`: no other plan has a smaller key.
    fn new(plans: Vec<(i64, Ranks)>, unlisted: Option<i64>) -> Self {
        let least = plans.first().map_or(i64::MAX, |p| p.0);
        let last = plans.last().map_or(i64::MAX, |p| p.0);
        Self { plans, bound: unlisted.map(|u| u.min(least)), proved: unlisted.is_some_and(|u| u >= last) }
    }
}

/// How a measure is spread over a space.
#[derive(Debug, Clone)]
pub struct Spread {
    /// How many plans (or draws) have each key.
    pub distribution: Distribution,
    /// How many have a smaller key than the one asked about, the same, and a greater one.
    pub place: [BigUint; 3],
    /// The least key, and whether no plan has less.
    pub best: Option<(i64, bool)>,
}

impl<'t> Measure<'t> {
    /// A metric by its name, for a space; `baseline` is the plan that `moved_ATTR` compares with, of which only the
    /// municipalities of the space count.
    ///
    /// # Errors
    ///
    /// A name that is no metric's; a metric that the territory, or a municipality of the space, lacks something for.
    pub fn new(name: &str, space: &Space<'t>, baseline: Option<&Plan>) -> Result<Self, ScoreError> {
        if let Ok(metric) = Metric::by_name(name) {
            return Ok(Self::Sum(metric));
        }
        let (territory, contiguity) = space.ground();
        let metric = crate::score::Metric::parse(name, territory)?;
        let baseline = baseline.map(|plan| within(space, plan));
        if baseline.as_ref().is_some_and(|plan| plan.areas.is_empty()) {
            return Err(ScoreError::Unavailable { metric: name.to_owned(), note: Note::NoBaseline });
        }
        let scorer = Scorer::new(territory, contiguity, &metric, baseline.as_ref())?;
        // All plans have the same municipalities: what one plan lacks a figure for, all do.
        if let Some(first) = space.ranks(&BigUint::ZERO) {
            let score = scorer.score(&space.plan("", &first));
            if let (None, Some(note)) = (score.value, score.notes.into_iter().next()) {
                return Err(ScoreError::Unavailable { metric: name.to_owned(), note });
            }
        }
        Ok(Self::Scored(Box::new(scorer)))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Sum(metric) => metric.name(),
            Self::Scored(scorer) => scorer.metric().name(),
        }
    }

    /// As a goal: so many times its key. Keys of sums are taken in the unit of the sum (an area, a link, a millimetre),
    /// or in millionths of the metric's unit (`millionths`), so that they can be added to scored ones.
    #[must_use]
    pub fn goal(&self, weight: i64, millionths: bool) -> Goal<'_> {
        match self {
            Self::Sum(metric) => {
                let Objective { area, link, border } = (*metric).into();
                // A millimetre is a millionth of a kilometre already.
                let whole = if millionths { weight.saturating_mul(1_000_000) } else { weight };
                Goal {
                    sum: Objective { area: area * whole, link: link * whole, border: border * weight },
                    scored: Vec::new(),
                }
            }
            Self::Scored(scorer) => Goal { sum: Objective::default(), scored: vec![(weight, scorer)] },
        }
    }

    /// Whether the values of regions add up to that of all of them together.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        match self {
            Self::Sum(_) => true,
            Self::Scored(scorer) => scorer.metric().aggregate() == Some(Aggregate::Sum),
        }
    }

    /// Whether more of it is better (its keys are turned around then).
    #[must_use]
    pub fn better(&self) -> Better {
        match self {
            Self::Sum(_) => Better::Lower,
            Self::Scored(scorer) => scorer.metric().better(),
        }
    }

    /// The value of a key, in the metric's unit.
    #[must_use]
    pub fn value(&self, key: i64) -> f64 {
        match self {
            Self::Sum(metric) => metric.value(key),
            Self::Scored(scorer) => value(scorer, key),
        }
    }

    /// Whether the values are few whole ones, each worth a bar of its own, rather than classes.
    #[must_use]
    pub fn is_counted(&self, distribution: &Distribution) -> bool {
        match self {
            Self::Sum(metric) => *metric != Metric::CutBorder,
            Self::Scored(_) => distribution.width.is_none() && distribution.sums.len() <= 60,
        }
    }

    /// The key of any plan over the municipalities of the space, whether or not it is one of the space; none where the plan
    /// has no value.
    #[must_use]
    pub fn of(&self, space: &Space<'_>, plan: &Plan) -> Option<i64> {
        match self {
            Self::Sum(metric) => Some(space.sum_of(*metric, plan)),
            Self::Scored(scorer) => key(scorer, scorer.plan(&within(space, plan))),
        }
    }

    /// The best plans; `most` is how many plans of a region may be looked at one by one.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Unseen`] where `tell` gives false, and [`SpaceError::TooLarge`] where a value does not fit a key.
    pub fn best(
        &self,
        space: &Space<'_>,
        number: usize,
        most: u64,
        tell: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<Best, SpaceError> {
        match self {
            Self::Sum(metric) => {
                let found = space.best(&[(*metric).into()], number);
                Ok(Best::new(found.into_iter().map(|([sum, ..], ranks)| (sum, ranks)).collect(), Some(i64::MAX)))
            }
            Self::Scored(scorer) => {
                let question = Question { best: number, mark: None, spread: false, most, passes: ALL_PASSES };
                if let Some((best, bound)) = space.best_sooner(scorer, &question, tell)? {
                    return Ok(Best::new(best, Some(bound)));
                }
                let looked = space.look(scorer, &question, tell)?;
                Ok(Best::new(looked.best, looked.bound))
            }
        }
    }

    /// How it is spread, and where a key stands.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Unseen`] where `tell` gives false, and [`SpaceError::TooLarge`] where a value does not fit a key.
    pub fn spread(
        &self,
        space: &Space<'_>,
        mark: Option<i64>,
        most: u64,
        tell: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<Spread, SpaceError> {
        match self {
            Self::Sum(metric) => {
                let distribution = Distribution::new(space, *metric);
                let place = mark.map(|sum| distribution.place(sum)).unwrap_or_default();
                let best = space.best(&[(*metric).into()], 1).first().map(|([sum, ..], _)| (*sum, true));
                Ok(Spread { distribution, place, best })
            }
            Self::Scored(scorer) => {
                let looked =
                    space.look(scorer, &Question { best: 1, mark, spread: true, most, passes: FEW_PASSES }, tell)?;
                let best = Best::new(looked.best, looked.bound);
                let best = best.plans.first().map(|b| (b.0, best.proved));
                Ok(Spread { distribution: looked.spread, place: looked.place, best })
            }
        }
    }
}

/// The part of a plan over the municipalities of a space.
fn within(space: &Space<'_>, plan: &Plan) -> Plan {
    let mut labels = vec![None; space.len()];
    for &m in space.parts.iter().flat_map(|(region, _)| &region.members) {
        let area = plan.of.get(m as usize).copied().filter(|&a| a != NONE);
        labels[m as usize] = area.and_then(|a| plan.areas.get(a as usize)).map(String::as_str);
    }
    Plan::from_labels(plan.name.clone(), &labels)
}

impl Spread {
    /// Whether these are draws, not all plans.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        self.distribution.method == Method::Drawn
    }
}
