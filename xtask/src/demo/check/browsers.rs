//! The same screen once more: in each browser, as each kind of video, and over a relay of one side alone. Both browsers hide
//! the addresses of their computer, as they come.

use std::net::IpAddr;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Result, bail, ensure};
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::turn::{PASSWORD, Turn, USER};

use super::{Play, SOON, first, step};
use crate::browser::Browser;
use crate::demo::Pictures;
use crate::demo::meeting::{EXPERTS, NOVICES, Way};
use crate::demo::people::{self, QUESTION};
use crate::repo::{self, Profile};
use crate::say;

/// How both are told that the browser plays nothing of what may be sent.
const NO_CODEC: &str = "(APPLICATION_LAUNCH_FAILED (0x81000601))";

/// What a browser says of itself: whether it plays H.264.
const PLAYS_H264: &str =
    "RTCRtpReceiver.getCapabilities('video').codecs.some(({ mimeType }) => mimeType === 'video/H264')";

/// Plays each of them. Two machines are needed, since no browser connects to its own.
pub(crate) fn check_browsers() -> Result<()> {
    let program = repo::build_program(Profile::Debug)?;
    super::fetch_browser_driver()?;
    let mut play = Play::set_up(&program, Pictures::Scratch, Way::Nearby)?;
    let machines = match &play.machines {
        Ok(machines) => Rc::clone(machines),
        Err(why) => {
            say::line(format_args!("     left out, as both are on this machine: {why}"));
            return play.leave();
        }
    };
    people::get_acquainted((&play.novice_place, &play.expert_place), &mut play.expert_agent, SOON)?;

    step("Chromium: as VP9");
    play.novice_place.configure("[assist]\ncodec = \"vp9\"\n")?;
    play.sees_the_screen_as(Some("video/VP9"))?;

    step("Chromium: over a relay that only the person who is helped uses, and no other way");
    let relay = relay_on(&machines, NOVICES)?;
    play.novice_place.configure(&ice(&relay, play.novice_place.home().as_ref())?)?;
    play.sees_the_screen_as(None)?;
    is_used(&relay)?;

    step("Chromium: over a relay that only the person who helps uses, and no other way");
    let relay = relay_on(&machines, EXPERTS)?;
    play.novice_place.configure("")?;
    play.expert_place.configure(&ice(&relay, play.expert_place.home().as_ref())?)?;
    play.sees_the_screen_as(None)?;
    is_used(&relay)?;
    play.expert_place.configure("")?;

    step("Firefox: as what it plays");
    play.browser = Browser::start_firefox(|launch| machines.on(EXPERTS, &launch))?;
    let plays_h264 = play.browser.evaluate(PLAYS_H264)? == true;
    say::line(format_args!("     it plays H.264: {plays_h264}"));
    play.sees_the_screen_as((!plays_h264).then_some("video/VP9"))?;
    if plays_h264 {
        say::line("     left out: a browser that plays nothing of what may be sent");
    } else {
        step("Firefox: H.264 alone, which it does not play: the end for both");
        play.novice_place.configure("[assist]\ncodec = \"h264\"\n")?;
        play.has_no_codec()?;
    }
    play.leave()
}

impl Play {
    /// From asking to the end, with the picture looked at; it must come as this kind of video.
    fn sees_the_screen_as(&mut self, codec: Option<&str>) -> Result<()> {
        self.ask_again()?;
        self.await_view("granted")?;
        self.browser.evaluate("(observer.watch('#picture'), 0)")?;
        let shows = "(document.querySelector('#picture')?.videoWidth ?? 0) > 0";
        self.browser.wait("a picture", shows, SOON)?;
        self.await_likeness(first())?;
        let video = self.browser.evaluate("observer.video()")?;
        say::line(format_args!("     {}, {} pictures", video["codec"], video["frames"]));
        ensure!(codec.is_none_or(|codec| video["codec"] == codec), "it came as {video}");
        self.novice()?.press("s")?;
        self.novice()?.expect("The help is over.", SOON)?;
        let status = self.novice()?.wait_exit(SOON)?;
        ensure!(status.success(), "the novice's program ended with {status:?}");
        Ok(())
    }

    /// Both are told, and nothing is shown.
    fn has_no_codec(&mut self) -> Result<()> {
        self.ask_again()?;
        self.novice()?.expect("cannot show your screen", SOON)?;
        self.novice()?.expect(NO_CODEC, SOON)?;
        self.expert_agent.expect(NO_CODEC, SOON)?;
        let ended = "document.querySelector('#ended')?.innerText.includes('0x81000601')";
        self.browser.wait("the page to say why", ended, SOON)?;
        let status = self.novice()?.wait_exit(SOON)?;
        ensure!(!status.success(), "that is no success");
        Ok(())
    }

    /// They know each other: the novice asks, the expert answers, the novice shows the screen, the expert opens the page.
    fn ask_again(&mut self) -> Result<()> {
        let novice = people::ask(&self.novice_place, &self.expert_place, self.desktop.screen())?;
        let novice = self.novice.insert(novice);
        self.expert_agent.expect("asks you for help.", SOON)?;
        self.expert_agent.expect(QUESTION, SOON)?;
        self.expert_agent.type_line("y")?;
        let page = people::page_address(&mut self.expert_agent, SOON)?;
        self.browser.open(&page)?;
        self.browser.wait("the page to begin", "document.querySelector('#picture') !== null", SOON)?;
        novice.expect("Show my screen?", SOON)?;
        novice.expect(QUESTION, SOON)?;
        novice.type_line("y")
    }
}

/// A relay on a machine.
fn relay_on(machines: &Machines, machine: usize) -> Result<Turn> {
    let place = machines.place(machine)?;
    let ip = IpAddr::V4(Machines::address(machine));
    // Whatever a thread starts is where the thread is.
    let started = std::thread::spawn(move || {
        place.enter()?;
        Turn::start(ip)
    });
    match started.join() {
        Ok(started) => started,
        Err(_) => bail!("the relay's thread panicked"),
    }
}

/// The configuration of somebody who uses this relay and no other way.
fn ice(relay: &Turn, home: &Path) -> Result<String> {
    let secret = home.join("relay.txt");
    std::fs::write(&secret, PASSWORD)?;
    let only_mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secret, only_mine)?;
    Ok(format!(
        "[ice]\nrelay-only = true\n[[ice.turn]]\nurl = \"{}\"\nusername = \"{USER}\"\npassword-file = {:?}\n",
        relay.url(),
        secret.display().to_string()
    ))
}

/// The picture went over it.
fn is_used(relay: &Turn) -> Result<()> {
    let log = relay.log()?;
    let binds = log.contains("CHANNEL_BIND processed, success")
        || log.contains("CREATE_PERMISSION processed, success");
    ensure!(binds && log.contains("ALLOCATE processed, success"), "{log}");
    Ok(())
}
