//! A second adjacency: random coverages, whose links are found again by `geo`'s relate on every pair; and the same
//! answer whatever the order of the features, the start and direction of the rings, and the number of threads.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may stop at what it does not expect")]

use std::collections::BTreeMap;

use geo::coordinate_position::CoordPos;
use geo::dimensions::Dimensions;
use geo::{Relate as _, unary_union};
use landmeter::territory::coverage::{Boundaries, Examination, ExamineOptions, Feature, Ring, examine, shape};
use landmeter::territory::plane::Crs;
use landmeter::territory::{Link, LinkKind};

/// Coverages in a run.
const RUNS: u64 = 300;

/// A number after another (`SplitMix64`), so that a run can be repeated by its seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// The triangles of a grid whose corners are moved about, each with its place; whole metres, so that all is exact.
fn triangles(dice: &mut Dice, side: u64) -> Vec<[[f64; 2]; 3]> {
    let corners: Vec<Vec<[f64; 2]>> = (0..=side)
        .map(|i| {
            let mut place = |k: u64| (k * 1000 + dice.below(500)) as f64;
            (0..=side).map(|j| [150_000.0 + place(i), 200_000.0 + place(j)]).collect()
        })
        .collect();
    let mut out = Vec::new();
    for pair in corners.windows(2) {
        for j in 0..side as usize {
            let (a, b, c, d) = (pair[0][j], pair[1][j], pair[1][j + 1], pair[0][j + 1]);
            out.extend(if dice.below(2) == 0 { [[a, b, c], [a, c, d]] } else { [[a, b, d], [b, c, d]] });
        }
    }
    out
}

/// A random coverage: triangles merged at random into features with parts, holes, enclaves and corners that touch;
/// some triangles belong to nobody, and some sides have vertices of their own.
fn coverage(seed: u64) -> Boundaries {
    let mut dice = Dice(seed);
    let side = 2 + dice.below(4);
    let features = 2 + dice.below(7);
    let free = dice.below(3);
    let mut groups: BTreeMap<u64, Vec<geo::Polygon>> = BTreeMap::new();
    for triangle in triangles(&mut dice, side) {
        let feature = dice.below(features + free);
        if feature < features {
            let line = triangle.iter().map(|&[x, y]| geo::Coord { x, y }).collect();
            groups.entry(feature).or_default().push(geo::Polygon::new(line, vec![]));
        }
    }
    let mut out = Boundaries { crs: Crs::Epsg(31370), ..Boundaries::default() };
    for (code, triangles) in groups {
        let first = out.rings.len();
        for (part, polygon) in unary_union(&triangles).into_iter().enumerate() {
            let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
            for (i, line) in rings.enumerate() {
                let start = out.coords.len();
                for segment in line.lines() {
                    let (a, b) = (segment.start, segment.end);
                    out.coords.push([a.x.round(), a.y.round()]);
                    if dice.below(4) == 0 {
                        out.coords
                            .push([f64::midpoint(a.x.round(), b.x.round()), f64::midpoint(a.y.round(), b.y.round())]);
                    }
                }
                out.rings.push(Ring {
                    start: start as u32,
                    len: (out.coords.len() - start) as u32,
                    feature: out.features.len() as u32,
                    part: part as u32,
                    hole: i > 0,
                });
            }
        }
        let (code, rings) = (format!("{code:02}"), first as u32..out.rings.len() as u32);
        out.features.push(Feature { code, rings, ..Feature::default() });
    }
    out
}

/// The same boundaries with the features in another order, and rings from another start and the other way round.
fn shuffled(from: &Boundaries, dice: &mut Dice) -> Boundaries {
    let mut order: Vec<usize> = (0..from.features.len()).collect();
    for i in (1..order.len()).rev() {
        order.swap(i, dice.below(i as u64 + 1) as usize);
    }
    let mut to = Boundaries { crs: from.crs.clone(), ..Boundaries::default() };
    for (index, &feature) in order.iter().enumerate() {
        let first = to.rings.len() as u32;
        let feature = &from.features[feature];
        for ring in &from.rings[feature.rings.start as usize..feature.rings.end as usize] {
            let mut line = from.coords[ring.start as usize..(ring.start + ring.len) as usize].to_vec();
            let start = dice.below(line.len() as u64) as usize;
            line.rotate_left(start);
            if dice.below(2) == 0 {
                line.reverse();
            }
            to.rings.push(Ring { start: to.coords.len() as u32, feature: index as u32, ..*ring });
            to.coords.extend(line);
        }
        to.features.push(Feature { rings: first..to.rings.len() as u32, ..feature.clone() });
    }
    to
}

/// Links by code, metres to a tenth of a millimetre (sums in another order differ in the last digits).
fn by_code(boundaries: &Boundaries, links: &[Link]) -> BTreeMap<(String, String), (LinkKind, i64)> {
    let code = |f: u32| boundaries.features[f as usize].code.clone();
    links
        .iter()
        .map(|l| {
            let (a, b) = (code(l.a), code(l.b));
            ((a.clone().min(b.clone()), a.max(b)), (l.kind, (l.length_m * 1e4).round() as i64))
        })
        .collect()
}

fn found(boundaries: &Boundaries) -> Examination {
    examine(boundaries, ExamineOptions::default()).unwrap()
}

#[test]
fn relate_finds_the_same_links() {
    let (mut borders, mut points) = (0, 0);
    for seed in 0..RUNS {
        let boundaries = coverage(seed);
        let examined = found(&boundaries);
        let links = by_code(&boundaries, &examined.links);
        let shapes: Vec<_> =
            (0..boundaries.features.len()).map(|f| shape(&boundaries, &boundaries.coords, f)).collect();
        let mut expected = BTreeMap::new();
        for (a, one) in shapes.iter().enumerate() {
            for (b, two) in shapes.iter().enumerate().skip(a + 1) {
                let matrix = one.relate(two);
                assert_eq!(matrix.get(CoordPos::Inside, CoordPos::Inside), Dimensions::Empty, "seed {seed}");
                let kind = match matrix.get(CoordPos::OnBoundary, CoordPos::OnBoundary) {
                    Dimensions::OneDimensional => LinkKind::Border,
                    Dimensions::ZeroDimensional => LinkKind::Point,
                    _ => continue,
                };
                let code = |f: usize| boundaries.features[f].code.clone();
                expected.insert((code(a), code(b)), kind);
            }
        }
        let kinds: BTreeMap<_, _> = links.iter().map(|(pair, &(kind, _))| (pair.clone(), kind)).collect();
        assert_eq!(kinds, expected, "seed {seed}");
        assert_eq!(examined.problems.iter().filter(|p| p.kind == "overlap").count(), 0, "seed {seed}");
        borders += expected.values().filter(|&&k| k == LinkKind::Border).count();
        points += expected.values().filter(|&&k| k == LinkKind::Point).count();
    }
    assert!(borders > 1000 && points > 100, "{borders} borders, {points} points: too few to tell");
}

#[test]
fn order_start_and_direction_change_nothing() {
    for seed in 0..RUNS {
        let boundaries = coverage(seed);
        let expected = found(&boundaries);
        let other = shuffled(&boundaries, &mut Dice(seed ^ 0x5eed));
        let examined = found(&other);
        assert_eq!(by_code(&other, &examined.links), by_code(&boundaries, &expected.links), "seed {seed}");
        let said =
            |e: &Examination| -> Vec<_> { e.problems.iter().map(|p| (p.code, p.municipalities.clone())).collect() };
        assert_eq!(said(&examined), said(&expected), "seed {seed}");
        assert_eq!(examined.voids.len(), expected.voids.len(), "seed {seed}");
    }
}

#[test]
fn threads_change_no_bit() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let (one, four) = (pool(1), pool(4));
    for seed in 0..RUNS {
        let boundaries = coverage(seed);
        let (x, y) = (one.install(|| found(&boundaries)), four.install(|| found(&boundaries)));
        assert_eq!(format!("{x:?}"), format!("{y:?}"), "seed {seed}");
    }
}
