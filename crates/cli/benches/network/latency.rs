//! How long an invitation takes, beside a bare request over the same two streams in the same run.

use crate::figures::{Figures, Times};
use anyhow::{Context as _, Result, bail};
use rendezvous_core::{
    Address, Application, ApplicationId, Body, Command, Delivery, Endpoint, Event, Limits, Message,
    SessionConfig, SessionId, SessionResult, State, To, Token,
};
use rendezvous_net::xmpp::{Config, Security, Xmpp};
use rendezvous_net::{Account, Driver, Handle, Happening, Network, NetworkEvent, Parcel};
use rendezvous_testkit::xmpp::{DOMAIN, Place, password};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

/// Longer than anything of this takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// The bar: each leg may take so many times as long as a bare request and its answer. A leg is a message that another one
/// waits for; it is itself a request with an answer.
const BAR: f64 = 1.5;
/// Invite, Ringing.
const LEGS_TO_RINGING: f64 = 2.0;
/// Invite, Accept, Confirm, Attached of the invitee.
const LEGS_TO_CONNECTED: f64 = 4.0;

/// Measures over one server.
pub(crate) async fn run(
    figures: &mut Figures,
    name: &str,
    place: &Place,
    channel_binding: bool,
    rounds: usize,
) -> Result<()> {
    let (probes, taken) = mpsc::unbounded_channel();
    let alice = Person::sign_in(place, "alice", channel_binding, Some(taken))?;
    let bob = Person::sign_in(place, "bob", channel_binding, None)?;
    alice.sees(&bob.endpoint()).await?;
    bob.sees(&alice.endpoint()).await?;
    // As a task, so that nothing that is measured waits for a thread of its own.
    let [bare, ringing, connected] = tokio::spawn(measure(alice, bob, probes, rounds)).await??;
    figures.note(format!("{name}: a bare request and its answer, {} times", bare.len()), bare.both());
    compare(figures, &format!("{name}: invite → ringing, 2 legs"), &bare, &ringing, LEGS_TO_RINGING);
    compare(figures, &format!("{name}: invite → connected, 4 legs"), &bare, &connected, LEGS_TO_CONNECTED);
    Ok(())
}

/// In turn: a bare request, and a session's life. How long the requests took, how long until it rang, and until both
/// applications held it.
async fn measure(
    mut alice: Person,
    mut bob: Person,
    probes: mpsc::UnboundedSender<Probe>,
    rounds: usize,
) -> Result<[Times; 3]> {
    let mut times = <[Times; 3]>::default();
    for round in 0..rounds + rounds / 10 {
        let asked = bare_request(&probes, &bob.endpoint()).await?;
        let (rang, connected) = live(&mut alice, &mut bob).await?;
        // The first tenth is warming up.
        if round >= rounds / 10 {
            times.iter_mut().zip([asked, rang, connected]).for_each(|(times, time)| times.add(time));
        }
    }
    Ok(times)
}

fn compare(figures: &mut Figures, what: &str, bare: &Times, times: &Times, legs: f64) {
    let ratio = |part| times.quantile(part) / legs / bare.quantile(part);
    let way = times.quantile(0.5) / legs / (bare.quantile(0.5) / 2.0);
    let figure = format!(
        "{}; per leg {:.2} × a bare request with its answer (p95 {:.2} ×), {way:.2} × one way of it",
        times.both(),
        ratio(0.5),
        ratio(0.95)
    );
    figures.bar(what, figure, format!("at most {BAR} × per leg, p50"), ratio(0.5) <= BAR);
}

/// A session's life: when it rang, and when both applications held it.
async fn live(alice: &mut Person, bob: &mut Person) -> Result<(Duration, Duration)> {
    let start = Instant::now();
    let session = alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await?;
    let theirs = async {
        bob.until(session, |event| matches!(event, Event::Invited(_))).await?;
        bob.call(session, Command::Accept { data: String::new() }).await?;
        bob.until(session, |event| *event == Event::Launch).await?;
        bob.call(session, Command::Attach).await
    };
    let ours = async {
        alice.until(session, |event| matches!(event, Event::Ringing(_))).await?;
        let rang = start.elapsed();
        alice.until(session, |event| *event == Event::Launch).await?;
        alice.call(session, Command::Attach).await?;
        alice.until(session, |e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await?;
        anyhow::Ok((rang, start.elapsed()))
    };
    let (rang, connected) = {
        let (times, theirs) = tokio::join!(ours, theirs);
        theirs?;
        times?
    };
    bob.until(session, |e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await?;
    alice.call(session, Command::Terminate { result: SessionResult::SUCCESS, data: String::new() }).await?;
    alice.until(session, |event| matches!(event, Event::Ended { .. })).await?;
    bob.until(session, |event| matches!(event, Event::Ended { .. })).await?;
    Ok((rang, connected))
}

/// The smallest request of the protocol, for a session that nobody has: it is answered and does nothing.
async fn bare_request(probes: &mpsc::UnboundedSender<Probe>, to: &Endpoint) -> Result<Duration> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    let (answer, answered) = oneshot::channel();
    let start = Instant::now();
    probes
        .send(Probe { to: to.clone(), session: SessionId(bits), answer })
        .ok()
        .context("the driver has ended")?;
    match tokio::time::timeout(PATIENCE, answered).await {
        Ok(Ok(Delivery::Delivered)) => Ok(start.elapsed()),
        other => bail!("a bare request was not answered: {other:?}"),
    }
}

/// A bare request to be made over the driver's own stream.
struct Probe {
    to: Endpoint,
    session: SessionId,
    answer: oneshot::Sender<Delivery>,
}

/// The account's network, over which bare requests are made besides.
struct Probed {
    network: Xmpp,
    probes: Option<mpsc::UnboundedReceiver<Probe>>,
    open: Option<(Token, oneshot::Sender<Delivery>)>,
}

impl Network for Probed {
    fn send(&mut self, token: Token, to: To, parcel: Parcel) {
        self.network.send(token, to, parcel);
    }

    async fn next(&mut self) -> NetworkEvent {
        loop {
            let probes = async {
                match &mut self.probes {
                    Some(probes) => probes.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(Probe { to, session, answer }) = probes => {
                    let token = Token { session, link: 0, sequence: None };
                    let message = Message { session, sequence: 0, body: Body::UnknownSession };
                    self.open = Some((token, answer));
                    self.network.send(token, To::Endpoint(to), Parcel::plain(message));
                }
                event = self.network.next() => match (event, self.open.take()) {
                    (NetworkEvent::Delivery { token, outcome }, Some((asked, answer))) if token == asked => {
                        // Whoever asked waits for it.
                        _ = answer.send(outcome);
                    }
                    (event, open) => {
                        self.open = open;
                        return event;
                    }
                },
            }
        }
    }
}

/// A device of a person, with its driver.
struct Person {
    address: Address,
    handle: Handle,
    happenings: mpsc::UnboundedReceiver<Happening>,
}

const DEVICE: &str = "device";

impl Person {
    fn sign_in(
        place: &Place,
        user: &str,
        channel_binding: bool,
        probes: Option<mpsc::UnboundedReceiver<Probe>>,
    ) -> Result<Self> {
        let jid = format!("{user}@{DOMAIN}");
        let network = Xmpp::start(Config {
            server: Some(("127.0.0.1".into(), place.start_tls)),
            security: Security::StartTls,
            channel_binding,
            extra_ca: Some(place.authority.clone()),
            ..Config::new(jid, Zeroizing::new(password(user)), DEVICE)
        })?;
        let address = network.address();
        let number = if user == "alice" { 1 } else { 2 };
        let key = std::sync::Arc::new(crate::peer::key(number)?);
        let account = Account { network: "xmpp".into(), me: address.clone(), key };
        // People do not invite a thousand times in a minute.
        let limits = Limits { invitations_per_minute: 100_000, ..Limits::default() };
        let config = SessionConfig { limits, ..SessionConfig::default() };
        let ask = Application::new(ApplicationId::ASK, "Ask");
        let (driver, handle, happenings) =
            Driver::new(account, config, [ask], Probed { network, probes, open: None });
        tokio::spawn(driver.run());
        Ok(Self { address, handle, happenings })
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint { contact: self.address.clone(), device: DEVICE.into() }
    }

    async fn sees(&self, device: &Endpoint) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.handle.seen().await?.devices.contains(device) {
            if Instant::now() >= deadline {
                bail!("{} does not see {device}: {:?}", self.address, self.handle.status().borrow());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn call(&self, session: SessionId, command: Command) -> Result<()> {
        Ok(self.handle.command(session, command).await?)
    }

    async fn until(&mut self, session: SessionId, wanted: impl Fn(&Event) -> bool) -> Result<()> {
        let search = async {
            while let Some(happening) = self.happenings.recv().await {
                if happening.session == session && wanted(&happening.event) {
                    return Ok(());
                }
                if happening.session == session
                    && let Event::Ended { result, .. } = happening.event
                {
                    bail!("it ended early: {result:?}");
                }
            }
            bail!("the driver has ended")
        };
        tokio::time::timeout(PATIENCE, search).await.unwrap_or_else(|_| bail!("it did not happen"))
    }
}
