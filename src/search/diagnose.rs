//! Whether chains have come to say the same, and how much their plans are worth: split R-hat and effective sample sizes.
//!
//! A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Bürkner, *Rank-normalization, folding, and localization: an
//! improved R-hat for assessing convergence of MCMC*, Bayesian Analysis 16 (2021), doi:10.1214/20-BA1221. Their thresholds:
//! R-hat below 1.01, and an effective sample size above 100 a chain.

/// R-hat from which chains are said to differ.
pub const MOST_RHAT: f64 = 1.01;
/// Effective sample size that a chain should bring.
pub const LEAST_ESS: f64 = 100.0;

/// What chains of values of one metric come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diagnosis {
    /// Split R-hat, the greater of that of the values and that of their distances from the median; NaN where nothing varies,
    /// or a half of a chain has fewer than 4 values.
    pub rhat: f64,
    /// Effective sample size for the middle of the distribution.
    pub ess: f64,
    /// The lesser of those of the 5 % and the 95 % quantile.
    pub ess_tail: f64,
    /// Mean of all values.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
}

impl Diagnosis {
    /// Diagnoses chains of equally many values.
    ///
    /// ```
    /// use landmeter::search::diagnose::Diagnosis;
    ///
    /// // Two chains that stay apart have nothing to do with each other.
    /// let chain = |from: f64| (0..100).map(|i| from + f64::from(i * 37 % 100)).collect::<Vec<_>>();
    /// assert!(Diagnosis::of(&[chain(0.0), chain(500.0)]).rhat > 1.5);
    /// assert!(Diagnosis::of(&[chain(0.0), chain(0.5)]).rhat < 1.05);
    /// ```
    #[must_use]
    pub fn of(chains: &[Vec<f64>]) -> Self {
        let all: Vec<f64> = chains.iter().flatten().copied().collect();
        let mean = mean(&all);
        let halves = split(chains);
        let mut sorted = all.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let nothing = sorted.first() == sorted.last() || halves.iter().any(|h| h.len() < 4);
        let known = |value: f64| if nothing { f64::NAN } else { value };
        let at = |share: f64| quantile(&sorted, share);
        let below = |bound: f64| -> Vec<Vec<f64>> {
            halves.iter().map(|h| h.iter().map(|&x| f64::from(u8::from(x <= bound))).collect()).collect()
        };
        let middle = at(0.5);
        let folded: Vec<Vec<f64>> = halves.iter().map(|h| h.iter().map(|x| (x - middle).abs()).collect()).collect();
        let (normal, folded) = (normalized(&halves), normalized(&folded));
        let tail = |share: f64| {
            let tail = below(at(share));
            // Where a tail is all of it, or nothing, there is nothing to estimate.
            if varies(&tail) { ess(&tail) } else { f64::INFINITY }
        };
        let of_tails = tail(0.05).min(tail(0.95));
        let of_middle = if nothing { f64::NAN } else { ess(&normal) };
        Self {
            rhat: known(if varies(&folded) { rhat(&normal).max(rhat(&folded)) } else { rhat(&normal) }),
            ess: of_middle,
            ess_tail: known(if of_tails.is_finite() { of_tails } else { of_middle }),
            mean,
            deviation: variance(&all).sqrt(),
            least: sorted.first().copied().unwrap_or(f64::NAN),
            greatest: sorted.last().copied().unwrap_or(f64::NAN),
        }
    }

    /// Whether the chains say the same, and enough: the thresholds above.
    #[must_use]
    pub fn is_good(&self, chains: usize) -> bool {
        self.rhat < MOST_RHAT && self.ess.min(self.ess_tail) >= LEAST_ESS * len(chains)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of values")]
fn len(n: usize) -> f64 {
    n as f64
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / len(values.len())
}

/// Of a sample.
fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (len(values.len()) - 1.0)
}

fn varies(chains: &[Vec<f64>]) -> bool {
    let mut all = chains.iter().flatten();
    all.next().is_some_and(|first| all.any(|x| x != first))
}

/// Both halves of each chain; of an odd number the middle value is left out.
fn split(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let shortest = chains.iter().map(Vec::len).min().unwrap_or(0);
    let half = shortest / 2;
    chains.iter().flat_map(|c| [c[..half].to_vec(), c[shortest - half..shortest].to_vec()]).collect()
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let at = share * len(sorted.len() - 1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position")]
    let low = at as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * at.fract()
}

/// Values by their ranks (equal ones share theirs), as quantiles of the normal distribution.
fn normalized(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut order: Vec<(f64, usize, usize)> = chains
        .iter()
        .enumerate()
        .flat_map(|(c, chain)| chain.iter().enumerate().map(move |(i, &x)| (x, c, i)))
        .collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let all = len(order.len());
    let mut normal: Vec<Vec<f64>> = chains.iter().map(|c| vec![0.0; c.len()]).collect();
    let mut before = 0;
    for equal in order.chunk_by(|a, b| a.0 == b.0) {
        let rank = len(before) + (len(equal.len()) + 1.0) / 2.0;
        let value = normal_quantile((rank - 0.375) / (all + 0.25));
        equal.iter().for_each(|&(_, c, i)| normal[c][i] = value);
        before += equal.len();
    }
    normal
}

fn rhat(chains: &[Vec<f64>]) -> f64 {
    let n = len(chains[0].len());
    let means: Vec<f64> = chains.iter().map(|c| mean(c)).collect();
    let within = mean(&chains.iter().map(|c| variance(c)).collect::<Vec<_>>());
    let between = variance(&means);
    (((n - 1.0) / n * within + between) / within).sqrt()
}

/// Effective sample size by the autocorrelations of all chains together, up to where their sums in pairs stop falling
/// (C. J. Geyer, 1992, doi:10.1214/ss/1177011137).
fn ess(chains: &[Vec<f64>]) -> f64 {
    let n = chains[0].len();
    let all = len(n * chains.len());
    let lagged: Vec<Vec<f64>> = chains.iter().map(|c| autocovariances(c)).collect();
    let at = |lag: usize| lagged.iter().map(|l| l[lag]).sum::<f64>() / len(lagged.len());
    let within = at(0) * len(n) / (len(n) - 1.0);
    let means: Vec<f64> = chains.iter().map(|c| mean(c)).collect();
    let total = at(0) + if chains.len() > 1 { variance(&means) } else { 0.0 };
    let correlation = |lag: usize| if lag == 0 { 1.0 } else { 1.0 - (within - at(lag)) / total };
    let (mut sum, mut least) = (0.0, f64::INFINITY);
    let mut lag = 0;
    while lag + 1 < n {
        let pair = correlation(lag) + correlation(lag + 1);
        if pair.is_nan() || pair <= 0.0 {
            break;
        }
        least = pair.min(least);
        sum += least;
        lag += 2;
    }
    let rest = if lag < n { correlation(lag).max(0.0) } else { 0.0 };
    let time = (2.0 * sum - 1.0 + rest).max(1.0 / all.log10());
    all / time
}

/// Autocovariances at all lags, each divided by the number of values.
fn autocovariances(values: &[f64]) -> Vec<f64> {
    let (n, mean) = (values.len(), mean(values));
    let mut wave: Vec<(f64, f64)> = values.iter().map(|x| (x - mean, 0.0)).collect();
    wave.resize((2 * n).next_power_of_two(), (0.0, 0.0));
    fourier(&mut wave);
    wave.iter_mut().for_each(|w| *w = (w.0 * w.0 + w.1 * w.1, 0.0));
    fourier(&mut wave);
    let scale = len(wave.len()) * len(n);
    wave[..n].iter().map(|w| w.0 / scale).collect()
}

/// The Fourier transform of a power of two of values, in place (J. Cooley, J. Tukey, 1965, doi:10.1090/S0025-5718-1965-0178586-1).
fn fourier(wave: &mut [(f64, f64)]) {
    let n = wave.len();
    let mut to = 0;
    for from in 1..n {
        let mut bit = n >> 1;
        while to & bit != 0 {
            to ^= bit;
            bit >>= 1;
        }
        to |= bit;
        if from < to {
            wave.swap(from, to);
        }
    }
    let mut width = 2;
    while width <= n {
        let angle = -std::f64::consts::TAU / len(width);
        for block in wave.chunks_exact_mut(width) {
            let (low, high) = block.split_at_mut(width / 2);
            for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let (sine, cosine) = (angle * len(k)).sin_cos();
                let turned = (b.0 * cosine - b.1 * sine, b.0 * sine + b.1 * cosine);
                *b = (a.0 - turned.0, a.1 - turned.1);
                *a = (a.0 + turned.0, a.1 + turned.1);
            }
        }
        width *= 2;
    }
}

/// The quantile of the standard normal distribution, to 1e-9: the inverse of [`normal_share`] by Newton's method, from a
/// rough start (Abramowitz and Stegun 26.2.23).
fn normal_quantile(share: f64) -> f64 {
    if share > 0.5 {
        return -normal_quantile(1.0 - share);
    }
    let t = (-2.0 * share.ln()).sqrt();
    let mut x = -(t
        - (2.515_517 + 0.802_853 * t + 0.010_328 * t * t)
            / (1.0 + 1.432_788 * t + 0.189_269 * t * t + 0.001_308 * t * t * t));
    for _ in 0..3 {
        let density = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
        x -= (normal_share(x) - share) / density.max(f64::MIN_POSITIVE);
    }
    x
}

/// The share of the standard normal distribution below `x`.
fn normal_share(x: f64) -> f64 {
    let beyond = gamma_above(0.5, x * x / 2.0) / 2.0;
    if x > 0.0 { 1.0 - beyond } else { beyond }
}

/// The probability that a chi-square variable of so many degrees of freedom is above a value.
///
/// ```
/// let above = landmeter::search::diagnose::chi_square_above(3.841, 1.0);
/// assert!((above - 0.05).abs() < 1e-4);
/// ```
#[must_use]
pub fn chi_square_above(value: f64, degrees: f64) -> f64 {
    gamma_above(degrees / 2.0, value / 2.0)
}

/// The upper regularised incomplete gamma function: a series below, a continued fraction above (Abramowitz and Stegun 6.5.29,
/// 6.5.31).
fn gamma_above(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-16 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (1.0 - front * sum).clamp(0.0, 1.0);
    }
    // Lentz's method.
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut h = d;
    for i in 1..10_000 {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / (an * d + b);
        c = b + an / c;
        h *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (front * h).clamp(0.0, 1.0)
}

/// The logarithm of the gamma function: Stirling's series from 10 on, the recurrence below.
fn ln_gamma(mut x: f64) -> f64 {
    let mut less = 0.0;
    while x < 10.0 {
        less += x.ln();
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series = (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + std::f64::consts::TAU.ln() / 2.0 + series - less
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // Tables of the normal and the chi-square distribution.
        for (share, x) in [(0.025, -1.959_963_985), (0.5, 0.0), (0.975, 1.959_963_985), (1e-6, -4.753_424_309)] {
            assert!((normal_quantile(share) - x).abs() < 1e-7, "{share}: {}", normal_quantile(share));
        }
        for (value, degrees, above) in [(18.307, 10.0, 0.05), (124.342, 100.0, 0.05), (6.635, 1.0, 0.01)] {
            assert!((chi_square_above(value, degrees) - above).abs() < 1e-4);
        }
        assert!((ln_gamma(5.0) - 24f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn autocovariances_are_those_of_the_definition() {
        let values: Vec<f64> = (0..37).map(|i| f64::from(i * i % 11)).collect();
        let (n, mean) = (len(values.len()), mean(&values));
        for (lag, found) in autocovariances(&values).into_iter().enumerate() {
            let pairs = values.iter().zip(&values[lag..]);
            let exact: f64 = pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / n;
            assert!((found - exact).abs() < 1e-9, "lag {lag}: {found}, {exact}");
        }
    }

    /// Values of an autoregression: the effective size of n of them is n (1 - a) / (1 + a).
    fn regression(a: f64, n: usize, stream: u64) -> Vec<f64> {
        let mut random = crate::search::chain::Random::new(5, stream);
        let mut x = 0.0;
        let mut next = || {
            let noise: f64 = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
            x = a * x + (1.0 - a * a).sqrt() * noise;
            x
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn sizes_of_an_autoregression() {
        for a in [0.0, 0.5, 0.9] {
            let chains: Vec<Vec<f64>> = (0..4).map(|c| regression(a, 20_000, c)).collect();
            let found = Diagnosis::of(&chains);
            let exact = 80_000.0 * (1.0 - a) / (1.0 + a);
            assert!((found.ess / exact - 1.0).abs() < 0.15, "{a}: {} of {exact}", found.ess);
            assert!(found.rhat < 1.005 && found.is_good(4), "{found:?}");
        }
    }

    #[test]
    fn chains_that_differ_are_told() {
        let mut chains: Vec<Vec<f64>> = (0..4).map(|c| regression(0.3, 1_000, c)).collect();
        chains[3].iter_mut().for_each(|x| *x += 1.0);
        assert!(Diagnosis::of(&chains).rhat > 1.05);
        // The same middle, another spread: only the folded values tell.
        let mut chains: Vec<Vec<f64>> = (0..4).map(|c| regression(0.3, 1_000, c)).collect();
        chains[3].iter_mut().for_each(|x| *x *= 3.0);
        assert!(Diagnosis::of(&chains).rhat > 1.05);
        let nothing = Diagnosis::of(&[vec![1.0; 50], vec![1.0; 50]]);
        assert!(nothing.rhat.is_nan() && !nothing.is_good(2));
    }
}
