//! `landmeter compare`: what moves between plans.

use serde_json::json;

use super::{Room, grid, has_keys, keys, plan, texts};

fn room() -> Room {
    let room = Room::new();
    room.write("grid.geojson", &grid());
    room.write("rows.csv", &plan("abcdef", "111222")).write("bent.csv", &plan("abcdef", "XXYXYY"));
    room
}

#[test]
fn what_moves_between_two_plans() {
    let room = room();
    let found = room.run("compare rows.csv bent.csv --territory grid.geojson --format json").code(0).json();
    has_keys(&found, "pairs weigh plans territory inputs version");
    let pair = &found["pairs"][0];
    assert_eq!((&pair["a"], &pair["b"]), (&json!("rows"), &json!("bent")));
    let moved = json!([
        { "municipality": "c", "from": "1", "to": "Y" },
        { "municipality": "d", "from": "2", "to": "X" },
    ]);
    assert_eq!(pair["moved"], moved);
    assert_eq!(pair["matched"][0]["a"], "1");
    assert_eq!(pair["matched"][0]["b"], "X");
    assert!((pair["matched"][0]["share"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!((&pair["totals"]["municipalities"], &pair["distances"]["hamming"]), (&json!(2), &json!(2)));
    has_keys(&pair["distances"], "rand adjusted_rand variation_of_information normalized_mutual_information");
    assert_eq!(found["weigh"]["attribute"], "municipalities");
    let text = room.run("compare rows.csv bent.csv --territory grid.geojson").code(0).out;
    assert!(text.starts_with("From rows to bent, 2 municipalities go to another area."), "{text}");
    let dutch = room.run("compare rows.csv bent.csv --territory grid.geojson --lang nl").code(0).out;
    assert!(dutch.starts_with("Van rows naar bent gaan 2 gemeenten naar een ander gebied."), "{dutch}");
}

#[test]
fn another_name_is_no_move() {
    let room = room();
    room.write("named.csv", &plan("fedcba", "BBBAAA"));
    let found = room.run("compare rows.csv named.csv --territory grid.geojson --format json").code(0).json();
    let pair = &found["pairs"][0];
    assert_eq!((&pair["moved"], &pair["totals"]["municipalities"]), (&json!([]), &json!(0)));
    assert_eq!(pair["changes"][0], json!({ "kind": "renamed", "a": ["1"], "b": ["A"] }));
    assert_eq!(pair["distances"]["adjusted_rand"], 1.0);
    let text = room.run("compare rows.csv named.csv --territory grid.geojson").code(0).out;
    assert!(text.contains("are the same, but for the names of 2 areas"), "{text}");
}

#[test]
fn homes_decide_where_the_territory_has_them() {
    let room = room();
    room.write("homes.csv", "code,social_rental_homes\na,1\nb,1\nc,9\nd,5\ne,1\nf,1\n");
    let run = |more: &str| {
        let command = "compare rows.csv bent.csv --territory grid.geojson --attributes homes.csv --format json";
        room.run(&format!("{command} {more}")).code(0).json()
    };
    let found = run("");
    assert_eq!(found["weigh"]["attribute"], "social_rental_homes");
    let codes: Vec<_> = found["pairs"][0]["moved"].as_array().unwrap().iter().map(|m| &m["municipality"]).collect();
    assert_eq!(codes, ["a", "b", "e", "f"]);
    assert_eq!(found["pairs"][0]["totals"]["social_rental_homes"], 4.0);
    // The distance is that of the matching by municipalities, whatever decides the list.
    assert_eq!(found["pairs"][0]["distances"]["hamming"], 2);
    assert_eq!(run("--weigh municipalities")["pairs"][0]["totals"]["social_rental_homes"], 14.0);
    let wrong = "compare rows.csv bent.csv --territory grid.geojson --weigh area_km";
    room.run(wrong).code(2).tells(&["area_km", "did you mean area_km2?"]);
}

#[test]
fn without_an_area_is_told_apart() {
    let room = room();
    room.write("part.csv", &plan("abcde", "11122"));
    let found = room.run("compare rows.csv part.csv --territory grid.geojson --format json").code(0).json();
    assert_eq!(found["pairs"][0]["moved"], json!([{ "municipality": "f", "from": "2", "to": null }]));
    assert_eq!(found["pairs"][0]["no_area"], json!({ "in_a": [], "in_b": ["f"] }));
    let text = room.run("compare rows.csv part.csv --territory grid.geojson").code(0).out;
    assert!(text.contains("no municipality goes to another area"), "{text}");
    assert!(text.contains("1 municipality has no area in part: Place f (f)"), "{text}");
}

#[test]
fn areas_that_are_divided_and_joined_are_named() {
    let room = room();
    room.write("three.csv", &plan("abcdef", "112333"));
    let text = room.run("compare rows.csv three.csv --territory grid.geojson").code(0).out;
    assert!(text.contains("1 is divided into 1 and 2."), "{text}");
    let back = room.run("compare three.csv rows.csv --territory grid.geojson --lang nl").code(0).out;
    assert!(back.contains("1 en 2 worden samengevoegd: 1."), "{back}");
}

#[test]
fn the_moves_as_a_table_and_as_a_map() {
    let room = room();
    let csv = room.run("compare rows.csv bent.csv --territory grid.geojson --format csv").code(0).out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "a,b,municipality,name,from,to,area_km2");
    assert_eq!(lines[1..], ["rows,bent,c,Place c,1,Y,1", "rows,bent,d,Place d,2,X,1"]);
    let svg = room.run("compare rows.csv bent.csv --territory grid.geojson --format svg").code(0).out;
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    for said in ["What changes from rows to bent", "1 → Y: Place c.", "2 → X: Place d.", "url(#lm-w1)", "url(#lm-w2)"]
    {
        assert!(svg.contains(said), "{said:?} is not on the map");
    }
    room.run("compare rows.csv bent.csv rows.csv --territory grid.geojson --format svg").code(2).tells(&["two plans"]);
}

#[test]
fn many_plans_have_a_matrix_a_medoid_and_groups() {
    let room = room();
    room.write("plans.csv", "nis,p,q,r,s\na,1,1,1,1\nb,1,1,1,2\nc,1,1,2,3\nd,2,2,2,1\ne,2,2,2,2\nf,2,1,2,3\n");
    let run = |more: &str| room.run(&format!("compare plans.csv --territory grid.geojson {more}")).code(0);
    let found = run("--format json --matrix hamming").json();
    assert_eq!(found["pairs"].as_array().unwrap().len(), 6);
    assert_eq!((&found["matrix"]["measure"], &found["medoid"]), (&json!("hamming"), &json!("p")));
    assert_eq!(texts(&found["matrix"]["plans"]), ["p", "q", "r", "s"]);
    assert_eq!(found["matrix"]["values"][0], json!([0.0, 1.0, 1.0, 4.0]));
    assert_eq!(texts(&found["groups"][0]["plans"]), ["p", "q", "r"]);
    assert_eq!(keys(&found["groups"][0]), ["plans", "medoid", "radius", "silhouette"]);
    let csv = run("--format csv --matrix hamming").out;
    assert_eq!(csv.lines().take(2).collect::<Vec<_>>(), ["plan,p,q,r,s", "p,0,1,1,4"]);
    assert!(run("").out.starts_with("4 plans compared, each two of them, by variation of information (nats)."));
    let against = run("--baseline rows.csv --format json").json();
    let pairs: Vec<_> = against["pairs"].as_array().unwrap().iter().map(|p| (&p["a"], &p["b"])).collect();
    assert_eq!(pairs.len(), 4);
    assert!(pairs.iter().all(|(a, _)| *a == "rows") && against.get("matrix").is_none());
}

#[test]
fn of_many_plans_the_lists_are_left_out_unless_asked() {
    let room = room();
    let header: Vec<String> = (0..14).map(|i| format!("p{i}")).collect();
    let rows = "abcdef".chars().map(|c| format!("{c},{}\n", vec!["1"; 14].join(",")));
    room.write("plans.csv", &format!("nis,{}\n{}", header.join(","), rows.collect::<String>()));
    let run = |more: &str| room.run(&format!("compare plans.csv --territory grid.geojson {more}")).code(0);
    let found = run("--format json").json();
    assert_eq!((&found["pairs"], &found["pairs_left_out"]), (&json!([]), &json!(true)));
    assert_eq!(found["groups"].as_array().unwrap().len(), 1);
    assert_eq!(run("--format json --lists").json()["pairs"].as_array().unwrap().len(), 91);
    let text = run("").out;
    assert!(text.contains("they are all the same") && text.contains("--lists"), "{text}");
}

#[test]
fn a_plan_of_one_region_does_not_drown_in_what_it_leaves_out() {
    let room = Room::new();
    room.write("part.csv", "nis,area\n71002,Oost\n71004,West\n");
    let text = room.run("compare part.csv").code(0).out;
    assert!(text.contains("41 areas of official-2022 lie wholly outside part."), "{text}");
    assert!(text.contains("298 municipalities have no area in part") && text.lines().count() < 30, "{text}");
}

#[test]
fn plans_of_one_name_are_told_apart() {
    let room = room();
    std::fs::create_dir(room.path("other")).unwrap();
    room.write("other/rows.csv", &plan("abcdef", "111112"));
    let found = room.run("compare rows.csv other/rows.csv --territory grid.geojson --format json").code(0).json();
    assert_eq!((&found["pairs"][0]["a"], &found["pairs"][0]["b"]), (&json!("rows"), &json!("rows (2)")));
}

#[test]
fn plans_of_two_dates_are_carried_through_the_mergers() {
    let room = Room::new();
    // Beveren, Kruibeke and Zwijndrecht were merged in 2025.
    room.write("old.csv", "nis,area\n46003,A\n46013,A\n11056,B\n44021,A\n")
        .write("new.csv", "nis,area\n46030,A\n44021,A\n");
    let text = room.run("compare old.csv new.csv --territory flanders-2025").code(0).out;
    assert!(text.contains("R106") && text.contains("1 municipality has no area in old"), "{text}");
    assert!(text.contains("old: 3 codes of another date were carried"), "{text}");
    let alone = room.run("compare official-2026 --territory flanders-2025 --threads 1").code(0).out;
    assert!(alone.starts_with("From official-2025 to official-2026"), "{alone}");
    assert_eq!(alone, room.run("compare official-2025 official-2026 --territory flanders-2025").code(0).out);
}
