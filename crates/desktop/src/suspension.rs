//! Holding back the expert's pointer and keys while something is on the screen that only the person may answer, and the
//! picture while that is a question of ours.
//!
//! A [`Suspension`] is shared by whoever injects or takes pictures, and by whoever must be left alone: the questions of this
//! program, and the watch over those of other programs. Nothing that goes through it is a permission; it only ever takes away.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Nothing is played back for so long after the last question is gone: what was meant for it is still on its way.
pub const LINGER: Duration = Duration::from_millis(500);

/// Codes of keys on X are one byte.
const KEYS: usize = 256;

/// Whether the expert's pointer and keys are held back, and the picture. Copies are one and the same.
#[derive(Clone, Debug, Default)]
pub struct Suspension(Arc<Shared>);

/// Holds everything back for as long as it lives, and [`LINGER`] longer.
#[derive(Debug)]
#[must_use = "dropping it lets everything through again"]
pub struct Hold {
    of: Suspension,
    hides: bool,
}

/// Pictures may be taken. Between two that are equal nothing was hidden: what was on its way meanwhile shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sight(u64);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    strokes: Strokes,
}

#[derive(Debug, Default)]
struct State {
    holds: u32,
    /// When the last one was given up, and as much longer as it lingers.
    until: Option<Instant>,
    hands: Vec<Weak<dyn LetGo>>,
    /// Whether there ever were any.
    attached: bool,
    /// How many of those that hold back hide the picture as well.
    hiding: u32,
    hidden_until: Option<Instant>,
    /// How often it was hidden so far.
    hidden: u64,
}

/// How often each key was pressed by an injector. Whoever listens for the person's keys takes these out.
struct Strokes([AtomicU32; KEYS]);

/// Something that may hold keys down.
pub(crate) trait LetGo: Send + Sync + std::fmt::Debug {
    /// Lets go of everything. When it returns the display has done it, and whatever was played back before it.
    fn let_go(&self);
}

impl Suspension {
    /// Holds everything back from now on. When this returns, every key is up, and nothing that was played back is still on
    /// its way to the display. Call it before a question is put on the screen, and keep what it returns until it is gone.
    pub fn hold(&self) -> Hold {
        self.hold_back(false)
    }

    /// The same, and nothing of the screen is seen meanwhile: what is asked, and what the person does about it, is theirs alone.
    /// It lingers as well, since what puts windows together on the screen may show a closed one for a while.
    pub fn hide(&self) -> Hold {
        self.hold_back(true)
    }

    fn hold_back(&self, hides: bool) -> Hold {
        let hands = {
            let mut state = self.state();
            if hides {
                state.hiding = state.hiding.saturating_add(1);
                state.hidden = state.hidden.wrapping_add(1);
            }
            state.holds = state.holds.saturating_add(1);
            state.hands.retain(|hands| hands.strong_count() > 0);
            state.hands.iter().filter_map(Weak::upgrade).collect::<Vec<_>>()
        };
        // Outside of the lock: whoever plays something back at this moment looks here first.
        hands.iter().for_each(|hands| hands.let_go());
        Hold { of: self.clone(), hides }
    }

    /// Whether everything is held back at this moment.
    #[must_use]
    pub fn is_on(&self) -> bool {
        let state = self.state();
        state.holds > 0 || state.until.is_some_and(|until| Instant::now() < until)
    }

    /// Whether pictures may be taken at this moment.
    pub(crate) fn sight(&self) -> Option<Sight> {
        let state = self.state();
        let is_hidden = state.hiding > 0 || state.hidden_until.is_some_and(|until| Instant::now() < until);
        (!is_hidden).then_some(Sight(state.hidden))
    }

    /// Whether anybody could ever play pointer or keys back. What they played may still be on its way when they are gone.
    #[cfg_attr(
        not(any(test, all(unix, feature = "windows"))),
        expect(dead_code, reason = "only windows of our own ask")
    )]
    pub(crate) fn is_played_through(&self) -> bool {
        self.state().attached
    }

    /// From now on these let go when everything is held back.
    pub(crate) fn attach(&self, hands: Weak<dyn LetGo>) {
        let mut state = self.state();
        state.attached = true;
        state.hands.push(hands);
    }

    /// An injector is about to press this key.
    #[cfg_attr(all(windows, not(test)), expect(dead_code, reason = "there every event carries a mark"))]
    pub(crate) fn pressing(&self, code: u8) {
        self.0.strokes.0[usize::from(code)].fetch_add(1, Ordering::SeqCst);
    }

    /// How often injectors have pressed this key. Wraps.
    #[cfg_attr(all(windows, not(test)), expect(dead_code, reason = "there every event carries a mark"))]
    pub(crate) fn pressed(&self, code: u8) -> u32 {
        self.0.strokes.0[usize::from(code)].load(Ordering::SeqCst)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked while holding it: what is held back stays held back.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.of.state();
        let until = Some(Instant::now() + LINGER);
        state.holds = state.holds.saturating_sub(1);
        state.until = until;
        if self.hides {
            state.hiding = state.hiding.saturating_sub(1);
            state.hidden_until = until;
        }
    }
}

impl Default for Strokes {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }
}

impl std::fmt::Debug for Strokes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What was typed is nobody's business.
        f.write_str("Strokes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Hands(AtomicU32);

    impl LetGo for Hands {
        fn let_go(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn it_is_on_while_anybody_holds_and_a_while_longer() {
        let suspension = Suspension::default();
        assert!(!suspension.is_on());
        let (one, other) = (suspension.hold(), suspension.clone().hold());
        drop(one);
        assert!(suspension.is_on());
        let before = Instant::now();
        drop(other);
        assert!(suspension.is_on(), "it lingers");
        while suspension.is_on() {
            assert!(before.elapsed() < LINGER * 20, "and ends");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(before.elapsed() >= LINGER);
    }

    #[test]
    fn a_question_hides_the_picture_and_other_holds_do_not() {
        let suspension = Suspension::default();
        let before = suspension.sight();
        assert!(before.is_some());
        let hold = suspension.hold();
        assert_eq!(suspension.sight(), before, "keys are held back, and the picture is seen");
        let (one, other) = (suspension.hide(), suspension.hide());
        assert_eq!(suspension.sight(), None);
        drop((hold, one));
        assert_eq!(suspension.sight(), None, "another one stands");
        let closed = Instant::now();
        drop(other);
        while suspension.sight().is_none() {
            assert!(closed.elapsed() < LINGER * 20, "it is seen again");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(closed.elapsed() >= LINGER);
        assert_ne!(
            suspension.sight(),
            before,
            "what was on its way since is not taken for what was seen before"
        );
    }

    #[test]
    fn everything_is_let_go_of_before_it_returns() {
        let suspension = Suspension::default();
        let hands = Arc::new(Hands::default());
        let weak: Weak<Hands> = Arc::downgrade(&hands);
        suspension.attach(weak);
        let hold = suspension.hold();
        assert_eq!(hands.0.load(Ordering::SeqCst), 1);
        assert!(suspension.is_played_through());
        drop(hands);
        assert!(suspension.is_played_through(), "what they played may be on its way");
        drop(suspension.hold());
        drop(hold);
    }

    #[test]
    fn strokes_are_counted_by_key() {
        let suspension = Suspension::default();
        suspension.pressing(9);
        suspension.clone().pressing(9);
        suspension.pressing(255);
        assert_eq!([9, 10, 255].map(|code| suspension.pressed(code)), [2, 0, 1]);
    }
}
