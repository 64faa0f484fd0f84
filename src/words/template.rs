//! A sentence with places for values, cut up once so that filling it in is a walk over its pieces.

/// What fills the places of a template.
pub(super) trait Values {
    /// Writes the value of this name; false where there is none.
    fn put(&self, name: &str, out: &mut String) -> bool;
    /// Whether the value is one of a thing (`1`, a list of one), for `{name|one|many}`.
    fn is_one(&self, name: &str) -> bool;
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(String),
    Plural { of: String, one: String, many: String },
    Optional(Vec<Piece>),
}

/// A template; see the module [`crate::words`] for its syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

impl Template {
    pub(super) fn parse(text: &str) -> Self {
        let mut chars = text.chars();
        Self(pieces(&mut chars, false))
    }

    /// Fills it in; a value that is absent outside an optional part shows as `?name?`.
    pub(super) fn render(&self, values: &dyn Values, out: &mut String) {
        fill(&self.0, values, out, false);
    }
}

fn pieces(chars: &mut std::str::Chars<'_>, inside: bool) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '{' => {
                let place: String = chars.by_ref().take_while(|&c| c != '}').collect();
                let mut parts = place.split('|').map(str::to_owned);
                let piece = match (parts.next(), parts.next(), parts.next()) {
                    (Some(of), Some(one), Some(many)) => Piece::Plural { of, one, many },
                    (of, _, _) => Piece::Value(of.unwrap_or_default()),
                };
                found.push(Piece::Text(std::mem::take(&mut text)));
                found.push(piece);
            }
            '[' if !inside => {
                found.push(Piece::Text(std::mem::take(&mut text)));
                found.push(Piece::Optional(pieces(chars, true)));
            }
            ']' if inside => break,
            c => text.push(c),
        }
    }
    found.push(Piece::Text(text));
    found.retain(|piece| *piece != Piece::Text(String::new()));
    found
}

/// False where a value was absent and `strict` asked to stop there.
fn fill(pieces: &[Piece], values: &dyn Values, out: &mut String, strict: bool) -> bool {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Plural { of, one, many } => out.push_str(if values.is_one(of) { one } else { many }),
            Piece::Value(name) => {
                if !values.put(name, out) {
                    if strict {
                        return false;
                    }
                    out.push('?');
                    out.push_str(name);
                    out.push('?');
                }
            }
            Piece::Optional(inner) => {
                let before = out.len();
                if !fill(inner, values, out, true) {
                    out.truncate(before);
                }
            }
        }
    }
    true
}
