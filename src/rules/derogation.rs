//! Granted exceptions: a finding that one covers stays visible; one that covers nothing is itself a finding (R9xx).

use super::codes::CODES;
use super::ground::text;
use super::{Derogation, Fact, Finding, Register, Rulebook, Severity, Status};
use crate::plan::Plan;
use crate::territory::Territory;

/// Rule that findings about the register itself are filed under.
const RULE: &str = "derogation";

/// Marks the findings that a derogation covers, and adds what is wrong with the register.
///
/// A derogation covers violations and warnings of its code (or rule) and area, all of whose municipalities it
/// names (if it names any). Whether it has expired is judged at [`Register::as_of`], never by the clock.
pub(super) fn apply(
    register: &Register,
    plan: &Plan,
    rulebook: &Rulebook,
    territory: &Territory,
    findings: &mut Vec<Finding>,
) {
    let judged = findings.len();
    for derogation in &register.derogations {
        if let Some(unknown) = unknown(derogation, plan, rulebook, territory) {
            findings.push(about("R903", derogation, [("unknown", text(unknown))]));
            continue;
        }
        if let (Some(until), Some(today)) = (&derogation.until, &register.as_of)
            && until < today
        {
            findings.push(about("R902", derogation, [("until", text(until.clone())), ("as_of", text(today.clone()))]));
            continue;
        }
        let mut used = false;
        for finding in findings[..judged].iter_mut().filter(|f| covers(derogation, f)) {
            used = true;
            if finding.derogation.is_none() {
                finding.derogation = Some(derogation.clone());
            }
        }
        if !used {
            findings.push(about("R901", derogation, []));
        }
    }
}

/// The verdict on some findings.
pub(super) fn status(findings: &[Finding]) -> Status {
    let mut violations = findings.iter().filter(|f| f.severity == Severity::Violation).peekable();
    if violations.peek().is_none() {
        Status::Conform
    } else if violations.all(|f| f.derogation.is_some()) {
        Status::ConformWithDerogations
    } else {
        Status::NotConform
    }
}

fn covers(derogation: &Derogation, finding: &Finding) -> bool {
    (derogation.finding == finding.code || derogation.finding == finding.rule)
        && finding.severity != Severity::Note
        && finding.area.as_deref() == Some(derogation.area.as_str())
        && (derogation.municipalities.is_empty()
            || finding.municipalities.iter().all(|m| derogation.municipalities.contains(m)))
}

/// What a derogation names that does not exist.
fn unknown(derogation: &Derogation, plan: &Plan, rulebook: &Rulebook, territory: &Territory) -> Option<String> {
    let known_code = CODES.iter().any(|(code, _)| *code == derogation.finding);
    if !known_code && rulebook.rule(&derogation.finding).is_none() {
        return Some(derogation.finding.clone());
    }
    if !plan.areas.contains(&derogation.area) {
        return Some(derogation.area.clone());
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
