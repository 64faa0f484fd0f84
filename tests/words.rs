//! Every sentence exists in both languages, uses the same values, and never reads a value as a template.

#![allow(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use landmeter::rules::{Fact, Finding, Severity};
use landmeter::territory::coverage::{PROBLEMS, Problem};
use landmeter::territory::{Municipality, Territory};
use landmeter::words::{self, Lang, list, number, quantity, say};

const FILES: [(&str, &str, &str); 3] = [
    ("interface", include_str!("../src/words/interface.en.toml"), include_str!("../src/words/interface.nl.toml")),
    ("findings", include_str!("../src/words/findings.en.toml"), include_str!("../src/words/findings.nl.toml")),
    ("problems", include_str!("../src/words/problems.en.toml"), include_str!("../src/words/problems.nl.toml")),
];

fn flat(text: &str) -> Vec<(String, String)> {
    fn walk(prefix: &str, table: &toml::Table, out: &mut Vec<(String, String)>) {
        for (key, value) in table {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::Table(inner) => walk(&key, inner, out),
                toml::Value::String(text) => out.push((key, text.clone())),
                other => panic!("{key} is {other}, expected a sentence"),
            }
        }
    }
    let mut out = Vec::new();
    walk("", &text.parse().expect("a TOML file"), &mut out);
    out.sort();
    out
}

/// Names of the values of a template, each once.
fn values(template: &str) -> Vec<String> {
    let mut names: Vec<String> =
        template.split('{').skip(1).map(|part| part.split(['}', '|']).next().unwrap_or_default().to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn both_languages_have_every_sentence_with_the_same_values() {
    for (file, en, nl) in FILES {
        let (en, nl) = (flat(en), flat(nl));
        let keys = |list: &[(String, String)]| list.iter().map(|(k, _)| k.clone()).collect::<Vec<_>>();
        assert_eq!(keys(&en), keys(&nl), "{file}: the keys differ");
        for ((key, en), (_, nl)) in en.iter().zip(&nl) {
            assert_eq!(values(en), values(nl), "{file}: the values of {key} differ");
            for text in [en, nl] {
                assert!(!text.trim().is_empty(), "{file}: {key} is empty");
                let pairs = |open: char, close: char| text.matches(open).count() == text.matches(close).count();
                assert!(pairs('{', '}') && pairs('[', ']'), "{file}: {key} has an open bracket: {text}");
            }
        }
    }
}

#[test]
fn every_key_is_said_without_a_hole() {
    for lang in Lang::ALL {
        let keys = words::keys(lang);
        assert!(keys.len() > 60, "the interface was read");
        let file = flat(if lang == Lang::En { FILES[0].1 } else { FILES[0].2 });
        for (key, template) in &file {
            let names = values(template);
            let filled: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "2")).collect();
            let said = say(lang, key, &filled);
            assert!(!said.contains('?') && !said.contains('{') && !said.contains('['), "{key}: {said}");
        }
        assert_eq!(file.iter().map(|(k, _)| k.as_str()).collect::<Vec<_>>(), keys);
    }
    assert_eq!(say(Lang::En, "no.such.key", &[]), "?no.such.key?");
}

#[test]
fn every_boundary_problem_has_a_sentence_that_stands_without_its_sizes() {
    let none = |_: &str| None;
    for lang in Lang::ALL {
        for &(code, kind) in PROBLEMS {
            let mut problem = Problem {
                code,
                kind,
                municipalities: vec!["11001".into(), "11002".into()],
                length_m: Some(1234.5),
                area_m2: Some(0.25),
                width_m: Some(0.001),
                place: None,
                at: Some("feature 12".into()),
                detail: "detail".into(),
            };
            let full = words::problem(lang, &problem, &none);
            assert!(!full.contains('?') && !full.contains('{'), "{code}: {full}");
            (problem.length_m, problem.area_m2, problem.width_m, problem.at) = (None, None, None, None);
            problem.detail.clear();
            let bare = words::problem(lang, &problem, &none);
            assert!(!bare.contains('?') && !bare.contains('{') && bare.ends_with('.'), "{code}: {bare}");
            assert!(bare.len() < full.len() || full == bare);
            problem.municipalities.clear();
            let alone = words::problem(lang, &problem, &none);
            assert!(!alone.contains('?') && alone.chars().next().is_some_and(|c| !c.is_lowercase()), "{code}: {alone}");
        }
        assert_eq!(words::problem_keys(lang), PROBLEMS.iter().map(|(code, _)| *code).collect::<Vec<_>>());
    }
}

/// The codes that stand in the source of the rules, as `"R201"`.
#[test]
fn every_code_of_the_rules_has_a_sentence() {
    fn sources(folder: &std::path::Path, out: &mut String) {
        let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                sources(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut text = String::new();
    sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules"), &mut text);
    let is_code = |s: &&str| s.len() == 4 && s.starts_with('R') && s[1..].bytes().all(|b| b.is_ascii_digit());
    for lang in Lang::ALL {
        let known = words::finding_keys(lang);
        assert!(known.contains(&"R201"));
        for code in text.split('"').filter(is_code) {
            assert!(known.contains(&code), "{code} has no sentence in {lang}");
        }
    }
}

#[test]
fn every_fault_of_a_consultation_has_a_sentence() {
    for lang in Lang::ALL {
        let keys = words::keys(lang);
        let said = |code: &str| keys.contains(&format!("fault.{code}").as_str());
        assert!(landmeter::consultation::FAULTS.iter().all(|(code, _)| said(code)));
        let faults = keys.iter().filter(|key| key.starts_with("fault.")).count();
        assert_eq!(faults, landmeter::consultation::FAULTS.len());
    }
}

fn finding(facts: Vec<(&'static str, Fact)>) -> Finding {
    Finding {
        code: "R201",
        severity: Severity::Violation,
        rule: "contiguity".into(),
        area: Some("{municipalities} [x] ?".into()),
        municipalities: vec!["1".into(), "2".into(), "9".into()],
        amount: Some(2.0),
        unit: "pieces".into(),
        facts,
        derogation: None,
        remedy: None,
    }
}

#[test]
fn values_are_never_templates_and_never_control_a_terminal() {
    let municipalities =
        vec![Municipality::new("1", "{area}"), Municipality::new("2", "a\nb\u{1b}[31m"), Municipality::new("3", "3")];
    let territory = Territory::new("t", municipalities, vec![]).unwrap();
    let said = words::finding(Lang::En, &finding(vec![("pieces", Fact::Number(2.0, "".into()))]), &territory);
    assert!(said.contains("{municipalities} [x] ?"), "{said}");
    assert!(said.contains("{area} (1), a b\u{fffd}[31m (2) and 9"), "{said}");
    let mut unknown = finding(vec![]);
    unknown.code = "R999";
    assert_eq!(words::finding(Lang::Nl, &unknown, &territory), "?R999?");
}

#[test]
fn numbers_and_lists_follow_the_language() {
    assert_eq!(number(Lang::En, 1_234_567.891, 2), "1,234,567.89");
    assert_eq!(number(Lang::Nl, 1_234_567.891, 2), "1.234.567,89");
    assert_eq!(number(Lang::Nl, 100.0, 2), "100");
    assert_eq!(number(Lang::En, -1234.0, 0), "-1,234");
    assert_eq!(number(Lang::En, f64::NAN, 0), "?");
    assert_eq!(quantity(Lang::En, 1.0, "homes"), "1 home");
    assert_eq!(quantity(Lang::Nl, 1234.0, "homes"), "1.234 woningen");
    assert_eq!(quantity(Lang::Nl, 12.34, "m2"), "12,3 m²");
    assert_eq!(quantity(Lang::Nl, 0.051, "share"), "5,1 %");
    assert_eq!(quantity(Lang::En, 3.0, ""), "3");
    assert_eq!(quantity(Lang::En, 3.0, "barrels"), "3 barrels");
    assert_eq!(list(Lang::En, &["A", "B", "C"]), "A, B and C");
    assert_eq!(list(Lang::Nl, &["A", "B"]), "A en B");
    assert_eq!(list(Lang::Nl, &["A"]), "A");
    assert_eq!("nl".parse::<Lang>(), Ok(Lang::Nl));
    assert!("fr".parse::<Lang>().unwrap_err().contains("expected nl or en"));
}
