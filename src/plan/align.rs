//! Two divisions held against each other: does each area of one lie in one area of the other, which does not, and what is the
//! least that must change until it does. Mayors' councils against regions, working areas against police zones.

use std::collections::BTreeMap;

use super::matching::assignment;
use super::{Irregularity, NONE, Plan};
use crate::territory::adjacency::Graph;
use crate::territory::{Division, Territory, index_u32};

/// A division in which a municipality may be in several areas, or in none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Membership {
    /// Its name.
    pub name: String,
    /// The areas' names, sorted.
    pub areas: Vec<String>,
    /// Areas of each municipality (positions in `areas`, sorted), in the territory's order.
    pub of: Vec<Vec<u32>>,
}

impl Membership {
    /// From the names of the areas of each municipality.
    #[must_use]
    pub fn new(name: impl Into<String>, names: &[Vec<&str>]) -> Self {
        let mut areas: Vec<String> = names.iter().flatten().map(|&n| n.to_owned()).collect();
        areas.sort();
        areas.dedup();
        let position = |name: &&str| areas.binary_search_by(|a| a.as_str().cmp(name)).ok().map(index_u32);
        let of = names
            .iter()
            .map(|names| {
                let mut of: Vec<u32> = names.iter().filter_map(position).collect();
                of.sort_unstable();
                of.dedup();
                of
            })
            .collect();
        Self { name: name.into(), areas, of }
    }

    /// From a division of the territory.
    #[must_use]
    pub fn from_division(division: &Division) -> Self {
        let zone = |z: &Option<u32>| z.iter().map(|&z| division.zones[z as usize].as_str()).collect();
        Self::new(&*division.name, &division.of.iter().map(zone).collect::<Vec<Vec<&str>>>())
    }

    /// From a plan: what is claimed by several areas, or was merged of parts in several, is in each of them.
    #[must_use]
    pub fn from_plan(plan: &Plan, territory: &Territory) -> Self {
        let mut names: Vec<Vec<&str>> =
            plan.of.iter().map(|&a| plan.areas.get(a as usize).map(String::as_str).into_iter().collect()).collect();
        for irregularity in &plan.irregularities {
            let (code, several): (_, Vec<&str>) = match irregularity {
                Irregularity::ClaimedTwice { code, areas, .. } => (code, areas.iter().map(String::as_str).collect()),
                Irregularity::SplitByMerger { code, parts, .. } => (code, parts.iter().map(|p| p.1.as_str()).collect()),
                _ => continue,
            };
            if let Some(m) = territory.position(code) {
                names[m] = several;
            }
        }
        Self::new(&*plan.name, &names)
    }

    /// The municipalities of each area (positions, sorted).
    #[must_use]
    pub fn members(&self) -> Vec<Vec<u32>> {
        let mut members = vec![Vec::new(); self.areas.len()];
        for (m, areas) in (0..).zip(&self.of) {
            areas.iter().for_each(|&a| members[a as usize].push(m));
        }
        members
    }

    /// Municipalities in more than one area.
    pub fn in_several(&self) -> impl Iterator<Item = usize> {
        self.of.iter().enumerate().filter(|(_, areas)| areas.len() > 1).map(|(m, _)| m)
    }

    /// Municipalities in no area.
    pub fn in_none(&self) -> impl Iterator<Item = usize> {
        self.of.iter().enumerate().filter(|(_, areas)| areas.is_empty()).map(|(m, _)| m)
    }

    /// Areas that are not in one piece (positions, sorted).
    #[must_use]
    pub fn not_contiguous(&self, graph: &Graph) -> Vec<u32> {
        let mut apart = Vec::new();
        for (area, members) in (0..).zip(self.members()) {
            let mut group = vec![0u32; graph.len()];
            members.iter().for_each(|&m| group[m as usize] = 1);
            let component = graph.components_within(&group).0;
            if members.windows(2).any(|w| component[w[0] as usize] != component[w[1] as usize]) {
                apart.push(area);
            }
        }
        apart
    }
}

/// The part of an area that lies in an area of the other division.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The area of the other division; none where these municipalities are in none of its areas.
    pub within: Option<u32>,
    /// The municipalities (positions, sorted); one that is in two areas of the other division stands in both parts.
    pub municipalities: Vec<usize>,
    /// Share of the area's municipalities.
    pub share: f64,
}

/// An area of the first division that lies in no single area of the second.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The area of the first division.
    pub area: u32,
    /// Where its municipalities lie, the largest part first.
    pub parts: Vec<Part>,
}

/// Which of two divisions may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// The first: municipalities go to another of its areas.
    #[default]
    A,
    /// The second.
    B,
}

/// A municipality that goes to another area of the division that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Position of the municipality.
    pub municipality: usize,
    /// The area that it leaves; none where it only gains one.
    pub from: Option<u32>,
    /// The area that it goes to, or is in already beside the one that it leaves.
    pub to: u32,
}

/// The fewest moves after which the first division nests in the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Realignment {
    /// Which division changes.
    pub side: Side,
    /// The moves, sorted by municipality.
    pub moves: Vec<Move>,
    /// The division as it is then.
    pub division: Membership,
    /// Names of areas that had to be made, because an area of the second division is home to none of the first.
    pub new: Vec<String>,
    /// Whether it is proved that no fewer will do. It is, unless municipalities in several areas of the second division leave
    /// open which of them must be home to an area.
    pub proved_smallest: bool,
}

/// Two divisions held against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// The areas of the first division that are split, in their order.
    pub splits: Vec<Split>,
    /// The fewest moves that mend it.
    pub realignment: Realignment,
}

impl Alignment {
    /// Holds `a` against `b`: does each area of `a` lie in one area of `b`?
    ///
    /// Municipalities without an area in `b` are not judged. One in two areas of `b` fits into either; one in two areas of `a`
    /// counts in both.
    ///
    /// The smallest realignment is exact. If `a` changes, each of its areas gets a home, an area of `b`; what lies outside its
    /// home goes to an area that is at home where it lies. Which home is best for one area depends on the others only because
    /// each area of `b` that has municipalities of `a` must be home to one: that is an assignment problem. Where `b` has
    /// more such areas than `a` has, or `new_areas` allows it, an area that is home to none gets a new one. An area may be
    /// left empty. If `b` changes, each area of `a` goes whole to the area of `b` that has most of it (areas of `a` with a
    /// municipality in common go together). Moves count memberships where `a` changes, municipalities where `b` does.
    ///
    /// That the areas stay contiguous is not asked for: see [`Membership::not_contiguous`]. Among areas that would do, a
    /// municipality goes to the one with which it has most borders, then to the larger one.
    ///
    /// ```
    /// use landmeter::plan::align::{Alignment, Membership, Side};
    /// use landmeter::{Municipality, Territory};
    ///
    /// let units = ["1", "2", "3", "4"].map(|code| Municipality::new(code, code));
    /// let territory = Territory::new("t", units.into(), vec![])?;
    /// let councils = Membership::new("councils", &[vec!["X"], vec!["X"], vec!["X", "Y"], vec!["Y"]]);
    /// let regions = Membership::new("regions", &[vec!["P"], vec!["P"], vec!["Q"], vec!["Q"]]);
    /// let found = Alignment::new(&territory, &councils, &regions, Side::A, false);
    /// assert!(!found.is_nested());
    /// assert_eq!(found.realignment.moves.len(), 1);
    /// # Ok::<(), landmeter::territory::TerritoryError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// The divisions are not of this territory.
    #[must_use]
    pub fn new(territory: &Territory, a: &Membership, b: &Membership, side: Side, new_areas: bool) -> Self {
        let n = territory.len();
        assert!(a.of.len() == n && b.of.len() == n, "divisions of one territory");
        let splits: Vec<Split> =
            (0..).zip(a.members()).filter_map(|(area, members)| split(area, &members, b)).collect();
        let realignment = match side {
            _ if splits.is_empty() => {
                let division = if side == Side::A { a.clone() } else { b.clone() };
                Realignment { side, moves: Vec::new(), division, new: Vec::new(), proved_smallest: true }
            }
            Side::A => change_a(territory, a, b, new_areas),
            Side::B => change_b(a, b),
        };
        Self { splits, realignment }
    }

    /// Whether each area of the first division lies in one area of the second.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.splits.is_empty()
    }
}

fn split(area: u32, members: &[u32], b: &Membership) -> Option<Split> {
    let zones = |m: &u32| &b.of[*m as usize];
    let judged: Vec<&u32> = members.iter().filter(|m| !zones(m).is_empty()).collect();
    let fits = |z: &u32| judged.iter().all(|m| zones(m).contains(z));
    if judged.first().is_none_or(|m| zones(m).iter().any(fits)) {
        return None;
    }
    let mut by_zone: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
    for m in members {
        let none = zones(m).is_empty().then_some(None);
        for zone in zones(m).iter().map(|&z| Some(z)).chain(none) {
            by_zone.entry(zone).or_default().push(*m as usize);
        }
    }
    let all = f64::from(index_u32(members.len()));
    let part = |(within, municipalities): (Option<u32>, Vec<usize>)| {
        let share = f64::from(index_u32(municipalities.len())) / all;
        Part { within, municipalities, share }
    };
    let mut parts: Vec<Part> = by_zone.into_iter().map(part).collect();
    parts.sort_by_key(|p| (std::cmp::Reverse(p.municipalities.len()), p.within.is_none(), p.within));
    Some(Split { area, parts })
}

/// The home of each area, and the zones that are home to none but must be (those that get a new area).
struct Homes {
    of: Vec<u32>,
    without: Vec<u32>,
    proved: bool,
}

/// The zone that has most of an area, of equal ones the first, and how much; the first of all where none has any.
fn most_in(zones: &BTreeMap<u32, i64>) -> (u32, i64) {
    let zones = zones.iter().map(|(&zone, &count)| (zone, count));
    zones.max_by_key(|&(zone, count)| (count, std::cmp::Reverse(zone))).unwrap_or((0, 0))
}

fn homes(a: &Membership, b: &Membership, new_areas: bool) -> Homes {
    let (areas, zones) = (a.areas.len(), b.areas.len());
    // For each area how many municipalities it has in each zone that it touches.
    let mut inside: Vec<BTreeMap<u32, i64>> = vec![BTreeMap::new(); areas];
    // Zones of municipalities that are in no other: one of them outside its home has nowhere else to go.
    let mut required = vec![false; zones];
    for (own, others) in a.of.iter().zip(&b.of).filter(|(own, others)| !own.is_empty() && !others.is_empty()) {
        for &area in own {
            others.iter().for_each(|&z| *inside[area as usize].entry(z).or_default() += 1);
        }
        if let [only] = others[..] {
            required[only as usize] = true;
        }
    }
    let mut proved = true;
    for (own, others) in a.of.iter().zip(&b.of).filter(|(own, others)| !own.is_empty() && others.len() > 1) {
        if !own.is_empty() && !others.iter().any(|&z| required[z as usize]) {
            required[others[0] as usize] = true;
            proved = false;
        }
    }
    let at = |area: usize, z: usize| inside[area].get(&index_u32(z)).copied().unwrap_or(0);
    let best: Vec<(u32, i64)> = inside.iter().map(most_in).collect();
    let mut of: Vec<u32> = best.iter().map(|best| best.0).collect();
    let needed: Vec<usize> = (0..zones).filter(|&z| required[z]).collect();
    if !new_areas && needed.len() <= areas {
        let loss = |r: usize, x: usize| at(x, needed[r]) - best[x].1;
        for (r, x) in assignment(needed.len(), areas, &loss).into_iter().enumerate().filter(|(_, x)| *x != NONE) {
            of[x as usize] = index_u32(needed[r]);
        }
    }
    let without = needed.into_iter().map(index_u32).filter(|z| !of.contains(z)).collect();
    Homes { of, without, proved }
}

fn change_a(territory: &Territory, a: &Membership, b: &Membership, new_areas: bool) -> Realignment {
    let Homes { of: mut home, without, proved } = homes(a, b, new_areas);
    let mut areas = a.areas.clone();
    let mut new = Vec::new();
    for zone in without {
        let mut name = b.areas[zone as usize].clone();
        while areas.contains(&name) {
            name.push('\'');
        }
        areas.push(name.clone());
        new.push(name);
        home.push(zone);
    }
    let fits = |m: usize, area: u32| b.of[m].is_empty() || b.of[m].contains(&home[area as usize]);
    let mut kept: Vec<Vec<u32>> =
        (0..a.of.len()).map(|m| a.of[m].iter().copied().filter(|&x| fits(m, x)).collect()).collect();
    let mut sizes = vec![0usize; areas.len()];
    kept.iter().flatten().for_each(|&x| sizes[x as usize] += 1);
    let mut moves = Vec::new();
    let mut gained: Vec<(usize, u32)> = Vec::new();
    for m in 0..a.of.len() {
        for &from in a.of[m].iter().filter(|&&x| !fits(m, x)) {
            // Who is in a fitting area already only leaves the other.
            let to = kept[m].first().copied().or_else(|| {
                let borders = |x: u32| {
                    let near = territory.adjacency().neighbours(m).filter(|(other, _)| kept[*other].contains(&x));
                    near.map(|(_, link)| link.length_m.max(1.0)).sum::<f64>()
                };
                let candidates = (0..index_u32(areas.len())).filter(|&x| fits(m, x));
                let key = |x: u32| (borders(x), sizes[x as usize], std::cmp::Reverse(x));
                candidates.max_by(|&x, &y| {
                    let (x, y) = (key(x), key(y));
                    x.0.total_cmp(&y.0).then((x.1, x.2).cmp(&(y.1, y.2)))
                })
            });
            // Each zone that a municipality can lie in is home to an area by now.
            let Some(to) = to else { continue };
            moves.push(Move { municipality: m, from: Some(from), to });
            gained.push((m, to));
        }
    }
    for (m, to) in gained {
        if !kept[m].contains(&to) {
            kept[m].push(to);
            kept[m].sort_unstable();
        }
    }
    let division = Membership { name: a.name.clone(), areas, of: kept };
    Realignment { side: Side::A, moves, division, new, proved_smallest: proved }
}

fn change_b(a: &Membership, b: &Membership) -> Realignment {
    // Areas with a municipality in common must go together, unless it may fit two zones: what is found then may be too much.
    let mut root: Vec<u32> = (0..index_u32(a.areas.len())).collect();
    fn find(root: &[u32], mut i: u32) -> u32 {
        while root[i as usize] != i {
            i = root[i as usize];
        }
        i
    }
    for areas in a.of.iter().filter(|areas| areas.len() > 1) {
        for pair in areas.windows(2) {
            let (x, y) = (find(&root, pair[0]), find(&root, pair[1]));
            root[x.max(y) as usize] = x.min(y);
        }
    }
    let mut inside: Vec<BTreeMap<u32, i64>> = vec![BTreeMap::new(); a.areas.len()];
    let judged = |m: usize| !a.of[m].is_empty() && !b.of[m].is_empty();
    for m in (0..a.of.len()).filter(|&m| judged(m)) {
        let own = find(&root, a.of[m][0]) as usize;
        b.of[m].iter().for_each(|&z| *inside[own].entry(z).or_default() += 1);
    }
    let home = |area: u32| most_in(&inside[find(&root, area) as usize]).0;
    let (mut of, mut moves) = (b.of.clone(), Vec::new());
    for m in (0..a.of.len()).filter(|&m| judged(m)) {
        let to = home(a.of[m][0]);
        if !b.of[m].contains(&to) {
            moves.push(Move { municipality: m, from: b.of[m].first().copied(), to });
            of[m] = vec![to];
        }
    }
    let proved_smallest = moves.is_empty() || b.of.iter().all(|zones| zones.len() < 2);
    let division = Membership { name: b.name.clone(), areas: b.areas.clone(), of };
    Realignment { side: Side::B, moves, division, new: Vec::new(), proved_smallest }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::territory::{Link, Municipality};

    fn territory(n: usize) -> Territory {
        let units = (0..n).map(|i| Municipality::new(format!("{i:03}"), format!("{i:03}"))).collect();
        let links = (1..n).map(|i| Link::border(i - 1, i, 100.0)).collect();
        Territory::new("t", units, links).unwrap()
    }

    /// A letter a municipality; `.` is none.
    fn division(areas: &str) -> Membership {
        let names: Vec<String> = areas.chars().map(|c| c.to_string()).collect();
        let names: Vec<Vec<&str>> =
            names.iter().map(|n| if n == "." { Vec::new() } else { vec![n.as_str()] }).collect();
        Membership::new("d", &names)
    }

    fn align(a: &str, b: &str) -> Alignment {
        Alignment::new(&territory(a.len()), &division(a), &division(b), Side::A, false)
    }

    #[test]
    fn who_lies_in_two_zones_may_fit_either() {
        let many = |areas: [&[&'static str]; 3]| Membership::new("d", &areas.map(<[&str]>::to_vec));
        let a = many([&["X"], &["X", "Y"], &["Y"]]);
        let nested = Alignment::new(&territory(3), &a, &many([&["P"], &["P", "Q"], &["Q"]]), Side::B, false);
        assert!(nested.is_nested() && nested.realignment.moves.is_empty() && nested.realignment.proved_smallest);
        // X is split; that Y must go with it is more than is known.
        let split = Alignment::new(&territory(3), &a, &many([&["P"], &["Q"], &["Q", "P"]]), Side::B, false);
        assert!(!split.is_nested() && !split.realignment.moves.is_empty() && !split.realignment.proved_smallest);
    }

    #[test]
    fn who_is_split_and_how() {
        assert!(align("AABBC", "PPQQQ").is_nested());
        let found = align("AAABB", "PPQQ.");
        assert_eq!(found.splits.len(), 1);
        let parts: Vec<_> = found.splits[0].parts.iter().map(|p| (p.within, p.municipalities.clone())).collect();
        assert_eq!(parts, [(Some(0), vec![0, 1]), (Some(1), vec![2])]);
        assert!((found.splits[0].parts[0].share - 2.0 / 3.0).abs() < 1e-12);
        let moves = [Move { municipality: 2, from: Some(0), to: 1 }];
        assert_eq!((found.realignment.moves.as_slice(), found.realignment.proved_smallest), (&moves[..], true));
    }

    #[test]
    fn a_zone_that_is_home_to_no_area_gets_one() {
        // Both areas lie mostly in P; one must go to Q, the one that has most to gain there.
        let found = align("AAABBB", "PPPPPQ").realignment;
        assert_eq!((found.moves.len(), found.new.len()), (2, 0));
        // With new areas one move will do.
        let (a, b) = (division("AAABBB"), division("PPPPPQ"));
        let found = Alignment::new(&territory(6), &a, &b, Side::A, true).realignment;
        assert_eq!((found.moves.len(), found.new.as_slice()), (1, &["Q".to_owned()][..]));
        // Fewer areas than zones: a new one is the only way.
        assert_eq!(align("AAA", "PPQ").realignment.new, ["Q"]);
    }

    #[test]
    fn in_two_councils() {
        let councils = Membership::new("c", &[vec!["W"], vec!["W", "K"], vec!["K"], vec![]]);
        assert_eq!(
            (councils.in_several().collect::<Vec<_>>(), councils.in_none().collect::<Vec<_>>()),
            (vec![1], vec![3])
        );
        let found = Alignment::new(&territory(4), &councils, &division("PQQQ"), Side::A, false);
        assert_eq!(found.splits.len(), 1);
        let (kort, west) = (0, 1);
        assert_eq!(found.realignment.moves, [Move { municipality: 1, from: Some(west), to: kort }]);
        assert_eq!(found.realignment.division.of, [vec![west], vec![kort], vec![kort], vec![]]);
        let other = Alignment::new(&territory(4), &councils, &division("PQQQ"), Side::B, false).realignment;
        assert_eq!(other.moves, [Move { municipality: 0, from: Some(0), to: 1 }]);
    }

    #[test]
    fn pieces_are_seen() {
        let graph = territory(4).adjacency().graph(crate::territory::adjacency::Contiguity::default());
        assert_eq!(division("ABAB").not_contiguous(&graph), [0, 1]);
        assert_eq!(division("AAB.").not_contiguous(&graph), [] as [u32; 0]);
    }

    fn nested(a: &[u32], b: &[u32]) -> bool {
        (0..a.len()).all(|i| (0..a.len()).all(|j| a[i] != a[j] || b[i] == b[j]))
    }

    /// The fewest positions of `of` to change, with values below `k`, until `good` says so.
    fn fewest(of: &[u32], k: u32, good: &dyn Fn(&[u32]) -> bool) -> Option<usize> {
        let n = index_u32(of.len());
        (0..k.pow(n))
            .map(|code| (0..n).map(|i| code / k.pow(i) % k).collect::<Vec<u32>>())
            .filter(|other| good(other))
            .map(|other| other.iter().zip(of).filter(|(x, y)| x != y).count())
            .min()
    }

    proptest! {
        #[test]
        fn no_smaller_realignment_exists(cells in prop::collection::vec((0u32..3, 0u32..3), 3..8)) {
            let letters = |of: &[u32]| of.iter().map(|&x| char::from(b'A' + u8::try_from(x).unwrap())).collect::<String>();
            let (a, b): (Vec<u32>, Vec<u32>) = cells.into_iter().unzip();
            let (x, y, t) = (division(&letters(&a)), division(&letters(&b)), territory(a.len()));
            // Numbered as the divisions number them: only areas that exist.
            let (a, b): (Vec<u32>, Vec<u32>) = (x.of.iter().map(|z| z[0]).collect(), y.of.iter().map(|z| z[0]).collect());
            let found = Alignment::new(&t, &x, &y, Side::A, false);
            prop_assert_eq!(found.is_nested(), nested(&a, &b));
            prop_assert_eq!(found.is_nested(), found.realignment.moves.is_empty());
            let after = Alignment::new(&t, &found.realignment.division, &y, Side::A, false);
            prop_assert!(after.is_nested());
            let least = fewest(&a, index_u32(x.areas.len()), &|other| nested(other, &b));
            prop_assert_eq!(least.is_none(), !found.realignment.new.is_empty());
            if let Some(least) = least {
                prop_assert_eq!(found.realignment.moves.len(), least);
            }
            let other = Alignment::new(&t, &x, &y, Side::B, false).realignment;
            let least = fewest(&b, index_u32(y.areas.len()), &|other| nested(&a, other));
            prop_assert_eq!(Some(other.moves.len()), least);
            prop_assert!(Alignment::new(&t, &x, &other.division, Side::A, false).is_nested());
            let free = Alignment::new(&t, &x, &y, Side::A, true).realignment;
            // New areas cost no more: three spare ones are as many as can be needed.
            let spare = fewest(&a, index_u32(x.areas.len()) + 2, &|other| nested(other, &b));
            prop_assert!(a.len() > 6 || Some(free.moves.len()) == spare);
        }
    }
}
