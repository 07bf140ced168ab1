//! Several operations on one record.

use spikelet_client::{Operation, Value, bins};

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    write_add_read,
    reads_see_what_was_written_before,
    ordered_results,
    respond_all_ops,
    reads_only,
    creates_a_record,
    reads_of_missing_bins,
    read_all,
    delete_all,
    delete_all_and_write,
    delete_all_of_missing_record_refused,
    read_then_delete_all,
    touch_counts_once,
    generation_counts_once,
    append_and_prepend,
    same_bin_many_times,
    delete_a_bin_and_read_it,
    last_bin_deleted_removes_the_record,
    all_or_nothing,
    hundred_operations,
];

fn results(pairs: &[(&str, Value)]) -> Vec<(String, Value)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

async fn write_add_read(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"name" => "Alice"}))?;
    let record = ask!(t, operate(&key).write("name", "Bob").add("counter", 1).get("counter"))?;
    expect_eq!((record.generation, &record.bins["counter"]), (2, &Value::Int(1)));
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"name" => "Bob", "counter" => 1});
    Ok(())
}

async fn reads_see_what_was_written_before(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let record = ask!(t, operate_ordered(&key).get("a").write("a", 9).get("a"))?;
    expect_eq!(record.bins, results(&[("a", 1.into()), ("a", 9.into())]));
    Ok(())
}

async fn ordered_results(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let record = ask!(
        t,
        operate_ordered(&key)
            .write("b", 1)
            .get("b")
            .add("a", 2)
            .get("a")
            .get("b")
    )?;
    expect_eq!(
        record.bins,
        results(&[("b", 1.into()), ("a", 2.into()), ("b", 1.into())])
    );
    Ok(())
}

async fn respond_all_ops(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let record = ask!(
        t,
        operate_ordered(&key)
            .write("b", 1)
            .add("a", 2)
            .get("a")
            .get("none")
            .respond_all_ops(true)
    )?;
    expect_eq!(
        record.bins,
        results(&[
            ("b", Value::Nil),
            ("a", Value::Nil),
            ("a", 3.into()),
            ("none", Value::Nil)
        ])
    );
    Ok(())
}

async fn reads_only(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    let record = ask!(t, operate_ordered(&key).get("b").get("a"))?;
    expect_eq!(
        (record.generation, record.bins),
        (1, results(&[("b", 2.into()), ("a", 1.into())]))
    );
    Ok(())
}

async fn creates_a_record(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let record = ask!(t, operate_ordered(&key).get("a").write("a", 9).get("a"))?;
    // The first read found nothing, so it has no result.
    expect_eq!((record.generation, record.bins), (1, results(&[("a", 9.into())])));
    Ok(())
}

async fn reads_of_missing_bins(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let record = ask!(t, operate_ordered(&key).get("none").get("a"))?;
    expect_eq!(record.bins, results(&[("a", 1.into())]));
    Ok(())
}

async fn read_all(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let record = ask!(t, operate_ordered(&key).write("b", 2).get_all())?;
    expect_eq!(
        (record.generation, record.bins),
        (2, results(&[("a", 1.into()), ("b", 2.into())]))
    );
    Ok(())
}

async fn delete_all(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    ask!(t, operate(&key).delete())?;
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn delete_all_and_write(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    ask!(t, operate(&key).delete().write("c", 3))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"c" => 3}));
    Ok(())
}

async fn delete_all_of_missing_record_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, operate(&key).delete()), NOT_FOUND);
    Ok(())
}

async fn read_then_delete_all(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let record = ask!(t, operate(&key).get("a").delete())?;
    expect_eq!(record.bins["a"], Value::Int(1));
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn touch_counts_once(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let record = ask!(t, operate(&key).touch().touch().get("a"))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"a" => 1}));
    Ok(())
}

async fn generation_counts_once(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let record = ask!(t, operate(&key).write("a", 1).add("a", 1).write("b", 1).get("a"))?;
    expect_eq!(record.generation, 1);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 2, "b" => 1});
    Ok(())
}

async fn append_and_prepend(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"s" => "b"}))?;
    let record = ask!(t, operate(&key).append("s", "c").prepend("s", "a").get("s"))?;
    expect_eq!(record.bins, bins! {"s" => "abc"});
    Ok(())
}

async fn same_bin_many_times(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let ops = (0..10).flat_map(|_| [Operation::add("n", 1), Operation::get("n")]);
    let record = ask!(t, operate_ordered(&key).ops(ops))?;
    expect_eq!(
        record.bins,
        (1..=10).map(|n| ("n".to_owned(), Value::Int(n))).collect::<Vec<_>>()
    );
    Ok(())
}

async fn delete_a_bin_and_read_it(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    let record = ask!(t, operate_ordered(&key).remove_bin("a").get("a").get("b"))?;
    expect_eq!(record.bins, results(&[("b", 2.into())]));
    Ok(())
}

async fn last_bin_deleted_removes_the_record(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, operate(&key).remove_bin("a"))?;
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn all_or_nothing(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "s" => "x"}))?;
    expect_refused!(
        ask!(t, operate(&key).write("a", 2).write("b", 3).add("s", 1)),
        INCOMPATIBLE_TYPE
    );
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (1, bins! {"a" => 1, "s" => "x"}));
    Ok(())
}

async fn hundred_operations(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let ops = (0..100).map(|n| Operation::write(format!("bin{n}"), n));
    ask!(t, operate(&key).ops(ops))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins.len()), (1, 100));
    Ok(())
}
