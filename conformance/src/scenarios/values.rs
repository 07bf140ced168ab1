//! Values: every particle type is written and read back.

use spikelet_client::{Map, MapOrder, ParticleType, ResultCode, Value, bins};
use spikelet_wire::{Header, Info1, Info2, OpCode};

use crate::assertions::{expect_eq, expect_refused};
use crate::context::{Context, ask};
use crate::outcome::Outcome;
use crate::raw::RawRequest;
use crate::scenario::scenarios;

scenarios![
    integers,
    doubles,
    double_edges,
    strings,
    string_of_any_bytes,
    blobs,
    booleans,
    geojson_point,
    geojson_polygon,
    geojson_refused,
    hll_refused,
    lists,
    ordered_list,
    empty_collections,
    maps,
    unordered_map_is_sorted,
    key_ordered_map,
    nested_collections,
    deep_collections,
    large_collections,
    blobs_of_languages,
    nil_deletes_a_bin,
    nil_deletes_the_last_bin,
    bin_changes_its_type,
    short_integers,
    damaged_integers_refused,
    damaged_doubles_refused,
    damaged_booleans_refused,
    damaged_lists_refused,
    damaged_maps_refused,
    unknown_particles_refused,
];

/// Writes values, each into its own record, and reads them back.
async fn come_back(t: &mut Context, values: impl IntoIterator<Item = Value>) -> Outcome {
    for (n, value) in values.into_iter().enumerate() {
        let key = t.key(n);
        ask!(t, put(&key, bins! {"v" => value.clone()}))?;
        let record = ask!(t, get(&key))?;
        expect_eq!(record.bins, bins! {"v" => value.clone()});
        expect_eq!(record.generation, 1);
        expect_eq!(ask!(t, select(&key, ["v"]))?.bins, bins! {"v" => value});
    }
    Ok(())
}

/// Writes raw particles and expects that they are rejected and no record is created.
async fn are_refused(t: &mut Context, particle_type: ParticleType, particles: &[&[u8]], code: ResultCode) -> Outcome {
    for (n, particle) in particles.iter().enumerate() {
        let key = t.key(n);
        let request = RawRequest::new(
            &key,
            Header {
                info2: Info2::WRITE,
                ..Header::default()
            },
        );
        let value = Value::Other(particle_type, particle.to_vec());
        expect_eq!(t.send_one(&request.op(OpCode::WRITE, "v", value)).await?.code(), code);
        expect_refused!(ask!(t, get(&key)), NOT_FOUND);
    }
    Ok(())
}

async fn integers(t: &mut Context) -> Outcome {
    let values = [
        0,
        1,
        -1,
        127,
        128,
        255,
        256,
        65_536,
        i64::from(u32::MAX),
        i64::MAX,
        i64::MIN,
    ];
    come_back(t, values.map(Value::Int)).await
}

async fn doubles(t: &mut Context) -> Outcome {
    come_back(t, [0.0, 1.5, -1.5, 2.75, 1e300, -1e-300].map(Value::Float)).await
}

async fn double_edges(t: &mut Context) -> Outcome {
    come_back(
        t,
        [f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY, -0.0].map(Value::Float),
    )
    .await?;
    let key = t.key("nan");
    ask!(t, put(&key, bins! {"v" => f64::NAN}))?;
    let nan: f64 = ask!(t, get(&key))?.get("v")?;
    expect_eq!(nan.is_nan(), true);
    Ok(())
}

async fn strings(t: &mut Context) -> Outcome {
    let long = "0123456789".repeat(1000);
    come_back(
        t,
        ["", "text", "zero\0inside", "Ærøskøbing 🦀 \u{7f}", &long].map(Value::from),
    )
    .await
}

async fn string_of_any_bytes(t: &mut Context) -> Outcome {
    // The server does not check that a string is UTF-8.
    come_back(t, [Value::Other(ParticleType::STRING, vec![0xff, 0xfe, 0x00])]).await
}

async fn blobs(t: &mut Context) -> Outcome {
    come_back(
        t,
        [vec![], vec![0], (0..=255).collect(), vec![7; 10_000]].map(Value::Blob),
    )
    .await
}

async fn booleans(t: &mut Context) -> Outcome {
    come_back(t, [true, false].map(Value::Bool)).await
}

async fn geojson_point(t: &mut Context) -> Outcome {
    let point = r#"{"type":"Point","coordinates":[-122.0,37.5]}"#;
    come_back(t, [Value::GeoJson(point.to_owned())]).await
}

async fn geojson_polygon(t: &mut Context) -> Outcome {
    let polygon = r#"{"type":"Polygon","coordinates":[[[-122.5,37.0],[-121.0,37.0],[-121.0,38.0],[-122.5,37.0]]]}"#;
    come_back(t, [Value::GeoJson(polygon.to_owned())]).await
}

async fn geojson_refused(t: &mut Context) -> Outcome {
    for text in ["junk", "{}", r#"{"type":""#] {
        let key = t.key(text);
        expect_refused!(
            ask!(t, put(&key, bins! {"v" => Value::GeoJson(text.to_owned())})),
            GEO_INVALID_GEOJSON
        );
        expect_refused!(ask!(t, get(&key)), NOT_FOUND);
    }
    Ok(())
}

async fn hll_refused(t: &mut Context) -> Outcome {
    are_refused(t, ParticleType::HLL, &[b"junk", b""], ResultCode::PARAMETER).await
}

async fn lists(t: &mut Context) -> Outcome {
    let mixed = vec![
        1.into(),
        "two".into(),
        3.5.into(),
        true.into(),
        Value::Nil,
        Value::Blob(vec![1, 2]),
    ];
    let numbers = (-100..100).map(Value::from).collect();
    come_back(t, [mixed, numbers].map(Value::List)).await
}

async fn ordered_list(t: &mut Context) -> Outcome {
    // Three integers after the flag for an order. The flag is kept and read back.
    let particle = [0x94, 0xc7, 0, 1, 1, 2, 3];
    let key = t.key("a");
    ask!(
        t,
        put(&key, bins! {"v" => Value::Other(ParticleType::LIST, particle.to_vec())})
    )?;
    expect_eq!(ask!(t, get(&key))?.bins["v"], Value::from(vec![1, 2, 3]));
    Ok(())
}

async fn empty_collections(t: &mut Context) -> Outcome {
    come_back(t, [Value::List(vec![]), Value::Map(Map::default())]).await
}

async fn maps(t: &mut Context) -> Outcome {
    let names: Map = [("a", 1), ("b", 2)].into_iter().collect();
    let numbers: Map = [(1, "x"), (2, "y"), (3, "z")].into_iter().collect();
    come_back(t, [names, numbers].map(Value::Map)).await
}

async fn unordered_map_is_sorted(t: &mut Context) -> Outcome {
    // The server keeps even unordered maps sorted by key.
    let key = t.key("a");
    let map: Map = [("b", 1), ("a", 2)].into_iter().collect();
    ask!(t, put(&key, bins! {"v" => map}))?;
    let sorted: Map = [("a", 2), ("b", 1)].into_iter().collect();
    expect_eq!(ask!(t, get(&key))?.bins["v"], Value::Map(sorted));
    Ok(())
}

async fn key_ordered_map(t: &mut Context) -> Outcome {
    let mut map = Map::new(MapOrder::KeyOrdered);
    map.insert("a", 1);
    map.insert("b", 2);
    come_back(t, [Value::Map(map)]).await
}

async fn nested_collections(t: &mut Context) -> Outcome {
    let inner: Map = [("list", Value::from(vec![1, 2])), ("nil", Value::Nil)]
        .into_iter()
        .collect();
    let outer = Value::List(vec![Value::Map(inner), Value::List(vec![Value::List(vec![])])]);
    come_back(t, [outer]).await
}

async fn deep_collections(t: &mut Context) -> Outcome {
    let deep = (0..50).fold(Value::from(1), |value, _| Value::List(vec![value]));
    come_back(t, [deep]).await
}

async fn large_collections(t: &mut Context) -> Outcome {
    let list = (0..10_000).map(Value::from).collect();
    let map: Map = (0..1000).map(|n| (n, n)).collect();
    come_back(t, [Value::List(list), Value::Map(map)]).await
}

async fn blobs_of_languages(t: &mut Context) -> Outcome {
    let types = [
        ParticleType::JAVA_BLOB,
        ParticleType::CSHARP_BLOB,
        ParticleType::PYTHON_BLOB,
        ParticleType::RUBY_BLOB,
        ParticleType::PHP_BLOB,
        ParticleType::ERLANG_BLOB,
    ];
    come_back(t, types.map(|of| Value::Other(of, b"serialized".to_vec()))).await
}

async fn nil_deletes_a_bin(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1, "b" => 2}))?;
    ask!(t, put(&key, bins! {"a" => Value::Nil}))?;
    let record = ask!(t, get(&key))?;
    expect_eq!((record.generation, record.bins), (2, bins! {"b" => 2}));
    Ok(())
}

async fn nil_deletes_the_last_bin(t: &mut Context) -> Outcome {
    let key = t.key("a");
    ask!(t, put(&key, bins! {"a" => 1}))?;
    ask!(t, put(&key, bins! {"a" => Value::Nil}))?;
    expect_refused!(ask!(t, get(&key)), NOT_FOUND);
    Ok(())
}

async fn bin_changes_its_type(t: &mut Context) -> Outcome {
    let key = t.key("a");
    let values = [
        Value::Int(1),
        "text".into(),
        1.5.into(),
        true.into(),
        vec![1, 2].into(),
        Value::Blob(vec![1]),
    ];
    for value in values {
        ask!(t, put(&key, bins! {"v" => value.clone()}))?;
        expect_eq!(ask!(t, get(&key))?.bins["v"], value);
    }
    Ok(())
}

async fn short_integers(t: &mut Context) -> Outcome {
    // An integer may be sent in 1, 2, 4 or 8 bytes, which are not sign-extended.
    for (particle, value) in [(&[5][..], 5), (&[0, 5], 5), (&[0, 0, 0, 5], 5), (&[0xff], 255)] {
        let key = t.key(format!("{particle:?}"));
        ask!(
            t,
            put(
                &key,
                bins! {"v" => Value::Other(ParticleType::INTEGER, particle.to_vec())}
            )
        )?;
        expect_eq!(ask!(t, get(&key))?.bins, bins! {"v" => value});
    }
    Ok(())
}

async fn damaged_integers_refused(t: &mut Context) -> Outcome {
    are_refused(
        t,
        ParticleType::INTEGER,
        &[b"", &[0; 7], &[0; 12]],
        ResultCode::PARAMETER,
    )
    .await
}

async fn damaged_doubles_refused(t: &mut Context) -> Outcome {
    are_refused(t, ParticleType::FLOAT, &[b"", &[0; 4]], ResultCode::PARAMETER).await
}

async fn damaged_booleans_refused(t: &mut Context) -> Outcome {
    are_refused(t, ParticleType::BOOL, &[b"", &[2], &[1, 1]], ResultCode::PARAMETER).await
}

async fn damaged_lists_refused(t: &mut Context) -> Outcome {
    let damaged: &[&[u8]] = &[b"", &[0x91], &[0x01], &[0x91, 1, 2], &[0xc1]];
    are_refused(t, ParticleType::LIST, damaged, ResultCode::SERVER_ERROR).await
}

async fn damaged_maps_refused(t: &mut Context) -> Outcome {
    // Truncated, not a map, a duplicate key, and keys of invalid types.
    let damaged: &[&[u8]] = &[
        b"",
        &[0x81],
        &[0x01],
        &[0x82, 1, 1, 1, 2],
        &[0x81, 0x90, 1],
        &[0x81, 0xc0, 1],
    ];
    are_refused(t, ParticleType::MAP, damaged, ResultCode::SERVER_ERROR).await
}

async fn unknown_particles_refused(t: &mut Context) -> Outcome {
    for particle_type in [5, 6, 24, 255] {
        let key = t.key(particle_type);
        let header = Header {
            info2: Info2::WRITE,
            ..Header::default()
        };
        let value = Value::Other(ParticleType(particle_type), b"x".to_vec());
        let answer = t
            .send_one(&RawRequest::new(&key, header).op(OpCode::WRITE, "v", value))
            .await?;
        expect_eq!(answer.code(), ResultCode::PARAMETER);
        let header = Header {
            info1: Info1::READ | Info1::GET_ALL,
            ..Header::default()
        };
        expect_eq!(
            t.send_one(&RawRequest::new(&key, header)).await?.code(),
            ResultCode::NOT_FOUND
        );
    }
    Ok(())
}
