//! What a batch says in the end: how many plans, how many of each verdict, which findings how often.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::io::Error;
use crate::report::Context;
use crate::rules::Status;
use crate::territory::InputDigest;
use crate::words::{Lang, say};

/// How often a finding occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Count {
    /// Findings of this code in all plans together.
    pub findings: u64,
    /// Plans with at least one.
    pub plans: u64,
}

/// The counts of a batch, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// All plans, those that can't be read included.
    pub plans: u64,
    /// Plans that conform.
    pub conform: u64,
    /// Plans that conform thanks to granted derogations.
    pub conform_with_derogations: u64,
    /// Plans that don't conform.
    pub not_conform: u64,
    /// Plans that can't be read.
    pub unreadable: u64,
    /// By finding's code.
    pub findings: BTreeMap<String, Count>,
    /// Files of plans that were read, with their digests.
    pub inputs: Vec<InputDigest>,
    /// Files of a folder that are not plans and were passed over.
    pub skipped: Vec<String>,
}

impl Summary {
    /// True where every plan could be read and none of them does not conform.
    #[must_use]
    pub fn all_conform(&self) -> bool {
        self.unreadable == 0 && self.not_conform == 0
    }

    /// The summary as JSON, with territory, rulebook and all inputs; the same bytes for the same input.
    #[must_use]
    pub fn json(&self, context: &Context<'_>) -> Vec<u8> {
        let inputs: Vec<&InputDigest> = context.inputs.iter().chain(&self.inputs).collect();
        let summary = serde_json::json!({
            "plans": self.plans,
            "verdicts": {
                "conform": self.conform,
                "conform-with-derogations": self.conform_with_derogations,
                "not-conform": self.not_conform,
                "unreadable": self.unreadable,
            },
            "findings": self.findings,
            "skipped": self.skipped,
            "territory": {
                "name": context.territory.name(),
                "date": context.territory.date(),
                "municipalities": context.territory.len(),
            },
            "rulebook": { "name": context.rulebook.name, "date": context.rulebook.date },
            "inputs": inputs,
            "version": env!("CARGO_PKG_VERSION"),
        });
        format!("{summary:#}\n").into_bytes()
    }

    /// The summary for people, a few lines.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let mut text = say(lang, "batch.plans", &[("n", &self.plans.to_string())]) + "\n";
        let counts = [
            ("status.conform", self.conform),
            ("status.derogations", self.conform_with_derogations),
            ("status.not", self.not_conform),
            ("batch.unreadable", self.unreadable),
        ];
        for (key, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let _ = writeln!(text, "  {count:>9} {}", say(lang, key, &[]));
        }
        for (code, count) in &self.findings {
            let plans = say(lang, "batch.count", &[("code", code), ("n", &count.plans.to_string())]);
            let _ = writeln!(text, "  {:>9} {plans}", count.findings);
        }
        text
    }

    /// Counts a plan that was judged.
    pub(super) fn judged<'a>(&mut self, status: Status, codes: impl Iterator<Item = &'a str>) {
        self.plans += 1;
        match status {
            Status::Conform => self.conform += 1,
            Status::ConformWithDerogations => self.conform_with_derogations += 1,
            Status::NotConform => self.not_conform += 1,
        }
        let mut seen: Vec<&str> = Vec::new();
        for code in codes {
            if !self.findings.contains_key(code) {
                self.findings.insert(code.to_owned(), Count::default());
            }
            if let Some(count) = self.findings.get_mut(code) {
                count.findings += 1;
                if !seen.contains(&code) {
                    count.plans += 1;
                    seen.push(code);
                }
            }
        }
    }

    /// Counts a plan that can't be read.
    pub(super) fn unreadable(&mut self) {
        self.plans += 1;
        self.unreadable += 1;
    }

    /// Adds the counts of other plans.
    pub(super) fn add(&mut self, other: &Self) {
        self.plans += other.plans;
        self.conform += other.conform;
        self.conform_with_derogations += other.conform_with_derogations;
        self.not_conform += other.not_conform;
        self.unreadable += other.unreadable;
        for (code, count) in &other.findings {
            let sum = self.findings.entry(code.clone()).or_default();
            sum.findings += count.findings;
            sum.plans += count.plans;
        }
    }

    /// Counts a line that an earlier run wrote to the file `path`.
    pub(super) fn line(&mut self, line: &[u8], path: &str) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Line {
            verdict: String,
            findings: Vec<Found>,
        }
        #[derive(Deserialize)]
        struct Found {
            code: String,
        }
        let broken = |what: String| {
            let at = format!("line {}", self.plans + 1);
            Error::new(path, "E512", format!("{what}; without --resume it is begun anew")).at(at)
        };
        let read: Line =
            serde_json::from_slice(line).map_err(|e| broken(format!("is not a line that this program wrote: {e}")))?;
        let status = match read.verdict.as_str() {
            "conform" => Status::Conform,
            "conform-with-derogations" => Status::ConformWithDerogations,
            "not-conform" => Status::NotConform,
            "unreadable" => {
                self.unreadable();
                return Ok(());
            }
            other => return Err(broken(format!("has the verdict `{other}`, which this program does not know"))),
        };
        self.judged(status, read.findings.iter().map(|f| f.code.as_str()));
        Ok(())
    }
}
