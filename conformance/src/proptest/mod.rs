//! Property tests of whole sequences of commands.

pub mod answer;
pub mod command;
pub mod target;

pub use answer::{Answer, OpResult};
pub use command::{Action, Command, Exists, Generation};
pub use target::{Address, Embedded, Target};
