//! An area coincides with a zone of a division (a reference region) or lies inside one (R4xx).

use super::ground::{Breach, Criterion, Levers, Marks, Scene, count, text};
use super::{Fact, Finding, Severity};
use crate::plan::NONE;
use crate::territory::{Division, index_u32};

#[derive(Debug)]
pub(super) struct Nesting<'a> {
    rule: u32,
    severity: Severity,
    division: &'a Division,
    /// Zone of each municipality, or [`NONE`].
    zone: Vec<u32>,
    without: Vec<u32>,
}

impl<'a> Nesting<'a> {
    pub(super) fn new(division: &'a Division, rule: u32, severity: Severity) -> Self {
        let known = |z: &u32| (*z as usize) < division.zones.len();
        let zone: Vec<u32> = division.of.iter().map(|z| z.filter(known).unwrap_or(NONE)).collect();
        let without = (0..zone.len()).filter(|&m| zone[m] == NONE).map(index_u32).collect();
        Self { rule, severity, division, zone, without }
    }

    /// The zones of some municipalities with how many lie in each: most first, equals by name.
    pub(super) fn zones(&self, members: &[u32]) -> Vec<(u32, u32)> {
        let mut zones: Vec<(u32, u32)> = Vec::new();
        for &m in members {
            let zone = self.zone[m as usize];
            match zones.iter_mut().find(|(z, _)| *z == zone) {
                _ if zone == NONE => {}
                Some((_, n)) => *n += 1,
                None => zones.push((zone, 1)),
            }
        }
        zones.sort_unstable_by_key(|&(zone, n)| (std::cmp::Reverse(n), zone));
        zones
    }

    /// Name of a zone.
    pub(super) fn name(&self, zone: u32) -> &str {
        &self.division.zones[zone as usize]
    }
}

impl Criterion for Nesting<'_> {
    fn of_area(&self, scene: &Scene<'_>, area: u32, _: &mut Marks, out: &mut Vec<Breach>) {
        let members = &scene.now.members[area as usize];
        let mut zones = members.iter().map(|&m| self.zone[m as usize]).filter(|&z| z != NONE);
        let Some(first) = zones.next() else { return };
        if zones.all(|z| z == first) {
            return;
        }
        let main = self.zones(members).first().map_or(NONE, |&(z, _)| z);
        let is_outside = |m: &u32| !matches!(self.zone[*m as usize], z if z == main || z == NONE);
        let outside: Vec<u32> = members.iter().copied().filter(is_outside).collect();
        let n = f64::from(index_u32(outside.len()));
        out.push(Breach::new("R401", self.severity, self.rule, area).of(outside).by(n));
    }

    fn of_plan(&self, _: &Scene<'_>, out: &mut Vec<Breach>) {
        if !self.without.is_empty() {
            out.push(Breach::new("R402", Severity::Warning, self.rule, NONE).of(self.without.clone()));
        }
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        finding.facts.push(("division", text(self.division.name.clone())));
        finding.facts.push(("municipalities", Fact::Municipalities(scene.ground.codes(&breach.municipalities))));
        finding.unit = "municipalities".into();
        let Some(members) = scene.now.members.get(breach.area as usize) else { return };
        let zones = self.zones(members);
        let shown = zones.iter().map(|&(z, n)| format!("{} ({n})", self.name(z))).collect();
        finding.facts.push(("count", count(zones.len())));
        finding.facts.push(("zones", Fact::Labels(shown)));
        finding.facts.extend(zones.first().map(|&(z, _)| ("zone", text(self.name(z)))));
    }

    fn is_local(&self, _: &Breach) -> bool {
        true
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }

    /// Afterwards all members lie in one zone, so at least those outside the zone with most of them have left.
    fn least_moves(&self, _: &Scene<'_>, breach: &Breach) -> usize {
        breach.municipalities.len()
    }

    /// Either another zone gets the most members, one move a member; or those who were not outside before leave, but
    /// who came by a move can't.
    fn least_to_return(&self, scene: &Scene<'_>, breach: &Breach, before: &Breach, steps: &[(u32, u32)]) -> usize {
        let (now, then) = (&breach.municipalities, &before.municipalities);
        let zones = self.zones(&scene.now.members[breach.area as usize]);
        let turn = match zones[..] {
            [(_, first), (_, second), ..] => (first - second).max(1) as usize,
            _ => 1,
        };
        let came = now.iter().filter(|m| then.binary_search(m).is_err());
        let stuck = came.clone().any(|m| steps.iter().any(|(s, _)| s == m));
        let same_zone = if stuck { usize::MAX } else { came.count().max(1) };
        turn.min(same_zone).min(now.len())
    }

    /// Of two members in different zones one must leave; one of the main zone only if all of that zone can.
    fn levers(&self, scene: &Scene<'_>, breach: &Breach, left: Option<usize>) -> Levers {
        let members = &scene.now.members[breach.area as usize];
        let (Some(left), Some(&outside)) = (left, breach.municipalities.first()) else {
            return Levers::area(scene, breach.area);
        };
        let mut either = vec![outside];
        if let Some(&(main, _)) = self.zones(members).first().filter(|(_, n)| *n as usize <= left) {
            either.extend(members.iter().copied().find(|&m| self.zone[m as usize] == main));
        }
        Levers::of(either)
    }
}
