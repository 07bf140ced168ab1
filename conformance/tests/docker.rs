//! The targets in containers: start, ports, network, restart and clean-up.
//!
//! `.ci/docker` runs these tests with an image of our own program, whose name is in `SPIKELET_IMAGE`.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use spikelet_client::{Client, Operation};
use spikelet_conformance::proptest::{self, Container, Failure, Records, Supervised};
use spikelet_conformance::results::Verdict;
use spikelet_conformance::target::TargetSpec;
use spikelet_conformance::{run, scenarios};

fn image() -> String {
    std::env::var("SPIKELET_IMAGE").expect("SPIKELET_IMAGE names the image")
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The containers of this process, with those that have stopped; a line for each.
fn containers() -> Vec<String> {
    of_this_process(&docker(&[
        "ps",
        "--all",
        "--format",
        "{{.Names}} {{.Status}} {{.Ports}} {{.Networks}}",
    ]))
}

fn networks() -> Vec<String> {
    of_this_process(&docker(&["network", "ls", "--format", "{{.Name}}"]))
}

fn folders() -> Vec<String> {
    let entries = std::fs::read_dir(std::env::temp_dir()).unwrap();
    let names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap_or_default())
        .collect();
    of_this_process(&names.join("\n"))
}

fn of_this_process(list: &str) -> Vec<String> {
    let prefix = format!("spikelet-conformance-{}-", std::process::id());
    let own = list.lines().filter(|line| line.starts_with(&prefix));
    own.map(str::to_owned).collect()
}

#[track_caller]
fn assert_nothing_is_left() {
    assert_eq!(containers(), [""; 0]);
    assert_eq!(networks(), [""; 0]);
    assert_eq!(folders(), [""; 0]);
}

// The tests look at all containers of this process, so they are one test.
#[test]
#[ignore = "needs a container engine and an image; .ci/docker runs it"]
fn containers_start_serve_restart_and_leave_nothing_behind() {
    a_container_whose_server_dies();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        one_container().await;
        an_image_that_does_not_exist().await;
        a_container_that_stops().await;
        an_interrupted_program();
        three_containers().await;
    });
}

async fn one_container() {
    let target = TargetSpec::Docker { image: image() }.start().await.unwrap();
    let [container] = &containers()[..] else {
        panic!("{:?}", containers());
    };
    let published = target.hosts().strip_prefix("127.0.0.1:").unwrap();
    assert!(
        container.contains(&format!("127.0.0.1:{published}->3000/tcp")),
        "{container}"
    );
    let some: Vec<_> = scenarios::all()
        .filter(|scenario| scenario.subject == "generation")
        .collect();
    let passes = async |target| {
        let run = run::scenarios(target, &some, |_| {}).await.unwrap();
        assert_eq!(run.count(|verdict| *verdict == Verdict::Passed), some.len(), "{run:?}");
    };
    passes(&target).await;
    target.restart().await.unwrap();
    passes(&target).await;
    drop(target);
    assert_nothing_is_left();
}

fn a_container_whose_server_dies() {
    let mut server = Supervised::new(Container::start(&image()).unwrap());
    let records = Records::new("test", "docker", 1);
    let write = proptest::Command::operate(0, vec![Operation::write("a", 1)]);
    server.begin();
    assert_eq!(server.execute(&records, &write).unwrap().generation, 1);
    let container = containers()[0].split(' ').next().unwrap().to_owned();
    docker(&["kill", &container]);
    let died = server.execute(&records, &write);
    assert!(matches!(died, Err(Failure::Crashed)), "{died:?}");
    let [crash] = server.crashes() else {
        panic!("{:?}", server.crashes());
    };
    assert_eq!((crash.request(), crash.is_reproduced), (Some(&write), false), "{crash}");
    // It serves again, without the record.
    server.begin();
    assert_eq!(server.execute(&records, &write).unwrap().generation, 1);
    drop(server);
    assert_nothing_is_left();
}

async fn an_image_that_does_not_exist() {
    let image = "spikelet-conformance-test:missing".to_owned();
    let error = TargetSpec::Docker { image }.start().await.unwrap_err();
    assert!(!error.to_string().is_empty());
    assert_nothing_is_left();
}

async fn a_container_that_stops() {
    let image =
        std::env::var("SPIKELET_FAILING_IMAGE").expect("SPIKELET_FAILING_IMAGE names an image that fails to start");
    let error = TargetSpec::Docker { image }.start().await.unwrap_err().to_string();
    assert!(
        error.contains("has stopped: cannot find fails-on-purpose:1: "),
        "{error}"
    );
    assert_nothing_is_left();
}

/// The program removes its containers when it is interrupted.
fn an_interrupted_program() {
    for signal in ["INT", "TERM"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_spikelet-conformance"))
            .args([
                "--target",
                "docker",
                "--image",
                &image(),
                "--recorded",
                "none",
                "--filter",
                "ttl/*",
            ])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let of_program = |list: String| {
            let prefix = format!("spikelet-conformance-{}-", program.id());
            list.lines().filter(|line| line.starts_with(&prefix)).count()
        };
        let all = ["ps", "--all", "--format", "{{.Names}} {{.Status}}"];
        while of_program(docker(&all)) == 0 {
            thread::sleep(Duration::from_millis(100));
        }
        let killed = Command::new("kill")
            .args([&format!("-{signal}"), &program.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        let id = program.id();
        assert_eq!(program.wait().unwrap().code(), Some(130));
        let prefix = format!("spikelet-conformance-{id}-");
        for list in [docker(&all), docker(&["network", "ls", "--format", "{{.Name}}"])] {
            assert!(!list.contains(&prefix), "{list}");
        }
    }
}

/// The nodes of our program are in one process, so three containers never become a cluster: the target gives up. Until then,
/// each container serves on its port, and all are in one network.
async fn three_containers() {
    let starting = tokio::spawn(async { TargetSpec::DockerCluster { image: image() }.start().await });
    let mut seen: Vec<String> = Vec::new();
    while seen.len() < 3 || !seen.iter().all(|container| container.contains(" Up ")) {
        assert!(!starting.is_finished(), "{:?}", starting.await);
        tokio::time::sleep(Duration::from_millis(200)).await;
        seen = tokio::task::spawn_blocking(containers).await.unwrap();
    }
    let [network] = &networks()[..] else {
        panic!("{:?}", networks());
    };
    for container in &seen {
        assert!(container.ends_with(&format!(" {network}")), "{container}");
        let port = container
            .split("127.0.0.1:")
            .nth(1)
            .and_then(|rest| rest.split("->").next())
            .unwrap();
        let client = Client::connect(format!("127.0.0.1:{port}")).await.unwrap();
        assert_eq!(client.info("status").await.unwrap(), "ok");
    }
    let error = starting.await.unwrap().unwrap_err().to_string();
    assert_eq!(error, "the containers did not serve within 60 seconds");
    assert_nothing_is_left();
}
