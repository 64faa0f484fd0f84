//! What decided areas leave of a region: as many plans as hold these areas, by a list of all plans.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

mod support;

use std::collections::BTreeSet;

use landmeter::plan::{NONE, Plan};
use landmeter::rules::Rulebook;
use landmeter::search::clash::clash_left;
use landmeter::space::{self, Narrowing, Region, Regions, Space};
use landmeter::territory::Territory;
use num_bigint::BigUint;

const MEMORY: u64 = 1 << 30;

/// Contiguity, enclosure, and more.
fn rulebook(more: &str) -> Rulebook {
    let text = "hard = true\ntext = { nl = \"-\", en = \"-\" }\n";
    let rule = |id: &str| format!("[[rule]]\nid = \"{id}\"\nkind = \"{id}\"\n{text}");
    let more = more.replace("TEXT", text);
    let rules = rule("assignment") + &rule("contiguity") + &rule("enclosure") + &more;
    let head = "name = \"t\"\ndate = \"2026-01-01\"\ntitle = { nl = \"-\", en = \"-\" }\n";
    Rulebook::from_toml(&format!("{head}{rules}")).unwrap()
}

/// The areas of a plan as sets of bits.
fn areas(plan: &Plan) -> BTreeSet<u32> {
    (0..u32::try_from(plan.areas.len()).unwrap()).map(|a| plan.members(a).map(|m| 1 << m).sum()).collect()
}

fn region(territory: &Territory, book: &Rulebook) -> Region {
    Regions::new(territory, book, &Narrowing::default()).unwrap().regions.remove(0)
}

fn count(region: Option<Region>) -> BigUint {
    region.map_or_else(|| 1u32.into(), |r| space::count(&r.graph, &r.limits, MEMORY).unwrap().total)
}

/// A plan of some areas of another: those of which the bit is set.
fn some_of(plan: &Plan, picked: u32) -> Plan {
    let label = |&a: &u32| (picked >> a & 1 == 1).then(|| plan.areas[a as usize].as_str());
    Plan::from_labels("some", &plan.of.iter().map(label).collect::<Vec<_>>())
}

#[test]
fn as_many_as_hold_the_decided_areas() {
    // Three rows of four: the two in the middle are inside, and may be enclosed together or one by one.
    let territory = support::grid(3, 4);
    let cases = [
        "",
        "[[rule]]\nid = \"b\"\nkind = \"bounds\"\nattribute = \"municipalities\"\nat_least = 2\nTEXT",
        "[[rule]]\nid = \"b\"\nkind = \"bounds\"\nattribute = \"municipalities\"\nat_most = 9\nTEXT[[rule]]\nid = \"n\"\n\
         kind = \"area-count\"\nat_least = 3\nat_most = 5\nTEXT",
        "[[rule]]\nid = \"t\"\nkind = \"together\"\nmunicipalities = [\"00001\", \"00003\"]\nTEXT[[rule]]\nid = \"a\"\n\
         kind = \"apart\"\nmunicipalities = [\"00006\", \"00007\", \"00012\"]\nTEXT",
    ];
    for more in cases {
        let book = rulebook(more);
        let regions = Regions::new(&territory, &book, &Narrowing::default()).unwrap();
        let region = regions.regions[0].clone();
        assert_eq!(regions.untested, Vec::<String>::new());
        let space = Space::new(&territory, book.contiguity, regions, MEMORY).unwrap();
        let n = u128::try_from(space.count()).unwrap();
        let all: Vec<Plan> = (0..n).map(|rank| space.plan("p", &[rank])).collect();
        let sets: Vec<BTreeSet<u32>> = all.iter().map(areas).collect();
        assert!(n > 200, "{more}: {n} plans");
        let mut seen = BTreeSet::new();
        for (i, plan) in all.iter().enumerate().step_by(all.len() / 60) {
            for k in 0..6u32 {
                // Picked by a fixed rule: no two tries are alike.
                let picked = (u32::try_from(i).unwrap().wrapping_mul(2_654_435_761) >> (3 * k)) & 0xff;
                let some = some_of(plan, picked);
                let decided = areas(&some);
                let expected = sets.iter().filter(|own| decided.is_subset(own)).count();
                let found = count(region.left_by(&some));
                assert_eq!(found, BigUint::from(expected), "{more}: {decided:?} of {:?}", areas(plan));
                seen.insert(decided);
            }
        }
        assert!(seen.len() > 50, "{more}: {} tries", seen.len());
    }
}

/// Drawn: `A` is decided, dots are left.
///
/// ```text
/// A A A A        A A A A        . . . .
/// A . . A        A . A A        . A A .
/// A A A A        A A A A        . . . .
/// ```
#[test]
fn an_area_that_encloses_or_is_enclosed() {
    let territory = support::grid(3, 4);
    let whole = region(&territory, &rulebook(""));
    let left = |inside: &[usize], around: bool| {
        let label = |m: usize| (inside.contains(&m) != around).then_some("A");
        count(whole.left_by(&Plan::from_labels("a", &(0..12).map(label).collect::<Vec<_>>())))
    };
    // The two may not be one area, which A would enclose; apart each has two neighbours. The one alone has only A.
    assert_eq!((left(&[5, 6], true), left(&[5], true)), (1u32.into(), BigUint::ZERO));
    // A ring of ten falls into arcs in 2^10 - 10 ways (no cut and one cut are the same). A touches all but the four corners:
    // it is enclosed where the ring is whole, and where one corner alone is cut off.
    assert_eq!(left(&[5, 6], false), BigUint::from(1024u32 - 10 - 1 - 4));
}

#[test]
fn what_can_t_be_met_beside_a_decided_area_is_named() {
    // A row of six with 400 homes each: 1,000 are asked. 3 and 4 are decided: 1 and 2 have 800 together, as have 5 and 6.
    let territory = support::grid(1, 6);
    let more =
        "[[rule]]\nid = \"homes\"\nkind = \"bounds\"\nattribute = \"social_rental_homes\"\nat_least = 1000\nTEXT";
    let book = rulebook(more);
    let decided = Plan::from_labels("d", &[None, None, Some("A"), Some("A"), None, None]);
    assert_eq!(count(region(&territory, &book).left_by(&decided)), BigUint::ZERO);
    let narrowing = Narrowing::default();
    let clash = clash_left(&territory, &book, &narrowing, "grid", &decided, MEMORY).unwrap().unwrap();
    assert_eq!((clash.municipalities, clash.smallest), (vec![0, 1], true));
    assert_eq!(clash.shortfall, Some(("social_rental_homes".to_owned(), 800.0, 1000.0)));
    // With the first three decided the other three have 1,200.
    let fine = Plan::from_labels("d", &[Some("A"), Some("A"), Some("A"), None, None, None]);
    assert_eq!(clash_left(&territory, &book, &narrowing, "grid", &fine, MEMORY), Ok(None));
    let all = Plan::from_labels("d", &[Some("A"); 6]);
    assert!(all.of.iter().all(|&a| a != NONE) && region(&territory, &book).left_by(&all).is_none());
}
