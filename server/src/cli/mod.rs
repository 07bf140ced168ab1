//! The command-line program: starts a server, announces it, and runs until it is told to stop.

mod arguments;
mod journal;
mod listen;
mod logs;
mod namespace;
mod port_file;
mod security;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use spikelet::Server;

use self::arguments::Arguments;

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    logs::start(arguments.verbose);
    match serve(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("spikelet: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.support {
        print!("{}\n{}", spikelet::support::table(), spikelet::support::control_table());
        return Ok(());
    }
    arguments.check()?;
    // Installed before the server starts: whoever reads its line may send a signal at once.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let stopped = {
        let _entered = runtime.enter();
        stopped(arguments.exit_with_stdin)?
    };
    let server = arguments.builder()?.start()?;
    if let Some(path) = &arguments.port_file {
        let ports: Vec<u16> = server.nodes().iter().map(|node| node.address.port()).collect();
        port_file::write(path, &ports)
            .map_err(|error| format!("cannot write the port to {}: {error}", path.display()))?;
    }
    announce(&server)?;
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
