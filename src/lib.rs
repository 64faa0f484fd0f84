//! Landmeter (Dutch: *surveyor*) judges and proposes delineations of working areas.
//!
//! The walk: a boundary file is read by [`io`] into [`territory::coverage::Boundaries`]; the coverage is
//! examined (do the polygons fit?), the graph of neighbours is built with the evidence of each link, and
//! both become a [`Territory`]. A submitted plan is resolved against it into a [`Plan`];
//! [`rules::check`] gives a [`Verdict`] with every [`Finding`]; [`report`] turns it into text, JSON or a map.
//!
//! ```
//! use landmeter::{io, rules};
//!
//! let embedded = io::embedded::load("flanders")?;
//! let plan = embedded.official_plan("official-2022")?;
//! let rulebook = io::embedded::rulebook("vlaanderen-2021")?;
//! let verdict = rules::check(&embedded.territory, &plan, &rulebook, &rules::Register::default())?;
//! assert_eq!(verdict.status, rules::Status::NotConform);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod batch;
pub mod cli;
pub mod consultation;
pub mod io;
pub mod plan;
pub mod report;
pub mod rules;
pub mod score;
pub mod search;
pub mod space;
pub mod territory;
pub mod verify;
pub mod words;

pub use plan::{Plan, Submission};
pub use rules::{Finding, Rulebook, Verdict};
pub use territory::{Adjacency, Municipality, Territory};
