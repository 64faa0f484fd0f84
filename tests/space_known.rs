//! Counts that others have published.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::space::{self, Diagram, Limits, SpaceError, Sum};
use landmeter::territory::Graph;

fn grid(rows: u32, columns: u32) -> Graph {
    let at = |r: u32, c: u32| r * columns + c;
    let right = (0..rows).flat_map(move |r| (1..columns).map(move |c| (at(r, c - 1), at(r, c))));
    let down = (1..rows).flat_map(move |r| (0..columns).map(move |c| (at(r - 1, c), at(r, c))));
    Graph::new((rows * columns) as usize, right.chain(down))
}

/// n x n cells into n connected areas of n cells each.
fn equal_parts(n: u32) -> String {
    space::count(&grid(n, n), &equal(n), 8 << 30).unwrap().total.to_string()
}

fn equal(n: u32) -> Limits {
    let size = u64::from(n);
    let values = vec![Some(1); (n * n) as usize];
    let sum = Sum { name: "cells".into(), values, at_least: size, at_most: Some(size) };
    Limits { sums: vec![sum], ..Limits::default() }
}

/// What a count gives with some threads.
fn with_threads<T: Send>(threads: usize, work: impl Fn() -> T + Send + Sync) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn a172477_squares_into_equal_parts() {
    for (n, count) in [(1, "1"), (2, "2"), (3, "10"), (4, "117"), (5, "4006"), (6, "451206")] {
        assert_eq!(equal_parts(n), count, "{n} x {n}");
    }
}

#[test]
fn a068416_partitions_of_squares() {
    for (n, count) in [(1, "1"), (2, "12"), (3, "1434"), (4, "1691690"), (5, "19719299768")] {
        assert_eq!(
            space::count(&grid(n, n), &Limits::default(), 1 << 30).unwrap().total.to_string(),
            count,
            "{n} x {n}"
        );
    }
}

#[test]
fn threads_make_no_difference_to_counts_nor_to_where_memory_runs_out() {
    // 6 x 6 has levels of thousands of states, which are cut in parts; those of any size have a count for each number.
    let any = Limits { areas: Some((0, 9)), ..Limits::default() };
    for (limits, memory) in [(equal(6), 1 << 30), (any, 1 << 30), (equal(6), 1 << 19)] {
        let count = || space::count(&grid(6, 6), &limits, memory);
        let one = with_threads(1, count);
        match &one {
            Ok(_) => assert_eq!(memory, 1 << 30),
            Err(SpaceError::Memory { states, .. }) => assert!(memory < 1 << 30 && *states > 2048, "{states}"),
            Err(error) => panic!("{error}"),
        }
        for threads in [2, 3, 7] {
            assert_eq!(with_threads(threads, count), one, "{threads} threads");
        }
    }
}

#[test]
fn counts_by_number_of_areas_agree_with_the_diagram() {
    let graph = grid(6, 6);
    let counts = space::count(&graph, &Limits { areas: Some((1, 3)), ..Limits::default() }, 1 << 30).unwrap();
    for (areas, count) in counts.by_areas {
        let limits = Limits { areas: Some((areas, areas)), ..Limits::default() };
        assert_eq!(Diagram::new(&graph, &limits, 1 << 30).unwrap().count().to_string(), count.to_string(), "{areas}");
    }
}

#[test]
fn who_watches_sees_every_step_and_can_interrupt() {
    let (graph, limits) = (grid(5, 5), equal(5));
    let (mut seen, mut visited) = (Vec::new(), 0);
    let counts = space::count_watched(&graph, &limits, 1 << 30, &mut |now| {
        assert!(now.states >= visited && now.levels == 25);
        visited = now.states;
        seen.push(now.level);
        true
    });
    seen.dedup();
    assert_eq!(seen, (0..25).collect::<Vec<_>>());
    assert_eq!(visited, counts.unwrap().states);

    let interrupted = SpaceError::Interrupted { level: 9, levels: 25 };
    let counts = space::count_watched(&graph, &limits, 1 << 30, &mut |now| now.level < 9);
    assert_eq!(counts.unwrap_err(), interrupted);
    let diagram = Diagram::watched(&graph, &limits, 1 << 30, &mut |now| now.level < 9);
    assert_eq!(diagram.unwrap_err(), interrupted);
}
