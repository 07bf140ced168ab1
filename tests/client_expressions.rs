//! Expressions built with the client, as filters and as operations, against the embedded server.

use spikelet_client::ops::{self, expression, path};
use spikelet_client::{Map, Operation, ResultCode, Value, bins, exp};
use spikelet_tests::common::{code, key, start};

fn read<T>(value: impl Into<exp::Exp<T>>) -> Operation {
    expression("out").read(value)
}

#[tokio::test]
async fn expressions_are_read_and_written() {
    let (_server, client) = start().await;
    let key = key("expressions");
    let map: Map = [("x", 5), ("y", 1)].into_iter().collect();
    client
        .put(
            &key,
            bins! {"a" => 7, "f" => 2.5, "s" => "text", "l" => vec![3, 1, 2], "m" => Value::Map(map)},
        )
        .await
        .unwrap();
    let a = || exp::int_bin("a");
    let above = |than: i64| exp::Path::new().filter(exp::loop_value::<i64>().gt(than));
    let list = || exp::list_bin("l");
    let expected: [(Operation, Value); 19] = [
        (read(a() * 2 - 1), 13.into()),
        (read(a() << 1 | 1), 15.into()),
        (read(exp::float_bin("f").floor().to_int()), 2.into()),
        (read(a().to_float().max(8.5)), 8.5.into()),
        (read((!a().lt(7)).and(exp::bin_exists("s"))), true.into()),
        (read(a().is_in([1, 7])), true.into()),
        (
            read(exp::string_bin("s").matches("^T", exp::regex_flags::ICASE)),
            true.into(),
        ),
        (
            read(a().gt(9).then("big").when(a().gt(5), "middle").otherwise("small")),
            "middle".into(),
        ),
        (read(exp::with("x", a() + 1, |x| x.clone() * x)), 64.into()),
        (read(exp::set_name()), "demo".into()),
        (read(exp::ttl()), (-1).into()),
        (read(list().eq([3, 1, 2])), true.into()),
        (read(exp::map_bin("m").keys()), ["x", "y"].into()),
        (read(list().select(&above(1))), vec![3, 2].into()),
        (
            read(exp::map_bin("m").select_leaves(&above(1), exp::Select::Keys)),
            ["x"].into(),
        ),
        (
            read(list().modify(&exp::Path::new().all(), &(exp::loop_index() * 2))),
            vec![0, 2, 4].into(),
        ),
        (read(list().remove(&above(2))), vec![1, 2].into()),
        (
            read(ops::list(list()).append([9])),
            Value::List(vec![3.into(), 1.into(), 2.into(), [9].into()]),
        ),
        (read(ops::list(list()).size()), 3.into()),
    ];
    for (operation, expected) in expected {
        let record = client.operate(&key).op(operation).await.unwrap();
        assert_eq!(record.bins["out"], expected);
    }
    let doubled = list().modify(&above(1), &(exp::loop_value::<i64>() * 2));
    client
        .operate(&key)
        .op(expression("l").write(doubled))
        .op(path("l").remove(&above(5)))
        .await
        .unwrap();
    assert_eq!(client.get(&key).await.unwrap().bins["l"], vec![1, 4].into());
    let unknown = expression("new").write(exp::unknown());
    assert_eq!(
        code(client.operate(&key).op(unknown).await),
        ResultCode::OP_NOT_APPLICABLE
    );
}
