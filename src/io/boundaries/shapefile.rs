//! Shapefiles (ESRI, *Shapefile Technical Description*, July 1998), read by hand: the parsers at hand fail on a hole
//! before its shell and put holes in the wrong shell without a word.

use std::io::Read as _;
use std::path::Path;

use super::dbf::Table;
use super::{Batch, BoundaryOptions, Note, Raw, assemble, rings};
use crate::io::input::MAX_UNPACKED;
use crate::io::{Error, Input};
use crate::territory::InputDigest;
use crate::territory::coverage::{Boundaries, Ring};
use crate::territory::plane::Crs;

/// The files of one shapefile, in memory.
struct Bundle<'a> {
    /// The path as the user gave it.
    path: &'a str,
    shp: &'a [u8],
    dbf: Option<&'a [u8]>,
    prj: Option<&'a [u8]>,
    cpg: Option<&'a [u8]>,
}

/// Reads a `.shp` file with the companions that lie beside it.
pub(super) fn read(
    path: &Path,
    shp: &Input,
    options: &BoundaryOptions,
) -> Result<(Boundaries, Vec<InputDigest>), Error> {
    let dbf = beside(path, "dbf")?;
    let prj = beside(path, "prj")?;
    let cpg = beside(path, "cpg")?;
    let bundle = Bundle {
        path: &shp.path,
        shp: shp.bytes(),
        dbf: dbf.as_ref().map(Input::bytes),
        prj: prj.as_ref().map(Input::bytes),
        cpg: cpg.as_ref().map(Input::bytes),
    };
    let boundaries = bundle.read(options)?;
    let digests = [Some(shp), dbf.as_ref(), prj.as_ref(), cpg.as_ref()].into_iter().flatten();
    Ok((boundaries, digests.map(Input::digest).collect()))
}

/// The file beside another with this extension, in small or capital letters.
fn beside(path: &Path, extension: &str) -> Result<Option<Input>, Error> {
    let small = path.with_extension(extension);
    let capital = path.with_extension(extension.to_ascii_uppercase());
    match [small, capital].into_iter().find(|p| p.is_file()) {
        Some(found) => Input::open(&found).map(Some),
        None => Ok(None),
    }
}

/// Reads the one shapefile in a zip file, in whatever folder it lies.
pub(super) fn read_zip(input: &Input, options: &BoundaryOptions) -> Result<Boundaries, Error> {
    let refuse = |message: String| Error::new(&input.path, "E209", message);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(input.bytes()))
        .map_err(|e| refuse(format!("is not a whole zip file: {e}")))?;
    let readable = archive.file_names().filter_map(Result::ok);
    let mut names: Vec<String> = readable.filter(|n| !n.starts_with("__MACOSX/")).map(Into::into).collect();
    names.sort();
    let shapes: Vec<&String> = names.iter().filter(|n| n.to_ascii_lowercase().ends_with(".shp")).collect();
    let shape = match shapes.as_slice() {
        [one] => (*one).clone(),
        [] => return Err(refuse(format!("has no .shp file in it (it has: {})", list(&names)))),
        several => {
            return Err(refuse(format!(
                "has {} shapefiles in it ({}); unpack it and give the one that is meant",
                several.len(),
                list(several)
            )));
        }
    };
    let stem = &shape[..shape.len() - ".shp".len()];
    let mut unpack = |extension: &str| {
        let wanted = format!("{stem}.{extension}");
        match names.iter().find(|n| n.eq_ignore_ascii_case(&wanted)) {
            Some(name) => unpack(&mut archive, name).map(Some).map_err(&refuse),
            None => Ok(None),
        }
    };
    let shp = unpack("shp")?.unwrap_or_default();
    let (dbf, prj, cpg) = (unpack("dbf")?, unpack("prj")?, unpack("cpg")?);
    let path = format!("{}/{shape}", input.path);
    let bundle = Bundle { path: &path, shp: &shp, dbf: dbf.as_deref(), prj: prj.as_deref(), cpg: cpg.as_deref() };
    bundle.read(options)
}

fn list(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = names.iter().take(8).map(AsRef::as_ref).collect();
    let more = if names.len() > shown.len() { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn unpack(archive: &mut zip::ZipArchive<std::io::Cursor<&[u8]>>, name: &str) -> Result<Vec<u8>, String> {
    let file = archive.by_name(name).map_err(|e| format!("{name} can't be unpacked: {e}"))?;
    let mut bytes = Vec::new();
    file.take(MAX_UNPACKED + 1).read_to_end(&mut bytes).map_err(|e| format!("{name} can't be unpacked: {e}"))?;
    if bytes.len() as u64 > MAX_UNPACKED {
        return Err(format!("{name} unpacks to more than {MAX_UNPACKED} bytes"));
    }
    Ok(bytes)
}

impl Bundle<'_> {
    fn read(&self, options: &BoundaryOptions) -> Result<Boundaries, Error> {
        let crs = match &options.crs {
            Some(crs) => crs.clone(),
            None => self.crs()?,
        };
        let dbf = self.dbf.ok_or_else(|| {
            Error::new(self.path, "E208", "has no .dbf file beside it, and that is where the codes are")
        })?;
        let cpg = self.cpg.map(|c| String::from_utf8_lossy(c).into_owned());
        let table = Table::open(dbf, cpg.as_deref())
            .map_err(|message| Error::new(self.path, "E208", format!("its .dbf {message}")))?;
        let records = records(self.shp).map_err(|(record, message)| {
            let error = Error::new(self.path, "E207", message);
            if record == 0 { error } else { error.at(format!("record {record}")) }
        })?;
        if records.len() != table.len() {
            let message = format!("has {} shapes, but its .dbf has {} records", records.len(), table.len());
            return Err(Error::new(self.path, "E208", message));
        }
        let mut batch = Batch::default();
        for (i, content) in records.into_iter().enumerate() {
            let place = format!("record {}", i + 1);
            if table.deleted(i) {
                let detail = "is marked as deleted in the .dbf; it is left out".to_owned();
                batch.notes.push(Note { feature: None, at: place, code: "B203", place: None, detail });
                continue;
            }
            let before = batch.rings.len();
            shape(content, &place, &mut batch).map_err(|message| Error::new(self.path, "E207", message).at(&*place))?;
            let mut raw = Raw { place, rings: super::cut(batch.rings.len() - before), ..Raw::default() };
            batch.notes.extend(table.read(i, &mut raw, batch.features.len()));
            batch.features.push(raw);
        }
        if batch.features.is_empty() {
            return Err(Error::new(self.path, "E204", "has no records"));
        }
        assemble(self.path, vec![batch], crs, options)
    }

    fn crs(&self) -> Result<Crs, Error> {
        let prj = self.prj.ok_or_else(|| {
            let message = "has no .prj file beside it, so that its coordinate system is not known; give it with \
                           --crs, such as --crs EPSG:31370";
            Error::new(self.path, "E206", message)
        })?;
        Crs::parse(&String::from_utf8_lossy(prj)).map_err(|e| Error::new(self.path, "E206", format!("its .prj: {e}")))
    }
}

const FILE_HEADER: usize = 100;
const RECORD_HEADER: usize = 8;

fn big(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn little(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn double(bytes: &[u8]) -> f64 {
    bytes.try_into().map_or(f64::NAN, f64::from_le_bytes)
}

/// The contents of each record; or the record (from 1, 0 for the header) at which the file is broken, and how.
fn records(shp: &[u8]) -> Result<Vec<&[u8]>, (usize, String)> {
    if big(shp, 0) != Some(9994) || shp.len() < FILE_HEADER {
        return Err((0, "is not a shapefile: its header is not there".to_owned()));
    }
    // Lengths are in words of two bytes.
    let said = big(shp, 24).map_or(0, |words| words as usize * 2);
    let end = if said < FILE_HEADER { shp.len() } else { said };
    let (mut at, mut records) = (FILE_HEADER, Vec::new());
    while at < end {
        let number = records.len() + 1;
        let cut_off = || {
            let message = format!("is cut off in this record: the file has {} bytes of {end}", shp.len());
            (number, message)
        };
        let words = big(shp, at + 4).ok_or_else(cut_off)?;
        let start = at + RECORD_HEADER;
        let stop = start + words as usize * 2;
        records.push(shp.get(start..stop).ok_or_else(cut_off)?);
        at = stop;
    }
    Ok(records)
}

/// Reads one record's shape into the batch. The error is a sentence.
fn shape(content: &[u8], place: &str, batch: &mut Batch) -> Result<(), String> {
    const BOX: usize = 32;
    let kind = little(content, 0).ok_or("is too short to say its kind of shape")?;
    let name = match kind {
        0 => {
            batch.note(place, "B104", None, "it has no geometry");
            return Ok(());
        }
        5 | 15 | 25 => "",
        1 | 11 | 21 => "point",
        3 | 13 | 23 => "line",
        8 | 18 | 28 => "set of points",
        31 => "multipatch",
        other => return Err(format!("has a shape of kind {other}, which does not exist")),
    };
    if !name.is_empty() {
        batch.note(place, "B105", None, format!("a {name} is not a polygon; it is not used"));
        return Ok(());
    }
    let too_short =
        || format!("is {} bytes long, too short for the parts and positions that it says it has", content.len());
    let parts = little(content, 4 + BOX).ok_or_else(too_short)? as usize;
    let count = little(content, 8 + BOX).ok_or_else(too_short)? as usize;
    let first = 12 + BOX;
    let positions = first + parts * 4;
    let index = content.get(first..positions).ok_or_else(too_short)?;
    let positions = content.get(positions..positions + count * 16).ok_or_else(too_short)?;
    let mut starts: Vec<usize> = index.chunks_exact(4).filter_map(|b| little(b, 0)).map(|s| s as usize).collect();
    starts.push(count);
    if starts.windows(2).any(|w| w[0] > w[1]) || starts[0] != 0 {
        return Err(format!("has parts that don't follow one another in its {count} positions"));
    }
    let coords: Vec<[f64; 2]> = positions.chunks_exact(16).map(|b| [double(&b[..8]), double(&b[8..])]).collect();
    if let Some([x, y]) = coords.iter().find(|p| !p.iter().all(|v| v.is_finite())) {
        let detail = format!("({x}, {y}) stands where a position of two numbers is expected; its geometry is not used");
        batch.note(place, "B103", None, detail);
        return Ok(());
    }
    if coords.is_empty() {
        batch.note(place, "B104", None, "its geometry is empty");
        return Ok(());
    }
    polygons(starts.windows(2).map(|w| &coords[w[0]..w[1]]), place, batch);
    Ok(())
}

/// Pushes rings grouped by part, each shell before its holes.
fn polygons<'a>(given: impl Iterator<Item = &'a [[f64; 2]]>, place: &str, batch: &mut Batch) {
    let (first, base) = (batch.rings.len(), batch.coords.len());
    for ring in given {
        let start = batch.coords.len();
        batch.coords.extend_from_slice(ring);
        batch.end_ring(place, start, 0, false);
    }
    let coords = batch.coords.split_off(base);
    let found = batch.rings.split_off(first);
    let positions = |r: &Ring| &coords[r.start as usize - base..(r.start + r.len) as usize - base];
    let slices: Vec<&[[f64; 2]]> = found.iter().map(positions).collect();
    let roles = rings::roles(&slices);
    let shells = (0..found.len()).filter(|&i| roles[i].shell == i);
    for (part, shell) in shells.enumerate() {
        let holes = (0..found.len()).filter(|&i| i != shell && roles[i].shell == shell);
        for i in std::iter::once(shell).chain(holes) {
            if roles[i].turned {
                let (what, should) = if i == shell { ("shell", "clockwise") } else { ("hole", "counter-clockwise") };
                let detail = format!("a {what} is not {should}; it is taken as a {what} because of where it lies");
                batch.note(place, "B107", slices[i].first().copied(), detail);
            }
            let start = super::cut(batch.coords.len());
            batch.coords.extend_from_slice(slices[i]);
            batch.rings.push(Ring { start, part: super::cut(part), hole: i != shell, ..found[i] });
        }
    }
}
