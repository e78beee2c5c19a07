//! How to prove the password: which way, and each step of it.

use crate::xmpp::config::{Security, Target};
use crate::xmpp::tls::Channel;
use crate::xmpp::trouble::Trouble;
use sasl::client::mechanisms::{Anonymous, Plain, Scram};
use sasl::client::{Mechanism, MechanismError};
use sasl::common::scram::{Sha1, Sha256};
use sasl::common::{ChannelBinding, Credentials};
use std::collections::BTreeSet;
use xmpp_parsers::sasl::Mechanism as Name;
use xmpp_parsers::sasl_cb::Type;
use xmpp_parsers::stream_features::StreamFeatures;
use zeroize::Zeroizing;

/// More rounds than any server asks for, and few enough not to stop this machine.
const MAX_ROUNDS: u32 = 1_000_000;
/// With fewer, whoever listens in can try passwords too fast (RFC 5802, 5.1).
const MIN_ROUNDS: u32 = 4096;

/// One way to prove a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// SCRAM with SHA-256, bound as this says.
    Sha256(ChannelBinding),
    /// SCRAM with SHA-1, bound as this says.
    Sha1(ChannelBinding),
    /// The password itself.
    Plain,
}

/// Chooses the best of what the server offers and the account allows. Nothing is given up silently: what was asked for
/// and cannot be had is an error.
pub(super) fn choose(
    target: &Target,
    features: &StreamFeatures,
    channel: Channel,
) -> Result<Choice, Trouble> {
    let offers = |name: &str| features.sasl_mechanisms.contains(name);
    let types = features.sasl_cb.as_ref().map(|binding| binding.types.as_slice());
    let is_clear = channel == Channel::Clear;
    let binding = bind(target.channel_binding, channel, offers(SHA_256_PLUS) || offers(SHA_1_PLUS), types)?;
    let is_bound = matches!(binding, ChannelBinding::TlsExporter(_));
    if offers(if is_bound { SHA_256_PLUS } else { SHA_256 }) {
        return Ok(Choice::Sha256(binding));
    }
    if offers(if is_bound { SHA_1_PLUS } else { SHA_1 }) {
        return Ok(Choice::Sha1(binding));
    }
    let may_be_clear = !is_clear || target.security == Security::LoopbackOnly;
    if offers(PLAIN) && target.plain_password && may_be_clear && !is_bound {
        return Ok(Choice::Plain);
    }
    Err(Trouble::Mechanism(names(&features.sasl_mechanisms)))
}

const SHA_256: &str = "SCRAM-SHA-256";
const SHA_256_PLUS: &str = "SCRAM-SHA-256-PLUS";
const SHA_1: &str = "SCRAM-SHA-1";
const SHA_1_PLUS: &str = "SCRAM-SHA-1-PLUS";
const PLAIN: &str = "PLAIN";

/// How the login is tied to the connection. *Unsupported* tells the server that we would have: one that offered it,
/// and was made to look as if it did not, then refuses.
fn bind(
    wanted: bool,
    channel: Channel,
    is_offered: bool,
    types: Option<&[Type]>,
) -> Result<ChannelBinding, Trouble> {
    match channel {
        _ if !wanted => Ok(ChannelBinding::None),
        Channel::Exporter(name) if is_offered => {
            if types.is_some_and(|types| !types.contains(&Type::TlsExporter)) {
                return Err(Trouble::Binding);
            }
            Ok(ChannelBinding::TlsExporter(name))
        }
        Channel::Nameless if is_offered => Err(Trouble::Binding),
        // Also of an older TLS, which has no name: else whoever stands between chooses it, and nobody notices.
        Channel::Exporter(_) | Channel::Nameless => Ok(ChannelBinding::Unsupported),
        Channel::Clear => Ok(ChannelBinding::None),
    }
}

/// What a server offers, for a sentence. The names are the server's own, so only what can be a name is shown.
fn names(offered: &BTreeSet<String>) -> String {
    let is_name = |name: &&String| {
        name.len() <= 20
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-_".contains(&b))
    };
    let names: Vec<_> = offered.iter().filter(is_name).take(8).map(String::as_str).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// The steps of one login.
pub(super) struct Exchange {
    mechanism: Box<dyn Mechanism + Send + Sync>,
    /// SCRAM: our random number, once it was sent. The server must go on with it.
    nonce: Option<String>,
    is_scram: bool,
    is_bound: bool,
    /// SCRAM: the server has proven that it knows the password.
    is_proven: bool,
}

impl Exchange {
    pub(super) fn anonymous(offered: &BTreeSet<String>) -> Result<Self, Trouble> {
        if !offered.contains("ANONYMOUS") {
            return Err(Trouble::Mechanism(names(offered)));
        }
        Ok(Self::new(Box::new(Anonymous::new()), false, false))
    }

    pub(super) fn password(
        choice: Choice,
        name: &str,
        password: &Zeroizing<String>,
    ) -> Result<Self, Trouble> {
        let credentials = |name: &str| {
            Credentials::default().with_username(name).with_password(password.as_str().to_owned())
        };
        // The name is framed by commas and equals signs (RFC 5802, 5.1); the library leaves that to us.
        let framed = name.replace('=', "=3D").replace(',', "=2C");
        let is_bound = |binding: &ChannelBinding| matches!(binding, ChannelBinding::TlsExporter(_));
        match choice {
            Choice::Sha256(binding) => {
                let bound = is_bound(&binding);
                let credentials = credentials(&framed).with_channel_binding(binding);
                Scram::<Sha256>::from_credentials(credentials).map(|m| Self::new(Box::new(m), true, bound))
            }
            Choice::Sha1(binding) => {
                let bound = is_bound(&binding);
                let credentials = credentials(&framed).with_channel_binding(binding);
                Scram::<Sha1>::from_credentials(credentials).map(|m| Self::new(Box::new(m), true, bound))
            }
            Choice::Plain => {
                Plain::from_credentials(credentials(name)).map(|m| Self::new(Box::new(m), false, false))
            }
        }
        .map_err(Trouble::protocol)
    }

    fn new(mechanism: Box<dyn Mechanism + Send + Sync>, is_scram: bool, is_bound: bool) -> Self {
        Self { mechanism, nonce: None, is_scram, is_bound, is_proven: false }
    }

    /// Whether the login is tied to the connection.
    pub(super) fn is_bound(&self) -> bool {
        self.is_bound
    }

    pub(super) fn begin(&mut self) -> Result<(Name, Vec<u8>), Trouble> {
        let first = self.mechanism.initial();
        if self.is_scram {
            let text = String::from_utf8_lossy(&first);
            self.nonce = text.rsplit_once(",r=").map(|(_, nonce)| nonce.to_owned());
        }
        let name = self.mechanism.name().parse().map_err(Trouble::protocol)?;
        Ok((name, first))
    }

    /// The answer to a challenge. It is computed elsewhere than where connections are served, since it takes a while.
    pub(super) async fn answer(mut self, challenge: Vec<u8>) -> Result<(Self, Vec<u8>), Trouble> {
        if self.is_scram {
            if challenge.starts_with(b"v=") {
                self.check(&challenge)?;
                return Ok((self, Vec::new()));
            }
            let nonce = self.nonce.as_deref().unwrap_or_default();
            look_at(&challenge, nonce)?;
        }
        let work = tokio::task::spawn_blocking(move || {
            let answer = self.mechanism.response(&challenge);
            (self, answer)
        });
        let (exchange, answer) = work.await.map_err(Trouble::protocol)?;
        Ok((exchange, answer.map_err(Trouble::protocol)?))
    }

    /// The server let us in: it must have proven that it knows the password.
    pub(super) fn finish(&mut self, data: &[u8]) -> Result<(), Trouble> {
        if self.is_scram && !self.is_proven { self.check(data) } else { Ok(()) }
    }

    fn check(&mut self, data: &[u8]) -> Result<(), Trouble> {
        self.mechanism.success(data).map_err(|error| match error {
            MechanismError::CannotDecodeSuccessResponse => Trouble::protocol(error),
            _ => Trouble::Impostor,
        })?;
        self.is_proven = true;
        Ok(())
    }
}

/// What the library does not look at in a server's first message: that it is nothing but the three fields of RFC 5802 in
/// their order, goes on with our random number, and asks for neither too much work nor too little. Of doubled fields the
/// library takes the last.
fn look_at(challenge: &[u8], nonce: &str) -> Result<(), Trouble> {
    let text = str::from_utf8(challenge).map_err(Trouble::protocol)?;
    let fields: Vec<&str> = text.split(',').collect();
    let [Some(theirs), Some(_), Some(rounds)] = [("r=", 0), ("s=", 1), ("i=", 2)]
        .map(|(name, place)| fields.get(place).and_then(|field| field.strip_prefix(name)))
    else {
        return Err(Trouble::Protocol("a challenge that is none".into()));
    };
    if fields.len() != 3 {
        return Err(Trouble::Protocol("a challenge with more than it may have".into()));
    }
    if nonce.is_empty() || !theirs.starts_with(nonce) || theirs.len() == nonce.len() {
        return Err(Trouble::Impostor);
    }
    let rounds: u32 = rounds.parse().unwrap_or(0);
    if !(MIN_ROUNDS..=MAX_ROUNDS).contains(&rounds) {
        return Err(Trouble::Protocol(format!("{rounds} rounds for the password")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
