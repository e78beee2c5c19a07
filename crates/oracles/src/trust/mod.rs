//! Who the other side is: every text of a stranger between two people, and every file and line that a person brings.

mod binds;
mod channel;
mod codes;
mod handshake;
mod keys;
mod meeting;
mod people;
mod pins;
mod record;

pub(crate) use binds::{bind_seeds, binds};
pub(crate) use channel::{channel, channel_seeds};
pub(crate) use codes::{code, code_exchange, code_exchange_seeds, code_seeds};
pub(crate) use handshake::{handshake, handshake_seeds};
pub(crate) use keys::{key, key_seeds};
pub(crate) use meeting::{meeting, meeting_seeds};
pub(crate) use pins::{endorsement, endorsement_seeds, pins, pins_seeds};
pub(crate) use record::{facts, facts_seeds, record, record_seeds};
