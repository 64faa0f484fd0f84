//! Every municipality has exactly one area, every area exactly one company (R1xx).

use std::borrow::Cow;

use super::ground::{Breach, Criterion, Levers, Marks, Scene, text};
use super::{Fact, Finding, Severity};
use crate::plan::{Irregularity, NONE, Plan};
use crate::territory::Territory;

/// Municipalities without an area, and those whose area the submission leaves open.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) rule: u32,
    pub(super) severity: Severity,
}

impl Criterion for Assignment {
    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        for &m in &scene.now.open {
            let code = match left_open(scene, m) {
                Some(Irregularity::ClaimedTwice { .. }) => "R104",
                Some(_) => "R106",
                None => "R101",
            };
            out.push(Breach::new(code, self.severity, self.rule, NONE).of(vec![m]));
        }
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        let Some(&m) = breach.municipalities.first() else { return };
        finding.facts.push(("municipality", Fact::Municipalities(vec![scene.ground.code(m)])));
        match left_open(scene, m) {
            Some(Irregularity::ClaimedTwice { areas, lines, .. }) => {
                finding.facts.push(("areas", Fact::Labels(areas.clone())));
                finding.facts.extend(known_lines(lines));
            }
            Some(Irregularity::SplitByMerger { parts, date, .. }) => {
                let parts = parts.iter().map(|(code, area)| format!("{code}: {area}")).collect();
                finding.facts.push(("parts", Fact::Labels(parts)));
                finding.facts.push(("date", text(date.clone())));
            }
            _ => {}
        }
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }

    fn levers(&self, _: &Scene<'_>, breach: &Breach) -> Levers {
        Levers::Municipalities(breach.municipalities.clone())
    }
}

/// Why the submission leaves this municipality's area open, where it says.
fn left_open<'s>(scene: &Scene<'s>, municipality: u32) -> Option<&'s Irregularity> {
    if scene.plan.irregularities.is_empty() {
        return None;
    }
    let this = &scene.ground.territory.municipalities()[municipality as usize].code;
    scene.plan.irregularities.iter().find(|i| match i {
        Irregularity::ClaimedTwice { code, .. } | Irregularity::SplitByMerger { code, .. } => code == this,
        _ => false,
    })
}

/// What is wrong with the submission itself, whatever becomes of its municipalities: no move can mend it.
///
/// Reported whether or not the rulebook asks for an assignment, since such a row may have been left out of
/// the plan; `severity` is a warning in a rulebook that does not.
pub(super) fn irregular(plan: &Plan, territory: &Territory, rule: &str, severity: Severity, out: &mut Vec<Finding>) {
    let finding = |code, severity| Finding { rule: rule.to_owned(), ..Finding::bare(code, severity) };
    let one = |code: &String| {
        let known = territory.position(code).map(|_| code.clone());
        (known.into_iter().collect::<Vec<_>>(), ("municipality", Fact::Municipalities(vec![code.clone()])))
    };
    for irregularity in &plan.irregularities {
        out.push(match irregularity {
            Irregularity::UnknownCode { line, code, nearest } => {
                let mut facts = vec![("code", text(code.clone()))];
                facts.extend(known_lines(&[*line]));
                facts.extend(nearest.iter().map(|n| ("nearest", Fact::Municipalities(vec![n.clone()]))));
                Finding { facts, ..finding("R102", severity) }
            }
            Irregularity::CarriedCode { line, code, became, date } => {
                let mut facts = vec![("code", text(code.clone()))];
                facts.extend(known_lines(&[*line]));
                facts.push(("became", Fact::Municipalities(became.clone())));
                facts.push(("date", text(date.clone())));
                let municipalities = became.iter().filter(|c| territory.position(c).is_some()).cloned().collect();
                Finding { facts, municipalities, ..finding("R103", severity.max(Severity::Warning)) }
            }
            Irregularity::RepeatedRow { code, lines } => {
                let (municipalities, fact) = one(code);
                let mut facts = vec![fact];
                facts.extend(known_lines(lines));
                Finding { facts, municipalities, ..finding("R105", Severity::Note) }
            }
            Irregularity::NamedNotCoded { line, written, code } => {
                let (municipalities, fact) = one(code);
                let mut facts = vec![fact, ("written", text(written.clone()))];
                facts.extend(known_lines(&[*line]));
                Finding { facts, municipalities, ..finding("R110", Severity::Note) }
            }
            Irregularity::ClaimedTwice { .. } | Irregularity::SplitByMerger { .. } => continue,
        });
    }
}

/// Areas and their companies, where the plan names any.
pub(super) fn companies(plan: &Plan, rule: &str, severity: Severity, out: &mut Vec<Finding>) {
    if plan.companies.iter().all(Vec::is_empty) {
        return;
    }
    let finding = |code, severity, area: Option<&String>| Finding {
        rule: rule.to_owned(),
        area: area.cloned(),
        ..Finding::bare(code, severity)
    };
    let mut homes: Vec<(&String, &String)> = Vec::new();
    for (i, area) in plan.areas.iter().enumerate() {
        let names = plan.companies.get(i).map_or(&[][..], Vec::as_slice);
        homes.extend(names.iter().map(|n| (n, area)));
        let named = ("area", text(area.clone()));
        match names.len() {
            0 => {
                out.push(Finding { facts: vec![named], ..finding("R109", severity.max(Severity::Warning), Some(area)) })
            }
            1 => {}
            _ => out.push(Finding {
                facts: vec![named, ("companies", Fact::Labels(names.to_vec()))],
                amount: Some(as_f64(names.len())),
                unit: Cow::Borrowed("companies"),
                ..finding("R107", severity, Some(area))
            }),
        }
    }
    homes.sort_unstable();
    for group in homes.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() > 1) {
        let areas = group.iter().map(|(_, area)| (*area).clone()).collect();
        out.push(Finding {
            facts: vec![("company", text(group[0].0.clone())), ("areas", Fact::Labels(areas))],
            amount: Some(as_f64(group.len())),
            unit: Cow::Borrowed("areas"),
            ..finding("R108", severity, None)
        });
    }
}

/// The lines as a fact; none where the format has no lines.
fn known_lines(lines: &[u32]) -> Option<(&'static str, Fact)> {
    let lines: Vec<String> = lines.iter().filter(|&&l| l > 0).map(u32::to_string).collect();
    (!lines.is_empty()).then_some(("line", Fact::Labels(lines)))
}

#[expect(clippy::cast_precision_loss, reason = "a plan has far fewer than 2^52 areas")]
fn as_f64(n: usize) -> f64 {
    n as f64
}
