//! How a metric is spread over all plans, and where one plan stands among them.

use num_bigint::BigUint;

use super::whole::{Metric, Ranks, Space};

/// Up to so many plans are looked at one by one.
const ENUMERATED: u32 = 2_000_000;
/// Beyond that, so many are drawn.
const DRAWS: usize = 200_000;

/// How a distribution came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By dynamic programming over the diagram: exact.
    Exact,
    /// By looking at every plan: exact.
    Enumerated,
    /// By uniform, independent draws: counts are of draws, and shares have a margin.
    Drawn,
}

impl Method {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Enumerated => "enumerated",
            Self::Drawn => "drawn",
        }
    }
}

/// How many plans (or draws) have each sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// How it came about.
    pub method: Method,
    /// Sums, ascending, each with its count.
    pub sums: Vec<(i64, BigUint)>,
    /// All counts together.
    pub total: BigUint,
    /// Where there were too many different sums: `sums` has the first sum of each class, and this is how wide they are.
    pub width: Option<i64>,
}

impl Distribution {
    /// The distribution of a metric over a space: exact where the metric adds up in small whole numbers or the plans
    /// are few, else drawn (from seed 0, so that the same question has the same answer).
    #[must_use]
    pub fn new(space: &Space<'_>, metric: Metric) -> Self {
        let (method, sums) = if metric != Metric::CutBorder {
            (Method::Exact, space.histogram(metric))
        } else if let Some(count) = u32::try_from(space.count()).ok().filter(|&c| c <= ENUMERATED) {
            let all: Vec<Ranks> = (0..count).filter_map(|rank| space.ranks(&BigUint::from(rank))).collect();
            (Method::Enumerated, counted(space.sums_of(metric, &all)))
        } else {
            (Method::Drawn, counted(space.sums_of(metric, &space.draw(DRAWS, 0))))
        };
        let total = sums.iter().map(|(_, n)| n).sum();
        Self { method, sums, total, width: None }
    }

    /// How many have a smaller, the same and a greater sum.
    #[must_use]
    pub fn place(&self, sum: i64) -> [BigUint; 3] {
        let count = |order: std::cmp::Ordering| {
            self.sums.iter().filter(|(s, _)| s.cmp(&sum) == order).map(|(_, n)| n).sum::<BigUint>()
        };
        [std::cmp::Ordering::Less, std::cmp::Ordering::Equal, std::cmp::Ordering::Greater].map(count)
    }

    /// A count as a share of all.
    #[must_use]
    pub fn share(&self, count: &BigUint) -> f64 {
        const DIGITS: u64 = 1_000_000_000_000;
        if self.total == BigUint::ZERO {
            return 0.0;
        }
        let scaled = u64::try_from(count * DIGITS / &self.total).unwrap_or(DIGITS);
        #[expect(clippy::cast_precision_loss, reason = "twelve digits")]
        let share = scaled as f64 / DIGITS as f64;
        share
    }

    /// Half the width of the 95 % interval of a share; 0 where nothing was drawn (normal approximation).
    #[must_use]
    pub fn margin(&self, share: f64) -> f64 {
        if self.method != Method::Drawn {
            return 0.0;
        }
        let draws = u32::try_from(&self.total).map_or(f64::INFINITY, f64::from);
        1.96 * (share * (1.0 - share) / draws).sqrt()
    }

    /// At most `most` classes of equal width: first and last sum of each, and its count.
    #[must_use]
    pub fn classes(&self, most: usize) -> Vec<(i64, i64, BigUint)> {
        let (Some(first), Some(last)) = (self.sums.first(), self.sums.last()) else { return Vec::new() };
        if let Some(width) = self.width {
            return self.sums.iter().map(|(from, n)| (*from, from + width - 1, n.clone())).collect();
        }
        let span = last.0 - first.0 + 1;
        let most = i64::try_from(most.max(1)).unwrap_or(i64::MAX);
        let width = (span + most - 1) / most;
        let mut classes: Vec<(i64, i64, BigUint)> = (0..(span + width - 1) / width)
            .map(|i| (first.0 + i * width, first.0 + (i + 1) * width - 1, BigUint::ZERO))
            .collect();
        for (sum, count) in &self.sums {
            if let Some(class) = usize::try_from((sum - first.0) / width).ok().and_then(|i| classes.get_mut(i)) {
                class.2 += count;
            }
        }
        classes
    }
}

fn counted(mut sums: Vec<i64>) -> Vec<(i64, BigUint)> {
    sums.sort_unstable();
    sums.chunk_by(|a, b| a == b).map(|same| (same[0], BigUint::from(same.len()))).collect()
}
