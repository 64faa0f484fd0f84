//! `landmeter score`: how good is a plan?

use std::path::PathBuf;

use rayon::prelude::*;

use super::Outcome;
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use crate::consultation::votes::{self, AreaVotes, Basis};
use crate::plan::{NONE, Plan};
use crate::report::{self, Card, Scores};
use crate::score::{Metric, Note, Score, ScoreError, Scorer};
use crate::territory::InputDigest;
use crate::words::say;

/// How good is a plan? Sizes, balance, compactness, reach, cuts, moves, each with its unit and which way is better
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without PLAN the official plan of the territory is scored. Without --by, what is usual and the territory has the data for.
A score judges nothing: whether a plan is allowed is for `landmeter check`.

Metrics: areas; cut_links, cut_border_km; min_ATTR, max_ATTR, range_ATTR, cv_ATTR, deviation_ATTR; inertia_ATTR,
inertia_centroid_ATTR; perimeter_km; polsby_popper, schwartzberg, reock, convex_hull (of each area; _mean and _min of a plan);
diameter_km, diameter_links; moved_ATTR against --baseline; splits_DIVISION, entropy_DIVISION, entropy_of_DIVISION;
opinions. ATTR is a column of the territory, or municipalities (1 for each). What is missing is said and never guessed.

A metric of your own is a table in the rulebook: [[metric]] with name, unit, better (lower, higher), expression (such as
\"1000 * homes / households\") and aggregate (sum, mean, min, max, range, cv, deviation). Names in the expression are ATTR,
area_km2, perimeter_km, the compactness, reach and inertia of an area; + - * / ( ) min max abs sqrt.

With --votes, CSV lists the votes instead of the scores.

Exit codes: 0 done; 2 the work could not be done.

Examples:
  landmeter score official-2022
  landmeter score draft.csv --baseline official-2022 --lang nl
  landmeter score a.csv b.csv --by min_population_2020,polsby_popper_mean,diameter_km
  landmeter score draft.csv --by reock,convex_hull --territory Refgem.zip --per-area
  landmeter score plans/ --format csv -o scores.csv
  landmeter score official-2025 --votes 0.5                    half by social homes, half by households
  landmeter score draft.csv --rules my-rules.toml --by my_metric"
)]
pub(super) struct Args {
    /// Plans: files, folders, or names of embedded plans
    #[arg(value_name = "PLAN")]
    plans: Vec<PathBuf>,
    /// What to measure
    #[arg(long, value_name = "METRIC,...", value_delimiter = ',')]
    by: Vec<String>,
    /// The plan that moves are counted from: a file or the name of an embedded plan
    #[arg(long, value_name = "PLAN")]
    baseline: Option<PathBuf>,
    /// Show the value of each area too (JSON and CSV always have them)
    #[arg(long)]
    per_area: bool,
    /// The votes of the municipalities in each area: W for W x homes + (1 - W) x households, or one or two columns with their
    /// weights (a column of weights of your own joins with --attributes)
    #[arg(long, value_name = "W|COLUMN[:W],...")]
    votes: Option<String>,
    /// All votes of a company, of which the local boards hold at least half and one more
    #[arg(long, value_name = "N", default_value_t = 100, requires = "votes", value_parser = clap::value_parser!(u32).range(1..))]
    votes_total: u32,
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
    /// A line for each plan, metric and area; with --votes for each municipality
    Csv,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    let basis = args.votes.as_ref().map(|text| Basis::parse(text, &grounds.territory)).transpose();
    let basis = basis.map_err(|error| anyhow::anyhow!("--votes: {error}"))?;
    let plans = grounds.plans(&args.plans, &args.columns)?;
    let baseline = args.baseline.as_ref().map(|path| baseline(&grounds, path, &args.columns)).transpose()?;
    let named = |name: &str| Metric::named(name, &grounds.territory, &grounds.rulebook.metrics);
    let metrics: Vec<Metric> = if args.by.is_empty() {
        let own = grounds.rulebook.metrics.iter().map(|definition| definition.name.as_str());
        let own: Vec<Metric> = own.map(named).collect::<Result<_, _>>()?;
        Metric::usual(&grounds.territory, baseline.is_some()).into_iter().chain(own).collect()
    } else {
        let mut names: Vec<&str> = Vec::new();
        args.by.iter().map(|name| name.trim()).for_each(|name| {
            if !names.contains(&name) {
                names.push(name);
            }
        });
        names.into_iter().map(named).collect::<Result<_, _>>()?
    };
    for plan in plans.iter().chain(&baseline).map(|(plan, _)| plan).filter(|plan| !plan.irregularities.is_empty()) {
        let n = plan.irregularities.len().to_string();
        common.tell(say(common.lang, "score.irregular", &[("plan", &plan.name), ("n", &n)]));
    }
    let mut scorers = Vec::with_capacity(metrics.len());
    for metric in metrics {
        let compared = baseline.as_ref().map(|(plan, _)| plan);
        match Scorer::new(&grounds.territory, grounds.rulebook.contiguity, &metric, compared) {
            Ok(scorer) => scorers.push((metric, Ok(scorer))),
            // What nobody asked for is left out.
            Err(ScoreError::Unavailable { .. }) if args.by.is_empty() && metric.definition().is_none() => {}
            Err(ScoreError::Unavailable { note, .. }) => scorers.push((metric, Err(note))),
            Err(other) => return Err(other.into()),
        }
    }
    let against: Vec<InputDigest> = baseline.iter().flat_map(|(_, digests)| digests.clone()).collect();
    let card = |(plan, digests): &(Plan, Vec<InputDigest>)| Card {
        plan: plan.name.clone(),
        areas: plan.areas.len(),
        unassigned: plan.of.iter().filter(|area| **area == NONE).count(),
        scores: scorers.iter().map(|(_, scorer)| score(scorer, plan)).collect(),
        inputs: grounds.inputs.iter().chain(digests).chain(&against).cloned().collect(),
    };
    let cards: Vec<Card> = plans.par_iter().map(card).collect();
    let metrics: Vec<Metric> = scorers.iter().map(|(metric, _)| metric.clone()).collect();
    let scores = Scores {
        territory: &grounds.territory,
        metrics: &metrics,
        baseline: baseline.as_ref().map(|(plan, _)| plan.name.as_str()),
        cards: &cards,
        lang: common.lang,
    };
    let dealt: Vec<(String, Vec<AreaVotes>)> = match &basis {
        Some(basis) => {
            let of_plan = |(plan, _): &(Plan, _)| {
                (plan.name.clone(), votes::of_plan(&grounds.territory, plan, basis, args.votes_total))
            };
            plans.iter().map(of_plan).collect()
        }
        None => Vec::new(),
    };
    let votes = basis.as_ref().map(|basis| report::Votes {
        territory: &grounds.territory,
        basis,
        all: args.votes_total,
        plans: &dealt,
        lang: common.lang,
    });
    match (args.format, votes) {
        (Format::Csv, Some(votes)) => common.write_text(&report::votes_csv(&votes))?,
        (Format::Json, votes) => common.write_json(&report::scores_json(&scores, votes.as_ref()))?,
        (Format::Csv, None) => common.write_text(&report::scores_csv(&scores))?,
        (Format::Text, votes) => {
            let mut text = report::scores_text(&scores, args.per_area, common.colour(), common.width());
            if let Some(votes) = votes {
                text += &report::votes_text(&votes, common.colour(), common.width());
            }
            common.write_text(&text)?;
        }
    }
    Ok(Outcome::Done)
}

fn score(scorer: &Result<Scorer<'_>, Note>, plan: &Plan) -> Result<Score, Note> {
    scorer.as_ref().map(|scorer| scorer.score(plan)).map_err(Clone::clone)
}

/// The one plan that moves are counted from.
fn baseline(grounds: &Grounds, path: &PathBuf, columns: &PlanArgs) -> anyhow::Result<(Plan, Vec<InputDigest>)> {
    let mut plans = grounds.plans(std::slice::from_ref(path), columns)?;
    match (plans.pop(), plans.is_empty()) {
        (Some(plan), true) => Ok(plan),
        (_, _) => anyhow::bail!("--baseline takes one plan, and {} holds several or none", path.display()),
    }
}
