//! The consultation as pages for letters: one a proposal and an overview, each as Markdown and as HTML, with the map, the
//! chart and the table of what changes hands beside it.

use super::super::document::{Document, Picture, Table, Text};
use super::super::map::map_svg;
use super::super::text::{areas, below, groups, headline, rests_on, status_key};
use super::flow::{flows_csv, flows_svg};
use super::{Consulted, outcome_name};
use crate::consultation::hands::Hands;
use crate::consultation::{Assessment, Outcome, Proposal, Rest, Stance, stances};
use crate::plan::Plan;
use crate::rules::Verdict;
use crate::words::{self, clean, say};

/// Most letters of a file name, its ending apart.
const LONGEST: usize = 60;
/// The file of the overview; no proposal's file has this name.
const OVERVIEW: &str = "overview";
/// Names that some systems keep for devices.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A file of the letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterFile {
    /// Its name: letters, digits, `-`, `_` and dots, never a path.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The letters of a consultation.
#[derive(Debug, Clone)]
pub struct Letters<'a> {
    all: &'a Consulted<'a>,
    /// The file name of each proposal, its ending apart.
    stems: Vec<String>,
}

impl<'a> Letters<'a> {
    /// Gives each proposal a file name: its own, with what is no ASCII letter or digit made a dash; where two would
    /// be the same (capitals aside) the later ones get a number.
    #[must_use]
    pub fn new(all: &'a Consulted<'a>) -> Self {
        let stems = stems(all.consultation.proposals.iter().map(|p| p.name.as_str()));
        Self { all, stems }
    }

    /// How many pages there are: one a proposal, and the overview.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.stems.len() + 1
    }

    /// The files of a page; the overview comes after the proposals.
    #[must_use]
    pub fn files(&self, page: usize) -> Vec<LetterFile> {
        let all = self.all;
        let proposal = all.consultation.proposals.get(page).zip(all.assessments.get(page));
        let (stem, document, flows) = match proposal {
            Some((proposal, found)) => {
                let flows = flows_csv(all, [(&proposal.plan, &found.hands)]);
                (self.stems[page].as_str(), self.letter(page, proposal, found), flows)
            }
            None => {
                let proposals = all.consultation.proposals.iter().zip(all.assessments);
                let plans = proposals.map(|(p, found)| (&p.plan, &found.hands));
                let chosen = all.chosen.iter().map(|chosen| (&chosen.plan, &chosen.hands));
                (OVERVIEW, self.overview(), flows_csv(all, plans.chain(chosen)))
            }
        };
        let file = |name: String, bytes: &[u8]| LetterFile { name, bytes: bytes.to_vec() };
        let mut files = vec![
            file(format!("{stem}.md"), document.markdown().as_bytes()),
            file(format!("{stem}.html"), document.html().as_bytes()),
            file(flow_table(stem), &flows),
        ];
        files.extend(document.pictures().map(|(name, svg)| file(name.to_owned(), svg.as_bytes())));
        files
    }

    fn say(&self, key: &str) -> String {
        self.all.say(&format!("letter.{key}"), &[])
    }

    fn titled(&self, key: &str, name: &str, value: &str) -> String {
        self.all.say(&format!("letter.{key}"), &[(name, value)])
    }

    /// The page of a proposal.
    fn letter(&self, i: usize, proposal: &Proposal, found: &Assessment) -> Document {
        let (all, stem) = (self.all, self.stems[i].as_str());
        let lang = all.context.lang;
        let mut page = Document::new(lang, &self.titled("title", "name", &proposal.name));
        page.say(Text::strong(&headline(&all.context, &found.verdict)));
        page.say(all.submitted(proposal));
        page.say(match &proposal.councils[..] {
            [] => self.say("no-councils"),
            councils => self.titled("councils", "names", &words::list(lang, councils)),
        });
        if !proposal.motivation.is_empty() {
            page.say(self.titled("motivation", "text", &proposal.motivation));
        }
        page.head(2, &self.say("missing"));
        let missing = all.missing(found);
        if missing.is_empty() {
            page.say(self.say("nothing-missing"));
        }
        page.list(missing);
        self.verdict(&mut page, stem, &proposal.plan, &found.verdict);

        page.head(2, &self.say("others"));
        let common: Vec<Text> = (all.together.overlaps.iter())
            .filter(|o| o.a == i || o.b == i)
            .flat_map(|o| {
                let other = if o.a == i { o.b } else { o.a };
                let link = Text::link(all.proposal(other), &self.stems[other]).and(": ");
                all.overlap(o).into_iter().map(move |(_, sentence)| link.clone().and(sentence))
            })
            .collect();
        if common.is_empty() {
            page.say(self.say("no-overlap"));
        }
        page.list(common);
        if let Some(more) = all.more_overlaps() {
            page.say(more);
        }
        self.opinions(&mut page, &stances(all.consultation, &proposal.plan));
        self.hands(&mut page, stem, &proposal.plan, &found.hands);
        self.rest(&mut page, all.rests.and_then(|r| r.proposals.get(i)));
        self.close(&mut page, Some(&found.verdict));
        page.say(Text::link(&self.say("back"), OVERVIEW));
        page
    }

    fn overview(&self) -> Document {
        let all = self.all;
        let mut page = Document::new(all.context.lang, &self.say("overview"));
        page.say(Text::strong(&all.title()));
        page.head(2, &self.say("proposals"));
        let heads = ["proposal", "verdict", "submitter", "date", "municipalities", "remarks"];
        let rows = all.consultation.proposals.iter().zip(all.assessments).zip(&self.stems);
        let row = |((p, found), stem): ((&Proposal, &Assessment), &String)| {
            vec![
                Text::link(&p.name, stem),
                all.say(status_key(found.verdict.status), &[]).into(),
                p.submitter.as_str().into(),
                p.date.as_deref().unwrap_or_default().into(),
                all.number(found.covers.len()).into(),
                all.remarks(found).into(),
            ]
        };
        page.table(self.table(&self.say("proposals"), &heads, rows.map(row).collect()));

        page.head(2, &self.say("conflicts"));
        let overlaps: Vec<String> = all.together.overlaps.iter().flat_map(|o| all.overlap(o)).map(|o| o.1).collect();
        if overlaps.is_empty() {
            page.say(self.say("no-conflict"));
        }
        page.list(overlaps);
        page.list(all.more_overlaps());
        page.head(2, &self.say("gaps"));
        page.say(all.gap().unwrap_or_else(|| self.say("no-gap")));

        page.head(2, &self.say("sets"));
        for i in 0..all.unions.len() {
            page.say(all.set(i));
            if let Some(rest) = all.rests.and_then(|r| r.sets.get(i)) {
                page.list(all.rest(rest, true).into_iter().map(|r| r.1));
            }
        }
        page.list(all.more_sets(all.unions.len()));
        page.list(all.rest_notes());
        if let Some(chosen) = all.chosen {
            page.head(2, &all.say("consult.chosen", &[("plan", &chosen.plan.name)]));
            page.say(Text::strong(&headline(&all.context, &chosen.verdict)));
            let (overruled, followed): (Vec<&Stance>, Vec<&Stance>) =
                chosen.stances.iter().partition(|s| s.outcome.overrules());
            let (n, over) = (all.number(followed.len()), all.number(overruled.len()));
            page.say(all.say("consult.followed", &[("n", &n), ("overruled", &over)]));
            if !overruled.is_empty() {
                page.say(all.say("consult.must-motivate", &[]));
            }
            page.list(overruled.into_iter().map(|stance| all.overruled(stance)));
            let names: Vec<&str> = all.not_followed(chosen).into_iter().map(|p| all.proposal(p)).collect();
            if !names.is_empty() {
                page.say(all.say("consult.not-followed", &[("names", &words::list(all.context.lang, &names))]));
            }
            self.verdict(&mut page, OVERVIEW, &chosen.plan, &chosen.verdict);
            self.hands(&mut page, OVERVIEW, &chosen.plan, &chosen.hands);
        }
        if !all.consultation.faults.is_empty() {
            let n = all.number(all.consultation.faults.len());
            page.head(2, &all.say("consult.faults", &[("n", &n)]));
            let fault =
                |f: &crate::consultation::Fault| Text::strong(f.code).and(format!(" {}: {}", all.at(f), all.fault(f)));
            page.list(all.consultation.faults.iter().map(fault));
        }
        self.close(&mut page, all.chosen.map(|c| &c.verdict));
        page
    }

    fn table(&self, caption: &str, heads: &[&str], rows: Vec<Vec<Text>>) -> Table {
        let numbers = ["municipalities", "homes", "keeps", "gives", "takes"];
        let head = |key: &&str| (self.say(&format!("head-{key}")), numbers.contains(key));
        Table { caption: caption.to_owned(), heads: heads.iter().map(head).collect(), rows }
    }

    /// The table per area, the members of each, the findings with remedy and source, the map.
    fn verdict(&self, page: &mut Document, stem: &str, plan: &Plan, verdict: &Verdict) {
        let all = self.all;
        page.head(2, &self.say("areas"));
        let (columns, rows) = areas(&all.context, verdict);
        let heads = columns.into_iter().map(|c| (c.title, c.right)).collect();
        let rows = rows.into_iter().map(|row| row.into_iter().map(|cell| cell.0.into()).collect()).collect();
        page.table(Table { caption: self.titled("areas-of", "plan", &plan.name), heads, rows });
        let members = (0..).zip(&plan.areas).map(|(area, label)| {
            let names = all.names(&plan.members(area).collect::<Vec<_>>());
            vec![Text::from(label.as_str()), names.into()]
        });
        page.table(self.table(&self.say("members"), &["area", "members"], members.collect()));
        page.head(2, &self.say("findings"));
        if verdict.findings.is_empty() {
            page.say(self.say("no-findings"));
        }
        for (key, _, findings) in groups(verdict) {
            if findings.is_empty() {
                continue;
            }
            page.head(3, &say(all.context.lang, key, &[("n", &all.number(findings.len()))]));
            for finding in findings {
                let sentence = words::finding(all.context.lang, finding, all.context.territory);
                page.say(Text::strong(finding.code).and(format!(" {sentence}")));
                page.list(below(&all.context, finding).into_iter().map(|(label, text)| format!("{label} {text}")));
            }
        }
        if let Ok(svg) = map_svg(&all.context, plan, Some(verdict)) {
            page.head(2, &self.say("map"));
            page.picture(Picture {
                svg,
                file: format!("{stem}.svg"),
                caption: self.titled("map-of", "plan", &plan.name),
            });
        }
    }

    /// Who is for a plan and who is against it, among those whose municipality it covers.
    fn opinions(&self, page: &mut Document, stances: &[Stance]) {
        let all = self.all;
        page.head(2, &self.say("opinions"));
        let mut given: Vec<&Stance> = stances.iter().filter(|s| s.outcome != Outcome::Silent).collect();
        given.sort_by_key(|s| s.outcome.overrules());
        let against = given.iter().filter(|s| s.outcome.overrules()).count();
        let (n, no) = (all.number(given.len() - against), all.number(against));
        if given.is_empty() {
            page.say(self.say("no-opinions"));
            return;
        }
        page.say(all.say("letter.for-and-against", &[("n", &n), ("against", &no)]));
        let row = |stance: &&Stance| {
            let who = stance.actor.map_or_else(|| self.say("itself"), |a| clean(all.actor(a)));
            let outcome = self.say(&format!("outcome-{}", outcome_name(stance.outcome)));
            vec![all.names(&[stance.municipality]).into(), who.into(), outcome.into(), all.said(stance).into()]
        };
        let heads = ["municipality", "who", "stand", "said"];
        page.table(self.table(&self.say("opinions"), &heads, given.iter().map(row).collect()));
    }

    fn hands(&self, page: &mut Document, stem: &str, plan: &Plan, hands: &Hands) {
        let all = self.all;
        page.head(2, &self.say("hands"));
        let Some(svg) = flows_svg(all, plan, hands) else {
            page.say(self.say("no-hands"));
            return;
        };
        page.list(all.succeeds(plan, hands));
        let rows = |rows: Vec<Vec<String>>| -> Vec<Vec<Text>> {
            rows.into_iter().map(|row| row.into_iter().map(Text::from).collect()).collect()
        };
        let fates = all.fates(plan, hands).into_iter().map(Vec::from).collect();
        let heads = ["actor", "fate", "keeps", "gives", "takes"];
        page.table(self.table(&self.say("fates"), &heads, rows(fates)));
        let moving = all.moving(plan, hands).into_iter().map(Vec::from).collect();
        page.table(self.table(&self.say("moving"), &["from", "municipality", "to", "homes"], rows(moving)));
        if hands.flows.iter().any(|f| f.homes.is_none()) {
            page.say(all.say("consult.some-unknown", &[]));
        }
        let caption = self.titled("chart-of", "plan", &plan.name);
        page.picture(Picture { svg, file: format!("{stem}.flow.svg"), caption });
        page.say(self.titled("file", "file", &flow_table(stem)));
    }

    fn rest(&self, page: &mut Document, rest: Option<&Rest>) {
        let Some(rest) = rest else { return };
        page.head(2, &self.say("rest"));
        page.list(self.all.rest(rest, false).into_iter().map(|r| r.1));
        page.list(self.all.rest_notes());
    }

    /// What all of it rests on.
    fn close(&self, page: &mut Document, verdict: Option<&Verdict>) {
        let all = self.all;
        page.head(2, &self.say("rests-on"));
        let estimated = |v: &Verdict| v.areas.iter().any(|row| row.sums.iter().any(|s| s.estimated));
        let mut basis = rests_on(&all.context);
        if verdict.is_some_and(estimated) {
            basis.push(' ');
            basis.push_str(&all.say("basis.estimated", &[]));
        }
        page.say(basis);
        page.list(all.inputs.iter().map(|input| format!("{} (SHA-256 {})", input.path, input.sha256)));
    }
}

/// The file with what changes hands.
fn flow_table(stem: &str) -> String {
    format!("{stem}.flow.csv")
}

/// A file name for each of some names, in their order; all different, also where capitals do not count.
fn stems<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut taken: std::collections::BTreeSet<String> = DEVICES.iter().map(|&d| d.to_owned()).collect();
    taken.insert(OVERVIEW.to_owned());
    for n in 1..=9 {
        taken.extend([format!("com{n}"), format!("lpt{n}")]);
    }
    let mut stem = |name: &str| {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        let dashed: String = name.chars().take(LONGEST).map(plain).collect();
        let own = Some(dashed.trim_matches('-')).filter(|own| !own.is_empty()).unwrap_or("proposal").to_owned();
        let numbered = (1u32..).map(|n| if n == 1 { own.clone() } else { format!("{own}-{n}") });
        let free = numbered.into_iter().find(|name| taken.insert(name.to_lowercase()));
        free.unwrap_or(own)
    };
    names.map(&mut stem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe_and_differ() {
        let long = "x".repeat(300);
        let names = [
            "../../etc/passwd",
            "West",
            "west",
            "west-2",
            "overview",
            "CON",
            "",
            "<script>",
            "a/b",
            "a\\b",
            "é",
            &long,
        ];
        let found = stems(names.into_iter());
        let expected = [
            "etc-passwd",
            "West",
            "west-2",
            "west-2-2",
            "overview-2",
            "CON-2",
            "proposal",
            "script",
            "a-b",
            "a-b-2",
            "proposal-2",
            &long[..60],
        ];
        assert_eq!(found, expected);
    }
}
