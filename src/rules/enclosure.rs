//! No area encloses another, or is enclosed by one (R3xx).
//!
//! An area is enclosed where all its neighbours belong to one other area *and* it does not lie on the outer
//! border of the territory (nor on a hole in it). The graph knows nothing of that border; the perimeter does: the
//! common borders of each municipality of the area must be its whole perimeter, but for the rounding of the figures.
//! A contact in a point is no way out. Exclaves of the territory are left out, as for contiguity.

use super::ground::{Breach, Criterion, Ground, Levers, Marks, Scene, number, text};
use super::{Finding, Severity};
use crate::plan::NONE;
use crate::territory::{Territory, index_u32};

/// How much of a municipality's perimeter may be missing from its common borders: the figures are rounded.
const ROUNDING: f64 = 0.01;

/// Which municipalities lie on the outer border of the territory (or on a hole in it): an area with one of them is
/// enclosed by none. None where nothing is known of the outlines.
///
/// A municipality lies there where more than 1 % of its perimeter (`perimeter_km`) is no common border, or where
/// `boundary_perim` says so.
pub(crate) fn on_outer_border(territory: &Territory) -> Option<Vec<bool>> {
    let perimeters: Option<Vec<f64>> =
        territory.attribute("perimeter_km").and_then(|a| a.values.iter().map(|v| v.map(|km| km * 1000.0)).collect());
    if let Some(perimeters) = perimeters {
        let shared =
            |m: usize| -> f64 { territory.adjacency().neighbours_over_lines(m).map(|(_, l)| l.length_m).sum() };
        return Some((perimeters.iter().enumerate()).map(|(m, p)| shared(m) < (1.0 - ROUNDING) * p).collect());
    }
    let outer = territory.attribute("boundary_perim")?;
    Some(outer.values.iter().map(|v| v.unwrap_or(0.0) > 0.0).collect())
}

#[derive(Debug)]
pub(super) struct Enclosure {
    rule: u32,
    severity: Severity,
    /// For each municipality its neighbours over a line (or a declared link), with metres.
    offsets: Vec<u32>,
    neighbours: Vec<(u32, f64)>,
    /// Which lie on the outer border, where that is known.
    outer: Option<Vec<bool>>,
}

impl Enclosure {
    pub(super) fn new(ground: &Ground<'_>, rule: u32, severity: Severity) -> Self {
        let territory = ground.territory;
        let mut offsets = vec![0];
        let mut neighbours = Vec::new();
        for m in 0..territory.len() {
            let lines = territory.adjacency().neighbours_over_lines(m);
            neighbours.extend(lines.map(|(n, l)| (index_u32(n), l.length_m)));
            offsets.push(index_u32(neighbours.len()));
        }
        Self { rule, severity, offsets, neighbours, outer: on_outer_border(territory) }
    }

    fn around(&self, municipality: u32) -> &[(u32, f64)] {
        let m = municipality as usize;
        &self.neighbours[self.offsets[m] as usize..self.offsets[m + 1] as usize]
    }

    /// The only area around this one, with whether it encloses it for certain.
    fn encloser(&self, scene: &Scene<'_>, area: u32) -> Option<(u32, bool)> {
        let (ground, now) = (scene.ground, scene.now);
        let members = &now.members[area as usize];
        let home = ground.home(members);
        let mut around = NONE;
        for &m in members.iter().filter(|&&m| ground.is_in(m, home)) {
            if self.outer.as_ref().is_some_and(|outer| outer[m as usize]) {
                return None;
            }
            for &(n, _) in self.around(m) {
                let a = now.of[n as usize];
                if a == NONE || (a != area && around != NONE && a != around) {
                    return None;
                }
                if a != area {
                    around = a;
                }
            }
        }
        (around != NONE).then_some((around, self.outer.is_some()))
    }
}

impl Criterion for Enclosure {
    fn of_area(&self, scene: &Scene<'_>, area: u32, _: &mut Marks, out: &mut Vec<Breach>) {
        match self.encloser(scene, area) {
            Some((by, true)) => {
                out.push(Breach::new("R301", self.severity, self.rule, by).with(area));
                out.push(Breach::new("R302", self.severity, self.rule, area).with(by));
            }
            Some((by, false)) => out.push(Breach::new("R303", Severity::Warning, self.rule, area).with(by)),
            None => {}
        }
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        let (name, inner) = if breach.code == "R301" { ("enclosed", breach.other) } else { ("by", breach.area) };
        let other = scene.label(breach.other).unwrap_or_default();
        finding.facts.push((name, text(other)));
        let members = scene.now.members.get(inner as usize).map_or(&[][..], Vec::as_slice);
        finding.municipalities = scene.ground.codes(members);
        let shared: f64 = members
            .iter()
            .flat_map(|&m| self.around(m))
            .filter(|(n, _)| scene.now.of[*n as usize] != inner)
            .map(|(_, length)| length)
            .sum();
        if shared > 0.0 {
            finding.facts.push(("border", number(shared / 1000.0, "km")));
            finding.amount = Some(shared / 1000.0);
            finding.unit = "km".into();
        }
    }

    fn looks_around(&self) -> bool {
        true
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }

    /// The area inside gains or loses a municipality, or a neighbour of it changes area.
    fn levers(&self, scene: &Scene<'_>, breach: &Breach, _: Option<usize>) -> Levers {
        let inner = if breach.code == "R301" { breach.other } else { breach.area };
        let mut levers = Levers::area(scene, inner);
        let around: Vec<u32> = levers.of.iter().flat_map(|&m| self.around(m)).map(|&(n, _)| n).collect();
        levers.of.extend(around);
        levers
    }
}
