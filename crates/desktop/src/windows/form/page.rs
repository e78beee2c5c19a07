//! What is different in a page: a field whose text others take part in, rows that come and go, and that it is scrolled.

use super::{Act, Block, ButtonId, Form, Key, Target, View};
use crate::windows::view::{Field, Row};

/// Nobody types more than this into one field.
const LONGEST_TEXT: usize = 200;

/// The field of a page, if it has one.
pub(in crate::windows) fn field(view: &View) -> Option<&Field> {
    view.body.iter().find_map(|block| match block {
        Block::Field(field) => Some(field),
        _ => None,
    })
}

/// Tiles and rows from top to bottom, as [`Target::Row`] counts them.
pub(in crate::windows) fn rows(view: &View) -> impl Iterator<Item = &Row> {
    view.body.iter().flat_map(|block| match block {
        Block::Rows(rows) | Block::Tiles(rows) => rows.as_slice(),
        _ => &[],
    })
}

impl Form {
    /// What stands in the field.
    pub(in crate::windows) fn text(&self) -> &str {
        &self.text
    }

    /// How far down it is scrolled.
    pub(in crate::windows) fn scroll(&self) -> f32 {
        self.scroll
    }

    /// Scrolls to this place; nobody scrolls beyond the end.
    pub(in crate::windows) fn scroll_to(&mut self, place: f32, reach: f32) {
        self.scroll = place.clamp(0.0, reach.max(0.0));
    }

    /// Takes over from what the page was before: on the same page the keyboard stays at what it was at, even when that
    /// moved, and what is typed stays typed.
    pub(super) fn turn_page(&mut self, before: Self) {
        if self.view.title != before.view.title {
            return;
        }
        let label = |view: &View| field(view).map(|field| field.label.clone());
        if label(&self.view) == label(&before.view) {
            self.text = before.text.clone();
        }
        self.scroll = before.scroll;
        let same = before.focus.and_then(|focus| match before.name(focus) {
            Some(name) => self.targets().into_iter().find(|target| self.name(*target) == Some(name)),
            None => Some(focus).filter(|focus| self.targets().contains(focus)),
        });
        self.focus = same.or(self.focus);
        // What is pressed in this moment was pressed where it was.
        let stays = |target: Target| self.name(target) == before.name(target);
        self.held = before.held.filter(|held| stays(held.target));
    }

    fn name(&self, target: Target) -> Option<ButtonId> {
        match target {
            Target::Row(at) => rows(&self.view).nth(at).map(|row| row.id),
            Target::Button(at) => self.view.buttons.get(at).map(|button| button.id),
            _ => None,
        }
    }

    /// A key while the keyboard is in the field. A keyboard on the screen is welcome: nothing is decided here.
    pub(super) fn type_in_field(&mut self, key: Key) -> Option<Act> {
        match key {
            Key::Letter(letter) if self.text.chars().count() < LONGEST_TEXT => {
                self.text.push(letter);
                Some(Act::Typed(self.text.clone()))
            }
            Key::Backspace => self.text.pop().map(|_| Act::Typed(self.text.clone())),
            Key::Press => Some(Act::Entered),
            Key::Next | Key::Down => {
                self.step(1);
                None
            }
            Key::Previous | Key::Up => {
                self.step(-1);
                None
            }
            _ => None,
        }
    }

    /// Whoever types while the keyboard is elsewhere means the field, where there is one.
    pub(super) fn find_by_typing(&mut self, key: Key) -> Option<Act> {
        field(&self.view)?;
        self.focus = Some(Target::Field);
        self.type_in_field(key)
    }
}
