//! The bar, as far as it is one of our windows: how it is painted, and what a screen reader is told of it.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::{Arc, mpsc};

use rustix::event::{EventfdFlags, eventfd};

use super::access::Access;
use super::form::{Form, Input, Source, Standing, Target};
use super::layout::Layout;
use super::letters::Letters;
use super::look::Look;
use super::paint::State;
use super::view::{Shape, View};
use super::{Picture, drawn, settings};
use crate::DisplayError;
use crate::x11::link::Link;
use std::time::Duration;

/// Draws bars for whoever keeps them on the screen.
#[derive(Debug)]
pub(crate) struct BarPainter {
    letters: Letters,
    look: Look,
}

/// A bar as it was painted.
#[derive(Debug)]
pub(crate) struct PaintedBar {
    pub(crate) picture: Picture,
    form: Form,
    layout: Layout,
}

impl BarPainter {
    /// As this desktop wants it; nothing where the system has no fonts.
    pub(crate) fn open(link: &Link) -> Result<Option<Self>, DisplayError> {
        let look = settings::look(link)?;
        Ok(Letters::find().map(|letters| Self { letters, look }))
    }

    /// Draws one, with the keyboard at this of its buttons, if it is at one.
    pub(crate) fn paint(&mut self, view: View, keyboard: Option<usize>) -> PaintedBar {
        let most = match view.shape {
            Shape::Bar(area) => (f32::from(area.width), f32::from(area.height)),
            Shape::Question | Shape::Page => (0.0, 0.0),
        };
        let mut form = Form::new(view);
        if let Some(at) = keyboard {
            let nobody = Standing { seen: Duration::ZERO, clear: false, focused: true };
            form.handle(Input::Focus(Target::Button(at)), Source::Played, nobody);
        }
        let state = State { ready: true, focused: keyboard.is_some() };
        let (picture, layout) = drawn(&form, (self.look, most), state, &mut self.letters);
        PaintedBar { picture, form, layout }
    }
}

/// What a screen reader asks a bar for. It comes over a bus, and is nobody's finger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// This button is to be pressed.
    Press(usize),
    /// The keyboard is to be at this button.
    Focus(usize),
}

/// What a screen reader is told of a bar.
#[derive(Debug)]
pub(crate) struct BarVoice {
    access: Option<Access>,
    wishes: mpsc::Receiver<Wish>,
    tell: mpsc::Sender<Wish>,
    /// Readable when there may be wishes.
    wake: Arc<OwnedFd>,
}

impl BarVoice {
    /// Silent at first.
    pub(crate) fn new() -> Result<Self, DisplayError> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|error| DisplayError::Lost(error.to_string()))?;
        let (tell, wishes) = mpsc::channel();
        Ok(Self { access: None, wishes, tell, wake: Arc::new(wake) })
    }

    /// From now on the bar is like this, and lies here on the display.
    pub(crate) fn say(&mut self, bar: &PaintedBar, (x, y): (i16, i16)) {
        let access = match &mut self.access {
            Some(access) => {
                access.update(&bar.form, &bar.layout);
                access
            }
            None => {
                let (tell, wake) = (self.tell.clone(), Arc::clone(&self.wake));
                let ask = move |input| {
                    if let Some(wish) = wish(input) {
                        // Whoever is gone presses nothing any more.
                        _ = tell.send(wish);
                        _ = rustix::io::write(&*wake, &1_u64.to_ne_bytes());
                    }
                };
                self.access.insert(Access::new(&bar.form, &bar.layout, ask))
            }
        };
        access.lies_at(x.into(), y.into(), &bar.layout);
    }

    /// The keyboard is in the bar, or is not.
    pub(crate) fn focused(&mut self, focused: bool) {
        if let Some(access) = &mut self.access {
            access.focused(focused);
        }
    }

    /// What was asked for, one after the other.
    pub(crate) fn wish(&self) -> Option<Wish> {
        let wish = self.wishes.try_recv().ok();
        if wish.is_none() {
            // What is written from here on is news.
            _ = rustix::io::read(&*self.wake, &mut [0; 8]);
            return self.wishes.try_recv().ok();
        }
        wish
    }

    /// Readable when something is asked for.
    pub(crate) fn wake(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

fn wish(input: Input) -> Option<Wish> {
    match input {
        Input::Press(Target::Button(at)) => Some(Wish::Press(at)),
        Input::Focus(Target::Button(at)) => Some(Wish::Focus(at)),
        _ => None,
    }
}
