//! Whoever floods does not fill the log.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use rendezvous_core::{Address, Body, Endpoint, Message, SessionConfig, SessionId, To, Token};
use rendezvous_net::loopback::{Hub, Weather};
use rendezvous_net::{Account, Clock, Driver, Network, Parcel};
use rendezvous_trust::{DeviceKey, UnixTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Counts what is logged, by whether it is seen in the ordinary log.
#[derive(Clone, Default)]
struct Lines {
    ordinary: Arc<AtomicUsize>,
    detailed: Arc<AtomicUsize>,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("rendezvous_net")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let counter = if *event.metadata().level() <= Level::INFO { &self.ordinary } else { &self.detailed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn account(who: &str, n: u8) -> Account {
    let mut seed = [n; 32];
    seed[0] = 99;
    let key = Arc::new(DeviceKey::from_seed(&seed).unwrap());
    Account { network: "loopback".into(), me: Address::new(who).unwrap(), key }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_messages_that_change_nothing_is_a_line_a_minute() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let hub = Hub::new(1, Weather::FAIR);
    let endpoint = |who: &str| Endpoint { contact: Address::new(who).unwrap(), device: "desk".into() };
    let bob = hub.join(endpoint("bob"));
    let (driver, handle, _events) = Driver::new(account("bob", 1), SessionConfig::default(), [], bob);
    tokio::spawn(driver.with_clock(Clock::of_the_runtime(UnixTime(1_790_000_000))).run());
    let mut mallory = hub.join(endpoint("mallory"));
    let mut sent = 0;
    for _ in 0..180 {
        for _ in 0..100 {
            sent += 1;
            let session = SessionId(u128::from(sent).to_be_bytes());
            // One that is answered each time, one that is not, and one that must be signed.
            let bodies =
                [Body::Ringing, Body::UnknownSession, Body::Accept { version: 1, data: String::new() }];
            for body in bodies {
                let parcel = Parcel::plain(Message { session, sequence: 0, body });
                let token = Token { session, link: 0, sequence: Some(sent) };
                mallory.send(token, To::Endpoint(endpoint("bob")), parcel);
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let dropped = handle.census().await.unwrap().dropped.total();
    assert_eq!(dropped, 2 * u64::from(sent), "all of it came");
    let (ordinary, detailed) =
        (lines.ordinary.load(Ordering::Relaxed), lines.detailed.load(Ordering::Relaxed));
    // Three things, each once at first and once each minute.
    assert!((3..=12).contains(&ordinary), "{ordinary} lines for {dropped} messages");
    assert!(detailed >= 3 * usize::try_from(sent).unwrap(), "who wants to know has each of them: {detailed}");
}
