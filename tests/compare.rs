//! Distances of divisions against those of scikit-learn, and the official maps of two dates against each other.
//!
//! `compare/scikit_learn.json` was made with `compare/scikit_learn.py`; the version is in the file.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::io;
use landmeter::plan::compare::{
    ChangeKind, Comparison, DistanceMatrix, Distances, Groups, Measure, Partition, Weigh, totals,
};

#[derive(serde::Deserialize)]
struct File {
    made_with: String,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    a: Vec<u32>,
    b: Vec<u32>,
    #[serde(flatten)]
    values: std::collections::BTreeMap<String, f64>,
}

#[test]
fn distances_are_those_of_scikit_learn() {
    let file: File = serde_json::from_str(include_str!("compare/scikit_learn.json")).unwrap();
    assert!(file.made_with.starts_with("scikit-learn ") && file.cases.len() > 15);
    for case in file.cases {
        let (a, b) = (Partition::new(&case.a), Partition::new(&case.b));
        for measure in Measure::ALL {
            let (found, expected) = (measure.value(&a, &b), case.values[measure.name()]);
            let apart = (found - expected).abs();
            assert!(apart < 1e-12, "{}: {} is {found}, expected {expected}", case.name, measure.name());
        }
        assert_eq!(Distances::new(&a, &b), Distances::new(&b, &a), "{}", case.name);
    }
}

#[test]
fn the_official_maps_of_two_dates_differ_by_two_areas_that_were_joined() {
    let embedded = io::embedded::load("flanders-2025").unwrap();
    let territory = &embedded.territory;
    let [before, after] = ["official-2025", "official-2026"].map(|name| embedded.official_plan(name).unwrap());
    let weigh = Weigh::usual(territory);
    assert_eq!(weigh.name, "social_rental_homes_estimated");
    let found = Comparison::new(&before, &after, &weigh);
    let joined: Vec<_> = found.changes.iter().filter(|c| c.kind == ChangeKind::Joined).collect();
    assert_eq!(joined.len(), 1);
    let names: Vec<&str> = joined[0].a.iter().map(|&a| before.areas[a as usize].as_str()).collect();
    assert_eq!(names, ["Vlaamse Ardennen-Oost", "Vlaamse Ardennen-West"]);
    // What moves is the smaller of the two.
    let people = |plan: &landmeter::Plan, area: u32| {
        let total = totals(territory, plan.members(area).collect::<Vec<_>>().into_iter());
        total.into_iter().find(|t| t.attribute == weigh.name).unwrap().sum.unwrap()
    };
    let least = joined[0].a.iter().map(|&a| people(&before, a)).fold(f64::INFINITY, f64::min);
    let moved = totals(territory, found.changed().collect::<Vec<_>>().into_iter());
    assert_eq!(moved.iter().find(|t| t.attribute == weigh.name).unwrap().sum, Some(least));
    // The map of 2022, in codes of 2024, carried through the mergers.
    let carried = Comparison::new(&embedded.official_plan("official-2022").unwrap(), &before, &weigh);
    assert_eq!(carried.changed().count(), 0);
}

#[test]
fn many_plans_are_grouped_the_same_on_any_number_of_threads() {
    let base: Vec<u32> = (0..120).map(|m| m / 12).collect();
    let plan = |i: u32| {
        let mut of: Vec<u32> = if i.is_multiple_of(2) { base.clone() } else { (0..120).map(|m| m % 7).collect() };
        of[(i * 31 % 120) as usize] = i % 5;
        Partition::new(&of)
    };
    let plans: Vec<Partition> = (0..40).map(plan).collect();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let matrix = DistanceMatrix::new(&plans, Measure::default()).unwrap();
            let groups = Groups::new(&matrix);
            (matrix, groups)
        })
    };
    let (matrix, found) = run(1);
    assert_eq!((matrix, found.clone()), run(3));
    assert_eq!(found.groups.iter().map(|g| g.plans.len()).collect::<Vec<_>>(), [20, 20]);
    assert!(found.silhouette.is_some_and(|s| s > 0.8));
}
