use proptest::prelude::*;

use super::*;

fn key(code: &str, down: bool) -> InputEvent {
    InputEvent::Key { key: Key::from_code(code).unwrap(), down }
}

#[test]
fn the_four_messages() {
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
        (r#"{"t":"key","code":"KeyA","down":true}"#, key("KeyA", true)),
        (r#"{"down":false,"code":"IntlBackslash","t":"key"}"#, key("IntlBackslash", false)),
    ] {
        assert_eq!(InputEvent::parse(text), Ok(event), "{text}");
    }
    assert_eq!(key("KeyA", true), InputEvent::Key { key: Key::from_code("KeyA").unwrap(), down: true });
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
        r#"{"t":"button","button":"back","down":true}"#,
        r#"{"t":"button","button":1,"down":true}"#,
        r#"{"t":"button","button":"left","down":1}"#,
        r#"{"t":"wheel","dx":0,"dy":128}"#,
        r#"{"t":"key","code":30,"down":true}"#,
        r#"{"t":"key","code":"KeyA"}"#,
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
