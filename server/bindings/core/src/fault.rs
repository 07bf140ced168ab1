//! Faults.

use spikelet::Value;
use spikelet::fault::{FaultHandle, Reaction};

use crate::argument::{Argument, unknown};
use crate::error::{Error, Kind};
use crate::server::Server;

/// The parameters of a fault that are not those of a selector.
const PARAMETERS: &[&str] = &[
    "command",
    "namespace",
    "set",
    "key",
    "digest",
    "node",
    "nth",
    "times",
    "probability",
    "seed",
];

/// The reactions, and what the argument of each is.
const REACTIONS: &[(&str, &str)] = &[
    ("result", "a result code, as a number or a name such as 'KEY_BUSY'"),
    ("delay", "a time in milliseconds"),
    ("truncate", "a number of bytes"),
    ("stall", "a number of bytes"),
    ("ignore", ""),
    ("cut_before", ""),
    ("cut_after", ""),
    ("silence_after", ""),
    ("corrupt", ""),
    ("refuse_connections", ""),
    ("key_busy", ""),
    ("device_overload", ""),
];

/// An armed fault. It outlives its server, and remains armed when it is dropped.
#[derive(Debug, Clone)]
pub struct Fault {
    handle: FaultHandle,
    /// The parameters that armed it.
    text: String,
}

impl Server {
    /// Arms a fault: for the requests that the parameters select, with a reaction and its argument.
    ///
    /// The parameters are `command`, `namespace`, `set`, `key`, `digest`, `node`, `nth`, `times`, `probability` and `seed`. The
    /// reactions are `result` (a result code), `delay` (milliseconds), `truncate` and `stall` (bytes), and without an
    /// argument `ignore`, `cut_before`, `cut_after`, `silence_after`, `corrupt`, `refuse_connections`, `key_busy` and
    /// `device_overload`.
    ///
    /// # Errors
    /// [`Kind::Type`] and [`Kind::Value`] for a parameter or the reaction; [`Kind::Closed`] and [`Kind::Forked`].
    pub fn arm(&self, parameters: &[(String, Value)], reaction: &str, argument: &Value) -> Result<Fault, Error> {
        self.with(|server| {
            let naming = self.naming();
            let mut fault = server.faults().on(spikelet::Command::Any);
            for (given, value) in parameters {
                let name = naming
                    .find(given, PARAMETERS)
                    .ok_or_else(|| unknown("parameter of a fault", given, PARAMETERS, naming))?;
                let given = Argument::new(given, value);
                if let Some((name, text)) = parameter(name, given)? {
                    fault = fault.parameter(name, &text).map_err(|error| given.refused(&error))?;
                }
            }
            let handle = fault.react(self.reaction(reaction, argument)?);
            let armed = server.faults().list();
            let text = armed.iter().find(|fault| fault.id() == handle.id());
            let text = text.map(|fault| fault.to_string().replace(":matched=0:fired=0", ""));
            Ok(Fault {
                text: text.unwrap_or_default(),
                handle,
            })
        })
    }

    fn reaction(&self, given: &str, value: &Value) -> Result<Reaction, Error> {
        let names: Vec<_> = REACTIONS.iter().map(|(name, _)| *name).collect();
        let name = self.naming().find(given, &names);
        let name = name.ok_or_else(|| unknown("reaction", given, &names, self.naming()))?;
        let expected = REACTIONS.iter().find(|(known, _)| *known == name);
        let expected = expected.map_or("", |(_, expected)| *expected);
        let argument = Argument::new(given, value);
        let text = match (expected, argument.is_given()) {
            ("", true) => return Err(argument.wrong_type("no argument")),
            ("", false) => None,
            (expected, false) => return Err(argument.wrong_type(expected)),
            (_, true) if name == "result" => Some(argument.parameter_text()?),
            (_, true) => Some(argument.integer::<i64>(0..=i64::MAX)?.to_string()),
        };
        let name = match name {
            "delay" => "delay-ms".to_owned(),
            name => name.replace('_', "-"),
        };
        Reaction::by_name(&name, text.as_deref()).map_err(|error| argument.refused(&error))
    }

    /// Returns the faults that have not been removed, in the order in which they were armed.
    ///
    /// # Errors
    /// [`Kind::Closed`] and [`Kind::Forked`].
    pub fn faults(&self) -> Result<Vec<Fault>, Error> {
        self.with(|server| {
            let faults = server.faults().list().into_iter();
            Ok(faults
                .map(|fault| Fault {
                    text: fault.to_string(),
                    handle: (*fault).clone(),
                })
                .collect())
        })
    }

    /// Removes all faults. Connections that they have silenced stay silent.
    ///
    /// # Errors
    /// [`Kind::Closed`] and [`Kind::Forked`].
    pub fn clear_faults(&self) -> Result<(), Error> {
        self.with(|server| {
            server.faults().clear();
            Ok(())
        })
    }
}

impl Fault {
    /// Returns the fault's id, which entries of the journal name.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.handle.id()
    }

    /// Returns on how many requests the fault has fired.
    #[must_use]
    pub fn fired(&self) -> u64 {
        self.handle.fired()
    }

    /// Returns how many requests the fault has matched.
    #[must_use]
    pub fn matched(&self) -> u64 {
        self.handle.matched()
    }

    /// Removes the fault. Removing it again does nothing.
    pub fn remove(&self) {
        self.handle.remove();
    }

    /// The parameters that armed it: `id=1:command=write:times=2:result=18`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks that the fault has fired.
    ///
    /// # Errors
    /// [`Kind::Assertion`] if it has not, with the number of requests that it matched.
    pub fn check_fired(&self) -> Result<(), Error> {
        if self.fired() > 0 {
            return Ok(());
        }
        let why = match self.matched() {
            0 => "no request matched it".to_owned(),
            n => format!("it fired on none of the {n} requests that it matched"),
        };
        let text = self.text();
        Err(Error::new(
            Kind::Assertion,
            format!("the fault never fired: {why} ({text})"),
        ))
    }
}

/// The name and the text by which `spikelet` takes a parameter of a selector; `None` if the argument is not given.
pub(crate) fn parameter(name: &'static str, argument: Argument<'_>) -> Result<Option<(&'static str, String)>, Error> {
    if !argument.is_given() {
        return Ok(None);
    }
    let text = argument.parameter_text();
    Ok(Some(match (name, argument.value) {
        ("key", Value::Int(_)) => ("int-key", text?),
        ("key", Value::Blob(_)) => ("blob-key", text?),
        ("key", Value::String(_)) => ("key", text?),
        ("key", _) => return Err(argument.wrong_type("a key: a string, an integer or bytes")),
        ("node", _) => ("node", argument.node()?.to_string()),
        ("command" | "namespace" | "set", _) => (name, argument.text()?.to_owned()),
        ("digest", Value::Blob(_) | Value::String(_)) => ("digest", text?),
        ("digest", _) => return Err(argument.wrong_type("a digest: 20 bytes, or 40 hexadecimal digits")),
        ("nth" | "times", _) => (name, argument.integer::<i64>(1..=i64::MAX)?.to_string()),
        ("seed" | "since", _) => (name, argument.integer::<i64>(0..=i64::MAX)?.to_string()),
        ("probability", Value::Float(_) | Value::Int(_)) => ("probability", text?),
        ("probability", _) => return Err(argument.wrong_type("a number from 0 to 1")),
        ("faulted", _) => ("faulted", argument.flag()?.to_string()),
        _ => (name, text?),
    }))
}
