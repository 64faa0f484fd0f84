//! In which order the municipalities are gone through, so that the frontier stays narrow.
//!
//! The frontier is what lies between those already placed and those still to come: the placed ones with a neighbour
//! to come. The number of states grows exponentially with its width, so several orders are tried and the cheapest
//! is taken. Finding the best order is hard (it is the vertex separation of the graph: Kinnersley 1992,
//! doi:10.1016/0020-0190(92)90234-M); greedy orders from each municipality come close on maps.

use crate::territory::{Graph, index_u32};

/// How many municipalities an order is started from at most.
const STARTS: usize = 64;

/// How much dearer one municipality more on the frontier makes a step.
const GROWTH: f64 = 3.0;

/// The cheapest order found of the nodes for which `core` holds.
///
/// Each component is gone through whole before the next one; the order depends on nothing but the graph.
pub(super) fn narrow(graph: &Graph, core: &[bool]) -> Vec<u32> {
    let group: Vec<u32> = core.iter().map(|&c| u32::from(c)).collect();
    let (component, count) = graph.components_within(&group);
    let mut order = Vec::new();
    for c in 0..count {
        let nodes: Vec<u32> = (0..graph.len()).filter(|&v| core[v] && component[v] == c).map(index_u32).collect();
        if nodes.is_empty() {
            continue;
        }
        let every = nodes.len().div_ceil(STARTS);
        let as_given = std::iter::once(nodes.clone());
        let started = nodes
            .iter()
            .step_by(every)
            .flat_map(|&start| [greedy(graph, &nodes, core, start, false), greedy(graph, &nodes, core, start, true)]);
        let best = as_given.chain(started).map(|o| (cost(graph, core, &o), o)).min_by(|a, b| a.0.total_cmp(&b.0));
        order.extend(best.map(|(_, o)| o).unwrap_or_default());
    }
    order
}

/// The cheapest order found of all nodes.
pub(crate) fn narrow_whole(graph: &Graph) -> Vec<u32> {
    narrow(graph, &vec![true; graph.len()])
}

/// What an order costs: the sum over its steps of a power of the frontier's width.
fn cost(graph: &Graph, core: &[bool], order: &[u32]) -> f64 {
    let mut left: Vec<usize> = (0..graph.len()).map(|v| neighbours(graph, core, index_u32(v)).count()).collect();
    let mut placed = vec![false; graph.len()];
    let (mut width, mut cost) = (0i32, 0.0);
    for &v in order {
        placed[v as usize] = true;
        for w in neighbours(graph, core, v) {
            left[w as usize] -= 1;
            if placed[w as usize] && left[w as usize] == 0 {
                width -= 1;
            }
        }
        width += i32::from(left[v as usize] > 0);
        cost += GROWTH.powi(width);
    }
    cost
}

fn neighbours<'g>(graph: &'g Graph, core: &'g [bool], v: u32) -> impl Iterator<Item = u32> + 'g {
    graph.neighbours(v as usize).iter().copied().filter(|&w| core[w as usize])
}

/// Takes each time the neighbour that widens the frontier least; of equals the one whose placed neighbours wait
/// longest. With `oldest_first` the longest waiting goes before the least widening (a breadth-first walk).
fn greedy(graph: &Graph, nodes: &[u32], core: &[bool], start: u32, oldest_first: bool) -> Vec<u32> {
    const NEVER: usize = usize::MAX;
    let mut left: Vec<usize> = (0..graph.len()).map(|v| neighbours(graph, core, index_u32(v)).count()).collect();
    let mut placed_at = vec![NEVER; graph.len()];
    let mut waiting_since = vec![NEVER; graph.len()];
    let mut order = Vec::with_capacity(nodes.len());
    let mut next = Some(start);
    while let Some(v) = next {
        placed_at[v as usize] = order.len();
        for w in neighbours(graph, core, v) {
            left[w as usize] -= 1;
            waiting_since[w as usize] = waiting_since[w as usize].min(order.len());
        }
        order.push(v);
        let widening = |w: u32| {
            let freed = neighbours(graph, core, w).filter(|&u| placed_at[u as usize] != NEVER && left[u as usize] == 1);
            i64::from(left[w as usize] > 0) - i64::try_from(freed.count()).unwrap_or(i64::MAX)
        };
        let at_hand =
            nodes.iter().copied().filter(|&w| placed_at[w as usize] == NEVER && waiting_since[w as usize] != NEVER);
        next = at_hand.min_by_key(|&w| {
            let (wide, since) = (widening(w), waiting_since[w as usize]);
            if oldest_first {
                (i64::try_from(since).unwrap_or(i64::MAX), wide, w)
            } else {
                (wide, i64::try_from(since).unwrap_or(i64::MAX), w)
            }
        });
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_frontier_of_one() {
        // 0 - 3 - 1 - 4 - 2: only an order along the path is narrow.
        let graph = Graph::new(5, [(0, 3), (1, 3), (1, 4), (2, 4)].into_iter());
        let order = narrow(&graph, &[true; 5]);
        assert!(order == [0, 3, 1, 4, 2] || order == [2, 4, 1, 3, 0], "{order:?}");
    }

    #[test]
    fn every_node_of_the_core_comes_once() {
        let graph = Graph::new(6, [(0, 1), (1, 2), (3, 4)].into_iter());
        let mut order = narrow(&graph, &[true, true, true, true, true, false]);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3, 4]);
    }
}
