//! A server for one test, with a client, in one line.

use std::error::Error;
use std::fmt::Write as _;
use std::future::IntoFuture;
use std::ops::Deref;
use std::panic::Location;
use std::thread;

use super::{Builder, Server};

/// The number of requests that the journal of a test's server keeps by default.
const JOURNAL: usize = 1000;

/// Starts a server for a test. It keeps a journal, whose last entries are printed if the test panics.
///
/// [`Builder::start_test`] does the same with options, and [`TestServer::with`] adds a client.
///
/// ```
/// // #[test]
/// fn a_user_is_stored() {
///     let server = spikelet::test();
///     server.insert("test", "users", "alice", [("age", 30)]).unwrap();
///     assert_eq!(server.count(), 1);
/// }
/// # a_user_is_stored();
/// ```
///
/// # Panics
/// If the server cannot be started, see [`StartError`](crate::StartError).
#[track_caller]
pub fn test() -> TestServer {
    Server::builder().start_test()
}

/// A [`Server`] for one test. It prints what it received if the test panics.
///
/// It dereferences to [`Server`]. If it is dropped while its thread panics, it prints the last entries of the journal and the
/// armed faults to stderr, which the test harness shows for a failed test. A test that returns an error does not panic, so
/// nothing is printed for it.
///
/// ```text
/// thread 'orders::are_paid_once' panicked at tests/orders.rs:41:5:
/// assertion `left == right` failed
///   left: 2
///  right: 1
/// spikelet: the server at 127.0.0.1:40123 of the failed test
/// the last 2 of 2 entries:
///   #1 12:00:00.250 A1 127.0.0.1:41872 write test/orders/8d3a7bb31d0e5b6eb5f7a4b1f0ba11d4e1e7a2c0 add paid=1 -> OK, generation 1
///   #2 12:00:00.251 A1 127.0.0.1:41872 write test/orders/8d3a7bb31d0e5b6eb5f7a4b1f0ba11d4e1e7a2c0 add paid=1 -> OK, generation 2
/// ```
#[derive(Debug)]
#[must_use = "dropping a server stops it"]
pub struct TestServer(Server);

impl Builder {
    /// Starts the server for a test, as [`test()`](crate::test()) does. Unless [`journal`](Self::journal) was called, its
    /// journal keeps the last 1000 requests.
    ///
    /// ```
    /// let server = spikelet::Server::builder().nodes(3).replication_factor(2).start_test();
    /// assert_eq!(server.nodes().len(), 3);
    /// ```
    ///
    /// # Panics
    /// If [`start`](Self::start) fails.
    #[track_caller]
    pub fn start_test(self) -> TestServer {
        match self.journal_by_default(JOURNAL).start() {
            Ok(server) => TestServer(server),
            Err(error) => panic!("cannot start the server of the test: {}", with_causes(&error)),
        }
    }
}

impl TestServer {
    /// Connects an async client, of any crate, and returns it with the server.
    ///
    /// `connect` receives the addresses of the nodes, as [`Server::hosts`] returns them.
    ///
    /// ```
    /// # mod spikelet_client {
    /// #     pub struct Client(pub String);
    /// #     impl Client {
    /// #         pub async fn connect(hosts: String) -> std::io::Result<Self> { Ok(Self(hosts)) }
    /// #     }
    /// # }
    /// use spikelet_client::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // In #[tokio::test]:
    /// let (server, client) = spikelet::test().with(Client::connect).await;
    /// # assert_eq!(client.0, server.hosts());
    /// # }
    /// ```
    ///
    /// # Panics
    /// If `connect` fails, with its error in the message.
    #[track_caller]
    pub fn with<F, C, E>(self, connect: impl FnOnce(String) -> F) -> impl Future<Output = (Self, C)>
    where
        F: IntoFuture<Output = Result<C, E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let caller = Location::caller();
        let connecting = connect(self.hosts());
        async move {
            match connecting.await {
                Ok(client) => (self, client),
                Err(error) => panic!("{}", not_connected(&self, error, caller)),
            }
        }
    }

    /// Connects a client whose constructor blocks, of any crate, and returns it with the server.
    ///
    /// `connect` receives the addresses of the nodes, as [`Server::hosts`] returns them.
    ///
    /// ```
    /// # mod spikelet_client { pub mod blocking {
    /// #     pub struct Client(pub String);
    /// #     impl Client { pub fn connect(hosts: String) -> std::io::Result<Self> { Ok(Self(hosts)) } }
    /// # } }
    /// use spikelet_client::blocking::Client;
    ///
    /// // In #[test]:
    /// let (server, client) = spikelet::test().with_blocking(Client::connect);
    /// # assert_eq!(client.0, server.hosts());
    /// ```
    ///
    /// # Panics
    /// If `connect` fails, with its error in the message.
    #[track_caller]
    pub fn with_blocking<C, E>(self, connect: impl FnOnce(String) -> Result<C, E>) -> (Self, C)
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        match connect(self.hosts()) {
            Ok(client) => (self, client),
            Err(error) => panic!("{}", not_connected(&self, error, Location::caller())),
        }
    }

    /// What a failed test prints.
    fn report(&self) -> String {
        let mut text = format!(
            "spikelet: the server at {} of the failed test\n{}",
            self.hosts(),
            self.journal().tail()
        );
        for fault in self.faults().list() {
            let _ = write!(text, "\n  fault {fault}");
        }
        text
    }
}

/// Wraps a server that was started in another way, such as in process.
impl From<Server> for TestServer {
    fn from(server: Server) -> Self {
        Self(server)
    }
}

impl Deref for TestServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if thread::panicking() {
            // The test harness captures what this macro prints, and shows it for the failed test.
            eprintln!("{}", self.report());
        }
    }
}

fn not_connected(server: &Server, error: impl Into<Box<dyn Error + Send + Sync>>, caller: &Location<'_>) -> String {
    let error = error.into();
    format!(
        "cannot connect the client of the test to {}, at {caller}: {}",
        server.hosts(),
        with_causes(&*error)
    )
}

/// An error and its causes on one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::Command;

    /// The message of the panic of `test`.
    fn panicked(test: impl FnOnce()) -> String {
        let payload = catch_unwind(AssertUnwindSafe(test)).expect_err("a panic");
        let text = payload.downcast::<String>().expect("a formatted message");
        *text
    }

    #[test]
    fn the_report_has_the_journal_and_the_faults() {
        let server = test();
        assert!(server.report().ends_with("\nthe journal has no entries"));
        server.faults().on(Command::Write).times(1).cut_after();
        assert!(
            server.report().contains("\n  fault id=1:command=write:times=1:"),
            "{}",
            server.report()
        );
        let quiet = TestServer::from(Server::builder().start_in_process().unwrap());
        assert!(quiet.report().contains("keeps no journal"), "{}", quiet.report());
    }

    #[test]
    fn options_are_kept() {
        let server = Server::builder().nodes(2).journal(1).start_test();
        assert_eq!((server.nodes().len(), server.journal().is_on()), (2, true));
    }

    #[test]
    fn what_fails_is_in_the_panic() {
        let taken = test();
        let text = panicked(|| drop(Server::builder().listen(taken.addr()).start_test()));
        assert!(text.contains(&format!("cannot listen on {}: ", taken.addr())), "{text}");
        let text = panicked(|| drop(test().with_blocking(|_| Err::<(), _>(io::Error::other("no route")))));
        assert!(
            text.contains("handle/test_server.rs") && text.ends_with("no route"),
            "{text}"
        );
        let text = panicked(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            drop(runtime.block_on(test().with(async |_| Err::<(), _>("no route"))));
        });
        assert!(
            text.contains("handle/test_server.rs") && text.ends_with("no route"),
            "{text}"
        );
    }
}
