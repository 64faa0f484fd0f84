//! Coverage and adjacency: a made coverage of 100,000 polygons of 60 vertices, clean and with noise.
//!
//! `cargo bench --bench coverage` ; results with date in `benches/coverage.md`.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a test or bench may stop at what it does not expect"
)]

mod made;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use landmeter::territory::coverage::{ExamineOptions, examine};
use made::cells;

fn coverage(c: &mut Criterion) {
    let mut group = c.benchmark_group("coverage");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let options = ExamineOptions::default();
    for (name, side, noise) in [("10k_clean", 100, 0.0), ("100k_clean", 316, 0.0), ("10k_noise_1cm", 100, 0.01)] {
        let boundaries = cells(side, 15, noise);
        group.bench_function(name, |b| b.iter(|| examine(black_box(&boundaries), options).unwrap().links.len()));
    }
    let boundaries = cells(316, 15, 0.0);
    let links_only = ExamineOptions { problems: false, ..options };
    group.bench_function("100k_clean_links_only", |b| {
        b.iter(|| examine(black_box(&boundaries), links_only).unwrap().links.len());
    });
    group.finish();
}

criterion_group!(benches, coverage);
criterion_main!(benches);
