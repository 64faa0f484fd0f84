//! The direction of the house: who may know whom, who opens files, who prints, how large a file may grow.
//!
//! The rooms and their order are those of `ARCHITECTURE.md`; change both together.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use std::path::{Path, PathBuf};

/// Each room, and the rooms that it may know.
const ROOMS: &[(&str, &[&str])] = &[
    ("territory", &[]),
    ("plan", &["territory"]),
    ("score", &["territory", "plan"]),
    ("rules", &["territory", "plan", "score"]),
    ("space", &["territory", "plan", "rules", "score"]),
    ("search", &["territory", "plan", "rules", "score", "space"]),
    ("consultation", &["territory", "plan", "rules", "space", "search"]),
    ("words", &["territory", "plan", "rules", "consultation"]),
    ("io", &["territory", "plan", "rules", "consultation"]),
    ("verify", &["territory", "plan", "rules", "io"]),
    ("report", &["territory", "plan", "rules", "score", "consultation", "words", "io"]),
    ("batch", &["territory", "plan", "rules", "words", "io", "report"]),
    (
        "cli",
        &[
            "territory",
            "plan",
            "rules",
            "score",
            "space",
            "search",
            "consultation",
            "words",
            "io",
            "verify",
            "report",
            "batch",
        ],
    ),
];

/// Nouns that `lib.rs` re-exports, and the room that each lives in.
const RE_EXPORTS: &[(&str, &str)] = &[
    ("Adjacency", "territory"),
    ("Municipality", "territory"),
    ("Territory", "territory"),
    ("Plan", "plan"),
    ("Submission", "plan"),
    ("Finding", "rules"),
    ("Rulebook", "rules"),
    ("Verdict", "rules"),
];

/// Most lines that a file may have before its tests.
const LONGEST: usize = 800;

/// A source file: its path below `src`, and its code before the tests, comments taken out.
struct Source {
    path: PathBuf,
    code: String,
    lines: usize,
}

impl Source {
    /// `io` for `io/plans/mod.rs`; none for `lib.rs` and `main.rs`.
    fn room(&self) -> Option<&str> {
        let first = self.path.components().next()?.as_os_str().to_str()?;
        let room = first.strip_suffix(".rs").unwrap_or(first);
        (!["lib", "main"].contains(&room)).then_some(room)
    }

    /// How many `super::` lead from this file to the root of the crate.
    fn depth(&self) -> usize {
        let parts = self.path.components().count();
        if self.path.ends_with("mod.rs") { parts - 1 } else { parts }
    }
}

fn sources() -> Vec<Source> {
    fn visit(folder: &Path, root: &Path, sources: &mut Vec<Source>) {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                visit(&path, root, sources);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let body = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
                sources.push(Source {
                    path: path.strip_prefix(root).unwrap().to_owned(),
                    code: body.lines().map(|l| l.split("//").next().unwrap_or_default().to_owned() + "\n").collect(),
                    lines: body.lines().count(),
                });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    visit(&root, &root, &mut sources);
    assert!(sources.len() > 10, "the sources were not found");
    sources
}

/// The first names after each `prefix` in the code: `a` in `crate::a::b`, `a` and `b` in `crate::{a::c, b}`.
fn names_after(code: &str, prefix: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let after = &code[at + prefix.len()..];
        if let Some(group) = after.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(word(std::mem::take(&mut item).trim())),
                    _ => {}
                }
                if !(c == ',' && depth == 0) {
                    item.push(c);
                }
            }
            names.push(word(item.trim()));
        } else {
            names.push(word(after));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn names_are_read_as_the_compiler_does() {
    assert_eq!(names_after("use crate::a::b;", "crate::"), ["a"]);
    assert_eq!(names_after("use crate::{a::{b, c}, d, e::f};\ncrate::g()", "crate::"), ["a", "d", "e", "g"]);
    assert_eq!(names_after("$crate_crate::a; super::super::b", "crate::"), Vec::<String>::new());
    assert_eq!(names_after("super::super::b", "super::super::"), ["b"]);
}

#[test]
fn the_rooms_know_only_those_below_them() {
    let mut broken = Vec::new();
    for source in sources() {
        let Some(room) = source.room() else { continue };
        let Some((_, may_know)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            panic!("{} lies in no room of the plan: give it one here and in ARCHITECTURE.md", source.path.display());
        };
        let mut known = names_after(&source.code, "crate::");
        known.extend(names_after(&source.code, &"super::".repeat(source.depth())));
        for name in known {
            let home = RE_EXPORTS.iter().find(|(noun, _)| *noun == name).map_or(name.as_str(), |(_, home)| home);
            let is_room = ROOMS.iter().any(|(other, _)| *other == home);
            if is_room && home != room && !may_know.contains(&home) {
                broken.push(format!("{}: {room} may not know {home}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Fails where a word stands in a room that may not say it.
#[track_caller]
fn only_in(rooms: &[&str], words: &[&str]) {
    let mut found = Vec::new();
    for source in sources() {
        if source.room().is_some_and(|room| !rooms.contains(&room)) {
            let said = words.iter().filter(|word| source.code.contains(**word));
            found.extend(said.map(|word| format!("{}: {word}", source.path.display())));
        }
    }
    assert!(found.is_empty(), "only {rooms:?} may\n{}", found.join("\n"));
}

#[test]
fn only_io_opens_files() {
    only_in(&["io"], &["fs::", "File::open", "File::create", "OpenOptions"]);
}

#[test]
fn only_the_command_line_prints() {
    // `batch` streams its lines; everything else that is a result goes through `io::output`.
    only_in(&["cli", "io", "batch"], &["stdout()", "stdin()"]);
    only_in(&["cli"], &["println!", "print!(", "stderr()"]);
}

#[test]
fn nothing_reads_the_date_or_draws_at_random() {
    only_in(&[], &["SystemTime", "thread_rng", "rand::rng", "RandomState", "std::collections::HashMap"]);
}

#[test]
fn only_the_command_line_times_itself() {
    // Nothing that is computed may depend on it: `space` says how long each region took.
    only_in(&["cli"], &["Instant::now"]);
}

#[test]
fn no_file_outgrows_the_house() {
    let large: Vec<String> = sources()
        .iter()
        .filter(|s| s.lines > LONGEST)
        .map(|s| format!("{} has {} lines before its tests", s.path.display(), s.lines))
        .collect();
    assert!(large.is_empty(), "at most {LONGEST}:\n{}", large.join("\n"));
}

#[test]
fn the_plan_of_the_house_names_every_room() {
    let plan = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (room, _) in ROOMS {
        assert!(plan.contains(&format!("`{room}`")), "ARCHITECTURE.md does not name `{room}`");
    }
}
