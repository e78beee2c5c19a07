//! The servers of the person's accounts: what their domains' records say, and whether they prove their names.

use super::Finding;
use crate::config::XmppAccount;
use crate::identity::unix_now;
use crate::networks::xmpp_config;
use crate::texts;
use anyhow::{Result, anyhow, bail};
use rendezvous_net::xmpp::probe::{Seen, Source, probe};
use zeroize::Zeroizing;

/// Two findings for each account, in the order of the configuration.
pub(super) async fn look(accounts: &[XmppAccount]) -> Vec<Finding> {
    let looks: Vec<_> = accounts
        .iter()
        // Nothing is signed in to, so no password is needed, and none is at hand.
        .map(|account| xmpp_config(account, Zeroizing::default(), "rendezvous-doctor".to_owned()))
        .map(|config| tokio::spawn(probe(config)))
        .collect();
    let mut findings = Vec::new();
    for (account, look) in accounts.iter().zip(looks) {
        let (dns, tls) = match look.await {
            Ok(Ok(seen)) => (dns(&seen), tls(&seen)),
            Ok(Err(error)) => (Err(anyhow!("{}: {error}", account.jid)), Err(anyhow!(texts::NO_FINDING))),
            Err(error) => (Err(error.into()), Err(anyhow!(texts::NO_FINDING))),
        };
        findings.push(Finding { what: "dns", outcome: dns });
        findings.push(Finding { what: "tls", outcome: tls });
    }
    findings
}

fn dns(seen: &Seen) -> Result<String> {
    match &seen.source {
        Source::Silent(why) => bail!(texts::records_silent(&seen.domain, why)),
        source => Ok(texts::records(&seen.domain, source, &seen.places)),
    }
}

fn tls(seen: &Seen) -> Result<String> {
    match &seen.server {
        Ok(place) => Ok(texts::proves_its_name(&seen.domain, place)),
        Err(fault) => bail!(texts::server_fault(&seen.domain, fault, unix_now().0)),
    }
}
