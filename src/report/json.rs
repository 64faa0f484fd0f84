//! A verdict as the contract's JSON: findings are written straight into bytes, by the same code for the whole report
//! and for the lines of a batch, where every microsecond counts.

use serde::{Serialize, Serializer};

use super::{Context, VERSION, push_source};
use crate::rules::{AreaRow, Finding, Remedy, Severity, Status, Verdict};
use crate::words;

/// A verdict as the contract's JSON object; what is absent is `null`.
#[must_use]
pub fn verdict_json(context: &Context<'_>, verdict: &Verdict) -> serde_json::Value {
    let territory = context.territory;
    let mut out = Vec::new();
    put_judgement(&mut out, context, verdict);
    member(&mut out, "areas", &verdict.areas.iter().map(Area).collect::<Vec<_>>());
    let about = TerritoryOut {
        name: territory.name(),
        date: territory.date(),
        municipalities: territory.len(),
        links: territory.adjacency().links().len(),
        schematic: territory.shapes().map(|s| s.schematic),
    };
    member(&mut out, "territory", &about);
    let title = match context.lang {
        words::Lang::En => &context.rulebook.title.en,
        words::Lang::Nl => &context.rulebook.title.nl,
    };
    let rulebook = RulebookOut { name: &context.rulebook.name, date: &context.rulebook.date, title };
    member(&mut out, "rulebook", &rulebook);
    member(&mut out, "inputs", context.inputs);
    member(&mut out, "version", VERSION);
    out.push(b'}');
    serde_json::from_slice(&out).unwrap_or_default()
}

/// The same object on one line with a line feed, without `areas` and `inputs`, and with only the names of the
/// territory and the rulebook; written straight into `out`.
pub fn write_batch_line(out: &mut Vec<u8>, context: &Context<'_>, verdict: &Verdict) {
    let findings = verdict.findings.iter().map(|finding| finding_bytes(context, finding));
    write_batch_line_of(out, context, &verdict.plan, verdict.status, findings);
}

/// A finding as it stands in a line of a batch.
#[must_use]
pub fn finding_bytes(context: &Context<'_>, finding: &Finding) -> Vec<u8> {
    let mut out = Vec::new();
    put_finding(&mut out, context, finding, &mut String::new());
    out
}

/// The line of a batch from the parts of a verdict; findings as [`finding_bytes`] gives them.
pub fn write_batch_line_of(
    out: &mut Vec<u8>,
    context: &Context<'_>,
    plan: &str,
    status: Status,
    findings: impl Iterator<Item = impl AsRef<[u8]>>,
) {
    put_head(out, plan, status);
    for (i, finding) in findings.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.extend_from_slice(finding.as_ref());
    }
    out.push(b']');
    out.extend_from_slice(b",\"territory\":{\"name\":");
    put_str(out, context.territory.name());
    out.extend_from_slice(b"},\"rulebook\":{\"name\":");
    put_str(out, &context.rulebook.name);
    out.extend_from_slice(b"},\"version\":");
    put_str(out, VERSION);
    out.extend_from_slice(b"}\n");
}

/// The members `plan` and `verdict`, after an opening brace, and the opening of `findings`.
fn put_head(out: &mut Vec<u8>, plan: &str, status: Status) {
    out.extend_from_slice(b"{\"plan\":");
    put_str(out, plan);
    out.extend_from_slice(match status {
        Status::Conform => b",\"verdict\":\"conform\"",
        Status::ConformWithDerogations => b",\"verdict\":\"conform-with-derogations\"".as_slice(),
        Status::NotConform => b",\"verdict\":\"not-conform\"",
    });
    out.extend_from_slice(b",\"findings\":[");
}

/// The members `plan`, `verdict` and `findings`, after an opening brace.
fn put_judgement(out: &mut Vec<u8>, context: &Context<'_>, verdict: &Verdict) {
    put_head(out, &verdict.plan, verdict.status);
    let mut scratch = String::new();
    for (i, finding) in verdict.findings.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        put_finding(out, context, finding, &mut scratch);
    }
    out.push(b']');
}

fn put_finding(out: &mut Vec<u8>, context: &Context<'_>, finding: &Finding, scratch: &mut String) {
    out.extend_from_slice(b"{\"code\":");
    put_str(out, finding.code);
    out.extend_from_slice(match finding.severity {
        Severity::Violation => b",\"severity\":\"violation\",\"rule\":".as_slice(),
        Severity::Warning => b",\"severity\":\"warning\",\"rule\":",
        Severity::Note => b",\"severity\":\"note\",\"rule\":",
    });
    put_str(out, &finding.rule);
    out.extend_from_slice(b",\"area\":");
    put_optional(out, finding.area.as_deref());
    out.extend_from_slice(b",\"municipalities\":");
    put_list(out, &finding.municipalities);
    out.extend_from_slice(b",\"amount\":");
    put(out, &finding.amount.map(Plain));
    out.extend_from_slice(b",\"unit\":");
    put_optional(out, Some(&*finding.unit).filter(|unit| !unit.is_empty()));
    out.extend_from_slice(b",\"derogation\":");
    put(out, &finding.derogation);
    out.extend_from_slice(b",\"remedy\":");
    match &finding.remedy {
        Some(remedy) => put_remedy(out, remedy),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"source\":");
    scratch.clear();
    let cited = push_source(context, finding, scratch);
    put_optional(out, cited.then_some(scratch.as_str()));
    out.extend_from_slice(b",\"message\":");
    scratch.clear();
    words::push_finding(context.lang, finding, context.territory, scratch);
    put_str(out, scratch);
    out.push(b'}');
}

fn put_remedy(out: &mut Vec<u8>, remedy: &Remedy) {
    out.extend_from_slice(b"{\"moves\":[");
    for (i, m) in remedy.moves.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{\"municipality\":" } else { b",{\"municipality\":" });
        put_str(out, &m.municipality);
        out.extend_from_slice(b",\"from\":");
        put_optional(out, m.from.as_deref());
        out.extend_from_slice(b",\"to\":");
        put_str(out, &m.to);
        out.push(b'}');
    }
    out.extend_from_slice(b"],\"proved_smallest\":");
    put(out, &remedy.proved_smallest);
    out.extend_from_slice(b",\"gap_m\":");
    put(out, &remedy.gap_m.map(Plain));
    out.extend_from_slice(b",\"bridges\":");
    put_list(out, &remedy.bridges);
    out.extend_from_slice(b",\"articulation\":");
    put_list(out, &remedy.articulation);
    out.extend_from_slice(b",\"bridge_length\":");
    put(out, &remedy.bridge_length);
    out.extend_from_slice(b",\"merge_with\":");
    put_list(out, &remedy.merge_with);
    out.extend_from_slice(b",\"alternatives\":");
    put(out, &remedy.alternatives);
    out.extend_from_slice(b",\"searched_up_to\":");
    put(out, &remedy.searched_up_to);
    out.push(b'}');
}

/// A text in quotes; most need no escape, and are copied whole.
fn put_str(out: &mut Vec<u8>, text: &str) {
    if text.bytes().fold(true, |plain, b| plain & (b >= 0x20) & (b != b'"') & (b != b'\\')) {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        put(out, text);
    }
}

fn put_optional(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => put_str(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

fn put_list(out: &mut Vec<u8>, items: &[String]) {
    out.push(b'[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        put_str(out, item);
    }
    out.push(b']');
}

/// A further member of an object that has one already.
pub(super) fn member<T: Serialize + ?Sized>(out: &mut Vec<u8>, name: &str, value: &T) {
    out.push(b',');
    put(out, name);
    out.push(b':');
    put(out, value);
}

/// Writes a value as JSON; a `Vec` can't refuse bytes, so there is no error to report.
pub(super) fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(&mut *out, value);
}

/// A number as JSON: whole ones without a point, what is no number as `null`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain(pub(super) f64);

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if self.0.fract() == 0.0 && self.0.abs() < EXACT {
            // Whole and below 2^53: the cast is exact.
            #[allow(clippy::cast_possible_truncation)]
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

#[derive(Serialize)]
struct TerritoryOut<'a> {
    name: &'a str,
    date: Option<&'a str>,
    municipalities: usize,
    links: usize,
    schematic: Option<bool>,
}

#[derive(Serialize)]
struct RulebookOut<'a> {
    name: &'a str,
    date: &'a str,
    title: &'a str,
}

struct Area<'a>(&'a AreaRow);

impl Serialize for Area<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Zone<'a> {
            zone: &'a str,
            municipalities: u32,
        }
        #[derive(Serialize)]
        struct Sum<'a> {
            attribute: &'a str,
            sum: Option<Plain>,
            at_least: Option<Plain>,
            at_most: Option<Plain>,
            estimated: bool,
        }
        #[derive(Serialize)]
        struct Out<'a> {
            area: &'a str,
            municipalities: &'a [String],
            contiguous: bool,
            pieces: u32,
            exclaves: &'a [String],
            encloses: &'a [String],
            enclosed_by: Option<&'a str>,
            zones: Vec<Zone<'a>>,
            sums: Vec<Sum<'a>>,
            findings: &'a [&'static str],
        }
        let row = self.0;
        Out {
            area: &row.area,
            municipalities: &row.municipalities,
            contiguous: row.pieces <= 1,
            pieces: row.pieces,
            exclaves: &row.exclaves,
            encloses: &row.encloses,
            enclosed_by: row.enclosed_by.as_deref(),
            zones: row.zones.iter().map(|(zone, n)| Zone { zone, municipalities: *n }).collect(),
            sums: row
                .sums
                .iter()
                .map(|s| Sum {
                    attribute: &s.attribute,
                    sum: s.sum.map(Plain),
                    at_least: s.at_least.map(Plain),
                    at_most: s.at_most.map(Plain),
                    estimated: s.estimated,
                })
                .collect(),
            findings: &row.findings,
        }
        .serialize(serializer)
    }
}
