//! From what the user names (`--territory` and its companions) to a [`Territory`].

use std::path::PathBuf;

use super::Error;
use super::boundaries::BoundaryOptions;
use crate::territory::Territory;
use crate::territory::coverage::Problem;

/// What the user named.
#[derive(Debug, Clone, Default)]
pub struct TerritoryOptions {
    /// An embedded territory's name, a folder with `territory.toml`, a boundary file or a graph.
    pub territory: Option<String>,
    /// Key, name, coordinate system of a boundary file.
    pub boundary: BoundaryOptions,
    /// `--attributes` files.
    pub attributes: Vec<PathBuf>,
    /// `--layer` arguments, `NAME=FILE.csv[:COLUMN]`.
    pub layers: Vec<String>,
    /// `--declare` file.
    pub declare: Option<PathBuf>,
    /// `--tolerance`, metres.
    pub tolerance_m: f64,
}

/// A territory as loaded, with what was seen on the way.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The territory.
    pub territory: Territory,
    /// What is wrong with its boundary file.
    pub problems: Vec<Problem>,
}

/// Loads a territory.
///
/// # Errors
///
/// Anything that can't be read or does not fit.
pub fn load(options: &TerritoryOptions) -> Result<Loaded, Error> {
    Err(Error::new(options.territory.clone().unwrap_or_default(), "E999", "not built yet"))
}
