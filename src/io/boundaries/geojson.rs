//! GeoJSON (RFC 7946, and the `crs` member of its predecessor), read in parallel without a document in memory.

use rayon::prelude::*;

use super::{Batch, BoundaryOptions, Note, Property, Raw, assemble};
use crate::io::json::{Broken, Cursor, Lines, Scalar};
use crate::io::{Error, Input};
use crate::territory::coverage::Boundaries;
use crate::territory::plane::Crs;

/// Features in one parallel batch; the result does not depend on it.
const BATCH: usize = 256;

/// Deepest GeometryCollection in a GeometryCollection that is followed.
const COLLECTIONS: usize = 8;

type Result<T> = std::result::Result<T, Broken>;

/// Reads GeoJSON: a FeatureCollection or a single Feature.
pub(super) fn read(input: &Input, options: &BoundaryOptions) -> std::result::Result<Boundaries, Error> {
    let bytes = input.bytes();
    let path = &input.path;
    let t = std::time::Instant::now();
    let outline = outline(input)?;
    eprintln!("outline {:?}", t.elapsed());
    let crs = match (&options.crs, outline.crs) {
        (Some(crs), _) => crs.clone(),
        (None, None) => Crs::Epsg(4326),
        (None, Some(text)) => named_crs(text).map_err(|m| Error::new(path, "E206", m))?,
    };
    let numbered: Vec<(usize, &[u8])> = outline.features.into_iter().enumerate().collect();
    let batches: Vec<(Batch, Vec<(usize, Broken)>)> = numbered
        .par_chunks(BATCH)
        .map(|features| {
            let (mut batch, mut unreadable) = (Batch::default(), Vec::new());
            for &(number, text) in features {
                if let Err(broken) = feature(text, number, &mut batch) {
                    unreadable.push((number, broken));
                }
            }
            (batch, unreadable)
        })
        .collect();
    eprintln!("parsed {:?}", t.elapsed());
    let mut lines = Lines::new(bytes);
    let batches = batches.into_iter().map(|(mut batch, unreadable)| {
        batch.notes.extend(unreadable.into_iter().map(|(number, broken)| {
            let offset = offset_of(bytes, numbered[number].1) + broken.at;
            let (line, expected) = (lines.of(offset), broken.expected);
            let detail = format!("can't be read: {expected} expected at line {line} (byte {offset}); it is left out");
            Note { feature: None, at: place(number), code: "B203", place: None, detail }
        }));
        batch
    });
    assemble(path, batches.collect(), crs, options)
}

fn place(number: usize) -> String {
    format!("feature {}", number + 1)
}

/// Where a part of a text starts in it.
fn offset_of(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// Where the features are, and what the file says of itself.
#[derive(Default)]
struct Outline<'a> {
    kind: Option<String>,
    crs: Option<&'a [u8]>,
    features: Vec<&'a [u8]>,
    has_features: bool,
}

fn outline(input: &Input) -> std::result::Result<Outline<'_>, Error> {
    let bytes = input.bytes();
    let mut outline = Outline::default();
    let mut cursor = Cursor::new(bytes);
    let walked = walk(&mut cursor, &mut outline);
    if let Err(broken) = walked {
        let line = Lines::new(bytes).of(broken.at);
        let count = outline.features.len();
        let message = match (broken.ended, count) {
            (true, 0) => format!("ends before its end ({} expected): it is truncated", broken.expected),
            (true, _) => format!(
                "ends before its end ({} expected), after {count} whole features: it is truncated, and nothing of it is used",
                broken.expected
            ),
            (false, _) => format!("is not JSON: {} expected (byte {})", broken.expected, broken.at),
        };
        return Err(Error::new(&input.path, "E203", message).at(format!("line {line}")));
    }
    let refuse = |message: String| Error::new(&input.path, "E204", message);
    match outline.kind.as_deref() {
        Some("FeatureCollection") | None if outline.has_features => {}
        Some("Feature") => outline.features = vec![bytes],
        Some("Topology") => {
            let message = "is a TopoJSON file, which this release does not read; convert it to GeoJSON or a shapefile";
            return Err(Error::new(&input.path, "E202", message));
        }
        Some(kind) => {
            return Err(refuse(format!(
                "is a {} without the properties that hold its code; expected a FeatureCollection",
                shown(kind)
            )));
        }
        None => return Err(refuse("has no features; expected a GeoJSON FeatureCollection".to_owned())),
    }
    if outline.features.is_empty() {
        return Err(refuse("has a list of features, but no feature in it".to_owned()));
    }
    Ok(outline)
}

fn walk<'a>(cursor: &mut Cursor<'a>, outline: &mut Outline<'a>) -> Result<()> {
    cursor.object(|key, c| {
        match key {
            "type" => {
                if let Scalar::Text(kind) = c.scalar()? {
                    outline.kind = Some(kind.into_owned());
                }
            }
            "crs" => outline.crs = Some(c.skip()?),
            "features" if c.peek() == Some(b'[') => {
                outline.has_features = true;
                c.array(|c| {
                    let feature = if c.peek() == Some(b'{') { c.skip_object()? } else { c.skip()? };
                    outline.features.push(feature);
                    Ok(())
                })?;
            }
            _ => {
                c.skip()?;
            }
        }
        Ok(())
    })?;
    match cursor.peek() {
        None | Some(0) => Ok(()),
        Some(_) => Err(cursor.broken("nothing more")),
    }
}

/// A word from the file, short enough for a message.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// What a `crs` member says.
fn named_crs(text: &[u8]) -> std::result::Result<Crs, String> {
    let value: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
    if value.is_null() {
        return Ok(Crs::Epsg(4326));
    }
    let name = value.pointer("/properties/name").or_else(|| value.pointer("/properties/code"));
    let name = match name {
        Some(serde_json::Value::String(name)) => name.clone(),
        Some(serde_json::Value::Number(number)) => number.to_string(),
        _ => {
            let found = shown(&String::from_utf8_lossy(text));
            return Err(format!("its crs member is not understood ({found}); give the coordinate system with --crs"));
        }
    };
    Crs::parse(&name).map_err(|e| format!("its crs member: {e}"))
}

/// What a feature's geometry came to.
enum Outcome {
    /// Polygons, perhaps none.
    Read,
    /// The value that stands where a number should.
    NotANumber(String),
}

/// Reads a feature into the batch; nothing of it stays there if it can't be read.
fn feature(text: &[u8], number: usize, batch: &mut Batch) -> Result<()> {
    let before = (batch.rings.len(), batch.coords.len(), batch.notes.len());
    let mut raw = Raw { place: place(number), ..Raw::default() };
    let mut outcome = Outcome::Read;
    let mut has_geometry = false;
    let mut kind = None;
    let mut cursor = Cursor::new(text);
    let read = cursor.object(|key, c| {
        match key {
            "type" => kind = Some(c.scalar()?),
            "id" => {
                if let Scalar::Number(n) = c.clone().scalar()? {
                    raw.id = Some(n.to_owned());
                } else if let Scalar::Text(t) = c.clone().scalar()? {
                    raw.id = Some(t.into_owned());
                }
                c.skip()?;
            }
            "properties" if c.peek() == Some(b'{') => properties(c, &mut raw)?,
            "geometry" if c.peek() == Some(b'{') && !has_geometry => {
                has_geometry = true;
                let mut reader = Geometry { batch, at: &raw.place, part: 0, bad: None };
                reader.object(c, COLLECTIONS)?;
                outcome = reader.bad.map_or(Outcome::Read, Outcome::NotANumber);
            }
            _ => {
                c.skip()?;
            }
        }
        Ok(())
    });
    let is_feature = matches!(&kind, Some(Scalar::Text(t)) if t == "Feature");
    if let Err(broken) = read.and_then(|()| {
        if is_feature { Ok(()) } else { Err(Broken { at: 0, expected: "\"type\": \"Feature\"", ended: false }) }
    }) {
        batch.rings.truncate(before.0);
        batch.coords.truncate(before.1);
        batch.notes.truncate(before.2);
        return Err(broken);
    }
    match outcome {
        Outcome::NotANumber(found) => {
            batch.rings.truncate(before.0);
            batch.coords.truncate(before.1);
            batch.notes.truncate(before.2);
            let detail =
                format!("{found} stands where a position of two numbers is expected; its geometry is not used");
            batch.note(&raw.place, "B103", None, detail);
        }
        Outcome::Read if batch.rings.len() == before.0 && batch.notes.len() == before.2 => {
            let detail = if has_geometry { "its geometry is empty" } else { "it has no geometry" };
            batch.note(&raw.place, "B104", None, detail);
        }
        Outcome::Read => {}
    }
    raw.rings = super::cut(batch.rings.len() - before.0);
    batch.features.push(raw);
    Ok(())
}

fn properties(cursor: &mut Cursor<'_>, raw: &mut Raw) -> Result<()> {
    cursor.object(|key, c| {
        let property = match c.scalar()? {
            Scalar::Null => Property::Null,
            Scalar::Number(n) => Property::Number(n.to_owned()),
            Scalar::Text(t) => Property::Text(t.into_owned()),
            Scalar::Other(t) => Property::Text(t.to_owned()),
        };
        raw.properties.push((key.to_owned(), property));
        Ok(())
    })
}

/// Reads a geometry's polygons into a batch.
struct Geometry<'b, 'p> {
    batch: &'b mut Batch,
    at: &'p str,
    part: u32,
    /// The first thing that stands where a number should.
    bad: Option<String>,
}

impl Geometry<'_, '_> {
    fn object(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Result<()> {
        let mut kind: Option<String> = None;
        let mut waiting: Option<Cursor<'_>> = None;
        cursor.object(|key, c| {
            match (key, kind.as_deref()) {
                ("type", _) => {
                    if let Scalar::Text(text) = c.scalar()? {
                        kind = Some(text.into_owned());
                    }
                }
                ("coordinates" | "geometries", Some(known)) => self.of_kind(known, c, depth)?,
                ("coordinates" | "geometries", None) => {
                    waiting = Some(c.clone());
                    c.skip()?;
                }
                _ => {
                    c.skip()?;
                }
            }
            Ok(())
        })?;
        match (waiting, kind) {
            (Some(mut later), Some(known)) => self.of_kind(&known, &mut later, depth),
            (_, None) => {
                self.batch.note(self.at, "B105", None, "its geometry does not say its type; it is not used");
                Ok(())
            }
            (None, Some(_)) => Ok(()),
        }
    }

    /// Reads the coordinates (or members) of a geometry whose type is known.
    fn of_kind(&mut self, kind: &str, cursor: &mut Cursor<'_>, depth: usize) -> Result<()> {
        if cursor.peek() != Some(b'[') {
            cursor.skip()?;
            return Ok(());
        }
        match kind {
            "Polygon" => self.polygon(cursor),
            "MultiPolygon" => cursor.array(|c| self.polygon(c)),
            "GeometryCollection" => {
                let deeper = depth.checked_sub(1).ok_or_else(|| cursor.broken("less nesting"))?;
                cursor.array(|c| self.object(c, deeper))
            }
            other => {
                let detail = format!("a {} is not a polygon; it is not used", shown(other));
                self.batch.note(self.at, "B105", None, detail);
                cursor.skip().map(drop)
            }
        }
    }

    fn polygon(&mut self, cursor: &mut Cursor<'_>) -> Result<()> {
        let (part, first) = (self.part, self.batch.rings.len());
        let mut hole = false;
        cursor.array(|c| {
            let start = self.batch.coords.len();
            if c.peek() == Some(b'[') {
                c.array(|c| self.position(c))?;
            } else {
                let found = c.skip()?;
                self.bad.get_or_insert_with(|| shown(&String::from_utf8_lossy(found)));
            }
            let shell_is_there = !hole || self.batch.rings.len() > first;
            if shell_is_there {
                self.batch.end_ring(self.at, start, part, hole);
            } else {
                self.batch.coords.truncate(start);
                self.batch.note(self.at, "B102", None, "a hole of a polygon whose shell is left out is left out too");
            }
            hole = true;
            Ok(())
        })?;
        self.part += u32::from(self.batch.rings.len() > first);
        Ok(())
    }

    /// A position: two numbers; heights and measures after them are passed.
    fn position(&mut self, c: &mut Cursor<'_>) -> Result<()> {
        let mut probe = c.clone();
        if probe.takes(b'[')
            && let Some(x) = probe.number()
            && probe.takes(b',')
            && let Some(y) = probe.number()
        {
            while probe.takes(b',') {
                probe.skip()?;
            }
            if probe.takes(b']') {
                *c = probe;
                self.batch.coords.push([x, y]);
                return Ok(());
            }
        }
        let found = c.skip()?;
        self.bad.get_or_insert_with(|| shown(&String::from_utf8_lossy(found)));
        Ok(())
    }
}
