//! Two divisions held against each other, as text, JSON and CSV.

use serde_json::{Value, json};

use super::VERSION;
use super::compare::csv_text;
use super::table::{Cell, Column, Ink, Paint, paragraph, table};
use super::text::count;
use crate::io::overview::OverviewRow;
use crate::plan::align::{Alignment, Membership, Move, Side};
use crate::plan::compare::totals;
use crate::rules::Finding;
use crate::territory::{InputDigest, Territory};
use crate::words::{self, Lang, clean, say};

/// What was held against what, and in which language it is told.
#[derive(Debug, Clone, Copy)]
pub struct Aligned<'a> {
    /// The territory.
    pub territory: &'a Territory,
    /// The first division.
    pub a: &'a Membership,
    /// The second division.
    pub b: &'a Membership,
    /// The outcome.
    pub alignment: &'a Alignment,
    /// Areas of the division that changes that are not in one piece: before, and after the smallest realignment.
    pub not_contiguous: [&'a [String]; 2],
    /// What is irregular in the files.
    pub findings: &'a [Finding],
    /// What is known of the areas of the first division; none where no overview was given.
    pub overview: Option<&'a [OverviewRow]>,
    /// All inputs, with digests.
    pub inputs: &'a [InputDigest],
    /// Language of the sentences.
    pub lang: Lang,
}

/// A municipality in several areas of a division or in none, an area of the overview that does not exist.
struct Remark {
    kind: &'static str,
    division: String,
    municipalities: Vec<String>,
    areas: Vec<String>,
    message: String,
}

impl Aligned<'_> {
    fn code(&self, m: usize) -> &str {
        &self.territory.municipalities()[m].code
    }

    fn names(&self, all: &[usize]) -> String {
        words::municipalities(self.lang, &all.iter().map(|&m| self.code(m)).collect::<Vec<_>>(), self.territory)
    }

    fn changing(&self) -> &Membership {
        if self.alignment.realignment.side == Side::A { self.a } else { self.b }
    }

    fn label(&self, area: u32) -> &str {
        &self.alignment.realignment.division.areas[area as usize]
    }

    fn remarks(&self) -> Vec<Remark> {
        let lang = self.lang;
        let mut out = Vec::new();
        for division in [self.a, self.b] {
            for m in division.in_several() {
                let areas: Vec<String> = division.of[m].iter().map(|&x| division.areas[x as usize].clone()).collect();
                let (name, list) = (self.names(&[m]), words::list(lang, &areas));
                let values = [("municipality", name.as_str()), ("areas", &list), ("division", &division.name)];
                out.push(Remark {
                    kind: "in_several",
                    division: division.name.clone(),
                    municipalities: vec![self.code(m).to_owned()],
                    areas,
                    message: say(lang, "align.in-several", &values),
                });
            }
            let none: Vec<usize> = division.in_none().collect();
            if !none.is_empty() {
                const MOST: usize = 12;
                let n = words::number(lang, count(none.len()), 0);
                let mut values = vec![("n", n.as_str()), ("division", &division.name)];
                let names = self.names(&none[..none.len().min(MOST)]);
                if none.len() <= MOST {
                    values.push(("names", &names));
                }
                out.push(Remark {
                    kind: "in_none",
                    division: division.name.clone(),
                    municipalities: none.iter().map(|&m| self.code(m).to_owned()).collect(),
                    areas: Vec::new(),
                    message: say(lang, "align.in-none", &values),
                });
            }
        }
        for row in self.overview.unwrap_or_default().iter().filter(|r| !self.a.areas.contains(&r.area)) {
            let values = [("area", row.area.as_str()), ("division", &self.a.name)];
            out.push(Remark {
                kind: "unknown_area",
                division: self.a.name.clone(),
                municipalities: Vec::new(),
                areas: vec![row.area.clone()],
                message: say(lang, "align.unknown-area", &values),
            });
        }
        out
    }

    /// People and homes, as far as every municipality has a figure: attribute, sum, and the sum as it is written.
    fn sums(&self, all: &[usize]) -> Vec<(String, f64, String)> {
        let shown = |unit: &str| ["people", "homes", "dwellings"].contains(&unit);
        let totals = totals(self.territory, all.iter().copied());
        let totals = totals.into_iter().filter(|t| shown(&t.unit) || t.attribute == "social_rental_homes");
        totals
            .filter_map(|t| {
                let sum = t.sum?;
                let unit = if t.unit.is_empty() { "homes" } else { &t.unit };
                let mark = if t.estimated { "~" } else { "" };
                Some((t.attribute, sum, format!("{mark}{}", words::quantity(self.lang, sum, unit))))
            })
            .collect()
    }

    fn sentence(&self) -> String {
        let (lang, a, b) = (self.lang, &self.a.name, &self.b.name);
        let (n, all) = (self.alignment.splits.len(), self.a.areas.len());
        let (n, all) = (words::number(lang, count(n), 0), words::number(lang, count(all), 0));
        let key = if self.alignment.is_nested() { "align.nested" } else { "align.split" };
        say(lang, key, &[("a", a), ("b", b), ("n", &n), ("all", &all)])
    }

    fn move_sentence(&self, m: &Move) -> String {
        let municipality = self.names(&[m.municipality]);
        let values = [("municipality", municipality.as_str()), ("to", self.label(m.to))];
        match m.from {
            // A municipality of two areas that only leaves one of them.
            Some(from) if self.changing().of[m.municipality].contains(&m.to) => {
                let values = [values[0], ("from", self.label(from)), values[1]];
                say(self.lang, "align.leaves", &values)
            }
            Some(from) => say(self.lang, "remedy.move", &[values[0], ("from", self.label(from)), values[1]]),
            None => say(self.lang, "remedy.assign", &values),
        }
    }
}

/// The alignment as the contract's JSON.
#[must_use]
pub fn align_json(aligned: &Aligned<'_>) -> Value {
    let (a, b) = (aligned.a, aligned.b);
    let codes = |all: &[usize]| all.iter().map(|&m| aligned.code(m).to_owned()).collect::<Vec<_>>();
    let sums = |all: &[usize]| -> Value {
        aligned.sums(all).into_iter().map(|(name, sum, _)| (name, json!(sum))).collect::<serde_json::Map<_, _>>().into()
    };
    let splits = aligned.alignment.splits.iter().map(|split| {
        let parts = split.parts.iter().map(|p| {
            json!({
                "in": p.within.map(|z| &b.areas[z as usize]),
                "municipalities": codes(&p.municipalities),
                "share": p.share,
                "totals": sums(&p.municipalities),
            })
        });
        json!({ "area": a.areas[split.area as usize], "parts": parts.collect::<Vec<_>>() })
    });
    let found = &aligned.alignment.realignment;
    let moves = found.moves.iter().map(|m| {
        json!({
            "municipality": aligned.code(m.municipality),
            "from": m.from.map(|x| aligned.label(x)),
            "to": aligned.label(m.to),
        })
    });
    let mut findings: Vec<Value> = aligned
        .remarks()
        .into_iter()
        .map(|r| {
            json!({
                "kind": r.kind, "division": r.division, "municipalities": r.municipalities, "areas": r.areas,
                "message": r.message,
            })
        })
        .collect();
    findings.extend(aligned.findings.iter().map(|f| {
        let message = words::finding(aligned.lang, f, aligned.territory);
        json!({ "kind": f.code, "municipalities": f.municipalities, "message": message })
    }));
    let overview = a.members().into_iter().enumerate().map(|(area, members)| {
        let members: Vec<usize> = members.iter().map(|&m| m as usize).collect();
        let row = overview_row(aligned, &a.areas[area]);
        let number = |text: &String| text.parse::<f64>().map_or_else(|_| json!(text), |v| json!(v));
        json!({
            "area": a.areas[area],
            "municipalities": codes(&members),
            "totals": sums(&members),
            "meetings_per_year": row.and_then(|r| r.meetings_per_year.as_ref()).map(number),
            "secretariat": row.and_then(|r| r.secretariat.as_ref()),
            "reports": row.and_then(|r| r.reports.as_ref()),
            "feedback": row.and_then(|r| r.feedback.as_ref()),
        })
    });
    json!({
        "a": a.name,
        "b": b.name,
        "summary": aligned.sentence(),
        "nested": aligned.alignment.is_nested(),
        "splits": splits.collect::<Vec<_>>(),
        "smallest_realignment": {
            "changes": if found.side == Side::A { "a" } else { "b" },
            "moves": moves.collect::<Vec<_>>(),
            "proved_smallest": found.proved_smallest,
            "new_areas": found.new,
            "not_contiguous": { "before": aligned.not_contiguous[0], "after": aligned.not_contiguous[1] },
        },
        "findings": findings,
        "overview": overview.collect::<Vec<_>>(),
        "territory": { "name": aligned.territory.name(), "date": aligned.territory.date() },
        "inputs": aligned.inputs,
        "version": VERSION,
    })
}

fn overview_row<'a>(aligned: &Aligned<'a>, area: &str) -> Option<&'a OverviewRow> {
    aligned.overview?.iter().find(|r| r.area == area)
}

/// The areas of the first division by the areas of the second in which they lie: a line for each part. With an overview, a
/// line for each area and what is known of it.
#[must_use]
pub fn align_csv(aligned: &Aligned<'_>) -> String {
    let (a, b) = (aligned.a, aligned.b);
    let codes = |all: &[usize]| all.iter().map(|&m| aligned.code(m)).collect::<Vec<_>>().join("+");
    let mut rows: Vec<Vec<String>> = Vec::new();
    if aligned.overview.is_some() {
        let header = ["area", "municipalities", "codes", "meetings_per_year", "secretariat", "reports", "feedback"];
        rows.push(header.map(str::to_owned).to_vec());
        let none = say(aligned.lang, "align.no-data", &[]);
        for (area, members) in a.areas.iter().zip(a.members()) {
            let members: Vec<usize> = members.iter().map(|&m| m as usize).collect();
            let mut row = vec![area.clone(), members.len().to_string(), codes(&members)];
            row.extend(cells(overview_row(aligned, area)).map(|c| c.unwrap_or(&none).clone()));
            rows.push(row);
        }
        return csv_text(&rows);
    }
    rows.push(["area", "in", "municipalities", "share", "codes"].map(str::to_owned).to_vec());
    for split in &aligned.alignment.splits {
        for part in &split.parts {
            rows.push(vec![
                a.areas[split.area as usize].clone(),
                part.within.map_or_else(String::new, |z| b.areas[z as usize].clone()),
                part.municipalities.len().to_string(),
                part.share.to_string(),
                codes(&part.municipalities),
            ]);
        }
    }
    csv_text(&rows)
}

fn cells(row: Option<&OverviewRow>) -> [Option<&String>; 4] {
    let row = |pick: fn(&OverviewRow) -> &Option<String>| row.and_then(|r| pick(r).as_ref());
    [row(|r| &r.meetings_per_year), row(|r| &r.secretariat), row(|r| &r.reports), row(|r| &r.feedback)]
}

/// The alignment for people: nested or not, who is split, the smallest realignment, the findings, the overview.
#[must_use]
pub fn align_text(aligned: &Aligned<'_>, colour: bool, width: usize) -> String {
    let (paint, width, lang) = (Paint(colour), width.clamp(40, 400), aligned.lang);
    let mut out = String::new();
    paragraph(&mut out, paint, ("", Ink::Bold), &aligned.sentence(), width);
    splits(&mut out, aligned, paint, width);
    let found = &aligned.alignment.realignment;
    if !found.moves.is_empty() {
        out.push('\n');
        let n = words::number(lang, count(found.moves.len()), 0);
        let values = [("n", n.as_str()), ("division", &aligned.changing().name)];
        let key = if found.proved_smallest { "align.realign-proved" } else { "align.realign" };
        paragraph(&mut out, paint, ("", Ink::Plain), &say(lang, key, &values), width);
        for m in &found.moves {
            paragraph(&mut out, paint, ("  ", Ink::Plain), &clean(&aligned.move_sentence(m)), width);
        }
        if !found.new.is_empty() {
            let list = words::list(lang, &found.new);
            paragraph(&mut out, paint, ("", Ink::Plain), &say(lang, "align.new", &[("areas", &list)]), width);
        }
        let [before, after] = aligned.not_contiguous;
        let key = if after.is_empty() { "align.contiguous" } else { "align.not-contiguous" };
        let (after, n) = (words::list(lang, after), words::number(lang, count(before.len()), 0));
        let values = [("areas", after.as_str()), ("n", n.as_str()), ("division", &aligned.changing().name)];
        paragraph(&mut out, paint, ("", Ink::Plain), &say(lang, key, &values), width);
    }
    let remarks = aligned.remarks();
    if !remarks.is_empty() || !aligned.findings.is_empty() {
        out.push('\n');
    }
    for remark in remarks {
        paragraph(&mut out, paint, ("", Ink::Doubt), &clean(&remark.message), width);
    }
    for f in aligned.findings {
        let sentence = words::finding(lang, f, aligned.territory);
        paragraph(&mut out, paint, (&format!("{} ", f.code), Ink::Doubt), &sentence, width);
    }
    if aligned.overview.is_some() {
        out.push('\n');
        overview(&mut out, aligned, paint, width);
    }
    out
}

fn head(lang: Lang, key: &str, right: bool, wraps: bool) -> Column {
    Column { title: say(lang, key, &[]), right, wraps }
}

fn splits(out: &mut String, aligned: &Aligned<'_>, paint: Paint, width: usize) {
    if aligned.alignment.is_nested() {
        return;
    }
    let lang = aligned.lang;
    let heads = [
        head(lang, "head.area", false, true),
        head(lang, "head.zone", false, true),
        head(lang, "align.share", true, false),
        head(lang, "compare.what", false, true),
        Column { title: String::new(), right: true, wraps: true },
    ];
    let mut rows = Vec::new();
    for split in &aligned.alignment.splits {
        for (i, part) in split.parts.iter().enumerate() {
            let area = if i == 0 { clean(&aligned.a.areas[split.area as usize]) } else { String::new() };
            let zone =
                part.within.map_or_else(|| say(lang, "align.nowhere", &[]), |z| clean(&aligned.b.areas[z as usize]));
            // The largest part is what is as it should be: only how many it has.
            let what = if i == 0 {
                words::quantity(lang, count(part.municipalities.len()), "municipalities")
            } else {
                aligned.names(&part.municipalities)
            };
            let sums: Vec<String> = aligned.sums(&part.municipalities).into_iter().map(|s| s.2).collect();
            let share = words::quantity(lang, part.share, "share");
            rows.push([area, zone, share, what, sums.join(", ")].map(Cell::plain).to_vec());
        }
    }
    out.push('\n');
    table(out, paint, &heads, &rows, width);
}

/// Composition, meetings, secretariat, reports and feedback of each area; what is not given is no data.
fn overview(out: &mut String, aligned: &Aligned<'_>, paint: Paint, width: usize) {
    let lang = aligned.lang;
    let heads = [
        head(lang, "head.area", false, true),
        head(lang, "compare.what", false, true),
        head(lang, "align.meetings", false, true),
        head(lang, "align.secretariat", false, true),
        head(lang, "align.reports", false, true),
        head(lang, "align.feedback", false, true),
    ];
    let none = say(lang, "align.no-data", &[]);
    let row = |(area, members): (&String, Vec<u32>)| {
        let members: Vec<usize> = members.iter().map(|&m| m as usize).collect();
        let names: Vec<&str> = members.iter().map(|&m| aligned.territory.municipalities()[m].name.as_str()).collect();
        let sums: Vec<String> = aligned.sums(&members).into_iter().map(|s| s.2).collect();
        let n = words::quantity(lang, count(members.len()), "municipalities");
        let sums = if sums.is_empty() { String::new() } else { format!(", {}", sums.join(", ")) };
        let mut cells = vec![Cell::plain(clean(area)), Cell::plain(format!("{n}{sums}: {}", clean(&names.join(", "))))];
        for cell in self::cells(overview_row(aligned, area)) {
            cells.push(cell.map_or_else(|| Cell(none.clone(), Ink::Dim), |text| Cell::plain(clean(text))));
        }
        cells
    };
    let rows: Vec<Vec<Cell>> = aligned.a.areas.iter().zip(aligned.a.members()).map(row).collect();
    table(out, paint, &heads, &rows, width);
}
