//! Random coverages with faults of every size: each overlap and each gap against areas computed in another way.
//!
//! The oracle of overlaps cuts no lines: an area is the signed sum of triangles from one corner, so what two polygons have in common
//! is the signed sum of what their triangles have in common, pair by pair, each cut by Sutherland and Hodgman (1974,
//! doi:10.1145/360767.360802). The oracle of gaps is the union of the polygons, by `geo`.
//!
//! `cargo test --release --test coverage_random -- --ignored` tries thousands.

#![allow(clippy::unwrap_used, reason = "a test or bench may stop at what it does not expect")]

use std::collections::BTreeMap;

use geo::orient::Direction;
use geo::{
    Area as _, BooleanOps as _, Coord, Distance as _, Euclidean, Length as _, LineString, Orient as _, Point, Polygon,
    unary_union,
};
use landmeter::territory::coverage::{Boundaries, Examination, ExamineOptions, Feature, Ring, examine};
use landmeter::territory::plane::Crs;

type Line = Vec<[f64; 2]>;

/// Chance from a seed (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.bits() >> 32).unwrap()) / f64::from(u32::MAX)
    }

    /// From `-by` to `by`.
    fn about(&mut self, by: f64) -> f64 {
        (2.0 * self.share() - 1.0) * by
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.bits() % count as u64).unwrap()
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn heads(&mut self) -> bool {
        self.below(2) == 0
    }

    fn shares(&mut self, count: usize) -> Vec<f64> {
        let mut shares: Vec<f64> = (0..count).map(|_| self.share()).collect();
        shares.sort_by(f64::total_cmp);
        shares
    }
}

/// A coverage: the rings of each polygon (shell first), what was done to it, and the tolerance to examine it with.
struct Drawn {
    polygons: Vec<Vec<Line>>,
    fault: &'static str,
    noise: f64,
    tolerance: f64,
}

fn between(a: [f64; 2], b: [f64; 2], share: f64, off: f64) -> [f64; 2] {
    let d = [b[0] - a[0], b[1] - a[1]];
    [a[0] + d[0] * share - d[1] * off, a[1] + d[1] * share + d[0] * off]
}

/// Four-sided cells whose borders wind, each border drawn once.
fn cells(chance: &mut Chance, size: f64) -> Vec<Line> {
    let (columns, rows) = (1 + chance.below(4), 1 + chance.below(4));
    let (shift, wind, corners) =
        (chance.one_of(&[0.0, 0.3]) * size, chance.one_of(&[0.0, 0.02, 0.1]), chance.one_of(&[0, 1, 3, 12]));
    let mut at: BTreeMap<(usize, usize), [f64; 2]> = BTreeMap::new();
    for column in 0..=columns {
        for row in 0..=rows {
            let place = [column as f64 * size + chance.about(shift), row as f64 * size + chance.about(shift)];
            at.insert((column, row), place);
        }
    }
    let mut borders: BTreeMap<[(usize, usize); 2], Line> = BTreeMap::new();
    let mut polygons = Vec::new();
    for column in 0..columns {
        for row in 0..rows {
            let corner = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)];
            let mut ring = Vec::new();
            for (from, to) in (0..4).map(|i| (corner[i], corner[(i + 1) % 4])) {
                let key = [from.min(to), from.max(to)];
                let border = borders.entry(key).or_insert_with(|| {
                    let (a, b) = (at[&key[0]], at[&key[1]]);
                    let count = chance.below(corners + 1);
                    let shares = chance.shares(count);
                    let inner = shares.into_iter().map(|s| between(a, b, s, chance.about(wind)));
                    std::iter::once(a).chain(inner).chain([b]).collect()
                });
                let mut border = border.clone();
                if key[0] != from {
                    border.reverse();
                }
                border.pop();
                ring.extend(border);
            }
            polygons.push(ring);
        }
    }
    polygons
}

/// Rows of bricks, which meet the row above at places of their own.
fn bricks(chance: &mut Chance, size: f64) -> Vec<Line> {
    let rows = 2 + chance.below(3);
    let tilt = chance.one_of(&[0.0, 0.37]);
    let mut polygons = Vec::new();
    for row in 0..rows {
        let count = chance.below(4);
        let mut marks = vec![0.0];
        marks.extend(chance.shares(count));
        marks.push(1.0);
        for pair in marks.windows(2) {
            let corner = |share: f64, up: usize| {
                let (x, y) = (share * 3.0 * size, (row + up) as f64 * size);
                [x - tilt * y, y + tilt * x]
            };
            polygons.push(vec![corner(pair[0], 0), corner(pair[1], 0), corner(pair[1], 1), corner(pair[0], 1)]);
        }
    }
    polygons
}

fn blob([x, y]: [f64; 2], d: f64) -> Line {
    vec![[x - d, y - d * 0.7], [x + d * 1.1, y - d], [x + d, y + d * 0.9], [x - d * 0.8, y + d]]
}

fn centre(line: &[[f64; 2]]) -> [f64; 2] {
    [0, 1].map(|axis| line.iter().map(|p| p[axis]).sum::<f64>() / line.len() as f64)
}

/// Draws a coverage, and spoils it.
fn draw(seed: u64) -> Drawn {
    let chance = &mut Chance(seed);
    let size = chance.one_of(&[30.0, 200.0, 1000.0, 5000.0]);
    let mut shells = if chance.below(4) == 0 { bricks(chance, size) } else { cells(chance, size) };
    if chance.heads() {
        // Corners of each polygon's own on its straight lines.
        for shell in &mut shells {
            let line = std::mem::take(shell);
            for (i, &a) in line.iter().enumerate() {
                shell.push(a);
                let count = if chance.heads() { 1 + chance.below(3) } else { 0 };
                shell.extend(chance.shares(count).into_iter().map(|s| between(a, line[(i + 1) % line.len()], s, 0.0)));
            }
        }
    }
    let faults =
        ["none", "moved", "bulge", "corner", "inside", "layers", "grown", "twice", "enclave", "shrunk", "pulled"];
    let fault = chance.one_of(&faults);
    let (some, depth) = (chance.below(shells.len()), chance.one_of(&[0.1, 1.0, 10.0, 50.0]));
    let corner = chance.one_of(&shells[some]);
    let mut holes: Vec<Vec<Line>> = vec![Vec::new(); shells.len()];
    match fault {
        "moved" => {
            let by = [chance.about(depth), chance.about(depth)];
            shells[some].iter_mut().for_each(|p| *p = [p[0] + by[0], p[1] + by[1]]);
        }
        "bulge" => {
            for _ in 0..=chance.below(3) {
                let shell = chance.below(shells.len());
                let point = chance.below(shells[shell].len());
                let p = &mut shells[shell][point];
                *p = [p[0] + chance.about(depth), p[1] + chance.about(depth)];
            }
        }
        "corner" => shells.push(blob(corner, depth)),
        "inside" => shells.push(blob(centre(&shells[some]), depth.min(size / 10.0))),
        "layers" => {
            let by = [(0.1 + 0.3 * chance.share()) * size, 0.2 * size];
            let over: Vec<Line> =
                shells.iter().map(|s| s.iter().map(|p| [p[0] + by[0], p[1] + by[1]]).collect()).collect();
            shells.extend(over);
        }
        "grown" => {
            let (c, by) = (centre(&shells[some]), 1.0 + depth.min(size / 10.0) / size);
            shells[some].iter_mut().for_each(|p| *p = [c[0] + (p[0] - c[0]) * by, c[1] + (p[1] - c[1]) * by]);
        }
        "shrunk" => {
            let (c, by) = (centre(&shells[some]), 1.0 - depth.min(size / 10.0) / size);
            shells[some].iter_mut().for_each(|p| *p = [c[0] + (p[0] - c[0]) * by, c[1] + (p[1] - c[1]) * by]);
        }
        "pulled" => {
            let (c, point) = (centre(&shells[some]), chance.below(shells[some].len()));
            let p = &mut shells[some][point];
            *p = between(*p, c, chance.one_of(&[0.001, 0.01, 0.2]), 0.0);
        }
        "twice" => shells.push(shells[some].clone()),
        "enclave" => {
            let enclave = blob(centre(&shells[some]), size / 20.0);
            holes[some].push(enclave.clone());
            shells.push(enclave);
        }
        _ => {}
    }
    holes.resize(shells.len(), Vec::new());
    let noise = chance.one_of(&[0.0, 0.0, 0.001, 0.005, 0.05]);
    let origin = chance.one_of(&[[0.0, 0.0], [150_000.0, 200_000.0]]);
    let mut polygons: Vec<Vec<Line>> =
        shells.into_iter().zip(holes).map(|(shell, holes)| std::iter::once(shell).chain(holes).collect()).collect();
    for line in polygons.iter_mut().flatten() {
        for p in line.iter_mut() {
            *p = [origin[0] + p[0] + chance.about(noise), origin[1] + p[1] + chance.about(noise)];
        }
        if chance.below(3) == 0 {
            line.reverse();
        }
        let start = chance.below(line.len());
        line.rotate_left(start);
    }
    Drawn { polygons, fault, noise, tolerance: chance.one_of(&[0.0, 0.01, 0.1, 1.0]) }
}

fn boundaries(polygons: &[Vec<Line>]) -> Boundaries {
    let mut out = Boundaries { crs: Crs::Epsg(31370), ..Boundaries::default() };
    for (number, rings) in polygons.iter().enumerate() {
        let first = u32::try_from(out.rings.len()).unwrap();
        for (i, line) in rings.iter().enumerate() {
            let (start, len) = (u32::try_from(out.coords.len()).unwrap(), u32::try_from(line.len()).unwrap());
            out.rings.push(Ring { start, len, feature: u32::try_from(number).unwrap(), part: 0, hole: i > 0 });
            out.coords.extend(line);
        }
        let rings = first..u32::try_from(out.rings.len()).unwrap();
        out.features.push(Feature { code: format!("{number:03}"), rings, ..Feature::default() });
    }
    out
}

fn cross(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

fn area(line: &[[f64; 2]]) -> f64 {
    line.windows(2).map(|pair| cross(line[0], pair[0], pair[1])).sum::<f64>() / 2.0
}

/// Triangles of a polygon, counter-clockwise, each with the sign by which it counts.
fn triangles(rings: &[Line]) -> Vec<([[f64; 2]; 3], f64)> {
    let mut out = Vec::new();
    for (i, line) in rings.iter().enumerate() {
        let sign = area(line).signum() * if i > 0 { -1.0 } else { 1.0 };
        for pair in line.windows(2) {
            let turn = cross(line[0], pair[0], pair[1]);
            let corners = if turn > 0.0 { [line[0], pair[0], pair[1]] } else { [line[0], pair[1], pair[0]] };
            out.extend((turn != 0.0).then_some((corners, sign * turn.signum())));
        }
    }
    out
}

/// What two counter-clockwise triangles have in common.
fn common_triangle(a: &[[f64; 2]; 3], b: &[[f64; 2]; 3]) -> f64 {
    let apart = |axis: usize| {
        let ends = |t: &[[f64; 2]; 3]| {
            (
                t.iter().fold(f64::INFINITY, |m, p| m.min(p[axis])),
                t.iter().fold(f64::NEG_INFINITY, |m, p| m.max(p[axis])),
            )
        };
        ends(a).0 >= ends(b).1 || ends(b).0 >= ends(a).1
    };
    if apart(0) || apart(1) {
        return 0.0;
    }
    let mut line = a.to_vec();
    for side in 0..3 {
        let (from, to) = (b[side], b[(side + 1) % 3]);
        let mut kept = Vec::with_capacity(line.len() + 1);
        for (i, &q) in line.iter().enumerate() {
            let p = line[if i == 0 { line.len() - 1 } else { i - 1 }];
            let (of_p, of_q) = (cross(from, to, p), cross(from, to, q));
            if (of_p < 0.0) != (of_q < 0.0) {
                kept.push(between(p, q, of_p / (of_p - of_q), 0.0));
            }
            if of_q >= 0.0 {
                kept.push(q);
            }
        }
        line = kept;
    }
    if line.is_empty() { 0.0 } else { area(&line) }
}

fn common(a: &[Line], b: &[Line]) -> f64 {
    let (a, b) = (triangles(a), triangles(b));
    a.iter().map(|(t, sign)| b.iter().map(|(u, other)| sign * other * common_triangle(t, u)).sum::<f64>()).sum()
}

fn polygon(rings: &[Line]) -> Polygon {
    let mut lines = rings.iter().map(|line| LineString(line.iter().map(|&[x, y]| Coord { x, y }).collect()));
    Polygon::new(lines.next().unwrap(), lines.collect()).orient(Direction::Default)
}

fn perimeter(rings: &[Line]) -> f64 {
    let length = |line: &Line| -> f64 {
        (0..line.len())
            .map(|i| (line[i], line[(i + 1) % line.len()]))
            .map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]))
            .sum()
    };
    rings.iter().map(length).sum()
}

/// What a run saw.
#[derive(Default)]
struct Tally {
    cases: usize,
    overlaps: usize,
    gaps: usize,
    worst_m2: f64,
    wrong: Vec<String>,
}

/// Compares the overlaps of one coverage with the oracle; a coverage with a polygon that crosses itself is passed over.
fn compare(seed: u64, tally: &mut Tally) {
    let drawn = draw(seed);
    let boundaries = boundaries(&drawn.polygons);
    let options = ExamineOptions { tolerance_m: drawn.tolerance, ..ExamineOptions::default() };
    let found = examine(&boundaries, options).unwrap();
    if found.problems.iter().any(|p| p.kind == "invalid-ring" || p.kind == "hole-outside-shell") {
        return;
    }
    tally.cases += 1;
    let mut reported: BTreeMap<[usize; 2], Vec<_>> = BTreeMap::new();
    for problem in found.problems.iter().filter(|p| p.kind == "overlap") {
        let pair = [0, 1].map(|i| problem.municipalities[i].parse().unwrap());
        reported.entry(pair).or_default().push((problem.area_m2.unwrap(), problem.place.unwrap()));
    }
    let about = format!("seed {seed} ({}, noise {}, tolerance {})", drawn.fault, drawn.noise, drawn.tolerance);
    compare_gaps(&drawn, &found, &about, tally);
    for (i, a) in drawn.polygons.iter().enumerate() {
        for (j, b) in drawn.polygons.iter().enumerate().skip(i + 1) {
            let truth = common(a, b);
            let seen = reported.remove(&[i, j]).unwrap_or_default();
            if seen.is_empty() {
                // Nowhere wider than a tenth of a millimetre: one line, rounded twice.
                if truth > 1e-3 + 1e-4 * perimeter(a).min(perimeter(b)) / 2.0 {
                    tally.wrong.push(format!("{about}: {i} and {j} overlap by {truth} m2, not seen"));
                }
                continue;
            }
            tally.overlaps += 1;
            let sum: f64 = seen.iter().map(|s| s.0).sum();
            tally.worst_m2 = tally.worst_m2.max((sum - truth).abs());
            if (sum - truth).abs() > 1e-4 + 1e-6 * truth {
                tally.wrong.push(format!("{about}: {i} and {j} overlap by {truth} m2, not {sum}"));
            }
            for (_, [x, y]) in seen {
                let off = [a, b].map(|rings| Euclidean.distance(&Point::new(x, y), &polygon(rings)));
                if off[0].max(off[1]) > 1e-3 {
                    tally.wrong.push(format!("{about}: {i} and {j} do not overlap at {x} {y}, {off:?} m off"));
                }
            }
        }
    }
}

/// Compares the gaps and voids of one coverage with the holes of the union of its polygons.
fn compare_gaps(drawn: &Drawn, found: &Examination, about: &str, tally: &mut Tally) {
    let polygons: Vec<Polygon> = drawn.polygons.iter().map(|rings| polygon(rings)).collect();
    let union = unary_union(&polygons);
    let gaps = found.problems.iter().filter(|p| ["B302", "B303"].contains(&p.code));
    let mut reported: Vec<(&[String], f64, Point)> =
        gaps.map(|p| (&p.municipalities[..], p.area_m2.unwrap(), Point::from(p.place.unwrap()))).collect();
    reported.extend(found.voids.iter().map(|v| (&v.municipalities[..], v.area_m2, Point::from(v.place))));
    for ring in union.iter().flat_map(Polygon::interiors) {
        let around = Euclidean.length(ring);
        let hole = Polygon::new(ring.clone(), Vec::new()).difference(&union);
        let truth = hole.unsigned_area();
        if 2.0 * truth < 0.05 * around {
            continue;
        }
        tally.gaps += 1;
        // The union moves corners by a part in 2^30 of its extent.
        let slack = 1e-3 * truth + 4e-5 * around;
        // What hangs together by a point only is one hole of the union, and several gaps.
        let here = |r: &&(&[String], f64, Point)| r.0.len() != 2 && Euclidean.distance(&r.2, &hole) < 1e-3;
        let rest = truth - reported.iter().filter(here).map(|r| r.1).sum::<f64>();
        // Gaps between the same two are one, with what is open at an end.
        let with_others = reported.iter().any(|(codes, area, _)| {
            let beside = |c: &String| Euclidean.distance(&polygons[c.parse::<usize>().unwrap()], &hole) < 1e-3;
            codes.len() == 2 && *area > rest - slack && codes.iter().all(beside)
        });
        if rest.abs() > slack && !(rest > 0.0 && with_others) {
            let [x, y] = ring.0[0].into();
            tally.wrong.push(format!("{about}: a hole of {truth} m2 at {x} {y} is not told of by {rest} m2"));
        }
    }
}

fn run(seeds: std::ops::Range<u64>) {
    let mut tally = Tally::default();
    seeds.for_each(|seed| compare(seed, &mut tally));
    let Tally { cases, overlaps, gaps, worst_m2, .. } = tally;
    eprintln!("{cases} coverages, {overlaps} overlaps at most {worst_m2:.1e} m2 off, {gaps} gaps");
    assert!(tally.wrong.is_empty(), "{} wrong:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
    assert!(overlaps > cases && gaps > cases / 20, "too few to mean anything");
}

#[test]
fn overlaps_and_gaps_are_all_seen_and_exact() {
    run(0..1_000);
}

#[test]
#[ignore = "long: cargo test --release --test coverage_random -- --ignored"]
fn overlaps_and_gaps_of_thousands_of_coverages() {
    run(1_000..21_000);
}
