//! What is kept from plan to plan never changes a verdict.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use landmeter::io::embedded;
use landmeter::rules::{Checker, Finding, Memo, Register, Scratch};

#[test]
fn findings_made_are_the_findings() {
    let embedded = embedded::load("flanders").unwrap();
    let territory = &embedded.territory;
    let rulebook = embedded::rulebook("vlaanderen-2021").unwrap();
    let official = embedded.official_plan("official-2022").unwrap();
    let granted = embedded::register("vlaanderen-2022").unwrap();
    let expired = Register { as_of: Some("2030-01-01".into()), ..granted.clone() };
    for register in [Register::default(), granted, expired] {
        let checker = Checker::new(territory, &rulebook, &register).unwrap();
        let (mut scratch, mut memo) = (Scratch::default(), Memo::default());
        let mut random = 7u64;
        let mut next = |below: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(random >> 33).unwrap() % below
        };
        for turn in 0..300 {
            let mut plan = official.clone();
            for _ in 0..turn % 8 {
                let m = next(territory.len());
                let neighbours: Vec<usize> = territory.adjacency().neighbours(m).map(|(n, _)| n).collect();
                if !neighbours.is_empty() {
                    plan.of[m] = plan.of[neighbours[next(neighbours.len())]];
                }
            }
            // A label swapped between two areas: the same municipalities under another name are another finding.
            if turn % 5 == 0 {
                let (a, b) = (next(plan.areas.len()), next(plan.areas.len()));
                plan.areas.swap(a, b);
            }
            let expected = checker.findings(&plan, &mut Scratch::default());
            let (status, made) = checker.findings_made(&plan, &mut scratch, &mut memo, Finding::clone);
            assert_eq!(status, expected.status, "turn {turn}");
            assert_eq!(made.iter().map(|k| &k.made).collect::<Vec<_>>(), expected.findings.iter().collect::<Vec<_>>());
        }
    }
}
