//! A rulebook made ready for a territory, and the judging of a plan.

use super::assignment::{self, Assignment};
use super::bounds::{AreaCount, Balance, Bounds, Figures, positions};
use super::contiguity::Contiguous;
use super::enclosure::Enclosure;
use super::expertise::{Expertise, MOST_KINDS};
use super::ground::{Arrangement, Breach, Criterion, Ground, Marks, Scene};
use super::nesting::Nesting;
use super::opinions::Opinions;
use super::remedy::Search;
use super::together::{Apart, Fixed, Together};
use super::{CheckError, Finding, Kind, Register, Rule, Rulebook, Severity, Verdict, derogation, rows};
use crate::plan::Plan;
use crate::plan::nearest::nearest;
use crate::territory::{Division, Territory, index_u32};

/// A rulebook made ready for a territory: build once, check many plans (from many threads).
#[derive(Debug)]
pub struct Checker<'a> {
    pub(super) ground: Ground<'a>,
    pub(super) rulebook: &'a Rulebook,
    pub(super) register: &'a Register,
    /// Which derogations of the register can cover anything.
    pub(super) live: Vec<bool>,
    pub(super) criteria: Vec<Box<dyn Criterion + 'a>>,
    /// Of the hard contiguity rule, where there is one: whether exclaves count.
    contiguous: Option<bool>,
    table: rows::Table<'a>,
}

/// Working memory of [`Checker::findings`]; one a thread, reused from plan to plan.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) now: Arrangement,
    pub(super) marks: Marks,
    pub(super) breaches: Vec<Breach>,
}

impl<'a> Checker<'a> {
    /// Makes the rulebook ready.
    ///
    /// # Errors
    ///
    /// A rule that names a division, municipality or parameter that the territory does not have.
    pub fn new(territory: &'a Territory, rulebook: &'a Rulebook, register: &'a Register) -> Result<Self, CheckError> {
        let ground = Ground::new(territory, rulebook.contiguity);
        let mut criteria = Vec::with_capacity(rulebook.rules.len());
        for (i, rule) in rulebook.rules.iter().enumerate() {
            criteria.push(prepare(&ground, rulebook, rule, index_u32(i))?);
        }
        let contiguous = rulebook.rules.iter().find_map(|r| match r.kind {
            Kind::Contiguity { exclaves_count, .. } if r.hard => Some(exclaves_count),
            _ => None,
        });
        let table = rows::Table::new(territory, rulebook);
        let live = derogation::live(register, rulebook, territory);
        Ok(Self { ground, rulebook, register, live, criteria, contiguous, table })
    }

    /// Judges a plan: every finding, sorted, each violation with its smallest remedy, and a row an area.
    #[must_use]
    pub fn check(&self, plan: &Plan) -> Verdict {
        let mut scratch = Scratch::default();
        self.judge(plan, &mut scratch);
        let Scratch { now, mut marks, breaches } = scratch;
        let scene = Scene { ground: &self.ground, plan, now: &now };
        let mut search = Search::new(&scene, &self.criteria, self.contiguous);
        let mut findings = Vec::with_capacity(breaches.len());
        for breach in &breaches {
            let mut finding = self.finding(&scene, breach, &mut marks);
            if breach.severity == Severity::Violation {
                finding.remedy = search.remedy(breach);
            }
            findings.push(finding);
        }
        let areas = self.table.rows(&scene, &breaches, &mut marks);
        let mut verdict = self.conclude(plan, findings);
        verdict.areas = areas;
        rows::add_codes(&mut verdict);
        verdict
    }

    /// Judges a plan as [`Checker::check`] does, without remedies and area rows: for many plans, one after another.
    ///
    /// The verdict does not depend on what `scratch` was used for before.
    #[must_use]
    pub fn findings(&self, plan: &Plan, scratch: &mut Scratch) -> Verdict {
        self.judge(plan, scratch);
        let Scratch { now, marks, breaches } = scratch;
        let scene = Scene { ground: &self.ground, plan, now };
        let findings = breaches.iter().map(|b| self.finding(&scene, b, marks)).collect();
        self.conclude(plan, findings)
    }

    /// Lets each criterion say what it finds.
    pub(super) fn judge(&self, plan: &Plan, scratch: &mut Scratch) {
        scratch.now.fill(plan, self.ground.len());
        scratch.marks.fit(self.ground.len());
        scratch.breaches.clear();
        let scene = Scene { ground: &self.ground, plan, now: &scratch.now };
        for criterion in &self.criteria {
            for area in scene.now.areas() {
                criterion.of_area(&scene, area, &mut scratch.marks, &mut scratch.breaches);
            }
            criterion.of_plan(&scene, &mut scratch.breaches);
        }
    }

    /// Puts a breach in words.
    pub(super) fn finding(&self, scene: &Scene<'_>, breach: &Breach, marks: &mut Marks) -> Finding {
        let rule = &self.rulebook.rules[breach.rule as usize];
        let mut finding = Finding {
            rule: rule.id.clone(),
            area: scene.label(breach.area).map(str::to_owned),
            municipalities: scene.ground.codes(&breach.municipalities),
            amount: breach.amount,
            facts: Vec::with_capacity(8),
            ..Finding::bare(breach.code, breach.severity)
        };
        if let Some(area) = &finding.area {
            finding.facts.push(("area", super::Fact::Text(area.clone())));
        }
        self.criteria[breach.rule as usize].describe(scene, breach, marks, &mut finding);
        finding
    }

    /// Adds what is wrong with the submission and the register, sorts, and decides.
    fn conclude(&self, plan: &Plan, mut findings: Vec<Finding>) -> Verdict {
        let assignment = self.rulebook.rules.iter().find(|r| matches!(r.kind, Kind::Assignment));
        let (rule, severity) = assignment.map_or(("assignment", Severity::Warning), |r| (r.id.as_str(), weight(r)));
        assignment::irregular(plan, self.ground.territory, rule, severity, &mut findings);
        if assignment.is_some() {
            assignment::companies(plan, rule, severity, &mut findings);
        }
        let covered: Vec<u32> =
            findings.iter_mut().flat_map(|f| derogation::cover(self.register, &self.live, f)).collect();
        let used = |i: u32| covered.contains(&i);
        findings.extend(derogation::about_register(self.register, plan, self.rulebook, self.ground.territory, used));
        findings.sort_by(Finding::order);
        let status = derogation::status(findings.iter());
        Verdict { plan: plan.name.clone(), status, findings, areas: Vec::new() }
    }
}

fn weight(rule: &Rule) -> Severity {
    if rule.hard { Severity::Violation } else { Severity::Warning }
}

/// The division that a nesting rule works on: the first of its names that the territory has.
pub(super) fn division<'t>(territory: &'t Territory, names: &[String]) -> Option<&'t Division> {
    names.iter().find_map(|n| territory.division(n))
}

fn prepare<'a>(
    ground: &Ground<'a>,
    rulebook: &'a Rulebook,
    rule: &'a Rule,
    number: u32,
) -> Result<Box<dyn Criterion + 'a>, CheckError> {
    let severity = weight(rule);
    let territory = ground.territory;
    let named = |codes: &[String]| {
        positions(ground, codes).map_err(|code| CheckError::NoMunicipality {
            rule: rule.id.clone(),
            municipality: code.to_owned(),
            known: territory.len(),
            nearest: nearest(code, territory.municipalities().iter().map(|m| m.code.as_str())),
        })
    };
    Ok(match &rule.kind {
        Kind::Assignment => Box::new(Assignment { rule: number, severity }),
        Kind::Contiguity { exclaves_count, doubtful_below_m } => {
            Box::new(Contiguous::new(ground, rulebook.contiguity, number, severity, *exclaves_count, *doubtful_below_m))
        }
        Kind::Enclosure => Box::new(Enclosure::new(ground, number, severity)),
        Kind::Nesting { division: names } => {
            let found = division(territory, names).ok_or_else(|| CheckError::NoDivision {
                rule: rule.id.clone(),
                division: names.join(" or "),
                known: match territory.divisions() {
                    [] => "none".into(),
                    all => all.iter().map(|d| d.name.as_str()).collect::<Vec<_>>().join(", "),
                },
            })?;
            Box::new(Nesting::new(found, number, severity))
        }
        Kind::Bounds { attribute, at_least, at_most } => {
            let figures = Figures::find(territory, attribute);
            Box::new(Bounds { rule: number, severity, figures, at_least: *at_least, at_most: *at_most })
        }
        Kind::Balance { attribute, within } => {
            Box::new(Balance { rule: number, severity, figures: Figures::find(territory, attribute), within: *within })
        }
        Kind::AreaCount { at_least, at_most } => {
            Box::new(AreaCount { rule: number, severity, at_least: *at_least, at_most: *at_most })
        }
        Kind::Together { municipalities } => {
            Box::new(Together { rule: number, severity, municipalities: named(municipalities)? })
        }
        Kind::Apart { municipalities } => {
            Box::new(Apart { rule: number, severity, municipalities: named(municipalities)? })
        }
        Kind::Fixed { municipalities, area } => {
            Box::new(Fixed { rule: number, severity, municipalities: named(municipalities)?, label: area.clone() })
        }
        Kind::Expertise { actors } if actors.len() > MOST_KINDS => {
            return Err(CheckError::TooManyKinds { rule: rule.id.clone(), found: actors.len(), most: MOST_KINDS });
        }
        Kind::Expertise { actors } => Box::new(Expertise::new(ground, number, severity, actors)),
        Kind::Opinions => Box::new(Opinions::new(ground, number, severity)),
    })
}
