//! `landmeter check`: is this plan allowed, and why not?

use std::path::PathBuf;

use serde_json::json;

use super::Outcome;
use super::args::{Common, Format, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::{Grounds, Judged};
use crate::report;
use crate::rules::Status;

/// Is a plan allowed, and why not? Every finding, with its source and the smallest remedy
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without PLAN the official plan of the embedded territory is judged, with the derogations that were granted for it.
A PLAN that you name is judged without derogations, unless --derogations names them.

Exit codes: 0 every plan conforms (derogations included); 1 a plan does not; 2 the work could not be done.

Examples:
  landmeter check
  landmeter check --derogations none
  landmeter check draft.csv --lang nl
  landmeter check a.csv b.csv --format json -o verdicts.json
  landmeter check draft.csv --area-column area_2026 --attributes homes.csv --rules my-rules.toml
  landmeter check draft.csv --territory counties.geojson --id GEOID --contiguity queen"
)]
pub(super) struct Args {
    /// Plans: files (CSV, JSON, a boundary file with a property) or names of embedded plans
    #[arg(value_name = "PLAN")]
    plans: Vec<PathBuf>,
    #[command(flatten)]
    columns: PlanArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    territory: TerritoryArgs,
    /// Text for people or JSON for scripts
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let grounds = Grounds::load(&args.territory, &args.rules, args.plans.is_empty(), common)?;
    let judged = grounds.judge(grounds.plans(&args.plans, &args.columns)?)?;
    match args.format {
        Format::Text => common.write_text(&text(&grounds, &judged, common))?,
        Format::Json => common.write_json(&json(&grounds, &judged, common))?,
    }
    let all_conform = judged.iter().all(|j| j.verdict.status != Status::NotConform);
    Ok(if all_conform { Outcome::Done } else { Outcome::NotConform })
}

fn text(grounds: &Grounds, judged: &[Judged], common: &Common) -> String {
    let (colour, width) = (common.colour(), common.width());
    let mut texts: Vec<String> = judged
        .iter()
        .map(|j| report::verdict_text(&grounds.context(&j.inputs, common.lang), &j.verdict, colour, width))
        .map(|text| text.trim_end().to_owned())
        .collect();
    texts.extend(grounds.overruled.clone());
    texts.join("\n\n")
}

/// One plan: its object; several: an array in the order in which they were named.
fn json(grounds: &Grounds, judged: &[Judged], common: &Common) -> serde_json::Value {
    let mut values: Vec<serde_json::Value> = judged
        .iter()
        .map(|j| {
            let mut value = report::verdict_json(&grounds.context(&j.inputs, common.lang), &j.verdict);
            value["rulebook"]["contiguity"] = json!(grounds.rulebook.contiguity);
            value["rulebook"]["overruled"] = json!(grounds.overruled.is_some());
            value
        })
        .collect();
    match values.len() {
        1 => values.remove(0),
        _ => serde_json::Value::Array(values),
    }
}
