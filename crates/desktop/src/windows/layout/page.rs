//! A page: an ordinary window of one size. What it says is scrolled, the buttons stay at its lower edge.

use super::{
    Block, Form, GAP, INSET, Layout, Letters, Look, MARGIN, Page, Part, STRIPE, Style, TARGET, Target, What,
};
use crate::windows::canvas::Area;
use crate::windows::form::{field, rows};
use crate::windows::view::{Field, Mark, Remark, Row};

/// How large it is at the usual size, where the display has room.
const WIDTH: f32 = 720.0;
const HEIGHT: f32 = 660.0;
/// So much of the display is left to its panels, and to the frame of the window.
const FRAME: f32 = 56.0;
/// What one person wrote ends so far from where the other's begins.
const ASIDE: f32 = 90.0;
/// Before the words of a row, where it has a mark.
pub(in crate::windows) const MARK: f32 = 14.0;

pub(super) fn page(form: &Form, look: Look, letters: &mut Letters, most: (f32, f32)) -> Layout {
    let wide = look.px(WIDTH).min(most.0);
    let high = look.px(HEIGHT).min(most.1 - FRAME);
    let margin = look.px(MARGIN).min(wide / 12.0);
    let y = look.px(STRIPE);
    let mut page = Page { look, letters, left: margin, width: wide - 2.0 * margin, y, parts: Vec::new() };
    page.gap(MARGIN - 8.0);
    // The field in which somebody writes to another person stays below what was written.
    let is_below = |block: &&Block| !(form.is_talk() && matches!(block, Block::Field(_)));
    for (at, block) in form.view().body.iter().filter(is_below).enumerate() {
        if at > 0 {
            page.gap(if matches!(block, Block::Who(_)) { 6.0 } else { GAP - 2.0 });
        }
        super::write(&mut page, block);
    }
    number(&mut page, form);
    page.gap(GAP);
    let content = page.y;
    let scrolled = page.parts.len();
    let footer = footer(&mut page, form, high);
    let reach = (content - footer).max(0.0);
    let scroll = form.scroll().min(reach);
    let scroll = if form.is_talk() { reach - scroll } else { scroll };
    for part in &mut page.parts[..scrolled] {
        part.area.y -= scroll;
    }
    if reach > 0.0 {
        let (x, room) = (wide - look.px(12.0), footer - y);
        let height = (room * room / (content - y)).max(look.px(TARGET)).min(room);
        let at = y + (room - height) * scroll / reach;
        let area = Area { x, y: at, width: look.px(8.0), height };
        page.parts.push(Part {
            area,
            what: What::Thumb,
            text: String::new(),
            style: page.style(16.0, false),
        });
    }
    let short = super::pixels;
    Layout { width: short(wide), height: short(high), parts: page.parts, reach }
}

/// The buttons at the lower edge. Where their ground begins.
fn footer(page: &mut Page<'_>, form: &Form, high: f32) -> f32 {
    if form.view().buttons.is_empty() {
        return high;
    }
    let (at, begin) = (page.parts.len(), page.y);
    page.gap(14.0);
    if let (true, Some(field)) = (form.is_talk(), field(form.view())) {
        write_field(page, field);
        page.gap(14.0);
    }
    super::buttons(page, form);
    page.gap(18.0);
    let height = page.y - begin;
    let (top, style) = (high - height, page.style(16.0, true));
    for part in &mut page.parts[at..] {
        part.area.y += top - begin;
    }
    let area = Area { x: 0.0, y: top, width: page.width + 2.0 * page.left, height };
    page.parts.insert(at, Part { area, what: What::Footer, text: String::new(), style });
    top
}

/// Rows are written without a number, since they stand in several blocks.
fn number(page: &mut Page<'_>, form: &Form) {
    let mut numbers = 0..rows(form.view()).count();
    for part in &mut page.parts {
        if let What::Target(Target::Row(at)) = &mut part.what {
            *at = numbers.next().unwrap_or(usize::MAX);
        }
    }
}

pub(super) fn write(page: &mut Page<'_>, block: &Block) {
    match block {
        Block::Large(text) => {
            // As large as has room in one line, down to the size of a heading.
            let mut size = 64.0;
            while size > 26.0
                && page.letters.measure(text, page.style(size, true), f32::INFINITY).0 > page.width
            {
                size -= 2.0;
            }
            let style = page.style(size, true);
            page.write(What::Large, text, style, 0.0);
        }
        Block::Field(field) => write_field(page, field),
        Block::Talk(remarks) => talk(page, remarks),
        Block::Rows(rows) => list(page, rows, (20.0, 8.0)),
        Block::Tiles(rows) => list(page, rows, (26.0, 18.0)),
        _ => {}
    }
}

fn write_field(page: &mut Page<'_>, field: &Field) {
    let (name, style) = (page.style(17.0, false), page.style(22.0, false));
    page.write(What::Name, &field.label, name, 0.0);
    page.gap(4.0);
    let area = Area { x: page.left, y: page.y, width: page.width, height: page.look.px(TARGET + 6.0) };
    page.parts.push(Part { area, what: What::Target(Target::Field), text: String::new(), style });
    page.y += area.height;
}

/// The person's own at the right, the other one's at the left, each with its name above it.
fn talk(page: &mut Page<'_>, remarks: &[Remark]) {
    let (name, style) = (page.style(16.0, true), page.style(21.0, false));
    let (inset, aside) = (page.look.px(14.0), page.look.px(ASIDE).min(page.width / 4.0));
    for (at, Remark { who, text, is_own, .. }) in remarks.iter().enumerate() {
        if at > 0 {
            page.gap(10.0);
        }
        let width = page.width - aside - 2.0 * inset;
        let (named, written) =
            (page.letters.measure(who, name, width), page.letters.measure(text, style, width));
        let wide = (named.0.max(written.0) + 2.0 * inset + 1.0).min(page.width - aside);
        let x = if *is_own { page.left + page.width - wide } else { page.left };
        let y = page.y;
        let height = named.1 + written.1 + 1.5 * inset;
        let ground = Area { x, y, width: wide, height };
        page.parts.push(Part { area: ground, what: What::Said(*is_own), text: String::new(), style });
        let within = |y, height| Area { x: x + inset, y, width: wide - 2.0 * inset + 1.0, height };
        let area = within(y + 0.75 * inset, named.1);
        page.parts.push(Part { area, what: What::Name, text: who.clone(), style: name });
        let area = within(area.y + named.1, written.1);
        page.parts.push(Part { area, what: What::Text, text: text.clone(), style });
        page.y += height;
    }
}

fn list(page: &mut Page<'_>, rows: &[Row], (size, inset): (f32, f32)) {
    let (style, quiet) = (page.style(size, true), small(page.look));
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            page.gap(8.0);
        }
        let width = page.width - 2.0 * page.look.px(INSET) - before(page.look, row.mark);
        let (_, title) = page.letters.measure(&row.title, style, width);
        let line = if row.line.is_empty() { 0.0 } else { page.letters.measure(&row.line, quiet, width).1 };
        let height = (title + line + 2.0 * page.look.px(inset)).max(page.look.px(TARGET + 4.0));
        let area = Area { x: page.left, y: page.y, width: page.width, height };
        let what = What::Target(Target::Row(0));
        page.parts.push(Part { area, what, text: row.title.clone(), style });
        page.y += height;
    }
}

/// How the second line of a row is set.
pub(in crate::windows) fn small(look: Look) -> Style {
    Style { size: look.px(17.0), bold: false }
}

/// The room before the words of a row.
pub(in crate::windows) fn before(look: Look, mark: Mark) -> f32 {
    if mark == Mark::None { 0.0 } else { look.px(MARK + 12.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::view::{Button, ButtonId, ButtonKind, Refusals, Shape, Tone, View};

    const MOST: (f32, f32) = (1280.0, 800.0);

    fn people(count: u16) -> View {
        let row = |id| Row {
            id: ButtonId(id),
            title: "Anna".into(),
            line: "is there now".into(),
            mark: Mark::Full,
        };
        View {
            title: "People".into(),
            shape: Shape::Page,
            tone: Tone::Calm,
            body: vec![Block::Heading("People".into()), Block::Rows((0..count).map(row).collect())],
            buttons: vec![Button { id: ButtonId(999), label: "Back".into(), kind: ButtonKind::Safe }],
            refusals: Refusals::default(),
        }
    }

    #[test]
    fn what_does_not_fit_is_scrolled_and_the_buttons_stay_in_view() {
        let mut letters = Letters::find().expect("fonts");
        let look = Look::new(false, 1.0);
        let few = page(&Form::new(people(2)), look, &mut letters, MOST);
        let mut form = Form::new(people(40));
        let many = page(&form, look, &mut letters, MOST);
        assert!(few.reach == 0.0 && many.reach > 1000.0);
        assert_eq!((few.width, few.height), (many.width, many.height), "it is of one size");
        let back = |layout: &Layout| layout.area_of(Target::Button(0)).expect("it is there");
        assert_eq!(back(&few), back(&many));
        let last = |layout: &Layout| layout.area_of(Target::Row(39)).expect("it is there");
        assert!(last(&many).y > f32::from(many.height));
        form.scroll_to(f32::MAX, many.reach);
        let end = page(&form, look, &mut letters, MOST);
        assert!(last(&end).y + last(&end).height <= end.footer());
        assert_eq!(back(&end), back(&many));
    }

    #[test]
    fn the_newest_of_a_chat_is_in_view_and_the_field_stays_below_it() {
        let mut letters = Letters::find().expect("fonts");
        let chat = |count: u32| {
            let remark = |number| Remark {
                number,
                who: "Anna".into(),
                text: format!("This is what I write as number {number}"),
                is_own: number % 2 == 0,
            };
            let field = Field { label: "Write:".into(), text: String::new(), is_secret: false };
            let body = vec![Block::Talk((0..count).map(remark).collect()), Block::Field(field)];
            View { body, ..people(0) }
        };
        for scale in [1.0, 2.0] {
            let look = Look::new(false, scale);
            let few = page(&Form::new(chat(1)), look, &mut letters, MOST);
            let mut form = Form::new(chat(40));
            let many = page(&form, look, &mut letters, MOST);
            let field = |layout: &Layout| layout.area_of(Target::Field).expect("it is there");
            assert_eq!(field(&few), field(&many));
            assert!(field(&many).y > many.footer() && few.reach == 0.0 && many.reach > 500.0);
            let place = |layout: &Layout, number: u32| {
                let text = format!("This is what I write as number {number}");
                layout.parts.iter().find(|part| part.text == text).expect("it is there").area
            };
            let newest = place(&many, 39);
            assert!(newest.y > 0.0 && newest.y + newest.height <= many.footer(), "{newest:?}");
            assert!(place(&many, 38).x > newest.x, "own ones are at the right");
            assert!(place(&many, 0).y < 0.0);
            form.scroll_by(-f32::MAX, many.reach);
            let oldest = place(&page(&form, look, &mut letters, MOST), 0);
            assert!(oldest.y > 0.0 && oldest.y < many.footer(), "{oldest:?}");
        }
    }

    #[test]
    fn what_lies_under_the_buttons_cannot_be_pressed() {
        let mut letters = Letters::find().expect("fonts");
        let layout = page(&Form::new(people(40)), Look::new(false, 1.0), &mut letters, MOST);
        let footer = layout.footer();
        for y in 0..layout.height {
            for x in [40.0, 300.0, f32::from(layout.width) - 20.0] {
                let there = layout.at(x, f32::from(y));
                if f32::from(y) >= footer {
                    assert!(matches!(there, None | Some(Target::Button(_))), "{x} {y} {there:?}");
                } else {
                    assert!(!matches!(there, Some(Target::Button(_))), "{x} {y}");
                }
            }
        }
    }
}
