//! The system says that the screen is locked, or that the computer sleeps: control is taken back, and asked for again.

use crate::controlling::{USING, YOURS, open, question};
use crate::house::{OVER, SOON, Side, Two, these_two};
use anyhow::{Result, ensure};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use serde_json::json;
use std::collections::HashMap;
use zbus::{OwnedObjectPath, Variant};

const LOGIN: &str = "org.freedesktop.login1";
pub(crate) const OURS: &str = "/org/freedesktop/login1/session/_31";
pub(crate) const ANOTHER: &str = "/org/freedesktop/login1/session/_32";

/// One session, as the system has it.
struct Session {
    user: u32,
}

#[zbus::interface(name = "org.freedesktop.login1.Session")]
impl Session {
    #[zbus(property)]
    fn user(&self) -> (u32, OwnedObjectPath) {
        let path = format!("/org/freedesktop/login1/user/_{}", self.user);
        (self.user, path.try_into().expect("the path is written correctly"))
    }
}

/// Stands in for the system's own.
pub(crate) struct Login {
    runtime: tokio::runtime::Runtime,
    bus: zbus::Connection,
    pub(crate) address: String,
    _daemon: Bus,
}

impl Login {
    pub(crate) fn start() -> Result<Self> {
        let daemon = Bus::start()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let own = rustix::process::getuid().as_raw();
        let builder = zbus::connection::Builder::address(daemon.address())
            .name(LOGIN)
            .serve_at(OURS, Session { user: own })
            .serve_at(ANOTHER, Session { user: own + 1 });
        let bus = runtime.block_on(builder.build())?;
        Ok(Self { runtime, bus, address: daemon.address().to_owned(), _daemon: daemon })
    }

    fn says<B>(&self, path: &str, interface: &str, member: &str, body: &B) -> Result<()>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
    {
        let everybody: Option<&str> = None;
        self.runtime.block_on(self.bus.emit_signal(everybody, path, interface, member, body))?;
        Ok(())
    }

    /// Somebody else sends to everybody what looks like a word of the system.
    fn is_imitated(&self, by: &zbus::Connection) -> Result<()> {
        let dbus = "org.freedesktop.DBus";
        let call = by.call_method(Some(dbus), "/org/freedesktop/DBus", Some(dbus), "ListNames", &());
        let names: Vec<String> = self.runtime.block_on(call)?.body().deserialize()?;
        for name in names.iter().filter(|name| name.starts_with(':')) {
            let signal =
                by.emit_signal(Some(name.as_str()), OURS, "org.freedesktop.login1.Session", "Lock", &());
            self.runtime.block_on(signal)?;
        }
        Ok(())
    }

    pub(crate) fn locks(&self, path: &str) -> Result<()> {
        self.says(path, "org.freedesktop.login1.Session", "Lock", &())
    }

    pub(crate) fn hints(&self, path: &str, locked: bool) -> Result<()> {
        let changed = HashMap::from([("LockedHint", Variant::from(locked))]);
        let none: Vec<String> = Vec::new();
        let body = ("org.freedesktop.login1.Session", changed, none);
        self.says(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", &body)
    }

    pub(crate) fn sleeps(&self) -> Result<()> {
        let manager = "org.freedesktop.login1.Manager";
        self.says("/org/freedesktop/login1", manager, "PrepareForSleep", &(true,))
    }
}

#[test]
fn needs_xvfb_needs_dbus_a_lock_and_sleep_take_control_and_it_is_asked_for_again() {
    let login = Login::start().expect("a system bus");
    let screen = XServer::xvfb(320, 200).expect("a screen");
    let mut surroundings = screen.environment().to_vec();
    surroundings.push(("DBUS_SYSTEM_BUS_ADDRESS", login.address.clone()));
    let two = Two {
        novice: Side::start("novice", surroundings).expect("the novice's agent starts"),
        expert: Side::start("expert", Vec::new()).expect("the expert's agent starts"),
        call: None,
        screen: Some(screen),
        are_acquainted: true,
    };
    these_two(two, |two| {
        let (mut page, _) = open(two)?;
        let mut control = |two: &mut Two| -> Result<()> {
            page.says(&json!({"type": "request"}))?;
            question(two)?;
            two.call().says("y")?;
            two.call().reads(USING)?;
            page.hears_state("control", "granted").map(drop)
        };
        control(two)?;
        // Not this session, not locked, and somebody who is not the system.
        login.locks(ANOTHER)?;
        login.hints(ANOTHER, true)?;
        login.hints(OURS, false)?;
        let stranger = login.runtime.block_on(zbus::connection::Builder::address(&*login.address).build())?;
        login.is_imitated(&stranger)?;
        two.novice.logs("That is the session of somebody else")?;
        two.novice.logs("That is not the system who says so")?;
        ensure!(!two.call().screen().contains(YOURS), "that was somebody else's");
        let takes: [(&str, &dyn Fn() -> Result<()>); 3] = [
            ("the order to lock", &|| login.locks(OURS)),
            ("the hint that it is locked", &|| login.hints(OURS, true)),
            ("the word that it will sleep", &|| login.sleeps()),
        ];
        for (times, (what, take)) in takes.into_iter().enumerate() {
            ensure!(two.call().screen().matches(YOURS).count() == times, "before {what}");
            take()?;
            wait::until(format_args!("control to be gone after {what}"), SOON, || {
                Ok((two.call().screen().matches(YOURS).count() > times).then_some(()))
            })?;
            control(two)?;
        }
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}
