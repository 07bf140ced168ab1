//! Generations, and the generation policies of writes.

use spikelet_client::bins;

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    counts_up,
    equal,
    equal_refused,
    equal_on_missing_record,
    greater,
    greater_refused,
    greater_on_missing_record,
    remove_equal,
    remove_equal_refused,
    remove_of_missing_record,
    remove_greater,
    touch_equal,
    operate_equal,
    reads_do_not_count,
    optimistic_locking,
];

async fn counts_up(t: &mut Context) -> Outcome {
    let key = t.key("a");
    for generation in 1..=3 {
        ask!(t, put(&key, bins! {"n" => generation}))?;
        expect_eq!(ask!(t, get(&key))?.generation, generation);
    }
    Ok(())
}

async fn equal(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    ask!(t, put(&key, bins! {"n" => 2}).generation_equal(1))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"n" => 2}));
    Ok(())
}

async fn equal_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    for generation in [0, 2, 65_535] {
        expect_refused!(
            ask!(t, put(&key, bins! {"n" => 2}).generation_equal(generation)),
            GENERATION
        );
    }
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"n" => 1});
    Ok(())
}

async fn equal_on_missing_record(t: &mut Context) -> Outcome {
    // A record that does not exist yet has generation 0.
    let key = t.key("a");
    expect_refused!(ask!(t, put(&key, bins! {"n" => 1}).generation_equal(1)), GENERATION);
    expect_eq!(ask!(t, exists(&key))?, false);
    ask!(t, put(&key, bins! {"n" => 1}).generation_equal(0))?;
    expect_eq!(ask!(t, get(&key))?.generation, 1);
    Ok(())
}

async fn greater(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    ask!(t, put(&key, bins! {"n" => 2}).generation_greater(2))?;
    ask!(t, put(&key, bins! {"n" => 3}).generation_greater(100))?;
    // The sent generation is compared, not stored.
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (3, bins! {"n" => 3}));
    Ok(())
}

async fn greater_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    ask!(t, put(&key, bins! {"n" => 1}))?;
    for generation in [0, 1, 2] {
        expect_refused!(
            ask!(t, put(&key, bins! {"n" => 2}).generation_greater(generation)),
            GENERATION
        );
    }
    expect_eq!(ask!(t, get(&key))?.generation, 2);
    Ok(())
}

async fn greater_on_missing_record(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, put(&key, bins! {"n" => 1}).generation_greater(0)), GENERATION);
    ask!(t, put(&key, bins! {"n" => 1}).generation_greater(1))?;
    expect_eq!(ask!(t, get(&key))?.generation, 1);
    Ok(())
}

async fn remove_equal(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    ask!(t, remove(&key).generation_equal(1))?;
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn remove_equal_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    expect_refused!(ask!(t, remove(&key).generation_equal(5)), GENERATION);
    expect_eq!(ask!(t, exists(&key))?, true);
    Ok(())
}

async fn remove_of_missing_record(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, remove(&key).generation_equal(5)), NOT_FOUND);
    expect_refused!(ask!(t, remove(&key).generation_greater(5)), NOT_FOUND);
    Ok(())
}

async fn remove_greater(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    expect_refused!(ask!(t, remove(&key).generation_greater(1)), GENERATION);
    ask!(t, remove(&key).generation_greater(2))?;
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn touch_equal(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    expect_refused!(ask!(t, touch(&key).generation_equal(2)), GENERATION);
    ask!(t, touch(&key).generation_equal(1))?;
    expect_eq!(ask!(t, get(&key))?.generation, 2);
    Ok(())
}

async fn operate_equal(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    expect_refused!(
        ask!(t, operate(&key).add("n", 1).get("n").generation_equal(2)),
        GENERATION
    );
    let record = ask!(t, operate(&key).add("n", 1).get("n").generation_equal(1))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"n" => 2}));
    Ok(())
}

async fn reads_do_not_count(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    ask!(t, get(&key))?;
    ask!(t, exists(&key))?;
    ask!(t, operate(&key).get("n"))?;
    expect_eq!(ask!(t, header(&key))?.generation, 1);
    Ok(())
}

async fn optimistic_locking(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 1}))?;
    let seen = ask!(t, get(&key))?.generation;
    ask!(t, put(&key, bins! {"n" => 10}))?;
    expect_refused!(ask!(t, put(&key, bins! {"n" => 2}).generation_equal(seen)), GENERATION);
    let seen = ask!(t, get(&key))?.generation;
    ask!(t, put(&key, bins! {"n" => 11}).generation_equal(seen))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"n" => 11});
    Ok(())
}
