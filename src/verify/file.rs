//! The lines of a certificate. Nothing is skipped: a field that is unknown or missing is refused, with its line. (Of a
//! state what is empty may be left out; a value that may be none is `null`.)

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::walk::{Area, Around, State, Walk};
use crate::io::{Error, Lines};
use crate::territory::adjacency::Contiguity;

/// The version of the format.
pub(super) const VERSION: u32 = 1;

/// Most states of a level, so that a file can't fill the memory: far more than those of any region known.
const MOST_STATES: u64 = 1 << 22;

/// The first line: what the claims are about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) landmeter_certificate: u32,
    /// The program that wrote it.
    #[serde(rename = "version")]
    pub(super) _version: String,
    pub(super) territory: String,
    pub(super) rulebook: String,
    pub(super) inputs: Vec<Digest>,
    pub(super) contiguity: Contiguity,
    pub(super) metric: String,
    pub(super) options: Options,
    pub(super) regions: Vec<String>,
}

/// A file that the claims rest on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Digest {
    pub(super) path: String,
    pub(super) sha256: String,
}

/// What narrows the rulebook, or with `free` replaces its bounds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) region: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) areas: Option<(u32, u32)>,
    pub(super) min: Vec<(String, f64)>,
    pub(super) max: Vec<(String, f64)>,
    pub(super) balance: Vec<(String, f64)>,
    pub(super) free: bool,
    pub(super) no_estimates: bool,
}

/// The first line of a region: its claim, and what the proof uses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claim {
    pub(super) region: String,
    /// The least sum: areas, links, or millimetres. None: no plan exists.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) value: Option<i64>,
    pub(super) limits: Vec<Used>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) areas: Option<(u32, u32)>,
    /// Codes of units of which areas may be enclosed.
    pub(super) inside: Vec<String>,
    pub(super) exclaves: Vec<String>,
    /// Codes in the order of the walk.
    pub(super) order: Vec<String>,
    /// A plan with that sum: each code with the label of its area.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) plan: Option<BTreeMap<String, String>>,
}

/// A limit that the proof uses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub(super) enum Used {
    Sum {
        attribute: String,
        at_least: u64,
        #[serde(deserialize_with = "Option::deserialize")]
        at_most: Option<u64>,
    },
    Together(BTreeSet<String>),
    Apart(BTreeSet<String>),
}

/// The line before the states of a level.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelLine {
    level: usize,
    states: u64,
}

/// A state, with the least that a plan still costs from there on; none where no plan goes on from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateLine {
    open: Vec<Vec<usize>>,
    #[serde(default)]
    apart: Vec<(usize, usize)>,
    #[serde(default)]
    sums: Vec<Vec<Option<u64>>>,
    #[serde(default)]
    closed: u32,
    #[serde(default)]
    left: BTreeSet<usize>,
    /// Areas that could still be enclosed, each with the open areas that it touches, and the closed one.
    #[serde(default)]
    around: Vec<(usize, BTreeSet<usize>, Option<u32>)>,
    #[serde(default)]
    mixed: BTreeSet<BTreeSet<usize>>,
    #[serde(deserialize_with = "Option::deserialize")]
    bound: Option<i64>,
}

/// A state as listed: its line, and its bound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) line: u64,
    pub(super) bound: Option<i64>,
}

/// The states of a level.
pub(super) type Level = BTreeMap<State, Listed>;

/// A certificate that is being read.
#[derive(Debug)]
pub(super) struct Reader {
    lines: Lines,
}

impl Reader {
    pub(super) fn new(lines: Lines) -> Self {
        Self { lines }
    }

    pub(super) fn path(&self) -> &str {
        self.lines.path()
    }

    /// The line that was read last.
    pub(super) fn line(&self) -> u64 {
        self.lines.line()
    }

    pub(super) fn error(&self, code: &'static str, message: impl Into<String>) -> Error {
        Error::new(self.lines.path(), code, message).at(format!("line {}", self.lines.line()))
    }

    /// The next line.
    fn next<T: DeserializeOwned>(&mut self, expected: &str) -> Result<T, Error> {
        let line = match self.lines.next_line()? {
            Some(text) => Ok(serde_json::from_slice(text)),
            None => Err(()),
        };
        match line {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(e)) => {
                // The parser counts lines within this one.
                let (text, column) = (e.to_string(), e.column());
                let text = text.split(" at line ").next().unwrap_or_default();
                Err(self.error("E602", format!("{text} (column {column}); expected {expected}")))
            }
            Err(()) => Err(self.error("E603", format!("the file ends here; expected {expected}"))),
        }
    }

    pub(super) fn head(&mut self) -> Result<Head, Error> {
        self.next("the first line of a certificate: {\"landmeter_certificate\":1, ...}")
    }

    pub(super) fn claim(&mut self, region: &str) -> Result<Claim, Error> {
        self.next(&format!("the claim of region {region}"))
    }

    /// Nothing but this may follow.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        match self.lines.next_line()? {
            None => Ok(()),
            Some(_) => Err(self.error("E603", "the file goes on; expected its end after the last region")),
        }
    }

    /// The states of a level.
    pub(super) fn level(&mut self, walk: &Walk<'_>, level: usize) -> Result<Level, Error> {
        let head: LevelLine = self.next(&format!("level {level}: {{\"level\":{level},\"states\":N}}"))?;
        if head.level != level {
            return Err(self.error("E602", format!("level {} stands here; expected level {level}", head.level)));
        }
        if head.states > MOST_STATES {
            let message = format!("a level of {} states is too large; expected at most {MOST_STATES}", head.states);
            return Err(self.error("E602", message));
        }
        let mut states = Level::new();
        for n in 0..head.states {
            let line: StateLine = self.next(&format!("state {n} of the {} of level {level}", head.states))?;
            let bound = line.bound;
            let state = line.state(walk, level).map_err(|message| self.error("E602", message))?;
            if states.insert(state, Listed { line: self.line(), bound }).is_some() {
                return Err(self.error("E602", "the state is listed twice; expected each state once"));
            }
        }
        Ok(states)
    }
}

impl StateLine {
    /// The state, if all that it names exists.
    fn state(self, walk: &Walk<'_>, level: usize) -> Result<State, String> {
        let frontier = walk.frontier(level);
        let areas = self.open.len();
        let mut seen = BTreeSet::new();
        for &unit in self.open.iter().flatten() {
            if !frontier.contains(&unit) || !seen.insert(unit) {
                return Err(format!(
                    "unit {unit} can't be open here; expected each unit with a neighbour to come at most once"
                ));
            }
        }
        if self.open.iter().any(Vec::is_empty) {
            return Err("an open area has no unit; expected at least one".to_owned());
        }
        let limits = walk.limits.len();
        let sums = if limits == 0 && self.sums.is_empty() { vec![Vec::new(); areas] } else { self.sums };
        if sums.len() != areas || sums.iter().any(|of_area| of_area.len() != limits) {
            return Err(format!("there are sums for {} areas; expected {limits} for each of {areas}", sums.len()));
        }
        let around = self.around.iter().flat_map(|(area, open, _)| open.iter().chain([area]));
        let named = self.apart.iter().flat_map(|(a, b)| [a, b]).chain(self.mixed.iter().flatten()).chain(around);
        if let Some(area) = named.copied().find(|&area| area >= areas) {
            return Err(format!("area {area} is not one of the {areas} open areas"));
        }
        if let Some(left) = self.left.iter().find(|&&left| left >= walk.region.exclaves.len()) {
            return Err(format!("exclave {left} is not one of the {}", walk.region.exclaves.len()));
        }
        let gathered = self.open.into_iter().zip(sums);
        let mut areas: Vec<Area> = gathered.map(|(units, sums)| Area { units, sums, around: None }).collect();
        for (area, open, closed) in self.around {
            areas[area].around = Some(Around { open, closed });
        }
        let mut apart = self.apart;
        apart.sort_unstable();
        Ok(State { areas, apart, mixed: self.mixed, closed: self.closed, left: self.left })
    }
}
