//! `landmeter adjacency`: who touches whom, and the evidence.

use super::Outcome;
use super::args::{Common, ContiguityArgs, TerritoryArgs};
use super::common;
use crate::report::{self, Links};
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
    let loaded = common::load(&args.territory, common)?;
    let (contiguity, _) = args.contiguity.over(Contiguity { min_border_m: 0.0, points: false });
    let near = loaded.measured.as_ref().map(|m| &m.near[..]);
    let links = Links { territory: &loaded.territory, contiguity, near };
    common.write(&match args.format {
        Format::Text => report::adjacency_text(&links, common.lang, common.colour(), common.width()).into_bytes(),
        Format::Json => report::adjacency_json(&links),
        Format::Csv => report::adjacency_csv(&links),
        Format::Gal => report::adjacency_gal(&links)?,
        Format::Networkx => report::adjacency_networkx(&links),
    })?;
    Ok(Outcome::Done)
}
