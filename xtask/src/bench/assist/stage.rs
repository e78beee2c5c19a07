//! What all peers share: the screen, two machines with a wire between them, one browser, and what is on the screen.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::screen::Picture;
use rendezvous_testkit::workload::{SCREEN, Sheets};
use rendezvous_testkit::xserver::XServer;

use crate::browser::Browser;
use crate::repo;

/// The machine of the person whose screen it is.
pub(super) const NOVICE: usize = 0;
/// The machine of the person who looks.
pub(super) const EXPERT: usize = 1;

/// How long a step may take on a busy machine.
pub(super) const SOON: Duration = Duration::from_secs(60);

/// On which machine the browser runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BrowserAt {
    /// On the expert's.
    TheExperts,
    /// On the one that runs the benchmark.
    Here,
}

/// The stage of a run.
pub(super) struct Stage {
    // The browser ends before the machine that it runs on.
    pub(super) browser: Browser,
    pub(super) screen: XServer,
    pub(super) machines: Rc<Machines>,
    pub(super) sheets: Sheets,
    pub(super) program: PathBuf,
    /// What `[assist]` says to the novice's program.
    pub(super) codec: Option<String>,
}

impl Stage {
    pub(super) fn set_up(program: PathBuf, codec: Option<String>) -> Result<Self> {
        let machines = Rc::new(machines(Machines::new()?)?);
        let screen = XServer::xvfb(SCREEN.0, SCREEN.1)?;
        let mut browser = browser(&machines)?;
        let sheets = draw_sheets(&mut browser)?;
        Ok(Self { browser, screen, machines, sheets, program, codec })
    }

    /// Goes to other machines.
    pub(super) fn move_to(&mut self, machines: Rc<Machines>) -> Result<()> {
        self.browser = browser(&machines)?;
        self.machines = machines;
        Ok(())
    }

    /// A browser that has just been started, in place of the one before.
    pub(super) fn renew_browser(&mut self, at: BrowserAt) -> Result<()> {
        self.browser = match at {
            BrowserAt::TheExperts => browser(&self.machines)?,
            BrowserAt::Here => browser_on(|launch| launch)?,
        };
        Ok(())
    }
}

/// Machines of this system, or why there are none.
pub(super) fn machines(made: Result<Machines, String>) -> Result<Machines> {
    match made {
        Ok(machines) => Ok(machines),
        Err(why) => bail!("the benchmark runs on two machines in one, as root: {why}"),
    }
}

fn browser(machines: &Machines) -> Result<Browser> {
    browser_on(|launch| machines.on(EXPERT, &launch))
}

fn browser_on(machine: impl FnOnce(Launch) -> Launch) -> Result<Browser> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("bench-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    Browser::start_as(&name, (1280, 800), machine)
}

fn draw_sheets(browser: &mut Browser) -> Result<Sheets> {
    let folder = repo::output("bench-assist")?;
    let html = repo::root().join("xtask/e2e/sheets.html");
    let pictures = Sheets::SIZES.map(|(name, width, height)| -> Result<Picture> {
        let path = folder.join(format!("{name}.png"));
        browser.draw(&format!("file://{}#{name}", html.display()), (width, height), &path)?;
        Picture::load(&path)
    });
    let pictures = pictures.into_iter().collect::<Result<Vec<_>>>()?;
    Sheets::new(pictures.try_into().ok().context("there are five sheets")?)
}

/// Milliseconds of the epoch, as the page counts them.
pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}
