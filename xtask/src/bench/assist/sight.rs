//! How it is seen what is seen: in a page by its own script, in a viewer's window from the X server that it is on.

mod window;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rendezvous_testkit::wait;
use rendezvous_testkit::workload::SCREEN;
use serde_json::Value;

use super::stage::SOON;
use crate::browser::Browser;

pub(super) use window::Window;

/// Where the picture is looked at.
pub(super) enum Eye {
    /// In the page that is open.
    Page,
    /// On the screen of a viewer.
    Window(Box<Window>),
}

/// A picture as it was seen: when it was painted, as its clock says, and the brightness of its pixels.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) time: u32,
    pub(super) luma: Vec<u8>,
}

/// A new reading of the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reading {
    /// When it was seen: milliseconds of the epoch.
    pub(super) at: f64,
    /// How old it was then, in milliseconds.
    pub(super) age: f64,
}

impl Eye {
    /// Waits until the codes on the screen can be read.
    pub(super) fn wait_readable(&self, browser: &mut Browser) -> Result<()> {
        match self {
            Self::Page => {
                let readable = "observer.readings.length > 0 && observer.keys >= 0";
                browser.wait("the clock to be read", readable, SOON)
            }
            Self::Window(window) => wait::until("the clock to be read in the viewer's window", SOON, || {
                Ok(window.is_readable().then_some(()))
            }),
        }
    }

    /// Forgets what was seen so far.
    pub(super) fn begin(&self, browser: &mut Browser) -> Result<()> {
        match self {
            Self::Page => browser.evaluate("observer.begin()").map(drop),
            Self::Window(window) => {
                window.begin();
                Ok(())
            }
        }
    }

    /// What was seen since.
    pub(super) fn readings(&self, browser: &mut Browser) -> Result<Vec<Reading>> {
        match self {
            Self::Page => {
                let readings = browser.evaluate("observer.readings")?;
                readings.as_array().context("readings are a list")?.iter().map(reading).collect()
            }
            Self::Window(window) => Ok(window.readings()),
        }
    }

    /// Presses a key.
    pub(super) fn press(&self, browser: &mut Browser) -> Result<()> {
        match self {
            Self::Page => browser.evaluate("observer.press()").map(drop),
            Self::Window(window) => window.press(),
        }
    }

    /// For each key since [`Eye::begin`], after how many milliseconds it was seen that it is pressed over there.
    pub(super) fn answers(&self, browser: &mut Browser) -> Result<Vec<Option<f64>>> {
        match self {
            Self::Page => {
                let seen = "observer.presses.map(({ at, seen }) => (seen ? seen - at : null))";
                let answers = browser.evaluate(seen)?;
                Ok(answers.as_array().context("answers are a list")?.iter().map(Value::as_f64).collect())
            }
            Self::Window(window) => Ok(window.answers()),
        }
    }

    /// The picture as it is now; `None` while its clock cannot be read.
    pub(super) fn picture(&self, browser: &mut Browser) -> Result<Option<Seen>> {
        match self {
            Self::Page => page_picture(browser),
            Self::Window(window) => window.picture(),
        }
    }

    /// How the page's video is encoded, and how many packets of it came so far.
    pub(super) fn video(&self, browser: &mut Browser) -> Result<Option<Video>> {
        if !matches!(self, Self::Page) {
            return Ok(None);
        }
        let video = browser.evaluate("observer.video()")?;
        let codec = video["codec"].as_str().unwrap_or_default().to_owned();
        let seconds = |what: &str| Duration::from_secs_f64(video[what].as_f64().unwrap_or(0.0).max(0.0));
        Ok((!codec.is_empty()).then(|| Video {
            codec,
            packets: video["packets"].as_u64().unwrap_or(0),
            frames: video["frames"].as_u64().unwrap_or(0),
            decoding: seconds("decode"),
            waiting: seconds("jitter"),
            processing: seconds("processing"),
        }))
    }
}

/// A video as the browser knows it, since its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Video {
    pub(super) codec: String,
    pub(super) packets: u64,
    /// Pictures that were decoded.
    pub(super) frames: u64,
    /// What decoding them took.
    pub(super) decoding: Duration,
    /// How long they waited in the jitter buffer.
    pub(super) waiting: Duration,
    /// From the first packet of each to where it was decoded.
    pub(super) processing: Duration,
}

impl Video {
    /// What came after `before`.
    pub(super) fn since(self, before: &Self) -> Self {
        Self {
            codec: self.codec,
            packets: self.packets.saturating_sub(before.packets),
            frames: self.frames.saturating_sub(before.frames),
            decoding: self.decoding.saturating_sub(before.decoding),
            waiting: self.waiting.saturating_sub(before.waiting),
            processing: self.processing.saturating_sub(before.processing),
        }
    }
}

fn reading(value: &Value) -> Result<Reading> {
    let number = |at: usize| value[at].as_f64().with_context(|| format!("{value} is no reading"));
    Ok(Reading { at: number(0)?, age: age(number(1)?) })
}

/// An age is counted in a circle of hours; just before zero is a clock that is read in the millisecond before it was
/// painted, as clocks of two programs can differ by.
pub(super) fn age(milliseconds: f64) -> f64 {
    let circle = f64::from(rendezvous_testkit::code::LIMIT);
    if milliseconds > circle / 2.0 { milliseconds - circle } else { milliseconds }
}

fn page_picture(browser: &mut Browser) -> Result<Option<Seen>> {
    let (width, height) = SCREEN;
    let picture = browser.evaluate(&format!("observer.picture({width}, {height})"))?;
    let Some(time) = picture["reading"].as_i64().and_then(|time| u32::try_from(time).ok()) else {
        return Ok(None);
    };
    let luma = STANDARD.decode(picture["luma"].as_str().context("a picture has pixels")?)?;
    ensure!(luma.len() == usize::from(width) * usize::from(height), "the picture has another size");
    Ok(Some(Seen { time, luma }))
}

/// How long a key waits for the next: longer than most answers take, and never in step with the pictures.
pub(super) fn pause(number: u32) -> Duration {
    // Multiples of a prime, as far apart as they can be.
    Duration::from_millis(260 + u64::from(number) * 89 % 173)
}
