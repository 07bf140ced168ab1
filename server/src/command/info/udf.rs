//! UDF modules: `udf-put`, `udf-get`, `udf-list`, `udf-remove` and `udf-clear-cache`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha1::{Digest as _, Sha1};

use super::call::{Answered, Call};
use crate::state::SmdItem;
use crate::udf::{CompileError, MAX_FILE_NAME};

/// The only language of modules.
const LUA: &str = "LUA";
/// The largest script, in bytes.
const MAX_SCRIPT: usize = 1024 * 1024;

/// An error. Unlike other commands, these have no result code in it.
type Refusal = &'static str;

/// `udf-put:filename=NAME;content=BASE64;content-len=SIZE;udf-type=LUA`
pub(super) fn put(call: &mut Call<'_>) -> Answered {
    match register(call) {
        Ok(Ok(())) => call.say("ok"),
        Ok(Err(CompileError { file, line, message })) => {
            let message = BASE64.encode(message);
            call.say(format_args!(
                "error=compile_error;file={file};line={line};message={message}"
            ));
        }
        Err(refusal) => call.say(refusal),
    }
    Ok(())
}

/// Checks a module that is about to be registered: compiles it, and runs it once.
pub(super) fn check(call: &Call<'_>) {
    if let Ok((file, script)) = module(call) {
        call.state.modules().check(file, &script);
    }
}

fn register(call: &Call<'_>) -> Result<Result<(), CompileError>, Refusal> {
    let (file, script) = module(call)?;
    let put = call.state.modules().put(file, &script);
    if put.is_ok() {
        record_change(call, file);
    }
    Ok(put)
}

/// The name and the script of the module that a command registers.
fn module<'c>(call: &'c Call<'_>) -> Result<(&'c str, Vec<u8>), Refusal> {
    let file = file_name(call)?;
    match file.find('.') {
        None | Some(0) => return Err("error=invalid_filename"),
        Some(dot) if dot + 1 == file.len() => return Err("error=invalid_filename"),
        Some(_) => {}
    }
    let length = parameter(call, "content-len", 11).ok_or("error=invalid_content_len")?;
    if call.has("udf-type") && parameter(call, "udf-type", 16) != Some(LUA) {
        return Err("error=invalid_udf_type");
    }
    let length: u32 = length.parse().map_err(|_| "error=invalid_content_len")?;
    // `content-len` is the length of the base64 text, a multiple of four.
    if !length.is_multiple_of(4) {
        return Err("error=invalid_content_len");
    }
    let content = call
        .value("content")
        .filter(|content| !content.is_empty() && content.len() == length as usize)
        .ok_or("error=invalid_content")?;
    if content.len() / 4 * 3 > MAX_SCRIPT {
        return Err("error=invalid_udf_content_len,>1M");
    }
    let script = BASE64.decode(content).map_err(|_| "error=invalid_base64_content")?;
    Ok((file, script))
}

/// `udf-get:filename=NAME`
pub(super) fn get(call: &mut Call<'_>) -> Answered {
    match file_name(call).map(|file| call.state.modules().get(file)) {
        Ok(Some(script)) if script.is_empty() => call.say("error=empty"),
        Ok(Some(script)) => {
            let content = BASE64.encode(script);
            call.say(format_args!("type={LUA};content={content};"));
        }
        Ok(None) => call.say("error=not_found"),
        Err(refusal) => call.say(refusal),
    }
    Ok(())
}

/// `udf-list`
pub(super) fn list(call: &mut Call<'_>) -> Answered {
    for (file, script) in call.state.modules().all() {
        // The hash is of the module's item in the system metadata.
        let content = BASE64.encode(script);
        let name = serde_json::Value::from(file.as_str());
        let item = format!(r#"{{"content64": "{content}", "type": "{LUA}", "name": {name}}}"#);
        let hash: String = Sha1::digest(item).iter().map(|byte| format!("{byte:02x}")).collect();
        call.say(format_args!("filename={file},hash={hash},type={LUA};"));
    }
    Ok(())
}

/// `udf-remove:filename=NAME`. Succeeds if there is no such module.
pub(super) fn remove(call: &mut Call<'_>) -> Answered {
    let removed = file_name(call).map(|file| {
        call.state.modules().remove(file);
        record_change(call, file);
    });
    call.say(removed.map_or_else(|refusal| refusal, |()| "ok"));
    Ok(())
}

/// Records in the system metadata that a module is registered or removed.
fn record_change(call: &Call<'_>, file: &str) {
    call.state.smd().record(SmdItem::Module(file.to_owned()), call.now);
}

/// `udf-clear-cache:`
pub(super) fn clear_cache(call: &mut Call<'_>) -> Answered {
    call.state.modules().forget_states();
    call.say("ok");
    Ok(())
}

fn file_name<'c>(call: &'c Call<'_>) -> Result<&'c str, Refusal> {
    parameter(call, "filename", MAX_FILE_NAME).ok_or("error=invalid_filename")
}

/// The value of a parameter, if it has fewer than `limit` bytes.
fn parameter<'c>(call: &'c Call<'_>, name: &str, limit: usize) -> Option<&'c str> {
    call.value(name).filter(|value| value.len() < limit)
}
