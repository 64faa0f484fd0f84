//! One unit at a time goes to a neighbouring area, with the probability of Metropolis and Hastings for any target.

use super::ChainError;
use super::map::Map;
use super::random::Random;
use super::state::{State, Step};
use super::target::Target;
use crate::territory::index_u32;

/// One of so many steps moves a unit that is cut off, where there is one.
const LOOSE: u32 = 8;
/// Steps in a row without a move after which it is looked at whether there is any move at all.
const PATIENCE: u32 = 100_000;

/// What a flip needs besides the state; used again and again.
#[derive(Debug, Clone)]
pub(super) struct Flip {
    /// Links that are cut, and where each link stands among them (`u32::MAX`: nowhere).
    cut: Vec<u32>,
    place: Vec<u32>,
    /// What the plan costs under the target.
    cost: f64,
    /// By whom a unit was reached, and the number of the search.
    reached: Vec<(u32, u32)>,
    search: u32,
    arms: Vec<Arm>,
    mark: Vec<(u32, bool)>,
    in_vain: u32,
}

/// One of the ways out of a unit, and what was reached by it.
#[derive(Debug, Clone, Default)]
struct Arm {
    queue: Vec<u32>,
    at: usize,
    /// The arm that it has met, or itself.
    joined: usize,
}

impl Flip {
    pub(super) fn new(map: &Map, state: &State, target: &Target) -> Self {
        let is_cut = |link: &u32| {
            let (a, b) = map.ends[*link as usize];
            state.of[a as usize] != state.of[b as usize]
        };
        let cut: Vec<u32> = (0..index_u32(map.ends.len())).filter(is_cut).collect();
        let mut place = vec![u32::MAX; map.ends.len()];
        for (at, &link) in (0..).zip(&cut) {
            place[link as usize] = at;
        }
        Self {
            cut,
            place,
            cost: target.cost(map, state),
            reached: vec![(0, 0); map.units()],
            search: 0,
            arms: Vec::new(),
            mark: Vec::new(),
            in_vain: 0,
        }
    }

    /// A step: a cut link and one of its ends are drawn, which goes to the other's area with the probability that makes
    /// plans as likely as exp(-cost) (N. Metropolis et al., 1953, doi:10.1063/1.1699114; W. K. Hastings, 1970,
    /// doi:10.1093/biomet/57.1.97).
    ///
    /// # Errors
    ///
    /// Nothing can move at all.
    pub(super) fn step(
        &mut self,
        map: &Map,
        state: &mut State,
        target: &Target,
        random: &mut Random,
    ) -> Result<Step, ChainError> {
        let moved = if map.has_loose() && random.below(LOOSE) == 0 {
            self.loose(map, state, target, random)
        } else {
            self.propose(map, state, target, random)
        };
        if moved {
            self.in_vain = 0;
            return Ok(Step::Moved);
        }
        self.in_vain += 1;
        if self.in_vain >= PATIENCE {
            self.in_vain = 0;
            if let Some(stuck) = self.why(map, state) {
                return Err(ChainError::Stuck(stuck));
            }
        }
        Ok(Step::Stayed)
    }

    fn loose(&mut self, map: &Map, state: &mut State, target: &Target, random: &mut Random) -> bool {
        if target.looks_at_loose(map) {
            let before = state.clone();
            if !state.move_loose(map, random, &mut self.mark) {
                return false;
            }
            let cost = target.cost(map, state);
            if random.unit() >= (self.cost - cost).exp() {
                *state = before;
                return false;
            }
            self.cost = cost;
            return true;
        }
        state.move_loose(map, random, &mut self.mark)
    }

    fn propose(&mut self, map: &Map, state: &mut State, target: &Target, random: &mut Random) -> bool {
        if self.cut.is_empty() {
            return false;
        }
        let (v, w) = map.ends[self.cut[random.below(index_u32(self.cut.len())) as usize] as usize];
        let (v, w) = if random.coin() { (v, w) } else { (w, v) };
        let (from, to) = (state.of[v as usize], state.of[w as usize]);
        if !fits(map, state, v, from, to) {
            return false;
        }
        let (mut own, mut other, mut mm) = (0u32, 0u32, 0i64);
        for at in map.first[v as usize] as usize..map.first[v as usize + 1] as usize {
            let area = state.of[map.around[at] as usize];
            own += u32::from(area == from);
            other += u32::from(area == to);
            if target.border != 0.0 && (area == from || area == to) {
                let length = map.border_mm[map.link_of[at] as usize].cast_signed();
                mm += if area == from { length } else { -length };
            }
        }
        // An area of one unit stays.
        if own == 0 {
            return false;
        }
        let links = i64::from(own) - i64::from(other);
        let more = target.more(map, state, (v, from, to), (links, mm));
        let now = f64::from(index_u32(self.cut.len()));
        #[expect(clippy::cast_precision_loss, reason = "a number of links")]
        let then = now + links as f64;
        let ratio = (-more).exp() * (f64::from(own) * now) / (f64::from(other) * then);
        if ratio < 1.0 && random.unit() >= ratio {
            return false;
        }
        if own > 1 && !self.hangs_together(map, state, v, from) {
            return false;
        }
        state.of[v as usize] = to;
        if map.asks_more() && !map.admits(&state.of, &mut self.mark) {
            state.of[v as usize] = from;
            return false;
        }
        self.cost += more;
        self.made(map, state, v, from, to);
        true
    }

    /// Brings everything up to date after a unit has gone from one area to another.
    fn made(&mut self, map: &Map, state: &mut State, v: u32, from: u32, to: u32) {
        for (figures, sums) in map.figures.iter().zip(&mut state.sums) {
            let value = figures.values[v as usize];
            sums[from as usize] -= value;
            sums[to as usize] += value;
        }
        for at in map.first[v as usize] as usize..map.first[v as usize + 1] as usize {
            let area = state.of[map.around[at] as usize];
            let link = map.link_of[at];
            if area == from {
                self.place[link as usize] = index_u32(self.cut.len());
                self.cut.push(link);
                state.cut += 1;
                state.cut_mm += map.border_mm[link as usize];
            } else if area == to {
                let place = std::mem::replace(&mut self.place[link as usize], u32::MAX);
                self.cut.swap_remove(place as usize);
                if let Some(&last) = self.cut.get(place as usize) {
                    self.place[last as usize] = place;
                }
                state.cut -= 1;
                state.cut_mm -= map.border_mm[link as usize];
            }
        }
    }

    /// Whether an area stays in one piece without a unit of it: searches from all its neighbours at once, until they have
    /// met or one has nowhere to go.
    fn hangs_together(&mut self, map: &Map, state: &State, v: u32, area: u32) -> bool {
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.reached.fill((0, 0));
            self.search = 1;
        }
        let mut arms = 0;
        for &w in map.neighbours(v).iter().filter(|w| state.of[**w as usize] == area) {
            if self.arms.len() == arms {
                self.arms.push(Arm::default());
            }
            let arm = &mut self.arms[arms];
            arm.queue.clear();
            arm.queue.push(w);
            (arm.at, arm.joined) = (0, arms);
            self.reached[w as usize] = (self.search, index_u32(arms));
            arms += 1;
        }
        self.reached[v as usize] = (self.search, u32::MAX);
        let mut groups = arms;
        while groups > 1 {
            for arm in 0..arms {
                let Some(&u) = self.arms[arm].queue.get(self.arms[arm].at) else {
                    let own = self.group(arm);
                    let ended = |a: usize| self.arms[a].at == self.arms[a].queue.len();
                    if (0..arms).all(|a| self.group(a) != own || ended(a)) {
                        return false;
                    }
                    continue;
                };
                self.arms[arm].at += 1;
                for &w in map.neighbours(u).iter().filter(|w| state.of[**w as usize] == area) {
                    let (search, by) = self.reached[w as usize];
                    if search != self.search {
                        self.reached[w as usize] = (self.search, index_u32(arm));
                        self.arms[arm].queue.push(w);
                    } else if by != u32::MAX {
                        let (x, y) = (self.group(arm), self.group(by as usize));
                        if x != y {
                            self.arms[x.max(y)].joined = x.min(y);
                            groups -= 1;
                            if groups == 1 {
                                return true;
                            }
                        }
                    }
                }
            }
        }
        true
    }

    fn group(&self, mut arm: usize) -> usize {
        while self.arms[arm].joined != arm {
            arm = self.arms[arm].joined;
        }
        arm
    }

    /// Of a plan of which no unit can move, what would free it; none where one can.
    fn why(&mut self, map: &Map, state: &State) -> Option<super::Stuck> {
        let mut nearest: Option<(u64, super::Stuck)> = None;
        for &(x, y) in &map.ends {
            for (v, w) in [(x, y), (y, x)] {
                let (from, to) = (state.of[v as usize], state.of[w as usize]);
                let own = map.neighbours(v).iter().filter(|u| state.of[**u as usize] == from).count();
                if from == to || own == 0 || own > 1 && !self.hangs_together(map, state, v, from) {
                    continue;
                }
                if fits(map, state, v, from, to) && !map.asks_more() {
                    return None;
                }
                let (figures, sums) = (&map.figures[0], &state.sums[0]);
                let region = map.region_of[v as usize] as usize;
                let (least, most) = figures.bounds[region];
                let value = figures.values[v as usize];
                let parts = (sums[from as usize] - value, sums[to as usize] + value);
                let off = least.saturating_sub(parts.0).max(parts.1.saturating_sub(most));
                if nearest.as_ref().is_none_or(|n| off < n.0) {
                    let stuck = super::Stuck::Pair {
                        region: map.regions[region].name.clone(),
                        first: v,
                        second: w,
                        bottleneck: v,
                        attribute: figures.name.clone(),
                        parts,
                        bounds: (least, most),
                    };
                    nearest = Some((off, stuck));
                }
            }
        }
        if map.asks_more() && nearest.as_ref().is_some_and(|n| n.0 == 0) {
            // The sums would allow a move; whether the rest does is for the chain to find out.
            return None;
        }
        Some(nearest.map_or(super::Stuck::Nothing, |n| n.1))
    }
}

/// Whether the sums allow a unit to go from one area to another.
#[inline]
fn fits(map: &Map, state: &State, v: u32, from: u32, to: u32) -> bool {
    let region = map.region_of[v as usize] as usize;
    map.figures.iter().zip(&state.sums).all(|(figures, sums)| {
        let (least, most) = figures.bounds[region];
        let value = figures.values[v as usize];
        sums[from as usize] >= least.saturating_add(value) && sums[to as usize] + value <= most
    })
}
