//! Recorded info commands: their replies are compared as text, with what differs from server to server masked.

use std::io::{self, BufRead as _, BufReader};

use flate2::read::GzDecoder;
use serde::Deserialize;

/// An info command, and the reply of the real server. Commands build on one another: they were sent in their order, on one
/// connection, to a server without records.
#[derive(Debug, Clone, Deserialize)]
pub struct InfoCase {
    /// The request, without its last line end.
    #[serde(rename = "q")]
    pub command: String,
    /// The whole reply.
    #[serde(rename = "a")]
    pub reply: String,
}

/// The recorded info commands.
///
/// # Errors
/// Never, as long as the recording is valid.
pub fn info() -> io::Result<Vec<InfoCase>> {
    let recording = &include_bytes!("../../recordings/info.jsonl.gz")[..];
    let lines = BufReader::new(GzDecoder::new(recording)).lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

/// Commands whose replies describe the machine or the cluster, by the beginnings of requests.
const NOT_COMPARED: &[&str] = &[
    "cluster-name",
    "build_os",
    "best-practices",
    "partition-info",
    "replicas",
    "node",
    "service",
    "peers",
    "endpoints",
    "mesh",
    "log",
    "thread",
    "statistics",
    "physical",
    "get-config:context=service",
    "get-config:context=network",
    "get-config:context=logging",
    "get-config\n",
    "get-config:\n",
];

impl InfoCase {
    /// Whether the reply is compared. Other commands are sent, since later ones may depend on them.
    #[must_use]
    pub fn is_compared(&self) -> bool {
        let request = format!("{}\n", self.command);
        !NOT_COMPARED.iter().any(|beginning| request.starts_with(beginning))
    }

    /// Whether a reply agrees with the recorded one. Numbers of two digits and more are not compared: times, sizes and ports.
    #[must_use]
    pub fn agrees(&self, reply: &str) -> bool {
        masked(&self.reply) == masked(reply)
    }
}

fn masked(text: &str) -> String {
    mask_words(&mask_values(text))
}

/// Values that are not compared, by the text before them.
const MASKED: &[&str] = &[
    "cluster-name=\t",
    "cluster-name=",
    "cluster-name\t",
    "cluster-name",
    "os=",
    "sha=",
    "build_os\t",
    "cluster_key=",
];

/// Masks the values that are not compared, up to the next separator.
fn mask_values(mut text: &str) -> String {
    let mut masked = String::new();
    loop {
        let found = MASKED.iter().filter_map(|name| text.find(name).map(|at| (at, name)));
        // Of several at the same place the longest.
        let Some((at, name)) = found.min_by_key(|(at, name)| (*at, usize::MAX - name.len())) else {
            masked.push_str(text);
            return masked;
        };
        let (before, value) = text.split_at(at + name.len());
        masked.push_str(before);
        masked.push('*');
        text = value.trim_start_matches(|c| !";:\t\n".contains(c));
    }
}

/// Masks hashes, which are words of hexadecimal digits, and numbers of two digits and more.
fn mask_words(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut masked = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let is_upper = (6..=16).contains(&word.len()) && word.chars().all(|c| matches!(c, '0'..='9' | 'A'..='F'));
        let is_lower = (12..=40).contains(&word.len()) && word.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        if is_upper || is_lower {
            masked.push('H');
        } else {
            mask_numbers(word, &mut masked);
        }
        let separators = behind.find(is_word).unwrap_or(behind.len());
        let (separators, next) = behind.split_at(separators);
        masked.push_str(separators);
        rest = next;
    }
    masked
}

fn mask_numbers(word: &str, masked: &mut String) {
    let mut rest = word;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, behind) = rest.split_at(end);
        masked.push_str(if digits.len() > 1 { "N" } else { digits });
        let letters = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (letters, next) = behind.split_at(letters);
        masked.push_str(letters);
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_server_to_server_is_masked() {
        assert_eq!(
            masked("objects=5;uptime=123;s1=0;s12=3"),
            "objects=5;uptime=N;s1=0;sN=3"
        );
        assert_eq!(masked("smd:cluster_key=6471579F86A7;tid=1"), "smd:cluster_key=*;tid=1");
        assert_eq!(masked("cluster-name\tx;y"), "cluster-name\t*;y");
        assert_eq!(masked("key=FC1D14F41792,hash=00ff00ff00ff"), "key=H,hash=H");
    }
}
