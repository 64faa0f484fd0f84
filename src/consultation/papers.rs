//! The tables of a consultation as they are written: text with line numbers.

use super::Fault;
use crate::plan::Submission;

/// One of the tables of a consultation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paper {
    /// Its file, within the folder.
    pub file: &'static str,
    /// Its columns, each with the names that it may have. Those after `needed` may be absent.
    pub columns: &'static [&'static [&'static str]],
    /// How many of the columns must be there.
    pub needed: usize,
}

const CODE: &[&str] = &["nis", "code", "municipality", "gemeente"];

/// The tables: proposals, actors, opinions, councils.
pub const PAPERS: [Paper; 4] = [
    Paper {
        file: "proposals.csv",
        columns: &[
            &["proposal", "voorstel"],
            &["submitter", "indiener"],
            &["date", "datum"],
            &["councils", "raden"],
            &["motivation", "motivering"],
        ],
        needed: 3,
    },
    Paper {
        file: "actors.csv",
        columns: &[&["actor"], &["kind", "type", "soort"], CODE, &["homes", "woningen"]],
        needed: 4,
    },
    Paper {
        file: "opinions.csv",
        columns: &[CODE, &["view", "opinion", "advies"], &["actor"], &["proposal", "voorstel"], &["with", "samen_met"]],
        needed: 2,
    },
    Paper { file: "councils.csv", columns: &[&["council", "raad"], CODE], needed: 2 },
];

/// A row: its line, and a text for each column of its [`Paper`], trimmed; empty where the table has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    /// Line in the file, from 1.
    pub line: u32,
    /// The texts.
    pub cells: Vec<String>,
}

impl Cells {
    pub(super) fn get(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

/// The rows of a table.
pub type Sheet = Vec<Cells>;

/// Everything in the folder of a consultation, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Papers {
    /// Rows of `proposals.csv`.
    pub proposals: Sheet,
    /// Rows of `actors.csv`.
    pub actors: Sheet,
    /// Rows of `opinions.csv`; none where there is no such file.
    pub opinions: Option<Sheet>,
    /// Rows of `councils.csv`; none where there is no such file.
    pub councils: Option<Sheet>,
    /// The plans, each with its file.
    pub plans: Vec<(String, Submission)>,
    /// Plans that can't be read.
    pub faults: Vec<Fault>,
}
