//! Bringing two people together who are no contacts: both sign in as guests, at any server with anonymous login, and
//! find each other in a room whose name is the public part of a one-time code.
//!
//! The room proves nothing. Whoever guesses its name can come in; who knows the secret part of the code, the exchange
//! between the two devices tells, and whoever tries it without burns the code.

use super::engine::{IN_USE, NOBODY, Part, Room};
use super::{Config, ConfigError, Target, Xmpp, map, random};
use crate::{Clock, Network as _, NetworkEvent};
use jid::{BareJid, FullJid};
use rendezvous_core::{Address, Endpoint};
use std::time::Duration;
use tokio::time::timeout;

/// Coming into the room may take so long.
const PATIENCE: Duration = Duration::from_secs(45);

/// Where guests meet.
#[derive(Clone, Debug)]
pub struct Place {
    /// How to sign in. Its `jid` is the domain that lets guests in; its password is not used.
    pub config: Config,
    /// The service that has the rooms, as in `conference.example.org`.
    pub rooms: String,
}

/// Why two people cannot meet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// The place cannot be one.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The place does not let us in, or there is nobody. A sentence.
    #[error("{0}")]
    Refused(String),
    /// It took too long.
    #[error("The meeting place did not answer in time.")]
    Timeout,
}

impl CodeError {
    /// Another code has this number there; one with another number can be made.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Refused(why) if why == IN_USE)
    }

    /// The place can be used, and nobody there has a code of this number open.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::Refused(why) if why == NOBODY)
    }
}

/// Opens a room for a code, and waits in it. Whoever comes in appears as a device that can invite us. The network's own
/// address is that of the guest that we are, until it is dropped.
///
/// # Errors
///
/// When the number is in use, or the place does not let us in.
pub async fn open(place: &Place, nameplate: u16) -> Result<Xmpp, CodeError> {
    meet(place, nameplate, Part::Host).await.map(|(network, _)| network)
}

/// Goes into the room of a code, and tells who has made it. Others who are in it are not seen.
///
/// # Errors
///
/// When there is no such room, or the place does not let us in.
pub async fn find(place: &Place, nameplate: u16) -> Result<(Xmpp, Vec<Endpoint>), CodeError> {
    meet(place, nameplate, Part::Visitor).await
}

async fn meet(place: &Place, nameplate: u16, part: Part) -> Result<(Xmpp, Vec<Endpoint>), CodeError> {
    let target = Target::guest(&place.config.jid, place.config.clone())?;
    let room = Room::new(seat(&place.rooms, nameplate)?, part);
    let unknown =
        Address::new(target.domain.clone()).map_err(|_| ConfigError::Domain(place.rooms.clone()))?;
    let (mut network, known) = Xmpp::begin(Clock::system(), target, unknown, Some(room));
    let others = timeout(PATIENCE, inside(&mut network)).await.unwrap_or(Err(CodeError::Timeout))?;
    let me = known.borrow().as_ref().and_then(|me| map::contact(&me.to_bare()));
    network.me = me.ok_or_else(|| CodeError::Refused("The server gave us a name that is none.".into()))?;
    Ok((network, others))
}

/// Waits until we are in the room. What is heard until then is kept for who drives the network.
async fn inside(network: &mut Xmpp) -> Result<Vec<Endpoint>, CodeError> {
    let mut early = Vec::new();
    let mut others = Vec::new();
    loop {
        let event = network.next().await;
        early.push(event.clone());
        match event {
            NetworkEvent::Appeared(endpoint) => others.push(endpoint),
            NetworkEvent::Disappeared(endpoint) => others.retain(|other| *other != endpoint),
            NetworkEvent::Refused(why) | NetworkEvent::Offline(why) => return Err(CodeError::Refused(why)),
            NetworkEvent::Online => {
                network.early.extend(early);
                return Ok(others);
            }
            _ => {}
        }
    }
}

/// The room of a code, and a name in it that nobody else has.
fn seat(rooms: &str, nameplate: u16) -> Result<FullJid, CodeError> {
    let bad = || ConfigError::Domain(rooms.to_owned());
    let name: String = random::<8>().unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
    let room = BareJid::new(&format!("rendezvous-{nameplate}@{rooms}")).map_err(|_| bad())?;
    Ok(room.with_resource_str(&name).map_err(|_| bad())?)
}
