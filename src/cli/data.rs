//! `landmeter data`: what is inside the program.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::Outcome;
use super::args::{Common, Format, inside};
use crate::io;
use crate::io::embedded::{self, EmbeddedKind, Listed};
use crate::words::{Lang, say};

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
        after_help = "Without -o the file goes to the current folder under its own name; `-o FOLDER` puts it there. A consultation is a folder:
`-o FOLDER` is where its files go.

Examples:
  landmeter data export vlaanderen-2021 -o my-rules.toml
  landmeter data export consultation-2021 -o consultation"
    )]
    Export {
        /// Its name, as `landmeter data list` gives it
        name: String,
    },
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    match &args.what {
        What::List { format: Format::Text } => common.write_text(&list_text(&embedded::list()?, common.lang))?,
        What::List { format: Format::Json } => common.write_json(&serde_json::to_value(embedded::list()?)?)?,
        What::Show { name } => common.write(embedded::file(name)?)?,
        What::Export { name } if embedded::names(EmbeddedKind::Consultation).any(|n| n == name) => {
            let folder = common.output.clone().unwrap_or_else(|| PathBuf::from(name));
            anyhow::ensure!(
                !folder.exists() || folder.is_dir() && common.output.is_some(),
                "{} is already there; name another folder with -o",
                folder.display()
            );
            for (path, bytes) in embedded::consultation(name)? {
                let target = folder.join(path);
                io::output::folder(target.parent().unwrap_or(&folder))?;
                io::output::write(Some(&target), bytes)?;
            }
            let path = folder.display().to_string();
            common.tell(say(common.lang, "data.exported", &[("name", name), ("path", &path)]));
        }
        What::Export { name } => {
            let bytes = embedded::file(name)?;
            let own = own_name(name)?;
            let target = inside(common.output.as_deref(), &own).unwrap_or_else(|| PathBuf::from(&own));
            anyhow::ensure!(
                common.output.is_some() || !target.exists(),
                "{} is already there; name another file with -o",
                target.display()
            );
            io::output::write(Some(&target), bytes)?;
            let path = target.display().to_string();
            common.tell(say(common.lang, "data.exported", &[("name", name), ("path", &path)]));
        }
    }
    Ok(Outcome::Done)
}

/// The file name of an embedded file.
fn own_name(name: &str) -> anyhow::Result<String> {
    let listed = embedded::list()?;
    let path = listed.iter().find(|item| item.name == name).map_or(name, |item| item.path);
    Ok(path.rsplit('/').next().unwrap_or(path).to_owned())
}

fn list_text(items: &[Listed], lang: Lang) -> String {
    let mut text = String::new();
    let width = items.iter().map(|item| item.name.chars().count()).max().unwrap_or(0);
    let mut kind = None;
    for item in items {
        if kind != Some(item.kind) {
            let gap = if kind.is_none() { "" } else { "\n" };
            kind = Some(item.kind);
            let heading = match item.kind {
                EmbeddedKind::Territory => "data.territories",
                EmbeddedKind::Plan => "data.plans",
                EmbeddedKind::Rulebook => "data.rulebooks",
                EmbeddedKind::Register => "data.registers",
                EmbeddedKind::Consultation => "data.consultations",
                EmbeddedKind::File => "data.files",
            };
            let _ = writeln!(text, "{gap}{}", say(lang, heading, &[]));
        }
        let title = if lang == Lang::Nl { &item.title_nl } else { &item.title_en };
        let rows = if item.rows > 0 { item.rows.to_string() } else { String::new() };
        let line = format!("  {:width$}  {rows:>5}  {title}", item.name);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
