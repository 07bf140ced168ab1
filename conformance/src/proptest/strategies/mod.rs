//! Strategies: values, bins, operations, contexts, expressions, and sequences of commands.
//!
//! All of them draw from tiny pools, so that operations collide: a few bins, small integers, short texts. What an operation
//! is, its code and its parameters, is taken from [`spikelet_wire`]'s own tables, so none is left out.

mod bits;
mod collections;
mod expressions;
mod hll;
mod paths;
mod scalars;
mod sequences;
mod values;

pub use bits::{bit_operation, bits};
pub use collections::{context, lists, maps, step};
pub use expressions::{bool_expression, expressions, float_expression, int_expression};
pub use hll::{hll_operation, hlls};
pub use paths::{path, paths};
pub use scalars::scalars;
pub use sequences::{command, commands, operations, sequence};
pub use values::{bin, blob, key, list, map, plain, stored, value};
