//! Read modes of namespaces with strong consistency.

use spikelet_wire::Info3;

/// How consistent a read is in a namespace with strong consistency. Other namespaces ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ReadMode {
    /// A client reads its own writes, and never an older version after a newer one.
    #[default]
    Session,
    /// All clients read the latest version.
    Linearize,
    /// A replica may execute the read, which then may return an older version.
    AllowReplica,
    /// A node may execute the read although the partition is unavailable, and then returns what it has. If it has no copy, the read
    /// fails with [`UNAVAILABLE`](crate::ResultCode::UNAVAILABLE) (11), as reads in the other modes do.
    AllowUnavailable,
}

impl ReadMode {
    pub(crate) const fn flags(self) -> Info3 {
        match self {
            Self::Session => Info3::empty(),
            Self::Linearize => Info3::SC_READ_TYPE,
            Self::AllowReplica => Info3::SC_READ_RELAX,
            Self::AllowUnavailable => Info3::SC_READ_TYPE.union(Info3::SC_READ_RELAX),
        }
    }
}
