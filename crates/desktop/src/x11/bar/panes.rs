//! The bar's windows, one on each monitor: put where they belong, kept on top, and listened to.

use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, Device, DeviceId, EventMask as DeviceMask, KeyEventFlags, KeyPressEvent, XIEventMask,
};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask,
    KeyButMask, PropMode, StackMode, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::face::{Asked, Drawn, Face};
use super::keyboard::{Key, Keyboard};
use super::lookout::{Place, Stand, look};
use super::{Contents, Press, TICK};
use crate::x11::devices::Mark;
use crate::x11::link::{Link, lost};
use crate::x11::monitors;
use crate::{DisplayError, Rect};

/// Two that both want to be on top make no storm of it.
const RAISE_EVERY: Duration = Duration::from_millis(50);

/// In view for so long without a break it can be read.
const SETTLED: Duration = Duration::from_millis(200);

/// Nobody meant to press something that has not been in view for so long, if it shows more than before.
const SEEN_FOR: Duration = Duration::from_secs(1);

/// By what other programs and our own watch know the bar.
const CLASS: &[u8] = b"rendezvous-bar\0Rendezvous\0";

/// All of them.
#[derive(Debug)]
pub(super) struct Panes {
    pub(super) link: Link,
    mark: Mark,
    face: Face,
    keyboard: Keyboard,
    /// The button that the keyboard is at, while it is in the bar.
    at: Option<usize>,
    /// What is shown, and with the keyboard at which button.
    shown: Option<(Contents, Option<usize>)>,
    panes: Vec<Pane>,
    raised: Option<Instant>,
    /// Since when all of them were in view, without a break.
    in_view: Option<Instant>,
    /// Since when they have these buttons.
    offered: Option<Instant>,
    /// The time of the last raw press: the window under it tells of the same one, unless somebody has the mouse.
    pressed: Option<u32>,
}

#[derive(Debug)]
struct Pane {
    window: Window,
    place: Place,
    drawn: Drawn,
}

impl Panes {
    pub(super) fn open(display: Option<&str>) -> Result<Self, DisplayError> {
        let link = Link::connect(display)?;
        monitors::watch(&link)?;
        // A press counts also while a menu of another program has the mouse to itself.
        let keys = XIEventMask::RAW_KEY_PRESS | XIEventMask::RAW_KEY_RELEASE;
        link.select_raw(XIEventMask::RAW_BUTTON_PRESS | keys)?;
        let events = EventMask::STRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_NOTIFY;
        let events = ChangeWindowAttributesAux::new().event_mask(events);
        link.conn.change_window_attributes(link.root, &events).map_err(lost)?.check().map_err(lost)?;
        Ok(Self {
            mark: Mark::learn(&link)?,
            face: Face::open(&link)?,
            keyboard: Keyboard::learn(&link)?,
            at: None,
            shown: None,
            panes: Vec::new(),
            raised: None,
            in_view: None,
            offered: None,
            pressed: None,
            link,
        })
    }

    /// What this event says was pressed.
    pub(super) fn hear(&mut self, event: &Event) -> Result<Option<Press>, DisplayError> {
        match event {
            Event::XinputButtonPress(e) if e.detail == 1 => {
                if self.pressed.take() == Some(e.time) {
                    return Ok(None);
                }
                let at = |fixed: i32| i16::try_from(fixed >> 16).unwrap_or(-1);
                self.press((e.event, at(e.event_x), at(e.event_y)), e.sourceid)
            }
            Event::XinputRawButtonPress(e) if e.detail == 1 => {
                let root = self.link.root;
                let pointer = self.link.conn.query_pointer(root).map_err(lost)?.reply().map_err(lost)?;
                let Some(pane) = self.panes.iter().find(|pane| pane.window == pointer.child) else {
                    return Ok(None);
                };
                let (x, y) = (pointer.root_x - pane.place.x, pointer.root_y - pane.place.y);
                // Where the pointer is by now need not be where the mouse was pressed: somebody may have moved it. So nothing
                // is shown again this way; the window itself tells of that, with the place of the press.
                if self.button_at(pane.window, x, y) == Some(Press::Resume) {
                    return Ok(None);
                }
                self.pressed = Some(e.time);
                self.press((pane.window, x, y), e.sourceid)
            }
            Event::XinputRawKeyPress(e) => {
                if self.keyboard.pressed(e.detail) {
                    self.called()?;
                }
                Ok(None)
            }
            Event::XinputRawKeyRelease(e) => {
                self.keyboard.released(e.detail);
                Ok(None)
            }
            Event::XinputKeyPress(e) if self.panes.iter().any(|pane| pane.window == e.event) => self.typed(e),
            Event::FocusIn(_) | Event::FocusOut(_) => {
                self.look_for_keyboard()?;
                Ok(None)
            }
            Event::MappingNotify(_) => {
                let keys = Keyboard::learn(&self.link)?;
                self.keyboard.relearn(keys);
                Ok(None)
            }
            event => {
                self.link.size = self.link.new_size(event).unwrap_or(self.link.size);
                if monitors::may_have_changed(&self.link, event) {
                    // Laid out anew with the next look.
                    self.shown = None;
                }
                Ok(None)
            }
        }
    }

    fn press(
        &self,
        (window, x, y): (Window, i16, i16),
        source: DeviceId,
    ) -> Result<Option<Press>, DisplayError> {
        self.button_at(window, x, y).map_or(Ok(None), |press| self.may(press, Some(source)))
    }

    /// What lies there.
    fn button_at(&self, window: Window, x: i16, y: i16) -> Option<Press> {
        let pane = self.panes.iter().find(|pane| pane.window == window)?;
        pane.drawn.buttons.iter().find(|(_, place)| place.contains(x, y)).map(|(press, _)| *press)
    }

    /// What shows more than before is the person's alone. Everything else is anybody's.
    fn may(&self, press: Press, source: Option<DeviceId>) -> Result<Option<Press>, DisplayError> {
        if matches!(press, Press::Write | Press::File) {
            // It takes the keyboard: if it were the helper's to press, from somebody who types a password elsewhere.
            let may = source.map_or(Ok(true), |source| self.mark.is_real(&self.link, source))?;
            return Ok(may.then_some(press));
        }
        if press != Press::Resume {
            return Ok(Some(press));
        }
        let Some(source) = source else { return Ok(None) };
        let allowed = self.mark.is_real(&self.link, source)?
            && [self.in_view, self.offered].iter().all(|at| at.is_some_and(|at| at.elapsed() >= SEEN_FOR));
        Ok(allowed.then_some(press))
    }

    /// What a screen reader asks for, one after the other.
    pub(super) fn asked(&self) -> Option<Asked> {
        self.face.asked()
    }

    /// Does what a screen reader asks for; what that pressed.
    pub(super) fn ask(&mut self, asked: Asked) -> Result<Option<Press>, DisplayError> {
        match asked {
            Asked::Press(at) => self.button(at).map_or(Ok(None), |press| self.may(press, None)),
            Asked::Focus(at) => {
                if self.button(at).is_some() {
                    self.bring(at)?;
                }
                Ok(None)
            }
        }
    }

    /// Sleeps until something happens.
    pub(super) fn sleep(&self, until: Instant) -> Result<(), DisplayError> {
        self.link.sleep(self.face.wake(), until)
    }

    fn button(&self, at: usize) -> Option<Press> {
        let (contents, _) = self.shown.as_ref()?;
        contents.buttons.get(at).map(|(press, _)| *press)
    }

    /// The keys that call for the bar were pressed: the keyboard comes, or goes back.
    fn called(&mut self) -> Result<(), DisplayError> {
        if self.at.is_none() { self.bring(0) } else { self.leave() }
    }

    fn bring(&mut self, at: usize) -> Result<(), DisplayError> {
        if let Some(pane) = self.panes.first() {
            self.keyboard.bring(&self.link, pane.window)?;
            self.keyboard_is(Some(at));
        }
        Ok(())
    }

    fn leave(&mut self) -> Result<(), DisplayError> {
        self.keyboard_is(None);
        self.keyboard.give_back(&self.link)
    }

    /// Where it is, whatever was said of it: it may have gone and come in one breath.
    fn look_for_keyboard(&mut self) -> Result<(), DisplayError> {
        let focus = self.link.conn.get_input_focus().map_err(lost)?.reply().map_err(lost)?.focus;
        let is_here = self.panes.iter().any(|pane| pane.window == focus);
        if is_here != self.at.is_some() {
            self.keyboard_is(is_here.then_some(0));
        }
        if !is_here {
            self.keyboard.forget();
        }
        Ok(())
    }

    fn keyboard_is(&mut self, at: Option<usize>) {
        self.at = at;
        self.face.focused(at.is_some());
    }

    fn typed(&mut self, e: &KeyPressEvent) -> Result<Option<Press>, DisplayError> {
        let shifted = e.mods.effective & u32::from(u16::from(KeyButMask::SHIFT)) != 0;
        // With Control and Alt a key is a command for somebody else: the one that called for the bar among them.
        let command = u32::from(u16::from(KeyButMask::CONTROL | KeyButMask::MOD1));
        let is_repeat = u32::from(e.flags) & u32::from(KeyEventFlags::KEY_REPEAT) != 0;
        let key = self.keyboard.key(e.detail, shifted).filter(|_| e.mods.effective & command == 0);
        let (Some(key), Some(at)) = (key, self.at) else { return Ok(None) };
        let count = self.shown.as_ref().map_or(0, |(contents, _)| contents.buttons.len()).max(1);
        match key {
            Key::Next => self.keyboard_is(Some((at + 1) % count)),
            Key::Previous => self.keyboard_is(Some((at + count - 1) % count)),
            Key::Leave => self.leave()?,
            Key::Press if is_repeat => {}
            Key::Press => {
                return self.button(at).map_or(Ok(None), |press| self.may(press, Some(e.sourceid)));
            }
        }
        Ok(None)
    }

    /// Shows this, where it does not do so yet, on every monitor that there is.
    pub(super) fn show(&mut self, contents: &Contents) -> Result<(), DisplayError> {
        if self.shown.as_ref().is_some_and(|(shown, at)| shown == contents && *at == self.at) {
            return Ok(());
        }
        let mut monitors = monitors::list(&self.link, self.link.size)?;
        if monitors.is_empty() {
            monitors.push(monitors::whole(self.link.size));
        }
        let mut wanted = Vec::new();
        for area in monitors.iter().map(|monitor| monitor.area) {
            let drawn = self.face.draw(&self.link, contents, self.at, area)?;
            let place = place(area, &drawn);
            // It is heard once, however many monitors there are.
            if wanted.is_empty() {
                self.face.say(place);
            }
            wanted.push((place, drawn));
        }
        if self.shown.as_ref().map(|(shown, _)| &shown.buttons) != Some(&contents.buttons) {
            // Nothing moves under a pointer that is about to press something else.
            self.offered = Some(Instant::now());
        }
        // From here on a failure leaves windows that are taken off with the connection.
        while self.panes.len() > wanted.len() {
            if let Some(pane) = self.panes.pop() {
                self.link.conn.destroy_window(pane.window).map_err(lost)?.ignore_error();
                self.link.conn.free_pixmap(pane.drawn.pixmap).map_err(lost)?.ignore_error();
            }
        }
        for (at, (place, drawn)) in wanted.into_iter().enumerate() {
            match self.panes.get_mut(at) {
                Some(pane) => {
                    self.link.conn.free_pixmap(pane.drawn.pixmap).map_err(lost)?.ignore_error();
                    (pane.place, pane.drawn) = (place, drawn);
                }
                None => {
                    let window = make(&self.link)?;
                    self.panes.push(Pane { window, place, drawn });
                }
            }
            self.put(at, &contents.text)?;
        }
        self.shown = Some((contents.clone(), self.at));
        Ok(())
    }

    /// Puts a window where it belongs, with what it shows. The server draws it from then on.
    fn put(&self, at: usize, text: &str) -> Result<(), DisplayError> {
        let (conn, pane) = (&self.link.conn, &self.panes[at]);
        let Place { x, y, width, height } = pane.place;
        let look = ChangeWindowAttributesAux::new().background_pixmap(pane.drawn.pixmap);
        conn.change_window_attributes(pane.window, &look).map_err(lost)?.ignore_error();
        let place = ConfigureWindowAux::new()
            .x(i32::from(x))
            .y(i32::from(y))
            .width(u32::from(width))
            .height(u32::from(height))
            .stack_mode(StackMode::ABOVE);
        conn.configure_window(pane.window, &place).map_err(lost)?.ignore_error();
        // Programs that read windows out know them by this.
        let name = conn.intern_atom(false, b"_NET_WM_NAME").map_err(lost)?.reply().map_err(lost)?.atom;
        let utf8 = conn.intern_atom(false, b"UTF8_STRING").map_err(lost)?.reply().map_err(lost)?.atom;
        let replace = PropMode::REPLACE;
        conn.change_property8(replace, pane.window, name, utf8, text.as_bytes())
            .map_err(lost)?
            .ignore_error();
        conn.map_window(pane.window).map_err(lost)?.ignore_error();
        conn.clear_area(false, pane.window, 0, 0, 0, 0).map_err(lost)?.ignore_error();
        Ok(())
    }

    /// Whether all of them are there for everybody to see. What is not is mended, as far as it goes.
    pub(super) fn are_in_view(&mut self) -> Result<bool, DisplayError> {
        let ours: Vec<_> = self.panes.iter().map(|pane| (pane.window, pane.place)).collect();
        let stands = look(&self.link, &ours)?;
        let all = !stands.is_empty() && stands.iter().all(|stand| *stand == Stand::InView);
        if all {
            // Whoever covers it again and again leaves it in view for moments, and that is not enough to be read.
            return Ok(self.in_view.get_or_insert_with(Instant::now).elapsed() >= SETTLED);
        }
        self.in_view = None;
        if self.raised.is_some_and(|raised| raised.elapsed() < RAISE_EVERY) {
            return Ok(false);
        }
        self.raised = Some(Instant::now());
        for (at, stand) in stands.into_iter().enumerate() {
            match stand {
                Stand::InView => {}
                Stand::Covered => {
                    let up = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
                    self.link.conn.configure_window(self.panes[at].window, &up).map_err(lost)?.ignore_error();
                }
                Stand::Displaced => self.put_again(at)?,
                Stand::Gone => {
                    self.panes[at].window = make(&self.link)?;
                    self.put_again(at)?;
                }
            }
        }
        Ok(false)
    }

    /// When to look after them next, if nothing happens: sharing waits for the moment in which they can be read.
    pub(super) fn next_look(&self) -> Instant {
        let now = Instant::now();
        let settled = self.in_view.map(|since| since + SETTLED).filter(|settled| *settled > now);
        settled.map_or(now + TICK, |settled| settled.min(now + TICK))
    }

    fn put_again(&self, at: usize) -> Result<(), DisplayError> {
        let text = self.shown.as_ref().map_or("", |(shown, _)| shown.text.as_str());
        self.put(at, text)
    }
}

/// At the middle of the upper edge.
fn place(area: Rect, drawn: &Drawn) -> Place {
    let left = area.x.saturating_add(area.width.saturating_sub(drawn.width) / 2);
    let at = |pixels: u16| i16::try_from(pixels).unwrap_or(i16::MAX);
    Place { x: at(left), y: at(area.y), width: drawn.width, height: drawn.height }
}

/// A window that is nobody's but ours: no window manager moves, hides or focuses it.
fn make(link: &Link) -> Result<Window, DisplayError> {
    let window = link.conn.generate_id().map_err(lost)?;
    let events = EventMask::STRUCTURE_NOTIFY | EventMask::FOCUS_CHANGE;
    let aux = CreateWindowAux::new().override_redirect(1).event_mask(events);
    let class = WindowClass::INPUT_OUTPUT;
    let string = AtomEnum::STRING;
    // At once for everybody else: a window of this program without its name would be taken for a question.
    link.conn.grab_server().map_err(lost)?.ignore_error();
    let made = link.conn.create_window(0, window, link.root, 0, 0, 1, 1, 0, class, 0, &aux).map_err(lost)?;
    link.conn
        .change_property8(PropMode::REPLACE, window, AtomEnum::WM_CLASS, string, CLASS)
        .map_err(lost)?
        .ignore_error();
    link.conn.ungrab_server().map_err(lost)?.ignore_error();
    made.check().map_err(lost)?;
    let mask = XIEventMask::BUTTON_PRESS | XIEventMask::KEY_PRESS;
    let masks = [DeviceMask { deviceid: Device::ALL_MASTER.into(), mask: vec![mask] }];
    link.conn.xinput_xi_select_events(window, &masks).map_err(lost)?.check().map_err(lost)?;
    Ok(window)
}
