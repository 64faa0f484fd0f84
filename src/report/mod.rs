//! Verdicts as text and JSON; scores and comparisons as text, JSON, CSV; consultations as text, JSON, CSV and letters (Markdown, HTML); boundary problems and links as text, JSON, CSV, GAL, NetworkX; maps as SVG.

mod adjacency;
mod align;
mod boundaries;
mod chart;
mod compare;
mod consult;
mod document;
mod json;
mod map;
mod remedy;
mod scores;
mod table;
mod text;
mod trace;
mod votes;

pub use adjacency::{Links, adjacency_csv, adjacency_gal, adjacency_json, adjacency_networkx, adjacency_text};
pub use align::{Aligned, align_csv, align_json, align_text};
pub use boundaries::{Inspection, inspect_csv, inspect_geojson, inspect_json, inspect_text};
pub use chart::{Chart, chart_svg};
pub use compare::{Compared, Many, Pair, compare_csv, compare_json, compare_text, matrix_csv};
pub use consult::{Chosen, Consulted, LetterFile, Letters, Union, consult_json, consult_text, flows_csv};
pub use json::{finding_bytes, verdict_json, write_batch_line, write_batch_line_of};
pub use map::{change_svg, map_svg};
pub use scores::{Card, Scores, scores_csv, scores_json, scores_text};
pub use text::{summary_text, verdict_text};
pub use trace::trace_svg;
pub use votes::{Votes, votes_csv, votes_json, votes_text};

use crate::io::Note;
use crate::rules::{Finding, Rule, Rulebook};
use crate::territory::{InputDigest, Territory};
use crate::words::{self, Lang};

/// What was noticed while loading, as a sentence.
#[must_use]
pub fn note(lang: Lang, note: &Note) -> String {
    let values: Vec<(&str, &str)> = note.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words::say(lang, note.key, &values)
}

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

/// A report that can't be made of this territory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A map was asked of a territory without shapes.
    #[error(
        "territory {territory} has no shapes to draw (a bare graph has none); name a boundary file with --territory"
    )]
    NoShapes {
        /// The territory.
        territory: String,
    },
    /// GAL separates codes by spaces.
    #[error("code {code:?} is empty or has a space in it, which the GAL format can't hold; use --format json or csv")]
    CodeWithSpace {
        /// The code.
        code: String,
    },
}

/// This program's version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

impl<'a> Context<'a> {
    /// The rule of a finding, where the rulebook has it.
    fn rule(&self, finding: &Finding) -> Option<&'a Rule> {
        self.rulebook.rules.iter().find(|rule| rule.id == finding.rule)
    }
}

/// Writes the legal source of a finding as it is cited: `art. 4.37 Vlaamse Codex Wonen van 2021 (2021-07-09)`; false
/// where the rule names no act.
fn push_source(context: &Context<'_>, finding: &Finding, out: &mut String) -> bool {
    let Some(source) = context.rule(finding).map(|rule| &rule.source) else { return false };
    if source.act.is_empty() && source.article.is_empty() {
        return false;
    }
    out.push_str(&source.act);
    if !source.article.is_empty() && !source.act.is_empty() {
        out.push_str(", ");
    }
    out.push_str(&source.article);
    if !source.date.is_empty() {
        out.push_str(" (");
        out.push_str(&source.date);
        out.push(')');
    }
    true
}
