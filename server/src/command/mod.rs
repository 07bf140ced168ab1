//! Commands: what the server does with a frame.
//!
//! [`handle`] in `dispatch` selects the command for a frame. Below it are the commands: on one record in `record/`, on
//! many records in `batch` and `query/`, and of the info protocol in `info/`. A command that may take long is a `task`, which runs
//! in steps. Commands take a [`State`](crate::state::State) and know neither the dispatcher nor sockets. They read no clock and
//! never wait: the time is passed in, and replies are appended to a buffer.

mod batch;
mod compression;
mod dispatch;
mod frame;
mod info;
mod info_task;
mod look_up;
mod query;
mod record;
mod record_task;
mod security;
mod step;
mod task;

pub(crate) use self::compression::Compression;
pub use self::dispatch::{Flow, handle};
pub use self::frame::accepts;
pub(crate) use self::info::{commands as info_commands, truncates_up_to_now};
pub(crate) use self::look_up::look_up;
pub use self::step::Step;
pub use self::task::Task;
