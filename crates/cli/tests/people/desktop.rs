//! The notification of a call, on a session bus of the test's own with a desktop that it plays.

use crate::alone::Someone;
use crate::house::{ANSWER, NO_SUCH_SCREEN, SOON};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process, find_program};
use rendezvous_testkit::wait;
use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};
use zbus::OwnedVariant;

/// A session bus with nothing on it.
struct Bus {
    _daemon: Process,
    address: String,
}

impl Bus {
    fn start(home: &Home) -> Result<Option<Self>> {
        let Some(daemon) = find_program("dbus-daemon") else { return Ok(None) };
        let said = home.join("bus.log");
        let address = format!("unix:path={}", home.join("bus").display());
        let launch = Launch::new(daemon).args(["--session", "--nofork", "--nopidfile", "--print-address"]);
        let mut daemon = Process::start(&launch.arg(format!("--address={address}")), Log::File(&said))?;
        wait::until("the session bus", SOON, || {
            daemon.check_running()?;
            Ok(home.join("bus").exists().then_some(()))
        })?;
        Ok(Some(Self { _daemon: daemon, address }))
    }
}

/// What the desktop was asked to show and to close.
#[derive(Debug, Default)]
struct Shown {
    notes: Vec<(String, String, Vec<String>)>,
    closed: Vec<u32>,
}

struct Notifications(Arc<Mutex<Shown>>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        _program: String,
        _replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedVariant>,
        _timeout: i32,
    ) -> u32 {
        let mut shown = self.0.lock().expect("nobody panics here");
        shown.notes.push((summary, body, actions));
        u32::try_from(shown.notes.len()).expect("few")
    }

    fn close_notification(&self, number: u32) {
        self.0.lock().expect("nobody panics here").closed.push(number);
    }

    #[zbus(signal)]
    async fn action_invoked(
        emitter: &zbus::object_server::SignalEmitter<'_>,
        number: u32,
        action: &str,
    ) -> zbus::Result<()>;
}

#[test]
fn needs_dbus_a_notification_shows_the_call_and_opens_the_inbox() {
    notified().unwrap();
}

fn notified() -> Result<()> {
    let place = Home::new("desktop")?;
    let Some(bus) = Bus::start(&place)? else {
        _ = writeln!(std::io::stderr(), "skipped: dbus-daemon is not installed");
        return Ok(());
    };
    let shown = Arc::new(Mutex::new(Shown::default()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let path = "/org/freedesktop/Notifications";
    let desktop = runtime.block_on(async {
        zbus::connection::Builder::address(bus.address.as_str())
            .name("org.freedesktop.Notifications")
            .serve_at(path, Notifications(shown.clone()))
            .build()
            .await
    })?;

    // A terminal window that only writes down what it was asked to run.
    let (windows, opened) = (place.join("bin"), place.join("opened"));
    fs::create_dir(&windows)?;
    let window = windows.join("x-terminal-emulator");
    fs::write(&window, format!("#!/bin/sh\necho \"$RENDEZVOUS_HOME $@\" > {}\n", opened.display()))?;
    fs::set_permissions(&window, fs::Permissions::from_mode(0o755))?;
    let path_variable = format!("{}:/usr/bin:/bin", windows.display());

    let surroundings = vec![("DBUS_SESSION_BUS_ADDRESS", bus.address.clone()), ("PATH", path_variable)];
    let called = Someone::with("called", surroundings)?;
    let to = called.is_reached_at()?;
    called.does(&["visible"])?;
    let caller = Someone::with("caller", vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())])?;
    called.does(&["add", "Ann <b>", &caller.is_reached_at()?])?;
    let mut call = caller.types(&["ask", &to])?;
    let note = wait::until("a notification", SOON, || Ok(shown.lock().expect("ours").notes.first().cloned()))
        .with_context(|| called.log())?;
    let (summary, body, actions) = note;
    ensure!(summary == "Ann <b> asks you for help.", "{summary}");
    ensure!(body.contains(" · never checked\n"), "{body}");
    ensure!(actions == ["default", "Answer…"], "it can be opened, and nothing else: {actions:?}");

    runtime.block_on(async {
        let object = desktop.object_server().interface::<_, Notifications>(path).await?;
        Notifications::action_invoked(object.signal_emitter(), 1, "default").await
    })?;
    let ran = wait::until("a terminal with the inbox", SOON, || {
        Ok(fs::read_to_string(&opened).ok().filter(|text| text.ends_with('\n')))
    })?;
    let home = called.home().path().display().to_string();
    ensure!(ran.starts_with(&home) && ran.trim_end().ends_with("rendezvous inbox"), "{ran}");
    ensure!(
        called.json(&["inbox", "--json"])?.as_array().is_some_and(|a| a.len() == 1),
        "it is not answered"
    );

    // What it opens is what a person could have typed.
    let mut inbox = called.types(&["inbox"])?;
    inbox.reads(ANSWER)?;
    inbox.says("n")?;
    ensure!(call.ends()? == 3 && inbox.ends()? == 0);
    wait::until("the notification to go", SOON, || {
        Ok(shown.lock().expect("ours").closed.contains(&1).then_some(()))
    })?;

    // Something that is not here: it is said what it was, and there is nothing to press.
    let file = place.join("chess.toml");
    fs::write(&file, crate::applications::a_good_one())?;
    caller.does(&["apps", "register", file.to_str().context("letters")?])?;
    let mut call = caller.types(&["invite", "--app", "chess", &to])?;
    call.reads("does not have the program for this.")?;
    ensure!(call.ends()? == 3);
    let (summary, body, actions) =
        wait::until("another notification", SOON, || Ok(shown.lock().expect("ours").notes.get(1).cloned()))?;
    ensure!(summary == "Ann <b> invited you to \"Chess\", which is not on this computer.", "{summary}");
    ensure!(body.contains("https://example.org/chess") && actions.is_empty(), "{body} {actions:?}");
    caller.leaves()?;
    called.leaves()
}
