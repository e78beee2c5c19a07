//! Which servers help an application's own connection to find a way: the account's server is asked when the contact list is
//! here, and again long before what it said runs out.

use super::Engine;
use crate::NetworkEvent;
use crate::ice_server::IceServer;
use crate::xmpp::extdisco;
use jid::{BareJid, Jid};
use minidom::Element;
use rendezvous_core::Time;
use rendezvous_trust::UnixTime;
use std::time::Duration;
use xmpp_parsers::disco::DiscoInfoQuery;
use xmpp_parsers::iq::{Iq, IqGetPayload};

/// No answer for so long: the question is taken as lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// And asked again after so long, as after a refusal.
const LATER: Duration = Duration::from_mins(10);
/// Never more often than this, whatever the server says of the end.
pub(super) const SELDOM: Duration = Duration::from_mins(1);
/// And at least this often.
pub(super) const OFTEN: Duration = Duration::from_hours(12);

/// How far we are with asking, and what is known.
#[derive(Debug)]
pub(super) struct Services {
    asking: Asking,
    /// When the list was asked for last.
    asked: Option<Time>,
    /// Whether the driver was told of any.
    told: bool,
}

#[derive(Debug)]
enum Asking {
    /// Nothing is asked until this moment, if there is one.
    Rest(Option<Time>),
    /// Whether it names any, by the question of this name.
    Feature { id: String, until: Time },
    /// Which.
    List { id: String, until: Time },
}

impl Default for Services {
    fn default() -> Self {
        Self { asking: Asking::Rest(None), asked: None, told: false }
    }
}

impl Services {
    pub(super) fn due(&self) -> Option<Time> {
        match &self.asking {
            Asking::Rest(at) => *at,
            Asking::Feature { until, .. } | Asking::List { until, .. } => Some(*until),
        }
    }

    /// The time that we were cut off does not count.
    pub(super) fn renew(&mut self, now: Time) {
        if let Asking::Feature { until, .. } | Asking::List { until, .. } = &mut self.asking {
            *until = now.after(PATIENCE);
        }
    }

    /// The session with the server is another one since. What it said before holds until it says something else.
    pub(super) fn forget(&mut self) {
        self.asking = Asking::Rest(None);
    }
}

impl Engine {
    /// Asks whether there are any, and then which.
    pub(super) fn ask_for_services(&mut self, now: Time) {
        let id = self.ask_server(DiscoInfoQuery { node: None });
        self.services.asking = Asking::Feature { id, until: now.after(PATIENCE) };
    }

    fn ask_server(&mut self, question: impl IqGetPayload) -> String {
        let id = self.ids.next();
        let server = Jid::from(BareJid::from_parts(None, self.me.domain()));
        self.write(Iq::from_get(id.clone(), question).with_to(server));
        id
    }

    pub(super) fn services_tick(&mut self, now: Time) {
        if self.services.due().is_none_or(|due| now < due) {
            return;
        }
        match &self.services.asking {
            Asking::Rest(_) => self.ask_for_services(now),
            Asking::Feature { .. } | Asking::List { .. } => {
                self.services.asking = Asking::Rest(Some(now.after(LATER)));
            }
        }
    }

    /// The server answered a question; perhaps one of these.
    pub(super) fn services_answered(
        &mut self,
        now: Time,
        unix: UnixTime,
        id: &str,
        answer: Option<&Element>,
    ) {
        match &self.services.asking {
            Asking::Feature { id: asked, .. } if asked == id => match answer {
                Some(info) if extdisco::is_offered(info) => {
                    let id = self.ask_server(extdisco::question());
                    self.services.asked = Some(now);
                    self.services.asking = Asking::List { id, until: now.after(PATIENCE) };
                }
                Some(_) => self.services_are(Vec::new(), None),
                None => self.services.asking = Asking::Rest(Some(now.after(LATER))),
            },
            Asking::List { id: asked, .. } if asked == id => match answer {
                Some(list) => {
                    let servers = extdisco::servers(list, unix);
                    let again = now.after(pause(unix, &servers));
                    self.services_are(servers, Some(again));
                }
                None => self.services.asking = Asking::Rest(Some(now.after(LATER))),
            },
            _ => {}
        }
    }

    fn services_are(&mut self, servers: Vec<IceServer>, again: Option<Time>) {
        self.services.asking = Asking::Rest(again);
        if self.services.told || !servers.is_empty() {
            self.services.told = !servers.is_empty();
            self.tell(NetworkEvent::IceServers(servers));
        }
    }

    /// The server says that something changed. It is asked for the whole, but not all the time.
    pub(super) fn services_changed(&mut self, now: Time) {
        if let Asking::Rest(_) = self.services.asking {
            let soonest = self.services.asked.map_or(now, |asked| asked.after(SELDOM).max(now));
            self.services.asking = Asking::Rest(Some(soonest));
        }
    }
}

/// Half of what is left of whatever runs out first: a session that begins just before still has the other half.
fn pause(now: UnixTime, servers: &[IceServer]) -> Duration {
    let ends = servers.iter().filter_map(|server| server.until);
    let left = ends.map(|until| Duration::from_secs(until.0.saturating_sub(now.0))).min();
    left.map_or(OFTEN, |left| (left / 2).clamp(SELDOM, OFTEN))
}
