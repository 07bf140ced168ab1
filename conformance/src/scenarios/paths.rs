//! Path expressions: selecting and modifying elements at several places.

use spikelet_client::exp::{Exp, Path, Select, int_bin, loop_index, loop_key, loop_value, map_bin, remove};
use spikelet_client::ops::{MapReturn, OnPath, expression, map, path};
use spikelet_client::{Map, Operation, ResultCode as Code, Value};

use super::operation_cases::{by_key, cases, empty, leaves, list_of, nothing, pairs, reads, refused};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    select_values,
    select_trees,
    select_keys,
    steps,
    conditions,
    loop_variables,
    modify,
    removals,
    no_fail,
    within_expressions,
    malformed,
    no_bin,
];

fn b() -> OnPath {
    path("b")
}

/// Numbers in lists in a map.
fn shop() -> Operation {
    map("b")
        .key_ordered()
        .put_items([("x", [8, 12, 5]), ("y", [20, 3, 11])])
}

fn all() -> Path {
    Path::new().all().all()
}

fn above(n: i64) -> Path {
    Path::new().all().filter(loop_value::<i64>().gt(n))
}

async fn select_values(t: &mut Context) -> Outcome {
    cases!(t, shop();
        b().select(&all(), Select::Values) => reads([8, 12, 5, 20, 3, 11]),
        b().select(&above(10), Select::Values) => reads([12, 20, 11]),
        b().select(&above(99), Select::Values) => reads(empty()),
        b().select(&Path::new().key("x").all(), Select::Values) => reads([8, 12, 5]),
    );
    Ok(())
}

async fn select_trees(t: &mut Context) -> Outcome {
    cases!(t, shop();
        b().select(&above(10), Select::Tree) => reads(pairs([("x", Value::from([12])), ("y", [20, 11].into())])),
        b().select(&Path::new().key("x"), Select::Tree) => reads(pairs([("x", [8, 12, 5])])),
    );
    Ok(())
}

async fn select_keys(t: &mut Context) -> Outcome {
    cases!(t, map("b").key_ordered().put_items([("x", 1), ("y", 2)]);
        b().select(&Path::new().all(), Select::Keys) => reads(["x", "y"]),
        b().select(&Path::new().all(), Select::KeysAndValues)
            => reads(list_of(["x".into(), 1.into(), "y".into(), 2.into()])),
        b().select(&Path::new().filter(loop_value::<i64>().gt(1)), Select::Keys) => reads(["y"]),
    );
    Ok(())
}

async fn steps(t: &mut Context) -> Outcome {
    cases!(t, shop();
        b().select(&Path::new().keys(["y", "x", "z"]).list_index(0), Select::Values) => reads([8, 20]),
        b().select(&Path::new().map_index(-1).list_index(-1), Select::Values) => reads([11]),
        b().select(&Path::new().map_rank(0).list_rank(0), Select::Values) => reads([5]),
        b().select(&Path::new().key("x").list_value(12), Select::Values) => reads([12]),
        b().select(&Path::new().map_value([8, 12, 5]), Select::Keys) => reads(["x"]),
        b().select(&Path::new().step(0, 0).list_index(1), Select::Values) => reads([12]),
    );
    Ok(())
}

async fn conditions(t: &mut Context) -> Outcome {
    cases!(t, shop();
        b().select(&Path::new().keys(["x", "y"]).and(loop_key::<String>().eq("y")).all(), Select::Values)
            => reads([20, 3, 11]),
        b().select(&Path::new().all().and(true), Select::Values) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn loop_variables(t: &mut Context) -> Outcome {
    let by_key = || Path::new().filter(loop_key::<String>().gt("x")).all();
    let by_index = || Path::new().all().filter(loop_index().lt(1));
    let by_list = || Path::new().filter(loop_value::<Vec<Value>>().eq([8, 12, 5])).all();
    cases!(t, shop();
        b().select(&by_key(), Select::Values) => reads([20, 3, 11]),
        b().select(&by_index(), Select::Values) => reads([8, 20]),
        b().select(&by_list(), Select::Values) => reads([8, 12, 5]),
    );
    Ok(())
}

async fn modify(t: &mut Context) -> Outcome {
    cases!(t, shop();
        b().modify(&all(), &(loop_value::<i64>() * 2)) => leaves(by_key([("x", [16, 24, 10]), ("y", [40, 6, 22])])),
        b().modify(&above(10), &Exp::from(0)) => leaves(by_key([("x", [8, 0, 5]), ("y", [0, 3, 0])])),
        // Bins are not available inside the expression, and an unknown value is an error.
        b().modify(&above(10), &int_bin("other")) => refused(Code::SERVER_ERROR),
        b().modify(&Path::new().key("x"), &Exp::<String>::from("gone"))
            => leaves(by_key([("x", "gone".into()), ("y", Value::from([20, 3, 11]))])),
    );
    Ok(())
}

async fn removals(t: &mut Context) -> Outcome {
    cases!(t, shop();
        b().remove(&above(10)) => leaves(by_key([("x", Value::from([8, 5])), ("y", [3].into())])),
        b().remove(&Path::new().key("x")) => leaves(by_key([("y", [20, 3, 11])])),
        b().modify(&above(10), &loop_value::<i64>().gt(11).then(0).otherwise(1))
            => leaves(by_key([("x", [8, 0, 5]), ("y", [0, 3, 1])])),
    );
    Ok(())
}

async fn no_fail(t: &mut Context) -> Outcome {
    let mixed = || Operation::write("b", list_of([[1].into(), 2.into(), pairs([("k", 3)])]));
    let texts = || Path::new().filter(loop_value::<String>().eq("a"));
    cases!(t, mixed();
        b().select(&all(), Select::Values) => reads([1, 3]),
        b().select(&texts(), Select::Values) => refused(Code::PARAMETER),
        b().select(&texts().no_fail(), Select::Values) => reads(empty()),
        b().modify(&all().no_fail(), &(loop_value::<i64>() + 1))
            => leaves(list_of([[2].into(), 2.into(), pairs([("k", 4)])])),
    );
    Ok(())
}

async fn within_expressions(t: &mut Context) -> Outcome {
    let m = || map_bin("b");
    cases!(t, shop();
        expression("r").read(m().select_leaves(&above(10), Select::Values)) => reads([12, 20, 11]),
        expression("r").read(m().select(&Path::new().key("x"))) => reads(pairs([("x", [8, 12, 5])])),
        expression("r").read(m().modify(&above(10), &Exp::from(0))) => reads(by_key([("x", [8, 0, 5]), ("y", [0, 3, 0])])),
        expression("r").read(m().remove(&Path::new().key("x"))) => reads(by_key([("y", [20, 3, 11])])),
        expression("r").read(map(m().remove(&Path::new().key("x"))).get_by_index(0, MapReturn::Key).string())
            => reads("y"),
        expression("b").write(m().modify(&all(), &remove())) => leaves(by_key([("x", empty()), ("y", empty())])),
    );
    Ok(())
}

async fn malformed(t: &mut Context) -> Outcome {
    cases!(t, shop();
        b().select(&Path::new(), Select::Values) => refused(Code::PARAMETER),
        b().select(&Path::new().filter(Exp::from_bytes(vec![0x91, 99])), Select::Values) => refused(Code::PARAMETER),
        b().select(&Path::new().key("x").all().all(), Select::Values) => reads(empty()),
    );
    cases!(t, Operation::write("b", 5);
        b().select(&all(), Select::Values) => refused(Code::INCOMPATIBLE_TYPE),
        expression("r").read(Exp::<Map>::from_bytes(vec![5]).select(&all())) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn no_bin(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        b().select(&all(), Select::Values) => reads(()),
        b().modify(&all(), &Exp::from(1)) => refused(Code::INCOMPATIBLE_TYPE),
    );
    Ok(())
}
