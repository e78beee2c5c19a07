//! What a window shows: plain data. Where it lies, how it is drawn and how it is read out follows from this.

/// The contents of one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// What the window is called, in lists of windows and by a screen reader.
    pub title: String,
    /// Where it belongs.
    pub shape: Shape,
    /// What its colour says. The words say it too.
    pub tone: Tone,
    /// What is read, from top to bottom.
    pub body: Vec<Block>,
    /// What can be done, from left to right; the safe answer first.
    pub buttons: Vec<Button>,
    /// What is said when a press of [`ButtonKind::Allow`] did not count.
    pub refusals: Refusals,
}

/// Where a window belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Beside the pointer, above other windows, with the keyboard.
    Question,
    /// One line at the upper edge of this part of the display, above everything; it never takes the keyboard.
    Bar(crate::Rect),
    /// An ordinary window, of one size whatever it shows: what does not fit is scrolled, and the buttons stay at its lower
    /// edge. It decides nothing, so there is no [`ButtonKind::Allow`] in it, and it holds nothing back.
    Page,
}

/// What the colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing is shared.
    Calm,
    /// Something can be seen.
    Seen,
    /// Something can be controlled.
    Controlled,
}

/// A part of what is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// What it is about.
    Heading(String),
    /// Who it is about: quieter than the rest.
    Who(String),
    /// A sentence or two.
    Text(String),
    /// The same, not to be overlooked.
    Strong(String),
    /// Below everything else, quietly.
    Small(String),
    /// A word is typed into each of these; this is what each of them is called.
    Words(Vec<String>),
    /// One of these is chosen. None is at first.
    Choice(Vec<String>),
    /// Something that is read out: as large as it can be. Only in a [`Shape::Page`], as all that follow.
    Large(String),
    /// Something is typed here; every change is an [`Act::Typed`], Enter an [`Act::Entered`].
    Field(Field),
    /// Things that can be pressed, one below the other, each with a line of what there is to know.
    Rows(Vec<Row>),
    /// The few things that most people come for, large.
    Tiles(Vec<Row>),
    /// What two people have written to each other, the newest at the end, which is in view. A [`Block::Field`] behind it stays
    /// at the lower edge, and is empty again when the person is done with it. What a program plays back is not written here
    /// while somebody else's keys may be among it, and those rest while the person writes.
    Talk(Vec<Remark>),
}

/// Something that one of them wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Counts them; the same for ever.
    pub number: u32,
    /// Who wrote it.
    pub who: String,
    /// What they wrote.
    pub text: String,
    /// Whether it was the person here.
    pub is_own: bool,
}

/// A field of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What is typed there. A field of another name is another field, and begins with its own text.
    pub label: String,
    /// What stands there at first.
    pub text: String,
    /// Whether only dots are shown.
    pub is_secret: bool,
}

/// One of several things that can be pressed, in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How it is named in [`Act::Pressed`].
    pub id: ButtonId,
    /// What it is.
    pub title: String,
    /// What there is to know of it; may be empty.
    pub line: String,
    /// What stands before it. The line says it too.
    pub mark: Mark,
}

/// What stands before a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    None,
    /// A full ring: it is there.
    Full,
    /// An empty one: it is not.
    Empty,
}

/// Something that can be pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// How it is named in [`Act::Pressed`].
    pub id: ButtonId,
    /// What happens then.
    pub label: String,
    /// Who may press it, and how.
    pub kind: ButtonKind,
}

/// The name of a button in its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ButtonId(pub u16);

/// Who may press a button, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonKind {
    /// Takes something away or keeps it as it is. Anybody may press it in any way; Escape does, and closing the window.
    Safe,
    /// Anybody may press it in any way, but Escape does not.
    Plain,
    /// Allows something. Only the person here, with a real pointer or keyboard, in a window that they have seen.
    Allow,
}

/// Sentences for a press that did not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// It came from a program and not from a mouse or keyboard.
    pub played: String,
    /// The window has not been there for a second.
    pub soon: String,
    /// Something covers the window.
    pub covered: String,
    /// The keyboard is elsewhere.
    pub elsewhere: String,
    /// Something has still to be typed or chosen.
    pub incomplete: String,
}

/// What the person did with a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// They pressed a button, or something else that has a name.
    Pressed(ButtonId, Answers),
    /// This stands now in the field of a page.
    Typed(String),
    /// They are done with the field.
    Entered,
    /// They want the window of a page to go. It stays until it is closed.
    Closed,
}

/// What was typed and chosen above the buttons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// One for each field.
    pub words: Vec<String>,
    /// Counted from zero.
    pub choice: Option<usize>,
}

/// Text from elsewhere for a window: one line of at most `most` characters, in which nothing can steer what stands
/// around it. Controls and direction marks become `·`, and what is written from right to left is kept apart.
#[must_use]
pub fn foreign(text: &str, most: usize) -> String {
    let mut clean: String = text.chars().take(most).map(|c| if is_harmless(c) { c } else { '·' }).collect();
    if text.chars().nth(most).is_some() {
        clean.push('…');
    }
    if clean.is_ascii() { clean } else { format!("\u{2068}{clean}\u{2069}") }
}

/// Nothing that moves, hides or joins other characters.
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_steer_what_stands_around_it() {
        assert_eq!(foreign("Ann", 10), "Ann");
        assert_eq!(foreign("a\u{202e}b\nc\u{200b}", 10), "\u{2068}a·b·c·\u{2069}");
        assert_eq!(foreign("Jürgen", 10), "\u{2068}Jürgen\u{2069}");
        assert_eq!(foreign("0123456789abc", 10), "\u{2068}0123456789…\u{2069}");
        assert_eq!(
            foreign("a\u{2069}b", 10),
            "\u{2068}a·b\u{2069}",
            "what keeps it apart cannot be ended from inside"
        );
    }
}
