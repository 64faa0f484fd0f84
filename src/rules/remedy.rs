//! The smallest remedy of a violation: the fewest moves that remove it without making another.
//!
//! A *move* takes a municipality to an area that the plan has; each municipality moves at most once. After the
//! moves every violation must have been there before, with no municipality more and no greater amount, and the one
//! to be removed must be gone.
//!
//! The search is a bounded search tree, deepened one move at a time. At each node some violation is not allowed: the
//! one to be removed, or a new one. Any set of moves that ends well must still change it, so it is enough to try
//! some moves of which every way to change it has at least one ([`Levers`]); nothing else is left out but
//!
//! - what [`Criterion::least_moves`] shows to need more moves than are left, and
//! - under a hard contiguity rule, a move of a municipality to an area that it could not be joined with: if more
//!   members of the area lie on the mainland than moves are left, one of them stays, and the path from it to the
//!   newcomer is paved with at most the moves that are left, so they lie no farther apart than that.
//!
//! So when every smaller size came out empty, the set that was found is proved smallest. The work is bounded:
//! after [`MOST_PLANS`] plans the search stops, and says up to which size it was complete.
//!
//! Where each municipality that a violation names must move ([`Criterion::least_moves`] says so: all those outside the
//! main zone of their area), and the tree is too large, they are led out one by one, each to an area that it borders
//! on and that takes it without a new violation. That leaves out much, but what it finds is as small as can be.

use rustc_hash::FxHashSet;

use super::ground::{Arrangement, Breach, Criterion, Ground, Levers, Marks, Scene};
use super::{Move, Remedy, Severity, bridge};
use crate::plan::{NONE, Plan};
use crate::territory::index_u32;

/// Most moves in a remedy that the tree is searched for.
pub(super) const MOST_MOVES: usize = 4;

/// Most plans that are judged for one remedy.
const MOST_PLANS: usize = 30_000;

/// Most plans that are judged for all remedies of a plan, shared out evenly over the violations that wait, so that a plan
/// in which all is wrong costs no more.
const MOST_IN_ALL: usize = 120_000;

/// Most plans that are judged while municipalities are led out one by one, and most remedies that are looked for so.
const MOST_LED: usize = 4_000;
const MOST_LED_REMEDIES: usize = 16;

type Step = (u32, u32);

/// The search for remedies in one plan.
pub(super) struct Search<'s> {
    ground: &'s Ground<'s>,
    plan: &'s Plan,
    criteria: &'s [Box<dyn Criterion + 's>],
    /// Of the hard contiguity rule, where there is one: whether exclaves count.
    contiguous: Option<bool>,
    start: Arrangement,
    now: Arrangement,
    /// The violations of before, by the area that they were found from; the last are the plan's.
    before: Vec<Vec<Breach>>,
    marks: Marks,
    found: Vec<Breach>,
    steps: Vec<Step>,
    solutions: Vec<Vec<Step>>,
    visited: FxHashSet<Vec<Step>>,
    judged: usize,
    judged_in_all: usize,
    /// Violations that still wait for their remedy, and most plans to be judged for this one.
    waiting: usize,
    most: usize,
    /// The area that the violation to be removed was found from.
    origin: u32,
    looks_around: bool,
}

impl<'s> Search<'s> {
    pub(super) fn new(scene: &Scene<'s>, criteria: &'s [Box<dyn Criterion + 's>], contiguous: Option<bool>) -> Self {
        let mut marks = Marks::default();
        marks.fit(scene.ground.len());
        let mut before = Vec::with_capacity(scene.now.len() + 1);
        let is_violation = |b: &Breach| b.severity == Severity::Violation;
        for area in scene.now.areas() {
            let mut found = Vec::new();
            criteria.iter().for_each(|c| c.of_area(scene, area, &mut marks, &mut found));
            found.retain(is_violation);
            found.sort_by_key(Breach::key);
            before.push(found);
        }
        let mut found = Vec::new();
        criteria.iter().for_each(|c| c.of_plan(scene, &mut found));
        found.retain(is_violation);
        found.sort_by_key(Breach::key);
        before.push(found);
        let waiting = before.iter().map(Vec::len).sum();
        Self {
            ground: scene.ground,
            plan: scene.plan,
            criteria,
            contiguous,
            start: scene.now.clone(),
            now: scene.now.clone(),
            before,
            marks,
            found: Vec::new(),
            steps: Vec::new(),
            solutions: Vec::new(),
            visited: FxHashSet::default(),
            judged: 0,
            judged_in_all: 0,
            waiting,
            most: 0,
            origin: NONE,
            looks_around: criteria.iter().any(|c| c.is_hard() && c.looks_around()),
        }
    }

    fn scene(&self) -> Scene<'_> {
        Scene { ground: self.ground, plan: self.plan, now: &self.now }
    }

    /// The smallest remedy of a violation of the plan; none where no move can do anything about it.
    pub(super) fn remedy(&mut self, target: &Breach) -> Option<Remedy> {
        let criterion = self.criteria.get(target.rule as usize)?;
        if self.now.len() == 0 || criterion.levers(&self.scene(), target, None) == Levers::default() {
            return None;
        }
        let mut remedy = Remedy::default();
        self.allot();
        self.origin =
            self.before.iter().position(|f| f.iter().any(|b| b.key() == target.key())).map_or(NONE, index_u32);
        for size in 1..=MOST_MOVES {
            self.solutions.clear();
            self.visited.clear();
            let whole = self.branch(target, size);
            if let Some(best) = self.best() {
                remedy.moves = self.moves(&best);
                remedy.proved_smallest = true;
                remedy.alternatives = index_u32(self.solutions.len()) - 1;
                break;
            }
            if !whole {
                break;
            }
            remedy.searched_up_to = index_u32(size);
        }
        if remedy.moves.is_empty() {
            self.lead_all(target, &mut remedy);
        }
        if target.code == "R501" {
            remedy.merge_with = self.merge_with(target);
        }
        if target.code == "R201" {
            bridge::describe(
                &self.scene(),
                target.area,
                self.contiguous == Some(true),
                &mut self.marks.clone(),
                &mut remedy,
            );
        }
        Some(remedy)
    }

    /// Allots the next violation its share of the plans that may still be judged.
    fn allot(&mut self) {
        self.judged_in_all += std::mem::take(&mut self.judged);
        self.most = MOST_PLANS.min(MOST_IN_ALL.saturating_sub(self.judged_in_all) / self.waiting.max(1));
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Tries every set of at most `left` more moves that could end well; false where the work ran out.
    fn branch(&mut self, target: &Breach, left: usize) -> bool {
        self.judged += 1;
        let wrong = self.wrongs(target, left);
        if wrong.is_empty() {
            let mut solution = self.steps.clone();
            solution.sort_unstable();
            self.solutions.push(solution);
            return true;
        }
        if left == 0 || wrong.iter().any(|w| self.least_moves(w, target) > left) {
            return true;
        }
        // Each must end, so the ways to end any one of them will do: the fewest.
        let ways = wrong.iter().map(|w| {
            let must_go = self.pardoned(w, target).is_none().then_some(left);
            self.criteria[w.rule as usize].levers(&self.scene(), w, must_go)
        });
        let ways: Vec<Levers> = ways.collect();
        let ways = ways.iter().map(|levers| self.candidates(levers, target, left)).min_by_key(Vec::len);
        for (municipality, area) in ways.unwrap_or_default() {
            if self.judged >= self.most {
                return false;
            }
            self.steps.push((municipality, area));
            if left == 1 || self.is_new() {
                let from = self.now.of[municipality as usize];
                self.now.assign(municipality, area);
                let whole = self.branch(target, left - 1);
                self.now.assign(municipality, from);
                if !whole {
                    self.steps.pop();
                    return false;
                }
            }
            self.steps.pop();
        }
        true
    }

    /// Looks for a remedy that moves the municipalities that the violation names and no others, where none of them can
    /// stay as it is: then no smaller one exists.
    fn lead_all(&mut self, target: &Breach, remedy: &mut Remedy) {
        let all = target.municipalities.len();
        let criterion = &self.criteria[target.rule as usize];
        if all <= remedy.searched_up_to as usize || criterion.least_moves(&self.scene(), target) != all {
            return;
        }
        self.solutions.clear();
        self.visited.clear();
        self.judged_in_all += std::mem::take(&mut self.judged);
        self.lead(target, &mut target.municipalities.clone());
        if let Some(best) = self.best() {
            remedy.moves = self.moves(&best);
            remedy.proved_smallest = true;
            remedy.alternatives = index_u32(self.solutions.len()) - 1;
        }
    }

    /// Leads the rest of some municipalities, one by one, to areas that they border on by then.
    fn lead(&mut self, target: &Breach, rest: &mut Vec<u32>) {
        if rest.is_empty() {
            if self.wrongs(target, 0).is_empty() {
                let mut solution = self.steps.clone();
                solution.sort_unstable();
                self.solutions.push(solution);
            }
            return;
        }
        for i in 0..rest.len() {
            let municipality = rest.remove(i);
            let from = self.now.of[municipality as usize];
            let around = self.ground.graph.neighbours(municipality as usize);
            let mut areas: Vec<u32> = around.iter().map(|&n| self.now.of[n as usize]).collect();
            unique(&mut areas);
            areas.retain(|&a| a != NONE && a != from);
            for area in areas {
                if self.judged >= MOST_LED.min(self.most) || self.solutions.len() >= MOST_LED_REMEDIES {
                    break;
                }
                self.judged += 1;
                self.steps.push((municipality, area));
                self.now.assign(municipality, area);
                // The area of the violation itself is judged in the end, when all have left it.
                if self.is_new() && (area == self.origin || self.wrong_in(area, target, false).is_none()) {
                    self.lead(target, rest);
                }
                self.now.assign(municipality, from);
                self.steps.pop();
            }
            rest.insert(i, municipality);
        }
    }

    /// Whether these moves were not looked at before in another order.
    fn is_new(&mut self) -> bool {
        let mut key = self.steps.clone();
        key.sort_unstable();
        self.visited.insert(key)
    }

    /// Violations that the plan as it stands may not have: one of the area of the violation to be removed, and one
    /// of elsewhere; none where there is none at all. Only what the moves can have changed is judged.
    fn wrongs(&mut self, target: &Breach, left: usize) -> Vec<Breach> {
        if self.steps.is_empty() {
            return vec![target.clone()];
        }
        let mut wrong: Vec<Breach> = self.wrong_in(self.origin, target, false).into_iter().collect();
        if !wrong.is_empty() && left == 0 {
            return wrong;
        }
        let mut direct = vec![self.origin];
        for i in (0..self.steps.len()).rev() {
            let (m, to) = self.steps[i];
            for area in [to, self.start.of[m as usize]] {
                if !direct.contains(&area) {
                    direct.push(area);
                    wrong.extend(self.wrong_in(area, target, false));
                    if wrong.len() > 1 || (left == 0 && !wrong.is_empty()) {
                        return wrong;
                    }
                }
            }
        }
        if !wrong.is_empty() {
            return wrong;
        }
        if self.looks_around {
            let mut around: Vec<u32> = Vec::new();
            for &(m, _) in &self.steps {
                let links = self.ground.territory.adjacency().neighbours(m as usize);
                around.extend(links.map(|(n, _)| self.now.of[n]));
            }
            unique(&mut around);
            around.retain(|a| !direct.contains(a));
            if let Some(found) = around.into_iter().find_map(|a| self.wrong_in(a, target, true)) {
                return vec![found];
            }
        }
        self.found.clear();
        let scene = Scene { ground: self.ground, plan: self.plan, now: &self.now };
        self.criteria.iter().filter(|c| c.is_hard()).for_each(|c| c.of_plan(&scene, &mut self.found));
        // A plan with very many violations counts for more than one.
        self.judged += self.found.len() / 8;
        let whole = self.before.len() - 1;
        self.found.iter().find(|b| !self.allowed(b, whole, target)).cloned().into_iter().collect()
    }

    /// A lower bound on the moves that end a violation which may not stay as it is.
    fn least_moves(&self, wrong: &Breach, target: &Breach) -> usize {
        let criterion = &self.criteria[wrong.rule as usize];
        // A violation that was there before need not go, if it becomes no worse than it was.
        match self.pardoned(wrong, target) {
            None => criterion.least_moves(&self.scene(), wrong),
            Some(before) => criterion.least_to_return(&self.scene(), wrong, before, &self.steps),
        }
    }

    fn wrong_in(&mut self, area: u32, target: &Breach, around: bool) -> Option<Breach> {
        if self.now.members.get(area as usize).is_none_or(Vec::is_empty) {
            return None;
        }
        self.found.clear();
        let scene = Scene { ground: self.ground, plan: self.plan, now: &self.now };
        for criterion in self.criteria.iter().filter(|c| c.is_hard() && (!around || c.looks_around())) {
            criterion.of_area(&scene, area, &mut self.marks, &mut self.found);
        }
        self.found.iter().find(|b| !self.allowed(b, area as usize, target)).cloned()
    }

    /// The same violation before the moves, where there was one: it may stay, if it is made no worse.
    fn pardoned(&self, breach: &Breach, target: &Breach) -> Option<&Breach> {
        self.before.iter().flatten().find(|b| b.key() == breach.key() && b.key() != target.key())
    }

    /// Whether a violation was there before, no better, and is not the one to be removed.
    fn allowed(&self, breach: &Breach, origin: usize, target: &Breach) -> bool {
        if breach.severity != Severity::Violation {
            return true;
        }
        let before = &self.before[origin];
        let at = before.partition_point(|b| b.key() < breach.key());
        let same = before.get(at).filter(|b| b.key() == breach.key());
        breach.key() != target.key() && same.is_some_and(|b| breach.is_no_worse(b))
    }

    /// The moves that can change a violation, but for those that can't end well with `left` moves (this one
    /// included).
    fn candidates(&mut self, levers: &Levers, target: &Breach, left: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        levers.of.iter().for_each(|&m| self.out_of(m, target, left, &mut steps));
        match &levers.into {
            Some((area, Some(newcomers))) => steps.extend(newcomers.iter().map(|&m| (m, *area))),
            Some((area, None)) if (*area as usize) < self.now.len() => self.into(*area, target, left, &mut steps),
            _ => {}
        }
        let moved = |m: u32| self.steps.iter().any(|&(s, _)| s == m);
        steps.retain(|&(m, to)| self.now.of[m as usize] != to && !moved(m));
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    /// Moves of a municipality to any area.
    fn out_of(&mut self, municipality: u32, target: &Breach, left: usize, steps: &mut Vec<Step>) {
        let mut near: Option<Vec<u32>> = None;
        for area in self.now.areas() {
            if self.is_anchored(area, target, left) && self.is_held(municipality) {
                let near = near.get_or_insert_with(|| {
                    let mut areas = Vec::new();
                    spread(self.ground, &mut self.marks, &[municipality], left, |n| {
                        areas.push(self.now.of[n as usize])
                    });
                    unique(&mut areas);
                    areas
                });
                if near.binary_search(&area).is_err() {
                    continue;
                }
            }
            steps.push((municipality, area));
        }
    }

    /// Moves of any municipality into an area.
    fn into(&mut self, area: u32, target: &Breach, left: usize, steps: &mut Vec<Step>) {
        if !self.is_anchored(area, target, left) {
            steps.extend((0..index_u32(self.ground.len())).map(|m| (m, area)));
            return;
        }
        let members = &self.now.members[area as usize];
        spread(self.ground, &mut self.marks, members, left, |m| steps.push((m, area)));
        steps.extend((0..index_u32(self.ground.len())).filter(|&m| !self.is_held(m)).map(|m| (m, area)));
    }

    /// Whether contiguity is asked of this municipality wherever it goes.
    fn is_held(&self, municipality: u32) -> bool {
        self.contiguous == Some(true) || self.ground.on_mainland(municipality)
    }

    /// Whether a newcomer to this area must end up joined to a member that it has now: the area has to be
    /// contiguous in the end, and not all its members that count can leave.
    fn is_anchored(&self, area: u32, target: &Breach, left: usize) -> bool {
        let Some(exclaves_count) = self.contiguous else { return false };
        let pardoned = |b: &&Breach| b.code == "R201" && (b.rule, b.area) != (target.rule, target.area);
        let members = &self.now.members[area as usize];
        let firm = members.iter().filter(|&&m| exclaves_count || self.ground.on_mainland(m)).take(left).count();
        firm >= left && !self.before[area as usize].iter().any(|b| pardoned(&b))
    }

    /// The best of the solutions: fewest violations left, then fewest warnings, then the first by code.
    fn best(&mut self) -> Option<Vec<Step>> {
        self.solutions.sort_unstable();
        self.solutions.dedup();
        let solutions = std::mem::take(&mut self.solutions);
        let best = solutions.iter().min_by_key(|s| (self.cost(s), *s)).cloned();
        self.solutions = solutions;
        best
    }

    fn cost(&mut self, steps: &[Step]) -> (usize, usize) {
        let undo: Vec<Step> = steps.iter().map(|&(m, _)| (m, self.now.of[m as usize])).collect();
        steps.iter().for_each(|&(m, to)| self.now.assign(m, to));
        self.found.clear();
        let scene = Scene { ground: self.ground, plan: self.plan, now: &self.now };
        for criterion in self.criteria {
            for area in scene.now.areas().filter(|&a| !scene.now.members[a as usize].is_empty()) {
                criterion.of_area(&scene, area, &mut self.marks, &mut self.found);
            }
            criterion.of_plan(&scene, &mut self.found);
        }
        undo.iter().for_each(|&(m, from)| self.now.assign(m, from));
        let of = |severity| self.found.iter().filter(|b| b.severity == severity).count();
        (of(Severity::Violation), of(Severity::Warning))
    }

    /// Labels of the neighbouring areas that this one could join as a whole, to the same end.
    fn merge_with(&mut self, target: &Breach) -> Vec<String> {
        let Some(members) = self.start.members.get(target.area as usize).cloned() else { return Vec::new() };
        let around = members.iter().flat_map(|&m| self.ground.graph.neighbours(m as usize));
        let mut areas: Vec<u32> = around.map(|&n| self.start.of[n as usize]).collect();
        unique(&mut areas);
        areas.retain(|&a| a != NONE && a != target.area);
        let mut good = Vec::new();
        for area in areas {
            self.steps.extend(members.iter().map(|&m| (m, area)));
            members.iter().for_each(|&m| self.now.assign(m, area));
            if self.wrongs(target, 0).is_empty() {
                good.push(area);
            }
            members.iter().for_each(|&m| self.now.assign(m, target.area));
            self.steps.clear();
        }
        self.scene().labels(good)
    }

    fn moves(&self, steps: &[Step]) -> Vec<Move> {
        let scene = self.scene();
        let moved = |&(m, to): &Step| Move {
            municipality: self.ground.code(m),
            from: scene.label(self.start.of[m as usize]).map(str::to_owned),
            to: scene.label(to).unwrap_or_default().to_owned(),
        };
        steps.iter().map(moved).collect()
    }
}

/// Calls `reached` for every municipality at 1 to `distance` links from some sources (sources left out).
fn spread(ground: &Ground<'_>, marks: &mut Marks, sources: &[u32], distance: usize, mut reached: impl FnMut(u32)) {
    let stamp = marks.stamp();
    let mut ring: Vec<u32> = sources.to_vec();
    ring.iter().for_each(|&m| {
        marks.visit(m, stamp);
    });
    for _ in 0..distance {
        let mut next = Vec::new();
        for &m in &ring {
            for &n in ground.graph.neighbours(m as usize) {
                if marks.visit(n, stamp) {
                    reached(n);
                    next.push(n);
                }
            }
        }
        ring = next;
    }
}

fn unique(list: &mut Vec<u32>) {
    list.sort_unstable();
    list.dedup();
}
