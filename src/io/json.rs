//! A cursor over JSON text: fast on numbers, tolerant of what other programs write (NaN), strict on structure.
//!
//! Used where a file is too large, or too freely written, for a whole document in memory.

use std::borrow::Cow;

/// Deepest nesting that is followed.
const DEPTH: usize = 256;

/// JSON that is not well formed: where (a byte offset), and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) at: usize,
    pub(super) expected: &'static str,
    /// The text ended where more was expected.
    pub(super) ended: bool,
}

/// A value that is not an object or an array, or the text of one that is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    /// As it is written.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// `true`, `false`, an object or an array, as it stands.
    Other(&'a str),
}

/// A place in JSON text.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

type Result<T> = std::result::Result<T, Broken>;

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn broken(&self, expected: &'static str) -> Broken {
        Broken { at: self.at, expected, ended: self.at >= self.bytes.len() }
    }

    /// The next byte that is no white space, not taken.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(&b) = self.bytes.get(self.at) {
            if !matches!(b, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(b);
            }
            self.at += 1;
        }
        None
    }

    /// Takes this byte if it comes next.
    pub(super) fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take(&mut self, byte: u8, expected: &'static str) -> Result<()> {
        if self.takes(byte) { Ok(()) } else { Err(self.broken(expected)) }
    }

    /// Walks an object: `member` gets each key with the cursor before its value, and must take the value.
    pub(super) fn object(&mut self, mut member: impl FnMut(&str, &mut Self) -> Result<()>) -> Result<()> {
        self.take(b'{', "an object")?;
        if self.takes(b'}') {
            return Ok(());
        }
        loop {
            self.peek();
            let key = self.string()?;
            self.take(b':', "':' after a key")?;
            member(&key, self)?;
            if !self.takes(b',') {
                return self.take(b'}', "',' or '}'");
            }
        }
    }

    /// Walks an array: `element` gets the cursor before each element, and must take it.
    pub(super) fn array(&mut self, mut element: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.take(b'[', "an array")?;
        if self.takes(b']') {
            return Ok(());
        }
        loop {
            element(self)?;
            if !self.takes(b',') {
                return self.take(b']', "',' or ']'");
            }
        }
    }

    /// A string, unescaped; bytes that are no UTF-8 become U+FFFD.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>> {
        if self.peek() != Some(b'"') {
            return Err(self.broken("a string"));
        }
        let (start, escaped) = (self.at, self.skip_string()?);
        let inside = &self.bytes[start + 1..self.at - 1];
        if !escaped {
            return Ok(String::from_utf8_lossy(inside));
        }
        let whole = String::from_utf8_lossy(&self.bytes[start..self.at]);
        serde_json::from_str(&whole).map(Cow::Owned).map_err(|_| Broken {
            at: start,
            expected: "a string with valid escapes",
            ended: false,
        })
    }

    /// Passes a string; tells whether it has escapes.
    fn skip_string(&mut self) -> Result<bool> {
        let mut escaped = false;
        let mut at = self.at + 1;
        while let Some(&b) = self.bytes.get(at) {
            match b {
                b'"' => {
                    self.at = at + 1;
                    return Ok(escaped);
                }
                b'\\' => {
                    escaped = true;
                    at += 2;
                }
                _ => at += 1,
            }
        }
        Err(Broken { at: self.bytes.len(), expected: "the end of a string", ended: true })
    }

    /// Passes any value; the text of it.
    pub(super) fn skip(&mut self) -> Result<&'a [u8]> {
        let first = self.peek().ok_or_else(|| self.broken("a value"))?;
        let start = self.at;
        match first {
            b'"' => {
                self.skip_string()?;
            }
            b'{' | b'[' => self.skip_nested()?,
            _ => {
                while self.bytes.get(self.at).is_some_and(|b| b.is_ascii_alphanumeric() || b"+-._".contains(b)) {
                    self.at += 1;
                }
                if self.at == start {
                    return Err(self.broken("a value"));
                }
            }
        }
        Ok(&self.bytes[start..self.at])
    }

    /// Passes an object or an array by counting brackets of both kinds.
    fn skip_nested(&mut self) -> Result<()> {
        let mut open: Vec<u8> = Vec::new();
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'{' | b'[' => {
                    if open.len() == DEPTH {
                        return Err(self.broken("less nesting"));
                    }
                    open.push(b + 2);
                }
                b'}' | b']' => {
                    if open.pop() != Some(b) {
                        return Err(self.broken("the bracket that closes the one opened last"));
                    }
                    if open.is_empty() {
                        self.at += 1;
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        Err(self.broken("a closing bracket"))
    }

    /// Passes an object by counting braces only, whatever stands between them: long runs of numbers in no time.
    pub(super) fn skip_object(&mut self) -> Result<&'a [u8]> {
        const RUN: usize = 64;
        self.peek();
        let start = self.at;
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            if let Some(run) = self.bytes.get(self.at..self.at + RUN) {
                let busy = run.iter().fold(false, |any, &b| any | (b == b'"') | (b == b'{') | (b == b'}'));
                if !busy {
                    self.at += RUN;
                    continue;
                }
            }
            let end = self.bytes.len().min(self.at + RUN);
            while self.at < end {
                match self.bytes[self.at] {
                    b'"' => {
                        self.skip_string()?;
                        continue;
                    }
                    b'{' => depth += 1,
                    b'}' => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            self.at += 1;
                            return Ok(&self.bytes[start..self.at]);
                        }
                    }
                    _ => {}
                }
                self.at += 1;
            }
        }
        Err(self.broken("'}'"))
    }

    /// A value as text or number; objects and arrays as they stand.
    pub(super) fn scalar(&mut self) -> Result<Scalar<'a>> {
        match self.peek() {
            Some(b'"') => return self.string().map(Scalar::Text),
            Some(b'n') if self.bytes[self.at..].starts_with(b"null") => {
                self.skip()?;
                return Ok(Scalar::Null);
            }
            _ => {}
        }
        let start = self.at;
        let text = self.skip()?;
        let text =
            std::str::from_utf8(text).map_err(|_| Broken { at: start, expected: "text in UTF-8", ended: false })?;
        match text.as_bytes()[0] {
            b'-' | b'0'..=b'9' if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(Scalar::Number(text)),
            b'N' | b'I' | b'-' if ["NaN", "Infinity", "-Infinity"].contains(&text) => Ok(Scalar::Null),
            b'{' | b'[' => Ok(Scalar::Other(text)),
            _ if text == "true" || text == "false" => Ok(Scalar::Other(text)),
            _ => Err(Broken { at: start, expected: "a value", ended: false }),
        }
    }

    /// A number, the nearest double to what is written; none (and nothing taken) for anything else.
    pub(super) fn number(&mut self) -> Option<f64> {
        self.peek();
        let rest = &self.bytes[self.at..];
        let (value, len) = number(rest)?;
        self.at += len;
        Some(value)
    }
}

/// Powers of ten that a double holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A number at the start of the text, and its length; none if it is not finite.
///
/// Up to 2^53 with at most 22 decimals the quotient of two exact doubles is correctly rounded (Clinger 1990,
/// doi:10.1145/93542.93557); anything longer goes to the standard library.
fn number(text: &[u8]) -> Option<(f64, usize)> {
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative);
    let (mut at, mut mantissa, mut digits) = (start, 0u64, 0usize);
    let mut point = None;
    while let Some(&b) = text.get(at) {
        if b.is_ascii_digit() {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(b - b'0'));
            digits += 1;
        } else if b == b'.' && point.is_none() && digits > 0 {
            point = Some(at);
        } else {
            break;
        }
        at += 1;
    }
    let decimals = point.map_or(0, |p| at - p - 1);
    if digits == 0 || point.is_some_and(|p| p + 1 == at) {
        return None;
    }
    let plain = !matches!(text.get(at), Some(b'e' | b'E'));
    if plain && digits <= 19 && mantissa <= 1 << 53 && decimals < TENS.len() {
        #[allow(clippy::cast_precision_loss)]
        let value = mantissa as f64 / TENS[decimals];
        return Some((if negative { -value } else { value }, at));
    }
    if !plain {
        at += 1;
        at += usize::from(matches!(text.get(at), Some(b'+' | b'-')));
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
    }
    let value: f64 = std::str::from_utf8(&text[..at]).ok()?.parse().ok()?;
    value.is_finite().then_some((value, at))
}

/// Turns byte offsets into line numbers, counting on from one to the next.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    /// The line (from 1) that holds an offset; fast where offsets come in order.
    pub(super) fn of(&mut self, offset: usize) -> usize {
        let offset = offset.min(self.bytes.len());
        if offset < self.at {
            (self.at, self.line) = (0, 1);
        }
        self.line += self.bytes[self.at..offset].iter().filter(|&&b| b == b'\n').count();
        self.at = offset;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_the_nearest_double() {
        for text in [
            "0",
            "-0.0",
            "4.400452415",
            "51.109557999000060",
            "123456789012345678901234567890",
            "1e-7",
            "2.5E+3",
            "0.1",
        ] {
            let (value, len) = number(text.as_bytes()).unwrap();
            assert_eq!((value.to_bits(), len), (text.parse::<f64>().unwrap().to_bits(), text.len()), "{text}");
        }
        for text in ["", "-", ".5", "5.", "NaN", "null", "1e999", "+1", "1e"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_value_is_passed_whole() {
        let mut cursor = Cursor::new(br#" {"a": [1, "}]\"", {"b": null}]} , 5"#);
        assert_eq!(cursor.clone().skip().unwrap(), cursor.skip_object().unwrap());
        assert!(cursor.takes(b','));
        assert_eq!(cursor.number(), Some(5.0));
        assert!(Cursor::new(br#"{"a": [1, 2}]"#).skip().is_err());
        assert!(Cursor::new(&[b'['; 100_000]).skip().is_err());
    }

    proptest! {
        #[test]
        fn any_double_survives(value in proptest::num::f64::NORMAL) {
            let text = format!("{value}");
            prop_assert_eq!(number(text.as_bytes()).map(|(v, _)| v.to_bits()), Some(value.to_bits()));
        }
    }
}
