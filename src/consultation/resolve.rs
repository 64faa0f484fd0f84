//! The tables held against a territory: what is known goes on, the rest is a fault.

use std::collections::BTreeMap;

use super::papers::{Cells, PAPERS, Papers, Sheet};
use super::{About, Actor, Consultation, Council, Fault, Holding, Opinion, Proposal, View};
use crate::plan::nearest::{fold, nearest};
use crate::territory::Territory;
use crate::territory::history::{Located, is_date};

impl Consultation {
    /// Holds the tables against a territory. Codes of another date are carried where they became one municipality.
    ///
    /// ```
    /// use landmeter::consultation::{Cells, Consultation, Papers};
    /// use landmeter::{Municipality, Territory};
    ///
    /// let territory = Territory::new("t", vec![Municipality::new("1", "One")], vec![])?;
    /// let row = |line, code: &str, homes: &str| Cells { line, cells: ["X", "SHM", code, homes].map(str::to_owned).into() };
    /// let papers = Papers { actors: vec![row(2, "1", "300"), row(3, "9", "20")], ..Papers::default() };
    /// let found = Consultation::new(&territory, &papers);
    /// assert_eq!((found.holdings[0].homes, found.faults[0].code, found.faults[0].line), (Some(300), "C101", 3));
    /// # Ok::<(), landmeter::territory::TerritoryError>(())
    /// ```
    #[must_use]
    pub fn new(territory: &Territory, papers: &Papers) -> Self {
        let mut reader = Reader { territory, faults: papers.faults.clone(), file: PAPERS[1].file };
        let (actors, holdings) = reader.actors(&papers.actors);
        reader.file = PAPERS[3].file;
        let councils = papers.councils.as_ref().map(|sheet| reader.councils(sheet));
        reader.file = PAPERS[0].file;
        let proposals = reader.proposals(papers, &actors, councils.as_deref());
        reader.file = PAPERS[2].file;
        let opinions = reader.opinions(papers.opinions.as_deref().unwrap_or_default(), &actors, &proposals);
        let mut faults = reader.faults;
        faults.sort();
        Self { actors, holdings, councils, proposals, opinions, faults }
    }
}

/// Names that may be written in one way only.
#[derive(Default)]
struct Spellings(BTreeMap<String, (String, u32)>);

impl Spellings {
    /// The spelling that was met before, and its line, where this one differs from it.
    fn other(&mut self, name: &str, line: u32) -> Option<(String, u32)> {
        let first = self.0.entry(fold(name)).or_insert_with(|| (name.to_owned(), line));
        (first.0 != name).then(|| first.clone())
    }
}

struct Reader<'t> {
    territory: &'t Territory,
    faults: Vec<Fault>,
    file: &'static str,
}

impl Reader<'_> {
    fn fault<const N: usize>(&mut self, line: u32, code: &'static str, values: [(&'static str, &str); N]) {
        let values = values.map(|(name, value)| (name, value.to_owned())).into();
        self.faults.push(Fault { file: self.file.to_owned(), line, code, values });
    }

    /// A cell that must not be empty.
    fn some<'r>(&mut self, row: &'r Cells, column: usize, name: &str) -> Option<&'r str> {
        let text = row.get(column);
        if text.is_empty() {
            self.fault(row.line, "C112", [("column", name)]);
        }
        (!text.is_empty()).then_some(text)
    }

    /// The municipality of a code, carried to the territory's date where that takes no guess.
    fn municipality(&mut self, line: u32, code: &str) -> Option<usize> {
        let territory = self.territory;
        match territory.locate(code) {
            Located::Here(i) => Some(i),
            Located::Expired { to, .. } | Located::Later { from: to, .. } => match to[..] {
                [one] => Some(one),
                _ => {
                    let codes: Vec<&str> = to.iter().map(|&i| territory.municipalities()[i].code.as_str()).collect();
                    self.fault(line, "C102", [("code", code), ("became", &codes.join(", "))]);
                    None
                }
            },
            Located::Unknown => {
                let near = nearest(code, territory.municipalities().iter().map(|m| m.code.as_str()));
                match near {
                    Some(near) => self.fault(line, "C101", [("code", code), ("nearest", &near)]),
                    None => self.fault(line, "C101", [("code", code)]),
                }
                None
            }
        }
    }

    fn actors(&mut self, sheet: &Sheet) -> (Vec<Actor>, Vec<Holding>) {
        let mut spellings = Spellings::default();
        // The kind of each actor with its first line; what each row says of an actor and a code.
        let mut kinds: BTreeMap<&str, (&str, u32)> = BTreeMap::new();
        let mut said: BTreeMap<(&str, &str), (usize, Option<u64>, u32)> = BTreeMap::new();
        for row in sheet {
            let (Some(name), Some(kind), Some(code)) =
                (self.some(row, 0, "actor"), self.some(row, 1, "kind"), self.some(row, 2, "nis"))
            else {
                continue;
            };
            if let Some((other, line)) = spellings.other(name, row.line) {
                self.fault(row.line, "C107", [("name", name), ("other", &other), ("line", &line.to_string())]);
                continue;
            }
            let (known, line) = kinds.entry(name).or_insert((kind, row.line));
            if *known != kind && !known.is_empty() {
                let (other, line) = (*known, line.to_string());
                // Of two kinds neither counts: the actor is there, and what it is, nobody knows.
                *known = "";
                self.fault(row.line, "C106", [("what", kind), ("other", other), ("line", &line)]);
            }
            let Some(municipality) = self.municipality(row.line, code) else { continue };
            let homes = row.get(3).parse::<u64>().ok().filter(|homes| *homes <= u64::from(u32::MAX));
            if homes.is_none() && !row.get(3).is_empty() {
                self.fault(row.line, "C104", [("value", row.get(3))]);
            }
            match said.get_mut(&(name, code)) {
                None => {
                    said.insert((name, code), (municipality, homes, row.line));
                }
                Some((_, before, line)) => {
                    let line = line.to_string();
                    if *before == homes {
                        self.fault(row.line, "C105", [("line", &line)]);
                    } else {
                        let other = before.map_or_else(|| "?".to_owned(), |n| n.to_string());
                        self.fault(row.line, "C106", [("what", row.get(3)), ("other", &other), ("line", &line)]);
                        *before = None;
                    }
                }
            }
        }
        let actors: Vec<Actor> =
            kinds.iter().map(|(name, (kind, _))| Actor { name: (*name).into(), kind: (*kind).into() }).collect();
        // Municipalities that have merged: what an actor has in the parts is what it has in the whole.
        let mut sums: BTreeMap<(usize, usize), Option<u64>> = BTreeMap::new();
        for ((name, _), (municipality, homes, _)) in said {
            let Ok(actor) = actors.binary_search_by(|known| known.name.as_str().cmp(name)) else { continue };
            let sum = sums.entry((municipality, actor)).or_insert(Some(0));
            *sum = sum.zip(homes).map(|(a, b)| a + b);
        }
        let holding = |((municipality, actor), homes)| Holding { actor, municipality, homes };
        (actors, sums.into_iter().map(holding).collect())
    }

    fn councils(&mut self, sheet: &Sheet) -> Vec<Council> {
        let mut spellings = Spellings::default();
        let mut councils: BTreeMap<&str, BTreeMap<usize, u32>> = BTreeMap::new();
        for row in sheet {
            let (Some(name), Some(code)) = (self.some(row, 0, "council"), self.some(row, 1, "nis")) else { continue };
            if let Some((other, line)) = spellings.other(name, row.line) {
                self.fault(row.line, "C107", [("name", name), ("other", &other), ("line", &line.to_string())]);
                continue;
            }
            let members = councils.entry(name).or_default();
            let Some(municipality) = self.municipality(row.line, code) else { continue };
            // The parts of a municipality that has merged may stand there one after another.
            let again = members.insert(municipality, row.line).filter(|_| self.territory.position(code).is_some());
            if let Some(line) = again {
                self.fault(row.line, "C105", [("line", &line.to_string())]);
            }
        }
        let council = |(name, members): (&str, BTreeMap<usize, u32>)| Council {
            name: name.to_owned(),
            municipalities: members.into_keys().collect(),
        };
        councils.into_iter().map(council).collect()
    }

    fn proposals(&mut self, papers: &Papers, actors: &[Actor], councils: Option<&[Council]>) -> Vec<Proposal> {
        let mut proposals: Vec<Proposal> = Vec::new();
        for (file, submission) in &papers.plans {
            if proposals.iter().any(|p| p.name == submission.name) {
                let values = vec![("reason", format!("another plan is named {} already", submission.name))];
                self.faults.push(Fault { file: file.clone(), line: 0, code: "C113", values });
                continue;
            }
            for row in &submission.rows {
                let Some(company) = &row.company else { continue };
                let is_it = |a: &&Actor| a.name != *company && fold(&a.name) == fold(company);
                if let Some(actor) = actors.iter().find(is_it) {
                    let values = vec![("name", company.clone()), ("other", actor.name.clone())];
                    self.faults.push(Fault { file: file.clone(), line: row.line, code: "C107", values });
                }
            }
            proposals.push(Proposal {
                name: submission.name.clone(),
                submitter: String::new(),
                date: None,
                councils: Vec::new(),
                motivation: String::new(),
                plan: submission.resolve(self.territory),
            });
        }
        proposals.sort_by(|a, b| a.name.cmp(&b.name));
        let mut spoken: BTreeMap<usize, &Cells> = BTreeMap::new();
        let mut contradicted = Vec::new();
        for row in &papers.proposals {
            let Some(name) = self.some(row, 0, "proposal") else { continue };
            let Some(i) = self.proposal(row.line, name, &proposals, "C115") else { continue };
            match spoken.get(&i) {
                None => {
                    spoken.insert(i, row);
                }
                Some(before) if before.cells == row.cells => {
                    self.fault(row.line, "C105", [("line", &before.line.to_string())]);
                }
                Some(before) => {
                    let line = before.line.to_string();
                    self.fault(row.line, "C106", [("what", name), ("other", name), ("line", &line)]);
                    contradicted.push(i);
                }
            }
        }
        for (i, proposal) in proposals.iter_mut().enumerate() {
            let Some(row) = spoken.get(&i) else {
                self.fault(0, "C114", [("proposal", &proposal.name)]);
                continue;
            };
            if contradicted.contains(&i) {
                continue;
            }
            let date = self.some(row, 2, "date");
            if let Some(date) = date.filter(|date| !is_date(date)) {
                self.fault(row.line, "C103", [("value", date)]);
            }
            let names = self.supporting(row, councils);
            proposal.date = date.filter(|date| is_date(date)).map(str::to_owned);
            proposal.submitter = row.get(1).to_owned();
            proposal.motivation = row.get(4).to_owned();
            proposal.councils = names;
        }
        proposals
    }

    /// The councils that a row names: those that are known, where there is a list of them.
    fn supporting(&mut self, row: &Cells, councils: Option<&[Council]>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in list(row.get(3), &[';', '|']) {
            let Some(known) = councils.map(|all| all.iter().map(|c| c.name.as_str())) else {
                names.push(name.to_owned());
                continue;
            };
            if known.clone().any(|k| k == name) {
                names.push(name.to_owned());
            } else if let Some(other) = known.clone().find(|k| fold(k) == fold(name)) {
                self.fault(row.line, "C107", [("name", name), ("other", other)]);
            } else if let Some(near) = nearest(name, known) {
                self.fault(row.line, "C109", [("name", name), ("nearest", &near)]);
            } else {
                self.fault(row.line, "C109", [("name", name)]);
            }
        }
        names.sort();
        names.dedup();
        names
    }

    fn proposal(&mut self, line: u32, name: &str, proposals: &[Proposal], code: &'static str) -> Option<usize> {
        let found = proposals.iter().position(|p| p.name == name);
        if found.is_some() {
            return found;
        }
        let known = || proposals.iter().map(|p| p.name.as_str());
        if let Some(other) = known().find(|k| fold(k) == fold(name)) {
            self.fault(line, "C107", [("name", name), ("other", other)]);
        } else if let Some(near) = nearest(name, known()) {
            self.fault(line, code, [("name", name), ("nearest", &near)]);
        } else {
            self.fault(line, code, [("name", name)]);
        }
        None
    }

    fn opinions(&mut self, sheet: &[Cells], actors: &[Actor], proposals: &[Proposal]) -> Vec<Opinion> {
        let mut opinions: Vec<Opinion> = Vec::new();
        for row in sheet {
            opinions.extend(self.opinion(row, actors, proposals));
        }
        // Of two that contradict each other neither counts: nobody can say which was meant.
        let mut parties: BTreeMap<(usize, Option<usize>), Vec<usize>> = BTreeMap::new();
        for (i, opinion) in opinions.iter().enumerate() {
            parties.entry((opinion.municipality, opinion.actor)).or_default().push(i);
        }
        let mut out = vec![false; opinions.len()];
        for own in parties.into_values() {
            // What was said of each thing, and what was wanted first of each kind of thing, by the opinion that said it first.
            let mut said: BTreeMap<&About, usize> = BTreeMap::new();
            let mut first: [Option<usize>; 2] = [None, None];
            for j in own {
                let b = &opinions[j];
                let kind = usize::from(matches!(b.about, About::With(_)));
                let mut against: Vec<usize> = Vec::new();
                match said.get(&b.about) {
                    Some(&i) if opinions[i].view == b.view => {
                        self.fault(b.line, "C105", [("line", &opinions[i].line.to_string())]);
                        out[j] = true;
                        continue;
                    }
                    Some(&i) => against.push(i),
                    None => drop(said.insert(&b.about, j)),
                }
                if b.view == View::First {
                    against.extend(first[kind]);
                    first[kind].get_or_insert(j);
                }
                for i in against {
                    let a = &opinions[i];
                    let line = a.line.to_string();
                    let values = [("what", b.view.name()), ("other", a.view.name()), ("line", line.as_str())];
                    self.fault(b.line, "C106", values);
                    (out[i], out[j]) = (true, true);
                }
            }
        }
        let mut at = 0..;
        opinions.retain(|_| at.next().is_some_and(|i: usize| !out[i]));
        opinions
    }

    fn opinion(&mut self, row: &Cells, actors: &[Actor], proposals: &[Proposal]) -> Option<Opinion> {
        let municipality = {
            let code = self.some(row, 0, "nis")?;
            self.municipality(row.line, code)?
        };
        let view = {
            let written = self.some(row, 1, "view")?;
            let found = View::ALL.into_iter().find(|v| v.name() == written);
            if found.is_none() {
                self.fault(row.line, "C111", [("value", written)]);
            }
            found?
        };
        let actor = match row.get(2) {
            "" => None,
            name => Some(self.actor(row.line, name, actors)?),
        };
        let about = match (row.get(3), row.get(4)) {
            (name, "") if !name.is_empty() => About::Proposal(self.proposal(row.line, name, proposals, "C110")?),
            ("", with) if !with.is_empty() => {
                let mut all = Vec::new();
                for code in list(with, &[';', '|', ',', '+', ' ']) {
                    all.push(self.municipality(row.line, code)?);
                }
                all.retain(|&m| m != municipality);
                all.sort_unstable();
                all.dedup();
                if all.is_empty() {
                    self.fault(row.line, "C116", []);
                    return None;
                }
                About::With(all)
            }
            _ => {
                self.fault(row.line, "C116", []);
                return None;
            }
        };
        Some(Opinion { line: row.line, municipality, actor, view, about })
    }

    fn actor(&mut self, line: u32, name: &str, actors: &[Actor]) -> Option<usize> {
        let found = actors.iter().position(|a| a.name == name);
        let known = || actors.iter().map(|a| a.name.as_str());
        if found.is_none() {
            if let Some(other) = known().find(|k| fold(k) == fold(name)) {
                self.fault(line, "C107", [("name", name), ("other", other)]);
            } else if let Some(near) = nearest(name, known()) {
                self.fault(line, "C108", [("name", name), ("nearest", &near)]);
            } else {
                self.fault(line, "C108", [("name", name)]);
            }
        }
        found
    }
}

/// The parts of a cell that holds several, without the empty ones.
fn list<'c>(text: &'c str, between: &'static [char]) -> impl Iterator<Item = &'c str> {
    text.split(between).map(str::trim).filter(|part| !part.is_empty())
}
