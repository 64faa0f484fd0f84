//! A territory of one's own: six squares, whose answers are known by hand.

use serde_json::{Value, json};

use super::{Room, grid, grid_of, has_keys, plan, texts};

fn room() -> Room {
    let room = Room::new();
    room.write("grid.geojson", &grid());
    room
}

#[test]
fn a_sound_file_has_no_problems() {
    let found = room().run("inspect --territory grid.geojson --format json").code(0).json();
    has_keys(&found, "municipalities crs problems");
    assert_eq!((&found["municipalities"], &found["problems"]), (&json!(6), &json!([])));
    assert_eq!(found["crs"], "EPSG:31370");
}

#[test]
fn problems_are_listed_and_the_work_is_done() {
    let room = Room::new();
    room.write("wide.geojson", &grid_of(&["abc", "def"], 5.0));
    let found = room.run("inspect --territory wide.geojson --format json").code(0).json();
    let overlaps: Vec<&Value> =
        found["problems"].as_array().unwrap().iter().filter(|p| p["kind"] == "overlap").collect();
    assert!(overlaps.iter().any(|p| texts(&p["municipalities"]) == ["a", "b"]), "{overlaps:?}");
    has_keys(overlaps[0], "code kind municipalities length_m area_m2 place");
    let text = room.run("inspect --territory wide.geojson").code(0).out;
    assert!(!text.trim().is_empty());
}

#[test]
fn links_are_sorted_and_measured() {
    let room = room();
    let expected = ["ab", "ad", "ae point", "bc", "bd point", "be", "bf point", "ce point", "cf", "de", "ef"];
    for contiguity in ["rook", "queen"] {
        let arguments = format!("adjacency --territory grid.geojson --contiguity {contiguity} --format json");
        let found = room.run(&arguments).code(0).json();
        assert_eq!(texts(&found["units"]), ["a", "b", "c", "d", "e", "f"]);
        let links = found["links"].as_array().unwrap();
        assert_eq!(links.len(), expected.len(), "{links:?}");
        for (link, expected) in links.iter().zip(expected) {
            let point = expected.ends_with("point");
            let ends = format!("{}{}", link["a"].as_str().unwrap(), link["b"].as_str().unwrap());
            assert_eq!(
                (ends.as_str(), &link["kind"]),
                (&expected[..2], &json!(if point { "point" } else { "border" }))
            );
            let length = if point { 0.0 } else { 1000.0 };
            assert!((link["length_m"].as_f64().unwrap() - length).abs() < 0.01, "{link}");
            assert_eq!(link["counts"], json!(!point || contiguity == "queen"));
        }
        assert_eq!((&found["components"], &found["islands"]), (&json!(1), &json!([])));
    }
}

#[test]
fn links_in_every_form() {
    let room = room();
    let run = |form: &str| room.run(&format!("adjacency --territory grid.geojson --format {form}")).code(0);
    assert!(run("csv").out.lines().count() >= 8, "a header and at least the seven borders");
    assert!(run("gal").out.lines().next().unwrap().contains('6'), "the first line of GAL holds the number of units");
    has_keys(&run("networkx").json(), "nodes adjacency");
    assert!(!run("text").out.is_empty());
}

#[test]
fn a_connected_plan_conforms() {
    let room = room();
    room.write("good.csv", &plan("abcdef", "112112"));
    let found = room.run("check good.csv --territory grid.geojson --format json").code(0).json();
    has_keys(&found, "plan verdict findings areas territory rulebook inputs version");
    assert_eq!((&found["plan"], &found["verdict"]), (&json!("good"), &json!("conform")));
    assert_eq!(found["areas"].as_array().unwrap().len(), 2);
    let inputs: Vec<&str> = found["inputs"].as_array().unwrap().iter().map(|i| i["path"].as_str().unwrap()).collect();
    assert!(inputs.contains(&"good.csv") && inputs.contains(&"grid.geojson"), "{inputs:?}");
    assert!(found["inputs"].as_array().unwrap().iter().all(|i| i["sha256"].as_str().unwrap().len() == 64));
}

#[test]
fn a_torn_area_does_not_conform() {
    let room = room();
    room.write("torn.csv", &plan("abcdef", "122221"));
    let found = room.run("check torn.csv --territory grid.geojson --format json").code(1).json();
    assert_eq!(found["verdict"], "not-conform");
    let finding = found["findings"].as_array().unwrap().iter().find(|f| f["severity"] == "violation").unwrap();
    has_keys(finding, "code severity rule area municipalities amount unit derogation remedy source message");
    assert_eq!(finding["area"], "1");
    let text = room.run("check torn.csv --territory grid.geojson").code(1).out;
    assert!(text.contains(finding["code"].as_str().unwrap()), "{text}");
    assert!(!text.contains('\u{1b}'), "colour in a pipe");
    assert!(room.run("check torn.csv --territory grid.geojson --color always").code(1).out.contains('\u{1b}'));
}

#[test]
fn corners_join_only_for_a_queen_and_that_is_said() {
    let room = room();
    // a and e, c and e touch in a point only.
    room.write("corners.csv", &plan("abcdef", "121213"));
    room.run("check corners.csv --territory grid.geojson").code(1);
    let queen = room.run("check corners.csv --territory grid.geojson --contiguity queen").code(0).tells(&["queen"]);
    assert!(queen.out.contains("queen"), "{}", queen.out);
    let queen = room.run("check corners.csv --territory grid.geojson --contiguity queen --format json").code(0).json();
    assert_eq!(
        (&queen["rulebook"]["contiguity"]["points"], &queen["rulebook"]["overruled"]),
        (&json!(true), &json!(true))
    );
    room.write("good.csv", &plan("abcdef", "112112"));
    room.run("check good.csv --territory grid.geojson --min-border 999").code(0).tells(&["999"]);
    let quiet = room.run("check good.csv --territory grid.geojson --min-border 999 --quiet").code(0);
    assert_eq!(quiet.err, "");
}

#[test]
fn several_plans_are_an_array_in_the_order_given() {
    let room = room();
    room.write("good.csv", &plan("abcdef", "112112")).write("torn.csv", &plan("abcdef", "122221"));
    let found = room.run("check torn.csv good.csv --territory grid.geojson --format json").code(1).json();
    let verdicts: Vec<_> = found.as_array().unwrap().iter().map(|v| (&v["plan"], &v["verdict"])).collect();
    assert_eq!(verdicts, [(&json!("torn"), &json!("not-conform")), (&json!("good"), &json!("conform"))]);
}

#[test]
fn an_unknown_code_is_a_finding_that_suggests_the_nearest() {
    let room = Room::new();
    let grid = grid().replace(r#""code":"a""#, r#""code":"Alden""#);
    room.write("grid.geojson", &grid);
    room.write("plan.csv", "nis,area\nAldn,1\nb,1\nc,1\nd,1\ne,1\nf,1\n");
    let found = room.run("check plan.csv --territory grid.geojson --format json").code(1).json();
    let messages: Vec<&str> =
        found["findings"].as_array().unwrap().iter().map(|f| f["message"].as_str().unwrap()).collect();
    assert!(messages.iter().any(|m| m.contains("Aldn") && m.contains("Alden")), "{messages:?}");
}

#[test]
fn an_unknown_column_suggests_the_nearest() {
    let room = room();
    room.write("plan.csv", "nis,workingarea\na,1\nb,1\nc,1\nd,1\ne,1\nf,1\n");
    room.run("check plan.csv --territory grid.geojson --area-column workingaera").code(2).tells(&[
        "plan.csv",
        "workingaera",
        "workingarea",
    ]);
    room.run("check plan.csv --territory grid.geojson --area-column workingarea").code(0);
    room.run("inspect --territory grid.geojson --id codes").code(2).tells(&["codes", "code"]);
}

#[test]
fn no_plan_and_no_official_plan_is_a_usage_error() {
    room().run("check --territory grid.geojson").code(2).tells(&["name a plan"]);
}

#[test]
fn a_rulebook_of_one_s_own() {
    let room = room();
    room.write(
        "rules.toml",
        r#"
name = "two-areas"
date = "2026-01-01"
title = { nl = "Twee gebieden", en = "Two areas" }

[[rule]]
id = "number"
kind = "area-count"
hard = true
at_least = 3
source = { act = "Our own" }
text = { nl = "Minstens drie gebieden", en = "At least three areas" }
"#,
    );
    room.write("good.csv", &plan("abcdef", "112112"));
    let found = room.run("check good.csv --territory grid.geojson --rules rules.toml --format json").code(1).json();
    assert_eq!(found["rulebook"]["name"], "two-areas");
    assert_eq!(found["findings"][0]["rule"], "number");
}

#[test]
fn the_output_is_the_same_in_a_file_and_for_any_number_of_threads() {
    let room = room();
    room.write("torn.csv", &plan("abcdef", "122221"));
    let check = "check torn.csv --territory grid.geojson --format json";
    let one = room.run(&format!("{check} --threads 1")).code(1).out;
    let two = room.run(&format!("{check} --threads 2 -o verdict.json")).code(1);
    assert_eq!((two.out.as_str(), room.read("verdict.json")), ("", one));
}

#[test]
fn the_map_is_an_svg_that_can_be_read_aloud() {
    let room = room();
    room.write("torn.csv", &plan("abcdef", "122221"));
    let svg = room.run("map torn.csv --territory grid.geojson").code(0).out;
    assert!(svg.contains("<svg") && svg.contains("<title") && svg.contains("<desc") && svg.contains("</svg>"));
}
