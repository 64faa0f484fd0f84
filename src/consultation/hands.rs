//! What changes hands: from the actors of before to the companies of a plan.

use super::{Actor, Holding};
use crate::plan::{NONE, Plan};

/// Who carries on in an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Successor {
    /// The actor whose name the plan gives as the area's company.
    Named(usize),
    /// The actor with the most homes in the area.
    Most(usize),
    /// The plan names a company that is none of the actors (or several such, with a slash between them).
    New(String),
    /// Several actors have the most homes, a number is not known, or the plan names several companies: these may be it.
    Undecided(Vec<usize>),
    /// Nobody has homes there.
    Nobody,
}

impl Successor {
    /// The actor that carries on, where it is one of them.
    #[must_use]
    pub fn actor(&self) -> Option<usize> {
        match self {
            Self::Named(actor) | Self::Most(actor) => Some(*actor),
            Self::New(_) | Self::Undecided(_) | Self::Nobody => None,
        }
    }
}

/// One area of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaHands {
    /// The area, as a position in the plan's areas.
    pub area: u32,
    /// Who carries on.
    pub successor: Successor,
    /// The actors active there, each with its homes there as far as they are known; sorted by actor.
    pub from: Vec<(usize, u64)>,
    /// Kinds of actor of which none is active there.
    pub without: Vec<String>,
}

/// The homes of one actor in one municipality, and where they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// The actor.
    pub actor: usize,
    /// The municipality.
    pub municipality: usize,
    /// The homes; none where the number is not known.
    pub homes: Option<u64>,
    /// The area of the plan; none where the plan gives the municipality no area.
    pub area: Option<u32>,
    /// True where the actor itself carries on in that area.
    pub stays: bool,
}

/// What becomes of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It carries on in one area or more.
    Continues,
    /// All that it has goes to one area, where another carries on (or a new company, or nobody knows who).
    Merges,
    /// What it has is divided over several areas of others.
    Divided,
    /// Some of what it has goes to others; on the rest the plan is silent.
    Partial,
    /// The plan is silent on all its municipalities.
    Untouched,
}

/// One actor of before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorHands {
    /// The actor.
    pub actor: usize,
    /// What becomes of it, by the municipalities that the plan covers.
    pub fate: Fate,
    /// Areas in which it carries on.
    pub carries_on_in: Vec<u32>,
    /// Areas of others that it gives homes to.
    pub gives_to: Vec<u32>,
    /// Homes that it keeps.
    pub keeps: u64,
    /// Homes that go to others.
    pub gives: u64,
    /// Homes of others that come to it.
    pub takes: u64,
    /// Homes in municipalities on which the plan is silent.
    pub outside: u64,
}

/// What a plan makes change hands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hands {
    /// One an area, in the plan's order.
    pub areas: Vec<AreaHands>,
    /// One an actor and municipality, sorted by actor and municipality.
    pub flows: Vec<Flow>,
    /// One an actor that has a holding.
    pub actors: Vec<ActorHands>,
}

impl Hands {
    /// Works out what changes hands, by homes as far as they are known.
    ///
    /// The successor of an area is the actor that the plan names as its company, else the one with the most homes
    /// there; where that can't be told (as many homes, a number that is not known) it is left open. `kinds` are the kinds of
    /// actor whose expertise an area should have; an actor's kind that begins with one of them is of that kind.
    ///
    /// ```
    /// use landmeter::Plan;
    /// use landmeter::consultation::{Actor, Holding, hands::{Fate, Hands}};
    ///
    /// let actor = |name: &str| Actor { name: name.into(), kind: "SHM".into() };
    /// let holding = |actor, municipality, homes| Holding { actor, municipality, homes: Some(homes) };
    /// let plan = Plan::from_labels("draft", &[Some("A"), Some("A")]);
    /// let found = Hands::new(&plan, &[actor("X"), actor("Y")], &[holding(0, 0, 300), holding(1, 1, 200)], &[]);
    /// assert_eq!((found.actors[0].takes, found.actors[1].fate), (200, Fate::Merges));
    /// ```
    #[must_use]
    pub fn new(plan: &Plan, actors: &[Actor], holdings: &[Holding], kinds: &[String]) -> Self {
        let area_of = |h: &Holding| plan.of.get(h.municipality).copied().filter(|&a| a != NONE);
        let areas: Vec<AreaHands> = (0..)
            .zip(&plan.areas)
            .map(|(area, _)| {
                let here: Vec<&Holding> = holdings.iter().filter(|h| area_of(h) == Some(area)).collect();
                of_area(plan, area, actors, &here, kinds)
            })
            .collect();
        let successor = |area: u32| areas[area as usize].successor.actor();
        let mut flows: Vec<Flow> = holdings
            .iter()
            .map(|h| {
                let area = area_of(h);
                let stays = area.is_some_and(|a| successor(a) == Some(h.actor));
                Flow { actor: h.actor, municipality: h.municipality, homes: h.homes, area, stays }
            })
            .collect();
        flows.sort_by_key(|f| (f.actor, f.municipality));
        // What comes to each area from others than who carries on there.
        let mut comes = vec![0; areas.len()];
        for flow in flows.iter().filter(|f| !f.stays) {
            if let (Some(area), Some(homes)) = (flow.area, flow.homes) {
                comes[area as usize] += homes;
            }
        }
        let actors = flows.chunk_by(|x, y| x.actor == y.actor).map(|own| of_actor(own, &comes, &areas)).collect();
        Self { areas, flows, actors }
    }
}

fn of_area(plan: &Plan, area: u32, actors: &[Actor], here: &[&Holding], kinds: &[String]) -> AreaHands {
    let mut from: Vec<(usize, u64)> = Vec::new();
    for holding in here {
        match from.iter_mut().find(|(actor, _)| *actor == holding.actor) {
            Some((_, homes)) => *homes += holding.homes.unwrap_or(0),
            None => from.push((holding.actor, holding.homes.unwrap_or(0))),
        }
    }
    from.sort_unstable();
    let named = plan.companies.get(area as usize).map_or(&[][..], Vec::as_slice);
    let successor = match named {
        [] => largest(&from, here.iter().any(|h| h.homes.is_none())),
        [company] => match actors.iter().position(|a| a.name == *company) {
            Some(actor) => Successor::Named(actor),
            None => Successor::New(company.clone()),
        },
        several => {
            let known = |company: &String| actors.iter().position(|a| a.name == *company);
            match several.iter().filter_map(known).collect::<Vec<_>>() {
                none if none.is_empty() => Successor::New(several.join(" / ")),
                some => Successor::Undecided(some),
            }
        }
    };
    let is_here = |kind: &&String| !from.iter().any(|(a, _)| actors[*a].kind.starts_with(kind.as_str()));
    AreaHands { area, successor, without: kinds.iter().filter(is_here).cloned().collect(), from }
}

/// The one with the most homes. A number that is not known may be any number.
fn largest(from: &[(usize, u64)], unknown: bool) -> Successor {
    let all = || from.iter().map(|(actor, _)| *actor);
    match from {
        [] => return Successor::Nobody,
        [(only, _)] => return Successor::Most(*only),
        _ if unknown => return Successor::Undecided(all().collect()),
        _ => {}
    }
    let most = from.iter().map(|(_, homes)| *homes).max().unwrap_or(0);
    let first: Vec<usize> = from.iter().filter(|(_, homes)| *homes == most).map(|(actor, _)| *actor).collect();
    if let [one] = first[..] { Successor::Most(one) } else { Successor::Undecided(first) }
}

fn of_actor(own: &[Flow], comes: &[u64], areas: &[AreaHands]) -> ActorHands {
    let actor = own[0].actor;
    let sum = |pick: &dyn Fn(&&Flow) -> bool| own.iter().filter(pick).filter_map(|f| f.homes).sum();
    let is_own = |area: u32| areas[area as usize].successor.actor() == Some(actor);
    let carries_on_in: Vec<u32> = areas.iter().map(|a| a.area).filter(|&a| is_own(a)).collect();
    let mut gives_to: Vec<u32> = own.iter().filter(|f| !f.stays).filter_map(|f| f.area).collect();
    gives_to.sort_unstable();
    gives_to.dedup();
    let fate = match (carries_on_in.len(), gives_to.len()) {
        (0, 0) => Fate::Untouched,
        (0, _) if own.iter().any(|f| f.area.is_none()) => Fate::Partial,
        (0, 1) => Fate::Merges,
        (0, _) => Fate::Divided,
        _ => Fate::Continues,
    };
    ActorHands {
        actor,
        fate,
        keeps: sum(&|f| f.stays),
        gives: sum(&|f| f.area.is_some() && !f.stays),
        outside: sum(&|f| f.area.is_none()),
        takes: carries_on_in.iter().map(|&area| comes[area as usize]).sum(),
        carries_on_in,
        gives_to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actors() -> Vec<Actor> {
        [("X", "SHM"), ("Y", "SHM"), ("Z", "SVK")].map(|(n, k)| Actor { name: n.into(), kind: k.into() }).into()
    }

    fn holding(actor: usize, municipality: usize, homes: u64) -> Holding {
        Holding { actor, municipality, homes: Some(homes) }
    }

    /// Drawn: municipalities 0 1 2 3, areas A A B -; X has 300 and 100 in 1 and 2, Y 250 in 0 and 400 in 2, Z 30 in 0 and 3.
    #[test]
    fn who_merges_gives_and_takes() {
        let plan = Plan::from_labels("p", &[Some("A"), Some("A"), Some("B"), None]);
        let holdings = [
            holding(0, 1, 300),
            holding(0, 2, 100),
            holding(1, 0, 250),
            holding(1, 2, 400),
            holding(2, 0, 30),
            holding(2, 3, 30),
        ];
        let found = Hands::new(&plan, &actors(), &holdings, &["SHM".into(), "SVK".into()]);
        assert_eq!(found.areas[0].successor, Successor::Most(0));
        assert_eq!(found.areas[1].successor, Successor::Most(1));
        assert_eq!((&found.areas[0].without, &found.areas[1].without), (&vec![], &vec!["SVK".to_owned()]));
        let x = &found.actors[0];
        assert_eq!((x.fate, x.keeps, x.gives, x.takes), (Fate::Continues, 300, 100, 280));
        let y = &found.actors[1];
        assert_eq!((y.keeps, y.gives, y.takes), (400, 250, 100));
        let z = &found.actors[2];
        assert_eq!((z.fate, z.gives, z.outside, &z.gives_to), (Fate::Partial, 30, 30, &vec![0]));
        // What is given is taken, and nothing is lost.
        let sum = |pick: fn(&ActorHands) -> u64| found.actors.iter().map(pick).sum::<u64>();
        assert_eq!(sum(|a| a.gives), sum(|a| a.takes));
        assert_eq!(sum(|a| a.keeps + a.gives + a.outside), 1110);
    }

    #[test]
    fn a_named_company_goes_before_the_largest() {
        let mut plan = Plan::from_labels("p", &[Some("A"), Some("B"), Some("C")]);
        plan.companies = vec![vec!["Y".into()], vec!["Nieuw".into()], vec![]];
        let holdings = [holding(0, 0, 300), holding(1, 0, 1), holding(0, 1, 5), holding(1, 1, 5)];
        let found = Hands::new(&plan, &actors(), &holdings, &[]);
        assert_eq!(found.areas[0].successor, Successor::Named(1));
        assert_eq!(found.areas[1].successor, Successor::New("Nieuw".into()));
        assert_eq!(found.areas[2].successor, Successor::Nobody);
        assert_eq!(found.actors[0].fate, Fate::Divided);
        plan.companies.clear();
        assert_eq!(Hands::new(&plan, &actors(), &holdings, &[]).areas[1].successor, Successor::Undecided(vec![0, 1]));
        let unknown = [Holding { homes: None, ..holding(0, 0, 0) }, holding(1, 0, 9)];
        let found = Hands::new(&plan, &actors(), &unknown, &[]);
        assert_eq!(found.areas[0].successor, Successor::Undecided(vec![0, 1]));
    }
}
