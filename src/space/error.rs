//! Why a space can't be built.

/// The space can't be built, and what would make it fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceError {
    /// The frontier is too wide for a state's bits.
    #[error(
        "{nodes} municipalities have a frontier of {frontier}, whose states take {bits} bits; at most 26 municipalities \
and 512 bits fit: divide the territory into regions, or bound fewer attributes"
    )]
    TooWide {
        /// How many municipalities.
        nodes: usize,
        /// Width of the frontier.
        frontier: usize,
        /// Bits of a state.
        bits: usize,
    },
    /// The bounded attributes take more bits than an area has.
    #[error(
        "the bounds on {names} take {bits} bits an area, and 64 fit: bound fewer attributes, or give figures in larger units"
    )]
    TooManyBounds {
        /// The attributes.
        names: String,
        /// Bits needed.
        bits: u32,
    },
    /// More exclaves than can be spread over the areas one by one.
    #[error("{found} municipalities are cut off from the rest of the territory; at most {most} fit in one space")]
    TooManyExclaves {
        /// How many.
        found: usize,
        /// Most.
        most: usize,
    },
    /// The states take too much memory.
    #[error(
        "after {level} of {levels} steps and {percent} % of the next {states} states take {megabytes} MB, more than \
the {limit_mb} MB allowed; that step alone would take some {needed_mb} MB: raise --memory, or narrow the space (a region, fewer areas, tighter bounds, fixed municipalities)"
    )]
    Memory {
        /// Step at which it was noticed.
        level: usize,
        /// Steps in all.
        levels: usize,
        /// How much of that step was done.
        percent: u32,
        /// States at that step.
        states: usize,
        /// What they take.
        megabytes: u64,
        /// What they would take once that step is done, if it goes on as it began; later steps may take more.
        needed_mb: u64,
        /// What was allowed.
        limit_mb: u64,
    },
    /// Whoever watches the work had it stop.
    #[error("interrupted after {level} of {levels} steps")]
    Interrupted {
        /// Steps done.
        level: usize,
        /// Steps in all.
        levels: usize,
    },
    /// Whoever watches had a look at the plans one by one stop.
    #[error("interrupted after {seen} plans were looked at: nothing is proved of the others")]
    Unseen {
        /// Plans looked at.
        seen: u64,
    },
    /// A value that whole numbers can't hold.
    #[error(
        "the values of {metric}, taken in millionths and times their weight, are too large to be compared exactly: give a smaller weight, or figures in larger units"
    )]
    TooLarge {
        /// The metric.
        metric: String,
    },
    /// More plans than ranks have bits for.
    #[error("there are 2^128 plans or more: they can be counted, but not be ranked; narrow the space")]
    TooManyPlans,
    /// A limit does not fit the graph.
    #[error("{what} names node {node}, but there are {nodes}")]
    NoNode {
        /// Which limit.
        what: String,
        /// The node.
        node: usize,
        /// How many nodes there are.
        nodes: usize,
    },
    /// A figure that a sum can't be exact with.
    #[error("{attribute} of {municipality} is {value}; a space needs figures of 0 or more with at most 3 decimals")]
    Figure {
        /// The attribute.
        attribute: String,
        /// Code of the municipality.
        municipality: String,
        /// The figure.
        value: String,
    },
    /// A bound that a sum can't be held against.
    #[error("the bound on {attribute} is {value}; expected a number of 0 or more")]
    Bound {
        /// The attribute.
        attribute: String,
        /// The bound.
        value: String,
    },
    /// The territory has no such attribute.
    #[error("the territory has no attribute {attribute} (it has: {known}); add it with --attributes")]
    NoAttribute {
        /// The attribute.
        attribute: String,
        /// Those it has.
        known: String,
    },
    /// The rulebook can't be turned into a space.
    #[error("{0}")]
    Rulebook(String),
}
