//! `eviction-reset`: sets or deletes the time up to which a namespace's records are evicted. Nothing is evicted here.

use super::call::{Answered, Call};
use super::error::InfoError;
use super::truncate::number;
use crate::config::MAX_TTL;
use crate::state::SmdItem;

pub(super) fn eviction_reset(call: &mut Call<'_>) -> Answered {
    let namespace = call.required_namespace_name()?;
    let ttl = call.optional("ttl", 12)?;
    if ttl.is_some_and(|ttl| ttl.starts_with('-') || number(ttl) > u64::from(MAX_TTL)) {
        return Err(InfoError::parameter("ttl too big"));
    }
    let item = SmdItem::Evict(namespace.to_owned());
    // To delete what is deleted changes nothing.
    if ttl.is_some() || !call.state.smd().has(&item) {
        call.state.smd().record(item, call.now);
    }
    call.say("ok");
    Ok(())
}
