//! What the bar says, and what is heard of the desktop.

use super::Novice;
use crate::assistance::bar::{Presses, WatchedBar};
use crate::assistance::logind;
use crate::assistance::media::Broken;
use crate::assistance::stop::{self, Heard};
use crate::assistance::tray::Tray;
use crate::texts;
use crate::texts::bar::{self as words, BarSays};
use rendezvous_assist::consent::{Input, Right};
use rendezvous_assist::grant::ViewGrant;
use rendezvous_desktop::x11::StopError;
use rendezvous_desktop::x11::bar::{Contents, Press, Tone};

impl Novice {
    /// From the first permission on the keys that stop everything are heard, what is taken from the person is seen, and the
    /// bar is on the screen, whatever is hidden or asked meanwhile.
    pub(super) fn guard(&mut self, grant: &ViewGrant) -> Result<(), StopError> {
        let brake = self.consent.brake();
        if self.heard.is_none() {
            let display = self.shared.display.as_deref();
            let ears = stop::listen(grant, display, brake.clone(), &self.suspension)?;
            logind::listen(self.suspension.clone(), ears.0.clone());
            self.heard = Some(ears);
        }
        if let (None, Some((heard, _)), Some(display)) = (&self.bar, &self.heard, &self.shared.display) {
            let presses = Presses { brake, curtain: self.consent.curtain(), heard: heard.clone() };
            let (contents, display) = (self.bar_says(), display.clone());
            let tray = Tray::show(contents.clone(), presses.clone());
            let shown = tokio::task::block_in_place(|| {
                WatchedBar::show(grant, &display, contents, presses, &self.suspension)
            });
            self.bar = Some((shown?, tray));
        }
        Ok(())
    }

    /// Something was heard of the desktop.
    pub(super) async fn desktop_says(&mut self, heard: Heard) {
        match heard {
            Heard::Stop => self.give(Input::Stop),
            Heard::Pause => self.give(Input::Pause),
            Heard::Resume => self.shows_again(),
            Heard::TakeBack => self.give(Input::TakeBack(Right::Control)),
            Heard::Write => self.opens_chat(),
            Heard::SendFile => self.opens_sending(),
            Heard::Taken(taken) if self.consent.state().may(Right::Control) => {
                self.terminal.say(texts::taken_from_you(taken));
                self.give(Input::TakeBack(Right::Control));
            }
            Heard::Taken(taken) => tracing::info!(?taken, "Nobody has control that could be taken back"),
            Heard::Locked => self.give(Input::Locked),
            Heard::Slept => self.give(Input::Suspended),
            Heard::BarGone => self.give(Input::BarGone),
            Heard::BarBack => self.give(Input::BarBack),
            Heard::Lost(error) => self.broken(Broken::Failed(error.to_string())).await,
        }
    }

    /// The bar says how it stands at this moment.
    pub(super) fn refresh_bar(&self) {
        if let Some((bar, tray)) = &self.bar {
            let contents = self.bar_says();
            tray.say(contents.clone());
            bar.say(contents);
        }
    }

    fn bar_says(&self) -> Contents {
        let language = self.language;
        let control = self.sharing.as_ref().and_then(|sharing| sharing.control.as_ref());
        let (says, tone, button) = if self.consent.state().is_paused() {
            // What only the missing bar hides can still be hidden by the person.
            let button = match self.consent.state().is_paused_by_person() {
                true => (Press::Resume, words::bar_resume(language)),
                false => (Press::Pause, words::bar_pause(language)),
            };
            (BarSays::Hidden, Tone::Calm, button)
        } else if let Some(control) = control {
            let button = (Press::TakeBack, words::bar_take_back(language));
            (BarSays::Controls(control.since.elapsed()), Tone::Controlled, button)
        } else {
            let since = self.sharing.as_ref().map(|sharing| sharing.since.elapsed()).unwrap_or_default();
            let says = if self.told_held { BarSays::Asking } else { BarSays::Sees(since) };
            (says, Tone::Seen, (Press::Pause, words::bar_pause(language)))
        };
        let besides = self.besides();
        let write = self.chat.is_some().then(|| (Press::Write, words::bar_write(language)));
        let file = self.may_send_files().then(|| (Press::File, words::bar_file(language)));
        let stop = (Press::Stop, words::bar_stop(language));
        let buttons = std::iter::once(button).chain(write).chain(file).chain([stop]).collect();
        Contents {
            text: words::bar_with(language, words::bar(language, &self.who, says), &besides),
            spoken: words::bar_with(language, words::bar_spoken(language, &self.who, says), &besides),
            tone,
            buttons,
        }
    }
}
