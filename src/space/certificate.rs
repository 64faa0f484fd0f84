//! The proof of a best plan, written down for whoever does not trust the search: every state of the walk, with the least
//! that a plan still costs from there on.
//!
//! The diagram has that least for each of its nodes; the walk is gone through once more for the states that they stand
//! for. [`crate::verify`] says what the file holds, and follows it without this code.

use std::io::Write;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::frame::{Frame, Open, Step, bits};
use super::level::Level;
use super::metric::Value;
use super::region::{Narrowing, Region};
use super::whole::{Metric, Objective, Space};
use crate::rules::Rulebook;
use crate::territory::{InputDigest, Territory, index_u32};

/// A state, as a certificate lists it: units by their position in the order, areas in order of their first unit.
#[derive(Debug, Default, Serialize)]
struct State {
    open: Vec<Vec<u32>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    apart: Vec<(u32, u32)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sums: Vec<Vec<Option<u64>>>,
    #[serde(skip_serializing_if = "is_zero")]
    closed: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left: Vec<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    around: Vec<(u32, Vec<u32>, Option<u32>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mixed: Vec<Vec<u32>>,
    bound: Option<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(closed: &u32) -> bool {
    *closed == 0
}

/// Writes the certificate of the least sum of a metric, region by region. Where some regions have no plan, it is about
/// these alone, and claims that.
///
/// # Errors
///
/// Those of `out`.
pub fn write(
    space: &Space<'_>,
    metric: Metric,
    rulebook: &Rulebook,
    narrowing: &Narrowing,
    inputs: &[InputDigest],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let empty = space.parts.iter().any(|(_, diagram)| diagram.count() == 0);
    let parts: Vec<usize> = (0..space.parts.len()).filter(|&i| !empty || space.parts[i].1.count() == 0).collect();
    let (territory, contiguity) = space.ground();
    let head = json!({
        "landmeter_certificate": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "territory": territory.name(),
        "rulebook": rulebook.name,
        "inputs": inputs,
        "contiguity": contiguity,
        "metric": metric.name(),
        "options": {
            "region": narrowing.region, "areas": narrowing.areas, "min": narrowing.at_least, "max": narrowing.at_most,
            "balance": narrowing.balance, "free": narrowing.free, "no_estimates": narrowing.without_estimates,
        },
        "regions": parts.iter().map(|&i| &space.parts[i].0.name).collect::<Vec<_>>(),
    });
    writeln!(out, "{head}")?;
    for part in parts {
        of_region(space, metric, part, out)?;
    }
    Ok(())
}

fn of_region(space: &Space<'_>, metric: Metric, part: usize, out: &mut dyn Write) -> std::io::Result<()> {
    let (region, diagram) = &space.parts[part];
    let (territory, _) = space.ground();
    let prices = space.prices(&[Objective::from(metric)], part);
    let best = diagram.best(&prices, 1).into_iter().next();
    let least = diagram.least(&prices);
    let frame = &diagram.frame;
    let order: Vec<u32> = frame.steps.iter().filter_map(|s| s.enter.as_ref()).map(|enter| enter.node).collect();
    let code = |&node: &u32| &territory.municipalities()[region.members[node as usize] as usize].code;
    let codes = |nodes: &[u32]| nodes.iter().map(code).collect::<Vec<_>>();
    let plan = best.and_then(|(_, rank)| diagram.plan(rank)).map(|areas| {
        let labels = region.area_labels(territory, &areas);
        let area = |(node, &area): (u32, &u32)| Some((code(&node).clone(), json!(labels.get(area as usize)?)));
        (0..).zip(&areas).filter_map(area).collect::<Map<String, Json>>()
    });
    let claim = json!({
        "region": region.name,
        "value": best.map(|([sum, ..], _)| sum),
        "limits": limits(region, territory),
        "areas": region.limits.areas,
        "inside": codes(&region.limits.inside),
        "exclaves": codes(&frame.exclaves),
        "order": codes(&order),
        "plan": plan,
    });
    writeln!(out, "{claim}")?;
    let all = (1u32 << frame.exclaves.len()) - 1;
    // The diagram charges the links between exclaves at the end; the checker as soon as they are cut.
    let shift = |left: u32| prices.inside(left)[0] - prices.inside(all)[0];
    let list = List { frame, order: &order, shift: &shift };
    match frame.words() {
        1 => list.states::<1>(&least, out),
        2 => list.states::<2>(&least, out),
        3 => list.states::<3>(&least, out),
        4 => list.states::<4>(&least, out),
        _ => list.states::<8>(&least, out),
    }
}

/// The limits in the order in which the states have their sums.
fn limits(region: &Region, territory: &Territory) -> Vec<Json> {
    let codes = |set: &[u32]| {
        let code = |&node: &u32| territory.municipalities()[region.members[node as usize] as usize].code.clone();
        set.iter().map(code).collect::<std::collections::BTreeSet<_>>()
    };
    let limits = &region.limits;
    let sums = limits.sums.iter().filter(|s| s.at_least > 0 || s.at_most.is_some());
    let sums = sums.map(|s| json!({"sum": {"attribute": s.name, "at_least": s.at_least, "at_most": s.at_most}}));
    let together = limits.together.iter().map(|set| codes(set)).filter(|set| set.len() > 1);
    let apart = limits.apart.iter().map(|set| json!({"apart": codes(set)}));
    sums.chain(together.map(|set| json!({"together": set}))).chain(apart).collect()
}

/// What it takes to list the states of a region.
struct List<'l> {
    frame: &'l Frame,
    order: &'l [u32],
    shift: &'l dyn Fn(u32) -> i64,
}

impl List<'_> {
    /// Goes through the walk again, as the diagram was built, and writes the levels before each unit, and the last one.
    fn states<const W: usize>(&self, least: &[Vec<Option<Value>>], out: &mut dyn Write) -> std::io::Result<()> {
        let mut place = vec![0; self.frame.nodes];
        (0..).zip(self.order).for_each(|(at, &node)| place[node as usize] = at);
        // The unit in each slot of the frontier.
        let mut units: Vec<Option<u32>> = vec![None; self.frame.slots];
        let mut now = Level::<W>::with(self.frame.start());
        let mut next = Level::<W>::new();
        let mut level = 0;
        for (at, step) in self.frame.steps.iter().enumerate() {
            if step.enter.is_some() || step.tail {
                self.write_level(level, &now.keys, &least[at], &units, out)?;
                level += 1;
            }
            next.clear();
            for key in &now.keys {
                self.frame.follow(step, key, &mut |key, _, _| {
                    next.find_or_add(key);
                });
            }
            std::mem::swap(&mut now, &mut next);
            move_on(step, &place, &mut units);
        }
        let last = self.frame.steps.len();
        // With exclaves the tail comes after the last level of the certificate.
        if self.frame.exclaves.is_empty() {
            self.write_level(level, &now.keys, &least[last], &units, out)
        } else {
            Ok(())
        }
    }

    fn write_level<const W: usize>(
        &self,
        level: usize,
        keys: &[[u64; W]],
        least: &[Option<Value>],
        units: &[Option<u32>],
        out: &mut dyn Write,
    ) -> std::io::Result<()> {
        writeln!(out, "{}", json!({"level": level, "states": keys.len()}))?;
        for (key, least) in keys.iter().zip(least) {
            let open = self.frame.read(key);
            let bound = least.map(|value| value[0] + (self.shift)(open.left));
            serde_json::to_writer(&mut *out, &State { bound, ..self.state(&open, units) })?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn state(&self, open: &Open, units: &[Option<u32>]) -> State {
        let mut areas: Vec<(Vec<u32>, usize)> = (1..=open.areas).map(|area| (Vec::new(), area)).collect();
        for (&id, unit) in open.ids.iter().zip(units) {
            if let (Some(area), Some(unit)) = ((id as usize).checked_sub(1), unit) {
                areas[area].0.push(*unit);
            }
        }
        areas.iter_mut().for_each(|(units, _)| units.sort_unstable());
        areas.sort_unstable();
        let mut number = vec![0; open.areas + 1];
        (0..).zip(&areas).for_each(|(new, (_, area))| number[*area] = new);
        let numbers = |set: u32| {
            let mut numbers: Vec<u32> = bits(set).map(|area| number[area]).collect();
            numbers.sort_unstable();
            numbers
        };
        let mut apart = Vec::new();
        for (new, (_, area)) in (0..).zip(&areas) {
            apart.extend(numbers(open.apart[*area]).into_iter().filter(|&other| new < other).map(|other| (new, other)));
        }
        let gathered = |area: usize| self.frame.tests.iter().map(|t| t.gathered(open.sums[area])).collect::<Vec<_>>();
        let mut state = State {
            apart,
            sums: areas.iter().filter(|_| !self.frame.tests.is_empty()).map(|(_, area)| gathered(*area)).collect(),
            closed: open.closed,
            left: bits(open.left).collect(),
            ..State::default()
        };
        if !self.frame.inside.is_empty() {
            // Of the closed areas around it only matters which are the same.
            let mut closed: Vec<u8> = Vec::new();
            for (new, (_, area)) in (0..).zip(&areas) {
                if open.around.free >> area & 1 == 1 {
                    continue;
                }
                let by = open.around.by[*area];
                let by = (by != 0).then(|| {
                    closed.iter().position(|c| *c == by).unwrap_or_else(|| {
                        closed.push(by);
                        closed.len() - 1
                    })
                });
                state.around.push((new, numbers(open.around.touch[*area]), by.map(|at| index_u32(at) + 1)));
            }
            state.mixed = open.around.pending.iter().filter(|set| **set != 0).map(|set| numbers(*set)).collect();
        }
        state.open = areas.into_iter().map(|(units, _)| units).collect();
        state
    }
}

/// Which unit is in which slot after a step.
fn move_on(step: &Step, place: &[u32], units: &mut [Option<u32>]) {
    let home = step.enter.as_ref().and_then(|enter| Some((enter.node, enter.home?)));
    for &(node, slot) in &step.leave {
        if let Some(unit) = units.get_mut(slot as usize).filter(|unit| **unit == Some(place[node as usize])) {
            *unit = None;
        }
    }
    if let Some((node, slot)) = home {
        units[slot as usize] = Some(place[node as usize]);
    }
}
