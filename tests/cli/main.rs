//! The real binary, in a temporary folder: exit codes, keys of the JSON, messages, files.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

mod align;
mod compare;
mod consult;
mod drawn;
mod embedded;
mod many;
mod sample;
mod score;
mod spaces;
mod usage;
mod verify;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// A folder of its own for a test, with the program ready to run in it.
struct Room(tempfile::TempDir);

/// What a run left behind.
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Room {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, contents: &str) -> &Self {
        std::fs::write(self.path(name), contents).unwrap();
        self
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names of all that lies in the folder, sorted.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs `landmeter` with arguments separated by spaces.
    fn run(&self, arguments: &str) -> Run {
        let output = program(self.0.path()).args(arguments.split_whitespace()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Run {
    /// Fails with everything that was said unless the exit code is the expected one.
    #[track_caller]
    fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, expected, "\nstandard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    /// Standard error holds each of these.
    #[track_caller]
    fn tells(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in: {}", self.err);
        }
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.out))
    }
}

fn program(folder: &Path) -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("landmeter");
    command.current_dir(folder).env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

/// The keys of an object, in their order.
#[track_caller]
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("not an object: {value}")).keys().map(String::as_str).collect()
}

/// Fails unless each of `expected` is a key of the object.
#[track_caller]
fn has_keys(value: &Value, expected: &str) {
    for key in expected.split_whitespace() {
        assert!(value.get(key).is_some(), "{key:?} is not one of {:?}", keys(value));
    }
}

/// The texts of an array, in their order.
#[track_caller]
fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap_or_else(|| panic!("not an array: {value}")).iter().filter_map(Value::as_str).collect()
}

/// Six squares of 1 km in two rows, in Lambert 72:
///
/// ```text
/// a b c
/// d e f
/// ```
fn grid() -> String {
    grid_of(&["abc", "def"], 0.0)
}

/// The same, each square wider than its place by so many metres at its right side.
fn grid_of(rows: &[&str], too_wide: f64) -> String {
    let mut features = Vec::new();
    for (row, line) in (0u32..).zip(rows.iter().rev()) {
        for (column, code) in (0u32..).zip(line.chars()) {
            let (x, y) = (150_000.0 + 1000.0 * f64::from(column), 170_000.0 + 1000.0 * f64::from(row));
            let (right, top) = (x + 1000.0 + too_wide, y + 1000.0);
            features.push(serde_json::json!({
                "type": "Feature",
                "properties": { "code": code, "name": format!("Place {code}") },
                "geometry": { "type": "Polygon", "coordinates": [[[x, y], [right, y], [right, top], [x, top], [x, y]]] },
            }));
        }
    }
    serde_json::json!({
        "type": "FeatureCollection",
        "crs": { "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::31370" } },
        "features": features,
    })
    .to_string()
}

/// A plan as CSV from the codes and the areas, one letter each.
fn plan(codes: &str, areas: &str) -> String {
    let rows: Vec<String> = codes.chars().zip(areas.chars()).map(|(code, area)| format!("{code},{area}\n")).collect();
    format!("nis,area\n{}", rows.concat())
}
