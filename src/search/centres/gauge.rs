//! What moves of units change, for the first plans.

use super::super::large::start::Gauge;
use super::Problem;

/// What each area costs under each of its units.
#[derive(Clone)]
pub(super) struct Around<'p> {
    problem: &'p Problem,
    /// Area by area, what it costs under each unit of the region.
    sums: Vec<i64>,
    /// What each area costs under the best of its own.
    least: Vec<i64>,
    of: Vec<u32>,
    step: f64,
}

impl<'p> Around<'p> {
    #[expect(clippy::cast_precision_loss, reason = "a rough figure")]
    pub(super) fn new(problem: &'p Problem) -> Self {
        let n = problem.weights.len();
        let link = |l: &(u32, u32)| problem.costs[l.0 as usize * n + l.1 as usize] as f64;
        let mean = problem.links.iter().map(link).sum::<f64>() / problem.links.len().max(1) as f64;
        Self { problem, sums: Vec::new(), least: Vec::new(), of: Vec::new(), step: (3.0 * mean).max(1e-9) }
    }

    fn costs(&self, v: usize) -> &[u64] {
        let n = self.problem.weights.len();
        &self.problem.costs[v * n..(v + 1) * n]
    }

    /// What an area costs once one unit has come and perhaps one gone.
    fn after(&self, of: &[u32], area: u32, comes: Option<usize>, goes: Option<usize>) -> i64 {
        let n = of.len();
        let sums = &self.sums[area as usize * n..(area as usize + 1) * n];
        let cost = |v: Option<usize>, c: usize| v.map_or(0, |v| self.costs(v)[c].cast_signed());
        let own = (0..n).filter(|&c| (of[c] == area && goes != Some(c)) || comes == Some(c));
        own.map(|c| sums[c] + cost(comes, c) - cost(goes, c)).min().unwrap_or(0)
    }

    fn least_of(&self, area: u32) -> i64 {
        self.after(&self.of, area, None, None)
    }
}

impl Gauge for Around<'_> {
    fn begin(&mut self, of: &[u32], areas: usize) -> i64 {
        let n = of.len();
        self.of = of.to_vec();
        self.sums = vec![0; areas * n];
        for (v, &area) in of.iter().enumerate() {
            for c in 0..n {
                self.sums[area as usize * n + c] += self.problem.costs[v * n + c].cast_signed();
            }
        }
        self.least = (0..).take(areas).map(|area| self.least_of(area)).collect();
        self.least.iter().sum()
    }

    fn change(&mut self, of: &[u32], v: usize, to: u32, back: Option<usize>) -> i64 {
        let from = of[v];
        let (old, new) = (
            self.least[from as usize] + self.least[to as usize],
            self.after(of, from, back, Some(v)) + self.after(of, to, Some(v), back),
        );
        new - old
    }

    fn made(&mut self, v: usize, from: u32, to: u32, back: Option<usize>) {
        let n = self.of.len();
        for (unit, from, to) in [(Some(v), from, to), (back, to, from)] {
            let Some(unit) = unit else { continue };
            self.of[unit] = to;
            for c in 0..n {
                let cost = self.problem.costs[unit * n + c].cast_signed();
                self.sums[from as usize * n + c] -= cost;
                self.sums[to as usize * n + c] += cost;
            }
        }
        self.least[from as usize] = self.least_of(from);
        self.least[to as usize] = self.least_of(to);
    }

    fn step(&self) -> f64 {
        self.step
    }
}
