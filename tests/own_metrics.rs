//! Metrics that a rulebook defines: by hand, against the built-in ones, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use landmeter::io::embedded;
use landmeter::rules::Rulebook;
use landmeter::score::{Better, Metric, Note, Score, Scorer};
use landmeter::territory::adjacency::Contiguity;
use landmeter::territory::{Attribute, Link, Municipality, Territory};
use landmeter::{Plan, words};
use proptest::prelude::*;

const HEAD: &str = "name = \"t\"\ndate = \"2026-01-01\"\ntitle = { nl = \"-\", en = \"-\" }\n";

/// A rulebook with one metric, `own`.
fn book(expression: &str, aggregate: &str, better: &str) -> Rulebook {
    let text = format!(
        "{HEAD}[[metric]]\nname = \"own\"\nunit = \"homes\"\nbetter = \"{better}\"\nexpression = '{expression}'\n\
         aggregate = \"{aggregate}\"\n"
    );
    Rulebook::from_toml(&text).unwrap()
}

/// Four municipalities in a row, with homes 10, 20, 30, 40, households 100, 100, 100, 0 and a column with holes.
fn row() -> Territory {
    let units = (1..=4).map(|i| Municipality::new(i.to_string(), i.to_string())).collect();
    let links = (0..3).map(|i| Link::border(i, i + 1, 1000.0)).collect();
    let mut territory = Territory::new("row", units, links).unwrap();
    let mut add = |name: &str, unit: &str, source: &str, values: [f64; 4]| {
        let values = values.iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
        let (name, unit, source) = (name.to_owned(), unit.to_owned(), source.to_owned());
        territory.add_attribute(Attribute { name, unit, source, estimated: false, values }).unwrap();
    };
    add("homes", "homes", "census", [10.0, 20.0, 30.0, 40.0]);
    add("households", "households", "census", [100.0, 100.0, 100.0, 0.0]);
    add("2021 rooms", "", "", [1.0, f64::NAN, 3.0, 4.0]);
    territory
}

fn plan(areas: &str) -> Plan {
    let labels: Vec<String> = areas.chars().map(|c| c.to_string()).collect();
    Plan::from_labels("p", &labels.iter().map(|l| Some(l.as_str())).collect::<Vec<_>>())
}

fn scored(territory: &Territory, book: &Rulebook, plan: &Plan) -> Score {
    let metric = Metric::named("own", territory, &book.metrics).unwrap();
    Scorer::new(territory, Contiguity::default(), &metric, None).unwrap().score(plan)
}

#[test]
fn by_hand() {
    let territory = row();
    // Areas {1, 2} and {3, 4}: homes 30 and 70, households 200 and 100.
    for (expression, aggregate, expected) in [
        ("homes", "sum", 100.0),
        ("homes", "range", 40.0),
        ("homes / households", "min", 0.15),
        ("1000 * homes / households", "mean", 425.0),
        // 30 / 2 and 70 / 2.
        ("homes / municipalities", "max", 35.0),
        // 30 + 2 * 200 - 5 = 425; 70 + 200 - 5 = 265.
        ("homes + 2 * households - 5", "sum", 690.0),
        ("abs(homes - 50)", "sum", 40.0),
        ("sqrt(homes - 21)", "sum", 10.0),
        ("max(homes, households / 2, 80)", "min", 80.0),
        ("min(-homes, 3)", "sum", -100.0),
        ("diameter_links * 2", "max", 2.0),
        // Mean 50, both 20 from it.
        ("homes", "deviation", 0.4),
        ("homes * 3 / 6 + homes / 2", "cv", 0.4),
    ] {
        let score = scored(&territory, &book(expression, aggregate, "lower"), &plan("AABB"));
        let found = score.value.unwrap_or_else(|| panic!("{expression}: {:?}", score.notes));
        assert!((found - expected).abs() < 1e-9, "{aggregate} of {expression} is {found}, expected {expected}");
        assert_eq!(score.areas.len(), 2);
    }
}

#[test]
fn what_has_no_value_has_none_and_it_is_said() {
    let territory = row();
    // Area {4} has no households.
    let score = scored(&territory, &book("homes / households", "mean", "higher"), &plan("AAAB"));
    assert_eq!((score.value, score.areas[0].value, score.areas[1].value), (None, Some(0.2), None));
    assert_eq!(score.notes, [Note::Undefined(vec!["B".to_owned()])]);
    let score = scored(&territory, &book("max(0, sqrt(homes - 50))", "sum", "lower"), &plan("AABB"));
    assert_eq!(score.notes, [Note::Undefined(vec!["A".to_owned()])]);
    // A hole is no 0, whatever is done with it.
    let score = scored(&territory, &book("max(1, 0 * `2021 rooms`)", "sum", "lower"), &plan("AABB"));
    assert_eq!((score.value, score.areas[1].value), (None, Some(1.0)));
    assert_eq!(score.notes, [Note::NoFigures(vec!["2".to_owned()])]);
    for lang in [words::Lang::En, words::Lang::Nl] {
        let key = Note::Undefined(Vec::new()).key();
        assert!(words::say(lang, key, &[("n", "1"), ("names", "B")]).contains("(B)"));
    }
}

#[test]
fn a_built_in_metric_as_an_expression_has_the_same_value() {
    let flanders = embedded::load("flanders").unwrap();
    let official = flanders.official_plan("official-2022").unwrap();
    let territory = &flanders.territory;
    for (built_in, expression, aggregate) in [
        ("min_population_2020", "population_2020", "min"),
        ("cv_population_2020", "population_2020", "cv"),
        ("deviation_municipalities", "municipalities", "deviation"),
        ("diameter_km", "diameter_km", "max"),
        ("diameter_links", "diameter_links", "max"),
        ("inertia_population_2020", "inertia_population_2020", "sum"),
        ("inertia_centroid_municipalities", "inertia_centroid_municipalities", "sum"),
        ("polsby_popper_mean", "polsby_popper", "mean"),
        ("schwartzberg_min", "sqrt(polsby_popper)", "min"),
        ("polsby_popper_min", "4 * 3.141592653589793 * area_km2 / (perimeter_km * perimeter_km)", "min"),
        ("max_area_km2", "area_km2", "max"),
        ("perimeter_km", "perimeter_km", "sum"),
    ] {
        let parsed = Metric::parse(built_in, territory).unwrap();
        let better = if parsed.better() == Better::Higher { "higher" } else { "lower" };
        let book = book(expression, aggregate, better);
        let own = Metric::named("own", territory, &book.metrics).unwrap();
        assert_eq!((own.better(), own.is_estimated()), (parsed.better(), parsed.is_estimated()));
        let [of_built_in, of_own] =
            [parsed, own].map(|m| Scorer::new(territory, Contiguity::default(), &m, None).map(|s| s.score(&official)));
        let (of_built_in, of_own) = (of_built_in.unwrap(), of_own.unwrap());
        let (a, b) = (of_built_in.value.unwrap(), of_own.value.unwrap());
        assert!((a - b).abs() <= 1e-12 * a.abs(), "{built_in} is {a}, as an expression {b}");
        assert_eq!(of_built_in.telling, of_own.telling);
    }
}

#[test]
fn a_metric_says_where_it_comes_from() {
    let territory = row();
    let metric = Metric::named("own", &territory, &book("homes / households", "mean", "higher").metrics).unwrap();
    assert_eq!((metric.unit(), metric.source(), metric.better()), ("homes", "census", Better::Higher));
    assert_eq!(metric.definition().unwrap().formula, "homes / households");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let metric = |lines: &str| {
        Rulebook::from_toml(&format!("{HEAD}[[metric]]\n{lines}\n")).map(|book| {
            let error = Metric::named(&book.metrics[0].name, &row(), &book.metrics).unwrap_err();
            error.to_string()
        })
    };
    let rest = "unit = \"\"\nbetter = \"lower\"\naggregate = \"sum\"";
    for (lines, said) in [
        (format!("name = \"x\"\n{rest}\nexpression = \"homes +\""), "line 9, column 22: metric `x`: expected a number"),
        (
            format!("name = \"x\"\n{rest}\nexpression = '''\nhomes\n + é ? 2'''"),
            "line 11, column 6: metric `x`: expected `+`",
        ),
        (format!("name = \"x\"\n{rest}\nexpression = \"\\u0068omes +\""), "line 9, column"),
        (format!("name = \"a,b\"\n{rest}\nexpression = \"homes\""), "line 5: metric \"a,b\": a name is made of"),
        (format!("name = \"x\"\n{rest}"), "missing field `expression`"),
        (format!("name = \"x\"\n{rest}\nexpresion = \"homes\""), "nearest: `expression`"),
        (
            "name = \"x\"\nunit = \"\"\nbetter = \"less\"\naggregate = \"sum\"\nexpression = \"1\"".to_owned(),
            "line 7: metric `x`: `better` is \"less\"; expected one of `lower`, `higher`",
        ),
        (
            "name = \"x\"\nunit = \"\"\nbetter = \"lower\"\naggregate = \"means\"\nexpression = \"1\"".to_owned(),
            "`aggregate` is \"means\" (nearest: `mean`)",
        ),
        (
            format!("name = \"x\"\n{rest}\nexpression = \"1\"\n[[metric]]\nname = \"x\"\n{rest}\nexpression = \"2\""),
            "line 11: two metrics have the name `x`",
        ),
    ] {
        let error = metric(&lines).expect_err(&lines).to_string();
        assert!(error.contains(said), "{error}\nexpected {said}");
    }
    for (lines, said) in [
        (
            format!("name = \"x\"\n{rest}\nexpression = \"2 * home\""),
            "metric x of the rulebook, line 9, column 19: the territory has no \"home\"; did you mean homes?",
        ),
        (format!("name = \"x\"\n{rest}\nexpression = \"beauty\""), "it knows municipalities, area_km2, homes"),
        (format!("name = \"x\"\n{rest}\nexpression = \"cut_links\""), "the territory has no \"cut_links\""),
        (format!("name = \"min_homes\"\n{rest}\nexpression = \"homes\""), "the name of a built-in metric"),
    ] {
        let error = metric(&lines).unwrap();
        assert!(error.contains(said), "{error}\nexpected {said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_it_fail(text in "[a-z0-9_+*/(). ,`-]{0,40}|(homes|[-+*/(),]|min|sqrt|[0-9]){0,30}") {
        let lines = format!(
            "{HEAD}[[metric]]\nname = \"own\"\nunit = \"\"\nbetter = \"lower\"\naggregate = \"sum\"\nexpression = '{text}'\n"
        );
        if let Ok(book) = Rulebook::from_toml(&lines) {
            let territory = row();
            if let Ok(metric) = Metric::named("own", &territory, &book.metrics) {
                let score = Scorer::new(&territory, Contiguity::default(), &metric, None).map(|s| s.score(&plan("AABB")));
                prop_assert!(score.is_err() || score.is_ok_and(|s| s.value.is_none_or(f64::is_finite)));
            }
        }
    }

    /// What an expression says an area may become holds for every area with these members and some more.
    #[test]
    fn no_area_is_outside_its_range(formula in 0usize..6, members in 0u32..16, more in 0u32..16, some in 0u32..16) {
        let territory = row();
        let formula = [
            "homes / municipalities", "abs(homes - 35) + 1", "max(homes, households) * 2", "diameter_links / homes + 3",
            "homes * municipalities / (1 + households)", "100 - homes",
        ][formula];
        let metric = Metric::named("own", &territory, &book(formula, "sum", "lower").metrics).unwrap();
        let scorer = Scorer::new(&territory, Contiguity::default(), &metric, None).unwrap();
        let set = |bits: u32| (0..4).filter(|m| bits >> m & 1 == 1).collect::<Vec<u32>>();
        let mut scratch = Default::default();
        let area = set(members | (more & some));
        if let (Some([least, most]), false) = (scorer.range(&set(members), &set(more & !members), &mut scratch), area.is_empty()) {
            let term = scorer.area(&area, &mut scratch);
            prop_assert!(least <= term && term <= most, "{formula}: {term} is not in {least} to {most}");
        }
    }
}
