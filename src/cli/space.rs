//! `landmeter space`: all plans that conform, counted, ranked, drawn, and the best of them proved.

use std::path::PathBuf;
use std::time::Instant;

use num_bigint::BigUint;
use serde_json::{Map, Value, json};

use super::Outcome;
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use super::spaces::{NarrowArgs, Notes, Walk, aligned, grouped, judged};
use crate::plan::Plan;
use crate::report::{self, Chart};
use crate::space::{self, Counts, Distribution, Metric, Ranks, Region, Space};
use crate::words::{number, say};

/// Most plans that are listed.
const LISTED: u32 = 1_000_000;
/// Most bars of a histogram.
const BARS: usize = 60;

/// All plans that conform: how many, which ones, the best of them, and where yours stands
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The counts are exact: nothing is sampled unless the answer says so. Regions are counted one by one, and multiplied.
Rules that the count leaves out are named, and tested on each plan that is shown. Bounds on estimated
figures are kept unless --no-estimates, though the check only warns of them.

Exit codes: 0 done; 1 proved that no plan exists; 2 the work could not be done (the space is too large, say).

Examples:
  landmeter space
  landmeter space --region Limburg --areas 4..6
  landmeter space --region Limburg --best cut_border_km -n 5
  landmeter space --region Limburg --rank official-2022 --by cut_links
  landmeter space --region Limburg --histogram cut_links --format svg -o limburg.svg
  landmeter space --draw 1000 --seed 1 -o draws.jsonl
  landmeter space --territory counties.json --free --areas 4 --balance population=5%"
)]
pub(super) struct Args {
    /// The best plans by a metric, proved: areas, cut_links or cut_border_km
    #[arg(long, value_name = "METRIC", value_parser = Metric::by_name, group = "question")]
    best: Option<Metric>,
    /// How many of the best
    #[arg(short, long, value_name = "K", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    number: u32,
    /// How a metric is spread over all plans
    #[arg(long, value_name = "METRIC", value_parser = Metric::by_name, group = "question")]
    histogram: Option<Metric>,
    /// Where a plan stands among all: a file, or an embedded plan's name
    #[arg(long, value_name = "PLAN", group = "question", requires = "by")]
    rank: Option<PathBuf>,
    /// The metric of --rank
    #[arg(long, value_name = "METRIC", value_parser = Metric::by_name, requires = "rank")]
    by: Option<Metric>,
    /// Draw N plans, uniformly and independently
    #[arg(long, value_name = "N", group = "question", value_parser = clap::value_parser!(u32).range(1..=i64::from(LISTED)))]
    draw: Option<u32>,
    /// Seed of --draw
    #[arg(long, value_name = "S", default_value = "0")]
    seed: u64,
    /// The plan of a rank, from 0
    #[arg(long, value_name = "I", group = "question")]
    nth: Option<BigUint>,
    /// Every plan, as JSON lines
    #[arg(long, group = "question")]
    list: bool,
    #[command(flatten)]
    narrow: NarrowArgs,
    #[command(flatten)]
    columns: PlanArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    territory: TerritoryArgs,
    /// Text for people, JSON for scripts, or a chart of --histogram and --rank; plans are always JSON lines
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For scripts
    Json,
    /// A chart
    Svg,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let charts = args.histogram.is_some() || args.rank.is_some();
    anyhow::ensure!(args.format != Format::Svg || charts, "--format svg draws --histogram or --rank: give one of them");
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    let (regions, notes) = args.narrow.regions(&grounds)?;
    let asked = charts || args.best.is_some() || args.draw.is_some() || args.nth.is_some() || args.list;
    if !asked {
        return count(args, common, &grounds, &notes, &regions.regions);
    }
    let space = args.narrow.space(&grounds, regions, common)?;
    if space.count() == BigUint::ZERO {
        common.tell(say(common.lang, "space.none", &[]));
        return Ok(Outcome::NotConform);
    }
    let answer = Answer { args, common, grounds: &grounds, notes: &notes, space: &space };
    answer.write()?;
    Ok(Outcome::Done)
}

fn count(
    args: &Args,
    common: &Common,
    grounds: &Grounds,
    notes: &Notes,
    regions: &[Region],
) -> anyhow::Result<Outcome> {
    let walk = Walk::new(common, regions);
    let timed = |i: usize, region: &Region| {
        let start = Instant::now();
        space::count_watched(&region.graph, &region.limits, args.narrow.memory, &mut |now| walk.see(i, now))
            .map(|counts| (counts, start.elapsed().as_secs_f64()))
            .map_err(|e| anyhow::anyhow!("region {}: {e}", region.name))
    };
    let counted = space::largest_first(regions, timed);
    walk.bar.finish_and_clear();
    let counted: Vec<(Counts, f64)> = counted.into_iter().collect::<Result<_, _>>()?;
    let total: BigUint = counted.iter().map(|(c, _)| &c.total).product();
    if args.format == Format::Json {
        let rows: Vec<Value> = regions.iter().zip(&counted).map(|(r, (c, seconds))| row(r, c, *seconds)).collect();
        let mut value = json!({ "regions": rows, "count": total.to_string() });
        notes.json(grounds, &mut value);
        common.write_json(&value)?;
    } else {
        common.write_text(&count_text(common, notes, regions, &counted, &total))?;
    }
    Ok(if total == BigUint::ZERO { Outcome::NotConform } else { Outcome::Done })
}

fn row(region: &Region, counts: &Counts, seconds: f64) -> Value {
    let by_areas: Map<String, Value> =
        counts.by_areas.iter().map(|(k, n)| (k.to_string(), json!(n.to_string()))).collect();
    json!({
        "region": region.name,
        "count": counts.total.to_string(),
        "by_areas": by_areas,
        "municipalities": region.members.len(),
        "frontier": counts.frontier,
        "states": counts.states,
        "seconds": (seconds * 1e4).round() / 1e4,
    })
}

fn count_text(
    common: &Common,
    notes: &Notes,
    regions: &[Region],
    counted: &[(Counts, f64)],
    total: &BigUint,
) -> String {
    let word = |key: &str| say(common.lang, &format!("space.{key}"), &[]);
    let mut rows = vec![[word("region"), word("plans"), word("areas"), word("states")]];
    for (region, (counts, _)) in regions.iter().zip(counted) {
        let areas = match (counts.by_areas.first(), counts.by_areas.last()) {
            (Some((first, _)), Some((last, _))) if first != last => format!("{first}-{last}"),
            (Some((only, _)), _) => only.to_string(),
            _ => "-".to_owned(),
        };
        rows.push([region.name.clone(), grouped(common, &counts.total), areas, counts.states.to_string()]);
    }
    if regions.len() > 1 {
        rows.push([word("all"), grouped(common, total), String::new(), String::new()]);
    }
    let mut out = aligned(&rows);
    out.push('\n');
    if *total == BigUint::ZERO {
        out.push_str(&word("none"));
        out.push('\n');
    }
    notes.text(common, &mut out);
    out
}

/// An answer from the diagrams.
struct Answer<'a> {
    args: &'a Args,
    common: &'a Common,
    grounds: &'a Grounds,
    notes: &'a Notes,
    space: &'a Space<'a>,
}

impl Answer<'_> {
    fn region(&self) -> Option<&str> {
        self.args.narrow.region.as_deref()
    }

    fn write(&self) -> anyhow::Result<()> {
        let args = self.args;
        if let Some(metric) = args.best {
            return self.best(metric);
        }
        if let Some(metric) = args.histogram {
            return self.distribution(metric, None);
        }
        if let (Some(path), Some(metric)) = (&args.rank, args.by) {
            let plans = self.grounds.plans(std::slice::from_ref(path), &args.columns)?;
            anyhow::ensure!(plans.len() == 1, "--rank takes one plan, and {} holds {}", path.display(), plans.len());
            return self.distribution(metric, plans.first().map(|p| &p.0));
        }
        let count = self.space.count();
        let plans: Vec<Ranks> = if let Some(draws) = args.draw {
            self.space.draw(draws as usize, args.seed)
        } else if let Some(rank) = &args.nth {
            let found = self.space.ranks(rank);
            vec![found.ok_or_else(|| anyhow::anyhow!("there are {count} plans: ranks run from 0 to one less"))?]
        } else {
            let listed = u32::try_from(&count).ok().filter(|&c| c <= LISTED);
            let Some(listed) = listed else {
                anyhow::bail!(
                    "there are {count} plans, and at most {LISTED} are listed: narrow the space, or use --draw N"
                );
            };
            (0..listed).filter_map(|rank| self.space.ranks(&rank.into())).collect()
        };
        let lines: Vec<String> =
            judged(self.grounds, self.space, self.region(), &plans)?.iter().map(Value::to_string).collect();
        self.common.write_text(&lines.join("\n"))
    }

    fn best(&self, metric: Metric) -> anyhow::Result<()> {
        let found = self.space.best(&[metric.into()], self.args.number as usize);
        let ranks: Vec<Ranks> = found.iter().map(|(_, ranks)| ranks.clone()).collect();
        let mut plans = judged(self.grounds, self.space, self.region(), &ranks)?;
        for (plan, ([sum, ..], _)) in plans.iter_mut().zip(&found) {
            plan["value"] = json!(metric.value(*sum));
        }
        let count = self.space.count();
        if self.args.format == Format::Json {
            let mut value = json!({
                "metric": metric.name(), "better": "lower", "proved": true, "count": count.to_string(), "plans": plans,
            });
            self.notes.json(self.grounds, &mut value);
            return self.common.write_json(&value);
        }
        let lang = self.common.lang;
        let values = [("count", &*grouped(self.common, &count)), ("metric", metric.name())];
        let mut out = say(lang, "space.best", &values);
        out.push_str("\n\n");
        let cell = |plan: &Value, key: &str| plan[key].as_str().unwrap_or_default().to_owned();
        let mut rows = vec![[metric.name().to_owned(), "--nth".to_owned(), String::new()]];
        for (plan, ([sum, ..], _)) in plans.iter().zip(&found) {
            rows.push([number(lang, metric.value(*sum), 3), cell(plan, "rank"), cell(plan, "verdict")]);
        }
        out.push_str(&aligned(&rows));
        out.push('\n');
        self.notes.text(self.common, &mut out);
        self.common.write_text(&out)
    }

    /// The distribution of a metric, with a plan's place in it.
    fn distribution(&self, metric: Metric, plan: Option<&Plan>) -> anyhow::Result<()> {
        let spread = Distribution::new(self.space, metric);
        let placed = plan.map(|plan| (plan, self.space.sum_of(metric, plan)));
        let classes: Vec<(f64, f64, BigUint)> = if metric == Metric::CutBorder {
            let classes = spread.classes(BARS).into_iter();
            classes.map(|(from, to, n)| (metric.value(from), metric.value(to + 1), n)).collect()
        } else {
            spread.sums.iter().map(|(sum, n)| (metric.value(*sum), metric.value(*sum), n.clone())).collect()
        };
        let title = self.title(metric);
        match self.args.format {
            Format::Svg => {
                let bars = classes.iter().map(|(from, to, n)| (*from, *to, spread.share(n))).collect();
                let mark = placed.map(|(plan, sum)| (metric.value(sum), plan.name.clone()));
                self.common.write_text(&report::chart_svg(&Chart { title, axis: metric.name().into(), bars, mark }))
            }
            Format::Json => {
                let mut value = json!({
                    "metric": metric.name(), "better": "lower", "count": self.space.count().to_string(),
                    "method": spread.method.name(),
                });
                if spread.method == space::Method::Drawn {
                    value["draws"] = json!(spread.total.to_string());
                }
                if let Some((plan, sum)) = placed {
                    self.place_json(metric, &spread, plan, sum, &mut value);
                }
                let bin = |(from, to, n): &(f64, f64, BigUint)| {
                    let (count, share) = (n.to_string(), spread.share(n));
                    if metric == Metric::CutBorder {
                        json!({ "from": from, "to": to, "count": count, "share": share, "margin": spread.margin(share) })
                    } else {
                        json!({ "value": from, "count": count, "share": share })
                    }
                };
                value["bins"] = classes.iter().map(bin).collect();
                self.notes.json(self.grounds, &mut value);
                self.common.write_json(&value)
            }
            Format::Text => {
                let mut out = title + "\n\n";
                self.bars(metric, &spread, &classes, &mut out);
                if let Some((plan, sum)) = placed {
                    self.place_text(metric, &spread, plan, sum, &mut out);
                }
                self.notes.text(self.common, &mut out);
                self.common.write_text(&out)
            }
        }
    }

    fn title(&self, metric: Metric) -> String {
        let count = grouped(self.common, &self.space.count());
        let title = say(self.common.lang, "space.chart", &[("metric", metric.name()), ("count", &count)]);
        let place = self.region().unwrap_or_else(|| self.grounds.territory.name());
        format!("{place}: {title}")
    }

    fn place_json(&self, metric: Metric, spread: &Distribution, plan: &Plan, sum: i64, value: &mut Value) {
        let [better, equal, worse] = spread.place(sum);
        let share = spread.share(&better);
        value["plan"] = json!(plan.name);
        value["value"] = json!(metric.value(sum));
        value["better"] = json!(better.to_string());
        value["equal"] = json!(equal.to_string());
        value["worse"] = json!(worse.to_string());
        value["share_better"] = json!(share);
        value["margin"] = json!(spread.margin(share));
        value["best"] = json!(self.space.best(&[metric.into()], 1).first().map(|([sum, ..], _)| metric.value(*sum)));
        let ranks = self.space.ranks_of(plan);
        value["in_space"] = json!(ranks.is_ok());
        match ranks {
            Ok(ranks) => value["rank"] = json!(self.space.rank(&ranks).to_string()),
            Err(region) => value["not_in_space_of"] = json!(region),
        }
    }

    fn place_text(&self, metric: Metric, spread: &Distribution, plan: &Plan, sum: i64, out: &mut String) {
        let lang = self.common.lang;
        let [better, equal, worse] = spread.place(sum).map(|n| grouped(self.common, &n));
        let share = number(lang, spread.share(&spread.place(sum)[2]) * 100.0, 4);
        let (total, value) = (grouped(self.common, &spread.total), number(lang, metric.value(sum), 3));
        let stands = [("plan", &*plan.name), ("metric", metric.name()), ("value", &*value)];
        let place =
            [("count", &*total), ("better", &*better), ("equal", &*equal), ("worse", &*worse), ("share", &*share)];
        out.push_str(&say(lang, "space.stands", &stands));
        out.push(' ');
        out.push_str(&say(lang, "space.place", &place));
        if let Err(region) = self.space.ranks_of(plan) {
            out.push(' ');
            out.push_str(&say(lang, "space.outside", &[("region", &region)]));
        }
        out.push('\n');
    }

    fn bars(&self, metric: Metric, spread: &Distribution, classes: &[(f64, f64, BigUint)], out: &mut String) {
        const WIDEST: f64 = 40.0;
        let lang = self.common.lang;
        let most = classes.iter().map(|c| spread.share(&c.2)).fold(1e-12, f64::max);
        let mut rows = vec![[metric.name().to_owned(), say(lang, "space.plans", &[]), "%".to_owned()]];
        for (from, _, n) in classes {
            rows.push([number(lang, *from, 1), grouped(self.common, n), number(lang, spread.share(n) * 100.0, 3)]);
        }
        for (i, line) in aligned(&rows).lines().enumerate() {
            let share = i.checked_sub(1).and_then(|i| classes.get(i)).map_or(0.0, |c| spread.share(&c.2));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 40")]
            let length = (share / most * WIDEST).round() as usize;
            out.push_str(format!("{line}  {}", "#".repeat(length)).trim_end());
            out.push('\n');
        }
        out.push('\n');
        if spread.method == space::Method::Drawn {
            let (n, margin) = (grouped(self.common, &spread.total), number(lang, spread.margin(0.5) * 100.0, 2));
            out.push_str(&say(lang, "space.drawn", &[("n", &n), ("margin", &margin)]));
            out.push('\n');
        }
    }
}
