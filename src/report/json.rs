//! A verdict as the contract's JSON: one definition of each object, for the whole report and for a batch's lines.

use serde::{Serialize, Serializer};

use super::{Context, VERSION, source};
use crate::rules::{AreaRow, Derogation, Finding, Move, Remedy, Severity, Status, Verdict};
use crate::territory::InputDigest;
use crate::words;

/// A verdict as the contract's JSON object; what is absent is `null`.
#[must_use]
pub fn verdict_json(context: &Context<'_>, verdict: &Verdict) -> serde_json::Value {
    let territory = context.territory;
    let whole = Whole {
        plan: &verdict.plan,
        verdict: verdict.status,
        findings: Findings(context, &verdict.findings),
        areas: verdict.areas.iter().map(Area).collect(),
        territory: TerritoryOut {
            name: territory.name(),
            date: territory.date(),
            municipalities: territory.len(),
            links: territory.adjacency().links().len(),
            schematic: territory.shapes().map(|s| s.schematic),
        },
        rulebook: RulebookOut {
            name: &context.rulebook.name,
            date: &context.rulebook.date,
            title: match context.lang {
                words::Lang::En => &context.rulebook.title.en,
                words::Lang::Nl => &context.rulebook.title.nl,
            },
        },
        inputs: context.inputs,
        version: VERSION,
    };
    serde_json::to_value(&whole).unwrap_or_default()
}

/// The same object on one line with a line feed, without `areas` and `inputs`, and with only the names of the
/// territory and the rulebook; written straight into `out`.
pub fn write_batch_line(out: &mut Vec<u8>, context: &Context<'_>, verdict: &Verdict) {
    #[derive(Serialize)]
    struct Named<'a> {
        name: &'a str,
    }
    #[derive(Serialize)]
    struct BatchLine<'a> {
        plan: &'a str,
        verdict: Status,
        findings: Findings<'a>,
        territory: Named<'a>,
        rulebook: Named<'a>,
        version: &'a str,
    }
    put(
        out,
        &BatchLine {
            plan: &verdict.plan,
            verdict: verdict.status,
            findings: Findings(context, &verdict.findings),
            territory: Named { name: context.territory.name() },
            rulebook: Named { name: &context.rulebook.name },
            version: VERSION,
        },
    );
    out.push(b'\n');
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
struct Whole<'a> {
    plan: &'a str,
    verdict: Status,
    findings: Findings<'a>,
    areas: Vec<Area<'a>>,
    territory: TerritoryOut<'a>,
    rulebook: RulebookOut<'a>,
    inputs: &'a [InputDigest],
    version: &'a str,
}

struct Findings<'a>(&'a Context<'a>, &'a [Finding]);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.1.iter().map(|finding| FindingOut::of(self.0, finding)))
    }
}

#[derive(Serialize)]
struct FindingOut<'a> {
    code: &'a str,
    severity: Severity,
    rule: &'a str,
    area: Option<&'a str>,
    municipalities: &'a [String],
    amount: Option<Plain>,
    unit: Option<&'a str>,
    derogation: Option<&'a Derogation>,
    remedy: Option<RemedyOut<'a>>,
    source: Option<String>,
    message: String,
}

impl<'a> FindingOut<'a> {
    fn of(context: &Context<'_>, finding: &'a Finding) -> Self {
        Self {
            code: finding.code,
            severity: finding.severity,
            rule: &finding.rule,
            area: finding.area.as_deref(),
            municipalities: &finding.municipalities,
            amount: finding.amount.map(Plain),
            unit: Some(&*finding.unit).filter(|unit| !unit.is_empty()),
            derogation: finding.derogation.as_ref(),
            remedy: finding.remedy.as_ref().map(RemedyOut::of),
            source: source(context, finding),
            message: words::finding(context.lang, finding, context.territory),
        }
    }
}

#[derive(Serialize)]
struct RemedyOut<'a> {
    moves: &'a [Move],
    proved_smallest: bool,
    gap_m: Option<Plain>,
    bridges: &'a [String],
    articulation: &'a [String],
    searched_up_to: u32,
}

impl<'a> RemedyOut<'a> {
    fn of(remedy: &'a Remedy) -> Self {
        Self {
            moves: &remedy.moves,
            proved_smallest: remedy.proved_smallest,
            gap_m: remedy.gap_m.map(Plain),
            bridges: &remedy.bridges,
            articulation: &remedy.articulation,
            searched_up_to: remedy.searched_up_to,
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
