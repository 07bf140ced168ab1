//! The statistics of a namespace's storage.
//!
//! The real server's storage in memory consists of stripes, and a stripe of write blocks. The first block of a stripe is its
//! header, and one more is being filled from the first write on.

use super::super::call::Call;
use super::super::config::{DATA_SIZE, STRIPES};
use super::objects::data_used_bytes;
use crate::store::Namespace;

/// The size of a write block, in bytes.
const WRITE_BLOCK: u64 = 8 * 1024 * 1024;
/// The number of write blocks of a stripe.
const BLOCKS: u64 = DATA_SIZE / STRIPES / WRITE_BLOCK;
/// Records are stored in multiples of so many bytes.
const UNIT: u64 = 16;

/// Appends the statistics.
pub(super) fn write(call: &mut Call<'_>, namespace: &Namespace) {
    let used = data_used_bytes(call, namespace);
    let free = free_blocks(stripe_bytes(used, 0));
    call.pair("data_total_bytes", DATA_SIZE);
    call.pair("data_used_bytes", used);
    call.pair("data_used_pct", used.saturating_mul(100) / DATA_SIZE);
    // The first stripe has the most records.
    call.pair("data_avail_pct", free * 100 / BLOCKS);
    call.pair("data_compression_ratio", "1.000");
    for stripe in 0..STRIPES {
        let used = stripe_bytes(used, stripe);
        call.pair(format_args!("storage-engine.stripe[{stripe}].used_bytes"), used);
        call.pair(
            format_args!("storage-engine.stripe[{stripe}].free_wblocks"),
            free_blocks(used),
        );
        for idle in ["writes", "defrag_q", "defrag_reads", "defrag_writes"] {
            call.pair(format_args!("storage-engine.stripe[{stripe}].{idle}"), 0);
        }
    }
}

/// The share of a stripe in the bytes of a namespace: records are spread evenly.
const fn stripe_bytes(used: u64, stripe: u64) -> u64 {
    let units = used / UNIT;
    let extra = if stripe < units % STRIPES { 1 } else { 0 };
    (units / STRIPES + extra) * UNIT
}

const fn free_blocks(used: u64) -> u64 {
    BLOCKS.saturating_sub(1 + used.div_ceil(WRITE_BLOCK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_hold_all_bytes_and_take_a_block_for_the_first() {
        let used = 1000 * 128 + 48;
        let stripes: Vec<u64> = (0..STRIPES).map(|stripe| stripe_bytes(used, stripe)).collect();
        assert_eq!(stripes.iter().sum::<u64>(), used);
        assert_eq!(
            (free_blocks(0), free_blocks(stripes[0]), free_blocks(u64::MAX)),
            (31, 30, 0)
        );
    }
}
