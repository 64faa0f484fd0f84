//! Batch: 20,000 plans of a grid of 15 by 20 municipalities, as JSON lines and as tables.
//!
//! `cargo bench --bench batch` prints plans a second for cutting and parsing alone and for the whole walk, and the most
//! memory that the process held (Linux).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use landmeter::batch::{self, Options};
use landmeter::io::plans::{PlanOptions, PlanSource};
use landmeter::report::Context;
use landmeter::rules::{Checker, Register};
use landmeter::territory::{Link, Municipality};
use landmeter::words::Lang;
use landmeter::{Rulebook, Territory};

const WIDTH: usize = 15;
const HEIGHT: usize = 20;
const PLANS: usize = 20_000;

const RULEBOOK: &str = r#"
name = "bench"
date = "2026-01-01"
title = { nl = "Proef", en = "Bench" }

[[rule]]
id = "assignment"
kind = "assignment"
hard = true
source = { act = "none" }
text = { nl = "Elke gemeente een gebied", en = "Each municipality an area" }

[[rule]]
id = "contiguity"
kind = "contiguity"
hard = true
source = { act = "none" }
text = { nl = "Aaneengesloten", en = "Contiguous" }

[[rule]]
id = "enclosure"
kind = "enclosure"
hard = true
source = { act = "none" }
text = { nl = "Geen ingesloten gebied", en = "No enclosed area" }
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let territory = grid()?;
    let rulebook = Rulebook::from_toml(RULEBOOK)?;
    let register = Register::default();
    let checker = Checker::new(&territory, &rulebook, &register)?;
    let context = Context { territory: &territory, rulebook: &rulebook, inputs: &[], lang: Lang::En };
    for (name, text) in [("jsonl", lines()), ("long.csv", long()), ("wide.csv", wide())] {
        let path = folder.path().join(name);
        std::fs::write(&path, &text)?;
        let size = text.len() / PLANS;
        drop(text);
        let read = time(|| cut(&path))?;
        println!("{name}: {size} bytes a plan; cut and scanned, one thread: {read:.0} plans/s");
        for threads in [1, 2] {
            let output = Some(folder.path().join("out.jsonl"));
            let options = Options { output, threads, ..Options::default() };
            let whole = time(|| {
                let source = PlanSource::open(std::slice::from_ref(&path), &PlanOptions::default())?;
                batch::run(source, &checker, &context, &options, &mut |_| {}).map(drop)
            })?;
            println!("{name}: whole, {threads} threads: {whole:.0} plans/s");
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find(|l| l.starts_with("VmHWM")) {
        println!("most memory ({peak}), the generated texts included");
    }
    Ok(())
}

/// Plans a second, the best of three.
fn time<E>(mut work: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(f64::from(u32::try_from(PLANS).unwrap_or(u32::MAX)) / best)
}

fn cut(path: &Path) -> Result<(), landmeter::io::Error> {
    for raw in PlanSource::open(&[PathBuf::from(path)], &PlanOptions::default())? {
        let mut rows = 0;
        raw.scan(|code, area| {
            rows += usize::from(code.len() + area.len() > 0);
            true
        });
        assert_eq!(rows, WIDTH * HEIGHT);
    }
    Ok(())
}

fn grid() -> Result<Territory, landmeter::territory::TerritoryError> {
    let n = WIDTH * HEIGHT;
    let units = (0..n).map(|i| Municipality::new((10_000 + 7 * i).to_string(), format!("Unit {i}"))).collect();
    let right = (0..n).filter(|i| i % WIDTH + 1 < WIDTH).map(|i| Link::border(i, i + 1, 5000.0));
    let below = (0..n).filter(|i| i + WIDTH < n).map(|i| Link::border(i, i + WIDTH, 5000.0));
    Territory::new("grid", units, right.chain(below).collect())
}

/// Bands of rows, their borders wandering from plan to plan.
fn area(plan: usize, unit: usize) -> String {
    let (x, y) = (unit % WIDTH, unit / WIDTH);
    format!("working area {}", (y + usize::from((plan + x) % 11 > 5)) / 3 * 5 + x / 3)
}

fn code(unit: usize) -> usize {
    10_000 + 7 * unit
}

fn lines() -> String {
    let mut text = String::new();
    for plan in 0..PLANS {
        let _ = write!(text, "{{\"plan\":\"draw {plan}\",\"assignment\":{{");
        for unit in 0..WIDTH * HEIGHT {
            let comma = if unit == 0 { "" } else { "," };
            let _ = write!(text, "{comma}\"{}\":\"{}\"", code(unit), area(plan, unit));
        }
        text.push_str("}}\n");
    }
    text
}

fn long() -> String {
    let mut text = String::from("plan,nis,area\n");
    for plan in 0..PLANS {
        for unit in 0..WIDTH * HEIGHT {
            let _ = writeln!(text, "draw {plan},{},{}", code(unit), area(plan, unit));
        }
    }
    text
}

fn wide() -> String {
    let mut text = String::from("nis");
    for plan in 0..PLANS {
        let _ = write!(text, ",draw {plan}");
    }
    for unit in 0..WIDTH * HEIGHT {
        let _ = write!(text, "\n{}", code(unit));
        for plan in 0..PLANS {
            let _ = write!(text, ",{}", area(plan, unit));
        }
    }
    text
}
