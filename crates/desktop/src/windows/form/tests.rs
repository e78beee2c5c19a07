//! Who may press what, in every way that there is.

use super::*;

use crate::windows::view::{ButtonId, Refusals, Shape, Tone};

const NO: ButtonId = ButtonId(1);
const YES: ButtonId = ButtonId(2);
const PAUSE: ButtonId = ButtonId(3);

fn view(body: Vec<Block>) -> View {
    let button = |id, kind| Button { id, label: format!("{kind:?}"), kind };
    View {
        title: "A question".into(),
        shape: Shape::Question,
        tone: Tone::Calm,
        body,
        buttons: vec![
            button(NO, ButtonKind::Safe),
            button(PAUSE, ButtonKind::Plain),
            button(YES, ButtonKind::Allow),
        ],
        refusals: Refusals {
            played: "played".into(),
            soon: "soon".into(),
            covered: "covered".into(),
            elsewhere: "elsewhere".into(),
            incomplete: "incomplete".into(),
        },
    }
}

fn form() -> Form {
    Form::new(view(vec![Block::Heading("Really?".into())]))
}

/// In plain sight for long enough.
const SEEN: Standing = Standing { seen: DEAF, clear: true, focused: true };

fn click(form: &mut Form, target: Target, (down, up): (Source, Source), standing: Standing) -> Option<Act> {
    assert_eq!(form.handle(Input::Down(Some(target)), down, standing), None);
    form.handle(Input::Up(Some(target)), up, standing)
}

fn press(form: &mut Form, (down, up): (Source, Source), standing: Standing) -> Option<Act> {
    assert_eq!(form.handle(Input::Key(Key::Press), down, standing), None);
    form.handle(Input::KeyUp, up, standing)
}

fn keys(form: &mut Form, keys: &[Key]) {
    for key in keys {
        assert_eq!(form.handle(Input::Key(*key), Source::Real, SEEN), None);
    }
}

fn id(act: Option<Act>) -> Option<ButtonId> {
    act.map(|act| match act {
        Act::Pressed(id, _) => id,
        other => panic!("{other:?} is only of pages"),
    })
}

const REAL: (Source, Source) = (Source::Real, Source::Real);
const PLAYED: (Source, Source) = (Source::Played, Source::Played);
const SAFE: Target = Target::Button(0);
const ALLOW: Target = Target::Button(2);

#[test]
fn the_keyboard_is_at_the_safe_answer_and_that_is_the_left_one() {
    assert_eq!(form().focus(), Some(SAFE));
    assert_eq!(id(press(&mut form(), REAL, SEEN)), Some(NO));
}

#[test]
fn a_finger_allows() {
    assert_eq!(id(click(&mut form(), ALLOW, REAL, SEEN)), Some(YES));
    let mut form = form();
    keys(&mut form, &[Key::Next, Key::Next]);
    assert_eq!(id(press(&mut form, REAL, SEEN)), Some(YES));
}

#[test]
fn a_program_allows_nothing_also_not_for_half_of_a_press() {
    for sources in [PLAYED, (Source::Real, Source::Played), (Source::Played, Source::Real)] {
        let mut form = form();
        assert_eq!(click(&mut form, ALLOW, sources, SEEN), None, "{sources:?}");
        assert_eq!(form.refused(), Some("played"));
        assert_eq!(press(&mut form, sources, SEEN), None, "{sources:?}");
    }
    let mut form = form();
    assert_eq!(form.handle(Input::Press(ALLOW), Source::Real, SEEN), None, "nor does a screen reader");
    assert_eq!(form.refused(), Some("played"));
}

#[test]
fn nothing_is_allowed_in_a_window_that_was_not_seen() {
    let standings = [
        (Standing { seen: DEAF - Duration::from_millis(1), ..SEEN }, "soon"),
        (Standing { clear: false, ..SEEN }, "covered"),
        (Standing { focused: false, ..SEEN }, "elsewhere"),
    ];
    for (standing, why) in standings {
        let mut form = form();
        assert_eq!(click(&mut form, ALLOW, REAL, standing), None, "{why}");
        assert_eq!(form.refused(), Some(why));
        // A press that began too early stays one.
        assert_eq!(form.handle(Input::Down(Some(ALLOW)), Source::Real, standing), None);
        assert_eq!(form.handle(Input::Up(Some(ALLOW)), Source::Real, SEEN), None, "{why}");
        assert_eq!(form.handle(Input::Down(Some(ALLOW)), Source::Real, SEEN), None);
        assert_eq!(form.handle(Input::Up(Some(ALLOW)), Source::Real, standing), None, "{why}");
        assert_eq!(id(click(&mut form, ALLOW, REAL, SEEN)), Some(YES), "afterwards it is heard");
    }
}

#[test]
fn no_is_heard_from_everywhere_and_at_once() {
    let hidden = Standing { seen: Duration::ZERO, clear: false, focused: false };
    for (target, expected) in [(SAFE, NO), (Target::Button(1), PAUSE)] {
        for sources in [REAL, PLAYED] {
            assert_eq!(id(click(&mut form(), target, sources, hidden)), Some(expected));
        }
        assert_eq!(id(form().handle(Input::Press(target), Source::Played, hidden)), Some(expected));
    }
    for input in [Input::Key(Key::Escape), Input::Close] {
        assert_eq!(id(form().handle(input, Source::Played, hidden)), Some(NO));
    }
}

#[test]
fn what_was_typed_elsewhere_is_no_answer() {
    let quick = Standing { seen: DEAF / 2, ..SEEN };
    let mut form = form();
    assert_eq!(press(&mut form, REAL, quick), None);
    assert_eq!((form.refused(), form.held()), (None, None));
    assert_eq!(id(press(&mut form, REAL, SEEN)), Some(NO));
}

#[test]
fn a_press_that_ends_elsewhere_is_none() {
    let mut form = form();
    form.handle(Input::Down(Some(SAFE)), Source::Real, SEEN);
    assert_eq!(form.handle(Input::Up(Some(ALLOW)), Source::Real, SEEN), None, "a drag onto it");
    form.handle(Input::Down(None), Source::Real, SEEN);
    assert_eq!(form.handle(Input::Up(Some(ALLOW)), Source::Real, SEEN), None);
    assert_eq!(form.handle(Input::KeyUp, Source::Real, SEEN), None, "a key that was down before");
    assert_eq!(
        form.handle(Input::Up(Some(ALLOW)), Source::Real, SEEN),
        None,
        "a button that was down before"
    );
    keys(&mut form, &[Key::Next, Key::Next, Key::Press, Key::Next]);
    assert_eq!(form.handle(Input::KeyUp, Source::Real, SEEN), None, "the keyboard went on meanwhile");
}

#[test]
fn contents_that_change_take_a_press_with_them() {
    let mut form = form();
    form.handle(Input::Down(Some(ALLOW)), Source::Real, SEEN);
    let mut other = view(vec![]);
    other.buttons[2].id = ButtonId(9);
    form.change(other);
    assert_eq!(form.handle(Input::Up(Some(ALLOW)), Source::Real, SEEN), None);
}

fn words() -> Form {
    Form::new(view(vec![Block::Words(vec!["1".into(), "2".into(), "3".into()])]))
}

fn typed(form: &mut Form, text: &str, source: Source) {
    for letter in text.chars() {
        assert_eq!(form.handle(Input::Key(Key::Letter(letter)), source, SEEN), None);
    }
}

#[test]
fn three_words_are_typed_as_people_type_them() {
    let mut form = words();
    assert_eq!(form.focus(), Some(Target::Word(0)));
    typed(&mut form, " Apple River 7moon ", Source::Real);
    assert_eq!(form.answers().words, ["apple", "river", "moon"]);
    keys(&mut form, &[Key::Backspace, Key::Backspace, Key::Backspace, Key::Backspace, Key::Backspace]);
    assert_eq!(form.focus(), Some(Target::Word(1)));
    typed(&mut form, &"x".repeat(100), Source::Real);
    assert_eq!(form.answers().words[1].len(), LONGEST_WORD);
    assert_eq!(click(&mut form, ALLOW, REAL, SEEN), None);
    assert_eq!(form.refused(), Some("incomplete"));
    form.handle(Input::Focus(Target::Word(2)), Source::Played, SEEN);
    typed(&mut form, "moon", Source::Real);
    keys(&mut form, &[Key::Press]);
    assert_eq!(form.focus(), Some(SAFE), "Enter goes on, and to the safe answer first");
    let Some(Act::Pressed(YES, answers)) = click(&mut form, ALLOW, REAL, SEEN) else {
        panic!("all is typed")
    };
    assert_eq!(answers.words[2], "moon");
}

#[test]
fn a_program_types_no_word() {
    let mut form = words();
    typed(&mut form, "apple river moon", Source::Played);
    assert_eq!(form.answers().words, ["", "", ""]);
    assert_eq!(form.refused(), Some("played"));
}

#[test]
fn nothing_is_chosen_until_the_person_chooses() {
    let mut form = Form::new(view(vec![Block::Choice(vec!["I did".into(), "They did".into()])]));
    assert_eq!(form.answers().choice, None);
    assert_eq!(form.focus(), Some(SAFE));
    assert_eq!(click(&mut form, ALLOW, REAL, SEEN), None);
    assert_eq!(form.refused(), Some("incomplete"));
    click(&mut form, Target::Choice(1), PLAYED, SEEN);
    form.handle(Input::Press(Target::Choice(1)), Source::Real, SEEN);
    assert_eq!(form.answers().choice, None, "a program chooses nothing");
    click(&mut form, Target::Choice(1), REAL, SEEN);
    assert_eq!(form.answers().choice, Some(1));
    assert_eq!(id(click(&mut form, ALLOW, REAL, SEEN)), Some(YES));
}

#[test]
fn the_keyboard_goes_round() {
    let mut form =
        Form::new(view(vec![Block::Words(vec!["1".into()]), Block::Choice(vec!["a".into(), "b".into()])]));
    let round: Vec<_> = (0..6)
        .map(|_| {
            keys(&mut form, &[Key::Next]);
            form.focus().expect("it is somewhere")
        })
        .collect();
    let mut all = form.targets();
    assert_eq!(all.len(), 6);
    all.rotate_left(1);
    assert_eq!(round, all);
    keys(&mut form, &[Key::Previous]);
    assert_eq!(form.focus(), Some(ALLOW));
    assert_eq!(form.handle(Input::Focus(Target::Button(77)), Source::Played, SEEN), None);
    assert_eq!(form.handle(Input::Press(Target::Word(77)), Source::Played, SEEN), None);
    assert_eq!(form.focus(), Some(ALLOW), "what is not there cannot be asked for");
}
