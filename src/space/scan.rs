//! Going through plans one after another, each from the one before it.
//!
//! Plans with ranks near each other begin alike, and what they share is worked out once: a plan costs the arcs in which
//! it differs from the one before it. Areas are sets of nodes in 128 bits, so that what is known of an area is looked up
//! by its set; the same area is in very many plans.

use std::ops::Range;

use super::diagram::{Arc, Diagram};
use super::frame::{Frame, Step, bits};
use super::metric::{AXES, Prices, Value, plus};
use crate::territory::index_u32;

/// Most nodes that a set holds.
pub const MOST_SCANNED: usize = 128;

/// The walk from plan to plan.
struct Scan<'d, T, M, V> {
    diagram: &'d Diagram,
    prices: Option<&'d Prices>,
    /// For each level the nodes on the frontier after it.
    frontier: Vec<u128>,
    /// For each level the areas that are open before it.
    open: Vec<Vec<u128>>,
    /// What was made of the areas that are closed.
    closed: Vec<T>,
    ranks: Range<u128>,
    make: M,
    visit: V,
}

impl Diagram {
    /// Goes through the plans of a range of ranks in order. `make` makes something of each area, given as the set of its
    /// nodes (bit `i` for node `i`); `visit` has the rank of a plan and what was made of its areas, in the order in which
    /// they are completed.
    ///
    /// `make` is called once for all plans of the range that follow each other and share the area.
    ///
    /// # Panics
    ///
    /// The graph has more than [`MOST_SCANNED`] nodes.
    ///
    /// # Example
    ///
    /// ```
    /// use landmeter::space::{Diagram, Limits};
    /// use landmeter::territory::Graph;
    ///
    /// let path = Graph::new(3, [(0, 1), (1, 2)].into_iter());
    /// let space = Diagram::new(&path, &Limits::default(), 1 << 30)?;
    /// let mut sizes = Vec::new();
    /// space.scan(0..space.count(), |area| area.count_ones(), |_, areas| sizes.push(areas.to_vec()));
    /// sizes.iter_mut().for_each(|areas| areas.sort());
    /// sizes.sort();
    /// assert_eq!(sizes, [vec![1, 1, 1], vec![1, 2], vec![1, 2], vec![3]]);
    /// # Ok::<(), landmeter::space::SpaceError>(())
    /// ```
    pub fn scan<T>(&self, ranks: Range<u128>, make: impl FnMut(u128) -> T, mut visit: impl FnMut(u128, &[T])) {
        self.scan_priced(None, ranks, make, |rank, _, areas| visit(rank, areas));
    }

    /// The same, with what each plan costs.
    ///
    /// # Panics
    ///
    /// Those of [`Diagram::scan`].
    pub fn scan_priced<T>(
        &self,
        prices: Option<&Prices>,
        ranks: Range<u128>,
        make: impl FnMut(u128) -> T,
        visit: impl FnMut(u128, Value, &[T]),
    ) {
        assert!(self.nodes() <= MOST_SCANNED, "a set holds {MOST_SCANNED} nodes");
        let frontier = frontiers(&self.frame);
        let open = vec![Vec::new(); frontier.len() + 1];
        let end = ranks.end.min(self.count());
        let mut scan =
            Scan { diagram: self, prices, frontier, open, closed: Vec::new(), ranks: ranks.start..end, make, visit };
        if scan.ranks.start < scan.ranks.end {
            scan.go(0, 0, 0, [0; AXES]);
        }
    }
}

impl<T, M: FnMut(u128) -> T, V: FnMut(u128, Value, &[T])> Scan<'_, T, M, V> {
    /// The plans from a node on, of which the first has this rank.
    fn go(&mut self, level: usize, node: u32, mut rank: u128, spent: Value) {
        let diagram = self.diagram;
        let Some(step) = diagram.frame.steps.get(level) else {
            (self.visit)(rank, spent, &self.closed);
            return;
        };
        let next = &diagram.tiers[level + 1];
        for arc in diagram.tiers[level].arcs(node) {
            let count = next.counts[arc.to as usize];
            if rank >= self.ranks.end {
                break;
            }
            if count > 0 && rank + count > self.ranks.start {
                let kept = self.closed.len();
                self.place(level, step, arc);
                let own = self.prices.map_or([0; AXES], |prices| prices.of(diagram, level, step, arc));
                self.go(level + 1, arc.to, rank, plus(spent, own));
                self.closed.truncate(kept);
            }
            rank += count;
        }
    }

    /// The areas that are open after an arc; those that it completes are closed.
    fn place(&mut self, level: usize, step: &Step, arc: &Arc) {
        let (before, after) = self.open.split_at_mut(level + 1);
        let close = |area| self.closed.push((self.make)(area));
        follow(&self.diagram.frame, self.frontier[level], step, arc, &before[level], &mut after[0], close);
    }
}

/// For each level the nodes on the frontier after it.
pub(super) fn frontiers(frame: &Frame) -> Vec<u128> {
    let mut now = 0u128;
    let after = |step: &Step| {
        now |= step.enter.as_ref().map_or(0, |enter| 1 << enter.node);
        step.leave.iter().for_each(|&(v, _)| now &= !(1 << v));
        now
    };
    frame.steps.iter().map(after).collect()
}

/// For each level, the nodes that no area has before it, as far as the level says: exclaves join late.
pub(super) fn to_place(diagram: &Diagram) -> Vec<u128> {
    let mut free = (0..diagram.nodes()).fold(0u128, |all, v| all | 1 << v);
    let mut levels = vec![free];
    for step in &diagram.frame.steps {
        free &= !step.enter.as_ref().map_or(0, |enter| 1 << enter.node);
        levels.push(free);
    }
    levels
}

/// For each level and node, the fewest and the most areas that are still to be closed on the way to a plan.
pub(super) fn to_come(diagram: &Diagram) -> Vec<Vec<(u32, u32)>> {
    let Some(last) = diagram.tiers.last() else { return Vec::new() };
    let mut levels = vec![vec![(0u32, 0u32); last.counts.len()]];
    for (at, tier) in diagram.tiers[..diagram.frame.steps.len()].iter().enumerate().rev() {
        let (after, counts) = (&levels[levels.len() - 1], &diagram.tiers[at + 1].counts);
        let of = |node: usize| {
            let arcs = tier.arcs(index_u32(node)).iter().filter(|arc| counts[arc.to as usize] > 0);
            let ways = arcs.map(|arc| (after[arc.to as usize], arc.closed));
            ways.fold((u32::MAX, 0), |(fewest, most), ((least, greatest), closed)| {
                (fewest.min(least.saturating_add(closed)), most.max(greatest + closed))
            })
        };
        let now = (0..tier.counts.len()).map(of).collect();
        levels.push(now);
    }
    levels.reverse();
    levels
}

/// From the areas that are open before an arc to those that are open after it; the areas that it completes are closed.
/// `frontier` is that after the arc.
pub(super) fn follow(
    frame: &Frame,
    frontier: u128,
    step: &Step,
    arc: &Arc,
    before: &[u128],
    after: &mut Vec<u128>,
    mut close: impl FnMut(u128),
) {
    let exclaves = |set: u32| bits(set).map(|i| 1u128 << frame.exclaves[i]).sum::<u128>();
    after.clear();
    if step.tail {
        frame.tails.get(arc.code as usize).into_iter().flatten().for_each(|&area| close(exclaves(area)));
        return;
    }
    let mut keep_or_close = |area: u128| if area & frontier == 0 { close(area) } else { after.push(area) };
    // The set that what is decided joins: the node that enters with its neighbours, or the one that leaves with
    // exclaves.
    let (touched, joined) = match (&step.enter, step.leave.first()) {
        (Some(enter), _) => {
            let back = enter.back.iter().enumerate().filter(|(bit, _)| arc.code >> bit & 1 == 1);
            (back.map(|(_, &(w, _))| 1u128 << w).sum::<u128>(), 1u128 << enter.node)
        }
        (None, Some(&(v, _))) => (1u128 << v, exclaves(arc.code)),
        (None, None) => (0, 0),
    };
    let mut whole = joined;
    for &area in before {
        if area & touched != 0 {
            whole |= area;
        } else {
            keep_or_close(area);
        }
    }
    if whole != 0 {
        keep_or_close(whole);
    }
}
