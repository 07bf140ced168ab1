//! The command-line program: starts a server, announces it, and runs until it is told to stop.

mod arguments;
mod ask;
mod config;
mod environment;
mod journal;
mod listen;
mod logs;
mod namespace;
mod port_file;
mod ports;
mod security;
mod server_log;
#[cfg(feature = "tls")]
mod tls;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Parser;

use self::arguments::Arguments;
use self::ports::Ports;
use crate::Server;

/// Runs the program with these arguments, of which the first is its name, and returns its exit status.
///
/// It returns when the program is told to stop, by Ctrl-C for example. The handlers of signals that it installs stay.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = match as_called(arguments.into_iter().collect()) {
        Called::Spikelet(arguments) => arguments,
        Called::Asinfo(arguments) => return ask::asinfo(arguments.into_iter()),
    };
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and the version are such an error too, with exit status 0.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(1);
        }
    };
    if let Some(host) = &arguments.health {
        return match (host, arguments.config.read()) {
            (Some(host), _) => ask::health(host),
            (None, Ok(file)) => ask::health(&arguments.address_to_ask(file.as_ref())),
            (None, Err(error)) => failed(&*error),
        };
    }
    logs::start(arguments.verbose);
    match serve(arguments) {
        Ok(()) => 0,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn Error) -> u8 {
    eprintln!("spikelet: {}", with_causes(error));
    1
}

/// The program that is meant, and its arguments.
enum Called {
    Spikelet(Vec<OsString>),
    Asinfo(Vec<String>),
}

/// In an image, the program is there under the names of the real server's programs too.
fn as_called(mut arguments: Vec<OsString>) -> Called {
    let name = arguments.first().map(Path::new).and_then(Path::file_name);
    if name.is_some_and(|name| name == "asinfo") {
        let rest = arguments.into_iter().skip(1);
        return Called::Asinfo(rest.map(|argument| argument.to_string_lossy().into_owned()).collect());
    }
    if name.is_some_and(|name| name == "asd") {
        arguments.insert(1, "--from-environment".into());
    }
    Called::Spikelet(arguments)
}

fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.support {
        print!("{}\n{}", crate::support::table(), crate::support::control_table());
        return Ok(());
    }
    let file = arguments.config.read()?;
    arguments.check(file.as_ref())?;
    // Installed before the server starts: whoever reads its line may send a signal at once.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let entered = runtime.enter();
    let stopped = stopped(arguments.exit_with_stdin)?;
    let ports = match &file {
        Some(file) if arguments.opens_other_ports() => Some(Ports::listen(file.other_ports())?),
        _ => None,
    };
    let builder = arguments.builder(file.as_ref())?;
    #[cfg(feature = "tls")]
    let builder = arguments.tls.configure(builder, arguments.listen_beyond_loopback)?;
    let server = builder.start()?;
    #[cfg(feature = "tls")]
    arguments.tls.write_files(&server)?;
    if let Some(ports) = ports {
        ports.serve(server.addr(), arguments.controls);
    }
    drop(entered);
    if let Some(path) = &arguments.port_file {
        let ports: Vec<u16> = server.nodes().iter().map(|node| node.address.port()).collect();
        port_file::write(path, &ports)
            .map_err(|error| format!("cannot write the port to {}: {error}", path.display()))?;
    }
    announce(&server)?;
    if let Some(file) = &file {
        server_log::ready(file);
    }
    runtime.block_on(stopped);
    tracing::info!("stopping");
    drop(server);
    // Does not wait for a thread that is blocked on stdin.
    runtime.shutdown_background();
    Ok(())
}

fn announce(server: &Server) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for node in server.nodes() {
        writeln!(stdout, "listening on {}", node.address)?;
    }
    for address in server.nodes().iter().filter_map(|node| node.tls_address) {
        writeln!(stdout, "listening with TLS on {address}")?;
    }
    stdout.flush()
}

/// Completes on Ctrl-C, SIGTERM or, if enabled, the end of stdin.
#[cfg(unix)]
fn stopped(with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stdin = end_of_stdin(with_stdin)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = stdin => {}
        }
    })
}

/// Completes on Ctrl-C or, if enabled, the end of stdin.
#[cfg(not(unix))]
fn stopped(with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    let stdin = end_of_stdin(with_stdin)?;
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = stdin => {}
        }
    })
}

/// Completes at the end of stdin, or never if not enabled.
fn end_of_stdin(enabled: bool) -> io::Result<impl Future<Output = ()>> {
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    if enabled {
        std::thread::Builder::new()
            .name("stdin".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || {
                // Input is ignored. An error counts as the end.
                let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
                drop(ended);
            })?;
        return Ok(wait(end, None));
    }
    Ok(wait(end, Some(ended)))
}

/// Waits until the sender is dropped. A sender that is passed in is kept, so that this never completes.
async fn wait(end: tokio::sync::oneshot::Receiver<()>, held: Option<tokio::sync::oneshot::Sender<()>>) {
    let _ = end.await;
    drop(held);
}

/// An error and its causes on one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
