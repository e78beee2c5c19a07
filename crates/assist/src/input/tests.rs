use proptest::prelude::*;

use super::*;

fn press(code: &str, meant: Meant) -> InputEvent {
    InputEvent::Press { key: Key::from_code(code).unwrap(), meant }
}

fn release(code: &str) -> InputEvent {
    InputEvent::Release { key: Key::from_code(code).unwrap() }
}

#[test]
fn the_six_messages() {
    for (text, event) in [
        (r#"{"t":"move","x":12,"y":34}"#, InputEvent::Move { x: 12, y: 34 }),
        (
            r#"{"t":"button","button":"left","down":true}"#,
            InputEvent::Button { button: Button::Left, down: true },
        ),
        (
            r#"{"t":"button","button":"middle","down":false}"#,
            InputEvent::Button { button: Button::Middle, down: false },
        ),
        (
            r#"{"t":"button","button":"right","down":true}"#,
            InputEvent::Button { button: Button::Right, down: true },
        ),
        (r#"{"t":"wheel","dx":0,"dy":1}"#, InputEvent::Wheel { dx: 0, dy: 1 }),
        (r#"{"t":"wheel","dx":-20,"dy":20}"#, InputEvent::Wheel { dx: -20, dy: 20 }),
        (
            r#"{"t":"button","button":"forward","down":true}"#,
            InputEvent::Button { button: Button::Forward, down: true },
        ),
        (r#"{"t":"key","code":"KeyA","down":true}"#, press("KeyA", Meant::Place)),
        (r#"{"t":"key","code":"KeyZ","key":"y","down":true}"#, press("KeyZ", Meant::Character('y'))),
        (r#"{"t":"key","code":"Space","key":" ","down":true}"#, press("Space", Meant::Character(' '))),
        (r#"{"t":"key","code":"AltRight","key":"AltGraph","down":true}"#, press("AltRight", Meant::AltGraph)),
        (r#"{"down":false,"code":"IntlBackslash","t":"key"}"#, release("IntlBackslash")),
        (r#"{"t":"key","code":"KeyZ","key":"y","down":false}"#, release("KeyZ")),
        (r#"{"t":"text","text":"日本"}"#, InputEvent::Text(Text::new("日本").unwrap())),
        (r#"{"t":"held"}"#, InputEvent::Held),
    ] {
        assert_eq!(InputEvent::parse(text), Ok(event), "{text}");
    }
}

#[test]
fn what_is_out_of_range_is_refused() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"t":"move","x":12}"#,
        r#"{"t":"move","x":-1,"y":0}"#,
        r#"{"t":"move","x":65536,"y":0}"#,
        r#"{"t":"move","x":1.5,"y":0}"#,
        r#"{"t":"move","x":"1","y":0}"#,
        r#"{"t":"move","x":1,"x":2,"y":0}"#,
        r#"{"t":"Move","x":1,"y":0}"#,
        r#"{"t":"button","button":"wheel","down":true}"#,
        r#"{"t":"button","button":1,"down":true}"#,
        r#"{"t":"button","button":"left","down":1}"#,
        r#"{"t":"wheel","dx":0,"dy":128}"#,
        r#"{"t":"key","code":30,"down":true}"#,
        r#"{"t":"key","code":"KeyA"}"#,
        r#"{"t":"key","code":"KeyA","key":1,"down":true}"#,
        r#"{"t":"key","code":"KeyA","key":"a","key":"b","down":true}"#,
        r#"{"t":"text"}"#,
        r#"{"t":"text","text":["a"]}"#,
        r#"{"t":"grant"}"#,
        r#"{"t":"move","x":1,"y":1} {"t":"move","x":1,"y":1}"#,
    ] {
        assert_eq!(InputEvent::parse(text), Err(InputError::NotInput), "{text}");
    }
    for text in [r#"{"t":"wheel","dx":0,"dy":21}"#, r#"{"t":"wheel","dx":-21,"dy":0}"#] {
        assert_eq!(InputEvent::parse(text), Err(InputError::Wheel), "{text}");
    }
    for code in ["Power", "PrintScreen", "keyA", "KeyA ", "", "30"] {
        let text = format!(r#"{{"t":"key","code":"{code}","down":true}}"#);
        assert_eq!(InputEvent::parse(&text), Err(InputError::Key), "{text}");
    }
    for meant in ["", "ab", "\\n", "Dead", "Process", "Unidentified", "Power", "PrintScreen", "e\u{301}"] {
        let text = format!(r#"{{"t":"key","code":"KeyA","key":"{meant}","down":true}}"#);
        assert_eq!(InputEvent::parse(&text), Err(InputError::Key), "{text}");
    }
    for words in ["", "a\\tb", "more than sixteen", "\\u001b"] {
        let text = format!(r#"{{"t":"text","text":"{words}"}}"#);
        assert_eq!(InputEvent::parse(&text), Err(InputError::Text), "{text}");
    }
}

#[test]
fn a_message_is_bounded() {
    let message = r#"{"t":"move","x":1,"y":1}"#;
    let padded = |length: usize| format!("{message}{}", " ".repeat(length - message.len()));
    assert!(InputEvent::parse(&padded(MAX_TEXT)).is_ok());
    assert_eq!(InputEvent::parse(&padded(MAX_TEXT + 1)), Err(InputError::TooLong(MAX_TEXT + 1)));
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in ".{0,300}") {
        let _ = InputEvent::parse(&text);
    }

    #[test]
    fn any_numbers_are_in_range_or_refused(t in "move|wheel|button|key", x in any::<i64>(), y in any::<i64>()) {
        for text in [
            format!(r#"{{"t":"{t}","x":{x},"y":{y},"down":true}}"#),
            format!(r#"{{"t":"{t}","dx":{x},"dy":{y}}}"#),
        ] {
            match InputEvent::parse(&text) {
                Ok(InputEvent::Move { x: px, y: py }) => prop_assert_eq!((i64::from(px), i64::from(py)), (x, y)),
                Ok(InputEvent::Wheel { dx, dy }) => {
                    prop_assert_eq!((i64::from(dx), i64::from(dy)), (x, y));
                    prop_assert!(x.abs() <= 20 && y.abs() <= 20);
                }
                Ok(other) => prop_assert!(false, "{:?} from {}", other, text),
                Err(_) => {}
            }
        }
    }
}
