//! UDF modules, as they are registered and listed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use spikelet_wire::ResultCode;

use super::info_command::{InfoCommand, parameter_value, refused};
use crate::error::Error;

/// A UDF module as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its file's name.
    pub file: String,
    /// A hash of its content, in hexadecimal digits.
    pub hash: String,
    /// Its language, which is `LUA`.
    pub language: String,
}

impl Module {
    pub(super) fn read(text: &str) -> Option<Self> {
        let value = |name| parameter_value(text, ',', name).map(str::to_owned);
        Some(Self {
            file: value("filename")?,
            hash: value("hash").unwrap_or_default(),
            language: value("type").unwrap_or_default(),
        })
    }
}

pub(super) fn put(file: &str, script: &[u8]) -> InfoCommand {
    let content = STANDARD.encode(script);
    InfoCommand::new("udf-put")
        .parameter("filename", file)
        .parameter("content", &content)
        .parameter("content-len", &content.len().to_string())
        .parameter("udf-type", "LUA")
}

/// The error of a command on modules. If the script does not compile, the reply has the reason in base64.
pub(super) fn error(reply: &str) -> Error {
    let text = || {
        let message = STANDARD.decode(parameter_value(reply, ';', "message")?).ok()?;
        let line = parameter_value(reply, ';', "line").unwrap_or("?");
        Some(format!("line {line}: {}", String::from_utf8_lossy(&message)))
    };
    refused(ResultCode::UDF_BAD_RESPONSE, text().unwrap_or_else(|| reply.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_refusals_are_read() {
        assert_eq!(
            Module::read("filename=a.lua,hash=0f,type=LUA"),
            Some(Module {
                file: "a.lua".into(),
                hash: "0f".into(),
                language: "LUA".into()
            })
        );
        let compile_error = error("compile_error;file=a.lua;line=3;message=b29wcw==");
        assert_eq!(compile_error.to_string(), "the server refused (100): line 3: oops");
        assert_eq!(
            error("invalid_filename").to_string(),
            "the server refused (100): invalid_filename"
        );
    }
}
