//! How long the best plan of one large region takes: grids, and (with a file of instances) counties into districts.
//!
//! `cargo bench --bench large` times grids. `cargo bench --bench large -- file FILE...` solves each file once and prints
//! what `large.md` shows. A file has the number of units, the number of links, the number of areas, the least and the
//! greatest sum; then the weight of each unit; then each link with its length; all parted by white space.
//! With `inertia` before `file` the most compact plan is looked for: then the place of each unit (two numbers, in metres) comes
//! after the links.

use std::time::Instant;

use landmeter::search::centres;
use landmeter::search::large::{Answer, Effort, Problem, Stage, solve};

#[path = "../tests/large/instances.rs"]
mod instances;

#[path = "../tests/large/places.rs"]
mod places;

use instances::{grid, parse};
use places::parse_places;

fn show(name: &str, problem: &Problem, effort: &Effort, limit_s: u64, verbose: bool) -> Option<Answer> {
    let start = Instant::now();
    let answer = solve(problem, effort, &mut |_| start.elapsed().as_secs() < limit_s).ok()?;
    let seconds = start.elapsed().as_secs_f64();
    let states: usize = answer.trace.iter().map(|t| t.states).sum();
    let value = answer.value.map_or_else(|| "none".to_owned(), |v| v.to_string());
    println!(
        "{name}: {} units, {} links, {} areas: {:?}, {value}, bound {}, {states} states, {seconds:.2} s",
        problem.weights.len(),
        problem.links.len(),
        problem.areas.0,
        answer.outcome,
        answer.bound
    );
    if verbose {
        for t in &answer.trace {
            let what = match t.stage {
                Stage::Rounded { grain } => format!("grain {grain}"),
                stage => format!("{stage:?}"),
            };
            println!("  below {}: {what}: {} states, {} kept, bound {}", t.cutoff, t.states, t.kept, t.bound);
        }
    }
    assert!(answer.plan.as_ref().is_none_or(|p| problem.accepts(p) && Some(problem.cost(p)) == answer.value));
    Some(answer)
}

fn show_compact(name: &str, problem: &centres::Problem, effort: &Effort, limit_s: u64, verbose: bool) {
    let start = Instant::now();
    let mut nodes = 0;
    let answer = centres::solve(problem, effort, &mut |now| {
        if matches!(now.stage, Stage::Multipliers | Stage::Branch) {
            nodes = nodes.max(now.level);
        }
        start.elapsed().as_secs() < limit_s
    });
    let Ok(answer) = answer else { return println!("{name} is refused") };
    // Costs are in thousandths.
    let value = answer.value.map_or_else(|| "none".to_owned(), |v| (v / 1000).to_string());
    println!(
        "{name}: {} units, {} areas: {:?}, {value}, bound {}, {nodes} nodes, {:.2} s",
        problem.weights.len(),
        problem.areas.0,
        answer.outcome,
        answer.bound / 1000,
        start.elapsed().as_secs_f64()
    );
    if verbose {
        for t in &answer.trace {
            println!("  below {}: {} steps, {} kept, bound {}", t.cutoff / 1000, t.states, t.kept, t.bound / 1000);
        }
    }
    assert!(answer.plan.as_ref().is_none_or(|p| problem.accepts(p) && Some(problem.cost(p)) == answer.value));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let said = |word: &str| arguments.iter().any(|a| a == word);
    let number = |name: &str, otherwise: u64| {
        let at = arguments.iter().position(|a| a == name).map(|i| i + 1);
        at.and_then(|i| arguments.get(i)?.parse().ok()).unwrap_or(otherwise)
    };
    let effort = Effort {
        seed: number("seed", 1),
        rounds: number("rounds", Effort::default().rounds),
        memory: number("memory", 4) << 30,
    };
    let limit_s = number("seconds", 3600);
    if let Some(from) = arguments.iter().position(|a| a == "file") {
        for path in arguments[from + 1..].iter().filter(|_| said("inertia")) {
            match std::fs::read_to_string(path).ok().and_then(|text| parse_places(&text)) {
                Some(problem) => show_compact(path, &problem, &effort, limit_s, said("verbose")),
                None => println!("{path} can't be read"),
            }
        }
        for path in arguments[from + 1..].iter().filter(|_| !said("inertia")) {
            match std::fs::read_to_string(path).ok().and_then(|text| parse(&text, said("length"))) {
                Some(problem) => drop(show(path, &problem, &effort, limit_s, said("verbose"))),
                None => println!("{path} can't be read"),
            }
        }
        return;
    }
    for (rows, columns, areas) in [(6, 6, 6), (7, 7, 7), (8, 8, 8), (9, 9, 9), (10, 10, 4), (10, 10, 10)] {
        show(&format!("{rows} x {columns}"), &grid(rows, columns, areas), &effort, limit_s, said("verbose"));
    }
}
