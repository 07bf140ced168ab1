//! Calls of operations on values: what they read, or what they leave behind.

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
    /// What an operation reads of it.
    ///
    /// `operation` is the operation's argument as in a command, but that every list among its parameters is an expression,
    /// and so a list that is meant as such is quoted, as [`literal`](Self::literal) does it. Unknown where the operation
    /// fails, or reads a value of another type.
    pub fn read<T: ExpType>(self, system: CallSystem, operation: &[u8]) -> Exp<T> {
        call(system, false, operation, &self.bytes)
    }

    /// What an operation leaves behind of it; see [`read`](Self::read). Unknown where the operation fails.
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
        })*
    };
}

collections!(Vec<Value>, Map);
