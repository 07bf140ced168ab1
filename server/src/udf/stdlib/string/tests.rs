//! The functions against Lua's own: whatever the arguments, the same values and the same errors.

use proptest::prelude::*;

use super::super::compared::{Argument, Pair, check_many};

/// Calls a function of the string library, by name and as a method, and tells what comes of it.
const SCRIPT: &str = "
local function each(s, p, init)
  local all = {}
  for a, b in string.gmatch(s, p, init) do all[#all + 1] = told(a, b) end
  return table.concat(all, ';')
end
local replacements = {
  values = { a = 'x', b = false, ab = 7, [1] = 'one', [2] = 2.5, c = {} },
  meta = setmetatable({}, { __index = function(_, key) if key == 'b' then error('no ' .. key) end return key .. key end }),
  first = function(a, b) if b == 'a' then return nil end return a end,
  last = function(...) return (select(select('#', ...), ...)) end,
  thrown = function(a) error('thrown') end,
  bare = function(a) error({}) end,
  far = function(a) error('far', 2) end,
  yes = function() return true end,
}
return told(pcall(function(what, s, p, a, b)
  if what == 'find' then return string.find(s, p, a, b) end
  if what == 'find as a method' then return s:find(p, a, b) end
  if what == 'match' then return string.match(s, p, a) end
  if what == 'gmatch' then return each(s, p, a) end
  if what == 'gsub' then return string.gsub(s, p, a, b) end
  if what == 'gsub by' then return string.gsub(s, p, replacements[a], b) end
  if what == 'rep' then return string.rep(s, a, p) end
  if what == 'unnamed' then return select(2, pcall(string[p], s, a)) end
end, ...))
";

/// Text put together of a few parts, so that patterns match now and then.
fn parts(parts: &'static [&'static str], most: usize) -> impl Strategy<Value = Argument> {
    prop::collection::vec(prop::sample::select(parts), 0..=most).prop_map(|parts| parts.concat().as_str().into())
}

const SUBJECT: &[&str] = &[
    "a", "b", "c", "ab", "(", ")", "1", " ", "_", "\0", "é", "]", "-", "%", "^", "A",
];
const ITEMS: &[&str] = &[
    "a", "b", "c", ".", "%a", "%A", "%d", "%w", "%W", "%s", "%p", "%P", "%g", "%x", "%c", "%l", "%u", "%z", "%)", "%%",
    "[ab]", "[^a]", "[a-c]", "[%a_]", "[]]", "[^]b]", "[a-]", "[%a-z]", "[a%-c]", "[é]", "*", "+", "-", "?", "*", "+",
    "-", "?", "(", ")", "()", "(a", "b)", "(.", "-)", "%1", "%2", "%b()", "%bab", "%baa", "%f[a]", "%f[^a]", "%f[%z]",
    "%f[%w]", "^", "$", "\0",
];
const PIECES: &[&str] = &[
    "a", "b", "(", ")", "[", "]", "^", "$", "%", "*", "+", "-", "?", ".", "1", "f", "0", "\0",
];
const REPLACEMENT: &[&str] = &["x", "%0", "%1", "%2", "%%", "%", "é", "9", "%x", ""];
const CALLS: &[&str] = &[
    "find",
    "find as a method",
    "match",
    "gmatch",
    "gsub",
    "gsub by",
    "unnamed",
];

fn pattern() -> impl Strategy<Value = Argument> {
    prop_oneof![4 => parts(ITEMS, 6), 1 => parts(PIECES, 7)]
}

fn number() -> impl Strategy<Value = Argument> {
    prop_oneof![
        6 => Just(Argument::Nil),
        4 => (-12_i64..12).prop_map(Argument::Int),
        1 => prop::sample::select(&[i64::MIN, i64::MAX, i64::MIN + 1][..]).prop_map(Argument::Int),
        1 => prop::sample::select(&[2.0, 1.5, -1.0, f64::NAN][..]).prop_map(Argument::Double),
        1 => prop::sample::select(&["2", "x", " 0x1 ", "1.0"][..]).prop_map(Argument::from),
    ]
}

fn odd() -> impl Strategy<Value = Argument> {
    prop_oneof![
        Just(Argument::Nil),
        Just(Argument::True),
        Just(Argument::Table),
        (-20_i64..200).prop_map(Argument::Int),
        prop::sample::select(&[0.5, 1e100, -0.0][..]).prop_map(Argument::Double),
    ]
}

fn arguments() -> impl Strategy<Value = Vec<Argument>> {
    const BY: &[&str] = &["values", "meta", "first", "last", "thrown", "bare", "far", "yes"];
    prop::sample::select(CALLS).prop_flat_map(|call| {
        let usual = match call {
            "gsub" => parts(REPLACEMENT, 4).boxed(),
            "gsub by" => prop::sample::select(BY).prop_map(Argument::from).boxed(),
            _ => number().boxed(),
        };
        let fourth = match call {
            "find" | "find as a method" => prop_oneof![3 => Just(Argument::Nil), 1 => Just(Argument::True)].boxed(),
            _ => number().boxed(),
        };
        let second = match call {
            "unnamed" => prop::sample::select(&["find", "match", "gmatch", "gsub"][..])
                .prop_map(Argument::from)
                .boxed(),
            _ => prop_oneof![12 => pattern(), 1 => odd()].boxed(),
        };
        let first = prop_oneof![12 => parts(SUBJECT, 10), 1 => odd()];
        let third = prop_oneof![12 => usual, 1 => odd()];
        (first, second, third, fourth).prop_map(move |(first, second, third, fourth)| {
            let mut all = vec![call.into(), first, second, third, fourth];
            // What is nil at the end need not be there.
            while matches!(all.last(), Some(Argument::Nil)) {
                all.pop();
            }
            all
        })
    })
}

#[test]
fn they_answer_what_luas_own_answer() {
    let pair = Pair::new(SCRIPT, super::install);
    check_many(&pair, &arguments());
}

#[test]
fn what_chance_finds_seldom() {
    let pair = Pair::new(SCRIPT, super::install);
    let (deep, many) = ("(a?)".repeat(33), "()".repeat(33));
    let nested = format!("{}a", "a-".repeat(201));
    let cases: &[&[Argument]] = &[
        &["find".into(), "aaa".into(), deep.as_str().into()],
        &["match".into(), "aaa".into(), many.as_str().into()],
        &["match".into(), "aaa".into(), many[..64].into()],
        &["find".into(), "b".into(), nested.as_str().into()],
        &["find".into(), "aXb".into(), "x".into(), 1.into(), Argument::True],
        &["find".into(), "a.b".into(), ".b".into(), 1.into(), Argument::True],
        &["find".into(), "abc".into(), "".into(), 4.into()],
        &["find".into(), "abc".into(), "".into(), 5.into()],
        &["find".into(), "aab".into(), "ab".into()],
        &["gmatch".into(), "key = value, x=1".into(), "(%w+)%s*=%s*(%w+)".into()],
        &["gmatch".into(), "abc".into(), "^a".into()],
        &["gsub".into(), "hello world".into(), "o*".into(), "<%0>".into()],
        &["gsub".into(), "hello".into(), "".into(), "-".into(), 2.into()],
        &["gsub".into(), "abc".into(), "^a*".into(), "".into()],
        &[
            "gsub".into(),
            "THE (quick) fox".into(),
            "%((%a+)%)".into(),
            "<%1>".into(),
        ],
        &["gsub".into(), "THE (quick) fox".into(), "%f[%a]%a+".into(), "w".into()],
        &["gsub".into(), "abc".into(), "b".into(), 12.into()],
        &["gsub".into(), "x".into(), "(x".into(), "%1".into()],
        &["gsub".into(), "x".into(), ".".into(), "%2".into()],
        &["rep".into(), "ab".into(), ",".into(), 3.into()],
        &["rep".into(), "".into(), "".into(), 100.into()],
        &["rep".into(), "ab".into(), "".into(), (-1).into()],
        &["rep".into(), "ab".into(), ",".into(), i64::MAX.into()],
        &["rep".into(), "ab".into(), Argument::Nil, Argument::Double(2.0)],
        &["rep".into(), "ab".into()],
        &["rep".into(), "ab".into(), Argument::Table, 1.into()],
    ];
    for arguments in cases {
        pair.check(arguments).unwrap_or_else(|error| panic!("{error}"));
    }
}
