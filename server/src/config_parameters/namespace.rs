//! The parameters of `namespace`.

use super::kind::Kind;
use super::kind::Kind::{
    Flag, Leading, LeadingSize, Never, Number, PowerOfTwo, Seconds, SecondsOrNever, Size, Text, Word,
};
use super::{MAX_NODES, MAX_TTL};
use super::{Parameter, both, changeable, fixed, unshown};

const GIB: u64 = 1 << 30;
const PERCENT: Kind = Kind::PERCENT;
const THREADS: Kind = Number(1, 128);
const RACK: Kind = Number(0, 1_000_000);
const TTL: Kind = Seconds(0, MAX_TTL);

/// Those of the namespace itself, in the order in which `get-config` shows them.
pub(crate) const NAMESPACE: &[Parameter] = &[
    both("active-rack", "0", RACK).enterprise(),
    both("allow-ttl-without-nsup", "false", Flag).with_effect(),
    both("apply-ttl-reductions", "true", Flag).with_effect(),
    fixed("auto-revive", "false", Flag).enterprise().with_effect(),
    both("background-query-max-rps", "10000", Number(1, 1_000_000)).with_effect(),
    both(
        "conflict-resolution-policy",
        "generation",
        Word(&["generation", "last-update-time"]),
    )
    .with_effect(),
    both("conflict-resolve-writes", "false", Flag).enterprise(),
    both("default-read-touch-ttl-pct", "0", PERCENT).with_effect(),
    both("default-ttl", "0", TTL).with_effect(),
    fixed("disable-cold-start-eviction", "false", Flag),
    both("disable-mrt-writes", "false", Flag).strongly_consistent(),
    both("disable-write-dup-res", "false", Flag),
    both("disallow-expunge", "false", Flag).enterprise(),
    both("disallow-null-setname", "false", Flag).with_effect(),
    both("enable-benchmarks-batch-sub", "false", Flag),
    both("enable-benchmarks-ops-sub", "false", Flag),
    both("enable-benchmarks-read", "false", Flag),
    both("enable-benchmarks-udf", "false", Flag),
    both("enable-benchmarks-udf-sub", "false", Flag),
    both("enable-benchmarks-write", "false", Flag),
    both("enable-hist-proxy", "false", Flag),
    both("evict-hist-buckets", "10000", Number(100, 10_000_000)),
    both("evict-indexes-memory-pct", "0", PERCENT),
    both("evict-tenths-pct", "5", Leading).configured(Kind::ANY),
    changeable("force-long-queries", "false", Flag).with_effect(),
    both("ignore-migrate-fill-delay", "false", Flag).enterprise(),
    fixed("index-stage-size", "1073741824", PowerOfTwo(GIB / 8, GIB)),
    both("indexes-memory-budget", "0", Kind::ANY_SIZE),
    both("inline-short-queries", "false", Flag),
    both("max-record-size", "1048576", Number(64, 8 * 1024 * 1024)).with_effect(),
    both("migrate-order", "5", Number(1, 10)),
    both("migrate-retransmit-ms", "5000", Kind::ANY),
    both("migrate-skip-unreadable", "false", Flag),
    both("migrate-sleep", "1", Kind::ANY),
    both("mrt-duration", "0", Seconds(1, 120)).strongly_consistent(),
    both("nsup-hist-period", "3600", Kind::ANY_SECONDS),
    both("nsup-period", "0", Kind::ANY_SECONDS).with_effect(),
    both("nsup-threads", "1", THREADS),
    fixed("partition-tree-sprigs", "256", PowerOfTwo(256, 1 << 28)),
    both("prefer-uniform-balance", "false", Flag).enterprise(),
    both("rack-id", "0", RACK).enterprise().with_effect(),
    both("read-consistency-level-override", "off", Word(&["all", "off", "one"])),
    both("reject-non-xdr-writes", "false", Flag).with_effect(),
    both("reject-xdr-writes", "false", Flag).with_effect(),
    both("replication-factor", "1", Number(1, MAX_NODES as i64)).with_effect(),
    fixed("sindex-stage-size", "1073741824", PowerOfTwo(GIB / 8, 4 * GIB)),
    both("single-query-threads", "4", THREADS),
    both("stop-writes-sys-memory-pct", "90", PERCENT),
    fixed("strong-consistency", "false", Flag).enterprise().with_effect(),
    both("strong-consistency-allow-expunge", "false", Flag)
        .strongly_consistent()
        .with_effect(),
    both("tomb-raider-eligible-age", "86400", Kind::ANY_SECONDS).enterprise(),
    both("tomb-raider-period", "86400", Kind::ANY_SECONDS).enterprise(),
    both("tomb-raider-unmark-threads", "0", Number(0, 128)).enterprise(),
    both("transaction-pending-limit", "20", Kind::ANY),
    both("truncate-threads", "4", THREADS),
    both("write-commit-level-override", "off", Word(&["all", "master", "off"])),
    both("xdr-bin-tombstone-ttl", "86400", TTL).enterprise(),
    both("xdr-tomb-raider-period", "120", Kind::ANY_SECONDS).enterprise(),
    both("xdr-tomb-raider-threads", "1", THREADS).enterprise(),
];

/// Those of `geo2dsphere-within`.
pub(crate) const GEO2DSPHERE_WITHIN: &[Parameter] = &[
    fixed("geo2dsphere-within.strict", "true", Flag),
    both("geo2dsphere-within.min-level", "1", Number(0, 30)).changed_as("geo2dsphere-within-min-level"),
    both("geo2dsphere-within.max-level", "20", Number(0, 30)).changed_as("geo2dsphere-within-max-level"),
    both("geo2dsphere-within.max-cells", "12", Number(1, 256)).changed_as("geo2dsphere-within-max-cells"),
    fixed("geo2dsphere-within.level-mod", "1", Number(1, 3)),
    fixed("geo2dsphere-within.earth-radius-meters", "6371000", Kind::ANY),
];

/// Those of `index-type` and `sindex-type`. The indexes of this server are in memory.
pub(crate) const INDEX_TYPES: &[Parameter] = &[
    fixed("index-type", "mem", Word(&["shmem", "pmem", "flash"])).enterprise(),
    unshown("index-type.evict-mounts-pct", PERCENT)
        .changed(Never)
        .enterprise(),
    unshown("index-type.mount", Text).enterprise(),
    unshown("index-type.mounts-budget", Size(GIB, u64::MAX))
        .changed(Never)
        .enterprise(),
    fixed("sindex-type", "mem", Word(&["shmem", "pmem", "flash"])).enterprise(),
    unshown("sindex-type.evict-mounts-pct", PERCENT)
        .changed(Never)
        .enterprise(),
    unshown("sindex-type.mount", Text).enterprise(),
    unshown("sindex-type.mounts-budget", Size(GIB, u64::MAX))
        .changed(Never)
        .enterprise(),
];

/// Those of `storage-engine`. The storage of this server is memory.
pub(crate) const STORAGE_ENGINE: &[Parameter] = &[
    fixed("storage-engine", "memory", Word(&["memory", "pmem", "device"])),
    unshown("storage-engine.cache-replica-writes", Flag)
        .changed_as("cache-replica-writes")
        .changed(Never),
    unshown("storage-engine.cold-start-empty", Flag),
    fixed("storage-engine.commit-to-device", "false", Flag).enterprise(),
    both(
        "storage-engine.compression",
        "none",
        Word(&["none", "lz4", "snappy", "zstd"]),
    )
    .changed_as("compression")
    .enterprise(),
    both("storage-engine.compression-acceleration", "0", Number(1, 65_537))
        .changed_as("compression-acceleration")
        .enterprise(),
    both("storage-engine.compression-level", "0", Number(1, 9))
        .changed_as("compression-level")
        .enterprise(),
    fixed("storage-engine.data-size", "2147483648", Size(GIB / 2, 256 << 40)),
    both("storage-engine.defrag-lwm-pct", "50", Kind::ANY).changed_as("defrag-lwm-pct"),
    both("storage-engine.defrag-queue-min", "0", Kind::ANY).changed_as("defrag-queue-min"),
    both("storage-engine.defrag-sleep", "1000", Kind::ANY).changed_as("defrag-sleep"),
    fixed("storage-engine.defrag-startup-minimum", "0", Number(0, 99)),
    unshown("storage-engine.device", Text),
    fixed("storage-engine.direct-files", "false", Flag),
    fixed("storage-engine.disable-odsync", "false", Flag),
    both("storage-engine.enable-benchmarks-storage", "false", Flag).changed_as("enable-benchmarks-storage"),
    unshown("storage-engine.encryption", Word(&["aes-128", "aes-256"])).enterprise(),
    fixed("storage-engine.encryption-key-file", "null", Text).enterprise(),
    fixed("storage-engine.encryption-old-key-file", "null", Text).enterprise(),
    both("storage-engine.evict-used-pct", "0", PERCENT).changed_as("evict-used-pct"),
    unshown("storage-engine.file", Text),
    fixed("storage-engine.filesize", "0", Size(GIB / 8, 2 << 40)),
    both("storage-engine.flush-max-ms", "1000", Kind::ANY)
        .changed_as("flush-max-ms")
        .configured(Kind::ANY_SIZE),
    unshown("storage-engine.flush-size", PowerOfTwo(4 * 1024, 8 * 1024 * 1024))
        .changed_as("flush-size")
        .changed(Never),
    both(
        "storage-engine.max-write-cache",
        "67108864",
        Size(64 * 1024 * 1024, u64::MAX),
    )
    .changed_as("max-write-cache"),
    unshown("storage-engine.post-write-cache", Kind::ANY_SIZE)
        .changed_as("post-write-cache")
        .changed(Never),
    unshown("storage-engine.read-page-cache", Flag)
        .changed_as("read-page-cache")
        .changed(Never),
    unshown("storage-engine.serialize-tomb-raider", Flag).enterprise(),
    unshown("storage-engine.sindex-startup-device-scan", Flag),
    both("storage-engine.stop-writes-avail-pct", "5", PERCENT).changed_as("stop-writes-avail-pct"),
    both("storage-engine.stop-writes-used-pct", "70", PERCENT).changed_as("stop-writes-used-pct"),
    both("storage-engine.tomb-raider-sleep", "1000", Kind::ANY)
        .changed_as("tomb-raider-sleep")
        .enterprise(),
];

/// Those of `set`, in the order in which `set-config` looks for them.
pub(crate) const SET: &[Parameter] = &[
    both("default-read-touch-ttl-pct", "0", Kind::PercentOrNever).with_effect(),
    both("default-ttl", "0", SecondsOrNever(MAX_TTL)).with_effect(),
    both("disable-eviction", "false", Flag),
    both("enable-index", "false", Flag).with_effect(),
    both("stop-writes-count", "0", LeadingSize)
        .configured(Kind::ANY_SIZE)
        .with_effect(),
    both("stop-writes-size", "0", Kind::ANY_SIZE).with_effect(),
];
