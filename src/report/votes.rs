//! The votes of the municipalities in each area as text, JSON and CSV.

use serde_json::{Value, json};

use super::table::{Cell, Column, Ink, Paint, paragraph, table};
use crate::consultation::votes::{AreaVotes, Basis, NoVotes, VotesError, majority};
use crate::territory::Territory;
use crate::words::{Lang, clean, number, quantity, say};

/// The votes in the areas of some plans.
#[derive(Debug, Clone, Copy)]
pub struct Votes<'a> {
    /// The territory.
    pub territory: &'a Territory,
    /// What they are shared by.
    pub basis: &'a Basis,
    /// All votes of a company.
    pub all: u32,
    /// Each plan's name and areas.
    pub plans: &'a [(String, Vec<AreaVotes>)],
    /// Language of the sentences.
    pub lang: Lang,
}

/// The basis in one line: `0.5 x homes + 0.5 x households`.
fn basis(votes: &Votes<'_>) -> String {
    let columns = &votes.basis.columns;
    let term = |(name, weight): &(String, u32)| match columns.len() {
        1 => clean(name),
        _ => format!("{} x {}", quantity(votes.lang, f64::from(*weight) / 1000.0, ""), clean(name)),
    };
    columns.iter().map(term).collect::<Vec<_>>().join(" + ")
}

/// Why an area has no shares.
fn sentence(lang: Lang, reason: &NoVotes) -> String {
    match reason {
        NoVotes::NoCount(codes) => {
            let (n, names) = (codes.len().to_string(), codes.join(", "));
            say(lang, "votes.no-count", &[("n", &n), ("names", &names)])
        }
        NoVotes::Figures(VotesError::Nothing { .. }) => say(lang, "votes.nothing", &[]),
        NoVotes::Figures(_) => say(lang, "votes.too-large", &[]),
    }
}

/// A plan's votes as JSON: each area with its municipalities' shares.
#[must_use]
pub fn votes_json(votes: &Votes<'_>, plan: usize) -> Value {
    let municipalities = votes.territory.municipalities();
    let columns = votes.basis.columns.iter().map(|(column, weight)| {
        let found = votes.territory.attribute(column);
        json!({
            "column": column, "weight": f64::from(*weight) / 1000.0,
            "source": found.map(|a| &a.source).filter(|s| !s.is_empty()), "estimated": found.is_some_and(|a| a.estimated),
        })
    });
    let areas = votes.plans.get(plan).map(|p| p.1.as_slice()).unwrap_or_default().iter().map(|area| {
        let members = area.members.as_deref().unwrap_or_default().iter().map(|(m, share, votes)| {
            let municipality = &municipalities[*m];
            json!({ "code": municipality.code, "name": municipality.name, "share": share.value(), "votes": votes })
        });
        let note = area.members.as_ref().err().map(|reason| sentence(votes.lang, reason));
        json!({ "area": area.area, "municipalities": members.collect::<Vec<_>>(), "note": note })
    });
    json!({
        "basis": columns.collect::<Vec<_>>(), "unit": "share", "all": votes.all, "boards": majority(votes.all),
        "source": say(votes.lang, "votes.source", &[]), "areas": areas.collect::<Vec<_>>(),
    })
}

/// A line for each municipality of each plan; an area without shares has one line, which says why.
#[must_use]
pub fn votes_csv(votes: &Votes<'_>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![["plan", "area", "code", "municipality", "share", "votes", "note"].map(str::to_owned)];
    for (plan, areas) in votes.plans {
        for area in areas {
            match &area.members {
                Ok(members) => rows.extend(members.iter().map(|(m, share, dealt)| {
                    let unit = &votes.territory.municipalities()[*m];
                    let (share, dealt) = (share.value().to_string(), dealt.to_string());
                    let (plan, area) = (plan.clone(), area.area.clone());
                    [plan, area, unit.code.clone(), unit.name.clone(), share, dealt, String::new()]
                })),
                Err(reason) => {
                    let mut row: [String; 7] = Default::default();
                    [row[0], row[1], row[6]] = [plan.clone(), area.area.clone(), sentence(votes.lang, reason)];
                    rows.push(row);
                }
            }
        }
    }
    let written = rows.iter().try_for_each(|row| writer.write_record(row)).is_ok();
    let bytes = if written { writer.into_inner().unwrap_or_default() } else { Vec::new() };
    String::from_utf8(bytes).unwrap_or_default()
}

/// The votes for people: a table for each plan.
#[must_use]
pub fn votes_text(votes: &Votes<'_>, colour: bool, width: usize) -> String {
    let (lang, paint) = (votes.lang, Paint(colour));
    let mut out = String::new();
    let (all, boards) = (votes.all.to_string(), majority(votes.all).to_string());
    let values = [("basis", &*basis(votes)), ("all", &*all), ("boards", &*boards)];
    out.push('\n');
    paragraph(&mut out, paint, ("", Ink::Plain), &say(lang, "votes.head", &values), width);
    let head = |key: &str, right, wraps| Column { title: say(lang, key, &[]), right, wraps };
    let heads = [
        head("head.area", false, true),
        head("votes.municipality", false, false),
        head("votes.share", true, false),
        head("votes.votes", true, false),
    ];
    for (plan, areas) in votes.plans {
        if votes.plans.len() > 1 {
            out.push('\n');
            paragraph(&mut out, paint, ("", Ink::Bold), &clean(plan), width);
        }
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for area in areas {
            for (i, (m, share, dealt)) in area.members.as_deref().unwrap_or_default().iter().enumerate() {
                let label = if i == 0 { clean(&area.area) } else { String::new() };
                let share = format!("{} %", number(lang, share.value() * 100.0, 2));
                let name = clean(&votes.territory.municipalities()[*m].name);
                rows.push([label, name, share, dealt.to_string()].map(Cell::plain).into());
            }
        }
        table(&mut out, paint, &heads, &rows, width);
        for area in areas {
            if let Err(reason) = &area.members {
                let said = format!("{}: {}", clean(&area.area), clean(&sentence(lang, reason)));
                paragraph(&mut out, paint, ("", Ink::Plain), &said, width);
            }
        }
    }
    let estimated = |(column, weight): &(String, u32)| {
        *weight > 0 && votes.territory.attribute(column).is_some_and(|a| a.estimated)
    };
    if votes.basis.columns.iter().any(estimated) {
        paragraph(&mut out, paint, ("", Ink::Dim), &say(lang, "basis.estimated", &[]), width);
    }
    out
}
