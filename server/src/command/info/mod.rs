//! The info protocol: commands as lines of text.
//!
//! A command is `name`, `name:parameter=value;parameter=value` or `name/argument`, each ended by a newline. Text after the
//! last newline is ignored. The reply to each command is its own text, a tab, the value, and a newline.
//!
//! [`commands`] lists all commands; there is a file for each family of them.

mod base64;
mod call;
mod cluster_stable;
mod commands;
mod config;
mod controls;
mod debug_record;
mod diagnostics;
mod dumps;
mod endpoints;
mod error;
mod eviction;
mod histogram;
mod identity;
mod latencies;
mod logs;
mod masking;
mod parameters;
mod partition_info;
mod peers;
mod queries;
mod racks;
mod recluster;
mod replicas;
mod rosters;
mod sindex;
mod smd;
mod statistics;
mod truncate;
#[cfg_attr(not(feature = "udf"), path = "udf_disabled.rs")]
mod udf;
mod user_agents;
mod xdr;

use std::fmt::Write as _;

use bytes::{BufMut, BytesMut};
use spikelet_wire::FrameType;
use spikelet_wire::frame::OpenFrame;

use self::call::{Answered, Call};
use self::commands::{COMMANDS, Command};
use self::error::InfoError;
use super::query::{self, Maintenance, Query};
use crate::clock::Now;
use crate::permission::{Permission, Permissions};
use crate::refusal::Denied;
use crate::selector::is_control;
use crate::state::{Session, State, add};
use crate::version::Edition;

/// Executes an info request. Returns the query that does the rest in the background, if anything is left to be done.
pub(super) fn handle(state: &State, now: Now, session: &mut Session, body: &[u8], out: &mut BytesMut) -> Option<Query> {
    let frame = OpenFrame::begin(out);
    let mut execution = Execution {
        state,
        now,
        session,
        out,
        left: Vec::new(),
    };
    if let Some(error) = refused(state, execution.session, body) {
        // The commands are not even repeated.
        let _ = writeln!(execution.out, "{error}");
    } else if body.is_empty() {
        add(&execution.session.stats.deprecated_requests, 1);
        COMMANDS
            .iter()
            .filter(|command| command.in_summary())
            .for_each(|command| execution.answer(command.name));
    } else {
        let lines = body.split_inclusive(|&byte| byte == b'\n');
        lines
            .filter_map(|line| line.strip_suffix(b"\n"))
            .for_each(|line| execution.answer_line(line));
    }
    add(&execution.session.stats.info_complete, 1);
    let (node, left) = (execution.session.node, execution.left);
    frame.finish(FrameType::INFO, out);
    query::maintain(state, now, node, left)
}

/// Whether an info request registers UDF modules.
pub(super) fn registers_modules(body: &[u8]) -> bool {
    // Most requests are short, and all of them are looked at.
    cfg!(feature = "udf")
        && body
            .split(|&byte| byte == b'\n')
            .any(|line| line.starts_with(PUT_MODULE))
}

/// Checks the modules that a request registers, so that to execute the request takes no long time.
pub(super) fn check_modules(state: &State, now: Now, session: &mut Session, body: &[u8]) {
    if refused(state, session, body).is_some() {
        return;
    }
    let lines = body
        .split(|&byte| byte == b'\n')
        .filter(|line| line.starts_with(PUT_MODULE));
    for line in lines.map(String::from_utf8_lossy) {
        let (name, parameters) = split(&line);
        let call = Call {
            state,
            now,
            session,
            name,
            parameters,
            out: &mut BytesMut::new(),
            left: &mut Vec::new(),
        };
        if commands::find(name).is_some_and(|command| permit(&call, command).is_ok()) {
            udf::check(&call);
        }
    }
}

const PUT_MODULE: &[u8] = b"udf-put";

/// The only line of the reply to a session that has not logged in. Controls need no login.
fn refused(state: &State, session: &mut Session, body: &[u8]) -> Option<InfoError> {
    let security = state.security()?;
    let denied = security.authenticate(session).err()?;
    let mut names = spikelet_wire::info::names(body).peekable();
    let are_controls = session.controls.is_some() && names.peek().is_some() && names.all(is_control);
    (!are_controls).then(|| InfoError::denied(denied))
}

/// Whether an info request has a truncation up to the time at which it is executed. A connection waits until the millisecond is
/// over before it executes that, if the clock runs.
pub(crate) fn truncates_up_to_now(body: &[u8]) -> bool {
    let mut lines = body
        .split(|&byte| byte == b'\n')
        .filter_map(|line| str::from_utf8(line).ok());
    lines.any(|line| {
        let (name, parameters) = split(line);
        truncate::is_up_to_now(name, parameters)
    })
}

/// The names of the real server's info commands.
pub(crate) fn commands() -> impl Iterator<Item = &'static str> {
    COMMANDS
        .iter()
        .map(|command| command.name)
        .filter(|name| *name != "spikelet")
}

/// An info request that is being executed.
struct Execution<'a> {
    state: &'a State,
    now: Now,
    session: &'a mut Session,
    out: &'a mut BytesMut,
    left: Vec<(String, Maintenance)>,
}

impl Execution<'_> {
    fn answer_line(&mut self, line: &[u8]) {
        // The real server reads a command as a C string.
        let line = line.split(|&byte| byte == 0).next().unwrap_or_default();
        self.answer(&String::from_utf8_lossy(line));
    }

    fn answer(&mut self, line: &str) {
        self.out.put_slice(line.as_bytes());
        self.out.put_u8(b'\t');
        let (name, parameters) = split(line);
        let mut call = Call {
            state: self.state,
            now: self.now,
            session: self.session,
            name,
            parameters,
            out: self.out,
            left: &mut self.left,
        };
        execute(&mut call);
        self.out.put_u8(b'\n');
    }
}

/// Executes a command and appends its value, or its error.
fn execute(call: &mut Call<'_>) {
    let at = call.out.len();
    if let Err(error) = find_and_execute(call) {
        call.out.truncate(at);
        call.say(error);
    }
}

fn find_and_execute(call: &mut Call<'_>) -> Answered {
    let command = commands::find(call.name).ok_or_else(InfoError::unrecognized)?;
    if command.enterprise_only() && call.state.config().edition == Edition::Community {
        return Err(InfoError::enterprise_only());
    }
    permit(call, command)?;
    if command.deprecated() {
        add(&call.session.stats.deprecated_requests, 1);
    }
    (command.answer)(call)
}

/// Checks whether the user may execute a command. What may be limited to a namespace or a set is checked in the one that the
/// command names.
fn permit(call: &Call<'_>, command: &Command) -> Answered {
    let (Some(permission), Some(login)) = (command.permission(), &call.session.login) else {
        return Ok(());
    };
    let needed = Permissions::of(&[permission]);
    let name = |name| call.value(name).unwrap_or_default().as_bytes();
    let permitted = match permission {
        Permission::Truncate => login.rights.check_in(name("namespace"), name("set"), needed),
        _ => login.rights.check(needed),
    };
    permitted.map_err(|missing| InfoError::denied(Denied::RoleViolation(missing)))
}

/// A command's name, and the text after the first character that can end it.
fn split(line: &str) -> (&str, &str) {
    line.split_once(['/', ':', ';']).unwrap_or((line, ""))
}
