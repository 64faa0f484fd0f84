//! From a plan to a better one: repair, and search beyond what the space can hold.

mod labelled;
pub mod large;
pub mod repair;

pub use repair::{Outcome, Repair, RepairError, RepairOptions, repair};
