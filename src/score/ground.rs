//! What a territory knows of places, sizes and shapes.

use geo::{Area as _, Centroid as _, CoordsIter as _, LineString, MultiPolygon};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::Note;
use super::circle::{convex_hull, distance, plain};
use crate::territory::{Shapes, Territory, index_u32};

/// A place for each municipality, in metres on the plane; NaN where it has none. The points of the territory's tables,
/// or the centroids of its shapes, if those are the real ones.
pub(super) fn points(territory: &Territory) -> Result<Vec<[f64; 2]>, Note> {
    const NOWHERE: [f64; 2] = [f64::NAN; 2];
    if territory.points().iter().any(Option::is_some) {
        return Ok(territory.points().iter().map(|p| p.unwrap_or(NOWHERE)).collect());
    }
    let shapes = real_shapes(territory).map_err(|_| Note::NoPoints)?;
    let centre = |shape: &MultiPolygon<f64>| shape.centroid().map_or(NOWHERE, |c| [c.x(), c.y()]);
    Ok(shapes.polygons.par_iter().map(centre).collect())
}

/// The shapes, if they are the real ones.
fn real_shapes(territory: &Territory) -> Result<&Shapes, Note> {
    match territory.shapes() {
        None => Err(Note::NoShapes),
        Some(shapes) if shapes.schematic => Err(Note::Schematic),
        Some(shapes) => Ok(shapes),
    }
}

/// The corners of each municipality's convex hull, one after another.
#[derive(Debug)]
pub(super) struct Outlines {
    offsets: Vec<u32>,
    corners: Vec<[f64; 2]>,
}

impl Outlines {
    pub(super) fn new(territory: &Territory) -> Result<Self, Note> {
        let hull = |shape: &MultiPolygon<f64>| {
            let mut points: Vec<[f64; 2]> = shape.exterior_coords_iter().map(|c| plain(&c)).collect();
            let mut hull = Vec::new();
            convex_hull(&mut points, &mut hull);
            hull
        };
        let hulls: Vec<Vec<[f64; 2]>> = real_shapes(territory)?.polygons.par_iter().map(hull).collect();
        let mut offsets = vec![0];
        for hull in &hulls {
            offsets.push(offsets.last().copied().unwrap_or(0) + index_u32(hull.len()));
        }
        Ok(Self { offsets, corners: hulls.concat() })
    }

    /// The corners of some municipalities, into `out`.
    pub(super) fn gather(&self, members: &[u32], out: &mut Vec<[f64; 2]>) {
        out.clear();
        for &m in members {
            let range = self.offsets[m as usize] as usize..self.offsets[m as usize + 1] as usize;
            out.extend_from_slice(&self.corners[range]);
        }
    }
}

/// Area and perimeter of each municipality, in metres; NaN where not known.
///
/// Measured on the shapes, if those are the real ones; else as the columns `area_km2` and `perimeter_km` say, or, of a
/// graph as GerryChain writes it, `area` with `perimeter` or with `boundary_perim` (the length that borders on nothing, 0
/// where it is not given) and the borders.
#[derive(Debug)]
pub(super) struct Sizes {
    pub(super) area: Vec<f64>,
    pub(super) perimeter: Vec<f64>,
}

impl Sizes {
    pub(super) fn new(territory: &Territory) -> Result<Self, Note> {
        if let Ok(shapes) = real_shapes(territory) {
            let (area, perimeter) = shapes.polygons.par_iter().map(measure).unzip();
            return Ok(Self { area, perimeter });
        }
        let column = |name: &str, scale: f64| -> Option<Vec<f64>> {
            let values = &territory.attribute(name)?.values;
            Some(values.iter().map(|v| v.map_or(f64::NAN, |v| v * scale)).collect())
        };
        if let (Some(area), Some(perimeter)) = (column("area_km2", 1e6), column("perimeter_km", 1e3)) {
            return Ok(Self { area, perimeter });
        }
        let area = column("area", 1.0).ok_or(Note::NoSizes)?;
        if let Some(perimeter) = column("perimeter", 1.0) {
            return Ok(Self { area, perimeter });
        }
        let mut perimeter = column("boundary_perim", 1.0).ok_or(Note::NoSizes)?;
        for (m, perimeter) in perimeter.iter_mut().enumerate() {
            let borders: f64 = territory.adjacency().neighbours(m).map(|(_, link)| link.length_m).sum();
            *perimeter = borders + if perimeter.is_nan() { 0.0 } else { *perimeter };
        }
        Ok(Self { area, perimeter })
    }
}

/// Area and perimeter of a shape, holes and parts included; a line between two of its own parts is no border.
fn measure(shape: &MultiPolygon<f64>) -> (f64, f64) {
    let area = shape.unsigned_area();
    if area.is_nan() || area <= 0.0 {
        return (f64::NAN, f64::NAN);
    }
    let rings = || shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let sides = |ring: &LineString<f64>| ring.lines().map(|l| (plain(&l.start), plain(&l.end))).collect::<Vec<_>>();
    if shape.0.len() == 1 {
        return (area, rings().flat_map(sides).map(|(a, b)| distance(a, b)).sum());
    }
    let key = |(a, b): ([f64; 2], [f64; 2])| {
        let (a, b) = (a.map(f64::to_bits), b.map(f64::to_bits));
        (a.min(b), a.max(b))
    };
    let mut seen: FxHashMap<_, u32> = FxHashMap::default();
    rings().flat_map(sides).for_each(|side| *seen.entry(key(side)).or_default() += 1);
    let outer = rings().flat_map(sides).filter(|&side| seen.get(&key(side)) == Some(&1));
    (area, outer.map(|(a, b)| distance(a, b)).sum())
}

/// The common borders of each municipality with those after it, in metres.
#[derive(Debug)]
pub(super) struct Borders {
    offsets: Vec<u32>,
    entries: Vec<(u32, f64)>,
    total: Vec<f64>,
}

impl Borders {
    pub(super) fn new(territory: &Territory) -> Self {
        let (mut offsets, mut entries) = (vec![0], Vec::new());
        let total = |m: usize| territory.adjacency().neighbours(m).map(|(_, link)| link.length_m.max(0.0)).sum();
        for m in 0..territory.len() {
            let after = territory.adjacency().neighbours(m).filter(|(other, link)| *other > m && link.length_m > 0.0);
            entries.extend(after.map(|(other, link)| (index_u32(other), link.length_m)));
            offsets.push(index_u32(entries.len()));
        }
        Self { offsets, entries, total: (0..territory.len()).map(total).collect() }
    }

    /// How long those with a municipality are together, in metres.
    pub(super) fn total(&self, m: u32) -> f64 {
        self.total[m as usize]
    }

    /// Those of a municipality with others after it, so that each is there once.
    pub(super) fn of(&self, m: u32) -> &[(u32, f64)] {
        &self.entries[self.offsets[m as usize] as usize..self.offsets[m as usize + 1] as usize]
    }
}

/// Links whose length nobody gave, as `a-b`, and whether each municipality has one.
pub(super) fn unmeasured(territory: &Territory) -> (Vec<String>, Vec<bool>) {
    let mut found = (Vec::new(), vec![false; territory.len()]);
    for link in territory.adjacency().links().iter().filter(|l| l.is_unmeasured()) {
        let code = |m: u32| &territory.municipalities()[m as usize].code;
        found.0.push(format!("{}-{}", code(link.a), code(link.b)));
        found.1[link.a as usize] = true;
        found.1[link.b as usize] = true;
    }
    found
}
