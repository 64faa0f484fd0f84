//! The names of the metrics, and what each is: unit, direction, source.

use super::expression::Name;
use super::{Aggregate, Definition, Expression, ScoreError};
use crate::plan::nearest::nearest;
use crate::territory::{Attribute, Territory};

/// Which direction is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}

/// What a metric is about; lists are in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// How large the areas are, and how much alike.
    Size,
    /// What the plan cuts through.
    Border,
    /// How compact the areas are.
    Compactness,
    /// How far apart the members of an area lie.
    Reach,
    /// What changes against another plan.
    Continuity,
    /// How the areas lie across the zones of another division.
    Alignment,
    /// What the councils asked for.
    Wishes,
    /// What the user defines.
    Own,
}

/// What each municipality counts for: 1, its square kilometres, or its figure in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Weight {
    One,
    Area,
    Attribute(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compactness {
    PolsbyPopper,
    Schwartzberg,
    Reock,
    ConvexHull,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Areas,
    CutLinks,
    CutBorder,
    Sum(Weight, Aggregate),
    Compactness(Compactness, Aggregate),
    Inertia(Weight),
    InertiaCentroid(Weight),
    Perimeter,
    DiameterKm,
    DiameterLinks,
    Moved(Weight),
    Splits(String),
    /// Of the areas, once the zone is known.
    EntropyInZone(String),
    /// Of the zones, once the area is known.
    EntropyInArea(String),
    Opinions,
    Own(Box<Expression<Self>>, Aggregate),
}

/// The attribute that is 1 for each municipality.
const MUNICIPALITIES: &str = "municipalities";

/// The attribute that is the size of each municipality, measured where no column has this name.
const AREA: &str = "area_km2";

/// Units of figures that a plan is usually balanced by.
const COUNTED: [&str; 4] = ["people", "households", "homes", "dwellings"];

const WITHOUT_COLUMN: &[(&str, Kind)] = &[
    ("areas", Kind::Areas),
    ("cut_links", Kind::CutLinks),
    ("cut_border_km", Kind::CutBorder),
    ("polsby_popper", Kind::Compactness(Compactness::PolsbyPopper, Aggregate::Mean)),
    ("polsby_popper_mean", Kind::Compactness(Compactness::PolsbyPopper, Aggregate::Mean)),
    ("polsby_popper_min", Kind::Compactness(Compactness::PolsbyPopper, Aggregate::Min)),
    ("schwartzberg", Kind::Compactness(Compactness::Schwartzberg, Aggregate::Mean)),
    ("schwartzberg_mean", Kind::Compactness(Compactness::Schwartzberg, Aggregate::Mean)),
    ("schwartzberg_min", Kind::Compactness(Compactness::Schwartzberg, Aggregate::Min)),
    ("reock", Kind::Compactness(Compactness::Reock, Aggregate::Mean)),
    ("reock_mean", Kind::Compactness(Compactness::Reock, Aggregate::Mean)),
    ("reock_min", Kind::Compactness(Compactness::Reock, Aggregate::Min)),
    ("convex_hull", Kind::Compactness(Compactness::ConvexHull, Aggregate::Mean)),
    ("convex_hull_mean", Kind::Compactness(Compactness::ConvexHull, Aggregate::Mean)),
    ("convex_hull_min", Kind::Compactness(Compactness::ConvexHull, Aggregate::Min)),
    ("perimeter_km", Kind::Perimeter),
    ("diameter_km", Kind::DiameterKm),
    ("diameter_links", Kind::DiameterLinks),
    ("opinions", Kind::Opinions),
];

/// A beginning of names, and the metric that it makes of what follows.
type Family<T> = (&'static str, fn(T) -> Kind);

/// Metrics of a column of figures.
const OF_ATTRIBUTE: &[Family<Weight>] = &[
    ("min_", |w| Kind::Sum(w, Aggregate::Min)),
    ("max_", |w| Kind::Sum(w, Aggregate::Max)),
    ("range_", |w| Kind::Sum(w, Aggregate::Range)),
    ("cv_", |w| Kind::Sum(w, Aggregate::Cv)),
    ("deviation_", |w| Kind::Sum(w, Aggregate::Deviation)),
    ("inertia_centroid_", Kind::InertiaCentroid),
    ("inertia_", Kind::Inertia),
    ("moved_", Kind::Moved),
];

/// Metrics of a division.
const OF_DIVISION: &[Family<String>] =
    &[("splits_", Kind::Splits), ("entropy_", Kind::EntropyInZone), ("entropy_of_", Kind::EntropyInArea)];

/// A metric: its name, and what a reader must know of it.
///
/// | Name | What it is |
/// |---|---|
/// | `areas` | the number of areas |
/// | `cut_links`, `cut_border_km` | links that count for contiguity between municipalities of different areas, and their length (summed in whole millimetres) |
/// | `min_ATTR`, `max_ATTR`, `range_ATTR`, `cv_ATTR`, `deviation_ATTR` | of the areas' sums of a column: least, greatest, their difference, coefficient of variation, largest deviation from the mean as a share of it |
/// | `inertia_ATTR` | the sum of ATTR times squared distance to the best member of its area (Hess et al. 1965, doi:10.1287/opre.13.6.998) |
/// | `inertia_centroid_ATTR` | the same, to the area's weighted centroid |
/// | `polsby_popper` | 4 pi times the area, divided by the squared perimeter: 1 for a circle (Polsby and Popper 1991, doi:10.2139/ssrn.2936284) |
/// | `schwartzberg` | the perimeter of the circle with the same area, divided by the perimeter: 1 for a circle, *higher* is better. Schwartzberg's own ratio (1966, Minnesota Law Review 50) is the reciprocal |
/// | `reock` | the area as a share of the smallest circle around it (Reock 1961, doi:10.2307/2109043) |
/// | `convex_hull` | the area as a share of its convex hull (Niemi et al. 1990, doi:10.2307/2131686) |
/// | `perimeter_km` | the sum of the perimeters of the areas |
/// | `diameter_km`, `diameter_links` | the greatest distance between two members of an area: in a straight line; over links inside the area |
/// | `moved_ATTR` | what changes area against another plan, once areas are matched one to one so that as little as may be does |
/// | `splits_DIVISION` | zones that lie in more than one area |
/// | `entropy_DIVISION` | bits that are missing to tell a municipality's area once its zone is known: 0 where no zone is split (Guth, Nieh and Weighill 2020, arXiv:2010.14972) |
/// | `entropy_of_DIVISION` | the other way: to tell its zone once its area is known; 0 where each area lies in one zone |
/// | `opinions` | the share of the councils' wishes that are followed |
///
/// The four measures of compactness end in `_mean` or `_min`, for the plan's mean or worst area; without an ending they
/// are the mean. ATTR is a column of the territory, `municipalities`, which is 1 for each, or `area_km2`.
/// A rulebook may define more: see [`Definition`].
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    name: String,
    unit: String,
    source: String,
    estimated: bool,
    own: Option<Box<Definition>>,
    pub(super) kind: Kind,
}

impl Metric {
    /// A metric by its name.
    ///
    /// # Errors
    ///
    /// A name that is no metric of this territory; the message has the nearest that is, or lists them.
    pub fn parse(name: &str, territory: &Territory) -> Result<Self, ScoreError> {
        Self::named(name, territory, &[])
    }

    /// A metric by its name, where a rulebook defines some.
    ///
    /// # Errors
    ///
    /// Those of [`Metric::parse`]; a definition with the name of a built-in metric, or with a name in its expression that
    /// this territory does not have.
    pub fn named(name: &str, territory: &Territory, own: &[Definition]) -> Result<Self, ScoreError> {
        let definition = own.iter().find(|definition| definition.name == name);
        match (kind_of(name, territory), definition) {
            (None, Some(definition)) => Self::defined(definition, territory),
            (Some(kind), None) => Ok(Self::new(name, kind, territory)),
            (Some(_), Some(_)) => Err(ScoreError::Taken { metric: name.to_owned() }),
            (None, None) => {
                let mut all = names(territory);
                all.extend(own.iter().map(|definition| definition.name.clone()));
                let begins = || all.iter().find(|known| !name.is_empty() && known.starts_with(name)).cloned();
                let way_out = match nearest(name, all.iter().map(String::as_str)).or_else(begins) {
                    Some(near) => format!("did you mean {near}?"),
                    None => known(territory),
                };
                Err(ScoreError::Unknown { name: name.to_owned(), way_out })
            }
        }
    }

    fn defined(definition: &Definition, territory: &Territory) -> Result<Self, ScoreError> {
        let mut places = definition.places.iter();
        let expression = definition.expression.try_map(&mut |Name { name, .. }| {
            let place = places.next().copied();
            figure(name, territory).ok_or_else(|| {
                let all = figures(territory);
                let way_out = match nearest(name, all.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("it knows {}", all.join(", ")),
                };
                ScoreError::NoFigure { metric: definition.name.clone(), place, name: name.clone(), way_out }
            })
        })?;
        let mut sources = vec![definition.source.as_str()];
        let mut estimated = false;
        expression.atoms(&mut |kind| {
            let column = column(kind, territory);
            estimated |= column.is_some_and(|a| a.estimated);
            sources.extend(paper(kind).into_iter().chain(column.map(|a| a.source.as_str())));
        });
        let mut named: Vec<&str> = Vec::new();
        for source in sources.into_iter().filter(|s| !s.is_empty()) {
            if !named.contains(&source) {
                named.push(source);
            }
        }
        let source = if named.is_empty() { format!("territory {}", territory.name()) } else { named.join("; ") };
        Ok(Self {
            name: definition.name.clone(),
            unit: definition.unit.clone(),
            source,
            estimated,
            own: Some(Box::new(definition.clone())),
            kind: Kind::Own(Box::new(expression), definition.aggregate),
        })
    }

    /// The metrics that are worth a look at any plan: sizes and balance by each figure of people, households or homes,
    /// borders, compactness, reach, zones split, wishes, and with a plan to compare with what moves. Whether the
    /// territory has what they are made of is for [`Scorer::new`](super::Scorer::new) to say.
    #[must_use]
    pub fn usual(territory: &Territory, baseline: bool) -> Vec<Self> {
        let counted = territory.attributes().iter().filter(|a| COUNTED.contains(&a.unit.as_str()));
        let columns: Vec<&str> =
            std::iter::once(MUNICIPALITIES).chain(counted.map(|attribute| attribute.name.as_str())).collect();
        let of_columns = |prefixes: &[&str]| -> Vec<String> {
            columns.iter().flat_map(|c| prefixes.iter().map(move |p| format!("{p}{c}"))).collect()
        };
        let mut all = vec!["areas".to_owned()];
        all.extend(of_columns(&["min_", "max_", "deviation_"]));
        let plain = ["cut_links", "cut_border_km"].into_iter();
        let compact = WITHOUT_COLUMN.iter().map(|w| w.0).filter(|n| n.ends_with("_mean") || n.ends_with("_min"));
        all.extend(plain.chain(compact).chain(["diameter_km", "diameter_links"]).map(str::to_owned));
        all.extend(of_columns(&["inertia_"]));
        if baseline {
            all.extend(of_columns(&["moved_"]));
        }
        all.extend(territory.divisions().iter().map(|d| format!("splits_{}", d.name)));
        all.push("opinions".to_owned());
        let known = |name: &String| kind_of(name, territory).map(|kind| Self::new(name, kind, territory));
        all.iter().filter_map(known).collect()
    }

    fn new(name: &str, kind: Kind, territory: &Territory) -> Self {
        let column = column(&kind, territory);
        let counted = match (column, weight(&kind)) {
            (Some(column), _) => column.unit.as_str(),
            (None, Some(Weight::Area)) => "km2",
            (None, _) => MUNICIPALITIES,
        };
        let unit = match &kind {
            Kind::Areas => "areas".to_owned(),
            Kind::CutLinks | Kind::DiameterLinks => "links".to_owned(),
            Kind::CutBorder | Kind::Perimeter | Kind::DiameterKm => "km".to_owned(),
            Kind::Sum(_, Aggregate::Cv | Aggregate::Deviation) | Kind::Opinions => "share".to_owned(),
            Kind::Sum(..) | Kind::Moved(_) => counted.to_owned(),
            Kind::Inertia(_) | Kind::InertiaCentroid(_) => format!("{counted} km2").trim_start().to_owned(),
            Kind::Compactness(..) | Kind::Own(..) => String::new(),
            Kind::Splits(_) => "zones".to_owned(),
            Kind::EntropyInZone(_) | Kind::EntropyInArea(_) => "bits".to_owned(),
        };
        let source = match (column, paper(&kind)) {
            (Some(column), None) => column.source.clone(),
            (Some(column), Some(paper)) if !column.source.is_empty() => format!("{paper}; {}", column.source),
            (_, Some(paper)) => paper.to_owned(),
            (None, None) => format!("territory {}", territory.name()),
        };
        Self { name: name.to_owned(), unit, source, estimated: column.is_some_and(|a| a.estimated), own: None, kind }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The unit of its values: `areas`, `km`, `people km2`, `share` (of 1), `bits`; empty for a bare ratio, and where
    /// the unit of a column is not known.
    #[must_use]
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// Which direction is good.
    #[must_use]
    pub fn better(&self) -> Better {
        if let Some(own) = &self.own {
            return own.better;
        }
        match self.kind {
            Kind::Compactness(..) | Kind::Opinions | Kind::Sum(_, Aggregate::Min) => Better::Higher,
            _ => Better::Lower,
        }
    }

    /// Who described it, and where its figures come from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// True where its figures are estimates, which must be said with each.
    #[must_use]
    pub fn is_estimated(&self) -> bool {
        self.estimated
    }

    /// What it is about.
    #[must_use]
    pub fn group(&self) -> Group {
        match self.kind {
            Kind::Areas | Kind::Sum(..) => Group::Size,
            Kind::CutLinks | Kind::CutBorder => Group::Border,
            Kind::Compactness(..) | Kind::Perimeter => Group::Compactness,
            Kind::Inertia(_) | Kind::InertiaCentroid(_) | Kind::DiameterKm | Kind::DiameterLinks => Group::Reach,
            Kind::Moved(_) => Group::Continuity,
            Kind::Splits(_) | Kind::EntropyInZone(_) | Kind::EntropyInArea(_) => Group::Alignment,
            Kind::Opinions => Group::Wishes,
            Kind::Own(..) => Group::Own,
        }
    }

    /// How the terms of the areas become the value of a plan; none for a metric that has no terms.
    #[must_use]
    pub fn aggregate(&self) -> Option<Aggregate> {
        match self.kind {
            Kind::Sum(_, aggregate) | Kind::Compactness(_, aggregate) | Kind::Own(_, aggregate) => Some(aggregate),
            Kind::Areas | Kind::Perimeter | Kind::Inertia(_) | Kind::InertiaCentroid(_) => Some(Aggregate::Sum),
            Kind::DiameterKm | Kind::DiameterLinks => Some(Aggregate::Max),
            _ => None,
        }
    }

    /// The definition, of a metric that the rulebook defines.
    #[must_use]
    pub fn definition(&self) -> Option<&Definition> {
        self.own.as_deref()
    }

    /// Whether it is an aggregate of terms, each of which depends on the members of one area alone.
    #[must_use]
    pub fn is_per_area(&self) -> bool {
        self.aggregate().is_some()
    }
}

/// What its municipalities count for.
fn weight(kind: &Kind) -> Option<&Weight> {
    match kind {
        Kind::Sum(weight, _) | Kind::Inertia(weight) | Kind::InertiaCentroid(weight) | Kind::Moved(weight) => {
            Some(weight)
        }
        _ => None,
    }
}

/// The column that it is made of.
fn column<'t>(kind: &Kind, territory: &'t Territory) -> Option<&'t Attribute> {
    match weight(kind)? {
        Weight::Attribute(column) => territory.attribute(column),
        Weight::One | Weight::Area => None,
    }
}

/// A column by its name, or what stands for one.
fn weight_of(name: &str, territory: &Territory) -> Option<Weight> {
    match (territory.attribute(name), name) {
        (_, MUNICIPALITIES) => Some(Weight::One),
        (Some(column), _) => Some(Weight::Attribute(column.name.clone())),
        (None, AREA) => Some(Weight::Area),
        (None, _) => None,
    }
}

/// What a name in an expression stands for: a column, summed over the members, or what a built-in metric knows of an area.
fn figure(name: &str, territory: &Territory) -> Option<Kind> {
    let is_of_areas = |kind: &Kind| match kind {
        Kind::Compactness(..) => !name.ends_with("_mean") && !name.ends_with("_min"),
        Kind::Inertia(_) | Kind::InertiaCentroid(_) | Kind::Perimeter | Kind::DiameterKm | Kind::DiameterLinks => true,
        _ => false,
    };
    // First what is known of an area: the perimeters of its members, for one, do not add up to its own.
    let known = kind_of(name, territory).filter(is_of_areas);
    known.or_else(|| weight_of(name, territory).map(|weight| Kind::Sum(weight, Aggregate::Sum)))
}

/// All that an expression can name.
fn figures(territory: &Territory) -> Vec<String> {
    let mut all: Vec<String> = columns(territory).map(str::to_owned).collect();
    all.extend(names(territory).into_iter().filter(|name| figure(name, territory).is_some()));
    all
}

/// The names of columns, and what stands for them.
fn columns(territory: &Territory) -> impl Iterator<Item = &str> {
    let area = (territory.attribute(AREA).is_none()).then_some(AREA);
    std::iter::once(MUNICIPALITIES).chain(area).chain(territory.attributes().iter().map(|a| a.name.as_str()))
}

/// Who described a measure.
fn paper(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Compactness(Compactness::PolsbyPopper, _) => Some("Polsby and Popper 1991, doi:10.2139/ssrn.2936284"),
        Kind::Compactness(Compactness::Schwartzberg, _) => Some("Schwartzberg 1966, Minnesota Law Review 50"),
        Kind::Compactness(Compactness::Reock, _) => Some("Reock 1961, doi:10.2307/2109043"),
        Kind::Compactness(Compactness::ConvexHull, _) => Some("Niemi et al. 1990, doi:10.2307/2131686"),
        Kind::Inertia(_) | Kind::InertiaCentroid(_) => Some("Hess et al. 1965, doi:10.1287/opre.13.6.998"),
        Kind::EntropyInZone(_) | Kind::EntropyInArea(_) => Some("Guth, Nieh and Weighill 2020, arXiv:2010.14972"),
        _ => None,
    }
}

fn kind_of(name: &str, territory: &Territory) -> Option<Kind> {
    if let Some((_, kind)) = WITHOUT_COLUMN.iter().find(|(known, _)| *known == name) {
        return Some(kind.clone());
    }
    let of_attribute =
        OF_ATTRIBUTE.iter().find_map(|(prefix, kind)| Some(kind(weight_of(name.strip_prefix(prefix)?, territory)?)));
    of_attribute.or_else(|| {
        OF_DIVISION.iter().find_map(|(prefix, kind)| {
            let division = territory.division(name.strip_prefix(prefix)?)?;
            Some(kind(division.name.clone()))
        })
    })
}

/// All names of a territory's metrics.
fn names(territory: &Territory) -> Vec<String> {
    let plain = WITHOUT_COLUMN.iter().map(|w| w.0.to_owned());
    let of_attribute =
        OF_ATTRIBUTE.iter().flat_map(|(prefix, _)| columns(territory).map(move |c| format!("{prefix}{c}")));
    let divisions = || territory.divisions().iter().map(|d| d.name.as_str());
    let of_division = OF_DIVISION.iter().flat_map(|(prefix, _)| divisions().map(move |d| format!("{prefix}{d}")));
    plain.chain(of_attribute).chain(of_division).collect()
}

/// The names in a sentence.
fn known(territory: &Territory) -> String {
    let or_none = |names: Vec<&str>| if names.is_empty() { "none here".to_owned() } else { names.join(", ") };
    let plain: Vec<&str> = WITHOUT_COLUMN.iter().map(|w| w.0).filter(|n| !n.ends_with("_mean")).collect();
    let prefixes = |all: Vec<&str>, of: &str| all.iter().map(|p| format!("{p}{of}")).collect::<Vec<_>>().join(", ");
    format!(
        "known are {}, {}, {}; ATTR is one of: {}; DIVISION is one of: {}",
        plain.join(", "),
        prefixes(OF_ATTRIBUTE.iter().map(|o| o.0).collect(), "ATTR"),
        prefixes(OF_DIVISION.iter().map(|o| o.0).collect(), "DIVISION"),
        columns(territory).collect::<Vec<_>>().join(", "),
        or_none(territory.divisions().iter().map(|d| d.name.as_str()).collect()),
    )
}
