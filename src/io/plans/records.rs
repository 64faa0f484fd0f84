//! The records of a delimited text file, streamed in bounded memory, each with its line.
//!
//! Cells may be quoted, and quoted cells may hold separators, doubled quotes and line ends. Text that is not UTF-8 is
//! read as Windows-1252, as spreadsheets write it.

use std::borrow::Cow;
use std::io::{BufRead, Read as _};
use std::ops::Range;

use crate::io::Error;

/// Most bytes of one record: 64 MiB, a row of some millions of cells.
const MAX_RECORD_BYTES: usize = 64 << 20;

/// How far a line was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A whole line, its end included.
    Whole,
    /// Longer than allowed; what is left of it was passed over.
    TooLong,
    /// Nothing is left.
    End,
}

/// Appends the next line to `out`, up to `limit` bytes.
pub(super) fn read_line(reader: &mut dyn BufRead, out: &mut Vec<u8>, limit: usize) -> std::io::Result<Line> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = reader.take(most).read_until(b'\n', out)?;
    if read == 0 {
        return Ok(Line::End);
    }
    if read <= limit || out.last() == Some(&b'\n') {
        return Ok(Line::Whole);
    }
    loop {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|&b| b == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        let last = end.is_some() || buffer.is_empty();
        reader.consume(used);
        if last {
            return Ok(Line::TooLong);
        }
    }
}

/// A record as it stands in the file: where it begins, and whether it has quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Raw {
    pub line: u32,
    pub quotes: bool,
}

/// The records of a file.
pub(super) struct Records {
    reader: Box<dyn BufRead + Send>,
    path: String,
    separator: u8,
    next_line: u32,
    /// The first line, until it is taken.
    first: Option<Vec<u8>>,
    raw: Vec<u8>,
    cells: Cells,
}

impl Records {
    /// Records from a reader whose first line (of this number) was read already, without its byte-order mark; the
    /// separator is the likeliest one of that line.
    pub(super) fn new(reader: Box<dyn BufRead + Send>, path: &str, first: Vec<u8>, line: u32) -> Self {
        let separator = separator(&first);
        Self { first: Some(first), ..Self::within(reader, path, separator, line) }
    }

    /// Records that begin at a line further on.
    pub(super) fn within(reader: Box<dyn BufRead + Send>, path: &str, separator: u8, line: u32) -> Self {
        let (path, raw, cells) = (path.to_owned(), Vec::new(), Cells::default());
        Self { reader, path, separator, next_line: line, first: None, raw, cells }
    }

    /// What lies between the cells.
    pub(super) fn separator(&self) -> u8 {
        self.separator
    }

    /// Reads the next record that is not blank; gives the line on which it begins, or `None` at the end.
    pub(super) fn advance(&mut self) -> Result<Option<u32>, Error> {
        let mut raw = std::mem::take(&mut self.raw);
        loop {
            raw.clear();
            let Some(Raw { line, quotes }) = self.append(&mut raw)? else { return Ok(None) };
            self.cells.cut(&raw, self.separator, quotes);
            if !self.cells.blank() {
                self.raw = raw;
                return Ok(Some(line));
            }
        }
    }

    /// A cell of the current record, without the blanks around it; `None` where the record is shorter.
    pub(super) fn cell(&self, column: usize) -> Option<&str> {
        self.cells.get(column)
    }

    /// Number of cells of the current record.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The reader itself, for a caller that only wants to know how much there is.
    pub(super) fn into_reader(self) -> Box<dyn BufRead + Send> {
        self.reader
    }

    /// An error at a line of this file.
    pub(super) fn error(&self, code: &'static str, line: u32, message: impl Into<String>) -> Error {
        Error::new(&self.path, code, message).at(format!("line {line}"))
    }

    /// Appends whole lines without quotes for as long as `keep` says so of each (its end included) and `room` is left, as
    /// far as they lie in the reader's buffer.
    pub(super) fn append_while(&mut self, out: &mut Vec<u8>, room: usize, keep: impl Fn(&[u8]) -> bool) {
        if self.first.is_some() {
            return;
        }
        // What can't be read is said by the reading that follows.
        let Ok(buffer) = self.reader.fill_buf() else { return };
        let buffer = &buffer[..buffer.len().min(room)];
        let mut end = 0;
        while let Some(at) = memchr::memchr2(b'\n', b'"', &buffer[end..]).map(|at| end + at) {
            if buffer[at] == b'"' || !keep(&buffer[end..=at]) {
                break;
            }
            self.next_line = self.next_line.saturating_add(1);
            end = at + 1;
        }
        out.extend_from_slice(&buffer[..end]);
        self.reader.consume(end);
    }

    /// Appends the next record, uncut: lines until no quoted cell is open; `None` at the end of the file.
    pub(super) fn append(&mut self, out: &mut Vec<u8>) -> Result<Option<Raw>, Error> {
        let (line, start) = (self.next_line, out.len());
        let (mut open, mut quotes) = (false, false);
        loop {
            let from = out.len();
            let room = MAX_RECORD_BYTES.saturating_sub(from - start);
            let read = match self.first.take() {
                Some(mut first) => {
                    out.append(&mut first);
                    Ok(Line::Whole)
                }
                None => read_line(&mut *self.reader, out, room),
            };
            match read {
                Err(e) => return Err(self.error("E102", line, format!("can't be read further: {e}"))),
                Ok(Line::TooLong) if open => return Err(self.error("E505", line, UNCLOSED)),
                Ok(Line::TooLong) => {
                    let message = format!("is longer than {MAX_RECORD_BYTES} bytes; expected one record a line");
                    return Err(self.error("E505", line, message));
                }
                Ok(Line::End) if open => return Err(self.error("E505", line, UNCLOSED)),
                Ok(Line::End) => return Ok(None),
                Ok(Line::Whole) => {}
            }
            self.next_line = self.next_line.saturating_add(1);
            quotes |= memchr::memchr(b'"', &out[from..]).is_some();
            open = quotes && still_open(&out[from..], self.separator, open);
            if !open {
                return Ok(Some(Raw { line, quotes }));
            }
        }
    }
}

/// A record cut into cells.
#[derive(Default)]
pub(super) struct Cells {
    /// The record, quotes taken out.
    text: String,
    cells: Vec<Range<usize>>,
}

impl Cells {
    /// Cuts a record, its line end included or not.
    pub(super) fn cut(&mut self, record: &[u8], separator: u8, quotes: bool) {
        let end = record.iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |last| last + 1);
        let record = match std::str::from_utf8(&record[..end]) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(&record[..end]).0,
        };
        self.cells.clear();
        self.text.clear();
        if quotes {
            split_quoted(&record, separator, &mut self.text, &mut self.cells);
        } else {
            self.text.push_str(&record);
            let mut start = 0;
            for end in memchr::memchr_iter(separator, self.text.as_bytes()).chain([self.text.len()]) {
                self.cells.push(start..end);
                start = end + 1;
            }
        }
        for cell in &mut self.cells {
            trim(self.text.as_bytes(), cell);
        }
    }

    /// A cell, without the blanks around it; `None` where the record is shorter.
    pub(super) fn get(&self, column: usize) -> Option<&str> {
        self.cells.get(column).and_then(|range| self.text.get(range.clone()))
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Is there nothing in any cell?
    pub(super) fn blank(&self) -> bool {
        self.cells.iter().all(Range::is_empty)
    }
}

const UNCLOSED: &str = "a quoted cell begins in this record and is never closed; expected a second `\"`";

/// The separator that occurs most in the header, outside quotes; a comma where none does.
fn separator(header: &[u8]) -> u8 {
    let mut counts = [(b',', 0usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for &byte in header {
        quoted ^= byte == b'"';
        if let Some(count) = counts.iter_mut().find(|(s, _)| *s == byte && !quoted) {
            count.1 += 1;
        }
    }
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(s, _)| *s)
}

/// Is a quoted cell open at the end of this line, if one was (or none was) at its start?
fn still_open(line: &[u8], separator: u8, open: bool) -> bool {
    let (mut quoted, mut fresh, mut i) = (open, !open, 0);
    while i < line.len() {
        match line[i] {
            b'"' if quoted && line.get(i + 1) == Some(&b'"') => i += 1,
            b'"' if quoted => quoted = false,
            b'"' if fresh => quoted = true,
            byte if !quoted && byte == separator => fresh = true,
            b' ' => {}
            _ => fresh = false,
        }
        if quoted {
            fresh = false;
        }
        i += 1;
    }
    quoted
}

/// Cuts a record with quotes into cells; `text` is what it holds without the quotes, in which the cells lie.
fn split_quoted(record: &str, separator: u8, text: &mut String, cells: &mut Vec<Range<usize>>) {
    let (mut quoted, mut fresh, mut start) = (false, true, 0);
    let mut chars = record.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                text.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if fresh => (quoted, fresh) = (true, false),
            _ if !quoted && char == char::from(separator) => {
                cells.push(start..text.len());
                (start, fresh) = (text.len(), true);
            }
            _ => {
                fresh &= char == ' ';
                text.push(char);
            }
        }
    }
    cells.push(start..text.len());
}

/// Takes the blanks off both ends of a cell.
fn trim(text: &[u8], cell: &mut Range<usize>) {
    while cell.start < cell.end && text[cell.start].is_ascii_whitespace() {
        cell.start += 1;
    }
    while cell.start < cell.end && text[cell.end - 1].is_ascii_whitespace() {
        cell.end -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let mut first = text.as_bytes().to_vec();
        let rest = first.split_off(text.find('\n').map_or(text.len(), |at| at + 1));
        let mut records = Records::new(Box::new(std::io::Cursor::new(rest)), "t.csv", first, 1);
        let mut all = Vec::new();
        while let Some(line) = records.advance().expect("whole") {
            let mut row = vec![line.to_string()];
            row.extend((0..records.len()).map(|i| records.cell(i).expect("a cell").to_owned()));
            all.push(row);
        }
        all
    }

    #[test]
    fn separators_quotes_and_lines() {
        assert_eq!(cells("nis,area\r\n1,A\r\n\r\n2, B \r\n"), [["1", "nis", "area"], ["2", "1", "A"], ["4", "2", "B"]]);
        assert_eq!(cells("nis;area\n1;\"A;B\"\n"), [["1", "nis", "area"], ["2", "1", "A;B"]]);
        assert_eq!(cells("nis\tarea\n1\t\"say \"\"A\"\"\"\n"), [["1", "nis", "area"], ["2", "1", "say \"A\""]]);
        assert_eq!(cells("a,b\n\"1\n2\",x\n3,y"), [["1", "a", "b"], ["2", "1\n2", "x"], ["4", "3", "y"]]);
        assert_eq!(cells("a,b\n12\" pipe,\"\"\n"), [["1", "a", "b"], ["2", "12\" pipe", ""]]);
    }

    #[test]
    fn an_open_quote_is_said_with_the_line_where_it_begins() {
        let mut records = Records::new(Box::new(&b"1,\"A\n2,B\n"[..]), "t.csv", b"nis,area\n".to_vec(), 1);
        assert_eq!(records.advance(), Ok(Some(1)));
        let error = records.advance().expect_err("open");
        assert_eq!(error.at.as_deref(), Some("line 2"));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_windows_1252() {
        let mut records = Records::new(Box::new(&b"Li\xe8ge,A\n"[..]), "t.csv", b"nis,area\n".to_vec(), 1);
        records.advance().expect("header");
        records.advance().expect("row");
        assert_eq!(records.cell(0), Some("Li\u{e8}ge"));
    }
}
