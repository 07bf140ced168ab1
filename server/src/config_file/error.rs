//! Why a configuration file is refused.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a configuration file is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFileError {
    path: Option<PathBuf>,
    line: Option<(usize, String)>,
    problem: String,
}

impl ConfigFileError {
    /// A problem of the file as a whole.
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self {
            path: None,
            line: None,
            problem: problem.into(),
        }
    }

    /// A problem of a line.
    pub(super) fn at(number: usize, text: &str, problem: impl Into<String>) -> Self {
        // A damaged file must not send codes to the terminal.
        let is_shown = |c: char| c == '\t' || !c.is_control();
        let text = text.trim().chars().map(|c| if is_shown(c) { c } else { '\u{fffd}' });
        Self {
            line: Some((number, text.collect())),
            ..Self::new(problem)
        }
    }

    pub(super) fn in_file(self, path: &Path) -> Self {
        Self {
            path: Some(path.to_owned()),
            ..self
        }
    }

    /// Returns the number of the line, from 1; `None` if the problem is not one of a line.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line.as_ref().map(|(number, _)| *number)
    }

    /// Returns what is wrong, without the place.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// In the real server's form: `line 12 :: ...`, after the path and before the text of the line.
impl fmt::Display for ConfigFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        match &self.line {
            Some((number, text)) => write!(f, "line {number} :: {} (the line is: {text})", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}

impl std::error::Error for ConfigFileError {}
