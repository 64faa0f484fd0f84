//! The space against the checker: exactly the plans without a violation, on small territories with every kind of rule.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::plan::Plan;
use landmeter::rules::{self, Register, Rulebook, Severity};
use landmeter::space::{Narrowing, Regions, Space};
use landmeter::territory::{Attribute, Division, Link, Municipality, Territory};

/// Nine municipalities: seven in two regions on the mainland, and two (H and I) that are cut off from it.
fn territory() -> Territory {
    let names = ["A", "B", "C", "D", "E", "F", "G", "H", "I"];
    let municipalities = names.iter().map(|n| Municipality::new(*n, format!("Town {n}"))).collect();
    let pairs = [(0, 1), (1, 2), (2, 3), (0, 3), (1, 3), (3, 4), (4, 5), (5, 6), (4, 6), (7, 8)];
    let links = pairs.iter().map(|&(a, b)| Link::border(a, b, 1000.0)).collect();
    let mut t = Territory::new("small", municipalities, links).unwrap();
    let zones = ["W", "W", "W", "W", "O", "O", "O", "W", "W"].iter().map(|z| Some((*z).to_owned())).collect();
    t.add_division(Division::from_names("region", zones)).unwrap();
    let values =
        [Some(400.0), Some(300.5), Some(200.0), None, Some(600.0), Some(100.0), Some(500.0), Some(50.0), Some(900.0)];
    t.add_attribute(Attribute {
        name: "homes".into(),
        unit: "homes".into(),
        source: String::new(),
        estimated: false,
        values: values.to_vec(),
    })
    .unwrap();
    t
}

fn rulebook(exclaves_count: bool, nested: bool, rules: &str) -> Rulebook {
    let text = "text = { nl = \"-\", en = \"-\" }";
    let nesting = if nested {
        format!("[[rule]]\nid = \"nesting\"\nkind = \"nesting\"\nhard = true\ndivision = \"region\"\n{text}\n")
    } else {
        String::new()
    };
    let rules = rules.replace("TEXT", text);
    Rulebook::from_toml(&format!(
        "name = \"t\"\ndate = \"2026-01-01\"\ntitle = {{ nl = \"-\", en = \"-\" }}\n\
         [[rule]]\nid = \"assignment\"\nkind = \"assignment\"\nhard = true\n{text}\n\
         [[rule]]\nid = \"contiguity\"\nkind = \"contiguity\"\nhard = true\nexclaves_count = {exclaves_count}\n{text}\n\
         {nesting}{rules}"
    ))
    .unwrap()
}

/// All partitions of nine, as labels; the first municipality of `label` gets its name where one is fixed.
fn partitions() -> Vec<Vec<u32>> {
    let mut all: Vec<Vec<u32>> = vec![Vec::new()];
    for _ in 0..9 {
        let longer = all.into_iter().flat_map(|p| {
            let next = p.iter().max().map_or(0, |m| m + 1);
            (0..=next).map(move |a| p.iter().copied().chain([a]).collect::<Vec<u32>>())
        });
        all = longer.collect();
    }
    all
}

fn conforms(t: &Territory, book: &Rulebook, plan: &Plan) -> bool {
    let verdict =
        rules::Checker::new(t, book, &Register::default()).unwrap().findings(plan, &mut rules::Scratch::default());
    verdict.findings.iter().all(|f| f.severity != Severity::Violation)
}

#[test]
fn the_space_is_what_the_checker_lets_pass() {
    let t = territory();
    let fixed =
        "[[rule]]\nid = \"f\"\nkind = \"fixed\"\nhard = true\nmunicipalities = [\"C\", \"H\"]\narea = \"Zuid\"\nTEXT\n";
    let cases = [
        String::new(),
        "[[rule]]\nid = \"b\"\nkind = \"bounds\"\nhard = true\nattribute = \"homes\"\nat_least = 500\nTEXT\n".to_owned(),
        "[[rule]]\nid = \"b\"\nkind = \"bounds\"\nhard = true\nattribute = \"homes\"\nat_least = 300.5\nat_most = 1000\nTEXT\n".to_owned(),
        "[[rule]]\nid = \"s\"\nkind = \"bounds\"\nhard = true\nattribute = \"municipalities\"\nat_least = 2\nat_most = 3\nTEXT\n".to_owned(),
        "[[rule]]\nid = \"t\"\nkind = \"together\"\nhard = true\nmunicipalities = [\"A\", \"C\"]\nTEXT\n[[rule]]\nid = \"a\"\n\
         kind = \"apart\"\nhard = true\nmunicipalities = [\"B\", \"H\", \"I\"]\nTEXT\n"
            .to_owned(),
        "[[rule]]\nid = \"t\"\nkind = \"together\"\nhard = true\nmunicipalities = [\"A\", \"E\"]\nTEXT\n".to_owned(),
        fixed.to_owned(),
        // Only warnings: they leave the space as it is.
        "[[rule]]\nid = \"b\"\nkind = \"bounds\"\nhard = false\nattribute = \"homes\"\nat_least = 5000\nTEXT\n".to_owned(),
    ];
    for exclaves_count in [false, true] {
        for nested in [false, true] {
            for (i, rules) in cases.iter().enumerate() {
                let book = rulebook(exclaves_count, nested, rules);
                let regions = Regions::new(&t, &book, &Narrowing::default()).unwrap();
                assert!(regions.untested.is_empty());
                let space = Space::new(&t, book.contiguity, regions, 1 << 30).unwrap();
                let case = format!("case {i}, exclaves {exclaves_count}, nested {nested}");
                let mut found = 0u32;
                for of in partitions() {
                    let name = |m: usize| {
                        let holder = if rules == fixed { of[2] } else { u32::MAX };
                        if of[m] == holder { "Zuid".to_owned() } else { format!("area {}", of[m]) }
                    };
                    let labels: Vec<String> = (0..9).map(name).collect();
                    let labels: Vec<Option<&str>> = labels.iter().map(|l| Some(l.as_str())).collect();
                    let plan = Plan::from_labels("p", &labels);
                    let ranks = space.ranks_of(&plan);
                    assert_eq!(ranks.is_ok(), conforms(&t, &book, &plan), "{of:?}, {case}");
                    let Ok(ranks) = ranks else { continue };
                    found += 1;
                    let again = space.plan("p", &ranks);
                    assert!(conforms(&t, &book, &again), "{again:?}, {case}");
                    assert_eq!(space.ranks_of(&again), Ok(ranks.clone()), "{case}");
                    assert_eq!(space.ranks(&space.rank(&ranks)), Some(ranks), "{case}");
                }
                assert_eq!(space.count(), found.into(), "{case}");
            }
        }
    }
}

#[test]
fn a_balance_is_the_checker_s() {
    let t = territory();
    let balance = "[[rule]]\nid = \"b\"\nkind = \"balance\"\nhard = true\nattribute = \"municipalities\"\nwithin = 0.34\nTEXT\n\
                   [[rule]]\nid = \"n\"\nkind = \"area-count\"\nhard = true\nat_least = 3\nat_most = 3\nTEXT\n";
    let book = rulebook(false, false, balance);
    let regions = Regions::new(&t, &book, &Narrowing::default()).unwrap();
    let space = Space::new(&t, book.contiguity, regions, 1 << 30).unwrap();
    let mut found = 0u32;
    for of in partitions() {
        let labels: Vec<String> = of.iter().map(|a| format!("area {a}")).collect();
        let plan = Plan::from_labels("p", &labels.iter().map(|l| Some(l.as_str())).collect::<Vec<_>>());
        let lets_pass = conforms(&t, &book, &plan);
        assert_eq!(space.ranks_of(&plan).is_ok(), lets_pass, "{of:?}");
        found += u32::from(lets_pass);
    }
    assert!(found > 10);
    assert_eq!(space.count(), found.into());
}
