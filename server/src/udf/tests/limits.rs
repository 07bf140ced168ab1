//! The limits of time, memory and depth.

use super::*;

#[test]
fn a_script_that_does_not_end_is_stopped() {
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
fn the_memory_of_a_script_is_limited() {
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
fn a_value_thrown_by_a_callback_reaches_the_script_unchanged() {
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
fn the_depth_of_nested_calls_is_limited_as_in_lua() {
    for body in [
        "local function g() return (('a'):gsub('a', g)) end return g()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function() return (('a'):gsub('a', t)) end return t.x",
        "local function g() table.sort({2, 1}, g) end return g()",
        "local t = setmetatable({}, {}) getmetatable(t).__len = function() return #table.concat(t) end return #t",
    ] {
        assert!(failure(body).contains("stack overflow"), "{body}: {}", failure(body));
    }
}
