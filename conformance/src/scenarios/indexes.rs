//! Secondary indexes and index queries.

use spikelet_client::wire::context::Context as Path;
use spikelet_client::{CollectionIndexType, Cursor, Index, IndexType, Map, Operation, Predicate, Value, bins, exp};

use super::own_set::{numbers, own_keys, own_set};
use crate::assertions::{expect_eq, expect_refused, expect_true};
use crate::context::{Context, ask};
use crate::outcome::{NotPassed, Outcome};
use crate::scenario::scenarios;

scenarios![
    numbers_equal_and_in_ranges,
    text,
    blobs,
    lists,
    map_keys_and_values,
    within_a_context,
    expressions,
    points_in_regions,
    regions_around_points,
    kept_up_by_writes_and_removals,
    filtered,
    pages_resume_exactly,
    background_operations,
    no_index_refused,
    other_type_refused,
    same_index_again,
    other_index_of_the_same_name_refused,
    dropped_twice,
];

/// The name of an index on the scenario's own set.
fn name(t: &Context) -> String {
    format!("i-{}", own_set(t))
}

/// Writes a record for each value, with the number of the record in `n`.
async fn write(t: &mut Context, values: impl IntoIterator<Item = Value>) -> Outcome {
    let values: Vec<Value> = values.into_iter().collect();
    let keys = own_keys(t, values.len() as i64);
    let numbered = values
        .into_iter()
        .zip(0..)
        .map(|(value, n)| bins! {"n" => n, "v" => value});
    ask!(t, batch_write(keys.iter().zip(numbered)))?;
    Ok(())
}

async fn create(t: &mut Context, index: Index) -> Outcome {
    let (set, name) = (own_set(t), name(t));
    let task = ask!(t, create_index(Context::NAMESPACE, &set, &name, index))?;
    ask!(t, wait(&task))?;
    Ok(())
}

async fn find(t: &mut Context, predicate: Predicate) -> Result<Vec<i64>, NotPassed> {
    let set = own_set(t);
    numbers(&ask!(t, query(Context::NAMESPACE, &set).matching(predicate))?.records)
}

async fn drop_index(t: &mut Context) -> Outcome {
    let name = name(t);
    let task = ask!(t, drop_index(Context::NAMESPACE, &name))?;
    ask!(t, wait(&task))?;
    Ok(())
}

async fn numbers_equal_and_in_ranges(t: &mut Context) -> Outcome {
    let values = [-5, 0, 5, 5, 10, i64::MAX, i64::MIN].map(Value::from);
    write(t, values.into_iter().chain(["5".into(), 5.0.into()])).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    expect_eq!(find(t, Predicate::equal("v", 5)).await?, [2, 3]);
    expect_eq!(find(t, Predicate::range("v", 0..=5)).await?, [1, 2, 3]);
    expect_eq!(find(t, Predicate::range("v", ..0)).await?, [0, 6]);
    expect_eq!(find(t, Predicate::range("v", ..)).await?, [0, 1, 2, 3, 4, 5, 6]);
    let none: [i64; 0] = [];
    expect_eq!(find(t, Predicate::equal("v", 6)).await?, none);
    let by_name = Predicate::range("", 10..).index(name(t));
    expect_eq!(find(t, by_name).await?, [4, 5]);
    drop_index(t).await
}

async fn text(t: &mut Context) -> Outcome {
    write(t, ["a".into(), "b".into(), "".into(), "a".into(), 1.into()]).await?;
    create(t, Index::on("v", IndexType::String)).await?;
    expect_eq!(find(t, Predicate::equal("v", "a")).await?, [0, 3]);
    drop_index(t).await
}

async fn blobs(t: &mut Context) -> Outcome {
    write(t, [vec![1_u8], vec![2], vec![1, 2], vec![1]].map(Value::Blob)).await?;
    create(t, Index::on("v", IndexType::Blob)).await?;
    expect_eq!(find(t, Predicate::equal("v", &[1])).await?, [0, 3]);
    drop_index(t).await
}

async fn lists(t: &mut Context) -> Outcome {
    let lists = [vec![1, 2], vec![2, 2, 3], vec![], vec![9]];
    write(t, lists.map(Value::from)).await?;
    create(t, Index::on("v", IndexType::Numeric).within(CollectionIndexType::List)).await?;
    let equal = |n: i64| Predicate::equal("v", n).within(CollectionIndexType::List);
    expect_eq!(find(t, equal(2)).await?, [0, 1]);
    expect_eq!(find(t, equal(9)).await?, [3]);
    drop_index(t).await
}

fn map<const LEN: usize>(pairs: [(&str, &str); LEN]) -> Value {
    Value::Map(pairs.into_iter().collect::<Map>())
}

async fn map_keys_and_values(t: &mut Context) -> Outcome {
    write(t, [map([("a", "x"), ("b", "y")]), map([("b", "x")]), map([])]).await?;
    for (collection, wanted, expected) in [
        (CollectionIndexType::MapKeys, "b", vec![0, 1]),
        (CollectionIndexType::MapKeys, "a", vec![0]),
        (CollectionIndexType::MapValues, "x", vec![0, 1]),
        (CollectionIndexType::MapValues, "y", vec![0]),
    ] {
        create(t, Index::on("v", IndexType::String).within(collection)).await?;
        expect_eq!(
            find(t, Predicate::equal("v", wanted).within(collection)).await?,
            expected
        );
        drop_index(t).await?;
    }
    Ok(())
}

async fn within_a_context(t: &mut Context) -> Outcome {
    write(t, [map([("a", "x")]), map([("a", "y")]), map([("b", "x")])]).await?;
    let path = Path::new().map_key("a");
    create(t, Index::on("v", IndexType::String).context(&path)).await?;
    expect_eq!(find(t, Predicate::equal("v", "x").context(&path)).await?, [0]);
    let by_name = Predicate::equal("", "y").index(name(t));
    expect_eq!(find(t, by_name).await?, [1]);
    drop_index(t).await
}

async fn expressions(t: &mut Context) -> Outcome {
    write(t, [1, 2, 3, 4].map(Value::from)).await?;
    let double = exp::int_bin("v") * 2;
    create(t, Index::on_expression(&double, IndexType::Numeric)).await?;
    expect_eq!(find(t, Predicate::range("", 4..=6).expression(&double)).await?, [1, 2]);
    drop_index(t).await
}

fn point(longitude: f64, latitude: f64) -> String {
    format!(r#"{{"type":"Point","coordinates":[{longitude:.1},{latitude:.1}]}}"#)
}

async fn points_in_regions(t: &mut Context) -> Outcome {
    let points = [(1.0, 1.0), (2.0, 2.0), (50.0, 50.0)];
    write(
        t,
        points.map(|(longitude, latitude)| Value::GeoJson(point(longitude, latitude))),
    )
    .await?;
    create(t, Index::on("v", IndexType::Geo2dSphere)).await?;
    let square = r#"{"type":"Polygon","coordinates":[[[0,0],[3,0],[3,3],[0,3],[0,0]]]}"#;
    expect_eq!(find(t, Predicate::within_region("v", square)).await?, [0, 1]);
    expect_eq!(find(t, Predicate::within_radius("v", 2.0, 2.0, 1000.0)).await?, [1]);
    drop_index(t).await
}

async fn regions_around_points(t: &mut Context) -> Outcome {
    let circles = [(1.0, 1.0, 1000), (1.0, 1.001, 1000), (9.0, 9.0, 1000)];
    let circles = circles.map(|(longitude, latitude, metres)| {
        Value::GeoJson(format!(
            r#"{{"type":"AeroCircle","coordinates":[[{longitude:.3},{latitude:.3}],{metres}]}}"#
        ))
    });
    write(t, circles).await?;
    create(t, Index::on("v", IndexType::Geo2dSphere)).await?;
    expect_eq!(find(t, Predicate::contains_point("v", point(1.0, 1.0))).await?, [0, 1]);
    drop_index(t).await
}

async fn kept_up_by_writes_and_removals(t: &mut Context) -> Outcome {
    write(t, [1, 1, 1, 2].map(Value::from)).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    let keys = own_keys(t, 5);
    ask!(t, put(&keys[0], bins! {"v" => 2}))?;
    ask!(t, remove(&keys[1]))?;
    ask!(t, remove_bin(&keys[3], ["v"]))?;
    ask!(t, put(&keys[4], bins! {"v" => 1, "n" => 4}))?;
    expect_eq!(find(t, Predicate::equal("v", 1)).await?, [2, 4]);
    expect_eq!(find(t, Predicate::equal("v", 2)).await?, [0]);
    drop_index(t).await
}

async fn filtered(t: &mut Context) -> Outcome {
    write(t, [1, 1, 2, 1].map(Value::from)).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    let set = own_set(t);
    let query = ask!(
        t,
        query(Context::NAMESPACE, &set)
            .matching(Predicate::equal("v", 1))
            .filter(exp::int_bin("n").gt(0))
            .bins(["n"])
    )?;
    expect_eq!(numbers(&query.records)?, [1, 3]);
    expect_true!(query.records.iter().all(|record| record.bins.len() == 1), "other bins");
    drop_index(t).await
}

async fn pages_resume_exactly(t: &mut Context) -> Outcome {
    write(t, (0..100).map(|n| Value::from(n % 4))).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    let set = own_set(t);
    let (mut found, mut sizes) = (Vec::new(), Vec::new());
    let mut cursor = Cursor::default();
    while !cursor.is_done() {
        let query = t.client().query(Context::NAMESPACE, &set);
        let matching = query.matching(Predicate::range("v", 1..=2));
        let page = matching.max_records(15).after(&cursor).await?;
        sizes.push(page.records.len());
        found.extend(page.records);
        cursor = page.cursor;
    }
    sizes.retain(|size| *size > 0);
    t.transcribe_text("pages of 15", format!("{sizes:?}"));
    expect_eq!(sizes, [15, 15, 15, 5]);
    let expected: Vec<i64> = (0..100).filter(|n| matches!(n % 4, 1 | 2)).collect();
    expect_eq!(numbers(&found)?, expected);
    drop_index(t).await
}

async fn background_operations(t: &mut Context) -> Outcome {
    write(t, [1, 2, 1, 3].map(Value::from)).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    let set = own_set(t);
    let task = ask!(
        t,
        query(Context::NAMESPACE, &set)
            .matching(Predicate::equal("v", 1))
            .operate([Operation::add("v", 10)])
    )?;
    ask!(t, wait(&task))?;
    expect_eq!(find(t, Predicate::equal("v", 11)).await?, [0, 2]);
    drop_index(t).await
}

async fn no_index_refused(t: &mut Context) -> Outcome {
    write(t, [1.into()]).await?;
    let set = own_set(t);
    let query = ask!(t, query(Context::NAMESPACE, &set).matching(Predicate::equal("v", 1)));
    expect_refused!(query, INDEX_NOT_FOUND);
    Ok(())
}

async fn other_type_refused(t: &mut Context) -> Outcome {
    write(t, [1.into()]).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    let set = own_set(t);
    let query = ask!(t, query(Context::NAMESPACE, &set).matching(Predicate::equal("v", "1")));
    expect_refused!(query, INDEX_NOT_FOUND);
    drop_index(t).await
}

async fn same_index_again(t: &mut Context) -> Outcome {
    write(t, [1.into()]).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    let name = name(t);
    let indexes = t.client().list_indexes(Context::NAMESPACE).await?;
    let named: Vec<_> = indexes.iter().filter(|index| index.name == name).collect();
    expect_eq!(named.len(), 1);
    let of = own_set(t);
    expect_eq!(
        (named[0].set.as_deref(), named[0].bin.as_deref()),
        (Some(of.as_str()), Some("v"))
    );
    expect_eq!(named[0].index_type, Some(IndexType::Numeric));
    drop_index(t).await
}

async fn other_index_of_the_same_name_refused(t: &mut Context) -> Outcome {
    write(t, [1.into()]).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    let (set, name) = (own_set(t), name(t));
    let other = Index::on("v", IndexType::String);
    expect_refused!(
        ask!(t, create_index(Context::NAMESPACE, &set, &name, other)),
        INDEX_FOUND
    );
    drop_index(t).await
}

async fn dropped_twice(t: &mut Context) -> Outcome {
    write(t, [1.into()]).await?;
    create(t, Index::on("v", IndexType::Numeric)).await?;
    drop_index(t).await?;
    drop_index(t).await
}
