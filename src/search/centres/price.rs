//! The areas around one centre, cheapest first or all below a cut-off: units are taken in or left out one by one.
//!
//! Every unit has a price (what it costs under the centre, less its multiplier). Looked for are connected sets with the
//! centre, within the bounds, whose prices add up to little. Two bounds leave out what can't: one with a fixed price per
//! unit of weight, which is only added to, and the best fractional filling (G. Dantzig 1957, doi:10.1287/opre.5.2.266).

use super::{Ground, Set, units};

/// What the search around one centre came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Priced {
    /// No set costs less; the cut-off where there is none below it.
    pub(super) bound: i64,
    /// The sets below the cut-off with what they cost: all of them, or the cheapest.
    pub(super) sets: Vec<(i64, Set)>,
    /// False where the search was cut short: there may be other sets.
    pub(super) whole: bool,
    /// Steps taken.
    pub(super) steps: usize,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Only sets that cost less.
    pub(super) cutoff: i64,
    /// All of them, or the cheapest.
    pub(super) all: bool,
    /// Most steps.
    pub(super) steps: usize,
    /// Most sets.
    pub(super) sets: usize,
}

/// A centre with its prices.
pub(super) struct Centre<'g> {
    ground: &'g Ground,
    centre: usize,
    /// The units that may, and those that must, belong to it.
    allowed: Set,
    must: Set,
    prices: Vec<i64>,
    /// The units that may, from the cheapest for its weight on.
    by_ratio: Vec<u32>,
    /// Prices less the price of their weight.
    reduced: Vec<i64>,
    /// The bound by the reduced prices for all sets.
    pub(super) loose: i64,
}

impl<'g> Centre<'g> {
    /// `allowed` and `must` have the centre.
    pub(super) fn new(ground: &'g Ground, centre: usize, allowed: Set, must: Set, multipliers: &[i64]) -> Self {
        let cost = ground.costs(centre);
        let prices: Vec<i64> = cost.iter().zip(multipliers).map(|(c, m)| c - m).collect();
        let mut by_ratio: Vec<u32> = units(allowed & !must).collect();
        let weight = |v: u32| i128::from(ground.weights[v as usize]);
        let price = |v: u32| i128::from(prices[v as usize]);
        // Exact, so that the filling in this order is a bound; without weight, by the sign of the price.
        by_ratio.sort_unstable_by(|&a, &b| {
            match (weight(a), weight(b)) {
                (0, 0) => price(a).cmp(&price(b)),
                (0, _) => {
                    if price(a) < 0 {
                        std::cmp::Ordering::Less
                    } else {
                        std::cmp::Ordering::Greater
                    }
                }
                (_, 0) => {
                    if price(b) < 0 {
                        std::cmp::Ordering::Greater
                    } else {
                        std::cmp::Ordering::Less
                    }
                }
                (wa, wb) => (price(a) * wb).cmp(&(price(b) * wa)),
            }
            .then(a.cmp(&b))
        });
        let mut own = Self { ground, centre, allowed, must, prices, by_ratio, reduced: Vec::new(), loose: 0 };
        own.reduce();
        own
    }

    /// The price of a unit of weight where the best fractional filling ends, and what that leaves of the prices.
    fn reduce(&mut self) {
        let ground = self.ground;
        let mut sum: i64 = units(self.must).map(|v| ground.weights[v as usize]).sum();
        let mut per_weight = 0;
        for &v in &self.by_ratio {
            let (weight, price) = (ground.weights[v as usize], self.prices[v as usize]);
            let goes_on = if price < 0 { sum < ground.most } else { sum < ground.least };
            if !goes_on {
                break;
            }
            sum += weight;
            let ends = if price < 0 { sum >= ground.most } else { sum >= ground.least };
            if ends && weight > 0 {
                per_weight = (price / weight).clamp(-ground.steepest, ground.steepest);
                break;
            }
        }
        let of = |(v, price): (usize, &i64)| price - per_weight * ground.weights[v];
        self.reduced = self.prices.iter().enumerate().map(of).collect();
        let side = if per_weight >= 0 { ground.least } else { ground.most };
        let must: i64 = units(self.must).map(|v| self.reduced[v as usize]).sum();
        let may: i64 = units(self.allowed & !self.must).map(|v| self.reduced[v as usize].min(0)).sum();
        self.loose = per_weight * side + must + may;
    }

    /// What each unit adds to the bound where it belongs to the centre, with the cheapest way there over others; units that
    /// can't be reached within the weight an area may have are missing.
    pub(super) fn ways(&self) -> Vec<Option<i64>> {
        let ground = self.ground;
        let n = ground.len();
        let mut found: Vec<Option<i64>> = vec![None; n];
        let mut far: Vec<i64> = vec![i64::MAX; n];
        let mut heavy: Vec<i64> = vec![i64::MAX; n];
        let extra = |v: usize| if self.must >> v & 1 == 1 { 0 } else { self.reduced[v].max(0) };
        // Two searches from the centre: one for the least weight on the way, one for the least that it adds.
        let search = |value: &dyn Fn(usize) -> i64, far: &mut Vec<i64>| {
            let mut open: Set = 1 << self.centre;
            far[self.centre] = value(self.centre);
            while let Some(v) = units(open).min_by_key(|&v| far[v as usize]) {
                open &= !(1 << v);
                for w in units(ground.around[v as usize] & self.allowed) {
                    let way = far[v as usize].saturating_add(value(w as usize));
                    if way < far[w as usize] {
                        far[w as usize] = way;
                        open |= 1 << w;
                    }
                }
            }
        };
        search(&extra, &mut far);
        search(&|v| ground.weights[v], &mut heavy);
        for v in units(self.allowed) {
            let v = v as usize;
            if far[v] < i64::MAX && heavy[v] <= ground.most {
                found[v] = Some(far[v]);
            }
        }
        found
    }

    /// How much of each unit the best fractional filling takes, of units in order.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(super) fn shares(&self, mut take: impl FnMut(usize, f64)) {
        let ground = self.ground;
        let mut sum: i64 = units(self.must).map(|v| ground.weights[v as usize]).sum();
        units(self.must).for_each(|v| take(v as usize, 1.0));
        for &v in &self.by_ratio {
            let (weight, price) = (ground.weights[v as usize], self.prices[v as usize]);
            let room = if price < 0 { ground.most - sum } else { ground.least - sum };
            if weight == 0 && price < 0 {
                take(v as usize, 1.0);
                continue;
            }
            if room <= 0 {
                break;
            }
            take(v as usize, if weight <= room { 1.0 } else { room as f64 / weight as f64 });
            sum += weight;
        }
    }

    /// Looks for the sets below the cut-off.
    pub(super) fn search(&self, wanted: Wanted) -> Priced {
        let mut hunt = Hunt {
            centre: self,
            wanted,
            cutoff: wanted.cutoff,
            pending: i64::MAX,
            found: Priced { whole: true, ..Priced::default() },
        };
        let own = self.centre;
        let start: Set = 1 << own;
        let reachable = self.ground.reach(start, self.allowed);
        if self.must & !reachable == 0 && self.loose < hunt.cutoff {
            let lost: i64 = units(self.allowed & !reachable).map(|v| -self.reduced[v as usize].min(0)).sum();
            hunt.go(&State {
                inside: start,
                within: reachable,
                near: self.ground.around[own],
                weight: self.ground.weights[own],
                room: self.ground.sum(reachable),
                price: self.prices[own],
                bound: self.loose + lost,
            });
        }
        let mut found = hunt.found;
        found.bound = hunt.cutoff.min(hunt.pending);
        if wanted.all {
            let least = found.sets.iter().map(|s| s.0).min().unwrap_or(i64::MAX);
            found.bound = found.bound.min(least);
        }
        found
    }
}

/// A part of the sets around a centre: those with all units inside, and no others than those within.
struct State {
    inside: Set,
    within: Set,
    /// What touches the inside.
    near: Set,
    /// The weight of the inside, and of what is within.
    weight: i64,
    room: i64,
    price: i64,
    bound: i64,
}

struct Hunt<'c, 'g> {
    centre: &'c Centre<'g>,
    wanted: Wanted,
    cutoff: i64,
    /// The least bound of what was not gone through.
    pending: i64,
    found: Priced,
}

impl Hunt<'_, '_> {
    fn go(&mut self, state: &State) {
        let centre = self.centre;
        let ground = centre.ground;
        if state.bound >= self.cutoff || state.weight > ground.most || state.room < ground.least {
            return;
        }
        let filled = self.filled(state);
        if filled >= self.cutoff {
            return;
        }
        if self.found.steps >= self.wanted.steps || self.found.sets.len() >= self.wanted.sets {
            self.found.whole = false;
            self.pending = self.pending.min(state.bound.max(filled));
            return;
        }
        self.found.steps += 1;
        let frontier = state.near & state.within & !state.inside;
        let must = frontier & centre.must;
        if must != 0 {
            self.go(&self.with(state, must.trailing_zeros() as usize));
            return;
        }
        // What is too heavy can't come in.
        let heavy = units(frontier).filter(|&v| state.weight + ground.weights[v as usize] > ground.most);
        let heavy: Set = heavy.fold(0, |set, v| set | 1 << v);
        if heavy != 0 {
            if let Some(state) = self.without(state, heavy) {
                self.go(&state);
            }
            return;
        }
        let telling = units(frontier).max_by_key(|&v| (centre.reduced[v as usize].abs(), std::cmp::Reverse(v)));
        let Some(v) = telling.map(|v| v as usize) else {
            self.take(state);
            return;
        };
        let with = self.with(state, v);
        if centre.reduced[v] < 0 {
            self.go(&with);
        }
        if let Some(without) = self.without(state, 1 << v) {
            self.go(&without);
        }
        if centre.reduced[v] >= 0 {
            self.go(&with);
        }
    }

    fn with(&self, state: &State, v: usize) -> State {
        let centre = self.centre;
        let extra = if centre.must >> v & 1 == 1 { 0 } else { centre.reduced[v].max(0) };
        State {
            inside: state.inside | 1 << v,
            near: state.near | centre.ground.around[v],
            weight: state.weight + centre.ground.weights[v],
            price: state.price + centre.prices[v],
            bound: state.bound + extra,
            ..*state
        }
    }

    /// Without some units of the frontier, and what they cut off; none where that has a unit that must be inside.
    fn without(&self, state: &State, out: Set) -> Option<State> {
        let centre = self.centre;
        let ground = centre.ground;
        let mut within = state.within & !out;
        let beyond = units(out).fold(0, |set, v| set | ground.around[v as usize]) & within & !state.inside;
        if beyond & !state.near != 0 {
            within = ground.reach(state.inside, within);
        }
        let gone = state.within & !within;
        if gone & centre.must != 0 {
            return None;
        }
        let lost: i64 = units(gone).map(|v| -centre.reduced[v as usize].min(0)).sum();
        Some(State { within, room: state.room - ground.sum(gone), bound: state.bound + lost, ..*state })
    }

    /// What the best fractional filling costs at least.
    fn filled(&self, state: &State) -> i64 {
        let centre = self.centre;
        let ground = centre.ground;
        let (mut weight, mut price) = (state.weight, state.price);
        for v in units(centre.must & !state.inside) {
            weight += ground.weights[v as usize];
            price += centre.prices[v as usize];
        }
        let free = state.within & !state.inside;
        for &v in &centre.by_ratio {
            if free >> v & 1 == 0 {
                continue;
            }
            let (own, cost) = (ground.weights[v as usize], centre.prices[v as usize]);
            let room = if cost < 0 { ground.most - weight } else { ground.least - weight };
            if (own <= room && room > 0) || (own == 0 && cost < 0) {
                weight += own;
                price += cost;
            } else if room > 0 {
                let part = (i128::from(cost) * i128::from(room)).div_euclid(i128::from(own));
                return price + i64::try_from(part).unwrap_or(0);
            } else {
                break;
            }
        }
        price
    }

    /// A set is whole: it is kept where it is within the bounds and costs little enough.
    fn take(&mut self, state: &State) {
        let centre = self.centre;
        let within = state.weight >= centre.ground.least && state.weight <= centre.ground.most;
        if !within || centre.must & !state.inside != 0 || state.price >= self.cutoff {
            return;
        }
        if self.wanted.all {
            // The same units around a better centre of theirs are found there.
            if centre.ground.is_best(centre.centre, state.inside) {
                self.found.sets.push((state.price, state.inside));
            }
        } else {
            self.cutoff = state.price;
            self.found.sets.clear();
            self.found.sets.push((state.price, state.inside));
        }
    }
}
