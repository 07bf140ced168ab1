//! Calls of bin operations on values inside an expression.

use super::expression::{Exp, ExpType, Removal};
use super::path::{Path, Select};
use crate::exp::{CallSystem, Operator};
use crate::msgpack::write;
use crate::value::{Map, Value};

fn call<T: ExpType>(system: CallSystem, modifies: bool, operation: &[u8], on: &[u8]) -> Exp<T> {
    let (mut of, mut code) = (Vec::new(), Vec::new());
    write::uint(&mut of, u64::from(T::TYPE.code()));
    let flag = if modifies { CallSystem::MODIFY_LOCAL } else { 0 };
    write::uint(&mut code, system as u64 | flag);
    Exp::operator(Operator::Call, &[&of, &code, operation, on])
}

impl<O> Exp<O> {
    /// The result of a read operation on the value.
    ///
    /// `operation` is the operation's argument as in a command, except that every list among its parameters is an
    /// expression. A list literal must therefore be quoted, as [`literal`](Self::literal) does. Unknown if the
    /// operation fails or returns a value of another type.
    pub fn read<T: ExpType>(self, system: CallSystem, operation: &[u8]) -> Exp<T> {
        call(system, false, operation, &self.bytes)
    }

    /// The value as changed by a modify operation; see [`read`](Self::read). Unknown if the operation fails.
    pub fn modified(self, system: CallSystem, operation: &[u8]) -> Self
    where
        O: ExpType,
    {
        call(system, true, operation, &self.bytes)
    }
}

macro_rules! collections {
    ($($of:ty),*) => {
        $(impl Exp<$of> {
            /// The elements that a path selects, nested as in the original collection.
            ///
            /// Unknown if the path fails.
            pub fn select(self, path: &Path) -> Self {
                call(CallSystem::Cdt, false, &path.select(Select::Tree), &self.bytes)
            }

            /// The elements that a path selects, as a list.
            ///
            /// Unknown if the path fails.
            pub fn select_leaves(self, path: &Path, what: Select) -> Exp<Vec<Value>> {
                call(CallSystem::Cdt, false, &path.select(what), &self.bytes)
            }

            /// The collection with each element that a path selects replaced by the value of an expression.
            ///
            /// Unknown if the path fails.
            pub fn modify<T>(self, path: &Path, to: &Exp<T>) -> Self {
                call(CallSystem::Cdt, true, &path.modify(to), &self.bytes)
            }

            /// The collection without the elements that a path selects.
            ///
            /// Unknown if the path fails.
            pub fn remove(self, path: &Path) -> Self {
                let removal: Exp<Removal> = super::remove();
                self.modify(path, &removal)
            }
        })*
    };
}

collections!(Vec<Value>, Map);
