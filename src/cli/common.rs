//! From the options to what a judgement rests on: the territory, the rulebook, the register, the plans.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::args::{Common, PlanArgs, RuleArgs, TerritoryArgs};
use crate::io::embedded::{self, EmbeddedKind};
use crate::io::plans;
use crate::io::territory::Loaded;
use crate::io::{self, Error, tables};
use crate::plan::Plan;
use crate::report;
use crate::rules::{Checker, Register, Rulebook, Verdict};
use crate::territory::{InputDigest, Territory};
use crate::words::{Lang, say};

/// The rulebook for a territory that has none of its own: assignment and contiguity.
const GENERAL_RULEBOOK: &str = "general";

/// The word that switches the derogations off.
const NO_DEROGATIONS: &str = "none";

/// Loads the territory and tells what was noticed on the way.
pub(super) fn load(args: &TerritoryArgs, common: &Common) -> anyhow::Result<Loaded> {
    let loaded = io::territory::load(&args.options())?;
    for note in &loaded.notes {
        common.tell(report::note(common.lang, note));
    }
    if !loaded.problems.is_empty() {
        let (n, name) = (loaded.problems.len(), loaded.territory.name());
        common.tell(say(common.lang, "load.problems", &[("n", &n.to_string()), ("territory", name)]));
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
    /// What to say where the command line overrules the contiguity of the rulebook.
    pub(super) overruled: Option<String>,
    /// Territory, rulebook and register, with digests.
    pub(super) inputs: Vec<InputDigest>,
    /// Name of the embedded plan that goes with the territory; empty where none does.
    official: String,
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
    /// register of the territory's own plan is the default.
    pub(super) fn load(
        territory_args: &TerritoryArgs,
        rules: &RuleArgs,
        official: bool,
        common: &Common,
    ) -> anyhow::Result<Self> {
        let Loaded { territory, defaults, .. } = load(territory_args, common)?;
        let own = defaults.unwrap_or_default();

        let (mut rulebook, rulebook_input) =
            rulebook(named(&[rules.rules.as_deref(), Some(&own.rulebook)], GENERAL_RULEBOOK))?;
        let (contiguity, overruled) = rules.contiguity.over(rulebook.contiguity);
        rulebook.contiguity = contiguity;
        let overruled = overruled.then(|| overruled_sentence(&rulebook, common.lang));
        if let Some(sentence) = &overruled {
            common.tell(sentence);
        }

        let granted = if official { own.register.as_str() } else { "" };
        let (mut register, register_input) =
            register(named(&[rules.derogations.as_deref(), Some(granted)], NO_DEROGATIONS))?;
        if let Some(day) = &rules.as_of {
            not_yet_granted(&mut register, day, common);
            register.as_of = Some(day.clone());
        }

        let mut inputs = territory.inputs().to_vec();
        inputs.push(rulebook_input);
        inputs.extend(register_input);
        Ok(Self { territory, rulebook, register, overruled, inputs, official: own.plan })
    }

    /// What a claim about all plans rests on: the territory and the rulebook, without the register.
    pub(super) fn of_claims(&self) -> &[InputDigest] {
        &self.inputs[..self.inputs.len().min(self.territory.inputs().len() + 1)]
    }

    /// The plans that were named, or, where none was, the official plan that goes with the territory; each with the
    /// digests of its files.
    pub(super) fn plans(&self, paths: &[PathBuf], columns: &PlanArgs) -> anyhow::Result<Vec<(Plan, Vec<InputDigest>)>> {
        if paths.is_empty() {
            let name = self.territory.name();
            anyhow::ensure!(!self.official.is_empty(), "name a plan: no official plan goes with territory {name}");
            return Ok(vec![self.embedded_plan(&self.official)?]);
        }
        let mut found = Vec::new();
        for path in paths {
            // A file goes before an embedded plan of the same name: what the user has at hand is what is meant.
            let name = path.to_str().filter(|name| !path.exists() && !looks_like_a_file(name));
            if let Some(name) = name {
                found.push(self.embedded_plan(name)?);
                continue;
            }
            let (submissions, digests) = plans::read_with_digests(path, &columns.options())?;
            found.extend(submissions.iter().map(|s| (s.resolve(&self.territory), digests.clone())));
        }
        Ok(found)
    }

    /// The one plan that an option names.
    pub(super) fn one_plan(&self, path: &Path, option: &str, columns: &PlanArgs) -> anyhow::Result<Plan> {
        let mut plans = self.plans(&[path.to_owned()], columns)?;
        anyhow::ensure!(plans.len() == 1, "{option} takes one plan, and {} holds {}", path.display(), plans.len());
        Ok(plans.remove(0).0)
    }

    /// An embedded plan, held against the territory.
    fn embedded_plan(&self, name: &str) -> Result<(Plan, Vec<InputDigest>), Error> {
        let plan = embedded::official(name)?.resolve(&self.territory);
        Ok((plan, vec![embedded::digest(name, EmbeddedKind::Plan)?]))
    }

    /// Judges the plans, in parallel; the order is kept.
    pub(super) fn judge(&self, plans: Vec<(Plan, Vec<InputDigest>)>) -> anyhow::Result<Vec<Judged>> {
        let checker = Checker::new(&self.territory, &self.rulebook, &self.register)?;
        let judge = |(plan, digests): (Plan, Vec<InputDigest>)| Judged {
            verdict: checker.check(&plan),
            inputs: self.inputs.iter().cloned().chain(digests).collect(),
            plan,
        };
        Ok(plans.into_par_iter().map(judge).collect())
    }

    /// What a report needs.
    pub(super) fn context<'a>(&'a self, inputs: &'a [InputDigest], lang: Lang) -> report::Context<'a> {
        report::Context { territory: &self.territory, rulebook: &self.rulebook, inputs, lang }
    }
}

/// Says that the contiguity is not the rulebook's own.
fn overruled_sentence(rulebook: &Rulebook, lang: Lang) -> String {
    let kind = if rulebook.contiguity.points { "queen" } else { "rook" };
    let metres = rulebook.contiguity.min_border_m.to_string();
    say(lang, "check.overruled", &[("kind", kind), ("metres", &metres), ("rulebook", &rulebook.name)])
}

/// The first name that was given, or `otherwise`.
fn named<'n>(given: &[Option<&'n str>], otherwise: &'n str) -> &'n str {
    given.iter().flatten().copied().find(|name| !name.is_empty()).unwrap_or(otherwise)
}

/// Whether a name that is no file was meant to be one, so that the message is about the file.
fn looks_like_a_file(name: &str) -> bool {
    name.contains(['.', '/', '\\'])
}

/// Puts aside the derogations that were decided after `day`, and tells which; the check itself judges which have
/// ended. Dates are `YYYY-MM-DD`: the order of the text is that of time.
fn not_yet_granted(register: &mut Register, day: &str, common: &Common) {
    register.derogations.retain(|derogation| {
        let begun = derogation.date.as_str() <= day;
        if !begun {
            let values = [("derogation", &*derogation.id), ("date", &derogation.date)];
            common.tell(say(common.lang, "load.too-early", &values));
        }
        begun
    });
}

/// A rulebook by its embedded name or its file.
fn rulebook(name: &str) -> Result<(Rulebook, InputDigest), Error> {
    let path = Path::new(name);
    if path.is_file() || looks_like_a_file(name) {
        return tables::read_rulebook(path);
    }
    Ok((embedded::rulebook(name)?, embedded::digest(name, EmbeddedKind::Rulebook)?))
}

/// A register by its embedded name or its file; `none` is the empty one.
fn register(name: &str) -> Result<(Register, Option<InputDigest>), Error> {
    let path = Path::new(name);
    if name == NO_DEROGATIONS {
        return Ok((Register::default(), None));
    }
    if path.is_file() || looks_like_a_file(name) {
        let (register, digest) = tables::read_register(path)?;
        return Ok((register, Some(digest)));
    }
    Ok((embedded::register(name)?, Some(embedded::digest(name, EmbeddedKind::Register)?)))
}
