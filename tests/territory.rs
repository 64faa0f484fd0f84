//! A boundary file of an embedded territory's municipalities: tables joined, position held against the tables.

#![allow(clippy::unwrap_used, reason = "a test or bench may stop at what it does not expect")]

use std::path::PathBuf;

use landmeter::io::boundaries::BoundaryOptions;
use landmeter::io::territory::{Loaded, TerritoryOptions, load};
use landmeter::territory::plane::Crs;

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/flanders").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: no {}", path.display());
    None
}

fn loaded(path: &str, crs: Option<u16>) -> Option<Loaded> {
    let boundary = BoundaryOptions { crs: crs.map(Crs::Epsg), ..BoundaryOptions::default() };
    let territory = Some(shared(path)?.display().to_string());
    Some(load(&TerritoryOptions { territory, boundary, ..TerritoryOptions::default() }).unwrap())
}

#[test]
fn good_files_lie_where_the_tables_say_and_get_their_tables() {
    for (path, official) in [
        ("geometry/municipalities_300_vrbg_wgs84.geojson", "official-2022"),
        ("geometry/municipalities_300_vrbg_lambert72.shp", "official-2022"),
    ] {
        let Some(loaded) = loaded(path, None) else { return };
        assert!(loaded.problems.iter().all(|p| p.code != "B401"), "{path}: {:?}", loaded.problems);
        assert_eq!(loaded.defaults.unwrap().plan, official);
        let t = loaded.territory;
        assert_eq!((t.len(), t.date()), (300, Some("2019-01-01")));
        assert!(t.attribute("social_rental_homes_estimated").unwrap().values.iter().all(Option::is_some));
        assert_eq!(t.division("region_2022").unwrap().zones.len(), 15);
        assert_eq!((t.actors().len(), t.wishes().len()), (101, 55));
        assert!(!t.shapes().unwrap().schematic);
    }
}

#[test]
fn a_file_741_m_west_is_found_out() {
    let Some(loaded) = loaded("quirks/municipalities_300_shifted_741m_west_wgs84.geojson", None) else { return };
    let elsewhere: Vec<_> = loaded.problems.iter().filter(|p| p.code == "B401").collect();
    assert_eq!(elsewhere.len(), 1);
    assert!((elsewhere[0].length_m.unwrap() - 741.0).abs() < 30.0, "{:?}", elsewhere[0]);
    assert!(elsewhere[0].detail.contains("to the west"), "{}", elsewhere[0].detail);
}

#[test]
fn two_features_with_one_code_are_one_municipality() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/coverage/two-features-one-code.geojson");
    let territory = Some(path.display().to_string());
    let loaded = load(&TerritoryOptions { territory, ..TerritoryOptions::default() }).unwrap();
    let twice: Vec<_> = loaded.problems.iter().filter(|p| p.code == "B201").collect();
    assert_eq!(twice.len(), 1, "{:?}", loaded.problems);
    let t = loaded.territory;
    let one = t.position(&twice[0].municipalities[0]).unwrap();
    assert_eq!((t.municipalities()[one].parts, t.shapes().unwrap().polygons[one].0.len()), (2, 2));
    assert!(t.adjacency().links().iter().all(|l| l.a != l.b));
}
