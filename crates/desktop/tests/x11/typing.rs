//! What the expert means is what the novice's programs read, whatever the two keyboards are.

use rendezvous_assist::input::{InputEvent, Meant, Text};
use rendezvous_desktop::Inject;
use rendezvous_desktop::x11::X11Injector;
use x11rb::protocol::xkb::Group;
use x11rb::protocol::xproto::ModMask;

use crate::keyboard::{Terminal, Typist, choose_group, key, lay_out, lock, locked, mapping, press, release};
use crate::person::Person;
use crate::server::Server;

const LAYOUTS: [&str; 7] = ["us", "de", "fr", "gb", "ru", "jp", "us(dvorak)"];

/// Every character of ASCII, and some that other people need.
fn everything() -> String {
    (' '..='~').chain("äöüßÄÖÜ€éèçÉ¿ñжЯ日".chars()).collect()
}

struct Desk {
    server: Server,
    terminal: Terminal,
    injector: X11Injector,
    _person: Person,
}

fn desk() -> Desk {
    let server = Server::xvfb("640x480x24");
    let terminal = Terminal::on(&server);
    let mut person = Person::who_shows_the_screen();
    let injector = X11Injector::open(person.gives_control(), server.at()).unwrap();
    Desk { server, terminal, injector, _person: person }
}

impl Desk {
    fn plays(&mut self, events: impl IntoIterator<Item = InputEvent>) {
        for event in events {
            self.injector.apply(event).unwrap();
        }
    }

    fn types(&mut self, typist: &Typist, text: &str, who: &str) {
        self.plays(text.chars().flat_map(|character| typist.types(character)));
        self.terminal.hears(text, who);
    }
}

fn typist(server: &Server, layout: &str) -> Typist {
    lay_out(server, layout);
    Typist::with_layout_of(server)
}

#[test]
fn every_character_arrives_from_every_keyboard_on_every_keyboard() {
    let mut desk = desk();
    let experts = LAYOUTS.map(|layout| (layout, typist(&desk.server, layout)));
    for novice in LAYOUTS {
        // The layout changes while control lasts, and what was lent before is gone with it.
        lay_out(&desk.server, novice);
        for (expert, typist) in &experts {
            desk.types(typist, &everything(), &format!("{expert} helps {novice}"));
        }
    }
}

#[test]
fn lock_keys_change_nothing() {
    let mut desk = desk();
    let experts = ["us", "de", "fr"].map(|layout| (layout, typist(&desk.server, layout)));
    for novice in ["us", "de", "fr"] {
        lay_out(&desk.server, novice);
        for locks in [ModMask::LOCK, ModMask::M2, ModMask::LOCK | ModMask::M2] {
            lock(&desk.server, locks);
            for (expert, typist) in &experts {
                desk.types(typist, &everything(), &format!("{expert} helps {novice} with {locks:?}"));
            }
            assert_eq!(locked(&desk.server).0, u16::from(locks), "they are as the person left them");
        }
        lock(&desk.server, ModMask::from(0_u8));
    }
}

#[test]
fn the_persons_group_stays_theirs() {
    let mut desk = desk();
    let german = typist(&desk.server, "de");
    lay_out(&desk.server, "us,ru");
    for group in [Group::M1, Group::M2] {
        choose_group(&desk.server, group);
        desk.types(&german, &everything(), &format!("de helps us,ru in {group:?}"));
        assert_eq!(locked(&desk.server), (0, u8::from(group)));
    }
}

#[test]
fn a_shortcut_means_the_same() {
    let mut desk = desk();
    let control = |down: bool| {
        if down { press("ControlLeft", Meant::Key(key("ControlLeft"))) } else { release("ControlLeft") }
    };
    for novice in ["us", "de", "fr", "ru", "us,ru", "us(dvorak)"] {
        lay_out(&desk.server, novice);
        choose_group(&desk.server, if novice == "us,ru" { Group::M2 } else { Group::M1 });
        for locks in [ModMask::from(0_u8), ModMask::LOCK] {
            lock(&desk.server, locks);
            // Where a German keyboard has Z, C, A and Q.
            for (code, letter, byte) in
                [("KeyY", 'z', "\x1a"), ("KeyC", 'c', "\x03"), ("KeyA", 'a', "\x01"), ("KeyQ", 'q', "\x11")]
            {
                desk.plays([
                    control(true),
                    press(code, Meant::Character(letter)),
                    release(code),
                    control(false),
                ]);
                desk.terminal.hears(byte, &format!("Ctrl+{letter} on {novice} with {locks:?}"));
            }
        }
        lock(&desk.server, ModMask::from(0_u8));
    }
}

#[test]
fn keys_without_a_character_are_found_by_what_they_do() {
    let mut desk = desk();
    let plays = |code: &str, named: &str| [press(code, Meant::Key(key(named))), release(code)];
    desk.plays(plays("Enter", "Enter").into_iter().chain(plays("CapsLock", "Escape")));
    desk.plays(plays("ArrowUp", "ArrowUp").into_iter().chain(plays("NumpadEnter", "NumpadEnter")));
    desk.terminal.hears("\r\x1b\x1b[A\r", "named keys");
    // Caps Lock is where Control is, and the other way round.
    let swapped = std::process::Command::new("setxkbmap")
        .args(["-display", desk.server.display(), "-layout", "us", "-option", "ctrl:swapcaps"])
        .status();
    assert!(swapped.unwrap().success());
    let control = press("ControlLeft", Meant::Key(key("ControlLeft")));
    desk.plays([control, press("KeyC", Meant::Character('c')), release("KeyC"), release("ControlLeft")]);
    desk.terminal.hears("\x03", "Control where Caps Lock was");
    assert_eq!(locked(&desk.server).0, 0, "and Caps Lock is off");
}

#[test]
fn digits_of_the_number_pad_are_digits_whatever_num_lock_is() {
    let mut desk = desk();
    for locks in [ModMask::from(0_u8), ModMask::M2] {
        lock(&desk.server, locks);
        for (code, digit) in [("Numpad7", '7'), ("Numpad0", '0'), ("NumpadAdd", '+'), ("NumpadDecimal", ',')]
        {
            desk.plays([press(code, Meant::Character(digit)), release(code)]);
        }
        desk.terminal.hears("70+,", &format!("{locks:?}"));
        desk.plays([press("Numpad7", Meant::Key(key("Home"))), release("Numpad7")]);
        desk.terminal.hears("\x1b[H", &format!("Home with {locks:?}"));
    }
}

#[test]
fn keys_that_are_pressed_before_the_last_one_is_up_arrive_in_order() {
    let mut desk = desk();
    lay_out(&desk.server, "de");
    // On this keyboard both are on one key, which has to come up in between.
    let shift = Meant::Key(key("ShiftLeft"));
    desk.plays([
        press("ShiftLeft", shift),
        press("Quote", Meant::Character('"')),
        press("Digit2", Meant::Character('2')),
        release("ShiftLeft"),
        release("Quote"),
        press("KeyA", Meant::Character('a')),
        release("Digit2"),
        press("KeyQ", Meant::Character('@')),
        press("KeyB", Meant::Character('b')),
        release("KeyA"),
        release("KeyQ"),
        release("KeyB"),
    ]);
    desk.terminal.hears("\"2a@b", "rolled");
}

#[test]
fn the_keyboard_is_as_it_was_afterwards() {
    let mut desk = desk();
    lay_out(&desk.server, "de");
    let before = mapping(&desk.server);
    let text = "日本語の文字、한글. ёж";
    for part in text.chars().collect::<Vec<_>>().chunks(16) {
        let part: String = part.iter().collect();
        desk.plays([InputEvent::Text(Text::new(&part).unwrap())]);
    }
    desk.terminal.hears(text, "text");
    assert_ne!(mapping(&desk.server), before, "keys are lent");
    let Desk { server, terminal: _terminal, injector, .. } = desk;
    drop(injector);
    assert_eq!(mapping(&server), before);
}

#[test]
fn more_characters_than_there_are_keys_to_lend_arrive() {
    let mut desk = desk();
    let text: String = ('一'..).take(160).collect();
    for part in text.chars().collect::<Vec<_>>().chunks(16) {
        let part: String = part.iter().collect();
        desk.plays([InputEvent::Text(Text::new(&part).unwrap())]);
    }
    desk.terminal.hears(&text, "long text");
}
