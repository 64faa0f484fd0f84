//! The folder of a consultation: its tables, and its plans in the folder `plans`.

use std::path::Path;

use super::plans::{PlanOptions, PlanSource};
use super::tables::Table;
use super::{Error, Input, Note, embedded};
use crate::consultation::{Cells, Fault, PAPERS, Paper, Papers, Sheet};
use crate::plan::{Row, Submission};
use crate::territory::InputDigest;

/// The plans of an embedded consultation: one table for all of them.
const EMBEDDED_PLANS: &str = "plans/proposals.csv";

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
    found.sheets(&mut |file, needed| {
        let path = folder.join(file);
        if needed || path.exists() { Input::open(&path).map(Some) } else { Ok(None) }
    })?;
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

/// Reads an embedded consultation; `landmeter data export` gives the same as a folder.
///
/// # Errors
///
/// A name that is not there; the message lists those that are.
pub fn read_embedded(name: &str) -> Result<ConsultationFolder, Error> {
    let files = embedded::consultation(name)?;
    let mut found = ConsultationFolder::default();
    let input = |file: &str| {
        let bytes = files.iter().find(|(path, _)| *path == file).map(|(_, bytes)| bytes.to_vec());
        bytes.map(|bytes| Input::from_bytes(format!("embedded:{name}/{file}"), bytes)).transpose()
    };
    found.sheets(&mut |file, _| input(file))?;
    if let Some(input) = input(EMBEDDED_PLANS)? {
        let table = Table::read(&input)?;
        found.inputs.push(input.digest());
        let [plan, code, area] = ["plan", "nis", "area"].map(|name| table.column(name));
        let (plan, code, area, company) = (plan?, code?, area?, table.find("company"));
        for row in 0..table.len() {
            let text = |column: usize| table.text(row, column).unwrap_or_default().to_owned();
            let company = company.and_then(|c| table.text(row, c)).map(str::to_owned);
            let read = Row { line: table.line(row), code: text(code), area: text(area), company };
            match found.papers.plans.last_mut() {
                Some((_, last)) if last.name == text(plan) => last.rows.push(read),
                _ => {
                    let submission = Submission { name: text(plan), rows: vec![read] };
                    found.papers.plans.push((EMBEDDED_PLANS.to_owned(), submission));
                }
            }
        }
    }
    Ok(found)
}

/// Gives a file of a consultation; none for one that may be absent (the flag is false) and is.
type Open<'o> = dyn FnMut(&str, bool) -> Result<Option<Input>, Error> + 'o;

impl ConsultationFolder {
    /// The tables.
    fn sheets(&mut self, open: &mut Open<'_>) -> Result<(), Error> {
        let [proposals, actors, opinions, councils] = PAPERS;
        let mut sheet = |paper: Paper, needed: bool| -> Result<Option<Sheet>, Error> {
            open(paper.file, needed)?.map(|input| self.sheet(&input, &paper)).transpose()
        };
        let (proposals, actors) =
            (sheet(proposals, true)?.unwrap_or_default(), sheet(actors, true)?.unwrap_or_default());
        let (opinions, councils) = (sheet(opinions, false)?, sheet(councils, false)?);
        self.papers = Papers { proposals, actors, opinions, councils, ..std::mem::take(&mut self.papers) };
        Ok(())
    }

    fn sheet(&mut self, input: &Input, paper: &Paper) -> Result<Sheet, Error> {
        let table = Table::read(input)?;
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
