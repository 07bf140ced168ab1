//! The progress of a run, on stderr.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::results::{TestResult, Verdict};

/// Reports progress on stderr: on a terminal in a line that is updated, otherwise as a line for each failed test.
#[derive(Debug)]
pub struct Progress {
    what: String,
    total: usize,
    done: AtomicUsize,
    /// Held while a line is written, so that lines are not interleaved.
    writing: Mutex<()>,
    terminal: bool,
}

impl Progress {
    /// Starts reporting progress of a number of tests.
    #[must_use]
    pub fn new(what: impl Into<String>, total: usize) -> Self {
        Self {
            what: what.into(),
            total,
            done: AtomicUsize::new(0),
            writing: Mutex::new(()),
            terminal: stderr().is_terminal(),
        }
    }

    /// Reports the result of a test.
    pub fn result(&self, result: &TestResult) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Verdict::Failed(what) = &result.verdict {
            self.line(&format!(
                "FAILED {}: {}",
                result.name,
                what.lines().next().unwrap_or_default()
            ));
        }
        self.status(done, self.total);
    }

    /// Reports how many tests are done, and the total number.
    pub fn done(&self, done: usize, total: usize) {
        // With thousands of tests, the terminal need not show each of them.
        if done.is_multiple_of(100) || done == total {
            self.status(done, total);
        }
    }

    fn line(&self, text: &str) {
        let clear = if self.terminal { "\r\x1b[K" } else { "" };
        self.write(&format!("{clear}{text}\n"));
    }

    fn status(&self, done: usize, total: usize) {
        if self.terminal {
            self.write(&format!("\r\x1b[K{}: {done} of {total}", self.what));
        }
    }

    fn write(&self, text: &str) {
        let _guard = self.writing.lock().unwrap_or_else(|e| e.into_inner());
        // An error means that stderr is closed and nobody reads it.
        let _ = stderr().write_all(text.as_bytes());
    }
}

impl Drop for Progress {
    /// Clears the line for subsequent output.
    fn drop(&mut self) {
        if self.terminal {
            self.write("\r\x1b[K");
        }
    }
}
