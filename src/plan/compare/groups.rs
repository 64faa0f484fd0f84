//! Many plans: the distance of each two, the most central one, and which are alternatives of one another.

use rayon::prelude::*;

use super::{CompareError, Measure, Partition};
use crate::territory::index_u32;

/// Most plans that are compared each with each: the distances of 2,000 plans take 32 MB.
pub const MOST_PLANS: usize = 2000;

/// Most groups that are tried.
const MOST_GROUPS: usize = 10;

/// The distance of each two of a number of plans.
#[derive(Debug, Clone, PartialEq)]
pub struct DistanceMatrix {
    n: usize,
    values: Vec<f64>,
}

impl DistanceMatrix {
    /// Compares each two plans, in parallel; the numbers are the same on any number of threads.
    ///
    /// # Errors
    ///
    /// More than [`MOST_PLANS`].
    ///
    /// # Panics
    ///
    /// The plans are of different numbers of municipalities.
    pub fn new(plans: &[Partition], measure: Measure) -> Result<Self, CompareError> {
        let n = plans.len();
        if n > MOST_PLANS {
            return Err(CompareError::TooManyPlans { plans: n });
        }
        let row = |i: usize| (i + 1..n).map(|j| measure.distance(&plans[i], &plans[j])).collect::<Vec<f64>>();
        let rows: Vec<Vec<f64>> = (0..n).into_par_iter().map(row).collect();
        let mut values = vec![0.0; n * n];
        for (i, row) in rows.into_iter().enumerate() {
            for (j, value) in (i + 1..n).zip(row) {
                values[i * n + j] = value;
                values[j * n + i] = value;
            }
        }
        Ok(Self { n, values })
    }

    /// How many plans there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.n
    }

    /// True where there are no plans.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Distances of a plan to all, itself included.
    ///
    /// # Panics
    ///
    /// There is no such plan.
    #[must_use]
    pub fn row(&self, plan: usize) -> &[f64] {
        &self.values[plan * self.n..(plan + 1) * self.n]
    }

    /// The plan among these with the least sum of distances to them; of equals the first. None among none.
    #[must_use]
    pub fn medoid(&self, among: &[usize]) -> Option<usize> {
        let sum = |i: usize| among.iter().map(|&j| self.row(i)[j]).sum::<f64>();
        among.iter().map(|&i| (sum(i), i)).min_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1))).map(|(_, i)| i)
    }
}

/// Plans that are alternatives of one another: nearer to each other than to the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Positions of the plans, sorted.
    pub plans: Vec<usize>,
    /// The most central of them.
    pub medoid: usize,
    /// Largest distance of one of them to the medoid.
    pub radius: f64,
    /// Mean silhouette of its plans, between -1 and 1; 0 for a plan by itself.
    pub silhouette: f64,
}

/// A number of plans in groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// The groups, the largest first.
    pub groups: Vec<Group>,
    /// Mean silhouette of all plans (Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7); none for one group. Kaufman and
    /// Rousseeuw (1990) call it a structure from 0.5 up, and none to speak of below 0.25.
    pub silhouette: Option<f64>,
}

impl Groups {
    /// Groups the plans by average linkage (Sokal and Michener 1958), into that number of groups between 2 and 10 at which
    /// the mean silhouette is largest; of equals the smallest.
    ///
    /// Where all plans are the same, or there are fewer than three, they are one group. Merges are found along chains of
    /// nearest neighbours, in the order of the square of the plans (Murtagh 1983, doi:10.1093/comjnl/26.4.354); of
    /// neighbours that are as near the first counts.
    #[must_use]
    pub fn new(matrix: &DistanceMatrix) -> Self {
        let n = matrix.len();
        let merges = merges(matrix);
        let mut best: Option<(f64, Vec<u32>)> = None;
        if merges.last().is_some_and(|m| m.2 > 0.0) {
            for k in 2..=MOST_GROUPS.min(n - 1) {
                let of = cut(n, &merges, k);
                let mean = mean(&silhouettes(matrix, &of, k));
                if best.as_ref().is_none_or(|(most, _)| mean > *most) {
                    best = Some((mean, of));
                }
            }
        }
        let (silhouette, of) = best.map_or((None, vec![0; n]), |(mean, of)| (Some(mean), of));
        let k = of.iter().max().map_or(0, |&g| g as usize + 1);
        let each = silhouettes(matrix, &of, k);
        let group = |g: usize| {
            let plans: Vec<usize> = (0..n).filter(|&i| of[i] as usize == g).collect();
            let medoid = matrix.medoid(&plans)?;
            let radius = plans.iter().map(|&i| matrix.row(medoid)[i]).fold(0.0, f64::max);
            let silhouette = mean(&plans.iter().map(|&i| each[i]).collect::<Vec<_>>());
            Some(Group { plans, medoid, radius, silhouette })
        };
        let mut groups: Vec<Group> = (0..k).filter_map(group).collect();
        groups.sort_by_key(|g| (std::cmp::Reverse(g.plans.len()), g.medoid));
        Self { groups, silhouette }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / f64::from(index_u32(values.len()).max(1))
}

/// The merges of average linkage, by distance: two plans (one of each side) and the distance of the sides.
fn merges(matrix: &DistanceMatrix) -> Vec<(usize, usize, f64)> {
    let n = matrix.n;
    let mut d = matrix.values.clone();
    let mut size = vec![1u32; n];
    let mut chain: Vec<usize> = Vec::new();
    let mut found = Vec::with_capacity(n.saturating_sub(1));
    while found.len() + 1 < n {
        if chain.is_empty() {
            chain.extend((0..n).find(|&i| size[i] > 0));
        }
        let Some(&at) = chain.last() else { break };
        let before = chain.len().checked_sub(2).map(|i| chain[i]);
        // Among the nearest the one before in the chain comes first, or the chain would turn in circles.
        let mut next = before;
        for j in (0..n).filter(|&j| j != at && size[j] > 0) {
            if next.is_none_or(|best| d[at * n + j] < d[at * n + best]) {
                next = Some(j);
            }
        }
        let Some(next) = next else { break };
        if Some(next) != before {
            chain.push(next);
            continue;
        }
        chain.truncate(chain.len() - 2);
        let (keep, gone) = (at.min(next), at.max(next));
        found.push((keep, gone, d[at * n + next]));
        let (x, y) = (f64::from(size[keep]), f64::from(size[gone]));
        for j in (0..n).filter(|&j| size[j] > 0 && j != keep && j != gone) {
            let mean = (x * d[keep * n + j] + y * d[gone * n + j]) / (x + y);
            d[keep * n + j] = mean;
            d[j * n + keep] = mean;
        }
        size[keep] += size[gone];
        size[gone] = 0;
    }
    found.sort_by(|x, y| x.2.total_cmp(&y.2));
    found
}

/// The group of each plan when the merges have left `k`; numbered by first appearance.
fn cut(n: usize, merges: &[(usize, usize, f64)], k: usize) -> Vec<u32> {
    let mut root: Vec<usize> = (0..n).collect();
    let find = |root: &[usize], mut i: usize| {
        while root[i] != i {
            i = root[i];
        }
        i
    };
    for &(a, b, _) in &merges[..n - k] {
        let (a, b) = (find(&root, a), find(&root, b));
        root[a.max(b)] = a.min(b);
    }
    let mut number = vec![u32::MAX; n];
    let mut next = 0;
    (0..n)
        .map(|i| {
            let group = &mut number[find(&root, i)];
            if *group == u32::MAX {
                (*group, next) = (next, next + 1);
            }
            *group
        })
        .collect()
}

/// How much nearer each plan is to its own group than to the next one, between -1 and 1.
fn silhouettes(matrix: &DistanceMatrix, of: &[u32], k: usize) -> Vec<f64> {
    let mut sizes = vec![0u32; k];
    of.iter().for_each(|&g| sizes[g as usize] += 1);
    let of_plan = |i: usize| {
        let own = of[i] as usize;
        if sizes[own] < 2 || k < 2 {
            return 0.0;
        }
        let mut sums = vec![0.0; k];
        for (&g, &d) in of.iter().zip(matrix.row(i)) {
            sums[g as usize] += d;
        }
        let within = sums[own] / f64::from(sizes[own] - 1);
        let others = (0..k).filter(|&g| g != own).map(|g| sums[g] / f64::from(sizes[g]));
        let next = others.fold(f64::INFINITY, f64::min);
        let larger = within.max(next);
        if larger > 0.0 { (next - within) / larger } else { 0.0 }
    };
    (0..of.len()).into_par_iter().map(of_plan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two bundles of plans that differ in one municipality within, and in most between.
    fn bundles() -> DistanceMatrix {
        let plans: Vec<Partition> = [[0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1]]
            .iter()
            .chain(&[[0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 1, 1]])
            .map(|of| Partition::new(of))
            .collect();
        DistanceMatrix::new(&plans, Measure::Hamming).unwrap()
    }

    #[test]
    fn alternatives_are_grouped_around_their_medoids() {
        let matrix = bundles();
        assert_eq!(matrix.row(0), [0.0, 1.0, 1.0, 4.0, 3.0]);
        let found = Groups::new(&matrix);
        let plans: Vec<&[usize]> = found.groups.iter().map(|g| g.plans.as_slice()).collect();
        assert_eq!(plans, [&[0, 1, 2][..], &[3, 4]]);
        assert_eq!((found.groups[0].medoid, found.groups[0].radius), (0, 1.0));
        assert!(found.silhouette.is_some_and(|s| s > 0.5));
    }

    #[test]
    fn few_or_equal_plans_are_one_group() {
        let same = vec![Partition::new(&[0, 1]); 5];
        let found = Groups::new(&DistanceMatrix::new(&same, Measure::VariationOfInformation).unwrap());
        assert_eq!((found.groups.len(), found.silhouette), (1, None));
        for n in 0..3 {
            let found = Groups::new(&DistanceMatrix::new(&same[..n], Measure::Hamming).unwrap());
            assert_eq!(found.groups.len(), n.min(1));
        }
        assert!(DistanceMatrix::new(&vec![same[0].clone(); MOST_PLANS + 1], Measure::Hamming).is_err());
    }

    #[test]
    fn merges_are_those_of_the_slow_way() {
        // Average linkage by looking at every two clusters, on distances without ties.
        let n = 9;
        let value = |i: usize, j: usize| {
            f64::from(index_u32((i.min(j) * 37 + i.max(j) * 101) % 97)) + 0.01 * f64::from(index_u32(i + j))
        };
        let values = (0..n * n).map(|x| if x / n == x % n { 0.0 } else { value(x / n, x % n) }).collect();
        let matrix = DistanceMatrix { n, values };
        let mut clusters: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
        let mut heights = Vec::new();
        while clusters.len() > 1 {
            let between = |x: &[usize], y: &[usize]| {
                mean(
                    &x.iter()
                        .flat_map(|&i| y.iter().map(move |&j| (i, j)))
                        .map(|(i, j)| matrix.row(i)[j])
                        .collect::<Vec<_>>(),
                )
            };
            let pairs = (0..clusters.len()).flat_map(|i| (0..i).map(move |j| (j, i)));
            let (i, j) = pairs
                .min_by(|x, y| {
                    between(&clusters[x.0], &clusters[x.1]).total_cmp(&between(&clusters[y.0], &clusters[y.1]))
                })
                .unwrap();
            heights.push(between(&clusters[i], &clusters[j]));
            let gone = clusters.remove(j);
            clusters[i].extend(gone);
            let of = cut(n, &merges(&matrix), clusters.len());
            let together = |x: usize, y: usize| clusters.iter().any(|c| c.contains(&x) && c.contains(&y));
            assert!((0..n).all(|x| (0..n).all(|y| (of[x] == of[y]) == together(x, y))));
        }
        let found: Vec<f64> = merges(&matrix).iter().map(|m| m.2).collect();
        assert!(found.iter().zip(&heights).all(|(x, y)| (x - y).abs() < 1e-9), "{found:?} {heights:?}");
    }
}
