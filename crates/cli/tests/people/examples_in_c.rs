//! The example in C, over its header: by a private socket and on a bus, with ours and with the other examples.

use crate::applications::{CHESS, invites_and_yes, manifest, registers, unregisters};
use crate::check_app::{Author, all_is_well, another_user};
use crate::examples::{ENDED, names_were_told, starts_names, two_ims};
use crate::house::SOON;
use crate::on_the_bus::{Buses, on_bus};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process};
use std::fs;
use std::path::{Path, PathBuf};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/c/app.c");
const NAMES: &str = "org.example.Names";

/// Compiles it into this place; a warning is a failure.
fn compiled(place: &Home) -> Result<PathBuf> {
    let (program, said) = (place.join("names"), place.join("compiler.log"));
    let launch = Launch::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o"])
        .arg(&program)
        .args([EXAMPLE, "-lsystemd"]);
    let status = Process::start(&launch, Log::File(&said))?.wait_exit(SOON)?;
    ensure!(status.success(), "{}", fs::read_to_string(said)?);
    Ok(program)
}

/// What it says is in a file of this place.
fn script(program: &Path, place: &Home, me: &str) -> String {
    format!("exec {} {me} >> {} 2>&1", program.display(), place.join(format!("{me}.said")).display())
}

/// It has a private socket.
fn by_socket(program: &Path, place: &Home, me: &str) -> String {
    manifest("Chess", &["/bin/sh", "-c", &script(program, place, me)])
}

#[test]
fn needs_c_needs_dbus_the_example_in_c_passes_every_check() {
    let play = || -> Result<()> {
        let (place, author) = (Home::new("c")?, Author::among_others()?);
        let program = compiled(&place)?;
        let words = program.to_str().context("letters")?;
        let (code, said) = author.checks(&manifest("Chess", &[words, "Ann"]))?;
        all_is_well(code, &said, 4)?;
        author.starts(NAMES, &format!("{words} Ann"))?;
        let (code, said) = author.checks(&on_bus(NAMES))?;
        all_is_well(code, &said, another_user())
    };
    play().unwrap();
}

#[test]
fn needs_c_needs_python_the_example_in_c_with_our_agents_and_with_the_one_in_python() {
    let (buses, place) = (Buses::start(), Home::new("c").expect("a home"));
    let program = compiled(&place).expect("it compiles");
    starts_names(&buses.expert, &place, "Bob").expect("a service");
    buses.play(|two| {
        registers(&two.novice, &by_socket(&program, &place, "Ann"))?;
        // In C on one side and in Python on the other, and then in C on both.
        for (round, bob) in [on_bus(NAMES), by_socket(&program, &place, "Bob")].into_iter().enumerate() {
            registers(&two.expert, &bob)?;
            invites_and_yes(two)?;
            two.call_ends_with(0)?;
            names_were_told(&place, round + 1)?;
            unregisters(&two.expert)?;
        }
        unregisters(&two.novice)
    });
}

#[test]
fn needs_c_needs_python_the_example_in_c_with_their_im_program() {
    let play = || -> Result<()> {
        let (place, buses) = (Home::new("c")?, [Bus::start()?, Bus::start()?]);
        let (program, apps) = (compiled(&place)?, place.join("rendezvous/apps"));
        fs::create_dir_all(&apps)?;
        fs::write(apps.join("names.toml"), on_bus(NAMES))?;
        for (bus, me) in buses.iter().zip(["Ann", "Bob"]) {
            bus.starts(NAMES, &format!("/bin/sh -c \"{}\"", script(&program, &place, me)))?;
        }
        two_ims([&buses[0], &buses[1]], &place, ["ann", "bob"], CHESS)?;
        names_were_told(&place, 1)?;
        ensure!(fs::read_to_string(place.join("Ann.said"))?.contains(ENDED[0]));
        Ok(())
    };
    play().unwrap();
}
