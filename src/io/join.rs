//! What tables add to a territory: attributes, divisions, links declared by hand; derogations and rulebooks.

use std::collections::BTreeMap;
use std::path::Path;

use super::tables::{Table, plain_number};
use super::{Error, Input, Note};
use crate::rules::{Derogation, Register, Rulebook};
use crate::territory::history::{Carry, Located, Open};
use crate::territory::{Attribute, Division, InputDigest, Link, LinkKind, Territory};

/// Names under which tables are known to carry the code of a municipality.
pub(crate) const CODE_COLUMNS: &[&str] =
    &["code", "nis", "niscode", "nis_code", "nis-code", "refnis", "nis5", "nis9", "geoid", "fips", "lau_id", "id"];

/// A table that was joined to a territory: what is worth saying of it, and its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// What was ignored, carried or left open.
    pub notes: Vec<Note>,
    /// The file.
    pub input: InputDigest,
}

/// Joins the numeric columns of a table to a territory as attributes (`--attributes`).
///
/// The code column is known by its name, or is the first whose values are mostly the territory's codes. A column of
/// numbers becomes an attribute of its name; one whose name ends in `_estimated` is an estimate. Other columns are
/// ignored, and that is said. Codes of another date are carried: figures of merged municipalities are summed.
///
/// # Errors
///
/// Anything that [`Table::open`] refuses; no code column (`E403`), an unknown code (`E406`), a code twice (`E407`), a
/// field in a column of numbers that is none (`E405`).
pub fn read_attributes(territory: &mut Territory, path: &Path) -> Result<Joined, Error> {
    let (input, table, mut notes) = open(path)?;
    let code = code_column(&table, territory)?;
    let codes = codes(&table, code, territory)?;
    let mut ignored = Vec::new();
    for column in (0..table.header.len()).filter(|&c| c != code) {
        let name = &table.header[column];
        let texts: Vec<&str> = (0..table.len()).filter_map(|row| table.text(row, column)).collect();
        let numeric = texts.iter().filter(|t| looks_numeric(t)).count();
        if texts.is_empty() || numeric * 2 < texts.len() || name.is_empty() {
            ignored.push(format!("{name:?}"));
            continue;
        }
        let numbers = table.numbers(column)?;
        let rows: Vec<(&str, f64)> =
            codes.iter().filter_map(|&(row, code)| numbers[row].map(|number| (code, number))).collect();
        let carry = territory.carry_sum(&rows);
        note_carry(&mut notes, &table.path, name, &carry);
        let attribute = Attribute {
            name: name.clone(),
            unit: String::new(),
            source: table.path.clone(),
            estimated: name.to_lowercase().ends_with("_estimated"),
            values: carry.values,
        };
        if territory.attribute(name).is_some() {
            notes.push(replaced(&table.path, name));
        }
        territory.add_attribute(attribute).map_err(|e| Error::new(&table.path, "E409", e.to_string()))?;
    }
    if !ignored.is_empty() {
        notes.push(Note::new("note.no-numbers", [("path", table.path.clone()), ("columns", ignored.join(", "))]));
    }
    Ok(Joined { notes, input: input.digest() })
}

/// Joins a division to a territory: `NAME=FILE.csv` or `NAME=FILE.csv:COLUMN` (`--layer`).
///
/// Without a column's name, it is the one named like the division, or `area` or `zone`, or the only other one.
///
/// # Errors
///
/// An argument of another form (`E408`), and what [`read_attributes`] refuses.
pub fn read_layer(territory: &mut Territory, argument: &str) -> Result<Joined, Error> {
    let (name, file) =
        argument.split_once('=').filter(|(name, file)| !name.is_empty() && !file.is_empty()).ok_or_else(|| {
            Error::new(argument, "E408", "is not a layer: expected NAME=FILE.csv or NAME=FILE.csv:COLUMN")
        })?;
    let (file, column) = layer_file(file);
    let (input, table, mut notes) = open(Path::new(file))?;
    let code = code_column(&table, territory)?;
    let column = match column {
        Some(column) => table.column(column)?,
        None if table.header.len() == 2 => 1 - code,
        None => table.any_column(&[name, "area", "zone"])?,
    };
    let codes = codes(&table, code, territory)?;
    let rows: Vec<(&str, &str)> =
        codes.iter().filter_map(|&(row, code)| Some((code, table.text(row, column)?))).collect();
    let carry = territory.carry_zones(&rows);
    note_carry(&mut notes, &table.path, name, &carry);
    let open = carry.values.iter().filter(|zone| zone.is_none()).count();
    if open > 0 {
        let values = [("path", table.path.clone()), ("n", open.to_string()), ("division", name.to_owned())];
        notes.push(Note::new("note.no-zone", values));
    }
    if territory.division(name).is_some() {
        notes.push(replaced(&table.path, name));
    }
    territory
        .add_division(Division::from_names(name, carry.values))
        .map_err(|e| Error::new(&table.path, "E409", e.to_string()))?;
    Ok(Joined { notes, input: input.digest() })
}

/// `FILE.csv:COLUMN` cut in two; a file of that whole name goes before.
pub(crate) fn layer_file(file: &str) -> (&str, Option<&str>) {
    match file.rsplit_once(':') {
        Some((path, column)) if !column.contains(['/', '\\']) && !Path::new(file).exists() => (path, Some(column)),
        _ => (file, None),
    }
}

/// Adds and removes links by hand: columns `a`, `b`, `action` (`add` or `remove`), `reason` (`--declare`).
///
/// A point contact that is added counts from then on as declared; a common border keeps its length.
///
/// # Errors
///
/// An unknown code (`E406`), a municipality with itself or a pair twice (`E407`), another action, a missing reason
/// (`E404`), the removal of a link that does not exist (`E408`).
pub fn read_declared(territory: &mut Territory, path: &Path) -> Result<Joined, Error> {
    let (input, table, mut notes) = open(path)?;
    let (a, b) = (table.column("a")?, table.column("b")?);
    let action = table.any_column(&["action", "add|remove", "do"])?;
    let reason = table.column("reason")?;
    let mut links = territory.adjacency().links().to_vec();
    let mut seen: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    for row in 0..table.len() {
        let end = |column: usize| {
            let code = table.required(row, column)?;
            territory.position(code).ok_or_else(|| unknown(&table, row, column, code, territory))
        };
        let pair = (end(a)?.min(end(b)?), end(a)?.max(end(b)?));
        let (code_a, code_b) = (table.required(row, a)?, table.required(row, b)?);
        if pair.0 == pair.1 {
            return Err(table.error(row, b, "E407", format!("{code_b} can't be linked to itself")));
        }
        if let Some(line) = seen.insert(pair, table.line(row)) {
            return Err(table.error(row, b, "E407", format!("{code_a} and {code_b} stand on line {line} already")));
        }
        let why = table.required(row, reason)?;
        let by_hand = |key| {
            let (a, b) = (code_a.to_owned(), code_b.to_owned());
            Note::new(key, [("path", table.path.clone()), ("a", a), ("b", b), ("reason", why.to_owned())])
        };
        match table.required(row, action)?.to_lowercase().as_str() {
            "add" => {
                links.push(Link::declared(pair.0, pair.1, why));
                notes.push(by_hand("note.linked"));
            }
            "remove" => {
                let before = links.len();
                links.retain(|l| (l.a as usize, l.b as usize) != pair || l.kind == LinkKind::Declared);
                if links.len() == before {
                    let message = format!("{code_a} and {code_b} are not linked, so there is nothing to remove");
                    return Err(table.error(row, action, "E408", message));
                }
                notes.push(by_hand("note.unlinked"));
            }
            other => return Err(table.error(row, action, "E408", format!("{other:?} is neither add nor remove"))),
        }
    }
    territory.set_links(links).map_err(|e| Error::new(&table.path, "E409", e.to_string()))?;
    Ok(Joined { notes, input: input.digest() })
}

/// Reads a register of derogations: TOML (`[[derogation]]` tables) or a table with the same names as columns.
///
/// In a table the municipalities are separated by `+`.
///
/// # Errors
///
/// `E410` for TOML that is none or has unknown or missing fields; what [`Table::open`] refuses; `E404` for a missing
/// value, `E407` for an identifier twice.
pub fn read_register(path: &Path) -> Result<(Register, InputDigest), Error> {
    let input = Input::open(path)?;
    let toml = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    let register = if toml { register_from_toml(&input)? } else { register_from_table(&Table::read(&input)?)? };
    Ok((register, input.digest()))
}

/// A register from TOML.
///
/// # Errors
///
/// `E410`, see [`read_register`].
pub fn register_from_toml(input: &Input) -> Result<Register, Error> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        derogation: Vec<Derogation>,
    }
    let derogations = from_toml::<File>(input, "E410")?.derogation;
    let mut ids: Vec<&str> = derogations.iter().map(|d| d.id.as_str()).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|w| w[0] == w[1]) {
        Some(twice) => Err(Error::new(&input.path, "E407", format!("derogation id {:?} stands there twice", twice[0]))),
        None => Ok(Register { derogations, as_of: None }),
    }
}

fn register_from_table(table: &Table) -> Result<Register, Error> {
    let column = |name| table.column(name);
    let (id, finding, area, by) = (column("id")?, column("finding")?, column("area")?, column("decided_by")?);
    let (date, reason) = (column("date")?, column("reason")?);
    let optional = |row, name: &str| table.find(name).and_then(|c| table.text(row, c)).map(str::to_owned);
    let mut lines: BTreeMap<String, u32> = BTreeMap::new();
    let mut derogations = Vec::with_capacity(table.len());
    for row in 0..table.len() {
        let required = |column| table.required(row, column).map(str::to_owned);
        if let Some(line) = lines.insert(required(id)?, table.line(row)) {
            let message = format!("{:?} stands on line {line} already", required(id)?);
            return Err(table.error(row, id, "E407", message));
        }
        let municipalities = optional(row, "municipalities").unwrap_or_default();
        derogations.push(Derogation {
            id: required(id)?,
            finding: required(finding)?,
            area: required(area)?,
            municipalities: list(&municipalities).map(str::to_owned).collect(),
            decided_by: required(by)?,
            date: required(date)?,
            reason: required(reason)?,
            until: optional(row, "until"),
            source: optional(row, "source").unwrap_or_default(),
        });
    }
    Ok(Register { derogations, as_of: None })
}

/// Reads a rulebook from a TOML file.
///
/// # Errors
///
/// A file that can't be read, or is no rulebook (`E411`).
pub fn read_rulebook(path: &Path) -> Result<(Rulebook, InputDigest), Error> {
    let input = Input::open(path)?;
    Ok((rulebook_from_toml(&input)?, input.digest()))
}

/// A rulebook from TOML.
///
/// # Errors
///
/// `E411` for TOML that is no rulebook.
pub fn rulebook_from_toml(input: &Input) -> Result<Rulebook, Error> {
    let text = std::str::from_utf8(input.bytes())
        .map_err(|_| Error::new(&input.path, "E411", "is not UTF-8 text, as TOML must be"))?;
    Rulebook::from_toml(text).map_err(|e| Error::new(&input.path, "E411", e.to_string()))
}

/// Codes separated by `+` in one field.
pub(crate) fn list(field: &str) -> impl Iterator<Item = &str> {
    field.split('+').map(str::trim).filter(|code| !code.is_empty())
}

/// Reads TOML into a type; the error says the line.
pub(crate) fn from_toml<T: serde::de::DeserializeOwned>(input: &Input, code: &'static str) -> Result<T, Error> {
    let text = std::str::from_utf8(input.bytes())
        .map_err(|_| Error::new(&input.path, code, "is not UTF-8 text, as TOML must be"))?;
    toml::from_str(text).map_err(|e| {
        let error = Error::new(&input.path, code, e.message().to_owned());
        match e.span() {
            Some(span) => error.at(format!("line {}", text[..span.start.min(text.len())].matches('\n').count() + 1)),
            None => error,
        }
    })
}

fn open(path: &Path) -> Result<(Input, Table, Vec<Note>), Error> {
    let input = Input::open(path)?;
    let table = Table::read(&input)?;
    let notes = table.notes.clone();
    Ok((input, table, notes))
}

/// The column with the codes: by its name, or else the first whose values are mostly codes of the territory.
pub(crate) fn code_column(table: &Table, territory: &Territory) -> Result<usize, Error> {
    if let Some(column) = CODE_COLUMNS.iter().find_map(|name| table.find(name)) {
        return Ok(column);
    }
    let known = |column: usize| {
        let codes = (0..table.len()).filter_map(|row| table.text(row, column));
        let hits = codes.filter(|code| territory.locate(code) != Located::Unknown).count();
        hits * 2 > table.len()
    };
    (0..table.header.len()).find(|&column| known(column)).ok_or_else(|| {
        let message = format!(
            "has no column with the territory's codes; one is expected under a name like {}, it has: {}",
            CODE_COLUMNS[..3].join(", "),
            table.header.join(", ")
        );
        Error::new(&table.path, "E403", message).at("line 1")
    })
}

/// Row and code of each row; every code is known, each stands there once.
fn codes<'t>(table: &'t Table, column: usize, territory: &Territory) -> Result<Vec<(usize, &'t str)>, Error> {
    let mut lines: BTreeMap<&str, u32> = BTreeMap::new();
    (0..table.len())
        .map(|row| {
            let code = table.required(row, column)?;
            if territory.locate(code) == Located::Unknown {
                return Err(unknown(table, row, column, code, territory));
            }
            match lines.insert(code, table.line(row)) {
                Some(line) => Err(table.error(row, column, "E407", format!("{code} stands on line {line} already"))),
                None => Ok((row, code)),
            }
        })
        .collect()
}

pub(crate) fn unknown(table: &Table, row: usize, column: usize, code: &str, territory: &Territory) -> Error {
    let municipalities = territory.municipalities();
    let mut message = format!("code {code:?} is not one of the territory's {} municipalities", municipalities.len());
    let words = municipalities.iter().flat_map(|m| [m.code.as_str(), m.name.as_str()]);
    if let Some(near) = super::tables::nearest(code, words) {
        message.push_str(&format!("; did you mean {near:?}?"));
    }
    if plain_number(code).is_some() && territory.position(&format!("0{code}")).is_some() {
        message.push_str(&format!(" (0{code} exists: a spreadsheet may have dropped the zero)"));
    }
    table.error(row, column, "E406", message)
}

/// A number, perhaps badly written (`1 234`, `1.234,5`): enough of these make a column of numbers.
fn looks_numeric(text: &str) -> bool {
    plain_number(&text.replace([' ', '\u{a0}', ',', '.', '\''], "")).is_some()
}

fn replaced(path: &str, name: &str) -> Note {
    Note::new("note.replaced", [("path", path.to_owned()), ("column", name.to_owned())])
}

fn note_carry<T>(notes: &mut Vec<Note>, path: &str, what: &str, carry: &Carry<T>) {
    let place = || vec![("path", path.to_owned()), ("column", what.to_owned())];
    let mut note = |key, more: Vec<(&'static str, String)>| {
        notes.push(Note { key, values: place().into_iter().chain(more).collect() });
    };
    if carry.carried > 0 {
        note("note.carried", vec![("n", carry.carried.to_string())]);
    }
    for open in &carry.open {
        match open {
            Open::MissingPart { code, missing } => {
                note("note.missing-part", vec![("code", code.clone()), ("parts", missing.join(", "))]);
            }
            Open::PartsDiffer { code, parts } => {
                let parts: Vec<String> = parts.iter().map(|(part, zone)| format!("{part}: {zone}")).collect();
                note("note.parts-differ", vec![("code", code.clone()), ("parts", parts.join(", "))]);
            }
            Open::CannotDivide { code, parts } => {
                note("note.cannot-divide", vec![("code", code.clone()), ("parts", parts.join(", "))]);
            }
            Open::Unknown { code } => note("note.unknown", vec![("code", code.clone())]),
        }
    }
}
