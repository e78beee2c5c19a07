//! The person's accounts, one driver each: the only place that knows which networks there are.

use crate::apps;
use crate::config::{Config, XmppAccount};
use crate::contacts::Contacts;
use crate::home::Home;
use crate::identity::Identity;
use crate::networks::{GUEST, NEARBY, SIGNING_OFF, XMPP, device_name, xmpp_config};
use crate::{policy, secrets, texts};
use anyhow::{Context, Result, bail};
use rendezvous_core::{Address, Application, ApplicationId, Command, SessionConfig, SessionId};
use rendezvous_dbus::agent::{AccountStatus, Seen};
use rendezvous_net::nearby::{self, Control, Nearby, NearbyError, is_nearby_address};
use rendezvous_net::xmpp::Xmpp;
use rendezvous_net::{
    Account, CallError, Driver, Handle, Happening, IceServer, Network, SessionInfo, Status,
};
use rendezvous_trust::DeviceKey;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

/// What is written to somebody is not longer than this, in characters.
const LONGEST_TEXT: usize = 500;

/// Invitations ring no longer than the rules allow, those from elsewhere too. Rules that cannot be used let nothing ring.
fn session_times(home: &Home) -> SessionConfig {
    let usual = SessionConfig::default();
    match policy::load(home).ok().and_then(|policy| policy.invitation_time()) {
        Some(most) => {
            SessionConfig { ringing: usual.ringing.min(most), longest: usual.longest.min(most), ..usual }
        }
        None => usual,
    }
}

/// Which account. Never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Which(usize);

/// What happened, and on which account.
pub(super) type Happened = (Which, Happening);

/// All accounts that could be begun, and why others could not.
pub(super) struct Accounts {
    begun: BTreeMap<Which, Begun>,
    /// How many there have been.
    count: usize,
    key: Arc<DeviceKey>,
    happenings: mpsc::UnboundedSender<Happened>,
    /// Only the person can change that.
    refused: Vec<AccountStatus>,
    /// What the network without an account is asked besides sending.
    nearby: Option<Control>,
    /// The contacts that it was told of.
    known_nearby: BTreeSet<Address>,
    /// Those that tell a server when they go, until they have.
    signed_off: JoinSet<()>,
    /// How long things may take.
    times: SessionConfig,
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
        let mut accounts = Self {
            begun: BTreeMap::new(),
            count: 0,
            key: identity.key(),
            happenings: sender,
            refused: Vec::new(),
            nearby: None,
            known_nearby: BTreeSet::new(),
            signed_off: JoinSet::new(),
            times: session_times(home),
        };
        if config.nearby.enabled || listen.is_some() {
            let said = listen.or(config.nearby.listen.as_deref());
            let (network, control, at) = listen_nearby(said, &config.nearby, identity).await?;
            let me = network.address();
            let place = SocketAddr::new(shown_address(at), network.port()).to_string();
            accounts.nearby = Some(control);
            accounts.begin(NEARBY, me, place, apps::built_in(), network);
        }
        for account in &config.accounts {
            if let Err(error) = accounts.begin_xmpp(home, account, identity).await {
                tracing::warn!(error = format!("{error:#}"), "An account cannot be used");
                accounts.refused.push(AccountStatus {
                    network: XMPP.to_owned(),
                    address: account.jid.clone(),
                    state: "refused".to_owned(),
                    sentence: format!("{error:#}"),
                });
            }
        }
        if accounts.begun.is_empty() && accounts.refused.is_empty() && config.codes.is_none() {
            bail!(
                "There is nothing to be reached by: [nearby] is not enabled, and there is no account. Change that in the configuration."
            );
        }
        Ok((accounts, happenings))
    }

    async fn begin_xmpp(&mut self, home: &Home, account: &XmppAccount, identity: &Identity) -> Result<()> {
        let password = secrets::load(home, &account.jid).await?;
        let password = password.with_context(|| texts::password_missing(&account.jid))?;
        let network = Xmpp::start(xmpp_config(account, password, device_name(identity)))?;
        self.signed_off.spawn(network.signed_off());
        self.begin(XMPP, network.address(), String::new(), apps::built_in(), network);
        Ok(())
    }

    fn begin(
        &mut self,
        network_name: &str,
        me: Address,
        place: String,
        installed: impl IntoIterator<Item = Application>,
        network: impl Network,
    ) -> Which {
        let account = Account { network: network_name.into(), me: me.clone(), key: self.key.clone() };
        let (driver, handle, mut happenings) = Driver::new(account, self.times, installed, network);
        let driver = tokio::spawn(driver.run()).abort_handle();
        let (which, sender) = (Which(self.count), self.happenings.clone());
        self.count += 1;
        tokio::spawn(async move {
            while let Some(happening) = happenings.recv().await {
                if sender.send((which, happening)).is_err() {
                    return;
                }
            }
        });
        self.begun.insert(which, Begun { network: network_name.into(), me, handle, driver, place });
        which
    }

    /// Begins with a guest, who can be called for nothing but to answer a code.
    pub(super) fn begin_guest(&mut self, network: Xmpp) -> Which {
        // Those who have gone meanwhile.
        while self.signed_off.try_join_next().is_some() {}
        self.signed_off.spawn(network.signed_off());
        let offer = apps::built_in().into_iter().filter(|application| application.id == ApplicationId::OFFER);
        self.begin(GUEST, network.address(), String::new(), offer, network)
    }

    /// Ends those guests of whom nothing is wanted any more.
    pub(super) fn end_guests(&mut self, is_wanted: impl Fn(Which) -> bool) {
        self.begun.retain(|which, account| {
            let stays = *account.network != *GUEST || is_wanted(*which);
            if !stays {
                // With its driver the network goes, which signs off.
                account.driver.abort();
            }
            stays
        });
    }

    /// Whether there is such an account: what is heard of one may come after its end.
    pub(super) fn is_there(&self, which: Which) -> bool {
        self.begun.contains_key(&which)
    }

    /// Ends all accounts, and waits until the servers know: else they would show this device for minutes to come.
    pub(super) async fn sign_off(mut self) {
        self.begun.values().for_each(|account| account.driver.abort());
        let all = async { while self.signed_off.join_next().await.is_some() {} };
        _ = tokio::time::timeout(SIGNING_OFF, all).await;
    }

    /// The account that reaches somebody, and the way to how its network spells them.
    pub(super) async fn route(&self, network: &str, address: &Address) -> Result<Route> {
        let at = self.account_of(network, address).await.with_context(|| {
            format!("You have no account that reaches {address}: {network} is not set up.")
        })?;
        let is_place = network == NEARBY && !is_nearby_address(address.as_str());
        let control = if is_place { self.nearby.clone() } else { None };
        Ok(Route { which: at, me: self.begun[&at].me.clone(), to: address.clone(), control })
    }

    /// The account on whose list somebody is, else the first of that network.
    async fn account_of(&self, network: &str, address: &Address) -> Option<Which> {
        let mut first = None;
        for (which, account) in self.own().filter(|(_, account)| *account.network == *network) {
            let seen = account.handle.seen().await.unwrap_or_default();
            if seen.contacts.iter().any(|listed| listed.address == *address) {
                return Some(which);
            }
            first = first.or(Some(which));
        }
        first
    }

    /// The person's own accounts. Guests are nobody's.
    fn own(&self) -> impl Iterator<Item = (Which, &Begun)> {
        let all = self.begun.iter().map(|(which, account)| (*which, account));
        all.filter(|(_, account)| *account.network != *GUEST)
    }

    /// Tells the network without a server where the person's contacts may be, and who is none any more.
    pub(super) fn know(&mut self, contacts: &Contacts) {
        let Some(control) = &self.nearby else { return };
        let mut known = BTreeSet::<Address>::new();
        for person in contacts.iter().filter(|p| p.network == NEARBY && !p.blocked) {
            let places = person.places.iter().filter_map(|place| place.parse().ok()).collect();
            if let Ok(address) = person.address.parse::<Address>() {
                control.know(address.clone(), places);
                known.insert(address);
            }
        }
        self.known_nearby.difference(&known).for_each(|gone| control.forget(gone.clone()));
        self.known_nearby = known;
    }

    /// From now on exactly these applications are installed. Guests stay with what they are there for.
    pub(super) async fn install(&self, applications: &[Application]) {
        for (_, account) in self.own() {
            if let Err(error) = account.handle.install(applications.to_vec()).await {
                tracing::warn!(%error, "An account does not know the applications");
            }
        }
    }

    pub(super) fn handle(&self, which: Which) -> &Handle {
        &self.begun[&which].handle
    }

    pub(super) fn network(&self, which: Which) -> &str {
        &self.begun[&which].network
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
        for account in self.begun.values() {
            all.extend(account.handle.list().await.unwrap_or_default());
        }
        all
    }

    /// What the accounts offer to help an application's own connection to find a way.
    pub(super) async fn ice_servers(&self) -> Vec<IceServer> {
        let mut all = Vec::new();
        for (_, account) in self.own() {
            all.extend(account.handle.ice_servers().await.unwrap_or_default());
        }
        all
    }

    /// Writes to the person's trusted contact, from the account that has them among its contacts, else from the first that can.
    /// Who that is was written down by the person, and is read from there.
    pub(super) async fn tell_trusted(&self, home: &Home, text: &str) -> Result<String, String> {
        let trusted = Config::load(home).map_err(|error| format!("{error:#}"))?.trusted;
        let trusted = trusted.ok_or_else(|| texts::NO_TRUSTED.to_owned())?;
        let contact: Address =
            trusted.parse().map_err(|error| format!("\"{trusted}\" is no address: {error}"))?;
        let text: String = text.chars().take(LONGEST_TEXT).collect();
        let mut others = Vec::new();
        for (_, account) in self.own() {
            let seen = account.handle.seen().await.unwrap_or_default();
            if !seen
                .contacts
                .iter()
                .any(|listed| listed.address.as_str().eq_ignore_ascii_case(contact.as_str()))
            {
                others.push(account);
            } else if account.handle.write(contact.clone(), text.clone()).await == Ok(true) {
                return Ok(trusted);
            }
        }
        for account in others {
            if account.handle.write(contact.clone(), text.clone()).await == Ok(true) {
                return Ok(trusted);
            }
        }
        Err(texts::NO_ACCOUNT_FOR_TRUSTED.to_owned())
    }

    /// Whether each is on the other's list, as the network says.
    pub(super) async fn is_mutual(&self, which: Which, contact: &Address) -> bool {
        let seen = self.handle(which).seen().await.unwrap_or_default();
        seen.contacts.iter().any(|listed| listed.address == *contact && listed.is_mutual)
    }

    /// Whom the networks know.
    pub(super) async fn people(&self) -> Vec<Seen> {
        let mut all = Vec::new();
        for (_, account) in self.own() {
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

    /// The account of the network that needs none.
    pub(super) fn nearby_account(&self) -> Result<Which> {
        let mut own = self.own();
        let (which, _) =
            own.find(|(_, account)| *account.network == *NEARBY).context("nearby is not enabled")?;
        Ok(which)
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
        self.own().map(|(_, account)| of(account)).chain(self.refused.iter().cloned()).collect()
    }

    /// Where others reach us without a server, and as whom they see us.
    pub(super) fn places(&self) -> impl Iterator<Item = (&str, &str)> {
        self.begun.values().filter(|a| !a.place.is_empty()).map(|a| (a.place.as_str(), a.me.as_str()))
    }
}

/// The way to somebody. Whoever is at a place is asked who they are, which takes the time of a network.
pub(super) struct Route {
    which: Which,
    to: Address,
    me: Address,
    /// Where `to` is a place.
    control: Option<Control>,
}

impl Route {
    /// The account, and how its network spells whoever is there.
    pub(super) async fn follow(self) -> Result<(Which, Address)> {
        let Self { which, to, me, control } = self;
        let Some(control) = control else { return Ok((which, to)) };
        match control.lookup(to.as_str()).await {
            Ok(found) => Ok((which, found)),
            Err(NearbyError::Ourselves(_)) => Ok((which, me)),
            Err(error @ (NearbyError::NotAPlace(_) | NearbyError::NoSuchHost(_))) => Err(error.into()),
            // Of a place where nobody is, the invitation says so.
            Err(error) => {
                tracing::info!(address = %to, %error, "Nobody was found");
                Ok((which, to))
            }
        }
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

#[cfg(test)]
mod tests;
