//! A model of nested collections and contexts.

use spikelet_wire::context::{ListCreate, Step};
use spikelet_wire::{Map, ResultCode, Value};

use super::list::List;
use super::{map, order, positions, same, sorted};

/// The value of a bin or of an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A value that is not a collection.
    Plain(Value),
    /// A list.
    List(List),
    /// A map.
    Map(map::Map),
}

/// The result of an operation with a context; `None` if it is unknown.
pub type Followed<T> = Option<Result<T, ResultCode>>;

/// The largest number of nils that a record can hold.
const MAX_NILS: usize = 8 << 20;
/// The error if a context selects nothing.
const NOWHERE: ResultCode = ResultCode::OP_NOT_APPLICABLE;

impl From<Value> for Node {
    /// A list inside a value is unordered, because the model never creates an ordered one there.
    fn from(value: Value) -> Self {
        match value {
            Value::List(items) => Self::List(List { ordered: false, items }),
            Value::Map(map) => {
                let order = map.order;
                let mut pairs: Vec<_> = map.into_iter().collect();
                pairs.sort_by(|(a, _), (b, _)| super::order(a, b));
                Self::Map(map::Map { order, pairs })
            }
            plain => Self::Plain(plain),
        }
    }
}

impl From<Node> for Value {
    fn from(node: Node) -> Self {
        match node {
            Node::Plain(value) => value,
            Node::List(list) => Self::List(list.items),
            Node::Map(map) => {
                let mut value: Map = map.pairs.into_iter().collect();
                value.order = map.order;
                Self::Map(value)
            }
        }
    }
}

/// Follows the steps of a context from `node` and applies a function to the selected node. `None` represents a missing
/// node. If the function sets it, it is created.
pub fn follow<T>(
    node: &mut Option<Node>,
    steps: &[Step],
    then: &mut dyn FnMut(&mut Option<Node>) -> Followed<T>,
) -> Followed<T> {
    let Some((step, rest)) = steps.split_first() else {
        return then(node);
    };
    match node {
        None => create(node, step, rest, then),
        Some(Node::Plain(_)) => Some(Err(NOWHERE)),
        Some(Node::List(list)) => in_list(list, step, rest, then),
        Some(Node::Map(map)) => in_map(map, step, rest, then),
    }
}

/// Creates the collection in which a step selects, with the selected element.
fn create<T>(
    node: &mut Option<Node>,
    step: &Step,
    rest: &[Step],
    then: &mut dyn FnMut(&mut Option<Node>) -> Followed<T>,
) -> Followed<T> {
    let (mut list, mut map) = (List::default(), map::Map::default());
    match step {
        Step::MapKey(_) => {}
        Step::MapKeyCreate(_, order) => map.order = *order,
        Step::ListIndex(0 | -1) | Step::ListIndexCreate(0 | -1, ListCreate::Unordered | ListCreate::Padded) => {}
        Step::ListIndexCreate(i @ 1.., ListCreate::Padded) => list.items.resize(*i as usize, Value::Nil),
        Step::ListIndexCreate(_, ListCreate::Ordered) => return None,
        _ => return Some(Err(NOWHERE)),
    }
    let mut inner = None;
    let done = follow(&mut inner, rest, then)?;
    if let Some(inner) = inner {
        *node = Some(match step {
            Step::MapKey(key) | Step::MapKeyCreate(key, _) => {
                map.pairs.push((key.clone(), inner.into()));
                Node::Map(map)
            }
            _ => {
                list.items.push(inner.into());
                Node::List(list)
            }
        });
    }
    Some(done)
}

fn in_list<T>(
    list: &mut List,
    step: &Step,
    rest: &[Step],
    then: &mut dyn FnMut(&mut Option<Node>) -> Followed<T>,
) -> Followed<T> {
    let n = list.items.len();
    let found = match step {
        Step::ListIndex(i) | Step::ListIndexCreate(i, _) => positions(*i, None, n).ok().map(|found| found[0]),
        Step::ListRank(rank) => {
            let in_order = sorted(list.items.clone());
            // The ranks of equal elements are unspecified.
            if !list.ordered && in_order.windows(2).any(|pair| order(&pair[0], &pair[1]).is_eq()) {
                return None;
            }
            let value = positions(*rank, None, n).ok().map(|found| &in_order[found[0]]);
            value.and_then(|value| list.items.iter().position(|item| same(item, value)))
        }
        Step::ListValue(value) => list.items.iter().position(|item| same(item, value)),
        _ => None,
    };
    if let Some(at) = found {
        let mut inner = Some(Node::from(list.items[at].clone()));
        let done = follow(&mut inner, rest, then)?;
        list.items[at] = inner.map_or(Value::Nil, Value::from);
        if list.ordered {
            list.items = sorted(std::mem::take(&mut list.items));
        }
        return Some(done);
    }
    let nils = match step {
        Step::ListIndexCreate(i, _) if *i == n as i64 || (n == 0 && *i == -1) || list.ordered => 0,
        // The number of nils is computed in 32 bits: before the start of the list there are too many for a record.
        Step::ListIndexCreate(i, ListCreate::Padded) => (*i as u32).wrapping_sub(n as u32) as usize,
        _ => return Some(Err(NOWHERE)),
    };
    let mut inner = None;
    let done = follow(&mut inner, rest, then)?;
    if let Some(inner) = inner {
        if nils > MAX_NILS {
            return Some(Err(ResultCode::RECORD_TOO_BIG));
        }
        list.items.resize(n + nils, Value::Nil);
        list.items.push(inner.into());
        if list.ordered {
            list.items = sorted(std::mem::take(&mut list.items));
        }
    }
    Some(done)
}

fn in_map<T>(
    map: &mut map::Map,
    step: &Step,
    rest: &[Step],
    then: &mut dyn FnMut(&mut Option<Node>) -> Followed<T>,
) -> Followed<T> {
    let n = map.pairs.len();
    let by_key = |key: &Value| map.pairs.iter().position(|(k, _)| k == key);
    let mut by_rank: Vec<usize> = (0..n).collect();
    by_rank.sort_by(|&a, &b| order(&map.pairs[a].1, &map.pairs[b].1));
    let found = match step {
        Step::MapIndex(i) => positions(*i, None, n).ok().map(|found| found[0]),
        Step::MapRank(rank) => positions(*rank, None, n).ok().map(|found| by_rank[found[0]]),
        Step::MapKey(key) | Step::MapKeyCreate(key, _) => by_key(key),
        Step::MapValue(value) => map.pairs.iter().position(|(_, v)| same(v, value)),
        _ => None,
    };
    if let Some(at) = found {
        let mut inner = Some(Node::from(map.pairs[at].1.clone()));
        let done = follow(&mut inner, rest, then)?;
        map.pairs[at].1 = inner.map_or(Value::Nil, Value::from);
        return Some(done);
    }
    let Step::MapKeyCreate(key, _) = step else {
        return Some(Err(NOWHERE));
    };
    let mut inner = None;
    let done = follow(&mut inner, rest, then)?;
    if let Some(inner) = inner {
        map.pairs.push((key.clone(), inner.into()));
        map.pairs.sort_by(|(a, _), (b, _)| order(a, b));
    }
    Some(done)
}

/// Whether a step creates a missing element.
#[must_use]
pub const fn creates(step: &Step) -> bool {
    matches!(step, Step::ListIndexCreate(..) | Step::MapKeyCreate(..))
}
