//! A verdict for people, in plain text or in colour.

use super::table::{Cell, Column, Ink, Paint, paragraph, table};
use super::{Context, VERSION, push_source, remedy};
use crate::rules::{AreaRow, Finding, Severity, Status, Verdict};
use crate::words::{self, Lang, clean, say};

/// A verdict for people: the sentence that matters, a table per area, the findings with remedy and source.
///
/// `colour` adds terminal escape codes; no line is longer than `width` characters unless a table can't be narrower.
#[must_use]
pub fn verdict_text(context: &Context<'_>, verdict: &Verdict, colour: bool, width: usize) -> String {
    let paint = Paint(colour);
    let width = width.clamp(40, 400);
    let mut out = String::new();
    for line in super::table::wrap(&headline(context, verdict), width) {
        paint.put(&mut out, status_ink(verdict.status), &line);
        out.push('\n');
    }
    if !verdict.areas.is_empty() {
        out.push('\n');
        let (heads, rows) = areas(context, verdict);
        table(&mut out, paint, &heads, &rows, width);
    }
    for (key, ink, findings) in groups(verdict) {
        if !findings.is_empty() {
            out.push('\n');
            let n = words::number(context.lang, count(findings.len()), 0);
            paint.put(&mut out, ink, &say(context.lang, key, &[("n", &n)]));
            out.push('\n');
            for finding in findings {
                put_finding(&mut out, context, finding, paint, ink, width);
            }
        }
    }
    out.push('\n');
    let mut basis = rests_on(context);
    if verdict.areas.iter().any(|row| row.sums.iter().any(|s| s.estimated)) {
        basis.push(' ');
        basis.push_str(&say(context.lang, "basis.estimated", &[]));
    }
    for line in super::table::wrap(&basis, width) {
        paint.put(&mut out, Ink::Dim, &line);
        out.push('\n');
    }
    out
}

/// Several verdicts in a short table, one a plan, in the order given, and a line that counts them.
#[must_use]
pub fn summary_text(context: &Context<'_>, verdicts: &[Verdict], colour: bool, width: usize) -> String {
    let lang = context.lang;
    let columns = columns(lang, &[("plan", false, true), ("verdict", false, false), ("areas", true, false)])
        .into_iter()
        .chain(columns(lang, &[("violations", true, false), ("derogations", true, false), ("warnings", true, false)]))
        .collect::<Vec<_>>();
    let number = |n: usize| Cell::plain(words::number(lang, count(n), 0));
    let rows: Vec<Vec<Cell>> = verdicts
        .iter()
        .map(|v| {
            let [violations, granted, warnings, _] = groups(v).map(|(_, _, findings)| findings.len());
            vec![
                Cell::plain(clean(&v.plan)),
                Cell(say(lang, status_key(v.status), &[]), status_ink(v.status)),
                number(v.areas.len()),
                number(violations),
                number(granted),
                number(warnings),
            ]
        })
        .collect();
    let mut out = String::new();
    table(&mut out, Paint(colour), &columns, &rows, width);
    let of = |status| words::number(lang, count(verdicts.iter().filter(|v| v.status == status).count()), 0);
    out.push('\n');
    let line = say(
        lang,
        "summary.count",
        &[
            ("plans", &words::number(lang, count(verdicts.len()), 0)),
            ("conform", &of(Status::Conform)),
            ("derogations", &of(Status::ConformWithDerogations)),
            ("not", &of(Status::NotConform)),
        ],
    );
    paragraph(&mut out, Paint(colour), ("", Ink::Plain), &line, width);
    out
}

/// The sentence that matters.
pub(super) fn headline(context: &Context<'_>, verdict: &Verdict) -> String {
    let lang = context.lang;
    let [violations, granted, ..] = groups(verdict).map(|(_, _, findings)| findings);
    let number = |n: usize| words::number(lang, count(n), 0);
    match verdict.status {
        Status::Conform => say(lang, "headline.conform", &[("plan", &verdict.plan)]),
        Status::ConformWithDerogations => {
            let n = distinct(granted.iter().filter_map(|f| f.derogation.as_ref()).map(|d| d.id.as_str()));
            say(lang, "headline.derogations", &[("plan", &verdict.plan), ("n", &number(n))])
        }
        Status::NotConform => {
            let broken = distinct(violations.iter().filter_map(|f| f.area.as_deref()));
            let elsewhere = violations.iter().filter(|f| f.area.is_none()).count();
            let (n, all, other) = (number(broken), number(verdict.areas.len().max(broken)), number(elsewhere));
            let key = match (broken, elsewhere) {
                (0, _) => "headline.not-elsewhere",
                (_, 0) => "headline.not-areas",
                _ => "headline.not-both",
            };
            say(lang, key, &[("plan", &verdict.plan), ("n", &n), ("areas", &all), ("other", &other)])
        }
    }
}

/// What a verdict rests on: territory, date, rulebook, version.
pub(super) fn rests_on(context: &Context<'_>) -> String {
    let territory = context.territory;
    let number = words::number(context.lang, count(territory.len()), 0);
    let mut values = vec![
        ("territory", territory.name()),
        ("n", number.as_str()),
        ("rulebook", &context.rulebook.name),
        ("lawdate", &context.rulebook.date),
        ("version", VERSION),
    ];
    if let Some(date) = territory.date() {
        values.push(("date", date));
    }
    say(context.lang, "basis.sentence", &values)
}

/// The findings in the order in which a reader needs them, with a heading and an ink for each group: violations,
/// violations that a derogation covers, warnings, notes.
pub(super) fn groups(verdict: &Verdict) -> [(&'static str, Ink, Vec<&Finding>); 4] {
    let pick = |severity, covered: Option<bool>| -> Vec<&Finding> {
        let wanted = |f: &&Finding| f.severity == severity && covered.is_none_or(|c| c == f.derogation.is_some());
        verdict.findings.iter().filter(wanted).collect()
    };
    [
        ("group.violations", Ink::Bad, pick(Severity::Violation, Some(false))),
        ("group.granted", Ink::Granted, pick(Severity::Violation, Some(true))),
        ("group.warnings", Ink::Doubt, pick(Severity::Warning, None)),
        ("group.notes", Ink::Bold, pick(Severity::Note, None)),
    ]
}

fn put_finding(out: &mut String, context: &Context<'_>, finding: &Finding, paint: Paint, ink: Ink, width: usize) {
    let sentence = words::finding(context.lang, finding, context.territory);
    paragraph(out, paint, (&format!("  {}  ", finding.code), ink), &sentence, width);
    for (label, text) in below(context, finding) {
        paragraph(out, paint, (&format!("        {label} "), Ink::Dim), &text, width);
    }
}

/// What stands below the sentence of a finding: its remedy, its derogation and its source, as far as they are there, each
/// with its label.
pub(super) fn below(context: &Context<'_>, finding: &Finding) -> Vec<(String, String)> {
    let mut source = String::new();
    push_source(context, finding, &mut source);
    let remedy = finding.remedy.as_ref().map(|r| remedy::remedy(context, r));
    let derogation = finding.derogation.as_ref().map(|d| remedy::derogation(context, d));
    let all = [("label.remedy", remedy), ("label.derogation", derogation), ("label.source", Some(source))];
    let some = all.into_iter().filter_map(|(key, text)| Some((key, text.filter(|text| !text.is_empty())?)));
    some.map(|(key, text)| (say(context.lang, key, &[]), clean(&text))).collect()
}

/// The table per area.
pub(super) fn areas(context: &Context<'_>, verdict: &Verdict) -> (Vec<Column>, Vec<Vec<Cell>>) {
    let lang = context.lang;
    let mut heads = columns(
        lang,
        &[
            ("area", false, true),
            ("municipalities", true, false),
            ("contiguous", false, true),
            ("enclosure", false, true),
            ("zone", false, true),
        ],
    );
    let attributes: Vec<&str> = {
        let mut names: Vec<&str> = Vec::new();
        for sum in verdict.areas.iter().flat_map(|row| &row.sums) {
            if !names.contains(&sum.attribute.as_str()) {
                names.push(&sum.attribute);
            }
        }
        names
    };
    heads.extend(attributes.iter().map(|a| Column { title: words::column(lang, a), right: true, wraps: false }));
    heads.extend(columns(lang, &[("findings", false, true)]));
    (heads, verdict.areas.iter().map(|row| area_cells(context, verdict, row, &attributes)).collect())
}

fn area_cells(context: &Context<'_>, verdict: &Verdict, row: &AreaRow, attributes: &[&str]) -> Vec<Cell> {
    let lang = context.lang;
    let number = |n: u32| words::number(lang, f64::from(n), 0);
    let mut contiguous = match row.pieces {
        0 | 1 => say(lang, "table.yes", &[]),
        n => say(lang, "table.pieces", &[("n", &number(n))]),
    };
    if !row.exclaves.is_empty() {
        let n = words::number(lang, count(row.exclaves.len()), 0);
        contiguous.push_str(&say(lang, "table.exclaves", &[("n", &n)]));
    }
    let mut enclosure = Vec::new();
    if !row.encloses.is_empty() {
        enclosure.push(say(lang, "table.encloses", &[("areas", &words::list(lang, &row.encloses))]));
    }
    if let Some(by) = &row.enclosed_by {
        enclosure.push(say(lang, "table.enclosed", &[("area", by)]));
    }
    let zones: Vec<String> = match &row.zones[..] {
        [(zone, _)] => vec![clean(zone)],
        several => several.iter().map(|(zone, n)| format!("{} ({})", clean(zone), number(*n))).collect(),
    };
    let mut cells = vec![
        Cell(clean(&row.area), if row.findings.is_empty() { Ink::Plain } else { Ink::Bold }),
        Cell::plain(words::number(lang, count(row.municipalities.len()), 0)),
        Cell(contiguous, if row.pieces > 1 { Ink::Doubt } else { Ink::Plain }),
        Cell::plain(if enclosure.is_empty() { say(lang, "table.none", &[]) } else { enclosure.join("; ") }),
        Cell(zones.join(", "), if row.zones.len() > 1 { Ink::Doubt } else { Ink::Plain }),
    ];
    for name in attributes {
        let sum = row.sums.iter().find(|s| s.attribute == *name);
        let short = sum.is_some_and(|s| {
            s.sum.is_some_and(|v| s.at_least.is_some_and(|least| v < least) || s.at_most.is_some_and(|most| v > most))
        });
        let text = sum.map_or_else(String::new, |s| remedy::sum(context, s.sum, s.estimated));
        cells.push(Cell(text, if short { Ink::Doubt } else { Ink::Plain }));
    }
    cells.push(Cell(row.findings.join(" "), row_ink(verdict, row)));
    cells
}

/// The ink of the gravest finding about an area.
fn row_ink(verdict: &Verdict, row: &AreaRow) -> Ink {
    let about = |f: &&Finding| f.area.as_deref() == Some(row.area.as_str());
    groups(verdict).iter().find(|(_, _, findings)| findings.iter().any(about)).map_or(Ink::Plain, |g| g.1)
}

fn columns(lang: Lang, heads: &[(&str, bool, bool)]) -> Vec<Column> {
    heads
        .iter()
        .map(|&(key, right, wraps)| Column { title: say(lang, &format!("head.{key}"), &[]), right, wraps })
        .collect()
}

pub(super) fn status_key(status: Status) -> &'static str {
    match status {
        Status::Conform => "status.conform",
        Status::ConformWithDerogations => "status.derogations",
        Status::NotConform => "status.not",
    }
}

pub(super) fn status_ink(status: Status) -> Ink {
    match status {
        Status::Conform => Ink::Good,
        Status::ConformWithDerogations => Ink::Granted,
        Status::NotConform => Ink::Bad,
    }
}

fn distinct<'a>(items: impl Iterator<Item = &'a str>) -> usize {
    let mut all: Vec<&str> = items.collect();
    all.sort_unstable();
    all.dedup();
    all.len()
}

/// A count as the number that `words` writes; exact below 2^32, which no territory exceeds.
pub(super) fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
