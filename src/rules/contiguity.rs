//! An area consists of contiguous municipalities (R2xx).
//!
//! An area is judged in its home component of the territory's graph (see [`super::ground::Ground`]): members
//! in another component are exclaves of the whole territory, noted (R202) and not held against the area, unless
//! the rulebook says that exclaves count.

use super::ground::{Breach, Criterion, Ground, Levers, Marks, Scene, count, largest, number};
use super::{Fact, Finding, Severity};
use crate::territory::adjacency::Contiguity;
use crate::territory::{Graph, Link, LinkKind};

#[derive(Debug)]
pub(super) struct Contiguous {
    rule: u32,
    severity: Severity,
    exclaves_count: bool,
    doubtful: Option<Doubt>,
}

/// The links that count but are doubtful.
#[derive(Debug)]
struct Doubt {
    /// Both ends, and the metres of border.
    links: Vec<(u32, u32, f64)>,
    /// The graph without them.
    sure: Graph,
}

impl Contiguous {
    pub(super) fn new(
        ground: &Ground<'_>,
        contiguity: Contiguity,
        rule: u32,
        severity: Severity,
        exclaves_count: bool,
        doubtful_below_m: f64,
    ) -> Self {
        let links = ground.territory.adjacency().links();
        let is_doubtful = |l: &&Link| contiguity.counts(l) && doubtful(l, contiguity, doubtful_below_m);
        let found: Vec<_> = links.iter().filter(is_doubtful).map(|l| (l.a, l.b, l.length_m)).collect();
        let sure = links.iter().filter(|l| contiguity.counts(l) && !is_doubtful(l)).map(|l| (l.a, l.b));
        let doubtful = (!found.is_empty()).then(|| Doubt { links: found, sure: Graph::new(ground.len(), sure) });
        Self { rule, severity, exclaves_count, doubtful }
    }

    fn hanging(
        &self,
        scene: &Scene<'_>,
        area: u32,
        counts: impl Fn(u32) -> bool,
        pieces: usize,
        marks: &mut Marks,
    ) -> Option<Breach> {
        let Doubt { links, sure } = self.doubtful.as_ref()?;
        let now = scene.now;
        let inside = |m: u32| now.of[m as usize] == area && counts(m);
        if !links.iter().any(|&(a, b, _)| inside(a) && inside(b)) {
            return None;
        }
        if marks.pieces(sure, &now.of, &now.members[area as usize], &counts) == pieces {
            return None;
        }
        let mut shortest = f64::INFINITY;
        let mut ends = Vec::new();
        for &(a, b, length) in links {
            if inside(a) && inside(b) && marks.piece[a as usize] != marks.piece[b as usize] {
                shortest = shortest.min(length);
                ends.extend([a, b]);
            }
        }
        ends.sort_unstable();
        ends.dedup();
        Some(Breach::new("R203", Severity::Warning, self.rule, area).of(ends).by(shortest))
    }
}

/// A link is doubtful where editions disagree on it, its border is short, or only the tolerance makes it count.
fn doubtful(link: &Link, contiguity: Contiguity, below_m: f64) -> bool {
    let without = Link { length_m: link.length_m - link.within_tolerance_m, ..Link::clone(link) };
    link.doubtful || (link.kind == LinkKind::Border && (link.length_m < below_m || !contiguity.counts(&without)))
}

impl Criterion for Contiguous {
    fn of_area(&self, scene: &Scene<'_>, area: u32, marks: &mut Marks, out: &mut Vec<Breach>) {
        let (ground, now) = (scene.ground, scene.now);
        let members = &now.members[area as usize];
        let home = ground.home(members);
        let counts = |m: u32| self.exclaves_count || ground.is_in(m, home);
        let pieces = marks.pieces(&ground.graph, &now.of, members, counts);
        if pieces > 1 {
            let main = largest(&marks.sizes);
            let apart = members.iter().copied().filter(|&m| counts(m) && marks.piece[m as usize] != main).collect();
            let breach = Breach::new("R201", self.severity, self.rule, area).of(apart);
            #[expect(clippy::cast_precision_loss, reason = "a number of pieces")]
            out.push(breach.by(pieces as f64));
        }
        let exclaves: Vec<u32> = members.iter().copied().filter(|&m| !counts(m)).collect();
        if !exclaves.is_empty() {
            out.push(Breach::new("R202", Severity::Note, self.rule, area).of(exclaves));
        }
        out.extend(self.hanging(scene, area, counts, pieces, marks));
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        let (unit, fact) = match breach.code {
            "R201" => ("pieces", Some(("pieces", count(breach.amount.map_or(0, whole))))),
            "R203" => ("m", breach.amount.map(|m| ("length", number(m, "m")))),
            _ => ("", None),
        };
        finding.unit = unit.into();
        finding.facts.push(("municipalities", Fact::Municipalities(scene.ground.codes(&breach.municipalities))));
        finding.facts.extend(fact);
    }

    fn is_local(&self, _: &Breach) -> bool {
        true
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }

    /// Take one of the pieces. In the end it has a new neighbour, or all of it has left, or all else has.
    fn levers(&self, scene: &Scene<'_>, breach: &Breach, left: Option<usize>) -> Levers {
        let (ground, now) = (scene.ground, scene.now);
        let members = &now.members[breach.area as usize];
        // An area off the mainland changes its home with its first municipality on it.
        let at_home = self.exclaves_count || members.iter().any(|&m| ground.on_mainland(m));
        let (Some(left), true, Some(&first)) = (left, at_home, breach.municipalities.first()) else {
            return Levers::area(scene, breach.area);
        };
        let mut seen = vec![false; ground.len()];
        seen[first as usize] = true;
        let mut piece = vec![first];
        let mut around = Vec::new();
        let mut at = 0;
        while let Some(&m) = piece.get(at) {
            at += 1;
            for &n in ground.graph.neighbours(m as usize) {
                if !std::mem::replace(&mut seen[n as usize], true) {
                    let list = if now.of[n as usize] == breach.area { &mut piece } else { &mut around };
                    list.push(n);
                }
            }
        }
        let mut leave = Vec::new();
        if piece.len() <= left {
            leave.push(first);
        }
        let counts = |m: &u32| (self.exclaves_count || ground.on_mainland(*m)) && !seen[*m as usize];
        if members.iter().filter(|m| counts(m)).take(left + 1).count() <= left {
            leave.extend(members.iter().copied().find(counts));
        }
        Levers { of: leave, into: Some((breach.area, Some(around))) }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a count before")]
fn whole(amount: f64) -> usize {
    amount as usize
}
