//! What was said of an area before: plans of an ensemble share most of their areas, so most findings recur.
//!
//! A finding that depends on its area alone (its label and its municipalities) is put in words once, and whatever a
//! report makes of it is kept beside it.

use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use super::checker::{Checker, Scratch};
use super::derogation;
use super::ground::{Breach, Scene};
use super::{Finding, Status};
use crate::plan::{NONE, Plan};

/// Findings kept at most; beyond, all are forgotten. About a kilobyte each.
const MOST: usize = 16_384;

/// A finding with what was made of it.
#[derive(Debug)]
pub struct Kept<T> {
    /// The finding, with the derogation that covers it, without a remedy.
    pub finding: Finding,
    /// What was made of it.
    pub made: T,
    /// The derogations that cover it.
    covered_by: Vec<u32>,
    rule: u32,
    members: Vec<u32>,
}

/// Findings kept from plan to plan; one a thread.
#[derive(Debug)]
pub struct Memo<T> {
    kept: FxHashMap<u64, Vec<Arc<Kept<T>>>>,
    count: usize,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { kept: FxHashMap::default(), count: 0 }
    }
}

impl Checker<'_> {
    /// Judges a plan as [`Checker::findings`] does, and lets `make` turn each finding into something (bytes of a
    /// report); what `make` gave for the same finding of another plan is taken from `memo`.
    ///
    /// `make` must depend on the finding only, and must be the same for every call with one memo, as must the checker.
    pub fn findings_made<T>(
        &self,
        plan: &Plan,
        scratch: &mut Scratch,
        memo: &mut Memo<T>,
        make: impl Fn(&Finding) -> T,
    ) -> (Status, Vec<Arc<Kept<T>>>) {
        let fresh = |finding: Finding| {
            Arc::new(Kept { made: make(&finding), finding, covered_by: Vec::new(), rule: NONE, members: Vec::new() })
        };
        if !plan.irregularities.is_empty() || !plan.companies.is_empty() {
            let verdict = self.findings(plan, scratch);
            return (verdict.status, verdict.findings.into_iter().map(fresh).collect());
        }
        self.judge(plan, scratch);
        let Scratch { now, marks, breaches } = scratch;
        let scene = Scene { ground: &self.ground, plan, now };
        let mut kept = Vec::with_capacity(breaches.len());
        for breach in breaches.iter() {
            let mut keep = |members: Vec<u32>| {
                let mut finding = self.finding(&scene, breach, marks);
                let covered_by = derogation::cover(self.register, &self.live, &mut finding);
                Arc::new(Kept { made: make(&finding), finding, covered_by, rule: breach.rule, members })
            };
            kept.push(if self.criteria[breach.rule as usize].is_local(breach) {
                memo.recall(&scene, breach, keep)
            } else {
                keep(Vec::new())
            });
        }
        let used = |i: u32| kept.iter().any(|k| k.covered_by.contains(&i));
        let about = derogation::about_register(self.register, plan, self.rulebook, self.ground.territory, used);
        kept.extend(about.into_iter().map(fresh));
        kept.sort_by(|a, b| a.finding.order(&b.finding));
        (derogation::status(kept.iter().map(|k| &k.finding)), kept)
    }
}

impl<T> Memo<T> {
    /// What is kept of this breach, or what `keep` makes of it.
    fn recall(
        &mut self,
        scene: &Scene<'_>,
        breach: &Breach,
        keep: impl FnOnce(Vec<u32>) -> Arc<Kept<T>>,
    ) -> Arc<Kept<T>> {
        let label = scene.label(breach.area);
        let members = scene.now.members.get(breach.area as usize).map_or(&[][..], Vec::as_slice);
        let mut hasher = FxHasher::default();
        (breach.code, breach.rule, label, members).hash(&mut hasher);
        let bucket = self.kept.entry(hasher.finish()).or_default();
        let same = |k: &&Arc<Kept<T>>| {
            k.finding.code == breach.code
                && k.rule == breach.rule
                && k.finding.area.as_deref() == label
                && k.members == members
        };
        if let Some(found) = bucket.iter().find(same) {
            return Arc::clone(found);
        }
        let new = keep(members.to_vec());
        bucket.push(Arc::clone(&new));
        self.count += 1;
        if self.count > MOST {
            *self = Self::default();
        }
        new
    }
}
