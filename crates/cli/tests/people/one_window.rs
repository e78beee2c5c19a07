//! Calls that come in while there is no terminal: one window at a time, and none while somebody helps.

use crate::alone::Someone;
use crate::house::{ANSWER, NO_SUCH_SCREEN, SOON, processes_of};
use crate::meeting::have_met_on;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::wait;
use rendezvous_testkit::windows::{Seen, of_class};
use rendezvous_testkit::xserver::XServer;
use std::fs;

/// What stands above a call.
const CALLS: &str = "says hello.";

struct House {
    maria: Someone,
    karl: Someone,
    anna: Someone,
    /// Where Maria is reached.
    place: String,
    // Last, since Maria's programs are on it.
    screen: XServer,
}

impl House {
    fn new() -> Result<Self> {
        let screen = XServer::xvfb(800, 600)?;
        let mut surroundings = screen.environment().to_vec();
        surroundings.extend([("RENDEZVOUS_ASK", "window".to_owned()), ("LANG", "C.UTF-8".to_owned())]);
        let maria = Someone::with("maria", surroundings)?;
        let other = |name| Someone::with(name, vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())]);
        let (karl, anna) = (other("karl")?, other("anna")?);
        let place = maria.is_reached_at()?;
        for one in [&karl, &anna] {
            have_met_on("nearby", (maria.home(), &maria.who()?), (one.home(), &one.who()?))?;
        }
        Ok(Self { maria, karl, anna, place, screen })
    }

    /// The questions that stand in windows about calls; the view that is asked for is none.
    fn calls(&self) -> Result<Vec<Seen>> {
        let mut all = of_class(&self.screen, "rendezvous")?;
        all.retain(|seen| seen.title.contains(CALLS));
        Ok(all)
    }

    fn one_call(&self) -> Result<Seen> {
        let found = wait::until("a window for a call", SOON, || Ok(self.calls()?.pop()));
        found.with_context(|| format!("{:?}\n{}", of_class(&self.screen, "rendezvous"), self.maria.log()))
    }

    /// How many windows of calls there are, or are about to be: each is a process. When the agent answers, it has dealt with
    /// whatever came before.
    fn windows_of_calls(&self) -> Result<usize> {
        let ringing = self.maria.does(&["sessions"])?;
        ensure!(ringing.contains("ringing"), "{ringing}");
        let all = processes_of(self.maria.home())?;
        Ok(all.iter().filter(|(_, line)| line.trim_end().ends_with(" ring")).count())
    }

    fn no_call(&self) -> Result<()> {
        wait::until("no window for a call", SOON, || Ok(self.calls()?.is_empty().then_some(())))
    }
}

#[test]
fn needs_xvfb_calls_have_one_window_at_a_time_and_none_while_somebody_helps() {
    let house = House::new().expect("everybody is there");
    let play = || -> Result<()> {
        let mut first = house.karl.types(&["hello", &house.place])?;
        let window = house.one_call()?;
        // Another one rings, and has no window of its own.
        let mut second = house.anna.types(&["hello", &house.place])?;
        second.reads("it rings there")?;
        let (now, many) = (house.calls()?, house.windows_of_calls()?);
        ensure!(many == 1 && matches!(&now[..], [only] if only.window == window.window), "{many} {now:?}");
        for call in [&mut first, &mut second] {
            call.interrupts()?;
            call.ends()?;
        }
        house.no_call()?;
        // So has the second, when it is alone.
        let mut second = house.anna.types(&["hello", &house.place])?;
        house.one_call()?;
        second.interrupts()?;
        second.ends()?;
        house.no_call()?;

        // Karl helps: Maria is asked for the view, and by nobody else meanwhile.
        let mut inbox = house.karl.types(&["inbox", "--wait"])?;
        inbox.reads("Ctrl-C ends it.")?;
        let mut ask = house.maria.types(&["ask", &house.karl.is_reached_at()?])?;
        inbox.reads(ANSWER)?;
        inbox.says("y")?;
        ask.reads("A window asks you now.")?;
        let mut third = house.anna.types(&["hello", &house.place])?;
        third.reads("it rings there")?;
        ensure!(house.windows_of_calls()? == 0, "a window beside the help: {:?}", house.calls()?);
        third.interrupts()?;
        third.ends()?;
        ask.interrupts()?;
        ask.ends()?;
        inbox.interrupts()?;
        inbox.ends()?;
        for one in [&house.maria, &house.karl, &house.anna] {
            one.leaves()?;
        }
        Ok(())
    };
    if let Err(error) = play() {
        let assist = fs::read_to_string(house.maria.home().join("assist.log")).unwrap_or_default();
        panic!("{error:#}\n----- Maria:\n{}\n{assist}", house.maria.log());
    }
}
