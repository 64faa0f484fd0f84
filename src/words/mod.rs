//! Every sentence a user reads, by code or key, in Dutch and English.
//!
//! The sentences are templates in TOML files beside this one. `{name}` is replaced by a value; `{n|one|many}`
//! by `one` or `many` after the value of `n`; what stands between `[` and `]` is left out where one of its
//! values is absent. Values are put in as they are and never read as templates.

mod number;
mod template;

use std::fmt::Write as _;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

pub use number::{cents, grouped, number, quantity};

use crate::rules::{Fact, Finding};
use crate::territory::Territory;
use crate::territory::coverage::Problem;
use template::{Template, Values};

/// A language of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Dutch.
    Nl,
}

impl Lang {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::En, Self::Nl];

    /// Its code: `en`, `nl`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Nl => "nl",
        }
    }
}

impl std::fmt::Display for Lang {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::str::FromStr for Lang {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "en" => Ok(Self::En),
            "nl" => Ok(Self::Nl),
            other => Err(format!("language {other:?} is not known; expected nl or en")),
        }
    }
}

/// The three files of a language, each a map from key to template.
struct Book {
    interface: FxHashMap<String, Template>,
    findings: FxHashMap<String, Template>,
    problems: FxHashMap<String, Template>,
}

fn book(lang: Lang) -> &'static Book {
    static EN: OnceLock<Book> = OnceLock::new();
    static NL: OnceLock<Book> = OnceLock::new();
    match lang {
        Lang::En => EN.get_or_init(|| Book {
            interface: templates(include_str!("interface.en.toml")),
            findings: templates(include_str!("findings.en.toml")),
            problems: templates(include_str!("problems.en.toml")),
        }),
        Lang::Nl => NL.get_or_init(|| Book {
            interface: templates(include_str!("interface.nl.toml")),
            findings: templates(include_str!("findings.nl.toml")),
            problems: templates(include_str!("problems.nl.toml")),
        }),
    }
}

/// The templates of a file; nested tables become keys with dots. The files are part of the program and a test
/// reads them all, so a file that is no TOML gives an empty map here rather than an error nobody could act on.
fn templates(text: &str) -> FxHashMap<String, Template> {
    fn collect(prefix: &str, table: &toml::Table, into: &mut FxHashMap<String, Template>) {
        for (key, value) in table {
            let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::String(text) => {
                    into.insert(key, Template::parse(text));
                }
                toml::Value::Table(inner) => collect(&key, inner, into),
                _ => {}
            }
        }
    }
    let mut map = FxHashMap::default();
    if let Ok(table) = text.parse::<toml::Table>() {
        collect("", &table, &mut map);
    }
    map
}

/// All keys of the interface's sentences, sorted.
#[must_use]
pub fn keys(lang: Lang) -> Vec<&'static str> {
    sorted(&book(lang).interface)
}

/// All codes (and further keys) of the findings' sentences, sorted.
#[must_use]
pub fn finding_keys(lang: Lang) -> Vec<&'static str> {
    sorted(&book(lang).findings)
}

/// All codes of the boundary problems' sentences, sorted.
#[must_use]
pub fn problem_keys(lang: Lang) -> Vec<&'static str> {
    sorted(&book(lang).problems)
}

fn sorted(map: &'static FxHashMap<String, Template>) -> Vec<&'static str> {
    let mut keys: Vec<&str> = map.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// A sentence of the interface by its key, with its placeholders filled in; `?key?` for a key that does not
/// exist (a test visits every key).
#[must_use]
pub fn say(lang: Lang, key: &str, values: &[(&str, &str)]) -> String {
    try_say(lang, key, values).unwrap_or_else(|| format!("?{key}?"))
}

/// As [`say`]; none for a key that does not exist.
#[must_use]
pub fn try_say(lang: Lang, key: &str, values: &[(&str, &str)]) -> Option<String> {
    struct Pairs<'a>(&'a [(&'a str, &'a str)]);
    impl Pairs<'_> {
        fn get(&self, name: &str) -> Option<&str> {
            self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
        }
    }
    impl Values for Pairs<'_> {
        fn put(&self, name: &str, out: &mut String) -> bool {
            self.get(name).map(|v| push_clean(out, v)).is_some()
        }
        fn is_one(&self, name: &str) -> bool {
            self.get(name) == Some("1")
        }
    }
    let mut out = String::new();
    book(lang).interface.get(key)?.render(&Pairs(values), &mut out);
    Some(out)
}

/// The sentence of a finding: the template of its code in `words/findings.*.toml`, filled with its facts.
///
/// A fact named `attribute` or `division` is a column's name and is put in words. Beside the facts a template may use `{area}`, `{municipalities}` and `{amount}`. A code without a template
/// gives `?code?` (a test visits every code).
#[must_use]
pub fn finding(lang: Lang, finding: &Finding, territory: &Territory) -> String {
    let mut out = String::new();
    push_finding(lang, finding, territory, &mut out);
    out
}

/// As [`finding`], written after what `out` holds.
pub fn push_finding(lang: Lang, finding: &Finding, territory: &Territory, out: &mut String) {
    struct Facts<'a>(Lang, &'a Finding, &'a Territory);
    impl Facts<'_> {
        fn fact(&self, name: &str) -> Option<&Fact> {
            self.1.facts.iter().find(|(n, _)| *n == name).map(|(_, fact)| fact)
        }
    }
    impl Values for Facts<'_> {
        fn put(&self, name: &str, out: &mut String) -> bool {
            let Self(lang, finding, territory) = *self;
            match (self.fact(name), name) {
                (Some(Fact::Text(text)), "attribute" | "division") => out.push_str(&attribute(lang, text)),
                (Some(Fact::Text(text)), _) => push_clean(out, text),
                (Some(Fact::Number(value, unit)), _) => out.push_str(&quantity(lang, *value, unit)),
                (Some(Fact::Municipalities(codes)), _) => push_municipalities(lang, codes, territory, out),
                (Some(Fact::Labels(labels)), _) => push_list(lang, labels, out, |l, out| push_clean(out, l)),
                (None, "area") => match &finding.area {
                    Some(area) => push_clean(out, area),
                    None => return false,
                },
                (None, "municipalities") => push_municipalities(lang, &finding.municipalities, territory, out),
                (None, "amount") => match finding.amount {
                    Some(amount) => out.push_str(&quantity(lang, amount, &finding.unit)),
                    None => return false,
                },
                (None, _) => return false,
            }
            true
        }
        fn is_one(&self, name: &str) -> bool {
            match (self.fact(name), name) {
                (Some(Fact::Number(value, _)), _) => *value == 1.0,
                (Some(Fact::Text(text)), _) => text == "1",
                (Some(Fact::Municipalities(list) | Fact::Labels(list)), _) => list.len() == 1,
                (None, "municipalities") => self.1.municipalities.len() == 1,
                (None, "amount") => self.1.amount == Some(1.0),
                (None, _) => false,
            }
        }
    }
    match book(lang).findings.get(finding.code) {
        Some(template) => template.render(&Facts(lang, finding, territory), out),
        None => {
            let _ = write!(out, "?{}?", finding.code);
        }
    }
}

/// The sentence of a boundary problem; `name` gives the name of a municipality by its code, where it has one.
///
/// Templates in `words/problems.*.toml` may use `{municipalities}`, `{length}`, `{area}`, `{width}` (with
/// units), `{at}` and `{detail}`.
#[must_use]
pub fn problem<'a>(lang: Lang, problem: &Problem, name: &dyn Fn(&str) -> Option<&'a str>) -> String {
    struct Parts<'p, 'a>(Lang, &'p Problem, &'p dyn Fn(&str) -> Option<&'a str>);
    impl Values for Parts<'_, '_> {
        fn put(&self, key: &str, out: &mut String) -> bool {
            let Self(lang, problem, name) = *self;
            let size = |value: Option<f64>, unit: &str, out: &mut String| {
                value.map(|v| out.push_str(&quantity(lang, v, unit))).is_some()
            };
            match key {
                "municipalities" if !problem.municipalities.is_empty() => {
                    push_list(lang, &problem.municipalities, out, |code, out| push_named(code, name(code), out));
                    true
                }
                "length" => size(problem.length_m, "m", out),
                "area" => size(problem.area_m2, "m2", out),
                "width" => size(problem.width_m, "m", out),
                "at" => problem.at.as_ref().map(|at| push_clean(out, at)).is_some(),
                "detail" if !problem.detail.is_empty() => {
                    push_clean(out, &problem.detail);
                    true
                }
                _ => false,
            }
        }
        fn is_one(&self, key: &str) -> bool {
            key == "municipalities" && self.1.municipalities.len() == 1
        }
    }
    let mut out = String::new();
    match book(lang).problems.get(problem.code) {
        Some(template) => template.render(&Parts(lang, problem, name), &mut out),
        None => {
            let _ = write!(out, "?{}?", problem.code);
        }
    }
    capitalised(out)
}

/// The same sentence with a capital: its optional beginning may have been left out.
fn capitalised(sentence: String) -> String {
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) if first.is_lowercase() => first.to_uppercase().chain(chars).collect(),
        _ => sentence,
    }
}

/// A list as the language writes it: `A, B and C`, `A, B en C`.
#[must_use]
pub fn list<S: AsRef<str>>(lang: Lang, items: &[S]) -> String {
    let mut out = String::new();
    push_list(lang, items, &mut out, |item, out| push_clean(out, item));
    out
}

/// Municipalities by code, each as `Name (code)`.
#[must_use]
pub fn municipalities<S: AsRef<str>>(lang: Lang, codes: &[S], territory: &Territory) -> String {
    let mut out = String::new();
    push_municipalities(lang, codes, territory, &mut out);
    out
}

/// The short name of an attribute at the head of a column; as [`attribute`] where it has none.
#[must_use]
pub fn column(lang: Lang, name: &str) -> String {
    try_say(lang, &format!("column.{name}"), &[]).unwrap_or_else(|| capitalised(attribute(lang, name)))
}

/// The name of an attribute or division for people, within a sentence: its own sentence where there is one, else its column name with spaces.
#[must_use]
pub fn attribute(lang: Lang, name: &str) -> String {
    try_say(lang, &format!("attribute.{name}"), &[]).unwrap_or_else(|| clean(&name.replace('_', " ")))
}

/// Text from a file as it may be shown: on one line, without control characters or direction overrides (which
/// could colour, erase or turn around what stands beside it).
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_clean(&mut out, text);
    out
}

fn push_clean(out: &mut String, text: &str) {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = |c: char| !c.is_control() && !turns(c) && !matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) || text.chars().all(plain) {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            c if plain(c) => out.push(c),
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            _ => out.push('\u{fffd}'),
        }
    }
}

fn push_municipalities<S: AsRef<str>>(lang: Lang, codes: &[S], territory: &Territory, out: &mut String) {
    push_list(lang, codes, out, |code, out| {
        let name = territory.position(code).map(|i| territory.municipalities()[i].name.as_str());
        push_named(code, name, out);
    });
}

fn push_named(code: &str, name: Option<&str>, out: &mut String) {
    match name {
        Some(name) if name != code && !name.is_empty() => {
            push_clean(out, name);
            out.push_str(" (");
            push_clean(out, code);
            out.push(')');
        }
        _ => push_clean(out, code),
    }
}

fn push_list<S: AsRef<str>>(lang: Lang, items: &[S], out: &mut String, mut put: impl FnMut(&str, &mut String)) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(match (i + 1 == items.len(), lang) {
                (false, _) => ", ",
                (true, Lang::En) => " and ",
                (true, Lang::Nl) => " en ",
            });
        }
        put(item.as_ref(), out);
    }
}
