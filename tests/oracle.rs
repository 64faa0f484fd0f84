//! The real boundaries of the 300 municipalities against lengths measured with shapely 2.2 (another implementation).
//!
//! Skipped where the data are absent.

#![allow(clippy::unwrap_used, reason = "a test or bench may stop at what it does not expect")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landmeter::io::boundaries::{self, BoundaryOptions};
use landmeter::territory::LinkKind;
use landmeter::territory::coverage::{ExamineOptions, examine};

fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/flanders");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent", path.display());
    None
}

/// Metres of each pair in one geometry; `None`: the two do not share a line there.
fn oracle(folder: &Path, column: &str) -> BTreeMap<(String, String), Option<f64>> {
    let mut reader = csv::Reader::from_path(folder.join("oracle/adjacency_2024.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|h| h == name).unwrap();
    let (a, b, length, kind) = (at("nis_a"), at("nis_b"), at(column), at("kind"));
    let mut rows = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let mut metres = row[length].parse::<f64>().ok().filter(|&m| m > 0.0);
        assert!(metres.is_some() || &row[kind] != "border");
        // The oracle itself is wrong at Ronse in the shapefile, where the polygons overlap by a hair. The lengths here are
        // those of one boundary inside a buffer of a micrometre around the other, by the same shapely.
        if column == "shared_m_vrbg_shp" {
            match (&row[a], &row[b]) {
                ("45041", "45064") | ("45064", "45041") => metres = Some(10_033.91),
                ("45041", "45060") | ("45060", "45041") => metres = Some(3_712.64),
                _ => {}
            }
        }
        rows.insert((row[a].to_owned(), row[b].to_owned()), metres);
    }
    rows
}

fn compare(file: &str, column: &str) {
    let Some(folder) = data() else { return };
    let rows = oracle(&folder, column);
    let (boundaries, _) = boundaries::read(&folder.join("geometry").join(file), &BoundaryOptions::default()).unwrap();
    let found = examine(&boundaries, ExamineOptions::default()).unwrap();
    let code = |f: u32| boundaries.features[f as usize].code.clone();
    let links: BTreeMap<(String, String), (LinkKind, f64)> = found
        .links
        .iter()
        .map(|l| {
            let (a, b) = (code(l.a), code(l.b));
            ((a.clone().min(b.clone()), a.max(b)), (l.kind, l.length_m))
        })
        // The 2024 layer also has the 19 municipalities of Brussels, which the oracle leaves out.
        .filter(|((a, b), _)| !a.starts_with("21") && !b.starts_with("21"))
        .collect();
    let mut wrong = Vec::new();
    for (pair, expected) in &rows {
        match (expected, links.get(pair)) {
            (Some(m), Some(&(LinkKind::Border, length))) if (length - m).abs() <= (0.005 * m).max(2.0) => {}
            (None, Some((LinkKind::Point, _)) | None) => {}
            (expected, found) => wrong.push(format!("{pair:?}: {found:?}, not {expected:?}")),
        }
    }
    wrong.extend(
        links
            .iter()
            .filter(|(p, l)| l.0 == LinkKind::Border && !rows.contains_key(*p))
            .map(|l| format!("{l:?} is new")),
    );
    assert!(wrong.is_empty(), "{file}: {}", wrong.join("\n"));
    let borders = links.values().filter(|l| l.0 == LinkKind::Border).count();
    eprintln!(
        "{file}: {borders} borders; problems {:#?}; voids {:?}; near {:?}",
        found.problems, found.voids, found.near
    );
}

#[test]
fn vrbg_geojson() {
    compare("municipalities_300_vrbg_wgs84.geojson", "shared_m_vrbg_geojson");
}

#[test]
fn vrbg_shapefile() {
    compare("municipalities_300_vrbg_lambert72.shp", "shared_m_vrbg_shp");
}

#[test]
fn statbel_shapefile() {
    compare("municipalities_2024_pinc_lambert72.shp", "shared_m_pinc2024");
}
