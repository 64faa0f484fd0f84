//! Boundary files in: GeoJSON, Shapefile (plain or zipped); the door for other formats.
//!
//! A reader (one file each) turns a file into batches; `assemble` makes them into [`Boundaries`], so that every
//! format comes out the same.

pub(super) mod columns;
mod dbf;
mod encoding;
mod geojson;
mod rings;
mod shapefile;

use std::ffi::OsStr;
use std::path::Path;

use super::{Error, Input};
use crate::territory::InputDigest;
use crate::territory::coverage::{Boundaries, Feature, PROBLEMS, Problem, Ring, Value};
use crate::territory::plane::Crs;

/// How to read a boundary file.
#[derive(Debug, Clone, Default)]
pub struct BoundaryOptions {
    /// Key property; without it, common names are recognised.
    pub id: Option<String>,
    /// Name property; without it, common names are recognised.
    pub name: Option<String>,
    /// Coordinate system where the file says none (or to overrule what it says).
    pub crs: Option<Crs>,
}

/// Reads a boundary file: GeoJSON (gzipped or not), a Shapefile with its companions, or a Shapefile in a zip.
///
/// The format is recognised by the contents. Every file that was read has its digest in the answer.
///
/// # Errors
///
/// A file that can't be read or understood (`E2` and two digits: `E201` unknown format, `E202` format known but not
/// read, `E203` broken or truncated JSON, `E204` no features, `E205` column, `E206` coordinate system, `E207`
/// shapefile, `E208` its table, `E209` zip, `E210` too large); what is wrong with a single feature is a problem in
/// the result.
pub fn read(path: &Path, options: &BoundaryOptions) -> Result<(Boundaries, Vec<InputDigest>), Error> {
    let input = Input::open(path)?;
    let bytes = input.bytes();
    if bytes.is_empty() {
        return Err(Error::new(&input.path, "E201", "is empty: there is nothing in it"));
    }
    match Format::of(bytes, path) {
        Format::Json => {
            let (boundaries, digest) = rayon::join(|| geojson::read(&input, options), || input.digest());
            Ok((boundaries?, vec![digest]))
        }
        Format::Shapefile => shapefile::read(path, &input, options),
        Format::Zip => Ok((shapefile::read_zip(&input, options)?, vec![input.digest()])),
        Format::Companion => {
            Err(Error::new(&input.path, "E201", "is a companion of a shapefile; give the .shp file that it belongs to"))
        }
        Format::NotYet(name) => Err(Error::new(
            &input.path,
            "E202",
            format!("is {name}, which this release does not read; convert it to GeoJSON or a shapefile"),
        )),
        Format::Unknown => Err(Error::new(
            &input.path,
            "E201",
            "is not a boundary file that can be read; expected GeoJSON (.geojson, .json, also gzipped), a shapefile \
             (.shp with .dbf and .prj), or a shapefile in a .zip",
        )),
    }
}

enum Format {
    Json,
    Shapefile,
    Zip,
    Companion,
    /// Recognised, to be read in a later release.
    NotYet(&'static str),
    Unknown,
}

impl Format {
    fn of(bytes: &[u8], path: &Path) -> Self {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
        let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
        match (bytes, extension.as_str()) {
            ([0, 0, 0x27, 0x0a, ..], "shx") | (_, "dbf" | "prj" | "cpg" | "qpj") => Self::Companion,
            ([0, 0, 0x27, 0x0a, ..], _) | (_, "shp") => Self::Shapefile,
            ([b'P', b'K', 3 | 5, ..], _) => Self::Zip,
            ([b'S', b'Q', b'L', b'i', b't', b'e', ..], _) => Self::NotYet("a GeoPackage"),
            ([b'f', b'g', b'b', ..], _) => Self::NotYet("a FlatGeobuf file"),
            ([b'P', b'A', b'R', b'1', ..], _) => Self::NotYet("a GeoParquet file"),
            (_, "topojson") => Self::NotYet("a TopoJSON file"),
            _ if matches!(first, Some(b'{' | b'[')) || matches!(extension.as_str(), "geojson" | "json") => Self::Json,
            (_, "kml" | "gml" | "kmz") => Self::NotYet("a KML or GML file"),
            _ => Self::Unknown,
        }
    }
}

/// A property as the file has it, before the key is known.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Property {
    Null,
    /// As it is written, so that a code keeps its zeros and its length.
    Number(String),
    Text(String),
}

impl Property {
    /// The text of a code; none for nothing.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Number(t) | Self::Text(t) => Some(t.trim()).filter(|t| !t.is_empty()),
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Number(n) => n.parse().map_or_else(|_| Value::Text(n), Value::Number),
            Self::Text(t) => Value::Text(t),
        }
    }
}

/// A feature as a reader found it, before the key is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Raw {
    pub(in crate::io) place: String,
    pub(super) id: Option<String>,
    pub(super) properties: Vec<(String, Property)>,
    pub(in crate::io) rings: u32,
}

/// Something that a reader saw; its code in the file is not known yet.
#[derive(Debug, Clone)]
struct Note {
    /// Position in the batch's features; none for a feature that is not among them.
    feature: Option<usize>,
    at: String,
    code: &'static str,
    place: Option<[f64; 2]>,
    detail: String,
}

/// Features in a row, in flat arrays whose positions start from 0 in each batch.
#[derive(Debug, Clone, Default)]
struct Batch {
    features: Vec<Raw>,
    rings: Vec<Ring>,
    coords: Vec<[f64; 2]>,
    notes: Vec<Note>,
}

impl Batch {
    /// Says something about the feature that is being read.
    fn note(&mut self, at: &str, code: &'static str, place: Option<[f64; 2]>, detail: impl Into<String>) {
        let note = Note { feature: Some(self.features.len()), at: at.to_owned(), code, place, detail: detail.into() };
        self.notes.push(note);
    }

    /// Ends a ring whose positions were pushed from `start` on: drops the closing position, looks whether it is one.
    fn end_ring(&mut self, at: &str, start: usize, part: u32, hole: bool) {
        let positions = &self.coords[start..];
        let Some(&first) = positions.first() else {
            if hole {
                self.note(at, "B102", None, "a hole without positions is left out");
            }
            return;
        };
        let closed = positions.len() > 1 && positions.last() == Some(&first);
        let second = positions.iter().find(|&&p| p != first);
        let third = positions.iter().find(|&&p| p != first && Some(&p) != second);
        let enough = second.is_some() && third.is_some();
        if !enough {
            let found = 1 + usize::from(second.is_some());
            let detail = format!("a ring has {found} distinct positions where 3 are needed; it is left out");
            self.coords.truncate(start);
            self.note(at, "B102", Some(first), detail);
            return;
        }
        if closed {
            self.coords.pop();
        } else {
            self.note(at, "B101", Some(first), "the last position of a ring is not its first; it is taken as closed");
        }
        let (len, feature) = (self.coords.len() - start, self.features.len());
        // Positions fit 32 bits: a batch is at most a file, and `assemble` refuses larger ones.
        self.rings.push(Ring { start: cut(start), len: cut(len), feature: cut(feature), part, hole });
    }
}

/// A length as 32 bits; the largest value for what does not fit, which [`assemble`] refuses.
fn cut(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Joins batches in order, finds key and name, and turns notes into problems.
fn assemble(path: &str, batches: Vec<Batch>, crs: Crs, options: &BoundaryOptions) -> Result<Boundaries, Error> {
    let (positions, rings, features) = batches
        .iter()
        .fold((0usize, 0usize, 0usize), |(c, r, f), b| (c + b.coords.len(), r + b.rings.len(), f + b.features.len()));
    if positions.max(rings).max(features) >= u32::MAX as usize {
        return Err(Error::new(
            path,
            "E210",
            format!("has {positions} positions; at most {} can be read", u32::MAX - 1),
        ));
    }
    let mut all = Batch { coords: Vec::with_capacity(positions), rings: Vec::with_capacity(rings), ..Batch::default() };
    all.features.reserve(features);
    for batch in batches {
        let (first, start) = (all.features.len(), cut(all.coords.len()));
        let moved = |r: &Ring| Ring { start: r.start + start, feature: r.feature + cut(first), ..*r };
        all.rings.extend(batch.rings.iter().map(moved));
        all.coords.extend_from_slice(&batch.coords);
        all.notes.extend(batch.notes.into_iter().map(|n| Note { feature: n.feature.map(|f| f + first), ..n }));
        all.features.extend(batch.features);
    }
    let key = columns::key(path, &all.features, options.id.as_deref())?;
    let name = columns::name(path, &all.features, options.name.as_deref(), &key)?;
    let mut next = 0u32;
    let mut missing = Vec::new();
    let features: Vec<Feature> = all
        .features
        .into_iter()
        .enumerate()
        .map(|(i, raw)| {
            let rings = next..next + raw.rings;
            next = rings.end;
            let feature = columns::split(raw, rings, &key, name.as_deref());
            if feature.code.is_empty() {
                missing.push((i, feature.place.clone()));
            }
            feature
        })
        .collect();
    all.notes.extend(missing.into_iter().map(|(i, at)| {
        let detail = format!("has no code: {} is missing or empty", key.shown());
        Note { feature: Some(i), at, code: "B202", place: None, detail }
    }));
    let problems = all.notes.into_iter().map(|note| problem(note, &features)).collect();
    Ok(Boundaries { features, rings: all.rings, coords: all.coords, crs, problems })
}

fn problem(note: Note, features: &[Feature]) -> Problem {
    let kind = PROBLEMS.iter().find(|(code, _)| *code == note.code).map_or("unknown", |(_, kind)| kind);
    let code = note.feature.and_then(|f| features.get(f)).map(|f| f.code.clone()).filter(|c| !c.is_empty());
    Problem {
        code: note.code,
        kind,
        municipalities: code.into_iter().collect(),
        length_m: None,
        area_m2: None,
        width_m: None,
        place: note.place,
        at: Some(note.at),
        detail: note.detail,
    }
}
