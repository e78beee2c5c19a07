//! Keyboards of tests: a layout on a server, somebody who types on one, and a terminal that says what arrived.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rendezvous_assist::input::{InputEvent, Key, Meant, Text};
use x11rb::connection::Connection;
use x11rb::protocol::xkb::{ConnectionExt as _, Group, ID};
use x11rb::protocol::xproto::{ConnectionExt as _, ModMask};
use x11rb::wrapper::ConnectionExt as _;
use xkeysym::Keysym;

use crate::server::{Server, until};

/// X codes of keys are the kernel's plus this.
const EVDEV_TO_X: u8 = 8;

/// Gives the server's keyboard this layout, as in `de` or `us(dvorak)` or `us,ru`.
pub(crate) fn lay_out(server: &Server, layout: &str) {
    let (name, variant) = match layout.split_once('(') {
        Some((name, variant)) => (name, variant.trim_end_matches(')')),
        None => (layout, ""),
    };
    let status = Command::new("setxkbmap")
        .args(["-display", server.display(), "-model", "pc105", "-layout", name, "-variant", variant])
        .args(["-option", ""])
        .status()
        .expect("setxkbmap can be started; install the package x11-xkb-utils");
    assert!(status.success(), "setxkbmap {layout}: {status}");
}

/// Which symbols every key has.
pub(crate) fn mapping(server: &Server) -> Vec<Vec<u32>> {
    let (conn, _) = server.connect();
    let (first, last) = (conn.setup().min_keycode, conn.setup().max_keycode);
    let map = conn.get_keyboard_mapping(first, last - first + 1).unwrap().reply().unwrap();
    let none = vec![Vec::new(); usize::from(first)];
    let width = usize::from(map.keysyms_per_keycode);
    // How many columns the table has depends on its widest key; what is empty at the end means nothing.
    let keys = map.keysyms.chunks(width).map(|symbols| {
        let used = symbols.iter().rposition(|symbol| *symbol != 0).map_or(0, |last| last + 1);
        symbols[..used].to_vec()
    });
    none.into_iter().chain(keys).collect()
}

/// Locks these modifiers, and no others.
pub(crate) fn lock(server: &Server, modifiers: ModMask) {
    let (conn, _) = server.connect();
    conn.xkb_use_extension(1, 0).unwrap().reply().unwrap();
    let (all, none) = (ModMask::from(0xff_u8), ModMask::from(0_u8));
    let keyboard = ID::USE_CORE_KBD.into();
    conn.xkb_latch_lock_state(keyboard, all, modifiers, false, Group::M1, none, false, 0).unwrap();
    conn.sync().unwrap();
}

/// Chooses one of the keyboard's groups.
pub(crate) fn choose_group(server: &Server, group: Group) {
    let (conn, _) = server.connect();
    conn.xkb_use_extension(1, 0).unwrap().reply().unwrap();
    let none = ModMask::from(0_u8);
    conn.xkb_latch_lock_state(ID::USE_CORE_KBD.into(), none, none, true, group, none, false, 0).unwrap();
    conn.sync().unwrap();
}

/// What is locked or chosen: modifiers and group.
pub(crate) fn locked(server: &Server) -> (u16, u8) {
    let (conn, _) = server.connect();
    conn.xkb_use_extension(1, 0).unwrap().reply().unwrap();
    let state = conn.xkb_get_state(ID::USE_CORE_KBD.into()).unwrap().reply().unwrap();
    (state.mods.into(), state.group.into())
}

pub(crate) fn key(code: &str) -> Key {
    Key::from_code(code).expect("an allowed key")
}

pub(crate) fn press(code: &str, meant: Meant) -> InputEvent {
    InputEvent::Press { key: key(code), meant }
}

pub(crate) fn release(code: &str) -> InputEvent {
    InputEvent::Release { key: key(code) }
}

/// Somebody whose keyboard has a layout of its own.
pub(crate) struct Typist {
    /// For each X code the characters of its four levels.
    keys: Vec<[Option<char>; 4]>,
}

impl Typist {
    /// Somebody with the layout that the server has now.
    pub(crate) fn with_layout_of(server: &Server) -> Self {
        let levels = |symbols: &Vec<u32>| {
            // The second group stands between the second and the third level.
            [0, 1, 4, 5].map(|column: usize| {
                let symbol = Keysym::new(symbols.get(column).copied().unwrap_or_default());
                symbol.key_char().filter(|c| !c.is_control() && !symbol.is_keypad_key())
            })
        };
        Self { keys: mapping(server).iter().map(levels).collect() }
    }

    /// What a browser says while this person types a character: with Shift and AltGr where their keyboard needs it, or
    /// composed, when no key of theirs has it.
    pub(crate) fn types(&self, character: char) -> Vec<InputEvent> {
        let found = Key::all().find_map(|key| {
            let levels = self.keys.get(usize::from(key.evdev() + EVDEV_TO_X))?;
            Some((key, levels.iter().position(|c| *c == Some(character))?))
        });
        let Some((key, level)) = found else {
            return vec![InputEvent::Text(Text::new(&character.to_string()).unwrap())];
        };
        let mut events = Vec::new();
        if level & 2 != 0 {
            events.push(press("AltRight", Meant::AltGraph));
        }
        if level & 1 != 0 {
            events.push(press("ShiftLeft", Meant::Key(self::key("ShiftLeft"))));
        }
        events.push(InputEvent::Press { key, meant: Meant::Character(character) });
        events.push(InputEvent::Release { key });
        events.extend((level & 1 != 0).then(|| release("ShiftLeft")));
        events.extend((level & 2 != 0).then(|| release("AltRight")));
        events
    }
}

/// A terminal over the whole screen that writes down every byte that it is typed.
pub(crate) struct Terminal {
    child: Child,
    heard: PathBuf,
    read: usize,
}

impl Terminal {
    pub(crate) fn on(server: &Server) -> Self {
        let name = format!("typed-{}-{}", std::process::id(), server.display().trim_start_matches(':'));
        let heard = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        _ = fs::remove_file(&heard);
        let script = format!("stty raw -echo; exec cat > '{}'", heard.display());
        let child = Command::new("xterm")
            .args([
                "-display",
                server.display(),
                "-u8",
                "-geometry",
                "200x100+0+0",
                "-e",
                "sh",
                "-c",
                &script,
            ])
            .env("LC_ALL", "C.UTF-8")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("xterm can be started; install the package xterm");
        let deadline = Instant::now() + Duration::from_secs(30);
        while !heard.exists() {
            assert!(Instant::now() < deadline, "the terminal is ready within 30 s");
            std::thread::sleep(Duration::from_millis(20));
        }
        until("its window is there", || {
            let (conn, root) = server.connect();
            let windows = conn.query_tree(root).unwrap().reply().unwrap().children;
            windows.iter().any(|window| {
                let attributes = conn.get_window_attributes(*window).unwrap().reply();
                attributes.is_ok_and(|a| a.map_state == x11rb::protocol::xproto::MapState::VIEWABLE)
            })
        });
        Self { child, heard, read: 0 }
    }

    /// Waits until exactly this has arrived since the last time.
    pub(crate) fn hears(&mut self, expected: &str, who: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut heard = String::new();
        while heard.len() < expected.len() && Instant::now() < deadline {
            heard = self.heard();
            std::thread::sleep(Duration::from_millis(5));
        }
        self.read += heard.len();
        assert_eq!(heard, expected, "{who}");
    }

    fn heard(&self) -> String {
        let all = fs::read(&self.heard).unwrap();
        String::from_utf8_lossy(&all[self.read.min(all.len())..]).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        _ = fs::remove_file(&self.heard);
    }
}
