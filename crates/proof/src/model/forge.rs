//! Messages that nobody honest sent.

use super::scenario::{Scenario, Who};
use super::world::{FAKE, endpoint};
use rendezvous_core::{
    Address, ApplicationId, Body, CancelReason, Chunk, DeclinedBy, Endpoint, Invite, LEGACY_VERSION,
    MAX_DATA, Message, SessionId, SessionResult, VERSION, Versions,
};
use std::sync::Arc;
use std::time::Duration;

/// A message that is made up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Forged {
    /// The device that gets it.
    pub to: u8,
    /// Under whose name.
    pub from: Endpoint,
    /// What it says.
    pub message: Message,
}

/// Everything that a hostile party makes up in this configuration.
pub(super) fn list(scenario: &Scenario) -> Vec<Forged> {
    if scenario.hostile.forged == 0 {
        return Vec::new();
    }
    let eve = Endpoint { contact: address(Who::Eve), device: "desk".into() };
    let mut all = Vec::new();
    for to in 0..scenario.devices.len() {
        // A hostile inviter attacks whom she invites; a hostile server everybody.
        if !scenario.hostile.senders && to == 0 {
            continue;
        }
        let mut add = |from: &Endpoint, session: u8, sequence, body| {
            let message = Message { session: SessionId([session; 16]), sequence, body };
            let to = super::world::index(to);
            all.push(Forged { to, from: from.clone(), message });
        };
        let mut names: Vec<Endpoint> = (0..scenario.devices.len())
            .filter(|other| scenario.devices[*other].0 != scenario.devices[to].0)
            .map(|other| endpoint(scenario, other))
            .collect();
        if scenario.hostile.senders {
            let unknown = Endpoint { device: "tv".into(), ..names[0].clone() };
            names.push(unknown);
        }
        for from in &names {
            for play in scenario.plays {
                for sequence in 0..=u32::from(scenario.hostile.sequences) {
                    for body in ordered() {
                        add(from, play.session, sequence, body);
                    }
                }
                // In time the name is forgotten, and then it is as good as any that is made up.
                if !scenario.ticks {
                    add(from, play.session, 0, invite(5));
                }
                add(from, play.session, 0, Body::UnknownSession);
            }
            for body in [invite(5), invite(0), accept(), Body::Confirm, attack(), Body::UnknownSession] {
                add(from, FAKE, 0, body);
            }
            add(from, FAKE, 0, Body::Alive { sessions: vec![SessionId([FAKE; 16])] });
        }
        for play in scenario.plays {
            for sequence in 0..=1 {
                for body in [accept(), Body::Confirm, Body::Attached, attack(), cancel(), terminate()] {
                    add(&eve, play.session, sequence, body);
                }
            }
            add(&eve, play.session, 0, Body::UnknownSession);
        }
    }
    all
}

fn ordered() -> Vec<Body> {
    vec![
        Body::Ringing,
        accept(),
        Body::Accept { version: LEGACY_VERSION + 7, data: String::new() },
        Body::Confirm,
        Body::Decline { by: DeclinedBy::Person, data: String::new() },
        Body::Decline { by: DeclinedBy::Busy, data: String::new() },
        Body::Decline { by: DeclinedBy::Crossed, data: String::new() },
        cancel(),
        Body::Attached,
        attack(),
        terminate(),
        Body::Terminate { failed: false, result: SessionResult(0), data: "x".repeat(MAX_DATA + 1) },
    ]
}

fn accept() -> Body {
    Body::Accept { version: VERSION, data: String::new() }
}

fn cancel() -> Body {
    Body::Cancel { reason: CancelReason::Withdrawn, data: String::new() }
}

fn terminate() -> Body {
    Body::Terminate { failed: true, result: SessionResult(5), data: "x".into() }
}

/// Context data that no application sent.
fn attack() -> Body {
    Body::Context(Chunk { text: "attack".into(), last: true, abandoned: false })
}

fn invite(seconds: u64) -> Body {
    Body::Invite(Arc::new(Invite {
        application: ApplicationId::OFFER,
        name: String::new(),
        url: String::new(),
        data: String::new(),
        lifetime: Duration::from_secs(seconds),
        versions: Versions::OURS,
        app_invite: false,
        from: address(Who::Eve),
    }))
}

fn address(who: Who) -> Address {
    Address::new(who.name()).expect("a name is an address")
}
