//! The exact distribution as the judge of a method: on a space whose plans can all be listed.

use rayon::prelude::*;

use super::map::Map;
use super::random::Random;
use super::state::{State, numbered};
use super::{Chain, ChainError, Method};
use crate::search::diagnose::chi_square_above;
use crate::territory::index_u32;

/// Draws of one task, which has random numbers of its own.
const CHUNK: usize = 500;
/// Expected draws of a class of plans, at least.
const EXPECTED: f64 = 5.0;
/// Chains of a seed are numbered from here on, apart from those of a sample.
const STREAMS: u64 = 1 << 40;

/// What a test against the exact distribution came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Plans with as many areas a region as the chain has.
    pub plans: usize,
    /// Chains that were begun at plans drawn from the exact distribution.
    pub draws: usize,
    /// Steps of each.
    pub steps: u64,
    /// Classes of plans that were told apart (rare plans share one).
    pub classes: usize,
    /// The chi-square statistic of where they ended.
    pub statistic: f64,
    /// The probability of so much or more, were the method right.
    pub p: f64,
    /// Steps of one chain from the given plan.
    pub walked: u64,
    /// Plans that it came to.
    pub reached: usize,
    /// The exact share of the plans that it did not come to.
    pub unreached: f64,
}

/// The logarithm of how likely a plan is under a method, up to a constant; none where that is not known (ReCom).
#[must_use]
pub fn ln_weight(map: &Map, state: &State, method: &Method) -> Option<f64> {
    match method {
        Method::Recom(_) => None,
        Method::Reversible(_) => Some(state.members.iter().map(|members| ln_trees(map, state, members)).sum()),
        Method::Flip(target) => Some(-target.cost(map, state)),
    }
}

/// The logarithm of the number of spanning trees of an area: the determinant of its Laplacian without one row and column
/// (G. Kirchhoff, 1847, doi:10.1002/andp.18471481202), by Cholesky's decomposition.
fn ln_trees(map: &Map, state: &State, members: &[u32]) -> f64 {
    let n = members.len().saturating_sub(1);
    let mut sorted = members.to_vec();
    sorted.sort_unstable();
    let mut matrix = vec![0.0f64; n * n];
    for (i, &v) in sorted[..n].iter().enumerate() {
        for &w in map.neighbours(v).iter().filter(|w| state.of[**w as usize] == state.of[v as usize]) {
            matrix[i * n + i] += 1.0;
            if let Ok(j) = sorted[..n].binary_search(&w) {
                matrix[i * n + j] -= 1.0;
            }
        }
    }
    let mut ln = 0.0;
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| matrix[i * n + k] * matrix[j * n + k]).sum();
            let rest = matrix[i * n + j] - dot;
            if i == j {
                ln += rest.ln();
                matrix[i * n + i] = rest.sqrt();
            } else {
                matrix[i * n + j] = rest / matrix[j * n + j];
            }
        }
    }
    ln
}

/// Tests a method on all plans of a space (the area of each unit), of which those are taken that have as many areas a region
/// as `first`.
///
/// Chains that begin at plans drawn from the exact distribution are still distributed like that after any number of steps,
/// if the method is right: their ends are independent draws, and the chi-square test holds as it is. That a chain comes
/// everywhere is seen from one long walk.
///
/// # Errors
///
/// A method without a known distribution, and what a chain ends with.
pub fn trial(
    map: &Map,
    plans: &[Vec<u32>],
    first: &State,
    method: &Method,
    seed: u64,
    (draws, steps, walk): (usize, u64, u64),
) -> Result<Trial, ChainError> {
    let unknown = || ChainError::NoTarget;
    let areas = |state: &State| state.areas_of.iter().map(Vec::len).collect::<Vec<_>>();
    let wanted = areas(first);
    let mut states: Vec<State> =
        plans.iter().filter_map(|of| State::new(map, of).ok()).filter(|s| areas(s) == wanted).collect();
    states.sort_unstable_by(|a, b| a.of.cmp(&b.of));
    states.dedup_by(|a, b| a.of == b.of);
    let weights: Option<Vec<f64>> = states.iter().map(|s| ln_weight(map, s, method)).collect();
    let weights = weights.ok_or_else(unknown)?;
    let most = weights.iter().copied().fold(f64::MIN, f64::max);
    let shares: Vec<f64> = weights.iter().map(|w| (w - most).exp()).collect();
    let total: f64 = shares.iter().sum();
    let shares: Vec<f64> = shares.iter().map(|s| s / total).collect();
    let up_to: Vec<f64> = shares
        .iter()
        .scan(0.0, |sum, s| {
            *sum += s;
            Some(*sum)
        })
        .collect();
    let place = |state: &State| {
        let of = numbered(map, &state.of)?;
        states.binary_search_by(|s| s.of.cmp(&of)).ok()
    };
    let tasks: Vec<usize> = (0..draws.div_ceil(CHUNK)).collect();
    let counted: Vec<Result<Vec<u32>, ChainError>> = tasks
        .into_par_iter()
        .map(|task| {
            let mut random = Random::new(seed, STREAMS + task as u64);
            let mut counts = vec![0; states.len()];
            for _ in 0..CHUNK.min(draws - task * CHUNK) {
                let pick = random.unit();
                let at = up_to.partition_point(|&u| u <= pick).min(states.len() - 1);
                let mut chain = Chain::new(map, states[at].clone(), method, random);
                chain.run(steps)?;
                counts[place(chain.state()).ok_or(ChainError::Outside)?] += 1;
                random = chain.into_random();
            }
            Ok(counts)
        })
        .collect();
    let mut counts = vec![0u32; states.len()];
    for chunk in counted {
        counts.iter_mut().zip(chunk?).for_each(|(all, n)| *all += n);
    }
    let (statistic, classes) = chi_square(&counts, &shares, f64::from(index_u32(draws)));
    let mut chain = Chain::new(map, first.clone(), method, Random::new(seed, STREAMS - 1));
    let mut seen = vec![false; states.len()];
    for _ in 0..walk {
        seen[place(chain.state()).ok_or(ChainError::Outside)?] = true;
        chain.run(1)?;
    }
    Ok(Trial {
        plans: states.len(),
        draws,
        steps,
        classes,
        statistic,
        p: if classes > 1 { chi_square_above(statistic, f64::from(index_u32(classes - 1))) } else { 1.0 },
        walked: walk,
        reached: seen.iter().filter(|s| **s).count(),
        unreached: shares.iter().zip(&seen).filter(|(_, seen)| !**seen).map(|(share, _)| share).sum(),
    })
}

/// The chi-square statistic, and of how many classes: plans that are expected less than 5 times share one.
fn chi_square(counts: &[u32], shares: &[f64], draws: f64) -> (f64, usize) {
    let term = |count: f64, expected: f64| (count - expected) * (count - expected) / expected;
    let (mut statistic, mut classes, mut rare) = (0.0, 0, (0.0, 0.0));
    for (&count, &share) in counts.iter().zip(shares) {
        let expected = share * draws;
        if expected >= EXPECTED {
            statistic += term(f64::from(count), expected);
            classes += 1;
        } else {
            rare = (rare.0 + f64::from(count), rare.1 + expected);
        }
    }
    if rare.1 > 0.0 {
        statistic += term(rare.0, rare.1);
        classes += 1;
    }
    (statistic, classes)
}
