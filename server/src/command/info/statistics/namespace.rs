//! `namespace/NAME`: the statistics and the configuration of a namespace.

use std::fmt::Display;
use std::sync::Arc;

use super::objects::objects_of;
use crate::cluster::{Node, NodeState};
use crate::command::info::call::{Answered, Call};
use crate::command::info::config::write_namespace;
use crate::state::{CommandCounters, Ends, NamespaceStats, QueryCounters, get};
use crate::store::Namespace;

/// The size of a record's entry in the real server's primary index, in bytes.
const INDEX_ENTRY: u64 = 64;

pub(in crate::command::info) fn namespaces(call: &mut Call<'_>) -> Answered {
    call.list(call.state.namespaces().iter().map(|namespace| &namespace.name))
}

/// Statistics and configuration of a namespace. An unknown namespace is not an error: its type is unknown.
pub(in crate::command::info) fn namespace(call: &mut Call<'_>) -> Answered {
    match call.namespace(call.parameters) {
        Ok(namespace) => {
            statistics(call, namespace);
            write_namespace(call, namespace);
            call.drop_last();
        }
        Err(_) => call.say("type=unknown"),
    }
    Ok(())
}

fn statistics(call: &mut Call<'_>, namespace: &Namespace) {
    let cluster = call.state.cluster();
    let node = call.session.node;
    let subcluster = cluster.subcluster(node);
    let factor = namespace.settings.replication_factor;
    let [master, prole, others] = objects_of(call, namespace);
    let objects = master + prole + others;
    call.pair("ns_cluster_size", subcluster.size());
    call.pair("effective_replication_factor", subcluster.replicas(factor));
    call.pair("objects", objects);
    call.zeros(&["tombstones", "xdr_tombstones", "xdr_bin_cemeteries", "mrt_provisionals"]);
    call.pairs(&[("master_objects", master), ("master_tombstones", 0)]);
    call.pairs(&[("prole_objects", prole), ("prole_tombstones", 0)]);
    call.pairs(&[("non_replica_objects", others), ("non_replica_tombstones", 0)]);
    call.zeros(&["unreplicated_records"]);
    call.zeros(&["dead_partitions", "unavailable_partitions", "auto_revived_partitions"]);
    call.pairs(&[
        ("clock_skew_stop_writes", false),
        ("stop_writes", false),
        ("hwm_breached", false),
    ]);
    call.pair("current_time", call.now.seconds());
    call.pair("expired_objects", get(&namespace.counters.expired_objects));
    call.zeros(&["evicted_objects", "evict_ttl", "evict_void_time", "smd_evict_void_time"]);
    call.pair("truncate_lut", namespace.truncate_lut().0);
    call.pair("truncating", false);
    call.zeros(&["sindex_gc_cleaned", "mrt_monitors", "mrt_monitors_active", "xmem_id"]);
    call.pair("index_used_bytes", objects.saturating_mul(INDEX_ENTRY));
    call.zeros(&["set_index_used_bytes"]);
    let sindexes = namespace.sindexes.all();
    call.pair(
        "sindex_used_bytes",
        sindexes.iter().map(|sindex| sindex.used_bytes()).sum::<u64>(),
    );
    let is_quiesced = |node: &&Node| node.state == NodeState::Quiesced;
    let own = cluster.node(node).filter(is_quiesced).is_some();
    let seen = cluster.nodes().iter().enumerate().filter(|(at, _)| subcluster.has(*at));
    let quiesced = seen.filter(|(_, node)| is_quiesced(node)).count();
    call.pairs(&[("pending_quiesce", own), ("effective_is_quiesced", own)]);
    call.pair("nodes_quiesced", quiesced);
    call.zeros(&["effective_active_rack"]);
    let (remaining, initial) = subcluster.migrations(node, factor);
    call.zeros(&["migrate_tx_partitions_active", "migrate_rx_partitions_active"]);
    call.pair("migrate_tx_partitions_initial", initial.emigrations);
    call.pair("migrate_tx_partitions_remaining", remaining.emigrations);
    call.pair("migrate_rx_partitions_initial", initial.immigrations);
    call.pair("migrate_rx_partitions_remaining", remaining.immigrations);
    call.zeros(&["migrate_signals_active", "migrate_signals_remaining"]);
    call.pair(
        "migrate_fresh_partitions",
        u64::from(node == 0) * u64::from(spikelet_wire::PARTITIONS),
    );
    let node = Arc::clone(&call.session.stats);
    let stats = node.of(namespace);
    let origins = [
        ("client", &stats.client, Some(&stats.client_proxy_complete)),
        ("from_proxy", &stats.from_proxy, None),
        ("batch_sub", &stats.batch_sub, Some(&stats.batch_sub_proxy_complete)),
        ("from_proxy_batch_sub", &stats.from_proxy_batch_sub, None),
    ];
    for (origin, counters, passed_on) in origins {
        call.pair(format_args!("{origin}_tsvc_error"), 0);
        call.pair(format_args!("{origin}_tsvc_timeout"), 0);
        if let Some(complete) = passed_on {
            call.pair(format_args!("{origin}_proxy_complete"), get(complete));
            call.pair(format_args!("{origin}_proxy_error"), 0);
            call.pair(format_args!("{origin}_proxy_timeout"), 0);
        }
        commands(call, origin, counters);
        udfs(call, origin, counters);
    }
    udfs(call, "udf_sub", &stats.udf_sub);
    queries(call, stats);
}

/// Primary and secondary index queries, and the operations of background queries on single records.
fn queries(call: &mut Call<'_>, stats: &NamespaceStats) {
    let write = &stats.ops_sub.write;
    call.pair("ops_sub_write_success", get(&write.success));
    call.pair("ops_sub_write_error", get(&write.error));
    call.pair("ops_sub_write_timeout", get(&write.timeout));
    call.pair("ops_sub_write_filtered_out", get(&write.filtered_out));
    for (index, counters) in [("pi", &stats.pi_query), ("si", &stats.si_query)] {
        let QueryCounters {
            short_basic,
            long_basic,
            ops_bg,
            udf_bg,
            aggr,
        } = counters;
        call.pair(
            format_args!("{index}_query_short_basic_complete"),
            get(&short_basic.complete),
        );
        call.pair(format_args!("{index}_query_short_basic_error"), get(&short_basic.error));
        call.pair(
            format_args!("{index}_query_short_basic_timeout"),
            get(&short_basic.timeout),
        );
        for (kind, ends) in [
            ("long_basic", long_basic),
            ("aggr", aggr),
            ("udf_bg", udf_bg),
            ("ops_bg", ops_bg),
        ] {
            call.pair(format_args!("{index}_query_{kind}_complete"), get(&ends.complete));
            call.pair(format_args!("{index}_query_{kind}_error"), get(&ends.error));
            call.pair(format_args!("{index}_query_{kind}_abort"), get(&ends.abort));
        }
    }
}

fn commands(call: &mut Call<'_>, origin: &str, counters: &CommandCounters) {
    let mut ends = |kind: &dyn Display, ends: &Ends, can_miss: bool| {
        call.pair(format_args!("{origin}_{kind}_success"), get(&ends.success));
        call.pair(format_args!("{origin}_{kind}_error"), get(&ends.error));
        call.pair(format_args!("{origin}_{kind}_timeout"), get(&ends.timeout));
        if can_miss {
            call.pair(format_args!("{origin}_{kind}_not_found"), get(&ends.not_found));
        }
        call.pair(format_args!("{origin}_{kind}_filtered_out"), get(&ends.filtered_out));
    };
    ends(&"read", &counters.read, true);
    ends(&"write", &counters.write, false);
    ends(&"delete", &counters.delete, true);
}

/// UDFs that succeeded are `complete`. The `lang` counters tell what they did.
fn udfs(call: &mut Call<'_>, origin: &str, counters: &CommandCounters) {
    let (ends, lang) = (&counters.udf, &counters.lang);
    for (name, counter) in [
        ("udf_complete", &ends.success),
        ("udf_error", &ends.error),
        ("udf_timeout", &ends.timeout),
        ("udf_filtered_out", &ends.filtered_out),
        ("lang_read_success", &lang.read_success),
        ("lang_write_success", &lang.write_success),
        ("lang_delete_success", &lang.delete_success),
        ("lang_error", &lang.error),
    ] {
        call.pair(format_args!("{origin}_{name}"), get(counter));
    }
}
