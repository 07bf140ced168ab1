//! The fields of a message: everything but its bins.

use bytes::{BufMut, BytesMut};

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldType(pub u8);

macro_rules! field_types {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl FieldType {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// Its documented name, if the code has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

field_types! {
    /// The namespace's name.
    NAMESPACE = 0;
    /// The set's name.
    SET = 1;
    /// The user's key: one byte of particle type, then its value.
    KEY = 2;
    /// The version of a record in a transaction (7 bytes).
    RECORD_VERSION = 3;
    /// The digest of set and key (20 bytes).
    DIGEST = 4;
    /// The id of a multi-record transaction.
    MRT_ID = 5;
    /// The deadline of a multi-record transaction.
    MRT_DEADLINE = 6;
    /// The id of a query or a background job.
    TRANSACTION_ID = 7;
    /// The socket timeout: how long the server may wait on the client's socket, in milliseconds.
    SOCKET_TIMEOUT = 9;
    /// The limit of a query, in records per second.
    RECORDS_PER_SECOND = 10;
    /// The partitions of a query, two little-endian bytes each.
    PARTITION_IDS = 11;
    /// The digests after which a query resumes.
    DIGESTS = 12;
    /// The maximum number of records that a query returns.
    SAMPLE_MAX = 13;
    /// The last update time of a record written by XDR.
    LAST_UPDATE_TIME = 14;
    /// The values after which an index query resumes.
    BVALS = 15;
    /// The name of a secondary index.
    INDEX_NAME = 21;
    /// The range of an index query.
    INDEX_RANGE = 22;
    /// The context of an index query.
    INDEX_CONTEXT = 23;
    /// The expression of an index query.
    INDEX_EXPRESSION = 24;
    /// The part of a collection that is indexed.
    INDEX_TYPE = 26;
    /// The name of a UDF's module.
    UDF_FILENAME = 30;
    /// The name of a UDF.
    UDF_FUNCTION = 31;
    /// The arguments of a UDF, a msgpack list.
    UDF_ARGLIST = 32;
    /// The mode of a UDF: on one record, as an aggregation, or in the background.
    UDF_OP = 33;
    /// The bins of a query in older protocol versions, which did not send them as operations.
    QUERY_BINLIST = 40;
    /// The rows of a batch.
    BATCH = 41;
    /// The rows of a batch, each with its set.
    BATCH_WITH_SET = 42;
    /// A filter expression.
    FILTER_EXPRESSION = 43;
}

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The type of the field.
    pub field_type: FieldType,
    /// The bytes of the field.
    pub data: &'a [u8],
}

impl Field<'_> {
    /// Appends the field: the size of the rest (4 bytes), type (1 byte), data.
    pub fn write(&self, out: &mut BytesMut) {
        out.put_u32(self.data.len() as u32 + 1);
        out.put_u8(self.field_type.0);
        out.put_slice(self.data);
    }
}
