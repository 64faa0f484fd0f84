//! From a raw plan to a [`Plan`]: quickly where every municipality is there once, with all care where not.
//!
//! Files of many plans repeat themselves: the municipalities come in the same order in each plan, and most of them have
//! the label that they had in the plan before. So both are first compared with what was there last time, and only looked up
//! where they differ.

use rustc_hash::FxHashMap;

use crate::io::Error;
use crate::io::plans::RawPlan;
use crate::plan::{NONE, Plan};
use crate::territory::{Territory, index_u32};

/// Most different labels that are remembered from plan to plan.
const MAX_LABELS: usize = 1 << 14;

/// Resolves one plan after another, remembering what repeats itself.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    territory: &'a Territory,
    /// The municipality of the i-th row of the plan before.
    order: Vec<u32>,
    /// Label of each municipality in this plan, and in the plan before.
    now: Vec<u32>,
    before: Vec<u32>,
    labels: Vec<String>,
    known: FxHashMap<String, u32>,
    /// Labels of the plan before, in the order of their numbers.
    used: Vec<u32>,
    /// Position of each label among the plan's areas, for those that are used.
    rank: Vec<u32>,
    plan: Plan,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(territory: &'a Territory) -> Self {
        let n = territory.len();
        Self {
            territory,
            order: (0..n).map(index_u32).collect(),
            now: vec![NONE; n],
            before: vec![NONE; n],
            labels: Vec::new(),
            known: FxHashMap::default(),
            used: Vec::new(),
            rank: Vec::new(),
            plan: Plan::default(),
        }
    }

    /// Holds a plan against the territory.
    ///
    /// # Errors
    ///
    /// A plan that can't be read.
    pub(super) fn resolve(&mut self, raw: &RawPlan) -> Result<&Plan, Error> {
        if !self.quick(raw) {
            self.plan = raw.submission()?.resolve(self.territory);
            self.used.clear();
        }
        Ok(&self.plan)
    }

    /// Resolves a plan of the usual shape in which every municipality is there once, with an area; else says false.
    fn quick(&mut self, raw: &RawPlan) -> bool {
        if self.labels.len() > MAX_LABELS {
            self.forget();
        }
        self.now.fill(NONE);
        let mut row = 0;
        let name = raw.scan(|code, area| {
            let Some(i) = self.position(row, code) else { return false };
            if self.now[i] != NONE || area.is_empty() {
                return false;
            }
            self.now[i] = self.label(self.before[i], area);
            row += 1;
            true
        });
        let Some(name) = name.filter(|_| row == self.now.len()) else { return false };
        name.clone_into(&mut self.plan.name);
        self.plan.companies.clear();
        self.plan.irregularities.clear();
        self.rank_areas();
        self.plan.of.clear();
        self.plan.of.extend(self.now.iter().map(|&label| self.rank[label as usize]));
        std::mem::swap(&mut self.now, &mut self.before);
        true
    }

    /// Position of a code, guessed from the row it stands in.
    fn position(&mut self, row: usize, code: &str) -> Option<usize> {
        let guess = *self.order.get(row)? as usize;
        if self.territory.municipalities()[guess].code == code {
            return Some(guess);
        }
        let found = self.territory.position(code)?;
        self.order[row] = index_u32(found);
        Some(found)
    }

    /// Number of a label, guessed from the plan before.
    fn label(&mut self, guess: u32, area: &str) -> u32 {
        if self.labels.get(guess as usize).is_some_and(|l| l == area) {
            return guess;
        }
        if let Some(&known) = self.known.get(area) {
            return known;
        }
        let new = index_u32(self.labels.len());
        self.labels.push(area.to_owned());
        self.known.insert(area.to_owned(), new);
        new
    }

    /// Sorts the labels in use, unless they are those of the plan before.
    fn rank_areas(&mut self) {
        let mut is_used = vec![false; self.labels.len()];
        for &label in &self.now {
            is_used[label as usize] = true;
        }
        let used: Vec<u32> = (0..self.labels.len()).filter(|&l| is_used[l]).map(index_u32).collect();
        if used == self.used && !self.plan.areas.is_empty() {
            return;
        }
        let mut sorted = used.clone();
        sorted.sort_unstable_by(|&a, &b| self.labels[a as usize].cmp(&self.labels[b as usize]));
        self.rank.resize(self.labels.len(), 0);
        for (rank, &label) in sorted.iter().enumerate() {
            self.rank[label as usize] = index_u32(rank);
        }
        self.plan.areas = sorted.iter().map(|&l| self.labels[l as usize].clone()).collect();
        self.used = used;
    }

    /// Forgets the labels seen so far.
    fn forget(&mut self) {
        self.before.fill(NONE);
        self.labels.clear();
        self.known.clear();
        self.used.clear();
        self.rank.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::io::plans::{PlanOptions, PlanSource};
    use crate::territory::Municipality;

    /// One plan after another: rows of a code (of which two are unknown) and an area.
    fn plans() -> impl Strategy<Value = Vec<Vec<(usize, usize)>>> {
        let clean = Just((0..5usize).collect::<Vec<_>>()).prop_shuffle();
        let clean = (clean, prop::collection::vec(1..4usize, 5)).prop_map(|(c, a)| c.into_iter().zip(a).collect());
        let any = prop::collection::vec((0..7usize, 0..4usize), 1..8);
        prop::collection::vec(prop_oneof![3 => clean, 1 => any], 1..8)
    }

    proptest! {
        #[test]
        fn the_quick_way_is_the_careful_way(plans in plans()) {
            let units = (0..5).map(|i| Municipality::new(format!("u{i}"), format!("Unit {i}"))).collect();
            let territory = Territory::new("five", units, Vec::new()).expect("a territory");
            let mut text = String::new();
            for plan in &plans {
                let rows: Vec<String> =
                    plan.iter().map(|(c, a)| format!("\"u{c}\":\"{}\"", ["", "B", "A", "C"][*a])).collect();
                text += &format!("{{{}}}\n", rows.join(","));
            }
            let file = tempfile::NamedTempFile::with_suffix(".jsonl").expect("a file");
            std::fs::write(file.path(), text).expect("written");
            let source = PlanSource::open(&[PathBuf::from(file.path())], &PlanOptions::default()).expect("a file");
            let mut resolver = Resolver::new(&territory);
            for raw in source {
                let careful = raw.submission().expect("a plan").resolve(&territory);
                prop_assert_eq!(resolver.resolve(&raw).expect("a plan"), &careful);
            }
        }
    }
}
