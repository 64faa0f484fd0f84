use proptest::prelude::*;

use super::*;
use crate::territory::Municipality;

fn territory(n: usize) -> Territory {
    let units = (0..n).map(|i| Municipality::new(format!("{i:03}"), format!("{i:03}"))).collect();
    Territory::new("t", units, Vec::new()).unwrap()
}

fn plan(name: &str, areas: &str) -> Plan {
    let labels: Vec<Option<String>> = areas.chars().map(|c| (c != '.').then(|| c.to_string())).collect();
    Plan::from_labels(name, &labels.iter().map(Option::as_deref).collect::<Vec<_>>())
}

fn weigh(values: &[f64]) -> Weigh {
    let mut territory = territory(values.len());
    let values = values.iter().map(|&v| Some(v)).collect();
    let (name, unit, source) = ("homes".to_owned(), "homes".to_owned(), String::new());
    territory.add_attribute(Attribute { name, unit, source, estimated: false, values }).unwrap();
    Weigh::usual(&territory)
}

fn compare(a: &str, b: &str) -> Comparison {
    Comparison::new(&plan("a", a), &plan("b", b), &Weigh::municipalities(&territory(a.chars().count())))
}

fn kinds(found: &Comparison) -> Vec<(ChangeKind, Vec<u32>, Vec<u32>)> {
    found.changes.iter().map(|c| (c.kind, c.a.clone(), c.b.clone())).collect()
}

#[test]
fn a_new_name_is_no_move() {
    let found = compare("AABB", "XXYY");
    assert!(found.moved.is_empty());
    assert_eq!(kinds(&found), [(ChangeKind::Renamed, vec![0], vec![0]), (ChangeKind::Renamed, vec![1], vec![1])]);
    assert!(found.matched.iter().all(|m| m.share == 1.0 && m.share_of_b == 1.0));
}

#[test]
fn areas_are_divided_and_joined() {
    let found = compare("AAAABC", "AADDCC");
    assert_eq!(kinds(&found), [(ChangeKind::Divided, vec![0], vec![0, 2]), (ChangeKind::Joined, vec![1, 2], vec![1])]);
    assert_eq!(found.moved.iter().map(|m| m.municipality).collect::<Vec<_>>(), [2, 3, 4]);
    // The larger part goes by another name: that is said once, as a division.
    assert_eq!(kinds(&compare("AAAB", "XXAB")), [(ChangeKind::Divided, vec![0], vec![0, 2])]);
    let found = compare("AAABBB", "AACCBB");
    assert_eq!(kinds(&found), [(ChangeKind::New, vec![0, 1], vec![2])]);
    let found = compare("AACCBB", "AAABBB");
    assert_eq!(kinds(&found), [(ChangeKind::Ended, vec![2], vec![0, 1])]);
}

#[test]
fn without_an_area_is_told_apart() {
    let found = compare("AAB..", "AA.B.");
    let lists = (found.changed().count(), found.lost().collect::<Vec<_>>(), found.gained().collect::<Vec<_>>());
    assert_eq!(lists, (0, vec![2], vec![3]));
    assert_eq!(kinds(&found), [(ChangeKind::New, vec![], vec![1]), (ChangeKind::Ended, vec![1], vec![])]);
    assert_eq!(found.distances.hamming, 2);
}

#[test]
fn weight_decides_before_number_and_name() {
    let (a, b) = (plan("a", "AAAB"), plan("b", "XXYY"));
    // By municipalities A goes with X; where the third weighs more than the rest, with Y.
    let of = |weigh: &Weigh| match_areas(&a, &b, weigh).iter().map(|m| (m.a, m.b)).collect::<Vec<_>>();
    assert_eq!(of(&Weigh::municipalities(&territory(4))), [(0, 0), (1, 1)]);
    assert_eq!(of(&weigh(&[1.0, 1.0, 9.5, 2.0])), [(0, 1)]);
    // As good by weight and number: the same name.
    let (a, b) = (plan("a", "AB"), plan("b", "BB"));
    assert_eq!(match_areas(&a, &b, &weigh(&[1.0, 1.0])).iter().map(|m| m.a).collect::<Vec<_>>(), [1]);
}

#[test]
fn an_area_that_weighs_nothing_is_shared_by_its_municipalities() {
    let found = match_areas(&plan("a", "AAB"), &plan("b", "ABB"), &weigh(&[0.0, 0.0, 0.0]));
    assert_eq!((found[0].share, found[0].share_of_b), (0.5, 1.0));
}

#[test]
fn weights_that_can_t_be_used_are_refused() {
    let mut t = territory(2);
    let values = vec![Some(1.0), Some(-1.0)];
    let (name, unit, source) = ("homes".to_owned(), "homes".to_owned(), String::new());
    t.add_attribute(Attribute { name, unit, source, estimated: false, values }).unwrap();
    assert!(matches!(Weigh::attribute(&t, "homes"), Err(CompareError::Negative { .. })));
    assert_eq!(Weigh::usual(&t).name, MUNICIPALITIES);
    let error = Weigh::attribute(&t, "hmes").unwrap_err().to_string();
    assert!(error.contains("did you mean homes?") && error.contains("municipalities"), "{error}");
}

#[test]
fn totals_sum_what_can_be_summed() {
    let mut t = territory(2);
    for (name, unit, second) in
        [("people", "people", Some(2.5)), ("homes", "homes", None), ("perimeter_km", "km", None)]
    {
        let values = vec![Some(1.0), second];
        let (name, unit, source) = (name.to_owned(), unit.to_owned(), String::new());
        t.add_attribute(Attribute { name, unit, source, estimated: false, values }).unwrap();
    }
    let sums = |all: &[usize]| totals(&t, all.iter().copied()).into_iter().map(|t| t.sum).collect::<Vec<_>>();
    assert_eq!(sums(&[0, 1]), [Some(3.5), None]);
    assert_eq!(sums(&[]), [Some(0.0), Some(0.0)]);
}

/// The largest overlap over all ways to give rows different columns.
fn brute(overlap: &[Vec<f64>], row: usize, used: &mut Vec<bool>) -> f64 {
    if row == overlap.len() {
        return 0.0;
    }
    let mut best = brute(overlap, row + 1, used);
    for c in 0..used.len() {
        if !used[c] {
            used[c] = true;
            best = best.max(overlap[row][c] + brute(overlap, row + 1, used));
            used[c] = false;
        }
    }
    best
}

proptest! {
    #[test]
    fn no_matching_has_more_in_common(
        areas in prop::collection::vec((0u8..5, 0u8..5, 0u32..400), 1..16)
    ) {
        let name = |c: u8| char::from(b'A' + c);
        let a: String = areas.iter().map(|x| name(x.0)).collect();
        let b: String = areas.iter().map(|x| name(x.1)).collect();
        // Quarters, so that what is not whole is tried too.
        let values: Vec<f64> = areas.iter().map(|x| f64::from(x.2) / 4.0).collect();
        let (a, b, weigh) = (plan("a", &a), plan("b", &b), weigh(&values));
        let mut overlap = vec![vec![0.0; b.areas.len()]; a.areas.len()];
        for (m, value) in values.iter().enumerate() {
            overlap[a.of[m] as usize][b.of[m] as usize] += value;
        }
        let matched = match_areas(&a, &b, &weigh);
        let sum: f64 = matched.iter().map(|m| m.overlap).sum();
        let best = brute(&overlap, 0, &mut vec![false; b.areas.len()]);
        prop_assert!((sum - best).abs() < 1e-6, "{} where {} is possible", sum, best);
        let turned = match_areas(&b, &a, &weigh);
        prop_assert!((turned.iter().map(|m| m.overlap).sum::<f64>() - best).abs() < 1e-6);
        let found = Comparison::new(&a, &b, &weigh);
        let stays: f64 = values.iter().sum::<f64>() - found.changed().map(|m| values[m]).sum::<f64>();
        prop_assert!((stays - best).abs() < 1e-6);
        prop_assert!(found.moved.len() >= found.distances.hamming as usize);
    }
}
