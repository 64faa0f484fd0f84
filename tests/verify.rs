//! Certificates of small random territories, with every kind of rule and option: each that is written is followed to the
//! optimum that the rules' own checker finds among all plans, and none that was tampered with proves what is false.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test that can't go on must stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use landmeter::io::{Error, Lines};
use landmeter::plan::Plan;
use landmeter::rules::{self, Register, Rulebook, Severity};
use landmeter::space::{Metric, Narrowing, Regions, Space, certificate};
use landmeter::territory::adjacency::Contiguity;
use landmeter::territory::{Attribute, Division, InputDigest, Link, Municipality, Territory};
use landmeter::verify::{Conclusion, verify};
use serde_json::{Value, json};

/// Numbers at random, always the same.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).unwrap()
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

const METRICS: [Metric; 3] = [Metric::Areas, Metric::CutLinks, Metric::CutBorder];

/// A territory, and what is asked of its plans: rules, and options that narrow them.
struct Case {
    territory: Territory,
    rules: String,
    narrowing: Narrowing,
    inputs: Vec<InputDigest>,
}

fn attribute(name: &str, values: Vec<Option<f64>>) -> Attribute {
    Attribute { name: name.into(), unit: String::new(), source: String::new(), estimated: false, values }
}

/// Links at random, in two halves now and then: many units around one do not touch each other then, as it takes to
/// enclose one by what joins later.
fn territory(random: &mut Lcg, n: usize) -> Territory {
    let (share, halves) = (2 + random.below(6), random.one_in(4));
    let (mut links, mut metres) = (Vec::new(), vec![0u32; n]);
    for a in 0..n {
        for b in a + 1..n {
            if if halves { (a + b) % 2 == 1 && random.below(10) < 9 } else { random.below(10) < share } {
                let length = 1000 + 125 * u32::try_from(random.below(60)).unwrap();
                match random.below(40) {
                    0 => links.push(Link::point(a, b)),
                    1 => links.push(Link::declared(a, b, "a bridge")),
                    _ => {
                        links.push(Link::border(a, b, f64::from(length) + 0.25));
                        metres[a] += length;
                        metres[b] += length;
                    }
                }
            }
        }
    }
    let municipalities = (0..n).map(|i| Municipality::new(format!("{i}"), format!("Town {i}"))).collect();
    let mut t = Territory::new("random", municipalities, links).unwrap();
    let regions = 1 + random.below(2);
    let zones = (0..n).map(|_| Some(format!("R{}", random.below(regions)))).collect();
    t.add_division(Division::from_names("region", zones)).unwrap();
    let gaps = random.one_in(3);
    let scale = [1.0, 1.0, 0.5][random.pick(3)];
    let homes = (0..n).map(|_| (!gaps || random.below(5) > 0).then(|| random.below(6) as f64 * scale)).collect();
    t.add_attribute(attribute("homes", homes)).unwrap();
    t.add_attribute(attribute("people", (0..n).map(|_| Some(1.0 + random.below(4) as f64)).collect())).unwrap();
    if !random.one_in(4) {
        let bare = [0, 0, 2][random.pick(3)];
        let outline = |m: u32| Some(f64::from(m + 30_000 * u32::from(random.below(6) < bare)) / 1000.0);
        t.add_attribute(attribute("perimeter_km", metres.into_iter().map(outline).collect())).unwrap();
    }
    t
}

fn rule(id: &str, kind: &str, fields: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\nkind = \"{kind}\"\nhard = true\n{fields}\ntext = {{ nl = \"-\", en = \"-\" }}\n")
}

fn bounds(id: &str, attribute: &str, least: Option<f64>, most: Option<f64>) -> String {
    let mut fields = format!("attribute = \"{attribute}\"\n");
    least.into_iter().for_each(|v| writeln!(fields, "at_least = {v:?}").unwrap());
    most.into_iter().for_each(|v| writeln!(fields, "at_most = {v:?}").unwrap());
    rule(id, "bounds", &fields)
}

fn codes(random: &mut Lcg, n: usize) -> String {
    let codes: BTreeSet<String> = (0..3).map(|_| format!("{:?}", random.pick(n).to_string())).collect();
    format!("municipalities = [{}]\n", codes.into_iter().collect::<Vec<_>>().join(", "))
}

fn book(rules: &str) -> Rulebook {
    let head = "name = \"t\"\ndate = \"2026-01-01\"\ntitle = { nl = \"-\", en = \"-\" }\n";
    Rulebook::from_toml(&format!("{head}{}{rules}", rule("assignment", "assignment", ""))).unwrap()
}

fn case(random: &mut Lcg, n: usize) -> Case {
    let territory = territory(random, n);
    let mut rules = rule("contiguity", "contiguity", &format!("exclaves_count = {}", random.one_in(3)));
    let nested = random.one_in(2);
    if nested {
        rules += &rule("nesting", "nesting", "division = \"region\"");
    }
    let several = nested && territory.divisions()[0].zones.len() > 1;
    if random.one_in(2) {
        rules += &rule("enclosure", "enclosure", "");
    }
    if random.one_in(2) {
        let least = random.below(6) as f64;
        rules += &bounds("homes", "homes", Some(least), random.one_in(2).then(|| least + random.below(6) as f64));
    }
    if random.one_in(4) {
        rules += &rule("together", "together", &codes(random, n));
    }
    if random.one_in(4) {
        rules += &rule("apart", "apart", &codes(random, n));
    }
    if random.one_in(5) {
        rules += &rule("fixed", "fixed", &format!("{}area = \"Zuid\"", codes(random, n)));
    }
    let mut narrowing = Narrowing::default();
    if random.one_in(4) {
        narrowing.at_least.push(("people".into(), 1.0 + random.below(4) as f64));
    }
    if random.one_in(3) {
        narrowing.at_most.push(("people".into(), 4.0 + random.below(8) as f64));
    }
    if random.one_in(3) && !several {
        let fewest = 1 + u32::try_from(random.below(3)).unwrap();
        if random.one_in(2) {
            rules += &rule("count", "area-count", &format!("at_least = {fewest}\nat_most = {}", fewest + 1));
        } else {
            narrowing.areas = Some((fewest, fewest));
            if random.one_in(2) {
                narrowing.balance.push(("people".into(), 0.1 + random.below(9) as f64 / 10.0));
            }
        }
    }
    narrowing.free = random.one_in(8);
    let digest = |name: &str| InputDigest { path: name.into(), sha256: format!("{:064x}", random.0) };
    Case { territory, rules, narrowing, inputs: vec![digest("territory"), digest("rulebook")] }
}

fn partitions(n: usize) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    for _ in 0..n {
        let longer = |p: Vec<u32>| {
            let next = p.iter().max().map_or(0, |m| m + 1);
            (0..=next).map(move |a| p.iter().copied().chain([a]).collect())
        };
        all = all.into_iter().flat_map(longer).collect();
    }
    all
}

/// The least value of each region among all plans that the rules let pass, and that of all regions together; none where
/// there is no plan.
struct Truth {
    by_region: BTreeMap<String, f64>,
    total: f64,
}

/// The rules with the options as rules of their own.
fn demanded(rules: &str, narrowing: &Narrowing) -> Rulebook {
    let mut demanded = book(rules);
    demanded.rules.retain(|r| narrowing.keeps(&r.kind));
    let mut more = String::new();
    for (i, (name, v)) in narrowing.at_least.iter().enumerate() {
        more += &bounds(&format!("min-{i}"), name, Some(*v), None);
    }
    for (i, (name, v)) in narrowing.at_most.iter().enumerate() {
        more += &bounds(&format!("max-{i}"), name, None, Some(*v));
    }
    if let Some((fewest, most)) = narrowing.areas {
        more += &rule("areas", "area-count", &format!("at_least = {fewest}\nat_most = {most}"));
    }
    for (i, (name, within)) in narrowing.balance.iter().enumerate() {
        more += &rule(&format!("share-{i}"), "balance", &format!("attribute = {name:?}\nwithin = {within:?}"));
    }
    demanded.rules.extend(book(&more).rules.into_iter().skip(1));
    demanded
}

fn truth(t: &Territory, rules: &str, narrowing: &Narrowing, metric: &str) -> Option<Truth> {
    let demanded = demanded(rules, narrowing);
    let register = Register::default();
    let checker = rules::Checker::new(t, &demanded, &register).unwrap();
    let nested = demanded.rule("nesting").is_some();
    let division = &t.divisions()[0];
    let region = |m: usize| {
        let zone = division.zones[division.of[m].unwrap() as usize].clone();
        if nested { zone } else { t.name().to_owned() }
    };
    let fixed = demanded.rules.iter().find_map(|r| match &r.kind {
        rules::Kind::Fixed { municipalities, .. } => t.position(municipalities.iter().min().unwrap()),
        _ => None,
    });
    let mut found: Option<Truth> = None;
    for of in partitions(t.len()) {
        let label = |m: usize| match fixed {
            Some(first) if of[m] == of[first] => "Zuid".to_owned(),
            _ => format!("area {}", of[m]),
        };
        let labels: Vec<String> = (0..t.len()).map(label).collect();
        let plan = Plan::from_labels("p", &labels.iter().map(|l| Some(l.as_str())).collect::<Vec<_>>());
        let verdict = checker.findings(&plan, &mut rules::Scratch::default());
        if verdict.findings.iter().any(|f| f.severity == Severity::Violation) {
            continue;
        }
        let mut sums: BTreeMap<String, f64> = (0..t.len()).map(|m| (region(m), 0.0)).collect();
        let mut total = 0.0;
        let cut = t.adjacency().links().iter().filter(|l| Contiguity::default().counts(l));
        for l in cut.filter(|l| of[l.a as usize] != of[l.b as usize]) {
            let cost = match metric {
                "areas" => 0.0,
                "cut_links" => 1.0,
                _ => (l.length_m * 1000.0).round() / 1e6,
            };
            total += cost;
            if region(l.a as usize) == region(l.b as usize) {
                *sums.get_mut(&region(l.a as usize)).unwrap() += cost;
            }
        }
        if metric == "areas" {
            for area in 0..=*of.iter().max().unwrap() {
                *sums.get_mut(&region(of.iter().position(|a| *a == area).unwrap())).unwrap() += 1.0;
                total += 1.0;
            }
        }
        let truth = found.get_or_insert_with(|| Truth { by_region: sums.clone(), total });
        truth.total = truth.total.min(total);
        truth.by_region.iter_mut().for_each(|(region, least)| *least = least.min(sums[region]));
    }
    found
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-7
}

/// The certificate of a case; none where no space can be made of it. Also whether all its rules are in the space.
fn written(case: &Case, metric: Metric) -> Option<(Vec<u8>, bool)> {
    let rulebook = book(&case.rules);
    let regions = Regions::new(&case.territory, &rulebook, &case.narrowing).ok()?;
    let whole = regions.untested.is_empty();
    let space = Space::new(&case.territory, rulebook.contiguity, regions, 1 << 30).unwrap();
    let mut file = Vec::new();
    certificate::write(&space, metric, &rulebook, &case.narrowing, &case.inputs, &mut file).unwrap();
    Some((file, whole))
}

fn followed(case: &Case, file: Vec<u8>) -> Result<Conclusion, Error> {
    verify(Lines::from_bytes("certificate", file).unwrap(), &case.territory, &book(&case.rules), &case.inputs)
}

#[test]
fn every_certificate_is_followed_to_the_optimum() {
    let mut random = Lcg(20_261_124);
    let (mut optima, mut none, mut open, mut with_exclaves) = (0, 0, 0, 0);
    for round in 0..3000 {
        let n = 1 + random.pick(if round % 50 == 0 { 8 } else { 7 });
        let case = case(&mut random, n);
        let metric = METRICS[random.pick(3)];
        let Some((file, whole)) = written(&case, metric) else { continue };
        let text = String::from_utf8(file.clone()).unwrap();
        let about = format!("round {round}: {:?}\n{}{:?}\n{text}", case.territory, case.rules, case.narrowing);
        let conclusion = followed(&case, file).unwrap_or_else(|e| panic!("{e}, {about}"));
        let least = truth(&case.territory, &case.rules, &case.narrowing, metric.name());
        if !whole {
            open += 1;
            assert!(holds(&conclusion, least.as_ref()), "{conclusion:?}, {about}");
            continue;
        }
        assert!(conclusion.proved(), "{:?}, {about}", conclusion.reason);
        with_exclaves += usize::from(!text.contains("\"exclaves\":[]"));
        let Some(least) = least else {
            assert_eq!(conclusion.total, None, "{about}");
            assert!(conclusion.claims.iter().all(|c| c.value.is_none()), "{about}");
            none += 1;
            continue;
        };
        optima += 1;
        assert!(is_close(conclusion.total.unwrap(), least.total), "{conclusion:?}, {about}");
        assert_eq!(conclusion.claims.len(), least.by_region.len(), "{about}");
        for claim in &conclusion.claims {
            assert!(is_close(claim.value.unwrap(), least.by_region[&claim.region]), "{conclusion:?}, {about}");
        }
    }
    assert!(
        optima > 300 && none > 100 && open > 30 && with_exclaves > 50,
        "{optima} optima, {none} without a plan, {open} with enclosure left open, {with_exclaves} with exclaves"
    );
}

/// Whether what a conclusion says is true.
fn holds(conclusion: &Conclusion, truth: Option<&Truth>) -> bool {
    if !conclusion.proved() {
        return true;
    }
    let Some(truth) = truth else {
        // Without any plan, one of the regions has none; where enclosure is left out it may seem to have.
        return conclusion.claims.iter().any(|c| c.value.is_none()) || !conclusion.untested.is_empty();
    };
    let all = conclusion.claims.iter().all(|claim| {
        let least = truth.by_region.get(&claim.region);
        match (claim.value, least) {
            // Where a rule is left out the least may be less than with it.
            (Some(value), Some(least)) if !conclusion.untested.is_empty() => value <= least + 1e-7,
            (Some(value), Some(least)) => is_close(value, *least),
            _ => false,
        }
    });
    let total = conclusion.total.is_none_or(|total| {
        is_close(total, truth.total) || (!conclusion.untested.is_empty() && total <= truth.total + 1e-7)
    });
    all && total
}

/// A value inside a JSON value, drawn at random.
fn inner<'v>(random: &mut Lcg, mut value: &'v mut Value) -> &'v mut Value {
    loop {
        let deeper = match &*value {
            Value::Array(items) => !items.is_empty() && random.below(5) > 0,
            Value::Object(fields) => !fields.is_empty() && random.below(12) > 0,
            _ => false,
        };
        if !deeper {
            return value;
        }
        value = match value {
            Value::Array(items) => {
                let at = random.pick(items.len());
                &mut items[at]
            }
            Value::Object(fields) => {
                let at = random.pick(fields.len());
                fields.values_mut().nth(at).unwrap()
            }
            _ => unreachable!(),
        };
    }
}

/// Changes something in a line.
fn tampered(random: &mut Lcg, value: &mut Value, others: &[String]) {
    let place = inner(random, value);
    match place {
        Value::Number(number) => {
            let old = number.as_i64().unwrap_or(0);
            *place = match random.below(5) {
                0 => json!(old - 1),
                1 => json!(old.wrapping_mul(1_000_003)),
                2 => Value::Null,
                _ => json!(old + 1),
            };
        }
        Value::Null => *place = json!(random.below(5)),
        Value::Bool(yes) => *place = json!(!*yes),
        Value::String(text) => *text = others[random.pick(others.len())].clone(),
        Value::Array(items) if items.is_empty() => items.push(json!(random.below(3))),
        Value::Array(items) => {
            let (a, b) = (random.pick(items.len()), random.pick(items.len()));
            match random.below(4) {
                0 => {
                    items.remove(a);
                }
                1 => items.push(items[a].clone()),
                _ => items.swap(a, b),
            }
        }
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            if !names.is_empty() && random.one_in(2) {
                fields.remove(&names[random.pick(names.len())]);
            } else {
                fields.insert("more".into(), json!(1));
            }
        }
    }
}

/// The options of a certificate that was tampered with.
fn options(head: &Value) -> Option<Narrowing> {
    let options = head.get("options")?;
    let list = |name: &str| serde_json::from_value(options.get(name)?.clone()).ok();
    Some(Narrowing {
        region: serde_json::from_value(options.get("region")?.clone()).ok()?,
        areas: serde_json::from_value(options.get("areas")?.clone()).ok()?,
        at_least: list("min")?,
        at_most: list("max")?,
        balance: list("balance")?,
        free: options.get("free")?.as_bool()?,
        without_estimates: options.get("no_estimates")?.as_bool()?,
    })
}

#[test]
fn no_certificate_that_was_tampered_with_proves_what_is_false() {
    let mut random = Lcg(7);
    let (mut refused, mut unreadable, mut harmless) = (0, 0, 0);
    for _ in 0..220 {
        let n = 2 + random.pick(5);
        let case = case(&mut random, n);
        let metric = METRICS[random.pick(3)];
        let Some((file, _)) = written(&case, metric) else { continue };
        let lines: Vec<Value> = String::from_utf8(file).unwrap().lines().map(|l| l.parse().unwrap()).collect();
        let mut others: Vec<String> = (0..n).map(|i| i.to_string()).collect();
        others.extend(["areas", "cut_links", "cut_border_km", "people", "Zuid", "R0", "R1"].map(str::to_owned));
        let mut known: BTreeMap<String, Option<Truth>> = BTreeMap::new();
        for _ in 0..120 {
            let mut lines = lines.clone();
            for _ in 0..=random.below(3) {
                let at = if random.one_in(3) { random.pick(lines.len().min(3)) } else { random.pick(lines.len()) };
                match random.below(12) {
                    0 => {
                        lines.remove(at);
                    }
                    1 => lines.insert(at, lines[at].clone()),
                    2 => {
                        // A state less, as if it had never been there.
                        let level = (0..at).rev().find(|&i| lines[i].get("states").is_some());
                        if let (Some(level), true) = (level, lines[at].get("open").is_some()) {
                            lines[level]["states"] =
                                json!(lines[level]["states"].as_u64().unwrap_or(1).saturating_sub(1));
                            lines.remove(at);
                        }
                    }
                    3 => {
                        // All bounds and values higher by one.
                        for line in &mut lines {
                            for name in ["bound", "value"] {
                                if let Some(old) = line.get(name).and_then(Value::as_i64) {
                                    line[name] = json!(old + 1);
                                }
                            }
                        }
                    }
                    _ => tampered(&mut random, &mut lines[at], &others),
                }
                if lines.is_empty() {
                    break;
                }
            }
            let file: String = lines.iter().map(|l| l.to_string() + "\n").collect();
            match followed(&case, file.clone().into_bytes()) {
                Err(e) => {
                    assert!(e.code.starts_with("E6") && e.at.is_some(), "{e}");
                    unreadable += 1;
                }
                Ok(conclusion) if !conclusion.proved() => refused += 1,
                Ok(conclusion) => {
                    harmless += 1;
                    let narrowing = options(&lines[0]).unwrap();
                    let key = format!("{narrowing:?} {}", conclusion.metric);
                    let truth = known
                        .entry(key)
                        .or_insert_with(|| truth(&case.territory, &case.rules, &narrowing, &conclusion.metric));
                    let about = format!("{:?}\n{}{narrowing:?}\n{file}", case.territory, case.rules);
                    assert!(holds(&conclusion, truth.as_ref()), "{conclusion:?} is false: {about}");
                }
            }
        }
    }
    assert!(
        refused > 2000 && unreadable > 2000 && harmless > 500,
        "{refused} refused, {unreadable} unreadable, {harmless} harmless"
    );
}
