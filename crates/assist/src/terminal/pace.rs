//! When the viewer is sent what: never more than the viewer takes, and always the newest.
//!
//! Nothing is queued. What differs between what the viewer was sent and what is there now goes out when at most [`WINDOW`]
//! pictures are under way that were not taken yet, and, when much changes, no more often than a person can see. Whoever types
//! is not kept waiting by that: what follows a key of the viewer's goes out at once. A picture that would be too large leaves
//! lines out; they are different still, and so are in the next one.

use std::time::Duration;

use super::screen::{Line, Screen};
use super::wire::{Picture, line_length};
use crate::Time;

/// So many pictures may be under way.
pub const WINDOW: u32 = 8;

/// The most bytes of lines in one picture, as long as it is more than one.
pub const MOST: usize = 20 * 1024;

/// In the long run there is a picture so often at most.
pub const EVERY: Duration = Duration::from_millis(16);

/// So many may follow at once after a rest: an echo and what comes with it.
pub const BURST: u32 = 4;

/// The viewer's keys that were used are told at the latest when they are so many bytes, though nothing is to be seen.
const TELL_TYPED: u32 = 2048;

/// One connection to the viewer.
#[derive(Debug)]
pub struct Pace {
    /// What the viewer will see when everything under way has been taken.
    sent: Option<Screen>,
    number: u32,
    taken: u32,
    /// The viewer's keys that it was told of.
    typed: u32,
    credit: u32,
    /// Up to here the viewer's keys have earned a picture.
    earned: u32,
    /// When the credit was last counted.
    counted: Time,
}

impl Pace {
    /// The viewer sees nothing yet.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self { sent: None, number: 0, taken: 0, typed: 0, credit: BURST, earned: 0, counted: now }
    }

    /// The viewer has taken everything up to this picture. False: there was no such picture.
    #[must_use]
    pub fn taken(&mut self, number: u32) -> bool {
        let is_sent = number <= self.number;
        if is_sent {
            self.taken = self.taken.max(number);
        }
        is_sent
    }

    /// What to send now, if anything. `typed` is how many bytes of the viewer's keys the program was given. Send it; it
    /// counts as sent.
    pub fn next(&mut self, now: Time, screen: &Screen, typed: u32) -> Option<Picture> {
        self.count(now);
        if std::mem::replace(&mut self.earned, typed) != typed {
            // However many came together: one picture shows what became of them.
            self.credit = (self.credit + 1).min(BURST);
        }
        if self.number - self.taken >= WINDOW || self.credit == 0 || !self.differs(screen, typed) {
            return None;
        }
        self.credit -= 1;
        self.number += 1;
        self.typed = typed;
        let mut shown = match self.sent.take() {
            Some(sent) if sent.size == screen.size => sent,
            // Both sides begin anew with a blank one.
            _ => Screen::blank(screen.size),
        };
        let mut lines: Vec<(u16, Line)> = Vec::new();
        let mut bytes = 0;
        for (row, (before, line)) in (0..).zip(shown.lines.iter_mut().zip(&screen.lines)) {
            if before == line {
                continue;
            }
            bytes += line_length(line);
            if bytes > MOST && !lines.is_empty() {
                break;
            }
            before.clone_from(line);
            lines.push((row, line.clone()));
        }
        (shown.cursor, shown.modes) = (screen.cursor, screen.modes);
        (shown.back, shown.above) = (screen.back, screen.above);
        self.sent = Some(shown);
        Some(Picture {
            number: self.number,
            typed,
            size: screen.size,
            cursor: screen.cursor,
            modes: screen.modes,
            back: screen.back,
            above: screen.above,
            lines,
        })
    }

    /// When there is something to send that could not be sent now, though the viewer takes it: then.
    #[must_use]
    pub fn due(&self, screen: &Screen, typed: u32) -> Option<Time> {
        let waits = self.number - self.taken < WINDOW && self.differs(screen, typed);
        waits.then(|| self.counted.after(EVERY))
    }

    fn differs(&self, screen: &Screen, typed: u32) -> bool {
        // How many lines there are above is told with whatever else there is to tell.
        let is_same = |sent: &Screen| {
            sent.lines == screen.lines
                && sent.cursor == screen.cursor
                && sent.modes == screen.modes
                && sent.back == screen.back
        };
        !self.sent.as_ref().is_some_and(is_same) || typed.wrapping_sub(self.typed) >= TELL_TYPED
    }

    fn count(&mut self, now: Time) {
        let passed = now.since(self.counted).as_millis() / EVERY.as_millis();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        if passed > 0 {
            self.credit = self.credit.saturating_add(passed).min(BURST);
            self.counted = self.counted.after(EVERY.saturating_mul(passed));
        }
    }
}

/// What the viewer sees, by the pictures that came.
#[derive(Clone, Debug, Default)]
pub struct Seen(Option<Screen>);

impl Seen {
    /// Takes a picture in.
    pub fn take(&mut self, picture: Picture) {
        let mut screen = match self.0.take() {
            Some(screen) if screen.size == picture.size => screen,
            _ => Screen::blank(picture.size),
        };
        for (row, line) in picture.lines {
            screen.lines[usize::from(row)] = line;
        }
        (screen.cursor, screen.modes) = (picture.cursor, picture.modes);
        (screen.back, screen.above) = (picture.back, picture.above);
        self.0 = Some(screen);
    }

    /// The whole of it; nothing before the first picture.
    #[must_use]
    pub fn screen(&self) -> Option<&Screen> {
        self.0.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::{Cell, Color, MAX_COLUMNS, MAX_ROWS, Size, Style};

    fn line(columns: u16, text: &str) -> Line {
        Line::of(columns, text.chars().map(|c| Cell::new(c, [], false, Style::default())))
    }

    fn screen(text: &str) -> Screen {
        Screen::of(Size::nearest(20, 3), text.split('\n').map(|text| line(20, text)))
    }

    /// Sends everything that may be sent, and lets it arrive.
    fn send(pace: &mut Pace, seen: &mut Seen, now: Time, screen: &Screen) -> Vec<u32> {
        std::iter::from_fn(|| pace.next(now, screen, 0))
            .map(|picture| {
                let number = picture.number;
                assert!(picture.written().len() <= crate::terminal::wire::MAX_MESSAGE);
                seen.take(Picture::read(&picture.written()).expect("what is written is read"));
                number
            })
            .collect()
    }

    #[test]
    fn the_viewer_sees_what_is_there_and_unchanged_lines_do_not_travel() {
        let (mut pace, mut seen) = (Pace::new(Time(0)), Seen::default());
        assert_eq!(send(&mut pace, &mut seen, Time(0), &screen("a\nb")), [1]);
        assert!(pace.next(Time(0), &screen("a\nb"), 0).is_none(), "nothing is new");
        let picture = pace.next(Time(1), &screen("a\nc"), 0).expect("one line is new");
        assert_eq!(picture.lines.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1]);
        seen.take(picture);
        assert_eq!(seen.screen().map(Screen::text).as_deref(), Some("a\nc"));
    }

    #[test]
    fn a_viewer_that_takes_nothing_is_sent_no_more_and_then_only_the_newest() {
        let (mut pace, mut seen) = (Pace::new(Time(0)), Seen::default());
        let mut sent = 0;
        for n in 0..1000_u64 {
            sent += send(&mut pace, &mut seen, Time(n * 100), &screen(&format!("{n}"))).len();
        }
        assert_eq!(sent, WINDOW as usize);
        assert_eq!(pace.due(&screen("999"), 0), None, "only the viewer can change that");
        assert!(!pace.taken(WINDOW + 1), "it was never sent");
        assert!(pace.taken(WINDOW));
        assert_eq!(send(&mut pace, &mut seen, Time(100_000), &screen("999")).len(), 1);
        assert_eq!(seen.screen().map(Screen::text).as_deref(), Some("999"));
    }

    #[test]
    fn much_at_once_is_thinned_out_and_the_last_of_it_comes() {
        let (mut pace, mut seen) = (Pace::new(Time(0)), Seen::default());
        let mut sent = 0;
        let mut now = 0;
        for n in 0..1000_u64 {
            now = n;
            for number in send(&mut pace, &mut seen, Time(now), &screen(&format!("{n}"))) {
                sent += 1;
                assert!(pace.taken(number));
            }
        }
        assert!(sent <= BURST + 1000 / 16 + 1, "{sent}");
        while let Some(due) = pace.due(&screen("999"), 0) {
            assert!(due.0 > now);
            now = due.0;
            for number in send(&mut pace, &mut seen, due, &screen("999")) {
                assert!(pace.taken(number));
            }
        }
        assert_eq!(seen.screen().map(Screen::text).as_deref(), Some("999"));
    }

    #[test]
    fn whoever_types_fast_sees_every_letter_and_not_more_of_what_else_goes_on() {
        let (mut pace, mut line) = (Pace::new(Time(0)), String::new());
        for typed in 1..=500 {
            // One key every two milliseconds, and what each of them does.
            line.push('x');
            let shown =
                screen(&line[line.len().saturating_sub(20)..].replace('x', &(typed % 10).to_string()));
            let picture = pace.next(Time(u64::from(typed) * 2), &shown, typed).expect("its echo");
            assert!(pace.taken(picture.number));
        }
        // The next goes by the ordinary measure again.
        let more = (0..100_u64).filter(|n| {
            let picture = pace.next(Time(1_000), &screen(&format!("flood {n}")), 500);
            picture.is_some_and(|picture| pace.taken(picture.number))
        });
        assert!(more.count() <= BURST as usize);
    }

    #[test]
    fn the_largest_screen_comes_in_pieces_that_fit() {
        let size = Size::nearest(MAX_COLUMNS, MAX_ROWS);
        let cell = |n: u16| {
            let color = Color::Rgb(u8::try_from(n % 251).expect("small"), 1, 2);
            Cell::new('🙂', ['\u{301}', '\u{302}'], false, Style { foreground: color, ..Style::default() })
        };
        let lines = (0..MAX_ROWS).map(|row| Line::of(MAX_COLUMNS, (0..MAX_COLUMNS).map(|n| cell(n + row))));
        let large = Screen::of(size, lines);
        let (mut pace, mut seen) = (Pace::new(Time(0)), Seen::default());
        let mut now = 0;
        while seen.screen() != Some(&large) {
            for number in send(&mut pace, &mut seen, Time(now), &large) {
                assert!(pace.taken(number));
            }
            now += 16;
            assert!(now < 60_000, "it comes at all");
        }
    }

    #[test]
    fn keys_that_were_used_are_told_though_nothing_is_seen_of_them() {
        let mut pace = Pace::new(Time(0));
        let same = screen("password:");
        assert!(pace.next(Time(0), &same, 0).is_some());
        assert!(pace.next(Time(1), &same, TELL_TYPED - 1).is_none());
        let picture = pace.next(Time(2), &same, TELL_TYPED).expect("it is time to tell");
        assert!(picture.lines.is_empty() && picture.typed == TELL_TYPED);
    }
}
