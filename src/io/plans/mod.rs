//! Plans in: CSV, JSON, a boundary file's property; many plans: several files, a folder, a long or wide CSV, JSON lines.
//!
//! Everything is streamed: [`PlanSource`] cuts its files into [`RawPlan`]s, one a plan, in the order of the input and in
//! bounded memory; a raw plan is parsed where it is used (in the threads of [`crate::batch`]). [`read_one`] is the same
//! reader for a file that holds one plan or a few.
//!
//! - CSV: separated by `,`, `;` or tab; a column with the municipality (`nis`, `code`, `geoid`, ...) and one with the area
//!   (`area`, `werkingsgebied`, `district`, ...), further columns allowed. With a column `plan` it is a *long* table: the
//!   rows of each plan together. Without a column that is known as the area's, every other column is a plan: a *wide* table.
//! - JSON: `{"code": "area", ...}` or `{"plan": "name", "assignment": {"code": "area", ...}}`; one such object a line makes
//!   a file of many plans. `null` or `""` is *no area*; a whole number is read as the text that it is.
//! - A boundary file: one of its properties holds the area.

mod columns;
mod file;
mod json;
mod lines;
mod long;
mod many;
mod records;
mod wide;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Error, boundaries};
use crate::plan::{Row, Submission};
use crate::territory::InputDigest;
use crate::territory::coverage::Value;

pub use many::PlanSource;

/// Most bytes that one plan may take, as a JSON line or document or as the rows of a table: 32 MiB.
pub const MAX_PLAN_BYTES: usize = 32 << 20;

/// How to read a file of plans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// `--code-column`: the column (or property) with the municipality; without it, common names are recognised.
    pub code_column: Option<String>,
    /// `--area-column`: the column (or property) with the area; without it, common names are recognised.
    pub area_column: Option<String>,
}

/// Reads every plan of a file (or folder).
///
/// # Errors
///
/// A file that can't be read, a missing column, a plan that can't be understood: with file, line, what was found and
/// what was expected. The first such plan stops the reading; [`PlanSource`] goes on.
pub fn read_one(path: &Path, options: &PlanOptions) -> Result<Vec<Submission>, Error> {
    read_with_digests(path, options).map(|(plans, _)| plans)
}

/// Like [`read_one`], with the SHA-256 of each file that was read.
///
/// # Errors
///
/// Those of [`read_one`].
pub fn read_with_digests(path: &Path, options: &PlanOptions) -> Result<(Vec<Submission>, Vec<InputDigest>), Error> {
    let mut source = PlanSource::open(&[PathBuf::from(path)], options)?;
    let plans = source.by_ref().map(|raw| raw.submission()).collect::<Result<_, _>>()?;
    Ok((plans, source.digests().to_vec()))
}

/// A plan as cut from its file, not yet parsed.
#[derive(Debug, Clone)]
pub struct RawPlan {
    path: Arc<str>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    /// A JSON object: a line of the file, or (line 0) the whole of it; `name` is used if the object has none.
    Json { text: Vec<u8>, line: u32, name: String },
    /// The rows of one plan of a table.
    Rows { name: String, lines: long::Lines },
    /// A plan that is read already.
    Read(Submission),
    /// A column of a wide table.
    Column { table: Arc<wide::Wide>, column: usize },
    /// What can't be read, and why.
    Unreadable { name: String, reason: Error },
}

impl RawPlan {
    fn unreadable(path: &Arc<str>, name: impl Into<String>, reason: Error) -> Self {
        Self { path: path.clone(), body: Body::Unreadable { name: name.into(), reason } }
    }

    /// Bytes that it holds in memory, about.
    #[must_use]
    pub fn size(&self) -> usize {
        match &self.body {
            Body::Json { text, .. } => text.len(),
            Body::Rows { lines, .. } => lines.size(),
            Body::Read(plan) => 128 * plan.rows.len(),
            Body::Column { table, .. } => 8 * table.rows(),
            Body::Unreadable { .. } => 256,
        }
    }

    /// The file that it was cut from, as the user named it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The plan's name; for one that can't be read, the best that can be said: `FILE:LINE`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.body {
            Body::Json { text, name, .. } => json::name(text).map_or_else(|| name.clone(), str::to_owned),
            Body::Rows { name, .. } | Body::Unreadable { name, .. } | Body::Read(Submission { name, .. }) => {
                name.clone()
            }
            Body::Column { table, column } => table.name(*column).to_owned(),
        }
    }

    /// Visits code and area of each row without allocating, and gives the plan's name.
    ///
    /// `None` where the plan is not of the usual shape (escapes, companies, anything wrong) or the visitor says
    /// `false`: then [`RawPlan::submission`] reads it with all care.
    pub fn scan(&self, mut visit: impl FnMut(&str, &str) -> bool) -> Option<&str> {
        match &self.body {
            Body::Json { text, name, .. } => json::scan(text, visit).map(|found| found.unwrap_or(name)),
            Body::Rows { name, lines } => lines.scan(visit).then_some(name),
            Body::Column { table, column } => {
                table.cells(*column).all(|(_, code, area)| visit(code, area)).then(|| table.name(*column))
            }
            Body::Read(_) | Body::Unreadable { .. } => None,
        }
    }

    /// The plan as submitted.
    ///
    /// # Errors
    ///
    /// Why it can't be read: file, line, what was found and what was expected.
    pub fn submission(&self) -> Result<Submission, Error> {
        match &self.body {
            Body::Json { text, line, name } => json::read(text, &self.path, *line, name),
            Body::Rows { name, lines } => lines.submission(name, &self.path),
            Body::Read(plan) => Ok(plan.clone()),
            Body::Column { table, column } => Ok(table.submission(*column)),
            Body::Unreadable { reason, .. } => Err(reason.clone()),
        }
    }
}

/// A plan from a boundary file: the area is one of its properties.
fn from_boundaries(path: &Path, name: &str, options: &PlanOptions) -> Result<Submission, Error> {
    let shown = path.display().to_string();
    let boundary = boundaries::BoundaryOptions { id: options.code_column.clone(), ..Default::default() };
    let (file, _) = boundaries::read(path, &boundary)?;
    let mut properties: Vec<String> =
        file.features.iter().flat_map(|f| f.properties.iter().map(|(name, _)| name.clone())).collect();
    properties.sort();
    properties.dedup();
    let area = columns::find(&properties, options.area_column.as_deref(), columns::AREA, "area-column", &shown)?
        .ok_or_else(|| columns::missing(&shown, "E502", "area", "area-column", columns::AREA, &properties))?;
    let company = columns::find(&properties, None, columns::COMPANY, "", &shown)?;
    let rows = file.features.iter().map(|feature| {
        let text = |column: usize| {
            let value = feature.properties.iter().find(|(name, _)| *name == properties[column]).map(|(_, v)| v);
            value.map_or_else(String::new, label)
        };
        let company = company.map(text).filter(|c| !c.is_empty());
        Row { line: 0, code: feature.code.clone(), area: text(area), company }
    });
    Ok(Submission { name: name.to_owned(), rows: rows.collect() })
}

/// A property as a label: whole numbers without decimals.
fn label(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.trim().to_owned(),
    }
}
