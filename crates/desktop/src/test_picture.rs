//! A picture that is made up: colours, and a clock that one can read.
//!
//! For trying things out where there is no display, and where nothing of one's own should be seen. It needs the same
//! permission as a screen. Only the clock changes, once a second, and nothing is done in between.

mod digits;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::{Kind, Screen, ScreenId, ScreenName, Screens};

use crate::bell::Bell;
use crate::capture::{GRANT_TICK, LONGEST_WAIT};
use crate::{Capture, CaptureError, Change, I420, Rect, Scene, Waker};

/// What it is called.
const NAME: &str = "Test picture";

/// Its size.
const SIZE: Size = Size { width: 1280, height: 720 };

/// Where the clock is: in the middle, on even edges.
const CLOCK: Rect = Rect {
    x: ((SIZE.width - digits::WIDTH) / 2) & !1,
    y: ((SIZE.height - digits::HEIGHT) / 2) & !1,
    width: digits::WIDTH,
    height: digits::HEIGHT,
};

/// Blue, green, red: the bars of a test picture, brightest first.
const BARS: [[u8; 3]; 8] = [
    [235, 235, 235],
    [0, 235, 235],
    [235, 235, 0],
    [0, 235, 0],
    [235, 0, 235],
    [0, 0, 235],
    [235, 0, 0],
    [16, 16, 16],
];

/// Takes pictures of nothing.
#[derive(Debug)]
pub struct TestPicture {
    grant: ViewGrant,
    scene: Scene,
    frame: I420,
    /// What the clock shows, in seconds of the day; nothing before the first grab.
    shows: Option<u32>,
    /// What the last grab took.
    grabbed: Option<Rect>,
    /// What the last wait reported.
    told: Option<u32>,
    bell: Arc<Bell>,
}

impl TestPicture {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Revoked`] when the grant is dead.
    pub fn open(grant: ViewGrant) -> Result<Self, CaptureError> {
        if !grant.is_live() {
            return Err(CaptureError::Revoked);
        }
        let only = Screen { id: ScreenId(1), name: ScreenName::cleaned(NAME), size: SIZE };
        Ok(Self {
            grant,
            scene: Scene { screens: Screens::only(Kind::TestPicture, only), place: None },
            frame: I420::black(SIZE),
            shows: None,
            grabbed: None,
            told: None,
            bell: Arc::default(),
        })
    }

    fn check_grant(&self) -> Result<(), CaptureError> {
        if self.grant.is_live() { Ok(()) } else { Err(CaptureError::Revoked) }
    }
}

impl Capture for TestPicture {
    fn size(&self) -> Size {
        SIZE
    }

    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn wait(&mut self, timeout: Duration) -> Result<Change, CaptureError> {
        let deadline = Instant::now() + timeout.min(LONGEST_WAIT);
        loop {
            self.check_grant()?;
            let (now, second) = now();
            if self.shows != Some(second) && self.told != Some(second) {
                self.told = Some(second);
                return Ok(Change { picture: true, ..Change::default() });
            }
            let begun = Instant::now();
            let next_second = begun + Duration::from_nanos(1_000_000_000 - u64::from(now));
            let until = deadline.min(next_second).min(begun + GRANT_TICK);
            if self.bell.sleep(until) || Instant::now() >= deadline {
                self.check_grant()?;
                return Ok(Change::default());
            }
        }
    }

    fn grab(&mut self) -> Result<Option<Rect>, CaptureError> {
        self.check_grant()?;
        let (_, second) = now();
        self.grabbed = None;
        let area = match self.shows.replace(second) {
            Some(shown) if shown == second => return Ok(None),
            Some(_) => CLOCK,
            None => {
                self.frame.update(Rect::whole(SIZE), &background());
                Rect::whole(SIZE)
            }
        };
        self.frame.update(CLOCK, &digits::clock(second));
        self.grabbed = Some(area);
        Ok(Some(area))
    }

    fn parts(&self) -> &[Rect] {
        self.grabbed.as_slice()
    }

    fn frame(&self) -> Result<&I420, CaptureError> {
        self.check_grant()?;
        Ok(&self.frame)
    }

    fn waker(&self) -> Waker {
        let bell = Arc::clone(&self.bell);
        Waker::new(move || bell.ring())
    }
}

/// The nanoseconds of this second, and the second of this day, both in UTC.
fn now() -> (u32, u32) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let second = u32::try_from(since.as_secs() % 86_400).expect("a day has fewer seconds than that");
    (since.subsec_nanos(), second)
}

/// Bars from left to right, and under them a grey that gets brighter.
fn background() -> Vec<u8> {
    let (width, height) = (usize::from(SIZE.width), usize::from(SIZE.height));
    let ramp_from = height * 5 / 6;
    let pixel = |x: usize, y: usize| {
        if y < ramp_from {
            let [blue, green, red] = BARS[x * BARS.len() / width];
            [blue, green, red, 0]
        } else {
            let grey = u8::try_from(x * 256 / width).unwrap_or(u8::MAX);
            [grey, grey, grey, 0]
        }
    };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}
