//! What the expert draws, above everything on the novice's screen and in nobody's way.
//!
//! Two windows in the shape of what is drawn, the lower one a little larger and white, so that a line is seen on every
//! ground. Neither takes a click: their shape for input is empty. They are part of the screen like everything else on it,
//! so that the picture shows them as the person sees them, and the page draws nothing of its own above it.
//!
//! While a question stands that only the person may answer there is nothing of them.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rendezvous_assist::Time;
use rendezvous_assist::drawing::{Canvas, Place, Seen, Stroke};
use rendezvous_assist::grant::DrawingGrant;
use rustix::event::{EventfdFlags, eventfd};
use x11rb::connection::Connection;
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    AtomEnum, ClipOrdering, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, PropMode, Rectangle,
    StackMode, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::link::{Link, lost};
use super::prompts::TOLD;
use crate::{DisplayError, Rect, Stage, Suspension};

/// Neither amber nor red, which say what is seen and controlled.
const INK: u32 = 0x00d4_1ec0;
const HALO: u32 = 0x00ff_ffff;

/// Half the width of a line, in pixels, and of the ring around it.
const HALF: i32 = 3;
const RING: i32 = 2;

/// Half the width of the mark that shows a place.
const MARK: i32 = 16;

/// The most rectangles of one window: more than thirty thousand pixels of lines, and a request that every display takes.
const MOST_RECTANGLES: usize = 16_384;

/// The shortest time between two pictures of it, in milliseconds: to cut a window into a new shape is work for the display.
const PACE: u64 = 33;

/// How often it looks whether the permission stands.
const TICK: Duration = Duration::from_millis(100);

/// Running, as long as the permission stands. Dropping it takes everything away.
#[derive(Debug)]
pub struct X11Drawing {
    strokes: mpsc::Sender<Stroke>,
    wake: Arc<OwnedFd>,
}

impl X11Drawing {
    /// Begins, with nothing drawn. Places are those of the screen that `stage` names.
    ///
    /// # Errors
    ///
    /// The display cannot show windows of this kind.
    pub fn open(
        grant: DrawingGrant,
        display: Option<&str>,
        stage: Stage,
        suspension: Suspension,
    ) -> Result<Self, DisplayError> {
        let desk = Desk::open(display, stage, suspension)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|error| DisplayError::Lost(error.to_string()))?;
        let wake = Arc::new(wake);
        let (strokes, drawn) = mpsc::channel();
        let woken = Arc::clone(&wake);
        std::thread::spawn(move || {
            if let Err(error) = desk.run(&grant, &drawn, &woken) {
                tracing::warn!(%error, "Nothing can be drawn any more");
            }
        });
        Ok(Self { strokes, wake })
    }

    /// The expert did this.
    pub fn draw(&self, stroke: Stroke) {
        if self.strokes.send(stroke).is_ok() {
            self.wake();
        }
    }

    fn wake(&self) {
        _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

impl Drop for X11Drawing {
    fn drop(&mut self) {
        self.strokes = mpsc::channel().0;
        self.wake();
    }
}

struct Desk {
    link: Link,
    stage: Stage,
    suspension: Suspension,
    /// The lower one first.
    windows: [Window; 2],
    canvas: Canvas,
    shown: Seen,
    pace: Pace,
    epoch: Instant,
}

/// How often something new is shown.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// Not before this.
    next: Time,
    /// Something waits for it.
    waits: bool,
}

impl Pace {
    /// Whether it is time for something new.
    fn allows(&mut self, now: Time) -> bool {
        self.waits = now < self.next;
        if !self.waits {
            self.next = Time(now.0.saturating_add(PACE));
        }
        !self.waits
    }

    /// When what waits may be shown.
    fn due(self) -> Option<Time> {
        self.waits.then_some(self.next)
    }
}

impl Desk {
    fn open(display: Option<&str>, stage: Stage, suspension: Suspension) -> Result<Self, DisplayError> {
        let link = Link::connect(display)?;
        link.require("SHAPE")?;
        let windows = [window(&link, HALO)?, window(&link, INK)?];
        let (canvas, shown) = (Canvas::default(), Seen::default());
        let (pace, epoch) = (Pace::default(), Instant::now());
        Ok(Self { link, stage, suspension, windows, canvas, shown, pace, epoch })
    }

    fn run(
        mut self,
        grant: &DrawingGrant,
        drawn: &mpsc::Receiver<Stroke>,
        wake: &OwnedFd,
    ) -> Result<(), DisplayError> {
        while grant.is_live() {
            loop {
                match drawn.try_recv() {
                    Ok(stroke) => _ = self.canvas.draw(self.now(), stroke),
                    Err(mpsc::TryRecvError::Empty) => break,
                    Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
                }
            }
            while self.link.conn.poll_for_event().map_err(lost)?.is_some() {}
            self.show()?;
            let now = self.now();
            let next = self.canvas.goes().into_iter().chain(self.pace.due()).min();
            let sleeps = next.map_or(TICK, |at| at.since(now).min(TICK));
            self.link.sleep(Some(wake.as_fd()), Instant::now() + sleeps)?;
            let mut count = [0; 8];
            _ = rustix::io::read(wake, &mut count);
        }
        Ok(())
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn show(&mut self) -> Result<(), DisplayError> {
        let now = self.now();
        let place = self.stage.get();
        let seen = match place {
            Some(_) if !self.suspension.is_on() => self.canvas.seen(now),
            _ => Seen::default(),
        };
        if seen == self.shown {
            self.pace.waits = false;
            return Ok(());
        }
        // Only what comes waits. What goes, goes at once.
        if seen != Seen::default() && !self.pace.allows(now) {
            return Ok(());
        }
        self.pace.waits = false;
        let is_new = self.shown == Seen::default();
        if let (Some(place), false) = (place, seen == Seen::default()) {
            for (window, half) in self.windows.into_iter().zip([HALF + RING, HALF]) {
                let shape = shape(&seen, place, half);
                let (set, bounding, ordering) = (SO::SET, SK::BOUNDING, ClipOrdering::UNSORTED);
                self.link
                    .conn
                    .shape_rectangles(set, bounding, ordering, window, 0, 0, &shape)
                    .map_err(lost)?;
                if is_new {
                    let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
                    self.link.conn.configure_window(window, &above).map_err(lost)?;
                    self.link.conn.map_window(window).map_err(lost)?;
                }
            }
        } else {
            for window in self.windows {
                self.link.conn.unmap_window(window).map_err(lost)?;
            }
        }
        self.link.conn.flush().map_err(lost)?;
        self.shown = seen;
        Ok(())
    }
}

/// As large as the display, of one colour, without a shape and without input.
fn window(link: &Link, colour: u32) -> Result<Window, DisplayError> {
    let window = link.conn.generate_id().map_err(lost)?;
    let look = CreateWindowAux::new().background_pixel(colour).border_pixel(0).override_redirect(1);
    let (width, height) = (link.size.width, link.size.height);
    let (class, visual) = (WindowClass::INPUT_OUTPUT, x11rb::COPY_FROM_PARENT);
    link.conn
        .create_window(
            x11rb::COPY_DEPTH_FROM_PARENT,
            window,
            link.root,
            0,
            0,
            width,
            height,
            0,
            class,
            visual,
            &look,
        )
        .map_err(lost)?;
    // Our other windows know it by this, and do not take it for a question.
    let name = format!("{TOLD}\0{TOLD}\0");
    link.conn
        .change_property8(PropMode::REPLACE, window, AtomEnum::WM_CLASS, AtomEnum::STRING, name.as_bytes())
        .map_err(lost)?;
    for kind in [SK::BOUNDING, SK::INPUT] {
        link.conn.shape_rectangles(SO::SET, kind, ClipOrdering::UNSORTED, window, 0, 0, &[]).map_err(lost)?;
    }
    Ok(window)
}

/// What is drawn as rectangles, no wider than twice this and no more than [`MOST_RECTANGLES`]; nothing beyond the shared
/// screen. The place that is shown is always among them.
fn shape(seen: &Seen, place: Rect, half: i32) -> Vec<Rectangle> {
    let pointer = seen.pointer.into_iter().flat_map(|pointer| frame(at(pointer), half));
    let lines = seen.lines.iter().flat_map(|line| dots(line)).map(|dot| (dot, (half, half)));
    // What is beyond the screen counts as well: it is work, too.
    let shape = pointer.chain(lines).take(MOST_RECTANGLES);
    shape.filter_map(|(at, size)| rectangle(place, at, size)).collect()
}

/// A frame around the place, which itself stays in sight.
fn frame((x, y): (i32, i32), half: i32) -> [((i32, i32), (i32, i32)); 4] {
    let (long, thick) = (MARK + half - HALF, half);
    [
        ((x, y - MARK), (long, thick)),
        ((x, y + MARK), (long, thick)),
        ((x - MARK, y), (thick, long)),
        ((x + MARK, y), (thick, long)),
    ]
}

/// The places of a line, close to each other.
fn dots(line: &[Place]) -> impl Iterator<Item = (i32, i32)> {
    let first = line.first().map(|first| at(*first));
    let rest = line.windows(2).flat_map(|pair| {
        let (from, to) = (at(pair[0]), at(pair[1]));
        let steps = ((to.0 - from.0).abs().max((to.1 - from.1).abs()) / 2).clamp(1, 4096);
        let between = move |a: i32, b: i32, step: i32| a + (b - a) * step / steps;
        (1..=steps).map(move |step| (between(from.0, to.0, step), between(from.1, to.1, step)))
    });
    first.into_iter().chain(rest)
}

fn at(place: Place) -> (i32, i32) {
    (i32::from(place.x), i32::from(place.y))
}

/// Around this place of the shared screen, as the display counts; nothing, where nothing of it is on that screen.
fn rectangle(place: Rect, (x, y): (i32, i32), (wide, high): (i32, i32)) -> Option<Rectangle> {
    let (most_x, most_y) = (i32::from(place.width), i32::from(place.height));
    let (left, right) = ((x - wide).max(0), (x + wide).min(most_x));
    let (top, bottom) = ((y - high).max(0), (y + high).min(most_y));
    if left >= right || top >= bottom {
        return None;
    }
    Some(Rectangle {
        x: i16::try_from(left + i32::from(place.x)).ok()?,
        y: i16::try_from(top + i32::from(place.y)).ok()?,
        width: u16::try_from(right - left).ok()?,
        height: u16::try_from(bottom - top).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Rect = Rect { x: 10, y: 20, width: 1920, height: 1080 };

    fn place(x: u16, y: u16) -> Place {
        Place { x, y }
    }

    #[test]
    fn a_line_is_drawn_from_its_first_point_to_its_last() {
        let seen =
            Seen { lines: vec![vec![place(100, 50), place(104, 50)], vec![place(7, 9)]], pointer: None };
        let middles: Vec<_> =
            shape(&seen, SCREEN, HALF).iter().map(|r| (r.x + HALF as i16, r.y + HALF as i16)).collect();
        assert_eq!(middles, [(110, 70), (112, 70), (114, 70), (17, 29)]);
    }

    #[test]
    fn as_many_points_as_far_apart_as_there_are_make_no_more_than_the_display_takes_and_the_pointer_is_seen()
    {
        for corner in [place(1919, 1079), place(u16::MAX, u16::MAX)] {
            let line: Vec<_> = [place(0, 0), corner].into_iter().cycle().take(4_000).collect();
            let mark = shape(&Seen { lines: Vec::new(), pointer: Some(place(500, 500)) }, SCREEN, HALF);
            assert_eq!(mark.len(), 4);
            let shape = shape(&Seen { lines: vec![line], pointer: Some(place(500, 500)) }, SCREEN, HALF);
            assert!(shape.len() > 4 && shape.len() <= MOST_RECTANGLES, "{}", shape.len());
            assert_eq!(format!("{:?}", &shape[..4]), format!("{mark:?}"));
        }
    }

    #[test]
    fn however_fast_it_comes_it_is_shown_thirty_times_a_second_and_the_last_of_it_too() {
        let mut pace = Pace::default();
        let shown = (0..1_000).filter(|now| pace.allows(Time(*now))).count();
        assert!((29..=31).contains(&shown), "{shown}");
        let due = pace.due().unwrap();
        assert!(due > Time(999) && due <= Time(999 + PACE), "{due:?}");
        assert!(pace.allows(due));
        assert_eq!(pace.due(), None);
    }
}
