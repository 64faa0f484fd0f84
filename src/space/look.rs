//! Plans looked at one by one: for metrics that do not add up over the diagram.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use num_bigint::BigUint;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::diagram::Diagram;
use super::distribution::{Distribution, Method};
use super::error::SpaceError;
use super::frame::bits_of;
use super::layers::{self, Asked, Layered};
use super::region::Region;
use super::scan::MOST_SCANNED;
use super::whole::{Ranks, Space};
use crate::plan::{NONE, Plan};
use crate::score::{Aggregate, Better, Scorer, Scratch};

/// More different values than these are put in classes.
const MOST_VALUES: usize = 1 << 15;
/// So many classes.
const CLASSES: i64 = 60;
/// Pieces of the ranks that are gone through in parallel.
const PIECES: u128 = 256;
/// Plans that are drawn where there are too many to look at all.
const DRAWS: usize = 100_000;

/// What is asked of a look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    /// How many of the best plans are wanted.
    pub(super) best: usize,
    /// A key (see [`key`]) of which the place is wanted.
    pub(super) mark: Option<i64>,
    /// Whether the spread of the keys is wanted.
    pub(super) spread: bool,
    /// Most plans that are looked at; of more, some are drawn.
    pub(super) most: u64,
    /// How many passes the search for the best of more plans may take (see [`layers`]).
    pub(super) passes: usize,
}

/// What a look at the plans shows.
#[derive(Debug, Clone)]
pub(super) struct Looked {
    /// The best plans, each with its key.
    pub(super) best: Vec<(i64, Ranks)>,
    /// No plan that is not among the best has a smaller key, as far as these reach: [`i64::MAX`] where all were
    /// looked at, none where nothing is known.
    pub(super) bound: Option<i64>,
    /// How the keys are spread.
    pub(super) spread: Distribution,
    /// How many have a smaller key than the mark, the same, and a greater one.
    pub(super) place: [BigUint; 3],
}

/// Larger keys are refused, so that sums over regions fit.
pub(super) const LARGEST: i64 = 1 << 58;

/// A value as a whole number, of which less is always better: in millionths, and with its sign turned where more is
/// better. None of a plan without a value; [`i64::MAX`] of one too large to be held.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is checked first")]
pub(super) fn key(scorer: &Scorer<'_>, value: f64) -> Option<i64> {
    let sign = if scorer.metric().better() == Better::Higher { -1.0 } else { 1.0 };
    let scaled = (value * 1e6 * sign).round();
    (!value.is_nan()).then_some(if scaled.abs() < LARGEST as f64 { scaled as i64 } else { i64::MAX })
}

/// The value of a key; see [`key`].
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "values stay below 2^52 millionths")]
pub(super) fn value(scorer: &Scorer<'_>, key: i64) -> f64 {
    let sign = if scorer.metric().better() == Better::Higher { -1.0 } else { 1.0 };
    key as f64 / 1e6 * sign
}

/// What one pass over the plans counts.
#[derive(Debug, Clone, Copy)]
struct Pass {
    best: usize,
    mark: Option<i64>,
    spread: bool,
    /// Where the classes begin and how wide they are, once that is known.
    classes: Option<(i64, i64)>,
}

/// What was counted in a piece.
#[derive(Debug, Default)]
struct Tally {
    best: Vec<(i64, Ranks)>,
    keys: FxHashMap<i64, u64>,
    /// The keys were too many.
    many: bool,
    range: Option<(i64, i64)>,
    place: [u64; 3],
    /// Some value was too large to be held.
    too_large: bool,
}

impl Tally {
    /// Takes in a plan; one without a value is left out.
    fn add(&mut self, key: Option<i64>, pass: &Pass, ranks: impl FnOnce() -> Ranks) {
        let Some(key) = key else { return };
        if key > LARGEST {
            self.too_large = true;
            return;
        }
        let (least, greatest) = self.range.unwrap_or((key, key));
        self.range = Some((least.min(key), greatest.max(key)));
        if let Some(mark) = pass.mark {
            self.place[match key.cmp(&mark) {
                std::cmp::Ordering::Less => 0,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Greater => 2,
            }] += 1;
        }
        if pass.spread && !self.many {
            let counted = pass.classes.map_or(key, |(least, width)| least + (key - least) / width * width);
            *self.keys.entry(counted).or_default() += 1;
            if self.keys.len() > MOST_VALUES {
                (self.many, self.keys) = (true, FxHashMap::default());
            }
        }
        let full = self.best.len() >= pass.best;
        if pass.best > 0 && (!full || self.best.last().is_some_and(|worst| key < worst.0)) {
            // Ranks come in order: of equals the first stays first.
            let (at, ranks) = (self.best.partition_point(|b| b.0 <= key), ranks());
            // Draws may come twice.
            if !self.best.iter().any(|b| b.1 == ranks) {
                self.best.insert(at, (key, ranks));
                self.best.truncate(pass.best);
            }
        }
    }

    /// # Errors
    ///
    /// Some value was too large to be held.
    fn fits(&self, scorer: &Scorer<'_>) -> Result<(), SpaceError> {
        let too_large = || SpaceError::TooLarge { metric: scorer.metric().name().to_owned() };
        if self.too_large { Err(too_large()) } else { Ok(()) }
    }

    /// Takes in the tally of a later piece.
    fn merge(mut self, later: Self, most: usize) -> Self {
        self.range = match (self.range, later.range) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.place.iter_mut().zip(later.place).for_each(|(a, b)| *a += b);
        self.many |= later.many;
        later.keys.into_iter().for_each(|(key, n)| *self.keys.entry(key).or_default() += n);
        self.many |= self.keys.len() > MOST_VALUES;
        if self.many {
            self.keys = FxHashMap::default();
        }
        self.too_large |= later.too_large;
        for item in later.best {
            if !self.best.iter().any(|b| b.1 == item.1) {
                self.best.push(item);
            }
        }
        self.best.sort_by_key(|b| b.0);
        self.best.truncate(most);
        self
    }
}

/// The best plans of a region, and the smallest key that others may have.
struct Listed {
    plans: Vec<(i64, Ranks)>,
    others: i64,
}

impl Listed {
    fn new(found: Layered) -> Self {
        let plans = found.plans.into_iter().map(|(key, rank)| (key, vec![rank])).collect();
        Self { plans, others: found.bound }
    }
}

/// The best plans of all regions, whose keys add up, and the smallest key that others may have.
fn together(parts: &[&Listed], most: usize) -> Bounded {
    let mut best: Vec<(i64, Ranks)> = vec![(0, Vec::new())];
    for part in parts {
        let longer = best.iter().flat_map(|(sum, ranks)| {
            part.plans.iter().map(move |(key, own)| (sum.saturating_add(*key), [&ranks[..], &own[..]].concat()))
        });
        let mut longer: Vec<(i64, Ranks)> = longer.collect();
        longer.sort();
        longer.truncate(most);
        best = longer;
    }
    // Others have a plan of some region that is not listed.
    let least = |part: &&Listed| part.plans.first().map_or(i64::MAX, |plan| plan.0).min(part.others);
    let of = |i: usize| {
        let rest = parts.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, part)| least(part));
        rest.fold(parts[i].others, i64::saturating_add)
    };
    (best, (0..parts.len()).map(of).min().unwrap_or(i64::MAX))
}

/// The best plans, each with its key, and the smallest key that others may have.
pub(super) type Bounded = (Vec<(i64, Ranks)>, i64);

/// Watches how many plans were looked at, and stops where whoever watches wants it.
struct Watch<'w> {
    tell: &'w (dyn Fn(u64) -> bool + Sync),
    done: AtomicU64,
    stopped: AtomicBool,
}

impl Watch<'_> {
    fn goes_on(&self, more: u64) -> bool {
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        if !(self.tell)(done) {
            self.stopped.store(true, Ordering::Relaxed);
        }
        !self.stopped.load(Ordering::Relaxed)
    }
}

impl Space<'_> {
    /// Looks at every plan, or, where there are more than the question allows, at some that are drawn (from seed 0, so
    /// that the same question has the same answer). `tell` is told how many were looked at, and stops it by false.
    ///
    /// Of more plans the best are still found, and proved or with a bound, where the metric is made of the areas of one
    /// region, or where those of the regions add up.
    ///
    /// # Errors
    ///
    /// [`SpaceError::Unseen`], [`SpaceError::TooLarge`].
    pub(super) fn look(
        &self,
        scorer: &Scorer<'_>,
        question: &Question,
        tell: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<Looked, SpaceError> {
        let watch = Watch { tell, done: AtomicU64::new(0), stopped: AtomicBool::new(false) };
        let few = |count: &BigUint| *count <= BigUint::from(question.most);
        let all = few(&self.count());
        let first = Pass { best: question.best, mark: question.mark, spread: question.spread, classes: None };
        let seen = self.pass(scorer, all, &first, question.most, &watch);
        seen.fits(scorer)?;
        let keys = match seen.range {
            // The first pass tells where the classes are, a second one fills them.
            Some((least, greatest)) if seen.many => {
                let classes = Some((least, (greatest - least) / CLASSES + 1));
                let second = Pass { best: 0, mark: None, spread: true, classes };
                (self.pass(scorer, all, &second, question.most, &watch).keys, classes)
            }
            _ => (seen.keys, None),
        };
        let by_part = if all || question.best == 0 { None } else { self.best_by_part(scorer, question, &watch)? };
        let (best, bound) = match by_part {
            Some((best, bound)) => (best, Some(bound)),
            None => (seen.best, all.then_some(i64::MAX)),
        };
        if watch.stopped.load(Ordering::Relaxed) {
            return Err(SpaceError::Unseen { seen: watch.done.load(Ordering::Relaxed) });
        }
        let sums: BTreeMap<i64, u64> = keys.0.into_iter().collect();
        let sums: Vec<(i64, BigUint)> = sums.into_iter().map(|(key, n)| (key, n.into())).collect();
        let spread = Distribution {
            method: if all { Method::Enumerated } else { Method::Drawn },
            total: sums.iter().map(|(_, n)| n).sum(),
            sums,
            width: keys.1.map(|c| c.1),
        };
        Ok(Looked { best, bound, spread, place: seen.place.map(BigUint::from) })
    }

    /// The best plans without a look at all others, where that is likely to be sooner; none where it is not.
    ///
    /// # Errors
    ///
    /// Those of [`Space::look`].
    pub(super) fn best_sooner(
        &self,
        scorer: &Scorer<'_>,
        question: &Question,
        tell: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<Option<Bounded>, SpaceError> {
        if question.best == 0 || !self.parts.iter().any(|part| layers::is_sooner(part, scorer)) {
            return Ok(None);
        }
        let watch = Watch { tell, done: AtomicU64::new(0), stopped: AtomicBool::new(false) };
        let found = self.best_by_part(scorer, question, &watch)?;
        if watch.stopped.load(Ordering::Relaxed) {
            return Err(SpaceError::Unseen { seen: watch.done.load(Ordering::Relaxed) });
        }
        Ok(found)
    }

    /// Goes through all plans, or through some that are drawn.
    fn pass(&self, scorer: &Scorer<'_>, all: bool, pass: &Pass, most: u64, watch: &Watch<'_>) -> Tally {
        match &self.parts[..] {
            [part] if all && part.1.nodes() <= MOST_SCANNED => scan(self, part, scorer, pass, watch),
            _ if all => {
                let count = u64::try_from(self.count()).unwrap_or(0);
                self.one_by_one(count, &|i| self.ranks(&i.into()).unwrap_or_default(), scorer, pass, watch)
            }
            _ => {
                let draws = self.draw(DRAWS.min(usize::try_from(most).unwrap_or(DRAWS)), 0);
                let ranks = |i: u64| usize::try_from(i).ok().and_then(|i| draws.get(i)).cloned().unwrap_or_default();
                self.one_by_one(draws.len() as u64, &ranks, scorer, pass, watch)
            }
        }
    }

    /// The best plans where there is one region or the regions' values add up, and a bound on the others; none where
    /// nothing is known of these.
    fn best_by_part(
        &self,
        scorer: &Scorer<'_>,
        question: &Question,
        watch: &Watch<'_>,
    ) -> Result<Option<Bounded>, SpaceError> {
        if scorer.metric().aggregate().is_none() {
            return Ok(self.least_moved(scorer, question, watch));
        }
        if self.parts.len() > 1 && scorer.metric().aggregate() != Some(Aggregate::Sum) {
            return Ok(None);
        }
        let most = question.best;
        let mut parts: Vec<Listed> = Vec::with_capacity(self.parts.len());
        for (i, part) in self.parts.iter().enumerate() {
            let look = self.can_be_looked_at(i, question.most);
            let asked = Asked { scorer, leaving: &[], beside: None, number: most, passes: question.passes };
            let found = if look && !layers::is_sooner(part, scorer) {
                None
            } else {
                layers::best(part, asked, &|| watch.goes_on(0))
            };
            // What was found is not taken for the best where a look can tell.
            let proved = |found: &Layered| found.plans.get(most - 1).is_some_and(|last| last.0 <= found.bound);
            parts.push(match found.filter(|found| !look || proved(found)) {
                Some(found) => Listed::new(found),
                None if look => {
                    let pass = Pass { best: most, mark: None, spread: false, classes: None };
                    let own = scan(self, part, scorer, &pass, watch);
                    own.fits(scorer)?;
                    Listed { plans: own.best, others: i64::MAX }
                }
                None => return Ok(None),
            });
        }
        Ok(Some(together(&parts.iter().collect::<Vec<_>>(), most)))
    }

    /// The plans in which least moves. An area before may lie in several regions, and a part of it stays in one of them: for
    /// each choice of that one the regions add up.
    fn least_moved(&self, scorer: &Scorer<'_>, question: &Question, watch: &Watch<'_>) -> Option<Bounded> {
        /// More choices are not gone through.
        const MOST_CHOICES: usize = 1 << 10;
        let most = question.best;
        // For each area before that lies in several regions, these.
        let mut places: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (i, (region, _)) in self.parts.iter().enumerate() {
            for area in scorer.parts(&region.members)?.into_iter().filter_map(|part| part.0) {
                places.entry(area).or_default().push(i);
            }
        }
        places.retain(|_, parts| parts.len() > 1);
        let choices = places.values().try_fold(1usize, |all, parts| all.checked_mul(parts.len()))?;
        if choices > MOST_CHOICES {
            return None;
        }
        let mut known: FxHashMap<(usize, Vec<u32>), Listed> = FxHashMap::default();
        let (mut best, mut bound): (Vec<(i64, Ranks)>, i64) = (Vec::new(), i64::MAX);
        for choice in 0..choices {
            // What does not stay in each region.
            let mut leaving: Vec<Vec<u32>> = vec![Vec::new(); self.parts.len()];
            let mut rest = choice;
            for (&area, parts) in &places {
                let stays = parts[rest % parts.len()];
                rest /= parts.len();
                parts.iter().filter(|&&part| part != stays).for_each(|&part| leaving[part].push(area));
            }
            let keys: Vec<(usize, Vec<u32>)> = leaving.into_iter().enumerate().collect();
            for key in &keys {
                if !known.contains_key(key) {
                    let asked = Asked { scorer, leaving: &key.1, beside: None, number: most, passes: question.passes };
                    let found = layers::best(&self.parts[key.0], asked, &|| watch.goes_on(0))?;
                    known.insert(key.clone(), Listed::new(found));
                }
            }
            let (plans, others) = together(&keys.iter().map(|key| &known[key]).collect::<Vec<_>>(), most);
            bound = bound.min(others);
            best.extend(plans);
        }
        // A plan has what it has where that stays which is best for it.
        best.sort();
        let mut seen = std::collections::BTreeSet::new();
        best.retain(|plan| seen.insert(plan.1.clone()));
        best.truncate(most);
        Some((best, bound))
    }

    /// Plans that are made one by one, each from its ranks.
    fn one_by_one(
        &self,
        count: u64,
        ranks: &(dyn Fn(u64) -> Ranks + Sync),
        scorer: &Scorer<'_>,
        pass: &Pass,
        watch: &Watch<'_>,
    ) -> Tally {
        const PIECE: u64 = 1 << 10;
        let piece = |piece: u64| {
            let mut tally = Tally::default();
            let mut look = Look::new(scorer);
            let end = count.min((piece + 1) * PIECE);
            if !watch.goes_on(0) {
                return tally;
            }
            for i in piece * PIECE..end {
                let ranks = ranks(i);
                tally.add(look.key_at(self, &ranks), pass, || ranks);
            }
            watch.goes_on(end - piece * PIECE);
            tally
        };
        let pieces = (0..count.div_ceil(PIECE)).into_par_iter().map(piece);
        pieces.reduce(Tally::default, |a, b| a.merge(b, pass.best))
    }
}

/// Every plan of one region, each from the one before it.
fn scan(
    space: &Space<'_>,
    (region, diagram): &(Region, Diagram),
    scorer: &Scorer<'_>,
    pass: &Pass,
    watch: &Watch<'_>,
) -> Tally {
    let piece = |ranks: std::ops::Range<u128>| {
        let mut tally = Tally::default();
        if !watch.goes_on(0) {
            return tally;
        }
        let more = u64::try_from(ranks.end - ranks.start).unwrap_or(u64::MAX);
        if scorer.metric().is_per_area() {
            let mut known: FxHashMap<u128, f64> = FxHashMap::default();
            let (mut scratch, mut members) = (Scratch::default(), Vec::new());
            let term = |area: u128| {
                *known.entry(area).or_insert_with(|| {
                    members.clear();
                    members.extend(bits_of(area).map(|v| region.members[v]));
                    scorer.area(&members, &mut scratch)
                })
            };
            diagram.scan(ranks, term, |rank, terms| tally.add(key(scorer, scorer.whole(terms)), pass, || vec![rank]));
        } else {
            let mut look = Look::new(scorer);
            diagram.scan(
                ranks,
                |area| area,
                |rank, areas| tally.add(look.key_of(space.len(), region, areas), pass, || vec![rank]),
            );
        }
        watch.goes_on(more);
        tally
    };
    pieces(diagram.count()).into_par_iter().map(piece).reduce(Tally::default, |a, b| a.merge(b, pass.best))
}

/// All ranks, in pieces for the threads; they depend on the count alone.
pub(super) fn pieces(count: u128) -> Vec<std::ops::Range<u128>> {
    let pieces = count.div_ceil(1024).clamp(1, PIECES);
    let from = |piece: u128| count / pieces * piece + (count % pieces).min(piece);
    (0..pieces).map(|piece| from(piece)..from(piece + 1)).collect()
}

/// One plan, put together and scored.
pub(super) struct Look<'l> {
    scorer: &'l Scorer<'l>,
    scratch: Scratch,
    terms: Vec<f64>,
    plan: Plan,
}

impl<'l> Look<'l> {
    pub(super) fn new(scorer: &'l Scorer<'_>) -> Self {
        Self { scorer, scratch: Scratch::default(), terms: Vec::new(), plan: Plan::default() }
    }

    fn begin(&mut self, municipalities: usize) {
        self.terms.clear();
        self.plan.areas.clear();
        self.plan.of.clear();
        self.plan.of.resize(municipalities, NONE);
    }

    /// An area from its members.
    fn area(&mut self, members: &[u32]) {
        if self.scorer.metric().is_per_area() {
            self.terms.push(self.scorer.area(members, &mut self.scratch));
            return;
        }
        let area = crate::territory::index_u32(self.plan.areas.len());
        self.plan.areas.push(String::new());
        members.iter().for_each(|&m| self.plan.of[m as usize] = area);
    }

    /// The areas of a region, given as the area of each of its municipalities.
    fn part(&mut self, region: &Region, areas: &[u32]) {
        let most = areas.iter().max().map_or(0, |&m| m + 1);
        for area in 0..most {
            let own = region.members.iter().zip(areas).filter(|(_, a)| **a == area);
            self.area(&own.map(|(&m, _)| m).collect::<Vec<_>>());
        }
    }

    /// The key of the plan of the regions' ranks.
    fn key_at(&mut self, space: &Space<'_>, ranks: &[u128]) -> Option<i64> {
        self.begin(space.len());
        for ((region, diagram), &rank) in space.parts.iter().zip(ranks) {
            self.part(region, &diagram.plan(rank).unwrap_or_default());
        }
        self.key()
    }

    /// The key of a region's plan, given as sets of its nodes.
    pub(super) fn key_of(&mut self, municipalities: usize, region: &Region, areas: &[u128]) -> Option<i64> {
        self.begin(municipalities);
        for &area in areas {
            self.area(&bits_of(area).map(|v| region.members[v]).collect::<Vec<_>>());
        }
        self.key()
    }

    fn key(&self) -> Option<i64> {
        let per_area = self.scorer.metric().is_per_area();
        key(self.scorer, if per_area { self.scorer.whole(&self.terms) } else { self.scorer.plan(&self.plan) })
    }
}
