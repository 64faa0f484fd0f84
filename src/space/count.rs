//! Counting alone: two levels of states at a time, forwards.

use std::ops::AddAssign;

use num_bigint::BigUint;
use rayon::prelude::*;

use super::error::SpaceError;
use super::frame::{Frame, Step};
use super::level::{Level, grow_for, hash, low};
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

/// How far the walk over the municipalities is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps done: one a municipality, and some more where exclaves are spread.
    pub level: usize,
    /// Steps in all.
    pub levels: usize,
    /// States visited so far.
    pub states: u64,
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
    count_watched(graph, limits, memory, &mut |_| true)
}

/// The same, telling now and then how far it is; begins again from level 0 where the counts turn out too large for its
/// numbers.
///
/// # Errors
///
/// Those of [`count`], and [`SpaceError::Interrupted`] as soon as `watch` gives false.
pub fn count_watched(
    graph: &Graph,
    limits: &Limits,
    memory: u64,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Counts, SpaceError> {
    let frame = Frame::new(graph, limits, false)?;
    let lanes = Lanes::new(graph.len(), limits);
    // A count that outgrows 64 or 128 bits is begun again with wider ones: rare, and cheaper than wide ones for all.
    match run::<u64>(&frame, lanes, memory, watch)? {
        Some(counts) => Ok(counts),
        None => match run::<u128>(&frame, lanes, memory, watch)? {
            Some(counts) => Ok(counts),
            None => Ok(run::<BigUint>(&frame, lanes, memory, watch)?.unwrap_or_else(|| Counts {
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
trait Number: Clone + Send + Sync {
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

fn run<N: Number>(
    frame: &Frame,
    lanes: Lanes,
    memory: u64,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Option<Counts>, SpaceError> {
    match frame.words() {
        1 => forwards::<1, N>(frame, lanes, memory, watch),
        2 => forwards::<2, N>(frame, lanes, memory, watch),
        3 => forwards::<3, N>(frame, lanes, memory, watch),
        4 => forwards::<4, N>(frame, lanes, memory, watch),
        _ => forwards::<8, N>(frame, lanes, memory, watch),
    }
}

/// Levels of fewer states are gone through by one thread.
const SMALL: usize = 2048;
/// Fewest and most states that are followed by one thread at a time, in levels that are shared.
const FEWEST: usize = 256;
const MOST: usize = 1 << 14;
/// How many chunks of states are followed before what follows is added to the next level: what waits stays small.
const CHUNKS: usize = 16;
/// Fewest and most parts of a level that is shared.
const FEWEST_PARTS: usize = 4;
const MOST_PARTS: usize = 256;
/// Bits of a [`Sent`] for the number of areas closed.
const CLOSED_BITS: u32 = 8;

/// A state that follows, the state it follows from (its place in the chunk, and how many areas closed), and its hash.
struct Sent<const W: usize> {
    key: [u64; W],
    from: u32,
    low: u32,
}

/// What follows from a chunk of states, by part of the next level.
struct Mail<const W: usize> {
    parts: Vec<Vec<Sent<W>>>,
}

impl<const W: usize> Mail<W> {
    fn fill(&mut self, frame: &Frame, step: &Step, keys: &[[u64; W]], parts: usize) {
        self.parts.resize_with(parts, Vec::new);
        self.parts.iter_mut().for_each(Vec::clear);
        for (i, key) in keys.iter().enumerate() {
            let from = index_u32(i) << CLOSED_BITS;
            frame.follow(step, key, &mut |key, _, closed| {
                let hash = hash(&key);
                let part = (hash >> 32) as usize & (parts - 1);
                self.parts[part].push(Sent { key, from: from | closed, low: low(hash) });
            });
        }
    }

    fn bytes(&self) -> usize {
        self.parts.iter().map(|p| p.capacity() * size_of::<Sent<W>>()).sum()
    }
}

/// Some states and their counts.
type Chunk<'a, const W: usize, N> = (&'a [[u64; W]], &'a [N]);

/// A part of a level: its states and their counts, so many for each.
struct Part<const W: usize, N> {
    level: Level<W>,
    counts: Vec<N>,
}

impl<const W: usize, N: Number> Part<W, N> {
    fn for_about(states: usize, each: usize) -> Self {
        Self { level: Level::for_about(states), counts: Vec::with_capacity(states * each) }
    }

    /// Adds what follows from a chunk of states with these counts; false where a count did not fit.
    fn add(&mut self, sent: &[Sent<W>], counts: &[N], lanes: Lanes) -> bool {
        let each = lanes.each;
        let mut fits = true;
        for s in sent {
            let at = self.level.find_or_add_at(s.key, s.low) as usize * each;
            if at == self.counts.len() {
                grow_for(&mut self.counts, each);
                self.counts.resize(at + each, N::ZERO);
            }
            let (from, closed) = ((s.from >> CLOSED_BITS) as usize, (s.from & ((1 << CLOSED_BITS) - 1)) as usize);
            if each == 1 && lanes.known.is_some() {
                fits &= self.counts[at].add(&counts[from]);
                continue;
            }
            let from = &counts[from * each..(from + 1) * each];
            let into = &mut self.counts[at..at + each];
            for (sum, n) in into.iter_mut().skip(closed).zip(from).filter(|(_, n)| !n.is_zero()) {
                fits &= sum.add(n);
            }
        }
        fits
    }

    fn bytes(&self) -> usize {
        self.level.bytes() + self.counts.capacity() * size_of::<N>()
    }
}

/// None where a count did not fit.
///
/// Levels, parts, blocks and chunks are cut by the number of states alone and put together in their order, so threads
/// make no difference, not even to where memory runs out.
fn forwards<const W: usize, N: Number>(
    frame: &Frame,
    lanes: Lanes,
    memory: u64,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Option<Counts>, SpaceError> {
    let each = lanes.each;
    let levels = frame.steps.len();
    let mut start = Part { level: Level::<W>::with(frame.start()), counts: vec![N::ZERO; each] };
    start.counts[0] = N::one();
    let mut now = vec![start];
    let mut mail: Vec<Mail<W>> = Vec::new();
    let mut states = 1u64;
    for (level, step) in frame.steps.iter().enumerate() {
        let here: usize = now.iter().map(|p| p.level.keys.len()).sum();
        let many = here >= SMALL;
        let (parts, chunk, chunks_at_once) = if many {
            let parts = (here / 4096).next_power_of_two().clamp(FEWEST_PARTS, MOST_PARTS);
            (parts, (here / (4 * CHUNKS)).clamp(FEWEST, MOST), CHUNKS)
        } else {
            (1, FEWEST, 1)
        };
        // About as many states follow; where there are many that is too rough a guess to take memory on.
        let about = (here / parts).min(SMALL);
        let mut next: Vec<Part<W, N>> = (0..parts).map(|_| Part::for_about(about, each)).collect();
        let mut waiting: usize = now.iter().map(Part::bytes).sum();
        let mut done = 0;
        let mut rest = now.into_iter().peekable();
        while rest.peek().is_some() {
            // A part is forgotten as soon as it has been followed.
            let mut taken = 0;
            let group: Vec<Part<W, N>> = std::iter::from_fn(|| {
                let part = rest.next_if(|p| taken == 0 || taken + p.level.keys.len() <= chunk * chunks_at_once)?;
                taken += part.level.keys.len();
                Some(part)
            })
            .collect();
            let chunks: Vec<Chunk<'_, W, N>> =
                group.iter().flat_map(|p| p.level.keys.chunks(chunk).zip(p.counts.chunks(chunk * each))).collect();
            for block in chunks.chunks(chunks_at_once) {
                mail.resize_with(mail.len().max(block.len()), || Mail { parts: Vec::new() });
                let fill = |(mail, chunk): (&mut Mail<W>, &Chunk<'_, W, N>)| mail.fill(frame, step, chunk.0, parts);
                if many {
                    mail.par_iter_mut().zip(block).for_each(fill);
                } else {
                    mail.iter_mut().zip(block).for_each(fill);
                }
                let add = |(i, part): (usize, &mut Part<W, N>)| {
                    mail.iter().zip(block).fold(true, |fits, (m, c)| part.add(&m.parts[i], c.1, lanes) && fits)
                };
                let fits = if many {
                    next.par_iter_mut().enumerate().map(add).reduce(|| true, |a, b| a && b)
                } else {
                    next.iter_mut().enumerate().all(add)
                };
                if !fits {
                    return Ok(None);
                }
                done += block.iter().map(|c| c.0.len()).sum::<usize>();
                let found: usize = next.iter().map(|p| p.level.keys.len()).sum();
                let fresh: usize = next.iter().map(Part::bytes).sum();
                let bytes = waiting + fresh + mail.iter().map(Mail::bytes).sum::<usize>();
                if bytes as u64 > memory {
                    return Err(too_much((level, levels), (done, here), found, bytes as u64, memory));
                }
                if !watch(Progress { level, levels, states: states + found as u64 }) {
                    return Err(SpaceError::Interrupted { level, levels });
                }
            }
            waiting -= group.iter().map(Part::bytes).sum::<usize>();
        }
        next.iter_mut().for_each(|p| p.level.close());
        now = next;
        states += now.iter().map(|p| p.level.keys.len() as u64).sum::<u64>();
    }
    let counts: Vec<N> = now.into_iter().flat_map(|p| p.counts).collect();
    Ok(Some(gather(frame, lanes, &counts, states)))
}

/// Memory ran out: at which of the levels, how many of its states had been followed, and to how many.
pub(super) fn too_much(
    (level, levels): (usize, usize),
    (done, here): (usize, usize),
    states: usize,
    bytes: u64,
    memory: u64,
) -> SpaceError {
    const MB: u64 = 1 << 20;
    let percent = u32::try_from(done * 100 / here.max(1)).unwrap_or(100);
    let needed = u128::from(bytes) * here.max(1) as u128 / done.clamp(1, here.max(1)) as u128;
    let needed_mb = u64::try_from(needed).unwrap_or(u64::MAX) / MB;
    SpaceError::Memory { level, levels, percent, states, megabytes: bytes / MB, needed_mb, limit_mb: memory / MB }
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
