//! A conformance suite for servers that speak the Aerospike protocol.
//!
//! It compares a server with the real Aerospike server in two ways. [Scenarios](scenario) use a client, make assertions
//! and write a [transcript], so that two servers can be compared. [Recorded exchanges](recorded) are raw requests and
//! the real server's raw responses, which are compared byte by byte. The servers under test are [targets](target): an
//! embedded server, containers of the real server, or any running server.
//!
//! ```
//! use spikelet_conformance::{results, run, scenarios, target::TargetSpec};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let target = TargetSpec::Embedded.start().await?;
//! let generation: Vec<_> = scenarios::all().filter(|scenario| scenario.subject == "generation").collect();
//! let run = run::scenarios(&target, &generation, |result| println!("{}", result.name)).await?;
//! assert!(run.results.iter().all(|result| result.verdict == results::Verdict::Passed));
//! # Ok::<(), spikelet_conformance::target::Unavailable>(()) }).map_err(|error| error.to_string())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]

pub mod context;
pub mod divergences;
pub mod frame_display;
pub mod known_crashes;
pub mod needs;
pub mod outcome;
pub mod progress;
#[cfg(feature = "proptest")]
pub mod proptest;
pub mod raw;
pub mod recorded;
pub mod report;
pub mod results;
pub mod run;
pub mod scenario;
pub mod scenarios;
pub mod target;
pub mod transcript;

mod assertions;
mod clock;
