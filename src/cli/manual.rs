//! `landmeter manual`: the manual pages, from the same definitions as the help.

use std::path::{Path, PathBuf};

use super::Outcome;
use crate::io;

/// Write the manual pages, one for each command, to a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  landmeter manual ~/.local/share/man/man1")]
pub(super) struct Args {
    /// The folder; it is made where it is not there
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(super) fn run(args: &Args, definitions: &clap::Command) -> anyhow::Result<Outcome> {
    io::output::folder(&args.folder)?;
    let mut definitions = definitions.clone();
    definitions.build();
    write_page(&args.folder, &definitions)?;
    Ok(Outcome::Done)
}

fn write_page(folder: &Path, command: &clap::Command) -> anyhow::Result<()> {
    let page = clap_mangen::Man::new(command.clone());
    let mut bytes = Vec::new();
    page.render(&mut bytes)?;
    io::output::write(Some(&folder.join(page.get_filename())), &bytes)?;
    command.get_subcommands().filter(|sub| sub.get_name() != "help").try_for_each(|sub| write_page(folder, sub))
}
