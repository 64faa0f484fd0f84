//! Chains over the plans of any size: ReCom, reversible ReCom, and flips of single units.
//!
//! A chain goes from plan to plan; each of them has connected areas inside their regions and keeps to every bound of the
//! [`Regions`](crate::space::Regions) (the number of areas of each region stays that of the first plan). What the plans are
//! worth as a sample depends on the method: flips and reversible ReCom have a distribution that is known
//! ([`Method::Flip`], [`Method::Reversible`]), and [`exact`] tests them against it; ReCom has none, and is good for
//! finding many different plans.
//!
//! A step takes time linear in the two areas that it changes, not in the map, and no memory of its own.
//!
//! ```
//! use landmeter::search::chain::{Chain, Map, Method, Random, Trees, start};
//!
//! // A line of six units into two areas of two to four.
//! let links: Vec<(u32, u32, u64)> = (0..5).map(|v| (v, v + 1, 1000)).collect();
//! let mut map = Map::plain(&links, vec![1; 6], (2, 4))?;
//! map.areas(2, 2);
//! let first = start(&map, 0, &mut Random::new(1, 0))?;
//! let mut chain = Chain::new(&map, first, &Method::Recom(Trees::Uniform), Random::new(1, 1));
//! chain.run(100)?;
//! assert_eq!((chain.accepted(), chain.state().cut(&map).0), (100, 1));
//! # Ok::<(), landmeter::search::chain::ChainError>(())
//! ```

pub mod exact;
mod flip;
mod map;
mod random;
mod recom;
mod start;
mod state;
mod target;
mod tree;

pub use map::{Figures, Map};
pub use random::Random;
pub use start::start;
pub use state::State;
pub use target::Target;
pub use tree::Trees;

use flip::Flip;
use recom::Merge;
use state::Step;

/// How a chain goes from plan to plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// Two areas are merged and parted anew. The distribution of the plans is not known; compact ones are likelier.
    Recom(Trees),
    /// The same, so that each plan is as likely as the product of the numbers of spanning trees of its areas. A tree may be
    /// cut in at most so many places.
    Reversible(u32),
    /// One unit changes areas; each plan is as likely as exp(-cost).
    Flip(Target),
}

/// Why a chain is not begun, or ends.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A link names a unit that is not there, or a unit twice.
    #[error("link {a}-{b} is not between two of the {units} units")]
    Link {
        /// One end.
        a: u32,
        /// The other.
        b: u32,
        /// How many units there are.
        units: usize,
    },
    /// A municipality without a figure.
    #[error("region {region}: {attribute} is not known of every municipality, which a chain needs")]
    Figure {
        /// The region.
        region: String,
        /// The attribute.
        attribute: String,
    },
    /// Figures too large to add up.
    #[error("the figures of {attribute} add up to {sum}, which is more than can be counted with")]
    TooLarge {
        /// The attribute.
        attribute: String,
        /// Their sum.
        sum: u128,
    },
    /// A plan to begin with that a chain can't be in.
    #[error("the plan to begin with can't be used: {what}")]
    Start {
        /// What is wrong with it.
        what: String,
    },
    /// The number of areas is not known.
    #[error(
        "region {region}: the number of areas is not bounded; give --areas K, or a plan to begin with (--start PLAN)"
    )]
    Areas {
        /// The region.
        region: String,
    },
    /// No plan to begin with was found, which is no proof that there is none.
    #[error(
        "region {region}: no plan with {areas} areas was found to begin with; `landmeter space` or `landmeter propose` may say \
         whether there is one, and --start PLAN begins with one of yours"
    )]
    NoStart {
        /// The region.
        region: String,
        /// How many areas were asked.
        areas: u32,
    },
    /// A method whose distribution nobody knows.
    #[error(
        "the distribution of plain ReCom is not known, so that there is nothing to test it against; reversible-recom and flip have one"
    )]
    NoTarget,
    /// A plan that is not of the space, which is a fault of this program.
    #[error("a chain came to a plan outside of the exact space: a fault of this program")]
    Outside,
    /// The chain can't move.
    #[error("the chain can't move any more")]
    Stuck(Stuck),
    /// A tree that can be cut in more places than the method allows for.
    #[error("a tree can be cut in {found} places, and reversible ReCom was told of at most {most}: begin anew with --most-cuts {}", found.saturating_mul(2))]
    Cuts {
        /// What was allowed for.
        most: u32,
        /// What was found.
        found: u32,
    },
}

/// Where a chain can't move, and what would free it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stuck {
    /// No region has two areas that touch: there is no other plan with as many areas.
    Nothing,
    /// The pair of areas that comes nearest to a move, and how far it is from one.
    Pair {
        /// Their region.
        region: String,
        /// A unit of the one area.
        first: u32,
        /// A unit of the other.
        second: u32,
        /// The unit at which the pair would be parted.
        bottleneck: u32,
        /// The attribute that stands in the way.
        attribute: String,
        /// The sums of the two areas then.
        parts: (u64, u64),
        /// What they may be.
        bounds: (u64, u64),
    },
}

impl Stuck {
    /// The bounds that would allow the move.
    #[must_use]
    pub fn would_free(&self) -> Option<(u64, u64)> {
        match self {
            Self::Nothing => None,
            Self::Pair { parts, bounds, .. } => {
                Some((bounds.0.min(parts.0.min(parts.1)), bounds.1.max(parts.0.max(parts.1))))
            }
        }
    }
}

/// A chain: where it is, and how it goes on.
#[derive(Debug, Clone)]
pub struct Chain<'m> {
    map: &'m Map,
    state: State,
    random: Random,
    walk: Walk,
    steps: u64,
    accepted: u64,
}

#[derive(Debug, Clone)]
enum Walk {
    Recom(Merge, Trees),
    Reversible(Merge, u32),
    Flip(Box<Flip>, Target),
}

impl<'m> Chain<'m> {
    /// Begins at a plan.
    #[must_use]
    pub fn new(map: &'m Map, state: State, method: &Method, random: Random) -> Self {
        let walk = match method {
            Method::Recom(trees) => Walk::Recom(Merge::new(map, &state), *trees),
            Method::Reversible(most) => Walk::Reversible(Merge::new(map, &state), *most),
            Method::Flip(target) => Walk::Flip(Box::new(Flip::new(map, &state, target)), target.clone()),
        };
        Self { map, state, random, walk, steps: 0, accepted: 0 }
    }

    /// Takes so many steps. A step of ReCom is a new division of a pair; the other methods count those as well that leave the
    /// plan as it is.
    ///
    /// # Errors
    ///
    /// The chain can't move, or (reversible ReCom) a tree has more cuts than allowed for. The plan is then the last one.
    pub fn run(&mut self, steps: u64) -> Result<(), ChainError> {
        let (map, state, random) = (self.map, &mut self.state, &mut self.random);
        for _ in 0..steps {
            let step = match &mut self.walk {
                Walk::Recom(merge, trees) => merge.recom(map, state, *trees, random)?,
                Walk::Reversible(merge, most) => merge.reversible(map, state, *most, random)?,
                Walk::Flip(flip, target) => flip.step(map, state, target, random)?,
            };
            self.steps += 1;
            self.accepted += u64::from(step == Step::Moved);
        }
        Ok(())
    }

    /// Begins a round: from here on the chain depends on the plan that it is at, the seed, its own number and that of the
    /// round alone, so that a run that was stopped goes on from its last round. Areas are numbered from 0 in the order of
    /// their first units.
    ///
    /// # Errors
    ///
    /// A plan that a chain can't be in, which is a fault of this program.
    pub fn begin_round(&mut self, round: u64) -> Result<(), ChainError> {
        self.random.begin_round(round);
        self.state.settle(self.map)?;
        match &mut self.walk {
            Walk::Recom(merge, _) | Walk::Reversible(merge, _) => {
                let trees = merge.trees;
                *merge = Merge::new(self.map, &self.state);
                merge.trees = trees;
            }
            Walk::Flip(flip, target) => **flip = Flip::new(self.map, &self.state, target),
        }
        Ok(())
    }

    /// Its random numbers, from where it ended.
    pub(super) fn into_random(self) -> Random {
        self.random
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Steps taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Steps that changed the plan.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Trees drawn; of flips none.
    #[must_use]
    pub fn trees(&self) -> u64 {
        match &self.walk {
            Walk::Recom(merge, _) | Walk::Reversible(merge, _) => merge.trees,
            Walk::Flip(..) => 0,
        }
    }
}

/// A number of cuts that trees of a plan hardly exceed: twice the most of 2,000 of them, for [`Method::Reversible`].
#[must_use]
pub fn usual_cuts(map: &Map, state: &State, random: &mut Random) -> u32 {
    const TREES: u32 = 2_000;
    Merge::new(map, state).most_cuts(map, state, TREES, random).max(1) * 2
}
