//! Metrics that do not add up over a space: the best, the spread and the place against the score of every plan.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use std::cmp::Ordering;

use landmeter::io;
use landmeter::plan::Plan;
use landmeter::rules::Rulebook;
use landmeter::score::{Better, Metric, Scorer};
use landmeter::search::propose::{End, Wish, propose};
use landmeter::space::{Best, Goal, Measure, Method, Narrowing, Regions, Space, Value};
use landmeter::territory::{Attribute, Division, Link, Municipality, Territory};

const TEXT: &str = "text = { nl = \"-\", en = \"-\" }";

/// A grid of 2 x 4 and one of 1 x 4, which are two regions.
fn territory() -> Territory {
    let municipalities = (0..12).map(|i| Municipality::new(format!("{i:02}"), format!("Town {i}"))).collect();
    let pairs = [
        (0, 1),
        (1, 2),
        (2, 3),
        (4, 5),
        (5, 6),
        (6, 7),
        (0, 4),
        (1, 5),
        (2, 6),
        (3, 7),
        (8, 9),
        (9, 10),
        (10, 11),
        (7, 8),
    ];
    let links = pairs.iter().map(|&(a, b)| Link::border(a, b, 1000.0 + f64::from(u32::try_from(a).unwrap()))).collect();
    let mut t = Territory::new("t", municipalities, links).unwrap();
    let zones = (0..12).map(|i| Some(if i < 8 { "W" } else { "O" }.to_owned())).collect();
    t.add_division(Division::from_names("region", zones)).unwrap();
    let values = [5.0, 3.0, 8.0, 1.0, 4.0, 4.0, 2.0, 9.0, 7.0, 1.0, 6.0, 3.0].map(Some).to_vec();
    let homes =
        Attribute { name: "homes".into(), unit: "homes".into(), source: String::new(), estimated: false, values };
    t.add_attribute(homes).unwrap();
    let mut values = vec![Some(1.0); 12];
    values[3] = None;
    let rooms =
        Attribute { name: "rooms".into(), unit: "rooms".into(), source: String::new(), estimated: false, values };
    t.add_attribute(rooms).unwrap();
    t
}

fn rulebook() -> Rulebook {
    Rulebook::from_toml(&format!(
        "name = \"t\"\ndate = \"2026-01-01\"\ntitle = {{ nl = \"-\", en = \"-\" }}\n\
         [[rule]]\nid = \"c\"\nkind = \"contiguity\"\nhard = true\nexclaves_count = true\n{TEXT}\n\
         [[rule]]\nid = \"n\"\nkind = \"nesting\"\nhard = true\ndivision = \"region\"\n{TEXT}\n{}",
        [
            ("least_homes", "higher", "homes / 2", "min"),
            ("homes_each", "lower", "homes / municipalities", "max"),
            ("from_ten", "lower", "abs(homes - 10)", "sum"),
            ("wide", "lower", "diameter_links + homes / (1 + municipalities)", "sum"),
            ("spread_out", "lower", "max(homes, 9) * municipalities", "range"),
            ("dense", "higher", "homes / municipalities", "mean"),
        ]
        .map(|(name, better, expression, aggregate)| format!(
            "[[metric]]\nname = \"{name}\"\nunit = \"homes\"\nbetter = \"{better}\"\n\
             expression = \"{expression}\"\naggregate = \"{aggregate}\"\n"
        ))
        .concat()
    ))
    .unwrap()
}

/// The plan over some municipalities only.
fn within(plan: &Plan, first: usize) -> Plan {
    let labels: Vec<Option<&str>> = plan
        .of
        .iter()
        .enumerate()
        .map(|(m, &a)| if m < first { plan.areas.get(a as usize).map(String::as_str) } else { None })
        .collect();
    Plan::from_labels("b", &labels)
}

#[test]
fn every_metric_is_as_its_plans_score() {
    let (t, book) = (territory(), rulebook());
    let labels: Vec<Option<&str>> = "AAAABBBBBCCC".split("").filter(|s| !s.is_empty()).map(Some).collect();
    let baseline = Plan::from_labels("b", &labels);
    let (mut looked, mut proved_unseen) = (0, 0);
    for (region, first) in [(Some("W"), 8), (None, 12)] {
        let narrowing = Narrowing { region: region.map(str::to_owned), ..Narrowing::default() };
        let regions = Regions::new(&t, &book, &narrowing).unwrap();
        let space = Space::new(&t, book.contiguity, regions, 1 << 30).unwrap();
        let count = u64::try_from(space.count()).unwrap();
        for name in [
            "range_homes",
            "min_homes",
            "max_homes",
            "cv_homes",
            "deviation_homes",
            "moved_homes",
            "moved_municipalities",
            "diameter_links",
            "entropy_region",
            "splits_region",
            "least_homes",
            "homes_each",
            "from_ten",
            "wide",
            "spread_out",
            "dense",
        ] {
            let own = within(&baseline, first);
            let metric = Metric::named(name, &t, &book.metrics).unwrap();
            let scorer = Scorer::new(&t, book.contiguity, &metric, Some(&own)).unwrap();
            let sign = if metric.better() == Better::Higher { -1.0 } else { 1.0 };
            let plans: Vec<Plan> =
                (0..count).map(|rank| space.plan("p", &space.ranks(&rank.into()).unwrap())).collect();
            let mut keys: Vec<(i64, u64)> = plans
                .iter()
                .zip(0..)
                .map(|(plan, rank)| {
                    #[expect(clippy::cast_possible_truncation, reason = "small values")]
                    let key = (scorer.plan(plan) * 1e6 * sign).round() as i64;
                    (key, rank)
                })
                .collect();
            let mark = keys[keys.len() / 3].0;
            keys.sort_unstable();
            let measure = Measure::of_metric(&metric, &space, Some(&baseline)).unwrap();
            let Best { plans: best, proved, .. } = measure.best(&space, 7, 1 << 20, &|_| true).unwrap();
            let best: Vec<(i64, u64)> =
                best.iter().map(|(key, ranks)| (*key, u64::try_from(space.rank(ranks)).unwrap())).collect();
            assert!(proved && best == keys[..7], "{name} {region:?}: {best:?} and {:?}", &keys[..7]);
            // As if there were too many to look at each: what is proved holds, and the bound does.
            let few = measure.best(&space, 3, 1, &|_| true).unwrap();
            assert!(few.plans[0].0 >= keys[0].0 && few.bound.is_none_or(|b| b <= keys[0].0), "{name}");
            if few.proved {
                proved_unseen += 1;
                let found = few.plans.iter().map(|p| p.0);
                assert!(found.eq(keys[..3].iter().map(|k| k.0)), "{name} {region:?}: {few:?} and {:?}", &keys[..3]);
            }
            // An area of the baseline lies in both regions, and stays in one of them.
            if name.starts_with("moved_") {
                let nearest = measure.best(&space, 1, 1, &|_| true).unwrap();
                assert!(nearest.proved && nearest.plans[0].0 == keys[0].0, "{name} {region:?}: {nearest:?}");
            }
            let spread = measure.spread(&space, Some(mark), 1 << 20, &|_| true).unwrap();
            assert_eq!((spread.distribution.method, spread.best), (Method::Enumerated, Some((keys[0].0, true))));
            let than = |order| keys.iter().filter(|k| k.0.cmp(&mark) == order).count();
            let place = [Ordering::Less, Ordering::Equal, Ordering::Greater].map(than);
            assert_eq!(spread.place, place.map(num_bigint::BigUint::from), "{name}");
            let counted: Vec<(i64, num_bigint::BigUint)> =
                keys.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.len().into())).collect();
            assert_eq!(spread.distribution.sums, counted, "{name}");
            let third = &plans[plans.len() / 3];
            assert_eq!(measure.of(&space, third), Some(mark), "{name}");
            looked += 1;
        }
    }
    assert_eq!((looked, proved_unseen), (32, 17));
}

#[test]
fn the_most_compact_of_many_plans_are_those_that_a_look_at_all_of_them_finds() {
    let flanders = io::territory::load(&io::territory::TerritoryOptions::default()).unwrap().territory;
    let book = io::embedded::rulebook("vlaanderen-2021").unwrap();
    let mut proved = 0;
    for (region, areas) in
        [("Kempen", None), ("Kempen", Some((3, 4))), ("Halle-Vilvoorde", None), ("Midwest", Some((2, 2)))]
    {
        let narrowing = Narrowing { region: Some(region.into()), areas, ..Narrowing::default() };
        let regions = Regions::new(&flanders, &book, &narrowing).unwrap();
        let space = Space::new(&flanders, book.contiguity, regions, 1 << 30).unwrap();
        for name in ["inertia_population_2020", "inertia_municipalities"] {
            let measure = Measure::new(name, &space, None).unwrap();
            let goals = [measure.goal(1, false)];
            let all = space.cheapest(&goals, 0, 10, &|| true).unwrap();
            let (found, others) = space.cheapest_found(&goals, 0, 10, &|| true).unwrap();
            let values = |plans: &[([i64; landmeter::space::AXES], u128)]| -> Vec<i64> {
                plans.iter().map(|p| p.0[0]).collect()
            };
            // What is not listed has no less than it says, and all that has less than that is listed.
            let below: Vec<_> = values(&all).into_iter().filter(|&v| v < others[0]).collect();
            assert_eq!(values(&found)[..below.len()], below, "{region} {areas:?} {name}");
            proved += usize::from(found[9].0 <= others);
        }
    }
    assert_eq!(proved, 8);
}

fn sum(goals: Vec<Goal<'_>>) -> [Goal<'_>; 1] {
    let mut sum = Goal::default();
    for goal in goals {
        sum.sum += goal.sum;
        sum.scored.extend(goal.scored);
    }
    [sum]
}

#[test]
fn sums_of_metrics_over_many_plans_are_those_that_a_look_at_all_of_them_finds() {
    let flanders = io::territory::load(&io::territory::TerritoryOptions::default()).unwrap().territory;
    let book = io::embedded::rulebook("vlaanderen-2021").unwrap();
    let official = io::embedded::load("flanders").unwrap().official_plan("official-2022").unwrap();
    let mut proved = 0;
    for (region, areas) in [("Halle-Vilvoorde", None), ("Halle-Vilvoorde", Some((3, 3))), ("Midwest", None)] {
        let narrowing = Narrowing { region: Some(region.into()), areas, ..Narrowing::default() };
        let regions = Regions::new(&flanders, &book, &narrowing).unwrap();
        let space = Space::new(&flanders, book.contiguity, regions, 1 << 30).unwrap();
        let measure = |name: &str| Measure::new(name, &space, Some(&official)).unwrap();
        let [border, areas, moved] = ["cut_border_km", "areas", "moved_population_2020"].map(measure);
        let [people, places] = ["inertia_population_2020", "inertia_municipalities"].map(measure);
        for goals in [
            sum(vec![people.goal(1, true), border.goal(20_000, true)]),
            sum(vec![areas.goal(1_000_000, true), people.goal(2, true), places.goal(3_000, true)]),
            sum(vec![moved.goal(100, true), people.goal(1, true), border.goal(-1_000, true)]),
        ] {
            assert!(space.can_be_searched(&goals, 0));
            let all = space.cheapest(&goals, 0, 5, &|| true).unwrap();
            let (found, others) = space.cheapest_found(&goals, 0, 5, &|| true).unwrap();
            let values = |plans: &[(Value, u128)]| plans.iter().map(|p| p.0[0]).collect::<Vec<_>>();
            let (all, found) = (values(&all), values(&found));
            let below = all.iter().filter(|&&v| v < others[0]).count();
            assert_eq!(found[..below], all[..below], "{region} {others:?}");
            assert!(found[0] >= all[0], "{region}: a plan costs what it costs");
            proved += usize::from(found[0] <= others[0]);
        }
    }
    assert!(proved >= 5, "{proved}");
}

#[test]
fn of_too_many_plans_some_are_drawn_and_it_is_said() {
    let (t, book) = (territory(), rulebook());
    let regions = Regions::new(&t, &book, &Narrowing::default()).unwrap();
    let space = Space::new(&t, book.contiguity, regions, 1 << 30).unwrap();
    let measure = Measure::new("range_homes", &space, None).unwrap();
    let spread = measure.spread(&space, None, 10, &|_| true).unwrap();
    assert!(spread.is_drawn() && !spread.best.unwrap().1);
    assert_eq!(spread.distribution.total, 10u32.into());
    // What adds up over the regions is proved region by region.
    let exact = Measure::new("cut_links", &space, None).unwrap().best(&space, 1, 10, &|_| true).unwrap();
    assert_eq!(exact.plans.len(), 1);
    assert!(Measure::new("rang_homes", &space, None).is_err_and(|e| e.to_string().contains("range_homes")));
    assert!(Measure::new("moved_homes", &space, None).is_err());
    assert!(Measure::new("range_rooms", &space, None).is_err_and(|e| e.to_string().contains("no figure")));
    assert!(measure.spread(&space, None, 1 << 20, &|_| false).is_err_and(|e| e.to_string().contains("interrupted")));
}

#[test]
fn proposals_and_trade_offs_by_what_does_not_add_up() {
    let (t, book) = (territory(), rulebook());
    let narrowing = Narrowing { region: Some("W".into()), ..Narrowing::default() };
    let space = Space::new(&t, book.contiguity, Regions::new(&t, &book, &narrowing).unwrap(), 1 << 30).unwrap();
    let count = u64::try_from(space.count()).unwrap();
    let measures =
        ["range_homes", "cut_border_km", "diameter_links"].map(|name| Measure::new(name, &space, None).unwrap());
    let goals: Vec<Goal<'_>> = measures.iter().map(|m| m.goal(1, false)).collect();
    let mut all: Vec<(Value, u128)> = (0..count)
        .map(|rank| {
            let plan = space.plan("p", &space.ranks(&rank.into()).unwrap());
            let mut value = [0; 4];
            value.iter_mut().zip(&measures).for_each(|(v, m)| *v = m.of(&space, &plan).unwrap());
            (value, u128::from(rank))
        })
        .collect();
    all.sort_unstable();
    assert_eq!(space.cheapest(&goals, 0, 50, &|| true).unwrap(), all[..50]);
    let front: Vec<(Value, u128)> = all
        .iter()
        .enumerate()
        .filter(|(i, (v, _))| !all[..*i].iter().any(|(o, _)| o.iter().zip(v).all(|(a, b)| a <= b)))
        .map(|(_, item)| *item)
        .collect();
    assert_eq!(space.undominated(&goals, 0, &|| true).unwrap(), Some(front.clone()));
    let whole = space.pareto(&goals, &|| true).unwrap().unwrap();
    assert!(whole.iter().map(|w| (w.0, w.1[0])).eq(front));
    let wish = Wish { goals, number: 6, distinct: 1, looked_at: 40, ..Wish::default() };
    let found = propose(&space, &wish, &|| true).unwrap();
    let values: Vec<Value> = found.plans.iter().map(|p| p.value).collect();
    assert_eq!(values, all[..6].iter().map(|a| a.0).collect::<Vec<_>>());
    assert!(found.plans.iter().all(|p| p.is_proved()) && found.end == End::Enough);
    // What differs a lot is not among the forty cheapest: then there is a bound, or an end that proves nothing.
    let far = propose(&space, &Wish { distinct: 5, number: 9, ..wish.clone() }, &|| true).unwrap();
    for (i, p) in far.plans.iter().enumerate() {
        let ranks = &far.plans[..i];
        let own = space.plan("p", &p.ranks);
        let differs = |of: &Plan| ranks.iter().all(|q| difference_of(&space.plan("q", &q.ranks), of) >= 5);
        assert!(differs(&own));
        let best = all.iter().find(|(_, r)| differs(&space.plan("r", &[*r]))).unwrap().0;
        assert!(p.bound <= best && best <= p.value);
    }
    assert_ne!(far.end, End::NoMore);
    let heavy = vec![measures[0].goal(i64::MAX / 2, false)];
    let refused = propose(&space, &Wish { goals: heavy, ..wish.clone() }, &|| true);
    assert!(refused.is_err_and(|e| e.to_string().contains("range_homes")));
    let stopped = propose(&space, &wish, &|| false).unwrap();
    assert_eq!((stopped.plans.len(), stopped.end), (0, End::Stopped));
}

fn difference_of(a: &Plan, b: &Plan) -> u32 {
    let inside = |p: &Plan| p.of.iter().copied().take(8).collect::<Vec<u32>>();
    landmeter::plan::difference(&inside(a), &inside(b))
}

#[test]
fn figures_that_are_not_those_of_shapes_prove_nothing() {
    let (mut t, book) = (territory(), rulebook());
    for (name, unit, value) in [("area_km2", "km2", 100.0), ("perimeter_km", "km", 4.0)] {
        let values = vec![Some(value); 12];
        let column =
            Attribute { name: name.into(), unit: unit.into(), source: String::new(), estimated: false, values };
        t.add_attribute(column).unwrap();
    }
    let narrowing = Narrowing { region: Some("W".into()), ..Narrowing::default() };
    let space = Space::new(&t, book.contiguity, Regions::new(&t, &book, &narrowing).unwrap(), 1 << 30).unwrap();
    let measure = Measure::new("polsby_popper_min", &space, None).unwrap();
    let all = measure.best(&space, 1, 1 << 20, &|_| true).unwrap();
    // 4 pi times 100 by 4 squared: no shape is that round.
    assert!(all.proved && measure.value(all.plans[0].0) > 1.0, "{all:?}");
    let few = measure.best(&space, 1, 1, &|_| true).unwrap();
    assert!(!few.proved && few.bound.is_none_or(|bound| bound <= all.plans[0].0), "{few:?}");
}

#[test]
fn a_region_of_more_units_than_a_set_holds_is_drawn_from() {
    let municipalities = (0..130).map(|i| Municipality::new(format!("{i:03}"), format!("Town {i}"))).collect();
    let links = (0..129).map(|i| Link::border(i, i + 1, 1000.0)).collect();
    let mut t = Territory::new("t", municipalities, links).unwrap();
    t.add_division(Division::from_names("region", vec![Some("W".to_owned()); 130])).unwrap();
    let narrowing = Narrowing { areas: Some((2, 2)), ..Narrowing::default() };
    let book = rulebook();
    let space = Space::new(&t, book.contiguity, Regions::new(&t, &book, &narrowing).unwrap(), 1 << 30).unwrap();
    assert_eq!(space.count(), 129u32.into());
    let measure = Measure::new("max_municipalities", &space, None).unwrap();
    for most in [1, 1 << 20] {
        let best = measure.best(&space, 1, most, &|_| true).unwrap();
        // Two halves of 65 are the best; one draw finds no better, and proves nothing.
        assert!(best.plans[0].0 >= 65_000_000 && (most > 1) == (best.proved && best.plans[0].0 == 65_000_000));
    }
}
