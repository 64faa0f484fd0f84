//! Which column of a table is what.

use super::PlanOptions;
use crate::io::Error;
use crate::plan::nearest::distance;

/// Columns known to hold the municipality, the likeliest first.
pub(super) const CODE: &[&str] = &[
    "nis",
    "niscode",
    "nis_code",
    "nis5",
    "refnis",
    "code",
    "geoid",
    "geoid20",
    "geoid10",
    "municipality_code",
    "gemeentecode",
    "gemeente_code",
    "municipality",
    "gemeente",
    "id",
    "unit",
    "node",
];

/// Columns known to hold the area.
pub(super) const AREA: &[&str] = &[
    "area",
    "working_area",
    "workingarea",
    "werkingsgebied",
    "district",
    "assignment",
    "zone",
    "cluster",
    "area_name",
    "gebied",
    "council",
    "burgemeestersoverleg",
];

/// Columns known to hold the housing company.
pub(super) const COMPANY: &[&str] = &["company", "woonmaatschappij", "housing_company"];

/// Columns known to hold the plan's name in a long table.
const PLAN: &[&str] = &["plan", "plan_name", "scenario", "variant", "draw"];

/// Columns that describe a municipality: a table that has one of these is not a wide table of plans.
const DESCRIPTION: &[&str] = &[
    "name",
    "naam",
    "municipality_name",
    "gemeentenaam",
    "naam_gemeente",
    "municipality",
    "gemeente",
    "province",
    "provincie",
    "population",
    "inwoners",
];

/// What a table holds, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) header: Vec<String>,
    pub(super) code: usize,
    pub(super) company: Option<usize>,
    pub(super) shape: Shape,
}

/// One plan, or many: below each other or beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// Rows of one plan, or of many where there is a column with the plan's name.
    Long { area: usize, plan: Option<usize> },
    /// Each of these columns is a plan.
    Wide { plans: Vec<usize> },
}

/// Recognises the columns of a header.
pub(super) fn recognise(header: Vec<String>, options: &PlanOptions, path: &str) -> Result<Columns, Error> {
    let code = find(&header, options.code_column.as_deref(), CODE, "code-column", path)?
        .ok_or_else(|| missing(path, "E501", "municipality", "code-column", CODE, &header))?;
    let others: Vec<String> =
        header.iter().enumerate().map(|(i, n)| if i == code { "" } else { n }.to_owned()).collect();
    let area = find(&others, options.area_column.as_deref(), AREA, "area-column", path)?;
    let company = find(&others, None, COMPANY, "", path)?;
    let plan = find(&others, None, PLAN, "", path)?;
    let shape = if let Some(area) = area {
        Shape::Long { area, plan: plan.filter(|&p| p != area) }
    } else {
        let plans: Vec<usize> = (0..header.len()).filter(|&i| i != code).collect();
        let described = others.iter().any(|n| DESCRIPTION.contains(&plain(n).as_str()));
        if plans.is_empty() || described || company.is_some() || plan.is_some() {
            return Err(missing(path, "E502", "area", "area-column", AREA, &others));
        }
        if let Some(&i) = plans.iter().find(|&&i| header[i].is_empty()) {
            let message =
                format!("column {} has no name; in a table of plans beside each other it is the plan's", i + 1);
            return Err(Error::new(path, "E503", message).at("line 1"));
        }
        Shape::Wide { plans }
    };
    Ok(Columns { header, code, company, shape })
}

/// The column of this name, or else the first known one; `None` where there is none.
pub(super) fn find(
    header: &[String],
    wanted: Option<&str>,
    known: &[&str],
    option: &str,
    path: &str,
) -> Result<Option<usize>, Error> {
    let at = |name: &str| -> Result<Option<usize>, Error> {
        let mut same = (0..header.len()).filter(|&i| plain(&header[i]) == plain(name));
        match (same.next(), same.next()) {
            (Some(_), Some(_)) => {
                Err(Error::new(path, "E503", format!("two columns are called `{name}`; expected one")).at("line 1"))
            }
            (first, _) => Ok(first),
        }
    };
    let Some(wanted) = wanted else {
        for name in known {
            if let Some(i) = at(name)? {
                return Ok(Some(i));
            }
        }
        return Ok(None);
    };
    if let Some(i) = header.iter().position(|n| n == wanted) {
        return Ok(Some(i));
    }
    at(wanted)?.map(Some).ok_or_else(|| {
        let hint = nearest(wanted, header).map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
        let message = format!("has no column `{wanted}`, named with --{option}{hint} (it has: {})", list(header));
        Error::new(path, "E504", message)
    })
}

/// The error for a column that is not there.
pub(super) fn missing(
    path: &str,
    code: &'static str,
    what: &str,
    option: &str,
    known: &[&str],
    header: &[String],
) -> Error {
    let hint = header.iter().find(|n| !n.is_empty() && nearest(n, known).is_some());
    let hint = hint.map_or_else(String::new, |n| format!(" (perhaps `{n}`)"));
    let message = format!(
        "has no column that is known to hold the {what} ({}, ...); name it with --{option}{hint}; it has: {}",
        known[..4].join(", "),
        list(header)
    );
    Error::new(path, code, message).at("line 1")
}

/// The first few names, for a message.
fn list(header: &[String]) -> String {
    let named: Vec<&str> = header.iter().map(String::as_str).filter(|n| !n.is_empty()).collect();
    let more = if named.len() > 8 { format!(", and {} more", named.len() - 8) } else { String::new() };
    if named.is_empty() { "no other".to_owned() } else { named[..named.len().min(8)].join(", ") + &more }
}

/// A column's name for comparison: `Working Area` is `working_area`.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-', '.'], "_")
}

/// The most similar name, if any is similar enough to be a slip of the pen (a third of its letters).
fn nearest<'a>(name: &str, known: &'a [impl AsRef<str>]) -> Option<&'a str> {
    let letters = |name: &str| plain(name).chars().collect::<Vec<_>>();
    let wanted = letters(name);
    let scored = known.iter().map(|k| (distance(&wanted, &letters(k.as_ref())), k.as_ref()));
    let (edits, best) = scored.min_by_key(|&(edits, _)| edits)?;
    (edits <= wanted.len().div_ceil(3)).then_some(best)
}
