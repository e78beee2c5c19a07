//! The front door: the window that `rendezvous open` shows, for whoever does not type commands.
//!
//! It is a client of the agent as the commands are, over the same socket, and can do nothing that they cannot: it calls, it
//! withdraws, it looks. Whether a call is answered and a screen is shown is asked in other windows, by the agent and by the
//! application. What happens in it is a pure [`machine`]; what stands in it is in `texts::door`; `work` does what follows.

pub(crate) mod facts;
pub(crate) mod ids;
pub(crate) mod machine;
#[cfg(test)]
pub(crate) mod samples;
mod work;

use crate::asking::{self, tell};
use crate::home::Home;
use crate::private;
use crate::signals::EndSignals;
use crate::texts::door::{said, view};
use crate::{clock, surroundings, terminal::Terminal};
use anyhow::{Context, Result};
use facts::Settings;
use machine::{Door, Input, Outcome, Output, Page};
use rendezvous_desktop::Suspension;
use rendezvous_desktop::windows::{Act, Look, Told, View, WindowId, Windows, desktop_look};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use work::Worker;

/// So often it is looked who is there and what goes on.
const LOOK: Duration = Duration::from_secs(2);

/// Whether somebody who says nothing wants the window: there is a display, and no terminal.
pub(crate) fn is_meant() -> bool {
    matches!(Terminal::own(), Ok(None)) && surroundings::x11_display().is_ok()
}

/// Shows the window until the person closes it. One that is there already comes to the front instead.
pub(crate) async fn run(home: &Home) -> Result<ExitCode> {
    let display = surroundings::x11_display()?;
    // First, since whoever finds our number in the lock sends this at once.
    let mut opened = signal(SignalKind::user_defined1())?;
    let Some(_only) = be_the_only_one(home)? else { return Ok(ExitCode::SUCCESS) };
    let mut ends = EndSignals::listen()?;
    let settings = Settings::load(home);
    let mut door = Door::new(now(), settings);
    let (mut worker, mut inputs) = Worker::new(home, settings);
    let mut screen = Screen::open(display, settings)?;
    let mut look = tokio::time::interval(LOOK);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        while let Some(output) = door.poll_output() {
            match output {
                Output::Close => screen.close(),
                Output::Open => {}
                Output::Keep(settings) => {
                    settings.keep(home);
                    screen.look_like(settings)?;
                    worker.carry_out(Output::Keep(settings));
                }
                output => worker.carry_out(output),
            }
        }
        if door.is_open {
            screen.show(view(&door));
        } else if !door.is_busy() {
            tell_end(&door);
            return Ok(ExitCode::SUCCESS);
        }
        let input = tokio::select! {
            told = screen.told.recv() => match told.context("the windows ended")? {
                Told::Did(_, act) => of_act(act),
                Told::Lost(error) => return Err(error.into()),
            },
            Some(input) = inputs.recv() => input,
            input = worker.news() => input,
            _ = look.tick() => {
                worker.look();
                continue;
            }
            _ = second.tick() => Input::Tick,
            _ = opened.recv() => Input::Opened,
            () = ends.next() => return Ok(ExitCode::SUCCESS),
        };
        door.handle_input(now(), input);
    }
}

/// How it ended, where there is no window any more in which that could stand. The end of a help is told by its application.
fn tell_end(door: &Door) {
    if let Page::Outcome { who, outcome, .. } = &door.page {
        match outcome {
            Outcome::Failed { result, .. } => tell(who, &asking::Told::Failed(*result), &HashMap::new()),
            Outcome::Refused(why) => {
                let why = said(door.settings.language.language(), why);
                tell(who, &asking::Told::Sentence(&why), &HashMap::new());
            }
            Outcome::Over | Outcome::Withdrawn | Outcome::CodeTooOld => {}
        }
    }
}

fn now() -> Duration {
    Duration::from_millis(clock::boottime())
}

fn of_act(act: Act) -> Input {
    match act {
        Act::Pressed(button, _) => Input::Pressed(button),
        Act::Typed(text) => Input::Typed(text),
        Act::Entered => Input::Entered,
        Act::Closed => Input::Closed,
    }
}

/// The lock of the one door of this person; nothing where there is one, which is told to show itself.
fn be_the_only_one(home: &Home) -> Result<Option<File>> {
    let path = home.data_file("door.lock");
    if let Some(mut lock) = private::try_lock(&path)? {
        lock.set_len(0)?;
        write!(lock, "{}", std::process::id())?;
        return Ok(Some(lock));
    }
    let mut number = String::new();
    File::open(&path)?.take(16).read_to_string(&mut number)?;
    if let Some(other) = number.parse().ok().and_then(Pid::from_raw).filter(|other| is_ours(*other)) {
        kill_process(other, Signal::USR1)?;
    }
    Ok(None)
}

/// Whoever has the lock may not have written its number yet; the one before may be anybody's by now.
fn is_ours(process: Pid) -> bool {
    let program = std::fs::read_link(format!("/proc/{}/exe", process.as_raw_nonzero()));
    matches!((program, std::env::current_exe()), (Ok(theirs), Ok(ours)) if theirs == ours)
}

/// The window on the display.
struct Screen {
    display: String,
    /// As the desktop wants its windows.
    usual: Look,
    percent: u16,
    windows: Windows,
    told: mpsc::UnboundedReceiver<Told>,
    shown: Option<(WindowId, View)>,
}

impl Screen {
    fn open(display: String, settings: Settings) -> Result<Self> {
        let usual = desktop_look(&display)?;
        let (windows, told) = windows(&display, usual, settings.percent)?;
        Ok(Self { display, usual, percent: settings.percent, windows, told, shown: None })
    }

    /// Shows this, in the window that is there.
    fn show(&mut self, view: View) {
        match &mut self.shown {
            Some((_, shown)) if *shown == view => {}
            Some((window, shown)) => {
                self.windows.change(*window, view.clone());
                *shown = view;
            }
            None => self.shown = Some((self.windows.show(view.clone()), view)),
        }
    }

    fn close(&mut self) {
        if let Some((window, _)) = self.shown.take() {
            tokio::task::block_in_place(|| self.windows.close(window));
        }
    }

    /// Letters of another size need windows of another size.
    fn look_like(&mut self, settings: Settings) -> Result<()> {
        if settings.percent != self.percent {
            self.close();
            self.percent = settings.percent;
            (self.windows, self.told) = windows(&self.display, self.usual, settings.percent)?;
        }
        Ok(())
    }
}

fn windows(display: &str, usual: Look, percent: u16) -> Result<(Windows, mpsc::UnboundedReceiver<Told>)> {
    let look = Look::new(usual.dark, usual.scale * f32::from(percent) / 100.0);
    let (tell, told) = mpsc::unbounded_channel();
    let tell = move |news| _ = tell.send(news);
    // It holds nobody's keys back: it decides nothing.
    let windows = Windows::open(Some(display), Some(look), Suspension::default(), tell)?;
    Ok((windows, told))
}

impl Settings {
    /// As they were kept; the usual ones where that cannot be read.
    fn load(home: &Home) -> Self {
        let text = private::read(&home.data_file("door.json"), 4096).ok().flatten();
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    fn keep(self, home: &Home) {
        let kept = serde_json::to_vec(&self)
            .map_err(anyhow::Error::from)
            .and_then(|text| private::replace(&home.data_file("door.json"), &text));
        if let Err(error) = kept {
            tracing::warn!(error = format!("{error:#}"), "The settings are not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as Place;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Command, Stdio};

    fn place() -> (Place, Home) {
        let place = Place::new("door").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        (place, home)
    }

    #[test]
    fn a_number_that_is_somebody_elses_by_now_is_no_door() {
        let own =
            Pid::from_raw(i32::try_from(std::process::id()).expect("a number")).expect("it is not zero");
        assert!(is_ours(own));
        let mut other = Command::new("sleep").arg("1000").stdout(Stdio::null()).spawn().expect("it starts");
        let its = Pid::from_raw(i32::try_from(other.id()).expect("a number")).expect("it is not zero");
        assert!(!is_ours(its));

        // Whoever has the lock has not written its number yet, and what stands there is an old one: nobody is sent anything.
        let (_place, home) = place();
        let mut lock = private::try_lock(&home.data_file("door.lock")).expect("a lock").expect("it is free");
        write!(lock, "{}", other.id()).expect("it is written");
        assert!(be_the_only_one(&home).expect("it is looked at").is_none(), "there is one already");
        // The signal for a door would have ended it first.
        other.kill().expect("it is ours");
        let ended = other.wait().expect("it is ours").signal();
        assert_eq!(ended, Some(Signal::KILL.as_raw()));
    }

    #[test]
    fn there_is_one_door_at_a_time() {
        let (_place, home) = place();
        let only = be_the_only_one(&home).expect("it is looked at").expect("the first");
        let said = std::fs::read_to_string(home.data_file("door.lock")).expect("it is there");
        assert_eq!(said, std::process::id().to_string());
        drop(only);
        assert!(be_the_only_one(&home).expect("it is looked at").is_some(), "when it is gone there is room");
    }
}
