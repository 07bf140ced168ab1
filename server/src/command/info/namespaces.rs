//! Namespaces and sets: what is in them, and what happened there.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::call::{Answered, Call};
use super::config::write_namespace;
use crate::cluster::{Node, NodeState, Subcluster};
use crate::state::{CommandCounters, Ends, NamespaceStats, QueryCounters, get};
use crate::store::{Namespace, Partition, SetId};

/// What the real server's primary index takes for a record, in bytes.
const INDEX_ENTRY: u64 = 64;

pub(super) fn namespaces(call: &mut Call<'_>) -> Answered {
    call.list(call.state.namespaces().iter().map(|namespace| &namespace.name))
}

pub(super) fn objects(call: &mut Call<'_>) -> Answered {
    call.say(all_objects(call));
    Ok(())
}

/// How many records the node has.
pub(super) fn all_objects(call: &Call<'_>) -> u64 {
    let namespaces = call.state.namespaces().iter();
    namespaces
        .map(|namespace| objects_of(call, namespace).iter().sum::<u64>())
        .sum()
}

/// How many records of a namespace the node has, as their master, as a replica, and on the way out.
fn objects_of(call: &Call<'_>, namespace: &Namespace) -> [u64; 3] {
    let counted = get(&namespace.counters.objects);
    of_node(call, namespace, counted, |partition| partition.len() as u64)
}

/// How many records of a set the node has.
fn objects_of_set(call: &Call<'_>, namespace: &Namespace, id: SetId, counted: u64) -> u64 {
    let in_set = |partition: &Partition| partition.iter().filter(|(_, record)| record.set == Some(id)).count() as u64;
    of_node(call, namespace, counted, in_set).iter().sum()
}

/// What of the records that are counted for all nodes one of them has.
fn of_node(call: &Call<'_>, namespace: &Namespace, counted: u64, count: impl Fn(&Partition) -> u64) -> [u64; 3] {
    let cluster = call.state.cluster();
    if cluster.nodes().len() == 1 {
        return [counted, 0, 0];
    }
    replicated(
        cluster.subcluster(call.session.node),
        call.session.node,
        namespace,
        count,
    )
}

/// Statistics and configuration of a namespace. Clients know no error here, so there is none.
pub(super) fn namespace(call: &mut Call<'_>) -> Answered {
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

/// The sets of all namespaces, of one, or (`namespace/set`) the properties of one set.
pub(super) fn sets(call: &mut Call<'_>) -> Answered {
    if call.parameters.is_empty() {
        for namespace in call.state.namespaces() {
            all_sets(call, namespace);
        }
        return Ok(());
    }
    let (name, set) = match call.parameters.split_once('/') {
        Some((name, set)) => (name, Some(set)),
        None => (call.parameters, None),
    };
    match (call.namespace(name), set) {
        (Err(_), _) => call.say("ns_type=unknown"),
        (Ok(namespace), None) => all_sets(call, namespace),
        (Ok(namespace), Some(set)) => {
            if let Some(id) = namespace.sets.find(set.as_bytes()) {
                properties(call, namespace, id);
            }
        }
    }
    Ok(())
}

fn all_sets(call: &mut Call<'_>, namespace: &Namespace) {
    for set in namespace.sets.all() {
        let name = String::from_utf8_lossy(&set.name);
        call.say(format_args!("ns={}:set={name}:", namespace.name));
        if let Some(id) = namespace.sets.find(&set.name) {
            properties(call, namespace, id);
        }
    }
}

fn properties(call: &mut Call<'_>, namespace: &Namespace, id: SetId) {
    let Some(set) = namespace.sets.get(id) else {
        return;
    };
    let sindexes = namespace.sindexes.all();
    let sindexes = sindexes.iter().filter(|sindex| sindex.definition.set == Some(id));
    let enable_index = namespace.sindexes.of_sets().iter().any(|(_, set)| *set == id);
    let objects = objects_of_set(call, namespace, id, set.objects.load(Relaxed));
    let truncate_lut = set.truncate_lut.load(Relaxed);
    call.say(format_args!(
        "objects={objects}:tombstones=0:data_used_bytes=0:truncate_lut={truncate_lut}:sindexes={}:\
         index_populating=false:truncating=false:default-read-touch-ttl-pct=0:default-ttl=0:\
         disable-eviction=false:enable-index={enable_index}:stop-writes-count=0:stop-writes-size=0;",
        sindexes.count(),
    ));
}

/// Nothing is evicted or compressed here, and nothing that is passed on gets lost.
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

/// Queries, without and with an index, and what those in the background did to single records.
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

/// How many records a node of several has as their working master, how many as a replica, and how many that are still to
/// leave it.
fn replicated(
    subcluster: &Subcluster,
    node: usize,
    namespace: &Namespace,
    count: impl Fn(&Partition) -> u64,
) -> [u64; 3] {
    let factor = namespace.settings.replication_factor;
    let mut counts = [0; 3];
    for id in namespace.partition_ids() {
        let objects = namespace.partition(id).map_or(0, |partition| count(&partition));
        let [master, prole, others] = &mut counts;
        if subcluster.working_master(factor, id) == Some(node) {
            *master += objects;
        } else if subcluster.is_full(node, factor, id) {
            let keeps = subcluster.replica(node, factor, id).is_some();
            *(if keeps { prole } else { others }) += objects;
        }
    }
    counts
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

/// UDFs that ended well are complete, whatever they did; that is counted beside.
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
