//! The territories, rulebooks, plans and registers that are inside the program.
//!
//! The files are those of the project's `data/` folder; `data/README.md` names the source and licence of each.

use super::folder::{self, Files, Folder};
use super::input::sha256_hex;
use super::join::{register_from_toml, rulebook_from_toml};
use super::tables::{Table, nearest};
use super::{Error, Input};
use crate::plan::{Plan, Row, Submission};
use crate::rules::{Register, Rulebook};
use crate::territory::{InputDigest, Territory};

macro_rules! embed {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../data/", $name)))),*]
    };
}

/// Every embedded file under its path in `data/`, sorted.
const FILES: &[(&str, &[u8])] = embed![
    "README.md",
    "consultations/flanders-2021/README.md",
    "consultations/flanders-2021/actors.csv",
    "consultations/flanders-2021/councils.csv",
    "consultations/flanders-2021/opinions.csv",
    "consultations/flanders-2021/plans/proposals.csv",
    "consultations/flanders-2021/proposals.csv",
    "flanders/2024/territory.toml",
    "flanders/2025/territory.toml",
    "flanders/active_actors_partial.csv",
    "flanders/borders_2024.csv",
    "flanders/borders_2025.csv",
    "flanders/council_advice_partial.csv",
    "flanders/council_wishes_2024.csv",
    "flanders/mayors_councils_partial.csv",
    "flanders/mergers.csv",
    "flanders/municipalities_2024.csv",
    "flanders/municipalities_2025.csv",
    "flanders/other_divisions_2024.csv",
    "flanders/reference_regions_2024.csv",
    "flanders/reference_regions_2025.csv",
    "flanders/shapes_2024.geojson",
    "flanders/shapes_2025.geojson",
    "flanders/working_areas_2022.csv",
    "flanders/working_areas_2025.csv",
    "plans/official-2022.csv",
    "plans/official-2025.csv",
    "plans/official-2026.csv",
    "registers/vlaanderen-2022.toml",
    "registers/vlaanderen-2025.toml",
    "rulebooks/general.toml",
    "rulebooks/vlaanderen-2021.toml",
    "rulebooks/vlaanderen-2025.toml",
];

/// What an embedded name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EmbeddedKind {
    /// A territory.
    Territory,
    /// A plan.
    Plan,
    /// A rulebook.
    Rulebook,
    /// A register of derogations.
    Register,
    /// A consultation: a folder.
    Consultation,
    /// A table or shapes that one of the others is made of.
    File,
}

/// An embedded name, for lists.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Listed {
    /// The name, as `--territory`, `--rules` or `data show` take it.
    pub name: String,
    /// What it stands for.
    pub kind: EmbeddedKind,
    /// Title in Dutch.
    pub title_nl: String,
    /// Title in English.
    pub title_en: String,
    /// Municipalities of a territory, rows of a table, rules, derogations; 0 where there is nothing to count.
    pub rows: usize,
    /// Date from which it holds, `YYYY-MM-DD`; empty where it has none.
    pub date: String,
    /// Its path in `data/`.
    pub path: &'static str,
}

/// Name, path, date and titles of what can be named; a table's rows are counted when listed.
const NAMED: &[(&str, EmbeddedKind, &str, &str, &str, &str)] = &[
    (
        "flanders-2024",
        EmbeddedKind::Territory,
        "flanders/2024/territory.toml",
        "2019-01-01",
        "Vlaanderen, de 300 gemeenten van 2019 tot 2024",
        "Flanders, the 300 municipalities of 2019 to 2024",
    ),
    (
        "flanders-2025",
        EmbeddedKind::Territory,
        "flanders/2025/territory.toml",
        "2025-01-01",
        "Vlaanderen, de 285 gemeenten vanaf 2025",
        "Flanders, the 285 municipalities from 2025",
    ),
    (
        "official-2022",
        EmbeddedKind::Plan,
        "plans/official-2022.csv",
        "2022-02-04",
        "De 42 werkingsgebieden, vastgesteld op 4 februari 2022",
        "The 42 working areas fixed on 4 February 2022",
    ),
    (
        "official-2025",
        EmbeddedKind::Plan,
        "plans/official-2025.csv",
        "2025-01-01",
        "De 42 werkingsgebieden na de fusies van 1 januari 2025",
        "The 42 working areas after the mergers of 1 January 2025",
    ),
    (
        "official-2026",
        EmbeddedKind::Plan,
        "plans/official-2026.csv",
        "2026-01-01",
        "De werkingsgebieden van de 41 woonmaatschappijen van 2026",
        "The working areas of the 41 housing companies of 2026",
    ),
    (
        "consultation-2021",
        EmbeddedKind::Consultation,
        "consultations/flanders-2021/README.md",
        "2021-10-31",
        "Voorbeeld van een consultatie (deels verzonnen, zie README)",
        "An example of a consultation (partly invented, see its README)",
    ),
    ("general", EmbeddedKind::Rulebook, "rulebooks/general.toml", "", "", ""),
    ("vlaanderen-2021", EmbeddedKind::Rulebook, "rulebooks/vlaanderen-2021.toml", "", "", ""),
    ("vlaanderen-2025", EmbeddedKind::Rulebook, "rulebooks/vlaanderen-2025.toml", "", "", ""),
    (
        "vlaanderen-2022",
        EmbeddedKind::Register,
        "registers/vlaanderen-2022.toml",
        "2022-02-04",
        "Afwijkingen bij de werkingsgebieden van 4 februari 2022",
        "Derogations that come with the working areas of 4 February 2022",
    ),
    (
        "vlaanderen-2025",
        EmbeddedKind::Register,
        "registers/vlaanderen-2025.toml",
        "2025-01-01",
        "Afwijkingen onder de referentieregio's van het decreet van 2023",
        "Derogations under the reference regions of the decree of 2023",
    ),
];

/// An embedded territory with what goes with it.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// The territory.
    pub territory: Territory,
    /// Name of the plan that `check` judges when none is named.
    pub default_plan: String,
    /// Name of the rulebook that goes with it.
    pub default_rulebook: String,
    /// Name of the register of derogations that goes with the default plan.
    pub default_register: String,
    /// A point inside each municipality on the plane (EPSG:31370, metres, rounded to 50 m), in the territory's order.
    pub points: Vec<Option<[f64; 2]>>,
}

impl Embedded {
    /// An official plan that ships with this territory.
    ///
    /// # Errors
    ///
    /// A name that is not there; the message lists those that are.
    pub fn official_plan(&self, name: &str) -> Result<Plan, Error> {
        Ok(official(name)?.resolve(&self.territory))
    }
}

/// Loads an embedded territory: `flanders` (the same as `flanders-2024`), `flanders-2025`.
///
/// # Errors
///
/// A name that is not there; the message lists those that are and suggests the nearest.
pub fn load(name: &str) -> Result<Embedded, Error> {
    let Folder { territory, defaults, points, .. } = load_folder(name, true)?;
    Ok(Embedded {
        territory,
        default_plan: defaults.plan,
        default_rulebook: defaults.rulebook,
        default_register: defaults.register,
        points,
    })
}

/// The same, with or without the shapes.
pub(crate) fn load_folder(name: &str, with_shapes: bool) -> Result<Folder, Error> {
    let name = if name == "flanders" { "flanders-2024" } else { name };
    let path = path_of(name, EmbeddedKind::Territory)?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut all = Vec::new();
    let root = folder.split('/').next().unwrap_or_default();
    for (file, bytes) in FILES.iter().filter(|(file, _)| file.starts_with(root)) {
        all.extend_from_slice(file.as_bytes());
        all.extend_from_slice(bytes);
    }
    let digest = InputDigest { path: format!("embedded:{name}"), sha256: sha256_hex(&all) };
    folder::assemble(&Inside { folder }, "territory.toml", with_shapes, Some(digest))
}

/// True for the name of an embedded territory.
#[must_use]
pub fn is_territory(name: &str) -> bool {
    name == "flanders" || path_of(name, EmbeddedKind::Territory).is_ok()
}

/// Names of what is embedded of a kind, in the order of the list.
pub fn names(kind: EmbeddedKind) -> impl Iterator<Item = &'static str> {
    NAMED.iter().filter(move |named| named.1 == kind).map(|named| named.0)
}

/// An official plan as it stands in its file, before it is held against a territory.
///
/// # Errors
///
/// A name that is not there; the message lists those that are.
pub fn official(name: &str) -> Result<Submission, Error> {
    let table = Table::read(&input(path_of(name, EmbeddedKind::Plan)?)?)?;
    let (code, area, company) = (table.column("nis")?, table.column("area")?, table.find("company"));
    let rows = (0..table.len())
        .map(|row| {
            Ok(Row {
                line: table.line(row),
                code: table.required(row, code)?.to_owned(),
                area: table.text(row, area).unwrap_or_default().to_owned(),
                company: company.and_then(|c| table.text(row, c)).map(str::to_owned),
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(Submission { name: name.to_owned(), rows })
}

/// What is publicly known of the mayors' councils: their members, incomplete, and some in two of them; with the digest.
///
/// # Errors
///
/// None in practice: the embedded files are read by a test.
pub fn mayors_councils() -> Result<(Submission, InputDigest), Error> {
    let input = input("flanders/mayors_councils_partial.csv")?;
    let table = Table::read(&input)?;
    let (code, area) = (table.column("nis")?, table.column("council")?);
    let row = |row: usize| -> Result<Row, Error> {
        let (code, area) = (table.required(row, code)?.to_owned(), table.required(row, area)?.to_owned());
        Ok(Row { line: table.line(row), code, area, company: None })
    };
    let rows = (0..table.len()).map(row).collect::<Result<Vec<_>, Error>>()?;
    Ok((Submission { name: "mayors_councils".to_owned(), rows }, input.digest()))
}

/// An embedded rulebook: `vlaanderen-2021`, `vlaanderen-2025`.
///
/// # Errors
///
/// A name that is not there.
pub fn rulebook(name: &str) -> Result<Rulebook, Error> {
    rulebook_from_toml(&input(path_of(name, EmbeddedKind::Rulebook)?)?)
}

/// An embedded register of derogations: `vlaanderen-2022`, `vlaanderen-2025`.
///
/// # Errors
///
/// A name that is not there.
pub fn register(name: &str) -> Result<Register, Error> {
    register_from_toml(&input(path_of(name, EmbeddedKind::Register)?)?)
}

/// The digest of an embedded plan, rulebook or register, for the inputs of a verdict.
///
/// # Errors
///
/// A name that is not there.
pub fn digest(name: &str, kind: EmbeddedKind) -> Result<InputDigest, Error> {
    Ok(input(path_of(name, kind)?)?.digest())
}

/// Everything that is embedded: the names first, then the files that they are made of.
///
/// # Errors
///
/// None in practice: the embedded files are read by a test.
pub fn list() -> Result<Vec<Listed>, Error> {
    let mut listed = Vec::new();
    for &(name, kind, path, date, nl, en) in NAMED {
        let mut item = Listed {
            name: name.to_owned(),
            kind,
            title_nl: nl.to_owned(),
            title_en: en.to_owned(),
            rows: 0,
            date: date.to_owned(),
            path,
        };
        match kind {
            EmbeddedKind::Territory => item.rows = load_folder(name, false)?.territory.len(),
            EmbeddedKind::Plan => item.rows = official(name)?.rows.len(),
            EmbeddedKind::Register => item.rows = register(name)?.derogations.len(),
            EmbeddedKind::Rulebook => {
                let book = rulebook(name)?;
                (item.title_nl, item.title_en) = (book.title.nl, book.title.en);
                (item.rows, item.date) = (book.rules.len(), book.date);
            }
            EmbeddedKind::Consultation => {
                let folder = path.trim_end_matches("README.md");
                item.rows = Table::read(&input(&format!("{folder}proposals.csv"))?)?.len();
            }
            EmbeddedKind::File => {}
        }
        listed.push(item);
    }
    for &(path, _) in FILES.iter().filter(|(path, _)| !NAMED.iter().any(|named| named.2 == *path)) {
        let rows = if path.ends_with(".csv") { Table::read(&input(path)?)?.len() } else { 0 };
        listed.push(Listed {
            name: path.to_owned(),
            kind: EmbeddedKind::File,
            title_nl: String::new(),
            title_en: String::new(),
            rows,
            date: String::new(),
            path,
        });
    }
    Ok(listed)
}

/// The bytes of an embedded file, by its path in `data/`, its file name, or the name of what it holds.
///
/// A name that is both a rulebook's and a register's is the rulebook's; the path tells them apart.
///
/// # Errors
///
/// A name that is not there; the message suggests the nearest.
pub fn file(name: &str) -> Result<&'static [u8], Error> {
    let alias = if name == "flanders" { "flanders-2024" } else { name };
    let named = NAMED.iter().find(|named| named.0 == alias).map(|named| named.2);
    let same = |path: &str| Some(path) == named || path == name || path.rsplit('/').next() == Some(name);
    FILES.iter().find(|(path, _)| same(path)).map(|&(_, bytes)| bytes).ok_or_else(|| {
        let words = NAMED.iter().map(|n| n.0).chain(FILES.iter().map(|f| f.0));
        missing(name, "embedded file", nearest(name, words), NAMED.iter().map(|n| n.0))
    })
}

/// The files of an embedded consultation, each with its path in the folder, sorted.
///
/// # Errors
///
/// A name that is not there; the message lists those that are.
pub fn consultation(name: &str) -> Result<Vec<(&'static str, &'static [u8])>, Error> {
    let path = path_of(name, EmbeddedKind::Consultation)?;
    let folder = path.trim_end_matches("README.md");
    Ok(FILES.iter().filter_map(|&(path, bytes)| Some((path.strip_prefix(folder)?, bytes))).collect())
}

/// The embedded files as those of a territory's folder.
struct Inside {
    folder: &'static str,
}

impl Files for Inside {
    fn open(&self, name: &str) -> Result<Input, Error> {
        let mut folder = self.folder;
        let mut rest = name;
        while let Some(up) = rest.strip_prefix("../") {
            rest = up;
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        input(&if folder.is_empty() { rest.to_owned() } else { format!("{folder}/{rest}") })
    }
}

fn input(path: &str) -> Result<Input, Error> {
    let shown = format!("embedded:{path}");
    match FILES.iter().find(|(name, _)| *name == path) {
        Some((_, bytes)) => Input::from_bytes(shown, bytes.to_vec()),
        None => Err(Error::new(shown, "E420", "is not embedded")),
    }
}

fn path_of(name: &str, kind: EmbeddedKind) -> Result<&'static str, Error> {
    let what = match kind {
        EmbeddedKind::Territory => "embedded territory",
        EmbeddedKind::Plan => "official plan",
        EmbeddedKind::Rulebook => "embedded rulebook",
        EmbeddedKind::Register => "embedded register",
        EmbeddedKind::Consultation => "embedded consultation",
        EmbeddedKind::File => "embedded file",
    };
    let found = NAMED.iter().find(|named| named.0 == name && named.1 == kind).map(|named| named.2);
    found.ok_or_else(|| missing(name, what, nearest(name, names(kind)), names(kind)))
}

fn missing<'n>(name: &str, what: &str, near: Option<String>, known: impl Iterator<Item = &'n str>) -> Error {
    let known: Vec<&str> = known.collect();
    let mut message = format!("is not the name of an {what}; there are: {}", known.join(", "));
    if let Some(near) = near {
        message.push_str(&format!("; did you mean {near}?"));
    }
    Error::new(name, "E420", message)
}
