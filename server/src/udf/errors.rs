//! Errors that scripts see, in Lua's words.

use mlua::{Error, Lua};

/// An error at the place where the script called the current function.
pub(super) fn raise(lua: &Lua, text: &str) -> Error {
    Error::RuntimeError(format!("{}{text}", position(lua, 1)))
}

/// The error that Lua itself raises when no memory is left.
pub(super) fn out_of_memory() -> Error {
    Error::MemoryError("not enough memory".to_owned())
}

/// The file and line of a running function, by its level on the call stack; empty for a function without a line.
pub(super) fn position(lua: &Lua, level: usize) -> String {
    lua.inspect_stack(level, |debug| {
        let source = debug.source();
        match (source.short_src, debug.current_line()) {
            (Some(source), Some(line)) => format!("{source}:{line}: "),
            _ => String::new(),
        }
    })
    .unwrap_or_default()
}

/// The text of an error, without the traceback.
pub(super) fn message(error: &Error) -> String {
    match error {
        Error::CallbackError { cause, .. } | Error::WithContext { cause, .. } => message(cause),
        Error::RuntimeError(text) | Error::MemoryError(text) => text.clone(),
        Error::SyntaxError { message, .. } => message.clone(),
        other => other.to_string(),
    }
}
