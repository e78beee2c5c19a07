//! Where everything in a window lies.

use super::canvas::Area;
use super::form::{Form, Target};
use super::letters::{Letters, Style};
use super::look::{Look, SMALLEST};
use super::view::{Block, Shape};

pub(super) mod page;

/// How wide a question is at the usual size.
const WIDTH: f32 = 660.0;
/// Between the edge and what is read.
const MARGIN: f32 = 32.0;
/// Above and below what belongs to different things.
const GAP: f32 = 18.0;
/// Everything that can be pressed is at least so high and wide.
const TARGET: f32 = 44.0;
/// In a bar the text is not cut shorter than this to have the buttons beside it.
const LEAST_OF_A_TEXT: f32 = 240.0;
/// Where there is so much room, a bar has as many buttons as there can be beside that.
const WIDEST_BAR: f32 = 1000.0;
/// As many buttons as a bar can have need no more than this in a line of their own, and no more than two lines of half of it.
const WIDEST_BUTTONS: f32 = 720.0;
/// The coloured line at the top of a question.
pub(super) const STRIPE: f32 = 8.0;
/// Between the edge of a button and its words.
pub(super) const INSET: f32 = 20.0;
/// A ring before a choice.
pub(super) const RING: f32 = 22.0;

/// A window, laid out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) parts: Vec<Part>,
    /// How far down it can be scrolled, in pixels.
    pub(super) reach: f32,
}

/// One part of it, where it lies, with its words where it has some.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) area: Area,
    pub(super) what: What,
    pub(super) text: String,
    pub(super) style: Style,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Heading,
    Text,
    Quiet,
    /// A sentence with a bar beside it.
    Strong,
    /// The name of a field.
    Name,
    Target(Target),
    /// What is said of a press that did not count.
    Refused,
    /// The mark at the beginning of a bar.
    Mark,
    /// The ground of what somebody wrote: whether it was the person here.
    Said(bool),
    /// What is read out.
    Large,
    /// The ground below the buttons of a page, over what is scrolled.
    Footer,
    /// What shows how far a page is scrolled.
    Thumb,
}

impl Layout {
    /// Lays a window out so that it is no larger than this, as far as that can be.
    pub(super) fn new(form: &Form, look: Look, letters: &mut Letters, most: (f32, f32)) -> Self {
        match form.view().shape {
            Shape::Question => question(form, look, letters, look.px(WIDTH).min(most.0)),
            Shape::Bar(place) => bar(form, look, letters, f32::from(place.width)),
            Shape::Page => page::page(form, look, letters, most),
        }
    }

    /// A question that is wider than usual, by so many tenths.
    pub(super) fn wider(form: &Form, look: Look, letters: &mut Letters, most: f32, tenths: u8) -> Self {
        let wide = look.px(WIDTH * (1.0 + f32::from(tenths) / 10.0));
        question(form, look, letters, wide.min(most))
    }

    /// What lies at this place.
    pub(super) fn at(&self, x: f32, y: f32) -> Option<Target> {
        // What lies above others was drawn after them.
        let mut here = self.parts.iter().rev().filter(|part| part.area.contains(x, y));
        here.find_map(|part| match part.what {
            What::Target(target) => Some(Some(target)),
            What::Footer => Some(None),
            _ => None,
        })
        .flatten()
    }

    /// Where the buttons of a page begin, and what is scrolled ends.
    pub(super) fn footer(&self) -> f32 {
        let footer = self.parts.iter().find(|part| part.what == What::Footer);
        footer.map_or(f32::from(self.height), |part| part.area.y)
    }

    /// From top to bottom of everything that allows or refuses something.
    pub(super) fn area_of(&self, target: Target) -> Option<Area> {
        self.parts.iter().find(|part| part.what == What::Target(target)).map(|part| part.area)
    }
}

/// Writes parts below each other.
struct Page<'a> {
    look: Look,
    letters: &'a mut Letters,
    left: f32,
    width: f32,
    y: f32,
    parts: Vec<Part>,
}

impl Page<'_> {
    fn gap(&mut self, usual: f32) {
        self.y += self.look.px(usual);
    }

    fn style(&self, size: f32, bold: bool) -> Style {
        Style { size: self.look.px(size), bold }
    }

    fn write(&mut self, what: What, text: &str, style: Style, indent: f32) {
        let width = self.width - indent;
        let (_, height) = self.letters.measure(text, style, width);
        let area = Area { x: self.left + indent, y: self.y, width, height };
        self.parts.push(Part { area, what, text: text.to_owned(), style });
        self.y += height;
    }
}

fn question(form: &Form, look: Look, letters: &mut Letters, wide: f32) -> Layout {
    let margin = look.px(MARGIN).min(wide / 12.0);
    let mut page = Page {
        look,
        letters,
        left: margin,
        width: wide - 2.0 * margin,
        y: look.px(STRIPE),
        parts: Vec::new(),
    };
    page.gap(MARGIN - 6.0);
    for (at, block) in form.view().body.iter().enumerate() {
        if at > 0 {
            page.gap(if matches!(block, Block::Who(_)) { 6.0 } else { GAP });
        }
        write(&mut page, block);
    }
    page.gap(GAP);
    // Its place is kept, so that nothing moves under a pointer that is about to click.
    let style = page.style(16.0, true);
    let lines = style.size * 1.4 * 2.0;
    let width = page.width;
    let text = form.refused().unwrap_or_default().to_owned();
    let area = Area { x: margin, y: page.y, width, height: lines };
    page.parts.push(Part { area, what: What::Refused, text, style });
    page.y += lines;
    page.gap(10.0);
    buttons(&mut page, form);
    page.gap(MARGIN - 6.0);
    Layout { width: pixels(wide), height: pixels(page.y), parts: page.parts, reach: 0.0 }
}

fn write(page: &mut Page<'_>, block: &Block) {
    let (heading, text, small) = (page.style(26.0, true), page.style(22.0, false), page.style(17.0, false));
    match block {
        Block::Heading(words) => page.write(What::Heading, words, heading, 0.0),
        Block::Who(words) | Block::Small(words) => page.write(What::Quiet, words, small, 0.0),
        Block::Text(words) => page.write(What::Text, words, text, 0.0),
        Block::Strong(words) => {
            let indent = page.look.px(18.0);
            page.write(What::Strong, words, Style { bold: true, ..text }, indent);
        }
        Block::Words(names) => words(page, names),
        Block::Large(_) | Block::Field(_) | Block::Rows(_) | Block::Tiles(_) | Block::Talk(_) => {
            page::write(page, block);
        }
        Block::Choice(choices) => {
            for (at, choice) in choices.iter().enumerate() {
                if at > 0 {
                    page.gap(8.0);
                }
                let (inset, ring) = (page.look.px(14.0), page.look.px(RING));
                let (_, height) = page.letters.measure(choice, text, page.width - 3.0 * inset - ring);
                let height = (height + inset).max(page.look.px(TARGET));
                let area = Area { x: page.left, y: page.y, width: page.width, height };
                let what = What::Target(Target::Choice(at));
                page.parts.push(Part { area, what, text: choice.clone(), style: text });
                page.y += height;
            }
        }
    }
}

/// Fields beside each other, where they have room.
fn words(page: &mut Page<'_>, names: &[String]) {
    let gap = page.look.px(14.0);
    let count = names.len().max(1) as f32;
    let least = page.look.px(130.0);
    let in_a_row = if (page.width - gap * (count - 1.0)) / count >= least { names.len().max(1) } else { 1 };
    let width = (page.width - gap * (in_a_row as f32 - 1.0)) / in_a_row as f32;
    let (name_style, style) = (page.style(16.0, false), page.style(22.0, false));
    let height = page.look.px(TARGET + 4.0);
    for (at, name) in names.iter().enumerate() {
        let column = (at % in_a_row) as f32;
        if at > 0 && at % in_a_row == 0 {
            page.gap(10.0);
        }
        let x = page.left + column * (width + gap);
        let (_, named) = page.letters.measure(name, name_style, width);
        let area = Area { x, y: page.y, width, height: named };
        page.parts.push(Part { area, what: What::Name, text: name.clone(), style: name_style });
        let area = Area { x, y: page.y + named + page.look.px(2.0), width, height };
        page.parts.push(Part { area, what: What::Target(Target::Word(at)), text: String::new(), style });
        if at % in_a_row == in_a_row - 1 || at + 1 == names.len() {
            page.y = area.y + height;
        }
    }
}

/// In a row, the safe one at the left; below each other where they have no room, the safe one on top.
fn buttons(page: &mut Page<'_>, form: &Form) {
    let style = page.style(19.0, true);
    let (inset, gap, least) = (page.look.px(INSET), page.look.px(16.0), page.look.px(TARGET));
    let labels: Vec<&str> = form.view().buttons.iter().map(|button| button.label.as_str()).collect();
    let widths: Vec<f32> = labels
        .iter()
        .map(|label| (page.letters.measure(label, style, f32::INFINITY).0 + 2.0 * inset).max(2.0 * least))
        .collect();
    let needed = widths.iter().sum::<f32>() + gap * (widths.len().saturating_sub(1)) as f32;
    let height = page.look.px(TARGET + 6.0);
    if needed <= page.width {
        let mut x = page.left;
        for (at, (label, width)) in labels.iter().zip(&widths).enumerate() {
            // What allows something is far from what does not.
            if at > 0 && at + 1 == labels.len() {
                x = page.left + page.width - width;
            }
            let area = Area { x, y: page.y, width: *width, height };
            let what = What::Target(Target::Button(at));
            page.parts.push(Part { area, what, text: (*label).to_owned(), style });
            x += width + gap;
        }
        page.y += height;
        return;
    }
    for (at, label) in labels.iter().enumerate() {
        if at > 0 {
            page.y += gap;
        }
        let (_, lines) = page.letters.measure(label, style, page.width - 2.0 * inset);
        let height = height.max(lines + inset);
        let area = Area { x: page.left, y: page.y, width: page.width, height };
        let what = What::Target(Target::Button(at));
        page.parts.push(Part { area, what, text: (*label).to_owned(), style });
        page.y += height;
    }
}

/// One line: a mark, what is read, the buttons at the right.
/// How high the bar may be on a monitor of this width, where as many buttons as there can be have no room beside what it says.
pub(super) fn bar_height(look: Look, width: f32) -> f32 {
    let lines = |count: f32| 4.0 + count * (TARGET + 4.0);
    if width >= look.px(WIDEST_BAR) {
        return look.px(lines(1.0));
    }
    // Buttons are set smaller before they go on in a third line.
    look.px(lines(2.0)).max(lines(1.0 + (WIDEST_BUTTONS / width).ceil()))
}

/// In one line where that has room, else the buttons in a second one: whoever it is about must be readable, and every button must be
/// there. What is still too wide is set smaller, and what cannot be smaller goes on in another line.
fn bar(form: &Form, look: Look, letters: &mut Letters, most: f32) -> Layout {
    let (edge, gap, pad) = (look.px(12.0), look.px(10.0), look.px(4.0));
    let (size, target) = (look.px(17.0), look.px(TARGET));
    let style = Style { size, bold: true };
    let mut parts = Vec::new();
    let mark = look.px(14.0);
    let middle = |high: f32| pad + (target - high) / 2.0;
    let area = Area { x: edge, y: middle(mark), width: mark, height: mark };
    parts.push(Part { area, what: What::Mark, text: String::new(), style });
    let labels = form.view().buttons.iter().map(|button| button.label.clone());
    let buttons: Vec<(String, f32)> = labels
        .map(|label| {
            let width = letters.measure(&label, style, f32::INFINITY).0 + 2.0 * edge;
            (label, width.max(target))
        })
        .collect();
    let needed: f32 = buttons.iter().map(|(_, width)| width + gap).sum();
    if needed - gap + 2.0 * edge > most && look.scale > SMALLEST {
        return bar(form, Look::new(look.dark, look.scale * 0.92), letters, most);
    }
    let text = form.view().body.iter().find_map(|block| match block {
        Block::Heading(text) | Block::Text(text) | Block::Strong(text) => Some(text.as_str()),
        _ => None,
    });
    let text = text.unwrap_or_default();
    let x = edge + mark + gap;
    let (wide, high) = letters.measure(text, style, f32::INFINITY);
    // Who it is may be long; the buttons have room before the end of a name, but not before most of it.
    let beside = (most - x - needed - gap - edge).max(0.0);
    let is_one_line = beside > 0.0 && (wide <= beside || beside >= look.px(LEAST_OF_A_TEXT));
    let room = if is_one_line { beside } else { (most - x - edge).max(0.0) };
    let text = if wide > room { shortened(text, style, letters, room) } else { text.to_owned() };
    let wide = wide.min(room);
    parts.push(Part {
        area: Area { x, y: middle(high), width: wide + 1.0, height: high },
        what: What::Text,
        text,
        style,
    });
    let end = x + wide;
    let (mut x, mut y) = if is_one_line { (end + gap + gap, pad) } else { (edge, pad + target + pad) };
    let mut widest = end;
    for (at, (label, width)) in buttons.into_iter().enumerate() {
        if !is_one_line && x > edge && x + width + edge > most {
            (x, y) = (edge, y + target + pad);
        }
        widest = widest.max(x + width);
        let area = Area { x, y, width, height: target };
        parts.push(Part { area, what: What::Target(Target::Button(at)), text: label, style });
        x += width + gap;
    }
    let width = (widest + edge).min(most);
    Layout { width: pixels(width), height: pixels(y + target + pad), parts, reach: 0.0 }
}

/// As much of it as has room, and a sign that there was more.
fn shortened(text: &str, style: Style, letters: &mut Letters, room: f32) -> String {
    let mut kept: Vec<char> = text.chars().collect();
    while let Some(_last) = kept.pop() {
        let candidate: String = kept.iter().chain(&['…']).collect();
        if letters.measure(&candidate, style, f32::INFINITY).0 <= room {
            return candidate;
        }
    }
    String::new()
}

fn pixels(length: f32) -> u16 {
    length.ceil().clamp(1.0, 16_000.0) as u16
}
