//! What the bar says, and what is heard of the desktop.

use super::Novice;
use crate::assistance::bar::WatchedBar;
use crate::assistance::media::Broken;
use crate::assistance::stop::{self, Heard};
use crate::texts;
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
            self.heard = Some(stop::listen(grant, display, brake.clone(), &self.suspension)?);
        }
        if let (None, Some((heard, _)), Some(display)) = (&self.bar, &self.heard, &self.shared.display) {
            let (contents, ends) = (self.bar_says(), (brake, self.consent.curtain()));
            let (display, heard) = (display.clone(), heard.clone());
            let shown =
                tokio::task::block_in_place(|| WatchedBar::show(grant, &display, contents, ends, heard));
            self.bar = Some(shown?);
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
            Heard::Taken(taken) if self.consent.state().may(Right::Control) => {
                self.terminal.say(texts::taken_from_you(taken));
                self.give(Input::TakeBack(Right::Control));
            }
            Heard::Taken(taken) => tracing::info!(?taken, "Nobody has control that could be taken back"),
            Heard::Locked => self.give(Input::Locked),
            Heard::BarGone => self.give(Input::BarGone),
            Heard::BarBack => self.give(Input::BarBack),
            Heard::Lost(error) => self.broken(Broken::Failed(error.to_string())).await,
        }
    }

    /// The bar says how it stands at this moment.
    pub(super) fn refresh_bar(&self) {
        if let Some(bar) = &self.bar {
            bar.say(self.bar_says());
        }
    }

    fn bar_says(&self) -> Contents {
        let stop = (Press::Stop, texts::BAR_STOP.to_owned());
        let control = self.sharing.as_ref().and_then(|sharing| sharing.control.as_ref());
        let (text, tone, button) = if self.consent.state().is_paused() {
            // What only the missing bar hides can still be hidden by the person.
            let button = match self.consent.state().is_paused_by_person() {
                true => (Press::Resume, texts::BAR_RESUME),
                false => (Press::Pause, texts::BAR_PAUSE),
            };
            (texts::bar_hidden(&self.who), Tone::Calm, button)
        } else if let Some(control) = control {
            let text = texts::bar_controls(&self.who, control.since.elapsed());
            (text, Tone::Controlled, (Press::TakeBack, texts::BAR_TAKE_BACK))
        } else {
            let since = self.sharing.as_ref().map(|sharing| sharing.since.elapsed()).unwrap_or_default();
            (texts::bar_sees(&self.who, since), Tone::Seen, (Press::Pause, texts::BAR_PAUSE))
        };
        let text = texts::bar_with(&text, &self.besides());
        Contents { text, tone, buttons: vec![(button.0, button.1.to_owned()), stop] }
    }
}
