//! Random small territories and plans: remedies held against an exhaustive search that knows only the checker.

#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

use landmeter::plan::{NONE, Plan};
use landmeter::rules::{Checker, Finding, Register, Rulebook, Scratch, Severity};
use landmeter::territory::{Attribute, Division, Link, Municipality, Territory};
use proptest::prelude::*;

const HEAD: &str = "name = \"x\"\ndate = \"2026-01-01\"\ntitle = { nl = \"x\", en = \"x\" }\n";

fn rules(mask: u8, exclaves_count: bool) -> String {
    let all = [
        ("assignment", String::new()),
        ("contiguity", format!("exclaves_count = {exclaves_count}\n")),
        ("enclosure", String::new()),
        ("nesting", "division = \"zone\"\n".into()),
        ("bounds", "attribute = \"homes\"\nat_least = 5\nat_most = 13\n".into()),
        ("balance", "attribute = \"homes\"\nwithin = 0.3\n".into()),
        ("area-count", "at_most = 2\n".into()),
        ("apart", "municipalities = [\"1\", \"2\", \"6\"]\n".into()),
    ];
    let mut text = HEAD.to_owned();
    for (i, (kind, parameters)) in all.iter().enumerate().filter(|(i, _)| mask & (1 << i) != 0) {
        text += &format!(
            "[[rule]]\nid = \"r{i}\"\nkind = \"{kind}\"\nhard = true\ntext = {{ nl = \"\", en = \"\" }}\n{parameters}"
        );
    }
    text
}

/// Three rows of three, some borders cut, with homes and zones.
fn territory(cut: &[bool], homes: &[u8], zones: &[u8]) -> Territory {
    let units = (0..9).map(|i| Municipality::new(i.to_string(), i.to_string())).collect();
    let mut pairs = Vec::new();
    for i in 0..9 {
        if i % 3 < 2 {
            pairs.push((i, i + 1));
        }
        if i < 6 {
            pairs.push((i, i + 3));
        }
    }
    let kept = pairs.iter().zip(cut).filter(|(_, cut)| !**cut).map(|(&(a, b), _)| Link::border(a, b, 1000.0));
    let mut territory = Territory::new("random", units, kept.collect()).unwrap();
    let attribute = |name: &str, values: Vec<Option<f64>>| Attribute {
        name: name.into(),
        unit: String::new(),
        source: String::new(),
        estimated: false,
        values,
    };
    territory.add_attribute(attribute("homes", homes.iter().map(|&h| Some(f64::from(h))).collect())).unwrap();
    territory.add_attribute(attribute("perimeter_km", vec![Some(4.0); 9])).unwrap();
    territory
        .add_division(Division::from_names("zone", zones.iter().map(|z| (*z < 3).then(|| z.to_string())).collect()))
        .unwrap();
    territory
}

/// What tells a violation from others, its municipalities, and how much.
fn violations(findings: &[Finding]) -> Vec<(String, Vec<String>, f64)> {
    let hard = findings.iter().filter(|f| f.severity == Severity::Violation);
    hard.map(|f| {
        let other = f.facts.iter().find(|(n, _)| *n == "enclosed" || *n == "by" || *n == "municipality");
        let is_enclosure = f.code.starts_with("R3");
        let municipalities = if is_enclosure { Vec::new() } else { f.municipalities.clone() };
        let amount = if is_enclosure { 0.0 } else { f.amount.unwrap_or(0.0) };
        (format!("{} {} {:?} {other:?}", f.code, f.rule, f.area), municipalities, amount)
    })
    .collect()
}

fn every(
    plan: &Plan,
    left: usize,
    first: usize,
    now: &mut Plan,
    found: &mut bool,
    does: &mut dyn FnMut(&Plan) -> bool,
) {
    if left == 0 || *found {
        return;
    }
    for m in first..plan.of.len() {
        for area in 0..u32::try_from(plan.areas.len()).unwrap() {
            if area != plan.of[m] && !*found {
                now.of[m] = area;
                *found |= does(now);
                every(plan, left - 1, m + 1, now, found, does);
            }
        }
        now.of[m] = plan.of[m];
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn remedies_are_what_they_say(
        cut in prop::collection::vec(prop::bool::weighted(0.25), 12),
        homes in prop::collection::vec(0u8..5, 9),
        zones in prop::collection::vec(0u8..4, 9),
        labels in prop::collection::vec(prop::option::weighted(0.95, 0u8..4), 9),
        mask in 1u8..=255,
        exclaves_count in any::<bool>(),
    ) {
        let territory = territory(&cut, &homes, &zones);
        let labels: Vec<Option<String>> = labels.iter().map(|l| l.map(|l| l.to_string())).collect();
        let labels: Vec<Option<&str>> = labels.iter().map(Option::as_deref).collect();
        let plan = Plan::from_labels("random", &labels);
        let book = Rulebook::from_toml(&rules(mask, exclaves_count)).unwrap();
        let register = Register::default();
        let checker = Checker::new(&territory, &book, &register).unwrap();
        let mut scratch = Scratch::default();
        let verdict = checker.check(&plan);
        let before = violations(&verdict.findings);
        for finding in verdict.findings.iter().filter(|f| f.severity == Severity::Violation) {
            let Some(remedy) = &finding.remedy else { continue };
            let this = violations(std::slice::from_ref(finding)).remove(0).0;
            let mut does = |plan: &Plan| {
                let after = violations(&checker.findings(plan, &mut scratch).findings);
                let no_worse = |(v, m, x): &(String, Vec<String>, f64)| {
                    before.iter().any(|(w, n, y)| w == v && m.iter().all(|m| n.contains(m)) && *x <= y + 1e-9)
                };
                after.iter().all(|v| v.0 != this && no_worse(v))
            };
            let refuted = if remedy.moves.is_empty() { remedy.searched_up_to as usize } else { remedy.moves.len() - 1 };
            prop_assert_eq!(remedy.proved_smallest, !remedy.moves.is_empty());
            let mut found = false;
            every(&plan, refuted.min(3), 0, &mut plan.clone(), &mut found, &mut does);
            prop_assert!(!found, "{} has a remedy of {} moves or fewer", this, refuted);
            if !remedy.moves.is_empty() {
                let mut moved = plan.clone();
                for m in &remedy.moves {
                    let area = plan.areas.iter().position(|a| *a == m.to).unwrap();
                    let at = territory.position(&m.municipality).unwrap();
                    prop_assert_eq!(m.from.is_none(), plan.of[at] == NONE);
                    moved.of[at] = u32::try_from(area).unwrap();
                }
                prop_assert!(does(&moved), "{} is not mended by {:?}", this, remedy.moves);
            }
        }
    }
}
