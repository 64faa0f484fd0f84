//! Coordinate systems, and the plane on which everything is measured in metres.

mod crs;
mod lambert72;
mod projection;
mod wkt;

pub use crs::Crs;

use crs::{Bounds, EVERYWHERE};
use projection::Projection;
use rayon::prelude::*;

/// A coordinate system that can't be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct PlaneError(pub String);

/// Where Belgian Lambert 72 is the plane of measure: the area of use that EPSG gives for 31370.
const LAMBERT_72: Crs = Crs::Epsg(31370);

/// Positions in one parallel chunk; the result does not depend on it.
const CHUNK: usize = 1 << 14;

/// A plane on which lengths and areas are measured in metres.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Its name, as shown: `EPSG:31370`, or the definition of a local projection.
    pub name: String,
    /// Its definition as PROJ writes it; none for positions that are taken as they are.
    definition: Option<String>,
}

impl Plane {
    /// Chooses the plane for these positions: Lambert 72 inside its area of use, else the file's own metric
    /// plane, else an equal-area projection centred on the positions.
    ///
    /// # Errors
    ///
    /// Positions that can't be what `crs` says (metres called degrees), or a system that is not known.
    pub fn choose(crs: &Crs, coords: &[[f64; 2]]) -> Result<Self, PlaneError> {
        if *crs == Crs::Unknown {
            return Ok(Self { name: "the file's own (not said)".to_owned(), definition: None });
        }
        let definition = crs.definition()?;
        let own = Self { name: crs.to_string(), definition: Some(definition.clone()) };
        let Some(extent) = Bounds::of(coords) else { return Ok(own) };
        let degrees = degrees_of(crs, coords, &extent)?;
        let belgium = LAMBERT_72.area_of_use().unwrap_or(EVERYWHERE);
        if *crs == LAMBERT_72 {
            return Ok(own);
        }
        if belgium.contains(&degrees) {
            return Ok(Self { name: LAMBERT_72.to_string(), definition: Some(LAMBERT_72.definition()?) });
        }
        if crs::is_true_to_scale(&definition) {
            return Ok(own);
        }
        let [lon, lat] = centre(crs, coords, &degrees)?;
        let (lon, lat) = ((lon * 10.0).round() / 10.0, (lat * 10.0).round() / 10.0);
        Ok(Self {
            name: format!("laea lat_0={lat} lon_0={lon} (GRS80)"),
            definition: Some(format!(
                "+proj=laea +lat_0={lat} +lon_0={lon} +x_0=0 +y_0=0 +ellps=GRS80 +towgs84=0,0,0 +units=m +no_defs"
            )),
        })
    }

    /// Brings positions to the plane, in parallel; the order is kept.
    ///
    /// Positions that are on the plane already are copied bit for bit.
    ///
    /// # Errors
    ///
    /// A position that the projection can't take.
    pub fn project(&self, crs: &Crs, coords: &[[f64; 2]]) -> Result<Vec<[f64; 2]>, PlaneError> {
        let Some(target) = &self.definition else { return Ok(coords.to_vec()) };
        if *crs == Crs::Unknown {
            return Ok(coords.to_vec());
        }
        let source = crs.definition()?;
        if source == *target {
            return Ok(coords.to_vec());
        }
        let projection = Projection::new(&source, target)?;
        let mut projected = coords.to_vec();
        projected.par_chunks_mut(CHUNK).zip(coords.par_chunks(CHUNK)).try_for_each(|(out, given)| match projection
            .apply(out)
        {
            Some(at) => {
                Err(PlaneError(format!("position {} can't be brought from {crs} to {}", shown(given[at]), self.name)))
            }
            None => Ok(()),
        })?;
        Ok(projected)
    }
}

/// The extent in degrees, after a look at whether the numbers can be what `crs` says.
fn degrees_of(crs: &Crs, coords: &[[f64; 2]], extent: &Bounds) -> Result<Bounds, PlaneError> {
    if crs.is_geographic()? {
        if EVERYWHERE.contains(extent) {
            return Ok(*extent);
        }
        let found = extent.corner_outside(&EVERYWHERE);
        let way_out = match crs::guess(coords).as_slice() {
            [] => "give the system they are in with --crs EPSG:NUMBER".to_owned(),
            [first, rest @ ..] => {
                let others: Vec<String> = rest.iter().map(ToString::to_string).collect();
                let others =
                    if others.is_empty() { String::new() } else { format!(" (or perhaps {})", others.join(", ")) };
                format!("they fit {first}{others}: if that is what they are, say --crs {first}")
            }
        };
        return Err(PlaneError(format!(
            "the positions are taken for degrees ({crs}; GeoJSON that says nothing means EPSG:4326), but there is {}: \
             degrees go from -180 to 180 and from -90 to 90. Those look like metres; {way_out}",
            shown(found)
        )));
    }
    let in_metres = crs.to_degrees(coords);
    if let Some(area) = crs.area_of_use()
        && area.contains(extent)
        && !in_metres.as_ref().is_ok_and(|d| area.overlaps(d))
    {
        return Err(PlaneError(format!(
            "the file is said to be in {crs}, whose positions are in metres, but it has the position {}: \
             that looks like degrees; say --crs EPSG:4326 if that is what they are",
            shown(extent.min)
        )));
    }
    in_metres.map_err(|_| {
        PlaneError(format!(
            "the file is said to be in {crs}, but its positions, from {} to {}, can't be in that system; \
             give the system they are in with --crs EPSG:NUMBER",
            shown(extent.min),
            shown(extent.max)
        ))
    })
}

/// The middle of the positions in degrees; the antimeridian is crossed where that makes the extent narrower.
fn centre(crs: &Crs, coords: &[[f64; 2]], degrees: &Bounds) -> Result<[f64; 2], PlaneError> {
    let middle = degrees.middle();
    if degrees.max[0] - degrees.min[0] <= 180.0 || !crs.is_geographic()? {
        return Ok(middle);
    }
    let east: Vec<[f64; 2]> = coords.iter().map(|&[x, y]| [if x < 0.0 { x + 360.0 } else { x }, y]).collect();
    let shifted = Bounds::of(&east).unwrap_or(*degrees);
    if shifted.max[0] - shifted.min[0] >= degrees.max[0] - degrees.min[0] {
        return Ok(middle);
    }
    let [lon, lat] = shifted.middle();
    Ok([if lon > 180.0 { lon - 360.0 } else { lon }, lat])
}

/// A position as a message shows it.
fn shown([x, y]: [f64; 2]) -> String {
    format!("({x}, {y})")
}
