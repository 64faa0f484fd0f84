//! What is inside the program: the official map, its rulebook, its register.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Room, has_keys};

fn findings(verdict: &Value) -> &[Value] {
    verdict["findings"].as_array().unwrap()
}

/// The areas with a violation of a rule.
fn areas(verdict: &Value, rule: &str) -> BTreeSet<String> {
    let of_rule = findings(verdict).iter().filter(|f| f["severity"] == "violation" && f["rule"] == rule);
    of_rule.map(|f| f["area"].as_str().unwrap().to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&n| n.to_owned()).collect()
}

#[test]
fn the_official_map_conforms_with_its_derogations() {
    let verdict = Room::new().run("check --format json").code(0).json();
    has_keys(&verdict, "plan verdict findings areas territory rulebook inputs version");
    assert_eq!(verdict["verdict"], "conform-with-derogations");
    assert_eq!(verdict["areas"].as_array().unwrap().len(), 42);
    for finding in findings(&verdict).iter().filter(|f| f["severity"] == "violation") {
        has_keys(&finding["derogation"], "decided_by date reason");
    }
}

#[test]
fn without_them_the_known_deviations_are_found() {
    let verdict = Room::new().run("check official-2022 --format json").code(1).json();
    assert_eq!(verdict["verdict"], "not-conform");
    assert_eq!(
        areas(&verdict, "contiguity"),
        set(&["Kempen-Noord", "Kust-Noord", "Midwest-West", "Zuid-West-Vlaanderen-Zuid"])
    );
    assert_eq!(
        areas(&verdict, "reference-region"),
        set(&["Kust-Noord", "Midwest-West", "Oost-Brabant-West", "Waasland-Oost", "Zuid-West-Vlaanderen-Midden"])
    );
    assert!(areas(&verdict, "enclosure").is_empty());
    let other = Room::new().run("check --derogations none --format json").code(1).json();
    assert_eq!(findings(&other).len(), findings(&verdict).len());
}

#[test]
fn derogations_that_are_not_yet_granted_cover_nothing() {
    let verdict = Room::new().run("check --as-of 2020-01-01 --format json").code(1).json();
    assert_eq!(verdict["verdict"], "not-conform");
}

#[test]
fn a_sentence_in_either_language() {
    let room = Room::new();
    let (en, nl) = (room.run("check").code(0).out, room.run("check --lang nl").code(0).out);
    assert_ne!(en, nl);
    assert!(nl.starts_with("Het plan") && en.starts_with("The plan"), "{nl}");
    let json = room.run("check --lang nl --format json").code(0).json();
    assert!(findings(&json).iter().all(|f| f["message"].as_str().is_some_and(|m| !m.is_empty())));
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let room = Room::new();
    for command in ["check official-2022 --format json", "check official-2022", "adjacency --format json", "map"] {
        let one = room.run(&format!("{command} --threads 1")).out;
        assert!(!one.is_empty());
        assert_eq!(one, room.run(&format!("{command} --threads 2")).out, "{command}");
    }
}

#[test]
fn everything_inside_is_listed_shown_and_taken_out() {
    let room = Room::new();
    let list = room.run("data list --format json").code(0).json();
    let entries = list.as_array().unwrap();
    assert!(!entries.is_empty());
    let text = room.run("data list").code(0).out;
    for entry in entries {
        has_keys(entry, "name kind");
        assert!(text.contains(entry["name"].as_str().unwrap()));
    }
    for name in ["flanders-2024", "flanders-2025", "official-2022", "vlaanderen-2021", "vlaanderen-2025", "general"] {
        assert!(entries.iter().any(|e| e["name"] == name), "{name} is not listed");
    }
    let shown = room.run("data show vlaanderen-2021").code(0).out;
    assert!(shown.contains("[[rule]]"), "{shown}");
    room.run("data export vlaanderen-2021 -o my.toml").code(0);
    assert_eq!(room.read("my.toml"), shown);
    // What was taken out goes in again, with the same verdict.
    let own = room.run("check --rules my.toml --format json").code(0).json();
    let built_in = room.run("check --format json").code(0).json();
    assert_eq!(own["findings"], built_in["findings"]);
}

#[test]
fn an_exported_plan_is_judged_like_the_embedded_one() {
    let room = Room::new();
    room.run("data export official-2022 -o plan.csv").code(0);
    let own = room.run("check plan.csv --format json").code(1).json();
    let built_in = room.run("check official-2022 --format json").code(1).json();
    assert_eq!(own["findings"], built_in["findings"]);
}

#[test]
fn an_export_does_not_write_over_what_it_was_not_told_to() {
    let room = Room::new();
    room.run("data export vlaanderen-2021").code(0).tells(&["vlaanderen-2021"]);
    let name = room.names().remove(0);
    room.run("data export vlaanderen-2021").code(2).tells(&[&name, "-o"]);
    std::fs::create_dir(room.path("folder")).unwrap();
    room.run("data export vlaanderen-2021 -o folder").code(0);
    assert!(room.path("folder").join(name).is_file());
}

#[test]
fn an_unknown_name_suggests_the_nearest() {
    let room = Room::new();
    for arguments in
        ["data show vlaanderen-2012", "check --rules vlaanderen-2012", "check --derogations vlaanderen-2012"]
    {
        room.run(arguments).code(2).tells(&["vlaanderen-2012"]);
    }
    room.run("check --rules vlaanderen-2012").code(2).tells(&["vlaanderen-2021"]);
    room.run("check --territory flandres").code(2).tells(&["flanders"]);
}

#[test]
fn the_map_of_the_official_plan() {
    let room = Room::new();
    room.run("map -o official.svg").code(0);
    let svg = room.read("official.svg");
    assert!(svg.contains("<svg") && svg.contains("<title") && svg.contains("Kempen-Noord"));
    assert!(svg.contains("Schematic lines"), "schematic lines are not called so");
}
