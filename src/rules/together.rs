//! Municipalities to be kept together, kept apart, or fixed in an area (R7xx).

use super::ground::{Breach, Criterion, Levers, Marks, Scene, text};
use super::{Fact, Finding, Severity};
use crate::plan::NONE;

/// These municipalities share one area.
#[derive(Debug)]
pub(super) struct Together {
    pub(super) rule: u32,
    pub(super) severity: Severity,
    /// Sorted.
    pub(super) municipalities: Vec<u32>,
}

/// No two of these municipalities share an area.
#[derive(Debug)]
pub(super) struct Apart {
    pub(super) rule: u32,
    pub(super) severity: Severity,
    /// Sorted.
    pub(super) municipalities: Vec<u32>,
}

/// These municipalities lie in the area of this name.
#[derive(Debug)]
pub(super) struct Fixed {
    pub(super) rule: u32,
    pub(super) severity: Severity,
    /// Sorted.
    pub(super) municipalities: Vec<u32>,
    pub(super) label: String,
}

/// How many of some municipalities each area has, in order of area; those without an area are left out.
fn spread(scene: &Scene<'_>, municipalities: &[u32]) -> Vec<(u32, usize)> {
    let mut areas: Vec<u32> = municipalities.iter().map(|&m| scene.now.of[m as usize]).filter(|&a| a != NONE).collect();
    areas.sort_unstable();
    areas.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).collect()
}

fn within(scene: &Scene<'_>, municipalities: &[u32], area: u32) -> Vec<u32> {
    municipalities.iter().copied().filter(|&m| scene.now.of[m as usize] == area).collect()
}

fn name_them(scene: &Scene<'_>, breach: &Breach, finding: &mut Finding) {
    finding.facts.push(("municipalities", Fact::Municipalities(scene.ground.codes(&breach.municipalities))));
    finding.unit = "municipalities".into();
}

impl Criterion for Together {
    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        let first = self.municipalities.first().map_or(NONE, |&m| scene.now.of[m as usize]);
        if self.municipalities.iter().all(|&m| scene.now.of[m as usize] == first || scene.now.of[m as usize] == NONE) {
            return;
        }
        let areas = spread(scene, &self.municipalities);
        // Most municipalities first; of equals the area of the smallest municipality.
        let main = areas.iter().min_by_key(|&&(area, n)| (std::cmp::Reverse(n), area)).map_or(NONE, |&(a, _)| a);
        if areas.len() < 2 {
            return;
        }
        let out_of_it = |m: &u32| !matches!(scene.now.of[*m as usize], a if a == main || a == NONE);
        let others: Vec<u32> = self.municipalities.iter().copied().filter(out_of_it).collect();
        out.push(Breach::new("R701", self.severity, self.rule, main).of(others));
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        name_them(scene, breach, finding);
        let areas = spread(scene, &self.municipalities).into_iter().map(|(a, _)| a);
        finding.facts.push(("all", Fact::Municipalities(scene.ground.codes(&self.municipalities))));
        finding.facts.push(("areas", Fact::Labels(scene.labels(areas))));
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }

    fn levers(&self, _: &Scene<'_>, _: &Breach) -> Levers {
        Levers::Municipalities(self.municipalities.clone())
    }

    fn least_moves(&self, _: &Scene<'_>, breach: &Breach) -> usize {
        breach.municipalities.len()
    }
}

impl Criterion for Apart {
    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        for (area, n) in spread(scene, &self.municipalities) {
            if n > 1 {
                let them = within(scene, &self.municipalities, area);
                out.push(Breach::new("R702", self.severity, self.rule, area).of(them));
            }
        }
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        name_them(scene, breach, finding);
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }

    fn levers(&self, _: &Scene<'_>, breach: &Breach) -> Levers {
        Levers::Municipalities(breach.municipalities.clone())
    }

    /// At most one of them may stay.
    fn least_moves(&self, _: &Scene<'_>, breach: &Breach) -> usize {
        breach.municipalities.len().saturating_sub(1)
    }
}

impl Criterion for Fixed {
    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        let home = scene.now.numbered(scene.plan, &self.label).unwrap_or(NONE);
        let elsewhere = |m: &u32| home == NONE || scene.now.of[*m as usize] != home;
        let outside: Vec<u32> = self.municipalities.iter().copied().filter(elsewhere).collect();
        if !outside.is_empty() {
            out.push(Breach::new("R703", self.severity, self.rule, home).of(outside));
        }
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        name_them(scene, breach, finding);
        finding.area = Some(self.label.clone());
        finding.facts.push(("label", text(self.label.clone())));
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }

    fn levers(&self, _: &Scene<'_>, breach: &Breach) -> Levers {
        if breach.area == NONE { Levers::Nothing } else { Levers::Municipalities(breach.municipalities.clone()) }
    }

    fn least_moves(&self, _: &Scene<'_>, breach: &Breach) -> usize {
        breach.municipalities.len()
    }
}
