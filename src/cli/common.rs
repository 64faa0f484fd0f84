//! From the options to what a judgement rests on: the territory, the rulebook, the register, the plans.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rayon::prelude::*;

use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use crate::io::embedded::{self, Embedded, EmbeddedKind};
use crate::io::territory::Loaded;
use crate::io::{self, Input};
use crate::plan::{Plan, Row, Submission};
use crate::report;
use crate::rules::{Checker, Register, Rulebook, Verdict};
use crate::territory::{InputDigest, Territory};
use crate::words::Lang;

/// The territory where none is named.
const DEFAULT_TERRITORY: &str = "flanders";

/// The rulebook for a territory that has none of its own: assignment and contiguity.
const GENERAL_RULEBOOK: &str = "general";

/// The word that switches the derogations off.
const NO_DEROGATIONS: &str = "none";

/// Loads the territory and tells what was noticed on the way.
pub(super) fn load(args: &TerritoryArgs, common: &Common) -> anyhow::Result<Loaded> {
    let loaded = io::territory::load(&args.options())?;
    loaded.notes.iter().for_each(|note| common.tell(note));
    if !loaded.problems.is_empty() {
        let name = loaded.territory.name();
        common.tell(format!(
            "{} problems in the boundaries of {name}: `landmeter inspect` lists them",
            loaded.problems.len()
        ));
    }
    Ok(loaded)
}

/// What a judgement rests on, the plan itself apart.
#[derive(Debug)]
pub(super) struct Grounds {
    /// The territory.
    pub(super) territory: Territory,
    /// The rulebook, with the contiguity that the command line asks for.
    pub(super) rulebook: Rulebook,
    /// The granted derogations.
    pub(super) register: Register,
    /// Territory, rulebook and register, with digests.
    pub(super) inputs: Vec<InputDigest>,
    /// The embedded territory that was named, or the default one: where an embedded plan is looked up.
    embedded: Embedded,
    /// Whether `territory` is that embedded territory.
    at_home: bool,
}

/// A plan with its verdict and everything that the verdict rests on.
#[derive(Debug)]
pub(super) struct Judged {
    /// The plan.
    pub(super) plan: Plan,
    /// What was found.
    pub(super) verdict: Verdict,
    /// All inputs, with digests.
    pub(super) inputs: Vec<InputDigest>,
}

impl Grounds {
    /// Loads the territory, the rulebook and the register; `official` says that no plan is named, so that the
    /// register of the embedded plan is the default.
    pub(super) fn load(
        territory_args: &TerritoryArgs,
        rules: &RuleArgs,
        official: bool,
        common: &Common,
    ) -> anyhow::Result<Self> {
        let (embedded, at_home) = home(territory_args.territory.as_deref())?;
        let territory = load(territory_args, common)?.territory;
        let own = |name: &str, general: &str| if at_home { name.to_owned() } else { general.to_owned() };

        let rulebook_name = rules.rules.clone().unwrap_or_else(|| own(&embedded.default_rulebook, GENERAL_RULEBOOK));
        let (mut rulebook, rulebook_input) = rulebook(&rulebook_name)?;
        let (contiguity, overruled) = rules.contiguity.over(rulebook.contiguity);
        rulebook.contiguity = contiguity;
        if overruled {
            let kind = if contiguity.points { "queen" } else { "rook" };
            let metres = contiguity.min_border_m;
            common.tell(format!(
                "contiguity is {kind}, borders count from {metres} m: not as rulebook {rulebook_name} says"
            ));
        }

        let default_register =
            if official { own(&embedded.default_register, NO_DEROGATIONS) } else { NO_DEROGATIONS.to_owned() };
        let register_name = rules.derogations.clone().unwrap_or(default_register);
        let (mut register, register_input) = register(&register_name)?;
        if let Some(day) = &rules.as_of {
            keep_those_in_force(&mut register, day, common);
        }

        let mut inputs = territory.inputs().to_vec();
        inputs.push(rulebook_input);
        inputs.extend(register_input);
        Ok(Self { territory, rulebook, register, inputs, embedded, at_home })
    }

    /// The plans that were named, or, where none was, the official plan of the embedded territory; each with the
    /// digest of its file.
    pub(super) fn plans(&self, named: &[PathBuf], columns: &PlanArgs) -> anyhow::Result<Vec<(Plan, InputDigest)>> {
        if named.is_empty() {
            anyhow::ensure!(
                self.at_home,
                "name a plan: {} is not an embedded territory, so there is no official plan to judge",
                self.territory.name()
            );
            return Ok(vec![self.embedded_plan(&self.embedded.default_plan)?]);
        }
        let mut plans = Vec::new();
        for path in named {
            match path.to_str() {
                // A file goes before an embedded plan of the same name: what the user has at hand is what is meant.
                Some(name) if !path.exists() => plans.push(self.embedded_plan(name)?),
                _ => {
                    let (submissions, digests) = io::plans::read_with_digests(path, &columns.options())?;
                    let digest = match digests.into_iter().next() {
                        Some(digest) => digest,
                        None => Input::open(path)?.digest(),
                    };
                    plans.extend(submissions.iter().map(|s| (s.resolve(&self.territory), digest.clone())));
                }
            }
        }
        Ok(plans)
    }

    /// An embedded plan, carried to the territory by its codes.
    fn embedded_plan(&self, name: &str) -> anyhow::Result<(Plan, InputDigest)> {
        let plan = self.embedded.official_plan(name).with_context(|| format!("{name} is not a file"))?;
        let plan = if self.at_home { plan } else { submit(&plan, &self.embedded.territory).resolve(&self.territory) };
        Ok((plan, embedded::digest(name, EmbeddedKind::Plan)?))
    }

    /// Judges the plans, in parallel; the order is kept.
    pub(super) fn judge(&self, plans: Vec<(Plan, InputDigest)>) -> anyhow::Result<Vec<Judged>> {
        let checker = Checker::new(&self.territory, &self.rulebook, &self.register)?;
        let judge = |(plan, digest): (Plan, InputDigest)| Judged {
            verdict: checker.check(&plan),
            inputs: self.inputs.iter().cloned().chain([digest]).collect(),
            plan,
        };
        Ok(plans.into_par_iter().map(judge).collect())
    }

    /// What a report needs.
    pub(super) fn context<'a>(&'a self, inputs: &'a [InputDigest], lang: Lang) -> report::Context<'a> {
        report::Context { territory: &self.territory, rulebook: &self.rulebook, inputs, lang }
    }
}

/// The embedded territory of that name (`true`), or the default one when another territory was named (`false`).
fn home(name: Option<&str>) -> Result<(Embedded, bool), io::Error> {
    match name {
        None => Ok((embedded::load(DEFAULT_TERRITORY)?, true)),
        Some(name) if Path::new(name).exists() => Ok((embedded::load(DEFAULT_TERRITORY)?, false)),
        Some(name) => Ok((embedded::load(name)?, true)),
    }
}

/// A rulebook by its embedded name or its file.
fn rulebook(name: &str) -> Result<(Rulebook, InputDigest), io::Error> {
    let path = Path::new(name);
    if path.is_file() {
        return io::tables::read_rulebook(path);
    }
    Ok((embedded::rulebook(name)?, embedded::digest(name, EmbeddedKind::Rulebook)?))
}

/// A register by its embedded name or its file; `none` is the empty one.
fn register(name: &str) -> Result<(Register, Option<InputDigest>), io::Error> {
    let path = Path::new(name);
    if name == NO_DEROGATIONS {
        return Ok((Register::default(), None));
    }
    if path.is_file() {
        let (register, digest) = io::tables::read_register(path)?;
        return Ok((register, Some(digest)));
    }
    Ok((embedded::register(name)?, Some(embedded::digest(name, EmbeddedKind::Register)?)))
}

/// Puts aside the derogations that do not hold on `day`, and tells which; dates are `YYYY-MM-DD`, so text order is
/// the order of time.
fn keep_those_in_force(register: &mut Register, day: &str, common: &Common) {
    register.derogations.retain(|derogation| {
        let begun = derogation.date.as_str() <= day;
        let over = derogation.until.as_deref().is_some_and(|until| until < day);
        if !begun {
            common.tell(format!("derogation {} was only decided on {}", derogation.id, derogation.date));
        } else if over {
            let until = derogation.until.as_deref().unwrap_or_default();
            common.tell(format!("derogation {} held until {until}", derogation.id));
        }
        begun && !over
    });
}

/// A plan as if it were submitted again, to hold it against another territory.
fn submit(plan: &Plan, territory: &Territory) -> Submission {
    let mut rows = Vec::with_capacity(plan.of.len());
    for (area, label) in plan.areas.iter().enumerate() {
        let companies = plan.companies.get(area).map_or(&[][..], Vec::as_slice);
        let members = plan.of.iter().enumerate().filter(|&(_, &of)| of as usize == area);
        for (nth, (municipality, _)) in members.enumerate() {
            rows.push(Row {
                line: 0,
                code: territory.municipalities()[municipality].code.clone(),
                area: label.clone(),
                company: companies.get(nth).or(companies.last()).cloned(),
            });
        }
    }
    Submission { name: plan.name.clone(), rows }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::territory::Municipality;

    #[test]
    fn a_plan_survives_being_submitted_again() {
        let units = ["a", "b", "c"].map(|c| Municipality::new(c, c)).to_vec();
        let territory = Territory::new("three", units, Vec::new()).unwrap();
        let plan = Plan::from_labels("draft", &[Some("B"), Some("A"), None]);
        assert_eq!(submit(&plan, &territory).resolve(&territory), plan);
    }
}
