//! From a file to links with lengths: a made GeoJSON of 10,000 and of 100,000 polygons of 60 vertices, and the embedded territory.
//!
//! `cargo bench --bench load` ; results with date in `benches/load.md`.

#![allow(clippy::unwrap_used, reason = "a bench may stop at what it does not expect")]

mod made;

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use landmeter::io::boundaries::{self, BoundaryOptions};
use landmeter::io::embedded;
use landmeter::io::territory::{TerritoryOptions, load};

fn loading(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("embedded", |b| b.iter(|| embedded::load(black_box("flanders")).unwrap().territory.len()));
    let real = "../shared/data/flanders/geometry/municipalities_300_vrbg_wgs84.geojson";
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join(real);
    let folder = tempfile::tempdir().unwrap();
    let mut files = vec![("300_real", real)];
    for (name, side) in [("10k", 100), ("100k", 316)] {
        let path = folder.path().join(format!("{name}.geojson"));
        std::fs::write(&path, made::geojson(&made::cells(side, 15, 0.0))).unwrap();
        files.push((name, path));
    }
    for (name, path) in files.iter().filter(|(_, path)| path.exists()) {
        group.throughput(Throughput::Bytes(std::fs::metadata(path).unwrap().len()));
        group.bench_function(format!("read_{name}"), |b| {
            b.iter(|| boundaries::read(black_box(path), &BoundaryOptions::default()).unwrap().0.coords.len());
        });
        let territory = Some(path.display().to_string());
        let options = TerritoryOptions { territory, ..TerritoryOptions::default() };
        group.bench_function(format!("links_{name}"), |b| {
            b.iter(|| load(black_box(&options)).unwrap().territory.adjacency().links().len());
        });
    }
    group.finish();
}

criterion_group!(benches, loading);
criterion_main!(benches);
