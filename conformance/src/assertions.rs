//! Assertions for scenarios. A failed assertion ends the scenario with a failure that names its line.

/// Fails the scenario unless the two are equal.
macro_rules! expect_eq {
    ($answered:expr, $expected:expr $(,)?) => {{
        let (answered, expected) = (&$answered, &$expected);
        if answered != expected {
            let what = stringify!($answered);
            return Err($crate::outcome::NotPassed::failed(format_args!(
                "{what} is {answered:?}, not {expected:?}"
            )));
        }
    }};
}

/// Fails the scenario unless the condition holds.
macro_rules! expect_true {
    ($condition:expr, $($shown:tt)+) => {
        if !$condition {
            return Err($crate::outcome::NotPassed::failed(format_args!($($shown)+)));
        }
    };
}

/// Fails the scenario unless the server rejected the command with this result code.
macro_rules! expect_refused {
    ($answer:expr, $code:ident) => {{
        let code = spikelet_wire::ResultCode::$code;
        match $answer {
            Err(error) if error.result_code() == Some(code) => {}
            Err(error) => {
                return Err($crate::outcome::NotPassed::failed(format_args!(
                    "{error}, not {code:?}"
                )));
            }
            Ok(answer) => {
                return Err($crate::outcome::NotPassed::failed(format_args!(
                    "{answer:?}, not {code:?}"
                )));
            }
        }
    }};
}

pub(crate) use {expect_eq, expect_refused, expect_true};
