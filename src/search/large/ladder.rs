//! The best plan below a cut-off, proved: passes with finer and finer sums, then one with exact sums.
//!
//! Each pass leaves out what the one before has shown to reach the cut-off, so the exact pass is small where the rounded
//! ones are tight; and each gives a bound, so something is proved even where the next one takes too much memory.

use super::structures::{FAR, Structures, TooMany};
use super::sums::{Ended, Pass, Rounded};
use super::{Problem, Stage, Trace};

/// Grains in an area, from coarse to fine; after them come exact sums.
const RUNGS: [u64; 4] = [4, 12, 40, 150];
/// Where so few nodes are left the exact pass can be run at once.
const FEW: usize = 5000;
/// What a structure with its ways takes, in bytes.
const STRUCTURE_BYTES: u64 = 250;
/// Nodes on a level where the exact pass only looks for a plan.
const BEAM: usize = 20_000;
/// Positions of sums are 32 bits, and a sum takes four bytes.
const MOST_MEMORY: u64 = 12 << 30;

/// What came of a climb.
pub(super) struct Climb {
    /// No plan costs less; the cut-off itself where there is none below it.
    pub(super) bound: u64,
    /// The cheapest plan found below the cut-off.
    pub(super) plan: Option<(u64, Vec<u32>)>,
    pub(super) end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The plan is the best, or there is none below the cut-off.
    Proved,
    /// A pass took too much memory.
    Memory,
    /// The frontier is too wide for any cut-off.
    Wide,
    Interrupted,
}

/// Who is told about each pass: how far it is (level, nodes), and what came of it.
pub(super) struct Watcher<'w> {
    pub(super) step: &'w mut dyn FnMut(Stage, usize, usize) -> bool,
    pub(super) trace: &'w mut Vec<Trace>,
}

/// Looks for the best plan that costs less than the cut-off.
pub(super) fn climb(problem: &Problem, order: &[u32], cutoff: u64, memory: u64, watcher: &mut Watcher<'_>) -> Climb {
    let memory = memory.min(MOST_MEMORY);
    let most = usize::try_from(memory / STRUCTURE_BYTES).unwrap_or(usize::MAX);
    let structures = match Structures::new(problem, order, cutoff, most) {
        Ok(structures) => structures,
        Err(why) => {
            let end = if why == TooMany::Wide { End::Wide } else { End::Memory };
            return Climb { bound: 0, plan: None, end };
        }
    };
    let mut bound = structures.to_come(0, 0, 0).min(cutoff);
    let states = structures.number;
    watcher.trace.push(Trace { cutoff, stage: Stage::Structures, states, kept: states, bound });
    let memory = memory.saturating_sub(structures.number as u64 * STRUCTURE_BYTES);
    let mut coarser: Option<Rounded> = None;
    let ideal = problem.ideal();
    for grains in RUNGS {
        let grain = ideal / grains;
        if grain < 2 || bound >= cutoff || coarser.as_ref().is_some_and(|c| c.kept <= FEW) {
            break;
        }
        let pass =
            Pass { problem, structures: &structures, cutoff, grain, coarser: coarser.as_ref(), memory, beam: None };
        let stage = Stage::Rounded { grain };
        let (ended, states) = pass.run(&mut |level, nodes| (watcher.step)(stage, level, nodes));
        match ended {
            Ended::Rounded(rounded) => {
                bound = bound.max(rounded.bound);
                watcher.trace.push(Trace { cutoff, stage, states, kept: rounded.kept, bound });
                coarser = Some(rounded);
            }
            Ended::Interrupted => return Climb { bound, plan: None, end: End::Interrupted },
            Ended::Memory | Ended::Exact(..) => {
                watcher.trace.push(Trace { cutoff, stage, states, kept: states, bound });
                let beam = Pass { grain: 0, beam: Some(BEAM), ..pass };
                return finish(&beam, bound, watcher);
            }
        }
    }
    if bound >= cutoff {
        return Climb { bound: cutoff, plan: None, end: End::Proved };
    }
    let pass =
        Pass { problem, structures: &structures, cutoff, grain: 0, coarser: coarser.as_ref(), memory, beam: None };
    let climb = finish(&pass, bound, watcher);
    if climb.end == End::Memory { finish(&Pass { beam: Some(BEAM), ..pass }, bound, watcher) } else { climb }
}

/// The pass with exact sums.
fn finish(pass: &Pass<'_>, bound: u64, watcher: &mut Watcher<'_>) -> Climb {
    let cutoff = pass.cutoff;
    let stage = if pass.beam.is_some() { Stage::Beam } else { Stage::Exact };
    let (ended, states) = pass.run(&mut |level, nodes| (watcher.step)(stage, level, nodes));
    let (bound, plan, end) = match ended {
        Ended::Exact(plan, dropped) => {
            let found = plan.as_ref().map_or(cutoff, |p| p.0);
            // What was dropped may cost as little as this.
            let bound = bound.max(found.min(dropped));
            (bound, plan, if found <= bound || dropped >= FAR { End::Proved } else { End::Memory })
        }
        Ended::Interrupted => (bound, None, End::Interrupted),
        Ended::Memory | Ended::Rounded(_) => (bound, None, End::Memory),
    };
    watcher.trace.push(Trace { cutoff, stage, states, kept: states, bound });
    Climb { bound, plan, end }
}
