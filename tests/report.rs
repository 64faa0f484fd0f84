//! Verdicts, links and boundary problems as people and scripts read them.

#![allow(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use landmeter::report::{
    Context, Inspection, Links, ReportError, adjacency_csv, adjacency_gal, adjacency_json, adjacency_networkx,
    adjacency_text, inspect_csv, inspect_geojson, inspect_json, inspect_text, summary_text, verdict_json, verdict_text,
    write_batch_line,
};
use landmeter::rules::{
    AreaRow, Derogation, Fact, Finding, Kind, Move, Remedy, Rule, Rulebook, Severity, Source, Status, Text, Verdict,
};
use landmeter::territory::adjacency::Contiguity;
use landmeter::territory::coverage::Problem;
use landmeter::territory::{Attribute, Division, InputDigest, Link, Municipality, Territory};
use landmeter::words::Lang;
use serde_json::{Value, json};

fn territory() -> Territory {
    let municipalities = ["Aalst", "Brugge", "Cuijk", "Duffel"]
        .iter()
        .zip(1..)
        .map(|(name, code)| Municipality::new(code.to_string(), *name))
        .collect();
    let mut tolerated = Link::border(1, 2, 250.123_456);
    (tolerated.within_tolerance_m, tolerated.doubtful) = (3.25, true);
    let links = vec![Link::border(0, 1, 1_234.567_8), tolerated, Link::point(0, 2)];
    let mut territory = Territory::new("grid", municipalities, links).unwrap().with_date(Some("2024-01-01".into()));
    territory
        .add_attribute(Attribute {
            name: "homes".into(),
            unit: "homes".into(),
            source: String::new(),
            estimated: true,
            values: vec![Some(10.0), Some(2.5), None, Some(4.0)],
        })
        .unwrap();
    let zones = vec![Some("West".into()), Some("West".into()), Some("East".into()), None];
    territory.add_division(Division::from_names("region", zones)).unwrap();
    territory
}

fn rulebook() -> Rulebook {
    let source = Source {
        act: "Vlaamse Codex Wonen van 2021".into(),
        article: "art. 4.37".into(),
        date: "2021-07-09".into(),
        url: String::new(),
    };
    Rulebook {
        name: "book".into(),
        date: "2022-02-04".into(),
        deadline: None,
        title: Text { nl: "kader".into(), en: "rules".into() },
        contiguity: Contiguity::default(),
        metrics: Vec::new(),
        rules: vec![Rule {
            id: "contiguity".into(),
            hard: true,
            source,
            text: Text::default(),
            kind: Kind::Contiguity { exclaves_count: false, doubtful_below_m: 100.0 },
        }],
    }
}

fn finding(area: &str) -> Finding {
    Finding {
        code: "R201",
        severity: Severity::Violation,
        rule: "contiguity".into(),
        area: Some(area.into()),
        municipalities: vec!["3".into()],
        amount: Some(2.0),
        unit: "pieces".into(),
        facts: vec![("pieces", Fact::Number(2.0, "".into()))],
        derogation: None,
        remedy: Some(Remedy {
            moves: vec![Move { municipality: "3".into(), from: Some(area.into()), to: "Two".into() }],
            proved_smallest: true,
            searched_up_to: 1,
            gap_m: Some(1500.5),
            bridges: vec!["2".into()],
            articulation: vec![],
            ..Remedy::default()
        }),
    }
}

fn derogation() -> Derogation {
    Derogation {
        id: "AFW-1".into(),
        finding: "R201".into(),
        area: "One".into(),
        municipalities: vec![],
        decided_by: "Flemish Government".into(),
        date: "2022-02-04".into(),
        reason: "motivated by the boards".into(),
        until: Some("2028-12-31".into()),
        source: String::new(),
    }
}

fn verdict(granted: bool) -> Verdict {
    let found = Finding { derogation: granted.then(derogation), ..finding("One") };
    let sum = |sum: f64| {
        let mut row = AreaRow::default();
        row.sums.resize_with(1, Default::default);
        row.sums[0].attribute = "social_rental_homes_estimated".into();
        (row.sums[0].sum, row.sums[0].at_least, row.sums[0].estimated) = (Some(sum), Some(1000.0), true);
        row.sums
    };
    Verdict {
        plan: "draft".into(),
        status: if granted { Status::ConformWithDerogations } else { Status::NotConform },
        findings: vec![found],
        areas: vec![
            AreaRow {
                area: "One".into(),
                municipalities: vec!["1".into(), "3".into()],
                pieces: 2,
                zones: vec![("West".into(), 1), ("East".into(), 1)],
                sums: sum(1234.0),
                findings: vec!["R201"],
                ..AreaRow::default()
            },
            AreaRow {
                area: "Two".into(),
                municipalities: vec!["2".into(), "4".into()],
                pieces: 1,
                exclaves: vec!["4".into()],
                zones: vec![("West".into(), 2)],
                sums: sum(999.0),
                ..AreaRow::default()
            },
        ],
    }
}

struct Fixture {
    territory: Territory,
    rulebook: Rulebook,
    inputs: Vec<InputDigest>,
}

impl Fixture {
    fn new() -> Self {
        let inputs = vec![InputDigest { path: "plan.csv".into(), sha256: "ab".repeat(32) }];
        Self { territory: territory(), rulebook: rulebook(), inputs }
    }

    fn context(&self, lang: Lang) -> Context<'_> {
        Context { territory: &self.territory, rulebook: &self.rulebook, inputs: &self.inputs, lang }
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_json_has_the_keys_of_the_contract() {
    let fixture = Fixture::new();
    let value = verdict_json(&fixture.context(Lang::En), &verdict(true));
    assert_eq!(keys(&value), ["plan", "verdict", "findings", "areas", "territory", "rulebook", "inputs", "version"]);
    assert_eq!(value["verdict"], "conform-with-derogations");
    let finding = &value["findings"][0];
    assert_eq!(
        keys(finding),
        [
            "code",
            "severity",
            "rule",
            "area",
            "municipalities",
            "amount",
            "unit",
            "derogation",
            "remedy",
            "source",
            "message"
        ]
    );
    assert_eq!(finding["severity"], "violation");
    assert_eq!(finding["amount"], json!(2));
    assert_eq!(finding["source"], "Vlaamse Codex Wonen van 2021, art. 4.37 (2021-07-09)");
    assert_eq!(finding["derogation"]["id"], "AFW-1");
    assert_eq!(
        finding["remedy"],
        json!({
            "moves": [{"municipality": "3", "from": "One", "to": "Two"}],
            "proved_smallest": true, "gap_m": 1500.5, "bridges": ["2"], "articulation": [],
            "bridge_length": 0, "merge_with": [], "alternatives": 0, "searched_up_to": 1
        })
    );
    assert_eq!(value["inputs"], json!([{"path": "plan.csv", "sha256": "ab".repeat(32)}]));
    assert_eq!(value["areas"][0]["contiguous"], json!(false));
    assert_eq!(
        value["areas"][0]["zones"],
        json!([{"zone": "West", "municipalities": 1}, {"zone": "East", "municipalities": 1}])
    );
    assert_eq!(value["version"], env!("CARGO_PKG_VERSION"));

    let mut bare = verdict(false);
    let found = &mut bare.findings[0];
    (found.remedy, found.area, found.amount, found.rule) = (None, None, None, "unknown".into());
    found.unit = "".into();
    let value = verdict_json(&fixture.context(Lang::En), &bare);
    for key in ["area", "amount", "unit", "derogation", "remedy", "source"] {
        assert!(value["findings"][0][key].is_null(), "{key}");
    }
}

#[test]
fn a_batch_line_is_the_same_object_without_areas() {
    let mut fixture = Fixture::new();
    fixture.rulebook.name = "a \"quoted\" \n name".into();
    for lang in Lang::ALL {
        for granted in [false, true] {
            let (context, verdict) = (fixture.context(lang), verdict(granted));
            let mut out = b"before\n".to_vec();
            write_batch_line(&mut out, &context, &verdict);
            let line = out.strip_prefix(b"before\n").unwrap();
            assert_eq!(line.iter().filter(|b| **b == b'\n').count(), 1, "one line");
            let line: Value = serde_json::from_slice(line).unwrap();
            assert_eq!(keys(&line), ["plan", "verdict", "findings", "territory", "rulebook", "version"]);
            let whole = verdict_json(&context, &verdict);
            for key in ["plan", "verdict", "findings", "version"] {
                assert_eq!(line[key], whole[key], "{key}");
            }
            for key in ["territory", "rulebook"] {
                assert_eq!(line[key], json!({"name": whole[key]["name"]}));
            }
        }
    }
}

#[test]
fn a_batch_line_costs_microseconds() {
    let fixture = Fixture::new();
    let mut verdict = verdict(true);
    verdict.findings = vec![verdict.findings[0].clone(); 15];
    let context = fixture.context(Lang::En);
    let mut out = Vec::new();
    let started = std::time::Instant::now();
    for _ in 0..2000 {
        out.clear();
        write_batch_line(&mut out, &context, &verdict);
    }
    eprintln!("{:?} a line of 15 findings, {} bytes", started.elapsed() / 2000, out.len());
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn the_text_says_first_what_matters() {
    let fixture = Fixture::new();
    let text = verdict_text(&fixture.context(Lang::En), &verdict(false), false, 110);
    let expected = [
        "The plan draft does not conform: 1 of 2 areas breaks a rule.",
        "",
        "Area  Munic.  Contiguous       Enclosure  Lies in              Homes  Findings",
    ];
    assert_eq!(text.lines().take(3).collect::<Vec<_>>(), expected, "{text}");
    assert!(text.contains("One        2  no, 2 pieces     none       West (1), East (1)  ~1,234  R201"), "{text}");
    assert!(text.contains("Two        2  yes + 1 exclave  none       West                  ~999"), "{text}");
    let sentence = landmeter::words::finding(Lang::En, &verdict(false).findings[0], &fixture.territory);
    let sentence = sentence.split(' ').take(6).collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("Violations (1)\n  R201  {sentence}")), "{text}");
    assert!(
        text.contains("Remedy: Move Cuijk (3) from One to Two; no smaller set of moves mends it (proved)."),
        "{text}"
    );
    assert!(text.contains("        Source: Vlaamse Codex Wonen van 2021, art. 4.37 (2021-07-09)\n"), "{text}");
    assert!(text.contains("territory grid of 2024-01-01 (4 municipalities), rulebook book"), "{text}");
    assert!(text.contains("Figures marked ~ are estimates"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('?'), "{text}");
}

#[test]
fn the_text_speaks_dutch_and_shows_derogations() {
    let fixture = Fixture::new();
    let text = verdict_text(&fixture.context(Lang::Nl), &verdict(true), false, 100);
    assert!(text.starts_with("Het plan draft is conform, met 1 toegestane afwijking.\n"), "{text}");
    assert!(text.contains("Gedekt door een toegestane afwijking (1)"), "{text}");
    assert!(text.contains("~1.234") && text.contains("De afstand bedraagt 1.501 m."), "{text}");
    assert!(text.contains("AFW-1, toegestaan op 2022-02-04 (Flemish Government), geldig tot en met"), "{text}");
}

#[test]
fn colour_is_all_that_colour_adds() {
    let fixture = Fixture::new();
    let plain = verdict_text(&fixture.context(Lang::En), &verdict(false), false, 80);
    let colour = verdict_text(&fixture.context(Lang::En), &verdict(false), true, 80);
    assert!(colour.contains("\u{1b}[1;31m"));
    let mut stripped = String::new();
    let mut rest = colour.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped.lines().map(str::trim_end).collect::<Vec<_>>(), plain.lines().collect::<Vec<_>>());
}

#[test]
fn no_line_is_wider_than_asked_but_for_the_table() {
    let fixture = Fixture::new();
    let mut long = verdict(false);
    long.areas[0].area = "an area with a rather long name indeed ".repeat(4);
    long.findings[0].area = Some("x".repeat(500));
    for width in [72, 80, 100, 120] {
        let text = verdict_text(&fixture.context(Lang::En), &long, false, width);
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn hostile_names_stay_names() {
    let fixture = Fixture::new();
    let mut hostile = verdict(false);
    hostile.plan = "{n}\u{1b}[2J\nsecond".into();
    hostile.areas[0].area = "<script>\u{7}".into();
    hostile.findings[0].area = Some("{municipalities}".into());
    let text = verdict_text(&fixture.context(Lang::En), &hostile, false, 100);
    assert!(text.starts_with("The plan {n}\u{fffd}[2J second does not conform"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'));
    assert!(text.contains("{municipalities}") && text.contains("Cuijk (3)"), "{text}");
    let value = verdict_json(&fixture.context(Lang::En), &hostile);
    assert_eq!(value["plan"], "{n}\u{1b}[2J\nsecond", "data stay as they are; JSON escapes them");
}

#[test]
fn many_plans_make_a_short_table() {
    let fixture = Fixture::new();
    let conform = Verdict { plan: "third".into(), ..Verdict::default() };
    let text = summary_text(&fixture.context(Lang::En), &[verdict(false), verdict(true), conform], false, 100);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("Plan   Verdict"), "{text}");
    assert!(lines[2].starts_with("draft  not conform"), "{text}");
    assert!(lines[4].starts_with("third  conform"), "{text}");
    assert_eq!(lines[6], "3 plans: 1 conform, 1 conform with derogations, 1 not conform.");
}

#[test]
fn links_as_the_contract_says() {
    let territory = territory();
    let near = [problem()];
    let links = Links { territory: &territory, contiguity: Contiguity::default(), near: Some(&near) };
    let value: Value = serde_json::from_slice(&adjacency_json(&links)).unwrap();
    assert_eq!(keys(&value), ["units", "links", "islands", "components", "near"]);
    assert_eq!(value["units"], json!(["1", "2", "3", "4"]));
    assert_eq!(
        value["links"][0],
        json!({"a": "1", "b": "2", "length_m": 1234.568, "kind": "border", "within_tolerance_m": 0, "doubtful": false, "counts": true, "reason": null})
    );
    let counts: Vec<&Value> = value["links"].as_array().unwrap().iter().map(|l| &l["counts"]).collect();
    assert_eq!(counts, [&json!(true), &json!(false), &json!(true)], "rook: the point is listed but does not count");
    assert_eq!((&value["islands"], &value["components"]), (&json!(["4"]), &json!(2)));
    assert_eq!(value["near"][0]["gap_m"], json!(0.001));

    let queen = Links { contiguity: Contiguity { points: true, min_border_m: 0.0 }, near: None, ..links };
    let value: Value = serde_json::from_slice(&adjacency_json(&queen)).unwrap();
    assert_eq!(value["links"][1]["kind"], "point");
    assert!(value.get("near").is_none());
    let csv = String::from_utf8(adjacency_csv(&queen)).unwrap();
    assert_eq!(csv.lines().nth(1), Some("1,2,1234.57,border,0.00,false,"));
    let text = adjacency_text(&links, Lang::En, false, 120);
    assert!(
        text.starts_with("grid: 4 municipalities, 2 links, 2 components.\nWithout any neighbour: Duffel (4).\n"),
        "{text}"
    );
    assert!(text.contains("1,234.57  border"), "{text}");
}

#[test]
fn links_for_other_programs() {
    let territory = territory();
    let links = Links { territory: &territory, contiguity: Contiguity::default(), near: None };
    let gal = String::from_utf8(adjacency_gal(&links).unwrap()).unwrap();
    assert_eq!(gal, "0 4 grid code\n1 1\n2\n2 2\n1 3\n3 1\n2\n4 0\n\n");
    let spaced = Territory::new("t", vec![Municipality::new("a b", "x")], vec![]).unwrap();
    let error = adjacency_gal(&Links { territory: &spaced, ..links }).unwrap_err();
    assert_eq!(error, ReportError::CodeWithSpace { code: "a b".into() });

    let value: Value = serde_json::from_slice(&adjacency_networkx(&links)).unwrap();
    assert_eq!(keys(&value), ["directed", "multigraph", "graph", "nodes", "adjacency"]);
    assert_eq!(value["nodes"][1], json!({"name": "Brugge", "homes": 2.5, "region": "West", "id": "2"}));
    assert_eq!(value["nodes"][3], json!({"name": "Duffel", "homes": 4, "region": null, "id": "4"}));
    assert_eq!(value["adjacency"][0], json!([{"shared_perim": 1234.568, "kind": "border", "id": "2"}]));
    assert_eq!(value["adjacency"][3], json!([]));
}

fn problem() -> Problem {
    Problem {
        code: "B306",
        kind: "near-miss",
        municipalities: vec!["3".into(), "4".into()],
        length_m: Some(120.0),
        area_m2: None,
        width_m: Some(0.001),
        place: Some([4.5, 51.25]),
        at: None,
        detail: String::new(),
    }
}

#[test]
fn an_inspection_in_every_form() {
    let problems = [
        problem(),
        Problem {
            code: "B104",
            kind: "empty-geometry",
            place: None,
            width_m: None,
            length_m: None,
            at: Some("feature 7".into()),
            ..problem()
        },
    ];
    let notes = ["names read as cp1252".to_owned()];
    let inspection = Inspection {
        name: "towns.geojson",
        municipalities: 4,
        crs: "EPSG:31370",
        plane: "EPSG:31370",
        problems: &problems,
        voids: &[],
        near: &[],
        notes: &notes,
        name_of: &|code| (code == "3").then_some("Cuijk"),
        lang: Lang::En,
    };
    let value: Value = serde_json::from_slice(&inspect_json(&inspection)).unwrap();
    assert_eq!(keys(&value), ["municipalities", "crs", "plane", "problems", "voids", "near", "notes"]);
    assert_eq!(
        keys(&value["problems"][0]),
        ["code", "kind", "municipalities", "length_m", "area_m2", "width_m", "place", "at", "message"]
    );
    let message = value["problems"][0]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "The borders of Cuijk (3) and 4 run close by without being shared: at most 0.001 m apart, over 120 m; a --tolerance of as much would count them."
    );
    let text = inspect_text(&inspection, false, 100);
    assert!(
        text.starts_with("towns.geojson: 4 municipalities, 2 problems.\n\n  B306  The borders of Cuijk (3) and 4 run"),
        "{text}"
    );
    assert!(text.contains("At 4.500000 51.250000.") && text.contains("B104  Feature 7: "), "{text}");
    let csv = String::from_utf8(inspect_csv(&inspection)).unwrap();
    assert!(csv.starts_with("code,kind,municipalities,length_m,area_m2,width_m,x,y,at,message\nB306,near-miss,3 4,120,,0.001,4.5,51.25,,"), "{csv}");
    let value: Value = serde_json::from_slice(&inspect_geojson(&inspection)).unwrap();
    assert_eq!(value["crs"]["properties"]["name"], "urn:ogc:def:crs:EPSG::31370");
    assert_eq!(value["features"][0]["geometry"], json!({"type": "Point", "coordinates": [4.5, 51.25]}));
    assert!(value["features"][1]["geometry"].is_null());
    let sound = Inspection { problems: &[], notes: &[], lang: Lang::Nl, ..inspection };
    assert!(inspect_text(&sound, false, 80).starts_with("towns.geojson: 4 gemeenten, geen probleem gevonden.\n"));
}

#[test]
fn a_hundred_thousand_units_are_written_in_linear_time() {
    let side = 316;
    let municipalities = (0..side * side).map(|i| Municipality::new(format!("{i:06}"), format!("M{i}"))).collect();
    let links = (0..side * side)
        .flat_map(|i| {
            let right = (i % side + 1 < side).then(|| Link::border(i, i + 1, 1000.0));
            let down = (i + side < side * side).then(|| Link::border(i, i + side, 1000.0));
            right.into_iter().chain(down)
        })
        .collect();
    let territory = Territory::new("big", municipalities, links).unwrap();
    let links = Links { territory: &territory, contiguity: Contiguity::default(), near: None };
    let started = std::time::Instant::now();
    let total = adjacency_json(&links).len() + adjacency_networkx(&links).len() + adjacency_csv(&links).len();
    let total = total + adjacency_gal(&links).unwrap().len();
    eprintln!("{total} bytes in four formats in {:?}", started.elapsed());
    assert!(total > 30_000_000);
}
