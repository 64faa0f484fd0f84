//! The ratio of the votes between the municipalities of one area.
//!
//! Each municipality has a share `w * homes + (1 - w) * households` (each as a part of the area's total), or a weight that is
//! given. All of it is exact: shares are fractions, and whole votes are dealt out by the largest remainder.

use std::cmp::Reverse;

/// A fraction, not reduced: `over` is above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    /// The part.
    pub part: u128,
    /// The whole.
    pub over: u128,
}

impl Fraction {
    /// As a number between 0 and 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "for showing; the fraction itself stays exact")]
    pub fn value(self) -> f64 {
        self.part as f64 / self.over as f64
    }
}

/// Votes that can't be shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VotesError {
    /// The lists differ in length.
    #[error("{homes} figures of homes and {households} of households; one of each is expected for each municipality")]
    Length {
        /// Figures of homes.
        homes: usize,
        /// Figures of households.
        households: usize,
    },
    /// The weight is not between 0 and 1.
    #[error("the weight of the homes is {part}/{over}; a weight lies between 0 and 1")]
    Weight {
        /// Its numerator.
        part: u32,
        /// Its denominator.
        over: u32,
    },
    /// All figures of one kind that counts are 0, so there is nothing to share by.
    #[error("all {what} are 0, so there is nothing to share the votes by")]
    Nothing {
        /// `homes`, `households` or `weights`.
        what: &'static str,
    },
    /// A figure is too large to be one.
    #[error("{0} is too large a figure: the total of an area must stay below 2^38")]
    TooLarge(u64),
}

/// Most that the figures of an area may come to, so that every product below fits.
const MOST: u64 = 1 << 38;

/// The share of each municipality in the votes: `weight * homes + (1 - weight) * households`, each as a part of its total.
///
/// `weight` is a fraction (part, over), so that one half is one half. A kind of figure with weight 0 is not looked at.
///
/// # Errors
///
/// Lists of different lengths, a weight above 1, totals of 0 or of 2^38 and more.
///
/// # Example
///
/// ```
/// use landmeter::consultation::votes::shares;
/// // 100 and 300 homes, 1000 and 1000 households, half and half: 1/4 and 1/2 make 3/8.
/// let found = shares(&[100, 300], &[1000, 1000], (1, 2))?;
/// assert_eq!(found[0].value(), 0.375);
/// # Ok::<(), landmeter::consultation::votes::VotesError>(())
/// ```
pub fn shares(homes: &[u64], households: &[u64], weight: (u32, u32)) -> Result<Vec<Fraction>, VotesError> {
    let (part, over) = weight;
    if homes.len() != households.len() {
        return Err(VotesError::Length { homes: homes.len(), households: households.len() });
    }
    if over == 0 || part > over {
        return Err(VotesError::Weight { part, over });
    }
    // A kind that does not count needs no total, and may be 0 everywhere.
    let by_homes = if part > 0 { total(homes, "homes")? } else { 1 };
    let by_households = if part < over { total(households, "households")? } else { 1 };
    let (a, b) = (u128::from(part), u128::from(over - part));
    let over = u128::from(over) * by_homes * by_households;
    let share = |(&h, &k): (&u64, &u64)| {
        let homes = if a > 0 { a * u128::from(h) * by_households } else { 0 };
        let households = if b > 0 { b * u128::from(k) * by_homes } else { 0 };
        Fraction { part: homes + households, over }
    };
    Ok(homes.iter().zip(households).map(share).collect())
}

/// The share of each municipality by weights that are given (equal ones, for instance).
///
/// # Errors
///
/// Weights that are all 0, or come to 2^38 and more.
pub fn given(weights: &[u64]) -> Result<Vec<Fraction>, VotesError> {
    let over = total(weights, "weights")?;
    Ok(weights.iter().map(|&w| Fraction { part: u128::from(w), over }).collect())
}

fn total(figures: &[u64], what: &'static str) -> Result<u128, VotesError> {
    let mut total = 0u64;
    for &figure in figures {
        total = total.checked_add(figure).filter(|t| *t < MOST).ok_or(VotesError::TooLarge(figure))?;
    }
    if total == 0 { Err(VotesError::Nothing { what }) } else { Ok(u128::from(total)) }
}

/// The fewest votes, of so many, that are a majority of at least 50 % + 1.
#[must_use]
pub fn majority(votes: u32) -> u32 {
    votes / 2 + 1
}

/// Deals out whole votes by shares: to each its share rounded down, the rest by the largest remainder, the earlier first
/// where remainders are the same (Hamilton's method).
///
/// For the votes that the local boards hold together, deal out [`majority`] of all votes, or more.
///
/// ```
/// use landmeter::consultation::votes::{deal, given, majority};
/// // Of 100 votes the boards hold at least 51; three equal ones get 17 each.
/// assert_eq!(deal(majority(100), &given(&[1, 1, 1])?), [17, 17, 17]);
/// # Ok::<(), landmeter::consultation::votes::VotesError>(())
/// ```
#[must_use]
pub fn deal(votes: u32, shares: &[Fraction]) -> Vec<u32> {
    let all = u128::from(votes);
    // A share of at most 1 of 32 bits of votes.
    let mut dealt: Vec<u32> = shares.iter().map(|s| u32::try_from(quotient(all, *s).0).unwrap_or(votes)).collect();
    let left = votes.saturating_sub(dealt.iter().sum());
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by_key(|&i| (Reverse(quotient(all, shares[i]).1), i));
    for &i in order.iter().cycle().take(left as usize) {
        dealt[i] += 1;
    }
    dealt
}

/// `votes * part / over`: the whole and the remainder, without a product that could be too large.
fn quotient(votes: u128, share: Fraction) -> (u128, u128) {
    // over < 2^32 * 2^38 * 2^38; its product with 2^32 votes may pass 2^128, so 16 bits at a time.
    let (mut whole, mut rest) = (0, 0);
    for bits in [votes >> 16, votes & 0xffff] {
        let wide = (rest << 16) + bits * share.part;
        whole = (whole << 16) + wide / share.over;
        rest = wide % share.over;
    }
    (whole, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: homes 200, 300, 500 of 1,000; households 1,000, 3,000, 4,000 of 8,000; w = 1/4.
    /// First: 1/4 * 1/5 + 3/4 * 1/8 = 1/20 + 3/32 = 23/160; second: 3/40 + 9/32 = 57/160; third: 1/8 + 3/8 = 80/160.
    #[test]
    fn shares_by_hand() {
        let found = shares(&[200, 300, 500], &[1000, 3000, 4000], (1, 4)).unwrap();
        for (share, part) in found.iter().zip([23, 57, 80]) {
            assert_eq!(share.part * 160, part * share.over);
        }
        assert_eq!(found.iter().map(|s| s.part).sum::<u128>(), found[0].over);
        // 51 votes: 7.33, 18.17, 25.5: rounded down 7, 18, 25; the one that is left goes to the remainder of a half.
        assert_eq!(deal(majority(100), &found), [7, 18, 26]);
        assert_eq!((majority(100), majority(101)), (51, 51));
    }

    #[test]
    fn one_kind_alone_and_given_weights() {
        let households = shares(&[0, 0], &[1, 3], (0, 1)).unwrap();
        assert_eq!(households[1].value(), 0.75);
        assert_eq!(shares(&[1, 1], &[0, 0], (1, 1)).unwrap()[0].value(), 0.5);
        assert_eq!(deal(7, &given(&[1, 1, 1, 1, 1]).unwrap()), [2, 2, 1, 1, 1]);
    }

    #[test]
    fn what_can_t_be_shared_is_refused() {
        assert_eq!(shares(&[0], &[5], (1, 2)), Err(VotesError::Nothing { what: "homes" }));
        assert_eq!(shares(&[1], &[], (1, 2)), Err(VotesError::Length { homes: 1, households: 0 }));
        assert_eq!(shares(&[1], &[1], (3, 2)), Err(VotesError::Weight { part: 3, over: 2 }));
        assert_eq!(given(&[MOST]), Err(VotesError::TooLarge(MOST)));
    }

    #[test]
    fn the_largest_figures_fit() {
        let most = MOST / 2 - 1;
        let found = shares(&[most, most], &[most, most], (u32::MAX / 2, u32::MAX)).unwrap();
        assert_eq!(deal(u32::MAX, &found), [u32::MAX / 2 + 1, u32::MAX / 2]);
    }
}
