//! An area in pieces: how far apart they lie, what would bridge them, and what holds each together.

use geo::{CoordsIter, LinesIter, MultiPolygon};

use super::Remedy;
use super::ground::{Marks, Scene, largest};
use crate::plan::NONE;

/// Adds to a remedy what can be said of the pieces of an area.
pub(super) fn describe(scene: &Scene<'_>, area: u32, exclaves_count: bool, marks: &mut Marks, remedy: &mut Remedy) {
    let (ground, now) = (scene.ground, scene.now);
    let Some(members) = now.members.get(area as usize) else { return };
    let home = ground.home(members);
    let counts = |m: u32| exclaves_count || ground.is_in(m, home);
    marks.pieces(&ground.graph, &now.of, members, counts);
    let main = largest(&marks.sizes);
    let (inside, outside): (Vec<u32>, Vec<u32>) =
        members.iter().copied().filter(|&m| counts(m)).partition(|&m| marks.piece[m as usize] == main);
    let bridge = shortest_bridges(scene, &inside, &outside);
    remedy.bridge_length = bridge.0;
    remedy.bridges = ground.codes(&bridge.1);
    remedy.articulation = ground.codes(&articulation(scene, area, &counts));
    if let Some(shapes) = ground.territory.shapes().filter(|s| !s.schematic) {
        let polygons = |list: &[u32]| list.iter().filter_map(|&m| shapes.polygons.get(m as usize)).collect::<Vec<_>>();
        remedy.gap_m = gap(&polygons(&inside), &polygons(&outside));
    }
}

/// The shortest way from the largest piece to another over municipalities of other areas: its length, and the
/// municipalities that would each do alone (length 1), or one such way (longer).
fn shortest_bridges(scene: &Scene<'_>, inside: &[u32], outside: &[u32]) -> (u32, Vec<u32>) {
    let graph = &scene.ground.graph;
    let mut from = vec![NONE; graph.len()];
    let mut is_goal = vec![false; graph.len()];
    outside.iter().for_each(|&m| is_goal[m as usize] = true);
    inside.iter().for_each(|&m| from[m as usize] = m);
    let mut ring: Vec<u32> = inside.to_vec();
    for length in 0u32.. {
        if ring.is_empty() {
            break;
        }
        let mut next = Vec::new();
        let mut ends: Vec<u32> = Vec::new();
        for &m in &ring {
            for &n in graph.neighbours(m as usize) {
                if is_goal[n as usize] {
                    ends.push(m);
                } else if from[n as usize] == NONE {
                    from[n as usize] = m;
                    next.push(n);
                }
            }
        }
        ends.sort_unstable();
        ends.dedup();
        if let Some(&end) = ends.first() {
            if length == 1 {
                return (1, ends);
            }
            let way = std::iter::successors(Some(end), |&m| Some(from[m as usize])).take(length as usize);
            let mut way: Vec<u32> = way.collect();
            way.sort_unstable();
            return (length, way);
        }
        ring = next;
    }
    (0, Vec::new())
}

/// Members of an area without which one of its pieces falls apart, sorted (Hopcroft and Tarjan 1973,
/// <https://doi.org/10.1145/362248.362272>, without recursion).
fn articulation(scene: &Scene<'_>, area: u32, counts: &dyn Fn(u32) -> bool) -> Vec<u32> {
    let (graph, now) = (&scene.ground.graph, scene.now);
    let members = &now.members[area as usize];
    let is_member = |m: u32| now.of[m as usize] == area && counts(m);
    let (mut order, mut low) = (vec![0u32; graph.len()], vec![0u32; graph.len()]);
    let mut clock = 0u32;
    let mut cuts = Vec::new();
    for &root in members.iter().filter(|&&m| counts(m)) {
        if order[root as usize] != 0 {
            continue;
        }
        clock += 1;
        order[root as usize] = clock;
        low[root as usize] = clock;
        let mut branches = 0;
        // Municipality, where it was come to from, and how many of its neighbours were looked at.
        let mut stack = vec![(root, NONE, 0usize)];
        while let Some(top) = stack.last_mut() {
            let (m, parent, at) = *top;
            if let Some(&n) = graph.neighbours(m as usize).get(at) {
                top.2 += 1;
                if n == parent || !is_member(n) {
                    continue;
                }
                if order[n as usize] == 0 {
                    clock += 1;
                    order[n as usize] = clock;
                    low[n as usize] = clock;
                    stack.push((n, m, 0));
                } else {
                    low[m as usize] = low[m as usize].min(order[n as usize]);
                }
                continue;
            }
            stack.pop();
            if parent == root {
                branches += 1;
            } else if parent != NONE && low[m as usize] >= order[parent as usize] {
                cuts.push(parent);
            }
            if parent != NONE {
                low[parent as usize] = low[parent as usize].min(low[m as usize]);
            }
        }
        if branches > 1 {
            cuts.push(root);
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Least distance between two sets of polygons, metres; none where one is empty.
///
/// Pieces don't overlap, so it is the least distance from a vertex of one to a segment of the other. Segments are
/// sorted by their left end and only those within the best distance so far are looked at.
fn gap(a: &[&MultiPolygon<f64>], b: &[&MultiPolygon<f64>]) -> Option<f64> {
    let mut best = f64::INFINITY;
    for (points, lines) in [(a, b), (b, a)] {
        let mut segments: Vec<[f64; 4]> = lines
            .iter()
            .flat_map(|p| p.lines_iter())
            .map(|l| {
                if l.start.x <= l.end.x {
                    [l.start.x, l.start.y, l.end.x, l.end.y]
                } else {
                    [l.end.x, l.end.y, l.start.x, l.start.y]
                }
            })
            .collect();
        segments.sort_by(|s, t| s[0].total_cmp(&t[0]));
        let widest = segments.iter().map(|s| s[2] - s[0]).fold(0.0, f64::max);
        for p in points.iter().flat_map(|p| p.coords_iter()) {
            let reach = best.sqrt();
            let first = segments.partition_point(|s| s[0] < p.x - reach - widest);
            for s in segments[first..].iter().take_while(|s| s[0] <= p.x + reach) {
                best = best.min(squared_distance(p.x, p.y, s));
            }
        }
    }
    best.is_finite().then(|| best.sqrt())
}

fn squared_distance(x: f64, y: f64, s: &[f64; 4]) -> f64 {
    let (dx, dy) = (s[2] - s[0], s[3] - s[1]);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { (((x - s[0]) * dx + (y - s[1]) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (x - s[0] - t * dx).powi(2) + (y - s[1] - t * dy).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Rect, coord};

    #[test]
    fn the_gap_between_squares() {
        let square = |x: f64, y: f64| {
            MultiPolygon(vec![Rect::new(coord! {x: x, y: y}, coord! {x: x + 10.0, y: y + 10.0}).to_polygon()])
        };
        let (a, b, c) = (square(0.0, 0.0), square(13.0, 14.0), square(30.0, 5.0));
        assert_eq!(gap(&[&a], &[&b]), Some(5.0));
        assert_eq!(gap(&[&a], &[&b, &c]), Some(5.0));
        assert_eq!(gap(&[&a], &[&c]), Some(20.0));
        assert_eq!(gap(&[&a], &[]), None);
    }
}
