//! A made coverage: cells of a kilometre with wavy sides, so that a bench needs no file.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a bench may stop at what it does not expect")]

use std::fmt::Write as _;

use landmeter::territory::coverage::{Boundaries, Feature, Ring};
use landmeter::territory::plane::Crs;

/// A number in [-0.5, 0.5) that depends on its three arguments only.
fn jitter(x: u64, y: u64, salt: u64) -> f64 {
    let mut z = x.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ y.wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (salt << 17);
    z = (z ^ (z >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 29)) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

/// `side` x `side` cells of a kilometre whose four wavy sides have `steps` segments each; `noise` metres on each polygon's own copy.
pub(crate) fn cells(side: u32, steps: u32, noise: f64) -> Boundaries {
    let mut b = Boundaries { crs: Crs::Epsg(31370), ..Boundaries::default() };
    let steps = u64::from(steps);
    for row in 0..u64::from(side) {
        for column in 0..u64::from(side) {
            let start = u32::try_from(b.coords.len()).unwrap();
            let (x0, y0) = (column * steps, row * steps);
            let corners = (0..steps)
                .map(|i| (x0 + i, y0))
                .chain((0..steps).map(|i| (x0 + steps, y0 + i)))
                .chain((0..steps).map(|i| (x0 + steps - i, y0 + steps)))
                .chain((0..steps).map(|i| (x0, y0 + steps - i)));
            let unit = 1000.0 / steps as f64;
            b.coords.extend(corners.enumerate().map(|(i, (x, y))| {
                let own = |salt| noise * jitter(u64::from(start) + i as u64, salt, 3);
                [(x as f64 + 0.8 * jitter(x, y, 1)) * unit + own(1), (y as f64 + 0.8 * jitter(x, y, 2)) * unit + own(2)]
            }));
            let feature = u32::try_from(b.features.len()).unwrap();
            let len = u32::try_from(4 * steps).unwrap();
            b.rings.push(Ring { start, len, feature, part: 0, hole: false });
            b.features.push(Feature {
                code: format!("{feature:06}"),
                rings: feature..feature + 1,
                ..Feature::default()
            });
        }
    }
    b
}

/// The same as GeoJSON with millimetres.
#[allow(dead_code, reason = "not every bench that includes this file reads a file")]
pub(crate) fn geojson(boundaries: &Boundaries) -> String {
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::31370"}}"#;
    let mut out = format!("{{\"type\":\"FeatureCollection\",\"crs\":{crs},\"features\":[");
    for (feature, ring) in boundaries.features.iter().zip(&boundaries.rings) {
        let comma = if ring.start == 0 { "" } else { "," };
        let code = &feature.code;
        let _ = write!(
            out,
            "{comma}\n{{\"type\":\"Feature\",\"properties\":{{\"code\":\"{code}\",\"name\":\"Cell {code}\"}},\
             \"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[["
        );
        let line = &boundaries.coords[ring.start as usize..(ring.start + ring.len) as usize];
        for (i, [x, y]) in line.iter().chain(&line[..1]).enumerate() {
            let _ = write!(out, "{}[{x:.3},{y:.3}]", if i == 0 { "" } else { "," });
        }
        out.push_str("]]}}");
    }
    out.push_str("]}\n");
    out
}
