//! Random spanning trees of two areas together, and where a tree can be cut.
//!
//! Everything lies in flat arrays that are used again and again; a tree takes time linear in its units (Wilson's: in the
//! time that a random walk takes to meet all of them).

use super::random::Random;

/// How a spanning tree is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trees {
    /// The minimum spanning tree of random weights (J. Kruskal, 1956, doi:10.1090/S0002-9939-1956-0078686-7).
    Minimum,
    /// Each spanning tree with the same probability (D. B. Wilson, *Generating random spanning trees more quickly than the
    /// cover time*, STOC 1996, doi:10.1145/237814.237880).
    Uniform,
}

/// A connected graph on units numbered from 0, and a rooted spanning tree of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    /// Links, each once: the first so many of these.
    pub(super) links: Vec<(u32, u32)>,
    pub(super) linked: usize,
    /// Compressed rows, for the uniform tree.
    pub(super) first: Vec<u32>,
    pub(super) around: Vec<u32>,
    pub(super) units: usize,
    /// Every unit but the root, each before its parent.
    pub(super) order: Vec<u32>,
    pub(super) parent: Vec<u32>,
    /// Representatives of sets, while a minimum tree grows.
    set: Vec<u32>,
    /// Of each unit its number of tree links that are left, and the exclusive or of their other ends.
    leaves: Vec<(u32, u32)>,
    in_tree: Vec<bool>,
}

impl Tree {
    /// Begins a graph of so many units without links, with room for so many.
    pub(super) fn clear(&mut self, units: usize, links: usize) {
        self.linked = 0;
        self.links.resize(links.max(self.links.len()), (0, 0));
        self.first.clear();
        self.first.push(0);
        self.around.clear();
        self.units = units;
    }

    /// Adds a link where `counts`; one that does not is written over, which costs less than to ask.
    #[inline]
    pub(super) fn link(&mut self, a: u32, b: u32, counts: bool) {
        self.links[self.linked] = (a, b);
        self.linked += usize::from(counts);
    }

    /// The links.
    pub(super) fn links(&self) -> &[(u32, u32)] {
        &self.links[..self.linked]
    }

    /// Draws a spanning tree of a graph that is connected (as two areas that touch are).
    pub(super) fn draw(&mut self, how: Trees, random: &mut Random) {
        self.order.clear();
        match how {
            Trees::Minimum => self.minimum(random),
            Trees::Uniform => self.uniform(random),
        }
    }

    /// Links in random order, each of which joins two sets unless it lies in one.
    fn minimum(&mut self, random: &mut Random) {
        let units = self.units;
        self.set.clear();
        self.set.extend(0..u32::try_from(units).unwrap_or(u32::MAX));
        self.leaves.clear();
        self.leaves.resize(units, (0, 0));
        let (links, set, leaves) = (&mut self.links[..self.linked], &mut self.set[..], &mut self.leaves[..]);
        let mut missing = units.saturating_sub(1);
        let mut left = links.len();
        while missing > 0 && left > 0 {
            let pick = random.below(u32::try_from(left).unwrap_or(u32::MAX)) as usize;
            left -= 1;
            links.swap(pick, left);
            let (a, b) = links[left];
            let (x, y) = (root(set, a), root(set, b));
            if x != y {
                // The lower number stays: any rule that does not look at the tree to come is as good.
                set[x.max(y) as usize] = x.min(y);
                let (at_a, at_b) = (&mut leaves[a as usize], b);
                (at_a.0, at_a.1) = (at_a.0 + 1, at_a.1 ^ at_b);
                let at_b = &mut leaves[b as usize];
                (at_b.0, at_b.1) = (at_b.0 + 1, at_b.1 ^ a);
                missing -= 1;
            }
        }
        self.peel();
    }

    /// Takes leaf after leaf off the tree: an order in which each unit comes before its parent. The last one left is the
    /// root. What a leaf hangs on is the exclusive or of its neighbours, so that no lists are needed.
    fn peel(&mut self) {
        self.parent.resize(self.units.max(self.parent.len()), 0);
        let leaves = &mut self.leaves[..];
        for v in 0..u32::try_from(self.units).unwrap_or(u32::MAX) {
            let mut leaf = v;
            while leaves[leaf as usize].0 == 1 {
                let on = leaves[leaf as usize].1;
                leaves[leaf as usize].0 = 0;
                self.order.push(leaf);
                self.parent[leaf as usize] = on;
                let at = &mut leaves[on as usize];
                (at.0, at.1) = (at.0 - 1, at.1 ^ leaf);
                // A later one has its turn later.
                if on > v {
                    break;
                }
                leaf = on;
            }
        }
    }

    /// Random walks from each unit until they meet the tree; what a walk went around is forgotten.
    fn uniform(&mut self, random: &mut Random) {
        let units = self.units;
        if units == 0 {
            return;
        }
        self.parent.resize(units.max(self.parent.len()), 0);
        self.in_tree.clear();
        self.in_tree.resize(units, false);
        self.order.resize(units - 1, 0);
        let order = &mut self.order[..];
        let (first, around) = (&self.first[..], &self.around[..]);
        let (parent, in_tree) = (&mut self.parent[..], &mut self.in_tree[..]);
        let root = random.below(u32::try_from(units).unwrap_or(u32::MAX));
        in_tree[root as usize] = true;
        let mut free = units - 1;
        for start in 0..u32::try_from(units).unwrap_or(u32::MAX) {
            let mut v = start;
            while !in_tree[v as usize] {
                let (from, to) = (first[v as usize], first[v as usize + 1]);
                let next = around[(from + random.below(to - from)) as usize];
                parent[v as usize] = next;
                v = next;
            }
            let mut length = 0;
            let mut v = start;
            while !in_tree[v as usize] {
                in_tree[v as usize] = true;
                length += 1;
                v = parent[v as usize];
            }
            // This branch hangs on those before it, and so comes before them.
            free -= length;
            let mut v = start;
            for slot in &mut order[free..free + length] {
                *slot = v;
                v = parent[v as usize];
            }
        }
    }
}

/// The first unit of a set. The first hops are made without asking whether they are needed, which costs less than to guess
/// wrong.
#[inline]
fn root(set: &mut [u32], v: u32) -> u32 {
    let mut up = set[set[set[v as usize] as usize] as usize];
    while set[up as usize] != up {
        up = set[up as usize];
    }
    set[v as usize] = up;
    up
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_graph(units: u32, links: &[(u32, u32)]) -> Tree {
        let mut tree = Tree::default();
        tree.clear(units as usize, links.len() + 1);
        links.iter().for_each(|&(a, b)| tree.link(a, b, true));
        for v in 0..units {
            let other = |&(a, b): &(u32, u32)| if a == v { Some(b) } else { (b == v).then_some(a) };
            tree.around.extend(links.iter().filter_map(other));
            tree.first.push(crate::territory::index_u32(tree.around.len()));
        }
        tree
    }

    /// The trees that were drawn, each as the set of its links, with how often.
    fn drawn(tree: &mut Tree, how: Trees, times: u32) -> std::collections::BTreeMap<u64, u32> {
        let all = tree.links().to_vec();
        let mut random = Random::new(7, 0);
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..times {
            tree.draw(how, &mut random);
            assert_eq!(tree.order.len() + 1, tree.units);
            let mut placed = vec![false; tree.units];
            let mut bits = 0u64;
            for &v in &tree.order {
                let on = tree.parent[v as usize];
                assert!(!placed[v as usize] && !placed[on as usize], "a unit comes before its parent");
                placed[v as usize] = true;
                let link = all.iter().position(|&l| l == (v, on) || l == (on, v)).expect("a link of the graph");
                bits |= 1 << link;
            }
            *seen.entry(bits).or_insert(0) += 1;
        }
        seen
    }

    fn chi_square(counts: &[u32], expected: &[f64]) -> f64 {
        counts.iter().zip(expected).map(|(&c, e)| (f64::from(c) - e) * (f64::from(c) - e) / e).sum()
    }

    const GRID: [(u32, u32); 12] =
        [(0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8), (0, 3), (1, 4), (2, 5), (3, 6), (4, 7), (5, 8)];

    #[test]
    fn wilsons_trees_are_uniform() {
        // A 3 x 3 grid has 192 spanning trees (matrix-tree theorem; also OEIS A007341).
        let times = 192 * 100;
        let seen = drawn(&mut of_graph(9, &GRID), Trees::Uniform, times);
        assert_eq!(seen.len(), 192);
        let counts: Vec<u32> = seen.values().copied().collect();
        // 191 degrees of freedom: 99.9 % lie below 255.6.
        let value = chi_square(&counts, &vec![100.0; 192]);
        assert!(value < 255.6, "chi-square {value}");
    }

    #[test]
    fn minimum_trees_are_those_of_random_weights() {
        // A square 0-1-2-3 with the diagonal 0-2: of 5! orders of the links Kruskal makes each of the 8 trees of some.
        let links = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)];
        let mut exact = std::collections::BTreeMap::new();
        let mut order = [0usize, 1, 2, 3, 4];
        permute(&mut order, 0, &mut |order| {
            let (mut group, mut bits) = ([0, 1, 2, 3], 0u64);
            for &l in order {
                let (x, y) = (group[links[l].0], group[links[l].1]);
                if x != y {
                    group.iter_mut().filter(|g| **g == y).for_each(|g| *g = x);
                    bits |= 1 << l;
                }
            }
            *exact.entry(bits).or_insert(0u32) += 1;
        });
        let as_u32 = links.map(|(a, b)| (u32::try_from(a).expect("small"), u32::try_from(b).expect("small")));
        let seen = drawn(&mut of_graph(4, &as_u32), Trees::Minimum, 120 * 200);
        assert_eq!(seen.keys().collect::<Vec<_>>(), exact.keys().collect::<Vec<_>>());
        let counts: Vec<u32> = seen.values().copied().collect();
        let expected: Vec<f64> = exact.values().map(|&n| f64::from(n) * 200.0).collect();
        // 7 degrees of freedom: 99.9 % lie below 24.3.
        let value = chi_square(&counts, &expected);
        assert!(value < 24.3, "chi-square {value}");
        assert!(expected.windows(2).any(|e| (e[0] - e[1]).abs() > 1.0), "they are not all as likely");
    }

    fn permute(items: &mut [usize; 5], from: usize, visit: &mut impl FnMut(&[usize; 5])) {
        if from == items.len() {
            return visit(items);
        }
        for at in from..items.len() {
            items.swap(from, at);
            permute(items, from + 1, visit);
            items.swap(from, at);
        }
    }
}
