//! The drawn cases: every file in `tests/cases/` is a list of small grids with the findings expected of them.
//!
//! A case draws its municipalities (`map`: a letter each, `.` for outside) and its plan (`plan`: the same grid,
//! a label each, `.` for unassigned). A cell is a square of 1 km; cells that touch along a side share 1000 m, cells
//! that touch at a corner share a point. `expect` lists the findings, `CODE area municipalities`, in the
//! order of the verdict (`-` where a finding has no area); `remedy` the moves for some of them.

#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::collections::{BTreeMap, BTreeSet};

use landmeter::plan::{Irregularity, NONE, Plan};
use landmeter::rules::{CODES, Checker, Derogation, Finding, Register, Rulebook, Scratch, Status, Verdict};
use landmeter::territory::{ActiveActor, Attribute, CouncilWish, Division, Link, LinkKind, Municipality, Territory};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    map: String,
    plan: String,
    rules: String,
    #[serde(default)]
    expect: Vec<String>,
    status: Status0,
    #[serde(default)]
    remedy: BTreeMap<String, String>,
    /// Values by municipality; `homes`, `people`, ... An attribute's name that ends in `_estimated` is estimated.
    #[serde(default)]
    attributes: BTreeMap<String, BTreeMap<String, f64>>,
    /// Zones, drawn as the map.
    #[serde(default)]
    divisions: BTreeMap<String, String>,
    /// `A-B: point | doubtful | declared | METRES | none`.
    #[serde(default)]
    links: BTreeMap<String, String>,
    /// No perimeters, as in a bare graph.
    #[serde(default)]
    bare: bool,
    /// `A: KIND, KIND`.
    #[serde(default)]
    actors: BTreeMap<String, String>,
    /// `A: with BC, not DE`.
    #[serde(default)]
    wishes: BTreeMap<String, String>,
    #[serde(default)]
    companies: BTreeMap<String, Vec<String>>,
    /// `unknown A`, `carried A`, `split A`, `claimed A`, `repeated A`, `named A`.
    #[serde(default)]
    irregular: Vec<String>,
    #[serde(default)]
    derogations: Vec<Derogation>,
    as_of: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Debug)]
#[serde(rename_all = "kebab-case")]
enum Status0 {
    Conform,
    ConformWithDerogations,
    NotConform,
}

fn cells(drawing: &str) -> BTreeMap<(usize, usize), char> {
    let mut cells = BTreeMap::new();
    for (r, line) in drawing.split_whitespace().enumerate() {
        cells.extend(line.chars().enumerate().map(|(c, letter)| ((r, c), letter)));
    }
    cells
}

impl Case {
    fn letters(&self) -> Vec<char> {
        let all: BTreeSet<char> = cells(&self.map).into_values().filter(|&l| l != '.').collect();
        all.into_iter().collect()
    }

    /// Draws the territory, its features in the order of `order` (positions in the sorted letters).
    fn territory(&self, order: &[usize]) -> Territory {
        let cells = cells(&self.map);
        let letters = self.letters();
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &i)| place[i] = at);
        let at = |l: char| place[letters.iter().position(|&x| x == l).unwrap()];
        let mut metres: BTreeMap<(char, char), f64> = BTreeMap::new();
        let mut perimeter: BTreeMap<char, f64> = BTreeMap::new();
        for (&(r, c), &letter) in cells.iter().filter(|(_, l)| **l != '.') {
            let sides = [(r.wrapping_sub(1), c), (r + 1, c), (r, c.wrapping_sub(1)), (r, c + 1)];
            for other in sides.map(|s| cells.get(&s).copied().unwrap_or('.')) {
                if other != letter {
                    *perimeter.entry(letter).or_default() += 1.0;
                }
                if other > letter {
                    *metres.entry((letter, other)).or_default() += 1000.0;
                }
            }
            for corner in [(r + 1, c.wrapping_sub(1)), (r + 1, c + 1)] {
                if let Some(&other) = cells.get(&corner).filter(|&&o| o != letter && o != '.') {
                    metres.entry((letter.min(other), letter.max(other))).or_insert(0.0);
                }
            }
        }
        let mut links: BTreeMap<(char, char), Link> = BTreeMap::new();
        for (&(a, b), &m) in &metres {
            links.insert((a, b), if m > 0.0 { Link::border(at(a), at(b), m) } else { Link::point(at(a), at(b)) });
        }
        for (pair, what) in &self.links {
            let (a, b) = (pair.chars().next().unwrap(), pair.chars().last().unwrap());
            let link = links.remove(&(a, b));
            let link = match what.as_str() {
                "none" => continue,
                "point" => Link::point(at(a), at(b)),
                "declared" => Link::declared(at(a), at(b), "ferry"),
                "doubtful" => Link { doubtful: true, ..link.unwrap() },
                "tolerance" => link.map(|l| Link { within_tolerance_m: l.length_m, ..l }).unwrap(),
                metres => Link { length_m: metres.parse().unwrap(), kind: LinkKind::Border, ..link.unwrap() },
            };
            links.insert((a, b), link);
        }
        let units = order.iter().map(|&i| Municipality::new(letters[i], format!("{}-dorp", letters[i]))).collect();
        let mut territory = Territory::new(self.name.clone(), units, links.into_values().collect()).unwrap();
        let attribute = |name: &str, unit: &str, values: Vec<Option<f64>>| Attribute {
            name: name.into(),
            unit: unit.into(),
            source: "drawn".into(),
            estimated: name.ends_with("_estimated"),
            values,
        };
        if !self.bare {
            let values = letters.iter().map(|l| Some(perimeter[l])).collect();
            territory.add_attribute(attribute("perimeter_km", "km", values)).unwrap();
        }
        for (name, figures) in &self.attributes {
            let values = letters.iter().map(|l| figures.get(&l.to_string()).or(figures.get("*")).copied()).collect();
            territory.add_attribute(attribute(name, "homes", values)).unwrap();
        }
        for (name, drawing) in &self.divisions {
            let zones = self.drawn(drawing).into_iter().map(|z| z.map(|z| z.to_string())).collect();
            territory.add_division(Division::from_names(name, zones)).unwrap();
        }
        let known = |l: char| letters.iter().position(|&x| x == l).unwrap();
        let mut actors = Vec::new();
        for (letter, kinds) in &self.actors {
            actors.extend(kinds.split(", ").map(|kind| ActiveActor {
                municipality: known(letter.chars().next().unwrap()),
                actor: format!("{kind} of {letter}"),
                kind: kind.into(),
            }));
        }
        let wishes = self.wishes.iter().map(|(letter, wish)| {
            let list = |word: &str| -> Vec<usize> {
                let part = wish.split(", ").find_map(|p| p.strip_prefix(word));
                part.unwrap_or_default().trim().chars().map(known).collect()
            };
            CouncilWish {
                municipality: known(letter.chars().next().unwrap()),
                together_with: list("with"),
                apart_from: list("not"),
                text: wish.clone(),
                date: "2021".into(),
            }
        });
        let wishes = wishes.collect();
        territory.with_actors(actors).with_wishes(wishes)
    }

    /// What a drawing says of each municipality; all cells of one must say the same.
    fn drawn(&self, drawing: &str) -> Vec<Option<char>> {
        let (map, drawing) = (cells(&self.map), cells(drawing));
        assert_eq!(map.keys().collect::<Vec<_>>(), drawing.keys().collect::<Vec<_>>(), "{}: grids differ", self.name);
        let mut of: BTreeMap<char, char> = BTreeMap::new();
        for (cell, &letter) in map.iter().filter(|(_, l)| **l != '.') {
            let label = drawing[cell];
            assert_eq!(*of.entry(letter).or_insert(label), label, "{}: {letter} has two labels", self.name);
        }
        of.into_values().map(|l| (l != '.').then_some(l)).collect()
    }

    fn plan(&self) -> Plan {
        let labels: Vec<Option<String>> = self.drawn(&self.plan).into_iter().map(|l| l.map(String::from)).collect();
        let labels: Vec<Option<&str>> = labels.iter().map(Option::as_deref).collect();
        let mut plan = Plan::from_labels(self.name.clone(), &labels);
        if !self.companies.is_empty() {
            plan.companies = plan.areas.iter().map(|a| self.companies.get(a).cloned().unwrap_or_default()).collect();
        }
        plan.irregularities = self.irregular.iter().map(|i| irregularity(i)).collect();
        plan
    }
}

fn irregularity(text: &str) -> Irregularity {
    let (kind, code) = text.split_once(' ').unwrap();
    let code = code.to_owned();
    let date = || "2025-01-01".to_owned();
    match kind {
        "unknown" => Irregularity::UnknownCode { line: 7, code, nearest: Some("A".into()) },
        "carried" => Irregularity::CarriedCode { line: 7, code: "X".into(), became: vec![code], date: date() },
        "split" => {
            let parts = vec![("X".into(), "1".into()), ("Y".into(), "2".into())];
            Irregularity::SplitByMerger { code, parts, date: date() }
        }
        "claimed" => Irregularity::ClaimedTwice { code, areas: vec!["1".into(), "2".into()], lines: vec![3, 9] },
        "repeated" => Irregularity::RepeatedRow { code, lines: vec![3, 9] },
        "named" => Irregularity::NamedNotCoded { line: 7, written: "A-dorp".into(), code },
        other => panic!("{other}"),
    }
}

fn short(f: &Finding) -> String {
    let area = f.area.as_deref().unwrap_or("-");
    format!("{} {area} {}", f.code, f.municipalities.concat()).trim_end().to_owned()
}

fn all() -> Vec<Case> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        cases.extend(file.case);
    }
    cases
}

fn rulebook(case: &Case) -> Rulebook {
    let head = "name = \"case\"\ndate = \"2026-01-01\"\ntitle = { nl = \"geval\", en = \"case\" }\n";
    let mut body = String::new();
    // One rule a line: `kind hard|soft parameter = value; ...`; a first line `contiguity: ...` sets its parameters.
    for line in case.rules.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if let Some(parameters) = line.strip_prefix("links:") {
            body.insert_str(0, &format!("[contiguity]\n{}\n", parameters.replace(';', "\n")));
            continue;
        }
        let mut words = line.splitn(3, ' ');
        let (kind, weight) = (words.next().unwrap(), words.next().unwrap());
        let parameters = words.next().unwrap_or_default().replace(';', "\n");
        body += &format!(
            "[[rule]]\nid = \"{kind}\"\nkind = \"{kind}\"\nhard = {}\ntext = {{ nl = \"\", en = \"\" }}\n{parameters}\n",
            weight == "hard"
        );
    }
    Rulebook::from_toml(&format!("{head}{body}")).unwrap_or_else(|e| panic!("{}: {e}", case.name))
}

fn register(case: &Case) -> Register {
    Register { derogations: case.derogations.clone(), as_of: case.as_of.clone() }
}

fn judge(case: &Case) -> Verdict {
    let territory = case.territory(&(0..case.letters().len()).collect::<Vec<_>>());
    let (book, register) = (rulebook(case), register(case));
    Checker::new(&territory, &book, &register).unwrap().check(&case.plan())
}

#[test]
fn every_case_gives_what_it_expects() {
    let mut failures = Vec::new();
    for case in all() {
        let verdict = judge(&case);
        let found: Vec<String> = verdict.findings.iter().map(short).collect();
        let status = match verdict.status {
            Status::Conform => Status0::Conform,
            Status::ConformWithDerogations => Status0::ConformWithDerogations,
            Status::NotConform => Status0::NotConform,
        };
        if found != case.expect || status != case.status {
            failures
                .push(format!("{}: {status:?} {found:?}\n  expected {:?} {:?}", case.name, case.status, case.expect));
        }
        for (finding, expected) in &case.remedy {
            let remedy = verdict.findings.iter().find(|f| short(f) == *finding).and_then(|f| f.remedy.clone());
            let said = remedy.map_or("nothing".to_owned(), |r| {
                let moves: Vec<String> = r.moves.iter().map(|m| format!("{}>{}", m.municipality, m.to)).collect();
                let proof = if r.proved_smallest { "proved" } else { "unproved" };
                let bridge = if r.bridges.is_empty() { String::new() } else { format!(" over {}", r.bridges.concat()) };
                let merge =
                    if r.merge_with.is_empty() { String::new() } else { format!(" or join {}", r.merge_with.concat()) };
                format!("{} {proof}{bridge}{merge}", if moves.is_empty() { "none".into() } else { moves.join(" ") })
            });
            if said != *expected {
                failures.push(format!("{}, remedy of {finding}: {said}\n  expected {expected}", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn the_cases_know_every_code() {
    let expected: BTreeSet<String> = all().iter().flat_map(|c| c.expect.iter().map(|e| e[..4].to_owned())).collect();
    let missing: Vec<_> = CODES.iter().map(|(code, _)| *code).filter(|c| !expected.contains(*c)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
    assert!(all().len() >= 25);
}

#[test]
fn the_order_of_the_features_and_the_labels_does_not_matter() {
    for case in all() {
        let straight = judge(&case);
        let n = case.letters().len();
        let book = rulebook(&case);
        let register = register(&case);
        let mut scratch = Scratch::default();
        for shift in 1..n.min(4) {
            // A shift and a reversal: every feature changes place.
            let order: Vec<usize> = (0..n).map(|i| (n - 1 - i + shift) % n).collect();
            let territory = case.territory(&order);
            let checker = Checker::new(&territory, &book, &register).unwrap();
            assert_eq!(checker.check(&case.plan()), straight, "{}", case.name);
            // Working memory that other plans were judged in says the same.
            let _ = checker.findings(&Plan::from_labels("other", &vec![Some("x"); n]), &mut scratch);
            let mut bare = straight.clone();
            bare.areas.clear();
            bare.findings.iter_mut().for_each(|f| f.remedy = None);
            assert_eq!(checker.findings(&case.plan(), &mut scratch), bare, "{}", case.name);
        }
        // Other labels, in another order (fixed areas and derogations name labels, so not there).
        if case.rules.contains("fixed") || !case.derogations.is_empty() {
            continue;
        }
        let plan = case.plan();
        let k = plan.areas.len();
        let renamed: Vec<Option<String>> =
            plan.of.iter().map(|&a| (a != NONE).then(|| format!("{:04}", k - a as usize))).collect();
        let renamed: Vec<Option<&str>> = renamed.iter().map(Option::as_deref).collect();
        let mut other = Plan::from_labels("renamed", &renamed);
        other.companies = plan.companies.iter().rev().cloned().collect();
        other.irregularities.clone_from(&plan.irregularities);
        let territory = case.territory(&(0..n).collect::<Vec<_>>());
        let renamed = Checker::new(&territory, &book, &register).unwrap().check(&other);
        let key = |f: &Finding| {
            let moves = f.remedy.as_ref().map(|r| r.moves.iter().map(|m| m.municipality.clone()).collect::<Vec<_>>());
            (f.code, f.municipalities.clone(), f.amount.map(f64::to_bits), moves)
        };
        let mut a: Vec<_> = straight.findings.iter().map(key).collect();
        let mut b: Vec<_> = renamed.findings.iter().map(key).collect();
        a.sort();
        b.sort();
        assert_eq!(a, b, "{}", case.name);
    }
}

/// The places of a template: those that must have a value, and those in an optional part.
fn places(template: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut firm, mut optional) = (BTreeSet::new(), BTreeSet::new());
    let mut inside = false;
    let mut rest = template;
    while let Some(at) = rest.find(['[', ']', '{']) {
        let (sign, after) = (&rest[at..=at], &rest[at + 1..]);
        rest = after;
        match sign {
            "[" => inside = true,
            "]" => inside = false,
            _ => {
                let end = after.find('}').expect("a closing brace");
                let name = after[..end].split('|').next().expect("a name").to_owned();
                if inside {
                    optional.insert(name)
                } else {
                    firm.insert(name)
                };
                rest = &after[end + 1..];
            }
        }
    }
    (firm, optional)
}

#[test]
fn every_code_has_a_sentence_in_both_languages_with_facts_for_its_places() {
    type Names<'n> = BTreeMap<&'n str, BTreeSet<String>>;
    let (mut always, mut ever) = (Names::new(), Names::new());
    for finding in all().iter().flat_map(|c| judge(c).findings) {
        let mut names: BTreeSet<String> = finding.facts.iter().map(|(n, _)| (*n).to_owned()).collect();
        assert_eq!(names.len(), finding.facts.len(), "{}: a fact twice", finding.code);
        names.extend(finding.area.iter().map(|_| "area".to_owned()));
        names.insert("municipalities".into());
        ever.entry(finding.code).or_default().extend(names.iter().cloned());
        let kept = always.entry(finding.code).or_insert_with(|| names.clone());
        kept.retain(|n| names.contains(n));
    }
    let book = |lang: &str| -> toml::Table {
        let path = format!("{}/src/words/findings.{lang}.toml", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap().parse().unwrap()
    };
    let (nl, en) = (book("nl"), book("en"));
    let codes: BTreeSet<&str> = CODES.iter().map(|(code, _)| *code).collect();
    for table in [&nl, &en] {
        let found: BTreeSet<&str> = table.keys().map(String::as_str).collect();
        assert_eq!(found, codes);
    }
    for code in codes {
        let (dutch, english) = (places(nl[code].as_str().unwrap()), places(en[code].as_str().unwrap()));
        assert_eq!(dutch, english, "{code}");
        assert!(dutch.0.is_subset(&always[code]), "{code}: {:?} of {:?}", dutch.0, always[code]);
        assert!(dutch.1.is_subset(&ever[code]), "{code}: {:?} of {:?}", dutch.1, ever[code]);
    }
}
