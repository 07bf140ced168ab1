//! The codes of path expressions: `[SELECT, [step, value, ...], flags]`, followed by an expression if the flags modify.
//!
//! A step is one of `BY_...`, with [`LIST`] or [`MAP`] if it must select in one of these.

/// The code of the operation.
pub const SELECT: i64 = 0xfe;
/// The maximum number of steps in a path.
pub const MAX_STEPS: usize = 64;

/// The mask for how a step selects elements.
pub const BASE_MASK: u64 = 0x0f;
/// By index; a map's keys are counted in their order.
pub const BY_INDEX: u64 = 0;
/// By rank.
pub const BY_RANK: u64 = 1;
/// By key.
pub const BY_KEY: u64 = 2;
/// All elements that equal a value.
pub const BY_VALUE: u64 = 3;
/// All elements for which an expression is true; the expression `true` selects all.
pub const BY_EXPRESSION: u64 = 4;
/// The values of the keys in a list.
pub const BY_KEY_LIST: u64 = 10;
/// The step selects in a list.
pub const LIST: u64 = 0x10;
/// The step selects in a map.
pub const MAP: u64 = 0x20;
/// A flag next to [`BY_EXPRESSION`]: not a step, but a further condition on the elements of the previous step.
pub const AND: u64 = 0x200;

/// The mask of the flags for the requested result.
pub const RESULT_MASK: i64 = 0x0f;
/// The elements, nested as in the original collection.
pub const TREE: i64 = 0;
/// A list of the elements.
pub const VALUES: i64 = 1;
/// A list of their keys; together with [`VALUES`], a list of alternating keys and values.
pub const KEYS: i64 = 2;
/// The collection with each element replaced by the value of an expression.
pub const MODIFY: i64 = 4;
/// Treats unknown as false, and skips elements to which a step does not apply.
pub const NO_FAIL: i64 = 0x10;
