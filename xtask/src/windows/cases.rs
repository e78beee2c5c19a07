//! The trials: which program plays what, and what must have come of it.

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::wait;

use super::PATIENCE;
use super::wine::Wine;

/// The class of the application in C.
const IN_C: &str = "{E1B813D0-343A-47F6-A25D-AD8863FBCE7D}";
/// The class of ours for *Ask*.
const OURS: &str = "{3967BE0F-1E73-47AE-9A27-F23A065AD051}";
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
    /// Our side starts the application of this class, twice.
    Application(&'static str),
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
    for trick in ["", "bad", "refuse", "die-handed", "die-connected", "leave", "many"] {
        all.push(application(IN_C, trick));
    }
    all.push(application(OURS, ""));
    all
}

impl Case {
    pub(super) fn line(&self) -> String {
        let words = self.arguments.iter().filter(|word| !word.is_empty());
        let words = words.copied().collect::<Vec<_>>().join(" ");
        match self.kind {
            Kind::Im | Kind::Speed | Kind::Killed => format!("IM program in C: {words}"),
            Kind::Application(IN_C) => format!("application in C: {words}"),
            Kind::Application(_) => "our application, started by our side".to_owned(),
        }
    }

    /// Runs it; returns what was said.
    pub(super) fn run(&self, system: &Wine) -> Result<String> {
        system.clear_log()?;
        let (program, arguments, trick): (_, Vec<&str>, _) = match self.kind {
            Kind::Application(class) => ("com_im.exe", vec![class, "ask"], self.arguments[0]),
            Kind::Im | Kind::Killed | Kind::Speed => ("im.exe", self.arguments.to_vec(), ""),
        };
        let (said, code) = system.run(program, &arguments, trick)?;
        self.judge(&said, code)
            .and_then(|()| self.applications_are_gone(system))
            .with_context(|| format!("{}\n{said}\n{}", self.line(), system.log()))?;
        Ok(said)
    }

    fn judge(&self, said: &str, code: Option<i32>) -> Result<()> {
        match self.kind {
            Kind::Im | Kind::Speed => ensure!(code == Some(0) && said.contains("PASSED"), "it failed"),
            Kind::Killed => ensure!(code == Some(KILLED), "it was not killed: {code:?}"),
            Kind::Application(_) if self.arguments[0] == "refuse" => {
                ensure!(code == Some(1) && said.contains("0x80004005"), "it was not refused");
            }
            Kind::Application(_) => {
                ensure!(code == Some(0) && said.contains("objects left: 0"), "it failed");
                let died = matches!(self.arguments[0], "die-handed" | "die-connected" | "leave");
                let wanted = if died { "lost its application" } else { "SESSION_CANCELLED_LOCAL" };
                ensure!(said.contains(wanted), "{wanted:?} was not said");
            }
        }
        Ok(())
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
        ensure!(
            !system.log().lines().any(|line| {
                line.contains("leaves, references") && !line.ends_with(" 0") && self.arguments[0] != "leave"
            }),
            "references are left"
        );
        Ok(())
    }
}
