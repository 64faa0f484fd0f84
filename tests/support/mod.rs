#![allow(dead_code, unreachable_pub, reason = "each test and bench uses a part")]
//! Territories for tests and benches: the official one from the tables of facts, and drawn or synthetic grids.

use std::path::PathBuf;

use landmeter::plan::Plan;
use landmeter::rules::{Derogation, Rulebook};
use landmeter::territory::{ActiveActor, Attribute, CouncilWish, Division, Link, Municipality, Territory};

/// A table's rows, each a list of its cells by column name; none where the file is absent.
pub fn table(file: &str) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/shippable/facts");
    let mut reader = csv::Reader::from_path(folder.join(file)).ok()?;
    let header = reader.headers().ok()?.iter().map(str::to_owned).collect();
    let rows = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
    Some((header, rows))
}

fn column(table: &(Vec<String>, Vec<Vec<String>>), name: &str) -> Vec<String> {
    let at = table.0.iter().position(|h| h == name).unwrap();
    table.1.iter().map(|r| r[at].clone()).collect()
}

/// The 300 municipalities of 2024 with the map of 2022; none (and a line on standard error) where the tables are absent.
pub fn official() -> Option<(Territory, Plan)> {
    let Some(municipalities) = table("municipalities_2024.csv") else {
        eprintln!("skipped: ../shared/data/shippable/facts is absent");
        return None;
    };
    let codes = column(&municipalities, "nis");
    assert!(codes.is_sorted());
    let position = |code: &str| codes.binary_search_by(|c| c.as_str().cmp(code)).unwrap();
    let units =
        codes.iter().zip(column(&municipalities, "name")).map(|(c, n)| Municipality::new(c.clone(), n)).collect();
    let borders = table("borders_2024.csv")?;
    let links = borders.1.iter().map(|row| {
        let (a, b, metres) = (position(&row[0]), position(&row[1]), row[2].parse().unwrap());
        let mut link = if metres > 0.0 { Link::border(a, b, metres) } else { Link::point(a, b) };
        link.doubtful = row[3] == "ambiguous";
        link
    });
    let mut territory = Territory::new("flanders", units, links.collect()).unwrap();
    for (name, unit, estimated) in [("social_rental_homes_estimated", "homes", true), ("perimeter_km", "km", false)] {
        let values = column(&municipalities, name).iter().map(|v| v.parse().ok()).collect();
        let attribute = Attribute { name: name.into(), unit: unit.into(), source: "".into(), estimated, values };
        territory.add_attribute(attribute).unwrap();
    }
    let regions = table("reference_regions_2024.csv")?;
    assert_eq!(column(&regions, "nis"), codes);
    for name in ["region_2022", "region_2023"] {
        let zones = column(&regions, name).into_iter().map(Some).collect();
        territory.add_division(Division::from_names(name, zones)).unwrap();
    }
    let actors = table("active_actors_partial.csv")?;
    let actors =
        actors.1.iter().map(|r| ActiveActor { municipality: position(&r[0]), actor: r[2].clone(), kind: r[3].clone() });
    // The two that the press names: Ieper with Poperinge and Vleteren (not followed), Arendonk with its four (followed).
    let wish = |of: &str, with: &[&str]| CouncilWish {
        municipality: position(of),
        together_with: with.iter().map(|c| position(c)).collect(),
        apart_from: Vec::new(),
        text: String::new(),
        date: "2021".into(),
    };
    let wishes = vec![
        wish("33011", &["33021", "33041"]),
        wish("13001", &["13014", "13023", "13035", "13037"]),
        wish("71002", &[]),
    ];
    let territory = territory.with_actors(actors.collect()).with_wishes(wishes);
    let areas = table("working_areas_2022.csv")?;
    assert_eq!(column(&areas, "nis"), codes);
    let labels = column(&areas, "working_area");
    let labels: Vec<Option<&str>> = labels.iter().map(|l| Some(l.as_str())).collect();
    Some((territory, Plan::from_labels("official-2022", &labels)))
}

/// A rulebook of the project's `data/` folder.
pub fn rulebook(name: &str) -> Rulebook {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("data/rulebooks/{name}.toml"));
    Rulebook::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A granted exception for a finding and an area.
pub fn derogation(finding: &str, area: &str) -> Derogation {
    Derogation {
        id: format!("{finding}-{area}"),
        finding: finding.into(),
        area: area.into(),
        municipalities: Vec::new(),
        decided_by: "Vlaamse Regering".into(),
        date: "2022-02-04".into(),
        reason: "council's wish".into(),
        until: None,
        source: String::new(),
    }
}

/// A grid of square municipalities of 1 km, row by row, with codes `001`, `002`, ...
pub fn grid(rows: usize, columns: usize) -> Territory {
    let at = |r: usize, c: usize| r * columns + c;
    let units = (0..rows * columns).map(|i| Municipality::new(format!("{:05}", i + 1), format!("M{}", i + 1)));
    let mut links = Vec::new();
    for r in 0..rows {
        for c in 0..columns {
            if c + 1 < columns {
                links.push(Link::border(at(r, c), at(r, c + 1), 1000.0));
            }
            if r + 1 < rows {
                links.push(Link::border(at(r, c), at(r + 1, c), 1000.0));
            }
        }
    }
    let mut territory = Territory::new("grid", units.collect(), links).unwrap();
    let all = |name: &str, unit: &str, value: f64| Attribute {
        name: name.into(),
        unit: unit.into(),
        source: String::new(),
        estimated: false,
        values: vec![Some(value); rows * columns],
    };
    territory.add_attribute(all("perimeter_km", "km", 4.0)).unwrap();
    territory.add_attribute(all("social_rental_homes", "homes", 400.0)).unwrap();
    territory
}
