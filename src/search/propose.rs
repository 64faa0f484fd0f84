//! Good plans that differ: the best one, then each time the best of those that differ enough from all before it.
//!
//! A plan of the territory is a plan of each region, its cost is the sum of theirs, and so is the number of
//! municipalities in which it differs from another plan. So of each region its plans are taken in order of cost
//! ([`Diagram::ordered`]), those that are no better and no further off are left aside, and what remains is put together
//! region by region. What was not looked at costs at least as much as the last that was: taking it for as far off as a
//! plan can be gives a bound, and where a plan without it reaches that bound, it is proved the best.

use rayon::prelude::*;

use crate::plan::difference;
use crate::space::{AXES, Cost, Diagram, Goal, Objective, Ordered, Prices, Ranks, Space, SpaceError, Value, plus};

/// Most combinations of regions that are held at once.
const MOST_HELD: usize = 2048;
/// How many plans of a region are looked at first.
const FIRST_LOOK: usize = 64;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wish<'m> {
    /// What to make small: the first goes before the second, and so on; at most [`AXES`]. Where one of them does not add
    /// up over borders and areas, every plan of each region is looked at.
    pub goals: Vec<Goal<'m>>,
    /// How many plans.
    pub number: usize,
    /// In how many municipalities any two must differ at least, areas matched one to one so that as few as may be do.
    pub distinct: u32,
    /// Most plans of a region that are looked at in order of their cost.
    pub looked_at: usize,
    /// Of a region with more plans not all are looked at, where a goal does not add up over borders and areas.
    pub look_at: u64,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self { goals: Vec::new(), number: 5, distinct: 1, looked_at: 20_000, look_at: 100_000_000 }
    }
}

impl Wish<'_> {
    /// What of the goals adds up over borders and areas.
    fn sums(&self) -> Vec<Objective> {
        self.goals.iter().map(|g| g.sum).collect()
    }
}

/// A plan that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What it has, one a goal.
    pub value: Value,
    /// No plan that differs enough from those before it has less.
    pub bound: Value,
    /// Its rank in each region.
    pub ranks: Ranks,
    /// In how many municipalities it differs from each plan before it.
    pub differs: Vec<u32>,
}

impl Proposal {
    /// Whether it is proved that no plan is better.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.value == self.bound
    }
}

/// Why there are no more plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As many as were asked for.
    Enough,
    /// Proved: no other plan differs enough from these.
    NoMore,
    /// None was found within what may be looked at, or the search was stopped.
    Stopped,
}

/// The plans, best first, and why there are no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposals {
    /// In the order in which they were found: each costs at least as much as the one before it, unless that one is not
    /// proved.
    pub plans: Vec<Proposal>,
    /// Why there are no more.
    pub end: End,
}

/// Finds good plans that differ; `go_on` is asked now and then whether to.
///
/// The answer depends on the space and the wish alone (and on `go_on`), not on the number of threads.
///
/// # Errors
///
/// [`SpaceError::TooLarge`] where a goal's values don't fit.
///
/// # Example
///
/// ```
/// use landmeter::io::{embedded, territory};
/// use landmeter::search::propose::{Wish, propose};
/// use landmeter::space::{Measure, Narrowing, Regions, Space};
///
/// let flanders = territory::load(&territory::TerritoryOptions::default())?.territory;
/// let book = embedded::rulebook("vlaanderen-2021")?;
/// let narrowing = Narrowing { region: Some("Midwest".into()), ..Narrowing::default() };
/// let regions = Regions::new(&flanders, &book, &narrowing)?;
/// let space = Space::new(&flanders, book.contiguity, regions, 1 << 30)?;
/// let border = Measure::new("cut_border_km", &space, None)?;
/// let wish = Wish { goals: vec![border.goal(1, false)], number: 3, distinct: 4, ..Wish::default() };
/// let found = propose(&space, &wish, &|| true)?;
/// assert_eq!(found.plans.len(), 3);
/// assert!(found.plans.iter().all(|p| p.is_proved() && p.differs.iter().all(|&d| d >= 4)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn propose(space: &Space<'_>, wish: &Wish<'_>, go_on: &(dyn Fn() -> bool + Sync)) -> Result<Proposals, SpaceError> {
    let parts = (0..space.parts.len()).into_par_iter();
    let lanes: Vec<Lane<'_>> = parts.map(|part| Lane::new(space, wish, part, go_on)).collect::<Result<_, _>>()?;
    let looks = |lane: &Lane<'_>| matches!(lane.source, Source::Listed(..));
    if lanes.iter().any(looks) && !go_on() {
        // A look at the plans that was broken off tells nothing of those that it did not get to.
        return Ok(Proposals { plans: Vec::new(), end: End::Stopped });
    }
    let mut search = Search { wish, lanes, start: space.between(&wish.sums()), chosen: Vec::new(), go_on };
    let end = loop {
        if search.chosen.len() >= wish.number {
            break End::Enough;
        }
        if !search.chosen.is_empty() && !go_on() {
            break End::Stopped;
        }
        match search.next() {
            Ok(found) => search.choose(found),
            Err(end) => break end,
        }
    };
    Ok(Proposals { plans: search.chosen, end })
}

/// A plan of a region.
#[derive(Debug)]
struct Item {
    value: Value,
    rank: u128,
    areas: Vec<u32>,
    /// In how many municipalities it differs from each chosen plan, at most as many as are asked for.
    far: Vec<u32>,
}

/// Where the plans of a region come from, in order of cost.
enum Source<'s> {
    /// From the diagram, one after another.
    Ordered(Box<Ordered<'s>>),
    /// From a look at all of them, or a search: some of the cheapest, and what the others have at least, if there are any.
    Listed(std::vec::IntoIter<(Value, u128)>, Option<Value>),
}

/// A region, and what was seen of its plans.
struct Lane<'s> {
    diagram: &'s Diagram,
    costs: Vec<Cost>,
    prices: Prices,
    source: Source<'s>,
    /// In order of cost, without a gap.
    items: Vec<Item>,
    /// Others, found by asking for plans that differ.
    others: Vec<Item>,
    /// All plans were seen.
    exhausted: bool,
    municipalities: u32,
    /// The areas of each chosen plan.
    chosen: Vec<Vec<u32>>,
}

/// What a region may contribute: a plan (its value, how far it is, its rank), or what was not looked at (no rank).
struct Choice {
    value: Value,
    far: Vec<u32>,
    rank: Option<u128>,
}

impl<'s> Lane<'s> {
    fn new(
        space: &'s Space<'_>,
        wish: &Wish<'_>,
        part: usize,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, SpaceError> {
        let (region, diagram) = &space.parts[part];
        let costs = space.costs(&wish.sums(), part);
        let source = if wish.goals.iter().all(|g| g.scored.is_empty()) {
            Source::Ordered(Box::new(diagram.ordered(diagram.prices(&costs))))
        } else if let Some((list, others)) = Self::searched(space, wish, part, go_on) {
            Source::Listed(list.into_iter(), Some(others))
        } else {
            let most = wish.looked_at.max(1);
            let list = space.cheapest(&wish.goals, part, most, go_on)?;
            let others = list.last().filter(|_| (list.len() as u128) < diagram.count()).map(|plan| plan.0);
            Source::Listed(list.into_iter(), others)
        };
        let mut lane = Self {
            diagram,
            prices: diagram.prices(&costs),
            source,
            costs,
            items: Vec::new(),
            others: Vec::new(),
            exhausted: false,
            municipalities: crate::territory::index_u32(region.members.len()),
            chosen: Vec::new(),
        };
        lane.look_further(wish);
        Ok(lane)
    }

    /// The best plans by a search, where there are too many to look at, or where that is quicker and proves as many as are
    /// wanted.
    fn searched(
        space: &Space<'_>,
        wish: &Wish<'_>,
        part: usize,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Option<(Vec<(Value, u128)>, Value)> {
        let too_many = space.parts[part].1.count() > u128::from(wish.look_at);
        if !too_many && (wish.distinct > 1 || !space.is_found_sooner(&wish.goals, part)) {
            return None;
        }
        let number = wish.number.max(1);
        let (list, others) = space.cheapest_found(&wish.goals, part, number, go_on)?;
        (too_many || list.get(number - 1).is_some_and(|last| last.0 <= others)).then_some((list, others))
    }

    /// Looks at more plans; whether it may.
    fn look_further(&mut self, wish: &Wish<'_>) -> bool {
        let most = wish.looked_at.max(1);
        if self.exhausted || self.items.len() >= most {
            return false;
        }
        let more = (self.items.len() * 3).max(FIRST_LOOK).min(most - self.items.len());
        for _ in 0..more {
            let next = match &mut self.source {
                Source::Ordered(ordered) => ordered.next(),
                Source::Listed(list, others) => {
                    let next = list.next();
                    if next.is_none() && others.is_some() {
                        return false;
                    }
                    next
                }
            };
            let Some((value, rank)) = next else {
                self.exhausted = true;
                break;
            };
            let item = self.item(value, rank, wish.distinct);
            self.items.extend(item);
        }
        true
    }

    fn item(&self, value: Value, rank: u128, distinct: u32) -> Option<Item> {
        let areas = self.diagram.plan(rank)?;
        let far = self.chosen.iter().map(|c| difference(c, &areas).min(distinct)).collect();
        Some(Item { value, rank, areas, far })
    }

    fn choose(&mut self, rank: u128, distinct: u32) {
        let areas = self.diagram.plan(rank).unwrap_or_default();
        self.items.par_iter_mut().chain(self.others.par_iter_mut()).for_each(|item| {
            item.far.push(difference(&areas, &item.areas).min(distinct));
        });
        self.chosen.push(areas);
    }

    /// What the region may contribute, in order of value: of the plans that were seen those that no cheaper one is as
    /// far off as; and, as a bound, what was not looked at.
    fn choices(&self, distinct: u32) -> Vec<Choice> {
        let mut seen: Vec<&Item> = self.items.iter().chain(&self.others).collect();
        seen.sort_by_key(|item| (item.value, item.rank));
        let last = self.items.last().map(|item| item.value);
        let unseen = match &self.source {
            Source::Ordered(_) => last.filter(|_| !self.exhausted),
            Source::Listed(list, others) => last.filter(|_| list.len() > 0).into_iter().chain(*others).min(),
        };
        let mut choices: Vec<Choice> = Vec::new();
        let enough = |far: &[u32]| far.iter().all(|&f| f >= distinct);
        let mut unseen_to_come = unseen.is_some();
        for item in seen {
            if unseen_to_come && unseen.is_some_and(|v| item.value > v) {
                choices.extend(self.unseen(unseen, distinct));
                unseen_to_come = false;
            }
            let beaten = choices.iter().any(|c| c.rank.is_some() && c.far.iter().zip(&item.far).all(|(a, b)| a >= b));
            if !beaten {
                choices.push(Choice { value: item.value, far: item.far.clone(), rank: Some(item.rank) });
                if enough(&item.far) {
                    unseen_to_come &= unseen.is_some_and(|v| item.value > v);
                    break;
                }
            }
        }
        if unseen_to_come {
            choices.extend(self.unseen(unseen, distinct));
        }
        choices
    }

    /// What was not looked at: as cheap as what was seen last, as far off as a plan can be.
    fn unseen(&self, value: Option<Value>, distinct: u32) -> Option<Choice> {
        let far = vec![distinct.min(self.municipalities.saturating_sub(1)); self.chosen.len()];
        value.map(|value| Choice { value, far, rank: None })
    }

    /// Looks for plans that differ from the chosen ones, wherever they are in the order: the best ones where each link
    /// that is treated otherwise than in a chosen plan is rewarded, less and more.
    fn look_elsewhere(&mut self, wish: &Wish<'_>) {
        const SCALE: i64 = 16;
        const KEPT: usize = 8;
        let weights = |c: &Cost| {
            let sum: i64 = c.cut.iter().map(|l| l.2.abs()).sum();
            c.area.abs().max(sum / i64::try_from(c.cut.len()).unwrap_or(1).max(1)).max(1)
        };
        if !matches!(self.source, Source::Ordered(_)) {
            return;
        }
        let Some(first) = self.costs.first() else { return };
        let unit = weights(first);
        let mut sets: Vec<Vec<&[u32]>> = self.chosen.iter().map(|c| vec![&c[..]]).collect();
        if sets.len() > 1 {
            sets.push(self.chosen.iter().map(|c| &c[..]).collect());
        }
        let tasks: Vec<(&Vec<&[u32]>, u32)> =
            sets.iter().flat_map(|set| (0..10).map(move |power| (set, power))).collect();
        let found = |(set, power): (&Vec<&[u32]>, u32)| {
            let most = i64::MAX / 8 / i64::try_from((self.costs[0].cut.len() + 1) * set.len()).unwrap_or(i64::MAX);
            let reward = unit.checked_shl(power).unwrap_or(most).min(most);
            let mut costs = self.costs.clone();
            let [first, ..] = &mut costs[..] else { return Vec::new() };
            first.area *= SCALE;
            for (a, b, weight) in &mut first.cut {
                let parted = |c: &&[u32]| if c[*a as usize] == c[*b as usize] { -reward } else { reward };
                *weight = *weight * SCALE + set.iter().map(parted).sum::<i64>();
            }
            self.diagram.best(&self.diagram.prices(&costs), KEPT)
        };
        let mut ranks: Vec<u128> = tasks.into_par_iter().flat_map_iter(found).map(|(_, rank)| rank).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let known = |rank: &u128| self.items.iter().chain(&self.others).any(|item| item.rank == *rank);
        ranks.retain(|rank| !known(rank));
        let new: Vec<Item> = ranks
            .into_par_iter()
            .filter_map(|rank| self.item(self.diagram.cost_at(&self.prices, rank)?, rank, wish.distinct))
            .collect();
        self.others.extend(new);
    }
}

/// Regions put together so far: the sum, how many of them with what was not looked at, how far from each chosen plan,
/// and the choice in each region.
struct Held {
    value: Value,
    unseen: u32,
    far: Vec<u32>,
    picks: Vec<u32>,
}

/// The best way to put the regions together, and a bound on what was given up on the way.
struct Whole {
    best: Option<Held>,
    given_up: Option<Value>,
}

struct Search<'s> {
    wish: &'s Wish<'s>,
    lanes: Vec<Lane<'s>>,
    /// What every plan has in common.
    start: Value,
    chosen: Vec<Proposal>,
    go_on: &'s (dyn Fn() -> bool + Sync),
}

impl Search<'_> {
    /// The next plan.
    fn next(&mut self) -> Result<Proposal, End> {
        loop {
            let choices: Vec<Vec<Choice>> =
                self.lanes.par_iter().map(|lane| lane.choices(self.wish.distinct)).collect();
            let whole = self.combine(&choices);
            let bound = whole.best.as_ref().map(|b| b.value).into_iter().chain(whole.given_up).min();
            let Some(bound) = bound else { return Err(End::NoMore) };
            let unseen: Vec<bool> = match &whole.best {
                Some(best) => picked(best, &choices).map(|c| c.rank.is_none()).collect(),
                None => vec![true; self.lanes.len()],
            };
            if let Some(best) = whole.best.filter(|_| !unseen.contains(&true)) {
                return Ok(self.proposal(&best, &choices, bound));
            }
            let wish = self.wish;
            let looked = self.lanes.par_iter_mut().zip(&unseen).filter(|(_, unseen)| **unseen);
            let further =
                (self.go_on)() && looked.map(|(lane, _)| lane.look_further(wish)).reduce(|| false, |a, b| a | b);
            if !further {
                return self.best_seen(bound);
            }
        }
    }

    /// The best plan of what was seen, where the bound can't be reached.
    fn best_seen(&mut self, bound: Value) -> Result<Proposal, End> {
        let wish = self.wish;
        if (self.go_on)() {
            self.lanes.par_iter_mut().for_each(|lane| lane.look_elsewhere(wish));
        }
        let mut choices: Vec<Vec<Choice>> = self.lanes.par_iter().map(|lane| lane.choices(wish.distinct)).collect();
        choices.iter_mut().for_each(|list| list.retain(|c| c.rank.is_some()));
        let best = self.combine(&choices).best.ok_or(End::Stopped)?;
        Ok(self.proposal(&best, &choices, bound))
    }

    fn proposal(&self, best: &Held, choices: &[Vec<Choice>], bound: Value) -> Proposal {
        let ranks: Ranks = picked(best, choices).filter_map(|c| c.rank).collect();
        let of_lane = |k: usize| {
            self.lanes
                .iter()
                .zip(&ranks)
                .map(move |(lane, &rank)| difference(&lane.chosen[k], &lane.diagram.plan(rank).unwrap_or_default()))
        };
        let differs = (0..self.chosen.len()).map(|k| of_lane(k).sum()).collect();
        Proposal { value: best.value, bound: bound.min(best.value), ranks, differs }
    }

    fn choose(&mut self, found: Proposal) {
        let distinct = self.wish.distinct;
        self.lanes.par_iter_mut().zip(&found.ranks).for_each(|(lane, &rank)| lane.choose(rank, distinct));
        self.chosen.push(found);
    }

    /// Puts the regions together one by one; of what is as far off the cheapest is kept.
    fn combine(&self, choices: &[Vec<Choice>]) -> Whole {
        let (distinct, chosen) = (self.wish.distinct, self.chosen.len());
        // What the regions still to come can add to each distance at most, and cost at least.
        let mut ahead: Vec<(Vec<u32>, Value)> = vec![(vec![0; chosen], [0; AXES])];
        for list in choices.iter().rev() {
            let Some(least) = list.iter().map(|c| c.value).min() else { return Whole { best: None, given_up: None } };
            let (far, value) = &ahead[ahead.len() - 1];
            let most = |k: usize| list.iter().map(|c| c.far[k]).max().unwrap_or(0).saturating_add(far[k]);
            ahead.push(((0..chosen).map(most).collect(), plus(*value, least)));
        }
        ahead.reverse();
        let mut held = vec![Held { value: self.start, unseen: 0, far: vec![0; chosen], picks: Vec::new() }];
        let mut given_up: Option<Value> = None;
        for (list, (far_ahead, least_ahead)) in choices.iter().zip(&ahead[1..]) {
            let mut next: Vec<Held> = Vec::new();
            for before in &held {
                for (pick, choice) in (0..).zip(list) {
                    let far: Vec<u32> =
                        before.far.iter().zip(&choice.far).map(|(a, b)| (a + b).min(distinct)).collect();
                    if far.iter().zip(far_ahead).all(|(f, ahead)| f + ahead >= distinct) {
                        let picks = before.picks.iter().copied().chain([pick]).collect();
                        let unseen = before.unseen + u32::from(choice.rank.is_none());
                        next.push(Held { value: plus(before.value, choice.value), unseen, far, picks });
                    }
                }
            }
            next.sort_by(|a, b| {
                (a.value, a.unseen).cmp(&(b.value, b.unseen)).then_with(|| (&b.far, &a.picks).cmp(&(&a.far, &b.picks)))
            });
            held.clear();
            for item in next {
                if held.iter().any(|h| h.far.iter().zip(&item.far).all(|(a, b)| a >= b)) {
                    continue;
                }
                if held.len() == MOST_HELD {
                    let bound = plus(item.value, *least_ahead);
                    given_up = Some(given_up.map_or(bound, |g| g.min(bound)));
                    break;
                }
                held.push(item);
            }
        }
        // Only what is far enough is left, as nothing lies ahead.
        Whole { best: held.into_iter().next(), given_up }
    }
}

/// The choices that were picked.
fn picked<'c>(held: &Held, choices: &'c [Vec<Choice>]) -> impl Iterator<Item = &'c Choice> {
    held.picks.clone().into_iter().zip(choices).map(|(pick, list)| &list[pick as usize])
}
