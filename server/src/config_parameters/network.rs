//! The parameters of `network`, by the name of their stanza and their own.

use super::kind::Kind;
use super::kind::Kind::{Flag, Number, Text, Word};
use super::{Parameter, both, fixed, unshown};

const PORT: Kind = Number(1024, 65_535);
const SOCKETS: Kind = Number(1, 128);
const THREADS: Kind = Number(1, 128);

/// In the order in which `get-config` shows them.
pub(crate) const NETWORK: &[Parameter] = &[
    fixed("service.port", "3000", PORT).with_effect(),
    fixed("service.address", "127.0.0.1", Text).with_effect(),
    fixed("service.access-port", "0", PORT).with_effect(),
    fixed("service.access-address", "127.0.0.1", Text).with_effect(),
    fixed("service.alternate-access-port", "0", PORT).with_effect(),
    unshown("service.alternate-access-address", Text).with_effect(),
    fixed("service.tls-port", "0", PORT).enterprise().with_effect(),
    unshown("service.tls-address", Text).enterprise().with_effect(),
    fixed("service.tls-access-port", "0", PORT).enterprise().with_effect(),
    unshown("service.tls-access-address", Text).enterprise().with_effect(),
    fixed("service.tls-alternate-access-port", "0", PORT)
        .enterprise()
        .with_effect(),
    unshown("service.tls-alternate-access-address", Text)
        .enterprise()
        .with_effect(),
    unshown("service.tls-authenticate-client", Text)
        .enterprise()
        .with_effect(),
    fixed("service.tls-name", "null", Text).enterprise().with_effect(),
    fixed("service.disable-localhost", "false", Flag),
    fixed("admin.port", "3003", PORT).with_effect(),
    fixed("admin.address", "127.0.0.1", Text).with_effect(),
    fixed("admin.tls-port", "0", PORT).enterprise(),
    unshown("admin.tls-address", Text).enterprise(),
    unshown("admin.tls-authenticate-client", Text).enterprise(),
    fixed("admin.tls-name", "null", Text).enterprise(),
    fixed("admin.disable-localhost", "false", Flag),
    fixed("heartbeat.mode", "mesh", Word(&["mesh", "multicast"])),
    fixed("heartbeat.address", "127.0.0.1", Text).with_effect(),
    unshown("heartbeat.mesh-seed-address-port", Text),
    unshown("heartbeat.multicast-group", Text),
    unshown("heartbeat.multicast-ttl", Number(0, 255)),
    fixed("heartbeat.port", "3002", PORT).with_effect(),
    fixed("heartbeat.tls-port", "0", PORT).enterprise(),
    unshown("heartbeat.tls-address", Text).enterprise(),
    unshown("heartbeat.tls-mesh-seed-address-port", Text),
    fixed("heartbeat.tls-name", "null", Text).enterprise(),
    both("heartbeat.interval", "150", Number(150, 600_000)).configured(Number(50, 600_000)),
    both("heartbeat.timeout", "10", Number(10, i32::MAX as i64)).configured(Number(3, i32::MAX as i64)),
    both("heartbeat.connect-timeout-ms", "500", Number(50, 500)).configured(Number(50, i32::MAX as i64)),
    both("heartbeat.mtu", "65536", Kind::ANY),
    both("heartbeat.protocol", "v3", Word(&["v3", "reset", "none"])).configured(Word(&["none", "v3"])),
    fixed("fabric.address", "127.0.0.1", Text).with_effect(),
    fixed("fabric.tls-port", "0", PORT).enterprise(),
    unshown("fabric.tls-address", Text).enterprise(),
    fixed("fabric.tls-name", "null", Text).enterprise(),
    fixed("fabric.channel-bulk-fds", "2", SOCKETS),
    both("fabric.channel-bulk-recv-threads", "4", THREADS),
    fixed("fabric.channel-ctrl-fds", "1", SOCKETS),
    both("fabric.channel-ctrl-recv-threads", "4", THREADS),
    fixed("fabric.channel-meta-fds", "1", SOCKETS),
    both("fabric.channel-meta-recv-threads", "4", THREADS),
    fixed("fabric.channel-rw-fds", "8", SOCKETS),
    fixed("fabric.channel-rw-recv-pools", "1", Number(1, 16)),
    both("fabric.channel-rw-recv-threads", "16", THREADS),
    fixed("fabric.keepalive-enabled", "true", Flag),
    fixed("fabric.keepalive-intvl", "1", Kind::ANY),
    fixed("fabric.keepalive-probes", "10", Kind::ANY),
    fixed("fabric.keepalive-time", "1", Kind::ANY),
    fixed("fabric.latency-max-ms", "5", Number(0, 1000)),
    fixed("fabric.port", "3001", PORT).with_effect(),
    both("fabric.recv-rearm-threshold", "1024", Number(0, 1024 * 1024)),
    fixed("fabric.send-threads", "8", THREADS),
];
