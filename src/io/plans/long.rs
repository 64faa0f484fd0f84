//! A table of plans below each other: the rows of each together.
//!
//! Reading it only finds where a plan ends and another begins; the rows are cut where the plan is used.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Cursor;
use std::sync::Arc;

use memchr::{memchr, memchr2_iter};

use super::records::{Cells, Raw, Records};
use super::{Body, MAX_PLAN_BYTES, RawPlan};
use crate::io::Error;
use crate::plan::{Row, Submission};

/// Which column of a table holds what.
#[derive(Debug)]
pub(super) struct Layout {
    pub header: Vec<String>,
    pub code: usize,
    pub area: usize,
    pub company: Option<usize>,
    pub plan: Option<usize>,
}

/// The rows of one plan, as they stand in the file.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    layout: Arc<Layout>,
    separator: u8,
    text: Vec<u8>,
    /// The number of its first line.
    line: u32,
    /// Why nothing was read behind them.
    broken: Option<Error>,
}

impl Lines {
    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// Visits code and area of each row; false where the rows are not of the usual shape or the visitor says so.
    pub(super) fn scan(&self, mut visit: impl FnMut(&str, &str) -> bool) -> bool {
        let Layout { header, code, area, company, .. } = &*self.layout;
        if company.is_some() || self.broken.is_some() || memchr(b'"', &self.text).is_some() {
            return false;
        }
        let Ok(text) = std::str::from_utf8(&self.text) else { return false };
        let (mut cell, mut from) = (0, 0);
        let (mut named, mut label) = ("", "");
        let last = (!self.text.ends_with(b"\n")).then_some(text.len());
        for to in memchr2_iter(self.separator, b'\n', &self.text).chain(last) {
            if cell == *code {
                named = text[from..to].trim_ascii();
            } else if cell == *area {
                label = text[from..to].trim_ascii();
            }
            (cell, from) = (cell + 1, to + 1);
            if self.text.get(to).is_none_or(|&byte| byte == b'\n') {
                if cell != header.len() || named.is_empty() || !visit(named, label) {
                    return false;
                }
                (cell, named) = (0, "");
            }
        }
        true
    }

    /// The rows, with all care; else what is wrong first.
    pub(super) fn submission(&self, name: &str, path: &str) -> Result<Submission, Error> {
        let text = Box::new(Cursor::new(self.text.clone()));
        let mut records = Records::within(text, path, self.separator, self.line);
        let mut rows = Vec::new();
        while let Some(line) = records.advance()? {
            rows.push(row(&records, &self.layout, line)?);
        }
        match &self.broken {
            Some(reason) => Err(reason.clone()),
            None => Ok(Submission { name: name.to_owned(), rows }),
        }
    }
}

/// The row that the current record is.
fn row(records: &Records, layout: &Layout, line: u32) -> Result<Row, Error> {
    let Layout { header, code, area, company, .. } = layout;
    let (found, expected) = (records.len(), header.len());
    let (Some(written), Some(label)) = (records.cell(*code), records.cell(*area)) else {
        let message = format!("has {found} cells; expected {expected}, as the header has ({})", header.join(", "));
        return Err(records.error("E507", line, message));
    };
    if (expected..found).any(|i| records.cell(i).is_some_and(|c| !c.is_empty())) {
        let message =
            format!("has {found} cells; expected {expected}; a label that holds the separator goes between quotes");
        return Err(records.error("E507", line, message));
    }
    if written.is_empty() {
        let message = format!("names no municipality; expected its code in column `{}`", header[*code]);
        return Err(records.error("E507", line, message));
    }
    let company = company.and_then(|c| records.cell(c)).filter(|c| !c.is_empty()).map(str::to_owned);
    Ok(Row { line, code: written.to_owned(), area: label.to_owned(), company })
}

/// The plans of a table, below each other.
pub(super) struct Table {
    records: Records,
    layout: Arc<Layout>,
    /// Hashes of the names of the plans that have ended (64 bits a plan, whatever its name).
    seen: HashSet<u64>,
    group: Option<Group>,
    /// The lines of the group so far.
    text: Vec<u8>,
    cells: Cells,
    ended: bool,
}

/// A plan whose rows are being read.
struct Group {
    name: String,
    /// The name as it must stand in a record of this plan, if it can be told without cutting the record.
    plain: Option<Vec<u8>>,
    line: u32,
    /// What is wrong with it, whatever its rows are.
    fault: Option<Error>,
    /// Why its rows end here.
    broken: Option<Error>,
}

impl Table {
    /// The rows that are left of a table whose header was read.
    pub(super) fn new(records: Records, layout: Layout) -> Self {
        Self {
            records,
            layout: Arc::new(layout),
            seen: HashSet::new(),
            group: None,
            text: Vec::new(),
            cells: Cells::default(),
            ended: false,
        }
    }

    /// The next plan; one that can't be read is one as well.
    pub(super) fn next(&mut self, path: &Arc<str>, stem: &str) -> Option<RawPlan> {
        while !self.ended {
            self.plain_lines();
            let from = self.text.len();
            match self.records.append(&mut self.text) {
                Ok(Some(raw)) => {
                    if let Some(plan) = self.record(raw, from, path, stem) {
                        return Some(plan);
                    }
                }
                Ok(None) => {
                    self.ended = true;
                    if self.group.is_none() && self.seen.is_empty() {
                        let reason =
                            Error::new(&**path, "E509", "has a header and no rows; expected one a municipality");
                        return Some(RawPlan::unreadable(path, stem, reason));
                    }
                }
                Err(reason) => {
                    self.ended = true;
                    self.text.truncate(from);
                    self.group.get_or_insert_with(|| Group::plain(stem)).broken.get_or_insert(reason);
                }
            }
        }
        self.close(self.text.len(), path)
    }

    /// Takes in lines that are plainly of the plan being read.
    fn plain_lines(&mut self) {
        let Some(group) = self.group.as_ref().filter(|g| g.broken.is_none()) else { return };
        let (separator, room) = (self.records.separator(), MAX_PLAN_BYTES.saturating_sub(self.text.len()));
        match (self.layout.plan, &group.plain) {
            (None, _) => self.records.append_while(&mut self.text, room, |_| true),
            (Some(column), Some(name)) => {
                self.records.append_while(&mut self.text, room, |line| has(line, separator, column, name));
            }
            (Some(_), None) => {}
        }
    }

    /// Takes in the record that begins at `from`; gives the plan before, if this record begins another.
    fn record(&mut self, raw: Raw, from: usize, path: &Arc<str>, stem: &str) -> Option<RawPlan> {
        let (record, separator) = (&self.text[from..], self.records.separator());
        let same = self.group.as_ref().is_some_and(|group| match self.layout.plan {
            None => true,
            Some(column) => !raw.quotes && group.plain.as_ref().is_some_and(|n| has(record, separator, column, n)),
        });
        if !same {
            self.cells.cut(record, separator, raw.quotes);
            if self.cells.blank() {
                if self.group.is_none() {
                    self.text.clear();
                }
                return None;
            }
            let name = self.layout.plan.map_or(stem, |column| self.cells.get(column).unwrap_or(""));
            if self.group.as_ref().is_none_or(|g| g.name != name) {
                let name = name.to_owned();
                let before = self.close(from, path);
                self.group = Some(self.start(name, raw.line));
                return before;
            }
        }
        if self.text.len() > MAX_PLAN_BYTES {
            let message = format!("one plan takes more than {MAX_PLAN_BYTES} bytes");
            let reason = self.records.error("E505", raw.line, message);
            self.text.truncate(from);
            self.group.as_mut()?.broken.get_or_insert(reason);
        }
        None
    }

    /// Ends the group before `end`, and keeps what follows.
    fn close(&mut self, end: usize, path: &Arc<str>) -> Option<RawPlan> {
        let Group { name, line, fault, broken, .. } = self.group.take()?;
        let mut rest = Vec::with_capacity(self.text.len());
        rest.extend_from_slice(&self.text[end..]);
        self.text.truncate(end);
        let text = std::mem::replace(&mut self.text, rest);
        self.seen.insert(hash(&name));
        if let Some(reason) = fault {
            return Some(RawPlan::unreadable(path, name, reason));
        }
        let (layout, separator) = (self.layout.clone(), self.records.separator());
        let lines = Lines { layout, separator, text, line, broken };
        Some(RawPlan { path: path.clone(), body: Body::Rows { name, lines } })
    }

    /// A group without rows; it is at fault where a plan of this name ended before.
    fn start(&self, name: String, line: u32) -> Group {
        let fault = if self.seen.contains(&hash(&name)) {
            let message = format!(
                "the plan `{name}` was ended by another and returns here: its rows are not together; sort the table by plan"
            );
            Some(self.records.error("E511", line, message))
        } else if name.is_empty() && self.layout.plan.is_some() {
            Some(self.records.error("E507", line, "names no plan; expected its name"))
        } else {
            None
        };
        let plain = |b: u8| (b.is_ascii_graphic() || b == b' ') && b != self.records.separator() && b != b'"';
        let plain = (!name.is_empty() && name.bytes().all(plain)).then(|| name.clone().into_bytes());
        Group { name, plain, line, fault, broken: None }
    }
}

impl Group {
    /// A group of that name, of which nothing else is known.
    fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), plain: None, line: 0, fault: None, broken: None }
    }
}

/// Is this the cell of a record without quotes, to the letter?
fn has(record: &[u8], separator: u8, column: usize, cell: &[u8]) -> bool {
    let mut rest = record;
    for _ in 0..column {
        let Some(at) = memchr(separator, rest) else { return false };
        rest = &rest[at + 1..];
    }
    rest.strip_prefix(cell).is_some_and(|behind| matches!(behind.first(), Some(&b) if b == separator || b == b'\n'))
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::io::plans::{PlanOptions, PlanSource};

    /// Cells of code, plan and area; whether the row's cells stand between quotes, and what ends it.
    type Written = ([String; 3], bool, &'static str);

    fn table() -> impl Strategy<Value = (Vec<Written>, bool)> {
        let plan = prop_oneof![Just("p"), Just("p1"), Just("p,1"), Just("p 1"), Just("\u{e9}")];
        let ends = prop_oneof![Just("\n"), Just("\r\n"), Just("\n\n"), Just("\n , ,\n")];
        let row = (0..9u8, "[A-C ,\n]{0,3}", any::<bool>(), ends);
        let group = (plan, prop::collection::vec(row, 1..4)).prop_map(|(plan, rows)| {
            let cells = |code: u8, area: String| [format!("u{code}"), plan.to_owned(), area];
            rows.into_iter()
                .map(|(code, area, quoted, end)| {
                    let special = plan.contains(',') || area.contains([',', '\n']);
                    (cells(code, area), quoted || special, end)
                })
                .collect::<Vec<_>>()
        });
        (prop::collection::vec(group, 1..5).prop_map(|groups| groups.concat()), any::<bool>())
    }

    proptest! {
        /// Rows of each plan as the crate `csv` reads them from the same bytes.
        #[test]
        fn every_row_is_there_whatever_its_quotes_and_line_ends((rows, ended) in table()) {
            let mut text = String::from("nis,plan,area\n");
            for (i, (cells, quoted, end)) in rows.iter().enumerate() {
                let quote = if *quoted { "\"" } else { "" };
                text += &cells.iter().map(|c| format!("{quote}{c}{quote}")).collect::<Vec<_>>().join(",");
                text += if ended || i + 1 < rows.len() { end } else { "" };
            }
            let mut expected: Vec<(String, Vec<(String, String)>)> = Vec::new();
            for record in csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes()).records() {
                let record = record.expect("a record");
                let [code, plan, area] = [0, 1, 2].map(|i| record.get(i).unwrap_or("").trim_ascii().to_owned());
                if code.is_empty() && plan.is_empty() && area.is_empty() {
                    continue;
                }
                if expected.last().is_none_or(|(last, _)| *last != plan) {
                    expected.push((plan, Vec::new()));
                }
                expected.last_mut().expect("a plan").1.push((code, area));
            }
            let file = tempfile::NamedTempFile::with_suffix(".csv").expect("a file");
            std::fs::write(file.path(), &text).expect("written");
            let source = PlanSource::open(&[file.path().to_owned()], &PlanOptions::default()).expect("a file");
            let mut seen = HashSet::new();
            let found: Vec<RawPlan> = source.collect();
            prop_assert_eq!(found.len(), expected.len());
            for (raw, (name, rows)) in found.iter().zip(&expected) {
                prop_assert_eq!(&raw.name(), name);
                let careful = raw.submission();
                prop_assert_eq!(careful.is_ok(), seen.insert(name.clone()), "a plan that returns is said");
                let mut scanned = Vec::new();
                let quick = raw.scan(|code, area| {
                    scanned.push((code.to_owned(), area.to_owned()));
                    true
                });
                if let Ok(careful) = careful {
                    let careful: Vec<_> = careful.rows.into_iter().map(|r| (r.code, r.area)).collect();
                    prop_assert_eq!(&careful, rows);
                    prop_assert!(quick.is_none() || scanned == careful);
                }
            }
        }
    }
}
