//! Asks a server an info command: `--health`, and the program under the name `asinfo`.
#![expect(
    clippy::disallowed_methods,
    reason = "a wait for another program ends by the machine's time"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

/// How long connecting and answering may take together.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The largest answer.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Checks that a server serves: it answers `status` with `ok`. Prints `ok`, or what is wrong to stderr.
pub(super) fn health(host: &str) -> u8 {
    let host = if host.chars().all(|c| c.is_ascii_digit()) {
        format!("127.0.0.1:{host}")
    } else {
        host.to_owned()
    };
    match ask(&host, "status") {
        Ok(answer) if answer == "ok" => {
            println!("ok");
            0
        }
        Ok(answer) => failed(&format!("{host} answers {answer:?} to status, and not \"ok\"")),
        Err(problem) => failed(&problem),
    }
}

/// The real server's `asinfo -v COMMAND [-h HOST[:PORT]] [-p PORT] [-l]`, as health checks of containers call it.
pub(super) fn asinfo(arguments: impl Iterator<Item = String>) -> u8 {
    const USAGE: &str = "usage: asinfo -v COMMAND [-h HOST[:PORT]] [-p PORT] [-l]";
    let (mut host, mut port, mut command, mut by_line) = ("127.0.0.1".to_owned(), "3000".to_owned(), None, false);
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let (name, joined) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            _ => (argument, None),
        };
        let mut value = || joined.clone().or_else(|| arguments.next());
        let found = match name.as_str() {
            "-v" | "--value" => value().map(|value| command = Some(value)),
            "-h" | "--host" => value().map(|value| host = value),
            "-p" | "--port" => value().map(|value| port = value),
            "-l" | "--line" => {
                by_line = true;
                Some(())
            }
            _ => return failed(&format!("asinfo: unknown option {name}; {USAGE}")),
        };
        if found.is_none() {
            return failed(&format!("asinfo: {name} needs a value; {USAGE}"));
        }
    }
    let Some(command) = command else {
        return failed(USAGE);
    };
    let host = if host.contains(':') {
        host
    } else {
        format!("{host}:{port}")
    };
    match ask(&host, &command) {
        Ok(answer) if by_line => println!("{}", answer.replace(';', "\n")),
        Ok(answer) => println!("{answer}"),
        Err(problem) => return failed(&problem),
    }
    0
}

fn failed(problem: &str) -> u8 {
    eprintln!("{problem}");
    1
}

/// The answer to an info command, without the name of the command.
fn ask(host: &str, command: &str) -> Result<String, String> {
    let end = Instant::now() + TIMEOUT;
    let resolved = host
        .to_socket_addrs()
        .map_err(|error| format!("cannot find {host}: {error}"))?;
    let mut problem = format!("{host} has no address");
    for address in resolved {
        let left = end
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1));
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                return exchange(stream, command, end).map_err(|error| match error.kind() {
                    // A timeout of a socket, which the system calls unavailable.
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                        format!("{host} does not answer within {TIMEOUT:?}")
                    }
                    _ => format!("{host} does not answer: {error}"),
                });
            }
            Err(error) => problem = format!("cannot connect to {host}: {error}"),
        }
    }
    Err(problem)
}

fn exchange(mut stream: TcpStream, command: &str, end: Instant) -> std::io::Result<String> {
    let invalid = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
    let left = || {
        end.saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1))
    };
    stream.set_write_timeout(Some(left()))?;
    // Version 2, type 1 (info), and the size of the body in 6 bytes.
    let header = (2 << 56) | (1 << 48) | (command.len() as u64 + 1);
    stream.write_all(&[&u64::to_be_bytes(header), command.as_bytes(), b"\n"].concat())?;
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(header) = received.first_chunk() {
            let header = u64::from_be_bytes(*header);
            let size = header & 0xffff_ffff_ffff;
            if header >> 48 != 0x0201 || size > LARGEST {
                return Err(invalid("this is no answer of an Aerospike server"));
            }
            if received.len() as u64 == size + 8 {
                break;
            }
        }
        if end <= Instant::now() {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left()))?;
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => received.extend(buffer.get(..read).unwrap_or_default()),
        }
    }
    let answer = String::from_utf8_lossy(received.get(8..).unwrap_or_default()).into_owned();
    let answer = answer.strip_suffix('\n').unwrap_or(&answer);
    Ok(answer.split_once('\t').map_or(answer, |(_, value)| value).to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_server_answers() {
        let server = crate::Server::start().unwrap();
        let host = server.hosts();
        assert_eq!(ask(&host, "status").as_deref(), Ok("ok"));
        assert_eq!(ask(&host, "build").as_deref(), Ok("8.1.2.0"));
        assert_eq!(health(&host), 0);
        drop(server);
        assert!(ask(&host, "status").unwrap_err().starts_with("cannot connect to"));
        assert_eq!(health(&host), 1);
    }

    #[test]
    fn a_peer_that_is_silent_or_something_else_is_no_server() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = silent.local_addr().unwrap().to_string();
        let start = Instant::now();
        assert!(ask(&host, "status").unwrap_err().ends_with("does not answer within 2s"));
        assert!((1..4).contains(&start.elapsed().as_secs()));

        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = other.local_addr().unwrap().to_string();
        let thread = std::thread::spawn(move || other.accept().unwrap().0.write_all(b"HTTP/1.1 400 Bad Request\r\n"));
        assert!(
            ask(&host, "status")
                .unwrap_err()
                .contains("no answer of an Aerospike server")
        );
        thread.join().unwrap().unwrap();
    }
}
