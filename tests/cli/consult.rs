//! `landmeter consult`: one consultation, drawn on a grid of six.

use serde_json::{Value, json};

use super::{Room, grid, has_keys, plan, texts};

const RULES: &str = r#"
name = "drawn"
date = "2021-01-01"
deadline = "2021-10-31"
title = { nl = "Getekend", en = "Drawn" }
[contiguity]
min_border_m = 1.0
[[rule]]
id = "assignment"
kind = "assignment"
hard = true
text = { nl = "Een gebied.", en = "One area." }
[[rule]]
id = "contiguity"
kind = "contiguity"
hard = true
text = { nl = "Aaneengesloten.", en = "In one piece." }
[[rule]]
id = "expertise"
kind = "expertise"
actors = ["SHM", "SVK"]
hard = false
text = { nl = "Ervaring.", en = "Experience." }
"#;

/// ```text
/// a b c     west: a d -> W      east: b c e -> E, f -> F      odd: a c -> O (not in one piece)
/// d e f
/// ```
fn room() -> Room {
    let room = Room::new();
    std::fs::create_dir_all(room.path("c/plans")).unwrap();
    room.write("grid.geojson", &grid()).write("rules.toml", RULES);
    room.write("c/plans/west.csv", &plan("ad", "WW"));
    room.write("c/plans/east.csv", "nis,area,company\nb,E,Groot\nc,E,Groot\ne,E,Groot\nf,F,\n");
    room.write("c/plans/odd.csv", &plan("ac", "OO"));
    room.write(
        "c/proposals.csv",
        "proposal,submitter,date,councils,motivation\n\
         west,a and d,2021-10-31,West;Dee,together for long\n\
         east,b,2021-11-01,East,\n\
         odd,a,2021-10-01,,because\n",
    );
    room.write("c/councils.csv", "council,nis\nWest,a\nDee,d\nEast,b\nEast,c\nEast,e\n");
    room.write(
        "c/actors.csv",
        "actor,kind,nis,homes\nGroot,SHM,a,100\nGroot,SHM,b,300\nKlein,SHM,a,40\nKlein,SHM,d,90\nHuur,SVK,d,20\nKlein,SHM,e,60\n",
    );
    room.write(
        "c/opinions.csv",
        "nis,view,actor,proposal,with\n\
         a,first,,west,\n\
         d,refused,,,a\n\
         c,first,,odd,\n\
         e,first,,,f\n\
         a,acceptable,Klein,west,\n\
         d,first,Klein,,a\n\
         b,first,Groot,,c;e\n",
    );
    room
}

const RUN: &str = "consult c --territory grid.geojson --rules rules.toml";

fn by_name<'v>(all: &'v Value, key: &str, name: &str) -> &'v Value {
    all.as_array().unwrap().iter().find(|v| v[key] == name).unwrap_or_else(|| panic!("no {name} in {all}"))
}

#[test]
fn each_proposal_with_its_verdict_and_what_is_missing() {
    let found = room().run(&format!("{RUN} --format json")).code(1).json();
    has_keys(&found, "proposals overlaps gaps compatible_sets chosen faults territory rulebook inputs version");
    let of = |name| by_name(&found["proposals"], "proposal", name);
    let (west, east, odd) = (of("west"), of("east"), of("odd"));
    assert_eq!(
        (&west["verdict"], &east["verdict"], &odd["verdict"]),
        (&json!("conform"), &json!("conform"), &json!("not-conform"))
    );
    assert_eq!((&west["late"], &east["late"]), (&json!(false), &json!(true)));
    assert_eq!((texts(&west["unsupported"]), texts(&east["unsupported"])), (vec![], vec!["f"]));
    assert_eq!(texts(&odd["unsupported"]), ["a", "c"]);
    assert_eq!((&west["unmotivated"], &east["unmotivated"]), (&json!(false), &json!(true)));
    // Active in a and d: Groot, Klein and Huur; only Klein gave an opinion on these.
    let unheard = json!([{ "municipality": "a", "actor": "Groot" }, { "municipality": "d", "actor": "Huur" }]);
    assert_eq!(west["without_opinion"], unheard);
    assert_eq!(found["faults"], json!([]));
}

#[test]
fn overlaps_gaps_and_what_can_stand_together() {
    let found = room().run(&format!("{RUN} --format json")).code(1).json();
    let overlaps = json!([
        { "a": "east", "b": "odd", "contested": ["c"], "agreed": [] },
        { "a": "odd", "b": "west", "contested": ["a"], "agreed": [] },
    ]);
    assert_eq!((&found["overlaps"], &found["gaps"]), (&overlaps, &json!([])));
    assert_eq!(found["compatible_sets"], json!([["east", "west"], ["odd"]]));
}

#[test]
fn who_is_overruled_and_what_changes_hands_by_the_chosen_map() {
    let room = room();
    room.write("decided.csv", "nis,area,company\na,W,\nd,W,\nb,E,Groot\nc,E,Groot\ne,E,Groot\nf,F,\n");
    let found = room.run(&format!("{RUN} --chosen decided.csv --format json")).code(1).json();
    let chosen = &found["chosen"];
    assert_eq!(chosen["verdict"], "conform");
    let overruled: Vec<(&str, &str)> = (chosen["opinions"].as_array().unwrap().iter())
        .filter(|o| o["overruled"] == true)
        .map(|o| (o["municipality"].as_str().unwrap(), o["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(overruled, [("c", "not-wanted"), ("d", "refused"), ("e", "not-wanted")]);
    assert_eq!(texts(&chosen["proposals_not_followed"]), ["odd"]);
    let hands = &chosen["changes_hands"];
    // In W Klein has 40 + 90 and Groot 100; in E the plan names Groot.
    let w = by_name(&hands["areas"], "area", "W");
    assert_eq!((texts(&w["successor"]), &w["by"], texts(&w["without"])), (vec!["Klein"], &json!("most-homes"), vec![]));
    let e = by_name(&hands["areas"], "area", "E");
    assert_eq!((texts(&e["successor"]), &e["by"], texts(&e["without"])), (vec!["Groot"], &json!("named"), vec!["SVK"]));
    let groot = by_name(&hands["actors"], "actor", "Groot");
    assert_eq!((&groot["keeps"], &groot["gives"], &groot["takes"]), (&json!(300), &json!(100), &json!(60)));
    let huur = by_name(&hands["actors"], "actor", "Huur");
    assert_eq!((&huur["fate"], &huur["gives_to"]), (&json!("merges"), &json!(["W"])));
    // The proposal itself may be named as well, and says nothing of who it does not cover.
    let west = room.run(&format!("{RUN} --chosen west --format json")).code(1).json();
    assert_eq!(by_name(&west["chosen"]["opinions"], "municipality", "c")["outcome"], "no-area");
}

#[test]
fn the_text_says_the_same_in_both_languages() {
    let room = room();
    let english = room.run(&format!("{RUN} --chosen east")).code(1).out;
    for words in [
        "3 proposals: 2 pairs contest a municipality",
        "Late: the last day was 2021-10-31.",
        "There is no opinion of Huur on Place d (d).",
        "Can stand together, and nothing can be added: east and west.",
        "Place e (e) gets nothing that it wants or accepts",
        "E: Groot (named in the plan); no SVK is active there.",
    ] {
        assert!(english.contains(words), "{words:?} is not in\n{english}");
    }
    let dutch = room.run(&format!("{RUN} --chosen east --lang nl")).code(1).out;
    assert!(dutch.contains("Te laat: de laatste dag was 2021-10-31.") && dutch.contains("motiveren"), "{dutch}");
    assert!(!dutch.contains('?') && !english.contains('?'), "{dutch}\n{english}");
    let run = |n: u8| room.run(&format!("{RUN} --threads {n} --format json")).out;
    assert_eq!(run(1), run(2));
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_the_rest_goes_on() {
    let room = room();
    room.write(
        "c/actors.csv",
        "actor,kind,nis,homes\nGroot,SHM,a,100\nGROOT,SHM,b,300\nKlein,SHM,x9,40\nKlein,SHM,d,-90\nHuur,SVK,d,20\n\
         Huur,SVK,d,20\nHuur,SVK,b,1\nHuur,SVK,b,2\nHuur,SHM,e,5\n",
    );
    room.write("c/councils.csv", "council,nis\nWest,a\nwest,d\nEast,b\n");
    room.write(
        "c/proposals.csv",
        "proposal,submitter,date,councils,motivation\n\
         west,a,2021-02-30,west,x\nwest,b,2021-02-03,West,x\nEast,b,2021-10-31,Eest,\nnone,z,2021-01-01,,\n",
    );
    room.write(
        "c/opinions.csv",
        "nis,view,actor,proposal,with\na,first,,west,\na,refused,,west,\nb,perhaps,,,c\nb,first,Grot,,c\nb,first,,,\nb,first,,,c\n",
    );
    room.write("c/plans/broken.json", "{ \"a\": ");
    let found = room.run(&format!("{RUN} --format json")).code(1).json();
    let faults: Vec<(String, Option<u64>, String)> = (found["faults"].as_array().unwrap().iter())
        .map(|f| (f["file"].as_str().unwrap().into(), f["line"].as_u64(), f["code"].as_str().unwrap().into()))
        .collect();
    let has = |file: &str, line: Option<u64>, code: &str| {
        assert!(faults.contains(&(file.into(), line, code.into())), "{code} of {file} {line:?} is not in {faults:?}");
    };
    for (line, code) in [(3, "C107"), (4, "C101"), (5, "C104"), (7, "C105"), (9, "C106"), (10, "C106")] {
        has("actors.csv", Some(line), code);
    }
    has("councils.csv", Some(3), "C107");
    for (line, code) in [(3, "C106"), (4, "C107"), (5, "C115")] {
        has("proposals.csv", Some(line), code);
    }
    has("proposals.csv", None, "C114");
    for (line, code) in [(3, "C106"), (4, "C111"), (5, "C108"), (6, "C116")] {
        has("opinions.csv", Some(line), code);
    }
    assert!(faults.iter().any(|(file, _, code)| file == "plans/broken.json" && code == "C113"), "{faults:?}");
    assert_eq!(found["proposals"].as_array().unwrap().len(), 3);
    let text = room.run(RUN).code(1).out;
    assert!(text.contains("actors.csv, line 5: \"-90\" is not a number of homes"), "{text}");
}

#[test]
fn what_is_not_there_ends_the_work() {
    let room = Room::new();
    room.write("grid.geojson", &grid());
    room.run("consult none --territory grid.geojson").code(2).tells(&["none/proposals.csv", "E101"]);
    let room = self::room();
    room.write("c/actors.csv", "actor,kind,homes\nX,SHM,1\n");
    room.run(RUN).code(2).tells(&["c/actors.csv", "line 1", "nis"]);
}
