//! What flips make likely: plans of low cost, each as likely as exp(-cost).

use super::map::Map;
use super::state::State;
use crate::score::Aggregate;

/// Millimetres in a kilometre.
const MILLIMETRES: f64 = 1e6;

/// A weighted sum of measures that are cheap to keep up to date. With no weights every plan is as likely as any other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Target {
    /// For each link that is cut.
    pub link: f64,
    /// For each kilometre of border between areas.
    pub border: f64,
    /// For a measure of the sums of the areas: the number of the figure, how sums become one value, and the weight.
    pub sums: Vec<(usize, Aggregate, f64)>,
}

impl Target {
    /// What a plan costs.
    #[must_use]
    pub fn cost(&self, map: &Map, state: &State) -> f64 {
        let (links, mm) = state.cut(map);
        #[expect(clippy::cast_precision_loss, reason = "a number of links, and a length")]
        let (links, mm) = (links as f64, mm as f64);
        let of_sums = |&(figure, aggregate, weight): &(usize, Aggregate, f64)| {
            weight * value(aggregate, &state.sums[figure], None)
        };
        self.link * links + self.border * mm / MILLIMETRES + self.sums.iter().map(of_sums).sum::<f64>()
    }

    /// Whether a unit that is cut off makes a difference by its area.
    pub(super) fn looks_at_loose(&self, map: &Map) -> bool {
        !self.sums.is_empty() || !map.loose_links.is_empty()
    }

    /// What it costs more where a unit goes from one area to another, with so many more links and millimetres cut.
    #[inline]
    pub(super) fn more(
        &self,
        map: &Map,
        state: &State,
        (v, from, to): (u32, u32, u32),
        (links, mm): (i64, i64),
    ) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a number of links, and a length")]
        let mut more = self.link * links as f64 + self.border * mm as f64 / MILLIMETRES;
        for &(figure, aggregate, weight) in &self.sums {
            let (sums, moved) = (&state.sums[figure], map.figures[figure].values[v as usize]);
            let then = value(aggregate, sums, Some((from as usize, to as usize, moved)));
            more += weight * (then - value(aggregate, sums, None));
        }
        more
    }
}

/// A measure of sums, perhaps with something moved from one to another. As [`Aggregate::of`], without sorting.
#[expect(clippy::cast_precision_loss, reason = "sums of people")]
fn value(aggregate: Aggregate, sums: &[u64], moved: Option<(usize, usize, u64)>) -> f64 {
    let (mut least, mut most, mut total, mut squares) = (f64::MAX, f64::MIN, 0.0, 0.0);
    for (i, &sum) in sums.iter().enumerate() {
        let sum = match moved {
            Some((from, _, value)) if i == from => sum - value,
            Some((_, to, value)) if i == to => sum + value,
            _ => sum,
        } as f64;
        least = sum.min(least);
        most = sum.max(most);
        total += sum;
        squares += sum * sum;
    }
    let n = sums.len() as f64;
    let mean = total / n;
    match aggregate {
        Aggregate::Sum => total,
        Aggregate::Mean => mean,
        Aggregate::Min => least,
        Aggregate::Max => most,
        Aggregate::Range => most - least,
        Aggregate::Cv => (squares / n - mean * mean).max(0.0).sqrt() / mean,
        Aggregate::Deviation => (most - mean).max(mean - least) / mean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_of_sums_are_those_of_the_scores() {
        let all = [
            Aggregate::Sum,
            Aggregate::Mean,
            Aggregate::Min,
            Aggregate::Max,
            Aggregate::Range,
            Aggregate::Cv,
            Aggregate::Deviation,
        ];
        for aggregate in all {
            let (here, there) = (value(aggregate, &[7, 3, 5], Some((0, 1, 2))), aggregate.of(&[5.0, 5.0, 5.0]));
            assert!((here - there).abs() < 1e-9, "{aggregate:?}: {here}, {there}");
            let (here, there) = (value(aggregate, &[7, 3, 5], None), aggregate.of(&[7.0, 3.0, 5.0]));
            assert!((here - there).abs() < 1e-9, "{aggregate:?}: {here}, {there}");
        }
    }
}
