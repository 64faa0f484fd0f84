//! Certificates: written with an optimum, followed by `verify`, refused where they are about something else.

use super::Room;

#[test]
fn an_optimum_is_written_down_and_followed() {
    let room = Room::new();
    let run = room.run("space --region Waasland --areas 2 --best cut_links --certificate w.jsonl.gz --format json");
    assert_eq!(run.code, 0, "{}", run.err);
    let least = run.json()["plans"][0]["value"].clone();
    let run = room.run("verify w.jsonl.gz --format json");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let answer = run.json();
    assert_eq!((&answer["proved"], &answer["reason"]), (&true.into(), &serde_json::Value::Null));
    let claim = &answer["claims"][0];
    assert_eq!(
        (&claim["region"], &claim["metric"], &claim["unit"]),
        (&"Waasland".into(), &"cut_links".into(), &"links".into())
    );
    assert_eq!(claim["value"], least);
    assert_eq!(answer["narrowed"], serde_json::json!(["--region Waasland", "--areas 2"]));

    let run = room.run("verify w.jsonl.gz --lang nl");
    assert!(run.code == 0 && run.out.contains("geen toegelaten plan heeft cut_links onder"), "{}", run.out);
    let run = room.run("verify w.jsonl.gz --territory flanders-2025");
    assert!(run.code == 1 && run.out.contains("not proved: it is about territory flanders-2024"), "{}", run.out);
    let run = room.run("verify w.jsonl.gz --contiguity queen");
    assert!(run.code == 1 && run.out.contains("--contiguity"), "{}", run.out);
}

#[test]
fn a_claim_that_is_raised_a_file_cut_short_and_what_has_no_plan() {
    let room = Room::new();
    let run = room.run("propose --by areas -n 1 --certificate all.jsonl --region Westhoek");
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(room.run("verify all.jsonl").code, 0);
    let text = room.read("all.jsonl");
    room.write("higher.jsonl", &text.replacen("\"value\":1,", "\"value\":2,", 1));
    let run = room.run("verify higher.jsonl");
    assert!(
        run.code == 1 && run.out.contains("the bound of the first state is 1, and the claim says 2"),
        "{}",
        run.out
    );
    room.write("short.jsonl", &text[..text.len() / 2]);
    let run = room.run("verify short.jsonl");
    assert!(run.code == 2 && run.err.contains("short.jsonl, line ") && run.err.contains("[E60"), "{}", run.err);

    let run = room.run("space --region Waasland --areas 9 --best areas --certificate none.jsonl");
    assert_eq!(run.code, 1, "{}", run.err);
    let run = room.run("verify none.jsonl");
    assert!(run.code == 0 && run.out.contains("there is no lawful plan"), "{}", run.out);
}

#[test]
fn what_has_no_certificate_is_said() {
    let room = Room::new();
    for arguments in [
        "space --region Waasland --best polsby_popper_mean --certificate x.jsonl",
        "propose --region Waasland --by cut_links,areas --certificate x.jsonl",
        "propose --region Waasland --by cut_links:2 --certificate x.jsonl",
    ] {
        let run = room.run(arguments);
        assert!(run.code == 2 && run.err.contains("areas, cut_links"), "{arguments}: {}", run.err);
    }
    assert_eq!(room.run("propose --region Waasland --by areas,cut_links --pareto --certificate x.jsonl").code, 2);
    assert_eq!(room.run("space --region Waasland --certificate x.jsonl").code, 2);
    assert_eq!(room.run("verify").code, 2);
    assert_eq!(room.run("verify missing.jsonl").code, 2);
    assert!(room.names().is_empty(), "{:?}", room.names());
}

#[test]
fn of_several_certificates_one_that_cannot_be_read_hides_no_other() {
    let room = Room::new();
    room.run("space --region Waasland --best cut_links --certificate good.jsonl").code(0);
    room.write("text.jsonl", "no certificate\n");
    let run = room.run("verify good.jsonl text.jsonl nowhere.jsonl good.jsonl").code(2);
    let run = run.tells(&["text.jsonl", "nowhere.jsonl"]);
    assert_eq!(run.out.matches("no lawful plan").count(), 2, "{}{}", run.out, run.err);
}
