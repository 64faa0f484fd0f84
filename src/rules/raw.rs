//! A rulebook as it stands in the file, before its parameters are held against its kinds.
//!
//! One flat table a rule, every parameter of every kind optional: serde can then refuse unknown fields (it
//! can't for a flattened enum), and a parameter that belongs to another kind is refused here with its line.

use serde::Deserialize;
use toml::Spanned;

use super::book::{Kind, Rule, Rulebook, RulebookError, Source, Text};
use super::raw_metric::RawMetric;
use crate::plan::nearest::distance;
use crate::territory::adjacency::Contiguity;
use crate::territory::history::is_date;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBook {
    name: String,
    date: String,
    deadline: Option<Spanned<String>>,
    title: Text,
    #[serde(default)]
    contiguity: RawContiguity,
    #[serde(rename = "rule", default)]
    rules: Vec<Spanned<RawRule>>,
    #[serde(rename = "metric", default)]
    metrics: Vec<RawMetric>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawContiguity {
    min_border_m: Option<Spanned<f64>>,
    points: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    kind: Spanned<String>,
    hard: bool,
    #[serde(default)]
    source: Source,
    text: Text,
    exclaves_count: Option<Spanned<bool>>,
    doubtful_below_m: Option<Spanned<f64>>,
    division: Option<Spanned<OneOrMany>>,
    attribute: Option<Spanned<OneOrMany>>,
    at_least: Option<Spanned<f64>>,
    at_most: Option<Spanned<f64>>,
    within: Option<Spanned<f64>>,
    municipalities: Option<Spanned<Vec<String>>>,
    area: Option<Spanned<String>>,
    actors: Option<Spanned<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Each kind with the parameters that it may have.
const KINDS: &[(&str, &[&str])] = &[
    ("assignment", &[]),
    ("contiguity", &["exclaves_count", "doubtful_below_m"]),
    ("enclosure", &[]),
    ("nesting", &["division"]),
    ("bounds", &["attribute", "at_least", "at_most"]),
    ("balance", &["attribute", "within"]),
    ("area-count", &["at_least", "at_most"]),
    ("together", &["municipalities"]),
    ("apart", &["municipalities"]),
    ("fixed", &["municipalities", "area"]),
    ("expertise", &["actors"]),
    ("opinions", &[]),
];

impl RawBook {
    pub(super) fn parse(text: &str) -> Result<Self, RulebookError> {
        toml::from_str(text).map_err(|e| {
            let message = e.message().trim();
            let hint = hint(message).map(|n| format!(" (nearest: `{n}`)")).unwrap_or_default();
            match e.span() {
                Some(span) => at(text, span.start, format!("{message}{hint}")),
                None => RulebookError(format!("{message}{hint}")),
            }
        })
    }

    pub(super) fn into_rulebook(self, text: &str) -> Result<Rulebook, RulebookError> {
        let mut contiguity = Contiguity { points: self.contiguity.points.unwrap_or(false), ..Contiguity::default() };
        if let Some(metres) = self.contiguity.min_border_m {
            contiguity.min_border_m = not_negative(text, "contiguity", "min_border_m", &metres)?;
        }
        let mut rules: Vec<Rule> = Vec::with_capacity(self.rules.len());
        for raw in self.rules {
            let start = raw.span().start;
            let rule = raw.into_inner().into_rule(text, start)?;
            if rules.iter().any(|r| r.id == rule.id) {
                return Err(at(text, start, format!("two rules have the id `{}`; each needs its own", rule.id)));
            }
            rules.push(rule);
        }
        let deadline = match self.deadline {
            Some(day) if !is_date(day.as_ref()) => {
                let message = format!("`deadline` is {:?}; expected a date as YYYY-MM-DD", day.as_ref());
                return Err(at(text, day.span().start, message));
            }
            day => day.map(Spanned::into_inner),
        };
        let metrics = super::raw_metric::definitions(self.metrics, text)?;
        Ok(Rulebook { name: self.name, date: self.date, deadline, title: self.title, contiguity, rules, metrics })
    }
}

impl RawRule {
    fn into_rule(self, text: &str, start: usize) -> Result<Rule, RulebookError> {
        if self.id.trim().is_empty() {
            return Err(at(text, start, "a rule's `id` is empty".into()));
        }
        let kind = self.kind(text, start)?;
        Ok(Rule { id: self.id, hard: self.hard, source: self.source, text: self.text, kind })
    }

    fn kind(&self, text: &str, start: usize) -> Result<Kind, RulebookError> {
        let kind = self.kind.as_ref().as_str();
        let Some((_, allowed)) = KINDS.iter().find(|(k, _)| *k == kind) else {
            let nearest = nearest(kind, KINDS.iter().map(|(k, _)| *k));
            let known = KINDS.iter().map(|(k, _)| format!("`{k}`")).collect::<Vec<_>>().join(", ");
            let hint = nearest.map(|n| format!(" (nearest: `{n}`)")).unwrap_or_default();
            let message = format!("rule `{}` has the unknown kind `{kind}`{hint}; expected one of {known}", self.id);
            return Err(at(text, self.kind.span().start, message));
        };
        if let Some((field, place)) = self.given().into_iter().find(|(f, _)| !allowed.contains(f)) {
            let takes = match allowed {
                [] => "none".to_owned(),
                _ => allowed.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(", "),
            };
            let message = format!("rule `{}` of kind `{kind}` has no parameter `{field}`; it takes {takes}", self.id);
            return Err(at(text, place, message));
        }
        let missing = |field: &str| at(text, start, format!("rule `{}` of kind `{kind}` needs `{field}`", self.id));
        let list =
            |field: &str, value: &Option<Spanned<OneOrMany>>| names(value.as_ref()).ok_or_else(|| missing(field));
        let codes = |field: &str, value: &Option<Spanned<Vec<String>>>| {
            value.as_ref().map(|v| v.as_ref().clone()).filter(|v| !v.is_empty()).ok_or_else(|| missing(field))
        };
        Ok(match kind {
            "assignment" => Kind::Assignment,
            "contiguity" => Kind::Contiguity {
                exclaves_count: self.exclaves_count.as_ref().is_some_and(|v| *v.as_ref()),
                doubtful_below_m: match &self.doubtful_below_m {
                    Some(metres) => not_negative(text, &self.id, "doubtful_below_m", metres)?,
                    None => 0.0,
                },
            },
            "enclosure" => Kind::Enclosure,
            "nesting" => Kind::Nesting { division: list("division", &self.division)? },
            "bounds" => {
                let (at_least, at_most) = self.bounds(text, start)?;
                Kind::Bounds { attribute: list("attribute", &self.attribute)?, at_least, at_most }
            }
            "balance" => {
                let within = self.within.as_ref().ok_or_else(|| missing("within"))?;
                let within = not_negative(text, &self.id, "within", within)?;
                Kind::Balance { attribute: list("attribute", &self.attribute)?, within }
            }
            "area-count" => {
                let (at_least, at_most) = self.bounds(text, start)?;
                let whole = |bound: Option<f64>| bound.map(|v| self.count(text, start, v)).transpose();
                Kind::AreaCount { at_least: whole(at_least)?, at_most: whole(at_most)? }
            }
            "together" => Kind::Together { municipalities: codes("municipalities", &self.municipalities)? },
            "apart" => Kind::Apart { municipalities: codes("municipalities", &self.municipalities)? },
            "fixed" => Kind::Fixed {
                municipalities: codes("municipalities", &self.municipalities)?,
                area: self.area.as_ref().map(|a| a.as_ref().clone()).ok_or_else(|| missing("area"))?,
            },
            "expertise" => Kind::Expertise { actors: codes("actors", &self.actors)? },
            _ => Kind::Opinions,
        })
    }

    /// The parameters that the file gives, with their places.
    fn given(&self) -> Vec<(&'static str, usize)> {
        fn place<T>(value: &Option<Spanned<T>>) -> Option<usize> {
            value.as_ref().map(|v| v.span().start)
        }
        [
            ("exclaves_count", place(&self.exclaves_count)),
            ("doubtful_below_m", place(&self.doubtful_below_m)),
            ("division", place(&self.division)),
            ("attribute", place(&self.attribute)),
            ("at_least", place(&self.at_least)),
            ("at_most", place(&self.at_most)),
            ("within", place(&self.within)),
            ("municipalities", place(&self.municipalities)),
            ("area", place(&self.area)),
            ("actors", place(&self.actors)),
        ]
        .into_iter()
        .filter_map(|(field, place)| place.map(|p| (field, p)))
        .collect()
    }

    fn bounds(&self, text: &str, start: usize) -> Result<(Option<f64>, Option<f64>), RulebookError> {
        let finite = |field: &str, value: &Option<Spanned<f64>>| match value {
            Some(v) if !v.as_ref().is_finite() => {
                Err(at(text, v.span().start, format!("rule `{}`: `{field}` is {}, not a number", self.id, v.as_ref())))
            }
            value => Ok(value.as_ref().map(|v| *v.as_ref())),
        };
        let least = finite("at_least", &self.at_least)?;
        let most = finite("at_most", &self.at_most)?;
        match (least, most) {
            (None, None) => Err(at(text, start, format!("rule `{}` needs `at_least`, `at_most` or both", self.id))),
            (Some(least), Some(most)) if least > most => {
                Err(at(text, start, format!("rule `{}`: at_least {least} is more than at_most {most}", self.id)))
            }
            bounds => Ok(bounds),
        }
    }

    fn count(&self, text: &str, start: usize, value: f64) -> Result<u32, RulebookError> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
        if value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value) {
            return Ok(value as u32);
        }
        Err(at(text, start, format!("rule `{}`: {value} is not a number of areas", self.id)))
    }
}

fn names(value: Option<&Spanned<OneOrMany>>) -> Option<Vec<String>> {
    let list = match value?.as_ref() {
        OneOrMany::One(name) => vec![name.clone()],
        OneOrMany::Many(names) => names.clone(),
    };
    (!list.is_empty()).then_some(list)
}

fn not_negative(text: &str, rule: &str, field: &str, value: &Spanned<f64>) -> Result<f64, RulebookError> {
    let v = *value.as_ref();
    if v.is_finite() && v >= 0.0 {
        return Ok(v);
    }
    Err(at(text, value.span().start, format!("rule `{rule}`: `{field}` is {v}; expected a number of 0 or more")))
}

pub(super) fn at(text: &str, offset: usize, message: String) -> RulebookError {
    let line = text.as_bytes().iter().take(offset).filter(|&&b| b == b'\n').count() + 1;
    RulebookError(format!("line {line}: {message}"))
}

/// The nearest expected name in a message of serde's: "unknown field `x`, expected one of `a`, `b`".
fn hint(message: &str) -> Option<String> {
    let mut quoted = message.strip_prefix("unknown field")?.split('`').skip(1).step_by(2);
    let found = quoted.next()?;
    nearest(found, quoted).map(str::to_owned)
}

/// The most similar of some names, where one is similar at all (at most a third of the letters differ, or 2).
pub(super) fn nearest<'n>(found: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let letters: Vec<char> = found.chars().collect();
    let edits = |name: &str| distance(&letters, &name.chars().collect::<Vec<_>>());
    let (edits, name) = known.map(|k| (edits(k), k)).min()?;
    (edits <= 2.max(letters.len() / 3)).then_some(name)
}
