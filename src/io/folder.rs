//! A folder with `territory.toml`: tables that together are a territory. The embedded territories are such folders.

use std::borrow::Cow;
use std::path::Path;

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::join::{from_toml, list, unknown};
use super::tables::Table;
use super::{Error, Input, Note};
use crate::territory::history::{Change, Located};
use crate::territory::{
    ActiveActor, Attribute, CouncilWish, Division, History, InputDigest, Link, Municipality, Shapes, Territory,
};

/// What goes with a territory: names of a plan, a rulebook and a register of derogations.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// The plan that `check` judges when none is named; empty for none.
    pub plan: String,
    /// The rulebook that goes with it; empty for none.
    pub rulebook: String,
    /// The register of derogations that goes with the plan; empty for none.
    pub register: String,
}

/// A territory read from its folder.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The territory.
    pub territory: Territory,
    /// What goes with it.
    pub defaults: Defaults,
    /// Name of the plane that points and shapes lie on; empty where the folder does not say.
    pub plane: String,
    /// A point inside each municipality on the plane, where the tables have it; in the territory's order.
    pub points: Vec<Option<[f64; 2]>>,
    /// What was carried or left out.
    pub notes: Vec<Note>,
}

/// Where the files of a folder come from: a disk, or the program itself. Names are relative to `territory.toml`.
pub(crate) trait Files {
    /// A file by its name.
    fn open(&self, name: &str) -> Result<Input, Error>;
}

struct OnDisk<'p>(&'p Path);

impl Files for OnDisk<'_> {
    fn open(&self, name: &str) -> Result<Input, Error> {
        Input::open(&self.0.join(name))
    }
}

/// `territory.toml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    name: String,
    #[serde(default)]
    valid_from: Option<String>,
    /// Name of the plane of points and shapes, in metres.
    #[serde(default)]
    plane: String,
    /// For lists of territories; not needed here.
    #[serde(default, rename = "title")]
    _title: toml::Table,
    #[serde(default)]
    defaults: Defaults,
    municipalities: Municipalities,
    borders: File,
    #[serde(default)]
    attribute: Vec<AttributeColumn>,
    #[serde(default)]
    division: Vec<DivisionColumn>,
    #[serde(default)]
    history: Vec<HistoryFile>,
    #[serde(default)]
    actors: Option<Actors>,
    #[serde(default)]
    wishes: Option<Coded>,
    #[serde(default)]
    shapes: Option<ShapesFile>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    file: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Coded {
    file: String,
    code: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Municipalities {
    file: String,
    code: String,
    name: String,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeColumn {
    column: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    estimated: bool,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DivisionColumn {
    name: String,
    #[serde(default)]
    column: Option<String>,
    #[serde(default)]
    file: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryFile {
    file: String,
    old_code: String,
    old_name: String,
    new_code: String,
    new_name: String,
    date: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Actors {
    file: String,
    code: String,
    actor: String,
    kind: String,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ShapesFile {
    file: String,
    code: String,
    #[serde(default)]
    schematic: bool,
}

/// Reads the folder of a territory from disk.
///
/// # Errors
///
/// No `territory.toml` or one with other fields than those known (`E412`); tables that do not fit each other.
pub fn read(folder: &Path) -> Result<Folder, Error> {
    assemble(&OnDisk(folder), "territory.toml", true, None)
}

/// Puts a territory together; `digest` replaces the digests of the single files by one for all.
pub(crate) fn assemble(
    files: &dyn Files,
    manifest: &str,
    with_shapes: bool,
    digest: Option<InputDigest>,
) -> Result<Folder, Error> {
    let mut reader = Reader { files, inputs: Vec::new(), tables: Vec::new(), notes: Vec::new() };
    let input = files.open(manifest)?;
    let manifest: Manifest = from_toml(&input, "E412")?;
    reader.inputs.push(input.digest());

    let base = reader.table(&manifest.municipalities.file)?;
    let code = base.column(&manifest.municipalities.code)?;
    let name = base.column(&manifest.municipalities.name)?;
    let municipality = |row| Ok(Municipality::new(base.required(row, code)?, base.required(row, name)?));
    let municipalities = (0..base.len()).map(municipality).collect::<Result<Vec<_>, Error>>()?;
    let refused = |e: crate::territory::TerritoryError| Error::new(&base.path, "E407", e.to_string());
    let mut territory = Territory::new(&*manifest.name, municipalities, Vec::new()).map_err(refused)?;
    territory = territory.with_date(manifest.valid_from.clone()).with_history(reader.history(&manifest.history)?);
    let links = reader.links(&territory, &manifest.borders)?;
    territory.set_links(links).map_err(refused)?;

    for column in &manifest.attribute {
        let attribute = reader.attribute(&territory, column, &manifest.municipalities)?;
        territory.add_attribute(attribute).map_err(refused)?;
    }
    for column in &manifest.division {
        let division = reader.division(&territory, column, &manifest.municipalities)?;
        territory.add_division(division).map_err(refused)?;
    }
    let points = reader.points(&territory, &manifest.municipalities)?;
    territory.add_points(points.clone()).map_err(refused)?;
    if let Some(actors) = &manifest.actors {
        territory = reader.actors(actors, territory)?;
    }
    if let Some(wishes) = &manifest.wishes {
        territory = reader.wishes(wishes, territory)?;
    }
    if let Some(shapes) = manifest.shapes.as_ref().filter(|_| with_shapes) {
        let shapes = reader.shapes(&territory, shapes, &manifest.plane)?;
        territory.add_shapes(shapes).map_err(refused)?;
    }
    let inputs = digest.map_or(reader.inputs, |one| vec![one]);
    Ok(Folder {
        territory: territory.with_inputs(inputs),
        defaults: manifest.defaults,
        plane: manifest.plane,
        points,
        notes: reader.notes,
    })
}

struct Reader<'f> {
    files: &'f dyn Files,
    inputs: Vec<InputDigest>,
    tables: Vec<(String, Table)>,
    notes: Vec<Note>,
}

impl Reader<'_> {
    /// A table by its name; read once.
    fn table(&mut self, name: &str) -> Result<Table, Error> {
        if let Some((_, table)) = self.tables.iter().find(|(known, _)| known == name) {
            return Ok(table.clone());
        }
        let input = self.files.open(name)?;
        let table = Table::read(&input)?;
        self.inputs.push(input.digest());
        self.notes.extend(table.notes.iter().cloned());
        self.tables.push((name.to_owned(), table.clone()));
        Ok(table)
    }

    fn history(&mut self, files: &[HistoryFile]) -> Result<History, Error> {
        let mut changes = Vec::new();
        for file in files {
            let table = self.table(&file.file)?;
            let columns = [&file.old_code, &file.old_name, &file.new_code, &file.new_name, &file.date];
            let mut at = [0; 5];
            for (slot, name) in at.iter_mut().zip(columns) {
                *slot = table.column(name)?;
            }
            for row in 0..table.len() {
                let text = |i: usize| table.required(row, at[i]).map(str::to_owned);
                changes.push(Change {
                    old_code: text(0)?,
                    old_name: text(1)?,
                    new_code: text(2)?,
                    new_name: text(3)?,
                    date: text(4)?,
                });
            }
        }
        Ok(History::new(changes))
    }

    fn links(&mut self, territory: &Territory, file: &File) -> Result<Vec<Link>, Error> {
        let table = self.table(&file.file)?;
        let (a, b) = (table.column("a")?, table.column("b")?);
        let (length_at, kind) = (table.column("length_m")?, table.column("kind")?);
        let lengths = table.numbers(length_at)?;
        (0..table.len())
            .map(|row| {
                let end = |column| own_position(&table, row, column, territory);
                let (from, to) = (end(a)?, end(b)?);
                if from == to {
                    return Err(table.error(row, b, "E407", "is linked to itself"));
                }
                let length = lengths[row].unwrap_or(0.0);
                let by_length = || if length > 0.0 { Link::border(from, to, length) } else { Link::point(from, to) };
                match table.required(row, kind)? {
                    "border" if length > 0.0 => Ok(by_length()),
                    "border" => Err(table.error(row, length_at, "E405", "a border needs its length")),
                    "point" => Ok(Link::point(from, to)),
                    "ambiguous" => Ok(Link { doubtful: true, ..by_length() }),
                    other => {
                        let message = format!("{other:?} is not a kind of link: expected border, point or ambiguous");
                        Err(table.error(row, kind, "E408", message))
                    }
                }
            })
            .collect()
    }

    /// The codes of a table as positions in the territory, each once, none unknown.
    fn positions(&mut self, territory: &Territory, file: &str, code: &str) -> Result<(Table, Vec<usize>), Error> {
        let table = self.table(file)?;
        let column = table.column(code)?;
        let mut seen = vec![0; territory.len()];
        let mut positions = Vec::with_capacity(table.len());
        for row in 0..table.len() {
            let i = own_position(&table, row, column, territory)?;
            if seen[i] > 0 {
                return Err(table.error(row, column, "E407", format!("stands on line {} already", seen[i])));
            }
            seen[i] = table.line(row);
            positions.push(i);
        }
        Ok((table, positions))
    }

    fn attribute(
        &mut self,
        territory: &Territory,
        column: &AttributeColumn,
        base: &Municipalities,
    ) -> Result<Attribute, Error> {
        let file = column.file.as_deref().unwrap_or(&base.file);
        let (table, positions) = self.positions(territory, file, &base.code)?;
        let mut values = vec![None; territory.len()];
        for (row, number) in table.numbers(table.column(&column.column)?)?.into_iter().enumerate() {
            values[positions[row]] = number;
        }
        Ok(Attribute {
            name: column.name.clone().unwrap_or_else(|| column.column.clone()),
            unit: column.unit.clone(),
            source: column.source.clone(),
            estimated: column.estimated,
            values,
        })
    }

    fn division(
        &mut self,
        territory: &Territory,
        column: &DivisionColumn,
        base: &Municipalities,
    ) -> Result<Division, Error> {
        let file = column.file.as_deref().unwrap_or(&base.file);
        let (table, positions) = self.positions(territory, file, &base.code)?;
        let at = table.column(column.column.as_deref().unwrap_or(&column.name))?;
        let mut names = vec![None; territory.len()];
        for (row, &i) in positions.iter().enumerate() {
            names[i] = table.text(row, at).map(str::to_owned);
        }
        Ok(Division::from_names(&*column.name, names))
    }

    fn points(&mut self, territory: &Territory, base: &Municipalities) -> Result<Vec<Option<[f64; 2]>>, Error> {
        let mut points = vec![None; territory.len()];
        if let (Some(x), Some(y)) = (&base.x, &base.y) {
            let (table, positions) = self.positions(territory, &base.file, &base.code)?;
            let (x, y) = (table.numbers(table.column(x)?)?, table.numbers(table.column(y)?)?);
            for (row, &i) in positions.iter().enumerate() {
                points[i] = x[row].zip(y[row]).map(|(x, y)| [x, y]);
            }
        }
        Ok(points)
    }

    fn actors(&mut self, file: &Actors, territory: Territory) -> Result<Territory, Error> {
        let table = self.table(&file.file)?;
        let (code, actor, kind) = (table.column(&file.code)?, table.column(&file.actor)?, table.column(&file.kind)?);
        let mut actors = Vec::new();
        for row in 0..table.len() {
            for municipality in any_date(&table, row, code, table.required(row, code)?, &territory)? {
                actors.push(ActiveActor {
                    municipality,
                    actor: table.required(row, actor)?.to_owned(),
                    kind: table.required(row, kind)?.to_owned(),
                });
            }
        }
        actors.sort_by(|x, y| (x.municipality, &x.kind, &x.actor).cmp(&(y.municipality, &y.kind, &y.actor)));
        actors.dedup();
        Ok(territory.with_actors(actors))
    }

    fn wishes(&mut self, file: &Coded, territory: Territory) -> Result<Territory, Error> {
        let table = self.table(&file.file)?;
        let code = table.column(&file.code)?;
        let (with, apart) = (table.column("together_with")?, table.column("apart_from")?);
        let (text, date) = (table.column("text")?, table.column("date")?);
        let mut wishes = Vec::new();
        for row in 0..table.len() {
            for municipality in any_date(&table, row, code, table.required(row, code)?, &territory)? {
                let others = |column: usize| {
                    let mut others = Vec::new();
                    for code in list(table.text(row, column).unwrap_or_default()) {
                        others.extend(any_date(&table, row, column, code, &territory)?);
                    }
                    others.sort_unstable();
                    others.dedup();
                    others.retain(|&other| other != municipality);
                    Ok::<_, Error>(others)
                };
                wishes.push(CouncilWish {
                    municipality,
                    together_with: others(with)?,
                    apart_from: others(apart)?,
                    text: table.required(row, text)?.to_owned(),
                    date: table.text(row, date).unwrap_or_default().to_owned(),
                });
            }
        }
        wishes.sort_by_key(|wish| wish.municipality);
        Ok(territory.with_wishes(wishes))
    }

    fn shapes(&mut self, territory: &Territory, file: &ShapesFile, plane: &str) -> Result<Shapes, Error> {
        let input = self.files.open(&file.file)?;
        self.inputs.push(input.digest());
        let refused = |message: String| Error::new(&input.path, "E413", message);
        let collection: Collection<'_> = serde_json::from_slice(input.bytes())
            .map_err(|e| refused(format!("is not a GeoJSON collection of MultiPolygons: {e}")))?;
        let mut polygons = vec![MultiPolygon::new(Vec::new()); territory.len()];
        for (number, feature) in collection.features.into_iter().enumerate() {
            let at = |e: Error| e.at(format!("feature {}", number + 1));
            let code = feature.properties.get(&file.code).and_then(serde_json::Value::as_str).unwrap_or_default();
            let Some(i) = territory.position(code) else {
                return Err(at(refused(format!("{:?} is {code:?}, which is not a code of the territory", file.code))));
            };
            if feature.geometry.kind != "MultiPolygon" {
                return Err(at(refused(format!("is a {}; expected a MultiPolygon", feature.geometry.kind))));
            }
            polygons[i] = MultiPolygon::new(feature.geometry.coordinates.into_iter().map(polygon).collect());
        }
        Ok(Shapes { crs: plane.to_owned(), schematic: file.schematic, polygons })
    }
}

/// The parts of a GeoJSON file that shapes need.
#[derive(serde::Deserialize)]
struct Collection<'j> {
    #[serde(borrow)]
    features: Vec<Feature<'j>>,
}

#[derive(serde::Deserialize)]
struct Feature<'j> {
    properties: serde_json::Map<String, serde_json::Value>,
    #[serde(borrow)]
    geometry: Geometry<'j>,
}

#[derive(serde::Deserialize)]
struct Geometry<'j> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'j, str>,
    coordinates: Vec<Vec<Vec<[f64; 2]>>>,
}

fn polygon(rings: Vec<Vec<[f64; 2]>>) -> Polygon<f64> {
    let mut rings = rings
        .into_iter()
        .map(|ring| LineString::new(ring.into_iter().map(|[x, y]| Coord { x, y }).collect::<Vec<_>>()));
    Polygon::new(rings.next().unwrap_or_else(|| LineString::new(Vec::new())), rings.collect())
}

/// Position of a code that must be one of the territory's own.
fn own_position(table: &Table, row: usize, column: usize, territory: &Territory) -> Result<usize, Error> {
    let code = table.required(row, column)?;
    territory.position(code).ok_or_else(|| unknown(table, row, column, code, territory))
}

/// Positions of a code of whatever date.
fn any_date(table: &Table, row: usize, column: usize, code: &str, territory: &Territory) -> Result<Vec<usize>, Error> {
    match territory.locate(code) {
        Located::Here(i) => Ok(vec![i]),
        Located::Expired { to, .. } | Located::Later { from: to, .. } => Ok(to),
        Located::Unknown => Err(unknown(table, row, column, code, territory)),
    }
}
