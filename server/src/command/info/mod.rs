//! The info protocol: commands as lines of text, one file for each family of them.
//!
//! A command is `name`, `name:parameter=value;parameter=value` or `name/argument`, each ended by a newline. What stands
//! behind the last newline is not read. Each is answered by its own text, a tab, what it answers, and a newline.

mod base64;
mod call;
mod config;
mod context;
mod controls;
mod diagnostics;
mod expression;
mod identity;
#[cfg_attr(not(feature = "udf"), path = "no_modules.rs")]
mod modules;
mod namespaces;
mod parameters;
mod partitions;
mod peers;
mod queries;
mod sindex;
mod statistics;
mod table;
mod truncate;
mod user_agents;

use bytes::{BufMut, BytesMut};
use spikelet_wire::FrameType;
use spikelet_wire::frame::OpenFrame;

use self::call::Call;
use self::table::COMMANDS;
use super::query::{self, Query};
use crate::clock::Now;
use crate::state::{Session, State, add};
use crate::store::sindex::Build;

/// Executes a whole info request. Returns the building of indexes that goes on in the background.
pub(super) fn handle(
    state: &State,
    now: Now,
    session: &mut Session,
    body: &[u8],
    out: &mut BytesMut,
) -> Option<Box<Query>> {
    let frame = OpenFrame::begin(out);
    let mut asking = Asking {
        state,
        now,
        session,
        out,
        builds: Vec::new(),
    };
    if body.is_empty() {
        add(&asking.session.stats.deprecated_requests, 1);
        COMMANDS
            .iter()
            .filter(|command| command.in_summary())
            .for_each(|command| asking.answer(command.name));
    } else {
        let lines = body.split_inclusive(|&byte| byte == b'\n');
        lines
            .filter_map(|line| line.strip_suffix(b"\n"))
            .for_each(|line| asking.answer_line(line));
    }
    add(&asking.session.stats.info_complete, 1);
    let (node, builds) = (asking.session.node, asking.builds);
    frame.finish(FrameType::INFO, out);
    query::build(state, now, node, builds)
}

/// The names of all info commands that the real server has.
pub(crate) fn commands() -> impl Iterator<Item = &'static str> {
    COMMANDS
        .iter()
        .map(|command| command.name)
        .filter(|name| *name != "spikelet")
}

/// An info request while it is answered.
struct Asking<'a> {
    state: &'a State,
    now: Now,
    session: &'a mut Session,
    out: &'a mut BytesMut,
    builds: Vec<(String, Build)>,
}

impl Asking<'_> {
    fn answer_line(&mut self, line: &[u8]) {
        // The real server takes a command for a string of C.
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
            builds: &mut self.builds,
        };
        call.run();
        self.out.put_u8(b'\n');
    }
}

/// A command's name, and what stands behind the first of the characters that can end it.
fn split(line: &str) -> (&str, &str) {
    line.split_once(['/', ':', ';']).unwrap_or((line, ""))
}
