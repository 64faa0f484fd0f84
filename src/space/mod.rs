//! The exact set of all plans that conform: counted, indexed, drawn from, and their best proved.
//!
//! An area lies inside one region, so the conforming plans of a territory are a product of one set a region. Each
//! set is held in a decision diagram over the frontier of the graph of neighbours: exact, however many plans there
//! are. The constraints are those of the [`Rulebook`](crate::Rulebook) that the checker uses; what does not fit the
//! diagram is said to be left out, and every plan that leaves is judged by the checker.

mod around;
pub mod certificate;
mod count;
mod diagram;
mod distribution;
mod error;
mod frame;
mod goal;
mod layers;
mod left;
mod level;
mod limits;
mod look;
mod measure;
mod metric;
mod order;
mod outline;
mod region;
mod scan;
mod whole;
mod worth;

pub use count::{Counts, Progress, count, count_watched};
pub use diagram::Diagram;
pub use distribution::{Distribution, Method};
pub use error::SpaceError;
pub use goal::Goal;
pub use limits::{Limits, Sum};
pub use measure::{Best, Measure, Spread};
pub(crate) use metric::plus;
pub use metric::{AXES, Cost, Ordered, Prices, Value};
pub(crate) use order::narrow_whole as narrow_order;
pub use region::{Narrowing, Region, Regions};
pub use scan::MOST_SCANNED;
pub use whole::{Metric, Objective, Ranks, Space, largest_first};
