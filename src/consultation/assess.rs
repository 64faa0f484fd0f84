//! Each proposal by itself: its verdict, and what is missing around it.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::hands::Hands;
use super::{About, Consultation, Proposal};
use crate::plan::{NONE, Plan};
use crate::rules::{CheckError, Checker, Kind, Register, Rulebook, Severity, Status, Verdict};
use crate::territory::{ActiveActor, Territory};

/// What is no fault of a proposal of some municipalities only: one without an area, and a derogation for what others propose.
const OF_THE_REST: [&str; 2] = ["R101", "R903"];

/// What can be said of one proposal.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The verdict on its areas. Municipalities on which it is silent are not held against it.
    pub verdict: Verdict,
    /// Municipalities that it covers.
    pub covers: Vec<usize>,
    /// Submitted after the rulebook's deadline; none where the day or the deadline is not known.
    pub late: Option<bool>,
    /// Municipalities that it covers and for which no supporting council speaks. Without a list of councils: all of them, where
    /// it names no council.
    pub unsupported: Vec<usize>,
    /// True where it gives no reasons.
    pub unmotivated: bool,
    /// Actors active in a municipality that it covers, of whom there is no opinion on that municipality that is about
    /// this proposal or about neighbours: municipality, actor.
    pub unheard: Vec<(usize, usize)>,
    /// What it makes change hands.
    pub hands: Hands,
}

/// The rules and the territory, made ready for the proposals of a consultation.
///
/// The actors of the consultation stand in the place of those of the territory, and its opinions in that of the wishes.
#[derive(Debug)]
pub struct Assessor<'a> {
    consultation: &'a Consultation,
    territory: Territory,
    rulebook: Rulebook,
    register: &'a Register,
    kinds: Vec<String>,
    deadline: Option<String>,
}

impl<'a> Assessor<'a> {
    /// Makes the rules ready. Rules about all areas together (their number, their balance) are not put to proposals.
    #[must_use]
    pub fn new(
        territory: &Territory,
        rulebook: &Rulebook,
        register: &'a Register,
        consultation: &'a Consultation,
    ) -> Self {
        let kinds = rulebook.rules.iter().find_map(|r| match &r.kind {
            Kind::Expertise { actors } => Some(actors.clone()),
            _ => None,
        });
        let active = consultation.holdings.iter().map(|h| ActiveActor {
            municipality: h.municipality,
            actor: consultation.actors[h.actor].name.clone(),
            kind: consultation.actors[h.actor].kind.clone(),
        });
        let mut rulebook = rulebook.clone();
        let of_all = |kind: &Kind| matches!(kind, Kind::AreaCount { .. } | Kind::Balance { .. });
        rulebook.rules.retain(|r| !of_all(&r.kind) && !matches!(r.kind, Kind::Opinions));
        Self {
            consultation,
            territory: territory.clone().with_actors(active.collect()),
            deadline: rulebook.deadline.clone(),
            rulebook,
            register,
            kinds: kinds.unwrap_or_default(),
        }
    }

    /// Judges a plan by the areas that it has.
    ///
    /// # Errors
    ///
    /// A rule that does not fit the territory.
    pub fn verdict(&self, plan: &Plan) -> Result<Verdict, CheckError> {
        Ok(self.judged(&self.checker()?, plan))
    }

    fn checker(&self) -> Result<Checker<'_>, CheckError> {
        Checker::new(&self.territory, &self.rulebook, self.register)
    }

    fn judged(&self, checker: &Checker<'_>, plan: &Plan) -> Verdict {
        let mut verdict = checker.check(plan);
        if plan.of.contains(&NONE) {
            verdict.findings.retain(|f| !OF_THE_REST.contains(&f.code));
        }
        let broken = || verdict.findings.iter().filter(|f| f.severity == Severity::Violation);
        verdict.status = match (broken().any(|f| f.derogation.is_none()), broken().next().is_some()) {
            (true, _) => Status::NotConform,
            (false, true) => Status::ConformWithDerogations,
            (false, false) => Status::Conform,
        };
        verdict
    }

    /// What a plan makes change hands.
    #[must_use]
    pub fn hands(&self, plan: &Plan) -> Hands {
        Hands::new(plan, &self.consultation.actors, &self.consultation.holdings, &self.kinds)
    }

    /// The consultation that is judged.
    #[must_use]
    pub fn consultation(&self) -> &'a Consultation {
        self.consultation
    }

    /// The territory on which the proposals are judged, and the rules that are put to them.
    #[must_use]
    pub fn grounds(&self) -> (&Territory, &Rulebook) {
        (&self.territory, &self.rulebook)
    }

    /// Says all that can be said of each proposal, in their order.
    ///
    /// # Errors
    ///
    /// A rule that does not fit the territory.
    pub fn assess(&self) -> Result<Vec<Assessment>, CheckError> {
        let all = self.consultation;
        let checker = self.checker()?;
        // The parties that said something about neighbours, and about each proposal.
        let mut with: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut about: Vec<BTreeSet<(usize, usize)>> = vec![BTreeSet::new(); all.proposals.len()];
        for opinion in &all.opinions {
            let Some(actor) = opinion.actor else { continue };
            match &opinion.about {
                About::With(_) => with.insert((opinion.municipality, actor)),
                About::Proposal(p) => about[*p].insert((opinion.municipality, actor)),
            };
        }
        let heard = |p: usize, party: &(usize, usize)| with.contains(party) || about[p].contains(party);
        let one = |(i, proposal): (usize, &Proposal)| {
            let plan = &proposal.plan;
            let covers: Vec<usize> = (0..plan.of.len()).filter(|&m| plan.of[m] != NONE).collect();
            let spoken = self.spoken_for(proposal);
            let active = all.holdings.iter().filter(|h| plan.of[h.municipality] != NONE);
            Assessment {
                verdict: self.judged(&checker, plan),
                // Days as they are written sort as time does.
                late: proposal.date.as_ref().zip(self.deadline.as_ref()).map(|(day, last)| day > last),
                unsupported: covers.iter().copied().filter(|&m| !spoken[m]).collect(),
                unmotivated: proposal.motivation.is_empty(),
                unheard: active.map(|h| (h.municipality, h.actor)).filter(|party| !heard(i, party)).collect(),
                hands: self.hands(plan),
                covers,
            }
        };
        Ok(all.proposals.par_iter().enumerate().map(one).collect())
    }

    /// For which municipalities the councils that support a proposal speak.
    fn spoken_for(&self, proposal: &Proposal) -> Vec<bool> {
        let Some(councils) = &self.consultation.councils else {
            return vec![!proposal.councils.is_empty(); self.territory.len()];
        };
        let mut spoken = vec![false; self.territory.len()];
        for council in councils.iter().filter(|c| proposal.councils.binary_search(&c.name).is_ok()) {
            council.municipalities.iter().for_each(|&m| spoken[m] = true);
        }
        spoken
    }
}
