//! Which areas lie around which, so that none is enclosed: an area of inside nodes alone may not have all its
//! neighbours in one other area.
//!
//! An area is *free* once no enclosure of it is possible: it has a node that is not inside, or two neighbours that
//! will certainly be different areas. Of the others the state keeps which open areas they touch, or the closed area
//! that they touch. Where such an area is closed while its neighbours may still become one, those may not all do so:
//! of two that is a pair kept apart, of more it stays pending until two of them are apart.

use super::frame::{WIDEST, bits};
use crate::territory::Graph;

/// Numbers of areas, from 1.
pub(super) const AREAS: usize = WIDEST + 2;
/// Most sets that may be pending.
pub(super) const MOST_PENDING: usize = 10;

#[derive(Clone, Copy)]
pub(super) struct Around {
    pub(super) free: u32,
    /// The open areas that each touches; kept where one of the two is not free.
    pub(super) touch: [u32; AREAS],
    /// The closed area that each touches, by a number that only says which are the same; 0 for none.
    pub(super) by: [u8; AREAS],
    /// Sets of open areas that may not all become one.
    pub(super) pending: [u32; MOST_PENDING],
}

impl Around {
    pub(super) const NONE: Self = Self { free: 0, touch: [0; AREAS], by: [0; AREAS], pending: [0; MOST_PENDING] };

    /// Some areas become one, cut from others. False where that encloses an area.
    pub(super) fn join(&mut self, new: usize, joined: u32, cut: u32, inside: bool) -> bool {
        let (mut touch, mut by) = (cut, 0);
        let mut free = !inside || self.free & joined != 0;
        for area in bits(joined) {
            touch |= self.touch[area];
            free |= by != 0 && self.by[area] != 0 && self.by[area] != by;
            by = by.max(self.by[area]);
        }
        self.free |= u32::from(free) << new;
        self.by[new] = by;
        self.touch[new] = touch;
        for area in bits(touch) {
            self.touch[area] = self.touch[area] & !joined | 1 << new;
        }
        for set in self.pending.iter_mut().filter(|s| **s & joined != 0) {
            *set = *set & !joined | 1 << new;
            if set.is_power_of_two() {
                return false;
            }
        }
        true
    }

    /// An area is closed. False where it is enclosed.
    pub(super) fn close(&mut self, id: usize, apart: &mut [u32; AREAS]) -> bool {
        let me = 1u32 << id;
        let touch = self.touch[id];
        for set in self.pending.iter_mut().filter(|s| **s & me != 0) {
            // The others in the set are other areas.
            *set = 0;
        }
        if !self.is_free(id, apart) {
            if self.by[id] != 0 || touch.is_power_of_two() {
                return false;
            }
            // At most as many as there are inside nodes that do not touch each other: see `most_pending`.
            if touch != 0
                && let Some(set) = self.pending.iter_mut().find(|s| **s == 0)
            {
                *set = touch;
            }
            self.settle(apart);
        }
        let fresh = self.by.iter().max().map_or(1, |most| most + 1);
        for area in bits(touch) {
            self.touch[area] &= !me;
            if self.by[area] != 0 {
                self.free |= 1 << area;
            }
            self.by[area] = fresh;
        }
        self.touch[id] = 0;
        self.by[id] = 0;
        true
    }

    /// Whether an area has two neighbours that will certainly be different areas, or a way out.
    pub(super) fn is_free(&self, area: usize, apart: &[u32; AREAS]) -> bool {
        let touch = self.touch[area];
        self.free >> area & 1 == 1
            || (self.by[area] != 0 && touch != 0)
            || bits(touch).any(|other| apart[other] & touch != 0)
    }

    /// Pending pairs are kept apart.
    pub(super) fn settle(&mut self, apart: &mut [u32; AREAS]) {
        for set in self.pending.iter_mut().filter(|s| s.count_ones() == 2) {
            let (a, b) = (set.trailing_zeros(), set.ilog2());
            apart[a as usize] |= 1 << b;
            apart[b as usize] |= 1 << a;
            *set = 0;
        }
    }

    /// The same with other numbers for the areas, and without what no longer matters; `apart` has the new numbers.
    pub(super) fn renumbered(&self, old_id: &[u8], new_id: &[u8; AREAS], apart: &[u32; AREAS]) -> Self {
        let renumber = |set: u32| bits(set).fold(0u32, |s, area| s | 1 << new_id[area]) & !1;
        let mut next = Self::NONE;
        let areas = old_id.len();
        for (i, &old) in old_id.iter().enumerate().skip(1) {
            let old = old as usize;
            next.free |= (self.free >> old & 1) << i;
            next.touch[i] = renumber(self.touch[old]);
            next.by[i] = self.by[old];
        }
        next.free |= (1..areas).filter(|&i| next.is_free(i, apart)).fold(0, |s, i| s | 1 << i);
        let mut names = [0u8; AREAS];
        let mut named = 0;
        for i in bits(next.free) {
            next.touch[i] &= !next.free;
            next.by[i] = 0;
        }
        for by in &mut next.by[1..areas] {
            if *by != 0 {
                let name = names.iter().position(|n| n == by).filter(|&n| n < named).unwrap_or_else(|| {
                    names[named] = *by;
                    named += 1;
                    named - 1
                });
                *by = u8::try_from(name + 1).unwrap_or(u8::MAX);
            }
        }
        let sets = self.pending.map(renumber);
        let mut kept = 0;
        for (i, &set) in sets.iter().enumerate() {
            // One that another is part of (or, of equals, an earlier one is) follows from that.
            let follows =
                |(j, &other): (usize, &u32)| other != 0 && j != i && other & !set == 0 && (other != set || j < i);
            let met = bits(set).any(|area| apart[area] & set != 0);
            if set != 0 && !met && !sets.iter().enumerate().any(follows) {
                next.pending[kept] = set;
                kept += 1;
            }
        }
        next.pending[..kept].sort_unstable_by(|a, b| b.cmp(a));
        next
    }
}

/// How many sets can be pending at once.
///
/// Each stands for a closed area of inside nodes, and no two of those touch (the one closed last would have been
/// another neighbour of the first, and a set with a closed area is met): so they are no more than the cliques that
/// cover the inside nodes. And none is part of another: they are no more than the largest family of sets, of three
/// or more of the areas on the frontier, of which that holds.
pub(super) fn most_pending(graph: &Graph, inside: &[bool], slots: usize) -> usize {
    let mut covered: Vec<bool> = inside.iter().map(|i| !i).collect();
    let mut cliques = 0;
    for v in 0..inside.len() {
        if covered[v] {
            continue;
        }
        let mut clique = vec![v];
        for &w in graph.neighbours(v) {
            let joins = |u: &usize| graph.neighbours(*u).contains(&w);
            if !covered[w as usize] && clique.iter().all(joins) {
                clique.push(w as usize);
            }
        }
        clique.into_iter().for_each(|u| covered[u] = true);
        cliques += 1;
    }
    // Sperner's theorem; below five the sets of three are the most.
    let largest = match slots {
        0..3 => 0,
        3 => 1,
        4 => 4,
        5 => 10,
        _ => usize::MAX,
    };
    cliques.min(largest)
}
