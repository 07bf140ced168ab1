use super::*;
use crate::exp::CallSystem;
use crate::value::Map;

/// The bytes of an expression, in hexadecimal.
fn hex<T>(expression: &Exp<T>) -> String {
    expression.as_bytes().iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn expressions_are_built_like_rust() {
    let expression = int_bin("age").ge(18).and(string_bin("name").eq("x"));
    // [16, [4, [81, 2, "age"], 18], [1, [81, 3, "name"], "x"]]
    assert_eq!(
        hex(&expression),
        "93109304935102a361676512930193510 3a46e616d65a20378".replace(' ', "")
    );
    assert_eq!(hex(&(!int_bin("a").lt(-1))), "92129305935102a161ff");
    assert_eq!(hex(&((int_bin("a") + 1) % 2)), "931a9314935102a1610102");
}

#[test]
fn long_chains_do_not_nest() {
    let chain = (2..20).fold(int_bin("a").eq(1), |chain, n| chain.or(int_bin("a").eq(n)));
    // [17, 19 operands]: a list of 20 elements has a 3-byte head.
    assert!(chain.as_bytes().starts_with(&[0xdc, 0, 20, 17, 0x93, 1]));
    assert_eq!(hex(&(int_bin("a") + 1 + 2)), "9414935102a1610102");
    assert_eq!(hex(&(int_bin("a") - 1 - 2)), "93159315935102a1610102");
    // "Exactly one of three" is not the same as nesting "exactly one of two".
    let exclusive = Exp::from(true).xor(false).xor(true);
    assert_eq!(hex(&exclusive), "93139313c3c2c3");
}

#[test]
fn lists_are_quoted_and_maps_are_not() {
    assert_eq!(hex(&list_bin("l").eq([1, 2])), "9301935104a16c927e920102");
    assert_eq!(hex(&int_bin("i").is_in([1])), "9309935102a169927e9101");
    let map: Map = [(1, 2)].into_iter().collect();
    assert_eq!(hex(&map_bin("m").eq(map)), "9301935105a16d810102");
}

#[test]
fn conditions_and_variables_nest() {
    let cond = bin_exists("a").then(1).otherwise_unknown();
    assert_eq!(hex(&cond), "947b93029252a16100019100");
    let with = with("x", 1, |x| x.clone() * x);
    assert_eq!(hex(&with), "947da17801931692 7ca178927ca178".replace(' ', ""));
}

#[test]
fn calls_say_what_they_call_on_what() {
    let appended = list_bin("l").modified(CallSystem::Cdt, &[0x92, 1, 0x92, 0x7e, 0x91, 7]);
    assert_eq!(hex(&appended), "957f0440 9201927e9107 935104a16c".replace(' ', ""));
    let size: Exp<i64> = map_bin("m").read(CallSystem::Cdt, &[0x91, 0x60]);
    assert_eq!(hex(&size), "957f0200 9160 935105a16d".replace(' ', ""));
}

#[test]
fn paths_have_steps() {
    let path = Path::new().key("a").filter(loop_value::<i64>().gt(1));
    // [254, [0x22, "a", 4, [3, [122, 2, 1], 1]], 0x11]
    let expected = [&[
        0x93, 0xcc, 0xfe, 0x94, 0x22, 0xa2, 3, b'a', 4, 0x93, 3, 0x93, 122, 2, 1, 1, 0x11,
    ][..]];
    assert_eq!(path.clone().no_fail().select(Select::Values), expected.concat());
    let removed = path.modify(&remove());
    assert!(removed.ends_with(&[4, 0x91, 100]));
}
