//! Looks up the records of requests that have arrived, before they are executed.

use spikelet_wire::{Digest, FieldType, FrameHeader, FrameType, Message};

use crate::state::State;
use crate::store::Namespace;

/// Looks up the records of the first frames of `input`, so that executing them does not wait for memory one record after the
/// other. Returns the size of the frames that it went through. A frame that is no command on one record is passed over.
pub(crate) fn look_up(state: &State, input: &[u8]) -> usize {
    let mut digests = [Digest([0; Digest::SIZE]); Namespace::LOOK_UP];
    let (mut namespace, mut count, mut at) = (None, 0, 0);
    while let Some(place) = digests.get_mut(count)
        && let Some((header, behind)) = input.get(at..).unwrap_or_default().split_first_chunk()
    {
        let header = FrameHeader::decode(*header);
        let Some(body) = usize::try_from(header.size).ok().and_then(|size| behind.get(..size)) else {
            break;
        };
        at += FrameHeader::SIZE + body.len();
        if header.frame_type == FrameType::MESSAGE
            && let Some((name, digest)) = record_of(body)
            // One namespace is enough: a client rarely mixes requests for several.
            && *namespace.get_or_insert(name) == name
        {
            *place = digest;
            count += 1;
        }
    }
    // A single record gains nothing.
    if count > 1
        && let Some(namespace) = state.namespace(namespace)
    {
        namespace.look_up(digests.get(..count).unwrap_or_default());
    }
    at
}

/// The namespace and the digest in a message; `None` if it lacks one of them.
fn record_of(body: &[u8]) -> Option<(&[u8], Digest)> {
    let (mut namespace, mut digest) = (None, None);
    for field in Message::decode(body).ok()?.fields() {
        match field.field_type {
            FieldType::NAMESPACE => namespace = Some(field.data),
            FieldType::DIGEST => digest = Digest::try_from(field.data).ok(),
            _ => {}
        }
    }
    Some((namespace?, digest?))
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use spikelet_wire::{Header, Info1, MessageWriter, frame};

    use super::*;
    use crate::config::Config;

    #[test]
    fn it_goes_through_whole_frames_of_every_kind() {
        let state = State::new(Config::default());
        let mut input = BytesMut::new();
        let get = |namespace: &[u8], digest: &[u8], input: &mut BytesMut| {
            let header = Header {
                info1: Info1::READ | Info1::GET_ALL,
                ..Header::default()
            };
            let mut message = MessageWriter::frame(input, &header);
            message.field(FieldType::NAMESPACE, namespace);
            message.field(FieldType::DIGEST, digest);
            message.finish();
        };
        get(b"test", &[1; Digest::SIZE], &mut input);
        get(b"test", b"short", &mut input);
        get(b"elsewhere", &[1; Digest::SIZE], &mut input);
        frame::write(&mut input, FrameType::INFO, b"build\n");
        frame::write(&mut input, FrameType::MESSAGE, b"damaged");
        get(b"test", &[2; Digest::SIZE], &mut input);
        let whole = input.len();
        assert_eq!(look_up(&state, &input), whole);
        input.extend_from_slice(&[2, 3, 0, 0]);
        assert_eq!(look_up(&state, &input), whole);
        input.extend_from_slice(&[0, 0, 0, 9, 1]);
        assert_eq!(look_up(&state, &input), whole);
        assert_eq!(look_up(&state, &[]), 0);
    }

    #[test]
    fn it_stops_after_as_many_records_as_are_looked_up_at_a_time() {
        let state = State::new(Config::default());
        let mut input = BytesMut::new();
        for n in 0..=Namespace::LOOK_UP as u8 {
            let mut message = MessageWriter::frame(&mut input, &Header::default());
            message.field(FieldType::NAMESPACE, b"test");
            message.field(FieldType::DIGEST, &[n; Digest::SIZE]);
            message.finish();
        }
        let first = look_up(&state, &input);
        assert_eq!(first, input.len() / (Namespace::LOOK_UP + 1) * Namespace::LOOK_UP);
        assert_eq!(look_up(&state, &input[first..]), input.len() - first);
    }
}
