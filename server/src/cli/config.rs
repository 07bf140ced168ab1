//! The options of the real server, `asd`, and where the configuration comes from.

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::ConfigFile;
use clap::Args;

use super::environment;

/// The options that the real server has too, and what containers need.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the real server")]
pub(super) struct ConfigOptions {
    /// Read the real server's configuration file, aerospike.conf. Other options override what is in it.
    #[arg(long, value_name = "FILE")]
    config_file: Option<PathBuf>,

    /// Accepted, as the program always runs in the foreground.
    #[arg(long)]
    foreground: bool,

    /// Accepted, as the program always runs in the foreground.
    #[arg(long)]
    fgdaemon: bool,

    /// Accepted, as every start is a cold one.
    #[arg(long)]
    cold_start: bool,

    /// Accepted: all messages are shown.
    #[arg(long)]
    early_verbose: bool,

    /// Accepted. Several servers on one machine need nothing but different ports.
    #[arg(long, value_name = "0-15", value_parser = clap::value_parser!(u8).range(0..16))]
    instance: Option<u8>,

    /// For the entry point of an image: without --config-file, read /etc/aerospike/aerospike.conf if it is there, and otherwise
    /// the environment variables of the real server's image, such as NAMESPACE and SERVICE_PORT. Listen where these say, also
    /// where other machines can connect.
    #[arg(long)]
    from_environment: bool,

    /// The name of the real server's program, which the command of an image may begin with.
    #[arg(hide = true, value_parser = ["asd"], requires = "from_environment")]
    program: Option<String>,
}

/// Where the real server looks for its configuration.
const DEFAULT_FILE: &str = "/etc/aerospike/aerospike.conf";

impl ConfigOptions {
    /// Reads the configuration, if there is one to read.
    ///
    /// # Errors
    /// If the real server would refuse it.
    pub(super) fn read(&self) -> Result<Option<ConfigFile>, Box<dyn Error>> {
        if let Some(path) = &self.config_file {
            return Ok(Some(ConfigFile::read(path)?));
        }
        if !self.from_environment {
            return Ok(None);
        }
        if Path::new(DEFAULT_FILE).exists() {
            return Ok(Some(ConfigFile::read(DEFAULT_FILE)?));
        }
        let file = environment::config(|name| std::env::var(name).ok());
        Ok(Some(file.map_err(|error| format!("environment variables: {error}"))?))
    }

    /// Whether the configuration may have the server listen where other machines can connect.
    pub(super) const fn listens_where_configured(&self) -> bool {
        self.from_environment
    }
}
