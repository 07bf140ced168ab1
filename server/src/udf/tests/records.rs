//! The record of a script.

use super::*;

#[test]
fn a_record_has_metadata() {
    let cases: &[(&str, Value)] = &[
        ("return rec.n", 1.into()),
        ("return rec['l'][2]", 2.into()),
        ("return rec.missing", Value::Nil),
        ("return rec['a name of more than 15']", Value::Nil),
        ("return record.gen(rec)", 3.into()),
        ("return record.ttl(rec)", 100.into()),
        ("return record.last_update_time(rec)", 999_000.into()),
        ("return record.setname(rec)", "demo".into()),
        ("return record.key(rec)", "user".into()),
        ("record.drop_key(rec) return record.key(rec)", Value::Nil),
        ("return record.digest(rec)", vec![7_u8; 20].into()),
        ("return record.numbins(rec)", 2.into()),
        ("return table.concat(record.bin_names(rec), ' ')", "n l".into()),
        ("return record.size(rec)", 64.into()),
        ("return record.device_size(rec)", 0.into()),
        ("return aerospike:exists(rec)", true.into()),
        ("return aerospike:get_current_time() // 1000", 1_262_305_000.into()),
        ("return os.time()", 1_262_305_000.into()),
    ];
    for (body, expected) in cases {
        assert_eq!(value(body, &[]), *expected, "{body}");
    }
}

#[test]
fn a_record_that_does_not_exist_has_no_metadata_until_it_is_created() {
    let script = "function f(rec)
        local before = list{aerospike:update(rec), aerospike:remove(rec), record.gen(rec), record.numbins(rec)}
        list.append(before, aerospike:exists(rec))
        list.append(before, record.setname(rec))
        rec.a = 1
        list.append(before, aerospike:create(rec))
        list.append(before, aerospike:create(rec))
        list.append(before, record.setname(rec))
        return before
    end";
    let (answer, work) = work(script, subject(vec![]), &[]);
    let Answer::Success(returned) = answer else {
        panic!("{answer:?}")
    };
    let expected = vec![
        Value::from(-2),
        1.into(),
        0.into(),
        0.into(),
        false.into(),
        Value::Nil,
        0.into(),
        1.into(),
        "demo".into(),
    ];
    assert_eq!(
        Value::from_particle(ParticleType::LIST, &returned.data).unwrap(),
        expected.into()
    );
    assert!(work.has_updates);
    assert_eq!(work.bins.commit().to_vec(), [bin("a", Particle::Int(1))]);
}

#[test]
fn bins_are_stored_only_by_an_update() {
    let bins = || vec![bin("n", Particle::Int(1)), bin("l", particle(vec![1]))];
    let after = |body: &str| {
        let (answer, work) = work(&format!("function f(rec) {body} end"), subject(bins()), &[]);
        assert!(matches!(answer, Answer::Success(_)), "{answer:?}");
        (work.has_updates, work.code, work.bins.commit().to_vec())
    };
    assert_eq!(after("rec.n = 2"), (false, ResultCode::OK, bins()));
    let set = vec![bin("n", Particle::Int(2)), bin("l", particle(vec![1]))];
    assert_eq!(after("rec.n = 2 aerospike:update(rec)"), (true, ResultCode::OK, set));
    // A list that was only looked at may be changed, and is not stored.
    let looked = "list.append(rec.l, 2) aerospike:update(rec)";
    assert_eq!(after(looked), (true, ResultCode::OK, bins()));
    let put = "local l = rec.l list.append(l, 2) rec.l = l list.append(l, 3) aerospike:update(rec)";
    let appended = vec![bin("n", Particle::Int(1)), bin("l", particle(vec![1, 2, 3]))];
    assert_eq!(after(put), (true, ResultCode::OK, appended));
    let removed = vec![bin("l", particle(vec![1]))];
    assert_eq!(
        after("rec.n = nil aerospike:update(rec)"),
        (true, ResultCode::OK, removed)
    );
    assert_eq!(after("aerospike:remove(rec)"), (true, ResultCode::OK, vec![]));
    let anew = "aerospike:remove(rec) rec.x = 1 aerospike:create(rec)";
    assert_eq!(after(anew), (true, ResultCode::OK, vec![bin("x", Particle::Int(1))]));
    // An update that fails takes the earlier ones with it, and the command fails with its code.
    let failed = "rec.n = 5 aerospike:update(rec) rec.l = rec aerospike:update(rec)";
    assert_eq!(after(failed), (false, ResultCode::INCOMPATIBLE_TYPE, bins()));
    let many = "for i = 1, 600 do rec['b' .. i] = i end aerospike:update(rec)";
    assert_eq!(after(many), (false, ResultCode::BIN_NAME, bins()));
}
