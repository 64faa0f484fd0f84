//! the command line
