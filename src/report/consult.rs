//! A consultation as text and JSON.

use serde_json::{Value, json};

use super::table::{Cell, Column, Ink, Paint, paragraph, table};
use super::text::{count, status_ink, status_key};
use super::{Context, VERSION, finding_bytes};
use crate::consultation::hands::{Fate, Hands, Successor};
use crate::consultation::{About, Assessment, Consultation, Fault, Opinion, Outcome, Stance, Together};
use crate::plan::Plan;
use crate::rules::{Severity, Verdict};
use crate::territory::InputDigest;
use crate::words::{self, clean, say};

/// The map that is chosen, and what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The map.
    pub plan: Plan,
    /// The verdict on it.
    pub verdict: Verdict,
    /// What it makes change hands.
    pub hands: Hands,
    /// How it meets each party that gave an opinion.
    pub stances: Vec<Stance>,
}

/// A consultation with all that was found.
#[derive(Debug, Clone, Copy)]
pub struct Consulted<'a> {
    /// Territory, rulebook, inputs, language.
    pub context: Context<'a>,
    /// The consultation.
    pub consultation: &'a Consultation,
    /// One a proposal, in the same order.
    pub assessments: &'a [Assessment],
    /// The proposals side by side.
    pub together: &'a Together,
    /// The chosen map; none where none was named.
    pub chosen: Option<&'a Chosen>,
    /// All inputs, with digests.
    pub inputs: &'a [InputDigest],
}

impl Consulted<'_> {
    fn code(&self, m: usize) -> &str {
        &self.context.territory.municipalities()[m].code
    }

    fn codes(&self, all: &[usize]) -> Vec<&str> {
        all.iter().map(|&m| self.code(m)).collect()
    }

    fn names(&self, all: &[usize]) -> String {
        words::municipalities(self.context.lang, &self.codes(all), self.context.territory)
    }

    /// The first few names; how many there are beyond these.
    fn few(&self, all: &[usize]) -> String {
        const MOST: usize = 12;
        let names = self.names(&all[..all.len().min(MOST)]);
        match all.len() - all.len().min(MOST) {
            0 => names,
            more => self.say("consult.and-more", &[("names", &names), ("n", &self.number(more))]),
        }
    }

    fn actor(&self, a: usize) -> &str {
        &self.consultation.actors[a].name
    }

    fn proposal(&self, p: usize) -> &str {
        &self.consultation.proposals[p].name
    }

    fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        say(self.context.lang, key, values)
    }

    fn number(&self, n: usize) -> String {
        words::number(self.context.lang, count(n), 0)
    }

    fn homes(&self, n: u64) -> String {
        let n = u32::try_from(n).unwrap_or(u32::MAX);
        words::quantity(self.context.lang, f64::from(n), "homes")
    }

    fn fault(&self, fault: &Fault) -> String {
        let values: Vec<(&str, &str)> = fault.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.say(&format!("fault.{}", fault.code), &values)
    }

    fn successor(&self, successor: &Successor) -> String {
        let all = |list: &[usize]| {
            let names: Vec<&str> = list.iter().map(|&a| self.actor(a)).collect();
            words::list(self.context.lang, &names)
        };
        match successor {
            Successor::Named(a) => self.say("consult.named", &[("actor", self.actor(*a))]),
            Successor::Most(a) => clean(self.actor(*a)),
            Successor::New(name) => self.say("consult.new-company", &[("name", name)]),
            Successor::Undecided(list) => self.say("consult.undecided", &[("actors", &all(list))]),
            Successor::Nobody => self.say("consult.nobody", &[]),
        }
    }

    /// One sentence on each party that is overruled.
    fn overruled(&self, stance: &Stance) -> String {
        let municipality = self.names(&[stance.municipality]);
        let who = match stance.actor {
            None => municipality,
            Some(a) => self.say("consult.actor-on", &[("actor", self.actor(a)), ("municipality", &municipality)]),
        };
        let key = if stance.outcome == Outcome::Refused { "consult.refused" } else { "consult.not-wanted" };
        let said: Vec<String> = stance.lines.iter().filter_map(|&line| self.opinion_at(line)).collect();
        let said = words::list(self.context.lang, &said);
        self.say(key, &[("who", &who), ("said", &said)])
    }

    fn opinion_at(&self, line: u32) -> Option<String> {
        let opinion: &Opinion = self.consultation.opinions.iter().find(|o| o.line == line)?;
        let what = match &opinion.about {
            About::Proposal(p) => self.say("consult.about-proposal", &[("proposal", self.proposal(*p))]),
            About::With(all) => self.say("consult.about-with", &[("names", &self.few(all))]),
        };
        let view = self.say(&format!("consult.view-{}", opinion.view.name()), &[]);
        Some(self.say("consult.opinion", &[("view", &view), ("what", &what), ("line", &line.to_string())]))
    }

    /// Whose plans differ from the chosen one, by the list of proposals: none of their areas is in it unchanged.
    fn not_followed(&self, chosen: &Chosen) -> Vec<usize> {
        let follows = |p: &Plan| {
            (0..p.areas.len()).any(|area| {
                let area = u32::try_from(area).unwrap_or(u32::MAX);
                let mut members = p.members(area);
                let first = members.next().map(|m| chosen.plan.of[m]);
                let same = |m: usize| Some(chosen.plan.of[m]) == first;
                first.is_some_and(|a| {
                    a != crate::plan::NONE
                        && p.members(area).all(same)
                        && p.members(area).count() == chosen.plan.members(a).count()
                })
            })
        };
        let all = self.consultation.proposals.iter().enumerate();
        all.filter(|(_, p)| !follows(&p.plan)).map(|(i, _)| i).collect()
    }
}

/// The consultation as the contract's JSON.
#[must_use]
pub fn consult_json(all: &Consulted<'_>) -> Value {
    let pairs = |list: &[(usize, usize)]| -> Vec<Value> {
        list.iter().map(|&(m, a)| json!({ "municipality": all.code(m), "actor": all.actor(a) })).collect()
    };
    let proposals = all.consultation.proposals.iter().zip(all.assessments).map(|(p, found)| {
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
        "proposals": proposals.collect::<Vec<_>>(),
        "overlaps": overlaps.collect::<Vec<_>>(),
        "gaps": all.codes(&all.together.gaps),
        "compatible_sets": sets.collect::<Vec<_>>(),
        "all_sets": all.together.all_sets,
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

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::First => "first",
        Outcome::Acceptable => "acceptable",
        Outcome::NotWanted => "not-wanted",
        Outcome::Refused => "refused",
        Outcome::Spared => "spared",
        Outcome::Silent => "no-area",
    }
}

fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Continues => "continues",
        Fate::Merges => "merges",
        Fate::Divided => "divided",
        Fate::Partial => "partial",
        Fate::Untouched => "untouched",
    }
}

fn hands_json(all: &Consulted<'_>, plan: &Plan, hands: &Hands) -> Value {
    let labels = |areas: &[u32]| areas.iter().map(|&a| plan.areas[a as usize].as_str()).collect::<Vec<_>>();
    let areas = hands.areas.iter().map(|area| {
        let (how, names) = match &area.successor {
            Successor::Named(a) => ("named", vec![all.actor(*a)]),
            Successor::Most(a) => ("most-homes", vec![all.actor(*a)]),
            Successor::New(name) => ("new", vec![name.as_str()]),
            Successor::Undecided(list) => ("undecided", list.iter().map(|&a| all.actor(a)).collect()),
            Successor::Nobody => ("nobody", Vec::new()),
        };
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

/// The consultation for people: an overview, each proposal, overlaps and gaps, compatible sets, the chosen map, and
/// what is wrong in the tables.
#[must_use]
pub fn consult_text(all: &Consulted<'_>, colour: bool, width: usize) -> String {
    let mut page = Page { all, paint: Paint(colour), width: width.clamp(40, 400), out: String::new() };
    page.overview();
    for (i, found) in all.assessments.iter().enumerate() {
        page.proposal(i, found);
    }
    page.together();
    if let Some(chosen) = all.chosen {
        page.chosen(chosen);
    }
    page.faults();
    page.out
}

struct Page<'a> {
    all: &'a Consulted<'a>,
    paint: Paint,
    width: usize,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, ink: Ink, first: &str, text: &str) {
        paragraph(&mut self.out, self.paint, (first, ink), &clean(text), self.width);
    }

    fn head(&mut self, text: &str) {
        self.out.push('\n');
        self.paint.put(&mut self.out, Ink::Bold, &clean(text));
        self.out.push('\n');
    }

    fn column(&self, key: &str, right: bool, wraps: bool) -> Column {
        Column { title: self.all.say(key, &[]), right, wraps }
    }

    fn overview(&mut self) {
        let all = self.all;
        let (n, gaps) = (all.consultation.proposals.len(), all.together.gaps.len());
        let contested = all.together.overlaps.iter().filter(|o| !o.contested.is_empty()).count();
        let (n, gaps, contested) = (all.number(n), all.number(gaps), all.number(contested));
        let sentence = all.say("consult.title", &[("n", &n), ("contested", &contested), ("gaps", &gaps)]);
        self.line(Ink::Bold, "", &sentence);
        self.out.push('\n');
        let heads = [
            self.column("consult.proposal", false, true),
            self.column("head.verdict", false, true),
            self.column("head.municipalities", true, false),
            self.column("consult.remarks", false, true),
        ];
        let proposals = all.consultation.proposals.iter().zip(all.assessments);
        let rows: Vec<Vec<Cell>> = proposals
            .map(|(p, found)| {
                let mut remarks = Vec::new();
                let mut add = |when: bool, key: &str| remarks.extend(when.then(|| all.say(key, &[])));
                add(found.late == Some(true), "consult.late");
                add(!found.unsupported.is_empty(), "consult.unsupported");
                add(found.unmotivated, "consult.unmotivated");
                add(!found.unheard.is_empty(), "consult.unheard");
                let status = found.verdict.status;
                vec![
                    Cell::plain(clean(&p.name)),
                    Cell(all.say(status_key(status), &[]), status_ink(status)),
                    Cell::plain(all.number(found.covers.len())),
                    Cell::plain(remarks.join(", ")),
                ]
            })
            .collect();
        table(&mut self.out, self.paint, &heads, &rows, self.width);
    }

    fn proposal(&mut self, i: usize, found: &Assessment) {
        let all = self.all;
        let proposal = &all.consultation.proposals[i];
        self.head(&proposal.name);
        let some = |text: &str| if text.is_empty() { all.say("consult.not-said", &[]) } else { text.to_owned() };
        let (submitter, date) = (some(&proposal.submitter), some(proposal.date.as_deref().unwrap_or_default()));
        self.line(Ink::Plain, "  ", &all.say("consult.submitted", &[("submitter", &submitter), ("date", &date)]));
        if found.late == Some(true) {
            let deadline = all.context.rulebook.deadline.as_deref().unwrap_or_default();
            self.line(Ink::Doubt, "  ", &all.say("consult.is-late", &[("date", deadline)]));
        }
        if !found.unsupported.is_empty() {
            let (n, names) = (all.number(found.unsupported.len()), all.few(&found.unsupported));
            let values = [("n", n.as_str()), ("names", &names)];
            self.line(Ink::Doubt, "  ", &all.say("consult.is-unsupported", &values));
        }
        if found.unmotivated {
            self.line(Ink::Doubt, "  ", &all.say("consult.is-unmotivated", &[]));
        }
        let mut unheard: Vec<(usize, Vec<usize>)> = Vec::new();
        for &(m, a) in &found.unheard {
            match unheard.iter_mut().find(|(actor, _)| *actor == a) {
                Some((_, list)) => list.push(m),
                None => unheard.push((a, vec![m])),
            }
        }
        for (actor, list) in unheard {
            let names = all.few(&list);
            let sentence = all.say("consult.is-unheard", &[("actor", all.actor(actor)), ("names", &names)]);
            self.line(Ink::Doubt, "  ", &sentence);
        }
        self.findings(&found.verdict);
        self.hands(&proposal.plan, &found.hands, false);
    }

    /// What breaks a hard rule; the rest is in the JSON and in `check`.
    fn findings(&mut self, verdict: &Verdict) {
        let context = &self.all.context;
        for finding in verdict.findings.iter().filter(|f| f.severity == Severity::Violation) {
            let ink = if finding.derogation.is_some() { Ink::Granted } else { Ink::Bad };
            let sentence = words::finding(context.lang, finding, context.territory);
            self.line(ink, &format!("  {} ", finding.code), &sentence);
        }
    }

    fn hands(&mut self, plan: &Plan, hands: &Hands, with_flows: bool) {
        let all = self.all;
        if hands.flows.is_empty() {
            return;
        }
        let label = |area: u32| plan.areas[area as usize].as_str();
        for area in &hands.areas {
            let successor = all.successor(&area.successor);
            let mut values = vec![("area", label(area.area)), ("successor", successor.as_str())];
            let without = words::list(all.context.lang, &area.without);
            if !area.without.is_empty() {
                values.push(("without", &without));
            }
            self.line(Ink::Plain, "  ", &all.say("consult.succeeds", &values));
        }
        if !with_flows {
            return;
        }
        self.out.push('\n');
        let heads = [
            self.column("consult.actor", false, true),
            self.column("consult.fate", false, true),
            self.column("consult.keeps", true, false),
            self.column("consult.gives", true, false),
            self.column("consult.takes", true, false),
        ];
        let rows: Vec<Vec<Cell>> = hands
            .actors
            .iter()
            .map(|a| {
                let areas: Vec<&str> = a.carries_on_in.iter().chain(&a.gives_to).map(|&x| label(x)).collect();
                let areas = words::list(all.context.lang, &areas);
                let fate = all.say(&format!("consult.fate-{}", fate_name(a.fate)), &[("areas", &areas)]);
                let homes = |n: u64| Cell::plain(all.homes(n));
                vec![
                    Cell::plain(clean(all.actor(a.actor))),
                    Cell::plain(clean(&fate)),
                    homes(a.keeps),
                    homes(a.gives),
                    homes(a.takes),
                ]
            })
            .collect();
        table(&mut self.out, self.paint, &heads, &rows, self.width);
        if hands.flows.iter().any(|f| f.homes.is_none()) {
            self.line(Ink::Doubt, "", &all.say("consult.some-unknown", &[]));
        }
        let moving: Vec<_> = hands.flows.iter().filter(|f| !f.stays).filter_map(|f| Some((f, f.area?))).collect();
        if moving.is_empty() {
            return;
        }
        self.out.push('\n');
        let heads = [
            self.column("consult.from", false, true),
            self.column("consult.municipality", false, true),
            self.column("consult.to", false, true),
            self.column("consult.homes", true, false),
        ];
        let rows: Vec<Vec<Cell>> = moving
            .into_iter()
            .map(|(f, area)| {
                let unknown = || all.say("consult.not-known", &[]);
                let to = all.successor(&hands.areas[area as usize].successor);
                vec![
                    Cell::plain(clean(all.actor(f.actor))),
                    Cell::plain(all.names(&[f.municipality])),
                    Cell::plain(clean(&format!("{to}, {}", label(area)))),
                    Cell::plain(f.homes.map_or_else(unknown, |n| all.homes(n))),
                ]
            })
            .collect();
        table(&mut self.out, self.paint, &heads, &rows, self.width);
    }

    fn together(&mut self) {
        const MOST: usize = 20;
        let all = self.all;
        self.head(&all.say("consult.together", &[]));
        for overlap in &all.together.overlaps {
            let (a, b) = (all.proposal(overlap.a), all.proposal(overlap.b));
            for (list, key, ink) in
                [(&overlap.contested, "consult.contested", Ink::Bad), (&overlap.agreed, "consult.agreed", Ink::Plain)]
            {
                if !list.is_empty() {
                    let names = all.few(list);
                    self.line(ink, "  ", &all.say(key, &[("a", a), ("b", b), ("names", &names)]));
                }
            }
        }
        if !all.together.gaps.is_empty() {
            let (n, names) = (all.number(all.together.gaps.len()), all.few(&all.together.gaps));
            self.line(Ink::Doubt, "  ", &all.say("consult.gap", &[("n", &n), ("names", &names)]));
        }
        for set in all.together.sets.iter().take(MOST) {
            let names: Vec<&str> = set.iter().map(|&p| all.proposal(p)).collect();
            let names = words::list(all.context.lang, &names);
            self.line(Ink::Plain, "  ", &all.say("consult.set", &[("names", &names)]));
        }
        let more = all.together.sets.len().saturating_sub(MOST);
        if more > 0 {
            let key = if all.together.all_sets { "consult.more-sets" } else { "consult.many-sets" };
            self.line(Ink::Plain, "  ", &all.say(key, &[("n", &all.number(more))]));
        }
    }

    fn chosen(&mut self, chosen: &Chosen) {
        let all = self.all;
        self.head(&all.say("consult.chosen", &[("plan", &chosen.plan.name)]));
        let status = all.say(status_key(chosen.verdict.status), &[]);
        self.line(Ink::Plain, "  ", &all.say("consult.is", &[("verdict", &status)]));
        self.findings(&chosen.verdict);
        let (followed, overruled): (Vec<&Stance>, Vec<&Stance>) =
            chosen.stances.iter().partition(|s| !s.outcome.overrules());
        let (n, over) = (all.number(followed.len()), all.number(overruled.len()));
        self.line(Ink::Plain, "  ", &all.say("consult.followed", &[("n", &n), ("overruled", &over)]));
        if !overruled.is_empty() {
            self.line(Ink::Plain, "  ", &all.say("consult.must-motivate", &[]));
        }
        for stance in overruled {
            self.line(Ink::Bad, "    ", &all.overruled(stance));
        }
        let not_followed: Vec<&str> = all.not_followed(chosen).into_iter().map(|p| all.proposal(p)).collect();
        if !not_followed.is_empty() {
            let names = words::list(all.context.lang, &not_followed);
            self.line(Ink::Plain, "  ", &all.say("consult.not-followed", &[("names", &names)]));
        }
        self.hands(&chosen.plan, &chosen.hands, true);
    }

    fn faults(&mut self) {
        let all = self.all;
        if all.consultation.faults.is_empty() {
            return;
        }
        let n = all.number(all.consultation.faults.len());
        self.head(&all.say("consult.faults", &[("n", &n)]));
        for fault in &all.consultation.faults {
            let line = fault.line.to_string();
            let mut values = vec![("file", fault.file.as_str())];
            if fault.line > 0 {
                values.push(("line", &line));
            }
            let at = all.say("consult.at", &values);
            self.line(Ink::Doubt, &format!("  {} ", fault.code), &format!("{at}: {}", all.fault(fault)));
        }
    }
}
