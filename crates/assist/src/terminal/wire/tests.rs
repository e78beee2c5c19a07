use proptest::prelude::*;

use super::*;
use crate::terminal::screen::{Attributes, MAX_COLUMNS, MAX_ROWS};

fn any_color() -> impl Strategy<Value = Color> {
    prop_oneof![
        Just(Color::Default),
        any::<u8>().prop_map(Color::Indexed),
        any::<(u8, u8, u8)>().prop_map(|(red, green, blue)| Color::Rgb(red, green, blue)),
    ]
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let letter = prop_oneof![Just(' '), Just('x'), Just('世'), any::<char>()];
    let marks = prop::collection::vec(prop_oneof![Just('\u{301}'), any::<char>()], 0..4);
    let style = (0..128_u8, any_color(), any_color()).prop_map(|(bits, foreground, background)| Style {
        attributes: Attributes::from_bits(bits).expect("below 128"),
        foreground,
        background,
    });
    (letter, marks, any::<bool>(), style)
        .prop_map(|(base, marks, is_wide, style)| Cell::new(base, marks, is_wide, style))
}

fn any_picture() -> impl Strategy<Value = Picture> {
    let size = (1..60_u16, 1..20_u16).prop_map(|(columns, rows)| Size::nearest(columns, rows));
    (size, any::<[u32; 4]>(), any::<(bool, bool, bool)>()).prop_flat_map(|(size, numbers, bools)| {
        let cells = prop::collection::vec((any_cell(), 1..9_usize), 0..30);
        prop::collection::btree_map(0..size.rows(), cells, 0..6).prop_map(move |lines| {
            let [number, typed, back, above] = numbers;
            let (has_cursor, application_keys, bracketed_paste) = bools;
            let cells = |runs: Vec<(Cell, usize)>| {
                runs.into_iter()
                    .flat_map(|(cell, times)| std::iter::repeat_n(cell, times))
                    .collect::<Vec<_>>()
            };
            Picture {
                number,
                typed,
                size,
                cursor: has_cursor.then_some(Cursor { row: size.rows() - 1, column: size.columns() / 2 }),
                modes: Modes { application_keys, bracketed_paste },
                back: back.min(above),
                above,
                lines: lines
                    .into_iter()
                    .map(|(row, runs)| (row, Line::of(size.columns(), cells(runs))))
                    .collect(),
            }
        })
    })
}

proptest! {
    #[test]
    fn a_picture_is_read_as_it_was_written(picture in any_picture()) {
        let written = picture.written();
        prop_assert_eq!(Picture::read(&written), Ok(picture));
        for end in 0..written.len() {
            prop_assert!(Picture::read(&written[..end]).is_err(), "{} of {} bytes", end, written.len());
        }
        prop_assert_eq!(Picture::read(&[&written[..], b"x"].concat()), Err(WireError::Surplus));
    }

    #[test]
    fn whatever_comes_is_read_or_refused_and_what_was_read_is_harmless(message in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(picture) = Picture::read(&message) {
            prop_assert_eq!(Picture::read(&picture.written()), Ok(picture.clone()));
            for (_, line) in &picture.lines {
                prop_assert!(line.text().chars().all(crate::terminal::is_harmless));
            }
        }
        if let Ok(said) = ViewerSays::read(&message) {
            prop_assert_eq!(said.written(), message);
        }
    }

    #[test]
    fn one_wrong_byte_does_no_harm(picture in any_picture(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut written = picture.written();
        let at = at.index(written.len());
        written[at] = byte;
        if let Ok(picture) = Picture::read(&written) {
            for (row, line) in &picture.lines {
                prop_assert!(*row < picture.size.rows());
                let width: u16 = line.cells().iter().map(|cell| cell.width()).sum();
                prop_assert_eq!(width, picture.size.columns());
            }
        }
    }
}

#[test]
fn what_the_viewer_says_is_bounded() {
    let keys = |count| [&[KEYS], &vec![b'x'; count][..]].concat();
    assert_eq!(ViewerSays::read(&keys(0)), Err(WireError::Value("keys")));
    assert_eq!(ViewerSays::read(&keys(MAX_KEYS)), Ok(ViewerSays::Keys(vec![b'x'; MAX_KEYS])));
    assert_eq!(ViewerSays::read(&keys(MAX_KEYS + 1)), Err(WireError::Value("keys")));
    let paste = |count| [&[PASTE], &vec![b'x'; count][..]].concat();
    assert!(ViewerSays::read(&paste(MAX_PASTE)).is_ok());
    assert_eq!(ViewerSays::read(&paste(MAX_PASTE + 1)), Err(WireError::Value("paste")));
    assert_eq!(ViewerSays::read(b"\x03\xff"), Err(WireError::Value("paste")));
    assert_eq!(ViewerSays::read(&vec![KEYS; MAX_MESSAGE + 1]), Err(WireError::TooLong(MAX_MESSAGE + 1)));
    assert_eq!(ViewerSays::read(b"\x09"), Err(WireError::Kind(9)));
    assert_eq!(ViewerSays::read(b""), Err(WireError::Short));
    assert_eq!(ViewerSays::read(&[TAKEN, 0, 0, 0, 7, 8]), Err(WireError::Surplus));
}

#[test]
fn the_longest_line_fits_into_a_message() {
    let style = |n: u8| Style {
        attributes: Attributes::BOLD,
        foreground: Color::Rgb(n, 1, 2),
        background: Color::Rgb(3, 4, n),
    };
    let cells = (0..MAX_COLUMNS).map(|n| {
        Cell::new('\u{1f642}', ['\u{301}', '\u{302}'], false, style(u8::try_from(n % 250).expect("small")))
    });
    let line = Line::of(MAX_COLUMNS, cells);
    assert!(line_length(&line) < MAX_MESSAGE / 2, "{}", line_length(&line));
    assert!(MAX_ROWS > 1);
}

/// Published in `docs/terminal.md`: what others build must read the same.
#[test]
fn a_picture_of_one_line_is_these_bytes() {
    let style = Style { attributes: Attributes::BOLD, foreground: Color::Indexed(2), ..Style::default() };
    let cells = [
        Cell::new('$', [], false, style),
        Cell::new('世', [], true, Style::default()),
        Cell::new('e', ['\u{301}'], false, Style::default()),
    ];
    let picture = Picture {
        number: 7,
        typed: 3,
        size: Size::nearest(10, 3),
        cursor: Some(Cursor { row: 1, column: 4 }),
        modes: Modes { application_keys: false, bracketed_paste: true },
        back: 0,
        above: 40,
        lines: vec![(1, Line::of(10, cells))],
    };
    let hex: String = picture.written().iter().map(|byte| format!("{byte:02x}")).collect();
    let head = "01000000070000000 3000a000305".replace(' ', "");
    let rest =
        "000100040000000000000028 0001 0001 0001 01010200 24 0008 000000 84004e16 81000065000301 20 010005";
    assert_eq!(hex, format!("{head}{rest}").replace(' ', ""));
}
