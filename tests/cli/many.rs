//! `landmeter batch`: many plans, one line each.

use serde_json::Value;

use super::{Room, grid, has_keys, plan};

fn room() -> Room {
    let room = Room::new();
    room.write("grid.geojson", &grid());
    room.write("good.csv", &plan("abcdef", "112112")).write("torn.csv", &plan("abcdef", "122221"));
    room.write("broken.csv", "nis;something\n\"a");
    room
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn verdicts(text: &str) -> Vec<String> {
    lines(text).iter().map(|v| v["verdict"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn one_line_a_plan_in_the_order_given() {
    let run = room().run("batch torn.csv good.csv --territory grid.geojson").code(1);
    let found = lines(&run.out);
    has_keys(&found[0], "plan verdict findings");
    assert!(found[0].get("areas").is_none());
    assert_eq!(verdicts(&run.out), ["not-conform", "conform"]);
    assert!(!run.err.is_empty(), "a summary goes to standard error");
}

#[test]
fn an_unreadable_plan_is_a_line_and_stops_nothing() {
    let room = room();
    let run = room.run("batch good.csv broken.csv torn.csv --territory grid.geojson --summary summary.json").code(1);
    assert_eq!(verdicts(&run.out), ["conform", "unreadable", "not-conform"]);
    assert!(lines(&run.out)[1].to_string().contains("broken.csv"), "{}", run.out);
    let summary: Value = serde_json::from_str(&room.read("summary.json")).unwrap();
    assert!(summary.is_object());
}

#[test]
fn every_way_to_hold_many_plans() {
    let room = room();
    room.write(
        "long.csv",
        "plan,nis,area\ng,a,1\ng,b,1\ng,c,2\ng,d,1\ng,e,1\ng,f,2\nt,a,1\nt,b,2\nt,c,2\nt,d,2\nt,e,2\nt,f,1\n",
    );
    room.write("wide.csv", "nis,g,t\na,1,1\nb,1,2\nc,2,2\nd,1,2\ne,1,2\nf,2,1\n");
    room.write(
        "lines.jsonl",
        r#"{"plan": "g", "assignment": {"a": "1", "b": "1", "c": "2", "d": "1", "e": "1", "f": "2"}}
{"plan": "t", "assignment": {"a": "1", "b": "2", "c": "2", "d": "2", "e": "2", "f": "1"}}
"#,
    );
    for file in ["long.csv", "wide.csv", "lines.jsonl"] {
        let run = room.run(&format!("batch {file} --territory grid.geojson")).code(1);
        assert_eq!(verdicts(&run.out), ["conform", "not-conform"], "{file}");
    }
}

#[test]
fn all_conform_is_0() {
    room().run("batch good.csv --territory grid.geojson").code(0);
}

#[test]
fn resumed_it_ends_with_the_same_bytes() {
    let room = room();
    let rows: Vec<String> = (0..50)
        .map(|i| {
            let areas = if i % 3 == 0 { "122221" } else { "112112" };
            let pairs: Vec<String> =
                "abcdef".chars().zip(areas.chars()).map(|(c, a)| format!("\"{c}\": \"{a}\"")).collect();
            format!("{{\"plan\": \"p{i}\", \"assignment\": {{{}}}}}\n", pairs.join(", "))
        })
        .collect();
    room.write("lines.jsonl", &rows.concat());
    room.run("batch lines.jsonl --territory grid.geojson -o whole.jsonl").code(1);
    let whole = room.read("whole.jsonl");
    assert_eq!(whole.lines().count(), 50);
    // As a run that was killed leaves it: some whole lines and a torn one.
    room.write("part.jsonl", &whole[..whole.len() / 3]);
    room.run("batch lines.jsonl --territory grid.geojson -o part.jsonl --resume").code(1);
    assert_eq!(room.read("part.jsonl"), whole);
    let one = room.run("batch lines.jsonl --territory grid.geojson --threads 1").code(1).out;
    assert_eq!(one, whole);
}
