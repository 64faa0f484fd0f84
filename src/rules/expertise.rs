//! The expertise of the bodies of before is kept: one of each kind is active in the area (R601, R602).
//!
//! Judged only where the data say of every municipality of the area who was active there: a table that is silent on one
//! of them shows nothing.

use super::ground::{Breach, Criterion, Ground, Marks, Scene, count};
use super::{Fact, Finding, Severity};
use crate::plan::NONE;

#[derive(Debug)]
pub(super) struct Expertise {
    rule: u32,
    severity: Severity,
    kinds: Vec<String>,
    /// For each municipality the kinds active in it, a bit each; the lowest bit: anything is known of it.
    active: Vec<u64>,
}

/// Most kinds that a rule can ask for: one bit is taken.
pub(super) const MOST_KINDS: usize = 63;

impl Expertise {
    pub(super) fn new(ground: &Ground<'_>, rule: u32, severity: Severity, kinds: &[String]) -> Self {
        let mut active = vec![0u64; ground.len()];
        for actor in ground.territory.actors() {
            let Some(bits) = active.get_mut(actor.municipality) else { continue };
            *bits |= 1;
            for (i, kind) in kinds.iter().enumerate().take(MOST_KINDS) {
                if actor.kind.starts_with(kind.as_str()) {
                    *bits |= 2 << i;
                }
            }
        }
        Self { rule, severity, kinds: kinds.to_vec(), active }
    }

    /// The kinds active in an area; none where the data are silent on one of its municipalities.
    fn known(&self, members: &[u32]) -> u64 {
        let all = members.iter().all(|&m| self.active[m as usize] != 0);
        if all { members.iter().fold(0, |bits, &m| bits | self.active[m as usize]) } else { 0 }
    }

    fn missing(&self, bits: u64) -> impl Iterator<Item = &String> {
        self.kinds.iter().enumerate().take(MOST_KINDS).filter(move |(i, _)| bits & (2 << i) == 0).map(|(_, k)| k)
    }
}

impl Criterion for Expertise {
    fn of_area(&self, scene: &Scene<'_>, area: u32, _: &mut Marks, out: &mut Vec<Breach>) {
        let bits = self.known(&scene.now.members[area as usize]);
        if bits != 0 && self.missing(bits).next().is_some() {
            out.push(Breach::new("R601", self.severity, self.rule, area));
        }
    }

    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        if scene.now.members.iter().any(|m| !m.is_empty() && self.known(m) == 0) {
            out.push(Breach::new("R602", Severity::Note, self.rule, NONE));
        }
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        if breach.code == "R602" {
            let unknown = scene.now.members.iter().filter(|m| !m.is_empty() && self.known(m) == 0).count();
            finding.facts.push(("count", count(unknown)));
            finding.facts.push(("total", count(scene.now.inhabited())));
            return;
        }
        let members = scene.now.members.get(breach.area as usize).map_or(&[][..], Vec::as_slice);
        let missing = self.missing(self.known(members)).cloned().collect();
        finding.facts.push(("kinds", Fact::Labels(missing)));
    }

    fn is_local(&self, breach: &Breach) -> bool {
        breach.area != NONE
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }
}
