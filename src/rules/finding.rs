//! What a check says: findings, remedies, the verdict.

use std::borrow::Cow;

use super::Derogation;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A hard rule is broken: the plan does not conform unless a derogation covers it.
    Violation,
    /// A soft rule is broken, or a hard one cannot be decided (estimated figures): does not change the verdict.
    Warning,
    /// Worth knowing.
    Note,
}

/// The verdict on a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// No hard rule is broken.
    #[default]
    Conform,
    /// Every broken hard rule is covered by a granted derogation.
    ConformWithDerogations,
    /// A hard rule is broken and nothing covers it.
    NotConform,
}

/// A value that a finding's sentence needs; `words` puts it in the user's language.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A word, name or label as it is.
    Text(String),
    /// A number with its unit (empty: a count). Shown with thousands separators, rounded sensibly.
    Number(f64, Cow<'static, str>),
    /// Municipalities, by code: shown as "Name (code)".
    Municipalities(Vec<String>),
    /// Labels: areas, zones, actors.
    Labels(Vec<String>),
}

/// One thing that is wrong or worth noting.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Stable code: a letter and three digits, the hundreds tell the rule. See [`super::CODES`].
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// Identifier of the rule in the rulebook.
    pub rule: String,
    /// The area concerned (its label).
    pub area: Option<String>,
    /// Codes of the municipalities concerned, sorted.
    pub municipalities: Vec<String>,
    /// How much: shortfall, metres, number of pieces.
    pub amount: Option<f64>,
    /// Unit of `amount`.
    pub unit: Cow<'static, str>,
    /// The values for its sentence, by placeholder name.
    pub facts: Vec<(&'static str, Fact)>,
    /// The derogation that covers it.
    pub derogation: Option<Derogation>,
    /// The smallest remedy, where one was found.
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// A finding that says no more than its code.
    pub(super) fn bare(code: &'static str, severity: Severity) -> Self {
        Self {
            code,
            severity,
            rule: String::new(),
            area: None,
            municipalities: Vec::new(),
            amount: None,
            unit: Cow::Borrowed(""),
            facts: Vec::new(),
            derogation: None,
            remedy: None,
        }
    }

    /// The order of a verdict: severity, code, area, municipalities.
    pub(super) fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |f: &Self| (f.severity, f.code);
        key(self)
            .cmp(&key(other))
            .then_with(|| (&self.area, &self.municipalities).cmp(&(&other.area, &other.municipalities)))
    }
}

/// A municipality that changes area.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Move {
    /// Its code.
    pub municipality: String,
    /// The area it leaves (none: it had no area).
    pub from: Option<String>,
    /// The area it goes to.
    pub to: String,
}

/// The fewest moves that remove a finding without making another, or making another worse.
///
/// Moves go to areas that the plan has; a plan with an area more is not looked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Remedy {
    /// The moves; empty where none was found.
    pub moves: Vec<Move>,
    /// True where no smaller set of moves exists, and that is proved.
    pub proved_smallest: bool,
    /// Every set of moves up to this size was searched or ruled out, and none does.
    pub searched_up_to: u32,
    /// Other sets of moves of the same size that would do as well, as far as they were found.
    pub alternatives: u32,
    /// For a shortfall: neighbouring areas (labels) that the whole area could join without another finding.
    pub merge_with: Vec<String>,
    /// For a piece cut off: metres between it and the largest piece, where the real borders are known.
    pub gap_m: Option<f64>,
    /// For a piece cut off: the municipalities (codes) that would bridge it; each alone where `bridge_length`
    /// is 1, else all of them together.
    pub bridges: Vec<String>,
    /// How many municipalities the shortest bridge takes; 0 where there is none.
    pub bridge_length: u32,
    /// Municipalities (codes) of the area without which one of its pieces falls apart.
    pub articulation: Vec<String>,
}

/// What the check says of one area, in the order in which each decree tests it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AreaRow {
    /// Its label.
    pub area: String,
    /// Codes of its municipalities, sorted.
    pub municipalities: Vec<String>,
    /// Connected pieces, exclaves of the territory not counted.
    pub pieces: u32,
    /// Municipalities (codes) cut off from the whole territory.
    pub exclaves: Vec<String>,
    /// Areas it encloses.
    pub encloses: Vec<String>,
    /// The area that encloses it.
    pub enclosed_by: Option<String>,
    /// The zones it lies in, of the division that the nesting rule names, with the number of municipalities in each.
    pub zones: Vec<(String, u32)>,
    /// For each attribute with a bound: name, sum, bound, whether the figures are estimated.
    pub sums: Vec<AttributeSum>,
    /// Codes of the findings about it, sorted.
    pub findings: Vec<&'static str>,
}

/// An area's sum of an attribute against its bound.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AttributeSum {
    /// The attribute.
    pub attribute: String,
    /// Sum over the area; none where a figure is missing.
    pub sum: Option<f64>,
    /// The least that the rulebook asks.
    pub at_least: Option<f64>,
    /// The most that the rulebook allows.
    pub at_most: Option<f64>,
    /// Whether the figures are estimates.
    pub estimated: bool,
}

/// The result of a check: the status, and every finding, sorted by severity, code, area, municipality.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Verdict {
    /// Name of the plan.
    pub plan: String,
    /// Conform, conform with derogations, or not.
    pub status: Status,
    /// Every finding.
    pub findings: Vec<Finding>,
    /// One row an area.
    pub areas: Vec<AreaRow>,
}
