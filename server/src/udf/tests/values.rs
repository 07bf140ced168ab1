//! Values: arguments and results, lists, maps and bytes.

use super::*;

#[test]
fn arguments_and_results_keep_their_types() {
    for argument in [
        Value::Nil,
        true.into(),
        (-7).into(),
        1.5.into(),
        "text".into(),
        vec![1_u8, 2].into(),
        list(&[3, 1, 2]),
    ] {
        assert_eq!(value("return a", std::slice::from_ref(&argument)), argument);
    }
    assert_eq!(value("return type(a)", &[list(&[])]), "userdata".into());
    assert_eq!(value("return a / 2", &[3.into()]), 1.5.into());
    assert_eq!(value("return {}", &[]), Value::Nil);
    assert_eq!(value("return function() end", &[]), Value::Nil);
}

#[test]
fn functions_of_lists_return_and_change_as_documented() {
    let cases: &[(&str, Value)] = &[
        (
            "local l = list{1, 2} list.append(l, 3) list.prepend(l, 0) return l",
            list(&[0, 1, 2, 3]),
        ),
        (
            "local l = list{1, 2} list.insert(l, 2, 9) list.insert(l, 0, 8) return l",
            list(&[1, 9, 2]),
        ),
        (
            "local l = list{1, 2, 3} list.remove(l, 2) list.remove(l, 7) return l",
            list(&[1, 3]),
        ),
        (
            "local l = list{1} list.concat(l, list{2, 3}) return l",
            list(&[1, 2, 3]),
        ),
        ("local l = list{1, 2, 3} list.trim(l, 2) return l", list(&[1])),
        ("return list.take(list{1, 2, 3}, 2)", list(&[1, 2])),
        ("return list.take(list{1}, 0)", Value::Nil),
        ("return list.drop(list{1, 2, 3}, 2)", list(&[3])),
        ("return list.drop(list{1}, 5)", list(&[])),
        ("return list.size(list{1, 2}) + #list{1}", 3.into()),
        ("return list{4, 5}[2]", 5.into()),
        ("return list{4, 5}[3]", Value::Nil),
        (
            "local l = list() l[3] = 1 return l",
            vec![Value::Nil, Value::Nil, 1.into()].into(),
        ),
        (
            "local l = list{1, 2} l[1] = nil return l",
            vec![Value::Nil, 2.into()].into(),
        ),
        (
            "local l = list{1} list.append(l, {}) list.append(l, rec) return l",
            list(&[1]),
        ),
        (
            "local l = list.create(2, 0) for i = 1, 5 do list.append(l, i) end return l",
            list(&[1, 2]),
        ),
        (
            "local n = 0 for v in list.iterator(list{1, 2, 3}) do n = n + v end return n",
            6.into(),
        ),
        ("return list.merge(list{1}, list{2})", list(&[1, 2])),
        (
            "local l = list{1} local c = list.clone(l) list.append(c, 2) return l",
            list(&[1]),
        ),
        (
            "local i = list{list()} list.append(i[1], 5) return i",
            vec![list(&[5])].into(),
        ),
        (
            r#"return tostring(list{1, 2.5, "x", true, list{}, map{a = 1}})"#,
            r#"[1, 2.5, "x", true, [], {"a":1}]"#.into(),
        ),
        (
            "return getmetatable(list()) == List and getmetatable(map()) ~= List",
            true.into(),
        ),
        ("return list.nbytes(list{1, 2})", 3.into()),
    ];
    for (body, expected) in cases {
        assert_eq!(value(body, &[]), *expected, "{body}");
    }
}

#[test]
fn maps_are_ordered_by_key() {
    let keys = r#"local l = list() for k in map.keys(map{b = 1, [10] = 2, a = 3, [-1] = 4}) do list.append(l, k) end return l"#;
    let expected = vec![Value::from(-1), 10.into(), "a".into(), "b".into()];
    assert_eq!(value(keys, &[]), expected.into());
    let cases: &[(&str, Value)] = &[
        ("local m = map{a = 1} m.b = 2 return map.size(m) + #m", 4.into()),
        (
            "local m = map{a = 1} map.remove(m, 'a') map.remove(m, 'z') return map.size(m)",
            0.into(),
        ),
        ("local m = map{a = 1} m.a = {} return map.size(m)", 0.into()),
        (
            "local m = map() m[1.5] = 1 m[true] = 1 m[rec] = 1 return map.size(m)",
            0.into(),
        ),
        (
            "local m = map() m[bytes(1)] = 1 m[bytes(2)] = 2 return map.size(m)",
            1.into(),
        ),
        ("local m = map() m.a = nil return map.size(m)", 1.into()),
        (
            "local n = 0 for k, v in map.pairs(map{a = 1, b = 2}) do n = n + v end return n",
            3.into(),
        ),
        (
            "local n = 0 for v in map.values(map{a = 1, b = 2}) do n = n + v end return n",
            3.into(),
        ),
        ("return map.merge(map{a = 1}, map{a = 2}, math.sum).a", 3.into()),
        ("return map.merge(map{a = 1}, map{a = 2}).a", 2.into()),
        (
            "return map.size(map.diff(map{a = 1, b = 2}, map{b = 3, c = 4}))",
            2.into(),
        ),
        ("return tostring(map{b = 1, [2] = list{}})", r#"{2:[], "b":1}"#.into()),
        ("return map.nbytes(map{a = 1})", 5.into()),
    ];
    for (body, expected) in cases {
        assert_eq!(value(body, &[]), *expected, "{body}");
    }
}

#[test]
fn bytes_are_written_and_read_in_every_size() {
    let round = |name: &str, n: i64| {
        let body = format!("local b = bytes() bytes.append_{name}(b, a) return bytes.get_{name}(b, 1)");
        assert_eq!(value(&body, &[n.into()]), n.into(), "{name}");
    };
    for suffix in ["", "_be", "_le"] {
        for (width, n) in [(16, -2), (32, -70_000), (64, i64::MIN)] {
            round(&format!("int{width}{suffix}"), n);
        }
    }
    round("byte", 255);
    let cases: &[(&str, Value)] = &[
        (
            "local b = bytes() bytes.set_int16(b, 2, 258) return b",
            vec![0_u8, 1, 2].into(),
        ),
        (
            "local b = bytes() bytes.set_int16_le(b, 1, 258) return b",
            vec![2_u8, 1].into(),
        ),
        ("local b = bytes() return bytes.set_byte(b, 1, 256)", false.into()),
        ("local b = bytes() return bytes.append_int16(b, 40000)", false.into()),
        ("local b = bytes(4) return bytes.size(b)", 0.into()),
        (
            "local b = bytes(4) return bytes.set_size(b, 4) and not bytes.set_size(b, 5)",
            true.into(),
        ),
        ("local b = bytes() b[1] = 7 return b[1]", 7.into()),
        ("local b = bytes() return b[1]", Value::Nil),
        ("local b = bytes() b[1] = 7 return #b", 0.into()),
        (
            "local b = bytes() bytes.append_string(b, 'abc') return bytes.get_string(b, 2, 2)",
            "bc".into(),
        ),
        (
            "local b = bytes() bytes.append_string(b, 'abc') return bytes.get_bytes(b, 3, 2)",
            vec![99_u8, 0].into(),
        ),
        (
            "local b = bytes() bytes.append_string(b, 'AB') return tostring(b)",
            "41 42".into(),
        ),
        ("local b = bytes() return tostring(b)", "Bytes()".into()),
        (
            "local b = bytes() bytes.append_bytes(b, a, 2) return b",
            vec![1_u8, 2].into(),
        ),
        ("local b = bytes() return bytes.set_var_int(b, 1, 300)", 2.into()),
        (
            "local b = bytes() bytes.set_var_int(b, 1, 300) return (bytes.get_var_int(b, 1))",
            300.into(),
        ),
        (
            "local b = bytes() bytes.append_var_int(b, 300) return bytes.size(b)",
            0.into(),
        ),
        ("bytes.set_type(a, 18) return bytes.get_type(a)", 18.into()),
        ("return bytes.set_byte(bytes(), 4000000000, 1)", false.into()),
    ];
    for (body, expected) in cases {
        assert_eq!(value(body, &[vec![1_u8, 2, 3].into()]), *expected, "{body}");
    }
}
