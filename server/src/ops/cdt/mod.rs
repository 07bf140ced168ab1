//! Collection data types: operations on lists and maps.
//!
//! An operation of `CDT_READ` or `CDT_MODIFY` takes these steps, each in a file of its own:
//!
//! - `execute` decodes the call, and dispatches it to `list` or `map`.
//! - `context` follows a context to a nested collection, and puts the modified collection back in its place.
//! - `arguments` reads the arguments of the call.
//! - `list/select.rs` and `map/select/` select elements; `list/` and `map/` hold a file for each way to modify.
//! - `return_type` turns the selected elements into the result.
//! - `normalise` checks values from a client, and brings them into the stored form.
//!
//! Operations work on the encoded form: they locate elements only as far as needed, compare them where they are, and write
//! the modified collection in one go. Only values from a client are decoded.

mod arguments;
mod bounds;
mod collection;
mod context;
mod execute;
mod head;
mod increment;
mod inspect;
mod list;
mod map;
mod normalise;
mod outcome;
mod result;
mod return_type;
mod selection;
mod target;
mod value_list;
mod wire;

pub(crate) use context::is_read_context;
pub(crate) use execute::{modify, read};
pub(crate) use head::append_head;
pub(crate) use inspect::{at_context, each_element, each_pair};
pub(crate) use normalise::{is_compact, is_key};
pub(crate) use wire::{from_wire, to_wire};

#[cfg(test)]
mod tests;
