//! The parameters that select requests, for faults and for the journal.

use std::str::FromStr;

use spikelet_wire::UserKey;

use super::call::Call;
use crate::selector::{Command, SelectedRecord, Selector};
use crate::state::ControlError;

/// The names of the parameters.
pub(super) const PARAMETERS: &[&str] = &[
    "command",
    "namespace",
    "set",
    "key",
    "int-key",
    "blob-key",
    "digest",
    "node",
    "user",
];

/// Reads the selector from the parameters.
pub(super) fn selector(call: &Call<'_>) -> Result<Selector, ControlError> {
    let command = call.optional("command").map(Command::from_str).transpose();
    let command = command.map_err(|error| ControlError::parameter(error.to_string()))?;
    Ok(Selector {
        command: command.unwrap_or_default(),
        namespace: call.optional("namespace").map(str::to_owned),
        set: call.optional("set").map(str::to_owned),
        record: record(call)?,
        node: call.parsed_if_given("node")?,
        user: call.optional("user").map(str::to_owned),
    })
}

/// At most one of `key`, `int-key`, `blob-key` and `digest`. An integer key and its digits as a string are different keys;
/// blobs and digests are hexadecimal.
fn record(call: &Call<'_>) -> Result<Option<SelectedRecord>, ControlError> {
    let blob = call.optional("blob-key");
    let wrong = |_| ControlError::parameter(format!("bad blob-key '{}'", blob.unwrap_or_default()));
    let keys = [
        call.optional("key").map(|key| SelectedRecord::Key(key.into())),
        call.parsed_if_given("int-key")?
            .map(|key| SelectedRecord::Key(UserKey::Int(key))),
        blob.map(UserKey::from_hex)
            .transpose()
            .map_err(wrong)?
            .map(SelectedRecord::Key),
        call.parsed_if_given("digest")?.map(SelectedRecord::Digest),
    ];
    let mut given = keys.into_iter().flatten();
    match (given.next(), given.next()) {
        (record, None) => Ok(record),
        _ => Err(ControlError::parameter(
            "only one of 'key', 'int-key', 'blob-key' and 'digest' can be given",
        )),
    }
}
