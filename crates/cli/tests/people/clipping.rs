//! The clipboard: what one copies the other can paste, from the permission on, and nothing else.

use crate::filing::{allows, ends, open};
use crate::house::{Side, Two, these_two, two_people_and_a_screen};
use crate::reading_out::Ear;
use crate::viewer::{Aside, Viewer};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::at_spi::AtSpi;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use serde_json::json;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, Property,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

const CLIPBOARD: &str = "clipboard";
const ASKS: &str = "asks to share what you copy.";
const SOON: Duration = Duration::from_secs(20);

/// A program on the novice's screen that has copied something in these formats. It goes when it is dropped.
struct Program {
    _end: Sender<()>,
}

impl Program {
    /// `content` is what it gives for every format, in parts of so many bytes where it is longer.
    fn copies(two: &Two, formats: &'static [&'static str], content: Vec<u8>) -> Result<Self> {
        let conn = two.screen.as_ref().context("there is a screen")?.connect()?;
        let atom =
            |name: &str| -> Result<u32> { Ok(conn.intern_atom(false, name.as_bytes())?.reply()?.atom) };
        let (clipboard, targets, incr) = (atom("CLIPBOARD")?, atom("TARGETS")?, atom("INCR")?);
        let offered: Vec<u32> = formats.iter().map(|name| atom(name)).collect::<Result<_>>()?;
        let root = conn.setup().roots[0].root;
        let window = conn.generate_id()?;
        let (class, look) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        conn.create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &look)?.check()?;
        conn.set_selection_owner(window, clipboard, x11rb::CURRENT_TIME)?.check()?;
        let (end, ended) = channel::<()>();
        std::thread::spawn(move || -> Result<()> {
            let most = conn.maximum_request_bytes().min(200_000);
            let mut rest: Option<(u32, u32, Vec<u8>)> = None;
            while ended.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                let Some(event) = conn.poll_for_event()? else {
                    std::thread::sleep(Duration::from_millis(2));
                    continue;
                };
                match event {
                    Event::SelectionRequest(asked) => {
                        let (to, property) = (asked.requestor, asked.property);
                        if asked.target == targets {
                            conn.change_property32(
                                PropMode::REPLACE,
                                to,
                                property,
                                AtomEnum::ATOM,
                                &offered,
                            )?;
                        } else if content.len() > most {
                            let events =
                                ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
                            conn.change_window_attributes(to, &events)?;
                            let size = u32::try_from(content.len())?;
                            conn.change_property32(PropMode::REPLACE, to, property, incr, &[size])?;
                            rest = Some((property, asked.target, content.clone()));
                        } else {
                            conn.change_property8(PropMode::REPLACE, to, property, asked.target, &content)?;
                        }
                        let notify = SelectionNotifyEvent {
                            response_type: SELECTION_NOTIFY_EVENT,
                            sequence: 0,
                            time: asked.time,
                            requestor: to,
                            selection: asked.selection,
                            target: asked.target,
                            property,
                        };
                        conn.send_event(false, to, EventMask::NO_EVENT, notify)?;
                    }
                    Event::PropertyNotify(event) if event.state == Property::DELETE => {
                        if let Some((property, target, left)) = &mut rest {
                            let part: Vec<u8> = left.drain(..left.len().min(most / 2)).collect();
                            conn.change_property8(
                                PropMode::REPLACE,
                                event.window,
                                *property,
                                *target,
                                &part,
                            )?;
                            if part.is_empty() {
                                rest = None;
                            }
                        }
                    }
                    Event::SelectionClear(_) => return Ok(()),
                    _ => {}
                }
                conn.flush()?;
            }
            Ok(())
        });
        Ok(Self { _end: end })
    }
}

/// A program that pastes text, as a person would make one paste.
fn pastes(two: &Two) -> Result<Child> {
    pastes_as(two, "UTF8_STRING")
}

fn pastes_as(two: &Two, format: &str) -> Result<Child> {
    let screen = two.screen.as_ref().context("there is a screen")?;
    let mut command: Command =
        Launch::new("xclip").args(["-o", "-selection", "clipboard", "-t", format]).command();
    command.envs(screen.environment()).stdout(Stdio::piped()).stderr(Stdio::null());
    Ok(command.spawn()?)
}

/// What the page gets when it asks for what was copied, checked for its length by whoever calls.
fn asks(viewer: &Viewer, id: u32, kind: &str) -> Result<Option<Vec<u8>>> {
    viewer.says_aside(CLIPBOARD, &json!({"t": "wants", "id": id, "kind": kind}))?;
    let said = answer(viewer)?;
    ensure!(said["id"] == id, "{said}");
    if said["t"] == "nothing" {
        return Ok(None);
    }
    let size = usize::try_from(said["size"].as_u64().context("a size")?)?;
    let mut came: Vec<u8> = Vec::new();
    wait::until("all of it", SOON, || {
        for part in viewer.bytes_aside(CLIPBOARD) {
            ensure!(part[..4] == id.to_be_bytes(), "of another question");
            came.extend(&part[4..]);
        }
        Ok((came.len() >= size).then_some(()))
    })?;
    ensure!(came.len() == size);
    Ok(Some(came))
}

/// What is said next that is not about something new.
fn answer(viewer: &Viewer) -> Result<serde_json::Value> {
    loop {
        let said = viewer.hears_aside(CLIPBOARD)?;
        if said["t"] != "copied" {
            return Ok(said);
        }
    }
}

fn copied(viewer: &Viewer, kinds: &[&str]) -> Result<()> {
    wait::until("that something was copied", SOON, || {
        let said = viewer.hears_aside(CLIPBOARD)?;
        Ok((said == json!({"t": "copied", "kinds": kinds})).then_some(()))
    })
}

#[test]
fn needs_xvfb_what_was_copied_after_the_permission_can_be_pasted_and_what_was_before_cannot() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        let before = Program::copies(two, &["UTF8_STRING"], b"my own".to_vec())?;
        viewer.says_aside(CLIPBOARD, &json!({"t": "wants", "id": 1, "kind": "text"}))?;
        // Else it might arrive when it is allowed: the channel opens when it opens.
        viewer.asides_have_arrived()?;
        allows(two, &mut viewer, CLIPBOARD, ASKS)?;
        ensure!(asks(&viewer, 2, "text")?.is_none(), "what was copied before stays the person's own");
        drop(before);
        let _program = Program::copies(two, &["UTF8_STRING", "image/png", "text/html"], "Grüße".into())?;
        copied(&viewer, &["text", "png"])?;
        ensure!(asks(&viewer, 3, "text")?.as_deref() == Some("Grüße".as_bytes()));
        ensure!(asks(&viewer, 4, "png")?.is_none(), "it is no picture, whatever it is called");

        // As large as it may be, in parts; and what is larger, or commands a terminal.
        let large = vec![b'x'; 1 << 20];
        let _program = Program::copies(two, &["UTF8_STRING"], large.clone())?;
        copied(&viewer, &["text"])?;
        ensure!(asks(&viewer, 5, "text")? == Some(large));
        let _program = Program::copies(two, &["UTF8_STRING"], vec![b'x'; 100 << 20])?;
        copied(&viewer, &["text"])?;
        ensure!(asks(&viewer, 6, "text")?.is_none());
        let _program = Program::copies(two, &["UTF8_STRING"], b"\x1b[2Jrm -rf\x07".to_vec())?;
        copied(&viewer, &["text"])?;
        ensure!(asks(&viewer, 7, "text")?.as_deref() == Some(b"[2Jrm -rf".as_slice()));

        // Taken back: nothing more.
        two.call().presses("t")?;
        two.call().reads("What you copy is yours alone again.")?;
        viewer.says_aside(CLIPBOARD, &json!({"t": "wants", "id": 8, "kind": "text"}))?;
        let _program = Program::copies(two, &["UTF8_STRING"], b"later".to_vec())?;
        ends(two)
    });
}

#[test]
fn needs_xvfb_passwords_files_and_what_is_only_selected_are_not_copied() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        allows(two, &mut viewer, CLIPBOARD, ASKS)?;
        // Whoever answers looks at the display by now: what is copied before that is the person's own.
        ensure!(asks(&viewer, 90, "text")?.is_none(), "nothing was copied yet");
        let hidden: [&[&str]; 5] = [
            &["UTF8_STRING", "x-kde-passwordManagerHint"],
            &["UTF8_STRING", "text/uri-list"],
            &["UTF8_STRING", "x-special/gnome-copied-files"],
            &["UTF8_STRING", "application/x-kde-cutselection"],
            &["text/html", "application/x-openoffice"],
        ];
        for (id, formats) in (1..).zip(hidden) {
            let _program = Program::copies(two, formats, b"secret".to_vec())?;
            copied(&viewer, &[])?;
            ensure!(asks(&viewer, id, "text")?.is_none(), "{formats:?}");
        }
        // What is only marked with the mouse is no copy: the next that is heard of is the copy after it.
        let screen = two.screen.as_ref().context("there is a screen")?.environment();
        let mut command = Launch::new("xclip").args(["-selection", "primary"]).command();
        let mut marking = command.envs(screen).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        marking.stdin.take().context("it is piped")?.write_all(b"marked")?;
        marking.wait()?;
        let _program = Program::copies(two, &["UTF8_STRING"], b"copied".to_vec())?;
        copied(&viewer, &["text"])?;
        ensure!(asks(&viewer, 9, "text")?.as_deref() == Some(b"copied".as_slice()));
        ends(two)
    });
}

/// How a picture of this size begins, and so many bytes of it.
fn picture(side: u32, bytes: usize) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([side.to_be_bytes(), side.to_be_bytes()].concat());
    png.resize(bytes, 8);
    png
}

#[test]
fn needs_xvfb_a_picture_is_pasted_as_it_was_and_none_that_is_too_large() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        allows(two, &mut viewer, CLIPBOARD, ASKS)?;
        ensure!(asks(&viewer, 90, "text")?.is_none(), "whoever answers looks at the display by now");
        let png = picture(640, 3_000_000);
        let _program = Program::copies(two, &["image/png"], png.clone())?;
        copied(&viewer, &["png"])?;
        ensure!(asks(&viewer, 1, "text")?.is_none(), "it is no text");
        ensure!(asks(&viewer, 2, "png")? == Some(png));
        for (id, png) in (3..).zip([picture(640, (8 << 20) + 1), picture(100_000, 1_000)]) {
            let _program = Program::copies(two, &["image/png"], png)?;
            copied(&viewer, &["png"])?;
            ensure!(asks(&viewer, id, "png")?.is_none(), "number {id} is too large");
        }

        // And the other way.
        viewer.says_aside(CLIPBOARD, &json!({"t": "copied", "kinds": ["png"]}))?;
        let pasting = wait::until("a program to ask for it", SOON, || {
            let mut pasting = pastes_as(two, "image/png")?;
            let asked = wait::until("the question", Duration::from_secs(1), || {
                Ok(if pasting.try_wait()?.is_some() {
                    Some(None)
                } else {
                    viewer.heard_aside(CLIPBOARD)?.filter(|said| said["t"] != "copied").map(Some)
                })
            });
            Ok(asked.ok().flatten().map(|asked| (pasting, asked)))
        });
        let (pasting, asked) = pasting?;
        ensure!(asked["t"] == "wants" && asked["kind"] == "png", "{asked}");
        let id = asked["id"].as_u64().context("a number")?;
        let png = picture(320, 100_000);
        viewer.says_aside(CLIPBOARD, &json!({"t": "gives", "id": id, "kind": "png", "size": png.len()}))?;
        for part in png.chunks(60_000) {
            let data = [&u32::try_from(id)?.to_be_bytes()[..], part].concat();
            viewer.sends_aside(Aside { channel: CLIPBOARD, binary: true, data })?;
        }
        ensure!(pasting.wait_with_output()?.stdout == png);
        ends(two)
    });
}

#[test]
fn needs_xvfb_needs_dbus_needs_at_spi_the_bar_says_it_while_what_is_copied_is_shared() {
    let at_spi = AtSpi::start().expect("a bus of screen readers");
    let ear = Ear::on(&at_spi).expect("a screen reader");
    let screen = XServer::xvfb(640, 480).expect("a screen");
    let mut surroundings = screen.environment().to_vec();
    surroundings.push(("DBUS_SESSION_BUS_ADDRESS", at_spi.address().to_owned()));
    let two = Two {
        novice: Side::start("novice", surroundings).expect("the novice's agent starts"),
        expert: Side::start("expert", Vec::new()).expect("the expert's agent starts"),
        call: None,
        screen: Some(screen),
        are_acquainted: true,
    };
    these_two(two, |two| {
        let mut viewer = open(two)?;
        let sees = format!("{} sees your screen", two.expert.who);
        ear.hears("tool bar", &sees)?;
        let all = [
            (CLIPBOARD, ASKS, "clipboard shared"),
            ("files", "asks to hand you files.", "files"),
            ("drawing", "asks to draw on your screen.", "drawing"),
        ];
        let mut says = sees.clone();
        for (floor, asked, word) in all {
            allows(two, &mut viewer, floor, asked)?;
            says = format!("{says} · {word}");
            ear.hears("tool bar", &says)?;
        }
        two.call().presses("t")?;
        ear.hears("tool bar", &sees)?;
        ends(two)
    });
}

#[test]
fn needs_xvfb_what_the_page_copied_is_fetched_when_a_program_pastes() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        viewer.says_aside(CLIPBOARD, &json!({"t": "copied", "kinds": ["text"]}))?;
        ensure!(!pastes(two)?.wait()?.success(), "nothing is allowed yet");
        allows(two, &mut viewer, CLIPBOARD, ASKS)?;
        viewer.says_aside(CLIPBOARD, &json!({"t": "copied", "kinds": ["text"]}))?;
        // Until the display knows it.
        let pasting = wait::until("a program to ask for it", SOON, || {
            let mut pasting = pastes(two)?;
            let asked = wait::until("the question", Duration::from_secs(1), || {
                Ok(if pasting.try_wait()?.is_some() {
                    Some(None)
                } else {
                    viewer.heard_aside(CLIPBOARD)?.map(Some)
                })
            });
            Ok(asked.ok().flatten().map(|asked| (pasting, asked)))
        });
        let (pasting, asked) = pasting?;
        ensure!(asked["t"] == "wants" && asked["kind"] == "text", "{asked}");
        let id = asked["id"].as_u64().context("a number")?;
        let text = "from \u{1b}[31mthere\r\nü".as_bytes();
        viewer.says_aside(CLIPBOARD, &json!({"t": "gives", "id": id, "kind": "text", "size": text.len()}))?;
        let data = [&u32::try_from(id)?.to_be_bytes()[..], text].concat();
        viewer.sends_aside(Aside { channel: CLIPBOARD, binary: true, data })?;
        let pasted = pasting.wait_with_output()?;
        ensure!(pasted.stdout == "from [31mthere\nü".as_bytes(), "{pasted:?}");
        two.call().presses("t")?;
        two.call().reads("What you copy is yours alone again.")?;
        wait::until("nothing to be pasted any more", SOON, || {
            Ok((!pastes(two)?.wait()?.success()).then_some(()))
        })?;
        ends(two)
    });
}
