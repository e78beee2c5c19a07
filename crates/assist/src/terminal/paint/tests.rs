use proptest::prelude::*;

use super::*;
use crate::terminal::pace::Seen;
use crate::terminal::wire::Picture;

fn line(columns: u16, text: &str) -> Line {
    Line::of(columns, text.chars().map(|c| Cell::new(c, [], false, Style::default())))
}

fn screen(columns: u16, rows: u16, text: &str) -> Screen {
    Screen::of(Size::nearest(columns, rows), text.split('\n').map(|text| line(columns, text)))
}

fn status(text: &str) -> Status {
    Status { text: text.to_owned(), tone: Tone::Calm }
}

/// Everything that may be written, as a grammar: letters, and the sequences of this list.
fn is_allowed(written: &str) -> bool {
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        let Some(sequence) = rest.strip_prefix("\x1b[") else {
            if !crate::terminal::is_harmless(c) {
                return false;
            }
            rest = &rest[c.len_utf8()..];
            continue;
        };
        let Some(end) = sequence.find(|c: char| c.is_ascii_alphabetic()) else { return false };
        let (parameters, last) = (&sequence[..end], &sequence[end..=end]);
        let is_numbers = parameters.chars().all(|c| c.is_ascii_digit() || c == ';');
        let is_known = match last {
            "H" | "m" => is_numbers,
            "J" => parameters == "2",
            "h" | "l" => matches!(parameters, "?25" | "?1"),
            _ => false,
        };
        if !is_known {
            return false;
        }
        rest = &sequence[end + 1..];
    }
    true
}

proptest! {
    /// Whatever pictures come, nothing but the sequences of the list is written, and nothing to the last line but what we say.
    #[test]
    fn only_what_the_list_says_is_written(
        texts in prop::collection::vec(prop::collection::vec(any::<char>(), 0..40), 0..12),
        said in any::<String>(),
        columns in 1..50_u16,
        rows in 1..14_u16,
    ) {
        let style = Style { foreground: Color::Rgb(1, 2, 3), ..Style::default() };
        let lines = texts.iter().map(|text| {
            Line::of(30, text.iter().map(|c| Cell::new(*c, text.iter().copied().take(2), *c > 'z', style)))
        });
        let shared = Screen::of(Size::nearest(30, 10), lines);
        let mut painter = Painter::new(Size::nearest(columns, rows));
        let written = painter.paint(&shared, &status(&said));
        prop_assert!(is_allowed(&written), "{:?}", written);
        let there = painter.there.expect("it was written");
        prop_assert_eq!(there.len(), usize::from(rows));
        prop_assert_eq!(there.last(), Some(&status_line(columns, &status(&said))));
        // Each line begins at its own place, the last at the last.
        for row in 1..=rows {
            let place = format!("\x1b[{row};1H\x1b[0m");
            prop_assert!(written.contains(&place));
        }
        let beyond = format!("\x1b[{};", rows + 1);
        prop_assert!(!written.contains(&beyond));
    }

    /// The same for whatever a hostile sharer sends.
    #[test]
    fn bytes_from_the_wire_are_confined(message in prop::collection::vec(any::<u8>(), 0..400)) {
        // Most random bytes are no picture: these begin as one does.
        let head = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0];
        for message in [message.clone(), [&head[..], &message[..]].concat()] {
            if let Ok(picture) = Picture::read(&message) {
                let mut seen = Seen::default();
                seen.take(picture);
                let mut painter = Painter::new(Size::nearest(20, 5));
                let written = painter.paint(seen.screen().expect("one came"), &status("ours"));
                prop_assert!(is_allowed(&written), "{:?}", written);
            }
        }
    }
}

#[test]
fn the_grammar_of_the_test_refuses_what_it_must() {
    for bad in [
        "\x1b]0;title\x07",
        "\x1b[6n",
        "\x1b[?2004h",
        "\x1b[3J",
        "\x07",
        "\x1bc",
        "\x1b[1;2r",
        "\r",
        "\x1b[?25",
    ] {
        assert!(!is_allowed(bad), "{bad:?}");
    }
    assert!(is_allowed("\x1b[1;1H\x1b[0;1;38;2;1;2;3mabc世\x1b[?25h"));
}

#[test]
fn only_what_changed_is_written_again() {
    let mut painter = Painter::new(Size::nearest(10, 4));
    let all = painter.paint(&screen(10, 3, "one\ntwo\nthree"), &status("ours"));
    assert!(["one", "two", "three", "ours"].iter().all(|text| all.contains(text)));
    let again = painter.paint(&screen(10, 3, "one\n2\nthree"), &status("ours"));
    assert!(again.contains('2') && !again.contains("one") && !again.contains("ours"), "{again:?}");
    painter.forget(Size::nearest(10, 4));
    assert!(painter.paint(&screen(10, 3, "one\n2\nthree"), &status("ours")).contains("three"));
}

#[test]
fn a_smaller_terminal_shows_the_part_with_the_cursor() {
    let mut shared = screen(10, 6, "0aaaaaaaaa\n1\n2\n3\n4\n5bcdefghij");
    let mut painter = Painter::new(Size::nearest(4, 3));
    let shown = |painter: &Painter| {
        let there = painter.there.as_ref().expect("painted");
        there.iter().map(Line::text).collect::<Vec<_>>()
    };
    painter.paint(&shared, &status("ours"));
    assert_eq!(shown(&painter), ["0aaa", "1   ", "ours"]);
    shared.cursor = Some(Cursor { row: 5, column: 8 });
    let written = painter.paint(&shared, &status("ours"));
    assert_eq!(shown(&painter), ["    ", "fghi", "ours"]);
    assert!(written.ends_with("\x1b[2;4H\x1b[?25h"), "{written:?}");
}

#[test]
fn a_larger_terminal_shows_all_and_blanks_around_it() {
    let mut painter = Painter::new(Size::nearest(6, 5));
    painter.paint(&screen(3, 2, "abc\ndef"), &status("ours"));
    let there = painter.there.expect("painted");
    let lines: Vec<String> = there.iter().map(Line::text).collect();
    assert_eq!(lines, ["abc   ", "def   ", "      ", "      ", "ours  "]);
}

#[test]
fn what_follows_a_letter_of_unsure_width_stands_where_it_belongs() {
    let wide = Cell::new('世', [], true, Style::default());
    let letter = Cell::new('x', [], false, Style::default());
    let shared = Screen::of(Size::nearest(5, 1), [Line::of(5, [wide, letter])]);
    let written = Painter::new(Size::nearest(5, 2)).paint(&shared, &status(""));
    assert!(written.contains("世\x1b[1;3Hx"), "{written:?}");
}

#[test]
fn the_modes_of_the_keyboard_follow_the_program() {
    let mut painter = Painter::new(Size::nearest(5, 2));
    let mut shared = screen(5, 1, "a");
    painter.paint(&shared, &status(""));
    shared.modes.application_keys = true;
    assert!(painter.paint(&shared, &status("")).contains("\x1b[?1h"));
    assert!(!painter.paint(&shared, &status("")).contains("\x1b[?1"));
    shared.modes.application_keys = false;
    assert!(painter.paint(&shared, &status("")).contains("\x1b[?1l"));
}
