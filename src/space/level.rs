//! The states of one level, each once, in order of appearance.

use crate::territory::index_u32;

const EMPTY: u32 = u32::MAX;

/// States by order of appearance, and a table to find them again.
#[derive(Debug)]
pub(super) struct Level<const W: usize> {
    pub(super) keys: Vec<[u64; W]>,
    table: Vec<u32>,
}

impl<const W: usize> Level<W> {
    pub(super) fn new() -> Self {
        Self { keys: Vec::new(), table: vec![EMPTY; 64] }
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

    /// The position of a state, which is added where it is new.
    pub(super) fn find_or_add(&mut self, key: [u64; W]) -> u32 {
        if self.keys.len() * 2 >= self.table.len() {
            self.grow();
        }
        let mask = self.table.len() - 1;
        let mut at = hash(&key) & mask;
        loop {
            match self.table[at] {
                EMPTY => {
                    let new = index_u32(self.keys.len());
                    self.table[at] = new;
                    self.keys.push(key);
                    return new;
                }
                found if self.keys[found as usize] == key => return found,
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn grow(&mut self) {
        let size = self.table.len() * 4;
        self.table.clear();
        self.table.resize(size, EMPTY);
        for (i, key) in self.keys.iter().enumerate() {
            let mut at = hash(key) & (size - 1);
            while self.table[at] != EMPTY {
                at = (at + 1) & (size - 1);
            }
            self.table[at] = index_u32(i);
        }
    }
}

/// Multiply and fold: good enough for states, whose low bits vary most.
#[expect(clippy::cast_possible_truncation, reason = "a hash; any bits will do")]
fn hash<const W: usize>(key: &[u64; W]) -> usize {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut h = 0u64;
    for &word in key {
        let product = u128::from(h ^ word) * u128::from(ODD);
        h = (product as u64) ^ ((product >> 64) as u64);
    }
    h as usize
}
