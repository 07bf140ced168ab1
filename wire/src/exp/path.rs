//! The codes of path expressions: `[SELECT, [step, value, ...], flags]`, with an expression behind flags that modify.
//!
//! A step is one of `BY_...`, with [`LIST`] or [`MAP`] where it must be one of these.

/// The code of the operation.
pub const SELECT: i64 = 0xfe;
/// The most steps of a path.
pub const MAX_STEPS: usize = 64;

/// The bits of a step that say by what it leads on.
pub const BASE_MASK: u64 = 0x0f;
/// By index; a map's keys are counted in their order.
pub const BY_INDEX: u64 = 0;
/// By rank.
pub const BY_RANK: u64 = 1;
/// By key.
pub const BY_KEY: u64 = 2;
/// To all that equal a value.
pub const BY_VALUE: u64 = 3;
/// To all for which an expression is true; `true` is one that always is.
pub const BY_EXPRESSION: u64 = 4;
/// To the values of the keys in a list.
pub const BY_KEY_LIST: u64 = 10;
/// The step leads through a list.
pub const LIST: u64 = 0x10;
/// The step leads through a map.
pub const MAP: u64 = 0x20;
/// Beside [`BY_EXPRESSION`]: no step, but what the elements of the step before must meet too.
pub const AND: u64 = 0x200;

/// The bits of the flags that say what is wanted.
pub const WANTED_MASK: i64 = 0x0f;
/// The elements, in collections like those that they are in.
pub const TREE: i64 = 0;
/// A list of the elements.
pub const VALUES: i64 = 1;
/// A list of their keys; beside [`VALUES`], of keys and values by turns.
pub const KEYS: i64 = 2;
/// The collection with the values of an expression in place of the elements.
pub const MODIFY: i64 = 4;
/// Takes what is unknown for false, and passes over what does not fit.
pub const NO_FAIL: i64 = 0x10;
