//! Graphs without geometry in NetworkX JSON (adjacency and node-link form), as GerryChain writes them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::boundaries::columns::{self, Key};
use super::boundaries::{Property, Raw};
use super::json::{Broken, Cursor, Lines, Scalar};
use super::{Error, Input, Note};
use crate::territory::{Attribute, Division, Link, Municipality, Territory};

/// Does this JSON look like a NetworkX graph?
#[must_use]
pub fn is_graph(bytes: &[u8]) -> bool {
    let mut graph = false;
    // The first telling key decides; the error only ends the walk.
    let _ = Cursor::new(bytes).object(|key, c| match key {
        "directed" | "multigraph" | "nodes" | "adjacency" | "links" => {
            graph = true;
            Err(c.broken("nothing more"))
        }
        "features" | "type" | "objects" => Err(c.broken("nothing more")),
        _ => c.skip().map(drop),
    });
    graph
}

/// Reads a graph; node attributes become attributes, `shared_perim` the border length (in the file's unit, taken as
/// metres; 0 is a contact in a point, none makes a declared link).
///
/// Columns of numbers become attributes (`area`, `boundary_perim`, `perimeter`, populations, votes), columns of text
/// with fewer values than nodes become divisions.
///
/// # Errors
///
/// JSON that is not a graph (`E203`, `E211`), a node without its key or a key on two nodes (`E212`), a link to a node
/// that does not exist (`E213`), an unknown `--id` or `--name` (`E205`).
pub fn read(input: &Input, id: Option<&str>, name: Option<&str>) -> Result<Territory, Error> {
    read_with_notes(input, id, name).map(|(territory, _)| territory)
}

/// The same as [`read`], with a sentence for everything that was left out: loops, links given twice, columns.
///
/// # Errors
///
/// As [`read`].
pub fn read_with_notes(input: &Input, id: Option<&str>, name: Option<&str>) -> Result<(Territory, Vec<Note>), Error> {
    let path = &input.path;
    let document = Document::parse(input)?;
    let nodes = &document.nodes;
    if nodes.is_empty() {
        return Err(Error::new(path, "E211", "is a graph without nodes"));
    }
    let key = match columns::key(path, nodes, id)? {
        // A recognised column that is not a key after all: the nodes have their own.
        key if id.is_none() && !is_unique(nodes, &key) => Key::FeatureId,
        key => key,
    };
    let name = columns::name(path, nodes, name, &key)?;
    let mut notes = Vec::new();
    let municipalities = municipalities(path, nodes, &key, name.as_deref())?;
    let codes: Vec<String> = municipalities.iter().map(|m| m.code.clone()).collect();
    let links = links(path, &document, &mut notes)?;
    let stem =
        std::path::Path::new(path).file_stem().map_or_else(|| path.clone(), |s| s.to_string_lossy().into_owned());
    let fault = |e: crate::territory::TerritoryError| Error::new(path, "E211", e.to_string());
    let mut territory = Territory::new(stem, municipalities, links).map_err(fault)?;
    let order: Vec<Option<usize>> = codes.iter().map(|c| territory.position(c)).collect();
    for column in columns::columns(nodes) {
        if Some(column) == name.as_deref() || key == Key::Property(column.to_owned()) {
            continue;
        }
        match Column::of(column, nodes, &order, path) {
            Column::Attribute(attribute) => territory.add_attribute(attribute).map_err(fault)?,
            Column::Division(division) => territory.add_division(division).map_err(fault)?,
            Column::Neither(key) => {
                notes.push(Note::new(key, [("path", path.clone()), ("column", column.to_owned())]));
            }
        }
    }
    Ok((territory.with_inputs(vec![input.digest()]), notes))
}

/// A graph as the file has it.
#[derive(Default)]
struct Document {
    multigraph: bool,
    directed: bool,
    nodes: Vec<Raw>,
    /// Ends by the text of their ids; the first end of the adjacency form by its position instead.
    edges: Vec<Edge>,
}

struct Edge {
    from: End,
    to: String,
    length: Option<f64>,
}

enum End {
    Position(usize),
    Id(String),
}

type Read<T> = Result<T, Broken>;

impl Document {
    fn parse(input: &Input) -> Result<Self, Error> {
        let mut document = Self::default();
        let mut cursor = Cursor::new(input.bytes());
        let mut is_graph = (false, false);
        let read = cursor.object(|key, c| match key {
            "directed" => flag(c, &mut document.directed),
            "multigraph" => flag(c, &mut document.multigraph),
            "nodes" => {
                is_graph.0 = true;
                c.array(|c| document.node(c))
            }
            "adjacency" => {
                is_graph.1 = true;
                let mut position = 0;
                c.array(|c| {
                    c.array(|c| document.edge(c, Some(position)))?;
                    position += 1;
                    Ok(())
                })
            }
            "links" | "edges" => {
                is_graph.1 = true;
                c.array(|c| document.edge(c, None))
            }
            _ => c.skip().map(drop),
        });
        if let Err(broken) = read {
            let line = Lines::new(input.bytes()).of(broken.at);
            let ended = if broken.ended { ": it is truncated" } else { "" };
            let message = format!("is not a graph in JSON: {} expected (byte {}){ended}", broken.expected, broken.at);
            return Err(Error::new(&input.path, "E203", message).at(format!("line {line}")));
        }
        if is_graph != (true, true) {
            let message = "is not a NetworkX graph: expected \"nodes\" with \"adjacency\", \"links\" or \"edges\"";
            return Err(Error::new(&input.path, "E211", message));
        }
        Ok(document)
    }

    fn node(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        let mut node = Raw { place: format!("node {}", self.nodes.len() + 1), ..Raw::default() };
        cursor.object(|key, c| {
            let value = match c.scalar()? {
                Scalar::Null => Property::Null,
                Scalar::Number(n) => Property::Number(n.to_owned()),
                Scalar::Text(t) => Property::Text(t.into_owned()),
                Scalar::Other(t) => Property::Text(t.to_owned()),
            };
            if key == "id" {
                node.id = value.text().map(str::to_owned);
            } else {
                node.properties.push((key.to_owned(), value));
            }
            Ok(())
        })?;
        self.nodes.push(node);
        Ok(())
    }

    /// A link: from the node at a position to `id`, or from `source` to `target`.
    fn edge(&mut self, cursor: &mut Cursor<'_>, position: Option<usize>) -> Read<()> {
        let (mut from, mut to, mut length) = (position.map(End::Position), None, None);
        let place = cursor.clone();
        cursor.object(|key, c| {
            match key {
                "source" if position.is_none() => from = id_text(c)?.map(End::Id),
                "target" if position.is_none() => to = id_text(c)?,
                "id" if position.is_some() => to = id_text(c)?,
                "shared_perim" => length = c.clone().number().or(length),
                _ => {}
            }
            c.skip().map(drop)
        })?;
        let (Some(from), Some(to)) = (from, to) else {
            return Err(place.broken("a link with both its ends"));
        };
        self.edges.push(Edge { from, to, length });
        Ok(())
    }
}

fn flag(cursor: &mut Cursor<'_>, value: &mut bool) -> Read<()> {
    *value = cursor.skip()? == b"true";
    Ok(())
}

/// The text of an id, not taken.
fn id_text(cursor: &Cursor<'_>) -> Read<Option<String>> {
    Ok(match cursor.clone().scalar()? {
        Scalar::Null => None,
        Scalar::Number(t) | Scalar::Other(t) => Some(t.to_owned()),
        Scalar::Text(t) => Some(t.into_owned()),
    })
}

fn is_unique(nodes: &[Raw], key: &Key) -> bool {
    let mut seen = FxHashSet::default();
    nodes.iter().all(|n| key.of(n).is_some_and(|code| seen.insert(code)))
}

fn municipalities(path: &str, nodes: &[Raw], key: &Key, name: Option<&str>) -> Result<Vec<Municipality>, Error> {
    let mut first: FxHashMap<&str, &str> = FxHashMap::default();
    let mut municipalities = Vec::with_capacity(nodes.len());
    for node in nodes {
        let refuse = |message: String| Error::new(path, "E212", message).at(&*node.place);
        let code = key.of(node).ok_or_else(|| refuse(format!("has no key: {} is missing or empty", key.shown())))?;
        if let Some(other) = first.insert(code, &node.place) {
            return Err(refuse(format!("has the key {code}, which {other} has already; each needs its own")));
        }
        let name = name.and_then(|n| columns::value(node, n)?.text()).unwrap_or(code);
        municipalities.push(Municipality::new(code, name));
    }
    Ok(municipalities)
}

/// The links, each pair once. A length given from both ends counts once; parallel links of a multigraph add up.
fn links(path: &str, document: &Document, notes: &mut Vec<Note>) -> Result<Vec<Link>, Error> {
    let nodes = &document.nodes;
    let mut by_id: FxHashMap<&str, usize> = FxHashMap::default();
    for (i, node) in nodes.iter().enumerate() {
        if let Some(id) = node.id.as_deref()
            && let Some(other) = by_id.insert(id, i)
        {
            let message = format!("has the id {id}, which {} has already; each needs its own", nodes[other].place);
            return Err(Error::new(path, "E212", message).at(&*node.place));
        }
    }
    let dangling = |at: usize, end: &str| {
        Error::new(path, "E213", format!("joins {end}, which is not among the {} nodes", nodes.len()))
            .at(format!("link {}", at + 1))
    };
    let mut found: Vec<(usize, usize, Option<f64>)> = Vec::with_capacity(document.edges.len());
    for (at, edge) in document.edges.iter().enumerate() {
        let from = match &edge.from {
            End::Position(i) if *i < nodes.len() => *i,
            End::Position(i) => return Err(dangling(at, &format!("node {}", i + 1))),
            End::Id(id) => *by_id.get(id.as_str()).ok_or_else(|| dangling(at, id))?,
        };
        let to = *by_id.get(edge.to.as_str()).ok_or_else(|| dangling(at, &edge.to))?;
        if let Some(length) = edge.length.filter(|l| *l < 0.0) {
            let message = format!("has the border length {length}, expected 0 or more");
            return Err(Error::new(path, "E213", message).at(format!("link {}", at + 1)));
        }
        if from == to {
            let (link, node) = ((at + 1).to_string(), nodes[from].place.clone());
            notes.push(Note::new("note.loop", [("path", path.to_owned()), ("link", link), ("node", node)]));
        } else {
            found.push((from, to, edge.length));
        }
    }
    // Stable: parallel links add up in the order of the file, so that the last digits never vary.
    found.sort_by_key(|&(a, b, _)| (a.min(b), a.max(b), a > b));
    let mut links = Vec::with_capacity(found.len() / 2);
    for pair in found.chunk_by(|x, y| (x.0.min(x.1), x.0.max(x.1)) == (y.0.min(y.1), y.0.max(y.1))) {
        let there = pair.iter().take_while(|p| p.0 == pair[0].0).count();
        let lengths = [&pair[..there], &pair[there..]].map(|way| way_length(way, document.multigraph));
        let length = lengths.into_iter().flatten().reduce(f64::max);
        let (a, b) = (pair[0].0, pair[0].1);
        if let [Some(one), Some(other)] = lengths
            && (one - other).abs() > 1e-6 * one.max(other)
        {
            let (from, to) = (nodes[a].place.clone(), nodes[b].place.clone());
            let (path, one, other) = (path.to_owned(), one.to_string(), other.to_string());
            let values = [("path", path), ("a", from), ("b", to), ("one", one), ("other", other)];
            notes.push(Note::new("note.two-lengths", values));
        }
        links.push(match length {
            Some(0.0) => Link::point(a, b),
            Some(metres) => Link::border(a, b, metres),
            None => Link::unmeasured(a, b),
        });
    }
    if document.directed {
        notes.push(Note::new("note.directed", [("path", path.to_owned())]));
    }
    Ok(links)
}

/// Length of the links in one direction.
fn way_length(way: &[(usize, usize, Option<f64>)], parallel: bool) -> Option<f64> {
    let lengths = way.iter().filter_map(|p| p.2);
    if parallel { lengths.reduce(|sum, l| sum + l) } else { lengths.reduce(f64::max) }
}

/// What a column of the nodes is to a territory.
enum Column {
    Attribute(Attribute),
    Division(Division),
    Neither(&'static str),
}

impl Column {
    fn of(column: &str, nodes: &[Raw], order: &[Option<usize>], path: &str) -> Self {
        let mut values: Vec<Option<&Property>> = vec![None; nodes.len()];
        for (node, position) in nodes.iter().zip(order) {
            if let Some(slot) = position.and_then(|p| values.get_mut(p)) {
                *slot = columns::value(node, column).filter(|v| v.text().is_some());
            }
        }
        let present = || values.iter().flatten();
        if present().next().is_none() {
            return Self::Neither("note.column-empty");
        }
        if present().all(|v| matches!(v, Property::Number(_))) {
            let number = |v: &Property| v.text().and_then(|t| t.parse().ok());
            return Self::Attribute(Attribute {
                name: column.to_owned(),
                unit: String::new(),
                source: path.to_owned(),
                estimated: false,
                values: values.iter().map(|v| v.and_then(number)).collect(),
            });
        }
        if present().any(|v| v.text().is_some_and(|t| t.starts_with(['{', '[']))) {
            return Self::Neither("note.column-nested");
        }
        let distinct: FxHashSet<&str> = present().filter_map(|v| v.text()).collect();
        if distinct.len() >= present().count() {
            return Self::Neither("note.column-differs");
        }
        let names = values.iter().map(|v| v.and_then(Property::text).map(str::to_owned)).collect();
        Self::Division(Division::from_names(column, names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::territory::LinkKind;

    const ADJACENCY: &str = r#"{"directed": false, "multigraph": false, "graph": [],
        "nodes": [
          {"GEOID20": "c", "area": 2.0, "COUNTY": "x", "TOTPOP": 7, "boundary_node": false, "id": 0},
          {"GEOID20": "a", "area": NaN, "COUNTY": "y", "TOTPOP": 8, "boundary_node": true, "id": 1},
          {"GEOID20": "b", "area": 1.5, "COUNTY": "x", "TOTPOP": 9, "boundary_node": true, "id": 2}],
        "adjacency": [[{"shared_perim": 12.5, "id": 1}], [{"shared_perim": 12.5, "id": 0}, {"shared_perim": 0, "id": 2}],
          [{"shared_perim": 0, "id": 1}]]}"#;

    fn input(text: &str) -> Input {
        Input::from_bytes("dual.json", text.as_bytes().to_vec()).unwrap()
    }

    fn code(text: &str) -> &'static str {
        read(&input(text), None, None).unwrap_err().code
    }

    #[test]
    fn a_dual_graph_in_adjacency_form() {
        assert!(is_graph(ADJACENCY.as_bytes()));
        let territory = read(&input(ADJACENCY), None, None).unwrap();
        let codes: Vec<&str> = territory.municipalities().iter().map(|m| m.code.as_str()).collect();
        assert_eq!(codes, ["a", "b", "c"]);
        let links: Vec<_> = territory.adjacency().links().iter().map(|l| (l.a, l.b, l.length_m, l.kind)).collect();
        assert_eq!(links, [(0, 1, 0.0, LinkKind::Point), (0, 2, 12.5, LinkKind::Border)]);
        assert_eq!(territory.attribute("area").unwrap().values, [None, Some(1.5), Some(2.0)]);
        assert_eq!(territory.attribute("TOTPOP").unwrap().values, [Some(8.0), Some(9.0), Some(7.0)]);
        assert_eq!(territory.division("COUNTY").unwrap().of, [Some(1), Some(0), Some(0)]);
        assert_eq!(territory.division("boundary_node").unwrap().zones, ["false", "true"]);
    }

    #[test]
    fn node_link_form_without_lengths() {
        let text = r#"{"directed": true, "multigraph": false, "nodes": [{"id": "p"}, {"id": "q"}],
            "links": [{"source": "p", "target": "q"}, {"source": "q", "target": "p"}, {"source": "q", "target": "q"}]}"#;
        let (territory, notes) = read_with_notes(&input(text), None, None).unwrap();
        let link = &territory.adjacency().links()[0];
        assert!(link.kind == LinkKind::Declared && link.is_unmeasured());
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].key == "note.loop", "{notes:?}");
    }

    #[test]
    fn parallel_links_of_a_multigraph_add_up() {
        let text = r#"{"multigraph": true, "nodes": [{"id": 1}, {"id": 2}], "adjacency": [
            [{"id": 2, "key": 0, "shared_perim": 3}, {"id": 2, "key": 1, "shared_perim": 4}],
            [{"id": 1, "key": 0, "shared_perim": 3}, {"id": 1, "key": 1, "shared_perim": 4}]]}"#;
        assert_eq!(read(&input(text), None, None).unwrap().adjacency().links()[0].length_m, 7.0);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(code(r#"{"nodes": [{"id": 1}], "adjacency": [[{"id": 9}]]}"#), "E213");
        assert_eq!(code(r#"{"nodes": [{"id": 1}], "adjacency": [[], [{"id": 1}]]}"#), "E213");
        assert_eq!(
            code(r#"{"nodes": [{"id": 1}, {"id": 2}], "links": [{"source": 1, "target": 2, "shared_perim": -1}]}"#),
            "E213"
        );
        assert_eq!(code(r#"{"nodes": [{"id": 1}, {"id": 1}], "adjacency": [[], []]}"#), "E212");
        assert_eq!(code(r#"{"nodes": [{"nis": "1", "id": 1}, {"nis": "2", "id": 1}], "adjacency": [[], []]}"#), "E212");
        assert_eq!(code(r#"{"nodes": [{"id": 1}, {}], "adjacency": [[], []]}"#), "E212");
        assert_eq!(code(r#"{"nodes": [{"id": 1}, "#), "E203");
        assert_eq!(code(r#"{"nodes": [{"id": 1}]}"#), "E211");
        assert_eq!(code(r#"{"nodes": [], "links": []}"#), "E211");
        let error = read(&input(ADJACENCY), Some("GEOID"), None).unwrap_err();
        assert!(error.message.contains("did you mean 'GEOID20'"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn no_graph_makes_it_panic(at in 0usize..900, byte in proptest::num::u8::ANY, length in 0usize..900) {
            let mut bytes = ADJACENCY.as_bytes().to_vec();
            if let Some(b) = bytes.get_mut(at) {
                *b = byte;
            }
            bytes.truncate(length);
            let _ = is_graph(&bytes);
            let _ = Input::from_bytes("dual.json", bytes).and_then(|input| read(&input, None, None));
        }
    }
}
