//! The parameters by which faults are aimed, and the journal is filtered.

use std::str::FromStr;

use spikelet_wire::UserKey;

use super::ask::Ask;
use crate::command::aim::{Aim, Record};
use crate::command::{Command, ControlError};

/// Their names.
pub(super) const PARAMETERS: &[&str] = &[
    "command",
    "namespace",
    "set",
    "key",
    "int-key",
    "blob-key",
    "digest",
    "node",
];

/// Which requests are meant.
pub(super) fn aim(ask: &Ask<'_>) -> Result<Aim, ControlError> {
    let command = ask.optional("command").map(Command::from_str).transpose();
    let command = command.map_err(|error| ControlError::parameter(error.to_string()))?;
    Ok(Aim {
        command: command.unwrap_or_default(),
        namespace: ask.optional("namespace").map(str::to_owned),
        set: ask.optional("set").map(str::to_owned),
        record: record(ask)?,
        node: ask.parsed_if_given("node")?,
    })
}

/// One of four ways to name a record: an integer and its digits are two keys, and what is no text is written in hexadecimal.
fn record(ask: &Ask<'_>) -> Result<Option<Record>, ControlError> {
    let blob = ask.optional("blob-key");
    let wrong = |_| ControlError::parameter(format!("bad blob-key '{}'", blob.unwrap_or_default()));
    let keys = [
        ask.optional("key").map(|key| Record::Key(key.into())),
        ask.parsed_if_given("int-key")?
            .map(|key| Record::Key(UserKey::Int(key))),
        blob.map(UserKey::from_hex).transpose().map_err(wrong)?.map(Record::Key),
        ask.parsed_if_given("digest")?.map(Record::Digest),
    ];
    let mut given = keys.into_iter().flatten();
    match (given.next(), given.next()) {
        (record, None) => Ok(record),
        _ => Err(ControlError::parameter(
            "only one of 'key', 'int-key', 'blob-key' and 'digest' can be given",
        )),
    }
}
