//! Queries without an index, and background queries.
//!
//! The order of records depends on the set's name, which is unique to a run. Transcripts therefore sort the records.

use std::collections::HashSet;

use spikelet_client::{Cursor, Digest, Key, Operation, QueryDuration, Record, bins, exp};

use super::own_set::{numbers, own_keys, own_set};
use crate::assertions::{expect_eq, expect_refused, expect_true};
use crate::context::{Context, ask};
use crate::outcome::{NotPassed, Outcome};
use crate::scenario::scenarios;

scenarios![
    all_records_of_a_set,
    no_records_of_no_set,
    greatest_digest_first,
    some_bins,
    records_without_the_bins_are_left_out,
    no_bins,
    filtered,
    operations_are_read,
    operations_that_write_refused,
    partitions_add_up,
    partition_of_a_key,
    pages_resume_exactly,
    page_resumes_behind_a_removed_record,
    sample_limit,
    stored_keys_are_answered,
    records_per_second,
    short,
    short_with_records_per_second_refused,
    unknown_namespace_refused,
    background_operations,
    background_deletion,
    background_filter,
    background_ttl,
    background_reads_refused,
    background_of_no_set_refused,
    truncated,
];

/// Writes records with consecutive numbers in the bin `n`.
async fn write(t: &mut Context, count: i64) -> Result<(String, Vec<Key>), NotPassed> {
    let keys = own_keys(t, count);
    let rows = keys
        .iter()
        .zip(0..)
        .map(|(key, n)| (key, bins! {"n" => n, "odd" => n % 2}));
    ask!(t, batch_write(rows))?;
    Ok((own_set(t), keys))
}

fn digests(records: &[Record]) -> Vec<Digest> {
    records.iter().map(|record| record.key.digest()).collect()
}

async fn all_records_of_a_set(t: &mut Context) -> Outcome {
    let (set, keys) = write(t, 100).await?;
    let page = ask!(t, query(Context::NAMESPACE, &set))?;
    expect_eq!(numbers(&page.records)?, (0..100).collect::<Vec<_>>());
    let found: HashSet<Key> = page.records.iter().map(|record| record.key.clone()).collect();
    expect_eq!(found, keys.into_iter().collect::<HashSet<_>>());
    expect_true!(
        page.records
            .iter()
            .all(|record| record.key.set() == set && record.generation == 1),
        "a record has another set or generation"
    );
    expect_true!(page.cursor.is_done(), "the cursor is not done");
    Ok(())
}

async fn no_records_of_no_set(t: &mut Context) -> Outcome {
    let page = ask!(t, query(Context::NAMESPACE, "no such set"))?;
    expect_eq!(page.records.len(), 0);
    Ok(())
}

async fn greatest_digest_first(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 1000).await?;
    let records = ask!(t, query(Context::NAMESPACE, &set).no_bins())?.records;
    expect_eq!(records.len(), 1000);
    for two in digests(&records).windows(2) {
        if let [first, second] = two {
            expect_true!(
                first.partition_id() != second.partition_id() || first.0 > second.0,
                "{first} before {second}"
            );
        }
    }
    Ok(())
}

async fn some_bins(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 10).await?;
    let page = ask!(t, query(Context::NAMESPACE, &set).bins(["n", "nope"]))?;
    expect_true!(page.records.iter().all(|record| record.bins.len() == 1), "other bins");
    expect_eq!(numbers(&page.records)?, (0..10).collect::<Vec<_>>());
    Ok(())
}

async fn records_without_the_bins_are_left_out(t: &mut Context) -> Outcome {
    let (set, keys) = write(t, 10).await?;
    ask!(t, put(&keys[0], bins! {"other" => 1}).replace())?;
    let page = ask!(t, query(Context::NAMESPACE, &set).bins(["n"]))?;
    expect_eq!(numbers(&page.records)?, (1..10).collect::<Vec<_>>());
    Ok(())
}

async fn no_bins(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 10).await?;
    let page = ask!(t, query(Context::NAMESPACE, &set).no_bins())?;
    expect_eq!(page.records.len(), 10);
    expect_true!(page.records.iter().all(|record| record.bins.is_empty()), "bins");
    Ok(())
}

async fn filtered(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 20).await?;
    let odd = exp::int_bin("odd").eq(1).and(exp::int_bin("n").lt(10));
    let page = ask!(t, query(Context::NAMESPACE, &set).filter(odd))?;
    expect_eq!(numbers(&page.records)?, [1, 3, 5, 7, 9]);
    Ok(())
}

async fn operations_are_read(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 5).await?;
    let square = spikelet_client::ops::expression("square").read(exp::int_bin("n") * exp::int_bin("n"));
    let page = ask!(t, query(Context::NAMESPACE, &set).read([Operation::get("n"), square]))?;
    expect_eq!(page.records.len(), 5);
    for record in &page.records {
        let n: i64 = record.get("n")?;
        expect_eq!(record.get::<i64>("square")?, n * n);
    }
    Ok(())
}

async fn operations_that_write_refused(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 1).await?;
    let query = ask!(t, query(Context::NAMESPACE, &set).read([Operation::write("n", 2)]));
    expect_refused!(query, PARAMETER);
    Ok(())
}

async fn partitions_add_up(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 200).await?;
    // The number of records in each partition depends on the set's name.
    let query = || t.client().query(Context::NAMESPACE, &set).no_bins();
    let low = digests(&query().partitions(..1500).await?.records);
    let high = digests(&query().partitions(1500..).await?.records);
    expect_eq!(low.len() + high.len(), 200);
    let is_low = |digest: &Digest| digest.partition_id().get() < 1500;
    expect_true!(
        low.iter().all(is_low) && !high.iter().any(is_low),
        "a record of another partition"
    );
    Ok(())
}

async fn partition_of_a_key(t: &mut Context) -> Outcome {
    let (set, keys) = write(t, 10).await?;
    let digest = keys[0].digest();
    let query = t.client().query(Context::NAMESPACE, &set);
    let found = digests(&query.partition(digest.partition_id().get()).await?.records);
    expect_true!(found.contains(&digest), "the record is in another partition");
    Ok(())
}

async fn pages_resume_exactly(t: &mut Context) -> Outcome {
    let (set, keys) = write(t, 100).await?;
    let (mut found, mut sizes) = (Vec::new(), Vec::new());
    let mut cursor = Cursor::default();
    while !cursor.is_done() {
        let query = t.client().query(Context::NAMESPACE, &set);
        let page = query.max_records(30).after(&cursor).await?;
        sizes.push(page.records.len());
        found.extend(page.records);
        cursor = page.cursor;
        // A record that is rewritten is not returned again.
        let again = keys.iter().map(|key| (key, bins! {"again" => 1}));
        t.client().batch_write(again).await?;
    }
    sizes.retain(|size| *size > 0);
    t.transcribe_text("pages of 30", format!("{sizes:?}"));
    expect_eq!(sizes, [30, 30, 30, 10]);
    expect_eq!(numbers(&found)?, (0..100).collect::<Vec<_>>());
    Ok(())
}

async fn page_resumes_behind_a_removed_record(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 50).await?;
    let mut found = Vec::new();
    let mut cursor = Cursor::default();
    while !cursor.is_done() {
        let query = t.client().query(Context::NAMESPACE, &set);
        let page = query.max_records(7).after(&cursor).await?;
        for record in &page.records {
            t.client().remove(&record.key).await?;
        }
        found.extend(page.records);
        cursor = page.cursor;
    }
    expect_eq!(numbers(&found)?, (0..50).collect::<Vec<_>>());
    Ok(())
}

async fn sample_limit(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 50).await?;
    for limit in [1, 10, 49] {
        let page = t.client().query(Context::NAMESPACE, &set).max_records(limit).await?;
        expect_eq!(page.records.len() as u64, limit);
        expect_true!(!page.cursor.is_done(), "no more records after {limit}");
    }
    let page = t.client().query(Context::NAMESPACE, &set).max_records(51).await?;
    expect_eq!((page.records.len(), page.cursor.is_done()), (50, true));
    Ok(())
}

async fn stored_keys_are_answered(t: &mut Context) -> Outcome {
    let keys = own_keys(t, 2);
    ask!(t, put(&keys[0], bins! {"n" => 0}).send_key(true))?;
    ask!(t, put(&keys[1], bins! {"n" => 1}))?;
    let set = own_set(t);
    let page = ask!(t, query(Context::NAMESPACE, &set))?;
    expect_eq!(page.records.len(), 2);
    for record in &page.records {
        let expected = keys[0].user_key().filter(|_| record.key == keys[0]);
        expect_eq!(record.key.user_key(), expected);
    }
    Ok(())
}

async fn records_per_second(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 50).await?;
    let page = ask!(t, query(Context::NAMESPACE, &set).records_per_second(1000))?;
    expect_eq!(numbers(&page.records)?, (0..50).collect::<Vec<_>>());
    Ok(())
}

async fn short(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 50).await?;
    let page = ask!(t, query(Context::NAMESPACE, &set).duration(QueryDuration::Short))?;
    expect_eq!(numbers(&page.records)?, (0..50).collect::<Vec<_>>());
    Ok(())
}

async fn short_with_records_per_second_refused(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 1).await?;
    let query = ask!(
        t,
        query(Context::NAMESPACE, &set)
            .duration(QueryDuration::Short)
            .records_per_second(1)
    );
    expect_refused!(query, PARAMETER);
    Ok(())
}

async fn unknown_namespace_refused(t: &mut Context) -> Outcome {
    expect_refused!(ask!(t, query("no such namespace", "")), INVALID_NAMESPACE);
    Ok(())
}

async fn background_operations(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 50).await?;
    let operations = [Operation::add("n", 100), Operation::write("done", 1)];
    let task = ask!(t, query(Context::NAMESPACE, &set).operate(operations))?;
    ask!(t, wait(&task))?;
    let page = ask!(t, query(Context::NAMESPACE, &set))?;
    expect_eq!(numbers(&page.records)?, (100..150).collect::<Vec<_>>());
    expect_true!(
        page.records
            .iter()
            .all(|record| record.bins["done"] == 1.into() && record.generation == 2),
        "a record was not written once"
    );
    Ok(())
}

async fn background_deletion(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 50).await?;
    let task = ask!(t, query(Context::NAMESPACE, &set).operate([Operation::delete()]))?;
    ask!(t, wait(&task))?;
    expect_eq!(ask!(t, query(Context::NAMESPACE, &set))?.records.len(), 0);
    Ok(())
}

async fn background_filter(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 20).await?;
    let odd = exp::int_bin("odd").eq(1);
    let task = ask!(
        t,
        query(Context::NAMESPACE, &set)
            .filter(odd)
            .operate([Operation::delete()])
    )?;
    ask!(t, wait(&task))?;
    let page = ask!(t, query(Context::NAMESPACE, &set))?;
    expect_eq!(numbers(&page.records)?, (0..20).step_by(2).collect::<Vec<i64>>());
    Ok(())
}

async fn background_ttl(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 5).await?;
    let hour = std::time::Duration::from_secs(3600);
    let task = ask!(
        t,
        query(Context::NAMESPACE, &set).operate([Operation::touch()]).ttl(hour)
    )?;
    ask!(t, wait(&task))?;
    let page = ask!(t, query(Context::NAMESPACE, &set))?;
    expect_true!(
        page.records.iter().all(|record| record.void_time != 0),
        "a record never expires"
    );
    Ok(())
}

async fn background_reads_refused(t: &mut Context) -> Outcome {
    let (set, _) = write(t, 1).await?;
    let task = ask!(t, query(Context::NAMESPACE, &set).operate([Operation::get("n")]));
    expect_refused!(task, PARAMETER);
    Ok(())
}

async fn background_of_no_set_refused(t: &mut Context) -> Outcome {
    let task = ask!(
        t,
        query(Context::NAMESPACE, "no such set").operate([Operation::touch()])
    );
    expect_refused!(task, NOT_FOUND);
    Ok(())
}

async fn truncated(t: &mut Context) -> Outcome {
    let (set, keys) = write(t, 20).await?;
    // Truncation would not remove records of the current millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    ask!(t, truncate(Context::NAMESPACE, &set))?;
    for _ in 0..50 {
        let page = t.client().query(Context::NAMESPACE, &set).await?;
        if page.records.is_empty() {
            ask!(t, put(&keys[0], bins! {"n" => 7}))?;
            expect_eq!(numbers(&ask!(t, query(Context::NAMESPACE, &set))?.records)?, [7]);
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Err(NotPassed::failed("the records are still there after five seconds"))
}
