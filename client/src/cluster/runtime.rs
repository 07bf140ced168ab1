//! The tokio runtimes in which a client is used.
//!
//! A socket is watched by the runtime in which it was opened, and a task runs on the runtime in which it was spawned: neither
//! outlives that runtime. So connections are used only in the runtime in which they were opened.

use tokio::runtime::{Handle, Id};

/// The runtime in which this is called; `None` outside of any.
pub(super) fn current() -> Option<Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}
