//! Avahi on the other machine: each sees the other, and what it says is a claim.

use crate::needs_ip::{in_the_open, neighbour, on_machine};
use crate::person::{SOON, new_key};
use rendezvous_net::nearby::{Discovery, nearby_address};
use rendezvous_testkit::avahi::Avahi;
use rendezvous_testkit::machines::{Machines, skip};
use rendezvous_testkit::wait;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A scene on one machine, while Avahi runs on the other.
fn beside_avahi(test: &str, scene: impl AsyncFnOnce(Arc<Machines>, &Avahi<'_>) + Send) {
    let machines = match Machines::new().unwrap() {
        Ok(machines) => Arc::new(machines),
        Err(why) => return skip(test, &why),
    };
    let avahi = Avahi::start(&machines, 1).unwrap();
    let avahi = &avahi;
    thread::scope(|scope| {
        let machine = machines.clone();
        let scene = scope.spawn(move || on_machine(machine, 0, |machines| scene(machines, avahi)));
        scene.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// The line of an instance with its properties, once Avahi shows one that is wanted.
async fn avahi_sees(avahi: &Avahi<'_>, what: &str, wanted: impl Fn(&str) -> bool) -> String {
    let look = async {
        loop {
            let shown = avahi.browse("_rendezvous._tcp").unwrap();
            if let Some(line) = shown.lines().find(|line| line.starts_with('=') && wanted(line)) {
                return line.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(SOON, look).await.unwrap_or_else(|_| panic!("Avahi does not see {what}"))
}

#[test]
fn avahi_finds_us() {
    beside_avahi("avahi_finds_us", async |_, avahi| {
        let alice = in_the_open("Alice").await;
        let address = alice.address.to_string();
        let port = format!(";{};", alice.place.port());
        let line = avahi_sees(avahi, "an address", |line| line.contains(&address)).await;
        assert!(line.contains(&port) && line.contains(&format!("\"a={address}\"")), "{line}");
        assert!(line.contains("\"v=1\"") && !line.contains("\"n="), "{line}");
        assert!(!line.contains("\"c="), "{line}");
        for version in ["IPv4", "IPv6"] {
            avahi_sees(avahi, version, |line| line.contains(version) && line.contains(&address)).await;
        }

        alice.control.visible(Some(Duration::from_secs(600)));
        alice.control.offer_code(Some(42));
        avahi_sees(avahi, "a name and a code", |line| {
            line.contains(&address) && line.contains("\"n=Alice\"") && line.contains("\"c=42\"")
        })
        .await;
        alice.control.leave().await;
        assert_eq!(*alice.control.discovery().borrow(), Discovery::Off);
        wait::until("Avahi to hear the goodbye", SOON, || {
            Ok((!avahi.browse("_rendezvous._tcp")?.contains(&address)).then_some(()))
        })
        .unwrap();
    });
}

#[test]
fn we_find_what_avahi_announces() {
    beside_avahi("we_find_what_avahi_announces", async |_, avahi| {
        let alice = in_the_open("Alice").await;
        let bob = nearby_address(&new_key().public());
        let a = format!("a={bob}");
        alice.control.know(bob.clone(), vec![]);
        let entry = avahi
            .publish("Bob\u{2019}s laptop", "_rendezvous._tcp", 7373, &["v=1", &a, "n=Bob", "c=9", "x=y"])
            .unwrap();
        neighbour(&alice, &bob, |n| n.is_some_and(|n| n.name.as_deref() == Some("Bob"))).await;
        neighbour(&alice, &bob, |n| {
            n.is_some_and(|n| {
                n.places.contains(&"10.77.0.2:7373".parse().unwrap()) && n.places.iter().any(|p| p.is_ipv6())
            })
        })
        .await;
        alice.sees(&bob, true).await;
        assert_eq!(alice.control.find_code(9), std::slice::from_ref(&bob));
        drop(entry);
        neighbour(&alice, &bob, |n| n.is_none()).await;
        alice.sees(&bob, false).await;
    });
}

#[test]
fn strange_announcements_are_read_as_far_as_they_make_sense() {
    beside_avahi("strange_announcements_are_read_as_far_as_they_make_sense", async |_, avahi| {
        let alice = in_the_open("Alice").await;
        let addresses: Vec<_> = (0..6).map(|_| nearby_address(&new_key().public())).collect();
        let a: Vec<String> = addresses.iter().map(|address| format!("a={address}")).collect();
        let long = format!("n={}", "x".repeat(250));
        let service = "_rendezvous._tcp";
        let _entries = [
            avahi.publish("no version", service, 7373, &[&a[0]]),
            avahi.publish("another version", service, 7373, &["v=2", &a[1]]),
            avahi.publish("ours", service, 7373, &["v=1", &format!("a={}", alice.address), "n=Mallory"]),
            avahi.publish("no address", service, 7373, &["v=1", "a=127.0.0.1:7001"]),
            avahi.publish("escape", service, 7373, &["v=1", &a[2], "n=a\u{1b}[2Jb", "c=007"]),
            avahi.publish("backwards", service, 7373, &["v=1", &a[3], "n=\u{202e}ecilA", "c=70000"]),
            avahi.publish("long", service, 7373, &["v=1", &a[4], &long]),
            avahi.publish("last", service, 7373, &["v=1", &a[5], "n=Last"]),
        ];
        for odd in [&addresses[2], &addresses[3]] {
            neighbour(&alice, odd, |n| n.is_some_and(|n| n.name.is_none() && n.nameplate.is_none())).await;
        }
        neighbour(&alice, &addresses[4], |n| n.is_some_and(|n| n.name == Some("x".repeat(63)))).await;
        neighbour(&alice, &addresses[5], |n| n.is_some_and(|n| n.name.as_deref() == Some("Last"))).await;
        let all = alice.control.neighbours();
        assert_eq!(all.len(), 4, "{all:?}");
    });
}
