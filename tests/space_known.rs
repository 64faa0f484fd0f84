//! Counts that others have published.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::space::{self, Limits, Sum};
use landmeter::territory::Graph;

fn grid(rows: u32, columns: u32) -> Graph {
    let at = |r: u32, c: u32| r * columns + c;
    let right = (0..rows).flat_map(move |r| (1..columns).map(move |c| (at(r, c - 1), at(r, c))));
    let down = (1..rows).flat_map(move |r| (0..columns).map(move |c| (at(r - 1, c), at(r, c))));
    Graph::new((rows * columns) as usize, right.chain(down))
}

/// n x n cells into n connected areas of n cells each.
fn equal_parts(n: u32) -> String {
    let size = u64::from(n);
    let values = vec![Some(1); (n * n) as usize];
    let sum = Sum { name: "cells".into(), values, at_least: size, at_most: Some(size) };
    let limits = Limits { sums: vec![sum], ..Limits::default() };
    space::count(&grid(n, n), &limits, 8 << 30).unwrap().total.to_string()
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
