//! The map: well-formed, deterministic, escaped, small; on a drawn grid and, where the data are at hand, on Flanders.

#![allow(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use geo::{Coord, LineString, MultiPolygon, Polygon};
use landmeter::Plan;
use landmeter::plan::NONE;
use landmeter::report::{Context, ReportError, map_svg};
use landmeter::rules::{AreaRow, Derogation, Finding, Kind, Rule, Rulebook, Severity, Source, Status, Text, Verdict};
use landmeter::territory::adjacency::Contiguity;
use landmeter::territory::{Division, Link, Municipality, Shapes, Territory};
use landmeter::words::Lang;

fn rule(id: &str, kind: Kind) -> Rule {
    Rule { id: id.into(), hard: true, source: Source::default(), text: Text::default(), kind }
}

fn rulebook() -> Rulebook {
    Rulebook {
        name: "vlaanderen-2021".into(),
        date: "2022-02-04".into(),
        deadline: None,
        title: Text { nl: "kader".into(), en: "book".into() },
        contiguity: Contiguity::default(),
        metrics: Vec::new(),
        rules: vec![
            rule("contiguity", Kind::Contiguity { exclaves_count: false, doubtful_below_m: 100.0 }),
            rule("nesting", Kind::Nesting { division: vec!["region_2022".into()] }),
        ],
    }
}

fn finding(code: &'static str, rule: &str, area: &str, municipalities: &[&str]) -> Finding {
    Finding {
        code,
        severity: Severity::Violation,
        rule: rule.into(),
        area: Some(area.into()),
        municipalities: municipalities.iter().map(|&m| m.to_owned()).collect(),
        amount: None,
        unit: "".into(),
        facts: Vec::new(),
        derogation: None,
        remedy: None,
    }
}

/// A grid of unit squares of 1 km, codes by row and column: `00`, `01`, ...
fn grid(rows: &[&str]) -> (Territory, Plan) {
    let (height, width) = (rows.len(), rows[0].len());
    let mut municipalities = Vec::new();
    let mut polygons = Vec::new();
    let mut links = Vec::new();
    let at = |r: usize, c: usize| r * width + c;
    for r in 0..height {
        for c in 0..width {
            municipalities.push(Municipality::new(format!("{r}{c}"), format!("M{r}{c}")));
            let (x, y) = (c as f64 * 1000.0, -(r as f64) * 1000.0);
            let corner = |dx: f64, dy: f64| Coord { x: x + dx, y: y + dy };
            let ring = vec![corner(0., 0.), corner(1000., 0.), corner(1000., 1000.), corner(0., 1000.), corner(0., 0.)];
            polygons.push(MultiPolygon(vec![Polygon::new(LineString(ring), vec![])]));
            if c + 1 < width {
                links.push(Link::border(at(r, c), at(r, c + 1), 1000.0));
            }
            if r + 1 < height {
                links.push(Link::border(at(r, c), at(r + 1, c), 1000.0));
            }
        }
    }
    let mut territory = Territory::new("grid", municipalities, links).unwrap();
    territory.add_shapes(Shapes { crs: "EPSG:31370".into(), schematic: true, polygons }).unwrap();
    let labels: Vec<String> = rows.iter().flat_map(|row| row.chars().map(String::from)).collect();
    let labels: Vec<Option<&str>> = labels.iter().map(|l| Some(l.as_str()).filter(|l| *l != ".")).collect();
    (territory, Plan::from_labels("draft", &labels))
}

/// Every tag closed in order, every attribute quoted, no stray `<` or `&`: what a reader of XML insists on.
fn well_formed(svg: &str) -> Result<usize, String> {
    let mut open: Vec<&str> = Vec::new();
    let mut elements = 0;
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        text(&rest[..start])?;
        let end = rest[start..].find('>').ok_or("a tag without end")? + start;
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes nothing"));
            }
            continue;
        }
        elements += 1;
        let body = tag.strip_suffix('/').unwrap_or(tag);
        let name = body.split(' ').next().unwrap_or_default();
        let mut attributes = body[name.len()..].trim();
        let mut seen = Vec::new();
        while !attributes.is_empty() {
            let (key, after) = attributes.split_once("=\"").ok_or(format!("attribute without quotes in {tag}"))?;
            let (value, after) = after.split_once('"').ok_or(format!("attribute without end in {tag}"))?;
            text(value)?;
            if seen.contains(&key) {
                return Err(format!("{key} twice in {tag}"));
            }
            seen.push(key);
            attributes = after.trim_start();
        }
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    text(rest)?;
    if open.is_empty() { Ok(elements) } else { Err(format!("never closed: {open:?}")) }
}

fn text(text: &str) -> Result<(), String> {
    for part in text.split('&').skip(1) {
        if !["amp;", "lt;", "gt;", "quot;"].iter().any(|entity| part.starts_with(entity)) {
            return Err(format!("stray & in {text}"));
        }
    }
    match text.chars().find(|c| c.is_control() && *c != '\n') {
        Some(c) => Err(format!("control character {c:?}")),
        None => Ok(()),
    }
}

#[test]
fn the_scan_knows_a_broken_picture() {
    assert!(well_formed("<a><b/></a>").is_ok());
    for broken in ["<a><b></a>", "<a b=c/>", "<a>&x</a>", "<a>", "<a b=\"1\" b=\"2\"/>"] {
        assert!(well_formed(broken).is_err(), "{broken}");
    }
}

#[test]
fn a_cut_off_piece_is_ringed_tied_and_told() {
    let (territory, plan) = grid(&["1221", "1222", "33.."]);
    let book = rulebook();
    let verdict = Verdict {
        plan: "draft".into(),
        status: Status::NotConform,
        findings: vec![finding("R201", "contiguity", "1", &["03"])],
        areas: vec![AreaRow::default(); 3],
    };
    let context = Context { territory: &territory, rulebook: &book, inputs: &[], lang: Lang::En };
    let svg = map_svg(&context, &plan, Some(&verdict)).unwrap();
    well_formed(&svg).unwrap();
    assert!(svg.contains("role=\"img\"") && svg.contains("<title") && svg.contains("<desc"));
    assert!(svg.contains("Schematic lines"));
    assert!(svg.contains("M03 (03)"), "the description names who is cut off");
    assert!(svg.contains("stroke-dasharray=\"4 26\""), "a tie to the rest");
    assert!(svg.contains("No area"), "the unassigned are in the legend");
    assert_eq!(svg, map_svg(&context, &plan, Some(&verdict)).unwrap(), "the same bytes again");
    // A finding about municipalities that are joined to their area (a doubtful contact) rings nobody.
    let joined = Verdict { findings: vec![finding("R203", "contiguity", "1", &["00"])], ..verdict.clone() };
    let other = map_svg(&context, &plan, Some(&joined)).unwrap();
    assert!(!other.contains("stroke-dasharray=\"4 26\"") && other.contains(">R203<"));
    // The tie runs over the two squares between: 2 km of the 4 km that are 3840 units wide.
    let tie = svg.lines().find(|l| l.contains("stroke-dasharray=\"4 26\"")).unwrap();
    let path = tie.rsplit_once(" d=\"M").unwrap().1;
    let step: i32 =
        path.split_once('l').unwrap().1.split([' ', '"', '-']).find(|s| !s.is_empty()).unwrap().parse().unwrap();
    assert_eq!(step, 1920);
}

#[test]
fn hostile_names_stay_text() {
    let (territory, mut plan) = grid(&["12", "12"]);
    plan.name = "<script>alert(1)</script> & \"{area}\" \u{1b}[31m\u{0}".into();
    plan.areas = vec!["</svg><script>x</script>".into(), "{area}\nnew\u{202e}line & é ".repeat(50)];
    let book = rulebook();
    for lang in Lang::ALL {
        let context = Context { territory: &territory, rulebook: &book, inputs: &[], lang };
        let svg = map_svg(&context, &plan, None).unwrap();
        well_formed(&svg).unwrap();
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;alert(1)"));
        assert!(!svg.contains('\u{202e}') && svg.contains("{area}"));
    }
}

#[test]
fn without_shapes_there_is_no_map() {
    let territory = Territory::new("graph", vec![Municipality::new("1", "One")], vec![]).unwrap();
    let book = rulebook();
    let context = Context { territory: &territory, rulebook: &book, inputs: &[], lang: Lang::En };
    let plan = Plan::from_labels("draft", &[Some("A")]);
    let error = map_svg(&context, &plan, None).unwrap_err();
    assert_eq!(error, ReportError::NoShapes { territory: "graph".into() });
}

#[test]
fn shapes_of_no_extent_do_not_break_it() {
    let (mut territory, plan) = grid(&["12"]);
    let point = LineString(vec![Coord { x: 5.0, y: 5.0 }; 4]);
    let odd =
        LineString(vec![Coord { x: f64::NAN, y: 0.0 }, Coord { x: f64::INFINITY, y: 1.0 }, Coord { x: 0.0, y: 1.0 }]);
    for ring in [point, odd] {
        let polygons = vec![MultiPolygon(vec![Polygon::new(ring, vec![])]), MultiPolygon(vec![])];
        territory.add_shapes(Shapes { crs: String::new(), schematic: false, polygons }).unwrap();
        let book = rulebook();
        let context = Context { territory: &territory, rulebook: &book, inputs: &[], lang: Lang::En };
        let svg = map_svg(&context, &plan, None).unwrap();
        well_formed(&svg).unwrap();
        assert!(svg.contains("1 municipality has no shape"));
    }
}

/// Flanders with its real borders, on a simple plane (good enough for a picture); none where the data are absent.
fn flanders() -> Option<(Territory, Plan)> {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let read = |path: &str| std::fs::read_to_string(data.join(path)).ok();
    let geometry = read("flanders/geometry/municipalities_300_vrbg_wgs84.geojson")?;
    let (borders, regions) =
        (read("shippable/facts/borders_2024.csv")?, read("shippable/facts/reference_regions_2024.csv")?);
    let areas = read("shippable/facts/working_areas_2022.csv")?;
    let json: serde_json::Value = serde_json::from_str(&geometry).ok()?;
    let mut municipalities = Vec::new();
    let mut polygons = Vec::new();
    for feature in json["features"].as_array()? {
        let text = |key: &str| feature["properties"][key].as_str().unwrap_or_default().to_owned();
        municipalities.push(Municipality::new(text("nis"), text("name")));
        let coordinates = &feature["geometry"]["coordinates"];
        let ring = |r: &serde_json::Value| -> LineString<f64> {
            let number = |p: &serde_json::Value, i: usize| p[i].as_f64().unwrap_or_default();
            let place = |p: &serde_json::Value| Coord { x: number(p, 0) * 69_900.0, y: number(p, 1) * 111_250.0 };
            LineString(r.as_array().into_iter().flatten().map(place).collect())
        };
        let part = |p: &serde_json::Value| {
            let mut rings: Vec<LineString<f64>> = p.as_array().into_iter().flatten().map(ring).collect();
            let shell = rings.remove(0);
            Polygon::new(shell, rings)
        };
        polygons.push(MultiPolygon(if feature["geometry"]["type"] == "Polygon" {
            vec![part(coordinates)]
        } else {
            coordinates.as_array()?.iter().map(part).collect()
        }));
    }
    let position = |code: &str| municipalities.iter().position(|m| m.code == code);
    let rows = |csv: &str| -> Vec<Vec<String>> {
        csv.lines().skip(1).map(|l| l.split(',').map(str::to_owned).collect()).collect()
    };
    let links = rows(&borders)
        .iter()
        .map(|r| {
            let (a, b) = (position(&r[0])?, position(&r[1])?);
            Some(if r[3] == "border" { Link::border(a, b, r[2].parse().ok()?) } else { Link::point(a, b) })
        })
        .collect::<Option<Vec<_>>>()?;
    let zones: Option<Vec<Option<String>>> = {
        let rows = rows(&regions);
        municipalities.iter().map(|m| rows.iter().find(|r| r[0] == m.code).map(|r| Some(r[2].clone()))).collect()
    };
    let labels: Vec<Option<String>> = {
        let rows = rows(&areas);
        municipalities.iter().map(|m| rows.iter().find(|r| r[0] == m.code).map(|r| r[1].clone())).collect()
    };
    let sorted = municipalities.windows(2).all(|w| w[0].code < w[1].code);
    assert!(sorted, "the file is sorted by code, so shapes and divisions are in the territory's order");
    let mut territory = Territory::new("flanders", municipalities, links).ok()?.with_date(Some("2024-01-01".into()));
    territory.add_shapes(Shapes { crs: "plain".into(), schematic: true, polygons }).ok()?;
    territory.add_division(Division::from_names("region_2022", zones?)).ok()?;
    let labels: Vec<Option<&str>> = labels.iter().map(Option::as_deref).collect();
    Some((territory, Plan::from_labels("official-2022", &labels)))
}

#[test]
fn the_official_map_is_small_and_whole() {
    let Some((territory, plan)) = flanders() else {
        eprintln!("skipped: ../shared/data is absent");
        return;
    };
    assert_eq!(plan.areas.len(), 42);
    assert!(!plan.of.contains(&NONE));
    let granted = |finding: Finding| Finding {
        derogation: Some(Derogation {
            id: "D1".into(),
            finding: finding.code.into(),
            area: String::new(),
            municipalities: vec![],
            decided_by: "Flemish Government".into(),
            date: "2022-02-04".into(),
            reason: "as motivated".into(),
            until: None,
            source: String::new(),
        }),
        ..finding
    };
    let findings = vec![
        finding("R201", "contiguity", "Kempen-Noord", &["13001", "13035"]),
        finding("R201", "contiguity", "Kust-Noord", &["31043"]),
        granted(finding("R201", "contiguity", "Midwest-West", &["33021", "33041"])),
        granted(finding("R201", "contiguity", "Zuid-West-Vlaanderen-Zuid", &["34023"])),
        granted(finding("R401", "nesting", "Oost-Brabant-West", &["23099", "23103", "23094"])),
        finding("R401", "nesting", "Waasland-Oost", &["11056"]),
    ];
    let verdict = Verdict {
        plan: "official-2022".into(),
        status: Status::NotConform,
        findings,
        areas: vec![AreaRow::default(); 42],
    };
    let book = rulebook();
    let context = Context { territory: &territory, rulebook: &book, inputs: &[], lang: Lang::Nl };
    let started = std::time::Instant::now();
    let svg = map_svg(&context, &plan, Some(&verdict)).unwrap();
    eprintln!("{} bytes in {:?}", svg.len(), started.elapsed());
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("official.svg"), &svg).unwrap();
    well_formed(&svg).unwrap();
    assert!(svg.len() < 1_500_000, "{} bytes", svg.len());
    assert!(svg.contains("Knokke-Heist (31043)"));
    assert!(plan.areas.iter().enumerate().all(|(i, name)| svg.contains(&format!("{}. {name} (", i + 1))));
}
