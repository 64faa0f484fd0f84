//! From a plan to a better one: repair, and search beyond what the space can hold.

pub mod beyond;
pub mod centres;
pub mod chain;
pub mod clash;
pub mod diagnose;
mod labelled;
pub mod large;
pub mod propose;
pub mod repair;

pub use repair::{Outcome, Repair, RepairError, RepairOptions, repair};
