//! `CDT_READ` and `CDT_MODIFY`: operations on lists and maps, and path expressions.

use spikelet_wire::ResultCode;
use spikelet_wire::cdt::{Call, SELECT};

use super::exp::path;
use super::{Particle, cdt};

/// Executes an operation that reads a list or map.
///
/// `argument` is the operation's code and its arguments, as [`spikelet_wire::cdt`] describes them. The result is `None` if the
/// operation returns nothing, and if there is no bin.
///
/// # Errors
/// Those of `cdt::read`, or for a path expression those of `path::read`.
pub fn read(bin: Option<&Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    match bin {
        Some(_) if is_path(argument)? => path::read(bin, argument),
        _ => cdt::read(bin, argument),
    }
}

/// Executes an operation that modifies a list or map. On an error the bin is unchanged.
///
/// # Errors
/// Those of `cdt::modify`, or for a path expression those of `path::modify`.
pub fn modify(bin: &mut Option<Particle>, argument: &[u8]) -> Result<Option<Particle>, ResultCode> {
    if is_path(argument)? {
        path::modify(bin, argument)
    } else {
        cdt::modify(bin, argument)
    }
}

fn is_path(argument: &[u8]) -> Result<bool, ResultCode> {
    let call = Call::read(argument).map_err(|_| ResultCode::PARAMETER)?;
    Ok(call.code == SELECT)
}
