//! The program in C, and what it says.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rendezvous_desktop::Rect;

/// Where it is.
const WINDOW: &str = "RENDEZVOUS_TRIAL_WINDOW";

/// However busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A window over the whole screen. It goes with this value.
pub(crate) struct Window {
    child: Child,
    orders: Option<ChildStdin>,
    said: Receiver<String>,
    pub(crate) size: (u16, u16),
}

impl Window {
    pub(crate) fn open() -> Self {
        let program = std::env::var(WINDOW).expect("`cargo xtask test --windows` says where the window is");
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program in C starts");
        let (tell, said) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                _ = tell.send(line.trim_end().to_owned());
            }
        });
        let orders = child.stdin.take();
        let mut window = Self { child, orders, said, size: (0, 0) };
        let ready = window.until("ready", |line| line.starts_with("ready"));
        let sides: Vec<u16> = ready.split(' ').skip(1).map(|side| side.parse().unwrap()).collect();
        window.size = (sides[0], sides[1]);
        window
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
    }

    /// Fills a part of it; returns when it is painted.
    pub(crate) fn fill(&mut self, part: Rect, colour: u32) {
        let Rect { x, y, width, height } = part;
        self.order(&format!("fill {x} {y} {width} {height} {colour:06x}"));
        self.until("filled", |line| line == "filled");
    }

    /// Whether Caps Lock is on for it.
    pub(crate) fn is_caps_lock_on(&mut self) -> bool {
        self.order("caps");
        self.until("caps", |line| line.starts_with("caps")) == "caps 1"
    }

    /// The next line for which this holds; others before it are forgotten.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut others = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.said.recv_timeout(left) {
                Ok(line) if holds(&line) => return line,
                Ok(line) => others.push(line),
                Err(error) => panic!("it did not say {what} ({error}), but {others:?}"),
            }
        }
    }

    /// Everything that it says until this line, which is the last; moves of the pointer apart, which Windows adds by itself.
    pub(crate) fn said_until(&self, last: &str) -> Vec<String> {
        let lines = std::cell::RefCell::new(Vec::new());
        self.until(last, |line| {
            if !line.starts_with("at ") {
                lines.borrow_mut().push(line.to_owned());
            }
            line == last
        });
        lines.into_inner()
    }

    /// Forgets what it said so far.
    pub(crate) fn forget(&mut self) {
        // An order is carried out after everything that came before it.
        self.is_caps_lock_on();
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        drop(self.orders.take());
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Asks again and again until the answer is yes.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "it did not come to be: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
