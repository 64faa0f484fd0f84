//! Mergers and renumbering: carries codes from one date to another.

/// Mergers and renumberings, sorted by date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// One row an old code.
    pub changes: Vec<Change>,
}

/// An old code and what it became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The code before.
    pub old_code: String,
    /// The name before.
    pub old_name: String,
    /// The code after (it may equal the old one: a municipality that grew).
    pub new_code: String,
    /// The name after.
    pub new_name: String,
    /// From when the new code holds, `YYYY-MM-DD`.
    pub date: String,
}
