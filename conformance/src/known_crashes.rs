//! Requests that are known to crash the real server, with the reason of each.
//!
//! This file is the only list of them. The differential runner leaves them out, and the page
//! `docs/found-in-the-real-server.md` shows the same requests. The recorded cases are in `recordings/crashes.jsonl`.
//!
//! An entry describes operations, not states: whether the server crashes also depends on the bin, and some of these
//! operations are harmless on other bins.

use spikelet_wire::cdt::{CONTEXT, Call, ReturnType};
use spikelet_wire::context as step;
use spikelet_wire::map::MapOp;
use spikelet_wire::msgpack::{PERSIST_INDEX, Reader, Token, VALUE_ORDERED};
use spikelet_wire::{DecodeError, OpCode, ParticleType, Value};

/// A kind of operation that crashes the real server.
#[derive(Debug)]
pub struct KnownCrash {
    /// The name.
    pub id: &'static str,
    /// The operation, and the bin that it needs.
    pub what: &'static str,
    /// What the server does with it.
    pub reason: &'static str,
    /// The versions that were observed to crash.
    pub versions: &'static [&'static str],
    /// The recorded cases, by their ids in `recordings/crashes.jsonl`. Empty if it was observed but not recorded.
    pub recorded: &'static [&'static str],
    /// Request frames, in hex, which are sent to a server without the record; the last one crashes the server.
    pub requests: &'static [&'static str],
    matches: Predicate,
    /// The operation that prepares the bin for the crash, if it has to be of a special kind.
    prepared_by: Option<Predicate>,
}

/// Whether something holds of an operation: of its code, the particle type of its argument, and its argument.
type Predicate = fn(OpCode, ParticleType, &[u8]) -> bool;

const CONTEXT_MAP_VALUE: &str = "context-map-value";

/// All known crashes.
pub const KNOWN_CRASHES: &[KnownCrash] = &[
    KnownCrash {
        id: "map-inverted-empty-list",
        what: "A map operation that selects by a list of keys or values, on a map with entries, if the list is empty, \
               the return type is inverted, and keys or entries are returned.",
        reason: "An inverted empty list selects all entries. The server takes a separate path for it, and ends with a \
                 signal while it builds the result. The recorded return types are KEY, KEY_VALUE and ORDERED_MAP.",
        versions: &["8.1.2.0"],
        recorded: &[
            "map-a-00478",
            "map-a-00593",
            "map-a-00764",
            "map-a-01095",
            "map-a-01159",
            "map-a-01857",
        ],
        requests: &[
            "02030000000000611600010000000000000000000000000003e8000300010000000500746573740000000501636f6e660000001504\
             8bddb33c37dd03865dd713339dba31fab2914b430000001c021300016d860402a2046ba20361010403a20478a20362c0a2036305",
            "02030000000000521600010000000000000000000000000003e8000300010000000500746573740000000501636f6e660000001504\
             8bddb33c37dd03865dd713339dba31fab2914b430000000d040400016d9353ce0001000690",
        ],
        matches: inverts_an_empty_list,
        prepared_by: None,
    },
    KnownCrash {
        id: CONTEXT_MAP_VALUE,
        what: "A context that selects by value in a map that is ordered by key and value, persists its index and has \
               several entries, if the value is greater than all values of the map. According to the public source, the \
               context of a secondary index is followed in the same way.",
        reason: "The rank of such a value is the number of entries. The server reads its index of values at this rank \
                 before it checks whether the value was found, and the assertion `index 2 >= ele_count 2` ends it.",
        versions: &["8.1.2.0"],
        recorded: &[],
        requests: &[
            "020300000000005f1600010000000000000000000000000003e8000300020000000500746573740000000501636f6e660000001504\
             11111111111111111111111111111111111111110000000e021300016d82a2036101a203620200000008040400016d924013",
            "02030000000000521601000000000000000000000000000003e8000300010000000500746573740000000501636f6e660000001504\
             11111111111111111111111111111111111111110000000d030400016d93ccff9223059160",
        ],
        matches: selects_by_map_value,
        prepared_by: Some(persists_an_index_of_values),
    },
    KnownCrash {
        id: "context-negative-padded-index",
        what: "A context that creates a list element with the flag for padding, in an unordered list, if the index is \
               negative and before the first element.",
        reason: "The number of nil elements to insert is the index minus the list's size as an unsigned number, which \
                 is about four billion.",
        versions: &["8.1.2.0"],
        recorded: &["ctx-a-00373"],
        requests: &[
            "020300000000006b1600010000000000000000000000000003e8000300010000000500746573740000000501636f6e660000001504\
             012efc0ba0a12780eb38390a8dd1a0ee37554dac000000260214000163949301020382a2036193030102a2036282a2037801a20379\
             910092910592060709",
            "02030000000000581600010000000000000000000000000003e8000300010000000500746573740000000501636f6e660000001504\
             012efc0ba0a12780eb38390a8dd1a0ee37554dac00000013040400016393ccff92cc90f69401a204000104",
        ],
        matches: pads_before_the_list,
        prepared_by: None,
    },
    KnownCrash {
        id: "list-of-announced-size",
        what: "A read of a bin that was written as a list whose header announces 4,294,967,295 elements and has none.",
        reason: "The write is accepted: the number of elements wraps around in 32 bits, so that the header alone is a \
                 list. The server ends when the bin is read.",
        versions: &["8.1.2.0"],
        recorded: &["kv-a-00297"],
        requests: &[
            "020300000000004f1600010000000000000000000000000003e8000300010000000500746573740000000501636f6e660000001504\
             f6057ea1a1beda40d7df20f90bef7e39bb4618940000000a0214000162ddffffffff",
            "02030000000000411603000000000000000000000000000003e8000300000000000500746573740000000501636f6e660000001504\
             f6057ea1a1beda40d7df20f90bef7e39bb461894",
        ],
        matches: announces_too_many_elements,
        prepared_by: None,
    },
];

/// Finds known crashes among the operations of a sequence of requests. Operations inside expressions are not examined.
#[derive(Debug, Clone, Default)]
pub struct Detector {
    /// The crashes for which a bin has been prepared.
    prepared: Vec<&'static str>,
}

impl Detector {
    /// The known crash that the next operation of the sequence can cause, by its code, the particle type of its
    /// argument, and its argument.
    pub fn check(&mut self, code: OpCode, particle_type: ParticleType, argument: &[u8]) -> Option<&'static KnownCrash> {
        for crash in KNOWN_CRASHES {
            if crash
                .prepared_by
                .is_some_and(|prepares| prepares(code, particle_type, argument))
            {
                self.prepared.push(crash.id);
            }
        }
        KNOWN_CRASHES.iter().find(|crash| {
            (crash.prepared_by.is_none() || self.prepared.contains(&crash.id))
                && (crash.matches)(code, particle_type, argument)
        })
    }
}

impl Detector {
    /// The known crash that the context of a secondary index can cause when bins are written later.
    #[must_use]
    pub fn check_index(&self, context: &[u8]) -> Option<&'static KnownCrash> {
        let steps = steps(context).unwrap_or_default();
        let selects = steps.iter().any(|(code, _)| is_by_map_value(*code));
        KNOWN_CRASHES
            .iter()
            .find(|crash| selects && crash.id == CONTEXT_MAP_VALUE)
    }
}

fn is_collection(code: OpCode) -> bool {
    matches!(code, OpCode::CDT_READ | OpCode::CDT_MODIFY)
}

/// The context of a collection operation, as its codes and values, and the operation itself.
fn parts(argument: &[u8]) -> Result<(Vec<(u64, Value)>, Call<'_>), DecodeError> {
    let mut call = Call::read(argument)?;
    if call.code != CONTEXT {
        return Ok((Vec::new(), call));
    }
    let steps = steps(call.value()?)?;
    Ok((steps, call.inner()?))
}

/// The steps of a context.
fn steps(context: &[u8]) -> Result<Vec<(u64, Value)>, DecodeError> {
    let mut reader = Reader::new(context);
    let mut steps = Vec::new();
    for _ in 0..reader.list()? / 2 {
        // A path expression has steps that are no values.
        let code = reader.int()? as u64;
        let value = Value::unpack(&mut Reader::new(reader.element()?));
        steps.push((code, value.unwrap_or_default()));
    }
    Ok(steps)
}

fn inverts_an_empty_list(code: OpCode, _: ParticleType, argument: &[u8]) -> bool {
    let inverts = || {
        let (_, mut call) = parts(argument)?;
        let selects = [
            MapOp::GetByKeyList,
            MapOp::GetByValueList,
            MapOp::RemoveByKeyList,
            MapOp::RemoveByValueList,
        ];
        let by_list = MapOp::from_code(call.code).is_some_and(|op| selects.contains(&op));
        let is_inverted = by_list && call.unsigned()? & ReturnType::INVERTED != 0;
        Ok::<_, DecodeError>(is_inverted && Reader::new(call.value()?).token()? == Token::List(0))
    };
    is_collection(code) && inverts().unwrap_or(false)
}

fn selects_by_map_value(code: OpCode, _: ParticleType, argument: &[u8]) -> bool {
    let steps = |argument| parts(argument).map(|(steps, _)| steps).unwrap_or_default();
    is_collection(code) && steps(argument).iter().any(|(code, _)| is_by_map_value(*code))
}

const fn is_by_map_value(code: u64) -> bool {
    code & step::MAP != 0 && code & step::BASE_MASK == step::BY_VALUE
}

/// Whether an operation can leave a map with a persisted index of keys and values.
fn persists_an_index_of_values(code: OpCode, particle_type: ParticleType, argument: &[u8]) -> bool {
    let persists = |flags: u64| {
        let needed = u64::from(VALUE_ORDERED | PERSIST_INDEX);
        flags & needed == needed
    };
    let written = || {
        let mut reader = Reader::new(argument);
        let entries = reader.token()?;
        Ok::<_, DecodeError>(match (entries, reader.token()?) {
            (Token::Map(_), Token::Ext(flags, _)) => persists(flags as u64),
            _ => false,
        })
    };
    let modified = || {
        let (steps, mut call) = parts(argument)?;
        if steps.iter().any(|(code, _)| code & step::CREATE_PERSIST_INDEX != 0) {
            return Ok(true);
        }
        for _ in 0..call.arguments {
            if let Ok(Value::Int(flags)) = Value::unpack(&mut Reader::new(call.value()?))
                && persists(flags as u64)
            {
                return Ok(true);
            }
        }
        Ok::<_, DecodeError>(false)
    };
    match code {
        OpCode::WRITE if particle_type == ParticleType::MAP => written().unwrap_or(false),
        OpCode::CDT_MODIFY => modified().unwrap_or(false),
        _ => false,
    }
}

fn pads_before_the_list(code: OpCode, _: ParticleType, argument: &[u8]) -> bool {
    let pads = |code: u64| {
        code & step::LIST != 0
            && code & step::BASE_MASK == step::BY_INDEX
            && code & step::CREATE_MASK == step::CREATE_PADDED_OR_KEY_ORDERED
    };
    let is_negative = |value: &Value| matches!(value, Value::Int(index) if *index < 0);
    let steps = |argument| parts(argument).map(|(steps, _)| steps).unwrap_or_default();
    is_collection(code)
        && steps(argument)
            .iter()
            .any(|(code, value)| pads(*code) && is_negative(value))
}

fn announces_too_many_elements(code: OpCode, particle_type: ParticleType, argument: &[u8]) -> bool {
    let announced = |argument| match Reader::new(argument).token() {
        Ok(Token::List(n)) => n as usize > argument.len(),
        _ => false,
    };
    code == OpCode::WRITE && particle_type == ParticleType::LIST && announced(argument)
}

#[cfg(test)]
mod tests {
    use spikelet_wire::{FrameHeader, Message};

    use super::*;
    use crate::frame_display::hex;
    use crate::recorded;

    /// The known crashes that the operations of a sequence of frames can cause.
    fn of<'f>(frames: impl IntoIterator<Item = &'f Vec<u8>>) -> Vec<&'static str> {
        let mut detector = Detector::default();
        let mut found = Vec::new();
        for frame in frames {
            let message = Message::decode(&frame[FrameHeader::SIZE..]).unwrap();
            for op in message.ops() {
                found.extend(
                    detector
                        .check(op.code, op.particle_type, op.value)
                        .map(|crash| crash.id),
                );
            }
        }
        found
    }

    #[test]
    fn all_recorded_crashes_are_known() {
        let cases = recorded::crashes().unwrap();
        for case in &cases {
            let known: Vec<_> = KNOWN_CRASHES
                .iter()
                .filter(|crash| crash.recorded.contains(&case.id.as_str()))
                .collect();
            assert_eq!(known.len(), 1, "{}", case.id);
            let found = of(case.steps.iter().map(|step| &step.request));
            assert_eq!(found, [known[0].id], "{}", case.id);
        }
        let listed = KNOWN_CRASHES.iter().flat_map(|crash| crash.recorded).count();
        assert_eq!(listed, cases.len());
    }

    #[test]
    fn the_requests_of_an_entry_match_it() {
        let cases = recorded::crashes().unwrap();
        let recorded: Vec<_> = cases
            .iter()
            .flat_map(|case| &case.steps)
            .map(|step| hex(&step.request))
            .collect();
        for crash in KNOWN_CRASHES {
            let frames: Vec<Vec<u8>> = crash.requests.iter().map(|hex| unhex(hex)).collect();
            assert_eq!(of(&frames), [crash.id]);
            // Requests of a recorded crash are the recorded ones.
            let is_recorded = |frame: &&str| recorded.iter().any(|of| of == *frame);
            assert!(
                crash.recorded.is_empty() || crash.requests.iter().all(is_recorded),
                "{}",
                crash.id
            );
        }
    }

    #[test]
    fn similar_operations_are_not_known_to_crash() {
        for harmless in [
            // The same selection with a key, and without the inversion.
            "9353ce000100069101",
            "93530690",
            // An inverted list of values in a list.
            "9317ce0001000690",
            // A context by a list's value, by a map's key, and padding after the end.
            "93ccff9213059110",
            "93ccff9222a203619160",
            // By a map's value, if no map persists its index.
            "93ccff9223059160",
            "93ccff92cc90059401a204000104",
        ] {
            let found = Detector::default().check(OpCode::CDT_MODIFY, ParticleType::BLOB, &unhex(harmless));
            assert!(found.is_none(), "{harmless}");
        }
        let by_map_key = unhex("9222a20361");
        assert!(Detector::default().check_index(&by_map_key).is_none());
        let short = Detector::default().check(OpCode::WRITE, ParticleType::LIST, &[0x91, 0x01]);
        assert!(short.is_none());
    }

    #[test]
    fn an_index_on_a_map_value_is_known_to_crash() {
        let found = Detector::default().check_index(&unhex("922305"));
        assert_eq!(found.map(|crash| crash.id), Some(CONTEXT_MAP_VALUE));
    }

    fn unhex(text: &str) -> Vec<u8> {
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
        let pairs = text.as_bytes().chunks(2);
        pairs.map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }
}
