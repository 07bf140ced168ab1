//! Commands: what a client's verbs give, to be awaited or called.

pub(crate) mod batch;
pub(crate) mod info;
pub(crate) mod single;

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Client;
use crate::clock;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::policy::{Policy, WriteOptions, record_option_methods, write_option_methods};
use crate::retry::Attempts;
use single::{Operate, Read, Write};

/// A command that is not carried out yet: set its options, then await it or, with a
/// [blocking client](crate::blocking::Client), [`call`](Self::call) it.
///
/// ```no_run
/// # use std::time::Duration;
/// # use spikelet_client::{Client, Error, Key, bins};
/// # async fn example(client: Client, key: Key) -> Result<(), Error> {
/// client
///     .put(&key, bins! {"name" => "Alice"})
///     .ttl(Duration::from_secs(300))
///     .create_only()
///     .total_timeout(Duration::from_millis(50))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a command does nothing until it is awaited or called"]
pub struct Command<C, V> {
    pub(crate) client: C,
    pub(crate) verb: V,
    pub(crate) options: Options,
}

/// How a command is to be carried out.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) policy: Policy,
    retry_in_doubt: bool,
    read_touch_ttl: u32,
    pub(crate) write: WriteOptions,
}

impl Options {
    pub(crate) fn new(policy: Policy, send_key: bool) -> Self {
        Self {
            policy,
            retry_in_doubt: false,
            read_touch_ttl: 0,
            write: WriteOptions {
                send_key: send_key.then_some(true),
                ..WriteOptions::default()
            },
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let total = self.policy.total_timeout;
        (!total.is_zero()).then(|| clock::now().checked_add(total))?
    }

    pub(crate) fn attempts(&self, writes: bool) -> Attempts {
        let policy = &self.policy;
        Attempts::new(
            policy.max_retries,
            policy.sleep_between_retries,
            writes,
            self.retry_in_doubt,
        )
    }
}

/// What a command does.
///
/// It is implemented by the verbs of this crate alone.
pub trait Verb: run::Run + Send {}

impl<V: run::Run + Send> Verb for V {}

pub(crate) mod run {
    use super::{Cluster, Error, Future, Options};

    /// Carries a verb out.
    pub trait Run {
        /// What the verb gives.
        type Output: Send;

        #[doc(hidden)]
        fn run(self, cluster: &Cluster, options: Options) -> impl Future<Output = Result<Self::Output, Error>> + Send;
    }
}

impl<C, V> Command<C, V> {
    pub(crate) const fn new(client: C, verb: V, options: Options) -> Self {
        Self { client, verb, options }
    }

    /// How long the command may take in all, retries included; zero for no limit. See [`Policy::total_timeout`].
    pub const fn total_timeout(mut self, timeout: Duration) -> Self {
        self.options.policy.total_timeout = timeout;
        self
    }

    /// How long an attempt may wait without receiving anything; zero for no limit. See [`Policy::socket_timeout`].
    pub const fn socket_timeout(mut self, timeout: Duration) -> Self {
        self.options.policy.socket_timeout = timeout;
        self
    }

    /// How often the command is tried again. See [`Policy::max_retries`].
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.options.policy.max_retries = retries;
        self
    }

    /// How long to wait before the first retry. See [`Policy::sleep_between_retries`].
    pub const fn sleep_between_retries(mut self, sleep: Duration) -> Self {
        self.options.policy.sleep_between_retries = sleep;
        self
    }

    /// Timeouts and retries, all at once.
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.options.policy = policy;
        self
    }
}

impl<V: Verb + 'static> IntoFuture for Command<Client, V> {
    type Output = Result<V::Output, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, verb, options } = self;
        Box::pin(async move { verb.run(client.cluster(), options).await })
    }
}

impl<V: Verb> Command<crate::blocking::Client, V> {
    /// Carries the command out, and waits until that is done.
    ///
    /// # Errors
    /// What the verb says.
    pub fn call(self) -> Result<V::Output, Error> {
        let Self { client, verb, options } = self;
        client.wait_for(verb.run(client.cluster(), options))
    }
}

/// Marks the verbs that write.
pub trait Writes: Verb {}

impl<C, V: Writes> Command<C, V> {
    write_option_methods!(options.write);

    /// Whether the command is tried again after it may have been applied, which may apply it twice.
    pub const fn retry_in_doubt(mut self, retry: bool) -> Self {
        self.options.retry_in_doubt = retry;
        self
    }
}

/// Marks the verbs on records.
pub trait OnRecords: Verb {}

impl<C, V: OnRecords> Command<C, V> {
    record_option_methods!(options.write);
}

/// Marks the verbs that read.
pub trait Reads: Verb {}

impl<C, V: Reads> Command<C, V> {
    /// Lets a read touch the record when less than this percentage of its TTL is left, from 1 to 100; 0 never touches.
    ///
    /// Unless you say so, the set or the namespace decides.
    pub const fn read_touch_ttl_percent(mut self, percent: u8) -> Self {
        self.options.read_touch_ttl = match percent {
            0 => u32::MAX,
            percent => percent as u32,
        };
        self
    }
}

impl Writes for Write {}
impl OnRecords for Write {}
impl OnRecords for single::ExecuteUdf {}
impl<O: single::Output> OnRecords for Read<O> {}
impl<O: single::Output> Reads for Read<O> {}
impl<O: single::Output> Writes for Operate<O> {}
impl<O: single::Output> OnRecords for Operate<O> {}
impl<O: single::Output> Reads for Operate<O> {}
impl Writes for batch::Batch {}
impl OnRecords for batch::Batch {}
impl Reads for batch::Batch {}
