//! What this side's calls do at the level of the account.

use super::Sessions;
use crate::mutant::{self, Mutant};
use crate::session::{Role, Session};
use crate::{Address, ApplicationId, Code, Command, Endpoint, SessionError, SessionId, State, Time};
use alloc::string::String;
use alloc::vec::Vec;

type Answer = Result<(), SessionError>;

impl Sessions {
    pub(super) fn create(&mut self, now: Time, id: SessionId) -> Answer {
        if self.slots.find(id).is_some() || self.tombs.contains(id) || id == SessionId::NIL {
            return Err(SessionError::NameTaken(id));
        }
        let mut session = Session::create(now, id, &self.config);
        self.outputs.append(&mut session.outputs);
        let slot = self.slots.insert(session);
        self.settle_timer(now, slot);
        Ok(())
    }

    /// `Create`, `SetApplication` and `Invite` in one, or nothing at all.
    pub(super) fn invite(
        &mut self,
        now: Time,
        id: SessionId,
        contact: Address,
        application: ApplicationId,
        data: String,
    ) -> Answer {
        let before = self.outputs.len();
        self.create(now, id)?;
        let all = self
            .set_application(now, id, application)
            .and_then(|()| self.send_invitation(now, id, contact, data));
        if all.is_err() {
            self.outputs.truncate(before);
            self.discard(id);
        }
        all
    }

    pub(super) fn command(&mut self, now: Time, id: SessionId, command: Command) -> Answer {
        let Some(slot) = self.slots.find(id) else { return Err(self.refuse_ended(id, &command)) };
        match command {
            Command::SetApplication(application) => self.set_application(now, id, application),
            Command::Invite { contact, data } => self.send_invitation(now, id, contact, data),
            Command::Accept { .. } => {
                self.within(now, slot, |session| session.command(now, command))
                    .unwrap_or(Err(SessionError::NoSuchSession(id)))?;
                self.give_way_to(now, slot);
                Ok(())
            }
            command => self
                .within(now, slot, |session| session.command(now, command))
                .unwrap_or(Err(SessionError::NoSuchSession(id))),
        }
    }

    fn set_application(&mut self, now: Time, id: SessionId, application: ApplicationId) -> Answer {
        let slot = self.slots.find(id).ok_or(SessionError::NoSuchSession(id))?;
        let found = self.registry.get(application).cloned();
        let found = found.ok_or(SessionError::UnknownApplication(application))?;
        self.within(now, slot, |session| session.set_application(&found))
            .unwrap_or(Err(SessionError::NoSuchSession(id)))
    }

    fn send_invitation(&mut self, now: Time, id: SessionId, contact: Address, data: String) -> Answer {
        let slot = self.slots.find(id).ok_or(SessionError::NoSuchSession(id))?;
        // What is wrong with the call itself is said first, whatever else stands against it.
        let session = self.slots.get(slot).map(|entry| &entry.session);
        session.ok_or(SessionError::NoSuchSession(id))?.can_invite(&self.me, &contact, &data)?;
        if !self.online {
            return Err(SessionError::NotLoggedOn);
        }
        let known = self.contacts.get(&contact);
        let open = known.map_or(0, |c| c.sessions.len());
        if open >= usize::try_from(self.config.limits.sessions_per_contact).unwrap_or(usize::MAX) {
            return Err(SessionError::TooManySessions(self.config.limits.sessions_per_contact));
        }
        if let Some(open) = self.open_with(&contact, slot) {
            return Err(SessionError::AlreadyOpen(open));
        }
        let devices: Vec<Endpoint> = known.map_or_else(Vec::new, |c| {
            c.devices.iter().map(|d| Endpoint { contact: contact.clone(), device: d.clone() }).collect()
        });
        let me = self.me.clone();
        self.within(now, slot, |session| {
            session.invite(now, &me, contact.clone(), data, devices.into_iter())
        })
        .unwrap_or(Err(SessionError::NoSuchSession(id)))?;
        self.contacts.entry(now, &contact).sessions.push(slot);
        Ok(())
    }

    /// A session with this contact, for the same as this one, that was accepted: by us or by them.
    fn open_with(&self, contact: &Address, slot: u32) -> Option<SessionId> {
        let application = self.slots.get(slot)?.session.application().ok()?;
        let open = |s: &&Session| {
            matches!(s.state(), State::Accepted | State::Connected) && s.application() == Ok(application)
        };
        let sessions = self.contacts.get(contact)?.sessions.iter();
        sessions.filter_map(|other| self.slots.get(*other)).map(|e| &e.session).find(open).map(Session::id)
    }

    /// Accepting an invitation withdraws ours to the same contact for the same, or for its counterpart: who asked and
    /// was offered wants one of the two.
    fn give_way_to(&mut self, now: Time, accepted: u32) {
        let Some(session) = self.slots.get(accepted).map(|e| &e.session) else { return };
        let (Ok(contact), Ok(application)) = (session.user(), session.application()) else { return };
        if mutant::on(Mutant::CrossedStays) {
            return;
        }
        for slot in self.with_contact(&contact.clone()) {
            let crosses = |s: &Session| s.application().is_ok_and(|a| a.crosses(application));
            if slot != accepted && self.slots.get(slot).is_some_and(|e| crosses(&e.session)) {
                self.within(now, slot, |session| session.give_way(now));
            }
        }
    }

    /// Takes back a session that was only just made.
    fn discard(&mut self, id: SessionId) {
        let Some(slot) = self.slots.find(id) else { return };
        let scheduled = self.slots.remove(slot).and_then(|entry| entry.scheduled);
        if let Some(at) = scheduled {
            self.timers.remove(&(at, super::Timer::Session(slot)));
        }
    }

    /// What a call on a session that is over, or never was, is answered with.
    fn refuse_ended(&self, id: SessionId, command: &Command) -> SessionError {
        let Some(role) = self.tombs.get(id).map(super::tombs::Tomb::role) else {
            return SessionError::NoSuchSession(id);
        };
        SessionError::Refused(match (command, role) {
            (Command::Accept { .. } | Command::Decline { .. }, Role::Inviter) => Code::NotInvitee,
            (Command::Invite { .. }, Role::Invitee) => Code::NotInviter,
            (Command::Invite { .. } | Command::SetApplication(_), _) => Code::SessionNotReady,
            _ => Code::SessionStateInvalid,
        })
    }
}
