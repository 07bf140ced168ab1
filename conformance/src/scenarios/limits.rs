//! Limits on names and sizes, and requests that the Community Edition rejects.

use spikelet_client::{Key, ResultCode, Value, bins};
use spikelet_wire::{FieldType, Header, Info1, Info2, OpCode};

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::raw::RawRequest;
use crate::scenario::scenarios;

scenarios![
    longest_bin_name,
    too_long_bin_name_refused,
    empty_bin_name,
    unknown_namespace_refused,
    no_namespace_refused,
    record_of_many_bins,
    record_too_big_refused,
    record_grows_too_big_refused,
    unknown_operations_refused,
    read_in_a_write_refused,
    write_in_a_read_refused,
    unknown_fields_are_passed_over,
];

async fn longest_bin_name(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let name = "n".repeat(15);
    ask!(t, put(&key, bins! {name.as_str() => 1}))?;
    expect_eq!(ask!(t, select(&key, [name.as_str()]))?.bins, bins! {name.as_str() => 1});
    Ok(())
}

async fn too_long_bin_name_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    for size in [16, 255] {
        expect_refused!(ask!(t, put(&key, bins! {"n".repeat(size) => 1})), BIN_NAME);
    }
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn empty_bin_name(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"" => 1}))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"" => 1});
    Ok(())
}

async fn unknown_namespace_refused(t: &mut Context) -> Outcome {
    // The client would not find a node for this namespace, so the scenario sends a raw request.
    let key = Key::new("no such namespace", t.set(), t.unique_number());
    let read = Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    };
    expect_eq!(
        t.send_one(&RawRequest::new(&key, read)).await?.code(),
        ResultCode::INVALID_NAMESPACE
    );
    let write = RawRequest::new(
        &key,
        Header {
            info2: Info2::WRITE,
            ..Header::default()
        },
    );
    expect_eq!(
        t.send_one(&write.op(OpCode::WRITE, "a", 1)).await?.code(),
        ResultCode::INVALID_NAMESPACE
    );
    Ok(())
}

async fn no_namespace_refused(t: &mut Context) -> Outcome {
    let header = Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    };
    let request = RawRequest::new(&t.key("a"), header).without(FieldType::NAMESPACE);
    expect_eq!(t.send_one(&request).await?.code(), ResultCode::INVALID_NAMESPACE);
    Ok(())
}

async fn record_of_many_bins(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let many: Vec<_> = (0..200).map(|n| (format!("bin{n}"), n)).collect();
    ask!(t, put(&key, many))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.bins.len(), &record.bins["bin199"]), (200, &Value::Int(199)));
    Ok(())
}

async fn record_too_big_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(
        ask!(t, put(&key, bins! {"a" => Value::Blob(vec![0; 2 * 1024 * 1024])})),
        RECORD_TOO_BIG
    );
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn record_grows_too_big_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => Value::Blob(vec![0; 600 * 1024])}))?;
    expect_refused!(
        ask!(t, append(&key, "a", Value::Blob(vec![0; 600 * 1024]))),
        RECORD_TOO_BIG
    );
    expect_eq!(ask!(t, header(&key))?.generation, 1);
    Ok(())
}

async fn unknown_operations_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let write = RawRequest::new(
        &key,
        Header {
            info2: Info2::WRITE,
            ..Header::default()
        },
    );
    for code in [0, 6, 17, 255] {
        expect_eq!(
            t.send_one(&write.clone().op(OpCode(code), "a", 5)).await?.code(),
            ResultCode::PARAMETER
        );
    }
    let read = RawRequest::new(
        &key,
        Header {
            info1: Info1::READ,
            ..Header::default()
        },
    );
    expect_eq!(
        t.send_one(&read.op(OpCode(99), "a", ())).await?.code(),
        ResultCode::PARAMETER
    );
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1});
    Ok(())
}

async fn read_in_a_write_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let write = RawRequest::new(
        &key,
        Header {
            info2: Info2::WRITE,
            ..Header::default()
        },
    );
    expect_eq!(
        t.send_one(&write.op(OpCode::READ, "a", ())).await?.code(),
        ResultCode::PARAMETER
    );
    Ok(())
}

async fn write_in_a_read_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let read = RawRequest::new(
        &key,
        Header {
            info1: Info1::READ,
            ..Header::default()
        },
    );
    expect_eq!(
        t.send_one(&read.op(OpCode::WRITE, "a", 5)).await?.code(),
        ResultCode::PARAMETER
    );
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1});
    Ok(())
}

async fn unknown_fields_are_passed_over(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let header = Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    };
    let request = RawRequest::new(&key, header).field(FieldType(200), b"what is this");
    let answer = t.send_one(&request).await?;
    expect_eq!((answer.code(), answer.bins.len()), (ResultCode::OK, 1));
    Ok(())
}
