//! How much of the expert's input passes, and which chords never do.

use super::{Button, InputEvent, Key, Meant};
use crate::Time;

/// Acts a second that pass in the long run. A move, a button or a key is one, and so is each notch of the wheel and each
/// character of a text, since each of them becomes clicks and keys of its own.
pub const RATE: u32 = 500;

/// Acts that pass at once after a pause: a page keeps so many while the way is stuck.
pub const BURST: u32 = 256;

/// What one act costs, in thousandths: the bucket fills by [`RATE`] thousandths a millisecond.
const COST: u32 = 1000;

/// Places of keys are numbered below this.
const PLACES: usize = 128;

/// Bounds the expert's input in time, and keeps commands to the display server out.
///
/// Excess is dropped and counted, except the release of what is held: a key that nobody holds any more must not stay
/// down. That cannot be abused, since each such release had a press that passed.
#[derive(Clone, Debug)]
pub struct InputGate {
    credit: u32,
    filled: Option<Time>,
    /// For each place of a key that is held, the key that counts; 0 where none is held.
    keys: [u8; PLACES],
    buttons: u8,
    dropped: u64,
}

impl InputGate {
    /// A gate with nothing held and the whole burst free.
    #[must_use]
    pub fn new() -> Self {
        Self { credit: BURST * COST, filled: None, keys: [0; PLACES], buttons: 0, dropped: 0 }
    }

    /// Whether this event may pass. `false`: drop it; it is counted.
    #[must_use = "an event that may not pass must be dropped"]
    pub fn admit(&mut self, now: Time, event: InputEvent) -> bool {
        self.fill(now);
        let passes = self.releases_held(event) || (!self.is_forbidden(event) && self.pay(cost(event)));
        if passes {
            self.note(event);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
        passes
    }

    /// How many events were dropped so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn fill(&mut self, now: Time) {
        let since = self.filled.map_or(0, |earlier| now.since(earlier).as_millis());
        self.filled = self.filled.max(Some(now));
        let gained = u32::try_from(since).unwrap_or(u32::MAX).saturating_mul(RATE);
        self.credit = self.credit.saturating_add(gained).min(BURST * COST);
    }

    fn pay(&mut self, cost: u32) -> bool {
        match self.credit.checked_sub(cost) {
            Some(rest) => {
                self.credit = rest;
                true
            }
            None => false,
        }
    }

    fn releases_held(&self, event: InputEvent) -> bool {
        match event {
            InputEvent::Release { key } => self.keys[place(key)] != 0,
            InputEvent::Button { button, down: false } => self.buttons & button_bit(button) != 0,
            _ => false,
        }
    }

    /// *Ctrl+Alt+F1* and its like, in whatever order the three go down, and wherever the expert has them.
    fn is_forbidden(&self, event: InputEvent) -> bool {
        let InputEvent::Press { key, meant } = event else {
            return false;
        };
        let counts = counting(key, meant);
        let held = |test: fn(Key) -> bool| {
            test(counts) || Key::all().any(|k| self.keys.contains(&k.evdev()) && test(k))
        };
        held(Key::is_control) && held(Key::is_alt) && held(Key::commands_server)
    }

    fn note(&mut self, event: InputEvent) {
        match event {
            InputEvent::Press { key, meant } => self.keys[place(key)] = counting(key, meant).evdev(),
            InputEvent::Release { key } => self.keys[place(key)] = 0,
            InputEvent::Button { button, down: true } => self.buttons |= button_bit(button),
            InputEvent::Button { button, down: false } => self.buttons &= !button_bit(button),
            InputEvent::Move { .. } | InputEvent::Wheel { .. } | InputEvent::Text(_) | InputEvent::Held => {}
        }
    }
}

impl Default for InputGate {
    fn default() -> Self {
        Self::new()
    }
}

/// The key that counts when this one is pressed: the one that is meant.
fn counting(key: Key, meant: Meant) -> Key {
    match meant {
        Meant::Key(other) => other,
        Meant::Place | Meant::Character(_) | Meant::AltGraph => key,
    }
}

fn place(key: Key) -> usize {
    // A key is 1 to 127, so there is a place for it.
    usize::from(key.evdev()) % PLACES
}

fn cost(event: InputEvent) -> u32 {
    let acts = match event {
        InputEvent::Wheel { dx, dy } => u32::from(dx.unsigned_abs()) + u32::from(dy.unsigned_abs()),
        InputEvent::Text(text) => u32::try_from(text.characters().len()).unwrap_or(u32::MAX),
        _ => 1,
    };
    acts.max(1).saturating_mul(COST)
}

fn button_bit(button: Button) -> u8 {
    match button {
        Button::Left => 1,
        Button::Middle => 2,
        Button::Right => 4,
        Button::Back => 8,
        Button::Forward => 16,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::input::Text;

    const MOVE: InputEvent = InputEvent::Move { x: 1, y: 1 };

    fn key(code: &str, down: bool) -> InputEvent {
        let key = Key::from_code(code).unwrap();
        if down { InputEvent::Press { key, meant: Meant::Place } } else { InputEvent::Release { key } }
    }

    /// A key of another place that means what this one does.
    fn meaning(place: &str, code: &str) -> InputEvent {
        let meant = Meant::Key(Key::from_code(code).unwrap());
        InputEvent::Press { key: Key::from_code(place).unwrap(), meant }
    }

    fn admitted(gate: &mut InputGate, now: u64, event: InputEvent, times: u32) -> u32 {
        (0..times).map(|_| u32::from(gate.admit(Time(now), event))).sum()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let mut gate = InputGate::new();
        assert_eq!(admitted(&mut gate, 0, MOVE, 1000), BURST);
        assert_eq!(gate.dropped(), u64::from(1000 - BURST));
        assert_eq!(admitted(&mut gate, 1, MOVE, 10), 0, "half an event is none");
        assert_eq!(admitted(&mut gate, 2, MOVE, 10), 1);
        let in_a_second: u32 = (3..=1002).map(|now| admitted(&mut gate, now, MOVE, 10)).sum();
        assert_eq!(in_a_second, RATE);
        assert_eq!(admitted(&mut gate, 100_000, MOVE, 1000), BURST, "a pause earns the burst, not more");
    }

    #[test]
    fn what_a_person_does_passes_whole() {
        let mut gate = InputGate::new();
        for now in (0..60_000).step_by(3) {
            assert!(gate.admit(Time(now), MOVE));
        }
        assert_eq!(gate.dropped(), 0);
    }

    #[test]
    fn the_release_of_what_is_held_always_passes() {
        let mut gate = InputGate::new();
        let left = |down| InputEvent::Button { button: Button::Left, down };
        assert!(gate.admit(Time(0), key("KeyA", true)) && gate.admit(Time(0), left(true)));
        admitted(&mut gate, 0, MOVE, 1000);
        assert!(gate.admit(Time(0), key("KeyA", false)) && gate.admit(Time(0), left(false)));
        assert!(!gate.admit(Time(0), key("KeyA", false)) && !gate.admit(Time(0), left(false)), "not twice");
        assert!(!gate.admit(Time(0), key("KeyB", true)));
        assert!(!gate.admit(Time(0), key("KeyB", false)), "its press never passed");
    }

    #[test]
    fn commands_to_the_display_server_never_pass_in_any_order() {
        let commands = ["F1", "F7", "F10", "F11", "F12", "Backspace", "NumpadAdd", "NumpadMultiply"];
        for control in ["ControlLeft", "ControlRight"] {
            for alt in ["AltLeft", "AltRight"] {
                for command in commands {
                    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
                        let chord = order.map(|i| [control, alt, command][i]);
                        let mut gate = InputGate::new();
                        assert!(gate.admit(Time(0), key(chord[0], true)), "{chord:?}");
                        assert!(gate.admit(Time(0), key(chord[1], true)), "{chord:?}");
                        assert!(!gate.admit(Time(0), key(chord[2], true)), "{chord:?}");
                        assert_eq!(gate.dropped(), 1);
                    }
                }
            }
        }
    }

    #[test]
    fn a_command_to_the_display_server_is_one_wherever_its_keys_are() {
        let mut gate = InputGate::new();
        assert!(gate.admit(Time(0), meaning("CapsLock", "ControlLeft")));
        assert!(gate.admit(Time(0), meaning("MetaLeft", "AltLeft")));
        for command in ["F1", "Backspace", "F12"] {
            assert!(!gate.admit(Time(0), meaning("KeyA", command)), "{command}");
        }
        assert!(gate.admit(Time(0), meaning("F1", "Tab")), "it does not count what stands on the key");
        assert!(gate.admit(Time(0), key("CapsLock", false)));
        assert!(gate.admit(Time(0), meaning("KeyA", "F1")), "Control is up again");
    }

    #[test]
    fn each_notch_and_each_character_counts() {
        let mut gate = InputGate::new();
        let turn = InputEvent::Wheel { dx: -20, dy: 20 };
        assert_eq!(admitted(&mut gate, 0, turn, 10), BURST / 40);
        let notches: u32 = (1..=1000).map(|now| admitted(&mut gate, now, turn, 10) * 40).sum();
        assert!(notches <= RATE + BURST, "{notches} notches in a second");

        let mut gate = InputGate::new();
        let text = InputEvent::Text(Text::new("sixteen letters!").unwrap());
        assert_eq!(admitted(&mut gate, 0, text, 20), BURST / 16);
    }

    #[test]
    fn other_chords_pass() {
        for chord in [
            ["ControlLeft", "AltLeft", "KeyT"],
            ["ControlLeft", "ShiftLeft", "F5"],
            ["AltLeft", "ShiftLeft", "F4"],
        ] {
            let mut gate = InputGate::new();
            assert!(chord.iter().all(|code| gate.admit(Time(0), key(code, true))), "{chord:?}");
        }
        let mut gate = InputGate::new();
        for (code, down) in [("ControlLeft", true), ("AltLeft", true), ("AltLeft", false), ("F1", true)] {
            assert!(gate.admit(Time(0), key(code, down)), "Alt is up again");
        }
    }

    fn any_event() -> impl Strategy<Value = InputEvent> {
        let keys: Vec<Key> = Key::all().collect();
        let meanings: Vec<Meant> = Key::all()
            .map(Meant::Key)
            .chain([Meant::Place, Meant::AltGraph, Meant::Character('+')])
            .collect();
        let buttons = vec![Button::Left, Button::Middle, Button::Right, Button::Back, Button::Forward];
        prop_oneof![
            Just(MOVE),
            (prop::sample::select(keys.clone()), prop::sample::select(meanings))
                .prop_map(|(key, meant)| InputEvent::Press { key, meant }),
            prop::sample::select(keys).prop_map(|key| InputEvent::Release { key }),
            (prop::sample::select(buttons), any::<bool>())
                .prop_map(|(button, down)| InputEvent::Button { button, down }),
        ]
    }

    proptest! {
        /// Whatever is sent, also with a clock that jumps: what passes is bounded, and what went down can come up.
        #[test]
        fn whatever_is_sent_is_bounded(events in prop::collection::vec((0..5_u64, any_event()), 0..500)) {
            let mut gate = InputGate::new();
            let (mut now, mut passed) = (0, 0_u64);
            let mut held: Vec<InputEvent> = Vec::new();
            for (pause, event) in events {
                now += pause;
                if !gate.admit(Time(now), event) {
                    continue;
                }
                passed += 1;
                if let InputEvent::Press { key, .. } | InputEvent::Release { key } = event {
                    held.retain(|h| *h != InputEvent::Release { key });
                }
                if let InputEvent::Press { key, .. } = event {
                    held.push(InputEvent::Release { key });
                }
            }
            // Twice, because each press that was paid for brings a release that was not.
            prop_assert!(passed <= 2 * (u64::from(BURST) + now * u64::from(RATE) / 1000));
            admitted(&mut gate, now, MOVE, 200);
            for release in held {
                prop_assert!(gate.admit(Time(now), release));
            }
        }
    }
}
