//! Statistics of compressed answers.

use crate::command::info::call::Call;
use crate::state::ProtoCompression;

/// How many answers were not compressed though their clients requested it, and how much smaller the others became.
pub(super) fn proto_compression(call: &mut Call<'_>, of: &str, counters: &ProtoCompression) {
    let (uncompressed_pct, ratio) = (counters.uncompressed_pct(), counters.ratio());
    call.pair(
        format_args!("{of}_proto_uncompressed_pct"),
        format_args!("{uncompressed_pct:.3}"),
    );
    call.pair(format_args!("{of}_proto_compression_ratio"), format_args!("{ratio:.3}"));
}
