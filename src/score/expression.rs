//! Expressions over figures of an area: how a user writes a metric of their own.

use std::iter::Peekable;
use std::str::CharIndices;

/// The longest text that is read.
const LONGEST: usize = 1000;
/// Brackets within brackets, at most.
const DEEPEST: usize = 50;

/// A formula over atoms: the names in it once it is read, what they stand for once a territory is known.
///
/// ```
/// use landmeter::score::Expression;
/// let formula = Expression::parse("social_homes / max(homes, 1)")?;
/// let mut names = Vec::new();
/// formula.atoms(&mut |atom| names.push(atom.name.as_str()));
/// assert_eq!(names, ["social_homes", "homes"]);
/// assert_eq!(Expression::parse("2 * (3 + 4").unwrap_err().at, 10);
/// # Ok::<(), landmeter::score::ExpressionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Expression<A> {
    /// A number.
    Number(f64),
    /// What has a name.
    Atom(A),
    /// A function of one value.
    One(Function, Box<Self>),
    /// Two values made one.
    Two(Operator, Box<Self>, Box<Self>),
}

/// A name in a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub name: String,
    /// Where it begins: bytes of the formula before it.
    pub at: usize,
}

/// Functions of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `-x`
    Negative,
    /// `abs(x)`
    Absolute,
    /// `sqrt(x)`
    Root,
}

/// What makes two values one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `x + y`
    Add,
    /// `x - y`
    Subtract,
    /// `x * y`
    Multiply,
    /// `x / y`
    Divide,
    /// `min(x, y)`
    Least,
    /// `max(x, y)`
    Greatest,
}

/// A formula that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// Where: bytes of the formula before it.
    pub at: usize,
    /// What is there, and what was expected.
    pub message: String,
}

impl Expression<Name> {
    /// Reads a formula: numbers, names (letters, digits and `_`; any other between backticks), `+ - * /`, brackets,
    /// `min(..)`, `max(..)`, `abs(..)`, `sqrt(..)`.
    ///
    /// # Errors
    ///
    /// What is found where something else was expected, and where; a formula of more than 1000 bytes, or with more than
    /// 50 brackets within brackets.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > LONGEST {
            let message = format!("a formula of {} bytes; at most {LONGEST} are read", text.len());
            return Err(ExpressionError { at: 0, message });
        }
        let mut parser = Parser { text, rest: text.char_indices().peekable(), depth: 0 };
        let formula = parser.sum()?;
        match parser.peek() {
            None => Ok(formula),
            Some(_) => Err(parser.expected("`+`, `-`, `*`, `/` or the end")),
        }
    }
}

impl<A> Expression<A> {
    /// Every atom, from left to right.
    pub fn atoms<'e>(&'e self, each: &mut dyn FnMut(&'e A)) {
        match self {
            Self::Number(_) => {}
            Self::Atom(atom) => each(atom),
            Self::One(_, x) => x.atoms(each),
            Self::Two(_, x, y) => {
                x.atoms(each);
                y.atoms(each);
            }
        }
    }

    /// The same formula over other atoms.
    ///
    /// # Errors
    ///
    /// The first that `of` gives.
    pub fn try_map<B, E>(&self, of: &mut dyn FnMut(&A) -> Result<B, E>) -> Result<Expression<B>, E> {
        Ok(match self {
            Self::Number(number) => Expression::Number(*number),
            Self::Atom(atom) => Expression::Atom(of(atom)?),
            Self::One(function, x) => Expression::One(*function, Box::new(x.try_map(of)?)),
            Self::Two(operator, x, y) => Expression::Two(*operator, Box::new(x.try_map(of)?), Box::new(y.try_map(of)?)),
        })
    }

    /// The value; NaN where an atom has none, and for what has none: a division by 0, the root of a number below 0.
    pub(super) fn value(&self, of: &mut dyn FnMut(&A) -> f64) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Atom(atom) => of(atom),
            Self::One(function, x) => {
                let x = x.value(of);
                match function {
                    Function::Negative => -x,
                    Function::Absolute => x.abs(),
                    Function::Root => x.sqrt(),
                }
            }
            Self::Two(operator, x, y) => operator.of(x.value(of), y.value(of)),
        }
    }

    /// The least and the greatest value that there may be where atoms lie between theirs. None where an atom is not
    /// known, and where some of these values might not exist.
    pub(super) fn range(&self, of: &mut dyn FnMut(&A) -> Option<[f64; 2]>) -> Option<[f64; 2]> {
        let found = match self {
            Self::Number(number) => [*number; 2],
            Self::Atom(atom) => of(atom)?,
            Self::One(function, x) => {
                let [low, high] = x.range(of)?;
                match function {
                    Function::Negative => [-high, -low],
                    Function::Absolute if low <= 0.0 && high >= 0.0 => [0.0, high.max(-low)],
                    Function::Absolute => [low.abs().min(high.abs()), low.abs().max(high.abs())],
                    Function::Root => [low.sqrt(), high.sqrt()],
                }
            }
            Self::Two(operator, x, y) => {
                let ([a, b], [c, d]) = (x.range(of)?, y.range(of)?);
                match operator {
                    Operator::Add => [a + c, b + d],
                    Operator::Subtract => [a - d, b - c],
                    Operator::Least => [a.min(c), b.min(d)],
                    Operator::Greatest => [a.max(c), b.max(d)],
                    Operator::Multiply => product([a, b], [c, d]),
                    Operator::Divide if c <= 0.0 && d >= 0.0 => return None,
                    Operator::Divide => product([a, b], [1.0 / d, 1.0 / c]),
                }
            }
        };
        (!found.iter().any(|v| v.is_nan())).then_some(found)
    }
}

/// The least and the greatest product.
fn product([a, b]: [f64; 2], [c, d]: [f64; 2]) -> [f64; 2] {
    // Without an end is not without a value: 0 times any number is 0.
    let times = |x: f64, y: f64| if x == 0.0 || y == 0.0 { 0.0 } else { x * y };
    let corners = [times(a, c), times(a, d), times(b, c), times(b, d)];
    [corners.into_iter().fold(f64::INFINITY, f64::min), corners.into_iter().fold(f64::NEG_INFINITY, f64::max)]
}

impl Operator {
    fn of(self, x: f64, y: f64) -> f64 {
        match self {
            Self::Add => x + y,
            Self::Subtract => x - y,
            Self::Multiply => x * y,
            Self::Divide if y == 0.0 => f64::NAN,
            Self::Divide => x / y,
            // What is not known is not left out, as `f64::min` would.
            Self::Least | Self::Greatest if x.is_nan() || y.is_nan() => f64::NAN,
            Self::Least => x.min(y),
            Self::Greatest => x.max(y),
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    rest: Peekable<CharIndices<'t>>,
    depth: usize,
}

type Parsed = Result<Expression<Name>, ExpressionError>;

impl Parser<'_> {
    /// The next letter that is no space, with its place.
    fn peek(&mut self) -> Option<(usize, char)> {
        while self.rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_next = self.peek().is_some_and(|(_, c)| c == wanted);
        if is_next {
            self.rest.next();
        }
        is_next
    }

    fn demand(&mut self, wanted: char, expected: &str) -> Result<(), ExpressionError> {
        if self.take(wanted) { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn expected(&mut self, expected: &str) -> ExpressionError {
        let (at, found) = match self.peek() {
            Some((at, c)) => (at, format!("`{c}`")),
            None => (self.text.len(), "the end".to_owned()),
        };
        ExpressionError { at, message: format!("expected {expected}, found {found}") }
    }

    /// Letters from here on, as long as they fit.
    fn word(&mut self, fits: impl Fn(char) -> bool) -> String {
        let mut word = String::new();
        while let Some((_, c)) = self.rest.next_if(|(_, c)| fits(*c)) {
            word.push(c);
        }
        word
    }

    fn sum(&mut self) -> Parsed {
        let mut sum = self.product()?;
        loop {
            let operator = match self.peek() {
                Some((_, '+')) => Operator::Add,
                Some((_, '-')) => Operator::Subtract,
                _ => return Ok(sum),
            };
            self.rest.next();
            sum = Expression::Two(operator, Box::new(sum), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Parsed {
        let mut product = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some((_, '*')) => Operator::Multiply,
                Some((_, '/')) => Operator::Divide,
                _ => return Ok(product),
            };
            self.rest.next();
            product = Expression::Two(operator, Box::new(product), Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Parsed {
        let at = self.peek().map_or(self.text.len(), |(at, _)| at);
        self.depth += 1;
        if self.depth > DEEPEST {
            let message = format!("more than {DEEPEST} brackets or signs within each other");
            return Err(ExpressionError { at, message });
        }
        let factor = match self.peek() {
            Some((_, '-')) => {
                self.rest.next();
                Expression::One(Function::Negative, Box::new(self.factor()?))
            }
            Some((_, '(')) => {
                self.rest.next();
                let inner = self.sum()?;
                self.demand(')', "`)`")?;
                inner
            }
            Some((_, '`')) => {
                self.rest.next();
                let name = self.word(|c| c != '`');
                if name.is_empty() {
                    return Err(self.expected("a name between backticks"));
                }
                self.demand('`', "a closing backtick")?;
                Expression::Atom(Name { name, at })
            }
            Some((_, c)) if c.is_ascii_digit() || c == '.' => self.number(at)?,
            Some((_, c)) if c.is_alphabetic() || c == '_' => {
                let name = self.word(|c| c.is_alphanumeric() || c == '_');
                if self.take('(') { self.call(&name, at)? } else { Expression::Atom(Name { name, at }) }
            }
            _ => return Err(self.expected("a number, a name, `-` or `(`")),
        };
        self.depth -= 1;
        Ok(factor)
    }

    fn number(&mut self, at: usize) -> Parsed {
        let mut digits = self.word(|c| c.is_ascii_digit() || matches!(c, '.' | '_'));
        if let Some((_, e)) = self.rest.next_if(|(_, c)| matches!(c, 'e' | 'E')) {
            digits.push(e);
            digits.extend(self.rest.next_if(|(_, c)| matches!(c, '+' | '-')).map(|(_, sign)| sign));
            digits += &self.word(|c| c.is_ascii_digit());
        }
        let number = digits.replace('_', "").parse().ok().filter(|n: &f64| n.is_finite());
        match (number, self.rest.peek()) {
            (Some(_), Some((_, c))) if c.is_alphabetic() || *c == '_' => {
                let message =
                    format!("{digits}{c} is no number; a name that begins with a digit goes between backticks");
                Err(ExpressionError { at, message })
            }
            (Some(number), _) => Ok(Expression::Number(number)),
            (None, _) => Err(ExpressionError { at, message: format!("expected a number, found `{digits}`") }),
        }
    }

    fn call(&mut self, name: &str, at: usize) -> Parsed {
        let two = match name {
            "min" => Some(Operator::Least),
            "max" => Some(Operator::Greatest),
            _ => None,
        };
        let one = match name {
            "abs" => Some(Function::Absolute),
            "sqrt" => Some(Function::Root),
            _ => None,
        };
        let first = Box::new(self.sum()?);
        let value = match (one, two) {
            (Some(function), _) => Expression::One(function, first),
            (_, Some(operator)) => {
                let mut all = *first;
                while self.take(',') {
                    all = Expression::Two(operator, Box::new(all), Box::new(self.sum()?));
                }
                all
            }
            (None, None) => {
                let message = format!("there is no function `{name}`; there are `abs`, `max`, `min` and `sqrt`");
                return Err(ExpressionError { at, message });
            }
        };
        self.demand(')', if two.is_some() { "`,` or `)`" } else { "`)`" })?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> f64 {
        let figure = |name: &Name| match name.name.as_str() {
            "a" => 3.0,
            "b 2" => 4.0,
            _ => f64::NAN,
        };
        Expression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).value(&mut { figure })
    }

    #[test]
    fn by_hand() {
        for (text, expected) in [
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("8 - 4 - 2", 2.0),
            ("8 / 4 / 2", 1.0),
            ("-a * -2", 6.0),
            ("- (a - `b 2`) / 2", 0.5),
            ("min(a, `b 2`, 2.5) + max(a, 10)", 12.5),
            ("abs(a - 5) + sqrt(16)", 6.0),
            ("1_000 * 1e-3 + .5", 1.5),
            ("\n a\t+1 ", 4.0),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
        for none in ["a / 0", "a / (a - 3)", "0 / 0", "sqrt(-1)", "min(1, c)", "max(c, 1)", "0 * c"] {
            assert!(value(none).is_nan(), "{none} has a value");
        }
    }

    #[test]
    fn what_can_t_be_read_is_said_with_its_place() {
        let deep = "(".repeat(60);
        let long = "1+".repeat(600);
        for (text, at, said) in [
            ("", 0, "found the end"),
            ("a +", 3, "expected a number, a name, `-` or `(`, found the end"),
            ("a + * b", 4, "found `*`"),
            ("(a", 2, "expected `)`"),
            ("a b", 2, "expected `+`, `-`, `*`, `/` or the end, found `b`"),
            ("avg(a)", 0, "there is no function `avg`"),
            ("abs(a, b)", 5, "expected `)`, found `,`"),
            ("min()", 4, "found `)`"),
            ("1.2.3", 0, "expected a number"),
            ("2021_x", 0, "backticks"),
            ("2 + 1e", 4, "expected a number"),
            ("1e999", 0, "expected a number"),
            ("`a", 2, "closing backtick"),
            ("é + €", 5, "found `€`"),
            (&deep, 50, "more than 50"),
            (&long, 0, "1200 bytes"),
        ] {
            let error = Expression::parse(text).expect_err(text);
            assert!(error.at == at && error.message.contains(said), "{text}: {error:?}");
        }
    }

    #[test]
    fn a_range_holds_all_values() {
        let corners = [-2.0, -0.5, 0.0, 1.0, 3.0];
        for text in
            ["a*c - a", "abs(a) + c", "a / (abs(c) + 1)", "min(a, c) * max(a, -c)", "sqrt(abs(c)) - a/2", "-(a - c)"]
        {
            let formula = Expression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            let inside = |x: f64, [low, high]: [f64; 2]| low <= x && x <= high;
            for (low, high) in
                corners.iter().flat_map(|l| corners.iter().map(move |h| (*l, *h))).filter(|(l, h)| l <= h)
            {
                let range = formula.range(&mut |_| Some([low, high])).unwrap_or_else(|| panic!("{text} has a range"));
                for (a, c) in corners.iter().flat_map(|a| corners.iter().map(move |c| (*a, *c))) {
                    if inside(a, [low, high]) && inside(c, [low, high]) {
                        let value = formula.value(&mut |name| if name.name == "a" { a } else { c });
                        assert!(inside(value, range), "{text} of {a} and {c} is {value}, not in {range:?}");
                    }
                }
            }
        }
        let formula = Expression::parse("1 / a").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(formula.range(&mut |_| Some([0.0, 1.0])), None);
        assert_eq!(formula.range(&mut |_| Some([0.5, f64::INFINITY])), Some([0.0, 2.0]));
    }
}
