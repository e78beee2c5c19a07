//! Two applications find out who is at the other end (design, section 8).
//!
//! ```text
//! P  = versions, application, session, expiry, network, both bare addresses, who invited, who is the novice
//! H1 inviter → invitee   P, IK_A, c = SHA-256("rv1 commit" ‖ P ‖ IK_A ‖ r_A)
//! H2 invitee → inviter   IK_B, r_B, SHA-256(H1)
//! H3 inviter → invitee   r_A, and A's signature over "rv1 proof" ‖ inviter ‖ th
//! H4 invitee → inviter   B's signature over "rv1 proof" ‖ invitee ‖ th
//! th = SHA-256(H1 ‖ H2 ‖ H3)
//! ```
//!
//! Whoever stands between the two must choose before the value that decides the words is known: `r_A` is promised
//! before `r_B` is seen, and `r_B` is sent before `r_A` is. H4 and the two signatures are there so that words and codes
//! never pin a key whose holder was not present.
//!
//! Each message is a step by value, [`Inviter`] → [`InviterRevealed`] → [`Exchanged`] and [`Invitee`] →
//! [`InviteeAnswered`] → [`Exchanged`]: a step that fails leaves nothing behind to go on with. [`Handshake`] drives
//! either side with texts alone. An [`Exchanged`] is not trusted yet; it becomes [`Secured`] only by a pin, by words
//! ([`crate::confirm`]) or by a one-time code ([`crate::code`]). There is no other way, and no mode without.

mod driver;
mod error;
mod exchanged;
mod message;
mod parameters;
mod steps;
#[cfg(test)]
mod tests;

pub use driver::{Handshake, Step};
pub use error::AuthenticationError;
pub(crate) use exchanged::Shared;
pub use exchanged::{Exchanged, Recognised, Secured};
pub(crate) use parameters::are_versions;
pub use parameters::{ParameterError, Parameters, Role};
pub use steps::{Invitee, InviteeAnswered, Inviter, InviterRevealed, Party};

/// The version of the handshake and of everything that is signed after it.
pub const VERSION: u16 = 1;

/// The most bytes of a message of the handshake.
pub const MAX_HANDSHAKE: usize = 4 * 1024;
