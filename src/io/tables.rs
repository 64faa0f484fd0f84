//! Tables in: comma, semicolon or tab separated text, read forgivingly and reported strictly.
//!
//! The separator is detected, a byte-order mark is skipped, quoted fields may hold separators and line breaks, text
//! that is not UTF-8 is read as Windows-1252 and that is said. Errors carry file, line, column, the value found and
//! what was expected. What is joined to a territory (attributes, divisions, links declared by hand, derogations)
//! is in `io::join` and named here.

use std::path::Path;

pub(crate) use super::join::layer_file;
pub use super::join::{
    Joined, read_attributes, read_declared, read_layer, read_register, read_rulebook, register_from_toml,
    rulebook_from_toml,
};
use super::{Error, Input, Note};
pub(crate) use crate::plan::nearest::nearest;

/// Most bytes that a table may have: lines are counted in 32 bits, and no honest table is larger.
const MAX_TABLE: usize = 2 << 30;

/// A table in memory: a header and rows with as many fields.
#[derive(Debug, Clone)]
pub struct Table {
    /// The file as the user named it.
    pub path: String,
    /// Column names as they stand in the file, trimmed.
    pub header: Vec<String>,
    /// What was understood rather than read: another encoding, for instance.
    pub notes: Vec<Note>,
    separator: u8,
    rows: Vec<Row>,
}

/// A row and the line it begins on.
#[derive(Debug, Clone)]
struct Row {
    line: u32,
    fields: csv::StringRecord,
}

impl Table {
    /// Opens and reads a table.
    ///
    /// # Errors
    ///
    /// A file that can't be read (`E101`), has no header (`E401`), or a row with other than the header's number of
    /// fields (`E402`).
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::read(&Input::open(path)?)
    }

    /// Reads a table that is in memory.
    ///
    /// # Errors
    ///
    /// See [`Table::open`].
    pub fn read(input: &Input) -> Result<Self, Error> {
        let path = input.path.clone();
        if input.bytes().len() > MAX_TABLE {
            return Err(Error::new(path, "E401", format!("is larger than a table may be ({MAX_TABLE} bytes)")));
        }
        let mut notes = Vec::new();
        let text = decode(input, &mut notes)?;
        let separator = separator(&text);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let broken = |e: csv::Error| {
            let error = Error::new(&path, "E401", format!("is not a table: {e}"));
            match e.position() {
                Some(at) => error.at(format!("line {}", at.line())),
                None => error,
            }
        };
        let header: Vec<String> = match records.next() {
            Some(record) => record.map_err(broken)?.iter().map(|name| name.trim().to_owned()).collect(),
            None => return Err(Error::new(path, "E401", "is empty; a table begins with a line of column names")),
        };
        let mut rows = Vec::new();
        let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
        for record in records {
            let fields = record.map_err(broken)?;
            let line = lines.of(fields.position().map_or(0, csv::Position::byte));
            if fields.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let spare = fields.iter().skip(header.len()).any(|field| !field.trim().is_empty());
            if fields.len() < header.len() || spare {
                let (found, expected) = (fields.len(), header.len());
                let message = format!("has {found} fields where the header has {expected} ({})", header.join(", "));
                return Err(Error::new(path, "E402", message).at(format!("line {line}")));
            }
            rows.push(Row { line, fields });
        }
        Ok(Self { path, header, notes, separator, rows })
    }

    /// How many rows, the header not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True for a table without rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Line in the file (from 1) on which a row begins.
    #[must_use]
    pub fn line(&self, row: usize) -> u32 {
        self.rows.get(row).map_or(0, |r| r.line)
    }

    /// The column of this name; capitals do not count.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        let same = |h: &String| h.to_lowercase() == name.to_lowercase();
        self.header.iter().position(|h| h == name).or_else(|| self.header.iter().position(same))
    }

    /// The column of this name, or an error that lists the columns and suggests the nearest.
    ///
    /// # Errors
    ///
    /// `E403` where there is none.
    pub fn column(&self, name: &str) -> Result<usize, Error> {
        self.find(name).ok_or_else(|| {
            let mut message = format!("has no column {name:?}; it has: {}", self.header.join(", "));
            if let Some(near) = nearest(name, self.header.iter().map(String::as_str)) {
                message.push_str(&format!("; did you mean {near:?}?"));
            }
            Error::new(&self.path, "E403", message).at("line 1")
        })
    }

    /// The first of these columns that the table has.
    ///
    /// # Errors
    ///
    /// `E403` where it has none of them.
    pub fn any_column(&self, names: &[&str]) -> Result<usize, Error> {
        names.iter().find_map(|name| self.find(name)).ok_or_else(|| {
            let message = format!("has none of the columns {}; it has: {}", names.join(", "), self.header.join(", "));
            Error::new(&self.path, "E403", message).at("line 1")
        })
    }

    /// A field without the spaces around it; `None` where it is empty.
    #[must_use]
    pub fn text(&self, row: usize, column: usize) -> Option<&str> {
        self.rows.get(row)?.fields.get(column).map(str::trim).filter(|field| !field.is_empty())
    }

    /// A field that must not be empty.
    ///
    /// # Errors
    ///
    /// `E404` where it is.
    pub fn required(&self, row: usize, column: usize) -> Result<&str, Error> {
        self.text(row, column).ok_or_else(|| self.error(row, column, "E404", "is empty; a value is expected"))
    }

    /// A whole column as numbers; empty fields are `None`.
    ///
    /// A decimal comma is understood where the separator is not a comma. Thousands separators are refused, and so is
    /// a column in which a point could be either (`1.234` in a semicolon-separated file, and nothing to tell by).
    ///
    /// # Errors
    ///
    /// `E405` with the line of the first field that is not a plain number.
    pub fn numbers(&self, column: usize) -> Result<Vec<Option<f64>>, Error> {
        let texts = || (0..self.len()).filter_map(|row| self.text(row, column));
        let comma = self.separator != b',';
        let point_decides = !comma || texts().any(|t| t.contains('.') && !grouped(t, '.'));
        (0..self.len())
            .map(|row| {
                let Some(text) = self.text(row, column) else { return Ok(None) };
                let refused = |why: String| self.error(row, column, "E405", format!("{text:?} {why}"));
                let points = text.matches('.').count();
                let commas = text.matches(',').count();
                if commas > 0 && (!comma || commas > 1 || points > 0) {
                    return Err(refused(format!(
                        "is not a plain number: write it without thousands separators and with a decimal point{}",
                        if comma { " or comma" } else { "" }
                    )));
                }
                if grouped(text, '.') && !point_decides {
                    return Err(refused(
                        "may mean thousands or a decimal point: write it without thousands separators, with a decimal comma"
                            .to_owned(),
                    ));
                }
                plain_number(&text.replace(',', ".")).map(Some).ok_or_else(|| {
                    refused("is not a number: expected digits, without thousands separators or units".to_owned())
                })
            })
            .collect()
    }

    /// An error about a field: file, line, column.
    #[must_use]
    pub fn error(&self, row: usize, column: usize, code: &'static str, message: impl Into<String>) -> Error {
        let name = self.header.get(column).map_or("?", String::as_str);
        Error::new(&self.path, code, message).at(format!("line {}, column {name:?}", self.line(row)))
    }
}

/// Counts lines up to a record; the reader's own count stops before the line ends and empty lines that precede it.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, record: u64) -> u32 {
        let start = usize::try_from(record).unwrap_or(usize::MAX).min(self.text.len());
        let blank = self.text[start..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let end = (start + blank).max(self.at);
        let ends = self.text[self.at..end].iter().filter(|&&b| b == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.at = end;
        self.line
    }
}

/// Digits in groups of three with this separator: `1.234`, `12.345.678`.
fn grouped(text: &str, separator: char) -> bool {
    let mut groups = text.trim_start_matches(['-', '+']).split(separator);
    let digits = |g: &str| g.bytes().all(|b| b.is_ascii_digit());
    let first = groups.next().is_some_and(|g| (1..=3).contains(&g.len()) && digits(g) && g != "0");
    let mut rest = 0;
    first
        && groups.all(|g| {
            rest += 1;
            g.len() == 3 && digits(g)
        })
        && rest > 0
}

/// A finite number in plain or scientific notation; not `inf`, not `nan`, no spaces.
pub(crate) fn plain_number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse::<f64>().ok().filter(|number| plain && number.is_finite())
}

/// The text of a table: UTF-8, or Windows-1252, which is said.
fn decode(input: &Input, notes: &mut Vec<Note>) -> Result<String, Error> {
    let bytes = input.bytes();
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = "is UTF-16 text; save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\")";
        return Err(Error::new(&input.path, "E401", message));
    }
    if let Some(at) = bytes.iter().position(|&b| b == 0) {
        let line = bytes[..at].iter().filter(|&&b| b == b'\n').count() + 1;
        return Err(Error::new(&input.path, "E401", "is not text: it holds a zero byte").at(format!("line {line}")));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(e) => {
            let line = bytes[..e.valid_up_to()].iter().filter(|&&b| b == b'\n').count() + 1;
            notes.push(Note::new("note.not-utf8", [("path", input.path.clone()), ("line", line.to_string())]));
            Ok(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned())
        }
    }
}

/// The separator: whichever of comma, semicolon and tab stands most often in the first line, outside quotes.
fn separator(text: &str) -> u8 {
    let mut counts = [0usize; 3];
    let mut quoted = false;
    for b in text.bytes() {
        match b {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    match counts {
        [c, s, t] if s > c && s >= t => b';',
        [c, _, t] if t > c => b'\t',
        _ => b',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Table, Error> {
        Table::read(&Input::from_bytes("t.csv", text.as_bytes().to_vec())?)
    }

    #[test]
    fn separators_quotes_and_marks_are_understood() {
        let t = table("\u{feff}NIS;\"naam; voluit\";n\r\n11001;\"Aart\"\"selaar\";1,5\r\n\r\n11002;;\r\n").unwrap();
        assert_eq!(t.header, ["NIS", "naam; voluit", "n"]);
        assert_eq!(t.column("nis").unwrap(), 0);
        assert_eq!((t.text(0, 1), t.text(1, 1)), (Some("Aart\"selaar"), None));
        assert_eq!(t.numbers(2).unwrap(), [Some(1.5), None]);
        assert_eq!(t.line(1), 4);
    }

    #[test]
    fn text_that_is_not_utf8_is_read_and_that_is_said() {
        let t = Table::read(&Input::from_bytes("t.csv", b"nis,name\n1,Li\xe8ge\n".to_vec()).unwrap()).unwrap();
        assert_eq!(t.text(0, 1), Some("Liège"));
        assert_eq!(t.notes, [Note::new("note.not-utf8", [("path", "t.csv".into()), ("line", "2".into())])]);
    }

    #[test]
    fn thousands_are_refused_and_decimal_commas_read() {
        let numbers = |text: &str| table(text).unwrap().numbers(1);
        assert_eq!(numbers("a;b\n1;1234,5\n").unwrap(), [Some(1234.5)]);
        assert_eq!(numbers("a;b\n1;11.031\n2;0.5\n").unwrap(), [Some(11.031), Some(0.5)]);
        assert_eq!(numbers("a,b\n1,11.031\n2,-1e3\n").unwrap(), [Some(11.031), Some(-1000.0)]);
        for bad in ["a;b\n1;1.234\n", "a;b\n1;1.234,5\n", "a,b\n1,\"1,234\"\n", "a;b\n1;1 234\n", "a,b\n1,inf\n"] {
            let e = numbers(bad).unwrap_err();
            assert_eq!((e.code, e.at.as_deref()), ("E405", Some("line 2, column \"b\"")), "{bad}");
        }
    }

    #[test]
    fn errors_say_where() {
        let e = table("a,b\n1,2\n3\n").unwrap_err();
        assert_eq!(e.to_string(), "t.csv, line 3: has 1 fields where the header has 2 (a, b) [E402]");
        let e = table("area,nis\n").unwrap().column("nsi").unwrap_err();
        assert!(e.message.ends_with("did you mean \"nis\"?"), "{e}");
        assert_eq!(table("").unwrap_err().code, "E401");
    }
}
