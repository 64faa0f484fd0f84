//! `landmeter data`: what is inside the program.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::Outcome;
use super::args::{Common, Format, inside};
use super::rooms::{self, Entry};
use crate::io;

/// What is inside the program: territories, plans, rulebooks, registers, files; each can be shown and taken out
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  landmeter data list
  landmeter data show vlaanderen-2021
  landmeter data export official-2022 -o plan.csv")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List everything that is inside the program
    #[command(after_help = "Example:
  landmeter data list --format json")]
    List {
        /// Text for people or JSON for scripts
        #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
        format: Format,
    },
    /// Print one of them, as it is
    #[command(after_help = "Example:
  landmeter data show vlaanderen-2021")]
    Show {
        /// Its name, as `landmeter data list` gives it
        name: String,
    },
    /// Write one of them to a file: a start for one of your own
    #[command(
        after_help = "Without -o the file goes to the current folder under its own name; `-o FOLDER` puts it there.

Example:
  landmeter data export vlaanderen-2021 -o my-rules.toml"
    )]
    Export {
        /// Its name, as `landmeter data list` gives it
        name: String,
    },
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    match &args.what {
        What::List { format: Format::Text } => common.write_text(&list_text(&rooms::list()))?,
        What::List { format: Format::Json } => common.write_json(&list_json(&rooms::list()))?,
        What::Show { name } => io::output::write(common.output.as_deref(), rooms::file(name)?.bytes)?,
        What::Export { name } => {
            let file = rooms::file(name)?;
            let target = inside(common.output.as_deref(), file.name).unwrap_or_else(|| PathBuf::from(file.name));
            anyhow::ensure!(
                common.output.is_some() || !target.exists(),
                "{} is already there; name another file with -o",
                target.display()
            );
            io::output::write(Some(&target), file.bytes)?;
            common.tell(format!("{name} is in {}", target.display()));
        }
    }
    Ok(Outcome::Done)
}

fn list_text(entries: &[Entry]) -> String {
    let mut text = String::new();
    let width = entries.iter().map(|e| e.name.chars().count()).max().unwrap_or(0);
    let mut kind = "";
    for entry in entries {
        if entry.kind != kind {
            let gap = if kind.is_empty() { "" } else { "\n" };
            kind = entry.kind;
            let _ = writeln!(text, "{gap}{kind}");
        }
        let _ = writeln!(text, "  {:width$}  {}", entry.name, entry.about);
    }
    text
}

fn list_json(entries: &[Entry]) -> serde_json::Value {
    entries.iter().map(|e| json!({ "name": e.name, "kind": e.kind, "about": e.about })).collect()
}
