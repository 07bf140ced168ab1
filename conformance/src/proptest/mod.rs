//! Property tests of sequences of commands: strategies, and a runner that compares two targets.
//!
//! [`differential()`] sends the same random sequences to two [targets](Target) until their responses differ, and then
//! shrinks the sequence as far as possible. A target is a [`Server`](spikelet::Server) in this process, an embedded server
//! without sockets ([`Embedded`]), any server by [`Address`], or your own implementation of the trait. The module needs
//! the crate's feature `proptest`.
//!
//! In this example, one target wraps a server and miscounts long lists:
//!
//! ```
//! use std::io;
//!
//! use proptest::prelude::*;
//! use spikelet_client::Key;
//! use spikelet_conformance::proptest::{Command, Embedded, Error, Response, Target, differential, strategies};
//! use spikelet_wire::Value;
//!
//! struct Miscounting(Embedded);
//!
//! impl Target for Miscounting {
//!     fn name(&self) -> String {
//!         "miscounting".to_owned()
//!     }
//!
//!     fn execute(&mut self, key: &Key, command: &Command) -> io::Result<Response> {
//!         let mut response = self.0.execute(key, command)?;
//!         for result in &mut response.results {
//!             if result.value() == Value::Int(3) {
//!                 result.data = 4_i64.to_be_bytes().to_vec();
//!             }
//!         }
//!         Ok(response)
//!     }
//! }
//!
//! let found = differential(Embedded::default(), Miscounting(Embedded::default()))
//!     .operations(strategies::lists())
//!     .cases(2000)
//!     .run();
//! let Err(Error::Differ(difference)) = found else { panic!("no difference was found: {found:?}") };
//! // embedded and miscounting differ:
//! //   1. record 0: list_append_items([nil, nil, nil]) on "list"
//! //      embedded   : generation 1, "list" = 3
//! //      miscounting: generation 1, "list" = 4
//! println!("{difference}");
//! assert_eq!(difference.commands.len(), 1);
//!
//! // Two equal servers do not differ.
//! let agreement = differential(Embedded::default(), Embedded::default()).cases(50).run()?;
//! assert_eq!(agreement.sequences, 50);
//! # Ok::<(), Error>(())
//! ```
//!
//! In a test, `PROPTEST_CASES` sets the number of sequences, as in all `proptest` tests.

pub mod command;
pub mod differential;
pub mod display;
pub mod response;
pub mod strategies;
pub mod target;

pub use command::{Action, Command, Exists, Generation};
pub use differential::{Agreement, Difference, Differential, Error, differential};
pub use response::{OpResult, Response};
pub use target::{Address, Embedded, Target};
