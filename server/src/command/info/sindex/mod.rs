//! Secondary indexes: created, deleted, listed.

mod context_text;
mod create;
mod definition;
mod delete;
mod expression_text;
mod list;
mod stat;

pub(super) use self::create::create;
pub(super) use self::delete::delete;
pub(super) use self::expression_text::Expression as ExpressionText;
pub(super) use self::list::{list, sindex};
pub(super) use self::stat::{exists, stat};
use super::call::Call;
use crate::state::SmdItem;
use crate::store::Sindexes;

const NAMESPACE_NAMES: &[&str] = &["namespace", "ns"];
/// The limit of an index name, in bytes.
const NAME: usize = Sindexes::MAX_NAME + 1;
/// The limit of a set name, in bytes.
const SET: usize = 64;
/// The index type of a set index.
const SET_INDEX: &str = "set";

/// The value of `indexname`. The real server replies an error about it and goes on, so that its reply has the rest as well.
fn name_or_error<'c>(call: &mut Call<'c>) -> Option<&'c str> {
    match call.required("indexname", NAME) {
        Ok(name) => Some(name),
        Err(error) => {
            call.say(error);
            None
        }
    }
}

/// Records in the system metadata that an index is created or deleted.
fn record_change(call: &Call<'_>, namespace: &str, name: &str) {
    let item = SmdItem::Sindex {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    call.state.smd().record(item, call.now);
}
