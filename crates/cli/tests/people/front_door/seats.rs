//! Scenes with two servers of screens each, whose windows are painted without a graphics card: so many of them at once that each has
//! its turn before somebody who waits for it gives up.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::{Condvar, Mutex, PoisonError};

/// How many scenes are played at once.
const SEATS: usize = 2;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

thread_local! {
    /// A scene is played by one thread, however many people there are in it.
    static HERE: RefCell<Weak<Seat>> = const { RefCell::new(Weak::new()) };
}

/// A place among the scenes that are played now.
pub(super) struct Seat(());

impl Seat {
    /// Waits for one, unless this scene has one.
    pub(super) fn take() -> Rc<Self> {
        HERE.with_borrow_mut(|here| {
            here.upgrade().unwrap_or_else(|| {
                let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
                let free = FREED.wait_while(taken, |taken| *taken >= SEATS);
                *free.unwrap_or_else(PoisonError::into_inner) += 1;
                let seat = Rc::new(Self(()));
                *here = Rc::downgrade(&seat);
                seat
            })
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FREED.notify_one();
    }
}
