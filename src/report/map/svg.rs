//! SVG being written: escaped text, and paths in whole units with as few letters as they need.

use std::fmt::Write as _;

use super::lines::Point;
use crate::words::clean;

/// A piece of SVG.
#[derive(Debug, Default)]
pub(in crate::report) struct Svg(pub(in crate::report) String);

impl Svg {
    /// Markup as it is.
    pub(in crate::report) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text from anywhere, cleaned of what XML can't hold, and escaped.
    pub(in crate::report) fn escaped(&mut self, text: &str) {
        for c in clean(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                c => self.0.push(c),
            }
        }
    }

    pub(in crate::report) fn element(&mut self, name: &str, attributes: &str, text: &str) {
        let _ = write!(self.0, "<{name}{attributes}>");
        self.escaped(text);
        let _ = writeln!(self.0, "</{name}>");
    }

    pub(super) fn text(&mut self, at: Point, size: i32, attributes: &str, text: &str) {
        let [x, y] = at;
        self.element("text", &format!(" x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{attributes}"), text);
    }

    /// Centred text with a light halo, readable on any hatch.
    pub(super) fn halo(&mut self, at: Point, size: i32, attributes: &str, text: &str) {
        let halo = " text-anchor=\"middle\" stroke=\"#fff\" stroke-opacity=\".85\" stroke-width=\"12\" stroke-linejoin=\"round\" paint-order=\"stroke\"";
        self.text(at, size, &format!("{halo}{attributes}"), text);
    }

    /// Closed rings, filled by even and odd.
    pub(super) fn shape(&mut self, rings: &[Vec<Point>], attributes: &str) {
        if !rings.is_empty() {
            let _ = write!(self.0, "<path {attributes} fill-rule=\"evenodd\" d=\"");
            self.path(rings, true);
            self.0.push_str("\"/>\n");
        }
    }

    /// Open lines.
    pub(super) fn line(&mut self, lines: &[Vec<Point>], attributes: &str) {
        if !lines.is_empty() {
            let _ = write!(self.0, "<path fill=\"none\" stroke-linejoin=\"round\" {attributes} d=\"");
            self.path(lines, false);
            self.0.push_str("\"/>\n");
        }
    }

    /// The data of a path: absolute starts, relative steps.
    pub(super) fn path(&mut self, lines: &[Vec<Point>], closed: bool) {
        for line in lines {
            let Some((&start, rest)) = line.split_first() else { continue };
            let _ = write!(self.0, "M{} {}l", start[0], start[1]);
            let mut at = start;
            for (i, &p) in rest.iter().enumerate() {
                for (k, step) in [p[0] - at[0], p[1] - at[1]].into_iter().enumerate() {
                    if step >= 0 && (i > 0 || k > 0) {
                        self.0.push(' ');
                    }
                    let _ = write!(self.0, "{step}");
                }
                at = p;
            }
            if closed {
                self.0.push('z');
            }
        }
    }
}
