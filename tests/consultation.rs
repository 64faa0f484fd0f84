//! Consultations drawn at random: nothing is lost between the actors, votes add up, and what is chosen follows who wanted it.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::consultation::hands::{Fate, Hands, Successor};
use landmeter::consultation::votes::{deal, given, majority, shares};
use landmeter::consultation::{Actor, Cells, Consultation, Holding, Outcome, Papers, stances};
use landmeter::plan::{NONE, Plan, Row, Submission};
use landmeter::{Municipality, Territory};
use proptest::prelude::*;

const LABELS: [Option<&str>; 4] = [None, Some("A"), Some("B"), Some("C")];

fn territory(n: usize) -> Territory {
    let units = (0..n).map(|i| Municipality::new(i.to_string(), i.to_string())).collect();
    Territory::new("drawn", units, vec![]).unwrap()
}

fn row(line: u32, cells: &[&str]) -> Cells {
    Cells { line, cells: cells.iter().map(|&c| c.to_owned()).collect() }
}

proptest! {
    #[test]
    fn no_home_is_lost(
        areas in prop::collection::vec(0usize..4, 8),
        homes in prop::collection::vec((0usize..5, 0usize..8, 0u64..500), 0..30),
    ) {
        let plan = Plan::from_labels("p", &areas.iter().map(|&a| LABELS[a]).collect::<Vec<_>>());
        let actors: Vec<Actor> = (0..5).map(|i| Actor { name: format!("{i}"), kind: "SHM".into() }).collect();
        let mut holdings: Vec<Holding> = Vec::new();
        for (actor, municipality, homes) in homes {
            if !holdings.iter().any(|h| (h.actor, h.municipality) == (actor, municipality)) {
                holdings.push(Holding { actor, municipality, homes: Some(homes) });
            }
        }
        let found = Hands::new(&plan, &actors, &holdings, &[]);
        let total: u64 = holdings.iter().filter_map(|h| h.homes).sum();
        prop_assert_eq!(found.actors.iter().map(|a| a.keeps + a.gives + a.outside).sum::<u64>(), total);
        let left: u64 = (found.flows.iter())
            .filter(|f| f.area.is_some_and(|a| found.areas[a as usize].successor.actor().is_none()))
            .filter_map(|f| f.homes)
            .sum();
        let (gives, takes) = found.actors.iter().fold((0, 0), |(g, t), a| (g + a.gives, t + a.takes));
        prop_assert_eq!(gives, takes + left);
        for area in &found.areas {
            // From the definition: the successor has more than anyone else there.
            let of = |actor: usize| -> u64 {
                let here = |h: &&Holding| h.actor == actor && plan.of[h.municipality] == area.area;
                holdings.iter().filter(here).filter_map(|h| h.homes).sum()
            };
            if let Successor::Most(a) = area.successor {
                prop_assert!(area.from.iter().all(|&(other, _)| other == a || of(other) < of(a)));
            }
        }
        for actor in found.actors.iter().filter(|a| a.fate == Fate::Merges) {
            let whole = holdings.iter().filter(|h| h.actor == actor.actor);
            prop_assert!(whole.map(|h| plan.of[h.municipality]).all(|a| a != NONE && a == actor.gives_to[0]));
        }
    }

    #[test]
    fn votes_add_up_and_are_never_off_by_one_or_more(
        figures in prop::collection::vec((1u64..5000, 1u64..50_000), 1..15),
        votes in 0u32..2000,
        weight in 0u32..=12,
    ) {
        let (homes, households): (Vec<u64>, Vec<u64>) = figures.into_iter().unzip();
        let found = shares(&homes, &households, (weight, 12)).unwrap();
        prop_assert_eq!(found.iter().map(|s| s.part).sum::<u128>(), found[0].over);
        let dealt = deal(votes, &found);
        prop_assert_eq!(dealt.iter().sum::<u32>(), votes);
        for (&own, share) in dealt.iter().zip(&found) {
            let (own, exact) = (u128::from(own) * share.over, u128::from(votes) * share.part);
            prop_assert!(own.abs_diff(exact) < share.over);
        }
        prop_assert!(2 * majority(votes) > votes);
        prop_assert_eq!(deal(votes, &given(&homes).unwrap()).iter().sum::<u32>(), votes);
    }

    #[test]
    fn a_proposal_that_is_chosen_follows_who_wanted_it(
        plans in prop::collection::vec(prop::collection::vec(0usize..4, 6), 1..5),
        wanted in prop::collection::vec(0usize..5, 6),
    ) {
        let submission = |(i, areas): (usize, &Vec<usize>)| {
            let row = |(m, &a): (usize, &usize)| Some(Row { code: m.to_string(), area: LABELS[a]?.into(), ..Row::default() });
            let rows = areas.iter().enumerate().filter_map(row).collect();
            (format!("plans/{i}.csv"), Submission { name: i.to_string(), rows })
        };
        let names: Vec<String> = (0..6).map(|i| i.to_string()).collect();
        let opinions = (0..6).map(|m| row(2, &[&names[m], "first", "", &names[wanted[m]], ""]));
        let papers = Papers {
            plans: plans.iter().enumerate().map(submission).collect(),
            opinions: Some(opinions.collect()),
            ..Papers::default()
        };
        let found = Consultation::new(&territory(6), &papers);
        // One fault for each proposal that nobody submits, and for each opinion about none of them.
        let unknown = wanted.iter().filter(|&&w| w >= plans.len()).count();
        prop_assert_eq!(found.faults.len(), plans.len() + unknown);
        for (i, proposal) in found.proposals.iter().enumerate() {
            for stance in stances(&found, &proposal.plan) {
                let m = stance.municipality;
                match stance.outcome {
                    Outcome::Silent => prop_assert_eq!(proposal.plan.of[m], NONE),
                    Outcome::First => {}
                    other => prop_assert!(wanted[m] != i && other == Outcome::NotWanted),
                }
            }
        }
    }
}
