//! The record exists actions of writes.

use spikelet_client::{ExistsAction, bins};

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    create_only,
    create_only_refused,
    create_only_add_refused,
    update_only,
    update_only_refused,
    replace,
    replace_creates,
    replace_only,
    replace_only_refused,
    update,
    replace_keeps_counting,
    replace_in_operate,
    create_only_after_removal,
];

async fn create_only(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).create_only())?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1});
    Ok(())
}

async fn create_only_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    expect_refused!(ask!(t, put(&key, bins! {"a" => 2}).create_only()), RECORD_EXISTS);
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (1, bins! {"a" => 1}));
    Ok(())
}

async fn create_only_add_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, increment(&key, "n", 1).create_only())?;
    expect_refused!(ask!(t, increment(&key, "n", 1).create_only()), RECORD_EXISTS);
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"n" => 1});
    Ok(())
}

async fn update_only(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    ask!(t, put(&key, bins! {"a" => 3}).update_only())?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 3, "b" => 2});
    Ok(())
}

async fn update_only_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, put(&key, bins! {"a" => 1}).update_only()), NOT_FOUND);
    expect_refused!(ask!(t, increment(&key, "a", 1).update_only()), NOT_FOUND);
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn replace(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    ask!(t, put(&key, bins! {"c" => 3}).replace())?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"c" => 3});
    Ok(())
}

async fn replace_creates(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).replace())?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (1, bins! {"a" => 1}));
    Ok(())
}

async fn replace_only(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    ask!(t, put(&key, bins! {"b" => 3}).replace_only())?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"b" => 3});
    Ok(())
}

async fn replace_only_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, put(&key, bins! {"a" => 1}).replace_only()), NOT_FOUND);
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn update(t: &mut Context) -> Outcome {
    let key = t.key("a");
    for n in 1..=2 {
        ask!(t, put(&key, bins! {"a" => n}).exists_action(ExistsAction::Update))?;
    }
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"a" => 2}));
    Ok(())
}

async fn replace_keeps_counting(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, put(&key, bins! {"a" => 2}).replace())?;
    ask!(t, put(&key, bins! {"a" => 3}).replace_only())?;
    expect_eq!(ask!(t, get(&key))?.generation, 3);
    Ok(())
}

async fn replace_in_operate(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    ask!(t, operate(&key).write("c", 3).write("d", 4).replace())?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"c" => 3, "d" => 4});
    Ok(())
}

async fn create_only_after_removal(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, remove(&key))?;
    ask!(t, put(&key, bins! {"a" => 2}).create_only())?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 2});
    Ok(())
}
