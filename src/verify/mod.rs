//! Follows a certificate of an optimum to its conclusion, step by step, and shares no code with what found it.
//!
//! A certificate claims: in this region of this territory, under these rules, every plan has at least so many areas, cut
//! links or millimetres of cut border, and here is a plan that has no more. Its proof is a list of *states* of a walk over
//! the municipalities, level by level (which of them with a neighbour to come share an area, which areas must stay
//! apart, what each has gathered), each with a bound: the least that a plan still costs from there on. The checker
//! knows how one state follows from another, from the definition and nothing else. For each listed state and each choice
//! it sees that the state that follows breaks a limit, or is listed too, with no lower bound than the step lets it have. So
//! the bound of the first state holds for every plan, by induction from the last level; and a plan that has it is the best.
//!
//! Nothing is taken from the certificate but the list itself: the graph, the figures and the costs are those of the
//! territory, the limits those of the rulebook and of the options that the claim names, and what the plan comes to is
//! counted anew. A bound that is too low, a state too many or a limit too few can't prove a false claim.
//!
//! The file is JSON lines, gzipped or not. The first line names the territory, the rulebook, their digests, the metric, the
//! options and the regions. Then, for each region, a line with the claim, the order of the walk and the plan; and for each
//! level a line `{"level":0,"states":1}` followed by its states. Units are positions in the order, areas positions among
//! the open areas, sums what is gathered for each limit, in the order in which the claim names them.
//!
//! Errors: `E101` and `E102` for a file that can't be read (further), `E601` for a line that is too long or a certificate of
//! another kind, `E602` for a line that is not as expected, `E603` for a file that ends early or goes on.
//!
//! Sources: R. M. McConnell, K. Mehlhorn, S. Näher, P. Schweitzer, *Certifying algorithms*, Computer Science Review 5
//! (2011), doi:10.1016/j.cosrev.2010.09.009; the walk is that of J. Kawahara, T. Horiyama, K. Hotta, S. Minato, *Generating
//! all patterns of graph partitions within a disparity bound*, WALCOM 2017, doi:10.1007/978-3-319-53925-6_10.
//!
//! # Example
//!
//! ```
//! use landmeter::io::{Lines, embedded};
//! use landmeter::space::{Metric, Narrowing, Regions, Space, certificate};
//! use landmeter::verify::verify;
//!
//! let territory = embedded::load("flanders-2024")?.territory;
//! let rulebook = embedded::rulebook("vlaanderen-2021")?;
//! let narrowing = Narrowing { region: Some("Waasland".into()), ..Narrowing::default() };
//! let regions = Regions::new(&territory, &rulebook, &narrowing)?;
//! let space = Space::new(&territory, rulebook.contiguity, regions, 1 << 30)?;
//! let mut file = Vec::new();
//! certificate::write(&space, Metric::CutLinks, &rulebook, &narrowing, &[], &mut file)?;
//!
//! let conclusion = verify(Lines::from_bytes("waasland.jsonl", file)?, &territory, &rulebook, &[])?;
//! assert!(conclusion.proved(), "{:?}", conclusion.reason);
//! assert_eq!(conclusion.claims[0].region, "Waasland");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod demand;
mod file;
mod region;
mod walk;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::io::{Error, Lines};
use crate::rules::Rulebook;
use crate::territory::{InputDigest, Territory};
use demand::Demand;
use file::{Claim, Head, Level, Listed, Options, Reader, Used};
use region::{Limit, Region};
use walk::{State, Walk};

/// Most exclaves that are spread over the areas one by one.
const MOST_EXCLAVES: usize = 8;

/// What a certificate comes to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conclusion {
    /// The file.
    pub path: String,
    /// What is made small.
    pub metric: String,
    /// The territory that it names.
    pub territory: String,
    /// The rulebook that it names.
    pub rulebook: String,
    /// What narrows the claims: options as on the command line.
    pub narrowed: Vec<String>,
    /// Hard rules that the claims are not about.
    pub untested: Vec<String>,
    /// The claims that were gone through, in the order of the file.
    pub claims: Vec<Conclude>,
    /// The least for all regions together, in the metric's unit: the sum of theirs, and the links between them.
    pub total: Option<f64>,
    /// Why it is not proved; none where it is.
    pub reason: Option<String>,
}

/// The claim about a region.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conclude {
    /// The region.
    pub region: String,
    /// The least value, in the metric's unit; none: no plan exists.
    pub value: Option<f64>,
    /// Whether it is proved.
    pub proved: bool,
    /// How many units the region has.
    pub units: usize,
    /// How many states were gone through.
    pub states: u64,
}

impl Conclusion {
    /// Whether all is proved that the certificate claims.
    #[must_use]
    pub fn proved(&self) -> bool {
        self.reason.is_none()
    }
}

/// Why a certificate can't be followed to its end.
enum Fault {
    Unreadable(Error),
    Unproved(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Unreadable(error)
    }
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::Unproved(reason)
    }
}

/// What adds up over areas and links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Metric {
    Areas,
    CutLinks,
    CutBorder,
}

impl Metric {
    fn by_name(name: &str) -> Option<Self> {
        match name {
            "areas" => Some(Self::Areas),
            "cut_links" => Some(Self::CutLinks),
            "cut_border_km" => Some(Self::CutBorder),
            _ => None,
        }
    }

    /// What an area costs.
    fn of_area(self) -> i64 {
        i64::from(self == Self::Areas)
    }

    /// What a cut link costs.
    fn of_link(self, millimetres: i64) -> i64 {
        match self {
            Self::Areas => 0,
            Self::CutLinks => 1,
            Self::CutBorder => millimetres,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a border is shorter than 2^52 mm")]
    fn value(self, sum: i64) -> f64 {
        if self == Self::CutBorder { sum as f64 / 1e6 } else { sum as f64 }
    }
}

/// Follows a certificate, on the territory and the rulebook that are at hand; `inputs` are the digests of these.
///
/// # Errors
///
/// The certificate can't be read: see the [module](self) for the codes. One that can be read and proves nothing is no
/// error: [`Conclusion::reason`] says why.
pub fn verify(
    lines: Lines,
    territory: &Territory,
    rulebook: &Rulebook,
    inputs: &[InputDigest],
) -> Result<Conclusion, Error> {
    let mut reader = Reader::new(lines);
    let mut conclusion = Conclusion { path: reader.path().to_owned(), ..Conclusion::default() };
    match follow(&mut reader, territory, rulebook, inputs, &mut conclusion) {
        Ok(()) => Ok(conclusion),
        Err(Fault::Unproved(reason)) => {
            conclusion.total = None;
            Ok(Conclusion { reason: Some(reason), ..conclusion })
        }
        Err(Fault::Unreadable(error)) => Err(error),
    }
}

fn follow(
    reader: &mut Reader,
    territory: &Territory,
    rulebook: &Rulebook,
    inputs: &[InputDigest],
    conclusion: &mut Conclusion,
) -> Result<(), Fault> {
    let head = reader.head()?;
    if head.landmeter_certificate != file::VERSION {
        let found = head.landmeter_certificate;
        return Err(reader
            .error("E601", format!("is a certificate of version {found}; expected {}", file::VERSION))
            .into());
    }
    let Some(metric) = Metric::by_name(&head.metric) else {
        let message = format!("the metric is {}; expected areas, cut_links or cut_border_km", head.metric);
        return Err(reader.error("E601", message).into());
    };
    conclusion.metric.clone_from(&head.metric);
    conclusion.territory.clone_from(&head.territory);
    conclusion.rulebook.clone_from(&head.rulebook);
    conclusion.narrowed = narrowed(&head.options);
    is_about(&head, territory, rulebook, inputs)?;
    let demand = demand::read(territory, rulebook, &head.options)?;
    conclusion.untested.clone_from(&demand.untested);
    let mut total = 0i64;
    let mut none = false;
    let mut seen = BTreeSet::new();
    for name in &head.regions {
        let region = demand.regions.iter().find(|r| r.name == *name);
        let region = region.ok_or_else(|| format!("there is no region {name} that the claim could be about"))?;
        if !seen.insert(name) {
            return Err(format!("region {name} is named twice").into());
        }
        let claim = reader.claim(name)?;
        if claim.region != *name {
            return Err(reader.error("E602", format!("region {} stands here; expected {name}", claim.region)).into());
        }
        let value = claim.value.map(|sum| metric.value(sum));
        conclusion.claims.push(Conclude {
            region: name.clone(),
            value,
            units: region.units.len(),
            ..Conclude::default()
        });
        let at = conclusion.claims.len() - 1;
        let line = reader.line();
        let open = prove(reader, region, metric, &claim, &mut conclusion.claims[at].states)
            .map_err(|fault| fault.of(&format!("region {name} (line {line})")))?;
        conclusion.claims[at].proved = true;
        if open {
            conclusion.untested.push(format!("enclosure ({name})"));
        }
        total = total.saturating_add(claim.value.unwrap_or(0));
        none |= claim.value.is_none();
    }
    reader.end()?;
    conclude(&demand, &head, none)?;
    let (links, millimetres) = demand.between;
    let between = if metric == Metric::CutBorder { millimetres } else { metric.of_link(0) * links };
    conclusion.total = (!none && demand.whole).then(|| metric.value(total.saturating_add(between)));
    Ok(())
}

impl Fault {
    /// With the place in the certificate before the reason.
    fn of(self, place: &str) -> Self {
        match self {
            Self::Unproved(reason) => Self::Unproved(format!("{place}: {reason}")),
            error => error,
        }
    }
}

/// Each region must have its claim, unless one of them has no plan: then there is none of all together.
fn conclude(demand: &Demand, head: &Head, none: bool) -> Result<(), Fault> {
    let missing = demand.regions.iter().find(|r| !head.regions.contains(&r.name));
    match missing {
        Some(region) if !none => Err(format!("region {} has no claim", region.name).into()),
        _ if head.regions.is_empty() => Err("it makes no claim".to_owned().into()),
        _ => Ok(()),
    }
}

/// Whether the certificate is about the territory and the rulebook at hand.
fn is_about(head: &Head, territory: &Territory, rulebook: &Rulebook, inputs: &[InputDigest]) -> Result<(), String> {
    if head.territory != territory.name() || head.rulebook != rulebook.name {
        return Err(format!(
            "it is about territory {} and rulebook {}, and not about {} and {}: name these with --territory and --rules",
            head.territory,
            head.rulebook,
            territory.name(),
            rulebook.name
        ));
    }
    for (i, input) in inputs.iter().enumerate() {
        let own = head.inputs.get(i).filter(|own| own.sha256 == input.sha256);
        if own.is_none() {
            let named = head.inputs.get(i).map_or("none", |own| &own.path);
            return Err(format!("its inputs are other ones: {named} is not {} (sha256 {})", input.path, input.sha256));
        }
    }
    if head.inputs.len() > inputs.len() {
        return Err(format!("it rests on {} inputs, and {} are at hand", head.inputs.len(), inputs.len()));
    }
    if head.contiguity != rulebook.contiguity {
        let kind = |points: bool| if points { "queen" } else { "rook" };
        let (own, at_hand) = (head.contiguity, rulebook.contiguity);
        return Err(format!(
            "it is about {} contiguity from {} m on, and not about {} from {} m: say so with --contiguity and --min-border",
            kind(own.points),
            own.min_border_m,
            kind(at_hand.points),
            at_hand.min_border_m
        ));
    }
    Ok(())
}

/// The options as on the command line.
fn narrowed(options: &Options) -> Vec<String> {
    let mut all: Vec<String> = options.region.iter().map(|region| format!("--region {region}")).collect();
    all.extend(options.areas.map(|(fewest, most)| {
        if fewest == most { format!("--areas {fewest}") } else { format!("--areas {fewest}..{most}") }
    }));
    all.extend(options.min.iter().map(|(name, least)| format!("--min {name}={least}")));
    all.extend(options.max.iter().map(|(name, most)| format!("--max {name}={most}")));
    all.extend(options.balance.iter().map(|(name, within)| format!("--balance {name}={}%", within * 100.0)));
    all.extend(options.free.then(|| "--free".to_owned()));
    all.extend(options.no_estimates.then(|| "--no-estimates".to_owned()));
    all
}

/// Follows the proof of a region; gives whether it hangs on another region if an area of its plan is enclosed.
fn prove(reader: &mut Reader, region: &Region, metric: Metric, claim: &Claim, states: &mut u64) -> Result<bool, Fault> {
    let walk = walk_of(region, metric, claim)?;
    if claim.value.is_none() && claim.plan.is_none() && region.shortage().is_some() {
        // No need for a walk: the levels prove nothing that is not clear from the sums.
        for level in 0..=walk.order.len() {
            *states += reader.level(&walk, level)?.len() as u64;
        }
        return Ok(false);
    }
    let mut now = reader.level(&walk, 0)?;
    let start = walk.start();
    let first = now.get(&start).ok_or_else(|| "level 0 does not list the state before the first unit".to_owned())?;
    if !is_enough(first.bound.map(i128::from), claim.value.map(i128::from)) {
        let (bound, value) = (shown(first.bound), shown(claim.value));
        return Err(format!("the bound of the first state is {bound}, and the claim says {value}").into());
    }
    for step in 0..walk.order.len() {
        let next = reader.level(&walk, step + 1)?;
        *states += now.len() as u64;
        let found: Vec<(&State, &Listed)> = now.iter().collect();
        // By line, so that the first that is at fault is named, whatever the threads do.
        let fault = found.par_iter().filter_map(|(state, listed)| {
            step_fault(&walk, step, state, **listed, &next).map(|reason| (listed.line, reason))
        });
        if let Some((line, reason)) = fault.min_by_key(|(line, _)| *line) {
            return Err(format!("level {step}, line {line}: {reason}").into());
        }
        now = next;
    }
    *states += now.len() as u64;
    for (state, listed) in &now {
        let least = if state.areas.is_empty() { walk.at_the_end(state) } else { None };
        if !is_enough(least.map(i128::from), listed.bound.map(i128::from)) {
            let (line, level, bound, least) = (listed.line, walk.order.len(), shown(listed.bound), shown(least));
            return Err(
                format!("level {level}, line {line}: the bound is {bound}, and what is left costs {least}").into()
            );
        }
    }
    has_value(region, metric, claim).map_err(Fault::from)
}

/// Whether what a plan costs at least is as much as is claimed; none is more than any number.
fn is_enough(least: Option<i128>, claimed: Option<i128>) -> bool {
    match (least, claimed) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(least), Some(claimed)) => least >= claimed,
    }
}

fn shown(bound: Option<i64>) -> String {
    bound.map_or_else(|| "none (no plan)".to_owned(), |bound| bound.to_string())
}

/// What is wrong with a listed state: a state that follows it and is not listed, or lets a plan cost less.
fn step_fault(walk: &Walk<'_>, step: usize, state: &State, listed: Listed, next: &Level) -> Option<String> {
    let mut fault = None;
    let unit = &walk.region.units[walk.order[step]];
    let mut see = |follows: State, cost: i64| {
        if fault.is_some() {
            return;
        }
        let Some(after) = next.get(&follows) else {
            fault = Some(format!("a state that follows it at unit {unit} is not listed: {follows:?}"));
            return;
        };
        let least = after.bound.map(|bound| i128::from(bound) + i128::from(cost));
        if !is_enough(least, listed.bound.map(i128::from)) {
            let (bound, line, after) = (shown(listed.bound), after.line, shown(after.bound));
            fault = Some(format!(
                "its bound is {bound}, but a step at unit {unit} costs {cost} and the bound from there (line {line}) is {after}"
            ));
        }
    };
    let followed = walk.follow(step, state, &mut see);
    fault.or(followed.err().map(str::to_owned))
}

/// The walk that the claim describes, if its limits are those of the region.
fn walk_of<'r>(region: &'r Region, metric: Metric, claim: &Claim) -> Result<Walk<'r>, String> {
    let unit = |code: &String| {
        let known = region.units.binary_search(code);
        known.map_err(|_| format!("unit {code} is none of the region's {}", region.units.len()))
    };
    let units = |codes: &BTreeSet<String>| codes.iter().map(unit).collect::<Result<BTreeSet<usize>, String>>();
    if region.exclaves.len() > MOST_EXCLAVES {
        return Err(format!(
            "{} units are cut off from the territory; at most {MOST_EXCLAVES} can be followed",
            region.exclaves.len()
        ));
    }
    let own: Vec<&String> = region.exclaves.iter().map(|e| &region.units[e.0]).collect();
    if claim.exclaves.iter().collect::<Vec<_>>() != own {
        return Err(format!("its exclaves are {:?}, and those of the region {own:?}", claim.exclaves));
    }
    let mut limits = Vec::new();
    for used in &claim.limits {
        let is_it = |limit: &Limit| match (used, limit) {
            (Used::Sum { attribute, at_least, at_most }, Limit::Sum { name, at_least: least, at_most: most, .. }) => {
                Ok(attribute == name && at_least == least && at_most == most)
            }
            (Used::Together(codes), Limit::Together(set)) | (Used::Apart(codes), Limit::Apart(set)) => {
                Ok::<bool, String>(units(codes)? == *set)
            }
            _ => Ok(false),
        };
        let mut found = None;
        for (i, limit) in region.limits.iter().enumerate() {
            if is_it(limit)? {
                found = Some(i);
            }
        }
        let asked: Vec<String> = region.limits.iter().map(|limit| region.words(limit)).collect();
        limits.push(found.ok_or_else(|| {
            format!(
                "it uses a limit that neither the rulebook nor the options ask for: {used:?}; they ask: {}",
                asked.join("; ")
            )
        })?);
    }
    if claim.areas.is_some() && claim.areas != region.areas {
        return Err(format!(
            "it limits the areas to {:?}, and the rulebook and the options to {:?}",
            claim.areas, region.areas
        ));
    }
    let inside: BTreeSet<usize> = claim.inside.iter().map(unit).collect::<Result<_, _>>()?;
    if let Some(&unit) = inside.iter().find(|&&unit| !region.can_be_inside(unit)) {
        return Err(format!(
            "it takes unit {} to be inside, which does not follow from the territory",
            region.units[unit]
        ));
    }
    let order: Vec<usize> = claim.order.iter().map(unit).collect::<Result<_, _>>()?;
    let exclaves: BTreeSet<usize> = region.exclaves.iter().map(|e| e.0).collect();
    let mut placed: Vec<usize> = order.clone();
    placed.extend(&exclaves);
    placed.sort_unstable();
    if placed != (0..region.units.len()).collect::<Vec<_>>() {
        return Err("its order does not name each unit that is no exclave once".to_owned());
    }
    let links = region.links.iter().map(|&(a, b, mm)| (a, b, metric.of_link(mm))).collect();
    Ok(Walk::new(region, order, limits, claim.areas.is_some(), inside, (metric.of_area(), links)))
}

/// Whether the plan is lawful and has the value; gives whether it hangs on another region if an area is enclosed.
fn has_value(region: &Region, metric: Metric, claim: &Claim) -> Result<bool, String> {
    let (value, plan) = match (claim.value, &claim.plan) {
        (None, None) => return Ok(false),
        (Some(value), Some(plan)) => (value, plan),
        (Some(_), None) => return Err("it claims a value, and gives no plan that has it".to_owned()),
        (None, Some(_)) => return Err("it claims that there is no plan, and gives one".to_owned()),
    };
    if let Some(code) = plan.keys().find(|code| region.units.binary_search(code).is_err()) {
        return Err(format!("its plan has unit {code}, which is none of the region's {}", region.units.len()));
    }
    let label = |code: &String| plan.get(code).map(String::as_str).ok_or_else(|| format!("its plan lacks unit {code}"));
    let labels: Vec<&str> = region.units.iter().map(label).collect::<Result<_, _>>()?;
    let judged = region.judge(&labels)?;
    let cut: i64 = judged.cut.iter().map(|l| metric.of_link(l.2)).fold(0, i64::saturating_add);
    let sum = judged.areas.saturating_mul(metric.of_area()).saturating_add(cut);
    if sum != value {
        return Err(format!("its plan comes to {sum}, and the claim says {value}"));
    }
    Ok(judged.enclosure_is_open)
}
