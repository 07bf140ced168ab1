//! `statistics`: the statistics of the server.

use std::sync::Arc;

use bytes::BufMut;

use super::objects::{all_objects, all_tombstones};
use super::proto_compression::proto_compression;
use crate::command::info::call::{Answered, Call};
use crate::command::info::cluster_stable::remaining_migrations;
use crate::state::get;

/// The cluster compatibility id of this version.
const COMPATIBILITY_ID: u32 = 15;

/// The load of the machine and of the process, as on an idle machine of 24 GiB. Nothing of it is measured.
const IDLE_MACHINE: &[(&str, u64)] = &[
    ("system_total_cpu_pct", 0),
    ("system_user_cpu_pct", 0),
    ("system_kernel_cpu_pct", 0),
    ("system_free_mem_kbytes", 23_358_636),
    ("system_free_mem_pct", 94),
    ("host_free_mem_kbytes", 23_358_636),
    ("host_free_mem_pct", 94),
    ("system_thp_mem_kbytes", 0),
    ("process_cpu_pct", 0),
    ("threads_joinable", 8),
    ("threads_detached", 95),
    ("threads_pool_total", 21),
    ("threads_pool_active", 21),
    ("heap_allocated_kbytes", 6_633_649),
    ("heap_active_kbytes", 6_667_224),
    ("heap_mapped_kbytes", 6_714_368),
    ("heap_efficiency_pct", 99),
    ("heap_site_count", 0),
];

pub(in crate::command::info) fn compatibility_id(call: &mut Call<'_>) -> Answered {
    call.say(COMPATIBILITY_ID);
    Ok(())
}

/// Statistics that have no meaning in this server are 0, as on an idle real server.
pub(in crate::command::info) fn statistics(call: &mut Call<'_>) -> Answered {
    let (stats, cluster) = (Arc::clone(&call.session.stats), call.state.cluster());
    let uptime = call.now.0.saturating_sub(stats.started.0) / 1000;
    let closed = get(&stats.client_connections_closed);
    let opened = get(&stats.client_connections_opened);
    call.pair("failed_best_practices", false);
    let own = call.node();
    let subcluster = cluster.subcluster(call.session.node);
    let since_rebalance = call.now.0.saturating_sub(subcluster.rebalanced().0) / 1000;
    call.pair("cluster_size", subcluster.size());
    call.pair("cluster_key", format_args!("{:X}", subcluster.key()));
    call.pair("cluster_generation", own.map_or(0, |node| node.rebalance_generation()));
    call.pair("cluster_principal", subcluster.principal());
    call.pair("cluster_min_compatibility_id", COMPATIBILITY_ID);
    call.pair("cluster_max_compatibility_id", COMPATIBILITY_ID);
    call.pairs(&[("cluster_integrity", true), ("cluster_is_member", true)]);
    call.pair("cluster_duplicate_nodes", "null");
    call.pairs(&[("cluster_clock_skew_stop_writes_sec", 0), ("cluster_clock_skew_ms", 0)]);
    call.pair("cluster_clock_skew_outliers", "null");
    call.pair("uptime", uptime);
    call.pairs(IDLE_MACHINE);
    call.pairs(&[("objects", all_objects(call)), ("tombstones", all_tombstones(call))]);
    call.zeros(&["info_queue", "rw_in_progress", "proxy_in_progress", "tree_gc_queue"]);
    call.pair("client_connections", opened.saturating_sub(closed));
    call.pair("client_connections_opened", opened);
    call.pair("client_connections_closed", closed);
    for channel in ["admin", "heartbeat", "fabric"] {
        for what in ["", "_opened", "_closed"] {
            call.pair(format_args!("{channel}_connections{what}"), 0);
        }
    }
    call.zeros(&["heartbeat_received_self", "heartbeat_received_foreign", "reaped_fds"]);
    call.pair("info_complete", get(&stats.info_complete));
    call.pair("info_timeout", 0);
    call.pair("demarshal_error", get(&stats.demarshal_error));
    call.pair("early_tsvc_client_error", get(&stats.early_tsvc_client_error));
    call.zeros(&["early_tsvc_from_proxy_error", "early_tsvc_from_proxy_batch_sub_error"]);
    call.pair("long_queries_active", call.state.jobs().running(call.session.node));
    call.pair("batch_index_initiate", get(&stats.batch_index_initiate));
    call.pair("batch_index_queue", "0:0");
    call.pair("batch_index_complete", get(&stats.batch_index_complete));
    call.pair("batch_index_error", get(&stats.batch_index_error));
    call.zeros(&["batch_index_timeout", "batch_index_delay", "batch_index_unused_buffers"]);
    call.zeros(&[
        "batch_index_huge_buffers",
        "batch_index_created_buffers",
        "batch_index_destroyed_buffers",
    ]);
    proto_compression(call, "batch_index", &stats.batch_compression);
    call.pair("paxos_principal", subcluster.principal());
    call.pair("time_since_rebalance", since_rebalance);
    call.pair("migrate_allowed", true);
    call.pair("migrate_partitions_remaining", remaining_migrations(call));
    for channel in ["bulk", "ctrl", "meta", "rw"] {
        for direction in ["send", "recv"] {
            call.pair(format_args!("fabric_{channel}_{direction}_rate"), 0);
        }
    }
    call.out.put_slice(b"deprecated_requests=");
    call.say(get(&stats.deprecated_requests));
    Ok(())
}
