//! Whoever presses twice means what they saw the first time. Rows are never deaf in themselves, so what turns under a pointer
//! hears nothing for a moment.

use super::machine::BACK;
use rendezvous_desktop::windows::{Block, ButtonId, View};
use std::mem::{Discriminant, discriminant};
use std::time::{Duration, Instant};

/// The second press of two comes within this time, as desktops have it.
const TWICE: Duration = Duration::from_millis(500);

/// When the page last turned.
#[derive(Debug, Default)]
pub(super) struct Turning {
    face: Option<Face>,
    at: Option<Instant>,
}

/// What lies where: the title of the page, and what stands below what, with the numbers of its rows. What is typed, or how far
/// something is, turns nothing.
#[derive(Debug, PartialEq, Eq)]
struct Face {
    title: String,
    blocks: Vec<(Discriminant<Block>, Vec<ButtonId>)>,
}

impl Turning {
    /// This stands there now.
    pub(super) fn shows(&mut self, now: Instant, view: &View) {
        let face = Face::of(view);
        if self.face.as_ref() != Some(&face) {
            (self.face, self.at) = (Some(face), Some(now));
        }
    }

    /// Nothing stands there any more: whatever comes next is new to them.
    pub(super) fn hides(&mut self) {
        self.face = None;
    }

    /// Whether whoever pressed this at this moment could see it. The way back is always open.
    pub(super) fn hears(&self, pressed: Instant, button: ButtonId) -> bool {
        let is_new = self.at.is_some_and(|turned| pressed.saturating_duration_since(turned) < TWICE);
        button == BACK || !is_new
    }
}

impl Face {
    fn of(view: &View) -> Self {
        let rows = |block: &Block| match block {
            Block::Rows(rows) | Block::Tiles(rows) => rows.iter().map(|row| row.id).collect(),
            _ => Vec::new(),
        };
        let blocks = view.body.iter().map(|block| (discriminant(block), rows(block))).collect();
        Self { title: view.title.clone(), blocks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_desktop::windows::{Field, Mark, Refusals, Row, Shape, Tone};

    const ROW: ButtonId = ButtonId(100);

    fn page(title: &str, typed: &str, rows: &[u16]) -> View {
        let field = Field { label: "Type:".to_owned(), text: typed.to_owned(), is_secret: false };
        let rows = rows.iter().map(|id| Row {
            id: ButtonId(*id),
            title: "a".to_owned(),
            line: "b".to_owned(),
            mark: Mark::None,
        });
        View {
            title: title.to_owned(),
            shape: Shape::Page,
            tone: Tone::Calm,
            body: vec![Block::Field(field), Block::Rows(rows.collect())],
            buttons: vec![],
            refusals: Refusals::default(),
        }
    }

    #[test]
    fn the_second_press_of_two_is_not_heard_by_what_came_under_the_pointer_meanwhile() {
        let looking = View { body: vec![Block::Small("Looking…".to_owned())], ..page("a folder", "", &[]) };
        let mut wrong = page("a folder", "x", &[101]);
        wrong.body.insert(0, Block::Strong("It is not there.".to_owned()));
        // Each turns what stood there before: another place, rows that arrive, others, fewer, the same further down.
        let turned = [
            page("the beginning", "", &[100, 101]),
            looking,
            page("a folder", "", &[101, 100]),
            page("a folder", "", &[100, 101]),
            page("a folder", "x", &[101]),
            wrong,
            page("another folder", "", &[101]),
        ];
        let (mut turning, mut now) = (Turning::default(), Instant::now());
        assert!(turning.hears(now, ROW), "nothing was turned");
        for view in &turned {
            turning.shows(now, view);
            assert!(!turning.hears(now, ROW), "{view:?}");
            assert!(turning.hears(now, BACK), "the way back is open");
            now += TWICE - Duration::from_millis(1);
            assert!(!turning.hears(now, ROW), "{view:?}");
            now += Duration::from_millis(1);
            assert!(turning.hears(now, ROW), "{view:?}");
        }
    }

    #[test]
    fn what_is_typed_and_how_far_it_is_turns_nothing_and_a_window_that_was_gone_is_new() {
        let (mut turning, begun) = (Turning::default(), Instant::now());
        turning.shows(begun, &page("a folder", "", &[100]));
        let now = begun + TWICE;
        turning.shows(now, &page("a folder", "more", &[100]));
        assert!(turning.hears(now, ROW));
        let going = |text: &str| View {
            body: vec![Block::Text(text.to_owned())],
            ..page("It is being sent", "", &[])
        };
        turning.shows(now, &going("10 %"));
        turning.shows(now + TWICE, &going("20 %"));
        assert!(turning.hears(now + TWICE, ROW));
        turning.hides();
        turning.shows(now + TWICE, &going("20 %"));
        assert!(!turning.hears(now + TWICE, ROW));
    }
}
