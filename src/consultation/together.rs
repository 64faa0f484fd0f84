//! The proposals side by side: overlaps, gaps, and which can stand together.

use std::collections::BTreeMap;

use super::Proposal;
use super::rest::relabelled;
use crate::plan::{NONE, Plan};
use crate::territory::index_u32;

/// Most maximal sets of compatible proposals that are listed.
pub const MOST_SETS: usize = 1000;

/// Most pairs with municipalities in common that are listed.
pub const MOST_OVERLAPS: usize = 10_000;

/// Two proposals that cover the same municipalities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The first, as a position in the list of proposals.
    pub a: usize,
    /// The second.
    pub b: usize,
    /// Municipalities that both cover, and whose area has other members (or another company) in each: they can't both be.
    pub contested: Vec<usize>,
    /// Municipalities that both cover with the very same area.
    pub agreed: Vec<usize>,
}

/// The proposals side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// Pairs that have municipalities in common, sorted. A whole list unless there are more than [`MOST_OVERLAPS`].
    pub overlaps: Vec<Overlap>,
    /// How many such pairs there are.
    pub all_overlaps: usize,
    /// How many pairs contest a municipality.
    pub contesting: usize,
    /// Municipalities that no proposal covers, in the territory's order.
    pub gaps: Vec<usize>,
    /// Sets of proposals that contest nothing among themselves and to which none can be added; sorted. A whole
    /// list unless there are more than [`MOST_SETS`].
    pub sets: Vec<Vec<usize>>,
    /// True where every such set is listed.
    pub all_sets: bool,
}

impl Together {
    /// Holds the proposals against each other.
    ///
    /// The maximal sets are the maximal cliques of the graph of compatible proposals (Bron and Kerbosch 1973,
    /// doi:10.1145/362342.362367).
    #[must_use]
    pub fn new(proposals: &[Proposal], municipalities: usize) -> Self {
        let n = proposals.len();
        let areas = Areas::new(proposals);
        let (mut overlaps, mut all_overlaps, mut contesting) = (Vec::new(), 0, 0);
        let mut friends = vec![vec![false; n]; n];
        for (a, b) in (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))) {
            let overlap = areas.overlap(a, b);
            let fit = overlap.contested.is_empty();
            (friends[a][b], friends[b][a]) = (fit, fit);
            contesting += usize::from(!fit);
            if !fit || !overlap.agreed.is_empty() {
                all_overlaps += 1;
                if overlaps.len() < MOST_OVERLAPS {
                    overlaps.push(overlap);
                }
            }
        }
        let covered = |m: usize| proposals.iter().any(|p| p.plan.of[m] != NONE);
        let mut sets = Vec::new();
        if n > 0 {
            extend(&friends, &mut Vec::new(), (0..n).collect(), Vec::new(), &mut sets);
        }
        let all_sets = sets.len() <= MOST_SETS;
        sets.truncate(MOST_SETS);
        sets.sort();
        let gaps = (0..municipalities).filter(|&m| !covered(m)).collect();
        Self { overlaps, all_overlaps, contesting, gaps, sets, all_sets }
    }
}

/// The area of each proposal and municipality by its members: two areas with the same number are the same set.
struct Areas<'p> {
    proposals: &'p [Proposal],
    of: Vec<Vec<u32>>,
}

impl<'p> Areas<'p> {
    fn new(proposals: &'p [Proposal]) -> Self {
        let mut numbers: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
        let mut of = Vec::with_capacity(proposals.len());
        for plan in proposals.iter().map(|p| &p.plan) {
            let mut members = vec![Vec::new(); plan.areas.len()];
            for (m, &area) in plan.of.iter().enumerate().filter(|(_, a)| **a != NONE) {
                members[area as usize].push(m);
            }
            let mut number = |members: Vec<usize>| {
                let next = index_u32(numbers.len());
                *numbers.entry(members).or_insert(next)
            };
            let own: Vec<u32> = members.into_iter().map(&mut number).collect();
            of.push(plan.of.iter().map(|&a| own.get(a as usize).copied().unwrap_or(NONE)).collect());
        }
        Self { proposals, of }
    }

    fn overlap(&self, a: usize, b: usize) -> Overlap {
        let (p, q) = (&self.proposals[a].plan, &self.proposals[b].plan);
        let both = (0..p.of.len()).filter(|&m| p.of[m] != NONE && q.of[m] != NONE);
        let same = |m: usize| self.of[a][m] == self.of[b][m] && may_be_one(p, p.of[m], q, q.of[m]);
        let (agreed, contested) = both.partition(|&m| same(m));
        Overlap { a, b, contested, agreed }
    }
}

/// The map of proposals that contest nothing among themselves: an area that several of them have is there once. An area
/// whose label another one has too is followed by its proposal.
#[must_use]
pub fn union(proposals: &[Proposal], set: &[usize], name: &str, municipalities: usize) -> Plan {
    let mut areas: Vec<(&str, &str, Vec<String>)> = Vec::new();
    let mut of = vec![NONE; municipalities];
    for proposal in set.iter().map(|&p| &proposals[p]) {
        let plan = &proposal.plan;
        for (area, label) in (0..).zip(&plan.areas) {
            let companies = plan.companies.get(area as usize).cloned().unwrap_or_default();
            let Some(first) = plan.members(area).next() else { continue };
            if let Some((.., known)) = areas.get_mut(of[first] as usize) {
                // The same area: the companies of the one that names any.
                if known.is_empty() {
                    *known = companies;
                }
                continue;
            }
            plan.members(area).for_each(|m| of[m] = index_u32(areas.len()));
            areas.push((label, &proposal.name, companies));
        }
    }
    let several = |label: &str| areas.iter().filter(|a| a.0 == label).count() > 1;
    let label =
        |a: &(&str, &str, Vec<String>)| if several(a.0) { format!("{} ({})", a.0, a.1) } else { a.0.to_owned() };
    let companies: Vec<Vec<String>> = areas.iter().map(|a| a.2.clone()).collect();
    relabelled(&Plan {
        name: name.to_owned(),
        areas: areas.iter().map(label).collect(),
        of,
        companies: if companies.iter().all(Vec::is_empty) { Vec::new() } else { companies },
        irregularities: Vec::new(),
    })
}

/// The same members, and no two different companies named.
pub(super) fn same_area(p: &Plan, x: u32, q: &Plan, y: u32) -> bool {
    p.members(x).eq(q.members(y)) && may_be_one(p, x, q, y)
}

/// No two different companies are named.
fn may_be_one(p: &Plan, x: u32, q: &Plan, y: u32) -> bool {
    let company = |plan: &'_ Plan, area: u32| plan.companies.get(area as usize).filter(|c| !c.is_empty()).cloned();
    company(p, x).zip(company(q, y)).is_none_or(|(one, other)| one == other)
}

/// Maximal cliques that hold `chosen`, some of `open`, and none of `done`; stops after one more than are listed.
fn extend(
    friends: &[Vec<bool>],
    chosen: &mut Vec<usize>,
    mut open: Vec<usize>,
    mut done: Vec<usize>,
    out: &mut Vec<Vec<usize>>,
) {
    if out.len() > MOST_SETS {
        return;
    }
    if open.is_empty() && done.is_empty() {
        let mut set = chosen.clone();
        set.sort_unstable();
        out.push(set);
        return;
    }
    // A clique without the pivot holds someone who is no friend of the pivot: only those are tried.
    let count = |v: usize| open.iter().filter(|&&u| friends[v][u]).count();
    let Some(pivot) = open.iter().chain(&done).copied().max_by_key(|&v| (count(v), usize::MAX - v)) else { return };
    let tried: Vec<usize> = open.iter().copied().filter(|&v| !friends[pivot][v]).collect();
    for v in tried {
        let keep = |all: &[usize]| all.iter().copied().filter(|&u| friends[v][u]).collect::<Vec<_>>();
        chosen.push(v);
        extend(friends, chosen, keep(&open), keep(&done), out);
        chosen.pop();
        open.retain(|&u| u != v);
        done.push(v);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(name: &str, labels: &str) -> Proposal {
        let labels: Vec<String> = labels.chars().map(|c| c.to_string()).collect();
        let labels: Vec<Option<&str>> = labels.iter().map(|l| (l != ".").then_some(l.as_str())).collect();
        let (submitter, motivation) = (String::new(), String::new());
        let plan = Plan::from_labels(name, &labels);
        Proposal { name: name.into(), submitter, date: None, councils: vec![], motivation, plan }
    }

    /// Drawn: six municipalities in a row, one character each; a dot is silence.
    #[test]
    fn overlaps_gaps_and_sets_as_drawn() {
        let all = [proposal("a", "11...."), proposal("b", ".222.."), proposal("c", "33.4..")];
        let found = Together::new(&all, 6);
        assert_eq!(found.gaps, [4, 5]);
        let pairs: Vec<_> = found.overlaps.iter().map(|o| (o.a, o.b, o.contested.clone(), o.agreed.clone())).collect();
        // a and c want the same area of the first two; whatever it is called.
        let expected = [(0, 1, vec![1], vec![]), (0, 2, vec![], vec![0, 1]), (1, 2, vec![1, 3], vec![])];
        assert_eq!(pairs, expected);
        assert_eq!(found.sets, [vec![0, 2], vec![1]]);
        assert!(found.all_sets);
        assert!(Together::new(&[], 6).sets.is_empty());
    }

    #[test]
    fn every_maximal_set_is_found_and_no_other() {
        // Against all subsets, for plans drawn by a fixed rule.
        let rows = ["11..2.", "1.1...", ".33.3.", "..44..", "....55", "11....", "...666", "7.....", ".88..."];
        let all: Vec<Proposal> = rows.iter().enumerate().map(|(i, r)| proposal(&i.to_string(), r)).collect();
        let found = Together::new(&all, 6);
        let clash = |i: usize, j: usize| !Areas::new(&all).overlap(i, j).contested.is_empty();
        let fits = |set: usize| (0..9).all(|i| (0..i).all(|j| set >> i & 1 == 0 || set >> j & 1 == 0 || !clash(j, i)));
        let maximal = |set: usize| fits(set) && (0..9).all(|i| set >> i & 1 == 1 || !fits(set | 1 << i));
        let mut expected: Vec<Vec<usize>> =
            (0..512).filter(|&s| maximal(s)).map(|s| (0..9).filter(|i| s >> i & 1 == 1).collect()).collect();
        expected.sort();
        assert_eq!(found.sets, expected);
    }
}
