//! `landmeter propose`: good plans that conform and differ, or those of which none is as good in everything.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use num_bigint::BigUint;
use serde_json::{Map, Value as Json, json};

use super::Outcome;
use super::aim::{Aim, Target, millionths, weighted};
use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use super::spaces::{
    NarrowArgs, Notes, aligned, broken, certified, grouped, is_interrupted, judged, judged_plans, write_certificate,
};
use crate::plan::Plan;
use crate::rules::Rulebook;
use crate::search::beyond::{BeyondError, beyond, most_compact};
use crate::search::clash::{Clash, clash};
use crate::search::large::{self, Effort, LargeError};
use crate::search::propose::{End, Proposal, Proposals, Wish, propose};
use crate::space::{AXES, Measure, Metric, Objective, Regions, Space, SpaceError, Value};
use crate::words::{self, number, say};

/// Memory for the space, before the search beyond it is tried.
const FIRST_MEMORY: u64 = 256 << 20;

/// Good plans that conform: the best by your measure, each of them proved, and different enough to choose between
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Measures: the metrics of `landmeter score`. Several, with commas: the first goes before the second. With weights
(cut_border_km:1,areas:-20) their weighted sum is made small, where metrics of which more is better are taken negative.
With --pareto: every plan that no other is as good as in all of them; a weight below 0 turns a measure around.
For areas, cut_links, cut_border_km and sums of these the number of plans does not matter; for others every plan of a
region is looked at, which takes some seconds for ten million. Of more than --look-at a single measure made of areas
(balance, compactness, inertia, reach), and a weighted sum of inertia, what moves, borders and areas, is searched for, and the
bound says how much better others might be.

Where the space takes more than 256 MB and no more than one plan is asked for with -n, the best by cut_links,
cut_border_km, a sum of them, or inertia_ATTR (of a region with at most 128 municipalities) is searched for by branch and bound
instead; with -n 2 the space is built, within --memory.
Values are compared in millionths of their unit.

Each plan is the best of those that differ enough from the ones before it; where that could not be proved within
what was looked at, its bound and the gap are told. Two plans differ in as many municipalities as must change area,
whatever the areas are called.

Exit codes: 0 done; 1 proved that no plan exists; 2 the work could not be done.

Examples:
  landmeter propose
  landmeter propose --region Limburg --by cut_border_km -n 3 --distinct 8
  landmeter propose --region Limburg --by areas,cut_links
  landmeter propose --region Westhoek --by moved_population_2020 --baseline official-2022
  landmeter propose --region Kempen --areas 4 --by range_households_2021,cut_border_km --pareto
  landmeter propose --region Limburg --by cut_border_km:1,areas:-20
  landmeter propose --region Limburg --by areas:-1,cut_border_km:1 --pareto
  landmeter propose --region Limburg --by cut_links --certificate limburg.jsonl.gz
  landmeter propose --distinct 20 --format csv -o proposals.csv"
)]
pub(super) struct Args {
    /// What to make small: METRIC, several in order of weight, or METRIC:WEIGHT for a weighted sum
    #[arg(long, value_name = "METRIC[:WEIGHT],...", default_value = "cut_border_km", value_parser = Aim::parse, allow_hyphen_values = true)]
    by: Aim,
    /// How many plans; with --pareto, all of them unless this says otherwise
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    number: Option<u32>,
    /// Least number of municipalities in which any two plans differ
    #[arg(long, value_name = "D", default_value = "1")]
    distinct: u32,
    /// All plans of which no other is as good by every measure
    #[arg(long, conflicts_with = "distinct")]
    pareto: bool,
    /// Write the proof that no plan is better than the first one to FILE (gzipped where it ends in .gz), for `landmeter verify`;
    /// with one of areas, cut_links and cut_border_km
    #[arg(long, value_name = "FILE", conflicts_with = "pareto")]
    certificate: Option<PathBuf>,
    /// The plan that moved_ATTR compares with: a file, or an embedded plan's name
    #[arg(long, value_name = "PLAN")]
    baseline: Option<PathBuf>,
    /// Most plans of a region that are looked at one by one, for a measure that does not add up over borders and areas
    #[arg(long, value_name = "N", default_value = "100000000", value_parser = clap::value_parser!(u64).range(1..))]
    look_at: u64,
    /// Stop looking after so many seconds, and tell how far from proved the plans are
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    time: Option<u32>,
    #[command(flatten)]
    narrow: NarrowArgs,
    #[command(flatten)]
    columns: PlanArgs,
    #[command(flatten)]
    rules: RuleArgs,
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
    /// The plans: plan, code and area on each line
    Csv,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    anyhow::ensure!(
        !args.pareto || args.by.metrics.len() > 1,
        "--pareto holds several measures against each other: give two or more to --by"
    );
    let certified =
        args.certificate.as_ref().map(|path| Ok::<_, anyhow::Error>((path, args.certified()?))).transpose()?;
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    let (regions, notes) = args.narrow.regions(&grounds)?;
    args.by.check(&grounds.territory, &grounds.rulebook.metrics)?;
    // What the search beyond the space can answer is not worth a long walk that ends for want of memory.
    let exact = args.pareto || certified.is_some();
    let memory = if exact { args.narrow.memory } else { args.narrow.memory.min(FIRST_MEMORY) };
    let space = match args.narrow.space(&grounds, regions.clone(), memory, common) {
        Err(SpaceError::Memory { .. } | SpaceError::TooWide { .. } | SpaceError::TooManyPlans) if !exact => {
            let refused = match search_beyond(args, common, &grounds, &notes, &regions)? {
                Ok(outcome) => return Ok(outcome),
                Err(refused) => refused,
            };
            let space = args.narrow.space(&grounds, regions, args.narrow.memory, common);
            space.with_context(|| format!("the search for the best plan alone does not know this ({refused}), and"))?
        }
        space => space?,
    };
    if space.count() == BigUint::ZERO {
        if let Some((path, metric)) = certified {
            write_certificate(path, &grounds, &args.narrow, &space, metric, &[])?;
        }
        return infeasible(args, common, &grounds, &notes, &space);
    }
    let baseline =
        args.baseline.as_ref().map(|path| grounds.one_plan(path, "--baseline", &args.columns)).transpose()?;
    let target =
        Target::new(&args.by, &space, &grounds.rulebook.metrics, baseline.as_ref(), args.look_at, args.pareto)?;
    let answer = Answer { args, common, grounds: &grounds, notes: &notes, space: &space, target: &target };
    if args.pareto { answer.pareto() } else { answer.distinct() }
}

impl Args {
    /// The metric of which a certificate can be written.
    ///
    /// # Errors
    ///
    /// Several metrics, a weighted sum, or a metric that does not add up.
    fn certified(&self) -> anyhow::Result<&str> {
        match &self.by.names()[..] {
            [metric] if !self.by.weighted => {
                certified(metric)?;
                Ok(metric)
            }
            _ => anyhow::bail!(
                "no certificate can be written for {}: name one metric in --by, without a weight: areas, cut_links or cut_border_km",
                self.by.words()
            ),
        }
    }
}

/// The best plan where the space can't be held; or why the search does not know the question, where more memory might help.
fn search_beyond(
    args: &Args,
    common: &Common,
    grounds: &Grounds,
    notes: &Notes,
    regions: &Regions,
) -> anyhow::Result<Result<Outcome, String>> {
    let own = &grounds.rulebook.metrics;
    let scorer = args.by.inertia(&grounds.territory, grounds.rulebook.contiguity, own)?;
    let objective = args.by.sum();
    if args.number.is_some_and(|n| n > 1) {
        return Ok(Err("several plans are asked for".into()));
    }
    if objective.is_none() && scorer.is_none() {
        return Ok(Err(BeyondError::Objective.to_string()));
    }
    let go_on = clock(args);
    let bar = common.progress(0);
    let mut watch = |region: &str, now: &large::Progress| {
        let value = now.value.map_or_else(String::new, |v| v.to_string());
        bar.set_message(format!("{region}: {:?} {} / {value}", now.stage, now.bound));
        bar.tick();
        go_on()
    };
    let effort = Effort { memory: args.narrow.memory, ..Effort::default() };
    let (territory, contiguity) = (&grounds.territory, grounds.rulebook.contiguity);
    let found = match (&scorer, objective) {
        (Some(scorer), _) => most_compact(territory, contiguity, regions, scorer, &effort, &mut watch),
        (None, objective) => beyond(territory, contiguity, regions, objective.unwrap_or_default(), &effort, &mut watch),
    };
    bar.finish_and_clear();
    let found = match found {
        Err(BeyondError::Figure { .. }) if scorer.is_some() => found?,
        Err(
            error @ (BeyondError::Large { error: LargeError::TooMany { .. }, .. }
            | BeyondError::Objective
            | BeyondError::Exclaves { .. }
            | BeyondError::Figure { .. }),
        ) => return Ok(Err(error.to_string())),
        found => found?,
    };
    let lang = common.lang;
    let metrics: Vec<Metric> = args.by.names().iter().filter_map(|name| Metric::by_name(name).ok()).collect();
    let figure = |sum: i64| match &metrics[..] {
        [] => millionths(sum),
        [metric] if !args.by.weighted => metric.value(sum),
        _ => weighted(sum),
    };
    let [value, bound] = [found.value, found.bound].map(figure);
    let mut plans =
        judged_plans(grounds, &demanded(args, grounds), args.narrow.region.is_some(), found.plan.as_slice())?;
    let any_breaks = plans.iter().any(|p| p["verdict"] != "conform");
    let outcome = match found.outcome {
        large::Outcome::Infeasible => "infeasible",
        large::Outcome::Stopped => "stopped",
        // What the search left out is broken: then the bound stands, and that is all.
        _ if any_breaks => "stopped",
        large::Outcome::Optimal => "optimal",
        large::Outcome::Feasible => "feasible",
    };
    let gap = match found.plan {
        Some(_) if found.value == found.bound => Some(0.0),
        Some(_) if found.bound != 0 => Some((value - bound) / bound.abs()),
        _ => None,
    };
    for plan in &mut plans {
        let sum = |m: Metric, plan: &Plan| {
            let regions = regions.regions.iter();
            Objective::from(m).of_plan(&grounds.territory, grounds.rulebook.contiguity, regions, plan)
        };
        let value = |m: &Metric| (m.name().to_owned(), json!(found.plan.as_ref().map(|plan| m.value(sum(*m, plan)))));
        let mut values: Map<String, Json> = metrics.iter().map(value).collect();
        if let Some(scorer) = &scorer {
            values.insert(scorer.metric().name().to_owned(), json!(found.plan.as_ref().map(|plan| scorer.plan(plan))));
        }
        plan["values"] = values.into();
        plan["proved"] = json!(outcome == "optimal");
        plan["bound"] = json!(bound);
        plan["differs"] = json!([]);
    }
    match args.format {
        Format::Csv => common.write_text(&csv(&plans)?)?,
        Format::Json => {
            let mut answer = json!({
                "outcome": outcome, "bound": bound, "gap": gap, "by": args.by.words(), "distinct": args.distinct.max(1),
                "end": if found.plan.is_some() { "enough" } else { outcome }, "count": null, "plans": plans,
                "clash": [],
            });
            notes.json(grounds, &mut answer);
            common.write_json(&answer)?;
        }
        Format::Text => {
            let region = found.without.clone().unwrap_or_default();
            let (value, bound) = (number(lang, value, 3), number(lang, bound, 3));
            let values = [("metric", &*args.by.words()), ("value", &*value), ("bound", &*bound), ("region", &*region)];
            let share = gap_words(common, gap);
            let values: Vec<(&str, &str)> =
                values.into_iter().chain(share.as_deref().map(|gap| ("gap", gap))).collect();
            let mut out = say(lang, &format!("propose.beyond-{outcome}"), &values);
            out.push('\n');
            for plan in &plans {
                if let Some(breaks) = breaks(common, plan) {
                    out.push_str(&format!("{breaks}\n"));
                }
            }
            if !plans.is_empty() {
                out.push_str(&format!("\n{}\n", say(lang, "propose.take", &[])));
            }
            notes.text(common, &mut out);
            common.write_text(&out)?;
        }
    }
    Ok(Ok(if outcome == "infeasible" { Outcome::NotConform } else { Outcome::Done }))
}

/// The rulebook without what --free leaves out.
fn demanded(args: &Args, grounds: &Grounds) -> Rulebook {
    let mut rulebook = grounds.rulebook.clone();
    let narrowing = args.narrow.narrowing();
    rulebook.rules.retain(|r| narrowing.keeps(&r.kind));
    rulebook
}

/// A plan on its way out.
struct Row {
    /// One a metric.
    values: Vec<f64>,
    /// No plan has less, as far as is proved; axis by axis of what was made small.
    bound: Option<Vec<f64>>,
    proved: bool,
    differs: Vec<u32>,
    reason: Option<String>,
}

struct Answer<'a> {
    args: &'a Args,
    common: &'a Common,
    grounds: &'a Grounds,
    notes: &'a Notes,
    space: &'a Space<'a>,
    target: &'a Target<'a>,
}

impl Answer<'_> {
    /// The best plan, and the next ones that differ enough.
    fn distinct(&self) -> anyhow::Result<Outcome> {
        let args = self.args;
        let wish = Wish {
            goals: self.target.goals(),
            number: args.number.unwrap_or(5) as usize,
            distinct: args.distinct.max(1),
            look_at: args.look_at,
            ..Wish::default()
        };
        let go_on = clock(args);
        let found = propose(self.space, &wish, &go_on)?;
        let ranks: Vec<_> = found.plans.iter().map(|p| p.ranks.clone()).collect();
        if let Some(path) = &args.certificate {
            let Some(best) = found.plans.first().filter(|best| best.is_proved()) else {
                anyhow::bail!("stopped before an optimum was proved: there is no certificate to write");
            };
            let breaks = broken(self.grounds, &args.narrow, &self.space.plan("", &best.ranks))?;
            write_certificate(path, self.grounds, &args.narrow, self.space, args.certified()?, &breaks)?;
        }
        let row = |(p, values): (&Proposal, Vec<f64>)| Row {
            values,
            bound: Some(self.target.figures(&p.bound)),
            proved: p.is_proved(),
            differs: p.differs.clone(),
            reason: None,
        };
        let rows: Vec<Row> = found.plans.iter().zip(self.values(&ranks)).map(row).collect();
        let outcome = match &found {
            Proposals { plans, end } if plans.is_empty() => match end {
                End::NoMore => "infeasible",
                _ => "stopped",
            },
            Proposals { plans, end } if plans.iter().all(Proposal::is_proved) && *end != End::Stopped => "optimal",
            _ => "feasible",
        };
        // By which share of the bound a plan may be worse than the best that could be, at most.
        let gap = |p: &Proposal| {
            let axis = (0..AXES).find(|&i| p.value[i] != p.bound[i]);
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            let share =
                |i: usize| (p.bound[i] != 0).then(|| (p.value[i] - p.bound[i]) as f64 / p.bound[i].abs() as f64);
            axis.map_or(Some(0.0), share)
        };
        let gap = found.plans.iter().map(gap).try_fold(0.0f64, |most, gap| Some(most.max(gap?)));
        let end = match found.end {
            End::Enough => "enough",
            End::NoMore => "no-more",
            End::Stopped => "stopped",
        };
        let mut head = json!({ "outcome": outcome, "gap": gap, "distinct": wish.distinct, "end": end });
        let first = rows.first().and_then(|r| r.bound.clone());
        head["bound"] = json!(first.as_ref().and_then(|b| b.first()));
        let values = [
            ("n", &*rows.len().to_string()),
            ("count", &*grouped(self.common, &self.space.count())),
            ("metric", &*args.by.words()),
            ("distinct", &*wish.distinct.to_string()),
        ];
        let none = found.plans.is_empty();
        let mut title = say(self.common.lang, if none { "propose.none-yet" } else { "propose.best" }, &values);
        let more = match (found.end, rows.iter().all(|r| r.proved)) {
            (End::NoMore, _) => Some("propose.no-more"),
            (End::Stopped, _) if none => None,
            (End::Stopped, _) => Some("propose.stopped"),
            (End::Enough, true) => None,
            (End::Enough, false) => Some("propose.gap"),
        };
        if let Some(key) = more {
            title.push(' ');
            title.push_str(&say(
                self.common.lang,
                key,
                &gap_words(self.common, gap).as_deref().map(|gap| ("gap", gap)).into_iter().collect::<Vec<_>>(),
            ));
        }
        self.write(head, &title, &rows, &ranks)
    }

    /// The Pareto set.
    fn pareto(&self) -> anyhow::Result<Outcome> {
        let args = self.args;
        let go_on = clock(args);
        let found = self.space.pareto(&self.target.each(), &go_on)?.ok_or_else(|| {
            anyhow::anyhow!("the Pareto set is too large to be held: narrow the space, or weigh fewer measures")
        })?;
        let scored = self.target.measures.iter().any(|m| matches!(m, Measure::Scored(_)));
        anyhow::ensure!(!scored || go_on(), "stopped before all plans were looked at: nothing is proved of the others");
        let all = found.len();
        let shown = spread(&found.iter().map(|f| f.0).collect::<Vec<_>>(), args.number.map_or(all, |n| n as usize));
        let ranks: Vec<_> = shown.iter().map(|&i| found[i].1.clone()).collect();
        let values = self.values(&ranks);
        let row = |(i, values): (usize, &Vec<f64>)| Row {
            values: values.clone(),
            bound: None,
            proved: true,
            differs: Vec::new(),
            reason: Some(self.reason(&shown, &found.iter().map(|f| f.0).collect::<Vec<_>>(), i)),
        };
        let rows: Vec<Row> = values.iter().enumerate().map(row).collect();
        let head = json!({ "outcome": "optimal", "bound": null, "gap": 0.0, "pareto": all });
        let count = grouped(self.common, &self.space.count());
        let (shown, all) = (rows.len().to_string(), all.to_string());
        let values = [("n", &*shown), ("all", &*all), ("count", &*count), ("metric", &*args.by.names().join(", "))];
        let key = if shown == all { "propose.pareto" } else { "propose.pareto-some" };
        self.write(head, &say(self.common.lang, key, &values), &rows, &ranks)
    }

    /// Why a plan is in the Pareto set: what it has least of, or what it gives and takes against the one before it.
    fn reason(&self, shown: &[usize], all: &[Value], at: usize) -> String {
        let lang = self.common.lang;
        let metrics = &self.target.measures;
        let sign = |k: usize| self.args.by.metrics[k].1.signum();
        let own = &all[shown[at]];
        let least: Vec<&str> =
            (0..metrics.len()).filter(|&k| all.iter().all(|v| v[k] >= own[k])).map(|k| metrics[k].name()).collect();
        if !least.is_empty() {
            return say(lang, "propose.least", &[("metrics", &least.join(", "))]);
        }
        let Some(before) = at.checked_sub(1).map(|i| &all[shown[i]]) else { return String::new() };
        let change = |k: usize| {
            let measure = &metrics[k];
            let change = measure.value(own[k] * sign(k)) - measure.value(before[k] * sign(k));
            let plus = if change > 0.0 { "+" } else { "" };
            (own[k] != before[k]).then(|| format!("{} {plus}{}", measure.name(), amount(self.common, measure, change)))
        };
        let changes: Vec<String> = (0..metrics.len()).filter_map(change).collect();
        say(lang, "propose.trade", &[("changes", &*changes.join(", "))])
    }

    /// The metrics of some plans, one by one.
    fn values(&self, plans: &[Vec<u128>]) -> Vec<Vec<f64>> {
        let of = |ranks: &Vec<u128>| {
            let plan = self.space.plan("", ranks);
            self.target.measures.iter().map(|m| m.of(self.space, &plan).map_or(f64::NAN, |key| m.value(key))).collect()
        };
        plans.iter().map(of).collect()
    }

    fn write(&self, head: Json, title: &str, rows: &[Row], ranks: &[Vec<u128>]) -> anyhow::Result<Outcome> {
        let args = self.args;
        let mut plans = judged(self.grounds, self.space, args.narrow.region.as_deref(), ranks)?;
        for (i, (plan, row)) in plans.iter_mut().zip(rows).enumerate() {
            plan["plan"] = json!(format!("proposal-{}", i + 1));
            let named = |values: &[f64]| -> Map<String, Json> {
                args.by.names().iter().zip(values).map(|(n, v)| ((*n).to_owned(), json!(v))).collect()
            };
            plan["values"] = named(&row.values).into();
            plan["proved"] = json!(row.proved);
            if let Some(bound) = &row.bound {
                plan["bound"] = json!(bound.first());
                plan["differs"] = json!(row.differs);
            }
            if let Some(reason) = &row.reason {
                plan["reason"] = json!(reason);
            }
        }
        match args.format {
            Format::Text => self.common.write_text(&self.text(title, rows, &plans))?,
            Format::Csv => self.common.write_text(&csv(&plans)?)?,
            Format::Json => {
                let mut value = head;
                value["by"] = json!(args.by.words());
                value["count"] = json!(self.space.count().to_string());
                value["plans"] = json!(plans);
                value["clash"] = json!([]);
                self.notes.json(self.grounds, &mut value);
                self.common.write_json(&value)?;
            }
        }
        Ok(Outcome::Done)
    }

    fn text(&self, title: &str, rows: &[Row], plans: &[Json]) -> String {
        let (args, lang) = (self.args, self.common.lang);
        let word = |key: &str| say(lang, &format!("propose.{key}"), &[]);
        if rows.is_empty() {
            return title.to_owned();
        }
        let mut out = format!("{title}\n\n");
        let metrics = args.by.names();
        let mut table: Vec<Vec<String>> = vec![vec![word("plan")]];
        table[0].extend(metrics.iter().map(|m| (*m).to_owned()));
        let pareto = args.pareto;
        if !pareto {
            table[0].extend([word("differs"), word("bound")]);
        }
        for (row, plan) in rows.iter().zip(plans) {
            let mut line = vec![plan["plan"].as_str().unwrap_or_default().to_owned()];
            line.extend(self.target.measures.iter().zip(&row.values).map(|(m, &v)| amount(self.common, m, v)));
            if !pareto {
                line.push(row.differs.iter().min().map_or_else(|| "-".to_owned(), ToString::to_string));
                line.push(if row.proved { word("proved") } else { bound(self.common, &args.by, row) });
            }
            table.push(line);
        }
        let lines = aligned(&table);
        for (i, line) in lines.lines().enumerate() {
            out.push_str(line);
            let plan = i.checked_sub(1).and_then(|i| rows.get(i).zip(plans.get(i)));
            if let Some((row, plan)) = plan {
                if let Some(reason) = &row.reason {
                    out.push_str(&format!("  {reason}"));
                }
                if let Some(breaks) = breaks(self.common, plan) {
                    out.push_str(&format!("  {breaks}"));
                }
            }
            out.push('\n');
        }
        out.push('\n');
        out.push_str(&word("take"));
        out.push('\n');
        self.notes.text(self.common, &mut out);
        out
    }
}

/// No plan exists: why not.
fn infeasible(
    args: &Args,
    common: &Common,
    grounds: &Grounds,
    notes: &Notes,
    space: &Space<'_>,
) -> anyhow::Result<Outcome> {
    let found = clashes(args, grounds, space)?;
    if args.format == Format::Json {
        let clash: Vec<Json> = found.iter().map(|c| clash_json(common, grounds, c)).collect();
        let mut value = json!({ "outcome": "infeasible", "bound": null, "gap": null, "plans": [], "clash": clash });
        notes.json(grounds, &mut value);
        common.write_json(&value)?;
    } else {
        let mut lines = vec![say(common.lang, "space.none", &[])];
        lines.extend(found.iter().map(|c| clash_text(common, grounds, c)));
        common.write_text(&lines.join("\n"))?;
    }
    Ok(Outcome::NotConform)
}

/// Of each region without a plan, why.
fn clashes(args: &Args, grounds: &Grounds, space: &Space<'_>) -> anyhow::Result<Vec<Clash>> {
    let empty = space.parts.iter().filter(|(_, diagram)| diagram.count() == 0);
    let of_region = |region: &str| {
        clash(&grounds.territory, &grounds.rulebook, &args.narrow.narrowing(), region, args.narrow.memory)
    };
    let found = empty.map(|(region, _)| of_region(&region.name)).collect::<Result<Vec<_>, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

fn clash_json(common: &Common, grounds: &Grounds, clash: &Clash) -> Json {
    let code = |&m: &u32| grounds.territory.municipalities().get(m as usize).map(|m| m.code.clone());
    json!({
        "region": clash.region,
        "rules": clash.demands.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "municipalities": clash.municipalities.iter().filter_map(code).collect::<Vec<_>>(),
        "smallest": clash.smallest,
        "message": clash_text(common, grounds, clash),
    })
}

fn clash_text(common: &Common, grounds: &Grounds, clash: &Clash) -> String {
    let lang = common.lang;
    let codes: Vec<&String> = clash
        .municipalities
        .iter()
        .filter_map(|&m| grounds.territory.municipalities().get(m as usize).map(|m| &m.code))
        .collect();
    let names = words::municipalities(lang, &codes, &grounds.territory);
    let rules = clash.demands.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let n = codes.len().to_string();
    let mut values = vec![("region", clash.region.as_str()), ("rules", &*rules), ("n", &*n)];
    if let Some((attribute, has, needed)) = &clash.shortfall {
        let unit = grounds.territory.attribute(attribute).map_or("", |a| a.unit.as_str());
        let (has, needed) = (words::quantity(lang, *has, unit), words::quantity(lang, *needed, unit));
        values.extend([
            ("municipalities", names.as_str()),
            ("has", &has),
            ("needed", &needed),
            ("attribute", attribute),
        ]);
        return say(lang, "propose.shortfall", &values);
    }
    if !codes.is_empty() {
        values.push(("municipalities", &names));
    }
    say(lang, if clash.smallest { "propose.clash" } else { "propose.clash-some" }, &values)
}

/// A metric's value with its decimals.
fn amount(common: &Common, measure: &Measure<'_>, value: f64) -> String {
    let decimals = match measure {
        Measure::Sum(Metric::Areas | Metric::CutLinks) => 0,
        Measure::Sum(Metric::CutBorder) => 3,
        Measure::Scored(_) if value.abs() < 1.0 => 5,
        Measure::Scored(_) => 3,
    };
    number(common.lang, value, decimals)
}

/// What a judged plan breaks, in a sentence; none where it breaks nothing.
fn breaks(common: &Common, plan: &Json) -> Option<String> {
    let rules: Vec<&str> = plan["breaks"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    (!rules.is_empty()).then(|| say(common.lang, "propose.breaks", &[("rules", &rules.join(", "))]))
}

/// A gap for people, in per cent.
fn gap_words(common: &Common, gap: Option<f64>) -> Option<String> {
    gap.map(|gap| number(common.lang, gap * 100.0, 3))
}

/// Whether to go on, by the user's interrupt and the time allowed.
fn clock(args: &Args) -> impl Fn() -> bool + Sync + use<> {
    let until = args.time.map(|s| Instant::now() + Duration::from_secs(u64::from(s)));
    move || !is_interrupted() && until.is_none_or(|end| Instant::now() < end)
}

/// The bound of a plan that is not proved.
fn bound(common: &Common, by: &Aim, row: &Row) -> String {
    let values = row.bound.iter().flatten().map(|&v| number(common.lang, v, 3));
    let shown: Vec<String> = if by.weighted { values.take(1).collect() } else { values.collect() };
    format!(">= {}", shown.join(", "))
}

/// Positions of some values that lie far apart (those with the least on each axis first), sorted.
fn spread(values: &[Value], most: usize) -> Vec<usize> {
    if most >= values.len() {
        return (0..values.len()).collect();
    }
    let range = |k: usize| {
        let axis = values.iter().map(|v| v[k]);
        (axis.clone().min().unwrap_or(0), axis.max().unwrap_or(0))
    };
    let ranges: [(i64, i64); AXES] = std::array::from_fn(range);
    let scaled = |v: &Value| -> [f64; AXES] {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        std::array::from_fn(|k| (v[k] - ranges[k].0) as f64 / (ranges[k].1 - ranges[k].0).max(1) as f64)
    };
    let points: Vec<[f64; AXES]> = values.iter().map(scaled).collect();
    let mut chosen: Vec<usize> = Vec::new();
    for k in 0..AXES {
        let least = (0..values.len()).min_by_key(|&i| (values[i][k], values[i]));
        chosen.extend(least.filter(|i| ranges[k].0 < ranges[k].1 && !chosen.contains(i)));
    }
    chosen.truncate(most);
    let apart = |a: &[f64; AXES], b: &[f64; AXES]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let mut nearest: Vec<f64> = points.iter().map(|_| f64::INFINITY).collect();
    let mut counted = 0;
    while chosen.len() < most {
        for &c in &chosen[counted..] {
            nearest.iter_mut().zip(&points).for_each(|(n, p)| *n = n.min(apart(p, &points[c])));
        }
        counted = chosen.len();
        let Some(next) = (0..values.len()).max_by(|&a, &b| nearest[a].total_cmp(&nearest[b]).then(b.cmp(&a))) else {
            break;
        };
        chosen.push(next);
    }
    chosen.sort_unstable();
    chosen
}

/// The plans, as a table that every command reads: plan, code, area.
fn csv(plans: &[Json]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["plan", "code", "area"])?;
    for plan in plans {
        let name = plan["plan"].as_str().unwrap_or_default();
        for (code, area) in plan["assignment"].as_object().into_iter().flatten() {
            writer.write_record([name, code, area.as_str().unwrap_or_default()])?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extremes_are_shown_first() {
        let values: Vec<Value> = (0..11).map(|i| [i, 10 - i, 0, 0]).collect();
        assert_eq!(spread(&values, 3), [0, 5, 10]);
        assert_eq!(spread(&values, 2), [0, 10]);
        assert_eq!(spread(&values, 20).len(), 11);
    }
}
