//! UDFs: Lua modules that clients register, and their functions, applied to records.
//!
//! A script sees records, lists, maps and bytes under the names of Aerospike's documentation. It sees nothing else of the
//! world: no files, no network, no other records. It runs for as long as its command may take, within a limit of
//! memory. What it does to its record it does to a copy; whether and how that is stored is the command's to decide.

mod arguments;
mod bytes;
#[cfg(test)]
mod compared;
mod geojson;
mod host;
mod iterator;
mod linear;
mod list;
mod map;
mod modules;
mod pattern;
mod protected;
mod record;
mod state;
mod string;
mod table;
mod text;
mod value;

pub(crate) use self::modules::{CompileError, MAX_FILE_NAME, Modules};
pub(crate) use self::record::{Subject, Work};
pub(crate) use self::state::{Answer, Call};

/// What a UDF gives the client: a particle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) particle_type: spikelet_wire::ParticleType,
    pub(crate) data: Vec<u8>,
}
#[cfg(test)]
mod tests;
