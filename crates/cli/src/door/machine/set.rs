//! What is set here and taken by the background program.

use super::{Door, Output, Page, Pressed, Setting};

impl Door {
    pub(super) fn set(&mut self, pressed: Pressed) {
        // One after the other.
        if self.page == Page::Settings(Setting::Changes) {
            return;
        }
        let is_nearby_on = self.accounts.iter().any(|account| account.is_nearby);
        let others = self.accounts.iter().filter(|account| !account.is_nearby).count();
        match (pressed, &self.page) {
            (Pressed::Nearby, Page::Settings(_)) if is_nearby_on && others == 0 => {
                self.page = Page::Settings(Setting::NothingLeft);
            }
            (Pressed::Nearby, Page::Settings(_)) => {
                self.page = Page::Settings(Setting::Changes);
                self.give(Output::Nearby(!is_nearby_on));
            }
            (Pressed::SignOutOf(_), Page::Settings(_)) if !is_nearby_on && others == 1 => {
                self.page = Page::Settings(Setting::NothingLeft);
            }
            (Pressed::SignOutOf(jid), Page::Settings(_)) => self.page = Page::SignOut(jid),
            (Pressed::SignOut, Page::SignOut(jid)) => {
                let jid = jid.clone();
                self.page = Page::Settings(Setting::Changes);
                self.give(Output::SignOut(jid));
            }
            _ => {}
        }
    }

    pub(super) fn is_set(&mut self, set: Result<bool, String>) {
        if self.page == Page::Settings(Setting::Changes) {
            self.page = Page::Settings(match set {
                Ok(true) => Setting::Rests,
                Ok(false) => Setting::Later,
                Err(why) => Setting::Failed(why),
            });
        }
    }
}
