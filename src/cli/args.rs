//! The options that several commands share, and how their values are read.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::io;
use crate::io::boundaries::BoundaryOptions;
use crate::io::plans::PlanOptions;
use crate::io::territory::TerritoryOptions;
use crate::territory::adjacency::Contiguity;
use crate::territory::plane::Crs;
use crate::words::Lang;

/// Options of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Common {
    /// Write the result to FILE, whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE", global = true)]
    pub(super) output: Option<PathBuf>,
    /// Number of threads; the result is the same for any
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Language of the sentences
    #[arg(long, value_name = "LANG", global = true, default_value = "en", value_parser = lang())]
    pub(super) lang: Lang,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Colour in text: on a terminal and without NO_COLOR, always, or never
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value = "auto")]
    color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Common {
    /// Sets the number of threads for the whole process.
    pub(super) fn start_threads(&self) -> anyhow::Result<()> {
        if let Some(n) = self.threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(usize::from(n))
                .build_global()
                .with_context(|| format!("can't start {n} threads"))?;
        }
        Ok(())
    }

    /// The number of threads that the user asks for; 0: one a processor.
    pub(super) fn threads(&self) -> usize {
        self.threads.map_or(0, usize::from)
    }

    /// A progress bar over bytes on standard error; hidden where that is no terminal, or the user wants quiet.
    pub(super) fn progress(&self, bytes: u64) -> indicatif::ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return indicatif::ProgressBar::hidden();
        }
        let style = indicatif::ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta}");
        let bar = indicatif::ProgressBar::new(bytes);
        style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
    }

    /// Whether the text that goes out may be coloured.
    pub(super) fn colour(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                self.output.is_none()
                    && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
                    && std::io::stdout().is_terminal()
            }
        }
    }

    /// Columns that text may take: those of the terminal where its shell says so, else a fixed number, so that what
    /// goes to a file does not depend on a window.
    pub(super) fn width(&self) -> usize {
        const WIDTH: usize = 100;
        if self.output.is_some() || !std::io::stdout().is_terminal() {
            return WIDTH;
        }
        let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).unwrap_or(WIDTH);
        columns.clamp(60, 160)
    }

    /// Tells something on standard error, unless the user wants quiet.
    pub(super) fn tell(&self, message: impl std::fmt::Display) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "landmeter: {message}");
        }
    }

    /// Writes a result as it is.
    pub(super) fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(io::output::write(self.output.as_deref(), bytes)?)
    }

    /// Writes a text result; it ends with one line break.
    pub(super) fn write_text(&self, text: &str) -> anyhow::Result<()> {
        let mut text = text.trim_end_matches('\n').to_owned();
        text.push('\n');
        self.write(text.as_bytes())
    }

    /// Writes a JSON result, indented.
    pub(super) fn write_json(&self, value: &serde_json::Value) -> anyhow::Result<()> {
        self.write_text(&serde_json::to_string_pretty(value)?)
    }
}

/// Text for people or JSON for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For scripts
    Json,
}

/// Where the territory comes from.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Territory")]
pub(super) struct TerritoryArgs {
    /// An embedded territory's name (see `landmeter data list`), a folder with territory.toml, a boundary file or a graph
    #[arg(long, value_name = "T")]
    pub(super) territory: Option<String>,
    /// Property of the boundary file (or key of the graph's nodes) with the code
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Property of the boundary file with the name
    #[arg(long, value_name = "COLUMN")]
    name: Option<String>,
    /// Coordinate system, where the file says none or says it wrong: EPSG:31370
    #[arg(long, value_name = "EPSG", value_parser = crs)]
    crs: Option<Crs>,
    /// Join columns by code from a table (may be repeated)
    #[arg(long, value_name = "FILE.csv")]
    attributes: Vec<PathBuf>,
    /// Add a division (regions, zones) from a table with a code and an area (may be repeated)
    #[arg(long = "layer", value_name = "NAME=FILE.csv[:COLUMN]")]
    layers: Vec<String>,
    /// Add or remove links by hand, with a reason: a,b,add|remove,reason
    #[arg(long, value_name = "FILE.csv")]
    declare: Option<PathBuf>,
    /// How far apart borders may lie and still count as shared; 0 is only what the file makes exact
    #[arg(long, value_name = "METRES", default_value = "0", value_parser = metres, allow_negative_numbers = true)]
    pub(super) tolerance: f64,
}

impl TerritoryArgs {
    /// The same without the layers of these names, and those layers: name, file, column.
    pub(super) fn without_layers(&self, names: &[&str]) -> (Self, Vec<(String, PathBuf, Option<String>)>) {
        let mut rest = self.clone();
        rest.layers.clear();
        let mut taken = Vec::new();
        for layer in &self.layers {
            match layer.split_once('=').filter(|(name, file)| names.contains(name) && !file.is_empty()) {
                Some((name, file)) => {
                    let (file, column) = io::tables::layer_file(file);
                    taken.push((name.to_owned(), PathBuf::from(file), column.map(str::to_owned)));
                }
                None => rest.layers.push(layer.clone()),
            }
        }
        (rest, taken)
    }

    /// As the reader of territories wants them.
    pub(super) fn options(&self) -> TerritoryOptions {
        TerritoryOptions {
            territory: self.territory.clone(),
            boundary: BoundaryOptions { id: self.id.clone(), name: self.name.clone(), crs: self.crs.clone() },
            attributes: self.attributes.clone(),
            layers: self.layers.clone(),
            declare: self.declare.clone(),
            tolerance_m: self.tolerance,
        }
    }
}

/// Which links count.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Contiguity")]
pub(super) struct ContiguityArgs {
    /// rook: a shared line of positive length; queen: a point is enough. Overrules the rulebook
    #[arg(long, value_name = "KIND", value_enum)]
    contiguity: Option<ContiguityKind>,
    /// Least length of a border that counts. Overrules the rulebook
    #[arg(long, value_name = "METRES", value_parser = metres, allow_negative_numbers = true)]
    min_border: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ContiguityKind {
    Rook,
    Queen,
}

impl ContiguityArgs {
    /// The contiguity to use, and whether it differs from what it would have been.
    pub(super) fn over(&self, default: Contiguity) -> (Contiguity, bool) {
        let chosen = Contiguity {
            min_border_m: self.min_border.unwrap_or(default.min_border_m),
            points: self.contiguity.map_or(default.points, |kind| kind == ContiguityKind::Queen),
        };
        (chosen, chosen != default)
    }
}

/// Under which rules a plan is judged.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct RuleArgs {
    /// An embedded rulebook's name or a TOML file; default: the rulebook of the territory
    #[arg(long, value_name = "R")]
    pub(super) rules: Option<String>,
    /// An embedded register's name or a file with granted derogations; `none` for none
    #[arg(long, value_name = "REGISTER")]
    pub(super) derogations: Option<String>,
    /// Day on which the derogations must hold; without it, all of them are taken to hold
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub(super) as_of: Option<String>,
    #[command(flatten)]
    pub(super) contiguity: ContiguityArgs,
}

/// How a table with a plan is read.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Plans")]
pub(super) struct PlanArgs {
    /// Column (or property) with the municipality's code
    #[arg(long, value_name = "COLUMN")]
    pub(super) code_column: Option<String>,
    /// Column (or property) with the area
    #[arg(long, value_name = "COLUMN")]
    pub(super) area_column: Option<String>,
}

impl PlanArgs {
    /// As the reader of plans wants them.
    pub(super) fn options(&self) -> PlanOptions {
        PlanOptions { code_column: self.code_column.clone(), area_column: self.area_column.clone() }
    }
}

fn lang() -> impl clap::builder::TypedValueParser<Value = Lang> {
    PossibleValuesParser::new(["nl", "en"]).map(|name| if name == "nl" { Lang::Nl } else { Lang::En })
}

fn metres(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("expected a length in metres, 0 or more, such as 0.5".to_owned()),
    }
}

fn crs(text: &str) -> Result<Crs, String> {
    let number = text.strip_prefix("EPSG:").or_else(|| text.strip_prefix("epsg:")).unwrap_or(text);
    number.parse().map(Crs::Epsg).map_err(|_| "expected an EPSG code such as EPSG:31370 or EPSG:4326".to_owned())
}

fn date(text: &str) -> Result<String, String> {
    let expected = || "expected a date as YYYY-MM-DD, such as 2022-02-04".to_owned();
    if crate::territory::history::is_date(text) { Ok(text.to_owned()) } else { Err(expected()) }
}

/// Is this a folder? (`-o FOLDER` puts a file in it under its own name.)
pub(super) fn inside(output: Option<&Path>, file_name: &str) -> Option<PathBuf> {
    output.map(|path| if path.is_dir() { path.join(file_name) } else { path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_exist() {
        for good in ["2022-02-04", "2024-02-29", "2000-02-29", "2021-12-31"] {
            assert_eq!(date(good).as_deref(), Ok(good));
        }
        for bad in ["2023-02-29", "1900-02-29", "2022-2-4", "2022-13-01", "2022-00-10", "2022-04-31", "20220204", ""] {
            assert!(date(bad).is_err(), "{bad} was taken for a date");
        }
    }

    #[test]
    fn lengths_are_finite_and_not_negative() {
        assert_eq!(metres("0.5"), Ok(0.5));
        for bad in ["-1", "nan", "inf", "1 m", ""] {
            assert!(metres(bad).is_err(), "{bad} was taken for a length");
        }
    }

    #[test]
    fn coordinate_systems_by_number() {
        assert_eq!(crs("EPSG:31370"), Ok(Crs::Epsg(31370)));
        assert_eq!(crs("4326"), Ok(Crs::Epsg(4326)));
        assert!(crs("EPSG:999999").is_err() && crs("Lambert").is_err());
    }
}
