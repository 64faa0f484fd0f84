//! The folder of a consultation: its tables, and its plans in the folder `plans`.

use std::path::Path;

use super::plans::{PlanOptions, PlanSource};
use super::tables::Table;
use super::{Error, Input, Note};
use crate::consultation::{Cells, Fault, PAPERS, Paper, Papers, Sheet};
use crate::territory::InputDigest;

/// What stands in the folder of a consultation.
#[derive(Debug, Clone, Default)]
pub struct ConsultationFolder {
    /// The tables and plans, as they are written.
    pub papers: Papers,
    /// What was understood rather than read.
    pub notes: Vec<Note>,
    /// Every file that was read, with its digest.
    pub inputs: Vec<InputDigest>,
}

/// Reads the folder of a consultation: `proposals.csv`, `actors.csv`, a folder `plans` with a plan for each proposal (in any
/// form that [`plans`](super::plans) reads), and, where they are there, `opinions.csv` and `councils.csv`. Columns: see
/// [`PAPERS`].
///
/// A plan that can't be read is a fault (`C113`) and stops nothing.
///
/// # Errors
///
/// A table that must be there and is not (`E101`), is no table (`E401`, `E402`), or lacks a column (`E403`); no plan (`E509`).
pub fn read(folder: &Path, options: &PlanOptions) -> Result<ConsultationFolder, Error> {
    let mut found = ConsultationFolder::default();
    let [proposals, actors, opinions, councils] = PAPERS;
    found.papers.proposals = found.sheet(folder, &proposals)?;
    found.papers.actors = found.sheet(folder, &actors)?;
    for (paper, is_council) in [(opinions, false), (councils, true)] {
        if folder.join(paper.file).exists() {
            let sheet = found.sheet(folder, &paper)?;
            let slot = if is_council { &mut found.papers.councils } else { &mut found.papers.opinions };
            *slot = Some(sheet);
        }
    }
    let mut source = PlanSource::open(&[folder.join("plans")], options)?;
    let within = |path: &str| {
        let path = Path::new(path);
        path.strip_prefix(folder).unwrap_or(path).display().to_string()
    };
    for raw in source.by_ref() {
        match raw.submission() {
            Ok(submission) => found.papers.plans.push((within(raw.path()), submission)),
            Err(reason) => {
                let at = reason.at.unwrap_or_default();
                let number = at.strip_prefix("line ").map_or("", |rest| rest.split([',', ' ']).next().unwrap_or(""));
                let message = format!("{} [{}]", reason.message, reason.code);
                let values = vec![("reason", message), ("plan", raw.name())];
                let line = number.parse().unwrap_or(0);
                found.papers.faults.push(Fault { file: within(&reason.path), line, code: "C113", values });
            }
        }
    }
    found.inputs.extend(source.digests().iter().cloned());
    Ok(found)
}

impl ConsultationFolder {
    fn sheet(&mut self, folder: &Path, paper: &Paper) -> Result<Sheet, Error> {
        let input = Input::open(&folder.join(paper.file))?;
        let table = Table::read(&input)?;
        self.inputs.push(input.digest());
        self.notes.extend(table.notes.iter().cloned());
        let mut columns = Vec::with_capacity(paper.columns.len());
        for (i, names) in paper.columns.iter().enumerate() {
            columns.push(match table.any_column(names) {
                Ok(column) => Some(column),
                Err(_) if i >= paper.needed => None,
                Err(error) => return Err(error),
            });
        }
        let cell =
            |row: usize, column: &Option<usize>| column.and_then(|c| table.text(row, c)).unwrap_or_default().to_owned();
        let cells = |row: usize| Cells {
            line: table.line(row),
            cells: columns.iter().map(|column| cell(row, column)).collect(),
        };
        Ok((0..table.len()).map(cells).collect())
    }
}
