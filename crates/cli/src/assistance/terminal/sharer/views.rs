//! What of the shell the viewer may be sent: what stands on the person's own terminal, and what lies above that.

use rendezvous_assist::terminal::Screen;
use rendezvous_desktop::terminal::Emulator;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(super) struct Views {
    /// What the viewer wants to see is so many lines above the newest.
    back: u32,
    /// What the person's terminal was given last, and what the viewer wants to see of that moment when that is above it.
    given: Option<(Arc<Screen>, Option<Arc<Screen>>)>,
    /// What stands on the person's own terminal. Nothing newer is sent.
    drawn: Option<Arc<Screen>>,
    /// What the viewer wants to see above that.
    above: Option<Arc<Screen>>,
}

impl Views {
    /// The viewer looks so many lines above the newest. True: what they want to see is known when the person's terminal was
    /// given its picture again.
    pub(super) fn look(&mut self, back: u32) -> bool {
        if back == self.back {
            return false;
        }
        (self.back, self.above) = (back, None);
        if let Some((_, above)) = &mut self.given {
            *above = None;
        }
        back > 0
    }

    /// The newest, that the person's terminal is given now. What the viewer wants to see above it is of the same moment: part
    /// of it may be as new.
    pub(super) fn give(&mut self, emulator: &Emulator) -> Arc<Screen> {
        let screen = Arc::new(emulator.screen(0));
        let above = (self.back > 0).then(|| Arc::new(emulator.screen(self.back)));
        self.given = Some((screen.clone(), above));
        screen
    }

    /// This stands on the person's terminal: now it may be seen elsewhere.
    pub(super) fn has_drawn(&mut self, screen: Arc<Screen>) {
        // What was painted before the terminal was taken over anew says nothing of what it was given since.
        if let Some((given, above)) = &self.given
            && Arc::ptr_eq(given, &screen)
            && above.is_some()
        {
            self.above.clone_from(above);
        }
        self.drawn = Some(screen);
    }

    /// What the viewer may see now. Nothing: nothing else than before.
    pub(super) fn seen(&self) -> Option<&Arc<Screen>> {
        if self.back > 0 { self.above.as_ref() } else { self.drawn.as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_assist::terminal::Size;

    fn emulator(written: &str) -> Emulator {
        let mut emulator = Emulator::new(Size::nearest(10, 3));
        emulator.write(written.as_bytes());
        emulator
    }

    fn text(views: &Views) -> Option<String> {
        views.seen().map(|screen| screen.text())
    }

    #[test]
    fn whoever_looks_above_sees_nothing_that_is_not_painted_either() {
        let mut emulator = emulator("a\r\nb\r\nc\r\nd");
        let mut views = Views::default();
        let first = views.give(&emulator);
        assert_eq!(text(&views), None, "it does not stand anywhere yet");
        views.has_drawn(first);
        assert_eq!(text(&views).as_deref(), Some("b\nc\nd"));

        assert!(views.look(1), "the terminal has to be given it again");
        emulator.write(b"\r\x1b[2Khidden\x1b[A\r\x1b[2Khidden");
        assert_eq!(text(&views), None, "nothing was painted since");
        let second = views.give(&emulator);
        assert_eq!(text(&views), None, "it is given, and not painted yet");
        emulator.write(b"\x1b[A\r\x1b[2Klater");
        views.has_drawn(second);
        assert_eq!(text(&views).as_deref(), Some("a\nb\nhidden"), "and nothing that came later");
        assert!(!views.look(0));
        assert_eq!(text(&views).as_deref(), Some("b\nhidden\nhidden"));
    }

    #[test]
    fn the_alternate_screen_is_not_seen_above_before_it_is_painted() {
        let mut emulator = emulator("shell");
        let mut views = Views::default();
        let first = views.give(&emulator);
        views.has_drawn(first);
        emulator.write(b"\x1b[?1049h\x1b[Hmail");
        assert!(views.look(1));
        assert_eq!(text(&views), None);
    }

    #[test]
    fn a_picture_painted_late_is_not_taken_for_a_newer_one() {
        let mut emulator = emulator("a\r\nb\r\nc\r\nd");
        let mut views = Views::default();
        let first = views.give(&emulator);
        assert!(views.look(1));
        // A question stood on the terminal in between.
        emulator.write(b"\x1b[A\r\x1b[2Khidden");
        let second = views.give(&emulator);
        views.has_drawn(first);
        assert_eq!(text(&views), None);
        views.has_drawn(second);
        assert_eq!(text(&views).as_deref(), Some("a\nb\nhidden"));
    }

    #[test]
    fn another_place_is_not_answered_with_the_view_of_the_one_before() {
        let emulator = emulator("a\r\nb\r\nc\r\nd\r\ne");
        let mut views = Views::default();
        assert!(views.look(1));
        let first = views.give(&emulator);
        assert!(views.look(2));
        assert!(!views.look(2), "it is on its way");
        views.has_drawn(first);
        assert_eq!(text(&views), None);
        let second = views.give(&emulator);
        views.has_drawn(second);
        assert_eq!(text(&views).as_deref(), Some("a\nb\nc"));
    }
}
