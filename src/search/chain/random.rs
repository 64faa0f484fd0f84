//! Random numbers of a chain: whole numbers below a bound without bias, shares of one.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// The random numbers of one chain.
#[derive(Debug, Clone)]
pub struct Random(ChaCha8Rng);

/// Words of a stream that belong to one round.
const ROUND: u32 = 40;

impl Random {
    /// The stream of a chain; each chain of a seed has its own, and none of them meets another.
    #[must_use]
    pub fn new(seed: u64, chain: u64) -> Self {
        let mut core = ChaCha8Rng::seed_from_u64(seed);
        core.set_stream(chain);
        Self(core)
    }

    /// Goes to where a round of the chain begins: a run that was stopped goes on from the last round alone.
    pub fn begin_round(&mut self, round: u64) {
        self.0.set_word_pos(u128::from(round) << ROUND);
    }

    /// A whole number below `bound` (at least 1), each with the same probability.
    ///
    /// D. Lemire, *Fast random integer generation in an interval*, ACM Transactions on Modeling and Computer Simulation 29
    /// (2019), doi:10.1145/3230636.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a product")]
    pub fn below(&mut self, bound: u32) -> u32 {
        let mut product = u64::from(self.0.next_u32()) * u64::from(bound);
        if (product as u32) < bound {
            let least = bound.wrapping_neg() % bound.max(1);
            while (product as u32) < least {
                product = u64::from(self.0.next_u32()) * u64::from(bound);
            }
        }
        (product >> 32) as u32
    }

    /// A number from 0 to 1, 1 excluded, in steps of 2^-53.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// 32 random bits.
    #[inline]
    pub fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Heads or tails.
    #[inline]
    pub fn coin(&mut self) -> bool {
        self.0.next_u32() >> 31 == 1
    }
}
