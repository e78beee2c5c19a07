//! A headless browser, moved by requests. The other half is `xtask/e2e/browser.mjs`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rendezvous_testkit::process::{Launch, Log, Process, find_program};
use rendezvous_testkit::wait;
use serde_json::{Value, json};

use crate::packages::{BROWSERS, FIREFOXES};
use crate::repo;

/// How long one request may take, besides what it waits for itself.
const ANSWER: Duration = Duration::from_secs(30);

/// A page in a browser of our own. Dropping it ends the browser.
pub(crate) struct Browser {
    // Closed first: the driver ends when it has nothing more to read, and the browser with it.
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
    driver: Process,
    profile: PathBuf,
}

impl Browser {
    /// Starts the browser with an empty profile and an empty page of this size. `name` keeps several apart. What is
    /// started may be changed: to start it on another machine, say.
    pub(crate) fn start_as(
        name: &str,
        (width, height): (u32, u32),
        change: impl FnOnce(Launch) -> Launch,
    ) -> Result<Self> {
        let executable =
            BROWSERS.iter().find_map(|name| find_program(name)).context("no Chromium is installed")?;
        let launch = |profile: &Path| {
            let is_root = rustix::process::geteuid().is_root();
            json!({ "do": "launch", "executable": executable, "profile": profile, "width": width, "height": height, "root": is_root })
        };
        Self::drive(name, "xtask/e2e/browser.mjs", launch, change)
    }

    /// Starts a Firefox, which can be asked to open, to evaluate and to wait.
    pub(crate) fn start_firefox(change: impl FnOnce(Launch) -> Launch) -> Result<Self> {
        let executable =
            FIREFOXES.iter().find_map(|name| find_program(name)).context("no Firefox is installed")?;
        let launch = |_: &Path| json!({ "do": "launch", "executable": executable });
        Self::drive("firefox", "xtask/e2e/firefox.mjs", launch, change)
    }

    fn drive(
        name: &str,
        script: &str,
        launch: impl FnOnce(&Path) -> Value,
        change: impl FnOnce(Launch) -> Launch,
    ) -> Result<Self> {
        // Under our own directory, because a Chromium from a snap sees no other temporary files.
        let profile = repo::output("browser")?.join(format!("{name}-{}", std::process::id()));
        let log = repo::output("browser")?.join(format!("{name}.log"));
        let node = change(Launch::new("node").arg(script));
        let mut driver = Process::start_piped(&node, Log::File(&log))?;
        let (requests, output) = driver.pipes().context("a driver that was started with pipes has them")?;
        let (tell, answers) = mpsc::channel();
        thread::Builder::new().name("browser answers".into()).spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        })?;
        let mut browser = Self { requests: Some(requests), answers, driver, profile };
        let launch = launch(&browser.profile);
        browser.ask(&launch, Duration::from_secs(60))?;
        Ok(browser)
    }

    pub(crate) fn open(&mut self, url: &str) -> Result<()> {
        self.ask(&json!({ "do": "open", "url": url }), Duration::ZERO).map(drop)
    }

    /// The value of an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Result<Value> {
        self.ask(&json!({ "do": "evaluate", "expression": expression }), Duration::ZERO)
    }

    /// A number from the page.
    pub(crate) fn number(&mut self, expression: &str) -> Result<f64> {
        let value = self.evaluate(expression)?;
        value.as_f64().with_context(|| format!("`{expression}` is {value}, not a number"))
    }

    /// Waits until an expression is true in the page. `what` says it in words.
    pub(crate) fn wait(&mut self, what: &str, expression: &str, within: Duration) -> Result<()> {
        let milliseconds = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        self.ask(&json!({ "do": "wait", "expression": expression, "within": milliseconds }), within)
            .map(drop)
            .with_context(|| format!("waited {} s for {what}", within.as_secs()))
    }

    pub(crate) fn click(&mut self, selector: &str) -> Result<()> {
        self.ask(&json!({ "do": "click", "selector": selector }), Duration::ZERO).map(drop)
    }

    pub(crate) fn hover(&mut self, selector: &str) -> Result<()> {
        self.ask(&json!({ "do": "hover", "selector": selector }), Duration::ZERO).map(drop)
    }

    /// Clicks on a pixel of the shared screen, in the picture.
    pub(crate) fn click_picture(&mut self, (x, y): (i16, i16)) -> Result<()> {
        let point = self.evaluate(&format!("observer.pointOf({x}, {y})"))?;
        self.ask(&json!({ "do": "clickAt", "x": point["x"], "y": point["y"] }), Duration::ZERO).map(drop)
    }

    pub(crate) fn type_text(&mut self, text: &str) -> Result<()> {
        self.ask(&json!({ "do": "type", "text": text }), Duration::ZERO).map(drop)
    }

    /// Presses a key or a chord, in the driver's spelling: `Control+A`.
    pub(crate) fn press(&mut self, key: &str) -> Result<()> {
        self.ask(&json!({ "do": "press", "key": key }), Duration::ZERO).map(drop)
    }

    /// Gives the page another size.
    pub(crate) fn resize(&mut self, (width, height): (u32, u32)) -> Result<()> {
        self.ask(&json!({ "do": "resize", "width": width, "height": height }), Duration::ZERO).map(drop)
    }

    /// What the person has set their desktop to: `light` or `dark`.
    pub(crate) fn prefer(&mut self, scheme: &str) -> Result<()> {
        self.ask(&json!({ "do": "scheme", "scheme": scheme }), Duration::ZERO).map(drop)
    }

    pub(crate) fn screenshot(&mut self, path: &Path) -> Result<()> {
        self.ask(&json!({ "do": "screenshot", "path": path }), Duration::ZERO).map(drop)
    }

    /// Draws a page of this size, whatever is open meanwhile, and saves it.
    pub(crate) fn draw(&mut self, url: &str, (width, height): (u16, u16), path: &Path) -> Result<()> {
        let request = json!({ "do": "draw", "url": url, "width": width, "height": height, "path": path });
        self.ask(&request, Duration::ZERO).map(drop)
    }

    /// The process that started all others of the browser.
    pub(crate) fn id(&self) -> u32 {
        self.driver.id()
    }

    pub(crate) fn version(&mut self) -> Result<String> {
        Ok(self.ask(&json!({ "do": "version" }), Duration::ZERO)?.as_str().unwrap_or("unknown").to_owned())
    }

    fn ask(&mut self, request: &Value, within: Duration) -> Result<Value> {
        let requests = self.requests.as_mut().context("the browser was closed")?;
        writeln!(requests, "{request}")
            .and_then(|()| requests.flush())
            .context("the browser driver is gone")?;
        let what = format!("the browser to answer {}", request["do"]);
        let line = wait::until(what, within + ANSWER, || match self.answers.try_recv() {
            Ok(line) => Ok(Some(line)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => {
                self.driver.check_running()?;
                bail!("the browser driver stopped answering")
            }
        })?;
        let mut answer: Value =
            serde_json::from_str(&line).with_context(|| format!("the driver said {line:?}"))?;
        match answer["error"].as_str() {
            None => Ok(answer["value"].take()),
            Some(error) => {
                bail!("the browser could not {}: {error}; the page said {}", request["do"], answer["said"])
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.requests.take());
        // Closing takes a moment; a browser that does not close is ended with its driver.
        let _ = self.driver.wait_exit(Duration::from_secs(5));
        self.driver.end();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
