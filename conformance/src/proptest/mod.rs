//! Property tests of sequences of commands: strategies, and a runner that compares two targets.
//!
//! [`differential()`] sends the same random sequences to two [targets](Target) until their responses differ, and then
//! shrinks the sequence as far as possible. A target is a [`Server`](spikelet::Server) in this process, an embedded server
//! without sockets ([`Embedded`]), any server by [`Address`], one in a [`Container`], or your own implementation of the
//! trait. The module needs the crate's feature `proptest`.
//!
//! In this example, one target wraps a server and miscounts long lists:
//!
//! ```
//! use std::io;
//!
//! use proptest::prelude::*;
//! use spikelet_conformance::proptest::{
//!     Command, Embedded, Error, Records, Response, Target, differential, strategies,
//! };
//! use spikelet_wire::Value;
//!
//! struct Miscounting(Embedded);
//!
//! impl Target for Miscounting {
//!     fn name(&self) -> String {
//!         "miscounting".to_owned()
//!     }
//!
//!     fn execute(&mut self, records: &Records, command: &Command) -> io::Result<Response> {
//!         let mut response = self.0.execute(records, command)?;
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
//!
//! # Servers that die
//!
//! A sequence may crash a server. The runner tells this apart from a difference, and from a network that fails: if there
//! is no response, it asks for the [health](Target::health) of the target. A target that is dead is
//! [started again](Target::restart), and the run continues. The run keeps the request as a [`Crash`], reduced to the
//! commands that the crash needs, in its result and in a [file](Differential::crashes_to).
//!
//! ```no_run
//! use spikelet::Server;
//! use spikelet_conformance::proptest::{Address, differential};
//!
//! // With the machine's clock, because void times are compared.
//! let embedded = Server::start()?;
//! let server = Address::new("10.0.0.5:3000").restarted_by("ssh 10.0.0.5 systemctl restart aerospike");
//! let agreement = differential(embedded, server).crashes_to("crashes.jsonl").run()?;
//! for crash in &agreement.crashes {
//!     println!("{crash}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Operations that are [known to crash](crate::known_crashes) the real server are left out, unless
//! [requested](Differential::with_known_crashes).

pub mod address;
pub mod command;
pub mod container;
pub mod crash;
pub mod differential;
pub mod display;
pub mod records;
pub mod response;
pub mod strategies;
pub mod supervised;
pub mod target;

pub use address::Address;
pub use command::{Action, Bins, Command, Exists, Generation};
pub use container::Container;
pub use crash::Crash;
pub use differential::{Agreement, Difference, Differential, Error, differential};
pub use records::Records;
pub use response::{OpResult, Response, Row};
pub use supervised::{Failure, Supervised};
pub use target::{Embedded, Health, Target};
