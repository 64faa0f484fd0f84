//! What is known of each council or area beside its municipalities: meetings, secretariat, reports, feedback.

use std::path::Path;

use super::tables::Table;
use super::{Error, Input};
use crate::territory::InputDigest;

/// A row of an overview; a cell that is empty, or a column that is absent, is no data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OverviewRow {
    /// The council or area.
    pub area: String,
    /// How often it meets in a year, as written.
    pub meetings_per_year: Option<String>,
    /// Who supports it.
    pub secretariat: Option<String>,
    /// Whether and where reports are published.
    pub reports: Option<String>,
    /// How the municipal councils hear of it.
    pub feedback: Option<String>,
}

/// Reads an overview: a column `council` or `area`, and any of `meetings_per_year`, `secretariat`, `reports`, `feedback`
/// (or their Dutch names).
///
/// # Errors
///
/// What [`Table::open`] refuses; no column with the area (`E403`), an empty area (`E404`), an area twice (`E407`).
pub fn read_overview(path: &Path) -> Result<(Vec<OverviewRow>, InputDigest), Error> {
    let input = Input::open(path)?;
    let table = Table::read(&input)?;
    let area = table.any_column(&["council", "area", "burgemeestersoverleg", "overleg", "gebied"])?;
    let find = |names: [&str; 2]| names.iter().find_map(|name| table.find(name));
    let columns = [
        find(["meetings_per_year", "vergaderingen_per_jaar"]),
        find(["secretariat", "secretariaat"]),
        find(["reports", "verslagen"]),
        find(["feedback", "terugkoppeling"]),
    ];
    let mut rows: Vec<OverviewRow> = Vec::with_capacity(table.len());
    for row in 0..table.len() {
        let name = table.required(row, area)?;
        if let Some(first) = rows.iter().position(|r| r.area == name) {
            let message = format!("{name:?} stands on line {} already", table.line(first));
            return Err(table.error(row, area, "E407", message));
        }
        let cell = |i: usize| columns[i].and_then(|c| table.text(row, c)).map(str::to_owned);
        rows.push(OverviewRow {
            area: name.to_owned(),
            meetings_per_year: cell(0),
            secretariat: cell(1),
            reports: cell(2),
            feedback: cell(3),
        });
    }
    Ok((rows, input.digest()))
}
