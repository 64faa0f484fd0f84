//! The graph of neighbours; each link with its evidence.

use super::index_u32;

/// What a link rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// A shared line of positive length.
    Border,
    /// Contact in one or more single points only.
    Point,
    /// Declared by hand, with a reason.
    Declared,
}

/// Why a link counts whose file gives no length of border.
const NO_LENGTH: &str = "the graph file gives no border length";

/// Two municipalities that touch, and the evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Position of the first municipality; `a < b`.
    pub a: u32,
    /// Position of the second.
    pub b: u32,
    /// Metres of common border; 0 for a point contact.
    pub length_m: f64,
    /// What the link rests on.
    pub kind: LinkKind,
    /// Of `length_m`, the metres that count only thanks to the tolerance (a small gap or overlap lies between).
    pub within_tolerance_m: f64,
    /// True where editions of the boundaries disagree on whether this is a border or a point.
    pub doubtful: bool,
    /// Why the link was declared by hand.
    pub reason: Option<String>,
}

impl Link {
    /// A common border of `length_m` metres.
    #[must_use]
    pub fn border(a: usize, b: usize, length_m: f64) -> Self {
        Self::of(a, b, length_m, LinkKind::Border)
    }

    /// A contact in a point.
    #[must_use]
    pub fn point(a: usize, b: usize) -> Self {
        Self::of(a, b, 0.0, LinkKind::Point)
    }

    /// A link declared by hand.
    #[must_use]
    pub fn declared(a: usize, b: usize, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::of(a, b, 0.0, LinkKind::Declared) }
    }

    /// A link whose file gives no length of border.
    #[must_use]
    pub fn unmeasured(a: usize, b: usize) -> Self {
        Self::declared(a, b, NO_LENGTH)
    }

    /// True where there may be a border whose length nobody gave.
    #[must_use]
    pub fn is_unmeasured(&self) -> bool {
        self.kind == LinkKind::Declared && self.reason.as_deref() == Some(NO_LENGTH)
    }

    fn of(a: usize, b: usize, length_m: f64, kind: LinkKind) -> Self {
        Self {
            a: index_u32(a.min(b)),
            b: index_u32(a.max(b)),
            length_m,
            kind,
            within_tolerance_m: 0.0,
            doubtful: false,
            reason: None,
        }
    }
}

/// Which links join two municipalities for the purpose of contiguity.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contiguity {
    /// Least metres of common border; a declared link always counts.
    pub min_border_m: f64,
    /// Whether a contact in a point counts (queen contiguity; rook if false).
    pub points: bool,
}

impl Default for Contiguity {
    fn default() -> Self {
        Self { min_border_m: 1.0, points: false }
    }
}

impl Contiguity {
    /// Does this link count?
    #[must_use]
    pub fn counts(&self, link: &Link) -> bool {
        match link.kind {
            LinkKind::Declared => true,
            LinkKind::Border => self.points || (link.length_m > 0.0 && link.length_m >= self.min_border_m),
            LinkKind::Point => self.points,
        }
    }
}

/// Every link of a territory, sorted, each pair once; with each municipality's links at hand.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Adjacency {
    links: Vec<Link>,
    offsets: Vec<u32>,
    entries: Vec<(u32, u32)>,
}

impl Adjacency {
    /// Sorts the links and joins duplicates (a pair found twice keeps the declared reason and the longest border).
    #[must_use]
    pub fn new(municipalities: usize, mut links: Vec<Link>) -> Self {
        links.sort_by(|x, y| (x.a, x.b).cmp(&(y.a, y.b)).then(y.length_m.total_cmp(&x.length_m)));
        links.dedup_by(|later, kept| {
            let same = later.a == kept.a && later.b == kept.b;
            if same && later.kind == LinkKind::Declared {
                kept.reason = later.reason.take().or(kept.reason.take());
                if kept.kind == LinkKind::Point {
                    kept.kind = LinkKind::Declared;
                }
            }
            same
        });
        let mut offsets = vec![0u32; municipalities + 1];
        for l in &links {
            offsets[l.a as usize + 1] += 1;
            offsets[l.b as usize + 1] += 1;
        }
        for i in 0..municipalities {
            offsets[i + 1] += offsets[i];
        }
        let mut next = offsets.clone();
        let mut entries = vec![(0u32, 0u32); links.len() * 2];
        for (i, l) in links.iter().enumerate() {
            for (from, to) in [(l.a, l.b), (l.b, l.a)] {
                let at = &mut next[from as usize];
                entries[*at as usize] = (to, index_u32(i));
                *at += 1;
            }
        }
        Self { links, offsets, entries }
    }

    /// How many municipalities the graph has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// True for a graph without municipalities.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All links, sorted by `(a, b)`.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Neighbours of a municipality, each with its link, sorted by neighbour.
    pub fn neighbours(&self, municipality: usize) -> impl Iterator<Item = (usize, &Link)> {
        let range = self.offsets[municipality] as usize..self.offsets[municipality + 1] as usize;
        self.entries[range].iter().map(|&(to, link)| (to as usize, &self.links[link as usize]))
    }

    /// Neighbours over a line or by a declared link, those that touch in a point left out; sorted by neighbour.
    pub fn neighbours_over_lines(&self, municipality: usize) -> impl Iterator<Item = (usize, &Link)> {
        self.neighbours(municipality).filter(|(_, link)| link.kind != LinkKind::Point)
    }

    /// The link between two municipalities.
    #[must_use]
    pub fn link(&self, a: usize, b: usize) -> Option<&Link> {
        let key = (index_u32(a.min(b)), index_u32(a.max(b)));
        self.links.binary_search_by(|l| (l.a, l.b).cmp(&key)).ok().map(|i| &self.links[i])
    }

    /// The graph of the links that count.
    #[must_use]
    pub fn graph(&self, contiguity: Contiguity) -> Graph {
        let pairs = self.links.iter().filter(|l| contiguity.counts(l)).map(|l| (l.a, l.b));
        Graph::new(self.len(), pairs)
    }
}

/// A plain undirected graph in compressed sparse rows: what contiguity is decided on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graph {
    offsets: Vec<u32>,
    neighbours: Vec<u32>,
}

impl Graph {
    /// From pairs, each once; neighbours come out sorted if the pairs are sorted.
    pub fn new(nodes: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut offsets = vec![0u32; nodes + 1];
        for (a, b) in pairs.clone() {
            offsets[a as usize + 1] += 1;
            offsets[b as usize + 1] += 1;
        }
        for i in 0..nodes {
            offsets[i + 1] += offsets[i];
        }
        let mut next = offsets.clone();
        let mut neighbours = vec![0u32; offsets[nodes] as usize];
        for (a, b) in pairs {
            for (from, to) in [(a, b), (b, a)] {
                let at = &mut next[from as usize];
                neighbours[*at as usize] = to;
                *at += 1;
            }
        }
        for i in 0..nodes {
            neighbours[offsets[i] as usize..offsets[i + 1] as usize].sort_unstable();
        }
        Self { offsets, neighbours }
    }

    /// How many nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// True for a graph without nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Neighbours of a node, sorted.
    #[must_use]
    pub fn neighbours(&self, node: usize) -> &[u32] {
        &self.neighbours[self.offsets[node] as usize..self.offsets[node + 1] as usize]
    }

    /// Connected components of the whole graph, and which of them is the mainland.
    #[must_use]
    pub fn components(&self) -> Components {
        let (of, count) = self.components_within(&vec![0; self.len()]);
        let mut sizes = vec![0u32; count as usize];
        of.iter().for_each(|&c| sizes[c as usize] += 1);
        let mainland = (0..count).max_by_key(|&c| (sizes[c as usize], std::cmp::Reverse(c))).unwrap_or(0);
        Components { of, sizes, mainland }
    }

    /// Connected components of the nodes for which `group` is equal: the component number of each node,
    /// numbered from 0 in order of each component's first node, and how many there are.
    ///
    /// Linear in nodes and links. With a constant `group` these are the components of the graph.
    #[must_use]
    pub fn components_within(&self, group: &[u32]) -> (Vec<u32>, u32) {
        const UNSEEN: u32 = u32::MAX;
        let mut component = vec![UNSEEN; self.len()];
        let mut stack = Vec::new();
        let mut count = 0;
        for start in 0..self.len() {
            if component[start] != UNSEEN {
                continue;
            }
            component[start] = count;
            stack.push(index_u32(start));
            while let Some(v) = stack.pop() {
                for &w in self.neighbours(v as usize) {
                    if component[w as usize] == UNSEEN && group[w as usize] == group[start] {
                        component[w as usize] = count;
                        stack.push(w);
                    }
                }
            }
            count += 1;
        }
        (component, count)
    }
}

/// The connected components of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Components {
    /// Component of each node, numbered from 0 in order of each component's first node.
    pub of: Vec<u32>,
    /// Nodes in each component.
    pub sizes: Vec<u32>,
    /// The component with most nodes; of equals the one with the first node.
    pub mainland: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_found_twice_is_one_link() {
        let adjacency =
            Adjacency::new(3, vec![Link::border(2, 0, 5.0), Link::declared(0, 2, "ferry"), Link::point(1, 2)]);
        assert_eq!(adjacency.links().len(), 2);
        let link = adjacency.link(2, 0).unwrap();
        assert_eq!((link.kind, link.length_m, link.reason.as_deref()), (LinkKind::Border, 5.0, Some("ferry")));
        assert_eq!(adjacency.neighbours(2).map(|(n, _)| n).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn components_follow_groups() {
        let graph = Graph::new(5, [(0, 1), (1, 2), (2, 3)].into_iter());
        assert_eq!(graph.components_within(&[0; 5]), (vec![0, 0, 0, 0, 1], 2));
        assert_eq!(graph.components_within(&[0, 0, 1, 0, 0]), (vec![0, 0, 1, 2, 3], 4));
        let whole = graph.components();
        assert_eq!((whole.sizes, whole.mainland), (vec![4, 1], 0));
        assert_eq!(Graph::new(4, [(0, 1), (2, 3)].into_iter()).components().mainland, 0, "the first of equals");
    }
}
