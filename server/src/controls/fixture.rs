//! `spikelet/fixture`: files on the server's machine, whose paths contain no semicolon and no newline, or the content itself
//! in base64.

use std::error::Error as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use spikelet_wire::ResultCode;

use super::call::{Call, Reply, done};
use crate::fixture::{Fixture, FixtureError, Loaded};
use crate::handle;
use crate::state::ControlError;

/// `records=2;expired=0;indexes=1;modules=0`
pub(super) fn load(call: &Call<'_>) -> Reply {
    let loaded = match (call.optional("path"), call.optional("content")) {
        (Some(path), None) => handle::load_file(call.shared, Path::new(path)),
        (None, Some(content)) => {
            let bytes = BASE64.decode(content);
            let bytes = bytes.map_err(|error| ControlError::parameter(format!("bad content: {error}")))?;
            Fixture::from_bytes(&bytes).and_then(|fixture| handle::load(call.shared, &fixture))
        }
        _ => {
            return Err(ControlError::parameter(
                "exactly one of 'path' and 'content' is required",
            ));
        }
    };
    let Loaded {
        records,
        expired,
        indexes,
        modules,
    } = loaded.map_err(refused)?;
    Ok(format!(
        "records={records};expired={expired};indexes={indexes};modules={modules}"
    ))
}

pub(super) fn save(call: &Call<'_>) -> Reply {
    let with_last_updates = call.parsed_if_given("last-updates")?.unwrap_or(false);
    handle::save_json(call.shared, Path::new(call.required("path")?), with_last_updates).map_err(refused)?;
    done()
}

pub(super) fn backup(call: &Call<'_>) -> Reply {
    let (namespace, path) = (call.required("namespace")?, call.required("path")?);
    handle::save_backup(call.shared, namespace, Path::new(path)).map_err(refused)?;
    done()
}

fn refused(error: FixtureError) -> ControlError {
    let code = error.result_code().unwrap_or(ResultCode::PARAMETER);
    // The causes follow: for an error in a file, what is wrong there.
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    ControlError {
        code,
        text: text.replace('\n', " "),
    }
}
