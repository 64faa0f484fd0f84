//! Two plans held against each other: which area goes with which, what moved, how far they lie apart; and many plans:
//! which is the most central, and which are alternatives of one another.

mod distance;
mod groups;

pub use distance::{Distances, Measure, Partition};
pub use groups::{DistanceMatrix, Group, Groups, MOST_PLANS};

use super::matching::sparse_assignment;
use super::nearest::nearest;
use super::{NONE, Plan};
use crate::territory::{Attribute, Territory, index_u32};

/// The attribute that counts each municipality as 1.
pub const MUNICIPALITIES: &str = "municipalities";

/// A comparison that can't be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// No such attribute.
    #[error(
        "the territory has no attribute {name:?} to weigh by{}; it has: {}",
        nearest.as_ref().map_or_else(String::new, |n| format!("; did you mean {n}?")),
        known.join(", ")
    )]
    UnknownAttribute {
        /// As written.
        name: String,
        /// The most similar one.
        nearest: Option<String>,
        /// Those that the territory has.
        known: Vec<String>,
    },
    /// A figure below 0 can't be a weight.
    #[error("{attribute} of {code} is {value}; a weight is 0 or more")]
    Negative {
        /// The attribute.
        attribute: String,
        /// The municipality.
        code: String,
        /// Its figure.
        value: f64,
    },
    /// Too many plans to hold the distance of each two.
    #[error("{plans} plans are too many to compare each two of them; at most {}", MOST_PLANS)]
    TooManyPlans {
        /// How many there are.
        plans: usize,
    },
}

/// What an overlap of two areas counts: municipalities, homes, people.
#[derive(Debug, Clone, PartialEq)]
pub struct Weigh {
    /// Name of the attribute; [`MUNICIPALITIES`] for 1 each.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Whether its figures are estimates.
    pub estimated: bool,
    /// Municipalities without a figure; they count as 0, and where overlaps are the same they decide after all.
    pub missing: Vec<usize>,
    values: Vec<f64>,
}

impl Weigh {
    /// Each municipality is 1.
    #[must_use]
    pub fn municipalities(territory: &Territory) -> Self {
        let name = MUNICIPALITIES.to_owned();
        let values = vec![1.0; territory.len()];
        Self { unit: name.clone(), name, estimated: false, missing: Vec::new(), values }
    }

    /// By an attribute of the territory.
    ///
    /// # Errors
    ///
    /// An attribute that the territory does not have, or a figure below 0.
    pub fn attribute(territory: &Territory, name: &str) -> Result<Self, CompareError> {
        match territory.attribute(name) {
            Some(attribute) => Self::of(territory, attribute),
            None if name == MUNICIPALITIES => Ok(Self::municipalities(territory)),
            None => {
                let known = || territory.attributes().iter().map(|a| a.name.as_str()).chain([MUNICIPALITIES]);
                let nearest = nearest(name, known());
                let known = known().map(str::to_owned).collect();
                Err(CompareError::UnknownAttribute { name: name.to_owned(), nearest, known })
            }
        }
    }

    /// By social rental homes, where every municipality has a figure (a count before an estimate); else by municipalities.
    #[must_use]
    pub fn usual(territory: &Territory) -> Self {
        let is_homes = |a: &&Attribute| a.unit == "homes" || a.unit == "dwellings" || a.name == "social_rental_homes";
        let mut homes: Vec<&Attribute> = territory.attributes().iter().filter(is_homes).collect();
        homes.sort_by_key(|a| (a.estimated, a.name != "social_rental_homes"));
        let usable = homes.into_iter().filter_map(|a| Self::of(territory, a).ok()).find(|w| w.missing.is_empty());
        usable.unwrap_or_else(|| Self::municipalities(territory))
    }

    fn of(territory: &Territory, attribute: &Attribute) -> Result<Self, CompareError> {
        let number = |v: &Option<f64>| v.filter(|v| v.is_finite());
        let values: Vec<Option<f64>> = attribute.values.iter().map(number).collect();
        if let Some((m, value)) = values.iter().enumerate().find_map(|(m, v)| v.filter(|v| *v < 0.0).map(|v| (m, v))) {
            let code = territory.municipalities()[m].code.clone();
            return Err(CompareError::Negative { attribute: attribute.name.clone(), code, value });
        }
        Ok(Self {
            name: attribute.name.clone(),
            unit: attribute.unit.clone(),
            estimated: attribute.estimated,
            missing: (0..values.len()).filter(|&m| values[m].is_none()).collect(),
            values: values.into_iter().map(|v| v.unwrap_or(0.0)).collect(),
        })
    }

    /// Whole numbers as they are; others to as many digits as fit beside what decides between equals.
    fn whole(&self, room: i64) -> Vec<i64> {
        let total: f64 = self.values.iter().sum();
        #[allow(clippy::cast_precision_loss)]
        let room = room as f64;
        let exact = self.values.iter().all(|v| v.fract() == 0.0) && total <= room;
        let scale = if exact || total <= 0.0 { 1.0 } else { room.min(1e12) / total };
        // At most `room`, which is far below 2^63.
        #[allow(clippy::cast_possible_truncation)]
        self.values.iter().map(|v| (v * scale).floor() as i64).collect()
    }
}

/// An area of one plan and the one of the other that goes with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Area of the first plan.
    pub a: u32,
    /// Area of the second plan.
    pub b: u32,
    /// What they have in common, in the unit of the weight.
    pub overlap: f64,
    /// The same as a share of the first one's area.
    pub share: f64,
    /// The same as a share of the second one's area.
    pub share_of_b: f64,
}

/// Matches the areas of two plans one to one so that what they have in common is as much as may be, in all.
///
/// Exact ([`assignment`](super::assignment)). Of matchings that are as good by weight the one with more municipalities is
/// taken, then the one with more areas of the same name. Areas that have no municipality in common are not matched.
/// Sorted by area of the first plan.
#[must_use]
pub fn match_areas(a: &Plan, b: &Plan, weigh: &Weigh) -> Vec<Match> {
    let (rows, columns) = (a.areas.len(), b.areas.len());
    let areas = i64::from(index_u32(rows.max(columns))) + 1;
    let municipalities = i64::from(index_u32(a.of.len())) + 1;
    let whole = weigh.whole((1i64 << 60) / areas / municipalities);
    let mut cells: Vec<(u32, u32, usize)> =
        (0..a.of.len()).map(|m| (a.of[m], b.of[m], m)).filter(|c| c.0 != NONE && c.1 != NONE).collect();
    cells.sort_unstable();
    let shared: Vec<&[(u32, u32, usize)]> = cells.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)).collect();
    let weights: Vec<(u32, u32, i64)> = shared
        .iter()
        .map(|cell| {
            let (x, y, _) = cell[0];
            let weight: i64 = cell.iter().map(|&(.., m)| whole[m]).sum();
            let same_name = a.areas[x as usize] == b.areas[y as usize];
            let n = i64::from(index_u32(cell.len()));
            (x, y, (weight * municipalities + n) * areas + i64::from(same_name))
        })
        .collect();
    let of = sparse_assignment(rows, columns, &weights);
    let sums = |plan: &Plan| {
        let mut sums = vec![(0.0, 0.0); plan.areas.len()];
        for (m, &area) in plan.of.iter().enumerate().filter(|(_, area)| **area != NONE) {
            let sum: &mut (f64, f64) = &mut sums[area as usize];
            *sum = (sum.0 + weigh.values[m], sum.1 + 1.0);
        }
        sums
    };
    let (sums_a, sums_b) = (sums(a), sums(b));
    let matched = shared.into_iter().filter(|cell| of[cell[0].0 as usize] == cell[0].1);
    matched
        .map(|cell| {
            let (x, y, _) = cell[0];
            let overlap: f64 = cell.iter().map(|&(.., m)| weigh.values[m]).sum();
            let n = f64::from(index_u32(cell.len()));
            // An area that weighs nothing is shared by its municipalities.
            let share = |(weight, all): (f64, f64)| if weight > 0.0 { (overlap / weight).min(1.0) } else { n / all };
            Match { a: x, b: y, overlap, share: share(sums_a[x as usize]), share_of_b: share(sums_b[y as usize]) }
        })
        .collect()
}

/// A municipality whose area in the second plan is not the one that goes with its area in the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Position of the municipality in the territory.
    pub municipality: usize,
    /// Its area in the first plan; none where it has no area there.
    pub from: Option<u32>,
    /// Its area in the second plan; none where it has no area there.
    pub to: Option<u32>,
}

/// What became of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It has another name.
    Renamed,
    /// It is divided: at least one new area was made of it alone.
    Divided,
    /// It is joined with others: all of it went to one area.
    Joined,
    /// An area that is new, of parts of several (or of municipalities without an area).
    New,
    /// An area that ended, its municipalities spread (or left without an area).
    Ended,
}

/// Areas that are not what they were, renaming included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaChange {
    /// What became of them.
    pub kind: ChangeKind,
    /// Areas of the first plan.
    pub a: Vec<u32>,
    /// Areas of the second plan.
    pub b: Vec<u32>,
}

/// The sum of an attribute over some municipalities.
#[derive(Debug, Clone, PartialEq)]
pub struct Total {
    /// The attribute.
    pub attribute: String,
    /// Its unit.
    pub unit: String,
    /// Whether its figures are estimates.
    pub estimated: bool,
    /// The sum; none where a figure is missing.
    pub sum: Option<f64>,
}

/// Two plans held against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Which area goes with which, sorted by area of the first plan.
    pub matched: Vec<Match>,
    /// What moved, in the territory's order.
    pub moved: Vec<Moved>,
    /// Areas that are new, ended, divided, joined or renamed; sorted.
    pub changes: Vec<AreaChange>,
    /// How far the plans lie apart.
    pub distances: Distances,
}

impl Comparison {
    /// Compares two plans of one territory.
    ///
    /// A municipality that has an area in one of the plans only has moved (from or to nowhere). That an area has another
    /// name is no move. The areas are matched by `weigh`; [`Distances::hamming`] is always that of the matching by
    /// municipalities, so with another weight more may have moved than it says.
    ///
    /// ```
    /// use landmeter::plan::compare::{Comparison, Weigh};
    /// use landmeter::{Municipality, Plan, Territory};
    ///
    /// let units = ["1", "2", "3"].map(|code| Municipality::new(code, code));
    /// let territory = Territory::new("t", units.into(), vec![])?;
    /// let now = Plan::from_labels("now", &[Some("A"), Some("A"), Some("B")]);
    /// let draft = Plan::from_labels("draft", &[Some("X"), Some("Y"), Some("Y")]);
    /// let found = Comparison::new(&now, &draft, &Weigh::municipalities(&territory));
    /// assert_eq!(found.moved.len(), 1);
    /// # Ok::<(), landmeter::territory::TerritoryError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// The plans are of territories with different numbers of municipalities.
    #[must_use]
    pub fn new(a: &Plan, b: &Plan, weigh: &Weigh) -> Self {
        let matched = match_areas(a, b, weigh);
        let mut of = vec![NONE; a.areas.len()];
        matched.iter().for_each(|m| of[m.a as usize] = m.b);
        let some = |area: u32| (area != NONE).then_some(area);
        let moved = (0..a.of.len()).map(|m| (m, a.of[m], b.of[m])).filter(|&(_, x, y)| match (x, y) {
            (NONE, NONE) => false,
            (NONE, _) | (_, NONE) => true,
            (x, y) => of[x as usize] != y,
        });
        let moved = moved.map(|(municipality, x, y)| Moved { municipality, from: some(x), to: some(y) }).collect();
        let changes = changes(a, b, &matched);
        Self { matched, moved, changes, distances: Distances::new(&Partition::new(&a.of), &Partition::new(&b.of)) }
    }

    /// Municipalities that go from one area to another.
    pub fn changed(&self) -> impl Iterator<Item = usize> {
        self.moved.iter().filter(|m| m.from.is_some() && m.to.is_some()).map(|m| m.municipality)
    }

    /// The same as a list.
    #[must_use]
    pub fn changed_list(&self) -> Vec<usize> {
        self.changed().collect()
    }

    /// Municipalities that have an area in the first plan only.
    pub fn lost(&self) -> impl Iterator<Item = usize> {
        self.moved.iter().filter(|m| m.to.is_none()).map(|m| m.municipality)
    }

    /// Municipalities that have an area in the second plan only.
    pub fn gained(&self) -> impl Iterator<Item = usize> {
        self.moved.iter().filter(|m| m.from.is_none()).map(|m| m.municipality)
    }
}

/// The sum over some municipalities of each attribute that can be summed: lengths (a perimeter) and shares can't.
pub fn totals(territory: &Territory, municipalities: impl Iterator<Item = usize> + Clone) -> Vec<Total> {
    const NO_SUM: &[&str] = &["km", "m", "share", "%"];
    let sums = |a: &&Attribute| !NO_SUM.contains(&a.unit.as_str()) && !a.name.contains("perim");
    let total = |a: &Attribute| Total {
        attribute: a.name.clone(),
        unit: a.unit.clone(),
        estimated: a.estimated,
        sum: municipalities.clone().map(|m| a.values[m].filter(|v| v.is_finite())).sum(),
    };
    territory.attributes().iter().filter(sums).map(total).collect()
}

/// Areas that are new, ended, divided, joined or renamed.
fn changes(a: &Plan, b: &Plan, matched: &[Match]) -> Vec<AreaChange> {
    let mut with_b = vec![NONE; a.areas.len()];
    let mut with_a = vec![NONE; b.areas.len()];
    for m in matched {
        with_b[m.a as usize] = m.b;
        with_a[m.b as usize] = m.a;
    }
    let (to, from) = (spread(a, b), spread(b, a));
    let mut found = Vec::new();
    // New areas by the one area that they were made of, ended ones by the one area that they went to.
    let gathered = |without: &[u32], other: &[Vec<u32>]| {
        let mut whole: std::collections::BTreeMap<u32, Vec<u32>> = std::collections::BTreeMap::new();
        let mut rest = Vec::new();
        for (area, others) in other.iter().enumerate().filter(|(area, _)| without[*area] == NONE) {
            match others[..] {
                [only] if only != NONE => whole.entry(only).or_default().push(index_u32(area)),
                _ => rest.push(index_u32(area)),
            }
        }
        (whole, rest)
    };
    let areas = |all: &[u32]| all.iter().copied().filter(|&x| x != NONE).collect::<Vec<u32>>();
    let together = |own: u32, mut others: Vec<u32>| {
        others.extend((own != NONE).then_some(own));
        others.sort_unstable();
        others
    };
    let (divided, new) = gathered(&with_a, &from);
    for (area, parts) in divided {
        let b = together(with_b[area as usize], parts);
        found.push(AreaChange { kind: ChangeKind::Divided, a: vec![area], b });
    }
    let (joined, ended) = gathered(&with_b, &to);
    for (area, parts) in joined {
        let a = together(with_a[area as usize], parts);
        found.push(AreaChange { kind: ChangeKind::Joined, a, b: vec![area] });
    }
    for area in new {
        found.push(AreaChange { kind: ChangeKind::New, a: areas(&from[area as usize]), b: vec![area] });
    }
    for area in ended {
        found.push(AreaChange { kind: ChangeKind::Ended, a: vec![area], b: areas(&to[area as usize]) });
    }
    // What is divided or joined is said with its new names already.
    let is_told = |m: &Match| found.iter().any(|c| c.a.contains(&m.a) && c.b.contains(&m.b));
    let renamed = matched.iter().filter(|m| a.areas[m.a as usize] != b.areas[m.b as usize] && !is_told(m));
    let renamed: Vec<_> =
        renamed.map(|m| AreaChange { kind: ChangeKind::Renamed, a: vec![m.a], b: vec![m.b] }).collect();
    found.extend(renamed);
    found.sort_by(|x, y| (x.kind, &x.a, &x.b).cmp(&(y.kind, &y.a, &y.b)));
    found
}

/// For each area of one plan, those of the other in which its municipalities lie (sorted; [`NONE`] where some lie in none).
fn spread(of: &Plan, over: &Plan) -> Vec<Vec<u32>> {
    let mut spread = vec![Vec::new(); of.areas.len()];
    for (&area, &other) in of.of.iter().zip(&over.of).filter(|(area, _)| **area != NONE) {
        spread[area as usize].push(other);
    }
    for others in &mut spread {
        others.sort_unstable();
        others.dedup();
    }
    spread
}

#[cfg(test)]
mod tests;
