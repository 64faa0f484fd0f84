//! What a rulebook and the options of a claim ask of each region, read anew: nothing is taken from the certificate.

use std::collections::{BTreeMap, BTreeSet};

use super::file::Options;
use super::region::{Limit, Outline, Region};
use crate::rules::{Kind, Rule, Rulebook, on_outer_border};
use crate::territory::{Attribute, Territory};

/// The regions that a claim is about.
#[derive(Debug)]
pub(super) struct Demand {
    /// By name.
    pub(super) regions: Vec<Region>,
    /// Hard rules that no limit renders: the claim is not about them.
    pub(super) untested: Vec<String>,
    /// Links between two of the regions, which every plan cuts: their number, and their millimetres.
    pub(super) between: (i64, i64),
    /// Whether these regions are the whole territory.
    pub(super) whole: bool,
}

/// Metres of border as whole millimetres.
#[expect(clippy::cast_possible_truncation, reason = "a border is shorter than 2^52 mm")]
fn millimetres(length_m: f64) -> i64 {
    (length_m * 1000.0).round() as i64
}

/// Reads what is asked.
///
/// # Errors
///
/// What can't be asked of a region: an attribute or a municipality that the territory does not have, a rule about all
/// areas of several regions, a figure that is no whole number of thousandths.
pub(super) fn read(territory: &Territory, rulebook: &Rulebook, options: &Options) -> Result<Demand, String> {
    let kept = |rule: &&Rule| {
        let bounds = matches!(rule.kind, Kind::Bounds { .. } | Kind::Balance { .. } | Kind::AreaCount { .. });
        rule.hard && !(options.free && bounds)
    };
    let rules: Vec<&Rule> = rulebook.rules.iter().filter(kept).collect();
    let zones = zones(territory, &rules)?;
    let of_all = |rule: &&&Rule| matches!(rule.kind, Kind::Balance { .. } | Kind::AreaCount { .. });
    if let (Some(rule), true) = (rules.iter().find(of_all), zones.len() > 1) {
        return Err(format!(
            "rule {} is about all areas of the territory, and a claim about those of one region",
            rule.id
        ));
    }
    let mut zone_of = vec![0; territory.len()];
    for (zone, members) in zones.values().enumerate() {
        members.iter().for_each(|&m| zone_of[m] = zone);
    }
    let reader = Reader { territory, rulebook, rules: &rules, options, zone_of: &zone_of };
    let wanted = |name: &String| options.region.as_ref().is_none_or(|region| region == name);
    let mut regions = Vec::new();
    for (name, members) in zones.iter().filter(|(name, _)| wanted(name)) {
        regions.push(reader.region(name, members)?);
    }
    let untested = |rule: &&&Rule| matches!(rule.kind, Kind::Expertise { .. } | Kind::Opinions);
    let between = territory.adjacency().links().iter().filter(|l| {
        let (a, b) = (zone_of[l.a as usize], zone_of[l.b as usize]);
        options.region.is_none() && a != b && rulebook.contiguity.counts(l)
    });
    let between = between.fold((0, 0i64), |(links, mm), l| (links + 1, mm.saturating_add(millimetres(l.length_m))));
    Ok(Demand {
        whole: regions.len() == zones.len(),
        regions,
        untested: rules.iter().filter(untested).map(|r| r.id.clone()).collect(),
        between,
    })
}

/// The municipalities of each region, by its name: those that lie in the same zones of all divisions that areas nest in.
fn zones(territory: &Territory, rules: &[&Rule]) -> Result<BTreeMap<String, Vec<usize>>, String> {
    let mut names: Vec<Vec<&str>> = vec![Vec::new(); territory.len()];
    for rule in rules {
        let Kind::Nesting { division } = &rule.kind else { continue };
        let Some(division) = division.iter().find_map(|name| territory.division(name)) else {
            return Err(format!(
                "rule {} names division {}, which the territory does not have",
                rule.id,
                division.join(", ")
            ));
        };
        for (m, names) in names.iter_mut().enumerate() {
            let zone = division.of.get(m).copied().flatten().and_then(|zone| division.zones.get(zone as usize));
            let code = &territory.municipalities()[m].code;
            names.push(zone.ok_or_else(|| format!("municipality {code} lies in no zone of {}", division.name))?);
        }
    }
    let mut zones: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (m, names) in names.iter().enumerate() {
        let name = if names.is_empty() { territory.name().to_owned() } else { names.join(" / ") };
        zones.entry(name).or_default().push(m);
    }
    Ok(zones)
}

struct Reader<'r> {
    territory: &'r Territory,
    rulebook: &'r Rulebook,
    rules: &'r [&'r Rule],
    options: &'r Options,
    zone_of: &'r [usize],
}

impl Reader<'_> {
    fn region(&self, name: &str, members: &[usize]) -> Result<Region, String> {
        let unit = |m: u32| members.binary_search(&(m as usize)).ok();
        let links = self.territory.adjacency().links().iter().filter(|l| self.rulebook.contiguity.counts(l));
        let mut region = Region {
            name: name.to_owned(),
            units: members.iter().map(|&m| self.territory.municipalities()[m].code.clone()).collect(),
            links: links.filter_map(|l| Some((unit(l.a)?, unit(l.b)?, millimetres(l.length_m)))).collect(),
            areas: self.options.areas,
            exclaves: self.exclaves(members)?,
            outlines: self.outlines(members),
            ..Region::default()
        };
        self.sets(&mut region, members)?;
        self.sums(&mut region, members)?;
        Ok(region)
    }

    /// Those that no plan could join to the mainland, where the rules do not hold that against an area.
    fn exclaves(&self, members: &[usize]) -> Result<Vec<(usize, u32)>, String> {
        let mut contiguity = self.rules.iter().filter_map(|rule| match rule.kind {
            Kind::Contiguity { exclaves_count, .. } => Some(exclaves_count),
            _ => None,
        });
        let Some(first) = contiguity.next() else {
            return Err(format!("rulebook {} has no hard rule of contiguity", self.rulebook.name));
        };
        let components = self.territory.adjacency().graph(self.rulebook.contiguity).components();
        let component = |m: &usize| components.of[*m];
        let as_one = members.iter().all(|m| component(m) == component(&members[0]));
        if first || contiguity.any(|counts| counts) || as_one {
            return Ok(Vec::new());
        }
        let cut_off = members.iter().enumerate().filter(|(_, m)| component(m) != components.mainland);
        Ok(cut_off.map(|(unit, m)| (unit, component(m))).collect())
    }

    /// What surrounds each unit, where a rule asks about enclosure and the outer border is known.
    fn outlines(&self, members: &[usize]) -> Option<Vec<Outline>> {
        self.rules.iter().find(|rule| matches!(rule.kind, Kind::Enclosure))?;
        let outer = on_outer_border(self.territory)?;
        let outline = |&m: &usize| {
            let mut outline = Outline { outer: outer[m], ..Outline::default() };
            for (other, _) in self.territory.adjacency().neighbours_over_lines(m) {
                match members.binary_search(&other) {
                    Ok(unit) => outline.touches.insert(unit),
                    Err(_) => outline.others.insert(self.zone_of[other]),
                };
            }
            outline
        };
        Some(members.iter().map(outline).collect())
    }

    /// What must be together or apart, or in an area of a certain name.
    fn sets(&self, region: &mut Region, members: &[usize]) -> Result<(), String> {
        // Each label with the municipalities that belong in its area: two rules for one area are one.
        let mut labels: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        let mut impossible = false;
        for rule in self.rules {
            let (Kind::Together { municipalities }
            | Kind::Apart { municipalities }
            | Kind::Fixed { municipalities, .. }) = &rule.kind
            else {
                continue;
            };
            let position = |code: &String| {
                let known = self.territory.position(code);
                known.ok_or_else(|| {
                    format!("rule {} names municipality {code}, which the territory does not have", rule.id)
                })
            };
            let all: BTreeSet<usize> = municipalities.iter().map(position).collect::<Result<_, _>>()?;
            let here: BTreeSet<usize> = all.iter().filter_map(|m| members.binary_search(m).ok()).collect();
            match &rule.kind {
                Kind::Apart { .. } => region.limits.push(Limit::Apart(here)),
                Kind::Fixed { area, .. } => labels.entry(area).or_default().extend(all),
                _ => {
                    impossible |= !here.is_empty() && here.len() < all.len();
                    region.limits.push(Limit::Together(here));
                }
            }
        }
        let mut firsts = BTreeSet::new();
        for (label, all) in labels {
            let here: BTreeSet<usize> = all.iter().filter_map(|m| members.binary_search(m).ok()).collect();
            let Some(&first) = here.first() else { continue };
            // Two labels for one municipality, or one label in two regions.
            impossible |= !firsts.insert(first) || here.len() < all.len();
            region.fixed.extend(here.iter().map(|&unit| (unit, label.to_owned())));
            region.limits.push(Limit::Together(here));
        }
        if firsts.len() > 1 {
            region.limits.push(Limit::Apart(firsts));
        }
        if impossible {
            region.areas = Some((1, 0));
        }
        Ok(())
    }

    /// The bounds on sums, one for each attribute, and the number of areas.
    fn sums(&self, region: &mut Region, members: &[usize]) -> Result<(), String> {
        let mut bounds: BTreeMap<String, Bounds> = BTreeMap::new();
        let mut shares: Vec<(Figures, f64)> = Vec::new();
        let mut bound = |figures: Figures, least: Option<f64>, most: Option<f64>| {
            let (name, least, most) = (figures.name.clone(), figures.at_least(least)?, figures.at_most(most)?);
            bounds.entry(name).or_insert_with(|| Bounds::of(figures)).narrow(least, most);
            Ok::<(), String>(())
        };
        let impossible = region.areas.is_some_and(|(fewest, most)| fewest > most);
        for rule in self.rules {
            match &rule.kind {
                Kind::AreaCount { at_least, at_most } if !impossible => {
                    let (fewest, most) = region.areas.unwrap_or((0, u32::MAX));
                    region.areas = Some((fewest.max(at_least.unwrap_or(0)), most.min(at_most.unwrap_or(u32::MAX))));
                }
                Kind::Bounds { attribute, at_least, at_most } => {
                    if let Some(figures) = self.of_rule(attribute, members)? {
                        bound(figures, *at_least, *at_most)?;
                    }
                }
                Kind::Balance { attribute, within } => {
                    shares.extend(self.of_rule(attribute, members)?.map(|figures| (figures, *within)));
                }
                _ => {}
            }
        }
        for (name, least) in &self.options.min {
            bound(self.figures(name, members)?, Some(*least), None)?;
        }
        for (name, most) in &self.options.max {
            bound(self.figures(name, members)?, None, Some(*most))?;
        }
        for (name, within) in &self.options.balance {
            shares.push((self.figures(name, members)?, *within));
        }
        for (figures, within) in shares {
            let Some((least, most)) = figures.balance(within, region.areas)? else { continue };
            bounds.entry(figures.name.clone()).or_insert_with(|| Bounds::of(figures)).narrow(least, Some(most));
        }
        let asks = |b: &Bounds| b.at_least > 0 || b.at_most.is_some();
        region.limits.extend(bounds.into_values().filter(asks).map(|b| Limit::Sum {
            name: b.figures.name,
            values: b.figures.values,
            at_least: b.at_least,
            at_most: b.at_most,
        }));
        Ok(())
    }

    /// The figures of a rule: the first of its attributes that the territory has; none where it has none of them, or
    /// where they are estimates and the claim leaves those out.
    fn of_rule(&self, names: &[String], members: &[usize]) -> Result<Option<Figures>, String> {
        match names.iter().find_map(|name| self.territory.attribute(name)) {
            Some(attribute) if attribute.estimated && self.options.no_estimates => Ok(None),
            Some(attribute) => self.figures(&attribute.name, members).map(Some),
            None if names.iter().any(|name| name == "municipalities") => {
                self.figures("municipalities", members).map(Some)
            }
            None => Ok(None),
        }
    }

    fn figures(&self, name: &str, members: &[usize]) -> Result<Figures, String> {
        match self.territory.attribute(name) {
            Some(attribute) => Figures::of(attribute, members),
            None if name == "municipalities" => {
                Ok(Figures { name: name.to_owned(), scale: 1.0, values: vec![Some(1); members.len()] })
            }
            None => Err(format!("the territory has no attribute {name}")),
        }
    }
}

/// An attribute of a region's units, as whole numbers.
struct Figures {
    name: String,
    /// What a figure is multiplied with to become whole.
    scale: f64,
    values: Vec<Option<u64>>,
}

/// A figure as a whole number, if it is one of 0 or more.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
fn whole(value: f64) -> Option<u64> {
    let rounded = value.round();
    let fits = (0.0..1_125_899_906_842_624.0).contains(&rounded) && (value - rounded).abs() < 1e-6;
    fits.then_some(rounded as u64)
}

impl Figures {
    fn of(attribute: &Attribute, members: &[usize]) -> Result<Self, String> {
        let value = |m: &usize| attribute.values.get(*m).copied().flatten().filter(|v| v.is_finite());
        let given: Vec<f64> = members.iter().filter_map(value).collect();
        let scales = [1.0, 10.0, 100.0, 1000.0];
        let fits = |scale: &f64| given.iter().all(|v| whole(v * scale).is_some());
        let Some(scale) = scales.into_iter().find(fits) else {
            let name = &attribute.name;
            return Err(format!("a figure of {name} is below 0, too large, or has more than 3 decimals"));
        };
        let values = members.iter().map(|m| value(m).and_then(|v| whole(v * scale))).collect();
        Ok(Self { name: attribute.name.clone(), scale, values })
    }

    /// The least whole sum that is not below a bound; a bound below 0 asks nothing.
    fn at_least(&self, bound: Option<f64>) -> Result<u64, String> {
        let least = bound.map_or(0.0, |bound| (bound * self.scale - 1e-6).ceil().max(0.0));
        whole(least).ok_or_else(|| format!("the least {} is no number that fits", self.name))
    }

    /// The greatest whole sum that is not above a bound.
    fn at_most(&self, bound: Option<f64>) -> Result<Option<u64>, String> {
        let most = bound.map(|bound| whole((bound * self.scale + 1e-6).floor()));
        most.map(|most| most.ok_or_else(|| format!("the greatest {} is no number that fits", self.name))).transpose()
    }

    /// The sums within a share of the mean; none where the mean is not known or 0.
    #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^52")]
    fn balance(&self, within: f64, areas: Option<(u32, u32)>) -> Result<Option<(u64, u64)>, String> {
        let Some((areas, _)) = areas.filter(|(fewest, most)| fewest == most && *fewest > 0) else {
            return Err(format!("the balance of {} needs a fixed number of areas", self.name));
        };
        let Some(total) = self.values.iter().copied().sum::<Option<u64>>().filter(|&total| total > 0) else {
            return Ok(None);
        };
        let mean = total as f64 / f64::from(areas);
        let fits = |sum: u64| (sum as f64 - mean).abs() / mean <= within * (1.0 + 1e-12) + 1e-12;
        // The sums that fit lie around the mean, without a gap: the ends are found by halving.
        let middle = whole(mean.floor()).unwrap_or(0);
        let inner = if fits(middle) { middle } else { middle + 1 };
        if !fits(inner) {
            return Ok(Some((total + 1, total)));
        }
        let (mut low, mut least) = (0, inner);
        while low < least {
            let half = low + (least - low) / 2;
            if fits(half) { least = half } else { low = half + 1 }
        }
        let above = whole((mean * (1.0 + within)).ceil()).unwrap_or(total);
        let (mut most, mut high) = (inner, above.saturating_add(2).max(inner));
        while most < high {
            let half = most + (high - most).div_ceil(2);
            if fits(half) { most = half } else { high = half - 1 }
        }
        Ok(Some((least, most)))
    }
}

/// Bounds on the sums of an attribute; several are one.
struct Bounds {
    figures: Figures,
    at_least: u64,
    at_most: Option<u64>,
}

impl Bounds {
    fn of(figures: Figures) -> Self {
        Self { figures, at_least: 0, at_most: None }
    }

    fn narrow(&mut self, least: u64, most: Option<u64>) {
        self.at_least = self.at_least.max(least);
        self.at_most = self.at_most.into_iter().chain(most).min();
    }
}
