//! The attribute table of a shapefile (dBASE III and its kin).

use super::encoding::Encoding;
use super::{Note, Property, Raw};

/// A table: its columns, and where its records lie.
pub(super) struct Table<'a> {
    fields: Vec<Field>,
    records: &'a [u8],
    record_length: usize,
    count: usize,
    encoding: Encoding,
    source: &'static str,
}

struct Field {
    name: String,
    kind: u8,
    start: usize,
    length: usize,
}

const HEADER: usize = 32;

impl<'a> Table<'a> {
    /// Reads the header; `cpg` is what the `.cpg` file says. The error is a sentence.
    pub(super) fn open(bytes: &'a [u8], cpg: Option<&str>) -> Result<Self, String> {
        let header =
            bytes.get(..HEADER).ok_or_else(|| format!("is {} bytes long, too short for a table", bytes.len()))?;
        let count = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let header_length = usize::from(u16::from_le_bytes([header[8], header[9]]));
        let record_length = usize::from(u16::from_le_bytes([header[10], header[11]]));
        let driver = header[29];
        let described = bytes
            .get(HEADER..header_length)
            .ok_or_else(|| format!("has a header of {header_length} bytes, but is {} bytes long", bytes.len()))?;
        let mut fields = Vec::new();
        let mut start = 1;
        for field in described.chunks_exact(HEADER).take_while(|f| f[0] != b'\r') {
            let (kind, mut length) = (field[11], usize::from(field[16]));
            if kind == b'C' {
                // Text wider than 255: the high byte lies where numbers have their decimals.
                length += usize::from(field[17]) << 8;
            }
            let name = field[..11].split(|&b| b == 0).next().unwrap_or_default();
            fields.push(Field { name: String::from_utf8_lossy(name).trim().to_owned(), kind, start, length });
            start += length;
        }
        if fields.is_empty() {
            return Err("has no columns".to_owned());
        }
        if start > record_length {
            return Err(format!("has columns of {start} bytes in records of {record_length}"));
        }
        let records = &bytes[header_length..];
        let there = records.len() / record_length;
        if there < count {
            return Err(format!("says it has {count} records, but only {there} are there: it is truncated"));
        }
        let mut table = Self { fields, records, record_length, count, encoding: Encoding::WINDOWS_1252, source: "" };
        (table.encoding, table.source) = table.find_encoding(driver, cpg)?;
        Ok(table)
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    fn find_encoding(&self, driver: u8, cpg: Option<&str>) -> Result<(Encoding, &'static str), String> {
        if let Some(text) = cpg {
            let encoding = Encoding::of_cpg(text)
                .ok_or_else(|| format!("has a .cpg file that says '{}', which is no known encoding", text.trim()))?;
            return Ok((encoding, "as its .cpg says"));
        }
        if let Some(encoding) = Encoding::of_driver(driver) {
            return Ok((encoding, "as its language byte says"));
        }
        let texts = || (0..self.count).flat_map(|r| self.fields.iter().map(move |f| self.cell(r, f)));
        if texts().all(|text| std::str::from_utf8(text).is_ok()) {
            Ok((Encoding::UTF_8, "which its bytes are"))
        } else {
            Ok((Encoding::WINDOWS_1252, "a guess, for want of a .cpg"))
        }
    }

    fn cell(&self, record: usize, field: &Field) -> &'a [u8] {
        let start = record * self.record_length + field.start;
        &self.records[start..start + field.length]
    }

    /// Is the record marked as deleted?
    pub(super) fn deleted(&self, record: usize) -> bool {
        self.records[record * self.record_length] == b'*'
    }

    /// Fills in a record's properties; says which characters were lost.
    pub(super) fn read(&self, record: usize, raw: &mut Raw, feature: usize) -> Option<Note> {
        let mut lost = None;
        raw.properties.reserve(self.fields.len());
        for field in &self.fields {
            let text = self.encoding.decode(self.cell(record, field));
            let text = text.trim_matches(|c: char| c == ' ' || c == '\0');
            if text.contains('\u{fffd}') && lost.is_none() {
                lost = Some(format!(
                    "'{text}' in column {} has lost characters; read as {}, {}",
                    field.name,
                    self.encoding.name(),
                    self.source
                ));
            }
            let property = match field.kind {
                _ if text.is_empty() => Property::Null,
                // A number wider than its column is written as stars.
                b'N' | b'F' if text.starts_with('*') => Property::Null,
                b'N' | b'F' => number(text),
                _ => Property::Text(text.to_owned()),
            };
            raw.properties.push((field.name.clone(), property));
        }
        let detail = lost?;
        Some(Note { feature: Some(feature), at: raw.place.clone(), code: "B402", place: None, detail })
    }
}

/// A number as it is written; without decimals that are all zero, which are the column's and not the number's.
fn number(text: &str) -> Property {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            let whole = text.split_once('.').filter(|(_, decimals)| decimals.bytes().all(|b| b == b'0'));
            Property::Number(whole.map_or(text, |(whole, _)| whole).to_owned())
        }
        Ok(_) => Property::Null,
        Err(_) => Property::Text(text.to_owned()),
    }
}
