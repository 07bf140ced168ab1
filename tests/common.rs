//! What the tests of the client and of the journal begin with.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use spikelet::Server;
use spikelet_client::{Client, Error, Key, Record, ResultCode, UserKey};

/// A server, and a client of it.
pub async fn start() -> (Server, Client) {
    connected(Server::start().expect("a server starts")).await
}

/// A server with a journal of 1,000 requests, and a client of it.
pub async fn with_journal() -> (Server, Client) {
    connected(Server::builder().journal(1000).start().expect("a server starts")).await
}

/// A server, and a client of it.
pub async fn connected(server: Server) -> (Server, Client) {
    let client = Client::connect(server.addr()).await.expect("the client connects");
    (server, client)
}

/// The key of a record in the set `demo`.
pub fn key(user_key: impl Into<UserKey>) -> Key {
    Key::new("test", "demo", user_key)
}

/// The result code with which a command failed.
#[track_caller]
pub fn code<T: Debug>(result: Result<T, Error>) -> ResultCode {
    let error = result.expect_err("the command fails");
    error.result_code().expect("the server answered")
}

/// The values of the bin `n`, in ascending order.
pub fn numbers<'r>(records: impl IntoIterator<Item = &'r Record>) -> Vec<i64> {
    let numbers = records.into_iter().map(|record| record.get("n").expect("an integer"));
    let mut numbers: Vec<i64> = numbers.collect();
    numbers.sort_unstable();
    numbers
}

/// The message with which an assertion fails.
#[track_caller]
pub fn failure(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the assertion fails");
    *panic.downcast::<String>().expect("a message")
}
