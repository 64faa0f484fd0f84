//! How far two divisions of the same municipalities lie apart, whatever their areas are called.

use super::super::NONE;
use super::super::matching::sparse_assignment;
use crate::territory::index_u32;

/// A division made ready to be compared with others: what depends on it alone is worked out once.
///
/// The municipalities without an area are a class of their own, so that a plan that leaves out a municipality differs from
/// one that does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Partition {
    /// Class of each municipality, numbered by first appearance.
    of: Vec<u32>,
    /// Municipalities by class: those of class `c` are `members[starts[c]..starts[c + 1]]`.
    members: Vec<u32>,
    starts: Vec<u32>,
    /// The class of those without an area.
    none: Option<u32>,
    /// Sum of `n ln n` over the classes.
    n_ln_n: f64,
    /// Pairs of municipalities in one class.
    pairs: u64,
}

impl Partition {
    /// From the area of each municipality; [`NONE`] is no area.
    #[must_use]
    pub fn new(areas: &[u32]) -> Self {
        let mut number: rustc_hash::FxHashMap<u32, u32> = rustc_hash::FxHashMap::default();
        let of: Vec<u32> = areas
            .iter()
            .map(|&area| {
                let next = index_u32(number.len());
                *number.entry(area).or_insert(next)
            })
            .collect();
        let mut starts = vec![0u32; number.len() + 1];
        of.iter().for_each(|&c| starts[c as usize + 1] += 1);
        let sizes: Vec<u32> = starts[1..].to_vec();
        for c in 1..starts.len() {
            starts[c] += starts[c - 1];
        }
        let mut next = starts.clone();
        let mut members = vec![0u32; of.len()];
        for (m, &c) in (0..).zip(&of) {
            members[next[c as usize] as usize] = m;
            next[c as usize] += 1;
        }
        let pairs = sizes.iter().map(|&n| pairs(n)).sum();
        Self { none: number.get(&NONE).copied(), n_ln_n: n_ln_n(sizes), pairs, of, members, starts }
    }

    fn classes(&self) -> usize {
        self.starts.len() - 1
    }

    /// The municipalities that two divisions share, for each pair of classes that share any: `(class, class, how many)`.
    fn shared(&self, other: &Self) -> Vec<(u32, u32, u32)> {
        assert_eq!(self.of.len(), other.of.len(), "divisions of the same municipalities");
        let mut cells = Vec::with_capacity(2 * self.classes());
        let mut counts = vec![0u32; other.classes()];
        let mut touched: Vec<u32> = Vec::new();
        for class in 0..self.classes() {
            for &m in &self.members[self.starts[class] as usize..self.starts[class + 1] as usize] {
                let c = other.of[m as usize];
                if counts[c as usize] == 0 {
                    touched.push(c);
                }
                counts[c as usize] += 1;
            }
            cells.extend(touched.drain(..).map(|c| (index_u32(class), c, std::mem::take(&mut counts[c as usize]))));
        }
        cells
    }
}

/// Pairs among so many.
fn pairs(n: u32) -> u64 {
    u64::from(n) * u64::from(n.saturating_sub(1)) / 2
}

/// Sum of `n ln n`, from the smallest up: the same sizes give the same bits in whatever order they come.
fn n_ln_n(mut sizes: Vec<u32>) -> f64 {
    sizes.sort_unstable();
    sizes.into_iter().map(f64::from).map(|n| n * n.ln()).sum()
}

/// How to measure the distance of two divisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// Municipalities that differ, once the areas are matched so that as few as may be do.
    Hamming,
    /// Share of the pairs of municipalities that are together in both or apart in both (Rand 1971,
    /// doi:10.1080/01621459.1971.10482356).
    Rand,
    /// The Rand index, corrected so that divisions drawn at random have 0 on average (Hubert and Arabie 1985,
    /// doi:10.1007/BF01908075).
    AdjustedRand,
    /// What each division leaves unknown of the other, in nats: a metric (Meila 2007, doi:10.1016/j.jmva.2006.11.013).
    #[default]
    VariationOfInformation,
    /// What the divisions tell of each other, as a share of the mean of their entropies (Strehl and Ghosh 2002, with the
    /// arithmetic mean).
    NormalizedMutualInformation,
}

impl Measure {
    /// All of them, in the order of the contract.
    pub const ALL: [Self; 5] = [
        Self::Hamming,
        Self::Rand,
        Self::AdjustedRand,
        Self::VariationOfInformation,
        Self::NormalizedMutualInformation,
    ];

    /// Its name: `variation_of_information`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hamming => "hamming",
            Self::Rand => "rand",
            Self::AdjustedRand => "adjusted_rand",
            Self::VariationOfInformation => "variation_of_information",
            Self::NormalizedMutualInformation => "normalized_mutual_information",
        }
    }

    /// Whether more is nearer (1 for the same division): then a distance is 1 less the value.
    #[must_use]
    pub fn is_similarity(self) -> bool {
        !matches!(self, Self::Hamming | Self::VariationOfInformation)
    }

    /// The value for two divisions.
    ///
    /// # Panics
    ///
    /// The divisions are of different numbers of municipalities.
    #[must_use]
    pub fn value(self, a: &Partition, b: &Partition) -> f64 {
        let cells = a.shared(b);
        match self {
            Self::Hamming => f64::from(hamming(a, b, &cells)),
            Self::Rand => rand_index(&Pairs::new(a, b, &cells)),
            Self::AdjustedRand => adjusted_rand(&Pairs::new(a, b, &cells)),
            Self::VariationOfInformation => Entropies::new(a, b, &cells).variation(),
            Self::NormalizedMutualInformation => Entropies::new(a, b, &cells).normalized(),
        }
    }

    /// The distance of two divisions: the value, or 1 less it where more is nearer.
    ///
    /// # Panics
    ///
    /// The divisions are of different numbers of municipalities.
    #[must_use]
    pub fn distance(self, a: &Partition, b: &Partition) -> f64 {
        let value = self.value(a, b);
        if self.is_similarity() { 1.0 - value } else { value }
    }
}

/// All distances of two divisions.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Distances {
    /// Municipalities that differ after the matching with the fewest; see [`Measure::Hamming`].
    pub hamming: u32,
    /// The same as a share of all municipalities.
    pub hamming_share: f64,
    /// See [`Measure::Rand`].
    pub rand: f64,
    /// See [`Measure::AdjustedRand`].
    pub adjusted_rand: f64,
    /// In nats; see [`Measure::VariationOfInformation`].
    pub variation_of_information: f64,
    /// See [`Measure::NormalizedMutualInformation`].
    pub normalized_mutual_information: f64,
}

impl Distances {
    /// All distances; where a definition divides by nothing (one area, no municipality) the value is that of scikit-learn.
    ///
    /// ```
    /// use landmeter::plan::compare::{Distances, Partition};
    /// let (a, b) = (Partition::new(&[0, 0, 1, 1]), Partition::new(&[7, 7, 7, 3]));
    /// let found = Distances::new(&a, &b);
    /// assert_eq!((found.hamming, found.rand), (1, 0.5));
    /// assert_eq!(Distances::new(&a, &a).variation_of_information, 0.0);
    /// ```
    ///
    /// # Panics
    ///
    /// The divisions are of different numbers of municipalities.
    #[must_use]
    pub fn new(a: &Partition, b: &Partition) -> Self {
        let cells = a.shared(b);
        let (pairs, entropies) = (Pairs::new(a, b, &cells), Entropies::new(a, b, &cells));
        let hamming = hamming(a, b, &cells);
        Self {
            hamming,
            hamming_share: f64::from(hamming) / f64::from(index_u32(a.of.len()).max(1)),
            rand: rand_index(&pairs),
            adjusted_rand: adjusted_rand(&pairs),
            variation_of_information: entropies.variation(),
            normalized_mutual_information: entropies.normalized(),
        }
    }
}

/// Those without an area in both are the same; areas are matched with areas only.
fn hamming(a: &Partition, b: &Partition, cells: &[(u32, u32, u32)]) -> u32 {
    let in_areas = |&&(x, y, _): &&(u32, u32, u32)| Some(x) != a.none && Some(y) != b.none;
    let areas: Vec<(u32, u32, i64)> = cells.iter().filter(in_areas).map(|&(x, y, n)| (x, y, i64::from(n))).collect();
    let of = sparse_assignment(a.classes(), b.classes(), &areas);
    let is_same = |x: u32, y: u32| of[x as usize] == y || (Some(x) == a.none && Some(y) == b.none);
    let same: u32 = cells.iter().filter(|&&(x, y, _)| is_same(x, y)).map(|&(.., n)| n).sum();
    index_u32(a.of.len()) - same
}

/// Pairs of municipalities: together in both, in the first only, in the second only, in neither.
struct Pairs {
    both: u64,
    first: u64,
    second: u64,
    neither: u64,
}

impl Pairs {
    fn new(a: &Partition, b: &Partition, cells: &[(u32, u32, u32)]) -> Self {
        let both = cells.iter().map(|&(.., n)| pairs(n)).sum();
        let (first, second) = (a.pairs - both, b.pairs - both);
        Self { both, first, second, neither: pairs(index_u32(a.of.len())) - both - first - second }
    }
}

/// Counts of pairs as numbers to divide; below 2^53 for any territory of fewer than 100 million municipalities.
#[allow(clippy::cast_precision_loss)]
fn real(n: u64) -> f64 {
    n as f64
}

fn rand_index(p: &Pairs) -> f64 {
    let all = p.both + p.first + p.second + p.neither;
    if all == 0 { 1.0 } else { real(p.both + p.neither) / real(all) }
}

fn adjusted_rand(p: &Pairs) -> f64 {
    if p.first == 0 && p.second == 0 {
        return 1.0;
    }
    let (both, first, second, neither) = (real(p.both), real(p.first), real(p.second), real(p.neither));
    let chance = (both + first) * (first + neither) + (both + second) * (second + neither);
    2.0 * (both * neither - first * second) / chance
}

/// Entropies in nats: of each division, and of both together.
struct Entropies {
    a: f64,
    b: f64,
    joint: f64,
    /// Each has one class at most.
    trivial: bool,
}

impl Entropies {
    fn new(a: &Partition, b: &Partition, cells: &[(u32, u32, u32)]) -> Self {
        let n = f64::from(index_u32(a.of.len()));
        let of = |n_ln_n: f64| if n == 0.0 { 0.0 } else { n.ln() - n_ln_n / n };
        let joint = n_ln_n(cells.iter().map(|&(.., n)| n).collect());
        Self { a: of(a.n_ln_n), b: of(b.n_ln_n), joint: of(joint), trivial: a.classes() <= 1 && b.classes() <= 1 }
    }

    fn variation(&self) -> f64 {
        (2.0 * self.joint - (self.a + self.b)).max(0.0)
    }

    fn normalized(&self) -> f64 {
        if self.trivial {
            return 1.0;
        }
        let mutual = (self.a + self.b) - self.joint;
        // Divisions that tell nothing of each other have 0 but for the rounding of three entropies.
        if mutual <= 8.0 * f64::EPSILON * self.joint { 0.0 } else { (2.0 * mutual / (self.a + self.b)).min(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(prop_oneof![9 => 0u32..5, 1 => Just(NONE)], 12)
    }

    /// Whether two divisions are the same but for the names of their areas.
    fn same(a: &[u32], b: &[u32]) -> bool {
        let together = |of: &[u32]| -> Vec<bool> {
            (0..of.len()).flat_map(|i| (0..of.len()).map(move |j| (i, j))).map(|(i, j)| of[i] == of[j]).collect()
        };
        together(a) == together(b) && a.iter().zip(b).all(|(a, b)| (*a == NONE) == (*b == NONE))
    }

    proptest! {
        #[test]
        fn distances_are_those_of_a_metric(a in labels(), b in labels(), c in labels()) {
            let [p, q, r] = [&a, &b, &c].map(|of| Partition::new(of));
            let found = Distances::new(&p, &q);
            prop_assert_eq!(found, Distances::new(&q, &p));
            prop_assert_eq!(found.hamming == 0, same(&a, &b));
            for measure in [Measure::Hamming, Measure::VariationOfInformation] {
                let d = |x: &Partition, y: &Partition| measure.distance(x, y);
                prop_assert!(d(&p, &r) <= d(&p, &q) + d(&q, &r) + 1e-12, "{:?}", measure);
            }
            let renamed: Vec<u32> = a.iter().map(|&x| if x == NONE { NONE } else { 40 - x }).collect();
            let unmoved = Distances::new(&p, &Partition::new(&renamed));
            prop_assert_eq!(unmoved.hamming, 0);
            prop_assert_eq!(unmoved.variation_of_information.to_bits(), 0f64.to_bits());
            prop_assert_eq!((unmoved.rand, unmoved.adjusted_rand, unmoved.normalized_mutual_information), (1.0, 1.0, 1.0));
            for measure in Measure::ALL {
                let one = measure.value(&p, &q);
                let all = serde_json::to_value(found).unwrap();
                prop_assert_eq!(Some(one), all[measure.name()].as_f64());
            }
        }

        #[test]
        fn hamming_is_the_difference_after_matching(a in prop::collection::vec(0u32..6, 14), b in prop::collection::vec(0u32..6, 14)) {
            let found = Distances::new(&Partition::new(&a), &Partition::new(&b)).hamming;
            prop_assert_eq!(found, super::super::super::difference(&a, &b));
        }
    }

    #[test]
    fn no_area_is_matched_with_no_area_only() {
        let (a, b) = (Partition::new(&[NONE, NONE, 1]), Partition::new(&[2, 2, 1]));
        assert_eq!(Distances::new(&a, &b).hamming, 2);
        assert_eq!(Distances::new(&a, &a).hamming, 0);
    }
}
