//! A table of plans below each other: the rows of each together.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::records::Records;
use super::{Body, MAX_PLAN_BYTES, RawPlan, Rows};
use crate::io::Error;

/// The plans of a table, below each other.
pub(super) struct Table {
    records: Records,
    header: Vec<String>,
    code: usize,
    area: usize,
    company: Option<usize>,
    plan: Option<usize>,
    /// Hashes of the names of the plans that have ended (64 bits a plan, whatever its name).
    seen: HashSet<u64>,
    group: Option<Group>,
    /// Rows and bytes of the plan before.
    room: (usize, usize),
    ended: bool,
}

/// The rows of a plan so far, and what was wrong first.
struct Group {
    name: String,
    rows: Rows,
    fault: Option<Error>,
}

impl Group {
    fn into_plan(self, path: &Arc<str>) -> RawPlan {
        match self.fault {
            Some(reason) => RawPlan::unreadable(path, self.name, reason),
            None => RawPlan { path: path.clone(), body: Body::Rows { name: self.name, rows: self.rows } },
        }
    }
}

impl Table {
    /// The rows that are left of a table whose header was read: columns of code and area, company, plan's name.
    pub(super) fn new(
        records: Records,
        header: Vec<String>,
        [code, area]: [usize; 2],
        company: Option<usize>,
        plan: Option<usize>,
    ) -> Self {
        let (seen, room) = (HashSet::new(), (0, 0));
        Self { records, header, code, area, company, plan, seen, group: None, room, ended: false }
    }

    /// The next plan; one that can't be read is one as well.
    pub(super) fn next(&mut self, path: &Arc<str>, stem: &str) -> Option<RawPlan> {
        while !self.ended {
            match self.records.advance() {
                Ok(Some(line)) => {
                    if let Some(before) = self.row(line, stem) {
                        return Some(before.into_plan(path));
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
                    let mut group = self.group.take().unwrap_or_else(|| self.start(stem.to_owned(), 0));
                    group.fault.get_or_insert(reason);
                    self.group = Some(group);
                }
            }
        }
        self.group.take().map(|g| g.into_plan(path))
    }

    /// Takes in the current record; gives the plan before, if this record begins another.
    fn row(&mut self, line: u32, stem: &str) -> Option<Group> {
        let name = self.plan.map_or(stem, |column| self.records.cell(column).unwrap_or(""));
        let mut before = None;
        if self.group.as_ref().is_none_or(|g| g.name != name) {
            let name = name.to_owned();
            before = self.group.take();
            if let Some(group) = &before {
                self.seen.insert(hash(&group.name));
                self.room = (group.rows.lines.len(), group.rows.text.len());
            }
            self.group = Some(self.start(name, line));
        }
        if let Some(group) = &mut self.group {
            let fault =
                take_row(&self.records, &self.header, [self.code, self.area], self.company, line, &mut group.rows);
            group.fault = group.fault.take().or(fault);
        }
        before
    }

    /// A group without rows; it is at fault where a plan of this name ended before.
    fn start(&self, name: String, line: u32) -> Group {
        let fault = if self.seen.contains(&hash(&name)) {
            let message = format!(
                "the plan `{name}` was ended by another and returns here: its rows are not together; sort the table by plan"
            );
            Some(self.records.error("E511", line, message))
        } else if name.is_empty() && self.plan.is_some() {
            Some(self.records.error("E507", line, "names no plan; expected its name"))
        } else {
            None
        };
        Group { name, rows: Rows::with_room(self.room), fault }
    }
}

/// Adds the current record to the rows; gives what is wrong with it.
fn take_row(
    records: &Records,
    header: &[String],
    [code, area]: [usize; 2],
    company: Option<usize>,
    line: u32,
    rows: &mut Rows,
) -> Option<Error> {
    if rows.text.len() > MAX_PLAN_BYTES {
        return Some(records.error("E505", line, format!("one plan takes more than {MAX_PLAN_BYTES} bytes")));
    }
    let (Some(written), Some(label)) = (records.cell(code), records.cell(area)) else {
        let (found, expected) = (records.len(), header.len());
        let message = format!("has {found} cells; expected {expected}, as the header has ({})", header.join(", "));
        return Some(records.error("E507", line, message));
    };
    if (header.len()..records.len()).any(|i| records.cell(i).is_some_and(|c| !c.is_empty())) {
        let (found, expected) = (records.len(), header.len());
        let message =
            format!("has {found} cells; expected {expected}; a label that holds the separator goes between quotes");
        return Some(records.error("E507", line, message));
    }
    if written.is_empty() {
        let message = format!("names no municipality; expected its code in column `{}`", header[code]);
        return Some(records.error("E507", line, message));
    }
    rows.push(line, written, label, company.map(|c| records.cell(c).unwrap_or("")));
    None
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
