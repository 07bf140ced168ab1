//! Property tests of whole sequences of commands: strategies for them, and a runner that compares two targets.
//!
//! [`differential()`] sends the same random sequences to two [targets](Target) until their answers differ, and shrinks what
//! it found to a sequence that is as short as can be. Targets are a [`Server`](spikelet::Server) of this process, an
//! engine without sockets ([`Embedded`]), any server by [`Address`], or what you make one. It needs the crate's feature
//! `proptest`.
//!
//! Here one target stands before a server and counts wrong where a list is long:
//!
//! ```
//! use std::io;
//!
//! use proptest::prelude::*;
//! use spikelet_client::Key;
//! use spikelet_conformance::proptest::{Answer, Command, Embedded, Error, Target, differential, strategies};
//! use spikelet_wire::Value;
//!
//! struct Miscounting(Embedded);
//!
//! impl Target for Miscounting {
//!     fn name(&self) -> String {
//!         "miscounting".to_owned()
//!     }
//!
//!     fn ask(&mut self, key: &Key, command: &Command) -> io::Result<Answer> {
//!         let mut answer = self.0.ask(key, command)?;
//!         for result in &mut answer.results {
//!             if result.value() == Value::Int(3) {
//!                 result.data = 4_i64.to_be_bytes().to_vec();
//!             }
//!         }
//!         Ok(answer)
//!     }
//! }
//!
//! let found = differential(Embedded::default(), Miscounting(Embedded::default()))
//!     .operations(strategies::lists())
//!     .cases(2000)
//!     .run();
//! let Err(Error::Differ(difference)) = found else { panic!("it should be found: {found:?}") };
//! // embedded and miscounting differ:
//! //   1. record 0: list_append_items([nil, nil, nil]) on "list"
//! //      embedded   : generation 1, "list" = 3
//! //      miscounting: generation 1, "list" = 4
//! println!("{difference}");
//! assert_eq!(difference.commands.len(), 1);
//!
//! // Two servers that are the same do not differ.
//! let agreement = differential(Embedded::default(), Embedded::default()).cases(50).run()?;
//! assert_eq!(agreement.sequences, 50);
//! # Ok::<(), Error>(())
//! ```
//!
//! In a test, `PROPTEST_CASES` says how many sequences are sent, as with all tests of `proptest`.

pub mod command;
pub mod differential;
pub mod display;
pub mod response;
pub mod strategies;
pub mod target;

pub use command::{Action, Command, Exists, Generation};
pub use differential::{Agreement, Difference, Differential, Error, differential};
pub use response::{Answer, OpResult};
pub use target::{Address, Embedded, Target};
