//! Append, prepend and add, and their errors.

use spikelet_client::{Value, bins};

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    append_to_string,
    prepend_to_string,
    append_to_blob,
    append_nothing,
    append_creates,
    prepend_creates,
    append_wrong_type_refused,
    prepend_wrong_type_refused,
    append_nil_refused,
    add_to_integer,
    add_to_double,
    add_wraps,
    add_creates,
    add_double_creates,
    add_wrong_type_refused,
    add_nil_refused,
    first_add_stores_any_value,
    refused_leaves_all_bins,
];

async fn append_to_string(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"s" => "Alice"}))?;
    ask!(t, append(&key, "s", " Smith"))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"s" => "Alice Smith"}));
    Ok(())
}

async fn prepend_to_string(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"s" => "world"}))?;
    ask!(t, prepend(&key, "s", "hello, "))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"s" => "hello, world"});
    Ok(())
}

async fn append_to_blob(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"x" => Value::Blob(vec![1, 2])}))?;
    ask!(t, append(&key, "x", Value::Blob(vec![3])))?;
    ask!(t, prepend(&key, "x", Value::Blob(vec![0])))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"x" => Value::Blob(vec![0, 1, 2, 3])});
    Ok(())
}

async fn append_nothing(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"s" => "text"}))?;
    ask!(t, append(&key, "s", ""))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"s" => "text"}));
    Ok(())
}

async fn append_creates(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, append(&key, "s", "first"))?;
    ask!(t, append(&key, "x", Value::Blob(vec![1])))?;
    let record = ask!(t, get(&key))?;
    expect_eq!(
        (record.generation, record.bins),
        (2, bins! {"s" => "first", "x" => Value::Blob(vec![1])})
    );
    Ok(())
}

async fn prepend_creates(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, prepend(&key, "s", "first"))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"s" => "first"});
    Ok(())
}

async fn append_wrong_type_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"i" => 7, "s" => "mid", "l" => vec![1]}))?;
    expect_refused!(ask!(t, append(&key, "i", "q")), INCOMPATIBLE_TYPE);
    expect_refused!(ask!(t, append(&key, "s", 1)), INCOMPATIBLE_TYPE);
    expect_refused!(ask!(t, append(&key, "s", Value::Blob(vec![9]))), INCOMPATIBLE_TYPE);
    expect_refused!(ask!(t, append(&key, "l", "q")), INCOMPATIBLE_TYPE);
    expect_eq!(ask!(t, get(&key))?.generation, 1);
    Ok(())
}

async fn prepend_wrong_type_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"i" => 7, "s" => "mid"}))?;
    expect_refused!(ask!(t, prepend(&key, "i", "q")), INCOMPATIBLE_TYPE);
    expect_refused!(ask!(t, prepend(&key, "s", 2.5)), INCOMPATIBLE_TYPE);
    expect_eq!(ask!(t, get(&key))?.generation, 1);
    Ok(())
}

async fn append_nil_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"s" => "mid"}))?;
    expect_refused!(ask!(t, append(&key, "s", Value::Nil)), PARAMETER);
    expect_refused!(ask!(t, prepend(&key, "s", Value::Nil)), PARAMETER);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"s" => "mid"});
    Ok(())
}

async fn add_to_integer(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"i" => 7}))?;
    ask!(t, increment(&key, "i", 1))?;
    ask!(t, increment(&key, "i", -3))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (3, bins! {"i" => 5}));
    Ok(())
}

async fn add_to_double(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"f" => 1.5}))?;
    ask!(t, increment(&key, "f", 2.5))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"f" => 4.0});
    Ok(())
}

async fn add_wraps(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"i" => i64::MAX}))?;
    ask!(t, increment(&key, "i", 1))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"i" => i64::MIN});
    Ok(())
}

async fn add_creates(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, increment(&key, "i", 5))?;
    ask!(t, increment(&key, "j", -3))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"i" => 5, "j" => -3}));
    Ok(())
}

async fn add_double_creates(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, increment(&key, "f", 0.5))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"f" => 0.5});
    Ok(())
}

async fn add_wrong_type_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"i" => 7, "f" => 1.5, "s" => "mid", "l" => vec![1]}))?;
    expect_refused!(ask!(t, increment(&key, "i", 2.5)), INCOMPATIBLE_TYPE);
    expect_refused!(ask!(t, increment(&key, "i", "q")), INCOMPATIBLE_TYPE);
    expect_refused!(ask!(t, increment(&key, "f", 1)), INCOMPATIBLE_TYPE);
    expect_refused!(ask!(t, increment(&key, "s", 1)), INCOMPATIBLE_TYPE);
    expect_refused!(ask!(t, increment(&key, "l", 1)), INCOMPATIBLE_TYPE);
    expect_eq!(ask!(t, get(&key))?.generation, 1);
    Ok(())
}

async fn add_nil_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"i" => 7}))?;
    expect_refused!(ask!(t, increment(&key, "i", Value::Nil)), PARAMETER);
    expect_refused!(ask!(t, increment(&key, "none", Value::Nil)), PARAMETER);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"i" => 7});
    Ok(())
}

async fn first_add_stores_any_value(t: &mut Context) -> Outcome {
    // If there is no bin to add to, the server stores the value, even if it is not a number.
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, increment(&key, "s", "q"))?;
    ask!(t, increment(&key, "b", true))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1, "s" => "q", "b" => true});
    Ok(())
}

async fn refused_leaves_all_bins(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"i" => 1, "s" => "x"}))?;
    expect_refused!(
        ask!(t, operate(&key).add("i", 1).write("n", 1).append("i", "q")),
        INCOMPATIBLE_TYPE
    );
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (1, bins! {"i" => 1, "s" => "x"}));
    Ok(())
}
