//! The four bytes of flags in a message's header.

bitflags::bitflags! {
    /// The flags for reads.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Info1: u8 {
        /// The message reads.
        const READ = 1 << 0;
        /// All bins are requested.
        const GET_ALL = 1 << 1;
        /// A short query: not monitored, answered at once.
        const SHORT_QUERY = 1 << 2;
        /// The message is a batch.
        const BATCH = 1 << 3;
        /// The message comes from another cluster.
        const XDR = 1 << 4;
        /// Only the record's metadata is requested.
        const GET_NO_BINS = 1 << 5;
        /// Reads resolve duplicates among all replicas.
        const CONSISTENCY_LEVEL_ALL = 1 << 6;
        /// The response may be compressed (Enterprise Edition).
        const COMPRESS_RESPONSE = 1 << 7;
    }
}

bitflags::bitflags! {
    /// The flags for writes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Info2: u8 {
        /// The message writes.
        const WRITE = 1 << 0;
        /// Delete the record.
        const DELETE = 1 << 1;
        /// Write only if the record's generation equals the message's.
        const GENERATION = 1 << 2;
        /// Write only if the message's generation is greater than the record's.
        const GENERATION_GT = 1 << 3;
        /// A deletion leaves a tombstone (Enterprise Edition).
        const DURABLE_DELETE = 1 << 4;
        /// Write only if there is no record.
        const CREATE_ONLY = 1 << 5;
        /// A long query may use partitions that are still migrating.
        const RELAX_AP_LONG_QUERY = 1 << 6;
        /// Every operation gets a result, in the order of the request.
        const RESPOND_ALL_OPS = 1 << 7;
    }
}

bitflags::bitflags! {
    /// The flags for write policies and for the progress of a stream of responses.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Info3: u8 {
        /// The last message of several.
        const LAST = 1 << 0;
        /// Do not wait for the replicas.
        const COMMIT_LEVEL_MASTER = 1 << 1;
        /// In a query's response: the partition in the generation field is done.
        const PARTITION_DONE = 1 << 2;
        /// Write only if there is a record.
        const UPDATE_ONLY = 1 << 3;
        /// Replace the whole record, or create one.
        const CREATE_OR_REPLACE = 1 << 4;
        /// Replace the whole record, never create one.
        const REPLACE_ONLY = 1 << 5;
        /// The kind of read under strong consistency (Enterprise Edition).
        const SC_READ_TYPE = 1 << 6;
        /// A relaxed read under strong consistency (Enterprise Edition).
        const SC_READ_RELAX = 1 << 7;
    }
}

bitflags::bitflags! {
    /// The flags for multi-record transactions (Enterprise Edition).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Info4: u8 {
        /// Verify the version of a record that was read.
        const MRT_VERIFY_READ = 1 << 0;
        /// Roll a provisional record forward.
        const MRT_ROLL_FORWARD = 1 << 1;
        /// Roll a provisional record back.
        const MRT_ROLL_BACK = 1 << 2;
        /// The request comes from the transaction's monitor.
        const MRT_MONITOR_DRIVEN = 1 << 3;
        /// Only lock on the first write.
        const MRT_ON_LOCKING_ONLY = 1 << 4;
    }
}
