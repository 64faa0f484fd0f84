//! From one coordinate system to another, many positions at a time.

use proj4rs::errors::Result as ProjResult;
use proj4rs::proj::Proj;
use proj4rs::transform::{Transform, TransformClosure, transform};

use super::PlaneError;

/// A way from one system to another.
pub(super) struct Projection {
    source: Proj,
    target: Proj,
}

impl Projection {
    /// From definitions as PROJ writes them.
    pub(super) fn new(source: &str, target: &str) -> Result<Self, PlaneError> {
        let read = |definition: &str| {
            Proj::from_proj_string(definition)
                .map_err(|e| PlaneError(format!("projection {definition} can't be computed: {e}; give another --crs")))
        };
        Ok(Self { source: read(source)?, target: read(target)? })
    }

    /// Projects in place (degrees stay degrees); the first position that can't be, if there is one.
    pub(super) fn apply(&self, positions: &mut [[f64; 2]]) -> Option<usize> {
        let given = positions.to_vec();
        let whole = self.run(positions).is_ok() && positions.iter().flatten().all(|v| v.is_finite());
        if whole {
            return None;
        }
        given.iter().position(|&p| {
            let mut one = [p];
            self.run(&mut one).is_err() || !one[0].iter().all(|v| v.is_finite())
        })
    }

    fn run(&self, positions: &mut [[f64; 2]]) -> ProjResult<()> {
        if self.source.is_latlong() {
            positions.iter_mut().flatten().for_each(|v| *v = v.to_radians());
        }
        transform(&self.source, &self.target, &mut Batch(positions))?;
        if self.target.is_latlong() {
            positions.iter_mut().flatten().for_each(|v| *v = v.to_degrees());
        }
        Ok(())
    }
}

/// Positions as proj4rs walks over them; heights are zero.
struct Batch<'a>(&'a mut [[f64; 2]]);

impl Transform for Batch<'_> {
    fn transform_coordinates<F: TransformClosure>(&mut self, f: &mut F) -> ProjResult<()> {
        for [x, y] in self.0.iter_mut() {
            (*x, *y, _) = f(*x, *y, 0.0)?;
        }
        Ok(())
    }
}
