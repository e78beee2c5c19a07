//! What cannot be done is refused at once, with a sentence that says what was wrong and what to do.

use crate::house::{AGENT, Desk, Side, program, two_people};
use std::fs;

use anyhow::{Result, ensure};
use rendezvous_testkit::home::Home;
use std::net::TcpListener;

/// The command at a terminal reads so, ends with this code, and leaves the terminal as it was.
fn refused(mut call: Desk, sentence: &str, code: u32) -> Result<()> {
    call.reads(sentence)?;
    let ended = call.ends()?;
    ensure!(ended == code, "exit code {ended}, expected {code}: {}", call.screen());
    call.is_as_found()
}

#[test]
fn somebody_who_is_not_known() {
    two_people(|two| {
        for bad in ["bob", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", "[::1:7001", ""] {
            for verb in ["ask", "offer"] {
                let sentence = format!("There is nobody called \"{bad}\" in your contacts.");
                refused(two.novice.types(&[verb, bad])?, &sentence, 1)?;
            }
        }
        let sentence = "You have no account that reaches bob@example.org: xmpp is not set up.";
        refused(two.novice.types(&["ask", "bob@example.org"])?, sentence, 1)?;
        nothing_rang(&two.expert)
    });
}

#[test]
fn an_address_that_is_none() {
    let agent = Home::new("bad").expect("a home");
    let launch = program(&agent, &[]).args(["agent", "--foreground", "--listen", "everywhere"]);
    let desk = Desk::start("the agent", &launch).expect("it starts");
    refused(desk, "\"everywhere\" is not an address;", 2).expect("it is refused");
}

#[test]
fn an_agent_that_listens_everywhere_says_an_address_that_others_can_use() {
    let home = Home::new("everywhere").expect("a home");
    fs::write(home.join("config.toml"), "[nearby]\nmulticast = false\n").expect("it is ours");
    let launch = program(&home, &[]).args(["agent", "--foreground", "--listen", "0.0.0.0:0"]);
    let mut desk = Desk::start("the agent", &launch).expect("it starts");
    desk.reads("Ready. Others reach you at ").expect("it is ready");
    let line = desk.reads("\n").expect("and says where");
    desk.reads("They see you as ").expect("and says who it is");
    let place: std::net::SocketAddr = line.trim().parse().expect("an address and a port");
    assert!(!place.ip().is_unspecified() && place.port() != 0, "{place}");
    desk.interrupts().expect("it hears");
    assert_eq!(desk.ends().expect("it ends"), 0);
}

#[test]
fn oneself() {
    two_people(|two| {
        let me = two.novice.address.clone();
        for verb in ["ask", "offer"] {
            refused(
                two.novice.types(&[verb, &me])?,
                "You cannot invite yourself. Choose another contact.",
                1,
            )?;
        }
        Ok(())
    });
}

#[test]
fn a_second_agent_of_the_same_person() {
    two_people(|two| {
        let sentence =
            "Rendezvous is already running for you. Use it, or end it first with \"rendezvous agent stop\".";
        refused(two.novice.types(&AGENT)?, sentence, 1)?;
        // The first one is not harmed.
        two.asks()?;
        two.expert.agent.says("n")?;
        two.call_ends_with(3)
    });
}

#[test]
fn a_port_that_is_taken() {
    two_people(|two| {
        let taken = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let holder = TcpListener::bind(&taken)?;
        let home = Home::new("port")?;
        let launch = program(&home, &[]).args(["agent", "--foreground", "--listen", &taken]);
        let sentence = format!("cannot listen on {taken}: Address already in use");
        refused(Desk::start("the agent", &launch)?, &sentence, 1)?;
        ensure!(!home.join("agent.sock").exists(), "an agent that did not start leaves no socket");
        drop(holder);

        // The other agent's port is as taken as any.
        let expert = two.expert.address.clone();
        let launch = program(&home, &[]).args(["agent", "--foreground", "--listen", &expert]);
        refused(Desk::start("the agent", &launch)?, "Choose another port, or end the program that uses it", 1)
    });
}

#[test]
fn a_call_without_a_terminal() {
    two_people(|two| {
        for (verb, to) in [("ask", &two.expert.address), ("offer", &two.expert.address)] {
            let (code, text) = two.novice.runs(&[verb, to])?;
            ensure!(
                (code, text.as_str())
                    == (
                        1,
                        "This needs a terminal, because you are asked questions on it. Run it in a terminal window.\n"
                    ),
                "{verb}: {code} {text}"
            );
        }
        nothing_rang(&two.expert)
    });
}

#[test]
fn a_desktop_whose_screen_cannot_be_shown() {
    let wayland = [("WAYLAND_DISPLAY", "wayland-0"), ("XDG_SESSION_TYPE", "wayland"), ("DISPLAY", ":4043")];
    let cases: [(&[(&'static str, &str)], &str); 3] = [
        (&wayland, "This desktop runs Wayland, where your screen cannot be shared yet."),
        (&wayland[..1], "This desktop runs Wayland"),
        (&[], "There is no desktop here whose screen could be shared: DISPLAY is not set."),
    ];
    two_people(|two| {
        for (surroundings, sentence) in cases {
            let surroundings: Vec<_> =
                surroundings.iter().map(|(n, value)| (*n, (*value).to_owned())).collect();
            let launch = program(two.novice.home(), &surroundings).args(["ask", &two.expert.address]);
            refused(Desk::start("the novice", &launch)?, sentence, 1)?;
        }
        nothing_rang(&two.expert)
    });
}

#[test]
fn an_offer_to_somebody_whose_screen_cannot_be_shown() {
    let no_desktop = || Side::start("novice", Vec::new());
    let wayland = || Side::start("novice", vec![("WAYLAND_DISPLAY", "wayland-0".to_owned())]);
    two_people(|two| {
        for (novice, sentence) in
            [(no_desktop()?, "There is no desktop here"), (wayland()?, "This desktop runs Wayland")]
        {
            let mut before = std::mem::replace(&mut two.novice, novice);
            before.leaves()?;
            two.offers()?;
            two.novice.agent.says("y")?;
            two.novice.agent.reads(sentence)?;
            // Nothing is begun that could not be gone on with.
            let to = two.novice.address.clone();
            two.call().reads(&format!("Nobody can be asked at {to} right now."))?;
            two.call_ends_with(3)?;
            two.are_idle()?;
        }
        Ok(())
    });
}

/// Nobody was asked anything.
fn nothing_rang(side: &Side) -> Result<()> {
    let screen = side.agent.screen();
    ensure!(!screen.contains("asks you") && !screen.contains("offers"), "{screen}");
    Ok(())
}
