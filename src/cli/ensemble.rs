//! Chains that run beside each other, and the lines of their plans, in rounds: a run that was stopped goes on with the last.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use serde::Deserialize;

use super::args::Common;
use super::common::Grounds;
use super::spaces::{heed_interrupts, is_interrupted};
use crate::io::partial::Partial;
use crate::io::{self, Error};
use crate::plan::{NONE, Plan};
use crate::rules::{Checker, Register, Scratch, Severity};
use crate::score::Aggregate;
use crate::search::chain::{Chain, Map, Method, Random, State};
use crate::space::Regions;
use crate::territory::index_u32;
use crate::words::say;

/// Plans of a chain in a round: about so many municipalities in all, so that few lines are held at once.
const ROUND_UNITS: usize = 100_000;
/// Steps between two looks at whether the user wants to stop.
const PIECE: u64 = 1_000;

/// From where a chain is to a plan, and a line.
pub(super) struct Plans<'g> {
    checker: Checker<'g>,
    /// Of a region's plan the municipalities elsewhere have no area, which is no fault of it.
    partial: bool,
    /// Each municipality's code, as JSON.
    codes: Vec<String>,
    /// What an area is called whose first municipality this is.
    labels: Vec<String>,
    /// Labels that the rulebook fixes, each with a municipality.
    fixed: Vec<(u32, String)>,
}

/// No derogations: what is sampled is judged as it is.
static NO_REGISTER: Register = Register { derogations: Vec::new(), as_of: None };

impl<'g> Plans<'g> {
    pub(super) fn new(grounds: &'g Grounds, regions: &Regions, partial: bool) -> anyhow::Result<Self> {
        let territory = &grounds.territory;
        let mut labels = vec![String::new(); territory.len()];
        let mut fixed = Vec::new();
        for region in &regions.regions {
            for (&m, label) in region.members.iter().zip(region.own_labels(territory)) {
                labels[m as usize] = label;
            }
            fixed.extend(region.labels.iter().map(|(v, label)| (region.members[*v as usize], label.clone())));
        }
        let codes = territory.municipalities().iter().map(|m| serde_json::to_string(&m.code));
        Ok(Self {
            checker: Checker::new(territory, &grounds.rulebook, &NO_REGISTER)?,
            partial,
            codes: codes.collect::<Result<_, _>>()?,
            labels,
            fixed,
        })
    }

    fn plan(&self, name: &str, state: &State) -> Plan {
        let of = state.plan();
        let mut labels: Vec<Option<&str>> = vec![None; state.areas()];
        for (v, &area) in of.iter().enumerate().filter(|(_, a)| **a != NONE) {
            labels[area as usize].get_or_insert(&self.labels[v]);
        }
        for (v, label) in self.fixed.iter().filter(|(v, _)| of[*v as usize] != NONE) {
            labels[of[*v as usize] as usize] = Some(label);
        }
        let mut sorted: Vec<(&str, usize)> = labels.iter().enumerate().map(|(a, l)| (l.unwrap_or(""), a)).collect();
        sorted.sort_unstable();
        let mut number = vec![NONE; labels.len()];
        (0..).zip(&sorted).for_each(|(n, &(_, area))| number[area] = n);
        Plan {
            name: name.to_owned(),
            areas: sorted.iter().map(|(label, _)| (*label).to_owned()).collect(),
            of: of.iter().map(|&a| if a == NONE { NONE } else { number[a as usize] }).collect(),
            ..Plan::default()
        }
    }

    /// A line: the plan, where it stands in its chain, what the checker says of it.
    fn line(&self, at: &At, metrics: &[String], state: &State, scratch: &mut Scratch, out: &mut Vec<u8>) {
        let plan = self.plan(&format!("{}-{}", at.chain + 1, at.step), state);
        let verdict = self.checker.findings(&plan, scratch);
        let faults = verdict.findings.iter().filter(|f| f.severity == Severity::Violation);
        let mut breaks: Vec<&str> = faults.map(|f| f.code).filter(|c| !(self.partial && *c == "R101")).collect();
        breaks.sort_unstable();
        breaks.dedup();
        let values: serde_json::Map<String, serde_json::Value> =
            metrics.iter().zip(&at.values).map(|(name, value)| (name.clone(), (*value).into())).collect();
        let head = serde_json::json!({
            "plan": plan.name, "chain": at.chain + 1, "step": at.step, "accepted": at.accepted, "values": values,
            "verdict": if breaks.is_empty() { "conform" } else { "not-conform" }, "breaks": breaks,
        });
        let mut head = head.to_string();
        head.pop();
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(b",\"assignment\":{");
        let areas: Vec<String> = plan.areas.iter().map(|a| serde_json::Value::from(a.as_str()).to_string()).collect();
        let mut first = true;
        for (code, &area) in self.codes.iter().zip(&plan.of).filter(|(_, a)| **a != NONE) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            out.extend_from_slice(code.as_bytes());
            out.push(b':');
            out.extend_from_slice(areas[area as usize].as_bytes());
        }
        out.extend_from_slice(b"}}\n");
    }
}

/// Where a chain is at a plan that is kept.
struct At {
    chain: usize,
    step: u64,
    accepted: u64,
    values: Vec<f64>,
}

/// What a line says, read back.
#[derive(Deserialize)]
struct Line {
    chain: usize,
    step: u64,
    accepted: u64,
    values: BTreeMap<String, f64>,
    assignment: BTreeMap<String, String>,
}

/// What a chain did in a round.
struct Round {
    lines: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
    values: Vec<Vec<f64>>,
    prints: Vec<u64>,
    ended: Result<(), crate::search::chain::ChainError>,
}

/// All chains of a run.
pub(super) struct Ensemble<'g> {
    pub(super) plans: Plans<'g>,
    pub(super) grounds: &'g Grounds,
    pub(super) common: &'g Common,
    pub(super) map: &'g Map,
    pub(super) method: &'g Method,
    pub(super) seed: u64,
    pub(super) steps: u64,
    pub(super) thin: u64,
    /// Of each chain, of each metric, its values.
    pub(super) traces: Vec<Vec<Vec<f64>>>,
    /// Steps of each chain that changed the plan.
    pub(super) accepted: Vec<u64>,
    /// Fingerprints of the plans that were kept.
    pub(super) distinct: Vec<u64>,
}

impl<'g> Ensemble<'g> {
    /// What is kept up to date of each plan.
    pub(super) fn metrics(&self) -> Vec<String> {
        let measured = self.grounds.territory.adjacency().links().iter().any(|l| l.length_m > 0.0);
        let border = measured.then(|| "cut_border_km".to_owned());
        let balance = format!("deviation_{}", self.map.figures()[0].name);
        ["cut_links".to_owned()].into_iter().chain(border).chain([balance]).collect()
    }

    /// How many different plans were kept.
    pub(super) fn distinct_plans(&self) -> usize {
        let mut prints = self.distinct.clone();
        prints.sort_unstable();
        prints.dedup();
        prints.len()
    }

    fn values(&self, state: &State, metrics: usize) -> Vec<f64> {
        let (links, mm) = state.cut(self.map);
        #[expect(clippy::cast_precision_loss, reason = "links, lengths and figures")]
        let sums: Vec<f64> = state.sums(0).iter().map(|&s| s as f64).collect();
        #[expect(clippy::cast_precision_loss, reason = "links, lengths and figures")]
        let (links, km) = (links as f64, mm as f64 / 1e6);
        let deviation = Aggregate::Deviation.of(&sums);
        if metrics == 2 { vec![links, deviation] } else { vec![links, km, deviation] }
    }

    /// Runs all chains, and writes their lines.
    pub(super) fn run(
        &mut self,
        starts: Vec<State>,
        output: Option<&Path>,
        resume: bool,
        identity: &str,
    ) -> anyhow::Result<()> {
        heed_interrupts();
        let (chains, metrics) = (starts.len(), self.metrics());
        let kept = self.steps / self.thin;
        let a_round = (ROUND_UNITS / self.map.units().max(1)).clamp(1, 1_000) as u64;
        self.traces = vec![vec![Vec::new(); metrics.len()]; chains];
        self.accepted = vec![0; chains];
        let mut states = starts;
        let (mut sink, mut skip) = self.open(output, resume, identity, a_round, &metrics, &mut states)?;
        let done = self.traces[0][0].len() as u64;
        let bar = self.common.progress(kept * self.thin * chains as u64);
        bar.set_position(done * self.thin * chains as u64);
        let mut all: Vec<Chain<'g>> = states
            .into_iter()
            .enumerate()
            .map(|(c, state)| Chain::new(self.map, state, self.method, Random::new(self.seed, c as u64)))
            .collect();
        let mut from = done;
        let before = self.accepted.clone();
        while from < kept && !is_interrupted() {
            let count = a_round.min(kept - from);
            let this = &*self;
            let rounds: Vec<Round> = all
                .par_iter_mut()
                .enumerate()
                .map(|(c, chain)| this.round(c, chain, before[c], (from, count), a_round, &metrics, &bar))
                .collect();
            if is_interrupted() {
                break;
            }
            let mut ended = Ok(());
            for (c, round) in rounds.into_iter().enumerate() {
                self.accepted[c] = before[c] + all[c].accepted();
                for values in &round.values {
                    self.traces[c].iter_mut().zip(values).for_each(|(trace, &value)| trace.push(value));
                }
                self.distinct.extend(&round.prints);
                sink.write(skip.pass(&round)?)?;
                ended = ended.and(round.ended);
            }
            ended?;
            from += count;
        }
        bar.finish_and_clear();
        if is_interrupted() {
            return Ok(());
        }
        sink.finish()
    }

    /// The next round of a chain.
    #[expect(clippy::too_many_arguments, reason = "all that a round depends on")]
    fn round(
        &self,
        number: usize,
        chain: &mut Chain<'_>,
        before: u64,
        (from, count): (u64, u64),
        a_round: u64,
        metrics: &[String],
        bar: &indicatif::ProgressBar,
    ) -> Round {
        let mut round =
            Round { lines: Vec::new(), ends: Vec::new(), values: Vec::new(), prints: Vec::new(), ended: Ok(()) };
        let mut scratch = Scratch::default();
        round.ended = chain.begin_round(from / a_round);
        for at in from..from + count {
            let mut left = self.thin;
            while left > 0 && round.ended.is_ok() && !is_interrupted() {
                let piece = left.min(PIECE);
                round.ended = chain.run(piece);
                bar.inc(piece);
                left -= piece;
            }
            if round.ended.is_err() || is_interrupted() {
                break;
            }
            let values = self.values(chain.state(), metrics.len());
            let accepted = before + chain.accepted();
            let place = At { chain: number, step: (at + 1) * self.thin, accepted, values };
            self.plans.line(&place, metrics, chain.state(), &mut scratch, &mut round.lines);
            round.ends.push(round.lines.len());
            round.prints.push(print(chain.state().plan()));
            round.values.push(place.values);
        }
        round
    }

    /// Opens the output; of a run that goes on it takes in whole rounds, and says how many lines of the next are there.
    fn open(
        &mut self,
        output: Option<&Path>,
        resume: bool,
        identity: &str,
        a_round: u64,
        metrics: &[String],
        states: &mut [State],
    ) -> anyhow::Result<(Sink, Skip)> {
        let Some(path) = output else { return Ok((Sink::Out, Skip::default())) };
        if !resume {
            let (partial, overwritten) = Partial::create(path, identity)?;
            if overwritten {
                let shown = path.display().to_string();
                self.common.tell(say(self.common.lang, "batch.overwritten", &[("path", &shown)]));
            }
            return Ok((Sink::File(partial), Skip::default()));
        }
        let chains = states.len();
        let a_whole = usize::try_from(a_round).unwrap_or(usize::MAX).saturating_mul(chains);
        let mut pending: Vec<Line> = Vec::new();
        let shown = path.display().to_string();
        let wrong = |what: &str| Error::new(shown.clone(), "E512", format!("can't be gone on with: {what}"));
        let mut failed = None;
        let (partial, last) = Partial::resume(path, identity, &mut |line| {
            let read: Line = serde_json::from_slice(line).map_err(|e| wrong(&e.to_string()))?;
            if read.chain == 0 || read.chain > chains {
                return Err(wrong("a line of a chain that there is not"));
            }
            pending.push(read);
            if pending.len() == a_whole {
                self.take_in(&pending, metrics, states).unwrap_or_else(|e| failed = failed.take().or(Some(e)));
                pending.clear();
            }
            Ok(())
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        let plans: usize = self.traces.iter().map(|t| t[0].len()).sum();
        let n = (plans + pending.len()).to_string();
        self.common.tell(say(self.common.lang, "sample.resumed", &[("n", &n)]));
        Ok((Sink::File(partial), Skip { lines: pending.len(), then: last, path: shown }))
    }

    /// A round that was written before.
    fn take_in(&mut self, lines: &[Line], metrics: &[String], states: &mut [State]) -> anyhow::Result<()> {
        let territory = &self.grounds.territory;
        for line in lines {
            let chain = line.chain - 1;
            for (trace, name) in self.traces[chain].iter_mut().zip(metrics) {
                trace.push(line.values.get(name).copied().unwrap_or(f64::NAN));
            }
            let mut names: Vec<&str> = line.assignment.values().map(String::as_str).collect();
            names.sort_unstable();
            names.dedup();
            let mut of = vec![NONE; territory.len()];
            for (code, area) in &line.assignment {
                let at = territory.position(code).zip(names.binary_search(&area.as_str()).ok());
                let (unit, area) =
                    at.ok_or_else(|| anyhow::anyhow!("plan of step {}: {code} is not known", line.step))?;
                of[unit] = index_u32(area);
            }
            states[chain] = State::new(self.map, &of)?;
            self.distinct.push(print(states[chain].plan()));
            self.accepted[chain] = line.accepted;
        }
        Ok(())
    }
}

/// Lines that are in the file already.
#[derive(Default)]
struct Skip {
    lines: usize,
    /// The last one that was written before: it must come again.
    then: Option<Vec<u8>>,
    path: String,
}

impl Skip {
    /// The lines of a round that are to be written.
    fn pass<'r>(&mut self, round: &'r Round) -> anyhow::Result<&'r [u8]> {
        let passed = self.lines.min(round.ends.len());
        self.lines -= passed;
        let from = if passed == 0 { 0 } else { round.ends[passed - 1] };
        let rest = &round.lines[from..];
        if self.lines == 0
            && !rest.is_empty()
            && let Some(last) = self.then.take()
            && !rest.starts_with(&last)
        {
            return Err(
                Error::new(self.path.clone(), "E512", "a plan that was written before does not come again").into()
            );
        }
        Ok(rest)
    }
}

enum Sink {
    Out,
    File(Partial),
}

impl Sink {
    fn write(&mut self, lines: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Out => Ok(io::output::write(None, lines)?),
            Self::File(partial) => Ok(partial.write(lines)?),
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Out => Ok(()),
            Self::File(partial) => Ok(partial.finish()?),
        }
    }
}

/// A fingerprint of a division that does not depend on how its areas are numbered.
fn print(of: &[u32]) -> u64 {
    let mut number: Vec<u32> = Vec::new();
    let mut next = 0;
    let mut hash = 0x9e37_79b9_7f4a_7c15u64;
    for &area in of {
        let mut own = NONE;
        if area != NONE {
            if number.len() <= area as usize {
                number.resize(area as usize + 1, NONE);
            }
            let slot = &mut number[area as usize];
            if *slot == NONE {
                *slot = next;
                next += 1;
            }
            own = *slot;
        }
        // The last step of SplitMix64 (doi:10.1145/2660193.2660195).
        hash = (hash ^ u64::from(own)).wrapping_add(0x9e37_79b9_7f4a_7c15);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^= hash >> 31;
    }
    hash
}
