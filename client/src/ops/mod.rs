//! Operations on lists, maps, bits and HyperLogLogs, by path and with expressions, in commands and within expressions.
//!
//! [`list`], [`map`], [`bits`] and [`hll`] take the target of an operation and return a builder, whose methods are the
//! operations under the names in Aerospike's documentation. For the name of a bin they return an
//! [`Operation`](crate::Operation), for [`operate`](crate::Client::operate) and for batches:
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
//! For an [expression](crate::exp) they return an expression: the result of a read operation, or the value after a modify
//! operation. Their arguments can then be expressions too.
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
//! Operations that the server would always refuse do not compile: write flags for an operation that has none, the inverted
//! selection of a single element, a key of a list.
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
//! Every operation fails with [`INCOMPATIBLE_TYPE`](crate::ResultCode::INCOMPATIBLE_TYPE) (12) on a bin of another type,
//! with [`PARAMETER`](crate::ResultCode::PARAMETER) (4) for an argument that is of the wrong type or cannot be stored, and
//! with [`OP_NOT_APPLICABLE`](crate::ResultCode::OP_NOT_APPLICABLE) (26) if there is no element at an index or a context.
//! An operation that fails leaves the whole record unchanged.

mod argument;
mod bits;
mod call;
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
pub use returns::{ListReturn, MapReturn, ReturnType};
pub use target::{Bits, Collections, HyperLogLogs, InCommand, InExpression, Kind, Language, Target, Untyped};

pub use spikelet_wire::bits::{BitIntegerFlags, BitResizeFlags, BitWriteFlags};
pub use spikelet_wire::context::{Context, ListCreate, Step};
pub use spikelet_wire::hll::HllWriteFlags;
pub use spikelet_wire::list::{ListSortFlags, ListWriteFlags};
pub use spikelet_wire::map::MapWriteFlags;

/// A context without steps, which is the bin's list or map itself. Its methods add steps to nested lists and maps.
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
