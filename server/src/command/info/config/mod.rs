//! The configuration: `get-config` and `set-config`.

mod get;
mod set;
mod set_of_namespace;

pub(super) use self::get::{get_config, write_namespace};
pub(super) use self::set::set_config;

/// The limit of a parameter's value, in bytes.
const LONGEST: usize = 1024;
/// The parameters that name a namespace. `id` is the older one.
const NAMESPACE_NAMES: &[&str] = &["namespace", "id"];
/// The size of a namespace's storage in bytes (`data-size`). Nothing is refused for being beyond it.
pub(super) const DATA_SIZE: u64 = 2 * 1024 * 1024 * 1024;
/// The number of stripes that a namespace's storage in memory consists of.
pub(super) const STRIPES: u64 = 8;
