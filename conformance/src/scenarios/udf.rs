//! UDFs: modules; calls on single records, in batches and in the background; aggregations.

use std::time::Duration;

use spikelet_client::{BatchRow, ResultCode, Value, bins};

use super::own_set::{own_keys, own_set};
use crate::assertions::{expect_eq, expect_refused, expect_true};
use crate::context::{Context, ask};
use crate::outcome::{NotPassed, Outcome};
use crate::scenario::scenarios;

scenarios![
    returns_its_arguments,
    creates_a_record,
    updates_a_record,
    removes_a_record,
    fails,
    holds_up_only_its_record,
    unknown_function_refused,
    unknown_module_refused,
    script_that_does_not_compile_refused,
    module_listed_and_removed,
    batch,
    background,
    aggregation,
    aggregation_that_fails,
];

const SCRIPT: &str = r"
function echo(record, value) return value end
function set(record, value)
  record['v'] = value
  if aerospike:exists(record) then
    aerospike:update(record)
  else
    aerospike:create(record)
  end
  return 'set'
end
function remove(record) return aerospike:remove(record) end
function fail(record) error('on purpose') end
function slow(record, turns)
  local n = 0
  for i = 1, turns do n = n + i % 7 end
  record['v'] = n
  return aerospike:update(record)
end
function sum(stream)
  local function value(record) return record['v'] end
  local function add(a, b) return a + b end
  return stream : map(value) : reduce(add)
end
function broken(stream)
  return stream : map(function(record) error('on purpose') end)
end
";

/// Registers the scenario's own module and returns its name.
async fn register(t: &mut Context) -> Result<String, NotPassed> {
    let module = format!("m{:08x}", t.unique_number() as u32);
    let file = format!("{module}.lua");
    let task = ask!(t, register_udf(&file, SCRIPT))?;
    ask!(t, wait(&task))?;
    Ok(module)
}

async fn remove_module(t: &mut Context, module: &str) -> Outcome {
    let file = format!("{module}.lua");
    let task = ask!(t, remove_udf(&file))?;
    ask!(t, wait(&task))?;
    Ok(())
}

async fn returns_its_arguments(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let key = t.key("a");
    for value in [
        Value::Nil,
        1.into(),
        Value::Float(1.5),
        "text".into(),
        true.into(),
        vec![1, 2].into(),
        Value::Map([("a", 1)].into_iter().collect()),
    ] {
        let returned = ask!(t, execute_udf(&key, &module, "echo", [value.clone()]))?;
        expect_eq!(returned, value);
    }
    remove_module(t, &module).await
}

async fn creates_a_record(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let key = t.key("a");
    expect_eq!(ask!(t, execute_udf(&key, &module, "set", (5,)))?, Value::from("set"));
    expect_eq!(ask!(t, get(&key))?.bins, bins! {"v" => 5});
    remove_module(t, &module).await
}

async fn updates_a_record(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let key = t.key("a");
    ask!(t, put(&key, bins! {"v" => 1, "w" => 2}))?;
    ask!(t, execute_udf(&key, &module, "set", ("new",)))?;
    let record = ask!(t, get(&key))?;
    expect_eq!(record.bins, bins! {"v" => "new", "w" => 2});
    expect_eq!(record.generation, 2);
    remove_module(t, &module).await
}

async fn removes_a_record(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let key = t.key("a");
    ask!(t, put(&key, bins! {"v" => 1}))?;
    ask!(t, execute_udf(&key, &module, "remove", ()))?;
    expect_eq!(ask!(t, exists(&key))?, false);
    remove_module(t, &module).await
}

async fn fails(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let key = t.key("a");
    let answer = ask!(t, execute_udf(&key, &module, "fail", ()));
    expect_true!(
        answer
            .as_ref()
            .is_err_and(|error| error.to_string().contains("on purpose")),
        "{answer:?}"
    );
    expect_refused!(answer, UDF_BAD_RESPONSE);
    remove_module(t, &module).await
}

/// Gets of other records are answered while a script runs. A get of its own record waits until the script ends.
async fn holds_up_only_its_record(t: &mut Context) -> Outcome {
    const TURNS: i64 = 10_000_000;
    let module = register(t).await?;
    let (slow, other) = (t.key("slow"), t.key("other"));
    ask!(t, put(&slow, bins! {"v" => 0}))?;
    ask!(t, put(&other, bins! {"v" => 1}))?;
    let (client, key, name) = (t.client().clone(), slow.clone(), module.clone());
    let script = tokio::spawn(async move {
        let call = client.execute_udf(&key, &name, "slow", (TURNS,));
        call.total_timeout(Duration::from_secs(30)).await
    });
    for _ in 0..10 {
        expect_eq!(ask!(t, get(&other))?.bins, bins! {"v" => 1});
    }
    expect_true!(!script.is_finished(), "the gets waited until the script had ended");
    let record = ask!(t, get(&slow))?;
    expect_eq!(record.generation, 2);
    expect_eq!(script.await.map_err(NotPassed::failed)??, Value::from(0));
    remove_module(t, &module).await
}

async fn unknown_function_refused(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let key = t.key("a");
    expect_refused!(ask!(t, execute_udf(&key, &module, "nobody", ())), UDF_BAD_RESPONSE);
    remove_module(t, &module).await
}

async fn unknown_module_refused(t: &mut Context) -> Outcome {
    let key = t.key("a");
    expect_refused!(ask!(t, execute_udf(&key, "no_such_module", "f", ())), UDF_BAD_RESPONSE);
    Ok(())
}

async fn script_that_does_not_compile_refused(t: &mut Context) -> Outcome {
    let task = ask!(t, register_udf("spikelet_bad.lua", "function ("));
    expect_refused!(task, UDF_BAD_RESPONSE);
    Ok(())
}

async fn module_listed_and_removed(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let file = format!("{module}.lua");
    let modules = t.client().list_udfs().await?;
    expect_true!(
        modules
            .iter()
            .any(|listed| listed.file == file && listed.language == "LUA"),
        "{modules:?}"
    );
    remove_module(t, &module).await?;
    let modules = t.client().list_udfs().await?;
    expect_true!(modules.iter().all(|listed| listed.file != file), "{modules:?}");
    Ok(())
}

async fn batch(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let keys = t.keys(3);
    let rows = [
        BatchRow::udf(&keys[0], &module, "echo", (7,)),
        BatchRow::udf(&keys[1], &module, "fail", ()),
        BatchRow::udf(&keys[2], &module, "set", (1,)),
    ];
    let records = ask!(t, batch(rows))?;
    let codes: Vec<_> = records.iter().map(|row| row.result_code()).collect();
    expect_eq!(
        codes,
        [ResultCode::OK, ResultCode::UDF_BAD_RESPONSE, ResultCode::OK].map(Some)
    );
    expect_eq!(
        records[0].record().map(|record| record.bins["SUCCESS"].clone()),
        Some(7.into())
    );
    expect_eq!(ask!(t, get(&keys[2]))?.bins, bins! {"v" => 1});
    remove_module(t, &module).await
}

async fn background(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let keys = own_keys(t, 20);
    ask!(t, batch_write(keys.iter().map(|key| (key, bins! {"v" => 1}))))?;
    let set = own_set(t);
    let task = ask!(t, query(Context::NAMESPACE, &set).execute_udf(&module, "set", (2,)))?;
    ask!(t, wait(&task))?;
    let records = ask!(t, query(Context::NAMESPACE, &set))?.records;
    expect_eq!(records.len(), 20);
    expect_true!(
        records.iter().all(|record| record.bins["v"] == 2.into()),
        "a record is as it was"
    );
    remove_module(t, &module).await
}

async fn aggregation(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let keys = own_keys(t, 20);
    ask!(
        t,
        batch_write(keys.iter().zip(0..).map(|(key, n)| (key, bins! {"v" => n})))
    )?;
    let set = own_set(t);
    let query = t.client().query(Context::NAMESPACE, &set);
    let values = query.aggregate(&module, "sum", ()).await?;
    let sum: i64 = values.into_iter().filter_map(|value| i64::try_from(value).ok()).sum();
    t.transcribe_text("sum", sum.to_string());
    expect_eq!(sum, 190);
    remove_module(t, &module).await
}

async fn aggregation_that_fails(t: &mut Context) -> Outcome {
    let module = register(t).await?;
    let keys = own_keys(t, 3);
    ask!(t, batch_write(keys.iter().map(|key| (key, bins! {"v" => 1}))))?;
    let set = own_set(t);
    let values = t
        .client()
        .query(Context::NAMESPACE, &set)
        .aggregate(&module, "broken", ());
    expect_refused!(values.await, UDF_BAD_RESPONSE);
    remove_module(t, &module).await
}
