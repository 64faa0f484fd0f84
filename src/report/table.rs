//! Columns, wrapped text and colour for a terminal or a letter.

/// Escape codes for a terminal, or nothing at all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

/// What a piece of text is, in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Bold,
    Dim,
    Good,
    Granted,
    Bad,
    Doubt,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "1;32",
            Self::Granted => "1;36",
            Self::Bad => "1;31",
            Self::Doubt => "33",
        }
    }
}

impl Paint {
    pub(super) fn put(self, out: &mut String, ink: Ink, text: &str) {
        if self.0 && ink != Ink::Plain && !text.is_empty() {
            out.push_str("\u{1b}[");
            out.push_str(ink.code());
            out.push('m');
            out.push_str(text);
            out.push_str("\u{1b}[0m");
        } else {
            out.push_str(text);
        }
    }
}

/// Cuts text into lines of at most `width` characters, at spaces where there are any.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        // A word longer than a line breaks after its hyphens, or anywhere where it has none.
        for part in word.split_inclusive(if length > width { '-' } else { ' ' }) {
            if used > 0 && length > width && used + part.chars().count() > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            for c in part.chars() {
                if used == width {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push(c);
                used += 1;
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Writes text after `first`, later lines indented by as much, none longer than `width`.
pub(super) fn paragraph(out: &mut String, paint: Paint, first: (&str, Ink), text: &str, width: usize) {
    let indent = first.0.chars().count();
    for (i, line) in wrap(text, width.saturating_sub(indent).max(20)).iter().enumerate() {
        if i == 0 {
            paint.put(out, first.1, first.0);
        } else {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// A cell: its text and ink.
#[derive(Debug, Clone)]
pub(super) struct Cell(pub(super) String, pub(super) Ink);

impl Cell {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self(text.into(), Ink::Plain)
    }
}

/// How a column behaves.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) title: String,
    pub(super) right: bool,
    /// May be made narrower (its cells wrap) where the table is wider than the page.
    pub(super) wraps: bool,
}

/// Lays out a table with a rule under its head; cells of wrapping columns take several lines where they must.
pub(super) fn table(out: &mut String, paint: Paint, columns: &[Column], rows: &[Vec<Cell>], width: usize) {
    let widths = column_widths(columns, rows, width);
    let head: Vec<Cell> = columns.iter().map(|c| Cell(c.title.clone(), Ink::Bold)).collect();
    put_row(out, paint, columns, &widths, &head);
    let total = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
    paint.put(out, Ink::Dim, &"─".repeat(total));
    out.push('\n');
    for row in rows {
        put_row(out, paint, columns, &widths, row);
    }
}

fn column_widths(columns: &[Column], rows: &[Vec<Cell>], width: usize) -> Vec<usize> {
    const NARROWEST: usize = 12;
    let mut widths: Vec<usize> = columns.iter().map(|c| c.title.chars().count()).collect();
    for row in rows {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(cell.0.chars().count());
        }
    }
    let gaps = 2 * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let widest =
            (0..columns.len()).filter(|&i| columns[i].wraps && widths[i] > NARROWEST).max_by_key(|&i| widths[i]);
        match widest {
            Some(i) => widths[i] -= 1,
            None => break,
        }
    }
    widths
}

fn put_row(out: &mut String, paint: Paint, columns: &[Column], widths: &[usize], row: &[Cell]) {
    let cells: Vec<Vec<String>> = row.iter().zip(widths).map(|(cell, &w)| wrap(&cell.0, w)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let start = out.len();
        for (i, lines) in cells.iter().enumerate() {
            if i > 0 {
                out.push_str("  ");
            }
            let text = lines.get(line).map_or("", String::as_str);
            let pad = widths[i].saturating_sub(text.chars().count());
            if columns[i].right {
                out.extend(std::iter::repeat_n(' ', pad));
            }
            paint.put(out, row[i].1, text);
            if !columns[i].right {
                out.extend(std::iter::repeat_n(' ', pad));
            }
        }
        let end = out.trim_end_matches(' ').len().max(start);
        out.truncate(end);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_never_exceed_the_width() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("Zuid-West-Vlaanderen x", 12), ["Zuid-West-", "Vlaanderen x"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("é è ü", 3), ["é è", "ü"]);
    }

    #[test]
    fn a_wide_table_wraps_its_flexible_column_only() {
        let columns = [
            Column { title: "area".into(), right: false, wraps: true },
            Column { title: "n".into(), right: true, wraps: false },
        ];
        let rows = [vec![Cell::plain("a rather long name of an area"), Cell::plain("12")]];
        let mut out = String::new();
        table(&mut out, Paint(false), &columns, &rows, 20);
        assert_eq!(out.lines().next().map(str::len), Some(20));
        assert_eq!(out.lines().skip(2).collect::<Vec<_>>(), ["a rather long     12", "name of an area"]);
        assert!(out.lines().all(|l| l.chars().count() <= 20));
    }
}
