//! The parameters of the stanzas that only the Enterprise Edition has: `security`, `tls` and `xdr`.

use super::kind::Kind;
use super::kind::Kind::{Flag, Number, PowerOfTwo, Seconds, Text, Word};
use super::{Parameter, both, fixed, unshown};

/// Of `security`.
pub(crate) const SECURITY: &[Parameter] = &[
    unshown("default-password-file", Text),
    fixed("enable-quotas", "false", Flag).with_effect(),
    both("privilege-refresh-period", "300", Seconds(10, 24 * 3600)),
    both("session-ttl", "86400", Seconds(120, 10 * 24 * 3600)).with_effect(),
    both("tps-weight", "2", Number(2, 20)),
    fixed("ldap.disable-tls", "false", Flag),
    fixed("ldap.login-threads", "8", Number(1, 64)),
    fixed("ldap.polling-period", "300", Seconds(0, 24 * 3600)),
    unshown("ldap.query-base-dn", Text),
    unshown("ldap.query-user-dn", Text),
    unshown("ldap.query-user-password-file", Text),
    unshown("ldap.role-query-base-dn", Text),
    unshown("ldap.role-query-pattern", Text),
    fixed("ldap.role-query-search-ou", "false", Flag),
    unshown("ldap.server", Text),
    unshown("ldap.tls-ca-file", Text),
    fixed("ldap.token-hash-method", "sha-256", Word(&["sha-256", "sha-512"])),
    unshown("ldap.user-dn-pattern", Text),
    unshown("ldap.user-query-pattern", Text),
    fixed("log.report-authentication", "false", Flag),
    unshown("log.report-data-op", Text),
    unshown("log.report-data-op-role", Text),
    unshown("log.report-data-op-user", Text),
    fixed("log.report-sys-admin", "false", Flag),
    fixed("log.report-user-admin", "false", Flag),
    fixed("log.report-violation", "false", Flag),
];

/// Of `tls`, in `network`.
pub(crate) const TLS: &[Parameter] = &[
    unshown("ca-file", Text).with_effect(),
    unshown("ca-path", Text),
    unshown("cert-blacklist", Text),
    unshown("cert-file", Text).with_effect(),
    unshown("cipher-suite", Text),
    unshown("key-file", Text).with_effect(),
    unshown("key-file-password", Text),
    unshown("pki-user-append-ou", Flag),
    unshown("protocols", Text),
];

/// Of `xdr`.
pub(crate) const XDR: &[Parameter] = &[
    unshown("src-id", Number(1, 255)),
    unshown(
        "dc.auth-mode",
        Word(&["none", "internal", "external", "external-insecure", "pki"]),
    ),
    unshown("dc.auth-password-file", Text),
    unshown("dc.auth-user", Text),
    unshown("dc.connector", Flag),
    unshown("dc.max-recoveries-interleaved", Kind::ANY),
    unshown("dc.node-address-port", Text),
    unshown("dc.period-ms", Number(5, 1000)),
    unshown("dc.recovery-threads", Number(1, 32)),
    unshown("dc.tls-name", Text),
    unshown("dc.use-alternate-access-address", Flag),
    unshown(
        "dc.namespace.bin-policy",
        Word(&[
            "all",
            "no-bins",
            "only-changed",
            "changed-and-specified",
            "changed-or-specified",
        ]),
    ),
    unshown("dc.namespace.compression-level", Number(1, 9)),
    unshown("dc.namespace.compression-threshold", Number(128, i32::MAX as i64)),
    unshown("dc.namespace.delay-ms", Number(0, 5000)),
    unshown("dc.namespace.enable-compression", Flag),
    unshown("dc.namespace.forward", Flag),
    unshown("dc.namespace.hot-key-ms", Number(0, 5000)),
    unshown("dc.namespace.ignore-bin", Text),
    unshown("dc.namespace.ignore-expunges", Flag),
    unshown("dc.namespace.ignore-set", Text),
    unshown("dc.namespace.max-throughput", Kind::ANY),
    unshown("dc.namespace.remote-namespace", Text),
    unshown("dc.namespace.sc-replication-wait-ms", Number(5, 1000)),
    unshown("dc.namespace.ship-bin", Text),
    unshown("dc.namespace.ship-bin-luts", Flag),
    unshown("dc.namespace.ship-nsup-deletes", Flag),
    unshown("dc.namespace.ship-only-specified-sets", Flag),
    unshown("dc.namespace.ship-set", Text),
    unshown("dc.namespace.ship-versions-interval", Seconds(1, 3600)),
    unshown(
        "dc.namespace.ship-versions-policy",
        Word(&["latest", "all", "interval"]),
    ),
    unshown("dc.namespace.transaction-queue-limit", PowerOfTwo(1024, 1 << 20)),
    unshown("dc.namespace.write-policy", Word(&["auto", "update", "replace"])),
];
