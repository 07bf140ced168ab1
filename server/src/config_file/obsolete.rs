//! Names that earlier versions of the real server had, with what replaced them.

/// Stanza, name, advice.
const OBSOLETE: &[(&str, &str, &str)] = &[
    (
        "service",
        "allow-inline-transactions",
        "please configure 'service-threads' carefully",
    ),
    ("service", "nsup-period", "please use namespace context 'nsup-period'"),
    (
        "service",
        "object-size-hist-period",
        "please use namespace context 'nsup-hist-period'",
    ),
    (
        "service",
        "respond-client-on-master-completion",
        "please use namespace context 'write-commit-level-override' and/or write transaction policy",
    ),
    ("service", "scan-max-done", "please use 'query-max-done'"),
    ("service", "scan-threads-limit", "please use 'query-threads-limit'"),
    (
        "service",
        "transaction-pending-limit",
        "please use namespace context 'transaction-pending-limit'",
    ),
    (
        "service",
        "transaction-queues",
        "please configure 'service-threads' carefully",
    ),
    (
        "service",
        "transaction-repeatable-read",
        "please use namespace context 'read-consistency-level-override' and/or read transaction policy",
    ),
    (
        "service",
        "transaction-threads-per-queue",
        "please configure 'service-threads' carefully",
    ),
    ("network.service", "external-address", "please use 'access-address'"),
    ("network.heartbeat", "mcast-ttl", "please use 'multicast-ttl'"),
    (
        "namespace",
        "background-scan-max-rps",
        "please use 'background-query-max-rps'",
    ),
    (
        "namespace",
        "data-in-index",
        "see documentation for converting to multi-bin",
    ),
    (
        "namespace",
        "disable-nsup",
        "please set 'nsup-period' to 0 to disable nsup",
    ),
    (
        "namespace",
        "evict-sys-memory-pct",
        "please use 'evict-indexes-memory-pct' and 'evict-used-pct'",
    ),
    (
        "namespace",
        "high-water-disk-pct",
        "please use storage context 'evict-used-pct'",
    ),
    (
        "namespace",
        "high-water-memory-pct",
        "please use 'evict-indexes-memory-pct' and storage context 'evict-used-pct'",
    ),
    (
        "namespace",
        "memory-size",
        "please use 'data-size' of 'storage-engine memory', and 'stop-writes-sys-memory-pct', 'evict-indexes-memory-pct', and \
         storage context 'evict-used-pct' for stop-writes & eviction",
    ),
    (
        "namespace",
        "single-bin",
        "see documentation for converting to multi-bin",
    ),
    ("namespace", "single-scan-threads", "please use 'single-query-threads'"),
    (
        "namespace",
        "stop-writes-pct",
        "please use 'stop-writes-sys-memory-pct'",
    ),
    (
        "storage-engine",
        "max-used-pct",
        "please use 'stop-writes-used-pct' instead",
    ),
    (
        "storage-engine",
        "min-avail-pct",
        "please use 'stop-writes-avail-pct' instead",
    ),
    (
        "storage-engine",
        "data-in-memory",
        "please use 'storage-engine memory' to store data in memory",
    ),
    (
        "storage-engine",
        "disable-odirect",
        "please use 'read-page-cache' instead",
    ),
    ("storage-engine", "fsync-max-sec", "please use 'flush-max-ms' instead"),
    (
        "storage-engine",
        "post-write-queue",
        "please use 'post-write-cache' and perhaps 'max-record-size'",
    ),
    (
        "storage-engine",
        "write-block-size",
        "please use 'flush-size' and 'post-write-cache' and perhaps 'max-record-size'",
    ),
    ("index-type", "mounts-high-water-pct", "please use 'evict-mounts-pct'"),
    ("index-type", "mounts-size-limit", "please use 'mounts-budget'"),
    ("sindex-type", "mounts-high-water-pct", "please use 'evict-mounts-pct'"),
    ("sindex-type", "mounts-size-limit", "please use 'mounts-budget'"),
    (
        "security",
        "enable-ldap",
        "the 'ldap' context automatically enables LDAP",
    ),
    (
        "security",
        "enable-security",
        "the 'security' context automatically enables security",
    ),
    ("security", "syslog", "please use a logging context 'syslog' log sink"),
];

/// What replaced a name, if it is obsolete.
pub(super) fn advice(stanza: &str, name: &str) -> Option<&'static str> {
    let mut all = OBSOLETE.iter();
    all.find(|(of, obsolete, _)| *of == stanza && *obsolete == name)
        .map(|(_, _, advice)| *advice)
}
