//! An assignment of municipalities to areas; knows nothing of rules.

pub mod align;
pub mod compare;
mod matching;
pub(crate) mod nearest;
mod resolve;

pub use matching::{assignment, difference};
pub use resolve::Resolver;

use crate::territory::Territory;

/// A municipality without an area, in [`Plan::of`].
pub const NONE: u32 = u32::MAX;

/// A plan as submitted, before it is held against a territory: nothing is lost, nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Submission {
    /// Its name: the file's stem, or the name in a table of many plans.
    pub name: String,
    /// One a row of the file.
    pub rows: Vec<Row>,
}

/// A row of a submitted plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Line in the file (from 1), or 0 where the format has no lines.
    pub line: u32,
    /// The municipality as written: a code, or a name.
    pub code: String,
    /// The area as written; empty for unassigned.
    pub area: String,
    /// The housing company, where the file has such a column.
    pub company: Option<String>,
}

/// Something about a submitted plan that is not as it should be, found when it is held against a territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Irregularity {
    /// A code that nobody knows; `nearest` is the most similar code or name of the territory.
    UnknownCode {
        /// Line in the file.
        line: u32,
        /// The code as written.
        code: String,
        /// The most similar known one.
        nearest: Option<String>,
    },
    /// A code of another date, carried to the territory's by its mergers.
    CarriedCode {
        /// Line in the file.
        line: u32,
        /// The code as written.
        code: String,
        /// What it became (or, backwards, was made from).
        became: Vec<String>,
        /// Date of the change, `YYYY-MM-DD`.
        date: String,
    },
    /// The parts of a merged municipality lie in different areas: a person must decide.
    SplitByMerger {
        /// The code in the territory, whose area is left open.
        code: String,
        /// Each part's code and area as written.
        parts: Vec<(String, String)>,
        /// Date of the merger.
        date: String,
    },
    /// One municipality in two areas; its area is left open.
    ClaimedTwice {
        /// The code in the territory.
        code: String,
        /// The areas, sorted.
        areas: Vec<String>,
        /// The lines.
        lines: Vec<u32>,
    },
    /// The same row twice (same area): harmless, but said.
    RepeatedRow {
        /// The code in the territory.
        code: String,
        /// The lines.
        lines: Vec<u32>,
    },
    /// A name was given where a code was expected.
    NamedNotCoded {
        /// Line in the file.
        line: u32,
        /// As written.
        written: String,
        /// The code it was read as.
        code: String,
    },
}

/// Every municipality of a territory with its area.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// Labels of the areas, sorted; each has at least one municipality.
    pub areas: Vec<String>,
    /// Area of each municipality (position in `areas`, or [`NONE`]), in the territory's order.
    pub of: Vec<u32>,
    /// Companies named for each area, sorted; empty where the plan names none.
    pub companies: Vec<Vec<String>>,
    /// What was not as it should be in the submission.
    pub irregularities: Vec<Irregularity>,
}

impl Plan {
    /// Makes a plan from a label per municipality, in the territory's order.
    ///
    /// ```
    /// let plan = landmeter::Plan::from_labels("draft", &[Some("B"), Some("A"), None]);
    /// assert_eq!(plan.areas, ["A", "B"]);
    /// assert_eq!(plan.of, [1, 0, landmeter::plan::NONE]);
    /// ```
    #[must_use]
    pub fn from_labels(name: impl Into<String>, labels: &[Option<&str>]) -> Self {
        let mut areas: Vec<String> = labels.iter().flatten().map(|&l| l.to_owned()).collect();
        areas.sort();
        areas.dedup();
        let of = labels
            .iter()
            .map(|l| {
                l.and_then(|l| areas.binary_search_by(|a| a.as_str().cmp(l)).ok())
                    .map_or(NONE, crate::territory::index_u32)
            })
            .collect();
        Self { name: name.into(), areas, of, companies: Vec::new(), irregularities: Vec::new() }
    }

    /// Municipalities of an area (positions, sorted).
    pub fn members(&self, area: u32) -> impl Iterator<Item = usize> + '_ {
        self.of.iter().enumerate().filter(move |&(_, &a)| a == area).map(|(i, _)| i)
    }
}

impl Submission {
    /// Holds the submission against a territory: codes, names and expired codes are resolved, and everything
    /// that is not as it should be is noted in [`Plan::irregularities`].
    #[must_use]
    pub fn resolve(&self, territory: &Territory) -> Plan {
        Resolver::new(territory).resolve(self)
    }
}
