//! Strategies for operations on whole bins.

use proptest::prelude::*;
use spikelet_client::Operation;

use super::values::{bin, blob, mostly, plain, stored};

/// An operation that reads, writes or deletes a bin, adds or appends to it, or touches the record.
pub fn scalars() -> impl Strategy<Value = Operation> {
    let simple = || prop_oneof![6 => plain(), 1 => blob(), 1 => stored()];
    let scalar = || mostly("scalar");
    prop_oneof![
        3 => bin().prop_map(Operation::get),
        2 => (bin(), stored()).prop_map(|(bin, value)| Operation::write(bin, value)),
        3 => (scalar(), simple()).prop_map(|(bin, value)| Operation::write(bin, value)),
        1 => bin().prop_map(Operation::remove_bin),
        2 => (scalar(), simple()).prop_map(|(bin, value)| Operation::add(bin, value)),
        2 => (scalar(), simple()).prop_map(|(bin, value)| Operation::append(bin, value)),
        2 => (scalar(), simple()).prop_map(|(bin, value)| Operation::prepend(bin, value)),
        1 => Just(Operation::touch()),
        1 => Just(Operation::delete()),
    ]
}
