//! Proposals against all plans one by one: each is the best of those that differ enough from the ones before it.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::plan::{Plan, difference};
use landmeter::rules::Rulebook;
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
fn judged(space: &Space<'_>, all: &[(Value, Plan)], wish: &Wish, found: &Proposals) -> Result<usize, TestCaseError> {
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
            let wish = Wish { objectives, number, distinct, looked_at };
            let all = all(&t, &space, &wish.objectives);
            let found = propose(&space, &wish, &|| true);
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
