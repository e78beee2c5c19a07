//! What a network must offer to be tested: devices that come up, and a link that can be broken.
//!
//! A network joins the suite with an `impl World` and a line in [`crate::cases`].

use rendezvous_core::{Address, ApplicationId, Endpoint, SessionConfig, SessionId};
use rendezvous_net::loopback::{Hub, Loopback, Weather};
use rendezvous_net::{Account, Clock, Network};
use rendezvous_trust::{DeviceKey, UnixTime};
use std::sync::Arc;
use std::time::Duration;

/// A place in which devices meet. Every case gets a fresh one.
pub(crate) trait World: Sized {
    /// The network of a device.
    type Net: Network;

    /// Seeds with which every case is lived through.
    const SEEDS: u64 = 1;
    /// Whether time is the runtime's, paused: then hours cost nothing, and a run is the same every time.
    const IS_VIRTUAL: bool;

    /// Whether devices see each other come and go.
    const HAS_PRESENCE: bool;

    /// Whether a server stands between the devices, which keeps what it has for one that is gone for a while.
    const HAS_SERVER: bool = false;

    fn new(seed: u64) -> Self;

    /// A device comes up, for the first time or again with the same name and key.
    async fn join(&mut self, who: &str, device: &str) -> (Account, Self::Net);

    /// Breaks a device's link without a word, and gives it back.
    fn cut(&mut self, _device: &Endpoint) {
        unreachable!("cases that cut are not run over this network");
    }
    fn mend(&mut self, _device: &Endpoint) {
        unreachable!("cases that cut are not run over this network");
    }

    /// Has the network refuse whatever is sent, or no more.
    fn refuse(&mut self, _all: bool) {
        unreachable!("cases that refuse are not run over this network");
    }

    /// The clocks that the drivers read.
    fn clock() -> Clock {
        if Self::IS_VIRTUAL { Clock::of_the_runtime(EPOCH) } else { Clock::system() }
    }

    /// How long anything that must happen may take.
    fn patience() -> Duration {
        if Self::IS_VIRTUAL { Duration::from_secs(3 * 60 * 60) } else { Duration::from_secs(20) }
    }

    /// A time that is short to wait for, where it must be waited for, and else `usual`.
    fn short(usual: Duration) -> Duration {
        if Self::IS_VIRTUAL { usual } else { Duration::from_secs(1) }
    }
}

/// The calendar of virtual time begins here.
pub(crate) const EPOCH: UnixTime = UnixTime(1_790_000_000);

/// Loopback in fair weather, with presence.
pub(crate) struct Fair(Hub);

impl World for Fair {
    type Net = Loopback;
    const IS_VIRTUAL: bool = true;
    const HAS_PRESENCE: bool = true;

    fn new(seed: u64) -> Self {
        Self(Hub::new(seed, Weather::FAIR))
    }

    async fn join(&mut self, who: &str, device: &str) -> (Account, Loopback) {
        join(&self.0, who, device)
    }

    fn cut(&mut self, device: &Endpoint) {
        self.0.cut(device);
    }

    fn mend(&mut self, device: &Endpoint) {
        self.0.mend(device);
    }

    fn refuse(&mut self, all: bool) {
        let refused = if all { 1000 } else { 0 };
        self.0.set_weather(Weather { refused, ..Weather::FAIR });
    }
}

/// Loopback on which nobody sees anybody, so that invitations go by way of the contact.
pub(crate) struct Blind(Fair);

impl World for Blind {
    type Net = Loopback;
    const IS_VIRTUAL: bool = true;
    const HAS_PRESENCE: bool = false;

    fn new(seed: u64) -> Self {
        Self(Fair(Hub::new(seed, Weather::FAIR).without_presence()))
    }

    async fn join(&mut self, who: &str, device: &str) -> (Account, Loopback) {
        self.0.join(who, device).await
    }

    fn cut(&mut self, device: &Endpoint) {
        self.0.cut(device);
    }

    fn mend(&mut self, device: &Endpoint) {
        self.0.mend(device);
    }

    fn refuse(&mut self, all: bool) {
        self.0.refuse(all);
    }
}

/// Loopback in bad weather: late, out of order, twice, or lost with the link until it is back.
pub(crate) struct Bad(Fair);

impl Bad {
    pub(crate) fn in_weather(seed: u64, weather: Weather) -> Self {
        Self(Fair(Hub::new(seed, weather)))
    }
}

impl World for Bad {
    type Net = Loopback;
    const SEEDS: u64 = 40;
    const IS_VIRTUAL: bool = true;
    const HAS_PRESENCE: bool = true;

    fn new(seed: u64) -> Self {
        Self::in_weather(seed, Weather::BAD)
    }

    async fn join(&mut self, who: &str, device: &str) -> (Account, Loopback) {
        self.0.join(who, device).await
    }

    fn cut(&mut self, device: &Endpoint) {
        self.0.cut(device);
    }

    fn mend(&mut self, device: &Endpoint) {
        self.0.mend(device);
    }
}

fn join(hub: &Hub, who: &str, device: &str) -> (Account, Loopback) {
    let me = Address::new(who).unwrap();
    let endpoint = Endpoint { contact: me.clone(), device: device.into() };
    (Account { network: "loopback".into(), me, key: key(who, device) }, hub.join(endpoint))
}

/// The key of a device, the same in every life.
pub(crate) fn key(who: &str, device: &str) -> Arc<DeviceKey> {
    let mut seed = [7; 32];
    for (place, byte) in who.bytes().chain([0]).chain(device.bytes()).enumerate() {
        seed[place % 32] ^= byte.wrapping_add(1);
    }
    Arc::new(DeviceKey::from_seed(&seed).unwrap())
}

/// A session's name. A lower number is a lower name.
pub(crate) fn name(number: u128) -> SessionId {
    SessionId(number.to_be_bytes())
}

pub(crate) const ASK: ApplicationId = ApplicationId::ASK;
pub(crate) const OFFER: ApplicationId = ApplicationId::OFFER;

/// The usual configuration.
pub(crate) fn usual() -> SessionConfig {
    SessionConfig::default()
}

/// Times after which things end by themselves: short where nobody says that a device is gone, so that they must be waited
/// for; else the usual ones.
pub(crate) fn impatient<W: World>() -> SessionConfig {
    let usual = usual();
    if !W::HAS_SERVER {
        return usual;
    }
    SessionConfig {
        ringing: W::short(usual.ringing) * 3,
        longest: W::short(usual.longest) * 3,
        confirming: W::short(usual.confirming) * 3,
        attaching: W::short(usual.attaching) * 3,
        repair: W::short(usual.repair) * 3,
        alive: W::short(usual.alive),
        silence: W::short(usual.silence) * 3,
        ..usual
    }
}
