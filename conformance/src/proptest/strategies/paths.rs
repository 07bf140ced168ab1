//! Strategies for path expressions, which operate on elements at several places of a list or map.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use spikelet_client::Operation;
use spikelet_client::ops::path as on;
use spikelet_wire::Value;
use spikelet_wire::exp::build::{Exp, Path, Select, loop_index, loop_key, loop_value};

use super::values::{key, mostly};

/// A step of a path.
#[derive(Debug, Clone)]
enum Step {
    All,
    Filter(Exp<bool>),
    And(Exp<bool>),
    Key(Value),
    Keys(Vec<Value>),
    ListIndex(i64),
    ListRank(i64),
    MapIndex(i64),
    MapRank(i64),
}

/// An operation with a path, mostly on the bins `list` and `map`, that selects, changes or removes elements.
pub fn paths() -> impl Strategy<Value = Operation> {
    let bins = prop_oneof![mostly("list"), mostly("map")];
    let result = select(vec![Select::Tree, Select::Values, Select::Keys, Select::KeysAndValues]);
    let doubled = || loop_value::<i64>() * 2;
    (bins, path(), 0..6_u8, result).prop_map(move |(bin, path, what, result)| match what {
        0 => on(bin).modify(&path, &doubled()),
        1 => on(bin).remove(&path),
        _ => on(bin).select(&path, result),
    })
}

/// A path of one to three steps.
pub fn path() -> impl Strategy<Value = Path> {
    let step = prop_oneof![
        3 => Just(Step::All),
        2 => condition().prop_map(Step::Filter),
        1 => condition().prop_map(Step::And),
        2 => key().prop_map(Step::Key),
        1 => vec(key(), 0..3).prop_map(Step::Keys),
        1 => (-3..4_i64).prop_map(Step::ListIndex),
        1 => (-3..4_i64).prop_map(Step::ListRank),
        1 => (-3..4_i64).prop_map(Step::MapIndex),
        1 => (-3..4_i64).prop_map(Step::MapRank),
    ];
    (vec(step, 1..4), any::<bool>()).prop_map(|(steps, no_fail)| {
        let path = steps.into_iter().fold(Path::new(), |path, step| match step {
            Step::All => path.all(),
            Step::Filter(condition) => path.filter(condition),
            Step::And(condition) => path.and(condition),
            Step::Key(key) => path.key(key),
            Step::Keys(keys) => path.keys(keys),
            Step::ListIndex(n) => path.list_index(n),
            Step::ListRank(n) => path.list_rank(n),
            Step::MapIndex(n) => path.map_index(n),
            Step::MapRank(n) => path.map_rank(n),
        });
        if no_fail { path.no_fail() } else { path }
    })
}

/// A condition on an element.
fn condition() -> impl Strategy<Value = Exp<bool>> {
    prop_oneof![
        3 => (-2..4_i64).prop_map(|n| loop_value::<i64>().gt(n)),
        1 => select(vec!["", "a"]).prop_map(|text| loop_key::<String>().eq(text.to_owned())),
        1 => (-1..4_i64).prop_map(|n| loop_index().lt(n)),
        1 => any::<bool>().prop_map(Exp::from),
    ]
}
