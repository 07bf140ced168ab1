//! The time to live that a write gives a record.

use std::time::Duration;

use spikelet_wire::message::ttl;

/// The time to live of a record after a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ttl {
    /// The default of the set or the namespace.
    #[default]
    Default,
    /// The record never expires.
    Never,
    /// The void time stays as it is.
    Keep,
    /// A number of seconds, from 1. The server refuses more than its limit of ten years.
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
    /// In whole seconds, rounded up; at least one, since zero means the default on the wire.
    fn from(duration: Duration) -> Self {
        let seconds = duration
            .as_secs()
            .saturating_add(u64::from(duration.subsec_nanos() != 0));
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX).min(ttl::DONT_UPDATE - 1);
        Self::Seconds(seconds.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_never_becomes_the_default() {
        assert_eq!(Ttl::from(Duration::ZERO), Ttl::Seconds(1));
        assert_eq!(Ttl::from(Duration::from_millis(1500)), Ttl::Seconds(2));
        assert_eq!(Ttl::from(Duration::MAX), Ttl::Seconds(u32::MAX - 2));
    }
}
