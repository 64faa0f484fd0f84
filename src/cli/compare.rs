//! `landmeter compare`: what moves between plans, and which are alternatives of one another.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::Outcome;
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use crate::io::embedded;
use crate::plan::Plan;
use crate::plan::compare::{Comparison, DistanceMatrix, Groups, Measure, Partition, Weigh};
use crate::report::{self, Compared, Many, Pair};
use crate::rules::{Checker, Finding, Register};
use crate::territory::{InputDigest, Territory};

/// Plans up to which what moves between each two is listed unasked.
const MOST_LISTED: usize = 12;

/// What moves between plans: in one sentence, as a list and as a map; how far plans lie apart, and which are alternatives of one another
#[derive(Debug, clap::Args)]
#[command(
    after_help = "One plan is compared with the official plan of the territory, two with each other, more each with each. Areas are first matched
one to one so that they have as much in common as may be (--weigh), so that another name is no move. Plans of another date
are carried through the mergers to the territory's date.

Distances, of all municipalities (those without an area count as a class of their own): hamming (municipalities that differ
after the matching with the fewest), rand (Rand 1971), adjusted_rand (Hubert and Arabie 1985), variation_of_information
(Meila 2007, in nats), normalized_mutual_information (by the arithmetic mean, as scikit-learn). In the matrix the last and
the two of Rand are taken from 1. Groups: average linkage, in as many groups as have the largest mean silhouette.

For more than 12 plans what moves between each two is left out (--lists gives it); at most 2000 plans.

Exit codes: 0 done; 2 the work could not be done.

Examples:
  landmeter compare draft.csv                                  against the official plan
  landmeter compare official-2022 draft.csv --lang nl
  landmeter compare old.csv new.csv --format svg -o change.svg
  landmeter compare old.csv new.csv --weigh population_2020 --format csv -o moves.csv
  landmeter compare plans.jsonl --matrix hamming --format csv -o distances.csv
  landmeter compare drafts/ --baseline official-2022           each draft against one plan"
)]
pub(super) struct Args {
    /// Plans: files, folders, or names of embedded plans
    #[arg(value_name = "PLAN", required = true)]
    plans: Vec<PathBuf>,
    /// Match the areas by this attribute (homes, people; `municipalities` for 1 each); default: social rental homes, where every municipality has a figure, else municipalities
    #[arg(long, value_name = "ATTRIBUTE")]
    weigh: Option<String>,
    /// Compare each plan with this one only: a file or the name of an embedded plan
    #[arg(long, value_name = "PLAN")]
    baseline: Option<PathBuf>,
    /// Distance of more than two plans
    #[arg(long, value_name = "DISTANCE", default_value = Measure::default().name(), value_parser = measure())]
    matrix: Measure,
    /// List what moves between each two, however many plans there are
    #[arg(long)]
    lists: bool,
    #[command(flatten)]
    columns: PlanArgs,
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
    /// What moves, a line each; of more than two plans the matrix of distances
    Csv,
    /// The map of what moves between two plans
    Svg,
}

fn measure() -> impl clap::builder::TypedValueParser<Value = Measure> {
    PossibleValuesParser::new(Measure::ALL.map(Measure::name))
        .map(|name| Measure::ALL.into_iter().find(|m| m.name() == name).unwrap_or_default())
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let grounds = Grounds::load(&args.territory, &RuleArgs::default(), false, common)?;
    let territory = &grounds.territory;
    let weigh = match &args.weigh {
        Some(name) => Weigh::attribute(territory, name)?,
        None => Weigh::usual(territory),
    };
    let mut found = grounds.plans(&args.plans, &args.columns)?;
    let baseline = match &args.baseline {
        Some(path) => Some(one(&grounds, path, &args.columns)?),
        None if found.len() == 1 => Some(grounds.plans(&[], &args.columns)?.remove(0)),
        None => None,
    };
    let against_first = baseline.is_some();
    found.splice(0..0, baseline);
    let mut inputs: Vec<InputDigest> = territory.inputs().to_vec();
    let mut plans: Vec<Plan> = Vec::with_capacity(found.len());
    for (plan, digests) in found {
        digests.into_iter().for_each(|d| {
            if !inputs.contains(&d) {
                inputs.push(d)
            }
        });
        plans.push(plan);
    }
    let names = distinct(&plans);
    let n = plans.len();
    let listed = args.lists || against_first || n <= MOST_LISTED;
    let pairs: Vec<(usize, usize)> = match (listed, against_first) {
        (false, _) => Vec::new(),
        (true, true) => (1..n).map(|j| (0, j)).collect(),
        (true, false) => (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).collect(),
    };
    let many = (n > 2 && !against_first).then(|| many(&plans, args.matrix)).transpose()?;
    let compare = |(a, b): (usize, usize)| Pair { a, b, comparison: Comparison::new(&plans[a], &plans[b], &weigh) };
    let pairs: Vec<Pair> = pairs.into_par_iter().map(compare).collect();
    let findings = findings(territory, &plans)?;
    let compared = Compared {
        territory,
        plans: &plans,
        names: &names,
        findings: &findings,
        weigh: &weigh,
        pairs: &pairs,
        left_out: (!listed).then_some(MOST_LISTED),
        many: many.as_ref(),
        inputs: &inputs,
        lang: common.lang,
    };
    match args.format {
        Format::Text => {
            common.write_text(&report::compare_text(&compared, args.lists, common.colour(), common.width()))?;
        }
        Format::Json => common.write_json(&report::compare_json(&compared))?,
        Format::Csv => match compared.many.filter(|_| !args.lists) {
            Some(many) => common.write_text(&report::matrix_csv(&compared, many))?,
            None => common.write_text(&report::compare_csv(&compared))?,
        },
        Format::Svg => {
            let [pair] = compared.pairs else {
                anyhow::bail!("a change map shows two plans, and {n} were given; name two");
            };
            common.write_text(&report::change_svg(&compared, pair)?)?;
        }
    }
    Ok(Outcome::Done)
}

/// The one plan that each is compared with.
fn one(grounds: &Grounds, path: &Path, columns: &PlanArgs) -> anyhow::Result<(Plan, Vec<InputDigest>)> {
    let mut plans = grounds.plans(&[path.to_owned()], columns)?;
    anyhow::ensure!(plans.len() == 1, "--baseline takes one plan, and {} holds {}", path.display(), plans.len());
    Ok(plans.remove(0))
}

fn many(plans: &[Plan], measure: Measure) -> anyhow::Result<Many> {
    let partitions: Vec<Partition> = plans.par_iter().map(|plan| Partition::new(&plan.of)).collect();
    let matrix = DistanceMatrix::new(&partitions, measure)?;
    let all: Vec<usize> = (0..plans.len()).collect();
    Ok(Many { measure, medoid: matrix.medoid(&all), groups: Groups::new(&matrix), matrix })
}

/// A name for each plan: its own, with a number after it where another has it already.
fn distinct(plans: &[Plan]) -> Vec<String> {
    let mut taken: FxHashSet<String> = FxHashSet::default();
    let mut names = Vec::with_capacity(plans.len());
    for plan in plans {
        let mut name = plan.name.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{} ({number})", plan.name);
            number += 1;
        }
        names.push(name);
    }
    names
}

/// What is irregular in each plan, carried codes apart: they are counted.
fn findings(territory: &Territory, plans: &[Plan]) -> anyhow::Result<Vec<Vec<Finding>>> {
    const TOLD: &[&str] = &["R102", "R104", "R105", "R106", "R110"];
    let rulebook = embedded::rulebook("general")?;
    let register = Register::default();
    let checker = Checker::new(territory, &rulebook, &register)?;
    let of_plan = |plan: &Plan| {
        if plan.irregularities.is_empty() {
            return Vec::new();
        }
        checker.check(plan).findings.into_iter().filter(|f| TOLD.contains(&f.code)).collect()
    };
    Ok(plans.par_iter().map(of_plan).collect())
}
