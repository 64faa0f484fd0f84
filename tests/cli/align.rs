//! `landmeter align`: two divisions held against each other.

use serde_json::json;

use super::{Room, grid, has_keys, plan, texts};

fn room() -> Room {
    let room = Room::new();
    room.write("grid.geojson", &grid());
    room.write("councils.csv", &plan("abcdef", "WWKWKK")).write("regions.csv", &plan("abcdef", "PQQPQQ"));
    room
}

#[test]
fn who_is_split_and_the_fewest_moves_that_mend_it() {
    let room = room();
    let found = room.run("align councils.csv regions.csv --territory grid.geojson --format json").code(0).json();
    has_keys(&found, "nested splits smallest_realignment findings overview territory inputs version");
    assert_eq!((&found["nested"], &found["splits"][0]["area"]), (&json!(false), &json!("W")));
    let parts = &found["splits"][0]["parts"];
    assert_eq!((&parts[0]["in"], texts(&parts[0]["municipalities"])), (&json!("P"), vec!["a", "d"]));
    assert_eq!((&parts[1]["in"], texts(&parts[1]["municipalities"])), (&json!("Q"), vec!["b"]));
    assert!((parts[1]["share"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-12);
    let realignment = &found["smallest_realignment"];
    assert_eq!(realignment["moves"], json!([{ "municipality": "b", "from": "W", "to": "K" }]));
    assert_eq!((&realignment["proved_smallest"], &realignment["new_areas"]), (&json!(true), &json!([])));
    let text = room.run("align councils.csv regions.csv --territory grid.geojson").code(0).out;
    assert!(
        text.starts_with("councils does not nest in regions: 1 of its 2 areas lies in more than one area"),
        "{text}"
    );
    assert!(text.contains("Place b (b) from W to K") && text.contains("in one piece"), "{text}");
    let dutch = room.run("align councils.csv regions.csv --territory grid.geojson --lang nl").code(0).out;
    assert!(dutch.starts_with("councils past niet in regions") && dutch.contains("(bewezen)"), "{dutch}");
}

#[test]
fn either_division_may_change() {
    let room = room();
    let run = |more: &str| {
        room.run(&format!("align councils.csv regions.csv --territory grid.geojson --format json {more}"))
            .code(0)
            .json()
    };
    let found = run("--change b");
    assert_eq!(found["smallest_realignment"]["changes"], "b");
    assert_eq!(found["smallest_realignment"]["moves"], json!([{ "municipality": "b", "from": "Q", "to": "P" }]));
    let nested = room.run("align regions.csv regions.csv --territory grid.geojson --format json").code(0).json();
    assert_eq!((&nested["nested"], &nested["splits"]), (&json!(true), &json!([])));
    assert_eq!(nested["smallest_realignment"]["moves"], json!([]));
}

#[test]
fn in_two_councils_or_in_none_is_a_finding() {
    let room = room();
    room.write("twice.csv", "nis,council\na,W\nd,W\nb,W\nb,K\nc,K\ne,K\n");
    let found = room.run("align twice.csv regions.csv --territory grid.geojson --format json").code(0).json();
    let kinds: Vec<_> = found["findings"].as_array().unwrap().iter().map(|f| f["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["in_several", "in_none"]);
    assert_eq!(texts(&found["findings"][0]["areas"]), ["K", "W"]);
    assert_eq!(texts(&found["findings"][1]["municipalities"]), ["f"]);
    // It only leaves the one that lies elsewhere.
    let text = room.run("align twice.csv regions.csv --territory grid.geojson").code(0).out;
    assert!(text.contains("Place b (b) leaves W and stays in K"), "{text}");
    // The same file as a layer.
    let layer = "align c regions.csv --territory grid.geojson --layer c=twice.csv --format json";
    assert_eq!(room.run(layer).code(0).json()["splits"], found["splits"]);
}

#[test]
fn the_overview_says_where_there_are_no_data() {
    let room = room();
    room.write("known.csv", "council,meetings_per_year,secretariat,reports\nW,6,Leiedal,\nX,1,,\n");
    let align = "align councils.csv regions.csv --territory grid.geojson";
    let found = room.run(&format!("{align} --overview known.csv --format json")).code(0).json();
    let west = &found["overview"][1];
    assert_eq!(
        (&west["area"], &west["meetings_per_year"], &west["secretariat"]),
        (&json!("W"), &json!(6.0), &json!("Leiedal"))
    );
    assert_eq!((&west["reports"], &west["feedback"]), (&json!(null), &json!(null)));
    assert_eq!(found["overview"][0]["meetings_per_year"], json!(null));
    assert_eq!(found["findings"][0]["kind"], "unknown_area");
    let csv = room.run(&format!("{align} --overview known.csv --format csv --lang nl")).code(0).out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "area,municipalities,codes,meetings_per_year,secretariat,reports,feedback");
    assert_eq!(lines[2], "W,3,a+b+d,6,Leiedal,geen gegevens,geen gegevens");
    let text = room.run(&format!("{align} --overview known.csv")).code(0).out;
    assert!(text.contains("no data") && text.contains("Leiedal"), "{text}");
    room.write("twice.csv", "council,reports\nW,x\nW,y\n");
    room.run(&format!("{align} --overview twice.csv")).code(2).tells(&["line 3", "stands on line 2 already"]);
    let parts = room.run(&format!("{align} --format csv")).code(0).out;
    assert_eq!(
        parts.lines().collect::<Vec<_>>()[..2],
        ["area,in,municipalities,share,codes", "W,P,2,0.6666666666666666,a+d"]
    );
}

#[test]
fn the_known_councils_against_the_regions() {
    let room = Room::new();
    let found = room.run("align mayors_councils region_2022 --format json").code(0).json();
    assert_eq!(found["nested"], false);
    let several = found["findings"].as_array().unwrap().iter().find(|f| f["kind"] == "in_several").unwrap();
    assert_eq!(texts(&several["municipalities"]), ["33029"]);
    assert_eq!(several["areas"].as_array().unwrap().len(), 2);
    let moves = found["smallest_realignment"]["moves"].as_array().unwrap();
    assert!(moves.iter().any(|m| m["municipality"] == "33029"), "{moves:?}");
    let same =
        |threads: u8| room.run(&format!("align region_2022 police_zone --change b --threads {threads}")).code(0).out;
    assert_eq!(same(1), same(2));
    room.run("align region_202 police_zone").code(2).tells(&["region_202 is neither", "did you mean region_2022?"]);
}
