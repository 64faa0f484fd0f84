//! `landmeter space`: all plans that conform, counted, ranked, drawn, and the best of them proved.

use std::path::PathBuf;
use std::time::Instant;

use num_bigint::BigUint;
use serde_json::{Map, Value, json};

use super::Outcome;
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use super::spaces::{
    NarrowArgs, Notes, Walk, aligned, broken, certified, grouped, is_interrupted, judged, write_certificate,
};
use crate::plan::Plan;
use crate::report::{self, Chart};
use crate::score::Metric;
use crate::space::{self, Best, Counts, Measure, Ranks, Region, Space, SpaceError, Spread};
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
  landmeter space --region Limburg --best cut_links --certificate limburg.jsonl.gz
  landmeter space --region Westhoek --best inertia_population_2020 -n 5
  landmeter space --region Midwest --rank official-2022 --by range_households_2021
  landmeter space --region Limburg --rank official-2022 --by cut_links
  landmeter space --region Limburg --histogram cut_links --format svg -o limburg.svg
  landmeter space --draw 1000 --seed 1 -o draws.jsonl
  landmeter space --territory counties.json --free --areas 4 --balance population=5%"
)]
pub(super) struct Args {
    /// The best plans by a metric, proved
    #[arg(long, value_name = "METRIC", group = "question")]
    best: Option<String>,
    /// Write the proof of the best by areas, cut_links or cut_border_km to FILE (gzipped where it ends in .gz), for `landmeter verify`
    #[arg(long, value_name = "FILE", requires = "best")]
    certificate: Option<PathBuf>,
    /// How many of the best
    #[arg(short, long, value_name = "K", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    number: u32,
    /// How a metric is spread over all plans
    #[arg(long, value_name = "METRIC", group = "question")]
    histogram: Option<String>,
    /// Where a plan stands among all: a file, or an embedded plan's name
    #[arg(long, value_name = "PLAN", group = "question", requires = "by")]
    rank: Option<PathBuf>,
    /// The metric of --rank
    #[arg(long, value_name = "METRIC", requires = "rank")]
    by: Option<String>,
    /// The plan that moved_ATTR compares with: a file, or an embedded plan's name
    #[arg(long, value_name = "PLAN")]
    baseline: Option<PathBuf>,
    /// Most plans that are looked at one by one, for a metric that does not add up over borders and areas
    #[arg(long, value_name = "N", default_value = "100000000", value_parser = clap::value_parser!(u64).range(1..))]
    look_at: u64,
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
    if let (Some(_), Some(metric)) = (&args.certificate, &args.best) {
        certified(metric)?;
    }
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    let (regions, notes) = args.narrow.regions(&grounds)?;
    let asked = charts || args.best.is_some() || args.draw.is_some() || args.nth.is_some() || args.list;
    if !asked {
        return count(args, common, &grounds, &notes, &regions.regions);
    }
    let space = args.narrow.space(&grounds, regions, args.narrow.memory, common).map_err(|error| match error {
        SpaceError::Memory { .. } => anyhow::anyhow!("{error}; `propose` looks for the best plan alone with less"),
        error => error.into(),
    })?;
    if space.count() == BigUint::ZERO {
        if let (Some(path), Some(metric)) = (&args.certificate, &args.best) {
            write_certificate(path, &grounds, &args.narrow, &space, metric, &[])?;
        }
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
        if let Some(name) = &args.best {
            return self.best(&self.measure(name)?);
        }
        if let Some(name) = &args.histogram {
            return self.distribution(&self.measure(name)?, None);
        }
        if let (Some(path), Some(name)) = (&args.rank, &args.by) {
            return self
                .distribution(&self.measure(name)?, Some(&self.grounds.one_plan(path, "--rank", &args.columns)?));
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

    fn measure(&self, name: &str) -> anyhow::Result<Measure<'_>> {
        let baseline = self
            .args
            .baseline
            .as_ref()
            .map(|path| self.grounds.one_plan(path, "--baseline", &self.args.columns))
            .transpose()?;
        let metric = Metric::named(name, &self.grounds.territory, &self.grounds.rulebook.metrics)?;
        Ok(Measure::of_metric(&metric, self.space, baseline.as_ref())?)
    }

    /// A bar over the plans that are looked at one by one.
    fn looked_at<T>(
        &self,
        work: impl FnOnce(&(dyn Fn(u64) -> bool + Sync)) -> Result<T, SpaceError>,
    ) -> anyhow::Result<T> {
        let count = u64::try_from(self.space.count()).unwrap_or(u64::MAX).min(self.args.look_at);
        let bar = self.common.progress(count);
        let done = work(&|seen| {
            bar.set_position(seen);
            !is_interrupted()
        });
        bar.finish_and_clear();
        Ok(done?)
    }

    fn best(&self, measure: &Measure<'_>) -> anyhow::Result<()> {
        let (number, most) = (self.args.number as usize, self.args.look_at);
        let Best { plans: found, bound, proved } =
            self.looked_at(|tell| measure.best(self.space, number, most, tell))?;
        let bound = bound.map(|key| measure.value(key)).filter(|b| b.is_finite());
        let ranks: Vec<Ranks> = found.iter().map(|(_, ranks)| ranks.clone()).collect();
        if let (Some(path), Some(best)) = (&self.args.certificate, ranks.first()) {
            let breaks = broken(self.grounds, &self.args.narrow, &self.space.plan("", best))?;
            write_certificate(path, self.grounds, &self.args.narrow, self.space, measure.name(), &breaks)?;
        }
        let mut plans = judged(self.grounds, self.space, self.region(), &ranks)?;
        for (plan, (key, _)) in plans.iter_mut().zip(&found) {
            plan["value"] = json!(measure.value(*key));
        }
        let count = self.space.count();
        if self.args.format == Format::Json {
            let mut value = json!({
                "metric": measure.name(), "better": measure.better(), "proved": proved, "bound": bound,
                "count": count.to_string(), "plans": plans,
            });
            self.notes.json(self.grounds, &mut value);
            return self.common.write_json(&value);
        }
        let lang = self.common.lang;
        let shown = bound.map(|bound| decimals(lang, bound));
        let values = [("count", &*grouped(self.common, &count)), ("metric", measure.name())];
        let values: Vec<(&str, &str)> = values.into_iter().chain(shown.as_deref().map(|b| ("bound", b))).collect();
        let key = match (proved, bound) {
            (true, _) => "space.best",
            (false, Some(_)) => "space.best-found",
            (false, None) => "space.best-drawn",
        };
        let mut out = say(lang, key, &values);
        out.push_str("\n\n");
        let cell = |plan: &Value, key: &str| plan[key].as_str().unwrap_or_default().to_owned();
        let mut rows = vec![[measure.name().to_owned(), "--nth".to_owned(), String::new()]];
        for (plan, (key, _)) in plans.iter().zip(&found) {
            rows.push([decimals(lang, measure.value(*key)), cell(plan, "rank"), cell(plan, "verdict")]);
        }
        out.push_str(&aligned(&rows));
        out.push('\n');
        self.notes.text(self.common, &mut out);
        self.common.write_text(&out)
    }

    /// The distribution of a metric, with a plan's place in it.
    fn distribution(&self, measure: &Measure<'_>, plan: Option<&Plan>) -> anyhow::Result<()> {
        let key = |plan| {
            let key = measure.of(self.space, plan);
            key.ok_or_else(|| anyhow::anyhow!("{} of the plan can't be computed here", measure.name()))
        };
        let placed = plan.map(|plan| key(plan).map(|key| (plan, key))).transpose()?;
        let most = self.args.look_at;
        let spread = self.looked_at(|tell| measure.spread(self.space, placed.map(|p| p.1), most, tell))?;
        let distribution = &spread.distribution;
        let counted = measure.is_counted(distribution);
        let class = |from: i64, to: i64, n: BigUint| {
            let (from, to) = (measure.value(from), measure.value(to));
            (from.min(to), from.max(to), n)
        };
        let mut classes: Vec<(f64, f64, BigUint)> = if counted {
            distribution.sums.iter().map(|(key, n)| class(*key, *key, n.clone())).collect()
        } else {
            distribution.classes(BARS).into_iter().map(|(from, to, n)| class(from, to + 1, n)).collect()
        };
        classes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let title = self.title(measure, &spread);
        match self.args.format {
            Format::Svg => {
                let bars = classes.iter().map(|(from, to, n)| (*from, *to, distribution.share(n))).collect();
                let mark = placed.map(|(plan, key)| (measure.value(key), plan.name.clone()));
                self.common.write_text(&report::chart_svg(&Chart { title, axis: measure.name().into(), bars, mark }))
            }
            Format::Json => {
                let mut value = json!({
                    "metric": measure.name(), "better": measure.better(), "count": self.space.count().to_string(),
                    "method": distribution.method.name(),
                });
                if spread.is_drawn() {
                    value["draws"] = json!(distribution.total.to_string());
                }
                if let Some((plan, key)) = placed {
                    self.place_json(measure, &spread, plan, key, &mut value);
                }
                let bin = |(from, to, n): &(f64, f64, BigUint)| {
                    let (count, share) = (n.to_string(), distribution.share(n));
                    let margin = distribution.margin(share);
                    if counted {
                        json!({ "value": from, "count": count, "share": share })
                    } else {
                        json!({ "from": from, "to": to, "count": count, "share": share, "margin": margin })
                    }
                };
                value["bins"] = classes.iter().map(bin).collect();
                self.notes.json(self.grounds, &mut value);
                self.common.write_json(&value)
            }
            Format::Text => {
                let mut out = title + "\n\n";
                self.bars(measure, &spread, &classes, &mut out);
                if let Some((plan, key)) = placed {
                    self.place_text(measure, &spread, plan, key, &mut out);
                }
                self.notes.text(self.common, &mut out);
                self.common.write_text(&out)
            }
        }
    }

    fn title(&self, measure: &Measure<'_>, spread: &Spread) -> String {
        let count = grouped(self.common, &self.space.count());
        let draws = grouped(self.common, &spread.distribution.total);
        let key = if spread.is_drawn() { "space.chart-drawn" } else { "space.chart" };
        let values = [("metric", measure.name()), ("count", &*count), ("draws", &*draws)];
        let place = self.region().unwrap_or_else(|| self.grounds.territory.name());
        format!("{place}: {}", say(self.common.lang, key, &values))
    }

    fn place_json(&self, measure: &Measure<'_>, spread: &Spread, plan: &Plan, key: i64, value: &mut Value) {
        let [better, equal, worse] = &spread.place;
        let share = spread.distribution.share(better);
        value["plan"] = json!(plan.name);
        value["value"] = json!(measure.value(key));
        value["better"] = json!(better.to_string());
        value["equal"] = json!(equal.to_string());
        value["worse"] = json!(worse.to_string());
        value["share_better"] = json!(share);
        value["margin"] = json!(spread.distribution.margin(share));
        value["best"] = json!(spread.best.map(|(key, _)| measure.value(key)));
        value["best_proved"] = json!(spread.best.is_some_and(|(_, proved)| proved));
        let ranks = self.space.ranks_of(plan);
        value["in_space"] = json!(ranks.is_ok());
        match ranks {
            Ok(ranks) => value["rank"] = json!(self.space.rank(&ranks).to_string()),
            Err(region) => value["not_in_space_of"] = json!(region),
        }
    }

    fn place_text(&self, measure: &Measure<'_>, spread: &Spread, plan: &Plan, key: i64, out: &mut String) {
        let lang = self.common.lang;
        let [better, equal, worse] = spread.place.clone().map(|n| grouped(self.common, &n));
        let share = number(lang, spread.distribution.share(&spread.place[2]) * 100.0, 4);
        let total = grouped(self.common, &spread.distribution.total);
        let value = decimals(lang, measure.value(key));
        let stands = [("plan", &*plan.name), ("metric", measure.name()), ("value", &*value)];
        let place =
            [("count", &*total), ("better", &*better), ("equal", &*equal), ("worse", &*worse), ("share", &*share)];
        out.push_str(&say(lang, "space.stands", &stands));
        out.push(' ');
        out.push_str(&say(lang, if spread.is_drawn() { "space.place-drawn" } else { "space.place" }, &place));
        if let Some((best, proved)) = spread.best {
            let best = decimals(lang, measure.value(best));
            out.push(' ');
            out.push_str(&say(lang, if proved { "space.least" } else { "space.least-drawn" }, &[("value", &*best)]));
        }
        if let Err(region) = self.space.ranks_of(plan) {
            out.push(' ');
            out.push_str(&say(lang, "space.outside", &[("region", &region)]));
        }
        out.push('\n');
    }

    fn bars(&self, measure: &Measure<'_>, spread: &Spread, classes: &[(f64, f64, BigUint)], out: &mut String) {
        const WIDEST: f64 = 40.0;
        let lang = self.common.lang;
        let spread = &spread.distribution;
        let most = classes.iter().map(|c| spread.share(&c.2)).fold(1e-12, f64::max);
        let mut rows = vec![[measure.name().to_owned(), say(lang, "space.plans", &[]), "%".to_owned()]];
        for (from, _, n) in classes {
            rows.push([decimals(lang, *from), grouped(self.common, n), number(lang, spread.share(n) * 100.0, 3)]);
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

/// A value with as many decimals as it takes to tell plans apart.
fn decimals(lang: crate::words::Lang, value: f64) -> String {
    number(lang, value, if value.abs() < 1.0 { 5 } else { 3 })
}
