//! Which sessions we initiated, as far as what we send shows it.

use crate::Parcel;
use rendezvous_core::{Body, Role, SessionId};
use std::collections::{BTreeSet, VecDeque};

/// So many sessions are remembered at once.
const MAX_SESSIONS: usize = 4096;

/// Tells of each message that goes out which role we have in its session. In Jingle only a responder accepts, so *our
/// application holds the session* is spelled `session-accept` by one side and `session-info` by the other. Both say the
/// same to whoever reads them; a session that was forgotten here is only spelled less well.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    initiated: BTreeSet<SessionId>,
    oldest_first: VecDeque<SessionId>,
}

impl Roles {
    /// Our role in the session of a message that goes out. Call it once for each, in their order.
    pub fn of(&mut self, parcel: &Parcel) -> Role {
        let session = parcel.message.session;
        let role = if self.initiated.contains(&session) { Role::Inviter } else { Role::Invitee };
        match parcel.message.body {
            Body::Confirm => {
                self.remember(session);
                Role::Inviter
            }
            Body::Invite(_) | Body::Cancel { .. } => Role::Inviter,
            Body::Terminate { .. } | Body::UnknownSession => {
                self.forget(session);
                role
            }
            Body::Ringing
            | Body::Accept { .. }
            | Body::Decline { .. }
            | Body::Attached
            | Body::Context(_)
            | Body::Alive { .. } => role,
        }
    }

    /// A session is over, or its device is gone.
    pub fn forget(&mut self, session: SessionId) {
        if self.initiated.remove(&session) {
            self.oldest_first.retain(|other| *other != session);
        }
    }

    fn remember(&mut self, session: SessionId) {
        if self.initiated.insert(session) {
            self.oldest_first.push_back(session);
        }
        if self.oldest_first.len() > MAX_SESSIONS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.initiated.remove(&oldest);
        }
    }
}
