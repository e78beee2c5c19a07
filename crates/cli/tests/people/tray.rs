//! The icon in the tray of a desktop that the test plays: what it says, and that its menu only takes away.

use crate::house::{OVER, SOON, Side, Two, these_two};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use zbus::{OwnedVariant, Structure, Variant};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: (&str, &str) = ("/StatusNotifierItem", "org.kde.StatusNotifierItem");
const MENU: (&str, &str) = ("/MenuBar", "com.canonical.dbusmenu");

type Properties = HashMap<String, OwnedVariant>;
type Layout = (i32, Properties, Vec<OwnedVariant>);

/// Who shows icons, as far as they are told of any.
struct Watcher(Arc<Mutex<Vec<String>>>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, item: String) {
        self.0.lock().expect("nobody panics here").push(item);
    }
}

/// A panel with a tray.
struct Panel {
    runtime: tokio::runtime::Runtime,
    bus: zbus::Connection,
    items: Arc<Mutex<Vec<String>>>,
}

impl Panel {
    fn on(bus: &Bus) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let items = Arc::new(Mutex::new(Vec::new()));
        let watcher = Watcher(items.clone());
        let builder =
            zbus::connection::Builder::address(bus.address()).serve_at("/StatusNotifierWatcher", watcher);
        let bus = runtime.block_on(builder.build())?;
        Ok(Self { runtime, bus, items })
    }

    /// From now on there is a tray.
    fn opens(&self) -> Result<()> {
        self.runtime.block_on(self.bus.request_name(WATCHER))?;
        Ok(())
    }

    fn item(&self) -> Result<String> {
        wait::until("an icon in the tray", SOON, || Ok(self.items.lock().expect("ours").last().cloned()))
    }

    fn call<B, T>(&self, item: &str, (path, interface): (&str, &str), member: &str, body: &B) -> Result<T>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
        T: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        let call = self.bus.call_method(Some(item), path, Some(interface), member, body);
        let answer = self.runtime.block_on(async { tokio::time::timeout(SOON, call).await })??;
        Ok(answer.body().deserialize()?)
    }

    fn property(&self, item: &str, (path, interface): (&str, &str), name: &str) -> Result<OwnedVariant> {
        let properties = (path, "org.freedesktop.DBus.Properties");
        self.call(item, properties, "Get", &(interface, name))
    }

    fn title(&self, item: &str) -> Result<String> {
        Ok(self.property(item, ITEM, "Title")?.try_into()?)
    }

    /// The lines of the menu: number and label.
    fn menu(&self, item: &str) -> Result<Vec<(i32, String)>> {
        let none: Vec<String> = Vec::new();
        let (_, (_, _, lines)): (u32, Layout) = self.call(item, MENU, "GetLayout", &(0_i32, -1_i32, none))?;
        let line = |line: OwnedVariant| -> Result<(i32, String)> {
            let line = Structure::try_from(Variant::from(line))?;
            let [number, properties, _] = line.fields() else { anyhow::bail!("{line:?}") };
            let mut properties: Properties = properties.try_clone()?.try_into()?;
            let label = properties.remove("label").map(String::try_from).transpose()?;
            Ok((i32::try_from(number)?, label.unwrap_or_default()))
        };
        lines.into_iter().map(line).collect()
    }

    fn clicks(&self, item: &str, line: i32) -> Result<()> {
        self.call(item, MENU, "Event", &(line, "clicked", Variant::from(0_i32), 0_u32))
    }

    fn says(&self, item: &str, title: &str) -> Result<()> {
        let said = wait::until(format_args!("{title:?} in the tray"), SOON, || {
            Ok((self.title(item)? == title).then_some(()))
        });
        said.with_context(|| format!("{:?}", self.title(item)))
    }
}

fn scene(more: &[(&'static str, &str)], play: impl FnOnce(&Panel, &mut Two) -> Result<()>) {
    let bus = Bus::start().expect("a session bus");
    let panel = Panel::on(&bus).expect("a panel");
    let screen = XServer::xvfb(640, 480).expect("a screen");
    let mut surroundings = screen.environment().to_vec();
    surroundings.push(("DBUS_SESSION_BUS_ADDRESS", bus.address().to_owned()));
    surroundings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let two = Two {
        novice: Side::start("novice", surroundings).expect("the novice's agent starts"),
        expert: Side::start("expert", Vec::new()).expect("the expert's agent starts"),
        call: None,
        screen: Some(screen),
        are_acquainted: true,
    };
    these_two(two, |two| play(&panel, two));
}

#[test]
fn needs_xvfb_needs_dbus_the_icon_says_what_the_bar_says_and_its_menu_only_takes_away() {
    scene(&[], |panel, two| {
        panel.opens()?;
        two.ask_until_sharing()?;
        let (item, who) = (panel.item()?, two.expert.who.clone());
        panel.says(&item, &format!("{who} sees your screen"))?;
        let pixels: Vec<(i32, i32, Vec<u8>)> = panel.property(&item, ITEM, "IconPixmap")?.try_into()?;
        ensure!(pixels.iter().any(|(width, _, rgba)| *width == 22 && rgba.len() == 22 * 22 * 4));
        let labels =
            |lines: Vec<(i32, String)>| lines.into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        let menu = panel.menu(&item)?;
        ensure!(labels(menu.clone())[2..] == ["Pause", "Stop"], "{menu:?}");
        ensure!(menu[0].1.contains("sees your screen · 0 min"), "{menu:?}");
        let (pause, stop) = (menu[2].0, menu[3].0);

        panel.clicks(&item, pause)?;
        two.call().reads("Paused. They see nothing")?;
        panel.says(&item, &format!("Paused: {who} sees nothing"))?;
        let menu = panel.menu(&item)?;
        ensure!(labels(menu.clone())[2..] == ["Stop"], "nothing shows it again from there: {menu:?}");
        // What is not in the menu does nothing, whatever its number.
        for line in 0..32 {
            if line != stop {
                _ = panel.clicks(&item, line);
            }
        }
        panel.says(&item, &format!("Paused: {who} sees nothing"))?;
        two.call().presses("p")?;
        panel.says(&item, &format!("{who} sees your screen"))?;

        panel.clicks(&item, stop)?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)?;
        wait::until("the icon to be gone", SOON, || Ok(panel.title(&item).is_err().then_some(())))
    });
}

#[test]
fn needs_xvfb_needs_dbus_the_icon_comes_when_a_tray_does_and_is_german_where_the_person_is() {
    scene(&[("LC_ALL", "de_DE.UTF-8")], |panel, two| {
        two.ask_until_sharing()?;
        panel.opens()?;
        let (item, who) = (panel.item()?, two.expert.who.clone());
        panel.says(&item, &format!("{who} sieht Ihren Bildschirm"))?;
        let menu = panel.menu(&item)?;
        ensure!(menu[2].1 == "Anhalten" && menu[3].1 == "Beenden", "{menu:?}");
        panel.clicks(&item, menu[3].0)?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}
