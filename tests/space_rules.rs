//! The space against the checker: exactly the plans without a violation, on small territories with every kind of rule.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::io::embedded;
use landmeter::plan::Plan;
use landmeter::rules::{self, Register, Rulebook, Severity};
use landmeter::space::{Diagram, Narrowing, Regions, Space};
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

const ENCLOSURE: &str = "[[rule]]\nid = \"e\"\nkind = \"enclosure\"\nhard = true\nTEXT\n";

/// Seven municipalities in one or two regions, with perimeters: some inside, some on the outer border, some with
/// hardly any of it.
fn outlined(seed: &mut u64) -> Territory {
    let mut below = |n: u64| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % n
    };
    let share = 3 + below(4);
    let (regions, clear) = (1 + below(2), below(3) > 0);
    let mut links = Vec::new();
    let mut metres = [0u32; 7];
    for a in 0..7 {
        for b in a + 1..7 {
            let kind = below(40);
            if below(10) < share {
                let length = 1000 + 250 * u32::try_from(below(40)).unwrap();
                match kind {
                    0 => links.push(Link::point(a, b)),
                    1 => links.push(Link::declared(a, b, "a bridge")),
                    _ => {
                        links.push(Link::border(a, b, f64::from(length)));
                        metres[a] += length;
                        metres[b] += length;
                    }
                }
            }
        }
    }
    let municipalities = (0..7).map(|i| Municipality::new(format!("{i}"), format!("Town {i}"))).collect();
    let mut t = Territory::new("outlined", municipalities, links).unwrap();
    let zones = (0..7).map(|_| Some(format!("R{}", below(regions)))).collect();
    t.add_division(Division::from_names("region", zones)).unwrap();
    let values = metres.map(|m| {
        let bare = match below(6) {
            0 if !clear => 0.2 * f64::from(u32::try_from(below(2000)).unwrap()),
            0 | 1 => 30_000.0,
            2 => -5.0,
            _ => 0.0,
        };
        Some((f64::from(m) + bare) / 1000.0)
    });
    let (unit, source) = ("km".to_owned(), String::new());
    let name = "perimeter_km".to_owned();
    t.add_attribute(Attribute { name, unit, source, estimated: false, values: values.to_vec() }).unwrap();
    t
}

#[test]
fn no_area_encloses_another() {
    let mut all: Vec<Vec<u32>> = partitions().into_iter().map(|p| p[..7].to_vec()).collect();
    all.sort();
    all.dedup();
    let (mut carried, mut left, mut dropped) = (0, 0, 0);
    let mut seed = 20_261_124;
    for round in 0..150 {
        let t = outlined(&mut seed);
        for exclaves_count in [false, true] {
            let book = rulebook(exclaves_count, true, ENCLOSURE);
            let regions = Regions::new(&t, &book, &Narrowing::default()).unwrap();
            if !regions.untested.is_empty() {
                assert!(regions.untested[0].starts_with('e'), "{:?}", regions.untested);
                left += 1;
                continue;
            }
            carried += 1;
            let free = rulebook(exclaves_count, true, "");
            let free = Regions::new(&t, &free, &Narrowing::default()).unwrap();
            let free = Space::new(&t, book.contiguity, free, 1 << 30).unwrap();
            let space = Space::new(&t, book.contiguity, regions, 1 << 30).unwrap();
            for of in &all {
                let labels: Vec<String> = of.iter().map(|a| format!("area {a}")).collect();
                let plan = Plan::from_labels("p", &labels.iter().map(|l| Some(l.as_str())).collect::<Vec<_>>());
                let within = space.ranks_of(&plan).is_ok();
                assert_eq!(within, conforms(&t, &book, &plan), "round {round}, {exclaves_count}: {of:?} {t:?}");
                dropped += u32::from(!within && free.ranks_of(&plan).is_ok());
            }
        }
    }
    assert!(carried > 100 && left > 20 && dropped > 1000, "{carried} carried, {left} left, {dropped} dropped");
}

#[test]
fn enclosure_in_the_regions_of_flanders_is_the_checker_s() {
    let mut dropped = 0;
    for (name, book) in [("flanders-2024", "vlaanderen-2021"), ("flanders-2025", "vlaanderen-2025")] {
        let t = embedded::load(name).unwrap().territory;
        let book = embedded::rulebook(book).unwrap();
        for homes in [1000.0, 2500.0, 4000.0] {
            let at_least = vec![("social_rental_homes_estimated".to_owned(), homes)];
            let narrowing = Narrowing { at_least, ..Narrowing::default() };
            let with = Regions::new(&t, &book, &narrowing).unwrap();
            let register = Register::default();
            let checker = rules::Checker::new(&t, &book, &register).unwrap();
            for region in with.regions {
                let untested = with.untested.iter().any(|u| u == "enclosure" || u.contains(&region.name));
                let mut limits = region.limits.clone();
                limits.inside.clear();
                let few = |d: &Diagram| d.count() <= MOST;
                let Some(free) = Diagram::new(&region.graph, &limits, 32 << 20).ok().filter(few) else { continue };
                if untested {
                    continue;
                }
                let space = Diagram::new(&region.graph, &region.limits, 1 << 30).unwrap();
                let mut left = 0u128;
                for areas in free.iter_from(0) {
                    let mut labels = vec![None; t.len()];
                    let names = region.area_labels(&t, &areas);
                    for (&m, &a) in region.members.iter().zip(&areas) {
                        labels[m as usize] = Some(names[a as usize].as_str());
                    }
                    // Elsewhere each municipality is an area: a neighbour there is another area, as in every plan.
                    let codes: Vec<&str> = t.municipalities().iter().map(|m| m.code.as_str()).collect();
                    let labels: Vec<Option<&str>> = labels.iter().zip(codes).map(|(l, c)| l.or(Some(c))).collect();
                    let verdict = checker.findings(&Plan::from_labels("p", &labels), &mut rules::Scratch::default());
                    let inside = |label: &str| names.iter().any(|n| n == label);
                    let enclosed =
                        verdict.findings.iter().any(|f| f.code == "R302" && f.area.as_deref().is_some_and(inside));
                    assert_eq!(space.rank(&areas).is_some(), !enclosed, "{name}, {}: {names:?} {areas:?}", region.name);
                    left += u128::from(!enclosed);
                }
                assert_eq!(space.count(), left, "{name}, {}", region.name);
                dropped += free.count() - left;
            }
        }
    }
    assert!(dropped > 20, "{dropped}");
}

/// Most plans of a region that are judged one by one.
const MOST: u128 = 3_000;
