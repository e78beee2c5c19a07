//! The networks by name, and how an account of this device is signed in to.

use crate::config::{Security, XmppAccount, host_and_port};
use crate::identity::Identity;
use rendezvous_net::xmpp;
use std::time::Duration;
use zeroize::Zeroizing;

/// The name of the network that needs no account.
pub(crate) const NEARBY: &str = "nearby";

/// The name of the network of XMPP accounts.
pub(crate) const XMPP: &str = "xmpp";

/// The network of guests, who meet by a one-time code at a server that lets everybody in. An address there is gone with the
/// code, so nobody is a contact there and nobody is called by it.
pub(crate) const GUEST: &str = "guest";

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
