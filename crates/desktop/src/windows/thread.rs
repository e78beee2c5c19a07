//! The one thread that all our windows live on. It owns the connection to the display.

use std::collections::HashMap;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, Device, EventMask as DeviceMask, KeyEventFlags, XIEventMask,
};
use x11rb::protocol::xproto::{Mapping, Window};

use super::atoms::Atoms;
use super::form::{Input, Key, Source};
use super::keys::Keys;
use super::letters::Letters;
use super::look::Look;
use super::settings;
use super::sources::Sources;
use super::surface::{Ground, Surface};
use super::view::{Shape, View};
use super::{Told, WindowId};
use crate::x11::link::{Link, lost};
use crate::x11::pixels::check_format;
use crate::{DisplayError, Suspension};

/// Only this button of the pointer presses.
const MAIN_BUTTON: u32 = 1;
/// A notch of the wheel is a press of one of these.
const WHEEL_UP: u32 = 4;
const WHEEL_DOWN: u32 = 5;
/// Some displays repeat a held key as release and press in one breath, in milliseconds; no finger is that fast.
const REPEAT_MS: u32 = 60;
/// Without anything to do the thread looks so often whether it is still wanted.
const IDLE: Duration = Duration::from_secs(60);

/// What the thread is asked for.
pub(super) enum Command {
    Show(WindowId, View),
    /// The same, and the keyboard stays where it is.
    ShowAside(WindowId, View),
    Change(WindowId, View),
    Close(WindowId, mpsc::Sender<()>),
    /// A screen reader asks for something.
    Asked(WindowId, Input),
    End,
}

/// Everything that the thread owns.
pub(super) struct Desk {
    link: Link,
    atoms: Atoms,
    keys: Keys,
    sources: Sources,
    letters: Letters,
    look: Look,
    surfaces: HashMap<WindowId, Surface>,
    /// Which key came up last, and when.
    released: Option<(u32, u32)>,
    suspension: Suspension,
    commands: mpsc::Receiver<Command>,
    wake: Arc<OwnedFd>,
    own: super::Sender,
    tell: Box<dyn FnMut(Told) + Send>,
}

/// What the thread begins with.
pub(super) struct Beginning {
    pub(super) display: Option<String>,
    pub(super) look: Option<Look>,
    pub(super) suspension: Suspension,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) wake: Arc<OwnedFd>,
    pub(super) own: super::Sender,
    pub(super) tell: Box<dyn FnMut(Told) + Send>,
}

impl Desk {
    /// Connects. `None` for a system without fonts.
    pub(super) fn open(beginning: Beginning) -> Result<Option<Self>, DisplayError> {
        let Beginning { display, look, suspension, commands, wake, own, tell } = beginning;
        let link = Link::connect(display.as_deref())?;
        check_format(&link, None)?;
        link.require("XInputExtension")?;
        let version = link.conn.xinput_xi_query_version(2, 2).map_err(lost)?.reply().map_err(lost)?;
        if (version.major_version, version.minor_version) < (2, 0) {
            return Err(DisplayError::Extension("XInput 2"));
        }
        let masks = [DeviceMask { deviceid: Device::ALL.into(), mask: vec![XIEventMask::HIERARCHY] }];
        link.conn.xinput_xi_select_events(link.root, &masks).map_err(lost)?;
        let atoms = Atoms::new(&link.conn).map_err(lost)?.reply().map_err(lost)?;
        let look = look.map_or_else(|| settings::look(&link), Ok)?;
        let keys = Keys::learn(&link)?;
        let sources = Sources::new(&link)?;
        let Some(letters) = Letters::find() else { return Ok(None) };
        let surfaces = HashMap::new();
        Ok(Some(Self {
            link,
            atoms,
            keys,
            sources,
            letters,
            look,
            surfaces,
            released: None,
            suspension,
            commands,
            wake,
            own,
            tell,
        }))
    }

    /// The life of the thread.
    pub(super) fn run(mut self) {
        if let Err(error) = self.work() {
            tracing::warn!(%error, "Our windows are gone");
            (self.tell)(Told::Lost(error));
        }
    }

    fn work(&mut self) -> Result<(), DisplayError> {
        loop {
            let mut waiting = Vec::new();
            loop {
                match self.commands.try_recv() {
                    Ok(Command::End) | Err(mpsc::TryRecvError::Disconnected) => return self.close_all(),
                    Ok(command) => waiting.push(command),
                    Err(mpsc::TryRecvError::Empty) => break,
                }
            }
            for command in newest(waiting) {
                self.command(command)?;
            }
            // One after the other: somebody who presses faster than is drawn must not keep a window from being closed.
            if let Some(event) = self.link.conn.poll_for_event().map_err(lost)? {
                self.event(&event)?;
                continue;
            }
            let now = Instant::now();
            let due = self.surfaces.values().filter_map(Surface::due).filter(|due| *due > now).min();
            self.each(|surface, ground| surface.tick(ground))?;
            // What was asked for meanwhile has written into the pipe, and what the display said is in the connection.
            if let Some(event) = self.link.conn.poll_for_event().map_err(lost)? {
                self.event(&event)?;
                continue;
            }
            self.link.sleep(Some(self.wake.as_fd()), due.unwrap_or(now + IDLE))?;
            drain(&self.wake);
        }
    }

    fn command(&mut self, command: Command) -> Result<(), DisplayError> {
        match command {
            Command::ShowAside(id, view) => self.show(id, view, true)?,
            Command::Show(id, view) => self.show(id, view, false)?,
            Command::Change(id, view) => {
                let (mut ground, surfaces) = self.ground();
                if let Some(surface) = surfaces.get_mut(&id) {
                    surface.change(&mut ground, view)?;
                }
            }
            Command::Close(id, _closed) => {
                if let Some(surface) = self.surfaces.remove(&id) {
                    surface.close(&self.link)?;
                }
            }
            Command::Asked(id, input) => self.give(id, input, Source::Played)?,
            Command::End => {}
        }
        Ok(())
    }

    fn show(&mut self, id: WindowId, view: View, aside: bool) -> Result<(), DisplayError> {
        // Nobody else's finger is on anything when it appears, and nobody else sees it.
        let rest = matches!(view.shape, Shape::Question).then(|| self.suspension.hide());
        let own = self.own.clone();
        let ask = move |input| own.send(Command::Asked(id, input));
        let (mut ground, surfaces) = self.ground();
        let surface = Surface::open(&mut ground, (view, aside), rest, ask)?;
        surfaces.insert(id, surface);
        Ok(())
    }

    fn event(&mut self, event: &Event) -> Result<(), DisplayError> {
        match event {
            // What a program sends is not what happened.
            _ if event.sent_event()
                && !matches!(event, Event::ClientMessage(_) | Event::ConfigureNotify(_)) => {}
            Event::XinputButtonPress(e) if e.detail == MAIN_BUTTON => {
                self.point(e.event, (e.event_x, e.event_y), e.sourceid, Input::Down)?;
            }
            Event::XinputButtonRelease(e) if e.detail == MAIN_BUTTON => {
                self.point(e.event, (e.event_x, e.event_y), e.sourceid, Input::Up)?;
            }
            Event::XinputButtonPress(e) if [WHEEL_UP, WHEEL_DOWN].contains(&e.detail) => {
                let notches = if e.detail == WHEEL_UP { -1.0 } else { 1.0 };
                self.with(e.event, |surface, ground| surface.wheel(ground, notches))?;
            }
            Event::XinputKeyPress(e) => {
                let Some(id) = self.find(e.event) else { return Ok(()) };
                let Some(mut key) = self.keys.meaning(e.detail, e.mods.effective, e.group.effective) else {
                    return Ok(());
                };
                if key == Key::Letter(' ')
                    && self.surfaces.get(&id).is_some_and(|surface| !surface.is_typing())
                {
                    key = Key::Press;
                }
                let by_flag = u32::from(e.flags) & u32::from(KeyEventFlags::KEY_REPEAT) != 0;
                let in_a_breath =
                    |(code, at): (u32, u32)| code == e.detail && e.time.wrapping_sub(at) < REPEAT_MS;
                let is_repeat = by_flag || self.released.is_some_and(in_a_breath);
                if is_repeat && matches!(key, Key::Press | Key::Escape) {
                    return Ok(());
                }
                let source = self.sources.of(&self.link, e.sourceid)?;
                self.give(id, Input::Key(key), source)?;
            }
            Event::XinputKeyRelease(e) => {
                self.released = Some((e.detail, e.time));
                let Some(id) = self.find(e.event) else { return Ok(()) };
                let key = self.keys.meaning(e.detail, e.mods.effective, e.group.effective);
                if matches!(key, Some(Key::Press | Key::Letter(' '))) {
                    let source = self.sources.of(&self.link, e.sourceid)?;
                    self.give(id, Input::KeyUp, source)?;
                }
            }
            Event::XinputFocusIn(e) => self.with(e.event, |surface, ground| {
                surface.focus(true);
                surface.redraw(ground)
            })?,
            Event::XinputFocusOut(e) => self.with(e.event, |surface, ground| {
                surface.focus(false);
                surface.redraw(ground)
            })?,
            Event::XinputHierarchy(_) => self.sources.forget(),
            Event::MappingNotify(e) if e.request == Mapping::KEYBOARD => self.keys = Keys::learn(&self.link)?,
            Event::Expose(e) if e.count == 0 => {
                self.with(e.window, |surface, ground| surface.expose(ground.link))?
            }
            Event::MapNotify(e) => self.with(e.window, |surface, ground| {
                surface.is_mapped(ground.link)?;
                surface.moved(ground.link)?;
                surface.redraw(ground)
            })?,
            Event::ConfigureNotify(e) => {
                if let Some(size) = self.link.new_size(event) {
                    self.link.size = size;
                }
                self.with(e.window, |surface, ground| {
                    surface.moved(ground.link)?;
                    surface.tick(ground)
                })?;
            }
            Event::VisibilityNotify(e) => self.with(e.window, |surface, ground| {
                surface.visibility(e.state);
                surface.raise(ground.link)?;
                surface.redraw(ground)
            })?,
            Event::ClientMessage(e) if e.data.as_data32()[0] == self.atoms.WM_DELETE_WINDOW => {
                if let Some(id) = self.find(e.window) {
                    self.give(id, Input::Close, Source::Played)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The pointer's button, in pixels of the window with 16 binary places.
    fn point(
        &mut self,
        window: Window,
        (x, y): (i32, i32),
        device: u16,
        input: impl FnOnce(Option<super::form::Target>) -> Input,
    ) -> Result<(), DisplayError> {
        let Some(id) = self.find(window) else { return Ok(()) };
        let pixels = |at: i32| at as f32 / 65_536.0;
        let target = self.surfaces.get(&id).and_then(|surface| surface.target(pixels(x), pixels(y)));
        let source = self.sources.of(&self.link, device)?;
        self.give(id, input(target), source)
    }

    fn give(&mut self, id: WindowId, input: Input, source: Source) -> Result<(), DisplayError> {
        let (mut ground, surfaces) = self.ground();
        let Some(surface) = surfaces.get_mut(&id) else { return Ok(()) };
        let act = surface.handle(&mut ground, input, source)?;
        if let Some(act) = act {
            (self.tell)(Told::Did(id, act));
        }
        Ok(())
    }

    fn find(&self, window: Window) -> Option<WindowId> {
        self.surfaces.iter().find(|(_, surface)| surface.window == window).map(|(id, _)| *id)
    }

    /// Does this with the window of this number, if it is one of ours.
    fn with(
        &mut self,
        window: Window,
        work: impl FnOnce(&mut Surface, &mut Ground<'_>) -> Result<(), DisplayError>,
    ) -> Result<(), DisplayError> {
        let Some(id) = self.find(window) else { return Ok(()) };
        let (mut ground, surfaces) = self.ground();
        surfaces.get_mut(&id).map_or(Ok(()), |surface| work(surface, &mut ground))
    }

    fn each(
        &mut self,
        work: impl Fn(&mut Surface, &mut Ground<'_>) -> Result<(), DisplayError>,
    ) -> Result<(), DisplayError> {
        let (mut ground, surfaces) = self.ground();
        surfaces.values_mut().try_for_each(|surface| work(surface, &mut ground))
    }

    fn ground(&mut self) -> (Ground<'_>, &mut HashMap<WindowId, Surface>) {
        let ground = Ground {
            link: &self.link,
            atoms: &self.atoms,
            look: self.look,
            letters: &mut self.letters,
            suspension: &self.suspension,
        };
        (ground, &mut self.surfaces)
    }

    fn close_all(&mut self) -> Result<(), DisplayError> {
        for (_, surface) in self.surfaces.drain() {
            surface.close(&self.link)?;
        }
        Ok(())
    }
}

/// Whatever woke the thread has done that now.
fn drain(wake: &OwnedFd) {
    let mut counter = [0; 8];
    while rustix::io::read(wake, &mut counter).is_ok_and(|read| read > 0) {}
}

/// Of what a window is to say only the newest counts: whoever writes faster than is drawn does not fill this program, and does not
/// keep it from what the person does.
fn newest(commands: Vec<Command>) -> impl Iterator<Item = Command> {
    let mut last = HashMap::new();
    for (at, command) in commands.iter().enumerate() {
        if let Command::Change(id, _) = command {
            last.insert(*id, at);
        }
    }
    commands.into_iter().enumerate().filter_map(move |(at, command)| match &command {
        Command::Change(id, _) if last.get(id) != Some(&at) => None,
        _ => Some(command),
    })
}

#[cfg(test)]
mod tests {
    use super::super::view::{Refusals, Tone};
    use super::*;

    fn view(title: &str) -> View {
        View {
            title: title.into(),
            shape: Shape::Page,
            tone: Tone::Calm,
            body: Vec::new(),
            buttons: Vec::new(),
            refusals: Refusals::default(),
        }
    }

    #[test]
    fn of_what_a_flooded_window_is_to_say_only_the_newest_is_drawn_and_nothing_else_is_lost() {
        let (one, other) = (WindowId(1), WindowId(2));
        let mut commands = vec![Command::Show(one, view("shown"))];
        commands.extend((0..1000).map(|number| Command::Change(one, view(&number.to_string()))));
        commands.push(Command::Change(other, view("the other")));
        commands.push(Command::Asked(one, Input::Close));
        commands.push(Command::Change(one, view("last")));
        commands.push(Command::Close(other, mpsc::channel().0));
        let left: Vec<String> = newest(commands)
            .map(|command| match command {
                Command::Show(id, view) | Command::ShowAside(id, view) => {
                    format!("show {} {}", id.0, view.title)
                }
                Command::Change(id, view) => format!("change {} {}", id.0, view.title),
                Command::Close(id, _) => format!("close {}", id.0),
                Command::Asked(id, input) => format!("asked {} {input:?}", id.0),
                Command::End => "end".to_owned(),
            })
            .collect();
        let expected = ["show 1 shown", "change 2 the other", "asked 1 Close", "change 1 last", "close 2"];
        assert_eq!(left, expected);
    }
}
