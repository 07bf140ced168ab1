//! The server and the program from outside.

mod info;
mod inspect;
mod program;
mod server;
mod support;
