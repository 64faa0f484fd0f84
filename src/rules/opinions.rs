//! The councils' wishes are followed, or it is listed who is overruled (R603, R604).

use super::ground::{Breach, Criterion, Ground, Levers, Marks, Scene, count, text};
use super::{Fact, Finding, Severity};
use crate::plan::NONE;
use crate::territory::index_u32;

#[derive(Debug)]
pub(super) struct Opinions {
    rule: u32,
    severity: Severity,
    wishes: Vec<Wish>,
    /// Municipalities whose wishes name no other municipality: nothing to hold the plan against.
    unjudged: Vec<u32>,
}

#[derive(Debug)]
struct Wish {
    municipality: u32,
    together_with: Vec<u32>,
    apart_from: Vec<u32>,
    /// Its place in the territory's list.
    position: u32,
}

impl Wish {
    fn area(&self, scene: &Scene<'_>) -> u32 {
        scene.now.of[self.municipality as usize]
    }

    /// Wished for and not in the same area. A municipality without an area is with nobody.
    fn not_with<'w>(&'w self, scene: &'w Scene<'_>) -> impl Iterator<Item = u32> + 'w {
        let area = self.area(scene);
        self.together_with.iter().copied().filter(move |&m| area == NONE || scene.now.of[m as usize] != area)
    }

    /// Refused and in the same area.
    fn with<'w>(&'w self, scene: &'w Scene<'_>) -> impl Iterator<Item = u32> + 'w {
        let area = self.area(scene);
        self.apart_from.iter().copied().filter(move |&m| area != NONE && scene.now.of[m as usize] == area)
    }

    fn is_overruled(&self, scene: &Scene<'_>) -> bool {
        self.not_with(scene).next().is_some() || self.with(scene).next().is_some()
    }
}

impl Opinions {
    pub(super) fn new(ground: &Ground<'_>, rule: u32, severity: Severity) -> Self {
        let inside = |list: &[usize]| list.iter().filter(|&&m| m < ground.len()).map(|&m| index_u32(m)).collect();
        let (mut wishes, mut unjudged) = (Vec::new(), Vec::new());
        for (i, wish) in ground.territory.wishes().iter().enumerate().filter(|(_, w)| w.municipality < ground.len()) {
            let municipality = index_u32(wish.municipality);
            let together_with: Vec<u32> = inside(&wish.together_with);
            let apart_from: Vec<u32> = inside(&wish.apart_from);
            if together_with.is_empty() && apart_from.is_empty() {
                unjudged.push(municipality);
            } else {
                wishes.push(Wish { municipality, together_with, apart_from, position: index_u32(i) });
            }
        }
        unjudged.sort_unstable();
        unjudged.dedup();
        Self { rule, severity, wishes, unjudged }
    }
}

impl Criterion for Opinions {
    fn of_plan(&self, scene: &Scene<'_>, out: &mut Vec<Breach>) {
        for (i, wish) in self.wishes.iter().enumerate() {
            if wish.is_overruled(scene) {
                let breach = Breach::new("R603", self.severity, self.rule, wish.area(scene));
                out.push(breach.of(vec![wish.municipality]).with(index_u32(i)));
            }
        }
        if !self.unjudged.is_empty() {
            out.push(Breach::new("R604", Severity::Note, self.rule, NONE).of(self.unjudged.clone()));
        }
    }

    fn describe(&self, scene: &Scene<'_>, breach: &Breach, _: &mut Marks, finding: &mut Finding) {
        let codes = |list: Vec<u32>| Fact::Municipalities(scene.ground.codes(&list));
        if breach.code == "R604" {
            finding.facts.push(("count", count(breach.municipalities.len())));
            finding.facts.push(("municipalities", codes(breach.municipalities.clone())));
            return;
        }
        let Some(wish) = self.wishes.get(breach.other as usize) else { return };
        finding.facts.push(("municipality", codes(vec![wish.municipality])));
        let not_with: Vec<u32> = wish.not_with(scene).collect();
        if !not_with.is_empty() {
            finding.facts.push(("not_with", codes(not_with)));
        }
        let with: Vec<u32> = wish.with(scene).collect();
        if !with.is_empty() {
            finding.facts.push(("with", codes(with)));
        }
        if let Some(source) = scene.ground.territory.wishes().get(wish.position as usize) {
            let said = |name, words: &String| (!words.is_empty()).then(|| (name, text(words.clone())));
            finding.facts.extend(said("wish", &source.text));
            finding.facts.extend(said("date", &source.date));
        }
    }

    fn is_local(&self, breach: &Breach) -> bool {
        breach.code == "R604"
    }

    fn is_hard(&self) -> bool {
        self.severity == Severity::Violation
    }

    fn levers(&self, _: &Scene<'_>, breach: &Breach, _: Option<usize>) -> Levers {
        let Some(wish) = self.wishes.get(breach.other as usize) else { return Levers::default() };
        let mut all = vec![wish.municipality];
        all.extend(wish.together_with.iter().chain(&wish.apart_from));
        all.sort_unstable();
        all.dedup();
        Levers::of(all)
    }
}
