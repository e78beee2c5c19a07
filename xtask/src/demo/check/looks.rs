//! How the page looks: pictures of it, in light and dark, in a narrow window and on a full screen.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use rendezvous_testkit::screen::Picture;

use super::{Play, SOON, WINDOW, step};
use crate::browser::Browser;
use crate::demo::Pictures;
use crate::repo;
use crate::say;

/// A telephone, or the window beside another one.
const NARROW: (u32, u32) = (360, 740);

/// Which of these pictures the documents show. Others of theirs are taken with a page alone (`npm run pictures`), from the
/// desktop that is kept here.
const SHOWN: [&str; 5] = ["page", "screens", "control", "lost", "ended"];

/// Where a file would come is a place of this run's only: looked at, and not published.
const NAMES_A_PLACE: &str = "file";

/// Where pictures of the page go.
pub(super) struct Album {
    scratch: PathBuf,
    documents: Option<PathBuf>,
    /// Of what the person was asked there is a picture.
    questions: Vec<String>,
}

impl Album {
    pub(super) fn open(pictures: Pictures) -> Result<Self> {
        let scratch = repo::output("demo")?;
        let documents = match pictures {
            Pictures::Scratch => None,
            Pictures::Documentation => Some(repo::root().join("docs/pictures")),
        };
        documents.iter().try_for_each(std::fs::create_dir_all)?;
        Ok(Self { scratch, documents, questions: Vec::new() })
    }

    /// A place for something to be looked at when it went wrong.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.scratch.join(name)
    }

    /// Takes a picture of the page.
    pub(super) fn take(&self, browser: &mut Browser, name: &str) -> Result<()> {
        let path = self.path(&format!("{name}.png"));
        browser.screenshot(&path)?;
        match &self.documents {
            Some(documents) if SHOWN.contains(&name) => {
                Picture::load(&path)?.with_fewer_colours().save(&documents.join(format!("{name}.png")))
            }
            _ => Ok(()),
        }
    }

    /// Keeps a picture of what the person is asked, as it stands on their screen.
    pub(super) fn keep_question(&mut self, name: &str, drawn: &Picture) -> Result<()> {
        self.questions.push(name.to_owned());
        let documents = self.documents.as_ref().filter(|_| name != NAMES_A_PLACE);
        drawn.save(&documents.unwrap_or(&self.scratch).join(format!("live-{name}.png")))
    }

    /// Fails unless there is a picture of each of these.
    pub(super) fn has_every(&self, names: &[&str]) -> Result<()> {
        let missing: Vec<_> =
            names.iter().filter(|name| !self.questions.iter().any(|kept| kept == *name)).collect();
        ensure!(
            missing.is_empty(),
            "the person was not asked this, or there is no picture of it: {missing:?}"
        );
        say::line(format_args!("     {} pictures of what the person was asked", names.len()));
        Ok(())
    }

    /// Keeps a picture of the novice's screen itself.
    pub(super) fn keep_desktop(&self, desktop: &Picture) -> Result<()> {
        desktop.save(&self.documents.as_ref().unwrap_or(&self.scratch).join("desktop.png"))
    }
}

impl Play {
    pub(super) fn look_at_the_page(&mut self) -> Result<()> {
        step("the page in light and dark, in a narrow window and on a full screen");
        let quality = "document.querySelector('#quality').checkVisibility()";
        self.browser.wait("the page to know how good the connection is", quality, SOON)?;
        self.save("page")?;
        self.browser.prefer("dark")?;
        self.save("dark")?;
        self.browser.prefer("light")?;
        self.save_narrow("narrow")?;
        self.browser.click("#full")?;
        self.browser.wait("the full screen", "document.fullscreenElement !== null", SOON)?;
        let fills = "document.querySelector('#room').getBoundingClientRect().height === innerHeight";
        self.browser.wait("the picture to have all of it", fills, SOON)?;
        // The tools are there while the pointer is on them, and go when it leaves.
        self.browser.hover("#picture")?;
        let bar = "document.querySelector('#bar').getBoundingClientRect().bottom < 10";
        self.browser.wait("the tools to go", bar, SOON)?;
        self.save("full")?;
        self.browser.evaluate("document.exitFullscreen()")?;
        self.browser.wait("the window", "document.fullscreenElement === null", SOON)?;
        self.browser.resize(WINDOW)
    }

    /// Takes a picture in a narrow window, where everything must still have room.
    pub(super) fn save_narrow(&mut self, name: &str) -> Result<()> {
        self.browser.resize(NARROW)?;
        let width = format!("innerWidth === {} && document.querySelector('#bar').offsetHeight > 0", NARROW.0);
        self.browser.wait("the narrow window", &width, SOON)?;
        let wide = self.browser.number("document.documentElement.scrollWidth")?;
        ensure!(wide <= f64::from(NARROW.0), "the page is {wide} pixels wide in a window of {}", NARROW.0);
        self.save(name)?;
        self.browser.resize(WINDOW)?;
        self.browser.wait("the wide window", &format!("innerWidth === {}", WINDOW.0), SOON)
    }
}
