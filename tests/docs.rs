//! What the documents promise: the README's examples are run, its links lead somewhere.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must stop")]

use std::path::Path;

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A command in a document (`$ landmeter ...`) with the output that stands below it.
struct Example {
    arguments: Vec<String>,
    expected: String,
}

/// The examples in the ```console blocks. `...` on a line of its own stands for any number of lines.
fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for block in text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        for line in block.lines() {
            if let Some(command) = line.strip_prefix("$ landmeter ") {
                let arguments = command.split_whitespace().map(str::to_owned).collect();
                examples.push(Example { arguments, expected: String::new() });
            } else if let Some(example) = examples.last_mut() {
                example.expected.push_str(line);
                example.expected.push('\n');
            }
        }
    }
    examples
}

/// Does the output follow the expected lines, where `...` stands for any number of lines?
fn follows(found: &[&str], expected: &[&str]) -> bool {
    match expected {
        [] => found.is_empty(),
        ["...", rest @ ..] => (0..=found.len()).any(|skip| follows(&found[skip..], rest)),
        [line, rest @ ..] => {
            found.first().is_some_and(|f| f.trim_end() == line.trim_end()) && follows(&found[1..], rest)
        }
    }
}

#[test]
fn the_readme_s_examples_give_what_it_says() {
    let examples = examples(&document("README.md"));
    assert!(!examples.is_empty(), "no example was found");
    for example in examples {
        let folder = tempfile::tempdir().unwrap();
        let mut program = assert_cmd::cargo::cargo_bin_cmd!("landmeter");
        let output = program.current_dir(folder.path()).args(&example.arguments).output().unwrap();
        assert_ne!(output.status.code(), Some(2), "landmeter {}", example.arguments.join(" "));
        let found = String::from_utf8(output.stdout).unwrap();
        let (lines, expected): (Vec<&str>, Vec<&str>) = (found.lines().collect(), example.expected.lines().collect());
        assert!(
            follows(&lines, &expected),
            "landmeter {} gives\n{found}\nwhere the README says\n{}",
            example.arguments.join(" "),
            example.expected
        );
    }
}

#[test]
fn every_command_of_the_table_exists() {
    let readme = document("README.md");
    let mut seen = 0;
    for line in readme.lines().filter_map(|line| line.strip_prefix("| `landmeter ")) {
        let command = line.split([' ', '`']).next().unwrap();
        let output = assert_cmd::cargo::cargo_bin_cmd!("landmeter").args([command, "--help"]).output().unwrap();
        assert!(output.status.success(), "the README names `landmeter {command}`, which does not exist");
        seen += 1;
    }
    assert!(seen >= 6, "the table of commands was not found");
}

#[test]
fn links_to_files_lead_somewhere() {
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = document(name);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next()) {
            if target.is_empty() || target.starts_with("http") {
                continue;
            }
            assert!(
                Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists(),
                "{name} links to {target}, which is not there"
            );
        }
    }
}

#[test]
fn dots_stand_for_lines() {
    assert!(follows(&["a", "b", "c"], &["a", "...", "c"]));
    assert!(follows(&["a", "c"], &["a", "...", "c"]));
    assert!(!follows(&["a", "b"], &["a", "...", "c"]));
    assert!(!follows(&["a", "b"], &["a"]));
}

#[test]
fn the_ci_runs_the_readme_s_test_command() {
    let test = "cargo test --locked";
    assert!(document("README.md").contains(test));
    assert!(document(".ci/run").contains(test));
}
