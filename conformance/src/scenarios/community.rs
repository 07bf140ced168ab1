//! What the Community Edition refuses, and the Enterprise Edition does.

use spikelet_client::bins;

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![needs Community; durable_delete_refused, transaction_refused];

async fn durable_delete_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    expect_refused!(ask!(t, remove(&key).durable_delete(true)), ENTERPRISE_ONLY);
    expect_eq!(ask!(t, exists(&key))?, true);
    Ok(())
}

async fn transaction_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    let txn = t.client().begin();
    expect_refused!(ask!(t, get(&key).in_transaction(&txn)), ENTERPRISE_ONLY);
    Ok(())
}
