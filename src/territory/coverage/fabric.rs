//! The boundaries as one set of directed segments: what every step of the examination looks at.

use rayon::prelude::*;

use super::{Boundaries, Ring};
use crate::territory::index_u32;
use crate::territory::plane::{Crs, Plane, PlaneError};

/// Positions nearer than this to each other, or to a line, are the same place: the rounding of nine decimals of a degree.
pub(super) const NODING_M: f64 = 1e-4;

/// Metres in a degree of latitude (WGS 84, mean).
const DEGREE_M: f64 = 111_195.0;

/// No feature, or more than can be told.
pub(super) const NOBODY: u32 = u32::MAX;

/// Directed segments over [`Boundaries`]: segment `i` starts at position `i` of its ring.
///
/// A ring is walked with the polygon's interior on the left, whatever its order in the file.
pub(super) struct Fabric<'a> {
    pub(super) boundaries: &'a Boundaries,
    /// Positions on the plane: lengths and areas are measured here.
    pub(super) projected: Vec<[f64; 2]>,
    /// That plane.
    pub(super) plane: Plane,
    /// Ring of each position.
    pub(super) ring_of: Vec<u32>,
    /// Rings whose order in the file has the interior on the right.
    flipped: Vec<bool>,
    /// Metres per unit of the file along x and y: an affine image of the file, in which what is straight stays straight.
    scale: [f64; 2],
}

impl<'a> Fabric<'a> {
    pub(super) fn new(boundaries: &'a Boundaries) -> Result<Self, PlaneError> {
        let plane = Plane::choose(&boundaries.crs, &boundaries.coords)?;
        let projected = plane.project(&boundaries.crs, &boundaries.coords)?;
        let mut ring_of = vec![0u32; boundaries.coords.len()];
        for (i, ring) in boundaries.rings.iter().enumerate() {
            ring_of[ring.start as usize..(ring.start + ring.len) as usize].fill(index_u32(i));
        }
        let flipped = boundaries
            .rings
            .par_iter()
            .map(|ring| clockwise(positions(&boundaries.coords, ring)) != ring.hole)
            .collect();
        let scale = scale(boundaries);
        Ok(Self { boundaries, projected, plane, ring_of, flipped, scale })
    }

    /// Number of segments, which is the number of positions.
    pub(super) fn len(&self) -> usize {
        self.ring_of.len()
    }

    pub(super) fn ring(&self, segment: usize) -> &Ring {
        &self.boundaries.rings[self.ring_of[segment] as usize]
    }

    /// The feature that a segment belongs to.
    pub(super) fn feature(&self, segment: usize) -> u32 {
        self.ring(segment).feature
    }

    /// The position after `i` in the order of the file.
    pub(super) fn next(&self, i: usize) -> usize {
        let ring = self.ring(i);
        if i + 1 == (ring.start + ring.len) as usize { ring.start as usize } else { i + 1 }
    }

    /// The position before `i` in the order of the file.
    pub(super) fn previous(&self, i: usize) -> usize {
        let ring = self.ring(i);
        if i == ring.start as usize { (ring.start + ring.len - 1) as usize } else { i - 1 }
    }

    /// Both ends of a segment as positions, directed with the interior on the left.
    pub(super) fn ends(&self, segment: usize) -> (usize, usize) {
        let next = self.next(segment);
        if self.flipped[self.ring_of[segment] as usize] { (next, segment) } else { (segment, next) }
    }

    /// A position as the file has it.
    pub(super) fn at(&self, position: usize) -> [f64; 2] {
        self.boundaries.coords[position]
    }

    /// A position in the metric image of the file.
    pub(super) fn flat(&self, position: usize) -> [f64; 2] {
        let [x, y] = self.boundaries.coords[position];
        [x * self.scale[0], y * self.scale[1]]
    }

    /// From the metric image back to the file's coordinates.
    pub(super) fn unflatten(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [x / self.scale[0], y / self.scale[1]]
    }

    /// Square metres on the plane per square metre of the metric image, at each of these places of the image.
    pub(super) fn squares(&self, places: &[[f64; 2]]) -> Result<Vec<f64>, PlaneError> {
        const STEP_M: f64 = 10.0;
        let around = |&[x, y]: &[f64; 2]| [[x, y], [x + STEP_M, y], [x, y + STEP_M]].map(|p| self.unflatten(p));
        let corners: Vec<[f64; 2]> = places.iter().flat_map(around).collect();
        let projected = self.plane.project(&self.boundaries.crs, &corners)?;
        let scale = |corner: &[[f64; 2]]| 2.0 * signed_area(corner).abs() / (STEP_M * STEP_M);
        Ok(projected.chunks(3).map(scale).collect())
    }

    /// Metres of a segment on the plane.
    pub(super) fn length_m(&self, segment: usize) -> f64 {
        distance(self.projected[segment], self.projected[self.next(segment)])
    }

    /// Code of a feature.
    pub(super) fn code(&self, feature: u32) -> String {
        self.boundaries.features[feature as usize].code.clone()
    }
}

/// Metres per unit of the file. A geographic file gets an equirectangular image at its middle latitude.
fn scale(boundaries: &Boundaries) -> [f64; 2] {
    let (low, high) = boundaries
        .coords
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), c| (low.min(c[1]), high.max(c[1])));
    let middle = if low <= high { f64::midpoint(low, high) } else { 0.0 };
    match &boundaries.crs {
        crs if crs.is_geographic().unwrap_or(false) => [DEGREE_M * middle.to_radians().cos().max(0.01), DEGREE_M],
        Crs::Epsg(3857) => {
            let latitude = (middle / 6_378_137.0).sinh().atan();
            [latitude.cos(); 2]
        }
        _ => [1.0, 1.0],
    }
}

pub(super) fn positions<'c>(coords: &'c [[f64; 2]], ring: &Ring) -> &'c [[f64; 2]] {
    &coords[ring.start as usize..(ring.start + ring.len) as usize]
}

/// Twice-halved shoelace sum about the first position (which keeps the digits of large coordinates).
pub(super) fn signed_area(ring: &[[f64; 2]]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else { return 0.0 };
    let mut sum = 0.0;
    for pair in ring.windows(2) {
        sum += (pair[0][0] - x0) * (pair[1][1] - y0) - (pair[1][0] - x0) * (pair[0][1] - y0);
    }
    sum / 2.0
}

/// Is a ring walked clockwise? Where the area decides nothing (a bow-tie), the turn at its lowest corner does.
fn clockwise(ring: &[[f64; 2]]) -> bool {
    let area = signed_area(ring);
    let around: f64 = ring.windows(2).map(|pair| distance(pair[0], pair[1])).sum();
    if area.abs() > 1e-9 * around * around {
        return area < 0.0;
    }
    let lower = |a: &usize, b: &usize| ring[*a][0].total_cmp(&ring[*b][0]).then(ring[*a][1].total_cmp(&ring[*b][1]));
    let Some(corner) = (0..ring.len()).min_by(lower) else { return false };
    let (before, after) = (ring[(corner + ring.len() - 1) % ring.len()], ring[(corner + 1) % ring.len()]);
    super::validity::orient(before, ring[corner], after) < 0.0
}

pub(super) fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (x, y) = (a[0] - b[0], a[1] - b[1]);
    (x * x + y * y).sqrt()
}
