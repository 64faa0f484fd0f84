//! `landmeter inspect`: is the boundary file sound?

use super::Outcome;
use super::args::{Common, TerritoryArgs};
use super::rooms;
use crate::io;

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
    let form = match args.format {
        Format::Text => "text",
        Format::Json => "json",
        Format::Csv => "csv",
        Format::Geojson => "geojson",
    };
    common.write_text(&rooms::inspection(form, &loaded, common.lang)?)?;
    Ok(Outcome::Done)
}
