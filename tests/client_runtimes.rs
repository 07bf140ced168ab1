//! One client in several tokio runtimes, as a static client is used by one `#[tokio::test]` after the other.

use std::future::IntoFuture as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use spikelet::{NodeState, Server, unstable};
use spikelet_client::{BatchRow, Client, ClientBuilder, Error, Key, bins, blocking};
use spikelet_tests::fake_node::FakeNode;
use tokio::runtime::Builder;
use tokio::sync::OnceCell;
use tokio::time::Instant;

const KEYS: i64 = 60;

fn key(n: i64) -> Key {
    Key::new("test", "demo", n)
}

/// Runs a future on a runtime that ends with it.
fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

fn three_nodes() -> spikelet::Builder {
    Server::builder().nodes(3).replication_factor(2)
}

/// Replaces the oldest node by a new one.
fn replace_a_node(server: &Server) {
    let nodes = server.nodes();
    let oldest = nodes.iter().find(|node| node.state == NodeState::Up).unwrap();
    server.kill(oldest.id).unwrap();
    server.add_node().unwrap();
}

/// The names of the nodes that are up, in order.
fn up(server: &Server) -> Vec<String> {
    let nodes = server.nodes().into_iter();
    nodes
        .filter(|node| node.state == NodeState::Up)
        .map(|node| node.id.to_string())
        .collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

fn wait_until(reached: impl Fn() -> bool) {
    let start = Instant::now();
    while !reached() {
        assert!(start.elapsed() < Duration::from_secs(5), "still not so after 5 seconds");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Commands of several kinds. None may need a second attempt, by which it could find the right node after all.
async fn use_client(client: &Client, round: i64) -> Result<(), Error> {
    for n in 0..KEYS {
        client.put(key(n), bins! {"round" => round}).max_retries(0).await?;
    }
    let rows = (0..KEYS).map(|n| BatchRow::read(key(n)));
    for row in client.batch(rows).max_retries(0).await? {
        assert_eq!(row.result?.get::<i64>("round")?, round);
    }
    let mut records = client.query("test", "demo").max_retries(0).stream();
    let mut found = 0;
    while let Some(record) = records.next().await {
        assert_eq!(record?.get::<i64>("round")?, round);
        found += 1;
    }
    assert_eq!(found, KEYS);
    Ok(())
}

/// Connects on one runtime, and uses the client on others while the cluster changes until no first node is left.
fn outlives_its_runtimes(server: &Server, builder: ClientBuilder) {
    let client = run(builder.into_future()).unwrap();
    for round in 0..5 {
        run(async {
            use_client(&client, round).await.unwrap();
            assert_eq!(sorted(client.nodes()), up(server), "round {round}");
        });
        replace_a_node(server);
    }
}

#[test]
fn a_client_outlives_the_runtime_that_connected_it() {
    let server = three_nodes().start().unwrap();
    outlives_its_runtimes(&server, Client::builder(server.hosts()));
}

#[test]
fn so_it_does_with_pipelines() {
    let server = three_nodes().start().unwrap();
    outlives_its_runtimes(&server, Client::builder(server.hosts()).pipelines(2));
}

#[test]
fn so_it_does_without_sockets() {
    let server = three_nodes().start_in_process().unwrap();
    let builder = Client::builder(server.hosts()).connector(server.connector());
    outlives_its_runtimes(&server, builder);
}

#[test]
fn so_it_does_without_sockets_and_with_pipelines() {
    let server = three_nodes().start_in_process().unwrap();
    let builder = Client::builder(server.hosts()).connector(server.connector());
    outlives_its_runtimes(&server, builder.pipelines(2));
}

/// A query that is started by its stream has no command before it that could notice the change.
#[test]
fn the_first_command_may_be_a_stream() {
    let server = three_nodes().start().unwrap();
    let client = run(Client::connect(server.hosts())).unwrap();
    for n in 0..KEYS {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    (0..2).for_each(|_| replace_a_node(&server));
    let found = run(async {
        let mut records = client.query("test", "demo").max_retries(0).stream();
        let mut found = 0;
        while let Some(record) = records.next().await {
            record.unwrap();
            found += 1;
        }
        found
    });
    assert_eq!(found, KEYS);
}

/// The runtime of the next command does not only refresh the client's view once.
#[test]
fn tending_goes_on_in_the_runtime_of_the_next_command() {
    let server = three_nodes().start().unwrap();
    let builder = Client::builder(server.hosts()).tend_interval(Duration::from_millis(20));
    let client = run(builder.into_future()).unwrap();
    for _ in 0..2 {
        run(async {
            client.put(key(1), bins! {"a" => 1}).await.unwrap();
            replace_a_node(&server);
            let start = Instant::now();
            while sorted(client.nodes()) != up(&server) {
                assert!(start.elapsed() < Duration::from_secs(10), "the change is not noticed");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    }
}

#[test]
fn a_stream_outlives_the_runtime_that_started_it() {
    const RECORDS: i64 = 5000;
    let server = three_nodes().start().unwrap();
    for n in 0..RECORDS {
        server.insert("test", "demo", n, [("n", n)]).unwrap();
    }
    let (mut records, first) = run(async {
        let client = Client::connect(server.hosts()).await.unwrap();
        let mut records = client.query("test", "demo").stream();
        let first = records.next().await.unwrap().unwrap();
        (records, first.get::<i64>("n").unwrap())
    });
    let mut found = run(async {
        let mut found = vec![first];
        while let Some(record) = records.next().await {
            found.push(record.unwrap().get("n").unwrap());
        }
        found
    });
    found.sort_unstable();
    assert_eq!(found, Vec::from_iter(0..RECORDS));
}

/// Runtimes come and go beside one another, as those of tests do that run in parallel. A connection of one that ends in the
/// middle of another's command would leave that command in doubt.
fn runtimes_do_not_disturb_each_other(pipelines: usize) {
    let ends = AtomicBool::new(false);
    let server = Server::start().unwrap();
    let builder = Client::builder(server.hosts()).pipelines(pipelines);
    let client = run(builder.into_future()).unwrap();
    let count = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (client, ends) = (&client, &ends);
                scope.spawn(move || {
                    let mut count = 0;
                    while !ends.load(Ordering::Relaxed) {
                        run(async {
                            for n in 0..20 {
                                let put = client.put(key(thread * 20 + n), bins! {"a" => n});
                                put.max_retries(0).await.unwrap();
                            }
                        });
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        thread::sleep(Duration::from_secs(1));
        ends.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u32>()
    });
    assert!(count > 20, "only {count} runtimes");
    // Those of the tending task and of the last runtimes.
    let stats = unstable::state(&server);
    let open = || {
        let (opened, closed) = (
            &stats.stats(0).client_connections_opened,
            &stats.stats(0).client_connections_closed,
        );
        opened.load(Ordering::Relaxed) - closed.load(Ordering::Relaxed)
    };
    wait_until(|| open() < 20);
}

#[test]
fn commands_survive_the_end_of_other_runtimes() {
    runtimes_do_not_disturb_each_other(0);
}

#[test]
fn pipelined_commands_survive_the_end_of_other_runtimes() {
    runtimes_do_not_disturb_each_other(2);
}

/// An idle connection of one runtime makes room for one of another.
#[test]
fn the_maximum_of_connections_holds_across_runtimes() {
    let node = FakeNode::start("A1");
    let runtimes: Vec<_> = (0..3)
        .map(|_| {
            Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap()
        })
        .collect();
    let client = Client::builder(node.addr()).max_connections(1);
    let client = runtimes[0].block_on(client.into_future()).unwrap();
    for (opened, runtime) in (2..).zip(&runtimes) {
        for n in 0..3 {
            runtime
                .block_on(client.put(key(n), bins! {"a" => 1}).into_future())
                .unwrap();
        }
        assert_eq!(node.connections(), opened, "one tends, and one serves each runtime");
        wait_until(|| node.open_connections() == 2);
    }
}

#[test]
fn a_blocking_client_may_be_called_from_runtimes_that_end() {
    let server = three_nodes().start().unwrap();
    let client = run(async { blocking::Client::connect(server.hosts()).unwrap() });
    for round in 0..5 {
        run(async {
            for n in 0..KEYS {
                client.put(key(n), bins! {"round" => round}).call().unwrap();
                let record = client.get(key(n)).call().unwrap();
                assert_eq!(record.get::<i64>("round").unwrap(), round);
            }
        });
        replace_a_node(&server);
    }
}

static SERVER: LazyLock<Server> = LazyLock::new(|| three_nodes().start().unwrap());
static CLIENT: OnceCell<Client> = OnceCell::const_new();

async fn shared_client() -> &'static Client {
    let connect = || async { Client::connect(SERVER.hosts()).await.unwrap() };
    CLIENT.get_or_init(connect).await
}

macro_rules! tests_with_a_static_client {
    ($($name:ident $flavor:literal),*) => {
        $(#[tokio::test(flavor = $flavor)]
        async fn $name() {
            for n in 0..50 {
                let key = Key::new("test", stringify!($name), n);
                shared_client().await.put(&key, bins! {"n" => n}).await.unwrap();
                assert_eq!(shared_client().await.get(&key).await.unwrap().get::<i64>("n").unwrap(), n);
            }
        })*
    };
}

tests_with_a_static_client!(
    static_client_1 "current_thread",
    static_client_2 "multi_thread",
    static_client_3 "current_thread",
    static_client_4 "multi_thread"
);
