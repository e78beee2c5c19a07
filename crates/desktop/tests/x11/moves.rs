//! What a helper who means ill tries against our windows: over the wire, through an injector; and by programs that they
//! have started before, which is more than anything on a wire can.

use rendezvous_assist::input::InputEvent;
use rendezvous_desktop::Inject;
use rendezvous_desktop::x11::X11Injector;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConfigureWindowAux, ConnectionExt as _,
    CreateWindowAux, EventMask, GetGeometryReply, GrabMode, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    MOTION_NOTIFY_EVENT, StackMode, Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// Enter, the space bar, Tab, an arrow and a letter, as keys of the display.
const KEYS: [u8; 5] = [36, 65, 23, 114, 29];

/// A key that is held repeats so often at least before it is let go of.
const REPEATS: usize = 20;

/// Chance, the same in every run of the test.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn short(&mut self, end: u64) -> i16 {
        i16::try_from(self.below(end)).unwrap()
    }

    /// Something that a page may send: it points, clicks, drags, turns the wheel, and presses what answers questions. No
    /// modifiers: all of them together with Escape are the chord, which stops whoever presses it.
    fn act(&mut self) -> String {
        let down = self.below(2) == 0;
        match self.below(10) {
            // Where bars are, and where questions are.
            0 | 1 => format!(r#"{{"t":"move","x":{},"y":{}}}"#, self.below(640), self.below(50)),
            2 | 3 => format!(r#"{{"t":"move","x":{},"y":{}}}"#, self.below(640), self.below(480)),
            4 | 5 => format!(r#"{{"t":"button","button":"left","down":{down}}}"#),
            6 => format!(r#"{{"t":"wheel","dx":0,"dy":{}}}"#, self.below(20)),
            _ => {
                let keys = [
                    ("Enter", "Enter"),
                    ("Space", " "),
                    ("Tab", "Tab"),
                    ("Escape", "Escape"),
                    ("ArrowRight", "ArrowRight"),
                    ("KeyY", "y"),
                ];
                let (code, key) = self.one_of(&keys);
                format!(r#"{{"t":"key","code":"{code}","key":"{key}","down":{down}}}"#)
            }
        }
    }

    /// The expert's page does a few things.
    pub(crate) fn acts(&mut self, injector: &mut X11Injector, count: u64) {
        for _ in 0..count {
            let act = self.act();
            injector.apply(InputEvent::parse(&act).expect("a page may send it")).unwrap();
        }
    }
}

/// A program of the helper's on the shared screen.
pub(crate) struct Program {
    conn: RustConnection,
    root: Window,
    /// What lies over something of ours.
    covers: Vec<Window>,
    /// Whether the question is covered, at least in part.
    pub(crate) covers_question: bool,
}

impl Program {
    pub(crate) fn new((conn, root): (RustConnection, Window)) -> Self {
        Self { conn, root, covers: Vec::new(), covers_question: false }
    }

    /// One move against this window, or against the bar where there is none.
    pub(crate) fn moves(&mut self, chance: &mut Chance, question: Option<Window>) {
        let at = |window: Window| self.conn.get_geometry(window).ok()?.reply().ok();
        let Some(target) = question.or_else(|| self.bar()) else { return };
        // One that is gone meanwhile is none.
        let Some(place) = at(target) else { return };
        match chance.below(9) {
            0 => self.cover(chance, &place, question.is_some()),
            1 => self.focus(chance, target),
            2 => self.repeats(chance),
            3 => self.drags(chance, &place),
            4 => self.clicks(chance, &place),
            5 => self.resizes(chance, target, &place),
            6 => self.grabs(),
            7 => self.types(chance),
            _ => self.uncover(),
        }
        // All of it is done when this returns, whatever of it the display refused.
        self.conn.sync().unwrap();
    }

    /// A window over all of it, over a corner, or over its buttons.
    fn cover(&mut self, chance: &mut Chance, place: &GetGeometryReply, is_question: bool) {
        let (width, height) = (place.width.max(2), place.height.max(2));
        let below = i16::try_from(height / 2).unwrap_or(0);
        let (x, y, width, height) = match chance.below(3) {
            0 => (place.x, place.y, width, height),
            1 => (place.x, place.y, 40.min(width), 20.min(height)),
            _ => (place.x, place.y + below, width, height / 2),
        };
        let Ok(window) = self.conn.generate_id() else { return };
        let aux = CreateWindowAux::new()
            .override_redirect(1)
            .background_pixel(0x00ff_ffff)
            .event_mask(EventMask::BUTTON_PRESS | EventMask::KEY_PRESS);
        let class = WindowClass::INPUT_OUTPUT;
        _ = self.conn.create_window(0, window, self.root, x, y, width, height, 0, class, 0, &aux);
        _ = self.conn.map_window(window);
        self.covers.push(window);
        self.covers_question |= is_question;
    }

    /// Nothing lies over anything any more.
    pub(crate) fn uncover(&mut self) {
        for window in self.covers.drain(..) {
            _ = self.conn.destroy_window(window);
        }
        self.conn.sync().unwrap();
        self.covers_question = false;
    }

    fn focus(&self, chance: &mut Chance, target: Window) {
        let to = chance.one_of(&[target, self.root, x11rb::NONE, u32::from(InputFocus::POINTER_ROOT)]);
        _ = self.conn.set_input_focus(InputFocus::PARENT, to, x11rb::CURRENT_TIME);
    }

    /// A key that is held, as displays repeat it.
    fn repeats(&self, chance: &mut Chance) {
        let key = chance.one_of(&KEYS);
        for _ in 0..REPEATS {
            self.fake(KEY_PRESS_EVENT, key);
        }
        self.fake(KEY_RELEASE_EVENT, key);
    }

    fn types(&self, chance: &mut Chance) {
        for _ in 0..chance.below(6) {
            let key = chance.one_of(&KEYS);
            self.fake(KEY_PRESS_EVENT, key);
            self.fake(KEY_RELEASE_EVENT, key);
        }
    }

    /// Down somewhere, up where the buttons are, or the other way round.
    fn drags(&self, chance: &mut Chance, place: &GetGeometryReply) {
        let ends = [self.somewhere(chance), Self::inside(chance, place)];
        let (from, to) = if chance.below(2) == 0 { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
        self.point(from);
        self.fake(BUTTON_PRESS_EVENT, 1);
        self.point(((from.0 + to.0) / 2, (from.1 + to.1) / 2));
        self.point(to);
        self.fake(BUTTON_RELEASE_EVENT, 1);
    }

    fn clicks(&self, chance: &mut Chance, place: &GetGeometryReply) {
        self.point(Self::inside(chance, place));
        self.fake(BUTTON_PRESS_EVENT, 1);
        self.fake(BUTTON_RELEASE_EVENT, 1);
    }

    /// Another size or place, or another one above.
    fn resizes(&self, chance: &mut Chance, target: Window, place: &GetGeometryReply) {
        let aux = match chance.below(4) {
            0 => ConfigureWindowAux::new().width(u32::from(place.width) + 60).height(60),
            1 => ConfigureWindowAux::new().x(i32::from(self.somewhere(chance).0)).y(20),
            2 => ConfigureWindowAux::new().stack_mode(StackMode::BELOW),
            _ => ConfigureWindowAux::new().stack_mode(StackMode::ABOVE),
        };
        _ = self.conn.configure_window(target, &aux);
    }

    fn grabs(&self) {
        let (modes, now) = (GrabMode::ASYNC, x11rb::CURRENT_TIME);
        _ = self.conn.grab_keyboard(false, self.root, now, modes, modes);
        let mask = EventMask::BUTTON_PRESS;
        _ = self.conn.grab_pointer(false, self.root, mask, modes, modes, x11rb::NONE, x11rb::NONE, now);
    }

    pub(crate) fn lets_go(&self) {
        _ = self.conn.ungrab_keyboard(x11rb::CURRENT_TIME);
        _ = self.conn.ungrab_pointer(x11rb::CURRENT_TIME);
        self.conn.sync().unwrap();
    }

    fn bar(&self) -> Option<Window> {
        self.find(b"rendezvous-bar\0")
    }

    /// A window of this class on the display.
    pub(crate) fn find(&self, name: &[u8]) -> Option<Window> {
        let children = self.conn.query_tree(self.root).ok()?.reply().ok()?.children;
        children.into_iter().find(|child| {
            let (class, kind) = (AtomEnum::WM_CLASS, AtomEnum::STRING);
            let class = self.conn.get_property(false, *child, class, kind, 0, 64).ok();
            class.and_then(|class| class.reply().ok()).is_some_and(|class| class.value.starts_with(name))
        })
    }

    fn somewhere(&self, chance: &mut Chance) -> (i16, i16) {
        (chance.short(600), chance.short(440))
    }

    /// Most of it where buttons are: at the lower edge.
    fn inside(chance: &mut Chance, place: &GetGeometryReply) -> (i16, i16) {
        let (width, height) = (u64::from(place.width.max(1)), u64::from(place.height.max(1)));
        let low = if chance.below(3) == 0 { 0 } else { height / 2 };
        let (x, y) = (chance.below(width), low + chance.below((height - low).max(1)));
        (place.x + i16::try_from(x).unwrap(), place.y + i16::try_from(y).unwrap())
    }

    fn point(&self, (x, y): (i16, i16)) {
        _ = self.conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, self.root, x, y, 0);
    }

    fn fake(&self, event: u8, detail: u8) {
        _ = self.conn.xtest_fake_input(event, detail, 0, self.root, 0, 0, 0);
    }
}
