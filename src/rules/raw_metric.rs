//! A metric as it stands in a rulebook, before its expression is read.

use serde::Deserialize;
use toml::Spanned;

use super::book::{RulebookError, Text};
use super::raw::{at, nearest};
use crate::score::{Aggregate, Better, Definition, Expression};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMetric {
    name: Spanned<String>,
    unit: String,
    better: Spanned<String>,
    expression: Spanned<String>,
    aggregate: Spanned<String>,
    text: Option<Text>,
    #[serde(default)]
    source: String,
}

/// The metrics, each name once.
pub(super) fn definitions(raw: Vec<RawMetric>, text: &str) -> Result<Vec<Definition>, RulebookError> {
    let mut all: Vec<Definition> = Vec::with_capacity(raw.len());
    for metric in raw {
        let place = metric.name.span().start;
        let definition = metric.into_definition(text)?;
        if all.iter().any(|known| known.name == definition.name) {
            return Err(at(
                text,
                place,
                format!("two metrics have the name `{}`; each needs its own", definition.name),
            ));
        }
        all.push(definition);
    }
    Ok(all)
}

impl RawMetric {
    fn into_definition(self, text: &str) -> Result<Definition, RulebookError> {
        let name = self.name.as_ref();
        let fits = |c: char| c.is_alphanumeric() || c == '_';
        if !name.chars().all(fits) || name.chars().next().is_none_or(char::is_numeric) {
            let message =
                format!("metric {name:?}: a name is made of letters, digits and `_`, and begins with no digit");
            return Err(at(text, self.name.span().start, message));
        }
        let better =
            one_of(name, text, "better", &self.better, [Better::Lower, Better::Higher], |better| match better {
                Better::Lower => "lower",
                Better::Higher => "higher",
            })?;
        let aggregate = one_of(name, text, "aggregate", &self.aggregate, Aggregate::ALL, Aggregate::name)?;
        let begins = begins(text, &self.expression);
        let expression = Expression::parse(self.expression.as_ref()).map_err(|error| {
            let (line, column) = place(text, begins, self.expression.as_ref(), error.at);
            RulebookError(format!("line {line}, column {column}: metric `{name}`: {error}"))
        })?;
        let mut places = Vec::new();
        expression.atoms(&mut |atom| places.push(place(text, begins, self.expression.as_ref(), atom.at)));
        let Text { nl, en } = self.text.unwrap_or_default();
        Ok(Definition {
            name: name.clone(),
            unit: self.unit,
            better,
            formula: self.expression.into_inner(),
            expression,
            places,
            aggregate,
            nl,
            en,
            source: self.source,
        })
    }
}

/// The value of a field that takes one of a few words.
fn one_of<T: Copy, const N: usize>(
    metric: &str,
    text: &str,
    field: &str,
    found: &Spanned<String>,
    all: [T; N],
    word: impl Fn(T) -> &'static str,
) -> Result<T, RulebookError> {
    let given = found.as_ref().as_str();
    all.into_iter().find(|value| word(*value) == given).ok_or_else(|| {
        let known = all.map(|value| format!("`{}`", word(value))).join(", ");
        let near = nearest(given, all.iter().map(|value| word(*value)));
        let hint = near.map(|n| format!(" (nearest: `{n}`)")).unwrap_or_default();
        let message = format!("metric `{metric}`: `{field}` is {given:?}{hint}; expected one of {known}");
        at(text, found.span().start, message)
    })
}

/// Where in the file the letters of a string begin, after its quotes; where it stands, if it is written with escapes.
fn begins(text: &str, value: &Spanned<String>) -> usize {
    let start = value.span().start;
    let as_written = text.get(value.span()).and_then(|written| written.find(value.as_ref().as_str()));
    start + as_written.unwrap_or(0)
}

/// Line and column (from 1) of a place in a string that begins somewhere in the file.
fn place(text: &str, begins: usize, value: &str, inside: usize) -> (usize, usize) {
    let is_as_written = text.get(begins..).is_some_and(|rest| rest.starts_with(value));
    let before = text.get(..begins + if is_as_written { inside } else { 0 }).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}
