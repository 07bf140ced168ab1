//! Commands: what the methods of a client return, to be awaited or called.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::options::{Options, record_option_methods, write_option_methods};
use crate::clock;
use crate::cluster::Cluster;
use crate::error::{Cause, Error};
use crate::policy::{Policy, ReadMode};

/// A command that is not executed yet: set its options, then await it.
///
/// With a [blocking client](crate::blocking::Client), [`call`](Self::call) it instead.
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

/// What a [`Command`] does.
///
/// Only the verbs of this crate implement it.
pub trait Verb: Execute + Send {}

impl<V: Execute + Send> Verb for V {}

/// How a verb is executed.
// `pub` but not exported, so that nobody else can implement `Verb`.
pub trait Execute {
    /// What the command returns.
    type Output: Send;

    #[doc(hidden)]
    fn execute(self, cluster: &Cluster, options: Options) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

/// Resumes tending before a command, since the view of the cluster may be old. The time that this takes counts towards the
/// command's total timeout.
#[cold]
pub(crate) fn resume_tending<'a>(
    cluster: &'a Cluster,
    options: &'a mut Options,
) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>> {
    Box::pin(async move {
        let deadline = options.deadline();
        let resumed = clock::until(deadline, cluster.resume_tending()).await;
        if let Some(deadline) = deadline {
            let left = deadline.saturating_duration_since(clock::now());
            if resumed.is_none() || left.is_zero() {
                return Err(Error::new(Cause::Timeout));
            }
            options.policy.total_timeout = left;
        }
        Ok(())
    })
}

impl<C, V> Command<C, V> {
    pub(crate) const fn new(client: C, verb: V, options: Options) -> Self {
        Self { client, verb, options }
    }

    /// Sets the timeout of the whole command, retries included; zero for no limit. See [`Policy::total_timeout`].
    pub const fn total_timeout(mut self, timeout: Duration) -> Self {
        self.options.policy.total_timeout = timeout;
        self
    }

    /// Sets how long an attempt may wait without receiving anything; zero for no limit. See [`Policy::socket_timeout`].
    pub const fn socket_timeout(mut self, timeout: Duration) -> Self {
        self.options.policy.socket_timeout = timeout;
        self
    }

    /// Sets the maximum number of retries. See [`Policy::max_retries`].
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.options.policy.max_retries = retries;
        self
    }

    /// Sets the pause before the first retry. See [`Policy::sleep_between_retries`].
    pub const fn sleep_between_retries(mut self, sleep: Duration) -> Self {
        self.options.policy.sleep_between_retries = sleep;
        self
    }

    /// Sets all timeouts and retries at once.
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.options.policy = policy;
        self
    }
}

/// Verbs that write.
pub trait Writes: Verb {}

impl<C, V: Writes> Command<C, V> {
    write_option_methods!(options.write);

    /// Sets whether the command is retried when it may have been applied already, which may apply it twice.
    pub const fn retry_in_doubt(mut self, retry: bool) -> Self {
        self.options.retry_in_doubt = retry;
        self
    }
}

/// Verbs on records.
pub trait OnRecords: Verb {}

impl<C, V: OnRecords> Command<C, V> {
    record_option_methods!(options.write);
}

/// Verbs that can be part of a [`Transaction`](crate::Transaction): commands on single records, batches and UDFs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a transaction",
    note = "commands on single records, batches and UDFs can; queries and administration cannot"
)]
pub trait Transactional: Verb {}

/// Verbs that read.
pub trait Reads: Verb {}

impl<C, V: Reads> Command<C, V> {
    /// Sets how consistent the read is in a namespace with strong consistency.
    pub const fn read_mode(mut self, mode: ReadMode) -> Self {
        self.options.policy.read_mode = mode;
        self
    }

    /// Sets the percentage of the TTL, from 1 to 100, below which a read also touches the record; 0 never touches it.
    ///
    /// The default is the setting of the set or the namespace.
    pub const fn read_touch_ttl_percent(mut self, percent: u8) -> Self {
        self.options.read_touch_ttl = match percent {
            0 => u32::MAX,
            percent => percent as u32,
        };
        self
    }
}
