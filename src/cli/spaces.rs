//! What `space` and `propose` share: how a space is narrowed, the walk that builds it, and plans judged.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use indicatif::ProgressBar;
use num_bigint::BigUint;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::args::Common;
use super::common::Grounds;
use crate::io;
use crate::plan::Plan;
use crate::rules::{Checker, Register, Rulebook, Scratch, Severity};
use crate::space::{Metric, Narrowing, Progress, Ranks, Region, Regions, Space, SpaceError, certificate};
use crate::words::say;

/// Which plans are meant.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which plans")]
pub(super) struct NarrowArgs {
    /// One region only
    #[arg(long, value_name = "R")]
    pub(super) region: Option<String>,
    /// Number of areas in each region: K or K..L
    #[arg(long, value_name = "K|K..L", value_parser = areas)]
    pub(super) areas: Option<(u32, u32)>,
    /// Least sum of an attribute in each area (may be repeated); `municipalities` is 1 for each
    #[arg(long, value_name = "ATTR=V", value_parser = bound)]
    pub(super) min: Vec<(String, f64)>,
    /// Greatest sum of an attribute in each area (may be repeated)
    #[arg(long, value_name = "ATTR=V", value_parser = bound)]
    pub(super) max: Vec<(String, f64)>,
    /// Each area within a share of the region's total divided by the number of areas; needs --areas K
    #[arg(long, value_name = "ATTR=5%", value_parser = share)]
    pub(super) balance: Vec<(String, f64)>,
    /// Leave out the rulebook's bounds, balances and numbers of areas
    #[arg(long)]
    pub(super) free: bool,
    /// Leave out the rulebook's bounds on estimated figures
    #[arg(long)]
    pub(super) no_estimates: bool,
    /// Most memory for one region
    #[arg(long, value_name = "SIZE", default_value = "8G", value_parser = size)]
    pub(super) memory: u64,
}

impl NarrowArgs {
    /// As the library wants it.
    pub(super) fn narrowing(&self) -> Narrowing {
        Narrowing {
            region: self.region.clone(),
            areas: self.areas,
            at_least: self.min.clone(),
            at_most: self.max.clone(),
            balance: self.balance.clone(),
            free: self.free,
            without_estimates: self.no_estimates,
        }
    }

    /// The regions, narrowed, and what goes with every answer.
    pub(super) fn regions(&self, grounds: &Grounds) -> anyhow::Result<(Regions, Notes)> {
        let regions = Regions::new(&grounds.territory, &grounds.rulebook, &self.narrowing())?;
        let notes = Notes { untested: regions.untested.clone(), estimated: regions.estimated.clone() };
        Ok((regions, notes))
    }

    /// The space of the regions, with a bar on a terminal.
    pub(super) fn space<'t>(
        &self,
        grounds: &'t Grounds,
        regions: Regions,
        memory: u64,
        common: &Common,
    ) -> Result<Space<'t>, SpaceError> {
        let walk = Walk::new(common, &regions.regions);
        let watch = |region: usize, now: Progress| walk.see(region, now);
        let space = Space::watched(&grounds.territory, grounds.rulebook.contiguity, regions, memory, &watch);
        walk.bar.finish_and_clear();
        space
    }
}

/// Writes the certificate of the least sum of a metric. `breaks` is what the best plan breaks of the rules that the space
/// leaves out: nothing is proved of a plan that is not lawful.
pub(super) fn write_certificate(
    path: &Path,
    grounds: &Grounds,
    narrow: &NarrowArgs,
    space: &Space<'_>,
    metric: &str,
    breaks: &[String],
) -> anyhow::Result<()> {
    let metric = certified(metric)?;
    anyhow::ensure!(
        breaks.is_empty(),
        "no certificate: the best plan breaks rules that the space leaves out ({})",
        breaks.join(", ")
    );
    let narrowing = narrow.narrowing();
    io::output::write_pieces(path, |out| {
        certificate::write(space, metric, &grounds.rulebook, &narrowing, grounds.of_claims(), out)
            .map_err(|e| anyhow::anyhow!("{}: can't be written: {e} [E103]", path.display()))
    })
}

/// The metric of a certificate.
///
/// # Errors
///
/// One that does not add up over areas and borders.
pub(super) fn certified(metric: &str) -> anyhow::Result<Metric> {
    Metric::by_name(metric).map_err(|_| {
        anyhow::anyhow!(
            "no certificate can be written for {metric}: its optimum is found by looking at every plan; those that add up over \
areas and borders have one: areas, cut_links, cut_border_km"
        )
    })
}

/// What a plan breaks that is not outside of what was asked.
pub(super) fn broken(grounds: &Grounds, narrow: &NarrowArgs, plan: &Plan) -> anyhow::Result<Vec<String>> {
    let mut demanded = grounds.rulebook.clone();
    let narrowing = narrow.narrowing();
    demanded.rules.retain(|r| narrowing.keeps(&r.kind));
    let judged = judged_plans(grounds, &demanded, narrow.region.is_some(), std::slice::from_ref(plan))?;
    let codes = judged.iter().flat_map(|plan| plan["breaks"].as_array().into_iter().flatten());
    Ok(codes.filter_map(|code| Some(code.as_str()?.to_owned())).collect())
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From here on an interrupt (Ctrl-C) is a wish to stop in good order, which [`is_interrupted`] tells; a second one
/// ends the process at once.
pub(super) fn heed_interrupts() {
    // Where no handler can be set an interrupt ends the process, as it would have anyway.
    let _ = ctrlc::try_set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
}

/// Whether the user wants to stop.
pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// How far the walks over the regions are, on a terminal.
pub(super) struct Walk<'a> {
    common: &'a Common,
    pub(super) bar: ProgressBar,
    /// Of each region its municipalities, how many were gone through, and the states visited.
    regions: Vec<(u64, AtomicU64, AtomicU64)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(common: &'a Common, regions: &[Region]) -> Self {
        heed_interrupts();
        let size = |r: &Region| (r.members.len() as u64, AtomicU64::new(0), AtomicU64::new(0));
        let regions: Vec<_> = regions.iter().map(size).collect();
        Self { common, bar: common.progress(regions.iter().map(|r| r.0).sum()), regions }
    }

    /// Shows it; false where the user wants it to stop.
    pub(super) fn see(&self, region: usize, now: Progress) -> bool {
        let (false, Some((size, done, states))) = (self.bar.is_hidden(), self.regions.get(region)) else {
            return !is_interrupted();
        };
        done.store(size * now.level as u64 / now.levels.max(1) as u64, Ordering::Relaxed);
        states.store(now.states, Ordering::Relaxed);
        self.bar.set_position(self.regions.iter().map(|r| r.1.load(Ordering::Relaxed)).sum());
        let states: u64 = self.regions.iter().map(|r| r.2.load(Ordering::Relaxed)).sum();
        self.bar.set_message(format!("{states} {}", say(self.common.lang, "space.states", &[])));
        !is_interrupted()
    }
}

/// What goes with every answer.
pub(super) struct Notes {
    untested: Vec<String>,
    estimated: Vec<String>,
}

impl Notes {
    pub(super) fn json(&self, grounds: &Grounds, out: &mut Value) {
        out["untested"] = json!(self.untested);
        out["estimated"] = json!(self.estimated);
        out["territory"] = json!(grounds.territory.name());
        out["rulebook"] = json!(grounds.rulebook.name);
        out["inputs"] = json!(grounds.inputs);
        out["version"] = json!(env!("CARGO_PKG_VERSION"));
    }

    pub(super) fn text(&self, common: &Common, out: &mut String) {
        for (key, name, items) in
            [("space.untested", "rules", &self.untested), ("space.estimated", "attributes", &self.estimated)]
        {
            if !items.is_empty() {
                out.push_str(&say(common.lang, key, &[(name, &items.join(", "))]));
                out.push('\n');
            }
        }
    }
}

/// Each plan with its rank and what the checker says of it.
pub(super) fn judged(
    grounds: &Grounds,
    space: &Space<'_>,
    region: Option<&str>,
    plans: &[Ranks],
) -> anyhow::Result<Vec<Value>> {
    let named = |ranks: &Ranks| {
        let rank = space.rank(ranks).to_string();
        let name = region.map_or_else(|| rank.clone(), |region| format!("{region}-{rank}"));
        (space.plan(&name, ranks), rank)
    };
    let (plans, ranks): (Vec<Plan>, Vec<String>) = plans.par_iter().map(named).unzip();
    let mut judged = judged_plans(grounds, &grounds.rulebook, region.is_some(), &plans)?;
    judged.iter_mut().zip(ranks).for_each(|(plan, rank)| plan["rank"] = json!(rank));
    Ok(judged)
}

/// Each plan with what the checker says of it. Of a region's plan (`partial`) the municipalities elsewhere have no area:
/// that is no fault of it.
pub(super) fn judged_plans(
    grounds: &Grounds,
    rulebook: &Rulebook,
    partial: bool,
    plans: &[Plan],
) -> anyhow::Result<Vec<Value>> {
    let register = Register::default();
    let checker = Checker::new(&grounds.territory, rulebook, &register)?;
    let judge = |scratch: &mut Scratch, plan: &Plan| {
        let verdict = checker.findings(plan, scratch);
        let faults = verdict.findings.iter().filter(|f| f.severity == Severity::Violation);
        let mut breaks: Vec<&str> = faults.map(|f| f.code).filter(|c| !(partial && *c == "R101")).collect();
        breaks.sort_unstable();
        breaks.dedup();
        let conforms = if breaks.is_empty() { "conform" } else { "not-conform" };
        let areas: Map<String, Value> = (grounds.territory.municipalities().iter().zip(&plan.of))
            .filter_map(|(m, &a)| Some((m.code.clone(), json!(plan.areas.get(a as usize)?))))
            .collect();
        json!({ "plan": plan.name, "verdict": conforms, "breaks": breaks, "assignment": areas })
    };
    Ok(plans.par_iter().map_init(Scratch::default, judge).collect())
}

/// Columns: the first to the left, the others to the right.
pub(super) fn aligned(rows: &[impl AsRef<[String]>]) -> String {
    let columns = rows.iter().map(|r| r.as_ref().len()).max().unwrap_or(0);
    let width = |i: usize| rows.iter().filter_map(|r| r.as_ref().get(i)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (i, (cell, width)) in row.as_ref().iter().zip(&widths).enumerate() {
            line.push_str(&if i == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") });
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A count with its thousands apart, in the language's way.
pub(super) fn grouped(common: &Common, count: &BigUint) -> String {
    crate::words::grouped(common.lang, &count.to_string())
}

fn areas(text: &str) -> Result<(u32, u32), String> {
    let expected = || "expected a number of areas such as 4, or a range such as 4..6".to_owned();
    let (fewest, most) = text.split_once("..").unwrap_or((text, text));
    let bounds = (fewest.parse().map_err(|_| expected())?, most.parse().map_err(|_| expected())?);
    if bounds.0 <= bounds.1 { Ok(bounds) } else { Err(expected()) }
}

fn bound(text: &str) -> Result<(String, f64), String> {
    let expected = || "expected an attribute and a number of 0 or more, such as population=50000".to_owned();
    let (name, value) = text.split_once('=').ok_or_else(expected)?;
    let value: f64 = value.parse().map_err(|_| expected())?;
    if name.is_empty() || !value.is_finite() || value < 0.0 {
        return Err(expected());
    }
    Ok((name.to_owned(), value))
}

fn share(text: &str) -> Result<(String, f64), String> {
    let percent = text.strip_suffix('%').ok_or("expected an attribute and a percentage, such as population=5%")?;
    bound(percent).map(|(name, value)| (name, value / 100.0))
}

pub(super) fn size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().last() {
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        _ => (text, 0),
    };
    let size = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift)).filter(|&n| n > 0);
    size.ok_or_else(|| "expected a size such as 8G or 500M".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_options() {
        assert_eq!(areas("4"), Ok((4, 4)));
        assert_eq!(areas("4..6"), Ok((4, 6)));
        assert!(areas("6..4").is_err() && areas("").is_err() && areas("a..b").is_err());
        assert_eq!(bound("population=50000"), Ok(("population".to_owned(), 50_000.0)));
        assert!(bound("population=-1").is_err() && bound("=1").is_err() && bound("population").is_err());
        assert_eq!(share("population=5%"), Ok(("population".to_owned(), 0.05)));
        assert!(share("population=0.05").is_err());
        assert_eq!((size("8G"), size("500M"), size("12")), (Ok(8 << 30), Ok(500 << 20), Ok(12)));
        assert!(size("0").is_err() && size("G").is_err() && size("99999999999999G").is_err());
    }
}
