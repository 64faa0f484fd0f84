//! The chains against the exact distribution, on grids whose plans can all be listed here by brute force.
//!
//! The level of each test is 0.1 %; seeds are fixed, so that a test that passes goes on passing.

use landmeter::search::chain::exact::{Trial, ln_weight, trial};
use landmeter::search::chain::{
    Chain, ChainError, Map, Method, Random, State, Stuck, Target, Trees, start, usual_cuts,
};

const LEVEL: f64 = 0.001;

fn grid(wide: u32, high: u32, bounds: (u64, u64), areas: u32) -> Map {
    let right = (0..wide * high).filter(|v| v % wide + 1 < wide).map(|v| (v, v + 1, 1000 + 7 * u64::from(v)));
    let down = (0..wide * (high - 1)).map(|v| (v, v + wide, 500));
    let links: Vec<(u32, u32, u64)> = right.chain(down).collect();
    let mut map = Map::plain(&links, vec![1; (wide * high) as usize], bounds).expect("a sound grid");
    map.areas(areas, areas);
    map
}

/// All divisions of a grid into so many areas that the map takes: labels in order of first units, one after the other.
fn all(map: &Map, areas: u32) -> Vec<Vec<u32>> {
    fn extend(map: &Map, of: &mut Vec<u32>, used: u32, areas: u32, found: &mut Vec<Vec<u32>>) {
        if of.len() == map.units() {
            if used == areas && State::new(map, of).is_ok() {
                found.push(of.clone());
            }
            return;
        }
        for area in 0..(used + 1).min(areas) {
            of.push(area);
            extend(map, of, used.max(area + 1), areas, found);
            of.pop();
        }
    }
    let mut found = Vec::new();
    extend(map, &mut Vec::new(), 0, areas, &mut found);
    found
}

fn tried(map: &Map, areas: u32, method: &Method, steps: u64) -> Trial {
    let first = start(map, 0, &mut Random::new(1, 0)).expect("a plan");
    let plans = all(map, areas);
    let trial = trial(map, &plans, &first, method, 11, (20_000, steps, 400_000)).expect("a trial");
    assert_eq!(trial.plans, plans.len());
    trial
}

#[test]
fn plans_are_as_many_as_is_known() {
    // 3 x 3 into three of three: 10 (OEIS A172477).
    assert_eq!(all(&grid(3, 3, (3, 3), 3), 3).len(), 10);
    // 4 x 3 into three of four: 23, counted as exact covers by tetrominoes in another program.
    assert_eq!(all(&grid(4, 3, (4, 4), 3), 3).len(), 23);
}

#[test]
fn reversible_recom_has_the_distribution_of_trees() {
    let map = grid(4, 3, (3, 5), 3);
    let first = start(&map, 0, &mut Random::new(1, 0)).expect("a plan");
    let most = usual_cuts(&map, &first, &mut Random::new(1, 1)) + 4;
    for steps in [1, 60] {
        let trial = tried(&map, 3, &Method::Reversible(most), steps);
        assert!(trial.p > LEVEL, "{trial:?}");
        assert_eq!((trial.reached, trial.classes > 50), (trial.plans, true), "{trial:?}");
    }
}

#[test]
fn flips_have_any_distribution_that_is_asked() {
    let map = grid(4, 3, (2, 6), 3);
    let targets = [
        Target::default(),
        Target { link: 0.4, border: 0.0, sums: Vec::new() },
        Target { link: 0.0, border: 700.0, sums: vec![(0, landmeter::score::Aggregate::Deviation, 2.0)] },
    ];
    for target in targets {
        for steps in [1, 80] {
            let trial = tried(&map, 3, &Method::Flip(target.clone()), steps);
            assert!(trial.p > LEVEL, "{target:?}: {trial:?}");
            assert_eq!(trial.reached, trial.plans, "{target:?}: {trial:?}");
        }
    }
}

#[test]
fn a_wrong_distribution_is_found_out() {
    // The ends of reversible ReCom against the uniform distribution, and those of flips against that of trees.
    let map = grid(4, 3, (3, 5), 3);
    let first = start(&map, 0, &mut Random::new(1, 0)).expect("a plan");
    let plans = all(&map, 3);
    let uniform = Method::Flip(Target::default());
    let trees = Method::Reversible(30);
    for (walks, holds) in [(&uniform, &trees), (&trees, &uniform)] {
        let mut counts = vec![0u32; plans.len()];
        let draws = 4_000u32;
        for draw in 0..draws {
            let mut chain = Chain::new(&map, first.clone(), walks, Random::new(3, u64::from(draw)));
            chain.run(400).expect("it moves");
            let end = State::new(&map, chain.state().plan()).expect("a plan");
            counts[plans.binary_search(&end.plan().to_vec()).expect("one of all")] += 1;
        }
        let chi = |method: &Method| {
            let weight =
                |of: &Vec<u32>| ln_weight(&map, &State::new(&map, of).expect("a plan"), method).expect("known");
            let weights: Vec<f64> = plans.iter().map(|of| weight(of).exp()).collect();
            let total: f64 = weights.iter().sum();
            let expected = weights.iter().map(|w| w / total * f64::from(draws));
            counts.iter().zip(expected).map(|(&c, e)| (f64::from(c) - e) * (f64::from(c) - e) / e).sum::<f64>()
        };
        assert!(chi(walks) * 1.5 < chi(holds), "{} against {}", chi(walks), chi(holds));
    }
}

#[test]
fn trees_are_counted() {
    // The 3 x 3 grid has 192 spanning trees, the square 4.
    let weight = |wide, high| {
        let map = grid(wide, high, (1, 99), 1);
        let state = State::new(&map, &vec![0; map.units()]).expect("a plan");
        ln_weight(&map, &state, &Method::Reversible(1)).expect("known").exp()
    };
    assert!((weight(3, 3) - 192.0).abs() < 1e-6 && (weight(2, 2) - 4.0).abs() < 1e-9);
    // 4 x 4: 100,352 (OEIS A007341).
    assert!((weight(4, 4) - 100_352.0).abs() < 1e-3);
}

#[test]
fn every_plan_of_a_chain_is_sound() {
    let map = grid(12, 12, (20, 28), 6);
    for method in [
        Method::Recom(Trees::Minimum),
        Method::Recom(Trees::Uniform),
        Method::Reversible(40),
        Method::Flip(Target { link: 0.5, ..Target::default() }),
    ] {
        let first = start(&map, 0, &mut Random::new(2, 0)).expect("a plan");
        let mut chain = Chain::new(&map, first, &method, Random::new(2, 1));
        for _ in 0..300 {
            chain.run(10).expect("it moves");
            let fresh = State::new(&map, chain.state().plan()).expect("connected, within bounds");
            assert_eq!(fresh.cut(&map), chain.state().cut(&map), "{method:?}: cuts are kept up to date");
            let mut sums = [fresh.sums(0).to_vec(), chain.state().sums(0).to_vec()];
            sums.iter_mut().for_each(|s| s.sort_unstable());
            assert_eq!(sums[0], sums[1], "{method:?}: sums are kept up to date");
        }
        assert!(chain.accepted() > 0, "{method:?}");
    }
}

#[test]
fn a_round_depends_on_the_plan_alone() {
    let map = grid(12, 12, (20, 28), 6);
    for method in [Method::Recom(Trees::Minimum), Method::Reversible(40), Method::Flip(Target::default())] {
        let first = start(&map, 0, &mut Random::new(2, 0)).expect("a plan");
        let mut chain = Chain::new(&map, first, &method, Random::new(2, 1));
        chain.run(500).expect("it moves");
        let held = State::new(&map, chain.state().plan()).expect("a plan");
        let mut other = Chain::new(&map, held, &method, Random::new(2, 1));
        for chain in [&mut chain, &mut other] {
            chain.begin_round(7).expect("a plan");
            chain.run(500).expect("it moves");
        }
        assert_eq!(chain.state().plan(), other.state().plan(), "{method:?}");
    }
}

#[test]
fn a_chain_that_is_stuck_says_where() {
    // Units of 5, 1, 5 and 1 in a line, two areas of exactly 6: 5 1 | 5 1 is the only plan that a tree can make, and comes
    // again and again; a flip can't move at all.
    let links = [(0, 1, 1), (1, 2, 1), (2, 3, 1)];
    let mut map = Map::plain(&links, vec![5, 1, 5, 1], (6, 6)).expect("a line");
    map.areas(2, 2);
    let first = State::new(&map, &[0, 0, 1, 1]).expect("a plan");
    let mut chain = Chain::new(&map, first.clone(), &Method::Flip(Target::default()), Random::new(1, 1));
    let Err(ChainError::Stuck(stuck)) = chain.run(1_000_000) else { panic!("nothing can move") };
    // The nearest: the 1 in the middle goes over, which leaves 5 and 7.
    assert_eq!(stuck.would_free(), Some((5, 7)));
    assert!(matches!(stuck, Stuck::Pair { bottleneck: 1, .. }), "{stuck:?}");
    let mut chain = Chain::new(&map, first, &Method::Recom(Trees::Uniform), Random::new(1, 1));
    assert_eq!((chain.run(100), chain.accepted()), (Ok(()), 100));

    let one = Map::plain(&links, vec![1; 4], (4, 4)).expect("a line");
    let whole = State::new(&one, &[0; 4]).expect("a plan");
    let mut chain = Chain::new(&one, whole, &Method::Recom(Trees::Minimum), Random::new(1, 1));
    assert_eq!(chain.run(1), Err(ChainError::Stuck(Stuck::Nothing)));
}

#[test]
fn a_first_plan_is_found_or_said_not_to_be() {
    let map = grid(20, 20, (38, 42), 10);
    for chain in 0..5 {
        let first = start(&map, chain, &mut Random::new(3, chain)).expect("a plan");
        assert_eq!(first.areas(), 10);
    }
    let hopeless = grid(3, 3, (5, 5), 2);
    assert!(matches!(start(&hopeless, 0, &mut Random::new(1, 0)), Err(ChainError::NoStart { areas: 2, .. })));
}
