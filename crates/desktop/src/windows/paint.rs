//! Draws a window that is laid out.

use super::canvas::{Area, Canvas};
use super::form::{Form, Target};
use super::layout::{Layout, Part, RING, STRIPE, What};
use super::letters::{Letters, Style};
use super::look::{Colour, Look, Palette};
use super::view::{ButtonKind, Shape};

mod page;

/// How a window stands that is not in its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// What allows something would be heard.
    pub(super) ready: bool,
    /// The keyboard is in this window.
    pub(super) focused: bool,
}

/// Draws all of it.
pub(super) fn paint(form: &Form, layout: &Layout, look: Look, state: State, letters: &mut Letters) -> Canvas {
    let palette = look.palette(form.view().tone);
    let is_bar = matches!(form.view().shape, Shape::Bar(_));
    let ground = if is_bar { palette.tone } else { palette.ground };
    let mut painter = Painter {
        canvas: Canvas::new(layout.width, layout.height, ground),
        form,
        look,
        palette,
        state,
        letters,
        is_bar,
    };
    painter.frame(layout);
    for part in &layout.parts {
        painter.part(part);
    }
    painter.top(layout);
    painter.canvas
}

struct Painter<'a> {
    canvas: Canvas,
    form: &'a Form,
    look: Look,
    palette: Palette,
    state: State,
    letters: &'a mut Letters,
    is_bar: bool,
}

impl Painter<'_> {
    fn frame(&mut self, layout: &Layout) {
        let whole = Area { x: 0.0, y: 0.0, width: f32::from(layout.width), height: f32::from(layout.height) };
        if !self.is_bar {
            let stripe = Area { height: self.look.px(STRIPE), ..whole };
            self.canvas.fill(stripe, 0.0, self.palette.tone);
        }
        let edge = if self.is_bar { self.palette.on_tone } else { self.palette.edge };
        self.canvas.outline(whole, 0.0, self.look.px(1.0), edge);
    }

    fn part(&mut self, part: &Part) {
        let Part { area, what, ref text, style } = *part;
        let palette = self.palette;
        match what {
            What::Heading => self.text(text, style, palette.text, area),
            What::Text if self.is_bar => self.text(text, style, palette.on_tone, area),
            What::Text => self.text(text, style, palette.text, area),
            What::Quiet | What::Name => self.text(text, style, palette.quiet, area),
            What::Refused => self.text(text, style, palette.text, area),
            What::Large => self.text(text, style, palette.text, area),
            What::Said(is_own) => self.said(is_own, area),
            What::Footer => self.footer(area),
            What::Thumb => self.canvas.fill(area, area.width / 2.0, palette.edge),
            What::Target(Target::Field) => self.field(style, area),
            What::Target(Target::Row(at)) => self.row(at, text, style, area),
            What::Mark => self.canvas.fill(area, area.height / 2.0, palette.on_tone),
            What::Strong => {
                let beside = Area { x: area.x - self.look.px(18.0), width: self.look.px(5.0), ..area };
                self.canvas.fill(beside, self.look.px(2.0), palette.edge);
                self.text(text, style, palette.text, area);
            }
            What::Target(Target::Button(at)) => self.button(at, text, style, area),
            What::Target(Target::Word(at)) => self.word(at, style, area),
            What::Target(Target::Choice(at)) => self.choice(at, text, style, area),
        }
    }

    fn text(&mut self, text: &str, style: Style, colour: Colour, area: Area) {
        self.letters.draw(&mut self.canvas, text, style, colour, (area.x, area.y, area.width));
    }

    fn is_focus(&self, target: Target) -> bool {
        self.state.focused && self.form.focus() == Some(target)
    }

    /// A ring around what the keyboard is at, away from its own edge, so that it is seen without colours too.
    fn ring(&mut self, area: Area, radius: f32) {
        let colour = if self.is_bar { self.palette.on_tone } else { self.palette.focus };
        let thick = self.look.px(3.0);
        let gap = if self.is_bar { -thick } else { self.look.px(2.0) };
        self.canvas.outline(area.grown(gap + thick), radius + gap, thick, colour);
    }

    fn button(&mut self, at: usize, label: &str, style: Style, area: Area) {
        let Some(button) = self.form.view().buttons.get(at) else { return };
        let radius = self.look.px(8.0);
        let palette = self.palette;
        let deaf = button.kind == ButtonKind::Allow && !(self.state.ready && self.form.is_complete());
        let pressed = self.form.held() == Some(Target::Button(at));
        let (ground, ink) = match (self.is_bar, pressed) {
            (false, false) => (palette.button, palette.text),
            (false, true) => (palette.edge, palette.ground),
            (true, false) => (palette.on_tone, palette.tone),
            (true, true) => (palette.tone, palette.on_tone),
        };
        self.canvas.fill(area, radius, ground);
        let thick = self.look.px(2.0);
        if !deaf {
            self.canvas.outline(
                area,
                radius,
                thick,
                if self.is_bar { palette.on_tone } else { palette.edge },
            );
        }
        if self.is_focus(Target::Button(at)) {
            self.ring(area, radius);
        }
        let ink = if deaf { palette.quiet } else { ink };
        let room = area.width - self.look.px(16.0);
        let (wide, high) = self.letters.measure(label, style, room);
        let (x, y) = (area.x + (area.width - wide) / 2.0, area.y + (area.height - high) / 2.0);
        self.text(label, style, ink, Area { x, y, width: wide + 1.0, height: high });
    }

    fn word(&mut self, at: usize, style: Style, area: Area) {
        let radius = self.look.px(6.0);
        self.canvas.fill(area, radius, self.palette.field);
        self.canvas.outline(area, radius, self.look.px(2.0), self.palette.edge);
        let word = self.form.answers().words.get(at).map_or("", String::as_str);
        let inset = self.look.px(10.0);
        let room = area.width - 2.0 * inset;
        let (wide, high) = self.letters.measure(word, style, f32::INFINITY);
        let y = area.y + (area.height - high) / 2.0;
        // A word that is too long shows its end, where it is typed.
        let shown: String = if wide > room {
            let fits = (word.chars().count() as f32 * room / wide) as usize;
            let left_out = word.chars().count().saturating_sub(fits.saturating_sub(1));
            word.chars().skip(left_out).collect()
        } else {
            word.to_owned()
        };
        self.text(
            &shown,
            style,
            self.palette.text,
            Area { x: area.x + inset, y, width: room + inset, height: high },
        );
        if self.is_focus(Target::Word(at)) {
            self.ring(area, radius);
            let caret = area.x + inset + wide.min(room) + self.look.px(1.0);
            let caret = Area { x: caret, y, width: self.look.px(2.0), height: high };
            self.canvas.fill(caret, 0.0, self.palette.text);
        }
    }

    fn choice(&mut self, at: usize, text: &str, style: Style, area: Area) {
        let (inset, ring) = (self.look.px(14.0), self.look.px(RING));
        let radius = self.look.px(8.0);
        let palette = self.palette;
        let chosen = self.form.answers().choice == Some(at);
        if chosen {
            self.canvas.fill(area, radius, palette.button);
        }
        if self.is_focus(Target::Choice(at)) {
            self.ring(area, radius);
        }
        let y = area.y + (area.height - ring) / 2.0;
        let circle = Area { x: area.x + inset, y, width: ring, height: ring };
        self.canvas.outline(circle, ring, self.look.px(2.0), palette.text);
        if chosen {
            self.canvas.fill(circle.grown(-self.look.px(6.0)), ring, palette.text);
        }
        let x = circle.x + ring + inset;
        let width = area.width - (x - area.x) - inset;
        let (_, high) = self.letters.measure(text, style, width);
        self.text(
            text,
            style,
            palette.text,
            Area { x, y: area.y + (area.height - high) / 2.0, width, height: high },
        );
    }
}
