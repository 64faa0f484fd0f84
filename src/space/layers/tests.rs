use super::*;
use crate::io::{embedded, territory};
use crate::score::Metric;
use crate::space::{Narrowing, Objective, Regions, Space};

/// On the way to each plan no bound is above what the plan has in the end.
#[test]
fn bounds_hold_on_the_way_to_plans() {
    let flanders = territory::load(&territory::TerritoryOptions::default()).expect("embedded").territory;
    let book = embedded::rulebook("vlaanderen-2021").expect("embedded");
    let names = [
        "polsby_popper_min",
        "polsby_popper_mean",
        "schwartzberg_min",
        "range_households_2021",
        "deviation_households_2021",
        "cv_households_2021",
        "max_households_2021",
        "min_households_2021",
        "inertia_households_2021",
        "inertia_centroid_households_2021",
        "diameter_km",
        "diameter_links",
    ];
    let regions = [("Regio Antwerpen", None), ("Kempen", None), ("Westhoek", None), ("Limburg", None)];
    for (region, areas) in regions.into_iter().chain([("Limburg", Some((6, 6))), ("Kempen", Some((2, 3)))]) {
        let narrowing = Narrowing { region: Some(region.into()), areas, ..Narrowing::default() };
        let regions = Regions::new(&flanders, &book, &narrowing).expect("a region");
        let space = Space::new(&flanders, book.contiguity, regions, 1 << 30).expect("it fits");
        let (region, diagram) = &space.parts[0];
        for name in names {
            let metric = Metric::parse(name, &flanders).expect("a metric");
            let scorer = Scorer::new(&flanders, book.contiguity, &metric, None).expect("it has what it needs");
            let mut walk = Walk::new(region, diagram, &scorer, 1).expect("known");
            walk.pay(&walk.known());
            assert_eq!(walk.worth.is_some(), name == "inertia_households_2021");
            bounds_hold(&walk, name);
        }
        // With borders, areas and another metric beside it.
        if !["Kempen", "Limburg"].contains(&&*region.name) {
            continue;
        }
        let scorers = ["inertia_households_2021", "inertia_municipalities"].map(|name| {
            let metric = Metric::parse(name, &flanders).expect("a metric");
            Scorer::new(&flanders, book.contiguity, &metric, None).expect("it has what it needs")
        });
        let [households, municipalities] = &scorers;
        for (area, border) in [(2_000_000_000_000, 30_000_000), (-100_000_000_000, 0)] {
            let prices = space.prices(&[Objective { area, link: 0, border }], 0);
            let mut walk = Walk::new(region, diagram, households, 1).expect("known");
            let beside = Beside { weight: 2, prices, centred: vec![(1000, municipalities)] };
            walk.add(beside).expect("metrics with centres");
            walk.pay(&walk.known());
            assert!(walk.worth.is_some() && walk.centred[0].2.is_some());
            bounds_hold(&walk, "a sum");
        }
    }
}

/// On the way to some plans.
fn bounds_hold(walk: &Walk<'_, '_>, name: &str) {
    let (diagram, mut scratch) = (walk.diagram, Scratch::default());
    // The best of those that are known, too: there the bounds are tried hardest.
    let known = walk.known().into_iter().take(10).map(|plan| plan.1);
    for rank in known.chain(diagram.draw_ranks(40, 7)) {
        let key = walk.key_of(rank).expect("a value");
        let mut path = walk.start();
        for (at, step) in diagram.frame.steps.iter().enumerate() {
            let counts = &diagram.tiers[at + 1].counts;
            let mut first = path.rank;
            let arc = diagram.tiers[at].arcs(path.node).iter().find(|arc| {
                let found = rank < first + counts[arc.to as usize];
                first += if found { 0 } else { counts[arc.to as usize] };
                found
            });
            let ways = walk.along(at, step, &path, arc.expect("a rank of the node"), first, &mut scratch);
            path = ways.into_iter().next().expect("a way");
            let bound = walk.bound(at + 1, &path, &mut scratch);
            let region = &walk.region.name;
            assert!(bound <= key, "{name}, {region}, rank {rank}, level {at}: {bound} > {key}: {path:?}");
        }
        assert_eq!(path.rank, rank);
        let last = walk.bound(diagram.frame.steps.len(), &path, &mut scratch);
        assert!((key - last).abs() <= 2 + key.abs() / 10_000_000_000, "{name}: {last} in the end, not {key}");
    }
}
