//! The best plan of a large region: against all plans of small graphs, against the exact space, and what is known of grids.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::io;
use landmeter::search::large::{Answer, Effort, LargeError, Outcome, Problem, solve};
use landmeter::space::{Cost, Diagram, Limits, Narrowing, Regions, SpaceError, Sum};
use landmeter::territory::Graph;
use proptest::prelude::*;

#[path = "large/instances.rs"]
mod instances;

use instances::{grid, parse};

fn effort(rounds: u64) -> Effort {
    Effort { rounds, ..Effort::default() }
}

fn solved(problem: &Problem, rounds: u64) -> Answer {
    let answer = solve(problem, &effort(rounds), &mut |_| true).unwrap();
    if let Some(plan) = &answer.plan {
        assert!(problem.accepts(plan), "{plan:?}");
        assert_eq!(answer.value, Some(problem.cost(plan)));
        assert!(answer.bound <= problem.cost(plan));
        assert_eq!(answer.outcome == Outcome::Optimal, answer.value == Some(answer.bound));
    }
    answer
}

/// The least cost, by the diagram of all plans.
fn by_space(problem: &Problem) -> Result<Option<u64>, SpaceError> {
    let mut links = problem.links.clone();
    links.sort_unstable();
    let graph = Graph::new(problem.weights.len(), links.iter().map(|l| (l.0, l.1)));
    let sum = Sum {
        name: "weight".into(),
        values: problem.weights.iter().copied().map(Some).collect(),
        at_least: problem.at_least,
        at_most: problem.at_most,
    };
    let limits = Limits { sums: vec![sum], areas: Some(problem.areas), ..Limits::default() };
    let diagram = Diagram::new(&graph, &limits, 1 << 30)?;
    let cost = Cost { area: 0, cut: links.iter().map(|l| (l.0, l.1, i64::try_from(l.2).unwrap())).collect() };
    let prices = diagram.prices(&[cost]);
    Ok(diagram.best(&prices, 1).first().map(|b| u64::try_from(b.0[0]).unwrap()))
}

/// The least cost, by every partition of the units.
fn by_force(problem: &Problem) -> Option<u64> {
    fn go(problem: &Problem, plan: &mut Vec<u32>, best: &mut Option<u64>) {
        if plan.len() == problem.weights.len() {
            if problem.accepts(plan) {
                let cost = problem.cost(plan);
                *best = Some(best.map_or(cost, |b| b.min(cost)));
            }
            return;
        }
        let next = plan.iter().max().map_or(0, |m| m + 1);
        for area in 0..=next {
            plan.push(area);
            go(problem, plan, best);
            plan.pop();
        }
    }
    let mut best = None;
    go(problem, &mut Vec::new(), &mut best);
    best
}

prop_compose! {
    fn small()(units in 1usize..=7)(
        weights in prop::collection::vec(0u64..12, units),
        costs in prop::collection::vec(prop::option::weighted(0.6, 0u64..4), units * (units - 1) / 2),
        areas in (0u32..4, 0u32..3),
        at_least in 0u64..14,
        room in prop::option::of(0u64..20),
        units in Just(units),
    ) -> Problem {
        let pairs = (0..u32::try_from(units).unwrap()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let links = pairs.zip(costs).filter_map(|((a, b), cost)| Some((a, b, cost?))).collect();
        let at_most = room.map(|room| at_least + room);
        Problem { links, weights, at_least, at_most, areas: (areas.0, (areas.0 + areas.1).max(1)) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn small_graphs_as_by_every_partition(problem in small(), rounds in 0u64..2) {
        let answer = solved(&problem, rounds);
        let best = by_force(&problem);
        prop_assert_eq!(answer.value, best);
        let outcome = if best.is_some() { Outcome::Optimal } else { Outcome::Infeasible };
        prop_assert_eq!(answer.outcome, outcome);
    }
}

#[test]
fn grids_as_by_the_space() {
    for (rows, columns, areas) in [(4, 4, 4), (5, 5, 5), (4, 6, 3), (6, 6, 6)] {
        let problem = grid(rows, columns, areas);
        let answer = solved(&problem, 2);
        assert_eq!(answer.outcome, Outcome::Optimal);
        assert_eq!(answer.value, by_space(&problem).unwrap(), "{rows} x {columns} into {areas}");
    }
}

#[test]
fn grids_whose_best_plan_is_known() {
    // Rectangles: four of 3 x 3; six of 2 x 3.
    assert_eq!(solved(&grid(6, 6, 4), 2).value, Some(12));
    assert_eq!(solved(&grid(6, 6, 6), 0).value, Some(18));
}

/// The 82 counties of Mississippi into four districts within 0.5 % of the mean, with the people of the census of 2010: 34
/// links, as Validi and Buchanan 2022 prove (doi:10.1007/s12532-022-00221-5).
#[test]
fn mississippi_as_published() {
    // People: U.S. Census Bureau, public domain; in order of code. Links: shared arcs of us-atlas 3.0.1 (after the Bureau's
    // boundaries, public domain), with their lengths in metres.
    let problem = parse(include_str!("large/mississippi_2010.txt"), false).unwrap();
    assert_eq!((problem.weights.len(), problem.links.len(), problem.areas), (82, 202, (4, 4)));
    assert_eq!(problem.weights.iter().sum::<u64>(), 2_967_297);
    let answer = solved(&problem, 32);
    assert_eq!((answer.outcome, answer.value), (Outcome::Optimal, Some(34)));
}

/// The regions of Flanders with made-up weights, as the space can't hold those of a real tight balance.
#[test]
fn the_regions_of_flanders_as_by_the_space() {
    let loaded = io::embedded::load("flanders-2024").unwrap();
    let book = io::embedded::rulebook("vlaanderen-2021").unwrap();
    let regions = Regions::new(&loaded.territory, &book, &Narrowing::default()).unwrap();
    let mut compared = 0;
    for (i, region) in (0..).zip(&regions.regions) {
        let units = region.graph.len();
        if region.graph.components().sizes.len() > 1 || units < 8 {
            continue;
        }
        let links = (0..u32::try_from(units).unwrap())
            .flat_map(|a| region.graph.neighbours(a as usize).iter().filter(move |b| a < **b).map(move |&b| (a, b)))
            .map(|(a, b)| (a, b, u64::from(1 + (7 * a + 3 * b) % 5)));
        let weights: Vec<u64> = (0..units as u64).map(|v| 1 + (v * v + 5 * v + i) % 23).collect();
        let ideal = weights.iter().sum::<u64>() / 3;
        let problem = Problem {
            links: links.collect(),
            weights,
            at_least: ideal - ideal / 10,
            // A ceiling for half of them, a floor only for the others.
            at_most: (i % 2 == 0).then_some(ideal + ideal / 10),
            areas: (3, 3),
        };
        let Ok(best) = by_space(&problem) else { continue };
        let answer = solved(&problem, 1);
        assert_eq!(answer.value, best, "{}", region.name);
        assert_eq!(answer.outcome, if best.is_some() { Outcome::Optimal } else { Outcome::Infeasible });
        compared += 1;
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn threads_and_repetition_make_no_difference() {
    let problem = grid(6, 6, 6);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| solved(&problem, 9))
    };
    let one = with(1);
    assert_eq!(one, with(1));
    assert_eq!(one, with(3));
}

#[test]
fn no_plan_is_told_apart_from_none_found() {
    // Three units of 5 in a row can't be halved.
    let mut problem = Problem {
        links: vec![(0, 1, 1), (1, 2, 1)],
        weights: vec![5; 3],
        at_least: 7,
        at_most: Some(8),
        areas: (2, 2),
    };
    assert_eq!(solved(&problem, 2).outcome, Outcome::Infeasible);
    problem.at_least = 20;
    assert_eq!(solved(&problem, 2).outcome, Outcome::Infeasible);
    let stopped = solve(&grid(5, 5, 5), &effort(1), &mut |_| false).unwrap();
    assert_eq!((stopped.outcome, stopped.interrupted, stopped.plan), (Outcome::Stopped, true, None));
}

#[test]
fn what_can_not_be_proved_has_a_gap() {
    // 300 cells, at least 7 in each of 40 areas: the frontier of 12 holds too many structures for so little memory.
    let problem = Problem { at_least: 7, at_most: None, ..grid(12, 25, 40) };
    let answer = solve(&problem, &Effort { rounds: 1, memory: 1 << 20, seed: 1 }, &mut |_| true).unwrap();
    assert_eq!(answer.outcome, Outcome::Feasible);
    let plan = answer.plan.unwrap();
    assert!(problem.accepts(&plan));
    assert!(0 < answer.bound && answer.bound < answer.value.unwrap());
}

#[test]
fn the_check_of_a_plan_knows_what_is_wrong() {
    let problem = grid(2, 2, 2);
    assert!(problem.accepts(&[7, 7, 3, 3]));
    assert!(!problem.accepts(&[0, 1, 1, 0]), "not connected");
    assert!(!problem.accepts(&[0, 0, 0, 1]), "too large and too small");
    assert!(!problem.accepts(&[0, 0, 0, 0]), "one area");
    assert!(!problem.accepts(&[0, 0, 1]), "a unit is missing");
}

#[test]
fn what_is_no_problem_is_refused() {
    let refused = |problem: Problem| solve(&problem, &effort(0), &mut |_| true).unwrap_err();
    let good = grid(2, 2, 2);
    let link = refused(Problem { links: vec![(0, 4, 1)], ..good.clone() });
    assert_eq!(link.to_string(), "link 0-4 is not between two of the 4 units");
    let twice = refused(Problem { links: vec![(0, 1, 1), (1, 0, 1)], ..good.clone() });
    assert_eq!(twice, LargeError::Twice { a: 0, b: 1 });
    let large = refused(Problem { weights: vec![u64::MAX, 1, 1, 1], ..good.clone() });
    assert!(matches!(large, LargeError::TooLarge { what: "weights", .. }));
    assert_eq!(refused(Problem { areas: (3, 2), ..good }), LargeError::Areas(3, 2));
}
