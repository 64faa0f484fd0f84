//! `landmeter consult`: one consultation, drawn on a grid of six.

use serde_json::{Value, json};

use super::{Room, grid, has_keys, plan, texts};

const RULES: &str = r#"
name = "drawn"
date = "2021-01-01"
deadline = "2021-10-31"
title = { nl = "Getekend", en = "Drawn" }
[contiguity]
min_border_m = 1.0
[[rule]]
id = "assignment"
kind = "assignment"
hard = true
text = { nl = "Een gebied.", en = "One area." }
[[rule]]
id = "contiguity"
kind = "contiguity"
hard = true
text = { nl = "Aaneengesloten.", en = "In one piece." }
[[rule]]
id = "expertise"
kind = "expertise"
actors = ["SHM", "SVK"]
hard = false
text = { nl = "Ervaring.", en = "Experience." }
"#;

/// ```text
/// a b c     west: a d -> W      east: b c e -> E, f -> F      odd: a c -> O (not in one piece)
/// d e f
/// ```
fn room() -> Room {
    let room = Room::new();
    std::fs::create_dir_all(room.path("c/plans")).unwrap();
    room.write("grid.geojson", &grid()).write("rules.toml", RULES);
    room.write("c/plans/west.csv", &plan("ad", "WW"));
    room.write("c/plans/east.csv", "nis,area,company\nb,E,Groot\nc,E,Groot\ne,E,Groot\nf,F,\n");
    room.write("c/plans/odd.csv", &plan("ac", "OO"));
    room.write(
        "c/proposals.csv",
        "proposal,submitter,date,councils,motivation\n\
         west,a and d,2021-10-31,West;Dee,together for long\n\
         east,b,2021-11-01,East,\n\
         odd,a,2021-10-01,,because\n",
    );
    room.write("c/councils.csv", "council,nis\nWest,a\nDee,d\nEast,b\nEast,c\nEast,e\n");
    room.write(
        "c/actors.csv",
        "actor,kind,nis,homes\nGroot,SHM,a,100\nGroot,SHM,b,300\nKlein,SHM,a,40\nKlein,SHM,d,90\nHuur,SVK,d,20\nKlein,SHM,e,60\n",
    );
    room.write(
        "c/opinions.csv",
        "nis,view,actor,proposal,with\n\
         a,first,,west,\n\
         d,refused,,,a\n\
         c,first,,odd,\n\
         e,first,,,f\n\
         a,acceptable,Klein,west,\n\
         d,first,Klein,,a\n\
         b,first,Groot,,c;e\n",
    );
    room
}

const RUN: &str = "consult c --territory grid.geojson --rules rules.toml";

fn by_name<'v>(all: &'v Value, key: &str, name: &str) -> &'v Value {
    all.as_array().unwrap().iter().find(|v| v[key] == name).unwrap_or_else(|| panic!("no {name} in {all}"))
}

#[test]
fn each_proposal_with_its_verdict_and_what_is_missing() {
    let found = room().run(&format!("{RUN} --format json")).code(1).json();
    has_keys(&found, "proposals overlaps gaps compatible_sets chosen faults territory rulebook inputs version");
    let of = |name| by_name(&found["proposals"], "proposal", name);
    let (west, east, odd) = (of("west"), of("east"), of("odd"));
    assert_eq!(
        (&west["verdict"], &east["verdict"], &odd["verdict"]),
        (&json!("conform"), &json!("conform"), &json!("not-conform"))
    );
    assert_eq!((&west["late"], &east["late"]), (&json!(false), &json!(true)));
    assert_eq!((texts(&west["unsupported"]), texts(&east["unsupported"])), (vec![], vec!["f"]));
    assert_eq!(texts(&odd["unsupported"]), ["a", "c"]);
    assert_eq!((&west["unmotivated"], &east["unmotivated"]), (&json!(false), &json!(true)));
    // Active in a and d: Groot, Klein and Huur; only Klein gave an opinion on these.
    let unheard = json!([{ "municipality": "a", "actor": "Groot" }, { "municipality": "d", "actor": "Huur" }]);
    assert_eq!(west["without_opinion"], unheard);
    assert_eq!(found["faults"], json!([]));
}

#[test]
fn overlaps_gaps_and_what_can_stand_together() {
    let found = room().run(&format!("{RUN} --format json")).code(1).json();
    let overlaps = json!([
        { "a": "east", "b": "odd", "contested": ["c"], "agreed": [] },
        { "a": "odd", "b": "west", "contested": ["a"], "agreed": [] },
    ]);
    assert_eq!((&found["overlaps"], &found["gaps"]), (&overlaps, &json!([])));
    assert_eq!(found["compatible_sets"], json!([["east", "west"], ["odd"]]));
}

#[test]
fn who_is_overruled_and_what_changes_hands_by_the_chosen_map() {
    let room = room();
    room.write("decided.csv", "nis,area,company\na,W,\nd,W,\nb,E,Groot\nc,E,Groot\ne,E,Groot\nf,F,\n");
    let found = room.run(&format!("{RUN} --chosen decided.csv --format json")).code(1).json();
    let chosen = &found["chosen"];
    assert_eq!(chosen["verdict"], "conform");
    let overruled: Vec<(&str, &str)> = (chosen["opinions"].as_array().unwrap().iter())
        .filter(|o| o["overruled"] == true)
        .map(|o| (o["municipality"].as_str().unwrap(), o["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(overruled, [("c", "not-wanted"), ("d", "refused"), ("e", "not-wanted")]);
    assert_eq!(texts(&chosen["proposals_not_followed"]), ["odd"]);
    let hands = &chosen["changes_hands"];
    // In W Klein has 40 + 90 and Groot 100; in E the plan names Groot.
    let w = by_name(&hands["areas"], "area", "W");
    assert_eq!((texts(&w["successor"]), &w["by"], texts(&w["without"])), (vec!["Klein"], &json!("most-homes"), vec![]));
    let e = by_name(&hands["areas"], "area", "E");
    assert_eq!((texts(&e["successor"]), &e["by"], texts(&e["without"])), (vec!["Groot"], &json!("named"), vec!["SVK"]));
    let groot = by_name(&hands["actors"], "actor", "Groot");
    assert_eq!((&groot["keeps"], &groot["gives"], &groot["takes"]), (&json!(300), &json!(100), &json!(60)));
    let huur = by_name(&hands["actors"], "actor", "Huur");
    assert_eq!((&huur["fate"], &huur["gives_to"]), (&json!("merges"), &json!(["W"])));
    // The proposal itself may be named as well, and says nothing of who it does not cover.
    let west = room.run(&format!("{RUN} --chosen west --format json")).code(1).json();
    assert_eq!(by_name(&west["chosen"]["opinions"], "municipality", "c")["outcome"], "no-area");
}

#[test]
fn the_text_says_the_same_in_both_languages() {
    let room = room();
    let english = room.run(&format!("{RUN} --chosen east")).code(1).out;
    for words in [
        "3 proposals: 2 pairs contest a municipality",
        "Late: the last day was 2021-10-31.",
        "There is no opinion of Huur on Place d (d).",
        "Can stand together, and nothing can be added: east and west.",
        "Place e (e) gets nothing that it wants or accepts",
        "E: Groot (named in the plan); no SVK is active there.",
    ] {
        assert!(english.contains(words), "{words:?} is not in\n{english}");
    }
    let dutch = room.run(&format!("{RUN} --chosen east --lang nl")).code(1).out;
    assert!(dutch.contains("Te laat: de laatste dag was 2021-10-31.") && dutch.contains("motiveren"), "{dutch}");
    assert!(!dutch.contains('?') && !english.contains('?'), "{dutch}\n{english}");
    let run = |n: u8| room.run(&format!("{RUN} --threads {n} --format json")).out;
    assert_eq!(run(1), run(2));
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_the_rest_goes_on() {
    let room = room();
    room.write(
        "c/actors.csv",
        "actor,kind,nis,homes\nGroot,SHM,a,100\nGROOT,SHM,b,300\nKlein,SHM,x9,40\nKlein,SHM,d,-90\nHuur,SVK,d,20\n\
         Huur,SVK,d,20\nHuur,SVK,b,1\nHuur,SVK,b,2\nHuur,SHM,e,5\n",
    );
    room.write("c/councils.csv", "council,nis\nWest,a\nwest,d\nEast,b\n");
    room.write(
        "c/proposals.csv",
        "proposal,submitter,date,councils,motivation\n\
         west,a,2021-02-30,west,x\nwest,b,2021-02-03,West,x\nEast,b,2021-10-31,Eest,\nnone,z,2021-01-01,,\n",
    );
    room.write(
        "c/opinions.csv",
        "nis,view,actor,proposal,with\na,first,,west,\na,refused,,west,\nb,perhaps,,,c\nb,first,Grot,,c\nb,first,,,\nb,first,,,c\n",
    );
    room.write("c/plans/broken.json", "{ \"a\": ");
    let found = room.run(&format!("{RUN} --format json")).code(1).json();
    let faults: Vec<(String, Option<u64>, String)> = (found["faults"].as_array().unwrap().iter())
        .map(|f| (f["file"].as_str().unwrap().into(), f["line"].as_u64(), f["code"].as_str().unwrap().into()))
        .collect();
    let has = |file: &str, line: Option<u64>, code: &str| {
        assert!(faults.contains(&(file.into(), line, code.into())), "{code} of {file} {line:?} is not in {faults:?}");
    };
    for (line, code) in [(3, "C107"), (4, "C101"), (5, "C104"), (7, "C105"), (9, "C106"), (10, "C106")] {
        has("actors.csv", Some(line), code);
    }
    has("councils.csv", Some(3), "C107");
    for (line, code) in [(3, "C106"), (4, "C107"), (5, "C115")] {
        has("proposals.csv", Some(line), code);
    }
    has("proposals.csv", None, "C114");
    for (line, code) in [(3, "C106"), (4, "C111"), (5, "C108"), (6, "C116")] {
        has("opinions.csv", Some(line), code);
    }
    assert!(faults.iter().any(|(file, _, code)| file == "plans/broken.json" && code == "C113"), "{faults:?}");
    assert_eq!(found["proposals"].as_array().unwrap().len(), 3);
    let text = room.run(RUN).code(1).out;
    assert!(text.contains("actors.csv, line 5: \"-90\" is not a number of homes"), "{text}");
}

#[test]
fn what_is_not_there_ends_the_work() {
    let room = Room::new();
    room.write("grid.geojson", &grid());
    room.run("consult none --territory grid.geojson").code(2).tells(&["none/proposals.csv", "E101"]);
    let room = self::room();
    room.write("c/actors.csv", "actor,kind,homes\nX,SHM,1\n");
    room.run(RUN).code(2).tells(&["c/actors.csv", "line 1", "nis"]);
}

/// The files of a folder, sorted.
fn files(room: &Room, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(room.path(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn letters_for_each_proposal_and_an_overview() {
    let room = room();
    room.run(&format!("{RUN} --chosen east --rest --letters out")).code(1).tells(&["20 files of letters are in out"]);
    let mut expected = Vec::new();
    for page in ["east", "odd", "overview", "west"] {
        expected.extend(["flow.csv", "flow.svg", "html", "md", "svg"].map(|ending| format!("{page}.{ending}")));
    }
    // No actor is known in c, but in a: odd has a chart too.
    assert_eq!(files(&room, "out"), expected);
    let (west, html) = (room.read("out/west.md"), room.read("out/west.html"));
    for words in [
        "# Proposal west\n",
        "**The plan west conforms.**",
        "Submitted by: a and d; on: 2021-10-31.",
        "Supported by: Dee and West.",
        "Motivation: together for long",
        "There is no opinion of Groot on Place a (a).",
        "| W | Place a (a) and Place d (d) |",
        "[odd](odd.md): odd and west want different areas for Place a (a).",
        "| Place a (a) | the municipality itself | for: wanted first | wanted first: proposal west (line 2) |",
        "| Place d (d) | the municipality itself | against: refuses this | refused: together with Place a (a) (line 3) |",
        "| Groot | Place a (a) | Klein, W | 100 homes |",
        "grid: 4 municipalities are left, with 12 lawful plans",
    ] {
        assert!(west.contains(words), "{words:?} is not in\n{west}");
    }
    for part in [
        "<html lang=\"en\">",
        "<caption>",
        "<th scope=\"col\"",
        "<th scope=\"row\">",
        "<svg ",
        "role=\"img\"",
        "href=\"odd.html\"",
    ] {
        assert!(html.contains(part), "{part} is not in\n{html}");
    }
    let balanced = |tag: &str| {
        let open = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
        assert_eq!(open, html.matches(&format!("</{tag}>")).count(), "{tag}");
    };
    for tag in ["table", "tr", "td", "th", "ul", "li", "p", "h2", "h3", "svg", "g", "text", "figure", "main"] {
        balanced(tag);
    }
    assert!(!html.contains("src=") && !html.contains("<link"), "the page needs another file");
    let overview = room.read("out/overview.md");
    for words in [
        "[west](west.md) | conform | a and d | 2021-10-31 | 2 |",
        "late, not fully supported, no motivation",
        "Can stand together, and nothing can be added: east and west. Together, as one map: conform.",
        "The decision must say why it does not follow:",
    ] {
        assert!(overview.contains(words), "{words:?} is not in\n{overview}");
    }
    let dutch = self::room();
    dutch.run(&format!("{RUN} --chosen east --rest --letters out --lang nl")).code(1);
    for page in ["west", "odd", "east", "overview"] {
        for ending in ["md", "html", "flow.svg"] {
            // A warning has a question mark on the map.
            let read = |room: &Room| room.read(&format!("out/{page}.{ending}")).replace("?</text>", "</text>");
            let (en, nl) = (read(&room), read(&dutch));
            assert!(en != nl && !nl.contains('?') && !en.contains('?'), "{page}.{ending}");
        }
    }
    assert!(dutch.read("out/west.html").contains("<html lang=\"nl\">"));
}

#[test]
fn names_from_files_are_neither_paths_nor_markup() {
    let room = room();
    let evil = "<script>alert(1)</script>|x";
    room.write("grid.geojson", &grid().replace("Place a", "<b>A</b>|*a*"));
    std::fs::remove_dir_all(room.path("c/plans")).unwrap();
    std::fs::create_dir_all(room.path("c/plans")).unwrap();
    room.write(
        "c/plans/all.csv",
        &format!(
            "plan,nis,area\n../up,a,[x](y)\n../up,d,[x](y)\n{evil},b,B\n{evil},c,B\noverview,e,E\nUP,f,F\nup,f,F\n"
        ),
    );
    room.write("c/proposals.csv", &format!("proposal,submitter,date,councils,motivation\n../up,\"two\nlines | x\",2021-01-01,,<i>\n{evil},x,2021-01-01,,y\n"));
    room.write("c/opinions.csv", "nis,view,actor,proposal,with\n");
    room.run(&format!("{RUN} --letters out")).code(0);
    assert!(!room.path("up.md").exists());
    let names: Vec<String> = files(&room, "out").into_iter().filter(|name| name.ends_with(".md")).collect();
    let expected = ["UP-2.md", "overview-2.md", "overview.md", "script-alert-1---script--x.md", "up-3.md", "up.md"];
    assert_eq!(names, expected);
    for name in ["up", "overview", "script-alert-1---script--x"] {
        let html = room.read(&format!("out/{name}.html"));
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("<i>"), "{html}");
    }
    let page = room.read("out/up.md");
    assert!(page.contains("\\<b\\>A\\</b\\>\\|\\*a\\*") && page.contains("\\[x\\](y)"), "{page}");
    assert!(page.contains("Submitted by: two lines \\| x"), "{page}");
    // Each row of a table has as many cells as its head.
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    for table in page.split("\n\n").filter(|block| block.starts_with('|')) {
        let counts: Vec<usize> = table.lines().map(cells).collect();
        assert!(counts.iter().all(|&n| n == counts[0]), "{table}");
    }
}

#[test]
fn the_flow_table_says_who_gives_what_to_whom() {
    let found = room().run(&format!("{RUN} --format csv")).code(1).out;
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines[0], "plan,actor,kind,nis,municipality,homes,area,successor,by,stays");
    for line in [
        "west,Klein,SHM,d,Place d,90,W,Klein,most-homes,true",
        "west,Groot,SHM,a,Place a,100,W,Klein,most-homes,false",
        "west,Groot,SHM,b,Place b,300,,,,false",
        "east,Klein,SHM,e,Place e,60,E,Groot,named,false",
    ] {
        assert!(lines.contains(&line), "{line} is not in\n{found}");
    }
    assert_eq!(lines.len(), 1 + 3 * 6);
}

#[test]
fn what_the_rest_could_become() {
    let found = room().run(&format!("{RUN} --rest --format json")).code(1).json();
    let of = |name| by_name(&found["proposals"], "proposal", name)["rest"].clone();
    // b c e f are left, a path c - b - e - f and the link c - f: a ring of four falls into 2^4 - 4 = 12 connected partitions.
    assert_eq!((&of("west")["count"], &of("west")["regions"][0]["count"]), (&json!("12"), &json!("12")));
    assert_eq!(texts(&of("west")["regions"][0]["municipalities"]), ["b", "c", "e", "f"]);
    // a and d are left, joined or not; the best completion joins them. What it adds: b-a, e-d are always cut.
    assert_eq!(of("east")["count"], "2");
    assert_eq!(of("east")["best"]["assignment"]["a"], of("east")["best"]["assignment"]["d"]);
    // Cut: a-b, d-e, c-f, e-f: 4 km.
    assert_eq!(
        (&of("east")["best"]["cut_border_km"], &of("east")["best"]["verdict"]),
        (&json!(4.0), &json!("conform"))
    );
    let sets = &found["unions"];
    assert_eq!((texts(&sets[0]["proposals"]), &sets[0]["verdict"]), (vec!["east", "west"], &json!("conform")));
    assert_eq!((&sets[0]["rest"]["count"], &sets[0]["rest"]["regions"]), (&json!("1"), &json!([])));
    assert_eq!((&sets[1]["verdict"], texts(&sets[1]["broken"])), (&json!("not-conform"), vec!["contiguity"]));
}

#[test]
fn a_proposal_that_leaves_too_little_is_told_so() {
    let room = room();
    let bound = "[[rule]]\nid = \"pairs\"\nkind = \"bounds\"\nattribute = \"municipalities\"\nat_least = 2\nhard = true\n\
                 text = { nl = \"Twee.\", en = \"Two.\" }\n";
    room.write("rules.toml", &format!("{RULES}{bound}"));
    room.write("c/plans/west.csv", &plan("bce", "WWW"));
    let found = room.run(&format!("{RUN} --rest --format json")).code(1).json();
    let west = &by_name(&found["proposals"], "proposal", "west")["rest"];
    assert_eq!((&west["count"], &west["best"]), (&json!("0"), &Value::Null));
    assert_eq!(
        (texts(&west["regions"][0]["clash"]["rules"]), texts(&west["regions"][0]["clash"]["municipalities"])),
        (vec!["pairs"], vec!["f"])
    );
    let text = room.run(&format!("{RUN} --rest")).code(1).out;
    assert!(text.contains("no lawful plan exists any more"), "{text}");
}

#[test]
fn the_example_inside_is_the_folder_that_is_exported() {
    let room = Room::new();
    room.run("data export consultation-2021 -o c").code(0);
    let run = |what: &str| {
        let command =
            format!("consult {what} --derogations vlaanderen-2022 --chosen official-2022 --rest --format json");
        let mut found = room.run(&command).code(1).json();
        found.as_object_mut().unwrap().remove("inputs");
        found
    };
    let found = run("consultation-2021");
    assert_eq!(found, run("c"));
    assert_eq!(found["faults"], json!([]));
    assert_eq!((found["proposals"].as_array().unwrap().len(), found["gaps"].as_array().unwrap().len()), (15, 136));
    // Known from the decrees: these councils were not followed.
    let parties = found["chosen"]["opinions"].as_array().unwrap();
    let overruled = parties.iter().filter(|o| o["overruled"] == true && o["actor"].is_null());
    let overruled: Vec<&str> = overruled.map(|o| o["municipality"].as_str().unwrap()).collect();
    assert_eq!(overruled, ["33011", "33039", "71002"]);
    // With Kempen-Midden alone Arendonk and Ravels are left without enough homes.
    let clash = &by_name(&found["proposals"], "proposal", "kempen-midden")["rest"]["regions"][0]["clash"];
    assert_eq!(texts(&clash["municipalities"]), ["13001", "13035"]);
    // The labels of the chart stand below each other on each side, a line (15 units) apart, and inside the picture.
    room.run("consult c --chosen official-2022 --letters out --format csv").code(1);
    let chart = room.read("out/overview.flow.svg");
    for anchor in ["end", "start"] {
        let labels = chart.lines().filter(|line| line.contains(&format!("text-anchor=\"{anchor}\"")));
        let number = |line: &str, key: &str| -> f64 {
            line.split(&format!(" {key}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
        };
        let mut heights: Vec<f64> = labels.clone().map(|line| number(line, "y")).collect();
        heights.sort_by(f64::total_cmp);
        assert!(heights.len() > 10 && heights.windows(2).all(|y| y[1] - y[0] >= 15.0), "{heights:?}");
        for line in labels {
            let letters = line.split(['>', '<']).nth(2).unwrap().chars().count();
            let (x, width) = (number(line, "x"), 9.0 * f64::from(u32::try_from(letters).unwrap()));
            assert!(if anchor == "end" { width <= x } else { x + width <= 1400.0 }, "{line}");
        }
    }
    let table = room.read("c/actors.csv");
    assert!(table.lines().skip(1).all(|line| line.contains("invented: the homes")), "homes that are not marked");
    room.run("data export consultation-2021").code(0);
    room.run("data export consultation-2021").code(2).tells(&["is already there"]);
}

#[test]
fn what_is_not_known_and_what_says_nothing() {
    let room = room();
    room.write("c/actors.csv", "actor,kind,nis,homes\nGroot,SHM,a,\nKlein,SHM,a,9\n");
    room.write(
        "c/opinions.csv",
        "nis,view,actor,proposal,with\na,first,,,a\nb,first,,,c\nb,first,,,e\nb,acceptable,,,c\n",
    );
    let found = room.run(&format!("{RUN} --format json")).code(1).json();
    let faults: Vec<(&str, u64)> = (found["faults"].as_array().unwrap().iter())
        .map(|f| (f["code"].as_str().unwrap(), f["line"].as_u64().unwrap()))
        .collect();
    // An empty number is not known, which is no fault; together with itself is nothing; two first choices, and two views of one.
    assert_eq!(faults, [("C116", 2), ("C106", 4), ("C106", 5)]);
    // Bytes that are no UTF-8 are read as Windows-1252, and that is said.
    std::fs::write(room.path("c/opinions.csv"), b"nis,view,actor,proposal,with\na,first,Caf\xe9,west,\n").unwrap();
    let latin = room.run(RUN).code(1).tells(&["Windows-1252"]);
    assert!(latin.out.contains("Café"), "{}", latin.out);
    room.write("c/opinions.csv", "");
    room.run(RUN).code(2).tells(&["c/opinions.csv", "is empty"]);
}
