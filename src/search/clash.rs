//! Why no plan exists: the fewest rules that can't be met together, and the municipalities where that shows.

use std::cell::Cell;

use crate::plan::Plan;
use crate::rules::{Kind, Rulebook};
use crate::space::{self, Limits, Narrowing, Region, Regions, SpaceError};
use crate::territory::{Territory, index_u32};

/// Up to so many demands, every set of two and of three is tried before larger ones.
const TRIED: usize = 24;

/// Most memory for one of the counts that tell where a clash shows; one that takes more is taken to have a plan.
const MOST_MEMORY: u64 = 256 << 20;

/// Something that is demanded of a region's plans besides connected areas.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// A hard rule of the rulebook, by its id.
    Rule(String),
    /// The number of areas asked for.
    Areas(u32, u32),
    /// A least sum asked for.
    AtLeast(String, f64),
    /// A greatest sum asked for.
    AtMost(String, f64),
    /// A balance asked for, as a share.
    Balance(String, f64),
}

impl std::fmt::Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rule(id) => f.write_str(id),
            Self::Areas(fewest, most) if fewest == most => write!(f, "--areas {fewest}"),
            Self::Areas(fewest, most) => write!(f, "--areas {fewest}..{most}"),
            Self::AtLeast(name, value) => write!(f, "--min {name}={value}"),
            Self::AtMost(name, value) => write!(f, "--max {name}={value}"),
            Self::Balance(name, share) => write!(f, "--balance {name}={}%", share * 100.0),
        }
    }
}

/// Demands on a region that can't be met together, though all but any one of them can.
#[derive(Debug, Clone, PartialEq)]
pub struct Clash {
    /// Name of the region.
    pub region: String,
    /// The demands.
    pub demands: Vec<Demand>,
    /// Proved: no fewer demands clash.
    pub smallest: bool,
    /// Positions of municipalities, sorted: the demands clash even if they are made of these alone, and as far as could be
    /// counted not if one of them is let off. Empty where they clash whatever the municipalities are.
    pub municipalities: Vec<u32>,
    /// Where a least sum alone is out of reach: the attribute, what the municipalities have together, and what is
    /// demanded.
    pub shortfall: Option<(String, f64, f64)>,
}

/// The fewest demands on a region that can't be met together; none where a plan exists.
///
/// Sets of demands are counted from small to large, so that the first without a plan is smallest; with more than
/// two dozen demands, or a set of four or more, they are left out one by one instead (a deletion filter: Chinneck and
/// Dravnieks 1991, doi:10.1287/ijoc.3.2.157), and `smallest` is false. A set that can't be counted is taken for one that
/// has a plan, and `smallest` is false then too.
///
/// # Errors
///
/// The demands as a whole can't be turned into a space, or take more than `memory` bytes.
///
/// # Example
///
/// ```
/// use landmeter::io::{embedded, territory};
/// use landmeter::search::clash::{Demand, clash};
/// use landmeter::space::Narrowing;
///
/// let flanders = territory::load(&territory::TerritoryOptions::default())?.territory;
/// let book = embedded::rulebook("vlaanderen-2021")?;
/// // The region has ten municipalities.
/// let narrowing = Narrowing { areas: Some((11, 11)), ..Narrowing::default() };
/// let found = clash(&flanders, &book, &narrowing, "Regio Brugge", 1 << 30)?.expect("that many do not fit");
/// assert_eq!(found.demands, [Demand::Areas(11, 11)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn clash(
    territory: &Territory,
    rulebook: &Rulebook,
    narrowing: &Narrowing,
    region: &str,
    memory: u64,
) -> Result<Option<Clash>, SpaceError> {
    let memory_each = memory.min(MOST_MEMORY);
    let unknown = Cell::new(false);
    found(&Ground { territory, rulebook, narrowing, region, decided: None, memory: memory_each, unknown }, memory)
}

/// The fewest demands that can't be met together by what the areas of a plan leave of a region (see [`Region::left_by`]); none
/// where they can, or where nothing is left.
///
/// # Errors
///
/// Those of [`clash`].
pub fn clash_left(
    territory: &Territory,
    rulebook: &Rulebook,
    narrowing: &Narrowing,
    region: &str,
    decided: &Plan,
    memory: u64,
) -> Result<Option<Clash>, SpaceError> {
    let (memory_each, unknown) = (memory.min(MOST_MEMORY), Cell::new(false));
    let decided = Some(decided);
    found(&Ground { territory, rulebook, narrowing, region, decided, memory: memory_each, unknown }, memory)
}

fn found(ground: &Ground<'_>, memory: u64) -> Result<Option<Clash>, SpaceError> {
    let all = ground.demands();
    let whole = ground.region_with(&all)?;
    if !is_empty(&whole, memory)? {
        return Ok(None);
    }
    let (demands, smallest) = ground.fewest(&all);
    let smallest = smallest && !ground.unknown.get();
    let region = ground.region_with(&demands)?;
    let mut municipalities: Vec<u32> =
        ground.where_it_shows(&region).into_iter().map(|v| region.members[v as usize]).collect();
    if municipalities.is_empty() {
        municipalities = ground.named_by(&demands);
    }
    let shortfall = ground.shortfall(&region, &demands, &municipalities);
    Ok(Some(Clash { region: region.name, demands, smallest, municipalities, shortfall }))
}

fn is_empty(region: &Region, memory: u64) -> Result<bool, SpaceError> {
    Ok(space::count(&region.graph, &region.limits, memory)?.total == num_bigint::BigUint::ZERO)
}

struct Ground<'g> {
    territory: &'g Territory,
    rulebook: &'g Rulebook,
    narrowing: &'g Narrowing,
    region: &'g str,
    /// Areas that stand as they are: the demands are put to what they leave.
    decided: Option<&'g Plan>,
    memory: u64,
    /// Some count could not be made, so that it is not known whether those demands clash.
    unknown: Cell<bool>,
}

impl Ground<'_> {
    /// Everything that is demanded; what makes the space (areas are connected and lie inside the region) apart.
    fn demands(&self) -> Vec<Demand> {
        let demanded = |kind: &Kind| match kind {
            Kind::Enclosure | Kind::Together { .. } | Kind::Apart { .. } | Kind::Fixed { .. } => true,
            Kind::Bounds { .. } | Kind::Balance { .. } | Kind::AreaCount { .. } => self.narrowing.keeps(kind),
            _ => false,
        };
        let rules = self.rulebook.rules.iter().filter(|r| r.hard && demanded(&r.kind));
        let mut all: Vec<Demand> = rules.map(|r| Demand::Rule(r.id.clone())).collect();
        let n = self.narrowing;
        all.extend(n.areas.map(|(fewest, most)| Demand::Areas(fewest, most)));
        all.extend(n.at_least.iter().map(|(name, v)| Demand::AtLeast(name.clone(), *v)));
        all.extend(n.at_most.iter().map(|(name, v)| Demand::AtMost(name.clone(), *v)));
        all.extend(n.balance.iter().map(|(name, v)| Demand::Balance(name.clone(), *v)));
        all
    }

    /// The region with some of the demands.
    fn region_with(&self, demands: &[Demand]) -> Result<Region, SpaceError> {
        let mut rulebook = self.rulebook.clone();
        let kept = |id: &str| demands.iter().any(|d| matches!(d, Demand::Rule(own) if own == id));
        rulebook.rules.retain(|r| matches!(r.kind, Kind::Contiguity { .. } | Kind::Nesting { .. }) || kept(&r.id));
        let mut narrowing = Narrowing {
            region: Some(self.region.to_owned()),
            free: self.narrowing.free,
            without_estimates: self.narrowing.without_estimates,
            ..Narrowing::default()
        };
        for demand in demands {
            match demand {
                Demand::Rule(_) => {}
                Demand::Areas(fewest, most) => narrowing.areas = Some((*fewest, *most)),
                Demand::AtLeast(name, v) => narrowing.at_least.push((name.clone(), *v)),
                Demand::AtMost(name, v) => narrowing.at_most.push((name.clone(), *v)),
                Demand::Balance(name, v) => narrowing.balance.push((name.clone(), *v)),
            }
        }
        let mut regions = Regions::new(self.territory, &rulebook, &narrowing)?.regions;
        let whole = regions.pop();
        let left = whole.and_then(|whole| self.decided.map_or(Some(whole.clone()), |plan| whole.left_by(plan)));
        left.ok_or_else(|| {
            SpaceError::Rulebook(format!("there is no region {}, or nothing is left of it", self.region))
        })
    }

    /// Whether some demands are known to clash. What makes no sense by itself (a balance without a number of areas) does
    /// not.
    fn clashes(&self, demands: &[Demand]) -> bool {
        let Ok(region) = self.region_with(demands) else { return false };
        let empty = is_empty(&region, self.memory);
        self.unknown.set(self.unknown.get() || empty.is_err());
        empty.unwrap_or(false)
    }

    fn fewest(&self, all: &[Demand]) -> (Vec<Demand>, bool) {
        let n = all.len();
        let pick = |at: &[usize]| -> Vec<Demand> { at.iter().map(|&i| all[i].clone()).collect() };
        let few = n <= TRIED;
        let ones = (0..n).map(|i| vec![i]);
        let twos = (0..n).filter(|_| few).flat_map(|i| (i + 1..n).map(move |j| vec![i, j]));
        let pairs = (0..n).filter(|_| few).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        let threes = pairs.flat_map(|(i, j)| (j + 1..n).map(move |k| vec![i, j, k]));
        if let Some(found) = ones.chain(twos).chain(threes).map(|at| pick(&at)).find(|set| self.clashes(set)) {
            let smallest = few || found.len() == 1;
            return (found, smallest);
        }
        let mut kept = all.to_vec();
        let mut i = 0;
        while i < kept.len() {
            let mut without = kept.clone();
            without.remove(i);
            if self.clashes(&without) {
                kept = without;
            } else {
                i += 1;
            }
        }
        (kept, false)
    }

    /// Nodes of which the demands can't be met, and of no fewer of them: each is let off in turn, for good where the
    /// rest still clashes.
    fn where_it_shows(&self, region: &Region) -> Vec<u32> {
        if let Some(short) = too_little(region) {
            return short;
        }
        let mut limits = region.limits.clone();
        let mut kept = Vec::new();
        for v in 0..index_u32(region.members.len()) {
            let without = let_off(&limits, v);
            let still =
                space::count(&region.graph, &without, self.memory).map(|c| c.total == num_bigint::BigUint::ZERO);
            if still.unwrap_or(false) {
                limits = without;
            } else {
                kept.push(v);
            }
        }
        kept
    }

    /// Where one least sum is all that is demanded: the attribute, what the municipalities have, and what they should.
    fn shortfall(&self, region: &Region, demands: &[Demand], municipalities: &[u32]) -> Option<(String, f64, f64)> {
        let ([demand], [sum]) = (demands, &region.limits.sums[..]) else { return None };
        let needed = match demand {
            Demand::AtLeast(_, least) => *least,
            Demand::Rule(id) => self.rulebook.rules.iter().find(|r| r.id == *id).and_then(|r| match r.kind {
                Kind::Bounds { at_least, .. } => at_least,
                _ => None,
            })?,
            _ => return None,
        };
        let figure = |m: &u32| match self.territory.attribute(&sum.name) {
            Some(a) => a.values.get(*m as usize).copied().flatten(),
            None => Some(1.0),
        };
        let has = municipalities.iter().map(figure).sum::<Option<f64>>()?;
        (has < needed && !municipalities.is_empty()).then(|| (sum.name.clone(), has, needed))
    }

    /// The municipalities that the rules among the demands name.
    fn named_by(&self, demands: &[Demand]) -> Vec<u32> {
        let rules = self.rulebook.rules.iter().filter(|r| demands.contains(&Demand::Rule(r.id.clone())));
        let codes = rules.filter_map(|r| match &r.kind {
            Kind::Together { municipalities } | Kind::Apart { municipalities } | Kind::Fixed { municipalities, .. } => {
                Some(municipalities)
            }
            _ => None,
        });
        let mut named: Vec<u32> =
            codes.flatten().filter_map(|code| self.territory.position(code)).map(index_u32).collect();
        named.sort_unstable();
        named.dedup();
        named
    }
}

/// A component of a region without exclaves that has less of something than an area must have.
fn too_little(region: &Region) -> Option<Vec<u32>> {
    let components = region.graph.components();
    let of_part = |part: u32| (0..).zip(&components.of).filter(move |(_, p)| **p == part).map(|(v, _)| v);
    let short = |part: u32| {
        region.limits.sums.iter().any(|sum| {
            let values = of_part(part).map(|v: u32| sum.values.get(v as usize).copied().flatten());
            values.sum::<Option<u64>>().is_some_and(|has| has < sum.at_least)
        })
    };
    let mut parts = (0..index_u32(components.sizes.len())).filter(|_| region.limits.exclaves.is_empty());
    parts.find(|&part| short(part)).map(|part| of_part(part).collect())
}

/// The limits where one node is let off: an area with it is not judged.
fn let_off(limits: &Limits, v: u32) -> Limits {
    let mut limits = limits.clone();
    for sum in &mut limits.sums {
        if let Some(value) = sum.values.get_mut(v as usize) {
            *value = None;
        }
    }
    limits.together.iter_mut().chain(&mut limits.apart).for_each(|set| set.retain(|&w| w != v));
    limits.inside.retain(|&w| w != v);
    limits
}
