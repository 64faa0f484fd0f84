//! A remedy, a derogation and an area's sums in words.

use super::Context;
use crate::rules::{Derogation, Remedy};
use crate::words::{self, say};

/// The remedy as sentences; empty where it says nothing.
pub(super) fn remedy(context: &Context<'_>, remedy: &Remedy) -> String {
    let (lang, territory) = (context.lang, context.territory);
    let mut sentences = Vec::new();
    if !remedy.moves.is_empty() {
        let moves: Vec<String> = remedy
            .moves
            .iter()
            .map(|m| {
                let municipality = words::municipalities(lang, &[&m.municipality], territory);
                match &m.from {
                    Some(from) => {
                        say(lang, "remedy.move", &[("municipality", &municipality), ("from", from), ("to", &m.to)])
                    }
                    None => say(lang, "remedy.assign", &[("municipality", &municipality), ("to", &m.to)]),
                }
            })
            .collect();
        let key = if remedy.proved_smallest { "remedy.proved" } else { "remedy.found" };
        sentences.push(say(lang, key, &[("moves", &words::list(lang, &moves))]));
        if remedy.alternatives > 0 {
            sentences.push(say(lang, "remedy.alternatives", &[("count", &remedy.alternatives.to_string())]));
        }
    } else if remedy.searched_up_to > 0 {
        sentences.push(say(lang, "remedy.none", &[("n", &words::number(lang, f64::from(remedy.searched_up_to), 0))]));
    }
    if let Some(gap) = remedy.gap_m {
        sentences.push(say(lang, "remedy.gap", &[("gap", &words::quantity(lang, gap, "m"))]));
    }
    if !remedy.merge_with.is_empty() {
        let areas = words::list(lang, &remedy.merge_with);
        sentences.push(say(lang, "remedy.merge", &[("areas", &areas)]));
    }
    let bridges = if remedy.bridge_length > 1 { "remedy.bridges-together" } else { "remedy.bridges" };
    for (key, codes) in [(bridges, &remedy.bridges), ("remedy.articulation", &remedy.articulation)] {
        if !codes.is_empty() {
            let n = codes.len().to_string();
            let municipalities = words::municipalities(lang, codes, territory);
            sentences.push(say(lang, key, &[("n", &n), ("municipalities", &municipalities)]));
        }
    }
    sentences.join(" ")
}

/// A granted derogation as a sentence.
pub(super) fn derogation(context: &Context<'_>, derogation: &Derogation) -> String {
    let mut values = vec![
        ("id", derogation.id.as_str()),
        ("who", &derogation.decided_by),
        ("date", &derogation.date),
        ("reason", derogation.reason.trim_end_matches('.')),
    ];
    if let Some(until) = &derogation.until {
        values.push(("until", until));
    }
    if !derogation.source.is_empty() {
        values.push(("source", &derogation.source));
    }
    say(context.lang, "derogation.sentence", &values)
}

/// An area's sum as it stands in a table: `1,234`, `~1,234` where estimated, `not known` where a figure is missing.
pub(super) fn sum(context: &Context<'_>, sum: Option<f64>, estimated: bool) -> String {
    let Some(value) = sum else { return say(context.lang, "table.not-known", &[]) };
    let shown = words::number(context.lang, value, if value.abs() >= 100.0 { 0 } else { 2 });
    if estimated { format!("~{shown}") } else { shown }
}
