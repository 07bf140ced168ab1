//! Keys, stored keys, digests and sets.

use spikelet_client::{Key, ResultCode, bins};
use spikelet_wire::{FieldType, Header, Info1, Info2, OpCode};

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::raw::RawRequest;
use crate::scenario::scenarios;

scenarios![
    types_of_keys,
    sets_keep_records_apart,
    no_set,
    longest_set_name,
    too_long_set_name_refused,
    stored_key,
    other_stored_key_refused,
    key_is_stored_later,
    key_not_sent_is_not_compared,
    by_digest,
    write_in_another_set_refused,
    digest_of_a_wrong_size_refused,
    no_digest_refused,
];

async fn types_of_keys(t: &mut Context) -> Outcome {
    let n = t.unique_number();
    let keys = [
        Key::new(Context::NAMESPACE, t.set(), n),
        Key::new(Context::NAMESPACE, t.set(), n.to_string()),
        Key::new(Context::NAMESPACE, t.set(), n.to_be_bytes().to_vec()),
    ];
    for (n, key) in keys.iter().enumerate() {
        ask!(t, put(key, bins! {"n" => n as i64}).send_key(true))?;
    }
    for (n, key) in keys.iter().enumerate() {
        expect_eq!(ask!(t, get(key))?.bins, bins! {"n" => n as i64});
    }
    Ok(())
}

async fn sets_keep_records_apart(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let other = Key::new(
        Context::NAMESPACE,
        format!("{}b", t.set()),
        key.user_key().cloned().unwrap_or_else(|| 0.into()),
    );
    ask!(t, put(&key, bins! {"a" => 1}))?;
    expect_refused!(ask!(t, get(&other)), NOT_FOUND);
    ask!(t, put(&other, bins! {"a" => 2}))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1});
    ask!(t, remove(&other))?;
    Ok(())
}

async fn no_set(t: &mut Context) -> Outcome {
    let key = Key::new(Context::NAMESPACE, "", format!("{} no set", t.set()));
    ask!(t, put(&key, bins! {"a" => 1}))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1});
    ask!(t, remove(&key))?;
    Ok(())
}

async fn longest_set_name(t: &mut Context) -> Outcome {
    let key = Key::new(Context::NAMESPACE, "s".repeat(63), t.unique_number());
    ask!(t, put(&key, bins! {"a" => 1}))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1});
    ask!(t, remove(&key))?;
    Ok(())
}

async fn too_long_set_name_refused(t: &mut Context) -> Outcome {
    let key = Key::new(Context::NAMESPACE, "s".repeat(64), t.unique_number());
    expect_refused!(ask!(t, put(&key, bins! {"a" => 1})), PARAMETER);
    expect_refused!(ask!(t, get(&key)), NOT_FOUND);
    Ok(())
}

async fn stored_key(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).send_key(true))?;
    ask!(t, put(&key, bins! {"a" => 2}).send_key(true))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 2});
    Ok(())
}

/// A write whose user key does not match its digest.
fn write_as(key: &Key, user_key: &[u8]) -> RawRequest {
    let header = Header {
        info2: Info2::WRITE,
        ..Header::default()
    };
    RawRequest::new(key, header)
        .field(FieldType::KEY, user_key)
        .op(OpCode::WRITE, "a", 2)
}

async fn other_stored_key_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).send_key(true))?;
    let answer = t
        .send_one(&write_as(&key, b"\x03other").described("of another text"))
        .await?;
    expect_eq!(answer.code(), ResultCode::KEY_MISMATCH);
    let answer = t
        .send_one(&write_as(&key, &[1, 0, 0, 0, 0, 0, 0, 0, 5]).described("of a number"))
        .await?;
    expect_eq!(answer.code(), ResultCode::KEY_MISMATCH);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1});
    Ok(())
}

async fn key_is_stored_later(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, put(&key, bins! {"a" => 1}).send_key(true))?;
    expect_eq!(
        t.send_one(&write_as(&key, b"\x03other")).await?.code(),
        ResultCode::KEY_MISMATCH
    );
    Ok(())
}

async fn key_not_sent_is_not_compared(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).send_key(true))?;
    ask!(t, put(&key, bins! {"a" => 2}))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 2});
    expect_eq!(
        t.send_one(&write_as(&key, b"\x03other")).await?.code(),
        ResultCode::KEY_MISMATCH
    );
    Ok(())
}

async fn by_digest(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let digest = Key::from_digest(Context::NAMESPACE, key.digest());
    expect_eq!(ask!(t, get(&digest))?.bins, bins! {"a" => 1});
    Ok(())
}

async fn write_in_another_set_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    // Unlike a read, a write must name the record's set.
    let digest = Key::from_digest(Context::NAMESPACE, key.digest());
    expect_refused!(ask!(t, put(&digest, bins! {"a" => 2})), PARAMETER);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1});
    Ok(())
}

async fn digest_of_a_wrong_size_refused(t: &mut Context) -> Outcome {
    let header = Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    };
    let request = RawRequest::new(&t.key("a"), header).without(FieldType::DIGEST);
    for size in [0, 19, 21] {
        let request = request.clone().field(FieldType::DIGEST, vec![7; size]);
        expect_eq!(
            t.send_one(&request.described(&format!("of {size} bytes")))
                .await?
                .code(),
            ResultCode::PARAMETER
        );
    }
    Ok(())
}

async fn no_digest_refused(t: &mut Context) -> Outcome {
    let header = Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    };
    let request = RawRequest::bare(header).field(FieldType::NAMESPACE, Context::NAMESPACE);
    let request = request.field(FieldType::SET, t.set());
    expect_eq!(t.send_one(&request).await?.code(), ResultCode::UNSUPPORTED_FEATURE);
    Ok(())
}
