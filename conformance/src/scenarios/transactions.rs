//! Transactions of the Enterprise Edition. They are not compared with a real server yet.

use spikelet_client::{AbortStatus, BatchRow, CommitStatus, bins};

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    needs StrongConsistency;
    a_commit_makes_writes_visible,
    an_abort_undoes_writes,
    own_writes_are_read,
    writes_of_locked_records_refused,
    reads_of_other_transactions_refused,
    an_outdated_read_aborts,
    an_outdated_read_refuses_the_write,
    a_record_that_appears_aborts,
    on_locking_only,
    deletes,
    a_record_that_is_created_and_deleted,
    touch,
    operate,
    batches,
    generations,
    queries_see_the_version_before,
    deletes_that_are_not_durable_refused,
    a_transaction_that_only_reads,
];

async fn a_commit_makes_writes_visible(t: &mut Context) -> Outcome {
    let [a, b] = ["a", "b"].map(|name| t.key(name));
    ask!(t, put(&a, bins! {"n" => 1}))?;
    let txn = t.client().begin();
    ask!(t, put(&a, bins! {"n" => 2}).in_transaction(&txn))?;
    ask!(t, put(&b, bins! {"n" => 3}).in_transaction(&txn))?;
    expect_eq!(ask!(t, get(&a))?.bins, bins! {"n" => 1});
    expect_eq!(ask!(t, exists(&b))?, false);
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    expect_eq!(ask!(t, get(&a))?.bins, bins! {"n" => 2});
    expect_eq!(ask!(t, get(&b))?.bins, bins! {"n" => 3});
    Ok(())
}

async fn an_abort_undoes_writes(t: &mut Context) -> Outcome {
    let [a, b] = ["a", "b"].map(|name| t.key(name));
    ask!(t, put(&a, bins! {"n" => 1}))?;
    let txn = t.client().begin();
    ask!(t, put(&a, bins! {"n" => 2}).in_transaction(&txn))?;
    ask!(t, put(&b, bins! {"n" => 3}).in_transaction(&txn))?;
    expect_eq!(txn.abort().await?, AbortStatus::Aborted);
    let record = ask!(t, get(&a))?;
    expect_eq!((record.generation, record.bins), (1, bins! {"n" => 1}));
    expect_eq!(ask!(t, exists(&b))?, false);
    ask!(t, put(&b, bins! {"n" => 4}).create_only())?;
    Ok(())
}

async fn own_writes_are_read(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let txn = t.client().begin();
    expect_eq!(ask!(t, exists(&key).in_transaction(&txn))?, false);
    ask!(t, put(&key, bins! {"n" => 1}).in_transaction(&txn))?;
    expect_eq!(ask!(t, get(&key).in_transaction(&txn))?.bins, bins! {"n" => 1});
    ask!(t, increment(&key, "n", 1).in_transaction(&txn))?;
    expect_eq!(ask!(t, get(&key).in_transaction(&txn))?.bins, bins! {"n" => 2});
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"n" => 2});
    Ok(())
}

async fn writes_of_locked_records_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let (txn, other) = (t.client().begin(), t.client().begin());
    ask!(t, put(&key, bins! {"n" => 2}).in_transaction(&txn))?;
    expect_refused!(ask!(t, put(&key, bins! {"n" => 3})), MRT_BLOCKED);
    expect_refused!(ask!(t, touch(&key)), MRT_BLOCKED);
    expect_refused!(ask!(t, put(&key, bins! {"n" => 3}).in_transaction(&other)), MRT_BLOCKED);
    expect_eq!(other.abort().await?, AbortStatus::Aborted);
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    ask!(t, put(&key, bins! {"n" => 3}))?;
    Ok(())
}

async fn reads_of_other_transactions_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let (txn, other) = (t.client().begin(), t.client().begin());
    ask!(t, put(&key, bins! {"n" => 2}).in_transaction(&txn))?;
    expect_refused!(ask!(t, get(&key).in_transaction(&other)), MRT_BLOCKED);
    expect_eq!(txn.abort().await?, AbortStatus::Aborted);
    expect_eq!(ask!(t, get(&key).in_transaction(&other))?.bins, bins! {"n" => 1});
    expect_eq!(other.commit().await?, CommitStatus::Committed);
    Ok(())
}

async fn an_outdated_read_aborts(t: &mut Context) -> Outcome {
    let [a, b] = ["a", "b"].map(|name| t.key(name));
    ask!(t, put(&a, bins! {"n" => 1}))?;
    let txn = t.client().begin();
    ask!(t, get(&a).in_transaction(&txn))?;
    ask!(t, put(&b, bins! {"n" => 2}).in_transaction(&txn))?;
    ask!(t, put(&a, bins! {"n" => 3}))?;
    match txn.commit().await {
        Err(error) => expect_eq!(error.unverified_keys(), [a]),
        Ok(status) => expect_eq!(Some(status), None::<CommitStatus>),
    }
    expect_eq!(ask!(t, exists(&b))?, false);
    Ok(())
}

async fn an_outdated_read_refuses_the_write(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let txn = t.client().begin();
    ask!(t, get(&key).in_transaction(&txn))?;
    ask!(t, put(&key, bins! {"n" => 2}))?;
    expect_refused!(
        ask!(t, put(&key, bins! {"n" => 3}).in_transaction(&txn)),
        MRT_VERSION_MISMATCH
    );
    expect_eq!(txn.abort().await?, AbortStatus::Aborted);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"n" => 2});
    Ok(())
}

async fn a_record_that_appears_aborts(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let txn = t.client().begin();
    expect_eq!(ask!(t, exists(&key).in_transaction(&txn))?, false);
    ask!(t, put(&key, bins! {"n" => 1}))?;
    expect_eq!(txn.commit().await.is_err(), true);
    Ok(())
}

async fn on_locking_only(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let txn = t.client().begin();
    ask!(
        t,
        put(&key, bins! {"n" => 1}).on_locking_only(true).in_transaction(&txn)
    )?;
    expect_refused!(
        ask!(
            t,
            put(&key, bins! {"n" => 2}).on_locking_only(true).in_transaction(&txn)
        ),
        MRT_ALREADY_LOCKED
    );
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"n" => 1});
    Ok(())
}

async fn deletes(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let txn = t.client().begin();
    ask!(t, remove(&key).in_transaction(&txn))?;
    expect_eq!(ask!(t, exists(&key).in_transaction(&txn))?, false);
    expect_refused!(ask!(t, remove(&key).in_transaction(&txn)), NOT_FOUND);
    expect_eq!(ask!(t, exists(&key))?, true);
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn a_record_that_is_created_and_deleted(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let txn = t.client().begin();
    ask!(t, put(&key, bins! {"n" => 1}).in_transaction(&txn))?;
    ask!(t, remove(&key).in_transaction(&txn))?;
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn touch(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let txn = t.client().begin();
    ask!(t, touch(&key).in_transaction(&txn))?;
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"n" => 1}));
    Ok(())
}

async fn operate(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1, "m" => 5}))?;
    let txn = t.client().begin();
    let record = ask!(t, operate(&key).add("n", 1).get("m").in_transaction(&txn))?;
    expect_eq!(record.get::<i64>("m")?, 5);
    expect_eq!(txn.abort().await?, AbortStatus::Aborted);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"n" => 1, "m" => 5});
    Ok(())
}

async fn batches(t: &mut Context) -> Outcome {
    let keys = t.keys(4);
    for key in &keys {
        ask!(t, put(key, bins! {"n" => 1}))?;
    }
    let txn = t.client().begin();
    let rows: Vec<_> = keys.iter().map(|key| BatchRow::write(key, bins! {"n" => 2})).collect();
    ask!(t, batch(rows.clone()).in_transaction(&txn))?;
    for row in ask!(t, batch_read(&keys).in_transaction(&txn))? {
        expect_eq!(row.result?.bins, bins! {"n" => 2});
    }
    for row in ask!(t, batch_read(&keys))? {
        expect_eq!(row.result?.bins, bins! {"n" => 1});
    }
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    for row in ask!(t, batch_read(&keys))? {
        expect_eq!(row.result?.bins, bins! {"n" => 2});
    }
    Ok(())
}

async fn generations(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let txn = t.client().begin();
    expect_refused!(
        ask!(t, put(&key, bins! {"n" => 2}).generation_equal(7).in_transaction(&txn)),
        GENERATION
    );
    ask!(t, put(&key, bins! {"n" => 2}).generation_equal(1).in_transaction(&txn))?;
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    expect_eq!(ask!(t, get(&key))?.generation, 2);
    Ok(())
}

async fn queries_see_the_version_before(t: &mut Context) -> Outcome {
    let set = format!("{}-{}", t.set(), "mrt-queries");
    let namespace = t.namespace().to_owned();
    let key = (namespace.as_str(), set.as_str(), 1);
    ask!(t, put(key, bins! {"n" => 1}))?;
    let txn = t.client().begin();
    ask!(t, put(key, bins! {"n" => 2}).in_transaction(&txn))?;
    let page = t.client().query(&namespace, &set).await?;
    t.transcribe("the query of the set", &page);
    expect_eq!(
        page.records.iter().map(|record| &record.bins).collect::<Vec<_>>(),
        [&bins! {"n" => 1}]
    );
    expect_eq!(txn.abort().await?, AbortStatus::Aborted);
    ask!(t, remove(key).durable_delete(true))?;
    Ok(())
}

async fn deletes_that_are_not_durable_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    expect_refused!(ask!(t, remove(&key)), FORBIDDEN);
    expect_eq!(ask!(t, exists(&key))?, true);
    Ok(())
}

async fn a_transaction_that_only_reads(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let txn = t.client().begin();
    expect_eq!(ask!(t, get(&key).in_transaction(&txn))?.bins, bins! {"n" => 1});
    expect_eq!(txn.commit().await?, CommitStatus::Committed);
    ask!(t, put(&key, bins! {"n" => 2}))?;
    Ok(())
}
