//! Who lies where, and who touches whom: built once, immutable, knows nothing of plans.

pub mod adjacency;
pub mod coverage;
pub mod history;
pub mod municipality;
pub mod plane;

pub use adjacency::{Adjacency, Graph, Link, LinkKind};
pub use history::History;
pub use municipality::{Attribute, Division, Municipality};

use geo::MultiPolygon;
use rustc_hash::FxHashMap;

/// A territory that can't be put together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TerritoryError {
    /// Two municipalities carry one code.
    #[error("code {code} is carried by two municipalities ({first} and {second}); each needs its own code")]
    DuplicateCode {
        /// The code.
        code: String,
        /// Where it stood first.
        first: String,
        /// Where it stood again.
        second: String,
    },
    /// A table does not have one value for each municipality.
    #[error("{what} has {found} values where the territory has {expected} municipalities")]
    Length {
        /// Which table.
        what: String,
        /// Values found.
        found: usize,
        /// Municipalities.
        expected: usize,
    },
    /// A link names a municipality that does not exist.
    #[error("a link joins {a} and {b}, but the territory has {municipalities} municipalities")]
    DanglingLink {
        /// One end.
        a: usize,
        /// The other end.
        b: usize,
        /// How many there are.
        municipalities: usize,
    },
    /// A code that the territory does not have.
    #[error("code {code} is not one of the territory's {municipalities} municipalities")]
    UnknownCode {
        /// The code.
        code: String,
        /// How many there are.
        municipalities: usize,
    },
}

/// The shapes of the municipalities, in metres on a plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Shapes {
    /// Name of the plane the coordinates are in: `EPSG:31370`, or a local projection's definition.
    pub crs: String,
    /// True where the lines are drawn by a program and are not the real borders.
    pub schematic: bool,
    /// One a municipality, in the territory's order; empty where the file has none.
    pub polygons: Vec<MultiPolygon<f64>>,
}

/// A housing actor (or other body) active in a municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveActor {
    /// Position of the municipality in the territory.
    pub municipality: usize,
    /// The actor's name.
    pub actor: String,
    /// What it is, as the table says: `SHM`, `SVK`, ...
    pub kind: String,
}

/// What a municipality's council asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CouncilWish {
    /// Position of the municipality in the territory.
    pub municipality: usize,
    /// Municipalities it wants to share an area with (positions, sorted).
    pub together_with: Vec<usize>,
    /// Municipalities it refuses to share an area with (positions, sorted).
    pub apart_from: Vec<usize>,
    /// The wish as the source words it.
    pub text: String,
    /// Date as the source gives it (a year, a month or a day).
    pub date: String,
}

/// An input and its digest: what a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct InputDigest {
    /// The path as the user gave it, or `embedded:NAME`.
    pub path: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// All municipalities at one date, and who touches whom.
///
/// Municipalities are sorted by code; a municipality's position is its index everywhere else.
#[derive(Debug, Clone)]
pub struct Territory {
    name: String,
    date: Option<String>,
    municipalities: Vec<Municipality>,
    index: FxHashMap<String, u32>,
    adjacency: Adjacency,
    attributes: Vec<Attribute>,
    divisions: Vec<Division>,
    shapes: Option<Shapes>,
    points: Vec<Option<[f64; 2]>>,
    history: History,
    actors: Vec<ActiveActor>,
    wishes: Vec<CouncilWish>,
    inputs: Vec<InputDigest>,
}

impl Territory {
    /// Puts a territory together; the order of `municipalities` is free, links refer to it.
    ///
    /// Everything is re-ordered by code, so that the order of a file never reaches an answer.
    ///
    /// # Errors
    ///
    /// Two municipalities with one code, or a link to a municipality that does not exist.
    pub fn new(
        name: impl Into<String>,
        municipalities: Vec<Municipality>,
        links: Vec<Link>,
    ) -> Result<Self, TerritoryError> {
        let n = municipalities.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| municipalities[a].code.cmp(&municipalities[b].code));
        if let Some(pair) = order.windows(2).find(|w| municipalities[w[0]].code == municipalities[w[1]].code) {
            return Err(TerritoryError::DuplicateCode {
                code: municipalities[pair[0]].code.clone(),
                first: municipalities[pair[0]].name.clone(),
                second: municipalities[pair[1]].name.clone(),
            });
        }
        let mut position = vec![0usize; n];
        for (new, &old) in order.iter().enumerate() {
            position[old] = new;
        }
        let mut links = links;
        for link in &mut links {
            let (a, b) = (link.a as usize, link.b as usize);
            if a >= n || b >= n || a == b {
                return Err(TerritoryError::DanglingLink { a, b, municipalities: n });
            }
            link.a = index_u32(position[a].min(position[b]));
            link.b = index_u32(position[a].max(position[b]));
        }
        let adjacency = Adjacency::new(n, links);
        let mut slots: Vec<Option<Municipality>> = municipalities.into_iter().map(Some).collect();
        let municipalities: Vec<Municipality> = order.iter().filter_map(|&old| slots[old].take()).collect();
        let index = municipalities.iter().enumerate().map(|(i, m)| (m.code.clone(), index_u32(i))).collect();
        Ok(Self {
            name: name.into(),
            date: None,
            municipalities,
            index,
            adjacency,
            attributes: Vec::new(),
            divisions: Vec::new(),
            shapes: None,
            points: Vec::new(),
            history: History::default(),
            actors: Vec::new(),
            wishes: Vec::new(),
            inputs: Vec::new(),
        })
    }

    /// Name of the territory: an embedded one's, or the file's stem.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The date (`YYYY-MM-DD`) from which these municipalities and codes hold, where known.
    #[must_use]
    pub fn date(&self) -> Option<&str> {
        self.date.as_deref()
    }

    /// How many municipalities there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.municipalities.len()
    }

    /// True for a territory without municipalities.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.municipalities.is_empty()
    }

    /// All municipalities, sorted by code.
    #[must_use]
    pub fn municipalities(&self) -> &[Municipality] {
        &self.municipalities
    }

    /// Position of a code.
    #[must_use]
    pub fn position(&self, code: &str) -> Option<usize> {
        self.index.get(code).map(|&i| i as usize)
    }

    /// Who touches whom.
    #[must_use]
    pub fn adjacency(&self) -> &Adjacency {
        &self.adjacency
    }

    /// All attributes, in the order in which they were added.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// An attribute by its name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// All divisions, in the order in which they were added.
    #[must_use]
    pub fn divisions(&self) -> &[Division] {
        &self.divisions
    }

    /// A division by its name.
    #[must_use]
    pub fn division(&self, name: &str) -> Option<&Division> {
        self.divisions.iter().find(|d| d.name == name)
    }

    /// The shapes, where the territory has any (a bare graph has none).
    #[must_use]
    pub fn shapes(&self) -> Option<&Shapes> {
        self.shapes.as_ref()
    }

    /// A point inside each municipality, in metres on the plane, where the tables have it; in the territory's order, and
    /// empty where none has any.
    #[must_use]
    pub fn points(&self) -> &[Option<[f64; 2]>] {
        &self.points
    }

    /// Mergers and renumberings known for this territory.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Who is active where, as far as is known.
    #[must_use]
    pub fn actors(&self) -> &[ActiveActor] {
        &self.actors
    }

    /// What the councils asked for, as far as is known.
    #[must_use]
    pub fn wishes(&self) -> &[CouncilWish] {
        &self.wishes
    }

    /// The inputs that this territory was read from.
    #[must_use]
    pub fn inputs(&self) -> &[InputDigest] {
        &self.inputs
    }

    /// The date from which the codes hold.
    #[must_use]
    pub fn with_date(mut self, date: Option<String>) -> Self {
        self.date = date;
        self
    }

    /// Mergers and renumberings.
    #[must_use]
    pub fn with_history(mut self, history: History) -> Self {
        self.history = history;
        self
    }

    /// Notes the inputs.
    #[must_use]
    pub fn with_inputs(mut self, inputs: Vec<InputDigest>) -> Self {
        self.inputs.extend(inputs);
        self
    }

    /// Who is active where; rows of municipalities are positions in this territory.
    #[must_use]
    pub fn with_actors(mut self, actors: Vec<ActiveActor>) -> Self {
        self.actors = actors;
        self
    }

    /// What the councils asked for.
    #[must_use]
    pub fn with_wishes(mut self, wishes: Vec<CouncilWish>) -> Self {
        self.wishes = wishes;
        self
    }

    /// Adds (or replaces) an attribute; `values` in the territory's order.
    ///
    /// # Errors
    ///
    /// A number of values other than the number of municipalities.
    pub fn add_attribute(&mut self, attribute: Attribute) -> Result<(), TerritoryError> {
        self.length(&attribute.name, attribute.values.len())?;
        self.attributes.retain(|a| a.name != attribute.name);
        self.attributes.push(attribute);
        Ok(())
    }

    /// Adds (or replaces) a division; `of` in the territory's order.
    ///
    /// # Errors
    ///
    /// A number of entries other than the number of municipalities.
    pub fn add_division(&mut self, division: Division) -> Result<(), TerritoryError> {
        self.length(&division.name, division.of.len())?;
        self.divisions.retain(|d| d.name != division.name);
        self.divisions.push(division);
        Ok(())
    }

    /// Adds the shapes, in the territory's order.
    ///
    /// # Errors
    ///
    /// A number of polygons other than the number of municipalities.
    pub fn add_shapes(&mut self, shapes: Shapes) -> Result<(), TerritoryError> {
        self.length("shapes", shapes.polygons.len())?;
        self.shapes = Some(shapes);
        Ok(())
    }

    /// Adds a point inside each municipality, in the territory's order.
    ///
    /// # Errors
    ///
    /// A number of points other than the number of municipalities.
    pub fn add_points(&mut self, points: Vec<Option<[f64; 2]>>) -> Result<(), TerritoryError> {
        self.length("points", points.len())?;
        self.points = points;
        Ok(())
    }

    /// Replaces the graph of neighbours (after links were declared or removed by hand).
    ///
    /// # Errors
    ///
    /// A link to a municipality that does not exist.
    pub fn set_links(&mut self, links: Vec<Link>) -> Result<(), TerritoryError> {
        let n = self.len();
        if let Some(l) = links.iter().find(|l| l.a as usize >= n || l.b as usize >= n || l.a == l.b) {
            return Err(TerritoryError::DanglingLink { a: l.a as usize, b: l.b as usize, municipalities: n });
        }
        self.adjacency = Adjacency::new(n, links);
        Ok(())
    }

    fn length(&self, what: &str, found: usize) -> Result<(), TerritoryError> {
        if found == self.len() {
            Ok(())
        } else {
            Err(TerritoryError::Length { what: what.to_owned(), found, expected: self.len() })
        }
    }
}

/// An index as the 32 bits that the flat arrays hold.
///
/// # Panics
///
/// Never in practice: the readers refuse files with 2^32 items or more.
#[must_use]
pub(crate) fn index_u32(i: usize) -> u32 {
    u32::try_from(i).expect("readers refuse files with 2^32 items or more")
}
