//! `landmeter repair`: the nearest plan that conforms.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::Outcome;
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use crate::plan::Plan;
use crate::search::{self, Repair, RepairOptions, repair};
use crate::words::{self, say};

/// The conforming plan nearest to a draft: the fewest municipalities that must change area, proved
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each region is mended exactly, and the mended plan is judged by the same code as any plan. Derogations are not counted on.
Minimum sizes bind on real figures only, as in a check: bring them with --attributes.

Exit codes: 0 a plan was found; 1 proved that none conforms, or the nearest one found breaks a rule that the search does not know; 2 the work could not be done.

Examples:
  landmeter repair official-2022
  landmeter repair draft.csv --lang nl
  landmeter repair draft.csv --weigh households_2021
  landmeter repair draft.csv --format csv -o mended.csv"
)]
pub(super) struct Args {
    /// A plan's file, or the name of an embedded plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Move the fewest of this attribute (homes, households, people) instead of the fewest municipalities
    #[arg(long, value_name = "ATTRIBUTE")]
    weigh: Option<String>,
    #[command(flatten)]
    columns: PlanArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    territory: TerritoryArgs,
    /// Form of the result
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For scripts
    Json,
    /// The mended plan: a code and an area on each line
    Csv,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    let plans = grounds.plans(std::slice::from_ref(&args.plan), &args.columns)?;
    let [(plan, _)] = &plans[..] else {
        anyhow::bail!("one plan is mended at a time, and {} holds {}", args.plan.display(), plans.len());
    };
    let options = RepairOptions { weigh: args.weigh.clone(), ..RepairOptions::default() };
    let (outcome, found) = match repair(&grounds.territory, plan, &grounds.rulebook, &options)? {
        search::Outcome::Repaired(found) => ("repaired", Ok(found)),
        search::Outcome::Unmended(found) => ("unmended", Ok(found)),
        search::Outcome::Impossible { region } => ("impossible", Err(region)),
    };
    match (args.format, &found) {
        (Format::Text, _) => common.write_text(&text(&grounds, plan, &found, args, common))?,
        (Format::Csv, Ok(found)) => common.write_text(&csv(&grounds, &found.plan))?,
        (Format::Csv, Err(_)) => common.tell(text(&grounds, plan, &found, args, common)),
        (Format::Json, _) => common.write_json(&json(&grounds, plan, outcome, &found, args))?,
    }
    Ok(if outcome == "repaired" { Outcome::Done } else { Outcome::NotConform })
}

fn text(grounds: &Grounds, plan: &Plan, found: &Result<Box<Repair>, String>, args: &Args, common: &Common) -> String {
    let lang = common.lang;
    let found = match found {
        Ok(found) => found,
        Err(region) => {
            let region: &[(&str, &str)] = if region.is_empty() { &[] } else { &[("region", region)] };
            return say(lang, "repair.impossible", region);
        }
    };
    let mut values = vec![("plan", plan.name.as_str())];
    let n = found.moves.len().to_string();
    values.push(("n", &n));
    let amount = args.weigh.as_deref().map(|name| {
        let unit = grounds.territory.attribute(name).map_or("", |a| a.unit.as_str());
        words::quantity(lang, found.amount, unit)
    });
    values.extend(amount.as_deref().map(|a| ("amount", a)));
    let key = match (found.moves.is_empty(), found.verdict.status) {
        (_, crate::rules::Status::NotConform) => "repair.unmended",
        (true, _) => "repair.nothing",
        _ if found.proved_smallest => "repair.proved",
        _ => "repair.found",
    };
    let mut out = say(lang, key, &values);
    out.push('\n');
    for m in &found.moves {
        let municipality = words::municipalities(lang, &[&m.municipality], &grounds.territory);
        let line = match &m.from {
            Some(from) => say(lang, "remedy.move", &[("municipality", &municipality), ("from", from), ("to", &m.to)]),
            None => say(lang, "remedy.assign", &[("municipality", &municipality), ("to", &m.to)]),
        };
        let _ = write!(out, "\n  {line}");
    }
    out
}

fn csv(grounds: &Grounds, plan: &Plan) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![["code", "area"]];
    for (m, municipality) in grounds.territory.municipalities().iter().enumerate() {
        let area = plan.of.get(m).and_then(|&a| plan.areas.get(a as usize));
        rows.push([&municipality.code, area.map_or("", String::as_str)]);
    }
    let written = rows.iter().try_for_each(|row| writer.write_record(row)).is_ok();
    let bytes = if written { writer.into_inner().unwrap_or_default() } else { Vec::new() };
    String::from_utf8(bytes).unwrap_or_default()
}

fn json(
    grounds: &Grounds,
    plan: &Plan,
    outcome: &str,
    found: &Result<Box<Repair>, String>,
    args: &Args,
) -> serde_json::Value {
    let mut object = json!({ "plan": plan.name, "outcome": outcome, "weigh": args.weigh });
    match found {
        Ok(found) => {
            let assignment: serde_json::Map<String, serde_json::Value> = grounds
                .territory
                .municipalities()
                .iter()
                .zip(&found.plan.of)
                .map(|(m, &a)| (m.code.clone(), found.plan.areas.get(a as usize).cloned().into()))
                .collect();
            object["moves"] = json!(found.moves);
            object["amount"] = json!(found.amount);
            object["bound"] = json!(found.bound);
            object["proved_smallest"] = json!(found.proved_smallest);
            object["verdict"] = json!(found.verdict.status);
            object["assignment"] = assignment.into();
        }
        Err(region) => {
            object["moves"] = json!([]);
            object["bound"] = json!(null);
            object["proved_smallest"] = json!(true);
            object["region"] = json!(region);
        }
    }
    object["territory"] = json!({ "name": grounds.territory.name(), "date": grounds.territory.date() });
    object["rulebook"] = json!({ "name": grounds.rulebook.name, "date": grounds.rulebook.date });
    object["inputs"] = json!(grounds.inputs);
    object["version"] = json!(env!("CARGO_PKG_VERSION"));
    object
}
