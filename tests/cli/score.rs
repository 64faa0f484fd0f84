//! `landmeter score`: how good is a plan?

use serde_json::{Value, json};

use super::{Room, grid, has_keys, keys, plan};

fn room() -> Room {
    let room = Room::new();
    room.write("grid.geojson", &grid());
    room.write("rows.csv", &plan("abcdef", "111222")).write("bent.csv", &plan("abcdef", "112122"));
    room
}

fn score<'v>(card: &'v Value, metric: &str) -> &'v Value {
    card["scores"].as_array().unwrap().iter().find(|s| s["metric"] == metric).unwrap_or_else(|| panic!("no {metric}"))
}

#[test]
fn a_plan_of_one_s_own_has_scores_with_unit_direction_and_source() {
    let found = room().run("score rows.csv --territory grid.geojson --format json").code(0).json();
    has_keys(&found, "plan scores baseline unassigned territory inputs version");
    assert_eq!((&found["plan"], &found["unassigned"], &found["baseline"]), (&json!("rows"), &json!(0), &json!(null)));
    for score in found["scores"].as_array().unwrap() {
        assert_eq!(
            keys(score),
            ["metric", "value", "unit", "better", "source", "estimated", "expression", "note", "areas"]
        );
        assert!(score["value"].is_number() && score["note"].is_null(), "{score}");
    }
    // Two bars of 3 by 1 km.
    let border = score(&found, "cut_border_km");
    assert_eq!((&border["value"], &border["unit"], &border["better"]), (&json!(3.0), &json!("km"), &json!("lower")));
    let round = score(&found, "polsby_popper_min");
    assert!((round["value"].as_f64().unwrap() - 3.0 * std::f64::consts::PI / 16.0).abs() < 1e-9, "{round}");
    assert!(
        round["source"].as_str().unwrap().contains("doi:") && round["better"] == "higher" && round["unit"].is_null()
    );
    let areas = round["areas"].as_array().unwrap();
    assert_eq!((areas.len(), &areas[0]["area"]), (2, &json!("1")));
    assert_eq!(score(&found, "convex_hull_min")["value"], 1.0);
    assert_eq!(score(&found, "diameter_km")["value"], 2.0);
}

#[test]
fn several_plans_are_an_array_and_columns() {
    let room = room();
    let run =
        |form: &str| room.run(&format!("score bent.csv rows.csv --territory grid.geojson --format {form}")).code(0);
    let found = run("json").json();
    let plans: Vec<_> = found.as_array().unwrap().iter().map(|c| c["plan"].as_str().unwrap()).collect();
    assert_eq!(plans, ["bent", "rows"]);
    let text = run("text").out;
    assert!(text.lines().any(|l| l.contains("bent") && l.contains("rows")), "{text}");
}

#[test]
fn what_moves_is_counted_from_a_baseline() {
    let room = room();
    let by = "--by moved_municipalities --territory grid.geojson --format json";
    let found = room.run(&format!("score bent.csv --baseline rows.csv {by}")).code(0).json();
    assert_eq!((&found["scores"][0]["value"], &found["baseline"]), (&json!(2.0), &json!("rows")));
    let none = room.run(&format!("score bent.csv {by}")).code(0).json();
    assert!(none["scores"][0]["value"].is_null());
    assert!(none["scores"][0]["note"].as_str().unwrap().contains("--baseline"), "{none}");
    room.run(&format!("score bent.csv --baseline nothing.csv {by}")).code(2).tells(&["nothing.csv"]);
}

#[test]
fn what_is_missing_is_null_with_a_note() {
    let room = room();
    room.write("homes.csv", "code,homes\na,1\nb,2\nc,3\nd,4\ne,5\n");
    let score = "score rows.csv --territory grid.geojson --attributes homes.csv --by min_homes,opinions";
    let found = room.run(&format!("{score} --format json")).code(0).json();
    let homes = &found["scores"][0];
    assert!(homes["value"].is_null() && homes["note"].as_str().unwrap().contains("(f)"), "{homes}");
    assert_eq!(homes["areas"], json!([{ "area": "1", "value": 6.0 }, { "area": "2", "value": null }]));
    assert!(found["scores"][1]["note"].is_string());
    let text = room.run(&format!("{score} --lang nl")).code(0).out;
    assert!(text.contains("Niet berekend") && text.contains("Het plan rows"), "{text}");
    room.write("part.csv", "nis,area\na,1\nb,1\n");
    room.write("odd.csv", "nis,area\na,1\nzzz,1\n");
    room.run("score odd.csv --territory grid.geojson").code(0).tells(&["odd", "1 row", "check"]);
    let part = room.run("score part.csv --territory grid.geojson").code(0).out;
    assert!(part.contains("4 municipalities have no area"), "{part}");
}

#[test]
fn an_unknown_metric_suggests_the_nearest() {
    let room = room();
    room.run("score rows.csv --territory grid.geojson --by beauty").code(2).tells(&[
        "polsby",
        "known are",
        "municipalities",
    ]);
    room.run("score rows.csv --territory grid.geojson --by cut_link")
        .code(2)
        .tells(&["cut_link", "did you mean cut_links?"]);
}

#[test]
fn a_table_has_a_line_for_each_area() {
    let room = room();
    let csv = room.run("score rows.csv --territory grid.geojson --by diameter_km,cut_links --format csv").code(0).out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines,
        [
            "plan,metric,area,value,unit,better,note",
            "rows,diameter_km,,2,km,lower,",
            "rows,diameter_km,1,2,km,lower,",
            "rows,diameter_km,2,2,km,lower,",
            "rows,cut_links,,3,links,lower,",
        ]
    );
    let areas = room.run("score rows.csv --territory grid.geojson --by min_municipalities --per-area").code(0).out;
    assert!(areas.lines().any(|l| l.split_whitespace().eq(["2", "3"])), "{areas}");
}

#[test]
fn the_official_map_in_either_language_and_for_any_number_of_threads() {
    let room = Room::new();
    let english = room.run("score --threads 1").code(0).out;
    assert_eq!(english, room.run("score official-2022 --threads 2").code(0).out);
    // The lines of the embedded territory are schematic: lengths and areas come from its tables, circles are left out.
    assert!(english.contains("polsby_popper_min") && !english.contains("reock"), "{english}");
    assert!(english.contains('~'), "estimates are marked");
    let dutch = room.run("score --lang nl --by areas,reock").code(0).out;
    assert!(dutch.contains("42 gebieden") && dutch.contains("schematisch"), "{dutch}");
}

/// Of all 1,000 votes the boards hold 501. The published shares of Midwest-Oost (18.62, 11.58, 7.66, 41.69 and 20.45 %, 5 May 2023,
/// wetwijzer.be/laws/2023010251) of these: 93.29, 58.02, 38.38, 208.87 and 102.45; whole ones are 499, and the two that are
/// left go to the largest remainders, .87 of Tielt and .45 of Wingene.
#[test]
fn the_votes_of_an_area_follow_what_its_municipalities_have() {
    let room = Room::new();
    room.write("points.csv", "code,points\n37007,1862\n37011,1158\n37012,766\n37015,4169\n37018,2045\n");
    let command = "score official-2022 --attributes points.csv --votes points --votes-total 1000 --format csv";
    let run = room.run(command).code(0);
    let rows: Vec<Vec<&str>> = run.out.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["plan", "area", "code", "municipality", "share", "votes", "note"]);
    let own: Vec<_> = rows.iter().filter(|row| row[1] == "Midwest-Oost").map(|row| (row[2], row[5])).collect();
    assert_eq!(own, [("37007", "93"), ("37011", "58"), ("37012", "38"), ("37015", "209"), ("37018", "103")]);
    // The areas without figures say so.
    assert!(rows[1..].iter().filter(|row| row[1] != "Midwest-Oost").all(|row| row[5].is_empty()), "{}", run.out);

    // Equal shares, as in Kempen-Noord: 51 of 100 by five is 10 each, and one more.
    let run = room.run("score official-2022 --votes municipalities --format json").code(0).json();
    let areas = run["votes"][0]["areas"].as_array().or_else(|| run["votes"]["areas"].as_array()).unwrap();
    let noord = areas.iter().find(|area| area["area"] == "Kempen-Noord").unwrap();
    let votes = noord["municipalities"].as_array().unwrap();
    assert!(votes.iter().all(|one| one["share"] == json!(0.2)), "{noord}");
    assert_eq!(votes.iter().map(|one| one["votes"].as_u64().unwrap()).sum::<u64>(), 51);
    room.run("score official-2022 --votes 1.5").code(2).tells(&["--votes", "1.5", "from 0 to 1"]);
}
