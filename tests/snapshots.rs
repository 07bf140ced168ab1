//! Random writes and snapshots: a restored server agrees with a copy of a naive model, including counters and indexes.
//!
//! There are few keys, so that records are written again after a snapshot. `PROPTEST_CASES` sets the number of
//! sequences.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use spikelet::unstable::{self, Session};
use spikelet::{Server, Snapshot, Value};
use spikelet_wire::{Digest, FieldType, FrameHeader, FrameType, Header, Info2, MessageWriter, UserKey};

const NAMESPACES: [&str; 2] = ["test", "bar"];
const SETS: [&str; 2] = ["demo", "users"];

#[derive(Debug, Clone)]
enum Step {
    /// An integer, or a string, which the index ignores.
    Put(Place, Option<i64>),
    Delete(Place),
    /// Creates the index of a namespace, or drops it.
    Index(usize, bool),
    Truncate,
    Reset,
    Snapshot,
    /// Restores one of the previous snapshots, if there is one.
    Restore(usize),
}

/// Namespace, set, key.
type Place = (usize, usize, i64);

/// The expected contents of a server.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    records: BTreeMap<Place, (Option<i64>, u16)>,
    indexes: [bool; 2],
}

fn step() -> impl Strategy<Value = Step> {
    let place = || (0..NAMESPACES.len(), 0..SETS.len(), 0..8_i64);
    prop_oneof![
        12 => (place(), proptest::option::weighted(0.8, 0..5_i64)).prop_map(|(place, value)| Step::Put(place, value)),
        4 => place().prop_map(Step::Delete),
        2 => (0..NAMESPACES.len(), proptest::bool::weighted(0.8)).prop_map(|(namespace, is)| Step::Index(namespace, is)),
        1 => Just(Step::Truncate),
        1 => Just(Step::Reset),
        4 => Just(Step::Snapshot),
        4 => (0..8_usize).prop_map(Step::Restore),
    ]
}

impl Model {
    fn put(&mut self, place: Place, value: Option<i64>) {
        let record = self.records.entry(place).or_default();
        *record = (value, record.1 + 1);
    }

    /// The actual contents of a server.
    fn of(server: &Server) -> Self {
        let position = |names: [&str; 2], name: &str| names.iter().position(|other| *other == name).unwrap();
        let mut model = Self::default();
        for record in server.records() {
            let Some(UserKey::Int(key)) = record.key else {
                panic!("no key in {record:?}");
            };
            let set = position(SETS, record.set.as_deref().unwrap());
            let place = (position(NAMESPACES, &record.namespace), set, key);
            let value = match record.bins["n"] {
                Value::Int(n) => Some(n),
                _ => None,
            };
            model.records.insert(place, (value, record.generation));
        }
        let namespaces = unstable::state(server).namespaces();
        for (is, namespace) in model.indexes.iter_mut().zip(namespaces) {
            *is = namespace.sindexes.by_name("i").is_some_and(|index| index.is_readable());
        }
        model
    }

    /// Checks that counters and indexes agree with the records.
    fn check(&self, server: &Server) -> Result<(), TestCaseError> {
        for (at, namespace) in unstable::state(server).namespaces().iter().enumerate() {
            let count = |matches: &dyn Fn(&Place, Option<i64>) -> bool| {
                let mine = self.records.iter().filter(|(place, _)| place.0 == at);
                mine.filter(|(place, record)| matches(place, record.0)).count() as u64
            };
            prop_assert_eq!(namespace.counters.objects.load(Ordering::Relaxed), count(&|_, _| true));
            for (number, name) in SETS.iter().enumerate() {
                let set = namespace
                    .sets
                    .find(name.as_bytes())
                    .and_then(|id| namespace.sets.get(id));
                let objects = set.map_or(0, |set| set.objects.load(Ordering::Relaxed));
                prop_assert_eq!(objects, count(&|place, _| place.1 == number));
            }
            if let Some(index) = namespace.sindexes.by_name("i") {
                prop_assert_eq!(index.entries() as u64, count(&|_, value| value.is_some()));
            }
        }
        Ok(())
    }
}

fn ask(server: &Server, frame_type: FrameType, body: &[u8]) -> BytesMut {
    let mut out = BytesMut::new();
    let header = FrameHeader::new(frame_type, body.len());
    let _ = unstable::handle(
        unstable::state(server),
        server.now(),
        &mut Session::default(),
        header,
        body,
        &mut out,
    );
    out
}

fn delete(server: &Server, (namespace, set, key): Place) {
    let header = Header {
        info2: Info2::WRITE | Info2::DELETE,
        ..Header::default()
    };
    let mut body = BytesMut::new();
    let mut message = MessageWriter::bare(&mut body, &header);
    message.field(FieldType::NAMESPACE, NAMESPACES[namespace].as_bytes());
    message.field(FieldType::DIGEST, &Digest::of(SETS[set], &UserKey::Int(key)).0);
    message.finish();
    ask(server, FrameType::MESSAGE, &body);
}

fn apply(server: &Server, model: &mut Model, kept: &mut Vec<(Snapshot, Model)>, step: &Step) {
    match *step {
        Step::Put(place @ (namespace, set, key), value) => {
            let (namespace, set) = (NAMESPACES[namespace], SETS[set]);
            match value {
                Some(n) => server.insert(namespace, set, key, [("n", n)]),
                None => server.insert(namespace, set, key, [("n", "a string of many bytes")]),
            }
            .unwrap();
            model.put(place, value);
        }
        Step::Delete(place) => {
            delete(server, place);
            model.records.remove(&place);
        }
        Step::Index(namespace, is) => {
            let name = NAMESPACES[namespace];
            let line = if is {
                format!("sindex-create:namespace={name};indexname=i;bin=n;type=numeric\n")
            } else {
                format!("sindex-delete:namespace={name};indexname=i\n")
            };
            ask(server, FrameType::INFO, line.as_bytes());
            model.indexes[namespace] = is;
        }
        Step::Truncate => {
            server.truncate();
            model.records.clear();
        }
        Step::Reset => {
            server.reset();
            *model = Model::default();
        }
        Step::Snapshot => kept.push((server.snapshot(), model.clone())),
        Step::Restore(which) => {
            if let Some((snapshot, then)) = kept.get(which % kept.len().max(1)) {
                server.restore(snapshot).unwrap();
                *model = then.clone();
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_restored_is_what_was_there(steps in vec(step(), 1..60)) {
        let server = Server::start().unwrap();
        let (mut model, mut kept) = (Model::default(), Vec::new());
        for step in &steps {
            apply(&server, &mut model, &mut kept, step);
            prop_assert_eq!(&Model::of(&server), &model, "after {:?}", step);
            model.check(&server)?;
        }
        // Restore each snapshot, regardless of later changes, and also in a new server.
        let other = Server::start().unwrap();
        for (snapshot, then) in &kept {
            other.restore(snapshot).unwrap();
            prop_assert_eq!(&Model::of(&other), then);
            then.check(&other)?;
            apply(&other, &mut then.clone(), &mut Vec::new(), &Step::Put((0, 0, 0), Some(7)));
        }
    }
}
