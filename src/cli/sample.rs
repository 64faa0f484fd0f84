//! `landmeter sample`: chains of plans, as JSON lines, with what they are worth as a sample.

use std::path::PathBuf;

use serde_json::json;

use super::Outcome;
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use super::ensemble::{Ensemble, Plans};
use super::spaces::{NarrowArgs, is_interrupted};
use crate::report;
use crate::score::Aggregate;
use crate::search::chain::exact::{Trial, trial};
use crate::search::chain::{ChainError, Map, Method, Random, State, Stuck, Target, Trees, start, usual_cuts};
use crate::search::diagnose::Diagnosis;
use crate::space::{Regions, Space};
use crate::territory::Territory;
use crate::words::{number, say};
use crate::{io, space};

/// Plans that `--validate` lists at most.
const LISTED: u32 = 50_000;
/// Bytes of the space from which a plan to begin with is drawn, where the number of areas is not given.
const MEMORY: u64 = 1 << 30;
/// A right method falls below this once in a hundred seeds.
const LEVEL: f64 = 0.01;
/// Streams of random numbers for what goes before the chains.
const STARTS: u64 = 1 << 41;

/// A sample of plans by chains: ReCom, reversible ReCom, or flips, with diagnostics
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every plan is connected, inside its region and within the bounds, and is judged like any other. Plain ReCom (recom) finds
many different plans, but nobody knows how likely each is; reversible-recom gives each the product of the numbers of
spanning trees of its areas, and flip exp(-cost) with the cost of --weigh (without it each plan is as likely as any other).
Without --areas and --start a plan is drawn from the exact space; the number of areas of each region stays what it is.

The plans are JSON lines, chain by chain in rounds; they are the same for any number of threads. A run that was stopped
goes on with --resume and gives the same file.

Exit codes: 0 done; 1 --validate found the method not to have its distribution; 2 the work could not be done, or a chain
could not move.

Examples:
  landmeter sample --method recom --steps 10000 --thin 100 --chains 4 --seed 1 -o plans.jsonl --diagnostics chains.json
  landmeter sample --region Limburg --areas 6 --method reversible-recom --steps 100000 --thin 1000 -o limburg.jsonl
  landmeter sample --region Limburg --areas 6 --method flip --weigh cut_links:0.5 --steps 1000000 --thin 1000 --chart limburg.svg
  landmeter sample --territory counties.json --free --areas 50 --balance population=5% --method recom --steps 100000 --thin 1000 -o us.jsonl --resume
  landmeter sample --region Midwest --areas 3 --method reversible-recom --validate"
)]
pub(super) struct Args {
    /// How a chain goes from plan to plan
    #[arg(long, value_name = "METHOD", value_enum, default_value = "recom")]
    method: MethodArg,
    /// The trees of recom: minimum spanning trees of random weights, or uniform ones
    #[arg(long, value_name = "TREES", value_enum, default_value = "minimum")]
    trees: TreesArg,
    /// Most places at which a tree may be cut, for reversible-recom; default: twice the most of some trees
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    most_cuts: Option<u32>,
    /// The cost of flip: METRIC:WEIGHT,... of cut_links, cut_border_km, and deviation_, cv_, range_, min_, max_ of what has bounds
    #[arg(long, value_name = "METRIC:W,...")]
    weigh: Option<String>,
    /// Steps of each chain
    #[arg(long, value_name = "N", default_value = "10000", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    steps: u64,
    /// Keep the plan after each N-th step
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    thin: u64,
    /// Number of chains; they run beside each other
    #[arg(long, value_name = "C", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=1024))]
    chains: u16,
    /// Seed of all random choices
    #[arg(long, value_name = "S", default_value = "0")]
    seed: u64,
    /// Begin at this plan: a file, or an embedded plan's name
    #[arg(long, value_name = "PLAN")]
    start: Option<PathBuf>,
    /// Go on with the output of a run that was stopped (needs -o)
    #[arg(long)]
    resume: bool,
    /// Write R-hat, effective sample sizes, acceptance and distinct plans to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    diagnostics: Option<PathBuf>,
    /// Draw the trace and the histogram of each metric to FILE.svg
    #[arg(long, value_name = "FILE.svg")]
    chart: Option<PathBuf>,
    /// Test the method against the exact distribution, where all plans can be listed
    #[arg(long, conflicts_with_all = ["resume", "diagnostics", "chart"])]
    validate: bool,
    #[command(flatten)]
    narrow: NarrowArgs,
    #[command(flatten)]
    columns: PlanArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    territory: TerritoryArgs,
    /// Form of --validate; plans are always JSON lines
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: super::args::Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum MethodArg {
    /// Two areas are merged and parted anew
    Recom,
    /// The same with a known distribution
    ReversibleRecom,
    /// One municipality changes areas
    Flip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TreesArg {
    /// Minimum spanning trees of random weights
    Minimum,
    /// Uniform spanning trees, by Wilson's algorithm
    Uniform,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    anyhow::ensure!(!args.resume || common.output.is_some(), "--resume goes on with a file: name it with -o FILE");
    anyhow::ensure!(
        args.weigh.is_none() || args.method == MethodArg::Flip,
        "--weigh is the cost of --method flip: give that, or leave it out"
    );
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    let (regions, _) = args.narrow.regions(&grounds)?;
    let map = Map::new(&grounds.territory, grounds.rulebook.contiguity, &regions)?;
    let starts = starts(args, common, &grounds, &regions, &map)?;
    let method = method(args, &map, &starts[0])?;
    if args.validate {
        return validate(args, common, &grounds, regions, &map, &starts[0], &method);
    }
    if args.method == MethodArg::Recom {
        common.tell(say(common.lang, "sample.recom", &[]));
    }
    let mut ensemble = Ensemble {
        plans: Plans::new(&grounds, &regions, args.narrow.region.is_some())?,
        grounds: &grounds,
        common,
        map: &map,
        method: &method,
        seed: args.seed,
        steps: args.steps,
        thin: args.thin,
        traces: Vec::new(),
        accepted: Vec::new(),
        distinct: Vec::new(),
    };
    let identity = format!(
        "{:?} {:?} {} {} {} {} {:?} {:?} {:?}",
        method,
        args.narrow.narrowing(),
        args.steps,
        args.thin,
        args.chains,
        args.seed,
        starts.iter().map(State::plan).collect::<Vec<_>>(),
        grounds.inputs,
        grounds.rulebook.contiguity
    );
    let ended = ensemble.run(starts, common.output.as_deref(), args.resume, &identity);
    let told = diagnose(args, common, &ensemble);
    if let Err(error) = ended {
        return Err(match error.downcast_ref::<ChainError>() {
            Some(ChainError::Stuck(stuck)) => anyhow::anyhow!(in_words(common, &grounds.territory, stuck)),
            _ => error,
        });
    }
    told?;
    anyhow::ensure!(!is_interrupted(), "{}", say(common.lang, "sample.interrupted", &[]));
    Ok(Outcome::Done)
}

/// A plan to begin with for each chain.
fn starts(args: &Args, common: &Common, grounds: &Grounds, regions: &Regions, map: &Map) -> anyhow::Result<Vec<State>> {
    let chains = usize::from(args.chains);
    let numbered = regions.regions.iter().all(|r| r.limits.areas.is_some_and(|(_, most)| most != u32::MAX));
    if let Some(path) = &args.start {
        let plan = grounds.one_plan(path, "--start", &args.columns)?;
        return Ok(vec![State::new(map, &plan.of)?; chains]);
    }
    if numbered {
        let made = (0..u64::from(args.chains)).map(|chain| {
            let mut random = Random::new(args.seed, STARTS + chain);
            start(map, args.seed, &mut random)
        });
        return Ok(made.collect::<Result<_, _>>()?);
    }
    let space =
        args.narrow.space(grounds, regions.clone(), args.narrow.memory.min(MEMORY), common).map_err(|error| {
            anyhow::anyhow!(
                "no plan to begin with could be drawn ({error}): give --areas K, or a plan with --start PLAN"
            )
        })?;
    let drawn = space.draw(1, args.seed);
    let ranks = drawn.first().ok_or_else(|| anyhow::anyhow!(say(common.lang, "space.none", &[])))?;
    Ok(vec![State::new(map, &space.plan("", ranks).of)?; chains])
}

fn method(args: &Args, map: &Map, first: &State) -> anyhow::Result<Method> {
    Ok(match args.method {
        MethodArg::Recom => Method::Recom(match args.trees {
            TreesArg::Minimum => Trees::Minimum,
            TreesArg::Uniform => Trees::Uniform,
        }),
        MethodArg::ReversibleRecom => Method::Reversible(args.most_cuts.unwrap_or_else(|| {
            let mut random = Random::new(args.seed, STARTS - 1);
            usual_cuts(map, first, &mut random)
        })),
        MethodArg::Flip => Method::Flip(match &args.weigh {
            Some(text) => target(text, map)?,
            None => Target::default(),
        }),
    })
}

/// The cost of flips, from the names of metrics.
fn target(text: &str, map: &Map) -> anyhow::Result<Target> {
    const OF_SUMS: [(&str, Aggregate); 5] = [
        ("deviation_", Aggregate::Deviation),
        ("cv_", Aggregate::Cv),
        ("range_", Aggregate::Range),
        ("min_", Aggregate::Min),
        ("max_", Aggregate::Max),
    ];
    let mut target = Target::default();
    for item in text.split(',').map(str::trim) {
        let (name, weight) = item.split_once(':').unwrap_or((item, "1"));
        let weight: f64 = weight.parse().ok().filter(|w: &f64| w.is_finite()).ok_or_else(|| {
            anyhow::anyhow!("--weigh: the weight of {name} is {weight}; expected a number such as 0.5")
        })?;
        match name {
            "cut_links" => target.link += weight,
            "cut_border_km" => target.border += weight,
            _ => {
                let found = OF_SUMS.iter().find_map(|&(prefix, aggregate)| {
                    let attribute = name.strip_prefix(prefix)?;
                    Some((map.figures().iter().position(|f| f.name == attribute)?, aggregate))
                });
                let bounded: Vec<&str> = map.figures().iter().map(|f| f.name.as_str()).collect();
                let (figure, aggregate) = found.ok_or_else(|| {
                    anyhow::anyhow!(
                        "--weigh: {name} can't be weighed; expected cut_links, cut_border_km, or deviation_ATTR, cv_ATTR, \
range_ATTR, min_ATTR, max_ATTR of what has bounds: {}",
                        bounded.join(", ")
                    )
                })?;
                target.sums.push((figure, aggregate, weight));
            }
        }
    }
    Ok(target)
}

/// Where a chain can't move, and what would free it.
fn in_words(common: &Common, territory: &Territory, stuck: &Stuck) -> String {
    let Stuck::Pair { region, first, second, bottleneck, attribute, parts, bounds } = stuck else {
        return say(common.lang, "sample.stuck-nothing", &[]);
    };
    let name = |v: &u32| {
        let municipality = &territory.municipalities()[*v as usize];
        format!("{} ({})", municipality.name, municipality.code)
    };
    let any = say(common.lang, "sample.any", &[]);
    let bound = |value: u64| if value == u64::MAX { any.clone() } else { value.to_string() };
    let (least, most) = stuck.would_free().unwrap_or(*bounds);
    let values = [
        ("region", region.clone()),
        ("first", name(first)),
        ("second", name(second)),
        ("bottleneck", name(bottleneck)),
        ("attribute", attribute.clone()),
        ("less", parts.0.to_string()),
        ("more", parts.1.to_string()),
        ("least", bound(bounds.0)),
        ("most", bound(bounds.1)),
        ("free_least", bound(least)),
        ("free_most", bound(most)),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
    say(common.lang, "sample.stuck", &values)
}

/// Says what the chains are worth, and writes and draws it where that is asked.
fn diagnose(args: &Args, common: &Common, ensemble: &Ensemble<'_>) -> anyhow::Result<()> {
    let lang = common.lang;
    let kept: usize = ensemble.traces.iter().map(|t| t.first().map_or(0, Vec::len)).sum();
    if kept == 0 {
        return Ok(());
    }
    let chains = ensemble.traces.len();
    let metrics = ensemble.metrics();
    let of_metric = |m: usize| ensemble.traces.iter().map(|trace| trace[m].clone()).collect::<Vec<_>>();
    let found: Vec<Diagnosis> = (0..metrics.len()).map(|m| Diagnosis::of(&of_metric(m))).collect();
    let steps = kept as u64 * args.thin;
    let accepted: u64 = ensemble.accepted.iter().sum();
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let acceptance = accepted as f64 / steps as f64;
    let distinct = ensemble.distinct_plans();

    let mut sentences = vec![say(
        lang,
        "sample.head",
        &[
            ("chains", &chains.to_string()),
            ("steps", &(steps / chains as u64).to_string()),
            ("share", &number(lang, acceptance * 100.0, 2)),
            ("distinct", &distinct.to_string()),
            ("kept", &kept.to_string()),
        ],
    )];
    let names = |wanted: &dyn Fn(&Diagnosis) -> bool| -> Vec<String> {
        metrics.iter().zip(&found).filter(|(_, d)| wanted(d)).map(|(name, _)| name.clone()).collect()
    };
    let constant = names(&|d| d.rhat.is_nan());
    let apart = names(&|d| !d.rhat.is_nan() && !d.is_good(chains));
    if !constant.is_empty() {
        sentences.push(say(lang, "sample.constant", &[("metrics", &constant.join(", "))]));
    }
    if !apart.is_empty() {
        #[expect(clippy::cast_precision_loss, reason = "a number of chains")]
        let lack = |d: &Diagnosis| 100.0 * chains as f64 / d.ess.min(d.ess_tail).max(1.0);
        let times = found.iter().filter(|d| !d.rhat.is_nan()).map(lack).fold(2.0, f64::max);
        let values = [("metrics", apart.join(", ")), ("times", number(lang, times.ceil(), 0))];
        sentences.push(say(lang, "sample.apart", &[("metrics", &values[0].1), ("times", &values[1].1)]));
    } else if constant.len() < metrics.len() {
        sentences.push(say(lang, "sample.agree", &[]));
    }
    if chains == 1 {
        sentences.push(say(lang, "sample.one-chain", &[]));
    }
    sentences.iter().for_each(|sentence| common.tell(sentence));
    let known = |value: f64| if value.is_finite() { json!(value) } else { json!(null) };
    if let Some(path) = &args.diagnostics {
        let rows: Vec<serde_json::Value> = metrics
            .iter()
            .zip(&found)
            .map(|(name, d)| {
                json!({
                    "metric": name, "rhat": known(d.rhat), "ess": known(d.ess), "ess_tail": known(d.ess_tail),
                    "mean": known(d.mean), "sd": known(d.deviation), "min": known(d.least), "max": known(d.greatest),
                    "good": d.is_good(chains),
                })
            })
            .collect();
        let value = json!({
            "chains": chains, "steps": steps / chains as u64, "thin": args.thin, "seed": args.seed, "kept": kept,
            "acceptance": acceptance, "distinct": distinct, "agree": apart.is_empty() && constant.is_empty(),
            "metrics": rows, "advice": sentences,
            "source": "Vehtari et al. 2021, doi:10.1214/20-BA1221",
            "territory": ensemble.grounds.territory.name(), "rulebook": ensemble.grounds.rulebook.name,
            "inputs": ensemble.grounds.inputs, "version": env!("CARGO_PKG_VERSION"),
        });
        io::output::write(Some(path), (serde_json::to_string_pretty(&value)? + "\n").as_bytes())?;
    }
    if let Some(path) = &args.chart {
        let rows: Vec<(String, Vec<Vec<f64>>)> =
            metrics.iter().enumerate().map(|(m, name)| (name.clone(), of_metric(m))).collect();
        io::output::write(Some(path), report::trace_svg(&sentences[0], &rows).as_bytes())?;
    }
    Ok(())
}

fn validate(
    args: &Args,
    common: &Common,
    grounds: &Grounds,
    regions: Regions,
    map: &Map,
    first: &State,
    method: &Method,
) -> anyhow::Result<Outcome> {
    let space: Space<'_> = args.narrow.space(grounds, regions, args.narrow.memory, common)?;
    let count = space.count();
    let listed = u32::try_from(&count).ok().filter(|&n| n <= LISTED).ok_or_else(|| {
        anyhow::anyhow!(
            "there are {count} plans, and --validate lists at most {LISTED}: narrow the space (--region, --areas, --min, --max)"
        )
    })?;
    let plans: Vec<Vec<u32>> = (0..listed)
        .filter_map(|rank| space.ranks(&rank.into()))
        .map(|ranks: space::Ranks| space.plan("", &ranks).of)
        .collect();
    let steps = if args.method == MethodArg::Flip { 200 } else { 50 };
    let draws = (plans.len() * 20).clamp(5_000, 200_000);
    let Trial { plans, draws, steps, classes, statistic, p, walked, reached, unreached } =
        trial(map, &plans, first, method, args.seed, (draws, steps, 1_000_000))?;
    let (right, everywhere) = (p >= LEVEL, reached == plans);
    if args.format == super::args::Format::Json {
        common.write_json(&json!({
            "plans": plans, "draws": draws, "steps": steps, "classes": classes, "chi_square": statistic, "p": p,
            "level": LEVEL, "right": right, "walked": walked, "reached": reached, "unreached_share": unreached,
            "territory": grounds.territory.name(), "rulebook": grounds.rulebook.name, "inputs": grounds.inputs,
            "version": env!("CARGO_PKG_VERSION"),
        }))?;
    } else {
        let lang = common.lang;
        let values = [
            ("plans", plans.to_string()),
            ("draws", draws.to_string()),
            ("steps", steps.to_string()),
            ("classes", classes.to_string()),
            ("chi", number(lang, statistic, 1)),
            ("p", number(lang, p, 4)),
            ("walked", walked.to_string()),
            ("reached", reached.to_string()),
            ("share", number(lang, unreached * 100.0, 3)),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let mut text = say(lang, "sample.trial", &values);
        for key in [
            if right { "sample.trial-right" } else { "sample.trial-wrong" },
            if everywhere { "sample.trial-everywhere" } else { "sample.trial-unreached" },
        ] {
            text.push('\n');
            text.push_str(&say(lang, key, &values));
        }
        common.write_text(&text)?;
    }
    Ok(if right { Outcome::Done } else { Outcome::NotConform })
}
