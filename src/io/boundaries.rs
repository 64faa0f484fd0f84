//! Boundary files in: GeoJSON, Shapefile (plain or zipped); the door for other formats.

use std::path::Path;

use super::Error;
use crate::territory::InputDigest;
use crate::territory::coverage::Boundaries;
use crate::territory::plane::Crs;

/// How to read a boundary file.
#[derive(Debug, Clone, Default)]
pub struct BoundaryOptions {
    /// Key property; without it, common names are recognised.
    pub id: Option<String>,
    /// Name property; without it, common names are recognised.
    pub name: Option<String>,
    /// Coordinate system where the file says none (or to overrule what it says).
    pub crs: Option<Crs>,
}

/// Reads a boundary file.
///
/// # Errors
///
/// A file that can't be read or understood; what is wrong with a single feature is a problem in the result.
pub fn read(path: &Path, options: &BoundaryOptions) -> Result<(Boundaries, Vec<InputDigest>), Error> {
    let _ = options;
    Err(Error::new(path.display().to_string(), "E999", "not built yet"))
}
