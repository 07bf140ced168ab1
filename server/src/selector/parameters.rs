//! The parameters of a selector, by name.

use spikelet_wire::UserKey;

use super::{SelectedRecord, Selector};
use crate::parameter::{ParameterError, parsed};

impl Selector {
    /// The names of the parameters.
    pub(crate) const PARAMETERS: &[&str] = &[
        "command",
        "namespace",
        "set",
        "key",
        "int-key",
        "blob-key",
        "digest",
        "transaction",
        "node",
        "user",
    ];

    /// Sets a parameter. At most one of `key`, `int-key`, `blob-key` and `digest` can be set. An integer key and its digits as
    /// a string are different keys; blobs and digests are hexadecimal.
    pub(crate) fn set_parameter(&mut self, name: &str, value: &str) -> Result<(), ParameterError> {
        match name {
            "command" => {
                let error = |_| ParameterError::value("command", value, format!("one of {}", super::command::names()));
                self.command = value.parse().map_err(error)?;
            }
            "namespace" => self.namespace = Some(value.to_owned()),
            "set" => self.set = Some(value.to_owned()),
            "key" => self.set_record(SelectedRecord::Key(value.into()))?,
            "int-key" => {
                let key = parsed("int-key", value, "a signed 64-bit integer")?;
                self.set_record(SelectedRecord::Key(UserKey::Int(key)))?;
            }
            "blob-key" => {
                let error = |_| ParameterError::value("blob-key", value, "pairs of hexadecimal digits");
                let key = UserKey::from_hex(value).map_err(error)?;
                self.set_record(SelectedRecord::Key(key))?;
            }
            "digest" => self.set_record(SelectedRecord::Digest(parsed(
                "digest",
                value,
                "40 hexadecimal digits",
            )?))?,
            "transaction" => self.transaction = Some(parsed("transaction", value, "the id of a transaction")?),
            "node" => self.node = Some(parsed("node", value, "the id of a node in hexadecimal, such as B2")?),
            "user" => self.user = Some(value.to_owned()),
            _ => return Err(ParameterError::unknown(name)),
        }
        Ok(())
    }

    fn set_record(&mut self, record: SelectedRecord) -> Result<(), ParameterError> {
        match self.record.replace(record) {
            None => Ok(()),
            Some(_) => Err(ParameterError::Conflict(
                "only one of 'key', 'int-key', 'blob-key' and 'digest' can be given",
            )),
        }
    }
}
