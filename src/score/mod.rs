//! How good is a plan? Each score has a value, a unit, a direction and a source; never a yes or no.
//!
//! Most metrics are a term for each area, found from its members alone, and an [`Aggregate`] of the terms; a
//! [`Scorer`] gives both apart ([`Scorer::area`], [`Scorer::whole`]), so that who goes through millions of plans can
//! keep the terms. The others (cuts, moves, splits, wishes) look at the plan as a whole ([`Scorer::plan`], which works
//! for all). Nothing is guessed: where a figure is missing there is no value, and a [`Note`] says why.
//!
//! A user's own metric is a [`Definition`]: an [`Expression`] over the terms of the built-in ones, so that both go the
//! same way.
//!
//! The same plan gives the same bits, whatever its areas are called and in whatever order they stand.
//!
//! ```
//! use landmeter::io::embedded;
//! use landmeter::score::{Metric, Scorer};
//!
//! let flanders = embedded::load("flanders")?;
//! let plan = flanders.official_plan("official-2022")?;
//! let metric = Metric::parse("min_population_2020", &flanders.territory)?;
//! let scorer = Scorer::new(&flanders.territory, Default::default(), &metric, None)?;
//! assert_eq!(scorer.score(&plan).areas.len(), 42);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aggregate;
mod circle;
mod definition;
mod expression;
mod ground;
mod metric;
mod note;
mod scorer;
mod term;
mod whole;

pub use aggregate::Aggregate;
pub use circle::{Circle, enclosing_circle};
pub use definition::Definition;
pub use expression::{Expression, ExpressionError, Function, Name, Operator};
pub use metric::{Better, Group, Metric};
pub use note::{Note, ScoreError};
pub use scorer::{AreaScore, Score, Scorer};
pub use term::Scratch;
