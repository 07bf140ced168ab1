//! The options of a command, and the methods that set them.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;
use crate::cluster::Attempts;
use crate::policy::{Policy, ReadMode, WriteOptions};
use crate::transaction::State;

/// The options of a command.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) policy: Policy,
    pub(super) retry_in_doubt: bool,
    pub(super) read_touch_ttl: u32,
    pub(crate) write: WriteOptions,
    /// The transaction of which the command is part.
    pub(super) transaction: Option<Arc<State>>,
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
            transaction: None,
        }
    }

    /// The default options of queries and of [`wait`](crate::Client::wait): no total timeout, since they may take long, and
    /// more retries, since a failure affects only a part of the partitions.
    pub(crate) fn for_queries(policy: Policy) -> Self {
        let policy = Policy {
            total_timeout: Duration::ZERO,
            socket_timeout: Duration::from_secs(30),
            max_retries: 5,
            ..policy
        };
        Self::new(policy, false)
    }

    /// The default options of the end of a transaction: it takes several requests, and it is better to wait for a node than to
    /// leave the records locked until the deadline.
    pub(crate) fn for_transactions(policy: Policy) -> Self {
        let policy = Policy {
            total_timeout: Duration::from_secs(10),
            socket_timeout: Duration::from_secs(3),
            max_retries: 5,
            ..policy
        };
        Self::new(policy, false)
    }

    /// The options of the requests by which a transaction is monitored and ended. Each of them can be repeated.
    pub(super) fn for_protocol(&self) -> Self {
        let policy = Policy {
            // A verification must not miss a write.
            read_mode: ReadMode::Linearize,
            ..self.policy
        };
        Self {
            retry_in_doubt: true,
            ..Self::new(policy, false)
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let total = self.policy.total_timeout;
        (!total.is_zero()).then(|| clock::now().checked_add(total))?
    }

    /// The options that are sent to the server.
    pub(super) fn server_options(&self) -> ServerOptions {
        ServerOptions {
            read_touch_ttl: self.read_touch_ttl,
            timeout: self.policy.server_timeout(),
            read_mode: self.policy.read_mode,
        }
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

/// Options of a command that are sent to the server, besides those of a write.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ServerOptions {
    pub(crate) read_touch_ttl: u32,
    /// In milliseconds; 0 for no limit.
    pub(crate) timeout: u32,
    pub(crate) read_mode: ReadMode,
}

/// The methods that set the options of a write, for a type with [`WriteOptions`] in the field `$($at).+`.
macro_rules! write_option_methods {
    ($($at:ident).+) => {
        /// Sets the record's time to live: a [`Duration`](std::time::Duration), rounded up to whole seconds, or a
        /// [`Ttl`](crate::Ttl).
        pub fn ttl(mut self, ttl: impl Into<$crate::policy::Ttl>) -> Self {
            self.$($at).+.ttl = Some(ttl.into());
            self
        }

        /// Sets the record to never expire.
        pub fn never_expire(self) -> Self {
            self.ttl($crate::policy::Ttl::Never)
        }

        /// Keeps the record's void time as it is.
        pub fn keep_ttl(self) -> Self {
            self.ttl($crate::policy::Ttl::Keep)
        }

        /// Uses the default time to live of the set or the namespace. This is the default.
        pub fn default_ttl(self) -> Self {
            self.ttl($crate::policy::Ttl::Default)
        }

        /// Writes only if the record has this generation; otherwise it fails with
        /// [`GENERATION`](crate::ResultCode::GENERATION) (3).
        pub fn generation_equal(mut self, generation: u32) -> Self {
            self.$($at).+.generation = Some($crate::policy::Generation::Equal(generation));
            self
        }

        /// Writes only if this generation is greater than the record's; otherwise it fails with
        /// [`GENERATION`](crate::ResultCode::GENERATION) (3).
        pub fn generation_greater(mut self, generation: u32) -> Self {
            self.$($at).+.generation = Some($crate::policy::Generation::Greater(generation));
            self
        }

        /// Sets what the write does depending on whether the record exists.
        pub fn exists_action(mut self, action: $crate::policy::ExistsAction) -> Self {
            self.$($at).+.exists = Some(action);
            self
        }

        /// Fails with [`RECORD_EXISTS`](crate::ResultCode::RECORD_EXISTS) if the record exists.
        pub fn create_only(self) -> Self {
            self.exists_action($crate::policy::ExistsAction::CreateOnly)
        }

        /// Fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) if the record does not exist.
        pub fn update_only(self) -> Self {
            self.exists_action($crate::policy::ExistsAction::UpdateOnly)
        }

        /// Replaces all bins of the record, or creates it.
        pub fn replace(self) -> Self {
            self.exists_action($crate::policy::ExistsAction::Replace)
        }

        /// Replaces all bins of the record; fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) if it does not exist.
        pub fn replace_only(self) -> Self {
            self.exists_action($crate::policy::ExistsAction::ReplaceOnly)
        }

        /// Sets whether the user's key is stored with the record, and compared with the one that is stored already.
        pub fn send_key(mut self, send_key: bool) -> Self {
            self.$($at).+.send_key = Some(send_key);
            self
        }

        /// Sets whether a deletion leaves a tombstone (Enterprise Edition). In a transaction it does by default.
        pub fn durable_delete(mut self, durable_delete: bool) -> Self {
            self.$($at).+.durable_delete = Some(durable_delete);
            self
        }

        /// Fails with [`MRT_ALREADY_LOCKED`](crate::ResultCode::MRT_ALREADY_LOCKED) (126) if the transaction has written the
        /// record before. Outside of a transaction it has no effect.
        pub fn on_locking_only(mut self, on_locking_only: bool) -> Self {
            self.$($at).+.on_locking_only = Some(on_locking_only);
            self
        }

        /// Sets whether the server replies without waiting for the replicas.
        pub fn commit_to_master(mut self, commit_to_master: bool) -> Self {
            self.$($at).+.commit_to_master = Some(commit_to_master);
            self
        }
    };
}

/// The methods that every command on records has, for a type with [`WriteOptions`] in the field `$($at).+`.
macro_rules! record_option_methods {
    ($($at:ident).+) => {
        /// Executes the command only if the expression is true; otherwise it fails with
        /// [`FILTERED_OUT`](crate::ResultCode::FILTERED_OUT) (27).
        pub fn filter(mut self, expression: impl Into<$crate::policy::FilterExpression>) -> Self {
            self.$($at).+.filter = Some(expression.into());
            self
        }
    };
}

pub(crate) use {record_option_methods, write_option_methods};
