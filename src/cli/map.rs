//! `landmeter map`: a plan and its findings, drawn.

use std::path::PathBuf;

use super::Outcome;
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use crate::report;

/// Draw a plan: its areas, with labels and patterns beside colour, and its findings in place
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without PLAN the official plan of the embedded territory is drawn. A map is a drawing, not a verdict: \
the exit code is 0 whatever the findings.

Examples:
  landmeter map -o official.svg
  landmeter map draft.csv --lang nl -o ontwerp.svg
  landmeter map draft.csv --territory Refgem.shp -o draft.svg"
)]
pub(super) struct Args {
    /// A plan's file, or the name of an embedded plan
    #[arg(value_name = "PLAN")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    columns: PlanArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    territory: TerritoryArgs,
    /// Form of the drawing
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "svg")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Svg,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let Format::Svg = args.format;
    let grounds = Grounds::load(&args.territory, &args.rules, args.plan.is_none(), common)?;
    let named: Vec<PathBuf> = args.plan.iter().cloned().collect();
    let judged = grounds.judge(grounds.plans(&named, &args.columns)?)?;
    let [one] = &judged[..] else {
        anyhow::bail!("a map shows one plan, and {} holds {}", named[0].display(), judged.len());
    };
    let context = grounds.context(&one.inputs, common.lang);
    common.write_text(&report::map_svg(&context, &one.plan, Some(&one.verdict))?)?;
    Ok(Outcome::Done)
}
