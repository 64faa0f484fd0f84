//! `landmeter inspect`: is the boundary file sound?

use super::Outcome;
use super::args::{Common, TerritoryArgs};
use crate::io;
use crate::report::{self, Inspection};

/// Is the boundary file sound? Overlaps, gaps, slivers, broken rings, each with its place and size
#[derive(Debug, clap::Args)]
#[command(after_help = "The exit code is 0 when the file was examined, whatever was found in it.

Examples:
  landmeter inspect --territory municipalities.geojson
  landmeter inspect --territory Refgem.zip --id NISCODE --format json
  landmeter inspect --territory municipalities.geojson --format geojson -o problems.geojson
  landmeter inspect --territory drawn.geojson --crs EPSG:31370 --tolerance 0.5")]
pub(super) struct Args {
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
    /// One row a problem
    Csv,
    /// The places of the problems, to draw over the boundaries
    Geojson,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let loaded = io::territory::load(&args.territory.options())?;
    let territory = &loaded.territory;
    let name_of = |code: &str| territory.position(code).map(|i| territory.municipalities()[i].name.as_str());
    let not_measured = || (String::new(), territory.shapes().map_or_else(String::new, |s| s.crs.clone()));
    let (crs, plane) = loaded.measured.as_ref().map_or_else(not_measured, |m| (m.crs.clone(), m.plane.clone()));
    let notes: Vec<String> = loaded.notes.iter().map(|n| report::note(common.lang, n)).collect();
    let inspection = Inspection {
        name: territory.name(),
        municipalities: territory.len(),
        crs: &crs,
        plane: &plane,
        problems: &loaded.problems,
        voids: loaded.measured.as_ref().map_or(&[], |m| &m.voids),
        near: loaded.measured.as_ref().map_or(&[], |m| &m.near),
        notes: &notes,
        name_of: &name_of,
        lang: common.lang,
    };
    common.write(&match args.format {
        Format::Text => report::inspect_text(&inspection, common.colour(), common.width()).into_bytes(),
        Format::Json => report::inspect_json(&inspection),
        Format::Csv => report::inspect_csv(&inspection),
        Format::Geojson => report::inspect_geojson(&inspection),
    })?;
    Ok(Outcome::Done)
}
