//! No area encloses another, or is enclosed by one (R3xx).
//!
//! An area is enclosed where all its neighbours belong to one other area *and* it does not lie on the outer
//! border of the territory (nor on a hole in it). The graph knows nothing of that border; the perimeter does:
//! the common border with the one neighbour must be the whole perimeter, but for the rounding of the figures.
//! A contact in a point is no way out. Exclaves of the territory are left out, as for contiguity.

use super::ground::{Breach, Criterion, Ground, Levers, Marks, Scene, number, text};
use super::{Finding, Severity};
use crate::plan::NONE;
use crate::territory::{LinkKind, index_u32};

/// How much of the perimeter may be missing from the common border: the figures are rounded.
const ROUNDING: f64 = 0.01;

#[derive(Debug)]
pub(super) struct Enclosure {
    rule: u32,
    severity: Severity,
    /// For each municipality its neighbours over a line (or a declared link), with metres.
    offsets: Vec<u32>,
    neighbours: Vec<(u32, f64)>,
    outline: Outline,
}

/// What is known of the municipalities' outlines.
#[derive(Debug)]
enum Outline {
    /// Perimeter of each, metres.
    Perimeter(Vec<f64>),
    /// Length of each on the outer border (0: inside).
    Outer(Vec<f64>),
    /// Nothing.
    Unknown,
}

impl Enclosure {
    pub(super) fn new(ground: &Ground<'_>, rule: u32, severity: Severity) -> Self {
        let territory = ground.territory;
        let mut offsets = vec![0];
        let mut neighbours = Vec::new();
        for m in 0..territory.len() {
            let lines = territory.adjacency().neighbours(m).filter(|(_, l)| l.kind != LinkKind::Point);
            neighbours.extend(lines.map(|(n, l)| (index_u32(n), l.length_m)));
            offsets.push(index_u32(neighbours.len()));
        }
        let whole = |name: &str, factor: f64| -> Option<Vec<f64>> {
            territory.attribute(name)?.values.iter().map(|v| v.map(|v| v * factor)).collect()
        };
        let outer = || {
            let values = &territory.attribute("boundary_perim")?.values;
            Some(values.iter().map(|v| v.unwrap_or(0.0)).collect())
        };
        let outline = whole("perimeter_km", 1000.0)
            .map(Outline::Perimeter)
            .or_else(|| outer().map(Outline::Outer))
            .unwrap_or(Outline::Unknown);
        Self { rule, severity, offsets, neighbours, outline }
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
        let (mut around, mut shared, mut internal, mut perimeter, mut outer) = (NONE, 0.0, 0.0, 0.0, 0.0);
        for &m in members.iter().filter(|&&m| ground.is_in(m, home)) {
            for &(n, length) in self.around(m) {
                let a = now.of[n as usize];
                if a == area {
                    internal += length;
                } else if a == NONE || (around != NONE && a != around) {
                    return None;
                } else {
                    around = a;
                    shared += length;
                }
            }
            match &self.outline {
                Outline::Perimeter(metres) => perimeter += metres[m as usize],
                Outline::Outer(metres) => outer += metres[m as usize],
                Outline::Unknown => {}
            }
        }
        if around == NONE {
            return None;
        }
        match self.outline {
            Outline::Perimeter(_) => (shared >= (1.0 - ROUNDING) * (perimeter - internal)).then_some((around, true)),
            Outline::Outer(_) => (outer <= 0.0).then_some((around, true)),
            Outline::Unknown => Some((around, false)),
        }
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

    fn levers(&self, _: &Scene<'_>, breach: &Breach) -> Levers {
        Levers::Areas(vec![breach.area, breach.other])
    }
}
