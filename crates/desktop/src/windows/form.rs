//! What happens between a person and one window: pure, so that every rule about who may press what is tested without one.
//!
//! Whether a press counts is decided here, by where it came from ([`Source`]) and how the window stood ([`Standing`]).

use std::time::Duration;

use super::view::{Act, Answers, Block, Button, ButtonId, ButtonKind, Shape, View};

mod page;
pub(super) use page::{field, rows, talk};

/// What allows something is deaf for so long after the window appeared, moved, was uncovered or got the keyboard: nobody
/// allows what they have not had the time to see.
pub(super) const DEAF: Duration = Duration::from_secs(1);

/// A word is not longer than this.
const LONGEST_WORD: usize = 24;

/// Where a press came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A device that somebody can touch.
    Real,
    /// A program.
    Played,
}

/// How the window stood at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// For how long it has been seen as it is now.
    pub(super) seen: Duration,
    /// Nothing lies over it.
    pub(super) clear: bool,
    /// The keyboard is here.
    pub(super) focused: bool,
}

/// Something that can be pointed at, or that the keyboard can be at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Word(usize),
    Choice(usize),
    /// The field of a page.
    Field,
    /// A tile or a row of a page, counted from the top of it.
    Row(usize),
    Button(usize),
}

/// What the person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The main button of the pointer went down.
    Down(Option<Target>),
    /// And up.
    Up(Option<Target>),
    /// A key went down. One that is held does that once.
    Key(Key),
    /// The key that presses came up again.
    KeyUp,
    /// A screen reader or its like asks for the keyboard to be at something.
    Focus(Target),
    /// Or to press it. That comes over a bus and is nobody's finger.
    Press(Target),
    /// The window is to be closed.
    Close,
}

/// A key, by what it does here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Next,
    Previous,
    Left,
    Right,
    Up,
    Down,
    /// Enter, or the space bar outside of a field.
    Press,
    Escape,
    Backspace,
    Letter(char),
}

/// Why a press of what allows something did not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Played,
    Soon,
    Covered,
    Elsewhere,
    Incomplete,
}

/// A window's contents, and what the person has done with them so far.
#[derive(Clone, Debug)]
pub(super) struct Form {
    view: View,
    answers: Answers,
    focus: Option<Target>,
    /// What went down and has not come up.
    held: Option<Held>,
    refused: Option<Refusal>,
    /// What stands in the field of a page.
    text: String,
    /// How far down a page is scrolled, in pixels.
    scroll: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    target: Target,
    /// Whether it may still count, where it matters.
    source: Source,
    refusal: Option<Refusal>,
}

impl Form {
    pub(super) fn new(view: View) -> Self {
        let words = view.body.iter().find_map(|block| match block {
            Block::Words(names) => Some(names.len()),
            _ => None,
        });
        let answers = Answers { words: vec![String::new(); words.unwrap_or(0)], choice: None };
        let text = field(&view).map_or_else(String::new, |field| field.text.clone());
        let mut form = Self { view, answers, focus: None, held: None, refused: None, text, scroll: 0.0 };
        form.focus = form.first_focus();
        form
    }

    /// Something is typed where something can be typed; else the keyboard is at the safe answer.
    fn first_focus(&self) -> Option<Target> {
        if !self.answers.words.is_empty() {
            return Some(Target::Word(0));
        }
        if self.view.shape == Shape::Page {
            return self.targets().first().copied();
        }
        let safe = self.view.buttons.iter().position(|button| button.kind == ButtonKind::Safe);
        safe.or(if self.view.buttons.is_empty() { None } else { Some(0) }).map(Target::Button)
    }

    /// Other contents in the same window: what was typed, and where the keyboard is, stays where it still fits.
    pub(super) fn change(&mut self, view: View) {
        let before = std::mem::replace(self, Self::new(view));
        if self.view.shape == Shape::Page {
            return self.turn_page(before);
        }
        let fits = self.targets();
        if before.focus.is_some_and(|focus| fits.contains(&focus)) {
            self.focus = before.focus;
        }
        if before.answers.words.len() == self.answers.words.len() {
            self.answers = before.answers;
        }
        // What is pressed in this moment was pressed in other contents.
        if self.view.buttons == before.view.buttons {
            self.held = before.held;
        }
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }

    pub(super) fn answers(&self) -> &Answers {
        &self.answers
    }

    pub(super) fn focus(&self) -> Option<Target> {
        self.focus
    }

    pub(super) fn held(&self) -> Option<Target> {
        self.held.map(|held| held.target)
    }

    /// What to say of the last press that did not count.
    pub(super) fn refused(&self) -> Option<&str> {
        let says = &self.view.refusals;
        let text = match self.refused? {
            Refusal::Played => &says.played,
            Refusal::Soon => &says.soon,
            Refusal::Covered => &says.covered,
            Refusal::Elsewhere => &says.elsewhere,
            Refusal::Incomplete => &says.incomplete,
        };
        Some(text.as_str()).filter(|text| !text.is_empty())
    }

    /// Everything that the keyboard can be at, in its order.
    pub(super) fn targets(&self) -> Vec<Target> {
        let mut targets: Vec<Target> = (0..self.answers.words.len()).map(Target::Word).collect();
        for block in &self.view.body {
            if let Block::Choice(choices) = block {
                targets.extend((0..choices.len()).map(Target::Choice));
            }
        }
        if field(&self.view).is_some() {
            targets.push(Target::Field);
        }
        targets.extend((0..rows(&self.view).count()).map(Target::Row));
        targets.extend((0..self.view.buttons.len()).map(Target::Button));
        targets
    }

    /// Takes what the person did, and says what that means outside, if anything.
    pub(super) fn handle(&mut self, input: Input, source: Source, standing: Standing) -> Option<Act> {
        let is_page = self.view.shape == Shape::Page;
        match input {
            Input::Key(key) if is_page && self.focus == Some(Target::Field) && key != Key::Escape => {
                self.held = None;
                self.type_in_field(key)
            }
            Input::Key(key @ Key::Letter(_)) if is_page => self.find_by_typing(key),
            Input::Close if is_page => Some(Act::Closed),
            Input::Down(target) => {
                if let Some(target) = target {
                    self.move_to(target);
                }
                self.hold(target, source, standing);
                None
            }
            Input::Up(target) => {
                let held = self.held.take()?;
                if target == Some(held.target) { self.release(held, source, standing) } else { None }
            }
            Input::Key(Key::Press) if matches!(self.focus, Some(Target::Word(_))) => {
                self.step(1);
                None
            }
            // Whoever was typing elsewhere when the window appeared has not answered it. Escape is nobody's typing.
            Input::Key(Key::Press) if standing.seen < DEAF && !self.is_at_allow() && !is_page => None,
            Input::Key(Key::Press) => {
                self.hold(self.focus, source, standing);
                None
            }
            Input::KeyUp => {
                let held = self.held.take()?;
                if self.focus == Some(held.target) { self.release(held, source, standing) } else { None }
            }
            Input::Key(Key::Escape) | Input::Close => self.safe(),
            Input::Key(key) => {
                self.held = None;
                self.key(key, source);
                None
            }
            Input::Focus(target) => {
                if self.targets().contains(&target) {
                    self.move_to(target);
                }
                None
            }
            Input::Press(target) => {
                if !self.targets().contains(&target) {
                    return None;
                }
                self.move_to(target);
                let refusal = Some(Refusal::Played);
                self.release(Held { target, source: Source::Played, refusal }, Source::Played, standing)
            }
        }
    }

    fn is_at_allow(&self) -> bool {
        let Some(Target::Button(at)) = self.focus else { return false };
        self.view.buttons.get(at).is_some_and(|button| button.kind == ButtonKind::Allow)
    }

    /// The answer that keeps everything as it is, if there is one.
    fn safe(&self) -> Option<Act> {
        let safe = self.view.buttons.iter().find(|button| button.kind == ButtonKind::Safe)?;
        Some(Act::Pressed(safe.id, self.answers.clone()))
    }

    fn hold(&mut self, target: Option<Target>, source: Source, standing: Standing) {
        let refusal = refusal(source, standing);
        self.held = target.map(|target| Held { target, source, refusal });
    }

    /// What was pressed is let go of. Both have to be right where something is allowed.
    fn release(&mut self, held: Held, source: Source, standing: Standing) -> Option<Act> {
        match held.target {
            Target::Word(_) | Target::Field => None,
            Target::Row(at) => rows(&self.view).nth(at).map(|row| Act::Pressed(row.id, Answers::default())),
            Target::Choice(choice) => {
                // What is chosen here may allow something later: a program chooses nothing.
                if (held.source, source) == (Source::Real, Source::Real) {
                    self.answers.choice = Some(choice);
                    self.refused = None;
                } else {
                    self.refused = Some(Refusal::Played);
                }
                None
            }
            Target::Button(at) => {
                let Button { id, kind, .. } = *self.view.buttons.get(at)?;
                if kind == ButtonKind::Plain && self.is_talk() {
                    return Some(self.enter());
                }
                if kind == ButtonKind::Allow {
                    let incomplete = if self.is_complete() { None } else { Some(Refusal::Incomplete) };
                    self.refused = held.refusal.or(refusal(source, standing)).or(incomplete);
                    if self.refused.is_some() {
                        return None;
                    }
                }
                Some(Act::Pressed(id, self.answers.clone()))
            }
        }
    }

    /// Whether everything is typed and chosen.
    pub(super) fn is_complete(&self) -> bool {
        let has_choice = self.view.body.iter().any(|block| matches!(block, Block::Choice(_)));
        self.answers.words.iter().all(|word| !word.is_empty())
            && (!has_choice || self.answers.choice.is_some())
    }

    /// Takes the last letter of this word, or goes back to the word before.
    fn back(&mut self, at: usize) {
        if self.answers.words[at].pop().is_none() && at > 0 {
            self.focus = Some(Target::Word(at - 1));
        }
    }

    fn key(&mut self, key: Key, source: Source) {
        match (key, self.focus) {
            (Key::Next, _) => self.step(1),
            (Key::Previous, _) => self.step(-1),
            (Key::Letter(letter), Some(Target::Word(at))) if source == Source::Real => {
                self.letter(at, letter)
            }
            (Key::Letter(_), Some(Target::Word(_))) => self.refused = Some(Refusal::Played),
            (Key::Backspace, Some(Target::Word(at))) => self.back(at),
            (Key::Down | Key::Right, Some(Target::Choice(_) | Target::Row(_) | Target::Button(_))) => {
                self.step(1)
            }
            (Key::Up | Key::Left, Some(Target::Choice(_) | Target::Row(_) | Target::Button(_))) => {
                self.step(-1)
            }
            _ => {}
        }
    }

    /// A space goes on to the next word, as people type three of them.
    fn letter(&mut self, at: usize, letter: char) {
        let word = &mut self.answers.words[at];
        if letter == ' ' {
            if !word.is_empty() && at + 1 < self.answers.words.len() {
                self.focus = Some(Target::Word(at + 1));
            }
        } else if (letter.is_alphabetic() || letter == '-') && word.chars().count() < LONGEST_WORD {
            word.extend(letter.to_lowercase());
            self.refused = None;
        }
    }

    fn move_to(&mut self, target: Target) {
        self.focus = Some(target);
    }

    fn step(&mut self, by: isize) {
        let targets = self.targets();
        let Ok(count) = isize::try_from(targets.len()) else { return };
        if count == 0 {
            return;
        }
        let at = targets.iter().position(|target| Some(*target) == self.focus);
        let at = at.and_then(|at| isize::try_from(at).ok()).unwrap_or(-1);
        self.focus =
            usize::try_from((at + by).rem_euclid(count)).ok().and_then(|at| targets.get(at).copied());
    }
}

/// Why a press of what allows something does not count in this moment, if it does not.
pub(super) fn refusal(source: Source, standing: Standing) -> Option<Refusal> {
    match standing {
        _ if source == Source::Played => Some(Refusal::Played),
        Standing { clear: false, .. } => Some(Refusal::Covered),
        Standing { focused: false, .. } => Some(Refusal::Elsewhere),
        Standing { seen, .. } if seen < DEAF => Some(Refusal::Soon),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
