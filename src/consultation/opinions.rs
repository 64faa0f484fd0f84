//! The opinions against the map that is chosen: who is followed, who is overruled.

use std::collections::BTreeMap;

use super::together::same_area;
use super::{About, Consultation, Opinion, View};
use crate::plan::{NONE, Plan};

/// How a map meets the opinions of one party on one municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What it wants first.
    First,
    /// What it finds acceptable.
    Acceptable,
    /// Nothing that it wants or accepts.
    NotWanted,
    /// What it refuses.
    Refused,
    /// It only refuses something, and that does not happen.
    Spared,
    /// The map gives the municipality no area.
    Silent,
}

impl Outcome {
    /// True where a decision for this map must say why the opinion is not followed.
    #[must_use]
    pub fn overrules(self) -> bool {
        matches!(self, Self::NotWanted | Self::Refused)
    }
}

/// One party (a municipality, or an actor on one) and how a map meets its opinions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stance {
    /// The municipality.
    pub municipality: usize,
    /// The actor; none: the municipality itself.
    pub actor: Option<usize>,
    /// How the map meets it.
    pub outcome: Outcome,
    /// Lines of the opinions that decide it: those that are met, or, where none is, all of them.
    pub lines: Vec<u32>,
}

/// How a map meets each party that gave an opinion, sorted by municipality and actor (the municipality itself first).
///
/// An opinion on a proposal is met where the municipality has the very same area in the map. A wish to be together is
/// met where all that it names are in the area, a refusal where one of them is.
#[must_use]
pub fn stances(consultation: &Consultation, map: &Plan) -> Vec<Stance> {
    let mut parties: BTreeMap<(usize, Option<usize>), Vec<&Opinion>> = BTreeMap::new();
    for opinion in &consultation.opinions {
        parties.entry((opinion.municipality, opinion.actor)).or_default().push(opinion);
    }
    let stance = |((municipality, actor), own): ((usize, Option<usize>), Vec<&Opinion>)| {
        let met = |view: View| -> Vec<u32> {
            own.iter().filter(|o| o.view == view && is_met(consultation, o, map)).map(|o| o.line).collect()
        };
        let wants = own.iter().any(|o| o.view != View::Refused);
        let (refused, first, acceptable) = (met(View::Refused), met(View::First), met(View::Acceptable));
        let all = || own.iter().map(|o| o.line).collect();
        let (outcome, lines) = match () {
            () if map.of[municipality] == NONE => (Outcome::Silent, all()),
            () if !refused.is_empty() => (Outcome::Refused, refused),
            () if !first.is_empty() => (Outcome::First, first),
            () if !acceptable.is_empty() => (Outcome::Acceptable, acceptable),
            () if wants => (Outcome::NotWanted, all()),
            () => (Outcome::Spared, all()),
        };
        Stance { municipality, actor, outcome, lines }
    };
    parties.into_iter().map(stance).collect()
}

/// Those parties that a map overrules.
#[must_use]
pub fn overruled(consultation: &Consultation, map: &Plan) -> Vec<Stance> {
    let mut all = stances(consultation, map);
    all.retain(|s| s.outcome.overrules());
    all
}

fn is_met(consultation: &Consultation, opinion: &Opinion, map: &Plan) -> bool {
    let area = map.of[opinion.municipality];
    if area == NONE {
        return false;
    }
    match &opinion.about {
        About::Proposal(i) => {
            let plan = &consultation.proposals[*i].plan;
            let there = plan.of[opinion.municipality];
            there != NONE && same_area(plan, there, map, area)
        }
        About::With(all) if opinion.view == View::Refused => all.iter().any(|&m| map.of[m] == area),
        About::With(all) => all.iter().all(|&m| map.of[m] == area),
    }
}
