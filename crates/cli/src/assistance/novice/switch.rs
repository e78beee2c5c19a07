//! Which screen is seen: told to both sides, and changed by either.

use super::Novice;
use crate::assistance::media::Broken;
use crate::texts;
use rendezvous_assist::consent::Input;
use rendezvous_assist::screens::{ScreenId, Screens};
use rendezvous_assist::signal::{NoviceSays, View};
use rendezvous_core::Code;
use rendezvous_desktop::CaptureError;
use std::time::{Duration, Instant};

/// From one screen to the next, before any picture is taken.
const SWITCH_EVERY: Duration = Duration::from_millis(300);
/// What was opened before any picture is taken is kept for so long.
const FRESH_FOR: Duration = Duration::from_secs(10);

impl Novice {
    /// The expert wants to see another screen. The person here has allowed all of them, one at a time. What they have
    /// hidden comes back as it was.
    pub(super) async fn screen_wanted(&mut self, screen: ScreenId) {
        let is_there = self.consent.state().may_view()
            && self.sharing.as_ref().is_some_and(|sharing| sharing.screens.has(screen));
        if is_there {
            self.switch_to(screen).await;
        } else {
            tracing::info!(?screen, "There is no such screen to be shown");
        }
    }

    /// The person here shows the next one.
    pub(super) async fn show_next(&mut self) {
        if let Some(next) = self.sharing.as_ref().and_then(|sharing| sharing.screens.next()) {
            self.switch_to(next).await;
        }
    }

    async fn switch_to(&mut self, screen: ScreenId) {
        if let Some(sharing) = &mut self.sharing {
            // Whoever takes pictures notices by themselves.
            sharing.screen.choose(screen);
            sharing.wanted = sharing.opened.is_some();
        }
        self.open_wanted().await;
    }

    /// Before any picture is taken it is done here, and not more often for whoever wants it again and again.
    pub(super) async fn open_wanted(&mut self) {
        let Some(sharing) = &mut self.sharing else { return };
        if !sharing.wanted || sharing.switched.elapsed() < SWITCH_EVERY {
            return;
        }
        sharing.wanted = false;
        if sharing.opened.take().is_none() {
            return;
        }
        sharing.switched = Instant::now();
        match tokio::task::block_in_place(|| sharing.screen.reopen()) {
            Ok(capturer) => {
                let screens = capturer.scene().screens.clone();
                sharing.opened = Some(capturer);
                self.screens_are(screens).await;
            }
            // By a key that is heard of next.
            Err(CaptureError::Revoked) => {}
            Err(error) => self.broken(Broken::from(&error)).await,
        }
    }

    /// What is opened and not looked at is opened anew once in a while: what it would tell of the pointer piles up in the
    /// display meanwhile, and a screen may be gone.
    pub(super) fn freshen(&mut self) {
        if let Some(sharing) = &mut self.sharing
            && sharing.opened.is_some()
            && sharing.switched.elapsed() > FRESH_FOR
        {
            sharing.wanted = true;
        }
    }

    /// What is seen may be something else now: both people are told.
    pub(super) async fn screens_are(&mut self, screens: Screens) {
        let Some(sharing) = &mut self.sharing else { return };
        let before = std::mem::replace(&mut sharing.screens, screens.clone());
        if before == screens {
            return;
        }
        if let Some(change) = texts::shown_changed(&before, &screens) {
            self.terminal.say(&change);
        }
        self.tell_screens(before.shared().size != screens.shared().size).await;
        self.show_status();
    }

    /// Tells the expert's side what is seen and what could be, and its size when that is news.
    pub(super) async fn tell_screens(&mut self, with_size: bool) {
        let Some(screens) = self.sharing.as_ref().map(|sharing| sharing.screens.clone()) else { return };
        if with_size {
            self.send(NoviceSays::View(View::Granted { screen: screens.shared().size })).await;
        }
        self.send(NoviceSays::Screens(screens)).await;
    }

    /// Nothing can be shared any more.
    pub(super) async fn broken(&mut self, why: Broken) {
        match why {
            // That was the person here, and it ends like any other end of theirs.
            Broken::WindowClosed => {
                self.terminal.say(texts::WINDOW_CLOSED);
                self.give(Input::Stop);
            }
            Broken::Failed(error) => self.fail(&error, Code::ApplicationLaunchFailed).await,
        }
    }
}
