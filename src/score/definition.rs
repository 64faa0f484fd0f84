//! A metric that a user defines.

use super::{Aggregate, Better, Expression, expression::Name};

/// A metric that a user defines in the rulebook: an expression over the figures of an area, and what of it counts for
/// the plan.
///
/// Names in the expression are columns of the territory (summed over the members), `municipalities` (how many there are),
/// and what the built-in metrics know of an area: `area_km2`, `perimeter_km`, `polsby_popper`, `schwartzberg`, `reock`,
/// `convex_hull`, `diameter_km`, `diameter_links`, `inertia_ATTR`, `inertia_centroid_ATTR`.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Its name, as `--by` takes it: letters, digits and `_`.
    pub name: String,
    /// The unit of its values; `share` is shown in per cent.
    pub unit: String,
    /// Which direction is good.
    pub better: Better,
    /// The expression as it was written.
    pub formula: String,
    /// The expression, over names.
    pub expression: Expression<Name>,
    /// Line and column (from 1) in the rulebook of each name in the expression, in its order.
    pub places: Vec<(usize, usize)>,
    /// How the values of the areas become that of a plan.
    pub aggregate: Aggregate,
    /// What it is for, in Dutch; may be empty.
    pub nl: String,
    /// The same in English.
    pub en: String,
    /// Where it comes from; may be empty.
    pub source: String,
}

impl serde::Serialize for Definition {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut out = serializer.serialize_struct("Definition", 6)?;
        out.serialize_field("name", &self.name)?;
        out.serialize_field("unit", &self.unit)?;
        out.serialize_field("better", &self.better)?;
        out.serialize_field("expression", &self.formula)?;
        out.serialize_field("aggregate", self.aggregate.name())?;
        out.serialize_field("source", &self.source)?;
        out.end()
    }
}
