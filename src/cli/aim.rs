//! What `propose --by` makes small: names of metrics, in order or weighed.

use crate::plan::Plan;
use crate::score::{self, Definition, ScoreError, Scorer};
use crate::space::{AXES, Goal, MOST_SCANNED, Measure, Metric, Objective, Space, Value};
use crate::territory::Territory;
use crate::territory::adjacency::Contiguity;

/// What is to be small: names of metrics, each with its weight in thousandths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aim {
    pub(super) metrics: Vec<(String, i64)>,
    /// One weighted sum, instead of one metric before the other.
    pub(super) weighted: bool,
}

impl Aim {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let weighted = text.contains(':');
        let mut metrics: Vec<(String, i64)> = Vec::new();
        for item in text.split(',').map(str::trim) {
            let (name, weight) = item.split_once(':').unwrap_or((item, "1"));
            if metrics.iter().any(|m| m.0 == name) {
                return Err(format!("{name} is given twice"));
            }
            let weight = thousandths(weight).ok_or_else(|| {
                format!("the weight of {name} is {weight}; expected a number from -1000 to 1000 with at most 3 decimals, and not 0")
            })?;
            metrics.push((name.to_owned(), weight));
        }
        if metrics.len() > AXES {
            return Err(format!("at most {AXES} metrics are weighed at once"));
        }
        Ok(Self { metrics, weighted })
    }

    /// Whether these are metrics of a territory at all.
    pub(super) fn check(&self, territory: &Territory, own: &[Definition]) -> Result<(), ScoreError> {
        self.metrics.iter().try_for_each(|(name, _)| score::Metric::named(name, territory, own).map(|_| ()))
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.metrics.iter().map(|m| m.0.as_str()).collect()
    }

    /// In words: `2 x areas + cut_links`, or `areas, cut_links`.
    pub(super) fn words(&self) -> String {
        if !self.weighted {
            return self.names().join(", ");
        }
        #[expect(clippy::cast_precision_loss, reason = "at most a million")]
        let item = |(name, weight): &(String, i64)| match weight {
            1000 => name.clone(),
            _ => format!("{} x {name}", *weight as f64 / 1000.0),
        };
        self.metrics.iter().map(item).collect::<Vec<_>>().join(" + ")
    }

    /// The one metric that this is, ready, where it is `inertia_ATTR`; none where it is another, or more than one.
    ///
    /// # Errors
    ///
    /// The territory has no places.
    pub(super) fn inertia<'t>(
        &self,
        territory: &'t Territory,
        contiguity: Contiguity,
        own: &[Definition],
    ) -> Result<Option<Scorer<'t>>, ScoreError> {
        let [(name, _)] = &self.metrics[..] else { return Ok(None) };
        let is_it = name.starts_with("inertia_") && !name.starts_with("inertia_centroid_") && !self.weighted;
        let is_own = own.iter().any(|definition| definition.name == *name);
        let metric = (is_it && !is_own).then(|| score::Metric::parse(name, territory)).transpose()?;
        metric.map(|metric| Scorer::new(territory, contiguity, &metric, None)).transpose()
    }

    /// The sums over borders and areas that these are, for the search beyond the space; none where one is not.
    pub(super) fn sum(&self) -> Option<Objective> {
        let metrics: Option<Vec<(Metric, i64)>> =
            self.metrics.iter().map(|(name, weight)| Some((Metric::by_name(name).ok()?, *weight))).collect();
        match &metrics?[..] {
            [(metric, _)] if !self.weighted => Some((*metric).into()),
            all if self.weighted => {
                let mut sum = Objective::default();
                all.iter().for_each(|&(metric, weight)| sum += Measure::Sum(metric).goal(weight, true).sum);
                Some(sum)
            }
            _ => None,
        }
    }
}

/// What is to be small, ready for a space.
pub(super) struct Target<'a> {
    aim: &'a Aim,
    pub(super) measures: Vec<Measure<'a>>,
}

impl<'a> Target<'a> {
    /// # Errors
    ///
    /// An unknown metric, or one that the space can't answer for all regions together or look at plan by plan.
    pub(super) fn new(
        aim: &'a Aim,
        space: &Space<'a>,
        own: &[Definition],
        baseline: Option<&Plan>,
        look_at: u64,
        pareto: bool,
    ) -> anyhow::Result<Self> {
        let measure = |name: &str| {
            let metric = score::Metric::named(name, space.ground().0, own)?;
            Measure::of_metric(&metric, space, baseline)
        };
        let measures: Vec<Measure<'a>> = aim.metrics.iter().map(|(name, _)| measure(name)).collect::<Result<_, _>>()?;
        if let (Some(measure), true) = (measures.iter().find(|m| !m.adds_up()), space.parts.len() > 1) {
            anyhow::bail!("{} of several regions is not the sum of theirs: name one --region", measure.name());
        }
        let target = Self { aim, measures };
        if target.measures.iter().any(|m| matches!(m, Measure::Scored(_))) {
            let goals = target.goals();
            for (i, (region, diagram)) in space.parts.iter().enumerate() {
                anyhow::ensure!(
                    diagram.nodes() <= MOST_SCANNED,
                    "region {} has {} municipalities, and the plans of at most {MOST_SCANNED} can be looked at one by one, as {} needs",
                    region.name,
                    diagram.nodes(),
                    aim.names().join(", ")
                );
                anyhow::ensure!(
                    space.can_be_looked_at(i, look_at) || (!pareto && space.can_be_searched(&goals, i)),
                    "region {} has {} plans, and {} does not add up over borders and areas, so that each would have to be \
looked at: narrow the space (--areas, --min, --max), name another --region, or allow more with --look-at",
                    region.name,
                    diagram.count(),
                    aim.names().join(", ")
                );
            }
        }
        Ok(target)
    }

    /// Metric by metric; where a weight is below 0, more is better.
    pub(super) fn each(&self) -> Vec<Goal<'_>> {
        self.measures.iter().zip(&self.aim.metrics).map(|(m, (_, weight))| m.goal(weight.signum(), false)).collect()
    }

    /// What is made small: in thousand-millionths where it is a weighted sum, so that it is a whole number.
    pub(super) fn goals(&self) -> Vec<Goal<'_>> {
        if !self.aim.weighted {
            return self.each();
        }
        let mut sum = Goal::default();
        for (measure, &(_, weight)) in self.measures.iter().zip(&self.aim.metrics) {
            let goal = measure.goal(weight, true);
            sum.sum += goal.sum;
            sum.scored.extend(goal.scored);
        }
        vec![sum]
    }

    /// A value as a person reads it, axis by axis.
    pub(super) fn figures(&self, value: &Value) -> Vec<f64> {
        if self.aim.weighted {
            return vec![weighted(value[0])];
        }
        self.measures.iter().zip(value).map(|(m, &v)| m.value(v)).collect()
    }
}

/// A weighted sum in its unit.
pub(super) fn weighted(sum: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "shown with three decimals")]
    let value = sum as f64 / 1e9;
    value
}

/// What is counted in millionths, as inertia beyond the space is, in its unit.
pub(super) fn millionths(sum: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "shown with three decimals")]
    let value = sum as f64 / 1e6;
    value
}

/// A decimal number in thousandths; none for 0.
fn thousandths(text: &str) -> Option<i64> {
    let value: f64 = text.parse().ok().filter(|v: &f64| v.abs() <= 1000.0)?;
    let scaled = value * 1000.0;
    #[expect(clippy::cast_possible_truncation, reason = "at most a million")]
    let whole = scaled.round() as i64;
    ((scaled - scaled.round()).abs() < 1e-6 && whole != 0).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_sums_keep_their_size() {
        assert_eq!(millionths(16_019_958_212_000_000), 16_019_958_212.0);
    }

    #[test]
    fn aims() {
        let named = |list: &[(&str, i64)]| list.iter().map(|(n, w)| ((*n).to_owned(), *w)).collect::<Vec<_>>();
        let aim = Aim::parse("areas, cut_links").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((aim.metrics, aim.weighted), (named(&[("areas", 1000), ("cut_links", 1000)]), false));
        let aim = Aim::parse("cut_border_km:1,areas:-20.5").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(aim.sum(), Some(Objective { area: -20_500_000_000, link: 0, border: 1000 }));
        assert_eq!(aim.words(), "cut_border_km + -20.5 x areas");
        for bad in
            ["areas,areas", "areas:0", "areas:x", "areas:1.0001", "areas:nan", "areas:1e9", "areas:", "a,b,c,d,e"]
        {
            assert!(Aim::parse(bad).is_err(), "{bad} was taken");
        }
    }
}
