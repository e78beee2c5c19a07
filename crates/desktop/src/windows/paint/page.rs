//! What only pages have.

use super::{Area, Layout, Painter, STRIPE, Shape, Style, Target};
use crate::windows::form::{field, rows};
use crate::windows::layout::page::{MARK, before, small};
use crate::windows::view::{Block, Mark};

impl Painter<'_> {
    /// What is scrolled goes under the upper edge, too.
    pub(super) fn top(&mut self, layout: &Layout) {
        let is_scrolled = self.form.scroll() > 0.0 || self.form.is_talk();
        if self.form.view().shape == Shape::Page && is_scrolled {
            let edge = self.look.px(1.0);
            let width = f32::from(layout.width) - 2.0 * edge;
            let stripe = Area { x: edge, y: 0.0, width, height: self.look.px(STRIPE) };
            self.canvas.fill(stripe, 0.0, self.palette.tone);
        }
    }

    /// The ground of the buttons, with a line above it.
    pub(super) fn footer(&mut self, area: Area) {
        let edge = self.look.px(1.0);
        self.canvas.fill(area, 0.0, self.palette.ground);
        self.canvas.fill(Area { height: edge, ..area }, 0.0, self.palette.edge);
        // The frame of the window was under it.
        let (width, height) = self.canvas.size();
        let whole = Area { x: 0.0, y: 0.0, width: f32::from(width), height: f32::from(height) };
        self.canvas.outline(whole, 0.0, edge, self.palette.edge);
    }

    /// The ground of what somebody wrote. The side and the name say whose it is, too.
    pub(super) fn said(&mut self, is_own: bool, area: Area) {
        let (radius, palette) = (self.look.px(10.0), self.palette);
        self.canvas.fill(area, radius, if is_own { palette.button } else { palette.field });
        self.canvas.outline(area, radius, self.look.px(1.0), palette.edge);
    }

    /// The field of a page. A text that is too long shows its end, where it is typed.
    pub(super) fn field(&mut self, style: Style, area: Area) {
        let radius = self.look.px(6.0);
        self.canvas.fill(area, radius, self.palette.field);
        self.canvas.outline(area, radius, self.look.px(2.0), self.palette.edge);
        let is_secret = field(self.form.view()).is_some_and(|field| field.is_secret);
        let mut text: String = self.form.text().chars().map(|c| if is_secret { '●' } else { c }).collect();
        let inset = self.look.px(12.0);
        let room = area.width - 2.0 * inset;
        let (mut wide, high) = self.letters.measure(&text, style, f32::INFINITY);
        if wide > room {
            // Not letter by letter from the beginning: it may be a long one.
            let fits = (text.chars().count() as f32 * room / wide) as usize;
            text = text.chars().skip(text.chars().count().saturating_sub(fits)).collect();
            wide = self.letters.measure(&text, style, f32::INFINITY).0;
        }
        while wide > room && !text.is_empty() {
            text.remove(0);
            wide = self.letters.measure(&text, style, f32::INFINITY).0;
        }
        let y = area.y + (area.height - high) / 2.0;
        let at = Area { x: area.x + inset, y, width: room + inset, height: high };
        self.text(&text, style, self.palette.text, at);
        if self.is_focus(Target::Field) {
            self.ring(area, radius);
            let x = area.x + inset + wide + self.look.px(1.0);
            let caret = Area { x, y, width: self.look.px(2.0), height: high };
            self.canvas.fill(caret, 0.0, self.palette.text);
        }
    }

    /// A row or a tile; a tile is painted in the colour of the window.
    pub(super) fn row(&mut self, at: usize, title: &str, style: Style, area: Area) {
        let form = self.form;
        let Some(row) = rows(form.view()).nth(at) else { return };
        let is_tile = form.view().body.iter().any(|block| match block {
            Block::Tiles(tiles) => tiles.iter().any(|tile| tile.id == row.id),
            _ => false,
        });
        let palette = self.palette;
        let pressed = form.held() == Some(Target::Row(at));
        let (ground, ink, quiet) = match (is_tile, pressed) {
            (_, true) => (palette.edge, palette.ground, palette.ground),
            (true, false) => (palette.tone, palette.on_tone, palette.on_tone),
            (false, false) => (palette.button, palette.text, palette.quiet),
        };
        let radius = self.look.px(10.0);
        self.canvas.fill(area, radius, ground);
        self.canvas.outline(area, radius, self.look.px(1.0), palette.edge);
        if self.is_focus(Target::Row(at)) {
            self.ring(area, radius);
        }
        let inset = self.look.px(super::super::layout::INSET);
        let x = area.x + inset + before(self.look, row.mark);
        let width = area.x + area.width - inset - x;
        let line_style = small(self.look);
        let (_, high) = self.letters.measure(title, style, width);
        let line =
            if row.line.is_empty() { 0.0 } else { self.letters.measure(&row.line, line_style, width).1 };
        let y = area.y + (area.height - high - line) / 2.0;
        self.text(title, style, ink, Area { x, y, width, height: high });
        self.text(&row.line, line_style, quiet, Area { x, y: y + high, width, height: line });
        let mark = self.look.px(MARK);
        let circle = Area { x: area.x + inset, y: y + (high - mark) / 2.0, width: mark, height: mark };
        match row.mark {
            Mark::None => {}
            Mark::Full => self.canvas.fill(circle, mark, ink),
            Mark::Empty => self.canvas.outline(circle, mark, self.look.px(2.0), quiet),
        }
    }
}
