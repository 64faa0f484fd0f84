//! A page for people, made once and written as Markdown or as HTML.
//!
//! Both say the same: a page is headings, paragraphs, lists, tables and pictures, and what comes from a file is escaped in
//! the one place where it is written.

use std::fmt::Write as _;

use crate::words::{Lang, clean};

/// A piece of text: plain, strong, or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    text: String,
    strong: bool,
    /// The file that it leads to, in the same folder: letters, digits, `-`, `_` and dots.
    href: Option<String>,
}

/// A line of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text(Vec<Span>);

impl Text {
    pub(super) fn strong(text: &str) -> Self {
        Self(vec![Span { text: text.to_owned(), strong: true, href: None }])
    }

    pub(super) fn link(text: &str, href: &str) -> Self {
        Self(vec![Span { text: text.to_owned(), strong: false, href: Some(href.to_owned()) }])
    }

    /// This and then that.
    pub(super) fn and(mut self, more: impl Into<Self>) -> Self {
        self.0.extend(more.into().0);
        self
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(vec![Span { text: text.to_owned(), strong: false, href: None }])
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// A table; the first cell of a row names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) caption: String,
    /// The title of each column, and whether it holds numbers.
    pub(super) heads: Vec<(String, bool)>,
    pub(super) rows: Vec<Vec<Text>>,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    /// The whole SVG, which describes itself in words.
    pub(super) svg: String,
    /// The file beside the Markdown that holds the same.
    pub(super) file: String,
    /// What it shows.
    pub(super) caption: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Block {
    Heading(u8, String),
    Paragraph(Text),
    List(Vec<Text>),
    Table(Table),
    Picture(Picture),
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    lang: Lang,
    title: String,
    blocks: Vec<Block>,
}

impl Document {
    pub(super) fn new(lang: Lang, title: &str) -> Self {
        Self { lang, title: title.to_owned(), blocks: Vec::new() }
    }

    pub(super) fn head(&mut self, level: u8, text: &str) {
        self.blocks.push(Block::Heading(level, text.to_owned()));
    }

    pub(super) fn say(&mut self, text: impl Into<Text>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    pub(super) fn list<T: Into<Text>>(&mut self, items: impl IntoIterator<Item = T>) {
        let items: Vec<Text> = items.into_iter().map(Into::into).collect();
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    pub(super) fn table(&mut self, table: Table) {
        if !table.rows.is_empty() {
            self.blocks.push(Block::Table(table));
        }
    }

    pub(super) fn picture(&mut self, picture: Picture) {
        self.blocks.push(Block::Picture(picture));
    }

    /// The page as Markdown with tables (GitHub's), links to `.md` files.
    pub(super) fn markdown(&self) -> String {
        let mut out = String::from("# ");
        escape_markdown(&self.title, &mut out);
        out.push('\n');
        for block in &self.blocks {
            out.push('\n');
            match block {
                Block::Heading(level, text) => {
                    out.push_str(&"#".repeat(usize::from(*level)));
                    out.push(' ');
                    escape_markdown(text, &mut out);
                    out.push('\n');
                }
                Block::Paragraph(text) => {
                    markdown_text(text, &mut out);
                    out.push('\n');
                }
                Block::List(items) => {
                    for item in items {
                        out.push_str("- ");
                        markdown_text(item, &mut out);
                        out.push('\n');
                    }
                }
                Block::Table(table) => markdown_table(table, &mut out),
                Block::Picture(picture) => {
                    out.push_str("![");
                    escape_markdown(&picture.caption, &mut out);
                    let _ = writeln!(out, "]({})", picture.file);
                }
            }
        }
        out
    }

    /// The page as one HTML file that needs no other: pictures are in it, links lead to `.html` files.
    pub(super) fn html(&self) -> String {
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
            self.lang
        );
        escape_html(&self.title, &mut out);
        let _ = write!(out, "</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>");
        escape_html(&self.title, &mut out);
        out.push_str("</h1>\n");
        for block in &self.blocks {
            match block {
                Block::Heading(level, text) => {
                    let _ = write!(out, "<h{level}>");
                    escape_html(text, &mut out);
                    let _ = writeln!(out, "</h{level}>");
                }
                Block::Paragraph(text) => {
                    out.push_str("<p>");
                    html_text(text, &mut out);
                    out.push_str("</p>\n");
                }
                Block::List(items) => {
                    out.push_str("<ul>\n");
                    for item in items {
                        out.push_str("<li>");
                        html_text(item, &mut out);
                        out.push_str("</li>\n");
                    }
                    out.push_str("</ul>\n");
                }
                Block::Table(table) => html_table(table, &mut out),
                Block::Picture(picture) => {
                    out.push_str("<figure>\n");
                    out.push_str(&picture.svg);
                    out.push_str("<figcaption>");
                    escape_html(&picture.caption, &mut out);
                    out.push_str("</figcaption>\n</figure>\n");
                }
            }
        }
        out.push_str("</main>\n</body>\n</html>\n");
        out
    }

    /// The pictures, each with its file.
    pub(super) fn pictures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Picture(picture) => Some((picture.file.as_str(), picture.svg.as_str())),
            _ => None,
        })
    }
}

/// For a screen and for A4: dark letters on white, rules around cells, heads repeated on each printed page.
const STYLE: &str = "\
body{font:16px/1.5 'Source Sans 3','Segoe UI','Helvetica Neue',Arial,sans-serif;color:#1a1a1a;background:#fff;margin:0}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem;border-bottom:1px solid #767676}h3{font-size:1.05rem}
h1,h2,h3{break-after:avoid}p,li{overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:1rem 0;font-size:.92rem}
caption{text-align:left;font-weight:bold;padding:.3rem 0}
th,td{border:1px solid #767676;padding:.25rem .45rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead{background:#f0f0f0;display:table-header-group}tbody th{font-weight:600}
.n{text-align:right;font-variant-numeric:tabular-nums}tr,figure{break-inside:avoid}
figure{margin:1rem 0}figure svg{width:100%;height:auto}figcaption{font-size:.92rem}a{color:#0b4f8a}
@page{size:A4;margin:18mm}@media print{main{max-width:none;padding:0}body{font-size:10.5pt}a{color:inherit}}
";

fn html_text(text: &Text, out: &mut String) {
    for span in &text.0 {
        if let Some(href) = &span.href {
            let _ = write!(out, "<a href=\"{href}.html\">");
            escape_html(&span.text, out);
            out.push_str("</a>");
        } else if span.strong {
            out.push_str("<strong>");
            escape_html(&span.text, out);
            out.push_str("</strong>");
        } else {
            escape_html(&span.text, out);
        }
    }
}

fn html_table(table: &Table, out: &mut String) {
    out.push_str("<table>\n<caption>");
    escape_html(&table.caption, out);
    out.push_str("</caption>\n<thead>\n<tr>");
    let class = |column: usize| if table.heads.get(column).is_some_and(|h| h.1) { " class=\"n\"" } else { "" };
    for (column, (title, _)) in table.heads.iter().enumerate() {
        let _ = write!(out, "<th scope=\"col\"{}>", class(column));
        escape_html(title, out);
        out.push_str("</th>");
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let (open, close) = if column == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
            let _ = write!(out, "<{open}{}>", class(column));
            html_text(cell, out);
            let _ = write!(out, "</{close}>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn escape_html(text: &str, out: &mut String) {
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

fn markdown_text(text: &Text, out: &mut String) {
    for span in &text.0 {
        if let Some(href) = &span.href {
            out.push('[');
            escape_markdown(&span.text, out);
            let _ = write!(out, "]({href}.md)");
        } else if span.strong && !span.text.trim().is_empty() {
            out.push_str("**");
            escape_markdown(span.text.trim(), out);
            out.push_str("**");
        } else {
            escape_markdown(&span.text, out);
        }
    }
}

fn markdown_table(table: &Table, out: &mut String) {
    out.push_str("**");
    escape_markdown(&table.caption, out);
    out.push_str("**\n\n|");
    for (title, _) in &table.heads {
        out.push(' ');
        escape_markdown(title, out);
        out.push_str(" |");
    }
    out.push_str("\n|");
    for (_, right) in &table.heads {
        out.push_str(if *right { " ---: |" } else { " --- |" });
    }
    out.push('\n');
    for row in &table.rows {
        out.push('|');
        for cell in row {
            out.push(' ');
            markdown_text(cell, out);
            out.push_str(" |");
        }
        out.push('\n');
    }
}

/// Whatever could begin markup gets a backslash: also a dash, plus or number at the start of a line (which would
/// make a list), a pipe (a cell), and the ampersand and angle brackets of HTML.
fn escape_markdown(text: &str, out: &mut String) {
    let text = clean(text);
    let mut number = !text.is_empty();
    for (i, c) in text.chars().enumerate() {
        let listed = number && i > 0 && matches!(c, '.' | ')');
        number &= c.is_ascii_digit();
        if "\\`*_{}[]<>#|~&!$^".contains(c) || listed || (i == 0 && "-+=".contains(c)) {
            out.push('\\');
        }
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Document {
        let mut page = Document::new(Lang::Nl, "Voorstel <script>alert('x')</script>");
        page.head(2, "a # b");
        page.say(Text::strong("vet").and(" en ").and(Text::link("naar [x](y)", "west")));
        page.list(["1. geen lijst", "- ook niet", "twee\nregels"]);
        let row = vec![Text::from("a | b"), Text::from("1 & 2")];
        let heads = vec![("Naam".to_owned(), false), ("Aantal".to_owned(), true)];
        page.table(Table { caption: "T*abel".into(), heads, rows: vec![row] });
        page.picture(Picture { svg: "<svg/>\n".into(), file: "west.svg".into(), caption: "Een ](kaart".into() });
        page
    }

    #[test]
    fn html_is_escaped_labelled_and_whole() {
        let html = page().html();
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"nl\">"), "{html}");
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{html}");
        for part in [
            "<p><strong>vet</strong> en <a href=\"west.html\">naar [x](y)</a></p>",
            "<caption>T*abel</caption>",
            "<th scope=\"col\" class=\"n\">Aantal</th>",
            "<tr><th scope=\"row\">a | b</th><td class=\"n\">1 &amp; 2</td></tr>",
            "<li>twee regels</li>",
            "<figure>\n<svg/>\n<figcaption>Een ](kaart</figcaption>",
        ] {
            assert!(html.contains(part), "{part} is not in\n{html}");
        }
    }

    #[test]
    fn markdown_is_escaped() {
        let expected = "# Voorstel \\<script\\>alert('x')\\</script\\>\n\n## a \\# b\n\n\
             **vet** en [naar \\[x\\](y)](west.md)\n\n\
             - 1\\. geen lijst\n- \\- ook niet\n- twee regels\n\n\
             **T\\*abel**\n\n| Naam | Aantal |\n| --- | ---: |\n| a \\| b | 1 \\& 2 |\n\n\
             ![Een \\](kaart](west.svg)\n";
        assert_eq!(page().markdown(), expected);
    }
}
