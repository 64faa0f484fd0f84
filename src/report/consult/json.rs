//! A consultation as JSON.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::super::{VERSION, finding_bytes};
use super::{Consulted, fate_name, how, outcome_name};
use crate::consultation::hands::Hands;
use crate::consultation::{COMPLETED_BY, Rest};
use crate::plan::Plan;
use crate::rules::Verdict;

/// A list that is made element by element while it is written, so that it is never whole in memory.
struct Each<'e>(usize, &'e dyn Fn(usize) -> Value);

impl Serialize for Each<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.0).map(self.1))
    }
}

/// The consultation as the contract's JSON, indented.
///
/// # Errors
///
/// None in practice: what is written goes to memory, and all keys are texts.
pub fn consult_json(all: &Consulted<'_>) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Out<'e> {
        proposals: Each<'e>,
        #[serde(flatten)]
        rest: Value,
    }
    let proposal = |i| proposal_json(all, i);
    let proposals = Each(all.assessments.len(), &proposal);
    serde_json::to_string_pretty(&Out { proposals, rest: rest_of_json(all) })
}

fn proposal_json(all: &Consulted<'_>, i: usize) -> Value {
    let (p, found) = (&all.consultation.proposals[i], &all.assessments[i]);
    let pairs = |list: &[(usize, usize)]| -> Vec<Value> {
        list.iter().map(|&(m, a)| json!({ "municipality": all.code(m), "actor": all.actor(a) })).collect()
    };
    json!({
        "proposal": p.name,
        "submitter": p.submitter,
        "date": p.date,
        "councils": p.councils,
        "motivation": p.motivation,
        "verdict": found.verdict.status,
        "findings": findings(all, &found.verdict),
        "municipalities": all.codes(&found.covers),
        "late": found.late,
        "unsupported": all.codes(&found.unsupported),
        "unmotivated": found.unmotivated,
        "without_opinion": pairs(&found.unheard),
        "changes_hands": hands_json(all, &p.plan, &found.hands),
        "rest": all.rests.and_then(|r| r.proposals.get(i)).map(|rest| rest_json(all, rest)),
    })
}

/// Everything but the proposals.
fn rest_of_json(all: &Consulted<'_>) -> Value {
    let unions = all.unions.iter().enumerate().map(|(i, union)| {
        json!({
            "proposals": all.together.sets[i].iter().map(|&p| all.proposal(p)).collect::<Vec<_>>(),
            "verdict": union.verdict.status,
            "findings": findings(all, &union.verdict),
            "broken": union.broken(),
            "rest": all.rests.and_then(|r| r.sets.get(i)).map(|rest| rest_json(all, rest)),
        })
    });
    let overlaps = all.together.overlaps.iter().map(|o| {
        json!({
            "a": all.proposal(o.a),
            "b": all.proposal(o.b),
            "contested": all.codes(&o.contested),
            "agreed": all.codes(&o.agreed),
        })
    });
    let sets = all.together.sets.iter().map(|set| set.iter().map(|&p| all.proposal(p)).collect::<Vec<_>>());
    let faults = all.consultation.faults.iter().map(
        |f| json!({ "code": f.code, "file": f.file, "line": (f.line > 0).then_some(f.line), "message": all.fault(f) }),
    );
    let chosen = all.chosen.map(|chosen| {
        let parties = chosen.stances.iter().map(|s| {
            json!({
                "municipality": all.code(s.municipality),
                "actor": s.actor.map(|a| all.actor(a)),
                "outcome": outcome_name(s.outcome),
                "overruled": s.outcome.overrules(),
                "lines": s.lines,
                "message": s.outcome.overrules().then(|| all.overruled(s)),
            })
        });
        let not_followed: Vec<&str> = all.not_followed(chosen).into_iter().map(|p| all.proposal(p)).collect();
        json!({
            "plan": chosen.plan.name,
            "verdict": chosen.verdict.status,
            "findings": findings(all, &chosen.verdict),
            "opinions": parties.collect::<Vec<_>>(),
            "proposals_not_followed": not_followed,
            "changes_hands": hands_json(all, &chosen.plan, &chosen.hands),
        })
    });
    let rulebook = all.context.rulebook;
    json!({
        "overlaps": overlaps.collect::<Vec<_>>(),
        "gaps": all.codes(&all.together.gaps),
        "compatible_sets": sets.collect::<Vec<_>>(),
        "all_sets": all.together.all_sets,
        "pairs_that_overlap": all.together.all_overlaps,
        "pairs_that_contest": all.together.contesting,
        "unions": unions.collect::<Vec<_>>(),
        "rest_leaves_out": all.rests.map(|r| &r.untested),
        "rest_estimated": all.rests.map(|r| &r.estimated),
        "chosen": chosen,
        "faults": faults.collect::<Vec<_>>(),
        "territory": { "name": all.context.territory.name(), "date": all.context.territory.date() },
        "rulebook": { "name": rulebook.name, "date": rulebook.date, "deadline": rulebook.deadline },
        "inputs": all.inputs,
        "version": VERSION,
    })
}

fn findings(all: &Consulted<'_>, verdict: &Verdict) -> Vec<Value> {
    let finding = |f| serde_json::from_slice(&finding_bytes(&all.context, f)).unwrap_or_default();
    verdict.findings.iter().map(finding).collect()
}

fn rest_json(all: &Consulted<'_>, rest: &Rest) -> Value {
    let regions = rest.regions.iter().map(|left| {
        json!({
            "region": left.region,
            "municipalities": all.codes(&left.municipalities),
            "count": left.count.as_ref().ok().map(ToString::to_string),
            "error": left.count.as_ref().err(),
            "clash": left.clash.as_ref().map(|clash| json!({
                "rules": clash.demands.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "municipalities": all.codes(&clash.municipalities.iter().map(|&m| m as usize).collect::<Vec<_>>()),
                "smallest": clash.smallest,
                "message": all.clash(clash),
            })),
        })
    });
    let best = rest.best.as_ref().map(|best| {
        let areas = best.plan.of.iter().enumerate().filter_map(|(m, &a)| Some((m, best.plan.areas.get(a as usize)?)));
        let assignment: Map<String, Value> = areas.map(|(m, label)| (all.code(m).to_owned(), json!(label))).collect();
        json!({
            COMPLETED_BY: best.cut_border_km,
            "verdict": best.verdict.status,
            "findings": findings(all, &best.verdict),
            "assignment": assignment,
        })
    });
    json!({
        "regions": regions.collect::<Vec<_>>(),
        "count": rest.count.as_ref().map(ToString::to_string),
        "best": best,
    })
}

fn hands_json(all: &Consulted<'_>, plan: &Plan, hands: &Hands) -> Value {
    let labels = |areas: &[u32]| areas.iter().map(|&a| plan.areas[a as usize].as_str()).collect::<Vec<_>>();
    let areas = hands.areas.iter().map(|area| {
        let (how, names) = how(&area.successor, &all.consultation.actors);
        let from = area.from.iter().map(|&(a, homes)| json!({ "actor": all.actor(a), "homes": homes }));
        json!({
            "area": plan.areas[area.area as usize],
            "successor": names,
            "by": how,
            "from": from.collect::<Vec<_>>(),
            "without": area.without,
        })
    });
    let flows = hands.flows.iter().map(|f| {
        json!({
            "actor": all.actor(f.actor),
            "municipality": all.code(f.municipality),
            "homes": f.homes,
            "area": f.area.map(|a| plan.areas[a as usize].as_str()),
            "stays": f.stays,
        })
    });
    let actors = hands.actors.iter().map(|a| {
        json!({
            "actor": all.actor(a.actor),
            "fate": fate_name(a.fate),
            "carries_on_in": labels(&a.carries_on_in),
            "gives_to": labels(&a.gives_to),
            "keeps": a.keeps,
            "gives": a.gives,
            "takes": a.takes,
            "outside": a.outside,
        })
    });
    json!({
        "areas": areas.collect::<Vec<_>>(),
        "actors": actors.collect::<Vec<_>>(),
        "flows": flows.collect::<Vec<_>>(),
    })
}
