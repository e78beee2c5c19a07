//! The server signs as if it were each of the two, and makes the handshake with each by itself.

use anyhow::{Context as _, Result, ensure};
use jid::FullJid;
use minidom::Element;
use minidom::rxml::Namespace;
use rendezvous_assist::secure::{Input, Output, Random, Securing, Start};
use rendezvous_core::{Body, Role as Side};
use rendezvous_net::xmpp::map::{from_stanza, to_stanza};
use rendezvous_net::{Parcel, Proof, Seal, novice};
use rendezvous_trust::handshake::{Parameters, Party, Role, VERSION};
use rendezvous_trust::invite::{Accept, Invite};
use rendezvous_trust::pins::Pins;
use rendezvous_trust::words::Language;
use rendezvous_trust::{Contact, DeviceKey, PublicKey, UnixTime};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::stanza::{attribute, bare};

/// The key of whoever owns the server.
#[derive(Clone)]
pub(super) struct Key(Arc<DeviceKey>);

impl Key {
    pub(super) fn new() -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).context("the system gave no random numbers")?;
        Ok(Self(Arc::new(DeviceKey::from_seed(&seed)?)))
    }

    pub(super) fn base64(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(self.0.public().as_bytes())
    }
}

/// Between the two of one session.
pub(super) struct Middle {
    /// The invitation as it was signed, and by which key.
    invite: Invite,
    inviter: PublicKey,
    /// Towards the one who invites, and towards the one who is invited.
    ends: [Toward; 2],
    /// What was made of each text, by its direction and number: it may be sent again.
    made: HashMap<(bool, String), Option<String>>,
}

/// One of the two handshakes.
struct Toward {
    machine: Securing,
    /// What is to be said to that side when it is its turn.
    out: VecDeque<String>,
}

impl Middle {
    /// Signs an invitation anew; the stanza to deliver.
    pub(super) fn begin(key: &Key, stanza: &str) -> Result<(Self, String)> {
        let parcel = read(stanza)?;
        let (Body::Invite(said), Seal::Invite { expiry, proof }) = (&parcel.message.body, &parcel.seal)
        else {
            anyhow::bail!("it is no invitation")
        };
        let contact = |name| -> Result<Contact> {
            Ok(Contact::new("xmpp", bare(attribute(stanza, name).context("a stanza has addresses")?))?)
        };
        let invite = Invite {
            versions: (said.versions.lowest..=said.versions.highest).collect(),
            session: parcel.message.session.0,
            application: said.application.0,
            name: said.name.clone(),
            url: said.url.clone(),
            data: said.data.clone(),
            expiry: *expiry,
            inviter: contact("from")?,
            invitee: contact("to")?,
            novice: novice(said.application),
            app_invite: said.app_invite,
        };
        let signed = invite.verify(*expiry, &key.0.public(), &proof.key, &proof.signature);
        ensure!(signed.is_ok(), "this is not the statement that was signed: {signed:?}");
        let seal = Seal::Invite {
            expiry: *expiry,
            proof: Proof { key: key.0.public(), signature: invite.sign(&key.0)? },
        };
        let inviter = proof.key;
        let ends = [Toward::new(key, &invite, Role::Invitee)?, Toward::new(key, &invite, Role::Inviter)?];
        let forged = written(stanza, &Parcel { seal, ..parcel.clone() }, Side::Inviter)?;
        Ok((Self { invite, inviter, ends, made: HashMap::new() }, forged))
    }

    /// Signs an answer as if it were one to the invitation that was really sent.
    pub(super) fn accept(&self, key: &Key, stanza: &str) -> Result<String> {
        let parcel = read(stanza)?;
        let Body::Accept { version, data } = &parcel.message.body else { anyhow::bail!("it is no answer") };
        let accept =
            Accept { invite: self.invite.hash(&self.inviter), version: *version, data: data.clone() };
        let seal = Seal::Accept { proof: Proof { key: key.0.public(), signature: accept.sign(&key.0)? } };
        written(stanza, &Parcel { seal, ..parcel.clone() }, Side::Invitee)
    }

    /// A text of one side; what the other side is told in its place. Nothing when there is nothing to say, which is after
    /// the handshakes.
    pub(super) fn hears(&mut self, is_to_caller: bool, number: &str, text: String) -> Result<Option<String>> {
        let name = (is_to_caller, number.to_owned());
        if let Some(made) = self.made.get(&name) {
            return Ok(made.clone());
        }
        let [to_caller, to_callee] = &mut self.ends;
        let (from, to) = if is_to_caller { (to_callee, to_caller) } else { (to_caller, to_callee) };
        from.hears(text)?;
        let made = to.out.pop_front();
        self.made.insert(name, made.clone());
        Ok(made)
    }
}

impl Toward {
    fn new(key: &Key, invite: &Invite, role: Role) -> Result<Self> {
        let parameters = Parameters {
            versions: vec![VERSION],
            application: invite.application,
            session: invite.session,
            expiry: Some(invite.expiry),
            inviter: invite.inviter.clone(),
            invitee: invite.invitee.clone(),
            novice: invite.novice,
        };
        let mut random = Random { handshake: [0; 32], code: [0; 64] };
        getrandom::fill(&mut random.handshake).context("the system gave no random numbers")?;
        let machine = Securing::begin(Start {
            party: Party { parameters, key: Arc::clone(&key.0), expected: None },
            role,
            pins: Pins::new(),
            code: None,
            language: Language::English,
            random,
        })?;
        let mut toward = Self { machine, out: VecDeque::new() };
        toward.drain();
        Ok(toward)
    }

    fn hears(&mut self, text: String) -> Result<()> {
        self.machine.handle_input(UnixTime(1_795_000_000), Input::Text(text))?;
        self.drain();
        Ok(())
    }

    /// What people are to be asked here, nobody is.
    fn drain(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            if let Output::Send(text) = output {
                self.out.push_back(text);
            }
        }
    }
}

fn read(stanza: &str) -> Result<Parcel> {
    let element: Element = stanza.parse()?;
    from_stanza(&element).map_err(|error| anyhow::anyhow!("{error}"))
}

/// The stanza with another message.
fn written(stanza: &str, parcel: &Parcel, role: Side) -> Result<String> {
    let value = |name| attribute(stanza, name).with_context(|| format!("a stanza has {name}"));
    let element = to_stanza(parcel, role, &FullJid::new(value("to")?)?, value("id")?);
    let mut element = element.context("it can travel")?;
    element.set_attr(Namespace::NONE, "from".try_into()?, value("from")?);
    Ok(String::from(&element))
}
