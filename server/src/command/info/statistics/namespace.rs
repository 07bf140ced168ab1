//! `namespace/NAME`: the statistics and the configuration of a namespace.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use spikelet_wire::PARTITIONS;

use super::objects::{non_expirable_objects, objects_of, tombstones_of};
use super::proto_compression::proto_compression;
use super::sets::is_indexed;
use super::storage;
use crate::cluster::{Node, NodeState, RosterNode};
use crate::command::info::call::{Answered, Call};
use crate::command::info::config::write_namespace;
use crate::state::{CommandCounters, Ends, GeoCounters, NamespaceStats, QueryCounters, get};
use crate::store::Namespace;

/// The size of a record's entry in the real server's primary index, in bytes.
const INDEX_ENTRY: u64 = 64;
/// The size of a record's entry in the real server's set index, in bytes.
const SET_INDEX_ENTRY: u64 = 16;

/// What nodes ask one another when their copies differ, and messages that they repeat.
const BETWEEN_NODES: &[&str] = &[
    "dup_res_ask",
    "dup_res_respond_read",
    "dup_res_respond_no_read",
    "retransmit_all_read_dup_res",
    "retransmit_all_write_dup_res",
    "retransmit_all_delete_dup_res",
    "retransmit_all_udf_dup_res",
    "retransmit_all_batch_sub_read_dup_res",
    "retransmit_all_batch_sub_write_dup_res",
    "retransmit_all_batch_sub_delete_dup_res",
    "retransmit_all_batch_sub_udf_dup_res",
    "retransmit_udf_sub_dup_res",
    "retransmit_ops_sub_dup_res",
    "retransmit_all_read_repl_ping",
    "retransmit_all_batch_sub_read_repl_ping",
    "retransmit_all_write_repl_write",
    "retransmit_all_delete_repl_write",
    "retransmit_all_udf_repl_write",
    "retransmit_all_batch_sub_write_repl_write",
    "retransmit_all_batch_sub_delete_repl_write",
    "retransmit_all_batch_sub_udf_repl_write",
    "retransmit_udf_sub_repl_write",
    "retransmit_ops_sub_repl_write",
];

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

/// The statistics, in the order of the real server. Those that have no meaning in this server have the values of an idle real
/// one: nothing is evicted or resolved between nodes, and proxying never fails.
fn statistics(call: &mut Call<'_>, namespace: &Namespace) {
    records(call, namespace);
    expiration(call, namespace);
    indexes(call, namespace);
    storage::write(call, namespace);
    let node = Arc::clone(&call.session.stats);
    let stats = node.of(namespace);
    proto_compression(call, "record", &stats.record_compression);
    proto_compression(call, "query", &stats.query_compression);
    partitions(call, namespace);
    let origins = [
        ("client", &stats.client, Some(&stats.client_proxy_complete)),
        ("from_proxy", &stats.from_proxy, None),
        ("batch_sub", &stats.batch_sub, Some(&stats.batch_sub_proxy_complete)),
        ("from_proxy_batch_sub", &stats.from_proxy_batch_sub, None),
    ];
    for (origin, counters, proxied) in origins {
        call.pair(format_args!("{origin}_tsvc_error"), get(&counters.tsvc_error));
        call.pair(format_args!("{origin}_tsvc_timeout"), 0);
        if let Some(complete) = proxied {
            call.pair(format_args!("{origin}_proxy_complete"), get(complete));
            call.pair(format_args!("{origin}_proxy_error"), 0);
            call.pair(format_args!("{origin}_proxy_timeout"), 0);
        }
        commands(call, origin, counters);
        udfs(call, origin, counters);
    }
    call.zeros(&["udf_sub_tsvc_error", "udf_sub_tsvc_timeout"]);
    udfs(call, "udf_sub", &stats.udf_sub);
    call.zeros(&["ops_sub_tsvc_error", "ops_sub_tsvc_timeout"]);
    queries(call, stats);
    failures(call, stats, namespace);
}

/// The number of records, and whether they can be written.
fn records(call: &mut Call<'_>, namespace: &Namespace) {
    let cluster = call.state.cluster();
    let subcluster = cluster.subcluster(call.session.node);
    let [master, prole, others] = objects_of(call, namespace);
    let table = namespace.table();
    // With strong consistency only the nodes of the roster count, and on other nodes there are none.
    let size = match (subcluster.rosters(table), cluster.node(call.session.node)) {
        (Some((roster, _)), Some(own)) => {
            let is_present = |entry: &&RosterNode| cluster.position(entry.id).is_ok_and(|at| subcluster.has(at));
            let is_on = roster.get(own.id).is_some();
            roster.nodes().iter().filter(is_present).filter(|_| is_on).count()
        }
        _ => subcluster.size(),
    };
    call.pair("ns_cluster_size", size);
    call.pair("effective_replication_factor", subcluster.replicas(table));
    call.pair("objects", master + prole + others);
    let tombstones = tombstones_of(call, namespace);
    call.pair("tombstones", tombstones.iter().sum::<u64>());
    call.zeros(&["xdr_tombstones", "xdr_bin_cemeteries"]);
    let (provisionals, _) = namespace.transactions.counts();
    call.pair("mrt_provisionals", provisionals);
    let [of_master, of_prole, of_others] = tombstones;
    call.pairs(&[("master_objects", master), ("master_tombstones", of_master)]);
    call.pairs(&[("prole_objects", prole), ("prole_tombstones", of_prole)]);
    call.pairs(&[("non_replica_objects", others), ("non_replica_tombstones", of_others)]);
    call.zeros(&["unreplicated_records"]);
    let outage = subcluster.outage(table);
    call.pairs(&[
        ("dead_partitions", outage.dead),
        ("unavailable_partitions", outage.unavailable),
        ("auto_revived_partitions", outage.auto_revived),
    ]);
    call.pairs(&[
        ("clock_skew_stop_writes", false),
        ("stop_writes", false),
        ("hwm_breached", false),
    ]);
}

/// What expires, and what is removed.
fn expiration(call: &mut Call<'_>, namespace: &Namespace) {
    call.pair("current_time", call.now.seconds());
    call.pair("non_expirable_objects", non_expirable_objects(call, namespace));
    call.pair("expired_objects", get(&namespace.counters.expired_objects));
    call.zeros(&["evicted_objects", "evict_ttl", "evict_void_time", "smd_evict_void_time"]);
    // A cycle of nsup takes less than a second.
    call.pair("nsup_cycle_duration", 0);
    let deleted = call.state.nsup().deleted_pct(namespace.number);
    call.pair("nsup_cycle_deleted_pct", format_args!("{deleted:.2}"));
    call.zeros(&["nsup_xdr_key_busy"]);
    call.pair("truncate_lut", namespace.truncate_lut().0);
    call.pair("truncating", false);
    call.zeros(&["sindex_gc_cleaned"]);
    let (_, monitors) = namespace.transactions.counts();
    // A monitor is active while it rolls records, which takes no time.
    call.pairs(&[("mrt_monitors", monitors), ("mrt_monitors_active", 0)]);
    call.zeros(&["xmem_id"]);
}

fn indexes(call: &mut Call<'_>, namespace: &Namespace) {
    let objects = objects_of(call, namespace).iter().sum::<u64>();
    let objects = objects + tombstones_of(call, namespace).iter().sum::<u64>();
    call.pair("index_used_bytes", objects.saturating_mul(INDEX_ENTRY));
    let in_indexed_sets: u64 = namespace
        .sets
        .all()
        .iter()
        .filter(|set| is_indexed(namespace, set))
        .map(|set| get(&set.objects))
        .sum();
    call.pair("set_index_used_bytes", in_indexed_sets.saturating_mul(SET_INDEX_ENTRY));
    let sindexes = namespace.sindexes.all();
    let used_bytes: u64 = sindexes.iter().map(|sindex| sindex.used_bytes()).sum();
    call.pair("sindex_used_bytes", used_bytes);
}

/// The partitions of the node, and their migrations.
fn partitions(call: &mut Call<'_>, namespace: &Namespace) {
    let (cluster, node) = (call.state.cluster(), call.session.node);
    let subcluster = cluster.subcluster(node);
    let is_quiesced = |node: &&Node| node.state == NodeState::Quiesced;
    let own = cluster.node(node).filter(is_quiesced).is_some();
    let members = cluster.nodes().iter().enumerate().filter(|(at, _)| subcluster.has(*at));
    let quiesced = members.filter(|(_, node)| is_quiesced(node)).count();
    let pending = cluster.node(node).is_some_and(Node::is_pending_quiesce);
    call.pairs(&[("pending_quiesce", pending), ("effective_is_quiesced", own)]);
    call.pair("nodes_quiesced", quiesced);
    call.pair("effective_prefer_uniform_balance", false);
    call.zeros(&[
        "effective_active_rack",
        "migrate_tx_partitions_imbalance",
        "migrate_tx_instances",
        "migrate_rx_instances",
        "migrate_tx_partitions_active",
        "migrate_rx_partitions_active",
    ]);
    let (remaining, initial) = subcluster.migrations(node, namespace.table());
    call.pair("migrate_tx_partitions_initial", initial.emigrations);
    call.pair("migrate_tx_partitions_remaining", remaining.emigrations);
    call.pair("migrate_tx_partitions_lead_remaining", remaining.emigrations);
    call.pair("migrate_rx_partitions_initial", initial.immigrations);
    call.pair("migrate_rx_partitions_remaining", remaining.immigrations);
    call.zeros(&[
        "migrate_records_skipped",
        "migrate_records_transmitted",
        "migrate_record_retransmits",
        "migrate_record_receives",
        "migrate_records_unreadable",
        "migrate_signals_active",
        "migrate_signals_remaining",
    ]);
    let fresh = if node == 0 { PARTITIONS } else { 0 };
    call.pair("migrate_fresh_partitions", fresh);
    call.zeros(&[
        "appeals_tx_active",
        "appeals_rx_active",
        "appeals_tx_remaining",
        "appeals_records_exonerated",
    ]);
}

/// Primary and secondary index queries, and the operations of background queries on single records.
fn queries(call: &mut Call<'_>, stats: &NamespaceStats) {
    let write = &stats.ops_sub.write;
    call.pair("ops_sub_write_success", get(&write.success));
    call.pair("ops_sub_write_error", get(&write.error));
    call.pair("ops_sub_write_timeout", get(&write.timeout));
    call.pair("ops_sub_write_filtered_out", get(&write.filtered_out));
    call.zeros(BETWEEN_NODES);
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

/// Why commands failed, and what they did beside their results.
fn failures(call: &mut Call<'_>, stats: &NamespaceStats, namespace: &Namespace) {
    let sum = |counter: fn(&CommandCounters) -> &AtomicU64| -> u64 {
        stats.origins().iter().map(|origin| get(counter(origin))).sum()
    };
    let GeoCounters {
        reqs,
        cells,
        points,
        falsepos,
    } = &stats.geo;
    call.pair("geo_region_query_reqs", get(reqs));
    call.pair("geo_region_query_cells", get(cells));
    call.pair("geo_region_query_points", get(points));
    call.pair("geo_region_query_falsepos", get(falsepos));
    call.zeros(&["read_touch_tsvc_error", "read_touch_tsvc_timeout"]);
    call.pair("read_touch_success", sum(|origin| &origin.read_touch_success));
    call.zeros(&["read_touch_error", "read_touch_timeout"]);
    call.pair("read_touch_skip", sum(|origin| &origin.read_touch_skip));
    transactions(call, namespace);
    call.pair("fail_xdr_forbidden", sum(|origin| &origin.fail_xdr_forbidden));
    call.pair("fail_key_busy", sum(|origin| &origin.fail_key_busy));
    call.zeros(&["fail_xdr_key_busy"]);
    call.pair("fail_generation", sum(|origin| &origin.fail_generation));
    call.pair("fail_record_too_big", sum(|origin| &origin.fail_record_too_big));
    call.zeros(&["fail_client_lost_conflict", "fail_xdr_lost_conflict"]);
    let mrt = &namespace.transactions.counters;
    call.pair("fail_mrt_blocked", get(&mrt.fail_blocked));
    call.pair("fail_mrt_version_mismatch", get(&mrt.fail_version_mismatch));
    call.pair("deleted_last_bin", sum(|origin| &origin.deleted_last_bin));
    call.pair(
        "mrt_monitor_roll_tombstone_creates",
        get(&mrt.monitor_roll_tombstone_creates),
    );
    call.pair("ttl_reductions_ignored", sum(|origin| &origin.ttl_reductions_ignored));
    call.pair("ttl_reductions_applied", sum(|origin| &origin.ttl_reductions_applied));
}

/// The strong consistency of the namespace, and its transactions, for all nodes together.
fn transactions(call: &mut Call<'_>, namespace: &Namespace) {
    call.zeros(&[
        "re_repl_tsvc_error",
        "re_repl_tsvc_timeout",
        "re_repl_success",
        "re_repl_error",
        "re_repl_timeout",
    ]);
    let mrt = &namespace.transactions.counters;
    let kinds = [
        ("verify_read", &mrt.verify_read_success, Some(&mrt.verify_read_error)),
        ("roll_forward", &mrt.roll_forward_success, None),
        ("monitor_roll_forward", &mrt.monitor_roll_forward_success, None),
        ("roll_back", &mrt.roll_back_success, None),
        ("monitor_roll_back", &mrt.monitor_roll_back_success, None),
    ];
    for (kind, success, error) in kinds {
        call.pair(format_args!("mrt_{kind}_success"), get(success));
        call.pair(format_args!("mrt_{kind}_error"), error.map_or(0, get));
        call.pair(format_args!("mrt_{kind}_timeout"), 0);
    }
}

fn commands(call: &mut Call<'_>, origin: &str, counters: &CommandCounters) {
    let ends = |call: &mut Call<'_>, kind: &dyn Display, ends: &Ends, can_miss: bool| {
        call.pair(format_args!("{origin}_{kind}_success"), get(&ends.success));
        call.pair(format_args!("{origin}_{kind}_error"), get(&ends.error));
        call.pair(format_args!("{origin}_{kind}_timeout"), get(&ends.timeout));
        if can_miss {
            call.pair(format_args!("{origin}_{kind}_not_found"), get(&ends.not_found));
        }
        call.pair(format_args!("{origin}_{kind}_filtered_out"), get(&ends.filtered_out));
    };
    ends(call, &"read", &counters.read, true);
    ends(call, &"write", &counters.write, false);
    // Rows of batches cannot come from XDR.
    let can_ship = matches!(origin, "client" | "from_proxy");
    if can_ship {
        for result in ["success", "error", "timeout"] {
            call.pair(format_args!("xdr_{origin}_write_{result}"), 0);
        }
    }
    ends(call, &"delete", &counters.delete, true);
    if can_ship {
        for result in ["success", "error", "timeout", "not_found"] {
            call.pair(format_args!("xdr_{origin}_delete_{result}"), 0);
        }
    }
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
