//! A plan to begin with: the map is cut in two along a random tree, and each part again, until every part is an area.

use super::ChainError;
use super::map::{Figures, Map};
use super::random::Random;
use super::state::State;
use super::tree::{Tree, Trees};
use crate::search::large::{Problem, start};
use crate::territory::index_u32;

/// Trees of a part before the whole is begun anew.
const TREES: usize = 200;
/// Whole beginnings.
const TRIES: usize = 60;
/// Units of a region that are changed one by one where cutting does not help.
const FEW: usize = 5_000;
/// Rounds of that.
const ROUNDS: u64 = 16;

/// A plan within all bounds, with the number of areas that each region has, or (of a range) one that depends on the
/// number of the chain.
///
/// # Errors
///
/// A region without a number of areas; no plan was found.
pub fn start(map: &Map, chain: u64, random: &mut Random) -> Result<State, ChainError> {
    let mut of = vec![u32::MAX; map.units()];
    let mut areas = 0;
    for (number, region) in map.regions.iter().enumerate() {
        let Some((fewest, most)) = region.areas.filter(|&(_, most)| most != u32::MAX) else {
            return Err(ChainError::Areas { region: region.name.clone() });
        };
        let span = u64::from(most - fewest) + 1;
        let wanted = fewest + u32::try_from(chain % span).unwrap_or(0);
        let mut found = false;
        for _ in 0..TRIES {
            if parted(map, number, wanted, areas, &mut of, random) && keeps(map, number, &of) {
                found = true;
                break;
            }
        }
        if !found && !searched(map, number, wanted, areas, &mut of, random) {
            return Err(ChainError::NoStart { region: region.name.clone(), areas: wanted });
        }
        areas += wanted;
    }
    State::new(map, &of)
}

/// Parts a region by trees; false where a part can't be cut.
fn parted(map: &Map, region: usize, areas: u32, first: u32, of: &mut [u32], random: &mut Random) -> bool {
    let connected = |m: &&u32| !map.is_loose[**m as usize];
    let members: Vec<u32> = map.regions[region].members.iter().filter(connected).copied().collect();
    let mut number = vec![u32::MAX; map.units()];
    let mut open = vec![(members, areas)];
    let mut next = first;
    let mut tree = Tree::default();
    while let Some((units, areas)) = open.pop() {
        if areas == 1 {
            units.iter().for_each(|&v| of[v as usize] = next);
            next += 1;
            continue;
        }
        lay_out(map, &units, &mut number, &mut tree);
        let mut cut = None;
        for _ in 0..TREES {
            if tree.links().len() + 1 < units.len() {
                break;
            }
            tree.draw(Trees::Minimum, random);
            if tree.order.len() + 1 != units.len() {
                break;
            }
            cut = best_cut(map, region, &units, areas, &tree);
            if cut.is_some() {
                break;
            }
        }
        let Some((above, areas_below)) = cut else { return false };
        let mut below = vec![false; units.len()];
        for &v in tree.order.iter().rev() {
            below[v as usize] = v == above || below[tree.parent[v as usize] as usize];
        }
        let side = |wanted: bool| units.iter().zip(&below).filter(move |(_, b)| **b == wanted).map(|(&v, _)| v);
        let (inner, outer) = (side(true).collect(), side(false).collect());
        units.iter().for_each(|&v| number[v as usize] = u32::MAX);
        open.push((inner, areas_below));
        open.push((outer, areas - areas_below));
    }
    loose(map, region, first, next, of);
    true
}

/// The graph of some units, with their numbers in it.
fn lay_out(map: &Map, units: &[u32], number: &mut [u32], tree: &mut Tree) {
    for (i, &v) in (0..).zip(units) {
        number[v as usize] = i;
    }
    tree.clear(units.len(), map.entries(units) + 1);
    for (i, &v) in (0..).zip(units) {
        for &w in map.neighbours(v) {
            let j = number[w as usize];
            tree.link(i, j, j != u32::MAX && i < j);
        }
    }
}

/// The unit above which a tree is cut, and the number of areas below it: as near to half of them as may be.
fn best_cut(map: &Map, region: usize, units: &[u32], areas: u32, tree: &Tree) -> Option<(u32, u32)> {
    let sums = |figures: &Figures| {
        let mut below: Vec<u64> = units.iter().map(|&v| figures.values[v as usize]).collect();
        for &v in &tree.order {
            below[tree.parent[v as usize] as usize] += below[v as usize];
        }
        below
    };
    let all: Vec<(Vec<u64>, (u64, u64))> = map.figures.iter().map(|f| (sums(f), f.bounds[region])).collect();
    let root = tree.order.last().map(|&v| tree.parent[v as usize])?;
    let mut size = vec![1u32; units.len()];
    for &v in &tree.order {
        size[tree.parent[v as usize] as usize] += size[v as usize];
    }
    // Units that are cut off come in later, and may be what an area lacks.
    let slack = map.has_loose();
    let fits = |sum: u64, areas: u32, (least, most): (u64, u64)| {
        let times = |bound: u64| bound.saturating_mul(u64::from(areas));
        (slack || sum >= times(least)) && sum <= times(most)
    };
    let mut best: Option<(u32, u32, u32)> = None;
    for &v in &tree.order {
        let (below, total) = (all[0].0[v as usize], all[0].0[root as usize]);
        #[expect(clippy::cast_possible_truncation, reason = "at most the number of areas")]
        let near = (u128::from(below) * u128::from(areas) / u128::from(total.max(1))) as u32;
        for inner in [near, near + 1].into_iter().filter(|&k| k >= 1 && k < areas) {
            let outer = areas - inner;
            let room = size[v as usize] >= inner && size[root as usize] - size[v as usize] >= outer;
            let good = all.iter().all(|(sums, bounds)| {
                fits(sums[v as usize], inner, *bounds) && fits(sums[root as usize] - sums[v as usize], outer, *bounds)
            });
            let off = (2 * inner).abs_diff(areas);
            if room && good && best.is_none_or(|b| off < b.0) {
                best = Some((off, v, inner));
            }
        }
    }
    best.map(|(_, v, inner)| (v, inner))
}

/// Gives the units that are cut off to the areas (numbered from `first` up to `next`), the one with least first.
fn loose(map: &Map, region: usize, first: u32, next: u32, of: &mut [u32]) {
    let figures = &map.figures[0];
    let mut sums = vec![0u64; (next - first) as usize];
    let members = &map.regions[region].members;
    for &v in members.iter().filter(|m| !map.is_loose[**m as usize]) {
        sums[(of[v as usize] - first) as usize] += figures.values[v as usize];
    }
    for &v in members.iter().filter(|m| map.is_loose[**m as usize]) {
        let Some(least) = (0..sums.len()).min_by_key(|&a| sums[a]) else { return };
        sums[least] += figures.values[v as usize];
        of[v as usize] = first + index_u32(least);
    }
}

/// Whether all sums of a region's areas are within bounds, and what else is asked holds.
fn keeps(map: &Map, region: usize, of: &[u32]) -> bool {
    let members = &map.regions[region].members;
    let within = map.figures.iter().all(|figures| {
        let (least, most) = figures.bounds[region];
        let mut sums: Vec<(u32, u64)> = members.iter().map(|&v| (of[v as usize], figures.values[v as usize])).collect();
        sums.sort_unstable();
        sums.chunk_by(|a, b| a.0 == b.0).all(|area| {
            let sum: u64 = area.iter().map(|s| s.1).sum();
            (least..=most).contains(&sum)
        })
    });
    if !within || !map.asks_more() {
        return within;
    }
    // Sets of other regions have no areas yet: only this region's units are shown.
    let mut shown = vec![u32::MAX; of.len()];
    members.iter().for_each(|&v| shown[v as usize] = of[v as usize]);
    let own = |set: &&Vec<u32>| set.iter().all(|&v| map.region_of[v as usize] as usize == region);
    let part = Map {
        together: map.together.iter().filter(own).cloned().collect(),
        apart: map.apart.iter().filter(own).cloned().collect(),
        inside: map.inside.clone(),
        first: map.first.clone(),
        around: map.around.clone(),
        ..Map::default()
    };
    part.admits(&shown, &mut Vec::new())
}

/// Changes a random division unit by unit until it is within bounds.
fn searched(map: &Map, region: usize, areas: u32, first: u32, of: &mut [u32], random: &mut Random) -> bool {
    let connected = |m: &&u32| !map.is_loose[**m as usize];
    let members: Vec<u32> = map.regions[region].members.iter().filter(connected).copied().collect();
    if members.len() > FEW {
        return false;
    }
    let at = |v: u32| members.binary_search(&v).ok().map(index_u32);
    let links = map.ends.iter().filter_map(|&(a, b)| Some((at(a)?, at(b)?, 1))).collect();
    let (figures, bounds) = (&map.figures[0], map.figures[0].bounds[region]);
    let problem = Problem {
        links,
        weights: members.iter().map(|&v| figures.values[v as usize]).collect(),
        at_least: bounds.0,
        at_most: (bounds.1 != u64::MAX).then_some(bounds.1),
        areas: (areas, areas),
    };
    let seed = u64::from(random.below(u32::MAX));
    for round in 0..ROUNDS {
        let Some((_, plan)) = start::search(&problem, &start::cut(&problem), seed, round, 1).plan else { continue };
        for (&v, &area) in members.iter().zip(&plan) {
            of[v as usize] = first + area;
        }
        loose(map, region, first, first + areas, of);
        if keeps(map, region, of) {
            return true;
        }
    }
    false
}
