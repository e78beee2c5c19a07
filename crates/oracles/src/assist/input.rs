//! The expert's input: what one message may say, and how much of it passes.

use rendezvous_assist::Time;
use rendezvous_assist::input::{
    BURST, Button, InputError, InputEvent, InputGate, Key, MAX_NOTCHES, MAX_TEXT, RATE,
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
    let (mut keys, mut buttons): (Vec<Key>, Vec<Button>) = (Vec::new(), Vec::new());
    for line in text.split('\n') {
        if let Ok(pause) = line.parse::<u16>() {
            now += u64::from(pause);
            continue;
        }
        let Some(event) = read(line) else { continue };
        let releases_held = match event {
            InputEvent::Key { key, down: false } => keys.contains(&key),
            InputEvent::Button { button, down: false } => buttons.contains(&button),
            _ => false,
        };
        let dropped = gate.dropped();
        let passes = gate.admit(Time(now), event);
        assert!(passes || !releases_held, "what is held cannot be let go: {event:?}");
        assert_eq!(gate.dropped(), dropped + u64::from(!passes));
        if passes {
            passed += 1;
            hold(event, &mut keys, &mut buttons);
            check_chord(&keys);
        }
    }
    // Twice, because each press that was paid for brings a release that was not.
    assert!(passed <= 2 * (u64::from(BURST) + now * u64::from(RATE) / 1000), "{passed} in {now} ms");
    for key in keys {
        assert!(gate.admit(Time(now), InputEvent::Key { key, down: false }), "{key:?} stays down");
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
        Ok(InputEvent::Key { key, .. }) => {
            assert!(Key::all().any(|known| known == key) && !matches!(key.evdev(), 0 | 99 | 116 | 128..));
        }
        Ok(InputEvent::Move { .. } | InputEvent::Button { .. }) | Err(_) => {}
    }
    read.ok()
}

fn hold(event: InputEvent, keys: &mut Vec<Key>, buttons: &mut Vec<Button>) {
    match event {
        InputEvent::Key { key, down } => {
            keys.retain(|held| *held != key);
            keys.extend(down.then_some(key));
        }
        InputEvent::Button { button, down } => {
            buttons.retain(|held| *held != button);
            buttons.extend(down.then_some(button));
        }
        InputEvent::Move { .. } | InputEvent::Wheel { .. } => {}
    }
}

/// The chord never comes together, in whatever order its keys go down.
fn check_chord(keys: &[Key]) {
    let held = |of: &[u8]| keys.iter().any(|key| of.contains(&key.evdev()));
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
    let flood = [r#"{"t":"move","x":1,"y":1}"#; 70].join("\n");
    vec![
        Seed::new("pointer", pointer.as_bytes()),
        Seed::new("typing", [key("KeyA", true), "8".into(), key("KeyA", false)].join("\n").as_bytes()),
        Seed::new("chord", chord.join("\n").as_bytes()),
        Seed::new("flood", flood.as_bytes()),
    ]
}
