//! A consultation as text, JSON, letters, and a table and a chart of what changes hands.

mod flow;
mod json;
mod letters;
mod text;

pub use flow::flows_csv;
pub use json::consult_json;
pub use letters::{LetterFile, Letters};
pub use text::consult_text;

use super::Context;
use super::text::{count, status_key};
use crate::consultation::hands::{Fate, Hands, Successor};
use crate::consultation::{
    About, Actor, Assessment, Clash, Consultation, Fault, Left, Opinion, Outcome, Overlap, Proposal, Rest, Rests,
    Stance, Together,
};
use crate::plan::{NONE, Plan};
use crate::rules::{Severity, Verdict};
use crate::territory::InputDigest;
use crate::words::{self, clean, say};

/// Most municipalities that a sentence names.
const MOST_NAMES: usize = 12;

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

/// A maximal set of compatible proposals, taken as one map.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// The map.
    pub plan: Plan,
    /// The verdict on the areas that it has.
    pub verdict: Verdict,
}

impl Union {
    /// Ids of the hard rules that it breaks without a derogation, sorted.
    #[must_use]
    pub fn broken(&self) -> Vec<&str> {
        let broken = |f: &&crate::rules::Finding| f.severity == Severity::Violation && f.derogation.is_none();
        let mut rules: Vec<&str> = self.verdict.findings.iter().filter(broken).map(|f| f.rule.as_str()).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }
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
    /// The maximal sets as one map each, in the order of the sets; perhaps only of the first.
    pub unions: &'a [Union],
    /// What the rest could become, beside each proposal and each union; none where that was not asked.
    pub rests: Option<&'a Rests>,
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
        let names = self.names(&all[..all.len().min(MOST_NAMES)]);
        match all.len() - all.len().min(MOST_NAMES) {
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

    /// Where a fault lies.
    fn at(&self, fault: &Fault) -> String {
        let line = fault.line.to_string();
        let mut values = vec![("file", fault.file.as_str())];
        if fault.line > 0 {
            values.push(("line", &line));
        }
        self.say("consult.at", &values)
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
        self.say(key, &[("who", &who), ("said", &self.said(stance))])
    }

    fn opinion_at(&self, line: u32) -> Option<String> {
        let opinions = &self.consultation.opinions;
        // They are in the order of the table.
        let opinion: &Opinion = &opinions[opinions.binary_search_by_key(&line, |o| o.line).ok()?];
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
                    a != NONE && p.members(area).all(same) && p.members(area).count() == chosen.plan.members(a).count()
                })
            })
        };
        let all = self.consultation.proposals.iter().enumerate();
        all.filter(|(_, p)| !follows(&p.plan)).map(|(i, _)| i).collect()
    }

    /// One sentence on the whole.
    fn title(&self) -> String {
        let (n, gaps) = (self.number(self.consultation.proposals.len()), self.number(self.together.gaps.len()));
        let contested = self.number(self.together.contesting);
        self.say("consult.title", &[("n", &n), ("contested", &contested), ("gaps", &gaps)])
    }

    /// What is remarkable about a proposal, in a few words each.
    fn remarks(&self, found: &Assessment) -> String {
        let all = [
            (found.late == Some(true), "consult.late"),
            (!found.unsupported.is_empty(), "consult.unsupported"),
            (found.unmotivated, "consult.unmotivated"),
            (!found.unheard.is_empty(), "consult.unheard"),
        ];
        let remarks: Vec<String> = all.iter().filter(|r| r.0).map(|r| self.say(r.1, &[])).collect();
        remarks.join(", ")
    }

    /// Who submitted it, and when.
    fn submitted(&self, proposal: &Proposal) -> String {
        let some = |text: &str| if text.is_empty() { self.say("consult.not-said", &[]) } else { text.to_owned() };
        let (submitter, date) = (some(&proposal.submitter), some(proposal.date.as_deref().unwrap_or_default()));
        self.say("consult.submitted", &[("submitter", &submitter), ("date", &date)])
    }

    /// What is late or missing about a proposal, one sentence each.
    fn missing(&self, found: &Assessment) -> Vec<String> {
        let mut sentences = Vec::new();
        if found.late == Some(true) {
            let deadline = self.context.rulebook.deadline.as_deref().unwrap_or_default();
            sentences.push(self.say("consult.is-late", &[("date", deadline)]));
        }
        if !found.unsupported.is_empty() {
            let (n, names) = (self.number(found.unsupported.len()), self.few(&found.unsupported));
            sentences.push(self.say("consult.is-unsupported", &[("n", &n), ("names", &names)]));
        }
        if found.unmotivated {
            sentences.push(self.say("consult.is-unmotivated", &[]));
        }
        let mut unheard: Vec<(usize, usize)> = found.unheard.iter().map(|&(m, a)| (a, m)).collect();
        unheard.sort_unstable();
        for own in unheard.chunk_by(|x, y| x.0 == y.0) {
            let names = self.few(&own.iter().map(|&(_, m)| m).collect::<Vec<_>>());
            sentences.push(self.say("consult.is-unheard", &[("actor", self.actor(own[0].0)), ("names", &names)]));
        }
        sentences
    }

    /// Who carries on in each area, one sentence each; empty where no actor is known.
    fn succeeds(&self, plan: &Plan, hands: &Hands) -> Vec<String> {
        let sentence = |area: &crate::consultation::hands::AreaHands| {
            let successor = self.successor(&area.successor);
            let mut values = vec![("area", plan.areas[area.area as usize].as_str()), ("successor", successor.as_str())];
            let without = words::list(self.context.lang, &area.without);
            if !area.without.is_empty() {
                values.push(("without", &without));
            }
            self.say("consult.succeeds", &values)
        };
        if hands.flows.is_empty() { Vec::new() } else { hands.areas.iter().map(sentence).collect() }
    }

    /// The actors that a plan concerns, a row each: name, what becomes of it, what it keeps, gives, takes.
    fn fates(&self, plan: &Plan, hands: &Hands) -> Vec<[String; 5]> {
        let row = |a: &crate::consultation::hands::ActorHands| {
            let areas = a.carries_on_in.iter().chain(&a.gives_to).map(|&x| plan.areas[x as usize].as_str());
            let areas = words::list(self.context.lang, &areas.collect::<Vec<_>>());
            let fate = self.say(&format!("consult.fate-{}", fate_name(a.fate)), &[("areas", &areas)]);
            [clean(self.actor(a.actor)), fate, self.homes(a.keeps), self.homes(a.gives), self.homes(a.takes)]
        };
        hands.actors.iter().filter(|a| a.fate != Fate::Untouched).map(row).collect()
    }

    /// What changes hands, a row each: from whom, where, to whom, how many homes.
    fn moving(&self, plan: &Plan, hands: &Hands) -> Vec<[String; 4]> {
        let moving = hands.flows.iter().filter(|f| !f.stays).filter_map(|f| Some((f, f.area?)));
        let row = |(f, area): (&crate::consultation::hands::Flow, u32)| {
            let to = self.successor(&hands.areas[area as usize].successor);
            [
                clean(self.actor(f.actor)),
                self.names(&[f.municipality]),
                clean(&format!("{to}, {}", plan.areas[area as usize])),
                f.homes.map_or_else(|| self.say("consult.not-known", &[]), |n| self.homes(n)),
            ]
        };
        moving.map(row).collect()
    }

    /// What two proposals have in common, one sentence each, and whether it is contested.
    fn overlap(&self, overlap: &Overlap) -> Vec<(bool, String)> {
        let (a, b) = (self.proposal(overlap.a), self.proposal(overlap.b));
        let both = [(&overlap.contested, "consult.contested", true), (&overlap.agreed, "consult.agreed", false)];
        let some = both.into_iter().filter(|(list, ..)| !list.is_empty());
        some.map(|(list, key, bad)| (bad, self.say(key, &[("a", a), ("b", b), ("names", &self.few(list))]))).collect()
    }

    /// Says how many overlaps there are beyond those that are listed, if any.
    fn more_overlaps(&self) -> Option<String> {
        let more = self.together.all_overlaps - self.together.overlaps.len();
        (more > 0).then(|| self.say("consult.more-overlaps", &[("n", &self.number(more))]))
    }

    /// Who is in no proposal.
    fn gap(&self) -> Option<String> {
        let gaps = &self.together.gaps;
        let values = [("n", self.number(gaps.len())), ("names", self.few(gaps))];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        (!gaps.is_empty()).then(|| self.say("consult.gap", &values))
    }

    /// Which proposals a set holds, and how it fares as one map.
    fn set(&self, i: usize) -> String {
        let names: Vec<&str> = self.together.sets[i].iter().map(|&p| self.proposal(p)).collect();
        let names = words::list(self.context.lang, &names);
        let mut sentence = self.say("consult.set", &[("names", &names)]);
        if let Some(union) = self.unions.get(i) {
            sentence.push(' ');
            sentence.push_str(&self.as_one_map(union));
        }
        sentence
    }

    fn as_one_map(&self, union: &Union) -> String {
        let verdict = self.say(status_key(union.verdict.status), &[]);
        let rules = words::list(self.context.lang, &union.broken());
        let mut values = vec![("verdict", verdict.as_str())];
        if !rules.is_empty() {
            values.push(("rules", &rules));
        }
        self.say("consult.one-map", &values)
    }

    /// How many sets there are beyond the first so many, if any.
    fn more_sets(&self, shown: usize) -> Option<String> {
        let more = self.together.sets.len().saturating_sub(shown);
        let key = if self.together.all_sets { "consult.more-sets" } else { "consult.many-sets" };
        (more > 0).then(|| self.say(key, &[("n", &self.number(more))]))
    }

    /// What the rest could become, one sentence a region, then the best completion. Of a set, which leaves most regions open,
    /// only the regions of which something is wrong, and all together.
    fn rest(&self, rest: &Rest, is_set: bool) -> Vec<(bool, String)> {
        let lang = self.context.lang;
        let mut sentences = Vec::new();
        let told = |left: &&Left| !is_set || left.count.as_ref().map_or(true, |n| n.to_string() == "0");
        for left in rest.regions.iter().filter(told) {
            let (n, names) = (self.number(left.municipalities.len()), self.few(&left.municipalities));
            let mut values = vec![("region", left.region.as_str()), ("n", &n), ("names", &names)];
            match &left.count {
                Err(reason) => {
                    values.push(("reason", reason));
                    sentences.push((true, self.say("rest.not-counted", &values)));
                }
                Ok(count) if left.clash.is_none() && count.to_string() == "0" => {
                    sentences.push((true, self.say("rest.none", &values)));
                }
                Ok(count) => {
                    let count = words::grouped(lang, &count.to_string());
                    values.push(("count", &count));
                    match &left.clash {
                        None => sentences.push((false, self.say("rest.count", &values))),
                        Some(clash) => {
                            let none = self.say("rest.none", &values);
                            sentences.push((true, format!("{none} {}", self.clash(clash))));
                        }
                    }
                }
            }
        }
        if let Some(count) = rest.count.as_ref().filter(|_| is_set && !rest.is_impossible()) {
            let (n, count) = (self.number(rest.regions.len()), words::grouped(lang, &count.to_string()));
            sentences.push((false, self.say("rest.all", &[("n", &n), ("count", &count)])));
        }
        if rest.regions.is_empty() {
            sentences.push((false, self.say("rest.nothing", &[])));
        } else if let Some(best) = &rest.best {
            let km = words::number(lang, best.cut_border_km, 1);
            let verdict = self.say(status_key(best.verdict.status), &[]);
            sentences.push((false, self.say("rest.best", &[("km", &km), ("verdict", &verdict)])));
        }
        sentences
    }

    /// What the counts of the rest leave out and rest on.
    fn rest_notes(&self) -> Vec<String> {
        let Some(rests) = self.rests else { return Vec::new() };
        let lang = self.context.lang;
        let estimated: Vec<String> = rests.estimated.iter().map(|name| words::attribute(lang, name)).collect();
        let all = [("rest.leaves-out", &rests.untested), ("rest.estimated", &estimated)];
        let some = all.into_iter().filter(|(_, list)| !list.is_empty());
        some.map(|(key, list)| self.say(key, &[("names", &words::list(lang, list))])).collect()
    }

    fn clash(&self, clash: &Clash) -> String {
        let lang = self.context.lang;
        let names = self.names(&clash.municipalities.iter().map(|&m| m as usize).collect::<Vec<_>>());
        let rules = words::list(lang, &clash.demands.iter().map(ToString::to_string).collect::<Vec<_>>());
        let n = self.number(clash.municipalities.len());
        let mut values = vec![("region", clash.region.as_str()), ("rules", &*rules), ("n", &*n)];
        if let Some((attribute, has, needed)) = &clash.shortfall {
            let known = self.context.territory.attribute(attribute);
            let unit = known.map_or("", |a| a.unit.as_str());
            // As in the tables: what is estimated has a tilde.
            let tilde = if known.is_some_and(|a| a.estimated) { "~" } else { "" };
            let (has, needed) = (words::quantity(lang, *has, unit), words::quantity(lang, *needed, unit));
            let has = format!("{tilde}{has}");
            let attribute = words::attribute(lang, attribute);
            values.extend([("names", &*names), ("has", &*has), ("needed", &*needed), ("attribute", &*attribute)]);
            return self.say("rest.shortfall", &values);
        }
        if !names.is_empty() {
            values.push(("names", &names));
        }
        self.say("rest.clash", &values)
    }

    /// What a party said, in the words of its opinions.
    fn said(&self, stance: &Stance) -> String {
        let said: Vec<String> = stance.lines.iter().filter_map(|&line| self.opinion_at(line)).collect();
        words::list(self.context.lang, &said)
    }
}

/// How a successor is known, and who it is or may be.
fn how<'n>(successor: &'n Successor, actors: &'n [Actor]) -> (&'static str, Vec<&'n str>) {
    let name = |a: &usize| actors[*a].name.as_str();
    match successor {
        Successor::Named(a) => ("named", vec![name(a)]),
        Successor::Most(a) => ("most-homes", vec![name(a)]),
        Successor::New(new) => ("new", vec![new.as_str()]),
        Successor::Undecided(list) => ("undecided", list.iter().map(name).collect()),
        Successor::Nobody => ("nobody", Vec::new()),
    }
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
