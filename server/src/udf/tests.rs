use std::time::Duration;

use spikelet_wire::{Digest, ParticleType, ResultCode, Value};

use super::{Answer, Call, Modules, Subject, Work};
use crate::clock::Now;
use crate::ops::Particle;
use crate::store::{Bin, BinName};

const NOW: Now = Now(1_000_000);

fn bin(name: &str, value: Particle) -> Bin {
    Bin {
        name: BinName::new(name.as_bytes()).unwrap(),
        value,
    }
}

fn particle(value: impl Into<Value>) -> Particle {
    let (particle_type, data) = value.into().to_particle();
    Particle::from_wire(particle_type, &data).unwrap()
}

fn subject(bins: Vec<Bin>) -> Subject {
    Subject {
        digest: Digest([7; 20]),
        now: NOW,
        exists: !bins.is_empty(),
        can_be_made: true,
        is_read_only: false,
        set: Some(b"demo"[..].into()),
        key: Some(b"\x03user"[..].into()),
        generation: 3,
        void_time: 1_100,
        last_update: Now(999_000),
        stored_size: 64,
        bins: bins.into(),
    }
}

/// Registers a script and calls its function `f`.
fn call(script: &str, subject: Subject, arguments: &[Value], limit: Duration) -> (Answer, Work) {
    let modules = Modules::new("/opt/aerospike");
    modules.put("m.lua", script.as_bytes()).unwrap();
    let mut packed = Vec::new();
    Value::from(arguments.to_vec()).pack(&mut packed);
    let call = Call {
        module: b"m",
        function: b"f",
        arguments: &packed,
        limit,
    };
    let (answer, work) = modules.apply(NOW, &call, Work::new(subject));
    (answer, work.unwrap())
}

fn work(script: &str, subject: Subject, arguments: &[Value]) -> (Answer, Work) {
    call(script, subject, arguments, Duration::from_secs(10))
}

/// What the body of a function returns that gets a record and arguments.
fn value(body: &str, arguments: &[Value]) -> Value {
    let script = format!("function f(rec, a, b)\n{body}\nend");
    let bins = vec![bin("n", Particle::Int(1)), bin("l", particle(vec![1, 2, 3]))];
    match work(&script, subject(bins), arguments).0 {
        Answer::Success(returned) => Value::from_particle(returned.particle_type, &returned.data).unwrap(),
        Answer::Failure(text) => panic!("{}", String::from_utf8_lossy(&text)),
    }
}

/// The message of a function that fails; its body begins on line 2.
fn failure(body: &str) -> String {
    let script = format!("function f(rec, a, b)\n{body}\nend");
    match work(&script, subject(vec![bin("n", Particle::Int(1))]), &[]).0 {
        Answer::Failure(text) => String::from_utf8(text).unwrap(),
        Answer::Success(returned) => panic!("{returned:?}"),
    }
}

fn list(values: &[i64]) -> Value {
    Value::from(values.to_vec())
}

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
fn lists_do_what_their_functions_say() {
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
fn maps_are_in_the_order_of_their_keys() {
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
fn bytes_are_written_and_read_at_every_width() {
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

#[test]
fn records_tell_about_themselves() {
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
fn a_record_that_there_is_not_has_nothing_until_it_is_made() {
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
fn only_what_was_set_is_stored_and_only_by_an_update() {
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

#[test]
fn errors_tell_file_and_line_in_the_real_servers_words() {
    let at = |text: &str| format!("/opt/aerospike/usr/udf/lua/m.lua:2: {text}");
    assert_eq!(failure("error('on purpose')"), at("on purpose"));
    assert_eq!(failure("error('bare', 0)"), "bare");
    assert_eq!(failure("error({})"), "result value type unexpected");
    assert_eq!(failure("error(42)"), "result value type unexpected");
    assert_eq!(
        failure("return 'a' + 1"),
        at("attempt to add a 'string' with a 'number'")
    );
    assert_eq!(
        failure("return list() + 1"),
        at("attempt to perform arithmetic on a List value")
    );
    assert_eq!(
        failure("nothing()"),
        at("attempt to call a nil value (global 'nothing')")
    );
    assert_eq!(failure("rec.n = {}"), at("can't set bin n to unsupported type"));
    let argument = "bad argument #1 to 'append' (userdata expected, got nil)";
    assert_eq!(failure("list.append(nil, 1)"), at(argument));
    let class = "bad argument #1 to 'size' (List expected, got Map)";
    assert_eq!(failure("local n = list.size(map())"), at(class));
    let number = "bad argument #2 to 'remove' (number expected, got string)";
    assert_eq!(failure("list.remove(list(), 'x')"), at(number));
    // Scripts that catch an error see the same text.
    let caught = value("local ok, e = pcall(list.size, 1) return e", &[]);
    assert_eq!(caught, "bad argument #1 to '?' (userdata expected, got number)".into());
}

#[test]
fn what_is_not_there_cannot_be_called() {
    let (answer, _) = work("function g() end", subject(vec![]), &[]);
    assert_eq!(answer, Answer::Failure(b"function not found".to_vec()));
    let modules = Modules::new("/opt/aerospike");
    let call = Call {
        module: b"m",
        function: b"f",
        arguments: &[],
        limit: Duration::from_secs(1),
    };
    let (answer, _) = modules.apply(NOW, &call, Work::new(subject(vec![])));
    assert_eq!(answer, Answer::Failure(b"UDF: Execution Error 1".to_vec()));
}

#[test]
fn a_script_reaches_nothing_but_its_record() {
    for gone in [
        "io",
        "dofile",
        "loadfile",
        "os.execute",
        "os.getenv",
        "os.remove",
        "os.exit",
        "os.tmpname",
        "package.loadlib",
        "package.searchers",
        "string.dump",
        "debug.sethook",
    ] {
        assert_eq!(
            value(
                &format!("local ok, v = pcall(function() return {gone} end) return not ok or v == nil"),
                &[]
            ),
            true.into(),
            "{gone}"
        );
    }
    assert!(failure("require 'socket'").contains("module 'socket' not found"));
    assert_eq!(value("return load('\\27Lua') == nil", &[]), true.into());
    assert!(failure("setmetatable({}, {__gc = function() end})").contains("finalizers are not supported"));
}

#[test]
fn modules_require_one_another() {
    let modules = Modules::new("/opt/aerospike");
    modules
        .put(
            "other.lua",
            b"local M = {} function M.twice(n) return 2 * n end return M",
        )
        .unwrap();
    modules
        .put(
            "m.lua",
            b"local other = require 'other' function f(rec, n) return other.twice(n) end",
        )
        .unwrap();
    let call = Call {
        module: b"m",
        function: b"f",
        arguments: &[0x91, 21],
        limit: Duration::from_secs(1),
    };
    let answer = || modules.apply(NOW, &call, Work::new(subject(vec![]))).0;
    let int = |n: i64| {
        Answer::Success(super::Returned {
            particle_type: ParticleType::INTEGER,
            data: n.to_be_bytes().to_vec(),
        })
    };
    assert_eq!(answer(), int(42));
    // A module that is registered anew is used at once, by others too.
    modules
        .put("other.lua", b"return { twice = function(n) return 3 * n end }")
        .unwrap();
    assert_eq!(answer(), int(63));
    modules.remove("other.lua");
    assert_eq!(answer(), Answer::Failure(b"UDF: Execution Error 1".to_vec()));
}

#[test]
fn nothing_runs_forever() {
    let endless = [
        "while true do end",
        "while true do pcall(error) end",
        "local function g() return pcall(g) end while true do g() end",
        "coroutine.wrap(function() while true do end end)()",
        "local l = list() while true do list.prepend(l, 1) if #l > 1000 then l = list() end end",
        "string.rep('a', 40):find(string.rep('a*', 40) .. 'b')",
        "string.rep('a', 40):match(string.rep('a-', 40) .. 'b')",
        "for _ in string.rep('(', 1 << 20):gmatch('%b()') do end",
        "string.rep('a', 1 << 20):gsub('.-b', '')",
        "string.rep('a', 1 << 20):find(string.rep('a', 1 << 19) .. 'b', 1, true)",
        "string.rep('', 1 << 62) while true do end",
        "table.concat(setmetatable({}, {__index = table.concat}), '', 1, 1 << 62)",
        "table.move({}, '1', '4611686018427387904', 2)",
        "table.move(setmetatable({}, {__index = rawlen, __newindex = rawequal}), 1, 1 << 62, 2)",
        "local n = 0 table.insert(setmetatable({}, {__index = rawlen, __newindex = rawequal, \
         __len = function() n = n + 1 return n == 1 and 0 or 1 << 62 end}), 1, 1) table.remove(setmetatable({}, \
         {__index = rawlen, __newindex = rawequal, __len = function() return 1 << 62 end}), 1)",
        "local s, t = string.rep('a', 1 << 20), {} for i = 1, 1 << 18 do t[i] = s end table.sort(t)",
        "local t = {} for i = 1, 1 << 20 do t[i] = i end while true do table.sort(t, math.ult) end",
        "local s = string.rep(' ', 1 << 24) while true do load(s) end",
        "local t = {} for i = 1, 1 << 16 do t[i] = {} end while true do collectgarbage() end",
        "local s = string.rep('x', 10 << 20) while true do s:upper() utf8.len(s) end",
        "local s = string.rep('\\0', 1 << 20) while true do string.format('%q', s) end",
        "local s = string.rep(' ', 10 << 20) while true do tonumber(s) end",
        "local s = string.rep('%Y', 1 << 18) while true do os.date(s) end",
        "('a'):gsub('a', function() while true do end end)",
        "('a'):gsub('a', setmetatable({}, {__index = function() while true do end end}))",
        "table.sort({2, 1}, function() while true do end end)",
        "while true do pcall(string.gsub, 'a', 'a', function() while true do end end) end",
        "pcall(string.find, string.rep('a', 40), string.rep('a?', 40) .. string.rep('a', 41)) while true do end",
        "table.sort(setmetatable({}, {__len = function() return 1000000 end, __index = function() return 1 end}), \
         function() return true end)",
    ];
    for body in endless {
        let script = format!("function f(rec) {body} end");
        let (answer, _) = call(&script, subject(vec![]), &[], Duration::from_millis(50));
        let Answer::Failure(text) = answer else {
            panic!("{body}: {answer:?}")
        };
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.ends_with("UDF Execution Timeout") || text.contains("invalid order function"),
            "{body}: {text}"
        );
    }
}

#[test]
fn nothing_eats_all_memory() {
    let greedy = [
        "local t = {} for i = 1, 1e9 do t[i] = {} end",
        "local s = 'x' while true do s = s .. s end",
        "return string.rep('x', 1 << 40)",
        "return string.rep('x', 1 << 20):gsub('x', string.rep('y', 1 << 20))",
        "local l = list() l[4000000000] = 1",
        "local l = list{1} while true do list.concat(l, l) end",
        "local l = list() for i = 1, 40 do l = list{l, l} end return l",
        "local l = list() list.append(l, l) return l",
        "local l = list() list.append(l, l) return tostring(l)",
        "local t = {} for i = 1, 1000 do t[i] = bytes() if not bytes.set_byte(t[i], 1 << 20, 1) then error('full') end end",
        "return bytes.get_string(bytes(), 1, 1 << 31)",
    ];
    for body in greedy {
        let script = format!("function f(rec) {body} end");
        let (answer, _) = call(&script, subject(vec![]), &[], Duration::from_secs(2));
        let Answer::Failure(text) = answer else {
            panic!("{body}: {answer:?}")
        };
        let text = String::from_utf8(text).unwrap();
        let expected = [
            "not enough memory",
            "too deep",
            "full",
            "resulting string too large",
            "Timeout",
        ];
        assert!(expected.iter().any(|words| text.contains(words)), "{body}: {text}");
    }
    // What is garbage makes room again.
    let body = "for i = 1, 200 do local b = bytes() if not bytes.set_byte(b, 1 << 20, 1) then return i end end";
    assert_eq!(value(body, &[]), Value::Nil);
}

#[test]
fn scripts_are_checked_when_they_are_registered() {
    let modules = Modules::new("/opt/aerospike");
    let refused = |script: &[u8]| modules.put("m.lua", script).unwrap_err();
    let error = refused(b"\nfunction f( end");
    assert_eq!((error.file.as_str(), error.line), ("m.lua", 2));
    assert_eq!(error.message, b"<name> or '...' expected near 'end'");
    let error = refused(b"x = nil .. 'x'");
    assert_eq!((error.file.as_str(), error.line), ("m.lua", 1));
    assert_eq!(error.message, b"attempt to concatenate a nil value");
    assert_eq!(refused(b"error('bare', 0)").message, b"bare");
    assert_eq!(modules.get("m.lua"), None);
}

#[test]
fn what_a_replacement_throws_is_thrown_as_it_is() {
    let caught = |throw: &str| {
        let body = format!("local ok, e = pcall(string.gsub, 'a', 'a', function() {throw} end) return e");
        value(&body, &[])
    };
    assert_eq!(
        caught("error('text')"),
        "/opt/aerospike/usr/udf/lua/m.lua:2: text".into()
    );
    assert_eq!(caught("error(list{7})"), list(&[7]));
    assert_eq!(
        failure("('a'):gsub('a', function() error({}) end)"),
        "result value type unexpected"
    );
    let message = "/opt/aerospike/usr/udf/lua/m.lua:2: bad argument #1 to 'find' (string expected, got nil)";
    assert_eq!(failure("string.find()"), message.replace("nil", "no value"));
    assert_eq!(failure("('x'):gsub('x', function() string.find(nil) end)"), message);
}

#[test]
fn calls_from_within_calls_nest_no_deeper_than_lua_lets_them() {
    for body in [
        "local function g() return (('a'):gsub('a', g)) end return g()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function() return (('a'):gsub('a', t)) end return t.x",
        "local function g() table.sort({2, 1}, g) end return g()",
        "local t = setmetatable({}, {}) getmetatable(t).__len = function() return #table.concat(t) end return #t",
    ] {
        assert!(failure(body).contains("stack overflow"), "{body}: {}", failure(body));
    }
}
