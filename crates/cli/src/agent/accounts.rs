//! The person's accounts, one driver each: the only place that knows which networks there are.

use crate::apps;
use crate::config::{Config, Security, XmppAccount, host_and_port};
use crate::contacts::Contacts;
use crate::home::Home;
use crate::identity::Identity;
use crate::{secrets, texts};
use anyhow::{Context, Result, bail};
use rendezvous_core::{Address, Application, ApplicationId, Command, SessionConfig, SessionId};
use rendezvous_dbus::agent::{AccountStatus, Seen};
use rendezvous_net::nearby::{self, Control, Nearby, NearbyError, is_nearby_address};
use rendezvous_net::xmpp::{self, Xmpp};
use rendezvous_net::{Account, CallError, Driver, Handle, Happening, Network, SessionInfo, Status};
use rendezvous_trust::DeviceKey;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use zeroize::Zeroizing;

/// The name of the network that needs no account.
pub(crate) const NEARBY: &str = "nearby";

/// The name of the network of XMPP accounts.
pub(crate) const XMPP: &str = "xmpp";

/// A server that does not take our goodbye by then does without.
pub(crate) const SIGNING_OFF: Duration = Duration::from_secs(3);

/// What this device is called in an account: the same at every start, another for every device. The computer's own name
/// is nobody's business there.
pub(crate) fn device_name(identity: &Identity) -> String {
    let fingerprint = identity.key().public().fingerprint();
    format!("rendezvous-{}", fingerprint.replace(' ', "").chars().take(8).collect::<String>())
}

/// How an account is signed in to.
pub(crate) fn xmpp_config(
    account: &XmppAccount,
    password: Zeroizing<String>,
    device: String,
) -> xmpp::Config {
    xmpp::Config {
        server: account.server.as_deref().and_then(host_and_port),
        security: match account.security {
            Security::Automatic => xmpp::Security::Automatic,
            Security::StartTls => xmpp::Security::StartTls,
            Security::DirectTls => xmpp::Security::DirectTls,
        },
        channel_binding: account.channel_binding,
        plain_password: account.plain_password,
        extra_ca: account.authority.clone(),
        ..xmpp::Config::new(account.jid.as_str(), password, device)
    }
}

/// Which account, by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Which(usize);

/// What happened, and on which account.
pub(super) type Happened = (Which, Happening);

/// All accounts that could be begun, and why others could not.
pub(super) struct Accounts {
    begun: Vec<Begun>,
    /// Only the person can change that.
    refused: Vec<AccountStatus>,
    /// What the network without an account is asked besides sending.
    nearby: Option<Control>,
    /// Those that tell a server when they go, until they have.
    signed_off: JoinSet<()>,
}

struct Begun {
    network: Arc<str>,
    me: Address,
    handle: Handle,
    driver: AbortHandle,
    /// Where others reach us, for the person; empty where the address says it.
    place: String,
}

impl Accounts {
    /// Begins with every account of the configuration.
    pub(super) async fn open(
        home: &Home,
        config: &Config,
        identity: &Identity,
        listen: Option<&str>,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Happened>)> {
        let (sender, happenings) = mpsc::unbounded_channel();
        let mut accounts =
            Self { begun: Vec::new(), refused: Vec::new(), nearby: None, signed_off: JoinSet::new() };
        if config.nearby.enabled || listen.is_some() {
            let said = listen.or(config.nearby.listen.as_deref());
            let (network, control, at) = listen_nearby(said, &config.nearby, identity).await?;
            let me = network.address();
            let place = SocketAddr::new(shown_address(at), network.port()).to_string();
            accounts.nearby = Some(control);
            accounts.begin(NEARBY, me, place, identity.key(), network, &sender);
        }
        for account in &config.accounts {
            if let Err(error) = accounts.begin_xmpp(home, account, identity, &sender).await {
                tracing::warn!(error = format!("{error:#}"), "An account cannot be used");
                accounts.refused.push(AccountStatus {
                    network: XMPP.to_owned(),
                    address: account.jid.clone(),
                    state: "refused".to_owned(),
                    sentence: format!("{error:#}"),
                });
            }
        }
        if accounts.begun.is_empty() && accounts.refused.is_empty() {
            bail!(
                "There is nothing to be reached by: [nearby] is not enabled, and there is no account. Change that in the configuration."
            );
        }
        Ok((accounts, happenings))
    }

    async fn begin_xmpp(
        &mut self,
        home: &Home,
        account: &XmppAccount,
        identity: &Identity,
        sender: &mpsc::UnboundedSender<Happened>,
    ) -> Result<()> {
        let password = secrets::load(home, &account.jid).await?;
        let password = password.with_context(|| texts::password_missing(&account.jid))?;
        let network = Xmpp::start(xmpp_config(account, password, device_name(identity)))?;
        self.signed_off.spawn(network.signed_off());
        self.begin(XMPP, network.address(), String::new(), identity.key(), network, sender);
        Ok(())
    }

    fn begin(
        &mut self,
        network_name: &str,
        me: Address,
        place: String,
        key: Arc<DeviceKey>,
        network: impl Network,
        sender: &mpsc::UnboundedSender<Happened>,
    ) {
        let account = Account { network: network_name.into(), me: me.clone(), key };
        let (driver, handle, mut happenings) =
            Driver::new(account, SessionConfig::default(), apps::built_in(), network);
        let driver = tokio::spawn(driver.run()).abort_handle();
        let (which, sender) = (Which(self.begun.len()), sender.clone());
        tokio::spawn(async move {
            while let Some(happening) = happenings.recv().await {
                if sender.send((which, happening)).is_err() {
                    return;
                }
            }
        });
        self.begun.push(Begun { network: network_name.into(), me, handle, driver, place });
    }

    /// Ends all accounts, and waits until the servers know: else they would show this device for minutes to come.
    pub(super) async fn sign_off(mut self) {
        self.begun.iter().for_each(|account| account.driver.abort());
        let all = async { while self.signed_off.join_next().await.is_some() {} };
        _ = tokio::time::timeout(SIGNING_OFF, all).await;
    }

    /// The account that reaches somebody, and how its network spells them.
    pub(super) async fn reach(&self, network: &str, address: &Address) -> Result<(Which, Address)> {
        let at = self.account_of(network, address).await.with_context(|| {
            format!("You have no account that reaches {address}: {network} is not set up.")
        })?;
        if network != NEARBY || is_nearby_address(address.as_str()) {
            return Ok((Which(at), address.clone()));
        }
        let found = match self.look_up(address.as_str()).await {
            Ok(found) => found,
            Err(error) if matches!(error.downcast_ref(), Some(NearbyError::Ourselves(_))) => {
                self.begun[at].me.clone()
            }
            Err(error)
                if matches!(
                    error.downcast_ref(),
                    Some(NearbyError::NotAPlace(_) | NearbyError::NoSuchHost(_))
                ) =>
            {
                return Err(error);
            }
            // Of a place where nobody is, the invitation says so.
            Err(error) => {
                tracing::info!(%address, %error, "Nobody was found");
                address.clone()
            }
        };
        Ok((Which(at), found))
    }

    /// The account on whose list somebody is, else the first of that network.
    async fn account_of(&self, network: &str, address: &Address) -> Option<usize> {
        let mut first = None;
        for (at, account) in self.begun.iter().enumerate().filter(|(_, a)| *a.network == *network) {
            let seen = account.handle.seen().await.unwrap_or_default();
            if seen.contacts.iter().any(|listed| listed.address == *address) {
                return Some(at);
            }
            first = first.or(Some(at));
        }
        first
    }

    /// Who is at a place, as they prove it.
    pub(super) async fn look_up(&self, place: &str) -> Result<Address> {
        let control = self.nearby.as_ref().context("The network nearby is not enabled.")?;
        Ok(control.lookup(place).await?)
    }

    /// Tells the network without a server where the person's contacts may be.
    pub(super) fn know(&self, contacts: &Contacts) {
        let Some(control) = &self.nearby else { return };
        for person in contacts.iter().filter(|p| p.network == NEARBY && !p.blocked) {
            let places = person.places.iter().filter_map(|place| place.parse().ok()).collect();
            if let Ok(address) = person.address.parse() {
                control.know(address, places);
            }
        }
    }

    /// From now on exactly these applications are installed.
    pub(super) async fn install(&self, applications: &[Application]) {
        for account in &self.begun {
            if let Err(error) = account.handle.install(applications.to_vec()).await {
                tracing::warn!(%error, "An account does not know the applications");
            }
        }
    }

    pub(super) fn handle(&self, which: Which) -> &Handle {
        &self.begun[which.0].handle
    }

    pub(super) fn network(&self, which: Which) -> &str {
        &self.begun[which.0].network
    }

    /// Invites somebody on an account.
    pub(super) async fn invite(
        &self,
        which: Which,
        contact: Address,
        application: ApplicationId,
        data: String,
    ) -> Result<SessionId, CallError> {
        self.handle(which).invite(contact, application, data).await
    }

    /// Makes a call on a session of an account.
    pub(super) async fn command(
        &self,
        which: Which,
        session: SessionId,
        command: Command,
    ) -> Result<(), CallError> {
        self.handle(which).command(session, command).await
    }

    /// What a session looks like.
    pub(super) async fn look(&self, which: Which, session: SessionId) -> Option<SessionInfo> {
        self.handle(which).list().await.unwrap_or_default().into_iter().find(|info| info.id == session)
    }

    /// The sessions of all accounts.
    pub(super) async fn sessions(&self) -> Vec<SessionInfo> {
        let mut all = Vec::new();
        for account in &self.begun {
            all.extend(account.handle.list().await.unwrap_or_default());
        }
        all
    }

    /// Whether each is on the other's list, as the network says.
    pub(super) async fn is_mutual(&self, which: Which, contact: &Address) -> bool {
        let seen = self.handle(which).seen().await.unwrap_or_default();
        seen.contacts.iter().any(|listed| listed.address == *contact && listed.is_mutual)
    }

    /// Whom the networks know.
    pub(super) async fn people(&self) -> Vec<Seen> {
        let mut all = Vec::new();
        for account in &self.begun {
            let seen = account.handle.seen().await.unwrap_or_default();
            let mut people: BTreeMap<String, Seen> = BTreeMap::new();
            let blank = |address: &str| Seen {
                network: account.network.to_string(),
                address: address.to_owned(),
                name: String::new(),
                is_mutual: false,
                devices: Vec::new(),
            };
            for listed in seen.contacts {
                let person =
                    Seen { name: listed.name, is_mutual: listed.is_mutual, ..blank(listed.address.as_str()) };
                people.insert(listed.address.to_string(), person);
            }
            for device in seen.devices {
                let person = people
                    .entry(device.contact.to_string())
                    .or_insert_with(|| blank(device.contact.as_str()));
                person.devices.push(device.device.to_string());
            }
            all.extend(people.into_values());
        }
        // Whoever shows a name nearby, and is known otherwise by an address only.
        for neighbour in self.nearby.iter().flat_map(Control::neighbours) {
            let Some(name) = neighbour.name else { continue };
            let address = neighbour.address.to_string();
            match all.iter_mut().find(|seen| seen.network == NEARBY && seen.address == address) {
                Some(seen) => seen.name = name,
                None => all.push(Seen {
                    network: NEARBY.to_owned(),
                    address,
                    name,
                    is_mutual: false,
                    devices: vec![String::new()],
                }),
            }
        }
        all
    }

    /// What the network without an account is asked besides sending.
    pub(super) fn nearby(&self) -> Option<&Control> {
        self.nearby.as_ref()
    }

    /// Shows our name nearby for so many seconds; zero hides it.
    pub(super) fn show_name(&self, seconds: u64) {
        if let Some(control) = &self.nearby {
            control.visible((seconds > 0).then(|| Duration::from_secs(seconds)));
        }
    }

    /// How it stands with every account.
    pub(super) fn status(&self) -> Vec<AccountStatus> {
        let of = |account: &Begun| {
            let (state, sentence) = match &*account.handle.status().borrow() {
                // A network without a server has nobody to sign in with.
                Status::Connecting if *account.network == *NEARBY => ("online", account.place.clone()),
                Status::Connecting => ("connecting", String::new()),
                Status::Online => ("online", account.place.clone()),
                Status::Offline(why) => ("offline", why.clone()),
                Status::Refused(why) => ("refused", why.clone()),
            };
            AccountStatus {
                network: account.network.to_string(),
                address: account.me.to_string(),
                state: state.to_owned(),
                sentence,
            }
        };
        self.begun.iter().map(of).chain(self.refused.iter().cloned()).collect()
    }

    /// Where others reach us without a server, and as whom they see us.
    pub(super) fn places(&self) -> impl Iterator<Item = (&str, &str)> {
        self.begun.iter().filter(|a| !a.place.is_empty()).map(|a| (a.place.as_str(), a.me.as_str()))
    }
}

/// Where we listen if nothing else is said: everywhere, at the usual port, or at a free one when that is taken, as by
/// another person on this computer. A computer without IPv6 has only the second and the last.
const USUAL: [&str; 4] = ["[::]:7373", "0.0.0.0:7373", "[::]:0", "0.0.0.0:0"];

async fn listen_nearby(
    said: Option<&str>,
    config: &crate::config::Nearby,
    identity: &Identity,
) -> Result<(Nearby, Control, IpAddr)> {
    let places = said.map_or_else(|| USUAL.to_vec(), |said| vec![said]);
    let mut refused = None;
    for place in places {
        let listen = nearby::parse_address(place)?;
        let settings = nearby::Config { listen, name: config.name.clone(), multicast: config.multicast };
        match Nearby::listen(settings, identity.key()).await {
            Ok((network, control)) => return Ok((network, control, listen.ip())),
            Err(error @ (NearbyError::Listen { .. } | NearbyError::NotHere(_))) => refused = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused.context("there is no place to listen at")?.into())
}

/// An address that a person can pass on: of a computer that listens everywhere, one that others in its network can use.
fn shown_address(listen: IpAddr) -> IpAddr {
    if !listen.is_unspecified() {
        return listen;
    }
    let usable = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local(),
    };
    let mut found: Vec<IpAddr> =
        if_addrs::get_if_addrs().unwrap_or_default().iter().map(|i| i.ip()).filter(usable).collect();
    found.sort_by_key(IpAddr::is_ipv6);
    found.first().copied().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}
