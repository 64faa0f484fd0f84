//! Calls to rooms that are still being furnished.

use std::path::Path;

use super::Outcome;
use super::args::PlanArgs;
use super::common::Grounds;
use crate::io::Error;
use crate::io::territory::Loaded;
use crate::plan::{Plan, Submission};
use crate::report;
use crate::rules::{Register, Rulebook, Verdict};
use crate::territory::adjacency::Contiguity;
use crate::territory::{InputDigest, Territory};
use crate::words::Lang;

pub(super) const DEFAULT_TERRITORY: &str = "flanders";

pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) about: &'static str,
}

pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) bytes: &'static [u8],
}

fn missing<T>(what: &str) -> Result<T, Error> {
    Err(Error::new(what, "E999", "not built yet"))
}

pub(super) fn notes(_: &Loaded) -> Vec<String> {
    Vec::new()
}

pub(super) fn read_plans(path: &Path, _: &PlanArgs) -> Result<Vec<Submission>, Error> {
    missing(&path.display().to_string())
}

pub(super) fn read_rulebook(path: &Path) -> Result<Rulebook, Error> {
    missing(&path.display().to_string())
}

pub(super) fn read_register(path: &Path) -> Result<Register, Error> {
    missing(&path.display().to_string())
}

pub(super) fn embedded_digest(name: &str) -> Result<InputDigest, Error> {
    missing(name)
}

pub(super) fn list() -> Vec<Entry> {
    Vec::new()
}

pub(super) fn file(name: &str) -> Result<File, Error> {
    missing(name)
}

pub(super) fn batch(_: &Grounds) -> anyhow::Result<Outcome> {
    Ok(missing("batch")?)
}

pub(super) fn inspection(form: &str, loaded: &Loaded, _: Lang) -> anyhow::Result<String> {
    Ok(format!("{form} of {} problems", loaded.problems.len()))
}

pub(super) fn adjacency(form: &str, territory: &Territory, _: Contiguity, _: Lang) -> anyhow::Result<String> {
    Ok(format!("{form} of {} links", territory.adjacency().links().len()))
}

pub(super) fn map(context: &report::Context<'_>, plan: &Plan, verdict: &Verdict) -> anyhow::Result<String> {
    Ok(report::map_svg(context, plan, Some(verdict)))
}
