//! Strategies for commands, and for sequences of commands.

use proptest::collection::vec;
use proptest::prelude::*;
use spikelet_client::Operation;
use spikelet_wire::message::ttl;

use super::bits::bits;
use super::collections::{lists, maps};
use super::expressions::{bool_expression, expressions};
use super::forms::forms;
use super::hll::hlls;
use super::indexes::indexed;
use super::paths::paths;
use super::scalars::scalars;
use super::values::BINS;
use crate::proptest::command::{Action, Bins, Command, Exists, Generation};
use crate::proptest::records::Records;

/// The maximum number of commands in a sequence.
const COMMANDS: usize = 12;

/// Any operation.
pub fn operations() -> impl Strategy<Value = Operation> {
    // Boxed, because strategies of this size overflow the stack of a test's thread.
    prop_oneof![
        3 => scalars().boxed(),
        4 => lists().boxed(),
        4 => maps().boxed(),
        2 => forms().boxed(),
        2 => bits().boxed(),
        2 => hlls().boxed(),
        2 => paths().boxed(),
        2 => expressions().boxed(),
    ]
}

/// A command with up to four operations of any kind, on one of two records; sometimes a batch or a query.
pub fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        12 => command(operations()).boxed(),
        2 => batch(command(operations())).boxed(),
        1 => query().boxed(),
    ]
}

/// A batch of up to four of these commands, the rows of which are executed one after the other.
pub fn batch(rows: impl Strategy<Value = Command>) -> impl Strategy<Value = Command> {
    vec(rows, 1..5).prop_map(Command::batch)
}

/// A query for the records of the sequence: for all or some bins, sometimes with a filter.
pub fn query() -> impl Strategy<Value = Command> {
    (bins(), filter(3)).prop_map(|(bins, filter)| Command {
        filter,
        ..Command::query(bins)
    })
}

/// The bins that a query returns.
pub(super) fn bins() -> impl Strategy<Value = Bins> {
    prop_oneof![
        2 => Just(Bins::All),
        1 => Just(Bins::None),
        2 => proptest::sample::subsequence(&BINS[..], 1..4)
            .prop_map(|bins| Bins::Some(bins.into_iter().map(str::to_owned).collect())),
    ]
}

/// A filter with a weight of 1, or none with another weight.
pub(super) fn filter(none: u32) -> impl Strategy<Value = Option<Vec<u8>>> {
    prop_oneof![none => Just(None), 1 => bool_expression().prop_map(|filter| Some(filter.into_bytes()))]
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
    let filter = filter(12);
    (
        0..Records::COUNT,
        action,
        exists,
        generation,
        ttl,
        any::<bool>(),
        filter,
    )
        .prop_map(
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

/// Any sequence: one of eight uses [secondary indexes](indexed).
pub fn sequences() -> impl Strategy<Value = Vec<Command>> {
    prop_oneof![7 => sequence(commands()).boxed(), 1 => indexed().boxed()]
}

/// A sequence of up to twelve of these commands.
pub fn sequence(commands: impl Strategy<Value = Command>) -> impl Strategy<Value = Vec<Command>> {
    vec(commands, 1..=COMMANDS)
}
