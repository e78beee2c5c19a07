//! `verify`: the fingerprints of this device and of a contact's, and what was confirmed of them. Shows and removes;
//! only the handshake of an application confirms.

use crate::home::Home;
use crate::identity::Identity;
use crate::terminal::{Terminal, printable};
use crate::{client, standing, texts, whom};
use anyhow::{Result, bail};
use rendezvous_trust::Contact;
use rendezvous_trust::pins::Pin;
use std::io::Write;
use std::process::ExitCode;

/// Shows what is confirmed, of one contact or of all.
pub(crate) async fn run(home: &Home, typed: Option<&str>, forget: bool, json: bool) -> Result<ExitCode> {
    let identity = Identity::open(home)?;
    let pins = identity.pins()?;
    let whose = match typed {
        Some(typed) => {
            let agent = client::running(home).await?;
            let found = whom::find(home, agent.as_ref(), typed, Terminal::own()?.as_ref()).await?;
            Some((
                found.label().to_owned(),
                Contact::new(found.whom.network.as_str(), found.whom.address.as_str())?,
            ))
        }
        None => None,
    };
    if forget {
        return match whose {
            Some((label, contact)) => remove(&identity, &label, &contact),
            None => bail!(texts::FORGET_WHOM),
        };
    }
    let shown: Vec<(&Contact, &Pin)> = pins
        .iter()
        .filter(|(contact, _)| whose.as_ref().is_none_or(|(_, whose)| whose == *contact))
        .collect();
    let mut out = std::io::stdout().lock();
    let own = identity.key().public();
    if json {
        let row = |(contact, pin): &(&Contact, &Pin)| {
            serde_json::json!({
                "network": contact.network(),
                "address": contact.address(),
                "fingerprint": pin.key().fingerprint(),
                "since": pin.since().0,
                "standing": texts::standing(standing::verified(pin)),
            })
        };
        let rows: Vec<_> = shown.iter().map(row).collect();
        writeln!(out, "{}", serde_json::json!({ "fingerprint": own.fingerprint(), "verified": rows }))?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{}", texts::own_fingerprint(&own.fingerprint()))?;
    for (contact, pin) in &shown {
        let line =
            texts::fingerprint_of(contact.address(), &pin.key().fingerprint(), standing::verified(pin));
        writeln!(out, "{}", printable(&line))?;
    }
    match whose {
        Some((label, _)) if shown.is_empty() => {
            writeln!(out, "{}", printable(&texts::how_to_verify(&label)))?
        }
        None if shown.is_empty() => writeln!(out, "{}", texts::NOBODY_VERIFIED)?,
        _ => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(identity: &Identity, label: &str, contact: &Contact) -> Result<ExitCode> {
    let removed = identity.change_pins(|pins| Ok(pins.remove_contact(contact)))?;
    if removed == 0 {
        bail!(texts::nothing_to_forget(label));
    }
    writeln!(std::io::stdout().lock(), "{}", printable(&texts::forgotten(label)))?;
    Ok(ExitCode::SUCCESS)
}
