//! Sums of an attribute within bounds or in balance, and the number of areas (R5xx).

use std::borrow::Cow;

use super::ground::{Breach, Criterion, Ground, Levers, Marks, Scene, count, number, text};
use super::{Fact, Finding, Severity};
use crate::plan::NONE;
use crate::territory::{Territory, index_u32};

/// The attribute that a rule works on: the first of its names that the territory has.
///
/// `municipalities` is 1 for each of them, in every territory that has no attribute of that name.
#[derive(Debug)]
pub(super) struct Figures<'a> {
    pub(super) name: String,
    unit: &'a str,
    pub(super) estimated: bool,
    /// One a municipality, 0 where missing.
    values: Vec<f64>,
    /// Municipalities without a figure, sorted; all of them where the territory has no such attribute.
    missing: Vec<u32>,
}

impl<'a> Figures<'a> {
    pub(super) fn find(territory: &'a Territory, names: &[String]) -> Self {
        let all = || (0..territory.len()).map(index_u32);
        let Some(found) = names.iter().find_map(|n| territory.attribute(n)) else {
            let units = names.iter().any(|n| n == "municipalities");
            return Self {
                name: if units { "municipalities".into() } else { names.first().cloned().unwrap_or_default() },
                unit: if units { "municipalities" } else { "" },
                estimated: false,
                values: vec![f64::from(u8::from(units)); territory.len()],
                missing: if units { Vec::new() } else { all().collect() },
            };
        };
        let figure = |m: u32| found.values.get(m as usize).copied().flatten().filter(|v| v.is_finite());
        Self {
            name: found.name.clone(),
            unit: &found.unit,
            estimated: found.estimated,
            values: all().map(|m| figure(m).unwrap_or(0.0)).collect(),
            missing: all().filter(|&m| figure(m).is_none()).collect(),
        }
    }

    fn has(&self, municipality: u32) -> bool {
        self.missing.is_empty() || self.missing.binary_search(&municipality).is_err()
    }

    /// Sum over some municipalities; none where a figure is missing.
    pub(super) fn sum(&self, members: &[u32]) -> Option<f64> {
        if !self.missing.is_empty() && !members.iter().all(|&m| self.has(m)) {
            return None;
        }
        Some(members.iter().map(|&m| self.values[m as usize]).sum())
    }

    /// "Not assessed": once a rule, with the municipalities that lack a figure.
    fn not_assessed(&self, rule: u32, scene: &Scene<'_>) -> Option<Breach> {
        let missing: Vec<u32> = self.missing.iter().copied().filter(|&m| scene.now.of[m as usize] != NONE).collect();
        (!missing.is_empty()).then(|| Breach::new("R503", Severity::Warning, rule, NONE).of(missing))
    }

    fn describe_missing(&self, scene: &Scene<'_>, breach: &Breach, finding: &mut Finding) {
        let mut areas: Vec<u32> = breach.municipalities.iter().map(|&m| scene.now.of[m as usize]).collect();
        areas.sort_unstable();
        areas.dedup();
        finding.facts.push(("count", count(areas.len())));
        finding.facts.push(("missing", count(breach.municipalities.len())));
        if self.missing.len() == scene.ground.len() {
            finding.municipalities.clear();
        } else {
            let codes = scene.ground.codes(&breach.municipalities);
            finding.facts.push(("municipalities", Fact::Municipalities(codes)));
        }
    }

    fn fact(&self, value: f64) -> Fact {
        number(value, self.unit)
    }

    fn unit(&self) -> Cow<'static, str> {
        Cow::Owned(self.unit.to_owned())
    }
}

/// A breach of figures that are estimates decides nothing: it has its own code and is a warning.
fn weigh(estimated: bool, real: &'static str, guessed: &'static str, severity: Severity) -> (&'static str, Severity) {
    if estimated { (guessed, severity.max(Severity::Warning)) } else { (real, severity) }
}

/// An area's sum lies within bounds.
#[derive(Debug)]
pub(super) struct Bounds<'a> {
    pub(super) rule: u32,
    pub(super) severity: Severity,
    pub(super) figures: Figures<'a>,
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
}

impl Criterion for Bounds<'_> {
    fn of_area(&self, scene: &Scene<'_>, area: u32, _: &mut Marks, out: &mut Vec<Breach>) {
        let Some(sum) = self.figures.sum(&scene.now.members[area as usize]) else { return };
        let mut add = |real, guessed, amount| {
            let (code, severity) = weigh(self.figures.estimated, real, guessed, self.severity);
            out.push(Breach::new(code, severity, self.rule, area).by(amount));
        };
        match (self.at_least, self.at_most) {
            (Some(least), _) if sum < least => add("R501", "R502", least - sum),
            (_, Some(most)) if sum > most => add("R504", "R508", sum - most),
            _ => {}
        }
    }

    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        out.extend(self.figures.not_assessed(self.rule, scene));
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        finding.facts.push(("attribute", text(self.figures.name.clone())));
        let bound = match breach.code {
            "R503" => return self.figures.describe_missing(scene, breach, finding),
            "R504" | "R508" => self.at_most,
            _ => self.at_least,
        };
        finding.unit = self.figures.unit();
        let members = scene.now.members.get(breach.area as usize).map_or(&[][..], Vec::as_slice);
        finding.facts.extend(self.figures.sum(members).map(|sum| ("sum", self.figures.fact(sum))));
        finding.facts.extend(bound.map(|b| ("bound", self.figures.fact(b))));
        finding.facts.extend(breach.amount.map(|a| ("difference", self.figures.fact(a))));
    }

    fn is_local(&self, breach: &Breach) -> bool {
        breach.area != NONE
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation && !self.figures.estimated
    }

    /// A sum of figures none of which is negative grows only by a newcomer, and shrinks only by one who leaves; and
    /// an area that all have left has none.
    fn levers(&self, scene: &Scene<'_>, breach: &Breach, left: Option<usize>) -> Levers {
        let mut levers = Levers::area(scene, breach.area);
        if let Some(left) = left.filter(|_| self.figures.values.iter().all(|v| *v >= 0.0)) {
            if breach.code == "R504" {
                levers.into = None;
            } else {
                let all = if levers.of.len() <= left { 1 } else { 0 };
                levers.of.truncate(all);
            }
        }
        levers
    }
}

/// Areas' sums differ from their mean by no more than a share.
#[derive(Debug)]
pub(super) struct Balance<'a> {
    pub(super) rule: u32,
    pub(super) severity: Severity,
    pub(super) figures: Figures<'a>,
    pub(super) within: f64,
}

impl Balance<'_> {
    fn mean(&self, scene: &Scene<'_>) -> Option<f64> {
        let areas = scene.now.inhabited();
        let mut total = 0.0;
        for members in &scene.now.members {
            total += self.figures.sum(members)?;
        }
        let mean = total / f64::from(index_u32(areas));
        (areas > 0 && mean > 0.0).then_some(mean)
    }
}

impl Criterion for Balance<'_> {
    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        out.extend(self.figures.not_assessed(self.rule, scene));
        let Some(mean) = self.mean(scene) else { return };
        let (code, severity) = weigh(self.figures.estimated, "R505", "R509", self.severity);
        for area in scene.now.areas() {
            let members = &scene.now.members[area as usize];
            let Some(sum) = self.figures.sum(members).filter(|_| !members.is_empty()) else { continue };
            let off = (sum - mean).abs() / mean;
            // A sum that lies on the limit is inside it, whatever the last bit of the division says.
            if off > self.within * (1.0 + 1e-12) + 1e-12 {
                out.push(Breach::new(code, severity, self.rule, area).by(off * 100.0));
            }
        }
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        finding.facts.push(("attribute", text(self.figures.name.clone())));
        if breach.code == "R503" {
            return self.figures.describe_missing(scene, breach, finding);
        }
        finding.unit = "%".into();
        let members = scene.now.members.get(breach.area as usize).map_or(&[][..], Vec::as_slice);
        finding.facts.extend(self.figures.sum(members).map(|sum| ("sum", self.figures.fact(sum))));
        finding.facts.extend(self.mean(scene).map(|mean| ("mean", self.figures.fact(mean))));
        finding.facts.extend(breach.amount.map(|a| ("deviation", number(a, "%"))));
        finding.facts.push(("bound", number(self.within * 100.0, "%")));
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation && !self.figures.estimated
    }

    /// The mean hangs on every area as long as one may vanish or a municipality may still be assigned.
    fn levers(&self, scene: &Scene<'_>, breach: &Breach, _: Option<usize>) -> Levers {
        let small = |m: &Vec<u32>| m.len() <= super::remedy::MOST_MOVES;
        if !scene.now.open.is_empty() || scene.now.members.iter().any(small) {
            return Levers::any(scene);
        }
        Levers::area(scene, breach.area)
    }
}

/// The number of areas lies within bounds.
#[derive(Debug)]
pub(super) struct AreaCount {
    pub(super) rule: u32,
    pub(super) severity: Severity,
    pub(super) at_least: Option<u32>,
    pub(super) at_most: Option<u32>,
}

impl Criterion for AreaCount {
    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        let n = index_u32(scene.now.inhabited());
        let mut add = |code, by: u32| out.push(Breach::new(code, self.severity, self.rule, NONE).by(f64::from(by)));
        match (self.at_least, self.at_most) {
            (Some(least), _) if n < least => add("R506", least - n),
            (_, Some(most)) if n > most => add("R507", n - most),
            _ => {}
        }
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        let bound = if breach.code == "R506" { self.at_least } else { self.at_most };
        finding.unit = "areas".into();
        finding.facts.push(("count", count(scene.now.inhabited())));
        finding.facts.extend(bound.map(|b| ("bound", count(b as usize))));
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }

    /// Moves go to areas that exist, so they can only make areas vanish.
    fn levers(&self, scene: &Scene<'_>, breach: &Breach, _: Option<usize>) -> Levers {
        if breach.code == "R506" { Levers::default() } else { Levers::any(scene) }
    }
}

/// Positions of codes that a rule names.
pub(super) fn positions<'c>(ground: &Ground<'_>, codes: &'c [String]) -> Result<Vec<u32>, &'c str> {
    let mut found = Vec::with_capacity(codes.len());
    for code in codes {
        found.push(index_u32(ground.territory.position(code).ok_or(code.as_str())?));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
