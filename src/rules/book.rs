//! The rulebook: a TOML file with each rule's kind, parameters, weight, legal source and text.

use super::raw::RawBook;
use crate::score::Definition;
use crate::territory::adjacency::Contiguity;

/// A rulebook that can't be read: the line, what was found there and what was expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct RulebookError(pub String);

/// A text in the program's languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Dutch.
    pub nl: String,
    /// English.
    pub en: String,
}

/// Where a rule stands in the law.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The act: "Vlaamse Codex Wonen van 2021".
    pub act: String,
    /// The article: "art. 4.37".
    #[serde(default)]
    pub article: String,
    /// Date of the text, `YYYY-MM-DD`.
    #[serde(default)]
    pub date: String,
    /// Where it was read.
    #[serde(default)]
    pub url: String,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Rule {
    /// Identifier, unique in the rulebook: `contiguity`.
    pub id: String,
    /// True where breaking it makes a plan not conform.
    pub hard: bool,
    /// Legal source.
    pub source: Source,
    /// What it says.
    pub text: Text,
    /// Kind and parameters.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What a rule tests, with its parameters.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Every municipality has exactly one area, every area exactly one company.
    Assignment,
    /// Areas are connected.
    Contiguity {
        /// Whether a municipality cut off from the whole territory counts against its area.
        exclaves_count: bool,
        /// Below this length a border is doubtful, and findings that hang on it say so.
        doubtful_below_m: f64,
    },
    /// No area encloses another, or is enclosed by one.
    Enclosure,
    /// Each area lies inside one zone of a division.
    Nesting {
        /// The division's name; several: the first that the territory has.
        division: Vec<String>,
    },
    /// An area's sum of an attribute lies within bounds.
    Bounds {
        /// The attribute; several: the first that the territory has (real counts before estimates).
        attribute: Vec<String>,
        /// Least sum.
        #[serde(skip_serializing_if = "Option::is_none")]
        at_least: Option<f64>,
        /// Greatest sum.
        #[serde(skip_serializing_if = "Option::is_none")]
        at_most: Option<f64>,
    },
    /// Areas' sums of an attribute differ from their mean by no more than a share.
    Balance {
        /// The attribute; several: the first that the territory has.
        attribute: Vec<String>,
        /// Largest relative deviation from the mean: 0.05 is 5 %.
        within: f64,
    },
    /// The number of areas lies within bounds.
    AreaCount {
        /// Fewest.
        #[serde(skip_serializing_if = "Option::is_none")]
        at_least: Option<u32>,
        /// Most.
        #[serde(skip_serializing_if = "Option::is_none")]
        at_most: Option<u32>,
    },
    /// These municipalities share one area.
    Together {
        /// Codes.
        municipalities: Vec<String>,
    },
    /// No two of these municipalities share an area.
    Apart {
        /// Codes.
        municipalities: Vec<String>,
    },
    /// These municipalities lie in the area of this name.
    Fixed {
        /// Codes.
        municipalities: Vec<String>,
        /// Label of the area.
        area: String,
    },
    /// At least one actor of each kind is active in the area, where the data say who is active.
    Expertise {
        /// The kinds: an actor's kind that begins with one of these is of that kind.
        actors: Vec<String>,
    },
    /// The councils' wishes are followed, or it is listed who is overruled.
    Opinions,
}

/// The conditions under which a plan is judged.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Rulebook {
    /// Name: `vlaanderen-2021`.
    pub name: String,
    /// The date of the law that it renders, `YYYY-MM-DD`.
    pub date: String,
    /// Last day on which a proposal may be submitted, `YYYY-MM-DD`; none where the law sets no such day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
    /// Title.
    pub title: Text,
    /// Which links join two municipalities.
    pub contiguity: Contiguity,
    /// The rules, in the order of the law.
    pub rules: Vec<Rule>,
    /// Metrics that it defines, for `score` and wherever else a metric is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Definition>,
}

impl Rulebook {
    /// Reads a rulebook from the text of a TOML file.
    ///
    /// Nothing is skipped: a field that is unknown, or that does not belong to the rule's kind, is refused.
    ///
    /// # Errors
    ///
    /// Names the line, the rule, the value found and what was expected: TOML that can't be read, an unknown
    /// field (with the nearest known one), two rules with one identifier, a parameter that makes no sense.
    ///
    /// A metric is defined by an expression over the figures of an area (see [`Definition`]) and by what becomes of them:
    ///
    /// ```toml
    /// [[metric]]
    /// name = "homes_per_1000"
    /// unit = "homes per 1,000 households"
    /// better = "higher"
    /// expression = "1000 * social_rental_homes / households"
    /// aggregate = "min"     # or sum, mean, max, range, cv, deviation
    /// ```
    ///
    /// # Example
    ///
    /// ```
    /// use landmeter::rules::{Kind, Rulebook};
    /// let book = Rulebook::from_toml(r#"
    ///     name = "mine"
    ///     date = "2026-01-01"
    ///     title = { nl = "Mijn regels", en = "My rules" }
    ///     [[rule]]
    ///     id = "size"
    ///     kind = "bounds"
    ///     attribute = "population"
    ///     at_least = 10_000
    ///     hard = true
    ///     text = { nl = "Minstens 10.000 inwoners.", en = "At least 10,000 people." }
    /// "#)?;
    /// assert!(matches!(book.rules[0].kind, Kind::Bounds { at_least: Some(10_000.0), .. }));
    /// # Ok::<(), landmeter::rules::RulebookError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, RulebookError> {
        RawBook::parse(text)?.into_rulebook(text)
    }

    /// A rule by its identifier.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|r| r.id == id)
    }
}
