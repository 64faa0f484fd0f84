//! The most compact plan of a large region: against all plans of small graphs, and what is published.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::search::centres::{Problem, solve};
use landmeter::search::large::{Answer, Effort, LargeError, Outcome};
use proptest::prelude::*;

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

/// The least cost, by every partition of the units. Nothing of the search is used.
fn by_force(problem: &Problem) -> Option<u64> {
    fn connected(problem: &Problem, area: &[usize]) -> bool {
        let mut seen = vec![area[0]];
        let mut at = 0;
        while at < seen.len() {
            for &(a, b) in &problem.links {
                for (a, b) in [(a as usize, b as usize), (b as usize, a as usize)] {
                    if a == seen[at] && area.contains(&b) && !seen.contains(&b) {
                        seen.push(b);
                    }
                }
            }
            at += 1;
        }
        seen.len() == area.len()
    }
    fn cost(problem: &Problem, areas: &[Vec<usize>]) -> Option<u64> {
        let n = problem.weights.len();
        let mut sum = 0;
        for area in areas {
            let weight: u64 = area.iter().map(|&v| problem.weights[v]).sum();
            if weight < problem.at_least || problem.at_most.is_some_and(|m| weight > m) || !connected(problem, area) {
                return None;
            }
            sum += area.iter().map(|&c| area.iter().map(|&v| problem.costs[v * n + c]).sum::<u64>()).min()?;
        }
        Some(sum)
    }
    fn go(problem: &Problem, v: usize, areas: &mut Vec<Vec<usize>>, best: &mut Option<u64>) {
        if v == problem.weights.len() {
            let count = u32::try_from(areas.len()).unwrap();
            if (problem.areas.0..=problem.areas.1).contains(&count)
                && let Some(cost) = cost(problem, areas)
            {
                *best = Some(best.map_or(cost, |b| b.min(cost)));
            }
            return;
        }
        for i in 0..areas.len() {
            areas[i].push(v);
            go(problem, v + 1, areas, best);
            areas[i].pop();
        }
        if areas.len() < problem.areas.1 as usize {
            areas.push(vec![v]);
            go(problem, v + 1, areas, best);
            areas.pop();
        }
    }
    let mut best = None;
    go(problem, 0, &mut Vec::new(), &mut best);
    best
}

/// Units with places in a square, or with any costs at all.
fn small(units: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Problem> {
    units.prop_flat_map(|n| {
        (
            prop::collection::vec(0u64..12, n),
            prop::collection::vec((0u64..9, 0u64..9), n),
            prop::collection::vec(prop::bool::weighted(0.45), n * (n - 1) / 2),
            prop::option::weighted(0.3, prop::collection::vec(0u64..30, n * n)),
            (0u32..4, 0u32..3),
            (0u64..14, prop::option::of(0u64..16)),
        )
            .prop_map(move |(weights, places, linked, any, areas, (at_least, room))| {
                let pairs = (0..u32::try_from(n).unwrap()).flat_map(|b| (0..b).map(move |a| (a, b)));
                let far = |a: usize, b: usize| {
                    let (p, q) = (places[a], places[b]);
                    p.0.abs_diff(q.0).pow(2) + p.1.abs_diff(q.1).pow(2)
                };
                let own = || (0..n * n).map(|i| weights[i / n] * far(i / n, i % n)).collect();
                Problem {
                    links: pairs.zip(&linked).filter(|(_, linked)| **linked).map(|(pair, _)| pair).collect(),
                    at_least,
                    at_most: room.map(|room| at_least + room),
                    areas: (areas.0, (areas.0 + areas.1).max(1)),
                    costs: any.clone().unwrap_or_else(own),
                    weights,
                }
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn small_graphs_as_by_every_partition(problem in small(1..=7), rounds in 0u64..2) {
        let answer = solved(&problem, rounds);
        let best = by_force(&problem);
        prop_assert_eq!(answer.value, best);
        let outcome = if best.is_some() { Outcome::Optimal } else { Outcome::Infeasible };
        prop_assert_eq!(answer.outcome, outcome);
    }

    #[test]
    fn stopped_at_any_moment_the_bound_holds(problem in small(3..=7), moment in 0u32..40) {
        let mut told = 0;
        let mut bounds: Vec<u64> = Vec::new();
        let answer = solve(&problem, &effort(1), &mut |now| {
            told += 1;
            bounds.push(now.bound);
            told <= moment
        });
        let answer = answer.unwrap();
        match by_force(&problem) {
            Some(best) => {
                prop_assert!(answer.outcome != Outcome::Infeasible);
                prop_assert!(answer.bound <= best, "{} {best}", answer.bound);
                prop_assert!(bounds.iter().all(|b| *b <= best));
                prop_assert!(answer.value.is_none_or(|v| v >= best));
                prop_assert!(answer.outcome != Outcome::Optimal || answer.value == Some(best));
            }
            None => prop_assert_eq!(&answer.plan, &None),
        }
    }
}
