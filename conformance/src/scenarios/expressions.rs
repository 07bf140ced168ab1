//! Expressions: every operator in a read, and expressions as filters and in writes.

use spikelet_client::exp::*;
use spikelet_client::ops::{
    BitIntegerFlags, BitResizeFlags, ListReturn, ListSortFlags, MapReturn, OnExpression, bits, ctx, expression, hll,
    list, map,
};
use spikelet_client::{Map, Operation, ResultCode as Code, Ttl, Value, bins};

use super::operation_cases::{by_key, bytes, cases, gives, leaves, nothing, pairs, reads, refused};
use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::scenario::scenarios;

scenarios![
    comparisons,
    comparisons_of_types,
    logic,
    unknown_and_false,
    integers,
    doubles,
    bits_of_integers,
    conversions,
    extremes,
    conditions,
    variables,
    regular_expressions,
    geography,
    bins_and_their_types,
    metadata,
    stored_keys,
    times,
    lists_and_maps,
    list_calls,
    list_calls_that_modify,
    map_calls,
    map_calls_that_modify,
    calls_in_contexts,
    arguments_that_are_expressions,
    bit_calls,
    hll_calls,
    read_flags,
    write_flags,
    writes_of_types,
    filters,
    filters_in_batches,
    malformed,
];

fn b() -> OnExpression {
    expression("b")
}

fn read<T>(value: impl Into<Exp<T>>) -> Operation {
    b().read(value)
}

fn five() -> Operation {
    Operation::write("b", 5)
}

fn five_exp() -> Exp<i64> {
    int_bin("b")
}

async fn comparisons(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(int_bin("b").eq(5)) => reads(true),
        read(int_bin("b").ne(5)) => reads(false),
        read(int_bin("b").gt(4)) => reads(true),
        read(int_bin("b").ge(5)) => reads(true),
        read(int_bin("b").lt(5)) => reads(false),
        read(int_bin("b").le(5)) => reads(true),
        read(int_bin("b").is_in([1, 5])) => reads(true),
        read(int_bin("b").is_in([1, 2])) => reads(false),
        read(Exp::from(4).lt(int_bin("b"))) => reads(true),
    );
    Ok(())
}

async fn comparisons_of_types(t: &mut Context) -> Outcome {
    cases!(t, Operation::write("b", "m");
        read(string_bin("b").gt("a")) => reads(true),
        read(string_bin("b").lt("a")) => reads(false),
        read(string_bin("b").is_in(["l", "m"])) => reads(true),
    );
    cases!(t, Operation::write("b", 1.5);
        read(float_bin("b").gt(1.0)) => reads(true),
        read(float_bin("b").eq(1.5)) => reads(true),
    );
    cases!(t, Operation::write("b", true);
        read(bool_bin("b").eq(true)) => reads(true),
        read(bool_bin("b").gt(false)) => reads(true),
    );
    cases!(t, Operation::write("b", bytes([1, 2]));
        read(blob_bin("b").eq(vec![1, 2])) => reads(true),
        read(blob_bin("b").lt(vec![1, 3])) => reads(true),
    );
    cases!(t, Operation::write("b", [1, 2]);
        read(list_bin("b").eq([1, 2])) => reads(true),
        read(list_bin("b").lt([1, 3])) => reads(true),
        read(list_bin("b").eq(Exp::literal(&Value::from(vec![Value::from(1), Value::Wildcard])))) => reads(true),
    );
    cases!(t, map("b").key_ordered().put("k", 1);
        read(map_bin("b").eq(Exp::literal(&by_key([("k", 1)])))) => reads(true),
        read(map_bin("b").lt(Exp::literal(&by_key([("k", 2)])))) => reads(true),
        // Comparisons of unordered maps are unknown.
        read(map_bin("b").eq(Exp::literal(&pairs([("k", 1)])))) => refused(Code::OP_NOT_APPLICABLE),
    );
    cases!(t, five();
        read(Exp::from(()).eq(())) => reads(true),
    );
    Ok(())
}

async fn logic(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(Exp::from(true).and(true)) => reads(true),
        read(Exp::from(true).and(true).and(false)) => reads(false),
        read(Exp::from(false).or(true)) => reads(true),
        read(Exp::from(false).or(false).or(false)) => reads(false),
        read(!Exp::from(true)) => reads(false),
        read(Exp::from(true).xor(true)) => reads(false),
        read(Exp::from(true).xor(false)) => reads(true),
        read(exclusive([true.into(), false.into(), false.into()])) => reads(true),
        read(exclusive([true.into(), true.into(), true.into()])) => reads(false),
    );
    Ok(())
}

async fn unknown_and_false(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(int_bin("none").eq(5)) => refused(Code::OP_NOT_APPLICABLE),
        read(string_bin("b").eq("5")) => refused(Code::OP_NOT_APPLICABLE),
        read(unknown()) => refused(Code::OP_NOT_APPLICABLE),
        read(!unknown()) => refused(Code::OP_NOT_APPLICABLE),
        read(unknown().and(false)) => reads(false),
        read(Exp::from(false).and(unknown())) => reads(false),
        read(unknown().and(true)) => refused(Code::OP_NOT_APPLICABLE),
        read(unknown().or(true)) => reads(true),
        read(unknown().or(false)) => refused(Code::OP_NOT_APPLICABLE),
        read(unknown().xor(true)) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn integers(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(five_exp() + 2) => reads(7),
        read(five_exp() + 2 + 3) => reads(10),
        read(five_exp() - 7) => reads(-2),
        read(-five_exp()) => reads(-5),
        read(five_exp() * 3) => reads(15),
        read(five_exp() / 2) => reads(2),
        read(five_exp() / 0) => refused(Code::OP_NOT_APPLICABLE),
        read(five_exp() % 3) => reads(2),
        read(-five_exp() % 3) => reads(-2),
        read(Exp::<i64>::from(-5).abs()) => reads(5),
        read(Exp::from(i64::MAX) + 1) => reads(i64::MIN),
    );
    Ok(())
}

async fn doubles(t: &mut Context) -> Outcome {
    cases!(t, Operation::write("b", 2.5);
        read(float_bin("b") + 0.25) => reads(2.75),
        read(float_bin("b") - 3.0) => reads(-0.5),
        read(-float_bin("b")) => reads(-2.5),
        read(float_bin("b") * 2.0) => reads(5.0),
        read(float_bin("b") / 2.0) => reads(1.25),
        read(float_bin("b").pow(2.0)) => reads(6.25),
        read(Exp::<f64>::from(8.0).log(2.0)) => reads(3.0),
        read(float_bin("b").floor()) => reads(2.0),
        read(float_bin("b").ceil()) => reads(3.0),
        read(Exp::<f64>::from(-2.5).abs()) => reads(2.5),
        read(Exp::from(1.0) / 0.0) => reads(f64::INFINITY),
    );
    Ok(())
}

async fn bits_of_integers(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(five_exp() & 6) => reads(4),
        read(five_exp() | 2) => reads(7),
        read(five_exp() ^ 1) => reads(4),
        read(!five_exp()) => reads(-6),
        read(five_exp() << 2) => reads(20),
        read(five_exp() >> 1) => reads(2),
        read(Exp::from(-8) >> 1) => reads(-4),
        read(Exp::from(-8).shift_right_unsigned(1)) => reads(i64::MAX - 3),
        read(five_exp().count_ones()) => reads(2),
        read(five_exp().first_bit(true)) => reads(61),
        read(five_exp().last_bit(true)) => reads(63),
        read(Exp::from(0).first_bit(true)) => reads(-1),
        read(five_exp().last_bit(false)) => reads(62),
    );
    Ok(())
}

async fn conversions(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(five_exp().to_float()) => reads(5.0),
        read(Exp::<f64>::from(2.9).to_int()) => reads(2),
        read(Exp::<f64>::from(-2.9).to_int()) => reads(-2),
    );
    Ok(())
}

async fn extremes(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(five_exp().min(3)) => reads(3),
        read(five_exp().max(3)) => reads(5),
        read(five_exp().min(9).min(4)) => reads(4),
        read(Exp::<f64>::from(1.5).max(2.5)) => reads(2.5),
        read(Exp::<f64>::from(1.5).min(2.5)) => reads(1.5),
    );
    Ok(())
}

async fn conditions(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(five_exp().gt(4).then("big").otherwise("small")) => reads("big"),
        read(five_exp().gt(9).then("big").when(five_exp().gt(4), "middle").otherwise("small")) => reads("middle"),
        read(five_exp().gt(9).then("big").otherwise("small")) => reads("small"),
        read(five_exp().gt(9).then(1).otherwise_unknown()) => refused(Code::OP_NOT_APPLICABLE),
        read(int_bin("none").gt(9).then(1).otherwise(2)) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn variables(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(with("x", five_exp() + 1, |x| x.clone() * x)) => reads(36),
        read(with("x", 2, |x: Exp<i64>| with("y", x.clone() + 1, |y| x * y))) => reads(6),
        read(with("x", int_bin("none"), |x| x)) => refused(Code::OP_NOT_APPLICABLE),
        read(with("not a name", 2, |x: Exp<i64>| x)) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn regular_expressions(t: &mut Context) -> Outcome {
    cases!(t, Operation::write("b", "Abc\nd");
        read(string_bin("b").matches("^A.c", 0)) => reads(true),
        read(string_bin("b").matches("^a", 0)) => reads(false),
        read(string_bin("b").matches("^a", regex_flags::ICASE)) => reads(true),
        read(string_bin("b").matches("(b|x)c", 0)) => reads(false),
        read(string_bin("b").matches("(b|x)c", regex_flags::EXTENDED)) => reads(true),
        read(string_bin("b").matches("c$", 0)) => reads(false),
        read(string_bin("b").matches("c$", regex_flags::NEWLINE)) => reads(true),
        read(string_bin("b").matches("b", regex_flags::NOSUB)) => reads(true),
        read(string_bin("b").matches("(", regex_flags::EXTENDED)) => refused(Code::PARAMETER),
    );
    Ok(())
}

async fn geography(t: &mut Context) -> Outcome {
    let point = r#"{"type":"Point","coordinates":[1.0,2.0]}"#;
    let circle = |radius| {
        let text = format!(r#"{{"type":"AeroCircle","coordinates":[[1.0,2.0],{radius}]}}"#);
        Exp::geo_json(&text)
    };
    let far = || Exp::geo_json(r#"{"type":"Point","coordinates":[30.0,2.0]}"#);
    cases!(t, Operation::write("b", Value::GeoJson(point.into()));
        read(geo_bin("b").matches(circle(1000))) => reads(true),
        read(circle(1000).matches(geo_bin("b"))) => reads(true),
        read(far().matches(circle(1000))) => reads(false),
    );
    Ok(())
}

async fn bins_and_their_types(t: &mut Context) -> Outcome {
    cases!(t, five();
        read(bin_exists("b")) => reads(true),
        read(bin_exists("none")) => reads(false),
        read(bin_type("b")) => reads(1),
        read(bin_type("none")) => reads(0),
        read(bin::<i64>("b")) => reads(5),
        read(bin::<String>("b")) => refused(Code::OP_NOT_APPLICABLE),
    );
    cases!(t, Operation::write("b", [1]);
        read(bin_type("b")) => reads(20),
        read(list_bin("b")) => reads([1]),
    );
    cases!(t, Operation::write("b", pairs([(1, 2)]));
        read(bin_type("b")) => reads(19),
        read(map_bin("b")) => reads(pairs([(1, 2)])),
    );
    Ok(())
}

async fn metadata(t: &mut Context) -> Outcome {
    let set = t.set().to_owned();
    cases!(t, five();
        read(set_name().eq(set.as_str())) => reads(true),
        read(key_exists()) => reads(false),
        read(is_tombstone()) => reads(false),
        read(digest_modulo(1)) => reads(0),
        read(digest_modulo(3).lt(3)) => reads(true),
        read(digest_modulo(0)) => refused(Code::PARAMETER),
        read(record_size().gt(0)) => reads(true),
        read(device_size().ge(0)) => reads(true),
        read(memory_size().ge(0)) => reads(true),
    );
    Ok(())
}

async fn stored_keys(t: &mut Context) -> Outcome {
    let stored = t.key("stored");
    ask!(t, put(&stored, bins! {"a" => 1}).send_key(true))?;
    let of_string = key::<String>().ne("");
    let record = ask!(
        t,
        operate(&stored)
            .op(read(key_exists()))
            .op(expression("k").read(of_string))
    )?;
    expect_eq!(record.bins, bins! {"b" => true, "k" => true});
    expect_refused!(ask!(t, operate(&stored).op(read(key::<i64>()))), OP_NOT_APPLICABLE);
    Ok(())
}

async fn times(t: &mut Context) -> Outcome {
    let mortal = t.key("mortal");
    ask!(t, put(&mortal, bins! {"a" => 1}).ttl(Ttl::Seconds(1000)))?;
    let soon = ttl().gt(900).and(ttl().le(1000));
    let record = ask!(
        t,
        operate(&mortal)
            .op(expression("ttl").read(soon))
            .op(expression("void").read(void_time().gt(last_update())))
            .op(expression("since").read(since_update().lt(60_000)))
    )?;
    expect_eq!(record.bins, bins! {"ttl" => true, "void" => true, "since" => true});
    let immortal = t.key("immortal");
    ask!(t, put(&immortal, bins! {"a" => 1}).never_expire())?;
    let never = expression("void").read(void_time());
    let record = ask!(t, operate(&immortal).op(expression("ttl").read(ttl())).op(never))?;
    expect_eq!(record.bins, bins! {"ttl" => -1, "void" => -1});
    Ok(())
}

async fn lists_and_maps(t: &mut Context) -> Outcome {
    cases!(t, map("b").key_ordered().put_items([("x", 1), ("y", 2)]);
        read(map_bin("b").keys()) => reads(["x", "y"]),
        read(map_bin("b").values()) => reads([1, 2]),
        read(Exp::from("y").is_in(map_bin("b").keys())) => reads(true),
        read::<Vec<Value>>([1, 2]) => reads([1, 2]),
        read::<Map>([(1, 2)].into_iter().collect::<Map>()) => reads(pairs([(1, 2)])),
    );
    Ok(())
}

async fn list_calls(t: &mut Context) -> Outcome {
    let l = || list(list_bin("b"));
    cases!(t, Operation::write("b", [4, 1, 3]);
        read(l().size()) => reads(3),
        read(l().get(0).int() + 1) => reads(5),
        read(l().get(0).string()) => refused(Code::OP_NOT_APPLICABLE),
        read(l().get(9).int()) => refused(Code::OP_NOT_APPLICABLE),
        read(l().get_range(1..)) => reads([1, 3]),
        read(l().get_by_index(-1, ListReturn::Value).int()) => reads(3),
        read(l().get_by_rank(0, ListReturn::Index).int()) => reads(1),
        read(l().get_by_value(3, ListReturn::Exists).bool()) => reads(true),
        read(l().get_all_by_value(3, ListReturn::Count).int()) => reads(1),
        read(l().get_by_value_list([1, 4], ListReturn::Value).list()) => reads([4, 1]),
        read(l().get_by_value_interval(2.., ListReturn::Value.inverted()).list()) => reads([1]),
        read(l().get_by_index_range(1..2, ListReturn::Value).list()) => reads([1]),
        read(l().get_by_rank_range(-2.., ListReturn::Count).int()) => reads(2),
        read(l().get_by_value_rel_rank_range(3, 0.., ListReturn::Value).list()) => reads([3, 4]),
    );
    Ok(())
}

async fn list_calls_that_modify(t: &mut Context) -> Outcome {
    let l = || list(list_bin("b"));
    cases!(t, Operation::write("b", [4, 1, 3]);
        read(l().append(9)) => reads([4, 1, 3, 9]),
        read(l().append_items([8, 9])) => reads([4, 1, 3, 8, 9]),
        read(l().add_unique().append(4)) => refused(Code::OP_NOT_APPLICABLE),
        read(l().add_unique().no_fail().append(4)) => reads([4, 1, 3]),
        read(l().insert(0, 9)) => reads([9, 4, 1, 3]),
        read(l().insert_items(1, [8, 9])) => reads([4, 8, 9, 1, 3]),
        read(l().set(0, 9)) => reads([9, 1, 3]),
        read(l().increment(0, 1)) => reads([5, 1, 3]),
        read(l().sort(ListSortFlags::empty())) => reads([1, 3, 4]),
        read(l().clear()) => reads(Value::List(vec![])),
        read(l().pop(0)) => reads([1, 3]),
        read(l().trim(0, 1)) => reads([4]),
        read(l().remove_by_value(4, ListReturn::None)) => reads([1, 3]),
        read(l().remove_by_rank_range(..2, ListReturn::None)) => reads([4]),
        read(l().remove_by_index_range(..1, ListReturn::None.inverted())) => reads([4]),
        read(list(l().append(0)).sort(ListSortFlags::DESCENDING)) => reads([4, 3, 1, 0]),
    );
    Ok(())
}

async fn map_calls(t: &mut Context) -> Outcome {
    let m = || map(map_bin("b"));
    cases!(t, map("b").key_ordered().put_items([("x", 3), ("y", 1), ("z", 2)]);
        read(m().size()) => reads(3),
        read(m().get_by_key("x", MapReturn::Value).int()) => reads(3),
        read(m().get_by_key("q", MapReturn::Exists).bool()) => reads(false),
        read(m().get_by_index(0, MapReturn::Key).string()) => reads("x"),
        read(m().get_by_rank(-1, MapReturn::Key).string()) => reads("x"),
        read(m().get_by_value(1, MapReturn::Key).string()) => reads("y"),
        read(m().get_all_by_value(1, MapReturn::Count).int()) => reads(1),
        read(m().get_by_key_list(["x", "y"], MapReturn::Value).list()) => reads([3, 1]),
        read(m().get_by_value_list([1, 2], MapReturn::Key).list()) => reads(["y", "z"]),
        read(m().get_by_key_interval("y".., MapReturn::Key).list()) => reads(["y", "z"]),
        read(m().get_by_value_interval(2.., MapReturn::Count).int()) => reads(2),
        read(m().get_by_index_range(1.., MapReturn::OrderedMap).map()) => reads(by_key([("y", 1), ("z", 2)])),
        read(m().get_by_rank_range(..1, MapReturn::Key).list()) => reads(["y"]),
        read(m().get_by_key_rel_index_range("y", 1.., MapReturn::Key).list()) => reads(["z"]),
        read(m().get_by_value_rel_rank_range(1, 1.., MapReturn::Count).int()) => reads(2),
    );
    Ok(())
}

async fn map_calls_that_modify(t: &mut Context) -> Outcome {
    let m = || map(map_bin("b"));
    cases!(t, map("b").key_ordered().put_items([("x", 3), ("y", 1)]);
        read(m().put("z", 2)) => reads(by_key([("x", 3), ("y", 1), ("z", 2)])),
        read(m().put_items([("z", 2)])) => reads(by_key([("x", 3), ("y", 1), ("z", 2)])),
        read(m().create_only().put("x", 2)) => refused(Code::OP_NOT_APPLICABLE),
        read(m().increment("x", 2)) => reads(by_key([("x", 5), ("y", 1)])),
        read(m().decrement("x", 2)) => reads(by_key([("x", 1), ("y", 1)])),
        read(m().clear()) => reads(by_key::<i64, i64, 0>([])),
        read(m().remove_by_key("x", MapReturn::None)) => reads(by_key([("y", 1)])),
        read(m().remove_by_value_interval(2.., MapReturn::None)) => reads(by_key([("y", 1)])),
        read(m().remove_by_rank_range(-1.., MapReturn::None.inverted())) => reads(by_key([("x", 3)])),
    );
    Ok(())
}

async fn calls_in_contexts(t: &mut Context) -> Outcome {
    cases!(t, map("b").key_ordered().put("l", [3, 1]);
        read(list(map_bin("b")).at(ctx().map_key("l")).size()) => reads(2),
        read(list(map_bin("b")).at(ctx().map_key("l")).get(0).int()) => reads(3),
        read(list(map_bin("b")).at(ctx().map_key("l")).append(9)) => reads(by_key([("l", [3, 1, 9])])),
        read(list(map_bin("b")).at(ctx().map_key("q")).size()) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn arguments_that_are_expressions(t: &mut Context) -> Outcome {
    let l = || list(list_bin("b"));
    cases!(t, Operation::write("b", [4, 1, 3]);
        read(l().get(l().size() - 1).int()) => reads(3),
        read(l().append(l().size())) => reads([4, 1, 3, 3]),
        read(l().append_items(list_bin("b"))) => reads([4, 1, 3, 4, 1, 3]),
        read(l().get_by_rank_range((l().size() - 1, 1), ListReturn::Value).list()) => reads([4]),
        read(l().get_by_value_interval(l().size().., ListReturn::Count).int()) => reads(2),
        read(l().get_by_index_range((l().size() - 1).., ListReturn::Value).list()) => reads([3]),
        read(l().append([7])) => reads(Value::List(vec![4.into(), 1.into(), 3.into(), [7].into()])),
    );
    Ok(())
}

async fn bit_calls(t: &mut Context) -> Outcome {
    let f = || bits(blob_bin("b"));
    let none = BitIntegerFlags::empty();
    cases!(t, Operation::write("b", bytes([1, 0x42, 3]));
        read(f().get(0, 8)) => reads(bytes([1])),
        read(f().count(0, 24)) => reads(5),
        read(f().lscan(0, 24, true)) => reads(7),
        read(f().rscan(0, 24, true)) => reads(23),
        read(f().get_int(0, 16, none)) => reads(0x142),
        read(f().set(0, 8, [0xff])) => reads(bytes([0xff, 0x42, 3])),
        read(f().not(0, 8)) => reads(bytes([0xfe, 0x42, 3])),
        read(f().add(0, 8, 2, none)) => reads(bytes([3, 0x42, 3])),
        read(f().resize(1, BitResizeFlags::empty())) => reads(bytes([1])),
        read(f().insert(0, [9])) => reads(bytes([9, 1, 0x42, 3])),
        read(f().not(24, 8)) => refused(Code::OP_NOT_APPLICABLE),
    );
    Ok(())
}

async fn hll_calls(t: &mut Context) -> Outcome {
    let h = || hll(hll_bin("b"));
    cases!(t, hll("b").index_bits(8).add(["x", "y"]);
        read(h().get_count()) => reads(2),
        read(h().describe()) => reads([8, 0]),
        read(h().may_contain(["x"])) => reads(1),
        read(h().get_union_count(hll_bin("b"))) => reads(2),
        read(hll(h().add(["z"])).get_count()) => reads(3),
        read(hll(h().get_union(hll_bin("b"))).get_count()) => reads(2),
        read(h().get_similarity(hll_bin("b"))) => reads(1.0),
        read(hll(h().fold(4)).describe()) => reads([4, 0]),
    );
    Ok(())
}

async fn read_flags(t: &mut Context) -> Outcome {
    cases!(t, five();
        expression("other").read(int_bin("none")) => refused(Code::OP_NOT_APPLICABLE),
        expression("other").eval_no_fail().read(int_bin("none")) => reads(()),
        expression("other").eval_no_fail().read(five_exp()) => reads(5),
        expression("b").read::<()>(()) => reads(()),
    );
    Ok(())
}

async fn write_flags(t: &mut Context) -> Outcome {
    cases!(t, five();
        b().write(five_exp() + 1) => leaves(6),
        b().create_only().write(five_exp()) => refused(Code::BIN_EXISTS),
        b().create_only().no_fail().write(five_exp() + 1) => reads(()),
        b().update_only().write(five_exp() + 1) => leaves(6),
        b().write::<()>(()) => refused(Code::OP_NOT_APPLICABLE),
        b().no_fail().write::<()>(()) => reads(()),
        b().allow_delete().write::<()>(()) => leaves(()),
        b().write(int_bin("none")) => refused(Code::OP_NOT_APPLICABLE),
        b().eval_no_fail().write(int_bin("none")) => reads(()),
    );
    cases!(t, nothing();
        b().write(int_bin("other") + 1) => leaves(2),
        b().create_only().write(int_bin("other")) => leaves(1),
        b().update_only().write(int_bin("other")) => refused(Code::BIN_NOT_FOUND),
        b().update_only().no_fail().write(int_bin("other")) => reads(()),
    );
    Ok(())
}

async fn writes_of_types(t: &mut Context) -> Outcome {
    cases!(t, nothing();
        b().write::<bool>(true) => leaves(true),
        b().write::<f64>(1.5) => leaves(1.5),
        b().write::<String>("text") => leaves("text"),
        b().write::<Vec<u8>>(vec![1, 2]) => leaves(bytes([1, 2])),
        b().write::<Vec<Value>>([1, 2]) => leaves([1, 2]),
        b().write::<Map>([(1, 2)].into_iter().collect::<Map>()) => leaves(pairs([(1, 2)])),
        b().write(int_bin("other").eq(1)) => gives((), true),
    );
    Ok(())
}

async fn filters(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"age" => 20, "name" => "x"}))?;
    let fits = || int_bin("age").ge(18).and(string_bin("name").eq("x"));
    let not = || int_bin("age").lt(18);
    expect_eq!(ask!(t, get(&key).filter(fits()))?.bins.len(), 2);
    expect_refused!(ask!(t, get(&key).filter(not())), FILTERED_OUT);
    expect_refused!(ask!(t, get(&key).filter(int_bin("none").eq(1))), FILTERED_OUT);
    expect_refused!(ask!(t, put(&key, bins! {"age" => 1}).filter(not())), FILTERED_OUT);
    expect_refused!(ask!(t, operate(&key).add("age", 1).filter(not())), FILTERED_OUT);
    expect_refused!(ask!(t, remove(&key).filter(not())), FILTERED_OUT);
    expect_refused!(ask!(t, touch(&key).filter(not())), FILTERED_OUT);
    expect_refused!(ask!(t, exists(&key).filter(not())), FILTERED_OUT);
    expect_refused!(ask!(t, header(&key).filter(not())), FILTERED_OUT);
    ask!(t, put(&key, bins! {"age" => 21}).filter(fits()))?;
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"age" => 21, "name" => "x"});
    ask!(t, remove(&key).filter(fits()))?;
    expect_eq!(ask!(t, exists(&key))?, false);
    Ok(())
}

async fn filters_in_batches(t: &mut Context) -> Outcome {
    let keys = t.keys(3);
    ask!(
        t,
        batch_write(keys.iter().enumerate().map(|(n, key)| (key, bins! {"n" => n as i64})))
    )?;
    let rows = ask!(t, batch_read(&keys).filter(int_bin("n").ge(1)))?;
    let codes: Vec<_> = rows.iter().map(|row| row.result_code()).collect();
    expect_eq!(codes, [Some(Code::FILTERED_OUT), Some(Code::OK), Some(Code::OK)]);
    let doubled = expression("n").write(int_bin("n") * 2);
    ask!(t, batch_operate(&keys, [doubled]).filter(int_bin("n").ge(1)))?;
    let rows = ask!(t, batch_read(&keys))?;
    let values: Vec<_> = rows
        .iter()
        .map(|row| row.record().map(|r| r.bins["n"].clone()))
        .collect();
    expect_eq!(values, [0, 2, 4].map(|n| Some(Value::Int(n))));
    Ok(())
}

async fn malformed(t: &mut Context) -> Outcome {
    let raw = |bytes: &[u8]| read(Exp::<i64>::from_bytes(bytes.to_vec()));
    cases!(t, five();
        raw(&[0x91, 99]) => refused(Code::PARAMETER),
        raw(&[0x92, 1, 1]) => refused(Code::PARAMETER),
        raw(&[0x93, 1, 1, 0xa2, 3, b'a']) => refused(Code::PARAMETER),
        raw(&[0x90]) => refused(Code::PARAMETER),
    );
    Ok(())
}
