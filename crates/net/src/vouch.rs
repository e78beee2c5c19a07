//! Signs what invites and accepts, and lets in only what is signed. Pure.
//!
//! A network says which address a message came from; a signature says which *device key* stands behind an invitation or
//! an answer. Whether that key is anybody's is not decided here: the pins know, and the applications' handshake proves
//! that its holder is there. What does not verify never reaches the table of sessions.

use crate::{Parcel, Proof, Seal};
use rendezvous_core::{Address, ApplicationId, Body, Endpoint, Invite, Message, Role, SessionId, To};
use rendezvous_trust::handshake::Role as Side;
use rendezvous_trust::invite::{self, InviteError, MAX_LIFETIME, SKEW};
use rendezvous_trust::{Contact, ContactError, DeviceKey, PublicKey, UnixTime};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// So many devices of one contact can answer an invitation; the table lets no more than 16 of them ring.
const MAX_ANSWERS: usize = 16;

/// The account on whose behalf it is signed.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name of the network, such as `nearby` or `xmpp`.
    pub network: Arc<str>,
    /// Our own bare address there.
    pub me: Address,
    /// The key of this device.
    pub key: Arc<DeviceKey>,
}

/// Why a message did not reach the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VouchError {
    /// An invitation or an answer without its signature, or another message with one.
    #[error("an invitation or an answer came without its signature")]
    Unsigned,
    /// The signature, or what it is over, is refused.
    #[error(transparent)]
    Refused(#[from] InviteError),
    /// An address that cannot be signed.
    #[error(transparent)]
    Contact(#[from] ContactError),
    /// The same session came with another key before.
    #[error("another device has sent the same session")]
    OtherKey,
}

/// What is known of the keys of the sessions that are not over.
#[derive(Debug)]
pub(crate) struct Vouching {
    account: Account,
    sessions: HashMap<SessionId, Record>,
}

#[derive(Debug)]
enum Record {
    /// We invited: what we signed, and who answered with which key.
    Ours { invite: Box<invite::Invite>, proof: Proof, answers: Vec<(Endpoint, PublicKey)> },
    /// They invited: what an answer of ours is bound to.
    Theirs { hash: [u8; 32], key: PublicKey, expiry: UnixTime },
}

/// An invitation that verified, to be remembered if the table makes a session of it.
#[derive(Debug)]
pub(crate) struct Claim {
    session: SessionId,
    hash: [u8; 32],
    key: PublicKey,
    expiry: UnixTime,
}

impl Vouching {
    pub(crate) fn new(account: Account) -> Self {
        Self { account, sessions: HashMap::new() }
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Signs what is to be signed of a message that goes out.
    pub(crate) fn seal(&mut self, now: UnixTime, to: &To, message: Message) -> Result<Parcel, VouchError> {
        let seal = match &message.body {
            Body::Invite(invite) => self.seal_invite(now, message.session, to, invite)?,
            Body::Accept { version, data } => self.seal_accept(message.session, *version, data)?,
            _ => Seal::Plain,
        };
        Ok(Parcel { message, seal })
    }

    fn seal_invite(
        &mut self,
        now: UnixTime,
        session: SessionId,
        to: &To,
        invite: &Invite,
    ) -> Result<Seal, VouchError> {
        if let Some(Record::Ours { invite, proof, .. }) = self.sessions.get(&session) {
            return Ok(Seal::Invite { expiry: invite.expiry, proof: proof.clone() });
        }
        let invitee = match to {
            To::Contact(contact) => contact,
            To::Endpoint(endpoint) => &endpoint.contact,
        };
        let expiry = now.after(whole_seconds(invite.lifetime));
        let signed = self.statement(session, invite, expiry, &self.account.me, invitee)?;
        let key = self.account.key.public();
        let proof = Proof { key, signature: signed.sign(&self.account.key)? };
        let record = Record::Ours { invite: Box::new(signed), proof: proof.clone(), answers: Vec::new() };
        self.sessions.insert(session, record);
        Ok(Seal::Invite { expiry, proof })
    }

    fn seal_accept(&self, session: SessionId, version: u16, data: &str) -> Result<Seal, VouchError> {
        let Some(Record::Theirs { hash, .. }) = self.sessions.get(&session) else {
            return Err(VouchError::Unsigned);
        };
        let accept = invite::Accept { invite: *hash, version, data: data.to_owned() };
        let signature = accept.sign(&self.account.key)?;
        Ok(Seal::Accept { proof: Proof { key: self.account.key.public(), signature } })
    }

    /// Checks a message that came in. Call [`Vouching::keep`] with the claim when the table has taken the message.
    pub(crate) fn open(
        &mut self,
        now: UnixTime,
        from: &Endpoint,
        parcel: Parcel,
    ) -> Result<(Message, Option<Claim>), VouchError> {
        if !parcel.is_whole() {
            return Err(VouchError::Unsigned);
        }
        let Parcel { mut message, seal } = parcel;
        match (&mut message.body, seal) {
            (Body::Invite(invite), Seal::Invite { expiry, proof }) => {
                let invite = Arc::make_mut(invite);
                // How another version signs is not known here. All that the table does with it is to say so.
                let claim = match invite.versions.common() {
                    Some(_) => Some(self.open_invite(now, message.session, from, invite, expiry, &proof)?),
                    None => None,
                };
                invite.lifetime = remaining(now, expiry);
                invite.from = from.contact.clone();
                Ok((message, claim))
            }
            (Body::Accept { version, data }, Seal::Accept { proof }) => {
                self.open_accept(message.session, from, *version, data, &proof)?;
                Ok((message, None))
            }
            _ => Ok((message, None)),
        }
    }

    fn open_invite(
        &self,
        now: UnixTime,
        session: SessionId,
        from: &Endpoint,
        invite: &Invite,
        expiry: UnixTime,
        proof: &Proof,
    ) -> Result<Claim, VouchError> {
        let signed = self.statement(session, invite, expiry, &from.contact, &self.account.me)?;
        let own = self.account.key.public();
        signed.verify(now, &own, &proof.key, &proof.signature)?;
        match self.sessions.get(&session) {
            Some(Record::Theirs { key, .. }) if *key != proof.key => return Err(VouchError::OtherKey),
            Some(Record::Ours { .. }) => return Err(VouchError::OtherKey),
            _ => {}
        }
        Ok(Claim { session, hash: signed.hash(&proof.key), key: proof.key, expiry })
    }

    fn open_accept(
        &mut self,
        session: SessionId,
        from: &Endpoint,
        version: u16,
        data: &str,
        proof: &Proof,
    ) -> Result<(), VouchError> {
        // To a session that is over any answer is late, signed or not, and the table says so to whoever sent it.
        let Some(record) = self.sessions.get_mut(&session) else { return Ok(()) };
        let Record::Ours { invite, answers, .. } = record else { return Err(VouchError::Unsigned) };
        if !invite.versions.contains(&version) {
            return Err(InviteError::Field("version").into());
        }
        // Before it can take one of the places for the devices of whom was invited.
        if invite.invitee.address() != from.contact.as_str() {
            return Err(VouchError::Refused(InviteError::OtherInvite));
        }
        let hash = invite.hash(&self.account.key.public());
        let accept = invite::Accept { invite: hash, version, data: data.to_owned() };
        accept.verify(invite, &self.account.key.public(), &proof.key, &proof.signature)?;
        match answers.iter().find(|(endpoint, _)| endpoint == from) {
            Some((_, key)) if *key != proof.key => Err(VouchError::OtherKey),
            Some(_) => Ok(()),
            None if answers.len() < MAX_ANSWERS => {
                answers.push((from.clone(), proof.key));
                Ok(())
            }
            None => Err(VouchError::OtherKey),
        }
    }

    /// Remembers the key of an invitation that became a session.
    pub(crate) fn keep(&mut self, claim: Claim) {
        let Claim { session, hash, key, expiry } = claim;
        self.sessions.entry(session).or_insert(Record::Theirs { hash, key, expiry });
    }

    /// A session is over.
    pub(crate) fn forget(&mut self, session: SessionId) {
        self.sessions.remove(&session);
    }

    /// Of how many sessions something is remembered.
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// The key behind the other end of a session, once it has signed something.
    pub(crate) fn peer(&self, session: SessionId, endpoint: Option<&Endpoint>) -> Option<PublicKey> {
        match self.sessions.get(&session)? {
            Record::Theirs { key, .. } => Some(*key),
            Record::Ours { answers, .. } => {
                answers.iter().find(|(from, _)| Some(from) == endpoint).map(|(_, key)| *key)
            }
        }
    }

    /// When the invitation of a session ran out, as it was signed.
    pub(crate) fn expiry(&self, session: SessionId) -> Option<UnixTime> {
        self.sessions.get(&session).map(|record| match record {
            Record::Theirs { expiry, .. } => *expiry,
            Record::Ours { invite, .. } => invite.expiry,
        })
    }

    fn statement(
        &self,
        session: SessionId,
        invite: &Invite,
        expiry: UnixTime,
        inviter: &Address,
        invitee: &Address,
    ) -> Result<invite::Invite, VouchError> {
        let contact = |address: &Address| Contact::new(&*self.account.network, address.as_str());
        Ok(invite::Invite {
            versions: (invite.versions.lowest..=invite.versions.highest).take(9).collect(),
            session: session.0,
            application: invite.application.0,
            name: invite.name.clone(),
            url: invite.url.clone(),
            data: invite.data.clone(),
            expiry,
            inviter: contact(inviter)?,
            invitee: contact(invitee)?,
            novice: novice(invite.application),
            app_invite: invite.app_invite,
        })
    }
}

/// Who is helped: *Offer* helps the invitee, and who asks to look at a terminal looks at the invitee's. In every other
/// application the inviter counts as the one.
#[must_use]
pub fn novice(application: ApplicationId) -> Side {
    match application {
        ApplicationId::OFFER | ApplicationId::VIEW_TERMINAL => Side::Invitee,
        _ => Side::Inviter,
    }
}

/// A side of the session in the words of the handshake.
#[must_use]
pub fn side(role: Role) -> Side {
    match role {
        Role::Inviter => Side::Inviter,
        Role::Invitee => Side::Invitee,
    }
}

/// How long an invitation stands from now on. The clocks of two machines differ, so it gets [`SKEW`] more; the inviter
/// withdraws it in time.
fn remaining(now: UnixTime, expiry: UnixTime) -> Duration {
    Duration::from_secs(expiry.after(SKEW).0.saturating_sub(now.0)).min(MAX_LIFETIME)
}

/// Rounded up: an invitation does not run out before its inviter thinks so.
fn whole_seconds(lifetime: Duration) -> Duration {
    Duration::from_secs(lifetime.as_secs() + u64::from(lifetime.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests;
