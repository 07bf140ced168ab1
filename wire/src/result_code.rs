//! The result codes of the server.

use std::fmt;
use std::str::FromStr;

/// The result code of a command: one byte of the response.
///
/// ```
/// use spikelet_wire::ResultCode;
///
/// assert_eq!(ResultCode::GENERATION.0, 3);
/// assert_eq!(ResultCode(3).to_string(), "GENERATION (3): The record's generation is not the expected one.");
/// assert_eq!(ResultCode(99).to_string(), "result code 99");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResultCode(pub u8);

macro_rules! result_codes {
    ($(#[doc = $doc:literal] $name:ident = $code:literal;)*) => {
        impl ResultCode {
            $(#[doc = $doc] pub const $name: Self = Self($code);)*

            /// All codes with a name, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            const fn described(self) -> Option<(&'static str, &'static str)> {
                match self {
                    $(Self::$name => Some((stringify!($name), $doc)),)*
                    _ => None,
                }
            }
        }
    };
}

result_codes! {
    /// The command succeeded.
    OK = 0;
    /// An unspecified error on the server.
    SERVER_ERROR = 1;
    /// There is no such record.
    NOT_FOUND = 2;
    /// The record's generation is not the expected one.
    GENERATION = 3;
    /// The request is malformed or a parameter is out of range.
    PARAMETER = 4;
    /// The record exists, and was to be created only.
    RECORD_EXISTS = 5;
    /// The bin exists, and was to be created only.
    BIN_EXISTS = 6;
    /// The cluster's key is not the expected one.
    CLUSTER_KEY_MISMATCH = 7;
    /// The server has no memory or storage left.
    OUT_OF_SPACE = 8;
    /// The server did not finish in time.
    TIMEOUT = 9;
    /// The operation is not allowed in the current configuration.
    ALWAYS_FORBIDDEN = 10;
    /// The partition is not available.
    UNAVAILABLE = 11;
    /// The operation does not fit the bin's type.
    INCOMPATIBLE_TYPE = 12;
    /// The record is over the size limit.
    RECORD_TOO_BIG = 13;
    /// Too many requests wait for the same record.
    KEY_BUSY = 14;
    /// The query was aborted.
    QUERY_ABORTED = 15;
    /// The server does not support it.
    UNSUPPORTED_FEATURE = 16;
    /// There is no such bin.
    BIN_NOT_FOUND = 17;
    /// The storage cannot keep up.
    DEVICE_OVERLOAD = 18;
    /// The stored key is not the one sent.
    KEY_MISMATCH = 19;
    /// There is no such namespace.
    INVALID_NAMESPACE = 20;
    /// The bin's name is too long, or there are too many bins.
    BIN_NAME = 21;
    /// The operation is forbidden at this time.
    FORBIDDEN = 22;
    /// There is no such element.
    ELEMENT_NOT_FOUND = 23;
    /// The element exists.
    ELEMENT_EXISTS = 24;
    /// Only the Enterprise Edition does this.
    ENTERPRISE_ONLY = 25;
    /// The operation cannot be applied to the bin's value.
    OP_NOT_APPLICABLE = 26;
    /// The filter expression was not true.
    FILTERED_OUT = 27;
    /// The write lost a conflict between clusters.
    LOST_CONFLICT = 28;
    /// XDR is shipping the record.
    XDR_KEY_BUSY = 32;
    /// There are no more results.
    QUERY_END = 50;
    /// The server has no security.
    SECURITY_NOT_SUPPORTED = 51;
    /// Security is not configured.
    SECURITY_NOT_ENABLED = 52;
    /// The security scheme is not supported.
    SECURITY_SCHEME_NOT_SUPPORTED = 53;
    /// The administration command is unknown.
    INVALID_COMMAND = 54;
    /// An administration field cannot be parsed.
    INVALID_FIELD = 55;
    /// The security protocol was not followed.
    ILLEGAL_STATE = 56;
    /// There is no such user.
    INVALID_USER = 60;
    /// The user exists.
    USER_ALREADY_EXISTS = 61;
    /// The password is missing or wrong.
    INVALID_PASSWORD = 62;
    /// The password has expired.
    EXPIRED_PASSWORD = 63;
    /// The password may not be used.
    FORBIDDEN_PASSWORD = 64;
    /// The credential is missing or wrong.
    INVALID_CREDENTIAL = 65;
    /// The session's token has expired.
    EXPIRED_SESSION = 66;
    /// There is no such role.
    INVALID_ROLE = 70;
    /// The role exists.
    ROLE_ALREADY_EXISTS = 71;
    /// There is no such privilege.
    INVALID_PRIVILEGE = 72;
    /// The whitelist is malformed.
    INVALID_WHITELIST = 73;
    /// Quotas are not configured.
    QUOTAS_NOT_ENABLED = 74;
    /// The quota is malformed.
    INVALID_QUOTA = 75;
    /// The connection is not authenticated.
    NOT_AUTHENTICATED = 80;
    /// The user's roles do not allow it.
    ROLE_VIOLATION = 81;
    /// The client's address is not on the whitelist.
    NOT_WHITELISTED = 82;
    /// The quota is exceeded.
    QUOTA_EXCEEDED = 83;
    /// LDAP is not configured.
    LDAP_NOT_CONFIGURED = 90;
    /// LDAP is set up wrongly.
    LDAP_SETUP = 91;
    /// TLS to LDAP is set up wrongly.
    LDAP_TLS_SETUP = 92;
    /// LDAP did not authenticate the user.
    LDAP_AUTHENTICATION = 93;
    /// LDAP could not be queried.
    LDAP_QUERY = 94;
    /// The UDF failed.
    UDF_BAD_RESPONSE = 100;
    /// Another transaction holds the record.
    MRT_BLOCKED = 120;
    /// The record changed since the transaction read it.
    MRT_VERSION_MISMATCH = 121;
    /// The transaction's deadline has passed.
    MRT_EXPIRED = 122;
    /// The transaction wrote too many records.
    MRT_TOO_MANY_WRITES = 123;
    /// The transaction was committed.
    MRT_COMMITTED = 124;
    /// The transaction was aborted.
    MRT_ABORTED = 125;
    /// The transaction has locked the record before.
    MRT_ALREADY_LOCKED = 126;
    /// The transaction's monitor exists.
    MRT_MONITOR_EXISTS = 127;
    /// Batches are disabled.
    BATCH_DISABLED = 150;
    /// The batch has too many rows.
    BATCH_MAX_REQUESTS_EXCEEDED = 151;
    /// The batch queues are full.
    BATCH_QUEUES_FULL = 152;
    /// The text is not GeoJSON that the server takes.
    GEO_INVALID_GEOJSON = 160;
    /// The index exists.
    INDEX_FOUND = 200;
    /// There is no such index.
    INDEX_NOT_FOUND = 201;
    /// The index has no memory left.
    INDEX_OUT_OF_MEMORY = 202;
    /// The index is still being built.
    INDEX_NOT_READABLE = 203;
    /// An unspecified error of an index.
    INDEX_GENERIC = 204;
    /// The index's name is too long.
    INDEX_NAME_MAX_LENGTH = 205;
    /// There are too many indexes.
    INDEX_MAX_COUNT = 206;
}

impl ResultCode {
    /// Whether the command succeeded.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Its documented name, if the code has one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self.described() {
            Some((name, _)) => Some(name),
            None => None,
        }
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.described() {
            Some((name, doc)) => write!(f, "{name} ({}):{doc}", self.0),
            None => write!(f, "result code {}", self.0),
        }
    }
}

impl fmt::Debug for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "ResultCode({})", self.0),
        }
    }
}

impl std::error::Error for ResultCode {}

/// The text is neither a number from 0 to 255 nor the name of a result code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownResultCode;

impl fmt::Display for UnknownResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a result code such as 18 or device-overload")
    }
}

impl std::error::Error for UnknownResultCode {}

/// Parses a number or a name. Names are read in upper and lower case, with `-` or `_` between words.
///
/// ```
/// use spikelet_wire::ResultCode;
///
/// assert_eq!("18".parse(), Ok(ResultCode::DEVICE_OVERLOAD));
/// assert_eq!("device-overload".parse(), Ok(ResultCode::DEVICE_OVERLOAD));
/// assert!("300".parse::<ResultCode>().is_err());
/// ```
impl FromStr for ResultCode {
    type Err = UnknownResultCode;

    fn from_str(text: &str) -> Result<Self, UnknownResultCode> {
        let constant = text.replace('-', "_").to_ascii_uppercase();
        let named = Self::ALL.iter().find(|code| code.name() == Some(&constant));
        let number = || text.parse().map(Self).map_err(|_| UnknownResultCode);
        named.copied().map_or_else(number, Ok)
    }
}
