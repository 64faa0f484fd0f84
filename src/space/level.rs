//! The states of one level, each once, in order of appearance.

use crate::territory::index_u32;

const EMPTY: u32 = u32::MAX;
/// From this many states on memory matters more than the time to grow.
const LARGE: usize = 1 << 14;

/// States by order of appearance, and a table to find them again.
#[derive(Debug)]
pub(super) struct Level<const W: usize> {
    pub(super) keys: Vec<[u64; W]>,
    table: Vec<u32>,
    /// How many states fit in the table before it grows.
    room: usize,
}

impl<const W: usize> Level<W> {
    pub(super) fn new() -> Self {
        Self::for_about(0)
    }

    /// An empty level, for about so many states.
    pub(super) fn for_about(states: usize) -> Self {
        let mut level = Self { keys: Vec::with_capacity(states), table: Vec::new(), room: 0 };
        level.resize(states.max(16));
        level
    }

    pub(super) fn with(key: [u64; W]) -> Self {
        let mut level = Self::new();
        level.find_or_add(key);
        level
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.keys.capacity() * W * 8 + self.table.len() * 4
    }

    /// Empties it and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.table.fill(EMPTY);
    }

    /// Gives up what is only needed to add states.
    pub(super) fn close(&mut self) {
        (self.table, self.room) = (Vec::new(), 0);
    }

    /// The position of a state, which is added where it is new.
    pub(super) fn find_or_add(&mut self, key: [u64; W]) -> u32 {
        self.find_or_add_at(key, low(hash(&key)))
    }

    /// The same for a state whose hash is known; only the low half of it counts.
    #[inline]
    pub(super) fn find_or_add_at(&mut self, key: [u64; W], low: u32) -> u32 {
        if self.keys.len() >= self.room {
            self.resize(self.keys.len() + self.keys.len() / if self.keys.len() < LARGE { 1 } else { 2 });
        }
        let mut at = place(low, self.table.len());
        loop {
            match self.table[at] {
                EMPTY => {
                    let new = index_u32(self.keys.len());
                    self.table[at] = new;
                    grow_for(&mut self.keys, 1);
                    self.keys.push(key);
                    return new;
                }
                found if self.keys[found as usize] == key => return found,
                _ => at = if at + 1 == self.table.len() { 0 } else { at + 1 },
            }
        }
    }

    /// Makes room for so many states in all.
    fn resize(&mut self, room: usize) {
        let room = room.max(16);
        let size = if room < LARGE { room * 2 } else { room / 3 * 4 };
        (self.table, self.room) = (vec![EMPTY; size], room);
        for (i, key) in self.keys.iter().enumerate() {
            let mut at = place(low(hash(key)), size);
            while self.table[at] != EMPTY {
                at = if at + 1 == size { 0 } else { at + 1 };
            }
            self.table[at] = index_u32(i);
        }
    }
}

/// Makes room for `more`, by a half of what there is rather than by doubling.
#[inline]
pub(super) fn grow_for<T>(items: &mut Vec<T>, more: usize) {
    if items.capacity() - items.len() < more {
        items.reserve_exact(more.max(items.len() / 2).max(16));
    }
}

/// Where the low half of a hash comes in a table of any size.
#[inline]
fn place(low: u32, size: usize) -> usize {
    (low as usize * size) >> 32
}

/// The low half of a hash.
#[expect(clippy::cast_possible_truncation, reason = "half of the bits")]
#[inline]
pub(super) fn low(hash: u64) -> u32 {
    hash as u32
}

/// Multiply and fold: good enough for states, whose low bits vary most.
#[expect(clippy::cast_possible_truncation, reason = "a hash; any bits will do")]
#[inline]
pub(super) fn hash<const W: usize>(key: &[u64; W]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut h = 0u64;
    for &word in key {
        let product = u128::from(h ^ word) * u128::from(ODD);
        h = (product as u64) ^ ((product >> 64) as u64);
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_once_in_order_of_appearance() {
        let mut level = Level::<2>::new();
        let key = |i: u64| [i * 7, i << 40];
        for i in 0..50_000u32 {
            assert_eq!(level.find_or_add(key(i.into())), i);
            assert_eq!(level.find_or_add(key((i / 2).into())), i / 2);
        }
        assert_eq!(level.keys.len(), 50_000);
        assert!(level.bytes() < 50_000 * 34, "{}", level.bytes());
    }
}
