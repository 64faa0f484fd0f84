//! A consultation for people, in a terminal.

use super::super::table::{Cell, Column, Ink, Paint, paragraph, table};
use super::super::text::{status_ink, status_key};
use super::{Chosen, Consulted};
use crate::consultation::hands::Hands;
use crate::consultation::{Assessment, Proposal, Rest, Stance};
use crate::plan::Plan;
use crate::rules::{Severity, Verdict};
use crate::words::{self, clean};

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
        self.line(Ink::Bold, "", &all.title());
        self.out.push('\n');
        let heads = [
            self.column("consult.proposal", false, true),
            self.column("head.verdict", false, true),
            self.column("head.municipalities", true, false),
            self.column("consult.remarks", false, true),
        ];
        let proposals = all.consultation.proposals.iter().zip(all.assessments);
        let row = |(p, found): (&Proposal, &Assessment)| {
            let status = found.verdict.status;
            vec![
                Cell::plain(clean(&p.name)),
                Cell(all.say(status_key(status), &[]), status_ink(status)),
                Cell::plain(all.number(found.covers.len())),
                Cell::plain(all.remarks(found)),
            ]
        };
        table(&mut self.out, self.paint, &heads, &proposals.map(row).collect::<Vec<_>>(), self.width);
    }

    fn proposal(&mut self, i: usize, found: &Assessment) {
        let all = self.all;
        let proposal = &all.consultation.proposals[i];
        self.head(&proposal.name);
        self.line(Ink::Plain, "  ", &all.submitted(proposal));
        for sentence in all.missing(found) {
            self.line(Ink::Doubt, "  ", &sentence);
        }
        self.findings(&found.verdict);
        self.hands(&proposal.plan, &found.hands, false);
        if let Some(rests) = all.rests {
            self.rest(&rests.proposals[i], false);
        }
    }

    fn rest(&mut self, rest: &Rest, is_set: bool) {
        for (bad, sentence) in self.all.rest(rest, is_set) {
            self.line(if bad { Ink::Bad } else { Ink::Plain }, if is_set { "    " } else { "  " }, &sentence);
        }
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
        for sentence in all.succeeds(plan, hands) {
            self.line(Ink::Plain, "  ", &sentence);
        }
        if hands.flows.is_empty() || !with_flows {
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
        let rows: Vec<Vec<Cell>> = all.fates(plan, hands).into_iter().map(|row| row.map(Cell::plain).into()).collect();
        table(&mut self.out, self.paint, &heads, &rows, self.width);
        if hands.flows.iter().any(|f| f.homes.is_none()) {
            self.line(Ink::Doubt, "", &all.say("consult.some-unknown", &[]));
        }
        let rows: Vec<Vec<Cell>> = all.moving(plan, hands).into_iter().map(|row| row.map(Cell::plain).into()).collect();
        if rows.is_empty() {
            return;
        }
        self.out.push('\n');
        let heads = [
            self.column("consult.from", false, true),
            self.column("consult.municipality", false, true),
            self.column("consult.to", false, true),
            self.column("consult.homes", true, false),
        ];
        table(&mut self.out, self.paint, &heads, &rows, self.width);
    }

    fn together(&mut self) {
        const MOST: usize = 20;
        let all = self.all;
        self.head(&all.say("consult.together", &[]));
        for (bad, sentence) in all.together.overlaps.iter().flat_map(|o| all.overlap(o)) {
            self.line(if bad { Ink::Bad } else { Ink::Plain }, "  ", &sentence);
        }
        for sentence in all.more_overlaps().into_iter().chain(all.gap()) {
            self.line(Ink::Doubt, "  ", &sentence);
        }
        for i in 0..all.together.sets.len().min(MOST) {
            self.line(Ink::Plain, "  ", &all.set(i));
            if let Some(rest) = all.rests.and_then(|r| r.sets.get(i)) {
                self.rest(rest, true);
            }
        }
        if let Some(sentence) = all.more_sets(MOST) {
            self.line(Ink::Plain, "  ", &sentence);
        }
        for sentence in all.rest_notes() {
            self.line(Ink::Doubt, "  ", &sentence);
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
            self.line(Ink::Doubt, &format!("  {} ", fault.code), &format!("{}: {}", all.at(fault), all.fault(fault)));
        }
    }
}
