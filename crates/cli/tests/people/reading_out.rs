//! What a screen reader is told of the questions and of the bar, over a real bus of screen readers, and what it may do.

use crate::asked_in_windows::{Desktop, ENTER, TAB};
use crate::house::{MAY_SEE, OVER, SOON, Side, Two, these_two};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::at_spi::AtSpi;
use rendezvous_testkit::wait;
use std::time::Duration;
use zbus::OwnedObjectPath;

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const ACTION: &str = "org.a11y.atspi.Action";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const ROOT: &str = "/org/a11y/atspi/accessible/root";
/// What holds the keyboard has this bit among its states.
const FOCUSED: u32 = 1 << 12;
/// Deeper than our windows are.
const DEPTH: usize = 6;

/// A screen reader.
pub(crate) struct Ear {
    runtime: tokio::runtime::Runtime,
    bus: zbus::Connection,
}

/// Something on the screen, as it is read out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) role: String,
    pub(crate) name: String,
    description: String,
    is_focused: bool,
    owner: String,
    path: OwnedObjectPath,
}

/// The numbers of AT-SPI for what our windows are made of.
fn role(number: u32) -> String {
    match number {
        2 => "alert".to_owned(),
        23 => "frame".to_owned(),
        29 => "label".to_owned(),
        43 => "button".to_owned(),
        63 => "tool bar".to_owned(),
        83 => "heading".to_owned(),
        other => other.to_string(),
    }
}

impl Heard {
    pub(crate) fn is_focused(&self) -> bool {
        self.is_focused
    }
}

impl Ear {
    pub(crate) fn on(at_spi: &AtSpi) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let bus = runtime.block_on(async {
            let session = zbus::connection::Builder::address(at_spi.address()).build().await?;
            let (name, path) = ("org.a11y.Bus", "/org/a11y/bus");
            let answer = session.call_method(Some(name), path, Some(name), "GetAddress", &()).await?;
            let address: String = answer.body().deserialize()?;
            anyhow::Ok(zbus::connection::Builder::address(address.as_str()).build().await?)
        })?;
        Ok(Self { runtime, bus })
    }

    fn call<B, T>(&self, (owner, path): (&str, &str), interface: &str, member: &str, body: &B) -> Result<T>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
        T: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        let call = self.bus.call_method(Some(owner), path, Some(interface), member, body);
        let answer = self.runtime.block_on(async { tokio::time::timeout(SOON, call).await })??;
        Ok(answer.body().deserialize()?)
    }

    fn text(&self, at: (&str, &str), property: &str) -> Result<String> {
        let value: zbus::OwnedVariant = self.call(at, PROPERTIES, "Get", &(ACCESSIBLE, property))?;
        Ok(String::try_from(value)?)
    }

    /// Everything that is on the screen now, as far as it can be read out.
    pub(crate) fn all(&self) -> Vec<Heard> {
        let mut heard = Vec::new();
        // What goes while it is looked at is not there.
        _ = self.look("org.a11y.atspi.Registry", ROOT, 0, &mut heard);
        heard
    }

    fn look(&self, owner: &str, path: &str, depth: usize, heard: &mut Vec<Heard>) -> Result<()> {
        let children: Vec<(String, OwnedObjectPath)> =
            self.call((owner, path), ACCESSIBLE, "GetChildren", &())?;
        for (owner, path) in children {
            let at = (owner.as_str(), path.as_str());
            let states: Vec<u32> = self.call(at, ACCESSIBLE, "GetState", &())?;
            heard.push(Heard {
                role: role(self.call(at, ACCESSIBLE, "GetRole", &())?),
                name: self.text(at, "Name")?,
                description: self.text(at, "Description")?,
                is_focused: states.first().is_some_and(|states| states & FOCUSED != 0),
                owner: owner.clone(),
                path: path.clone(),
            });
            if depth < DEPTH {
                self.look(&owner, path.as_str(), depth + 1, heard)?;
            }
        }
        Ok(())
    }

    /// Waits until something of this role and name can be read out.
    pub(crate) fn hears(&self, role: &str, name: &str) -> Result<Heard> {
        let found = wait::until(format_args!("a {role} {name:?} that is read out"), SOON, || {
            Ok(self.all().into_iter().find(|heard| heard.role == role && heard.name == name))
        });
        found.with_context(|| format!("{:#?}", self.all()))
    }

    /// Waits until the keyboard is at what is called so.
    pub(crate) fn hears_focus(&self, name: &str) -> Result<()> {
        wait::until(format_args!("the keyboard to be at {name:?}"), SOON, || {
            Ok(self.all().iter().any(|heard| heard.name == name && heard.is_focused).then_some(()))
        })
        .with_context(|| format!("{:#?}", self.all()))
    }

    /// Asks for it to be pressed, as a screen reader does.
    pub(crate) fn presses(&self, what: &Heard) -> Result<bool> {
        self.call((&what.owner, what.path.as_str()), ACTION, "DoAction", &(0_i32,))
    }
}

fn scene(more: &[(&'static str, &str)], play: impl FnOnce(&Desktop, &Ear, &mut Two) -> Result<()>) {
    let at_spi = AtSpi::start().expect("a bus of screen readers");
    let ear = Ear::on(&at_spi).expect("a screen reader");
    let (desktop, inner) = Desktop::new().expect("both servers start");
    let mut surroundings = inner.environment().to_vec();
    surroundings.push(("RENDEZVOUS_ASK", "window".to_owned()));
    surroundings.push(("DBUS_SESSION_BUS_ADDRESS", at_spi.address().to_owned()));
    surroundings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let two = Two {
        novice: Side::start("novice", surroundings).expect("the novice's agent starts"),
        expert: Side::start("expert", Vec::new()).expect("the expert's agent starts"),
        call: None,
        screen: Some(inner),
        are_acquainted: true,
    };
    these_two(two, |two| play(&desktop, &ear, two));
}

#[test]
fn needs_xephyr_needs_dbus_needs_at_spi_question_and_bar_are_read_out_and_only_take_away() {
    scene(&[], |desktop, ear, two| {
        crate::asked_in_windows::ask(two)?;
        let who = two.expert.who.clone();
        let alert = ear.hears("alert", &format!("Rendezvous: {who} has answered."))?;
        ensure!(alert.description.contains("will see everything on it"), "{alert:?}");
        desktop.has_window()?;
        ear.hears_focus("Not now").context("the keyboard is at the safe answer")?;
        let yes = ear.hears("button", "Show my screen")?;
        // It is asked for, and is nobody's finger.
        _ = ear.presses(&yes)?;
        ear.hears("label", "That came from a program. Use the mouse or keyboard of this computer.")?;
        ensure!(!two.call().screen().contains(MAY_SEE), "a program has allowed it");
        // The request has put the keyboard at it; a finger presses.
        desktop.presses(ENTER, two, MAY_SEE)?;

        let bar = ear.hears("tool bar", &format!("{who} sees your screen"))?;
        ensure!(bar.description.contains("sees your screen · 0 min"), "{bar:?}");
        let pause = ear.hears("button", "Pause")?;
        ensure!(ear.presses(&pause)?);
        two.call().reads("Paused. They see nothing")?;
        let again = ear.hears("button", "Show again")?;
        ear.hears("tool bar", &format!("Paused: {who} sees nothing"))?;
        _ = ear.presses(&again)?;
        // Longer than what shows more is deaf for everybody.
        std::thread::sleep(Duration::from_millis(1_500));
        _ = ear.presses(&again)?;
        let stop = ear.hears("button", "Stop")?;
        ensure!(!two.call().screen().contains("They see your screen again"), "a program has shown it again");
        ensure!(ear.presses(&stop)?);
        two.call().reads(OVER)?;
        ear.hears("alert", "Rendezvous: The help is over.").map(drop)?;
        two.call_ends_with(0)?;
        closes_the_end(desktop)
    });
}

#[test]
fn needs_xephyr_needs_dbus_needs_at_spi_the_bar_is_german_and_is_reached_by_keyboard() {
    scene(&[("LC_ALL", "de_DE.UTF-8")], |desktop, ear, two| {
        crate::asked_in_windows::ask(two)?;
        let who = two.expert.who.clone();
        ear.hears("alert", &format!("Rendezvous: {who} hat geantwortet."))?;
        desktop.has_window()?;
        desktop.person.chord(&[TAB])?;
        desktop.presses(ENTER, two, MAY_SEE)?;
        ear.hears("tool bar", &format!("{who} sieht Ihren Bildschirm"))?;
        ear.hears("button", "Anhalten")?;
        desktop.person.chord(&[0xffe3, 0xffe9, 0xffe1, u32::from(b' ')])?;
        ear.hears_focus("Anhalten")?;
        desktop.person.chord(&[TAB])?;
        ear.hears_focus("Beenden")?;
        desktop.person.chord(&[ENTER])?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)?;
        closes_the_end(desktop)
    });
}

/// What is said at the end stays until somebody closes it.
fn closes_the_end(desktop: &Desktop) -> Result<()> {
    desktop.has_window().context("the window of the end")?;
    wait::until("the end to be closed", SOON, || {
        desktop.person.chord(&[crate::asked_in_windows::ESCAPE])?;
        Ok(desktop.window()?.is_none().then_some(()))
    })
}
