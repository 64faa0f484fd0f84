//! `landmeter consult`: proposals, opinions, actors and councils of one consultation, side by side.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::Outcome;
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use crate::consultation::{Assessor, Consultation, Rests, Together, stances, union};
use crate::io;
use crate::io::embedded::{self, EmbeddedKind};
use crate::plan::Plan;
use crate::report::{self, Chosen, Consulted, Context, Letters, Union};
use crate::rules::{CheckError, Status};
use crate::space::Narrowing;
use crate::words::say;

/// Most sets of compatible proposals that are judged as one map.
const MOST_JUDGED: usize = 100;

/// Proposals, opinions, actors and councils of one consultation: each proposal's verdict, what overlaps, who is overruled, what changes hands
#[derive(Debug, clap::Args)]
#[command(after_help = "FOLDER holds
  plans/          a plan for each proposal, of all or some municipalities; its name is the proposal's
  proposals.csv   proposal, submitter, date (YYYY-MM-DD), councils (separated by ;), motivation
  actors.csv      actor, kind, nis, homes (empty: not known): who is active where
  opinions.csv    nis, view (first, acceptable, refused), actor (empty: the municipality itself), and either proposal, or with
                  (codes separated by ;)
  councils.csv    council, nis: for which municipalities each council speaks
The last two may be absent. A row that can't be understood is told with its file and line and left out; the rest goes on.

A proposal is late after the deadline of the rulebook; unsupported where no council that supports it speaks for a municipality of it.
It is judged by the areas that it has. The actors and opinions of the folder stand in the place of those of the territory; rules about
all areas together (their number, their balance) are put to no proposal. The successor of an area is the actor that the plan names as
its company, else the one with the most homes there.

Proposals that can stand together are also judged as one map. With --rest the plans that are left are counted in the exact space,
region by region: what a proposal covers stands as it is, and 0 says that it makes any lawful plan of the rest impossible, and why.

--letters FOLDER writes a page for each proposal and an overview, as Markdown and as HTML that needs nothing else, with map, chart and
table (CSV) of what changes hands. --format csv is that table for all of them.

Exit codes: 0 every proposal conforms (and the chosen plan); 1 one does not, or can't be read; 2 the work could not be done.

Examples:
  landmeter consult consultation-2021                                 the example inside the program, partly invented
  landmeter consult consultation/
  landmeter consult consultation/ --lang nl --chosen north      the proposal north is decided: who is overruled, what changes hands
  landmeter consult consultation/ --rest --letters letters --lang nl  pages for letters, and what the rest could become
  landmeter consult consultation/ --format csv -o flows.csv           who gives which homes to whom
  landmeter consult consultation/ --chosen decision.csv --format json -o consultation.json")]
pub(super) struct Args {
    /// The folder of the consultation, or the name of an embedded one
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The map that is decided: a proposal of the folder, a file, or the name of an embedded plan
    #[arg(long, value_name = "PLAN")]
    chosen: Option<PathBuf>,
    /// Write a page for each proposal and an overview into FOLDER, as Markdown and HTML
    #[arg(long, value_name = "FOLDER")]
    letters: Option<PathBuf>,
    /// Count what the uncovered rest could become beside each proposal and each compatible set, and complete it
    #[arg(long)]
    rest: bool,
    /// Leave the rulebook's bounds on estimated figures out of --rest (the check only warns of them)
    #[arg(long, requires = "rest")]
    no_estimates: bool,
    /// Most memory for one region of --rest
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = super::spaces::size)]
    memory: u64,
    #[command(flatten)]
    columns: PlanArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    territory: TerritoryArgs,
    /// Text for people, JSON for scripts, or what changes hands as a table
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For scripts
    Json,
    /// What changes hands: a row for each proposal, actor and municipality
    Csv,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    // A folder goes before an embedded consultation of the same name.
    let is_name = |name: &&str| !args.folder.exists() && !name.contains(['.', '/', '\\']);
    let known = |name: &&str| embedded::names(EmbeddedKind::Consultation).any(|n| n == *name);
    let found = match args.folder.to_str().filter(is_name).filter(known) {
        Some(name) => io::consultation::read_embedded(name)?,
        None => io::consultation::read(&args.folder, &args.columns.options())?,
    };
    for note in &found.notes {
        common.tell(report::note(common.lang, note));
    }
    let consultation = Consultation::new(&grounds.territory, &found.papers);
    let assessor = Assessor::new(&grounds.territory, &grounds.rulebook, &grounds.register, &consultation);
    let assessments = assessor.assess()?;
    let together = Together::new(&consultation.proposals, grounds.territory.len());
    let union = |set: &Vec<usize>| {
        let plan = union(&consultation.proposals, set, &names(&consultation, set), grounds.territory.len());
        Ok(Union { verdict: assessor.verdict(&plan)?, plan })
    };
    let sets = together.sets.par_iter().take(MOST_JUDGED);
    let unions = sets.map(union).collect::<Result<Vec<Union>, CheckError>>()?;
    let rests = if args.rest {
        let plans: Vec<Plan> = unions.iter().map(|union| union.plan.clone()).collect();
        let narrowing = Narrowing { without_estimates: args.no_estimates, ..Narrowing::default() };
        Some(Rests::new(&assessor, &plans, &narrowing, args.memory)?)
    } else {
        None
    };
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
        unions: &unions,
        rests: rests.as_ref(),
        chosen: chosen.as_ref(),
        inputs: &inputs,
    };
    match args.format {
        Format::Text => common.write_text(&report::consult_text(&consulted, common.colour(), common.width()))?,
        Format::Json => common.write_text(&report::consult_json(&consulted)?)?,
        Format::Csv => {
            let proposals = consultation.proposals.iter().zip(&assessments).map(|(p, found)| (&p.plan, &found.hands));
            let chosen = chosen.iter().map(|chosen| (&chosen.plan, &chosen.hands));
            common.write(&report::flows_csv(&consulted, proposals.chain(chosen)))?;
        }
    }
    if let Some(folder) = &args.letters {
        let written = write_letters(&consulted, folder)?;
        let values = [("n", written.to_string()), ("path", folder.display().to_string())];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        common.tell(say(common.lang, "letter.written", &values));
    }
    let mut verdicts = assessments.iter().map(|a| &a.verdict).chain(chosen.as_ref().map(|c| &c.verdict));
    let unread = consultation.faults.iter().any(|f| f.code == "C113");
    let broken = unread || verdicts.any(|v| v.status == Status::NotConform);
    Ok(if broken { Outcome::NotConform } else { Outcome::Done })
}

/// The proposals of a set, as the name of their map.
fn names(consultation: &Consultation, set: &[usize]) -> String {
    set.iter().map(|&p| consultation.proposals[p].name.as_str()).collect::<Vec<_>>().join(" + ")
}

/// Writes the pages, and gives how many files they are.
fn write_letters(consulted: &Consulted<'_>, folder: &Path) -> anyhow::Result<usize> {
    io::output::folder(folder)?;
    let letters = Letters::new(consulted);
    let page = |page: usize| {
        let files = letters.files(page);
        files.iter().try_for_each(|file| io::output::write(Some(&folder.join(&file.name)), &file.bytes))?;
        Ok(files.len())
    };
    let written = (0..letters.pages()).into_par_iter().map(page).collect::<Result<Vec<usize>, io::Error>>()?;
    Ok(written.into_iter().sum())
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
