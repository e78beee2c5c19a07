//! The examples for authors, in every pairing with ours: programs that know the contract by its description only.

use crate::applications::{CHESS, invites_and_yes, registers, unregisters};
use crate::house::{Desk, SOON, Side, Two, these_two};
use crate::on_the_bus::{Buses, on_bus, starts_hello};
use anyhow::{Result, ensure};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use std::fs;
use std::path::Path;

const PYTHON: &str = "/usr/bin/python3";
pub(crate) const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/python");
/// The ends of a session that was ended in the ordinary way, here and there.
pub(crate) const ENDED: [&str; 2] = ["ended with 0x81000606", "ended with 0x81000607"];

/// The example of an application, started by this bus; what it says is in a file of this place.
pub(crate) fn starts_names(bus: &Bus, place: &Home, me: &str) -> Result<()> {
    let said = place.join(format!("{me}.said"));
    let line = format!("/bin/sh -c \"exec {PYTHON} -B {EXAMPLES}/app.py {me} >> {} 2>&1\"", said.display());
    bus.starts("org.example.Names", &line)
}

/// Waits until both have heard what they should, and know how it ended.
pub(crate) fn names_were_told(place: &Home, how_often: usize) -> Result<()> {
    for (me, heard, ended) in
        [("Ann", "heard: I am Bob\n", ENDED[0]), ("Bob", "heard: who are you?\n", ENDED[1])]
    {
        wait::until(format_args!("{me} to have heard it"), SOON, || {
            let said = fs::read_to_string(place.join(format!("{me}.said"))).unwrap_or_default();
            let is_over = said.matches(ended).count() == how_often;
            Ok((is_over && said.matches(heard).count() == how_often).then_some(()))
        })?;
    }
    Ok(())
}

/// The example of an IM program, at a terminal of this side's desktop.
fn im(verb: &str, bus: &Bus, place: &Home, me: &str, application: Option<&str>) -> Result<Desk> {
    im_at(Path::new(EXAMPLES), verb, bus, place, me, application)
}

/// The same, as it stands in this directory.
pub(crate) fn im_at(
    directory: &Path,
    verb: &str,
    bus: &Bus,
    place: &Home,
    me: &str,
    application: Option<&str>,
) -> Result<Desk> {
    let launch = Launch::new(PYTHON)
        .arg(directory.join("im.py"))
        .args([verb])
        .arg(place.join("wire"))
        .args([me])
        .args(application)
        .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
        .env("XDG_DATA_HOME", place.path())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    Desk::start(verb, &launch)
}

/// Two people with the example of an IM program: the second says yes, and it ends well.
pub(crate) fn two_ims(
    [first_bus, second_bus]: [&Bus; 2],
    place: &Home,
    [first, second]: [&str; 2],
    application: &str,
) -> Result<()> {
    let mut invited = im("listen", second_bus, place, second, None)?;
    wait::until("the socket", SOON, || Ok(place.join("wire").exists().then_some(())))?;
    let mut inviting = im("invite", first_bus, place, first, Some(application))?;
    invited.reads("Answer? [y/N]")?;
    invited.says("y")?;
    inviting.reads(ENDED[0])?;
    invited.reads(ENDED[1])?;
    ensure!(inviting.ends()? == 0 && invited.ends()? == 0);
    Ok(fs::remove_file(place.join("wire"))?)
}

#[test]
fn needs_python_their_application_with_our_agents() {
    let (buses, place) = (Buses::start(), Home::new("examples").expect("a home"));
    starts_names(&buses.novice, &place, "Ann").expect("a service");
    starts_names(&buses.expert, &place, "Bob").expect("a service");
    buses.play(|two| {
        for side in [&two.novice, &two.expert] {
            registers(side, &on_bus("org.example.Names"))?;
        }
        for round in 1..=2 {
            invites_and_yes(two)?;
            two.call_ends_with(0)?;
            names_were_told(&place, round)?;
        }
        for side in [&two.novice, &two.expert] {
            unregisters(side)?;
        }
        Ok(())
    });
}

#[test]
fn needs_python_their_im_program_with_our_application() {
    let (buses, place) = (Buses::start(), Home::new("examples").expect("a home"));
    let apps = place.join("rendezvous/apps");
    fs::create_dir_all(&apps).expect("a directory");
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/apps/hello.toml");
    fs::copy(ours, apps.join("hello.toml")).expect("a registration");
    buses.play(|two| {
        crate::meeting::have_met(&two.novice, &two.expert)?;
        starts_hello(&buses.novice, &two.novice)?;
        starts_hello(&buses.expert, &two.expert)?;
        let hello = "{2D310B9E-6C57-4F0E-9A44-1F8B70D25EA3}";
        two_ims([&buses.novice, &buses.expert], &place, [&two.novice.who, &two.expert.who], hello)?;
        // They made sure who is there, through a program that knows nothing of that.
        for side in [&two.novice, &two.expert] {
            has_met(side)?;
        }
        Ok(())
    });
}

/// Both on one desktop: the application takes one session and then the other, whoever is first.
#[test]
fn needs_python_two_sessions_at_once_on_one_bus() {
    let place = Home::new("examples").expect("a home");
    let (bus, apps) = (Bus::start().expect("a bus"), place.join("rendezvous/apps"));
    fs::create_dir_all(&apps).expect("a directory");
    fs::write(apps.join("names.toml"), on_bus("org.example.Names")).expect("a registration");
    starts_names(&bus, &place, "Ann").expect("a service");
    for _ in 0..3 {
        two_ims([&bus, &bus], &place, ["ann", "bob"], CHESS).expect("it goes well");
    }
    let surroundings = vec![("DBUS_SESSION_BUS_ADDRESS", bus.address().to_owned())];
    let side = |name| Side::start(name, surroundings.clone()).expect("an agent");
    let (novice, expert) = (side("novice"), side("expert"));
    these_two(Two { novice, expert, call: None, screen: None, are_acquainted: true }, |two| {
        for side in [&two.novice, &two.expert] {
            registers(side, &on_bus("org.example.Names"))?;
        }
        for _ in 0..3 {
            invites_and_yes(two)?;
            two.call_ends_with(0)?;
        }
        for side in [&two.novice, &two.expert] {
            unregisters(side)?;
        }
        Ok(())
    });
}

fn has_met(side: &Side) -> Result<()> {
    let log = fs::read_to_string(side.home().join("hello.log"))?;
    ensure!(log.contains("Took a session") && !log.contains("ERROR"), "{log}");
    Ok(())
}

#[test]
fn needs_python_their_im_program_with_their_application() {
    let (buses, place) = (Buses::start(), Home::new("examples").expect("a home"));
    let apps = place.join("rendezvous/apps");
    fs::create_dir_all(&apps).expect("a directory");
    fs::write(apps.join("names.toml"), on_bus("org.example.Names")).expect("a registration");
    starts_names(&buses.novice, &place, "Ann").expect("a service");
    starts_names(&buses.expert, &place, "Bob").expect("a service");
    let play = || -> Result<()> {
        for round in 1..=2 {
            two_ims([&buses.novice, &buses.expert], &place, ["ann", "bob"], CHESS)?;
            names_were_told(&place, round)?;
        }
        Ok(())
    };
    if let Err(error) = play() {
        let said = ["Ann", "Bob"].map(|me| fs::read_to_string(place.join(format!("{me}.said"))));
        panic!("{error:#} {said:?}");
    }
}

/// As an author tries them: on a bus of their own, by the command that comes with it.
#[test]
fn needs_python_both_examples_by_dbus_run_session() {
    let place = Home::new("examples").expect("a home");
    let play = || -> Result<String> {
        let (apps, services) = (place.join("rendezvous/apps"), place.join("dbus-1/services"));
        fs::create_dir_all(&apps)?;
        fs::create_dir_all(&services)?;
        fs::write(apps.join("names.toml"), on_bus("org.example.Names"))?;
        let service =
            format!("[D-BUS Service]\nName=org.example.Names\nExec={PYTHON} -B {EXAMPLES}/app.py Ann\n");
        fs::write(services.join("org.example.Names.service"), service)?;
        let wire = place.join("wire");
        let (im, wire) = (format!("{PYTHON} -B {EXAMPLES}/im.py"), wire.display());
        let script = format!(
            "(echo y | {im} listen {wire} bob) & until [ -e {wire} ]; do sleep 0.05; done; \
             {im} invite {wire} ann '{CHESS}' && wait $!"
        );
        let launch = Launch::new("dbus-run-session")
            .args(["--", "sh", "-c"])
            .arg(&script)
            .without("DBUS_SESSION_BUS_ADDRESS")
            .without("DISPLAY")
            .env("XDG_DATA_HOME", place.path());
        let written = place.join("written");
        let status = Process::start(&launch, Log::File(&written))?.wait_exit(SOON)?;
        let said = fs::read_to_string(written)?;
        ensure!(status.success(), "{status} {said}");
        Ok(said)
    };
    let said = play().expect("it goes well");
    for ended in ENDED {
        assert!(said.contains(ended), "{said}");
    }
}
