//! Multi-record transactions: the names of their monitors.
//!
//! A transaction has a monitor: a record that the client writes, whose key is the id of the transaction. By it the server ends
//! the transaction if the client does not.

/// The set of the monitors.
pub const MONITOR_SET: &str = "<ERO~MRT";
/// The bin of a monitor with the id of the transaction, an integer.
pub const ID: &str = "id";
/// The bin of a monitor with the digests of the records that the transaction writes, an ordered list of blobs.
pub const DIGESTS: &str = "keyds";
/// The bin of a monitor that is true when the transaction is committed.
pub const FORWARD: &str = "fwd";
/// The longest duration of a transaction, in seconds. Its monitor has the duration as its TTL.
pub const MAX_DURATION: u32 = 120;
