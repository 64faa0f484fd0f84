//! From one coordinate system to another, many positions at a time.

use proj4rs::errors::Result as ProjResult;
use proj4rs::proj::Proj;
use proj4rs::transform::{Transform, TransformClosure, transform};

use super::PlaneError;
use super::crs::{LAMBERT_72, LON_LAT, LON_LAT_ETRS89};
use super::lambert72::ToLambert72;

/// A way from one system to another.
pub(super) enum Projection {
    /// The way that most files go here.
    Short(ToLambert72),
    General {
        source: Box<Proj>,
        target: Box<Proj>,
    },
}

impl Projection {
    /// From definitions as PROJ writes them.
    pub(super) fn new(source: &str, target: &str) -> Result<Self, PlaneError> {
        if target == LAMBERT_72 && [LON_LAT, LON_LAT_ETRS89].contains(&source) {
            return Ok(Self::Short(ToLambert72::new()));
        }
        Self::general(source, target)
    }

    fn general(source: &str, target: &str) -> Result<Self, PlaneError> {
        let read = |definition: &str| {
            Proj::from_proj_string(definition)
                .map(Box::new)
                .map_err(|e| PlaneError(format!("projection {definition} can't be computed: {e}; give another --crs")))
        };
        Ok(Self::General { source: read(source)?, target: read(target)? })
    }

    /// Projects in place (degrees stay degrees); the first position that can't be, if there is one.
    pub(super) fn apply(&self, positions: &mut [[f64; 2]]) -> Option<usize> {
        let finite = |p: &[f64; 2]| p.iter().all(|v| v.is_finite());
        match self {
            Self::Short(way) => {
                positions.iter_mut().for_each(|p| *p = way.apply(*p));
                positions.iter().position(|p| !finite(p))
            }
            Self::General { source, target } => {
                let given = positions.to_vec();
                if run(source, target, positions).is_ok() && positions.iter().all(finite) {
                    return None;
                }
                given.iter().position(|&p| {
                    let mut one = [p];
                    run(source, target, &mut one).is_err() || !finite(&one[0])
                })
            }
        }
    }
}

fn run(source: &Proj, target: &Proj, positions: &mut [[f64; 2]]) -> ProjResult<()> {
    if source.is_latlong() {
        positions.iter_mut().flatten().for_each(|v| *v = v.to_radians());
    }
    transform(source, target, &mut Batch(positions))?;
    if target.is_latlong() {
        positions.iter_mut().flatten().for_each(|v| *v = v.to_degrees());
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::territory::plane::Crs;

    #[test]
    fn the_short_way_leads_to_the_same_place() {
        for crs in [Crs::Epsg(4326), Crs::Epsg(4258)] {
            let source = crs.definition().unwrap();
            let (short, general) = (Projection::new(&source, LAMBERT_72), Projection::general(&source, LAMBERT_72));
            let (short, general) = (short.unwrap(), general.unwrap());
            assert!(matches!(short, Projection::Short(_)));
            let grid =
                (0..40).flat_map(|i| (0..40).map(move |j| [2.0 + 0.12 * f64::from(i), 49.0 + 0.07 * f64::from(j)]));
            let mut ours: Vec<[f64; 2]> = grid.collect();
            let mut theirs = ours.clone();
            assert_eq!((short.apply(&mut ours), general.apply(&mut theirs)), (None, None));
            for (a, b) in ours.iter().zip(&theirs) {
                assert!((a[0] - b[0]).abs() < 1e-4 && (a[1] - b[1]).abs() < 1e-4, "{a:?} {b:?}");
            }
        }
    }
}
