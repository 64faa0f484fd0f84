//! The search beyond the space: never a plan that breaks a demand, never a bound above what is possible.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::rules::Rulebook;
use landmeter::score::{self, Scorer};
use landmeter::search::beyond::{beyond, most_compact};
use landmeter::search::large::{Effort, Outcome};
use landmeter::space::{Measure, Narrowing, Objective, Regions, Space};
use landmeter::territory::{Attribute, Link, Municipality, Territory};

/// A grid of 4 x 4 with two figures.
fn territory() -> Territory {
    let municipalities = (0..16).map(|i| Municipality::new(format!("{i:02}"), format!("Town {i}"))).collect();
    let right = (0..16).filter(|i| i % 4 < 3).map(|i| (i, i + 1));
    let down = (0..12).map(|i| (i, i + 4));
    let links = right.chain(down).map(|(a, b)| Link::border(a, b, 1000.0)).collect();
    let mut t = Territory::new("grid", municipalities, links).unwrap();
    for (name, step) in [("people", 5), ("homes", 7)] {
        let values = (0..16u32).map(|i| Some(f64::from(1 + i * step % 11))).collect();
        let unit = name.to_owned();
        let attribute = Attribute { name: name.into(), unit, source: String::new(), estimated: false, values };
        t.add_attribute(attribute).unwrap();
    }
    let place = |i: u32| Some([f64::from(i % 4) * 1500.0, f64::from(i / 4) * 1100.0 + f64::from(i * i % 7) * 90.0]);
    t.add_points((0..16).map(place).collect()).unwrap();
    t
}

#[test]
fn what_it_says_is_held_against_the_space() {
    let t = territory();
    let text = "text = { nl = \"-\", en = \"-\" }";
    let book = Rulebook::from_toml(&format!(
        "name = \"t\"\ndate = \"2026-01-01\"\ntitle = {{ nl = \"-\", en = \"-\" }}\n\
         [[rule]]\nid = \"c\"\nkind = \"contiguity\"\nhard = true\nexclaves_count = true\n{text}\n"
    ))
    .unwrap();
    let (mut optimal, mut given_up, mut infeasible) = (0, 0, 0);
    for areas in 2..5u32 {
        for at_least in [0.0, 10.0, 14.0, 18.0, 22.0, 26.0, 30.0] {
            for at_most in [28.0, 34.0, 40.0, 60.0] {
                let narrowing = Narrowing {
                    areas: Some((areas, areas)),
                    at_least: vec![("people".into(), at_least)],
                    at_most: vec![("homes".into(), at_most)],
                    ..Narrowing::default()
                };
                let regions = Regions::new(&t, &book, &narrowing).unwrap();
                let space = Space::new(&t, book.contiguity, regions.clone(), 1 << 30).unwrap();
                let objective = Objective { area: -3, link: 2, border: 0 };
                let best = space.best(&[objective], 1).first().map(|b| b.0[0]);
                let effort = Effort { rounds: 4, ..Effort::default() };
                let found = beyond(&t, book.contiguity, &regions, objective, &effort, &mut |_, _| true).unwrap();
                match found.outcome {
                    Outcome::Optimal => {
                        let plan = found.plan.as_ref().unwrap();
                        assert_eq!((Some(found.value), Some(found.bound)), (best, best));
                        assert!(space.ranks_of(plan).is_ok());
                        let links = Measure::new("cut_links", &space, None).unwrap().of(&space, plan).unwrap();
                        assert_eq!(found.value, links * 2 - 3 * i64::from(areas));
                        optimal += 1;
                    }
                    Outcome::Infeasible => {
                        assert_eq!((best, found.without.as_deref()), (None, Some("grid")));
                        infeasible += 1;
                    }
                    Outcome::Feasible | Outcome::Stopped => {
                        assert!(best.is_none_or(|b| found.bound <= b), "{found:?} {best:?}");
                        assert!(found.plan.is_none() || found.value >= best.unwrap());
                        given_up += 1;
                    }
                }
            }
        }
    }
    assert!(optimal > 10 && given_up > 3 && infeasible > 3, "{optimal} {given_up} {infeasible}");
}

/// The least inertia: as by looking at every plan of the space, and as the score card says.
#[test]
fn the_most_compact_plan_is_held_against_the_space() {
    let t = territory();
    let text = "text = { nl = \"-\", en = \"-\" }";
    let book = Rulebook::from_toml(&format!(
        "name = \"t\"\ndate = \"2026-01-01\"\ntitle = {{ nl = \"-\", en = \"-\" }}\n\
         [[rule]]\nid = \"c\"\nkind = \"contiguity\"\nhard = true\nexclaves_count = true\n{text}\n"
    ))
    .unwrap();
    let (mut optimal, mut infeasible) = (0, 0);
    for (areas, name) in
        [((2, 2), "people"), ((3, 3), "homes"), ((4, 4), "people"), ((2, 4), "homes"), ((5, 5), "people")]
    {
        for balance in [0.02, 0.05, 0.2] {
            let narrowing = Narrowing {
                areas: (areas.0 == areas.1).then_some(areas),
                at_least: if areas.0 < areas.1 { vec![(name.into(), 20.0)] } else { Vec::new() },
                balance: if areas.0 == areas.1 { vec![(name.into(), balance)] } else { Vec::new() },
                ..Narrowing::default()
            };
            let regions = Regions::new(&t, &book, &narrowing).unwrap();
            let space = Space::new(&t, book.contiguity, regions.clone(), 1 << 30).unwrap();
            let measure = Measure::new("inertia_people", &space, None).unwrap();
            let best = measure.best(&space, 1, u64::MAX, &|_| true).unwrap().plans.first().map(|b| b.0);
            let metric = score::Metric::parse("inertia_people", &t).unwrap();
            let scorer = Scorer::new(&t, book.contiguity, &metric, None).unwrap();
            let effort = Effort { rounds: 2, ..Effort::default() };
            let found = most_compact(&t, book.contiguity, &regions, &scorer, &effort, &mut |_, _| true).unwrap();
            match found.plan {
                Some(plan) => {
                    assert_eq!(found.outcome, Outcome::Optimal);
                    assert!(space.ranks_of(&plan).is_ok());
                    assert!((scorer.plan(&plan) * 1e6 - found.value as f64).abs() < 1.0);
                    // Each of 16 shares is rounded down to a millionth.
                    assert!((found.value - best.unwrap()).abs() <= 16, "{} {best:?}", found.value);
                    assert_eq!(found.bound, found.value);
                    optimal += 1;
                }
                None => {
                    assert_eq!((found.outcome, best), (Outcome::Infeasible, None));
                    infeasible += 1;
                }
            }
            let mut left = 12;
            let cut = most_compact(&t, book.contiguity, &regions, &scorer, &effort, &mut |_, _| {
                left -= 1;
                left > 0
            });
            let cut = cut.unwrap();
            assert!(best.is_none_or(|b| cut.bound <= b + 16), "{cut:?} {best:?}");
        }
    }
    assert!(optimal > 6 && infeasible > 0, "{optimal} {infeasible}");
}
