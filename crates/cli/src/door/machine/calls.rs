//! Calls of the door's own: begun, named, followed, withdrawn.

use super::{
    ApplicationId, Call, Code, Door, Duration, MOST_EARLY, Outcome, Output, Page, Progress, SessionResult,
    Stage, State, Whom, Zeroizing,
};

impl Door {
    pub(super) fn call_this(&mut self, application: ApplicationId) {
        if let Page::Person(whom) = &self.page {
            self.call(whom.clone(), application);
        }
    }

    pub(super) fn call(&mut self, whom: Whom, application: ApplicationId) {
        let who = self.name_of(&whom);
        self.page = Page::Calling(Call::new(self.now, Some(whom.clone()), who, application));
        let number = self.next_number();
        self.give(Output::Call { number, whom, application });
    }

    pub(super) fn next_number(&mut self) -> u32 {
        self.early.clear();
        self.number += 1;
        self.number
    }

    /// Withdraws what was begun, or ends what goes on.
    pub(super) fn cancel(&mut self) {
        match &mut self.page {
            Page::Calling(call) => match &call.session {
                Some(session) => {
                    call.is_leaving = true;
                    let session = session.clone();
                    self.give(Output::Cancel(session));
                }
                None => {
                    let who = call.who.clone();
                    self.next_number();
                    self.page = Page::Outcome { who, again: None, outcome: Outcome::Withdrawn };
                }
            },
            Page::Code { .. } => {
                self.give(Output::LeaveCode);
                self.page = Page::Home;
            }
            Page::Going(session) => {
                let session = session.clone();
                self.give(Output::Cancel(session));
                self.page = Page::Home;
            }
            _ => self.back(),
        }
    }

    pub(super) fn called(&mut self, number: u32, called: Result<String, String>) {
        if number != self.number {
            // The person gave it up before it had a name.
            return called.map_or((), |session| self.give(Output::Cancel(session)));
        }
        match (&mut self.page, called) {
            (Page::Calling(call), Ok(session)) => call.session = Some(session),
            (Page::TypeCode { .. }, Ok(session)) => {
                let mut call = Call::new(self.now, None, String::new(), ApplicationId::OFFER);
                call.session = Some(session);
                self.page = Page::Calling(call);
            }
            (_, Ok(session)) => self.give(Output::Cancel(session)),
            (Page::TypeCode { wrong, searching, .. }, Err(why)) => {
                (*wrong, *searching) = (Some(why), false);
            }
            (Page::Calling(call), Err(why)) => {
                let (who, again) = (call.who.clone(), call.again());
                self.page = Page::Outcome { who, again, outcome: Outcome::Refused(why) };
            }
            (_, Err(_)) => {}
        }
        for (session, progress) in std::mem::take(&mut self.early) {
            self.progress(&session, &progress);
        }
    }

    pub(super) fn code_is(&mut self, made: Result<(Zeroizing<String>, Duration), String>) {
        match (&mut self.page, made) {
            (Page::Code { code, until }, Ok((made, time))) => {
                (*code, *until) = (Some(made), self.now + time);
            }
            (Page::Code { .. }, Err(why)) => {
                let outcome = Outcome::Refused(why);
                self.page = Page::Outcome { who: String::new(), again: None, outcome };
            }
            (_, Ok(_)) => self.give(Output::LeaveCode),
            (_, Err(_)) => {}
        }
    }

    /// Whoever was asked about the code was asked, and what followed is over.
    pub(super) fn code_over(&mut self) {
        if let Page::Code { .. } = &self.page {
            self.page = Page::Home;
        }
    }

    pub(super) fn progress(&mut self, session: &str, progress: &Progress) {
        match &mut self.page {
            Page::Calling(call) if call.session.as_deref() == Some(session) => {}
            Page::Calling(Call { session: None, .. }) | Page::TypeCode { searching: true, .. } => {
                if self.early.len() < MOST_EARLY {
                    self.early.push((session.to_owned(), progress.clone()));
                }
                return;
            }
            // Whoever answers the code; its window asks the person.
            Page::Code { code: Some(_), .. } => {
                if let Progress::StateChanged(State::Accepted) = progress {
                    let mut call = Call::new(self.now, None, String::new(), ApplicationId::ASK);
                    (call.session, call.stage) = (Some(session.to_owned()), Stage::Accepted);
                    self.page = Page::Calling(call);
                }
                return;
            }
            _ => return,
        }
        let Page::Calling(call) = &mut self.page else { return };
        match progress {
            Progress::Ringing { device } => {
                call.stage = call.stage.max(Stage::Rings);
                if crate::texts::is_device_name(device) && !call.devices.contains(device) {
                    call.devices.push(device.clone());
                }
            }
            Progress::StateChanged(State::Accepted) => call.stage = Stage::Accepted,
            Progress::StateChanged(State::Connected) => call.stage = Stage::Begun,
            Progress::StateChanged(_) => {}
            Progress::Declined(by) => call.declined = Some(*by),
            Progress::Ended { result } => {
                let (call, result) = (call.clone(), *result);
                self.ended(call, result);
            }
            Progress::Lost => {
                let (call, result) = (call.clone(), Code::ConnectionFailure.into());
                self.ended(call, result);
            }
        }
    }

    pub(super) fn ended(&mut self, call: Call, result: SessionResult) {
        let by_hand = [Code::SessionCancelledLocal, Code::SessionCancelledRemote].map(SessionResult::from);
        let outcome = match call.stage == Stage::Begun {
            true if by_hand.contains(&result) || result == SessionResult::SUCCESS => Outcome::Over,
            false if result == Code::SessionCancelledLocal.into() => Outcome::Withdrawn,
            _ => Outcome::Failed { declined: call.declined, result },
        };
        let again = match &outcome {
            Outcome::Failed { .. } => call.again(),
            _ => None,
        };
        self.page = Page::Outcome { who: call.who, again, outcome };
    }
}
