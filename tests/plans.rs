//! Every form in which plans come, and what is said of those that can't be read.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use landmeter::Submission;
use landmeter::io::plans::{PlanOptions, PlanSource, read_one, read_with_digests};

/// Code and area of each row.
fn pairs(plan: &Submission) -> Vec<(&str, &str)> {
    plan.rows.iter().map(|r| (r.code.as_str(), r.area.as_str())).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        let bytes = bytes.as_ref();
        if name.ends_with(".gz") {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gz.write_all(bytes).expect("packed");
            std::fs::write(&path, gz.finish().expect("packed")).expect("written");
        } else {
            std::fs::write(&path, bytes).expect("written");
        }
        path
    }

    fn read(&self, name: &str, bytes: impl AsRef<[u8]>) -> Vec<Submission> {
        read_one(&self.put(name, bytes), &PlanOptions::default()).unwrap_or_else(|e| panic!("{name}: {e}"))
    }
}

#[test]
fn one_plan_in_any_form() {
    let folder = Folder::new();
    for (name, text) in [
        ("draft.csv", "nis,area\n1,A\n2,B\n"),
        ("draft.csv", "\u{feff}nis;area\r\n1;A\r\n2;B\r\n"),
        ("draft.tsv", "area\tname\tNISCODE\nA\tOne\t1\nB\tTwo\t2\n"),
        ("draft.csv", "\"GEOID\",\"District\"\n\"1\",\"A\"\n\n\"2\", B\n,\n"),
        ("draft.csv.gz", "gemeente,Werkingsgebied\n1,A\n2,B"),
        ("draft.csv", "\n\nnis,area\n1,A\n2,B\n"),
        ("draft.json", "{\"1\": \"A\", \"2\": \"B\"}"),
        ("draft.json", "\u{feff}{\n  \"1\": \"A\",\n  \"2\": \"\\u0042\"\n}\n"),
        ("draft.json.gz", "{\"1\": \"A\", \"2\": \"B\"}\n\n"),
        ("file.json", "{\"plan\": \"draft\", \"assignment\": {\"1\": \"A\", \"2\": \"B\"}}"),
        (
            "file.json",
            "{\n\"assignment\": {\"1\": \"A\", \"2\": \"B\"},\n\"score\": {\"x\": [1]}, \"plan\": \"draft\"}",
        ),
        ("file.jsonl", "{\"plan\": \"draft\", \"assignment\": {\"1\": \"A\", \"2\": \"B\"}}\n"),
        ("wide.csv", "nis,draft\n1,A\n2,B\n"),
        ("long.csv", "plan,nis,area\ndraft,1,A\ndraft,2,B\n"),
    ] {
        let plans = folder.read(name, text);
        assert_eq!(plans.len(), 1, "{name}: {text}");
        assert_eq!(plans[0].name, "draft", "{name}: {text}");
        assert_eq!(pairs(&plans[0]), [("1", "A"), ("2", "B")], "{name}: {text}");
    }
}

#[test]
fn lines_companies_numbers_and_open_municipalities() {
    let folder = Folder::new();
    let plans = folder.read("p.csv", "nis,area,woonmaatschappij\n\n1,A,\"Wonen, Noord\"\n2,,\n");
    assert_eq!(plans[0].rows.iter().map(|r| r.line).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(plans[0].rows[0].company.as_deref(), Some("Wonen, Noord"));
    assert_eq!((plans[0].rows[1].area.as_str(), plans[0].rows[1].company.as_deref()), ("", None));

    let plans = folder.read("p.json", "{\"1\": 12, \"2\": null, \"3\": \"  C \", \"4\": -1}");
    assert_eq!(pairs(&plans[0]), [("1", "12"), ("2", ""), ("3", "C"), ("4", "-1")]);
}

#[test]
fn columns_by_name() {
    let folder = Folder::new();
    let path = folder.put("p.csv", "nis,area,Plaats,Wijk\n1,A,x,P\n2,B,y,Q\n");
    let options =
        |code: &str, area: &str| PlanOptions { code_column: Some(code.to_owned()), area_column: Some(area.to_owned()) };
    let plans = read_one(&path, &options("Plaats", "wijk")).expect("a plan");
    assert_eq!(pairs(&plans[0]), [("x", "P"), ("y", "Q")]);
    let error = read_one(&path, &options("Plats", "Wijk")).expect_err("no such column");
    assert!(
        error.to_string().contains("has no column `Plats`, named with --code-column; did you mean `Plaats`?"),
        "{error}"
    );
}

#[test]
fn many_plans_in_one_file() {
    let folder = Folder::new();
    let expected = [("p", vec![("1", "A"), ("2", "B")]), ("q", vec![("1", "C"), ("2", "C")])];
    for (name, text) in [
        ("long.csv", "plan,nis,area\np,1,A\np,2,B\nq,1,C\nq,2,C\n"),
        ("long.csv.gz", "nis;plan;area\n1;p;A\n2;p;B\n1;q;C\n2;q;C\n"),
        ("wide.csv", "nis,p,q\n1,A,C\n2,B,C\n"),
        ("wide.csv.gz", "p,nis,q\nA,1,C\nB,2,C\n"),
        (
            "lines.jsonl",
            "{\"plan\":\"p\",\"assignment\":{\"1\":\"A\",\"2\":\"B\"}}\n\n{\"plan\":\"q\",\"assignment\":{\"1\":\"C\",\"2\":\"C\"}}",
        ),
        (
            "lines.json.gz",
            "\n{\"plan\":\"p\",\"assignment\":{\"1\":\"A\",\"2\":\"B\"}}\r\n{\"assignment\":{\"1\":\"C\",\"2\":\"C\"},\"plan\":\"q\"}\r\n",
        ),
    ] {
        let plans = folder.read(name, text);
        assert_eq!(plans.len(), 2, "{name}");
        for (plan, (title, rows)) in plans.iter().zip(&expected) {
            assert_eq!((&*plan.name, &pairs(plan)), (*title, rows), "{name}");
        }
    }
    let unnamed = folder.read("lines.jsonl", "{\"1\":\"A\"}\n\n{\"1\":\"B\"}\n");
    assert_eq!(unnamed.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["lines:1", "lines:3"]);
    assert_eq!(unnamed[1].rows[0].line, 3);
}

#[test]
fn a_folder_is_its_plans_sorted_by_name() {
    let folder = Folder::new();
    folder.put("b.csv", "nis,area\n1,A\n");
    folder.put("a.json", "{\"1\": \"A\"}");
    folder.put("c.csv.gz", "nis,area\n1,A\n");
    folder.put("README.md", "not a plan");
    folder.put(".hidden.csv", "not a plan");
    let paths = [folder.0.path().to_owned()];
    let mut source = PlanSource::open(&paths, &PlanOptions::default()).expect("a folder");
    assert_eq!(source.by_ref().map(|p| p.name()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(source.skipped(), [folder.0.path().join("README.md").display().to_string()]);
    assert_eq!(source.digests().len(), 3);
    assert_eq!(source.bytes_read(), source.total_bytes());

    let empty = Folder::new();
    let error = PlanSource::open(&[empty.0.path().to_owned()], &PlanOptions::default()).err().expect("no plan");
    assert!(error.message.contains("holds no plan"), "{error}");
}

#[test]
fn digests_are_those_of_the_whole_file() {
    let folder = Folder::new();
    for (name, text) in [
        ("p.csv", "nis,area\n1,A\n"),
        ("p.csv.gz", "nis,area\n1,A\n"),
        ("wide.csv", "nis,p\n1,A\n"),
        ("bad.csv", "x,y\n1,A\n2,B\n"),
        ("p.json", "{\"1\": \"A\"}"),
    ] {
        let path = folder.put(name, text);
        let mut source = PlanSource::open(std::slice::from_ref(&path), &PlanOptions::default()).expect("a file");
        assert_eq!(source.by_ref().count(), 1);
        let expected = landmeter::io::Input::open(&path).expect("a file").digest();
        assert_eq!(source.digests(), [expected], "{name}");
    }
    let path = folder.put("p.csv", "nis,area\n1,A\n");
    let (_, digests) = read_with_digests(&path, &PlanOptions::default()).expect("a plan");
    assert_eq!(digests.len(), 1);
}

#[test]
fn a_wide_table_of_many_passes_is_the_same_plans() {
    // 20 million cells: more than are held at once.
    let (rows, plans) = (200, 100_000);
    let mut text = String::from("nis");
    for plan in 0..plans {
        text += &format!(",{plan}");
    }
    for row in 0..rows {
        text += &format!("\n{row}");
        for plan in 0..plans {
            text.push(',');
            text.push(char::from(b'A' + u8::try_from((row * 7 + plan) % 23).expect("small")));
        }
    }
    let folder = Folder::new();
    let path = folder.put("wide.csv", text);
    let source = PlanSource::open(&[path], &PlanOptions::default()).expect("a file");
    let mut count = 0;
    for (plan, raw) in source.enumerate() {
        let mut row = 0;
        let name = raw.scan(|code, area| {
            let label = char::from(b'A' + u8::try_from((row * 7 + plan) % 23).expect("small"));
            let same = code.parse() == Ok(row) && area.chars().eq([label]);
            row += 1;
            same
        });
        assert_eq!(name, Some(plan.to_string().as_str()));
        assert_eq!(row, rows);
        count += 1;
    }
    assert_eq!(count, plans);
}

/// What each bad file's error must say: its place and the heart of the matter.
const BAD: &[(&str, &str)] = &[
    ("array.json", "is a list; expected an object"),
    ("cut-off.csv.gz", "can't be read further"),
    ("empty-object.json", "assigns no municipality"),
    ("empty.csv", "is empty; expected a plan"),
    ("fraction-as-label.json", "the value of `1` is a number with decimals"),
    ("header-only.csv", "has a header and no rows"),
    ("misspelt-assignment.json", "the value of `asignment` is an object"),
    (
        "missing-area-column.csv",
        "line 1: has no column that is known to hold the area (area, working_area, workingarea, werkingsgebied, ...); name it with --area-column (perhaps `aera`)",
    ),
    ("missing-code-column.csv", "line 1: has no column that is known to hold the municipality"),
    ("nested-value.json", "the value of `1` is an object"),
    ("no-code-in-row.csv", "line 3: names no municipality; expected its code in column `nis`"),
    ("not-utf8.json", "line 1, column 10: is not whole JSON: invalid unicode code point"),
    ("one-bad-line.jsonl", "line 2, column 34: is not whole JSON"),
    ("only-blank-lines.csv", "is empty; expected a plan"),
    ("ragged-wide.csv", "line 3: has 2 cells; expected 3"),
    ("rows-not-together.csv", "line 6: the plan `p` was ended by another and returns here"),
    ("separator-in-label.csv", "line 3: has 3 cells; expected 2"),
    ("short-row.csv", "line 3: has 1 cells; expected 2"),
    ("truncated.json", "line 1, column 18: is not whole JSON: EOF while parsing a string"),
    ("two-area-columns.csv", "line 1: two columns are called `area`"),
    ("two-assignments.json", "the key `assignment` is there 2 times"),
    ("unclosed-quote.csv", "line 3: a quoted cell begins in this record and is never closed"),
    ("unnamed-wide-column.csv", "line 1: column 3 has no name"),
    ("utf16.csv", "is UTF-16; expected UTF-8"),
];

/// Files that look bad and can be read.
const READ: &[&str] = &["duplicate-key.json", "not-utf8.csv"];

#[test]
fn what_is_said_of_each_bad_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/plans");
    for (name, expected) in BAD {
        let error = read_one(&folder.join(name), &PlanOptions::default()).expect_err(name).to_string();
        assert!(error.contains(name) && error.contains(expected), "{name}: {error}");
    }
    let mut there: Vec<_> = std::fs::read_dir(&folder).expect("the folder").filter_map(Result::ok).collect();
    there.retain(|f| {
        let name = f.file_name();
        !BAD.iter().any(|(n, _)| name == *n) && !READ.iter().any(|n| name == *n)
    });
    assert!(there.is_empty(), "not tested: {there:?}");
}

#[test]
fn what_looks_bad_and_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/plans");
    let plans = read_one(&folder.join("duplicate-key.json"), &PlanOptions::default()).expect("a plan");
    assert_eq!(pairs(&plans[0]), [("1", "A"), ("2", "A"), ("1", "B")]);
    let plans = read_one(&folder.join("not-utf8.csv"), &PlanOptions::default()).expect("a plan");
    assert_eq!(pairs(&plans[0]), [("1", "Li\u{e8}ge"), ("2", "Li\u{e8}ge")]);
}

#[test]
fn what_cannot_be_read_stops_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/plans");
    let read = |name: &str| {
        let source = PlanSource::open(&[folder.join(name)], &PlanOptions::default()).expect("a file");
        source.map(|raw| (raw.name(), raw.submission().is_ok())).collect::<Vec<_>>()
    };
    let named = |list: &[(&str, bool)]| list.iter().map(|&(n, ok)| (n.to_owned(), ok)).collect::<Vec<_>>();
    assert_eq!(read("one-bad-line.jsonl"), named(&[("good", true), ("bad", false), ("one-bad-line:3", true)]));
    assert_eq!(read("rows-not-together.csv"), named(&[("p", true), ("q", true), ("p", false)]));
    assert_eq!(read("empty.csv"), named(&[("empty", false)]));
}

#[test]
fn a_line_that_is_too_long_stops_nothing() {
    let folder = Folder::new();
    let long = " ".repeat(landmeter::io::plans::MAX_PLAN_BYTES);
    let path = folder.put("p.jsonl", format!("{{\"1\":\"A\"}}\n{{\"plan\":\"long\",{long}}}\n{{\"1\":\"B\"}}\n"));
    let source = PlanSource::open(&[path], &PlanOptions::default()).expect("a file");
    let read: Vec<_> = source.map(|raw| (raw.name(), raw.submission().is_ok())).collect();
    assert_eq!(read, [("p:1".to_owned(), true), ("long".to_owned(), false), ("p:3".to_owned(), true)]);
}

proptest::proptest! {
    /// Whatever the bytes, an answer and no panic; and the quick scan never says other than the careful reading.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(proptest::sample::select(b"{}[]\":,;\\ \t\r\n12ABnisareapl\xe8\xff".to_vec()), 0..200), ending in proptest::sample::select(vec!["csv", "json", "jsonl"]), start in proptest::sample::select(vec!["", "nis,area\n", "plan;nis;area\n", "nis,p,q\n", "{\"1\":\"A\"}\n", "{\"assignment\":{"])) {
        let folder = Folder::new();
        let mut text = start.as_bytes().to_vec();
        text.extend(&bytes);
        let path = folder.put(&format!("p.{ending}"), &text);
        let source = PlanSource::open(&[path], &PlanOptions::default()).expect("a file");
        for raw in source {
            let mut rows = Vec::new();
            let name = raw.scan(|code, area| { rows.push((code.to_owned(), area.to_owned())); true });
            if let Some(name) = name {
                let plan = raw.submission().expect("what is scanned can be read");
                proptest::prop_assert_eq!(name, &plan.name);
                let read: Vec<_> = plan.rows.into_iter().map(|r| (r.code, r.area)).collect();
                proptest::prop_assert_eq!(&rows, &read);
            }
        }
    }
}
