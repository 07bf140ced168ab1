//! Access control: who may do what. Pure functions on values; the state holds the accounts, and commands ask them.
//!
//! [`Accounts`] are the users and roles. [`Rights`] are what one user may do, compiled from the user's roles for the checks of
//! commands. A [`TokenKey`] issues session tokens and reads them again, so that the server keeps no list of sessions.

mod accounts;
mod change;
mod meter;
mod rights;
mod role;
mod token;
mod unique;
mod user;
mod whitelist;

pub(crate) use self::accounts::Accounts;
pub(crate) use self::meter::{Direction, Meter};
pub(crate) use self::rights::Rights;
pub(crate) use self::role::Role;
pub(crate) use self::token::{Token, TokenKey};
pub(crate) use self::unique::unique;
pub use self::user::ClearPassword;
pub(crate) use self::user::{Password, User, Verdict};
pub(crate) use self::whitelist::Whitelist;
