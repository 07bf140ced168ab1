//! The version and the edition of the Aerospike server that this one behaves as.

use std::str::FromStr;

/// The version that the server reports unless it is configured otherwise.
pub(crate) const DEFAULT: &str = "8.1.2.0";

/// The features that the info command `features` reports.
pub(crate) const FEATURES: &str = "batch-any;batch-index;blob-bits;cdt-index;cdt-list;cdt-map;cluster-stable;float;geo;\
                        sindex-exists;peers;pipelining;pquery;pscans;query-show;relaxed-sc;replicas;replicas-all;\
                        replicas-master;replicas-max;truncate-namespace;udf";

/// Whether a version such as `8.1.2.0` is at least another one. What is no number counts as 0.
pub(crate) fn is_at_least(version: &str, least: [u32; 3]) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let version: [u32; 3] = std::array::from_fn(|_| numbers.next().unwrap_or(0));
    version >= least
}

/// The edition of the Aerospike server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edition {
    /// Community Edition: Enterprise features are refused with result code 25.
    #[default]
    Community,
    /// Enterprise Edition.
    Enterprise,
}

impl Edition {
    /// The name as info commands report it.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Community => "Aerospike Community Edition",
            Self::Enterprise => "Aerospike Enterprise Edition",
        }
    }
}

impl FromStr for Edition {
    type Err = String;

    /// Reads `community` or `enterprise`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "community" => Ok(Self::Community),
            "enterprise" => Ok(Self::Enterprise),
            _ => Err(format!("{text:?} is no edition: expected community or enterprise")),
        }
    }
}
