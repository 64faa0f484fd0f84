//! Comparisons of plans as text, JSON and CSV.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::VERSION;
use super::table::{Cell, Column, Ink, Paint, paragraph, table};
use super::text::count;
use crate::plan::compare::{
    AreaChange, ChangeKind, Comparison, DistanceMatrix, Groups, MUNICIPALITIES, Measure, Total, Weigh, totals,
};
use crate::plan::{Irregularity, Plan};
use crate::rules::Finding;
use crate::territory::{InputDigest, Territory};
use crate::words::{self, Lang, clean, say};

/// Names shown at most where a sentence lists municipalities.
const MOST_NAMES: usize = 12;

/// Renamed areas, or areas outside a plan, that are named one by one.
const MOST_OF_A_KIND: usize = 6;

/// Plans up to which text shows the whole matrix.
const MOST_COLUMNS: usize = 8;

/// Two of the plans, and what differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Position of the first plan.
    pub a: usize,
    /// Position of the second plan.
    pub b: usize,
    /// The comparison.
    pub comparison: Comparison,
}

/// More than two plans: the distance of each two, and the groups that they form.
#[derive(Debug, Clone, PartialEq)]
pub struct Many {
    /// What was measured.
    pub measure: Measure,
    /// The distances.
    pub matrix: DistanceMatrix,
    /// The most central plan.
    pub medoid: Option<usize>,
    /// The groups of alternatives.
    pub groups: Groups,
}

/// What was compared, and in which language it is told.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// The territory.
    pub territory: &'a Territory,
    /// The plans.
    pub plans: &'a [Plan],
    /// A name for each plan; no two are the same.
    pub names: &'a [String],
    /// What is irregular in each plan.
    pub findings: &'a [Vec<Finding>],
    /// What an overlap of two areas counts.
    pub weigh: &'a Weigh,
    /// The pairs that are told of.
    pub pairs: &'a [Pair],
    /// Whether the pairs are left out because there are many; with the number of plans up to which they are not.
    pub left_out: Option<usize>,
    /// Distances and groups, where there are more than two plans.
    pub many: Option<&'a Many>,
    /// All inputs, with digests.
    pub inputs: &'a [InputDigest],
    /// Language of the sentences.
    pub lang: Lang,
}

impl Compared<'_> {
    /// The sentence that matters: what goes to another area.
    pub(super) fn sentence(&self, pair: &Pair) -> String {
        let (lang, found) = (self.lang, &pair.comparison);
        let mut values = vec![("a", self.names[pair.a].as_str()), ("b", &self.names[pair.b])];
        let n = words::number(lang, count(found.changed().count()), 0);
        if found.changed().next().is_some() {
            let amounts = words::list(lang, &self.amounts(&changed_totals(self.territory, found)));
            values.push(("n", &n));
            if !amounts.is_empty() {
                values.push(("amounts", &amounts));
            }
            return say(lang, "compare.changed", &values);
        }
        if !found.moved.is_empty() {
            return say(lang, "compare.unchanged", &values);
        }
        let renamed = found.changes.len();
        let n = words::number(lang, count(renamed), 0);
        if renamed > 0 {
            values.push(("n", &n));
        }
        say(lang, "compare.same", &values)
    }

    /// Homes and people, as far as they are known.
    fn amounts(&self, totals: &[Total]) -> Vec<String> {
        let people = totals.iter().find(|t| t.unit == "people").map(|t| t.attribute.as_str());
        let shown = |t: &&Total| t.attribute == self.weigh.name || Some(t.attribute.as_str()) == people;
        totals.iter().filter(shown).filter_map(|t| Some(self.amount(t, t.sum?))).collect()
    }

    fn amount(&self, total: &Total, sum: f64) -> String {
        let unit = words::quantity(self.lang, sum, &total.unit);
        let mark = if total.estimated { "~" } else { "" };
        if total.unit.is_empty() {
            format!("{mark}{unit} {}", words::attribute(self.lang, &total.attribute))
        } else {
            format!("{mark}{unit}")
        }
    }

    /// Whether the sentences about a pair use estimates.
    pub(super) fn estimated(&self, pair: &Pair) -> bool {
        let totals = changed_totals(self.territory, &pair.comparison);
        let shown = |t: &Total| t.attribute == self.weigh.name || t.unit == "people";
        pair.comparison.changed().next().is_some() && totals.iter().any(|t| t.estimated && shown(t))
    }

    /// Who has an area in one plan only; which areas are divided, joined, new, ended, renamed.
    pub(super) fn change_sentences(&self, pair: &Pair) -> Vec<String> {
        let (lang, found) = (self.lang, &pair.comparison);
        let (a, b) = (&self.plans[pair.a], &self.plans[pair.b]);
        let mut out = Vec::new();
        for (key, all) in [("lost", found.lost().collect::<Vec<_>>()), ("gained", found.gained().collect())] {
            if !all.is_empty() {
                let n = words::number(lang, count(all.len()), 0);
                let names = [("a", self.names[pair.a].as_str()), ("b", &self.names[pair.b])];
                let list = self.some_names(&all);
                let values = [names[0], names[1], ("n", &n), ("names", &list)];
                out.push(say(lang, &format!("compare.{key}"), &values));
            }
        }
        // Many of a kind that says little by itself are counted: new names, and what a plan of one region leaves out.
        let names = [self.names[pair.a].as_str(), &self.names[pair.b]];
        let mut told: Vec<&AreaChange> = found.changes.iter().collect();
        for (key, [plan, other], kind) in [
            ("renamed-many", names, ChangeKind::Renamed),
            ("outside", names, ChangeKind::Ended),
            ("outside", [names[1], names[0]], ChangeKind::New),
        ] {
            let is_of = |c: &&AreaChange| c.kind == kind && (key == "renamed-many" || c.a.is_empty() || c.b.is_empty());
            let n = told.iter().filter(|c| is_of(c)).count();
            if n > MOST_OF_A_KIND {
                told.retain(|c| !is_of(c));
                let n = words::number(lang, count(n), 0);
                out.push(say(lang, &format!("compare.{key}"), &[("n", &n), ("plan", plan), ("other", other)]));
            }
        }
        for change in told {
            let label = |plan: &Plan, areas: &[u32]| {
                let all: Vec<&str> = areas.iter().map(|&x| plan.areas[x as usize].as_str()).collect();
                words::list(lang, &all)
            };
            let (one, others) = match change.kind {
                ChangeKind::Renamed | ChangeKind::Divided | ChangeKind::Ended => {
                    (label(a, &change.a), label(b, &change.b))
                }
                ChangeKind::Joined | ChangeKind::New => (label(b, &change.b), label(a, &change.a)),
            };
            let mut values = vec![("area", one.as_str())];
            if !others.is_empty() {
                values.push(("areas", &others));
            }
            out.push(say(lang, &format!("compare.{}", kind(change)), &values));
        }
        out
    }

    fn some_names(&self, all: &[usize]) -> String {
        let codes = |some: &[usize]| -> Vec<&str> {
            some.iter().map(|&m| self.territory.municipalities()[m].code.as_str()).collect()
        };
        if all.len() <= MOST_NAMES {
            return words::municipalities(self.lang, &codes(all), self.territory);
        }
        let some: Vec<String> = codes(&all[..MOST_NAMES])
            .into_iter()
            .map(|code| words::municipalities(self.lang, &[code], self.territory))
            .collect();
        let more = words::number(self.lang, count(all.len() - MOST_NAMES), 0);
        format!("{} {}", some.join(", "), say(self.lang, "compare.and-more", &[("n", &more)]))
    }

    fn measure(&self, measure: Measure) -> String {
        say(self.lang, &format!("compare.{}", measure.name()), &[])
    }
}

fn kind(change: &AreaChange) -> &'static str {
    match change.kind {
        ChangeKind::Renamed => "renamed",
        ChangeKind::Divided => "divided",
        ChangeKind::Joined => "joined",
        ChangeKind::New => "new",
        ChangeKind::Ended => "ended",
    }
}

fn changed_totals(territory: &Territory, found: &Comparison) -> Vec<Total> {
    totals(territory, found.changed_list().into_iter())
}

/// Rows of another date that a plan has.
fn carried(plan: &Plan) -> usize {
    plan.irregularities.iter().filter(|i| matches!(i, Irregularity::CarriedCode { .. })).count()
}

/// The comparison as the contract's JSON.
#[must_use]
pub fn compare_json(compared: &Compared<'_>) -> Value {
    let plan = |(i, plan): (usize, &Plan)| {
        let finding = |f: &Finding| {
            let message = words::finding(compared.lang, f, compared.territory);
            json!({ "code": f.code, "municipalities": f.municipalities, "message": message })
        };
        json!({
            "name": compared.names[i],
            "areas": plan.areas.len(),
            "unassigned": plan.of.iter().filter(|area| **area == crate::plan::NONE).count(),
            "carried": carried(plan),
            "findings": compared.findings[i].iter().map(finding).collect::<Vec<_>>(),
        })
    };
    let weigh = compared.weigh;
    let mut out = json!({
        "pairs": compared.pairs.iter().map(|pair| pair_json(compared, pair)).collect::<Vec<_>>(),
        "pairs_left_out": compared.left_out.is_some(),
        "weigh": { "attribute": weigh.name, "unit": weigh.unit, "estimated": weigh.estimated, "missing": weigh.missing.len() },
        "plans": compared.plans.iter().enumerate().map(plan).collect::<Vec<_>>(),
    });
    if let Some(many) = compared.many {
        let names = compared.names;
        let group = |g: &crate::plan::compare::Group| {
            json!({
                "plans": g.plans.iter().map(|&i| &names[i]).collect::<Vec<_>>(),
                "medoid": names[g.medoid],
                "radius": g.radius,
                "silhouette": g.silhouette,
            })
        };
        let rows: Vec<&[f64]> = (0..many.matrix.len()).map(|i| many.matrix.row(i)).collect();
        out["matrix"] = json!({
            "measure": many.measure.name(),
            "distance": compared.measure(many.measure),
            "plans": names,
            "values": rows,
        });
        out["medoid"] = json!(many.medoid.map(|i| &names[i]));
        out["silhouette"] = json!(many.groups.silhouette);
        out["groups"] = json!(many.groups.groups.iter().map(group).collect::<Vec<_>>());
    }
    out["territory"] = json!({ "name": compared.territory.name(), "date": compared.territory.date() });
    out["inputs"] = json!(compared.inputs);
    out["version"] = json!(VERSION);
    out
}

fn pair_json(compared: &Compared<'_>, pair: &Pair) -> Value {
    let found = &pair.comparison;
    let (a, b) = (&compared.plans[pair.a], &compared.plans[pair.b]);
    let codes = compared.territory.municipalities();
    let label = |plan: &Plan, area: Option<u32>| area.map(|x| plan.areas[x as usize].clone());
    let labels = |plan: &Plan, areas: &[u32]| areas.iter().map(|&x| plan.areas[x as usize].clone()).collect::<Vec<_>>();
    let matched = found.matched.iter().map(|m| {
        json!({
            "a": a.areas[m.a as usize], "b": b.areas[m.b as usize],
            "share": m.share, "share_of_b": m.share_of_b, "in_common": m.overlap,
        })
    });
    let moved = found
        .moved
        .iter()
        .map(|m| json!({ "municipality": codes[m.municipality].code, "from": label(a, m.from), "to": label(b, m.to) }));
    let changes = found.changes.iter().map(|c| json!({ "kind": kind(c), "a": labels(a, &c.a), "b": labels(b, &c.b) }));
    let mut sums = Map::new();
    sums.insert(MUNICIPALITIES.to_owned(), json!(found.moved.len()));
    let all: Vec<usize> = found.moved.iter().map(|m| m.municipality).collect();
    for total in totals(compared.territory, all.into_iter()) {
        sums.entry(total.attribute).or_insert(json!(total.sum));
    }
    json!({
        "a": compared.names[pair.a],
        "b": compared.names[pair.b],
        "summary": compared.sentence(pair),
        "matched": matched.collect::<Vec<_>>(),
        "moved": moved.collect::<Vec<_>>(),
        "no_area": {
            "in_a": found.gained().map(|m| &codes[m].code).collect::<Vec<_>>(),
            "in_b": found.lost().map(|m| &codes[m].code).collect::<Vec<_>>(),
        },
        "changes": changes.collect::<Vec<_>>(),
        "totals": sums,
        "distances": found.distances,
    })
}

/// What moves as a table: a line for each municipality and pair, with its figures.
#[must_use]
pub fn compare_csv(compared: &Compared<'_>) -> String {
    let columns: Vec<String> =
        totals(compared.territory, std::iter::empty()).into_iter().map(|t| t.attribute).collect();
    let mut rows = vec![["a", "b", "municipality", "name", "from", "to"].map(str::to_owned).to_vec()];
    rows[0].extend(columns.iter().cloned());
    for pair in compared.pairs {
        let (a, b) = (&compared.plans[pair.a], &compared.plans[pair.b]);
        for m in &pair.comparison.moved {
            let label =
                |plan: &Plan, area: Option<u32>| area.map_or_else(String::new, |x| plan.areas[x as usize].clone());
            let unit = &compared.territory.municipalities()[m.municipality];
            let names = [&compared.names[pair.a], &compared.names[pair.b], &unit.code, &unit.name];
            let mut row: Vec<String> = names.map(Clone::clone).to_vec();
            row.extend([label(a, m.from), label(b, m.to)]);
            let figure = |name: &String| compared.territory.attribute(name)?.values[m.municipality];
            row.extend(columns.iter().map(|c| figure(c).map_or_else(String::new, |v| v.to_string())));
            rows.push(row);
        }
    }
    csv_text(&rows)
}

/// The distances as a table with a row and a column for each plan.
#[must_use]
pub fn matrix_csv(compared: &Compared<'_>, many: &Many) -> String {
    let mut rows = vec![std::iter::once("plan".to_owned()).chain(compared.names.iter().cloned()).collect::<Vec<_>>()];
    for (i, name) in compared.names.iter().enumerate() {
        let values = many.matrix.row(i).iter().map(f64::to_string);
        rows.push(std::iter::once(name.clone()).chain(values).collect());
    }
    csv_text(&rows)
}

pub(super) fn csv_text(rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = rows.iter().try_for_each(|row| writer.write_record(row)).is_ok();
    let bytes = if written { writer.into_inner().unwrap_or_default() } else { Vec::new() };
    String::from_utf8(bytes).unwrap_or_default()
}

/// The comparison for people: what matters in one sentence, then the lists.
///
/// Of several pairs only the sentences, unless `lists` asks for more. No line is longer than `width` unless a table can't be
/// narrower.
#[must_use]
pub fn compare_text(compared: &Compared<'_>, lists: bool, colour: bool, width: usize) -> String {
    let (paint, width, lang) = (Paint(colour), width.clamp(40, 400), compared.lang);
    let mut out = String::new();
    if let Some(many) = compared.many {
        overview(&mut out, compared, many, paint, width);
    }
    let whole = lists || compared.many.is_none() && compared.pairs.len() == 1;
    for (i, pair) in compared.pairs.iter().enumerate() {
        if !out.is_empty() && (whole || i == 0) {
            out.push('\n');
        }
        paragraph(&mut out, paint, ("", if whole { Ink::Bold } else { Ink::Plain }), &compared.sentence(pair), width);
        if whole {
            whole_pair(&mut out, compared, pair, paint, width);
        }
    }
    let mut notes: Vec<String> = Vec::new();
    for (i, plan) in compared.plans.iter().enumerate() {
        let n = carried(plan);
        if n > 0 {
            let n = words::number(lang, count(n), 0);
            notes.push(say(lang, "compare.carried", &[("plan", &compared.names[i]), ("n", &n)]));
        }
        notes.extend(compared.findings[i].iter().map(|f| {
            format!("{}: {} {}", clean(&compared.names[i]), f.code, words::finding(lang, f, compared.territory))
        }));
    }
    if let Some(most) = compared.left_out {
        notes.push(say(lang, "compare.left-out", &[("most", &most.to_string())]));
    }
    if !compared.pairs.is_empty() {
        notes.push(by(compared));
        if !compared.weigh.missing.is_empty() {
            let n = words::number(lang, count(compared.weigh.missing.len()), 0);
            let attribute = words::attribute(lang, &compared.weigh.name);
            notes.push(say(lang, "compare.missing", &[("n", &n), ("attribute", &attribute)]));
        }
        if compared.pairs.iter().any(|pair| compared.estimated(pair)) {
            notes.push(say(lang, "basis.estimated", &[]));
        }
    }
    for (i, note) in notes.iter().enumerate() {
        if i == 0 {
            out.push('\n');
        }
        paragraph(&mut out, paint, ("", Ink::Dim), note, width);
    }
    out
}

/// How the areas were matched.
fn by(compared: &Compared<'_>) -> String {
    let (lang, weigh) = (compared.lang, compared.weigh);
    if weigh.name == MUNICIPALITIES {
        let unit = words::quantity(lang, 2.0, MUNICIPALITIES);
        return say(lang, "compare.by", &[("unit", unit.trim_start_matches("2 "))]);
    }
    say(lang, "compare.by-figures", &[("attribute", &words::attribute(lang, &weigh.name))])
}

/// The changes of areas, a table of what moves, the areas that are not wholly the same, the distances.
fn whole_pair(out: &mut String, compared: &Compared<'_>, pair: &Pair, paint: Paint, width: usize) {
    let (lang, found) = (compared.lang, &pair.comparison);
    for sentence in compared.change_sentences(pair) {
        paragraph(out, paint, ("", Ink::Plain), &sentence, width);
    }
    let (a, b) = (&compared.plans[pair.a], &compared.plans[pair.b]);
    let head = |key: &str, right, wraps| Column { title: say(lang, &format!("compare.{key}"), &[]), right, wraps };
    let mut ways: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for m in &found.moved {
        if let (Some(from), Some(to)) = (m.from, m.to) {
            ways.entry((from, to)).or_default().push(m.municipality);
        }
    }
    if !ways.is_empty() {
        out.push('\n');
        let heads = [head("what", false, true), head("from", false, true), head("to", false, true)];
        let row = |((from, to), all): (&(u32, u32), &Vec<usize>)| {
            let codes: Vec<&str> = all.iter().map(|&m| compared.territory.municipalities()[m].code.as_str()).collect();
            let amounts = compared.amounts(&totals(compared.territory, all.clone().into_iter()));
            let mut cells = vec![
                Cell::plain(words::municipalities(lang, &codes, compared.territory)),
                Cell::plain(clean(&a.areas[*from as usize])),
                Cell::plain(clean(&b.areas[*to as usize])),
            ];
            cells.push(Cell::plain(amounts.join(", ")));
            cells
        };
        let rows: Vec<Vec<Cell>> = ways.iter().map(row).collect();
        let mut heads = heads.to_vec();
        heads.push(Column { title: String::new(), right: true, wraps: false });
        table(out, paint, &heads, &rows, width);
    }
    let partly: Vec<_> = found.matched.iter().filter(|m| m.share < 1.0 || m.share_of_b < 1.0).collect();
    if !partly.is_empty() {
        out.push('\n');
        let title = |key: &str, i: usize| say(lang, &format!("compare.{key}"), &[("plan", &compared.names[i])]);
        let heads = [
            Column { title: clean(&title("area-a", pair.a)), right: false, wraps: true },
            Column { title: clean(&title("area-b", pair.b)), right: false, wraps: true },
            head("share-a", true, true),
            head("share-b", true, true),
        ];
        let percent = |share: f64| Cell::plain(words::quantity(lang, (share * 1000.0).floor() / 1000.0, "share"));
        let rows: Vec<Vec<Cell>> = partly
            .iter()
            .map(|m| {
                let names = [clean(&a.areas[m.a as usize]), clean(&b.areas[m.b as usize])];
                let mut cells: Vec<Cell> = names.into_iter().map(Cell::plain).collect();
                cells.extend([percent(m.share), percent(m.share_of_b)]);
                cells
            })
            .collect();
        table(out, paint, &heads, &rows, width);
    }
    let d = &found.distances;
    let number = |v: f64| words::number(lang, v, 4);
    let values = [
        ("hamming", words::quantity(lang, f64::from(d.hamming), MUNICIPALITIES)),
        ("share", words::quantity(lang, d.hamming_share, "share")),
        ("rand", number(d.rand)),
        ("adjusted", number(d.adjusted_rand)),
        ("variation", number(d.variation_of_information)),
        ("mutual", number(d.normalized_mutual_information)),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    out.push('\n');
    paragraph(out, paint, ("", Ink::Plain), &say(lang, "compare.distances", &values), width);
}

/// Many plans: the most central one, the nearest and the farthest, the groups, and a small matrix whole.
fn overview(out: &mut String, compared: &Compared<'_>, many: &Many, paint: Paint, width: usize) {
    let lang = compared.lang;
    let n = many.matrix.len();
    let (all, measure) = (words::number(lang, count(n), 0), compared.measure(many.measure));
    let number = |v: f64| words::number(lang, v, 3);
    let same = (0..n).all(|i| many.matrix.row(i).iter().all(|d| *d == 0.0));
    let mut values = vec![("n", all.as_str()), ("measure", &measure)];
    let Some(medoid) = many.medoid.filter(|_| !same) else {
        return paragraph(out, paint, ("", Ink::Bold), &say(lang, "compare.many-same", &values), width);
    };
    let mean = number(many.matrix.row(medoid).iter().sum::<f64>() / (count(n) - 1.0).max(1.0));
    values.extend([("medoid", compared.names[medoid].as_str()), ("mean", &mean)]);
    paragraph(out, paint, ("", Ink::Bold), &say(lang, "compare.many", &values), width);
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    let at = |(i, j): (usize, usize)| many.matrix.row(i)[j];
    let near = pairs.clone().min_by(|x, y| at(*x).total_cmp(&at(*y)));
    let far = pairs.rev().max_by(|x, y| at(*x).total_cmp(&at(*y)));
    if let (Some(near), Some(far)) = (near, far) {
        let names = [near.0, near.1, far.0, far.1].map(|i| compared.names[i].as_str());
        let (value, other) = (number(at(near)), number(at(far)));
        let values = [
            ("a", names[0]),
            ("b", names[1]),
            ("value", &*value),
            ("c", names[2]),
            ("d", names[3]),
            ("other", &*other),
        ];
        paragraph(out, paint, ("", Ink::Plain), &say(lang, "compare.closest", &values), width);
    }
    if let Some(silhouette) = many.groups.silhouette {
        out.push('\n');
        let key = match silhouette {
            s if s >= 0.5 => "strong",
            s if s >= 0.25 => "some",
            _ => "weak",
        };
        let (k, s) = (words::number(lang, count(many.groups.groups.len()), 0), number(silhouette));
        let sentence = say(lang, &format!("compare.groups-{key}"), &[("n", &k), ("silhouette", &s)]);
        paragraph(out, paint, ("", Ink::Plain), &sentence, width);
        let head = |key: &str, right, wraps| Column { title: say(lang, &format!("compare.{key}"), &[]), right, wraps };
        let heads = [
            head("group", true, false),
            head("plans", true, false),
            head("medoid", false, true),
            head("radius", true, false),
            head("silhouette", true, false),
            head("members", false, true),
        ];
        let row = |(i, g): (usize, &crate::plan::compare::Group)| {
            let some: Vec<&str> = g.plans.iter().take(MOST_NAMES).map(|&p| compared.names[p].as_str()).collect();
            let mut members = some.join(", ");
            if g.plans.len() > MOST_NAMES {
                let more = words::number(lang, count(g.plans.len() - MOST_NAMES), 0);
                members.push_str(&format!(" {}", say(lang, "compare.and-more", &[("n", &more)])));
            }
            let numbers = [count(i + 1), count(g.plans.len())].map(|v| Cell::plain(words::number(lang, v, 0)));
            let mut cells = numbers.to_vec();
            cells.push(Cell::plain(clean(&compared.names[g.medoid])));
            cells.extend([number(g.radius), number(g.silhouette)].map(Cell::plain));
            cells.push(Cell::plain(clean(&members)));
            cells
        };
        let rows: Vec<Vec<Cell>> = many.groups.groups.iter().enumerate().map(row).collect();
        table(out, paint, &heads, &rows, width);
    }
    if n <= MOST_COLUMNS {
        out.push('\n');
        let mut heads = vec![Column { title: String::new(), right: false, wraps: true }];
        heads.extend(compared.names.iter().map(|name| Column { title: clean(name), right: true, wraps: true }));
        let row = |i: usize| {
            let mut cells = vec![Cell::plain(clean(&compared.names[i]))];
            cells.extend(many.matrix.row(i).iter().map(|v| Cell::plain(number(*v))));
            cells
        };
        table(out, paint, &heads, &(0..n).map(row).collect::<Vec<_>>(), width);
    }
}
