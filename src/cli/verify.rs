//! `landmeter verify`: does a certificate prove what it claims?

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Outcome;
use super::args::{Common, Format, RuleArgs, TerritoryArgs};
use super::common::Grounds;
use crate::io::Lines;
use crate::verify::{Conclude, Conclusion, verify};
use crate::words::{number, say};

/// Does a certificate prove its optimum? Followed step by step, by a checker that shares no code with the search
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A certificate is written by `landmeter space --best METRIC --certificate FILE` and `landmeter propose --by METRIC
--certificate FILE`. It lists every state of a walk over the municipalities with the least that a plan costs from there on.
The checker works out by itself what follows each state, from the territory and the rulebook at hand; name the same as
for the search. What is claimed is said in full: with which options, and which rules it is not about.

Exit codes: 0 proved; 1 the certificate does not prove its claim (the reason says where); 2 it can't be read
(of several files the others are followed all the same).

Examples:
  landmeter space --region Limburg --best cut_links --certificate limburg.jsonl.gz
  landmeter verify limburg.jsonl.gz
  landmeter verify limburg.jsonl.gz --format json
  landmeter verify a.jsonl.gz b.jsonl.gz --territory counties.json --rules my-rules.toml"
)]
pub(super) struct Args {
    /// Certificates, gzipped or not
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    territory: TerritoryArgs,
    /// Text for people or JSON for scripts
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,
}

pub(super) fn run(args: &Args, common: &Common) -> anyhow::Result<Outcome> {
    let grounds = Grounds::load(&args.territory, &args.rules, false, common)?;
    let follow = |path: &PathBuf| {
        let lines = Lines::open(path)?;
        verify(lines, &grounds.territory, &grounds.rulebook, grounds.of_claims())
    };
    // One that can't be read keeps nobody from what the others prove.
    let (mut conclusions, mut unreadable): (Vec<Conclusion>, Vec<anyhow::Error>) = Default::default();
    for path in &args.files {
        match follow(path) {
            Ok(conclusion) => conclusions.push(conclusion),
            Err(error) => unreadable.push(error.into()),
        }
    }
    if let (true, Some(_)) = (conclusions.is_empty(), unreadable.first()) {
        return Err(all_of(unreadable));
    }
    match args.format {
        Format::Text => {
            let texts: Vec<String> = conclusions.iter().map(|c| text(c, common)).collect();
            common.write_text(&texts.join("\n"))?;
        }
        Format::Json => {
            let mut values: Vec<Value> = conclusions.iter().map(|c| json(c, &grounds)).collect();
            let value = if args.files.len() == 1 { values.remove(0) } else { Value::Array(values) };
            common.write_json(&value)?;
        }
    }
    if !unreadable.is_empty() {
        return Err(all_of(unreadable));
    }
    Ok(if conclusions.iter().all(Conclusion::proved) { Outcome::Done } else { Outcome::NotConform })
}

/// Several errors as one, a line each; one is itself.
fn all_of(mut errors: Vec<anyhow::Error>) -> anyhow::Error {
    match (errors.pop(), errors.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            let lines: Vec<String> = errors.iter().chain(&last).map(|error| format!("{error:#}")).collect();
            anyhow::anyhow!(lines.join("\n"))
        }
    }
}

fn json(conclusion: &Conclusion, grounds: &Grounds) -> Value {
    let unit = match conclusion.metric.as_str() {
        "areas" => "areas",
        "cut_links" => "links",
        _ => "km",
    };
    let claim = |claim: &Conclude| {
        json!({
            "region": claim.region, "metric": conclusion.metric, "value": claim.value, "unit": unit,
            "units": claim.units, "states": claim.states, "proved": claim.proved,
            "reason": if claim.proved { &None } else { &conclusion.reason },
        })
    };
    json!({
        "certificate": conclusion.path,
        "proved": conclusion.proved(),
        "claims": conclusion.claims.iter().map(claim).collect::<Vec<_>>(),
        "total": conclusion.total,
        "reason": conclusion.reason,
        "narrowed": conclusion.narrowed,
        "untested": conclusion.untested,
        "territory": conclusion.territory,
        "rulebook": conclusion.rulebook,
        "inputs": grounds.of_claims(),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn text(conclusion: &Conclusion, common: &Common) -> String {
    let lang = common.lang;
    let value = |value: f64| number(lang, value, if conclusion.metric == "cut_border_km" { 3 } else { 0 });
    let (path, metric) = (conclusion.path.as_str(), conclusion.metric.as_str());
    let mut lines = Vec::new();
    match &conclusion.reason {
        Some(reason) => lines.push(say(lang, "verify.not-proved", &[("file", path), ("reason", reason)])),
        None => {
            let values = [("file", path), ("territory", &conclusion.territory), ("rulebook", &conclusion.rulebook)];
            lines.push(say(lang, "verify.proved", &values));
        }
    }
    for claim in conclusion.claims.iter().filter(|claim| claim.proved) {
        let (units, states) = (claim.units.to_string(), claim.states.to_string());
        let least = claim.value.map(value);
        let key = if least.is_some() { "verify.least" } else { "verify.none" };
        let values = [("region", claim.region.as_str()), ("metric", metric), ("units", &units), ("states", &states)];
        let values: Vec<_> = values.into_iter().chain(least.as_deref().map(|least| ("value", least))).collect();
        lines.push(say(lang, key, &values));
    }
    if conclusion.proved() {
        if let (Some(total), true) = (conclusion.total, conclusion.claims.len() > 1) {
            lines.push(say(lang, "verify.total", &[("metric", metric), ("value", &value(total))]));
        }
        for (key, name, items) in
            [("verify.narrowed", "options", &conclusion.narrowed), ("verify.untested", "rules", &conclusion.untested)]
        {
            if !items.is_empty() {
                lines.push(say(lang, key, &[(name, &items.join(", "))]));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}
