//! What is to be small: sums over borders and areas, metrics that are worked out plan by plan, and weighted sums of both.

use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::error::SpaceError;
use super::frame::bits_of;
use super::layers::{self, Asked, Beside};
use super::look::{LARGEST, Look, key, pieces};
use super::metric::{AXES, Value, pareto};
use super::scan::MOST_SCANNED;
use super::whole::{Objective, Space};
use crate::score::{Aggregate, Scorer, Scratch};

/// Most plans that a Pareto set may hold.
const MOST_TRADES: usize = 1 << 14;

/// Something to make small.
#[derive(Debug, Clone, Default)]
pub struct Goal<'m> {
    /// What adds up over borders and areas.
    pub sum: Objective,
    /// What does not: each with its weight for a millionth of the metric's unit.
    pub scored: Vec<(i64, &'m Scorer<'m>)>,
}

impl From<Objective> for Goal<'_> {
    fn from(sum: Objective) -> Self {
        Self { sum, scored: Vec::new() }
    }
}

/// What is kept of the plans of a region that were looked at.
trait Keep: Default + Send {
    fn add(&mut self, value: Value, rank: u128, most: usize);
    fn merge(self, later: Self, most: usize) -> Self;
}

/// The cheapest, of equals those with the lowest ranks.
#[derive(Default)]
struct Cheapest(BinaryHeap<(Value, u128)>);

impl Keep for Cheapest {
    fn add(&mut self, value: Value, rank: u128, most: usize) {
        if self.0.len() < most {
            self.0.push((value, rank));
        } else if self.0.peek().is_some_and(|worst| (value, rank) < *worst) {
            self.0.pop();
            self.0.push((value, rank));
        }
    }

    fn merge(mut self, later: Self, most: usize) -> Self {
        later.0.into_iter().for_each(|(value, rank)| self.add(value, rank, most));
        self
    }
}

/// Those that none is as good as on every axis, with the lowest rank that has these values.
#[derive(Default)]
struct Undominated {
    list: Vec<(Value, u128)>,
    /// Some were dropped, for want of room.
    too_many: bool,
}

impl Keep for Undominated {
    fn add(&mut self, value: Value, rank: u128, most: usize) {
        let as_good = |a: &Value, b: &Value| a.iter().zip(b).all(|(a, b)| a <= b);
        if !self.too_many && !self.list.iter().any(|k| as_good(&k.0, &value)) {
            self.list.retain(|k| !as_good(&value, &k.0));
            self.list.push((value, rank));
            self.too_many = self.list.len() > most;
        }
    }

    fn merge(mut self, later: Self, most: usize) -> Self {
        self.list.extend(later.list);
        pareto(&mut self.list);
        self.too_many |= later.too_many || self.list.len() > most;
        self
    }
}

/// The one goal that can be searched for: a metric made of areas, perhaps with its weight, what borders and areas cost, and others.
struct Layers<'g, 'm> {
    scorer: &'g Scorer<'m>,
    weight: i64,
    centred: Vec<(i64, &'g Scorer<'m>)>,
    sum: Objective,
}

impl Layers<'_, '_> {
    /// Whether it is no more than a metric.
    fn is_one(&self) -> bool {
        self.weight == 1 && self.centred.is_empty() && self.sum == Objective::default()
    }
}

fn layered<'g, 'm>(goals: &'g [Goal<'m>]) -> Option<Layers<'g, 'm>> {
    let [Goal { sum, scored }] = goals else { return None };
    // All but one have centres; that one goes first.
    let mut scored = scored.clone();
    scored.sort_by_key(|(_, scorer)| scorer.share(0, 0).is_some());
    let (&(weight, scorer), centred) = scored.split_first()?;
    let found = Layers { scorer, weight, centred: centred.to_vec(), sum: *sum };
    (found.is_one() && scorer.metric().is_per_area() || scorer.metric().aggregate().is_none_or(|a| a == Aggregate::Sum))
        .then_some(found)
}

impl Space<'_> {
    /// Whether the plans of a region (by its position) can be looked at one by one.
    #[must_use]
    pub fn can_be_looked_at(&self, part: usize, most: u64) -> bool {
        self.parts.get(part).is_some_and(|(_, d)| d.count() <= u128::from(most) && d.nodes() <= MOST_SCANNED)
    }

    /// The `most` cheapest plans of a region, by looking at all of them: cheapest first, equals by rank. `go_on` is asked
    /// now and then; what was found until it gives false may not be the cheapest.
    ///
    /// # Errors
    ///
    /// [`SpaceError::TooLarge`].
    ///
    /// # Panics
    ///
    /// There is no such region, or it has too many municipalities (see [`Space::can_be_looked_at`]).
    pub fn cheapest(
        &self,
        goals: &[Goal<'_>],
        part: usize,
        most: usize,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<(Value, u128)>, SpaceError> {
        let kept: Cheapest = self.kept(goals, part, most, go_on)?;
        Ok(kept.0.into_sorted_vec())
    }

    /// The `most` cheapest plans of a region that has too many to look at, with others, and the least value of those that
    /// are not among them;
    /// see [`Measure::best`](super::Measure::best). None where that is not known: of more than one goal, of a metric that is
    /// neither made of areas nor what moves, and of sums in which more than one metric is no sum over borders and areas and
    /// has no centres either.
    ///
    /// # Panics
    ///
    /// There is no such region.
    #[must_use]
    pub fn cheapest_found(
        &self,
        goals: &[Goal<'_>],
        part: usize,
        most: usize,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Option<(Vec<(Value, u128)>, Value)> {
        let goal = layered(goals)?;
        let beside = (!goal.is_one()).then(|| Beside {
            weight: goal.weight,
            prices: self.prices(&[goal.sum], part),
            centred: goal.centred.clone(),
        });
        let asked = Asked { scorer: goal.scorer, leaving: &[], beside, number: most, passes: layers::ALL_PASSES };
        let found = layers::best(&self.parts[part], asked, go_on)?;
        let value = |key: i64| std::array::from_fn(|axis| if axis == 0 { key } else { 0 });
        let mut plans = [found.plans, found.others].concat();
        plans.sort_unstable();
        Some((plans.into_iter().map(|(key, rank)| (value(key), rank)).collect(), value(found.bound)))
    }

    /// Whether [`Space::cheapest_found`] knows a region (by its position) and what is asked of it.
    #[must_use]
    pub fn can_be_searched(&self, goals: &[Goal<'_>], part: usize) -> bool {
        layered(goals).zip(self.parts.get(part)).is_some_and(|(goal, part)| {
            let centred = goal.centred.iter().map(|&(weight, scorer)| (weight, scorer));
            layers::knows(part, goal.scorer)
                && goal.weight > 0
                && centred.len() <= layers::MOST_CENTRED
                && centred
                    .into_iter()
                    .all(|(weight, scorer)| weight > 0 && scorer.share(0, 0).is_some() && layers::knows(part, scorer))
        })
    }

    /// Whether [`Space::cheapest_found`] is likely to be sooner than a look at all plans of a region, and to prove what it finds.
    #[must_use]
    pub fn is_found_sooner(&self, goals: &[Goal<'_>], part: usize) -> bool {
        let goal = layered(goals).filter(Layers::is_one);
        goal.zip(self.parts.get(part)).is_some_and(|(goal, part)| layers::is_sooner(part, goal.scorer))
    }

    /// The Pareto set of a region over the goals, by looking at all of its plans; none where it is too large.
    ///
    /// # Errors
    ///
    /// [`SpaceError::TooLarge`].
    ///
    /// # Panics
    ///
    /// Those of [`Space::cheapest`].
    pub fn undominated(
        &self,
        goals: &[Goal<'_>],
        part: usize,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<(Value, u128)>>, SpaceError> {
        let mut kept: Undominated = self.kept(goals, part, MOST_TRADES, go_on)?;
        pareto(&mut kept.list);
        Ok((!kept.too_many).then_some(kept.list))
    }

    fn kept<K: Keep>(
        &self,
        goals: &[Goal<'_>],
        part: usize,
        most: usize,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<K, SpaceError> {
        let too_large = AtomicBool::new(false);
        let (region, diagram) = &self.parts[part];
        let sums: Vec<Objective> = goals.iter().map(|g| g.sum).collect();
        let prices = diagram.prices(&self.costs(&sums, part));
        let scored: Vec<(usize, i64, &Scorer<'_>)> = goals
            .iter()
            .enumerate()
            .flat_map(|(axis, goal)| goal.scored.iter().map(move |&(weight, scorer)| (axis, weight, scorer)))
            .collect();
        let piece = |ranks: std::ops::Range<u128>| {
            let mut kept = K::default();
            if !go_on() || too_large.load(Ordering::Relaxed) {
                return kept;
            }
            // Of each area that was seen its number; and of each number a term a scorer.
            let mut known: FxHashMap<u128, u32> = FxHashMap::default();
            let terms = std::cell::RefCell::new(Vec::<f64>::new());
            let (mut scratch, mut members) = (Scratch::default(), Vec::new());
            let number = |area: u128| {
                let next = crate::territory::index_u32(known.len());
                let number = *known.entry(area).or_insert_with(|| {
                    members.clear();
                    members.extend(bits_of(area).map(|v| region.members[v]));
                    terms.borrow_mut().extend(scored.iter().map(|s| s.2.area(&members, &mut scratch)));
                    next
                });
                (number, area)
            };
            let mut looks: Vec<Look<'_>> = scored.iter().map(|s| Look::new(s.2)).collect();
            let (mut own, mut sets) = (Vec::new(), Vec::new());
            diagram.scan_priced(Some(&prices), ranks, number, |rank, mut value: Value, areas: &[(u32, u128)]| {
                let terms = terms.borrow();
                for (i, &(axis, weight, scorer)) in scored.iter().enumerate() {
                    let key = if scorer.metric().is_per_area() {
                        own.clear();
                        own.extend(areas.iter().map(|&(n, _)| terms[n as usize * scored.len() + i]));
                        key(scorer, scorer.whole(&own))
                    } else {
                        sets.clear();
                        sets.extend(areas.iter().map(|a| a.1));
                        looks[i].key_of(self.len(), region, &sets)
                    };
                    // A plan without a value is left out.
                    let Some(key) = key else { return };
                    let sum = i128::from(value[axis]) + i128::from(weight) * i128::from(key);
                    let held = i64::try_from(sum).ok().filter(|s| key <= LARGEST && s.abs() <= LARGEST);
                    let Some(sum) = held else {
                        too_large.store(true, Ordering::Relaxed);
                        return;
                    };
                    value[axis] = sum;
                }
                kept.add(value, rank, most);
            });
            kept
        };
        debug_assert!(goals.len() <= AXES);
        let kept = pieces(diagram.count()).into_par_iter().map(piece).reduce(K::default, |a, b| a.merge(b, most));
        if too_large.into_inner() {
            let names = scored.iter().map(|s| s.2.metric().name()).collect::<Vec<_>>().join(", ");
            return Err(SpaceError::TooLarge { metric: names });
        }
        Ok(kept)
    }
}
