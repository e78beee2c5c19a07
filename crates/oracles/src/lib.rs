//! What must hold of every decoder, whatever it is fed.
//!
//! An oracle takes bytes from anywhere and comes back, or panics: then a property was violated. It is not enough that
//! nothing crashes. What was read is what is written again; what is refused changes nothing; nothing grows beyond its
//! limit; nothing but the other side's own texts ends a handshake; no course of events accepts a session for its person.
//!
//! Two ask the same oracles: `cargo xtask fuzz`, whose targets in `fuzz/` are one line each, and the ordinary tests of
//! this crate, which replay what is kept in `fuzz/seeds` and `fuzz/crashes` and add inputs that follow from a seed.
#![forbid(unsafe_code)]

mod assist;
mod dbus;
mod nearby;
mod parcel;
mod random;
mod script;
mod session;
mod trust;
mod xmpp;

pub use random::Random;

/// An input to begin with: a real message, file or course of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Its file's name.
    pub name: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Seed {
    fn new(name: &'static str, bytes: &[u8]) -> Self {
        Self { name, bytes: bytes.to_vec() }
    }
}

/// A property of a decoder.
#[derive(Clone, Copy, Debug)]
pub struct Oracle {
    /// The name of its fuzz target.
    pub name: &'static str,
    /// Panics when the property does not hold for these bytes.
    pub check: fn(&[u8]),
    /// What to begin with.
    pub seeds: fn() -> Vec<Seed>,
}

macro_rules! oracles {
    ($($(#[doc = $what:literal])+ $name:ident = $module:ident, $seeds:ident;)+) => {
        /// All of them.
        pub const ORACLES: &[Oracle] = &[
            $(Oracle { name: stringify!($name), check: $module::$name, seeds: $module::$seeds },)+
        ];

        $(
            $(#[doc = $what])+
            ///
            /// # Panics
            ///
            /// When it does not hold.
            pub fn $name(data: &[u8]) {
                $module::$name(data);
            }
        )+
    };
}

oracles! {
    /// GUIDs, addresses and registrations: read by the published rule, all or nothing.
    names = session, name_seeds;
    /// States, results, locks, flags, versions: every number is kept.
    numbers = session, number_seeds;
    /// The table of sessions in any course of events: nobody but the person accepts, one wins, all ends.
    table = session, table_seeds;
    /// Context texts in pieces, honest ones in any order and others.
    context = session, context_seeds;
    /// Frames of the nearby network.
    nearby_frame = nearby, nearby_seeds;
    /// Stanzas of the XMPP network.
    stanza = xmpp, stanza_seeds;
    /// Object paths of sessions.
    object_path = dbus, object_path_seeds;
    /// Signalling between the two applications.
    signal = assist, signal_seeds;
    /// Descriptions of a connection, and the SDP made of them.
    description = assist, description_seeds;
    /// The expert's input and its gate.
    input = assist, input_seeds;
    /// A shared terminal: nothing but cells reaches anybody's.
    terminal = assist, terminal_seeds;
    /// The expert's input over a channel that loses, doubles and reorders.
    inbox = assist, inbox_seeds;
    /// The rules of a computer: the person only tightens what the administrator says.
    policy = assist, policy_seeds;
    /// The handshake.
    handshake = trust, handshake_seeds;
    /// Two applications that make sure who is there.
    meeting = trust, meeting_seeds;
    /// Signed messages between the applications.
    channel = trust, channel_seeds;
    /// The certificates of a connection.
    binds = trust, bind_seeds;
    /// Public keys.
    key = trust, key_seeds;
    /// The store of pins.
    pins = trust, pins_seeds;
    /// The record of a session: no edit passes.
    record = trust, record_seeds;
    /// What is remembered of people.
    facts = trust, facts_seeds;
    /// A device that speaks for another.
    endorsement = trust, endorsement_seeds;
    /// One-time codes as text.
    code = trust, code_seeds;
    /// One-time codes as they are exchanged.
    code_exchange = trust, code_exchange_seeds;
}

/// The oracle of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Oracle> {
    ORACLES.iter().find(|oracle| oracle.name == name)
}
