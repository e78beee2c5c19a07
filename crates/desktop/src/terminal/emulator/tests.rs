use super::*;

fn emulator(columns: u16, rows: u16, written: &[u8]) -> Emulator {
    let mut emulator = Emulator::new(Size::nearest(columns, rows));
    emulator.write(written);
    emulator
}

fn text(columns: u16, rows: u16, written: &str) -> String {
    emulator(columns, rows, written.as_bytes()).screen(0).text()
}

#[test]
fn programs_draw_as_they_do_on_a_terminal() {
    assert_eq!(text(10, 3, "one\r\ntwo"), "one\ntwo");
    assert_eq!(text(10, 3, "abc\x1b[1;2HX\x1b[2;1Hnext"), "aXc\nnext");
    assert_eq!(text(10, 2, "\x1b(0lqk\x1b(B"), "┌─┐", "lines are drawn with letters of their own");
    assert_eq!(text(10, 3, "a\r\nb\r\nc\r\nd"), "b\nc\nd");
    assert_eq!(text(6, 2, "世界e\u{301}"), "世界e\u{301}");
    assert_eq!(text(10, 2, "main\x1b[?1049h\x1b[Hfull"), "full");
    assert_eq!(text(10, 2, "main\x1b[?1049hfull\x1b[?1049l"), "main");
}

#[test]
fn styles_come_with_the_letters() {
    let written = b"\x1b[1;4;31;48;5;200ma\x1b[0;38;2;1;2;3;7mb\x1b[0mc";
    let screen = emulator(10, 1, written).screen(0);
    let style = |n: usize| screen.lines()[0].cells()[n].style();
    assert_eq!(style(0).foreground, Color::Indexed(1));
    assert_eq!(style(0).background, Color::Indexed(200));
    assert!(style(0).attributes.has(Attributes::BOLD.with(Attributes::UNDERLINE)));
    assert_eq!(style(1).foreground, Color::Rgb(1, 2, 3));
    assert!(style(1).attributes.has(Attributes::INVERSE));
    assert_eq!(style(2), Style::default());
}

#[test]
fn what_has_left_the_screen_can_be_seen_again() {
    let lines: String = (0..100).map(|n| format!("{n}\r\n")).collect();
    let mut emulator = emulator(10, 3, lines.as_bytes());
    assert_eq!(emulator.screen(0).text(), "98\n99");
    let above = emulator.screen(10);
    assert_eq!((above.text().as_str(), above.back, above.above), ("88\n89\n90", 10, 98));
    assert_eq!(emulator.screen(5000).text(), "0\n1\n2", "and not beyond the first");
    emulator.forget();
    assert_eq!((emulator.screen(10).back, emulator.screen(10).text().as_str()), (0, "98\n99"));
}

#[test]
fn what_is_forgotten_does_not_come_back_with_the_usual_screen() {
    let mut emulator = emulator(10, 2, b"secret\r\na\r\nb\x1b[?1049hfull");
    emulator.forget();
    emulator.write(b"more");
    emulator.write(b"\x1b[?1049l");
    assert_eq!((emulator.screen(9).above, emulator.screen(9).text().as_str()), (0, "a\nb"));
    emulator.write(b"\r\nc");
    assert_eq!(emulator.screen(9).text(), "a\nb", "what leaves the screen later is kept");
}

#[test]
fn what_is_kept_is_bounded_however_wide_it_is() {
    for columns in [20, 80, 500] {
        let mut emulator = Emulator::new(Size::nearest(columns, 10));
        for _ in 0..10_000 {
            emulator.write(b"line\r\n");
        }
        let kept = emulator.screen(u32::MAX).above as usize * usize::from(columns);
        assert!(kept <= HISTORY && kept > HISTORY / 2, "{kept} at {columns}");
    }
}

#[test]
fn the_modes_of_the_keyboard_are_known() {
    let modes = emulator(10, 2, b"\x1b[?1h\x1b[?2004h").screen(0).modes;
    assert_eq!(modes, Modes { application_keys: true, bracketed_paste: true });
    assert_eq!(emulator(10, 2, b"\x1b[?1h\x1b[?1l").screen(0).modes, Modes::default());
    assert_eq!(emulator(10, 2, b"\x1b[?25l").screen(0).cursor, None);
}

#[test]
fn a_program_is_answered_what_it_asks_and_no_more_than_it_reads() {
    assert_eq!(emulator(10, 3, b"ab\x1b[6n").answers(), b"\x1b[1;3R");
    assert!(emulator(10, 3, b"\x1b[c").answers().starts_with(b"\x1b[?"));
    let many = emulator(10, 3, &b"\x1b[6n".repeat(100_000));
    assert!(many.answers().len() <= MAX_ANSWERS && many.answers().is_empty());
}

/// Titles, clipboards both ways, links, palettes, and questions about them.
#[test]
fn what_is_addressed_to_the_terminal_itself_has_no_effect() {
    for string in [
        "\x1b]0;title\x07",
        "\x1b]2;title\x1b\\",
        "\x1b]52;c;aGVsbG8=\x07",
        "\x1b]52;c;?\x07",
        "\x1b]4;1;rgb:ff/00/00\x07",
        "\x1b]10;?\x07",
        "\x1b]8;;file:///etc/passwd\x07",
        "\x1bP$qm\x1b\\",
        "\x1b_Gf=100;AAAA\x1b\\",
        "\x1b[21t",
        "\x1b[22t",
        "\x1b[?1000h",
        "\x1b[?1004h",
        "\x1b[>1u",
        "\x07",
    ] {
        let emulator = emulator(20, 2, format!("a{string}b").as_bytes());
        assert_eq!(emulator.screen(0).text(), "ab", "{string:?}");
        assert!(emulator.answers().is_empty(), "{string:?}");
    }
}

#[test]
fn marks_cannot_be_piled_up() {
    let mut emulator = Emulator::new(Size::nearest(10, 2));
    for _ in 0..1000 {
        // In one go, and by going back.
        emulator.write("e\u{301}\u{302}\u{303}\u{304}\x1b[1;2H\u{305}\x1b[1;1H".as_bytes());
        emulator.write("\x1b[1;2H\u{306}\u{307}".as_bytes());
    }
    let line = &emulator.term.grid()[GridLine(0)];
    assert!(line[Column(0)].zerowidth().is_some_and(|marks| marks.len() <= 2));
}

#[test]
fn whatever_size_it_gets_it_goes_on() {
    let mut emulator = emulator(80, 24, "世".repeat(500).as_bytes());
    for (columns, rows) in [(1, 1), (500, 200), (2, 200), (500, 1), (3, 2), (80, 24)] {
        emulator.resize(Size::nearest(columns, rows));
        emulator.write("世x\x1b[999;999H世\x1b[5L\x1b[5M\x1b[2J\n\n".as_bytes());
        for back in [0, 1, 1_000_000] {
            let screen = emulator.screen(back);
            assert_eq!(screen.size(), Size::nearest(columns, rows));
        }
    }
}
