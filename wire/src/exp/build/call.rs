//! Calls of operations on values: what they read, or what they leave behind.

use super::{Exp, ExpType, Hll, Path, Removal, Select};
use crate::bits::BitOperation;
use crate::exp::{CallSystem, Operator};
use crate::hll::HllOperation;
use crate::msgpack::write;
use crate::value::{Map, Value};

fn call<T: ExpType>(system: CallSystem, modifies: bool, operation: &[u8], on: &[u8]) -> Exp<T> {
    let (mut of, mut code) = (Vec::new(), Vec::new());
    write::uint(&mut of, u64::from(T::TYPE.code()));
    let flag = if modifies { CallSystem::MODIFY_LOCAL } else { 0 };
    write::uint(&mut code, system as u64 | flag);
    Exp::operator(Operator::Call, &[&of, &code, operation, on])
}

impl Exp<Vec<u8>> {
    /// What an operation reads of its bits.
    ///
    /// Unknown where the operation fails, or reads a value of another type.
    pub fn read_bits<T: ExpType>(self, operation: &BitOperation<'_>) -> Exp<T> {
        let mut encoded = Vec::new();
        operation.encode(&mut encoded);
        call(CallSystem::Bits, false, &encoded, &self.bytes)
    }

    /// What an operation on its bits leaves behind. Unknown where the operation fails.
    pub fn modify_bits(self, operation: &BitOperation<'_>) -> Self {
        let mut encoded = Vec::new();
        operation.encode(&mut encoded);
        call(CallSystem::Bits, true, &encoded, &self.bytes)
    }
}

impl Exp<Hll> {
    /// What an operation reads of it.
    ///
    /// Unknown where the operation fails, or reads a value of another type.
    pub fn read_hll<T: ExpType>(self, operation: &HllOperation<'_>) -> Exp<T> {
        let mut encoded = Vec::new();
        operation.encode(&mut encoded);
        call(CallSystem::Hll, false, &quoted(&encoded), &self.bytes)
    }

    /// What an operation leaves behind of it. Unknown where the operation fails.
    pub fn modify_hll(self, operation: &HllOperation<'_>) -> Self {
        let mut encoded = Vec::new();
        operation.encode(&mut encoded);
        call(CallSystem::Hll, true, &quoted(&encoded), &self.bytes)
    }
}

macro_rules! collections {
    ($($of:ty),*) => {
        $(impl Exp<$of> {
            /// The elements at the end of a path, in their shape.
            ///
            /// Unknown where the path fails.
            pub fn select(self, path: &Path) -> Self {
                call(CallSystem::Cdt, false, &path.select(Select::Tree), &self.bytes)
            }

            /// The elements at the end of a path, as a list.
            ///
            /// Unknown where the path fails.
            pub fn select_leaves(self, path: &Path, what: Select) -> Exp<Vec<Value>> {
                call(CallSystem::Cdt, false, &path.select(what), &self.bytes)
            }

            /// It with the values of an expression in place of the elements at the end of a path.
            ///
            /// Unknown where the path fails.
            pub fn modify<T>(self, path: &Path, to: &Exp<T>) -> Self {
                call(CallSystem::Cdt, true, &path.modify(to), &self.bytes)
            }

            /// It without the elements at the end of a path.
            ///
            /// Unknown where the path fails.
            pub fn remove(self, path: &Path) -> Self {
                let removal: Exp<Removal> = super::remove();
                self.modify(path, &removal)
            }

            /// What an operation reads of it; `operation` is the operation's argument, as in a command.
            ///
            /// Unknown where the operation fails, or reads a value of another type.
            pub fn read<T: ExpType>(self, operation: &[u8]) -> Exp<T> {
                call(CallSystem::Cdt, false, &quoted(operation), &self.bytes)
            }

            /// What an operation leaves behind of it; `operation` is the operation's argument, as in a command.
            ///
            /// Unknown where the operation fails.
            pub fn modified(self, operation: &[u8]) -> Self {
                call(CallSystem::Cdt, true, &quoted(operation), &self.bytes)
            }
        })*
    };
}

collections!(Vec<Value>, Map);

/// An operation whose lists are quoted, because a list is an expression in a call.
///
/// What is no operation stays as it is, for the server to refuse.
fn quoted(operation: &[u8]) -> Vec<u8> {
    try_quoted(operation).unwrap_or_else(|| operation.to_vec())
}

fn try_quoted(operation: &[u8]) -> Option<Vec<u8>> {
    use crate::msgpack::{Reader, Token};
    const CONTEXT: i64 = 0xff;
    let mut reader = Reader::new(operation);
    let mut count = reader.list().ok()?;
    let mut written = reader;
    if reader.int().ok()? == CONTEXT {
        reader.element().ok()?;
        count = reader.list().ok()?;
        written = reader;
        reader.int().ok()?;
    }
    written.element().ok()?;
    let mut out = operation.get(..reader.at())?.to_vec();
    for _ in 1..count {
        if let Token::List(_) = reader.peek().ok()? {
            write::list(&mut out, 2);
            write::uint(&mut out, u64::from(Operator::Quote.code()));
        }
        out.extend_from_slice(reader.element().ok()?);
    }
    Some(out)
}
