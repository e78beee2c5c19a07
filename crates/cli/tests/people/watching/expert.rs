//! An expert whom the novice has verified, and whose program is this test: with the real key, over the real network, it says
//! whatever the test wants.

use super::course::{Act, Fault};
use super::loose::{Loose, Said};
use crate::house::{SOON, Side};
use crate::meeting::have_met_on;
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_assist::link::{Heard, Link};
use rendezvous_assist::secure::{Input, Output, Random, Securing, Start};
use rendezvous_core::{
    Address, Application, ApplicationId, Body, Command, Event, Invite, Limits, Message, SessionConfig,
    SessionError, SessionId, State, To, Versions,
};
use rendezvous_net::nearby::{Config, Control, Nearby, nearby_address};
use rendezvous_net::{Account, CallError, Driver, Handle, Happening, Parcel, Proof, Seal, novice};
use rendezvous_testkit::home::Home;
use rendezvous_trust::bind::{Bound, Media, Setup};
use rendezvous_trust::handshake::{Parameters, Party, Role, VERSION};
use rendezvous_trust::invite;
use rendezvous_trust::pins::Pins;
use rendezvous_trust::words::Language;
use rendezvous_trust::{Contact, DeviceKey, UnixTime};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// Every byte of the fingerprint of the page's certificate.
pub(super) const PRINT: u8 = 0xab;

/// Messages besides the driver's that are under way at once.
const UNDER_WAY: u64 = 64;

/// Longer than anything takes that works.
const GIVEN_UP: Duration = SOON.saturating_mul(3);

/// Longer than the time after which a contact may ring again.
const A_MINUTE: Duration = Duration::from_secs(90);

/// The expert, and the one session that there is.
pub(crate) struct Expert {
    /// What it invites to.
    application: ApplicationId,
    key: Arc<DeviceKey>,
    pins: Pins,
    novice: Address,
    place: String,
    handle: Handle,
    happenings: UnboundedReceiver<Happening>,
    wild: UnboundedSender<(To, Parcel)>,
    said: Said,
    call: Option<Call>,
    network: Control,
}

/// A session, as far as it has come.
pub(crate) struct Call {
    pub(super) session: SessionId,
    state: Talk,
    rings: bool,
    connected: bool,
    pub(crate) over: bool,
    /// How often both have signed the certificates.
    bound: u64,
    /// How often the novice's program has said what of the view.
    pub(crate) views: Vec<String>,
    /// What both have signed last, and the certificate that the other side has shown, if that is for it to do.
    pub(crate) agreed: Option<Bound>,
    pub(crate) shown: Option<Media>,
    /// Everything that the other program said since the handshake, unread.
    pub(crate) bodies: VecDeque<String>,
}

enum Talk {
    /// Nothing that the other program says is taken.
    Deaf,
    Shaking(Box<Securing>),
    Met(Box<Link>),
}

/// Looks who is there, again where nobody opens: an agent has only so many handshakes with one address under way.
async fn found(network: &Control, place: &str) -> Result<Address> {
    let begun = Instant::now();
    loop {
        match network.lookup(place).await {
            Ok(who) => return Ok(who),
            Err(error) if begun.elapsed() > A_MINUTE => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

impl Expert {
    /// Somebody whom this novice has verified, at this address of the machine that the thread is on.
    pub(crate) async fn befriends(side: &Side, ip: &str) -> Result<Self> {
        let home = Home::new("hostile")?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).context("the system gave no random numbers")?;
        fs::write(home.join("device.key"), written(&seed))?;
        let key = Arc::new(DeviceKey::from_seed(&seed)?);
        let who = nearby_address(&key.public());
        have_met_on("nearby", (side.home(), &side.who), (&home, who.as_str()))?;
        let pins = Pins::from_text(&fs::read_to_string(home.join("pins.json"))?)?;

        let config = Config { listen: format!("{ip}:0").parse()?, name: String::new(), multicast: false };
        let (network, control) = Nearby::listen(config, key.clone()).await?;
        let novice = found(&control, &side.address).await?;
        ensure!(novice.as_str() == side.who, "somebody else is there: {novice}");
        let said = Said::default();
        let (wild, more) = mpsc::unbounded_channel();
        let network = Loose::new(network, more, said.clone());
        let account = Account { network: "nearby".into(), me: who, key: key.clone() };
        // Its own limits are nobody's concern.
        let limits = Limits { tombstones: 64, ..Limits::default() };
        let config = SessionConfig { limits, ..SessionConfig::default() };
        let all = [
            (ApplicationId::ASK, "Ask"),
            (ApplicationId::OFFER, "Offer"),
            (ApplicationId::SHARE_TERMINAL, "Share"),
            (ApplicationId::VIEW_TERMINAL, "View"),
        ];
        let all = all.map(|(id, name)| Application::new(id, name));
        let (driver, handle, happenings) = Driver::new(account, config, all, network);
        tokio::spawn(driver.run());
        let place = side.address.clone();
        let application = ApplicationId::OFFER;
        Ok(Self {
            application,
            key,
            pins,
            novice,
            place,
            handle,
            happenings,
            wild,
            said,
            call: None,
            network: control,
        })
    }

    /// Invites to this from now on.
    pub(crate) fn inviting_to(self, application: ApplicationId) -> Self {
        Self { application, ..self }
    }

    /// Offers help, until it rings: who has repeated too much is not let ring for a while.
    pub(crate) async fn offers(&mut self) -> Result<()> {
        let begun = Instant::now();
        loop {
            self.offers_once().await?;
            self.until("an answer of any kind", |call| call.rings || call.over).await?;
            if self.call()?.rings {
                return Ok(());
            }
            ensure!(begun.elapsed() < A_MINUTE, "it never rings");
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    }

    async fn offers_once(&mut self) -> Result<()> {
        // A link that nobody needs is closed after a while, and what the network nearby knows of places goes with it.
        found(&self.network, &self.place).await?;
        let session = self.handle.invite(self.novice.clone(), self.application, String::new()).await?;
        self.call = Some(Call {
            session,
            state: Talk::Deaf,
            rings: false,
            connected: false,
            over: false,
            bound: 0,
            views: Vec::new(),
            agreed: None,
            shown: None,
            bodies: VecDeque::new(),
        });
        Ok(())
    }

    pub(crate) fn call(&mut self) -> Result<&mut Call> {
        self.call.as_mut().context("there is a session")
    }

    pub(super) fn is_over(&self) -> bool {
        self.call.as_ref().is_none_or(|call| call.over)
    }

    /// Waits for this, and does meanwhile what a program of ours does.
    pub(crate) async fn until(&mut self, what: &str, holds: impl Fn(&Call) -> bool) -> Result<()> {
        let waits = async {
            loop {
                self.catch_up().await?;
                if holds(self.call()?) {
                    return Ok(());
                }
                if self.is_over() {
                    bail!("it ended");
                }
                let happening = self.happenings.recv().await.context("the driver runs")?;
                self.take(happening).await?;
            }
        };
        tokio::time::timeout(GIVEN_UP, waits)
            .await
            .with_context(|| format!("waited for {what}"))?
            .context(what.to_owned())
    }

    /// Takes what has come so far.
    async fn catch_up(&mut self) -> Result<()> {
        while let Ok(happening) = self.happenings.try_recv() {
            self.take(happening).await?;
        }
        Ok(())
    }

    /// How this one is called where nobody has given another name.
    pub(crate) fn who(&self) -> String {
        nearby_address(&self.key.public()).to_string()
    }

    pub(crate) async fn is_connected(&mut self) -> Result<()> {
        self.until("both programs to hold the session", |call| call.connected).await
    }

    pub(crate) async fn has_ended(&mut self) -> Result<()> {
        self.until("the end", |call| call.over).await
    }

    /// Makes the handshake, as it must be made.
    pub(crate) async fn meets(&mut self) -> Result<()> {
        let all = self.handle.list().await?;
        let session = self.call()?.session;
        let info = all.into_iter().find(|info| info.id == session).context("the session stands")?;
        let contact = |address: &Address| Contact::new("nearby", address.as_str());
        let parameters = Parameters {
            versions: vec![VERSION],
            application: info.application.0,
            session: session.0,
            expiry: info.expiry,
            inviter: contact(&info.me)?,
            invitee: contact(&info.contact)?,
            novice: novice(info.application),
        };
        let mut random = Random { handshake: [0; 32], code: [0; 64] };
        getrandom::fill(&mut random.handshake).context("the system gave no random numbers")?;
        let machine = Securing::begin(Start {
            party: Party { parameters, key: Arc::clone(&self.key), expected: None },
            role: Role::Inviter,
            pins: self.pins.clone(),
            code: None,
            language: Language::English,
            random,
        })?;
        self.call()?.state = Talk::Shaking(Box::new(machine));
        self.shake().await?;
        self.until("the handshake", |call| matches!(call.state, Talk::Met(_))).await
    }

    /// What the machine of the handshake wants.
    async fn shake(&mut self) -> Result<()> {
        loop {
            let Talk::Shaking(machine) = &mut self.call()?.state else { return Ok(()) };
            match machine.poll_output() {
                None => return Ok(()),
                Some(Output::Send(text)) => _ = self.sends(text).await?,
                Some(Output::Met(met)) => self.call()?.state = Talk::Met(Box::new(met.link)),
                Some(other) => bail!("nobody is to be asked for anything: {other:?}"),
            }
        }
    }

    async fn take(&mut self, happening: Happening) -> Result<()> {
        if self.call.as_ref().is_none_or(|call| call.session != happening.session) {
            return Ok(());
        }
        match happening.event {
            Event::Launch => _ = self.handle.command(happening.session, Command::Attach).await,
            Event::StateChanged { current: State::Connected, .. } => self.call()?.connected = true,
            Event::Ringing(_) => self.call()?.rings = true,
            Event::ContextData(text) => self.hears(text).await?,
            Event::Ended { .. } => self.call()?.over = true,
            _ => {}
        }
        Ok(())
    }

    async fn hears(&mut self, text: String) -> Result<()> {
        let call = self.call()?;
        match &mut call.state {
            Talk::Deaf => Ok(()),
            Talk::Shaking(machine) => {
                machine.handle_input(UnixTime(1_795_000_000), Input::Text(text))?;
                self.shake().await
            }
            Talk::Met(link) => {
                let answer = match link.open(&text)? {
                    Heard::Bound(bound, answer) => {
                        call.bound += 1;
                        call.agreed = Some(bound);
                        answer
                    }
                    Heard::Body(body) => {
                        let said: Value = serde_json::from_str(&body)?;
                        if said["type"] == "view" {
                            call.views.extend(said["state"].as_str().map(str::to_owned));
                        }
                        call.bodies.push_back(body);
                        None
                    }
                    Heard::Certificate(media) => {
                        call.shown = Some(media);
                        None
                    }
                    Heard::Nothing => None,
                };
                if let Some(text) = answer {
                    self.sends(text).await?;
                }
                Ok(())
            }
        }
    }

    /// Sends a text as it is; whether the session took it.
    pub(crate) async fn sends(&self, text: String) -> Result<bool> {
        let session = self.call.as_ref().context("there is a session")?.session;
        let begun = Instant::now();
        loop {
            match self.handle.command(session, Command::SendContext(text.clone())).await {
                Ok(()) => return Ok(true),
                Err(CallError::Refused(SessionError::TooMuchInFlight(_))) if begun.elapsed() < GIVEN_UP => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(CallError::Gone) => bail!("the driver is gone"),
                Err(CallError::Refused(SessionError::TooMuchInFlight(_))) => bail!("nobody takes it"),
                Err(_) => return Ok(false),
            }
        }
    }

    /// Signs a text and sends it. One that no program could sign is not sent.
    pub(crate) async fn says(&mut self, body: &str) -> Result<bool> {
        let Talk::Met(link) = &mut self.call()?.state else { return Ok(false) };
        match link.seal(body) {
            Ok(text) => self.sends(text).await,
            Err(_) => Ok(true),
        }
    }

    /// The page's certificate, which the novice's program answers.
    async fn shows_certificate(&mut self) -> Result<bool> {
        self.shows(Media { fingerprint: [PRINT; 32], setup: Setup::ActPass }).await
    }

    /// Shows this certificate, as whoever helps or looks does.
    pub(crate) async fn shows(&mut self, media: Media) -> Result<bool> {
        let Talk::Met(link) = &mut self.call()?.state else { return Ok(false) };
        let text = link.offer(media)?;
        self.sends(text).await
    }

    /// Answers the other side's certificate with this one, as whoever shares does.
    pub(crate) async fn answers(&mut self, media: Media) -> Result<bool> {
        let Talk::Met(link) = &mut self.call()?.state else { return Ok(false) };
        let text = link.answer(media)?;
        self.sends(text).await
    }

    /// Waits until the novice's program has taken everything that was said to it; false when the session is over.
    pub(super) async fn is_heard(&mut self) -> Result<bool> {
        self.catch_up().await?;
        let before = self.call()?.bound;
        let is_sent = self.shows_certificate().await?;
        if is_sent {
            self.until("an answer to the certificate", |call| call.bound > before).await?;
        }
        Ok(is_sent)
    }

    /// Does one thing of a course; false when the session is over.
    pub(super) async fn does(&mut self, act: Act) -> Result<bool> {
        match act {
            Act::Signed(text) => return self.says(&text).await,
            Act::Certificate { twice } => {
                // The answer to the first is nothing any more when it comes.
                let stands = !twice || self.shows_certificate().await?;
                return Ok(stands && self.is_heard().await?);
            }
            Act::Fresh(message) => self.sends_wild(Parcel::plain(message)).await?,
            Act::Invitation(fault) => {
                let parcel = self.invitation(fault)?;
                self.sends_wild(parcel).await?;
            }
            Act::Again(which) => {
                if let Some(parcel) = self.said.one(which) {
                    self.sends_wild(parcel).await?;
                }
            }
            Act::Changed(which, how) => {
                if let Some(parcel) = self.said.one(which).and_then(|parcel| changed(parcel, how)) {
                    self.sends_wild(parcel).await?;
                }
            }
            // Where nobody listens any more or the door is shut, nothing can be said.
            Act::Stranger(bytes) => {
                _ = TcpStream::connect(&self.place).and_then(|mut to| to.write_all(&bytes))
            }
        }
        self.catch_up().await?;
        Ok(self.call.is_none() || !self.is_over())
    }

    /// Sends a message that the driver knows nothing of. Waits while many of them are under way.
    pub(super) async fn sends_wild(&self, parcel: Parcel) -> Result<()> {
        let to = To::Contact(self.novice.clone());
        self.said.is_sent();
        self.wild.send((to, parcel)).context("the network is there")?;
        self.is_delivered(UNDER_WAY).await
    }

    /// Waits until no more than this of them are under way.
    pub(super) async fn is_delivered(&self, most: u64) -> Result<()> {
        let begun = Instant::now();
        while self.said.under_way() > most {
            ensure!(begun.elapsed() < GIVEN_UP, "the novice's program takes nothing");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    fn invitation(&self, fault: Fault) -> Result<Parcel> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).context("the system gave no random numbers")?;
        let now = UnixTime(std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_secs());
        let expiry = if fault == Fault::Old { UnixTime(now.0 - 60) } else { UnixTime(now.0 + 60) };
        let me = nearby_address(&self.key.public());
        let contact = |address: &Address| Contact::new("nearby", address.as_str());
        let invitee = if fault == Fault::ForSomebodyElse { &me } else { &self.novice };
        let mut said = invite::Invite {
            versions: vec![VERSION],
            session: bits,
            application: ApplicationId::OFFER.0,
            name: "Offer".into(),
            url: String::new(),
            data: String::new(),
            expiry,
            inviter: contact(&me)?,
            invitee: contact(invitee)?,
            novice: novice(ApplicationId::OFFER),
            app_invite: false,
        };
        let signature = said.sign(&self.key)?;
        if fault == Fault::ChangedAfterwards {
            said.data = "view=granted".into();
        }
        let invite = Invite {
            application: ApplicationId::OFFER,
            name: said.name,
            url: said.url,
            data: said.data,
            lifetime: Duration::from_secs(60),
            versions: Versions::OURS,
            app_invite: false,
            from: me,
        };
        let message = Message { session: SessionId(bits), sequence: 0, body: Body::Invite(Arc::new(invite)) };
        let proof = Proof { key: self.key.public(), signature };
        Ok(Parcel { message, seal: Seal::Invite { expiry, proof } })
    }
}

/// The same message with one thing in it otherwise. Never one that this session would take for its own.
fn changed(mut parcel: Parcel, how: usize) -> Option<Parcel> {
    match (&mut parcel.message.body, how % 3) {
        (Body::Context(chunk), 0) => chunk.text.push('x'),
        (Body::Context(chunk), 1) => chunk.last = !chunk.last,
        (Body::Attached | Body::Confirm, 0) => parcel.message.body = Body::Ringing,
        _ => parcel.message.session.0[how % 16] ^= 1 << (how % 8),
    }
    Some(parcel)
}

/// What a page says of itself, with a certificate whose fingerprint is made of this byte.
pub(super) fn description(print: u8, candidates: &[Value]) -> Value {
    json!({
        "ufrag": "hostile", "pwd": "passwordOfTheHostileExpert", "setup": "actpass",
        "fingerprint": vec![format!("{print:02X}"); 32].join(":"),
        "video": [crate::page::h264()], "extensions": [], "candidates": candidates,
    })
}

fn written(seed: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(seed)
}
