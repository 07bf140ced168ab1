//! Batches.

use spikelet_client::{BatchRecord, BatchRow, Operation, ResultCode, Value, bins};
use spikelet_wire::batch::BatchFlags;
use spikelet_wire::{Header, Info1, Info2};

use crate::assertions::{expect_eq, expect_true};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::raw::{RawBatchRow, RawRequest};
use crate::scenario::scenarios;

scenarios![
    reads,
    reads_of_missing_records,
    selects,
    headers,
    same_record_twice,
    writes,
    writes_with_ttl,
    write_refused_in_one_row,
    create_only,
    update_only,
    generation_of_a_row,
    operates,
    operate_answers_in_order,
    operate_refused_in_one_row,
    removes,
    removes_of_missing_records,
    remove_of_another_generation,
    rows_of_all_kinds,
    later_rows_see_earlier_ones,
    stored_keys,
    thousand_rows,
    not_inline,
    repeated_rows,
    first_error_ends_the_answers,
    error_record_is_answered,
    missing_record_is_no_error,
    all_errors_are_answered,
    empty_batch_refused,
    unknown_namespace_refused,
    many_sets,
];

const OK: ResultCode = ResultCode::OK;

fn codes<O>(rows: &[BatchRecord<O>]) -> Vec<ResultCode> {
    rows.iter()
        .map(|row| row.result_code().unwrap_or(ResultCode::SERVER_ERROR))
        .collect()
}

fn values(rows: &[BatchRecord], bin: &str) -> Vec<Value> {
    rows.iter()
        .map(|row| row.record().map_or(Value::Nil, |record| record.bins[bin].clone()))
        .collect()
}

async fn reads(t: &mut Context) -> Outcome {
    let keys = t.keys(5);
    for (n, key) in keys.iter().enumerate() {
        ask!(t, put(key, bins! {"n" => n as i64, "s" => "x"}))?;
    }
    let rows = ask!(t, batch_read(&keys))?;
    expect_eq!(codes(&rows), [OK; 5]);
    expect_eq!(values(&rows, "n"), (0..5).map(Value::Int).collect::<Vec<_>>());
    Ok(())
}

async fn reads_of_missing_records(t: &mut Context) -> Outcome {
    let keys = t.keys(3);
    ask!(t, put(&keys[1], bins! {"n" => 1}))?;
    let rows = ask!(t, batch_read(&keys))?;
    expect_eq!(codes(&rows), [ResultCode::NOT_FOUND, OK, ResultCode::NOT_FOUND]);
    Ok(())
}

async fn selects(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    ask!(t, put(&keys[0], bins! {"a" => 1, "b" => 2}))?;
    ask!(t, put(&keys[1], bins! {"b" => 3, "c" => 4}))?;
    let rows = ask!(t, batch_select(&keys, ["a", "b"]))?;
    let bins: Vec<_> = rows.iter().filter_map(|row| Some(row.record()?.bins.clone())).collect();
    expect_eq!(bins, [bins! {"a" => 1, "b" => 2}, bins! {"b" => 3}]);
    Ok(())
}

async fn headers(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    ask!(t, put(&keys[0], bins! {"a" => 1}))?;
    ask!(t, put(&keys[0], bins! {"a" => 2}))?;
    let rows = ask!(t, batch_header(&keys))?;
    expect_eq!(codes(&rows), [OK, ResultCode::NOT_FOUND]);
    expect_eq!(
        rows[0].record().map(|record| (record.generation, record.bins.len())),
        Some((2, 0))
    );
    Ok(())
}

async fn same_record_twice(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 7}))?;
    let rows = ask!(t, batch_read([&key, &key, &key]))?;
    expect_eq!(values(&rows, "n"), [Value::Int(7), Value::Int(7), Value::Int(7)]);
    Ok(())
}

async fn writes(t: &mut Context) -> Outcome {
    let keys = t.keys(4);
    let rows = ask!(
        t,
        batch_write(keys.iter().zip(0..).map(|(key, n)| (key, bins! {"n" => n})))
    )?;
    expect_eq!(codes(&rows), [OK; 4]);
    expect_eq!(
        values(&ask!(t, batch_read(&keys))?, "n"),
        (0..4).map(Value::Int).collect::<Vec<_>>()
    );
    Ok(())
}

async fn writes_with_ttl(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    let rows = [
        BatchRow::write(&keys[0], bins! {"n" => 1}).ttl(std::time::Duration::from_secs(500)),
        BatchRow::write(&keys[1], bins! {"n" => 1}).never_expire(),
    ];
    expect_eq!(codes(&ask!(t, batch(rows))?), [OK; 2]);
    let rows = ask!(t, batch_header(&keys))?;
    let expires: Vec<_> = rows
        .iter()
        .map(|row| row.record().is_some_and(|record| record.void_time != 0))
        .collect();
    expect_eq!(expires, [true, false]);
    Ok(())
}

async fn write_refused_in_one_row(t: &mut Context) -> Outcome {
    let keys = t.keys(3);
    let rows = [
        BatchRow::write(&keys[0], bins! {"n" => 1}),
        BatchRow::write(&keys[1], bins! {"a name of 16 ch" => 1, "0123456789abcdef" => 1}),
        BatchRow::write(&keys[2], bins! {"n" => 3}),
    ];
    expect_eq!(codes(&ask!(t, batch(rows))?), [OK, ResultCode::BIN_NAME, OK]);
    expect_eq!(codes(&ask!(t, batch_read(&keys))?), [OK, ResultCode::NOT_FOUND, OK]);
    Ok(())
}

async fn create_only(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    ask!(t, put(&keys[0], bins! {"n" => 1}))?;
    let rows = ask!(
        t,
        batch_write(keys.iter().map(|key| (key, bins! {"n" => 2}))).create_only()
    )?;
    expect_eq!(codes(&rows), [ResultCode::RECORD_EXISTS, OK]);
    expect_eq!(
        values(&ask!(t, batch_read(&keys))?, "n"),
        [Value::Int(1), Value::Int(2)]
    );
    Ok(())
}

async fn update_only(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    ask!(t, put(&keys[0], bins! {"n" => 1}))?;
    let rows = ask!(
        t,
        batch_write(keys.iter().map(|key| (key, bins! {"n" => 2}))).update_only()
    )?;
    expect_eq!(codes(&rows), [OK, ResultCode::NOT_FOUND]);
    Ok(())
}

async fn generation_of_a_row(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    for key in &keys {
        ask!(t, put(key, bins! {"n" => 1}))?;
    }
    let rows = [
        BatchRow::write(&keys[0], bins! {"n" => 2}).generation_equal(1),
        BatchRow::write(&keys[1], bins! {"n" => 2}).generation_equal(5),
    ];
    expect_eq!(codes(&ask!(t, batch(rows))?), [OK, ResultCode::GENERATION]);
    expect_eq!(
        values(&ask!(t, batch_read(&keys))?, "n"),
        [Value::Int(2), Value::Int(1)]
    );
    Ok(())
}

async fn operates(t: &mut Context) -> Outcome {
    let keys = t.keys(3);
    ask!(t, put(&keys[0], bins! {"views" => 10}))?;
    let rows = ask!(
        t,
        batch_operate(&keys, [Operation::add("views", 1), Operation::get("views")])
    )?;
    expect_eq!(codes(&rows), [OK; 3]);
    expect_eq!(values(&rows, "views"), [11, 1, 1].map(Value::Int));
    Ok(())
}

async fn operate_answers_in_order(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let ops = [
        Operation::write("a", 1),
        Operation::get("a"),
        Operation::add("a", 1),
        Operation::get("a"),
    ];
    let rows = ask!(t, batch_operate([&key], ops).ordered())?;
    let answered: Vec<_> = rows
        .iter()
        .filter_map(|row| Some(row.record()?.bins.clone()))
        .flatten()
        .collect();
    let values: Vec<_> = answered.into_iter().filter(|(_, value)| *value != Value::Nil).collect();
    expect_eq!(
        values,
        [("a".to_owned(), Value::Int(1)), ("a".to_owned(), Value::Int(2))]
    );
    Ok(())
}

async fn operate_refused_in_one_row(t: &mut Context) -> Outcome {
    let keys = t.keys(3);
    ask!(t, put(&keys[1], bins! {"n" => "text"}))?;
    let rows = ask!(t, batch_operate(&keys, [Operation::add("n", 1)]))?;
    expect_eq!(codes(&rows), [OK, ResultCode::INCOMPATIBLE_TYPE, OK]);
    Ok(())
}

async fn removes(t: &mut Context) -> Outcome {
    let keys = t.keys(3);
    for key in &keys {
        ask!(t, put(key, bins! {"n" => 1}))?;
    }
    expect_eq!(codes(&ask!(t, batch_remove(&keys))?), [OK; 3]);
    expect_eq!(codes(&ask!(t, batch_read(&keys))?), [ResultCode::NOT_FOUND; 3]);
    Ok(())
}

async fn removes_of_missing_records(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    ask!(t, put(&keys[0], bins! {"n" => 1}))?;
    expect_eq!(codes(&ask!(t, batch_remove(&keys))?), [OK, ResultCode::NOT_FOUND]);
    Ok(())
}

async fn remove_of_another_generation(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    for key in &keys {
        ask!(t, put(key, bins! {"n" => 1}))?;
    }
    let rows = [
        BatchRow::remove(&keys[0]).generation_equal(1),
        BatchRow::remove(&keys[1]).generation_equal(2),
    ];
    expect_eq!(codes(&ask!(t, batch(rows))?), [OK, ResultCode::GENERATION]);
    Ok(())
}

async fn rows_of_all_kinds(t: &mut Context) -> Outcome {
    let keys = t.keys(5);
    for key in &keys[..4] {
        ask!(t, put(key, bins! {"n" => 1, "s" => "x"}))?;
    }
    let rows = [
        BatchRow::read(&keys[0]),
        BatchRow::write(&keys[1], bins! {"n" => 2}),
        BatchRow::operate(&keys[2], [Operation::add("n", 5), Operation::get("n")]),
        BatchRow::remove(&keys[3]),
        BatchRow::select(&keys[4], ["n"]),
    ];
    let rows = ask!(t, batch(rows))?;
    expect_eq!(codes(&rows), [OK, OK, OK, OK, ResultCode::NOT_FOUND]);
    expect_eq!(
        rows[2].record().map(|record| record.bins["n"].clone()),
        Some(Value::Int(6))
    );
    let rows = ask!(t, batch_read(&keys))?;
    expect_eq!(
        values(&rows, "n"),
        [1.into(), 2.into(), 6.into(), Value::Nil, Value::Nil]
    );
    Ok(())
}

async fn later_rows_see_earlier_ones(t: &mut Context) -> Outcome {
    // Rows that are executed inline are executed in order.
    let key = t.key("a");
    let rows = [
        BatchRow::write(&key, bins! {"n" => 1}),
        BatchRow::operate(&key, [Operation::add("n", 1)]),
        BatchRow::read(&key),
    ];
    let is_cluster = t.is_cluster().await?;
    let rows = match is_cluster {
        false => ask!(t, batch(rows))?,
        true => {
            // A write is replicated before the next write of the record begins, and a read does not wait for that. So
            // only the order of the writes is certain.
            let rows = t.client().batch(rows).await?;
            t.transcribe_text("batch(rows)", "the read finds the effect of none, one or both writes");
            rows
        }
    };
    let seen = |row: &BatchRecord| row.record().map(|record| (record.generation, record.bins["n"].clone()));
    if !is_cluster {
        expect_eq!(seen(&rows[2]), Some((2, Value::Int(2))));
        return Ok(());
    }
    expect_eq!(codes(&rows[..2]), [OK; 2]);
    let possible = [None, Some((1, Value::Int(1))), Some((2, Value::Int(2)))];
    expect_true!(
        possible.contains(&seen(&rows[2])),
        "the read found {:?}",
        seen(&rows[2])
    );
    let record = t.client().get(&key).await?;
    expect_eq!((record.generation, record.bins["n"].clone()), (2, Value::Int(2)));
    Ok(())
}

async fn stored_keys(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    let rows = ask!(
        t,
        batch_write(keys.iter().map(|key| (key, bins! {"n" => 1}))).send_key(true)
    )?;
    expect_eq!(codes(&rows), [OK; 2]);
    expect_eq!(codes(&ask!(t, batch_read(&keys))?), [OK; 2]);
    Ok(())
}

async fn thousand_rows(t: &mut Context) -> Outcome {
    let keys = t.keys(1000);
    let written = ask!(t, batch_operate(&keys, [Operation::add("n", 1)]))?;
    expect_eq!(written.iter().filter(|row| row.result.is_ok()).count(), 1000);
    let read = ask!(t, batch_read(&keys))?;
    expect_eq!(values(&read, "n"), vec![Value::Int(1); 1000]);
    ask!(t, batch_remove(&keys))?;
    Ok(())
}

async fn not_inline(t: &mut Context) -> Outcome {
    let keys = t.keys(10);
    let written = ask!(t, batch_operate(&keys, [Operation::add("n", 1)]).inline(false))?;
    expect_eq!(codes(&written), [OK; 10]);
    expect_eq!(codes(&ask!(t, batch_read(&keys).inline(false))?), [OK; 10]);
    Ok(())
}

/// A read of all bins.
fn read() -> Header {
    Header {
        info1: Info1::READ | Info1::GET_ALL,
        ..Header::default()
    }
}

/// A write that is rejected if the record exists.
fn create() -> Header {
    Header {
        info2: Info2::WRITE | Info2::CREATE_ONLY,
        ..Header::default()
    }
}

async fn repeated_rows(t: &mut Context) -> Outcome {
    let keys = t.keys(3);
    for (n, key) in keys.iter().enumerate() {
        ask!(t, put(key, bins! {"n" => n as i64}))?;
    }
    let rows = [
        RawBatchRow::new(&keys[0], read()),
        RawBatchRow::repeat(&keys[1]),
        RawBatchRow::repeat(&keys[2]),
    ];
    let answers = t.send(&RawRequest::batch(BatchFlags::REPORT_ALL_ERRORS, &rows)).await?;
    let values: Vec<_> = answers.iter().map(|answer| answer.bins.clone()).collect();
    expect_eq!(
        values,
        (0..3)
            .map(|n| vec![("n".to_owned(), Value::Int(n))])
            .collect::<Vec<_>>()
    );
    Ok(())
}

async fn first_error_ends_the_answers(t: &mut Context) -> Outcome {
    // Without a flag for errors the response is only the error, not the rows. But every row was executed.
    let keys = t.keys(3);
    ask!(t, put(&keys[1], bins! {"n" => 1}))?;
    let rows = keys
        .iter()
        .map(|key| RawBatchRow::new(key, create()).write("n", 2))
        .collect::<Vec<_>>();
    let answers = t.send(&RawRequest::batch(BatchFlags::INLINE_IN_MEMORY, &rows)).await?;
    expect_eq!(
        answers.iter().map(|answer| answer.code()).collect::<Vec<_>>(),
        [ResultCode::RECORD_EXISTS]
    );
    expect_eq!(values(&ask!(t, batch_read(&keys))?, "n"), [2, 1, 2].map(Value::Int));
    Ok(())
}

async fn error_record_is_answered(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    ask!(t, put(&keys[1], bins! {"n" => 1}))?;
    let rows = keys
        .iter()
        .map(|key| RawBatchRow::new(key, create()).write("n", 2))
        .collect::<Vec<_>>();
    let answers = t
        .send(&RawRequest::batch(
            BatchFlags::INLINE_IN_MEMORY | BatchFlags::REPORT_ERROR_RECORD,
            &rows,
        ))
        .await?;
    // The rows, followed by the error for the batch as a whole.
    let mut codes: Vec<_> = answers.iter().map(|answer| answer.code()).collect();
    codes.sort();
    expect_eq!(codes, [OK, ResultCode::RECORD_EXISTS, ResultCode::RECORD_EXISTS]);
    Ok(())
}

async fn missing_record_is_no_error(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    ask!(t, put(&keys[1], bins! {"n" => 1}))?;
    let rows = [RawBatchRow::new(&keys[0], read()), RawBatchRow::repeat(&keys[1])];
    let answers = t.send(&RawRequest::batch(BatchFlags::INLINE_IN_MEMORY, &rows)).await?;
    expect_eq!(
        answers.iter().map(|answer| answer.code()).collect::<Vec<_>>(),
        [ResultCode::NOT_FOUND, OK]
    );
    Ok(())
}

async fn all_errors_are_answered(t: &mut Context) -> Outcome {
    let keys = t.keys(3);
    ask!(t, put(&keys[1], bins! {"n" => 1}))?;
    let rows = keys
        .iter()
        .map(|key| RawBatchRow::new(key, create()).write("n", 2))
        .collect::<Vec<_>>();
    let answers = t.send(&RawRequest::batch(BatchFlags::REPORT_ALL_ERRORS, &rows)).await?;
    expect_eq!(
        answers.iter().map(|answer| answer.code()).collect::<Vec<_>>(),
        [OK, ResultCode::RECORD_EXISTS, OK]
    );
    Ok(())
}

async fn empty_batch_refused(t: &mut Context) -> Outcome {
    let answers = t.send(&RawRequest::batch(BatchFlags::REPORT_ALL_ERRORS, &[])).await?;
    expect_eq!(
        answers.iter().map(|answer| answer.code()).collect::<Vec<_>>(),
        [ResultCode::PARAMETER]
    );
    Ok(())
}

async fn unknown_namespace_refused(t: &mut Context) -> Outcome {
    let key = spikelet_client::Key::new("no such namespace", t.set(), t.unique_number());
    let rows = [RawBatchRow::new(&key, read())];
    let answers = t.send(&RawRequest::batch(BatchFlags::REPORT_ALL_ERRORS, &rows)).await?;
    expect_eq!(
        answers.iter().map(|answer| answer.code()).collect::<Vec<_>>(),
        [ResultCode::PARAMETER]
    );
    Ok(())
}

async fn many_sets(t: &mut Context) -> Outcome {
    let key = |set: String| spikelet_client::Key::new(Context::NAMESPACE, set, t.unique_number());
    let keys = [
        key(format!("{}x", t.set())),
        key(format!("{}y", t.set())),
        key(String::new()),
    ];
    let rows = ask!(
        t,
        batch_write(keys.iter().zip(0..).map(|(key, n)| (key, bins! {"n" => n})))
    )?;
    expect_eq!(codes(&rows), [OK; 3]);
    expect_eq!(values(&ask!(t, batch_read(&keys))?, "n"), [0, 1, 2].map(Value::Int));
    ask!(t, batch_remove(&keys))?;
    Ok(())
}
