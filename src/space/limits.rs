//! What a partition must satisfy, apart from being connected.

use crate::territory::Graph;

/// An attribute and the bounds on its sum in each area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// Name of the attribute, for messages.
    pub name: String,
    /// One a node; an area with a node that has none is not judged on this attribute.
    pub values: Vec<Option<u64>>,
    /// Least sum.
    pub at_least: u64,
    /// Greatest sum.
    pub at_most: Option<u64>,
}

/// Everything that the areas of a plan must satisfy, on a graph whose nodes are numbered from 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// Bounds on sums.
    pub sums: Vec<Sum>,
    /// Sets of nodes that share one area.
    pub together: Vec<Vec<u32>>,
    /// Sets of nodes of which no two share an area.
    pub apart: Vec<Vec<u32>>,
    /// Fewest and most areas.
    pub areas: Option<(u32, u32)>,
    /// Nodes that need not be connected to their area, each with the component of the whole territory that it lies
    /// in. An area of such nodes alone must be connected in the component with most of them (of equals that of the
    /// smallest node); this is how [`crate::rules`] reads the contiguity of what is cut off from the territory.
    pub exclaves: Vec<(u32, u32)>,
    /// Nodes inside: an area of these alone is enclosed, and not allowed, where all its neighbours share one other
    /// area. No exclave is one of them.
    pub inside: Vec<u32>,
}

impl Limits {
    /// Whether a sum shows at once that no plan satisfies these: a component that has too little even as one area,
    /// or a total that the number of areas can't share.
    ///
    /// A walk would find out too, but late: sums that are far below a bound do not merge.
    pub(super) fn are_hopeless(&self, graph: &Graph) -> bool {
        let components = graph.components();
        let mut sums = self.sums.iter().filter(|s| s.values.iter().all(Option::is_some));
        sums.any(|s| {
            // Exclaves may join any area.
            let exclave = |v: usize| self.exclaves.iter().any(|&(e, _)| e as usize == v);
            let mut parts = vec![None; components.sizes.len()];
            let (mut total, mut loose) = (0u64, 0u64);
            for (v, (&part, value)) in components.of.iter().zip(&s.values).enumerate() {
                let value = value.unwrap_or(0);
                total = total.saturating_add(value);
                if exclave(v) {
                    loose = loose.saturating_add(value);
                } else {
                    parts[part as usize] = Some(value.saturating_add(parts[part as usize].unwrap_or(0u64)));
                }
            }
            let times = |k: u32, v: u64| u64::from(k).saturating_mul(v);
            let short = parts.iter().flatten().any(|part| part.saturating_add(loose) < s.at_least);
            let (fewest, most) = self.areas.unwrap_or((0, u32::MAX));
            short || times(fewest, s.at_least) > total || s.at_most.is_some_and(|v| times(most, v) < total)
        })
    }
}

/// One test of an area's sum, in its field of the 64 bits that an area carries.
#[derive(Debug, Clone)]
pub(super) struct Test {
    shift: u32,
    mask: u64,
    at_least: u64,
    /// Above this an area is too large; `None` where only the minimum matters, and sums are capped there.
    at_most: Option<u64>,
    /// Some node has no figure: an area with it is not judged.
    gaps: bool,
    /// The sum must be all or nothing.
    whole: bool,
    weights: Vec<u64>,
}

impl Test {
    /// The tests that the limits come to, and how many bits they take.
    pub(super) fn all(nodes: usize, limits: &Limits) -> (Vec<Self>, u32) {
        let mut tests = Vec::new();
        for s in limits.sums.iter().filter(|s| s.at_least > 0 || s.at_most.is_some()) {
            tests.push(Self::of_sum(s));
        }
        let ones = |set: &[u32]| {
            let mut weights = vec![0; nodes];
            set.iter().for_each(|&v| weights[v as usize] = 1);
            weights
        };
        for set in &limits.together {
            let weights = ones(set);
            let all: u64 = weights.iter().sum();
            if all > 1 {
                tests.push(Self {
                    whole: true,
                    at_least: all,
                    at_most: None,
                    gaps: false,
                    shift: 0,
                    mask: all,
                    weights,
                });
            }
        }
        for set in &limits.apart {
            tests.push(Self {
                whole: false,
                at_least: 0,
                at_most: Some(1),
                gaps: false,
                shift: 0,
                mask: 2,
                weights: ones(set),
            });
        }
        let mut bits = 0;
        for test in &mut tests {
            test.shift = bits.min(63);
            let width = 64 - test.mask.leading_zeros();
            test.mask = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
            bits += width;
        }
        (tests, bits)
    }

    fn of_sum(s: &Sum) -> Self {
        let gaps = s.values.iter().any(Option::is_none);
        let most = s.at_most.unwrap_or(s.at_least);
        // Too large is one more than the maximum, not judged one more than that.
        let (over, unjudged) = match s.at_most {
            Some(most) => (most.saturating_add(1), most.saturating_add(2)),
            None => (s.at_least, s.at_least),
        };
        Self {
            shift: 0,
            mask: if s.at_most.is_some() { most.saturating_add(2) } else { most },
            at_least: s.at_least,
            at_most: s.at_most,
            gaps,
            whole: false,
            weights: s.values.iter().map(|v| v.map_or(unjudged, |v| v.min(over))).collect(),
        }
    }

    pub(super) fn weight(&self, node: usize) -> u64 {
        self.weights[node] << self.shift
    }

    /// Least figure of some nodes; as good as infinite of none.
    pub(super) fn least(&self, nodes: &[u32]) -> u64 {
        nodes.iter().map(|&v| self.weights[v as usize]).min().unwrap_or(u64::MAX / 4)
    }

    /// What an area has gathered; none where it is not judged, for want of a figure.
    pub(super) fn gathered(&self, sums: u64) -> Option<u64> {
        let value = self.field(sums);
        let unjudged = |most: u64| self.gaps && value == most.saturating_add(2);
        (!self.at_most.is_some_and(unjudged)).then_some(value)
    }

    fn field(&self, sums: u64) -> u64 {
        (sums >> self.shift) & self.mask
    }

    fn add(&self, a: u64, b: u64) -> Option<u64> {
        let (a, b) = (self.field(a), self.field(b));
        let sum = a + b;
        let value = match self.at_most {
            None if self.whole => sum,
            None => sum.min(self.at_least),
            Some(most) if self.gaps && a.max(b) > most + 1 => most + 2,
            Some(most) if sum > most && self.gaps => most + 1,
            Some(most) if sum > most => return None,
            Some(_) => sum,
        };
        Some(value << self.shift)
    }

    fn accepts(&self, sums: u64) -> bool {
        let value = self.field(sums);
        match self.at_most {
            None if self.whole => value == 0 || value == self.at_least,
            Some(most) if self.gaps && value == most + 2 => true,
            most => value >= self.at_least && most.is_none_or(|m| value <= m),
        }
    }

    /// Whether a sum can't grow by `least` any more.
    fn is_full(&self, sum: u64, least: u64) -> bool {
        !self.gaps && self.at_most.is_some_and(|most| sum.saturating_add(least) > most)
    }
}

/// The sums of two areas together; none where that is too large whatever comes.
pub(super) fn add(tests: &[Test], a: u64, b: u64) -> Option<u64> {
    let mut sums = 0;
    for test in tests {
        sums |= test.add(a, b)?;
    }
    Some(sums)
}

/// Whether an area may be closed with these sums.
pub(super) fn accept(tests: &[Test], sums: u64) -> bool {
    tests.iter().all(|t| t.accepts(sums))
}

/// Whether an area with these sums can take no node any more; `least` has each test's least figure still to come.
pub(super) fn full(tests: &[Test], sums: u64, least: &[u64]) -> bool {
    tests.iter().zip(least).any(|(t, &least)| t.is_full(t.field(sums), least))
}

/// Whether two areas can't become one: that would be too large.
pub(super) fn too_large(tests: &[Test], a: u64, b: u64, least: &[u64]) -> bool {
    tests.iter().zip(least).any(|(t, &least)| t.is_full(t.field(a).saturating_add(t.field(b)), least))
}

/// Whether two areas that stay apart hold parts of what must be together.
pub(super) fn torn(tests: &[Test], a: u64, b: u64) -> bool {
    tests.iter().any(|t| t.whole && t.field(a) > 0 && t.field(b) > 0)
}
