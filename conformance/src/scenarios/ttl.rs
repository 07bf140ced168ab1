//! TTLs and void times. The scenarios need a namespace that allows TTLs.

use std::time::Duration;

use spikelet_client::{Key, Ttl, bins};
use tokio::time::sleep;

use crate::assertions::{expect_eq, expect_refused, expect_true};
use crate::clock;
use crate::context::{Context, ask};
use crate::outcome::{NotPassed, Outcome};
use crate::scenario::scenarios;

scenarios![
    seconds,
    longest,
    too_long_refused,
    never,
    never_takes_a_ttl_away,
    keep,
    keep_on_new_record,
    default_of_the_namespace,
    default_takes_a_ttl_away,
    touch_renews,
    touch_too_long_refused,
    operate_renews,
    operate_touch,
    add_renews,
    reads_keep,
    removal_forgets,
    replace_renews,
    expires,
    expired_is_missing_to_writes,
    expired_is_missing_in_a_batch,
    touched_in_time_lives_on,
    expired_starts_anew,
];

/// The number of seconds until the record expires by this machine's clock; 0 for never.
async fn left(t: &mut Context, key: &Key) -> Result<i64, NotPassed> {
    let void_time = ask!(t, header(key))?.void_time;
    Ok(if void_time == 0 {
        0
    } else {
        i64::from(void_time) - i64::from(clock::now())
    })
}

/// Fails unless the record expires in about this number of seconds.
async fn lives(t: &mut Context, key: &Key, seconds: i64) -> Outcome {
    let left = left(t, key).await?;
    expect_true!(
        (left - seconds).abs() <= 3,
        "the record expires in {left} seconds, not {seconds}"
    );
    Ok(())
}

/// The default TTL of the namespace, in seconds; 0 for never.
async fn namespace_default(t: &Context) -> Result<i64, NotPassed> {
    let parameters = t.client().info(format!("namespace/{}", Context::NAMESPACE)).await?;
    let default = spikelet_wire::info::parameters(&parameters).find(|(name, _)| *name == "default-ttl");
    let default = default.and_then(|(_, value)| value.parse().ok());
    default.ok_or_else(|| NotPassed::failed("the namespace does not report its default-ttl"))
}

/// Waits until a record with a TTL of one second has certainly expired.
async fn wait() {
    sleep(Duration::from_millis(3100)).await;
}

async fn seconds(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(300)))?;
    lives(t, &key, 300).await?;
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(1000)))?;
    lives(t, &key, 1000).await
}

async fn longest(t: &mut Context) -> Outcome {
    // Ten years, the maximum.
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Ttl::Seconds(315_360_000)))?;
    lives(t, &key, 315_360_000).await
}

async fn too_long_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    for seconds in [315_360_001, 0x7fff_ffff, 0xffff_fffd] {
        expect_refused!(
            ask!(t, put(&key, bins! {"a" => 1}).ttl(Ttl::Seconds(seconds))),
            PARAMETER
        );
    }
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn never(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).never_expire())?;
    expect_eq!(ask!(t, get(&key))?.void_time, 0);
    Ok(())
}

async fn never_takes_a_ttl_away(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(1000)))?;
    ask!(t, put(&key, bins! {"a" => 2}).never_expire())?;
    expect_eq!(ask!(t, get(&key))?.void_time, 0);
    Ok(())
}

async fn keep(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(1000)))?;
    let void_time = ask!(t, header(&key))?.void_time;
    ask!(t, put(&key, bins! {"a" => 2}).keep_ttl())?;
    ask!(t, touch(&key).keep_ttl())?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.void_time, record.generation), (void_time, 3));
    Ok(())
}

async fn keep_on_new_record(t: &mut Context) -> Outcome {
    // There is no void time to keep, so the namespace's TTL applies.
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).keep_ttl())?;
    let default = namespace_default(t).await?;
    lives(t, &key, default).await
}

async fn default_of_the_namespace(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).default_ttl())?;
    let default = namespace_default(t).await?;
    lives(t, &key, default).await
}

async fn default_takes_a_ttl_away(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(1000)))?;
    ask!(t, put(&key, bins! {"a" => 2}))?;
    let default = namespace_default(t).await?;
    lives(t, &key, default).await
}

async fn touch_renews(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(300)))?;
    ask!(t, touch(&key).ttl(Duration::from_secs(600)))?;
    lives(t, &key, 600).await
}

async fn touch_too_long_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(1000)))?;
    expect_refused!(ask!(t, touch(&key).ttl(Ttl::Seconds(315_360_001))), PARAMETER);
    expect_eq!(ask!(t, header(&key))?.generation, 1);
    lives(t, &key, 1000).await
}

async fn operate_renews(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(300)))?;
    ask!(t, operate(&key).write("a", 2).get("a").ttl(Duration::from_secs(600)))?;
    lives(t, &key, 600).await
}

async fn operate_touch(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(300)))?;
    let record = ask!(t, operate(&key).touch().get("a").ttl(Duration::from_secs(600)))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"a" => 1}));
    lives(t, &key, 600).await
}

async fn add_renews(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, increment(&key, "a", 1).ttl(Duration::from_secs(300)))?;
    ask!(t, increment(&key, "a", 1).ttl(Duration::from_secs(600)))?;
    lives(t, &key, 600).await
}

async fn reads_keep(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(300)))?;
    let void_time = ask!(t, get(&key))?.void_time;
    ask!(t, operate(&key).get("a"))?;
    expect_eq!(ask!(t, get(&key))?.void_time, void_time);
    Ok(())
}

async fn removal_forgets(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(300)))?;
    ask!(t, remove(&key))?;
    ask!(t, put(&key, bins! {"a" => 1}).never_expire())?;
    expect_eq!(ask!(t, get(&key))?.void_time, 0);
    Ok(())
}

async fn replace_renews(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(300)))?;
    ask!(t, put(&key, bins! {"a" => 1}).replace().ttl(Duration::from_secs(600)))?;
    lives(t, &key, 600).await
}

async fn expires(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(1)))?;
    expect_eq!(ask!(t, exists(&key))?, true);
    wait().await;
    expect_refused!(ask!(t, get(&key)), NOT_FOUND);
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn expired_is_missing_to_writes(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(1)))?;
    wait().await;
    expect_refused!(ask!(t, put(&key, bins! {"a" => 2}).update_only()), NOT_FOUND);
    expect_refused!(ask!(t, touch(&key)), NOT_FOUND);
    ask!(t, put(&key, bins! {"b" => 2}).create_only())?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (1, bins! {"b" => 2}));
    Ok(())
}

async fn expired_is_missing_in_a_batch(t: &mut Context) -> Outcome {
    let keys = t.keys(2);
    ask!(t, put(&keys[0], bins! {"a" => 1}).ttl(Duration::from_secs(1)))?;
    ask!(t, put(&keys[1], bins! {"a" => 1}).ttl(Duration::from_secs(1000)))?;
    wait().await;
    let rows = ask!(t, batch_read(&keys))?;
    expect_eq!(
        rows.iter().map(|row| row.record().is_some()).collect::<Vec<_>>(),
        [false, true]
    );
    Ok(())
}

async fn touched_in_time_lives_on(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}).ttl(Duration::from_secs(1)))?;
    ask!(t, touch(&key).ttl(Duration::from_secs(1000)))?;
    wait().await;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"a" => 1});
    Ok(())
}

async fn expired_starts_anew(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"n" => 10}).ttl(Duration::from_secs(1)))?;
    wait().await;
    ask!(t, increment(&key, "n", 1))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (1, bins! {"n" => 1}));
    Ok(())
}
