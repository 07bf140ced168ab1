//! A target that cannot be reached or started.

use std::fmt;

/// Why a target cannot be had: nothing was learned about it, neither good nor bad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable(pub String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
