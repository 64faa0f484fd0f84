//! A bound where the frontier of the whole is too wide: the whole is cut in strips, and each strip counts for itself.
//!
//! A plan divides each strip into pieces, of which none has more than an area may have; so it cuts within the strip at
//! least what the cheapest such division does. And areas are pieces of at least one strip each, so the strips have
//! together no fewer pieces than there must be areas. What is cut between strips is not counted.

use super::Problem;
use super::ladder::{Watcher, climb};
use super::structures::{FAR, Structures};
use crate::territory::index_u32;

/// Units in a strip, roughly.
const STRIP: usize = 40;

/// The larger of both bounds; `order` goes through the units so that neighbours are near each other.
pub(super) fn simple(problem: &Problem, order: &[u32], memory: u64) -> u64 {
    let strips: Vec<Problem> =
        order.chunks(STRIP.max(order.len().div_ceil(64))).map(|units| strip(problem, units)).collect();
    let by_size = strips.iter().map(|s| cheapest(s, memory)).sum();
    by_number(problem.areas.0, &strips, memory).max(by_size)
}

/// Some units by themselves, in pieces of any number that are not too large.
fn strip(problem: &Problem, units: &[u32]) -> Problem {
    let mut own = units.to_vec();
    own.sort_unstable();
    let at = |v: u32| own.binary_search(&v).ok().map(index_u32);
    Problem {
        links: problem.links.iter().filter_map(|&(a, b, cost)| Some((at(a)?, at(b)?, cost))).collect(),
        weights: own.iter().map(|&v| problem.weights[v as usize]).collect(),
        at_least: 0,
        at_most: problem.at_most,
        areas: (1, index_u32(own.len())),
    }
}

/// A bound on what a strip costs where pieces may not be too large.
fn cheapest(strip: &Problem, memory: u64) -> u64 {
    if strip.at_most.is_none() {
        return 0;
    }
    let order = super::order_of(strip);
    let (mut low, mut cutoff) = (0, 8);
    let mut unseen = Vec::new();
    let mut step = |_, _, _| true;
    loop {
        let mut watcher = Watcher { step: &mut step, trace: &mut unseen };
        let climbed = climb(strip, &order, cutoff, memory, &mut watcher);
        low = low.max(climbed.bound);
        if climbed.plan.is_some() || climbed.bound < cutoff {
            return low;
        }
        cutoff *= 2;
    }
}

/// A bound by the number of areas.
fn by_number(areas: u32, strips: &[Problem], memory: u64) -> u64 {
    let areas = areas as usize;
    // The least cost of so many pieces in the strips so far.
    let mut least = vec![FAR; areas + 1];
    least[0] = 0;
    for strip in strips {
        let own = by_pieces(strip, areas, memory);
        let mut next = vec![FAR; areas + 1];
        for (pieces, &cost) in least.iter().enumerate() {
            for (more, &own) in own.iter().enumerate() {
                let total = &mut next[(pieces + more).min(areas)];
                *total = (*total).min(cost.saturating_add(own));
            }
        }
        least = next;
    }
    least.last().copied().filter(|&b| b < FAR).unwrap_or(0)
}

/// The least cost of each number of pieces, of whatever size (from 1 on); nothing is claimed where that is too large.
fn by_pieces(strip: &Problem, areas: usize, memory: u64) -> Vec<u64> {
    let most = areas.min(strip.weights.len());
    let counted = Problem { areas: (index_u32(most), index_u32(most)), at_least: 0, at_most: None, ..strip.clone() };
    let limit = usize::try_from(memory / 250).unwrap_or(usize::MAX);
    let order = super::order_of(strip);
    match Structures::new(&counted, &order, FAR, limit) {
        // To have closed some before is to need as many fewer.
        Ok(structures) => (0..=most).map(|pieces| structures.to_come(0, 0, most - pieces)).collect(),
        Err(_) => vec![0; most + 1],
    }
}
