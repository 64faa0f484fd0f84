//! Which municipalities of a region are inside: areas of these alone can be enclosed, and no others.
//!
//! The check adds up outlines and common borders over a whole area, with a share for rounding. Here that is brought
//! down to single municipalities, and proved: every connected area that could be judged otherwise is gone through.
//! Where the two differ for one of them, or another region has a say, there is no answer.

use rustc_hash::FxHashSet;

use super::frame::Frame;
use super::region::Region;
use crate::territory::adjacency::LinkKind;
use crate::territory::{Territory, index_u32};

/// How much of the perimeter may be missing from the common border, as the check has it.
const ROUNDING: f64 = 0.01;
/// Most areas that are gone through.
const MOST_SETS: usize = 2_000;

/// What is known of the outlines, as in the check.
enum Outline {
    /// Perimeter of each, metres.
    Perimeter(Vec<f64>),
    /// Length of each on the outer border.
    Outer(Vec<f64>),
}

impl Outline {
    fn of(territory: &Territory) -> Option<Self> {
        let perimeter = territory
            .attribute("perimeter_km")
            .and_then(|a| a.values.iter().map(|v| v.map(|v| v * 1000.0)).collect::<Option<Vec<f64>>>());
        let outer =
            || territory.attribute("boundary_perim").map(|a| a.values.iter().map(|v| v.unwrap_or(0.0)).collect());
        perimeter.map(Self::Perimeter).or_else(|| outer().map(Self::Outer))
    }
}

/// A region whose inside is looked for.
struct Survey<'s> {
    region: &'s Region,
    outline: Outline,
    /// For each node its neighbours in the territory over a line (or a declared link), with metres.
    lines: Vec<Vec<(u32, f64)>>,
}

/// The nodes inside, whatever the areas; none where the rule can't be brought down to them. `zone` has the region of
/// each municipality of the territory.
pub(super) fn inside(territory: &Territory, region: &Region, zone: &[u32]) -> Option<Vec<u32>> {
    let Some(outline) = Outline::of(territory) else {
        // Nothing is known of the outer border: the check only warns.
        return Some(Vec::new());
    };
    let around = |&m: &u32| {
        let lines = territory.adjacency().neighbours(m as usize).filter(|(_, l)| l.kind != LinkKind::Point);
        lines.map(|(n, l)| (index_u32(n), l.length_m)).collect()
    };
    let survey = Survey { region, outline, lines: region.members.iter().map(around).collect() };
    let open = survey.ways_out();
    if survey.hangs_on_another(&open, zone) {
        return None;
    }
    let doubtful: Vec<usize> = (0..region.members.len())
        .filter(|&v| !open[v] && !survey.lines[v].is_empty())
        .filter(|&v| survey.lines[v].iter().all(|l| survey.node(l.0).is_some()))
        .collect();
    let is_exclave = |v: &usize| region.limits.exclaves.iter().any(|e| e.0 as usize == *v);
    if doubtful.iter().any(|v| is_exclave(v) || !survey.same_neighbours(*v)) || doubtful.len() > 64 {
        return None;
    }
    let inside = survey.proved(&doubtful)?;
    if inside.is_empty() {
        return Some(inside);
    }
    let mut limits = region.limits.clone();
    limits.inside.clone_from(&inside);
    let fits = Frame::new(&region.graph, &limits, true).is_ok();
    fits.then_some(inside)
}

impl Survey<'_> {
    fn node(&self, municipality: u32) -> Option<usize> {
        self.region.members.binary_search(&municipality).ok()
    }

    /// What of a node's outline is not common border: on the outer border, or a rounding.
    fn bare(&self, v: usize) -> f64 {
        let m = self.region.members[v] as usize;
        match &self.outline {
            Outline::Perimeter(metres) => metres[m] - self.lines[v].iter().map(|l| l.1).sum::<f64>(),
            Outline::Outer(metres) => metres[m],
        }
    }

    /// The nodes that free every area they are in, by far.
    fn ways_out(&self) -> Vec<bool> {
        let bare: Vec<f64> = (0..self.lines.len()).map(|v| self.bare(v)).collect();
        let less: f64 = bare.iter().map(|b| b.min(0.0)).sum();
        let borders: f64 = self.lines.iter().flatten().map(|l| l.1).sum();
        let allowed = match self.outline {
            // A metre for the sums of floating point.
            Outline::Perimeter(_) => borders * ROUNDING / (1.0 - ROUNDING) + 1.0,
            Outline::Outer(_) => 0.0,
        };
        bare.iter().map(|b| b + less - b.min(0.0) > allowed).collect()
    }

    /// Whether a part of the region without a way out lies in one other region: its plan may enclose an area here.
    fn hangs_on_another(&self, open: &[bool], zone: &[u32]) -> bool {
        let mut seen = vec![false; self.lines.len()];
        for start in 0..self.lines.len() {
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            let (mut stack, mut others, mut way_out) = (vec![start], Vec::new(), false);
            while let Some(v) = stack.pop() {
                way_out |= open[v];
                for &(m, _) in &self.lines[v] {
                    match self.node(m) {
                        Some(w) if !seen[w] => {
                            seen[w] = true;
                            stack.push(w);
                        }
                        Some(_) => {}
                        None => others.push(zone[m as usize]),
                    }
                }
            }
            others.sort_unstable();
            others.dedup();
            if others.len() == 1 && !way_out {
                return true;
            }
        }
        false
    }

    fn same_neighbours(&self, v: usize) -> bool {
        let mut lines: Vec<u32> = self.lines[v].iter().filter_map(|l| self.node(l.0)).map(index_u32).collect();
        lines.sort_unstable();
        let mut links = self.region.graph.neighbours(v).to_vec();
        links.sort_unstable();
        lines == links
    }

    /// Whether the outline of an area lets one area around enclose it: the sums of the check, in its order.
    fn can_be_enclosed(&self, area: impl Iterator<Item = usize> + Clone) -> bool {
        let (mut shared, mut internal, mut perimeter, mut outer) = (0.0, 0.0, 0.0, 0.0);
        for v in area.clone() {
            for &(m, length) in &self.lines[v] {
                if self.node(m).is_some_and(|w| area.clone().any(|u| u == w)) {
                    internal += length;
                } else {
                    shared += length;
                }
            }
            match &self.outline {
                Outline::Perimeter(metres) => perimeter += metres[self.region.members[v] as usize],
                Outline::Outer(metres) => outer += metres[self.region.members[v] as usize],
            }
        }
        match self.outline {
            Outline::Perimeter(_) => shared >= (1.0 - ROUNDING) * (perimeter - internal),
            Outline::Outer(_) => outer <= 0.0,
        }
    }

    /// Whether an area, with the exclaves that it may take, can meet the least sums.
    fn can_be_an_area(&self, area: impl Iterator<Item = usize> + Clone) -> bool {
        let exclaves = self.region.limits.exclaves.iter().map(|e| e.0 as usize);
        self.region.limits.sums.iter().all(|s| {
            let sum: Option<u64> = area.clone().chain(exclaves.clone()).map(|v| s.values[v]).sum();
            sum.is_none_or(|sum| sum >= s.at_least)
        })
    }

    /// The doubtful nodes that are inside, if an area is enclosed exactly where it is of those alone.
    fn proved(&self, doubtful: &[usize]) -> Option<Vec<u32>> {
        let of = |set: u64| doubtful.iter().enumerate().filter(move |(i, _)| set >> i & 1 == 1).map(|(_, &v)| v);
        let mut inside = (0..doubtful.len()).filter(|&i| self.can_be_enclosed(of(1 << i))).fold(0, |s, i| s | 1 << i);
        let around: Vec<u64> = doubtful
            .iter()
            .map(|&v| {
                let links = self.region.graph.neighbours(v);
                let linked = |w: usize| links.contains(&index_u32(w));
                doubtful.iter().enumerate().filter(|(_, w)| linked(**w)).fold(0, |s, (i, _)| s | 1 << i)
            })
            .collect();
        let mut stack: Vec<u64> = (0..doubtful.len()).map(|i| 1 << i).collect();
        let mut seen: FxHashSet<u64> = stack.iter().copied().collect();
        let mut needed = 0;
        while let Some(set) = stack.pop() {
            if self.can_be_an_area(of(set)) {
                if self.can_be_enclosed(of(set)) != (set & !inside == 0) {
                    return None;
                }
                needed |= set;
            }
            let next = (0..doubtful.len()).filter(|i| set >> i & 1 == 1).fold(0, |s, i| s | around[i]) & !set;
            for i in (0..doubtful.len()).filter(|i| next >> i & 1 == 1) {
                if seen.insert(set | 1 << i) {
                    stack.push(set | 1 << i);
                }
            }
            if seen.len() > MOST_SETS {
                return None;
            }
        }
        // A node that is in no such area need not be told from those with a way out.
        inside &= needed;
        Some(of(inside).map(index_u32).collect())
    }
}
