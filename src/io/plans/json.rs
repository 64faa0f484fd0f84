//! A plan as a JSON object: scanned quickly where it is of the usual shape, read with all care where not.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::io::Error;
use crate::plan::{Row, Submission};

/// Visits code and area of each row; gives the plan's name where the object has one.
///
/// `None` for anything out of the ordinary: escapes, empty or broken JSON, a value that is neither a text nor a whole
/// number, a key `plan` or `assignment` that is there twice.
pub(super) fn scan<'a>(text: &'a [u8], mut visit: impl FnMut(&'a str, &'a str) -> bool) -> Option<Option<&'a str>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut scan = Scan { text, at: 0 };
    let mut name = None;
    if text.contains("\"assignment\"") {
        let mut found = false;
        scan.object(|scan, key| match key {
            "plan" if name.is_none() => {
                name = Some(scan.label()?);
                Some(())
            }
            "assignment" if !found => {
                found = true;
                scan.object(|scan, code| visit(code, scan.label()?).then_some(()))
            }
            "plan" | "assignment" => None,
            _ => scan.label().map(|_| ()),
        })?;
        if !found {
            return None;
        }
    } else {
        scan.object(|scan, code| visit(code, scan.label()?).then_some(()))?;
    }
    scan.space();
    (scan.at == text.len()).then_some(name)
}

/// The plan's name, if the object begins with it.
pub(super) fn name(text: &[u8]) -> Option<&str> {
    let whole = std::str::from_utf8(text);
    let end = whole.as_ref().map_or_else(std::str::Utf8Error::valid_up_to, |t| t.len());
    let mut scan = Scan { text: std::str::from_utf8(&text[..end]).ok()?, at: 0 };
    scan.eat(b'{')?;
    scan.space();
    (scan.string()? == "plan").then_some(())?;
    scan.eat(b':')?;
    scan.space();
    scan.label()
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    /// Passes over blanks and then this byte.
    fn eat(&mut self, byte: u8) -> Option<()> {
        self.space();
        (self.peek() == byte).then(|| self.at += 1)
    }

    /// Visits each key of an object that has at least one; the visitor takes the value.
    fn object(&mut self, mut visit: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.eat(b'{')?;
        loop {
            self.space();
            let key = self.string()?;
            self.eat(b':')?;
            self.space();
            visit(self, key)?;
            self.space();
            match self.peek() {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// A string without escapes, and without the blanks around it.
    fn string(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes().get(self.at..)?.strip_prefix(b"\"")?;
        let len = bytes.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20)?;
        if bytes[len] != b'"' {
            return None;
        }
        let start = self.at + 1;
        self.at = start + len + 1;
        let string = self.text.get(start..start + len)?;
        let blank = |b: Option<&u8>| b.is_some_and(|&b| b == b' ' || !b.is_ascii());
        let edges = blank(string.as_bytes().first()) || blank(string.as_bytes().last());
        Some(if edges { string.trim() } else { string })
    }

    /// A string, or a whole number as its text.
    fn label(&mut self) -> Option<&'a str> {
        if self.peek() == b'"' {
            return self.string();
        }
        let rest = self.text.get(self.at..)?;
        let len = rest.bytes().take_while(u8::is_ascii_digit).count();
        let ended = matches!(rest.as_bytes().get(len), Some(b',' | b'}' | b' ' | b'\t' | b'\r' | b'\n'));
        // Seventeen digits and less are whole in every reader of JSON; `007` is not JSON.
        let whole = (1..=17).contains(&len) && (len == 1 || !rest.starts_with('0'));
        (ended && whole).then(|| {
            self.at += len;
            &rest[..len]
        })
    }
}

/// Reads a JSON object as a plan; `line` is its line in the file, or 0 where it is the whole file.
pub(super) fn read(text: &[u8], path: &str, line: u32, name: &str) -> Result<Submission, Error> {
    let place = |within: usize, column: usize| match line {
        0 => format!("line {within}, column {column}"),
        _ => format!("line {line}, column {column}"),
    };
    let fail = |message: String| {
        let error = Error::new(path, "E506", message);
        if line == 0 { error } else { error.at(format!("line {line}")) }
    };
    let root: Node = serde_json::from_slice(text.trim_ascii_end()).map_err(|e| {
        let said = e.to_string();
        let what = said.split(" at line ").next().unwrap_or("broken");
        let message = format!("is not whole JSON: {what}; expected {{\"code\": \"area\", ...}}");
        Error::new(path, "E506", message).at(place(e.line(), e.column()))
    })?;
    let Node::Object(entries) = root else {
        let found = root.kind();
        return Err(fail(format!("is {found}; expected an object {{\"code\": \"area\", ...}} or {EXPECTED}")));
    };
    let wrapped = entries.iter().any(|(key, value)| key == "assignment" && matches!(value, Node::Object(_)));
    if !wrapped {
        return Ok(Submission { name: name.to_owned(), rows: rows(entries, line, &fail)? });
    }
    let mut submission = Submission { name: name.to_owned(), rows: Vec::new() };
    let (mut names, mut assignments) = (0, 0);
    for (key, value) in entries {
        match (key.as_str(), value) {
            ("plan", Node::Text(text)) => {
                names += 1;
                submission.name = text.trim().to_owned();
            }
            ("plan", other) => {
                return Err(fail(format!("`plan` is {}; expected the plan's name", other.kind())));
            }
            ("assignment", Node::Object(pairs)) => {
                assignments += 1;
                submission.rows = rows(pairs, line, &fail)?;
            }
            ("assignment", _) => assignments += 1,
            _ => {}
        }
    }
    for (key, count) in [("plan", names), ("assignment", assignments)] {
        if count > 1 {
            return Err(fail(format!("the key `{key}` is there {count} times; expected once")));
        }
    }
    Ok(submission)
}

const EXPECTED: &str = "{\"plan\": \"name\", \"assignment\": {\"code\": \"area\", ...}}";

fn rows(pairs: Vec<(String, Node)>, line: u32, fail: &impl Fn(String) -> Error) -> Result<Vec<Row>, Error> {
    if pairs.is_empty() {
        return Err(fail("assigns no municipality; expected {\"code\": \"area\", ...}".to_owned()));
    }
    let row = |(code, value): (String, Node)| {
        let area = match value {
            Node::Text(text) => text.trim().to_owned(),
            Node::Null => String::new(),
            Node::Object(_) | Node::Other(_) => {
                let kind = value.kind();
                let message = format!("the value of `{code}` is {kind}; expected the label of an area, or {EXPECTED}");
                return Err(fail(message));
            }
        };
        Ok(Row { line, code: code.trim().to_owned(), area, company: None })
    };
    pairs.into_iter().map(row).collect()
}

/// As much of a JSON value as a plan needs; a key that is there twice stays twice.
enum Node {
    Null,
    Text(String),
    Object(Vec<(String, Node)>),
    Other(&'static str),
}

impl Node {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Text(_) => "a text",
            Self::Object(_) => "an object",
            Self::Other(kind) => kind,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other("true or false"))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Text(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Text(number.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other("a number with decimals or too many digits (between quotes it is a text)"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = (Option<String>, Vec<(String, String)>);

    /// Name and rows as the quick scan sees them.
    fn quick(text: &str) -> Option<Seen> {
        let mut rows = Vec::new();
        let name = scan(text.as_bytes(), |code, area| {
            rows.push((code.to_owned(), area.to_owned()));
            true
        })?;
        Some((name.map(str::to_owned), rows))
    }

    #[test]
    fn the_quick_scan_says_what_the_careful_reading_says() {
        for text in [
            r#"{"plan":"p","assignment":{"1":"A","2":"B"}}"#,
            r#" { "assignment" : { "1" : 7 , "2" : " B " } , "plan" : "p", "steps": 12 } "#,
            r#"{"1":"A","2":"B"}"#,
        ] {
            let (name, rows) = quick(text).expect(text);
            let careful = read(text.as_bytes(), "f", 3, "?").expect(text);
            assert_eq!(name.unwrap_or("?".into()), careful.name, "{text}");
            let read: Vec<_> = careful.rows.into_iter().map(|r| (r.code, r.area)).collect();
            assert_eq!(rows, read, "{text}");
        }
    }

    #[test]
    fn the_unusual_is_left_to_the_careful_reading() {
        for text in [
            "",
            "{}",
            "{\"1\":\"A\"",
            "{\"1\":\"A\"}}",
            "{\"1\":\"A\",}",
            "{\"1\":01}",
            "{\"1\":1.5}",
            "{\"1\":null}",
            "{\"1\":\"\\u0041\"}",
            "{\"1\":\"A\nB\"}",
            "{\"1\":123456789012345678901234567890}",
            "{\"plan\":\"p\",\"plan\":\"q\",\"assignment\":{\"1\":\"A\"}}",
            "{\"assignment\":{\"1\":\"A\"},\"assignment\":{\"1\":\"B\"}}",
            "{\"assignment\":{\"1\":\"A\"},\"score\":{\"x\":1}}",
            "[1]",
        ] {
            assert_eq!(quick(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let said = |text: &str, line| read(text.as_bytes(), "f.json", line, "f").expect_err(text).to_string();
        assert!(said("{\"1\": \"A\"", 7).starts_with("f.json, line 7, column 9: is not whole JSON"));
        assert!(said("{\n\"1\": tru}", 0).contains("line 2"));
        assert!(said("[1]", 0).contains("is a list; expected an object"));
        assert!(said("{\"asignment\": {\"1\": \"A\"}}", 0).contains("the value of `asignment` is an object"));
        assert!(said("{\"1\": 1.5}", 0).contains("decimals"));
        assert!(said("{\"plan\":1,\"plan\":2,\"assignment\":{\"1\":\"A\"}}", 0).contains("`plan` is there 2 times"));
        assert!(said("{\"assignment\":{}}", 0).contains("assigns no municipality"));
    }

    #[test]
    fn a_key_that_is_there_twice_is_two_rows() {
        let plan = read(br#"{"1":"A","1":"B","2":null}"#, "f.json", 0, "f").expect("a plan");
        let rows: Vec<_> = plan.rows.iter().map(|r| (r.code.as_str(), r.area.as_str())).collect();
        assert_eq!(rows, [("1", "A"), ("1", "B"), ("2", "")]);
    }

    #[test]
    fn the_name_of_a_broken_line() {
        assert_eq!(name(b"{\"plan\": \"draw 7\", \"assignment\": {\"1\""), Some("draw 7"));
        assert_eq!(name(b"{\"1\": \"A\"}"), None);
        assert_eq!(name(b"\xff"), None);
    }
}
