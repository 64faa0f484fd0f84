//! Who touches whom, as text, JSON, CSV, GAL (PySAL, GeoDa) and NetworkX adjacency JSON (GerryChain).

use std::fmt::Write as _;

use geo::{Area as _, Euclidean, Length as _};
use serde::Serialize;

use super::ReportError;
use super::boundaries::{Rows, milli};
use super::json::{Plain, member, put};
use super::table::{Cell, Column, Ink, Paint, paragraph, table};
use super::text::count;
use crate::territory::adjacency::Contiguity;
use crate::territory::coverage::Problem;
use crate::territory::{Division, Graph, Link, LinkKind, Territory};
use crate::words::{self, Lang, say};

/// The links of a territory that count as neighbours, for a report.
#[derive(Debug, Clone, Copy)]
pub struct Links<'a> {
    /// The territory.
    pub territory: &'a Territory,
    /// Which links count, and are joined into components.
    pub contiguity: Contiguity,
    /// Pairs that nearly touch, where the boundaries were searched for them (problems of kind `near-miss`).
    pub near: Option<&'a [Problem]>,
}

impl<'a> Links<'a> {
    /// Every link, those that don't count for contiguity included: evidence is never left out.
    fn listed(&self) -> impl Iterator<Item = &'a Link> + use<'a> {
        self.territory.adjacency().links().iter()
    }

    fn code(&self, position: u32) -> &'a str {
        &self.territory.municipalities()[position as usize].code
    }

    /// The graph of the links listed, its components, and who has no link at all.
    fn shape(&self) -> (Graph, u32, Vec<&'a str>) {
        let graph = self.territory.adjacency().graph(self.contiguity);
        let (_, components) = graph.components_within(&vec![0; graph.len()]);
        let municipalities = self.territory.municipalities();
        let alone = (0..graph.len()).filter(|&i| graph.neighbours(i).is_empty());
        let islands = alone.map(|i| municipalities[i].code.as_str()).collect();
        (graph, components, islands)
    }
}

/// The links as the contract's JSON object, one link a line; metres rounded to a millimetre.
#[must_use]
pub fn adjacency_json(links: &Links<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct LinkOut<'a> {
        a: &'a str,
        b: &'a str,
        length_m: Plain,
        kind: LinkKind,
        within_tolerance_m: Plain,
        doubtful: bool,
        counts: bool,
        reason: Option<&'a str>,
    }
    #[derive(Serialize)]
    struct Near<'a> {
        municipalities: &'a [String],
        gap_m: Option<Plain>,
        length_m: Option<Plain>,
        place: Option<[Plain; 2]>,
    }
    let (_, components, islands) = links.shape();
    let mut out = b"{\"units\":[".to_vec();
    separated(&mut out, links.territory.municipalities().iter().map(|m| &m.code), b",");
    out.extend_from_slice(b"],\n\"links\":[\n");
    let rows = links.listed().map(|l| LinkOut {
        a: links.code(l.a),
        b: links.code(l.b),
        length_m: milli(l.length_m),
        kind: l.kind,
        within_tolerance_m: milli(l.within_tolerance_m),
        doubtful: l.doubtful,
        counts: links.contiguity.counts(l),
        reason: l.reason.as_deref(),
    });
    separated(&mut out, rows, b",\n");
    out.extend_from_slice(b"],\n\"islands\":");
    put(&mut out, &islands);
    out.extend_from_slice(b",\n\"components\":");
    put(&mut out, &components);
    if let Some(shapes) = links.territory.shapes().filter(|s| !s.schematic) {
        out.extend_from_slice(b",\n\"plane\":");
        put(&mut out, &shapes.crs);
    }
    if let Some(near) = links.near {
        out.extend_from_slice(b",\n\"near\":[\n");
        let rows = near.iter().map(|p| Near {
            municipalities: &p.municipalities,
            gap_m: p.width_m.map(milli),
            length_m: p.length_m.map(milli),
            place: p.place.map(|[x, y]| [Plain(x), Plain(y)]),
        });
        separated(&mut out, rows, b",\n");
        out.push(b']');
    }
    out.extend_from_slice(b"}\n");
    out
}

fn separated<T: Serialize>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, between: &[u8]) {
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.extend_from_slice(between);
        }
        put(out, &item);
    }
}

/// The links as CSV: `a,b,length_m,kind,within_tolerance_m,doubtful,reason`; metres to a centimetre.
#[must_use]
pub fn adjacency_csv(links: &Links<'_>) -> Vec<u8> {
    let mut rows = Rows::new(&["a", "b", "length_m", "kind", "within_tolerance_m", "doubtful", "reason"]);
    let (mut length, mut within) = (String::new(), String::new());
    for l in links.listed() {
        length.clear();
        within.clear();
        let _ = write!(length, "{:.2}", l.length_m);
        let _ = write!(within, "{:.2}", l.within_tolerance_m);
        let doubtful = if l.doubtful { "true" } else { "false" };
        let reason = l.reason.as_deref().unwrap_or_default();
        rows.row(&[links.code(l.a), links.code(l.b), &length, kind(l.kind), &within, doubtful, reason]);
    }
    rows.bytes()
}

fn kind(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Border => "border",
        LinkKind::Point => "point",
        LinkKind::Declared => "declared",
    }
}

/// The neighbours of each municipality in GAL, as PySAL and GeoDa read it.
///
/// # Errors
///
/// A code that is empty or has white space in it: GAL separates codes by spaces.
pub fn adjacency_gal(links: &Links<'_>) -> Result<Vec<u8>, ReportError> {
    let municipalities = links.territory.municipalities();
    if let Some(m) = municipalities.iter().find(|m| m.code.is_empty() || m.code.contains(char::is_whitespace)) {
        return Err(ReportError::CodeWithSpace { code: m.code.clone() });
    }
    let graph = links.territory.adjacency().graph(links.contiguity);
    let name: String = links.territory.name().split_whitespace().collect::<Vec<_>>().join("_");
    let name = if name.is_empty() { "territory" } else { &name };
    let mut out = format!("0 {} {name} code\n", municipalities.len());
    for (i, m) in municipalities.iter().enumerate() {
        let neighbours = graph.neighbours(i);
        let _ = writeln!(out, "{} {}", m.code, neighbours.len());
        for (k, &j) in neighbours.iter().enumerate() {
            if k > 0 {
                out.push(' ');
            }
            out.push_str(links.code(j));
        }
        out.push('\n');
    }
    Ok(out.into_bytes())
}

/// The graph in NetworkX's adjacency JSON, as `networkx.readwrite.json_graph.adjacency_graph` and GerryChain's
/// `Graph.from_json` read it.
///
/// Nodes carry the name, every attribute and division of the territory and, where it has true shapes, `area` (m2),
/// `boundary_node` and `boundary_perim` (metres on the territory's own edge); links carry `shared_perim` (metres).
#[must_use]
pub fn adjacency_networkx(links: &Links<'_>) -> Vec<u8> {
    let territory = links.territory;
    let edge = edges(links);
    let mut out = b"{\"directed\":false,\"multigraph\":false,\"graph\":[],\n\"nodes\":[\n".to_vec();
    for (i, m) in territory.municipalities().iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{\"name\":" } else { b",\n{\"name\":" });
        put(&mut out, &m.name);
        for attribute in territory.attributes().iter().filter(|a| !reserved(&a.name)) {
            member(&mut out, &attribute.name, &attribute.values[i].map(Plain));
        }
        let free = |d: &&Division| !reserved(&d.name) && territory.attribute(&d.name).is_none();
        for division in territory.divisions().iter().filter(free) {
            member(&mut out, &division.name, &division.of[i].map(|zone| &division.zones[zone as usize]));
        }
        if let Some((area, perimeter)) = edge.get(i) {
            let own = |name: &str| territory.attribute(name).is_none() && territory.division(name).is_none();
            for (name, value) in [("area", area), ("boundary_perim", perimeter)] {
                if own(name) {
                    member(&mut out, name, &milli(*value));
                }
            }
            if own("boundary_node") {
                member(&mut out, "boundary_node", &(*perimeter > 0.0));
            }
        }
        member(&mut out, "id", &m.code);
        out.push(b'}');
    }
    out.extend_from_slice(b"\n],\n\"adjacency\":[\n");
    for i in 0..territory.len() {
        out.extend_from_slice(if i == 0 { b"[" } else { b",\n[" });
        let counted = territory.adjacency().neighbours(i).filter(|(_, link)| links.contiguity.counts(link));
        for (k, (j, link)) in counted.enumerate() {
            out.extend_from_slice(if k == 0 { b"{\"shared_perim\":" } else { b",{\"shared_perim\":" });
            put(&mut out, &milli(link.length_m));
            member(&mut out, "kind", kind(link.kind));
            member(&mut out, "id", &territory.municipalities()[j].code);
            out.push(b'}');
        }
        out.push(b']');
    }
    out.extend_from_slice(b"\n]}\n");
    out
}

/// Keys that every node has for itself; a column of the same name would appear twice.
fn reserved(name: &str) -> bool {
    matches!(name, "id" | "name")
}

/// Area (m2) and metres on the territory's own edge of each municipality; empty without true shapes.
fn edges(links: &Links<'_>) -> Vec<(f64, f64)> {
    const NOISE_M: f64 = 0.01;
    let Some(shapes) = links.territory.shapes().filter(|s| !s.schematic) else { return Vec::new() };
    let mut found: Vec<(f64, f64)> = shapes
        .polygons
        .iter()
        .map(|p| {
            let rings = p.iter().flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()));
            (p.unsigned_area(), rings.map(|ring| Euclidean.length(ring)).sum())
        })
        .collect();
    for link in links.territory.adjacency().links() {
        for end in [link.a, link.b] {
            found[end as usize].1 -= link.length_m;
        }
    }
    for (_, perimeter) in &mut found {
        *perimeter = if *perimeter > NOISE_M { *perimeter } else { 0.0 };
    }
    found
}

/// The links for people: what matters first, then every link.
#[must_use]
pub fn adjacency_text(links: &Links<'_>, lang: Lang, colour: bool, width: usize) -> String {
    let territory = links.territory;
    let paint = Paint(colour);
    let (graph, components, islands) = links.shape();
    let number = |n: usize| words::number(lang, count(n), 0);
    let mut out = String::new();
    let head = say(
        lang,
        "adjacency.head",
        &[
            ("territory", territory.name()),
            ("municipalities", &number(graph.len())),
            ("links", &number(links.listed().filter(|l| links.contiguity.counts(l)).count())),
            ("components", &words::number(lang, f64::from(components), 0)),
        ],
    );
    paragraph(&mut out, paint, ("", Ink::Plain), &head, width);
    if !islands.is_empty() {
        let list = words::municipalities(lang, &islands, territory);
        let n = number(islands.len());
        let line = say(lang, "adjacency.islands", &[("n", &n), ("municipalities", &list)]);
        paragraph(&mut out, paint, ("", Ink::Plain), &line, width);
    }
    out.push('\n');
    let column = |key: &str, right, wraps| Column { title: say(lang, key, &[]), right, wraps };
    let columns = [
        column("head.a", false, true),
        column("head.b", false, true),
        column("head.length", true, false),
        column("head.kind", false, false),
        column("head.remark", false, true),
    ];
    let rows: Vec<Vec<Cell>> = links
        .listed()
        .map(|l| {
            vec![
                Cell::plain(words::municipalities(lang, &[links.code(l.a)], territory)),
                Cell::plain(words::municipalities(lang, &[links.code(l.b)], territory)),
                Cell::plain(words::cents(lang, l.length_m)),
                Cell::plain(say(lang, &format!("kind.{}", kind(l.kind)), &[])),
                Cell(remark(l, lang), Ink::Doubt),
            ]
        })
        .collect();
    table(&mut out, paint, &columns, &rows, width);
    for p in links.near.unwrap_or_default() {
        let name = |code: &str| territory.position(code).map(|i| territory.municipalities()[i].name.as_str());
        let sentence = words::problem(lang, p, &name);
        paragraph(&mut out, paint, (&format!("  {}  ", p.code), Ink::Doubt), &sentence, width);
    }
    out
}

fn remark(link: &Link, lang: Lang) -> String {
    let mut remarks = Vec::new();
    if link.doubtful {
        remarks.push(say(lang, "adjacency.doubtful", &[]));
    }
    if link.within_tolerance_m > 0.0 {
        let metres = words::quantity(lang, link.within_tolerance_m, "m");
        remarks.push(say(lang, "adjacency.within", &[("metres", &metres)]));
    }
    remarks.extend(link.reason.as_deref().map(words::clean));
    remarks.join("; ")
}
