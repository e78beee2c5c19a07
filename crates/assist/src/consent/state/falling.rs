//! How something falls: given back, taken back, run out, or gone with what it was granted for.

use super::{
    Announcement, Closed, ConsentError, Effect, Floor, FloorState, Hiding, Mutant, Open, Phase, Reason,
    Right, State, Time, View, ViewState, on, tell, tell_view,
};

impl State {
    /// The expert gives a floor back, or does not ask for it any more.
    pub(super) fn release(
        &mut self,
        now: Time,
        right: Right,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        let counts = !on(Mutant::FlickerIsFree);
        let mut seen = self.seen()?;
        let floor = seen.floors.get(right).ok_or(ConsentError::NotAFloor)?;
        if seen.withdraw(now, Some(right), (Closed::Released, counts), effects) {
            return Ok(());
        }
        match floor {
            Floor::Granted { .. } => {
                seen.floors.close(right, Closed::Released, effects);
                Ok(())
            }
            Floor::None | Floor::Closed(_) => Err(ConsentError::NotRequested),
        }
    }

    /// The person takes a floor back, or refuses it while asked.
    pub(super) fn take_back(
        &mut self,
        now: Time,
        right: Right,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        let mut seen = self.seen()?;
        let floor = seen.floors.get(right).ok_or(ConsentError::NotAFloor)?;
        if seen.withdraw(now, Some(right), (Closed::Denied, true), effects) {
            return Ok(());
        }
        match floor {
            Floor::Granted { .. } => {
                seen.patience.rest(now, &seen.limits);
                seen.floors.close(right, Closed::Revoked, effects);
                if on(Mutant::NobodyIsTold) {
                    effects.pop();
                }
                Ok(())
            }
            Floor::None | Floor::Closed(_) => Err(ConsentError::NotRequested),
        }
    }

    /// Everything falls, and nothing ends. A question goes, and does not count as asked in vain: the person has not
    /// answered it.
    pub(super) fn hide(
        &mut self,
        now: Time,
        by: Hiding,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        let open = self.open()?;
        let until = match open.view {
            View::Asked(_) => return Err(ConsentError::ViewFirst),
            View::Hidden { by: already, until } => {
                if already == by || already == Hiding::Both {
                    return Err(ConsentError::Paused);
                }
                open.view = View::Hidden { by: Hiding::Both, until };
                return Ok(());
            }
            View::Granted { until, .. } => until,
        };
        if by == Hiding::Bar && on(Mutant::BarIgnored) {
            return Ok(());
        }
        let mut seen = self.seen()?;
        seen.withdraw(now, None, (Closed::Denied, false), effects);
        for (right, _) in seen.floors.granted() {
            if right != Right::Control || !on(Mutant::PauseKeepsControl) {
                seen.floors.close(right, Closed::Revoked, effects);
            }
        }
        effects.extend([Effect::Revoke(Right::View), Effect::Tell(Announcement::Paused(true))]);
        self.open()?.view = View::Hidden { by, until };
        Ok(())
    }

    /// The person may not be there: the screen is locked, or the machine was asleep. The floors fall; the view stands.
    pub(super) fn away(
        &mut self,
        now: Time,
        without: Mutant,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        self.floors_fall(now, (Closed::Denied, false), without, effects)
    }

    /// The path to the page is lost or replaced. The floors fall; the view stands.
    pub(super) fn disconnected(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        self.brakes.reconnected();
        self.floors_fall(now, (Closed::Released, true), Mutant::OutlivesReconnect, effects)
    }

    fn floors_fall(
        &mut self,
        now: Time,
        question: (Closed, bool),
        without: Mutant,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        if let Phase::Over(_) = self.phase {
            return Err(ConsentError::Over);
        }
        // While nothing is seen there is no floor that could fall.
        if let Ok(mut seen) = self.seen()
            && !on(without)
        {
            seen.withdraw(now, None, question, effects);
            seen.floors.revoke_all(effects);
        }
        Ok(())
    }

    /// The time for the view has run out: everything falls, and it is asked for anew. A person who was asked in vain too often
    /// is not asked once more: then it is over.
    pub(super) fn ask_view_anew(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        let limits = self.limits;
        let mut seen = self.seen()?;
        seen.withdraw(now, None, (Closed::Denied, true), effects);
        seen.floors.revoke_all(effects);
        effects.push(Effect::Revoke(Right::View));
        if self.open()?.patience.is_exhausted(&limits) {
            self.refuse_view(Reason::NoAnswer, effects);
            return Ok(());
        }
        self.ask_view(now, effects)
    }

    /// Floors whose time has run out.
    pub(super) fn expire(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Ok(seen) = self.seen() else { return };
        for (right, until) in seen.floors.granted() {
            if until.is_some_and(|until| until <= now) && !on(Mutant::NoExpiry) {
                seen.floors.close(right, Closed::Expired, effects);
            }
        }
    }

    /// Ends everything: grants first, then the question, then the news, unless nobody is left to hear it.
    pub(super) fn end(&mut self, reason: Reason, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        let told = reason != Reason::SessionEnded;
        match std::mem::replace(&mut self.phase, Phase::Over(reason)) {
            Phase::Over(earlier) => {
                self.phase = Phase::Over(earlier);
                return Err(ConsentError::Over);
            }
            Phase::Waiting => {}
            Phase::Open(Open { view: View::Asked(question), .. }) => {
                effects.push(Effect::Withdraw(question.id));
                effects.extend(told.then_some(tell_view(ViewState::Denied)));
            }
            // What was granted has fallen when it was hidden.
            Phase::Open(Open { view: View::Hidden { .. }, .. }) => {
                effects.extend(told.then_some(tell_view(ViewState::Ended)));
            }
            Phase::Open(Open { view: View::Granted { pending, .. }, floors, .. }) => {
                if !on(Mutant::StopKeepsFloors) {
                    effects.extend(floors.granted().map(|(right, _)| Effect::Revoke(right)));
                }
                effects.push(Effect::Revoke(Right::View));
                effects.extend(pending.map(|pending| Effect::Withdraw(pending.question.id)));
                if told {
                    effects.extend(pending.map(|pending| tell(pending.right, FloorState::Denied)));
                    effects.extend(floors.granted().map(|(right, _)| tell(right, FloorState::Revoked)));
                    effects.push(tell_view(ViewState::Ended));
                }
            }
        }
        effects.push(Effect::End(reason));
        Ok(())
    }
}
