//! The registered modules.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::Returned;
use super::lua_state::{Answer, Call, LuaState};
use super::record::{Record, Work};
use super::sources::Sources;
use crate::clock::Now;

/// The exclusive limit of a file name, in bytes.
pub(crate) const MAX_FILE_NAME: usize = 128;
/// How many idle Lua states of a module are kept.
const KEPT_STATES: usize = 4;

/// The modules of a server, and the Lua states in which they are loaded.
///
/// A call uses an idle state of its module, or a new one if all are busy.
pub(crate) struct Modules {
    sources: Arc<Sources>,
    states: Mutex<States>,
    /// The last modules that were [checked](Modules::check) and not registered yet.
    checked: Mutex<VecDeque<Checked>>,
}

/// A module that was checked, and the result.
struct Checked {
    file: String,
    script: Box<[u8]>,
    result: Result<(), CompileError>,
}

/// How many checked modules are kept until they are registered.
const KEPT_CHECKED: usize = 8;

#[derive(Debug, Default)]
struct States {
    /// How often modules were changed. States from before the last change are not used again.
    changes: u64,
    idle: HashMap<Box<[u8]>, Vec<LuaState>>,
}

/// Why a script cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CompileError {
    /// The name of the file; empty if Lua's message has none.
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) message: Vec<u8>,
}

impl Modules {
    /// No modules. Error messages say that scripts are in `usr/udf/lua` of the work directory, which is never read.
    pub(crate) fn new(work_directory: &str) -> Self {
        Self {
            sources: Arc::new(Sources::new(format!("{work_directory}/usr/udf/lua"))),
            states: Mutex::default(),
            checked: Mutex::default(),
        }
    }

    /// Registers a script, or replaces the one of the same name.
    ///
    /// # Errors
    /// When it cannot be compiled, or fails when it is run.
    pub(crate) fn put(&self, file: &str, script: &[u8]) -> Result<(), CompileError> {
        let checked = {
            let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
            let is_same = |checked: &Checked| checked.file == file && *checked.script == *script;
            checked.iter().position(is_same).and_then(|at| checked.remove(at))
        };
        checked.map_or_else(|| self.run(file, script), |checked| checked.result)?;
        self.sources.write().insert(file.to_owned(), script.into());
        self.forget_states();
        Ok(())
    }

    /// Checks a script that is about to be registered: compiles it, and runs it once. [`put`](Self::put) uses the result.
    pub(crate) fn check(&self, file: &str, script: &[u8]) {
        let result = self.run(file, script);
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        checked.truncate(KEPT_CHECKED - 1);
        checked.push_front(Checked {
            file: file.to_owned(),
            script: script.into(),
            result,
        });
    }

    fn run(&self, file: &str, script: &[u8]) -> Result<(), CompileError> {
        let text = |error: mlua::Error| error.to_string().into_bytes();
        LuaState::new(&self.sources)
            .map_err(text)
            .and_then(|state| state.run(file, script))
            .map_err(|message| CompileError::of(&message))
    }

    /// The script of a file.
    pub(crate) fn get(&self, file: &str) -> Option<Arc<[u8]>> {
        self.sources.get(file)
    }

    /// The scripts and their file names, in order.
    pub(crate) fn all(&self) -> Vec<(String, Arc<[u8]>)> {
        let scripts = self.sources.read();
        scripts
            .iter()
            .map(|(file, script)| (file.clone(), Arc::clone(script)))
            .collect()
    }

    /// Removes a script, if it exists.
    pub(crate) fn remove(&self, file: &str) {
        self.sources.write().remove(file);
        self.forget_states();
    }

    /// Replaces all scripts.
    pub(crate) fn restore(&self, scripts: &[(String, Arc<[u8]>)]) {
        *self.sources.write() = scripts.iter().cloned().collect();
        self.forget_states();
    }

    /// Replaces the script of a file by the one in `scripts`, or removes it if there is none.
    pub(crate) fn merge(&self, file: &str, scripts: &[(String, Arc<[u8]>)]) {
        let script = scripts.iter().find(|(other, _)| other == file);
        match script {
            Some((file, script)) => drop(self.sources.write().insert(file.clone(), Arc::clone(script))),
            None => drop(self.sources.write().remove(file)),
        }
        self.forget_states();
    }

    /// Drops the Lua states. Scripts are loaded again when they are called.
    pub(crate) fn forget_states(&self) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.changes += 1;
        states.idle.clear();
    }

    /// Applies a function to a record.
    pub(crate) fn apply(&self, now: Now, call: &Call<'_>, work: Work) -> (Answer, Option<Work>) {
        let record = Record::new(work);
        let answer = self.with_state(call.module, |state| state.apply(call, &record, now));
        (answer.unwrap_or_else(Answer::no_module), record.take())
    }

    /// Applies a function to a stream of records.
    ///
    /// # Errors
    /// The error message for the client.
    pub(crate) fn apply_stream(
        &self,
        now: Now,
        call: &Call<'_>,
        next: impl FnMut() -> Option<Work>,
        write: impl FnMut(Returned),
    ) -> Result<(), Vec<u8>> {
        self.with_state(call.module, |state| state.apply_stream(call, now, next, write))
            .unwrap_or_else(|| Err(b"UDF: Execution Error 1".to_vec()))
    }

    /// Runs something in a Lua state of a module; `None` if the module cannot be loaded.
    fn with_state<T>(&self, module: &[u8], run: impl FnOnce(&LuaState) -> T) -> Option<T> {
        let (kept, changes) = {
            let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
            (states.idle.get_mut(module).and_then(Vec::pop), states.changes)
        };
        let state = match kept {
            Some(state) => state,
            None => {
                let file = format!("{}.lua", std::str::from_utf8(module).ok()?);
                // A module name with a dot would be a path to Lua, and there are no folders.
                self.sources.get(&file)?;
                let state = LuaState::new(&self.sources).ok()?;
                state.load(module).is_ok_and(|loaded| loaded).then_some(state)?
            }
        };
        let result = run(&state);
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if states.changes == changes && state.is_sound() {
            let idle = states.idle.entry(module.into()).or_default();
            if idle.len() < KEPT_STATES {
                idle.push(state);
            }
        }
        Some(result)
    }
}

impl CompileError {
    /// Parses an error message of Lua: `[string "file"]:line: message`. Of any other message the first line is kept.
    fn of(message: &[u8]) -> Self {
        const LONGEST: usize = 256;
        let message = String::from_utf8_lossy(message);
        let parts = message.strip_prefix('[').and_then(|rest| {
            let (_, rest) = rest.split_once('"')?;
            let (file, rest) = rest.split_once('"')?;
            let (_, rest) = rest.split_once(':')?;
            let (line, rest) = rest.split_once(':')?;
            Some((file, line.parse().unwrap_or(0), rest.strip_prefix(' ').unwrap_or(rest)))
        });
        match parts {
            Some((file, line, message)) => Self {
                file: file.to_owned(),
                line,
                message: message.as_bytes().to_vec(),
            },
            None => {
                let mut line = message.lines().next().unwrap_or_default().as_bytes().to_vec();
                line.truncate(LONGEST);
                Self {
                    file: String::new(),
                    line: 0,
                    message: line,
                }
            }
        }
    }
}

impl fmt::Debug for Modules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.sources.read().keys()).finish()
    }
}
