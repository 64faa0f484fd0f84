//! The territories, rulebooks, plans and registers that are inside the program.
use super::Error;
use crate::plan::Plan;
use crate::rules::{Register, Rulebook};
use crate::territory::Territory;

/// An embedded territory with what goes with it.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// The territory.
    pub territory: Territory,
    /// Name of the plan that `check` judges when none is named.
    pub default_plan: String,
    /// Name of the rulebook that goes with it.
    pub default_rulebook: String,
    /// Name of the register of derogations that goes with the default plan.
    pub default_register: String,
}

impl Embedded {
    /// An official plan that ships with this territory.
    ///
    /// # Errors
    ///
    /// A name that is not there; the message lists those that are.
    pub fn official_plan(&self, name: &str) -> Result<Plan, Error> {
        Err(Error::new(name, "E999", "not built yet"))
    }
}

/// Loads an embedded territory: `flanders` (the same as `flanders-2024`), `flanders-2025`.
///
/// # Errors
///
/// A name that is not there; the message lists those that are and suggests the nearest.
pub fn load(name: &str) -> Result<Embedded, Error> {
    Err(Error::new(name, "E999", "not built yet"))
}

/// An embedded rulebook: `vlaanderen-2021`, `vlaanderen-2025`.
///
/// # Errors
///
/// A name that is not there.
pub fn rulebook(name: &str) -> Result<Rulebook, Error> {
    Err(Error::new(name, "E999", "not built yet"))
}

/// An embedded register of derogations.
///
/// # Errors
///
/// A name that is not there.
pub fn register(name: &str) -> Result<Register, Error> {
    Err(Error::new(name, "E999", "not built yet"))
}
