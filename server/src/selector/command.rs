//! Commands, as faults and the journal distinguish them.

use std::fmt;
use std::str::FromStr;

use spikelet_wire::mrt::MONITOR_SET;
use spikelet_wire::{FieldType, FrameHeader, FrameType, Info1, Info2, Info4, Message, OpCode, frame};

/// A kind of command, for selecting requests.
///
/// Some kinds include others. [`Read`](Self::Read) and [`Write`](Self::Write) include the more specific commands that the
/// server's statistics count as `client_read` and `client_write`. [`Any`](Self::Any) includes everything except the info and
/// security protocols, which clients use in the background to watch the cluster and to log in. Only
/// [`Connect`](Self::Connect) includes connections.
///
/// ```
/// use spikelet::Command;
///
/// assert_eq!("operate".parse(), Ok(Command::Operate));
/// assert_eq!(Command::Operate.to_string(), "operate");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Command {
    /// All commands except the info and security protocols.
    #[default]
    Any,
    /// All commands, and the info and security protocols.
    Everything,
    /// Reads of one record: get, select, header, exists, and operate without a write operation.
    Read,
    /// Reads of a record's metadata without bins: exists and header, which are the same request on the wire.
    Exists,
    /// Writes of one record: put, add, append, prepend, touch, and operate with at least one write operation.
    Write,
    /// Operate on one record, unless it only reads bins or only writes bins: reads and writes together, or operations on lists,
    /// maps, bits, HyperLogLogs or expressions.
    Operate,
    /// Deletes of one record.
    Delete,
    /// Touches: new TTLs of one record, without a change to its bins.
    Touch,
    /// Calls of a UDF on one record.
    Udf,
    /// Writes of the monitor of a transaction: before the first write of each record, to commit, and at the end.
    Monitor,
    /// Verifications of a record that a transaction has read, before it is committed. Clients send them in batches too.
    Verify,
    /// Rolls of a record forward, after its transaction was committed. Clients send them in batches too.
    RollForward,
    /// Rolls of a record back, when its transaction is aborted. Clients send them in batches too.
    RollBack,
    /// Batches.
    Batch,
    /// Queries and scans, including those in the background.
    Query,
    /// The info protocol.
    Info,
    /// The security protocol: logins, and the administration of users and roles.
    Security,
    /// New connections.
    Connect,
}

/// The kind of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kind {
    /// The most specific command; [`Command::Any`] for a frame that contains no command, such as a damaged one.
    pub(crate) command: Command,
    /// Whether the request may change a record.
    pub(crate) writes: bool,
}

impl Command {
    /// All kinds of commands.
    pub const ALL: &[Self] = &[
        Self::Any,
        Self::Everything,
        Self::Read,
        Self::Exists,
        Self::Write,
        Self::Operate,
        Self::Delete,
        Self::Touch,
        Self::Udf,
        Self::Monitor,
        Self::Verify,
        Self::RollForward,
        Self::RollBack,
        Self::Batch,
        Self::Query,
        Self::Info,
        Self::Security,
        Self::Connect,
    ];

    /// Whether this includes a request.
    #[must_use]
    pub(crate) fn includes(self, kind: Kind) -> bool {
        match self {
            Self::Any => !matches!(kind.command, Self::Info | Self::Security | Self::Connect),
            Self::Everything => kind.command != Self::Connect,
            Self::Read => match kind.command {
                Self::Read | Self::Exists => true,
                Self::Operate => !kind.writes,
                _ => false,
            },
            Self::Write => match kind.command {
                Self::Write | Self::Touch => true,
                Self::Operate => kind.writes,
                _ => false,
            },
            command => command == kind.command,
        }
    }

    /// The name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Everything => "everything",
            Self::Read => "read",
            Self::Exists => "exists",
            Self::Write => "write",
            Self::Operate => "operate",
            Self::Delete => "delete",
            Self::Touch => "touch",
            Self::Udf => "udf",
            Self::Monitor => "monitor",
            Self::Verify => "verify",
            Self::RollForward => "roll-forward",
            Self::RollBack => "roll-back",
            Self::Batch => "batch",
            Self::Query => "query",
            Self::Info => "info",
            Self::Security => "security",
            Self::Connect => "connect",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error for an unknown name of a [`Command`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCommand(pub String);

impl fmt::Display for UnknownCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown command '{}', expected one of {}", self.0, names())
    }
}

impl std::error::Error for UnknownCommand {}

impl FromStr for Command {
    type Err = UnknownCommand;

    fn from_str(text: &str) -> Result<Self, UnknownCommand> {
        let found = Self::ALL.iter().find(|command| command.name() == text);
        found.copied().ok_or_else(|| UnknownCommand(text.to_owned()))
    }
}

pub(super) fn names() -> String {
    let names: Vec<_> = Command::ALL.iter().map(|command| command.name()).collect();
    names.join(", ")
}

impl Kind {
    /// Returns the kind of a frame.
    #[must_use]
    pub(crate) fn of_frame(header: FrameHeader, body: &[u8]) -> Self {
        match header.frame_type {
            FrameType::INFO => Command::Info.into(),
            FrameType::SECURITY => Command::Security.into(),
            FrameType::MESSAGE => Self::of_body(body),
            FrameType::COMPRESSED => frame::decompress(body)
                .ok()
                .and_then(|inner| inner.get(FrameHeader::SIZE..).map(Self::of_body))
                .unwrap_or_default(),
            _ => Self::default(),
        }
    }

    fn of_body(body: &[u8]) -> Self {
        // The server checks this flag before anything else.
        if body
            .get(1)
            .is_some_and(|info1| Info1::from_bits_retain(*info1).contains(Info1::BATCH))
        {
            return Command::Batch.into();
        }
        match Message::decode(body) {
            Err(_) => Self::default(),
            // A message without a digest is a query.
            Ok(message) if message.field(FieldType::DIGEST).is_none() => Self {
                command: Command::Query,
                writes: message.header.info2.contains(Info2::WRITE),
            },
            Ok(message) => Self::of_record(&message),
        }
    }

    /// Returns the kind of a message on one record or of a row of a batch, whose digest is not a field of the message.
    #[must_use]
    pub(crate) fn of_record(message: &Message<'_>) -> Self {
        let (info1, info2) = (message.header.info1, message.header.info2);
        let writes = info2.contains(Info2::WRITE);
        let all = |codes: &[OpCode]| message.ops().all(|op| codes.contains(&op.code));
        let info4 = message.header.info4;
        let command = if info4.contains(Info4::MRT_VERIFY_READ) {
            Command::Verify
        } else if info4.contains(Info4::MRT_ROLL_FORWARD) {
            Command::RollForward
        } else if info4.contains(Info4::MRT_ROLL_BACK) {
            Command::RollBack
        } else if writes {
            if message.field(FieldType::SET) == Some(MONITOR_SET.as_bytes()) {
                Command::Monitor
            } else if info2.contains(Info2::DELETE) {
                Command::Delete
            } else if message.field(FieldType::UDF_FILENAME).is_some() {
                Command::Udf
            } else if message.op_count() > 0 && all(&[OpCode::TOUCH]) {
                Command::Touch
            } else if all(&[OpCode::WRITE, OpCode::INCR, OpCode::APPEND, OpCode::PREPEND]) {
                Command::Write
            } else {
                Command::Operate
            }
        } else if !info1.contains(Info1::READ) {
            Command::Any
        } else if !all(&[OpCode::READ]) {
            Command::Operate
        } else if info1.contains(Info1::GET_NO_BINS) {
            Command::Exists
        } else {
            Command::Read
        };
        Self { command, writes }
    }
}

/// A command that does not write.
impl From<Command> for Kind {
    fn from(command: Command) -> Self {
        Self { command, writes: false }
    }
}

/// Whether an info command is a control of the test server, which a real server does not have.
pub(crate) fn is_control(name: &[u8]) -> bool {
    name.starts_with(b"spikelet/")
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use spikelet_wire::{Header, MessageWriter, Op, ParticleType};

    use super::*;

    fn kind(info1: Info1, info2: Info2, fields: &[FieldType], codes: &[OpCode]) -> Kind {
        let header = Header {
            info1,
            info2,
            ..Header::default()
        };
        let mut out = BytesMut::new();
        let mut message = MessageWriter::bare(&mut out, &header);
        fields.iter().for_each(|field| message.field(*field, &[0; 20]));
        for code in codes {
            message.op(&Op::new(*code, b"a", ParticleType::NULL, &[]));
        }
        message.finish();
        Kind::of_frame(FrameHeader::new(FrameType::MESSAGE, out.len()), &out)
    }

    #[test]
    fn flags_and_operations_decide() {
        use Command::*;
        use FieldType as F;
        let (read, write, none) = (Info1::READ, Info2::WRITE, Info1::empty());
        let digest = &[F::DIGEST][..];
        let cases = [
            (kind(read | Info1::GET_ALL, Info2::empty(), digest, &[]), Read),
            (kind(read, Info2::empty(), digest, &[OpCode::READ, OpCode::READ]), Read),
            (kind(read | Info1::GET_NO_BINS, Info2::empty(), digest, &[]), Exists),
            (kind(read, Info2::empty(), digest, &[OpCode::CDT_READ]), Operate),
            (kind(none, write, digest, &[OpCode::WRITE, OpCode::INCR]), Write),
            (kind(none, write, digest, &[OpCode::TOUCH]), Touch),
            (kind(read, write, digest, &[OpCode::WRITE, OpCode::READ]), Operate),
            (kind(none, write, digest, &[OpCode::CDT_MODIFY]), Operate),
            (kind(none, write | Info2::DELETE, digest, &[]), Delete),
            (kind(none, write, &[F::DIGEST, F::UDF_FILENAME], &[]), Udf),
            (kind(read | Info1::BATCH, Info2::empty(), &[], &[]), Batch),
            (kind(read, Info2::empty(), &[F::NAMESPACE], &[]), Query),
            (kind(none, Info2::empty(), digest, &[]), Any),
        ];
        for (at, (kind, command)) in cases.into_iter().enumerate() {
            assert_eq!(kind.command, command, "case {at}");
            assert!(command.includes(kind), "case {at}");
            assert!(Any.includes(kind) && Everything.includes(kind), "case {at}");
        }
        for (info2, info4, set, command) in [
            (Info2::empty(), Info4::MRT_VERIFY_READ, "demo", Verify),
            (Info2::WRITE, Info4::MRT_ROLL_FORWARD, "demo", RollForward),
            (Info2::WRITE, Info4::MRT_ROLL_BACK, "demo", RollBack),
            (Info2::WRITE, Info4::empty(), MONITOR_SET, Monitor),
            (Info2::WRITE | Info2::DELETE, Info4::empty(), MONITOR_SET, Monitor),
            (Info2::WRITE, Info4::MRT_ON_LOCKING_ONLY, "demo", Write),
        ] {
            let header = Header {
                info2,
                info4,
                ..Header::default()
            };
            let mut out = BytesMut::new();
            let mut message = MessageWriter::bare(&mut out, &header);
            message.field(F::DIGEST, &[0; 20]);
            message.field(F::SET, set.as_bytes());
            message.finish();
            let kind = Kind::of_frame(FrameHeader::new(FrameType::MESSAGE, out.len()), &out);
            assert_eq!(kind.command, command);
            assert_eq!(Write.includes(kind), command == Write, "{command}");
        }
        let info = Kind::of_frame(FrameHeader::new(FrameType::INFO, 0), b"");
        assert_eq!(info.command, Info);
        assert!(Info.includes(info) && Everything.includes(info) && !Any.includes(info));
    }

    #[test]
    fn reads_and_writes_include_what_the_statistics_count_as_such() {
        let (reads, writes) = (Kind::from, |command| Kind { command, writes: true });
        assert!(Command::Read.includes(reads(Command::Operate)) && Command::Read.includes(reads(Command::Exists)));
        assert!(Command::Write.includes(writes(Command::Operate)) && Command::Write.includes(writes(Command::Touch)));
        assert!(!Command::Read.includes(writes(Command::Operate)) && !Command::Write.includes(reads(Command::Operate)));
        assert!(!Command::Write.includes(writes(Command::Delete)) && !Command::Write.includes(writes(Command::Udf)));
        for command in Command::ALL {
            assert_eq!(command.includes(reads(Command::Connect)), *command == Command::Connect);
        }
    }

    #[test]
    fn names_are_read_back() {
        for command in Command::ALL {
            assert_eq!(command.name().parse(), Ok(*command));
        }
        assert_eq!("put".parse::<Command>(), Err(UnknownCommand("put".to_owned())));
    }
}
