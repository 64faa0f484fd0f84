//! The command line: one file a command, each short: read, call the library, write.
//!
//! Results go to standard output (or to `-o FILE`), what was noticed on the way to standard error. The exit code
//! is 0 when the work is done and what was judged conforms, 1 when a plan does not conform, 2 when the work could
//! not be done. Help, manual pages and completions come from the definitions here.

mod adjacency;
mod aim;
mod align;
mod args;
mod batch;
mod check;
mod common;
mod compare;
mod completions;
mod consult;
mod data;
mod ensemble;
mod inspect;
mod manual;
mod map;
mod propose;
mod repair;
mod sample;
mod score;
mod space;
mod spaces;
mod verify;

use clap::{CommandFactory as _, Parser, Subcommand};

use args::Common;

/// How a command that did its work ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and whatever was judged conforms: exit code 0.
    Done,
    /// A plan was judged and does not conform, or a certificate does not prove its claim: exit code 1.
    NotConform,
}

/// Judges delineations of working areas: municipal boundaries and a plan go in, a verdict with its reasons comes out.
#[derive(Debug, Parser)]
#[command(
    name = "landmeter",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, and conform where a plan was judged; 1 judged, and not conform; 2 the work could not be done.

Examples:
  landmeter check                              the official map, with its granted derogations
  landmeter check draft.csv --lang nl          a draft of your own, in Dutch
  landmeter inspect --territory borders.zip    is this boundary file sound?
  landmeter batch plans/ -o verdicts.jsonl     many plans, one line of JSON each"
)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Inspect(inspect::Args),
    Adjacency(adjacency::Args),
    Check(check::Args),
    Batch(batch::Args),
    Map(map::Args),
    Repair(repair::Args),
    Propose(propose::Args),
    Score(score::Args),
    Compare(compare::Args),
    Align(align::Args),
    Consult(consult::Args),
    Space(space::Args),
    Sample(sample::Args),
    Verify(verify::Args),
    Data(data::Args),
    Manual(manual::Args),
    Completions(completions::Args),
}

/// Reads the arguments of this process; a usage error ends it with exit code 2, `--help` and `--version` with 0.
#[must_use]
pub fn parse() -> Cli {
    Cli::parse()
}

/// Does what was asked.
///
/// # Errors
///
/// The work could not be done: an unreadable file, a name that does not exist, a rulebook that does not fit.
pub fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let common = &cli.common;
    common.start_threads()?;
    match cli.command {
        Command::Inspect(args) => inspect::run(&args, common),
        Command::Adjacency(args) => adjacency::run(&args, common),
        Command::Check(args) => check::run(&args, common),
        Command::Batch(args) => batch::run(&args, common),
        Command::Map(args) => map::run(&args, common),
        Command::Repair(args) => repair::run(&args, common),
        Command::Propose(args) => propose::run(&args, common),
        Command::Score(args) => score::run(&args, common),
        Command::Compare(args) => compare::run(&args, common),
        Command::Align(args) => align::run(&args, common),
        Command::Consult(args) => consult::run(&args, common),
        Command::Space(args) => space::run(&args, common),
        Command::Sample(args) => sample::run(&args, common),
        Command::Verify(args) => verify::run(&args, common),
        Command::Data(args) => data::run(&args, common),
        Command::Manual(args) => manual::run(&args, &Cli::command()),
        Command::Completions(args) => completions::run(&args, common, Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn visit(command: &clap::Command, path: &str) {
            for sub in command.get_subcommands() {
                let path = format!("{path} {}", sub.get_name());
                let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("Example") && help.contains(&path), "no example in the help of `{path}`");
                assert!(sub.get_about().is_some(), "`{path}` does not say what it does");
                visit(sub, &path);
            }
        }
        visit(&Cli::command(), "landmeter");
    }
}
