//! Strategies for commands, and for sequences of commands.

use proptest::collection::vec;
use proptest::prelude::*;
use spikelet_client::Operation;
use spikelet_wire::message::ttl;

use super::bits::bits;
use super::collections::{lists, maps};
use super::expressions::{bool_expression, expressions};
use super::hll::hlls;
use super::paths::paths;
use super::scalars::scalars;
use crate::proptest::command::{Action, Command, Exists, Generation};

/// The number of records in a sequence.
pub(crate) const RECORDS: u8 = 2;
/// The maximum number of commands in a sequence.
const COMMANDS: usize = 12;

/// Any operation.
pub fn operations() -> impl Strategy<Value = Operation> {
    prop_oneof![3 => scalars(), 4 => lists(), 4 => maps(), 2 => bits(), 1 => hlls(), 1 => paths(), 2 => expressions()]
}

/// A command with up to four operations of any kind, on one of two records.
pub fn commands() -> impl Strategy<Value = Command> {
    command(operations())
}

/// A command with up to four of these operations, or sometimes a deletion. It sometimes has a record exists action, a
/// generation, a TTL or a filter.
pub fn command(operations: impl Strategy<Value = Operation> + 'static) -> impl Strategy<Value = Command> {
    let action = prop_oneof![
        30 => vec(operations, 1..5).prop_map(Action::Operate),
        1 => Just(Action::Operate(vec![Operation::get_all()])),
        1 => Just(Action::Delete),
    ];
    let exists = prop_oneof![
        30 => Just(Exists::Update),
        1 => Just(Exists::UpdateOnly),
        1 => Just(Exists::Replace),
        1 => Just(Exists::ReplaceOnly),
        1 => Just(Exists::CreateOnly),
    ];
    let generation = prop_oneof![
        30 => Just(Generation::Any),
        1 => (0..4_u32).prop_map(Generation::Equal),
        1 => (0..4_u32).prop_map(Generation::Less),
    ];
    let ttl = prop_oneof![
        20 => Just(ttl::DEFAULT),
        1 => Just(ttl::NEVER),
        1 => Just(ttl::DONT_UPDATE),
        2 => Just(1000),
    ];
    let filter = prop_oneof![12 => Just(None), 1 => bool_expression().prop_map(|filter| Some(filter.into_bytes()))];
    (0..RECORDS, action, exists, generation, ttl, any::<bool>(), filter).prop_map(
        |(record, action, exists, generation, ttl, respond_all_ops, filter)| Command {
            record,
            action,
            exists,
            generation,
            ttl,
            respond_all_ops,
            filter,
        },
    )
}

/// A sequence of up to twelve of these commands.
pub fn sequence(commands: impl Strategy<Value = Command>) -> impl Strategy<Value = Vec<Command>> {
    vec(commands, 1..=COMMANDS)
}
