//! Durable deletes of the Enterprise Edition. They are not compared with a real server yet.

use spikelet_client::{BatchRow, Operation, bins};

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    needs Enterprise;
    a_tombstone_is_not_seen,
    a_missing_record_refused,
    a_record_after_a_tombstone_continues_its_generation,
    create_only_after_a_tombstone,
    the_last_bin,
    an_operate_that_deletes,
    rows_of_a_batch,
    a_generation_that_differs_refused,
];

async fn a_tombstone_is_not_seen(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    ask!(t, remove(&key).durable_delete(true))?;
    expect_eq!(ask!(t, exists(&key))?, false);
    expect_refused!(ask!(t, get(&key)), NOT_FOUND);
    expect_refused!(ask!(t, touch(&key)), NOT_FOUND);
    expect_refused!(ask!(t, put(&key, bins! {"n" => 1}).update_only()), NOT_FOUND);
    expect_refused!(ask!(t, remove(&key).durable_delete(true)), NOT_FOUND);
    Ok(())
}

async fn a_missing_record_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, remove(&key).durable_delete(true)), NOT_FOUND);
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn a_record_after_a_tombstone_continues_its_generation(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    ask!(t, remove(&key).durable_delete(true))?;
    ask!(t, put(&key, bins! {"m" => 2}))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (3, bins! {"m" => 2}));
    Ok(())
}

async fn create_only_after_a_tombstone(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    ask!(t, remove(&key).durable_delete(true))?;
    ask!(t, put(&key, bins! {"n" => 2}).create_only())?;
    expect_refused!(ask!(t, put(&key, bins! {"n" => 3}).create_only()), RECORD_EXISTS);
    Ok(())
}

async fn the_last_bin(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    ask!(t, remove_bin(&key, ["n"]).durable_delete(true))?;
    expect_eq!(ask!(t, exists(&key))?, false);
    ask!(t, put(&key, bins! {"n" => 2}))?;
    expect_eq!(ask!(t, get(&key))?.generation, 3);
    Ok(())
}

async fn an_operate_that_deletes(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let record = ask!(t, operate(&key).get("n").delete().durable_delete(true))?;
    expect_eq!(record.get::<i64>("n")?, 1);
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn rows_of_a_batch(t: &mut Context) -> Outcome {
    let [a, b] = ["a", "b"].map(|name| t.key(name));
    ask!(t, put(&a, bins! {"n" => 1}))?;
    let rows = [
        BatchRow::remove(&a).durable_delete(true),
        BatchRow::remove(&b).durable_delete(true),
        BatchRow::operate(&a, [Operation::get("n")]),
    ];
    let rows = ask!(t, batch(rows.clone()))?;
    expect_eq!(
        rows.iter()
            .filter_map(|row| row.result_code())
            .map(|code| code.0)
            .collect::<Vec<_>>(),
        [0, 2, 2]
    );
    Ok(())
}

async fn a_generation_that_differs_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let remove = || t.client().remove(&key).durable_delete(true);
    expect_refused!(remove().generation_equal(2).await, GENERATION);
    expect_eq!(ask!(t, exists(&key))?, true);
    ask!(t, remove(&key).durable_delete(true).generation_equal(1))?;
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}
