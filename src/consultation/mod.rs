//! Many submissions, one territory: proposals, opinions, the actors of before, the councils.
//!
//! The tables are read as they are ([`Papers`]) and held against a territory ([`Consultation::new`]): what is wrong in a row is
//! a [`Fault`] with its file and line, the row is left out, and the rest goes on. Nothing is guessed: a name in another
//! spelling is not the same name, and of two rows that contradict each other neither counts.

mod assess;
pub mod hands;
mod opinions;
mod papers;
mod resolve;
mod rest;
mod together;
pub mod votes;

pub use assess::{Assessment, Assessor};
pub use opinions::{Outcome, Stance, overruled, stances};
pub use papers::{Cells, PAPERS, Paper, Papers, Sheet};
pub use rest::{COMPLETED_BY, Completion, Left, Rest, Rests};
pub use together::{MOST_OVERLAPS, MOST_SETS, Overlap, Together, union};

pub use crate::search::clash::Clash;

use crate::plan::Plan;

/// A company or agency of before, active in some municipalities.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Actor {
    /// Its name.
    pub name: String,
    /// What it is, as the table says; empty where the table says two things.
    pub kind: String,
}

/// What an actor has in a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The actor, as a position in the list of actors.
    pub actor: usize,
    /// The municipality, as a position in the territory.
    pub municipality: usize,
    /// Its homes there; none where the number is not known.
    pub homes: Option<u64>,
}

/// A council that may support proposals, and the municipalities that it speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Council {
    /// Its name.
    pub name: String,
    /// Positions in the territory, sorted.
    pub municipalities: Vec<usize>,
}

/// A plan as submitted, perhaps of some municipalities only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its name: that of its plan.
    pub name: String,
    /// Who submits it; empty where that is not said.
    pub submitter: String,
    /// The day of submission, `YYYY-MM-DD`; none where that is not said, or is no date.
    pub date: Option<String>,
    /// The councils that support it, sorted; only those that are known where there is a list of councils.
    pub councils: Vec<String>,
    /// Why it is as it is; empty where that is not said.
    pub motivation: String,
    /// The plan.
    pub plan: Plan,
}

/// How someone sees what an opinion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// It is wanted before anything else.
    First,
    /// It will do.
    Acceptable,
    /// It is refused.
    Refused,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::First, Self::Acceptable, Self::Refused];

    /// As it is written in a table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Acceptable => "acceptable",
            Self::Refused => "refused",
        }
    }
}

/// What an opinion is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The municipality's area as a proposal (a position in the list) has it.
    Proposal(usize),
    /// An area together with these municipalities (positions, sorted).
    With(Vec<usize>),
}

/// An opinion on the area of one municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Its line in the table.
    pub line: u32,
    /// The municipality, as a position in the territory.
    pub municipality: usize,
    /// The actor that gives it; none: the municipality itself.
    pub actor: Option<usize>,
    /// How it is seen.
    pub view: View,
    /// What is seen so.
    pub about: About,
}

/// Something in the tables that is not as it should be: the row is left out, the rest goes on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, within the folder of the consultation.
    pub file: String,
    /// The line in it, from 1; 0 for the whole file.
    pub line: u32,
    /// Stable code: `C` and three digits. See [`FAULTS`].
    pub code: &'static str,
    /// The values for its sentence, by placeholder name.
    pub values: Vec<(&'static str, String)>,
}

/// Every fault's code, with what it says in a few words of English.
pub const FAULTS: &[(&str, &str)] = &[
    ("C101", "unknown code of a municipality"),
    ("C102", "code of another date that can't be carried without guessing"),
    ("C103", "not a date"),
    ("C104", "not a number of homes"),
    ("C105", "row repeated"),
    ("C106", "row that contradicts another"),
    ("C107", "name in another spelling than before"),
    ("C108", "unknown actor"),
    ("C109", "unknown council"),
    ("C110", "unknown proposal"),
    ("C111", "unknown view"),
    ("C112", "empty field"),
    ("C113", "plan that can't be read"),
    ("C114", "plan without a row in the table of proposals"),
    ("C115", "proposal without a plan"),
    ("C116", "opinion about nothing, or about two things"),
];

/// A consultation, held against a territory: whatever is in it is known there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consultation {
    /// The actors, sorted by name.
    pub actors: Vec<Actor>,
    /// What they have, sorted by municipality and actor; each pair once.
    pub holdings: Vec<Holding>,
    /// The councils, sorted by name; none where there is no table of them.
    pub councils: Option<Vec<Council>>,
    /// The proposals, sorted by name.
    pub proposals: Vec<Proposal>,
    /// The opinions, in the order of the table.
    pub opinions: Vec<Opinion>,
    /// What is wrong in the tables, sorted by file and line.
    pub faults: Vec<Fault>,
}
