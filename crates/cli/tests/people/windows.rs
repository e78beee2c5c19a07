//! Remote assistance by one call on the session bus: a program of the desktop invites, and its person is asked in a window
//! that opens for it.

use crate::house::{ANSWER, SHOW, SOON, Side, Two, these_two};
use crate::on_the_bus::Desktop;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::hand::Hand;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

const ASK: &str = "{56B994A7-380F-410B-9985-C809D78C1BDC}";
const ASSIST: &str = "im.rendezvous.Assist";
/// X's name for the Enter key.
const ENTER: u32 = 0xff0d;

/// The novice's desktop: a screen, a bus, and a terminal program whose windows are written down.
struct Place {
    screen: XServer,
    bus: Bus,
    tools: Home,
}

impl Place {
    fn new() -> Result<Self> {
        let tools = Home::new("tools")?;
        let terminal = tools.join("x-terminal-emulator");
        let written = tools.join("written");
        // Called as others are, with -e and the command. It fills the screen, so that the keyboard is its own.
        let script = format!(
            "#!/bin/sh\nshift\nexec xterm -geometry 200x60+0+0 -e script -qfec \"$*\" {}\n",
            written.display()
        );
        fs::write(&terminal, script)?;
        fs::set_permissions(&terminal, fs::Permissions::from_mode(0o755))?;
        Ok(Self { screen: XServer::xvfb(640, 480)?, bus: Bus::start()?, tools })
    }

    fn surroundings(&self) -> Vec<(&'static str, String)> {
        let mut all = self.screen.environment().to_vec();
        all.push(("DBUS_SESSION_BUS_ADDRESS", self.bus.address().to_owned()));
        all
    }

    /// The bus starts our application for its name, in the surroundings of this desktop.
    fn starts_assist(&self, side: &Side) -> Result<()> {
        let [display, authority] = self.screen.environment();
        let line = format!(
            "/usr/bin/env RENDEZVOUS_ASK=terminal PATH={}:/usr/bin:/bin {}={} {}={} RENDEZVOUS_HOME={} {} application assist --bus",
            self.tools.path().display(),
            display.0,
            display.1,
            authority.0,
            authority.1,
            side.home().path().display(),
            env!("CARGO_BIN_EXE_rendezvous"),
        );
        self.bus.starts(ASSIST, &line)
    }

    fn written(&self) -> PathBuf {
        self.tools.join("written")
    }

    /// Waits until this stands in the window.
    fn reads(&self, text: &str) -> Result<String> {
        wait::until(format_args!("{text:?} in the window"), SOON * 2, || {
            let written = fs::read_to_string(self.written()).unwrap_or_default();
            Ok(written.contains(text).then_some(written))
        })
        .with_context(|| fs::read_to_string(self.written()).unwrap_or_default())
    }

    /// Types into the window, as the person does.
    fn types(&self, keys: &[u32]) -> Result<()> {
        let hand = Hand::on(&self.screen)?;
        keys.iter().try_for_each(|key| hand.chord(&[*key]))
    }
}

#[test]
fn needs_xvfb_needs_dbus_an_im_program_asks_for_help_with_one_call() {
    let place = Place::new().expect("a desktop");
    let novice = Side::start("novice", place.surroundings()).expect("an agent");
    let expert = Side::start("expert", Vec::new()).expect("an agent");
    these_two(Two { novice, expert, call: None, screen: None, are_acquainted: true }, |two| {
        crate::meeting::have_met(&two.novice, &two.expert)?;
        let mut desktop = Desktop::on(&place.bus)?;
        let can = |desktop: &Desktop| -> Result<bool> {
            let all: Vec<(String, String, String, String, bool)> = desktop.asks("Applications", &())?;
            Ok(all.iter().any(|application| application.0 == ASK && application.4))
        };
        ensure!(!can(&desktop)?, "this bus cannot start it yet");
        place.starts_assist(&two.novice)?;
        wait::until("the bus to know it", SOON, || Ok(can(&desktop)?.then_some(())))?;

        let to = two.expert.address.clone();
        let session: zbus::OwnedObjectPath = desktop.asks("Invite", &("nearby", &to, ASK))?;
        two.expert.agent.reads(ANSWER)?;
        // Nothing opens before the other person has said yes.
        ensure!(!place.written().exists(), "a window too early");
        two.expert.agent.says("y")?;
        let question = place.reads(SHOW)?;
        ensure!(question.contains(&format!("Show {} your screen?", two.expert.who)), "{question}");
        place.types(&[u32::from(b'n'), ENTER])?;
        let (ended, _, _): (zbus::OwnedObjectPath, u32, String) = desktop.hears("SessionEnded")?;
        ensure!(ended == session);
        // The last words can be read until the person closes the window.
        place.reads("Press Enter to close this window.")?;
        place.types(&[ENTER])?;
        two.are_idle()
    });
}
