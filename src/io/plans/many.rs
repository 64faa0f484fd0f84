//! Many plans, from files of any size, in the order of the input and in bounded memory.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::columns::{self, Columns, Shape};
use super::records::{Line, Records, read_line};
use super::wide::Passes;
use super::{Body, MAX_PLAN_BYTES, PlanOptions, RawPlan, Rows};
use crate::io::Error;
use crate::territory::InputDigest;

const BUFFER: usize = 1 << 18;

/// Endings of files that hold plans; in a folder, other files are passed over.
const ENDINGS: &[&str] = &["csv", "tsv", "txt", "json", "jsonl", "ndjson"];

/// Endings of boundary files.
const BOUNDARIES: &[&str] = &["geojson", "shp", "zip", "gpkg", "fgb", "topojson", "parquet"];

/// What accompanies a shapefile.
const COMPANIONS: &[&str] = &["dbf", "shx", "prj", "cpg", "sbn", "sbx", "qix", "qmd"];

/// Plans from files and folders, one after another: an iterator of [`RawPlan`]s.
///
/// Files come in the order in which they were named, those of a folder sorted by name (`plan10` before `plan2`). A plan
/// that can't be read is an item as well, with its reason, and stops nothing. However large the files are, little of
/// them is in memory at once: one plan (at most [`MAX_PLAN_BYTES`]), or 64 MiB of a wide table.
pub struct PlanSource {
    files: Vec<PathBuf>,
    next: usize,
    options: PlanOptions,
    current: Option<Opened>,
    sizes: Vec<u64>,
    done_bytes: u64,
    skipped: Vec<String>,
    digests: Vec<InputDigest>,
}

impl PlanSource {
    /// Finds the files; nothing is read yet.
    ///
    /// # Errors
    ///
    /// A path that does not exist (`E101`), a folder without a plan (`E509`).
    pub fn open(paths: &[PathBuf], options: &PlanOptions) -> Result<Self, Error> {
        let (mut files, mut skipped) = (Vec::new(), Vec::new());
        for path in paths {
            if path.is_dir() {
                list_folder(path, &mut files, &mut skipped)?;
            } else {
                files.push(path.clone());
            }
        }
        let size = |file: &PathBuf| {
            let unreadable = |e| Error::new(file.display().to_string(), "E101", format!("can't be read: {e}"));
            std::fs::metadata(file).map(|m| m.len()).map_err(unreadable)
        };
        let sizes = files.iter().map(size).collect::<Result<_, _>>()?;
        let options = options.clone();
        let (next, done_bytes, digests) = (0, 0, Vec::new());
        Ok(Self { files, next, options, current: None, sizes, done_bytes, skipped, digests })
    }

    /// Bytes of all files as they lie on disk.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.sizes.iter().sum()
    }

    /// Bytes read so far, for a progress bar.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.done_bytes + self.current.as_ref().map_or(0, |c| c.tally.bytes())
    }

    /// Files of a folder that are not plans, and were passed over.
    #[must_use]
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// The files that were read to their end, with their SHA-256.
    #[must_use]
    pub fn digests(&self) -> &[InputDigest] {
        &self.digests
    }

    /// What this source is, as far as can be said without reading it: paths, sizes and options, one a line.
    #[must_use]
    pub fn identity(&self) -> String {
        let files = self.files.iter().zip(&self.sizes).map(|(f, s)| format!("{} {s}\n", f.display()));
        format!("{:?}\n{}", self.options, files.collect::<String>())
    }
}

impl Iterator for PlanSource {
    type Item = RawPlan;

    fn next(&mut self) -> Option<RawPlan> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(plan) = current.form.next(&current.path, &current.stem) {
                    return Some(plan);
                }
                self.digests.extend(current.finish());
                self.current = None;
                self.done_bytes += self.sizes[self.next - 1];
            }
            let file = self.files.get(self.next)?;
            self.next += 1;
            match Opened::new(file, &self.options) {
                Ok(opened) => self.current = Some(opened),
                Err(reason) => {
                    self.done_bytes += self.sizes[self.next - 1];
                    return Some(RawPlan::unreadable(&file.display().to_string().into(), stem(file), reason));
                }
            }
        }
    }
}

/// The plans of a folder, sorted by name.
fn list_folder(folder: &Path, files: &mut Vec<PathBuf>, skipped: &mut Vec<String>) -> Result<(), Error> {
    let shown = folder.display().to_string();
    let unreadable = |e: std::io::Error| Error::new(&shown, "E101", format!("can't be read: {e}"));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    let before = files.len();
    for path in entries {
        let ending = ending(&path);
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden && (ENDINGS.contains(&&*ending) || BOUNDARIES.contains(&&*ending)) {
            files.push(path);
        } else if !hidden && !COMPANIONS.contains(&&*ending) {
            skipped.push(path.display().to_string());
        }
    }
    if files.len() == before {
        let message = format!("the folder holds no plan; expected files that end in {}", ENDINGS.join(", "));
        return Err(Error::new(&shown, "E509", message));
    }
    Ok(())
}

/// The ending of a file's name in lower case, `.gz` not counted.
fn ending(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_owned())
}

/// The file's name without `.gz` and without its ending.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// Bytes read from a file, and their digest so far.
#[derive(Clone, Default)]
struct Tally(Arc<Mutex<(Sha256, u64)>>);

impl Tally {
    fn add(&self, bytes: &[u8]) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.0.update(bytes);
        tally.1 += bytes.len() as u64;
    }

    fn bytes(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// A file whose bytes are counted and digested as they are read.
struct Counted {
    file: File,
    tally: Tally,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(out)?;
        self.tally.add(&out[..n]);
        Ok(n)
    }
}

/// A file that is being read.
struct Opened {
    path: Arc<str>,
    stem: String,
    tally: Tally,
    rest: Counted,
    form: Form,
}

enum Form {
    Once(Option<RawPlan>),
    Lines(Lines),
    Table(Box<Table>),
    Wide(Passes),
}

impl Form {
    fn next(&mut self, path: &Arc<str>, stem: &str) -> Option<RawPlan> {
        match self {
            Self::Once(plan) => plan.take(),
            Self::Lines(lines) => lines.next(path, stem),
            Self::Table(table) => table.next(path, stem),
            Self::Wide(passes) => passes.next(stem),
        }
    }
}

type Reader = Box<dyn BufRead + Send>;

/// A buffered reader of the contents, unpacked where they are gzipped.
fn unpacked(raw: impl Read + Send + 'static) -> std::io::Result<Reader> {
    let mut raw = BufReader::with_capacity(BUFFER, raw);
    if raw.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(raw))));
    }
    Ok(Box::new(raw))
}

/// The first line that is not blank, without byte-order mark, and how many lines come before it.
fn first_line(reader: &mut Reader, limit: usize) -> std::io::Result<(Vec<u8>, u32, Line)> {
    let (mut line, mut blank) = (Vec::new(), 0);
    loop {
        line.clear();
        let how = read_line(reader, &mut line, limit)?;
        if blank == 0 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        if how != Line::Whole || !line.trim_ascii().is_empty() {
            return Ok((line, blank, how));
        }
        blank += 1;
    }
}

/// The records of a table, from its start; for the passes over a wide one.
pub(super) fn reopen(file: &Path) -> Result<Records, Error> {
    let path = file.display().to_string();
    let unreadable = |e: std::io::Error| Error::new(&path, "E101", format!("can't be read: {e}"));
    let mut reader = unpacked(File::open(file).map_err(unreadable)?).map_err(unreadable)?;
    let (first, blank, _) = first_line(&mut reader, usize::MAX >> 1).map_err(unreadable)?;
    Ok(Records::new(reader, &path, first, blank + 1))
}

impl Opened {
    fn new(file: &Path, options: &PlanOptions) -> Result<Self, Error> {
        let path: Arc<str> = file.display().to_string().into();
        let unreadable = |e: std::io::Error| Error::new(&*path, "E101", format!("can't be read: {e}"));
        let handle = File::open(file).map_err(unreadable)?;
        let tally = Tally::default();
        let rest = Counted { file: handle.try_clone().map_err(unreadable)?, tally: tally.clone() };
        let stem = stem(file);
        let form = Self::form(file, &path, &stem, Counted { file: handle, tally: tally.clone() }, options)
            .unwrap_or_else(|reason| Form::Once(Some(RawPlan::unreadable(&path, &*stem, reason))));
        Ok(Self { path, stem, tally, rest, form })
    }

    /// Looks at the beginning of the file to know what it is.
    fn form(file: &Path, path: &Arc<str>, stem: &str, raw: Counted, options: &PlanOptions) -> Result<Form, Error> {
        if BOUNDARIES.contains(&&*ending(file)) {
            return boundary(file, path, stem, options);
        }
        let unreadable = |e: std::io::Error| Error::new(&**path, "E102", format!("can't be read: {e}"));
        let mut reader = unpacked(raw).map_err(unreadable)?;
        let (first, blank, how) = first_line(&mut reader, 4 * MAX_PLAN_BYTES).map_err(unreadable)?;
        if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
            return Err(Error::new(&**path, "E510", "is UTF-16; expected UTF-8 (save it as \"CSV UTF-8\")"));
        }
        let start = first.trim_ascii_start().first();
        if how == Line::End || start.is_none() {
            return Err(Error::new(&**path, "E509", "is empty; expected a plan as CSV or JSON"));
        }
        let line = blank + 1;
        match start {
            Some(b'{' | b'[') => document(file, path, stem, reader, first, line, options),
            _ if how == Line::TooLong => {
                let message = format!("the first line is longer than {} bytes; expected a header", 4 * MAX_PLAN_BYTES);
                Err(Error::new(&**path, "E505", message).at(format!("line {line}")))
            }
            _ => table(file, path, Records::new(reader, path, first, line), options),
        }
    }

    /// Reads what is left of the file, so that its digest is that of the whole file; none if that fails.
    fn finish(&mut self) -> Option<InputDigest> {
        self.form = Form::Once(None);
        std::io::copy(&mut self.rest, &mut std::io::sink()).ok()?;
        let digest = self.tally.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone().finalize();
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(InputDigest { path: self.path.to_string(), sha256 })
    }
}

fn boundary(file: &Path, path: &Arc<str>, stem: &str, options: &PlanOptions) -> Result<Form, Error> {
    let plan = super::from_boundaries(file, stem, options)?;
    let mut rows = Rows::default();
    let companies = plan.rows.iter().any(|r| r.company.is_some());
    for row in &plan.rows {
        rows.push(row.line, &row.code, &row.area, companies.then(|| row.company.as_deref().unwrap_or("")));
    }
    Ok(Form::Once(Some(RawPlan { path: path.clone(), body: Body::Rows { name: plan.name, rows } })))
}

/// JSON: lines if the first one is whole or the name says so, else one document.
fn document(
    file: &Path,
    path: &Arc<str>,
    stem: &str,
    mut reader: Reader,
    mut first: Vec<u8>,
    line: u32,
    options: &PlanOptions,
) -> Result<Form, Error> {
    let whole = serde_json::from_slice::<serde::de::IgnoredAny>(&first).is_ok();
    let named = matches!(&*ending(file), "jsonl" | "ndjson");
    let collection = |bytes: &[u8]| bytes.windows(19).any(|w| w == b"\"FeatureCollection\"");
    let start = |bytes: &[u8]| collection(&bytes[..bytes.len().min(BUFFER)]);
    if (whole || named) && !start(&first) {
        return Ok(Form::Lines(Lines { reader, first: Some(first), line, only: None, failed: false }));
    }
    let room = MAX_PLAN_BYTES.saturating_sub(first.len()) as u64 + 1;
    let read = reader.by_ref().take(room).read_to_end(&mut first);
    if start(&first) {
        drop((reader, first));
        return boundary(file, path, stem, options);
    }
    read.map_err(|e| Error::new(&**path, "E102", format!("can't be read: {e}")))?;
    if first.len() > MAX_PLAN_BYTES {
        let message = format!("one plan takes more than {MAX_PLAN_BYTES} bytes; many plans go one a line");
        return Err(Error::new(&**path, "E505", message));
    }
    let mut text = vec![b'\n'; line.saturating_sub(1) as usize];
    text.append(&mut first);
    Ok(Form::Once(Some(RawPlan { path: path.clone(), body: Body::Json { text, line: 0, name: stem.to_owned() } })))
}

/// A table: one plan, many below each other, or many beside each other.
fn table(file: &Path, path: &Arc<str>, mut records: Records, options: &PlanOptions) -> Result<Form, Error> {
    records.advance()?;
    let header = (0..records.len()).map(|i| records.cell(i).unwrap_or("").to_owned()).collect();
    let columns = columns::recognise(header, options, path)?;
    let Columns { code, company, .. } = columns;
    match columns.shape {
        Shape::Wide { plans } => Passes::new(file, path, records, &columns.header, code, plans).map(Form::Wide),
        Shape::Long { area, plan } => {
            let seen = HashSet::new();
            let header = columns.header;
            Ok(Form::Table(Box::new(Table {
                records,
                header,
                code,
                area,
                company,
                plan,
                seen,
                group: None,
                ended: false,
            })))
        }
    }
}

/// JSON lines.
struct Lines {
    reader: Reader,
    first: Option<Vec<u8>>,
    line: u32,
    /// Whether the first line is the only one: then the file's name is the plan's.
    only: Option<bool>,
    failed: bool,
}

impl Lines {
    fn next(&mut self, path: &Arc<str>, stem: &str) -> Option<RawPlan> {
        while !self.failed {
            let (line, mut text) = (self.line, self.first.take().unwrap_or_default());
            self.line = self.line.saturating_add(1);
            let how = if text.is_empty() {
                read_line(&mut self.reader, &mut text, MAX_PLAN_BYTES)
            } else if text.len() > MAX_PLAN_BYTES {
                Ok(Line::TooLong)
            } else {
                Ok(Line::Whole)
            };
            let only = *self.only.get_or_insert_with(|| {
                let (blank, nothing) = pass_blanks(&mut self.reader);
                self.line = self.line.saturating_add(blank);
                nothing
            });
            let name = if only { stem.to_owned() } else { format!("{stem}:{line}") };
            let fail = |code, message: String| {
                let reason = Error::new(&**path, code, message).at(format!("line {line}"));
                Some(RawPlan::unreadable(path, super::json::name(&text).unwrap_or(&name), reason))
            };
            match how {
                Err(e) => {
                    self.failed = true;
                    return fail("E102", format!("can't be read further: {e}"));
                }
                Ok(Line::End) => return None,
                Ok(Line::TooLong) => {
                    return fail("E505", format!("one plan takes more than {MAX_PLAN_BYTES} bytes"));
                }
                Ok(Line::Whole) if text.trim_ascii().is_empty() => {}
                Ok(Line::Whole) => return Some(RawPlan { path: path.clone(), body: Body::Json { text, line, name } }),
            }
        }
        None
    }
}

/// Passes over blank lines; gives how many there were, and whether nothing else follows. An error is left for the
/// next reading to say.
fn pass_blanks(reader: &mut Reader) -> (u32, bool) {
    let mut lines = 0u32;
    while let Ok(buffer) = reader.fill_buf() {
        let blanks = buffer.iter().take_while(|b| b.is_ascii_whitespace()).count();
        if buffer.is_empty() || blanks < buffer.len() {
            let nothing = buffer.is_empty();
            lines += count(&buffer[..blanks]);
            reader.consume(blanks);
            return (lines, nothing);
        }
        lines = lines.saturating_add(count(buffer));
        reader.consume(blanks);
    }
    (lines, false)
}

/// Line ends, as the 32 bits that a line's number has.
fn count(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|&&b| b == b'\n').count()).unwrap_or(u32::MAX)
}

/// The plans of a table, below each other.
struct Table {
    records: Records,
    header: Vec<String>,
    code: usize,
    area: usize,
    company: Option<usize>,
    plan: Option<usize>,
    /// Hashes of the names of the plans that have ended (64 bits a plan, whatever its name).
    seen: HashSet<u64>,
    group: Option<Group>,
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
    fn next(&mut self, path: &Arc<str>, stem: &str) -> Option<RawPlan> {
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
        Group { name, rows: Rows::default(), fault }
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
