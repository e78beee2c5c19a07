//! Announces this device to everybody nearby, and hears who else is there (mDNS, RFC 6762).

use super::announcement::{Announcement, SERVICE, read_announcement};
use super::link::LinkEvent;
use super::on_link::OnLink;
use super::open::Own;
use super::table::Table;
use mdns_sd::{Receiver, ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent, ServiceInfo};
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often the size of what was heard is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// So far apart are two announcements of ours: a record replaces only one that others have had for a second (RFC 6762,
/// 10.2), and each is repeated after one.
const SPACING: Duration = Duration::from_millis(2500);
/// More records than this are a flood. Then nothing is heard for a while, and all begins anew: whoever floods fills no
/// memory.
const MAX_RECORDS: i64 = 8192;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long to wait after a flood, or when multicast does not work.
const PAUSE: Duration = Duration::from_secs(30);

/// Whether others nearby can be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    /// It was not asked for: [`Config::multicast`](super::Config).
    #[default]
    Off,
    /// It works, as far as this device can tell.
    On,
    /// It does not work, and is tried again. Why, for the person.
    Broken(String),
}

/// What the network and the discovery share.
#[derive(Debug, Default)]
pub(super) struct Nearness {
    table: Mutex<Table>,
}

impl Nearness {
    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be announced, now and whenever it changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) visible_until: Option<Instant>,
    pub(super) nameplate: Option<u16>,
    /// Nothing any more.
    pub(super) leaving: bool,
}

/// One run of discovery.
pub(super) struct Discoverer {
    pub(super) own: Arc<Own>,
    pub(super) nearness: Arc<Nearness>,
    /// Where we listen.
    pub(super) place: SocketAddr,
    /// What we are called.
    pub(super) name: String,
    pub(super) wanted: watch::Receiver<Wanted>,
    pub(super) state: watch::Sender<Discovery>,
}

impl Discoverer {
    /// Goes on until its task is aborted.
    pub(super) async fn run(mut self) {
        loop {
            let problem = match Daemon::start() {
                Ok((daemon, events)) => {
                    self.state.send_replace(Discovery::On);
                    let problem = self.hear(&daemon, &events).await;
                    if self.wanted.borrow().leaving {
                        daemon.goodbye().await;
                        _ = self.state.send_replace(Discovery::Off);
                        return;
                    }
                    problem
                }
                Err(error) => error.to_string(),
            };
            tracing::warn!(%problem, "Others nearby are not heard for a while");
            self.state.send_replace(Discovery::Broken(problem));
            let gone = self.nearness.table().clear();
            for address in gone {
                self.tell(address).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Announces and hears until something breaks; returns what.
    async fn hear(&mut self, daemon: &Daemon, events: &Receiver<ServiceEvent>) -> String {
        let mut look = tokio::time::interval(LOOK);
        let mut on_link = OnLink::default();
        let (mut announced, mut announced_at) = (None, None);
        // Until nobody is left who could change what is wanted.
        let mut changeable = true;
        loop {
            let wanted = self.announcement();
            if self.wanted.borrow().leaving {
                return "it is over".into();
            }
            let settled = announced_at.map(|at: Instant| at + SPACING).filter(|at| *at > Instant::now());
            let changes = announced.as_ref() != Some(&wanted);
            if changes && settled.is_none() {
                if let Err(error) = daemon.announce(&wanted, self.place) {
                    return error.to_string();
                }
                (announced, announced_at) = (Some(wanted), Some(Instant::now()));
            }
            let again = until(self.visible_until().into_iter().chain(settled.filter(|_| changes)).min());
            tokio::select! {
                event = events.recv_async() => match event {
                    Ok(event) => self.heard(event, &mut on_link).await,
                    Err(_) => return "more was announced than could be read".into(),
                },
                changed = self.wanted.changed(), if changeable => changeable = changed.is_ok(),
                _ = look.tick() => if daemon.records().await > MAX_RECORDS {
                    return "somebody floods this network with announcements".into();
                },
                () = again => {}
            }
        }
    }

    /// What we say of ourselves at this moment.
    fn announcement(&mut self) -> Announcement {
        let wanted = self.wanted.borrow_and_update().clone();
        let visible = wanted.visible_until.is_some_and(|until| until > Instant::now());
        let name = visible.then(|| self.name.clone());
        Announcement { address: self.own.address.clone(), name, nameplate: wanted.nameplate }
    }

    fn visible_until(&self) -> Option<Instant> {
        self.wanted.borrow().visible_until.filter(|until| *until > Instant::now())
    }

    async fn heard(&self, event: ServiceEvent, on_link: &mut OnLink) {
        match event {
            ServiceEvent::ServiceResolved(service) => {
                let places = service.addresses.iter().map(|ip| place(ip, service.port));
                let places: Vec<SocketAddr> = places.filter(|place| on_link.reaches(place)).collect();
                let Some(neighbour) = read_announcement(properties(&service), places) else {
                    return self.removed(&service.fullname).await;
                };
                if neighbour.address == self.own.address {
                    return;
                }
                let is_welcome = |address: &_| self.own.is_welcome(address);
                let changed = self.nearness.table().add(service.fullname, neighbour, is_welcome);
                for address in changed {
                    self.tell(address).await;
                }
            }
            ServiceEvent::ServiceRemoved(_, instance) => self.removed(&instance).await,
            _ => {}
        }
    }

    async fn removed(&self, instance: &str) {
        let gone = self.nearness.table().remove(instance);
        if let Some(address) = gone {
            self.tell(address).await;
        }
    }

    /// Tells the network where an address is now said to be.
    async fn tell(&self, address: rendezvous_core::Address) {
        let places = self.nearness.table().places(&address);
        // Without the network nobody wants to know.
        _ = self.own.events.send(LinkEvent::Announced { address, places }).await;
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

fn properties(service: &ResolvedService) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
    service.txt_properties.iter().map(|property| (property.key(), property.val()))
}

/// The place of an announced address. A link-local one means nothing without its interface.
fn place(ip: &ScopedIp, port: u16) -> SocketAddr {
    match (ip.to_ip_addr(), ip) {
        (IpAddr::V6(address), ScopedIp::V6(scoped)) if address.is_unicast_link_local() => {
            SocketAddrV6::new(address, port, 0, scoped.scope_id().index).into()
        }
        (address, _) => SocketAddr::new(address, port),
    }
}

/// The thread that speaks mDNS. Dropping it says goodbye to everybody.
struct Daemon(ServiceDaemon);

impl Daemon {
    fn start() -> Result<(Self, Receiver<ServiceEvent>), mdns_sd::Error> {
        let daemon = Self(ServiceDaemon::new()?);
        let events = daemon.0.browse(SERVICE)?;
        Ok((daemon, events))
    }

    fn announce(&self, what: &Announcement, place: SocketAddr) -> Result<(), mdns_sd::Error> {
        let instance = what.address.as_str();
        // Not the name that the computer has elsewhere: that is nobody's business here.
        let host = format!("rv-{}.local.", &instance[..instance.len().min(16)]);
        let txt = what.properties();
        let service = match place.ip() {
            ip if ip.is_unspecified() => {
                let mut service = ServiceInfo::new(SERVICE, instance, &host, "", place.port(), &txt[..])?;
                if ip.is_ipv4() {
                    service.set_interfaces(vec![mdns_sd::IfKind::IPv4]);
                }
                service.enable_addr_auto()
            }
            ip => ServiceInfo::new(SERVICE, instance, &host, ip, place.port(), &txt[..])?,
        };
        self.0.register(service)
    }

    /// Says goodbye to everybody, and waits until it is said.
    async fn goodbye(&self) {
        if let Ok(said) = self.0.shutdown() {
            _ = tokio::time::timeout(GOODBYE, said.recv_async()).await;
        }
    }

    /// How many records of others are kept.
    async fn records(&self) -> i64 {
        let Ok(metrics) = self.0.get_metrics() else { return 0 };
        let metrics = metrics.recv_async().await.unwrap_or_default();
        metrics.iter().filter(|(name, _)| name.starts_with("cached-")).map(|(_, count)| count).sum()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended already, or its queue is full and its goodbye would be late.
        _ = self.0.shutdown();
    }
}
