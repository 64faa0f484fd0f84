//! A metric made ready for a territory.

use super::ground::{self, Borders, Outlines, Sizes};
use super::metric::{Compactness, Kind, Weight};
use super::term::{Scratch, Term, eccentricities};
use super::whole::{Weights, Whole};
use super::{Aggregate, Better, Metric, Note, ScoreError, note};
use crate::plan::{NONE, Plan};
use crate::territory::adjacency::Contiguity;
use crate::territory::{Territory, index_u32};

/// A metric made ready for a territory: everything that does not depend on a plan is looked up once.
#[derive(Debug)]
pub struct Scorer<'t> {
    territory: &'t Territory,
    metric: Metric,
    work: Work,
    /// Whether a municipality lacks what a term is made of.
    lacking: Vec<bool>,
    /// Borders that nobody measured, where the metric takes lengths.
    unmeasured: Vec<String>,
}

#[derive(Debug)]
enum Work {
    Areas(Box<Term>, Aggregate),
    Plan(Box<Whole>),
}

/// What a plan has of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Its value; none where a figure is missing, which a note says.
    pub value: Option<f64>,
    /// Of a metric that is made of them, the terms of the areas, in the order of the plan.
    pub areas: Vec<AreaScore>,
    /// The area that a reader wants to see first (position in `areas`): the worst, or the farthest from the mean.
    pub telling: Option<usize>,
    /// What to know of it.
    pub notes: Vec<Note>,
}

/// What an area has of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaScore {
    /// The area's label.
    pub area: String,
    /// Its term; none where a figure is missing.
    pub value: Option<f64>,
}

impl<'t> Scorer<'t> {
    /// Makes a metric ready; `contiguity` says which links count, `baseline` is the plan that `moved_ATTR` compares with.
    ///
    /// # Errors
    ///
    /// The territory lacks what the metric is made of, or no baseline is given to one that needs it.
    pub fn new(
        territory: &'t Territory,
        contiguity: Contiguity,
        metric: &Metric,
        baseline: Option<&Plan>,
    ) -> Result<Self, ScoreError> {
        let work = prepare(territory, contiguity, &metric.kind, baseline)
            .map_err(|note| ScoreError::Unavailable { metric: metric.name().to_owned(), note })?;
        let mut lacking = vec![false; territory.len()];
        let mut unmeasured = Vec::new();
        if let Work::Areas(term, _) = &work {
            if term.takes_lengths() {
                (unmeasured, lacking) = ground::unmeasured(territory);
            }
            lacking.iter_mut().enumerate().for_each(|(m, l)| *l |= term.lacks(m));
        }
        Ok(Self { territory, metric: metric.clone(), work, lacking, unmeasured })
    }

    /// The metric.
    #[must_use]
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// Municipalities without a figure, size or place that the terms need; no area that has one has a term.
    pub fn lacking(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.lacking).filter(|(_, lacks)| **lacks).map(|(m, _)| m)
    }

    /// The term of an area from its members (positions, sorted, each once); NaN where one of them lacks a figure, and for
    /// a metric that is not made of terms.
    ///
    /// Depends on nothing else, and takes no memory beyond the scratch. The scratch may go from one scorer to another.
    #[must_use]
    pub fn area(&self, members: &[u32], scratch: &mut Scratch) -> f64 {
        match &self.work {
            Work::Areas(term, _) if !members.iter().any(|&m| self.lacking[m as usize]) => term.of(members, scratch),
            _ => f64::NAN,
        }
    }

    /// The least and the greatest term of any area that has these members (positions, sorted, each once) and perhaps some
    /// of `more`, as far as that is easily told; none for a metric that is not made of terms, and where figures are missing
    /// or below 0.
    #[must_use]
    pub fn range(&self, members: &[u32], more: &[u32], scratch: &mut Scratch) -> Option<[f64; 2]> {
        match &self.work {
            Work::Areas(term, _) if !members.iter().any(|&m| self.lacking[m as usize]) => {
                term.range(members, more, scratch)
            }
            _ => None,
        }
    }

    /// Of `moved_ATTR`, which has no terms, the parts of an area of these members (positions, each once) by their area
    /// before: that area's number in the baseline, and what of ATTR lies in it. All but one part moves, and no two areas
    /// keep a part of one area. None for other metrics, and where figures are missing or below 0.
    #[must_use]
    pub fn parts(&self, members: &[u32]) -> Option<Vec<(Option<u32>, f64)>> {
        match &self.work {
            Work::Plan(whole) => whole.parts(members),
            Work::Areas(..) => None,
        }
    }

    /// Whether the term of an area is the sum of those of its members.
    #[must_use]
    pub fn is_additive(&self) -> bool {
        matches!(&self.work, Work::Areas(term, _) if matches!(**term, Term::Sum(_)))
    }

    /// Of `inertia_ATTR`, what a municipality adds to the term of an area of which another (or it itself) is the centre; NaN
    /// where a figure or a place is missing. None for any other metric.
    #[must_use]
    pub fn share(&self, municipality: u32, centre: u32) -> Option<f64> {
        match &self.work {
            Work::Areas(term, _) => term.share(municipality as usize, centre as usize),
            Work::Plan(_) => None,
        }
    }

    /// The value of a plan from the terms of its areas, in any order; see [`Aggregate::of`]. NaN for a metric that is
    /// not made of terms.
    #[must_use]
    pub fn whole(&self, terms: &[f64]) -> f64 {
        match &self.work {
            Work::Areas(_, aggregate) => aggregate.of(terms),
            Work::Plan(_) => f64::NAN,
        }
    }

    /// The value of a plan; NaN where there is none. Works for all metrics.
    ///
    /// # Panics
    ///
    /// A plan of another territory.
    #[must_use]
    pub fn plan(&self, plan: &Plan) -> f64 {
        match &self.work {
            Work::Plan(whole) => whole.of(self.territory, plan).0,
            Work::Areas(..) => {
                let mut scratch = Scratch::default();
                let terms: Vec<f64> = members(plan).iter().map(|m| self.area(m, &mut scratch)).collect();
                self.whole(&terms)
            }
        }
    }

    /// The value of a plan with those of its areas, and with whatever a reader must know.
    ///
    /// # Panics
    ///
    /// A plan of another territory.
    #[must_use]
    pub fn score(&self, plan: &Plan) -> Score {
        let known = |value: f64| (!value.is_nan()).then_some(value);
        match &self.work {
            Work::Plan(whole) => {
                let (value, mut notes) = whole.of(self.territory, plan);
                if value.is_nan() && notes.is_empty() {
                    notes.push(Note::NoAreas);
                }
                Score { value: known(value), areas: Vec::new(), telling: None, notes }
            }
            Work::Areas(term, aggregate) => {
                let mut scratch = Scratch::default();
                let members = members(plan);
                let terms: Vec<f64> = members.iter().map(|m| self.area(m, &mut scratch)).collect();
                let value = known(aggregate.of(&terms));
                let notes = self.notes(term, plan, &members, value.is_none(), &mut scratch);
                let areas = plan.areas.iter().zip(&terms);
                let mut areas: Vec<AreaScore> =
                    areas.map(|(area, &term)| AreaScore { area: area.clone(), value: known(term) }).collect();
                let telling = match self.metric.kind {
                    Kind::Areas => {
                        // That each area is one area tells nobody anything.
                        areas.clear();
                        None
                    }
                    _ => aggregate.telling(&terms, self.metric.better() == Better::Higher),
                };
                Score { value, areas, telling, notes }
            }
        }
    }

    /// Why there is no value, or what to know of it.
    fn notes(
        &self,
        term: &Term,
        plan: &Plan,
        members: &[Vec<u32>],
        no_value: bool,
        scratch: &mut Scratch,
    ) -> Vec<Note> {
        let mut notes = Vec::new();
        if let Some(graph) = term.graph() {
            let mut torn = plan.areas.iter().zip(members).collect::<Vec<_>>();
            torn.retain(|(_, members)| !eccentricities(graph, members, scratch).1);
            if !torn.is_empty() {
                notes.push(Note::Pieces(torn.into_iter().map(|(area, _)| area.clone()).collect()));
            }
        }
        if !no_value {
            return notes;
        }
        let lacks = |m: u32| plan.of[m as usize] != NONE && term.lacks(m as usize);
        let without = note::codes(self.territory, (0..index_u32(plan.of.len())).filter(|&m| lacks(m)));
        notes.push(match () {
            () if members.is_empty() => Note::NoAreas,
            () if !without.is_empty() => Note::NoFigures(without),
            () if !self.unmeasured.is_empty() => Note::NoLengths(self.unmeasured.clone()),
            () if matches!(self.metric.aggregate(), Some(Aggregate::Cv | Aggregate::Deviation)) => Note::NoMean,
            () if self.metric.definition().is_some() => {
                let undefined = plan.areas.iter().zip(members);
                let undefined = undefined.filter(|(_, members)| self.area(members, scratch).is_nan());
                Note::Undefined(undefined.map(|(area, _)| area.clone()).collect())
            }
            () => Note::NoSizes,
        });
        notes
    }
}

/// The members of each area, sorted.
fn members(plan: &Plan) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); plan.areas.len()];
    for (m, &area) in (0..).zip(&plan.of).filter(|(_, area)| **area != NONE) {
        members[area as usize].push(m);
    }
    members
}

fn prepare(territory: &Territory, contiguity: Contiguity, kind: &Kind, baseline: Option<&Plan>) -> Result<Work, Note> {
    // A division that another territory had: nobody lies in a zone.
    let division = |name: &String| {
        let none = || crate::territory::Division::from_names(name.clone(), vec![None; territory.len()]);
        territory.division(name).cloned().unwrap_or_else(none)
    };
    let whole = match kind {
        Kind::CutLinks => Whole::cut(territory, contiguity, false),
        Kind::CutBorder => Whole::cut(territory, contiguity, true),
        Kind::Moved(weight) => {
            let baseline = baseline.ok_or(Note::NoBaseline)?.of.clone();
            Whole::Moved { weights: Weights::new(&weights(territory, weight)?), baseline }
        }
        Kind::Splits(name) => Whole::Splits(division(name)),
        Kind::EntropyInZone(name) => Whole::EntropyInZone(division(name)),
        Kind::EntropyInArea(name) => Whole::EntropyInArea(division(name)),
        Kind::Opinions => Whole::opinions(territory)?,
        kind => {
            let (term, aggregate) = of_areas(territory, contiguity, kind)?;
            return Ok(Work::Areas(Box::new(term), aggregate));
        }
    };
    Ok(Work::Plan(Box::new(whole)))
}

/// What each municipality counts for; NaN where that is not known.
fn weights(territory: &Territory, weight: &Weight) -> Result<Vec<f64>, Note> {
    Ok(match weight {
        Weight::One => vec![1.0; territory.len()],
        Weight::Area => Sizes::new(territory)?.area.iter().map(|square_metres| square_metres / 1e6).collect(),
        Weight::Attribute(name) => match territory.attribute(name) {
            Some(a) => a.values.iter().map(|v| v.unwrap_or(f64::NAN)).collect(),
            None => vec![f64::NAN; territory.len()],
        },
    })
}

/// What an area has of a metric that is made of terms, and how terms come together.
fn of_areas(territory: &Territory, contiguity: Contiguity, kind: &Kind) -> Result<(Term, Aggregate), Note> {
    let weights = |weight| weights(territory, weight);
    let (sizes, borders) = (|| Sizes::new(territory), || Borders::new(territory));
    let outlines = || Outlines::new(territory);
    Ok(match kind {
        Kind::Sum(weight, aggregate) => (Term::Sum(weights(weight)?), *aggregate),
        Kind::Inertia(weight) => {
            let points = ground::points(territory)?;
            (Term::Inertia { weights: weights(weight)?, points }, Aggregate::Sum)
        }
        Kind::InertiaCentroid(weight) => {
            let points = ground::points(territory)?;
            (Term::InertiaCentroid { weights: weights(weight)?, points }, Aggregate::Sum)
        }
        Kind::Compactness(measure, aggregate) => {
            let term = match measure {
                Compactness::PolsbyPopper => Term::PolsbyPopper { sizes: sizes()?, borders: borders() },
                Compactness::Schwartzberg => Term::Schwartzberg { sizes: sizes()?, borders: borders() },
                Compactness::Reock => Term::Reock { outlines: outlines()?, sizes: sizes()? },
                Compactness::ConvexHull => Term::ConvexHull { outlines: outlines()?, sizes: sizes()? },
            };
            (term, *aggregate)
        }
        Kind::Perimeter => (Term::Perimeter { sizes: sizes()?, borders: borders() }, Aggregate::Sum),
        Kind::DiameterKm => (Term::Kilometres(ground::points(territory)?), Aggregate::Max),
        Kind::DiameterLinks => (Term::Links(territory.adjacency().graph(contiguity)), Aggregate::Max),
        Kind::Own(expression, aggregate) => {
            let terms = expression.try_map(&mut |kind| of_areas(territory, contiguity, kind).map(|(term, _)| term))?;
            (Term::own(terms, territory.len()), *aggregate)
        }
        // The others are not made of terms.
        _ => (Term::One, Aggregate::Sum),
    })
}
