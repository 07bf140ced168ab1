//! Work on other threads, and its outcome as a promise.

use napi::bindgen_prelude::{AsyncTask, Object, ToNapiValue, TypeName};
use napi::{Env, Result, Task, ValueType, sys};
use spikelet_bindings::{Error, Plain};

use crate::error::code;
use crate::server::JsServer;
use crate::value::JsPlain;

/// What work results in.
pub enum Done {
    Nothing,
    Plain(Plain),
    Server(JsServer),
}

/// The outcome that a promise is fulfilled with: an object with a `value`, or with the `code` and the `message` of an error.
/// napi rejects promises only with codes of its own.
pub struct Outcome(pub(crate) std::result::Result<Done, Error>);

impl TypeName for Outcome {
    fn type_name() -> &'static str {
        "Outcome"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for Outcome {
    unsafe fn to_napi_value(env: sys::napi_env, outcome: Self) -> Result<sys::napi_value> {
        let mut object = Object::new(&Env::from_raw(env))?;
        match outcome.0 {
            Ok(Done::Nothing) => object.set("value", ())?,
            Ok(Done::Plain(plain)) => object.set("value", JsPlain(plain))?,
            Ok(Done::Server(server)) => object.set("value", server)?,
            Err(error) => {
                object.set("code", code(error.kind))?;
                object.set("message", error.message)?;
            }
        }
        // SAFETY: the object is of this environment.
        unsafe { Object::to_napi_value(env, object) }
    }
}

type Work = Box<dyn FnOnce() -> std::result::Result<Done, Error> + Send>;

/// Work on a thread of libuv.
pub struct Background(Option<Work>);

impl Background {
    pub(crate) fn run(work: impl FnOnce() -> std::result::Result<Done, Error> + Send + 'static) -> AsyncTask<Self> {
        AsyncTask::new(Self(Some(Box::new(work))))
    }
}

impl Task for Background {
    type Output = Outcome;
    type JsValue = Outcome;

    fn compute(&mut self) -> Result<Outcome> {
        Ok(Outcome(self.0.take().map_or(Ok(Done::Nothing), |work| work())))
    }

    fn resolve(&mut self, _: Env, outcome: Outcome) -> Result<Outcome> {
        Ok(outcome)
    }
}
