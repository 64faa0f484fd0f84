//! Is a plan allowed, and why not? The rulebook is data; one file a legal criterion.
//!
//! A [`Checker`] is a rulebook made ready for a territory. It turns a plan into integers, lets each criterion
//! say what it finds, puts that in words ([`Finding`]s: code, who, where, how much, source), holds it against the
//! register of derogations, and looks for the smallest remedy of each violation.

mod assignment;
mod book;
mod bounds;
mod bridge;
mod checker;
mod codes;
mod contiguity;
mod derogation;
mod enclosure;
mod expertise;
mod finding;
mod ground;
mod memo;
mod nesting;
mod opinions;
mod raw;
mod raw_metric;
mod remedy;
mod rows;
mod together;

pub use book::{Kind, Rule, Rulebook, RulebookError, Source, Text};
pub use checker::{Checker, Scratch};
pub use codes::CODES;
pub(crate) use enclosure::on_outer_border;
pub use finding::{AreaRow, AttributeSum, Fact, Finding, Move, Remedy, Severity, Status, Verdict};
pub use memo::{Kept, Memo};

use crate::plan::Plan;
use crate::territory::Territory;

/// The derogations on record: exceptions that were granted.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// One a granted exception.
    pub derogations: Vec<Derogation>,
    /// The day (`YYYY-MM-DD`) on which expiry is judged; none: nothing expires.
    pub as_of: Option<String>,
}

/// A granted exception: which finding, who decided, when, why, until when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Derogation {
    /// Name of the derogation in the register.
    pub id: String,
    /// Code of the finding it covers, `R201`; or the identifier of the rule.
    pub finding: String,
    /// Area it is granted to.
    pub area: String,
    /// Municipalities it is granted for (codes); empty: whatever municipalities of the area.
    #[serde(default)]
    pub municipalities: Vec<String>,
    /// Who decided.
    pub decided_by: String,
    /// When it was decided, `YYYY-MM-DD`.
    pub date: String,
    /// Why.
    pub reason: String,
    /// Last day on which it holds, `YYYY-MM-DD`; none: without end.
    #[serde(default)]
    pub until: Option<String>,
    /// Where it can be read.
    #[serde(default)]
    pub source: String,
}

/// The rulebook does not fit the territory.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A rule names a division that the territory does not have.
    #[error(
        "rule {rule} names division {division}, which the territory does not have (it has: {known}); add it with --layer"
    )]
    NoDivision {
        /// The rule.
        rule: String,
        /// The division.
        division: String,
        /// Those it has.
        known: String,
    },
    /// A rule names a municipality that the territory does not have.
    #[error(
        "rule {rule} names municipality {municipality}, which is not one of the territory's {known}{}",
        nearest.as_ref().map_or_else(String::new, |n| format!("; did you mean {n}?"))
    )]
    NoMunicipality {
        /// The rule.
        rule: String,
        /// The code.
        municipality: String,
        /// How many the territory has.
        known: usize,
        /// The code of its nearest one.
        nearest: Option<String>,
    },
    /// A rule asks for more than the checker can hold.
    #[error("rule {rule} asks for {found} kinds of actor; at most {most} can be told apart")]
    TooManyKinds {
        /// The rule.
        rule: String,
        /// Kinds asked for.
        found: usize,
        /// Most.
        most: usize,
    },
}

/// Judges a plan: every finding, no early exit.
///
/// # Errors
///
/// A rule that names a division, municipality or parameter that the territory does not have.
pub fn check(
    territory: &Territory,
    plan: &Plan,
    rulebook: &Rulebook,
    register: &Register,
) -> Result<Verdict, CheckError> {
    Ok(Checker::new(territory, rulebook, register)?.check(plan))
}
