//! `landmeter consult`: proposals, opinions, actors and councils of one consultation, side by side.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::Outcome;
use super::args::{Common, Format, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use crate::consultation::{Assessment, Assessor, Consultation, Together, stances};
use crate::io;
use crate::plan::Plan;
use crate::report::{self, Chosen, Consulted, Context};
use crate::rules::Status;

/// Proposals, opinions, actors and councils of one consultation: each proposal's verdict, what overlaps, who is overruled, what changes hands
#[derive(Debug, clap::Args)]
#[command(after_help = "FOLDER holds
  plans/          a plan for each proposal, of all or some municipalities; its name is the proposal's
  proposals.csv   proposal, submitter, date (YYYY-MM-DD), councils (separated by ;), motivation
  actors.csv      actor, kind, nis, homes: who is active where
  opinions.csv    nis, view (first, acceptable, refused), actor (empty: the municipality itself), and either proposal, or with
                  (codes separated by ;)
  councils.csv    council, nis: for which municipalities each council speaks
The last two may be absent. A row that can't be understood is told with its file and line and left out; the rest goes on.

A proposal is late after the deadline of the rulebook; unsupported where no council that supports it speaks for a municipality of it.
It is judged by the areas that it has. The actors and opinions of the folder stand in the place of those of the territory; rules about
all areas together (their number, their balance) are put to no proposal. The successor of an area is the actor that the plan names as
its company, else the one with the most homes there.

Exit codes: 0 every proposal conforms (and the chosen plan); 1 one does not, or can't be read; 2 the work could not be done.

Examples:
  landmeter consult consultation/
  landmeter consult consultation/ --lang nl --chosen north      the proposal north is decided: who is overruled, what changes hands
  landmeter consult consultation/ --chosen decision.csv --format json -o consultation.json")]
pub(super) struct Args {
    /// The folder of the consultation
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The map that is decided: a proposal of the folder, a file, or the name of an embedded plan
    #[arg(long, value_name = "PLAN")]
    chosen: Option<PathBuf>,
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
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    let found = io::consultation::read(&args.folder, &args.columns.options())?;
    for note in &found.notes {
        common.tell(report::note(common.lang, note));
    }
    let consultation = Consultation::new(&grounds.territory, &found.papers);
    let assessor = Assessor::new(&grounds.territory, &grounds.rulebook, &grounds.register, &consultation);
    let assess = |i: usize| assessor.assess(i);
    let assessments =
        (0..consultation.proposals.len()).into_par_iter().map(assess).collect::<Result<Vec<Assessment>, _>>()?;
    let together = Together::new(&consultation.proposals, grounds.territory.len());
    let mut inputs = grounds.inputs.clone();
    inputs.extend(found.inputs);
    let chosen = match &args.chosen {
        Some(path) => {
            let (plan, digests) = decided(&grounds, path, &consultation, &args.columns)?;
            inputs.extend(digests);
            Some(Chosen {
                verdict: assessor.verdict(&plan)?,
                hands: assessor.hands(&plan),
                stances: stances(&consultation, &plan),
                plan,
            })
        }
        None => None,
    };
    let (territory, rulebook) = assessor.grounds();
    let consulted = Consulted {
        context: Context { territory, rulebook, inputs: &inputs, lang: common.lang },
        consultation: &consultation,
        assessments: &assessments,
        together: &together,
        chosen: chosen.as_ref(),
        inputs: &inputs,
    };
    match args.format {
        Format::Text => common.write_text(&report::consult_text(&consulted, common.colour(), common.width()))?,
        Format::Json => common.write_json(&report::consult_json(&consulted))?,
    }
    let mut verdicts = assessments.iter().map(|a| &a.verdict).chain(chosen.as_ref().map(|c| &c.verdict));
    let unread = consultation.faults.iter().any(|f| f.code == "C113");
    let broken = unread || verdicts.any(|v| v.status == Status::NotConform);
    Ok(if broken { Outcome::NotConform } else { Outcome::Done })
}

/// The plan that is decided, with the digests of its file; a proposal of the folder goes before a plan of the same name.
fn decided(
    grounds: &Grounds,
    path: &Path,
    consultation: &Consultation,
    columns: &PlanArgs,
) -> anyhow::Result<(Plan, Vec<crate::territory::InputDigest>)> {
    if let Some(proposal) = consultation.proposals.iter().find(|p| path.to_str() == Some(&p.name)) {
        return Ok((proposal.plan.clone(), Vec::new()));
    }
    let mut plans = grounds.plans(&[path.to_owned()], columns)?;
    anyhow::ensure!(plans.len() == 1, "--chosen takes one plan, and {} holds {}", path.display(), plans.len());
    Ok(plans.remove(0))
}
