//! `landmeter align`: does one division nest in another, who is split, and what is the least that mends it?

use std::path::{Path, PathBuf};

use super::Outcome;
use super::args::{Common, ContiguityArgs, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use crate::io::embedded::{self, EmbeddedKind};
use crate::io::{overview, plans};
use crate::plan::align::{Alignment, Membership, Side};
use crate::plan::{Plan, nearest};
use crate::report::{self, Aligned};
use crate::rules::{Checker, Finding, Register};
use crate::territory::InputDigest;

/// Hold two divisions against each other: does each area of A lie in one area of B, who is split, and the fewest moves that mend it, proved
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A and B are each a file with a code and an area on each line, a division of the territory (region_2022, police_zone, ..., or one
that --layer adds), `mayors_councils` (what is publicly known of the mayors' councils; incomplete), or an embedded plan. A
municipality that stands in two areas, or in none, is a finding, not an error; without an area in B it is not judged.

The smallest realignment changes A (--change b: B). No area is made unless some area of B would be home to none of A's
(--new-areas allows more, where that saves moves); an area may be left empty. Whether the areas are still in one piece is
said, not asked for. For scripts the overview of A's areas is always there; what is not given is null.

Exit codes: 0 done, nested or not; 2 the work could not be done.

Examples:
  landmeter align mayors_councils region_2022 --lang nl
  landmeter align official-2022 region_2022
  landmeter align region_2022 police_zone --change b --format json
  landmeter align councils.csv region_2022 --overview meetings.csv --format csv -o overview.csv
  landmeter align care region_2022 --layer care=zones.csv:care_zone"
)]
pub(super) struct Args {
    /// The division whose areas should each lie in one area of B
    #[arg(value_name = "A")]
    a: String,
    /// The division that A should nest in
    #[arg(value_name = "B")]
    b: String,
    /// Which division the smallest realignment changes
    #[arg(long, value_name = "WHICH", value_enum, default_value = "a")]
    change: Change,
    /// Let the smallest realignment make new areas where that saves moves
    #[arg(long)]
    new_areas: bool,
    /// What is known of A's areas: council (or area), meetings_per_year, secretariat, reports, feedback
    #[arg(long, value_name = "FILE.csv")]
    overview: Option<PathBuf>,
    #[command(flatten)]
    columns: PlanArgs,
    #[command(flatten)]
    contiguity: ContiguityArgs,
    #[command(flatten)]
    territory: TerritoryArgs,
    /// Form of the result
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Change {
    /// The first
    A,
    /// The second
    B,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For scripts
    Json,
    /// A line for each part of an area that is split; with --overview, a line for each area
    Csv,
}

/// A division as it was found.
struct Found {
    membership: Membership,
    findings: Vec<Finding>,
    inputs: Vec<InputDigest>,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    // A layer that is held against another is read as a plan: there a municipality may stand twice.
    let (territory_args, layers) = args.territory.without_layers(&[&args.a, &args.b]);
    let grounds = Grounds::load(&territory_args, &RuleArgs::default(), false, common)?;
    let territory = &grounds.territory;
    let [a, b] = [&args.a, &args.b].map(|name| -> anyhow::Result<Found> {
        if let Some((_, path, column)) = layers.iter().find(|(layer, ..)| layer == name) {
            let columns = PlanArgs { area_column: column.clone(), ..args.columns.clone() };
            let mut found = file(&grounds, path, &columns)?;
            found.membership.name.clone_from(name);
            return Ok(found);
        }
        named(&grounds, name, &args.columns)
    });
    let (a, b) = (a?, b?);
    let side = if args.change == Change::A { Side::A } else { Side::B };
    let alignment = Alignment::new(territory, &a.membership, &b.membership, side, args.new_areas);
    let (contiguity, _) = args.contiguity.over(grounds.rulebook.contiguity);
    let graph = territory.adjacency().graph(contiguity);
    let before = if side == Side::A { &a.membership } else { &b.membership };
    let pieces = |division: &Membership| -> Vec<String> {
        division.not_contiguous(&graph).into_iter().map(|x| division.areas[x as usize].clone()).collect()
    };
    let (apart_before, apart_after) = (pieces(before), pieces(&alignment.realignment.division));
    let mut inputs: Vec<InputDigest> = territory.inputs().to_vec();
    inputs.extend(a.inputs.into_iter().chain(b.inputs));
    let known = match &args.overview {
        Some(path) => {
            let (rows, digest) = overview::read_overview(path)?;
            inputs.push(digest);
            Some(rows)
        }
        None => None,
    };
    let findings: Vec<Finding> = a.findings.into_iter().chain(b.findings).collect();
    let aligned = Aligned {
        territory,
        a: &a.membership,
        b: &b.membership,
        alignment: &alignment,
        not_contiguous: [&apart_before, &apart_after],
        findings: &findings,
        overview: known.as_deref(),
        inputs: &inputs,
        lang: common.lang,
    };
    match args.format {
        Format::Text => common.write_text(&report::align_text(&aligned, common.colour(), common.width()))?,
        Format::Json => common.write_json(&report::align_json(&aligned))?,
        Format::Csv => common.write_text(&report::align_csv(&aligned))?,
    }
    Ok(Outcome::Done)
}

/// A division by its file or its name.
fn named(grounds: &Grounds, name: &str, columns: &PlanArgs) -> anyhow::Result<Found> {
    const COUNCILS: &str = "mayors_councils";
    let territory = &grounds.territory;
    let path = Path::new(name);
    if path.exists() || name.contains(['.', '/', '\\']) {
        return file(grounds, path, columns);
    }
    if let Some(division) = territory.division(name) {
        let membership = Membership::from_division(division);
        return Ok(Found { membership, findings: Vec::new(), inputs: Vec::new() });
    }
    if name == COUNCILS {
        let (submission, digest) = embedded::mayors_councils()?;
        return of_plan(grounds, &submission.resolve(territory), vec![digest]);
    }
    if embedded::names(EmbeddedKind::Plan).any(|known| known == name) {
        let plan = embedded::official(name)?.resolve(territory);
        return of_plan(grounds, &plan, vec![embedded::digest(name, EmbeddedKind::Plan)?]);
    }
    let mut known: Vec<&str> = territory.divisions().iter().map(|d| d.name.as_str()).collect();
    known.push(COUNCILS);
    embedded::names(EmbeddedKind::Plan).for_each(|plan| known.push(plan));
    let near = nearest::nearest(name, known.iter().copied());
    let near = near.map_or_else(String::new, |n| format!("; did you mean {n}?"));
    anyhow::bail!("{name} is neither a file nor a division of the territory; there are: {}{near}", known.join(", "))
}

fn file(grounds: &Grounds, path: &Path, columns: &PlanArgs) -> anyhow::Result<Found> {
    let (submissions, digests) = plans::read_with_digests(path, &columns.options())?;
    let [submission] = &submissions[..] else {
        anyhow::bail!("one division is expected, and {} holds {}", path.display(), submissions.len());
    };
    of_plan(grounds, &submission.resolve(&grounds.territory), digests)
}

/// What is irregular in the rows, two areas apart: that is told as what it is here.
fn of_plan(grounds: &Grounds, plan: &Plan, inputs: Vec<InputDigest>) -> anyhow::Result<Found> {
    const TOLD: &[&str] = &["R102", "R110"];
    let mut findings = Vec::new();
    if !plan.irregularities.is_empty() {
        let (rulebook, register) = (embedded::rulebook("general")?, Register::default());
        let checker = Checker::new(&grounds.territory, &rulebook, &register)?;
        findings = checker.check(plan).findings;
        findings.retain(|f| TOLD.contains(&f.code));
    }
    Ok(Found { membership: Membership::from_plan(plan, &grounds.territory), findings, inputs })
}
