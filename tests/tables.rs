//! Tables joined to a territory, and every bad table in a file whose name says what is wrong with it.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::path::{Path, PathBuf};

use landmeter::Territory;
use landmeter::io::tables::{read_attributes, read_declared, read_layer, read_register};
use landmeter::io::territory::{TerritoryOptions, load};
use landmeter::io::{Error, Note, embedded};
use landmeter::territory::LinkKind;
use landmeter::{report, words};

fn flanders() -> Territory {
    embedded::load("flanders").unwrap().territory
}

fn said(note: &Note) -> String {
    report::note(words::Lang::En, note)
}

fn bad(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/tables").join(name)
}

fn refusal(name: &str) -> Error {
    let (path, mut t) = (bad(name), flanders());
    let refused = if name.starts_with("declared") {
        read_declared(&mut t, &path).err()
    } else if name.starts_with("register") {
        read_register(&path).err()
    } else {
        read_attributes(&mut t, &path).err()
    };
    refused.unwrap_or_else(|| panic!("{name} was accepted"))
}

#[test]
fn every_bad_table_is_refused_with_its_place() {
    let cases = [
        ("attributes_with_thousands_space.csv", "E405", "line 3, column \"homes\"", "1 234"),
        ("attributes_with_thousands_point.csv", "E405", "line 3, column \"homes\"", "23.750"),
        ("attributes_with_unknown_code.csv", "E406", "line 3, column \"nis\"", "99999"),
        ("attributes_with_code_twice.csv", "E407", "line 4, column \"nis\"", "line 2"),
        ("attributes_with_short_row.csv", "E402", "line 3", "1 fields"),
        ("attributes_without_code_column.csv", "E403", "line 1", "name, homes"),
        ("attributes_with_zero_byte.csv", "E401", "line 2", "zero byte"),
        ("declared_without_reason.csv", "E404", "line 3, column \"reason\"", "empty"),
        ("declared_removes_what_is_not_linked.csv", "E408", "line 2, column \"action\"", "not linked"),
        ("declared_with_unknown_action.csv", "E408", "line 2, column \"action\"", "\"delete\""),
        ("declared_with_itself.csv", "E407", "line 2, column \"b\"", "itself"),
        ("register_with_misspelt_field.toml", "E410", "line 8", "untill"),
        ("register_without_reason.csv", "E404", "line 2, column \"reason\"", "empty"),
    ];
    for (name, code, at, says) in cases {
        let e = refusal(name);
        assert_eq!((e.code, e.at.as_deref()), (code, Some(at)), "{name}: {e}");
        assert!(e.message.contains(says) && e.path.ends_with(name), "{name}: {e}");
    }
    assert_eq!(refusal("empty.csv").code, "E401");
    assert_eq!(refusal("no_such_file.csv").code, "E101");
    let tested = cases.len() + 1;
    assert_eq!(std::fs::read_dir(bad("")).unwrap().count(), tested, "a bad file without a test");
}

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn attributes_of_another_date_are_summed_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let table = file(
        &folder,
        "homes.csv",
        "NIS;naam;social_rental_homes;pct_estimated\n12030;Puurs;100;1,5\n12034;Sint-Amands;50;2,5\n11001;Aartselaar;;7\n",
    );
    let mut t = flanders();
    let joined = read_attributes(&mut t, &table).unwrap();
    let homes = t.attribute("social_rental_homes").unwrap();
    assert_eq!(homes.values[t.position("12041").unwrap()], Some(150.0));
    assert_eq!(homes.values[t.position("11001").unwrap()], None);
    assert!(!homes.estimated && t.attribute("pct_estimated").unwrap().estimated);
    assert_eq!(t.attribute("pct_estimated").unwrap().values[t.position("12041").unwrap()], Some(4.0));
    assert!(joined.notes.iter().any(|n| said(n).contains("\"naam\"")), "{:?}", joined.notes);
    assert!(joined.notes.iter().any(|n| said(n).contains("2 rows with codes of another date")), "{:?}", joined.notes);
    assert_eq!(joined.input.sha256.len(), 64);
}

#[test]
fn a_layer_is_a_division() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "zones.csv", "nis,zone,other\n11001,A,1\n11002,B,2\n");
    let mut t = flanders();
    let joined = read_layer(&mut t, &format!("mine={}", path.display())).unwrap();
    assert_eq!(t.division("mine").unwrap().zones, ["A", "B"]);
    assert!(said(&joined.notes[0]).contains("298 municipalities have no zone"), "{:?}", joined.notes);
    read_layer(&mut t, &format!("other={}:other", path.display())).unwrap();
    assert_eq!(t.division("other").unwrap().zones, ["1", "2"]);
    assert_eq!(read_layer(&mut t, "zones.csv").unwrap_err().code, "E408");
}

#[test]
fn links_are_declared_and_removed_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let text = "a,b,action,reason\n31043,31005,remove,the sea lock\n73109,73109x,add,x\n";
    let path = file(&folder, "links.csv", text);
    let mut t = flanders();
    let e = read_declared(&mut t, &path).unwrap_err();
    assert_eq!((e.code, e.at.as_deref()), ("E406", Some("line 3, column \"b\"")));
    let path = file(
        &folder,
        "links.csv",
        "a,b,action,reason\n31043,31005,remove,the sea lock\n73109,73066,add,exclave\n12040,23045,add,bridge\n",
    );
    read_declared(&mut t, &path).unwrap();
    let link = |a: &str, b: &str| t.adjacency().link(t.position(a).unwrap(), t.position(b).unwrap()).cloned();
    assert_eq!(link("31005", "31043"), None);
    let added = link("73109", "73066").unwrap();
    assert_eq!((added.kind, added.reason.as_deref()), (LinkKind::Declared, Some("exclave")));
    assert_eq!(link("12040", "23045").unwrap().kind, LinkKind::Declared, "a point contact, declared");
}

#[test]
fn a_register_as_a_table_is_that_of_the_toml() {
    let folder = tempfile::tempdir().unwrap();
    let text = "id;finding;area;municipalities;decided_by;date;reason;until;source\nx;R201;A;11001 + 11002;B;2022-02-04;why;2030-12-31;\n";
    let (table, _) = read_register(&file(&folder, "r.csv", text)).unwrap();
    let toml = "[[derogation]]\nid = 'x'\nfinding = 'R201'\narea = 'A'\nmunicipalities = ['11001', '11002']\ndecided_by = 'B'\ndate = '2022-02-04'\nreason = 'why'\nuntil = '2030-12-31'\n";
    let (other, _) = read_register(&file(&folder, "r.toml", toml)).unwrap();
    assert_eq!(table.derogations, other.derogations);
}

#[test]
fn a_folder_is_the_same_territory_as_the_embedded_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/flanders/2025").display().to_string();
    let from = |territory: &str| {
        load(&TerritoryOptions { territory: Some(territory.to_owned()), ..TerritoryOptions::default() }).unwrap()
    };
    let (disk, inside) = (from(&folder), from("flanders-2025"));
    assert_eq!(disk.territory.municipalities(), inside.territory.municipalities());
    assert_eq!(disk.territory.adjacency(), inside.territory.adjacency());
    assert_eq!(disk.territory.attributes(), inside.territory.attributes());
    assert_eq!(disk.territory.divisions(), inside.territory.divisions());
    assert!(disk.territory.shapes() == inside.territory.shapes(), "shapes differ");
    assert_eq!(disk.defaults, inside.defaults);
    assert_eq!(inside.territory.inputs().len(), 1);
    assert!(disk.territory.inputs().len() > 5);
}

#[test]
fn a_territory_that_does_not_exist_is_suggested() {
    let options = TerritoryOptions { territory: Some("flandres".into()), ..TerritoryOptions::default() };
    let e = load(&options).unwrap_err();
    assert_eq!(e.code, "E101");
    assert!(e.message.contains("did you mean flanders?"), "{e}");
}
