//! A shared terminal: what came is read as it was written or refused as a whole, and nothing but cells reaches a terminal.

use rendezvous_assist::terminal::keys::{Chord, Stroke, Strokes, harmless_paste};
use rendezvous_assist::terminal::pace::Seen;
use rendezvous_assist::terminal::paint::{Painter, Status, Tone};
use rendezvous_assist::terminal::wire::{MAX_KEYS, MAX_MESSAGE, MAX_PASTE, Picture, ViewerSays, WireError};
use rendezvous_assist::terminal::{Cell, Color, Cursor, Line, Modes, Size, Style, is_harmless};

use crate::Seed;

/// Bytes as messages of both sides, one after the other, and as what a person types.
pub(crate) fn terminal(data: &[u8]) {
    let mut seen = Seen::default();
    // The first byte says how long each message is.
    let length = data.first().map_or(1, |first| usize::from(*first).max(1) * 4);
    let whole = data.get(1..).unwrap_or_default();
    for message in std::iter::once(whole).chain(whole.chunks(length)) {
        picture(message, &mut seen);
        viewer(message);
    }
    typed(whole);
}

fn picture(message: &[u8], seen: &mut Seen) {
    let read = Picture::read(message);
    if message.len() > MAX_MESSAGE {
        assert_eq!(read, Err(WireError::TooLong(message.len())));
    }
    let Ok(picture) = read else { return };
    assert_eq!(Picture::read(&picture.written()).as_ref(), Ok(&picture));
    seen.take(picture);
    let screen = seen.screen().expect("a picture came");
    for line in screen.lines() {
        assert!(line.text().chars().all(is_harmless));
        assert_eq!(line.cells().iter().map(|cell| cell.width()).sum::<u16>(), screen.size().columns());
    }
    for (columns, rows) in [(80, 24), (7, 3)] {
        let status = Status { text: "ours".to_owned(), tone: Tone::Calm };
        let written = Painter::new(Size::nearest(columns, rows)).paint(screen, &status);
        assert!(is_painting(&written, rows), "{written:?}");
    }
}

/// Letters, places, styles, whether there is a cursor, and one mode of the keyboard: nothing else, and nothing beyond the
/// last line.
fn is_painting(written: &str, rows: u16) -> bool {
    let mut parts = written.split('\u{1b}');
    let letters = |text: &str| text.chars().all(is_harmless);
    parts.next().is_some_and(letters)
        && parts.all(|part| {
            let Some(sequence) = part.strip_prefix('[') else { return false };
            let Some(end) = sequence.find(|c: char| c.is_ascii_alphabetic()) else { return false };
            let (parameters, rest) = (&sequence[..end], &sequence[end..]);
            let is_numbers = parameters.chars().all(|c| c.is_ascii_digit() || c == ';');
            let is_known = match &rest[..1] {
                "H" => {
                    let row = parameters.split(';').next().and_then(|row| row.parse::<u16>().ok());
                    is_numbers && row.is_some_and(|row| (1..=rows).contains(&row))
                }
                "m" => is_numbers,
                "J" => parameters == "2",
                "h" | "l" => matches!(parameters, "?25" | "?1"),
                _ => false,
            };
            is_known && letters(&rest[1..])
        })
}

fn viewer(message: &[u8]) {
    match ViewerSays::read(message) {
        Ok(said) => {
            assert_eq!(said.written(), message);
            match said {
                ViewerSays::Keys(keys) => assert!((1..=MAX_KEYS).contains(&keys.len())),
                ViewerSays::Paste(text) => {
                    assert!((1..=MAX_PASTE).contains(&text.len()));
                    let harmless = harmless_paste(&text);
                    assert!(!harmless.contains(['\u{1b}', '\u{3}', '\u{1d}', '\u{9b}']));
                    assert_eq!(harmless_paste(&harmless), harmless);
                }
                ViewerSays::Taken(_) | ViewerSays::Back(_) => {}
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// What is typed comes out as it went in, but for what is pasted and for the chord.
fn typed(bytes: &[u8]) {
    let (mut strokes, mut chord) = (Strokes::new(), Chord::default());
    for part in bytes.chunks(7) {
        for stroke in strokes.read(part) {
            match stroke {
                Stroke::Keys(keys) => {
                    let (left, _) = chord.hear(rendezvous_assist::Time(0), &keys);
                    assert!(left.len() <= keys.len() + 1);
                }
                Stroke::Paste(text) => {
                    assert!(text.len() <= MAX_PASTE && harmless_paste(&text) == text);
                }
            }
        }
    }
}

pub(crate) fn terminal_seeds() -> Vec<Seed> {
    let style =
        Style { foreground: Color::Rgb(250, 128, 0), background: Color::Indexed(17), ..Style::default() };
    let cells = [
        Cell::new('$', [], false, style),
        Cell::new('\u{4e16}', [], true, Style::default()),
        Cell::new('e', ['\u{301}'], false, Style::default()),
    ];
    let size = Size::nearest(20, 4);
    let picture = Picture {
        number: 1,
        typed: 2,
        size,
        cursor: Some(Cursor { row: 3, column: 7 }),
        modes: Modes { application_keys: true, bracketed_paste: true },
        back: 0,
        above: 12,
        lines: vec![(0, Line::of(20, cells)), (3, Line::of(20, []))],
    };
    let one = |name, message: Vec<u8>| Seed::new(name, &[&[255], &message[..]].concat());
    vec![
        one("picture", picture.written()),
        one("taken", ViewerSays::Taken(7).written()),
        one("keys", ViewerSays::Keys(b"ls\r\x1b[A".to_vec()).written()),
        one("paste", ViewerSays::Paste("one\ntwo".to_owned()).written()),
        one("back", ViewerSays::Back(40).written()),
        one("typed", b"vi\x1d\x1d\x1b[200~pasted\x1b[201~\x1d".to_vec()),
    ]
}
