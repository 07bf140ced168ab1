//! Policies: timeouts and retries of a command, and the options of a write.

mod filter;
mod generation;
mod read_mode;
mod ttl;
mod write_options;

use std::time::Duration;

pub use filter::FilterExpression;
pub use generation::Generation;
pub use read_mode::ReadMode;
pub use spikelet_wire::ExistsAction;
pub use ttl::Ttl;
pub(crate) use write_options::WriteOptions;

/// The timeouts and retries of a command.
///
/// A client has a default policy for all commands; each command can override it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The timeout of the whole command, retries included; zero for no limit. It is sent to the server too.
    ///
    /// The default is one second.
    pub total_timeout: Duration,
    /// How long one attempt may wait without receiving anything; zero for no limit other than the total timeout.
    ///
    /// The default is zero.
    pub socket_timeout: Duration,
    /// The maximum number of retries. Reads are retried after any failure of the connection, writes only if they certainly
    /// were not applied.
    ///
    /// The default is 2.
    pub max_retries: u32,
    /// The pause before the first retry. It doubles with each retry, up to 250 milliseconds.
    ///
    /// The default is 5 milliseconds.
    pub sleep_between_retries: Duration,
    /// Whether requests over 128 bytes are sent compressed, and compressed replies are asked for.
    ///
    /// That saves bytes on the network, and costs time on both sides. Only the Enterprise Edition understands it; a Community
    /// Edition refuses compressed requests with [`ENTERPRISE_ONLY`](crate::ResultCode::ENTERPRISE_ONLY) (25).
    ///
    /// The default is false.
    pub compress: bool,
    /// How consistent reads are in namespaces with strong consistency.
    ///
    /// The default is [`ReadMode::Session`].
    pub read_mode: ReadMode,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            total_timeout: Duration::from_secs(1),
            socket_timeout: Duration::ZERO,
            max_retries: 2,
            sleep_between_retries: Duration::from_millis(5),
            compress: false,
            read_mode: ReadMode::Session,
        }
    }
}

impl Policy {
    /// The timeout sent to the server, in milliseconds; 0 for no limit.
    pub(crate) fn server_timeout(&self) -> u32 {
        let (total, socket) = (self.total_timeout, self.socket_timeout);
        let timeout = match (total.is_zero(), socket.is_zero()) {
            (false, false) => total.min(socket),
            _ => total.max(socket),
        };
        match timeout.is_zero() {
            true => 0,
            // A timeout below one millisecond must not become "no limit".
            false => u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
