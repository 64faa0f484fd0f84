//! The acceptance case: the official map of 2022.

#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

mod support;

use landmeter::plan::Plan;
use landmeter::rules::{Checker, Finding, Register, Scratch, Severity, Status, Verdict, check};
use support::{derogation, official, rulebook};

fn about<'v>(verdict: &'v Verdict, code: &str) -> Vec<&'v Finding> {
    verdict.findings.iter().filter(|f| f.code == code).collect()
}

fn areas<'v>(verdict: &'v Verdict, code: &str) -> Vec<&'v str> {
    about(verdict, code).iter().filter_map(|f| f.area.as_deref()).collect()
}

const APART: [&str; 4] = ["Kempen-Noord", "Kust-Noord", "Midwest-West", "Zuid-West-Vlaanderen-Zuid"];
const ACROSS: [&str; 5] =
    ["Kust-Noord", "Midwest-West", "Oost-Brabant-West", "Waasland-Oost", "Zuid-West-Vlaanderen-Midden"];

fn granted() -> Register {
    let apart = APART.iter().map(|a| derogation("R201", a));
    let across = ACROSS.iter().map(|a| derogation("reference-region", a));
    Register { derogations: apart.chain(across).collect(), as_of: None }
}

#[test]
fn the_map_of_2022_has_exactly_the_known_deviations() {
    let Some((territory, plan)) = official() else { return };
    let verdict = check(&territory, &plan, &rulebook("vlaanderen-2021"), &Register::default()).unwrap();
    assert_eq!(verdict.status, Status::NotConform);
    assert_eq!(areas(&verdict, "R201"), APART);
    assert_eq!(areas(&verdict, "R401"), ACROSS);
    let violations = verdict.findings.iter().filter(|f| f.severity == Severity::Violation).count();
    assert_eq!(violations, 9, "{:#?}", verdict.findings);
    let apart: Vec<_> = about(&verdict, "R201").iter().map(|f| f.municipalities.join(" ")).collect();
    assert_eq!(apart, ["13001 13035", "31043", "33021 33041", "34023"]);
    let exclaves: Vec<_> = about(&verdict, "R202").iter().map(|f| (f.area.clone(), f.municipalities.clone())).collect();
    assert_eq!(exclaves, [(Some("Limburg".to_owned()), vec!["73109".to_owned()])]);
    for absent in ["R301", "R302", "R303", "R203", "R501", "R503"] {
        assert!(about(&verdict, absent).is_empty(), "{absent}");
    }
    let overruled: Vec<_> = about(&verdict, "R603").iter().map(|f| f.municipalities.join(" ")).collect();
    assert_eq!(overruled, ["33011"]);
    assert_eq!(verdict.areas.len(), 42);
}

#[test]
fn the_bridges_of_2022() {
    let Some((territory, plan)) = official() else { return };
    let verdict = check(&territory, &plan, &rulebook("vlaanderen-2021"), &Register::default()).unwrap();
    let bridges = about(&verdict, "R201").into_iter().map(|f| {
        let remedy = f.remedy.as_ref().unwrap();
        assert_eq!(remedy.bridge_length, 1);
        remedy.bridges.join(" ")
    });
    // Turnhout, Baarle-Hertog; Brugge; Ieper, Lo-Reninge; Harelbeke, Kortrijk.
    assert_eq!(bridges.collect::<Vec<_>>(), ["13002 13040", "31005", "32030 33011", "34013 34022"]);
}

#[test]
fn remedies_of_2022_do_what_they_say() {
    let Some((territory, plan)) = official() else { return };
    let book = rulebook("vlaanderen-2021");
    let verdict = check(&territory, &plan, &book, &Register::default()).unwrap();
    let violations = |v: &Verdict| -> Vec<(String, Vec<String>)> {
        let all = v.findings.iter().filter(|f| f.severity == Severity::Violation);
        all.map(|f| (format!("{} {:?}", f.code, f.area), f.municipalities.clone())).collect()
    };
    let before = violations(&verdict);
    for finding in verdict.findings.iter().filter(|f| f.severity == Severity::Violation) {
        let remedy = finding.remedy.as_ref().unwrap();
        // All nine can be mended; five municipalities of Midwest-West lie outside Midwest.
        let midwest = finding.code == "R401" && finding.area.as_deref() == Some("Midwest-West");
        assert!(remedy.proved_smallest);
        assert!(if midwest { remedy.moves.len() == 5 } else { (1..=3).contains(&remedy.moves.len()) });
        let labels: Vec<Option<&str>> = (0..territory.len())
            .map(|i| {
                let code = &territory.municipalities()[i].code;
                let moved = remedy.moves.iter().find(|m| m.municipality == *code);
                Some(moved.map_or(plan.areas[plan.of[i] as usize].as_str(), |m| m.to.as_str()))
            })
            .collect();
        let after = check(&territory, &Plan::from_labels("after", &labels), &book, &Register::default()).unwrap();
        let this = format!("{} {:?}", finding.code, finding.area);
        for (violation, municipalities) in violations(&after) {
            assert_ne!(violation, this);
            let no_worse = before.iter().any(|(v, m)| *v == violation && municipalities.iter().all(|x| m.contains(x)));
            assert!(no_worse, "{this}: makes {violation} of {municipalities:?}");
        }
    }
}

#[test]
fn the_granted_derogations_cover_it() {
    let Some((territory, plan)) = official() else { return };
    let (book, register) = (rulebook("vlaanderen-2021"), granted());
    let verdict = check(&territory, &plan, &book, &register).unwrap();
    assert_eq!(verdict.status, Status::ConformWithDerogations);
    assert!(verdict.findings.iter().all(|f| f.severity != Severity::Violation || f.derogation.is_some()));
    assert!(verdict.findings.iter().all(|f| !f.code.starts_with("R9")));
}

#[test]
fn four_cross_the_regions_of_2023_and_one_derogation_covers_nothing() {
    let Some((territory, plan)) = official() else { return };
    let verdict = check(&territory, &plan, &rulebook("vlaanderen-2025"), &granted()).unwrap();
    let four: Vec<&str> = ACROSS.iter().copied().filter(|a| *a != "Waasland-Oost").collect();
    assert_eq!(areas(&verdict, "R401"), four);
    assert_eq!(areas(&verdict, "R201"), APART);
    assert_eq!(areas(&verdict, "R901"), ["Waasland-Oost"]);
}

#[test]
fn without_the_exclave_rule_limburg_is_in_two_pieces() {
    let Some((territory, plan)) = official() else { return };
    let mut book = rulebook("vlaanderen-2021");
    for rule in &mut book.rules {
        if let landmeter::rules::Kind::Contiguity { exclaves_count, .. } = &mut rule.kind {
            *exclaves_count = true;
        }
    }
    let verdict = check(&territory, &plan, &book, &Register::default()).unwrap();
    assert_eq!(areas(&verdict, "R201"), ["Kempen-Noord", "Kust-Noord", "Limburg", "Midwest-West", APART[3]]);
}

#[test]
fn labels_and_scratch_do_not_matter() {
    let Some((territory, plan)) = official() else { return };
    let (book, register) = (rulebook("vlaanderen-2021"), Register::default());
    let checker = Checker::new(&territory, &book, &register).unwrap();
    let reversed: Vec<String> = plan.of.iter().map(|a| format!("{:03}", 100 - a)).collect();
    let reversed: Vec<Option<&str>> = reversed.iter().map(|l| Some(l.as_str())).collect();
    let reversed = Plan::from_labels("official-2022", &reversed);
    let name = |label: &str| plan.areas[100 - label.parse::<usize>().unwrap()].clone();
    let (one, other) = (checker.check(&plan), checker.check(&reversed));
    let key = |f: &Finding, area: Option<String>| {
        let moves = f.remedy.as_ref().map(|r| r.moves.iter().map(|m| m.municipality.clone()).collect::<Vec<_>>());
        (f.code, area, f.municipalities.clone(), f.amount.map(f64::to_bits), moves)
    };
    let mut a: Vec<_> = one.findings.iter().map(|f| key(f, f.area.clone())).collect();
    let mut b: Vec<_> = other.findings.iter().map(|f| key(f, f.area.as_deref().map(name))).collect();
    a.sort();
    b.sort();
    assert_eq!(a, b);

    let mut scratch = Scratch::default();
    let empty = Plan::from_labels("none", &vec![None; 300]);
    let fresh = checker.findings(&plan, &mut Scratch::default());
    for _ in 0..3 {
        assert_eq!(checker.findings(&empty, &mut scratch).findings.iter().filter(|f| f.code == "R101").count(), 300);
        assert_eq!(checker.findings(&plan, &mut scratch), fresh);
    }
}
