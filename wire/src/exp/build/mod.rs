//! A builder for typed expressions. Operands of the wrong type do not compile.
//!
//! ```
//! use spikelet_wire::exp::build::{int_bin, string_bin};
//!
//! let adults = int_bin("age").ge(18).and(string_bin("name").ne("x"));
//! assert!(!adults.as_bytes().is_empty());
//! ```
//!
//! A string and a number cannot be compared:
//!
//! ```compile_fail
//! use spikelet_wire::exp::build::string_bin;
//!
//! string_bin("name").eq(18);
//! ```

mod call;
mod expression;
mod number;
mod path;
mod record;

pub use expression::{Comparable, Cond, Exp, ExpType, GeoJson, Hll, Removal, exclusive, remove, unknown, with};
pub use path::{Path, Select};
pub use record::*;

#[cfg(test)]
mod tests;
