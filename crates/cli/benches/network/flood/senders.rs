//! Who sends the invitations.

use crate::crowd::{Manners, Member, address};
use crate::peer::{key, unix_now};
use crate::plain;
use crate::wire::{self, Incoming, Outgoing};
use anyhow::{Context as _, Result};
use rendezvous_core::{Address, ApplicationId, Body, Invite, Message, Role, SessionId, Versions};
use rendezvous_net::xmpp::map;
use rendezvous_net::{Parcel, Proof, Seal, novice};
use rendezvous_trust::{Contact, DeviceKey, Signature, invite};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long an invitation stands.
const LIFETIME: Duration = Duration::from_secs(120);
/// The last answers may take so long.
const LAST: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(5);

/// Contacts that send, and do not answer what they are told about it.
pub(super) struct Senders {
    all: Vec<Sender>,
    manners: Arc<Manners>,
    application: ApplicationId,
    heard: Arc<Heard>,
}

struct Sender {
    out: Outgoing,
    address: Address,
    key: DeviceKey,
}

#[derive(Default)]
struct Heard {
    answered: AtomicU64,
    told: AtomicU64,
}

/// How many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub(super) sent: u64,
    /// The agent's device has taken them, whatever it did with them.
    pub(super) answered: u64,
    /// It sent a refusal back.
    pub(super) told: u64,
}

impl Senders {
    pub(super) fn new(
        members: Vec<Member>,
        manners: &Arc<Manners>,
        application: ApplicationId,
    ) -> Result<Self> {
        let heard = Arc::new(Heard::default());
        let mut all = Vec::with_capacity(members.len());
        for Member { number, incoming, out } in members {
            tokio::spawn(listen(incoming, out.clone(), Arc::clone(manners), Arc::clone(&heard)));
            all.push(Sender {
                out,
                address: address(number).parse().context("an address")?,
                key: key(number)?,
            });
        }
        Ok(Self { all, manners: Arc::clone(manners), application, heard })
    }

    /// The first so many of them send, in turn, so many a second, for so long; of a mixture every second one has a wrong
    /// signature. Returns when everything was answered, or
    /// when that takes too long, with the seconds that the sending took.
    pub(super) async fn send(
        &self,
        (many, is_mixed): (usize, bool),
        rate: f64,
        length: Duration,
    ) -> Result<(Count, f64)> {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (answered, told) = (load(&self.heard.answered), load(&self.heard.told));
        let start = Instant::now();
        let mut sent = 0u64;
        while start.elapsed() < length {
            let due = (start.elapsed().as_secs_f64() * rate) as u64;
            while sent < due {
                let sender = &self.all[sent as usize % many];
                sender.out.send(self.invitation(sender, !is_mixed || sent.is_multiple_of(2))?);
                sent += 1;
            }
            tokio::time::sleep(TICK).await;
        }
        let seconds = start.elapsed().as_secs_f64();
        let deadline = Instant::now() + LAST;
        while load(&self.heard.answered) - answered < sent && Instant::now() < deadline {
            tokio::time::sleep(TICK).await;
        }
        let count = Count {
            sent,
            answered: load(&self.heard.answered) - answered,
            told: load(&self.heard.told) - told,
        };
        Ok((count, seconds))
    }

    /// An invitation to another session each time.
    fn invitation(&self, sender: &Sender, is_signed: bool) -> Result<String> {
        let mut session = [0; 16];
        getrandom::fill(&mut session)?;
        let agent = self.manners.agent();
        let contact = |address: &str| Contact::new("xmpp", address);
        let expiry = unix_now().after(LIFETIME);
        let statement = invite::Invite {
            versions: vec![Versions::OURS.lowest],
            session,
            application: self.application.0,
            name: "Ask".to_owned(),
            url: String::new(),
            data: String::new(),
            expiry,
            inviter: contact(sender.address.as_str())?,
            invitee: contact(agent.to_bare().as_str())?,
            novice: novice(self.application),
            app_invite: false,
        };
        let mut signature = statement.sign(&sender.key).map_err(|error| anyhow::anyhow!("{error}"))?;
        if !is_signed {
            let mut bytes = *signature.as_bytes();
            bytes[40] ^= 1;
            signature = Signature::from_bytes(bytes);
        }
        let invite = Invite {
            application: self.application,
            name: statement.name,
            url: statement.url,
            data: statement.data,
            lifetime: LIFETIME,
            versions: Versions::OURS,
            app_invite: false,
            from: sender.address.clone(),
        };
        let session = SessionId(session);
        let message = Message { session, sequence: 0, body: Body::Invite(Arc::new(invite)) };
        let proof = Proof { key: sender.key.public(), signature };
        let parcel = Parcel { message, seal: Seal::Invite { expiry, proof } };
        let id = format!("f{session}");
        let stanza = map::to_stanza(&parcel, Role::Inviter, agent, &id).context("it can travel")?;
        Ok(plain::text(&stanza))
    }
}

/// Counts what comes back. Requests are not answered: whoever floods does not.
async fn listen(mut incoming: Incoming, out: Outgoing, manners: Arc<Manners>, heard: Arc<Heard>) {
    while let Some(stanza) = incoming.next().await {
        if !stanza.starts_with("<iq") {
            continue;
        }
        match wire::attribute(&stanza, "type") {
            Some("result" | "error") => _ = heard.answered.fetch_add(1, Ordering::Relaxed),
            Some("get") => manners.answer(&stanza).into_iter().for_each(|answer| out.send(answer)),
            _ if stanza.contains("<decline") => _ = heard.told.fetch_add(1, Ordering::Relaxed),
            _ => {}
        }
    }
}
