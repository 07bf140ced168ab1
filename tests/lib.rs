//! Code that the tests across crates share.

pub mod common;
pub mod fake_node;
pub mod fuzz_targets;
pub mod model;

/// The examples of the README, compiled and run as documentation tests.
#[doc = include_str!("../README.md")]
#[cfg(doctest)]
pub struct Readme;

/// The examples of the packages' own READMEs.
#[cfg(doctest)]
pub mod packages {
    #[doc = include_str!("../wire/README.md")]
    pub struct Wire;
    #[doc = include_str!("../server/README.md")]
    pub struct Server;
    #[doc = include_str!("../client/README.md")]
    pub struct Client;
    #[doc = include_str!("../conformance/README.md")]
    pub struct Conformance;
}

/// The examples of the book, compiled and run as documentation tests.
#[cfg(doctest)]
pub mod book {
    #[doc = include_str!("../docs/README.md")]
    pub struct Index;
    #[doc = include_str!("../docs/languages.md")]
    pub struct Languages;
    #[doc = include_str!("../docs/configuration.md")]
    pub struct Configuration;
    #[doc = include_str!("../docs/container.md")]
    pub struct Container;
    #[doc = include_str!("../docs/fixtures.md")]
    pub struct Fixtures;
    #[doc = include_str!("../docs/found-in-the-real-server.md")]
    pub struct FoundInTheRealServer;
    #[doc = include_str!("../docs/in-process.md")]
    pub struct InProcess;
    #[doc = include_str!("../docs/journal.md")]
    pub struct Journal;
    #[doc = include_str!("../docs/lost-node.md")]
    pub struct LostNode;
    #[doc = include_str!("../docs/masking.md")]
    pub struct Masking;
    #[doc = include_str!("../docs/retries.md")]
    pub struct Retries;
    #[doc = include_str!("../docs/rust.md")]
    pub struct Rust;
    #[doc = include_str!("../docs/security.md")]
    pub struct Security;
    #[doc = include_str!("../docs/strong-consistency.md")]
    pub struct StrongConsistency;
    #[doc = include_str!("../docs/tls.md")]
    pub struct Tls;
    #[doc = include_str!("../docs/transactions.md")]
    pub struct Transactions;
    #[doc = include_str!("../docs/ttl.md")]
    pub struct Ttl;
}
