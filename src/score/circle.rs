//! The smallest circle around points, and their convex hull.

use geo::Coord;
use robust::orient2d;

/// A circle on the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circle {
    /// Its centre.
    pub centre: [f64; 2],
    /// Its radius.
    pub radius: f64,
}

/// How far outside, as a share of the radius, a point may lie by rounding alone.
const ROUNDING: f64 = 1e-12;

impl Circle {
    fn around(a: [f64; 2], b: [f64; 2]) -> Self {
        let centre = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
        Self { centre, radius: distance(centre, a).max(distance(centre, b)) }
    }

    /// Through three points; around the two that lie farthest apart where they are on one line.
    fn through(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> Self {
        // Seen from the first, so that large coordinates cost no digits.
        let ([bx, by], [cx, cy]) = ([b[0] - a[0], b[1] - a[1]], [c[0] - a[0], c[1] - a[1]]);
        let turn = 2.0 * (bx * cy - by * cx);
        let (bb, cc) = (bx * bx + by * by, cx * cx + cy * cy);
        let centre = [a[0] + (cy * bb - by * cc) / turn, a[1] + (bx * cc - cx * bb) / turn];
        if turn == 0.0 || !centre.iter().all(|v| v.is_finite()) {
            let pairs = [Self::around(a, b), Self::around(a, c), Self::around(b, c)];
            return pairs.into_iter().fold(pairs[0], |most, c| if c.radius > most.radius { c } else { most });
        }
        Self { centre, radius: distance(centre, a).max(distance(centre, b)).max(distance(centre, c)) }
    }

    /// Whether a point lies in it, rounding apart.
    #[must_use]
    pub fn holds(&self, point: [f64; 2]) -> bool {
        distance(self.centre, point) <= self.radius * (1.0 + ROUNDING)
    }
}

/// The smallest circle around all points; none without points. The points are put in another order.
///
/// Exact but for rounding: the circle rests on two or three of the points (Welzl 1991, doi:10.1007/BFb0038202). Expected
/// time is in the order of the number of points; the order in which they are taken is shuffled, always in the same way.
///
/// ```
/// use landmeter::score::enclosing_circle;
/// let circle = enclosing_circle(&mut [[0.0, 0.0], [4.0, 0.0], [2.0, 1.0]]).unwrap();
/// assert_eq!((circle.centre, circle.radius), ([2.0, 0.0], 2.0));
/// ```
#[must_use]
pub fn enclosing_circle(points: &mut [[f64; 2]]) -> Option<Circle> {
    shuffle(points);
    let mut circle = Circle { centre: *points.first()?, radius: 0.0 };
    for i in 1..points.len() {
        if circle.holds(points[i]) {
            continue;
        }
        circle = Circle { centre: points[i], radius: 0.0 };
        for j in 0..i {
            if circle.holds(points[j]) {
                continue;
            }
            circle = Circle::around(points[i], points[j]);
            for k in 0..j {
                if !circle.holds(points[k]) {
                    circle = Circle::through(points[i], points[j], points[k]);
                }
            }
        }
    }
    Some(circle)
}

/// Fisher and Yates, with the same numbers each time.
fn shuffle(points: &mut [[f64; 2]]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for i in (1..points.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from((state >> 33) % (i as u64 + 1)).unwrap_or(0);
        points.swap(i, at);
    }
}

/// The convex hull of the points, counter-clockwise, into `hull`; the points are sorted.
///
/// Monotone chains (Andrew 1979, doi:10.1016/0020-0190(79)90072-3) with exact orientation tests.
pub(super) fn convex_hull(points: &mut Vec<[f64; 2]>, hull: &mut Vec<[f64; 2]>) {
    points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    hull.clear();
    if points.len() < 3 {
        hull.extend_from_slice(points);
        return;
    }
    let coord = |p: [f64; 2]| robust::Coord { x: p[0], y: p[1] };
    let mut add = |point: [f64; 2], from: usize| {
        while hull.len() >= from + 2
            && orient2d(coord(hull[hull.len() - 2]), coord(hull[hull.len() - 1]), coord(point)) <= 0.0
        {
            hull.pop();
        }
        hull.push(point);
        hull.len()
    };
    let mut len = 0;
    for &point in points.iter() {
        len = add(point, 0);
    }
    let lower = len - 1;
    for &point in points.iter().rev().skip(1) {
        add(point, lower);
    }
    hull.pop();
}

/// Area of a ring that goes counter-clockwise, the closing position left out.
pub(super) fn ring_area(ring: &[[f64; 2]]) -> f64 {
    let Some(&[x, y]) = ring.first() else { return 0.0 };
    let cross = |p: &[[f64; 2]]| (p[0][0] - x) * (p[1][1] - y) - (p[1][0] - x) * (p[0][1] - y);
    ring.windows(2).map(cross).sum::<f64>() / 2.0
}

/// Metres between two points.
pub(super) fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// A position of a shape as the plain numbers that are used here.
pub(super) fn plain(coord: &Coord<f64>) -> [f64; 2] {
    [coord.x, coord.y]
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area as _, ConvexHull as _, MultiPoint};
    use proptest::prelude::*;

    /// The smallest circle on two or three of the points that holds all of them.
    fn brute(points: &[[f64; 2]]) -> f64 {
        let mut least = f64::INFINITY;
        let mut consider = |c: Circle| {
            if c.radius < least && points.iter().all(|&p| distance(c.centre, p) <= c.radius * (1.0 + 1e-9) + 1e-12) {
                least = c.radius;
            }
        };
        for (i, &a) in points.iter().enumerate() {
            consider(Circle { centre: a, radius: 0.0 });
            for (j, &b) in points[..i].iter().enumerate() {
                consider(Circle::around(a, b));
                points[..j].iter().for_each(|&c| consider(Circle::through(a, b, c)));
            }
        }
        least
    }

    /// Points of a coarse lattice, so that many coincide or lie on one line or circle; or anywhere.
    fn points() -> impl Strategy<Value = Vec<[f64; 2]>> {
        let lattice = prop::collection::vec((0u8..5, 0u8..5), 1..14)
            .prop_map(|p| p.into_iter().map(|(x, y)| [150_000.0 + f64::from(x) * 50.0, f64::from(y) * 50.0]).collect());
        let free = prop::collection::vec((0.0..3e5f64, 0.0..3e5f64), 1..14)
            .prop_map(|p| p.into_iter().map(|(x, y)| [x, y]).collect());
        prop_oneof![lattice, free]
    }

    proptest! {
        #[test]
        fn no_circle_on_two_or_three_points_is_smaller(points in points()) {
            let circle = enclosing_circle(&mut points.clone()).unwrap();
            let least = brute(&points);
            prop_assert!((circle.radius - least).abs() <= least * 1e-9, "{} and {}", circle.radius, least);
            prop_assert!(points.iter().all(|&p| distance(circle.centre, p) <= circle.radius * (1.0 + 1e-9) + 1e-9));
        }

        #[test]
        fn the_hull_is_that_of_geo(points in points()) {
            let other = MultiPoint::from(points.iter().map(|&[x, y]| geo::Point::new(x, y)).collect::<Vec<_>>());
            let (mut sorted, mut hull) = (points, Vec::new());
            convex_hull(&mut sorted, &mut hull);
            let area = other.convex_hull().unsigned_area();
            prop_assert!((ring_area(&hull) - area).abs() <= area.max(1.0) * 1e-6, "{} and {area}", ring_area(&hull));
        }
    }

    #[test]
    fn circles_by_hand() {
        let radius = |points: &[[f64; 2]]| enclosing_circle(&mut points.to_vec()).map(|c| c.radius);
        assert_eq!(radius(&[]), None);
        assert_eq!(radius(&[[3.0, 4.0]]), Some(0.0));
        assert_eq!(radius(&[[3.0, 4.0]; 4]), Some(0.0));
        assert_eq!(radius(&[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [10.0, 0.0]]), Some(5.0));
        let square = radius(&[[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]).unwrap_or_default();
        assert!((square - 2f64.sqrt()).abs() < 1e-15);
    }
}
