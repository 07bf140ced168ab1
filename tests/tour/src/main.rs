//! A server, a client, and what a test can see of both: `cargo run --package spikelet-tour`.

use std::time::Duration;

use spikelet::Server;
use spikelet_client::{Key, ResultCode, bins, blocking::Client};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::start()?;
    println!("listening on {}", server.addr());

    let client = Client::connect(server.addr())?;
    let key = Key::new("test", "demo", "user1");

    client
        .put(&key, bins! {"name" => "Alice", "age" => 30})
        .ttl(Duration::from_secs(300))
        .call()?;
    println!("put   {:?}", client.get(&key).call()?.bins);

    let error = client
        .put(&key, bins! {"name" => "Bob"})
        .create_only()
        .call()
        .expect_err("the record exists");
    assert_eq!(error.result_code(), Some(ResultCode::RECORD_EXISTS));
    println!("put   {error}");

    let record = client
        .operate(&key)
        .write("name", "Bob")
        .add("visits", 1)
        .get("visits")
        .call()?;
    println!("operate {:?}", record.bins);

    let seen = server.record("test", "demo", "user1").expect("the server holds it");
    println!("inside {:?}, generation {}", seen.bins, seen.generation);
    Ok(())
}
