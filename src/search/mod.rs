//! From a plan to a better one: repair, and (later) search beyond what can be held exactly.

pub mod clash;
mod labelled;
pub mod propose;
pub mod repair;

pub use repair::{Outcome, Repair, RepairError, RepairOptions, repair};
