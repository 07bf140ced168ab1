//! All HyperLogLog operations, with every flag. Small counts are exact.

use spikelet_client::ops::{OnHll, hll};
use spikelet_client::{Operation, ResultCode as Code, Value};

use super::operation_cases::{bytes, cases, changes, nothing, reads, refused};
use crate::assertions::expect_eq;
use crate::context::{Context, ask};
use crate::outcome::{NotPassed, Outcome};
use crate::scenario::scenarios;

scenarios![
    init,
    add,
    flags,
    read,
    may_contain,
    fold,
    unions,
    intersections_and_similarity,
    set_union,
    set_union_folds,
    not_a_hyperloglog,
    no_bin,
];

fn b() -> OnHll<&'static str> {
    hll("b")
}

/// Three elements in 256 registers.
fn three() -> Operation {
    hll("b").index_bits(8).add(["x", "y", "z"])
}

/// The same with minhash bits.
fn with_minhash() -> Operation {
    hll("b").index_bits(8).minhash_bits(16).add(["x", "y", "z"])
}

/// A HyperLogLog that the server creates.
async fn other(t: &mut Context, name: &str, made: Operation) -> Result<[Value; 1], NotPassed> {
    let key = t.key(name);
    let record = ask!(t, operate_ordered(&key).op(made).get("b").respond_all_ops(true))?;
    Ok([record.result(1)?])
}

async fn init(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        b().index_bits(4).init() => changes(()),
        b().index_bits(16).init() => changes(()),
        b().index_bits(8).minhash_bits(4).init() => changes(()),
        b().index_bits(13).minhash_bits(51).init() => changes(()),
        b().init() => refused(Code::OP_NOT_APPLICABLE),
        b().index_bits(3).init() => refused(Code::PARAMETER),
        b().index_bits(17).init() => refused(Code::PARAMETER),
        b().index_bits(8).minhash_bits(3).init() => refused(Code::PARAMETER),
        b().index_bits(14).minhash_bits(51).init() => refused(Code::PARAMETER),
    );
    cases!(t, three();
        b().init() => changes(()),
        b().index_bits(4).init() => changes(()),
    );
    Ok(())
}

async fn add(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        b().index_bits(8).add(["x", "y", "z"]) => changes(3),
        b().index_bits(8).minhash_bits(16).add(vec![Value::from(1), 1.5.into(), true.into(), (&[1]).into()]) => changes(4),
        b().add(["x"]) => refused(Code::OP_NOT_APPLICABLE),
        b().index_bits(8).add(Vec::<i64>::new()) => refused(Code::PARAMETER),
    );
    cases!(t, three();
        b().add(["x"]) => reads(0),
        b().add(["x", "w"]) => changes(1),
        b().add([[1]]) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn flags(t: &mut Context) -> Outcome {
    cases!(t, three();
        b().index_bits(8).create_only().init() => refused(Code::BIN_EXISTS),
        b().index_bits(8).create_only().no_fail().init() => reads(()),
        b().index_bits(8).update_only().init() => changes(()),
        b().index_bits(8).create_only().add(["w"]) => refused(Code::BIN_EXISTS),
        b().index_bits(8).create_only().no_fail().add(["w"]) => reads(()),
        b().update_only().add(["w"]) => refused(Code::PARAMETER),
        b().allow_fold().init() => refused(Code::PARAMETER),
    );
    cases!(t, nothing();
        b().index_bits(8).update_only().init() => refused(Code::BIN_NOT_FOUND),
        b().index_bits(8).update_only().no_fail().init() => reads(()),
        b().index_bits(8).create_only().init() => changes(()),
        b().index_bits(8).create_only().add(["w"]) => changes(1),
    );
    Ok(())
}

async fn read(t: &mut Context) -> Outcome {
    cases!(t, three();
        b().get_count() => reads(3),
        b().describe() => reads([8, 0]),
        b().refresh_count() => changes(3),
    );
    cases!(t, with_minhash();
        b().get_count() => reads(3),
        b().describe() => reads([8, 16]),
    );
    Ok(())
}

async fn may_contain(t: &mut Context) -> Outcome {
    cases!(t, three();
        b().may_contain(["x"]) => reads(1),
        b().may_contain(["x", "y", "z"]) => reads(1),
        b().may_contain(["x", "w"]) => reads(0),
        b().may_contain([1]) => reads(0),
        b().may_contain(Vec::<i64>::new()) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn fold(t: &mut Context) -> Outcome {
    cases!(t, three();
        b().fold(4) => changes(()),
        b().fold(9) => refused(Code::OP_NOT_APPLICABLE),
        b().fold(3) => refused(Code::PARAMETER),
    );
    cases!(t, with_minhash();
        b().fold(4) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn unions(t: &mut Context) -> Outcome {
    let other = other(t, "other", hll("b").index_bits(8).add(["z", "w"])).await?;
    cases!(t, three();
        b().get_union_count(other.clone()) => reads(4),
        b().get_union_count(vec![other[0].clone(), other[0].clone()]) => reads(4),
        b().get_union_count(Vec::new()) => refused(Code::PARAMETER),
        b().get_union_count([Value::Blob(vec![1])]) => refused(Code::PARAMETER),
    );
    let key = t.key("union");
    let union = hll("b").get_union(other);
    let record = ask!(t, operate_ordered(&key).op(three()).op(union).respond_all_ops(true))?;
    let union: Value = record.result(1)?;
    let record = ask!(t, operate_ordered(&key).write("u", union).op(hll("u").get_count()))?;
    expect_eq!(record.result::<i64>(0)?, 4);
    Ok(())
}

async fn intersections_and_similarity(t: &mut Context) -> Outcome {
    let many = |from: i64| {
        let elements: Vec<i64> = (from..from + 100).collect();
        hll("b").index_bits(8).minhash_bits(16).add(elements)
    };
    let half = other(t, "half", many(50)).await?;
    let few = other(t, "few", hll("b").index_bits(8).minhash_bits(16).add(["y", "z", "w"])).await?;
    cases!(t, many(0);
        b().get_intersect_count(half.clone()) => reads(52),
        b().get_similarity(half.clone()) => reads(0.353_981_225_958_332_6),
        b().get_union_count(half.clone()) => reads(148),
    );
    // The real server checks only the first third of the registers for data, and these have none there.
    cases!(t, with_minhash();
        b().get_intersect_count(few.clone()) => reads(0),
        b().get_similarity(few.clone()) => reads(0.0),
        b().get_union_count(few.clone()) => reads(4),
    );
    Ok(())
}

async fn set_union(t: &mut Context) -> Outcome {
    let other = other(t, "other", hll("b").index_bits(8).add(["z", "w"])).await?;
    cases!(t, three();
        b().set_union(other.clone()) => changes(()),
        b().create_only().set_union(other.clone()) => refused(Code::BIN_EXISTS),
        b().create_only().no_fail().set_union(other.clone()) => reads(()),
        b().update_only().set_union(other.clone()) => changes(()),
    );
    cases!(t, nothing();
        b().set_union(other.clone()) => changes(()),
        b().update_only().set_union(other.clone()) => refused(Code::BIN_NOT_FOUND),
        b().update_only().no_fail().set_union(other.clone()) => reads(()),
    );
    Ok(())
}

async fn set_union_folds(t: &mut Context) -> Outcome {
    let other = other(t, "other", hll("b").index_bits(6).add(["z", "w"])).await?;
    cases!(t, three();
        b().set_union(other.clone()) => refused(Code::OP_NOT_APPLICABLE),
        b().allow_fold().set_union(other.clone()) => changes(()),
        b().get_union_count(other.clone()) => reads(4),
    );
    Ok(())
}

async fn not_a_hyperloglog(t: &mut Context) -> Outcome {
    cases!(t, Operation::write("b", bytes([1, 2, 3]));
        b().get_count() => refused(Code::INCOMPATIBLE_TYPE),
        b().index_bits(8).init() => refused(Code::INCOMPATIBLE_TYPE),
        b().index_bits(8).add(["x"]) => refused(Code::INCOMPATIBLE_TYPE),
    );
    Ok(())
}

async fn no_bin(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        b().get_count() => reads(()),
        b().describe() => reads(()),
        b().may_contain(["x"]) => reads(()),
        b().refresh_count() => refused(Code::BIN_NOT_FOUND),
        b().fold(4) => refused(Code::BIN_NOT_FOUND),
    );
    Ok(())
}
