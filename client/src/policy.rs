//! How commands are carried out: timeouts, retries, and what a write asks of the record.

use std::time::Duration;

pub use spikelet_wire::ExistsAction;
use spikelet_wire::exp::build::Exp;
use spikelet_wire::message::ttl;
use spikelet_wire::{Header, Info2, Info3};

/// Timeouts and retries; a client has one for all commands, and each command may deviate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long a command may take in all, retries included; zero for no limit. It is told to the server too.
    ///
    /// By default one second.
    pub total_timeout: Duration,
    /// How long one attempt may wait without receiving anything; zero for no limit but the total one.
    ///
    /// By default zero.
    pub socket_timeout: Duration,
    /// How often a command is tried again: reads after any failure of the connection, writes only where they certainly
    /// were not applied.
    ///
    /// By default 2.
    pub max_retries: u32,
    /// How long to wait before the first retry; it doubles with each one, up to 250 milliseconds.
    ///
    /// By default 5 milliseconds.
    pub sleep_between_retries: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            total_timeout: Duration::from_secs(1),
            socket_timeout: Duration::ZERO,
            max_retries: 2,
            sleep_between_retries: Duration::from_millis(5),
        }
    }
}

impl Policy {
    /// How long the server may take, in milliseconds, 0 for as long as it likes.
    pub(crate) fn server_timeout(&self) -> u32 {
        let (total, socket) = (self.total_timeout, self.socket_timeout);
        let timeout = match (total.is_zero(), socket.is_zero()) {
            (false, false) => total.min(socket),
            _ => total.max(socket),
        };
        match timeout.is_zero() {
            true => 0,
            // Less than a millisecond must not become "no limit".
            false => u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).max(1),
        }
    }
}

/// How long a record lives after a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ttl {
    /// As long as the set or the namespace says.
    #[default]
    Default,
    /// For ever.
    Never,
    /// The void time stays as it is.
    Keep,
    /// So many seconds, from 1; the server refuses what is over its limit of ten years.
    Seconds(u32),
}

impl Ttl {
    pub(crate) const fn to_wire(self) -> u32 {
        match self {
            Self::Default => ttl::DEFAULT,
            Self::Never => ttl::NEVER,
            Self::Keep => ttl::DONT_UPDATE,
            Self::Seconds(seconds) => seconds,
        }
    }
}

impl From<Duration> for Ttl {
    /// In whole seconds, rounded up; at least one, since the wire's zero stands for the default.
    fn from(duration: Duration) -> Self {
        let seconds = duration
            .as_secs()
            .saturating_add(u64::from(duration.subsec_nanos() != 0));
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX).min(ttl::DONT_UPDATE - 1);
        Self::Seconds(seconds.max(1))
    }
}

/// Which generation a record must have for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Generation {
    /// Any.
    #[default]
    Any,
    /// Exactly this one.
    Equal(u32),
    /// One less than this.
    Greater(u32),
}

/// A filter expression: the command is carried out only where it is true, and fails with
/// [`FILTERED_OUT`](spikelet_wire::ResultCode::FILTERED_OUT) elsewhere. It is built with [`exp`](crate::exp).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterExpression(Vec<u8>);

impl FilterExpression {
    /// An expression that is already in the server's form, msgpack.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Exp<bool>> for FilterExpression {
    fn from(expression: Exp<bool>) -> Self {
        Self(expression.into_bytes())
    }
}

impl From<&Exp<bool>> for FilterExpression {
    fn from(expression: &Exp<bool>) -> Self {
        Self(expression.as_bytes().to_vec())
    }
}

/// What a write asks of the record; what is `None` is left to the batch around it, or is the default.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct WriteOptions {
    pub(crate) ttl: Option<Ttl>,
    pub(crate) generation: Option<Generation>,
    pub(crate) exists: Option<ExistsAction>,
    pub(crate) send_key: Option<bool>,
    pub(crate) durable_delete: Option<bool>,
    pub(crate) commit_to_master: Option<bool>,
    pub(crate) respond_all_ops: Option<bool>,
    pub(crate) filter: Option<FilterExpression>,
}

impl WriteOptions {
    /// These options, and those of `around` where these say nothing.
    pub(crate) fn or(self, around: &Self) -> Self {
        Self {
            ttl: self.ttl.or(around.ttl),
            generation: self.generation.or(around.generation),
            exists: self.exists.or(around.exists),
            send_key: self.send_key.or(around.send_key),
            durable_delete: self.durable_delete.or(around.durable_delete),
            commit_to_master: self.commit_to_master.or(around.commit_to_master),
            respond_all_ops: self.respond_all_ops.or(around.respond_all_ops),
            filter: self.filter.or_else(|| around.filter.clone()),
        }
    }

    /// Puts the options of a write into its header.
    pub(crate) fn apply(&self, header: &mut Header) {
        header.record_ttl = self.ttl.unwrap_or_default().to_wire();
        let info2 = &mut header.info2;
        match self.generation.unwrap_or_default() {
            Generation::Any => {}
            Generation::Equal(generation) => {
                info2.insert(Info2::GENERATION);
                header.generation = generation;
            }
            Generation::Greater(generation) => {
                info2.insert(Info2::GENERATION_GT);
                header.generation = generation;
            }
        }
        self.exists.unwrap_or_default().apply(header);
        header
            .info2
            .set(Info2::DURABLE_DELETE, self.durable_delete == Some(true));
        header
            .info3
            .set(Info3::COMMIT_LEVEL_MASTER, self.commit_to_master == Some(true));
    }
}

/// The methods by which a write's options are set, on a type that has them at `$($at).+`.
macro_rules! write_option_methods {
    ($($at:ident).+) => {
        /// How long the record lives from now: a [`Duration`](std::time::Duration), rounded up to whole seconds, or a
        /// [`Ttl`](crate::Ttl).
        pub fn ttl(mut self, ttl: impl Into<$crate::Ttl>) -> Self {
            self.$($at).+.ttl = Some(ttl.into());
            self
        }

        /// The record never expires.
        pub fn never_expire(self) -> Self {
            self.ttl($crate::Ttl::Never)
        }

        /// The record expires when it would have expired without this write.
        pub fn keep_ttl(self) -> Self {
            self.ttl($crate::Ttl::Keep)
        }

        /// The record lives as long as its set or namespace says; that is so unless you say otherwise.
        pub fn default_ttl(self) -> Self {
            self.ttl($crate::Ttl::Default)
        }

        /// Writes only if the record's generation is this one, and fails with
        /// [`GENERATION`](crate::ResultCode::GENERATION) otherwise.
        pub fn generation_equal(mut self, generation: u32) -> Self {
            self.$($at).+.generation = Some($crate::Generation::Equal(generation));
            self
        }

        /// Writes only if this generation is greater than the record's, and fails with
        /// [`GENERATION`](crate::ResultCode::GENERATION) otherwise.
        pub fn generation_greater(mut self, generation: u32) -> Self {
            self.$($at).+.generation = Some($crate::Generation::Greater(generation));
            self
        }

        /// What to do depending on whether the record exists.
        pub fn exists_action(mut self, action: $crate::ExistsAction) -> Self {
            self.$($at).+.exists = Some(action);
            self
        }

        /// Fails with [`RECORD_EXISTS`](crate::ResultCode::RECORD_EXISTS) if the record exists.
        pub fn create_only(self) -> Self {
            self.exists_action($crate::ExistsAction::CreateOnly)
        }

        /// Fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) if the record does not exist.
        pub fn update_only(self) -> Self {
            self.exists_action($crate::ExistsAction::UpdateOnly)
        }

        /// Replaces all bins of the record, or creates it.
        pub fn replace(self) -> Self {
            self.exists_action($crate::ExistsAction::Replace)
        }

        /// Replaces all bins of the record; fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) if it does not exist.
        pub fn replace_only(self) -> Self {
            self.exists_action($crate::ExistsAction::ReplaceOnly)
        }

        /// Whether the user's key is stored with the record, and compared with the one stored before.
        pub fn send_key(mut self, send_key: bool) -> Self {
            self.$($at).+.send_key = Some(send_key);
            self
        }

        /// Whether a deletion leaves a tombstone (Enterprise Edition).
        pub fn durable_delete(mut self, durable_delete: bool) -> Self {
            self.$($at).+.durable_delete = Some(durable_delete);
            self
        }

        /// Whether the server answers without waiting for the replicas.
        pub fn commit_to_master(mut self, commit_to_master: bool) -> Self {
            self.$($at).+.commit_to_master = Some(commit_to_master);
            self
        }
    };
}

/// The methods for what every command on records may ask, on a type that has the options at `$($at).+`.
macro_rules! record_option_methods {
    ($($at:ident).+) => {
        /// Carries the command out only where the expression is true; it fails with
        /// [`FILTERED_OUT`](crate::ResultCode::FILTERED_OUT) elsewhere.
        pub fn filter(mut self, expression: impl Into<$crate::FilterExpression>) -> Self {
            self.$($at).+.filter = Some(expression.into());
            self
        }
    };
}

pub(crate) use {record_option_methods, write_option_methods};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_never_becomes_the_default() {
        assert_eq!(Ttl::from(Duration::ZERO), Ttl::Seconds(1));
        assert_eq!(Ttl::from(Duration::from_millis(1500)), Ttl::Seconds(2));
        assert_eq!(Ttl::from(Duration::MAX), Ttl::Seconds(u32::MAX - 2));
    }

    #[test]
    fn the_server_is_told_the_shorter_timeout() {
        let timeout = |total, socket| {
            Policy {
                total_timeout: Duration::from_micros(total),
                socket_timeout: Duration::from_micros(socket),
                ..Policy::default()
            }
            .server_timeout()
        };
        assert_eq!(timeout(0, 0), 0);
        assert_eq!(timeout(1_000_000, 0), 1000);
        assert_eq!(timeout(0, 2_000_000), 2000);
        assert_eq!(timeout(3_000_000, 2_000_000), 2000);
        assert_eq!(timeout(10, 0), 1);
    }

    #[test]
    fn a_row_goes_before_its_batch() {
        let row = WriteOptions {
            ttl: Some(Ttl::Never),
            ..WriteOptions::default()
        };
        let batch = WriteOptions {
            ttl: Some(Ttl::Keep),
            generation: Some(Generation::Equal(3)),
            ..WriteOptions::default()
        };
        let mut header = Header::default();
        row.or(&batch).apply(&mut header);
        assert_eq!(
            (header.record_ttl, header.generation, header.info2),
            (ttl::NEVER, 3, Info2::GENERATION)
        );
    }
}
