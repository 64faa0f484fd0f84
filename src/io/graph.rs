//! Graphs without geometry in NetworkX JSON (adjacency and node-link form), as GerryChain writes them.

use super::{Error, Input};
use crate::territory::Territory;

/// Does this JSON look like a NetworkX graph?
#[must_use]
pub fn is_graph(bytes: &[u8]) -> bool {
    let _ = bytes;
    false
}

/// Reads a graph; node attributes become attributes, `shared_perim` the border length.
///
/// # Errors
///
/// JSON that is not a graph, a node without its key, a link to a node that does not exist.
pub fn read(input: &Input, id: Option<&str>, name: Option<&str>) -> Result<Territory, Error> {
    let _ = (id, name);
    Err(Error::new(&input.path, "E999", "not built yet"))
}
