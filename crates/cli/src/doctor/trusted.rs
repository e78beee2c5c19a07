//! The contact whom the person trusts: whether a message about a help can get to them.

use super::{Finding, within};
use crate::config::Config;
use crate::home::Home;
use crate::identity::Identity;
use crate::standing::{self, Standing};
use crate::{client, texts};
use anyhow::{Result, bail};

/// What carries chat messages to them.
const NETWORK: &str = "xmpp";

/// One finding where somebody is named.
pub(super) async fn look(home: &Home, config: &Config) -> Option<Finding> {
    let contact = config.trusted.as_deref()?;
    Some(within("trusted", can_be_told(home, config, contact)).await)
}

async fn can_be_told(home: &Home, config: &Config, contact: &str) -> Result<String> {
    if config.accounts.is_empty() {
        bail!(texts::trusted_needs_an_account(contact));
    }
    if config.accounts.iter().any(|account| account.jid.eq_ignore_ascii_case(contact)) {
        bail!(texts::trusted_is_yourself(contact));
    }
    let Some(agent) = client::running(home).await? else { return Ok(texts::trusted_not_looked_at(contact)) };
    client::settled(&agent).await?;
    let status = agent.status().await?;
    if !status.accounts.iter().any(|account| account.network == NETWORK && account.state == "online") {
        bail!(texts::trusted_finds_no_way(contact));
    }
    let people = agent.people().await?;
    let listed =
        people.iter().find(|seen| seen.network == NETWORK && seen.address.eq_ignore_ascii_case(contact));
    if !listed.is_some_and(|seen| seen.is_mutual) {
        bail!(texts::trusted_is_no_contact(contact));
    }
    let is_verified =
        standing::of_contact(&Identity::open(home)?, NETWORK, contact)? != Standing::NeverChecked;
    Ok(texts::trusted_gets_messages(contact, is_verified))
}
