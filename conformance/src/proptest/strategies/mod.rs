//! Strategies: values, bins, operations, contexts, expressions, secondary indexes, and sequences of commands.
//!
//! They draw from small pools of bins, integers and texts, so that operations affect the same data. The codes and
//! parameters of operations come from the tables of [`spikelet_wire`], so that no operation is missing.

mod bits;
mod collections;
mod expressions;
mod forms;
mod hll;
mod indexes;
mod paths;
mod scalars;
mod sequences;
mod values;

pub use bits::{bit_operation, bits};
pub use collections::{context, lists, maps, step};
pub use expressions::{bool_expression, expressions, float_expression, int_expression};
pub use forms::forms;
pub use hll::{hll_operation, hlls};
pub use indexes::indexed;
pub use paths::{path, paths};
pub use scalars::scalars;
pub use sequences::{batch, command, commands, operations, query, sequence, sequences};
pub use values::{bin, blob, key, list, map, plain, stored, value};
