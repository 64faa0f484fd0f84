//! How long counting takes: grids (the published measure) and every region of Flanders; and how many ranks a second.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use landmeter::io;
use landmeter::space::{self, Cost, Diagram, Limits, Narrowing, Regions, Sum};
use landmeter::territory::Graph;

const MEMORY: u64 = 8 << 30;

fn grid(n: u32) -> Graph {
    let right = (0..n).flat_map(move |r| (1..n).map(move |c| (r * n + c - 1, r * n + c)));
    let down = (1..n).flat_map(move |r| (0..n).map(move |c| (r * n + c - n, r * n + c)));
    Graph::new((n * n) as usize, right.chain(down))
}

fn grids(c: &mut Criterion) {
    let mut group = c.benchmark_group("space");
    group.sample_size(10);
    for n in [6u32, 7] {
        let graph = grid(n);
        let values = vec![Some(1); (n * n) as usize];
        let size = Sum { name: "cells".into(), values, at_least: n.into(), at_most: Some(n.into()) };
        let equal = Limits { sums: vec![size], ..Limits::default() };
        group.bench_function(format!("{n} x {n} into {n} equal parts"), |b| {
            b.iter(|| space::count(black_box(&graph), &equal, MEMORY));
        });
        let any = Limits { areas: Some((n, n)), ..Limits::default() };
        group.bench_function(format!("{n} x {n} into {n} parts of any size"), |b| {
            b.iter(|| space::count(black_box(&graph), &any, MEMORY));
        });
    }
    group.finish();
}

fn flanders(c: &mut Criterion) {
    let (Ok(loaded), Ok(book)) = (io::embedded::load("flanders-2024"), io::embedded::rulebook("vlaanderen-2021"))
    else {
        return;
    };
    let Ok(regions) = Regions::new(&loaded.territory, &book, &Narrowing::default()) else { return };
    c.bench_function("space/every region of flanders-2024", |b| {
        b.iter(|| {
            regions.regions.iter().map(|r| space::count(&r.graph, &r.limits, MEMORY)).filter(Result::is_ok).count()
        });
    });
    let largest = regions
        .regions
        .iter()
        .filter_map(|r| Diagram::new(&r.graph, &r.limits, MEMORY).ok())
        .max_by_key(Diagram::count);
    let Some(diagram) = largest else { return };
    let ranks = diagram.draw_ranks(1000, 1);
    c.bench_function("space/1000 plans by rank", |b| {
        b.iter(|| ranks.iter().filter_map(|&r| diagram.plan(r)).count());
    });
    let prices = diagram.prices(&[Cost { area: 1, cut: Vec::new() }]);
    c.bench_function("space/1000 plans scored by rank", |b| {
        b.iter(|| ranks.iter().filter_map(|&r| diagram.cost_at(&prices, r)).map(|v| v[0]).sum::<i64>());
    });
}

criterion_group!(benches, grids, flanders);
criterion_main!(benches);
