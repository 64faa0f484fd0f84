//! Why there is no value, or what a reader of it must know.

use std::fmt;

use crate::territory::Territory;

/// A metric that does not exist, or that this territory can't have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// A name that is no metric of the territory.
    #[error("{name:?} is not a metric of this territory; {way_out}")]
    Unknown {
        /// The name as given.
        name: String,
        /// The nearest name that is one, or all that are.
        way_out: String,
    },
    /// The territory lacks what the metric is made of.
    #[error("{metric} can't be computed: {note}")]
    Unavailable {
        /// The metric.
        metric: String,
        /// What is missing.
        note: Note,
    },
    /// A rulebook defines a metric with the name of a built-in one.
    #[error("the rulebook defines {metric}, which is the name of a built-in metric; give it another")]
    Taken {
        /// The name.
        metric: String,
    },
    /// A metric of the rulebook is made of something that the territory does not have.
    #[error(
        "metric {metric} of the rulebook{}: the territory has no {name:?}; {way_out}",
        place.map_or_else(String::new, |(line, column)| format!(", line {line}, column {column}"))
    )]
    NoFigure {
        /// The metric.
        metric: String,
        /// Line and column of the name in the rulebook.
        place: Option<(usize, usize)>,
        /// The name.
        name: String,
        /// The nearest name that is one, or all that are.
        way_out: String,
    },
}

/// Something to know about a score; the sentence for a reader is in `words`, under [`Note::key`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The territory has no coordinates.
    NoPoints,
    /// The territory has no shapes.
    NoShapes,
    /// The shapes are drawn by a program and are not the real borders.
    Schematic,
    /// No area and perimeter of each municipality is known.
    NoSizes,
    /// The lengths of these municipalities' borders are not known.
    NoLengths(Vec<String>),
    /// No plan to compare with.
    NoBaseline,
    /// No wish that names another municipality.
    NoWishes,
    /// The plan has no areas.
    NoAreas,
    /// Some municipalities have no figure, size or place.
    NoFigures(Vec<String>),
    /// A figure is below 0.
    Negative(Vec<String>),
    /// The mean is not above 0, so that there is no share of it.
    NoMean,
    /// For these areas the expression has no value: a division by 0, or the root of a number below 0.
    Undefined(Vec<String>),
    /// These areas are not in one piece; the distances are those within a piece.
    Pieces(Vec<String>),
    /// So many municipalities have an area in one of the two plans only; they count as moved.
    OneSided(usize),
    /// Only the first so many of the second so many wishes name another municipality; the others do not count.
    Judged(usize, usize),
    /// So many municipalities have no zone; they do not count.
    NoZone(usize),
}

/// As many codes are named at most.
const NAMED: usize = 5;

impl Note {
    /// Key of its sentence.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoPoints => "score.no-points",
            Self::NoShapes => "score.no-shapes",
            Self::Schematic => "score.schematic",
            Self::NoSizes => "score.no-sizes",
            Self::NoLengths(_) => "score.no-lengths",
            Self::NoBaseline => "score.no-baseline",
            Self::NoWishes => "score.no-wishes",
            Self::NoAreas => "score.no-areas",
            Self::NoFigures(_) => "score.no-figures",
            Self::Negative(_) => "score.negative",
            Self::NoMean => "score.no-mean",
            Self::Undefined(_) => "score.undefined",
            Self::Pieces(_) => "score.pieces",
            Self::OneSided(_) => "score.one-sided",
            Self::Judged(..) => "score.judged",
            Self::NoZone(_) => "score.no-zone",
        }
    }

    /// The values in its sentence: how many (`n`), and their names (`names`, of many only the first).
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoLengths(all)
            | Self::NoFigures(all)
            | Self::Negative(all)
            | Self::Undefined(all)
            | Self::Pieces(all) => {
                let more = if all.len() > NAMED { ", ..." } else { "" };
                let names = all.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
                vec![("n", all.len().to_string()), ("names", names + more)]
            }
            Self::OneSided(n) | Self::NoZone(n) => vec![("n", n.to_string())],
            Self::Judged(n, all) => vec![("n", n.to_string()), ("all", all.to_string())],
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values();
        let value = |name| values.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v.as_str());
        let (n, names) = (value("n"), value("names"));
        match self {
            Self::NoPoints => write!(f, "the territory has no coordinates"),
            Self::NoShapes => write!(f, "the territory has no shapes"),
            Self::Schematic => write!(f, "the territory's lines are schematic; name a file with the real borders"),
            Self::NoSizes => write!(f, "the areas and perimeters of the municipalities are not known"),
            Self::NoLengths(_) => write!(f, "{n} borders without a known length: {names}"),
            Self::NoBaseline => write!(f, "there is no plan to compare with"),
            Self::NoWishes => write!(f, "no wish that names another municipality is known"),
            Self::NoAreas => write!(f, "the plan has no areas"),
            Self::NoFigures(_) => write!(f, "{n} municipalities have no figure: {names}"),
            Self::Negative(_) => write!(f, "{n} municipalities have a figure below 0: {names}"),
            Self::NoMean => write!(f, "the mean is not above 0"),
            Self::Undefined(_) => write!(f, "there is no value for {n} areas (a division by 0?): {names}"),
            Self::Pieces(_) => write!(f, "{n} areas are not in one piece: {names}"),
            Self::OneSided(_) => write!(f, "{n} municipalities have an area in one of the plans only"),
            Self::Judged(..) => write!(f, "{n} of {} wishes name another municipality", value("all")),
            Self::NoZone(_) => write!(f, "{n} municipalities have no zone"),
        }
    }
}

/// The codes of some municipalities.
pub(super) fn codes(territory: &Territory, positions: impl IntoIterator<Item = u32>) -> Vec<String> {
    positions.into_iter().map(|m| territory.municipalities()[m as usize].code.clone()).collect()
}
