//! Tests of queries that resume after a digest, or after a step.

use super::*;

#[test]
fn a_query_resumes_after_a_digest() {
    let server = Server::new();
    let digests = in_order(server.fill(MANY, "s"));
    // Resume a partition with several records after its second one.
    let at = digests
        .windows(4)
        .position(|w| w.iter().all(|digest| digest.partition_id() == w[0].partition_id()))
        .unwrap();
    let (partition, after) = (digests[at].partition_id(), digests[at + 1]);
    let rest: Vec<_> = digests
        .iter()
        .copied()
        .filter(|digest| digest.partition_id() == partition && *digest < after)
        .collect();
    assert_eq!(Request::all().resume(&[], &[after]).digests(&server), rest);
    // The record with the digest need not exist.
    let mut absent = after;
    absent.0[19] = absent.0[19].wrapping_add(1);
    let other = PartitionId::new((partition.get() + 1) % PARTITIONS).unwrap();
    let found = Request::all().resume(&[other], &[absent]).digests(&server);
    assert!(
        found
            .iter()
            .all(|digest| digest.partition_id() == other || *digest < absent)
    );
    assert!(rest.iter().all(|digest| found.contains(digest)));
}

#[test]
fn pages_resume_exactly() {
    let server = Server::new();
    let digests = in_order(server.fill(1000, "s"));
    let (mut found, mut page) = (Vec::new(), Request::all());
    loop {
        let replies = page
            .clone()
            .with(FieldType::SAMPLE_MAX, &70u64.to_be_bytes())
            .digests(&server);
        let Some(last) = replies.last().copied() else { break };
        found.extend(replies);
        let after: Vec<_> = PartitionId::all().filter(|id| *id > last.partition_id()).collect();
        page = Request::all().resume(&after, &[last]);
    }
    assert_eq!(found, digests);
}

#[test]
fn a_query_is_not_disturbed_by_records_removed_meanwhile() {
    let server = Server::new();
    let digests = in_order(server.fill(MANY, "s"));
    let mut query = Request::all().query(&server);
    let mut out = BytesMut::new();
    assert_eq!(query.step(&server.0, NOW, &mut out), Step::More);
    let seen = frames(&out).into_iter().flatten().count();
    let namespace = &server.0.namespaces()[0];
    // The last record that was returned, and every second one of those that follow.
    let removed: Vec<_> = digests[seen - 1..].iter().copied().step_by(2).collect();
    for digest in &removed {
        namespace.partition_mut(digest.partition_id()).unwrap().remove(digest);
    }
    while query.step(&server.0, NOW, &mut out) != Step::Done {}
    let found: Vec<_> = frames(&out)
        .into_iter()
        .flatten()
        .filter_map(|reply| reply.digest)
        .collect();
    let expected: Vec<_> = digests
        .iter()
        .enumerate()
        .filter(|(at, digest)| *at < seen || !removed.contains(digest))
        .map(|(_, digest)| *digest)
        .collect();
    assert_eq!(found, expected);
}
