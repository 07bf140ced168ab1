//! The context of a scenario: a client, keys of its own records, and a transcript.

use std::sync::{Arc, Mutex};

use spikelet_client::{Client, Key};

use crate::outcome::NotPassed;
use crate::raw::{Connection, RawRequest, RawResponse};
use crate::transcript::{Entry, Response, ToResponse};

/// The context of a scenario. It does not reveal which server is under test.
#[derive(Debug)]
pub struct Context {
    client: Client,
    hosts: String,
    /// The name of the scenario, which is the prefix of all its keys.
    scenario: String,
    namespace: String,
    set: String,
    /// Shared with the runner, which reads it even if the scenario fails.
    transcript: Arc<Mutex<Vec<Entry>>>,
    raw: Option<Connection>,
}

impl Context {
    /// The namespace of the records of most scenarios.
    pub const NAMESPACE: &'static str = "test";

    pub(crate) fn new(client: Client, hosts: &str, set: &str, scenario: String) -> (Self, Arc<Mutex<Vec<Entry>>>) {
        let transcript = Arc::default();
        let context = Self {
            client,
            hosts: hosts.to_owned(),
            scenario,
            namespace: Self::NAMESPACE.to_owned(),
            set: set.to_owned(),
            transcript: Arc::clone(&transcript),
            raw: None,
        };
        (context, transcript)
    }

    /// Sets the namespace of the scenario's records.
    pub(crate) fn set_namespace(&mut self, namespace: &str) {
        namespace.clone_into(&mut self.namespace);
    }

    /// The namespace of the scenario's records.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The connected client.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Connects another client, which logs in as a user.
    ///
    /// # Errors
    /// If the user may not log in.
    pub async fn connect_as(&self, user: &str, password: &str) -> Result<Client, spikelet_client::Error> {
        Client::builder(&*self.hosts).user(user, password).await
    }

    /// The key of a record that belongs to this scenario and does not exist yet.
    pub fn key(&self, name: impl std::fmt::Display) -> Key {
        Key::new(self.namespace(), self.set(), format!("{} {name}", self.scenario))
    }

    /// The keys of several records that belong to this scenario.
    #[must_use]
    pub fn keys(&self, count: usize) -> Vec<Key> {
        (0..count).map(|n| self.key(n)).collect()
    }

    /// The set of the scenarios' records, unique to this run.
    #[must_use]
    pub fn set(&self) -> &str {
        &self.set
    }

    /// Whether the server has several nodes. Some of its guarantees are weaker then.
    ///
    /// # Errors
    /// If a node does not respond.
    pub async fn is_cluster(&self) -> Result<bool, NotPassed> {
        Ok(self.client.info_all("node").await?.len() > 1)
    }

    /// A number that is unique to this scenario, for user keys that are not text.
    #[must_use]
    pub fn unique_number(&self) -> i64 {
        // FNV-1a. Any hash function would do.
        let hash = self.scenario.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash >> 1) as i64
    }

    /// Writes a request and its response into the transcript. `ask!` does this automatically.
    pub fn transcribe(&mut self, request: &str, response: &impl ToResponse) {
        self.push(request, response.to_response());
    }

    /// Writes a request and a text into the transcript, for responses whose own text differs from run to run.
    pub fn transcribe_text(&mut self, request: &str, text: impl Into<String>) {
        self.push(request, Response::Text(text.into()));
    }

    fn push(&self, request: &str, response: Response) {
        let request = request.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut transcript = self.transcript.lock().unwrap_or_else(|e| e.into_inner());
        transcript.push(Entry { request, response });
    }

    /// Sends a raw request to any node and returns the messages of its response.
    ///
    /// # Errors
    /// If the server closes the connection, or does not respond within five seconds.
    pub async fn send(&mut self, request: &RawRequest) -> Result<Vec<RawResponse>, NotPassed> {
        let mut connection = match self.raw.take() {
            Some(connection) => connection,
            None => Connection::open(&self.hosts).await?,
        };
        let responses = connection.send(request).await?;
        self.raw = Some(connection);
        let transcribed = responses.iter().map(RawResponse::to_response).collect();
        self.push(&request.to_string(), Response::Rows(transcribed));
        Ok(responses)
    }

    /// Sends a raw request to the node at an address and returns the one message of its response. It is not written
    /// into the transcript, because the number of nodes differs from server to server.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_to_node(address: &str, request: &RawRequest) -> Result<RawResponse, NotPassed> {
        only(Connection::open(address).await?.send(request).await?)
    }

    /// Like [`send`](Self::send), for a request whose response is one message.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_one(&mut self, request: &RawRequest) -> Result<RawResponse, NotPassed> {
        only(self.send(request).await?)
    }
}

fn only(mut responses: Vec<RawResponse>) -> Result<RawResponse, NotPassed> {
    match (responses.pop(), responses.pop()) {
        (Some(response), None) => Ok(response),
        _ => Err(NotPassed::failed("the response is not one message")),
    }
}

/// Executes a command of the client, writes the request and the response into the transcript, and returns the response.
///
/// `ask!(t, get(&key))?` is `t.client().get(&key).await?` plus an entry in the transcript.
macro_rules! ask {
    ($t:ident, $($command:tt)+) => {{
        let response = $t.client().$($command)+.await;
        $t.transcribe(stringify!($($command)+), &response);
        response
    }};
}

pub(crate) use ask;
