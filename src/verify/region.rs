//! A region as the rules see it: its units, who touches whom, what each area must satisfy; and a plan held against that.

use std::collections::{BTreeMap, BTreeSet};

/// What an area has gathered for a limit; none where it is not judged, as a unit in it has no figure.
///
/// No more is told than matters: a sum that only has a minimum stops there, one that is too large is one more than the
/// maximum.
pub(super) type Gathered = Option<u64>;

/// What each area of a plan must satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Limit {
    /// The sum of an attribute lies within bounds.
    Sum { name: String, values: Vec<Option<u64>>, at_least: u64, at_most: Option<u64> },
    /// These units share one area.
    Together(BTreeSet<usize>),
    /// No two of these units share an area.
    Apart(BTreeSet<usize>),
}

impl Limit {
    fn has_gaps(&self) -> bool {
        matches!(self, Self::Sum { values, .. } if values.iter().any(Option::is_none))
    }

    fn at_most(&self) -> Option<u64> {
        match self {
            Self::Sum { at_most, .. } => *at_most,
            Self::Together(_) => None,
            Self::Apart(_) => Some(1),
        }
    }

    /// Whether an area beyond the maximum is not allowed whatever comes: no unit without a figure can join it.
    pub(super) fn most_is_sure(&self) -> bool {
        self.at_most().is_some() && !self.has_gaps()
    }

    /// What a unit brings; none where no area can hold it.
    pub(super) fn of(&self, unit: usize) -> Option<Gathered> {
        let one = |set: &BTreeSet<usize>| Some(u64::from(set.contains(&unit)));
        match self {
            Self::Sum { values, at_least, at_most, .. } => match (values[unit], at_most) {
                // Without a maximum an area that is not judged is as good as one that has enough.
                (value, None) => Some(Some(value.map_or(*at_least, |v| v.min(*at_least)))),
                (value, Some(_)) => self.add(value, Some(0)),
            },
            Self::Together(set) | Self::Apart(set) => Some(one(set)),
        }
    }

    /// The least that a unit brings, for limits of which the maximum is sure.
    pub(super) fn least_of(&self, unit: usize) -> u64 {
        match self {
            Self::Sum { values, at_most, .. } => {
                values[unit].unwrap_or(0).min(at_most.unwrap_or(u64::MAX).saturating_add(1))
            }
            Self::Together(set) | Self::Apart(set) => u64::from(set.contains(&unit)),
        }
    }

    /// Two areas, or an area and a unit, together; none where that is too much whatever comes.
    pub(super) fn add(&self, a: Gathered, b: Gathered) -> Option<Gathered> {
        let (Some(a), Some(b)) = (a, b) else { return Some(None) };
        let sum = a.saturating_add(b);
        Some(Some(match (self, self.at_most()) {
            (Self::Sum { at_least, .. }, None) => sum.min(*at_least),
            (_, Some(most)) if sum > most => {
                if self.most_is_sure() {
                    return None;
                }
                most.saturating_add(1)
            }
            _ => sum,
        }))
    }

    /// Some units as one area.
    pub(super) fn gathered(&self, units: &[usize]) -> Option<Gathered> {
        units.iter().try_fold(Some(0), |sum, &unit| self.add(sum, self.of(unit)?))
    }

    /// Whether an area may be left with this.
    pub(super) fn accepts(&self, gathered: Gathered) -> bool {
        match (self, gathered) {
            (_, None) => true,
            (Self::Sum { at_least, at_most, .. }, Some(sum)) => {
                sum >= *at_least && at_most.is_none_or(|most| sum <= most)
            }
            (Self::Together(set), Some(held)) => held == 0 || held == set.len() as u64,
            (Self::Apart(_), Some(held)) => held <= 1,
        }
    }

    /// Whether a sum can't grow by `least` any more; where nothing is to come it can't grow at all.
    pub(super) fn is_beyond(&self, gathered: Gathered, least: Option<u64>) -> bool {
        let (true, Some(most), Some(sum)) = (self.most_is_sure(), self.at_most(), gathered) else { return false };
        least.is_none_or(|least| sum.saturating_add(least) > most)
    }

    /// Whether two areas each hold a part of what must be together.
    pub(super) fn is_torn(&self, a: Gathered, b: Gathered) -> bool {
        matches!(self, Self::Together(_)) && a > Some(0) && b > Some(0)
    }
}

/// A region. Units are numbered by their position in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Region {
    pub(super) name: String,
    /// Codes, sorted.
    pub(super) units: Vec<String>,
    /// Links that count for contiguity, each with its millimetres.
    pub(super) links: Vec<(usize, usize, i64)>,
    /// What each area must satisfy.
    pub(super) limits: Vec<Limit>,
    /// Fewest and most areas.
    pub(super) areas: Option<(u32, u32)>,
    /// Units that need not be connected to their area, each with the component of the territory that it lies in.
    pub(super) exclaves: Vec<(usize, u32)>,
    /// What surrounds each unit; none where no rule asks about enclosure, or nothing is known of the outer border.
    pub(super) outlines: Option<Vec<Outline>>,
    /// Units that lie in the area of this label.
    pub(super) fixed: Vec<(usize, String)>,
}

/// What surrounds a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// It lies on the outer border of the territory.
    pub(super) outer: bool,
    /// Units of the region that it touches over a line.
    pub(super) touches: BTreeSet<usize>,
    /// Other regions that it touches over a line.
    pub(super) others: BTreeSet<usize>,
}

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) areas: i64,
    /// The links that it cuts.
    pub(super) cut: Vec<(usize, usize, i64)>,
    /// Whether an area of it is enclosed or not hangs on the plan of another region.
    pub(super) enclosure_is_open: bool,
}

impl Region {
    /// Whether some units are connected in their home: the mainland, or the component with most of them.
    pub(super) fn is_connected(&self, units: &[usize]) -> bool {
        let component = |unit: &usize| self.exclaves.iter().find(|e| e.0 == *unit).map(|e| e.1);
        let size = |c: Option<u32>| units.iter().filter(|u| component(u) == c).count();
        let mut home = None;
        if size(None) == 0 {
            // Of equals that of the first unit.
            for unit in units {
                let own = component(unit);
                if home.is_none() || size(own) > size(home) {
                    home = own;
                }
            }
        }
        let mut rest: BTreeSet<usize> = units.iter().copied().filter(|u| component(u) == home).collect();
        let mut reached: Vec<usize> = rest.pop_first().into_iter().collect();
        while let Some(unit) = reached.pop() {
            for &(a, b, _) in &self.links {
                let other = if a == unit { b } else { a };
                if (a == unit || b == unit) && rest.remove(&other) {
                    reached.push(other);
                }
            }
        }
        rest.is_empty()
    }

    /// A limit on sums that no plan keeps, as a connected part of the region has too little even as one area, or as the
    /// total can't be shared by as many areas as are allowed.
    pub(super) fn shortage(&self) -> Option<&Limit> {
        let (fewest, most) = self.areas.unwrap_or((0, u32::MAX));
        self.limits.iter().find(|limit| {
            let Limit::Sum { values, at_least, at_most, .. } = limit else { return false };
            let Some(total) = values.iter().copied().sum::<Option<u64>>() else { return false };
            let of = |units: &[usize]| units.iter().filter_map(|&u| values[u]).sum::<u64>();
            // Exclaves may join any area.
            let loose = of(&self.exclaves.iter().map(|e| e.0).collect::<Vec<_>>());
            let times = |areas: u32, sum: u64| u128::from(areas) * u128::from(sum);
            self.parts().iter().any(|part| of(part) + loose < *at_least)
                || times(fewest, *at_least) > u128::from(total)
                || at_most.is_some_and(|at_most| times(most, at_most) < u128::from(total))
        })
    }

    /// The connected parts of the region, without exclaves.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut part: Vec<usize> = (0..self.units.len()).collect();
        for &(a, b, _) in &self.links {
            let (from, to) = (part[a], part[b]);
            part.iter_mut().filter(|p| **p == from).for_each(|p| *p = to);
        }
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (unit, part) in part.into_iter().enumerate() {
            if self.exclaves.iter().all(|e| e.0 != unit) {
                parts.entry(part).or_default().push(unit);
            }
        }
        parts.into_values().collect()
    }

    /// The units that a proof may take to be inside: an area of these alone is enclosed where all that it touches is one
    /// other area.
    pub(super) fn can_be_inside(&self, unit: usize) -> bool {
        let Some(outlines) = &self.outlines else { return false };
        let outline = &outlines[unit];
        let linked = |&&(a, b, _): &&(usize, usize, i64)| a == unit || b == unit;
        let links: BTreeSet<usize> =
            self.links.iter().filter(linked).map(|&(a, b, _)| if a == unit { b } else { a }).collect();
        !outline.outer
            && outline.others.is_empty()
            && outline.touches == links
            && self.exclaves.iter().all(|e| e.0 != unit)
    }

    /// Holds a plan against all that the region asks; `labels` has one a unit.
    ///
    /// # Errors
    ///
    /// What it does not satisfy, first of all.
    pub(super) fn judge(&self, labels: &[&str]) -> Result<Judged, String> {
        let mut areas: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (unit, label) in labels.iter().enumerate() {
            areas.entry(label).or_default().push(unit);
        }
        if let Some((fewest, most)) = self.areas {
            let number = u32::try_from(areas.len()).unwrap_or(u32::MAX);
            if !(fewest..=most).contains(&number) {
                return Err(format!("the plan has {number} areas; from {fewest} to {most} are allowed"));
            }
        }
        let mut enclosure_is_open = false;
        for (label, units) in &areas {
            if !self.is_connected(units) {
                return Err(format!("area {label} of the plan is not connected"));
            }
            for limit in &self.limits {
                if !limit.gathered(units).is_some_and(|sum| limit.accepts(sum)) {
                    return Err(format!("area {label} of the plan breaks a limit: {}", self.words(limit)));
                }
            }
            enclosure_is_open |= self
                .is_enclosed(units, labels)
                .map_err(|by| format!("area {label} of the plan is enclosed by area {by}"))?;
        }
        if let Some((unit, label)) = self.fixed.iter().find(|(unit, label)| labels[*unit] != label) {
            return Err(format!(
                "unit {} lies in area {} of the plan, not in {label}",
                self.units[*unit], labels[*unit]
            ));
        }
        let cut = self.links.iter().filter(|(a, b, _)| labels[*a] != labels[*b]).copied().collect();
        Ok(Judged { areas: i64::try_from(areas.len()).unwrap_or(i64::MAX), cut, enclosure_is_open })
    }

    /// Whether it hangs on another region if an area is enclosed; an error, with the area around it, where it is for sure.
    fn is_enclosed<'l>(&self, units: &[usize], labels: &[&'l str]) -> Result<bool, &'l str> {
        let Some(outlines) = &self.outlines else { return Ok(false) };
        let core: Vec<usize> = units.iter().copied().filter(|u| self.exclaves.iter().all(|e| e.0 != *u)).collect();
        // An area of exclaves alone is judged in a component that this region may hold a part of only.
        let at_home = if core.is_empty() { units } else { &core[..] };
        if at_home.iter().any(|&u| outlines[u].outer) {
            return Ok(false);
        }
        let touched = at_home.iter().flat_map(|&u| &outlines[u].touches).map(|&w| labels[w]);
        let around: BTreeSet<&str> = touched.filter(|label| *label != labels[units[0]]).collect();
        let others: BTreeSet<usize> = at_home.iter().flat_map(|&u| &outlines[u].others).copied().collect();
        match (around.first(), around.len() + others.len()) {
            _ if core.is_empty() => Ok(true),
            (Some(by), 1) => Err(by),
            (None, 1) => Ok(true),
            _ => Ok(false),
        }
    }

    /// A limit in words, for messages.
    pub(super) fn words(&self, limit: &Limit) -> String {
        let codes = |set: &BTreeSet<usize>| set.iter().map(|&u| self.units[u].clone()).collect::<Vec<_>>().join(", ");
        match limit {
            Limit::Sum { name, at_least, at_most, .. } => {
                let most = at_most.map_or_else(String::new, |most| format!(" and at most {most}"));
                format!("{name} at least {at_least}{most}")
            }
            Limit::Together(set) => format!("together: {}", codes(set)),
            Limit::Apart(set) => format!("apart: {}", codes(set)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_tell_no_more_than_matters() {
        let sum = |values: &[Option<u64>], at_least, at_most| Limit::Sum {
            name: "homes".into(),
            values: values.to_vec(),
            at_least,
            at_most,
        };
        let least = sum(&[Some(3), Some(9), None], 5, None);
        assert_eq!(least.gathered(&[0, 1]), Some(Some(5)), "enough is enough");
        assert!(least.accepts(least.of(2).unwrap()) && !least.accepts(Some(3)));
        let sure = sum(&[Some(3), Some(3)], 0, Some(5));
        assert_eq!((sure.gathered(&[0, 1]), sure.gathered(&[0])), (None, Some(Some(3))));
        assert!(sure.is_beyond(Some(3), Some(3)) && sure.is_beyond(Some(0), None) && !sure.is_beyond(Some(2), Some(3)));
        let gaps = sum(&[Some(3), Some(3), None], 0, Some(5));
        assert_eq!(gaps.gathered(&[0, 1]), Some(Some(6)));
        assert_eq!(gaps.gathered(&[0, 1, 2]), Some(None), "not judged");
        assert!(!gaps.accepts(Some(6)) && gaps.accepts(None) && !gaps.is_beyond(Some(6), Some(1)));
    }
}
