//! Proposals against all plans one by one: each is the best of those that differ enough from the ones before it.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::plan::{Plan, difference};
use landmeter::rules::Rulebook;
use landmeter::search::clash::{Demand, clash};
use landmeter::search::propose::{End, Proposals, Wish, propose};
use landmeter::space::{Narrowing, Objective, Ranks, Regions, Space, Value};
use landmeter::territory::{Division, Link, Municipality, Territory};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use proptest::{collection::vec, prop_assert, prop_assert_eq};

const TEXT: &str = "text = { nl = \"-\", en = \"-\" }";

/// Two regions of paths with some more links; `lengths` in metres, 0 for no link.
fn territory(sizes: [usize; 2], lengths: &[u16]) -> Territory {
    let n = sizes[0] + sizes[1];
    let municipalities = (0..n).map(|i| Municipality::new(format!("{i:02}"), format!("Town {i}"))).collect();
    let mut lengths = lengths.iter().copied();
    let mut links = Vec::new();
    for b in 1..n {
        for a in 0..b {
            let metres = lengths.next().unwrap_or(0);
            let path = b == a + 1;
            if path || metres.is_multiple_of(3) {
                links.push(Link::border(a, b, f64::from(metres + 40) / 8.0));
            }
        }
    }
    let mut t = Territory::new("two", municipalities, links).unwrap();
    let zones = (0..n).map(|i| Some(if i < sizes[0] { "W" } else { "O" }.to_owned())).collect();
    t.add_division(Division::from_names("region", zones)).unwrap();
    t
}

fn rulebook() -> Rulebook {
    let rule =
        |kind: &str, more: &str| format!("[[rule]]\nid = \"{kind}\"\nkind = \"{kind}\"\nhard = true\n{more}\n{TEXT}\n");
    Rulebook::from_toml(&format!(
        "name = \"t\"\ndate = \"2026-01-01\"\ntitle = {{ nl = \"-\", en = \"-\" }}\n{}{}{}",
        rule("assignment", ""),
        rule("contiguity", "exclaves_count = true"),
        rule("nesting", "division = \"region\"")
    ))
    .unwrap()
}

/// Every plan of the space with its sums, found without the diagram's arithmetic.
fn all(t: &Territory, space: &Space<'_>, objectives: &[Objective]) -> Vec<(Value, Plan)> {
    let count = u32::try_from(space.count()).unwrap();
    let plans = (0..count).map(|rank| space.plan("p", &space.ranks(&rank.into()).unwrap()));
    let value = |plan: &Plan| {
        let cut: Vec<&Link> =
            t.adjacency().links().iter().filter(|l| plan.of[l.a as usize] != plan.of[l.b as usize]).collect();
        let sum = |o: &Objective| {
            let areas = i64::try_from(plan.areas.len()).unwrap() * o.area;
            #[expect(clippy::cast_possible_truncation, reason = "a few metres")]
            let links = cut.iter().map(|l| o.link + o.border * (l.length_m * 1000.0).round() as i64).sum::<i64>();
            areas + links
        };
        std::array::from_fn(|i| objectives.get(i).map_or(0, sum))
    };
    plans.map(|plan| (value(&plan), plan)).collect()
}

/// Holds proposals against all plans; gives how many are proved.
fn judged(
    space: &Space<'_>,
    all: &[(Value, Plan)],
    wish: &Wish<'_>,
    found: &Proposals,
) -> Result<usize, TestCaseError> {
    let plan_of = |ranks: &Ranks| space.plan("p", ranks);
    let mut before: Vec<Plan> = Vec::new();
    for p in &found.plans {
        let plan = plan_of(&p.ranks);
        let differs: Vec<u32> = before.iter().map(|b| difference(&b.of, &plan.of)).collect();
        prop_assert_eq!(&differs, &p.differs);
        prop_assert!(differs.iter().all(|&d| d >= wish.distinct));
        let own = all.iter().find(|(_, other)| other.of == plan.of).map(|(value, _)| *value);
        prop_assert_eq!(own, Some(p.value));
        let far = |plan: &Plan| before.iter().all(|b| difference(&b.of, &plan.of) >= wish.distinct);
        let best = all.iter().filter(|(_, plan)| far(plan)).map(|(value, _)| *value).min().unwrap();
        prop_assert!(p.bound <= best && best <= p.value, "{:?} <= {best:?} <= {:?}", p.bound, p.value);
        before.push(plan);
    }
    let far = |plan: &Plan| before.iter().all(|b| difference(&b.of, &plan.of) >= wish.distinct);
    let more = all.iter().any(|(_, plan)| far(plan));
    match found.end {
        End::Enough => prop_assert_eq!(found.plans.len(), wish.number),
        End::NoMore => prop_assert!(!more),
        End::Stopped => prop_assert!(wish.looked_at < all.len()),
    }
    Ok(found.plans.iter().filter(|p| p.is_proved()).count())
}

#[test]
fn each_is_the_best_that_differs_enough() {
    let (mut proved, mut open, mut several) = (0, 0, 0);
    let book = rulebook();
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (2usize..7, 2usize..5, vec(0u16..900, 40), 0u32..7, 1usize..5, 1usize..60, 0usize..4);
    let counts = std::cell::RefCell::new((&mut proved, &mut open, &mut several));
    runner
        .run(&strategy, |(west, east, lengths, distinct, number, looked_at, kind)| {
            let t = territory([west, east], &lengths);
            let regions = Regions::new(&t, &book, &Narrowing::default()).unwrap();
            let space = Space::new(&t, book.contiguity, regions, 1 << 30).unwrap();
            let o = |area, link, border| Objective { area, link, border };
            let objectives = match kind {
                0 => vec![o(0, 1, 0)],
                1 => vec![o(1, 0, 0), o(0, 0, 1)],
                2 => vec![o(-400, 0, 1), o(0, 1, 0)],
                _ => vec![o(0, 0, 1)],
            };
            let goals = objectives.iter().map(|&o| o.into()).collect();
            let wish = Wish { goals, number, distinct, looked_at, ..Wish::default() };
            let all = all(&t, &space, &objectives);
            let found = propose(&space, &wish, &|| true).unwrap();
            let own = judged(&space, &all, &wish, &found)?;
            let mut counts = counts.borrow_mut();
            *counts.0 += own;
            *counts.1 += found.plans.len() - own;
            *counts.2 += usize::from(found.plans.len() > 2);
            Ok(())
        })
        .unwrap();
    assert!(proved > 200 && open > 10 && several > 50, "{proved} proved, {open} open, {several} with several");
}

/// Rules by their text: `together a b`, `apart a b`, `size least most`, `fixed a label`.
fn demanding(rules: &[(String, String)]) -> Rulebook {
    let mut text = String::from("name = \"t\"\ndate = \"2026-01-01\"\ntitle = { nl = \"-\", en = \"-\" }\n");
    let contiguity = ("contiguity".to_owned(), "kind = \"contiguity\"\nexclaves_count = true".to_owned());
    for (id, more) in [contiguity].iter().chain(rules) {
        text.push_str(&format!("[[rule]]\nid = \"{id}\"\nhard = true\n{more}\n{TEXT}\n"));
    }
    Rulebook::from_toml(&text).unwrap()
}

/// Random demands on a small territory; about half of the sets can't be met.
#[test]
fn a_clash_is_smallest_and_ends_when_one_of_it_is_let_go() {
    let count = |t: &Territory, rules: &[(String, String)]| {
        let regions = Regions::new(t, &demanding(rules), &Narrowing::default()).unwrap();
        Space::new(t, demanding(rules).contiguity, regions, 1 << 30).unwrap().count()
    };
    let none = num_bigint::BigUint::ZERO;
    let (mut clashes, mut of_two, mut feasible) = (0, 0, 0);
    let mut state = 7u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % n
    };
    for case in 0..120 {
        let lengths: Vec<u16> = (0..40).map(|_| u16::try_from(below(900)).unwrap()).collect();
        let t = territory([3, 4], &lengths);
        let rules: Vec<(String, String)> = (0..4)
            .map(|i| {
                let (a, b) = (below(7), below(7));
                let rule = match below(4) {
                    0 => format!("kind = \"together\"\nmunicipalities = [\"{a:02}\", \"{b:02}\"]"),
                    1 => format!("kind = \"apart\"\nmunicipalities = [\"{a:02}\", \"{b:02}\"]"),
                    2 => {
                        let least = 1 + below(4);
                        let most = least + below(3);
                        format!(
                            "kind = \"bounds\"\nattribute = \"municipalities\"\nat_least = {least}\nat_most = {most}"
                        )
                    }
                    _ => format!("kind = \"area-count\"\nat_least = {}\nat_most = 7", 1 + below(4)),
                };
                (format!("r{i}"), rule)
            })
            .collect();
        let found = clash(&t, &demanding(&rules), &Narrowing::default(), "two", 1 << 30).unwrap();
        assert_eq!(found.is_some(), count(&t, &rules) == none, "case {case}: {rules:?}");
        let Some(found) = found else {
            feasible += 1;
            continue;
        };
        let of = |set: u32| -> Vec<(String, String)> {
            rules.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, r)| r.clone()).collect()
        };
        let fewest = (0..16u32).filter(|&set| count(&t, &of(set)) == none).map(u32::count_ones).min().unwrap();
        let own = (0..16u32).find(|&set| {
            let names: Vec<Demand> = of(set).into_iter().map(|(id, _)| Demand::Rule(id)).collect();
            names == found.demands
        });
        assert_eq!(count(&t, &of(own.unwrap())), none, "case {case}: {rules:?}");
        assert_eq!((found.demands.len(), found.smallest), (fewest as usize, fewest < 4), "case {case}: {rules:?}");
        clashes += 1;
        of_two += usize::from(fewest == 2);
    }
    assert!(clashes > 20 && of_two > 5 && feasible > 20, "{clashes} clashes, {of_two} of two, {feasible} feasible");
}

#[test]
fn a_shortfall_names_who_is_short_and_a_contradiction_whom_it_is_about() {
    // A path of seven in one region; three of them lie apart.
    let names: Vec<Municipality> = (0..7).map(|i| Municipality::new(format!("{i:02}"), format!("Town {i}"))).collect();
    let links = [(0, 1), (1, 2), (3, 4), (4, 5), (5, 6)].map(|(a, b)| Link::border(a, b, 100.0)).to_vec();
    let t = Territory::new("two", names, links).unwrap();
    let size =
        |n: usize| ("size".to_owned(), format!("kind = \"bounds\"\nattribute = \"municipalities\"\nat_least = {n}"));
    let found = clash(&t, &demanding(&[size(4)]), &Narrowing::default(), "two", 1 << 30).unwrap().unwrap();
    assert_eq!(found.municipalities, [0, 1, 2]);
    assert_eq!(found.shortfall, Some(("municipalities".into(), 3.0, 4.0)));
    assert_eq!(clash(&t, &demanding(&[size(3)]), &Narrowing::default(), "two", 1 << 30).unwrap(), None);
    let pair = |kind: &str| (kind.to_owned(), format!("kind = \"{kind}\"\nmunicipalities = [\"04\", \"05\"]"));
    let rules = [pair("together"), size(2), pair("apart")];
    let found = clash(&t, &demanding(&rules), &Narrowing::default(), "two", 1 << 30).unwrap().unwrap();
    assert_eq!(found.demands, ["together", "apart"].map(|id| Demand::Rule(id.into())));
    assert_eq!((found.municipalities, found.smallest, found.shortfall), (vec![4, 5], true, None));
    // What is asked for on the command line counts as a demand.
    let many = Narrowing { areas: Some((3, 3)), ..Narrowing::default() };
    let found = clash(&t, &demanding(&[size(3)]), &many, "two", 1 << 30).unwrap().unwrap();
    assert_eq!(found.demands, [Demand::Rule("size".into()), Demand::Areas(3, 3)]);
}
