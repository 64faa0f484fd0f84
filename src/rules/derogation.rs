//! Granted exceptions: a finding that one covers stays visible; one that covers nothing is itself a finding (R9xx).

use super::codes::CODES;
use super::ground::text;
use super::{Derogation, Fact, Finding, Register, Rulebook, Severity, Status};
use crate::plan::Plan;
use crate::territory::Territory;

/// Rule that findings about the register itself are filed under.
const RULE: &str = "derogation";

/// Whether each derogation can cover anything in any plan: it names known things and has not expired.
///
/// Whether it has expired is judged at [`Register::as_of`], never by the clock.
pub(super) fn live(register: &Register, rulebook: &Rulebook, territory: &Territory) -> Vec<bool> {
    let good = |d: &Derogation| unknown(d, rulebook, territory).is_none() && expired(d, register).is_none();
    register.derogations.iter().map(good).collect()
}

/// Marks a finding with the first derogation that covers it; gives all that do.
///
/// A derogation covers violations and warnings of its code (or rule) and area, all of whose municipalities it
/// names (if it names any).
pub(super) fn cover(register: &Register, live: &[bool], finding: &mut Finding) -> Vec<u32> {
    let covering: Vec<u32> = (0u32..)
        .zip(register.derogations.iter().zip(live))
        .filter(|(_, (d, live))| **live && covers(d, finding))
        .map(|(i, _)| i)
        .collect();
    finding.derogation = covering.first().map(|&i| register.derogations[i as usize].clone());
    covering
}

/// What is wrong with the register: derogations that name unknown things, have expired, or cover nothing.
pub(super) fn about_register(
    register: &Register,
    plan: &Plan,
    rulebook: &Rulebook,
    territory: &Territory,
    used: impl Fn(u32) -> bool,
) -> Vec<Finding> {
    let say = |(i, d): (u32, &Derogation)| {
        let no_area = || (!plan.areas.contains(&d.area)).then(|| d.area.clone());
        if let Some(unknown) = unknown(d, rulebook, territory).or_else(no_area) {
            Some(about("R903", d, [("unknown", text(unknown))]))
        } else if let Some((until, today)) = expired(d, register) {
            Some(about("R902", d, [("until", text(until)), ("as_of", text(today))]))
        } else {
            (!used(i)).then(|| about("R901", d, []))
        }
    };
    (0u32..).zip(&register.derogations).filter_map(say).collect()
}

/// The verdict on some findings.
pub(super) fn status<'f>(findings: impl Iterator<Item = &'f Finding>) -> Status {
    let mut status = Status::Conform;
    for finding in findings.filter(|f| f.severity == Severity::Violation) {
        if finding.derogation.is_none() {
            return Status::NotConform;
        }
        status = Status::ConformWithDerogations;
    }
    status
}

/// The last day of a derogation and the day of judgement, where the first lies before the second.
fn expired<'d>(derogation: &'d Derogation, register: &'d Register) -> Option<(&'d str, &'d str)> {
    derogation.until.as_deref().zip(register.as_of.as_deref()).filter(|(until, today)| until < today)
}

fn covers(derogation: &Derogation, finding: &Finding) -> bool {
    (derogation.finding == finding.code || derogation.finding == finding.rule)
        && finding.severity != Severity::Note
        && finding.area.as_deref() == Some(derogation.area.as_str())
        && (derogation.municipalities.is_empty()
            || finding.municipalities.iter().all(|m| derogation.municipalities.contains(m)))
}

/// What a derogation names that does not exist, whatever the plan.
fn unknown(derogation: &Derogation, rulebook: &Rulebook, territory: &Territory) -> Option<String> {
    let known_code = CODES.iter().any(|(code, _)| *code == derogation.finding);
    if !known_code && rulebook.rule(&derogation.finding).is_none() {
        return Some(derogation.finding.clone());
    }
    derogation.municipalities.iter().find(|m| territory.position(m).is_none()).cloned()
}

fn about<const N: usize>(code: &'static str, derogation: &Derogation, more: [(&'static str, Fact); N]) -> Finding {
    let mut facts = vec![
        ("derogation", text(derogation.id.clone())),
        ("finding", text(derogation.finding.clone())),
        ("area", text(derogation.area.clone())),
    ];
    facts.extend(more);
    Finding {
        rule: RULE.to_owned(),
        area: Some(derogation.area.clone()),
        facts,
        ..Finding::bare(code, Severity::Warning)
    }
}
