//! The parameters that `set-config` changes, in the order in which the real server looks for them, and the values that each of
//! them takes.

use super::value;
use crate::config::{MAX_TTL, SecurityConfig};
use crate::version::Edition;

/// A parameter that can be changed while the server runs.
pub(super) struct Rule {
    /// Its name in `set-config`.
    pub(super) name: &'static str,
    /// Its name in `get-config`.
    pub(super) shown: &'static str,
    kind: Kind,
    /// Whether only the Enterprise Edition takes it.
    is_enterprise: bool,
}

/// The values of a parameter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `true` or `false`.
    Flag,
    /// A number of 32 bits from the first to the last, with a unit of 1024 (`k`), 1024² (`m`) or 1024³ (`g`).
    Number(i64, i64),
    /// A size of at least so many bytes, with the same units, and `t` and `p`.
    Size(u64),
    /// A number of seconds up to the last, with a unit of `s`, `m`, `h` or `d`.
    Seconds(u32),
    /// A number of which everything after the digits is ignored.
    Leading,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// None: the parameter belongs to another kind of namespace or storage.
    Never,
}

impl Rule {
    /// The value as `get-config` shows it; `None` if the parameter does not take it.
    pub(super) fn read(&self, text: &str, edition: Edition) -> Option<String> {
        if self.is_enterprise && edition == Edition::Community {
            return None;
        }
        match self.kind {
            Kind::Flag => matches!(text, "true" | "false").then(|| text.to_owned()),
            Kind::Number(first, last) => {
                let number = value::number(text)?;
                let is_in_range = (first..=last).contains(&i64::from(number));
                // The real server keeps and shows it without a sign.
                is_in_range.then(|| (number as u32).to_string())
            }
            Kind::Size(least) => value::size(text)
                .filter(|size| *size >= least)
                .map(|size| size.to_string()),
            Kind::Seconds(most) => value::seconds(text)
                .filter(|seconds| *seconds <= most)
                .map(|seconds| seconds.to_string()),
            Kind::Leading => Some((value::leading(text) as u32).to_string()),
            Kind::Word(words) => words.contains(&text).then(|| text.to_owned()),
            Kind::Text => Some(text.to_owned()),
            Kind::Never => None,
        }
    }
}

const ANY: Kind = Kind::Number(i32::MIN as i64, i32::MAX as i64);
const PERCENT: Kind = Kind::Number(0, 100);

macro_rules! rules {
    ($($name:literal $(as $shown:literal)? => $kind:expr $(, $enterprise:ident)?;)*) => {
        &[$(Rule {
            name: $name,
            shown: rules!(@shown $name $(, $shown)?),
            kind: $kind,
            is_enterprise: rules!(@is $($enterprise)?),
        }),*]
    };
    (@shown $name:literal) => { $name };
    (@shown $name:literal, $shown:literal) => { $shown };
    (@is) => { false };
    (@is Enterprise) => { true };
}

use Kind::{Flag, Leading, Never, Number, Seconds, Size, Text, Word};

/// Of `context=service`.
pub(super) const SERVICE: &[Rule] = rules! {
    "advertise-ipv6" => Flag;
    "batch-index-threads" => Number(0, 256);
    "batch-max-buffers-per-queue" => ANY;
    "batch-max-requests" => ANY;
    "batch-max-unused-buffers" => ANY;
    "cgroup-mem-tracking" => Flag;
    "cluster-name" => Text;
    "enable-benchmarks-fabric" => Flag;
    "enable-health-check" => Flag;
    "enable-hist-info" => Flag;
    "info-max-ms" => Number(500, 10_000);
    "info-threads" => Number(1, 256);
    "microsecond-histograms" => Flag;
    "migrate-fill-delay" => Seconds(u32::MAX), Enterprise;
    "migrate-max-num-incoming" => Number(0, 256);
    "migrate-threads" => Number(0, 100);
    "min-cluster-size" => Number(0, i32::MAX as i64);
    "proto-fd-idle-ms" => Number(0, i32::MAX as i64);
    "proto-fd-max" => Number(1024, i32::MAX as i64);
    "query-max-done" => Number(0, 10_000);
    "query-threads-limit" => Number(1, 1024);
    "service-threads" => Number(1, 4096);
    "sindex-builder-threads" => Number(i32::MIN as i64, 32);
    "sindex-gc-period" => ANY;
    "ticker-interval" => ANY;
    "tls-refresh-period" => Seconds(u32::MAX), Enterprise;
    "transaction-max-ms" => ANY;
    "transaction-retry-ms" => Number(1, i32::MAX as i64);
    "vault-token-file" => Never;
};

/// Of `context=network`.
pub(super) const NETWORK: &[Rule] = rules! {
    "fabric.channel-bulk-recv-threads" => Number(1, 128);
    "fabric.channel-ctrl-recv-threads" => Number(1, 128);
    "fabric.channel-meta-recv-threads" => Number(1, 128);
    "fabric.channel-rw-recv-threads" => Number(1, 128);
    "fabric.recv-rearm-threshold" => Number(0, 1024 * 1024);
    "heartbeat.connect-timeout-ms" => Number(50, 500);
    "heartbeat.interval" => Number(150, 600_000);
    "heartbeat.mtu" => ANY;
    "heartbeat.protocol" => Word(&["v3", "reset", "none"]);
    "heartbeat.timeout" => Number(10, i32::MAX as i64);
};

/// Of `context=security`. The least values are checked with it.
pub(super) const SECURITY: &[Rule] = rules! {
    "enable-quotas" => Never;
    "privilege-refresh-period" => Seconds(SecurityConfig::PRIVILEGE_REFRESH_PERIOD.1);
    "session-ttl" => Seconds(SecurityConfig::SESSION_TTL.1);
    "tps-weight" => Number(SecurityConfig::TPS_WEIGHT.0 as i64, SecurityConfig::TPS_WEIGHT.1 as i64);
};

/// Of `context=namespace`, without those of a set.
pub(super) const NAMESPACE: &[Rule] = rules! {
    "active-rack" => Number(0, 1_000_000), Enterprise;
    "allow-ttl-without-nsup" => Flag;
    "apply-ttl-reductions" => Flag;
    "background-query-max-rps" => Number(1, 1_000_000);
    "conflict-resolution-policy" => Word(&["generation", "last-update-time"]);
    "conflict-resolve-writes" => Flag, Enterprise;
    "default-read-touch-ttl-pct" => PERCENT;
    "default-ttl" => Seconds(MAX_TTL);
    "disable-mrt-writes" => Never;
    "disable-write-dup-res" => Flag;
    "disallow-expunge" => Flag, Enterprise;
    "disallow-null-setname" => Flag;
    "enable-benchmarks-batch-sub" => Flag;
    "enable-benchmarks-ops-sub" => Flag;
    "enable-benchmarks-read" => Flag;
    "enable-benchmarks-udf" => Flag;
    "enable-benchmarks-udf-sub" => Flag;
    "enable-benchmarks-write" => Flag;
    "enable-hist-proxy" => Flag;
    "evict-hist-buckets" => Number(100, 10_000_000);
    "evict-indexes-memory-pct" => PERCENT;
    "evict-tenths-pct" => Leading;
    "force-long-queries" => Flag;
    "ignore-migrate-fill-delay" => Flag, Enterprise;
    "indexes-memory-budget" => Size(0);
    "inline-short-queries" => Flag;
    "max-record-size" => Number(64, 8 * 1024 * 1024);
    "migrate-order" => Number(1, 10);
    "migrate-retransmit-ms" => ANY;
    "migrate-skip-unreadable" => Flag;
    "migrate-sleep" => ANY;
    "mrt-duration" => Never;
    "nsup-hist-period" => Seconds(u32::MAX);
    "nsup-period" => Seconds(u32::MAX);
    "nsup-threads" => Number(1, 128);
    "prefer-uniform-balance" => Flag, Enterprise;
    "rack-id" => Number(0, 1_000_000), Enterprise;
    "read-consistency-level-override" => Word(&["all", "off", "one"]);
    "reject-non-xdr-writes" => Flag;
    "reject-xdr-writes" => Flag;
    "replication-factor" => Number(1, 256);
    "single-query-threads" => Number(1, 128);
    "stop-writes-sys-memory-pct" => PERCENT;
    "strong-consistency-allow-expunge" => Never;
    "tomb-raider-eligible-age" => Seconds(u32::MAX), Enterprise;
    "tomb-raider-period" => Seconds(u32::MAX), Enterprise;
    "tomb-raider-unmark-threads" => Number(0, 128), Enterprise;
    "transaction-pending-limit" => ANY;
    "truncate-threads" => Number(1, 128);
    "write-commit-level-override" => Word(&["all", "master", "off"]);
    "xdr-bin-tombstone-ttl" => Seconds(MAX_TTL), Enterprise;
    "xdr-tomb-raider-period" => Seconds(u32::MAX), Enterprise;
    "xdr-tomb-raider-threads" => Number(1, 128), Enterprise;
    "index-type.evict-mounts-pct" => Never;
    "index-type.mounts-budget" => Never;
    "sindex-type.evict-mounts-pct" => Never;
    "sindex-type.mounts-budget" => Never;
    "cache-replica-writes" => Never;
    "compression" as "storage-engine.compression" => Word(&["none", "lz4", "snappy", "zstd"]), Enterprise;
    "compression-acceleration" as "storage-engine.compression-acceleration" => Number(1, 65_537), Enterprise;
    "compression-level" as "storage-engine.compression-level" => Number(1, 9), Enterprise;
    "defrag-lwm-pct" as "storage-engine.defrag-lwm-pct" => ANY;
    "defrag-queue-min" as "storage-engine.defrag-queue-min" => ANY;
    "defrag-sleep" as "storage-engine.defrag-sleep" => ANY;
    "enable-benchmarks-storage" as "storage-engine.enable-benchmarks-storage" => Flag;
    "evict-used-pct" as "storage-engine.evict-used-pct" => PERCENT;
    "flush-max-ms" as "storage-engine.flush-max-ms" => ANY;
    "flush-size" => Never;
    "max-write-cache" as "storage-engine.max-write-cache" => Size(64 * 1024 * 1024);
    "post-write-cache" => Never;
    "read-page-cache" => Never;
    "stop-writes-avail-pct" as "storage-engine.stop-writes-avail-pct" => PERCENT;
    "stop-writes-used-pct" as "storage-engine.stop-writes-used-pct" => PERCENT;
    "tomb-raider-sleep" as "storage-engine.tomb-raider-sleep" => ANY, Enterprise;
    "geo2dsphere-within-max-cells" as "geo2dsphere-within.max-cells" => Number(1, 256);
    "geo2dsphere-within-max-level" as "geo2dsphere-within.max-level" => Number(0, 30);
    "geo2dsphere-within-min-level" as "geo2dsphere-within.min-level" => Number(0, 30);
};
