//! How fast the chains are: accepted steps (of flips: proposals) a second of one core.
//!
//! `cargo bench --bench chains` times grids. `cargo bench --bench chains -- graph FILE ATTRIBUTE AREAS SHARE...` times a
//! territory that `landmeter` reads (a dual graph, a boundary file) with each area within a share of the mean: `0.05`.

use std::path::Path;
use std::time::Instant;

use landmeter::io::territory::{self, TerritoryOptions};
use landmeter::rules::Rulebook;
use landmeter::search::chain::{Chain, Map, Method, Random, State, Target, Trees, start, usual_cuts};
use landmeter::space::{Narrowing, Regions};

/// Seconds of the processor that this thread has had; of the clock where that is not told.
fn seconds(since: Instant) -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok());
    first.map_or_else(|| since.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

fn grid(side: u32, areas: u32, share: f64) -> Option<Map> {
    let right = (0..side * side).filter(|v| v % side + 1 < side).map(|v| (v, v + 1, 1000));
    let down = (0..side * (side - 1)).map(|v| (v, v + side, 1000));
    let links: Vec<(u32, u32, u64)> = right.chain(down).collect();
    let ideal = f64::from(side * side) / f64::from(areas);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of cells")]
    let bounds = ((ideal * (1.0 - share)).ceil() as u64, (ideal * (1.0 + share)).floor() as u64);
    let mut map = Map::plain(&links, vec![1; (side * side) as usize], bounds).ok()?;
    map.areas(areas, areas);
    Some(map)
}

fn time(name: &str, what: &str, map: &Map, first: &State, method: &Method) {
    let begun = Instant::now();
    let mut chain = Chain::new(map, first.clone(), method, Random::new(1, 1));
    let piece = if matches!(method, Method::Flip(_)) { 100_000 } else { 200 };
    let run = |least_s: f64, chain: &mut Chain<'_>| {
        let from = seconds(begun);
        let (steps, accepted, trees) = (chain.steps(), chain.accepted(), chain.trees());
        while seconds(begun) - from < least_s {
            if let Err(error) = chain.run(piece) {
                println!("{name}, {what}: {error}");
                return None;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = |n: u64| n as f64 / (seconds(begun) - from);
        Some([rate(chain.steps() - steps), rate(chain.accepted() - accepted), rate(chain.trees() - trees)])
    };
    if run(1.0, &mut chain).is_none() {
        return;
    }
    if let Some([steps, accepted, trees]) = run(5.0, &mut chain) {
        println!(
            "{name}, {what}: {steps:.0} steps, {accepted:.0} accepted, {trees:.0} trees a second of the processor"
        );
    }
}

fn all(name: &str, map: &Map) {
    let begun = Instant::now();
    let from = seconds(begun);
    let first = match start(map, 0, &mut Random::new(1, 0)) {
        Ok(first) => first,
        Err(error) => return println!("{name}: {error}"),
    };
    println!("{name}: {} units, a first plan in {:.3} s", map.units(), seconds(begun) - from);
    time(name, "recom, minimum trees", map, &first, &Method::Recom(Trees::Minimum));
    time(name, "recom, uniform trees", map, &first, &Method::Recom(Trees::Uniform));
    let most = usual_cuts(map, &first, &mut Random::new(1, 2));
    time(name, &format!("reversible recom, at most {most} cuts"), map, &first, &Method::Reversible(most));
    let target = Target { link: 0.1, border: 0.0, sums: Vec::new() };
    time(name, "flips, 0.1 a cut link", map, &first, &Method::Flip(target));
    let target = Target { link: 1.0, border: 0.0, sums: Vec::new() };
    time(name, "flips, 1 a cut link", map, &first, &Method::Flip(target));
}

fn of_file(path: &str, attribute: &str, areas: u32, share: f64) -> Result<Map, String> {
    let options = TerritoryOptions { territory: Some(path.to_owned()), ..TerritoryOptions::default() };
    let loaded = territory::load(&options).map_err(|e| e.to_string())?;
    let rules: Rulebook = landmeter::io::embedded::rulebook("general").map_err(|e| e.to_string())?;
    let narrowing = Narrowing {
        areas: Some((areas, areas)),
        balance: vec![(attribute.to_owned(), share)],
        free: true,
        ..Narrowing::default()
    };
    let regions = Regions::new(&loaded.territory, &rules, &narrowing).map_err(|e| e.to_string())?;
    Map::new(&loaded.territory, rules.contiguity, &regions).map_err(|e| e.to_string())
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let [what, path, attribute, areas, shares @ ..] = &args[..]
        && what == "graph"
    {
        for share in shares {
            let name = Path::new(path).file_stem().unwrap_or_default().to_string_lossy();
            let name = format!("{name} into {areas} within {share}");
            match of_file(path, attribute, areas.parse().unwrap_or(2), share.parse().unwrap_or(0.05)) {
                Ok(map) => all(&name, &map),
                Err(error) => println!("{name}: {error}"),
            }
        }
        return;
    }
    for (side, areas) in [(50, 10), (100, 20), (500, 50)] {
        if let Some(map) = grid(side, areas, 0.05) {
            all(&format!("grid {side} x {side} into {areas}"), &map);
        }
    }
}
