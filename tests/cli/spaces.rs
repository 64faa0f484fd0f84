//! All lawful plans: `space` and `propose` on the embedded territory and on a drawn one.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Room, grid, grid_of, has_keys};

fn plans(answer: &Value) -> &[Value] {
    answer["plans"].as_array().unwrap()
}

#[test]
fn every_region_is_counted_and_they_multiply() {
    let answer = Room::new().run("space --format json").code(0).json();
    has_keys(&answer, "regions count untested estimated territory rulebook inputs version");
    let regions = answer["regions"].as_array().unwrap();
    assert_eq!(regions.len(), 15);
    let mut product = num_bigint::BigUint::from(1u32);
    for region in regions {
        has_keys(region, "region count by_areas states seconds");
        let count: num_bigint::BigUint = region["count"].as_str().unwrap().parse().unwrap();
        let by_areas = region["by_areas"].as_object().unwrap().values();
        let sum: num_bigint::BigUint =
            by_areas.map(|n| n.as_str().unwrap().parse::<num_bigint::BigUint>().unwrap()).sum();
        assert_eq!(sum, count, "{region}");
        product *= count;
    }
    assert_eq!(answer["count"], product.to_string());
    assert_eq!(answer["untested"], serde_json::json!([]));
}

#[test]
fn what_is_listed_ranked_drawn_and_best_agree() {
    let room = Room::new();
    let region = "space --region Midwest --areas 2";
    let all: Vec<Value> =
        room.run(&format!("{region} --list")).code(0).out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let count: usize =
        room.run(&format!("{region} --format json")).code(0).json()["count"].as_str().unwrap().parse().unwrap();
    assert_eq!(all.len(), count);
    assert!(all.iter().all(|p| p["verdict"] == "conform" && p["breaks"] == serde_json::json!([])));
    let distinct: BTreeSet<String> = all.iter().map(|p| p["assignment"].to_string()).collect();
    assert_eq!(distinct.len(), count);
    let third: Value = serde_json::from_str(&room.run(&format!("{region} --nth 2")).code(0).out).unwrap();
    assert_eq!(third["assignment"], all[2]["assignment"]);
    room.run(&format!("{region} --nth {count}")).code(2).tells(&["ranks run from 0"]);
    let drawn = room.run(&format!("{region} --draw 20 --seed 4")).code(0).out;
    assert_eq!(drawn, room.run(&format!("{region} --draw 20 --seed 4 --threads 1")).code(0).out);
    assert_ne!(drawn, room.run(&format!("{region} --draw 20 --seed 5")).code(0).out);
    assert!(
        drawn.lines().all(|l| distinct.contains(&serde_json::from_str::<Value>(l).unwrap()["assignment"].to_string()))
    );
    // The histogram counts every plan, and the best one is where it begins.
    let spread = room.run(&format!("{region} --histogram cut_links --format json")).code(0).json();
    let bins = spread["bins"].as_array().unwrap();
    let sum: usize = bins.iter().map(|b| b["count"].as_str().unwrap().parse::<usize>().unwrap()).sum();
    assert_eq!((sum, spread["method"].as_str()), (count, Some("exact")));
    let best = room.run(&format!("{region} --best cut_links -n 3 --format json")).code(0).json();
    has_keys(&best, "metric better proved count plans");
    assert_eq!((plans(&best).len(), &plans(&best)[0]["value"]), (3, &bins[0]["value"]));
}

#[test]
fn a_plan_has_its_place_and_a_chart() {
    let room = Room::new();
    let place = room.run("space --region Limburg --rank official-2022 --by cut_links --format json").code(0).json();
    has_keys(&place, "metric count value better equal worse best rank in_space");
    let number = |key: &str| place[key].as_str().unwrap().parse::<u128>().unwrap();
    assert_eq!(number("better") + number("equal") + number("worse"), number("count"));
    let chart = room.run("space --region Limburg --rank official-2022 --by cut_links --format svg").code(0).out;
    assert!(chart.starts_with("<svg") && chart.contains("official-2022") && chart.contains("<title"), "{chart}");
}

#[test]
fn proposals_differ_and_are_proved() {
    let room = Room::new();
    let command = "propose --region Limburg --areas 4..6 --by cut_border_km --distinct 8 -n 4";
    let answer = room.run(&format!("{command} --format json")).code(0).json();
    has_keys(&answer, "outcome bound gap by distinct plans clash count territory rulebook inputs version");
    assert_eq!((answer["outcome"].as_str(), answer["gap"].as_f64()), (Some("optimal"), Some(0.0)));
    let values: Vec<f64> = plans(&answer).iter().map(|p| p["values"]["cut_border_km"].as_f64().unwrap()).collect();
    assert!(values.len() == 4 && values.is_sorted(), "{values:?}");
    assert_eq!(answer["bound"].as_f64(), Some(values[0]));
    for (i, plan) in plans(&answer).iter().enumerate() {
        has_keys(plan, "plan rank verdict breaks assignment values proved bound differs");
        assert_eq!((plan["verdict"].as_str(), plan["proved"].as_bool()), (Some("conform"), Some(true)));
        let differs = plan["differs"].as_array().unwrap();
        assert!(differs.len() == i && differs.iter().all(|d| d.as_u64().unwrap() >= 8));
        let areas: BTreeSet<&str> =
            plan["assignment"].as_object().unwrap().values().filter_map(Value::as_str).collect();
        assert!((4..=6).contains(&areas.len()));
    }
    let best = room.run("space --region Limburg --areas 4..6 --best cut_border_km --format json").code(0).json();
    assert_eq!(plans(&best)[0]["rank"], plans(&answer)[0]["rank"]);
    let one = room.run(&format!("{command} --threads 1")).code(0).out;
    assert_eq!(one, room.run(&format!("{command} --threads 2")).code(0).out);
    // What goes out as a table comes back in.
    room.run("propose --distinct 20 -n 3 --format csv -o proposals.csv").code(0);
    let verdicts = room.run("check proposals.csv --format json").code(0).json();
    assert!(
        verdicts.as_array().is_some_and(|v| v.len() == 3 && v.iter().all(|v| v["verdict"] == "conform")),
        "{verdicts}"
    );
}

#[test]
fn measures_are_weighed_put_in_order_or_held_against_each_other() {
    let room = Room::new();
    let answer = |by: &str| room.run(&format!("propose --region Limburg --by {by} --format json")).code(0).json();
    let areas = |plan: &Value| plan["values"]["areas"].as_f64().unwrap();
    assert!((areas(&plans(&answer("areas,cut_links"))[0]) - 1.0).abs() < 1e-9);
    assert!(areas(&plans(&answer("cut_border_km:1,areas:-100"))[0]) > 10.0);
    let front = answer("areas:-1,cut_border_km --pareto");
    let values: Vec<(f64, f64)> =
        plans(&front).iter().map(|p| (areas(p), p["values"]["cut_border_km"].as_f64().unwrap())).collect();
    assert!(values.len() > 5, "{values:?}");
    assert!(values.windows(2).all(|w| w[0].0 > w[1].0 && w[0].1 > w[1].1), "{values:?}");
    assert!(plans(&front).iter().all(|p| p["reason"].as_str().is_some_and(|r| !r.is_empty())));
    let few =
        room.run("propose --region Limburg --by areas:-1,cut_border_km --pareto -n 3 --format json").code(0).json();
    assert_eq!(plans(&few).len(), 3);
    assert_eq!(plans(&few)[0]["rank"], plans(&front)[0]["rank"]);
    for (by, words) in
        [("homes", "known are"), ("areas,areas", "twice"), ("areas:0", "weight"), ("cut_links --pareto", "two or more")]
    {
        room.run(&format!("propose --by {by}")).code(2).tells(&[words]);
    }
}

#[test]
fn where_no_plan_exists_the_reason_is_told() {
    let room = Room::new();
    room.write("grid.geojson", &grid());
    let command = "propose --territory grid.geojson --free --min municipalities=1000";
    let run = room.run(command).code(1);
    assert!(run.out.contains("--min municipalities=1000"), "{}", run.out);
    let answer = room.run(&format!("{command} --format json")).code(1).json();
    assert_eq!((answer["outcome"].as_str(), plans(&answer).len()), (Some("infeasible"), 0));
    let clash = &answer["clash"][0];
    has_keys(clash, "region rules municipalities smallest message");
    assert_eq!(clash["rules"], serde_json::json!(["--min municipalities=1000"]));
    assert_eq!(clash["smallest"], true);
    room.run("space --territory grid.geojson --free --min municipalities=1000").code(1);
    room.run("space --region Nowhere").code(2).tells(&["Nowhere", "Limburg"]);
    room.run("space --territory grid.geojson --free --max homes=3").code(2).tells(&["homes", "--attributes"]);
}

#[test]
fn the_most_compact_plan_is_proved_where_the_space_is_too_large() {
    let room = Room::new();
    room.write("wide.geojson", &grid_of(&["abcdef", "ghijkl", "mnopqr", "stuvwx", "yz0123", "456789"], 0.0));
    let command =
        "propose --territory wide.geojson --free --areas 4 --balance municipalities=1% --by inertia_municipalities";
    // With so little memory this space can't be held.
    let answer = room.run(&format!("{command} --memory 1M --format json")).code(0).json();
    has_keys(&answer, "outcome bound gap by distinct end count plans clash");
    assert_eq!((answer["outcome"].as_str(), answer["gap"].as_f64()), (Some("optimal"), Some(0.0)));
    let plan = &plans(&answer)[0];
    assert_eq!((plan["verdict"].as_str(), plan["proved"].as_bool()), (Some("conform"), Some(true)));
    let value = plan["values"]["inertia_municipalities"].as_f64().unwrap();
    assert!((value - answer["bound"].as_f64().unwrap()).abs() < 1e-6);
    // As the space has it, which is small enough here, and as the score card says.
    let exact = room.run(&format!("{command} -n 1 --format json")).code(0).json();
    let best = plans(&exact)[0]["values"]["inertia_municipalities"].as_f64().unwrap();
    assert!((value - best).abs() < 1e-4, "{value} {best}");
    let csv = room.run(&format!("{command} --memory 1M --format csv")).code(0).out;
    room.write("best.csv", &csv);
    let scored =
        room.run("score best.csv --territory wide.geojson --by inertia_municipalities --format csv").code(0).out;
    let figure = scored.lines().nth(1).and_then(|l| l.split(',').nth(3)).and_then(|v| v.parse::<f64>().ok());
    assert!((figure.unwrap() - value).abs() < 1e-3, "{scored}");
    let text = room.run(&format!("{command} --memory 1M")).code(0).out;
    assert!(text.contains("proved by branch and bound"), "{text}");
}

#[test]
fn inertia_without_places_is_refused() {
    let room = Room::new();
    let right = (0..36).filter(|v| v % 6 < 5).map(|v| (v, v + 1));
    let down = (0..30).map(|v| (v, v + 6));
    let links = right.chain(down).map(|(a, b)| serde_json::json!({ "source": a, "target": b }));
    let nodes = (0..36).map(|id| serde_json::json!({ "id": id }));
    let graph = serde_json::json!({ "nodes": nodes.collect::<Vec<_>>(), "links": links.collect::<Vec<_>>() });
    room.write("graph.json", &graph.to_string());
    room.run("propose --territory graph.json --free --areas 4 --balance municipalities=1% --by inertia_municipalities --memory 1M")
        .code(2)
        .tells(&["inertia_municipalities", "no coordinates"]);
}
