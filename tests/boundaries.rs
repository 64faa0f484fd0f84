//! Boundary files: every bad input by its name, the real layers, and the same answer from every format.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod shapefiles;

use std::path::{Path, PathBuf};

use landmeter::io::Error;
use landmeter::io::boundaries::{BoundaryOptions, read};
use landmeter::territory::coverage::{Boundaries, Value};
use landmeter::territory::plane::{Crs, Plane};
use proptest::prelude::*;
use shapefiles::{dbf, shp, zipped};

fn bad(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/boundaries").join(name)
}

fn data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/flanders").join(name);
    if !path.exists() {
        eprintln!("skipped: {name} is not here");
    }
    path.exists().then_some(path)
}

fn load(path: &Path) -> Result<Boundaries, Error> {
    read(path, &BoundaryOptions::default()).map(|(boundaries, _)| boundaries)
}

fn load_text(text: &str) -> Result<Boundaries, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.geojson");
    std::fs::write(&path, text).unwrap();
    load(&path)
}

/// Codes of the problems, and rings of each feature.
fn seen(boundaries: &Boundaries) -> (Vec<&'static str>, Vec<usize>) {
    let rings = boundaries.features.iter().map(|f| f.rings.len()).collect();
    (boundaries.problems.iter().map(|p| p.code).collect(), rings)
}

#[test]
fn a_bad_feature_is_said_and_the_rest_loads() {
    let cases: &[(&str, &[&str], &[usize])] = &[
        ("unclosed-ring.geojson", &["B101"], &[1, 1]),
        ("nan-position.geojson", &["B103"], &[1, 0]),
        ("null-position.geojson", &["B103"], &[1, 0]),
        ("text-position.geojson", &["B103"], &[1, 0]),
        ("infinite-position.geojson", &["B103"], &[1, 0]),
        ("one-ordinate.geojson", &["B103"], &[1, 0]),
        ("null-geometry.geojson", &["B104"], &[1, 0]),
        ("missing-geometry.geojson", &["B104"], &[1, 0]),
        ("empty-coordinates.geojson", &["B104"], &[1, 0]),
        ("empty-ring.geojson", &["B104"], &[1, 0]),
        ("ring-of-two-positions.geojson", &["B102"], &[1, 0]),
        ("hole-of-one-position.geojson", &["B102"], &[1, 1]),
        ("point.geojson", &["B105"], &[1, 0]),
        ("collection-with-a-point.geojson", &["B105"], &[1, 1]),
        ("missing-code.geojson", &["B202"], &[1, 1]),
        ("two-features-one-code.geojson", &[], &[1, 1]),
        ("feature-that-is-not-json.geojson", &["B203"], &[1]),
        ("feature-that-is-null.geojson", &["B203"], &[1]),
        ("bom.geojson", &[], &[1, 1]),
    ];
    for (file, codes, rings) in cases {
        let boundaries = load(&bad(file)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(seen(&boundaries), (codes.to_vec(), rings.to_vec()), "{file}: {:?}", boundaries.problems);
        assert_eq!(boundaries.features[0].code, "1", "{file}");
        for problem in &boundaries.problems {
            assert_eq!(problem.at.as_deref(), Some("feature 2"), "{file}");
        }
    }
    let broken = load(&bad("feature-that-is-not-json.geojson")).unwrap();
    assert!(broken.problems[0].detail.contains("':' after a key expected at line 3"), "{:?}", broken.problems);
    let missing = load(&bad("missing-code.geojson")).unwrap();
    assert_eq!((missing.features[1].code.as_str(), missing.features[1].name.as_deref()), ("", Some("B")));
    let twice = load(&bad("two-features-one-code.geojson")).unwrap();
    assert_eq!(twice.features[1].code, "1");
}

#[test]
fn a_bad_file_is_refused_with_its_place() {
    let cases = [
        ("truncated.geojson", "E203", "line 3", "after 1 whole features: it is truncated"),
        ("truncated-between-features.geojson", "E203", "line 5", "after 2 whole features: it is truncated"),
        ("empty.geojson", "E201", "", "is empty"),
        ("not-geojson.geojson", "E203", "line 1", "an object expected"),
        ("no-features.geojson", "E204", "", "no feature in it"),
        ("bare-polygon.geojson", "E204", "", "is a Polygon without the properties"),
        ("no-properties.geojson", "E205", "", "name it with --id (found: no properties at all)"),
        ("unknown-crs.geojson", "E206", "", "'EPSG:99' is not known"),
        ("topology.json", "E202", "", "TopoJSON"),
        ("table.csv", "E201", "", "expected GeoJSON"),
        ("missing.geojson", "E101", "", "can't be read"),
    ];
    for (file, code, at, part) in cases {
        let error = load(&bad(file)).expect_err(file);
        assert_eq!((error.code, error.at.as_deref().unwrap_or("")), (code, at), "{file}: {error}");
        assert!(error.message.contains(part), "{file}: {error}");
    }
}

#[test]
fn numbers_in_the_wrong_system_get_the_way_out() {
    let plane = |file: &str| {
        let boundaries = load(&bad(file)).unwrap();
        Plane::choose(&boundaries.crs, &boundaries.coords).expect_err(file).0
    };
    let metres = plane("metres-called-degrees.geojson");
    assert!(metres.contains("(150607.6, 204021.4)") && metres.contains("--crs EPSG:31370"), "{metres}");
    let degrees = plane("degrees-called-metres.geojson");
    assert!(degrees.contains("looks like degrees; say --crs EPSG:4326"), "{degrees}");
}

#[test]
fn an_unknown_column_suggests_the_nearest() {
    let options = BoundaryOptions { id: Some("niss".into()), ..BoundaryOptions::default() };
    let error = read(&bad("bom.geojson"), &options).unwrap_err();
    assert_eq!(error.code, "E205");
    assert!(error.message.contains("did you mean 'nis'? (properties: nis, name)"), "{error}");
}

#[test]
fn members_may_stand_anywhere() {
    let boundaries = load_text(
        r#"{"name": "x", "features": [
            {"bbox": [0, 0, 1, 1], "geometry": {"coordinates": [[[0, 0, 7], [9e0, 0, 7, 1], [9, 9], [0, 0, 8]]], "type": "Polygon",
             "x": {"type": "Point"}}, "note": "}{\"", "properties": {"GEOID": 11001, "big": 123456789012345678901, "list": [1, "a"]},
             "type": "Feature"}],
           "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::31370"}}, "type": "FeatureCollection"}"#,
    )
    .unwrap();
    assert_eq!(boundaries.crs, Crs::Epsg(31370));
    assert_eq!(boundaries.coords, [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]]);
    let feature = &boundaries.features[0];
    assert_eq!(feature.code, "11001");
    assert_eq!(feature.properties[1], ("list".into(), Value::Text(r#"[1, "a"]"#.into())));
    assert!(boundaries.problems.is_empty());
}

#[test]
fn a_number_as_code_stays_as_it_is_written() {
    let feature = |code: &str| format!(r#"{{"type":"Feature","properties":{{"code":{code}}},"geometry":null}}"#);
    let text = format!(r#"{{"features":[{},{}]}}"#, feature("12345678901234567890123"), feature("\"01002\""));
    let boundaries = load_text(&text).unwrap();
    let codes: Vec<&str> = boundaries.features.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["12345678901234567890123", "01002"]);
}

#[test]
fn a_feature_id_serves_where_no_property_does() {
    let text = r#"{"features":[
        {"type":"Feature","id":7,"properties":{"naam":"A"},"geometry":null},
        {"type":"Feature","id":"8","properties":{"naam":"A"},"geometry":null}]}"#;
    let boundaries = load_text(text).unwrap();
    let codes: Vec<&str> = boundaries.features.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["7", "8"]);
    assert_eq!(boundaries.features[0].name.as_deref(), Some("A"));
}

/// Features, rings, vertices with the closing ones, and first and last code of each real layer.
#[test]
fn the_real_layers() {
    let cases = [
        ("municipalities_300_vrbg_wgs84.geojson", 300, 115_785, Crs::Epsg(4326), "11001", "73109"),
        ("municipalities_300_vrbg_lambert72.shp", 300, 75_303, Crs::Epsg(31370), "11001", "73109"),
        ("municipalities_2024_pinc_lambert72.shp", 319, 63_483, Crs::Epsg(31370), "11001", "73109"),
        ("municipalities_2025_pinc_lambert72.shp", 304, 71_035, Crs::Epsg(31370), "11001", "73111"),
        ("municipalities_2018_pinc_lambert72.shp", 327, 64_235, Crs::Epsg(31370), "11001", "73109"),
        ("submunicipalities_2024_pinc_lambert72.shp", 1150, 111_414, Crs::Epsg(31370), "11001A", "73109F"),
        ("reference_regions_pinc_lambert72.shp", 15, 19_339, Crs::Epsg(31370), "REFREG01", "REFREG15"),
        ("working_areas_pinc_lambert72.shp", 42, 31_408, Crs::Epsg(31370), "1", "9"),
        ("belgium_581_lau_wgs84.geojson", 581, 17_403, Crs::Epsg(4326), "11001", "93090"),
    ];
    for (file, features, vertices, crs, first, last) in cases {
        let Some(path) = data(&format!("geometry/{file}")) else { continue };
        let boundaries = load(&path).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(boundaries.features.len(), features, "{file}");
        assert_eq!(boundaries.coords.len() + boundaries.rings.len(), vertices, "{file}");
        assert_eq!(boundaries.crs, crs, "{file}");
        assert_eq!(boundaries.problems, [], "{file}");
        let mut codes: Vec<&str> = boundaries.features.iter().map(|f| f.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!((codes.len(), codes[0], codes[features - 1]), (features, first, last), "{file}");
        let plane = Plane::choose(&boundaries.crs, &boundaries.coords).unwrap();
        assert_eq!(plane.name, "EPSG:31370", "{file}");
        if crs == Crs::Epsg(31370) {
            assert_eq!(plane.project(&crs, &boundaries.coords).unwrap(), boundaries.coords, "{file}");
        }
    }
}

#[test]
fn baarle_hertog_has_its_parts_and_holes_in_every_layer() {
    for (file, holes) in [
        ("municipalities_300_vrbg_wgs84.geojson", 8),
        ("municipalities_300_vrbg_lambert72.shp", 8),
        ("municipalities_2024_pinc_lambert72.shp", 5),
    ] {
        let Some(path) = data(&format!("geometry/{file}")) else { continue };
        let boundaries = load(&path).unwrap();
        let feature = boundaries.features.iter().find(|f| f.code == "13002").unwrap();
        let rings = &boundaries.rings[feature.rings.start as usize..feature.rings.end as usize];
        let found = rings.iter().filter(|r| r.hole).count();
        assert_eq!((rings.len() - found, found), (26, holes), "{file}");
        assert_eq!(rings.iter().map(|r| r.part).max(), Some(25), "{file}");
    }
}

#[test]
fn metres_called_degrees_in_a_real_file() {
    let Some(path) = data("quirks/belgium_589_pre2019_lambert72_without_crs.geojson") else { return };
    let boundaries = load(&path).unwrap();
    let message = Plane::choose(&boundaries.crs, &boundaries.coords).unwrap_err().0;
    assert!(message.contains("they fit EPSG:31370") && message.contains("say --crs EPSG:31370"), "{message}");
    let options = BoundaryOptions { crs: Some(Crs::Epsg(31370)), ..BoundaryOptions::default() };
    let (boundaries, _) = read(&path, &options).unwrap();
    assert_eq!(boundaries.features.len(), 589);
    assert_eq!(Plane::choose(&boundaries.crs, &boundaries.coords).unwrap().name, "EPSG:31370");
}

const PRJ: &str = r#"PROJCS["x",GEOGCS["y",DATUM["z",SPHEROID["w",6378388.0,297.0]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",150000.013],PARAMETER["False_Northing",5400088.438],PARAMETER["Central_Meridian",4.36748666666667],PARAMETER["Standard_Parallel_1",49.8333339],PARAMETER["Standard_Parallel_2",51.1666672333333],PARAMETER["Latitude_Of_Origin",90.0],UNIT["Meter",1.0]]"#;

fn square(x: f64, y: f64, side: f64, clockwise: bool) -> Vec<[f64; 2]> {
    let mut ring = vec![[x, y], [x, y + side], [x + side, y + side], [x + side, y], [x, y]];
    if !clockwise {
        ring.reverse();
    }
    ring
}

/// Writes a shapefile from its parts, and reads it.
fn load_shapefile(files: &[(&str, Vec<u8>)]) -> Result<Boundaries, Error> {
    let folder = tempfile::tempdir().unwrap();
    for (extension, bytes) in files {
        std::fs::write(folder.path().join(format!("a.{extension}")), bytes).unwrap();
    }
    load(&folder.path().join("a.shp"))
}

fn two_codes() -> Vec<u8> {
    dbf(&[("nis", b'C', 5)], &[&[b"1"], &[b"2"]], 0)
}

#[test]
fn rings_in_any_order_and_orientation() {
    let first = vec![
        square(0.0, 0.0, 9.0, true),
        square(20.0, 0.0, 9.0, true),
        square(1.0, 1.0, 1.0, false),
        square(21.0, 1.0, 1.0, false),
    ];
    let second = vec![square(101.0, 1.0, 1.0, false), square(100.0, 0.0, 9.0, true)];
    let clean: Vec<(u32, bool, [f64; 2])> = vec![
        (0, false, [0.0, 0.0]),
        (0, true, [1.0, 1.0]),
        (1, false, [20.0, 0.0]),
        (1, true, [21.0, 1.0]),
        (0, false, [100.0, 0.0]),
        (0, true, [101.0, 1.0]),
    ];
    for kind in [5, 15, 25] {
        let files = [("shp", shp(kind, &[first.clone(), second.clone()])), ("dbf", two_codes()), ("prj", PRJ.into())];
        let boundaries = load_shapefile(&files).unwrap();
        let corner = |r: &landmeter::territory::coverage::Ring| {
            let ring = &boundaries.coords[r.start as usize..(r.start + r.len) as usize];
            ring.iter().copied().reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1])]).unwrap()
        };
        let found: Vec<_> = boundaries.rings.iter().map(|r| (r.part, r.hole, corner(r))).collect();
        assert_eq!(found, clean, "kind {kind}");
        assert_eq!(boundaries.problems, [], "kind {kind}");
        assert_eq!(boundaries.crs, Crs::Epsg(31370));
        assert!(boundaries.rings.iter().all(|r| r.len == 4));
    }
}

#[test]
fn a_counter_clockwise_shell_is_said_and_used() {
    let records = [vec![square(0.0, 0.0, 9.0, false)], vec![]];
    let boundaries = load_shapefile(&[("shp", shp(5, &records)), ("dbf", two_codes()), ("prj", PRJ.into())]).unwrap();
    assert_eq!(seen(&boundaries), (vec!["B107", "B104"], vec![1, 0]));
    assert_eq!(boundaries.problems[1].at.as_deref(), Some("record 2"));
}

#[test]
fn a_shapefile_lacks_what_it_needs() {
    let shapes = shp(5, &[vec![square(0.0, 0.0, 9.0, true)], vec![square(9.0, 0.0, 9.0, true)]]);
    let code = |files: &[(&str, Vec<u8>)]| load_shapefile(files).map(|_| ()).unwrap_err();
    let error = code(&[("shp", shapes.clone()), ("dbf", two_codes())]);
    assert!(error.code == "E206" && error.message.contains("--crs EPSG:31370"), "{error}");
    let strange = PRJ.replace("5400088.438", "5400000");
    let error = code(&[("shp", shapes.clone()), ("dbf", two_codes()), ("prj", strange.into())]);
    assert!(error.code == "E206" && error.message.contains("'PROJCS["), "{error}");
    let error = code(&[("shp", shapes.clone()), ("prj", PRJ.into())]);
    assert_eq!(error.code, "E208", "{error}");
    let one = dbf(&[("nis", b'C', 5)], &[&[b"1"]], 0);
    let error = code(&[("shp", shapes.clone()), ("dbf", one), ("prj", PRJ.into())]);
    assert!(error.message.contains("has 2 shapes, but its .dbf has 1 records"), "{error}");
    let cut = shapes[..shapes.len() - 10].to_vec();
    let error = code(&[("shp", cut), ("dbf", two_codes()), ("prj", PRJ.into())]);
    assert_eq!((error.code, error.at.as_deref()), ("E207", Some("record 2")), "{error}");
    let mut short = two_codes();
    short.truncate(short.len() - 8);
    let error = code(&[("shp", shapes), ("dbf", short), ("prj", PRJ.into())]);
    assert!(error.message.contains("truncated"), "{error}");
}

#[test]
fn names_in_every_encoding() {
    let shapes = shp(5, &[vec![square(0.0, 0.0, 9.0, true)]]);
    let name = |bytes: &[u8], driver: u8, cpg: Option<&str>| {
        let table = dbf(&[("nis", b'C', 5), ("naam", b'C', 20)], &[&[b"1", bytes]], driver);
        let mut files = vec![("shp", shapes.clone()), ("dbf", table), ("prj", PRJ.into())];
        files.extend(cpg.map(|c| ("cpg", c.into())));
        let boundaries = load_shapefile(&files).unwrap();
        (boundaries.features[0].name.clone().unwrap(), seen(&boundaries).0)
    };
    let liege = ("Liège".to_owned(), vec![]);
    assert_eq!(name("Liège".as_bytes(), 0, None), liege);
    assert_eq!(name("Liège".as_bytes(), 0x57, Some("UTF-8")), liege);
    assert_eq!(name(b"Li\xe8ge", 0, None), liege);
    assert_eq!(name(b"Li\xe8ge", 0x57, None), liege);
    assert_eq!(name(b"Li\xe8ge", 0, Some("ISO-8859-1")), liege);
    assert_eq!(name(b"Li\xe8ge", 0x01, Some("ANSI 1252")), liege);
    assert_eq!(name(b"Li\x8age", 0x01, None), liege);
    assert_eq!(name(b"Li\x8age", 0, Some("437")), liege);
    assert_eq!(name(b"Li\xe8ge", 0, Some("UTF-8")), ("Li\u{fffd}ge".to_owned(), vec!["B402"]));
}

#[test]
fn a_zipped_shapefile_is_the_same() {
    let shapes = shp(5, &[vec![square(0.0, 0.0, 9.0, true)], vec![square(9.0, 0.0, 9.0, true)]]);
    let files = [("shp", shapes.clone()), ("dbf", two_codes()), ("prj", PRJ.as_bytes().to_vec())];
    let plain = load_shapefile(&files).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let inside: Vec<(String, Vec<u8>)> = files.iter().map(|(e, b)| (format!("in/a folder/B.{e}"), b.clone())).collect();
    std::fs::write(&path, zipped(&inside)).unwrap();
    let (unpacked, digests) = read(&path, &BoundaryOptions::default()).unwrap();
    assert_eq!(format!("{unpacked:?}"), format!("{plain:?}"));
    assert_eq!(digests.len(), 1);

    let two: Vec<(String, Vec<u8>)> = ["a", "b"].iter().map(|n| (format!("{n}.shp"), shapes.clone())).collect();
    std::fs::write(&path, zipped(&two)).unwrap();
    let error = load(&path).unwrap_err();
    assert!(error.code == "E209" && error.message.contains("a.shp, b.shp"), "{error}");
    std::fs::write(&path, zipped(&[("readme.txt".into(), vec![])])).unwrap();
    assert!(load(&path).unwrap_err().message.contains("readme.txt"));
}

#[test]
fn the_answer_does_not_hang_on_the_number_of_threads() {
    let Some(path) = data("geometry/municipalities_300_vrbg_wgs84.geojson") else { return };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let boundaries = load(&path).unwrap();
            let plane = Plane::choose(&boundaries.crs, &boundaries.coords).unwrap();
            let projected = plane.project(&boundaries.crs, &boundaries.coords).unwrap();
            (boundaries.coords, boundaries.rings, projected)
        })
    };
    assert!(with(1) == with(5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_geojson_makes_it_panic(at in 0usize..700, byte in any::<u8>(), length in 0usize..900) {
        let mut bytes = std::fs::read(bad("collection-with-a-point.geojson")).unwrap();
        if let Some(b) = bytes.get_mut(at) {
            *b = byte;
        }
        bytes.truncate(length.max(1));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.geojson");
        std::fs::write(&path, bytes).unwrap();
        if let Ok(boundaries) = load(&path) {
            let _ = Plane::choose(&boundaries.crs, &boundaries.coords)
                .and_then(|plane| plane.project(&boundaries.crs, &boundaries.coords));
        }
    }

    #[test]
    fn no_shapefile_makes_it_panic(shp_at in 0usize..600, dbf_at in 0usize..90, byte in any::<u8>(), length in 0usize..900) {
        let rings = vec![square(0.0, 0.0, 9.0, true), square(1.0, 1.0, 1.0, false)];
        let mut shapes = shp(5, &[rings, vec![square(9.0, 0.0, 9.0, true)]]);
        let mut table = two_codes();
        for (bytes, at) in [(&mut shapes, shp_at), (&mut table, dbf_at)] {
            if let Some(b) = bytes.get_mut(at) {
                *b = byte;
            }
        }
        shapes.truncate(length);
        let _ = load_shapefile(&[("shp", shapes), ("dbf", table), ("prj", PRJ.into())]);
    }
}
