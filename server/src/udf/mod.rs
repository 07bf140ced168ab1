//! UDFs: Lua modules that clients register, and their functions, applied to records.
//!
//! A script sees records, lists, maps and bytes under the names of Aerospike's documentation. It can reach nothing else: no
//! files, no network, no other records. [`limits`] bounds its memory and its time. A script changes a copy of its record;
//! the command decides whether and how the copy is stored.
//!
//! `list`, `map`, `iterator`, `value` and `tostring` import each other, as the values do: a list holds maps and a map lists,
//! and each of them is packed, printed and iterated over together with what it holds.

mod aerospike;
mod arguments;
mod bytes;
mod errors;
mod functions;
mod geojson;
mod iterator;
mod limits;
mod list;
mod lua_state;
mod map;
mod modules;
mod record;
mod sources;
mod stdlib;
#[cfg(test)]
mod tests;
mod tostring;
mod value;

pub(crate) use self::lua_state::{Answer, Call};
pub(crate) use self::modules::{CompileError, MAX_FILE_NAME, Modules};
pub(crate) use self::record::{Subject, Work};

/// The value that a UDF returns to the client: a particle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) particle_type: spikelet_wire::ParticleType,
    pub(crate) data: Vec<u8>,
}
