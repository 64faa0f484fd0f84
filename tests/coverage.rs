//! What peers get wrong: one small file each in `tests/coverage`, which carries its right answer.
//!
//! Each file is also turned: features in reverse, every ring from another start and the other way round.

#![allow(clippy::unwrap_used, reason = "a test or bench may stop at what it does not expect")]

use std::path::Path;

use landmeter::io::boundaries::{self, BoundaryOptions};
use landmeter::territory::coverage::{Boundaries, Examination, ExamineOptions, Ring, examine};
use serde_json::Value;

/// The links of an examination by code, sorted, with lengths.
fn links(boundaries: &Boundaries, found: &Examination) -> Vec<(String, String, f64, String)> {
    let code = |f: u32| boundaries.features[f as usize].code.clone();
    let mut links: Vec<_> = found
        .links
        .iter()
        .map(|l| {
            let (a, b) = (code(l.a), code(l.b));
            let kind = format!("{:?}", l.kind).to_lowercase();
            (a.clone().min(b.clone()), a.max(b), l.length_m, kind)
        })
        .collect();
    links.sort_by(|x, y| (&x.0, &x.1).cmp(&(&y.0, &y.1)));
    links
}

/// Everything in which an examination differs from the answer.
fn differences(boundaries: &Boundaries, expect: &Value) -> Vec<String> {
    let tolerance_m = expect["tolerance"].as_f64().unwrap();
    let found = examine(boundaries, ExamineOptions { tolerance_m, ..ExamineOptions::default() }).unwrap();
    let mut out = Vec::new();
    let links = links(boundaries, &found);
    let expected = expect["links"].as_array().unwrap();
    if links.len() != expected.len() {
        out.push(format!("links {links:?}"));
    }
    for (link, want) in links.iter().zip(expected) {
        let length = want[2].as_f64().unwrap();
        let slack = if tolerance_m > 0.0 { 0.01 * length } else { 0.01 };
        if want[0] != *link.0 || want[1] != *link.1 || want[3] != *link.3 || (link.2 - length).abs() > slack {
            out.push(format!("{link:?}, not {want}"));
        }
    }
    let expected = expect["problems"].as_array().unwrap();
    if found.problems.len() != expected.len() {
        out.push(format!("problems {:?}", found.problems));
    }
    for want in expected {
        let codes: Vec<&str> = want[1].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        let Some(problem) = found.problems.iter().find(|p| want[0] == *p.kind && p.municipalities == codes) else {
            out.push(format!("{want} is missing"));
            continue;
        };
        for (value, want) in [(problem.length_m, &want[2]), (problem.area_m2, &want[3])] {
            if want.as_f64().is_some_and(|want| {
                (value.unwrap_or(f64::NAN) - want).abs().is_nan()
                    || (value.unwrap_or(f64::NAN) - want).abs() > 0.01 * want
            }) {
                out.push(format!("{value:?}, not {want}: {problem:?}"));
            }
        }
    }
    if found.voids.len() as u64 != expect["voids"].as_u64().unwrap() {
        out.push(format!("voids {:?}", found.voids));
    }
    out
}

/// The same boundaries with the features in reverse and every ring turned by `by` and walked the other way.
fn turned(from: &Boundaries, by: usize) -> Boundaries {
    let mut to = Boundaries { crs: from.crs.clone(), problems: from.problems.clone(), ..Boundaries::default() };
    for (index, feature) in from.features.iter().rev().enumerate() {
        let first = to.rings.len();
        for ring in &from.rings[feature.rings.start as usize..feature.rings.end as usize] {
            let mut line = from.coords[ring.start as usize..(ring.start + ring.len) as usize].to_vec();
            let turn = by % line.len();
            line.rotate_left(turn);
            line.reverse();
            let start = u32::try_from(to.coords.len()).unwrap();
            to.rings.push(Ring { start, feature: u32::try_from(index).unwrap(), ..*ring });
            to.coords.extend(line);
        }
        let range = u32::try_from(first).unwrap()..u32::try_from(to.rings.len()).unwrap();
        to.features.push(landmeter::territory::coverage::Feature { rings: range, ..feature.clone() });
    }
    to
}

#[test]
fn every_file_gives_its_answer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/coverage");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 30, "{} files", paths.len());
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let answers: Value = serde_json::from_str(&text.replace("NaN", "null")).unwrap();
        let (boundaries, _) = boundaries::read(&path, &BoundaryOptions::default()).unwrap();
        for expect in answers["expect"].as_array().unwrap() {
            let mut check = |turn: &str, boundaries: &Boundaries| {
                let tolerance = &expect["tolerance"];
                let found = differences(boundaries, expect);
                wrong.extend(found.into_iter().map(|d| format!("{name}{turn}, tolerance {tolerance}: {d}")));
            };
            check("", &boundaries);
            for by in 0..4 {
                check(&format!(" turned by {by}"), &turned(&boundaries, by));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
