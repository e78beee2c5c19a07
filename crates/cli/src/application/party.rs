//! The session as the handshake sees it: both sides must name the same, or it fails.

use crate::identity::Identity;
use anyhow::{Context, Result};
use rendezvous_core::{ApplicationId, SessionId};
use rendezvous_dbus::application::HeldSession;
use rendezvous_net::{novice, side};
use rendezvous_trust::handshake::{Parameters, Party, Role, VERSION};
use rendezvous_trust::{Contact, PublicKey, UnixTime};

/// The network of an IM program that does not name it. Both programs then must not.
pub(super) const UNNAMED: &str = "unnamed";

/// This side of the session. What an IM program may leave out is left out on both sides, or they do not meet; but for the
/// person's own address, without which nobody could say whom a key belongs to.
pub(super) fn party(session: &HeldSession, identity: &Identity) -> Result<(Role, Party)> {
    let introduction = &session.introduction;
    let network = introduction.network.as_deref().unwrap_or(UNNAMED);
    let own = introduction.local_user.as_deref();
    let own = own.context("the program that brought this session does not say what your own address is")?;
    let me = Contact::new(network, own).context("your own address")?;
    let them = Contact::new(network, &*session.remote_user).context("the other side's address")?;
    let application: ApplicationId = session.application.parse().context("the session's application")?;
    let id: SessionId = session.id.parse().context("the session's name")?;
    let role = side(session.role);
    let (inviter, invitee) = match role {
        Role::Inviter => (me, them),
        Role::Invitee => (them, me),
    };
    let expected = introduction.remote_key.as_deref().map(PublicKey::from_text).transpose();
    let parameters = Parameters {
        versions: vec![VERSION],
        application: application.0,
        session: id.0,
        expiry: introduction.expiry.map(UnixTime),
        inviter,
        invitee,
        novice: novice(application),
    };
    Ok((role, Party { parameters, key: identity.key(), expected: expected.context("the other side's key")? }))
}
