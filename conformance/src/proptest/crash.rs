//! Requests at which a server died.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::json;

use super::command::{Action, Command};
use super::records::Records;
use crate::clock;
use crate::frame_display::hex;
use crate::known_crashes::{Detector, KnownCrash};

/// A request at which a server died.
#[derive(Debug, Clone)]
pub struct Crash {
    /// The name of the target.
    pub target: String,
    /// The commands on records that do not exist at first. The server died at the last one.
    pub commands: Vec<Command>,
    /// The commands as request frames.
    pub frames: Vec<Vec<u8>>,
    /// The error that the connection ended with.
    pub error: String,
    /// Whether the server died again when the commands were sent again. If so, no command or operation among them can be
    /// left out; if not, they are the whole sequence.
    pub is_reproduced: bool,
    /// The known crash that one of the commands can cause.
    pub known: Option<&'static KnownCrash>,
}

impl Crash {
    pub(super) fn new(
        target: String,
        commands: Vec<Command>,
        records: &Records,
        error: String,
        is_reproduced: bool,
    ) -> Self {
        let mut detector = Detector::default();
        let known = commands
            .iter()
            .filter_map(|command| find(command, &mut detector))
            .next();
        Self {
            target,
            frames: commands
                .iter()
                .map(|command| command.encode(records).to_vec())
                .collect(),
            commands,
            error,
            is_reproduced,
            known,
        }
    }

    /// The command at which the server died.
    #[must_use]
    pub fn request(&self) -> Option<&Command> {
        self.commands.last()
    }

    /// The frame of the [request](Self::request).
    #[must_use]
    pub fn frame(&self) -> &[u8] {
        self.frames.last().map_or(&[], Vec::as_slice)
    }

    /// Appends the crash to a file, as a line of JSON in the [format of the recordings](crate::recorded). Each step also
    /// has `d`, a description.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn append_to(&self, file: &Path) -> io::Result<()> {
        let last = self.frames.len().saturating_sub(1);
        let steps = self
            .commands
            .iter()
            .zip(&self.frames)
            .enumerate()
            .map(|(i, (command, frame))| {
                let kind = match command.action {
                    Action::Batch(_) => "batch",
                    Action::Query(_) | Action::Find { .. } => "query",
                    Action::CreateIndex(..) | Action::DropIndex(_) => "info",
                    Action::Operate(_) | Action::Delete => "one",
                };
                let mut step = json!({"q": hex(frame), "k": kind, "d": command.to_string(), "t": clock::now()});
                match i == last {
                    true => step["end"] = json!("closed"),
                    // The responses before the crash are not kept.
                    false => step["r"] = json!([]),
                }
                step
            });
        let note = format!(
            "{} died ({}; {}): {}",
            self.target,
            self.error,
            if self.is_reproduced {
                "again when sent again"
            } else {
                "not again when sent again"
            },
            self.request().map(Command::to_string).unwrap_or_default(),
        );
        let id = format!("crash-{:x}", clock::now());
        let line = json!({"id": id, "area": "crashes", "note": note, "steps": steps.collect::<Vec<_>>()});
        let mut file = OpenOptions::new().create(true).append(true).open(file)?;
        writeln!(file, "{line}")
    }
}

/// The known crash that an operation of a command can cause.
fn find(command: &Command, detector: &mut Detector) -> Option<&'static KnownCrash> {
    if let Action::Batch(rows) = &command.action {
        return rows.iter().find_map(|row| find(row, detector));
    }
    let found = command.operations().iter().filter_map(|operation| {
        let (particle_type, argument) = operation.argument();
        detector.check(operation.code(), particle_type, &argument)
    });
    found.last()
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let again = if self.is_reproduced {
            "and again when it was sent again"
        } else {
            "but not when it was sent again"
        };
        write!(
            f,
            "{} died at request {}, {again} ({})",
            self.target,
            self.commands.len(),
            self.error
        )?;
        if let Some(known) = self.known {
            write!(f, "; known as {}", known.id)?;
        }
        f.write_str(":")?;
        for (i, (command, frame)) in self.commands.iter().zip(&self.frames).enumerate() {
            write!(f, "\n{:3}. {command}\n     {}", i + 1, hex(frame))?;
        }
        Ok(())
    }
}
