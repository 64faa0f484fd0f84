//! From a territory and a rulebook to one graph with its limits a region.
//!
//! A hard nesting rule divides the territory into regions that do not touch each other's plans. Every other hard rule
//! becomes a limit, with the meaning that it has in [`crate::rules`]: what the checker does not hold against a plan
//! (a sum with a missing figure, an exclave of the whole territory) is not held against it here either.

use super::error::SpaceError;
use super::limits::{Limits, Sum};
use super::outline;
use crate::rules::{Kind, Rulebook};
use crate::territory::{Graph, Territory, index_u32};

/// What narrows the rulebook's space, or with `free` replaces its bounds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Narrowing {
    /// One region only.
    pub region: Option<String>,
    /// Fewest and most areas, in each region.
    pub areas: Option<(u32, u32)>,
    /// Least sum of an attribute in each area.
    pub at_least: Vec<(String, f64)>,
    /// Greatest sum of an attribute in each area.
    pub at_most: Vec<(String, f64)>,
    /// Greatest relative deviation from a region's total divided by its number of areas: 0.05 is 5 %.
    pub balance: Vec<(String, f64)>,
    /// Leaves out the rulebook's bounds, balances and numbers of areas.
    pub free: bool,
    /// Leaves out the rulebook's bounds on figures that are estimates (the checker only warns of them).
    pub without_estimates: bool,
}

impl Narrowing {
    /// Whether rules of a kind hold: with `free` no bounds, balances and numbers of areas do.
    #[must_use]
    pub fn keeps(&self, kind: &Kind) -> bool {
        !self.free || !matches!(kind, Kind::Bounds { .. } | Kind::Balance { .. } | Kind::AreaCount { .. })
    }
}

/// A region: its municipalities, who touches whom, and what its areas must satisfy.
#[derive(Debug, Clone)]
pub struct Region {
    /// Its name; the territory's where no rule divides it.
    pub name: String,
    /// Its municipalities (positions in the territory, sorted); node `i` of the graph is the `i`-th.
    pub members: Vec<u32>,
    /// Its part of the graph of neighbours.
    pub graph: Graph,
    /// What its areas must satisfy.
    pub limits: Limits,
    /// Labels that the rulebook fixes, each with one of its municipalities (a node).
    pub labels: Vec<(u32, String)>,
    /// All labels that the rulebook fixes, in whatever region: no other area may get one of them.
    pub reserved: Vec<String>,
}

/// All regions, and what their limits leave out or rest on.
#[derive(Debug, Clone)]
pub struct Regions {
    /// The regions, by name.
    pub regions: Vec<Region>,
    /// Hard rules that no limit renders: the plans of the space may break them. Where that holds of some regions only,
    /// these follow in brackets.
    pub untested: Vec<String>,
    /// Attributes with estimated figures that limits rest on.
    pub estimated: Vec<String>,
}

impl Regions {
    /// Turns a rulebook into limits.
    ///
    /// # Errors
    ///
    /// No hard contiguity rule; a municipality that lies in no region; a rule on the number or the balance of areas
    /// that several regions share; an attribute, a region or a municipality that the territory does not have; a
    /// figure below 0 or with more than 3 decimals.
    pub fn new(territory: &Territory, rulebook: &Rulebook, narrowing: &Narrowing) -> Result<Self, SpaceError> {
        let zones = zones(territory, rulebook)?;
        let mut reader = Reader {
            territory,
            rulebook,
            narrowing,
            several: zones.len() > 1,
            untested: Vec::new(),
            estimated: Vec::new(),
        };
        reader.survey()?;
        let ground = ground(territory, rulebook)?;
        let known = zones.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let mut zone = vec![0; territory.len()];
        for (i, (_, members)) in zones.iter().enumerate() {
            members.iter().for_each(|&m| zone[m as usize] = index_u32(i));
        }
        let mut regions = Vec::new();
        for (name, members) in zones {
            if narrowing.region.as_ref().is_none_or(|wanted| *wanted == name) {
                regions.push(reader.region(name, members, &ground)?);
            }
        }
        match &narrowing.region {
            Some(wanted) if regions.is_empty() => {
                Err(SpaceError::Rulebook(format!("there is no region {wanted}; the regions are: {}", known.join(", "))))
            }
            _ => {
                reader.enclosure(&mut regions, &zone);
                Ok(Self { regions, untested: reader.untested, estimated: reader.estimated })
            }
        }
    }
}

impl Region {
    /// A label for each area of a plan: the one that the rulebook fixes, else the name of its first municipality
    /// (with the code where two municipalities have that name).
    #[must_use]
    pub fn area_labels(&self, territory: &Territory, areas: &[u32]) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        for (node, &area) in areas.iter().enumerate() {
            if area as usize != labels.len() {
                continue;
            }
            let fixed = self.labels.iter().find(|(v, _)| areas[*v as usize] == area);
            labels.push(fixed.map_or_else(|| self.own_label(territory, node), |(_, label)| label.clone()));
        }
        labels
    }

    /// Of each municipality what an area is called of which it is the first and that has no fixed label.
    #[must_use]
    pub fn own_labels(&self, territory: &Territory) -> Vec<String> {
        let mut names: Vec<&str> = territory.municipalities().iter().map(|m| m.name.as_str()).collect();
        names.sort_unstable();
        let namesakes = |m: &u32| {
            let name = territory.municipalities()[*m as usize].name.as_str();
            names.partition_point(|n| *n <= name) - names.partition_point(|n| *n < name)
        };
        self.members.iter().enumerate().map(|(v, m)| self.label(territory, v, namesakes(m))).collect()
    }

    fn own_label(&self, territory: &Territory, node: usize) -> String {
        let name = &territory.municipalities()[self.members[node] as usize].name;
        self.label(territory, node, territory.municipalities().iter().filter(|m| m.name == *name).count())
    }

    fn label(&self, territory: &Territory, node: usize, namesakes: usize) -> String {
        let municipality = &territory.municipalities()[self.members[node] as usize];
        if namesakes > 1 || self.reserved.contains(&municipality.name) {
            return format!("{} ({})", municipality.name, municipality.code);
        }
        municipality.name.clone()
    }
}

/// The regions that the hard nesting rules make: a name and the municipalities of each, by name.
fn zones(territory: &Territory, rulebook: &Rulebook) -> Result<Vec<(String, Vec<u32>)>, SpaceError> {
    let mut names: Vec<Vec<&str>> = vec![Vec::new(); territory.len()];
    for rule in rulebook.rules.iter().filter(|r| r.hard) {
        let Kind::Nesting { division } = &rule.kind else { continue };
        let Some(found) = division.iter().find_map(|d| territory.division(d)) else {
            return Err(SpaceError::Rulebook(format!(
                "rule {} names division {}, which the territory does not have; add it with --layer",
                rule.id,
                division.join(", ")
            )));
        };
        for (m, name) in names.iter_mut().enumerate() {
            let zone = found.of.get(m).copied().flatten().and_then(|z| found.zones.get(z as usize));
            let Some(zone) = zone else {
                let code = &territory.municipalities()[m].code;
                return Err(SpaceError::Rulebook(format!(
                    "municipality {code} lies in no zone of {}: a space needs every municipality in a region",
                    found.name
                )));
            };
            name.push(zone);
        }
    }
    let mut zones: std::collections::BTreeMap<String, Vec<u32>> = std::collections::BTreeMap::new();
    for (m, name) in names.iter().enumerate() {
        let name = if name.is_empty() { territory.name().to_owned() } else { name.join(" / ") };
        zones.entry(name).or_default().push(index_u32(m));
    }
    Ok(zones.into_iter().collect())
}

/// The graph of the whole territory, and the component of each municipality.
struct Ground {
    graph: Graph,
    component: Vec<u32>,
    /// The component with most municipalities; none where exclaves count.
    mainland: Option<u32>,
}

fn ground(territory: &Territory, rulebook: &Rulebook) -> Result<Ground, SpaceError> {
    let mut rules = rulebook.rules.iter().filter(|r| r.hard).filter_map(|r| match r.kind {
        Kind::Contiguity { exclaves_count, .. } => Some(exclaves_count),
        _ => None,
    });
    let Some(first) = rules.next() else {
        let name = &rulebook.name;
        return Err(SpaceError::Rulebook(format!(
            "rulebook {name} has no hard rule of contiguity, and a space is made of connected areas"
        )));
    };
    let strict = rules.fold(first, |any, counts| any || counts);
    let graph = territory.adjacency().graph(rulebook.contiguity);
    let components = graph.components();
    Ok(Ground { graph, component: components.of, mainland: (!strict).then_some(components.mainland) })
}

impl Ground {
    /// The region's nodes that need not be connected, each with its component.
    fn exclaves(&self, members: &[u32]) -> Vec<(u32, u32)> {
        let Some(mainland) = self.mainland else { return Vec::new() };
        let component = |m: &u32| self.component[*m as usize];
        let first = members.first().map(component);
        if members.iter().map(component).all(|c| Some(c) == first) {
            return Vec::new();
        }
        let cut_off = members.iter().enumerate().filter(|(_, m)| component(m) != mainland);
        cut_off.map(|(v, m)| (index_u32(v), component(m))).collect()
    }

    fn graph_of(&self, members: &[u32]) -> Graph {
        let node = |m: u32| members.binary_search(&m).ok().map(index_u32);
        let pairs: Vec<(u32, u32)> = members
            .iter()
            .enumerate()
            .flat_map(|(v, &m)| {
                self.graph.neighbours(m as usize).iter().filter_map(move |&w| Some((index_u32(v), node(w)?)))
            })
            .filter(|(v, w)| v < w)
            .collect();
        Graph::new(members.len(), pairs.into_iter())
    }
}

struct Reader<'r> {
    territory: &'r Territory,
    rulebook: &'r Rulebook,
    narrowing: &'r Narrowing,
    several: bool,
    untested: Vec<String>,
    estimated: Vec<String>,
}

impl<'r> Reader<'r> {
    /// The rules that hold here.
    fn rules(&self) -> impl Iterator<Item = &'r crate::rules::Rule> + use<'r> {
        let narrowing = self.narrowing;
        self.rulebook.rules.iter().filter(move |r| r.hard && narrowing.keeps(&r.kind))
    }

    /// Notes what is left out and refuses what can't be rendered.
    fn survey(&mut self) -> Result<(), SpaceError> {
        for rule in self.rules() {
            match &rule.kind {
                Kind::Expertise { .. } | Kind::Opinions => self.untested.push(rule.id.clone()),
                Kind::Balance { .. } | Kind::AreaCount { .. } if self.several => {
                    return Err(SpaceError::Rulebook(format!(
                        "rule {} is about all areas of the territory, and its regions are counted one by one: leave it \
out with --free and give --areas or --balance for each region",
                        rule.id
                    )));
                }
                Kind::Together { municipalities }
                | Kind::Apart { municipalities }
                | Kind::Fixed { municipalities, .. } => {
                    if let Some(code) = municipalities.iter().find(|c| self.territory.position(c).is_none()) {
                        return Err(SpaceError::Rulebook(format!(
                            "rule {} names municipality {code}, which is not one of the territory's {}",
                            rule.id,
                            self.territory.len()
                        )));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn region(&mut self, name: String, members: Vec<u32>, ground: &Ground) -> Result<Region, SpaceError> {
        let mut region = Region {
            graph: ground.graph_of(&members),
            limits: Limits { exclaves: ground.exclaves(&members), areas: self.narrowing.areas, ..Limits::default() },
            name,
            members,
            labels: Vec::new(),
            reserved: self.fixed_labels(),
        };
        for rule in self.rules() {
            match &rule.kind {
                Kind::AreaCount { at_least, at_most } => {
                    let (fewest, most) = region.limits.areas.unwrap_or((0, u32::MAX));
                    region.limits.areas =
                        Some((fewest.max(at_least.unwrap_or(0)), most.min(at_most.unwrap_or(u32::MAX))));
                }
                Kind::Bounds { attribute, at_least, at_most } => {
                    if let Some(figures) = self.figures(attribute, &region.members)? {
                        region.limits.sums.extend(figures.bounded(*at_least, *at_most)?);
                    }
                }
                Kind::Together { municipalities } => self.together(&mut region, municipalities),
                Kind::Apart { municipalities } => {
                    let nodes = self.nodes(&region, municipalities);
                    region.limits.apart.push(nodes);
                }
                Kind::Fixed { municipalities, area } => self.fixed(&mut region, municipalities, area),
                _ => {}
            }
        }
        self.keep_labels_apart(&mut region);
        for rule in self.rules() {
            if let Kind::Balance { attribute, within } = &rule.kind
                && let Some(figures) = self.figures(attribute, &region.members)?
            {
                region.limits.sums.extend(figures.balanced(*within, region.limits.areas)?);
            }
        }
        self.options(&mut region)?;
        Ok(region)
    }

    /// Leaves out the plans in which an area encloses another, in the regions where their own plan tells.
    fn enclosure(&mut self, regions: &mut [Region], zone: &[u32]) {
        let mut rules = self.rules().filter(|r| matches!(r.kind, Kind::Enclosure));
        let Some(rule) = rules.next() else { return };
        let mut without: Vec<&str> = Vec::new();
        let all = regions.len();
        for region in regions {
            match outline::inside(self.territory, region, zone) {
                Some(inside) => region.limits.inside = inside,
                None => without.push(&region.name),
            }
        }
        if without.len() == all {
            self.untested.push(rule.id.clone());
        } else if !without.is_empty() {
            self.untested.push(format!("{} ({})", rule.id, without.join(", ")));
        }
    }

    /// What the options ask for; unlike a rule, they must name an attribute that exists.
    fn options(&mut self, region: &mut Region) -> Result<(), SpaceError> {
        let narrowing = self.narrowing;
        for (names, least) in [(&narrowing.at_least, true), (&narrowing.at_most, false)] {
            for (name, bound) in names {
                let figures = self.wanted(name, &region.members)?;
                let (at_least, at_most) = if least { (Some(*bound), None) } else { (None, Some(*bound)) };
                region.limits.sums.extend(figures.bounded(at_least, at_most)?);
            }
        }
        for (name, within) in &narrowing.balance {
            let figures = self.wanted(name, &region.members)?;
            region.limits.sums.extend(figures.balanced(*within, region.limits.areas)?);
        }
        region.limits.sums = merged(std::mem::take(&mut region.limits.sums));
        Ok(())
    }

    fn fixed_labels(&self) -> Vec<String> {
        let labels = self.rules().filter_map(|r| match &r.kind {
            Kind::Fixed { area, .. } => Some(area.clone()),
            _ => None,
        });
        labels.collect()
    }

    fn nodes(&self, region: &Region, codes: &[String]) -> Vec<u32> {
        let mut nodes: Vec<u32> = codes
            .iter()
            .filter_map(|c| region.members.binary_search(&index_u32(self.territory.position(c)?)).ok())
            .map(index_u32)
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    fn together(&self, region: &mut Region, codes: &[String]) {
        let nodes = self.nodes(region, codes);
        let elsewhere = codes
            .iter()
            .filter_map(|c| self.territory.position(c))
            .any(|m| region.members.binary_search(&index_u32(m)).is_err());
        if elsewhere && !nodes.is_empty() {
            // What lies in two regions can't share an area: no plan.
            region.limits.areas = Some((1, 0));
        }
        region.limits.together.push(nodes);
    }

    fn fixed(&self, region: &mut Region, codes: &[String], label: &str) {
        // Two rules for one area are one.
        let mut all: Vec<String> = codes.to_vec();
        for rule in self.rules() {
            if let Kind::Fixed { municipalities, area } = &rule.kind
                && area == label
            {
                all.extend(municipalities.iter().cloned());
            }
        }
        self.together(region, &all);
        let first = self.nodes(region, &all).first().copied();
        if let Some(node) = first.filter(|_| region.labels.iter().all(|(_, l)| l != label)) {
            region.labels.push((node, label.to_owned()));
        }
    }

    /// Areas with different labels are different areas.
    fn keep_labels_apart(&self, region: &mut Region) {
        let mut nodes: Vec<u32> = region.labels.iter().map(|l| l.0).collect();
        let labels = nodes.len();
        nodes.sort_unstable();
        nodes.dedup();
        if nodes.len() < labels {
            region.limits.areas = Some((1, 0));
        }
        if nodes.len() > 1 {
            region.limits.apart.push(nodes);
        }
    }

    /// The figures of a rule: the first of its attributes that the territory has; none where it has none of them, or
    /// where they are estimates and those are left out.
    fn figures(&mut self, names: &[String], members: &[u32]) -> Result<Option<Figures>, SpaceError> {
        let found = names.iter().find_map(|n| self.territory.attribute(n));
        match found {
            Some(a) if a.estimated && self.narrowing.without_estimates => Ok(None),
            Some(a) => self.wanted(&a.name, members).map(Some),
            None if names.iter().any(|n| n == "municipalities") => self.wanted("municipalities", members).map(Some),
            None => Ok(None),
        }
    }

    fn wanted(&mut self, name: &str, members: &[u32]) -> Result<Figures, SpaceError> {
        let Some(attribute) = self.territory.attribute(name) else {
            if name == "municipalities" {
                return Ok(Figures { name: name.into(), values: vec![Some(1); members.len()], scale: 1.0 });
            }
            let known = self.territory.attributes().iter().map(|a| a.name.as_str()).chain(["municipalities"]);
            let known = known.collect::<Vec<_>>().join(", ");
            return Err(SpaceError::NoAttribute { attribute: name.to_owned(), known });
        };
        if attribute.estimated && !self.estimated.contains(&attribute.name) {
            self.estimated.push(attribute.name.clone());
        }
        let value = |m: u32| attribute.values.get(m as usize).copied().flatten().filter(|v| v.is_finite());
        let fits = |scale: f64| members.iter().filter_map(|&m| value(m)).all(|v| whole(v * scale).is_some());
        let scale = [1.0, 10.0, 100.0, 1000.0].into_iter().find(|&s| fits(s)).unwrap_or(1000.0);
        let mut values = Vec::with_capacity(members.len());
        for &m in members {
            let scaled = value(m).map(|v| {
                whole(v * scale).ok_or_else(|| SpaceError::Figure {
                    attribute: name.to_owned(),
                    municipality: self.territory.municipalities()[m as usize].code.clone(),
                    value: v.to_string(),
                })
            });
            values.push(scaled.transpose()?);
        }
        Ok(Figures { name: name.to_owned(), values, scale })
    }
}

/// An attribute as whole numbers.
struct Figures {
    name: String,
    values: Vec<Option<u64>>,
    /// What a figure was multiplied with to become whole.
    scale: f64,
}

impl Figures {
    fn bounded(self, at_least: Option<f64>, at_most: Option<f64>) -> Result<Option<Sum>, SpaceError> {
        let bad = |v: f64| SpaceError::Bound { attribute: self.name.clone(), value: v.to_string() };
        // A minimum below 0 asks nothing; a maximum below 0 can't be met by any area.
        let least = at_least.map_or(0.0, |v| (v * self.scale - 1e-6).ceil().max(0.0));
        let least = whole(least).ok_or_else(|| bad(at_least.unwrap_or(0.0)))?;
        let most = match at_most {
            Some(v) => Some(whole((v * self.scale + 1e-6).floor()).ok_or_else(|| bad(v))?),
            None => None,
        };
        Ok(Some(Sum { name: self.name, values: self.values, at_least: least, at_most: most }))
    }

    /// Sums within a share of the mean; none where a figure is missing or the mean is 0, which the check does not judge.
    fn balanced(self, within: f64, areas: Option<(u32, u32)>) -> Result<Option<Sum>, SpaceError> {
        let Some((areas, _)) = areas.filter(|(fewest, most)| fewest == most && *fewest > 0) else {
            let name = &self.name;
            return Err(SpaceError::Rulebook(format!(
                "the balance of {name} is judged against the total divided by the number of areas: give --areas K"
            )));
        };
        let Some(total) = self.values.iter().copied().sum::<Option<u64>>().filter(|&t| t > 0) else {
            return Ok(None);
        };
        let mean = as_f64(total) / f64::from(areas);
        let fits = |sum: u64| (as_f64(sum) - mean).abs() / mean <= within * (1.0 + 1e-12) + 1e-12;
        let around = |v: f64| whole(v.max(0.0).floor()).unwrap_or(total).saturating_sub(1)..;
        let least = around(mean * (1.0 - within)).take(4).find(|&s| fits(s));
        let most = around(mean * (1.0 + within)).take(4).filter(|&s| fits(s)).last();
        // No sum at all within the share: bounds that nothing meets.
        let (at_least, at_most) = least.zip(most).unwrap_or((total + 1, total));
        Ok(Some(Sum { name: self.name, values: self.values, at_least, at_most: Some(at_most) }))
    }
}

/// Several bounds on the same figures are one.
fn merged(sums: Vec<Sum>) -> Vec<Sum> {
    let mut kept: Vec<Sum> = Vec::new();
    for sum in sums {
        match kept.iter_mut().find(|k| k.name == sum.name && k.values == sum.values) {
            Some(k) => {
                k.at_least = k.at_least.max(sum.at_least);
                k.at_most = k.at_most.into_iter().chain(sum.at_most).min();
            }
            None => kept.push(sum),
        }
    }
    kept
}

/// A figure as a whole number, if it is one of 0 or more.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
fn whole(value: f64) -> Option<u64> {
    const MOST: f64 = (1u64 << 50) as f64;
    let rounded = value.round();
    ((0.0..MOST).contains(&rounded) && (value - rounded).abs() < 1e-6).then_some(rounded as u64)
}

#[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^52")]
fn as_f64(value: u64) -> f64 {
    value as f64
}
