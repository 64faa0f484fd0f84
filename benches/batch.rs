//! Batch: 20,000 plans of a grid of 15 by 20 municipalities, as JSON lines and as tables.
//!
//! `cargo bench --bench batch` prints plans a second for cutting and parsing alone and for the whole walk, and the most
//! memory that the process held (Linux); `-- jsonl` runs one of the three alone.

use std::fs::File;
use std::io::{BufWriter, Write as _};
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
    let only = std::env::args().nth(1).filter(|a| !a.starts_with('-'));
    for (name, make) in [("jsonl", lines as Make), ("long.csv", long), ("wide.csv", wide)] {
        if only.as_ref().is_some_and(|o| o != name) {
            continue;
        }
        let path = folder.path().join(name);
        let mut file = BufWriter::new(File::create(&path)?);
        make(&mut file)?;
        file.into_inner()?.sync_all()?;
        let size = std::fs::metadata(&path)?.len() / u64::try_from(PLANS)?;
        let read = time(|| cut(&path))?;
        println!("{name}: {size} bytes a plan; cut and scanned, one thread: {read}");
        for threads in [1, 2] {
            let output = Some(folder.path().join("out.jsonl"));
            let options = Options { output, threads, ..Options::default() };
            let whole = time(|| {
                let source = PlanSource::open(std::slice::from_ref(&path), &PlanOptions::default())?;
                batch::run(source, &checker, &context, &options, &mut |_| {}).map(drop)
            })?;
            println!("{name}: whole, {threads} threads: {whole}");
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find(|l| l.starts_with("VmHWM")) {
        println!("most memory: {peak}");
    }
    Ok(())
}

/// Plans a second and processor time a plan (on Linux), the best of three: on a machine that is shared, only the
/// latter says something.
fn time<E>(mut work: impl FnMut() -> Result<(), E>) -> Result<String, E> {
    let (mut wall, mut processor) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        let (start, before) = (Instant::now(), processor_seconds());
        work()?;
        wall = wall.min(start.elapsed().as_secs_f64());
        processor = processor.min(processor_seconds() - before);
    }
    let plans = f64::from(u32::try_from(PLANS).unwrap_or(u32::MAX));
    Ok(format!("{:.0} plans/s, {:.1} us of processor a plan", plans / wall, processor / plans * 1e6))
}

/// Processor time of all threads so far, in seconds; 0 where the system does not say.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
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

type Make = fn(&mut BufWriter<File>) -> std::io::Result<()>;

fn lines(out: &mut BufWriter<File>) -> std::io::Result<()> {
    for plan in 0..PLANS {
        write!(out, "{{\"plan\":\"draw {plan}\",\"assignment\":{{")?;
        for unit in 0..WIDTH * HEIGHT {
            let comma = if unit == 0 { "" } else { "," };
            write!(out, "{comma}\"{}\":\"{}\"", code(unit), area(plan, unit))?;
        }
        writeln!(out, "}}}}")?;
    }
    Ok(())
}

fn long(out: &mut BufWriter<File>) -> std::io::Result<()> {
    writeln!(out, "plan,nis,area")?;
    for plan in 0..PLANS {
        for unit in 0..WIDTH * HEIGHT {
            writeln!(out, "draw {plan},{},{}", code(unit), area(plan, unit))?;
        }
    }
    Ok(())
}

fn wide(out: &mut BufWriter<File>) -> std::io::Result<()> {
    write!(out, "nis")?;
    for plan in 0..PLANS {
        write!(out, ",draw {plan}")?;
    }
    for unit in 0..WIDTH * HEIGHT {
        write!(out, "\n{}", code(unit))?;
        for plan in 0..PLANS {
            write!(out, ",{}", area(plan, unit))?;
        }
    }
    Ok(())
}
