//! The same steps with an IM program of others: the example for authors, on both sides, and applications made with this
//! crate. What the two IM programs say to each other goes by way of this test, which so sees what they have seen.

use crate::examples::example;
use crate::im::{LATER, has_owner};
use crate::steps::{ASK, Cast, OFFER, Seen, Side, Transcript, from_session_to_end};
use rendezvous_dbus::application::{Events, HeldSession, take_session_on_bus};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Log, Process};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::ChildStdin;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// The name under which both applications wait, each on a bus of its own.
const NAME: &str = "org.example.Ours";

#[tokio::test(flavor = "multi_thread")]
async fn needs_dbus_needs_python_the_steps_of_ask_and_offer_between_im_programs_of_others() {
    for cast in [ASK, OFFER] {
        play(cast).await;
    }
}

async fn play(cast: Cast) {
    let (bus_1, bus_2, place) = (Bus::start().unwrap(), Bus::start().unwrap(), Home::new("others").unwrap());
    let title = format!("{} between IM programs of others, applications on session buses\n", cast.title);
    let mut t = Transcript(title);
    let (im_1, im_2) = (format!("IM {}", cast.inviter), format!("IM {}", cast.invitee));
    let apps = place.join("rendezvous/apps");
    fs::create_dir_all(&apps).unwrap();
    let manifest = format!("id = \"{}\"\nname = \"{}\"\ndbus = \"{NAME}\"\n", cast.application, cast.title);
    fs::write(apps.join("ours.toml"), manifest).unwrap();
    t.step(1, &im_1, &format!("has {} registered", cast.title));

    // The applications run already, so what starts them is left out.
    let (app_1, app_2) = (waits_on(&bus_1).await, waits_on(&bus_2).await);
    let mut invited = Invited::listens(&bus_2, &place);
    let (mut wire, _inviting) = Wire::between(&bus_1, &place, &cast).await;
    assert!(next(&mut wire.to_invitee).await.contains(&cast.application.to_string()));
    invited.rings().await;
    t.step(2, &cast.inviter.to_string(), "sends the invitation, and it rings there");
    invited.input.write_all(b"y\n").unwrap();
    t.step(3, &cast.invitee.to_string(), "accepts");
    assert!(next(&mut wire.to_inviter).await.contains("\"yes\": true"));
    t.step(4, &im_2, "has told it");
    let (held_1, events_1) = tokio::time::timeout(LATER, app_1).await.expect("it is handed over").unwrap();
    let (held_2, events_2) = tokio::time::timeout(LATER, app_2).await.expect("it is handed over").unwrap();
    for (number, im, lines) in [(5, &im_1, &mut wire.to_invitee), (8, &im_2, &mut wire.to_inviter)] {
        t.step(number, im, "makes its session object");
        t.step(number + 1, im, "finds the application by its name");
        assert_eq!(next(lines).await, "{\"attached\": true}");
        t.step(number + 2, im, "calls SetRendezvousSession, which is answered");
    }
    let side = |name: char, held, events, seen| Side {
        name: format!("RA {name}"),
        im: format!("IM {name}"),
        held,
        events,
        seen: Seen::Lines(seen),
    };
    let one = side(cast.inviter, held_1, events_1, wire.from_inviter);
    let two = side(cast.invitee, held_2, events_2, wire.to_invitee);
    from_session_to_end(t, &cast, [one, two], ["ann", "bob"]).await;
}

type Taking = tokio::task::JoinHandle<(HeldSession, Events)>;

/// An application that waits on this bus.
async fn waits_on(bus: &Bus) -> Taking {
    let address = bus.address().to_owned();
    let taking =
        tokio::spawn(async move { take_session_on_bus(&address, NAME, LATER).await.expect("a session") });
    has_owner(bus, NAME).await;
    taking
}

/// The IM program of whoever is invited, at the keys and the screen.
struct Invited {
    input: ChildStdin,
    says: UnboundedReceiver<String>,
    _process: Process,
}

impl Invited {
    fn listens(bus: &Bus, place: &Home) -> Self {
        let wire = place.join("invitee");
        let launch = example("im.py", &["listen", wire.to_str().unwrap(), "bob"], bus, place);
        let mut process = Process::start_piped(&launch, Log::Ours).unwrap();
        let (input, output) = process.pipes().unwrap();
        let (tells, says) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| tells.send(line))
        });
        Self { input, says, _process: process }
    }

    async fn rings(&mut self) {
        let line = next(&mut self.says).await;
        assert!(line.contains("'ann' invites you to"), "{line}");
    }
}

/// What goes from the one IM program to the other.
struct Wire {
    /// Twice the same, for the two who look at it.
    from_inviter: UnboundedReceiver<String>,
    to_invitee: UnboundedReceiver<String>,
    to_inviter: UnboundedReceiver<String>,
}

impl Wire {
    /// Waits for the invitee's, starts the inviter's, and carries everything from the one to the other.
    async fn between(bus: &Bus, place: &Home, cast: &Cast) -> (Self, Process) {
        let (path, there) = (place.join("inviter"), place.join("invitee"));
        let connecting = async {
            loop {
                match UnixStream::connect(&there).await {
                    Ok(stream) => return stream,
                    Err(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
                }
            }
        };
        let invitee = tokio::time::timeout(LATER, connecting).await.expect("it listens");
        let listener = UnixListener::bind(&path).unwrap();
        let application = cast.application.to_string();
        let arguments = ["invite", path.to_str().unwrap(), "ann", &application];
        let process = Process::start(&example("im.py", &arguments, bus, place), Log::Ours).unwrap();
        let accepting = tokio::time::timeout(LATER, listener.accept()).await.expect("it connects");
        let (inviter, _) = accepting.unwrap();
        let ((from_1, to_1), (from_2, to_2)) = (inviter.into_split(), invitee.into_split());
        let (tells_one, from_inviter) = mpsc::unbounded_channel();
        let (tells_two, to_invitee) = mpsc::unbounded_channel();
        let (tells_three, to_inviter) = mpsc::unbounded_channel();
        tokio::spawn(carry(from_1, to_2, vec![tells_one, tells_two]));
        tokio::spawn(carry(from_2, to_1, vec![tells_three]));
        (Self { from_inviter, to_invitee, to_inviter }, process)
    }
}

/// Carries line after line, and then tells of it.
async fn carry(from: OwnedReadHalf, mut to: OwnedWriteHalf, tell: Vec<UnboundedSender<String>>) {
    let mut lines = tokio::io::BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if to.write_all(format!("{line}\n").as_bytes()).await.is_err() {
            return;
        }
        for one in &tell {
            _ = one.send(line.clone());
        }
    }
}

async fn next(lines: &mut UnboundedReceiver<String>) -> String {
    tokio::time::timeout(LATER, lines.recv()).await.expect("it comes soon").expect("it goes on")
}
