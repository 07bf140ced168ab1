//! Rules against frames, without a socket.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use spikelet_wire::batch::{BatchFlags, BatchWriter};
use spikelet_wire::{
    Digest, Field, FieldType, FrameHeader, FrameType, Header, Info1, Info2, MessageWriter, Op, OpCode, ParticleType,
    ResultCode, UserKey,
};

use super::{FaultBuilder, Faults, Reaction};
use crate::cluster::NodeId;
use crate::fault_rules::{Action, SplitMix64, Table, Then, Verdict};
use crate::selector::Command;

const NODE: NodeId = NodeId(0xA1);

fn on(table: &Arc<Table>, command: Command) -> FaultBuilder {
    Faults::new(table).on(command)
}

fn evaluate(table: &Table, frame_type: FrameType, body: &[u8]) -> Verdict {
    table.evaluate(NODE, None, FrameHeader::new(frame_type, body.len()), body)
}

fn evaluate_message(table: &Table, body: &[u8]) -> Verdict {
    evaluate(table, FrameType::MESSAGE, body)
}

/// A message on one record: a write of a bin, or a read of all.
fn message(writes: bool, set: &str, key: &str) -> BytesMut {
    let header = match writes {
        true => Header {
            info2: Info2::WRITE,
            ..Header::default()
        },
        false => Header {
            info1: Info1::READ | Info1::GET_ALL,
            ..Header::default()
        },
    };
    let mut out = BytesMut::new();
    let mut message = MessageWriter::bare(&mut out, &header);
    message.field(FieldType::NAMESPACE, b"test");
    message.field(FieldType::SET, set.as_bytes());
    message.field(FieldType::DIGEST, &Digest::of(set, &UserKey::from(key)).0);
    if writes {
        message.op(&Op::new(OpCode::WRITE, b"a", ParticleType::STRING, b"b"));
    }
    message.finish();
    out
}

/// A batch that reads the records of these keys.
fn batch(set: &str, keys: &[&str]) -> BytesMut {
    let header = Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    };
    let mut rows = BytesMut::new();
    let mut batch = BatchWriter::new(&mut rows, BatchFlags::REPORT_ALL_ERRORS);
    let fields = [(FieldType::NAMESPACE, &b"test"[..]), (FieldType::SET, set.as_bytes())];
    let fields = fields.map(|(field_type, data)| Field { field_type, data });
    for (at, key) in keys.iter().enumerate() {
        let digest = Digest::of(set, &UserKey::from(*key));
        match at {
            0 => batch.row(&digest, &header, &fields, &[]),
            _ => batch.repeat(&digest),
        }
    }
    batch.finish();
    let mut out = BytesMut::new();
    let header = Header {
        info1: Info1::READ | Info1::BATCH,
        ..Header::default()
    };
    let mut message = MessageWriter::bare(&mut out, &header);
    message.field(FieldType::BATCH, &rows);
    message.finish();
    out
}

fn write() -> BytesMut {
    message(true, "demo", "user1")
}

#[test]
fn all_that_a_rule_names_must_fit() {
    type Narrow = fn(FaultBuilder) -> FaultBuilder;
    let cases: [(&str, Narrow, bool); 14] = [
        ("nothing", |rule| rule, true),
        ("namespace", |rule| rule.namespace("test"), true),
        ("other namespace", |rule| rule.namespace("bar"), false),
        ("set", |rule| rule.namespace("test").set("demo"), true),
        ("other set", |rule| rule.namespace("test").set("dem"), false),
        ("no set", |rule| rule.set(""), false),
        ("key", |rule| rule.key("user1"), true),
        ("key of the set", |rule| rule.set("demo").key("user1"), true),
        ("key of another set", |rule| rule.set("other").key("user1"), false),
        ("other key", |rule| rule.key(1), false),
        ("digest", |rule| rule.digest(Digest::of("demo", &"user1".into())), true),
        ("other digest", |rule| rule.digest(Digest::of("demo", &1.into())), false),
        ("node", |rule| rule.node(0xA1), true),
        ("other node", |rule| rule.node(0xA2), false),
    ];
    for (name, narrow, fits) in cases {
        let table = Arc::default();
        let handle = narrow(on(&table, Command::Write)).cut_before();
        assert_eq!(
            evaluate_message(&table, &message(false, "demo", "user1")),
            Verdict::default()
        );
        let action = evaluate_message(&table, &write()).action;
        assert_eq!(action == Action::Drop(Then::Close), fits, "{name}");
        assert_eq!(
            (handle.matched(), handle.fired()),
            (u64::from(fits), u64::from(fits)),
            "{name}"
        );
    }
}

#[test]
fn nth_and_times_are_kept_and_a_table_that_is_used_up_is_not_armed() {
    let fires = |narrow: fn(FaultBuilder) -> FaultBuilder| {
        let table = Arc::default();
        let handle = narrow(on(&table, Command::Any)).ignore();
        let fired: String = (0..6)
            .map(|_| match evaluate_message(&table, &write()).is_nothing() {
                true => '.',
                false => 'x',
            })
            .collect();
        assert_eq!(handle.fired(), fired.matches('x').count() as u64);
        (fired, table.is_armed())
    };
    assert_eq!(fires(|rule| rule), ("xxxxxx".to_owned(), true));
    assert_eq!(fires(|rule| rule.times(2)), ("xx....".to_owned(), false));
    assert_eq!(fires(|rule| rule.times(0)), ("......".to_owned(), false));
    assert_eq!(fires(|rule| rule.nth(3)), ("..x...".to_owned(), false));
    assert_eq!(fires(|rule| rule.nth(3).times(2)), ("..xx..".to_owned(), false));
    assert_eq!(fires(|rule| rule.nth(3).times(9)), ("..xxxx".to_owned(), true));
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let fires = |seed, probability| -> Vec<bool> {
        let table = Arc::default();
        on(&table, Command::Write).probability(seed, probability).ignore();
        (0..200)
            .map(|_| !evaluate_message(&table, &write()).is_nothing())
            .collect()
    };
    assert_eq!(fires(1, 0.3), fires(1, 0.3));
    assert_ne!(fires(1, 0.3), fires(2, 0.3));
    let fired = fires(1, 0.3).into_iter().filter(|&fires| fires).count();
    assert!((40..80).contains(&fired), "{fired}");
    assert!(fires(1, 0.0).iter().all(|fires| !fires) && fires(1, 1.0).iter().all(|&fires| fires));
}

#[test]
fn the_first_that_fires_decides_and_delays_add_up() {
    let table = Arc::default();
    let ms = Duration::from_millis;
    on(&table, Command::Any).delay(ms(5));
    on(&table, Command::Write).delay(ms(7));
    let once = on(&table, Command::Write).times(1).key_busy();
    let next = on(&table, Command::Write).cut_after();
    let last = on(&table, Command::Write).delay(ms(100));
    let verdict = evaluate_message(&table, &write());
    assert_eq!((verdict.delay, next.matched()), (ms(12), 0));
    assert!(matches!(verdict.action, Action::Refuse(_)));
    let verdict = evaluate_message(&table, &write());
    assert!(matches!(
        verdict.action,
        Action::DamageReply {
            sent: 0,
            then: Then::Close,
            ..
        }
    ));
    assert_eq!((once.fired(), next.fired(), last.matched()), (1, 1, 0));
    next.remove();
    let verdict = evaluate_message(&table, &write());
    assert_eq!((verdict.delay, verdict.action), (ms(112), Action::Execute));
    table.clear();
    assert!(!table.is_armed() && evaluate_message(&table, &write()).is_nothing());
}

#[test]
fn rows_are_answered_by_themselves_and_all_else_applies_to_the_batch() {
    let body = batch("demo", &["a", "b", "a"]);
    let table = Arc::default();
    let rows = on(&table, Command::Read).key("a").nth(2).device_overload();
    let verdict = evaluate_message(&table, &body);
    assert_eq!(verdict.rows, [(2, ResultCode::DEVICE_OVERLOAD)]);
    assert_eq!((verdict.action, rows.fired(), rows.matched()), (Action::Execute, 1, 2));

    on(&table, Command::Read).set("demo").key("b").cut_before();
    on(&table, Command::Write).ignore();
    assert_eq!(evaluate_message(&table, &body).action, Action::Drop(Then::Close));
    assert!(evaluate_message(&table, &batch("demo", &["c"])).is_nothing());

    let table = Arc::default();
    on(&table, Command::Batch).set("other").ignore();
    on(&table, Command::Batch).set("demo").key_busy();
    let verdict = evaluate_message(&table, &body);
    assert!(matches!(verdict.action, Action::Refuse(_)) && verdict.rows.is_empty());
}

#[test]
fn error_replies_have_the_form_of_the_request() {
    let table = Arc::default();
    on(&table, Command::Everything).key_busy();
    let refused = |frame_type, body: &[u8]| {
        let Action::Refuse(refusal) = evaluate(&table, frame_type, body).action else {
            panic!("it was not refused");
        };
        let mut out = BytesMut::new();
        refusal.write(body, &mut out);
        out.split_off(FrameHeader::SIZE)
    };
    let single = refused(FrameType::MESSAGE, &write());
    assert_eq!((single.len(), single[3], single[5]), (Header::SIZE, 0, 14));
    let whole = refused(FrameType::MESSAGE, &batch("demo", &["a"]));
    assert_eq!((whole.len(), whole[3], whole[5]), (Header::SIZE, 1, 14));
    let info = refused(FrameType::INFO, b"build\nnode\n");
    assert_eq!(&info[..], b"build\tERROR:14:fault\nnode\tERROR:14:fault\n");
}

#[test]
fn controls_and_what_cannot_be_read_are_left_alone() {
    let table = Arc::default();
    on(&table, Command::Everything).ignore();
    assert!(evaluate(&table, FrameType::INFO, b"build\nspikelet/fault/clear\n").is_nothing());
    for damaged in [&b"damaged"[..], &[22, 8, 0], &[22, 1, 0, 0]] {
        assert!(evaluate_message(&table, damaged).is_nothing());
        assert!(evaluate(&table, FrameType::COMPRESSED, damaged).is_nothing());
    }
    assert!(!evaluate(&table, FrameType::INFO, b"build\n").is_nothing());
}

#[test]
fn compressed_messages_are_evaluated_as_others() {
    let table = Arc::default();
    let handle = on(&table, Command::Write).key("user1").ignore();
    let mut frame = BytesMut::new();
    spikelet_wire::frame::write(&mut frame, FrameType::MESSAGE, &write());
    let compressed = spikelet_wire::frame::compress(&frame);
    evaluate(&table, FrameType::COMPRESSED, &compressed[FrameHeader::SIZE..]);
    assert_eq!(handle.fired(), 1);
}

/// Equal rules decide alike, whatever bytes a peer sends.
#[test]
fn damaged_frames_are_evaluated_alike_by_equal_tables() {
    let table = || {
        let table = Arc::default();
        on(&table, Command::Read).key("b").probability(1, 0.5).device_overload();
        on(&table, Command::Any).namespace("test").nth(3).times(1000).corrupt();
        on(&table, Command::Batch).probability(2, 0.5).stall(9);
        on(&table, Command::Query).probability(3, 0.9).ignore();
        table
    };
    let (first, second) = (table(), table());
    let frames = [write(), message(false, "demo", "b"), batch("demo", &["a", "b", "c"])];
    let mut random = SplitMix64::new(11);
    let mut fired = 0;
    for at in 0..6000 {
        let mut body = frames[at % frames.len()].clone();
        for _ in 0..random.next() % 4 {
            let place = random.next() as usize % body.len();
            body[place] = random.next() as u8;
        }
        body.truncate(body.len() - random.next() as usize % 3);
        let verdict = evaluate_message(&first, &body);
        assert_eq!(verdict, evaluate_message(&second, &body));
        fired += usize::from(!verdict.is_nothing());
    }
    assert!((500..5500).contains(&fired), "{fired}");
}

#[test]
fn a_connection_is_refused_silenced_or_closed() {
    let action = |reaction| {
        let table = Arc::default();
        on(&table, Command::Connect).node(0xA1).react(reaction);
        on(&table, Command::Connect).set("demo").cut_before();
        assert!(evaluate_message(&table, &write()).is_nothing());
        assert!(table.evaluate_connection(NodeId(2)).is_nothing());
        table.evaluate_connection(NODE).action.then()
    };
    assert_eq!(action(Reaction::RefuseConnections), Then::Reset);
    assert_eq!(action(Reaction::Ignore), Then::Silence);
    assert_eq!(action(Reaction::Stall(9)), Then::Silence);
    for closing in [
        Reaction::CutBefore,
        Reaction::Corrupt,
        Reaction::Answer(ResultCode::KEY_BUSY),
    ] {
        assert_eq!(action(closing), Then::Close);
    }
    assert_eq!(action(Reaction::Delay(Duration::ZERO)), Then::Serve);
}

#[test]
fn noise_leaves_no_byte_but_the_size() {
    let noise = |seed| {
        let table = Arc::default();
        on(&table, Command::Write).seed(seed).corrupt();
        let Action::DamageReply { noise: Some(noise), .. } = evaluate_message(&table, &write()).action else {
            panic!("nothing is corrupted");
        };
        let mut reply = [2_u8; 200];
        let (first, second) = reply.split_at_mut(100);
        noise.corrupt(0, first);
        noise.corrupt(100, second);
        reply
    };
    let kept: Vec<_> = noise(1)
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == 2)
        .map(|(at, _)| at)
        .collect();
    assert_eq!(kept, [2, 3, 4, 5, 6, 7]);
    assert_eq!(noise(1), noise(1));
    assert_ne!(noise(1), noise(2));
}

#[test]
fn a_rule_is_shown_as_the_control_that_arms_it() {
    let table = Arc::default();
    let first = on(&table, Command::Write)
        .namespace("test")
        .set("demo")
        .key("user1")
        .times(2);
    first.device_overload();
    let second = on(&table, Command::Any).key(7).node(0xB2).nth(3).probability(42, 0.25);
    second.truncate(9);
    evaluate_message(&table, &write());
    let shown: Vec<_> = table.rules().iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "id=1:command=write:namespace=test:set=demo:key=user1:times=2:result=18:matched=1:fired=1",
            "id=2:command=any:int-key=7:node=B2:nth=3:probability=0.25:seed=42:reaction=truncate:bytes=9:matched=0:fired=0",
        ]
    );
}

#[test]
#[should_panic(expected = "never fired: it fired for none of the 1 that it matched (id=1:command=write:nth=2")]
fn a_fault_that_must_fire_says_so() {
    let table = Arc::default();
    let _must = on(&table, Command::Write).nth(2).ignore().must_fire();
    evaluate_message(&table, &write());
}

#[test]
#[should_panic(expected = "never fired: no command matched it while its guard was alive; bind the guard to a name")]
fn a_fault_that_must_fire_says_how_to_keep_its_guard() {
    let table = Arc::default();
    let _ = on(&table, Command::Write).ignore().must_fire();
    evaluate_message(&table, &write());
}

#[test]
fn a_fault_that_fired_is_removed_with_its_scope() {
    let table = Arc::default();
    let must = on(&table, Command::Write).key_busy().must_fire();
    evaluate_message(&table, &write());
    assert_eq!(must.fired(), 1);
    drop(must);
    assert!(!table.is_armed());
}
