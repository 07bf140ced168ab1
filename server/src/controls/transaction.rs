//! `spikelet/transaction`.

use std::time::SystemTime;

use super::call::{Call, Reply};
use crate::handle::{expire_transactions, transactions};

/// `id=7:ns=test:deadline-ms=1767225600000:records=2:committed=false;id=...`
pub(super) fn list(call: &Call<'_>) -> Reply {
    let open = transactions(&call.shared.state).into_iter().map(|transaction| {
        let deadline = transaction.deadline.duration_since(SystemTime::UNIX_EPOCH);
        format!(
            "id={}:ns={}:deadline-ms={}:records={}:committed={}",
            transaction.id,
            transaction.namespace,
            deadline.unwrap_or_default().as_millis(),
            transaction.records.len(),
            transaction.is_committed
        )
    });
    Ok(open.collect::<Vec<_>>().join(";"))
}

/// The number of transactions that ended.
pub(super) fn expire(call: &Call<'_>) -> Reply {
    let count = transactions(&call.shared.state).len();
    expire_transactions(call.shared);
    Ok(count.to_string())
}
