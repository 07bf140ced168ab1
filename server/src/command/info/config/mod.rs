//! The configuration: `get-config` and `set-config`.

mod defaults;
mod get;
mod set;

pub(super) use self::get::{get_config, write_namespace};
pub(super) use self::set::set_config;

/// The limit of a parameter's value, in bytes.
const LONGEST: usize = 1024;
/// The parameters that name a namespace. `id` is the older one.
const NAMESPACE_NAMES: &[&str] = &["namespace", "id"];
