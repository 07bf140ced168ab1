//! The functions against Lua's own, on tables with and without a metatable.

use proptest::prelude::*;

use super::super::compared::{Argument, Pair, check_many};

const SCRIPT: &str = "
local script = ...
local function over(t)
  return setmetatable({}, { __index = t, __newindex = t, __len = function() return #t end, __name = 'Over' })
end
local t = {}
local result = told(pcall(load('local t, over = ... ' .. script, '=s'), t, over))
local all = {}
for i = -3, 12 do all[#all + 1] = told(true, t[i]) end
return result .. ' -> ' .. table.concat(all, ',')
";

const ELEMENTS: &[&str] = &["1", "2", "3", "-7", "2.5", "'a'", "'b'", "'10'", "nil", "true", "{}"];
const ORDERED: &[&str] = &["1", "2", "2.0", "3", "-7", "2.5", "1 << 60"];
const WORDS: &[&str] = &["'a'", "'b'", "'aa'", "''", "'\\0'", "'B'"];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "-1",
    "'2'",
    "2.0",
    "2.5",
    "nil",
    "'x'",
    "{}",
    "math.maxinteger",
    "math.mininteger",
    "math.maxinteger - 1",
];
/// What Lua's own would not take years for.
const MOVES: &[&str] = &[
    "1",
    "1, 2",
    "1, 2, 'x'",
    "1, 2, 3, 4",
    "1, 2, 3, {}",
    "'1', 2.0, 3",
    "0, math.maxinteger, 1",
    "-1, math.maxinteger, 2",
    "1, 2, math.maxinteger",
    "2, 1, math.maxinteger",
    "math.mininteger, math.maxinteger, 1",
];
const LESS: &[&str] = &[
    "",
    ", nil",
    ", function(a, b) return a < b end",
    ", function(a, b) return a > b end",
    ", function() return true end",
    ", function() return false end",
    ", function(a) error('no ' .. type(a)) end",
    ", math.ult",
    ", rawequal",
    ", 1",
    ", 'x'",
];

fn numbers(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(NUMBERS), 0..=most).prop_map(|numbers| numbers.join(", "))
}

fn call() -> impl Strategy<Value = String> {
    let separator = prop::sample::select(&["nil", "','", "7", "{}", "''"][..]);
    prop_oneof![
        (separator, numbers(2)).prop_map(|(separator, numbers)| match numbers.as_str() {
            "" => format!("return table.concat(T, {separator})"),
            numbers => format!("return table.concat(T, {separator}, {numbers})"),
        }),
        numbers(3).prop_map(|numbers| match numbers.as_str() {
            "" => "return table.insert(T)".to_owned(),
            numbers => format!("return table.insert(T, {numbers})"),
        }),
        numbers(1).prop_map(|numbers| match numbers.as_str() {
            "" => "return table.remove(T)".to_owned(),
            numbers => format!("return table.remove(T, {numbers})"),
        }),
        prop::sample::select(MOVES).prop_map(|numbers| format!("return #table.move(T, {numbers})")),
        (-3..6, -3..6, -3..6).prop_map(|(first, last, at)| format!("table.move(T, {first}, {last}, {at})")),
        (0..6, 0..6, -3..6)
            .prop_map(|(first, last, at)| format!("table.move({{4, 5, 6, 7}}, {first}, {last}, {at}, T)")),
        prop::sample::select(LESS).prop_map(|less| format!("table.sort(T{less})")),
        Just("return table.sort()".to_owned()),
        Just("return pcall(table.insert, 1, T)".to_owned()),
        Just("return table.concat('x', T)".to_owned()),
    ]
}

fn elements() -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![Just(ELEMENTS), Just(ORDERED), Just(WORDS)]
        .prop_flat_map(|elements| prop::collection::vec(prop::sample::select(elements), 0..8))
}

fn script() -> impl Strategy<Value = Vec<Argument>> {
    let table = prop::sample::select(&["t", "over(t)"][..]);
    (elements(), table, call()).prop_map(|(elements, table, call)| {
        let set = elements
            .iter()
            .zip(1..)
            .map(|(element, at)| format!("t[{at}] = {element} "));
        let script = set.collect::<String>() + &call.replace('T', table);
        vec![script.as_str().into()]
    })
}

#[test]
fn they_answer_what_luas_own_answer() {
    check_many(&Pair::new(SCRIPT, super::install), &script());
}

#[test]
fn many_elements_are_sorted_as_few_are() {
    let pair = Pair::new(SCRIPT, super::install);
    for (body, less) in [
        ("i * 7919 % 1009", ""),
        ("i * 7919 % 1009", ", math.ult"),
        ("i * 7919 % 1009", ", function(a, b) return a > b end"),
        ("i * 7919 % 1009", ", rawequal"),
        ("i * 7919 % 1009", ", function() return true end"),
        ("i % 7 .. ''", ""),
        ("i == 150 and 'x' or i", ""),
        ("i == 150 and {} or {}", ""),
    ] {
        let script = format!("for i = 1, 300 do t[i] = {body} end table.sort(t{less}) return t[1], t[150], t[300]");
        pair.check(&[script.as_str().into()])
            .unwrap_or_else(|error| panic!("{error}"));
    }
}
