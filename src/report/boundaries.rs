//! What is wrong with a boundary file, as text, JSON, CSV and points on a map.

use serde::Serialize;

use super::json::{Plain, put};
use super::table::{Ink, Paint, paragraph};
use super::text::count;
use crate::territory::coverage::Problem;
use crate::words::{self, Lang, say};

/// What an inspection found.
#[derive(Clone, Copy)]
pub struct Inspection<'a> {
    /// The boundary file or territory.
    pub name: &'a str,
    /// How many municipalities it holds.
    pub municipalities: usize,
    /// The coordinate system that the file is in: `EPSG:31370`.
    pub crs: &'a str,
    /// The plane on which lengths and areas were measured.
    pub plane: &'a str,
    /// Everything wrong, in the order of the report.
    pub problems: &'a [Problem],
    /// Larger places that the municipalities enclose and none covers: worth knowing, not wrong.
    pub voids: &'a [Problem],
    /// Pairs that run close by without a common border: worth knowing, not wrong.
    pub near: &'a [Problem],
    /// What else a reader should know (columns recognised, encodings assumed, ...).
    pub notes: &'a [String],
    /// The name of a municipality by its code, where the file has names.
    pub name_of: &'a dyn Fn(&str) -> Option<&'a str>,
    /// Language of the sentences.
    pub lang: Lang,
}

impl std::fmt::Debug for Inspection<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspection").field("name", &self.name).field("problems", &self.problems).finish_non_exhaustive()
    }
}

impl Inspection<'_> {
    fn message(&self, problem: &Problem) -> String {
        words::problem(self.lang, problem, self.name_of)
    }
}

/// A length, area or width rounded to a thousandth (a millimetre, where it is metres).
pub(super) fn milli(value: f64) -> Plain {
    Plain((value * 1000.0).round() / 1000.0)
}

#[derive(Serialize)]
struct ProblemOut<'a> {
    code: &'a str,
    kind: &'a str,
    municipalities: &'a [String],
    length_m: Option<Plain>,
    area_m2: Option<Plain>,
    width_m: Option<Plain>,
    place: Option<[Plain; 2]>,
    at: Option<&'a str>,
    message: String,
}

impl<'a> ProblemOut<'a> {
    fn of(inspection: &Inspection<'_>, problem: &'a Problem) -> Self {
        // A width may be far below a millimetre and still be the point of the message.
        Self {
            code: problem.code,
            kind: problem.kind,
            municipalities: &problem.municipalities,
            length_m: problem.length_m.map(milli),
            area_m2: problem.area_m2.map(|v| Plain((v * 1e6).round() / 1e6)),
            width_m: problem.width_m.map(|v| Plain((v * 1e6).round() / 1e6)),
            place: problem.place.map(|[x, y]| [Plain(x), Plain(y)]),
            at: problem.at.as_deref(),
            message: inspection.message(problem),
        }
    }
}

/// An inspection as the contract's JSON object, indented, with a line feed.
#[must_use]
pub fn inspect_json(inspection: &Inspection<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Out<'a> {
        municipalities: usize,
        crs: &'a str,
        plane: &'a str,
        problems: Vec<ProblemOut<'a>>,
        voids: Vec<ProblemOut<'a>>,
        near: Vec<ProblemOut<'a>>,
        notes: &'a [String],
    }
    let out = Out {
        municipalities: inspection.municipalities,
        crs: inspection.crs,
        plane: inspection.plane,
        problems: inspection.problems.iter().map(|p| ProblemOut::of(inspection, p)).collect(),
        voids: inspection.voids.iter().map(|p| ProblemOut::of(inspection, p)).collect(),
        near: inspection.near.iter().map(|p| ProblemOut::of(inspection, p)).collect(),
        notes: inspection.notes,
    };
    let mut bytes = serde_json::to_vec_pretty(&out).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// An inspection for people.
#[must_use]
pub fn inspect_text(inspection: &Inspection<'_>, colour: bool, width: usize) -> String {
    let paint = Paint(colour);
    let lang = inspection.lang;
    let number = |n: usize| words::number(lang, count(n), 0);
    let mut out = String::new();
    let n = number(inspection.problems.len());
    let key = if inspection.problems.is_empty() { "inspect.sound" } else { "inspect.problems" };
    let values = [("name", inspection.name), ("n", &n), ("municipalities", &number(inspection.municipalities))];
    let ink = if inspection.problems.is_empty() { Ink::Good } else { Ink::Bad };
    paint.put(&mut out, ink, &say(lang, key, &values));
    out.push('\n');
    if !inspection.problems.is_empty() {
        out.push('\n');
    }
    for problem in inspection.problems {
        let mut sentence = inspection.message(problem);
        if let Some([x, y]) = problem.place {
            let place = format!("{} {}", shortest(x), shortest(y));
            sentence.push_str(&say(lang, "inspect.place", &[("place", &place)]));
        }
        paragraph(&mut out, paint, (&format!("  {}  ", problem.code), Ink::Doubt), &sentence, width);
    }
    for seen in inspection.voids.iter().chain(inspection.near) {
        let label = format!("  {}  ", seen.code);
        paragraph(&mut out, paint, (&label, Ink::Doubt), &inspection.message(seen), width);
    }
    for note in inspection.notes {
        out.push('\n');
        paragraph(&mut out, paint, ("", Ink::Plain), &words::clean(note), width);
    }
    out.push('\n');
    let basis = say(lang, "inspect.basis", &[("crs", inspection.crs), ("plane", inspection.plane)]);
    paragraph(&mut out, paint, ("", Ink::Plain), &basis, width);
    out
}

/// A coordinate as short as it can be without losing a millimetre (or its like in degrees).
fn shortest(v: f64) -> String {
    let decimals = if v.abs() <= 360.0 { 6 } else { 2 };
    format!("{v:.decimals$}")
}

/// An inspection as CSV, one row a problem; municipalities are separated by spaces.
#[must_use]
pub fn inspect_csv(inspection: &Inspection<'_>) -> Vec<u8> {
    let mut rows =
        Rows::new(&["code", "kind", "municipalities", "length_m", "area_m2", "width_m", "x", "y", "at", "message"]);
    let number = |v: Option<f64>| v.map(|v| format!("{}", (v * 1e6).round() / 1e6)).unwrap_or_default();
    for p in inspection.problems {
        let exact = |i: usize| p.place.map(|at| at[i].to_string()).unwrap_or_default();
        rows.row(&[
            p.code,
            p.kind,
            &p.municipalities.join(" "),
            &number(p.length_m),
            &number(p.area_m2),
            &number(p.width_m),
            &exact(0),
            &exact(1),
            p.at.as_deref().unwrap_or_default(),
            &inspection.message(p),
        ]);
    }
    rows.bytes()
}

/// The problems that have a place, as GeoJSON points in the file's own coordinates (named by a `crs` member where
/// they are not WGS 84); the rest have a null geometry, so that none is lost.
#[must_use]
pub fn inspect_geojson(inspection: &Inspection<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Point {
        r#type: &'static str,
        coordinates: [Plain; 2],
    }
    #[derive(Serialize)]
    struct Feature<'a> {
        r#type: &'static str,
        geometry: Option<Point>,
        properties: ProblemOut<'a>,
    }
    let mut out = b"{\"type\":\"FeatureCollection\",".to_vec();
    if let Some(number) = inspection.crs.strip_prefix("EPSG:").filter(|n| *n != "4326") {
        out.extend_from_slice(b"\"crs\":{\"type\":\"name\",\"properties\":{\"name\":");
        put(&mut out, &format!("urn:ogc:def:crs:EPSG::{number}"));
        out.extend_from_slice(b"}},");
    }
    out.extend_from_slice(b"\"features\":[");
    for (i, problem) in inspection.problems.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
        let finite = problem.place.filter(|at| at.iter().all(|v| v.is_finite()));
        let geometry = finite.map(|[x, y]| Point { r#type: "Point", coordinates: [Plain(x), Plain(y)] });
        put(&mut out, &Feature { r#type: "Feature", geometry, properties: ProblemOut::of(inspection, problem) });
    }
    out.extend_from_slice(b"\n]}\n");
    out
}

/// A CSV being written in memory, where nothing can fail.
pub(super) struct Rows(csv::Writer<Vec<u8>>);

impl Rows {
    pub(super) fn new(head: &[&str]) -> Self {
        let mut rows = Self(csv::Writer::from_writer(Vec::new()));
        rows.row(head);
        rows
    }

    pub(super) fn row(&mut self, fields: &[&str]) {
        let _ = self.0.write_record(fields);
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap_or_default()
    }
}
