//! `debug-record` and `debug-record-meta`: a record with all that the server keeps of it.

use std::fmt::Write as _;

use spikelet_wire::{Digest, ParticleType, ResultCode};

use super::call::{Answered, Call};
use super::error::InfoError;
use crate::command::record::mask::Masks;
use crate::ops::ParticleRef;
use crate::permission::Permission;
use crate::refusal::Denied;
use crate::store::{Bin, Namespace, Record};

pub(super) fn debug_record(call: &mut Call<'_>) -> Answered {
    let mode = |call: &Call<'_>| match call.optional("mode", 32)? {
        None => Ok(()),
        // The stored forms of the real server are its own.
        Some("pickle" | "raw" | "raw-encrypted") => Err(InfoError::new(
            ResultCode::UNSUPPORTED_FEATURE,
            "not supported by this server",
        )),
        Some(_) => Err(InfoError::parameter("unknown mode")),
    };
    write(call, true, mode)
}

pub(super) fn debug_record_meta(call: &mut Call<'_>) -> Answered {
    write(call, false, |_| Ok(()))
}

fn write(
    call: &mut Call<'_>,
    has_values: bool,
    check_mode: impl FnOnce(&Call<'_>) -> Result<(), InfoError>,
) -> Answered {
    let namespace = call.required_namespace(&["namespace"])?;
    let text = call.required("keyd", Digest::SIZE * 2 + 1)?;
    if text.len() != Digest::SIZE * 2 {
        return Err(InfoError::parameter("keyd"));
    }
    let digest = read_digest(text).ok_or(InfoError::parameter("bad keyd"))?;
    check_mode(call)?;
    let partition = namespace.partition(digest.partition_id());
    let record = partition.as_ref().and_then(|partition| partition.get(&digest));
    let record = record.ok_or(InfoError::new(ResultCode::NOT_FOUND, "record not found"))?;
    let masks = Masks::of(namespace, call.session);
    let mask = masks.in_set(namespace, record.set).filter(|_| has_values);
    if mask.is_some_and(|mask| mask.masks_reads) {
        return Err(InfoError::denied(Denied::RoleViolation(Permission::ReadMasked)));
    }
    let cluster = call.state.cluster();
    let table = namespace.table();
    let node = call.session.node;
    let replica = cluster.subcluster(node).replica(node, table, digest.partition_id());
    call.pair("pid", digest.partition_id().get());
    call.pair("repl-ix", replica.map_or(-1, |replica| replica as i64));
    write_index(call, namespace, text, record);
    write_stored(call, record, has_values);
    call.drop_last();
    Ok(())
}

fn read_digest(text: &str) -> Option<Digest> {
    let mut digest = Digest([0; Digest::SIZE]);
    for (at, byte) in digest.0.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(digest)
}

/// What the real server's index holds. Of the tree that it is, nothing is here.
fn write_index(call: &mut Call<'_>, namespace: &Namespace, digest: &str, record: &Record) {
    let set = record.set.and_then(|id| namespace.sets.get(id));
    let set_name = set
        .as_ref()
        .map_or("null".into(), |set| String::from_utf8_lossy(&set.name));
    let in_sindex = namespace.sindexes.all().iter().any(|sindex| {
        let set = sindex.definition.set;
        set.is_none() || set == record.set
    });
    call.say(format_args!(
        "index=rc=2,tree-id=0,color=0,is-orig=0,keyd={},left=0,right=0,set-id={},set-name={set_name},in-sindex={},\
         xdr-bin-cemetery=0,xdr-write=0,xdr-tombstone=0,xdr-nsup-tombstone=0,void-time={},lut={},generation={},\
         rblock-id=0,n-rblocks={},file-id=0,stripe-name=stripe-0,key-stored={},repl-state=0,tombstone={},cenotaph=0,orig-h=0;",
        digest.to_ascii_uppercase(),
        record.set.map_or(0, |set| set.number()),
        u8::from(in_sindex),
        record.void_time,
        record.last_update.0,
        record.generation,
        record.used_bytes(namespace) / 16,
        u8::from(record.key.is_some()),
        u8::from(!record.is_live()),
    ));
}

fn write_stored(call: &mut Call<'_>, record: &Record, has_values: bool) {
    if let Some([key_type, key @ ..]) = record.key.as_deref() {
        call.say(format_args!("key=flat-size={},type={key_type}", key.len() + 1));
        if has_values {
            match <[u8; 8]>::try_from(key) {
                Ok(integer) if ParticleType(*key_type) == ParticleType::INTEGER => {
                    call.say(format_args!(",value={}", u64::from_be_bytes(integer)));
                }
                _ => call.say(format_args!(",value={}", hexadecimal(key))),
            }
        }
        call.say(";");
    }
    call.pair("n-bins", record.bins.len());
    call.say("bins=");
    for (at, bin) in record.bins.iter().enumerate() {
        if at > 0 {
            call.say(":");
        }
        write_bin(call, bin, has_values);
    }
    call.say(";");
}

fn write_bin(call: &mut Call<'_>, bin: &Bin, has_values: bool) {
    let (state, value) = match bin.value.view() {
        ParticleRef::Int(n) => (1, (n as u64).to_string()),
        ParticleRef::Float(n) => (5, format!("{n:.6}")),
        ParticleRef::Bool(b) => (4, u8::from(b).to_string()),
        ParticleRef::Bytes(_, bytes) => (3, hexadecimal(bytes)),
    };
    call.say(format_args!(
        "bin-name={},xdr-write=0,lut=0,src-id=0,state={state}",
        bin.name
    ));
    call.say(format_args!(",type={}", bin.value.particle_type().0));
    if let ParticleRef::Bytes(_, bytes) = bin.value.view() {
        call.say(format_args!(",data-size={}", bytes.len()));
    }
    if has_values {
        call.say(format_args!(",value={value}"));
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}
