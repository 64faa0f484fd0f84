//! Is each polygon sound? Rings that cross or touch themselves, spikes, holes outside their shell.
//!
//! One sweep per feature along its longer side; time n log n for the shapes that maps have.

use rayon::prelude::*;
use robust::{Coord, orient2d};

use super::fabric::{Fabric, positions, signed_area};
use super::{Problem, Ring};
use crate::territory::index_u32;

/// Most places reported for one feature and one kind of fault; the rest is counted.
const PLACES: usize = 5;

/// What the sweep of one feature finds.
#[derive(Default)]
struct Faults {
    /// Places where two segments cross in their interiors.
    crossings: Vec<[f64; 2]>,
    /// Places where two segments run over each other.
    overlays: Vec<[f64; 2]>,
    /// Feet of spikes, where a ring touches itself only because of the spike.
    feet: Vec<[f64; 2]>,
    /// Places where one ring touches itself.
    touches: Vec<[f64; 2]>,
    /// Positions that the feature visits twice.
    repeated: Vec<u32>,
}

/// Examines every feature: the problems, and the positions that a feature visits more than once.
pub(super) fn examine(fabric: &Fabric<'_>) -> (Vec<Problem>, Vec<u32>) {
    let results: Vec<(Vec<Problem>, Vec<u32>)> = (0..fabric.boundaries.features.len())
        .into_par_iter()
        .with_min_len(16)
        .map_init(Vec::new, |extents, feature| {
            let range = fabric.boundaries.features[feature].rings.clone();
            let rings = &fabric.boundaries.rings[range.start as usize..range.end as usize];
            let mut faults = sweep(fabric, rings, extents);
            let repeated = std::mem::take(&mut faults.repeated);
            (problems(fabric, feature, rings, faults), repeated)
        })
        .collect();
    let mut problems = Vec::new();
    let mut repeated = Vec::new();
    for (p, r) in results {
        problems.extend(p);
        repeated.extend(r);
    }
    (problems, repeated)
}

/// A segment as the sweep sees it: its extent along the sweep and across it, and its number.
struct Extent {
    low: f64,
    high: f64,
    across: (f64, f64),
    segment: u32,
}

fn sweep(fabric: &Fabric<'_>, rings: &[Ring], extents: &mut Vec<Extent>) -> Faults {
    let mut faults = Faults::default();
    extents.clear();
    let segments = rings.iter().flat_map(|r| r.start as usize..(r.start + r.len) as usize);
    let along = usize::from(wider_in_y(fabric, rings));
    extents.extend(segments.filter_map(|i| {
        let (a, b) = (fabric.at(i), fabric.at(fabric.next(i)));
        (a != b).then(|| Extent {
            low: a[along].min(b[along]),
            high: a[along].max(b[along]),
            across: (a[1 - along].min(b[1 - along]), a[1 - along].max(b[1 - along])),
            segment: index_u32(i),
        })
    }));
    extents.sort_unstable_by(|x, y| x.low.total_cmp(&y.low).then(x.segment.cmp(&y.segment)));
    for (i, one) in extents.iter().enumerate() {
        for two in &extents[i + 1..] {
            if two.low > one.high {
                break;
            }
            if two.across.0 <= one.across.1 && one.across.0 <= two.across.1 {
                compare(fabric, one.segment as usize, two.segment as usize, &mut faults);
            }
        }
    }
    faults
}

fn wider_in_y(fabric: &Fabric<'_>, rings: &[Ring]) -> bool {
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for [x, y] in rings.iter().flat_map(|r| positions(&fabric.boundaries.coords, r)) {
        low = [low[0].min(*x), low[1].min(*y)];
        high = [high[0].max(*x), high[1].max(*y)];
    }
    high[1] - low[1] > high[0] - low[0]
}

/// Compares two segments of one feature whose boxes meet.
fn compare(fabric: &Fabric<'_>, one: usize, two: usize, faults: &mut Faults) {
    if one.abs_diff(two) == 1 && fabric.ring_of[one] == fabric.ring_of[two] {
        // One after the other, as nearly all are: they can only fold back.
        let (pivot, before) = (fabric.at(one.max(two)), fabric.at(one.min(two)));
        let after = fabric.at(fabric.next(one.max(two)));
        if orient(pivot, before, after) == 0.0 && dot(pivot, before, after) > 0.0 {
            faults.overlays.push(pivot);
            faults.feet.extend([before, after]);
        }
        return;
    }
    let (a, b) = (fabric.at(one), fabric.at(fabric.next(one)));
    let (c, d) = (fabric.at(two), fabric.at(fabric.next(two)));
    let same_ring = fabric.ring_of[one] == fabric.ring_of[two];
    let shared = [a == c, a == d, b == c, b == d].iter().filter(|&&s| s).count();
    if shared > 0 {
        let (pivot, p, q) = if a == c {
            (a, b, d)
        } else if a == d {
            (a, b, c)
        } else if b == c {
            (b, a, d)
        } else {
            (b, a, c)
        };
        if shared == 2 || (orient(pivot, p, q) == 0.0 && dot(pivot, p, q) > 0.0) {
            faults.overlays.push(pivot);
        } else if !adjacent(fabric, one, two) {
            let position = if a == c || a == d { one } else { fabric.next(one) };
            faults.repeated.push(index_u32(position));
            faults.repeated.push(index_u32(if a == c || b == c { two } else { fabric.next(two) }));
            if same_ring {
                faults.touches.push(pivot);
            }
        }
        return;
    }
    let (o1, o2, o3, o4) = (orient(a, b, c), orient(a, b, d), orient(c, d, a), orient(c, d, b));
    if o1 == 0.0 && o2 == 0.0 {
        faults.overlays.push(if within(a, b, c) { c } else { d });
    } else if o1 * o2 < 0.0 && o3 * o4 < 0.0 {
        faults.crossings.push(crossing(a, b, o3, o4));
    } else if same_ring && o1.signum() * o2.signum() <= 0.0 && o3.signum() * o4.signum() <= 0.0 {
        let zero = [(o1, c), (o2, d), (o3, a), (o4, b)].into_iter().find(|&(o, _)| o == 0.0);
        faults.touches.extend(zero.map(|(_, p)| p));
    }
}

/// Do two segments follow each other in their ring (repeated positions between them aside)?
fn adjacent(fabric: &Fabric<'_>, one: usize, two: usize) -> bool {
    if fabric.ring_of[one] != fabric.ring_of[two] {
        return false;
    }
    let follows = |first: usize, second: usize| {
        let end = fabric.at(fabric.next(first));
        let mut i = fabric.next(first);
        while i != second && fabric.at(fabric.next(i)) == end && i != first {
            i = fabric.next(i);
        }
        i == second
    };
    follows(one, two) || follows(two, one)
}

pub(super) fn orient(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    let coord = |[x, y]: [f64; 2]| Coord { x, y };
    orient2d(coord(a), coord(b), coord(c))
}

fn dot(pivot: [f64; 2], p: [f64; 2], q: [f64; 2]) -> f64 {
    (p[0] - pivot[0]) * (q[0] - pivot[0]) + (p[1] - pivot[1]) * (q[1] - pivot[1])
}

fn within(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> bool {
    (a[0].min(b[0])..=a[0].max(b[0])).contains(&p[0]) && (a[1].min(b[1])..=a[1].max(b[1])).contains(&p[1])
}

/// Where `a b` crosses a line, from the signed areas of its ends.
pub(super) fn crossing(a: [f64; 2], b: [f64; 2], of_a: f64, of_b: f64) -> [f64; 2] {
    let t = of_a / (of_a - of_b);
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}

fn problems(fabric: &Fabric<'_>, feature: usize, rings: &[Ring], mut faults: Faults) -> Vec<Problem> {
    let mut out = Vec::new();
    faults.touches.retain(|t| !faults.overlays.contains(t) && !faults.feet.contains(t));
    let crossed = !faults.crossings.is_empty();
    let about = &fabric.boundaries.features[feature];
    let mut add = |code: &'static str, place: [f64; 2], detail: String| {
        out.push(Problem {
            municipalities: vec![about.code.clone()],
            place: Some(place),
            at: Some(about.place.clone()),
            ..Problem::new(code, detail)
        });
    };
    let kinds = [
        ("B106", faults.crossings, "crosses itself"),
        ("B102", faults.overlays, "runs over itself"),
        ("B102", faults.touches, "a ring touches itself"),
    ];
    for (code, mut places, what) in kinds {
        places.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        places.dedup();
        let more = places.len().saturating_sub(PLACES);
        for (i, &place) in places.iter().take(PLACES).enumerate() {
            let rest =
                if more > 0 && i + 1 == PLACES { format!(" (and at {more} more places)") } else { String::new() };
            add(code, place, format!("{what}{rest}"));
        }
    }
    for ring in rings {
        let line = positions(&fabric.boundaries.coords, ring);
        if ring.len >= 3 && signed_area(line) == 0.0 && !crossed {
            add("B102", line[0], "a ring without area".to_owned());
        } else if ring.hole {
            let shell = rings.iter().find(|r| !r.hole && r.part == ring.part);
            let outside = shell.is_none_or(|s| {
                let shell = positions(&fabric.boundaries.coords, s);
                // A hole may touch its shell: it lies outside only if none of its corners is inside.
                line.iter().all(|&p| !inside(shell, p))
            });
            if outside {
                add("B109", line[0], "a hole lies outside its shell".to_owned());
            }
        }
    }
    out
}

/// Is a point inside a ring (even-odd)? On the line: either.
pub(super) fn inside(ring: &[[f64; 2]], p: [f64; 2]) -> bool {
    let mut odd = false;
    for (i, &b) in ring.iter().enumerate() {
        let a = ring[if i == 0 { ring.len() - 1 } else { i - 1 }];
        odd ^= passes(a, b, p);
    }
    odd
}

/// Does the ray from `p` to the right pass segment `a b`?
pub(super) fn passes(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> bool {
    if (a[1] > p[1]) == (b[1] > p[1]) {
        return false;
    }
    let side = orient(a, b, p);
    if b[1] > a[1] { side > 0.0 } else { side < 0.0 }
}
