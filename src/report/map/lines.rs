//! Borders on the map's own grid: who lies left and right of each stretch, and the outlines that follow from it.
//!
//! All positions are snapped to whole units of the picture first, so that what two municipalities share is the
//! same pair of numbers in both. An area's outline is what remains when shared stretches cancel: exact, and the
//! same whatever the order of the polygons.

use geo::{LineString, MultiPolygon};
use rustc_hash::FxHashMap;

/// A position in units of the picture, y downwards.
pub(super) type Point = [i32; 2];

/// Nobody on this side of a border.
pub(super) const OUTSIDE: u32 = u32::MAX;

/// From metres on the plane to units of the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    west: f64,
    north: f64,
    /// Units a metre.
    pub(super) scale: f64,
    left: f64,
    top: f64,
    /// Height of the drawing in units.
    pub(super) height: i32,
}

impl Frame {
    /// Fits all polygons in a drawing `width` units wide and at most `highest` units high, its corner at `corner`; none
    /// where there is no finite position.
    pub(super) fn fit(polygons: &[MultiPolygon<f64>], width: i32, highest: i32, corner: Point) -> Option<Self> {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for ring in polygons.iter().flat_map(rings_of) {
            for c in ring.coords().filter(|c| c.x.is_finite() && c.y.is_finite()) {
                low = [low[0].min(c.x), low[1].min(c.y)];
                high = [high[0].max(c.x), high[1].max(c.y)];
            }
        }
        let extent = [high[0] - low[0], high[1] - low[1]];
        if !(extent[0].is_finite() && extent[1].is_finite()) {
            return None;
        }
        let (w, h) = (extent[0].max(1e-9), extent[1].max(1e-9));
        let scale = (f64::from(width) / w).min(f64::from(highest) / h);
        let spare = (f64::from(width) - w * scale) / 2.0;
        Some(Self {
            west: low[0],
            north: high[1],
            scale,
            left: f64::from(corner[0]) + spare,
            top: f64::from(corner[1]),
            height: whole(h * scale).max(1),
        })
    }

    fn place(&self, x: f64, y: f64) -> Point {
        [whole(self.left + (x - self.west) * self.scale), whole(self.top + (self.north - y) * self.scale)]
    }
}

/// Rounds to a whole unit; pictures are a few thousand units wide, so this is in range.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn whole(v: f64) -> i32 {
    v.round().clamp(-1e8, 1e8) as i32
}

fn rings_of(polygon: &MultiPolygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    polygon.iter().flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()))
}

/// A stretch of border from `a` to `b` (`a < b`), with the municipality on each side (or [`OUTSIDE`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Border {
    pub(super) a: Point,
    pub(super) b: Point,
    /// Whose outline runs from `a` to `b`.
    pub(super) along: u32,
    /// Whose outline runs from `b` to `a`.
    pub(super) against: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    a: Point,
    b: Point,
    forward: bool,
    owner: u32,
}

impl Edge {
    fn new(from: Point, to: Point, owner: u32) -> Self {
        let forward = from < to;
        let (a, b) = if forward { (from, to) } else { (to, from) };
        Self { a, b, forward, owner }
    }
}

/// All borders of the municipalities, sorted.
pub(super) fn borders(polygons: &[MultiPolygon<f64>], frame: Frame) -> Vec<Border> {
    let mut edges = Vec::new();
    for (owner, polygon) in polygons.iter().enumerate() {
        let owner = crate::territory::index_u32(owner);
        for part in polygon {
            ring_edges(part.exterior(), frame, true, owner, &mut edges);
            for hole in part.interiors() {
                ring_edges(hole, frame, false, owner, &mut edges);
            }
        }
    }
    edges.sort_unstable();
    paired(&noded(edges))
}

/// The edges of a ring, turned so that the inside is always on the same hand.
fn ring_edges(ring: &LineString<f64>, frame: Frame, shell: bool, owner: u32, edges: &mut Vec<Edge>) {
    let mut points: Vec<Point> =
        ring.coords().filter(|c| c.x.is_finite() && c.y.is_finite()).map(|c| frame.place(c.x, c.y)).collect();
    points.dedup();
    if points.first() == points.last() {
        points.pop();
    }
    if points.len() < 3 {
        return;
    }
    let turned = (twice_area(&points) > 0) != shell;
    for (i, &from) in points.iter().enumerate() {
        let to = points[(i + 1) % points.len()];
        edges.push(if turned { Edge::new(to, from, owner) } else { Edge::new(from, to, owner) });
    }
}

/// Twice the signed area of a ring.
pub(super) fn twice_area(points: &[Point]) -> i64 {
    let cross = |p: Point, q: Point| i64::from(p[0]) * i64::from(q[1]) - i64::from(q[0]) * i64::from(p[1]);
    points.iter().enumerate().map(|(i, &p)| cross(p, points[(i + 1) % points.len()])).sum()
}

/// Splits edges that nobody shares at corners of others that lie on them (a vertex of one in the middle of the
/// other's stretch), so that they cancel too.
fn noded(edges: Vec<Edge>) -> Vec<Edge> {
    const CELL: i32 = 32;
    let cell = |p: Point| [p[0].div_euclid(CELL), p[1].div_euclid(CELL)];
    let alone = |i: usize| {
        let same = |j: Option<&Edge>| j.is_some_and(|e| (e.a, e.b) == (edges[i].a, edges[i].b));
        !same(edges.get(i + 1)) && !(i > 0 && same(edges.get(i - 1)))
    };
    let lonely: Vec<bool> = (0..edges.len()).map(alone).collect();
    let mut corners: FxHashMap<[i32; 2], Vec<Point>> = FxHashMap::default();
    for (edge, _) in edges.iter().zip(&lonely).filter(|(_, lonely)| **lonely) {
        for p in [edge.a, edge.b] {
            corners.entry(cell(p)).or_default().push(p);
        }
    }
    let mut out = Vec::with_capacity(edges.len());
    for (edge, lonely) in edges.iter().zip(&lonely) {
        if !lonely {
            out.push(*edge);
            continue;
        }
        let mut on: Vec<(i64, Point)> = Vec::new();
        let (low, high) = (
            cell([edge.a[0].min(edge.b[0]) - 1, edge.a[1].min(edge.b[1]) - 1]),
            cell([edge.a[0].max(edge.b[0]) + 1, edge.a[1].max(edge.b[1]) + 1]),
        );
        for x in low[0]..=high[0] {
            for y in low[1]..=high[1] {
                on.extend(corners.get(&[x, y]).into_iter().flatten().filter_map(|&p| along(edge, p).map(|t| (t, p))));
            }
        }
        on.sort_unstable();
        on.dedup();
        let mut stops = vec![edge.a];
        stops.extend(on.into_iter().map(|(_, p)| p));
        stops.push(edge.b);
        stops.dedup();
        for pair in stops.windows(2) {
            let (from, to) = if edge.forward { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
            out.push(Edge::new(from, to, edge.owner));
        }
    }
    out.sort_unstable();
    out
}

/// How far along the edge this point lies (in a unit of its own), if it lies between its ends and within three
/// quarters of a unit of it.
fn along(edge: &Edge, p: Point) -> Option<i64> {
    let d = |i: usize| i64::from(edge.b[i]) - i64::from(edge.a[i]);
    let v = |i: usize| i64::from(p[i]) - i64::from(edge.a[i]);
    let square = d(0) * d(0) + d(1) * d(1);
    let t = d(0) * v(0) + d(1) * v(1);
    let off = d(0) * v(1) - d(1) * v(0);
    (t > 0 && t < square && 16 * i128::from(off) * i128::from(off) <= 9 * i128::from(square)).then_some(t)
}

/// Who lies on each side; what a municipality has on both sides of a stretch cancels.
fn paired(edges: &[Edge]) -> Vec<Border> {
    let mut out = Vec::new();
    for group in edges.chunk_by(|x, y| (x.a, x.b) == (y.a, y.b)) {
        let mut net: Vec<(u32, i32)> = Vec::new();
        for edge in group {
            let step = if edge.forward { 1 } else { -1 };
            match net.iter_mut().find(|(owner, _)| *owner == edge.owner) {
                Some((_, n)) => *n += step,
                None => net.push((edge.owner, step)),
            }
        }
        net.sort_unstable();
        let side = |wanted: fn(i32) -> bool| net.iter().filter(move |(_, n)| wanted(*n)).map(|(owner, _)| *owner);
        let (mut along, mut against) = (side(|n| n > 0), side(|n| n < 0));
        loop {
            let (left, right) = (along.next(), against.next());
            if left.is_none() && right.is_none() {
                break;
            }
            let (a, b) = (group[0].a, group[0].b);
            out.push(Border { a, b, along: left.unwrap_or(OUTSIDE), against: right.unwrap_or(OUTSIDE) });
        }
    }
    out
}

/// Outline of the municipalities that `inside` picks, as closed rings.
pub(super) fn outline(borders: &[Border], inside: impl Fn(u32) -> bool) -> Vec<Vec<Point>> {
    let inside = |owner: u32| owner != OUTSIDE && inside(owner);
    let mut edges = Vec::new();
    for border in borders {
        match (inside(border.along), inside(border.against)) {
            (true, false) => edges.push((border.a, border.b)),
            (false, true) => edges.push((border.b, border.a)),
            _ => {}
        }
    }
    rings(edges)
}

/// Joins directed edges, as many into each point as out of it, to rings.
pub(super) fn rings(mut edges: Vec<(Point, Point)>) -> Vec<Vec<Point>> {
    edges.sort_unstable();
    let mut used = vec![false; edges.len()];
    let mut found = Vec::new();
    for start in 0..edges.len() {
        if used[start] {
            continue;
        }
        let mut ring = Vec::new();
        let mut at = start;
        loop {
            used[at] = true;
            ring.push(edges[at].0);
            let next = edges[at].1;
            let first = edges.partition_point(|e| e.0 < next);
            match (first..edges.len()).take_while(|&i| edges[i].0 == next).find(|&i| !used[i]) {
                Some(i) => at = i,
                None => break,
            }
        }
        found.push(straightened(ring, true));
    }
    found.retain(|ring| ring.len() > 2);
    found
}

/// Joins stretches of border to lines as long as they get.
pub(super) fn chains(stretches: impl Iterator<Item = (Point, Point)>) -> Vec<Vec<Point>> {
    let mut edges: Vec<(Point, Point, usize)> =
        stretches.enumerate().flat_map(|(i, (a, b))| [(a, b, i), (b, a, i)]).collect();
    edges.sort_unstable();
    let mut used = vec![false; edges.len() / 2];
    let from = |p: Point| {
        let first = edges.partition_point(|e| e.0 < p);
        first..first + edges[first..].partition_point(|e| e.0 == p)
    };
    let mut found = Vec::new();
    // Lines that end somewhere first, then what is left: closed loops.
    for ends_only in [true, false] {
        for start in 0..edges.len() {
            if used[edges[start].2] || (ends_only && from(edges[start].0).len() == 2) {
                continue;
            }
            let mut line = vec![edges[start].0];
            let mut at = start;
            loop {
                used[edges[at].2] = true;
                let next = edges[at].1;
                line.push(next);
                let onward = from(next);
                match onward.clone().find(|&i| !used[edges[i].2]) {
                    Some(i) if onward.len() == 2 => at = i,
                    _ => break,
                }
            }
            found.push(straightened(line, false));
        }
    }
    found
}

/// Leaves out points in the middle of a straight stretch.
fn straightened(points: Vec<Point>, closed: bool) -> Vec<Point> {
    let n = points.len();
    let bends = |i: usize| {
        if !closed && (i == 0 || i + 1 == n) {
            return true;
        }
        let (p, q, r) = (points[(i + n - 1) % n], points[i], points[(i + 1) % n]);
        let d = |from: Point, to: Point, k: usize| i64::from(to[k]) - i64::from(from[k]);
        let cross = d(p, q, 0) * d(q, r, 1) - d(p, q, 1) * d(q, r, 0);
        let dot = d(p, q, 0) * d(q, r, 0) + d(p, q, 1) * d(q, r, 1);
        cross != 0 || dot < 0
    };
    (0..n).filter(|&i| bends(i)).map(|i| points[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Polygon, polygon};

    fn squares(list: &[Polygon<f64>]) -> Vec<Border> {
        let polygons: Vec<MultiPolygon<f64>> = list.iter().cloned().map(|p| MultiPolygon(vec![p])).collect();
        let frame = Frame::fit(&polygons, 200, 200, [0, 0]).unwrap();
        borders(&polygons, frame)
    }

    #[test]
    fn a_corner_in_the_middle_of_anothers_side_cancels_too() {
        // A square of 2 by 2 beside two of 1 by 1: the tall one has no corner at (2, 1).
        let tall = polygon![(x: 0., y: 0.), (x: 2., y: 0.), (x: 2., y: 2.), (x: 0., y: 2.)];
        let low = polygon![(x: 2., y: 0.), (x: 3., y: 0.), (x: 3., y: 1.), (x: 2., y: 1.)];
        // Clockwise on purpose: the direction of a ring must not matter.
        let high = polygon![(x: 2., y: 1.), (x: 2., y: 2.), (x: 3., y: 2.), (x: 3., y: 1.)];
        let borders = squares(&[tall, low, high]);
        let rings = outline(&borders, |_| true);
        assert_eq!(rings.len(), 1);
        assert_eq!(rings[0].len(), 4, "the union is a plain rectangle: {:?}", rings[0]);
        let inner = borders.iter().filter(|b| b.along != OUTSIDE && b.against != OUTSIDE).count();
        assert_eq!(inner, 3);
    }

    #[test]
    fn a_hole_is_a_ring_of_its_own() {
        let shell: LineString<f64> = vec![(0., 0.), (3., 0.), (3., 3.), (0., 3.), (0., 0.)].into();
        let hole: LineString<f64> = vec![(1., 1.), (2., 1.), (2., 2.), (1., 2.), (1., 1.)].into();
        let ring = Polygon::new(shell, vec![hole.clone()]);
        let borders = squares(&[ring, Polygon::new(hole, vec![])]);
        assert_eq!(outline(&borders, |o| o == 0).len(), 2);
        assert_eq!(outline(&borders, |_| true).len(), 1);
        assert_eq!(
            chains(borders.iter().filter(|b| b.against != OUTSIDE && b.along != OUTSIDE).map(|b| (b.a, b.b))).len(),
            1
        );
    }
}
