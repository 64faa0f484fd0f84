//! How the program is asked: usage errors, help, suggestions, streams.

use std::io::Read as _;
use std::process::{Command, Stdio};

use super::Room;

const COMMANDS: &str = "inspect adjacency check batch repair propose score space map data manual completions";

#[test]
fn without_a_command_it_helps_and_exits_with_2() {
    Room::new().run("").code(2).tells(&["Usage: landmeter", "check"]);
}

#[test]
fn an_unknown_command_or_option_suggests_the_nearest() {
    let room = Room::new();
    room.run("chekc").code(2).tells(&["chekc", "'check'"]);
    room.run("check --derogation none").code(2).tells(&["'--derogations'"]);
    room.run("check --format jsn").code(2).tells(&["jsn", "json"]);
}

#[test]
fn every_command_helps_with_an_example() {
    let room = Room::new();
    for command in COMMANDS.split(' ') {
        let run = room.run(&format!("{command} --help")).code(0);
        assert!(run.out.contains("Example") && run.out.contains(&format!("landmeter {command}")), "{}", run.out);
        assert!(run.err.is_empty());
    }
    let all = room.run("--help").code(0).out;
    assert!(COMMANDS.split(' ').all(|command| all.contains(command)), "{all}");
    assert!(all.contains("Exit codes: 0"), "{all}");
}

#[test]
fn the_version_is_the_package_s() {
    assert_eq!(Room::new().run("--version").code(0).out.trim(), concat!("landmeter ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_bad_value_says_what_was_expected() {
    let room = Room::new();
    for (arguments, found, expected) in [
        ("check --tolerance -3", "-3", "metres"),
        ("check --min-border many", "many", "metres"),
        ("check --crs Lambert", "Lambert", "EPSG:31370"),
        ("check --as-of 2023-02-30", "2023-02-30", "YYYY-MM-DD"),
        ("check --threads 0", "0", "1..=1024"),
        ("check --lang fr", "fr", "nl"),
        ("check --contiguity bishop", "bishop", "queen"),
    ] {
        room.run(arguments).code(2).tells(&[found, expected]);
    }
    room.run("batch plans.csv --resume").code(2).tells(&["--resume", "-o FILE"]);
}

#[test]
fn what_does_not_exist_is_named() {
    let room = Room::new();
    room.run("check nothing.csv").code(2).tells(&["nothing.csv"]);
    room.run("inspect --territory nothing.geojson").code(2).tells(&["nothing.geojson"]);
    room.run("check --rules nothing.toml").code(2).tells(&["nothing.toml"]);
    room.run("check --derogations nothing.toml").code(2).tells(&["nothing.toml"]);
}

#[test]
fn manual_pages_and_completions_come_from_the_definitions() {
    let room = Room::new();
    room.run("manual .").code(0);
    room.run("manual landmeter.1").code(2).tells(&["landmeter.1"]);
    let names = room.names();
    assert!(names.contains(&"landmeter.1".to_owned()), "{names:?}");
    assert!(names.contains(&"landmeter-data-show.1".to_owned()), "{names:?}");
    assert!(room.read("landmeter-check.1").contains("derogations"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = room.run(&format!("completions {shell}")).code(0);
        assert!(COMMANDS.split(' ').all(|command| run.out.contains(command)), "{shell} lacks a command");
    }
    room.run("completions tcsh").code(2).tells(&["tcsh", "bash"]);
}

#[test]
fn an_output_that_cannot_be_written_leaves_nothing() {
    let room = Room::new();
    room.run("completions bash -o nowhere/file").code(2).tells(&["nowhere/file"]);
    assert!(room.names().is_empty());
    room.write("file", "what was there");
    room.run("completions bash -o file").code(0);
    assert!(room.read("file").contains("landmeter"));
    assert_eq!(room.names(), ["file"], "a temporary file was left behind");
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    // The completions are longer than a first read, and larger than nothing would be noticed by: the pipe is closed
    // while the program still writes, or before it begins.
    for command in [vec!["completions", "zsh"], vec!["adjacency", "--format", "json"]] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("landmeter"))
            .args(command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let status = child.wait().unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((status.code(), err.as_str()), (Some(0), ""));
    }
}
