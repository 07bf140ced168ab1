//! In the place of `spikelet/tls/...`, in a build without the cargo feature `tls`.

use super::call::{Call, Reply};
use crate::state::ControlError;

pub(super) fn authority(_: &Call<'_>) -> Reply {
    Err(ControlError::parameter(
        "the server was built without the cargo feature `tls`",
    ))
}

pub(super) use {authority as client, authority as present};
