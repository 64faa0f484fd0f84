//! The diagram against all set partitions of small random graphs, with every kind of limit.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::plan::difference;
use landmeter::space::{self, Cost, Diagram, Limits, Sum, Value};
use landmeter::territory::Graph;
use rayon::prelude::*;

/// Numbers at random, always the same.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn set(&mut self, nodes: usize, size: usize) -> Vec<u32> {
        let mut set: Vec<u32> = (0..size).map(|_| u32::try_from(self.below(nodes as u64)).unwrap()).collect();
        set.sort_unstable();
        set.dedup();
        set
    }
}

/// Every set partition, as the area of each node numbered by first node.
fn partitions(n: usize) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    for _ in 0..n {
        all = all
            .into_iter()
            .flat_map(|p: Vec<u32>| {
                let next = p.iter().max().map_or(0, |m| m + 1);
                (0..=next).map(move |a| p.iter().copied().chain([a]).collect())
            })
            .collect();
    }
    all
}

fn random_graph(random: &mut Lcg, n: usize) -> Graph {
    let share = 1 + random.below(6);
    // In two halves: many nodes around one do not touch each other, as it takes to enclose one by what joins later.
    let halves = random.below(4) == 0;
    let mut pairs = Vec::new();
    for a in 0..n {
        for b in a + 1..n {
            if if halves { (a + b) % 2 == 1 && random.below(10) < 9 } else { random.below(10) < share } {
                pairs.push((u32::try_from(a).unwrap(), u32::try_from(b).unwrap()));
            }
        }
    }
    Graph::new(n, pairs.into_iter())
}

fn random_limits(random: &mut Lcg, graph: &Graph) -> Limits {
    let n = graph.len();
    let mut limits = Limits::default();
    if n == 0 {
        return limits;
    }
    for _ in 0..random.below(3) {
        let gaps = random.below(3) == 0;
        let values = (0..n).map(|_| (!gaps || random.below(5) > 0).then(|| random.below(6))).collect();
        let at_least = random.below(9);
        let at_most = (random.below(2) == 0).then(|| at_least + random.below(8));
        limits.sums.push(Sum { name: "v".into(), values, at_least, at_most });
    }
    if random.below(4) == 0 {
        let size = 1 + random.below(3);
        limits.sums.push(Sum { name: "n".into(), values: vec![Some(1); n], at_least: size, at_most: Some(size) });
    }
    if random.below(3) == 0 {
        limits.together.push(random.set(n, 3));
    }
    if random.below(3) == 0 {
        limits.apart.push(random.set(n, 3));
    }
    if random.below(3) == 0 {
        let fewest = u32::try_from(random.below(4)).unwrap();
        limits.areas = Some((fewest, fewest + u32::try_from(random.below(3)).unwrap()));
    }
    let (component, count) = graph.components_within(&vec![0; n]);
    if random.below(2) == 0 {
        let share = 3 + random.below(8);
        limits.inside = (0..u32::try_from(n).unwrap()).filter(|_| random.below(10) < share).collect();
    }
    if count > 1 && random.below(2) == 0 {
        let core = if random.below(3) == 0 { u32::MAX } else { 0 };
        let exclaves = component.iter().enumerate().filter(|(_, c)| **c != core);
        limits.exclaves = exclaves.map(|(v, &c)| (u32::try_from(v).unwrap(), c)).take(9).collect();
        if limits.exclaves.len() > 8 {
            limits.exclaves.clear();
        }
    }
    limits.inside.retain(|v| limits.exclaves.iter().all(|e| e.0 != *v));
    limits
}

/// Judged from the words of the limits alone.
fn conforms(graph: &Graph, limits: &Limits, plan: &[u32]) -> bool {
    let n = plan.len();
    let areas = plan.iter().max().map_or(0, |m| m + 1);
    let of_area = |a: u32| (0..n).filter(move |&v| plan[v] == a);
    let mut home = vec![None; n];
    limits.exclaves.iter().for_each(|&(v, c)| home[v as usize] = Some(c));
    for a in 0..areas {
        let sizes = |c: Option<u32>| of_area(a).filter(|&v| home[v] == c).count();
        let judged = if sizes(None) > 0 {
            None
        } else {
            let mut best = None;
            for v in of_area(a) {
                if best.is_none_or(|b| sizes(home[v]) > sizes(b)) {
                    best = Some(home[v]);
                }
            }
            best.unwrap()
        };
        if limits.exclaves.is_empty() || judged.is_none() {
            let judged: Vec<usize> = of_area(a).filter(|&v| home[v].is_none()).collect();
            let mut around: Vec<u32> = judged
                .iter()
                .flat_map(|&v| graph.neighbours(v))
                .map(|&w| plan[w as usize])
                .filter(|&other| other != a)
                .collect();
            around.sort_unstable();
            around.dedup();
            let inside = |v: &usize| limits.inside.iter().any(|&i| i as usize == *v);
            if around.len() == 1 && judged.iter().all(inside) {
                return false;
            }
        }
        let group: Vec<u32> = (0..n).map(|v| u32::from(plan[v] == a && home[v] == judged)).collect();
        let (component, _) = graph.components_within(&group);
        let mut pieces: Vec<u32> = (0..n).filter(|&v| group[v] == 1).map(|v| component[v]).collect();
        pieces.dedup();
        pieces.sort_unstable();
        pieces.dedup();
        if pieces.len() > 1 {
            return false;
        }
        for s in &limits.sums {
            let sum: Option<u64> = of_area(a).map(|v| s.values[v]).sum();
            if sum.is_some_and(|sum| sum < s.at_least || s.at_most.is_some_and(|most| sum > most)) {
                return false;
            }
        }
    }
    let area = |v: &u32| plan[*v as usize];
    limits.together.iter().all(|set| set.iter().all(|v| area(v) == area(&set[0])))
        && limits
            .apart
            .iter()
            .all(|set| set.iter().enumerate().all(|(i, v)| set[..i].iter().all(|w| area(v) != area(w))))
        && limits.areas.is_none_or(|(fewest, most)| (fewest..=most).contains(&areas))
}

/// All set partitions of up to twelve nodes, those that conform: made and judged in parallel, none kept but these.
fn conforming(graph: &Graph, limits: &Limits) -> Vec<Vec<u32>> {
    fn extend(plan: &mut Vec<u32>, graph: &Graph, limits: &Limits, found: &mut Vec<Vec<u32>>) {
        if plan.len() == graph.len() {
            if conforms(graph, limits, plan) {
                found.push(plan.clone());
            }
            return;
        }
        let next = plan.iter().max().map_or(0, |m| m + 1);
        for area in 0..=next {
            plan.push(area);
            extend(plan, graph, limits, found);
            plan.pop();
        }
    }
    let begun = partitions(graph.len().min(6)).into_par_iter().flat_map_iter(|mut plan| {
        let mut found = Vec::new();
        extend(&mut plan, graph, limits, &mut found);
        found
    });
    let mut all: Vec<Vec<u32>> = begun.collect();
    all.sort();
    all
}

#[test]
fn so_it_does_of_ten_to_twelve() {
    let mut random = Lcg(12);
    let (mut found, mut limited) = (0, 0);
    for n in [10, 10, 10, 10, 10, 10, 11, 11, 12] {
        // Graphs with plans, but not all too many: those with none are known well from the smaller ones.
        let (graph, limits, diagram) = loop {
            let graph = random_graph(&mut random, n);
            let limits = random_limits(&mut random, &graph);
            let diagram = Diagram::new(&graph, &limits, 1 << 30).unwrap();
            if (20..200_000).contains(&diagram.count()) && limits != Limits::default() {
                break (graph, limits, diagram);
            }
        };
        let mut listed: Vec<Vec<u32>> = diagram.iter_from(0).collect();
        listed.sort();
        let expected = conforming(&graph, &limits);
        assert!(listed == expected, "{} and {} of {graph:?} {limits:?}", listed.len(), expected.len());
        assert_eq!(space::count(&graph, &limits, 1 << 30).unwrap().total, expected.len().into());
        found += listed.len();
        limited += usize::from(!limits.inside.is_empty() || !limits.sums.is_empty());
    }
    assert!(found > 5_000 && limited > 3, "{found} plans, {limited} with sums or insides");
}

#[test]
fn the_diagram_holds_exactly_the_plans_that_conform() {
    let mut random = Lcg(20_261_124);
    let by_size: Vec<Vec<Vec<u32>>> = (0..=9).map(partitions).collect();
    let (mut found, mut empty, mut with_exclaves) = (0usize, 0, 0);
    for round in 0..3500 {
        let n = usize::try_from(random.below(if round % 40 == 0 { 10 } else { 8 })).unwrap();
        let graph = random_graph(&mut random, n);
        let limits = random_limits(&mut random, &graph);
        let mut expected: Vec<&Vec<u32>> = by_size[n].iter().filter(|p| conforms(&graph, &limits, p)).collect();
        let case = format!("round {round}: {graph:?} {limits:?}");

        let counts = space::count(&graph, &limits, 1 << 30).unwrap();
        assert_eq!(counts.total, expected.len().into(), "{case}");
        for k in 0..=u32::try_from(n).unwrap() {
            let those = expected.iter().filter(|p| p.iter().max().map_or(0, |m| m + 1) == k).count();
            let counted = counts.by_areas.iter().find(|(areas, _)| *areas == k).map_or(0u32.into(), |(_, c)| c.clone());
            assert_eq!(counted, those.into(), "{k} areas, {case}");
        }

        let diagram = Diagram::new(&graph, &limits, 1 << 30).unwrap();
        assert_eq!(diagram.count(), expected.len() as u128, "{case}");
        let mut listed: Vec<Vec<u32>> = diagram.iter_from(0).collect();
        for (rank, plan) in listed.iter().enumerate() {
            assert_eq!(diagram.rank(plan), Some(rank as u128), "{plan:?}, {case}");
        }
        metrics_add_up(&mut random, &graph, &diagram, &listed, &case);
        scanned(&mut random, &diagram, &listed, &case);
        listed.sort();
        expected.sort();
        assert!(listed.iter().eq(expected.iter().copied()), "{case}");
        for plan in by_size[n].iter().step_by(7).filter(|p| !conforms(&graph, &limits, p)) {
            assert_eq!(diagram.rank(plan), None, "{plan:?}, {case}");
        }
        found += listed.len();
        empty += usize::from(listed.is_empty());
        with_exclaves += usize::from(!limits.exclaves.is_empty() && !listed.is_empty());
    }
    assert!(
        found > 20_000 && empty > 50 && with_exclaves > 50,
        "{found} plans, {empty} empty, {with_exclaves} exclaves"
    );
}

/// A range of plans from one to the next against the plans by rank.
fn scanned(random: &mut Lcg, diagram: &Diagram, listed: &[Vec<u32>], case: &str) {
    let count = listed.len() as u64;
    let (from, to) = (random.below(count + 1), random.below(count + 2));
    let mut seen = Vec::new();
    diagram.scan(
        u128::from(from)..u128::from(to),
        |area| area,
        |rank, areas| {
            let mut of = vec![0; diagram.nodes()];
            for (i, area) in (0..).zip(areas) {
                (0..of.len()).filter(|v| area >> v & 1 == 1).for_each(|v| of[v] += i + 1);
            }
            seen.push((rank, of));
        },
    );
    let ranks: Vec<u128> = seen.iter().map(|s| s.0).collect();
    assert!(ranks.iter().copied().eq(u128::from(from)..u128::from(to.min(count)).max(u128::from(from))), "{case}");
    for (rank, of) in seen {
        assert_eq!(difference(&numbered(&of), &listed[usize::try_from(rank).unwrap()]), 0, "{case}");
    }
}

/// Areas numbered from 0.
fn numbered(of: &[u32]) -> Vec<u32> {
    let mut names: Vec<u32> = of.to_vec();
    names.sort_unstable();
    names.dedup();
    assert!(!names.contains(&0), "a node without an area");
    of.iter().map(|a| u32::try_from(names.binary_search(a).unwrap()).unwrap()).collect()
}

/// Costs, best plans and histogram against the plans one by one.
fn metrics_add_up(random: &mut Lcg, graph: &Graph, diagram: &Diagram, listed: &[Vec<u32>], case: &str) {
    let mut links = Vec::new();
    for a in 0..graph.len() {
        for &b in graph.neighbours(a).iter().filter(|&&b| b as usize > a) {
            links.push((u32::try_from(a).unwrap(), b, i64::try_from(random.below(4)).unwrap()));
        }
    }
    let cut = |plan: &[u32]| links.iter().filter(|l| plan[l.0 as usize] != plan[l.1 as usize]).map(|l| l.2).sum();
    let areas = |plan: &[u32]| plan.iter().max().map_or(0, |&m| i64::from(m) + 1);
    let by_cut: Vec<i64> = listed.iter().map(|p| cut(p)).collect();
    let by_areas: Vec<i64> = listed.iter().map(|p| areas(p)).collect();
    let cut = Cost { cut: links.clone(), area: 0 };
    let each = Cost { area: 1, cut: Vec::new() };
    let weighed = Cost { area: -3, cut: links };
    let weights: Vec<i64> = by_cut.iter().zip(&by_areas).map(|(c, a)| c - 3 * a).collect();
    for (cost, values) in [(&cut, &by_cut), (&each, &by_areas), (&weighed, &weights)] {
        let prices = diagram.prices(std::slice::from_ref(cost));
        let mut ranked: Vec<(i64, u128)> = values.iter().copied().zip(0..).collect();
        for &(value, rank) in &ranked {
            assert_eq!(diagram.cost_at(&prices, rank).map(|v| v[0]), Some(value), "{case}");
        }
        ranked.sort_unstable();
        let grouped: Vec<(i64, u128)> =
            ranked.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.len() as u128)).collect();
        assert_eq!(diagram.histogram(&prices), grouped, "{case}");
    }
    // Several at once: in order, the first few, and those that none is as good as.
    let mut ranked: Vec<(Value, u128)> =
        (0..).zip(by_cut.iter().zip(&by_areas)).map(|(r, (&c, &a))| ([a, c, 0, 0], r)).collect();
    ranked.sort_unstable();
    let prices = || diagram.prices(&[each.clone(), cut.clone()]);
    assert_eq!(diagram.best(&prices(), 5), ranked[..ranked.len().min(5)], "{case}");
    assert!(diagram.ordered(prices()).eq(ranked.iter().copied()), "{case}");
    let beaten = |item: &(Value, u128)| {
        let as_good = |o: &&(Value, u128)| o != &item && o.0.iter().zip(&item.0).all(|(a, b)| a <= b);
        ranked.iter().filter(as_good).any(|o| o.0 != item.0 || o.1 < item.1)
    };
    let front: Vec<(Value, u128)> = ranked.iter().filter(|item| !beaten(item)).copied().collect();
    assert_eq!(diagram.pareto(&prices()), Some(front), "{case}");
}

#[test]
fn draws_are_uniform() {
    // 3 x 3 cells into 3 areas; chi-square with one class a plan.
    let pairs = [(0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8), (0, 3), (3, 6), (1, 4), (4, 7), (2, 5), (5, 8)];
    let limits = Limits { areas: Some((3, 3)), ..Limits::default() };
    let diagram = Diagram::new(&Graph::new(9, pairs.into_iter()), &limits, 1 << 30).unwrap();
    let classes = usize::try_from(diagram.count()).unwrap();
    let draws = classes * 200;
    let mut seen = vec![0u32; classes];
    for plan in diagram.draw(draws, 7) {
        seen[usize::try_from(diagram.rank(&plan).unwrap()).unwrap()] += 1;
    }
    let chi: f64 = seen.iter().map(|&n| (f64::from(n) - 200.0).powi(2) / 200.0).sum();
    // The mean of chi-square is its degrees of freedom, its variance twice that: five deviations.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let freedom = (classes - 1) as f64;
    assert!((chi - freedom).abs() < 5.0 * (2.0 * freedom).sqrt(), "chi-square {chi} with {freedom} degrees");
}

#[test]
fn draws_do_not_depend_on_threads() {
    let path = Graph::new(40, (1..40).map(|i| (i - 1, i)));
    let diagram = Diagram::new(&path, &Limits::default(), 1 << 30).unwrap();
    assert_eq!(diagram.count(), 1 << 39);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| diagram.draw_ranks(5000, 3))
    };
    assert_eq!(with(1), with(5));
    assert_ne!(with(1), diagram.draw_ranks(5000, 4));
}

#[test]
fn a_space_too_large_for_memory_says_where() {
    let pairs = (0..12u32).flat_map(|r| (0..12).map(move |c| (r, c)));
    let right = pairs.clone().filter(|p| p.1 > 0).map(|(r, c)| (r * 12 + c - 1, r * 12 + c));
    let down = pairs.filter(|p| p.0 > 0).map(|(r, c)| (r * 12 - 12 + c, r * 12 + c));
    let graph = Graph::new(144, right.chain(down));
    let error = space::count(&graph, &Limits::default(), 1 << 20).unwrap_err().to_string();
    assert!(error.contains("of 144 steps") && error.contains("--memory"), "{error}");
}
