//! Truncation: removes all records of a namespace or a set that were last updated before a time.

use super::call::{Answered, Call};
use super::error::InfoError;
use super::parameters::pairs;
use crate::clock::Now;
use crate::command::query::Maintenance;
use crate::state::{CurrentMillisecond, SmdItem};
use crate::store::{Namespace, SetId, TruncationSweep};

/// The limit of a time, in bytes.
const LONGEST_TIME: usize = 24;

pub(super) fn truncate(call: &mut Call<'_>) -> Answered {
    let target = Target::set(call)?;
    apply(call, target)
}

pub(super) fn truncate_namespace(call: &mut Call<'_>) -> Answered {
    let target = Target::namespace(call)?;
    apply(call, target)
}

pub(super) fn truncate_undo(call: &mut Call<'_>) -> Answered {
    let target = Target::set(call)?;
    undo(call, target)
}

pub(super) fn truncate_namespace_undo(call: &mut Call<'_>) -> Answered {
    let target = Target::namespace(call)?;
    undo(call, target)
}

/// The namespace or set to truncate, by name.
#[derive(Clone, Copy)]
struct Target<'a> {
    namespace: &'a str,
    set: Option<&'a str>,
}

impl<'a> Target<'a> {
    fn set(call: &Call<'a>) -> Result<Self, InfoError> {
        Ok(Self {
            namespace: call.required_namespace_name()?,
            set: Some(call.required("set", 64)?),
        })
    }

    fn namespace(call: &Call<'a>) -> Result<Self, InfoError> {
        let namespace = call.required_namespace_name()?;
        if call.has("set") {
            return Err(InfoError::parameter("unexpected set name"));
        }
        Ok(Self { namespace, set: None })
    }

    fn item(self) -> SmdItem {
        SmdItem::Truncate {
            namespace: self.namespace.to_owned(),
            set: self.set.map(str::to_owned),
        }
    }

    /// The namespace and the set, if the node has them. If not, the command still succeeds: the real server tells all nodes,
    /// and waits for none.
    fn find<'e>(self, call: &Call<'e>) -> Option<(&'e Namespace, Option<SetId>)> {
        let namespace = call.namespace(self.namespace).ok()?;
        match self.set {
            None => Some((namespace, None)),
            Some(set) => Some((namespace, Some(namespace.sets.find(set.as_bytes())?))),
        }
    }
}

fn apply(call: &mut Call<'_>, target: Target<'_>) -> Answered {
    let lut = call.optional("lut", LONGEST_TIME)?;
    let before = match lut {
        None => call.now,
        // The real server reads a number without a sign: a negative one lies in the future.
        Some(text) if text.starts_with('-') => return Err(InfoError::parameter("would truncate in the future")),
        Some(text) => match Now::from_unix_nanoseconds(number(text)) {
            Now(0) => return Err(InfoError::parameter("would truncate to 0")),
            before if before > call.now => return Err(InfoError::parameter("would truncate in the future")),
            before => before,
        },
    };
    record_change(call, target);
    if let Some((namespace, set)) = target.find(call) {
        namespace.truncate(set, before);
        if lut.is_none() && call.session.current_millisecond != CurrentMillisecond::Over {
            namespace.remove_written(set, before);
        }
        let sweep = TruncationSweep::new(namespace);
        call.left.push((target.namespace.to_owned(), Maintenance::Sweep(sweep)));
    }
    call.say("ok");
    Ok(())
}

/// Records in the system metadata that a truncation is set or undone.
fn record_change(call: &Call<'_>, target: Target<'_>) {
    call.state.smd().record(target.item(), call.now);
}

/// Whether a command truncates up to the time at which it is executed.
pub(super) fn is_up_to_now(name: &str, parameters: &str) -> bool {
    let has_time = || pairs(parameters).any(|(key, _)| key == "lut");
    matches!(name, "truncate" | "truncate-namespace") && !has_time()
}

fn undo(call: &mut Call<'_>, target: Target<'_>) -> Answered {
    record_change(call, target);
    if let Some((namespace, set)) = target.find(call) {
        namespace.undo_truncate(set);
    }
    call.say("ok");
    Ok(())
}

/// Reads a number as `strtoul` does: decimal, hexadecimal after `0x`, or octal after `0`. Text after the digits is ignored.
pub(super) fn number(text: &str) -> u64 {
    let (digits, radix) = match text.strip_prefix('0') {
        Some(rest) => match rest.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => (hexadecimal, 16),
            None => (rest, 8),
        },
        None => (text, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    match digits.get(..end) {
        None | Some("") => 0,
        Some(digits) => u64::from_str_radix(digits, radix).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use bytes::BytesMut;
    use spikelet_wire::{Digest, FrameHeader, FrameType};

    use super::*;
    use crate::command::Flow;
    use crate::config::Config;
    use crate::ops::Particle;
    use crate::state::State;
    use crate::store::{Bin, BinName, Record};

    #[test]
    fn numbers_are_read_as_by_strtoul() {
        let read = ["0", "12", "0x1F", "017", "12ns", "", "x", "99999999999999999999"].map(number);
        assert_eq!(read, [0, 12, 31, 15, 12, 0, 0, u64::MAX]);
    }

    #[test]
    fn truncated_records_are_removed_in_steps_and_not_found_meanwhile() {
        const RECORDS: u16 = 5000;
        let (state, now) = (State::new(Config::default()), Now(500_000_000_000));
        let namespace = &state.namespaces()[0];
        let digests = || {
            (0..RECORDS).map(|n| {
                let mut digest = Digest([7; Digest::SIZE]);
                digest.0[..2].copy_from_slice(&n.to_le_bytes());
                digest
            })
        };
        for digest in digests() {
            let record = Record {
                generation: 1,
                set: None,
                void_time: 0,
                last_update: Now(now.0 - 1),
                key: None,
                bins: [Bin {
                    name: BinName::new(b"a").unwrap(),
                    value: Particle::Int(1),
                }]
                .into(),
            };
            namespace.put(digest, record);
        }
        let mut session = state.connect(0, None);
        session.current_millisecond = CurrentMillisecond::Over;
        let body = b"truncate-namespace:namespace=test\n";
        let header = FrameHeader::new(FrameType::INFO, body.len());
        let flow = crate::command::handle(&state, now, &mut session, header, body, &mut BytesMut::new());
        let Flow::Background(task) = flow else {
            panic!("all were removed in one step: {flow:?}")
        };
        let objects = || namespace.counters.objects.load(Ordering::Relaxed);
        assert!((1..u64::from(RECORDS)).contains(&objects()), "{}", objects());
        let is_found = |digest: &Digest| {
            let partition = namespace.partition(digest.partition_id());
            let record = partition.as_ref().and_then(|partition| partition.get(digest));
            record.is_some_and(|record| !namespace.is_expired_or_truncated(record, now))
        };
        assert!(!digests().any(|digest| is_found(&digest)));
        task.run(&state, now, &mut BytesMut::new());
        assert_eq!(objects(), 0);
    }

    #[test]
    fn a_truncation_is_undone_by_the_same_name() {
        let state = State::new(Config::default());
        let now = Now(500_000_000_000);
        let set = state.namespaces()[0].sets.find_or_create(b"s");
        let ask = |line: &str| {
            let (mut out, body) = (BytesMut::new(), format!("{line}\n"));
            let header = FrameHeader::new(FrameType::INFO, body.len());
            let _ = crate::command::handle(
                &state,
                now,
                &mut state.connect(0, None),
                header,
                body.as_bytes(),
                &mut out,
            );
            let answer = String::from_utf8_lossy(&out[8..]).into_owned();
            let [namespace, of_set] = [None, set].map(|set| state.namespaces()[0].truncates(set, Now(1)));
            (
                answer.trim_end().rsplit('\t').next().unwrap().to_owned(),
                namespace,
                of_set,
            )
        };
        let ok = |namespace, of_set| ("ok".to_owned(), namespace, of_set);
        assert_eq!(ask("truncate:namespace=test;set=s"), ok(false, true));
        assert_eq!(ask("truncate-undo:namespace=test;set=t"), ok(false, true));
        assert_eq!(ask("truncate-undo:namespace=test;set=s"), ok(false, false));
        assert_eq!(ask("truncate-namespace:namespace=test"), ok(true, true));
        assert_eq!(
            ask("truncate-namespace-undo:namespace=test;set=s").0,
            "ERROR:4:unexpected set name"
        );
        assert_eq!(ask("truncate-undo:namespace=test").0, "ERROR:4:missing 'set'");
        assert_eq!(ask("truncate-namespace-undo:namespace=test"), ok(false, false));
    }
}
