//! Scores: values by hand on drawn cases, and against other ways to find the same.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

mod support;

use std::f64::consts::PI;

use geo::{Area as _, ConvexHull as _, MultiPolygon, Polygon, unary_union};
use landmeter::io::{embedded, territory};
use landmeter::plan::NONE;
use landmeter::score::{Better, Metric, Note, ScoreError, Scorer, Scratch};
use landmeter::territory::adjacency::Contiguity;
use landmeter::territory::{Attribute, CouncilWish, Division, Link, Municipality, Shapes, Territory};
use landmeter::{Plan, words};
use proptest::prelude::*;

/// Squares of 1 km, a letter each, with shapes; row 0 at the top.
fn drawn(rows: &[&str]) -> Territory {
    let cells: Vec<(usize, usize, char)> =
        rows.iter().enumerate().flat_map(|(r, l)| l.chars().enumerate().map(move |(c, code)| (r, c, code))).collect();
    let units = cells.iter().map(|(_, _, code)| Municipality::new(code.to_string(), code.to_string()));
    let mut links = Vec::new();
    for (i, a) in cells.iter().enumerate() {
        for (j, b) in cells.iter().enumerate().skip(i + 1) {
            match (a.0.abs_diff(b.0), a.1.abs_diff(b.1)) {
                (0, 1) | (1, 0) => links.push(Link::border(i, j, 1000.0)),
                (1, 1) => links.push(Link::point(i, j)),
                _ => {}
            }
        }
    }
    let mut territory = Territory::new("drawn", units.collect(), links).unwrap();
    let mut by_code = cells.clone();
    by_code.sort_by_key(|c| c.2);
    let square = |&(r, c, _): &(usize, usize, char)| {
        let (x, y) = (150_000.0 + 1000.0 * c as f64, 200_000.0 - 1000.0 * r as f64);
        MultiPolygon::new(vec![Polygon::new(
            vec![(x, y), (x + 1000.0, y), (x + 1000.0, y + 1000.0), (x, y + 1000.0), (x, y)].into(),
            vec![],
        )])
    };
    let polygons = by_code.iter().map(square).collect();
    territory.add_shapes(Shapes { crs: "EPSG:31370".into(), schematic: false, polygons }).unwrap();
    territory
}

fn attribute(territory: &mut Territory, name: &str, unit: &str, values: &[f64]) {
    let values = values.iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
    let (name, unit) = (name.to_owned(), unit.to_owned());
    territory.add_attribute(Attribute { name, unit, source: "drawn".into(), estimated: false, values }).unwrap();
}

/// A plan from a digit for each municipality in the order of the codes; `.` for none.
fn plan(areas: &str) -> Plan {
    let labels: Vec<String> = areas.chars().map(|c| c.to_string()).collect();
    let labels: Vec<Option<&str>> = labels.iter().map(|l| (l != ".").then_some(l.as_str())).collect();
    Plan::from_labels("drawn", &labels)
}

fn value_against(territory: &Territory, metric: &str, plan: &Plan, baseline: Option<&Plan>) -> f64 {
    let metric = Metric::parse(metric, territory).unwrap();
    let scorer = Scorer::new(territory, Contiguity::default(), &metric, baseline).unwrap();
    let value = scorer.plan(plan);
    assert_eq!(scorer.score(plan).value.map(f64::to_bits), (!value.is_nan()).then_some(value.to_bits()));
    value
}

fn value(territory: &Territory, metric: &str, areas: &str) -> f64 {
    value_against(territory, metric, &plan(areas), None)
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found}, expected {expected}");
}

#[test]
fn compactness_by_hand() {
    // Area 1 is a bar of 2 by 1 km, area 2 an L of three squares.
    let territory = drawn(&["abc", "de"]);
    let areas = "11222".to_owned();
    // a b | c ; d e: 1 = {a, b}; 2 = {c, d, e} is torn: c touches e in a point only.
    close(value(&territory, "polsby_popper_min", &areas), 4.0 * PI * 3.0 / 100.0);
    close(
        value(&territory, "polsby_popper_mean", &areas),
        f64::midpoint(4.0 * PI * 2.0 / 36.0, 4.0 * PI * 3.0 / 100.0),
    );
    close(value(&territory, "polsby_popper", &areas), value(&territory, "polsby_popper_mean", &areas));
    close(value(&territory, "schwartzberg_min", &areas), (4.0 * PI * 3.0 / 100.0).sqrt());
    // A bar of 2 by 1: the circle has the diagonal for diameter. An L of three: {a, b, d} in a square of 2 by 2.
    close(value(&territory, "reock", "11.11"), 4.0 / (PI * 2.0));
    close(value(&territory, "reock", "11..."), 2.0 / (PI * 1.25));
    close(value(&territory, "convex_hull", "11..."), 1.0);
    close(value(&territory, "convex_hull", "11.1."), 3.0 / 3.5);
}

#[test]
fn holes_and_parts_count() {
    let territory = drawn(&["abc", "def", "ghi"]);
    // A ring around e: 12 km outside, 4 km inside.
    close(value(&territory, "polsby_popper_min", "111121111"), 4.0 * PI * 8.0 / 256.0);
    close(value(&territory, "polsby_popper", "1.......1"), 4.0 * PI * 2.0 / 64.0);
    // A municipality of two parts side by side: the line between them is no border of it.
    let mut territory = Territory::new("t", vec![Municipality::new("a", "a")], vec![]).unwrap();
    let part = |x: f64| Polygon::new(vec![(x, 0.0), (x + 1.0, 0.0), (x + 1.0, 1.0), (x, 1.0), (x, 0.0)].into(), vec![]);
    let polygons = vec![MultiPolygon::new(vec![part(0.0), part(1.0)])];
    territory.add_shapes(Shapes { crs: String::new(), schematic: false, polygons }).unwrap();
    close(value(&territory, "polsby_popper", "1"), 4.0 * PI * 2.0 / 36.0);
}

#[test]
fn sizes_and_balance_by_hand() {
    let mut territory = drawn(&["abc", "def"]);
    attribute(&mut territory, "homes", "homes", &[100.0, 200.0, 300.0, 400.0, 500.0, 600.0]);
    // {a, b}: 300; {c, f}: 900; {d, e}: 900. The mean is 700.
    for (metric, expected) in [
        ("areas", 3.0),
        ("min_homes", 300.0),
        ("max_homes", 900.0),
        ("range_homes", 600.0),
        ("deviation_homes", 400.0 / 700.0),
        ("cv_homes", (160_000.0f64 + 40_000.0 + 40_000.0).sqrt() / 3f64.sqrt() / 700.0),
        ("min_municipalities", 2.0),
        ("cv_municipalities", 0.0),
        // a-d, b-e, b-c, e-f are cut.
        ("cut_links", 4.0),
        ("cut_border_km", 4.0),
        ("diameter_km", 1.0),
        ("diameter_links", 1.0),
    ] {
        close(value(&territory, metric, "112332"), expected);
    }
    let metric = Metric::parse("min_homes", &territory).unwrap();
    assert_eq!((metric.unit(), metric.better(), metric.source()), ("homes", Better::Higher, "drawn"));
    let scorer = Scorer::new(&territory, Contiguity::default(), &metric, None).unwrap();
    let score = scorer.score(&plan("112332"));
    let areas: Vec<_> = score.areas.iter().map(|a| (a.area.as_str(), a.value)).collect();
    assert_eq!(areas, [("1", Some(300.0)), ("2", Some(900.0)), ("3", Some(900.0))]);
    assert_eq!(score.telling, Some(0));
}

#[test]
fn reach_by_hand() {
    let mut territory = drawn(&["abc", "def"]);
    attribute(&mut territory, "people", "people", &[1.0, 1.0, 4.0, 0.0, 0.0, 2.0]);
    // The row a b c: b is the best member for 1 each (2), c for the people (1 * 4 + 1 * 1 = 5).
    close(value(&territory, "inertia_municipalities", "111..."), 2.0);
    close(value(&territory, "inertia_people", "111..."), 5.0);
    // The centroid lies at (0 + 1 + 8) / 6 = 1.5 km: 2.25 + 0.25 + 4 * 0.25.
    close(value(&territory, "inertia_centroid_people", "111..."), 3.5);
    close(value(&territory, "inertia_centroid_people", "...11."), 0.0);
    close(value(&territory, "diameter_km", "111111"), 5f64.sqrt());
    close(value(&territory, "diameter_links", "111111"), 3.0);
    // Over links inside the area only: from a around b to c.
    close(value(&territory, "diameter_links", "121111"), 4.0);
    let metric = Metric::parse("diameter_links", &territory).unwrap();
    let scorer = Scorer::new(&territory, Contiguity::default(), &metric, None).unwrap();
    assert_eq!(scorer.score(&plan("12...1")).notes, [Note::Pieces(vec!["1".into()])]);
}

#[test]
fn alignment_and_wishes_by_hand() {
    let mut territory = drawn(&["abcd"]);
    let zones = ["n", "n", "z", "z"].iter().map(|z| Some((*z).to_owned())).collect();
    territory.add_division(Division::from_names("region", zones)).unwrap();
    for (areas, splits, in_zone, in_area) in [
        ("1122", 0.0, 0.0, 0.0),
        ("1212", 2.0, 1.0, 1.0),
        // n is whole in 1; z is half and half: one bit for half of the municipalities. Area 1 is 2 n and 1 z.
        ("1112", 1.0, 0.5, 0.75 * (3f64.log2() - 2.0 / 3.0)),
        ("1111", 0.0, 0.0, 1.0),
        ("1234", 2.0, 1.0, 0.0),
    ] {
        close(value(&territory, "splits_region", areas), splits);
        close(value(&territory, "entropy_region", areas), in_zone);
        close(value(&territory, "entropy_of_region", areas), in_area);
    }
    let wish = |municipality, together_with: &[usize], apart_from: &[usize]| CouncilWish {
        municipality,
        together_with: together_with.to_vec(),
        apart_from: apart_from.to_vec(),
        text: String::new(),
        date: String::new(),
    };
    let territory = territory.with_wishes(vec![wish(0, &[1], &[]), wish(1, &[], &[3]), wish(2, &[], &[])]);
    close(value(&territory, "opinions", "1122"), 1.0);
    close(value(&territory, "opinions", "1222"), 0.0);
    close(value(&territory, "opinions", "1111"), 0.5);
    let metric = Metric::parse("opinions", &territory).unwrap();
    let scorer = Scorer::new(&territory, Contiguity::default(), &metric, None).unwrap();
    assert_eq!(scorer.score(&plan("1122")).notes, [Note::Judged(2, 3)]);
}

#[test]
fn what_moves_by_hand() {
    let mut territory = drawn(&["abcd"]);
    attribute(&mut territory, "people", "people", &[0.1, 0.2, 10.0, 0.3]);
    let baseline = plan("1122");
    let moved = |metric: &str, areas: &str| value_against(&territory, metric, &plan(areas), Some(&baseline));
    assert_eq!(moved("moved_municipalities", "2211"), 0.0);
    assert_eq!(moved("moved_municipalities", "1222"), 1.0);
    // By people the new 1 is matched with the old 2, so that c stays; by municipalities with the old 1.
    assert_eq!((moved("moved_people", "1112"), moved("moved_municipalities", "1112")), (0.6, 1.0));
    assert_eq!(moved("moved_people", "122."), 0.5);
    let metric = Metric::parse("moved_people", &territory).unwrap();
    let scorer = Scorer::new(&territory, Contiguity::default(), &metric, Some(&baseline)).unwrap();
    assert_eq!(scorer.score(&plan("122.")).notes, [Note::OneSided(1)]);
    assert!(matches!(
        Scorer::new(&territory, Contiguity::default(), &metric, None),
        Err(ScoreError::Unavailable { note: Note::NoBaseline, .. })
    ));
}

#[test]
fn what_is_missing_is_said() {
    let mut territory = drawn(&["abc"]);
    attribute(&mut territory, "homes", "homes", &[1.0, f64::NAN, 3.0]);
    let score = |territory: &Territory, metric: &str, areas: &str| {
        let metric = Metric::parse(metric, territory).unwrap();
        Scorer::new(territory, Contiguity::default(), &metric, Some(&plan("112"))).unwrap().score(&plan(areas))
    };
    let found = score(&territory, "min_homes", "112");
    assert_eq!((found.value, found.notes), (None, vec![Note::NoFigures(vec!["b".into()])]));
    assert_eq!(found.areas.iter().map(|a| a.value).collect::<Vec<_>>(), [None, Some(3.0)]);
    assert_eq!(score(&territory, "min_homes", "1.2").value, Some(1.0));
    assert_eq!(score(&territory, "moved_homes", "112").notes, [Note::NoFigures(vec!["b".into()])]);
    assert_eq!(score(&territory, "min_homes", "...").notes, [Note::NoAreas]);
    assert_eq!(score(&territory, "areas", "...").value, Some(0.0));
    attribute(&mut territory, "change", "", &[-1.0, 0.0, 1.0]);
    assert_eq!(score(&territory, "deviation_change", "112").notes, [Note::NoMean]);
    assert_eq!(score(&territory, "moved_change", "112").notes, [Note::Negative(vec!["a".into()])]);

    let bare = Territory::new("bare", vec![Municipality::new("a", "a"), Municipality::new("b", "b")], vec![]).unwrap();
    let lack = |territory: &Territory, metric: &str| {
        let metric = Metric::parse(metric, territory).unwrap();
        match Scorer::new(territory, Contiguity::default(), &metric, None) {
            Err(ScoreError::Unavailable { note, .. }) => note,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(lack(&bare, "diameter_km"), Note::NoPoints);
    assert_eq!(lack(&bare, "polsby_popper"), Note::NoSizes);
    assert_eq!(lack(&bare, "reock"), Note::NoShapes);
    assert_eq!(lack(&bare, "opinions"), Note::NoWishes);
    let flanders = embedded::load("flanders").unwrap().territory;
    assert_eq!(lack(&flanders, "reock"), Note::Schematic);
    assert_eq!(lack(&flanders, "convex_hull_min"), Note::Schematic);
}

#[test]
fn every_note_has_a_sentence() {
    let names = || vec!["a".to_owned(); 7];
    let all = [
        Note::NoPoints,
        Note::NoShapes,
        Note::Schematic,
        Note::NoSizes,
        Note::NoLengths(names()),
        Note::NoBaseline,
        Note::NoWishes,
        Note::NoAreas,
        Note::NoFigures(names()),
        Note::Negative(names()),
        Note::NoMean,
        Note::Pieces(names()),
        Note::OneSided(2),
        Note::Judged(1, 7),
        Note::NoZone(3),
    ];
    for note in &all {
        let values = note.values();
        let values: Vec<(&str, &str)> = values.iter().map(|(n, v)| (*n, v.as_str())).collect();
        for lang in words::Lang::ALL {
            let said = words::say(lang, note.key(), &values);
            assert!(said.ends_with('.') && !said.contains(['?', '{']), "{said}");
            assert_eq!(said.contains('7'), note.to_string().contains('7'), "{said} and {note}");
        }
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    let territory = embedded::load("flanders").unwrap().territory;
    for (name, near) in [
        ("polsby_poper", "polsby_popper"),
        ("min_popluation_2020", "min_population_2020"),
        ("splits_provinces", "splits_province"),
        ("diameter", "did you mean diameter_km?"),
        ("beauty", "DIVISION is one of"),
    ] {
        let message = Metric::parse(name, &territory).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains(near), "{message}");
    }
    let parse = |name: &str| Metric::parse(name, &territory).unwrap();
    assert_eq!(parse("inertia_population_2020").unit(), "people km2");
    assert!(parse("min_social_rental_homes_estimated").is_estimated());
    assert_eq!(parse("schwartzberg").better(), Better::Higher);
}

#[test]
fn a_graph_of_gerrychain_has_perimeters() {
    // Two squares of 1 side by side, and one apart: 6 around the first two.
    let node = |id: &str, perim: &str| format!(r#"{{"id":"{id}","area":1.0{perim}}}"#);
    let graph = |length: &str, lower: &str| {
        format!(
            r#"{{"directed":false,"multigraph":false,"graph":[],"nodes":[{},{},{}],"links":[
            {{"source":"a","target":"b"{length}}},{{"source":"b","target":"c","shared_perim":1.0}}]}}"#,
            node("a", r#","boundary_perim":3.0"#),
            node("b", r#","boundary_perim":2.0"#),
            node("c", lower),
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let load = |text: String| {
        let path = folder.path().join("graph.json");
        std::fs::write(&path, text).unwrap();
        let named = Some(path.display().to_string());
        territory::load(&territory::TerritoryOptions { territory: named, ..Default::default() }).unwrap().territory
    };
    let sound = load(graph(r#","shared_perim":1.0"#, r#","boundary_perim":3.0"#));
    close(value(&sound, "polsby_popper", "11."), 4.0 * PI * 2.0 / 36.0);
    close(value(&sound, "polsby_popper", "111"), 4.0 * PI * 3.0 / 64.0);
    // c borders on nothing but b: a perimeter of 1.
    close(value(&load(graph(r#","shared_perim":1.0"#, "")), "polsby_popper", "..1"), 4.0 * PI);
    let open = load(graph("", r#","boundary_perim":3.0"#));
    assert!(value(&open, "polsby_popper", "111").is_nan() && value(&open, "cut_border_km", "122").is_nan());
    assert_eq!(value(&open, "cut_border_km", "112"), 0.001);
}

/// A coverage of quadrilaterals with shared corners that are anywhere near their place, as GeoJSON in Lambert 72.
fn coverage(side: usize, shifts: &[(f64, f64)]) -> (String, Vec<Polygon<f64>>) {
    let corner = |r: usize, c: usize| {
        let (dx, dy) = shifts[r * (side + 1) + c];
        (150_000.0 + 1000.0 * c as f64 + dx, 170_000.0 + 1000.0 * r as f64 + dy)
    };
    let mut polygons = Vec::new();
    let mut features = Vec::new();
    for r in 0..side {
        for c in 0..side {
            let ring = vec![corner(r, c), corner(r, c + 1), corner(r + 1, c + 1), corner(r + 1, c), corner(r, c)];
            let positions: Vec<[f64; 2]> = ring.iter().map(|&(x, y)| [x, y]).collect();
            polygons.push(Polygon::new(ring.into(), vec![]));
            features.push(serde_json::json!({
                "type": "Feature", "properties": { "code": format!("{:02}", r * side + c) },
                "geometry": { "type": "Polygon", "coordinates": [positions] },
            }));
        }
    }
    let crs = serde_json::json!({ "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::31370" } });
    let text = serde_json::json!({ "type": "FeatureCollection", "crs": crs, "features": features }).to_string();
    (text, polygons)
}

fn around(shape: &MultiPolygon<f64>) -> f64 {
    let ring = |r: &geo::LineString<f64>| -> f64 { r.lines().map(|l| l.dx().hypot(l.dy())).sum() };
    shape.iter().map(|p| ring(p.exterior()) + p.interiors().iter().map(ring).sum::<f64>()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The way over members and common borders gives what the union of the polygons gives.
    #[test]
    fn compactness_is_that_of_the_union(
        shifts in prop::collection::vec((-300.0..300.0f64, -300.0..300.0f64), 25),
        of in prop::collection::vec(0u8..4, 16),
    ) {
        let (text, polygons) = coverage(4, &shifts);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.geojson");
        std::fs::write(&path, text).unwrap();
        let named = Some(path.display().to_string());
        let options = territory::TerritoryOptions { territory: named, ..Default::default() };
        let territory = territory::load(&options).unwrap().territory;
        let labels: Vec<String> = of.iter().map(ToString::to_string).collect();
        let plan = Plan::from_labels("p", &labels.iter().map(|l| Some(l.as_str())).collect::<Vec<_>>());
        for metric in ["polsby_popper", "schwartzberg", "convex_hull", "reock"] {
            let parsed = Metric::parse(metric, &territory).unwrap();
            let score = Scorer::new(&territory, Contiguity::default(), &parsed, None).unwrap().score(&plan);
            for (area, found) in (0..).zip(&score.areas) {
                let union = unary_union(&plan.members(area).map(|m| polygons[m].clone()).collect::<Vec<_>>());
                let (size, length) = (union.unsigned_area(), around(&union));
                let expected = match metric {
                    "polsby_popper" => 4.0 * PI * size / (length * length),
                    "schwartzberg" => 2.0 * (PI * size).sqrt() / length,
                    "convex_hull" => size / union.convex_hull().unsigned_area(),
                    _ => {
                        let hull = union.convex_hull();
                        let mut corners: Vec<[f64; 2]> = hull.exterior().coords().map(|c| [c.x, c.y]).collect();
                        let circle = landmeter::score::enclosing_circle(&mut corners).unwrap();
                        size / (PI * circle.radius * circle.radius)
                    }
                };
                let found = found.value.unwrap();
                prop_assert!((found - expected).abs() < 1e-7, "{metric}: {found}, by the union {expected}");
                prop_assert!((0.0..=1.0 + 1e-9).contains(&found));
            }
        }
    }
}

/// Any graph of up to nine municipalities.
fn graphs() -> impl Strategy<Value = (usize, Vec<(usize, usize)>, Vec<bool>)> {
    (2usize..10).prop_flat_map(|n| {
        let pairs = prop::collection::vec((0..n, 0..n), 0..20)
            .prop_map(|p| p.into_iter().filter(|(a, b)| a != b).collect::<Vec<_>>());
        (Just(n), pairs, prop::collection::vec(any::<bool>(), n))
    })
}

proptest! {
    #[test]
    fn steps_are_those_of_floyd_and_warshall((n, pairs, inside) in graphs()) {
        let units = (0..n).map(|i| Municipality::new(i.to_string(), i.to_string())).collect();
        let links = pairs.iter().map(|&(a, b)| Link::border(a, b, 10.0)).collect();
        let territory = Territory::new("g", units, links).unwrap();
        let mut steps = vec![vec![u32::MAX / 4; n]; n];
        for &(a, b) in pairs.iter().filter(|(a, b)| inside[*a] && inside[*b]) {
            (steps[a][b], steps[b][a]) = (1, 1);
        }
        for via in 0..n {
            for a in 0..n {
                for b in 0..n {
                    steps[a][b] = steps[a][b].min(steps[a][via] + steps[via][b]);
                }
            }
        }
        let of = |a: usize, b: usize| if a == b { 0 } else { steps[a][b] };
        let members: Vec<usize> = (0..n).filter(|&m| inside[m]).collect();
        let all: Vec<u32> = members.iter().flat_map(|&a| members.iter().map(move |&b| of(a, b))).collect();
        let farthest = all.iter().copied().filter(|s| *s < 100).max();
        let areas: String = inside.iter().map(|i| if *i { '1' } else { '.' }).collect();
        let metric = Metric::parse("diameter_links", &territory).unwrap();
        let score = Scorer::new(&territory, Contiguity::default(), &metric, None).unwrap().score(&plan(&areas));
        prop_assert_eq!(score.value, farthest.map(f64::from));
        let torn = all.iter().any(|s| *s >= 100);
        prop_assert_eq!(score.notes.contains(&Note::Pieces(vec!["1".into()])), torn);
    }

    /// No way to match the areas one to one lets less move.
    #[test]
    fn moves_are_the_fewest_of_all_matchings(
        rows in prop::collection::vec((0u32..5, 0u32..5, 0u32..50), 1..12)
    ) {
        let mut territory = Territory::new(
            "g",
            (0..rows.len()).map(|i| Municipality::new(format!("{i:02}"), "m")).collect(),
            vec![],
        ).unwrap();
        let weights: Vec<f64> = rows.iter().map(|r| f64::from(r.2) / 4.0).collect();
        attribute(&mut territory, "people", "people", &weights);
        // Area 4 stands for no area.
        let areas = |pick: &dyn Fn(&(u32, u32, u32)) -> u32| -> String {
            rows.iter().map(|r| char::from_digit(pick(r), 10).filter(|c| *c != '4').unwrap_or('.')).collect()
        };
        let (a, b) = (plan(&areas(&|r| r.0)), plan(&areas(&|r| r.1)));
        let mut least = f64::INFINITY;
        // Every permutation of four, so that a row of areas may also be matched with an area that does not exist.
        for code in 0..256u32 {
            let to: Vec<u32> = (0..4).map(|i| code >> (2 * i) & 3).collect();
            if (0..4).any(|i| (0..i).any(|j| to[i] == to[j])) {
                continue;
            }
            let moves = |r: &&(u32, u32, u32)| match (r.0, r.1) {
                (4, 4) => false,
                (4, _) | (_, 4) => true,
                (x, y) => to[x as usize] != y,
            };
            least = least.min(rows.iter().filter(moves).map(|r| f64::from(r.2) / 4.0).sum());
        }
        prop_assert_eq!(value_against(&territory, "moved_people", &a, Some(&b)), least);
        prop_assert_eq!(value_against(&territory, "moved_people", &b, Some(&a)), least, "the other way round");
    }
}

/// Metrics of every kind on the embedded territory.
const ALL: &str = "areas cut_links cut_border_km min_population_2020 range_households_2021 cv_social_rental_homes_estimated \
deviation_population_2020 polsby_popper_mean polsby_popper_min schwartzberg_mean diameter_km diameter_links \
inertia_population_2020 inertia_centroid_households_2021 moved_municipalities moved_population_2020 splits_province \
entropy_region_2022 entropy_of_region_2022 opinions";

#[test]
fn the_names_of_areas_and_the_order_of_files_change_no_bit() {
    let flanders = embedded::load("flanders").unwrap();
    let territory = &flanders.territory;
    let official = flanders.official_plan("official-2022").unwrap();
    // Other names, in another order.
    let renamed = |a: u32| format!("{:03}", (a * 17 + 5) % 101);
    let labels: Vec<Option<String>> = official.of.iter().map(|&a| (a != NONE).then(|| renamed(a))).collect();
    let labels: Vec<Option<&str>> = labels.iter().map(Option::as_deref).collect();
    let other = Plan::from_labels("other", &labels);
    assert_eq!(other.areas.len(), official.areas.len());
    let mut labels: Vec<Option<&str>> =
        official.of.iter().map(|&a| Some(official.areas[a as usize].as_str())).collect();
    labels.rotate_left(7);
    let baseline = Plan::from_labels("baseline", &labels);
    let mut scratch = Scratch::default();
    for name in ALL.split(' ') {
        let metric = Metric::parse(name, territory).unwrap();
        let scorer = Scorer::new(territory, Contiguity::default(), &metric, Some(&baseline)).unwrap();
        let (one, two) = (scorer.plan(&official), scorer.plan(&other));
        assert!(one.is_finite() && one.to_bits() == two.to_bits(), "{name}: {one} and {two}");
        if metric.is_per_area() {
            let area = |a: u32| (0..).zip(&official.of).filter(|(_, of)| **of == a).map(|(m, _)| m).collect::<Vec<_>>();
            let terms: Vec<f64> = (0..42).map(|a| scorer.area(&area(a), &mut scratch)).collect();
            assert_eq!(scorer.whole(&terms).to_bits(), one.to_bits(), "{name}");
        } else {
            assert!(scorer.area(&[0], &mut scratch).is_nan() && scorer.whole(&[1.0]).is_nan());
        }
    }
    // A drawn territory with its municipalities in another order.
    let (there, back) = (drawn(&["abc", "def"]), drawn(&["fed", "cba"]));
    for metric in ["polsby_popper", "reock", "convex_hull", "inertia_municipalities", "diameter_km", "cut_border_km"] {
        close(value(&there, metric, "112332"), value(&back, metric, "112332"));
    }
}
