//! The expert's input: what one message may say, and how much of it passes.

use rendezvous_assist::Time;
use rendezvous_assist::input::{
    BURST, Button, InputError, InputEvent, InputGate, Key, MAX_CHARACTERS, MAX_NOTCHES, MAX_TEXT, Meant, RATE,
};

use crate::Seed;
use crate::script::text_of;

/// Commands to the display server, and the two keys without which they are none: Linux input event codes.
const CONTROL: [u8; 2] = [29, 97];
const ALT: [u8; 2] = [56, 100];
const COMMANDS: [u8; 17] = [14, 55, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 74, 78, 87, 88, 98];

/// One message a line; a line of digits lets so many milliseconds pass.
pub(crate) fn input(data: &[u8]) {
    let text = text_of(data);
    let mut gate = InputGate::new();
    let (mut now, mut passed) = (0_u64, 0_u64);
    // What is clicked, turned and typed, each notch and each character by itself.
    let mut acts = 0_u64;
    let (mut keys, mut buttons): (Vec<(Key, Key)>, Vec<Button>) = (Vec::new(), Vec::new());
    for line in text.split('\n') {
        if let Ok(pause) = line.parse::<u16>() {
            now += u64::from(pause);
            continue;
        }
        let Some(event) = read(line) else { continue };
        let releases_held = match event {
            InputEvent::Release { key } => keys.iter().any(|(held, _)| *held == key),
            InputEvent::Button { button, down: false } => buttons.contains(&button),
            _ => false,
        };
        let dropped = gate.dropped();
        let passes = gate.admit(Time(now), event);
        assert!(passes || !releases_held, "what is held cannot be let go: {event:?}");
        assert_eq!(gate.dropped(), dropped + u64::from(!passes));
        if passes {
            passed += 1;
            acts += weight(event);
            hold(event, &mut keys, &mut buttons);
            check_chord(&keys);
        }
    }
    // Twice, because each press that was paid for brings a release that was not.
    assert!(passed <= 2 * (u64::from(BURST) + now * u64::from(RATE) / 1000), "{passed} in {now} ms");
    assert!(acts <= 2 * (u64::from(BURST) + now * u64::from(RATE) / 1000), "{acts} acts in {now} ms");
    for (key, _) in keys {
        assert!(gate.admit(Time(now), InputEvent::Release { key }), "{key:?} stays down");
    }
}

fn weight(event: InputEvent) -> u64 {
    match event {
        InputEvent::Wheel { dx, dy } => u64::from(dx.unsigned_abs()) + u64::from(dy.unsigned_abs()),
        InputEvent::Text(text) => text.characters().len() as u64,
        _ => 1,
    }
}

/// One message, in range or refused.
fn read(line: &str) -> Option<InputEvent> {
    let read = InputEvent::parse(line);
    if line.len() > MAX_TEXT {
        assert_eq!(read, Err(InputError::TooLong(line.len())));
    }
    match read {
        Ok(InputEvent::Wheel { dx, dy }) => {
            let range = -MAX_NOTCHES..=MAX_NOTCHES;
            assert!(range.contains(&dx) && range.contains(&dy), "{dx} {dy}");
        }
        Ok(InputEvent::Press { key, meant }) => {
            check_key(key);
            match meant {
                Meant::Key(other) => check_key(other),
                Meant::Character(character) => assert!(!character.is_control(), "{character:?}"),
                Meant::Place | Meant::AltGraph => {}
            }
        }
        Ok(InputEvent::Release { key }) => check_key(key),
        Ok(InputEvent::Text(text)) => {
            let characters = text.characters();
            assert!((1..=MAX_CHARACTERS).contains(&characters.len()));
            assert!(!characters.iter().any(|character| character.is_control()), "{characters:?}");
        }
        Ok(InputEvent::Move { .. } | InputEvent::Button { .. } | InputEvent::Held) | Err(_) => {}
    }
    read.ok()
}

fn check_key(key: Key) {
    assert!(Key::all().any(|known| known == key) && !matches!(key.evdev(), 0 | 99 | 116 | 128..));
}

/// Keys are held by their place, and count as what they mean.
fn hold(event: InputEvent, keys: &mut Vec<(Key, Key)>, buttons: &mut Vec<Button>) {
    match event {
        InputEvent::Press { key, meant } => {
            keys.retain(|(held, _)| *held != key);
            keys.push((key, if let Meant::Key(other) = meant { other } else { key }));
        }
        InputEvent::Release { key } => keys.retain(|(held, _)| *held != key),
        InputEvent::Button { button, down } => {
            buttons.retain(|held| *held != button);
            buttons.extend(down.then_some(button));
        }
        InputEvent::Move { .. } | InputEvent::Wheel { .. } | InputEvent::Text(_) | InputEvent::Held => {}
    }
}

/// The chord never comes together, in whatever order its keys go down.
fn check_chord(keys: &[(Key, Key)]) {
    let held = |of: &[u8]| keys.iter().any(|(_, key)| of.contains(&key.evdev()));
    assert!(!(held(&CONTROL) && held(&ALT) && held(&COMMANDS)), "a command to the display server: {keys:?}");
}

pub(crate) fn input_seeds() -> Vec<Seed> {
    let key = |code: &str, down: bool| format!(r#"{{"t":"key","code":"{code}","down":{down}}}"#);
    let chord = [key("ControlLeft", true), key("AltLeft", true), key("F1", true), key("F1", false)];
    let pointer = concat!(
        r#"{"t":"move","x":12,"y":34}"#,
        "\n",
        r#"{"t":"button","button":"left","down":true}"#,
        "\n20\n",
        r#"{"t":"button","button":"left","down":false}"#,
        "\n",
        r#"{"t":"wheel","dx":0,"dy":-20}"#
    );
    let meaning =
        |code: &str, means: &str| format!(r#"{{"t":"key","code":"{code}","key":"{means}","down":true}}"#);
    let hidden = [meaning("CapsLock", "Control"), meaning("KeyA", "Alt"), meaning("KeyB", "F1")];
    let (text, held) = (r#"{"t":"text","text":"日本"}"#, r#"{"t":"held"}"#);
    let typed = [meaning("KeyQ", "@"), held.to_owned(), meaning("KeyE", "€"), text.to_owned()];
    let flood = [r#"{"t":"move","x":1,"y":1}"#; 70].join("\n");
    vec![
        Seed::new("pointer", pointer.as_bytes()),
        Seed::new("typing", [key("KeyA", true), "8".into(), key("KeyA", false)].join("\n").as_bytes()),
        Seed::new("chord", chord.join("\n").as_bytes()),
        Seed::new("hidden_chord", hidden.join("\n").as_bytes()),
        Seed::new("meanings", typed.join("\n").as_bytes()),
        Seed::new("flood", flood.as_bytes()),
    ]
}
