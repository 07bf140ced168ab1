//! A differential run against a server that is killed at its 100th request: the run names the request, starts the server
//! again and finishes.
//!
//! The server is another process of this test program, which runs `mortal_server`.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use spikelet::Server;
use spikelet_client::Operation;
use spikelet_conformance::proptest::{self, Address, Embedded, Error, Failure, Records, Supervised, differential};
use spikelet_conformance::{frame_display::DisplayFrame, recorded};
use spikelet_wire::{FrameHeader, FrameType};

/// The environment variables of the other process.
const PORT: &str = "MORTAL_PORT";
const LOG: &str = "MORTAL_LOG";
/// The number of the request at which it dies.
const DIES_AT: &str = "MORTAL_DIES_AT";
/// A part of the requests at which it dies.
const DIES_ON: &str = "MORTAL_DIES_ON";

/// The info command that ends the process.
const QUIT: &[u8] = b"quit\n";

/// How long the process may live. It ends earlier, unless the test was killed.
const LIFETIME: Duration = Duration::from_secs(300);

#[test]
fn a_server_that_is_killed_at_its_100th_request_is_started_again() {
    let mortal = Mortal::start(100);
    let crashes = mortal.file("crashes.jsonl");
    let run = differential(Server::start().unwrap(), mortal.address())
        .cases(60)
        .crashes_to(&crashes)
        .run();
    let agreement = run.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(agreement.sequences, 60);
    let [crash] = &agreement.crashes[..] else {
        panic!("{:#?}", agreement.crashes);
    };
    // It names the request at which the server was killed, which the server has logged.
    let requests = mortal.requests();
    assert!(requests.len() > 100, "{} requests", requests.len());
    assert_eq!(hex(crash.frame()), requests[99]);
    assert_eq!(crash.target, mortal.name());
    // The server is not killed when the request is sent again.
    assert!(!crash.is_reproduced, "{crash}");
    assert!(crash.to_string().contains(&requests[99]), "{crash}");
    // The request is kept.
    let kept = recorded::load(&crashes).unwrap();
    assert_eq!(kept.len(), 1);
    let last = kept[0].steps.last().unwrap();
    assert_eq!(last.request, crash.frame(), "{}", DisplayFrame(&last.request));
    assert!(
        kept[0].note.contains(&crash.request().unwrap().to_string()),
        "{}",
        kept[0].note
    );
}

#[test]
fn a_server_that_always_dies_at_a_request_is_started_again_each_time() {
    let mortal = Mortal::start_with(DIES_ON, "die");
    let mut supervised = Supervised::new(mortal.address().restarted_by(mortal.command(&[(DIES_ON, "die")])));
    let records = Records::new("test", "mortal", 1);
    let operate = |operations| proptest::Command::operate(0, operations);
    let (harmless, fatal) = (Operation::write("a", 1), Operation::write("b", "die"));
    supervised.begin();
    supervised.execute(&records, &operate(vec![harmless.clone()])).unwrap();
    let died = supervised.execute(&records, &operate(vec![harmless.clone(), fatal.clone()]));
    assert!(matches!(died, Err(Failure::Crashed)), "{died:?}");
    let [crash] = supervised.crashes() else {
        panic!("{:#?}", supervised.crashes());
    };
    assert!(crash.is_reproduced);
    assert_eq!(crash.commands, [operate(vec![fatal])], "{crash}");
    // It serves again.
    supervised.begin();
    assert!(supervised.execute(&records, &operate(vec![harmless])).is_ok());
}

#[test]
fn a_server_without_a_restart_command_ends_the_run() {
    let mortal = Mortal::start(20);
    let found = differential(Embedded::default(), Address::new(mortal.name()))
        .cases(60)
        .run();
    let Err(Error::Died { crash, why }) = found else {
        panic!("{found:?}");
    };
    assert_eq!(hex(crash.frame()), mortal.requests()[19]);
    assert_eq!(why, "there is no command to restart it");
}

/// A server in another process.
struct Mortal {
    port: u16,
    folder: PathBuf,
}

impl Mortal {
    /// Starts a server that dies at a request, but not after it was started again.
    fn start(dies_at: usize) -> Self {
        Self::start_with(DIES_AT, &dies_at.to_string())
    }

    fn start_with(name: &str, value: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mortal-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mortal = Self { port, folder };
        let started = Command::new("sh")
            .arg("-c")
            .arg(mortal.command(&[(name, value)]))
            .status();
        assert!(started.unwrap().success());
        for _ in 0..600 {
            if TcpStream::connect(mortal.name()).is_ok() {
                return mortal;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not listen");
    }

    /// The shell command that starts the server.
    fn command(&self, environment: &[(&str, &str)]) -> String {
        let environment: String = environment
            .iter()
            .map(|(name, value)| format!("{name}={value} "))
            .collect();
        format!(
            "{PORT}={} {LOG}='{}' {environment} '{}' --exact mortal_server --ignored >/dev/null 2>&1 &",
            self.port,
            self.file("requests").display(),
            std::env::current_exe().unwrap().display(),
        )
    }

    fn address(&self) -> Address {
        Address::new(self.name()).restarted_by(self.command(&[]))
    }

    fn name(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The requests that the server has received, in hex.
    fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.file("requests")).unwrap();
        log.lines().map(str::to_owned).collect()
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(self.name()) {
            let mut frame = bytes::BytesMut::new();
            spikelet_wire::frame::write(&mut frame, FrameType::INFO, QUIT);
            let _ = stream.write_all(&frame);
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The server: it passes requests on to an embedded one, logs them, and exits at the request that it was told.
#[test]
#[ignore = "the other tests run it as a process"]
fn mortal_server() {
    let port: u16 = std::env::var(PORT).expect("the port").parse().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let server: &Server = Box::leak(Box::new(Server::start().unwrap()));
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(std::env::var(LOG).unwrap());
    let log: &Mutex<fs::File> = Box::leak(Box::new(Mutex::new(log.unwrap())));
    let count: &Mutex<usize> = Box::leak(Box::default());
    thread::spawn(|| {
        thread::sleep(LIFETIME);
        exit(1);
    });
    for client in listener.incoming() {
        let mut client = client.unwrap();
        thread::spawn(move || {
            let mut upstream = TcpStream::connect(server.addr()).unwrap();
            upstream.set_nodelay(true).unwrap();
            let (mut responses, mut back) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
            back.set_nodelay(true).unwrap();
            thread::spawn(move || std::io::copy(&mut responses, &mut back));
            while let Some(frame) = read_frame(&mut client) {
                let header = FrameHeader::decode(*frame.first_chunk().unwrap());
                if header.frame_type == FrameType::INFO && frame.ends_with(QUIT) {
                    exit(0);
                }
                if header.frame_type == FrameType::MESSAGE {
                    writeln!(log.lock().unwrap(), "{}", hex(&frame)).unwrap();
                    let mut count = count.lock().unwrap();
                    *count += 1;
                    let dies_at = std::env::var(DIES_AT).ok().and_then(|at| at.parse().ok());
                    let dies_on = std::env::var(DIES_ON).ok();
                    let is_fatal = dies_on.is_some_and(|text| contains(&frame, text.as_bytes()));
                    if dies_at == Some(*count) || is_fatal {
                        exit(1);
                    }
                }
                upstream.write_all(&frame).unwrap();
            }
            let _ = upstream.shutdown(std::net::Shutdown::Both);
        });
    }
}

fn read_frame(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut frame = vec![0; FrameHeader::SIZE];
    stream.read_exact(&mut frame).ok()?;
    let size = FrameHeader::decode(*frame.first_chunk()?).size;
    stream.take(size).read_to_end(&mut frame).ok()?;
    Some(frame)
}
