//! Operations by path, on elements at many places of a list or a map.

use spikelet_wire::exp::build::{Exp, Path, Select, remove};
use spikelet_wire::{OpCode, ParticleType};

use crate::operation::Operation;

/// Operations by path on the list or map in a bin.
///
/// Within an expression, lists and maps have these operations as methods.
///
/// ```
/// use spikelet_client::exp::{Path, Select, loop_value};
/// use spikelet_client::ops::path;
///
/// // {"books": [{"price": 8}, ...]}
/// let prices = Path::new().key("books").all().key("price");
/// let operations = [
///     path("shop").select(&prices, Select::Values),
///     path("shop").modify(&prices, &(loop_value::<i64>() * 2)),
///     path("shop").remove(&prices.and(loop_value::<i64>().gt(20))),
/// ];
/// ```
pub fn path(bin: impl Into<String>) -> OnPath {
    OnPath { bin: bin.into() }
}

/// Operations by path; see [`path`].
#[derive(Debug, Clone)]
#[must_use = "call the method of an operation"]
pub struct OnPath {
    bin: String,
}

impl OnPath {
    /// Returns the elements at the end of a path.
    pub fn select(self, path: &Path, what: Select) -> Operation {
        Operation::raw(OpCode::CDT_READ, self.bin, ParticleType::BLOB, path.select(what))
    }

    /// Replaces each element at the end of a path with the value of an expression, in which
    /// [`loop_value`](crate::exp::loop_value) is the element.
    pub fn modify<T>(self, path: &Path, to: &Exp<T>) -> Operation {
        Operation::raw(OpCode::CDT_MODIFY, self.bin, ParticleType::BLOB, path.modify(to))
    }

    /// Removes the elements at the end of a path.
    pub fn remove(self, path: &Path) -> Operation {
        self.modify(path, &remove())
    }
}
