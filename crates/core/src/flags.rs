//! Who invited whom, as the two published bit masks (reference 1.6 and 3.6).
//!
//! Bit 4 means different things in the two, so each binding converts with its own function and never passes the
//! other's number through.

use crate::{LEGACY_VERSION, Role, Session};

/// `RSF_INVITER`, `SF_INVITER`: this side sent the invitation.
pub const INVITER: u32 = 1;
/// `RSF_INVITEE`, `SF_INVITEE`: this side received it.
pub const INVITEE: u32 = 2;
/// `RSF_ORIGINAL_INVITER` of the Rendezvous API: this side invited first, before roles were swapped.
pub const RSF_ORIGINAL_INVITER: u32 = 4;
/// `RSF_REMOTE_LEGACYSESSION`: the other side speaks the scheme of Windows XP.
pub const RSF_REMOTE_LEGACYSESSION: u32 = 8;
/// `RSF_REMOTE_WIN7SESSION`: the other side is at the level of Windows 7.
pub const RSF_REMOTE_WIN7SESSION: u32 = 16;
/// `SF_APP_INVITE_COMPATIBLE` of Session Invite: a legacy application invite, which carries no context data.
pub const SF_APP_INVITE_COMPATIBLE: u32 = 4;

/// `RENDEZVOUS_SESSION_FLAGS` of a role alone.
#[must_use]
pub fn rendezvous(role: Role) -> u32 {
    match role {
        Role::Inviter => INVITER,
        Role::Invitee => INVITEE,
    }
}

/// `RENDEZVOUS_SESSION_FLAGS` of a session. Roles are never swapped here, so `RSF_ORIGINAL_INVITER` is never set.
#[must_use]
pub fn rendezvous_of(session: &Session) -> u32 {
    let legacy = if session.peer_version() == LEGACY_VERSION { RSF_REMOTE_LEGACYSESSION } else { 0 };
    rendezvous(session.role()) | legacy
}

/// `SESSION_FLAGS` of a session.
#[must_use]
pub fn session_invite_of(session: &Session) -> u32 {
    let compatible = if session.is_app_invite() { SF_APP_INVITE_COMPATIBLE } else { 0 };
    rendezvous(session.role()) | compatible
}

/// The role that either mask says, or `None` when it names none or both.
#[must_use]
pub fn role(flags: u32) -> Option<Role> {
    match flags & (INVITER | INVITEE) {
        INVITER => Some(Role::Inviter),
        INVITEE => Some(Role::Invitee),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_masks_are_those_published() {
        let rendezvous =
            [INVITER, INVITEE, RSF_ORIGINAL_INVITER, RSF_REMOTE_LEGACYSESSION, RSF_REMOTE_WIN7SESSION];
        assert_eq!(rendezvous, [0x01, 0x02, 0x04, 0x08, 0x10]);
        assert_eq!(SF_APP_INVITE_COMPATIBLE, 4, "bit 4 means another thing in Session Invite");
    }

    #[test]
    fn a_role_survives_and_a_mask_without_one_says_so() {
        for known in [Role::Inviter, Role::Invitee] {
            assert_eq!(role(rendezvous(known)), Some(known));
            assert_eq!(role(rendezvous(known) | RSF_REMOTE_LEGACYSESSION), Some(known));
        }
        for flags in [0, 3, SF_APP_INVITE_COMPATIBLE, u32::MAX] {
            assert_eq!(role(flags), None);
        }
    }
}
