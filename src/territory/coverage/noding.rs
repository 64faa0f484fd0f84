//! Noding: segments that did not match exactly are cut where another's vertex lies on them, and matched again.
//!
//! Vertices within [`NODING_M`] of each other become one node; a vertex within it of a segment becomes a node of
//! that segment. Nothing moves in the result: nodes only decide what is the same place.

use rayon::prelude::*;

use super::fabric::{Fabric, NOBODY, NODING_M, distance};
use super::grid::{Grid, around};
use super::matching::Matching;
use crate::territory::index_u32;

/// A piece of a segment between two nodes, with the interior on the left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) feature: u32,
    pub(super) segment: u32,
}

/// A place where pieces end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    /// In the metric image of the file.
    pub(super) flat: [f64; 2],
    /// On the plane.
    pub(super) projected: [f64; 2],
    /// The position that stands for it.
    pub(super) position: u32,
}

/// What noding finds.
#[derive(Default)]
pub(super) struct Noding {
    pub(super) nodes: Vec<Node>,
    /// Pieces that no other feature's piece runs along; sorted by segment, in walking order.
    pub(super) open: Vec<Piece>,
    /// Borders found by noding: (feature, feature, metres), lower feature first.
    pub(super) borders: Vec<(u32, u32, f64)>,
    /// Two features on the same side of one piece.
    pub(super) same_side: Vec<(u32, u32, Piece)>,
    /// (node, feature) for each contact of a node with a feature.
    pub(super) contacts: Vec<(u32, u32)>,
    /// Node of each position that ends an unmatched segment, sorted by position.
    pub(super) node_of: Vec<(u32, u32)>,
}

/// Nodes the segments that found no partner.
pub(super) fn node(fabric: &Fabric<'_>, matching: &Matching) -> Noding {
    let unmatched: Vec<u32> = (0..fabric.len())
        .filter(|&i| matching.partner[i] == NOBODY && fabric.at(i) != fabric.at(fabric.next(i)))
        .map(index_u32)
        .collect();
    let (nodes, node_of) = nodes(fabric, &unmatched);
    let find = |position: usize| {
        let at = node_of.partition_point(|&(p, _)| (p as usize) < position);
        node_of[at].1
    };
    let ends: Vec<(u32, u32)> = unmatched
        .par_iter()
        .map(|&s| {
            let (a, b) = fabric.ends(s as usize);
            (find(a), find(b))
        })
        .collect();
    let cuts = cuts(&nodes, &ends);
    let mut pieces = Vec::with_capacity(unmatched.len() + cuts.len());
    let mut contacts: Vec<(u32, u32)> = Vec::new();
    let mut next_cut = 0;
    for (i, (&segment, &(from, to))) in unmatched.iter().zip(&ends).enumerate() {
        let feature = fabric.feature(segment as usize);
        contacts.extend([(from, feature), (to, feature)]);
        let mut at = from;
        while let Some(&(_, _, node)) = cuts.get(next_cut).filter(|cut| cut.0 as usize == i) {
            contacts.push((node, feature));
            if node != at && node != to {
                pieces.push(Piece { from: at, to: node, feature, segment });
                at = node;
            }
            next_cut += 1;
        }
        if at != to {
            pieces.push(Piece { from: at, to, feature, segment });
        }
    }
    contacts.sort_unstable();
    contacts.dedup();
    let mut noding = Noding { nodes, contacts, node_of, ..Noding::default() };
    pair_pieces(&pieces, &mut noding);
    noding
}

/// Distinct end positions, those within [`NODING_M`] joined; and the node of each position, sorted by position.
fn nodes(fabric: &Fabric<'_>, unmatched: &[u32]) -> (Vec<Node>, Vec<(u32, u32)>) {
    let mut positions: Vec<u32> = unmatched
        .iter()
        .flat_map(|&s| {
            let (a, b) = fabric.ends(s as usize);
            [index_u32(a), index_u32(b)]
        })
        .collect();
    positions.sort_unstable();
    positions.dedup();
    let mut order: Vec<([f64; 2], u32)> = positions.par_iter().map(|&p| (fabric.flat(p as usize), p)).collect();
    order.par_sort_unstable_by(|a, b| a.0[0].total_cmp(&b.0[0]).then(a.0[1].total_cmp(&b.0[1])).then(a.1.cmp(&b.1)));
    // A sweep along x: each position joins the first earlier node within reach, so chains do not creep.
    let mut nodes: Vec<Node> = Vec::new();
    let mut node_of = Vec::with_capacity(order.len());
    let mut window = 0;
    for (flat, position) in order {
        while nodes.get(window).is_some_and(|n| n.flat[0] < flat[0] - NODING_M) {
            window += 1;
        }
        let near = (window..nodes.len()).rev().find(|&n| distance(nodes[n].flat, flat) <= NODING_M);
        let node = near.unwrap_or_else(|| {
            nodes.push(Node { flat, projected: fabric.projected[position as usize], position });
            nodes.len() - 1
        });
        node_of.push((position, index_u32(node)));
    }
    node_of.sort_unstable();
    (nodes, node_of)
}

/// Where nodes lie on segments: (segment, place along it, node), sorted.
fn cuts(nodes: &[Node], ends: &[(u32, u32)]) -> Vec<(u32, f64, u32)> {
    let at = |n: u32| nodes[n as usize].flat;
    let grid = Grid::new(ends.iter().map(|&(a, b)| around(at(a), at(b), 0.0)).collect());
    let mut cuts: Vec<(u32, f64, u32)> = nodes
        .par_iter()
        .enumerate()
        .with_min_len(64)
        .flat_map_iter(|(n, node)| {
            let n = index_u32(n);
            let mut found = Vec::new();
            grid.visit(&around(node.flat, node.flat, NODING_M), |segment| {
                let (a, b) = ends[segment as usize];
                let (along, off) = project_on(at(a), at(b), node.flat);
                if n != a && n != b && (0.0..=1.0).contains(&along) && off.abs() <= NODING_M {
                    found.push((segment, along, n));
                }
            });
            found
        })
        .collect();
    cuts.par_sort_unstable_by(|x, y| x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)).then(x.2.cmp(&y.2)));
    cuts
}

/// Place of a point along a segment (0 at its start, 1 at its end) and its distance to the left of the line.
pub(super) fn project_on(a: [f64; 2], b: [f64; 2], p: [f64; 2]) -> (f64, f64) {
    let d = [b[0] - a[0], b[1] - a[1]];
    let v = [p[0] - a[0], p[1] - a[1]];
    let square = d[0] * d[0] + d[1] * d[1];
    if square == 0.0 {
        return (0.0, distance(a, p));
    }
    ((v[0] * d[0] + v[1] * d[1]) / square, (d[0] * v[1] - d[1] * v[0]) / square.sqrt())
}

/// Matches pieces between the same two nodes.
fn pair_pieces(pieces: &[Piece], noding: &mut Noding) {
    let mut order: Vec<u32> = (0..pieces.len()).map(index_u32).collect();
    let key = |i: u32| {
        let p = pieces[i as usize];
        (p.from.min(p.to), p.from.max(p.to), p.from > p.to, p.feature, i)
    };
    order.par_sort_unstable_by_key(|&i| key(i));
    let mut matched = vec![false; pieces.len()];
    for group in order.chunk_by(|&a, &b| (key(a).0, key(a).1) == (key(b).0, key(b).1)) {
        for (i, &a) in group.iter().enumerate() {
            for &b in &group[i + 1..] {
                let (pa, pb) = (pieces[a as usize], pieces[b as usize]);
                if pa.from == pb.from {
                    if pa.feature != pb.feature {
                        noding.same_side.push((pa.feature.min(pb.feature), pa.feature.max(pb.feature), pa));
                    }
                    continue;
                }
                matched[a as usize] = true;
                matched[b as usize] = true;
                if pa.feature != pb.feature {
                    let length =
                        distance(noding.nodes[pa.from as usize].projected, noding.nodes[pa.to as usize].projected);
                    noding.borders.push((pa.feature.min(pb.feature), pa.feature.max(pb.feature), length));
                }
            }
        }
    }
    noding.open = pieces.iter().zip(&matched).filter(|&(_, &m)| !m).map(|(&p, _)| p).collect();
}
