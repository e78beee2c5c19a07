//! The novice's desktop: a window manager, a terminal with scrolling output, an editor.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rendezvous_testkit::hand::Hand;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::screen::{self, Area};
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;

/// How long a program may take to show its window on a busy machine.
const WINDOW: Duration = Duration::from_secs(30);

/// The monitors of a desktop with two: their names, and where they lie.
pub(crate) const MONITORS: [(&str, Area); 2] = [
    ("HDMI-1", Area { x: 0, y: 0, width: 1280, height: 720 }),
    ("DP-2", Area { x: 1280, y: 0, width: 800, height: 600 }),
];

/// Of the desktop: red, green, blue.
const BACKGROUND: [u8; 3] = [0x3b, 0x5b, 0x6d];

/// Where the windows go, so that the same picture comes out every time. Openbox reads it.
const PLACES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew></focus>
  <mouse>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="Titlebar">
      <mousebind button="Left" action="Drag"><action name="Move"/></mousebind>
    </context>
  </mouse>
  <applications>
    <application class="XTerm">
      <position force="yes"><x>20</x><y>20</y></position>
    </application>
    <application class="Mousepad">
      <position force="yes"><x>620</x><y>60</y></position>
      <size><width>620</width><height>420</height></size>
    </application>
  </applications>
</openbox_config>
"#;

/// A desktop on an X server. Dropping it ends its programs, then the server.
pub(crate) struct Desktop {
    // Order matters: programs end before the screen that they are on.
    programs: Vec<Process>,
    screen: XServer,
    /// The screen around it, where it is in a window.
    outer: Option<XServer>,
    home: Home,
    editor: Area,
}

impl Desktop {
    /// Sets the desktop up and waits until all of it is there.
    pub(crate) fn start(screen: XServer) -> Result<Self> {
        let home = Home::new("desktop")?;
        let places = home.join("openbox.xml");
        fs::write(&places, PLACES)?;
        let start = |launch: Launch| {
            let log = home.join(format!("{}.log", launch.name()));
            Process::start(&settle(launch, &screen, &home), Log::File(&log))
        };
        screen::set_background(&screen, BACKGROUND)?;
        let mut programs = vec![start(Launch::new("openbox").arg("--config-file").arg(&places))?];
        screen::wait_window_manager(&screen, WINDOW)?;
        programs.push(start(scrolling_terminal(&home, "90x24", Duration::from_millis(250))?)?);
        screen::wait_window(&screen, "XTerm", WINDOW)?;
        // Without a bus it must not look for another editor of yours that already runs.
        programs.push(start(as_a_person("mousepad").arg("--disable-server"))?);
        screen::wait_window(&screen, "Mousepad", WINDOW)?;
        let editor = wait::until("the editor to be where it belongs", WINDOW, || {
            let area = screen::wait_window(&screen, "Mousepad", WINDOW)?;
            Ok((area.x >= 600).then_some(area))
        })?;
        for program in &mut programs {
            program.check_running().context("the desktop is not complete")?;
        }
        Ok(Self { programs, screen, outer: None, home, editor })
    }

    /// A desktop on two monitors, as [`MONITORS`] has them: all of it on the first, and a note on the other one.
    pub(crate) fn start_on_two_monitors() -> Result<Self> {
        let [(_, first), (_, second)] = MONITORS;
        let screen = XServer::xvfb(first.width + second.width, first.height)?;
        screen::plug_in(&screen, &MONITORS)?;
        let mut desktop = Self::start(screen)?;
        let note = settle(note(second), &desktop.screen, &desktop.home);
        desktop.programs.push(Process::start(&note, Log::File(&desktop.home.join("note.log")))?);
        screen::wait_window(&desktop.screen, "Note", WINDOW)?;
        Ok(desktop)
    }

    /// The same in a window on a screen of its own: what is typed out there comes from a keyboard that a person can touch, and
    /// not from a program.
    pub(crate) fn start_for_a_person() -> Result<Self> {
        let Area { width, height, .. } = MONITORS[0].1;
        let outer = XServer::xvfb(width, height)?;
        let mut desktop = Self::start(outer.xephyr_inside(width, height)?)?;
        desktop.outer = Some(outer);
        Ok(desktop)
    }

    /// The hands of the person who sits there.
    pub(crate) fn person(&self) -> Result<Hand> {
        Hand::on(self.outer.as_ref().context("nobody sits at this desktop")?)
    }

    pub(crate) fn screen(&self) -> &XServer {
        &self.screen
    }

    pub(crate) fn screen_mut(&mut self) -> &mut XServer {
        &mut self.screen
    }

    /// Where the editor's window is.
    pub(crate) fn editor(&self) -> Area {
        self.editor
    }

    /// What was copied last, if anything.
    pub(crate) fn clipboard(&self) -> Result<Option<String>> {
        let text = self.home.join("clipboard");
        let read =
            Launch::new("xclip").args(["-o", "-selection", "clipboard"]).envs(self.screen.environment());
        let status = Process::start(&read, Log::File(&text))?.wait_exit(Duration::from_secs(10))?;
        // It fails when there is nothing to read.
        Ok(status.success().then(|| fs::read_to_string(&text)).transpose()?)
    }

    /// Puts something else there, so that what is found later was copied later.
    pub(crate) fn overwrite_clipboard(&self, text: &str) -> Result<()> {
        let file = self.home.join("to-copy");
        fs::write(&file, text)?;
        let copy = Launch::new("xclip").args(["-i", "-selection", "clipboard"]).arg(&file);
        let copy = copy.envs(self.screen.environment());
        let status = Process::start(&copy, Log::Nowhere)?.wait_exit(Duration::from_secs(10))?;
        anyhow::ensure!(status.success(), "xclip failed ({status})");
        wait::until("the clipboard to be overwritten", Duration::from_secs(10), || {
            Ok((self.clipboard()?.as_deref() == Some(text)).then_some(()))
        })
    }
}

/// A window with a few words in large letters, on this monitor.
fn note(monitor: Area) -> Launch {
    let geometry = format!("34x7+{}+{}", monitor.x + 60, monitor.y + 60);
    Launch::new("xterm")
        .args([
            "-class",
            "Note",
            "-T",
            "Note",
            "-geometry",
            &geometry,
            "-fa",
            "DejaVu Sans Mono",
            "-fs",
            "20",
        ])
        .args([
            "-e",
            "sh",
            "-c",
            "printf '\\n  The other screen.\\n\\n  Shopping: bread, apples, tea'; exec cat",
        ])
}

/// A terminal that prints a line every so often, as a build or a log does: lines of many lengths, none like the last.
pub(crate) fn scrolling_terminal(home: &Home, size: &str, every: Duration) -> Result<Launch> {
    let log = home.join("long.log");
    fs::write(&log, long_log())?;
    let script = format!(
        "while :; do while read -r line; do printf '%s\\n' \"$line\"; sleep {:.3}; done < \"$0\"; done",
        every.as_secs_f32()
    );
    Ok(Launch::new("xterm")
        .args(["-T", "Terminal", "-geometry", size, "-fa", "DejaVu Sans Mono", "-fs", "9", "-e", "sh", "-c"])
        .arg(script)
        .arg(log))
}

/// A thousand lines, the same every time.
fn long_log() -> String {
    const WORDS: [&str; 16] = [
        "Compiling",
        "src/lib.rs",
        "with",
        "warning:",
        "0x7f3a",
        "linked",
        "optimised",
        "(3 of 9)",
        "-->",
        "module",
        "ok",
        "ran",
        "in",
        "cache/objects",
        "read",
        "wrote",
    ];
    let mut state = 1_u32;
    let mut next = |below: usize| {
        // A linear congruence (Numerical Recipes) is random enough for something to look at.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    let mut log = String::new();
    for number in 0..1000 {
        log.push_str(&format!("{number:04}"));
        for _ in 0..4 + next(20) {
            log.push(' ');
            log.push_str(WORDS[next(WORDS.len())]);
        }
        log.push('\n');
    }
    log
}

/// A program that is not told that it runs as root, where that can be arranged: editors warn root of themselves, with a
/// red bar that nobody else sees.
fn as_a_person(program: &str) -> Launch {
    let namespace = Launch::new("unshare").args(["--user", "--map-user=1000", "--map-group=1000"]);
    let can_be = rustix::process::geteuid().is_root()
        && namespace.clone().arg("true").command().output().is_ok_and(|output| output.status.success());
    if can_be { namespace.arg(program) } else { Launch::new(program) }
}

/// Gives a program this screen and a home of its own: it must see nothing of yours and leave nothing there.
pub(crate) fn settle(launch: Launch, screen: &XServer, home: &Home) -> Launch {
    let place = home.path();
    launch
        .envs(screen.environment())
        .env("HOME", place)
        .env("XDG_CONFIG_HOME", place.join("config"))
        .env("XDG_CACHE_HOME", place.join("cache"))
        .env("XDG_DATA_HOME", place.join("data"))
        .env("XDG_RUNTIME_DIR", place)
        .env("GSETTINGS_BACKEND", "memory")
        .env("NO_AT_BRIDGE", "1")
        .env("LC_ALL", "C.UTF-8")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
        .without("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use rendezvous_testkit::hand::CONTROL;

    use super::*;

    #[test]
    fn needs_xvfb_the_editor_is_where_it_belongs_and_takes_keys() {
        let desktop = Desktop::start(XServer::xvfb(1280, 720).unwrap()).unwrap();
        let area = desktop.editor();
        assert!(area.x >= 600 && i32::from(area.x) + i32::from(area.width) <= 1280, "{area:?}");
        assert!(area.y > 0 && i32::from(area.y) + i32::from(area.height) <= 720, "{area:?}");

        // It has the keyboard, because it was opened last.
        desktop.overwrite_clipboard("before").unwrap();
        let hand = Hand::on(desktop.screen()).unwrap();
        wait::until("what was typed to be copied", Duration::from_secs(20), || {
            hand.chord(&[u32::from(b'k')])?;
            hand.chord(&[CONTROL, u32::from(b'a')])?;
            hand.chord(&[CONTROL, u32::from(b'c')])?;
            Ok(desktop.clipboard()?.filter(|text| text != "before"))
        })
        .map(|text| assert!(text.chars().all(|character| character == 'k'), "{text:?}"))
        .unwrap();
    }
}
