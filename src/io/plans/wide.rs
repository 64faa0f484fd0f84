//! A wide table: a row a municipality, a column a plan; turned on its side in passes of bounded memory.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::records::Records;
use super::{Body, RawPlan};
use crate::io::Error;
use crate::plan::{Row, Submission};
use crate::territory::index_u32;

/// Most cells that are held at once (64 MiB of label numbers); a larger table is read in several passes.
const MAX_CELLS: usize = 16 << 20;

/// Most bytes of codes and different labels.
const MAX_LABEL_BYTES: usize = 32 << 20;

/// Some columns of a wide table.
#[derive(Debug)]
pub(super) struct Wide {
    names: Arc<Vec<String>>,
    first: usize,
    width: usize,
    codes: Vec<String>,
    lines: Vec<u32>,
    labels: Vec<String>,
    /// Label of each cell, row by row.
    cells: Vec<u32>,
}

impl Wide {
    pub(super) fn rows(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn name(&self, column: usize) -> &str {
        &self.names[column]
    }

    /// Line, code and area of each row of a plan.
    pub(super) fn cells(&self, column: usize) -> impl Iterator<Item = (u32, &str, &str)> {
        let of = move |row: usize| self.cells[row * self.width + column - self.first] as usize;
        (0..self.rows()).map(move |row| (self.lines[row], self.codes[row].as_str(), self.labels[of(row)].as_str()))
    }

    pub(super) fn submission(&self, column: usize) -> Submission {
        let rows = self.cells(column).map(|(line, code, area)| Row {
            line,
            code: code.to_owned(),
            area: area.to_owned(),
            company: None,
        });
        Submission { name: self.name(column).to_owned(), rows: rows.collect() }
    }
}

/// Reads a wide table, some columns at a time.
pub(super) struct Passes {
    file: PathBuf,
    path: Arc<str>,
    code: usize,
    cells: usize,
    plans: Vec<usize>,
    names: Arc<Vec<String>>,
    width: usize,
    next: usize,
    table: Option<Arc<Wide>>,
    failed: bool,
}

impl Passes {
    /// Prepares the passes; what is left of `records` is read to its end to know how many rows there may be.
    pub(super) fn new(
        file: &Path,
        path: &Arc<str>,
        records: Records,
        header: &[String],
        code: usize,
        plans: Vec<usize>,
    ) -> Result<Self, Error> {
        let rows = count_lines(records).map_err(|e| Error::new(&**path, "E102", format!("can't be read: {e}")))?;
        Ok(Self {
            file: file.to_owned(),
            path: path.clone(),
            code,
            cells: header.len(),
            names: Arc::new(plans.iter().map(|&i| header[i].clone()).collect()),
            width: (MAX_CELLS / rows.max(1)).clamp(1, plans.len()),
            plans,
            next: 0,
            table: None,
            failed: false,
        })
    }

    /// The next plan.
    pub(super) fn next(&mut self, stem: &str) -> Option<RawPlan> {
        if self.failed || self.next == self.plans.len() {
            return None;
        }
        let table = match self.table.take().filter(|t| self.next < t.first + t.width) {
            Some(table) => table,
            None => match self.load() {
                Ok(table) => Arc::new(table),
                Err(reason) => {
                    self.failed = true;
                    return Some(RawPlan::unreadable(&self.path, stem, reason));
                }
            },
        };
        let raw = RawPlan { path: self.path.clone(), body: Body::Column { table: table.clone(), column: self.next } };
        self.table = Some(table);
        self.next += 1;
        Some(raw)
    }

    /// Reads the next columns.
    fn load(&self) -> Result<Wide, Error> {
        let (first, width) = (self.next, self.width.min(self.plans.len() - self.next));
        let mut records = super::many::reopen(&self.file)?;
        records.advance()?;
        let mut table = Wide {
            names: self.names.clone(),
            first,
            width,
            codes: Vec::new(),
            lines: Vec::new(),
            labels: Vec::new(),
            cells: Vec::new(),
        };
        let mut known: FxHashMap<String, u32> = FxHashMap::default();
        let mut bytes = 0;
        while let Some(line) = records.advance()? {
            if records.len() != self.cells {
                let message = format!("has {} cells; expected {}, as the header has", records.len(), self.cells);
                return Err(records.error("E507", line, message));
            }
            let code = records.cell(self.code).filter(|c| !c.is_empty());
            let code = code.ok_or_else(|| records.error("E507", line, "names no municipality; expected its code"))?;
            bytes += code.len() + 32;
            table.codes.push(code.to_owned());
            table.lines.push(line);
            for &column in &self.plans[first..first + width] {
                let label = records.cell(column).unwrap_or("");
                let id = known.get(label).copied().unwrap_or_else(|| {
                    let id = index_u32(table.labels.len());
                    bytes += label.len() + 64;
                    known.insert(label.to_owned(), id);
                    table.labels.push(label.to_owned());
                    id
                });
                table.cells.push(id);
            }
            if bytes > MAX_LABEL_BYTES || table.cells.len() > 2 * MAX_CELLS {
                let message = "the table has too many rows or different labels to be held in memory; its plans can be given as JSON lines";
                return Err(records.error("E508", line, message));
            }
        }
        if table.codes.is_empty() {
            return Err(Error::new(&*self.path, "E509", "has a header and no rows; expected one a municipality"));
        }
        Ok(table)
    }
}

/// Lines that are left: no less than the records.
fn count_lines(records: Records) -> std::io::Result<usize> {
    let mut reader = records.into_reader();
    let mut lines = 1;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(lines);
        }
        lines += buffer.iter().filter(|&&b| b == b'\n').count();
        let used = buffer.len();
        reader.consume(used);
    }
}
