//! One window on the display.

use std::time::{Duration, Instant};

use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::properties::{WmHints, WmHintsState, WmSizeHints, WmSizeHintsSpecification};
use x11rb::protocol::xinput::{ConnectionExt as _, Device, EventMask as DeviceMask, XIEventMask};
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Gcontext,
    ImageFormat, InputFocus, PropMode, StackMode, Visibility, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::access::Access;
use super::atoms::Atoms;
use super::canvas::{self, Canvas};
use super::form::{DEAF, Form, Input, Key, Source, Standing, Target, talk};
use super::layout::{Layout, STRIPE, bar_height};
use super::letters::Letters;
use super::look::{Look, SMALLEST};
use super::paint::{State, paint};
use super::view::{Act, ButtonKind, Shape, View};
use super::{cover, place};
use crate::x11::link::{Link, lost};
use crate::x11::monitors;
use crate::x11::prompts::TOLD;
use crate::{DisplayError, Hold, Rect, Suspension};

/// Where the pointer may have been put by the manager of the windows, a question moves away so often.
const MOVES: u8 = 3;

/// A notch of the wheel moves a page by so much, at the usual size.
const NOTCH: f32 = 72.0;

/// Whoever has not touched a key for so long does not write any more.
const WRITING: Duration = Duration::from_secs(10);

/// Between a window and the edges of the display, in all.
const MARGIN: f32 = 16.0;
/// Between the bar and a question.
const BELOW: f32 = 12.0;
/// A question may become so many tenths wider.
const WIDER: [u8; 4] = [3, 6, 9, 12];

/// What the request itself takes of the most that a request may be.
const HEADER: usize = 64;

/// One window.
#[derive(Debug)]
pub(super) struct Surface {
    pub(super) window: Window,
    gc: Gcontext,
    form: Form,
    look: Look,
    /// Where a question may be.
    room: Room,
    layout: Layout,
    drawn: Option<Canvas>,
    access: Access,
    /// Since when the person could see it as it is now.
    seen: Instant,
    visible: bool,
    focused: bool,
    mapped: bool,
    at: Option<(i32, i32)>,
    moves: u8,
    /// Whether it was drawn as one that hears what allows something.
    ready: bool,
    /// While it stands nobody else's pointer and keys are played back, and nobody else sees anything.
    _rest: Option<Hold>,
    /// The same for pointer and keys while the person writes to somebody, until this moment.
    writing: Option<(Hold, Instant)>,
    /// It came by itself, and took the keyboard from nobody.
    aside: bool,
}

/// What a window is opened with, besides its contents.
pub(super) struct Ground<'a> {
    pub(super) link: &'a Link,
    pub(super) atoms: &'a Atoms,
    pub(super) look: Look,
    pub(super) letters: &'a mut Letters,
    /// What holds back somebody else's pointer and keys.
    pub(super) suspension: &'a Suspension,
}

impl Surface {
    /// Opens a window. Whoever holds `rest` let go of pointer and keys before.
    pub(super) fn open(
        ground: &mut Ground<'_>,
        (view, aside): (View, bool),
        rest: Option<Hold>,
        ask: impl FnMut(Input) + Send + 'static,
    ) -> Result<Self, DisplayError> {
        let Ground { link, atoms, look, letters, .. } = ground;
        let form = Form::new(view);
        let room = Room::on(link, *look)?;
        let (look, layout) = fitting(&form, *look, letters, (link, room));
        let at = corner(&form, &layout, (link, room))?;
        let window = create(link, &form, &layout, look, at)?;
        hints(link, atoms, window, &form, &layout, at)?;
        if aside {
            takes_no_keyboard(link, atoms, window)?;
        }
        let gc = link.conn.generate_id().map_err(lost)?;
        link.conn.create_gc(gc, window, &CreateGCAux::new()).map_err(lost)?;
        let access = Access::new(&form, &layout, ask);
        link.conn.map_window(window).map_err(lost)?;
        link.conn.flush().map_err(lost)?;
        Ok(Self {
            window,
            gc,
            form,
            look,
            room,
            layout,
            drawn: None,
            access,
            seen: Instant::now(),
            visible: false,
            focused: false,
            mapped: false,
            at: None,
            moves: 0,
            ready: false,
            _rest: rest,
            writing: None,
            aside,
        })
    }

    /// Other contents. The window keeps its place; a bar grows to the right of its middle and to the left.
    pub(super) fn change(&mut self, ground: &mut Ground<'_>, view: View) -> Result<(), DisplayError> {
        let is_renamed = self.form.view().title != view.title;
        let newest = |view: &View| talk(view).and_then(|talk| talk.last().map(|remark| remark.number));
        let is_news = newest(&view) != newest(self.form.view());
        self.form.change(view);
        if is_news && !self.focused {
            // Somebody has written: that should be seen. The keyboard stays where it is.
            self.to_the_front(ground.link)?;
        }
        if is_renamed {
            name(ground.link, ground.atoms, self.window, &self.form.view().title)?;
        }
        let size = (self.layout.width, self.layout.height);
        (self.look, self.layout) = fitting(&self.form, ground.look, ground.letters, (ground.link, self.room));
        if size != (self.layout.width, self.layout.height) {
            let mut aux = ConfigureWindowAux::new()
                .width(u32::from(self.layout.width))
                .height(u32::from(self.layout.height));
            if let Shape::Bar(_) = self.form.view().shape {
                let at = corner(&self.form, &self.layout, (ground.link, self.room))?;
                aux = aux.x(at.0).y(at.1);
            }
            ground.link.conn.configure_window(self.window, &aux).map_err(lost)?;
        }
        self.redraw(ground)
    }

    /// Draws it, and tells the screen reader.
    pub(super) fn redraw(&mut self, ground: &mut Ground<'_>) -> Result<(), DisplayError> {
        self.ready = self.would_hear();
        let focused = self.focused && !matches!(self.form.view().shape, Shape::Bar(_));
        let state = State { ready: self.ready, focused };
        let canvas = paint(&self.form, &self.layout, self.look, state, ground.letters);
        if self.drawn.as_ref() != Some(&canvas) {
            put(ground.link, self.window, self.gc, &canvas)?;
            self.drawn = Some(canvas);
        }
        self.access.update(&self.form, &self.layout);
        Ok(())
    }

    /// Shows again what was drawn.
    pub(super) fn expose(&self, link: &Link) -> Result<(), DisplayError> {
        self.drawn.as_ref().map_or(Ok(()), |canvas| put(link, self.window, self.gc, canvas))
    }

    /// When it will have been seen for long enough, if that is still to come.
    pub(super) fn due(&self) -> Option<Instant> {
        let ready = (self.mapped && !self.ready).then(|| self.seen + DEAF);
        let written = self.writing.as_ref().map(|(_, until)| *until);
        // One that is past, of a window that has not the keyboard, is not waited for.
        let now = Instant::now();
        ready.into_iter().chain(written).filter(|due| *due > now).min()
    }

    /// The time may have come to be drawn as one that hears.
    pub(super) fn tick(&mut self, ground: &mut Ground<'_>) -> Result<(), DisplayError> {
        if self.writing.as_ref().is_some_and(|(_, until)| *until <= Instant::now()) {
            self.writing = None;
        }
        if self.would_hear() == self.ready { Ok(()) } else { self.redraw(ground) }
    }

    fn would_hear(&self) -> bool {
        self.mapped && self.visible && self.focused && self.seen.elapsed() >= DEAF
    }

    /// What lies at this place of the window.
    pub(super) fn target(&self, x: f32, y: f32) -> Option<Target> {
        self.layout.at(x, y)
    }

    /// Whether the keyboard is in a field, where a space is a letter.
    pub(super) fn is_typing(&self) -> bool {
        matches!(self.form.focus(), Some(Target::Word(_) | Target::Field))
    }

    /// Whether this counts where two people write to each other: nobody writes in the place of the person. What is played back
    /// is a keyboard on the screen, unless somebody else could have done it.
    fn may_talk(&mut self, suspension: &Suspension, input: Input, source: Source) -> bool {
        if !self.form.is_talk() || input == Input::Close {
            return true;
        }
        if source == Source::Played {
            return !suspension.is_played_through();
        }
        if !matches!(input, Input::KeyUp | Input::Up(_) | Input::Key(Key::Escape)) {
            let hold = match self.writing.take() {
                Some((hold, _)) => hold,
                None => suspension.hold(),
            };
            self.writing = Some((hold, Instant::now() + WRITING));
        }
        true
    }

    /// The person did something.
    pub(super) fn handle(
        &mut self,
        ground: &mut Ground<'_>,
        input: Input,
        source: Source,
    ) -> Result<Option<Act>, DisplayError> {
        if !self.may_talk(ground.suspension, input, source) {
            return Ok(None);
        }
        let standing = Standing {
            seen: if self.mapped { self.seen.elapsed() } else { Duration::ZERO },
            clear: self.visible && cover::is_clear(ground.link, self.window)?,
            focused: self.focused && cover::is_focused(ground.link, self.window)?,
        };
        // Without a manager of windows nobody else gives the keyboard to a page that was clicked.
        if self.is_page() && matches!(input, Input::Down(_)) && !self.focused {
            self.take_keyboard(ground.link)?;
        }
        let focus = self.form.focus();
        let act = self.form.handle(input, source, standing);
        if act == Some(Act::Entered) {
            // It is written.
            self.writing = None;
        }
        (self.look, self.layout) = fitting(&self.form, ground.look, ground.letters, (ground.link, self.room));
        if focus != self.form.focus() {
            self.show_focus(ground);
        }
        self.redraw(ground)?;
        Ok(act)
    }

    fn is_page(&self) -> bool {
        self.form.view().shape == Shape::Page
    }

    /// Scrolls so that what the keyboard is at can be seen.
    fn show_focus(&mut self, ground: &mut Ground<'_>) {
        let Some(area) = self.form.focus().and_then(|focus| self.layout.area_of(focus)) else { return };
        let stays = match self.form.focus() {
            Some(Target::Button(_)) => true,
            Some(Target::Field) => self.form.is_talk(),
            _ => false,
        };
        if !self.is_page() || stays {
            return;
        }
        let (gap, top) = (self.look.px(24.0), self.look.px(STRIPE));
        let above = (area.y - gap - top).min(0.0);
        let below = (area.y + area.height + gap - self.layout.footer()).max(0.0);
        // What is higher than the page shows its beginning.
        self.scroll_by(ground, if above < 0.0 { above } else { below.min(area.y - gap - top) });
    }

    fn scroll_by(&mut self, ground: &mut Ground<'_>, by: f32) {
        if by == 0.0 {
            return;
        }
        self.form.scroll_by(by, self.layout.reach);
        (self.look, self.layout) = fitting(&self.form, ground.look, ground.letters, (ground.link, self.room));
    }

    /// The wheel was turned by so many notches, downwards.
    pub(super) fn wheel(&mut self, ground: &mut Ground<'_>, notches: f32) -> Result<(), DisplayError> {
        self.scroll_by(ground, notches * self.look.px(NOTCH));
        self.redraw(ground)
    }

    fn take_keyboard(&self, link: &Link) -> Result<(), DisplayError> {
        // With a manager of windows the keyboard is given by it.
        if !has_manager(link)? {
            link.conn.set_input_focus(InputFocus::PARENT, self.window, x11rb::CURRENT_TIME).map_err(lost)?;
        }
        Ok(())
    }

    /// It is on the display.
    pub(super) fn is_mapped(&mut self, link: &Link) -> Result<(), DisplayError> {
        self.mapped = true;
        self.seen = Instant::now();
        let is_bar = matches!(self.form.view().shape, Shape::Bar(_));
        if is_bar || self.aside { Ok(()) } else { self.take_keyboard(link) }
    }

    /// It was moved; then it must be seen anew. It does not stay under the pointer.
    pub(super) fn moved(&mut self, link: &Link) -> Result<(), DisplayError> {
        let Ok(at) = link.conn.translate_coordinates(self.window, link.root, 0, 0).map_err(lost)?.reply()
        else {
            return Ok(());
        };
        let at = (i32::from(at.dst_x), i32::from(at.dst_y));
        if self.at == Some(at) {
            return Ok(());
        }
        self.at = Some(at);
        self.seen = Instant::now();
        self.access.lies_at(at.0, at.1, &self.layout);
        let pointer = link.conn.query_pointer(link.root).map_err(lost)?.reply().map_err(lost)?;
        let pointer = (i32::from(pointer.root_x), i32::from(pointer.root_y));
        let size = (i32::from(self.layout.width), i32::from(self.layout.height));
        let is_question = matches!(self.form.view().shape, Shape::Question);
        if is_question && self.moves < MOVES && place::is_under(at, size, pointer) {
            self.moves += 1;
            let (x, y) = corner(&self.form, &self.layout, (link, self.room))?;
            let aux = ConfigureWindowAux::new().x(x).y(y);
            link.conn.configure_window(self.window, &aux).map_err(lost)?;
        }
        Ok(())
    }

    pub(super) fn visibility(&mut self, state: Visibility) {
        let visible = state == Visibility::UNOBSCURED;
        if visible && !self.visible {
            self.seen = Instant::now();
        }
        self.visible = visible;
    }

    pub(super) fn focus(&mut self, focused: bool) {
        if focused && !self.focused {
            self.seen = Instant::now();
        }
        self.focused = focused;
        self.access.focused(focused);
    }

    /// Above everything again; only for a bar, which nothing may cover.
    pub(super) fn raise(&self, link: &Link) -> Result<(), DisplayError> {
        if matches!(self.form.view().shape, Shape::Bar(_)) { self.to_the_front(link) } else { Ok(()) }
    }

    fn to_the_front(&self, link: &Link) -> Result<(), DisplayError> {
        let aux = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        link.conn.configure_window(self.window, &aux).map_err(lost).map(drop)
    }

    pub(super) fn close(self, link: &Link) -> Result<(), DisplayError> {
        link.conn.free_gc(self.gc).map_err(lost)?;
        link.conn.destroy_window(self.window).map_err(lost)?;
        // The keys rest until it is really gone.
        link.conn.sync().map_err(lost)
    }
}

/// Where a question may be on the monitor where the pointer is.
#[derive(Clone, Copy, Debug)]
struct Room {
    most: (f32, f32),
    /// As the bar looks.
    look: Look,
}

impl Room {
    fn on(link: &Link, look: Look) -> Result<Self, DisplayError> {
        let (areas, pointer) = (areas(link)?, pointer(link)?);
        let here = areas.iter().find(|area| area.inside(pointer.0, pointer.1).is_some());
        let here = here.or(areas.first()).copied().unwrap_or(Rect::whole(link.size));
        Ok(Self { most: beside_the_bar(look, (here.width, here.height)), look })
    }
}

fn areas(link: &Link) -> Result<Vec<Rect>, DisplayError> {
    let mut areas: Vec<Rect> = monitors::list(link, link.size)?.iter().map(|monitor| monitor.area).collect();
    if areas.is_empty() {
        areas.push(Rect::whole(link.size));
    }
    Ok(areas)
}

fn pointer(link: &Link) -> Result<(i32, i32), DisplayError> {
    let pointer = link.conn.query_pointer(link.root).map_err(lost)?.reply().map_err(lost)?;
    Ok((i32::from(pointer.root_x), i32::from(pointer.root_y)))
}

/// How large a question may be on a monitor of this size, so that neither the bar nor a frame hides any of it.
pub(super) fn beside_the_bar(look: Look, (width, height): (u16, u16)) -> (f32, f32) {
    let taken = u16::try_from(below_the_bar(look, width) + place::FRAME).unwrap_or(u16::MAX);
    (f32::from(width) - MARGIN, f32::from(height.saturating_sub(taken)))
}

/// Where the bar ends, with some room.
fn below_the_bar(look: Look, width: u16) -> i32 {
    canvas::whole(bar_height(look, f32::from(width)) + BELOW)
}

/// A question that does not fit beside the bar becomes wider, and where that is not enough smaller, down to the usual size.
fn fitting(form: &Form, look: Look, letters: &mut Letters, (link, room): (&Link, Room)) -> (Look, Layout) {
    let display = (f32::from(link.size.width) - MARGIN, f32::from(link.size.height) - MARGIN);
    let is_question = form.view().shape == Shape::Question;
    fit(form, look, letters, if is_question { room.most } else { display })
}

pub(super) fn fit(form: &Form, look: Look, letters: &mut Letters, most: (f32, f32)) -> (Look, Layout) {
    let mut look = look;
    loop {
        let layout = widened(form, look, letters, most);
        if f32::from(layout.height) <= most.1 || look.scale <= SMALLEST {
            return (look, layout);
        }
        look = Look::new(look.dark, look.scale * 0.92);
    }
}

/// The narrowest that is no higher than this, or else the widest.
fn widened(form: &Form, look: Look, letters: &mut Letters, most: (f32, f32)) -> Layout {
    let mut layout = Layout::new(form, look, letters, most);
    if form.view().shape != Shape::Question {
        return layout;
    }
    for tenths in WIDER {
        let is_widest = f32::from(layout.width) + 1.0 >= most.0;
        if f32::from(layout.height) <= most.1 || is_widest {
            break;
        }
        layout = Layout::wider(form, look, letters, most.0, tenths);
    }
    layout
}

/// Where the window goes.
fn corner(form: &Form, layout: &Layout, (link, room): (&Link, Room)) -> Result<(i32, i32), DisplayError> {
    if let Shape::Bar(Rect { x, y, width, .. }) = form.view().shape {
        let spare = i32::from(width) - i32::from(layout.width);
        return Ok((i32::from(x) + spare.max(0) / 2, i32::from(y)));
    }
    let (areas, pointer, size) = (areas(link)?, pointer(link)?, (layout.width, layout.height));
    Ok(match form.view().shape {
        Shape::Page => place::middle(&areas, pointer, size),
        _ => place::beside(&areas, |area| below_the_bar(room.look, area.width), pointer, size),
    })
}

fn create(
    link: &Link,
    form: &Form,
    layout: &Layout,
    look: Look,
    at: (i32, i32),
) -> Result<Window, DisplayError> {
    let window = link.conn.generate_id().map_err(lost)?;
    let ground = look.palette(form.view().tone).ground;
    let pixel = u32::from_be_bytes([0xff, ground.0, ground.1, ground.2]);
    let events = EventMask::EXPOSURE | EventMask::STRUCTURE_NOTIFY | EventMask::VISIBILITY_CHANGE;
    let is_bar = matches!(form.view().shape, Shape::Bar(_));
    let aux = CreateWindowAux::new()
        .background_pixel(pixel)
        .border_pixel(pixel)
        .event_mask(events)
        .override_redirect(u32::from(is_bar));
    let short = |at: i32| i16::try_from(at).unwrap_or(0);
    link.conn
        .create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            link.root,
            short(at.0),
            short(at.1),
            layout.width,
            layout.height,
            0,
            WindowClass::INPUT_OUTPUT,
            x11rb::COPY_FROM_PARENT,
            &aux,
        )
        .map_err(lost)?;
    // Only these events say which device they come from, and no program can send them.
    let mask = XIEventMask::KEY_PRESS
        | XIEventMask::KEY_RELEASE
        | XIEventMask::BUTTON_PRESS
        | XIEventMask::BUTTON_RELEASE
        | XIEventMask::FOCUS_IN
        | XIEventMask::FOCUS_OUT;
    let masks = [DeviceMask { deviceid: Device::ALL_MASTER.into(), mask: vec![mask] }];
    link.conn.xinput_xi_select_events(window, &masks).map_err(lost)?;
    Ok(window)
}

/// What the manager of windows should know.
fn hints(
    link: &Link,
    atoms: &Atoms,
    window: Window,
    form: &Form,
    layout: &Layout,
    at: (i32, i32),
) -> Result<(), DisplayError> {
    let conn = &link.conn;
    let is_bar = matches!(form.view().shape, Shape::Bar(_));
    let is_page = form.view().shape == Shape::Page;
    let set = |property, kind, values: &[u32]| {
        conn.change_property32(PropMode::REPLACE, window, property, kind, values).map_err(lost).map(drop)
    };
    name(link, atoms, window, &form.view().title)?;
    conn.change_property8(PropMode::REPLACE, window, AtomEnum::WM_NAME, AtomEnum::STRING, b"Rendezvous")
        .map_err(lost)?;
    // What only tells something is no question, and holds nothing back.
    let asks = form.view().buttons.iter().any(|button| button.kind == ButtonKind::Allow);
    let class = if asks { "rendezvous" } else { TOLD };
    let class = format!("{class}\0Rendezvous\0");
    conn.change_property8(PropMode::REPLACE, window, AtomEnum::WM_CLASS, AtomEnum::STRING, class.as_bytes())
        .map_err(lost)?;
    let atom = u32::from(AtomEnum::ATOM);
    set(atoms.WM_PROTOCOLS, atom, &[atoms.WM_DELETE_WINDOW])?;
    let kind = match form.view().shape {
        Shape::Bar(_) => atoms._NET_WM_WINDOW_TYPE_DOCK,
        Shape::Question => atoms._NET_WM_WINDOW_TYPE_DIALOG,
        Shape::Page => atoms._NET_WM_WINDOW_TYPE_NORMAL,
    };
    set(atoms._NET_WM_WINDOW_TYPE, atom, &[kind])?;
    if !is_page {
        set(atoms._NET_WM_STATE, atom, &[atoms._NET_WM_STATE_ABOVE, atoms._NET_WM_STATE_STICKY])?;
    }
    set(atoms._NET_WM_PID, u32::from(AtomEnum::CARDINAL), &[std::process::id()])?;
    let size = Some((i32::from(layout.width), i32::from(layout.height)));
    let normal = WmSizeHints {
        position: Some((WmSizeHintsSpecification::UserSpecified, at.0, at.1)),
        min_size: size,
        max_size: size,
        ..WmSizeHints::default()
    };
    normal.set_normal_hints(conn, window).map_err(lost)?;
    let general = WmHints {
        input: Some(!is_bar),
        initial_state: Some(WmHintsState::Normal),
        urgent: !is_bar && !is_page,
        ..WmHints::default()
    };
    general.set(conn, window).map_err(lost)?;
    Ok(())
}

/// A manager of windows leaves the keyboard where it is.
fn takes_no_keyboard(link: &Link, atoms: &Atoms, window: Window) -> Result<(), DisplayError> {
    let (property, kind) = (atoms._NET_WM_USER_TIME, u32::from(AtomEnum::CARDINAL));
    let set = link.conn.change_property32(PropMode::REPLACE, window, property, kind, &[0]);
    set.map_err(lost).map(drop)
}

fn name(link: &Link, atoms: &Atoms, window: Window, title: &str) -> Result<(), DisplayError> {
    let (property, kind) = (atoms._NET_WM_NAME, atoms.UTF8_STRING);
    let named = link.conn.change_property8(PropMode::REPLACE, window, property, kind, title.as_bytes());
    named.map_err(lost).map(drop)
}

fn has_manager(link: &Link) -> Result<bool, DisplayError> {
    let check =
        link.conn.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK").map_err(lost)?.reply().map_err(lost)?.atom;
    let property = link.conn.get_property(false, link.root, check, AtomEnum::WINDOW, 0, 1).map_err(lost)?;
    let Some(window) = property.reply().map_err(lost)?.value32().and_then(|mut values| values.next()) else {
        return Ok(false);
    };
    // The property outlives a manager that was killed; its window does not.
    Ok(link.conn.get_geometry(window).map_err(lost)?.reply().is_ok())
}

/// In as many pieces as requests may be large.
pub(crate) fn put(link: &Link, window: Window, gc: Gcontext, canvas: &Canvas) -> Result<(), DisplayError> {
    let (width, height) = canvas.size();
    let row = usize::from(width) * 4;
    let rows =
        (link.conn.maximum_request_bytes().saturating_sub(HEADER) / row.max(1)).clamp(1, usize::from(height));
    let depth = link.conn.setup().roots[link.screen].root_depth;
    for (piece, pixels) in canvas.pixels().chunks(rows * row).enumerate() {
        let top = i16::try_from(piece * rows).unwrap_or(i16::MAX);
        let high = u16::try_from(pixels.len() / row).unwrap_or(0);
        link.conn
            .put_image(ImageFormat::Z_PIXMAP, window, gc, width, high, 0, top, 0, depth, pixels)
            .map_err(lost)?;
    }
    link.conn.flush().map_err(lost)
}
