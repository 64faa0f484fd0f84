//! What the criteria stand on: the graph, a plan as integers, and the interface that each criterion meets.

use std::borrow::Cow;
use std::fmt::Debug;

use super::{Fact, Finding, Severity};
use crate::plan::{NONE, Plan};
use crate::territory::adjacency::{Components, Contiguity};
use crate::territory::{Graph, Territory, index_u32};

/// A territory with what its links say once and for all.
///
/// The *home* of an area is the component of the whole territory's graph that it is judged in: the mainland
/// (the component with most municipalities) where it has any municipality there, else the component with most
/// of its municipalities; ties go to the smallest code. Its members elsewhere are exclaves: no plan could
/// join them, so they are noted and not held against the area.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) territory: &'a Territory,
    pub(super) graph: Graph,
    component: Vec<u32>,
    components: u32,
    mainland: u32,
}

impl<'a> Ground<'a> {
    pub(super) fn new(territory: &'a Territory, contiguity: Contiguity) -> Self {
        let graph = territory.adjacency().graph(contiguity);
        let Components { of, sizes, mainland } = graph.components();
        Self { territory, graph, component: of, components: index_u32(sizes.len()), mainland }
    }

    /// Number of municipalities.
    pub(super) fn len(&self) -> usize {
        self.component.len()
    }

    /// Whether a municipality lies on the mainland.
    pub(super) fn on_mainland(&self, municipality: u32) -> bool {
        self.component[municipality as usize] == self.mainland
    }

    /// The component in which an area is judged; `members` sorted.
    pub(super) fn home(&self, members: &[u32]) -> u32 {
        if self.components <= 1 || members.iter().any(|&m| self.on_mainland(m)) {
            return self.mainland;
        }
        let mut seen: Vec<(u32, u32)> = Vec::new();
        for &m in members {
            let c = self.component[m as usize];
            match seen.iter_mut().find(|(k, _)| *k == c) {
                Some((_, size)) => *size += 1,
                None => seen.push((c, 1)),
            }
        }
        let sizes: Vec<u32> = seen.iter().map(|&(_, size)| size).collect();
        seen.get(largest(&sizes) as usize).map_or(self.mainland, |&(c, _)| c)
    }

    /// Whether a municipality lies in a component.
    pub(super) fn is_in(&self, municipality: u32, component: u32) -> bool {
        self.components <= 1 || self.component[municipality as usize] == component
    }

    /// Code of a municipality.
    pub(super) fn code(&self, municipality: u32) -> String {
        self.territory.municipalities()[municipality as usize].code.clone()
    }

    /// Codes of municipalities, in the same order.
    pub(super) fn codes(&self, municipalities: &[u32]) -> Vec<String> {
        municipalities.iter().map(|&m| self.code(m)).collect()
    }
}

/// Position of the greatest value, the first of equals.
pub(super) fn largest(sizes: &[u32]) -> u32 {
    let mut best = 0;
    for (i, &size) in sizes.iter().enumerate() {
        if size > sizes[best] {
            best = i;
        }
    }
    index_u32(best)
}

/// A plan as integers. Areas are numbered by their first municipality, so that labels never reach an answer.
#[derive(Debug, Default, Clone)]
pub(super) struct Arrangement {
    /// Area of each municipality, or [`NONE`].
    pub(super) of: Vec<u32>,
    /// Municipalities of each area, sorted. An area that lost its last municipality is empty.
    pub(super) members: Vec<Vec<u32>>,
    /// Municipalities without an area, sorted.
    pub(super) open: Vec<u32>,
    /// Each area's position in [`Plan::areas`].
    label: Vec<u32>,
    renumbered: Vec<u32>,
}

impl Arrangement {
    /// Takes a plan; entries beyond the territory, or beyond the plan's own areas, count as unassigned.
    pub(super) fn fill(&mut self, plan: &Plan, municipalities: usize) {
        self.members.iter_mut().for_each(Vec::clear);
        self.of.clear();
        self.open.clear();
        self.label.clear();
        self.renumbered.clear();
        self.renumbered.resize(plan.areas.len(), NONE);
        for m in 0..municipalities {
            let given = plan.of.get(m).copied().unwrap_or(NONE);
            let Some(slot) = self.renumbered.get_mut(given as usize) else {
                self.of.push(NONE);
                self.open.push(index_u32(m));
                continue;
            };
            if *slot == NONE {
                *slot = index_u32(self.label.len());
                self.label.push(given);
                if self.members.len() < self.label.len() {
                    self.members.push(Vec::new());
                }
            }
            self.of.push(*slot);
            self.members[*slot as usize].push(index_u32(m));
        }
        self.members.truncate(self.label.len());
    }

    /// How many areas were numbered, those since emptied included.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// All areas' numbers.
    pub(super) fn areas(&self) -> std::ops::Range<u32> {
        0..index_u32(self.members.len())
    }

    /// How many areas have a municipality.
    pub(super) fn inhabited(&self) -> usize {
        self.members.iter().filter(|m| !m.is_empty()).count()
    }

    /// The number of the area with this label.
    pub(super) fn numbered(&self, plan: &Plan, label: &str) -> Option<u32> {
        let i = plan.areas.iter().position(|a| a == label)?;
        self.renumbered.get(i).copied().filter(|&a| a != NONE)
    }

    /// Moves a municipality to an area (or to none).
    pub(super) fn assign(&mut self, municipality: u32, area: u32) {
        let from = std::mem::replace(&mut self.of[municipality as usize], area);
        let list = self.list(from);
        if let Ok(at) = list.binary_search(&municipality) {
            list.remove(at);
        }
        let list = self.list(area);
        if let Err(at) = list.binary_search(&municipality) {
            list.insert(at, municipality);
        }
    }

    fn list(&mut self, area: u32) -> &mut Vec<u32> {
        self.members.get_mut(area as usize).unwrap_or(&mut self.open)
    }
}

/// Working memory for walks over the graph; reused from plan to plan.
#[derive(Debug, Default, Clone)]
pub(super) struct Marks {
    seen: Vec<u32>,
    epoch: u32,
    stack: Vec<u32>,
    /// Piece of each municipality, of the last walk; meaningful for the municipalities walked over only.
    pub(super) piece: Vec<u32>,
    /// Municipalities in each piece, of the last walk.
    pub(super) sizes: Vec<u32>,
}

impl Marks {
    pub(super) fn fit(&mut self, municipalities: usize) {
        if self.seen.len() != municipalities {
            self.seen = vec![0; municipalities];
            self.piece = vec![0; municipalities];
            self.epoch = 0;
        }
    }

    /// A fresh stamp: nothing carries it yet.
    pub(super) fn stamp(&mut self) -> u32 {
        if self.epoch == u32::MAX {
            self.seen.fill(0);
            self.epoch = 0;
        }
        self.epoch += 1;
        self.epoch
    }

    /// Stamps a municipality; false if it carried this stamp already.
    pub(super) fn visit(&mut self, municipality: u32, stamp: u32) -> bool {
        let seen = &mut self.seen[municipality as usize];
        std::mem::replace(seen, stamp) != stamp
    }

    /// Walks over the members that `counts` accepts, inside their area; pieces are numbered by first member.
    pub(super) fn pieces(&mut self, graph: &Graph, of: &[u32], members: &[u32], counts: impl Fn(u32) -> bool) -> usize {
        let stamp = self.stamp();
        self.sizes.clear();
        for &start in members {
            if !counts(start) || !self.visit(start, stamp) {
                continue;
            }
            let piece = index_u32(self.sizes.len());
            self.sizes.push(0);
            self.stack.push(start);
            while let Some(v) = self.stack.pop() {
                self.piece[v as usize] = piece;
                self.sizes[piece as usize] += 1;
                for &w in graph.neighbours(v as usize) {
                    if of[w as usize] == of[start as usize] && counts(w) && self.visit(w, stamp) {
                        self.stack.push(w);
                    }
                }
            }
        }
        self.sizes.len()
    }
}

/// Something found, as integers: cheap to make and to compare. [`Criterion::describe`] puts it in words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Breach {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    /// Position of the rule in the rulebook.
    pub(super) rule: u32,
    /// The area concerned, or [`NONE`].
    pub(super) area: u32,
    /// What else tells it from others of its code: the other area, the wish, the municipality; 0 where nothing does.
    pub(super) other: u32,
    /// The municipalities concerned, sorted.
    pub(super) municipalities: Vec<u32>,
    pub(super) amount: Option<f64>,
}

impl Breach {
    /// What tells it from every other breach of a plan: before and after some moves it is the same one.
    pub(super) fn key(&self) -> (&'static str, u32, u32, u32) {
        (self.code, self.rule, self.area, self.other)
    }

    /// Whether it is no worse than this breach of the same key: no municipality more, and no greater amount.
    pub(super) fn is_no_worse(&self, before: &Self) -> bool {
        self.amount.unwrap_or(0.0) <= before.amount.unwrap_or(0.0) + 1e-9
            && self.municipalities.iter().all(|m| before.municipalities.binary_search(m).is_ok())
    }

    pub(super) fn new(code: &'static str, severity: Severity, rule: u32, area: u32) -> Self {
        Self { code, severity, rule, area, other: 0, municipalities: Vec::new(), amount: None }
    }

    pub(super) fn of(mut self, municipalities: Vec<u32>) -> Self {
        self.municipalities = municipalities;
        self
    }

    pub(super) fn with(mut self, other: u32) -> Self {
        self.other = other;
        self
    }

    pub(super) fn by(mut self, amount: f64) -> Self {
        self.amount = Some(amount);
        self
    }
}

/// Moves of which at least one is part of every way to change what a breach says (or to remove it, where it must
/// go); see [`super::remedy`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Levers {
    /// Moves of these municipalities, wherever to.
    pub of: Vec<u32>,
    /// Moves into an area, of some municipalities or of any.
    pub into: Option<(u32, Option<Vec<u32>>)>,
}

impl Levers {
    /// Moves of these municipalities.
    pub(super) fn of(municipalities: Vec<u32>) -> Self {
        Self { of: municipalities, into: None }
    }

    /// Moves into or out of an area.
    pub(super) fn area(scene: &Scene<'_>, area: u32) -> Self {
        let members = scene.now.members.get(area as usize).cloned().unwrap_or_default();
        Self { of: members, into: Some((area, None)) }
    }

    /// Any move.
    pub(super) fn any(scene: &Scene<'_>) -> Self {
        Self::of((0..index_u32(scene.ground.len())).collect())
    }
}

/// A plan on its ground, as a criterion sees it.
#[derive(Clone, Copy)]
pub(super) struct Scene<'s> {
    pub(super) ground: &'s Ground<'s>,
    pub(super) plan: &'s Plan,
    pub(super) now: &'s Arrangement,
}

impl Scene<'_> {
    /// Label of an area; none for [`NONE`].
    pub(super) fn label(&self, area: u32) -> Option<&str> {
        let position = *self.now.label.get(area as usize)?;
        self.plan.areas.get(position as usize).map(String::as_str)
    }

    /// Labels of areas, sorted.
    pub(super) fn labels(&self, areas: impl IntoIterator<Item = u32>) -> Vec<String> {
        let mut labels: Vec<String> = areas.into_iter().filter_map(|a| self.label(a)).map(str::to_owned).collect();
        labels.sort();
        labels.dedup();
        labels
    }
}

/// One legal criterion, ready for a territory.
pub(super) trait Criterion: Debug + Send + Sync {
    /// What depends on this area (and, with [`Criterion::looks_around`], on whose its neighbours are).
    fn of_area(&self, scene: &Scene<'_>, area: u32, marks: &mut Marks, out: &mut Vec<Breach>) {
        let _ = (scene, area, marks, out);
    }

    /// What depends on the plan as a whole.
    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        let _ = (scene, out);
    }

    /// Adds the facts of a breach's sentence, and the unit of its amount.
    fn describe(&self, scene: &Scene<'_>, breach: &Breach, marks: &mut Marks, finding: &mut Finding);

    /// Whether `of_area` depends on the areas of its neighbours too.
    fn looks_around(&self) -> bool {
        false
    }

    /// Whether this breach, and all that [`Criterion::describe`] says of it, depends on the label and the municipalities
    /// of its area only (or, without an area, on the territory only).
    fn is_local(&self, breach: &Breach) -> bool {
        let _ = breach;
        false
    }

    /// Whether it can make a violation at all (else remedies need not look at it).
    fn is_hard(&self) -> bool;

    /// Moves of which at least one is part of every way to change this breach; with `left`, of every way to remove
    /// it in that many moves at most.
    fn levers(&self, scene: &Scene<'_>, breach: &Breach, left: Option<usize>) -> Levers {
        let _ = left;
        Levers::area(scene, breach.area)
    }

    /// A lower bound on the moves that remove this breach.
    fn least_moves(&self, scene: &Scene<'_>, breach: &Breach) -> usize {
        let _ = (scene, breach);
        1
    }

    /// A lower bound on the moves that remove this breach *or* make it no worse than `before`, from which the moves
    /// in `steps` made it.
    fn least_to_return(&self, scene: &Scene<'_>, breach: &Breach, before: &Breach, steps: &[(u32, u32)]) -> usize {
        let _ = (scene, breach, before, steps);
        1
    }
}

/// A count as a fact.
#[expect(clippy::cast_precision_loss, reason = "counts of municipalities and areas are far below 2^52")]
pub(super) fn count(n: usize) -> Fact {
    Fact::Number(n as f64, Cow::Borrowed(""))
}

/// A word as a fact.
pub(super) fn text(t: impl Into<String>) -> Fact {
    Fact::Text(t.into())
}

/// A number with its unit as a fact.
pub(super) fn number(value: f64, unit: &str) -> Fact {
    Fact::Number(value, Cow::Owned(unit.to_owned()))
}
