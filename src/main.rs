//! Parse, call, exit code.

use std::io::Write as _;
use std::process::ExitCode;

use landmeter::cli::{self, Outcome};

fn main() -> ExitCode {
    match cli::run(cli::parse()) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NotConform) => ExitCode::from(1),
        Err(error) => {
            // Nobody is left to tell when standard error itself is closed.
            let _ = writeln!(std::io::stderr(), "landmeter: {error:#}");
            ExitCode::from(2)
        }
    }
}
