//! Errors, modules and what scripts can access.

use super::*;

#[test]
fn errors_name_the_file_and_line_as_on_the_real_server() {
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
fn a_missing_function_or_module_is_an_error() {
    let (answer, _) = work("function g() end", subject(vec![]), &[]);
    assert_eq!(answer, Answer::Failure(b"function not found".to_vec()));
    let modules = Modules::new("/opt/aerospike");
    let call = Call {
        module: b"m",
        function: b"f",
        arguments: &[],
        limit: Duration::from_secs(1),
    };
    let (answer, _) = modules.apply(NOW, &call, Work::new(subject(vec![]), None));
    assert_eq!(answer, Answer::Failure(b"UDF: Execution Error 1".to_vec()));
}

#[test]
fn a_script_cannot_access_files_or_processes() {
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
fn a_module_can_require_another() {
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
    let answer = || modules.apply(NOW, &call, Work::new(subject(vec![]), None)).0;
    let int = |n: i64| {
        Answer::Success(Returned {
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
