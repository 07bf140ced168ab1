//! In the place of `spikelet/tls/...`, in a build without the cargo feature `tls`.

use super::call::{Call, Reply};
use crate::state::ControlError;

fn refuse(_: &Call<'_>) -> Reply {
    Err(ControlError::parameter(
        "the server was built without the cargo feature `tls`",
    ))
}

pub(super) use {refuse as authority, refuse as client, refuse as present};
