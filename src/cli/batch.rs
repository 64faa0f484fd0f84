//! `landmeter batch`: many plans, one line of JSON each.

use std::path::PathBuf;

use super::Outcome;
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use crate::io::plans::PlanSource;
use crate::rules::Checker;
use crate::words::say;
use crate::{batch, io};

/// Judge many plans: one line of JSON each, in the order of the input, in bounded memory
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A plan that can't be read becomes a line with \"verdict\": \"unreadable\" and its reason, and stops nothing.
A summary goes to standard error, and as JSON to --summary FILE. A run that was interrupted goes on where it was
with --resume; the output is the same, byte for byte.

Exit codes: 0 every plan conforms; 1 a plan does not, or could not be read; 2 the work could not be done.

Examples:
  landmeter batch proposals/ -o verdicts.jsonl
  landmeter batch long.csv.gz wide.csv plans.jsonl --summary summary.json -o verdicts.jsonl
  landmeter batch million.jsonl.gz -o verdicts.jsonl --resume
  landmeter batch proposals/ --remedies --lang nl | head -1"
)]
pub(super) struct Args {
    /// Files or folders: one plan a file, a long CSV (plan,nis,area), a wide CSV (nis,plan1,plan2,...) or JSON lines; gzipped or not
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Write the summary as JSON to FILE
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Go on with the output of a run that was interrupted (needs -o)
    #[arg(long)]
    resume: bool,
    /// Search the smallest remedy of each finding, as `landmeter check` does (slower)
    #[arg(long)]
    remedies: bool,
    #[command(flatten)]
    columns: PlanArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    territory: TerritoryArgs,
    /// Form of the result: JSON lines
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "json")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One JSON object a line
    Json,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let Format::Json = args.format;
    anyhow::ensure!(!args.resume || common.output.is_some(), "--resume goes on with a file: name it with -o FILE");
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    let checker = Checker::new(&grounds.territory, &grounds.rulebook, &grounds.register)?;
    let context = grounds.context(&grounds.inputs, common.lang);
    let source = PlanSource::open(&args.paths, &args.columns.options())?;
    let options = batch::Options {
        output: common.output.clone(),
        resume: args.resume,
        threads: common.threads(),
        remedies: args.remedies,
        identity: format!("{:?} {}", grounds.register, args.remedies),
    };
    let bar = common.progress(source.total_bytes());
    let summary = batch::run(source, &checker, &context, &options, &mut |event| match event {
        batch::Event::Progress { plans, bytes } => {
            bar.set_position(bytes);
            bar.set_message(say(common.lang, "batch.plans", &[("n", &plans.to_string())]));
        }
        batch::Event::Resumed { plans } => {
            common.tell(say(common.lang, "batch.resumed", &[("n", &plans.to_string())]));
        }
        batch::Event::Overwritten { path } => {
            common.tell(say(common.lang, "batch.overwritten", &[("path", &path)]));
        }
    });
    bar.finish_and_clear();
    let summary = summary?;
    common.tell(summary.text(common.lang).trim_end());
    if let Some(path) = &args.summary {
        io::output::write(Some(path), &summary.json(&context))?;
    }
    Ok(if summary.all_conform() { Outcome::Done } else { Outcome::NotConform })
}
