//! `sample`: chains of plans as lines that other commands read, the same for any number of threads and after a stop.

use serde_json::Value;

use super::{Room, has_keys};

const LIMBURG: &str = "sample --region Limburg --areas 6 --steps 9000 --thin 10 --chains 3 --seed 4 --quiet";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn plans_are_sound_and_read_by_other_commands() {
    let room = Room::new();
    for method in [
        "recom",
        "recom --trees uniform",
        "reversible-recom",
        "flip --weigh cut_links:0.2,deviation_social_rental_homes_estimated:0.5",
    ] {
        let run = format!(
            "sample --region Limburg --areas 6 --method {method} --steps 400 --thin 200 --chains 2 -o plans.jsonl"
        );
        room.run(&run).code(0);
        let plans = lines(&std::fs::read_to_string(room.path("plans.jsonl")).unwrap());
        assert_eq!(plans.len(), 4, "{method}");
        let scores = room.run("score plans.jsonl --format json").code(0).json();
        for (plan, score) in plans.iter().zip(scores.as_array().unwrap()) {
            has_keys(plan, "plan chain step accepted values verdict breaks assignment");
            assert_eq!((&plan["verdict"], &plan["plan"]), (&"conform".into(), &score["plan"]), "{method}");
            let cut = |m: &&Value| m["metric"].as_str().unwrap().starts_with("cut_");
            for metric in score["scores"].as_array().unwrap().iter().filter(cut) {
                let (here, there) = (&plan["values"][metric["metric"].as_str().unwrap()], &metric["value"]);
                let off = here.as_f64().unwrap() - there.as_f64().unwrap();
                assert!(off.abs() < 1e-3, "{method}: {here} and {there}");
            }
        }
    }
}

#[test]
fn all_of_the_territory_moves_with_what_is_cut_off() {
    let room = Room::new();
    for method in ["recom", "reversible-recom", "flip"] {
        let ran = room.run(&format!("sample --method {method} --steps 300 --thin 300 --chains 2 --quiet")).code(0);
        let plans = lines(&ran.out);
        assert!(plans.iter().all(|p| p["verdict"] == "conform"), "{method}");
        assert!(plans.iter().all(|p| p["assignment"].as_object().unwrap().len() > 280), "{method}");
    }
}

#[test]
fn threads_and_a_stop_make_no_difference() {
    let room = Room::new();
    room.run(&format!("{LIMBURG} -o whole.jsonl --threads 1 --diagnostics whole.json")).code(0);
    room.run(&format!("{LIMBURG} -o other.jsonl --threads 3")).code(0);
    let whole = std::fs::read(room.path("whole.jsonl")).unwrap();
    assert!(whole == std::fs::read(room.path("other.jsonl")).unwrap(), "another number of threads, other bytes");
    // What a run leaves that is killed: some lines, the last one perhaps in part, and the note of what it is made from. The
    // note is that of a run that can't finish, because its target is a folder by then.
    for cut in [0, 1_000, whole.len() / 2, whole.len() - 5] {
        std::fs::create_dir(room.path("again.jsonl")).unwrap();
        room.run(&format!("{LIMBURG} -o again.jsonl")).code(2);
        std::fs::remove_dir(room.path("again.jsonl")).unwrap();
        std::fs::write(room.path("again.jsonl.partial"), &whole[..cut]).unwrap();
        room.run(&format!("{LIMBURG} -o again.jsonl --resume --diagnostics again.json")).code(0);
        assert!(whole == std::fs::read(room.path("again.jsonl")).unwrap(), "cut at {cut}: other bytes");
        let told = |name: &str| std::fs::read_to_string(room.path(name)).unwrap();
        assert_eq!(told("whole.json"), told("again.json"), "cut at {cut}");
        std::fs::remove_file(room.path("again.jsonl")).unwrap();
    }
    let diagnosis: Value = serde_json::from_slice(&std::fs::read(room.path("whole.json")).unwrap()).unwrap();
    has_keys(&diagnosis, "chains steps kept acceptance distinct agree metrics advice");
    has_keys(&diagnosis["metrics"][0], "metric rhat ess ess_tail mean sd min max good");
}

#[test]
fn a_method_is_held_against_the_exact_distribution() {
    let room = Room::new();
    for method in ["reversible-recom", "flip --weigh cut_border_km:0.05"] {
        let run = format!("sample --region Midwest --areas 2 --method {method} --validate --format json --seed 5");
        let found = room.run(&run).code(0).json();
        has_keys(&found, "plans draws steps classes chi_square p level right walked reached unreached_share");
        assert!(found["p"].as_f64().unwrap() > 0.01 && found["plans"].as_u64().unwrap() > 50, "{found}");
    }
    let ran = room.run("sample --region Midwest --areas 2 --validate").code(2);
    assert!(ran.err.contains("not known"), "{}", ran.err);
}

#[test]
fn what_can_t_be_is_said() {
    let room = Room::new();
    for (arguments, said) in [
        ("sample --resume", "-o FILE"),
        ("sample --weigh cut_links", "--method flip"),
        ("sample --method flip --weigh polsby_popper", "can't be weighed"),
        ("sample --region Midwest --areas 15 --steps 10", "no plan with 15 areas"),
        ("sample --region Midwest --areas 1 --steps 10", "can't move"),
    ] {
        let ran = room.run(arguments).code(2);
        assert!(ran.err.contains(said), "{arguments}: {}", ran.err);
    }
}
