//! Strategies for secondary indexes, and for queries by them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use spikelet_client::ops::list as on_list;
use spikelet_client::{CollectionIndexType, Index, IndexType, Operation, Predicate};
use spikelet_wire::Value;
use spikelet_wire::context::{Context, Step};
use spikelet_wire::exp::build::{Exp, blob_bin, geo_bin, list_bin, map_bin, string_bin};

use super::collections::step;
use super::expressions::int_expression;
use super::sequences::{batch, bins, command, filter, operations, query};
use super::values::{bin, blob, list, map, plain};
use crate::proptest::command::{Action, Bins, Command};

/// The maximum number of commands in a sequence.
const COMMANDS: usize = 16;
/// The maximum number of indexes in a sequence.
const INDEXES: u8 = 3;
const POINTS: [&str; 3] = [
    r#"{"type":"Point","coordinates":[13.4,52.5]}"#,
    r#"{"type":"Point","coordinates":[13.5,52.5]}"#,
    r#"{"type":"Point","coordinates":[-70.6,-33.4]}"#,
];
const REGIONS: [&str; 3] = [
    r#"{"type":"AeroCircle","coordinates":[[13.4,52.5],1000]}"#,
    r#"{"type":"AeroCircle","coordinates":[[13.4,52.5],20000]}"#,
    r#"{"type":"Polygon","coordinates":[[[13,52],[14,52],[14,53],[13,53],[13,52]]]}"#,
];

/// The source and the type of an index.
#[derive(Debug, Clone)]
struct Definition {
    source: Source,
    collection: CollectionIndexType,
    index_type: IndexType,
}

#[derive(Debug, Clone)]
enum Source {
    Bin(&'static str, Option<Context>),
    /// An encoded expression of any type.
    Expression(Vec<u8>),
}

/// A value to find of each type of index.
#[derive(Debug, Clone)]
struct Wanted {
    ints: (i64, i64),
    text: &'static str,
    blob: Vec<u8>,
    geo: &'static str,
}

/// A query by an index.
#[derive(Debug, Clone)]
struct Search {
    wanted: Wanted,
    /// The type of the value to find, if it is not the type of the index.
    other_type: Option<IndexType>,
    by_name: bool,
    bins: Bins,
    filter: Option<Vec<u8>>,
}

/// An event of a sequence. The numbers are those of indexes.
#[derive(Debug, Clone)]
enum Event {
    Command(Command),
    Create(u8),
    Drop(u8),
    Find(u8, Search),
}

/// A sequence of commands that create and drop secondary indexes, find records by them, and change records in between.
pub fn indexed() -> impl Strategy<Value = Vec<Command>> {
    let changed = || prop_oneof![8 => operations().boxed(), 1 => geo_writes().boxed()];
    let number = || 0..INDEXES;
    let event = prop_oneof![
        10 => command(changed()).prop_map(Event::Command).boxed(),
        1 => batch(command(changed())).prop_map(Event::Command).boxed(),
        1 => query().prop_map(Event::Command).boxed(),
        5 => number().prop_map(Event::Create).boxed(),
        1 => number().prop_map(Event::Drop).boxed(),
        12 => (number(), search()).prop_map(|(number, search)| Event::Find(number, search)).boxed(),
    ];
    let definitions = vec(definition(), usize::from(INDEXES));
    // Some indexes exist before the records, and the others are built from them.
    let first = vec(prop::bool::weighted(0.7), usize::from(INDEXES)).prop_map(|exist| {
        let existing = (0..INDEXES).zip(exist).filter(|(_, exists)| *exists);
        existing.map(|(number, _)| Event::Create(number)).collect::<Vec<_>>()
    });
    let records = (written(0), written(1)).prop_map(|records| <[_; 2]>::from(records).map(Event::Command).to_vec());
    let then = vec(event, 2..=COMMANDS);
    (definitions, first, records, then).prop_map(|(definitions, first, records, then)| {
        let events = [first, records, then].into_iter().flatten();
        let commands = events.map(|event| match event {
            Event::Command(command) => command,
            Event::Create(number) => Command::create_index(number, definitions[usize::from(number)].index()),
            Event::Drop(number) => Command::drop_index(number),
            Event::Find(number, search) => search.command(number, &definitions[usize::from(number)]),
        });
        commands.collect()
    })
}

/// The command that creates a record with most bins.
fn written(record: u8) -> impl Strategy<Value = Command> {
    (plain(), list(), map(), blob()).prop_map(move |(scalar, list, map, blob)| {
        let bins = [("scalar", scalar), ("list", list), ("map", map), ("blob", blob)];
        let writes = bins.map(|(bin, value)| Operation::write(bin, value));
        Command::operate(record, writes.to_vec())
    })
}

impl Definition {
    fn index(&self) -> Index {
        let index = match &self.source {
            Source::Bin(bin, context) => {
                let index = Index::on(*bin, self.index_type);
                match context {
                    Some(context) => index.context(context),
                    None => index,
                }
            }
            Source::Expression(bytes) => Index::on_expression(&Exp::<()>::from_bytes(bytes.clone()), self.index_type),
        };
        index.within(self.collection)
    }
}

impl Search {
    fn command(self, number: u8, definition: &Definition) -> Command {
        let bin = match &definition.source {
            Source::Bin(bin, _) if !self.by_name => bin,
            _ => "",
        };
        let predicate = match self.other_type.unwrap_or(definition.index_type) {
            IndexType::Numeric => Predicate::range(bin, self.wanted.ints.0..=self.wanted.ints.1),
            IndexType::String => Predicate::equal(bin, self.wanted.text),
            IndexType::Blob => Predicate::equal(bin, self.wanted.blob),
            IndexType::Geo2dSphere => Predicate::within_region(bin, self.wanted.geo),
        };
        let predicate = match &definition.source {
            Source::Bin(_, Some(context)) if !self.by_name => predicate.context(context),
            Source::Expression(bytes) if !self.by_name => predicate.expression(&Exp::<()>::from_bytes(bytes.clone())),
            _ => predicate,
        };
        Command {
            action: Action::Find {
                bins: self.bins,
                predicate: predicate.within(definition.collection),
                index: self.by_name.then_some(number),
            },
            filter: self.filter,
            ..Command::default()
        }
    }
}

/// A definition, mostly of values that the bin can have.
fn definition() -> impl Strategy<Value = Definition> {
    use CollectionIndexType::{Default, List, MapKeys, MapValues};
    let index_type = || {
        prop_oneof![
            6 => Just(IndexType::Numeric),
            3 => Just(IndexType::String),
            1 => Just(IndexType::Blob),
            1 => Just(IndexType::Geo2dSphere),
        ]
    };
    let likely = select(vec![
        ("scalar", Default),
        ("list", List),
        ("map", MapKeys),
        ("map", MapValues),
        ("blob", Default),
    ]);
    let collection = || select(vec![Default, List, MapKeys, MapValues]);
    let in_bin = (likely, index_type()).prop_map(|((bin, collection), index_type)| Definition {
        source: Source::Bin(bin, None),
        collection,
        // A bin of bytes has no other values.
        index_type: if bin == "blob" { IndexType::Blob } else { index_type },
    });
    let in_context = (select(vec!["list", "map"]), plain_context(), collection(), index_type()).prop_map(
        |(bin, context, collection, index_type)| Definition {
            source: Source::Bin(bin, Some(context)),
            collection,
            index_type,
        },
    );
    let of_expression = expression().prop_map(|(bytes, collection, index_type)| Definition {
        source: Source::Expression(bytes),
        collection,
        index_type,
    });
    let any = (bin(), collection(), index_type()).prop_map(|(bin, collection, index_type)| Definition {
        source: Source::Bin(bin, None),
        collection,
        index_type,
    });
    prop_oneof![8 => in_bin, 4 => in_context, 3 => of_expression, 1 => any]
}

/// A context of one or two steps, mostly without those that create elements, which an index refuses.
fn plain_context() -> impl Strategy<Value = Context> {
    let plain = step().prop_map(|step| match step {
        Step::ListIndexCreate(index, _) => Step::ListIndex(index),
        Step::MapKeyCreate(key, _) => Step::MapKey(key),
        step => step,
    });
    vec(prop_oneof![20 => plain, 1 => step()], 1..3).prop_map(|steps| steps.into_iter().collect())
}

/// An expression that can be indexed, and how.
fn expression() -> impl Strategy<Value = (Vec<u8>, CollectionIndexType, IndexType)> {
    use CollectionIndexType::{Default, List, MapKeys, MapValues};
    let values = || select(vec![IndexType::Numeric, IndexType::String]);
    prop_oneof![
        3 => int_expression().prop_map(|exp| (exp.into_bytes(), Default, IndexType::Numeric)),
        1 => bin().prop_map(|bin| (string_bin(bin).into_bytes(), Default, IndexType::String)),
        1 => bin().prop_map(|bin| (blob_bin(bin).into_bytes(), Default, IndexType::Blob)),
        1 => bin().prop_map(|bin| (geo_bin(bin).into_bytes(), Default, IndexType::Geo2dSphere)),
        1 => values().prop_map(|of| (list_bin("list").into_bytes(), List, of)),
        1 => (-2..3_i64, values()).prop_map(|(n, of)| {
            (on_list(list_bin("list")).append(n).into_bytes(), List, of)
        }),
        1 => values().prop_map(|of| (map_bin("map").keys().into_bytes(), List, of)),
        1 => (select(vec![MapKeys, MapValues]), values()).prop_map(|(part, of)| {
            (map_bin("map").into_bytes(), part, of)
        }),
    ]
}

fn search() -> impl Strategy<Value = Search> {
    let index_types = vec![
        IndexType::Numeric,
        IndexType::String,
        IndexType::Blob,
        IndexType::Geo2dSphere,
    ];
    let other_type = prop_oneof![12 => Just(None), 1 => select(index_types).prop_map(Some)];
    (wanted(), other_type, any::<bool>(), bins(), filter(8)).prop_map(|(wanted, other_type, by_name, bins, filter)| {
        Search {
            wanted,
            other_type,
            by_name,
            bins,
            filter,
        }
    })
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let ints = prop_oneof![
        3 => (-2..5_i64).prop_map(|n| (n, n)),
        4 => (-3..4_i64, 1..6_i64).prop_map(|(first, more)| (first, first + more)),
        4 => Just((i64::MIN, i64::MAX)),
        // An empty range is refused.
        1 => Just((2, 1)),
    ];
    let geo = select([&REGIONS[..], &POINTS[..1]].concat());
    (ints, select(vec!["", "a", "b", "c", "ab"]), blob(), geo).prop_map(|(ints, text, blob, geo)| Wanted {
        ints,
        text,
        blob: match blob {
            Value::Blob(bytes) => bytes,
            _ => Vec::new(),
        },
        geo,
    })
}

/// A write of a point or a region, or of a collection of them.
fn geo_writes() -> impl Strategy<Value = Operation> {
    let value = || select([POINTS, REGIONS].concat()).prop_map(|text: &str| Value::GeoJson(text.to_owned()));
    prop_oneof![
        value().prop_map(|value| Operation::write("scalar", value)),
        vec(value(), 1..3).prop_map(|values| Operation::write("list", Value::List(values))),
        value().prop_map(|value| Operation::write("map", Value::Map([("a", value)].into_iter().collect()))),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    use spikelet_wire::ResultCode;

    use super::*;
    use crate::proptest::records::Records;
    use crate::proptest::target::{Embedded, Target as _};

    #[test]
    fn most_sequences_create_an_index_and_find_records() {
        let (mut runner, sequences) = (TestRunner::deterministic(), indexed());
        let (mut created, mut refused, mut searches, mut found, mut refused_searches) = (0, 0, 0, 0, 0);
        for sequence in 0..400 {
            let commands = sequences.new_tree(&mut runner).unwrap().current();
            let (mut server, records) = (Embedded::default(), Records::new("test", "s", sequence));
            for command in &commands {
                let response = server.execute(&records, command).unwrap();
                match &command.action {
                    Action::CreateIndex(..) if response.text == "ok" => created += 1,
                    Action::CreateIndex(..) => refused += 1,
                    Action::Find { .. } => {
                        searches += 1;
                        found += usize::from(response.rows.iter().any(|row| !row.found_by.is_empty()));
                        refused_searches += usize::from(response.code != ResultCode::OK);
                    }
                    _ => {}
                }
            }
        }
        assert!(created > 800, "{created} indexes were created");
        assert!(refused > 10, "{refused} indexes were refused");
        assert!(found > 80, "{found} of {searches} queries found a record");
        assert!(
            refused_searches > 100,
            "{refused_searches} of {searches} queries were refused"
        );
    }
}
