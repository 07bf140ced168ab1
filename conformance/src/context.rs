//! What a scenario is given: a client, records of its own, and a transcript.

use std::sync::{Arc, Mutex};

use spikelet_client::{Client, Key};

use crate::outcome::End;
use crate::raw::{Connection, RawAnswer, RawRequest};
use crate::transcript::{Answer, Describe, Entry};

/// What a scenario is given. It does not know which server it asks.
#[derive(Debug)]
pub struct Context {
    client: Client,
    hosts: String,
    /// The name of the scenario, in front of all its keys.
    scenario: String,
    set: String,
    /// Shared with the runner, which reads it however the scenario ends.
    transcript: Arc<Mutex<Vec<Entry>>>,
    raw: Option<Connection>,
}

impl Context {
    /// The namespace in which scenarios have their records.
    pub const NAMESPACE: &'static str = "test";

    pub(crate) fn new(client: Client, hosts: &str, set: &str, scenario: String) -> (Self, Arc<Mutex<Vec<Entry>>>) {
        let transcript = Arc::default();
        let context = Self {
            client,
            hosts: hosts.to_owned(),
            scenario,
            set: set.to_owned(),
            transcript: Arc::clone(&transcript),
            raw: None,
        };
        (context, transcript)
    }

    /// The client, connected.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The key of a record of this scenario, which does not exist yet.
    pub fn key(&self, name: impl std::fmt::Display) -> Key {
        Key::new(Self::NAMESPACE, self.set(), format!("{} {name}", self.scenario))
    }

    /// The keys of several records of this scenario.
    #[must_use]
    pub fn keys(&self, count: usize) -> Vec<Key> {
        (0..count).map(|n| self.key(n)).collect()
    }

    /// The set in which scenarios have their records; of this run alone.
    #[must_use]
    pub fn set(&self) -> &str {
        &self.set
    }

    /// A number of this scenario alone, for user keys that are not text.
    #[must_use]
    pub fn number(&self) -> i64 {
        // FNV-1a; any hash would do.
        let hash = self.scenario.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash >> 1) as i64
    }

    /// Writes a request and its answer into the transcript; `ask!` does so by itself.
    pub fn tell(&mut self, request: &str, answer: &impl Describe) {
        self.note(request, answer.describe());
    }

    /// Writes what a text of the server's own says into the transcript, in words that do not differ from run to run.
    pub fn says(&mut self, request: &str, answer: impl Into<String>) {
        self.note(request, Answer::Says(answer.into()));
    }

    fn note(&self, request: &str, answer: Answer) {
        let request = request.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut transcript = self.transcript.lock().unwrap_or_else(|e| e.into_inner());
        transcript.push(Entry { request, answer });
    }

    /// Sends a message that the client has no verb for, to any node, and gives the messages answered.
    ///
    /// # Errors
    /// When the server closes the connection, or answers nothing within five seconds.
    pub async fn send(&mut self, request: &RawRequest) -> Result<Vec<RawAnswer>, End> {
        let mut connection = match self.raw.take() {
            Some(connection) => connection,
            None => Connection::open(&self.hosts).await?,
        };
        let answers = connection.ask(request).await?;
        self.raw = Some(connection);
        let described = answers.iter().map(RawAnswer::describe).collect();
        self.note(&request.to_string(), Answer::Rows(described));
        Ok(answers)
    }

    /// Sends a message to the node at an address, and gives the one message that it answers. The transcript does not tell:
    /// how many nodes there are differs from server to server.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub async fn ask_node(address: &str, request: &RawRequest) -> Result<RawAnswer, End> {
        only(Connection::open(address).await?.ask(request).await?)
    }

    /// Like [`send`](Self::send), for a request that one message answers.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub async fn send_one(&mut self, request: &RawRequest) -> Result<RawAnswer, End> {
        only(self.send(request).await?)
    }
}

fn only(mut answers: Vec<RawAnswer>) -> Result<RawAnswer, End> {
    match (answers.pop(), answers.pop()) {
        (Some(answer), None) => Ok(answer),
        _ => Err(End::failed("more than one message answered")),
    }
}

/// Asks through the client, writes request and answer into the transcript, and gives the answer.
///
/// `ask!(t, get(&key))?` is `t.client().get(&key).await?` with a transcript.
macro_rules! ask {
    ($t:ident, $($command:tt)+) => {{
        let answer = $t.client().$($command)+.await;
        $t.tell(stringify!($($command)+), &answer);
        answer
    }};
}

pub(crate) use ask;
