//! Operations on lists, maps, bits and HyperLogLogs, by path and of expressions; on bins, or on values within expressions.
//!
//! Each language has a function that says what is operated on: [`list`], [`map`], [`bits`], [`hll`]. Its methods are
//! the operations, under their documented names. On the name of a bin they give an [`Operation`](crate::Operation), for
//! [`operate`](crate::Client::operate) and for batches:
//!
//! ```no_run
//! use spikelet_client::ops::{ListReturn, MapReturn, ctx, list, map};
//! # use spikelet_client::{Client, Error, Key};
//! # async fn example(client: Client, key: Key) -> Result<(), Error> {
//! let record = client
//!     .operate_ordered(&key)
//!     .op(list("scores").append(5))
//!     .op(list("scores").get_by_rank_range(-3.., ListReturn::Value))
//!     .op(map("players").key_ordered().put("Alice", [1, 2]))
//!     .op(list("players").at(ctx().map_key("Alice")).add_unique().no_fail().append(2))
//!     .op(map("players").get_by_key_interval("A".."B", MapReturn::KeyValue))
//!     .await?;
//! let best: Vec<i64> = record.result(1)?;
//! # Ok(())
//! # }
//! ```
//!
//! On an [expression](crate::exp) they give an expression again: what the operation reads, or what it leaves behind.
//! Their arguments may be expressions then.
//!
//! ```
//! use spikelet_client::exp::{int_bin, list_bin};
//! use spikelet_client::ops::{ListReturn, list};
//!
//! let long = list(list_bin("scores")).size().gt(10);
//! let above = list(list_bin("scores")).get_by_value_interval(int_bin("least").., ListReturn::Count).int();
//! let filter = long.and(above.ge(3));
//! ```
//!
//! What the server would refuse for the shape of it does not compile: write flags before an operation that has none,
//! inversion of a single element, a key of a list.
//!
//! ```compile_fail
//! use spikelet_client::ops::{ListReturn, list};
//!
//! list("scores").get_by_index(0, ListReturn::Value.inverted());
//! ```
//!
//! ```compile_fail
//! use spikelet_client::ops::list;
//!
//! list("scores").add_unique().clear();
//! ```
//!
//! Whatever the operation, it fails with [`INCOMPATIBLE_TYPE`](crate::ResultCode::INCOMPATIBLE_TYPE) (12) on a bin that
//! holds something else, with [`PARAMETER`](crate::ResultCode::PARAMETER) (4) for an argument that is of the wrong type or
//! cannot be stored, and with [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26) where an index or a context
//! leads nowhere. An operation that fails leaves the whole record as it was.

mod argument;
mod bits;
mod build;
mod expression;
mod hll;
mod list;
mod map;
mod path;
mod returns;
mod target;

pub use argument::{Any, Argument, Hlls, Interval, Span};
pub use bits::{OnBits, bits};
pub use expression::{OnExpression, expression};
pub use hll::{OnHll, hll};
pub use list::{ListOrder, OnList, list};
pub use map::{OnMap, map};
pub use path::{OnPath, path};
pub use returns::{ListReturn, MapReturn, Wanted};
pub use target::{Bits, Collections, HyperLogLogs, InCommand, InExpression, Kind, Language, Target, Untyped};

pub use spikelet_wire::bits::{BitIntegerFlags, BitResizeFlags, BitWriteFlags};
pub use spikelet_wire::context::{Context, ListCreate, Step};
pub use spikelet_wire::hll::HllWriteFlags;
pub use spikelet_wire::list::{ListSortFlags, ListWriteFlags};
pub use spikelet_wire::map::MapWriteFlags;

/// A context, which leads to the bin's collection itself as long as it has no steps.
///
/// ```
/// use spikelet_client::MapOrder;
/// use spikelet_client::ops::{ctx, list};
///
/// let operation = list("m").at(ctx().map_key_create("a", MapOrder::KeyOrdered).list_index(-1)).append(1);
/// ```
pub const fn ctx() -> Context {
    Context::new()
}

#[cfg(test)]
mod tests;
