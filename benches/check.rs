//! How long judging takes: one plan whole (remedies and rows), and one of many (findings only).

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use landmeter::plan::Plan;
use landmeter::rules::{Checker, Register, Rulebook, Scratch};

const GRID_RULES: &str = r#"
name = "grid"
date = "2026-01-01"
title = { nl = "raster", en = "grid" }
[[rule]]
id = "assignment"
kind = "assignment"
hard = true
text = { nl = "", en = "" }
[[rule]]
id = "contiguity"
kind = "contiguity"
hard = true
text = { nl = "", en = "" }
[[rule]]
id = "enclosure"
kind = "enclosure"
hard = true
text = { nl = "", en = "" }
[[rule]]
id = "homes"
kind = "bounds"
attribute = "social_rental_homes"
at_least = 1000
hard = true
text = { nl = "", en = "" }
"#;

fn benches(c: &mut Criterion) {
    let register = Register::default();
    if let Some((territory, plan)) = support::official() {
        let book = support::rulebook("vlaanderen-2021");
        let checker = Checker::new(&territory, &book, &register).expect("the rulebook fits");
        let mut scratch = Scratch::default();
        c.bench_function("official/findings", |b| b.iter(|| checker.findings(black_box(&plan), &mut scratch)));
        c.bench_function("official/check", |b| b.iter(|| checker.check(black_box(&plan))));
        c.bench_function("official/new", |b| b.iter(|| Checker::new(&territory, &book, &register).is_ok()));
    }
    // 300 municipalities in 40 areas of 7 or 8: nothing is wrong with them.
    let territory = support::grid(15, 20);
    let label = |i: usize| format!("{:02}", (i / 20) / 3 * 8 + (i % 20) * 8 / 20);
    let labels: Vec<String> = (0..300).map(label).collect();
    let labels: Vec<Option<&str>> = labels.iter().map(|l| Some(l.as_str())).collect();
    let plan = Plan::from_labels("clean", &labels);
    let book = Rulebook::from_toml(GRID_RULES).expect("the rulebook is sound");
    let checker = Checker::new(&territory, &book, &register).expect("the rulebook fits");
    let mut scratch = Scratch::default();
    assert!(checker.findings(&plan, &mut scratch).findings.is_empty(), "the clean plan is clean");
    c.bench_function("clean/findings", |b| b.iter(|| checker.findings(black_box(&plan), &mut scratch)));
    c.bench_function("clean/check", |b| b.iter(|| checker.check(black_box(&plan))));
}

criterion_group!(check, benches);
criterion_main!(check);
