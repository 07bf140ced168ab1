//! Whole records: put, get, select, exists, header, touch, remove.

use spikelet_client::{ResultCode, Value, bins};
use spikelet_wire::{Header, Info1, Info2, OpCode};

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::raw::RawRequest;
use crate::scenario::scenarios;

scenarios![
    put_and_get,
    put_updates_bins,
    put_keeps_the_order_of_bins,
    put_the_same_bin_twice,
    put_nothing_refused,
    select_some,
    select_missing_bin,
    select_the_same_bin_twice,
    get_all_goes_before_names,
    exists,
    header,
    missing_record,
    touch,
    remove,
    remove_and_recreate,
    remove_bin,
    remove_missing_bin,
    remove_all_bins,
    remove_bin_of_missing_record,
    neither_read_nor_write_refused,
];

async fn put_and_get(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"name" => "Alice", "age" => 30}))?;
    let record = ask!(t, get(&key))?;
    expect_eq!(record.bins, bins! {"name" => "Alice", "age" => 30});
    expect_eq!((record.generation, record.void_time), (1, 0));
    Ok(())
}

async fn put_updates_bins(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    ask!(t, put(&key, bins! {"b" => 3, "c" => 4}))?;
    let record = ask!(t, get(&key))?;
    expect_eq!(
        (record.generation, record.bins),
        (2, bins! {"a" => 1, "b" => 3, "c" => 4})
    );
    Ok(())
}

async fn put_keeps_the_order_of_bins(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"z" => 1, "a" => 2, "m" => 3}))?;
    ask!(t, put(&key, bins! {"a" => 4, "b" => 5}))?;
    let record = ask!(t, get(&key))?;
    let names: Vec<_> = record.bins.iter().map(|(name, _)| name.to_owned()).collect();
    expect_eq!(names, ["z", "a", "m", "b"]);
    Ok(())
}

async fn put_the_same_bin_twice(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let request = RawRequest::new(
        &key,
        Header {
            info2: Info2::WRITE,
            ..Header::default()
        },
    );
    let answer = t
        .send_one(&request.op(OpCode::WRITE, "a", 1).op(OpCode::WRITE, "a", 2))
        .await?;
    expect_eq!((answer.code(), answer.header.generation), (ResultCode::OK, 1));
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 2});
    Ok(())
}

async fn put_nothing_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, put(&key, bins! {})), PARAMETER);
    expect_refused!(ask!(t, get(&key)), NOT_FOUND);
    Ok(())
}

async fn select_some(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2, "c" => 3}))?;
    let record = ask!(t, select(&key, ["c", "a"]))?;
    expect_eq!((record.generation, record.bins), (1, bins! {"a" => 1, "c" => 3}));
    Ok(())
}

async fn select_missing_bin(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    expect_eq!(ask!(t, select(&key, ["none"]))?.bins, bins! {});
    expect_eq!(ask!(t, select(&key, ["none", "a"]))?.bins, bins! {"a" => 1});
    Ok(())
}

async fn select_the_same_bin_twice(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let header = Header {
        info1: Info1::READ,
        ..Header::default()
    };
    let request = RawRequest::new(&key, header)
        .op(OpCode::READ, "a", ())
        .op(OpCode::READ, "a", ());
    let answer = t.send_one(&request).await?;
    expect_eq!(
        answer.bins,
        [("a".to_owned(), Value::Int(1)), ("a".to_owned(), Value::Int(1))]
    );
    Ok(())
}

async fn get_all_goes_before_names(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    let header = Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    };
    let answer = t
        .send_one(&RawRequest::new(&key, header).op(OpCode::READ, "a", ()))
        .await?;
    expect_eq!(answer.bins.len(), 2);
    Ok(())
}

async fn exists(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_eq!(ask!(t, exists(&key))?, false);
    ask!(t, put(&key, bins! {"a" => 1}))?;
    expect_eq!(ask!(t, exists(&key))?, true);
    Ok(())
}

async fn header(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, put(&key, bins! {"a" => 2}))?;
    let record = ask!(t, header(&key))?;
    expect_eq!((record.generation, record.bins.len()), (2, 0));
    Ok(())
}

async fn missing_record(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, get(&key)), NOT_FOUND);
    expect_refused!(ask!(t, select(&key, ["a"])), NOT_FOUND);
    expect_refused!(ask!(t, header(&key)), NOT_FOUND);
    expect_refused!(ask!(t, touch(&key)), NOT_FOUND);
    expect_refused!(ask!(t, remove(&key)), NOT_FOUND);
    expect_refused!(ask!(t, operate(&key).get("a")), NOT_FOUND);
    expect_refused!(ask!(t, operate(&key).delete()), NOT_FOUND);
    Ok(())
}

async fn touch(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, touch(&key))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"a" => 1}));
    Ok(())
}

async fn remove(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, remove(&key))?;
    expect_refused!(ask!(t, get(&key)), NOT_FOUND);
    expect_refused!(ask!(t, remove(&key)), NOT_FOUND);
    Ok(())
}

async fn remove_and_recreate(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, put(&key, bins! {"b" => 2}))?;
    ask!(t, remove(&key))?;
    ask!(t, put(&key, bins! {"c" => 3}))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (1, bins! {"c" => 3}));
    Ok(())
}

async fn remove_bin(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2, "c" => 3}))?;
    ask!(t, remove_bin(&key, ["a", "c"]))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"b" => 2}));
    Ok(())
}

async fn remove_missing_bin(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, remove_bin(&key, ["none"]))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"a" => 1}));
    Ok(())
}

async fn remove_all_bins(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    ask!(t, remove_bin(&key, ["a", "b"]))?;
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn remove_bin_of_missing_record(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, remove_bin(&key, ["a"])), NOT_FOUND);
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn neither_read_nor_write_refused(t: &mut Context) -> Outcome {
    let request = RawRequest::new(&t.key("a"), Header::default());
    expect_eq!(t.send_one(&request).await?.code(), ResultCode::PARAMETER);
    Ok(())
}
