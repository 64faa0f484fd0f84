//! `landmeter completions`: what a shell needs to complete commands and options.

use super::Outcome;
use super::args::Common;
use crate::io;

/// Write the completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  landmeter completions bash > ~/.local/share/bash-completion/completions/landmeter
  landmeter completions zsh -o _landmeter")]
pub(super) struct Args {
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, common: &Common, mut definitions: clap::Command) -> anyhow::Result<Outcome> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut definitions, "landmeter", &mut bytes);
    io::output::write(common.output.as_deref(), &bytes)?;
    Ok(Outcome::Done)
}
