//! From the terms of the areas to the value of a plan.

/// How the terms of the areas become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The greatest less the least.
    Range,
    /// The coefficient of variation: the standard deviation (of all areas, not of a sample) as a share of the mean.
    Cv,
    /// The largest deviation from the mean, as a share of it.
    Deviation,
}

/// As many terms are sorted without memory of their own.
const FEW: usize = 64;

impl Aggregate {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Sum, Self::Mean, Self::Min, Self::Max, Self::Range, Self::Cv, Self::Deviation];

    /// Its name in a rulebook: `sum`, `mean`, `min`, `max`, `range`, `cv` or `deviation`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::Range => "range",
            Self::Cv => "cv",
            Self::Deviation => "deviation",
        }
    }

    /// The value of these terms, bit for bit the same in any order: sums are taken from the least to the greatest.
    ///
    /// NaN where a term is NaN, where there is no term to take the mean, least or greatest of, and where a share of
    /// the mean is asked and the mean is not above 0.
    ///
    /// ```
    /// use landmeter::score::Aggregate;
    /// assert_eq!(Aggregate::Deviation.of(&[6.0, 3.0, 3.0]), 0.5);
    /// assert_eq!(Aggregate::Range.of(&[6.0, 3.0, 3.0]), 3.0);
    /// assert!(Aggregate::Cv.of(&[1.0, -1.0]).is_nan());
    /// ```
    #[must_use]
    pub fn of(self, terms: &[f64]) -> f64 {
        if terms.iter().any(|t| t.is_nan()) {
            return f64::NAN;
        }
        let (mut few, mut many);
        let sorted: &mut [f64] = match terms.len() {
            0 => return if self == Self::Sum { 0.0 } else { f64::NAN },
            n if n <= FEW => {
                few = [0.0; FEW];
                few[..n].copy_from_slice(terms);
                &mut few[..n]
            }
            _ => {
                many = terms.to_vec();
                &mut many
            }
        };
        sorted.sort_unstable_by(f64::total_cmp);
        let (least, greatest) = (sorted[0], sorted[sorted.len() - 1]);
        #[expect(clippy::cast_precision_loss, reason = "a number of areas")]
        let n = sorted.len() as f64;
        let sum: f64 = sorted.iter().sum();
        let mean = sum / n;
        let of_mean = |value: f64| if mean > 0.0 { value / mean } else { f64::NAN };
        match self {
            Self::Sum => sum,
            Self::Mean => mean,
            Self::Min => least,
            Self::Max => greatest,
            Self::Range => greatest - least,
            Self::Deviation => of_mean((greatest - mean).max(mean - least)),
            Self::Cv => of_mean((sorted.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>() / n).sqrt()),
        }
    }

    /// Which area a reader wants to see first: the position of the term that is worst, where less is worse or not.
    pub(super) fn telling(self, terms: &[f64], less_is_worse: bool) -> Option<usize> {
        let best = |score: &dyn Fn(f64) -> f64| {
            let mut best: Option<(f64, usize)> = None;
            for (i, &term) in terms.iter().enumerate().filter(|(_, t)| !t.is_nan()) {
                let score = score(term);
                if best.is_none_or(|(b, _)| score > b) {
                    best = Some((score, i));
                }
            }
            best.map(|(_, i)| i)
        };
        match self {
            Self::Deviation | Self::Cv => {
                let mean = Self::Mean.of(terms);
                best(&|t| (t - mean).abs())
            }
            Self::Range => None,
            _ if less_is_worse => best(&|t| -t),
            _ => best(&|t| t),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn by_hand() {
        let terms = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(Aggregate::Cv.of(&terms), 2.0 / 5.0, "the textbook's standard deviation of 2 on a mean of 5");
        assert_eq!(Aggregate::Deviation.of(&terms), 4.0 / 5.0);
        assert_eq!((Aggregate::Min.of(&terms), Aggregate::Max.of(&terms), Aggregate::Sum.of(&terms)), (2.0, 9.0, 40.0));
        assert_eq!(Aggregate::Sum.of(&[]), 0.0);
        assert!(Aggregate::Mean.of(&[]).is_nan() && Aggregate::Min.of(&[f64::NAN, 1.0]).is_nan());
    }

    proptest! {
        #[test]
        fn the_order_of_the_areas_does_not_matter(
            (terms, turned) in prop::collection::vec(-1e6..1e6f64, 0..90).prop_flat_map(|t| (Just(t.clone()), Just(t).prop_shuffle()))
        ) {
            for aggregate in Aggregate::ALL {
                prop_assert_eq!(aggregate.of(&terms).to_bits(), aggregate.of(&turned).to_bits());
            }
        }
    }
}
