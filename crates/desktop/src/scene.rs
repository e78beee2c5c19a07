//! What of this machine is shared, and who chooses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rendezvous_assist::screens::{ScreenId, ScreenName, Screens};

use crate::{Rect, Waker};

/// What the person here wants to share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// One screen at a time, whichever is chosen.
    #[default]
    Screen,
    /// One window, and nothing that lies over it or beside it.
    Window(ChosenWindow),
    /// A picture that is made up, for trying things out; see [`TestPicture`](crate::TestPicture).
    TestPicture,
}

/// The window that the person here chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenWindow {
    /// Its number on its display.
    pub id: u32,
    /// Which program it is of, as the program says (`WM_CLASS`). Numbers are used again when their window is gone; a
    /// window of another program is not the one that was chosen.
    pub class: String,
    /// What stood in its title.
    pub title: ScreenName,
}

/// What there is to be shared, and what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// As the expert is told.
    pub screens: Screens,
    /// Where on the display it lies. `None`: it lies nowhere where pointer and keys could act on it and on nothing else.
    pub place: Option<Rect>,
}

/// The part of the display on which the expert's pointer and keys act. Whoever switches to another screen sets it; whoever
/// plays them back looks here each time.
#[derive(Clone, Debug, Default)]
pub struct Stage(Arc<Mutex<Option<Rect>>>);

impl Stage {
    /// Pointer and keys act here from now on, or nowhere.
    pub fn set(&self, place: Option<Rect>) {
        *self.lock() = place;
    }

    /// Where they act. Positions count from its top left corner, and none leads out of it.
    #[must_use]
    pub fn get(&self) -> Option<Rect> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Rect>> {
        // A rectangle is whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which screen is shared. Outlives the capturers: each one looks here which it is to take, and is woken when somebody
/// chooses another one.
#[derive(Clone, Debug, Default)]
pub struct Choice(Arc<Mutex<Chosen>>);

#[derive(Debug, Default)]
struct Chosen {
    wanted: Option<ScreenId>,
    waker: Option<Waker>,
}

impl Choice {
    /// Chooses this one. Where there is no such screen, nothing changes.
    pub fn choose(&self, screen: ScreenId) {
        let mut chosen = self.lock();
        chosen.wanted = Some(screen);
        if let Some(waker) = &chosen.waker {
            waker.wake();
        }
    }

    /// Which one is wanted; nothing as long as none was shared or chosen.
    pub(crate) fn wanted(&self) -> Option<ScreenId> {
        self.lock().wanted
    }

    /// After `seen` was wanted, `shared` is being shared. What was chosen meanwhile stands.
    pub(crate) fn settle(&self, seen: Option<ScreenId>, shared: ScreenId, waker: Waker) {
        let mut chosen = self.lock();
        if chosen.wanted == seen {
            chosen.wanted = Some(shared);
        }
        chosen.waker = Some(waker);
    }

    fn lock(&self) -> MutexGuard<'_, Chosen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn what_was_chosen_while_another_one_was_opened_stands() {
        let choice = Choice::default();
        let woken = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&woken);
        let waker = Waker::new(move || _ = count.fetch_add(1, Ordering::SeqCst));

        let seen = choice.wanted();
        assert_eq!(seen, None);
        choice.settle(seen, ScreenId(1), waker.clone());
        assert_eq!(choice.wanted(), Some(ScreenId(1)));

        let seen = choice.wanted();
        choice.choose(ScreenId(2));
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        choice.settle(seen, ScreenId(1), waker);
        assert_eq!(choice.wanted(), Some(ScreenId(2)));
    }

    #[test]
    fn every_copy_of_a_stage_says_the_same() {
        let stage = Stage::default();
        let copy = stage.clone();
        assert_eq!(copy.get(), None);
        let place = Rect { x: 640, y: 0, width: 320, height: 200 };
        stage.set(Some(place));
        assert_eq!(copy.get(), Some(place));
        copy.set(None);
        assert_eq!(stage.get(), None);
    }
}
