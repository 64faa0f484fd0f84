//! Many plans: order, threads, bytes, and a run that is killed and gone on with.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use landmeter::batch::{self, Event, Options, Summary};
use landmeter::io::Error;
use landmeter::io::plans::{PlanOptions, PlanSource};
use landmeter::report::Context;
use landmeter::rules::{Checker, Register};
use landmeter::territory::{Link, Municipality};
use landmeter::words::Lang;
use landmeter::{Rulebook, Territory};

const RULEBOOK: &str = r#"
name = "two"
date = "2026-01-01"
title = { nl = "Twee regels", en = "Two rules" }

[[rule]]
id = "assignment"
kind = "assignment"
hard = true
source = { act = "none" }
text = { nl = "Elke gemeente een gebied", en = "Each municipality an area" }

[[rule]]
id = "contiguity"
kind = "contiguity"
hard = true
source = { act = "none" }
text = { nl = "Aaneengesloten", en = "Contiguous" }
"#;

/// A grid of municipalities, 100 and on, that touch left, right, above and below.
fn grid(width: usize, height: usize) -> Territory {
    let units = (0..width * height).map(|i| Municipality::new((100 + i).to_string(), format!("Unit {i}"))).collect();
    let mut links = Vec::new();
    for i in 0..width * height {
        if i % width + 1 < width {
            links.push(Link::border(i, i + 1, 100.0));
        }
        if i + width < width * height {
            links.push(Link::border(i, i + width, 100.0));
        }
    }
    Territory::new("grid", units, links).expect("a grid")
}

/// Plans of a 4 x 3 grid, good and bad, as JSON lines.
fn plans(count: usize) -> String {
    let mut text = String::new();
    for plan in 0..count {
        match plan % 7 {
            3 => text += "{\"plan\": broken\n",
            5 => text += "{\"plan\":\"short \\\"5\\\"\",\"assignment\":{\"100\":\"A\",\"100\":\"B\",\"999\":\"A\"}}\n",
            _ => {
                let _ = write!(text, "{{\"plan\":\"draw {plan}\",\"assignment\":{{");
                for i in 0..12 {
                    let area = (i + plan) % 12 / (1 + plan % 4);
                    let _ = write!(text, "{}\"{}\":\"{area}\"", if i == 0 { "" } else { "," }, 100 + i);
                }
                text += "}}\n";
            }
        }
    }
    text
}

struct Run {
    territory: Territory,
    rulebook: Rulebook,
    register: Register,
}

impl Run {
    fn new() -> Self {
        let rulebook = landmeter::Rulebook::from_toml(RULEBOOK).expect("a rulebook");
        Self { territory: grid(4, 3), rulebook, register: Register::default() }
    }

    fn context(&self) -> Context<'_> {
        Context { territory: &self.territory, rulebook: &self.rulebook, inputs: &[], lang: Lang::En }
    }

    fn go(&self, input: &Path, options: &Options, events: &mut Vec<Event>) -> Result<Summary, Error> {
        let source = PlanSource::open(&[input.to_owned()], &PlanOptions::default())?;
        let checker = Checker::new(&self.territory, &self.rulebook, &self.register).expect("a checker");
        batch::run(source, &checker, &self.context(), options, &mut |e| events.push(e))
    }
}

fn to(output: &Path) -> Options {
    Options { output: Some(output.to_owned()), ..Options::default() }
}

fn beside(output: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", output.display()))
}

#[test]
fn the_order_of_the_input_and_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    std::fs::write(&input, plans(3000)).expect("written");
    let run = Run::new();
    let mut first = None;
    for threads in [1, 2, 8] {
        let summary = run.go(&input, &Options { threads, ..to(&output) }, &mut Vec::new()).expect("a summary");
        let bytes = std::fs::read(&output).expect("lines");
        let json = summary.json(&run.context());
        let (lines, expected) = first.get_or_insert((bytes.clone(), json.clone()));
        assert!(*lines == bytes, "{threads} threads");
        assert!(*expected == json, "{threads} threads");
    }
    let (bytes, _) = first.expect("lines");
    let lines: Vec<serde_json::Value> = bytes
        .split(|&b| b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).expect("a JSON line"))
        .collect();
    assert_eq!(lines.len(), 3000);
    for (plan, line) in lines.iter().enumerate() {
        match plan % 7 {
            3 => {
                assert_eq!(line["plan"], format!("in:{}", plan + 1));
                assert_eq!(line["verdict"], "unreadable");
                assert!(line["reason"].as_str().is_some_and(|r| r.contains(&format!("line {}", plan + 1))));
                assert_eq!(line["findings"], serde_json::json!([]));
            }
            5 => assert_eq!(line["plan"], "short \"5\""),
            _ => assert_eq!(line["plan"], format!("draw {plan}")),
        }
    }
    assert!(!beside(&output, ".partial").exists() && !beside(&output, ".partial.json").exists());
}

#[test]
fn the_summary_counts_what_the_lines_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    std::fs::write(&input, plans(70)).expect("written");
    let run = Run::new();
    let mut events = Vec::new();
    let summary = run.go(&input, &to(&output), &mut events).expect("a summary");
    assert_eq!((summary.plans, summary.unreadable), (70, 10));
    assert_eq!(summary.conform + summary.conform_with_derogations + summary.not_conform, 60);
    assert!(!summary.all_conform());
    let size = std::fs::metadata(&input).expect("a file").len();
    assert_eq!(events.last(), Some(&Event::Progress { plans: 70, bytes: size }));
    assert_eq!(summary.inputs.len(), 1);
    let json: serde_json::Value = serde_json::from_slice(&summary.json(&run.context())).expect("JSON");
    assert_eq!(json["verdicts"]["unreadable"], 10);
    assert_eq!(json["territory"]["municipalities"], 12);
    assert!(summary.text(Lang::En).starts_with("70 plans\n"));
    assert!(summary.text(Lang::Nl).contains("10 onleesbaar"));
}

/// Whatever byte the run was killed at, going on gives the same file and the same summary.
#[test]
fn killed_at_any_byte_and_gone_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    std::fs::write(&input, plans(9)).expect("written");
    let run = Run::new();
    // A run on a device that is full leaves the note behind; here it is made by a run that can't rename its file.
    std::fs::create_dir(&output).expect("in the way");
    run.go(&input, &to(&output), &mut Vec::new()).expect_err("a folder is in the way");
    std::fs::remove_dir(&output).expect("out of the way");
    let whole = std::fs::read(beside(&output, ".partial")).expect("the lines stay");
    let note = std::fs::read(beside(&output, ".partial.json")).expect("a note");
    let expected = run.go(&input, &Options { resume: true, ..to(&output) }, &mut Vec::new()).expect("gone on with");
    assert_eq!(std::fs::read(&output).expect("lines"), whole);
    for cut in 0..=whole.len() {
        std::fs::remove_file(&output).expect("removed");
        std::fs::write(beside(&output, ".partial"), &whole[..cut]).expect("written");
        std::fs::write(beside(&output, ".partial.json"), &note).expect("written");
        let mut events = Vec::new();
        let options = Options { resume: true, threads: 1 + cut % 3, ..to(&output) };
        let summary = run.go(&input, &options, &mut events).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
        assert!(std::fs::read(&output).expect("lines") == whole, "cut at {cut}");
        assert_eq!(summary, expected, "cut at {cut}");
        let lines = whole[..cut].iter().filter(|&&b| b == b'\n').count() as u64;
        assert_eq!(events.contains(&Event::Resumed { plans: lines }), lines > 0, "cut at {cut}");
        assert!(!beside(&output, ".partial").exists() && !beside(&output, ".partial.json").exists());
    }
}

#[test]
fn what_was_made_from_something_else_is_not_gone_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    let text = plans(9);
    std::fs::write(&input, &text).expect("written");
    let run = Run::new();
    std::fs::create_dir(&output).expect("in the way");
    run.go(&input, &to(&output), &mut Vec::new()).expect_err("a folder is in the way");
    std::fs::remove_dir(&output).expect("out of the way");
    let resume = Options { resume: true, ..to(&output) };

    // Another size: refused by the note. The same size: refused by the last line, which comes out otherwise.
    std::fs::write(&input, format!("{text}\n")).expect("written");
    let error = run.go(&input, &resume, &mut Vec::new()).expect_err("another input");
    assert_eq!(error.code, "E512");
    std::fs::write(&input, text.replace("draw 8", "draw 9")).expect("written");
    let error = run.go(&input, &resume, &mut Vec::new()).expect_err("another input");
    assert_eq!(error.code, "E513");
    std::fs::write(&input, &text).expect("written");
    let other = Options { identity: "another register".to_owned(), ..resume.clone() };
    assert_eq!(run.go(&input, &other, &mut Vec::new()).expect_err("other options").code, "E512");
    std::fs::remove_file(beside(&output, ".partial.json")).expect("removed");
    let error = run.go(&input, &resume, &mut Vec::new()).expect_err("no note");
    assert!(error.message.contains("without --resume it is begun anew"), "{error}");

    // Begun anew, which is said.
    let mut events = Vec::new();
    run.go(&input, &to(&output), &mut events).expect("begun anew");
    assert!(matches!(&events[0], Event::Overwritten { path } if path.ends_with("out.jsonl.partial")));
    assert_eq!(
        run.go(&input, &Options { resume: true, ..Options::default() }, &mut Vec::new()).expect_err("no -o").code,
        "E514"
    );
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("in.jsonl");
    std::fs::write(&input, plans(5000)).expect("written");
    let missing = folder.path().join("missing/out.jsonl");
    assert_eq!(Run::new().go(&input, &to(&missing), &mut Vec::new()).expect_err("no folder").code, "E103");
}

/// Each form of the same plans gives the same lines.
#[test]
fn the_form_of_the_input_does_not_matter() {
    let folder = tempfile::tempdir().expect("a folder");
    let labels = |plan: usize, i: usize| ["A", "B", "C"][(i / 4 + plan * (i % 5)) % 3];
    let mut forms =
        [("in.jsonl", String::new()), ("long.csv", "plan,nis,area\n".to_owned()), ("wide.csv", "nis".to_owned())];
    for plan in 0..40 {
        let row = |i: usize| format!("\"{}\":\"{}\"", 100 + i, labels(plan, i));
        let rows: Vec<String> = (0..12).map(row).collect();
        let _ = writeln!(forms[0].1, "{{\"plan\":\"p{plan}\",\"assignment\":{{{}}}}}", rows.join(","));
        for i in 0..12 {
            let _ = writeln!(forms[1].1, "p{plan},{},{}", 100 + i, labels(plan, i));
        }
        let _ = write!(forms[2].1, ",p{plan}");
    }
    for i in 0..12 {
        let _ = write!(forms[2].1, "\n{}", 100 + i);
        for plan in 0..40 {
            let _ = write!(forms[2].1, ",{}", labels(plan, i));
        }
    }
    let run = Run::new();
    let mut first = None;
    for (name, text) in &forms {
        let (input, output) = (folder.path().join(name), folder.path().join("out.jsonl"));
        std::fs::write(&input, text).expect("written");
        run.go(&input, &to(&output), &mut Vec::new()).expect("a summary");
        let bytes = std::fs::read(&output).expect("lines");
        assert_eq!(bytes.iter().filter(|&&b| b == b'\n').count(), 40, "{name}");
        assert!(*first.get_or_insert(bytes.clone()) == bytes, "{name}");
    }
}
