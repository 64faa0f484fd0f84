//! The only room that opens a file: boundaries, tables, plans in; everything out.

pub mod boundaries;
pub mod consultation;
pub mod embedded;
pub mod folder;
pub mod graph;
pub mod input;
mod join;
mod json;
pub mod lines;
pub mod output;
pub mod overview;
pub mod partial;
pub mod plans;
pub mod tables;
pub mod territory;

pub use input::Input;
pub use lines::Lines;

/// Something that was understood rather than read (carried, joined, ignored, left open), to be told to who loads it: the
/// key of its sentence in `words`, and the values in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Key of the sentence: `note.joined`.
    pub key: &'static str,
    /// Its values by name.
    pub values: Vec<(&'static str, String)>,
}

impl Note {
    pub(crate) fn new<const N: usize>(key: &'static str, values: [(&'static str, String); N]) -> Self {
        Self { key, values: values.into() }
    }
}

/// The work could not be done: which file, where in it, what was wrong and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The file as the user named it.
    pub path: String,
    /// Where in it: `line 7`, `feature 12 (11001)`, `record 3`.
    pub at: Option<String>,
    /// Stable code: `E` and three digits.
    pub code: &'static str,
    /// What was wrong, the value found, and what was expected; lower case, no full stop.
    pub message: String,
}

impl Error {
    /// An error about a whole file.
    pub fn new(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.into(), at: None, code, message: message.into() }
    }

    /// The same error, with its place in the file.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.at = Some(place.into());
        self
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some(at) = &self.at {
            write!(f, ", {at}")?;
        }
        write!(f, ": {} [{}]", self.message, self.code)
    }
}

impl std::error::Error for Error {}
