//! The ratio of the votes between the municipalities of one area.
//!
//! Each municipality has a share `w * homes + (1 - w) * households` (each as a part of the area's total), or a weight that is
//! given. All of it is exact: shares are fractions, and whole votes are dealt out by the largest remainder.

use std::cmp::Reverse;

use crate::plan::{NONE, Plan};
use crate::territory::{Attribute, Territory};

/// What the votes of an area are shared by: one column of the territory, or two with the weight of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// Columns, each with its weight in thousandths.
    pub columns: Vec<(String, u32)>,
}

/// The votes of one area.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaVotes {
    /// The area's label.
    pub area: String,
    /// The share of each member (its position in the territory) in the votes of the boards, and its whole votes; or why
    /// there are none.
    pub members: Result<Vec<(usize, Fraction, u32)>, NoVotes>,
}

/// Why an area has no shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoVotes {
    /// These municipalities (codes) have no whole number of 0 or more in one of the columns.
    NoCount(Vec<String>),
    /// The figures can't be shared by.
    Figures(VotesError),
}

impl Basis {
    /// `0.5` for half by homes and half by households (the first column of each of these units), or columns by name:
    /// `homes:0.4,households:0.6`, or one alone.
    ///
    /// # Errors
    ///
    /// A column or unit that the territory does not have, more than two columns, a weight that is no number between 0 and 1
    /// with at most three decimals, weights that are not 1 together.
    pub fn parse(text: &str, territory: &Territory) -> Result<Self, String> {
        let weight = |text: &str| -> Result<u32, String> {
            let wrong = || format!("{text:?} is not a weight; expected a number from 0 to 1 with at most 3 decimals");
            let value: f64 = text.trim().parse().map_err(|_| wrong())?;
            let scaled = value * 1000.0;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
            let thousandths = scaled.round().clamp(0.0, 1000.0) as u32;
            ((scaled - f64::from(thousandths)).abs() < 1e-6).then_some(thousandths).ok_or_else(wrong)
        };
        let of_unit = |unit: &str| {
            let found = territory.attributes().iter().find(|a| a.unit == unit);
            found.map(|a| a.name.clone()).ok_or_else(|| format!("the territory has no column of {unit}; name columns"))
        };
        if text.trim().parse::<f64>().is_ok() {
            let by_homes = weight(text)?;
            return Ok(Self {
                columns: vec![(of_unit("homes")?, by_homes), (of_unit("households")?, 1000 - by_homes)],
            });
        }
        let items: Vec<&str> = text.split(',').map(str::trim).collect();
        let column = |item: &&str| -> Result<(String, u32), String> {
            let (name, share) = match item.split_once(':') {
                Some((name, share)) => (name.trim(), weight(share)?),
                None if items.len() == 1 => (*item, 1000),
                None => return Err(format!("{item} needs a weight, as in {item}:0.5")),
            };
            if name != MUNICIPALITIES && territory.attribute(name).is_none() {
                let all = territory.attributes().iter().map(|a| a.name.as_str()).chain([MUNICIPALITIES]);
                return Err(format!("there is no column {name:?}; there are {}", all.collect::<Vec<_>>().join(", ")));
            }
            Ok((name.to_owned(), share))
        };
        let columns: Vec<(String, u32)> = items.iter().map(column).collect::<Result<_, _>>()?;
        match (columns.len(), columns.iter().map(|c| c.1).sum::<u32>()) {
            (1 | 2, 1000) => Ok(Self { columns }),
            (1 | 2, _) => Err("the weights are 1 together".to_owned()),
            (n, _) => Err(format!("{n} columns; votes are shared by one or two")),
        }
    }
}

/// The column that is 1 for each municipality.
const MUNICIPALITIES: &str = "municipalities";

/// The votes in each area of a plan, where all votes are `votes` and the boards hold just their [`majority`].
#[must_use]
pub fn of_plan(territory: &Territory, plan: &Plan, basis: &Basis, votes: u32) -> Vec<AreaVotes> {
    let mut members = vec![Vec::new(); plan.areas.len()];
    for (m, &area) in plan.of.iter().enumerate().filter(|(_, area)| **area != NONE) {
        members[area as usize].push(m);
    }
    let dealt = |(area, members): (&String, Vec<usize>)| {
        let shares = of_area(territory, &members, basis);
        let members = shares.map(|shares| {
            let dealt = deal(majority(votes), &shares);
            members.into_iter().zip(shares).zip(dealt).map(|((m, share), votes)| (m, share, votes)).collect()
        });
        AreaVotes { area: area.clone(), members }
    };
    plan.areas.iter().zip(members).map(dealt).collect()
}

fn of_area(territory: &Territory, members: &[usize], basis: &Basis) -> Result<Vec<Fraction>, NoVotes> {
    let mut without: Vec<usize> = Vec::new();
    let mut lists: Vec<Vec<u64>> = Vec::new();
    for (name, weight) in &basis.columns {
        let column = territory.attribute(name);
        let counts: Vec<Option<u64>> = members.iter().map(|&m| count(name, column, m)).collect();
        if *weight > 0 {
            without.extend(members.iter().zip(&counts).filter(|(_, count)| count.is_none()).map(|(m, _)| m));
        }
        lists.push(counts.into_iter().map(Option::unwrap_or_default).collect());
    }
    if !without.is_empty() {
        without.sort_unstable();
        without.dedup();
        let code = |m: usize| territory.municipalities()[m].code.clone();
        return Err(NoVotes::NoCount(without.into_iter().map(code).collect()));
    }
    match (&lists[..], &basis.columns[..]) {
        ([a, b], [(_, weight), _]) => shares(a, b, (*weight, 1000)),
        (lists, _) => given(lists.first().map_or(&[], Vec::as_slice)),
    }
    .map_err(NoVotes::Figures)
}

/// A figure as a count; none where it is missing, below 0, not whole or beyond all counts.
fn count(name: &str, column: Option<&Attribute>, m: usize) -> Option<u64> {
    if name == MUNICIPALITIES {
        return Some(1);
    }
    let value = column?.values[m].filter(|v| v.fract() == 0.0 && (0.0..1e15).contains(v))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 to 10^15")]
    Some(value as u64)
}

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

    /// The published shares of Kempen-Noord, five equal ones; and by hand: homes 100 and 300, households 10 and 30, all 1/4 and
    /// 3/4 whatever the weight: of 51 votes 12.75 and 38.25, so 13 and 38.
    #[test]
    fn of_the_areas_of_a_plan() {
        use crate::territory::{Attribute, Municipality};
        let units = (1..=7).map(|i| Municipality::new(i.to_string(), i.to_string())).collect();
        let mut territory = Territory::new("t", units, Vec::new()).unwrap();
        let mut add = |name: &str, values: [f64; 7]| {
            let values = values.iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
            let (name, unit) = (name.to_owned(), name.to_owned());
            territory.add_attribute(Attribute { name, unit, source: String::new(), estimated: false, values }).unwrap();
        };
        add("homes", [100.0, 300.0, 1.0, 1.0, 1.5, 1.0, f64::NAN]);
        add("households", [10.0, 30.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        let plan = Plan::from_labels("p", &["A", "A", "B", "B", "B", "B", "B"].map(Some));
        let half = Basis::parse("0.5", &territory).unwrap();
        assert_eq!(half, Basis::parse("homes:0.5, households:0.5", &territory).unwrap());
        let found = of_plan(&territory, &plan, &half, 100);
        let a = found[0].members.as_ref().unwrap();
        assert_eq!((a[0].1.value(), a[0].2, a[1].2), (0.25, 13, 38));
        assert_eq!(found[1].members, Err(NoVotes::NoCount(vec!["5".into(), "7".into()])));
        // What does not count need not be known.
        let none_by_homes = of_plan(&territory, &plan, &Basis::parse("0", &territory).unwrap(), 100);
        let equal = of_plan(&territory, &plan, &Basis::parse("municipalities", &territory).unwrap(), 100);
        for areas in [none_by_homes, equal] {
            let b = areas[1].members.as_ref().unwrap();
            assert!(b.iter().all(|(_, share, _)| share.value() == 0.2));
            assert_eq!(b.iter().map(|(_, _, votes)| votes).sum::<u32>(), 51);
        }
        for (bad, said) in [
            ("1.5", "from 0 to 1"),
            ("nan", "from 0 to 1"),
            ("homes:0.5,households:0.6", "1 together"),
            ("homes,households", "needs a weight"),
            ("rooms", "there is no column"),
            ("homes:0.3,households:0.3,municipalities:0.4", "one or two"),
        ] {
            let error = Basis::parse(bad, &territory).unwrap_err();
            assert!(error.contains(said), "{bad}: {error}");
        }
    }

    #[test]
    fn the_largest_figures_fit() {
        let most = MOST / 2 - 1;
        let found = shares(&[most, most], &[most, most], (u32::MAX / 2, u32::MAX)).unwrap();
        assert_eq!(deal(u32::MAX, &found), [u32::MAX / 2 + 1, u32::MAX / 2]);
    }
}
