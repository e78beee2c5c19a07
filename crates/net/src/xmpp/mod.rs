//! An existing XMPP account as one more device, beside the person's chat program. `docs/protocol.md` is the wire.

pub mod map;
