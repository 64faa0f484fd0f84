//! Which property is the key, and which the name.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Property, Raw};
use crate::io::Error;
use crate::plan::nearest::distance;
use crate::territory::coverage::Feature;

/// Names of key properties, the surest first; compared without case, `_`, `-` and spaces.
const KEYS: &[&str] = &[
    "nis",
    "niscode",
    "nis5",
    "nis6",
    "nisgem",
    "refnis",
    "cdmuntyrefnis",
    "cdrefnis",
    "geoid",
    "geoid20",
    "geoid10",
    "geocode",
    "geoitem",
    "gemeentecode",
    "gemcode",
    "gmcode",
    "codgeo",
    "codeinsee",
    "inseecom",
    "insee",
    "ags",
    "lau",
    "lauid",
    "laucode",
    "nutsid",
    "statcode",
    "municipalitycode",
    "muncode",
    "code",
    "gemeente",
    "commune",
    "canton",
];

/// Names that are keys only where nothing better is there.
const WEAK_KEYS: &[&str] = &["id", "key", "identifier", "fid", "objectid", "gid"];

/// Names of name properties, the surest first.
const NAMES: &[&str] = &[
    "name",
    "naam",
    "gemeentenaam",
    "naamnl",
    "namenl",
    "nom",
    "namelsad",
    "launame",
    "nisname",
    "municipality",
    "municipalityname",
    "txmuntydescrnl",
    "gemeente",
    "statnaam",
    "libgeo",
    "nomcom",
    "label",
    "libelle",
    "nazwa",
];

/// What a feature's code is taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::io) enum Key {
    Property(String),
    /// The member `id` of the feature itself.
    FeatureId,
}

impl Key {
    pub(in crate::io) fn shown(&self) -> String {
        match self {
            Self::Property(name) => format!("property '{name}'"),
            Self::FeatureId => "the feature's id".to_owned(),
        }
    }

    pub(in crate::io) fn of<'a>(&self, feature: &'a Raw) -> Option<&'a str> {
        match self {
            Self::Property(name) => value(feature, name)?.text(),
            Self::FeatureId => feature.id.as_deref(),
        }
    }
}

/// Finds the key: the one asked for, else a common name whose values are all there and all different.
pub(in crate::io) fn key(path: &str, features: &[Raw], wanted: Option<&str>) -> Result<Key, Error> {
    let columns = columns(features);
    if let Some(wanted) = wanted {
        if let Some(column) = find(&columns, wanted) {
            return Ok(Key::Property(column.to_owned()));
        }
        if wanted.eq_ignore_ascii_case("id") && features.iter().any(|f| f.id.is_some()) {
            return Ok(Key::FeatureId);
        }
        return Err(unknown(path, "--id", wanted, &columns));
    }
    let strong = named(&columns, KEYS, features);
    let mut weak = named(&columns, WEAK_KEYS, features);
    if features.iter().any(|f| f.id.is_some()) {
        weak.insert(0, Key::FeatureId);
    }
    let rank = |key: &Key| Fullness::of(features, key);
    let best = |keys: &[Key], accept: fn(&Fullness) -> bool| keys.iter().find(|k| accept(&rank(k))).cloned();
    let any: Vec<Key> = columns.iter().map(|c| Key::Property((*c).to_owned())).collect();
    best(&strong, Fullness::perfect)
        .or_else(|| best(&strong, Fullness::usual))
        .or_else(|| best(&weak, Fullness::perfect))
        .or_else(|| best(&any, Fullness::plausible))
        .or_else(|| strong.into_iter().chain(weak).find(|k| rank(k).present > 0))
        .ok_or_else(|| {
            let there = if columns.is_empty() { "no properties at all".to_owned() } else { columns.join(", ") };
            let message = format!("no property is recognised as the key; name it with --id (found: {there})");
            Error::new(path, "E205", message)
        })
}

/// Finds the name property, other than the key; none if there is none.
pub(in crate::io) fn name(
    path: &str,
    features: &[Raw],
    wanted: Option<&str>,
    key: &Key,
) -> Result<Option<String>, Error> {
    let columns = columns(features);
    if let Some(wanted) = wanted {
        return match find(&columns, wanted) {
            Some(column) => Ok(Some(column.to_owned())),
            None => Err(unknown(path, "--name", wanted, &columns)),
        };
    }
    Ok(named(&columns, NAMES, &[]).into_iter().find(|k| k != key).and_then(|k| match k {
        Key::Property(name) => Some(name),
        Key::FeatureId => None,
    }))
}

/// A feature with its code, its name and the other properties.
pub(super) fn split(raw: Raw, rings: Range<u32>, key: &Key, name: Option<&str>) -> Feature {
    let code = key.of(&raw).unwrap_or_default().to_owned();
    let name_text = name.and_then(|n| value(&raw, n)?.text()).map(str::to_owned);
    let is_key = |column: &str| matches!(key, Key::Property(k) if k == column);
    let others = raw.properties.into_iter().filter(|(c, _)| !is_key(c) && Some(c.as_str()) != name);
    let properties = others.map(|(column, property)| (column, property.value())).collect();
    Feature { code, name: name_text, place: raw.place, rings, properties }
}

/// How well a column serves as a key.
#[derive(Debug, Clone, Copy)]
struct Fullness {
    features: usize,
    present: usize,
    distinct: usize,
    fractions: bool,
}

impl Fullness {
    fn of(features: &[Raw], key: &Key) -> Self {
        let mut seen = FxHashSet::default();
        let (mut present, mut fractions) = (0, false);
        for feature in features {
            if let Some(text) = key.of(feature) {
                present += 1;
                seen.insert(text);
                fractions |= matches!(key, Key::Property(name) if matches!(value(feature, name), Some(Property::Number(n)) if n.contains('.')));
            }
        }
        Self { features: features.len(), present, distinct: seen.len(), fractions }
    }

    /// Every feature has its own.
    fn perfect(&self) -> bool {
        self.distinct == self.features
    }

    /// Most features have one, most of them their own: a key with a few mistakes in it.
    fn usual(&self) -> bool {
        self.present * 2 >= self.features && self.distinct * 2 >= self.present
    }

    /// Every feature has its own, and it is no measure such as an area.
    fn plausible(&self) -> bool {
        self.perfect() && !self.fractions
    }
}

pub(in crate::io) fn value<'a>(feature: &'a Raw, column: &str) -> Option<&'a Property> {
    feature.properties.iter().find(|(name, _)| name == column).map(|(_, property)| property)
}

/// All columns, in the order in which they are met.
pub(in crate::io) fn columns(features: &[Raw]) -> Vec<&str> {
    let mut seen: FxHashMap<&str, ()> = FxHashMap::default();
    let mut columns = Vec::new();
    let mut before: &[(String, Property)] = &[];
    for feature in features {
        let same = before.len() == feature.properties.len()
            && before.iter().zip(&feature.properties).all(|((a, _), (b, _))| a == b);
        if !same {
            columns.extend(feature.properties.iter().map(|(n, _)| n.as_str()).filter(|n| seen.insert(n, ()).is_none()));
        }
        before = &feature.properties;
    }
    columns
}

fn normal(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Columns on a list of names, in the order of the list. Column names that end in digits (a year, or `gemeente20` for a
/// name cut off at ten letters) count as the name without; a name that can mean a code or a name must hold codes.
fn named(columns: &[&str], names: &[&str], features: &[Raw]) -> Vec<Key> {
    let fits = |column: &str, name: &str| {
        let column = normal(column);
        column == name || (name.len() > 3 && column.trim_end_matches(|c: char| c.is_ascii_digit()) == name)
    };
    let holds_codes = |column: &str| {
        features
            .iter()
            .filter_map(|f| value(f, column)?.text())
            .take(20)
            .all(|t| t.contains(|c: char| c.is_ascii_digit()))
    };
    let mut found = Vec::new();
    for name in names {
        for column in columns.iter().filter(|c| fits(c, name)) {
            if !matches!(*name, "gemeente" | "commune") || holds_codes(column) {
                found.push(Key::Property((*column).to_owned()));
            }
        }
    }
    found
}

fn find<'a>(columns: &[&'a str], wanted: &str) -> Option<&'a str> {
    let exact = columns.iter().find(|c| **c == wanted);
    exact.or_else(|| columns.iter().find(|c| c.eq_ignore_ascii_case(wanted))).copied()
}

/// The error for a column that is not there, with the nearest that is.
fn unknown(path: &str, option: &str, wanted: &str, columns: &[&str]) -> Error {
    let message = match nearest(wanted, columns) {
        Some(near) => format!(
            "{option} {wanted}: there is no such property; did you mean '{near}'? (properties: {})",
            columns.join(", ")
        ),
        None => format!("{option} {wanted}: there is no such property; the features have none at all"),
    };
    Error::new(path, "E205", message)
}

/// The name with the fewest letters to change.
pub(in crate::io) fn nearest<'a>(wanted: &str, names: &[&'a str]) -> Option<&'a str> {
    let letters = |name: &str| normal(name).chars().take(64).collect::<Vec<_>>();
    names.iter().copied().min_by_key(|name| distance(&letters(wanted), &letters(name)))
}
