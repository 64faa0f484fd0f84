//! From what the user names (`--territory` and its companions) to a [`Territory`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use geo::MultiPolygon;
use rayon::prelude::*;

use super::boundaries::{self, BoundaryOptions};
use super::folder::{self, Defaults, Folder};
use super::tables::{nearest, read_attributes, read_declared, read_layer};
use super::{Error, Input, Note, embedded, graph};
use crate::plan::nearest::fold;
use crate::territory::coverage::{
    self, Boundaries, Examination, ExamineOptions, NearMiss, Problem, Value, Void, examine,
};
use crate::territory::{
    ActiveActor, Attribute, CouncilWish, Division, Link, Municipality, Shapes, Territory, TerritoryError,
};

/// What the user named.
#[derive(Debug, Clone, Default)]
pub struct TerritoryOptions {
    /// An embedded territory's name, a folder with `territory.toml`, a boundary file or a graph.
    pub territory: Option<String>,
    /// Key, name, coordinate system of a boundary file.
    pub boundary: BoundaryOptions,
    /// `--attributes` files.
    pub attributes: Vec<PathBuf>,
    /// `--layer` arguments, `NAME=FILE.csv[:COLUMN]`.
    pub layers: Vec<String>,
    /// `--declare` file.
    pub declare: Option<PathBuf>,
    /// `--tolerance`, metres.
    pub tolerance_m: f64,
}

/// A territory as loaded, with what was seen on the way.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The territory.
    pub territory: Territory,
    /// What is wrong with its boundary file.
    pub problems: Vec<Problem>,
    /// What was understood rather than read: joined, carried, ignored, left open.
    pub notes: Vec<Note>,
    /// How its boundaries were measured, where it has a boundary file.
    pub measured: Option<Measured>,
    /// The plan, rulebook and register that go with it, where it is embedded or its data were joined to.
    pub defaults: Option<Defaults>,
}

/// How the boundaries of a file were measured, and what else was seen between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The coordinate system of the file.
    pub crs: String,
    /// The plane on which lengths and areas were measured.
    pub plane: String,
    /// Pairs that run close by without a common border (`near-miss`): worth knowing, not wrong.
    pub near: Vec<Problem>,
    /// Larger places that the municipalities enclose and none covers (`hole`): worth knowing, not wrong.
    pub voids: Vec<Problem>,
}

/// Share of a boundary file's codes that an embedded territory must know for its tables to be joined.
const KNOWN_CODES: f64 = 0.9;

/// Median offset from the tables' points beyond which a boundary file lies elsewhere, in metres.
const ELSEWHERE_M: f64 = 200.0;

/// Median offset beyond which a boundary file is of another place altogether, in metres.
const ANOTHER_PLACE_M: f64 = 50_000.0;

/// Loads a territory.
///
/// # Errors
///
/// Anything that can't be read or does not fit.
pub fn load(options: &TerritoryOptions) -> Result<Loaded, Error> {
    let named = options.territory.as_deref().unwrap_or("flanders");
    let path = Path::new(named);
    let mut loaded = if embedded::is_territory(named) {
        from_folder(embedded::load_folder(named, true)?)
    } else if path.is_dir() {
        if !path.join("territory.toml").exists() {
            return Err(no_territory(named, path));
        }
        from_folder(folder::read(path)?)
    } else if !path.exists() {
        return Err(no_such(named));
    } else {
        from_file(path, options)?
    };
    let mut inputs = Vec::new();
    let mut joined = Vec::new();
    for path in &options.attributes {
        joined.push(read_attributes(&mut loaded.territory, path)?);
    }
    for layer in &options.layers {
        joined.push(read_layer(&mut loaded.territory, layer)?);
    }
    if let Some(path) = &options.declare {
        joined.push(read_declared(&mut loaded.territory, path)?);
    }
    for table in joined {
        loaded.notes.extend(table.notes);
        inputs.push(table.input);
    }
    loaded.territory = loaded.territory.with_inputs(inputs);
    Ok(loaded)
}

fn from_folder(folder: Folder) -> Loaded {
    Loaded {
        territory: folder.territory,
        problems: Vec::new(),
        notes: folder.notes,
        measured: None,
        defaults: Some(folder.defaults).filter(|d| *d != Defaults::default()),
    }
}

fn no_such(named: &str) -> Error {
    let names: Vec<&str> = embedded::names(embedded::EmbeddedKind::Territory).collect();
    let mut message =
        format!("is neither a file or folder nor the name of an embedded territory (flanders, {})", names.join(", "));
    if let Some(near) = nearest(named, ["flanders"].into_iter().chain(names)) {
        message.push_str(&format!("; did you mean {near}?"));
    }
    Error::new(named, "E101", message)
}

/// A folder that is not a territory: which boundary files does it hold?
fn no_territory(named: &str, path: &Path) -> Error {
    let known = ["shp", "zip", "geojson", "json", "gz"];
    let is_known = |p: &PathBuf| p.extension().is_some_and(|e| known.iter().any(|k| e.eq_ignore_ascii_case(k)));
    let entries = std::fs::read_dir(path).into_iter().flatten().filter_map(Result::ok).map(|e| e.path());
    let mut files: Vec<String> =
        entries.filter(is_known).filter_map(|p| Some(p.file_name()?.to_string_lossy().into_owned())).collect();
    files.sort();
    let mut message = "is a folder without territory.toml; give a boundary file, or a folder that has one".to_owned();
    if !files.is_empty() {
        let more = if files.len() > 5 { ", ..." } else { "" };
        files.truncate(5);
        message.push_str(&format!(" (this one holds {}{more})", files.join(", ")));
    }
    Error::new(named, "E101", message)
}

fn from_file(path: &Path, options: &TerritoryOptions) -> Result<Loaded, Error> {
    let json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
        || path.to_string_lossy().to_lowercase().ends_with(".json.gz");
    if json {
        let input = Input::open(path)?;
        if graph::is_graph(input.bytes()) {
            let (id, name) = (options.boundary.id.as_deref(), options.boundary.name.as_deref());
            let (territory, notes) = graph::read_with_notes(&input, id, name)?;
            return Ok(Loaded { territory, problems: Vec::new(), notes, measured: None, defaults: None });
        }
    }
    let (boundaries, inputs) = boundaries::read(path, &options.boundary)?;
    let examine_options = ExamineOptions { tolerance_m: options.tolerance_m, ..ExamineOptions::default() };
    let shown = path.display().to_string();
    let examination = examine(&boundaries, examine_options).map_err(|e| Error::new(&shown, "E430", e.to_string()))?;
    let name = path.file_stem().map_or_else(|| shown.clone(), |stem| stem.to_string_lossy().into_owned());
    let mut loaded = assemble(&name, &shown, &boundaries, examination)?;
    loaded.territory = loaded.territory.with_inputs(inputs);
    join_vintage(loaded)
}

/// A territory from boundaries and what their examination found; features with one code are one municipality.
fn assemble(name: &str, path: &str, boundaries: &Boundaries, examination: Examination) -> Result<Loaded, Error> {
    let refused = |e: TerritoryError| Error::new(path, "E431", e.to_string());
    let code = |f: u32| boundaries.features[f as usize].code.clone();
    let near = |n: &NearMiss| Problem {
        municipalities: vec![code(n.a).min(code(n.b)), code(n.a).max(code(n.b))],
        length_m: Some(n.length_m),
        width_m: Some(n.width_m),
        ..Problem::new("B306", "no common border at this tolerance")
    };
    let void = |v: &Void| Problem {
        municipalities: v.municipalities.clone(),
        length_m: Some(v.perimeter_m),
        area_m2: Some(v.area_m2),
        place: Some(v.place),
        ..Problem::new("B305", "enclosed, and covered by none")
    };
    let measured = Measured {
        crs: boundaries.crs.to_string(),
        plane: examination.plane.clone(),
        near: examination.near.iter().map(near).collect(),
        voids: examination.voids.iter().map(void).collect(),
    };
    let mut problems = examination.problems;
    let groups = group(boundaries, &mut problems);
    let municipalities = groups.members.iter().map(|members| municipality(boundaries, members)).collect();
    let links = join_links(&groups, &examination.links);
    let mut territory = Territory::new(name, municipalities, links).map_err(refused)?;

    // `groups` is sorted by code, as the territory is.
    let polygons =
        groups.members.par_iter().map(|members| shape(boundaries, &examination.projected, members)).collect();
    let shapes = Shapes { crs: examination.plane, schematic: false, polygons };
    territory.add_shapes(shapes).map_err(refused)?;
    let sizes = |of: &[f64], scale: f64| -> Vec<Option<f64>> {
        let sum = |m: &Vec<usize>| m.iter().map(|&f| of.get(f).copied().unwrap_or(0.0)).sum::<f64>();
        groups.members.iter().map(|m| Some(sum(m) / scale).filter(|v| *v > 0.0)).collect()
    };
    for (name, unit, values) in [
        ("area_km2", "km2", sizes(&examination.area_m2, 1e6)),
        ("perimeter_km", "km", sizes(&examination.perimeter_m, 1e3)),
    ] {
        let (name, unit, source) = (name.to_owned(), unit.to_owned(), format!("measured on {path}"));
        territory.add_attribute(Attribute { name, unit, source, estimated: false, values }).map_err(refused)?;
    }
    let mut notes = Vec::new();
    add_properties(&mut territory, path, boundaries, &groups, &mut notes).map_err(refused)?;
    problems.sort_by(|x, y| (x.code, &x.municipalities).cmp(&(y.code, &y.municipalities)));
    Ok(Loaded { territory, problems, notes, measured: Some(measured), defaults: None })
}

/// The features of each code.
struct Groups {
    /// Positions of features, by code.
    members: Vec<Vec<usize>>,
    /// The group of each feature that has a code.
    of: Vec<Option<usize>>,
}

fn group(boundaries: &Boundaries, problems: &mut Vec<Problem>) -> Groups {
    let mut by_code: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, feature) in boundaries.features.iter().enumerate() {
        let code = feature.code.trim();
        if !code.is_empty() {
            by_code.entry(code).or_default().push(i);
        } else if !problems.iter().any(|p| p.code == "B202" && p.at.as_deref() == Some(&*feature.place)) {
            let at = Some(feature.place.clone());
            problems.push(Problem { at, ..Problem::new("B202", "the feature has no code and was left out") });
        }
    }
    let mut of = vec![None; boundaries.features.len()];
    for (number, members) in by_code.values().enumerate() {
        for &feature in members {
            of[feature] = Some(number);
        }
    }
    Groups { members: by_code.into_values().collect(), of }
}

fn municipality(boundaries: &Boundaries, members: &[usize]) -> Municipality {
    let first = &boundaries.features[members[0]];
    let code = first.code.trim();
    let name = members.iter().find_map(|&f| boundaries.features[f].name.as_deref()).map(str::trim);
    let mut municipality = Municipality::new(code, name.filter(|n| !n.is_empty()).unwrap_or(code));
    for &feature in members {
        let rings = boundaries.features[feature].rings.clone();
        for ring in boundaries.rings.get(rings.start as usize..rings.end as usize).unwrap_or_default() {
            *(if ring.hole { &mut municipality.holes } else { &mut municipality.parts }) += 1;
        }
    }
    municipality
}

/// Links between groups: those inside one go, those between the same two are added up.
fn join_links(groups: &Groups, links: &[Link]) -> Vec<Link> {
    let mut joined: BTreeMap<(usize, usize), Link> = BTreeMap::new();
    for link in links {
        let end = |i: u32| groups.of.get(i as usize).copied().flatten();
        let (Some(a), Some(b)) = (end(link.a), end(link.b)) else { continue };
        if a == b {
            continue;
        }
        let sum = joined.entry((a.min(b), a.max(b))).or_insert_with(|| Link::point(a, b));
        sum.length_m += link.length_m;
        sum.within_tolerance_m += link.within_tolerance_m;
        sum.doubtful |= link.doubtful;
        sum.kind = sum.kind.min(link.kind);
    }
    joined.into_values().collect()
}

/// The polygons of a municipality on the plane; rings keep the order of the file.
fn shape(boundaries: &Boundaries, projected: &[[f64; 2]], members: &[usize]) -> MultiPolygon<f64> {
    members.iter().flat_map(|&feature| coverage::shape(boundaries, projected, feature)).collect()
}

/// Properties of numbers become attributes; properties of repeated texts become divisions.
fn add_properties(
    territory: &mut Territory,
    path: &str,
    boundaries: &Boundaries,
    groups: &Groups,
    notes: &mut Vec<Note>,
) -> Result<(), TerritoryError> {
    let mut names: Vec<&str> = Vec::new();
    let mut values: BTreeMap<&str, Vec<Option<&Value>>> = BTreeMap::new();
    for (number, members) in groups.members.iter().enumerate() {
        for (name, value) in members.iter().flat_map(|&f| &boundaries.features[f].properties) {
            let column = values.entry(name).or_insert_with(|| {
                names.push(name);
                vec![None; groups.members.len()]
            });
            if *value != Value::Null && column[number].is_none() {
                column[number] = Some(value);
            }
        }
    }
    let mut ignored = Vec::new();
    for name in names {
        let column = &values[name];
        let given = || column.iter().flatten();
        if given().next().is_some() && given().all(|v| matches!(v, Value::Number(_))) {
            let number = |v: &Option<&Value>| match v {
                Some(Value::Number(number)) => Some(*number),
                _ => None,
            };
            // What was measured on the shapes stands before what the file says of itself.
            let name = if territory.attribute(name).is_some() { format!("{name}_in_file") } else { name.to_owned() };
            let values = column.iter().map(number).collect();
            let source = path.to_owned();
            territory.add_attribute(Attribute { name, unit: String::new(), source, estimated: false, values })?;
            continue;
        }
        let zone = |v: &Option<&Value>| match v {
            Some(Value::Text(text)) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
            _ => None,
        };
        let division = Division::from_names(name, column.iter().map(zone).collect());
        let placed = division.of.iter().flatten().count();
        if division.zones.len() > 1 && division.zones.len() * 2 <= placed {
            territory.add_division(division)?;
        } else {
            ignored.push(name);
        }
    }
    if !ignored.is_empty() {
        notes.push(Note::new("note.ignored", [("path", path.to_owned()), ("columns", ignored.join(", "))]));
    }
    Ok(())
}

/// How a boundary file lies against the points of the tables.
struct Offset {
    east_m: f64,
    north_m: f64,
}

impl Offset {
    fn metres(&self) -> f64 {
        self.east_m.hypot(self.north_m)
    }

    fn direction(&self) -> String {
        let mut words = Vec::new();
        let share = self.metres() * 0.38; // tan(22.5 degrees), so that eight directions are told apart
        if self.north_m.abs() > share {
            words.push(if self.north_m > 0.0 { "north" } else { "south" });
        }
        if self.east_m.abs() > share {
            words.push(if self.east_m > 0.0 { "east" } else { "west" });
        }
        words.concat()
    }
}

/// Joins tables, history and defaults of the embedded territory whose codes these are, if there is one.
fn join_vintage(mut loaded: Loaded) -> Result<Loaded, Error> {
    let Some(vintage) = vintage_of(&loaded.territory)? else { return Ok(loaded) };
    let offset = offset(&loaded.territory, &vintage);
    if offset.as_ref().is_some_and(|o| o.metres() > ANOTHER_PLACE_M) {
        let name = vintage.territory.name();
        loaded.notes.push(Note::new("note.elsewhere", [("territory", name.to_owned())]));
        return Ok(loaded);
    }
    if let Some(offset) = offset.filter(|o| o.metres() > ELSEWHERE_M) {
        let (metres, direction) = (offset.metres(), offset.direction());
        let mut found = Problem::new("B401", "");
        found.detail = format!(
            "the file lies {metres:.0} m to the {direction} of where the tables of {} say \
             (median over its municipalities); was it read in another coordinate system?",
            vintage.territory.name()
        );
        found.length_m = Some(metres.round());
        loaded.problems.push(found);
    }
    let known = loaded.territory.municipalities().iter().filter(|m| vintage.territory.position(&m.code).is_some());
    let (n, all) = (known.count().to_string(), loaded.territory.len().to_string());
    let values = [("n", n), ("all", all), ("territory", vintage.territory.name().to_owned())];
    loaded.notes.push(Note::new("note.joined", values));
    let path = loaded.territory.name().to_owned();
    loaded.territory =
        carry_over(loaded.territory, &vintage.territory).map_err(|e| Error::new(path, "E431", e.to_string()))?;
    loaded.defaults = Some(vintage.defaults);
    Ok(loaded)
}

/// The embedded territory that knows most of the codes, and under the same names.
fn vintage_of(territory: &Territory) -> Result<Option<Folder>, Error> {
    let mut best: Option<(usize, usize, Folder)> = None;
    for name in embedded::names(embedded::EmbeddedKind::Territory) {
        let folder = embedded::load_folder(name, false)?;
        let (mut known, mut named, mut same) = (0usize, 0usize, 0usize);
        for m in territory.municipalities() {
            let Some(i) = folder.territory.position(&m.code) else { continue };
            known += 1;
            if m.name != m.code {
                named += 1;
                same += usize::from(fold(&m.name) == fold(&folder.territory.municipalities()[i].name));
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let enough = known > 0 && known as f64 >= KNOWN_CODES * territory.len() as f64;
        let missing = folder.territory.len() - known;
        let better = best.as_ref().is_none_or(|(k, m, _)| known > *k || (known == *k && missing < *m));
        if enough && same * 2 >= named && better {
            best = Some((known, missing, folder));
        }
    }
    Ok(best.map(|(.., folder)| folder))
}

/// Median offset of the shapes' centres from the tables' points, east and north apart; none on another plane.
fn offset(territory: &Territory, vintage: &Folder) -> Option<Offset> {
    let shapes = territory.shapes().filter(|s| Some(s.crs.as_str()) == vintage_plane(vintage))?;
    let (mut east, mut north) = (Vec::new(), Vec::new());
    for (m, shape) in territory.municipalities().iter().zip(&shapes.polygons) {
        let point = vintage.territory.position(&m.code).and_then(|i| vintage.points[i]);
        if let (Some([x, y]), Some(centre)) = (point, geo::Centroid::centroid(shape)) {
            east.push(centre.x() - x);
            north.push(centre.y() - y);
        }
    }
    Some(Offset { east_m: median(&mut east)?, north_m: median(&mut north)? })
}

fn vintage_plane(vintage: &Folder) -> Option<&str> {
    Some(vintage.plane.as_str()).filter(|plane| !plane.is_empty())
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Attributes, divisions, history, date, actors and wishes of one territory for the municipalities of another.
fn carry_over(territory: Territory, vintage: &Territory) -> Result<Territory, TerritoryError> {
    let there: Vec<Option<usize>> = territory.municipalities().iter().map(|m| vintage.position(&m.code)).collect();
    let mut here = vec![None; vintage.len()];
    for (i, place) in there.iter().enumerate() {
        if let Some(place) = place {
            here[*place] = Some(i);
        }
    }
    let all = |positions: &[usize]| -> Vec<usize> {
        let mut found: Vec<usize> = positions.iter().filter_map(|&p| here[p]).collect();
        found.sort_unstable();
        found
    };
    let actors =
        vintage.actors().iter().filter_map(|a| Some(ActiveActor { municipality: here[a.municipality]?, ..a.clone() }));
    let wishes = vintage.wishes().iter().filter_map(|w| {
        let (together_with, apart_from) = (all(&w.together_with), all(&w.apart_from));
        Some(CouncilWish { municipality: here[w.municipality]?, together_with, apart_from, ..w.clone() })
    });
    let mut joined = territory
        .with_actors(actors.collect())
        .with_wishes(wishes.collect())
        .with_history(vintage.history().clone())
        .with_date(vintage.date().map(str::to_owned))
        .with_inputs(vintage.inputs().to_vec());
    for attribute in vintage.attributes() {
        if joined.attribute(&attribute.name).is_none() {
            let values = there.iter().map(|place| place.and_then(|p| attribute.values[p])).collect();
            joined.add_attribute(Attribute { values, ..attribute.clone() })?;
        }
    }
    for division in vintage.divisions() {
        let zone =
            |place: &Option<usize>| place.and_then(|p| division.of[p]).map(|z| division.zones[z as usize].clone());
        joined.add_division(Division::from_names(&*division.name, there.iter().map(zone).collect()))?;
    }
    Ok(joined)
}
