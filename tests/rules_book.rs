//! The rulebook's file: what is refused, with its line, and what comes out.

#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

mod support;

use landmeter::rules::{CheckError, Kind, Register, Rulebook, check};

const HEAD: &str = "name = \"x\"\ndate = \"2026-01-01\"\ntitle = { nl = \"x\", en = \"x\" }\n[[rule]]\nid = \"r\"\nhard = true\ntext = { nl = \"\", en = \"\" }\n";

fn refused(rule: &str) -> String {
    Rulebook::from_toml(&format!("{HEAD}{rule}")).unwrap_err().0
}

#[test]
fn the_embedded_rulebooks_are_whole() {
    for (name, division) in [("vlaanderen-2021", "region_2022"), ("vlaanderen-2025", "region_2023")] {
        let book = support::rulebook(name);
        assert_eq!(book.name, name);
        let ids: Vec<&str> = book.rules.iter().map(|r| r.id.as_str()).collect();
        let all =
            ["assignment", "contiguity", "enclosure", "reference-region", "minimum-homes", "expertise", "opinions"];
        assert_eq!(ids, all);
        assert_eq!(book.rules.iter().map(|r| r.hard).collect::<Vec<_>>(), [true, true, true, true, true, false, false]);
        for rule in &book.rules {
            assert!(!rule.text.nl.is_empty() && !rule.text.en.is_empty() && !rule.source.act.is_empty(), "{}", rule.id);
            assert!(rule.source.url.starts_with("https://") && rule.source.date.len() == 10, "{}", rule.id);
        }
        assert!(
            matches!(&book.rule("reference-region").unwrap().kind, Kind::Nesting { division: d } if d[0] == division)
        );
    }
}

#[test]
fn an_unknown_field_is_refused_with_its_line_and_the_nearest() {
    let message = refused("kind = \"bounds\"\nattribute = \"homes\"\nat_lest = 5\n");
    assert!(message.starts_with("line 10: unknown field `at_lest`"), "{message}");
    assert!(message.ends_with("(nearest: `at_least`)"), "{message}");
}

#[test]
fn a_field_of_another_kind_is_refused() {
    assert_eq!(
        refused("kind = \"contiguity\"\nwithin = 0.1\n"),
        "line 9: rule `r` of kind `contiguity` has no parameter `within`; it takes `exclaves_count`, `doubtful_below_m`"
    );
    assert!(refused("kind = \"assignment\"\narea = \"A\"\n").ends_with("it takes none"));
}

#[test]
fn an_unknown_kind_is_refused_with_the_nearest() {
    let message = refused("kind = \"contiguty\"\n");
    assert!(
        message.starts_with("line 8: rule `r` has the unknown kind `contiguty` (nearest: `contiguity`)"),
        "{message}"
    );
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    for (rule, expected) in [
        ("kind = \"bounds\"\nattribute = \"a\"\n", "line 4: rule `r` needs `at_least`, `at_most` or both"),
        (
            "kind = \"bounds\"\nattribute = \"a\"\nat_least = 3\nat_most = 2\n",
            "line 4: rule `r`: at_least 3 is more than at_most 2",
        ),
        (
            "kind = \"bounds\"\nattribute = \"a\"\nat_least = nan\n",
            "line 10: rule `r`: `at_least` is NaN, not a number",
        ),
        ("kind = \"bounds\"\nat_least = 1\n", "line 4: rule `r` of kind `bounds` needs `attribute`"),
        (
            "kind = \"balance\"\nattribute = \"a\"\nwithin = -0.1\n",
            "line 10: rule `r`: `within` is -0.1; expected a number of 0 or more",
        ),
        (
            "kind = \"balance\"\nattribute = \"a\"\nwithin = inf\n",
            "line 10: rule `r`: `within` is inf; expected a number of 0 or more",
        ),
        ("kind = \"area-count\"\nat_least = 2.5\n", "line 4: rule `r`: 2.5 is not a number of areas"),
        ("kind = \"together\"\nmunicipalities = []\n", "line 4: rule `r` of kind `together` needs `municipalities`"),
        (
            "kind = \"opinions\"\n[[rule]]\nid = \"r\"\nkind = \"opinions\"\nhard = false\ntext = { nl = \"\", en = \"\" }\n",
            "line 9: two rules have the id `r`; each needs its own",
        ),
    ] {
        assert_eq!(refused(rule), expected);
    }
    assert!(refused("kind = \"opinions\"\nhard = \"yes\"\n").starts_with("line 9: "));
    assert!(Rulebook::from_toml("").unwrap_err().0.contains("missing field `name`"));
}

#[test]
fn a_rulebook_that_does_not_fit_the_territory() {
    let territory = support::grid(2, 2);
    let plan = landmeter::Plan::from_labels("p", &[Some("1"); 4]);
    let fits = |rule: &str| {
        let book = Rulebook::from_toml(&format!("{HEAD}{rule}")).unwrap();
        check(&territory, &plan, &book, &Register::default()).map(|_| ())
    };
    let missing = fits("kind = \"nesting\"\ndivision = \"region\"\n").unwrap_err();
    assert!(matches!(&missing, CheckError::NoDivision { division, .. } if division == "region"));
    assert!(missing.to_string().contains("--layer"));
    let unknown = fits("kind = \"apart\"\nmunicipalities = [\"00001\", \"9\"]\n").unwrap_err();
    assert!(matches!(unknown, CheckError::NoMunicipality { municipality, .. } if municipality == "9"));
    let kinds: Vec<String> = (0..64).map(|i| format!("\"K{i}\"")).collect();
    let many = fits(&format!("kind = \"expertise\"\nactors = [{}]\n", kinds.join(","))).unwrap_err();
    assert!(matches!(many, CheckError::TooManyKinds { found: 64, most: 63, .. }));
}

#[test]
fn a_deadline_is_a_day_of_the_calendar() {
    let book = |day: &str| {
        Rulebook::from_toml(
            &HEAD
                .replace("date =", &format!("deadline = \"{day}\"\ndate ="))
                .replace("hard", "kind = \"opinions\"\nhard"),
        )
    };
    assert_eq!(book("2026-02-28").unwrap().deadline.as_deref(), Some("2026-02-28"));
    let message = book("2026-02-30").unwrap_err().0;
    assert!(message.starts_with("line 2: `deadline` is \"2026-02-30\""), "{message}");
    assert_eq!(support::rulebook("vlaanderen-2021").deadline.as_deref(), Some("2021-10-31"));
    assert_eq!(support::rulebook("general").deadline, None);
}

#[test]
fn the_rulebook_as_json() {
    let book = support::rulebook("vlaanderen-2021");
    let json = serde_json::to_value(&book).unwrap();
    assert_eq!(json["rules"][4]["kind"], "bounds");
    assert_eq!(json["rules"][4]["at_least"], 1000.0);
    assert_eq!(json["rules"][1]["source"]["article"].as_str().unwrap().split(',').next(), Some("art. 4.37"));
}

#[test]
fn odd_plans_do_not_break_it() {
    let territory = support::grid(2, 2);
    let book = Rulebook::from_toml(&format!("{HEAD}kind = \"assignment\"\n")).unwrap();
    for of in [vec![], vec![0], vec![0, 7, 0, 0], vec![0; 9]] {
        let plan =
            landmeter::Plan { name: "odd".into(), areas: vec!["1".into(), "2".into()], of, ..Default::default() };
        let verdict = check(&territory, &plan, &book, &Register::default()).unwrap();
        assert!(verdict.areas.len() <= 1);
    }
    let empty = landmeter::Territory::new("none", vec![], vec![]).unwrap();
    let plan = landmeter::Plan::from_labels("p", &[]);
    assert!(check(&empty, &plan, &book, &Register::default()).unwrap().findings.is_empty());
}

/// A plan in which all is wrong ends soon too: the work on remedies is bounded for the whole of it.
#[test]
fn a_large_plan_in_which_all_is_wrong() {
    let territory = support::grid(60, 60);
    let labels: Vec<String> = (0..3600).map(|i| format!("{}", (i * 7) % 90)).collect();
    let labels: Vec<Option<&str>> =
        labels.iter().enumerate().map(|(i, l)| (i % 5 != 0).then_some(l.as_str())).collect();
    let plan = landmeter::Plan::from_labels("noise", &labels);
    let book = "[[rule]]\nid = \"c\"\nkind = \"contiguity\"\nhard = true\ntext = { nl = \"\", en = \"\" }\n";
    let book = Rulebook::from_toml(&format!("{HEAD}kind = \"assignment\"\n{book}")).unwrap();
    let start = std::time::Instant::now();
    let verdict = check(&territory, &plan, &book, &Register::default()).unwrap();
    let unassigned = verdict.findings.iter().filter(|f| f.code == "R101").count();
    assert_eq!(unassigned, 720);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
