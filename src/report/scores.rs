//! Scores of plans as text, JSON and CSV.

use serde_json::{Value, json};

use super::VERSION;
use super::table::{Cell, Column, Ink, Paint, paragraph, table};
use super::votes::{Votes, votes_json};
use crate::score::{Better, Definition, Group, Metric, Note, Score};
use crate::territory::{InputDigest, Territory};
use crate::words::{self, Lang, clean, say};

/// The scores of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// The plan's name.
    pub plan: String,
    /// How many areas it has.
    pub areas: usize,
    /// Municipalities without an area: they count nowhere.
    pub unassigned: usize,
    /// A score for each metric; the note alone where the territory lacks what it is made of.
    pub scores: Vec<Result<Score, Note>>,
    /// All inputs, with digests.
    pub inputs: Vec<InputDigest>,
}

impl Card {
    fn value(&self, metric: usize) -> Option<f64> {
        self.scores[metric].as_ref().ok()?.value
    }

    fn notes(&self, metric: usize) -> Vec<&Note> {
        match &self.scores[metric] {
            Ok(score) => score.notes.iter().collect(),
            Err(note) => vec![note],
        }
    }
}

/// What was measured, and in which language it is told.
#[derive(Debug, Clone, Copy)]
pub struct Scores<'a> {
    /// The territory.
    pub territory: &'a Territory,
    /// The metrics, one a score.
    pub metrics: &'a [Metric],
    /// The plan that moves were counted from.
    pub baseline: Option<&'a str>,
    /// The plans.
    pub cards: &'a [Card],
    /// Language of the sentences.
    pub lang: Lang,
}

/// A note as a sentence.
fn sentence(lang: Lang, note: &Note) -> String {
    let values = note.values();
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    say(lang, note.key(), &values)
}

/// The notes of a score in one text.
fn sentences(lang: Lang, notes: &[&Note]) -> Option<String> {
    let all: Vec<String> = notes.iter().map(|note| sentence(lang, note)).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn direction(better: Better) -> &'static str {
    match better {
        Better::Lower => "lower",
        Better::Higher => "higher",
    }
}

/// The scores as the contract's JSON: one plan its object, several an array in their order;
/// with the votes in the areas of the same plans, where they are asked for.
#[must_use]
pub fn scores_json(scores: &Scores<'_>, votes: Option<&Votes<'_>>) -> Value {
    let some = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    let card = |(p, card): (usize, &Card)| {
        let row = |(i, metric): (usize, &Metric)| {
            let areas = card.scores[i].as_ref().map(|s| s.areas.as_slice()).unwrap_or_default();
            let areas = areas.iter().map(|a| json!({ "area": a.area, "value": a.value }));
            json!({
                "metric": metric.name(),
                "value": card.value(i),
                "unit": some(metric.unit()),
                "better": metric.better(),
                "source": some(metric.source()),
                "estimated": metric.is_estimated(),
                "expression": metric.definition().map(|definition| &definition.formula),
                "note": sentences(scores.lang, &card.notes(i)),
                "areas": areas.collect::<Vec<_>>(),
            })
        };
        let mut value = json!({
            "plan": card.plan,
            "scores": scores.metrics.iter().enumerate().map(row).collect::<Vec<_>>(),
            "baseline": scores.baseline,
            "unassigned": card.unassigned,
            "territory": { "name": scores.territory.name(), "date": scores.territory.date() },
            "inputs": card.inputs,
            "version": VERSION,
        });
        if let Some(votes) = votes {
            value["votes"] = votes_json(votes, p);
        }
        value
    };
    match scores.cards {
        [one] => card((0, one)),
        several => several.iter().enumerate().map(card).collect(),
    }
}

/// The scores as a table: a line for each plan and metric, then one for each of its areas; numbers in full.
#[must_use]
pub fn scores_csv(scores: &Scores<'_>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
    let mut rows = vec![["plan", "metric", "area", "value", "unit", "better", "note"].map(str::to_owned)];
    for card in scores.cards {
        for (i, metric) in scores.metrics.iter().enumerate() {
            let row = |area: &str, value: Option<f64>, note: String| {
                let fixed = [metric.unit(), direction(metric.better())].map(str::to_owned);
                let [unit, better] = fixed;
                [card.plan.clone(), metric.name().to_owned(), area.to_owned(), number(value), unit, better, note]
            };
            let note = sentences(scores.lang, &card.notes(i)).unwrap_or_default();
            rows.push(row("", card.value(i), note));
            let areas = card.scores[i].iter().flat_map(|s| &s.areas);
            rows.extend(areas.map(|a| row(&a.area, a.value, String::new())));
        }
    }
    let written = rows.iter().try_for_each(|row| writer.write_record(row)).is_ok();
    let bytes = if written { writer.into_inner().unwrap_or_default() } else { Vec::new() };
    String::from_utf8(bytes).unwrap_or_default()
}

/// The scores for people: a table for each group of metrics, a column for each plan; with `per_area` then a table of
/// the areas of each plan.
#[must_use]
pub fn scores_text(scores: &Scores<'_>, per_area: bool, colour: bool, width: usize) -> String {
    let lang = scores.lang;
    let paint = Paint(colour);
    let mut out = String::new();
    for card in scores.cards {
        let (areas, unassigned) = (card.areas.to_string(), card.unassigned.to_string());
        let mut values = vec![("plan", card.plan.as_str()), ("areas", &areas)];
        if card.unassigned > 0 {
            values.push(("unassigned", &unassigned));
        }
        let head = say(lang, "score.head", &values);
        paragraph(&mut out, paint, ("", Ink::Bold), &head, width);
    }
    if let Some(baseline) = scores.baseline {
        paragraph(&mut out, paint, ("", Ink::Plain), &say(lang, "score.against", &[("baseline", baseline)]), width);
    }
    let mut order: Vec<usize> = (0..scores.metrics.len()).collect();
    order.sort_by_key(|&i| scores.metrics[i].group());
    let mut last: Option<Group> = None;
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for &i in &order {
        let group = scores.metrics[i].group();
        if last != Some(group) {
            if !rows.is_empty() {
                rows.push(blank(scores));
            }
            let mut row = blank(scores);
            row[0] = Cell(say(lang, group_key(group), &[]), Ink::Bold);
            rows.push(row);
            last = Some(group);
        }
        rows.push(line(scores, i));
    }
    out.push('\n');
    table(&mut out, paint, &heads(scores), &rows, width);
    notes(&mut out, scores, &order, paint, width);
    definitions(&mut out, scores, paint, width);
    if per_area {
        for card in scores.cards {
            areas(&mut out, scores, card, &order, paint, width);
        }
    }
    if scores.metrics.iter().any(Metric::is_estimated) {
        out.push('\n');
        paragraph(&mut out, paint, ("", Ink::Dim), &say(lang, "basis.estimated", &[]), width);
    }
    out
}

fn group_key(group: Group) -> &'static str {
    match group {
        Group::Size => "score.size",
        Group::Border => "score.border",
        Group::Compactness => "score.compactness",
        Group::Reach => "score.reach",
        Group::Continuity => "score.continuity",
        Group::Alignment => "score.alignment",
        Group::Wishes => "score.wishes",
        Group::Own => "score.own",
    }
}

/// One plan has a column more: the area that tells most.
fn heads(scores: &Scores<'_>) -> Vec<Column> {
    let lang = scores.lang;
    let head = |title: String, right, wraps| Column { title, right, wraps };
    let mut heads = vec![head(say(lang, "score.metric", &[]), false, false)];
    match scores.cards {
        [_] => heads.push(head(say(lang, "score.value", &[]), true, false)),
        several => heads.extend(several.iter().map(|c| head(clean(&c.plan), true, true))),
    }
    heads.push(head(say(lang, "score.better", &[]), false, false));
    if scores.cards.len() == 1 {
        heads.push(head(say(lang, "head.area", &[]), false, true));
    }
    heads
}

fn blank(scores: &Scores<'_>) -> Vec<Cell> {
    heads(scores).iter().map(|_| Cell::plain("")).collect()
}

fn line(scores: &Scores<'_>, i: usize) -> Vec<Cell> {
    let (lang, metric) = (scores.lang, &scores.metrics[i]);
    let mut cells = vec![Cell::plain(clean(metric.name()))];
    cells.extend(scores.cards.iter().map(|c| Cell::plain(amount(lang, metric, c.value(i)))));
    cells.push(Cell(say(lang, &format!("score.{}", direction(metric.better())), &[]), Ink::Dim));
    if let [card] = scores.cards {
        let telling = card.scores[i].as_ref().ok().and_then(|s| s.areas.get(s.telling?));
        cells.push(Cell::plain(telling.map_or_else(String::new, |a| clean(&a.area))));
    }
    cells
}

/// A value with its unit; `~` before an estimate, `-` for none.
fn amount(lang: Lang, metric: &Metric, value: Option<f64>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let shown = match metric.unit().strip_suffix("km2").map(str::trim_end) {
        Some("") | None => words::quantity(lang, value, metric.unit()),
        Some(counted) => format!("{} · {}", words::quantity(lang, value, counted), say(lang, "unit.km2", &[])),
    };
    if metric.is_estimated() { format!("~{shown}") } else { shown }
}

/// What a reader must know, each sentence once with the metrics (and plans) that it is about.
fn notes(out: &mut String, scores: &Scores<'_>, order: &[usize], paint: Paint, width: usize) {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for &i in order {
        let mut of_metric: Vec<(String, Vec<&str>)> = Vec::new();
        for card in scores.cards {
            for said in card.notes(i).into_iter().map(|note| sentence(scores.lang, note)) {
                match of_metric.iter_mut().find(|(known, _)| *known == said) {
                    Some((_, plans)) => plans.push(&card.plan),
                    None => of_metric.push((said, vec![&card.plan])),
                }
            }
        }
        for (said, plans) in of_metric {
            let name = scores.metrics[i].name();
            let of_all = plans.len() == scores.cards.len();
            let about = if of_all { name.to_owned() } else { format!("{name} ({})", plans.join(", ")) };
            match all.iter_mut().find(|(known, _)| *known == said) {
                Some((_, names)) => names.push(about),
                None => all.push((said, vec![about])),
            }
        }
    }
    if !all.is_empty() {
        out.push('\n');
    }
    for (said, about) in all {
        paragraph(out, paint, ("", Ink::Plain), &format!("{}: {}", clean(&about.join(", ")), clean(&said)), width);
    }
}

/// How the metrics of the rulebook are made.
fn definitions(out: &mut String, scores: &Scores<'_>, paint: Paint, width: usize) {
    let lang = scores.lang;
    let own: Vec<&Definition> = scores.metrics.iter().filter_map(Metric::definition).collect();
    if !own.is_empty() {
        out.push('\n');
    }
    for definition in own {
        let formula = clean(&definition.formula);
        let made = say(lang, &format!("score.made-{}", definition.aggregate.name()), &[("formula", &formula)]);
        let text = if lang == Lang::Nl { &definition.nl } else { &definition.en };
        let text = if text.is_empty() { String::new() } else { format!(" {}", clean(text)) };
        paragraph(out, paint, ("", Ink::Dim), &format!("{}: {made}{text}", clean(&definition.name)), width);
    }
}

/// The areas of a plan, a column for each metric that has terms.
fn areas(out: &mut String, scores: &Scores<'_>, card: &Card, order: &[usize], paint: Paint, width: usize) {
    let with_terms: Vec<usize> = {
        let is_shown = |&i: &usize| scores.metrics[i].is_per_area() && scores.metrics[i].name() != "areas";
        let mut seen: Vec<&[crate::score::AreaScore]> = Vec::new();
        // Mean and least of one measure have the same terms.
        let mut is_new = |i: usize| {
            let terms = card.scores[i].as_ref().map(|s| s.areas.as_slice()).unwrap_or_default();
            let new = !terms.is_empty() && !seen.contains(&terms);
            seen.push(terms);
            new
        };
        order.iter().copied().filter(|i| is_shown(i)).filter(|&i| is_new(i)).collect()
    };
    if with_terms.is_empty() {
        return;
    }
    let lang = scores.lang;
    let mut heads = vec![Column { title: say(lang, "head.area", &[]), right: false, wraps: false }];
    let title = |i: &usize| clean(term_name(scores.metrics[*i].name()));
    heads.extend(with_terms.iter().map(|i| Column { title: title(i), right: true, wraps: true }));
    let score = |i: usize, a: usize| card.scores[i].as_ref().ok()?.areas.get(a)?.value;
    let row = |a: usize| {
        let label = with_terms.first().and_then(|&i| card.scores[i].as_ref().ok()?.areas.get(a));
        let mut cells = vec![Cell::plain(label.map_or_else(String::new, |l| clean(&l.area)))];
        cells.extend(with_terms.iter().map(|&i| Cell::plain(of_area(lang, &scores.metrics[i], score(i, a)))));
        cells
    };
    let rows: Vec<Vec<Cell>> = (0..card.areas).map(row).collect();
    out.push('\n');
    if scores.cards.len() > 1 {
        paragraph(out, paint, ("", Ink::Bold), &clean(&card.plan), width);
    }
    table(out, paint, &heads, &rows, width);
}

/// The name of what an area has, without what is made of it for the plan.
fn term_name(name: &str) -> &str {
    let name =
        ["min_", "max_", "range_", "cv_", "deviation_"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name);
    name.strip_suffix("_mean").or_else(|| name.strip_suffix("_min")).unwrap_or(name)
}

/// What an area has; a share of the mean is of the plan, so that an area shows its sum.
fn of_area(lang: Lang, metric: &Metric, value: Option<f64>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let shown = words::quantity(lang, value, "");
    if metric.is_estimated() { format!("~{shown}") } else { shown }
}
