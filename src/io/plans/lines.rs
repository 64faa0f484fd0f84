//! JSON lines: an object a line, each of them a plan.

use std::sync::Arc;

use super::file::Reader;
use super::records::{Line, read_line};
use super::{Body, MAX_PLAN_BYTES, RawPlan};
use crate::io::Error;

/// The lines that are left.
pub(super) struct Lines {
    reader: Reader,
    first: Option<Vec<u8>>,
    line: u32,
    /// Whether the first line is the only one: then the file's name is the plan's.
    only: Option<bool>,
    failed: bool,
}

impl Lines {
    /// The lines of a reader of which the first that is not blank (of this number) was read already.
    pub(super) fn new(reader: Reader, first: Vec<u8>, line: u32) -> Self {
        Self { reader, first: Some(first), line, only: None, failed: false }
    }

    /// The next plan; a line that can't be read is one as well.
    pub(super) fn next(&mut self, path: &Arc<str>, stem: &str) -> Option<RawPlan> {
        while !self.failed {
            let (line, mut text) = (self.line, self.first.take().unwrap_or_default());
            self.line = self.line.saturating_add(1);
            let how = if text.is_empty() {
                read_line(&mut self.reader, &mut text, MAX_PLAN_BYTES)
            } else if text.len() > MAX_PLAN_BYTES {
                Ok(Line::TooLong)
            } else {
                Ok(Line::Whole)
            };
            let only = *self.only.get_or_insert_with(|| {
                let (blank, nothing) = pass_blanks(&mut self.reader);
                self.line = self.line.saturating_add(blank);
                nothing
            });
            let name = if only { stem.to_owned() } else { format!("{stem}:{line}") };
            let fail = |code, message: String| {
                let reason = Error::new(&**path, code, message).at(format!("line {line}"));
                Some(RawPlan::unreadable(path, super::json::name(&text).unwrap_or(&name), reason))
            };
            match how {
                Err(e) => {
                    self.failed = true;
                    return fail("E102", format!("can't be read further: {e}"));
                }
                Ok(Line::End) => return None,
                Ok(Line::TooLong) => {
                    return fail("E505", format!("one plan takes more than {MAX_PLAN_BYTES} bytes"));
                }
                Ok(Line::Whole) if text.trim_ascii().is_empty() => {}
                Ok(Line::Whole) => return Some(RawPlan { path: path.clone(), body: Body::Json { text, line, name } }),
            }
        }
        None
    }
}

/// Passes over blank lines; gives how many there were, and whether nothing else follows. An error is left for the
/// next reading to say.
fn pass_blanks(reader: &mut Reader) -> (u32, bool) {
    let mut lines = 0u32;
    while let Ok(buffer) = reader.fill_buf() {
        let blanks = buffer.iter().take_while(|b| b.is_ascii_whitespace()).count();
        if buffer.is_empty() || blanks < buffer.len() {
            let nothing = buffer.is_empty();
            lines += count(&buffer[..blanks]);
            reader.consume(blanks);
            return (lines, nothing);
        }
        lines = lines.saturating_add(count(buffer));
        reader.consume(blanks);
    }
    (lines, false)
}

/// Line ends, as the 32 bits that a line's number has.
fn count(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|&&b| b == b'\n').count()).unwrap_or(u32::MAX)
}
