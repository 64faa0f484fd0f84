//! A municipality, its code, and what tables say of it.

use super::index_u32;

/// The indivisible unit (gemeente).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// The code, as text: `11001` (NIS code in Belgium), or what the file's key column holds.
    pub code: String,
    /// The name; the code where the file has none.
    pub name: String,
    /// Parts and holes of its polygon: `(1, 0)` for a simple one; `(0, 0)` without geometry.
    pub parts: u32,
    /// Holes in all its parts together.
    pub holes: u32,
}

impl Municipality {
    /// A municipality without geometry.
    pub fn new(code: impl Into<String>, name: impl Into<String>) -> Self {
        Self { code: code.into(), name: name.into(), parts: 0, holes: 0 }
    }
}

/// A column of numbers, one a municipality, with what a reader must know to use it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Column name: `population_2020`, `social_rental_homes`.
    pub name: String,
    /// Unit: `homes`, `people`, `km2`; empty where unknown.
    pub unit: String,
    /// Who published it.
    pub source: String,
    /// True where the figures are estimates; every number shown with them must say so.
    pub estimated: bool,
    /// One a municipality, in the territory's order; `None` where there is no figure.
    pub values: Vec<Option<f64>>,
}

/// A division of the territory in zones (regions, police zones, ...).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// Name: `region_2022`.
    pub name: String,
    /// The zones' names, sorted.
    pub zones: Vec<String>,
    /// Zone of each municipality (position in `zones`), in the territory's order.
    pub of: Vec<Option<u32>>,
}

impl Division {
    /// Makes a division from a zone's name per municipality.
    ///
    /// ```
    /// use landmeter::territory::Division;
    /// let d = Division::from_names("region", vec![Some("B".into()), Some("A".into()), None]);
    /// assert_eq!(d.zones, ["A", "B"]);
    /// assert_eq!(d.of, [Some(1), Some(0), None]);
    /// ```
    #[must_use]
    pub fn from_names(name: impl Into<String>, names: Vec<Option<String>>) -> Self {
        let mut zones: Vec<String> = names.iter().flatten().cloned().collect();
        zones.sort();
        zones.dedup();
        let of = names.into_iter().map(|n| n.and_then(|n| zones.binary_search(&n).ok().map(index_u32))).collect();
        Self { name: name.into(), zones, of }
    }
}
