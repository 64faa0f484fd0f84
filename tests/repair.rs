//! The nearest conforming plan, against every labelling there is; and the official map.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test may stop at what it does not expect")]

use landmeter::io::embedded;
use landmeter::rules::{Checker, Register, Rulebook, Scratch, Severity, Status};
use landmeter::search::{Outcome, RepairOptions, repair};
use landmeter::territory::{Attribute, Division, Link, Municipality, Territory};
use landmeter::{Plan, plan::NONE};

/// Numbers that depend on the seed only (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// Seven municipalities in a ring with chords, the seventh sometimes an exclave; two regions; homes 1 to 9.
fn territory(numbers: &mut Numbers) -> Territory {
    let units = (0..7).map(|i| Municipality::new(format!("{i}"), format!("M{i}"))).collect();
    let on_land = if numbers.below(3) == 0 { 6 } else { 7 };
    let mut links: Vec<Link> = (1..on_land).map(|i| Link::border(numbers.below(i), i, 100.0)).collect();
    for _ in 0..numbers.below(4) {
        let (a, b) = (numbers.below(on_land), numbers.below(on_land));
        if a != b {
            links.push(Link::border(a, b, 50.0));
        }
    }
    let mut territory = Territory::new("ring", units, links).unwrap();
    let zones = (0..7).map(|_| Some(["East", "West"][numbers.below(2)].to_owned())).collect();
    territory.add_division(Division::from_names("region", zones)).unwrap();
    let values = (0..7).map(|_| Some(1.0 + f64::from(u32::try_from(numbers.below(9)).unwrap()))).collect();
    let homes =
        Attribute { name: "homes".into(), unit: "homes".into(), source: "made".into(), estimated: false, values };
    territory.add_attribute(homes).unwrap();
    territory
}

fn rulebook(at_least: usize, nested: bool) -> Rulebook {
    let head = "name = \"t\"\ndate = \"2026-01-01\"\ntitle = { nl = \"t\", en = \"t\" }\n";
    let rule = |id: &str, more: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nkind = \"{id}\"\nhard = true\n{more}\nsource = {{ act = \"\" }}\ntext = {{ nl = \"t\", en = \"t\" }}\n"
        )
    };
    let mut text = format!("{head}{}{}", rule("assignment", ""), rule("contiguity", ""));
    if nested {
        text += &rule("nesting", "division = [\"region\"]");
    }
    text += &rule("bounds", &format!("attribute = [\"homes\"]\nat_least = {at_least}\nat_most = 30"));
    Rulebook::from_toml(&text).unwrap()
}

/// The least cost over all labellings with the plan's areas and four new ones, or none.
fn by_force(territory: &Territory, plan: &Plan, rulebook: &Rulebook, cost: &[u64]) -> Option<u64> {
    let register = Register::default();
    let checker = Checker::new(territory, rulebook, &register).unwrap();
    let labels = plan.areas.len() + 4;
    let mut areas = plan.areas.clone();
    areas.extend(["x1".into(), "x2".into(), "x3".into(), "x4".into()]);
    let (mut scratch, mut best) = (Scratch::default(), None);
    for number in 0..labels.pow(7) {
        let of: Vec<u32> = (0..7u32).map(|i| u32::try_from(number / labels.pow(i) % labels).unwrap()).collect();
        let paid: u64 = (0..7).filter(|&m| of[m] != plan.of[m]).map(|m| cost[m]).sum();
        // New areas differ by name only: the first that is used is the first of them.
        let known = u32::try_from(plan.areas.len()).unwrap();
        let in_turn = of.iter().try_fold(known, |next, &a| (a <= next).then(|| next.max(a.max(known - 1) + 1)));
        if in_turn.is_none() || best.is_some_and(|b| paid >= b) {
            continue;
        }
        let names: Vec<Option<&str>> = of.iter().map(|&a| Some(areas[a as usize].as_str())).collect();
        let verdict = checker.findings(&Plan::from_labels("force", &names), &mut scratch);
        if verdict.findings.iter().all(|f| f.severity != Severity::Violation) {
            best = Some(paid);
        }
    }
    best
}

#[test]
fn the_fewest_moves_are_those_of_brute_force() {
    let mut numbers = Numbers(2026);
    let (mut repaired, mut impossible) = (0, 0);
    for turn in 0..40 {
        let territory = territory(&mut numbers);
        let rulebook = rulebook([1, 6, 12][numbers.below(3)], turn % 4 != 0);
        let labels: Vec<Option<&str>> =
            (0..7).map(|_| [Some("A"), Some("B"), None][numbers.below(if turn % 5 == 0 { 3 } else { 2 })]).collect();
        let plan = Plan::from_labels("draft", &labels);
        let weigh = (turn % 3 == 0).then(|| "homes".to_owned());
        let figures = &territory.attribute("homes").unwrap().values;
        let cost: Vec<u64> = match &weigh {
            None => vec![1; 7],
            Some(_) => figures.iter().map(|v| format!("{}", v.unwrap()).parse().unwrap()).collect(),
        };
        let expected = by_force(&territory, &plan, &rulebook, &cost);
        let options = RepairOptions { weigh, ..RepairOptions::default() };
        match repair(&territory, &plan, &rulebook, &options).unwrap() {
            Outcome::Repaired(found) => {
                assert_eq!(Some(found.amount), expected.map(|e| e as f64), "turn {turn}: {found:?}");
                assert!(found.proved_smallest && found.verdict.status == Status::Conform, "turn {turn}");
                assert!(!found.plan.of.contains(&NONE));
                repaired += 1;
            }
            Outcome::Impossible { .. } => {
                assert_eq!(expected, None, "turn {turn}");
                impossible += 1;
            }
            Outcome::Unmended(found) => panic!("turn {turn}: every rule here is known to the search: {found:?}"),
        }
    }
    assert!(
        repaired >= 10 && impossible >= 3,
        "{repaired} repaired, {impossible} impossible: the cases test too little"
    );
}

#[test]
fn the_official_map_is_mended_with_proof() {
    let embedded = embedded::load("flanders").unwrap();
    let plan = embedded.official_plan("official-2022").unwrap();
    let rulebook = embedded::rulebook("vlaanderen-2021").unwrap();
    let Outcome::Repaired(found) = repair(&embedded.territory, &plan, &rulebook, &RepairOptions::default()).unwrap()
    else {
        panic!("the official map can be mended")
    };
    assert!(found.proved_smallest);
    assert_eq!(found.verdict.status, Status::Conform);
    // Each of the thirteen municipalities outside the region of most of its area must leave it.
    assert!(found.moves.len() >= 13, "{:?}", found.moves);
    // A plan that conforms is its own repair.
    let Outcome::Repaired(again) =
        repair(&embedded.territory, &found.plan, &rulebook, &RepairOptions::default()).unwrap()
    else {
        panic!("a plan that conforms conforms")
    };
    assert_eq!(again.moves, []);
}
