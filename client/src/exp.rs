//! Expressions: filters for any command, and values that operations read or write.
//!
//! They are built like Rust expressions and are typed: a type mismatch does not compile. Rust values convert into
//! expressions of their type.
//!
//! ```no_run
//! use spikelet_client::exp::{int_bin, list_bin, string_bin, ttl};
//! use spikelet_client::ops::{ListReturn, expression, list};
//! # use spikelet_client::{Client, Error, Key, bins};
//! # async fn example(client: Client, key: Key) -> Result<(), Error> {
//! // As the filter of any command, which fails with FILTERED_OUT (27) if it is not true:
//! let adult = int_bin("age").ge(18).and(string_bin("name").ne("x"));
//! client.put(&key, bins! {"vote" => true}).filter(adult).await?;
//!
//! // As an operation that reads, and as one that writes:
//! let best = list(list_bin("scores")).get_by_rank(-1, ListReturn::Value).int();
//! let record = client
//!     .operate(&key)
//!     .op(expression("best").read(best.clone() * 2))
//!     .op(expression("hours").create_only().no_fail().write(ttl() / 3600))
//!     .await?;
//! let best: i64 = record.get("best")?;
//! # Ok(())
//! # }
//! ```
//!
//! An expression is _unknown_ if a part of it has no value: a bin that does not exist or is of another type, an operation
//! that fails, a division by 0, a comparison of maps that are not ordered. `and` is still false if one operand is false, and
//! `or` is still true if one operand is true. A filter that is unknown is not true. The server refuses a malformed
//! expression, such as one with an undefined variable, with [`PARAMETER`](crate::ResultCode::PARAMETER) (4).
//!
//! A string and a number cannot be compared:
//!
//! ```compile_fail
//! use spikelet_client::exp::{int_bin, string_bin};
//!
//! string_bin("name").eq(int_bin("age"));
//! ```
//!
//! A number cannot be a filter:
//!
//! ```compile_fail
//! # use spikelet_client::{Client, Key};
//! use spikelet_client::exp::int_bin;
//!
//! # fn example(client: Client, key: Key) {
//! client.get(key).filter(int_bin("age"));
//! # }
//! ```

pub use spikelet_wire::exp::build::*;
pub use spikelet_wire::exp::regex_flags;
