//! The examples for authors, where others do them wrong.

use crate::bus::nobody_on;
use crate::im::{LATER, has_owner};
use rendezvous_core::ApplicationId;
use rendezvous_dbus::{APPLICATION_INTERFACE, APPLICATION_PATH};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use zbus::{DBusError as _, OwnedObjectPath, Variant};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/python");
const NAMES: &str = "org.example.Names";

/// One of them, on this bus, with the applications that are registered in this place.
pub(crate) fn example(program: &str, arguments: &[&str], bus: &Bus, place: &Home) -> Launch {
    Launch::new("/usr/bin/python3")
        .arg("-B")
        .arg(format!("{EXAMPLES}/{program}"))
        .args(arguments)
        .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
        .env("XDG_DATA_HOME", place.path())
}

fn start(launch: &Launch, said: &Path) -> Process {
    Process::start(launch, Log::File(said)).unwrap()
}

#[tokio::test]
async fn needs_dbus_needs_python_the_application_takes_nothing_from_another_user() {
    let (bus, place) = (Bus::for_everybody().unwrap(), Home::new("examples").unwrap());
    let Some(nobody) = nobody_on(&bus).await else { return };
    let said = place.join("said.log");
    let mut application = start(&example("app.py", &["Ann"], &bus, &place), &said);
    has_owner(&bus, NAMES).await;
    for _ in 0..2 {
        let session = OwnedObjectPath::try_from("/session").unwrap();
        let call = (session, HashMap::<&str, Variant<'_>>::new());
        let interface = Some(APPLICATION_INTERFACE);
        let answer = nobody
            .call_method(Some(NAMES), APPLICATION_PATH, interface, "SetRendezvousSession", &call)
            .await
            .expect_err("it is refused");
        let zbus::Error::FDO(error) = answer else { panic!("{answer:?}") };
        assert_eq!(error.name().as_str(), "org.freedesktop.DBus.Error.AccessDenied");
    }
    application.check_running().unwrap();
    has_owner(&bus, NAMES).await;
}

#[tokio::test]
async fn needs_dbus_needs_python_the_im_program_ends_a_session_whose_other_side_makes_no_sense() {
    for nonsense in ["no json\n", "[]\n", "{\"end\": 0, \"data\": \"\\ud800\"}\n"] {
        let (bus, place) = (Bus::start().unwrap(), Home::new("examples").unwrap());
        let (said, wire) = (place.join("said.log"), place.join("wire"));
        let apps = place.join("rendezvous/apps");
        fs::create_dir_all(&apps).unwrap();
        let id = ApplicationId::ASK.to_string();
        let manifest = format!("id = \"{id}\"\nname = \"Names\"\ndbus = \"{NAMES}\"\n");
        fs::write(apps.join("names.toml"), manifest).unwrap();
        let listener = UnixListener::bind(&wire).unwrap();
        listener.set_nonblocking(true).unwrap();
        let _application = start(&example("app.py", &["Ann"], &bus, &place), &place.join("app.log"));
        has_owner(&bus, NAMES).await;
        let wire = wire.to_str().unwrap();
        let mut im = start(&example("im.py", &["invite", wire, "ann", &id], &bus, &place), &said);
        let mut there =
            wait::until("the IM program", LATER, || Ok(listener.accept().ok().map(|(there, _)| there)))
                .unwrap();
        there.set_nonblocking(false).unwrap();
        there.set_read_timeout(Some(LATER)).unwrap();
        let mut heard = BufReader::new(there.try_clone().unwrap());
        let mut line = String::new();
        heard.read_line(&mut line).unwrap();
        assert!(line.contains(&id), "it invites: {line}");
        there.write_all(b"{\"yes\": true, \"from\": \"bob\"}\n").unwrap();
        line.clear();
        heard.read_line(&mut line).unwrap();
        assert!(line.contains("attached"), "its application is there: {line}");
        there.write_all(nonsense.as_bytes()).unwrap();
        let status = im.wait_exit(LATER).unwrap();
        let said = fs::read_to_string(&said).unwrap();
        assert!(status.success() && said.contains("ended with 0x8100060"), "{nonsense}: {said}");
    }
}
