//! Metrics of a plan as a whole: cuts, moves, zones that are split, wishes.

use std::collections::BTreeMap;

use super::{Note, note};
use crate::plan::{NONE, Plan, assignment};
use crate::territory::adjacency::Contiguity;
use crate::territory::{CouncilWish, Division, Territory, index_u32};

#[derive(Debug)]
pub(super) enum Whole {
    /// Links that count, each with its weight, and what the sum is divided by; NaN for a length that nobody gave.
    Cut {
        links: Vec<(u32, u32, f64)>,
        scale: f64,
    },
    Moved {
        weights: Weights,
        baseline: Vec<u32>,
    },
    Splits(Division),
    /// Of the areas, once the zone is known.
    EntropyInZone(Division),
    /// Of the zones, once the area is known.
    EntropyInArea(Division),
    Opinions(Vec<CouncilWish>),
}

/// A value, or none; and what to know of it.
pub(super) type Answer = (f64, Vec<Note>);

impl Whole {
    /// Links that count, and with `lengths` the millimetres of each.
    pub(super) fn cut(territory: &Territory, contiguity: Contiguity, lengths: bool) -> Self {
        let links = territory.adjacency().links().iter().filter(|l| contiguity.counts(l));
        let weight = |length_m: f64| if lengths { (length_m * 1000.0).round() } else { 1.0 };
        let links = links.map(|l| match lengths && l.is_unmeasured() {
            true => (l.a, l.b, f64::NAN),
            false => (l.a, l.b, weight(l.length_m)),
        });
        Self::Cut { links: links.collect(), scale: if lengths { 1e6 } else { 1.0 } }
    }

    /// Wishes that name another municipality.
    pub(super) fn opinions(territory: &Territory) -> Result<Self, Note> {
        let judged = |w: &&CouncilWish| !w.together_with.is_empty() || !w.apart_from.is_empty();
        let wishes: Vec<CouncilWish> = territory.wishes().iter().filter(judged).cloned().collect();
        if wishes.is_empty() { Err(Note::NoWishes) } else { Ok(Self::Opinions(wishes)) }
    }

    /// Of what moves, an area of these members in parts by their area before: that area and what lies in it, none of
    /// those that had no area. None for other metrics, and where figures are missing or below 0.
    pub(super) fn parts(&self, members: &[u32]) -> Option<Vec<(Option<u32>, f64)>> {
        let Self::Moved { weights, baseline } = self else { return None };
        let mut parts: BTreeMap<Option<u32>, i64> = BTreeMap::new();
        for &m in members {
            let unit = weights.units[m as usize].filter(|unit| *unit >= 0)?;
            *parts.entry(Some(baseline[m as usize]).filter(|&a| a != NONE)).or_default() += unit;
        }
        #[expect(clippy::cast_precision_loss, reason = "below 10^15")]
        let value = |unit: i64| unit as f64 / weights.scale;
        Some(parts.into_iter().map(|(area, unit)| (area, value(unit))).collect())
    }

    pub(super) fn of(&self, territory: &Territory, plan: &Plan) -> Answer {
        match self {
            Self::Cut { links, scale } => {
                let apart = |a: u32, b: u32| {
                    let (a, b) = (plan.of[a as usize], plan.of[b as usize]);
                    a != NONE && b != NONE && a != b
                };
                let cut: Vec<_> = links.iter().filter(|l| apart(l.0, l.1)).collect();
                let code = |m: u32| &territory.municipalities()[m as usize].code;
                let open = cut.iter().filter(|l| l.2.is_nan()).map(|l| format!("{}-{}", code(l.0), code(l.1)));
                let open: Vec<String> = open.collect();
                let notes = if open.is_empty() { Vec::new() } else { vec![Note::NoLengths(open)] };
                // Whole numbers: exact in any order.
                (cut.iter().map(|l| l.2).sum::<f64>() / scale, notes)
            }
            Self::Moved { weights, baseline } => moved(territory, weights, &plan.of, baseline),
            Self::Splits(division) => {
                let table = Crossing::new(division, plan);
                let count = table.by_zone().filter(|parts| parts.len() > 1).count();
                (f64::from(index_u32(count)), table.notes())
            }
            Self::EntropyInZone(division) => {
                let table = Crossing::new(division, plan);
                (table.entropy(table.by_zone()), table.notes())
            }
            Self::EntropyInArea(division) => {
                let table = Crossing::new(division, plan);
                (table.entropy(table.by_area()), table.notes())
            }
            Self::Opinions(wishes) => {
                let with = |w: &CouncilWish, other: usize| {
                    let area = plan.of[w.municipality];
                    area != NONE && plan.of[other] == area
                };
                let followed = |w: &&CouncilWish| {
                    w.together_with.iter().all(|&m| with(w, m)) && !w.apart_from.iter().any(|&m| with(w, m))
                };
                let count = |n: usize| f64::from(index_u32(n));
                let all = territory.wishes().len();
                let notes = if wishes.len() < all { vec![Note::Judged(wishes.len(), all)] } else { Vec::new() };
                (count(wishes.iter().filter(followed).count()) / count(wishes.len()), notes)
            }
        }
    }
}

/// Figures as whole numbers of a decimal fraction, so that sums are exact; none where there is no figure.
#[derive(Debug)]
pub(super) struct Weights {
    units: Vec<Option<i64>>,
    scale: f64,
}

impl Weights {
    /// With as many decimals as the figures have, up to nine; fewer where the sum would have more than 15 digits.
    pub(super) fn new(values: &[f64]) -> Self {
        let total: f64 = values.iter().filter(|v| !v.is_nan()).map(|v| v.abs()).sum();
        let is_whole = |scale: f64| {
            let near = |v: f64| (v - v.round()).abs() <= 4.0 * f64::EPSILON * v.abs();
            values.iter().filter(|v| !v.is_nan()).all(|v| near(v * scale))
        };
        let mut scale = 1.0;
        while scale < 1e9 && total * scale * 10.0 < 1e15 && !is_whole(scale) {
            scale *= 10.0;
        }
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and figures beyond 10^15 are no counts")]
        let unit = |v: &f64| (!v.is_nan()).then(|| (v * scale).round() as i64);
        Self { units: values.iter().map(unit).collect(), scale }
    }
}

/// What changes area, with the areas of the two plans matched one to one so that as little as may be does.
fn moved(territory: &Territory, weights: &Weights, of: &[u32], baseline: &[u32]) -> Answer {
    let concerned = || (0..).zip(of.iter().zip(baseline)).filter(|(_, (a, b))| **a != NONE || **b != NONE);
    let of_unit = |m: u32| weights.units[m as usize];
    let without = |wanted: &dyn Fn(Option<i64>) -> bool| {
        note::codes(territory, concerned().map(|(m, _)| m).filter(|&m| wanted(of_unit(m))))
    };
    let missing = without(&|unit| unit.is_none());
    if !missing.is_empty() {
        return (f64::NAN, vec![Note::NoFigures(missing)]);
    }
    let negative = without(&|unit| unit.is_some_and(|u| u < 0));
    if !negative.is_empty() {
        return (f64::NAN, vec![Note::Negative(negative)]);
    }
    let count = |of: &[u32]| of.iter().filter(|a| **a != NONE).max().map_or(0, |&m| m as usize + 1);
    let (rows, columns) = (count(of), count(baseline));
    let mut overlap = vec![0i64; rows * columns];
    let (mut total, mut one_sided) = (0i64, 0);
    for (m, (&a, &b)) in concerned() {
        let unit = of_unit(m).unwrap_or(0);
        total += unit;
        if a == NONE || b == NONE {
            one_sided += 1;
        } else {
            overlap[a as usize * columns + b as usize] += unit;
        }
    }
    let matched = assignment(rows, columns, &|r, c| overlap[r * columns + c]);
    let kept: i64 = matched
        .iter()
        .enumerate()
        .filter(|(_, c)| **c != NONE)
        .map(|(row, &column)| overlap[row * columns + column as usize])
        .sum();
    let notes = if one_sided > 0 { vec![Note::OneSided(one_sided)] } else { Vec::new() };
    #[expect(clippy::cast_precision_loss, reason = "below 10^15")]
    let value = (total - kept) as f64 / weights.scale;
    (value, notes)
}

/// How many municipalities lie in each zone and area at once; those without either left out.
struct Crossing {
    zone_area: BTreeMap<(u32, u32), u32>,
    all: u32,
    without_zone: usize,
}

impl Crossing {
    fn new(division: &Division, plan: &Plan) -> Self {
        let mut table = Self { zone_area: BTreeMap::new(), all: 0, without_zone: 0 };
        for (zone, &area) in division.of.iter().zip(&plan.of).filter(|(_, area)| **area != NONE) {
            match zone {
                Some(zone) => {
                    *table.zone_area.entry((*zone, area)).or_default() += 1;
                    table.all += 1;
                }
                None => table.without_zone += 1,
            }
        }
        table
    }

    fn notes(&self) -> Vec<Note> {
        if self.without_zone > 0 { vec![Note::NoZone(self.without_zone)] } else { Vec::new() }
    }

    /// Of each zone the numbers of its municipalities in each area.
    fn by_zone(&self) -> impl Iterator<Item = Vec<u32>> {
        grouped(self.zone_area.iter().map(|(&(zone, _), &n)| (zone, n)))
    }

    /// Of each area the numbers of its municipalities in each zone.
    fn by_area(&self) -> impl Iterator<Item = Vec<u32>> {
        grouped(self.zone_area.iter().map(|(&(_, area), &n)| (area, n)))
    }

    /// The conditional entropy in bits of what the groups are divided in; the same bits in any order of the groups.
    fn entropy(&self, groups: impl Iterator<Item = Vec<u32>>) -> f64 {
        if self.all == 0 {
            return f64::NAN;
        }
        let mut terms: Vec<f64> = Vec::new();
        for parts in groups {
            let size: u32 = parts.iter().sum();
            terms.extend(parts.iter().map(|&n| f64::from(n) * (f64::from(size) / f64::from(n)).log2()));
        }
        super::Aggregate::Sum.of(&terms) / f64::from(self.all)
    }
}

/// Counts by a key.
fn grouped(pairs: impl Iterator<Item = (u32, u32)>) -> impl Iterator<Item = Vec<u32>> {
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    pairs.for_each(|(key, n)| groups.entry(key).or_default().push(n));
    groups.into_values()
}
