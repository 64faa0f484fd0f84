//! `landmeter adjacency`: who touches whom, and the evidence.

use super::Outcome;
use super::args::{Common, ContiguityArgs, TerritoryArgs};
use super::{common, rooms};
use crate::territory::adjacency::Contiguity;

/// Who touches whom, with the metres of common border of each pair
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Components and islands are counted over the links that --contiguity and --min-border let count; \
every link is listed.

Examples:
  landmeter adjacency
  landmeter adjacency --territory municipalities.geojson --format csv -o borders.csv
  landmeter adjacency --territory Refgem.shp --contiguity queen --format gal
  landmeter adjacency --format networkx -o dual-graph.json"
)]
pub(super) struct Args {
    #[command(flatten)]
    territory: TerritoryArgs,
    #[command(flatten)]
    contiguity: ContiguityArgs,
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
    /// One row a link
    Csv,
    /// Neighbour lists as GeoDa and PySAL read them
    Gal,
    /// Adjacency JSON as NetworkX and GerryChain read it
    Networkx,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let territory = common::territory(&args.territory, common)?;
    let (contiguity, _) = args.contiguity.over(Contiguity::default());
    let form = match args.format {
        Format::Text => "text",
        Format::Json => "json",
        Format::Csv => "csv",
        Format::Gal => "gal",
        Format::Networkx => "networkx",
    };
    common.write_text(&rooms::adjacency(form, &territory, contiguity, common.lang)?)?;
    Ok(Outcome::Done)
}
