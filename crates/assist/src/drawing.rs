//! What the expert draws on the novice's screen to show something, over a data channel of its own, without I/O.
//!
//! Off until the person allows it ([`DrawingGrant`](crate::grant::DrawingGrant)). A drawing presses nothing and stays for
//! seconds only. Places are pixels of the shared screen.

use std::time::Duration;

use serde::Deserialize;

use crate::Time;

/// A line is gone so long after its last point, and a pointer after it was moved last.
pub const STAYS: Duration = Duration::from_secs(4);

/// The most points that are on the screen.
pub const MAX_POINTS: usize = 4_000;

/// The most points in one message.
const MAX_AT_ONCE: usize = 64;

/// The most bytes of a message.
const MAX_TEXT: usize = 4096;

/// Messages a second that count, in the long run and at once.
const RATE: u64 = 120;
const BURST: u64 = 240;

/// What the expert does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Shows a place.
    Point(Place),
    /// Goes on with this line, or begins it.
    Line {
        /// Which.
        id: u32,
        /// At least one.
        points: Vec<Place>,
    },
    /// Takes everything away.
    Clear,
}

/// A pixel of the shared screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From the left.
    pub x: u16,
    /// From the top.
    pub y: u16,
}

#[derive(Deserialize)]
struct Body {
    t: String,
    #[serde(default)]
    id: Option<u32>,
    #[serde(default)]
    points: Option<Vec<[u16; 2]>>,
}

impl Stroke {
    /// Reads a text that came from the page; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT || !text.trim_start().starts_with('{') {
            return None;
        }
        let body: Body = serde_json::from_str(text).ok()?;
        let points = || {
            let points = body.points.as_ref().filter(|points| (1..=MAX_AT_ONCE).contains(&points.len()))?;
            Some(points.iter().map(|[x, y]| Place { x: *x, y: *y }).collect::<Vec<_>>())
        };
        match body.t.as_str() {
            "point" => Some(Self::Point(*points()?.first()?)),
            "line" => Some(Self::Line { id: body.id?, points: points()? }),
            "clear" => Some(Self::Clear),
            _ => None,
        }
    }
}

/// What is drawn, as far as it still stands.
#[derive(Clone, Debug, Default)]
pub struct Canvas {
    lines: Vec<Line>,
    pointer: Option<(Place, Time)>,
    /// Messages that may still count, in thousandths, and since when.
    credit: Option<(u64, Time)>,
}

#[derive(Clone, Debug)]
struct Line {
    id: u32,
    points: Vec<Place>,
    last: Time,
}

/// What is to be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Each with at least one point.
    pub lines: Vec<Vec<Place>>,
    /// The place that is shown.
    pub pointer: Option<Place>,
}

impl Canvas {
    /// Takes in what the expert did. `false`: it came too fast and was left out.
    pub fn draw(&mut self, now: Time, stroke: Stroke) -> bool {
        if !self.pays(now) {
            return false;
        }
        self.forget(now);
        match stroke {
            Stroke::Clear => (self.lines, self.pointer) = (Vec::new(), None),
            Stroke::Point(place) => self.pointer = Some((place, now)),
            Stroke::Line { id, mut points } => {
                let room = MAX_POINTS.saturating_sub(self.lines.iter().map(|line| line.points.len()).sum());
                points.truncate(room);
                match self.lines.iter_mut().find(|line| line.id == id) {
                    _ if points.is_empty() => return false,
                    Some(line) => {
                        line.points.append(&mut points);
                        line.last = now;
                    }
                    None => self.lines.push(Line { id, points, last: now }),
                }
            }
        }
        true
    }

    /// What is to be seen now.
    pub fn seen(&mut self, now: Time) -> Seen {
        self.forget(now);
        Seen {
            lines: self.lines.iter().map(|line| line.points.clone()).collect(),
            pointer: self.pointer.map(|(place, _)| place),
        }
    }

    /// When something of it goes; nothing while there is nothing.
    #[must_use]
    pub fn goes(&self) -> Option<Time> {
        let ends = self.lines.iter().map(|line| line.last).chain(self.pointer.map(|(_, at)| at));
        ends.map(|at| at.after(STAYS)).min()
    }

    fn forget(&mut self, now: Time) {
        self.lines.retain(|line| line.last.after(STAYS) > now);
        self.pointer = self.pointer.filter(|(_, at)| at.after(STAYS) > now);
    }

    fn pays(&mut self, now: Time) -> bool {
        let (credit, since) = self.credit.unwrap_or((BURST * 1000, now));
        let earned = u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX).saturating_mul(RATE);
        let credit = credit.saturating_add(earned).min(BURST * 1000);
        let pays = credit >= 1000;
        self.credit = Some((if pays { credit - 1000 } else { credit }, now));
        pays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: u32, points: usize) -> Stroke {
        Stroke::Line { id, points: vec![Place { x: 1, y: 2 }; points] }
    }

    #[test]
    fn messages_are_read_and_bounded() {
        let place = Place { x: 3, y: 65535 };
        assert_eq!(Stroke::parse("{\"t\":\"point\",\"points\":[[3,65535]]}"), Some(Stroke::Point(place)));
        assert_eq!(
            Stroke::parse("{\"t\":\"line\",\"id\":4,\"points\":[[3,65535]]}"),
            Some(Stroke::Line { id: 4, points: vec![place] })
        );
        assert_eq!(Stroke::parse("{\"t\":\"clear\"}"), Some(Stroke::Clear));
        let many = format!("{{\"t\":\"line\",\"id\":1,\"points\":[{}]}}", vec!["[1,1]"; 65].join(","));
        for wrong in [
            "",
            "[]",
            "{\"t\":\"point\",\"points\":[]}",
            "{\"t\":\"point\",\"points\":[[-1,2]]}",
            "{\"t\":\"click\"}",
            &many,
        ] {
            assert_eq!(Stroke::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_drawing_is_gone_after_seconds_and_when_it_is_taken_away() {
        let mut canvas = Canvas::default();
        assert!(canvas.draw(Time(0), line(1, 2)));
        assert!(canvas.draw(Time(1_000), Stroke::Point(Place { x: 9, y: 9 })));
        assert_eq!(canvas.goes(), Some(Time(4_000)));
        assert_eq!(canvas.seen(Time(3_999)).lines.len(), 1);
        assert!(canvas.seen(Time(4_000)).lines.is_empty());
        assert!(canvas.seen(Time(4_999)).pointer.is_some());
        assert_eq!(canvas.seen(Time(5_000)), Seen::default());
        assert_eq!(canvas.goes(), None);
        canvas.draw(Time(6_000), line(2, 5));
        canvas.draw(Time(6_001), Stroke::Clear);
        assert_eq!(canvas.seen(Time(6_001)), Seen::default());
    }

    #[test]
    fn whoever_draws_without_end_is_bounded() {
        let mut canvas = Canvas::default();
        let taken = (0..10_000).filter(|n| canvas.draw(Time(n / 100), line(1, 60))).count();
        assert!(taken <= MAX_POINTS / 60 + 1, "{taken}");
        assert!(canvas.seen(Time(100)).lines[0].len() <= MAX_POINTS);
        let mut canvas = Canvas::default();
        let points =
            (0..5_000).filter(|n| canvas.draw(Time(*n), Stroke::Point(Place { x: 0, y: 0 }))).count();
        assert!((600..=900).contains(&points), "five seconds: {points}");
    }
}
