//! A file of plans: what it is, and its digest when it was read.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::columns::{self, Columns, Shape};
use super::lines::Lines;
use super::long::{Layout, Table};
use super::many::{BOUNDARIES, ending, stem};
use super::records::{Line, Records, read_line};
use super::wide::Passes;
use super::{Body, MAX_PLAN_BYTES, PlanOptions, RawPlan};
use crate::io::Error;
use crate::territory::InputDigest;

const BUFFER: usize = 1 << 18;

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
    file: Arc<File>,
    tally: Tally,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = (&*self.file).read(out)?;
        self.tally.add(&out[..n]);
        Ok(n)
    }
}

/// A file that is being read.
pub(super) struct Opened {
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

pub(super) type Reader = Box<dyn BufRead + Send>;

/// Size of a buffer for a file: no larger than it, if that is known.
fn room(file: &File) -> usize {
    let size = file.metadata().map_or(0, |m| usize::try_from(m.len()).unwrap_or(BUFFER));
    if size == 0 { BUFFER } else { (size + 1).min(BUFFER) }
}

/// A buffered reader of the contents, unpacked where they are gzipped.
fn unpacked(raw: impl Read + Send + 'static, buffer: usize) -> std::io::Result<Reader> {
    let mut raw = BufReader::with_capacity(buffer, raw);
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
    let handle = File::open(file).map_err(unreadable)?;
    let room = room(&handle);
    let mut reader = unpacked(handle, room).map_err(unreadable)?;
    let (first, blank, _) = first_line(&mut reader, usize::MAX >> 1).map_err(unreadable)?;
    Ok(Records::new(reader, &path, first, blank + 1))
}

impl Opened {
    /// The next plan of the file.
    pub(super) fn next(&mut self) -> Option<RawPlan> {
        self.form.next(&self.path, &self.stem)
    }

    /// Bytes read so far, as they lie on disk.
    pub(super) fn bytes_read(&self) -> u64 {
        self.tally.bytes()
    }

    pub(super) fn new(file: &Path, options: &PlanOptions) -> Result<Self, Error> {
        let path: Arc<str> = file.display().to_string().into();
        let unreadable = |e: std::io::Error| Error::new(&*path, "E101", format!("can't be read: {e}"));
        let handle = Arc::new(File::open(file).map_err(unreadable)?);
        let tally = Tally::default();
        let rest = Counted { file: handle.clone(), tally: tally.clone() };
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
        let room = room(&raw.file);
        let mut reader = unpacked(raw, room).map_err(unreadable)?;
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
    pub(super) fn finish(&mut self) -> Option<InputDigest> {
        self.form = Form::Once(None);
        std::io::copy(&mut self.rest, &mut std::io::sink()).ok()?;
        let digest = self.tally.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone().finalize();
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(InputDigest { path: self.path.to_string(), sha256 })
    }
}

fn boundary(file: &Path, path: &Arc<str>, stem: &str, options: &PlanOptions) -> Result<Form, Error> {
    let plan = super::from_boundaries(file, stem, options)?;
    Ok(Form::Once(Some(RawPlan { path: path.clone(), body: Body::Read(plan) })))
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
        return Ok(Form::Lines(Lines::new(reader, first, line)));
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
            let layout = Layout { header: columns.header, code, area, company, plan };
            Ok(Form::Table(Box::new(Table::new(records, layout))))
        }
    }
}
