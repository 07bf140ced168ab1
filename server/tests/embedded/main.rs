//! The server and the program from outside.

mod clock;
mod fault;
mod fixture;
mod info;
mod inspect;
mod program;
mod query;
mod server;
mod snapshot;
mod support;
mod topology;
