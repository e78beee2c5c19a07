//! What is different in a page: a field whose text others take part in, rows that come and go, and that it is scrolled.

use super::{Act, Block, ButtonId, Form, Key, Target, View};
use crate::windows::view::{Field, Remark, Row};

/// Nobody types more than this into one field.
const LONGEST_TEXT: usize = 200;

/// Nor writes more than this at once to somebody.
const LONGEST_REMARK: usize = 1000;

/// The field of a page, if it has one.
pub(in crate::windows) fn field(view: &View) -> Option<&Field> {
    view.body.iter().find_map(|block| match block {
        Block::Field(field) => Some(field),
        _ => None,
    })
}

/// What was written, in a page where two people write to each other.
pub(in crate::windows) fn talk(view: &View) -> Option<&[Remark]> {
    view.body.iter().find_map(|block| match block {
        Block::Talk(remarks) => Some(remarks.as_slice()),
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

/// All that can be pressed in a view, from top to bottom.
fn offered(view: &View) -> impl Iterator<Item = ButtonId> {
    rows(view).map(|row| row.id).chain(view.buttons.iter().map(|button| button.id))
}

impl Form {
    /// What stands in the field.
    pub(in crate::windows) fn text(&self) -> &str {
        &self.text
    }

    /// Whether two people write to each other in it.
    pub(in crate::windows) fn is_talk(&self) -> bool {
        talk(&self.view).is_some()
    }

    /// The person is done with the field. What they wrote to somebody stands in it no more.
    pub(super) fn enter(&mut self) -> Act {
        if self.is_talk() {
            self.text.clear();
            self.focus = Some(Target::Field);
            self.scroll = 0.0;
        }
        Act::Entered
    }

    /// How far down it is scrolled; what was written to each other is scrolled from its end, up.
    pub(in crate::windows) fn scroll(&self) -> f32 {
        self.scroll
    }

    /// Scrolls down by so much; nobody scrolls beyond the end.
    pub(in crate::windows) fn scroll_by(&mut self, by: f32, reach: f32) {
        let by = if self.is_talk() { -by } else { by };
        self.scroll_to(self.scroll + by, reach);
    }

    /// Scrolls to this place; nobody scrolls beyond the end.
    pub(in crate::windows) fn scroll_to(&mut self, place: f32, reach: f32) {
        self.scroll = place.clamp(0.0, reach.max(0.0));
    }

    /// Takes over from what the page was before: on the same page the keyboard stays at what it was at, even when that
    /// moved, and what is typed stays typed. One that offers the same under another title is the same in another language; only
    /// what is typed or pressed there begins anew.
    pub(super) fn turn_page(&mut self, before: Self) {
        let is_renamed = self.view.title != before.view.title;
        if is_renamed && (rows(&self.view).next().is_none() || !offered(&self.view).eq(offered(&before.view)))
        {
            return;
        }
        let label = |view: &View| field(view).map(|field| field.label.clone());
        if !is_renamed && label(&self.view) == label(&before.view) {
            self.text = before.text.clone();
        }
        self.scroll = before.scroll;
        let same = before.focus.and_then(|focus| match before.name(focus) {
            Some(name) => self.targets().into_iter().find(|target| self.name(*target) == Some(name)),
            None => Some(focus).filter(|focus| self.targets().contains(focus)),
        });
        self.focus = same.or(self.focus);
        if is_renamed {
            return;
        }
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
            Key::Letter(letter) if self.text.chars().count() < self.longest() => {
                self.text.push(letter);
                Some(Act::Typed(self.text.clone()))
            }
            Key::Backspace => self.text.pop().map(|_| Act::Typed(self.text.clone())),
            Key::Press => Some(self.enter()),
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

    fn longest(&self) -> usize {
        if self.is_talk() { LONGEST_REMARK } else { LONGEST_TEXT }
    }

    /// Whoever types while the keyboard is elsewhere means the field, where there is one.
    pub(super) fn find_by_typing(&mut self, key: Key) -> Option<Act> {
        field(&self.view)?;
        self.focus = Some(Target::Field);
        self.type_in_field(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::form::{DEAF, Input, Source, Standing};
    use crate::windows::view::{Answers, Button, ButtonKind, Mark, Refusals, Remark, Shape, Tone};
    use std::time::Duration;

    const SEEN: Standing = Standing { seen: DEAF, clear: true, focused: true };

    fn row(id: u16) -> Row {
        Row { id: ButtonId(id), title: format!("{id}"), line: String::new(), mark: Mark::None }
    }

    fn page(title: &str, rows: &[u16]) -> View {
        let field = Field { label: "Find".into(), text: String::new(), is_secret: false };
        View {
            title: title.into(),
            shape: Shape::Page,
            tone: Tone::Calm,
            body: vec![Block::Field(field), Block::Rows(rows.iter().copied().map(row).collect())],
            buttons: vec![Button { id: ButtonId(9), label: "Back".into(), kind: ButtonKind::Safe }],
            refusals: Refusals::default(),
        }
    }

    fn key(form: &mut Form, key: Key) -> Option<Act> {
        form.handle(Input::Key(key), Source::Played, SEEN)
    }

    fn press(form: &mut Form) -> Option<Act> {
        form.handle(Input::Key(Key::Press), Source::Played, SEEN)
            .or_else(|| form.handle(Input::KeyUp, Source::Played, SEEN))
    }

    #[test]
    fn whoever_types_is_in_the_field_wherever_the_keyboard_was() {
        let mut form = Form::new(page("Whom?", &[1, 2]));
        assert_eq!(form.focus(), Some(Target::Field));
        assert_eq!(key(&mut form, Key::Down), None);
        assert_eq!(form.focus(), Some(Target::Row(0)));
        assert_eq!(
            key(&mut form, Key::Letter('a')),
            Some(Act::Typed("a".into())),
            "also a keyboard on the screen"
        );
        assert_eq!(key(&mut form, Key::Letter(' ')), Some(Act::Typed("a ".into())));
        assert_eq!(key(&mut form, Key::Backspace), Some(Act::Typed("a".into())));
        assert_eq!(key(&mut form, Key::Press), Some(Act::Entered));
        for _ in 0..2 * LONGEST_TEXT {
            key(&mut form, Key::Letter('x'));
        }
        assert_eq!(form.text().len(), LONGEST_TEXT);
    }

    #[test]
    fn a_page_in_another_language_keeps_the_keyboard_where_it_was() {
        let mut form = Form::new(page("Settings", &[1, 2, 3]));
        for _ in 0..3 {
            key(&mut form, Key::Next);
        }
        form.change(page("Einstellungen", &[1, 2, 3]));
        assert_eq!(form.focus(), Some(Target::Row(2)));
        form.change(page("Another page", &[1, 2]));
        assert_eq!(form.focus(), Some(Target::Field), "which begins where every page begins");
    }

    #[test]
    fn on_the_same_page_the_keyboard_stays_at_what_it_was_at() {
        let mut form = Form::new(page("Whom?", &[1, 2, 3]));
        for _ in 0..2 {
            key(&mut form, Key::Next);
        }
        assert_eq!(form.focus(), Some(Target::Row(1)));
        form.change(page("Whom?", &[7, 8, 1, 2, 3]));
        assert_eq!(form.focus(), Some(Target::Row(3)));
        assert_eq!(press(&mut form), Some(Act::Pressed(ButtonId(2), Answers::default())));
        form.change(page("Whom?", &[1]));
        assert_eq!(form.focus(), Some(Target::Field), "what is gone has no keyboard");
        form.change(page("Another", &[1, 2]));
        assert_eq!((form.text(), form.focus()), ("", Some(Target::Field)));
    }

    #[test]
    fn what_was_pressed_before_a_list_moved_is_not_pressed_after_it() {
        let mut form = Form::new(page("Whom?", &[1, 2]));
        form.handle(Input::Down(Some(Target::Row(0))), Source::Real, SEEN);
        form.change(page("Whom?", &[5, 1, 2]));
        assert_eq!(form.handle(Input::Up(Some(Target::Row(0))), Source::Real, SEEN), None);
        form.handle(Input::Down(Some(Target::Row(1))), Source::Real, SEEN);
        form.change(page("Whom?", &[5, 1]));
        let act = form.handle(Input::Up(Some(Target::Row(1))), Source::Real, SEEN);
        assert_eq!(act, Some(Act::Pressed(ButtonId(1), Answers::default())));
    }

    #[test]
    fn escape_goes_back_and_only_the_window_itself_is_closed() {
        let mut form = Form::new(page("Whom?", &[1]));
        assert_eq!(key(&mut form, Key::Escape), Some(Act::Pressed(ButtonId(9), Answers::default())));
        assert_eq!(form.handle(Input::Close, Source::Played, SEEN), Some(Act::Closed));
        let soon = Standing { seen: Duration::ZERO, clear: false, focused: false };
        key(&mut form, Key::Next);
        form.handle(Input::Key(Key::Press), Source::Played, soon);
        let act = form.handle(Input::KeyUp, Source::Played, soon);
        assert_eq!(act, Some(Act::Pressed(ButtonId(1), Answers::default())), "it decides nothing");
    }

    fn chat(remarks: u32) -> View {
        let remark = |number| Remark { number, who: "Anna".into(), text: "Hello".into(), is_own: false };
        let field = Field { label: "Write".into(), text: "draft".into(), is_secret: false };
        let talk = Block::Talk((0..remarks).map(remark).collect());
        let button = |id, kind| Button { id: ButtonId(id), label: format!("{id}"), kind };
        let buttons = vec![button(0, ButtonKind::Safe), button(1, ButtonKind::Plain)];
        View { body: vec![talk, Block::Field(field)], buttons, ..page("Chat", &[]) }
    }

    #[test]
    fn what_was_written_to_somebody_is_gone_from_the_field_however_it_is_sent() {
        let mut form = Form::new(chat(1));
        assert_eq!((form.text(), form.focus()), ("draft", Some(Target::Field)));
        assert_eq!(key(&mut form, Key::Letter('s')), Some(Act::Typed("drafts".into())));
        assert_eq!(key(&mut form, Key::Press), Some(Act::Entered));
        assert_eq!(form.text(), "");
        // What is typed before the window shows what was sent is the beginning of the next.
        key(&mut form, Key::Letter('x'));
        form.change(chat(2));
        assert_eq!(form.text(), "x");
        for _ in 0..2 {
            key(&mut form, Key::Next);
        }
        assert_eq!(form.focus(), Some(Target::Button(1)));
        assert_eq!(press(&mut form), Some(Act::Entered));
        assert_eq!((form.text(), form.focus()), ("", Some(Target::Field)));
        assert_eq!(key(&mut form, Key::Escape), Some(Act::Pressed(ButtonId(0), Answers::default())));
        for _ in 0..2 * LONGEST_REMARK {
            key(&mut form, Key::Letter('x'));
        }
        assert_eq!(form.text().len(), LONGEST_REMARK);
    }

    #[test]
    fn what_was_written_is_scrolled_from_its_end() {
        let mut form = Form::new(chat(1));
        for (by, expected) in [(-30.0, 30.0), (-500.0, 100.0), (40.0, 60.0), (500.0, 0.0)] {
            form.scroll_by(by, 100.0);
            assert!((form.scroll() - expected).abs() < f32::EPSILON, "{by}");
        }
    }

    #[test]
    fn nobody_scrolls_beyond_the_end() {
        let mut form = Form::new(page("Whom?", &[1]));
        for (place, reach, expected) in
            [(50.0, 100.0, 50.0), (500.0, 100.0, 100.0), (-5.0, 100.0, 0.0), (5.0, -1.0, 0.0)]
        {
            form.scroll_to(place, reach);
            assert!((form.scroll() - expected).abs() < f32::EPSILON, "{place} {reach}");
        }
    }
}
