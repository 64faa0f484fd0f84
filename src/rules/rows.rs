//! What the check says of each area, in the order in which each decree tests it.

use super::bounds::Figures;
use super::checker::division;
use super::ground::{Breach, Marks, Scene};
use super::nesting::Nesting;
use super::{AreaRow, AttributeSum, Kind, Rulebook, Severity, Verdict};
use crate::territory::{Territory, index_u32};

/// The columns of the table: the division of the nesting rule, and the attributes with a bound.
#[derive(Debug)]
pub(super) struct Table<'a> {
    nesting: Option<Nesting<'a>>,
    bounds: Vec<(Figures<'a>, Option<f64>, Option<f64>)>,
    exclaves_count: bool,
}

impl<'a> Table<'a> {
    pub(super) fn new(territory: &'a Territory, rulebook: &'a Rulebook) -> Self {
        let mut table = Self { nesting: None, bounds: Vec::new(), exclaves_count: false };
        for rule in &rulebook.rules {
            match &rule.kind {
                Kind::Contiguity { exclaves_count, .. } => table.exclaves_count = *exclaves_count,
                Kind::Nesting { division: names } if table.nesting.is_none() => {
                    table.nesting = division(territory, names).map(|d| Nesting::new(d, 0, Severity::Note));
                }
                Kind::Bounds { attribute, at_least, at_most } => {
                    table.bounds.push((Figures::find(territory, attribute), *at_least, *at_most));
                }
                _ => {}
            }
        }
        table
    }

    /// A row for each area of the plan that has a municipality, sorted by label; codes are added later.
    pub(super) fn rows(&self, scene: &Scene<'_>, breaches: &[Breach], marks: &mut Marks) -> Vec<AreaRow> {
        let (ground, now) = (scene.ground, scene.now);
        let mut rows = Vec::with_capacity(now.len());
        for area in now.areas() {
            let members = &now.members[area as usize];
            let home = ground.home(members);
            let counts = |m: u32| self.exclaves_count || ground.is_in(m, home);
            let exclaves: Vec<u32> = members.iter().copied().filter(|&m| !counts(m)).collect();
            let enclosing = breaches.iter().filter(|b| b.code == "R301" && b.area == area).map(|b| b.other);
            let enclosed = breaches.iter().find(|b| b.code == "R302" && b.area == area).map(|b| b.other);
            rows.push(AreaRow {
                area: scene.label(area).unwrap_or_default().to_owned(),
                municipalities: ground.codes(members),
                pieces: index_u32(marks.pieces(&ground.graph, &now.of, members, counts)),
                exclaves: ground.codes(&exclaves),
                encloses: scene.labels(enclosing),
                enclosed_by: enclosed.and_then(|a| scene.label(a)).map(str::to_owned),
                zones: self.zones(members),
                sums: self.sums(members),
                findings: Vec::new(),
            });
        }
        rows.sort_by(|a, b| a.area.cmp(&b.area));
        rows
    }

    fn zones(&self, members: &[u32]) -> Vec<(String, u32)> {
        let Some(nesting) = &self.nesting else { return Vec::new() };
        nesting.zones(members).into_iter().map(|(z, n)| (nesting.name(z).to_owned(), n)).collect()
    }

    fn sums(&self, members: &[u32]) -> Vec<AttributeSum> {
        let sum = |(figures, at_least, at_most): &(Figures<'_>, Option<f64>, Option<f64>)| AttributeSum {
            attribute: figures.name.clone(),
            sum: figures.sum(members),
            at_least: *at_least,
            at_most: *at_most,
            estimated: figures.estimated,
        };
        self.bounds.iter().map(sum).collect()
    }
}

/// Adds to each row the codes of the findings about its area.
pub(super) fn add_codes(verdict: &mut Verdict) {
    for row in &mut verdict.areas {
        let about = verdict.findings.iter().filter(|f| f.area.as_deref() == Some(row.area.as_str()));
        row.findings = about.map(|f| f.code).collect();
        row.findings.sort_unstable();
        row.findings.dedup();
    }
}
