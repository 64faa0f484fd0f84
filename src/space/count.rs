//! Counting alone: two levels of states at a time, forwards.

use std::ops::AddAssign;

use num_bigint::BigUint;

use super::error::SpaceError;
use super::frame::Frame;
use super::level::Level;
use super::limits::Limits;
use crate::territory::{Graph, index_u32};

/// How many plans there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub total: BigUint,
    /// By number of areas, for each number that occurs, ascending.
    pub by_areas: Vec<(u32, BigUint)>,
    /// How many states were visited.
    pub states: u64,
    /// Most municipalities on the frontier.
    pub frontier: usize,
}

/// How many partitions of a graph into connected areas satisfy some limits.
///
/// The partitions are counted, not listed: time and memory grow with the width of the graph, not with the count.
/// Equal partitions are counted once; areas have no names.
///
/// # Errors
///
/// The frontier is too wide, or the states take more than `memory` bytes.
///
/// # Example
///
/// ```
/// use landmeter::space::{self, Limits, Sum};
/// use landmeter::territory::Graph;
///
/// // A square of four: 12 partitions into connected areas, 2 of them into two equal parts.
/// let square = Graph::new(4, [(0, 1), (1, 3), (2, 3), (0, 2)].into_iter());
/// let all = space::count(&square, &Limits::default(), 1 << 30)?;
/// assert_eq!(all.total, 12u32.into());
/// let size = Sum { name: "size".into(), values: vec![Some(1); 4], at_least: 2, at_most: Some(2) };
/// let halves = space::count(&square, &Limits { sums: vec![size], ..Limits::default() }, 1 << 30)?;
/// assert_eq!(halves.by_areas, [(2, 2u32.into())]);
/// # Ok::<(), space::SpaceError>(())
/// ```
pub fn count(graph: &Graph, limits: &Limits, memory: u64) -> Result<Counts, SpaceError> {
    let frame = Frame::new(graph, limits, false)?;
    let lanes = Lanes::new(graph.len(), limits);
    // A count that outgrows 64 or 128 bits is begun again with wider ones: rare, and cheaper than wide ones for all.
    match run::<u64>(&frame, lanes, memory)? {
        Some(counts) => Ok(counts),
        None => match run::<u128>(&frame, lanes, memory)? {
            Some(counts) => Ok(counts),
            None => Ok(run::<BigUint>(&frame, lanes, memory)?.unwrap_or_else(|| Counts {
                total: BigUint::ZERO,
                by_areas: Vec::new(),
                states: 0,
                frontier: frame.frontier(),
            })),
        },
    }
}

/// How the number of areas is kept: a count for each number, or one where it is known beforehand.
#[derive(Debug, Clone, Copy)]
struct Lanes {
    /// Counts a state.
    each: usize,
    /// The number of areas of every plan, where it is known.
    known: Option<u32>,
    fewest: u32,
    most: u32,
}

impl Lanes {
    fn new(nodes: usize, limits: &Limits) -> Self {
        let (fewest, mut most) = limits.areas.unwrap_or((0, u32::MAX));
        most = most.min(index_u32(nodes));
        let mut known = None;
        for sum in limits.sums.iter().filter(|s| s.at_least > 0) {
            let Some(total) = sum.values.iter().try_fold(0u64, |t, v| v.and_then(|v| t.checked_add(v))) else {
                continue;
            };
            let fit = u32::try_from(total / sum.at_least).unwrap_or(u32::MAX);
            most = most.min(fit);
            if sum.at_most == Some(sum.at_least) {
                known = Some(fit);
            }
        }
        Self { each: if known.is_some() { 1 } else { most as usize + 1 }, known, fewest, most }
    }
}

/// A number of plans: adds up, and says when it can't.
trait Number: Clone + Send {
    const ZERO: Self;
    fn one() -> Self;
    fn is_zero(&self) -> bool;
    /// False where the sum does not fit.
    fn add(&mut self, other: &Self) -> bool;
    fn into_big(self) -> BigUint;
}

macro_rules! number {
    ($t:ty) => {
        impl Number for $t {
            const ZERO: Self = 0;
            fn one() -> Self {
                1
            }
            fn is_zero(&self) -> bool {
                *self == 0
            }
            fn add(&mut self, other: &Self) -> bool {
                let (sum, over) = self.overflowing_add(*other);
                *self = sum;
                !over
            }
            fn into_big(self) -> BigUint {
                self.into()
            }
        }
    };
}

number!(u64);
number!(u128);

impl Number for BigUint {
    const ZERO: Self = BigUint::ZERO;
    fn one() -> Self {
        1u32.into()
    }
    fn is_zero(&self) -> bool {
        *self == BigUint::ZERO
    }
    fn add(&mut self, other: &Self) -> bool {
        self.add_assign(other);
        true
    }
    fn into_big(self) -> BigUint {
        self
    }
}

fn run<N: Number>(frame: &Frame, lanes: Lanes, memory: u64) -> Result<Option<Counts>, SpaceError> {
    match frame.words() {
        1 => forwards::<1, N>(frame, lanes, memory),
        2 => forwards::<2, N>(frame, lanes, memory),
        3 => forwards::<3, N>(frame, lanes, memory),
        4 => forwards::<4, N>(frame, lanes, memory),
        _ => forwards::<8, N>(frame, lanes, memory),
    }
}

/// None where a count did not fit.
fn forwards<const W: usize, N: Number>(frame: &Frame, lanes: Lanes, memory: u64) -> Result<Option<Counts>, SpaceError> {
    let each = lanes.each;
    let mut now = Level::<W>::with(frame.start());
    let mut counts = vec![N::ZERO; each];
    counts[0] = N::one();
    let mut next = Level::<W>::new();
    let mut sums: Vec<N> = Vec::new();
    let mut states = 1u64;
    for (at, step) in frame.steps.iter().enumerate() {
        next.clear();
        sums.clear();
        let mut fits = true;
        for (key, from) in now.keys.iter().zip(counts.chunks_exact(each)) {
            frame.follow(step, key, &mut |key, _, closed| {
                let child = next.find_or_add(key) as usize;
                if sums.len() < next.keys.len() * each {
                    sums.resize(next.keys.len() * each, N::ZERO);
                }
                let shift = if lanes.known.is_some() { 0 } else { closed as usize };
                let into = &mut sums[child * each..(child + 1) * each];
                for (i, n) in from.iter().enumerate().filter(|(_, n)| !n.is_zero()) {
                    if let Some(sum) = into.get_mut(i + shift) {
                        fits &= sum.add(n);
                    }
                }
            });
            let bytes = now.bytes() + next.bytes() + (counts.len() + sums.capacity()) * size_of::<N>();
            if bytes as u64 > memory {
                let states = next.keys.len();
                return Err(too_much(at, frame.steps.len(), states, bytes as u64, memory));
            }
        }
        if !fits {
            return Ok(None);
        }
        std::mem::swap(&mut now, &mut next);
        std::mem::swap(&mut counts, &mut sums);
        states += now.keys.len() as u64;
    }
    Ok(Some(gather(frame, lanes, &counts, states)))
}

pub(super) fn too_much(level: usize, levels: usize, states: usize, bytes: u64, memory: u64) -> SpaceError {
    const MB: u64 = 1 << 20;
    SpaceError::Memory { level, levels, states, megabytes: bytes / MB, limit_mb: memory / MB }
}

/// Adds up the final states.
fn gather<N: Number>(frame: &Frame, lanes: Lanes, counts: &[N], states: u64) -> Counts {
    let mut by_areas: Vec<(u32, BigUint)> = Vec::new();
    for lane in 0..lanes.each {
        let areas = lanes.known.unwrap_or(index_u32(lane));
        let mut sum = BigUint::ZERO;
        for count in counts.iter().skip(lane).step_by(lanes.each) {
            sum += count.clone().into_big();
        }
        if sum != BigUint::ZERO && (lanes.fewest..=lanes.most).contains(&areas) {
            by_areas.push((areas, sum));
        }
    }
    let total = by_areas.iter().map(|(_, n)| n).sum();
    Counts { total, by_areas, states, frontier: frame.frontier() }
}
