//! A device that does exactly what a test says: messages made by hand on a real network.

use crate::world::World;
use rendezvous_core::{
    Address, ApplicationId, Body, Delivery, Endpoint, Invite, Message, SessionId, To, Token, Versions,
};
use rendezvous_net::{Account, Network, NetworkEvent, Parcel, Proof, Seal, novice};
use rendezvous_trust::{Contact, UnixTime, invite};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;

pub(crate) struct Script<W> {
    pub(crate) account: Account,
    /// To the network, and from it. It is driven also while the test waits for somebody else.
    out: mpsc::UnboundedSender<(Token, To, Parcel)>,
    events: mpsc::UnboundedReceiver<NetworkEvent>,
    sent: u32,
    world: PhantomData<W>,
}

async fn drive(
    mut net: impl Network,
    mut out: mpsc::UnboundedReceiver<(Token, To, Parcel)>,
    events: mpsc::UnboundedSender<NetworkEvent>,
) {
    loop {
        tokio::select! {
            biased;
            sent = out.recv() => match sent {
                Some((token, to, parcel)) => net.send(token, to, parcel),
                None => return,
            },
            event = net.next() => drop(events.send(event)),
        }
    }
}

impl<W: World> Script<W> {
    pub(crate) async fn new(world: &mut W, who: &str, device: &str) -> Self {
        let (account, net) = world.join(who, device).await;
        let (out, sent) = mpsc::unbounded_channel();
        let (heard, events) = mpsc::unbounded_channel();
        tokio::spawn(drive(net, sent, heard));
        Self { account, out, events, sent: 0, world: PhantomData }
    }

    /// Sends a parcel as it is.
    pub(crate) fn send(&mut self, to: To, parcel: Parcel) -> Token {
        self.sent += 1;
        let token = Token { session: parcel.message.session, link: 0, sequence: Some(self.sent) };
        self.out.send((token, to, parcel)).expect("the network is driven");
        token
    }

    /// Sends an unsigned message.
    pub(crate) fn say(&mut self, to: &To, session: SessionId, sequence: u32, body: Body) {
        self.send(to.clone(), Parcel::plain(Message { session, sequence, body }));
    }

    /// An invitation, changed at will before it is signed.
    pub(crate) fn invitation(
        &self,
        to: &Address,
        session: SessionId,
        application: ApplicationId,
        change: impl FnOnce(&mut Invite, &mut UnixTime),
    ) -> Parcel {
        let mut invite = Invite {
            application,
            name: "Help".into(),
            url: "https://example.org/help".into(),
            data: "hello".into(),
            lifetime: Duration::from_secs(120),
            versions: Versions::OURS,
            app_invite: false,
            from: self.account.me.clone(),
        };
        let mut expiry = now::<W>().after(invite.lifetime);
        change(&mut invite, &mut expiry);
        let signed = statement(&self.account, session, &invite, expiry, &self.account.me, to);
        let key = self.account.key.public();
        // What cannot be signed goes out with a signature over something else.
        let signature = signed.sign(&self.account.key).unwrap_or_else(|_| {
            invite::Accept { invite: [0; 32], version: 1, data: String::new() }
                .sign(&self.account.key)
                .unwrap()
        });
        let message = Message { session, sequence: 0, body: Body::Invite(Arc::new(invite)) };
        Parcel { message, seal: Seal::Invite { expiry, proof: Proof { key, signature } } }
    }

    pub(crate) fn invite(&mut self, to: &Address, session: SessionId, application: ApplicationId) {
        let parcel = self.invitation(to, session, application, |_, _| {});
        self.send(To::Contact(to.clone()), parcel);
    }

    /// An answer to an invitation that came.
    pub(crate) fn answer(&self, from: &Endpoint, invitation: &Parcel, sequence: u32, version: u16) -> Parcel {
        let (Body::Invite(invite), Seal::Invite { expiry, proof }) =
            (&invitation.message.body, &invitation.seal)
        else {
            panic!("no invitation: {invitation:?}");
        };
        let session = invitation.message.session;
        let signed = statement(&self.account, session, invite, *expiry, &from.contact, &self.account.me);
        let accept = invite::Accept { invite: signed.hash(&proof.key), version, data: "yes".into() };
        let proof =
            Proof { key: self.account.key.public(), signature: accept.sign(&self.account.key).unwrap() };
        let body = Body::Accept { version, data: "yes".into() };
        Parcel { message: Message { session, sequence, body }, seal: Seal::Accept { proof } }
    }

    /// The next message that is one of these, and whose it is.
    pub(crate) async fn hears(&mut self, wanted: impl Fn(&Body) -> bool) -> (Endpoint, Parcel) {
        let mut others = Vec::new();
        let search = async {
            loop {
                match self.events.recv().await.expect("the network is driven") {
                    NetworkEvent::Received { from, parcel } if wanted(&parcel.message.body) => {
                        return (from, *parcel);
                    }
                    event => others.push(event),
                }
            }
        };
        match tokio::time::timeout(W::patience(), search).await {
            Ok(found) => found,
            Err(_) => panic!("it did not come; instead: {others:#?}"),
        }
    }

    pub(crate) async fn hears_invitation(&mut self) -> (Endpoint, Parcel) {
        self.hears(|body| matches!(body, Body::Invite(_))).await
    }

    /// Everything that has come by now.
    pub(crate) async fn everything(&mut self) -> Vec<Body> {
        let mut heard = Vec::new();
        while let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(10), self.events.recv()).await
        {
            if let NetworkEvent::Received { parcel, .. } = event {
                heard.push(parcel.message.body);
            }
        }
        heard
    }

    /// What became of a message.
    pub(crate) async fn outcome(&mut self, of: Token) -> Delivery {
        let search = async {
            loop {
                match self.events.recv().await.expect("the network is driven") {
                    NetworkEvent::Delivery { token, outcome } if token == of => return outcome,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(W::patience(), search).await.expect("every message has an outcome")
    }
}

fn statement(
    account: &Account,
    session: SessionId,
    of: &Invite,
    expiry: UnixTime,
    inviter: &Address,
    invitee: &Address,
) -> invite::Invite {
    let contact = |address: &Address| Contact::new(&*account.network, address.as_str()).unwrap();
    invite::Invite {
        versions: (of.versions.lowest..=of.versions.highest).collect(),
        session: session.0,
        application: of.application.0,
        name: of.name.clone(),
        url: of.url.clone(),
        data: of.data.clone(),
        expiry,
        inviter: contact(inviter),
        invitee: contact(invitee),
        novice: novice(of.application),
        app_invite: of.app_invite,
    }
}

/// The calendar of this world, near enough: clocks may differ by minutes.
pub(crate) fn now<W: World>() -> UnixTime {
    if W::IS_VIRTUAL {
        return crate::world::EPOCH;
    }
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    UnixTime(since.as_secs())
}
