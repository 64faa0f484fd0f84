//! Two neighbouring areas are merged, and parted anew along a random spanning tree.

use super::map::Map;
use super::random::Random;
use super::state::{State, Step};
use super::tree::{Tree, Trees};
use super::{ChainError, Stuck};
use crate::territory::index_u32;

/// Trees that are drawn of a pair of areas before another pair is taken.
const TREES_A_PAIR: u32 = 64;
/// Trees that are drawn in one step before a chain is said to be stuck.
const TREES_A_STEP: u32 = 100_000;
/// One of so many steps moves a unit that is cut off, where there is one.
const LOOSE: u32 = 8;

/// What a step needs besides the state; used again and again.
#[derive(Debug, Clone, Default)]
pub(super) struct Merge {
    tree: Tree,
    /// Of each unit its area, and where it stands among the members.
    slot: Vec<(u32, u32)>,
    /// Units of the two areas, the first `split` of the first, with their values of the first figure.
    units: Vec<u32>,
    split: usize,
    weights: Vec<u64>,
    /// What hangs on each unit of the tree, itself included.
    below: Vec<u64>,
    /// The units of the tree above which it can be cut; the last bit: the areas change sides.
    cuts: Vec<u32>,
    side: Vec<bool>,
    old: Vec<u32>,
    mark: Vec<(u32, bool)>,
    /// Trees drawn so far.
    pub(super) trees: u64,
}

/// A pair of areas, and what one of them may have of each figure.
struct Pair {
    a: u32,
    b: u32,
    region: usize,
}

impl Merge {
    pub(super) fn new(map: &Map, state: &State) -> Self {
        let mut slot = vec![(u32::MAX, 0); map.units()];
        for (area, members) in (0..).zip(&state.members) {
            (0..).zip(members).for_each(|(at, &v)| slot[v as usize] = (area, at));
        }
        Self { slot, ..Self::default() }
    }

    /// A step of ReCom: a pair of areas by a random cut link, trees of it until one can be cut, a random cut of that.
    ///
    /// D. DeFord, M. Duchin, J. Solomon, *Recombination: a family of Markov chains for redistricting*, Harvard Data Science
    /// Review 3 (2021), doi:10.1162/99608f92.eb30390f. There trees of one pair are drawn without end; here another pair is
    /// taken after 64, so that a pair that can't be parted does not hold a chain.
    ///
    /// # Errors
    ///
    /// No pair could be parted in 100,000 trees; nothing is cut.
    pub(super) fn recom(
        &mut self,
        map: &Map,
        state: &mut State,
        how: Trees,
        random: &mut Random,
    ) -> Result<Step, ChainError> {
        if map.has_loose() && random.below(LOOSE) == 0 && state.move_loose(map, random, &mut self.mark) {
            return Ok(Step::Moved);
        }
        let mut drawn = 0;
        while drawn < TREES_A_STEP {
            let Some((v, w)) = state.cut_link(map, random) else {
                return Err(ChainError::Stuck(Stuck::Nothing));
            };
            let (a, b) = (state.of[v as usize], state.of[w as usize]);
            let pair = Pair { a, b, region: state.region_of[a as usize] as usize };
            self.gather(map, state, &pair, how);
            for _ in 0..TREES_A_PAIR {
                drawn += 1;
                self.draw(map, state, &pair, how, random);
                if self.cuts.is_empty() {
                    continue;
                }
                let cut = self.cuts[random.below(index_u32(self.cuts.len())) as usize];
                self.part(cut);
                if self.take(map, state, &pair) {
                    return Ok(Step::Moved);
                }
            }
        }
        Err(ChainError::Stuck(self.why(map, state, how, random)))
    }

    /// A step of reversible ReCom: any two areas of a region, one uniform tree, and a cut that is taken with the probability
    /// that makes plans as likely as the product of the numbers of spanning trees of their areas.
    ///
    /// S. Cannon, M. Duchin, D. Randall, P. Rule, *Spanning tree methods for sampling graph partitions* (2022),
    /// arXiv:2210.01401. `most` is their M: a tree that can be cut in more places than that ends the chain.
    ///
    /// # Errors
    ///
    /// A tree with more cuts than `most`.
    pub(super) fn reversible(
        &mut self,
        map: &Map,
        state: &mut State,
        most: u32,
        random: &mut Random,
    ) -> Result<Step, ChainError> {
        if map.has_loose() && random.below(LOOSE) == 0 {
            let moved = state.move_loose(map, random, &mut self.mark);
            return Ok(if moved { Step::Moved } else { Step::Stayed });
        }
        let Some(pair) = any_pair(state, random) else { return Err(ChainError::Stuck(Stuck::Nothing)) };
        if !self.touch(map, state, &pair) {
            return Ok(Step::Stayed);
        }
        self.gather(map, state, &pair, Trees::Uniform);
        self.draw(map, state, &pair, Trees::Uniform, random);
        let found = index_u32(self.cuts.len());
        if found > most {
            return Err(ChainError::Cuts { most, found });
        }
        let pick = random.below(most);
        if pick >= found {
            return Ok(Step::Stayed);
        }
        self.part(self.cuts[pick as usize]);
        let seam = self.seam();
        if random.below(seam.max(1)) != 0 {
            return Ok(Step::Stayed);
        }
        Ok(if self.take(map, state, &pair) { Step::Moved } else { Step::Stayed })
    }

    /// Most cuts of a tree, from trees of the plan as it is: what `most` of [`Merge::reversible`] may be taken from.
    pub(super) fn most_cuts(&mut self, map: &Map, state: &State, trees: u32, random: &mut Random) -> u32 {
        let mut most = 0;
        for _ in 0..trees {
            let Some((v, w)) = state.cut_link(map, random) else { break };
            let (a, b) = (state.of[v as usize], state.of[w as usize]);
            let pair = Pair { a, b, region: state.region_of[a as usize] as usize };
            self.gather(map, state, &pair, Trees::Uniform);
            self.draw(map, state, &pair, Trees::Uniform, random);
            most = most.max(index_u32(self.cuts.len()));
        }
        most
    }

    /// Whether two areas touch; looks at the smaller.
    fn touch(&self, map: &Map, state: &State, pair: &Pair) -> bool {
        let (a, b) = (pair.a as usize, pair.b as usize);
        let (from, to) = if state.members[a].len() <= state.members[b].len() { (a, pair.b) } else { (b, pair.a) };
        state.members[from].iter().any(|&v| map.neighbours(v).iter().any(|&w| state.of[w as usize] == to))
    }

    /// Lays out the graph of two areas.
    fn gather(&mut self, map: &Map, state: &State, pair: &Pair, how: Trees) {
        let (a, b) = (pair.a, pair.b);
        self.units.clear();
        self.units.extend_from_slice(&state.members[a as usize]);
        self.split = self.units.len();
        self.units.extend_from_slice(&state.members[b as usize]);
        let values = &map.figures[0].values[..];
        self.weights.clear();
        self.weights.extend(self.units.iter().map(|&v| values[v as usize]));
        self.tree.clear(self.units.len(), map.entries(&self.units) + 1);
        let (slot, split) = (&self.slot[..], index_u32(self.split));
        for (i, &v) in (0..).zip(&self.units) {
            for &w in map.neighbours(v) {
                let (area, at) = slot[w as usize];
                let j = at + if area == b { split } else { 0 };
                let inside = area == a || area == b;
                self.tree.link(i, j, inside & (i < j));
                if inside && how == Trees::Uniform {
                    self.tree.around.push(j);
                }
            }
            if how == Trees::Uniform {
                self.tree.first.push(index_u32(self.tree.around.len()));
            }
        }
    }

    /// Draws a tree, and finds where it can be cut.
    fn draw(&mut self, map: &Map, state: &State, pair: &Pair, how: Trees, random: &mut Random) {
        self.trees += 1;
        self.tree.draw(how, random);
        self.cuts.clear();
        let loose = state.loose_units[pair.a as usize] + state.loose_units[pair.b as usize] > 0;
        for (k, figures) in map.figures.iter().enumerate() {
            let bounds = figures.bounds[pair.region];
            if k > 0 && bounds == (0, u64::MAX) {
                continue;
            }
            self.below.clear();
            if k == 0 {
                self.below.extend_from_slice(&self.weights);
            } else {
                self.below.extend(self.units.iter().map(|&v| figures.values[v as usize]));
            }
            let own = [pair.a, pair.b].map(|area| state.loose[k][area as usize]);
            let total = state.sums[k][pair.a as usize] + state.sums[k][pair.b as usize];
            // What hangs below the cut goes to the first area, or (where that makes a difference) to the second.
            let [straight, crossed] = [own, [own[1], own[0]]].map(|own| range(total, own, bounds));
            let (below, parent) = (&mut self.below[..], &self.tree.parent[..]);
            if k == 0 {
                for &v in &self.tree.order {
                    let sum = below[v as usize];
                    below[parent[v as usize] as usize] += sum;
                    if straight.has(sum) {
                        self.cuts.push(v << 1);
                    }
                    if loose && crossed.has(sum) {
                        self.cuts.push(v << 1 | 1);
                    }
                }
            } else {
                for &v in &self.tree.order {
                    below[parent[v as usize] as usize] += below[v as usize];
                }
                self.cuts.retain(|&cut| {
                    let sum = below[(cut >> 1) as usize];
                    if cut & 1 == 0 { straight.has(sum) } else { crossed.has(sum) }
                });
            }
            if self.cuts.is_empty() {
                return;
            }
        }
    }

    /// Parts the units: on the first side lies what goes to the first area.
    fn part(&mut self, cut: u32) {
        self.side.clear();
        self.side.resize(self.tree.units, false);
        let (side, parent) = (&mut self.side[..], &self.tree.parent[..]);
        for &v in self.tree.order.iter().rev() {
            side[v as usize] = v == cut >> 1 || side[parent[v as usize] as usize];
        }
        if cut & 1 == 1 {
            side.iter_mut().for_each(|s| *s = !*s);
        }
    }

    /// Links between the sides.
    fn seam(&self) -> u32 {
        let side = &self.side[..];
        self.tree.links().iter().map(|&(i, j)| u32::from(side[i as usize] != side[j as usize])).sum()
    }

    /// Makes the sides the areas, unless that breaks what else is asked.
    fn take(&mut self, map: &Map, state: &mut State, pair: &Pair) -> bool {
        let areas = [pair.b, pair.a];
        if map.asks_more() {
            self.old.clear();
            self.old.extend(self.units.iter().map(|&v| state.of[v as usize]));
            for (&v, &side) in self.units.iter().zip(&self.side) {
                state.of[v as usize] = areas[usize::from(side)];
            }
            let admitted = map.admits(&state.of, &mut self.mark);
            for (&v, &area) in self.units.iter().zip(&self.old) {
                state.of[v as usize] = area;
            }
            if !admitted {
                return false;
            }
        }
        self.count_cuts(map, state);
        for area in areas {
            state.members[area as usize].clear();
        }
        for (&v, &side) in self.units.iter().zip(&self.side) {
            let area = areas[usize::from(side)];
            let members = &mut state.members[area as usize];
            state.of[v as usize] = area;
            self.slot[v as usize] = (area, index_u32(members.len()));
            members.push(v);
        }
        for (k, figures) in map.figures.iter().enumerate() {
            let total = state.sums[k][pair.a as usize] + state.sums[k][pair.b as usize];
            let own: u64 = state.members[pair.a as usize].iter().map(|&v| figures.values[v as usize]).sum();
            state.sums[k][pair.a as usize] = own + state.loose[k][pair.a as usize];
            state.sums[k][pair.b as usize] = total - state.sums[k][pair.a as usize];
        }
        true
    }

    /// Brings the number and the length of the cut links up to date; the state still has the old areas.
    fn count_cuts(&self, map: &Map, state: &mut State) {
        let (mut more, mut more_mm) = (0i64, 0i64);
        let (side, split) = (&self.side[..], index_u32(self.split));
        for &(i, j) in self.tree.links() {
            let (then, before) = (side[i as usize] != side[j as usize], (i < split) != (j < split));
            if then != before {
                let sign = if then { 1 } else { -1 };
                more += sign;
                more_mm += sign * map.length(self.units[i as usize], self.units[j as usize]).cast_signed();
            }
        }
        state.cut = state.cut.wrapping_add_signed(more);
        state.cut_mm = state.cut_mm.wrapping_add_signed(more_mm);
    }

    /// Why no pair can be parted: of all pairs the one of which a tree came nearest to a cut.
    fn why(&mut self, map: &Map, state: &State, how: Trees, random: &mut Random) -> Stuck {
        const TREES: usize = 50;
        let mut pairs: Vec<(u32, u32)> = map
            .ends
            .iter()
            .map(|&(v, w)| (state.of[v as usize], state.of[w as usize]))
            .filter(|(a, b)| a != b)
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut nearest: Option<(f64, Stuck)> = None;
        for (a, b) in pairs {
            let pair = Pair { a, b, region: state.region_of[a as usize] as usize };
            self.gather(map, state, &pair, how);
            let (figures, sums) = (&map.figures[0], &state.sums[0]);
            let (least, most) = figures.bounds[pair.region];
            let total = sums[a as usize] + sums[b as usize];
            for _ in 0..TREES {
                self.draw(map, state, &pair, how, random);
                for &v in &self.tree.order {
                    let sum = self.below[v as usize];
                    let (less, more) = (sum.min(total - sum), sum.max(total - sum));
                    let off = least.saturating_sub(less).max(more.saturating_sub(most));
                    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
                    let share = off as f64 / (total as f64 / 2.0).max(1.0);
                    if nearest.as_ref().is_none_or(|n| share < n.0) {
                        let stuck = Stuck::Pair {
                            region: map.regions[pair.region].name.clone(),
                            first: self.units[0],
                            second: self.units[self.split],
                            bottleneck: self.units[v as usize],
                            attribute: figures.name.clone(),
                            parts: (less, more),
                            bounds: (least, most),
                        };
                        nearest = Some((share, stuck));
                    }
                }
            }
        }
        nearest.map_or(Stuck::Nothing, |n| n.1)
    }
}

/// Sums from the first on, so many.
#[derive(Clone, Copy)]
struct Range {
    first: u64,
    /// How many more than one; none: no sum at all.
    more: Option<u64>,
}

impl Range {
    #[inline]
    fn has(&self, sum: u64) -> bool {
        self.more.is_some_and(|more| sum.wrapping_sub(self.first) <= more)
    }
}

/// What may hang below a cut: with its own of the units that are cut off it must be within bounds, and the rest as well.
fn range(total: u64, [own, other]: [u64; 2], (least, most): (u64, u64)) -> Range {
    let tree = total - own - other;
    let first = least.saturating_sub(own).max((tree + other).saturating_sub(most));
    let last = most.saturating_sub(own).min((tree + other).saturating_sub(least));
    let possible = own <= most && tree + other >= least;
    Range { first, more: if possible { last.checked_sub(first) } else { None } }
}

/// Two areas of one region, each such pair with the same probability.
fn any_pair(state: &State, random: &mut Random) -> Option<Pair> {
    let pairs = |areas: &Vec<u32>| index_u32(areas.len() * areas.len().saturating_sub(1) / 2);
    let all: u32 = state.areas_of.iter().map(pairs).sum();
    if all == 0 {
        return None;
    }
    let mut pick = random.below(all);
    for (region, areas) in state.areas_of.iter().enumerate() {
        if pick < pairs(areas) {
            let i = random.below(index_u32(areas.len()));
            let j = random.below(index_u32(areas.len()) - 1);
            let (a, b) = (areas[i as usize], areas[(j + u32::from(j >= i)) as usize]);
            return Some(Pair { a, b, region });
        }
        pick -= pairs(areas);
    }
    None
}
