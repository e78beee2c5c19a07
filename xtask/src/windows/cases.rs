//! The trials: which program plays what, and what must have come of it.

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::wait;

use super::PATIENCE;
use super::wine::Wine;

/// The entry of the application in C.
const IN_C: &str = "{7C1D55E0-93C7-4E5E-B1BC-3A0F4A1F6A55}";
/// The entry of ours for *Ask*.
const OURS: &str = "{DFD873E5-60B4-49A8-838E-9755AB5E0085}";
/// What runs scripts.
const SCRIPTS: &str = r"C:\windows\system32\cscript.exe";
/// With this an IM program that is to be killed ends.
const KILLED: i32 = 9;

/// What kind of a trial it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The IM program in C starts our application.
    Im,
    /// The same, and it is killed: our application notices.
    Killed,
    /// The same, with times.
    Speed,
    /// Our side starts the application of this entry, twice.
    Application(&'static str),
    /// A program or a script asks our side for a session (*Session Invite*).
    Invite,
    /// The small IM program of the page for authors.
    Page,
}

/// One trial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) kind: Kind,
    arguments: [&'static str; 5],
}

const fn im(
    apartment: &'static str,
    server: &'static str,
    order: &'static str,
    ending: &'static str,
    what: &'static str,
) -> Case {
    Case { kind: Kind::Im, arguments: [apartment, server, order, ending, what] }
}

const fn application(class: &'static str, trick: &'static str) -> Case {
    Case { kind: Kind::Application(class), arguments: [trick, "", "", "", ""] }
}

/// What is said of somebody who plays `scenario` while this program runs.
const fn invite(scenario: &'static str, program: &'static str) -> Case {
    Case { kind: Kind::Invite, arguments: [scenario, program, "", "", ""] }
}

const PAGE: Case = Case { kind: Kind::Page, arguments: [""; 5] };

/// Both sides, each once.
pub(super) const SMOKE: [Case; 4] = [
    im("mta", "server", "after", "both", "steps"),
    im("sta", "dll", "before", "state", "bad"),
    application(IN_C, "bad"),
    im("mta", "server", "before", "termination", "again"),
];

/// Where an application can be, and who can start it.
pub(super) const FOUR: [Case; 4] = [
    im("mta", "server", "after", "both", "steps"),
    im("sta", "server", "after", "both", "steps"),
    im("mta", "dll", "after", "both", "steps"),
    im("sta", "dll", "after", "both", "steps"),
];

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut all = Vec::new();
    for apartment in ["mta", "sta"] {
        for server in ["server", "dll"] {
            for (order, ending) in
                [("before", "state"), ("before", "termination"), ("after", "state"), ("after", "both")]
            {
                all.push(im(apartment, server, order, ending, "steps"));
            }
            for what in ["offer", "again", "bad", "flood"] {
                all.push(im(apartment, server, "after", "termination", what));
            }
            all.push(Case { kind: Kind::Speed, ..im(apartment, server, "before", "both", "speed") });
        }
    }
    all.push(im("mta", "server", "after", "both", "hangs"));
    for place in [
        "die-created",
        "die-handed",
        "die-in-state",
        "die-in-send",
        "die-connected",
        "die-in-terminate",
        "die-ended",
    ] {
        all.push(Case { kind: Kind::Killed, ..im("mta", "server", "after", "both", place) });
    }
    for trick in [
        "",
        "bad",
        "refuse",
        "leave",
        "many",
        "die-started",
        "die-created",
        "die-in-set",
        "die-handed",
        "die-connected",
        "die-in-event",
        "die-terminated",
        "die-in-end",
    ] {
        all.push(application(IN_C, trick));
    }
    all.push(application(OURS, ""));
    all.extend(INVITES);
    all.push(PAGE);
    all
}

/// Everything of *Session Invite*.
const INVITES: [Case; 10] = [
    invite("accepted", "invite.js"),
    invite("refused", "invite.vbs"),
    invite("incoming", "incoming"),
    invite("alone", "bad"),
    invite("accepted", "many"),
    invite("killed", "die-invited"),
    invite("killed", "die-connected"),
    invite("killed", "die-in-event"),
    invite("incoming", "die-listening"),
    // What those that were killed have registered.
    invite("alone", "forget"),
];

impl Case {
    pub(super) fn line(&self) -> String {
        let words = self.arguments.iter().filter(|word| !word.is_empty());
        let words = words.copied().collect::<Vec<_>>().join(" ");
        match self.kind {
            Kind::Im | Kind::Speed | Kind::Killed => format!("IM program in C: {words}"),
            Kind::Application(IN_C) => format!("application in C: {words}"),
            Kind::Application(_) => "our application, started by our side".to_owned(),
            Kind::Invite => format!("Session Invite: {words}"),
            Kind::Page => "the page's program in C++".to_owned(),
        }
    }

    /// Runs it; returns what was said.
    pub(super) fn run(&self, system: &Wine) -> Result<String> {
        system.clear_log()?;
        let (program, arguments, trick): (_, Vec<&str>, _) = match self.kind {
            Kind::Application(entry) => ("com_im.exe", vec![entry], self.arguments[0]),
            Kind::Invite => ("com_invite.exe", self.invitation(), ""),
            Kind::Page => ("small.exe", Vec::new(), ""),
            Kind::Im | Kind::Killed | Kind::Speed => ("im.exe", self.arguments.to_vec(), ""),
        };
        let (said, code) = system.run(program, &arguments, trick)?;
        self.judge(&said, code)
            .and_then(|()| self.applications_are_gone(system))
            .with_context(|| format!("{}\n{said}\n{}", self.line(), system.log()))?;
        Ok(said)
    }

    /// Whether somebody is killed in it, on whichever side. What those had to say is then cut off.
    fn kills(&self) -> bool {
        self.arguments.iter().any(|word| word.starts_with("die-"))
    }

    fn judge(&self, said: &str, code: Option<i32>) -> Result<()> {
        // A program that fails says so, whatever its starter makes of that.
        let failed = said.lines().find(|line| line.starts_with("FAILED") && !self.kills());
        ensure!(failed.is_none(), "a program failed: {failed:?}");
        match self.kind {
            Kind::Im | Kind::Speed => ensure!(code == Some(0) && said.contains("PASSED"), "it failed"),
            Kind::Killed => ensure!(code == Some(KILLED), "it was not killed: {code:?}"),
            Kind::Page => ensure!(code == Some(0) && said.contains("It is over."), "it failed"),
            Kind::Application(_) => {
                ensure!(code == Some(0) && said.contains("objects left: 0"), "it failed");
                for wanted in self.wanted() {
                    ensure!(said.contains(wanted), "{wanted:?} was not said");
                }
            }
            Kind::Invite => {
                if !self.kills() {
                    ensure!(code == Some(0) && said.contains("PASSED"), "it failed");
                    ensure!(said.contains("objects left: 0"), "something was not let go");
                }
                for wanted in self.wanted() {
                    ensure!(said.contains(wanted), "{wanted:?} was not said");
                }
            }
        }
        Ok(())
    }

    /// What must have been said, besides that it went well.
    fn wanted(&self) -> &'static [&'static str] {
        match self.arguments {
            ["refuse", ..] => &["0x80004005", "ended APPLICATION_LAUNCH_FAILED"],
            ["die-started" | "die-created" | "die-in-set", ..] => {
                &["could not start it", "ended APPLICATION_LAUNCH_FAILED"]
            }
            ["die-handed" | "die-connected" | "die-in-event" | "leave", ..] => &[
                "lost its application",
                "ann ended APPLICATION_LAUNCH_FAILED",
                "bob ended APPLICATION_LAUNCH_FAILED",
            ],
            ["accepted", "invite.js", ..] => &[
                "bob is invited with \"from a script\"",
                "ann's application was started",
                "the application ended Some(0)",
                "bob ended",
                "\"done\"",
            ],
            ["refused", ..] => {
                &["bob is invited with \"from another script\"", "ann ended INVITATION_DECLINED"]
            }
            ["incoming", "incoming", ..] => {
                &["ann is asked while it is Some(Invitation)", "ann's program is the application"]
            }
            ["killed", "die-connected", ..] => {
                &["program ended Some(9)", "ann ended APPLICATION_LAUNCH_FAILED"]
            }
            ["killed", ..] => &["program ended Some(9)", "ann's application was started"],
            ["incoming", ..] => &["program ended Some(9)"],
            ["alone", ..] => &[],
            ["accepted", ..] => &["ann's program is the application", "ann ended SESSION_CANCELLED_REMOTE"],
            _ => &["SESSION_CANCELLED_LOCAL"],
        }
    }

    fn invitation(&self) -> Vec<&'static str> {
        let [scenario, program, ..] = self.arguments;
        match program {
            "invite.js" => vec![scenario, SCRIPTS, "//nologo", r"C:\trial\invite.js"],
            "invite.vbs" => vec![scenario, SCRIPTS, "//nologo", r"C:\trial\invite.vbs"],
            mode => vec![scenario, r"C:\trial\late.exe", mode],
        }
    }

    /// Every process that was started for it has ended, and let go of everything unless the other side was killed.
    fn applications_are_gone(&self, system: &Wine) -> Result<()> {
        let end = if self.kind == Kind::Killed { "server ends" } else { "server ends; objects 0" };
        wait::until("the application to end", PATIENCE, || {
            let log = system.log();
            for wrong in ["WRONG", "PANIC"] {
                if let Some(line) = log.lines().find(|line| line.contains(wrong)) {
                    bail!("{line}");
                }
            }
            let count = |what: &str| log.matches(what).count();
            Ok((count("server begins") == count(end)).then_some(()))
        })?;
        if self.kind == Kind::Killed {
            // One that was never handed a session has none that could be over; one that was told of the end knows that.
            let wanted = match self.arguments[4] {
                "die-created" => "server begins",
                "die-ended" => "session over",
                _ => "session over: Lost",
            };
            ensure!(system.log().contains(wanted), "{wanted:?} was not noted");
        }
        ensure!(
            !system.log().lines().any(|line| {
                line.contains("leaves, references") && !line.ends_with(" 0") && self.arguments[0] != "leave"
            }),
            "references are left"
        );
        Ok(())
    }
}
